/* The seal of a pause: who is named in it, what they sign, and what ceremony.resumed must bring of it. */
#include "fixture.h"

static int paused_by(struct run *r, const char *cosigners)
{
	int result =
	        put(r, "night", CEREMONY_PAUSED, "{\"person\":null,\"reason\":\"night\",\"cosigners\":%s}", cosigners);

	copy_bytes(&r->data, &r->checkpoint); /* what everyone signs */
	return result;
}

/* Whose key signs what, for a line of the seal. */
struct signer {
	int who;          /* CONSOLE or one of the actors */
	const char *name; /* NULL: their own */
	int64_t late;     /* seconds after the pause */
	bool other;       /* another text */
};
enum { CONSOLE = ACTORS, SIGNERS = 7 };

static void seal_line(struct run *r, const struct signer *s, int64_t seconds, struct bytes *out)
{
	struct actor *a = s->who == CONSOLE ? &r->console : &r->actor[s->who];
	struct vkey key = a->key;
	struct bytes text = {0};

	bytes_add(&text, r->data.data, r->data.len);
	if (s->other)
		text.data[0] ^= 1;
	if (s->name)
		assert_int_equal(vkey_make(&key, s->name, key.type, a->key.public_key, NULL), 0);
	assert_int_equal(note_sign(&key, a->seed, s->who == CONSOLE ? 0 : seconds + s->late, bytes_string(&text),
	                         text.len, out, NULL),
	        0);
	bytes_free(&text);
}

/* ceremony.resumed with the seal of these; `after`: how many seconds after the pause it comes. */
static int resume_with(struct run *r, const struct signer *by, size_t count, int64_t after)
{
	struct bytes seal = {0}, vkey = {0};
	int64_t paused = r->time;
	static char data[16384];

	for (size_t i = 0; i < count; i++) {
		bytes_text(&seal, i ? ",\"" : "\"");
		seal_line(r, &by[i], paused / 1000, &seal);
		bytes_text(&seal, "\"");
	}
	actor_new(&r->console, r->origin, NOTE_ED25519);
	vkey_text(&r->console.key, &vkey);
	snprintf(data, sizeof data,
	        "{\"console\":\"%s\",\"torn\":0,\"torn_sha256\":null,\"open_intent\":null,\"seal\":[%s]}",
	        bytes_string(&vkey), bytes_string(&seal));
	bytes_free(&seal);
	bytes_free(&vkey);
	return put_at(r, paused + after * 1000, NULL, CEREMONY_RESUMED, data);
}

static const struct signer all[] = {
        {.who = CONSOLE}, {.who = ADMIN}, {.who = ANN}, {.who = BOB}, {.who = CAT}, {.who = WIT}};

static void everyone_present_seals_a_pause(void **state)
{
	struct run *r = run_begun();

	(void)state;
	assert_false(consent_sealed(r->consent));
	ok(r, paused_by(r, ALL_NAMES));
	assert_true(consent_sealed(r->consent));
	ok(r, resume_with(r, all, 6, 86400));
	assert_false(consent_sealed(r->consent));
	assert_true(consent_resuming(r->consent));
	assert_int_equal(consent_present(r->consent, NULL), 0);
	run_free(r);

	/* The seal is broken once: the next resumption has none to bring. */
	r = run_begun();
	ok(r, paused_by(r, ALL_NAMES));
	ok(r, resume_with(r, all, 6, 86400));
	ok(r, resumed(r, "null"));
	run_free(r);

	/* Who left does not sign; who is here does. */
	r = run_begun();
	ok(r, leave(r, BOB));
	ok(r, paused_by(r, "[\"admin\",\"ann\",\"cat\",\"wit\"]"));
	ok(r, resume_with(r,
	              (const struct signer[]){
	                      {.who = CONSOLE}, {.who = ADMIN}, {.who = ANN}, {.who = CAT}, {.who = WIT}},
	              5, 60));
	run_free(r);
}

static void a_pause_that_nobody_sealed_brings_no_seal(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, paused_by(r, "[]"));
	assert_false(consent_sealed(r->consent));
	refused(r, resume_with(r, all, 6, 60), "the seal of the pause has 6 signatures, and 0 were given");
	run_free(r);
	r = run_begun();
	ok(r, paused_by(r, "[]"));
	ok(r, resume_with(r, all, 0, 60));
	run_free(r);

	/* Cut without a pause. */
	r = run_begun();
	refused(r, resume_with(r, all, 6, 60), "the seal of the pause has 6 signatures, and 0 were given");
	run_free(r);
}

