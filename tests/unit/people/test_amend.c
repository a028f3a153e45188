/* amend-script: what another script may change of what consent knows, and who must agree. */
#include "fixture.h"

#define SHA_C                   "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define STEP(id, kind, approve) "{\"id\":\"" id "\",\"do\":\"" kind "\",\"approve\":" approve "}"
#define STAY                    "does not begin with the completed steps as they were"
#define AHEAD                   STEP("other", "generate-key", "\"custodian\"") "," STEP("end", "close", "null")

/* `stay`: how many steps are completed, how many at the beginning stay, how many at the end. */
static int propose_amend(struct run *r, const char *from, const char *to, const char *stay, const char *steps,
        const char *role, unsigned need)
{
	char order[2048], completed[16], kept[16], rest[16];

	assert_int_equal(sscanf(stay, "%15s %15s %15s", completed, kept, rest), 3);
	snprintf(order, sizeof order,
	        "{\"script_sha256\":\"%s\",\"new_script_sha256\":\"%s\",\"completed\":%s,\"kept\":%s,\"steps\":%s,"
	        "\"rest\":%s}",
	        from, to, completed, kept, steps, rest);
	return propose_as(r, NULL, "amend-script", order, role, need);
}

static int propose_good(struct run *r)
{
	return propose_amend(r, SHA_A, SHA_C, "2 2 0", "[" AHEAD "]", "\"custodian\"", 3);
}

static void amended(struct run *r)
{
	ok(r, propose_good(r));
	ok(r, approve(r, WIT));
	ok(r, approve(r, ANN));
	ok(r, approve(r, BOB));
	ok(r, intend(r));
	ok(r, done(r));
}

static void the_new_steps_are_in_force_once_it_is_done(void **state)
{
	struct run *r = run_begun();

	(void)state;
	refused(r, propose_as(r, "other", "generate-key", KEY_ORDER, "\"custodian\"", 2),
	        "the script has no step other");
	run_free(r);

	r = run_begun();
	amended(r);
	ok(r, propose_as(r, "other", "generate-key", KEY_ORDER, "\"custodian\"", 2));
	ok(r, put(r, NULL, ACT_VOIDED, "{\"of\":%llu,\"reason\":\"expired\"}", (unsigned long long)r->proposed));
	refused(r, propose_key(r), "the script has no step key");
	run_free(r);

	/* not by being approved: by being done */
	r = run_begun();
	ok(r, propose_good(r));
	ok(r, approve(r, WIT));
	ok(r, approve(r, ANN));
	ok(r, approve(r, BOB));
	ok(r, put(r, NULL, ACT_VOIDED, "{\"of\":%llu,\"reason\":\"expired\"}", (unsigned long long)r->proposed));
	ok(r, propose_key(r));
	run_free(r);

	/* the next one is from this one */
	r = run_begun();
	amended(r);
	refused(r, propose_good(r), "amend-script names another script than the one in force");
	run_free(r);
}

/* What stays at the beginning and at the end is in force as before; what stood between is not. */
static void the_steps_around_the_new_ones_stay(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, propose_amend(r, SHA_A, SHA_C, "2 2 2", "[" STEP("other", "generate-key", "\"custodian\"") "]",
	              "\"custodian\"", 3));
	ok(r, approve(r, WIT));
	ok(r, approve(r, ANN));
	ok(r, approve(r, BOB));
	ok(r, intend(r));
	ok(r, done(r));
	assert_int_equal(consent_policy(r->consent)->step_count, 5);
	assert_string_equal(policy_step(consent_policy(r->consent), "unlock")->kind, "unlock-hsm");
	assert_string_equal(policy_step(consent_policy(r->consent), "other")->kind, "generate-key");
	assert_string_equal(policy_step(consent_policy(r->consent), "anew")->approve, "custodian");
	assert_string_equal(consent_policy(r->consent)->steps[4].id, "end");
	assert_null(policy_step(consent_policy(r->consent), "key"));
	run_free(r);
}

