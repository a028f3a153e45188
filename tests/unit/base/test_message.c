#include "check.h"

#include <errno.h>
#include <string.h>

static void check_text(const struct message *m, const char *translated, const char *want)
{
	struct bytes out = {0};

	message_text(m, translated, &out);
	assert_string_equal(bytes_string(&out), want);
	bytes_free(&out);
}

static void every_directive_keeps_its_value(void **state)
{
	struct message m;

	(void)state;
	message_set(&m, "%s %d %u %zu %lld %llu", "text", -5, 4000000000u, (size_t)7, -9000000000LL,
	        18446744073709551615ULL);
	check_text(&m, NULL, "text -5 4000000000 7 -9000000000 18446744073709551615");
	message_set(&m, "%c%% of %lu, 0x%lx", 'x', 12ul, 0xa4ul);
	check_text(&m, NULL, "x% of 12, 0xa4");
	message_set(&m, "nothing");
	check_text(&m, NULL, "nothing");
	check_text(&(struct message){0}, NULL, "");
}

static void a_translation_may_change_the_order(void **state)
{
	struct message m;

	(void)state;
	message_set(&m, "%s has %d of %s", "alice", 2, "shares");
	check_text(&m, "%3$sのうち%2$d個を%1$sが持つ (100%%)", "sharesのうち2個をaliceが持つ (100%)");
	check_text(&m, "%1$s, %1$s", "alice, alice");
	check_text(&m, "%9$s%", "");
}

static void what_came_from_outside_is_made_visible(void **state)
{
	struct message m;

	(void)state;
	message_set(&m, "%s cannot be read: %s", "a\x1b]0;b\x07\n\xff.pem", "\u202egone");
	check_text(&m, NULL, "a<U+001B>]0;b<U+0007><U+000A><FF>.pem cannot be read: <U+202E>gone");
	message_set(&m, "%c", '\x9b');
	check_text(&m, NULL, "<9B>");
}

static void a_long_argument_is_cut_between_characters(void **state)
{
	char text[400], want[400];
	struct message m;

	(void)state;
	memset(text, 0, sizeof text);
	for (int i = 0; i < 100; i++)
		strcat(text, "立");
	message_set(&m, "%s", text);
	memcpy(want, text, 252);
	strcpy(want + 252, "…");
	check_text(&m, NULL, want);
	memset(text, 'a', 255);
	text[255] = '\0';
	message_set(&m, "%s", text);
	check_text(&m, NULL, text);
	text[255] = 'a';
	text[256] = '\0';
	message_set(&m, "%s", text);
	memset(want, 'a', 252);
	strcpy(want + 252, "…");
	check_text(&m, NULL, want);
}

static void a_message_may_quote_itself_and_no_more_than_six(void **state)
{
	const char *volatile absent = NULL;
	struct message m;

	(void)state;
	message_set(&m, "%s", "old");
	message_set(&m, "new after %s", m.args[0]);
	check_text(&m, NULL, "new after old");
	message_set(&m, "%d%d%d%d%d%d%d", 1, 2, 3, 4, 5, 6, 7);
	check_text(&m, NULL, "123456");
	message_set(&m, "[%s]", absent);
	check_text(&m, NULL, "[-]");
}

static void an_error_forgets_the_one_before(void **state)
{
	struct error e = {.line = 3, .column = 4, .ckr = 0xa0};

	(void)state;
	assert_int_equal(error_set(&e, ERROR_FAULT, "%s is wrong", "it"), -1);
	assert_int_equal(e.line, 0);
	assert_int_equal(e.column, 0);
	assert_int_equal(e.ckr, 0);
	check_error(&e, ERROR_FAULT, "it is wrong");
	assert_int_equal(error_set(NULL, ERROR_FAULT, "%s", "nobody asks"), -1);
	assert_int_equal(error_memory(NULL), -1);
}

static void errno_becomes_a_sentence(void **state)
{
	struct error e = {0};

	(void)state;
	errno = ENOSPC;
	assert_int_equal(error_errno(&e, "%s cannot be written: %s", "disk"), -1);
	assert_int_equal(errno, ENOSPC);
	check_error(&e, ERROR_IO, "disk cannot be written: No space left on device");
	errno = ENOENT;
	error_errno(&e, "%s cannot be opened: %s", "file");
	check_error(&e, ERROR_MISSING, "file cannot be opened: No such file or directory");
	errno = 99999;
	error_errno(&e, "%s: %s", "file");
	check_error(&e, ERROR_IO, "file: unknown error");
}

static void exit_codes_are_those_of_the_command_line(void **state)
{
	static const struct {
		enum error_code code;
		int exit;
	} table[] = {{ERROR_FAULT, 1}, {ERROR_USAGE, 2}, {ERROR_MISSING, 3}, {ERROR_IO, 3}, {ERROR_MEMORY, 3},
	        {ERROR_TOKEN, 3}, {ERROR_INTERNAL, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		assert_int_equal(error_exit(&(struct error){.code = table[i].code}), table[i].exit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_directive_keeps_its_value),
	        cmocka_unit_test(a_translation_may_change_the_order),
	        cmocka_unit_test(what_came_from_outside_is_made_visible),
	        cmocka_unit_test(a_long_argument_is_cut_between_characters),
	        cmocka_unit_test(a_message_may_quote_itself_and_no_more_than_six),
	        cmocka_unit_test(an_error_forgets_the_one_before),
	        cmocka_unit_test(errno_becomes_a_sentence),
	        cmocka_unit_test(exit_codes_are_those_of_the_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
