/* A certificate as the lint rules see it, and their tables. */
#ifndef PKI_LINT_RULES_H
#define PKI_LINT_RULES_H

#include "pki/der.h"
#include "pki/lint.h"

#include <openssl/x509v3.h>

/* Decoded once; NULL: absent, or does not decode (which is a finding of its own). */
struct lint_certificate {
	const struct lint_context *context;
	struct der_certificate parts;
	X509 *x;
	EVP_PKEY *key;           /* borrowed from x */
	X509 *issuer, *existing; /* of the context; NULL: not given */
	BASIC_CONSTRAINTS *basic;
	ASN1_BIT_STRING *usage;
	ASN1_OCTET_STRING *key_id;
	AUTHORITY_KEYID *authority;
	bool ca;                       /* basicConstraints say so */
	bool self_issued, self_signed; /* issuer and subject have the same bytes; its own key verifies it */
	int64_t not_before, not_after; /* -1: not readable */
};

struct lint_rule {
	const char *rule, *clause;
	enum lint_severity severity;
	/* Does it hold? If not, says why. */
	bool (*holds)(const struct lint_certificate *c, struct message *why);
	bool softer; /* only a warning in a rehearsal */
};

extern const struct lint_rule lint_rfc5280[], lint_rfc5280_extensions[], lint_cabf_root[], lint_cabf_root_names[],
        lint_script[], lint_cabf_ca[], lint_cabf_ca_names[], lint_cabf_tls_ca[], lint_cabf_cross[],
        lint_cabf_constrained[], lint_cabf_ocsp[], lint_rfc6960[], lint_tsa[], lint_802_1ar[];

/* Sets the message and returns false, so that a rule can return it. */
bool lint_fault(struct message *why, const char *id, ...) __attribute__((format(printf, 2, 3)));

/* The same with the name of an extension or attribute type in it. */
bool lint_fault_object(struct message *why, const char *id, const ASN1_OBJECT *object)
        __attribute__((format(printf, 2, 0)));

/* Byte for byte. */
bool lint_same_name(const X509_NAME *a, const X509_NAME *b);
/* Appends a finding. */
int lint_add(struct lint_findings *out, const struct lint_finding *finding, struct error *e);

/* The first extension of that kind, or NULL. */
X509_EXTENSION *lint_extension(const struct lint_certificate *c, int nid);
bool lint_critical(const struct lint_certificate *c, int nid);
/* Decodes it; the caller frees. NULL: absent or undecodable. */
void *lint_decode(const struct lint_certificate *c, int nid);
/* Has the extended key usage that purpose? Its count of purposes is lint_purposes(); 0: absent or undecodable. */
bool lint_purpose(const struct lint_certificate *c, const char *oid);
int lint_purposes(const struct lint_certificate *c);
/* The first extension that is not ours and not among `named` (ended by NID_undef), or NULL. */
X509_EXTENSION *lint_other(const struct lint_certificate *c, const int *named);
/* RFC 6960 section 4.2.2.2.1, BR 7.1.2.8.6: id-pkix-ocsp-nocheck, when it is there, is exactly a NULL. */
bool lint_no_check_null(const struct lint_certificate *c, struct message *why);
/* Is key usage bit `bit` set? False when there is no key usage. */
bool lint_usage(const struct lint_certificate *c, int bit);
enum {
	USAGE_DIGITAL_SIGNATURE = 0,
	USAGE_NON_REPUDIATION = 1,
	USAGE_CERT_SIGN = 5,
	USAGE_CRL_SIGN = 6,
	USAGE_BITS = 9
};

#endif
