#include "pki/cms.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "pki/algorithm.h"
#include "pki/der.h"

/* Elements with their headers. OIDs: RFC 5652 sections 4, 5.1, 11.1 to 11.3; RFC 5035 section 3. */
static const uint8_t signed_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t data_oid[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t content_type[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03};
static const uint8_t message_digest[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04};
static const uint8_t signing_time[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05};
static const uint8_t signing_certificate[] = {
        0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f};
static const uint8_t version_1[] = {0x02, 0x01, 0x01};

/* RFC 5754 section 2: a digest's AlgorithmIdentifier without parameters. */
#define SHA2(last)                                                                                                     \
	{                                                                                                              \
		0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, (last)                         \
	}
static const struct {
	const char *hash;
	uint8_t der[13];
} digests[] = {{"SHA256", SHA2(1)}, {"SHA384", SHA2(2)}, {"SHA512", SHA2(3)}};

static const int64_t utc_time_last = INT64_C(2524607999); /* 2049-12-31T23:59:59Z */

enum { ELEMENTS_MAX = CMS_CHAIN_MAX + 4 };

/* The elements of a SET OF, put in order before they are written (X.690 section 11.6). */
struct set {
	struct bytes element[ELEMENTS_MAX];
	size_t count;
};

static void set_free(struct set *s)
{
	for (size_t i = 0; i < s->count; i++)
		bytes_free(&s->element[i]);
}

static int element_compare(const void *one, const void *two)
{
	const struct bytes *a = one, *b = two;
	size_t common = a->len < b->len ? a->len : b->len;
	int c = memcmp(a->data, b->data, common);

	return c ? c : (a->len > b->len) - (a->len < b->len);
}

/* Each element once. */
static int set_write(struct set *s, uint8_t tag, struct bytes *out, struct error *e)
{
	struct bytes all = {0};
	int result = -1;

	for (size_t i = 0; i < s->count; i++)
		if (bytes_end(&s->element[i], e))
			return -1;
	qsort(s->element, s->count, sizeof *s->element, element_compare);
	for (size_t i = 0; i < s->count; i++)
		if (!i || element_compare(&s->element[i - 1], &s->element[i]) != 0)
			bytes_add(&all, s->element[i].data, s->element[i].len);
	if (!bytes_end(&all, e)) {
		der_put(out, tag, all.data, all.len);
		result = 0;
	}
	bytes_free(&all);
	return result;
}

static X509 *parse(const struct bytes *certificate, struct error *e)
{
	const unsigned char *at = certificate->data;
	struct der_certificate parts;
	X509 *x = NULL;

	/* Other people's certificates are taken with what DER leaves to the encoder's taste; their bytes are kept. */
	if (der_certificate(certificate->data, certificate->len, &parts, e))
		return NULL;
	x = d2i_X509(NULL, &at, (long)certificate->len);
	if (!x)
		openssl_error(e, ERROR_FAULT, N_("The certificate does not parse: %s."));
	return x;
}

static int not_for_cms(const char *what, struct error *e)
{
	return error_set(e, ERROR_FAULT,
	        N_("A CMS cannot be signed with %s here: openssl cms must be able to verify it. Use a key for ECDSA "
	           "(P-256, P-384, P-521) or RSA."),
	        what);
}

static const struct signature_algorithm *algorithm_of(const char *name, struct error *e)
{
	const struct signature_algorithm *a = signature_algorithm_named(name);

	if (a && (a->scheme == SCHEME_ECDSA || a->scheme == SCHEME_PKCS1))
		return a;
	not_for_cms(name, e);
	return NULL;
}

const char *cms_algorithm(const struct bytes *certificate, struct error *e)
{
	static const struct {
		const char *curve, *algorithm;
	} curves[] = {{"prime256v1", "ecdsa-sha256"}, {"secp384r1", "ecdsa-sha384"}, {"secp521r1", "ecdsa-sha512"}};
	X509 *x = parse(certificate, e);
	const EVP_PKEY *key = x ? X509_get0_pubkey(x) : NULL;
	const char *result = NULL;
	char group[64] = "";
	size_t len;

	if (!x)
		return NULL;
	if (key && EVP_PKEY_is_a(key, "RSA"))
		result = "rsa-pkcs1-sha256";
	else if (key && EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, &len))
		for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
			if (strcmp(curves[i].curve, group) == 0)
				result = curves[i].algorithm;
	if (!result)
		not_for_cms(*group ? group : key ? EVP_PKEY_get0_type_name(key) : "?", e);
	X509_free(x);
	ERR_clear_error();
	return result;
}

