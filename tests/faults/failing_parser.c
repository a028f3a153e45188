/* In the place of tachiai-parse: content with scripts, site files, and people's keys that do not say "crash"; ended by
 * a signal over everything else. */
#include <string.h>
#include <unistd.h>

static volatile int *nowhere;

static int sound_key(void)
{
	char text[16384];
	size_t len = 0;
	ssize_t n;

	while ((n = read(STDIN_FILENO, text + len, sizeof text - len)) > 0)
		len += (size_t)n;
	return memmem(text, len, "crash", 5) == NULL;
}

int main(int argc, char **argv)
{
	if (argc == 2 && (strcmp(argv[1], "script") == 0 || strcmp(argv[1], "site") == 0 ||
	                         (strcmp(argv[1], "key") == 0 && sound_key())))
		return write(STDOUT_FILENO, "yes\n", 4) == 4 ? 0 : 1;
	return *nowhere;
}
