/* Extensions written in OpenSSL's x509v3_config syntax, with sections, without its files and environment. */
#ifndef PKI_EXTENSION_H
#define PKI_EXTENSION_H

#include "base/der.h"
#include "base/error.h"

#include <openssl/x509.h>
#include <stdbool.h>

struct pki_profile;

/* Adds the profile's extensions to a certificate that has names and key already, in the order written, and the
 * rehearsal's last. */
int extensions_add(X509 *x, const struct pki_profile *profile, struct error *e);

/* Is it the extension of a rehearsal? */
bool extension_is_rehearsal(const X509_EXTENSION *extension);
bool extension_oid_is_rehearsal(const struct der *oid); /* its OBJECT IDENTIFIER */

#endif
