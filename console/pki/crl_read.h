/* An untrusted CRL, read strictly and as a stream: nothing is allocated, whatever its size. What is no DER, is cut
 * short or has something behind it is refused; what is DER but against RFC 5280 is told apart in the facts, for lint.
 */
#ifndef PKI_CRL_READ_H
#define PKI_CRL_READ_H

#include "pki/crl.h"

enum { CRL_BYTES_MAX = 1 << 30 };

/* What an entry may have that crl_tbs() would not write. */
enum crl_odd {
	ODD_SERIAL = 1 << 0,             /* not positive, or of more than 20 octets: the entry's serial is 0 */
	ODD_TIME_FORM = 1 << 1,          /* a time that is not as RFC 5280 section 5.1.2.4 says */
	ODD_REASON_UNSPECIFIED = 1 << 2, /* written out, which it should not be */
	ODD_REASON = 1 << 3,             /* no reason of RFC 5280 section 5.3.1, or another encoding */
	ODD_INVALIDITY_FORM = 1 << 4,
	ODD_CRITICAL = 1 << 5,           /* reasonCode or invalidityDate is critical */
	ODD_CERTIFICATE_ISSUER = 1 << 6, /* an entry of an indirect CRL */
	ODD_UNKNOWN = 1 << 7,            /* an extension not known here, not critical */
	ODD_UNKNOWN_CRITICAL = 1 << 8,
	ODD_TWICE = 1 << 9,     /* one extension twice */
	ODD_EMPTY = 1 << 10,    /* the SEQUENCE of extensions is there and empty */
	ODD_TIME_READ = 1 << 11 /* the revocation date is no time that can be read: -1 */
};

/* Pointers into the DER, which the caller keeps. */
struct crl_facts {
	struct der tbs, inner_algorithm, issuer, this_time, next_time; /* next_time.whole NULL: no nextUpdate */
	struct der algorithm, signature;  /* of a whole CRL; signature: the octets, without the count of unused bits */
	int version;                      /* 1 or 2; 0: another number */
	int64_t this_update, next_update; /* -1: absent or not readable */
	bool has_list;                    /* revokedCertificates is there, empty or not */
	struct der list;                  /* its SEQUENCE */
	struct der extensions;            /* SEQUENCE OF Extension; whole NULL: none */
};

struct crl_reader {
	struct crl_facts facts;
	const uint8_t *start, *at;
	size_t left;
};

/* Reads what stands around the entries. `der` is exactly one CertificateList, or one TBSCertList with `tbs_only`. */
int crl_open(struct crl_reader *r, const void *der, size_t len, bool tbs_only, struct error *e);
/* The next entry: 1, 0 at the end, -1 with `e`. `odd` gets bits of enum crl_odd. */
int crl_next(struct crl_reader *r, struct crl_entry *entry, unsigned *odd, struct error *e);
/* Back to the first entry. */
void crl_again(struct crl_reader *r);

/* An extension, of a CRL or of an entry. */
struct crl_extension {
	struct der whole, oid, value; /* value: what is in the OCTET STRING, tag 4 */
	bool critical;
};
/* Reads one at *at: 1, 0 at the end, -1 when it is none in DER. */
int crl_extension_next(const uint8_t **at, size_t *left, struct crl_extension *out);
/* The first of that OID (its contents). False: there is none. */
bool crl_extension_find(const struct crl_facts *f, const void *oid, size_t len, struct crl_extension *out);
/* cRLNumber as a number with zeros before it. False: absent, or not from 0 to 2^159 − 1. */
bool crl_number(const struct crl_facts *f, uint8_t number[SERIAL_MAX]);

/* Does the key of `spki` verify the signature of a whole CRL? -1 with `e` if not. */
int crl_verify(const struct crl_facts *f, const void *spki, size_t len, struct error *e);

struct crl_list;
/* Takes the entries of the issuer's previous CRL into `list`: it must be `next`'s issuer's, name and signature,
 * complete (no delta, not indirect), of the same issuingDistributionPoint, and its number below `next`'s. What an entry
 * says that would get lost is an error that names it. */
int crl_carry_forward(struct crl_list *list, const void *der, size_t len, const struct crl_profile *next,
        const void *issuer_spki, size_t spki_len, struct error *e);

/* Appends the CRL (its TBSCertList) in lines for people, as certificate_view() does: every field, every extension, how
 * many entries there are and for which reasons; all entries up to CRL_VIEW_ALL, of more the first and the last
 * CRL_VIEW_ENDS. */
enum { CRL_VIEW_ALL = 2000, CRL_VIEW_ENDS = 100 };
int crl_view(const void *tbs, size_t len, struct bytes *out, struct error *e);

#endif
