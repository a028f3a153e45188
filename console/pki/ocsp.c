#include "pki/ocsp.h"

#include "pki/algorithm.h"
#include "pki/der_time.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RESPONDER_MAX = 8192 };

struct ocsp_batch {
	struct bytes front; /* ResponderID and producedAt */
	struct bytes id[2]; /* what stands in each CertID before the serial number */
	size_t ids;
	struct bytes validity;     /* thisUpdate and [0] nextUpdate */
	struct bytes back;         /* [1] responseExtensions, or nothing */
	struct bytes certificates; /* [0] SEQUENCE OF Certificate, or nothing */
	const struct signature_algorithm *algorithm;
	EVP_PKEY *key; /* the responder's */
	X509 *issuer;
};

static const uint8_t hash_sha1[] = {0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00};
static const uint8_t hash_sha256[] = {
        0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00};

static int digest(const EVP_MD *md, const void *data, size_t len, uint8_t out[EVP_MAX_MD_SIZE], unsigned *out_len,
        struct error *e)
{
	if (EVP_Digest(data, len, out, out_len, md, NULL) != 1)
		return openssl_error(e, ERROR_INTERNAL, N_("The OCSP responses cannot be hashed: %s."));
	return 0;
}

/* RFC 6960 section 4.1.1: hashes of the issuer's name, DER, and of its key, the bits without tag, length and unused
 * bits. */
static int put_id(struct bytes *out, X509 *issuer, const EVP_MD *md, const uint8_t *identifier, size_t identifier_len,
        struct error *e)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(issuer);
	uint8_t sum[EVP_MAX_MD_SIZE];
	const unsigned char *name;
	size_t name_len;
	unsigned len;

	if (X509_NAME_get0_der(X509_get_subject_name(issuer), &name, &name_len) != 1)
		return error_memory(e);
	bytes_add(out, identifier, identifier_len);
	if (digest(md, name, name_len, sum, &len, e))
		return -1;
	der_put(out, 0x04, sum, len);
	if (digest(md, ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), sum, &len, e))
		return -1;
	der_put(out, 0x04, sum, len);
	return bytes_end(out, e);
}

/* ResponderID (RFC 6960 section 4.2.1): [1] Name, or [2] KeyHash, which is of SHA-1 whatever the CertIDs are of. */
static int put_responder(struct bytes *out, X509 *responder, bool by_name, struct error *e)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(responder);
	uint8_t sum[EVP_MAX_MD_SIZE];
	struct bytes inner = {0};
	const unsigned char *name;
	size_t name_len;
	unsigned len;

	if (by_name) {
		if (X509_NAME_get0_der(X509_get_subject_name(responder), &name, &name_len) != 1)
			return error_memory(e);
		der_put(out, 0xa1, name, name_len);
		return bytes_end(out, e);
	}
	if (digest(EVP_sha1(), ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), sum, &len, e))
		return -1;
	der_put(&inner, 0x04, sum, len);
	der_put(out, 0xa2, inner.data, inner.len);
	out->failed = out->failed || inner.failed;
	bytes_free(&inner);
	return bytes_end(out, e);
}

/* A critical extension of ours, so that what a rehearsal signed is refused. */
static void put_rehearsal(struct bytes *out)
{
	static const uint8_t value[] = {0x0c, 9, 'R', 'E', 'H', 'E', 'A', 'R', 'S', 'A', 'L'};
	ASN1_OBJECT *object = OBJ_txt2obj(pki_rehearsal_oid, 1);
	struct bytes inner = {0}, one = {0}, all = {0};

	if (object) {
		der_put(&inner, 0x06, OBJ_get0_data(object), OBJ_length(object));
		bytes_add(&inner, "\x01\x01\xff", 3);
		der_put(&inner, 0x04, value, sizeof value);
		der_put(&one, 0x30, inner.data, inner.len);
		der_put(&all, 0x30, one.data, one.len);
		der_put(out, 0xa1, all.data, all.len);
	}
	out->failed = out->failed || !object || inner.failed || one.failed || all.failed;
	ASN1_OBJECT_free(object);
	bytes_free(&inner);
	bytes_free(&one);
	bytes_free(&all);
}

