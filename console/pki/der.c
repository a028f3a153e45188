#include "pki/der.h"

#include "base/text.h"

#include <openssl/err.h>
#include <string.h>

enum { DER_DEPTH = 32 };

int der_next(const uint8_t **at, size_t *left, struct der *out)
{
	const uint8_t *p = *at;
	size_t n = *left, len, count, head = 2;

	if (n < 2 || (p[0] & 0x1f) == 0x1f)
		return -1; /* no certificate has a tag above 30 */
	len = p[1];
	if (len >= 0x80) {
		count = len & 0x7f;
		/* X.690 section 10.1: definite, and in the fewest octets */
		if (count == 0 || count > 4 || n < 2 + count || p[2] == 0)
			return -1;
		len = 0;
		for (size_t i = 0; i < count; i++)
			len = len << 8 | p[2 + i];
		if (len < 0x80)
			return -1;
		head += count;
	}
	if (len > n - head)
		return -1;
	*out = (struct der){p[0], p + head, p, len, head + len};
	*at += head + len;
	*left -= head + len;
	return 0;
}

static bool valid_oid(const uint8_t *v, size_t len)
{
	bool first = true;

	for (size_t i = 0; i < len; i++) {
		if (first && v[i] == 0x80)
			return false; /* X.690 section 8.19.2: fewest octets */
		first = !(v[i] & 0x80);
	}
	return len > 0 && first;
}

static bool valid_bits(const uint8_t *v, size_t len)
{
	if (len == 0 || v[0] > 7 || (len == 1 && v[0] != 0))
		return false;
	return len == 1 || (v[len - 1] & ((1u << v[0]) - 1)) == 0; /* X.690 section 11.2.1 */
}

static bool valid_primitive(uint8_t tag, const uint8_t *v, size_t len)
{
	switch (tag) {
	case 0x01: /* X.690 section 11.1 */
		return len == 1 && (v[0] == 0x00 || v[0] == 0xff);
	case 0x02:
	case 0x0a: /* X.690 section 8.3.2 */
		return len > 0 && !(len > 1 && ((v[0] == 0 && v[1] < 0x80) || (v[0] == 0xff && v[1] >= 0x80)));
	case 0x03:
		return valid_bits(v, len);
	case 0x05:
		return len == 0;
	case 0x06:
		return valid_oid(v, len);
	case 0x0c:
		return text_is_utf8((const char *)v, len);
	default:
		return true;
	}
}

/* X.690 section 11.6: the elements of a SET OF in ascending order of their encodings. */
static bool in_order(const struct der *before, const struct der *after)
{
	size_t common = before->whole_len < after->whole_len ? before->whole_len : after->whole_len;
	int c = memcmp(before->whole, after->whole, common);

	return c < 0 || (c == 0 && before->whole_len <= after->whole_len);
}

static bool valid_elements(const uint8_t *at, size_t left, bool set, unsigned depth)
{
	struct der d, before = {0};

	if (depth > DER_DEPTH)
		return false;
	while (left) {
		uint8_t class;
		if (der_next(&at, &left, &d))
			return false;
		if (set && before.whole && !in_order(&before, &d))
			return false;
		before = d;
		class = d.tag & 0xc0;
		if (d.tag & 0x20) {
			/* X.690 section 10.2: of the universal types only SEQUENCE and SET are constructed */
			if (class == 0 && d.tag != 0x30 && d.tag != 0x31)
				return false;
			if (!valid_elements(d.value, d.len, d.tag == 0x31, depth + 1))
				return false;
		} else if (class == 0) {
			if (d.tag == 0x30 || d.tag == 0x31 || d.tag == 0 || !valid_primitive(d.tag, d.value, d.len))
				return false;
		}
	}
	return true;
}

bool der_valid(const void *data, size_t len)
{
	const uint8_t *at = data;
	size_t left = len;
	struct der d;

	return der_next(&at, &left, &d) == 0 && left == 0 && valid_elements(data, len, false, 0);
}

