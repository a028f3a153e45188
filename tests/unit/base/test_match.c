#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sys/resource.h>

#include "base/match.h"

static void a_pattern_is_held_against_the_whole_text(void **state)
{
	static const struct {
		const char *pattern, *text;
		int matches;
	} table[] = {{"[0-9]{3}", "123", 1}, {"[0-9]{3}", "1234", 0}, {"[0-9]{3}", "x123", 0}, {"a|bc", "bc", 1},
	        {"a|bc", "abc", 0}, {"^(a)$", "a", 1}, {"", "", 1}, {"a", "", 0}, {"[", "a", -2}, {"(a", "a", -2}};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		assert_int_equal(match_whole(table[i].pattern, table[i].text), table[i].matches);
}

/* The pattern may be right: that it could not be compiled is no answer about the text. */
static void want_of_memory_is_no_answer(void **state)
{
	struct rlimit before, little = {64 << 20, RLIM_INFINITY};

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	little.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_AS, &little), 0);
	int got = match_whole("((((a{100}){100}){100}){100})", "a");
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	assert_int_equal(got, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_pattern_is_held_against_the_whole_text),
	        cmocka_unit_test(want_of_memory_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
