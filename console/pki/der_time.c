#include "pki/der_time.h"

#include "base/text.h"

#include <string.h>

/* The last second of 2049, and that of 9999. */
static const int64_t last_utc = 2524607999, last_second = 253402300799;

struct civil {
	unsigned year, month, day, hour, minute, second;
};

/* A million entries have a time each: no call of the library, and the year counted from March so that the leap day is
 * the last of its year. */
static struct civil civil_of(int64_t seconds)
{
	uint64_t days = (uint64_t)seconds / 86400 + 719468; /* since 0000-03-01 */
	unsigned in_day = (unsigned)(seconds % 86400);
	unsigned era = (unsigned)(days / 146097), of_era = (unsigned)(days % 146097);
	unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned shifted = (5 * of_year + 2) / 153; /* March is 0 */
	struct civil c = {.day = of_year - (153 * shifted + 2) / 5 + 1,
	        .month = shifted < 10 ? shifted + 3 : shifted - 9,
	        .hour = in_day / 3600,
	        .minute = in_day / 60 % 60,
	        .second = in_day % 60};

	c.year = era * 400 + year + (c.month <= 2 ? 1 : 0);
	return c;
}

bool der_time_fits(int64_t seconds)
{
	return seconds >= 0 && seconds <= last_second;
}

static uint8_t *two_digits(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)('0' + value / 10 % 10);
	at[1] = (uint8_t)('0' + value % 10);
	return at + 2;
}

static size_t put(uint8_t *out, int64_t seconds, bool generalized)
{
	struct civil c = civil_of(seconds);
	uint8_t *at = out + 2;

	if (generalized)
		at = two_digits(at, c.year / 100);
	at = two_digits(at, c.year);
	at = two_digits(at, c.month);
	at = two_digits(at, c.day);
	at = two_digits(at, c.hour);
	at = two_digits(at, c.minute);
	at = two_digits(at, c.second);
	*at++ = 'Z';
	out[0] = generalized ? DER_GENERALIZED_TIME : DER_UTC_TIME;
	out[1] = (uint8_t)(at - out - 2);
	return (size_t)(at - out);
}

size_t der_time_put(uint8_t *out, int64_t seconds)
{
	return put(out, seconds, seconds > last_utc);
}

size_t der_time_put_generalized(uint8_t *out, int64_t seconds)
{
	return put(out, seconds, true);
}

bool der_time_read(const struct der *d, int64_t *seconds)
{
	size_t digits = d->tag == DER_UTC_TIME ? 12 : 14;
	const uint8_t *v = d->value;
	char text[TIME_TEXT] = "20";
	unsigned at = 0, to = 0;

	if ((d->tag != DER_UTC_TIME && d->tag != DER_GENERALIZED_TIME) || d->len != digits + 1 || v[digits] != 'Z')
		return false;
	for (size_t i = 0; i < digits; i++)
		if (v[i] < '0' || v[i] > '9')
			return false;
	if (d->tag == DER_UTC_TIME) {
		if (v[0] >= '5')
			memcpy(text, "19", 2);
		to = 2;
	}
	while (at < digits) {
		text[to++] = (char)v[at++];
		if (to == 4 || to == 7)
			text[to++] = '-';
		else if (to == 10)
			text[to++] = 'T';
		else if (to == 13 || to == 16)
			text[to++] = ':';
	}
	text[to++] = 'Z';
	return time_parse_seconds(text, to, seconds) == 0;
}

int64_t der_time_year_later(int64_t seconds)
{
	struct civil from = civil_of(seconds);
	int64_t later = seconds + 365 * INT64_C(86400);

	/* a 29 February lies between; from one itself, 365 days lead to the 28th */
	if (civil_of(later).day != from.day && !(from.month == 2 && from.day == 29))
		later += 86400;
	return later;
}
