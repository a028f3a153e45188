/* No privileged act without its quorum, whatever lines a transcript holds: each rule of consent broken once. */
#include "fixture.h"

static void authority_is_for_one_order_once(void **state)
{
	struct run *r = run_open_act();
	const struct proposal *act;
	uint64_t intended = 0;

	(void)state;
	act = consent_open_act(r->consent, &intended);
	assert_non_null(act);
	assert_int_equal(intended, r->intended);
	assert_string_equal(act->act, "generate-key");
	assert_string_equal(act->step, "key");
	assert_string_equal(act->role, "custodian");
	assert_int_equal(act->need, 2);
	assert_string_equal(bytes_string(&act->order), KEY_ORDER);
	assert_string_equal(act->approved_by[0], "ann");
	assert_string_equal(act->approved_by[1], "cat");
	refused(r, consent_spend(r->consent, intended, "issue-certificate", &r->error),
	        "is for generate-key, not for issue-certificate");
	refused(r, consent_spend(r->consent, intended - 1, "generate-key", &r->error),
	        "is not the act.intended of an open act");
	refused(r, consent_spend(r->consent, r->proposed, "generate-key", &r->error),
	        "is not the act.intended of an open act");
	ok(r, consent_spend(r->consent, intended, "generate-key", &r->error));
	refused(r, consent_spend(r->consent, intended, "generate-key", &r->error), "for generate-key is spent already");
	ok(r, note(r));
	refused(r, consent_spend(r->consent, intended, "generate-key", &r->error), "is spent already");
	ok(r, done(r));
	assert_null(consent_open_act(r->consent, NULL));
	refused(r, consent_spend(r->consent, intended, "generate-key", &r->error),
	        "is not the act.intended of an open act");
	/* a new proposal of the same order has an authority of its own */
	ok(r, propose_key(r));
	ok(r, approve(r, BOB));
	ok(r, approve(r, CAT));
	ok(r, intend(r));
	refused(r, consent_spend(r->consent, intended, "generate-key", &r->error),
	        "is not the act.intended of an open act");
	ok(r, consent_spend(r->consent, r->intended, "generate-key", &r->error));
	run_free(r);
}

static void authority_ends_with_a_failed_act(void **state)
{
	struct run *r = run_open_act();

	(void)state;
	ok(r, put(r, NULL, ACT_FAILED,
	              "{\"of\":%llu,\"code\":\"wrong-pin\",\"ckr\":\"CKR_PIN_INCORRECT\",\"sentence\":\"x\"}",
	              (unsigned long long)r->intended));
	refused(r, consent_spend(r->consent, r->intended, "generate-key", &r->error),
	        "is not the act.intended of an open act");
	refused(r, intend(r), "there is nothing open that it could speak of");
	run_free(r);
}

static void authority_is_spent_for_ever_by_a_resume(void **state)
{
	struct run *r = run_open_act();
	char naming[24];
	uint64_t intended = r->intended;

	(void)state;
	snprintf(naming, sizeof naming, "%llu", (unsigned long long)intended);
	ok(r, resumed(r, naming));
	assert_true(consent_resuming(r->consent));
	assert_null(consent_open_act(r->consent, NULL));
	assert_int_equal(consent_present(r->consent, NULL), 0);
	refused(r, consent_spend(r->consent, intended, "generate-key", &r->error),
	        "ended when the ceremony was resumed; it is spent for ever");
	refused(r, done(r), "the ceremony is resumed; roll call and the resume act come first");
	run_free(r);
}

static void resume_names_the_open_act(void **state)
{
	struct run *r = run_open_act();

	(void)state;
	refused(r, resumed(r, "null"), "does not name the act that was open, or names one that was not");
	run_free(r);
	r = run_begun();
	refused(r, resumed(r, "3"), "does not name the act that was open, or names one that was not");
	run_free(r);
}

/* A whole resume: a new console key, roll call, the control quorum's consent; then work goes on. */
static void a_resumed_ceremony_goes_on_after_its_act(void **state)
{
	struct run *r = run_begun();
	struct actor old = r->console;
	char order[64];

	(void)state;
	r->console.seed = NULL;
	ok(r, put(r, NULL, CEREMONY_PAUSED, "{\"person\":\"admin\",\"reason\":\"night\",\"cosigners\":[]}"));
	ok(r, resumed(r, "null"));
	snprintf(order, sizeof order, "{\"of\":%llu}", (unsigned long long)r->last);
	assert_memory_equal(consent_console(r->consent)->public_key, r->console.key.public_key, 32);
	join(r, CAT);
	join(r, ANN);
	assert_string_equal(consent_person(r->consent, 3)->name, "cat");
	assert_string_equal(consent_person(r->consent, 4)->name, "ann");
	ok(r, propose_as(r, NULL, "resume", order, "\"custodian\"", 2));
	ok(r, approve(r, CAT));
	ok(r, approve(r, ANN));
	ok(r, intend(r));
	ok(r, done(r));
	assert_false(consent_resuming(r->consent));
	assert_true(consent_begun(r->consent));
	join(r, BOB);
	ok(r, propose_key(r));
	refused(r, give(r, r->proposed, "ann", &r->actor[ANN], &old, &r->proposed_checkpoint, r->time / 1000),
	        "the signature of " ORIGIN " does not verify");
	secret_free(&old.seed);
	run_free(r);
}

