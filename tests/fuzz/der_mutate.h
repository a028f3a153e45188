/* A mutator that keeps DER's lengths right: the contents of one element are changed, and what holds it is written anew.
 * Bytes alone hardly get past the outermost length. */
#ifndef TEST_FUZZ_DER_MUTATE_H
#define TEST_FUZZ_DER_MUTATE_H

#include <string.h>

#include "tests/fuzz/fuzz.h"

#include "base/der.h"

/* libFuzzer's; the plain program has none and asks for no changes. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t most) __attribute__((weak));

enum { DER_MUTATE_DEPTH = 24, DER_MUTATE_MOST = 1 << 14 };

static inline bool der_has_inside(const struct der *d)
{
	const uint8_t *at = d->value;
	size_t left = d->len;
	struct der inner;

	if (!(d->tag & 0x20) && d->tag != 0x04)
		return false;
	while (left)
		if (der_next(&at, &left, &inner))
			return false;
	return d->len > 0;
}

static inline unsigned der_elements(const uint8_t *at, size_t left, unsigned depth)
{
	unsigned n = 0;
	struct der d;

	while (left && der_next(&at, &left, &d) == 0)
		n += 1 + (depth < DER_MUTATE_DEPTH && der_has_inside(&d) ? der_elements(d.value, d.len, depth + 1) : 0);
	return n;
}

/* What becomes of the element chosen. */
static inline void der_change(struct bytes *out, const struct der *d, unsigned how)
{
	static uint8_t contents[DER_MUTATE_MOST];
	size_t len = d->len < sizeof contents ? d->len : sizeof contents;

	memcpy(contents, d->value, len);
	switch (how % 8) {
	case 0: /* left out */
		break;
	case 1: /* twice */
		bytes_add(out, d->whole, d->whole_len);
		bytes_add(out, d->whole, d->whole_len);
		break;
	case 2: /* of another type */
		der_put(out, (uint8_t)(d->tag ^ (1u << (how >> 3) % 8)), contents, len);
		break;
	case 3:
		der_put(out, d->tag, contents, 0);
		break;
	default:
		len = LLVMFuzzerMutate(contents, len, sizeof contents);
		der_put(out, d->tag, contents, len);
	}
}

static inline void der_walk(
        struct bytes *out, const uint8_t *at, size_t left, unsigned *chosen, unsigned how, unsigned depth)
{
	struct der d;

	while (left && der_next(&at, &left, &d) == 0) {
		if ((*chosen)-- == 0) {
			der_change(out, &d, how);
		} else if (depth < DER_MUTATE_DEPTH && der_has_inside(&d)) {
			struct bytes inside = {0};
			der_walk(&inside, d.value, d.len, chosen, how, depth + 1);
			der_put(out, d.tag, inside.data, inside.len);
			bytes_free(&inside);
		} else {
			bytes_add(out, d.whole, d.whole_len);
		}
	}
}

/* `data` with one element changed, in place: the new length, or 0 when it is no DER or has no room. */
static inline size_t der_mutate(uint8_t *data, size_t len, size_t most, unsigned seed)
{
	unsigned count = der_elements(data, len, 0), chosen = count ? seed % count : 0;
	struct bytes out = {0};
	size_t made = 0;

	if (count)
		der_walk(&out, data, len, &chosen, seed / count, 0);
	if (out.len && !out.failed && out.len <= most) {
		memcpy(data, out.data, out.len);
		made = out.len;
	}
	bytes_free(&out);
	return made;
}

/* A target whose inputs are DER defines its mutator so. */
#define DER_MUTATOR                                                                                                    \
	size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t most, unsigned seed);                         \
	size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t most, unsigned seed)                          \
	{                                                                                                              \
		size_t made = seed % 4 ? der_mutate(data, len, most, seed / 4) : 0;                                    \
		return made ? made : LLVMFuzzerMutate(data, len, most);                                                \
	}

#endif
