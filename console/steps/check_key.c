/* check-key: a key of the previous record is found again on its token, and signs a challenge. */
#include <string.h>

#include "pki/profile.h"
#include "steps/possession.h"
#include "steps/token.h"

static const struct script_key *key_of(const struct ceremony *c, const struct run *run)
{
	return script_key(c->script, step_param(&c->script->steps[run->index], "key"));
}

static const struct key_state *state_of(const struct ceremony *c, const struct run *run)
{
	return &c->keys[ceremony_key_index(c, key_of(c, run)->name)];
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	if (!state_of(c, run)->known)
		return N_("no previous record says which key this is: start the ceremony with --previous");
	if (journal_find(&run->journal, ACT_DONE, "check-key") ||
	        c->tokens[ceremony_hsm_index(c, key_of(c, run)->hsm)].unlocked ||
	        ceremony_redo(c) < c->script->step_count)
		return NULL;
	return N_("the HSM is not unlocked: its step was ended by exception");
}

static int judge(const struct ceremony *c, const struct json *facts, struct json_writer *faults)
{
	if (token_known(c, key_of(c, ceremony_run(c))->hsm, facts, NULL, faults) < 0)
		return -1;
	if (!json_true(facts, "id_used"))
		json_put_text(faults, "no object on the token bears the CKA_ID that the previous record says");
	return 0;
}

static int propose(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct script_key *k = key_of(c, run);
	const struct key_state *state = state_of(c, run);
	struct bytes order = {0};
	struct json_writer j = {&order, false};

	json_begin_object(&j);
	json_member_text(&j, "hsm", k->hsm);
	json_member_text(&j, "serial", c->tokens[ceremony_hsm_index(c, k->hsm)].serial);
	json_member_text(&j, "key", k->name);
	json_member_text(&j, "algorithm", k->algorithm);
	json_member_text(&j, "label", k->label);
	json_member_text(&j, "cka_id", state->cka_id);
	json_member_hex(&j, "spki_sha256", state->spki_sha256, 32);
	json_end_object(&j);
	int rc = bytes_end(&order, e);
	if (rc == 0)
		rc = want_propose(
		        c, w, &check_key_step, c->script->steps[run->index].id, "check-key", bytes_string(&order), e);
	bytes_free(&order);
	return rc;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = c->script->steps[run->index].id;

	if (!journal_find(&run->journal, VALUE_DRAWN, "challenge"))
		want_set(w, WANT_LOOK, &check_key_step, 0, step, VALUE_DRAWN, "challenge");
	else if (!journal_find(&run->journal, FACTS_READ, "token"))
		want_set(w, WANT_LOOK, &check_key_step, 0, step, FACTS_READ, "token");
	else if (!journal_find(&run->journal, ACT_DONE, "check-key"))
		return propose(c, run, w, e);
	return 0;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	if (w->event == FACTS_READ)
		return token_look(c, w, room, key_of(c, run)->hsm, NULL, state_of(c, run)->cka_id, judge, out, e);
	return challenge_draw(w, out, e);
}

static int check_done(const struct ceremony *c, const struct run *run, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts"), *attributes = json_get(facts, "attributes");
	const struct key_state *state = state_of(c, run);
	const struct json *sensitive = json_get(attributes, "CKA_SENSITIVE"),
	                  *extractable = json_get(attributes, "CKA_EXTRACTABLE");

	if (!sensitive || sensitive->type != JSON_BOOL || !sensitive->number || !extractable ||
	        extractable->type != JSON_BOOL || extractable->number)
		return error_set(
		        e, ERROR_FAULT, "act.done of check-key does not say that the key cannot leave its token");
	return possession_check(
	        c, key_of(c, run), facts, journal_find(&run->journal, VALUE_DRAWN, "challenge"), state->spki_sha256, e);
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	(void)w;
	if (entry->event == ACT_DONE)
		return check_done(c, ceremony_run(c), entry, e);
	if (entry->event == FACTS_READ)
		return token_check(c, entry, judge, e);
	if (entry->event == VALUE_DRAWN)
		return challenge_check(entry, e);
	return 0;
}

static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	(void)e;
	if (entry->event == ACT_DONE && !strcmp(c->act, "check-key"))
		c->keys[ceremony_key_index(c, key_of(c, run)->name)].made = true;
	return 0;
}

static int request(
        const struct ceremony *c, struct room *room, struct hsm_request *r, struct bytes *data, struct error *e)
{
	const struct run *run = ceremony_run(c);
	(void)room;
	r->verb = HSM_CHECK_KEY;
	r->hsm = key_of(c, run)->hsm;
	return challenge_request(journal_find(&run->journal, VALUE_DRAWN, "challenge"), r, data, e);
}

static int result(
        const struct ceremony *c, struct room *room, const struct json *answer, struct bytes *facts, struct error *e)
{
	(void)c;
	(void)room;
	return possession_facts(answer, NULL, facts, e);
}

static const char *const help[] = {N_("The key is looked for on the token by the identifier that the previous record "
                                      "says; its public half must be the same, byte by byte."),
        N_("A random challenge is signed with it and verified in software before it is used for anything else."), NULL};

const struct step_kind check_key_step = {
        .name = "check-key",
        .helper = true,
        .unmet = unmet,
        .next = next,
        .check = check,
        .apply = apply,
        .look = look,
        .request = request,
        .result = result,
        .help = help,
};