static void acts_need_begin_first(void **state)
{
	struct run *r = run_attended();

	(void)state;
	ok(r, put(r, "roll-call", VALUE_DRAWN, "{\"what\":\"challenge\",\"source\":\"os\",\"value\":\"1\"}"));
	refused(r, propose_key(r), "act.proposed: generate-key must wait until begin is done");
	run_free(r);
	r = run_attended();
	refused(r, propose_as(r, NULL, "accept-exception", "{\"about\":[1]}", "\"custodian\"", 2),
	        "accept-exception must wait until begin is done");
	run_free(r);
}

struct begin_case {
	const char *order, *role, *expected;
	unsigned need;
};

static void begin_is_this_script_this_site_these_people(void **state)
{
	static const struct begin_case cases[] = {
	        {"{\"script_sha256\":\"" SHA_B "\",\"site_sha256\":\"" SHA_B "\",\"people\":" ALL_NAMES "}", "null",
	                "begin names another script than ceremony.opened", 5},
	        {"{\"script_sha256\":\"" SHA_A "\",\"site_sha256\":\"" SHA_A "\",\"people\":" ALL_NAMES "}", "null",
	                "begin names another site than ceremony.opened", 5},
	        {"{\"script_sha256\":\"" SHA_A "\",\"site_sha256\":\"" SHA_B
	         "\",\"people\":[\"ann\",\"admin\",\"bob\",\"cat\",\"wit\"]}",
	                "null", "begin does not name the people present, in the order they joined", 5},
	        {"{\"script_sha256\":\"" SHA_A "\",\"site_sha256\":\"" SHA_B
	         "\",\"people\":[\"admin\",\"ann\",\"bob\",\"cat\"]}",
	                "null", "begin does not name the people present", 4},
	        {"{\"script_sha256\":\"" SHA_A "\",\"site_sha256\":\"" SHA_B
	         "\",\"people\":[\"admin\",\"ann\",\"bob\",\"cat\",\"wit\",\"wit\"]}",
	                "null", "begin does not name the people present", 6},
	        {"{\"script_sha256\":\"" SHA_A "\",\"site_sha256\":\"" SHA_B "\",\"people\":\"admin\"}", "null",
	                "begin does not name the people present", 5},
	        {"{\"site_sha256\":\"" SHA_B "\",\"script_sha256\":\"" SHA_A "\",\"people\":" ALL_NAMES "}", "null",
	                "the order of begin does not have exactly its keys", 5},
	        {"{\"script_sha256\":\"" SHA_A "\",\"site_sha256\":\"" SHA_B "\",\"people\":" ALL_NAMES ",\"x\":1}",
	                "null", "the order of begin does not have exactly its keys", 5},
	        {"{\"script_sha256\":\"" SHA_A "\",\"site_sha256\":\"" SHA_B "\",\"people\":" ALL_NAMES "}", "null",
	                "begin needs 5 approvals, not 4", 4},
	        {"{\"script_sha256\":\"" SHA_A "\",\"site_sha256\":\"" SHA_B "\",\"people\":" ALL_NAMES "}",
	                "\"custodian\"", "begin is for everyone present, not for the role custodian", 5},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run *r = run_attended();

		refused(r, propose_as(r, "roll-call", "begin", cases[i].order, cases[i].role, cases[i].need),
		        cases[i].expected);
		run_free(r);
	}
}

static void begin_needs_every_role(void **state)
{
	struct run *r = run_opened();

	(void)state;
	join(r, ADMIN);
	join(r, ANN);
	join(r, WIT);
	refused(r, propose_begin(r, "[\"admin\",\"ann\",\"wit\"]", 3),
	        "begin needs 2 of role custodian and 1 are present");
	run_free(r);
}

static void begin_needs_everyone_and_once(void **state)
{
	struct run *r = run_attended();

	(void)state;
	ok(r, propose_begin(r, ALL_NAMES, 5));
	for (int i = ADMIN; i < WIT; i++)
		ok(r, approve(r, i));
	assert_false(consent_has_quorum(r->consent));
	refused(r, intend(r), "act.intended: begin has 4 of the 5 approvals it needs");
	run_free(r);
	r = run_begun();
	refused(r, propose_begin(r, ALL_NAMES, 5), "the ceremony has begun already; begin is done once");
	run_free(r);
}

