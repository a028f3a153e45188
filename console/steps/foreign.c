#include "steps/foreign.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confined.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "pki/view.h"
#include "record/entry.h"

/* A second for each MiB of the largest CRL, many times over: a slow machine is not taken for a hostile file. */
enum { SECONDS = 60, SECONDS_A_MIB = 4, SAID_MAX = 4096 };
/* The dry run makes a key for each certificate: an RSA-8192 one takes long. */
enum { ASIDE_SECONDS = 600 };
/* What it may say in bytes, and in lines: people scroll through no more, and each line of a screen has its price. */
enum { ASIDE_MAX = 1 << 18, ASIDE_LINES = 1 << 13 };

const char foreign_request[] = "request", foreign_certificate[] = "certificate",
           foreign_certificate_der[] = "certificate-der", foreign_crl[] = "crl", foreign_crl_entries[] = "crl-entries",
           foreign_ocsp_entries[] = "ocsp-entries", foreign_script[] = "script", foreign_site[] = "site",
           foreign_key[] = "key";

/* The sentence of a process that hostile bytes may have taken over is foreign itself. */
static int refused(enum error_code code, const char *sentence, size_t len, struct error *e)
{
	struct bytes visible = {0};

	text_visible(&visible, sentence, len < SAID_MAX ? len : SAID_MAX);
	if (bytes_end(&visible, e) == 0)
		error_set(e, code, "%s", bytes_string(&visible));
	bytes_free(&visible);
	return -1;
}

/* It did not come to an end. */
static int ended_badly(int status, bool late, unsigned seconds, struct error *e)
{
	if (late)
		return error_set(e, ERROR_FAULT,
		        N_("The process that decodes what comes from outside was still at it after %u seconds. The "
		           "file is refused."),
		        seconds);
	if (status > 128 && status < 128 + NSIG)
		return error_set(e, ERROR_FAULT,
		        N_("The process that decodes what comes from outside was ended by signal %d over it. The file "
		           "is refused."),
		        status - 128);
	return error_set(e, ERROR_FAULT,
	        N_("The process that decodes what comes from outside did not end well over it (exit %d). The file is "
	           "refused."),
	        status);
}

int foreign_try(const char *parser, const char *kind, const struct bytes *content, struct error *e)
{
	return foreign_try_within(parser, kind, content, SECONDS + SECONDS_A_MIB * (unsigned)(content->len >> 20), e);
}

int foreign_try_within(
        const char *parser, const char *kind, const struct bytes *content, unsigned seconds, struct error *e)
{
	const char *arguments[] = {kind, NULL};
	struct confined c = {.path = parser, .argument = arguments, .seconds = seconds, .output_max = SAID_MAX};
	struct confined_result r = {0};
	int rc = -1;

	if (!parser)
		return 0;
	if (confined_run(&c, content->data, content->len, &r, e) < 0)
		goto out;
	if (!r.late && r.exit == 0 && strcmp(bytes_string(&r.output), "yes\n") == 0)
		rc = 0;
	else if (!r.late && r.exit == 1 && strncmp(bytes_string(&r.output), "no ", 3) == 0 && r.output.len > 4)
		rc = refused(ERROR_FAULT, bytes_string(&r.output) + 3, strcspn(bytes_string(&r.output) + 3, "\n"), e);
	else
		rc = ended_badly(r.exit, r.late, seconds, e);
out:
	bytes_free(&r.output);
	return rc;
}

int foreign_try_file(const char *parser, const char *kind, const char *path, size_t max, struct error *e)
{
	struct bytes content = {0};
	int rc = !parser ? 0 : file_read(path, max, &content, e);

	if (rc == 0)
		rc = foreign_try(parser, kind, &content, e);
	bytes_free(&content);
	return rc;
}

