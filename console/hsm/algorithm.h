/* The key and signature algorithms that the helper drives tokens with, and what is computed in software around them. */
#ifndef HSM_ALGORITHM_H
#define HSM_ALGORITHM_H

#include "base/bytes.h"
#include "base/der.h"
#include "base/error.h"
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <p11-kit/pkcs11.h>

struct key_algorithm {
	const char *name; /* "ec-p384"; of RSA "rsa" */
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE generate;
	CK_ULONG bits;         /* RSA: of the modulus; EC: of the field */
	const uint8_t *params; /* CKA_EC_PARAMS, DER; NULL: RSA */
	size_t params_len;
	const char *group;      /* OpenSSL's name of the curve */
	const char *possession; /* the signature algorithm that proves possession */
};

struct signature_algorithm {
	const char *name;
	CK_KEY_TYPE type;
	const char *hash; /* OpenSSL's name; NULL: Ed25519, which takes the message */
	bool pss;
	size_t salt;              /* PSS: bytes */
	CK_MECHANISM_TYPE raw;    /* takes the hash (RSA PKCS#1: the DigestInfo) */
	CK_MECHANISM_TYPE hashed; /* takes the message */
	int oid;                  /* NID of its AlgorithmIdentifier */
};

/* "rsa-2048" to "rsa-8192" by 1024, "ec-p256", "ec-p384", "ec-p521", "ed25519". */
int key_algorithm_find(const char *name, struct key_algorithm *out, struct error *e);
/* Is this CKA_EC_PARAMS the curve of `a`? */
bool key_algorithm_is_curve(const struct key_algorithm *a, const uint8_t *params, size_t len);
/* By name: those of possession proofs. */
int signature_algorithm_find(const char *name, struct signature_algorithm *out, struct error *e);
/* By AlgorithmIdentifier, an element in DER: refuses what it does not know, wrong parameters included (RFC 5480, 4055,
 * 8410). */
int signature_algorithm_read(const struct der *algorithm, struct signature_algorithm *out, struct error *e);

/* What C_Sign is given: the hash, the DigestInfo, or the message itself. */
int signature_input(const struct signature_algorithm *s, bool hash_first, const void *message, size_t len,
        struct bytes *input, struct error *e);
/* What the token returned, as X.509 wants it: r||s becomes ECDSA-Sig-Value (RFC 3279 section 2.2.3). */
int signature_output(
        const struct signature_algorithm *s, const uint8_t *raw, size_t len, struct bytes *out, struct error *e);
/* Does the key verify it? -1 with `e` if not. */
int signature_verify(const struct signature_algorithm *s, EVP_PKEY *key, const void *message, size_t len,
        const void *signature, size_t signature_len, struct error *e);

/* Public keys from what tokens say of them; NULL with `e`. The EC point may be raw or in an OCTET STRING. */
EVP_PKEY *public_key_rsa(const struct bytes *modulus, const struct bytes *exponent, struct error *e);
EVP_PKEY *public_key_ec(const struct bytes *params, const struct bytes *point, struct error *e);
int public_key_spki(EVP_PKEY *key, struct bytes *spki, struct error *e);

#endif