static void a_failed_begin_has_not_begun(void **state)
{
	struct run *r = run_attended();

	(void)state;
	ok(r, propose_begin(r, ALL_NAMES, 5));
	for (int i = ADMIN; i <= WIT; i++)
		ok(r, approve(r, i));
	ok(r, intend(r));
	ok(r, put(r, NULL, ACT_FAILED, "{\"of\":%llu,\"code\":\"x\",\"ckr\":null,\"sentence\":\"x\"}",
	              (unsigned long long)r->intended));
	assert_false(consent_begun(r->consent));
	refused(r, propose_key(r), "generate-key must wait until begin is done");
	run_free(r);
}

struct proposal_case {
	const char *step, *act, *order, *role, *expected;
	unsigned need;
};

#define CHANGE(pin, holders, threshold, shares, open)                                                                  \
	"{\"hsm\":\"hsm\",\"serial\":\"1\",\"secret\":\"user\",\"pin\":\"" pin                                         \
	"\",\"flags\":\"\",\"holders\":" holders ",\"threshold\":" threshold ",\"shares\":" shares                     \
	",\"still_open\":" open "}"

/* Shares go to people who are here, one each. */
static void new_shares_have_holders(void **state)
{
	static const struct proposal_case cases[] = {
	        {"anew", "change-custodians", CHANGE("puk", "[\"ann\",\"bob\"]", "2", "2", "[]"), "\"custodian\"",
	                "change-custodians is of neither the user PIN nor the SO PIN", 2},
	        {"anew", "change-custodians", CHANGE("user", "[\"ann\",\"eve\"]", "2", "2", "[]"), "\"custodian\"",
	                "change-custodians does not give each share to one person who is here", 2},
	        {"anew", "change-custodians", CHANGE("user", "[\"ann\",\"ann\"]", "2", "2", "[]"), "\"custodian\"",
	                "change-custodians does not give each share to one person who is here", 2},
	        {"anew", "change-custodians", CHANGE("user", "[\"ann\",1]", "2", "2", "[]"), "\"custodian\"",
	                "change-custodians does not give each share to one person who is here", 2},
	        {"anew", "change-custodians", CHANGE("user", "\"ann\"", "2", "2", "[]"), "\"custodian\"",
	                "change-custodians has not as many holders as shares", 2},
	        {"anew", "change-custodians", CHANGE("user", "[\"ann\",\"bob\"]", "2", "3", "[]"), "\"custodian\"",
	                "change-custodians has not as many holders as shares", 2},
	        {"anew", "change-custodians", CHANGE("so", "[\"ann\",\"bob\"]", "1", "2", "[]"), "\"custodian\"",
	                "change-custodians has not as many holders as shares", 2},
	        {"anew", "change-custodians", CHANGE("so", "[\"ann\",\"bob\"]", "3", "2", "[]"), "\"custodian\"",
	                "change-custodians has not as many holders as shares", 2},
	        {"anew", "change-custodians", CHANGE("so", "[\"ann\",\"bob\"]", "2", "2", "[1]"), "\"custodian\"",
	                "change-custodians has not as many holders as shares", 2},
	        {"anew", "share-secret", CHANGE("so", "[\"ann\",\"bob\"]", "2", "2", "[]"), "\"custodian\"",
	                "step anew is of kind change-custodians and cannot propose share-secret", 2},
	        {"unlock", "settle-custodians",
	                "{\"hsm\":\"hsm\",\"serial\":\"1\",\"secret\":\"user\",\"pin\":\"user\",\"flags\":\"\"}",
	                "\"custodian\"", "step unlock is of kind unlock-hsm and cannot propose settle-custodians", 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run *r = run_begun();

		refused(r, propose_as(r, cases[i].step, cases[i].act, cases[i].order, cases[i].role, cases[i].need),
		        cases[i].expected);
		run_free(r);
	}
	struct run *r = run_begun();
	ok(r, propose_as(r, "anew", "change-custodians", CHANGE("so", "[\"bob\",\"ann\"]", "2", "2", "[\"a backup\"]"),
	              "\"custodian\"", 2));
	run_free(r);
}

static void proposals_follow_the_policy(void **state)
{
	static const struct proposal_case cases[] = {
	        {"key", "destroy", "{}", "\"custodian\"", "there is no act \"destroy\"", 2},
	        {"nowhere", "generate-key", KEY_ORDER, "\"custodian\"", "the script has no step nowhere", 2},
	        {NULL, "generate-key", KEY_ORDER, "\"custodian\"", "generate-key belongs to a step, and none is named",
	                2},
	        {"unlock", "generate-key", KEY_ORDER, "\"custodian\"",
	                "step unlock is of kind unlock-hsm and cannot propose generate-key", 2},
	        {"key", "generate-key", KEY_ORDER, "\"witness\"",
	                "generate-key must be approved by the role custodian, not by witness", 2},
	        {"key", "generate-key", KEY_ORDER, "null",
	                "generate-key must be approved by the role custodian, not by everyone", 2},
	        {"key", "generate-key", KEY_ORDER, "\"custodian\"", "generate-key needs 2 approvals, not 1", 1},
	        {"key", "generate-key", KEY_ORDER, "\"custodian\"", "generate-key needs 2 approvals, not 3", 3},
	        {"key", "generate-key", "{}", "\"custodian\"",
	                "the order of generate-key does not have exactly its keys", 2},
	        {"key", "generate-key", UNLOCK_ORDER, "\"custodian\"",
	                "the order of generate-key does not have exactly its keys", 2},
	        {"unlock", "unlock-hsm", "{\"hsm\":\"other\",\"serial\":\"1\",\"flags\":[]}", "\"custodian\"",
	                "unlock-hsm names the HSM \"other\", which the script does not have", 2},
	        {NULL, "accept-exception", "{\"about\":[1]}", "\"administrator\"",
	                "accept-exception must be approved by the role custodian, not by administrator", 2},
	        {NULL, "accept-exception", "{}", "\"custodian\"",
	                "the order of accept-exception does not have exactly its keys", 2},
	        {NULL, "resume", "{\"of\":1}", "\"custodian\"", "there is no ceremony.resumed that resume could be of",
	                2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run *r = run_begun();

		refused(r, propose_as(r, cases[i].step, cases[i].act, cases[i].order, cases[i].role, cases[i].need),
		        cases[i].expected);
		run_free(r);
	}
}

static void control_accepts_an_exception_at_any_step(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, note(r));
	ok(r, propose_as(r, "key", "accept-exception", "{\"about\":[1]}", "\"custodian\"", 2));
	ok(r, approve(r, ANN));
	ok(r, approve(r, BOB));
	ok(r, intend(r));
	ok(r, done(r));
	run_free(r);
}

static void only_the_judging_role_approves_and_each_once(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, propose_key(r));
	refused(r, consent_may_approve(r->consent, "wit", r->time, &r->error),
	        "wit has the role witness; generate-key is judged by the role custodian");
	refused(r, consent_may_approve(r->consent, "eve", r->time, &r->error),
	        "eve is not present and cannot judge generate-key");
	assert_int_equal(consent_may_approve(r->consent, "ann", r->time, NULL), 0);
	ok(r, approve(r, ANN));
	refused(r, consent_may_approve(r->consent, "ann", r->time, &r->error), "ann has approved generate-key already");
	assert_false(consent_has_quorum(r->consent));
	refused(r, approve(r, ANN), "ann has approved generate-key already");
	run_free(r);
	r = run_begun();
	ok(r, propose_key(r));
	refused(r, approve(r, WIT), "wit has the role witness; generate-key is judged by the role custodian");
	run_free(r);
	r = run_begun();
	ok(r, propose_key(r));
	refused(r, approve(r, EVE), "eve is not present and cannot judge generate-key");
	run_free(r);
	r = run_begun();
	refused(r, consent_may_approve(r->consent, "ann", r->time, &r->error),
	        "No act is proposed that ann could approve");
	run_free(r);
}

