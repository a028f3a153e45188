/* A second opinion on what the words of a script encode to: names, times and extension values written into DER here, by
 * RFC 5280 and X.690 alone and not by the code that built the certificate. */
#ifndef PKI_LINT_VALUE_H
#define PKI_LINT_VALUE_H

#include "pki/lint_rules.h"

struct pki_profile;

/* Each appends to `out`: 1: done; 0: the value is of a kind not known here; -1: it is no value at all. */
int value_oid(struct bytes *out, const char *dotted);           /* with its header */
int value_name(struct bytes *out, const struct pki_profile *p); /* the Name of the profile's attributes */
/* The contents of the extension's OCTET STRING; `value` without "critical". The certificate gives the key bits for its
 * own identifier. */
int value_extension(struct bytes *out, const struct lint_certificate *c, const char *name, const char *value);
/* The extension's OID with its header. */
int value_extension_oid(struct bytes *out, const char *name);

#endif
