/* CRLs and OCSP responses as the lint rules see them, and their tables. */
#ifndef PKI_LINT_LISTS_H
#define PKI_LINT_LISTS_H

#include "pki/crl_read.h"
#include "pki/lint_rules.h"
#include "pki/ocsp_read.h"

#define OID_AUTHORITY "\x55\x1d\x23"
#define OID_NUMBER    "\x55\x1d\x14"
#define OID_DELTA     "\x55\x1d\x1b"
#define OID_POINT     "\x55\x1d\x1c"
#define OID_FRESHEST  "\x55\x1d\x2e"
#define OID_ALT_NAME  "\x55\x1d\x12"

enum { ODD_BITS = 12, REASONS = REASON_AA_COMPROMISE + 1, SINGLES_MAX = 16 };

/* What one reading of all entries found; of each kind, the serial number of the first. */
struct lint_crl {
	const struct lint_context *context;
	struct crl_facts facts;
	uint64_t entries;
	unsigned odd;         /* every bit of enum crl_odd that some entry has */
	unsigned reasons;     /* a bit a reason that some entry has; unspecified: it has no reasonCode */
	bool extended;        /* some entry has extensions */
	bool repeated, early; /* a serial number stands twice; a revocation lies behind thisUpdate */
	uint8_t odd_serial[ODD_BITS][SERIAL_MAX], reason_serial[REASONS][SERIAL_MAX], early_serial[SERIAL_MAX];
};
struct lint_crl_rule {
	const char *rule, *clause;
	enum lint_severity severity;
	bool (*holds)(const struct lint_crl *c, struct message *why);
};
extern const struct lint_crl_rule lint_rfc5280_crl[], lint_cabf_crl[];

/* The CRL's extension of that OID, three octets long. */
bool lint_crl_find(const struct lint_crl *c, const char *oid, struct crl_extension *x);
/* Has no entry any of these oddities? If one has, says so of the first by its serial number. */
bool lint_none_odd(const struct lint_crl *c, unsigned bits, struct message *why, const char *id)
        __attribute__((format(printf, 4, 0)));
/* The issuingDistributionPoint, read field by field. */
struct lint_point {
	bool present, critical, reads, name, uri_only, user, ca, attribute, indirect, some_reasons;
	unsigned fields;
};
struct lint_point lint_point_of(const struct lint_crl *c);

struct lint_ocsp {
	const struct lint_context *context;
	struct ocsp_response response;
	struct ocsp_single single[SINGLES_MAX];
	size_t singles;
	X509 *responder; /* the first certificate inside; NULL: none, or it does not parse */
};
struct lint_ocsp_rule {
	const char *rule, *clause;
	enum lint_severity severity;
	bool (*holds)(const struct lint_ocsp *o, struct message *why);
};
extern const struct lint_ocsp_rule lint_rfc6960_response[], lint_cabf_ocsp_response[];

/* lint_fault() with a serial number as its one argument, in hex. */
bool lint_fault_serial(struct message *why, const char *id, const uint8_t serial[SERIAL_MAX])
        __attribute__((format(printf, 2, 0)));
/* Is the extension the one of a rehearsal? */
bool lint_is_rehearsal(const struct crl_extension *x);
/* Is the rehearsal's extension among these (SEQUENCE OF Extension)? */
bool lint_has_rehearsal(const struct der *extensions);
/* Appends "2.5.29.28" or the short name OpenSSL has for it. */
void lint_oid(struct bytes *out, const struct der *oid);

#endif
