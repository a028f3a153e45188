/* What no step foresaw: faults found, an act that failed, an act that was open when the run before ended. The control
 * role decides, and its decision is an exception in the record. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "steps/share_set.h"
#include "steps/shared.h"
#include "steps/step.h"

static const struct script_step *step_in_hand(const struct ceremony *c)
{
	return ceremony_step(c);
}

/* The entries' step: what is found after a pause belongs to none. */
static const char *place(const struct ceremony *c)
{
	return c->trouble.host ? NULL : ceremony_place(c);
}

/* The step itself failed: a check found faults, or its act failed. Only then the script's on-failure counts: it says
 * nothing of a run that was cut, of what an earlier step would have made, or of the machine after a pause. */
static bool has_failed(const struct ceremony *c)
{
	return !c->trouble.host && (c->trouble.kind == TROUBLE_FAULTS || c->trouble.kind == TROUBLE_FAILED);
}

/* Does the script leave this way out? */
static bool allows(const struct ceremony *c, enum on_failure way)
{
	const struct script_step *s = step_in_hand(c);
	return !s || !has_failed(c) || s->on_failure == ON_FAILURE_ASK || s->on_failure == way;
}

static bool may_accept(const struct ceremony *c)
{
	const struct script_step *s = step_in_hand(c);
	const struct step_kind *k = s ? step_kind(s->kind) : NULL;
	return c->trouble.host ||
	       (c->trouble.kind == TROUBLE_FAULTS && k && k->faults_acceptable && allows(c, ON_FAILURE_END));
}

static bool may_retry(const struct ceremony *c)
{
	const struct script_step *s = step_in_hand(c);
	const struct step_kind *k = s ? step_kind(s->kind) : NULL;
	if (c->trouble.host)
		return true;
	if (c->trouble.kind == TROUBLE_UNMET)
		return k && k->retries_unmet;
	/* Which shares are valid is settled first, by the step's next attempt, whatever the script says. */
	return has_failed(c) && (allows(c, ON_FAILURE_RETRY) || (s && shares_to_settle(c, s)));
}

static bool may_end(const struct ceremony *c)
{
	const struct script_step *s = step_in_hand(c);
	if (!s || c->trouble.host || shares_to_settle(c, s))
		return false;
	return allows(c, ON_FAILURE_END);
}

static int propose(const struct ceremony *c, struct want *w, struct error *e)
{
	char order[96];
	const struct script_role *r = script_role(c->script, c->script->control);
	snprintf(order, sizeof(order), "{\"about\":[%llu,%llu]}", (unsigned long long)c->trouble.about,
	        (unsigned long long)c->trouble.exception);
	return want_propose_to(
	        c, w, &trouble_kind, place(c), "accept-exception", order, c->script->control, r->quorum, e);
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)run;
	if (c->trouble.noted)
		return propose(c, w, e);
	want_set(w, WANT_ASK, &trouble_kind, 0, place(c), EXCEPTION_NOTED, NULL);
	w->other = c->trouble.host ? FACTS_READ : STEP_BEGUN; /* whether the step may: check() */
	return 0;
}

/* A way out that is not there, as a sentence. */
static int not_left(const struct ceremony *c, const char *what, struct error *e)
{
	static const char *const words[] = {[ON_FAILURE_RETRY] = "retry", [ON_FAILURE_END] = "end-by-control"};
	const struct script_step *s = step_in_hand(c);

	if (s && has_failed(c) && s->on_failure != ON_FAILURE_ASK)
		return error_set(e, ERROR_FAULT, "%s: the script says on-failure: %s of step %s, which failed", what,
		        words[s->on_failure], s->id);
	return error_set(e, ERROR_FAULT, "%s is not what can be decided about entry %llu", what,
	        (unsigned long long)c->trouble.about);
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	if (w->kind != WANT_ASK)
		return 0;
	if (entry->event == STEP_BEGUN) {
		const struct script_step *s = step_in_hand(c);
		const struct run *run = ceremony_run(c);
		if (!may_retry(c))
			return not_left(c, "step.begun once more", e);
		if (!s || strcmp(json_text(entry->data, "kind"), s->kind) ||
		        json_number(entry->data, "attempt", 0) != (int64_t)c->attempts[run->index] + 1)
			return error_set(e, ERROR_FAULT, "step.begun is not the next attempt of the step that failed");
		return 0;
	}
	if (entry->event == FACTS_READ)
		return strcmp(json_text(entry->data, "what"), "host")
		               ? error_set(
		                         e, ERROR_FAULT, "the machine is to be looked at again, and something else was")
		               : 0;
	const char *kind = json_text(entry->data, "kind"), *person = json_text(entry->data, "person");
	const struct person *p = consent_find(c->consent, person);
	if (!p || !p->present)
		return error_set(
		        e, ERROR_FAULT, "%s is not present and cannot decide what becomes of the step", person);
	if (!(!strcmp(kind, "fault") && may_accept(c)) && !(!strcmp(kind, "step-ended") && may_end(c)) &&
	        !(!strcmp(kind, "open-intent") && c->trouble.kind == TROUBLE_OPEN_INTENT)) {
		char what[80];
		snprintf(what, sizeof(what), "exception.noted of kind %.48s", kind);
		return not_left(c, what, e);
	}
	const struct json *about = json_get(entry->data, "about");
	return about && about->count == 1 && about->child->number == (int64_t)c->trouble.about
	               ? 0
	               : error_set(e, ERROR_FAULT,
	                         "exception.noted of kind %s is not about entry %llu, which is decided here", kind,
	                         (unsigned long long)c->trouble.about);
}

