#include "steps/findings.h"

#include <string.h>

#include "base/text.h"

static void put_finding(struct json_writer *j, const struct lint_finding *f, const struct bytes *sentence)
{
	json_begin_object(j);
	json_member_text(j, "severity", f->severity == LINT_ERROR ? "error" : "warning");
	json_member_text(j, "set", f->set);
	json_member_text(j, "rule", f->rule);
	json_member_text(j, "clause", f->clause);
	json_member_text(j, "message", bytes_string(sentence));
	json_end_object(j);
}

static int put_fault(
        const char *kind, const char *name, const char *clause, const char *message, struct json_writer *faults)
{
	struct bytes fault = {0};
	bytes_printf(&fault, "%s %s, %s: %s", kind, name, clause, message);
	json_put_text(faults, bytes_string(&fault));
	int rc = bytes_end(&fault, NULL);
	bytes_free(&fault);
	return rc;
}

int findings_put(const char *kind, const char *name, const struct lint_findings *found, struct json_writer *facts,
        struct json_writer *faults, struct error *e)
{
	struct bytes sentence = {0}, visible = {0};
	int rc = -1;

	json_key(facts, "findings");
	json_begin_array(facts);
	for (size_t i = 0; i < found->count; i++) {
		bytes_clear(&sentence);
		bytes_clear(&visible);
		message_text(&found->item[i].message, NULL, &sentence);
		text_visible(&visible, bytes_string(&sentence), sentence.len);
		put_finding(facts, &found->item[i], &visible);
		if (found->item[i].severity != LINT_ERROR)
			continue;
		if (put_fault(kind, name, found->item[i].clause, bytes_string(&visible), faults) < 0) {
			error_memory(e);
			goto out;
		}
	}
	json_end_array(facts);
	rc = bytes_end(facts->out, e) < 0 || bytes_end(faults->out, e) < 0 ? -1 : 0;
out:
	bytes_free(&sentence);
	bytes_free(&visible);
	return rc;
}

int lint_put(const char *kind, const char *name, const struct lint_findings *found, struct json_writer *facts,
        struct json_writer *faults, struct error *e)
{
	json_begin_object(facts);
	int rc = findings_put(kind, name, found, facts, faults, e);
	json_end_object(facts);
	return rc < 0 ? -1 : bytes_end(facts->out, e);
}

/* Exactly the texts of put_finding(). */
static bool is_finding(const struct json *f)
{
	static const char *const keys[] = {"severity", "set", "rule", "clause", "message"};
	const struct json *m = f->type == JSON_OBJECT ? f->child : NULL;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++, m = m->next)
		if (!m || m->type != JSON_STRING || strcmp(m->key, keys[i]))
			return false;
	return !m;
}

int findings_check(
        const char *kind, const char *name, const struct json *findings, const struct json *faults, struct error *e)
{
	struct bytes follows = {0}, is = {0};
	struct json_writer w = {&follows, false}, v = {&is, false};
	int rc = -1;

	json_begin_array(&w);
	if (!findings || findings->type != JSON_ARRAY)
		goto out;
	for (const struct json *f = findings->child; f; f = f->next) {
		if (!is_finding(f))
			goto out;
		if (!strcmp(json_text(f, "severity"), "error") &&
		        put_fault(kind, name, json_text(f, "clause"), json_text(f, "message"), &w) < 0)
			goto out;
		if (strcmp(json_text(f, "severity"), "error") && strcmp(json_text(f, "severity"), "warning"))
			goto out;
	}
	json_end_array(&w);
	json_put(&v, faults);
	if (follows.len == is.len && !memcmp(follows.data, is.data, is.len))
		rc = 0;
out:
	if (rc < 0)
		error_set(e, ERROR_FAULT,
		        "the findings about %s %s are not of their form, or their errors are not the faults", kind,
		        name);
	bytes_free(&follows);
	bytes_free(&is);
	return rc;
}

int lint_check(const char *kind, const char *name, const struct json *facts, const struct json *faults, struct error *e)
{
	return findings_check(kind, name, facts && facts->count == 1 ? json_get(facts, "findings") : NULL, faults, e);
}

void findings_warnings(const struct entry *lint, struct json_writer *order)
{
	const struct json *findings = json_get(json_get(lint->data, "facts"), "findings");

	json_begin_array(order);
	for (const struct json *f = findings ? findings->child : NULL; f; f = f->next) {
		struct bytes text = {0};
		bytes_printf(&text, "%s: %s", json_text(f, "clause"), json_text(f, "message"));
		json_put_text(order, bytes_string(&text));
		bytes_free(&text);
	}
	json_end_array(order);
}
