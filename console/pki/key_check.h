/* Public keys that must not be certified: sizes, exponents, structure, and the weaknesses that are known by name. Rules
 * of the CA/Browser Forum's Baseline Requirements (BR), sections 6.1.1.3, 6.1.5 and 6.1.6. */
#ifndef PKI_KEY_CHECK_H
#define PKI_KEY_CHECK_H

#include "pki/lint.h"

/* Fingerprints of keys known to be weak (Debian's of CVE-2008-0166). All zero: none. */
struct weak_keys {
	uint8_t (*fingerprint)[10]; /* sorted */
	size_t count;
};

/* Reads a list as Debian's package openssl-blacklist has them: one line for each RSA key, of the last 20 hex digits
 * (lower case) of the SHA-1 of "Modulus=", the modulus in hex (upper case, no leading zeros) and a line feed, which is
 * what `openssl rsa -modulus -noout` prints. Lines that begin with "#" and empty lines are skipped; anything else is an
 * error, with its line. Lists may be read one after the other into the same place; weak_keys_free() frees. */
int weak_keys_read(struct weak_keys *w, const void *text, size_t len, struct error *e);
/* The same of a file, whose SHA-256 goes to `sum` (may be NULL). */
int weak_keys_load(struct weak_keys *w, const char *path, uint8_t sum[32], struct error *e);
void weak_keys_free(struct weak_keys *w);

/* Appends what is wrong with the key of a SubjectPublicKeyInfo: rule, clause and sentence; the set is "key". Errors:
 * nobody may certify it. Warnings: what the BR only advise against. -1 only when memory runs out. */
int key_check(const void *spki, size_t len, const struct weak_keys *weak, struct lint_findings *out, struct error *e);

#endif
