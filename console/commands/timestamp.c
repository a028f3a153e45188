/* timestamp: asks an RFC 3161 time-stamp authority, across the air gap, when a record existed at the latest. */
#include <fcntl.h>
#include <getopt.h>
#include <langinfo.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/print.h"
#include "base/secret.h"
#include "commands/commands.h"
#include "media/qr.h"
#include "screens/screens.h"

enum { CHECKPOINT_MAX = 1 << 20, CODE_SCALE = 6 };

static const char usage_words[] =
        "timestamp DIR [--output FILE] [--hash sha256|sha384|sha512] [--nonce] [--policy OID] [--rehearsal]\n"
        "       tachiai timestamp --add REPLY DIR [--query FILE] [--ca FILE ...] [--policy OID] [--rehearsal]";

struct asking {
	const char *directory, *output, *hash, *add, *query, *policy;
	struct timestamp_anchors *anchors;
	bool nonce, rehearsal;
};

/* Appends the file `checkpoint` of a record that is closed and holds; *ended: the time of its last entry. */
static int checkpoint_of(const struct asking *a, struct bytes *checkpoint, int64_t *ended, struct error *e)
{
	char *printer = program_path("tachiai-report");
	struct verify_options o = {.rehearsal = a->rehearsal};
	struct verification v;
	int rc = -1, dir = -1;

	o.report = printer && access(printer, X_OK) == 0 ? printer : NULL;
	if (verify_record(a->directory, &o, &v, e) < 0)
		goto out;
	*ended = v.ended;
	if (v.rehearsal && !a->rehearsal)
		error_set(e, ERROR_FAULT,
		        N_("%s is the record of a rehearsal. A time stamp over it needs --rehearsal."), a->directory);
	else if (v.exit != EXIT_HOLDS && v.exit != EXIT_UNVOUCHED)
		error_set(e, ERROR_FAULT,
		        N_("%s is not closed or does not hold, so there is nothing to put a time stamp on. See: "
		           "tachiai verify %s"),
		        a->directory, a->directory);
	else if ((dir = dir_open(a->directory, e)) >= 0)
		rc = file_read_at(dir, "checkpoint", CHECKPOINT_MAX, checkpoint, e);
	if (dir >= 0)
		close(dir);
	verification_free(&v);
out:
	free(printer);
	return rc;
}

/* On a terminal, in half blocks where it has them. */
static int code_print(const struct qr *qr, struct error *e)
{
	const char *term = getenv("TERM");
	bool half = !strcmp(nl_langinfo(CODESET), "UTF-8") && term && strcmp(term, "linux") != 0;
	struct bytes drawn = {0};
	int rc = qr_ansi(qr, !half, &drawn, e);

	if (rc == 0)
		print_data(drawn.data, drawn.len);
	bytes_free(&drawn);
	return rc;
}

static int write_beside(const char *path, const char *end, const struct bytes *data, struct error *e)
{
	struct bytes name = {0};
	int rc = -1;

	bytes_printf(&name, "%s%s", path, end);
	if (bytes_end(&name, e) == 0)
		rc = file_write_new(AT_FDCWD, bytes_string(&name), data->data, data->len, 0644, e);
	bytes_free(&name);
	return rc;
}

/* The query as a file, and its base64 as a QR code: text, which every telephone reads. */
static int write_query(const char *path, const struct bytes *der, struct error *e)
{
	struct bytes text = {0}, png = {0}, svg = {0};
	struct qr qr = {0};
	int rc = -1;

	bytes_base64(&text, der->data, der->len);
	if (bytes_end(&text, e) || qr_make(&qr, text.data, text.len, e) || qr_png(&qr, CODE_SCALE, &png, e) ||
	        qr_svg(&qr, &svg, e))
		goto out;
	if (write_beside(path, "", der, e) || write_beside(path, ".png", &png, e) ||
	        write_beside(path, ".svg", &svg, e))
		goto out;
	if (isatty(STDOUT_FILENO) && code_print(&qr, e))
		goto out;
	print_out(gettext("query: %s, and as a QR code %s.png and %s.svg (base64: %s)\n"), path, path, path,
	        bytes_string(&text));
	rc = 0;
out:
	qr_free(&qr);
	bytes_free(&text);
	bytes_free(&png);
	bytes_free(&svg);
	return rc;
}