int foreign_try_record(const char *verifier, const char *directory, struct error *e)
{
	char path[PATH_MAX];
	const char *arguments[] = {"verify", "--rehearsal", path, NULL};
	struct confined c = {.path = verifier, .argument = arguments, .output_max = SAID_MAX};
	struct confined_result r = {0};
	struct stat st;
	int rc = -1, dir;

	if (!verifier)
		return 0;
	dir = dir_open(directory, e);
	if (dir < 0)
		return -1;
	if (fstatat(dir, "transcript.jsonl", &st, AT_SYMLINK_NOFOLLOW) < 0)
		st.st_size = 0;
	c.seconds = SECONDS + SECONDS_A_MIB * (unsigned)(st.st_size >> 20);
	if (!realpath(directory, path))
		error_errno(e, N_("%s cannot be read: %s"), directory);
	else if (confined_run(&c, NULL, 0, &r, e) == 0)
		/* holds; does not; could not be found out; holds, and nobody vouches for it */
		rc = !r.late && (r.exit == 0 || r.exit == 1 || r.exit == 3 || r.exit == 4)
		             ? 0
		             : ended_badly(r.exit, r.late, c.seconds, e);
	close(dir);
	bytes_free(&r.output);
	return rc;
}

static int odd_answer(struct error *e)
{
	return error_set(e, ERROR_FAULT,
	        N_("The process that decodes what comes from outside gave an answer of no form. The file is refused."));
}

static size_t lines_of(const struct bytes *text)
{
	size_t lines = 0;

	for (const char *at = bytes_string(text); (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

int foreign_aside(const char *parser, aside_work *work, void *with, struct bytes *out, struct error *e)
{
	const struct aside a = {.work = work, .with = with, .seconds = ASIDE_SECONDS, .max = ASIDE_MAX};
	struct aside_result r = {0};
	int rc = -1;

	if (!parser)
		return work(with, out, e);
	if (aside_run(&a, &r, e) < 0)
		goto out;
	if (r.late || r.exit) {
		ended_badly(r.exit, r.late, a.seconds, e);
	} else if (r.refused == ERROR_MEMORY) {
		error_memory(e);
	} else if (r.refused == ERROR_FAULT || r.refused == ERROR_INTERNAL) {
		refused(r.refused, bytes_string(&r.answer), r.answer.len, e);
	} else if (r.refused || lines_of(&r.answer) > ASIDE_LINES) { /* nothing else is for it to say */
		odd_answer(e);
	} else {
		bytes_add(out, r.answer.data, r.answer.len);
		rc = bytes_end(out, e);
	}
out:
	bytes_free(&r.answer);
	return rc;
}

/* Exactly one value of that type, appended. */
static int put_json(struct bytes *out, const char *text, size_t len, enum json_type type, struct error *e)
{
	struct json_doc *doc = json_doc_new();
	const struct json *value = doc ? json_parse(doc, text, len, e) : NULL;
	int rc = -1;

	if (!doc)
		error_memory(e);
	else if (value && value->type != type)
		odd_answer(e);
	else if (value)
		rc = 0;
	json_doc_free(&doc);
	if (rc == 0)
		bytes_add(out, text, len);
	return rc == 0 ? bytes_end(out, e) : -1;
}

int foreign_aside_facts(
        const char *parser, aside_work *work, void *with, struct bytes *facts, struct bytes *faults, struct error *e)
{
	struct bytes both = {0};
	const char *lf;
	int rc = foreign_aside(parser, work, with, &both, e);

	lf = rc == 0 ? memchr(bytes_string(&both), '\n', both.len) : NULL;
	if (rc == 0 && !lf)
		rc = odd_answer(e);
	/* they are one entry of the record, with other members around them */
	if (lf && both.len > ENTRY_MAX - 1024)
		rc = odd_answer(e);
	else if (lf && (put_json(facts, bytes_string(&both), (size_t)(lf - bytes_string(&both)), JSON_OBJECT, e) < 0 ||
	                       put_json(faults, lf + 1, strlen(lf + 1), JSON_ARRAY, e) < 0))
		rc = -1;
	bytes_free(&both);
	return rc;
}

int foreign_put_faults(struct bytes *out, const struct bytes *faults, struct error *e)
{
	bytes_byte(out, '\n');
	bytes_add(out, faults->data, faults->len);
	out->failed = out->failed || faults->failed;
	return bytes_end(out, e);
}

static int view_aside(void *with, struct bytes *out, struct error *e)
{
	const struct bytes *tbs = with;

	return certificate_view(tbs->data, tbs->len, out, e);
}

int foreign_view_certificate(const char *parser, const struct bytes *tbs, struct bytes *view, struct error *e)
{
	return foreign_aside(parser, view_aside, (void *)(uintptr_t)tbs, view, e);
}
