/* Lint: rules with clause and severity, over the DER of a certificate, a CRL or an OCSP response. */
#ifndef PKI_LINT_H
#define PKI_LINT_H

#include "base/bytes.h"
#include "base/error.h"

enum lint_severity { LINT_ERROR, LINT_WARNING };
struct lint_finding {
	enum lint_severity severity;
	const char *set, *rule, *clause; /* "cabf-root", "root_key_usage_critical", "BR 7.1.2.1.2" */
	struct message message;
};
struct pki_profile;
struct lint_findings {
	struct lint_finding *item;
	size_t count;
};
struct lint_context {
	int64_t now;    /* seconds: the moment of signing, for BR 7.1.2.1.1; 0: not checked */
	bool rehearsal; /* our critical extension is expected (and looked past); notBefore rules are warnings */
	const struct pki_profile *profile; /* what the certificate is to say, for the set "script" */
	/* The issuer's certificate, and of a cross-certificate the one there is, DER; NULL: what needs them holds */
	const uint8_t *issuer, *existing;
	size_t issuer_len, existing_len;
	bool outlives_issuer;        /* notAfter behind the issuer's was accepted */
	const char *organisation[2]; /* its name in Japanese, and romanised; NULL: not given */
	/* For CRLs and OCSP responses: they tell of CA certificates, not of subscribers' (other bounds in BR 4.9.9
	 * and 7.2).
	 */
	bool covers_ca;
};

bool lint_set_known(const char *set); /* rfc5280, cabf-root, …; "script" */
/* Runs the rules of `set` over a whole certificate. Findings are appended. -1 only when DER cannot be parsed at all. */
int lint_certificate(const void *der, size_t len, const char *set, const struct lint_context *context,
        struct lint_findings *out, struct error *e);
bool lint_crl_set_known(const char *set); /* rfc5280-crl, cabf-crl */
/* The same for a whole CRL, which is read through as a stream. */
int lint_crl(const void *der, size_t len, const char *set, const struct lint_context *context,
        struct lint_findings *out, struct error *e);
bool lint_ocsp_set_known(const char *set); /* rfc6960, cabf-ocsp */
/* The same for a whole OCSP response. */
int lint_ocsp(const void *der, size_t len, const char *set, const struct lint_context *context,
        struct lint_findings *out, struct error *e);
void lint_findings_free(struct lint_findings *f);

#endif
