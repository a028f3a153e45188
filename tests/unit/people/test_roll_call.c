/* Who is in the room: one key is one person in one role, proved by its signature; and who is locked out. */
#include "fixture.h"

static struct run *run_joined(int who)
{
	struct run *r = run_opened();

	ok(r, join_as(r, actor_names[who], actor_roles[who], &r->actor[who].key));
	copy_bytes(&r->data, &r->checkpoint);
	return r;
}

static void joining_proves_the_key(void **state)
{
	struct run *r = run_joined(ANN);
	const struct bytes *checkpoint = NULL;
	const struct person *ann;

	(void)state;
	ann = consent_joining(r->consent, &checkpoint);
	assert_non_null(ann);
	assert_string_equal(ann->name, "ann");
	assert_string_equal(bytes_string(checkpoint), bytes_string(&r->checkpoint));
	assert_false(ann->present);
	assert_int_equal(consent_present(r->consent, NULL), 0);
	ok(r, give(r, r->last, "ann", &r->actor[ANN], &r->console, &r->data, r->time / 1000));
	assert_null(consent_joining(r->consent, NULL));
	assert_true(consent_find(r->consent, "ann")->present);
	assert_true(consent_find(r->consent, "ann")->proved);
	assert_int_equal(consent_find(r->consent, "ann")->joined, 1);
	assert_int_equal(consent_present(r->consent, "custodian"), 1);
	assert_int_equal(consent_present(r->consent, "witness"), 0);
	assert_int_equal(consent_people(r->consent), 1);
	assert_null(consent_person(r->consent, 1));
	assert_null(consent_find(r->consent, "bob"));
	run_free(r);
}

static void a_proof_is_the_joiners_own(void **state)
{
	struct run *r = run_joined(ANN);

	(void)state;
	refused(r, give(r, 1, "ann", &r->actor[BOB], &r->console, &r->data, r->time / 1000),
	        "the signature of ann does not verify");
	run_free(r);
	r = run_joined(ANN);
	refused(r, give(r, 1, "bob", &r->actor[BOB], &r->console, &r->data, r->time / 1000),
	        "bob cannot speak for ann, who is joining");
	run_free(r);
	r = run_joined(ANN);
	refused(r, give(r, 0, "ann", &r->actor[ANN], &r->console, &r->data, r->time / 1000),
	        "(approval.given) speaks of entry 0, not of the person.joined of ann");
	run_free(r);
	r = run_joined(ANN);
	refused(r, give(r, 1, "ann", &r->actor[ANN], &r->actor[BOB], &r->data, r->time / 1000),
	        "the signature of " ORIGIN " does not verify");
	run_free(r);
	r = run_joined(ANN);
	refused(r, give(r, 1, "ann", &r->actor[ANN], &r->console, &r->data, r->time / 1000 - 5),
	        "the time of the cosignature of ann is not between");
	run_free(r);
	r = run_joined(ANN);
	bytes_text(&r->data, "x\n");
	refused(r, give(r, 1, "ann", &r->actor[ANN], &r->console, &r->data, r->time / 1000),
	        "the signature of ann does not verify");
	run_free(r);
}

static void a_refused_or_dropped_joining_leaves_the_seat_free(void **state)
{
	struct run *r = run_joined(ANN);

	(void)state;
	ok(r, put(r, NULL, APPROVAL_REFUSED, "{\"of\":1,\"person\":\"ann\",\"reason\":\"wrong role\"}"));
	assert_null(consent_joining(r->consent, NULL));
	assert_int_equal(consent_present(r->consent, NULL), 0);
	/* never proved: the role may still be put right */
	ok(r, join_as(r, "ann", "witness", &r->actor[ANN].key));
	ok(r, leave(r, ANN));
	assert_null(consent_joining(r->consent, NULL));
	join(r, ANN);
	ok(r, leave(r, ANN));
	assert_false(consent_find(r->consent, "ann")->present);
	refused(r, leave(r, ANN), "person.left: ann is not present");
	run_free(r);
	r = run_joined(ANN);
	refused(r, put(r, NULL, APPROVAL_REFUSED, "{\"of\":1,\"person\":\"bob\",\"reason\":\"x\"}"),
	        "bob cannot speak for ann");
	run_free(r);
}