static void only_who_is_present_seals_and_all_of_them(void **state)
{
	static const char *const wrong[] = {"[\"admin\",\"ann\",\"bob\",\"cat\"]",
	        "[\"ann\",\"admin\",\"bob\",\"cat\",\"wit\"]", "[\"admin\",\"ann\",\"bob\",\"cat\",\"wit\",\"eve\"]",
	        "[\"admin\",\"ann\",\"bob\",\"cat\",\"wit\",\"wit\"]", "[\"admin\",\"ann\",\"bob\",\"cat\",\"eve\"]"};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct run *r = run_begun();

		refused(r, paused_by(r, wrong[i]),
		        "ceremony.paused: the cosigners are not the people present, in the order they joined.");
		run_free(r);
	}
	struct run *r = run_opened();

	refused(r, paused_by(r, "[\"admin\"]"), "ceremony.paused: nobody is present who could cosign.");
	run_free(r);
}

static void a_sealed_pause_is_followed_by_its_resumption_alone(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, paused_by(r, ALL_NAMES));
	refused(r, note(r), "the ceremony is paused; only ceremony.resumed may follow");
	run_free(r);

	r = run_begun();
	ok(r, paused_by(r, ALL_NAMES));
	refused(r, paused_by(r, ALL_NAMES), "the ceremony is paused; only ceremony.resumed may follow");
	run_free(r);

	/* Not under an act that is open: what becomes of it is known first. */
	r = run_open_act();
	refused(r, paused_by(r, ALL_NAMES), "an act is open; only exception.noted may stand before its end");
	run_free(r);
}

static const struct {
	const char *name;
	struct signer by[SIGNERS];
	size_t count;
	int64_t after; /* seconds from the pause to ceremony.resumed; 0: a day */
	const char *expected;
} bad[] = {
        {"no signatures", {{.who = CONSOLE}}, 0, 0, "the seal of the pause has 0 signatures, and 6 were given"},
        {"one missing", {{.who = CONSOLE}, {.who = ADMIN}, {.who = ANN}, {.who = BOB}, {.who = CAT}}, 5, 0,
                "the seal of the pause has 5 signatures, and 6 were given"},
        {"one more",
                {{.who = CONSOLE}, {.who = ADMIN}, {.who = ANN}, {.who = BOB}, {.who = CAT}, {.who = WIT},
                        {.who = EVE}},
                7, 0, "the seal of the pause has 7 signatures, and 6 were given"},
        {"without the console", {{.who = ADMIN}, {.who = ANN}, {.who = BOB}, {.who = CAT}, {.who = WIT}, {.who = WIT}},
                6, 0, "the signature of " ORIGIN " does not verify"},
        {"another order", {{.who = CONSOLE}, {.who = ANN}, {.who = ADMIN}, {.who = BOB}, {.who = CAT}, {.who = WIT}}, 6,
                0, "the signature of admin does not verify"},
        {"somebody else for the last",
                {{.who = CONSOLE}, {.who = ADMIN}, {.who = ANN}, {.who = BOB}, {.who = CAT}, {.who = EVE}}, 6, 0,
                "the signature of wit does not verify"},
        {"somebody else under the last one's name",
                {{.who = CONSOLE}, {.who = ADMIN}, {.who = ANN}, {.who = BOB}, {.who = CAT},
                        {.who = EVE, .name = "wit"}},
                6, 0, "the signature of wit does not verify"},
        {"over another checkpoint",
                {{.who = CONSOLE}, {.who = ADMIN}, {.who = ANN, .other = true}, {.who = BOB}, {.who = CAT},
                        {.who = WIT}},
                6, 0, "the signature of ann does not verify"},
        {"the console over another checkpoint",
                {{.who = CONSOLE, .other = true}, {.who = ADMIN}, {.who = ANN}, {.who = BOB}, {.who = CAT},
                        {.who = WIT}},
                6, 0, "the signature of " ORIGIN " does not verify"},
        {"before the pause",
                {{.who = CONSOLE}, {.who = ADMIN, .late = -1}, {.who = ANN}, {.who = BOB}, {.who = CAT}, {.who = WIT}},
                6, 0, "admin cosigned the pause before it was, or after it ended"},
        {"after the resumption",
                {{.who = CONSOLE}, {.who = ADMIN}, {.who = ANN}, {.who = BOB}, {.who = CAT}, {.who = WIT, .late = 62}},
                6, 60, "wit cosigned the pause before it was, or after it ended"},
};

static void every_signature_of_the_seal_is_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct run *r = run_begun();

		ok(r, paused_by(r, ALL_NAMES));
		int result = resume_with(r, bad[i].by, bad[i].count, bad[i].after ? bad[i].after : 86400);
		if (result != -1)
			fail_msg("%s: taken", bad[i].name);
		refused(r, result, bad[i].expected);
		/* After an error the fold is dead. */
		assert_int_equal(note(r), -1);
		run_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(everyone_present_seals_a_pause),
	        cmocka_unit_test(a_pause_that_nobody_sealed_brings_no_seal),
	        cmocka_unit_test(only_who_is_present_seals_and_all_of_them),
	        cmocka_unit_test(a_sealed_pause_is_followed_by_its_resumption_alone),
	        cmocka_unit_test(every_signature_of_the_seal_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
