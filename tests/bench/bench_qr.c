/* A page-sized QR code (version 40, all its 2331 bytes) drawn for a terminal, against `qrencode -t ANSIUTF8` drawing
 * the same: `bench_qr TACHIAI` prints "qr-ansi RATIO" and "qr-ansi-command RATIO". Each side is a process that reads a
 * file and writes to another; the best wall time of many runs by turns counts. The first is a child of this program, as
 * the console draws: it is loaded already. The second is `tachiai qr`, which loads libcrypto for the hash that it
 * prints too. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "media/qr.h"

enum { BYTES = 2331, RUNS = 60 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Reads the file, makes the code, draws it. */
static int draw(const char *path)
{
	struct bytes data = {0}, out = {0};
	struct qr qr = {0};
	int rc = file_read(path, BYTES, &data, NULL) < 0 || qr_make(&qr, data.data, data.len, NULL) < 0 ||
	         qr_ansi(&qr, false, &out, NULL) < 0 || write(STDOUT_FILENO, out.data, out.len) != (ssize_t)out.len;

	bytes_free(&data);
	bytes_free(&out);
	qr_free(&qr);
	return rc;
}

/* Seconds, or -1: it did not end well. `argv` NULL: draw(). */
static double time_of(char *const argv[], const char *output)
{
	double start = now();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
		if (!argv)
			_exit(draw("page.bin"));
		execvp(argv[0], argv);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? now() - start : -1;
}

int main(int argc, char **argv)
{
	char *const theirs[] = {"qrencode", "-8", "-l", "M", "-v", "40", "-m", "4", "-t", "ANSIUTF8", "-r", "page.bin",
	        "-o", "-", NULL};
	double best[3] = {1e9, 1e9, 1e9};
	static const char *const names[3] = {"qrencode", "the console's own drawing", "tachiai qr"};
	FILE *f = fopen("page.bin", "wb");

	if (argc != 2 || !f || secret_init(NULL) < 0)
		return 2;
	char *const command[] = {argv[1], "qr", "page.bin", NULL};
	char *const *const run[3] = {theirs, NULL, command};
	for (int i = 0; i < BYTES; i++)
		putc('0' + i * 7 % 67, f);
	if (fclose(f))
		return 1;
	for (int i = 0; i < 3 * RUNS; i++) {
		double seconds = time_of(run[i % 3], "drawn.txt");

		if (seconds < 0) {
			fprintf(stderr, "%s did not end well\n", names[i % 3]);
			return 1;
		}
		if (seconds < best[i % 3])
			best[i % 3] = seconds;
	}
	printf("qr-ansi %.2f\nqr-ansi-command %.2f\n", best[1] / best[0], best[2] / best[0]);
	for (int i = 0; i < 3; i++)
		fprintf(stderr, "a page-sized code by %s: %.2f ms\n", names[i], best[i] * 1e3);
	return best[1] <= best[0] ? 0 : 1;
}
