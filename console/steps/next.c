/* What is wanted next: the order of all things, and the same order held against what a record says. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "steps/amend.h"
#include "steps/ceremony.h"
#include "steps/pause.h"
#include "steps/previous.h"
#include "steps/step.h"

void want_free(struct want *w)
{
	bytes_free(&w->data);
	bytes_free(&w->content);
	memset(w, 0, sizeof(*w));
}

const char *ceremony_place(const struct ceremony *c)
{
	const struct run *run = ceremony_run(c);
	if (!run || !run->begun || consent_resuming(c->consent))
		return NULL;
	return c->script->steps[run->index].id;
}

static bool needs_unlocked(const struct script_step *step)
{
	static const char *const kinds[] = {"generate-key", "check-key", "issue-certificate", "issue-crl", "issue-ocsp",
	        "make-request", "sign-document"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(step->kind, kinds[i]))
			return true;
	return false;
}

static const char *hsm_of(const struct ceremony *c, const struct script_step *step)
{
	const char *key = step_param(step, "key"), *certificate = step_param(step, "certificate");
	if (!strcmp(step->kind, "issue-crl"))
		certificate = script_crl(c->script, step_param(step, "crl"))->issuer;
	if (!strcmp(step->kind, "issue-ocsp"))
		certificate = ocsp_signer(script_ocsp(c->script, step_param(step, "ocsp")));
	if (certificate) {
		const struct script_certificate *s = script_certificate(c->script, certificate);
		key = s ? s->key : NULL;
	}
	if (!strcmp(step->kind, "make-request")) {
		const struct script_request *r = script_request(c->script, step_param(step, "request"));
		key = r ? r->profile.key : NULL;
	}
	const struct script_key *k = key ? script_key(c->script, key) : NULL;
	return k ? k->hsm : step_param(step, "hsm");
}

size_t ceremony_redo(const struct ceremony *c)
{
	size_t none = c->script->step_count, found = none;
	if (c->redoing || c->step >= none || !needs_unlocked(&c->script->steps[c->step]))
		return none;
	const struct script_step *step = &c->script->steps[c->step];
	const char *hsm = hsm_of(c, step);
	if (!hsm || c->tokens[ceremony_hsm_index(c, hsm)].unlocked ||
	        journal_find(&c->main.journal, ACT_DONE, step->kind))
		return none;
	for (size_t i = 0; i < c->step; i++) {
		const struct script_step *earlier = &c->script->steps[i];
		const char *its = step_param(earlier, "hsm");
		if (!its || strcmp(its, hsm))
			continue;
		if (!strcmp(earlier->kind, "unlock-hsm"))
			found = c->states[i] == STEP_STATE_DONE ? i : none;
		else if (!strcmp(earlier->kind, "lock-hsm"))
			found = none;
	}
	return found;
}

static int want_begun(const struct ceremony *c, struct want *w, size_t index, struct error *e)
{
	const struct script_step *step = &c->script->steps[index];
	struct json_writer j = {&w->data, false};

	want_set(w, WANT_RECORD, NULL, 0, step->id, STEP_BEGUN, NULL);
	json_begin_object(&j);
	json_member_text(&j, "kind", step->kind);
	json_member_int(&j, "attempt", (int64_t)c->attempts[index] + 1);
	json_end_object(&j);
	return bytes_end(&w->data, e);
}

static int want_completed(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	want_set(w, WANT_RECORD, NULL, 0, c->script->steps[run->index].id, STEP_COMPLETED, NULL);
	bytes_printf(&w->data, "{\"attempt\":%u}", c->attempts[run->index]);
	return bytes_end(&w->data, e);
}

/* The step in hand: begun, gone through, completed. */
static int next_of_step(const struct ceremony *c, struct want *w, struct error *e)
{
	const struct run *run = ceremony_run(c);
	if (!run)
		return 0;
	size_t redo = ceremony_redo(c);
	if (redo < c->script->step_count)
		return want_begun(c, w, redo, e);
	if (!run->begun)
		return want_begun(c, w, run->index, e);
	const struct step_kind *kind = step_kind(c->script->steps[run->index].kind);
	if (!kind)
		return error_set(e, ERROR_INTERNAL, "step %s is of a kind that this version does not know",
		        c->script->steps[run->index].id);
	if (kind->next(c, run, w, e) < 0)
		return -1;
	return w->kind == WANT_NOTHING ? want_completed(c, run, w, e) : 0;
}

