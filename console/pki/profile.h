/* Certificates as ceremonies make them: to-be-signed bytes out, signature in, decoded view, lint. */
#ifndef PKI_PROFILE_H
#define PKI_PROFILE_H

#include "base/bytes.h"
#include "base/error.h"

struct pki_attribute {
	const char *type, *value; /* "CN", "Example Root CA G1" */
	bool printable;           /* a DirectoryString as PrintableString; otherwise UTF8String */
	bool joined;              /* of the same RDN as the attribute before it */
};
struct pki_extension {
	const char *name, *value; /* x509v3_config: "keyUsage", "critical,keyCertSign,cRLSign" */
};
struct pki_section {
	const char *name; /* a value refers to it as @NAME */
	const struct pki_extension *field;
	size_t count;
};

/* All that a certificate says; the caller owns every pointer. */
struct pki_profile {
	const struct pki_attribute *subject;
	size_t subjects;
	/* DER Name that is taken byte for byte (BR 7.1.2.2: a cross-certificate's); NULL: the attributes */
	const uint8_t *subject_der;
	size_t subject_der_len;
	const uint8_t *issuer; /* DER Name, or NULL: self-issued */
	size_t issuer_len;
	/* The issuer's subjectKeyIdentifier, for authorityKeyIdentifier; NULL when self-issued: the certificate's own.
	 */
	const uint8_t *issuer_key_id;
	size_t issuer_key_id_len;
	/* The subject's subjectKeyIdentifier for the method "copy"; NULL: there is none to be copied */
	const uint8_t *key_id;
	size_t key_id_len;
	const uint8_t *spki; /* DER SubjectPublicKeyInfo */
	size_t spki_len;
	uint8_t serial[20];
	size_t serial_len;
	int64_t not_before, not_after; /* seconds since 1970; GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5) */
	const char *signature; /* ecdsa-sha256/384/512, rsa-pkcs1-sha256/384/512, rsa-pss-sha256/384/512, ed25519 */
	const struct pki_extension *extensions;
	size_t extension_count;
	const struct pki_section *sections;
	size_t section_count;
	bool rehearsal; /* adds our critical extension last */
};

/* OID of the rehearsal extension, under 2.25 (a UUID); critical, value: an UTF8String "REHEARSAL". */
extern const char pki_rehearsal_oid[];

/* Builds the TBSCertificate, DER. The names of wrong extensions or attributes are in the error. Reads no file and no
 * environment. */
int certificate_tbs(const struct pki_profile *profile, struct bytes *tbs, struct error *e);
/* TBS, algorithm and signature (as X.509 wants it) into the certificate, DER. */
int certificate_assemble(const void *tbs, size_t len, const char *signature_algorithm, const void *signature,
        size_t signature_len, struct bytes *der, struct error *e);
/* Does the key of `spki` verify the certificate's signature? -1 with `e` if not. */
int certificate_verify(const void *der, size_t len, const void *spki, size_t spki_len, struct error *e);
/* What a certificate gives to those that are issued by it or made after it: its names, key and key identifier, DER,
 * appended. A NULL is not wanted; a key identifier that is not there leaves `key_id` as it was. */
struct certificate_parts {
	struct bytes subject, issuer, spki, key_id;
	int64_t not_before, not_after;
};
/* Refuses what is not exactly one certificate in DER. Freed by certificate_parts_free(), also after an error. */
int certificate_parts_read(const void *der, size_t len, struct certificate_parts *out, struct error *e);
void certificate_parts_free(struct certificate_parts *p);
/* A file's content, which is one certificate in DER or PEM (RFC 7468, strictly: nothing before it, nothing behind) and
 * no more, into DER. */
int certificate_read(const void *data, size_t len, struct bytes *der, struct error *e);
int certificate_pem(const void *der, size_t len, struct bytes *pem, struct error *e);

/* Known names; false for others. `algorithm`: rsa-2048 … ed25519 (a key), and whether `signature` can be made by it. */
bool pki_key_algorithm_known(const char *algorithm);
bool pki_signature_fits(const char *signature, const char *key_algorithm);
/* A throw-away software key of that algorithm: its SPKI, and a signature over `message` by the same key (owned by
 * `key`). */
struct pki_key;
struct pki_key *pki_key_new(const char *algorithm, struct bytes *spki, struct error *e);
void pki_key_free(struct pki_key **key);
int pki_key_sign(const struct pki_key *key, const char *signature, const void *message, size_t len, struct bytes *out,
        struct error *e);
/* Does `signature` (X.509 form) of the named algorithm over `message` verify under `spki`? -1 with `e` if not. */
int pki_verify(const void *spki, size_t spki_len, const char *algorithm, const void *message, size_t len,
        const void *signature, size_t signature_len, struct error *e);
/* Is `spki` a key of that algorithm, size and curve included? -1 with `e` if not. */
int pki_key_is(const void *spki, size_t spki_len, const char *key_algorithm, struct error *e);
/* The signature algorithm to use for a proof of possession by a key algorithm: "ecdsa-sha384" for ec-p384. */
const char *pki_default_signature(const char *key_algorithm);

#endif
