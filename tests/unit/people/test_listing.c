/* The list of steps that one entry does not hold: it goes on, line by line, before anything else happens. */
#include "fixture.h"

static void put_steps(struct bytes *out, size_t from, size_t count)
{
	bytes_byte(out, '[');
	for (size_t i = from; i < from + count; i++)
		bytes_printf(out, "%s{\"id\":\"s%zu\",\"do\":\"%s\",\"approve\":%s}", i > from ? "," : "", i,
		        i % 50 == 49 ? "unlock-hsm" : "read", i % 50 == 49 ? "\"custodian\"" : "null");
	bytes_byte(out, ']');
	assert_int_equal(bytes_end(out, NULL), 0);
}

static int open_long(struct run *r, size_t listed, int more)
{
	struct opening o = usual;
	struct bytes steps = {0};

	put_steps(&steps, 1, listed);
	o.steps = bytes_string(&steps);
	o.more_steps = more;
	int result = open_with(r, &o);
	bytes_free(&steps);
	return result;
}

static int list(struct run *r, size_t first, size_t from, size_t count)
{
	struct bytes steps = {0};

	put_steps(&steps, from, count);
	int result = put(r, NULL, STEPS_LISTED, "{\"first\":%zu,\"steps\":%s}", first, bytes_string(&steps));
	bytes_free(&steps);
	return result;
}

/* A policy of its own from entry 0, the last entry that was put. */
static struct policy *policy_parse_again(struct run *r)
{
	struct entry entry;
	struct policy *p;

	assert_int_equal(entry_parse(r->doc, bytes_string(&r->line), r->line.len, &entry, NULL), 0);
	p = policy_parse(&entry, &r->error);
	assert_non_null(p);
	return p;
}

static void ten_thousand_steps_are_listed(void **state)
{
	struct run *r = run_new(ORIGIN);
	const struct policy *p;

	(void)state;
	ok(r, open_long(r, 100, 9850));
	p = consent_policy(r->consent);
	for (size_t first = 101; first <= 9950; first += 100) {
		assert_false(policy_whole(p));
		assert_null(policy_step(p, "s1"));
		ok(r, list(r, first, first, first == 9901 ? 50 : 100));
	}
	assert_true(policy_whole(p));
	assert_int_equal(p->step_count, 9950);
	assert_string_equal(p->steps[9949].id, "s9950");
	assert_ptr_equal(policy_step(p, "s1"), &p->steps[0]);
	assert_string_equal(policy_step(p, "s8849")->kind, "unlock-hsm");
	assert_null(policy_step(p, "s9951"));
	refused(r, list(r, 9951, 9951, 1), "there is nothing open that it could speak of");
	run_free(r);
}

static void nothing_happens_before_the_list_is_whole(void **state)
{
	struct run *r = run_new(ORIGIN);

	(void)state;
	ok(r, open_long(r, 100, 120));
	ok(r, list(r, 101, 101, 100));
	refused(r, put(r, NULL, FACTS_READ, "{\"what\":\"dry-run\",\"facts\":{},\"faults\":[]}"),
	        "the list of steps is not whole; steps.listed must go on with it");
	run_free(r);
}

static void a_list_that_was_cut_goes_on_after_the_resumption(void **state)
{
	struct run *r = run_new(ORIGIN);
	struct actor again = {0};
	struct bytes vkey = {0};

	(void)state;
	ok(r, open_long(r, 100, 120));
	actor_new(&again, ORIGIN, NOTE_ED25519);
	vkey_text(&again.key, &vkey);
	ok(r, put(r, NULL, CEREMONY_RESUMED,
	              "{\"console\":\"%s\",\"torn\":0,\"torn_sha256\":null,\"open_intent\":null,\"seal\":[]}",
	              bytes_string(&vkey)));
	ok(r, list(r, 101, 101, 100));
	ok(r, list(r, 201, 201, 20));
	assert_true(policy_whole(consent_policy(r->consent)));
	assert_true(consent_resuming(r->consent));
	secret_free(&again.seed);
	bytes_free(&vkey);
	run_free(r);
}

/* Consent holds an order's numbers against the list before; here they are too large by themselves. */
static void no_more_steps_stay_than_there_are(void **state)
{
	static const struct {
		size_t kept, rest;
	} stay[] = {{11, 0}, {0, 11}, {6, 5}, {SIZE_MAX, 1}};
	struct run *r = run_new(ORIGIN);
	struct json_doc *doc = json_doc_new();
	const struct json *none = json_parse(doc, "[]", 2, NULL);

	(void)state;
	ok(r, open_long(r, 10, 0));
	struct policy *p = policy_parse_again(r);
	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++) {
		r->error = (struct error){0};
		refused(r, policy_amend(p, stay[i].kept, none, stay[i].rest, true, &r->error),
		        "More steps stay as they were than there are");
		assert_int_equal(p->step_count, 10);
	}
	r->error = (struct error){0};
	ok(r, policy_amend(p, 6, none, 3, true, &r->error));
	assert_int_equal(p->step_count, 9);
	assert_string_equal(p->steps[6].id, "s8");
	assert_null(policy_step(p, "s7"));
	policy_free(&p);
	json_doc_free(&doc);
	run_free(r);
}

static const struct {
	size_t listed;
	int more; /* of entry 0; then one steps.listed, when there is a number of its first: */
	size_t first, from, count;
	const char *expected;
} refusals[] = {
        {101, 0, 0, 0, 0, "it lists the first 100 steps, or all where there are no more"},
        {99, 1, 0, 0, 0, "it lists the first 100 steps, or all where there are no more"},
        {100, 150, 102, 102, 100, "does not list the 100 steps that are due, from number 101 on"},
        {100, 150, 100, 101, 100, "does not list the 100 steps that are due, from number 101 on"},
        {100, 150, 101, 101, 99, "does not list the 100 steps that are due, from number 101 on"},
        {100, 150, 101, 101, 101, "does not list the 100 steps that are due, from number 101 on"},
        {100, 50, 101, 101, 100, "does not list the 50 steps that are due, from number 101 on"},
        {100, 50, 101, 101, 0, "does not list the 50 steps that are due, from number 101 on"},
        {100, 50, 101, 100, 50, "step s100 stands twice"},
};

static void a_list_has_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct run *r = run_new(ORIGIN);
		int result = open_long(r, refusals[i].listed, refusals[i].more);

		if (refusals[i].first) {
			ok(r, result);
			result = list(r, refusals[i].first, refusals[i].from, refusals[i].count);
		}
		refused(r, result, refusals[i].expected);
		run_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ten_thousand_steps_are_listed),
	        cmocka_unit_test(nothing_happens_before_the_list_is_whole),
	        cmocka_unit_test(a_list_that_was_cut_goes_on_after_the_resumption),
	        cmocka_unit_test(a_list_has_one_form),
	        cmocka_unit_test(no_more_steps_stay_than_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
