/* Later roll calls: people come, go and come back; the control role approves who is there; quorums are of those who
 * are. */
#include "fixture.h"

static int propose_attend_as(struct run *r, const char *step, const char *people, const char *role, unsigned need)
{
	char order[512];

	snprintf(order, sizeof order, "{\"people\":%s}", people);
	return propose_as(r, step, "attend", order, role, need);
}

static int propose_attend(struct run *r, const char *people)
{
	return propose_attend_as(r, "roll-call", people, "\"custodian\"", 2);
}

/* The roll is called: approved by two custodians, and done. */
static void attend(struct run *r, const char *people, int one, int other)
{
	ok(r, propose_attend(r, people));
	ok(r, approve(r, one));
	ok(r, approve(r, other));
	ok(r, intend(r));
	ok(r, done(r));
}

/* begin is done with two custodians: ann and bob. */
static struct run *run_begun_with_two(void)
{
	struct run *r = run_opened();

	join(r, ADMIN);
	join(r, ANN);
	join(r, BOB);
	join(r, WIT);
	ok(r, propose_begin(r, "[\"admin\",\"ann\",\"bob\",\"wit\"]", 4));
	ok(r, approve(r, ADMIN));
	ok(r, approve(r, ANN));
	ok(r, approve(r, BOB));
	ok(r, approve(r, WIT));
	ok(r, intend(r));
	ok(r, done(r));
	return r;
}

static void who_comes_late_is_approved_and_then_approves(void **state)
{
	struct run *r = run_begun_with_two();

	(void)state;
	join(r, CAT);
	/* also the newcomer's approval counts: the key is proved */
	attend(r, "[\"admin\",\"ann\",\"bob\",\"wit\",\"cat\"]", ANN, CAT);
	ok(r, propose_key(r));
	ok(r, approve(r, CAT));
	ok(r, approve(r, BOB));
	ok(r, intend(r));
	run_free(r);

	r = run_begun_with_two();
	join(r, CAT);
	refused(r, join_as(r, "eve", "custodian", &r->actor[EVE].key),
	        "the role custodian is full; eve cannot take it");
	run_free(r);
}

static const struct {
	const char *people, *step, *role;
	unsigned need;
	const char *expected;
} refusals[] = {
        {"[\"admin\",\"ann\",\"bob\",\"wit\"]", "roll-call", "\"custodian\"", 2,
                "attend does not name the people present, in the order they joined"},
        {"[\"admin\",\"ann\",\"bob\",\"cat\",\"wit\"]", "roll-call", "\"custodian\"", 2,
                "attend does not name the people present, in the order they joined"},
        {"[\"admin\",\"ann\",\"bob\",\"wit\",\"cat\",\"eve\"]", "roll-call", "\"custodian\"", 2,
                "attend does not name the people present, in the order they joined"},
        {"\"all\"", "roll-call", "\"custodian\"", 2, "attend does not name the people present"},
        {"[\"admin\",\"ann\",\"bob\",\"wit\",\"cat\"]", "key", "\"custodian\"", 2,
                "step key is of kind generate-key and cannot propose attend"},
        {"[\"admin\",\"ann\",\"bob\",\"wit\",\"cat\"]", NULL, "\"custodian\"", 2,
                "attend belongs to a step, and none is named"},
        {"[\"admin\",\"ann\",\"bob\",\"wit\",\"cat\"]", "roll-call", "\"custodian\"", 3,
                "attend needs 2 approvals, not 3"},
        {"[\"admin\",\"ann\",\"bob\",\"wit\",\"cat\"]", "roll-call", "null", 5,
                "attend must be approved by the role custodian"},
        {"[\"admin\",\"ann\",\"bob\",\"wit\",\"cat\"]", "roll-call", "\"administrator\"", 2,
                "attend must be approved by the role custodian, not by administrator"},
};

static void only_the_control_role_approves_only_those_who_are_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct run *r = run_begun_with_two();

		join(r, CAT);
		refused(r,
		        propose_attend_as(r, refusals[i].step, refusals[i].people, refusals[i].role, refusals[i].need),
		        refusals[i].expected);
		run_free(r);
	}
	struct run *r = run_attended();

	refused(r, propose_attend(r, ALL_NAMES), "act.proposed: attend must wait until begin is done");
	run_free(r);

	r = run_begun();
	ok(r, propose_attend(r, ALL_NAMES));
	refused(r, approve(r, ADMIN), "admin has the role administrator; attend is judged by the role custodian");
	run_free(r);
}

