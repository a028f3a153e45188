/* Entry 0 is read whole or refused, whatever a script checker said of it. */
#include "fixture.h"

#include "people/policy.h"

static struct bytes ann_key, ann_twin, bob_key, console_key, console_04;

/* Entry 0 of `o` without the record's own form check, so that each rule here is seen to stand by itself. */
static struct policy *parse(const struct opening *o, const char *console, struct error *e)
{
	struct json_doc *doc = json_doc_new();
	struct bytes data = {0};
	struct entry entry = {.event = CEREMONY_OPENED};
	struct policy *p;

	bytes_printf(&data,
	        "{\"format\":1,\"origin\":%s,\"rehearsal\":%s,\"console\":\"%s\",\"script\":{\"sha256\":\"" SHA_A
	        "\"},\"site\":{\"sha256\":\"" SHA_B
	        "\"},\"roles\":%s,\"exclusive\":%s,\"control\":%s,\"people\":%s,\"steps\":%s,\"more_steps\":%d,"
	        "\"hsm\":%s}",
	        o->origin, o->rehearsal, console, o->roles, o->exclusive, o->control, o->people, o->steps,
	        o->more_steps, o->hsm);
	entry.data = json_parse(doc, bytes_string(&data), data.len, NULL);
	assert_non_null(entry.data);
	p = policy_parse(&entry, e);
	bytes_free(&data);
	json_doc_free(&doc);
	return p;
}

static void key_text(struct bytes *out, const char *name, enum note_type type, struct actor *a)
{
	struct vkey key;

	assert_int_equal(vkey_make(&key, name, type, a->key.public_key, NULL), 0);
	vkey_text(&key, out);
}

static int make_keys(void **state)
{
	struct actor ann = {0}, bob = {0}, console = {0};

	(void)state;
	assert_int_equal(secret_init(NULL), 0);
	actor_new(&ann, "ann", NOTE_COSIGNATURE);
	actor_new(&bob, "bob", NOTE_COSIGNATURE);
	actor_new(&console, ORIGIN, NOTE_ED25519);
	key_text(&ann_key, "ann", NOTE_COSIGNATURE, &ann);
	key_text(&ann_twin, "bob", NOTE_COSIGNATURE, &ann);
	key_text(&bob_key, "bob", NOTE_COSIGNATURE, &bob);
	key_text(&console_key, ORIGIN, NOTE_ED25519, &console);
	key_text(&console_04, ORIGIN, NOTE_COSIGNATURE, &console);
	secret_free(&ann.seed);
	secret_free(&bob.seed);
	secret_free(&console.seed);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	bytes_free(&ann_key);
	bytes_free(&ann_twin);
	bytes_free(&bob_key);
	bytes_free(&console_key);
	bytes_free(&console_04);
	return 0;
}

static struct opening quoted(void)
{
	struct opening o = usual;

	o.origin = "\"" ORIGIN "\"";
	return o;
}

static void policy_holds_what_entry_0_says(void **state)
{
	struct opening o = quoted();
	char people[512];
	struct error e = {0};
	struct policy *p;

	(void)state;
	snprintf(people, sizeof people, "[{\"person\":\"ann\",\"role\":\"custodian\",\"vkey\":\"%s\",\"card\":null}]",
	        bytes_string(&ann_key));
	o.people = people;
	p = parse(&o, bytes_string(&console_key), &e);
	assert_non_null(p);
	assert_string_equal(p->origin, ORIGIN);
	assert_string_equal(p->control, "custodian");
	assert_false(p->rehearsal);
	assert_int_equal(p->role_count, 3);
	assert_int_equal(policy_role(p, "custodian")->minimum, 2);
	assert_int_equal(policy_role(p, "custodian")->maximum, 3);
	assert_int_equal(policy_role(p, "custodian")->quorum, 2);
	assert_int_equal(policy_role(p, "witness")->minimum, 1);
	assert_int_equal(policy_role(p, "witness")->maximum, 1);
	assert_int_equal(policy_role(p, "witness")->quorum, 0);
	assert_null(policy_role(p, "nobody"));
	assert_string_equal(policy_step(p, "key")->kind, "generate-key");
	assert_string_equal(policy_step(p, "key")->approve, "custodian");
	assert_null(policy_step(p, "roll-call")->approve);
	assert_null(policy_step(p, "none"));
	assert_string_equal(policy_hsm(p, "hsm")->module, "/m.so");
	assert_true(policy_hsm(p, "hsm")->software);
	assert_int_equal(policy_hsm(p, "hsm")->module_sha256[31], 0xaa);
	assert_null(policy_hsm(p, "other"));
	assert_int_equal(p->person_count, 1);
	assert_string_equal(p->people[0].key.name, "ann");
	assert_int_equal(p->script_sha256[0], 0xaa);
	assert_int_equal(p->site_sha256[0], 0xbb);
	assert_true(policy_excludes(p, "custodian", "witness"));
	assert_true(policy_excludes(p, "custodian", "custodian"));
	assert_false(policy_excludes(p, "custodian", "other"));
	policy_free(&p);
	assert_null(p);
	policy_free(&p);
}

