/* DER written by hand in tests: "30(020105 0c('text'))": hex, text in quotes, and what is in parentheses with its
 * length before it. */
#ifndef TEST_PKI_WRITE_DER_H
#define TEST_PKI_WRITE_DER_H

#include "fixture.h"

static inline const char *write_der(struct bytes *out, const char *text)
{
	while (*text && *text != ')') {
		if (*text == ' ') {
			text++;
		} else if (*text == '\'') {
			for (text++; *text != '\''; text++)
				bytes_byte(out, (uint8_t)*text);
			text++;
		} else if (*text == '(') {
			struct bytes inner = {0};
			uint8_t tag = out->data[out->len - 1];
			out->len--;
			text = write_der(&inner, text + 1);
			assert_int_equal(*text, ')');
			text++;
			der_put(out, tag, inner.data, inner.len);
			bytes_free(&inner);
		} else {
			uint8_t byte;
			assert_int_equal(hex_decode(text, 2, &byte, 1), 0);
			bytes_byte(out, byte);
			text += 2;
		}
	}
	return text;
}

#endif
