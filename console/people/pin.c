/* The PIN that follows from 16 random bytes, by the one rule that stands on every custodian's card. */
#include "people/share.h"

#include <string.h>

enum { HEX_MAX = 2 * SHARE_SECRET, DIGITS_MAX = 38 /* 10^38 is below 2^128 */ };

static void put_hex(const uint8_t *bytes, unsigned length, char *out)
{
	for (unsigned i = 0; i < length; i++) {
		unsigned nibble = i % 2 ? bytes[i / 2] & 15U : bytes[i / 2] >> 4;

		/* '0' + nibble, and 39 more from 10 up, where 'a' begins: no table, no branch */
		out[i] = (char)('0' + nibble + ((9 - nibble) >> 31) * 39U);
	}
}

/* The last `length` decimal digits of the number: long division by ten, again and again, in place. */
static void put_digits(uint8_t *number, unsigned length, char *out)
{
	for (unsigned i = length; i-- > 0;) {
		unsigned rest = 0;

		for (unsigned k = 0; k < SHARE_SECRET; k++) {
			unsigned part = rest << 8 | number[k];

			number[k] = (uint8_t)(part / 10);
			rest = part % 10;
		}
		out[i] = (char)('0' + rest);
	}
}

struct secret *pin_make(const struct secret *master, const char *prefix, unsigned length, bool digits, struct error *e)
{
	unsigned most = digits ? DIGITS_MAX : HEX_MAX;
	struct secret *pin = NULL, *work = NULL;

	if (master->len != SHARE_SECRET) {
		error_set(e, ERROR_FAULT, N_("A PIN is made from %d bytes, not from %zu."), SHARE_SECRET, master->len);
		return NULL;
	}
	if (!length || length > most) {
		error_set(e, ERROR_FAULT, N_("A PIN has 1 to %u characters after its prefix, not %u."), most, length);
		return NULL;
	}
	work = secret_new(SHARE_SECRET + DIGITS_MAX, e);
	pin = work ? secret_new(strlen(prefix) + length, e) : NULL;
	if (!pin)
		goto out;
	memcpy(work->data, master->data, SHARE_SECRET);
	if (digits)
		put_digits(work->data, length, (char *)work->data + SHARE_SECRET);
	else
		put_hex(work->data, length, (char *)work->data + SHARE_SECRET);
	if (secret_text(pin, prefix) || secret_add(pin, work->data + SHARE_SECRET, length)) {
		secret_free(&pin);
		error_set(e, ERROR_INTERNAL, N_("A PIN is longer than its room."));
	}
out:
	secret_free(&work);
	return pin;
}
