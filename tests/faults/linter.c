/* A program of others, for the tests of what confines it: its first argument says how it behaves. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

extern char **environ;

/* Files cut or changed, others ended or bounded, the group left: the first that is not refused, from 1; 0: all are. */
static int reach(const char *path, pid_t other)
{
	const struct rlimit none = {0, 0};
	const struct timespec times[2] = {{1, 0}, {1, 0}};
	siginfo_t info = {.si_code = SI_QUEUE};

	if (truncate(path, 0) == 0)
		return 1;
	if (open(path, O_RDONLY | O_TRUNC) >= 0)
		return 2;
	/* fchmodat2 of Linux 6.6 */
	if (chmod(path, 0777) == 0 || syscall(452, AT_FDCWD, path, 0777, 0) == 0 ||
	        utimensat(AT_FDCWD, path, times, 0) == 0)
		return 3;
	if (setxattr(path, "user.was", "here", 4, 0) == 0)
		return 4;
	if (setsid() >= 0 || setpgid(0, 0) == 0)
		return 5;
	if (kill(other, 0) == 0 || syscall(SYS_tkill, other, 0) == 0)
		return 6;
	if (syscall(SYS_rt_sigqueueinfo, other, SIGCONT, &info) == 0)
		return 7;
	if (prlimit(other, RLIMIT_CORE, &none, NULL) == 0)
		return 8;
	return open(path, O_RDONLY) < 0 ? 9 : 0; /* to read is left */
}

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
	else if (strcmp(what, "reach") == 0)
		return argc == 4 ? reach(argv[2], atoi(argv[3])) : 100;
	else if (strcmp(what, "environment") == 0)
		return environ[0] != NULL;
	else if (strcmp(what, "crash") == 0)
		abort();
	return 0;
}
