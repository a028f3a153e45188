/* change-custodians and share-secret: a new PIN and new shares of it take the place of the old shares, or of a PIN that
 * two people knew. Where a run was cut while the token changed its PIN, the step first settles which of the two opens
 * it. */
#include <string.h>

#include "steps/shares.h"
#include "steps/token.h"

enum { TOPIC_LOOK, TOPIC_NEW, TOPIC_OLD, TOPIC_DRAW, TOPIC_SHARE };

static const char settle_act[] = "settle-custodians";

static const struct script_step *step_of(const struct ceremony *c, const struct run *run)
{
	return &c->script->steps[run->index];
}

static const struct script_secret *secret_of(const struct ceremony *c, const struct run *run)
{
	return step_secret(c->script, step_of(c, run));
}

static bool settling(const struct ceremony *c, const struct run *run)
{
	return share_find(c, secret_of(c, run)->name, 1, SHARE_UNSETTLED) != NULL;
}

static const char *pin_name(const struct script_secret *s)
{
	return s->pin == PIN_SO ? "so" : "user";
}

static struct giving old_of(const struct ceremony *c, const struct run *run)
{
	const struct script_step *step = step_of(c, run);
	const struct script_secret *s = secret_of(c, run);
	const char *from = step_param(step, "from");

	if (!strcmp(step->kind, "share-secret"))
		return giving_halves(site_hsm(c->site, s->hsm), s->pin == PIN_SO ? "old so-pin" : "old user-pin");
	return giving_shares(c, s, SHARE_IN_FORCE, "old ", from ? from : s->holders);
}

static struct giving new_of(const struct ceremony *c, const struct run *run)
{
	const struct script_secret *s = secret_of(c, run);
	return giving_shares(c, s, SHARE_UNSETTLED, "new ", s->holders);
}

/* The newest settling said so. */
static bool settled(const struct entry *done, const char *valid)
{
	const char *is = done ? json_text(json_get(done->data, "facts"), "valid") : NULL;
	return is && !strcmp(is, valid);
}

static bool done(const struct run *run)
{
	return journal_find(&run->journal, ACT_DONE, "change-custodians") ||
	       journal_find(&run->journal, ACT_DONE, "share-secret") ||
	       settled(journal_find(&run->journal, ACT_DONE, settle_act), "new");
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	const char *hsm = step_param(step_of(c, run), "hsm");

	if (done(run))
		return NULL;
	for (size_t i = 0; i < run->index; i++) {
		const struct script_step *s = &c->script->steps[i];
		if (!strcmp(s->kind, "initialise-hsm") && !strcmp(step_param(s, "hsm"), hsm) &&
		        c->states[i] == STEP_STATE_EXCEPTION)
			return N_("the HSM was not initialised: that step was ended by exception");
	}
	return settling(c, run) ? NULL : shares_unmet(c, run, secret_of(c, run));
}

static int judge(const struct ceremony *c, const struct json *facts, struct json_writer *faults)
{
	const struct script_secret *s = secret_of(c, ceremony_run(c));
	if (token_known(c, s->hsm, facts, NULL, faults) < 0)
		return -1;
	if (json_true(json_get(facts, "flags"), s->pin == PIN_SO ? "so_pin_locked" : "user_pin_locked"))
		json_put_text(faults, "the token says that this PIN is locked: it cannot be changed");
	return shares_judge_length(c, s, facts, faults);
}

/* The head of both orders: which PIN of which token, and what the token said of its PINs. */
static void order_head(const struct ceremony *c, const struct run *run, struct json_writer *j)
{
	const struct json *facts = json_get(journal_find(&run->journal, FACTS_READ, "token")->data, "facts");
	const struct script_secret *s = secret_of(c, run);

	json_begin_object(j);
	json_member_text(j, "hsm", s->hsm);
	json_member_text(j, "serial", json_text(facts, "serial"));
	json_member_text(j, "secret", s->name);
	json_member_text(j, "pin", pin_name(s));
	json_member_text(j, "flags", json_text(facts, "pin_flags"));
}

static int propose_settling(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	struct bytes order = {0};
	struct json_writer j = {&order, false};
	const struct script_step *step = step_of(c, run);
	int rc = -1;

	order_head(c, run, &j);
	json_end_object(&j);
	if (bytes_end(&order, e) == 0)
		rc = want_propose(c, w, step_kind(step->kind), step->id, settle_act, bytes_string(&order), e);
	bytes_free(&order);
	return rc;
}