static void who_has_left_cannot_approve(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, leave(r, ANN));
	assert_int_equal(consent_present(r->consent, "custodian"), 2);
	ok(r, propose_key(r));
	refused(r, approve(r, ANN), "ann is not present and cannot judge generate-key");
	run_free(r);
}

static void an_intent_needs_the_quorum(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, propose_key(r));
	refused(r, intend(r), "act.intended: generate-key has 0 of the 2 approvals it needs");
	run_free(r);
	r = run_begun();
	ok(r, propose_key(r));
	ok(r, approve(r, ANN));
	refused(r, intend(r), "act.intended: generate-key has 1 of the 2 approvals it needs");
	run_free(r);
	r = run_begun();
	ok(r, propose_key(r));
	ok(r, approve(r, ANN));
	ok(r, approve(r, BOB));
	assert_true(consent_has_quorum(r->consent));
	r->proposed--;
	refused(r, intend(r), "(act.intended) speaks of entry");
	run_free(r);
}

/* All sign the checkpoint that ends in the proposal, with their own key, and the console with the one in force. */
static void signatures_are_over_the_proposals_checkpoint(void **state)
{
	struct bytes other = {0};
	struct run *r = run_begun();
	uint8_t root[32] = {1};

	(void)state;
	ok(r, propose_key(r));
	refused(r, give(r, r->proposed, "ann", &r->actor[BOB], &r->console, &r->proposed_checkpoint, r->time / 1000),
	        "the signature of ann does not verify over the checkpoint it is for");
	run_free(r);

	r = run_begun();
	ok(r, propose_key(r));
	ok(r, approve(r, ANN));
	copy_bytes(&r->data, &r->checkpoint);
	refused(r, give(r, r->proposed, "bob", &r->actor[BOB], &r->console, &r->data, r->time / 1000),
	        "the signature of bob does not verify over the checkpoint it is for");
	run_free(r);

	/* another run: all the same but the origin */
	r = run_begun();
	ok(r, propose_key(r));
	tree_root(&r->tree, root);
	checkpoint_text(&other, "example.jp/ceremony/root-g1/20261202T093000Z-0a1b2c3d", r->tree.size, root);
	refused(r, give(r, r->proposed, "ann", &r->actor[ANN], &r->console, &other, r->time / 1000),
	        "the signature of ann does not verify over the checkpoint it is for");
	run_free(r);
	bytes_free(&other);

	r = run_begun();
	ok(r, propose_key(r));
	refused(r, give(r, r->proposed, "ann", &r->actor[ANN], &r->actor[BOB], &r->proposed_checkpoint, r->time / 1000),
	        "the signature of " ORIGIN " does not verify over the checkpoint it is for");
	run_free(r);

	/* a console line that verified for the first approver does not pass for another text of the second's */
	r = run_begun();
	ok(r, propose_key(r));
	ok(r, approve(r, ANN));
	refused(r, give(r, r->proposed, "bob", &r->actor[BOB], &r->actor[CAT], &r->proposed_checkpoint, r->time / 1000),
	        "the signature of " ORIGIN " does not verify");
	run_free(r);
}

