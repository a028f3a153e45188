/* Which token, initialised and unlocked how: on real SoftHSM tokens. */
#include "fixture.h"

static int inspect(struct room *r)
{
	return ask(r, (struct hsm_request){.verb = HSM_INSPECT});
}

static int initialise(struct room *r, uint64_t of, const char *so, const char *user)
{
	return ask(r,
	        (struct hsm_request){.verb = HSM_INITIALISE, .intended = of, .so_pin = pin(so), .user_pin = pin(user)});
}

static int unlock(struct room *r, uint64_t of, const char *user)
{
	return ask(r, (struct hsm_request){.verb = HSM_UNLOCK, .intended = of, .user_pin = user ? pin(user) : NULL});
}

/* The serial of the token with this label, from the list of all. */
static void serial_of(struct room *r, const char *label, char serial[64])
{
	must(r, ask(r, (struct hsm_request){.verb = HSM_TOKENS}));
	const struct json *list = answer(r);
	assert_int_equal(list->type, JSON_ARRAY);
	for (const struct json *t = list->child; t; t = t->next)
		if (!strcmp(json_text(t, "label"), label)) {
			snprintf(serial, 64, "%s", json_text(t, "serial"));
			return;
		}
	fail_msg("no token %s in %s", label, bytes_string(&r->answer));
}

static void nothing_works_before_entry_0(void **state)
{
	(void)state;
	struct room *r = room_new();
	refused(r, ask(r, (struct hsm_request){.verb = HSM_TOKENS}), ERROR_FAULT, MSG_NO_RECORD);
	room_open(r);
	must(r, ask(r, (struct hsm_request){.verb = HSM_TOKENS}));
	refused(r, ask(r, (struct hsm_request){.verb = HSM_TOKENS, .hsm = "other"}), ERROR_FAULT, MSG_NO_HSM);
	room_free(r);
}

static void inspection_tells_what_the_token_is(void **state)
{
	(void)state;
	struct room *r = room_new();
	room_open(r);
	must(r, inspect(r));
	const struct json *found = answer(r);
	assert_string_equal(json_text(found, "label"), "");
	assert_string_equal(json_text(found, "manufacturer"), "SoftHSM project");
	assert_string_equal(json_text(found, "model"), "SoftHSM v2");
	assert_string_equal(json_text(found, "pin_flags"), "");
	assert_int_equal(json_number(found, "pin_min", 0), 4);
	assert_int_equal(json_number(found, "pin_max", 0), 255);
	assert_false(json_true(json_get(found, "flags"), "token_initialised"));
	assert_non_null(strstr(bytes_string(&r->answer), "\"CKM_EC_KEY_PAIR_GEN\""));
	assert_null(strstr(bytes_string(&r->answer), "\"0x"));
	assert_int_equal(json_get(found, "objects")->count, 0);
	room_free(r);
}

static void the_module_must_be_the_recorded_one(void **state)
{
	(void)state;
	static const struct {
		const char *module, *hash, *id;
		enum error_code code;
	} cases[] = {
	        {MODULE, SHA_A, MSG_MODULE_HASH, ERROR_FAULT},
	        {"/nowhere/libnone.so", SHA_A, MSG_MODULE_MISSING, ERROR_MISSING},
	        {"libsofthsm2.so", SHA_A, MSG_MODULE_PATH, ERROR_FAULT},
	        {"/etc/hostname", NULL, MSG_MODULE_LOAD, ERROR_MISSING},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct room *r = room_new();
		r->module = cases[i].module;
		r->module_sha256 = cases[i].hash;
		room_open(r);
		refused(r, ask(r, (struct hsm_request){.verb = HSM_TOKENS}), cases[i].code, cases[i].id);
		room_free(r);
	}
}

