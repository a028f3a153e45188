/* The fold: an entry in, state out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "steps/amend.h"
#include "steps/ceremony.h"
#include "steps/previous.h"
#include "steps/share_set.h"
#include "steps/step.h"

static struct run *the_run(struct ceremony *c)
{
	return c->redoing ? &c->redo : &c->main;
}

static void *grown(void *array, size_t count, size_t size)
{
	if (count & (count - 1) && count)
		return array;
	return realloc(array, (count ? count * 2 : 1) * size);
}

static int apply_joined(struct ceremony *c, const struct entry *entry, struct error *e)
{
	struct named_state *named = grown(c->named, c->named_count, sizeof(*named));
	if (!named)
		return error_memory(e);
	c->named = named;
	struct named_state *n = &c->named[c->named_count];
	memset(n, 0, sizeof(*n));
	snprintf(n->key_name, sizeof(n->key_name), "%s", json_text(entry->data, "person"));
	if (field_set(&n->name, json_text(entry->data, "name")) < 0 ||
	        field_set(&n->organisation, json_text(entry->data, "organisation")) < 0 ||
	        field_set(&n->identity, json_text(entry->data, "identity")) < 0) {
		free(n->name);
		free(n->organisation);
		return error_memory(e);
	}
	c->named_count++;
	return 0;
}

static int apply_artifact(struct ceremony *c, const struct entry *entry, struct error *e)
{
	struct artifact_state *list = grown(c->artifacts, c->artifact_count, sizeof(*list));
	if (!list)
		return error_memory(e);
	c->artifacts = list;
	struct artifact_state *a = &list[c->artifact_count];
	memset(a, 0, sizeof(*a));
	const char *hex = json_text(entry->data, "sha256");
	if (strlen(json_text(entry->data, "path")) >= sizeof(a->path) ||
	        strlen(json_text(entry->data, "type")) >= sizeof(a->type))
		return error_set(e, ERROR_FAULT, "the artifact's path or type is too long");
	snprintf(a->path, sizeof(a->path), "%s", json_text(entry->data, "path"));
	snprintf(a->type, sizeof(a->type), "%s", json_text(entry->data, "type"));
	a->bytes = (uint64_t)json_number(entry->data, "bytes", 0);
	hex_decode(hex, strlen(hex), a->sha256, 32);
	for (size_t i = 0; i < c->artifact_count; i++)
		if (!strcmp(c->artifacts[i].path, a->path))
			return error_set(e, ERROR_FAULT, "the artifact %s is written a second time", a->path);
	c->artifact_count++;
	return 0;
}

/* value.observed: the text is kept when a second person confirmed it. */
static int apply_confirmed(struct ceremony *c, const struct entry *entry, struct error *e)
{
	struct observed_state *list = grown(c->observed, c->observed_count, sizeof(*list));
	if (!list)
		return error_memory(e);
	c->observed = list;
	struct observed_state *o = &list[c->observed_count];
	memset(o, 0, sizeof(*o));
	if (field_set(&o->name, json_text(entry->data, "name")) < 0 ||
	        field_set(&o->text, json_text(entry->data, "text")) < 0) {
		free(o->name);
		return error_memory(e);
	}
	c->observed_count++;
	return 0;
}

static void trouble_set(struct ceremony *c, enum trouble_kind kind, uint64_t about, const char *sentence)
{
	memset(&c->trouble, 0, sizeof(c->trouble));
	c->trouble.kind = kind;
	c->trouble.about = about;
	snprintf(c->trouble.sentence, sizeof(c->trouble.sentence), "%s", sentence);
}

static void step_end(struct ceremony *c, struct run *run, uint8_t state)
{
	if (!c->redoing || state == STEP_STATE_EXCEPTION)
		c->states[run->index] = state;
	shares_void(c, NULL, SHARE_DRAWN);
	journal_clear(&run->journal);
	run->begun = false;
	if (c->redoing) {
		c->redoing = false;
	} else {
		c->step++;
		c->main.index = c->step;
	}
}

