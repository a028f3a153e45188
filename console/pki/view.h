/* A certificate in lines for people: every field, nothing left out, foreign text visible. */
#ifndef PKI_VIEW_H
#define PKI_VIEW_H

#include "base/bytes.h"
#include "base/error.h"

/* Appends the decoded TBSCertificate, one field a line ("Subject: C=JP, O=…"), LF after each: version, serial (hex and
 * decimal), signature algorithm, issuer, validity (UTC), subject, SPKI (algorithm, size, curve or modulus and exponent,
 * key bits in hex), every extension with its criticality decoded, or its bytes in hex when it is not known. At most 100
 * cells a line before wrapping by the screen. Field names in English (the standards' own). */
int certificate_view(const void *tbs, size_t len, struct bytes *out, struct error *e);

#endif