/* Does this key sign by that algorithm? */
static int key_fits(const struct signature_algorithm *a, X509 *x, struct error *e)
{
	const EVP_PKEY *key = X509_get0_pubkey(x);
	const char *type = a->scheme == SCHEME_ECDSA ? "EC" : "RSA";

	return key && EVP_PKEY_is_a(key, type)
	               ? 0
	               : error_set(
	                         e, ERROR_FAULT, N_("The key of the signer's certificate cannot sign by %s."), a->name);
}

static struct bytes *set_add(struct set *s)
{
	struct bytes *b = &s->element[s->count++];

	*b = (struct bytes){0};
	return b;
}

/* Attribute, RFC 5652 section 5.3: its type (an element) and one value (an element). */
static void attribute_add(struct set *s, const uint8_t *type, size_t type_len, const struct bytes *value)
{
	struct bytes inner = {0}, *out = set_add(s);

	bytes_add(&inner, type, type_len);
	der_put(&inner, 0x31, value->data, value->len);
	der_put(out, 0x30, inner.data, inner.len);
	out->failed = out->failed || inner.failed || value->failed;
	bytes_free(&inner);
}

/* RFC 5652 section 11.3. */
static int put_time(struct bytes *out, int64_t seconds, struct error *e)
{
	time_t t = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (seconds < 0 || !gmtime_r(&t, &tm) || tm.tm_year > 9999 - 1900)
		return error_set(e, ERROR_FAULT, N_("The signing time is before 1970 or after 9999."));
	bool utc = seconds <= utc_time_last;
	size_t n = strftime(text, sizeof text, utc ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ", &tm);
	der_put(out, utc ? 0x17 : 0x18, text, n);
	return 0;
}

/* SigningCertificateV2 (RFC 5035 section 3): one ESSCertIDv2, its hash by the default algorithm, SHA-256. */
static int put_signing_certificate(struct bytes *out, const struct bytes *certificate, struct error *e)
{
	struct bytes hash = {0}, id = {0}, ids = {0};
	uint8_t sum[32];

	if (sha256(certificate->data, certificate->len, sum))
		return error_memory(e);
	der_put(&hash, 0x04, sum, sizeof sum);
	der_put(&id, 0x30, hash.data, hash.len);
	der_put(&ids, 0x30, id.data, id.len);
	der_put(out, 0x30, ids.data, ids.len);
	out->failed = out->failed || hash.failed || id.failed || ids.failed;
	bytes_free(&hash);
	bytes_free(&id);
	bytes_free(&ids);
	return 0;
}

int cms_attributes_of_digest(
        const struct cms_signer *s, const void *digest, size_t len, struct bytes *attributes, struct error *e)
{
	const struct signature_algorithm *a = algorithm_of(s->algorithm, e);
	struct bytes type = {0}, value = {0}, time = {0}, certificate = {0};
	struct set set = {0};
	X509 *x = a ? parse(s->certificate, e) : NULL;
	int result = -1;

	bytes_clear(attributes);
	if (!x || key_fits(a, x, e))
		goto out;
	if (len != (size_t)EVP_MD_get_size(EVP_get_digestbyname(a->hash))) {
		error_set(e, ERROR_FAULT, N_("A digest of %zu bytes is none of %s."), len, a->hash);
		goto out;
	}
	bytes_add(&type, data_oid, sizeof data_oid);
	der_put(&value, 0x04, digest, len);
	if (put_time(&time, s->time, e) || put_signing_certificate(&certificate, s->certificate, e))
		goto out;
	attribute_add(&set, content_type, sizeof content_type, &type);
	attribute_add(&set, signing_time, sizeof signing_time, &time);
	attribute_add(&set, message_digest, sizeof message_digest, &value);
	attribute_add(&set, signing_certificate, sizeof signing_certificate, &certificate);
	if (set_write(&set, 0x31, attributes, e) || bytes_end(attributes, e))
		goto out;
	result = 0;
out:
	X509_free(x);
	set_free(&set);
	bytes_free(&type);
	bytes_free(&value);
	bytes_free(&time);
	bytes_free(&certificate);
	return result;
}

int cms_attributes(
        const struct cms_signer *s, const void *content, size_t len, struct bytes *attributes, struct error *e)
{
	const struct signature_algorithm *a = algorithm_of(s->algorithm, e);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;

	if (!a)
		return -1;
	if (EVP_Digest(content, len, digest, &digest_len, EVP_get_digestbyname(a->hash), NULL) != 1)
		return error_memory(e);
	return cms_attributes_of_digest(s, digest, digest_len, attributes, e);
}

/* The signer's certificate and the chain. */
static int put_certificates(const struct cms_signer *s, struct bytes *out, struct error *e)
{
	struct set set = {0};
	struct bytes *one = set_add(&set);
	int result;

	bytes_add(one, s->certificate->data, s->certificate->len);
	for (size_t i = 0; s->chain && i < s->chain->count; i++) {
		one = set_add(&set);
		bytes_add(one, s->chain->certificate[i].data, s->chain->certificate[i].len);
	}
	result = set_write(&set, 0xa0, out, e);
	set_free(&set);
	return result;
}

/* IssuerAndSerialNumber, RFC 5652 section 10.2.4, byte for byte as in the certificate. */
static int put_issuer_serial(X509 *x, struct bytes *out, struct error *e)
{
	uint8_t *issuer = NULL, *serial = NULL;
	int n = i2d_X509_NAME(X509_get_issuer_name(x), &issuer);
	int m = i2d_ASN1_INTEGER(X509_get_serialNumber(x), &serial);
	struct bytes both = {0};
	int result = -1;

	if (n > 0 && m > 0) {
		bytes_add(&both, issuer, (size_t)n);
		bytes_add(&both, serial, (size_t)m);
		der_put(out, 0x30, both.data, both.len);
		result = bytes_end(&both, e);
	} else {
		error_memory(e);
	}
	OPENSSL_free(issuer);
	OPENSSL_free(serial);
	bytes_free(&both);
	return result;
}

static const uint8_t *digest_identifier(const char *hash)
{
	for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++)
		if (strcmp(digests[i].hash, hash) == 0)
			return digests[i].der;
	return NULL;
}