enum part { PART_ORIGIN, PART_REHEARSAL, PART_ROLES, PART_EXCLUSIVE, PART_CONTROL, PART_PEOPLE, PART_STEPS, PART_HSM };

static const struct {
	enum part part;
	const char *json, *expected;
} refusals[] = {
        {PART_ORIGIN, "null", "\"origin\" is missing or not of its form"},
        {PART_ORIGIN, "\"\"", "\"origin\" is missing or not of its form"},
        {PART_ORIGIN, "\"rehearsal/" ORIGIN "\"", "begins rehearsal/, but this is no rehearsal"},
        {PART_ORIGIN, "\"" ORIGIN "x\"", "the console's key is named " ORIGIN ", not as the origin"},
        {PART_REHEARSAL, "null", "\"rehearsal\" is missing"},
        {PART_REHEARSAL, "true", "this is a rehearsal, but origin " ORIGIN " does not begin rehearsal/"},
        {PART_ROLES, "[]", "\"roles\" is missing"},
        {PART_ROLES, "{\"\":{\"count\":1,\"quorum\":null}}", "\"\" cannot name a role"},
        {PART_ROLES, "{\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\":{}}",
                "cannot name a role"},
        {PART_ROLES, "{\"r\":{\"count\":0,\"quorum\":null}}", "the count of role r is not a count of people"},
        {PART_ROLES, "{\"r\":{\"count\":65,\"quorum\":null}}", "the count of role r"},
        {PART_ROLES, "{\"r\":{\"count\":-1,\"quorum\":null}}", "the count of role r"},
        {PART_ROLES, "{\"r\":{\"count\":\"2\",\"quorum\":null}}", "the count of role r"},
        {PART_ROLES, "{\"r\":{\"count\":{\"minimum\":3,\"maximum\":2},\"quorum\":null}}", "the count of role r"},
        {PART_ROLES, "{\"r\":{\"count\":{\"minimum\":1,\"maximum\":2,\"x\":1},\"quorum\":null}}",
                "the count of role r"},
        {PART_ROLES, "{\"r\":{\"count\":3,\"quorum\":1}}", "the quorum of role r is below 2"},
        {PART_ROLES, "{\"r\":{\"count\":3,\"quorum\":0}}", "the quorum of role r is below 2"},
        {PART_ROLES, "{\"r\":{\"count\":3,\"quorum\":4}}", "the quorum of role r is above its count"},
        {PART_ROLES, "{\"r\":{\"count\":3,\"quorum\":\"2\"}}", "\"quorum\" is missing"},
        {PART_ROLES, "{\"r\":{\"count\":3}}", "\"quorum\" is missing"},
        {PART_ROLES, "{\"administrator\":{\"count\":3,\"quorum\":2}}",
                "the role administrator has no vote, and so no quorum"},
        {PART_CONTROL, "\"administrator\"", "role administrator has no vote and cannot control the ceremony"},
        {PART_STEPS, "[{\"id\":\"a\",\"do\":\"unlock-hsm\",\"approve\":\"administrator\"}]",
                "role administrator has no vote and cannot approve step a"},
        {PART_EXCLUSIVE, "null", "\"exclusive\" is missing"},
        {PART_EXCLUSIVE, "[\"custodian\"]", "\"exclusive\" is missing or not of its form"},
        {PART_EXCLUSIVE, "[[1]]", "\"exclusive\" is missing or not of its form"},
        {PART_EXCLUSIVE, "[[\"custodian\",\"ghost\"]]",
                "exclusive speaks of role \"ghost\", which is not among the roles"},
        {PART_CONTROL, "null", "\"control\" is missing"},
        {PART_CONTROL, "\"ghost\"", "control speaks of role \"ghost\""},
        {PART_CONTROL, "\"witness\"", "role witness controls the ceremony and has no quorum"},
        {PART_PEOPLE, "{}", "\"people\" is missing"},
        {PART_PEOPLE, "[{\"person\":\"ANN\",\"role\":\"custodian\",\"vkey\":\"x\",\"card\":null}]",
                "\"ANN\" cannot name a person"},
        {PART_PEOPLE, "[{\"person\":\"ann\",\"role\":\"ghost\",\"vkey\":\"x\"}]", "ann speaks of role \"ghost\""},
        {PART_PEOPLE, "[{\"person\":\"ann\",\"role\":\"custodian\"}]", "\"vkey\" is missing"},
        {PART_PEOPLE, "[{\"person\":\"ann\",\"role\":\"custodian\",\"vkey\":\"x\",\"card\":null}]",
                "the key of ann is refused: "},
        {PART_STEPS, "{}", "\"steps\" is missing"},
        {PART_STEPS, "[{\"id\":\"a\",\"do\":\"close\"}]", "\"approve\" is missing"},
        {PART_STEPS, "[{\"id\":\"\",\"do\":\"close\",\"approve\":null}]", "\"id\" is missing"},
        {PART_STEPS,
                "[{\"id\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",\"do\":\"close\","
                "\"approve\":null}]",
                "is longer than 64 characters"},
        {PART_STEPS,
                "[{\"id\":\"a\",\"do\":\"close\",\"approve\":null},{\"id\":\"a\",\"do\":\"read\",\"approve\":null}]",
                "step a stands twice"},
        {PART_STEPS, "[{\"id\":\"a\",\"do\":\"generate-key\",\"approve\":null}]",
                "step a (generate-key) is privileged and says no role that approves"},
        {PART_STEPS, "[{\"id\":\"a\",\"do\":\"unlock-hsm\",\"approve\":\"ghost\"}]", "a speaks of role \"ghost\""},
        {PART_STEPS, "[{\"id\":\"a\",\"do\":\"unlock-hsm\",\"approve\":\"witness\"}]",
                "role witness approves step a and has no quorum"},
        {PART_HSM, "[]", "\"hsm\" is missing"},
        {PART_HSM, "{\"h\":{}}", "\"module\" is missing"},
        {PART_HSM, "{\"h\":{\"module\":\"m\",\"module_sha256\":\"AA\"}}", "\"module_sha256\" is missing"},
        {PART_HSM,
                "{\"h\":{\"module\":\"m\",\"module_sha256\":\"" SHA_A
                "\",\"label\":\"\",\"serial\":\"\",\"login\":\"shares\",\"software\":1}}",
                "\"software\" is missing or not of its form"},
};

