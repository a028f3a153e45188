/* GF(2^8) with x^8 + x^4 + x^3 + x + 1 (SLIP-0039, "Shamir's secret sharing"). */
#include "people/share_code.h"

#include <string.h>

uint8_t field_multiply(uint8_t a, uint8_t b)
{
	unsigned product = 0, shifted = a;

	for (unsigned bit = 0; bit < 8; bit++) {
		product ^= shifted & (0U - ((unsigned)b >> bit & 1U));
		shifted = (shifted << 1) ^ (0x11bU & (0U - (shifted >> 7 & 1U)));
	}
	return (uint8_t)product;
}

/* a^254 = a^-1: the exponent is public, so its bits may be branched on. */
uint8_t field_invert(uint8_t a)
{
	uint8_t result = 1, power = a;

	for (unsigned bits = 254; bits; bits >>= 1) {
		if (bits & 1)
			result = field_multiply(result, power);
		power = field_multiply(power, power);
	}
	return result;
}

void field_interpolate(
        const uint8_t *at, const uint8_t *const *value, unsigned count, uint8_t x, uint8_t *out, size_t len)
{
	memset(out, 0, len);
	for (unsigned i = 0; i < count; i++) {
		uint8_t factor = 1;

		for (unsigned j = 0; j < count; j++)
			if (j != i)
				factor = field_multiply(factor, field_multiply(x ^ at[j], field_invert(at[i] ^ at[j])));
		for (size_t k = 0; k < len; k++)
			out[k] ^= field_multiply(factor, value[i][k]);
	}
}