static int next_of(const struct ceremony *c, struct want *w, struct error *e)
{
	memset(w, 0, sizeof(*w));
	w->kind = WANT_NOTHING;
	w->other = EVENTS;
	if (!c->opened) {
		want_set(w, WANT_RECORD, NULL, 0, NULL, CEREMONY_OPENED, NULL);
		return 0;
	}
	if (!policy_whole(consent_policy(c->consent))) {
		want_set(w, WANT_RECORD, NULL, 0, NULL, STEPS_LISTED, NULL);
		return opening_listed(c->script, consent_policy(c->consent)->step_count, &w->data, e);
	}
	if (c->closed)
		return 0;
	if (c->paused) {
		want_set(w, WANT_RESUME, NULL, 0, NULL, CEREMONY_RESUMED, NULL);
		return 0;
	}
	if (consent_open_act(c->consent, NULL) || consent_proposal(c->consent))
		return consent_kind.next(c, NULL, w, e);
	if (consent_joining(c->consent, NULL) || consent_resuming(c->consent))
		return roll_call_kind.next(c, NULL, w, e);
	if (!c->dry_run)
		return dry_run_kind.next(c, NULL, w, e);
	if (previous_pending(c))
		return previous_kind.next(c, NULL, w, e);
	if (c->look_again && consent_begun(c->consent))
		return return_kind.next(c, NULL, w, e);
	if (ceremony_appeared(c))
		return device_kind.next(c, NULL, w, e);
	if (c->amendment.taken)
		return amend_kind.next(c, NULL, w, e);
	if (c->trouble.kind)
		return trouble_kind.next(c, NULL, w, e);
	return next_of_step(c, w, e);
}

