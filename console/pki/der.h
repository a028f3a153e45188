/* DER (X.690) read strictly and written small, and certificates parsed from it without any leniency. */
#ifndef PKI_DER_H
#define PKI_DER_H

#include "base/bytes.h"
#include "base/error.h"

#include <openssl/x509.h>

struct der {
	uint8_t tag;
	const uint8_t *value, *whole; /* the contents; the element with its header */
	size_t len, whole_len;
};

/* Reads the element at *at, moves *at and *left past it. -1 when its header is no DER or it is cut short. */
int der_next(const uint8_t **at, size_t *left, struct der *out);
/* Is it exactly one element, DER all the way down (X.690 sections 10 and 11)? */
bool der_valid(const void *data, size_t len);

/* Appends an element with the given contents. */
void der_put(struct bytes *out, uint8_t tag, const void *value, size_t len);

/* The parts of a Certificate (RFC 5280 section 4.1), each with its header. */
struct der_certificate {
	struct der tbs, algorithm, signature;
};
int der_certificate(const void *der, size_t len, struct der_certificate *out, struct error *e);

/* Parses exactly `len` bytes of DER that encode again to themselves. Owned by the caller: X509_free(). */
X509 *x509_parse(const void *der, size_t len, struct error *e);
/* The same for a TBSCertificate, in a certificate whose signature is empty. */
X509 *x509_parse_tbs(const void *tbs, size_t len, struct error *e);
/* The key of a SubjectPublicKeyInfo, exactly `len` bytes, that encodes again to itself. Owned by the caller. */
EVP_PKEY *spki_parse(const void *spki, size_t len, struct error *e);

/* Sets `e` from `id` (whose one directive gets OpenSSL's own reason) and empties OpenSSL's queue. Returns -1. */
int openssl_error(struct error *e, enum error_code code, const char *id) __attribute__((format(printf, 3, 0)));
/* The reason of the oldest error in OpenSSL's queue, visible, and what it says of it. Empties the queue. */
void openssl_reason(struct bytes *out);

#endif