static void a_console_line_is_compared_whole(void **state)
{
	struct run *r = run_begun();
	struct bytes cosignature = {0}, line = {0};

	(void)state;
	ok(r, propose_key(r));
	ok(r, approve(r, ANN));
	assert_int_equal(note_sign(&r->console.key, r->console.seed, 0, bytes_string(&r->proposed_checkpoint),
	                         r->proposed_checkpoint.len, &line, NULL),
	        0);
	assert_int_equal(note_sign(&r->actor[BOB].key, r->actor[BOB].seed, r->time / 1000,
	                         bytes_string(&r->proposed_checkpoint), r->proposed_checkpoint.len, &cosignature, NULL),
	        0);
	refused(r,
	        put(r, NULL, APPROVAL_GIVEN,
	                "{\"of\":%llu,\"person\":\"bob\",\"cosignature\":\"%s\",\"console\":\"%.*s\",\"card\":null}",
	                (unsigned long long)r->proposed, bytes_string(&cosignature), (int)line.len - 4,
	                bytes_string(&line)),
	        "the signature of " ORIGIN " does not verify");
	bytes_free(&cosignature);
	bytes_free(&line);
	run_free(r);
}

/* The console's line over an earlier checkpoint is not taken for the present one. */
static void a_console_line_is_not_carried_over(void **state)
{
	struct run *r = run_begun();
	struct bytes cosignature = {0}, line = {0};

	(void)state;
	ok(r, propose_key(r));
	ok(r, approve(r, ANN));
	assert_int_equal(note_sign(&r->console.key, r->console.seed, 0, bytes_string(&r->proposed_checkpoint),
	                         r->proposed_checkpoint.len, &line, NULL),
	        0);
	ok(r, put(r, NULL, ACT_VOIDED, "{\"of\":%llu,\"reason\":\"again\"}", (unsigned long long)r->proposed));
	ok(r, propose_key(r));
	assert_int_equal(note_sign(&r->actor[ANN].key, r->actor[ANN].seed, r->time / 1000,
	                         bytes_string(&r->proposed_checkpoint), r->proposed_checkpoint.len, &cosignature, NULL),
	        0);
	refused(r,
	        put(r, NULL, APPROVAL_GIVEN,
	                "{\"of\":%llu,\"person\":\"ann\",\"cosignature\":\"%s\",\"console\":\"%s\",\"card\":null}",
	                (unsigned long long)r->proposed, bytes_string(&cosignature), bytes_string(&line)),
	        "the signature of " ORIGIN " does not verify");
	bytes_free(&cosignature);
	bytes_free(&line);
	run_free(r);
}

/* An order changed after the signatures is another leaf, so another root. */
static void a_tampered_order_loses_its_signatures(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, propose_key(r));
	copy_bytes(&r->data, &r->proposed_checkpoint);
	ok(r, put(r, NULL, ACT_VOIDED, "{\"of\":%llu,\"reason\":\"x\"}", (unsigned long long)r->proposed));
	ok(r, propose_as(r, "key", "generate-key",
	              "{\"hsm\":\"hsm\",\"serial\":\"1\",\"key\":\"k\",\"algorithm\":\"rsa-2048\",\"label\":\"L\","
	              "\"cka_id\":\"00\"}",
	              "\"custodian\"", 2));
	refused(r, give(r, r->proposed, "ann", &r->actor[ANN], &r->console, &r->data, r->time / 1000),
	        "the signature of ann does not verify over the checkpoint it is for");
	run_free(r);
}