/* A response is worth nothing once the certificate of who signed it has expired. */
static int check_expiry(const struct ocsp_profile *p, X509 *responder, struct error *e)
{
	struct tm tm = {0};

	if (ASN1_TIME_to_tm(X509_get0_notAfter(responder), &tm) != 1 || (int64_t)timegm(&tm) < p->next_update)
		return error_set(e, ERROR_FAULT,
		        N_("The responder's certificate expires before the next update of the responses that it is to "
		           "sign."));
	return 0;
}

/* RFC 6960 section 4.2.2.2: issued directly by the issuer, for this purpose. */
static int check_delegate(const struct ocsp_profile *p, X509 *issuer, X509 *responder, struct error *e)
{
	EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(responder, NID_ext_key_usage, NULL, NULL);
	bool may = false;

	for (int i = 0; usage && i < sk_ASN1_OBJECT_num(usage); i++)
		may = may || OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i)) == NID_OCSP_sign;
	EXTENDED_KEY_USAGE_free(usage);
	if (!may)
		return error_set(e, ERROR_FAULT,
		        N_("The responder's certificate has no extended key usage OCSPSigning (RFC 6960 section "
		           "4.2.2.2)."));
	if (X509_NAME_cmp(X509_get_issuer_name(responder), X509_get_subject_name(issuer)) != 0 ||
	        X509_verify(responder, X509_get0_pubkey(issuer)) != 1) {
		ERR_clear_error();
		return error_set(e, ERROR_FAULT,
		        N_("The responder's certificate is not issued by the issuer of the certificates it answers for "
		           "(RFC 6960 section 4.2.2.2)."));
	}
	if (p->responder_len > RESPONDER_MAX)
		return error_set(
		        e, ERROR_FAULT, N_("The responder's certificate is longer than %d bytes."), RESPONDER_MAX);
	return check_expiry(p, responder, e);
}

/* RFC 5280 section 4.2.1.3: keyCertSign and cRLSign do not cover responses, as BR 7.1.2.10.7 says again. */
static int check_issuer_signs(X509 *issuer, struct error *e)
{
	uint32_t usage = X509_get_key_usage(issuer); /* all bits when there is no such extension */

	if (usage & X509v3_KU_DIGITAL_SIGNATURE)
		return 0;
	return error_set(e, ERROR_FAULT,
	        N_("The issuer's keyUsage lacks digitalSignature: it may not sign OCSP responses itself (RFC 5280 "
	           "section 4.2.1.3, BR 7.1.2.10.7). Name a responder."));
}

static int check_times(const struct ocsp_profile *p, struct error *e)
{
	if (!der_time_fits(p->this_update) || !der_time_fits(p->next_update) || !der_time_fits(p->produced_at))
		return error_set(e, ERROR_FAULT,
		        N_("thisUpdate, nextUpdate or producedAt lies outside the years 1970 to 9999."));
	if (p->next_update <= p->this_update)
		return error_set(e, ERROR_FAULT, N_("nextUpdate does not lie after thisUpdate."));
	if (!(p->hashes & (OCSP_SHA1 | OCSP_SHA256)) || p->hashes & ~(unsigned)(OCSP_SHA1 | OCSP_SHA256))
		return error_set(e, ERROR_FAULT, N_("The CertID of OCSP responses is of sha1, sha256 or both."));
	return 0;
}

/* RFC 6960 section 4.2.2.1; GeneralizedTime always. */
static void put_validity(struct bytes *out, const struct ocsp_profile *p)
{
	uint8_t time[DER_TIME_MAX];

	bytes_add(out, time, der_time_put_generalized(time, p->this_update));
	der_put(out, 0xa0, time, der_time_put_generalized(time, p->next_update));
}

static int put_certificates(struct bytes *out, const struct ocsp_profile *p, struct error *e)
{
	struct bytes list = {0};

	if (!p->responder)
		return 0;
	der_put(&list, 0x30, p->responder, p->responder_len);
	der_put(out, 0xa0, list.data, list.len);
	out->failed = out->failed || list.failed;
	bytes_free(&list);
	return bytes_end(out, e);
}