static void one_key_is_one_person_in_one_role(void **state)
{
	struct run *r = run_opened();
	struct vkey twin;

	(void)state;
	join(r, ANN);
	assert_int_equal(vkey_make(&twin, "bob", NOTE_COSIGNATURE, r->actor[ANN].key.public_key, NULL), 0);
	refused(r, join_as(r, "bob", "custodian", &twin), "bob has the key of ann; one key is one person");
	run_free(r);

	/* for ever: also when the first has left */
	r = run_opened();
	join(r, ANN);
	ok(r, leave(r, ANN));
	assert_int_equal(vkey_make(&twin, "bob", NOTE_COSIGNATURE, r->actor[ANN].key.public_key, NULL), 0);
	refused(r, join_as(r, "bob", "witness", &twin), "bob has the key of ann; one key is one person");
	run_free(r);

	r = run_opened();
	join(r, ANN);
	refused(r, join_as(r, "ann", "custodian", &r->actor[ANN].key), "person.joined: ann is present already");
	run_free(r);

	r = run_opened();
	join(r, ANN);
	ok(r, leave(r, ANN));
	refused(r, join_as(r, "ann", "witness", &r->actor[ANN].key),
	        "ann holds the role custodian and cannot also be witness");
	run_free(r);

	/* nor after a joining that came to nothing */
	r = run_opened();
	join(r, ANN);
	ok(r, leave(r, ANN));
	ok(r, join_as(r, "ann", "custodian", &r->actor[ANN].key));
	ok(r, leave(r, ANN));
	refused(r, join_as(r, "ann", "witness", &r->actor[ANN].key),
	        "ann holds the role custodian and cannot also be witness");
	run_free(r);

	r = run_opened();
	join(r, ANN);
	ok(r, leave(r, ANN));
	actor_new(&r->actor[ANN], "ann", NOTE_COSIGNATURE);
	refused(r, join_as(r, "ann", "custodian", &r->actor[ANN].key),
	        "person.joined: ann comes back with another key");
	run_free(r);

	r = run_opened();
	assert_int_equal(vkey_make(&twin, "ann", NOTE_COSIGNATURE, r->console.key.public_key, NULL), 0);
	refused(r, join_as(r, "ann", "custodian", &twin), "person.joined: ann has the key of the console");
	run_free(r);
}

static void roles_hold(void **state)
{
	struct run *r = run_opened();

	(void)state;
	refused(r, join_as(r, "ann", "king", &r->actor[ANN].key),
	        "ann wants the role \"king\", which the script does not have");
	run_free(r);
	r = run_attended();
	refused(r, join_as(r, "eve", "custodian", &r->actor[EVE].key),
	        "the role custodian is full; eve cannot take it");
	run_free(r);
	/* who is away leaves the seat to another */
	r = run_attended();
	ok(r, leave(r, BOB));
	join(r, EVE);
	refused(r, join_as(r, "bob", "custodian", &r->actor[BOB].key),
	        "the role custodian is full; bob cannot take it");
	run_free(r);
}

/* A vkey line with the right key ID over any 32 bytes, good or not. */
static void raw_vkey(const char *name, uint8_t type, const uint8_t public_key[32], struct vkey *key)
{
	struct bytes text = {0};
	uint8_t hash[32];

	bytes_printf(&text, "%s\n", name);
	bytes_byte(&text, type);
	bytes_add(&text, public_key, 32);
	assert_int_equal(sha256(text.data, text.len, hash), 0);
	memset(key, 0, sizeof *key);
	snprintf(key->name, sizeof key->name, "%s", name);
	key->type = (enum note_type)type;
	memcpy(key->id, hash, 4);
	memcpy(key->public_key, public_key, 32);
	bytes_free(&text);
}

