/* What the parts of timestamp.h share. */
#ifndef PKI_TIMESTAMP_PRIVATE_H
#define PKI_TIMESTAMP_PRIVATE_H

#include <openssl/cms.h>

#include "pki/der.h"
#include "pki/timestamp.h"

/* MessageImprint, RFC 3161 section 2.4.1. `digest` points into the DER. */
struct timestamp_imprint {
	const char *hash;
	const uint8_t *digest;
	size_t len;
};
/* -1: it is none, or of another hash than SHA-256, SHA-384, SHA-512. */
int timestamp_imprint_read(const struct der *imprint, struct timestamp_imprint *out);
int timestamp_digest(const char *hash, const void *data, size_t len, uint8_t *out, size_t *out_len, struct error *e);

/* The CMS SignedData of a time stamp: signature, signing certificate and its chain at `time` (seconds), judged. Sets
 * who and anchor of `out`. `tsa`: the GeneralName that TSTInfo names its maker by, or NULL. */
int timestamp_signature(CMS_ContentInfo *token, int64_t time, const struct timestamp_anchors *anchors,
        const GENERAL_NAME *tsa, struct timestamp *out, struct error *e);

#endif
