/* What the parts of the views share: lines of at most 100 cells. */
#ifndef PKI_VIEW_PRIVATE_H
#define PKI_VIEW_PRIVATE_H

#include "base/bytes.h"

#include <openssl/x509.h>

/* Appends "Label: value" indented, the value broken at 100 cells. It must be visible text already. */
void view_line(struct bytes *out, unsigned indent, const char *label, const char *value);
/* The same with bytes in hex, 32 a line. */
void view_hex(struct bytes *out, unsigned indent, const char *label, const void *data, size_t len);

/* Appends a name, whole and attribute by attribute, and a public key with all its parts. */
void view_name(struct bytes *out, const char *label, const X509_NAME *name);
void view_key(struct bytes *out, X509_PUBKEY *public);

/* Appends one extension: its line, and its value decoded, or in hex when it is not known or does not decode wholly. */
void view_extension(struct bytes *out, int number, const X509_EXTENSION *extension);

#endif
