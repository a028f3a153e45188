/* observe: a value typed by one person and typed again by another. */
#include <string.h>

#include "base/match.h"
#include "base/text.h"
#include "steps/observe.h"

void observe_next(
        const struct ceremony *c, const struct run *run, struct want *w, const struct step_kind *by, const char *value)
{
	const struct script_step *step = &c->script->steps[run->index];
	if (journal_find(&run->journal, VALUE_CONFIRMED, value))
		return;
	bool typed = journal_find(&run->journal, VALUE_OBSERVED, value) != NULL;
	want_set(w, WANT_ASK, by, typed, step->id, typed ? VALUE_CONFIRMED : VALUE_OBSERVED, value);
	if (!typed)
		w->other = VALUE_DIFFERED;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)e;
	observe_next(c, run, w, &observe_step, step_param(&c->script->steps[run->index], "value"));
	return 0;
}

/* 0, or -1 with `e`. Not to have found it out, for want of memory, is no fault of the value. */
static int fits(const struct script_step *step, const char *text, struct error *e)
{
	int matches = match_whole(step_param(step, "pattern"), text);
	if (matches < 0)
		return error_memory(e);
	return matches ? 0
	               : error_set(e, ERROR_FAULT, "the value %s does not match the script's pattern %s", text,
	                         step_param(step, "pattern"));
}

int observe_check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct script_step *step = ceremony_step(c);
	if (entry->event == VALUE_DIFFERED)
		return strcmp(json_text(entry->data, "name"), w->what)
		               ? error_set(e, ERROR_FAULT, "value.differed is of another value")
		               : 0;
	const char *person = json_text(entry->data, "person"), *text = json_text(entry->data, "text");
	const struct person *p = consent_find(c->consent, person);
	if (!p || !p->present)
		return error_set(e, ERROR_FAULT, "%s is not present and cannot observe", person);
	if (fits(step, text, e) < 0)
		return -1;
	if (entry->event == VALUE_OBSERVED)
		return strcmp(p->role, step_param(step, "by"))
		               ? error_set(e, ERROR_FAULT, "%s has not the role %s", person, step_param(step, "by"))
		               : 0;
	const struct entry *first = journal_find(&ceremony_run(c)->journal, VALUE_OBSERVED, w->what);
	if (!first || !strcmp(json_text(first->data, "person"), person) || strcmp(json_text(first->data, "text"), text))
		return error_set(e, ERROR_FAULT, "value.confirmed is not the same value typed by another person");
	return 0;
}

int observe_ask(const struct ceremony *c, const char *example, struct prompt *p, struct error *e)
{
	static const struct {
		const char *person, *text, *who, *what;
	} pages[] = {{"person", "text", N_("First person"), N_("The value, as you read it")},
	        {"person2", "text2", N_("Second person"), N_("The value, as you read it yourself")}};
	const struct script_step *step = ceremony_step(c);

	p->kind = PROMPT_OBSERVE;
	message_set(&p->title, N_("Two people type the value, each for themselves"));
	message_set(&p->actor, "%s", step_param(step, "by"));
	for (unsigned i = 0; i < 2; i++) {
		struct field *who = prompt_field(p, pages[i].person, FIELD_CHOICE, pages[i].who);
		if (!who)
			return error_memory(e);
		who->page = i;
		/* The first is of the named role; the second anyone else in the room. */
		if (field_people(c, who, i ? NULL : step_param(step, "by"), NULL) < 0)
			return error_memory(e);
		struct field *text = prompt_field(p, pages[i].text, FIELD_TEXT, pages[i].what);
		if (!text || field_set(&text->pattern, step_param(step, "pattern")) < 0 ||
		        field_set(&text->example, example) < 0)
			return error_memory(e);
		text->page = i;
		text->private = true;
	}
	return 0;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	(void)w;
	(void)room;
	return observe_ask(c, step_param(ceremony_step(c), "example"), p, e);
}

static int put(struct outcome *out, enum event event, const struct want *w, const char *person, const char *text,
        struct error *e)
{
	struct bytes *data = outcome_add(out, event, w->step);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "name", w->what);
	if (person) {
		json_member_text(&j, "person", person);
		json_member_text(&j, "text", text);
	}
	json_end_object(&j);
	return bytes_end(data, e);
}

int observe_answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	const char *one = answer_text(a, "person"), *two = answer_text(a, "person2");
	const char *text = answer_text(a, "text");
	const struct script_step *step = ceremony_step(c);

	if (!strcmp(one, two))
		return error_set(
		        e, ERROR_FAULT, "the value must be typed by two different people, and both are %s", one);
	/* Between the two entries of an agreed value the run may have ended: then the second person types alone. */
	const struct entry *first = journal_find(&ceremony_run(c)->journal, VALUE_OBSERVED, w->what);
	if (first && (strcmp(text, json_text(first->data, "text")) || strcmp(answer_text(a, "text2"), text)))
		return error_set(e, ERROR_FAULT,
		        "the value differs from the one that was typed before the ceremony was interrupted");
	if (first)
		return put(out, VALUE_CONFIRMED, w, strcmp(one, json_text(first->data, "person")) ? one : two,
		        json_text(first->data, "text"), e);
	if (strcmp(text, answer_text(a, "text2"))) {
		bytes_clear(&room->notice);
		bytes_text(&room->notice, N_("The two entries differ. Both type it again."));
		return put(out, VALUE_DIFFERED, w, NULL, NULL, e);
	}
	if (fits(step, text, e) < 0)
		return -1;
	return put(out, VALUE_OBSERVED, w, one, text, e) < 0 ? -1 : put(out, VALUE_CONFIRMED, w, two, text, e);
}

static const char *const help[] = {N_("One person reads the value and types it; then another reads it from the thing "
                                      "itself and types it again, without seeing the first entry."),
        N_("When they differ, the screen says so, not where. Both type again."), NULL};

const struct step_kind observe_step = {
        .name = "observe",
        .next = next,
        .check = observe_check,
        .ask = ask,
        .answer = observe_answer,
        .help = help,
};

int observe_compared(const struct ceremony *c, const struct run *run, struct want *w, const struct step_kind *by,
        const struct number_compared *n, struct bytes *fault, struct error *e)
{
	struct json_writer j = {&w->data, false};
	int rc;

	want_set(w, WANT_RECORD, by, 0, c->script->steps[run->index].id, FACTS_READ, n->what);
	json_begin_object(&j);
	json_member_text(&j, "what", n->what);
	json_key(&j, "facts");
	json_begin_object(&j);
	json_member_text(&j, n->thing, n->name);
	json_member_text(&j, n->kept_as, n->kept);
	json_member_text(&j, "read", n->read);
	json_end_object(&j);
	json_key(&j, "faults");
	json_begin_array(&j);
	if (fault->len)
		json_put_text(&j, bytes_string(fault));
	json_end_array(&j);
	json_end_object(&j);
	rc = bytes_end(fault, e) < 0 ? -1 : bytes_end(&w->data, e);
	bytes_free(fault);
	return rc;
}
