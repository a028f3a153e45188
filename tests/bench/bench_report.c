/* The report of a record as PDF, from start to end of the program, against a bare cairo PDF of as many pages that has
 * the words of the report's plain text in the same font: in turn, the medians' ratio. bench_report TACHIAI-REPORT
 * RECORD, in a folder to write to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cairo-pdf.h>

#include "base/bytes.h"
#include "base/file.h"

enum { RUNS = 11 };

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Milliseconds that the program takes; it must end well. */
static double timed(char *const argv[])
{
	double start = now_ms();
	int status = 1;
	pid_t child = fork();

	if (child == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	if (waitpid(child, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "bench_report: %s did not end well\n", argv[0]);
		exit(1);
	}
	return now_ms() - start;
}

/* A heading or the titles of a table are bold, what has a hash in it is in fixed pitch. */
static void face(cairo_t *cr, const char *line, const char *next)
{
	static const char hex[] = "0123456789abcdef";
	bool bold = !strncmp(next, "==", 2) || !strncmp(next, "--", 2) || !strncmp(next, "+=", 2), fixed = false;

	for (const char *at = line; *at && !fixed; at += strspn(at, hex), at += *at != '\0')
		fixed = strspn(at, hex) >= 12;
	cairo_select_font_face(cr, fixed ? "Noto Sans Mono CJK JP" : "Noto Sans CJK JP", CAIRO_FONT_SLANT_NORMAL,
	        bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
}

/* What is measured against: text on pages, by cairo alone. */
static int bare(const char *text, unsigned pages, const char *out)
{
	cairo_surface_t *surface = cairo_pdf_surface_create(out, 595.276, 841.890);
	cairo_t *cr = cairo_create(surface);
	struct bytes words = {0};
	unsigned lines = 0, line = 0, page = 0;

	if (file_read(text, 1 << 24, &words, NULL) < 0)
		return 1;
	for (size_t i = 0; i < words.len; i++)
		lines += words.data[i] == '\n';
	cairo_set_font_size(cr, 8);
	for (char *at = (char *)words.data, *end; (end = strchr(at, '\n')); at = end + 1, line++) {
		*end = '\0';
		if (line * pages / lines > page) {
			cairo_show_page(cr);
			page++;
		}
		face(cr, at, end + 1);
		cairo_move_to(cr, 54, 54 + (line - page * lines / pages) * 720.0 / (lines / pages + 1));
		cairo_show_text(cr, at);
	}
	cairo_destroy(cr);
	cairo_surface_finish(surface);
	int rc = cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS ? 0 : 1;
	cairo_surface_destroy(surface);
	bytes_free(&words);
	return rc;
}

/* "/Count N" of the page tree. */
static unsigned pages_of(const char *path)
{
	struct bytes pdf = {0};
	unsigned pages = 0;
	const char *at;
	if (file_read(path, 1 << 28, &pdf, NULL) == 0 && (at = memmem(pdf.data, pdf.len, "/Count ", 7)))
		pages = (unsigned)strtoul(at + 7, NULL, 10);
	bytes_free(&pdf);
	return pages;
}

static unsigned lines_of(const char *record)
{
	char path[512];
	struct bytes lines = {0};
	unsigned n = 0;
	snprintf(path, sizeof(path), "%s/transcript.jsonl", record);
	if (file_read(path, 1 << 24, &lines, NULL) == 0)
		for (size_t i = 0; i < lines.len; i++)
			n += lines.data[i] == '\n';
	bytes_free(&lines);
	return n;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	double ours[RUNS], theirs[RUNS];
	char self[512], number[16];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (argc == 5 && !strcmp(argv[1], "--bare"))
		return bare(argv[2], (unsigned)strtoul(argv[3], NULL, 10), argv[4]);
	if (argc != 3 || len < 0) {
		fputs("usage: bench_report TACHIAI-REPORT RECORD\n", stderr);
		return 2;
	}
	self[len] = '\0';
	char *pdf[] = {argv[1], argv[2], "--language", "ja", "--output", "report.pdf", NULL};
	char *text[] = {argv[1], argv[2], "--language", "ja", "--output", "report.txt", NULL};
	timed(text);
	for (int i = 0; i < RUNS; i++) {
		unlink("report.pdf");
		ours[i] = timed(pdf);
		snprintf(number, sizeof(number), "%u", pages_of("report.pdf"));
		char *against[] = {self, "--bare", "report.txt", number, "bare.pdf", NULL};
		theirs[i] = timed(against);
	}
	if (pages_of("report.pdf") != pages_of("bare.pdf") || !pages_of("bare.pdf")) {
		fprintf(stderr, "bench_report: %u pages against %u\n", pages_of("report.pdf"), pages_of("bare.pdf"));
		return 1;
	}
	qsort(ours, RUNS, sizeof(ours[0]), by_size);
	qsort(theirs, RUNS, sizeof(theirs[0]), by_size);
	printf("report %.2f\n", ours[RUNS / 2] / theirs[RUNS / 2]);
	printf("report-ms %.1f against %.1f, %s pages of %u entries\n", ours[RUNS / 2], theirs[RUNS / 2], number,
	        lines_of(argv[2]));
	return 0;
}