static int propose_change(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	struct bytes order = {0};
	struct json_writer j = {&order, false};
	const struct script_step *step = step_of(c, run);
	const struct script_secret *s = secret_of(c, run);
	const struct script_list *open = step_param_list(step, "still-open");
	int rc = -1;

	order_head(c, run, &j);
	json_key(&j, "holders");
	json_begin_array(&j);
	for (unsigned part = 1; part <= s->shares; part++) {
		const struct share_state *share = share_find(c, s->name, part, SHARE_DRAWN);
		json_put_text(&j, share ? share->person : "");
	}
	json_end_array(&j);
	json_member_int(&j, "threshold", s->threshold);
	json_member_int(&j, "shares", s->shares);
	json_key(&j, "still_open");
	json_begin_array(&j);
	for (size_t i = 0; open && i < open->count; i++)
		json_put_text(&j, open->item[i]);
	json_end_array(&j);
	json_end_object(&j);
	if (bytes_end(&order, e) == 0)
		rc = want_propose(c, w, step_kind(step->kind), step->id, step->kind, bytes_string(&order), e);
	bytes_free(&order);
	return rc;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct script_step *step = step_of(c, run);
	const struct script_secret *s = secret_of(c, run);
	const struct step_kind *kind = step_kind(step->kind);
	struct giving old = old_of(c, run);

	if (done(run))
		return 0;
	if (!journal_find(&run->journal, FACTS_READ, "token")) {
		want_set(w, WANT_LOOK, kind, TOPIC_LOOK, step->id, FACTS_READ, "token");
		return 0;
	}
	if (settling(c, run)) {
		struct giving new = new_of(c, run);
		if (giving_next(&new, run, w, kind, TOPIC_NEW, step->id) ||
		        giving_next(&old, run, w, kind, TOPIC_OLD, step->id))
			return 0;
		return propose_settling(c, run, w, e);
	}
	if (giving_next(&old, run, w, kind, TOPIC_OLD, step->id) ||
	        shares_next_draw(s, run, w, kind, TOPIC_DRAW, 0, step->id))
		return 0;
	for (unsigned part = 1; part <= s->shares; part++)
		if (shares_next_part(s, run, part, w, kind, TOPIC_SHARE, step->id))
			return 0;
	return propose_change(c, run, w, e);
}

static int check_done(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts"), *flags = json_get(facts, "flags");
	const struct proposal *open = consent_open_act(c->consent, NULL);
	const char *old = json_text(facts, "old_pin");

	if (open && !strcmp(open->act, settle_act))
		return settled(entry, "new") || settled(entry, "old")
		               ? 0
		               : error_set(e, ERROR_FAULT,
		                         "act.done of settle-custodians does not say which of the two sets is valid");
	if (!flags || flags->type != JSON_OBJECT || !old || strcmp(old, "CKR_PIN_INCORRECT"))
		return error_set(e, ERROR_FAULT, "act.done does not say that the token refused the old PIN");
	return 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct giving old = old_of(c, run);

	if (entry->event == ACT_DONE)
		return check_done(c, entry, e);
	if (entry->event == FACTS_READ)
		return token_check(c, entry, judge, e);
	if (entry->event == VALUE_DRAWN)
		return shares_check_drawn(entry, e);
	if (entry->event != SECRET_ENTERED)
		return 0;
	if (w->topic == TOPIC_SHARE)
		return shares_check_typed(c, secret_of(c, run), w, entry, e);
	struct giving new = new_of(c, run);
	return giving_check(c, w->topic == TOPIC_NEW ? &new : &old, w, entry, e);
}

static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	const struct script_step *step = step_of(c, run);
	const char *secret = secret_of(c, run)->name;

	if (shares_apply(c, secret_of(c, run), entry, e) < 0)
		return -1;
	if (entry->event == ACT_DONE && !strcmp(c->act, step->kind))
		shares_put_in_force(c, secret, SHARE_DRAWN);
	/* What the helper refused it did not begin; of any other failure nobody knows how far it went. */
	if (entry->event == ACT_FAILED && !strcmp(c->act, step->kind) &&
	        strcmp(json_text(entry->data, "code"), "refused"))
		shares_unsettle(c, step);
	if (entry->event == ACT_DONE && !strcmp(c->act, settle_act)) {
		const struct share_state *cut = share_find(c, secret, 1, SHARE_UNSETTLED);
		bool ours = cut &&
		            cut->drawn_at; /* else it was for the people of the record before, not for those of now */

		if (settled(entry, "new"))
			shares_put_in_force(c, secret, SHARE_UNSETTLED);
		else
			shares_void(c, secret, SHARE_UNSETTLED);
		if (!ours || settled(entry, "old"))
			run->begun = false; /* a new attempt, with new shares */
	}
	return 0;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct script_secret *s = secret_of(c, ceremony_run(c));
	if (w->topic == TOPIC_DRAW)
		return shares_look(s, w, room, out, e);
	room_wipe(room, "");
	return token_look(c, w, room, s->hsm, NULL, NULL, judge, out, e);
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct giving old = old_of(c, run), new = new_of(c, run);

	if (w->topic == TOPIC_SHARE)
		return shares_ask(c, secret_of(c, run), w, room, p, e);
	if (settling(c, run) && prompt_message(p, LINE_WARNING,
	                                N_("The change of the PIN was cut: the new set opens the HSM, or the old one. "
	                                   "Both are given, to find out which.")) < 0)
		return error_memory(e);
	return giving_ask(c, w->topic == TOPIC_NEW ? &new : &old, w, p, e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct giving old = old_of(c, run), new = new_of(c, run);

	if (w->topic == TOPIC_SHARE)
		return shares_answer(c, secret_of(c, run), w, room, a, out, e);
	return giving_answer(c, w->topic == TOPIC_NEW ? &new : &old, w, room, a, out, e);
}