static int batch_fill(struct ocsp_batch *b, const struct ocsp_profile *p, X509 *responder, struct error *e)
{
	X509 *signer = responder ? responder : b->issuer;
	const struct key_algorithm *key;
	uint8_t time[DER_TIME_MAX];

	b->key = X509_get_pubkey(signer);
	key = b->key ? key_algorithm_of(b->key) : NULL;
	if (!key || !key_is_sound(b->key) || !pki_signature_fits(p->signature, key->name))
		return error_set(e, ERROR_FAULT, N_("A key of algorithm %s cannot make a signature of algorithm %s."),
		        key ? key->name : "?", p->signature);
	if (put_responder(&b->front, signer, p->by_name, e))
		return -1;
	bytes_add(&b->front, time, der_time_put_generalized(time, p->produced_at));
	if (p->hashes & OCSP_SHA1 && put_id(&b->id[b->ids++], b->issuer, EVP_sha1(), hash_sha1, sizeof hash_sha1, e))
		return -1;
	if (p->hashes & OCSP_SHA256 &&
	        put_id(&b->id[b->ids++], b->issuer, EVP_sha256(), hash_sha256, sizeof hash_sha256, e))
		return -1;
	put_validity(&b->validity, p);
	if (p->rehearsal)
		put_rehearsal(&b->back);
	if (bytes_end(&b->front, e) || bytes_end(&b->validity, e) || bytes_end(&b->back, e))
		return -1;
	/* an entry adds at most 150 bytes a CertID: serial, status, headers */
	if (b->front.len + b->back.len + 2 * (b->id[0].len + b->validity.len + 150) > OCSP_TBS_MAX)
		return error_set(e, ERROR_FAULT, N_("The responder's name is too long for an OCSP response here."));
	return put_certificates(&b->certificates, p, e);
}

struct ocsp_batch *ocsp_batch_new(const struct ocsp_profile *p, struct error *e)
{
	const struct signature_algorithm *a = signature_algorithm_named(p->signature);
	struct ocsp_batch *b = calloc(1, sizeof *b);
	X509 *responder = NULL;
	int status = -1;

	if (!b) {
		error_memory(e);
		return NULL;
	}
	b->algorithm = a;
	if (!a) {
		error_set(e, ERROR_FAULT, N_("The signature algorithm %s is not known."),
		        p->signature ? p->signature : "");
		goto out;
	}
	if (check_times(p, e) || !(b->issuer = x509_parse(p->issuer, p->issuer_len, e)))
		goto out;
	if (p->responder && (!(responder = x509_parse(p->responder, p->responder_len, e)) ||
	                            check_delegate(p, b->issuer, responder, e)))
		goto out;
	if (!p->responder && check_issuer_signs(b->issuer, e))
		goto out;
	status = batch_fill(b, p, responder, e);
out:
	X509_free(responder);
	ERR_clear_error();
	if (status)
		ocsp_batch_free(&b);
	return b;
}

void ocsp_batch_free(struct ocsp_batch **batch)
{
	struct ocsp_batch *b = *batch;

	if (b) {
		bytes_free(&b->front);
		bytes_free(&b->id[0]);
		bytes_free(&b->id[1]);
		bytes_free(&b->validity);
		bytes_free(&b->back);
		bytes_free(&b->certificates);
		EVP_PKEY_free(b->key);
		X509_free(b->issuer);
	}
	free(b);
	*batch = NULL;
}

/* DER written from its end: every length is known when its header is put. */
struct backward {
	uint8_t *start, *at, *end;
};

static void put_before(struct backward *w, const void *data, size_t len)
{
	w->at -= len;
	if (len)
		memcpy(w->at, data, len);
}

/* Header of an element whose contents begin here and end at `end`. */
static void wrap(struct backward *w, uint8_t tag, const uint8_t *end)
{
	size_t len = (size_t)(end - w->at);

	if (len >= 0x100) {
		*--w->at = (uint8_t)len;
		*--w->at = (uint8_t)(len >> 8);
		*--w->at = 0x82;
	} else if (len >= 0x80) {
		*--w->at = (uint8_t)len;
		*--w->at = 0x81;
	} else {
		*--w->at = (uint8_t)len;
	}
	*--w->at = tag;
}

/* CertStatus: [0] NULL, or [1] {revocationTime, [0] CRLReason} (RFC 6960 section 4.2.1). */
static void put_status(struct backward *w, const struct crl_entry *entry)
{
	const uint8_t *end = w->at;
	uint8_t time[DER_TIME_MAX] = {0};

	if (entry->time < 0) {
		put_before(w, "\x80\x00", 2);
		return;
	}
	if (entry->reason != REASON_UNSPECIFIED) {
		const uint8_t reason[] = {0xa0, 0x03, 0x0a, 0x01, entry->reason};
		put_before(w, reason, sizeof reason);
	}
	put_before(w, time, der_time_put_generalized(time, entry->time));
	wrap(w, 0xa1, end);
}

