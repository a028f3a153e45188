#include "people/cms_verify.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/der.h"
#include "base/text.h"

/* Elements with their headers. OIDs: RFC 5652 sections 4, 5.1, 11.1 to 11.3; RFC 5035 section 3. */
static const uint8_t signed_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t data_oid[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t content_type[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03};
static const uint8_t message_digest[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04};
static const uint8_t signing_time[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05};
static const uint8_t signing_certificate[] = {
        0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f};
static const uint8_t version_1[] = {0x02, 0x01, 0x01};

/* AlgorithmIdentifiers: RFC 5754 sections 2 (no parameters), 3.2 (NULL) and 3.3 (none). */
#define SHA2(last)                                                                                                     \
	{                                                                                                              \
		0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, (last)                         \
	}
#define ECDSA(last) {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, (last)}, 12, "EC"
#define PKCS1(last)                                                                                                    \
	{0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, (last), 0x05, 0x00}, 15, "RSA"

struct algorithm {
	const char *name, *hash;
	uint8_t digest[13];
	uint8_t signature[15];
	size_t signature_len;
	const char *key;
};

static const struct algorithm algorithms[] = {
        {"ecdsa-sha256", "SHA256", SHA2(1), ECDSA(2)},
        {"ecdsa-sha384", "SHA384", SHA2(2), ECDSA(3)},
        {"ecdsa-sha512", "SHA512", SHA2(3), ECDSA(4)},
        {"rsa-pkcs1-sha256", "SHA256", SHA2(1), PKCS1(11)},
        {"rsa-pkcs1-sha384", "SHA384", SHA2(2), PKCS1(12)},
        {"rsa-pkcs1-sha512", "SHA512", SHA2(3), PKCS1(13)},
};
enum { ALGORITHMS = sizeof algorithms / sizeof algorithms[0] };

/* What is left to read of an element's contents. */
struct rest {
	const uint8_t *at;
	size_t left;
};

/* The parts of the CMS that are judged. */
struct parts {
	struct der certificates, issuer_serial, attributes, algorithm, signature, digest;
};

static int not_form(struct error *e)
{
	return error_set(e, ERROR_FAULT,
	        N_("The CMS is not, byte for byte, a detached signature by one signer in DER, of the form that "
	           "record-format describes."));
}

/* The next element, of this tag: 0, or -1. */
static int take(struct rest *r, uint8_t tag, struct der *out)
{
	return der_next(&r->at, &r->left, out) || out->tag != tag ? -1 : 0;
}

static int take_exactly(struct rest *r, const void *element, size_t len)
{
	if (r->left < len || memcmp(r->at, element, len) != 0)
		return -1;
	r->at += len;
	r->left -= len;
	return 0;
}

static struct rest inside(const struct der *d)
{
	return (struct rest){d->value, d->len};
}

/* The one element of `len` bytes at `data`, of this tag. */
static int whole(const void *data, size_t len, uint8_t tag, struct der *out)
{
	struct rest r = {data, len};

	return take(&r, tag, out) || r.left ? -1 : 0;
}

/* SignerInfo, RFC 5652 section 5.3. */
static int read_signer(const struct der *signers, struct parts *p)
{
	struct der signer, digest;
	struct rest r = inside(signers);

	if (take(&r, 0x30, &signer) || r.left)
		return -1;
	r = inside(&signer);
	if (take_exactly(&r, version_1, sizeof version_1) || take(&r, 0x30, &p->issuer_serial) ||
	        take(&r, 0x30, &digest) || take(&r, 0xa0, &p->attributes) || take(&r, 0x30, &p->algorithm) ||
	        take(&r, 0x04, &p->signature) || r.left)
		return -1;
	/* the digest algorithm of SignedData is the signer's */
	return digest.whole_len == p->digest.whole_len && !memcmp(digest.whole, p->digest.whole, digest.whole_len) ? 0
	                                                                                                           : -1;
}

/* ContentInfo and SignedData, RFC 5652 sections 3 and 5.1. */
static int read_parts(const void *cms, size_t len, struct parts *p)
{
	struct der info, explicit, data, digests, content, signers;
	struct rest r;

	if (whole(cms, len, 0x30, &info))
		return -1;
	r = inside(&info);
	if (take_exactly(&r, signed_data, sizeof signed_data) || take(&r, 0xa0, &explicit) || r.left ||
	        whole(explicit.value, explicit.len, 0x30, &data))
		return -1;
	r = inside(&data);
	if (take_exactly(&r, version_1, sizeof version_1) || take(&r, 0x31, &digests) || take(&r, 0x30, &content) ||
	        take(&r, 0xa0, &p->certificates) || take(&r, 0x31, &signers) || r.left)
		return -1;
	if (whole(digests.value, digests.len, 0x30, &p->digest) || content.len != sizeof data_oid ||
	        memcmp(content.value, data_oid, sizeof data_oid) != 0)
		return -1;
	return read_signer(&signers, p);
}

/* X.690 section 11.6: in ascending order, here of different encodings. */
static bool ascending(const struct der *before, const struct der *after)
{
	size_t common = before->whole_len < after->whole_len ? before->whole_len : after->whole_len;
	int c = memcmp(before->whole, after->whole, common);

	return c < 0 || (c == 0 && before->whole_len < after->whole_len);
}

static int find_certificate(const struct parts *p, const uint8_t sha256_wanted[32], struct der *out, struct error *e)
{
	struct rest r = inside(&p->certificates);
	struct der each, before = {0};
	uint8_t hash[32];
	bool found = false;

	while (r.left) {
		if (take(&r, 0x30, &each) || (before.whole && !ascending(&before, &each)))
			return not_form(e);
		before = each;
		if (sha256(each.whole, each.whole_len, hash))
			return error_memory(e);
		if (memcmp(hash, sha256_wanted, 32) == 0) {
			*out = each;
			found = true;
		}
	}
	return found ? 0
	             : error_set(e, ERROR_FAULT, N_("The CMS does not hold the certificate that must have signed it."));
}

static X509 *parse_certificate(const struct der *certificate, struct error *e)
{
	const unsigned char *at = certificate->whole;
	X509 *x = d2i_X509(NULL, &at, (long)certificate->whole_len);

	if (x && at == certificate->whole + certificate->whole_len)
		return x;
	X509_free(x);
	ERR_clear_error();
	error_set(e, ERROR_FAULT, N_("The certificate in the CMS does not parse."));
	return NULL;
}

/* The signer is named by issuer and serial number, byte for byte those of the certificate. */
static int is_named(const struct parts *p, X509 *x)
{
	uint8_t *issuer = NULL, *serial = NULL;
	int n = i2d_X509_NAME(X509_get_issuer_name(x), &issuer);
	int m = i2d_ASN1_INTEGER(X509_get_serialNumber(x), &serial);
	const struct der *d = &p->issuer_serial;
	bool is = n > 0 && m > 0 && (size_t)n + (size_t)m == d->len && memcmp(d->value, issuer, (size_t)n) == 0 &&
	          memcmp(d->value + n, serial, (size_t)m) == 0;

	OPENSSL_free(issuer);
	OPENSSL_free(serial);
	return is ? 0 : -1;
}

static const int64_t utc_time_last = INT64_C(2524607999); /* 2049-12-31T23:59:59Z */

/* RFC 5652 section 11.3: UTCTime of the years to 2049, GeneralizedTime after it. */
static int read_time(const struct der *d, int64_t *time)
{
	const char *century = "", *t = (const char *)d->value;
	char text[TIME_TEXT];

	if (d->tag == 0x17 && d->len == 13)
		century = t[0] >= '5' ? "19" : "20";
	else if (d->tag != 0x18 || d->len != 15)
		return -1;
	size_t year = d->len - 11;
	snprintf(text, sizeof text, "%s%.*s-%.2s-%.2sT%.2s:%.2s:%.3s", century, (int)year, t, t + year, t + year + 2,
	        t + year + 4, t + year + 6, t + year + 8);
	if (time_parse_seconds(text, strlen(text), time))
		return -1;
	return (d->tag == 0x18) == (*time > utc_time_last) ? 0 : -1;
}

/* SigningCertificateV2 of one certificate, its hash by the default algorithm, SHA-256 (RFC 5035 section 3). */
static int is_certificate(const struct der *value, const uint8_t certificate_sha256[32])
{
	struct der certs, cert, hash;

	if (whole(value->value, value->len, 0x30, &certs) || whole(certs.value, certs.len, 0x30, &cert) ||
	        whole(cert.value, cert.len, 0x04, &hash))
		return -1;
	return hash.len == 32 && memcmp(hash.value, certificate_sha256, 32) == 0 ? 0 : -1;
}

static bool is_type(const struct der *type, const uint8_t *oid, size_t len)
{
	return type->whole_len == len && memcmp(type->whole, oid, len) == 0;
}

static int not_this(const char *what, struct error *e)
{
	return error_set(e, ERROR_FAULT, N_("The signed attribute %s of the CMS is not what it must be."), what);
}

struct expected {
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_len;
	const uint8_t *certificate_sha256;
};

/* One Attribute of one value (RFC 5652 section 5.3). Sets its bit in *seen. */
static int judge_attribute(
        const struct der *attribute, const struct expected *x, unsigned *seen, int64_t *time, struct error *e)
{
	struct rest r = inside(attribute);
	struct der type, set, value;

	if (take(&r, 0x06, &type) || take(&r, 0x31, &set) || r.left)
		return not_form(e);
	r = inside(&set);
	if (der_next(&r.at, &r.left, &value) || r.left)
		return not_form(e);
	if (is_type(&type, content_type, sizeof content_type)) {
		*seen |= 1;
		if (!is_type(&value, data_oid, sizeof data_oid))
			return not_this("contentType", e);
	} else if (is_type(&type, message_digest, sizeof message_digest)) {
		*seen |= 2;
		if (value.tag != 0x04 || value.len != x->digest_len || memcmp(value.value, x->digest, value.len) != 0)
			return not_this("messageDigest", e);
	} else if (is_type(&type, signing_time, sizeof signing_time)) {
		*seen |= 4;
		if (read_time(&value, time))
			return not_this("signingTime", e);
	} else if (is_type(&type, signing_certificate, sizeof signing_certificate)) {
		*seen |= 8;
		if (value.tag != 0x30 || is_certificate(&value, x->certificate_sha256))
			return not_this("signingCertificateV2", e);
	} else {
		return not_form(e);
	}
	return 0;
}

static int judge_attributes(struct rest r, const struct algorithm *a, const void *content, size_t content_len,
        const uint8_t certificate_sha256[32], int64_t *time, struct error *e)
{
	struct expected x = {.certificate_sha256 = certificate_sha256};
	struct der attribute, before = {0};
	unsigned seen = 0, count = 0;

	if (EVP_Digest(content, content_len, x.digest, &x.digest_len, EVP_get_digestbyname(a->hash), NULL) != 1)
		return error_memory(e);
	for (; r.left; count++) {
		if (take(&r, 0x30, &attribute) || (before.whole && !ascending(&before, &attribute)))
			return not_form(e);
		before = attribute;
		if (judge_attribute(&attribute, &x, &seen, time, e))
			return -1;
	}
	return count == 4 && seen == 15 ? 0 : not_form(e);
}

int cms_attributes_verify(const void *attributes, size_t len, const char *algorithm, const void *content,
        size_t content_len, const uint8_t certificate_sha256[32], int64_t *time, struct error *e)
{
	struct der set;

	for (size_t i = 0; i < ALGORITHMS; i++) {
		if (strcmp(algorithms[i].name, algorithm) != 0)
			continue;
		if (whole(attributes, len, 0x31, &set))
			return not_form(e);
		return judge_attributes(
		        inside(&set), &algorithms[i], content, content_len, certificate_sha256, time, e);
	}
	return error_set(e, ERROR_FAULT, N_("A CMS cannot be signed with the algorithm %s."), algorithm);
}

/* Signature and digest algorithm belong together: no other pair is made. */
static const struct algorithm *read_algorithm(const struct parts *p)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		const struct algorithm *a = &algorithms[i];
		if (is_type(&p->algorithm, a->signature, a->signature_len) &&
		        is_type(&p->digest, a->digest, sizeof a->digest))
			return a;
	}
	return NULL;
}

