/* Times as certificates, CRLs and OCSP responses write them: UTCTime and GeneralizedTime of one form each. */
#ifndef PKI_DER_TIME_H
#define PKI_DER_TIME_H

#include "pki/der.h"

enum {
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_TIME_MAX = 17 /* the longest element: tag, length, YYYYMMDDHHMMSSZ */
};

/* Seconds since 1970 from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z can be written; others cannot. */
bool der_time_fits(int64_t seconds);
/* Writes the element at `out` (room for DER_TIME_MAX) and returns its length. RFC 5280 sections 4.1.2.5 and 5.1.2.4:
 * UTCTime through 2049, GeneralizedTime from 2050. `seconds` must fit. */
size_t der_time_put(uint8_t *out, int64_t seconds);
/* The same, always as GeneralizedTime (RFC 5280 section 5.3.2, RFC 6960 section 4.2.2). */
size_t der_time_put_generalized(uint8_t *out, int64_t seconds);
/* Is the element a time as RFC 5280 section 4.1.2.5 writes one: seconds, Z, no fraction, a real date? Its value in
 * `seconds`. A year of UTCTime below 50 is of the 21st century. */
bool der_time_read(const struct der *element, int64_t *seconds);
/* The moment twelve calendar months later; 29 February becomes 28 February. */
int64_t der_time_year_later(int64_t seconds);

#endif
