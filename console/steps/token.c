#include "steps/token.h"

#include <string.h>

#include "base/text.h"

enum { INSPECT_SECONDS = 60 };

int token_flags(const struct json *facts, struct bytes *out, struct error *e)
{
	const struct json *flags = json_get(facts, "flags");
	bytes_clear(out);
	for (const struct json *f = flags ? flags->child : NULL; f; f = f->next)
		if (f->type == JSON_BOOL && f->number) {
			bytes_text(out, out->len ? " " : "");
			bytes_text(out, f->key);
		}
	return bytes_end(out, e);
}

int token_judge_path(const struct json *facts, struct json_writer *faults)
{
	if (!json_true(json_get(facts, "flags"), "protected_authentication_path"))
		json_put_text(
		        faults, "the site says protected-path, and the token says that it has no PIN entry of its own");
	return 0;
}

static int facts_read(const struct ceremony *c, const struct want *w, const struct json *facts, const char *fault,
        token_judge *judge, struct outcome *out, struct error *e)
{
	struct bytes *data = outcome_add(out, FACTS_READ, w->step);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", w->what);
	json_key(&j, "facts");
	if (facts) {
		json_put(&j, facts);
	} else {
		json_begin_object(&j);
		json_member_text(&j, "error", fault);
		json_end_object(&j);
	}
	json_key(&j, "faults");
	json_begin_array(&j);
	if (!facts)
		json_put_text(&j, fault);
	else if (judge(c, facts, &j) < 0)
		return error_memory(e);
	json_end_array(&j);
	json_end_object(&j);
	return bytes_end(data, e);
}

int token_look(const struct ceremony *c, const struct want *w, struct room *room, const char *hsm,
        const char *key_label, const char *cka_id, token_judge *judge, struct outcome *out, struct error *e)
{
	struct hsm_request request = {.verb = HSM_INSPECT, .hsm = hsm, .key_label = key_label, .cka_id = cka_id};
	struct bytes answer = {0}, why = {0};
	struct json_doc *doc = json_doc_new();
	struct error err = {0};
	int rc = -1;

	if (!doc) {
		error_memory(e);
		goto out;
	}
	if (hsm_call(room->hsm, &request, INSPECT_SECONDS, &answer, &err) < 0) {
		/* What the token says of itself is a fault of the step, not the end of the run. */
		error_text(&err, &why);
		struct bytes visible = {0};
		text_visible(&visible, bytes_string(&why), why.len);
		rc = facts_read(c, w, NULL, bytes_string(&visible), judge, out, e);
		bytes_free(&visible);
		goto out;
	}
	const struct json *facts = json_parse(doc, bytes_string(&answer), answer.len, e);
	if (facts)
		rc = facts_read(c, w, facts, NULL, judge, out, e);
out:
	bytes_free(&answer);
	bytes_free(&why);
	json_doc_free(&doc);
	return rc;
}

static int differs(struct json_writer *faults, const char *what, const char *is, const char *known)
{
	struct bytes sentence = {0};
	bytes_printf(&sentence, "the token's %s is \"%s\", the record knows it as \"%s\"", what, is ? is : "", known);
	json_put_text(faults, bytes_string(&sentence));
	int rc = bytes_end(&sentence, NULL);
	bytes_free(&sentence);
	return rc;
}

int token_known(const struct ceremony *c, const char *hsm, const struct json *facts, const char *or_label,
        struct json_writer *faults)
{
	const struct token_state *known = &c->tokens[ceremony_hsm_index(c, hsm)];
	const char *label = json_text(facts, "label"), *serial = json_text(facts, "serial");

	/* A token without a serial number gets its first when it is initialised, even if that act fails later on. */
	if ((!or_label || known->serial[0]) && (!serial || strcmp(serial, known->serial)) &&
	        differs(faults, "serial number", serial, known->serial) < 0)
		return -1;
	if (label && or_label && !strcmp(label, or_label))
		return 0;
	return label && !strcmp(label, known->label) ? 0 : differs(faults, "label", label, known->label);
}

/* Does it say all that the helper says of a token? */
static bool is_whole(const struct json *facts)
{
	static const struct {
		const char *key;
		enum json_type type;
	} parts[] = {{"label", JSON_STRING}, {"serial", JSON_STRING}, {"manufacturer", JSON_STRING},
	        {"model", JSON_STRING}, {"firmware", JSON_STRING}, {"hardware", JSON_STRING}, {"flags", JSON_OBJECT},
	        {"pin_flags", JSON_STRING}, {"mechanisms", JSON_ARRAY}, {"pin_min", JSON_INT}, {"pin_max", JSON_INT},
	        {"objects", JSON_ARRAY}};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct json *is = json_get(facts, parts[i].key);
		if (!is || is->type != parts[i].type)
			return false;
	}
	return true;
}

int token_check(const struct ceremony *c, const struct entry *entry, token_judge *judge, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts");
	struct bytes found = {0}, is = {0};
	struct json_writer j = {&found, false}, k = {&is, false};
	int rc = -1;

	if (json_text(facts, "error")) {
		const struct json *faults = json_get(entry->data, "faults");
		if (faults && faults->count == 1 && !strcmp(faults->child->text, json_text(facts, "error")))
			return 0;
		return error_set(e, ERROR_FAULT, "the token could not be read, and the faults do not say so");
	}
	if (!is_whole(facts))
		return error_set(e, ERROR_FAULT, "the facts do not say what there is to say of a token");
	json_begin_array(&j);
	if (judge(c, facts, &j) < 0) {
		error_memory(e);
		goto out;
	}
	json_end_array(&j);
	json_put(&k, json_get(entry->data, "faults"));
	if (found.len != is.len || memcmp(found.data, is.data, is.len)) {
		error_set(e, ERROR_FAULT, "the faults of the token are not those that its facts show: %s",
		        bytes_string(&found));
		goto out;
	}
	rc = 0;
out:
	bytes_free(&found);
	bytes_free(&is);
	return rc;
}