static void put_single(struct backward *w, const struct ocsp_batch *b, size_t id, const struct crl_entry *entry)
{
	const uint8_t *end = w->at, *serial, *inner;
	size_t len;

	put_before(w, b->validity.data, b->validity.len);
	put_status(w, entry);
	inner = w->at;
	serial = serial_bytes(entry->serial, &len);
	put_before(w, serial, len);
	if (serial[0] & 0x80)
		*--w->at = 0;
	wrap(w, 0x02, inner);
	put_before(w, b->id[id].data, b->id[id].len);
	wrap(w, 0x30, inner);
	wrap(w, 0x30, end);
}

static int check_entry(const struct crl_entry *entry, struct error *e)
{
	static const uint8_t none[SERIAL_MAX];
	struct bytes hex = {0};
	const char *id = NULL;

	if (memcmp(entry->serial, none, SERIAL_MAX) == 0)
		return error_set(e, ERROR_FAULT,
		        N_("The serial number is zero; it must be positive (RFC 5280 section 4.1.2.2)."));
	if (entry->time != -1 && !der_time_fits(entry->time))
		id = N_("A time of the certificate with the serial number %s lies outside the years 1970 to 9999.");
	else if (!crl_reason_name(entry->reason))
		id = N_("The reason for the certificate with the serial number %s is no reason of RFC 5280 section "
		        "5.3.1.");
	else if (entry->reason == REASON_CERTIFICATE_HOLD || entry->reason == REASON_REMOVE_FROM_CRL)
		id = N_("The certificate with the serial number %s is on hold or was: no response can be signed ahead "
		        "for a status that may be taken back.");
	else if (entry->time == -1 && entry->reason != REASON_UNSPECIFIED)
		id = N_("The certificate with the serial number %s has a reason and no time of revocation.");
	if (!id)
		return 0;
	serial_hex(&hex, entry->serial);
	error_set(e, ERROR_FAULT, id, bytes_string(&hex));
	bytes_free(&hex);
	return -1;
}

int ocsp_tbs(const struct ocsp_batch *b, const struct crl_entry *entry, uint8_t out[OCSP_TBS_MAX], const uint8_t **tbs,
        size_t *len, struct error *e)
{
	struct backward w = {out, out + OCSP_TBS_MAX, out + OCSP_TBS_MAX};
	const uint8_t *list;

	if (check_entry(entry, e))
		return -1;
	put_before(&w, b->back.data, b->back.len);
	list = w.at;
	for (size_t i = b->ids; i-- > 0;)
		put_single(&w, b, i, entry);
	wrap(&w, 0x30, list);
	put_before(&w, b->front.data, b->front.len);
	wrap(&w, 0x30, w.end);
	*tbs = w.at;
	*len = (size_t)(w.end - w.at);
	return 0;
}

static size_t header_len(size_t len)
{
	return len < 0x80 ? 2 : len < 0x100 ? 3 : len < 0x10000 ? 4 : 5;
}

static void put_header(struct bytes *out, uint8_t tag, size_t len)
{
	uint8_t header[5] = {tag};
	size_t count = header_len(len) - 2;

	header[1] = count ? (uint8_t)(0x80 | count) : (uint8_t)len;
	for (size_t i = 0; i < count; i++)
		header[2 + i] = (uint8_t)(len >> 8 * (count - 1 - i));
	bytes_add(out, header, 2 + count);
}