static const struct {
	const char *from, *to, *stay, *steps, *role;
	unsigned need;
	const char *expected;
} refusals[] = {
        {SHA_B, SHA_C, "2 2 0", "[" AHEAD "]", "\"custodian\"", 3, "another script than the one in force"},
        {SHA_A, SHA_A, "2 2 0", "[" AHEAD "]", "\"custodian\"", 3, "names no other script"},
        {SHA_A, "c", "2 2 0", "[" AHEAD "]", "\"custodian\"", 3, "names no other script"},
        {SHA_A, SHA_C, "2 2 0", "{}", "\"custodian\"", 3, "does not list the steps"},
        {SHA_A, SHA_C, "2 2 0", "[{\"id\":\"x\",\"do\":\"read\"}]", "\"custodian\"", 3, "does not list the steps"},
        {SHA_A, SHA_C, "2 2 0", "[" STEP("X", "read", "null") "]", "\"custodian\"", 3, "does not list the steps"},
        {SHA_A, SHA_C, "2 1 0", "[" STEP("unlock", "unlock-hsm", "\"witness\"") "," AHEAD "]", "\"custodian\"", 3,
                STAY},
        {SHA_A, SHA_C, "2 2 0", "[]", "\"custodian\"", 3, STAY},
        {SHA_A, SHA_C, "5 5 0", "[]", "\"custodian\"", 3, STAY},
        {SHA_A, SHA_C, "99 99 0", "[" AHEAD "]", "\"custodian\"", 3, STAY},
        {SHA_A, SHA_C, "-1 2 0", "[" AHEAD "]", "\"custodian\"", 3, STAY},
        {SHA_A, SHA_C, "2 6 0", "[" AHEAD "]", "\"custodian\"", 3, STAY},
        {SHA_A, SHA_C, "2 3 3", "[" AHEAD "]", "\"custodian\"", 3, STAY},
        {SHA_A, SHA_C, "2 2 -1", "[" AHEAD "]", "\"custodian\"", 3, STAY},
        {SHA_A, SHA_C, "2 \"2\" 0", "[" AHEAD "]", "\"custodian\"", 3, STAY},
        {SHA_A, SHA_C, "2 2 0", "[" STEP("k", "generate-key", "null") "]", "\"custodian\"", 3,
                "is privileged and says no role that approves"},
        {SHA_A, SHA_C, "2 2 0", "[" STEP("k", "generate-key", "\"administrator\"") "]", "\"custodian\"", 3,
                "has no vote and cannot approve step k"},
        {SHA_A, SHA_C, "2 2 0", "[" STEP("unlock", "read", "null") "]", "\"custodian\"", 3, "step unlock stands twice"},
        {SHA_A, SHA_C, "2 3 1", "[" STEP("key", "read", "null") "]", "\"custodian\"", 3, "step key stands twice"},
        {SHA_A, SHA_C, "2 3 1", "[" STEP("end", "read", "null") "]", "\"custodian\"", 3, "step end stands twice"},
        {SHA_A, SHA_C, "2 2 0", "[" AHEAD "]", "\"custodian\"", 2, "amend-script needs 3 approvals, not 2"},
        {SHA_A, SHA_C, "2 2 0", "[" AHEAD "]", "null", 5, "must be approved by the role custodian"},
        {SHA_A, SHA_C, "2 2 0", "[" AHEAD "]", "\"witness\"", 3, "must be approved by the role custodian"},
};

static void only_the_steps_to_come_may_change(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct run *r = run_begun();

		refused(r,
		        propose_amend(r, refusals[i].from, refusals[i].to, refusals[i].stay, refusals[i].steps,
		                refusals[i].role, refusals[i].need),
		        refusals[i].expected);
		run_free(r);
	}
	struct run *r = run_attended();

	refused(r, propose_good(r), "amend-script must wait until begin is done");
	run_free(r);
}

static void neither_part_stands_for_the_other(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, propose_good(r));
	ok(r, approve(r, ANN));
	ok(r, approve(r, BOB));
	ok(r, approve(r, CAT));
	assert_false(consent_has_quorum(r->consent));
	refused(r, intend(r), "amend-script is approved by 3 people, and not by the roles it needs");
	run_free(r);

	r = run_begun();
	ok(r, propose_good(r));
	ok(r, approve(r, ANN));
	ok(r, approve(r, WIT));
	assert_false(consent_has_quorum(r->consent));
	refused(r, intend(r), "amend-script has 2 of the 3 approvals it needs");
	run_free(r);

	r = run_begun();
	ok(r, propose_good(r));
	refused(r, approve(r, ADMIN), "admin has the role administrator; amend-script is judged by the role custodian");
	run_free(r);

	/* a witness refuses it too */
	r = run_begun();
	ok(r, propose_good(r));
	ok(r, put(r, NULL, APPROVAL_REFUSED, "{\"of\":%llu,\"person\":\"wit\",\"reason\":\"no\"}",
	              (unsigned long long)r->proposed));
	refused(r, approve(r, ANN), "the proposal was refused");
	run_free(r);
}

/* No role of witnesses beside the one in control: everyone present is the witness. */
static void without_witnesses_everyone_present_approves(void **state)
{
	struct opening o = usual;
	struct run *r = run_new(ORIGIN);

	(void)state;
	o.roles = "{\"administrator\":{\"count\":1,\"quorum\":null},\"custodian\":{\"count\":3,\"quorum\":2}}";
	o.exclusive = "[[\"administrator\",\"custodian\"]]";
	ok(r, open_with(r, &o));
	for (int who = ADMIN; who <= CAT; who++)
		join(r, who);
	ok(r, propose_begin(r, "[\"admin\",\"ann\",\"bob\",\"cat\"]", 4));
	for (int who = ADMIN; who <= CAT; who++)
		ok(r, approve(r, who));
	ok(r, intend(r));
	ok(r, done(r));
	ok(r, propose_amend(r, SHA_A, SHA_C, "2 2 0", "[" AHEAD "]", "null", 4));
	ok(r, approve(r, ADMIN));
	ok(r, approve(r, ANN));
	ok(r, approve(r, BOB));
	assert_false(consent_has_quorum(r->consent));
	ok(r, approve(r, CAT));
	ok(r, intend(r));
	ok(r, done(r));
	run_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_new_steps_are_in_force_once_it_is_done),
	        cmocka_unit_test(the_steps_around_the_new_ones_stay),
	        cmocka_unit_test(only_the_steps_to_come_may_change),
	        cmocka_unit_test(neither_part_stands_for_the_other),
	        cmocka_unit_test(without_witnesses_everyone_present_approves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
