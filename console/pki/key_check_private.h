/* What the halves of the key checks share. */
#ifndef PKI_KEY_CHECK_PRIVATE_H
#define PKI_KEY_CHECK_PRIVATE_H

#include "pki/key_check.h"

#include <openssl/bn.h>

/* Adds a finding of the set "key". -1: no memory. */
int key_fault(struct lint_findings *out, enum lint_severity severity, const char *rule, const char *clause,
        struct error *e, const char *id, ...) __attribute__((format(printf, 6, 7)));

/* All that is checked of an RSA modulus and exponent (RFC 8017 section 3.1). */
int key_check_rsa(const BIGNUM *modulus, const BIGNUM *exponent, const struct weak_keys *weak,
        struct lint_findings *out, struct error *e);
/* Is a modulus of it on the list? -1: no memory. */
int weak_keys_have(const struct weak_keys *w, const BIGNUM *modulus);

/* The parts of it, tried alone by the tests. -1: no memory. */
int rsa_has_roca_form(const BIGNUM *modulus);                              /* CVE-2017-15361 */
int rsa_primes_close(const BIGNUM *modulus, unsigned rounds, BN_CTX *ctx); /* Fermat's factorization finds them */

#endif
