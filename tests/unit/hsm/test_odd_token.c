/* Odd answers of tokens, from a module made for it (tests/hsm/fake_module.c), and a helper that dies or hangs. */
#include "fixture.h"
#include <fcntl.h>
#include <signal.h>
#include <time.h>

static int unlock(struct room *r, uint64_t of, const char *text)
{
	return ask(r, (struct hsm_request){.verb = HSM_UNLOCK, .intended = of, .user_pin = pin(text)});
}

static struct room *room_odd_unlocked(const char *fake)
{
	struct room *r = room_odd(fake, true);
	uint64_t of = unlock_authority(r, "F1", "");
	must(r, unlock(r, of, "222222"));
	done(r, of, "{}");
	return r;
}

static void two_tokens_that_match_are_an_error(void **state)
{
	(void)state;
	struct room *r = room_odd("two", false);
	refused(r, ask(r, (struct hsm_request){.verb = HSM_INSPECT}), ERROR_FAULT, MSG_TOKEN_TWO);
	room_free(r);
}

static void a_locked_pin_is_not_tried(void **state)
{
	(void)state;
	struct room *r = room_odd("locked", true);
	uint64_t of = unlock_authority(r, "F1", "user_pin_locked");
	int result = unlock(r, of, "222222");
	assert_int_equal(r->error.ckr, 0xa4 /* CKR_PIN_LOCKED */);
	refused(r, result, ERROR_TOKEN, MSG_PIN_LOCKED);
	room_free(r);
}

static void the_last_try_is_told_and_then_the_lock(void **state)
{
	(void)state;
	struct room *r = room_odd("", true);
	uint64_t of = unlock_authority(r, "F1", "");
	refused(r, unlock(r, of, "111111"), ERROR_TOKEN, MSG_PIN_WRONG_FINAL);
	failed(r, of);
	of = unlock_authority(r, "F1", "user_pin_final_try");
	refused(r, unlock(r, of, "111111"), ERROR_TOKEN, MSG_PIN_NOW_LOCKED);
	failed(r, of);
	room_free(r);
}