static void cosignature_times_lie_between(void **state)
{
	static const struct {
		int64_t after_proposal; /* seconds */
		int64_t entry_ms;       /* after the proposal */
		bool good;
	} cases[] = {
	        {-1, 500, false}, {0, 500, true}, {1, 500, true}, {2, 500, false}, {9, 9500, true}, {11, 9500, false}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run *r = run_begun();
		int64_t proposed;
		int result;

		r->time = (r->time / 1000 + 1) * 1000 - 10;
		ok(r, propose_key(r));
		proposed = r->time;
		assert_int_equal(proposed % 1000, 0);
		r->time = proposed + cases[i].entry_ms - 10;
		result = give(r, r->proposed, "ann", &r->actor[ANN], &r->console, &r->proposed_checkpoint,
		        proposed / 1000 + cases[i].after_proposal);
		if (cases[i].good)
			ok(r, result);
		else
			refused(r, result,
			        "the time of the cosignature of ann is not between what it signs and its entry");
		run_free(r);
	}
}

/* Of its own clock the console speaks itself; everything else is noted by somebody. */
static void only_the_clock_is_noted_by_nobody(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, put(r, NULL, EXCEPTION_NOTED,
	              "{\"person\":null,\"acknowledged\":null,\"kind\":\"clock\",\"text\":\"x\",\"about\":[]}"));
	refused(r,
	        put(r, NULL, EXCEPTION_NOTED,
	                "{\"person\":null,\"acknowledged\":null,\"kind\":\"noted\",\"text\":\"x\",\"about\":[]}"),
	        "exception.noted does not say who notes it.");
	run_free(r);
}

static void a_proposal_expires(void **state)
{
	struct run *r = run_begun();
	int64_t proposed;

	(void)state;
	ok(r, propose_key(r));
	proposed = r->time;
	ok(r, approve(r, ANN));
	ok(r, approve(r, BOB));
	assert_false(consent_expired(r->consent, proposed + 15 * 60 * 1000));
	assert_true(consent_expired(r->consent, proposed + 15 * 60 * 1000 + 1));
	refused(r, consent_may_approve(r->consent, "cat", proposed + 15 * 60 * 1000 + 1, &r->error),
	        "The proposal of generate-key is older than 15 minutes");
	r->time = proposed + 15 * 60 * 1000 - 9;
	refused(r, intend(r), "The proposal of generate-key is older than 15 minutes; it must be made anew");
	run_free(r);
	r = run_begun();
	ok(r, propose_key(r));
	proposed = r->time;
	ok(r, approve(r, ANN));
	ok(r, approve(r, BOB));
	r->time = proposed + 15 * 60 * 1000 - 10;
	ok(r, intend(r));
	run_free(r);
}

static void time_does_not_run_back_under_a_proposal(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, propose_key(r));
	ok(r, approve(r, ANN));
	ok(r, approve(r, BOB));
	r->time -= 100000;
	refused(r, intend(r), "(act.intended) is dated before the proposal it speaks of");
	run_free(r);
}

static void a_refusal_voids(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, propose_key(r));
	ok(r, approve(r, ANN));
	ok(r, approve(r, BOB));
	ok(r, put(r, NULL, APPROVAL_REFUSED, "{\"of\":%llu,\"person\":\"cat\",\"reason\":\"x\"}",
	              (unsigned long long)r->proposed));
	assert_true(consent_proposal(r->consent)->refused);
	assert_false(consent_has_quorum(r->consent));
	ok(r, put(r, NULL, APPROVAL_REFUSED, "{\"of\":%llu,\"person\":\"ann\",\"reason\":\"x\"}",
	              (unsigned long long)r->proposed));
	refused(r, intend(r), "(act.intended): the proposal was refused; only act.voided may follow");
	run_free(r);

	r = run_begun();
	ok(r, propose_key(r));
	refused(r,
	        put(r, NULL, APPROVAL_REFUSED, "{\"of\":%llu,\"person\":\"wit\",\"reason\":\"x\"}",
	                (unsigned long long)r->proposed),
	        "wit has the role witness; generate-key is judged by the role custodian");
	run_free(r);

	r = run_begun();
	ok(r, propose_key(r));
	ok(r, put(r, NULL, APPROVAL_REFUSED, "{\"of\":%llu,\"person\":\"cat\",\"reason\":\"x\"}",
	              (unsigned long long)r->proposed));
	ok(r, put(r, NULL, ACT_VOIDED, "{\"of\":%llu,\"reason\":\"refused\"}", (unsigned long long)r->proposed));
	refused(r, approve(r, ANN), "there is nothing open that it could speak of");
	run_free(r);

	r = run_begun();
	ok(r, propose_key(r));
	refused(r, put(r, NULL, ACT_VOIDED, "{\"of\":1,\"reason\":\"x\"}"),
	        "(act.voided) speaks of entry 1; the proposal is entry");
	run_free(r);
}