static void keys_are_a_cosigners_and_sound(void **state)
{
	static const uint8_t small_order[][32] = {
	        {1},
	        {0},
	        {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
	                0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
	};
	struct run *r;
	struct vkey key;

	(void)state;
	for (size_t i = 0; i < sizeof small_order / sizeof *small_order; i++) {
		r = run_opened();
		raw_vkey("ann", NOTE_COSIGNATURE, small_order[i], &key);
		refused(r, join_as(r, "ann", "custodian", &key),
		        "person.joined: the key of ann is refused: The public key of ann is refused: it is not a "
		        "canonical Ed25519 "
		        "point of full order");
		run_free(r);
	}
	r = run_opened();
	refused(r, join_as(r, "ann", "custodian", &r->actor[BOB].key), "the key of ann bears another name: bob");
	run_free(r);
	r = run_opened();
	assert_int_equal(vkey_make(&key, "ann", NOTE_ED25519, r->actor[ANN].key.public_key, NULL), 0);
	refused(r, join_as(r, "ann", "custodian", &key), "the key of ann is not a cosigner's key (type 04)");
	run_free(r);
}

static void pin_ann(struct run *r, struct opening *o, char *people, size_t size)
{
	struct bytes text = {0};

	*o = usual;
	vkey_text(&r->actor[ANN].key, &text);
	snprintf(people, size, "[{\"person\":\"ann\",\"role\":\"custodian\",\"vkey\":\"%s\",\"card\":null}]",
	        bytes_string(&text));
	o->people = people;
	bytes_free(&text);
}

static struct run *run_pinned(void)
{
	struct run *r = run_new(ORIGIN);
	struct opening o;
	char people[512];

	pin_ann(r, &o, people, sizeof people);
	ok(r, open_with(r, &o));
	return r;
}

static void pinned_people_are_who_sits_down(void **state)
{
	struct run *r = run_pinned();

	(void)state;
	join(r, ANN);
	refused(r, join_as(r, "bob", "custodian", &r->actor[BOB].key), "bob is not among the people of the script");
	run_free(r);
	r = run_pinned();
	refused(r, join_as(r, "ann", "witness", &r->actor[ANN].key),
	        "the script gives ann the role custodian, not witness");
	run_free(r);
	r = run_pinned();
	actor_new(&r->actor[ANN], "ann", NOTE_COSIGNATURE);
	refused(r, join_as(r, "ann", "custodian", &r->actor[ANN].key),
	        "the key of ann is not the one that the script pins");
	run_free(r);
}

static void stand_ins_take_pinned_seats_in_a_rehearsal(void **state)
{
	struct run *r = run_new("rehearsal/" ORIGIN);
	struct opening o;
	char people[512];

	(void)state;
	pin_ann(r, &o, people, sizeof people);
	o.origin = "rehearsal/" ORIGIN;
	o.rehearsal = "true";
	ok(r, open_with(r, &o));
	actor_new(&r->actor[ANN], "ann", NOTE_COSIGNATURE);
	join(r, ANN);
	join(r, BOB);
	run_free(r);
}

static void five_wrong_passphrases_lock_for_a_minute(void **state)
{
	struct run *r = run_begun();
	int64_t locked;

	(void)state;
	ok(r, propose_key(r));
	for (unsigned i = 1; i < LOCK_OUT_TRIES; i++)
		ok(r, login_failed(r, ANN, i));
	assert_int_equal(consent_may_approve(r->consent, "ann", r->time, NULL), 0);
	ok(r, login_failed(r, ANN, LOCK_OUT_TRIES));
	locked = r->time;
	assert_int_equal(consent_find(r->consent, "ann")->failures, 5);
	refused(r, consent_may_approve(r->consent, "ann", locked + 59999, &r->error), "ann is locked out until 20");
	assert_int_equal(consent_may_approve(r->consent, "ann", locked + 60000, NULL), 0);
	assert_int_equal(consent_may_approve(r->consent, "bob", locked, NULL), 0);
	r->time = locked + 60000 - 10;
	ok(r, approve(r, ANN));
	/* one that succeeds begins the count again */
	assert_int_equal(consent_find(r->consent, "ann")->failures, 0);
	ok(r, login_failed(r, ANN, 1));
	run_free(r);

	r = run_begun();
	ok(r, propose_key(r));
	for (unsigned i = 1; i <= LOCK_OUT_TRIES; i++)
		ok(r, login_failed(r, ANN, i));
	refused(r, approve(r, ANN), "Z after 5 wrong passphrases");
	run_free(r);
}

static void lock_out_holds_while_joining_too(void **state)
{
	struct run *r = run_joined(ANN);

	(void)state;
	for (unsigned i = 1; i <= LOCK_OUT_TRIES; i++)
		ok(r, login_failed(r, ANN, i));
	ok(r, put(r, NULL, APPROVAL_REFUSED, "{\"of\":1,\"person\":\"ann\",\"reason\":\"x\"}"));
	/* joining anew does not wash it off */
	ok(r, join_as(r, "ann", "custodian", &r->actor[ANN].key));
	copy_bytes(&r->data, &r->checkpoint);
	refused(r, give(r, r->last, "ann", &r->actor[ANN], &r->console, &r->data, r->time / 1000),
	        "ann is locked out until");
	run_free(r);
}

static void failures_are_counted(void **state)
{
	struct run *r = run_begun();

	(void)state;
	ok(r, login_failed(r, ANN, 1));
	ok(r, login_failed(r, BOB, 1));
	refused(r, login_failed(r, ANN, 3), "this is the failure number 2 in a row of ann, not 3");
	run_free(r);
	r = run_begun();
	refused(r, login_failed(r, EVE, 1), "login.failed: eve is neither present nor joining");
	run_free(r);
}

static void a_ceremony_has_a_bounded_number_of_people(void **state)
{
	struct run *r = run_opened();
	struct actor many = {0};
	char name[16];

	(void)state;
	for (int i = 0; i <= PEOPLE_MAX; i++) {
		int result;

		snprintf(name, sizeof name, "p%d", i);
		actor_new(&many, name, NOTE_COSIGNATURE);
		result = join_as(r, name, "witness", &many.key);
		if (i == PEOPLE_MAX) {
			refused(r, result, "p64 would be one more than the 64 people a ceremony can have");
			break;
		}
		ok(r, result);
		copy_bytes(&r->data, &r->checkpoint);
		ok(r, give(r, r->last, name, &many, &r->console, &r->data, r->time / 1000));
		ok(r, put(r, NULL, PERSON_LEFT, "{\"person\":\"%s\",\"reason\":\"home\"}", name));
	}
	secret_free(&many.seed);
	run_free(r);
}

static void a_resume_brings_a_new_console_key(void **state)
{
	struct run *r = run_begun();
	struct vkey key;

	(void)state;
	refused(r, resumed_naming(r, "null"), "the console's key is not new; each resume makes its own");
	run_free(r);

	r = run_begun();
	assert_int_equal(vkey_make(&key, ORIGIN, NOTE_ED25519, r->actor[ANN].key.public_key, NULL), 0);
	r->console.key = key;
	refused(r, resumed_naming(r, "null"), "the console's key is not new");
	run_free(r);

	r = run_begun();
	actor_new(&r->console, "example.jp/other", NOTE_ED25519);
	refused(r, resumed_naming(r, "null"), "the console's key is named example.jp/other, not as the origin");
	run_free(r);

	r = run_begun();
	actor_new(&r->console, ORIGIN, NOTE_COSIGNATURE);
	refused(r, resumed_naming(r, "null"), "the console's key is not a signer's key (type 01)");
	run_free(r);

	r = run_begun();
	raw_vkey(ORIGIN, NOTE_ED25519, (const uint8_t[32]){1}, &r->console.key);
	refused(r, resumed_naming(r, "null"), "ceremony.resumed: the console's key is refused: The public key of");
	run_free(r);

	/* an old key does not come back either */
	r = run_begun();
	key = r->console.key;
	ok(r, resumed(r, "null"));
	r->console.key = key;
	refused(r, resumed_naming(r, "null"), "the console's key is not new");
	run_free(r);
}

static void a_resume_ends_a_joining(void **state)
{
	struct run *r = run_joined(ANN);
	struct vkey key;

	(void)state;
	ok(r, resumed(r, "null"));
	assert_null(consent_joining(r->consent, NULL));
	join(r, BOB);
	join(r, ANN);
	run_free(r);
	/* and a person whom the script pins, but who has not come, is no console either */
	r = run_pinned();
	assert_int_equal(vkey_make(&key, ORIGIN, NOTE_ED25519, r->actor[ANN].key.public_key, NULL), 0);
	r->console.key = key;
	refused(r, resumed_naming(r, "null"), "the console's key is not new");
	run_free(r);
}

static void resume_is_of_the_newest(void **state)
{
	struct run *r = run_begun();
	uint64_t first;
	char order[64];

	(void)state;
	ok(r, resumed(r, "null"));
	first = r->last;
	join(r, ANN);
	join(r, BOB);
	ok(r, resumed(r, "null"));
	join(r, ANN);
	snprintf(order, sizeof order, "{\"of\":%llu}", (unsigned long long)first);
	refused(r, propose_as(r, NULL, "resume", order, "\"custodian\"", 2), ", the newest ceremony.resumed");
	run_free(r);
}

static void the_close_names_who_is_there(void **state)
{
	static const char *const wrong[] = {"[\"admin\",\"ann\",\"bob\",\"cat\"]",
	        "[\"ann\",\"admin\",\"bob\",\"cat\",\"wit\"]", "[\"admin\",\"ann\",\"bob\",\"cat\",\"wit\",\"eve\"]",
	        "[\"admin\",\"ann\",\"ann\",\"cat\",\"wit\"]", "[]"};
	struct run *r;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		r = run_begun();
		refused(r, put(r, NULL, CEREMONY_CLOSED, "{\"cosigners\":%s,\"exceptions\":0}", wrong[i]),
		        "the cosigners are not the people present, in the order they joined");
		run_free(r);
	}
	r = run_begun();
	for (int i = ADMIN; i <= WIT; i++)
		ok(r, leave(r, i));
	refused(r, put(r, NULL, CEREMONY_CLOSED, "{\"cosigners\":[],\"exceptions\":0}"),
	        "nobody is present who could cosign");
	run_free(r);
	r = run_attended();
	refused(r, put(r, NULL, CEREMONY_CLOSED, "{\"cosigners\":" ALL_NAMES ",\"exceptions\":0}"),
	        "the ceremony cannot close before begin is done");
	run_free(r);
	r = run_begun();
	ok(r, leave(r, BOB));
	ok(r, put(r, NULL, CEREMONY_CLOSED, "{\"cosigners\":[\"admin\",\"ann\",\"cat\",\"wit\"],\"exceptions\":0}"));
	assert_true(consent_closed(r->consent));
	run_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(joining_proves_the_key),
	        cmocka_unit_test(a_proof_is_the_joiners_own),
	        cmocka_unit_test(a_refused_or_dropped_joining_leaves_the_seat_free),
	        cmocka_unit_test(one_key_is_one_person_in_one_role),
	        cmocka_unit_test(roles_hold),
	        cmocka_unit_test(keys_are_a_cosigners_and_sound),
	        cmocka_unit_test(pinned_people_are_who_sits_down),
	        cmocka_unit_test(stand_ins_take_pinned_seats_in_a_rehearsal),
	        cmocka_unit_test(five_wrong_passphrases_lock_for_a_minute),
	        cmocka_unit_test(lock_out_holds_while_joining_too),
	        cmocka_unit_test(failures_are_counted),
	        cmocka_unit_test(a_ceremony_has_a_bounded_number_of_people),
	        cmocka_unit_test(a_resume_brings_a_new_console_key),
	        cmocka_unit_test(a_resume_ends_a_joining),
	        cmocka_unit_test(resume_is_of_the_newest),
	        cmocka_unit_test(the_close_names_who_is_there),
	};

	return cmocka_run_group_tests_name("roll call", tests, NULL, NULL);
}