/* SignerInfo, RFC 5652 section 5.3; the attributes' SET OF stands there as [0] IMPLICIT. */
static int put_signer(const struct signature_algorithm *a, X509 *x, const struct bytes *attributes,
        const struct bytes *signature, struct bytes *out, struct error *e)
{
	struct bytes inner = {0};
	int result = -1;

	bytes_add(&inner, version_1, sizeof version_1);
	if (put_issuer_serial(x, &inner, e))
		goto out;
	bytes_add(&inner, digest_identifier(a->hash), sizeof digests[0].der);
	bytes_byte(&inner, 0xa0);
	bytes_add(&inner, attributes->data + 1, attributes->len - 1);
	bytes_add(&inner, a->der, a->der_len);
	der_put(&inner, 0x04, signature->data, signature->len);
	der_put(out, 0x30, inner.data, inner.len);
	result = bytes_end(&inner, e);
out:
	bytes_free(&inner);
	return result;
}

int cms_assemble(const struct cms_signer *s, const struct bytes *attributes, const struct bytes *signature,
        struct bytes *cms, struct error *e)
{
	const struct signature_algorithm *a = algorithm_of(s->algorithm, e);
	struct bytes signer = {0}, data = {0}, sequence = {0}, info = {0};
	X509 *x = a ? parse(s->certificate, e) : NULL;
	int result = -1;

