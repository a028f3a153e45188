/* A program of others, for the tests of what confines it: its first argument says how it behaves. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "accept";
	static char block[65536];
	size_t len = 0;
	ssize_t n;

	if (strcmp(what, "deaf") != 0)
		while ((n = read(0, block, sizeof block)) > 0)
			len += (size_t)n;
	if (strcmp(what, "accept") == 0)
		printf("%zu bytes, nothing found\n", len);
	else if (strcmp(what, "refuse") == 0)
		return printf("e_wrong: this is wrong\n"), 3;
	else if (strcmp(what, "mute") == 0) /* closes what it says with, and ends a moment later */
		return close(1), close(2), usleep(200000), 4;
	else if (strcmp(what, "hang") == 0)
		for (;;)
			pause();
	else if (strcmp(what, "fork") == 0 && fork() >= 0)
		for (;;)
			pause();
	else if (strcmp(what, "noise") == 0)
		for (int i = 0; i < 100000; i++)
			printf("\033[2J\033]0;title\007\xe2\x80\xae red \x9b");
	else if (strcmp(what, "network") == 0)
		return socket(AF_INET, SOCK_STREAM, 0) >= 0;
	else if (strcmp(what, "write") == 0)
		return open("/tmp/tachiai-linter-was-here", O_CREAT | O_WRONLY, 0600) >= 0;
	else if (strcmp(what, "environment") == 0)
		return environ[0] != NULL;
	else if (strcmp(what, "crash") == 0)
		abort();
	return 0;
}
