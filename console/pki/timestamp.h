/* Time stamps (RFC 3161, RFC 5816): the query for one, and the reply judged. A reply is hostile input until it was. */
#ifndef PKI_TIMESTAMP_H
#define PKI_TIMESTAMP_H

#include "base/bytes.h"
#include "base/error.h"

enum {
	TIMESTAMP_REPLY_MAX = 1 << 17, /* a reply with a long chain has some 12 KiB */
	TIMESTAMP_QUERY_MAX = 4096,
	TIMESTAMP_NONCE = 8, /* octets of a nonce that is made here */
	TIMESTAMP_NONCE_MAX = 32,
	TIMESTAMP_DIGEST_MAX = 64
};

/* TimeStampReq, RFC 3161 section 2.4.1. */
struct timestamp_query {
	const char *hash; /* "sha256", "sha384" or "sha512" */
	uint8_t digest[TIMESTAMP_DIGEST_MAX];
	size_t digest_len;
	uint8_t nonce[TIMESTAMP_NONCE_MAX]; /* an INTEGER's contents; nonce_len 0: none */
	size_t nonce_len;
	char policy[128]; /* reqPolicy, dotted; "": none */
	bool certificate; /* certReq */
};

/* Is it a hash that time stamps are asked for with? The static name, or NULL. */
const char *timestamp_hash(const char *name);
/* A query over `data` that asks for the certificate too. `nonce`: TIMESTAMP_NONCE random octets, or NULL; its first
 * octet is bent so that every query has the same length. `policy` NULL: any. */
int timestamp_query_make(struct timestamp_query *q, const char *hash, const void *data, size_t len,
        const uint8_t *nonce, const char *policy, struct error *e);
/* Appends its DER: over a SHA-256 59 octets, with a nonce 69. */
int timestamp_query_write(const struct timestamp_query *q, struct bytes *out, struct error *e);
/* Reads one, exactly `len` octets of DER, without extensions. */
int timestamp_query_read(struct timestamp_query *q, const void *der, size_t len, struct error *e);

/* Certificates that are trusted without further question. */
struct timestamp_anchors;
struct timestamp_anchors *timestamp_anchors_new(struct error *e);
void timestamp_anchors_free(struct timestamp_anchors **a);
/* Adds every certificate of a PEM text (what stands between them is passed over), or one in DER. `name` is for
 * messages. -1 also when there is none. */
int timestamp_anchors_add(struct timestamp_anchors *a, const void *data, size_t len, const char *name, struct error *e);
size_t timestamp_anchors_count(const struct timestamp_anchors *a);

/* What a reply must be a time stamp of. */
struct timestamp_wanted {
	const void *data; /* the stamped octets themselves: hashed here by the reply's algorithm */
	size_t len;
	const struct timestamp_query *query;     /* the one that it answers, or NULL: then a nonce is not judged */
	const char *policy;                      /* dotted; NULL: any */
	const struct timestamp_anchors *anchors; /* NULL or empty: the chain is not judged */
};

/* What the time-stamp authority says. Its own texts are in visible form. */
struct timestamp {
	int64_t time;          /* genTime, ms since 1970 */
	const char *hash;      /* of the imprint */
	struct bytes policy;   /* dotted */
	struct bytes serial;   /* of the time stamp, hex */
	struct bytes accuracy; /* "1 s 500 ms 0 us", or empty: not said */
	struct bytes who;      /* subject of the signing certificate */
	struct bytes anchor;   /* subject of the trust anchor; empty: none was given */
	bool nonce;            /* it bears one */
};

/* Judges a TimeStampResp: exactly `len` octets of DER; granted; its imprint that of the data; nonce, hash and policy
 * those of the query; one signature, by a certificate that it holds, that its signing-certificate attribute names
 * (ESSCertID or ESSCertIDv2), whose extended key usage is timeStamping alone and critical, that was valid at genTime
 * and has a chain to an anchor then. Revocation is not judged: nothing is fetched. -1 with `e`. `out` must be zero, and
 * is freed by the caller in any case. */
int timestamp_verify(
        const void *reply, size_t len, const struct timestamp_wanted *w, struct timestamp *out, struct error *e);
void timestamp_free(struct timestamp *t);

#endif