static void the_token_is_chosen_by_label_and_serial(void **state)
{
	(void)state;
	static const struct {
		const char *made[2], *label, *serial;
		bool rehearsal, software;
		enum error_code code;
		const char *id;
	} cases[] = {
	        {{"REHEARSAL one", NULL}, "REHEARSAL one", "0000000000000000", true, false, ERROR_MISSING,
	                MSG_TOKEN_NONE},
	        {{"REHEARSAL one", NULL}, "REHEARSAL two", "", true, false, ERROR_MISSING, MSG_TOKEN_NONE},
	        {{NULL, NULL}, "", "1234", true, false, ERROR_MISSING, MSG_TOKEN_NONE_FRESH},
	        {{NULL, NULL}, "", "", false, false, ERROR_FAULT, MSG_TOKEN_SOFTWARE},
	        {{NULL, NULL}, "", "", false, true, ERROR_NONE, NULL},
	        {{NULL, NULL}, "", "", true, false, ERROR_NONE, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct room *r = room_new();
		for (int j = 0; j < 2 && cases[i].made[j]; j++)
			make_token(r, cases[i].made[j]);
		r->label = cases[i].label;
		r->serial = cases[i].serial;
		r->rehearsal = cases[i].rehearsal;
		r->software = cases[i].software;
		room_open(r);
		if (cases[i].id)
			refused(r, inspect(r), cases[i].code, cases[i].id);
		else
			must(r, inspect(r));
		room_free(r);
	}
}

static void the_right_serial_is_taken_and_a_real_token_left_alone_in_rehearsals(void **state)
{
	(void)state;
	static const struct {
		const char *label, *refusal;
	} cases[] = {{"REHEARSAL one", NULL}, {"real root", MSG_TOKEN_REAL}};
	char serial[64], command[256];
	struct room *r = room_new();
	make_token(r, "REHEARSAL one");
	make_token(r, "real root");
	room_open(r);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		serial_of(r, cases[i].label, serial);
		struct room *again = room_new();
		snprintf(command, sizeof command, "cp -r %s/*-* %s/", r->directory, again->directory);
		assert_int_equal(system(command), 0);
		again->label = cases[i].label;
		again->serial = serial;
		room_open(again);
		if (cases[i].refusal) {
			refused(again, inspect(again), ERROR_FAULT, cases[i].refusal);
		} else {
			must(again, inspect(again));
			assert_string_equal(json_text(answer(again), "serial"), serial);
		}
		room_free(again);
	}
	room_free(r);
}

static void initialising_keeps_its_rules(void **state)
{
	(void)state;
	static char too_long[300];
	memset(too_long, '7', 299);
	static const char order[] =
	        "{\"hsm\":\"root-hsm\",\"serial\":\"%s\",\"label\":\"%s\",\"login\":\"%s\",\"found\":%s,\"erase\":[]}";
	static const struct {
		const char *serial, *label, *login, *found, *so, *user, *id;
	} cases[] = {
	        {"", "REHEARSAL a", "shares", "[]", "123", "user-pin", MSG_PIN_SHORT},
	        {"", "REHEARSAL a", "shares", "[]", "so-pin", "12", MSG_PIN_SHORT},
	        {"", "REHEARSAL a", "shares", "[]", "so-pin", too_long, MSG_PIN_LONG},
	        {"", "REHEARSAL a", "shares", "[]", too_long, "user-pin", MSG_PIN_LONG},
	        {"", "root a", "shares", "[]", "so-pin", "user-pin", MSG_LABEL_NOT_REHEARSAL},
	        {"", "REHEARSAL", "shares", "[]", "so-pin", "user-pin", MSG_LABEL_NOT_REHEARSAL},
	        {"", "", "shares", "[]", "so-pin", "user-pin", MSG_LABEL_FORM},
	        {"", "REHEARSAL 345678901234567890123456", "shares", "[]", "so-pin", "user-pin", MSG_LABEL_FORM},
	        {"", "REHEARSAL taken", "shares", "[]", "so-pin", "user-pin", MSG_LABEL_TWO},
	        {"12", "REHEARSAL a", "shares", "[]", "so-pin", "user-pin", MSG_ORDER_FIELD},
	        {"", "REHEARSAL a", "split-entry", "[]", "so-pin", "user-pin", MSG_ORDER_FIELD},
	        {"", "REHEARSAL a", "shares", "[{\"label\":\"x\"}]", "so-pin", "user-pin", MSG_ORDER_FIELD},
	        {"", "REHEARSAL a", "shares", "null", "so-pin", "user-pin", MSG_ORDER_FORM},
	};
	char text[512];
	struct room *r = room_new();
	make_token(r, "REHEARSAL taken");
	room_begin(r);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(text, sizeof text, order, cases[i].serial, cases[i].label, cases[i].login, cases[i].found);
		uint64_t of = propose(r, "initialise", "initialise-hsm", text, PEOPLE);
		refused(r, initialise(r, of, cases[i].so, cases[i].user), ERROR_FAULT, cases[i].id);
		failed(r, of);
	}
	/* all of that has left the fresh token as it was */
	must(r, inspect(r));
	assert_false(json_true(json_get(answer(r), "flags"), "token_initialised"));
	room_free(r);
}