static int propose(const struct ceremony *c, const struct room *room, struct prompt *p, struct error *e)
{
	const struct run *run = ceremony_run(c);
	const struct script_list *open = step_param_list(step_of(c, run), "still-open");
	const struct json *flags =
	        json_get(json_get(journal_find(&run->journal, FACTS_READ, "token")->data, "facts"), "flags");
	bool so = secret_of(c, run)->pin == PIN_SO;

	(void)room;
	if (json_true(flags, so ? "so_pin_final_try" : "user_pin_final_try") &&
	        prompt_message(p, LINE_WARNING, N_("The token says: one try is left. A wrong PIN locks it.")) < 0)
		return error_memory(e);
	if (settling(c, run))
		return prompt_message(p, LINE_PLAIN,
		               N_("The new PIN is tried once, then the old one once. Exactly one must open the HSM; "
		                  "the token counts the other as a wrong try.")) < 0
		               ? error_memory(e)
		               : 0;
	if ((!open || !open->count) &&
	        prompt_message(p, LINE_PLAIN, N_("By the script the old shares open nothing else.")) < 0)
		return error_memory(e);
	if (prompt_message(p, LINE_PLAIN,
	            N_("Afterwards the old PIN is tried once, and the new one once without its last character: both "
	               "must be refused. The token counts these tries.")) < 0)
		return error_memory(e);
	return 0;
}

static int request(
        const struct ceremony *c, struct room *room, struct hsm_request *r, struct bytes *data, struct error *e)
{
	const struct run *run = ceremony_run(c);
	const struct script_secret *s = secret_of(c, run);
	struct giving old = old_of(c, run), new = new_of(c, run);
	struct secret **place = s->pin == PIN_SO ? &r->so_pin : &r->user_pin;

	(void)data;
	r->verb = settling(c, run) ? HSM_SETTLE_PIN : HSM_CHANGE_PIN;
	r->hsm = s->hsm;
	*place = settling(c, run) ? giving_pin(c, &new, room, e) : shares_proved_pin(c, room, s, e);
	r->old_pin = *place ? giving_pin(c, &old, room, e) : NULL;
	room_wipe(room, "");
	return r->old_pin ? 0 : -1;
}

static int result(
        const struct ceremony *c, struct room *room, const struct json *answer, struct bytes *facts, struct error *e)
{
	struct json_writer j = {facts, false};
	(void)c;
	(void)room;
	json_put(&j, answer);
	return bytes_end(facts, e);
}

static const char *const help[] = {
        N_("The old PIN is given first. Then the console draws a new one and splits it: each new holder sees their "
           "share alone, writes it down and types it back. "
           "Only when every new share was proved does the quorum approve, and the token changes its PIN."),
        N_("The old shares are void when the act is done, and not before. They still open what the proposal names: "
           "destroy them only when that has been dealt with."),
        N_("If the run is cut while the token changes its PIN, the step begins anew by finding out which of the two "
           "sets opens it, with one try of each."),
        NULL};

#define SHARING_STEP(kind)                                                                                             \
	{                                                                                                              \
		.name = (kind), .helper = true, .restarts = true, .retries_unmet = true, .done = done, .unmet = unmet, \
		.next = next, .check = check, .apply = apply, .ask = ask, .answer = answer, .look = look,              \
		.propose = propose, .request = request, .result = result, .help = help,                                \
	}

const struct step_kind change_custodians_step = SHARING_STEP("change-custodians");
const struct step_kind share_secret_step = SHARING_STEP("share-secret");
