/* An OCSP response of anybody's, read strictly, for lint and to be shown: nothing is allocated, and pointers go into
 * the DER, which the caller keeps. */
#ifndef PKI_OCSP_READ_H
#define PKI_OCSP_READ_H

#include "pki/crl_read.h"

enum { OCSP_BYTES_MAX = 1 << 20, OCSP_NO_REASON = -1, OCSP_BAD_REASON = -2 };
enum ocsp_status { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN };

/* RFC 6960 section 4.2.1. An element that is not there has a NULL `whole`. Times that are not of the one form of RFC
 * 5280 section 4.1.2.5.2 read as -1. */
struct ocsp_single {
	struct der whole, id, hash, name_hash, key_hash, serial; /* id: the CertID */
	enum ocsp_status status;
	struct der revoked_time, this_time, next_time, extensions;
	int64_t revoked_at, this_update, next_update;
	int reason; /* OCSP_NO_REASON, OCSP_BAD_REASON, or its number */
};
struct ocsp_response {
	unsigned status; /* of the OCSPResponse: 0 is successful, and only then is there more */
	bool basic;      /* the response type is id-pkix-ocsp-basic */
	struct der tbs, version, responder, produced_time, singles, extensions;
	struct der algorithm, signature, certificates; /* signature: without the count of unused bits */
	int64_t produced_at;
};

/* `der` is exactly one OCSPResponse. */
int ocsp_open(struct ocsp_response *r, const void *der, size_t len, struct error *e);
/* The response inside to-be-signed bytes. */
int ocsp_open_tbs(struct ocsp_response *r, const void *tbs, size_t len, struct error *e);
/* The next SingleResponse at *at (begin with r->singles.value and .len): 1, 0 at the end. They were read by ocsp_open()
 * already, so that none is wrong. */
int ocsp_single_next(const uint8_t **at, size_t *left, struct ocsp_single *out);

#endif