static void a_real_ceremony_does_not_make_rehearsal_tokens(void **state)
{
	(void)state;
	struct room *r = room_new();
	r->rehearsal = false;
	room_begin(r);
	uint64_t of = initialise_authority(r, "", "REHEARSAL root");
	refused(r, initialise(r, of, "so-pin-1", "user-pin-1"), ERROR_FAULT, MSG_LABEL_REHEARSAL);
	failed(r, of);
	of = initialise_authority(r, "", "Example root");
	must(r, initialise(r, of, "so-pin-1", "user-pin-1"));
	room_free(r);
}

static void the_token_is_found_again_by_its_new_label_also_by_a_new_helper(void **state)
{
	(void)state;
	char serial[64];
	struct room *r = room_new();
	room_begin(r);
	room_initialise(r, serial);
	assert_int_equal(strlen(serial), 16);
	must(r, inspect(r));
	assert_string_equal(json_text(answer(r), "label"), "REHEARSAL root");
	/* as a resumed console does it: a new helper, the same lines */
	hsm_end(&r->hsm);
	start_helper(r);
	for (uint64_t i = 0; i < r->seq; i++)
		must(r, hsm_feed(r->hsm, bytes_string(&r->lines[i]), r->lines[i].len, &r->error));
	must(r, inspect(r));
	assert_string_equal(json_text(answer(r), "label"), "REHEARSAL root");
	room_unlock(r, serial);
	room_free(r);
}

static void facts_that_name_another_token_are_refused(void **state)
{
	(void)state;
	struct room *r = room_new();
	room_begin(r);
	uint64_t of = initialise_authority(r, "", "REHEARSAL root");
	must(r, initialise(r, of, "so-pin-1", "user-pin-1"));
	done(r, of, "{\"label\":\"REHEARSAL other\",\"serial\":\"1\",\"flags\":{}}");
	refused(r, inspect(r), ERROR_FAULT, MSG_INITIALISED_FACTS);
	room_free(r);
}

/* A token that was used before: its SO PIN, and what is on it. */
static void an_initialised_token_needs_its_so_pin_and_its_objects_named(void **state)
{
	(void)state;
	static const char order[] = "{\"hsm\":\"root-hsm\",\"serial\":\"%s\",\"label\":\"REHEARSAL "
	                            "two\",\"login\":\"shares\",\"found\":%s,\"erase\":%s}";
	char serial[64], found[512], text[1024];
	struct room *r = room_unlocked(serial);
	uint64_t of = key_authority(r, serial, "ec-p256", "Old root", "0a");
	must(r, generate(r, of));
	done(r, of, bytes_string(&r->answer));
	of = initialise_authority(r, serial, "REHEARSAL two");
	refused(r, initialise(r, of, "so-pin-2", "user-pin-2"), ERROR_FAULT, MSG_UNLOCKED);
	failed(r, of);
	must(r, ask(r, (struct hsm_request){.verb = HSM_LOCK}));

	must(r, inspect(r));
	struct bytes objects = {0};
	json_put(&(struct json_writer){.out = &objects}, json_get(answer(r), "objects"));
	snprintf(found, sizeof found, "%s", bytes_string(&objects));
	bytes_free(&objects);
	of = initialise_authority(r, serial, "REHEARSAL two");
	refused(r, initialise(r, of, "so-pin-2", "user-pin-2"), ERROR_FAULT, MSG_ORDER_FIELD);
	failed(r, of);
	snprintf(text, sizeof text, order, serial, found, "[\"Other\"]");
	of = propose(r, "initialise", "initialise-hsm", text, PEOPLE);
	refused(r, initialise(r, of, "so-pin-2", "user-pin-2"), ERROR_FAULT, MSG_NOT_ERASED);
	failed(r, of);

	snprintf(text, sizeof text, order, serial, found, "[\"Old root\"]");
	of = propose(r, "initialise", "initialise-hsm", text, PEOPLE);
	refused(r, initialise(r, of, "so-pin-2", "user-pin-2"), ERROR_TOKEN, MSG_PIN_WRONG);
	failed(r, of);

	of = propose(r, "initialise", "initialise-hsm", text, PEOPLE);
	must(r, ask(r, (struct hsm_request){.verb = HSM_INITIALISE,
	                       .intended = of,
	                       .old_pin = pin("so-pin-1"),
	                       .so_pin = pin("so-pin-2"),
	                       .user_pin = pin("user-pin-2")}));
	assert_string_equal(json_text(answer(r), "serial"), serial);
	done(r, of, bytes_string(&r->answer));
	must(r, inspect(r));
	assert_int_equal(json_get(answer(r), "objects")->count, 0);
	of = unlock_authority(r, serial, "");
	must(r, unlock(r, of, "user-pin-2"));
	room_free(r);
}

