/* A detached CMS signature (RFC 5652 SignedData) with the signed attributes of CAdES-BES, built around a signature that
 * is made elsewhere: by a token, a card. The same inputs give the same bytes. */
#ifndef PKI_CMS_H
#define PKI_CMS_H

#include "base/bytes.h"
#include "base/error.h"

enum { CMS_CHAIN_MAX = 16 };

/* Certificates, DER; all zero is empty. */
struct cms_chain {
	struct bytes certificate[CMS_CHAIN_MAX];
	size_t count;
};

struct cms_signer {
	const struct bytes *certificate; /* DER */
	const struct cms_chain
	        *chain;        /* further certificates for the CMS, or NULL; the signer's own may be among them */
	const char *algorithm; /* "ecdsa-sha256", "rsa-pkcs1-sha256", … : its hash is the digest algorithm */
	int64_t time;          /* signing time, seconds since 1970 */
};

/* The algorithm by which the key of this certificate signs, for a signer who is not told another: the hash as long as
 * an EC key, SHA-256 for RSA. NULL with `e` for a key that cannot sign a CMS (Ed25519 among them). */
const char *cms_algorithm(const struct bytes *certificate, struct error *e);
/* Reads a PEM file's certificates, one or more, into an empty `out`: nothing else may stand in it but text between
 * them. Freed by cms_chain_free() in every case. */
int cms_chain_read(const struct bytes *pem, struct cms_chain *out, struct error *e);
void cms_chain_free(struct cms_chain *chain);

/* The signed attributes over `content`, as the SET OF that is to be signed (RFC 5652 section 5.4): contentType,
 * messageDigest, signingTime, signingCertificateV2 (ETSI EN 319 122-1 section 6.3, level B-B). */
int cms_attributes(
        const struct cms_signer *s, const void *content, size_t len, struct bytes *attributes, struct error *e);
/* The same over content of which only the digest is known, made by the algorithm's hash. */
int cms_attributes_of_digest(
        const struct cms_signer *s, const void *digest, size_t len, struct bytes *attributes, struct error *e);
/* The whole CMS from these attributes and the signature over them (ECDSA: DER). */
int cms_assemble(const struct cms_signer *s, const struct bytes *attributes, const struct bytes *signature,
        struct bytes *cms, struct error *e);

/* The names of a certificate, for people: its subject and its issuer in visible form (RFC 2253), appended. */
int cms_certificate_names(
        const struct bytes *certificate, struct bytes *subject, struct bytes *issuer, struct error *e);

#endif