int ocsp_assemble(const struct ocsp_batch *b, const void *tbs, size_t len, const void *signature, size_t signature_len,
        struct bytes *out, struct error *e)
{
	static const uint8_t successful[] = {0x0a, 0x01, 0x00};
	static const uint8_t basic_oid[] = {0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
	size_t bits = 1 + signature_len;
	size_t body = len + b->algorithm->der_len + header_len(bits) + bits + b->certificates.len;
	size_t basic = header_len(body) + body, octets = header_len(basic) + basic;
	size_t inner = sizeof basic_oid + octets, tagged = header_len(inner) + inner;

	if (signature_len == 0)
		return error_set(e, ERROR_FAULT, N_("The signature is empty."));
	bytes_clear(out);
	put_header(out, 0x30, sizeof successful + header_len(tagged) + tagged);
	bytes_add(out, successful, sizeof successful);
	put_header(out, 0xa0, tagged);
	put_header(out, 0x30, inner);
	bytes_add(out, basic_oid, sizeof basic_oid);
	put_header(out, 0x04, basic);
	put_header(out, 0x30, body);
	bytes_add(out, tbs, len);
	bytes_add(out, b->algorithm->der, b->algorithm->der_len);
	put_header(out, 0x03, bits);
	bytes_byte(out, 0); /* no unused bits */
	bytes_add(out, signature, signature_len);
	bytes_add(out, b->certificates.data, b->certificates.len);
	return bytes_end(out, e);
}

/* The bits of the signature of a response that ocsp_assemble() made: behind the algorithm, which it is looked for by
 * position and not by search. */
static int find_signature(
        const struct ocsp_batch *b, const uint8_t *der, size_t len, size_t tbs_len, struct der *signature)
{
	static const uint8_t tags[] = {0x30, 0xa0, 0x30, 0x04, 0x30};
	const uint8_t *at = der;
	size_t left = len;
	struct der d = {0};

	for (size_t i = 0; i < sizeof tags; i++) {
		/* past the status, and past the response type */
		if ((i == 1 || i == 3) && der_next(&at, &left, &d))
			return -1;
		if (der_next(&at, &left, &d) || left || d.tag != tags[i])
			return -1;
		at = d.value;
		left = d.len;
	}
	if (left < tbs_len + b->algorithm->der_len)
		return -1;
	at += tbs_len + b->algorithm->der_len;
	left -= tbs_len + b->algorithm->der_len;
	if (der_next(&at, &left, signature) || signature->tag != 0x03 || signature->len < 2)
		return -1;
	signature->value++;
	signature->len--;
	return 0;
}

static int check_by_openssl(const struct ocsp_batch *b, const uint8_t *der, size_t len, struct error *e)
{
	const unsigned char *at = der;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)len);
	OCSP_BASICRESP *basic = response ? OCSP_response_get1_basic(response) : NULL;
	STACK_OF(X509) *with = sk_X509_new_null();
	X509_STORE *store = X509_STORE_new();
	int status = -1;

	if (!basic || at != der + len || !with || !store) {
		openssl_error(e, ERROR_FAULT, N_("The OCSP response does not parse: %s."));
		goto out;
	}
	/* the chain to the issuer is known (ocsp_batch_new() verified it): only the signature and the responder's right
	 * are asked for, whatever the time and whatever critical extension a rehearsal's certificates carry */
	if (sk_X509_push(with, b->issuer) <= 0 ||
	        OCSP_basic_verify(basic, with, store, OCSP_TRUSTOTHER | OCSP_NOVERIFY) != 1) {
		openssl_error(e, ERROR_FAULT, N_("The OCSP response is refused by OpenSSL: %s."));
		goto out;
	}
	status = 0;
out:
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	X509_STORE_free(store);
	sk_X509_free(with);
	ERR_clear_error();
	return status;
}

int ocsp_check(const struct ocsp_batch *b, const struct crl_entry *entry, const void *der, size_t len, bool by_openssl,
        struct error *e)
{
	struct bytes again = {0};
	uint8_t room[OCSP_TBS_MAX];
	const uint8_t *tbs;
	struct der signature;
	size_t tbs_len;
	int status = -1;

	if (ocsp_tbs(b, entry, room, &tbs, &tbs_len, e))
		goto out;
	if (find_signature(b, der, len, tbs_len, &signature) == 0 &&
	        ocsp_assemble(b, tbs, tbs_len, signature.value, signature.len, &again, e) == 0 && again.len == len &&
	        again.data && memcmp(again.data, der, len) == 0)
		status = 0;
	if (status) {
		error_set(e, ERROR_FAULT,
		        N_("The OCSP response is not, byte for byte, the one that was approved for this certificate."));
		goto out;
	}
	status = pki_verify_key(b->key, b->algorithm, tbs, tbs_len, signature.value, signature.len, e);
	if (status == 0 && by_openssl)
		status = check_by_openssl(b, der, len, e);
out:
	bytes_free(&again);
	return status;
}
