/* Distinguished names: built in the order given, RDN by RDN, and shown whole. */
#ifndef PKI_NAME_H
#define PKI_NAME_H

#include "base/bytes.h"
#include "base/error.h"

#include <openssl/x509.h>

struct pki_attribute;

struct attribute_type {
	const char *name; /* OpenSSL's short name, which profiles use: "CN" */
	const char *oid;
	int string;      /* V_ASN1_UTF8STRING (a DirectoryString), V_ASN1_PRINTABLESTRING or V_ASN1_IA5STRING */
	size_t min, max; /* characters: X.520 upper bounds as in RFC 5280 appendix A; max 0: unbounded */
	unsigned order;  /* place in the table of BR 7.1.4.2, from 1; 0: not in it */
};

/* NULL when unknown. */
const struct attribute_type *attribute_type_named(const char *name);
const struct attribute_type *attribute_type_of(const ASN1_OBJECT *object);

/* Owned by the caller: X509_NAME_free(). */
X509_NAME *name_build(const struct pki_attribute *attribute, size_t count, struct error *e);
/* The same as DER. */
int name_der(const struct pki_attribute *attribute, size_t count, struct bytes *out, struct error *e);
/* A Name from exactly its DER, read by our own code, that encodes again to the same bytes. */
X509_NAME *name_parse(const void *der, size_t len, struct error *e);

/* Appends "C=JP, O=Example\, Inc., CN=…": commas, pluses, equals signs and backslashes of values behind a backslash,
 * foreign characters visible. RDNs in the order encoded. An empty name: "(empty)". */
void name_show(struct bytes *out, const X509_NAME *name);
/* Appends a string value visibly, whatever its ASN.1 type; `escape` puts the backslashes of name_show. */
void string_show(struct bytes *out, const ASN1_STRING *value, bool escape);
/* Appends the short name, or the dotted OID. */
void object_show(struct bytes *out, const ASN1_OBJECT *object);
/* The characters of a string value, or -1 when its bytes are not what its type says. */
long string_characters(const ASN1_STRING *value);

#endif
