/* OCSP responses signed ahead (RFC 6960, by the profile of RFC 5019): one BasicOCSPResponse a certificate, its
 * to-be-signed bytes out, the signature in. What all responses of a batch share is encoded once; a response then costs
 * a few copies and no object. */
#ifndef PKI_OCSP_H
#define PKI_OCSP_H

#include "pki/crl.h"

enum ocsp_hash { OCSP_SHA1 = 1, OCSP_SHA256 = 2 }; /* of the CertID; RFC 5019 clients ask by SHA-1 */

/* What the responses of a batch share; the caller owns every pointer. */
struct ocsp_profile {
	const uint8_t *issuer; /* the certificate of the issuer, DER: its name and key are what CertIDs name */
	size_t issuer_len;
	/* The delegated responder's certificate, DER (RFC 6960 section 4.2.2.2), which goes into each response; NULL:
	 * the issuer signs itself. */
	const uint8_t *responder;
	size_t responder_len;
	unsigned hashes;                               /* of enum ocsp_hash; both: two SingleResponses, SHA-1 first */
	bool by_name;                                  /* ResponderID byName; else byKey */
	int64_t this_update, next_update, produced_at; /* seconds since 1970 */
	const char *signature;                         /* as in struct pki_profile */
	bool rehearsal;                                /* adds our critical extension to the response */
};

struct ocsp_batch;
/* NULL with `e` when the profile is wrong: an issuer that signs itself must be allowed to by its keyUsage; a delegated
 * responder's certificate must be the issuer's, have the extended key usage OCSPSigning and last until nextUpdate.
 * Owned by the caller; the profile is not needed afterwards.
 */
struct ocsp_batch *ocsp_batch_new(const struct ocsp_profile *profile, struct error *e);
void ocsp_batch_free(struct ocsp_batch **batch);

/* The status of a certificate: `entry->time` −1 is good, else revoked then and for that reason. A hold and
 * removeFromCRL are refused: a response signed ahead could not be taken back. "unknown" is never written. */

enum { OCSP_TBS_MAX = 2048 };
/* Writes the ResponseData, DER, into `out`, and points *tbs at its *len bytes there, which are valid until the next
 * call with the same room. 0 or -1 with `e`. */
int ocsp_tbs(const struct ocsp_batch *batch, const struct crl_entry *entry, uint8_t out[OCSP_TBS_MAX],
        const uint8_t **tbs, size_t *len, struct error *e);
/* The whole OCSPResponse around these bytes, cleared and put into `out`. `signature` as X.509 wants it. */
int ocsp_assemble(const struct ocsp_batch *batch, const void *tbs, size_t len, const void *signature,
        size_t signature_len, struct bytes *out, struct error *e);

/* Is it, to the last byte, the response of this batch for this entry, and does its signature verify under the
 * responder's key? OpenSSL parses and verifies it on its own as well when `by_openssl`, which is slower. -1 with `e` if
 * not. */
int ocsp_check(const struct ocsp_batch *batch, const struct crl_entry *entry, const void *der, size_t len,
        bool by_openssl, struct error *e);

/* Appends what a ResponseData (to-be-signed bytes) says in lines for people. */
int ocsp_view(const void *tbs, size_t len, struct bytes *out, struct error *e);

#endif
