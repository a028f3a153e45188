/* An artifact for people: is the file what was recorded, its hash, and what is in it, decoded. */
#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/replay_private.h"
#include "pki/crl_read.h"
#include "pki/der.h"
#include "pki/ocsp.h"
#include "pki/ocsp_read.h"
#include "pki/request.h"
#include "pki/view.h"
#include "steps/step.h"

enum { DECODED_MAX = 64 << 20, TEXT_MAX = 64 << 10, RESPONSES_SHOWN = 3 };

/* The to-be-signed bytes of a response, the `n`-th of a file of them. */
static int responses_view(const struct bytes *file, struct bytes *out, struct error *e)
{
	const uint8_t *at = file->data;
	size_t left = file->len;

	for (int i = 0; left > 0 && i < RESPONSES_SHOWN; i++) {
		struct ocsp_response response;
		struct der element;

		if (der_next(&at, &left, &element) < 0 || ocsp_open(&response, element.whole, element.whole_len, e) < 0)
			return error_set(e, ERROR_FAULT, "the file holds something that is no OCSP response");
		if (response.basic && ocsp_view(response.tbs.whole, response.tbs.whole_len, out, e) < 0)
			return -1;
	}
	return 0;
}

static int der_view(const char *type, const struct bytes *file, struct bytes *out, struct error *e)
{
	if (!strcmp(type, "tbs-certificate"))
		return certificate_view(file->data, file->len, out, e);
	if (!strcmp(type, "certificate-der")) {
		struct der_certificate parts;

		return der_certificate(file->data, file->len, &parts, e) < 0
		               ? -1
		               : certificate_view(parts.tbs.whole, parts.tbs.whole_len, out, e);
	}
	if (!strcmp(type, "tbs-crl"))
		return crl_view(file->data, file->len, out, e);
	if (!strcmp(type, "crl-der")) {
		struct crl_reader reader;

		return crl_open(&reader, file->data, file->len, false, e) < 0
		               ? -1
		               : crl_view(reader.facts.tbs.whole, reader.facts.tbs.whole_len, out, e);
	}
	if (!strcmp(type, "certification-request-der")) {
		struct pki_request *request = request_parse(file->data, file->len, e);
		struct request_part info = request ? request_info(request) : (struct request_part){0};
		int rc = request ? request_view(info.data, info.len, out, e) : -1;

		request_free(&request);
		return rc;
	}
	if (!strcmp(type, "ocsp-responses"))
		return responses_view(file, out, e);
	return 0;
}

/* PEM and other text is shown as it is; of the rest, nothing but hash and size. */
static bool is_text(const struct bytes *file)
{
	return file->len <= TEXT_MAX && text_is_utf8((const char *)file->data, file->len) &&
	       !memchr(file->data, 0, file->len);
}

static int visible_lines(struct prompt *p, const struct bytes *file)
{
	const char *text = bytes_string(file);

	for (const char *end; *text; text = *end ? end + 1 : end) {
		struct bytes line = {0};
		int rc;

		end = text + strcspn(text, "\n");
		text_visible(&line, text, (size_t)(end - text));
		rc = bytes_end(&line, NULL) < 0 ? -1 : prompt_line(p, LINE_FIXED, bytes_string(&line));
		bytes_free(&line);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int hash_lines(struct prompt *p, const char *hex)
{
	struct bytes groups = {0}, words = {0};
	uint8_t sum[32];
	int rc = 0;

	if (hex_decode(hex, strlen(hex), sum, 32) < 0)
		return prompt_line(p, LINE_FIXED, hex);
	for (size_t i = 0; i < 32; i += 2) {
		bytes_text(&groups, i ? " " : "SHA-256: ");
		bytes_hex(&groups, sum + i, 2);
	}
	text_pgp_words(&words, sum, 32);
	if (bytes_end(&groups, NULL) < 0 || bytes_end(&words, NULL) < 0 ||
	        prompt_line(p, LINE_FIXED, bytes_string(&groups)) < 0 ||
	        prompt_line(p, LINE_PLAIN, bytes_string(&words)) < 0)
		rc = -1;
	bytes_free(&groups);
	bytes_free(&words);
	return rc;
}

static int content_lines(const struct replay *r, const struct replay_file *f, struct prompt *p)
{
	struct bytes file = {0}, view = {0};
	struct error why = {0};
	int rc;

	if (file_read_at(r->dir, f->path, DECODED_MAX, &file, &why) < 0 || der_view(f->type, &file, &view, &why) < 0) {
		rc = prompt_message(p, LINE_WARNING, N_("The file cannot be decoded:"));
		if (rc == 0)
			rc = prompt_line(p, LINE_WARNING, "");
		if (rc == 0)
			p->line[p->lines - 1].message = why.message;
	} else if (view.len > 0) {
		rc = prompt_message(p, LINE_HEADING, N_("What is in it, decoded"));
		if (rc == 0)
			rc = prompt_lines(p, bytes_string(&view));
	} else if (file.len > 0 && is_text(&file)) {
		rc = prompt_message(p, LINE_HEADING, N_("What is in it"));
		if (rc == 0)
			rc = visible_lines(p, &file);
	} else {
		rc = prompt_message(p, LINE_PLAIN, N_("It is of a type that is not decoded here: %s"), f->type);
	}
	bytes_free(&file);
	bytes_free(&view);
	return rc;
}

int replay_artifact_lines(const struct replay *r, const struct replay_file *f, struct prompt *p, struct error *e)
{
	struct error why = {0};

	(void)e;
	if (prompt_message(p, LINE_HEADING, N_("The file %s"), f->path) < 0)
		return -1;
	if (replay_file_check(r, f->path, f->sha256, (int64_t)f->bytes, &why) < 0) {
		if (prompt_message(p, LINE_WARNING, N_("The file is NOT what was recorded:")) < 0 ||
		        prompt_line(p, LINE_WARNING, "") < 0)
			return -1;
		p->line[p->lines - 1].message = why.message;
	} else if (prompt_message(p, LINE_PLAIN, N_("The file is what was recorded.")) < 0) {
		return -1;
	}
	if (prompt_message(p, LINE_PLAIN, N_("%llu bytes, %s; as recorded:"), (unsigned long long)f->bytes, f->type) <
	                0 ||
	        hash_lines(p, f->sha256) < 0)
		return -1;
	return content_lines(r, f, p);
}

struct prompt *replay_artifact(const struct replay *r, size_t index, struct error *e)
{
	struct prompt *p = calloc(1, sizeof(*p));

	if (p && index < r->files && replay_artifact_lines(r, &r->file[index], p, e) == 0)
		return p;
	prompt_free(&p);
	error_memory(e);
	return NULL;
}