static const char *const titles[] = {
        [TROUBLE_NONE] = "",
        [TROUBLE_FAULTS] = N_("A check found faults"),
        [TROUBLE_FAILED] = N_("The step failed"),
        [TROUBLE_OPEN_INTENT] = N_("An act was open when the run before ended"),
        [TROUBLE_UNMET] = N_("This step cannot be done"),
};

/* The sentence; in the room's language where it is one of ours and not the record's. */
static int what_happened(const struct ceremony *c, struct prompt *p)
{
	const struct script_step *s = step_in_hand(c);
	const struct step_kind *k = s ? step_kind(s->kind) : NULL;
	const char *unmet = c->trouble.kind == TROUBLE_UNMET && k && k->unmet ? k->unmet(c, ceremony_run(c)) : NULL;
	if (prompt_line(p, LINE_WARNING, unmet ? NULL : c->trouble.sentence) < 0)
		return -1;
	p->line[p->lines - 1].message.id = unmet;
	return 0;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	(void)w;
	(void)room;
	const struct script_step *s = step_in_hand(c);

	p->kind = PROMPT_DECIDE;
	p->see_all = true; /* what happened may lie below the first page, and nobody decides about what was not seen */
	p->title.id = titles[c->trouble.kind];
	message_set(&p->actor, "%s", c->script->control);
	if (what_happened(c, p) < 0 || prompt_message(p, LINE_PLAIN,
	                                       N_("Entry %llu of the record says it in full. What is decided here is "
	                                          "approved by the quorum of %s."),
	                                       (unsigned long long)c->trouble.about, c->script->control) < 0)
		return error_memory(e);
	if (c->trouble.kind == TROUBLE_OPEN_INTENT && prompt_message(p, LINE_WARNING,
	                                                      N_("Nobody knows from the record whether the HSM did it. "
	                                                         "Look at the token before you decide.")) < 0)
		return error_memory(e);
	struct field *f = prompt_field(p, "decision", FIELD_CHOICE, N_("Decision"));
	if (!f ||
	        (may_retry(c) && field_choice(f, "retry",
	                                 c->trouble.host ? N_("Look at the machine again") : N_("Do the step again"),
	                                 s && !c->trouble.host ? s->id : NULL) < 0) ||
	        (may_accept(c) && field_choice(f, "fault", N_("Go on, and record the exception"), NULL) < 0) ||
	        (c->trouble.kind == TROUBLE_OPEN_INTENT &&
	                field_choice(f, "open-intent", N_("Record the exception and begin the step anew"), NULL) < 0) ||
	        (may_end(c) &&
	                field_choice(f, "step-ended", N_("End this step without its result"), s ? s->id : NULL) < 0))
		return error_memory(e);
	struct field *who = prompt_field(p, "person", FIELD_CHOICE, N_("Who notes it"));
	struct field *text = who && field_people(c, who, NULL, NULL) == 0
	                             ? prompt_field(p, "text", FIELD_TEXT, N_("What happened and why it is decided so"))
	                             : NULL;
	if (!text)
		return error_memory(e);
	text->max = 400;
	text->optional = may_retry(c); /* doing it again needs no reason */
	return 0;
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	const char *decision = answer_text(a, "decision");
	struct bytes *data;

	(void)room;
	if (c->trouble.host && !strcmp(decision, "retry"))
		return put_host(out, NULL, e);
	if (!strcmp(decision, "retry")) {
		const struct run *run = ceremony_run(c);
		data = outcome_add(out, STEP_BEGUN, c->script->steps[run->index].id);
		if (!data)
			return error_memory(e);
		struct json_writer j = {data, false};
		json_begin_object(&j);
		json_member_text(&j, "kind", c->script->steps[run->index].kind);
		json_member_int(&j, "attempt", (int64_t)c->attempts[run->index] + 1);
		json_end_object(&j);
		return bytes_end(data, e);
	}
	if (!*answer_text(a, "text"))
		return error_set(
		        e, ERROR_FAULT, "an exception needs its text: what happened, and why it is decided so");
	struct bytes visible = {0};
	text_visible(&visible, answer_text(a, "text"), strlen(answer_text(a, "text")));
	data = outcome_add(out, EXCEPTION_NOTED, w->step);
	if (!data) {
		bytes_free(&visible);
		return error_memory(e);
	}
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "person", answer_text(a, "person"));
	json_member_text(&j, "acknowledged", NULL); /* by those who approve it */
	json_member_text(&j, "kind", decision);
	json_member_text(&j, "text", bytes_string(&visible));
	json_key(&j, "about");
	json_begin_array(&j);
	json_put_int(&j, (int64_t)c->trouble.about);
	json_end_array(&j);
	json_end_object(&j);
	bytes_free(&visible);
	return bytes_end(data, e);
}

static const char *const help[] = {N_("The console never goes on silently. Do the step again after mending what is "
                                      "wrong, or record an exception that the quorum of the "
                                      "controlling role approves."),
        N_("What a step that was ended would have made cannot be used later."), NULL};

const struct step_kind trouble_kind = {
        .name = "trouble",
        .next = next,
        .check = check,
        .ask = ask,
        .answer = answer,
        .help = help,
};
