/* generate-key: a key pair on the token, its attributes read back, its possession proved and verified in software. */
#include <stdio.h>
#include <string.h>

#include "steps/possession.h"
#include "steps/token.h"

static const struct script_key *key_of(const struct ceremony *c, const struct run *run)
{
	return script_key(c->script, step_param(&c->script->steps[run->index], "key"));
}

static const char *drawn(const struct run *run, const char *what)
{
	const struct entry *e = journal_find(&run->journal, VALUE_DRAWN, what);
	return e ? json_text(e->data, "value") : NULL;
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	const struct script_key *k = key_of(c, run);
	if (journal_find(&run->journal, ACT_DONE, "generate-key") ||
	        c->tokens[ceremony_hsm_index(c, k->hsm)].unlocked || ceremony_redo(c) < c->script->step_count)
		return NULL;
	return N_("the HSM is not unlocked: its step was ended by exception");
}

const char *key_mechanism(const char *algorithm)
{
	if (!strncmp(algorithm, "rsa-", 4))
		return "CKM_RSA_PKCS_KEY_PAIR_GEN";
	return !strcmp(algorithm, "ed25519") ? "CKM_EC_EDWARDS_KEY_PAIR_GEN" : "CKM_EC_KEY_PAIR_GEN";
}

static int judge(const struct ceremony *c, const struct json *facts, struct json_writer *faults)
{
	const char *wanted = key_mechanism(key_of(c, ceremony_run(c))->algorithm);
	const struct json *list = json_get(facts, "mechanisms");
	bool there = false;
	if (token_known(c, key_of(c, ceremony_run(c))->hsm, facts, NULL, faults) < 0)
		return -1;
	for (const struct json *m = list ? list->child : NULL; m; m = m->next)
		there = there || (m->type == JSON_STRING && !strcmp(m->text, wanted));
	if (!there)
		json_put_text(faults, "the token has no mechanism that makes a key of this algorithm");
	if (json_true(facts, "label_used"))
		json_put_text(faults, "an object on the token bears the key's label already");
	if (json_true(facts, "id_used"))
		json_put_text(faults, "an object on the token bears the drawn CKA_ID already");
	return 0;
}

static int propose(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct script_key *k = key_of(c, run);
	struct bytes order = {0};
	struct json_writer j = {&order, false};
	json_begin_object(&j);
	json_member_text(&j, "hsm", k->hsm);
	json_member_text(&j, "serial", c->tokens[ceremony_hsm_index(c, k->hsm)].serial);
	json_member_text(&j, "key", k->name);
	json_member_text(&j, "algorithm", k->algorithm);
	json_member_text(&j, "label", k->label);
	json_member_text(&j, "cka_id", drawn(run, "cka_id"));
	json_end_object(&j);
	int rc = bytes_end(&order, e);
	if (rc == 0)
		rc = want_propose(c, w, &generate_key_step, c->script->steps[run->index].id, "generate-key",
		        bytes_string(&order), e);
	bytes_free(&order);
	return rc;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = c->script->steps[run->index].id;
	const struct script_key *k = key_of(c, run);
	const struct key_state *state = &c->keys[ceremony_key_index(c, k->name)];

	if (!drawn(run, "cka_id"))
		want_set(w, WANT_LOOK, &generate_key_step, 16, step, VALUE_DRAWN, "cka_id");
	else if (!drawn(run, "challenge"))
		want_set(w, WANT_LOOK, &generate_key_step, 32, step, VALUE_DRAWN, "challenge");
	else if (!journal_find(&run->journal, FACTS_READ, "token"))
		want_set(w, WANT_LOOK, &generate_key_step, 0, step, FACTS_READ, "token");
	else if (!journal_find(&run->journal, ACT_DONE, "generate-key"))
		return propose(c, run, w, e);
	else if (!journal_find(&run->journal, ARTIFACT_WRITTEN, NULL)) {
		struct bytes content = {0};
		char name[160];
		bytes_add(&content, state->spki.data, state->spki.len);
		snprintf(name, sizeof(name), "%s%s.spki.der", ceremony_rehearsal(c) ? "REHEARSAL-" : "", k->name);
		return want_write(w, &generate_key_step, step, name, "public-key", &content, e);
	}
	return 0;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	if (w->event == FACTS_READ)
		return token_look(
		        c, w, room, key_of(c, run)->hsm, key_of(c, run)->label, drawn(run, "cka_id"), judge, out, e);
	uint8_t random[32];
	random_bytes(random, sizeof(random));
	struct bytes *data = outcome_add(out, VALUE_DRAWN, w->step);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", w->what);
	json_member_text(&j, "source", source_random);
	json_member_hex(&j, "value", random, (size_t)w->topic);
	json_end_object(&j);
	return bytes_end(data, e);
}

static bool says(const struct json *facts, const char *key, const char *wanted)
{
	const char *is = json_text(facts, key);
	return is && wanted && !strcmp(is, wanted);
}