static void expect(const struct opening *o, const char *console, const char *expected)
{
	struct error e = {0};
	struct policy *p = parse(o, console, &e);
	struct bytes why = {0};

	error_text(&e, &why);
	if (p || !strstr(bytes_string(&why), expected))
		fail_msg("expected \"%s\", got \"%s\"", expected, p ? "a policy" : bytes_string(&why));
	assert_int_equal(e.code, ERROR_FAULT);
	bytes_free(&why);
}

static void policy_refuses_each_fault_of_entry_0(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct opening o = quoted();
		const char **const parts[] = {
		        &o.origin, &o.rehearsal, &o.roles, &o.exclusive, &o.control, &o.people, &o.steps, &o.hsm};

		*parts[refusals[i].part] = refusals[i].json;
		expect(&o, bytes_string(&console_key), refusals[i].expected);
	}
}

static void policy_refuses_keys_that_are_no_single_persons(void **state)
{
	struct opening o = quoted();
	char people[1024];
	const char *ann = bytes_string(&ann_key), *bob = bytes_string(&bob_key), *twin = bytes_string(&ann_twin);
	const struct {
		const char *first, *second_name, *second, *expected;
	} cases[] = {
	        {ann, "bob", twin, "ann and bob have the same key"},
	        {ann, "ann", ann, "ann stands twice among the people"},
	        {bob, "bob", bob, "the key of ann bears another name: bob"},
	        {bytes_string(&console_key), "bob", bob, "the key of ann is not a cosigner's key (type 04)"},
	};

	(void)state;
	o.people = people;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(people, sizeof people,
		        "[{\"person\":\"ann\",\"role\":\"custodian\",\"vkey\":\"%s\",\"card\":null},{\"person\":\"%s\","
		        "\"role\":"
		        "\"custodian\",\"vkey\":\"%s\",\"card\":null}]",
		        cases[i].first, cases[i].second_name, cases[i].second);
		expect(&o, bytes_string(&console_key), cases[i].expected);
	}
	snprintf(people, sizeof people,
	        "[{\"person\":\"ann\",\"role\":\"custodian\",\"vkey\":\"%s\",\"card\":\"" SHA_A
	        "\"},{\"person\":\"bob\",\"role\":\"custodian\",\"vkey\":\"%s\",\"card\":\"" SHA_A "\"}]",
	        bytes_string(&ann_key), bytes_string(&bob_key));
	expect(&o, bytes_string(&console_key), "ann and bob have the same card");
	snprintf(people, sizeof people, "[{\"person\":\"ann\",\"role\":\"custodian\",\"vkey\":\"%s\"}]",
	        bytes_string(&ann_key));
	expect(&o, bytes_string(&console_key), "\"card\" is missing or not of its form");
	/* the identity point as a key: the only key whose signatures anyone can make */
	snprintf(people, sizeof people,
	        "[{\"person\":\"ann\",\"role\":\"custodian\",\"vkey\":\"ann+8d4c5f8e+"
	        "BAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]");
	expect(&o, bytes_string(&console_key), "the key of ann is refused: ");
}

