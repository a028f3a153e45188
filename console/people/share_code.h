/* Private to people/share*.c: a share as fields and as words, and the arithmetic under it. */
#ifndef PEOPLE_SHARE_CODE_H
#define PEOPLE_SHARE_CODE_H

#include "people/share.h"

enum {
	SHARE_LIST = 1024, /* words in the list: ten bits each */
	SHARE_VALUE_MAX = 32,
	SHARE_MANTLE = 7,    /* words of a share that are not its value: four before, three of checksum */
	SHARE_WORDS_MAX = 33 /* of a 32-byte value */
};

extern const char slip39_words[SHARE_LIST][SHARE_WORD_MAX + 1];

/* Lives in guarded memory only (share_fields_new). */
struct share_fields {
	uint16_t id; /* 15 bits */
	bool extendable;
	uint8_t exponent, group, group_threshold, group_count, member, member_threshold;
	uint8_t len;
	uint8_t value[SHARE_VALUE_MAX];
	uint16_t word[SHARE_WORDS_MAX]; /* scratch: the words as numbers */
};

/* `count` of them in one piece of guarded memory, zero; *fields points into the secret. NULL with `e`. */
struct secret *share_fields_new(unsigned count, struct share_fields **fields, struct error *e);
/* From words. `number` (from 1) names the share in the error; 0: there is only one. */
int share_decode(const struct secret *words, struct share_fields *out, unsigned number, struct error *e);
/* To words, a new secret owned by the caller. */
struct secret *share_encode(struct share_fields *fields, struct error *e);

/* GF(2^8) of AES, without a branch or a table that depends on a value. */
uint8_t field_multiply(uint8_t a, uint8_t b);
uint8_t field_invert(uint8_t a); /* of 0: 0 */
/* The polynomial through (at[i], value[i]) for i < count, evaluated at `x`, byte by byte. The places are distinct and
 * no secret. */
void field_interpolate(
        const uint8_t *at, const uint8_t *const *value, unsigned count, uint8_t x, uint8_t *out, size_t len);

#endif
