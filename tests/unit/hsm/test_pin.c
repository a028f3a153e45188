/* PINs: their length on tokens of several makes, tokens that cut them, PINs entered on the device, and their change. */
#include "fixture.h"

static uint64_t initialising(struct room *r, const char *label)
{
	char order[512];
	snprintf(order, sizeof order, "{\"hsm\":\"root-hsm\",\"serial\":\"F1\",\"label\":\"%s\",\"login\":\"%s\",\"found\":[],\"erase\":[]}", label,
	        r->login ? r->login : "shares");
	return propose(r, "initialise", "initialise-hsm", order, PEOPLE);
}

static int initialise(struct room *r, uint64_t of, const char *so, const char *user, const char *bounds)
{
	return ask(r, (struct hsm_request){.verb = HSM_INITIALISE,
	                      .intended = of,
	                      .so_pin = so ? pin(so) : NULL,
	                      .user_pin = user ? pin(user) : NULL,
	                      .data = bounds,
	                      .len = bounds ? strlen(bounds) : 0});
}

/* `act` also names the step. */
static uint64_t changing(struct room *r, const char *act, const char *serial, const char *which, const char *flags)
{
	char order[512];
	bool settle = !strcmp(act, "settle-custodians");
	snprintf(order, sizeof order, "{\"hsm\":\"root-hsm\",\"serial\":\"%s\",\"secret\":\"user\",\"pin\":\"%s\",\"flags\":\"%s\"%s}", serial, which,
	        flags, settle ? "" : ",\"holders\":[\"ann\",\"bob\"],\"threshold\":2,\"shares\":2,\"still_open\":[\"a backup\"]");
	return propose(r, !strcmp(act, "share-secret") ? "share" : "change", act, order, PEOPLE);
}

static int change(struct room *r, enum hsm_verb verb, uint64_t of, const char *which, const char *old, const char *new)
{
	bool so = !strcmp(which, "so");
	return ask(r, (struct hsm_request){.verb = verb,
	                      .intended = of,
	                      .so_pin = so ? pin(new) : NULL,
	                      .user_pin = so ? NULL : pin(new),
	                      .old_pin = pin(old)});
}

/* What the site's rule makes for a YubiHSM or a SmartCard-HSM fits it, and what does not fit is refused before the token hears of it, or by
 * the token before it does anything. */
static void lengths_are_those_of_the_token(void **state)
{
	(void)state;
	static const struct {
		const char *fake, *so, *user, *bounds, *id;
		enum error_code code;
	} cases[] = {
	        {"sc-hsm", "0123456789abcdef", "123456789012345", HSM_OWN_BOUNDS, NULL, ERROR_NONE},
	        {"sc-hsm", "0123456789abcdef", "1234567890123456", HSM_OWN_BOUNDS, MSG_PIN_LONG, ERROR_FAULT},
	        {"sc-hsm", "0123456789abcdef", "12345", HSM_OWN_BOUNDS, MSG_PIN_SHORT, ERROR_FAULT},
	        {"sc-hsm", "0123456789abcdef", "123456789012345", NULL, MSG_PIN_LONG, ERROR_FAULT},
	        {"sc-hsm", "0123456789abcde", "123456789012345", HSM_OWN_BOUNDS, MSG_PIN_LENGTH, ERROR_TOKEN},
	        {"sc-hsm", "0123456789abcdef0123456789abcdef", "123456789012345", HSM_OWN_BOUNDS, MSG_PIN_LENGTH, ERROR_TOKEN},
	        /* opencryptoki's software token: 4 to 8 of both */
	        {"", "87654321", "12345678", NULL, NULL, ERROR_NONE},
	        {"", "87654321", "123456789", NULL, MSG_PIN_LONG, ERROR_FAULT},
	        {"", "876543210", "12345678", NULL, MSG_PIN_LONG, ERROR_FAULT},
	        {"", "876", "12345678", NULL, MSG_PIN_SHORT, ERROR_FAULT},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct room *r = room_odd(cases[i].fake, true);
		uint64_t of = initialising(r, "REHEARSAL new");
		int result = initialise(r, of, cases[i].so, cases[i].user, cases[i].bounds);
		if (cases[i].id)
			refused(r, result, cases[i].code, cases[i].id);
		else
			must(r, result);
		room_free(r);
	}
}