static bool same_step(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* ceremony.resumed names the act that was open, and no other. */
static int check_resumed(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	uint64_t seq = 0;
	const struct proposal *open = consent_open_act(c->consent, &seq);
	const struct json *is = json_get(entry->data, "open_intent");

	if (open ? !is || is->type != JSON_INT || (uint64_t)is->number != seq : is && is->type != JSON_NULL)
		return error_set(e, ERROR_FAULT,
		        "ceremony.resumed does not name the act that was open, or names one that was not");
	return 0;
}

static bool token_unlocked(const struct ceremony *c, const char *hsm)
{
	return script_hsm(c->script, hsm) && c->tokens[ceremony_hsm_index(c, hsm)].unlocked;
}

/* What may come whatever is wanted. 1: it may and is right; 0: it is none of these; -1: it is wrong. */
static int check_any_time(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	const char *kind, *person = NULL;

	if (!c->opened || c->closed)
		return 0;
	switch (entry->event) {
	case CEREMONY_RESUMED:
		return check_resumed(c, entry, e) < 0 ? -1 : 1;
	case PERSON_LEFT:
	case LOGIN_FAILED:
	case ACT_VOIDED:
		break;
	case HSM_LOCKED: /* it locks itself after the site's auto-lock minutes; in a lock-hsm step it is what the step
	                    wants */
		if (!token_unlocked(c, json_text(entry->data, "hsm")) ||
		        (ceremony_step(c) && !strcmp(ceremony_step(c)->kind, "lock-hsm")))
			return 0;
		break;
	case CEREMONY_PAUSED:
		if (pause_is_sealed(entry)) /* a step of the script wants it, or nothing does */
			return 0;
		person = json_text(entry->data, "person");
		break;
	case EXCEPTION_NOTED:
		kind = json_text(entry->data, "kind");
		if (!strcmp(kind, "amendment"))
			return amend_may(c, e) < 0 || amend_check_said(c, entry, e) < 0 ? -1 : 1;
		if (strcmp(kind, "noted") && !exception_is_own(entry))
			return 0;
		person = json_text(entry->data, "person");
		/* Only of its own clock and of what is plugged in the console speaks itself. */
		if (!person && !exception_is_own(entry))
			return error_set(e, ERROR_FAULT, "exception.noted of kind %s does not say who notes it", kind);
		break;
	case ARTIFACT_TAKEN:
		return amend_brings(c, entry) ? amend_check_taken(c, entry, e) < 0 ? -1 : 1 : 0;
	default:
		return 0;
	}
	/* Between a resumption and their proof nobody is present; whoever it is has sat down in this ceremony. */
	if (person && !consent_find(c->consent, person))
		return error_set(
		        e, ERROR_FAULT, "%s, who is said to have done this, never sat down in this ceremony", person);
	if (c->paused)
		return error_set(e, ERROR_FAULT,
		        "%s stands after ceremony.paused, where only ceremony.resumed may stand",
		        event_name(entry->event));
	return 1;
}

static int unexpected(const struct want *w, const struct entry *entry, struct error *e)
{
	if (w->kind == WANT_NOTHING)
		return error_set(e, ERROR_FAULT, "%s stands after the end of the ceremony", event_name(entry->event));
	return error_set(
	        e, ERROR_FAULT, "%s stands where the script wants %s", event_name(entry->event), event_name(w->event));
}

static int check_against(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	if (w->kind == WANT_NOTHING || (entry->event != w->event && entry->event != w->other))
		return unexpected(w, entry, e);
	if (!same_step(entry->step, w->step))
		return error_set(e, ERROR_FAULT, "%s is of step %s, the script is at step %s", event_name(entry->event),
		        entry->step ? entry->step : "none", w->step ? w->step : "none");
	if (entry->event == CEREMONY_OPENED)
		return opening_check(c, entry, e);
	if (entry->event == w->event && w->what) {
		const char *is = json_text(entry->data, "what");
		if (!is)
			is = json_text(entry->data, "name");
		if (!is || strcmp(is, w->what))
			return error_set(e, ERROR_FAULT, "%s is of %s, the script wants %s", event_name(entry->event),
			        is ? is : "nothing", w->what);
	}
	if (entry->event == w->event && w->data.len) {
		struct bytes is = {0};
		struct json_writer j = {&is, false};
		json_put(&j, entry->data);
		if (bytes_end(&is, e) < 0) {
			bytes_free(&is);
			return -1;
		}
		bool same = is.len == w->data.len && !memcmp(is.data, w->data.data, is.len);
		bytes_free(&is);
		if (!same)
			return error_set(e, ERROR_FAULT,
			        "%s does not say what follows from the script and the record: %s",
			        event_name(entry->event), bytes_string(&w->data));
	}
	return w->by && w->by->check ? w->by->check(c, w, entry, e) : 0;
}

/* What is wanted, or whether an entry may stand, is never said for want of memory: a step would seem to lack what it
 * has, and the record would say so. */
static int for_certain(int rc, unsigned long refused, struct error *e)
{
	return rc == 0 && memory_refusals() != refused ? error_memory(e) : rc;
}

int ceremony_next(const struct ceremony *c, struct want *w, struct error *e)
{
	unsigned long refused = memory_refusals();
	int rc = for_certain(next_of(c, w, e), refused, e);

	if (rc < 0)
		want_free(w);
	return rc;
}

int ceremony_check(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	unsigned long refused = memory_refusals();
	int any = check_any_time(c, entry, e);
	if (any)
		return any < 0 ? -1 : for_certain(0, refused, e);
	struct want w;
	int rc = -1;
	if (ceremony_next(c, &w, e) == 0)
		rc = check_against(c, &w, entry, e);
	want_free(&w);
	return for_certain(rc, refused, e);
}

void want_set(struct want *w, enum want_kind kind, const struct step_kind *by, int topic, const char *step,
        enum event event, const char *what)
{
	w->kind = kind;
	w->by = by;
	w->topic = topic;
	w->step = step;
	w->event = event;
	w->other = EVENTS;
	w->what = what;
}

int want_write(struct want *w, const struct step_kind *by, const char *step, const char *name, const char *type,
        struct bytes *content, struct error *e)
{
	uint8_t sum[32];
	struct json_writer j = {&w->data, false};

	want_set(w, WANT_WRITE, by, 0, step, ARTIFACT_WRITTEN, NULL);
	w->content = *content;
	memset(content, 0, sizeof(*content));
	if (bytes_end(&w->content, e) < 0 || sha256(w->content.data, w->content.len, sum) < 0)
		return error_memory(e);
	snprintf(w->path, sizeof(w->path), "artifacts/%s", name);
	json_begin_object(&j);
	json_member_text(&j, "path", w->path);
	json_member_int(&j, "bytes", (int64_t)w->content.len);
	json_member_hex(&j, "sha256", sum, sizeof(sum));
	json_member_text(&j, "type", type);
	json_end_object(&j);
	return bytes_end(&w->data, e);
}

int want_propose_to(const struct ceremony *c, struct want *w, const struct step_kind *by, const char *step,
        const char *act, const char *order, const char *role, unsigned need, struct error *e)
{
	(void)c;
	struct json_writer j = {&w->data, false};

	want_set(w, WANT_RECORD, by, 0, step, ACT_PROPOSED, NULL);
	json_begin_object(&j);
	json_member_text(&j, "act", act);
	json_key(&j, "order");
	json_put_raw(&j, order, strlen(order));
	json_member_text(&j, "role", role);
	json_member_int(&j, "need", need);
	json_end_object(&j);
	return bytes_end(&w->data, e);
}

int want_propose(const struct ceremony *c, struct want *w, const struct step_kind *by, const char *step,
        const char *act, const char *order, struct error *e)
{
	const char *role = NULL;
	for (size_t i = 0; i < c->script->step_count; i++)
		if (!strcmp(c->script->steps[i].id, step))
			role = c->script->steps[i].approve;
	const struct script_role *r = role ? script_role(c->script, role) : NULL;
	if (!r)
		return error_set(e, ERROR_INTERNAL, "step %s has nobody to approve it", step);
	return want_propose_to(c, w, by, step, act, order, role, r->quorum, e);
}