static int ask(const struct asking *a, struct error *e)
{
	struct bytes checkpoint = {0}, der = {0}, path = {0};
	uint8_t nonce[TIMESTAMP_NONCE];
	struct timestamp_query q;
	int64_t ended;
	size_t len = strlen(a->directory);
	int rc = -1;

	while (len > 1 && a->directory[len - 1] == '/')
		len--;
	if (a->output)
		bytes_text(&path, a->output);
	else
		bytes_printf(&path, "%.*s.tsq", (int)len, a->directory);
	random_bytes(nonce, sizeof nonce);
	if (bytes_end(&path, e) || checkpoint_of(a, &checkpoint, &ended, e) ||
	        timestamp_query_make(&q, a->hash ? a->hash : "sha256", checkpoint.data, checkpoint.len,
	                a->nonce ? nonce : NULL, a->policy, e) ||
	        timestamp_query_write(&q, &der, e))
		goto out;
	rc = write_query(bytes_string(&path), &der, e);
	if (rc == 0) {
		struct bytes hex = {0};
		bytes_hex(&hex, q.digest, q.digest_len);
		print_out(gettext("%s of the checkpoint: %s\n"), q.hash, bytes_string(&hex));
		bytes_free(&hex);
	}
out:
	bytes_free(&checkpoint);
	bytes_free(&der);
	bytes_free(&path);
	return rc;
}

/* A nonce that nothing is held against is worth nothing, and looks as if it were. */
static int nonce_known(const struct asking *a, const struct timestamp *t, struct error *e)
{
	return a->query || !t->nonce
	               ? 0
	               : error_set(e, ERROR_FAULT,
	                         N_("The reply bears a nonce. Give the query that it answers with --query, so that the "
	                            "two can be compared."));
}

static int keep(const struct asking *a, const struct bytes *reply, const struct bytes *query, struct later_item *item,
        struct error *e)
{
	int dir = dir_open(a->directory, e), rc;

	if (dir < 0)
		return -1;
	rc = later_keep(dir, reply, a->query ? query : NULL, &item->path, e);
	close(dir);
	return rc;
}

/* The exit code, or -1 with `e`. */
static int add(const struct asking *a, struct error *e)
{
	struct bytes checkpoint = {0}, reply = {0}, query = {0};
	struct timestamp_wanted w = {.policy = a->policy, .anchors = a->anchors};
	struct later_item item = {.kind = LATER_TIMESTAMP};
	struct timestamp_query q;
	int64_t ended;
	int rc = -1;

	if (checkpoint_of(a, &checkpoint, &ended, e) || file_read(a->add, TIMESTAMP_REPLY_MAX, &reply, e))
		goto out;
	if (a->query && (file_read(a->query, TIMESTAMP_QUERY_MAX, &query, e) ||
	                        timestamp_query_read(&q, query.data, query.len, e)))
		goto out;
	w.data = checkpoint.data;
	w.len = checkpoint.len;
	w.query = a->query ? &q : NULL;
	if (timestamp_verify(reply.data, reply.len, &w, &item.stamp, e) || nonce_known(a, &item.stamp, e) ||
	        keep(a, &reply, &query, &item, e))
		goto out;
	item.state = a->anchors ? LATER_HOLDS : LATER_UNANCHORED;
	later_print_item(&item, ended);
	rc = a->anchors ? EXIT_HOLDS : EXIT_UNVOUCHED;
out:
	bytes_free(&checkpoint);
	bytes_free(&reply);
	bytes_free(&query);
	bytes_free(&item.path);
	timestamp_free(&item.stamp);
	return rc;
}

/* EXIT_HOLDS, or another exit code when the words are wrong. */
static int words_read(int argc, char **argv, struct asking *a, struct error *e)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
	        {"hash", required_argument, NULL, 'h'}, {"nonce", no_argument, NULL, 'n'},
	        {"policy", required_argument, NULL, 'p'}, {"add", required_argument, NULL, 'a'},
	        {"query", required_argument, NULL, 'q'}, {"ca", required_argument, NULL, 'c'},
	        {"rehearsal", no_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'o')
			a->output = optarg;
		else if (option == 'h')
			a->hash = optarg;
		else if (option == 'n')
			a->nonce = true;
		else if (option == 'p')
			a->policy = optarg;
		else if (option == 'a')
			a->add = optarg;
		else if (option == 'q')
			a->query = optarg;
		else if (option == 'r')
			a->rehearsal = true;
		else if (option != 'c')
			return usage(usage_words);
		else if (anchors_read(&a->anchors, optarg, e) < 0)
			return complain(e);
	}
	if (argc - optind != 1 || (a->add && (a->output || a->hash || a->nonce)) ||
	        (!a->add && (a->query || a->anchors)))
		return usage(usage_words);
	a->directory = argv[optind];
	return EXIT_HOLDS;
}

int command_timestamp(int argc, char **argv)
{
	struct asking a = {0};
	struct error e = {0};
	bool cannot;
	int rc;

	language_choose("", &cannot);
	rc = words_read(argc, argv, &a, &e);
	if (rc == EXIT_HOLDS && a.directory) {
		rc = a.add ? add(&a, &e) : ask(&a, &e);
		if (rc < 0)
			rc = complain(&e);
		if (fflush(stdout))
			rc = EXIT_FAULT;
	}
	timestamp_anchors_free(&a.anchors);
	return rc;
}
