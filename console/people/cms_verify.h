/* A detached CMS signature (RFC 5652) by one signer, of the one form that this program makes (pki/cms.h; CAdES-BES
 * baseline attributes), judged: by the fold of consent for people's cards, by the helper before a card signs, and for
 * signed documents. Nothing of a certificate's chain, validity or revocation is judged here: the certificate is known
 * by its hash. */
#ifndef PEOPLE_CMS_VERIFY_H
#define PEOPLE_CMS_VERIFY_H

#include "base/bytes.h"
#include "base/error.h"

/* Judges the DER of a ContentInfo over the `content` that it does not hold: exactly `len` bytes, no other encoding, the
 * signer's certificate among its certificates and of this SHA-256, messageDigest and signing certificate attribute
 * right, and the signature good. *time: the signing time, seconds since 1970. -1 with `e`. */
int cms_verify(const void *cms, size_t len, const void *content, size_t content_len,
        const uint8_t certificate_sha256[32], int64_t *time, struct error *e);

/* Judges the SignedAttributes in the form in which they are signed, a SET OF (RFC 5652 section 5.4): exactly the four
 * attributes of a signature of `algorithm` ("ecdsa-sha256", "rsa-pkcs1-sha256", …) over `content` under the certificate
 * of this hash. */
int cms_attributes_verify(const void *attributes, size_t len, const char *algorithm, const void *content,
        size_t content_len, const uint8_t certificate_sha256[32], int64_t *time, struct error *e);

#endif