	bytes_clear(cms);
	if (!x || key_fits(a, x, e))
		goto out;
	if (!attributes->len || attributes->data[0] != 0x31 || !der_valid(attributes->data, attributes->len)) {
		error_set(e, ERROR_FAULT, N_("The signed attributes are not one SET OF in DER."));
		goto out;
	}
	bytes_add(&data, version_1, sizeof version_1);
	der_put(&data, 0x31, digest_identifier(a->hash), sizeof digests[0].der);
	der_put(&data, 0x30, data_oid, sizeof data_oid);
	if (put_certificates(s, &data, e) || put_signer(a, x, attributes, signature, &signer, e))
		goto out;
	der_put(&data, 0x31, signer.data, signer.len);
	der_put(&sequence, 0x30, data.data, data.len);
	bytes_add(&info, signed_data, sizeof signed_data);
	der_put(&info, 0xa0, sequence.data, sequence.len);
	der_put(cms, 0x30, info.data, info.len);
	if (bytes_end(&signer, e) || bytes_end(&data, e) || bytes_end(&sequence, e) || bytes_end(&info, e) ||
	        bytes_end(cms, e))
		goto out;
	result = 0;
out:
	X509_free(x);
	bytes_free(&signer);
	bytes_free(&data);
	bytes_free(&sequence);
	bytes_free(&info);
	return result;
}

void cms_chain_free(struct cms_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		bytes_free(&chain->certificate[i]);
	chain->count = 0;
}

int cms_chain_read(const struct bytes *pem, struct cms_chain *out, struct error *e)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	int result = -1;
	long len = 0;

	if (!bio) {
		error_memory(e);
		goto out;
	}
	while (PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
		struct bytes *one = &out->certificate[out->count];
		X509 *x;
		if (strcmp(name, "CERTIFICATE") != 0 || header[0]) {
			error_set(e, ERROR_FAULT,
			        N_("The chain holds something that is no certificate. Keep the certificates only."));
			goto out;
		}
		if (out->count == CMS_CHAIN_MAX) {
			error_set(e, ERROR_FAULT, N_("The chain holds more than %d certificates."), CMS_CHAIN_MAX);
			goto out;
		}
		out->count++;
		bytes_add(one, der, (size_t)len);
		if (bytes_end(one, e) || !(x = parse(one, e)))
			goto out;
		X509_free(x);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
		name = header = NULL;
		der = NULL;
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		openssl_error(e, ERROR_FAULT, N_("The chain is not in PEM: %s."));
	else if (!out->count)
		error_set(e, ERROR_FAULT, N_("The chain holds no certificate in PEM."));
	else
		result = 0;
out:
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(bio);
	ERR_clear_error();
	return result;
}

static int put_name(const X509_NAME *name, struct bytes *out, struct error *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;
	int result = -1;

	/* RFC 2253, with the characters as they are; text_visible() sees to what must not be shown */
	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0 &&
	        (len = BIO_get_mem_data(bio, &text)) >= 0) {
		text_visible(out, text, (size_t)len);
		result = bytes_end(out, e);
	} else {
		error_memory(e);
	}
	BIO_free(bio);
	ERR_clear_error();
	return result;
}

int cms_certificate_names(const struct bytes *certificate, struct bytes *subject, struct bytes *issuer, struct error *e)
{
	X509 *x = parse(certificate, e);
	int result =
	        x && !put_name(X509_get_subject_name(x), subject, e) && !put_name(X509_get_issuer_name(x), issuer, e)
	                ? 0
	                : -1;

	X509_free(x);
	return result;
}