/* Who is of the role that the step relieves, and there as it begins: they are to go, whoever comes back for a while. */
static int relieve(struct ceremony *c, const struct script_step *step, struct error *e)
{
	const char *role = !strcmp(step->kind, "attend") ? step_param(step, "relieve") : NULL;

	c->relieved_count = 0;
	if (!role)
		return 0;
	if (!c->relieved && !(c->relieved = calloc(PEOPLE_MAX, sizeof(*c->relieved))))
		return error_memory(e);
	for (size_t i = 0; i < consent_people(c->consent) && c->relieved_count < PEOPLE_MAX; i++) {
		const struct person *p = consent_person(c->consent, i);
		if (p->present && !strcmp(p->role, role))
			memcpy(c->relieved[c->relieved_count++], p->name, sizeof(p->name));
	}
	return 0;
}

bool ceremony_relieved(const struct ceremony *c, const char *name)
{
	const struct person *p = consent_find(c->consent, name);

	for (size_t i = 0; p && p->present && i < c->relieved_count; i++)
		if (!strcmp(c->relieved[i], name))
			return true;
	return false;
}

static int apply_begun(struct ceremony *c, const struct entry *entry, struct error *e)
{
	struct run *run = the_run(c);
	const struct run *current = ceremony_run(c);

	memset(&c->trouble, 0, sizeof(c->trouble));
	if (!current || strcmp(c->script->steps[current->index].id, entry->step)) {
		/* An earlier unlock-hsm is gone through again. */
		for (size_t i = 0; i < c->step && i < c->script->step_count; i++)
			if (!strcmp(c->script->steps[i].id, entry->step)) {
				c->redo.index = i;
				c->redoing = true;
				run = &c->redo;
			}
	}
	journal_clear(&run->journal);
	shares_void(c, NULL, SHARE_DRAWN);
	run->begun = true;
	run->begun_at = entry->seq;
	c->attempts[run->index]++;
	return relieve(c, &c->script->steps[run->index], e);
}

static int apply_faults(struct ceremony *c, const struct entry *entry)
{
	const struct json *faults = json_get(entry->data, "faults");
	if (faults && faults->count) {
		struct bytes all = {0};
		for (const struct json *f = faults->child; f; f = f->next) {
			bytes_text(&all, all.len ? " " : "");
			bytes_add(&all, f->text, f->len);
			if (f->len && f->text[f->len - 1] != '.')
				bytes_byte(&all, '.');
		}
		if (all.len > 500) {
			all.len = text_fit((const char *)all.data, all.len, 400);
			all.data[all.len] = 0;
			bytes_text(&all, "…");
		}
		trouble_set(c, TROUBLE_FAULTS, entry->seq, bytes_string(&all));
		bytes_free(&all);
	}
	return 0;
}

/* What follows when accept-exception is done: the fault is lived with, or the step ends. */
static void apply_accepted(struct ceremony *c)
{
	struct trouble t = c->trouble;
	struct run *run = the_run(c);

	memset(&c->trouble, 0, sizeof(c->trouble));
	if (t.host) {
		c->trouble = c->held;
		memset(&c->held, 0, sizeof(c->held));
	} else if (t.ends)
		step_end(c, run, STEP_STATE_EXCEPTION);
	else if (t.kind == TROUBLE_OPEN_INTENT)
		run->begun = false; /* a new attempt */
}

/* The look after a pause. What the step in hand was in trouble with is not forgotten over it. */
static int apply_host(struct ceremony *c, const struct entry *entry)
{
	if (!c->trouble.host)
		c->held = c->trouble;
	memset(&c->trouble, 0, sizeof(c->trouble));
	c->look_again = false;
	int rc = apply_faults(c, entry);
	if (c->trouble.kind)
		c->trouble.host = true;
	else
		c->trouble = c->held;
	return rc;
}