/* How a token may misbehave at key generation. */
static void a_key_that_is_not_as_asked_does_not_stay(void **state)
{
	(void)state;
	static const struct {
		const char *fake;
		enum error_code code;
		const char *id, *field;
		unsigned left; /* public objects that remain */
	} cases[] = {
	        {"extractable", ERROR_TOKEN, MSG_READ_BACK, "CKA_EXTRACTABLE", 0},
	        {"no-derive", ERROR_TOKEN, MSG_READ_BACK, "CKA_DERIVE", 0},
	        {"bad-signature", ERROR_TOKEN, MSG_SIGNATURE_BAD, "ecdsa-sha256", 0},
	        {"odd-signature", ERROR_TOKEN, MSG_SIGNATURE_LENGTH, "63", 0},
	        {"context-login", ERROR_TOKEN, MSG_ALWAYS_AUTHENTICATE, "root-hsm", 0},
	        {"bad-point", ERROR_TOKEN, MSG_NOT_DESTROYED, "root-hsm", 1},
	        {"removed", ERROR_MISSING, MSG_TOKEN_GONE, "C_GenerateKeyPair", 0},
	        {"gone-at-sign", ERROR_MISSING, MSG_TOKEN_GONE, "C_Sign", 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct room *r = room_odd_unlocked(cases[i].fake);
		uint64_t of = key_authority(r, "F1", "ec-p256", "Root", "0a");
		int result = generate(r, of);
		assert_string_equal(r->error.message.args[0], cases[i].field);
		refused(r, result, cases[i].code, cases[i].id);
		failed(r, of);
		must(r, ask(r, (struct hsm_request){.verb = HSM_INSPECT}));
		assert_int_equal(json_get(answer(r), "objects")->count, cases[i].left);
		/* a token that went away comes back locked */
		if (cases[i].code == ERROR_MISSING) {
			of = key_authority(r, "F1", "ec-p256", "Root 2", "0b");
			refused(r, generate(r, of), ERROR_FAULT, MSG_LOCKED);
		}
		room_free(r);
	}
}

static void an_ec_point_may_be_raw_or_wrapped(void **state)
{
	(void)state;
	static const char *const fakes[] = {"raw", ""};
	for (int i = 0; i < 2; i++) {
		struct room *r = room_odd_unlocked(fakes[i]);
		uint64_t of = key_authority(r, "F1", "ec-p256", "Root", "0a");
		/* looking around closes no session */
		must(r, ask(r, (struct hsm_request){.verb = HSM_TOKENS}));
		must(r, generate(r, of));
		/* and no other curve than the token can do */
		done(r, of, bytes_string(&r->answer));
		of = key_authority(r, "F1", "ec-p384", "Root 2", "0b");
		refused(r, generate(r, of), ERROR_FAULT, MSG_NOT_ABLE);
		failed(r, of);
		of = key_authority(r, "F1", "ed25519", "Root 2", "0b");
		refused(r, generate(r, of), ERROR_FAULT, MSG_NOT_ABLE);
		room_free(r);
	}
}

static void a_call_that_hangs_does_not_hang_the_console(void **state)
{
	(void)state;
	struct room *r = room_odd("hang", true);
	uint64_t of = unlock_authority(r, "F1", "");
	struct hsm_request request = {.verb = HSM_UNLOCK, .hsm = "root-hsm", .intended = of, .user_pin = pin("222222")};
	refused(r, hsm_call(r->hsm, &request, 1, &r->answer, &r->error), ERROR_MISSING, MSG_LATE);
	assert_int_equal(hsm_answer(r->hsm, &r->answer, &r->error), 0);
	request = (struct hsm_request){.verb = HSM_LOCK, .hsm = "root-hsm", .user_pin = pin("222222")};
	refused(r, hsm_ask(r->hsm, &request, &r->error), ERROR_INTERNAL, MSG_BUSY);
	assert_null(request.user_pin);
	/* and it can be ended */
	time_t before = time(NULL);
	hsm_end(&r->hsm);
	assert_null(r->hsm);
	assert_true(time(NULL) - before < 10);
	room_free(r);
}

static void a_helper_that_cannot_start_is_missing(void **state)
{
	(void)state;
	struct error e = {0};
	char *environment[] = {NULL};
	assert_null(hsm_start("/nowhere/tachiai-hsm", environment, &e));
	assert_int_equal(e.code, ERROR_MISSING);
	assert_string_equal(e.message.id, MSG_START);
	assert_null(hsm_start("/etc/hostname", environment, &e));
	assert_int_equal(e.code, ERROR_IO);
}

/* The child of this process: the helper, by its name. */
static pid_t child(void)
{
	char command[128];
	int pid = 0;
	snprintf(command, sizeof command, "pgrep -n -P %d tachiai-hsm", (int)getpid());
	FILE *f = popen(command, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	pclose(f);
	return pid;
}

static void a_helper_that_dies_is_told(void **state)
{
	(void)state;
	struct room *r = room_odd("", true);
	assert_int_equal(kill(child(), SIGKILL), 0);
	refused(r, ask(r, (struct hsm_request){.verb = HSM_TOKENS}), ERROR_MISSING, MSG_GONE);
	refused(r, hsm_feed(r->hsm, "{}", 2, &r->error), ERROR_MISSING, MSG_GONE);
	struct hsm_request request = {.verb = HSM_UNLOCK, .hsm = "root-hsm", .user_pin = pin("222222")};
	refused(r, hsm_ask(r->hsm, &request, &r->error), ERROR_MISSING, MSG_GONE);
	assert_null(request.user_pin);
	room_free(r);
}

/* It opens nothing but its socket, and others cannot look into it. */
static void the_helper_has_no_other_descriptor_and_no_core(void **state)
{
	(void)state;
	char path[64], target[64];
	int leaked = open("/dev/zero", 0);
	struct room *r = room_odd("", false);
	must(r, ask(r, (struct hsm_request){.verb = HSM_TOKENS}));
	snprintf(path, sizeof path, "/proc/%d/limits", (int)child());
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	char line[256];
	bool none = false;
	while (fgets(line, sizeof line, f))
		none |= !strncmp(line, "Max core file size        0                    0 ", 49);
	fclose(f);
	assert_true(none);
	for (int fd = 0; fd < 32; fd++) {
		snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)child(), fd);
		ssize_t n = readlink(path, target, sizeof target - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (fd < 3)
			assert_string_equal(target, "/dev/null");
		else if (fd == 3)
			assert_int_equal(strncmp(target, "socket:", 7), 0);
		else
			assert_string_not_equal(target, "/dev/zero");
	}
	close(leaked);
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(two_tokens_that_match_are_an_error),
	        cmocka_unit_test(a_locked_pin_is_not_tried),
	        cmocka_unit_test(the_last_try_is_told_and_then_the_lock),
	        cmocka_unit_test(a_key_that_is_not_as_asked_does_not_stay),
	        cmocka_unit_test(an_ec_point_may_be_raw_or_wrapped),
	        cmocka_unit_test(a_call_that_hangs_does_not_hang_the_console),
	        cmocka_unit_test(a_helper_that_cannot_start_is_missing),
	        cmocka_unit_test(a_helper_that_dies_is_told),
	        cmocka_unit_test(the_helper_has_no_other_descriptor_and_no_core),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