static void policy_refuses_other_console_keys(void **state)
{
	struct opening o = quoted();
	char people[512];
	struct actor a = {0};
	struct vkey as_ann, as_console;
	struct bytes text = {0};

	(void)state;
	expect(&o, bytes_string(&console_04), "the console's key is not a signer's key (type 01)");
	expect(&o, bytes_string(&ann_key), "the console's key is not a signer's key (type 01)");
	expect(&o, "x", "the console's key is refused: ");
	actor_new(&a, "ann", NOTE_COSIGNATURE);
	as_ann = a.key;
	assert_int_equal(vkey_make(&as_console, ORIGIN, NOTE_ED25519, a.key.public_key, NULL), 0);
	vkey_text(&as_ann, &text);
	snprintf(people, sizeof people, "[{\"person\":\"ann\",\"role\":\"custodian\",\"vkey\":\"%s\",\"card\":null}]",
	        bytes_string(&text));
	bytes_clear(&text);
	vkey_text(&as_console, &text);
	o.people = people;
	expect(&o, bytes_string(&text), "ann has the key of the console");
	bytes_free(&text);
	secret_free(&a.seed);
}

static void every_act_has_one_rule(void **state)
{
	(void)state;
	assert_int_equal(act_rule("begin")->judge, JUDGE_ALL);
	assert_int_equal(act_rule("resume")->judge, JUDGE_CONTROL);
	assert_int_equal(act_rule("accept-exception")->judge, JUDGE_CONTROL);
	assert_true(act_rule("initialise-hsm")->hsm);
	assert_true(act_rule("unlock-hsm")->hsm);
	assert_int_equal(act_rule("generate-key")->judge, JUDGE_STEP);
	assert_string_equal(act_rule("issue-certificate")->kind, "issue-certificate");
	assert_string_equal(act_rule("issue-certificate")->order[11], "lint");
	assert_null(act_rule("issue-certificate")->order[12]);
	assert_true(act_rule("make-request")->hsm);
	assert_string_equal(act_rule("make-request")->kind, "make-request");
	assert_string_equal(act_rule("make-request")->order[7], "cri_sha256");
	assert_null(act_rule("make-request")->order[8]);
	assert_null(act_rule("destroy-everything"));
	assert_null(act_rule(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(policy_holds_what_entry_0_says),
	        cmocka_unit_test(policy_refuses_each_fault_of_entry_0),
	        cmocka_unit_test(policy_refuses_keys_that_are_no_single_persons),
	        cmocka_unit_test(policy_refuses_other_console_keys),
	        cmocka_unit_test(every_act_has_one_rule),
	};

	return cmocka_run_group_tests_name("policy", tests, make_keys, free_keys);
}