static void who_leaves_takes_the_quorum_along(void **state)
{
	struct run *r = run_begun_with_two();

	(void)state;
	/* not under a proposal: that is voided first */
	ok(r, propose_key(r));
	ok(r, approve(r, ANN));
	refused(r, leave(r, ANN), "an act is proposed; before act.intended stand only approvals and login.failed");
	run_free(r);

	r = run_begun_with_two();
	ok(r, propose_key(r));
	ok(r, approve(r, ANN));
	ok(r, put(r, NULL, ACT_VOIDED, "{\"of\":%llu,\"reason\":\"somebody left\"}", (unsigned long long)r->proposed));
	ok(r, leave(r, ANN));
	/* the approval before counts for nothing, and one who is left is no quorum */
	ok(r, propose_key(r));
	ok(r, approve(r, BOB));
	assert_false(consent_has_quorum(r->consent));
	refused(r, intend(r), "act.intended: generate-key has 1 of the 2 approvals it needs");
	run_free(r);

	r = run_begun_with_two();
	ok(r, leave(r, ANN));
	ok(r, propose_key(r));
	refused(r, approve(r, ANN), "ann is not present and cannot judge generate-key");
	run_free(r);
}

static void who_left_comes_back_with_the_same_key_and_role(void **state)
{
	struct run *r = run_begun_with_two();
	struct vkey other;

	(void)state;
	ok(r, leave(r, ANN));
	assert_true(consent_find(r->consent, "ann")->left);
	assert_true(consent_find(r->consent, "ann")->known);
	join(r, CAT);
	join(r, ANN);
	assert_false(consent_find(r->consent, "ann")->left);
	attend(r, "[\"admin\",\"bob\",\"wit\",\"cat\",\"ann\"]", ANN, BOB);
	run_free(r);

	r = run_begun_with_two();
	ok(r, leave(r, ANN));
	refused(r, join_as(r, "ann", "witness", &r->actor[ANN].key),
	        "ann holds the role custodian and cannot also be witness");
	run_free(r);

	r = run_begun_with_two();
	ok(r, leave(r, ANN));
	refused(r, join_as(r, "ann", "custodian", &r->actor[BOB].key), "the key of ann bears another name: bob");
	run_free(r);

	/* one key is one person, also for who comes late and for who was there before a resumption */
	for (int resume = 0; resume < 2; resume++) {
		r = run_begun_with_two();
		ok(r, leave(r, ANN));
		if (resume)
			ok(r, resumed(r, "null"));
		assert_int_equal(vkey_make(&other, "cat", NOTE_COSIGNATURE, r->actor[ANN].key.public_key, NULL), 0);
		refused(r, join_as(r, "cat", "custodian", &other), "cat has the key of ann; one key is one person");
		run_free(r);
	}
}

static void a_shift_changes_everyone_of_a_role(void **state)
{
	struct run *r = run_begun();

	(void)state;
	/* three of three go; the two who come are the quorum from then on */
	ok(r, leave(r, ANN));
	ok(r, leave(r, BOB));
	join(r, EVE);
	ok(r, propose_attend(r, "[\"admin\",\"cat\",\"wit\",\"eve\"]"));
	ok(r, put(r, NULL, ACT_VOIDED, "{\"of\":%llu,\"reason\":\"somebody left\"}", (unsigned long long)r->proposed));
	ok(r, leave(r, CAT));
	assert_int_equal(consent_present(r->consent, "custodian"), 1);
	join(r, BOB);
	attend(r, "[\"admin\",\"wit\",\"eve\",\"bob\"]", EVE, BOB);
	ok(r, propose_key(r));
	refused(r, approve(r, CAT), "cat is not present and cannot judge generate-key");
	run_free(r);
}

static void a_roll_call_that_was_cut_short_is_called_again(void **state)
{
	struct run *r = run_begun_with_two();

	(void)state;
	join(r, CAT);
	ok(r, propose_attend(r, "[\"admin\",\"ann\",\"bob\",\"wit\",\"cat\"]"));
	ok(r, approve(r, ANN));
	ok(r, resumed(r, "null"));
	refused(r, propose_attend(r, "[]"), "attend must wait until the resume act is done");
	run_free(r);

	/* after the resumption both custodians are enough for it, and the roll call goes on with those who are there
	 * again */
	r = run_begun_with_two();
	join(r, CAT);
	ok(r, resumed(r, "null"));
	char order[64];
	snprintf(order, sizeof order, "{\"of\":%llu}", (unsigned long long)r->last);
	join(r, CAT);
	join(r, BOB);
	ok(r, propose_as(r, NULL, "resume", order, "\"custodian\"", 2));
	ok(r, approve(r, BOB));
	ok(r, approve(r, CAT));
	ok(r, intend(r));
	ok(r, done(r));
	join(r, ADMIN);
	attend(r, "[\"cat\",\"bob\",\"admin\"]", CAT, BOB);
	run_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(who_comes_late_is_approved_and_then_approves),
	        cmocka_unit_test(only_the_control_role_approves_only_those_who_are_there),
	        cmocka_unit_test(who_leaves_takes_the_quorum_along),
	        cmocka_unit_test(who_left_comes_back_with_the_same_key_and_role),
	        cmocka_unit_test(a_shift_changes_everyone_of_a_role),
	        cmocka_unit_test(a_roll_call_that_was_cut_short_is_called_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
