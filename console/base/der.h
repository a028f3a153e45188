/* DER (X.690) read strictly and written small. What the elements mean is for others to know. */
#ifndef BASE_DER_H
#define BASE_DER_H

#include "base/bytes.h"

struct der {
	uint8_t tag;
	const uint8_t *value, *whole; /* the contents; the element with its header */
	size_t len, whole_len;
};

/* Reads the element at *at, moves *at and *left past it. -1 when its header is no DER or it is cut short. */
int der_next(const uint8_t **at, size_t *left, struct der *out);
/* The same, of an element that must have that tag. */
int der_take(const uint8_t **at, size_t *left, uint8_t tag, struct der *out);
/* Is it exactly one element, DER all the way down (X.690 sections 10 and 11)? */
bool der_valid(const void *data, size_t len);

/* Appends an element with the given contents. */
void der_put(struct bytes *out, uint8_t tag, const void *value, size_t len);

#endif
