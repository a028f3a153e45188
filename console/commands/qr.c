/* qr: files as QR codes, on the terminal or as pictures; several codes (BBQr) where one does not hold a file. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libintl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/print.h"
#include "base/text.h"
#include "commands/commands.h"
#include "media/frames.h"
#include "media/qr.h"
#include "screens/screens.h"

enum { SCALE = 4 /* pixels a module, which scanners want at least */, NAME_ROOM = 240 };

enum format { FORMAT_ANSI, FORMAT_SPACES, FORMAT_PNG, FORMAT_SVG };
static const char *const formats[] = {"ansi", "spaces", "png", "svg"};

struct drawing {
	enum format format;
	int directory;    /* of pictures */
	unsigned version; /* the largest that is drawn */
	unsigned single;  /* the largest that one code alone may be */
};

/* The largest version whose code the window shows whole; 0: there is no window to fit into. */
static unsigned window_version(enum format format)
{
	struct winsize w;
	int side;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || !w.ws_row || !w.ws_col)
		return 0;
	side = format == FORMAT_ANSI ? 2 * (w.ws_row - 1) : w.ws_row - 1;
	if (side > (format == FORMAT_ANSI ? w.ws_col : w.ws_col / 2))
		side = format == FORMAT_ANSI ? w.ws_col : w.ws_col / 2;
	side -= 17 + 2 * QR_QUIET;
	return side < 4 ? 1 : side / 4 > 40 ? 40 : (unsigned)side / 4;
}

static int code_put(const struct drawing *d, const struct qr *qr, const char *name, struct error *e)
{
	struct bytes out = {0};
	int rc = -1;

	if (d->format == FORMAT_PNG)
		rc = qr_png(qr, SCALE, &out, e);
	else if (d->format == FORMAT_SVG)
		rc = qr_svg(qr, &out, e);
	else
		rc = qr_ansi(qr, d->format == FORMAT_SPACES, &out, e);
	if (rc == 0 && d->format >= FORMAT_PNG)
		rc = file_write_new(d->directory, name, out.data, out.len, 0644, e);
	else if (rc == 0 && print_data(out.data, out.len) < 0)
		rc = error_errno(e, N_("%s cannot be written: %s"), "stdout");
	if (rc == 0)
		print_out("%s\n", name);
	bytes_free(&out);
	return rc;
}

static int frames_put(const struct drawing *d, const char *base, const struct bytes *data, struct error *e)
{
	const char *suffix = d->format >= FORMAT_PNG ? formats[d->format] : NULL;
	struct frames_plan plan;
	char name[NAME_ROOM + 64];
	int rc = frames_plan(data->len, d->version, &plan, e), width;

	/* More than 1295 of them: as large as is needed after all. */
	for (unsigned v = d->version; rc < 0 && data->len && d->format >= FORMAT_PNG && v < 40;)
		rc = frames_plan(data->len, ++v, &plan, e);
	width = rc < 0 ? 0 : snprintf(NULL, 0, "%u", plan.frames);
	for (unsigned i = 0; rc == 0 && i < plan.frames; i++) {
		struct bytes text = {0};
		struct qr qr = {0};

		snprintf(name, sizeof(name), "%.*s.%0*u-of-%u%s%s", NAME_ROOM, base, width, i + 1, plan.frames,
		        suffix ? "." : "", suffix ? suffix : "");
		frames_text(data->data, data->len, &plan, i, &text);
		rc = bytes_end(&text, e);
		if (rc == 0)
			rc = qr_make_text(&qr, bytes_string(&text), plan.version, e);
		if (rc == 0)
			rc = code_put(d, &qr, name, e);
		qr_free(&qr);
		bytes_free(&text);
	}
	return rc;
}

