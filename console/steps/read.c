/* read: an instruction is read aloud and acknowledged. */
#include "steps/shared.h"

/* The text in every language, each after its name, so that what was read is fixed in all of them. */
static int text_hash(const struct ceremony *c, const struct script_step *step, char hex[65])
{
	struct bytes all = {0};
	for (size_t i = 0; i < c->script->languages.count; i++)
		bytes_printf(&all, "%s\n%s\n", c->script->languages.item[i], step->say.in[i]);
	int rc = bytes_end(&all, NULL) < 0 ? -1 : text_sha256(all.data, all.len, hex);
	bytes_free(&all);
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
	(void)w;
	if (text_hash(c, step, hex) < 0)
		return error_memory(e);
	return check_acknowledged(c, entry, step_param(step, "word"), hex, step_param(step, "by"), e);
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const struct script_step *step = ceremony_step(c);
	(void)w;
	(void)room;
	p->kind = PROMPT_ACKNOWLEDGE;
	message_set(&p->title, N_("Read aloud, then acknowledge"));
	message_set(&p->actor, "%s", step_param(step, "by"));
	return ask_acknowledgement(c, p, step_param(step, "by"), N_("Who acknowledges"), step_param(step, "word"), e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	char hex[65];
	(void)room;
	return text_hash(c, ceremony_step(c), hex) < 0 ? error_memory(e) : put_acknowledged(out, w, a, hex, e);
}

static const char *const help[] = {
        N_("The text is read aloud to the room. One person of the named role types the shown word."), NULL};

const struct step_kind read_step = {
        .name = "read",
        .next = next,
        .check = check,
        .ask = ask,
        .answer = answer,
        .help = help,
};