static void apply_resumed(struct ceremony *c, const struct entry *entry)
{
	const struct json *open = json_get(entry->data, "open_intent");

	/* The machine was out of sight, or was at fault when the run ended. */
	c->look_again = c->look_again || c->paused || c->trouble.host;
	if (c->trouble.host)
		c->trouble = c->held;
	c->paused = false;
	c->resumed = entry->seq;
	for (size_t i = 0; i < c->script->hsm_count; i++)
		c->tokens[i].unlocked = false;
	if (c->redoing) {
		journal_clear(&c->redo.journal);
		c->redo.begun = false;
		c->redoing = false;
	}
	if (c->trouble.noted) /* its acceptance is asked for anew */
		c->trouble.noted = c->trouble.ends = false;
	const struct script_step *step = ceremony_step(c);
	const struct step_kind *kind = step ? step_kind(step->kind) : NULL;
	if (kind && c->main.begun && kind->restarts && !step_done(kind, &c->main)) {
		c->main.begun = false;
		memset(&c->trouble, 0, sizeof(c->trouble));
	}
	if (open && open->type == JSON_INT && step && !strcmp(c->act, step->kind))
		shares_unsettle(c, step);
	/* What only people agreed on is simply asked again; what the HSM was to do is another matter. */
	const struct act_rule *rule = act_rule(c->act);
	if (open && open->type == JSON_INT && rule && rule->hsm)
		trouble_set(
		        c, TROUBLE_OPEN_INTENT, (uint64_t)open->number, "the run before ended while an act was open");
	c->stop.resumed = entry->time;
	c->stop.torn = json_number(entry->data, "torn", 0);
	c->stop.open = open && open->type == JSON_INT;
}

/* Does the entry belong to the step in hand? Those of people and consent about the room do not. */
static bool belongs(const struct ceremony *c, const struct entry *entry)
{
	const struct run *run = ceremony_run(c);
	return run && run->begun && entry->step && !strcmp(entry->step, c->script->steps[run->index].id);
}

bool ceremony_appeared(const struct ceremony *c)
{
	const struct person *first = consent_find(c->consent, c->appeared.first);
	unsigned here = consent_present(c->consent, NULL);

	/* Before everyone is here there may be nobody else to ask. */
	return c->appeared.noted && consent_begun(c->consent) && here > (first && first->present ? 1U : 0U);
}

static int appeared_noted(struct ceremony *c, const struct entry *entry, struct error *e)
{
	/* What two people have not looked at yet stays to be looked at, above what came after it. */
	if (c->appeared.noted)
		bytes_byte(&c->appeared.text, '\n');
	else
		bytes_clear(&c->appeared.text);
	bytes_text(&c->appeared.text, json_text(entry->data, "text"));
	c->appeared.noted = entry->seq;
	c->appeared.first[0] = '\0';
	return bytes_end(&c->appeared.text, e);
}

static void appeared_seen(struct ceremony *c, const char *name)
{
	if (c->appeared.first[0] || consent_present(c->consent, NULL) == 1)
		c->appeared.noted = 0;
	snprintf(c->appeared.first, sizeof(c->appeared.first), "%s", c->appeared.noted ? name : "");
}