void der_put(struct bytes *out, uint8_t tag, const void *value, size_t len)
{
	uint8_t octets[sizeof len];
	unsigned count = 0;

	bytes_byte(out, tag);
	if (len < 0x80) {
		bytes_byte(out, (uint8_t)len);
	} else {
		for (size_t rest = len; rest; rest >>= 8)
			octets[count++] = (uint8_t)rest;
		bytes_byte(out, (uint8_t)(0x80 | count));
		while (count)
			bytes_byte(out, octets[--count]);
	}
	if (len)
		bytes_add(out, value, len);
}

/* RFC 5280 section 4.1: TBSCertificate, algorithm, signature. */
static int three_parts(const struct der *whole, struct der_certificate *out)
{
	const uint8_t *at = whole->value;
	size_t left = whole->len;

	if (der_next(&at, &left, &out->tbs) || out->tbs.tag != 0x30)
		return -1;
	if (der_next(&at, &left, &out->algorithm) || out->algorithm.tag != 0x30)
		return -1;
	if (der_next(&at, &left, &out->signature) || out->signature.tag != 0x03)
		return -1;
	return left ? -1 : 0;
}

int der_certificate(const void *der, size_t len, struct der_certificate *out, struct error *e)
{
	const uint8_t *at = der;
	size_t left = len;
	struct der whole;
	int result = -1;

	if (der_next(&at, &left, &whole) || whole.tag != 0x30)
		error_set(e, ERROR_FAULT, N_("The certificate is not DER, or is cut short."));
	else if (left)
		error_set(e, ERROR_FAULT, N_("%zu bytes stand behind the certificate."), left);
	else if (!der_valid(der, len))
		error_set(e, ERROR_FAULT, N_("The certificate is not in DER: some element has another encoding."));
	else if (three_parts(&whole, out))
		error_set(e, ERROR_FAULT, N_("The certificate does not have the three parts of RFC 5280 section 4.1."));
	else
		result = 0;
	return result;
}

void openssl_reason(struct bytes *out)
{
	const char *data = NULL, *reason;
	int flags = 0;
	unsigned long code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags);

	reason = code ? ERR_reason_error_string(code) : NULL;
	bytes_text(out, reason ? reason : "no reason given");
	if (data && (flags & ERR_TXT_STRING) && *data) {
		bytes_text(out, ", ");
		text_visible(out, data, strlen(data));
	}
	ERR_clear_error();
}

int openssl_error(struct error *e, enum error_code code, const char *id)
{
	struct bytes reason = {0};

	openssl_reason(&reason);
	error_set(e, code, id, bytes_string(&reason));
	bytes_free(&reason);
	return -1;
}

/* X.690 section 11.5: a value that is the DEFAULT is not written. OpenSSL keeps these two as they came: version v1, and
 * critical FALSE. */
static bool writes_default(const struct der *tbs)
{
	const uint8_t *at = tbs->value, *extension;
	size_t left = tbs->len, rest;
	struct der d, list = {0}, part;

	while (left && der_next(&at, &left, &d) == 0) {
		if (d.tag == 0xa0 && d.len == 3 && d.value[2] == 0)
			return true;
		if (d.tag == 0xa3)
			list = d;
	}
	at = list.value;
	left = list.len;
	if (!left || der_next(&at, &left, &d))
		return false;
	at = d.value;
	left = d.len;
	while (left && der_next(&at, &left, &d) == 0) {
		extension = d.value;
		rest = d.len;
		while (rest && der_next(&extension, &rest, &part) == 0)
			if (part.tag == 0x01 && part.len == 1 && part.value[0] == 0)
				return true;
	}
	return false;
}

