#include "steps/shared.h"

#include <string.h>

#include "base/file.h"
#include "steps/host.h"

int put_facts(struct outcome *out, const struct want *w, const struct bytes *facts, const struct bytes *faults,
        struct error *e)
{
	struct bytes *data = outcome_add(out, FACTS_READ, w->step);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", w->what);
	json_key(&j, "facts");
	json_put_raw(&j, bytes_string(facts), facts->len);
	json_key(&j, "faults");
	json_put_raw(&j, bytes_string(faults), faults->len);
	json_end_object(&j);
	return bytes_end(data, e);
}

int put_host(struct outcome *out, const char *step, struct error *e)
{
	struct bytes facts = {0};
	struct host_faults faults = {0};
	struct json_writer j = {&facts, false};
	int rc = -1;

	if (host_inspect("/", &j, &faults, e) < 0 || bytes_end(&facts, e) < 0)
		goto out;
	struct bytes *data = outcome_add(out, FACTS_READ, step);
	if (!data) {
		error_memory(e);
		goto out;
	}
	j = (struct json_writer){data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", "host");
	json_key(&j, "facts");
	json_put_raw(&j, bytes_string(&facts), facts.len);
	json_key(&j, "faults");
	json_begin_array(&j);
	for (size_t i = 0; i < faults.count; i++)
		json_put_text(&j, faults.sentence[i]);
	json_end_array(&j);
	json_end_object(&j);
	rc = bytes_end(data, e);
out:
	bytes_free(&facts);
	host_faults_free(&faults);
	return rc;
}

int put_artifact(struct outcome *out, const struct want *w, enum event event, const struct room *room, const char *path,
        const char *type, const struct bytes *content, struct error *e)
{
	uint8_t sum[32];

	if (file_replace(record_dir(room->record), path, content->data, content->len, 0644, e) < 0)
		return -1;
	struct bytes *data = outcome_add(out, event, w->step);
	if (!data || sha256(content->data, content->len, sum) < 0)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "path", path);
	json_member_int(&j, "bytes", (int64_t)content->len);
	json_member_hex(&j, "sha256", sum, sizeof(sum));
	json_member_text(&j, "type", type);
	json_end_object(&j);
	return bytes_end(data, e);
}

int text_sha256(const void *text, size_t len, char hex[65])
{
	uint8_t sum[32];
	struct bytes out = {0};

	if (sha256(text, len, sum) < 0)
		return -1;
	bytes_hex(&out, sum, sizeof(sum));
	int rc = bytes_end(&out, NULL);
	if (rc == 0)
		memcpy(hex, bytes_string(&out), 65);
	bytes_free(&out);
	return rc;
}

int ask_acknowledgement(const struct ceremony *c, struct prompt *p, const char *role, const char *who, const char *word,
        struct error *e)
{
	struct field *person = prompt_field(p, "person", FIELD_CHOICE, who);
	if (!person || field_people(c, person, role, NULL) < 0)
		return error_memory(e);
	struct field *typed = prompt_field(p, "word", FIELD_WORD, N_("Type the word"));
	return typed && field_set(&typed->word, word) == 0 ? 0 : error_memory(e);
}

int put_acknowledged(
        struct outcome *out, const struct want *w, const struct answer *a, const char *text_hex, struct error *e)
{
	struct bytes *data = outcome_add(out, TEXT_ACKNOWLEDGED, w->step);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "person", answer_text(a, "person"));
	json_member_text(&j, "word", answer_text(a, "word"));
	json_member_text(&j, "text_sha256", text_hex);
	json_end_object(&j);
	return bytes_end(data, e);
}

int check_acknowledged(const struct ceremony *c, const struct entry *entry, const char *word, const char *text_hex,
        const char *role, struct error *e)
{
	const char *name = json_text(entry->data, "person");
	const struct person *p = consent_find(c->consent, name);

	if (strcmp(text_hex, json_text(entry->data, "text_sha256")))
		return error_set(e, ERROR_FAULT, "what was acknowledged is not what the script or the record says");
	if (strcmp(json_text(entry->data, "word"), word))
		return error_set(e, ERROR_FAULT, "the word that was typed is not the script's");
	if (!p || !p->present)
		return error_set(e, ERROR_FAULT, "%s is not present and cannot acknowledge", name);
	if (role && strcmp(p->role, role))
		return error_set(e, ERROR_FAULT, "%s cannot acknowledge for role %s", name, role);
	return 0;
}
