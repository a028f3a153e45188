/* Key and signature algorithms by name, with the exact bytes of their identifiers. */
#ifndef PKI_ALGORITHM_H
#define PKI_ALGORITHM_H

#include "base/bytes.h"
#include "base/error.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

enum signature_scheme { SCHEME_ECDSA, SCHEME_PKCS1, SCHEME_PSS, SCHEME_ED25519 };

struct signature_algorithm {
	const char *name;
	enum signature_scheme scheme;
	const char *hash;   /* OpenSSL's name; NULL for Ed25519 */
	const uint8_t *der; /* AlgorithmIdentifier, byte for byte */
	size_t der_len;
	const char *cabf_key; /* the key algorithm it goes with by BR 7.1.3.2; NULL: none; "rsa": any RSA */
};

struct key_algorithm {
	const char *name;
	const char *type;      /* OpenSSL's "RSA", "EC", "ED25519" */
	unsigned bits;         /* RSA */
	const char *curve;     /* EC: the group's name */
	const char *signature; /* for a proof of possession */
	bool cabf;             /* allowed by BR 6.1.5 */
};

/* NULL when the name is not known. */
const struct signature_algorithm *signature_algorithm_named(const char *name);
const struct signature_algorithm *signature_algorithm_of(const void *der, size_t len);
const struct key_algorithm *key_algorithm_named(const char *name);
/* Of a key: its row, or NULL (an RSA size or a curve that has none). */
const struct key_algorithm *key_algorithm_of(const EVP_PKEY *key);

/* What follows the signed part in certificates, requests and CRLs (RFC 5280 section 4.1.1, RFC 2986 section 4.2): the
 * algorithm and the signature's bits, appended. -1 when the algorithm is not known or the signature is empty. */
int signature_tail(const char *algorithm, const void *signature, size_t len, struct bytes *out, struct error *e);
/* The whole, DER: SEQUENCE { body, algorithm, signature }, appended. */
int signature_join(const void *body, size_t body_len, const char *algorithm, const void *signature, size_t len,
        struct bytes *out, struct error *e);

/* An Ed25519 key of small order verifies anything: false for one, and for one not in canonical form. */
bool key_is_sound(const EVP_PKEY *key);

/* pki_verify() for many signatures by one key, which must be sound and of the kind that `a` wants. */
int pki_verify_key(EVP_PKEY *key, const struct signature_algorithm *a, const void *message, size_t len,
        const void *signature, size_t signature_len, struct error *e);

#endif