static int single_put(const struct drawing *d, const char *base, const struct bytes *data, struct error *e)
{
	struct qr qr = {0};
	char name[NAME_ROOM + 8];
	int rc = qr_make(&qr, data->data, data->len, e);

	snprintf(name, sizeof(name), "%.*s%s%s", NAME_ROOM, base, d->format >= FORMAT_PNG ? "." : "",
	        d->format >= FORMAT_PNG ? formats[d->format] : "");
	if (rc == 0)
		rc = code_put(d, &qr, name, e);
	qr_free(&qr);
	return rc;
}

/* Size, hash and words: what is read aloud on both sides. */
static int hash_print(const struct bytes *data, struct error *e)
{
	struct bytes text = {0};
	uint8_t sum[32];
	int rc = -1;

	if (sha256(data->data, data->len, sum) < 0) {
		error_memory(e);
		goto out;
	}
	bytes_hex(&text, sum, sizeof(sum));
	bytes_byte(&text, '\n');
	text_pgp_words(&text, sum, sizeof(sum));
	if (bytes_end(&text, e) < 0)
		goto out;
	print_out(gettext("%zu bytes, SHA-256 "), data->len);
	print_out("%s\n", bytes_string(&text));
	rc = 0;
out:
	bytes_free(&text);
	return rc;
}

static int file_put(const struct drawing *d, const char *path, struct error *e)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	struct bytes data = {0};
	struct stat st;
	unsigned side;
	int rc = -1;

	if (stat(path, &st) == 0 && st.st_size > FRAMES_BYTES) {
		error_set(e, ERROR_FAULT,
		        N_("%s has %lld bytes, more than %d codes hold, which is %d: carry it out on a medium"), path,
		        (long long)st.st_size, FRAMES_MAX, FRAMES_BYTES);
		goto out;
	}
	if (file_read(path, FRAMES_BYTES, &data, e) < 0)
		goto out;
	if (data.len == 0) {
		error_set(e, ERROR_FAULT, N_("%s is empty: nothing is there to be shown as a code"), path);
		goto out;
	}
	side = qr_side(data.len);
	rc = side && side <= 17 + 4 * d->single + 2 * QR_QUIET ? single_put(d, base, &data, e)
	                                                       : frames_put(d, base, &data, e);
	if (rc == 0)
		rc = hash_print(&data, e);
out:
	bytes_free(&data);
	return rc;
}

static int format_of(const char *word)
{
	for (size_t i = 0; word && i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(word, formats[i]))
			return (int)i;
	return -1;
}

static int draw(struct drawing *d, const char *output, char **files, int count)
{
	struct error e = {0};
	unsigned window;
	int rc = EXIT_HOLDS;

	if (output && (d->directory = dir_open(output, &e)) < 0)
		return complain(&e);
	window = output ? 0 : window_version(d->format);
	d->single = window ? window : 40;
	d->version = window && window < FRAMES_VERSION ? window : FRAMES_VERSION;
	for (int i = 0; i < count && rc == EXIT_HOLDS; i++)
		if (file_put(d, files[i], &e) < 0)
			rc = complain(&e);
	if (output)
		close(d->directory);
	return fflush(stdout) || ferror(stdout) ? EXIT_FAULT : rc;
}

int command_qr(int argc, char **argv)
{
	static const struct option options[] = {
	        {"output", required_argument, NULL, 'o'}, {"format", required_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};
	static const char words[] = "qr FILE ... [--output DIR] [--format png|svg|ansi|spaces]";
	const char *output = NULL, *format = NULL;
	struct drawing d = {.directory = -1};
	bool cannot;
	int c, chosen;

	language_choose("", &cannot);
	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'o')
			output = optarg;
		else if (c == 'f')
			format = optarg;
		else
			return usage(words);
	}
	chosen = format_of(format ? format : output ? "png" : "ansi");
	/* Pictures go into a directory, and only they. */
	if (optind == argc || chosen < 0 || (output != NULL) != (chosen >= FORMAT_PNG))
		return usage(words);
	d.format = (enum format)chosen;
	return draw(&d, output, argv + optind, argc - optind);
}
