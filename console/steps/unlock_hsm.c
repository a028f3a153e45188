/* unlock-hsm: k custodians give their shares (or the two named holders their halves), the quorum approves, one login is
 * tried. */
#include <string.h>

#include "steps/give.h"
#include "steps/token.h"

static const struct site_hsm *site_of(const struct ceremony *c, const struct run *run)
{
	return site_hsm(c->site, step_param(&c->script->steps[run->index], "hsm"));
}

static const struct script_secret *secret_of(const struct ceremony *c, const struct run *run)
{
	return script_secret(c->script, step_param(&c->script->steps[run->index], "hsm"), PIN_USER);
}

static bool on_device(const struct ceremony *c, const struct run *run)
{
	return site_of(c, run)->login == LOGIN_PROTECTED_PATH;
}

/* A PIN that was shared in this ceremony is given by shares, however the site says that it was given before. */
static struct giving giving_of(const struct ceremony *c, const struct run *run)
{
	const struct script_secret *s = secret_of(c, run);
	if (site_of(c, run)->login == LOGIN_SPLIT_ENTRY && !(s && share_find(c, s->name, 1, SHARE_IN_FORCE)))
		return giving_halves(site_of(c, run), "user-pin");
	return giving_shares(c, s, SHARE_IN_FORCE, "", s->holders);
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	const char *hsm = step_param(&c->script->steps[run->index], "hsm");
	bool ended = false;
	for (size_t i = 0; i < run->index; i++) { /* the newest counts: a later step may have done it after all */
		const struct script_step *s = &c->script->steps[i];
		if (!strcmp(s->kind, "initialise-hsm") && !strcmp(step_param(s, "hsm"), hsm))
			ended = c->states[i] == STEP_STATE_EXCEPTION;
	}
	if (ended)
		return N_("the HSM was not initialised: that step was ended by exception");
	const struct script_secret *secret = secret_of(c, run);
	if (secret && share_find(c, secret->name, 1, SHARE_UNSETTLED))
		return N_("nobody knows which of two sets of shares opens this HSM: the step that was to change them "
		          "was ended before that was settled");
	return NULL;
}

static int judge(const struct ceremony *c, const struct json *facts, struct json_writer *faults)
{
	const struct json *flags = json_get(facts, "flags");
	if (token_known(c, step_param(ceremony_step(c), "hsm"), facts, NULL, faults) < 0)
		return -1;
	if (json_true(flags, "user_pin_locked"))
		json_put_text(faults, "the token says that its user PIN is locked: the SO PIN must unlock it first");
	return on_device(c, ceremony_run(c)) ? token_judge_path(facts, faults) : 0;
}

static int propose(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct json *facts = json_get(journal_find(&run->journal, FACTS_READ, "token")->data, "facts");
	struct bytes order = {0};
	struct json_writer j = {&order, false};
	int rc = -1;

	json_begin_object(&j);
	json_member_text(&j, "hsm", site_of(c, run)->name);
	json_member_text(&j, "serial", json_text(facts, "serial"));
	json_member_text(&j, "flags", json_text(facts, "pin_flags"));
	json_end_object(&j);
	if (bytes_end(&order, e) == 0)
		rc = want_propose(
		        c, w, &unlock_hsm_step, c->script->steps[run->index].id, "unlock-hsm", bytes_string(&order), e);
	bytes_free(&order);
	return rc;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = c->script->steps[run->index].id;
	if (journal_find(&run->journal, ACT_DONE, "unlock-hsm"))
		return 0;
	if (!journal_find(&run->journal, FACTS_READ, "token")) {
		want_set(w, WANT_LOOK, &unlock_hsm_step, 0, step, FACTS_READ, "token");
		return 0;
	}
	if (!on_device(c, run)) {
		struct giving g = giving_of(c, run);
		if (giving_next(&g, run, w, &unlock_hsm_step, 0, step))
			return 0;
	}
	return propose(c, run, w, e);
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct run *run = ceremony_run(c);
	if (w->event == FACTS_READ)
		return token_check(c, entry, judge, e);
	if (entry->event == ACT_DONE) {
		const struct json *flags = json_get(json_get(entry->data, "facts"), "flags");
		return flags && flags->type == JSON_OBJECT
		               ? 0
		               : error_set(e, ERROR_FAULT, "act.done of unlock-hsm does not say the token's flags");
	}
	if (w->event != SECRET_ENTERED)
		return 0;
	struct giving g = giving_of(c, run);
	return giving_check(c, &g, w, entry, e);
}

static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	(void)e;
	if (entry->event == ACT_DONE && !strcmp(c->act, "unlock-hsm")) {
		struct token_state *t = &c->tokens[ceremony_hsm_index(c, site_of(c, run)->name)];
		t->unlocked = true;
		t->unlocked_by = run->index;
	}
	return 0;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	room_wipe(room, "");
	return token_look(c, w, room, site_of(c, ceremony_run(c))->name, NULL, NULL, judge, out, e);
}

static int flag_lines(const struct run *run, struct prompt *p, struct error *e)
{
	static const struct {
		const char *flag, *sentence;
	} told[] = {{"user_pin_count_low", N_("The token says: a wrong PIN was given since the last right one.")},
	        {"user_pin_final_try", N_("The token says: one try is left. A wrong PIN locks it.")}};
	const struct json *flags =
	        json_get(json_get(journal_find(&run->journal, FACTS_READ, "token")->data, "facts"), "flags");
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (json_true(flags, told[i].flag) && prompt_message(p, LINE_WARNING, "%s", told[i].sentence) < 0)
			return error_memory(e);
	return 0;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	struct giving g = giving_of(c, ceremony_run(c));
	(void)room;
	return flag_lines(ceremony_run(c), p, e) < 0 ? -1 : giving_ask(c, &g, w, p, e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	struct giving g = giving_of(c, ceremony_run(c));
	return giving_answer(c, &g, w, room, a, out, e);
}

static int request(
        const struct ceremony *c, struct room *room, struct hsm_request *r, struct bytes *data, struct error *e)
{
	const struct run *run = ceremony_run(c);

	r->verb = HSM_UNLOCK;
	(void)data;
	r->hsm = site_of(c, run)->name;
	if (on_device(c, run))
		return 0;
	struct giving g = giving_of(c, run);
	r->user_pin = giving_pin(c, &g, room, e);
	room_wipe(room, "");
	return r->user_pin ? 0 : -1;
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

static const char *const help[] = {N_("As many holders as are needed type the words of their shares, each alone at the "
                                      "console. The PIN exists only inside it, for one login."),
        N_("A share is given by the person who holds it. If its holder is not here, another of the role may have "
           "brought it; the record says who typed."),
        N_("Where the HSM has a PIN pad of its own, nothing is typed here: after the approvals the PIN is entered on "
           "the device."),
        N_("The PIN is never tried twice by itself. After a wrong one the step is done again, with new approvals."),
        NULL};

const struct step_kind unlock_hsm_step = {
        .name = "unlock-hsm",
        .helper = true,
        .restarts = true,
        .unmet = unmet,
        .next = next,
        .check = check,
        .apply = apply,
        .ask = ask,
        .answer = answer,
        .look = look,
        .request = request,
        .result = result,
        .help = help,
};