static int encodes_again(X509 *x, const struct der *tbs)
{
	uint8_t *again = NULL;
	/* OpenSSL keeps the bytes it parsed: only this call writes them anew, which shows a DEFAULT written out
	 * (X.690 section 11.5) and whatever else it took leniently */
	int n = i2d_re_X509_tbs(x, &again), status = -1;

	if (!writes_default(tbs) && n >= 0 && (size_t)n == tbs->whole_len &&
	        memcmp(again, tbs->whole, tbs->whole_len) == 0)
		status = 0;
	OPENSSL_free(again);
	return status;
}

X509 *x509_parse(const void *der, size_t len, struct error *e)
{
	const unsigned char *at = der;
	struct der_certificate parts;
	X509 *x, *copy = NULL;

	if (der_certificate(der, len, &parts, e))
		return NULL;
	x = d2i_X509(NULL, &at, (long)len);
	if (!x) {
		openssl_error(e, ERROR_FAULT, N_("The certificate does not parse: %s."));
		return NULL;
	}
	copy = X509_dup(x); /* encoding anew changes it */
	if (at != (const unsigned char *)der + len || !copy || encodes_again(copy, &parts.tbs)) {
		error_set(e, ERROR_FAULT,
		        N_("The certificate does not encode again to the same bytes: it is not in DER."));
		X509_free(x);
		x = NULL;
	}
	X509_free(copy);
	ERR_clear_error();
	return x;
}

/* The algorithm inside a TBSCertificate: the element behind version and serial number. */
static int tbs_algorithm(const void *tbs, size_t len, struct der *out)
{
	const uint8_t *at = tbs;
	size_t left = len;
	struct der d;

	if (der_next(&at, &left, &d) || left || d.tag != 0x30)
		return -1;
	at = d.value;
	left = d.len;
	if (der_next(&at, &left, out))
		return -1;
	if (out->tag == 0xa0 && der_next(&at, &left, out))
		return -1;
	if (out->tag != 0x02 || der_next(&at, &left, out) || out->tag != 0x30)
		return -1;
	return 0;
}

X509 *x509_parse_tbs(const void *tbs, size_t len, struct error *e)
{
	struct bytes inner = {0}, whole = {0};
	struct der algorithm;
	X509 *x = NULL;

	if (tbs_algorithm(tbs, len, &algorithm)) {
		error_set(e, ERROR_FAULT, N_("The to-be-signed bytes are not one TBSCertificate in DER."));
		goto out;
	}
	bytes_add(&inner, tbs, len);
	bytes_add(&inner, algorithm.whole, algorithm.whole_len);
	der_put(&inner, 0x03, "", 1);
	der_put(&whole, 0x30, inner.data, inner.len);
	if (bytes_end(&inner, e) || bytes_end(&whole, e))
		goto out;
	x = x509_parse(whole.data, whole.len, e);
out:
	bytes_free(&inner);
	bytes_free(&whole);
	return x;
}

EVP_PKEY *spki_parse(const void *spki, size_t len, struct error *e)
{
	const unsigned char *at = spki;
	unsigned char *again = NULL;
	EVP_PKEY *key = NULL;
	int n;

	if (!der_valid(spki, len)) {
		error_set(
		        e, ERROR_FAULT, N_("The public key (SubjectPublicKeyInfo) is not exactly one element in DER."));
		return NULL;
	}
	key = d2i_PUBKEY(NULL, &at, (long)len);
	if (!key) {
		openssl_error(e, ERROR_FAULT, N_("The public key (SubjectPublicKeyInfo) does not parse: %s."));
		return NULL;
	}
	n = i2d_PUBKEY(key, &again);
	if (n < 0 || (size_t)n != len || memcmp(again, spki, len) != 0) {
		error_set(e, ERROR_FAULT,
		        N_("The public key (SubjectPublicKeyInfo) does not encode again to the same bytes."));
		EVP_PKEY_free(key);
		key = NULL;
	}
	OPENSSL_free(again);
	ERR_clear_error();
	return key;
}