static int apply_event(struct ceremony *c, const struct entry *entry, struct error *e)
{
	struct run *run = the_run(c);

	switch (entry->event) {
	case CEREMONY_OPENED:
		c->opened = true;
		return previous_opened(c, json_get(entry->data, "previous"), e);
	case STEP_BEGUN:
		return apply_begun(c, entry, e);
	case STEP_COMPLETED:
		step_end(c, run, STEP_STATE_DONE);
		return 0;
	case PERSON_JOINED:
		return apply_joined(c, entry, e);
	case VALUE_CONFIRMED:
		return apply_confirmed(c, entry, e);
	case FACTS_READ:
		if (!strcmp(json_text(entry->data, "what"), "amendment"))
			return amend_looked(c, entry, e);
		if (!entry->step && !strcmp(json_text(entry->data, "what"), "host"))
			return apply_host(c, entry);
		if (!entry->step && c->dry_run)
			return previous_take(c, json_get(entry->data, "facts"), e);
		if (!entry->step)
			c->dry_run = true;
		return apply_faults(c, entry);
	case ARTIFACT_WRITTEN:
	case ARTIFACT_TAKEN:
		if (apply_artifact(c, entry, e) < 0)
			return -1;
		return amend_brings(c, entry) ? amend_taken(c, entry, e) : 0;
	case TEXT_ACKNOWLEDGED:
		if (!entry->step && ceremony_appeared(c))
			appeared_seen(c, json_text(entry->data, "person"));
		else if (c->amendment.faulty)
			amend_drop(c);
		return 0;
	case ACT_VOIDED:
		if (c->amendment.taken && !consent_resuming(c->consent) &&
		        !strcmp(json_text(entry->data, "reason"), "refused"))
			amend_drop(c);
		/* A refused acceptance is decided anew. */
		if (c->trouble.noted)
			c->trouble.noted = c->trouble.ends = false;
		return 0;
	case ACT_DONE:
		if (!strcmp(c->act, "accept-exception"))
			apply_accepted(c);
		return strcmp(c->act, "amend-script") ? 0 : amend_done(c, e);
	case ACT_FAILED:
		trouble_set(c, TROUBLE_FAILED, entry->seq, json_text(entry->data, "sentence"));
		return 0;
	case HSM_LOCKED:
		c->tokens[ceremony_hsm_index(c, json_text(entry->data, "hsm"))].unlocked = false;
		return 0;
	case EXCEPTION_NOTED: {
		const char *kind = json_text(entry->data, "kind");
		c->exceptions++;
		if (!strcmp(kind, "device"))
			return appeared_noted(c, entry, e);
		/* Only a decision about the trouble decides it: what is noted, or the console's own, may stand
		 * anywhere. */
		if (!strcmp(kind, "amendment"))
			c->amendment.said = entry->seq;
		else if (c->trouble.kind && !c->trouble.noted && strcmp(kind, "noted") && !exception_is_own(entry)) {
			c->trouble.noted = true;
			c->trouble.ends = !strcmp(kind, "step-ended");
			c->trouble.exception = entry->seq;
		}
		return 0;
	}
	case CEREMONY_PAUSED:
		c->paused = true;
		return 0;
	case CEREMONY_RESUMED:
		apply_resumed(c, entry);
		return 0;
	case CEREMONY_CLOSED:
		c->closed = true;
		return 0;
	default:
		return 0;
	}
}

/* A step that needs what was never made, or what only a step ended by exception would have made, has trouble from its
 * start. */
static void settle(struct ceremony *c)
{
	const struct run *run = ceremony_run(c);
	if (c->trouble.kind || !run || !run->begun || consent_open_act(c->consent, NULL))
		return;
	const struct step_kind *kind = step_kind(c->script->steps[run->index].kind);
	const char *unmet = kind && kind->unmet ? kind->unmet(c, run) : NULL;
	if (unmet)
		trouble_set(c, TROUBLE_UNMET, run->begun_at, unmet);
}

static int apply_of(struct ceremony *c, const struct entry *entry, const struct tree *after, struct error *e)
{
	const struct proposal *open = consent_open_act(c->consent, NULL);

	snprintf(c->act, sizeof(c->act), "%s", open ? open->act : "");
	if (consent_apply(c->consent, entry, after, e) < 0)
		return -1;
	c->tree = *after;
	if (entry->event == CEREMONY_RESUMED)
		c->stop.last = c->time;
	c->time = entry->time;
	if (entry->event != STEP_BEGUN && entry->event != STEP_COMPLETED && belongs(c, entry)) {
		struct run *run = the_run(c);
		if (journal_add(&run->journal, entry, c->act, e) < 0)
			return -1;
		const struct step_kind *kind = step_kind(c->script->steps[run->index].kind);
		if (kind && kind->apply && kind->apply(c, run, entry, e) < 0)
			return -1;
	}
	if (apply_event(c, entry, e) < 0)
		return -1;
	settle(c);
	return 0;
}

int ceremony_apply(struct ceremony *c, const struct entry *entry, const struct tree *after, struct error *e)
{
	unsigned long refused = memory_refusals();

	/* For want of memory a step would seem to lack what it has. */
	return apply_of(c, entry, after, e) < 0 ? -1 : memory_refusals() != refused ? error_memory(e) : 0;
}