static int step_begun(struct run *r)
{
	return put(r, "key", STEP_BEGUN, "{\"kind\":\"generate-key\",\"attempt\":1}");
}
static int paused(struct run *r)
{
	return put(r, NULL, CEREMONY_PAUSED, "{\"person\":null,\"reason\":\"x\",\"cosigners\":[]}");
}
static int opened_again(struct run *r)
{
	return open_with(r, &usual);
}
static int closed(struct run *r)
{
	return put(r, "end", CEREMONY_CLOSED, "{\"cosigners\":" ALL_NAMES ",\"exceptions\":0}");
}
static int eve_joins(struct run *r)
{
	return join_as(r, "eve", "custodian", &r->actor[EVE].key);
}
static int done_without(struct run *r)
{
	return put(r, NULL, ACT_DONE, "{\"of\":0,\"facts\":{}}");
}
static int ann_fails(struct run *r)
{
	return login_failed(r, ANN, 1);
}
static int crash(struct run *r)
{
	return resumed(r, "null");
}
static int ann_leaves(struct run *r)
{
	return leave(r, ANN);
}

static struct run *run_proposed(void)
{
	struct run *r = run_begun();

	ok(r, propose_key(r));
	return r;
}
static struct run *run_paused(void)
{
	struct run *r = run_begun();

	ok(r, paused(r));
	return r;
}
static struct run *run_resumed(void)
{
	struct run *r = run_begun();

	ok(r, resumed(r, "null"));
	return r;
}
static struct run *run_closed(void)
{
	struct run *r = run_begun();

	ok(r, closed(r));
	return r;
}
static struct run *run_empty(void)
{
	struct run *r = run_new(ORIGIN);

	snprintf(r->origin, sizeof r->origin, "%s", ORIGIN);
	return r;
}
static struct run *run_joining(void)
{
	struct run *r = run_begun();

	ok(r, leave(r, BOB));
	ok(r, join_as(r, "bob", "custodian", &r->actor[BOB].key));
	return r;
}

/* What may stand where; NULL: it may. */
static const struct {
	const char *name;
	struct run *(*before)(void);
	int (*entry)(struct run *r);
	const char *expected;
} places[] = {
        {"nothing before entry 0", run_empty, step_begun,
                "Entry 0 (step.begun): the first entry must be ceremony.opened"},
        {"no second entry 0", run_opened, opened_again,
                "(ceremony.opened): there is nothing open that it could speak of"},
        {"free: a step", run_begun, step_begun, NULL},
        {"free: a result of nothing", run_begun, done_without,
                "(act.done): there is nothing open that it could speak of"},
        {"free: a login fails", run_begun, ann_fails, NULL},
        {"free: a crash", run_begun, crash, NULL},
        {"proposed: a step", run_proposed, step_begun,
                "an act is proposed; before act.intended stand only approvals and login.failed"},
        {"proposed: an exception", run_proposed, note, "(exception.noted): an act is proposed"},
        {"proposed: a second one", run_proposed, propose_key, "(act.proposed): an act is proposed"},
        {"proposed: someone leaves", run_proposed, ann_leaves, "(person.left): an act is proposed"},
        {"proposed: someone joins", run_proposed, eve_joins, "(person.joined): an act is proposed"},
        {"proposed: a pause", run_proposed, paused, "(ceremony.paused): an act is proposed"},
        {"proposed: the close", run_proposed, closed, "(ceremony.closed): an act is proposed"},
        {"proposed: a login fails", run_proposed, ann_fails, NULL},
        {"proposed: a crash", run_proposed, crash, NULL},
        {"open: an exception", run_open_act, note, NULL},
        {"open: a step", run_open_act, step_begun, "an act is open; only exception.noted may stand before its end"},
        {"open: a pause", run_open_act, paused, "(ceremony.paused): an act is open"},
        {"open: another proposal", run_open_act, propose_key, "(act.proposed): an act is open"},
        {"open: the close", run_open_act, closed, "(ceremony.closed): an act is open"},
        {"open: a login fails", run_open_act, ann_fails, "(login.failed): an act is open"},
        {"open: another act's end", run_open_act, done_without,
                "(act.done) speaks of entry 0; the open act was intended at entry"},
        {"paused: a step", run_paused, step_begun, "the ceremony is paused; only ceremony.resumed may follow"},
        {"paused: an exception", run_paused, note, "(exception.noted): the ceremony is paused"},
        {"paused: a resume", run_paused, crash, NULL},
        {"resumed: a step", run_resumed, step_begun,
                "the ceremony is resumed; roll call and the resume act come first"},
        {"resumed: an exception", run_resumed, note, NULL},
        {"resumed: a pause", run_resumed, paused, NULL},
        {"resumed: a crash", run_resumed, crash, NULL},
        {"resumed: the close", run_resumed, closed, "(ceremony.closed): the ceremony is resumed"},
        {"resumed: another act", run_resumed, propose_key, "generate-key must wait until the resume act is done"},
        {"resumed: who was there is not", run_resumed, ann_leaves, "person.left: ann is not present"},
        {"joining: a step", run_joining, step_begun, "someone has joined and must prove their key first"},
        {"joining: another", run_joining, eve_joins,
                "(person.joined): someone has joined and must prove their key first"},
        {"joining: a proposal", run_joining, propose_key, "(act.proposed): someone has joined"},
        {"joining: the close", run_joining, closed, "(ceremony.closed): someone has joined"},
        {"joining: an exception", run_joining, note, NULL},
        {"joining: another leaves", run_joining, ann_leaves, NULL},
        {"joining: a pause", run_joining, paused, NULL},
        {"joining: a crash", run_joining, crash, NULL},
        {"closed: a step", run_closed, step_begun, "(step.begun): nothing may follow ceremony.closed"},
        {"closed: an exception", run_closed, note, "(exception.noted): nothing may follow ceremony.closed"},
        {"closed: a crash", run_closed, crash, "(ceremony.resumed): nothing may follow ceremony.closed"},
        {"closed: again", run_closed, closed, "(ceremony.closed): nothing may follow ceremony.closed"},
};

