#include "steps/request_facts.h"

#include <string.h>

#include "base/text.h"
#include "pki/key_check.h"
#include "pki/request.h"
#include "steps/foreign.h"
#include "steps/medium.h"

int request_facts_bytes(const struct json *facts, struct bytes *file, struct bytes *der, bool *pem, struct error *e)
{
	const char *content = json_text(facts, "content");

	if (!content || base64_decode(content, strlen(content), file) < 0 || bytes_end(file, e) < 0)
		return error_set(e, ERROR_FAULT, "the facts do not hold the bytes of the request");
	return request_read(file->data, file->len, der, pem, e);
}

static void put_fault(struct json_writer *faults, const char *prefix, const char *text)
{
	struct bytes all = {0}, visible = {0};
	bytes_printf(&all, "%s%s", prefix, text);
	text_visible(&visible, bytes_string(&all), all.len);
	json_put_text(faults, bytes_string(&visible));
	bytes_free(&all);
	bytes_free(&visible);
}

static void put_error(struct json_writer *faults, const struct error *why)
{
	struct bytes text = {0};
	error_text(why, &text);
	put_fault(faults, "", bytes_string(&text));
	bytes_free(&text);
}

/* One finding of the key checks; an error is a fault as well. */
static void put_finding(const struct lint_finding *f, struct json_writer *facts, struct json_writer *faults)
{
	struct bytes sentence = {0}, prefix = {0};
	message_text(&f->message, NULL, &sentence);
	json_begin_object(facts);
	json_member_text(facts, "severity", f->severity == LINT_ERROR ? "error" : "warning");
	json_member_text(facts, "rule", f->rule);
	json_member_text(facts, "clause", f->clause);
	json_member_text(facts, "message", bytes_string(&sentence));
	json_end_object(facts);
	bytes_printf(&prefix, "%s: ", f->clause);
	if (f->severity == LINT_ERROR)
		put_fault(faults, *f->clause ? bytes_string(&prefix) : "", bytes_string(&sentence));
	bytes_free(&sentence);
	bytes_free(&prefix);
}

/* The list at the path, if there is one: read, and its hash for the facts. */
static int weak_list(const char *path, struct weak_keys *weak, struct bytes *hex, struct error *e)
{
	uint8_t sum[32];

	if (!path)
		return 0;
	if (weak_keys_load(weak, path, sum, e) < 0)
		return -1;
	bytes_hex(hex, sum, 32);
	return bytes_end(hex, e);
}

/* What a file says and what is wrong with it. `facts` gets its members from "form" on; -1 only without memory. */
static int judge(const struct request_place *place, const struct bytes *file, struct json_writer *facts,
        struct json_writer *faults, struct error *e)
{
	struct bytes der = {0}, hex = {0};
	struct lint_findings found = {0};
	struct weak_keys weak = {0};
	struct pki_request *r = NULL;
	struct error why = {0};
	bool pem = false;
	int rc = 0;

	if (weak_list(place->weak_keys, &weak, &hex, &why) < 0)
		put_error(faults, &why);
	if (foreign_try(place->parser, foreign_request, file, &why) < 0 ||
	        request_read(file->data, file->len, &der, &pem, &why) < 0 ||
	        !(r = request_parse(der.data, der.len, &why))) {
		put_error(faults, &why);
	} else {
		if (request_verify(r, &why) < 0) {
			struct bytes text = {0};
			error_text(&why, &text);
			put_fault(faults, "proof of possession (RFC 2986 section 4.2): ", bytes_string(&text));
			bytes_free(&text);
		}
		rc = key_check(request_spki(r).data, request_spki(r).len, &weak, &found, e);
	}
	json_member_text(facts, "form", pem ? "pem" : "der");
	json_member_text(facts, "weak_keys_sha256", hex.len ? bytes_string(&hex) : NULL);
	json_key(facts, "findings");
	json_begin_array(facts);
	for (size_t i = 0; i < found.count; i++)
		put_finding(&found.item[i], facts, faults);
	json_end_array(facts);
	lint_findings_free(&found);
	weak_keys_free(&weak);
	request_free(&r);
	bytes_free(&der);
	bytes_free(&hex);
	return rc;
}

