/* Certificates, and what stands in them, parsed from DER without any leniency. */
#ifndef PKI_DER_H
#define PKI_DER_H

#include "base/bytes.h"
#include "base/der.h"
#include "base/error.h"

#include <openssl/x509.h>

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

/* Did OpenSSL fail for want of memory? Among its reasons the last one often is another; they are left as they are. */
bool openssl_lacked_memory(void);
/* Sets `e` from `id` (whose one directive gets OpenSSL's own reason) and empties OpenSSL's queue. Returns -1. */
int openssl_error(struct error *e, enum error_code code, const char *id) __attribute__((format(printf, 3, 0)));
/* The reason of the oldest error in OpenSSL's queue, visible, and what it says of it. Empties the queue. */
void openssl_reason(struct bytes *out);

#endif