static void every_event_has_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct run *r;

		print_message("%s\n", places[i].name);
		r = places[i].before();
		if (places[i].expected)
			refused(r, places[i].entry(r), places[i].expected);
		else
			ok(r, places[i].entry(r));
		run_free(r);
	}
}

static void after_an_error_the_fold_is_dead(void **state)
{
	struct run *r = run_proposed();

	(void)state;
	refused(r, step_begun(r), "an act is proposed");
	refused(r, approve(r, ANN), "An entry before this one broke a rule of consent; nothing more is taken");
	assert_null(consent_proposal(r->consent));
	run_free(r);
	r = run_open_act();
	refused(r, step_begun(r), "an act is open");
	assert_null(consent_open_act(r->consent, NULL));
	refused(r, consent_spend(r->consent, r->intended, "generate-key", &r->error), "nothing more is taken");
	run_free(r);
}

static void entries_are_taken_in_their_order(void **state)
{
	struct run *r = run_begun();

	(void)state;
	r->seq++;
	refused(r, step_begun(r), "stands where entry");
	run_free(r);
	r = run_begun();
	assert_int_equal(tree_add(&r->tree, "x", 1), 0);
	refused(r, step_begun(r), "stands where entry");
	run_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(authority_is_for_one_order_once),
	        cmocka_unit_test(authority_ends_with_a_failed_act),
	        cmocka_unit_test(authority_is_spent_for_ever_by_a_resume),
	        cmocka_unit_test(resume_names_the_open_act),
	        cmocka_unit_test(a_resumed_ceremony_goes_on_after_its_act),
	        cmocka_unit_test(acts_need_begin_first),
	        cmocka_unit_test(begin_is_this_script_this_site_these_people),
	        cmocka_unit_test(begin_needs_every_role),
	        cmocka_unit_test(begin_needs_everyone_and_once),
	        cmocka_unit_test(proposals_follow_the_policy),
	        cmocka_unit_test(new_shares_have_holders),
	        cmocka_unit_test(control_accepts_an_exception_at_any_step),
	        cmocka_unit_test(only_the_judging_role_approves_and_each_once),
	        cmocka_unit_test(who_has_left_cannot_approve),
	        cmocka_unit_test(an_intent_needs_the_quorum),
	        cmocka_unit_test(signatures_are_over_the_proposals_checkpoint),
	        cmocka_unit_test(a_console_line_is_compared_whole),
	        cmocka_unit_test(a_console_line_is_not_carried_over),
	        cmocka_unit_test(a_failed_begin_has_not_begun),
	        cmocka_unit_test(a_tampered_order_loses_its_signatures),
	        cmocka_unit_test(cosignature_times_lie_between),
	        cmocka_unit_test(only_the_clock_is_noted_by_nobody),
	        cmocka_unit_test(a_proposal_expires),
	        cmocka_unit_test(time_does_not_run_back_under_a_proposal),
	        cmocka_unit_test(a_refusal_voids),
	        cmocka_unit_test(every_event_has_its_place),
	        cmocka_unit_test(after_an_error_the_fold_is_dead),
	        cmocka_unit_test(entries_are_taken_in_their_order),
	};

	return cmocka_run_group_tests_name("consent", tests, NULL, NULL);
}