static void a_wrong_pin_is_told_and_the_next_try_is_shown_the_flags(void **state)
{
	(void)state;
	char serial[64];
	struct room *r = room_new();
	room_begin(r);
	room_initialise(r, serial);
	uint64_t of = unlock_authority(r, serial, "");
	int result = unlock(r, of, "wrong-pin");
	assert_int_equal(r->error.ckr, 0xa0 /* CKR_PIN_INCORRECT */);
	refused(r, result, ERROR_TOKEN, MSG_PIN_WRONG_LOW);
	/* the authority is spent by it */
	failed(r, of);
	/* approvers who were not shown the flags */
	of = unlock_authority(r, serial, "");
	refused(r, unlock(r, of, "user-pin-1"), ERROR_FAULT, MSG_ORDER_FIELD);
	failed(r, of);
	must(r, inspect(r));
	assert_string_equal(json_text(answer(r), "pin_flags"), "user_pin_count_low");
	of = unlock_authority(r, serial, "user_pin_count_low");
	refused(r, unlock(r, of, NULL), ERROR_FAULT, MSG_PIN_NONE);
	must(r, unlock(r, of, "user-pin-1"));
	assert_false(json_true(json_get(answer(r), "flags"), "user_pin_count_low"));
	done(r, of, bytes_string(&r->answer));
	/* a second one changes nothing */
	of = unlock_authority(r, serial, "");
	refused(r, unlock(r, of, "user-pin-1"), ERROR_FAULT, MSG_UNLOCKED);
	failed(r, of);
	must(r, ask(r, (struct hsm_request){.verb = HSM_LOCK}));
	of = key_authority(r, serial, "ec-p256", "Root", "0a");
	refused(r, generate(r, of), ERROR_FAULT, MSG_LOCKED);
	room_free(r);
}

static void a_wrong_pin_spends_the_authority(void **state)
{
	(void)state;
	char serial[64];
	struct room *r = room_new();
	room_begin(r);
	room_initialise(r, serial);
	uint64_t of = unlock_authority(r, serial, "");
	refused(r, unlock(r, of, "wrong-pin"), ERROR_TOKEN, MSG_PIN_WRONG_LOW);
	/* the same authority again: refused before the token is asked */
	refused(r, unlock(r, of, "user-pin-1"), ERROR_FAULT, MSG_ORDER_FIELD);
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_works_before_entry_0),
	        cmocka_unit_test(inspection_tells_what_the_token_is),
	        cmocka_unit_test(the_module_must_be_the_recorded_one),
	        cmocka_unit_test(the_token_is_chosen_by_label_and_serial),
	        cmocka_unit_test(the_right_serial_is_taken_and_a_real_token_left_alone_in_rehearsals),
	        cmocka_unit_test(initialising_keeps_its_rules),
	        cmocka_unit_test(a_real_ceremony_does_not_make_rehearsal_tokens),
	        cmocka_unit_test(the_token_is_found_again_by_its_new_label_also_by_a_new_helper),
	        cmocka_unit_test(facts_that_name_another_token_are_refused),
	        cmocka_unit_test(an_initialised_token_needs_its_so_pin_and_its_objects_named),
	        cmocka_unit_test(a_wrong_pin_is_told_and_the_next_try_is_shown_the_flags),
	        cmocka_unit_test(a_wrong_pin_spends_the_authority),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
