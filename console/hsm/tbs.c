/* What the readers of to-be-signed bytes share. They are ours: this process holds the PIN, and what it signs has names
 * and keys in it that came from outside. */
#include "hsm/helper.h"
#include <string.h>

enum { UTC_TIME = 0x17, GENERALIZED_TIME = 0x18 };

int tbs_take_time(const uint8_t **at, size_t *left, struct der *out)
{
	return der_next(at, left, out) || (out->tag != UTC_TIME && out->tag != GENERALIZED_TIME) ? -1 : 0;
}

int tbs_time_text(const struct der *d, char text[TIME_TEXT])
{
	static const char separator[] = "--T::";
	size_t to = 0, digits = d->tag == UTC_TIME ? 12 : 14;
	memset(text, 0, TIME_TEXT);
	if (d->len != digits + 1 || d->value[digits] != 'Z')
		return -1;
	if (d->tag == UTC_TIME) {
		/* RFC 5280 section 4.1.2.5.1 */
		memcpy(text, d->value[0] < '5' ? "20" : "19", 2);
		to = 2;
	}
	for (size_t i = 0, part = 0; i < digits; i++) {
		text[to++] = (char)d->value[i];
		if (part < 5 && to == 4 + 3 * part)
			text[to++] = separator[part++];
	}
	text[to] = 'Z';
	return 0;
}
