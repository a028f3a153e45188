/* TimeStampReq (RFC 3161 section 2.4.1): written small, read strictly. */
#include "pki/timestamp.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <string.h>

#include "base/der.h"
#include "pki/timestamp_private.h"

/* AlgorithmIdentifiers with the NULL that RFC 8017 appendix A.2.1 and the TSAs of the world write; RFC 5754 section 2
 * wants both forms read. */
#define SHA2(last)                                                                                                     \
	{                                                                                                              \
		0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, (last), 0x05, 0x00             \
	}
static const struct {
	const char *name;
	size_t len;
	uint8_t der[15];
} hashes[] = {{"sha256", 32, SHA2(1)}, {"sha384", 48, SHA2(2)}, {"sha512", 64, SHA2(3)}};
enum { HASHES = sizeof hashes / sizeof hashes[0], OID_LEN = 11 };

const char *timestamp_hash(const char *name)
{
	for (size_t i = 0; i < HASHES; i++)
		if (strcmp(hashes[i].name, name) == 0)
			return hashes[i].name;
	return NULL;
}

int timestamp_digest(const char *hash, const void *data, size_t len, uint8_t *out, size_t *out_len, struct error *e)
{
	unsigned n = 0;

	if (EVP_Digest(data, len, out, &n, EVP_get_digestbyname(hash), NULL) != 1) {
		ERR_clear_error();
		return error_memory(e);
	}
	*out_len = n;
	return 0;
}

static int bad_policy(const char *policy, struct error *e)
{
	return error_set(
	        e, ERROR_USAGE, N_("%s is no object identifier: numbers with dots between them are wanted."), policy);
}

/* Appends the OBJECT IDENTIFIER of dotted text that is its one spelling. */
static int put_policy(const char *policy, struct bytes *out, struct error *e)
{
	ASN1_OBJECT *object = OBJ_txt2obj(policy, 1);
	unsigned char *der = NULL;
	char again[sizeof(((struct timestamp_query *)NULL)->policy)];
	int n = object ? i2d_ASN1_OBJECT(object, &der) : -1, result = -1;

	if (n > 0 && OBJ_obj2txt(again, sizeof again, object, 1) > 0 && strcmp(again, policy) == 0) {
		bytes_add(out, der, (size_t)n);
		result = 0;
	} else {
		bad_policy(policy, e);
	}
	OPENSSL_free(der);
	ASN1_OBJECT_free(object);
	ERR_clear_error();
	return result;
}

int timestamp_query_make(struct timestamp_query *q, const char *hash, const void *data, size_t len,
        const uint8_t *nonce, const char *policy, struct error *e)
{
	*q = (struct timestamp_query){.hash = timestamp_hash(hash), .certificate = true};
	if (!q->hash)
		return error_set(
		        e, ERROR_USAGE, N_("%s is no hash for a time stamp: sha256, sha384 and sha512 are."), hash);
	if (policy && (!*policy || strlen(policy) >= sizeof q->policy))
		return bad_policy(policy, e);
	if (policy)
		memcpy(q->policy, policy, strlen(policy) + 1);
	if (nonce) {
		memcpy(q->nonce, nonce, TIMESTAMP_NONCE);
		/* positive and in the fewest octets */
		q->nonce[0] = (uint8_t)((q->nonce[0] & 0x3f) | 0x40);
		q->nonce_len = TIMESTAMP_NONCE;
	}
	return timestamp_digest(q->hash, data, len, q->digest, &q->digest_len, e);
}

int timestamp_query_write(const struct timestamp_query *q, struct bytes *out, struct error *e)
{
	static const uint8_t version_1 = 1, true_octet = 0xff;
	struct bytes imprint = {0}, body = {0};
	int result = -1;

	for (size_t i = 0; i < HASHES; i++)
		if (strcmp(hashes[i].name, q->hash) == 0)
			bytes_add(&imprint, hashes[i].der, sizeof hashes[i].der);
	der_put(&imprint, 0x04, q->digest, q->digest_len);
	der_put(&body, 0x02, &version_1, 1);
	der_put(&body, 0x30, imprint.data, imprint.len);
	if (*q->policy && put_policy(q->policy, &body, e))
		goto out;
	if (q->nonce_len)
		der_put(&body, 0x02, q->nonce, q->nonce_len);
	if (q->certificate)
		der_put(&body, 0x01, &true_octet, 1);
	if (bytes_end(&imprint, e) || bytes_end(&body, e))
		goto out;
	der_put(out, 0x30, body.data, body.len);
	result = bytes_end(out, e);
out:
	bytes_free(&imprint);
	bytes_free(&body);
	return result;
}

