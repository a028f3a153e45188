/* The ncurses console on a pty over a fake engine: whatever happens to the terminal, a ceremony is paused and never
 * killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#include "tests/unit/screens/drive.h"

static struct drive console_start(unsigned short rows, unsigned short columns)
{
	return drive_pty(console_run, "xterm-256color", rows, columns);
}

static void keys_that_kill_pause(void **state)
{
	static const char *const keys[] = {"\x03", "\x1a", "\x1c"};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct drive d = console_start(24, 80);

		assert_true(drive_wait(&d, "Roll call"));
		drive_type(&d, keys[i]);
		assert_true(drive_wait(&d, "is paused"));
		drive_type(&d, "\r");
		assert_int_equal(drive_end(&d), ENGINE_PAUSED);
	}
}

static void signals_pause(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct drive d = console_start(24, 80);

		assert_true(drive_wait(&d, "Roll call"));
		kill(d.pid, signals[i]);
		assert_int_equal(drive_end(&d), ENGINE_PAUSED);
	}
}

static void a_lost_terminal_pauses(void **state)
{
	struct drive d = console_start(24, 80);
	int status = 0;

	(void)state;
	assert_true(drive_wait(&d, "Roll call"));
	close(d.in);
	waitpid(d.pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), ENGINE_PAUSED);
	bytes_free(&d.seen);
}

static void a_small_window_says_one_sentence_until_it_grows(void **state)
{
	struct winsize larger = {.ws_row = 30, .ws_col = 100};
	struct drive d = console_start(20, 60);

	(void)state;
	assert_true(drive_wait(&d, "60 by 20 cells"));
	ioctl(d.in, TIOCSWINSZ, &larger);
	assert_true(drive_wait(&d, "Roll call"));
	drive_type(&d, "\x03\r");
	assert_int_equal(drive_end(&d), ENGINE_PAUSED);
}

static void a_dumb_terminal_gets_plain_lines(void **state)
{
	struct drive d = drive_pty(console_run, "dumb", 24, 80);

	(void)state;
	assert_true(drive_wait(&d, "This terminal cannot show screens; the ceremony goes on in plain lines."));
	assert_true(drive_wait(&d, "> "));
	drive_type(&d, ":pause\n1\nlunch\npause\n");
	assert_int_equal(drive_end(&d), ENGINE_PAUSED);
}

static void unknown_sequences_answer_nothing(void **state)
{
	struct drive d = console_start(24, 80);

	(void)state;
	assert_true(drive_wait(&d, "Roll call"));
	drive_type(&d, "2\r\x1b[99;5~\x1b[1;6PAoi\x1b]52;c;xxxx\x07\r");
	drive_type(&d, "\rpassport\r");
	assert_true(drive_wait(&d, "Presence of alice"));
	assert_null(strstr(bytes_string(&d.seen), "99;5"));
	assert_null(strstr(bytes_string(&d.seen), "xxxx"));
	drive_type(&d, "\x1b[200~pasted\x1b[201~");
	assert_true(drive_wait(&d, "Pasted text is not taken here; type it."));
	drive_type(&d, "\x03\r");
	assert_int_equal(drive_end(&d), ENGINE_PAUSED);
}

static void pause_takes_the_typed_word(void **state)
{
	struct drive d = console_start(24, 80);

	(void)state;
	assert_true(drive_wait(&d, "Roll call"));
	drive_type(&d, "\x1b[21~");
	assert_true(drive_wait(&d, "Who asks for the pause?"));
	drive_type(&d, "1\rlunch\rno\r");
	assert_true(drive_wait(&d, "That is not the word; type exactly pause."));
	drive_type(&d, "\x15pause\r");
	assert_true(drive_wait(&d, "is paused"));
	drive_type(&d, "\r");
	assert_int_equal(drive_end(&d), ENGINE_PAUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(keys_that_kill_pause),
	        cmocka_unit_test(signals_pause),
	        cmocka_unit_test(a_lost_terminal_pauses),
	        cmocka_unit_test(a_small_window_says_one_sentence_until_it_grows),
	        cmocka_unit_test(a_dumb_terminal_gets_plain_lines),
	        cmocka_unit_test(unknown_sequences_answer_nothing),
	        cmocka_unit_test(pause_takes_the_typed_word),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
