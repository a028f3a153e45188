/* A growing run of bytes. All zero is empty and valid. A NUL (not counted) always stands behind the last byte, so
 * that text can be read as a C string. A failed allocation is remembered, and told once by bytes_end(). Not for
 * secrets: those live in secret.h. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct bytes {
	uint8_t *data;
	size_t len, cap;
	bool failed;
	bool refused; /* it failed for a text that may not stand in a record (json.h), not for want of memory */
};

void bytes_add(struct bytes *b, const void *data, size_t len);
void bytes_byte(struct bytes *b, uint8_t byte);
void bytes_text(struct bytes *b, const char *text);
void bytes_printf(struct bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bytes_hex(struct bytes *b, const void *data, size_t len);    /* lower case */
void bytes_base64(struct bytes *b, const void *data, size_t len); /* RFC 4648 section 4, padded */
void bytes_clear(struct bytes *b);                                /* empty again; keeps the room */
void bytes_free(struct bytes *b);
/* 0, or -1 when any addition since the last clear failed. */
int bytes_end(struct bytes *b, struct error *e);
/* The text of it; "" when empty. Valid until the next change. */
const char *bytes_string(const struct bytes *b);

/* Strict decoders: exactly `text`, or -1. Hex: lower case only. Base64: must re-encode to itself. */
int hex_decode(const char *text, size_t len, uint8_t *out, size_t out_len);
int base64_decode(const char *text, size_t len, struct bytes *out);

/* SHA-256 (FIPS 180-4), of `data`, or of one part after another. 0 or -1. */
struct sha256_part {
	const void *data;
	size_t len;
};
int sha256(const void *data, size_t len, uint8_t out[32]);
int sha256_parts(const struct sha256_part *parts, size_t count, uint8_t out[32]);

#endif