/* It is the key of the order. */
static int check_order(const struct ceremony *c, const struct run *run, const struct json *facts, struct error *e)
{
	const struct script_key *k = key_of(c, run);
	const struct json *attributes = json_get(facts, "attributes");

	if (!says(facts, "mechanism", key_mechanism(k->algorithm)) ||
	        !says(attributes, "CKA_KEY_GEN_MECHANISM", key_mechanism(k->algorithm)) ||
	        !says(attributes, "CKA_LABEL", k->label) || !says(attributes, "CKA_ID", drawn(run, "cka_id")))
		return error_set(
		        e, ERROR_FAULT, "act.done of generate-key is of another key than the one that was ordered");
	return 0;
}

/* What the token must have said of the private key (BR 6.2.7; facts of a key that never leaves). */
static int check_attributes(const struct json *attributes, struct error *e)
{
	static const struct {
		const char *name;
		bool value;
	} wanted[] = {{"CKA_TOKEN", true}, {"CKA_PRIVATE", true}, {"CKA_SENSITIVE", true}, {"CKA_EXTRACTABLE", false},
	        {"CKA_ALWAYS_SENSITIVE", true}, {"CKA_NEVER_EXTRACTABLE", true}, {"CKA_LOCAL", true},
	        {"CKA_SIGN", true}, {"CKA_DECRYPT", false}, {"CKA_UNWRAP", false}, {"CKA_DERIVE", false},
	        {"CKA_SIGN_RECOVER", false}, {"CKA_MODIFIABLE", false}, {"CKA_VERIFY", true},
	        {"CKA_VERIFY_RECOVER", false}, {"CKA_ENCRYPT", false}, {"CKA_WRAP", false}};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const struct json *is = json_get(attributes, wanted[i].name);
		if (!is || is->type != JSON_BOOL || (is->number != 0) != wanted[i].value)
			return error_set(e, ERROR_FAULT, "the key's %s is not what it must be", wanted[i].name);
	}
	return 0;
}

static int check_done(const struct ceremony *c, const struct run *run, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts");
	if (check_order(c, run, facts, e) < 0 || check_attributes(json_get(facts, "attributes"), e) < 0)
		return -1;
	return possession_check(
	        c, key_of(c, run), facts, journal_find(&run->journal, VALUE_DRAWN, "challenge"), NULL, e);
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	uint8_t raw[32];
	if (entry->event == ACT_DONE)
		return check_done(c, ceremony_run(c), entry, e);
	if (entry->event == FACTS_READ) {
		const struct json *facts = json_get(entry->data, "facts"), *label = json_get(facts, "label_used"),
		                  *id = json_get(facts, "id_used");
		if (!json_text(facts, "error") && (!label || label->type != JSON_BOOL || !id || id->type != JSON_BOOL))
			return error_set(
			        e, ERROR_FAULT, "the facts do not say whether label and CKA_ID are free on the token");
		return token_check(c, entry, judge, e);
	}
	if (entry->event == VALUE_DRAWN) {
		const char *value = json_text(entry->data, "value");
		if (strlen(value) != 2 * (size_t)w->topic ||
		        hex_decode(value, strlen(value), raw, (size_t)w->topic) < 0)
			return error_set(e, ERROR_FAULT, "%s is not %d random bytes in hex", w->what, w->topic);
		return drawn_from(entry, source_random, e);
	}
	return 0;
}

static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	if (entry->event != ACT_DONE || strcmp(c->act, "generate-key"))
		return 0;
	struct key_state *k = &c->keys[ceremony_key_index(c, key_of(c, run)->name)];
	const char *spki = json_text(json_get(entry->data, "facts"), "spki");
	bytes_clear(&k->spki);
	if (!spki || base64_decode(spki, strlen(spki), &k->spki) < 0 || bytes_end(&k->spki, e) < 0 ||
	        sha256(k->spki.data, k->spki.len, k->spki_sha256) < 0)
		return error_set(e, ERROR_FAULT, "act.done of generate-key holds no public key");
	if (!drawn(run, "cka_id") || field_set(&k->cka_id, drawn(run, "cka_id")) < 0)
		return error_memory(e);
	k->made = true;
	return 0;
}

static int request(
        const struct ceremony *c, struct room *room, struct hsm_request *r, struct bytes *data, struct error *e)
{
	const struct run *run = ceremony_run(c);

	(void)room;
	r->verb = HSM_GENERATE;
	r->hsm = key_of(c, run)->hsm;
	return challenge_request(journal_find(&run->journal, VALUE_DRAWN, "challenge"), r, data, e);
}

static int result(
        const struct ceremony *c, struct room *room, const struct json *answer, struct bytes *facts, struct error *e)
{
	(void)c;
	(void)room;
	return possession_facts(answer, json_text(answer, "mechanism"), facts, e);
}

static const char *const help[] = {N_("The HSM makes the key pair inside itself. Its attributes are read back: it "
                                      "cannot leave, and it can only sign."),
        N_("A random challenge is signed with the new key and verified in software before anything else is done with "
           "it."),
        N_("On some tokens this takes a minute."), NULL};

const struct step_kind generate_key_step = {
        .name = "generate-key",
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