int request_facts_read(const struct request_place *place, struct bytes *facts, struct bytes *faults, struct error *e)
{
	struct json_writer f = {facts, false}, g = {faults, false};
	struct bytes file = {0};
	struct error why = {0};
	uint8_t sum[32];
	int rc = 0;

	json_begin_object(&f);
	json_begin_array(&g);
	json_member_text(&f, "medium", place->medium->name);
	json_member_text(&f, "directory", place->medium->directory);
	json_member_text(&f, "file", place->file);
	if (medium_read(place->medium, place->rehearsal, place->file, REQUEST_FILE_MAX, &file, &why) < 0) {
		put_error(&g, &why);
	} else if (sha256(file.data, file.len, sum) < 0) {
		rc = error_memory(e);
	} else {
		json_member_int(&f, "bytes", (int64_t)file.len);
		json_member_hex(&f, "sha256", sum, 32);
		json_member_base64(&f, "content", file.data, file.len);
		rc = judge(place, &file, &f, &g, e);
	}
	json_end_object(&f);
	json_end_array(&g);
	bytes_free(&file);
	return rc < 0 || bytes_end(facts, e) < 0 || bytes_end(faults, e) < 0 ? -1 : 0;
}

static bool says(const struct json *facts, const char *key, const char *wanted)
{
	const char *is = json_text(facts, key);
	return is && !strcmp(is, wanted);
}

static bool is_finding(const struct json *f)
{
	static const char *const keys[] = {"severity", "rule", "clause", "message"};
	const struct json *m = f->type == JSON_OBJECT ? f->child : NULL;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++, m = m->next)
		if (!m || m->type != JSON_STRING || strcmp(m->key, keys[i]))
			return false;
	return !m && (says(f, "severity", "error") || says(f, "severity", "warning"));
}

/* Exactly the members, in their order. */
static bool is_form(const struct json *facts)
{
	static const char *const keys[] = {
	        "medium", "directory", "file", "bytes", "sha256", "content", "form", "weak_keys_sha256", "findings"};
	const struct json *m = facts && facts->type == JSON_OBJECT ? facts->child : NULL;
	size_t i = 0;
	for (; m; m = m->next, i++)
		if (i == sizeof(keys) / sizeof(keys[0]) || strcmp(m->key, keys[i]))
			return false;
	return i == 3 || i == sizeof(keys) / sizeof(keys[0]);
}

/* Without a fault: the bytes are a request that holds its own key, and no finding about the key was an error. What
 * other findings there are is not looked into again: the rules of a later version may be more. */
static int check_sound(const struct json *facts, struct error *e)
{
	const struct json *findings = json_get(facts, "findings");
	struct bytes file = {0}, der = {0}, hex = {0};
	struct pki_request *r = NULL;
	bool pem = false;
	uint8_t sum[32];
	int rc = -1;

	for (const struct json *f = findings ? findings->child : NULL; f; f = f->next)
		if (!is_finding(f) || says(f, "severity", "error")) {
			error_set(e, ERROR_FAULT,
			        "a finding about the request's key is not of its form, or is an error that is no "
			        "fault");
			goto out;
		}
	if (request_facts_bytes(facts, &file, &der, &pem, e) < 0 || sha256(file.data, file.len, sum) < 0)
		goto out;
	bytes_hex(&hex, sum, 32);
	if (!says(facts, "sha256", bytes_string(&hex)) || json_number(facts, "bytes", -1) != (int64_t)file.len ||
	        !says(facts, "form", pem ? "pem" : "der")) {
		error_set(e, ERROR_FAULT, "the facts of the request do not follow from its bytes");
		goto out;
	}
	r = request_parse(der.data, der.len, e);
	rc = r ? request_verify(r, e) : -1;
out:
	request_free(&r);
	bytes_free(&file);
	bytes_free(&der);
	bytes_free(&hex);
	return rc;
}

int request_facts_check(
        const struct request_place *place, const struct json *facts, const struct json *faults, struct error *e)
{
	if (!is_form(facts) || !says(facts, "medium", place->medium->name) ||
	        !says(facts, "directory", place->medium->directory) || !says(facts, "file", place->file))
		return error_set(
		        e, ERROR_FAULT, "the request was read from another place than the script and the site say");
	return faults && faults->count ? 0 : check_sound(facts, e);
}
