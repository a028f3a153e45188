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

/* The fields of a TBSCertificate (same section), each with its header; `extensions` is the SEQUENCE inside its tag [3],
 * whole NULL where there are none. Read by our own code: every bound and every form but the contents of extensions. */
struct der_tbs {
	struct der serial, algorithm, issuer, not_before, not_after, subject, spki, extensions;
};
int der_tbs(const void *tbs, size_t len, struct der_tbs *out, struct error *e);
/* Both of one certificate. */
int certificate_fields(
        const void *der, size_t len, struct der_certificate *parts, struct der_tbs *fields, struct error *e);
/* Is it an AlgorithmIdentifier (section 4.1.1.2): {OID, at most one element}? */
bool der_algorithm(const struct der *d);
/* An Extension (same section): {OID, critical TRUE or nothing, OCTET STRING}. `value` is the OCTET STRING. */
int der_extension(const struct der *extension, struct der *oid, bool *critical, struct der *value);
/* Is it a Name (section 4.1.2.4): sets of {OID, a string}, DER? */
bool der_name(const struct der *name);

/* Parses exactly `len` bytes of DER that encode again to themselves. Owned by the caller: X509_free(). */
X509 *x509_parse(const void *der, size_t len, struct error *e);
/* The same for a TBSCertificate, in a certificate whose signature is empty. */
X509 *x509_parse_tbs(const void *tbs, size_t len, struct error *e);

/* The parts of a SubjectPublicKeyInfo (RFC 5280 section 4.1): {AlgorithmIdentifier {algorithm, parameters}, BIT
 * STRING}. */
struct spki_parts {
	struct der algorithm, parameters, bits; /* parameters.whole NULL: absent; bits: whole bytes */
	enum { SPKI_OTHER, SPKI_RSA, SPKI_EC, SPKI_ED25519 } kind;
	const char *group; /* of EC: OpenSSL's name of P-256, P-384 or P-521; NULL: another, or none named */
};
/* -1: it is not exactly one in DER. */
int spki_split(const void *spki, size_t len, struct spki_parts *out);
/* RSAPublicKey (RFC 8017 appendix A.1.1): {modulus, publicExponent}. -1: not so, or one is negative. */
int spki_rsa(const struct spki_parts *k, struct der *modulus, struct der *exponent);
/* Puts it into a certificate as it is, without decoding the key. */
int spki_put(X509 *x, const struct spki_parts *k, struct error *e);
/* The key of a SubjectPublicKeyInfo, exactly `len` bytes, that encodes again to itself. Owned by the caller. */
EVP_PKEY *spki_parse(const void *spki, size_t len, struct error *e);

/* Did OpenSSL fail for want of memory? Among its reasons the last one often is another; they are left as they are. */
bool openssl_lacked_memory(void);
/* Sets `e` from `id` (whose one directive gets OpenSSL's own reason) and empties OpenSSL's queue. Returns -1. */
int openssl_error(struct error *e, enum error_code code, const char *id) __attribute__((format(printf, 3, 0)));
/* The reason of the oldest error in OpenSSL's queue, visible, and what it says of it. Empties the queue. */
void openssl_reason(struct bytes *out);

#endif
