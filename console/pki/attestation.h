/* A vendor's attestation of a key: a certificate for the very key, made inside the HSM, with a chain of certificates
 * from it to the vendor's root. */
#ifndef PKI_ATTESTATION_H
#define PKI_ATTESTATION_H

#include "base/bytes.h"
#include "base/error.h"

enum { ATTESTATION_CHAIN_MIN = 2, ATTESTATION_CHAIN_MAX = 6 };

/* "1.2.3" or "1.2.3=HEX": an extension that the attestation must have, and the bytes inside its OCTET STRING. */
struct attestation_wanted {
	const uint8_t *spki_sha256; /* 32 bytes each */
	const uint8_t *root_sha256;
	const char *const *extensions;
	size_t extension_count;
	int64_t now;           /* seconds since 1970, against which validity is judged */
	bool expired_accepted; /* a notAfter that has passed is no fault */
	bool early_accepted;   /* nor is a notBefore that has not come: it was judged before */
	bool rehearsal;        /* a stand-in's root may take the place of the pinned one */
};

/* What is known of one once it was verified. */
struct attestation_found {
	bool stand_in; /* of a rehearsal */
	bool expired;  /* some certificate of the chain has expired */
};

/* `chain`: certificates in DER, the attestation first, then each the issuer of the one before, the root last. Holds
 * that the attestation's SubjectPublicKeyInfo is the wanted one; that the root is the pinned one, byte for byte; that
 * every other certificate verifies under the next, whose name is its issuer; that issuers are CAs, with what RFC 5280
 * section 6.1.4 (k) to (o) asks of them; that nothing critical is left unread; and the validity of each at `now`.
 * Nothing but the chain given is looked at: no store, no file, no environment. The first thing that does not hold is
 * the error. Pure. */
int attestation_verify(const struct bytes *chain, size_t count, const struct attestation_wanted *w,
        struct attestation_found *found, struct error *e);

/* A chain of `count` certificates with throw-away keys, each with the critical extension of rehearsals, in place of one
 * for `spki`; it has the extensions that are wanted. Appended to each of `chain`. */
int attestation_stand_in(const void *spki, size_t spki_len, const struct attestation_wanted *w, size_t count,
        struct bytes *chain, struct error *e);

/* What the chain says, in lines for people: the attestation in full, then name, validity and hash of each above it. */
int attestation_view(const struct bytes *chain, size_t count, struct bytes *out, struct error *e);

/* The bytes of "1.2.3=HEX" behind the "=", appended; false when it has no "=" or they are not lower-case hex. */
bool attestation_value(const char *extension, struct bytes *out);

#endif
