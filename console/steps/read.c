/* read: an instruction is read aloud and acknowledged. */
#include <string.h>

#include "steps/step.h"

static int text_hash(const struct ceremony *c, const struct script_step *step, char hex[65])
{
	/* The text in every language, each after its name, so that what was read is fixed in all of them. */
	struct bytes all = {0}, out = {0};
	uint8_t sum[32];
	for (size_t i = 0; i < c->script->languages.count; i++)
		bytes_printf(&all, "%s\n%s\n", c->script->languages.item[i], step->say.in[i]);
	int rc = bytes_end(&all, NULL) < 0 || sha256(all.data, all.len, sum) < 0 ? -1 : 0;
	bytes_hex(&out, sum, sizeof(sum));
	if (rc == 0 && bytes_end(&out, NULL) == 0)
		memcpy(hex, bytes_string(&out), 65);
	else
		rc = -1;
	bytes_free(&all);
	bytes_free(&out);
	return rc;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)e;
	if (!journal_find(&run->journal, TEXT_ACKNOWLEDGED, NULL))
		want_set(w, WANT_ASK, &read_step, 0, c->script->steps[run->index].id, TEXT_ACKNOWLEDGED, NULL);
	return 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	char hex[65];
	const struct script_step *step = ceremony_step(c);
	const struct person *p = consent_find(c->consent, json_text(entry->data, "person"));
	(void)w;
	if (text_hash(c, step, hex) < 0)
		return error_memory(e);
	if (strcmp(hex, json_text(entry->data, "text_sha256")))
		return error_set(e, ERROR_FAULT, "the text that was acknowledged is not the script's");
	if (strcmp(json_text(entry->data, "word"), step_param(step, "word")))
		return error_set(e, ERROR_FAULT, "the word that was typed is not the script's");
	if (!p || !p->present || strcmp(p->role, step_param(step, "by")))
		return error_set(e, ERROR_FAULT, "%s cannot acknowledge for role %s", json_text(entry->data, "person"), step_param(step, "by"));
	return 0;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const struct script_step *step = ceremony_step(c);
	(void)w;
	(void)room;
	p->kind = PROMPT_ACKNOWLEDGE;
	message_set(&p->title, N_("Read aloud, then acknowledge"));
	message_set(&p->actor, "%s", step_param(step, "by"));
	struct field *who = prompt_field(p, "person", FIELD_CHOICE, N_("Who acknowledges"));
	if (!who || field_people(c, who, step_param(step, "by"), NULL) < 0)
		return error_memory(e);
	struct field *word = prompt_field(p, "word", FIELD_WORD, N_("Type the word"));
	if (!word || field_set(&word->word, step_param(step, "word")) < 0)
		return error_memory(e);
	return 0;
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a, struct outcome *out, struct error *e)
{
	char hex[65];
	(void)room;
	struct bytes *data = outcome_add(out, TEXT_ACKNOWLEDGED, w->step);
	if (!data || text_hash(c, ceremony_step(c), hex) < 0)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "person", answer_text(a, "person"));
	json_member_text(&j, "word", answer_text(a, "word"));
	json_member_text(&j, "text_sha256", hex);
	json_end_object(&j);
	return bytes_end(data, e);
}

static const char *const help[] = {N_("The text is read aloud to the room. One person of the named role types the shown word."), NULL};

const struct step_kind read_step = {
	.name = "read",
	.next = next,
	.check = check,
	.ask = ask,
	.answer = answer,
	.help = help,
};
