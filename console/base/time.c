#include "base/text.h"

#include <stdio.h>
#include <time.h>

static const int64_t year_9999_end = 253402300799; /* 9999-12-31T23:59:59Z */

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned month_days(int64_t year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the first day of `year`, proleptic Gregorian. */
static int64_t year_days(int64_t year)
{
	int64_t before = year - 1;

	return (year - 1970) * 365 + (before / 4 - 492) - (before / 100 - 19) + (before / 400 - 4);
}

static void civil_format(int64_t seconds, char *out, size_t size)
{
	int64_t days, year;
	unsigned month = 1, in_day;

	if (seconds < 0)
		seconds = 0;
	if (seconds > year_9999_end)
		seconds = year_9999_end;
	days = seconds / 86400;
	in_day = (unsigned)(seconds % 86400);
	year = 1970 + days / 366;
	while (year_days(year + 1) <= days)
		year++;
	days -= year_days(year);
	while (days >= month_days(year, month))
		days -= month_days(year, month++);
	snprintf(out, size, "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned)year % 10000, month % 100,
	        (unsigned)days % 100 + 1, in_day / 3600, in_day / 60 % 60, in_day % 60);
}

void time_format(int64_t ms, char out[TIME_TEXT])
{
	char civil[TIME_TEXT];

	if (ms < 0)
		ms = 0;
	civil_format(ms / 1000, civil, sizeof civil);
	snprintf(out, TIME_TEXT, "%.19s.%03uZ", civil, (unsigned)(ms % 1000));
}

void time_format_seconds(int64_t seconds, char out[TIME_TEXT])
{
	char civil[TIME_TEXT];

	civil_format(seconds, civil, sizeof civil);
	snprintf(out, TIME_TEXT, "%.19sZ", civil);
}

/* `count` digits at `text`; -1 when one of them is none. */
static int64_t digits(const char *text, unsigned count)
{
	int64_t value = 0;

	for (unsigned i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

/* The 19 characters "2026-12-01T09:30:00". */
static int civil_parse(const char *text, int64_t *seconds)
{
	int64_t year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
	int64_t hour = digits(text + 11, 2), minute = digits(text + 14, 2), second = digits(text + 17, 2);
	int64_t days;

	if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
		return -1;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > month_days(year, (unsigned)month))
		return -1;
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
		return -1;
	days = year_days(year) + day - 1;
	for (unsigned m = 1; m < (unsigned)month; m++)
		days += month_days(year, m);
	*seconds = days * 86400 + hour * 3600 + minute * 60 + second;
	return 0;
}

int time_parse(const char *text, size_t len, int64_t *ms)
{
	int64_t seconds, fraction;

	if (len != 24 || text[19] != '.' || text[23] != 'Z' || (fraction = digits(text + 20, 3)) < 0 ||
	        civil_parse(text, &seconds) != 0)
		return -1;
	*ms = seconds * 1000 + fraction;
	return 0;
}

int time_parse_seconds(const char *text, size_t len, int64_t *seconds)
{
	if (len != 20 || text[19] != 'Z')
		return -1;
	return civil_parse(text, seconds);
}

static int64_t ms_of(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		return 0;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t time_now_ms(void)
{
	return ms_of(CLOCK_REALTIME);
}

int64_t time_up_ms(void)
{
	return ms_of(CLOCK_MONOTONIC);
}
