/* Plain lines over a fake engine: every prompt can be answered, every command works, and nothing secret is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/screens/drive.h"

static void answer_up_to_the_approval(struct drive *d)
{
	drive_type(d, "9\ncustodian\nAoi Sato\n\npassport\n");
	assert_true(drive_wait(d, "! 9 is none of the choices; pick one that is shown."));
	assert_true(drive_wait(d, "Presence of alice"));
	drive_type(d, "wrong\ngood\nobsidian\n1\n12x456\n123456\n2\n123456\n");
	assert_true(drive_wait(d, "! That passphrase does not unlock the key of alice; type it again."));
	assert_true(drive_wait(d, "! The entry does not have the form [0-9]{6}; look again and type it anew."));
}

static void the_end_of_the_input_pauses(void **state)
{
	struct drive d = drive_pipes(plain_run, false);

	(void)state;
	assert_true(drive_wait(&d, "Role"));
	close(d.in);
	d.in = d.out;
	assert_int_equal(drive_end(&d), ENGINE_PAUSED);
}

static void commands_work_at_any_question(void **state)
{
	struct drive d = drive_pipes(plain_run, false);

	(void)state;
	drive_type(&d, ":help\n");
	assert_true(drive_wait(&d, "This step makes the HSM ready."));
	drive_type(&d, ":people\n");
	assert_true(drive_wait(&d, "custodian  bob  Bob Suzuki  present  locked for a minute"));
	drive_type(&d, ":transcript\n");
	assert_true(drive_wait(&d, "{\"seq\":39,"));
	drive_type(&d, ":refuse\n");
	assert_true(drive_wait(&d, "There is nothing to refuse here."));
	drive_type(&d, ":artifacts\n");
	assert_true(drive_wait(&d, "root.der"));
	drive_type(&d, ":leave\nbob\n:back\n");
	assert_true(drive_wait(&d, "Somebody leaves the room"));
	drive_type(&d, ":exception\nalice\nA lamp went out.\nbob\nseen\n");
	assert_true(drive_wait(&d, "What was not as the script says?"));
	drive_type(&d, ":pause\n1\nlunch\nyes\npause\n");
	assert_true(drive_wait(&d, "! That is not the word; type exactly pause."));
	assert_int_equal(drive_end(&d), ENGINE_PAUSED);
}

static void a_whole_ceremony_goes_by_lines(void **state)
{
	struct drive d = drive_pipes(plain_run, false);

	(void)state;
	answer_up_to_the_approval(&d);
	assert_true(drive_wait(&d, "hsm root-hsm, property 39"));
	drive_type(&d, "alice\nsecret-one\nbob\nsecret-two\n");
	assert_true(drive_wait(&d, "Signed 1 of 2, still needed 1: alice"));
	drive_type(&d, "\n\n");
	assert_true(drive_wait(&d, "20 advance"));
	drive_type(&d, "ZERO adap advo acid adeq afra acne adju agai acqu admi agen acro ador agre acti adul aide actr "
	               "adva\n");
	assert_true(drive_wait(&d, "! Word 1 of the share is wrong; look at it again."));
	drive_type(&d, "ACAD adap  advo acid adeq afra acne adju agai acqu admi agen acro ador agre acti adul aide "
	               "actr adva\n\n\n");
	assert_true(drive_wait(&d, "SHA-256: acf6 d988 a502"));
	drive_type(&d, "1\nend\n2\n");
	assert_null(strstr(bytes_string(&d.seen), "secret-"));
	assert_int_equal(drive_end(&d), ENGINE_CLOSED);
}

static void the_rehearsal_plays_itself(void **state)
{
	struct drive d = drive_pipes(plain_run, true);

	(void)state;
	assert_true(drive_wait(&d, "*** REHEARSAL"));
	assert_true(drive_wait(&d, "The words of the share: (hidden)"));
	assert_null(strstr(bytes_string(&d.seen), "academic"));
	assert_null(strstr(bytes_string(&d.seen), "a passphrase"));
	assert_int_equal(drive_end(&d), ENGINE_CLOSED);
}

static void a_signal_pauses(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct drive d = drive_pipes(plain_run, false);

		assert_true(drive_wait(&d, "> "));
		kill(d.pid, signals[i]);
		assert_int_equal(drive_end(&d), ENGINE_PAUSED);
	}
}

static void a_secret_is_not_echoed_on_a_terminal(void **state)
{
	struct drive d = drive_pty(plain_run, "xterm", 24, 80);

	(void)state;
	assert_true(drive_wait(&d, "> "));
	drive_type(&d, "custodian\nAoi\n\npassport\n");
	assert_true(drive_wait(&d, "Passphrase of this person's key\r\n> "));
	drive_type(&d, "unseen-passphrase\n");
	assert_true(drive_wait(&d, "obsidian"));
	assert_null(strstr(bytes_string(&d.seen), "unseen"));
	drive_type(&d, "\x03");
	assert_int_equal(drive_end(&d), ENGINE_PAUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_end_of_the_input_pauses),
	        cmocka_unit_test(commands_work_at_any_question),
	        cmocka_unit_test(a_whole_ceremony_goes_by_lines),
	        cmocka_unit_test(the_rehearsal_plays_itself),
	        cmocka_unit_test(a_signal_pauses),
	        cmocka_unit_test(a_secret_is_not_echoed_on_a_terminal),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
