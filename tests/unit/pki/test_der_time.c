/* Times come out as RFC 5280 wants them and read back, and no other form passes. */
#include "fixture.h"

#include "pki/der_time.h"

static void written(int64_t seconds, const char *wanted, bool generalized)
{
	uint8_t out[DER_TIME_MAX];
	size_t len = generalized ? der_time_put_generalized(out, seconds) : der_time_put(out, seconds);

	assert_int_equal(len, 2 + strlen(wanted));
	assert_int_equal(out[0], strlen(wanted) == 13 ? DER_UTC_TIME : DER_GENERALIZED_TIME);
	assert_int_equal(out[1], strlen(wanted));
	assert_memory_equal(out + 2, wanted, strlen(wanted));
}

static void the_form_follows_the_year(void **state)
{
	(void)state;
	written(0, "700101000000Z", false);
	written(NOT_BEFORE, "261201000000Z", false);
	written(2524607999, "491231235959Z", false);
	written(2524608000, "20500101000000Z", false);
	written(INT64_C(253402300799), "99991231235959Z", false);
	written(NOT_BEFORE, "20261201000000Z", true);
	written(951782400, "000229000000Z", false);
	assert_true(der_time_fits(0) && der_time_fits(INT64_C(253402300799)));
	assert_false(der_time_fits(-1) || der_time_fits(INT64_C(253402300800)));
}

/* Against the calendar of base/time.c, on each day of four centuries and some odd seconds. */
static void every_day_agrees_with_the_calendar(void **state)
{
	(void)state;
	for (int64_t at = 0; at < 400 * INT64_C(31556952); at += 86399) {
		uint8_t out[DER_TIME_MAX];
		const uint8_t *from = out;
		size_t left = der_time_put(out, at);
		char text[TIME_TEXT], digits[16];
		struct der d;
		int64_t again;

		time_format_seconds(at, text);
		snprintf(digits, sizeof digits, "%.2s%.2s%.2s%.2s%.2s%.2s", text + 2, text + 5, text + 8, text + 11,
		        text + 14, text + 17);
		assert_int_equal(der_next(&from, &left, &d), 0);
		assert_memory_equal(d.value + d.len - 13, digits, 12);
		assert_true(der_time_read(&d, &again) && again == at);
	}
}

static void other_forms_are_refused(void **state)
{
	static const struct {
		uint8_t tag;
		const char *text;
	} cases[] = {{0x17, "2612010000Z"}, {0x17, "261201000000+0900"}, {0x17, "261301000000Z"},
	        {0x17, "260230000000Z"}, {0x17, "26120100000 Z"}, {0x17, "261201000000"}, {0x18, "202612010000Z"},
	        {0x18, "20261201000000.5Z"}, {0x18, "20261201000000"}, {0x18, "20261201240000Z"},
	        {0x18, "20261201000060Z"}, {0x18, "19691231235959Z"}, {0x17, "690101000000Z"},
	        {0x0c, "20261201000000Z"}, {0x17, ""}};
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct der d = {
		        .tag = cases[i].tag, .value = (const uint8_t *)cases[i].text, .len = strlen(cases[i].text)};
		if (der_time_read(&d, &seconds))
			fail_msg("%s was taken", cases[i].text);
	}
}

static void twelve_months_are_of_the_calendar(void **state)
{
	static const char *const cases[][2] = {{"2026-12-01T00:00:00Z", "2027-12-01T00:00:00Z"},
	        {"2027-02-28T01:02:03Z", "2028-02-28T01:02:03Z"}, {"2027-03-01T00:00:00Z", "2028-03-01T00:00:00Z"},
	        {"2027-12-31T00:00:00Z", "2028-12-31T00:00:00Z"}, {"2028-02-28T00:00:00Z", "2029-02-28T00:00:00Z"},
	        {"2028-02-29T00:00:00Z", "2029-02-28T00:00:00Z"}, {"2028-03-01T00:00:00Z", "2029-03-01T00:00:00Z"},
	        {"2099-06-15T12:00:00Z", "2100-06-15T12:00:00Z"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[TIME_TEXT];
		int64_t at;
		assert_int_equal(time_parse_seconds(cases[i][0], 20, &at), 0);
		time_format_seconds(der_time_year_later(at), text);
		assert_string_equal(text, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_form_follows_the_year),
	        cmocka_unit_test(every_day_agrees_with_the_calendar),
	        cmocka_unit_test(other_forms_are_refused),
	        cmocka_unit_test(twelve_months_are_of_the_calendar),
	};

	return cmocka_run_group_tests_name("times in DER", tests, NULL, NULL);
}
