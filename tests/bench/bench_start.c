/* From start to the first painted screen on a pty, against `dialog --infobox` on the same kind of pty: in turn, the
 * medians' ratio. bench_start TACHIAI SCRIPT: a rehearsal of it. */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS = 61, LIMIT_MS = 20000 };

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Milliseconds until `mark` was painted; -1 when it never was. */
static double painted(char *const argv[], const char *mark)
{
	static char seen[1 << 20];
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	size_t len = 0;
	int master;
	double start = now_ms(), took = -1;
	pid_t child = forkpty(&master, NULL, NULL, &size);

	if (child == 0) {
		setenv("TERM", "xterm-256color", 1);
		setenv("LANG", "C.UTF-8", 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	while (now_ms() - start < LIMIT_MS && len < sizeof(seen) - 1) {
		struct pollfd p = {master, POLLIN, 0};
		if (poll(&p, 1, 1000) <= 0)
			continue;
		ssize_t n = read(master, seen + len, sizeof(seen) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		if (memmem(seen, len, mark, strlen(mark))) {
			took = now_ms() - start;
			break;
		}
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(master);
	return took;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	double ours[RUNS], theirs[RUNS];
	char mark[] = "checked before the ceremony";

	if (argc != 3) {
		fputs("usage: bench_start TACHIAI SCRIPT\n", stderr);
		return 2;
	}
	for (int i = 0; i < RUNS; i++) {
		char record[64];
		snprintf(record, sizeof(record), "bench-start-%d.record", i);
		char *tachiai[] = {argv[1], "rehearse", argv[2], "--record", record, "--lang", "en", NULL};
		char *dialog[] = {"dialog", "--infobox", "first screen", "5", "40", NULL};
		theirs[i] = painted(dialog, "first");
		ours[i] = painted(tachiai, mark);
		if (ours[i] < 0 || theirs[i] < 0) {
			fprintf(stderr, "bench_start: %s painted nothing\n", ours[i] < 0 ? argv[1] : "dialog");
			return 1;
		}
	}
	qsort(ours, RUNS, sizeof(ours[0]), by_size);
	qsort(theirs, RUNS, sizeof(theirs[0]), by_size);
	printf("start %.2f\n", ours[RUNS / 2] / theirs[RUNS / 2]);
	printf("start-ms %.1f against %.1f\n", ours[RUNS / 2], theirs[RUNS / 2]);
	return 0;
}