int timestamp_imprint_read(const struct der *imprint, struct timestamp_imprint *out)
{
	const uint8_t *at = imprint->value;
	size_t left = imprint->len;
	struct der algorithm, digest;

	if (der_next(&at, &left, &algorithm) || der_next(&at, &left, &digest) || left || digest.tag != 0x04)
		return -1;
	for (size_t i = 0; i < HASHES; i++) {
		const uint8_t *der = hashes[i].der;
		bool with_null = algorithm.whole_len == sizeof hashes[i].der &&
		                 memcmp(algorithm.whole, der, sizeof hashes[i].der) == 0;
		bool without = algorithm.tag == 0x30 && algorithm.len == OID_LEN &&
		               memcmp(algorithm.value, der + 2, OID_LEN) == 0;

		if ((with_null || without) && digest.len == hashes[i].len) {
			out->hash = hashes[i].name;
			out->digest = digest.value;
			out->len = digest.len;
			return 0;
		}
	}
	return -1;
}

static int read_policy(const struct der *d, struct timestamp_query *q)
{
	const unsigned char *at = d->whole;
	ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)d->whole_len);
	int n = object ? OBJ_obj2txt(q->policy, sizeof q->policy, object, 1) : -1;

	ASN1_OBJECT_free(object);
	ERR_clear_error();
	return n > 0 && (size_t)n < sizeof q->policy ? 0 : -1;
}

/* What may follow the imprint, each at most once and in this order. */
static int read_rest(const uint8_t *at, size_t left, struct timestamp_query *q)
{
	struct der d;

	if (left && *at == 0x06 && (der_next(&at, &left, &d) || read_policy(&d, q)))
		return -1;
	if (left && *at == 0x02) {
		if (der_next(&at, &left, &d) || d.len == 0 || d.len > sizeof q->nonce)
			return -1;
		memcpy(q->nonce, d.value, d.len);
		q->nonce_len = d.len;
	}
	if (left && *at == 0x01) {
		/* certReq is DEFAULT FALSE: written, it is TRUE (X.690 section 11.5) */
		if (der_next(&at, &left, &d) || d.len != 1 || d.value[0] != 0xff)
			return -1;
		q->certificate = true;
	}
	return left ? -1 : 0;
}

int timestamp_query_read(struct timestamp_query *q, const void *der, size_t len, struct error *e)
{
	static const uint8_t version_1[] = {0x02, 0x01, 0x01};
	const uint8_t *at = der;
	size_t left = len;
	struct timestamp_imprint imprint;
	struct der whole, version, d;

	*q = (struct timestamp_query){0};
	if (!der_valid(der, len) || der_next(&at, &left, &whole) || whole.tag != 0x30)
		goto refuse;
	at = whole.value;
	left = whole.len;
	if (der_next(&at, &left, &version) || version.whole_len != sizeof version_1 ||
	        memcmp(version.whole, version_1, sizeof version_1) != 0 || der_next(&at, &left, &d) || d.tag != 0x30)
		goto refuse;
	if (timestamp_imprint_read(&d, &imprint) || read_rest(at, left, q))
		goto refuse;
	q->hash = imprint.hash;
	memcpy(q->digest, imprint.digest, imprint.len);
	q->digest_len = imprint.len;
	return 0;
refuse:
	return error_set(e, ERROR_FAULT,
	        N_("The query is not exactly one TimeStampReq in DER (RFC 3161 section 2.4.1) over a SHA-256, SHA-384 "
	           "or SHA-512, without extensions."));
}