/* The signature is over the attributes as a SET OF, whose tag stands in place of [0] (RFC 5652 section 5.4). */
static int judge_signature(const struct parts *p, const struct algorithm *a, X509 *x, struct error *e)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY *key = X509_get0_pubkey(x);
	static const uint8_t set_of = 0x31;
	int ok = context && key && EVP_PKEY_is_a(key, a->key) &&
	         EVP_DigestVerifyInit(context, NULL, EVP_get_digestbyname(a->hash), NULL, key) == 1 &&
	         EVP_DigestVerifyUpdate(context, &set_of, 1) == 1 &&
	         EVP_DigestVerifyUpdate(context, p->attributes.whole + 1, p->attributes.whole_len - 1) == 1 &&
	         EVP_DigestVerifyFinal(context, p->signature.value, p->signature.len) == 1;

	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return ok ? 0 : error_set(e, ERROR_FAULT, N_("The signature in the CMS does not verify."));
}

int cms_verify(const void *cms, size_t len, const void *content, size_t content_len,
        const uint8_t certificate_sha256[32], int64_t *time, struct error *e)
{
	struct der certificate = {0};
	const struct algorithm *a;
	struct parts p = {0};
	X509 *x = NULL;
	int result = -1;

	if (read_parts(cms, len, &p)) {
		not_form(e);
		goto out;
	}
	if (find_certificate(&p, certificate_sha256, &certificate, e))
		goto out;
	a = read_algorithm(&p);
	if (!a) {
		error_set(e, ERROR_FAULT,
		        N_("The CMS is signed with an algorithm that is none of ECDSA and RSA PKCS#1 with SHA-256, "
		           "SHA-384 or SHA-512."));
		goto out;
	}
	x = parse_certificate(&certificate, e);
	if (!x)
		goto out;
	if (is_named(&p, x)) {
		error_set(e, ERROR_FAULT, N_("The CMS names another signer than its certificate."));
		goto out;
	}
	if (judge_attributes(inside(&p.attributes), a, content, content_len, certificate_sha256, time, e) ||
	        judge_signature(&p, a, x, e))
		goto out;
	result = 0;
out:
	X509_free(x);
	return result;
}
