#include "check.h"

#include <string.h>
#include <time.h>

#include "base/text.h"

/* Seconds from `date -u -d … +%s` (GNU coreutils). */
static void known_times_are_read_and_written(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} known[] = {
	        {0, "1970-01-01T00:00:00Z"},
	        {68169599, "1972-02-28T23:59:59Z"},
	        {68169600, "1972-02-29T00:00:00Z"},
	        {951782400, "2000-02-29T00:00:00Z"},
	        {1796117400, "2026-12-01T09:30:00Z"},
	        {4107542400, "2100-03-01T00:00:00Z"},
	        {253402300799, "9999-12-31T23:59:59Z"},
	};
	char text[TIME_TEXT];
	int64_t back;

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		time_format_seconds(known[i].seconds, text);
		assert_string_equal(text, known[i].text);
		assert_int_equal(time_parse_seconds(text, strlen(text), &back), 0);
		assert_int_equal(back, known[i].seconds);
	}
	time_format(1796117400123, text);
	assert_string_equal(text, "2026-12-01T09:30:00.123Z");
	assert_int_equal(time_parse(text, strlen(text), &back), 0);
	assert_int_equal(back, 1796117400123);
}

static void every_day_of_eight_thousand_years_agrees_with_libc(void **state)
{
	char text[TIME_TEXT], want[TIME_TEXT];
	int64_t back;

	(void)state;
	for (int64_t s = 0; s <= 253402300799; s += 86400 - 1) {
		time_t t = (time_t)s;
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm);
		time_format_seconds(s, text);
		assert_string_equal(text, want);
		assert_int_equal(time_parse_seconds(text, 20, &back), 0);
		assert_int_equal(back, s);
	}
}

static void what_is_no_real_time_is_refused(void **state)
{
	static const char *const refused[] = {"2026-12-01T09:30:00Z", "2026-12-01T09:30:00.12Z",
	        "2026-12-01T09:30:00.1234Z", "2026-12-01 09:30:00.123Z", "2026-12-01t09:30:00.123Z",
	        "2026-12-01T09:30:00.123z", "2026-12-01T09:30:00,123Z", "2026-02-29T09:30:00.123Z",
	        "1900-02-29T09:30:00.123Z", "2100-02-29T09:30:00.123Z", "2026-13-01T09:30:00.123Z",
	        "2026-00-01T09:30:00.123Z", "2026-01-00T09:30:00.123Z", "2026-04-31T09:30:00.123Z",
	        "2026-12-01T24:00:00.123Z", "2026-12-01T23:60:00.123Z", "2026-12-31T23:59:60.123Z",
	        "1969-12-31T23:59:59.999Z", "+026-12-01T09:30:00.123Z", "2026-12-01T09:30:00.-12Z",
	        "2026-12-01T-9:30:00.123Z", ""};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		assert_int_equal(time_parse(refused[i], strlen(refused[i]), &ms), -1);
	assert_int_equal(time_parse_seconds("2026-12-01T09:30:00.123Z", 24, &ms), -1);
	assert_int_equal(time_parse_seconds("2026-12-01T09:30:00+", 20, &ms), -1);
}

static void beyond_the_years_that_can_be_written_the_nearest_is(void **state)
{
	char text[TIME_TEXT];

	(void)state;
	time_format(-1, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	time_format_seconds(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	assert_true(time_now_ms() > 1700000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(known_times_are_read_and_written),
	        cmocka_unit_test(every_day_of_eight_thousand_years_agrees_with_libc),
	        cmocka_unit_test(what_is_no_real_time_is_refused),
	        cmocka_unit_test(beyond_the_years_that_can_be_written_the_nearest_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
