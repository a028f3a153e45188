/* The site's own linter: a program of others, confined, and what of it stands in the record. */
#include <string.h>

#include "base/confined.h"
#include "base/text.h"
#include "steps/certificate.h"

enum { SECONDS = 60, OUTPUT_MAX = 4096, LINES_MAX = 64 };

static const struct {
	unsigned bit;
	const char *name;
} measures[] = {{CONFINED_PRIVILEGES, "no-new-privileges"}, {CONFINED_LIMITS, "limits"}, {CONFINED_SECCOMP, "seccomp"},
        {CONFINED_LANDLOCK, "landlock"}, {CONFINED_NETWORK, "network-namespace"}};

/* Its lines, with all that a terminal would obey made visible. */
static void put_output(struct json_writer *j, const struct bytes *output)
{
	const char *at = bytes_string(output), *end = at + output->len;

	json_begin_array(j);
	for (unsigned n = 0; at < end && n < LINES_MAX; n++) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		struct bytes visible = {0};
		text_visible(&visible, at, (size_t)((lf ? lf : end) - at));
		json_put_text(j, bytes_string(&visible));
		bytes_free(&visible);
		at = lf ? lf + 1 : end;
	}
	json_end_array(j);
}

/* The fault, from what is recorded alone. */
static int put_fault(const struct script_certificate *cert, const struct json *facts, struct json_writer *j)
{
	int64_t status = json_number(facts, "exit", -1);
	const struct json *output = json_get(facts, "output");
	struct bytes fault = {0};

	if (json_true(facts, "late"))
		bytes_printf(&fault, "certificate %s: the external linter did not end in time", cert->name);
	else if (status)
		bytes_printf(&fault, "certificate %s: the external linter ended with %lld: %.300s", cert->name,
		        (long long)status, output && output->child ? output->child->text : "it said nothing");
	if (fault.len) {
		fault.len = text_fit((const char *)fault.data, fault.len, 400);
		fault.data[fault.len] = 0;
		json_put_text(j, bytes_string(&fault));
	}
	int rc = bytes_end(&fault, NULL);
	bytes_free(&fault);
	return rc;
}

static void put_result(const struct site_linter *linter, const struct confined_result *r, struct json_writer *j)
{
	json_begin_object(j);
	json_member_text(j, "program", linter->program);
	json_member_hex(j, "sha256", linter->sha256, sizeof(linter->sha256));
	json_key(j, "held");
	json_begin_array(j);
	for (size_t i = 0; i < sizeof(measures) / sizeof(measures[0]); i++)
		if (r->held & measures[i].bit)
			json_put_text(j, measures[i].name);
	json_end_array(j);
	json_member_int(j, "exit", r->exit);
	json_member_bool(j, "late", r->late);
	json_member_bool(j, "more", r->more);
	json_key(j, "output");
	put_output(j, &r->output);
	json_end_object(j);
}

int certificate_lint_external(const struct site_linter *linter, const struct script_certificate *cert,
        const struct bytes *der, struct json_writer *facts, struct json_writer *faults, struct error *e)
{
	const char *arguments[64] = {NULL};
	struct confined c = {.path = linter->program,
	        .sha256 = linter->sha256,
	        .argument = arguments,
	        .seconds = SECONDS,
	        .output_max = OUTPUT_MAX};
	struct confined_result r;
	struct json_doc *doc = json_doc_new();
	int rc = -1;

	for (size_t i = 0; i < linter->arguments.count && i < 63; i++)
		arguments[i] = linter->arguments.item[i];
	if (!doc)
		return error_memory(e);
	if (confined_run(&c, der->data, der->len, &r, e) == 0) {
		put_result(linter, &r, facts);
		const struct json *back = bytes_end(facts->out, e) == 0
		                                  ? json_parse(doc, bytes_string(facts->out), facts->out->len, e)
		                                  : NULL;
		if (back)
			rc = put_fault(cert, back, faults) < 0 ? error_memory(e) : 0;
	}
	bytes_free(&r.output);
	json_doc_free(&doc);
	return rc;
}

/* Each value has the type that put_result() gives it, and no other stands beside. */
static bool is_result(const struct site_linter *linter, const struct json *facts)
{
	static const char *const keys[] = {"program", "sha256", "held", "exit", "late", "more", "output"};
	const struct json *m = facts->child;
	struct bytes hex = {0};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++, m = m->next)
		if (!m || strcmp(m->key, keys[i]))
			return false;
	bytes_hex(&hex, linter->sha256, sizeof(linter->sha256));
	bool good = !m && json_text(facts, "program") && !strcmp(json_text(facts, "program"), linter->program) &&
	            json_text(facts, "sha256") && !strcmp(json_text(facts, "sha256"), bytes_string(&hex)) &&
	            json_get(facts, "exit")->type == JSON_INT && json_get(facts, "held")->type == JSON_ARRAY &&
	            json_get(facts, "output")->type == JSON_ARRAY;
	for (const struct json *line = good ? json_get(facts, "output")->child : NULL; line; line = line->next)
		good = good && line->type == JSON_STRING;
	bytes_free(&hex);
	return good;
}

int certificate_lint_external_check(const struct site_linter *linter, const struct script_certificate *cert,
        const struct json *facts, const struct json *faults, struct error *e)
{
	struct bytes follows = {0}, is = {0};
	struct json_writer w = {&follows, false}, v = {&is, false};
	int rc = -1;

	json_begin_array(&w);
	if (linter->program && is_result(linter, facts) && put_fault(cert, facts, &w) == 0) {
		json_end_array(&w);
		json_put(&v, faults);
		if (follows.len == is.len && !memcmp(follows.data, is.data, is.len))
			rc = 0;
	}
	if (rc < 0)
		error_set(e, ERROR_FAULT, "what the external linter said of certificate %s is not of its form",
		        cert->name);
	bytes_free(&follows);
	bytes_free(&is);
	return rc;
}
