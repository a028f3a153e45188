/* What the parts of publish.h share: hashes as they are printed. */
#ifndef MEDIA_PUBLISH_PRIVATE_H
#define MEDIA_PUBLISH_PRIVATE_H

#include "media/publish.h"

enum publish_hash_kind { PUBLISH_SHA256, PUBLISH_SHA384, PUBLISH_SHA512, PUBLISH_SHA1, PUBLISH_HASHES };
extern const char *const publish_hash_names[PUBLISH_HASHES]; /* "SHA-256" */

int publish_hash(size_t kind, const struct bytes *data, uint8_t out[64], size_t *len, struct error *e);
/* Appends "SHA256 (NAME) = HEX", LF: what sha256sum -c reads. */
int publish_code_line(const struct publish_artifact *a, struct bytes *out, struct error *e);

#endif
