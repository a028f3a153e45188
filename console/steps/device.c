/* An input device appeared in the middle of the ceremony: the console has noted it, and two people look at what was
 * plugged in before anything else goes on. */
#include <string.h>

#include "steps/shared.h"

static const char word[] = "seen";

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)c;
	(void)run;
	(void)e;
	want_set(w, WANT_ASK, &device_kind, 0, NULL, TEXT_ACKNOWLEDGED, NULL);
	return 0;
}

static int text_hash(const struct ceremony *c, char hex[65])
{
	return text_sha256(c->appeared.text.data, c->appeared.text.len, hex);
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const char *name = json_text(entry->data, "person");
	char hex[65];

	(void)w;
	if (!strcmp(name, c->appeared.first))
		return error_set(e, ERROR_FAULT,
		        "%s has acknowledged this already: another person who is here acknowledges it too", name);
	return text_hash(c, hex) < 0 ? error_memory(e) : check_acknowledged(c, entry, word, hex, NULL, e);
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const char *first[] = {c->appeared.first, NULL};

	(void)w;
	(void)room;
	p->kind = PROMPT_ACKNOWLEDGE;
	message_set(&p->title, N_("An input device appeared"));
	if (prompt_line(p, LINE_WARNING, bytes_string(&c->appeared.text)) < 0 ||
	        prompt_message(p, LINE_PLAIN,
	                N_("Nobody touches the keyboard until two people have looked at what was plugged in. What can "
	                   "type can answer for people.")) < 0 ||
	        prompt_message(p, LINE_PLAIN,
	                N_("If nobody knows it: unplug it, pause the ceremony (F10), and find out what it was. Say in "
	                   "an exception (F2) what was found.")) < 0)
		return error_memory(e);
	struct field *who = prompt_field(p, "person", FIELD_CHOICE, N_("Who has looked at it"));
	if (!who || field_people(c, who, NULL, first) < 0)
		return error_memory(e);
	struct field *typed = prompt_field(p, "word", FIELD_WORD, N_("Type the word"));
	return typed && field_set(&typed->word, word) == 0 ? 0 : error_memory(e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	char hex[65];

	(void)room;
	return text_hash(c, hex) < 0 ? error_memory(e) : put_acknowledged(out, w, a, hex, e);
}

static const char *const help[] = {
        N_("A keyboard, a mouse or something that says it is one was plugged in since the run began. The exception is "
           "in the record already. Two people look at it, and each types the word."),
        NULL};

const struct step_kind device_kind = {
        .name = "device",
        .next = next,
        .check = check,
        .ask = ask,
        .answer = answer,
        .help = help,
};
