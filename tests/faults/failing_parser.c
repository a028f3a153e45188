/* In the place of tachiai-parse: content with scripts and site files, and ended by a signal over everything else. */
#include <string.h>
#include <unistd.h>

static volatile int *nowhere;

int main(int argc, char **argv)
{
	if (argc == 2 && (strcmp(argv[1], "script") == 0 || strcmp(argv[1], "site") == 0))
		return write(STDOUT_FILENO, "yes\n", 4) == 4 ? 0 : 1;
	return *nowhere;
}
