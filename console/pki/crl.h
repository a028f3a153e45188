/* Certificate revocation lists (RFC 5280 section 5), written and read as streams: entries pass by one at a time, and a
 * list of a million of them is never held as objects. To-be-signed bytes out, signature in. */
#ifndef PKI_CRL_H
#define PKI_CRL_H

#include "pki/der.h"
#include "pki/profile.h"

enum { SERIAL_MAX = 20 };

/* RFC 5280 section 5.3.1; 7 is not used. */
enum crl_reason {
	REASON_UNSPECIFIED,
	REASON_KEY_COMPROMISE,
	REASON_CA_COMPROMISE,
	REASON_AFFILIATION_CHANGED,
	REASON_SUPERSEDED,
	REASON_CESSATION_OF_OPERATION,
	REASON_CERTIFICATE_HOLD,
	REASON_REMOVE_FROM_CRL = 8,
	REASON_PRIVILEGE_WITHDRAWN,
	REASON_AA_COMPROMISE
};
/* "keyCompromise" and so on, the standard's own names; NULL for a number that is none. */
const char *crl_reason_name(unsigned reason);
/* -1 when the name is none of them. */
int crl_reason_named(const char *name, size_t len);

/* One revoked certificate. 40 bytes: a million of them are held when they come unsorted. */
struct crl_entry {
	int64_t time, invalidity;   /* seconds since 1970; invalidity -1: no invalidityDate */
	uint8_t serial[SERIAL_MAX]; /* the number, big-endian, zeros before it: they compare by memcmp() */
	uint8_t reason; /* REASON_UNSPECIFIED is written by leaving reasonCode out (RFC 5280 section 5.3.1) */
};

/* The number of `len` bytes big-endian (zeros may stand before it) into `out`. -1 with `e` unless it is positive and of
 * at most 20 octets in DER (RFC 5280 section 4.1.2.2). */
int serial_set(uint8_t out[SERIAL_MAX], const uint8_t *number, size_t len, struct error *e);
/* The significant bytes of a serial: where they begin, and how many. */
const uint8_t *serial_bytes(const uint8_t serial[SERIAL_MAX], size_t *len);
/* Appends them in lower-case hex. */
void serial_hex(struct bytes *out, const uint8_t serial[SERIAL_MAX]);

/* Where entries come from, one after another, twice: the length of a CRL stands before its entries. */
struct crl_source {
	void *context;
	/* Back to the first. 0 or -1 with `e`. */
	int (*rewind)(void *context, struct error *e);
	/* 1 and the next entry, 0 at the end, -1 with `e`. */
	int (*next)(void *context, struct crl_entry *entry, struct error *e);
};

/* Where bytes go, in blocks. */
struct crl_sink {
	void *context;
	int (*write)(void *context, const void *data, size_t len, struct error *e); /* 0 or -1 with `e` */
};
/* Sinks: into bytes; into PEM text (RFC 7468) that goes on to another sink, which crl_pem_end() closes. */
struct crl_sink crl_sink_bytes(struct bytes *out);
struct crl_pem {
	const struct crl_sink *to;
	uint8_t line[48];
	size_t filled;
	bool begun;
};
struct crl_sink crl_sink_pem(struct crl_pem *pem);
int crl_pem_end(struct crl_pem *pem, struct error *e);

/* All that a CRL says but its entries; the caller owns every pointer. */
struct crl_profile {
	const uint8_t *issuer; /* DER Name: the issuer's subject, byte for byte */
	size_t issuer_len;
	const uint8_t *issuer_key_id; /* the issuer's subjectKeyIdentifier (RFC 5280 section 5.2.1: must be) */
	size_t issuer_key_id_len;
	int64_t this_update, next_update; /* seconds since 1970 */
	uint8_t number[SERIAL_MAX];       /* cRLNumber, zeros before it; 0 is a number (RFC 5280 section 5.2.3) */
	const char *signature;            /* as in struct pki_profile */
	/* Behind authorityKeyIdentifier and cRLNumber, in this order, in x509v3_config syntax: issuingDistributionPoint
	 * (fullname:URI:…, onlyuser:TRUE, onlyCA:TRUE, onlyAA:TRUE), issuerAltName, freshestCRL, authorityInfoAccess,
	 * an OID with DER:. */
	const struct pki_extension *extensions;
	size_t extension_count;
	bool rehearsal; /* adds our critical extension last */
};
struct crl_totals {
	uint64_t entries, length; /* length of the TBSCertList in bytes */
	uint8_t sha256[32];       /* of it */
};
/* Writes the TBSCertList, DER, to `out`. Entries must come in ascending order of their serials, each once. The source
 * is gone through twice. `totals` may be NULL. */
int crl_tbs(const struct crl_profile *profile, const struct crl_source *source, const struct crl_sink *out,
        struct crl_totals *totals, struct error *e);

/* The CertificateList around its to-be-signed bytes (from crl_tbs() again, or from where they were kept): head, the
 * `tbs_len` bytes, tail. `signature` as X.509 wants it. */
int crl_head(
        uint64_t tbs_len, const char *algorithm, size_t signature_len, const struct crl_sink *out, struct error *e);
int crl_tail(const char *algorithm, const void *signature, size_t signature_len, const struct crl_sink *out,
        struct error *e);
/* The same with the to-be-signed bytes in memory (or mapped). */
int crl_assemble(const void *tbs, size_t len, const char *algorithm, const void *signature, size_t signature_len,
        const struct crl_sink *out, struct error *e);

/* What a CRL takes from its issuer's certificate: the subject, the subjectKeyIdentifier, the key. All zero is empty. */
struct crl_issuer {
	struct bytes name, key_id, spki;
};
int crl_issuer_read(struct crl_issuer *issuer, const void *certificate, size_t len, struct error *e);
void crl_issuer_free(struct crl_issuer *issuer);

/* DER of the extensions of `profile`, SEQUENCE OF Extension without its header. */
int crl_extensions(const struct crl_profile *profile, struct bytes *out, struct error *e);

#endif