/* A YubiHSM's PIN begins with its key's id; it has no SO, and is never initialised here: its PIN is shared. */
static void a_prefix_is_part_of_the_pin(void **state)
{
	(void)state;
	struct room *r = room_odd("yubihsm", true);
	uint64_t of = changing(r, "share-secret", "F1", "user", "");
	refused(r, change(r, HSM_CHANGE_PIN, of, "user", "0001password", "0001"), ERROR_FAULT, MSG_PIN_SHORT);
	failed(r, of);
	of = changing(r, "share-secret", "F1", "user", "");
	refused(r, change(r, HSM_CHANGE_PIN, of, "user", "0001password",
	                   "0001aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	        ERROR_FAULT, MSG_PIN_LONG);
	failed(r, of);
	of = changing(r, "share-secret", "F1", "user", "");
	must(r, change(r, HSM_CHANGE_PIN, of, "user", "0001password", "0001aaaaaaaaaaaaaaaa"));
	done(r, of, bytes_string(&r->answer));
	of = unlock_authority(r, "F1", "");
	must(r, ask(r, (struct hsm_request){.verb = HSM_UNLOCK, .intended = of, .user_pin = pin("0001aaaaaaaaaaaaaaaa")}));
	room_free(r);
}

/* The login was proved with the whole PIN, and it would be proved with less. */
static void a_token_that_cuts_pins_is_found_out(void **state)
{
	(void)state;
	struct room *r = room_odd("cuts", true);
	uint64_t of = initialising(r, "REHEARSAL new");
	int result = initialise(r, of, "123456", "12345678", NULL);
	assert_string_equal(r->error.message.args[0], "user");
	refused(r, result, ERROR_TOKEN, MSG_PIN_CUT);
	failed(r, of);
	of = initialising(r, "REHEARSAL new");
	result = initialise(r, of, "1234567", "123456", NULL);
	room_free(r);
	r = room_odd("cuts", true);
	of = changing(r, "change-custodians", "F1", "user", "");
	refused(r, change(r, HSM_CHANGE_PIN, of, "user", "222222", "1234567"), ERROR_TOKEN, MSG_PIN_CUT);
	failed(r, of);
	room_free(r);
	/* as many characters as it keeps are no cut */
	r = room_odd("cuts", true);
	of = initialising(r, "REHEARSAL new");
	must(r, initialise(r, of, "123456", "654321", NULL));
	room_free(r);
}

static void a_pin_entered_on_the_device_is_nobodys_here(void **state)
{
	(void)state;
	struct room *r = room_odd_login("path", true, "protected-path");
	uint64_t of = initialising(r, "REHEARSAL new");
	must(r, initialise(r, of, NULL, NULL, NULL));
	assert_string_equal(json_text(answer(r), "label"), "REHEARSAL new");
	done(r, of, bytes_string(&r->answer));
	of = unlock_authority(r, "F1", "");
	must(r, ask(r, (struct hsm_request){.verb = HSM_UNLOCK, .intended = of}));
	room_free(r);
	/* what is given from here all the same is not used */
	r = room_odd_login("path", true, "protected-path");
	of = unlock_authority(r, "F1", "");
	must(r, ask(r, (struct hsm_request){.verb = HSM_UNLOCK, .intended = of, .user_pin = pin("wrong")}));
	room_free(r);
	/* nor is a login tried that the device has no way for */
	r = room_odd_login("", true, "protected-path");
	of = unlock_authority(r, "F1", "");
	refused(r, ask(r, (struct hsm_request){.verb = HSM_UNLOCK, .intended = of}), ERROR_FAULT, MSG_NO_PATH);
	failed(r, of);
	of = initialising(r, "REHEARSAL new");
	refused(r, initialise(r, of, NULL, NULL, NULL), ERROR_FAULT, MSG_NO_PATH);
	room_free(r);
	/* and where the record says shares, no PIN is no PIN, whatever the device has */
	r = room_odd("path", true);
	of = unlock_authority(r, "F1", "");
	refused(r, ask(r, (struct hsm_request){.verb = HSM_UNLOCK, .intended = of}), ERROR_FAULT, MSG_PIN_NONE);
	room_free(r);
	r = room_odd_login("path-cancelled", true, "protected-path");
	of = unlock_authority(r, "F1", "");
	refused(r, ask(r, (struct hsm_request){.verb = HSM_UNLOCK, .intended = of}), ERROR_TOKEN, MSG_CALL);
	room_free(r);
}

/* On SoftHSM: changed, proved, the old one refused, the counters at rest; and the record's `refused` is true to its word. */
static void a_pin_is_changed_and_the_old_one_is_gone(void **state)
{
	(void)state;
	static const struct {
		const char *which, *old, *new;
	} cases[] = {{"user", "user-pin-1", "user-pin-2"}, {"so", "so-pin-1", "so-pin-2"}};
	char serial[64];
	struct room *r = room_new();
	room_begin(r);
	room_initialise(r, serial);
	for (size_t i = 0; i < 2; i++) {
		uint64_t of = changing(r, "change-custodians", serial, cases[i].which, "");
		refused(r, change(r, HSM_CHANGE_PIN, of, cases[i].which, "not this one", cases[i].new), ERROR_FAULT, MSG_PIN_WRONG_LOW);
		failed(r, of);
		of = changing(r, "change-custodians", serial, cases[i].which, i ? "so_pin_count_low" : "user_pin_count_low");
		must(r, change(r, HSM_CHANGE_PIN, of, cases[i].which, cases[i].old, cases[i].new));
		assert_string_equal(json_text(answer(r), "old_pin"), "CKR_PIN_INCORRECT");
		assert_false(json_true(json_get(answer(r), "flags"), "user_pin_count_low"));
		assert_false(json_true(json_get(answer(r), "flags"), "so_pin_count_low"));
		done(r, of, bytes_string(&r->answer));
		/* once is all that the authority was for */
		of = changing(r, "settle-custodians", serial, cases[i].which, "");
		must(r, change(r, HSM_SETTLE_PIN, of, cases[i].which, cases[i].old, cases[i].new));
		assert_string_equal(bytes_string(&r->answer), "{\"valid\":\"new\"}");
		refused_saying(r, change(r, HSM_SETTLE_PIN, of, cases[i].which, cases[i].old, cases[i].new), "spent");
		done(r, of, "{\"valid\":\"new\"}");
		of = changing(r, "settle-custodians", serial, cases[i].which, "");
		must(r, change(r, HSM_SETTLE_PIN, of, cases[i].which, cases[i].new, "never set"));
		assert_string_equal(bytes_string(&r->answer), "{\"valid\":\"old\"}");
		done(r, of, "{\"valid\":\"old\"}");
		of = changing(r, "settle-custodians", serial, cases[i].which, "");
		refused(r, change(r, HSM_SETTLE_PIN, of, cases[i].which, "neither", "nor"), ERROR_TOKEN, MSG_NONE_OPENS);
		failed(r, of);
		of = changing(r, "settle-custodians", serial, cases[i].which, i ? "so_pin_count_low" : "user_pin_count_low");
		must(r, change(r, HSM_SETTLE_PIN, of, cases[i].which, cases[i].old, cases[i].new));
		done(r, of, "{\"valid\":\"new\"}");
	}
	room_free(r);
}

static void a_change_keeps_to_its_order(void **state)
{
	(void)state;
	static const struct {
		const char *act, *which, *flags, *asked, *old, *new, *id;
		enum hsm_verb verb;
	} cases[] = {
	        {"change-custodians", "user", "", "so", "user-pin-1", "user-pin-2", MSG_ORDER_FORM, HSM_CHANGE_PIN},
	        {"change-custodians", "user", "", "user", "user-pin-1", "user-pin-1", MSG_PIN_SAME, HSM_CHANGE_PIN},
	        {"change-custodians", "user", "user_pin_final_try", "user", "user-pin-1", "user-pin-2", MSG_ORDER_FIELD, HSM_CHANGE_PIN},
	        {"change-custodians", "user", "", "user", "user-pin-1", "12", MSG_PIN_SHORT, HSM_CHANGE_PIN},
	        {"change-custodians", "user", "", "user", "user-pin-1", "user-pin-2", MSG_OTHER_ACT, HSM_SETTLE_PIN},
	        {"settle-custodians", "user", "", "user", "user-pin-1", "user-pin-2", MSG_OTHER_ACT, HSM_CHANGE_PIN},
	};
	char serial[64];
	struct room *r = room_new();
	room_begin(r);
	room_initialise(r, serial);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t of = changing(r, cases[i].act, serial, cases[i].which, cases[i].flags);
		refused(r, change(r, cases[i].verb, of, cases[i].asked, cases[i].old, cases[i].new), ERROR_FAULT, cases[i].id);
		failed(r, of);
	}
	uint64_t of = changing(r, "change-custodians", "0000", "user", "");
	refused(r, change(r, HSM_CHANGE_PIN, of, "user", "user-pin-1", "user-pin-2"), ERROR_FAULT, MSG_ORDER_FIELD);
	failed(r, of);
	refused(r, change(r, HSM_CHANGE_PIN, of, "user", "user-pin-1", "user-pin-2"), ERROR_FAULT, MSG_NOT_INTENDED);
	room_unlock(r, serial);
	of = changing(r, "change-custodians", serial, "user", "");
	refused(r, change(r, HSM_CHANGE_PIN, of, "user", "user-pin-1", "user-pin-2"), ERROR_FAULT, MSG_UNLOCKED);
	room_free(r);
}

/* Odd answers after the change: the act has failed, and what the token has is for HSM_SETTLE_PIN to find out. */
static void an_old_pin_that_stays_is_told(void **state)
{
	(void)state;
	struct room *r = room_odd("keeps-old", true);
	uint64_t of = changing(r, "change-custodians", "F1", "user", "");
	refused(r, change(r, HSM_CHANGE_PIN, of, "user", "222222", "333333"), ERROR_TOKEN, MSG_OLD_PIN_OPEN);
	failed(r, of);
	of = changing(r, "settle-custodians", "F1", "user", "");
	refused(r, change(r, HSM_SETTLE_PIN, of, "user", "222222", "333333"), ERROR_TOKEN, MSG_BOTH_OPEN);
	room_free(r);
	r = room_odd("odd-old", true);
	of = changing(r, "change-custodians", "F1", "user", "");
	int result = change(r, HSM_CHANGE_PIN, of, "user", "222222", "333333");
	assert_string_equal(r->error.message.args[2], "CKR_PIN_LEN_RANGE");
	refused(r, result, ERROR_TOKEN, MSG_OLD_PIN_ODD);
	room_free(r);
	r = room_odd("locked", true);
	of = changing(r, "change-custodians", "F1", "user", "user_pin_locked");
	refused(r, change(r, HSM_CHANGE_PIN, of, "user", "222222", "333333"), ERROR_FAULT, MSG_PIN_LOCKED);
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lengths_are_those_of_the_token),
	        cmocka_unit_test(a_prefix_is_part_of_the_pin),
	        cmocka_unit_test(a_token_that_cuts_pins_is_found_out),
	        cmocka_unit_test(a_pin_entered_on_the_device_is_nobodys_here),
	        cmocka_unit_test(a_pin_is_changed_and_the_old_one_is_gone),
	        cmocka_unit_test(a_change_keeps_to_its_order),
	        cmocka_unit_test(an_old_pin_that_stays_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
