#include "pki/der.h"

#include "base/text.h"

#include <openssl/err.h>
#include <string.h>

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
	else if (three_parts(&whole, out) || !der_algorithm(&out->algorithm))
		error_set(e, ERROR_FAULT, N_("The certificate does not have the three parts of RFC 5280 section 4.1."));
	else
		result = 0;
	return result;
}

/* Whole characters of Unicode, each of so many octets; surrogates are none. */
static bool is_wide(const struct der *d, size_t width)
{
	if (d->len % width)
		return false;
	for (size_t i = 0; i < d->len; i += width) {
		uint32_t c = 0;
		for (size_t k = 0; k < width; k++)
			c = c << 8 | d->value[i + k];
		if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	return true;
}

/* The types of a name's values: those of DirectoryString, NumericString and IA5String, of whole characters. */
static bool is_name_string(const struct der *d)
{
	switch (d->tag) {
	case 0x0c: /* UTF8String: its bytes are looked at by der_valid() */
	case 0x12:
	case 0x13:
	case 0x14:
	case 0x16:
		return true;
	case 0x1c: /* UniversalString */
		return is_wide(d, 4);
	case 0x1e: /* BMPString */
		return is_wide(d, 2);
	default:
		return false;
	}
}

bool der_name(const struct der *name)
{
	const uint8_t *at = name->value, *in, *inside;
	size_t left = name->len, rest, few;
	struct der set, pair, oid, value;

	if (name->tag != 0x30 || !der_valid(name->whole, name->whole_len))
		return false;
	while (left) {
		if (der_take(&at, &left, 0x31, &set) || !set.len)
			return false;
		in = set.value;
		rest = set.len;
		while (rest) {
			if (der_take(&in, &rest, 0x30, &pair))
				return false;
			inside = pair.value;
			few = pair.len;
			if (der_take(&inside, &few, 0x06, &oid) || der_next(&inside, &few, &value) || few ||
			        !is_name_string(&value))
				return false;
		}
	}
	return true;
}

bool der_algorithm(const struct der *d)
{
	const uint8_t *at = d->value;
	size_t left = d->len;
	struct der oid, parameters;

	return d->tag == 0x30 && der_take(&at, &left, 0x06, &oid) == 0 &&
	       (!left || (der_next(&at, &left, &parameters) == 0 && !left));
}

int der_extension(const struct der *extension, struct der *oid, bool *critical, struct der *value)
{
	const uint8_t *at = extension->value;
	size_t left = extension->len;

	*critical = false;
	if (extension->tag != 0x30 || der_take(&at, &left, 0x06, oid) || der_next(&at, &left, value))
		return -1;
	if (value->tag == 0x01) {
		/* FALSE is the DEFAULT, which DER leaves out (X.690 section 11.5) */
		if (value->value[0] != 0xff || der_next(&at, &left, value))
			return -1;
		*critical = true;
	}
	return value->tag != 0x04 || left ? -1 : 0;
}

static int tbs_extensions(const uint8_t **at, size_t *left, struct der *out)
{
	struct der explicit, each, oid, value;
	const uint8_t *in;
	size_t rest;
	bool critical;

	if (der_take(at, left, 0xa3, &explicit))
		return -1;
	in = explicit.value;
	rest = explicit.len;
	if (der_take(&in, &rest, 0x30, out) || rest || !out->len)
		return -1;
	in = out->value;
	rest = out->len;
	while (rest)
		if (der_next(&in, &rest, &each) || der_extension(&each, &oid, &critical, &value))
			return -1;
	return 0;
}

static bool is_time(const struct der *d)
{
	return d->tag == 0x17 || d->tag == 0x18;
}

static int tbs_validity(const uint8_t **at, size_t *left, struct der_tbs *t)
{
	struct der validity;
	const uint8_t *in;
	size_t rest;

	if (der_take(at, left, 0x30, &validity))
		return -1;
	in = validity.value;
	rest = validity.len;
	return der_next(&in, &rest, &t->not_before) || der_next(&in, &rest, &t->not_after) || rest ||
	                       !is_time(&t->not_before) || !is_time(&t->not_after)
	               ? -1
	               : 0;
}

/* Version v1 is the DEFAULT, which is left out. */
static int tbs_version(const uint8_t **at, size_t *left)
{
	static const uint8_t v2[] = {0x02, 0x01, 0x01}, v3[] = {0x02, 0x01, 0x02};
	struct der d;

	if (!*left || **at != 0xa0)
		return 0;
	if (der_take(at, left, 0xa0, &d) || d.len != sizeof v3)
		return -1;
	return memcmp(d.value, v2, d.len) != 0 && memcmp(d.value, v3, d.len) != 0 ? -1 : 0;
}

/* The first field that is not what it must be, or NULL. */
static const char *tbs_fields(const struct der *whole, struct der_tbs *t)
{
	const uint8_t *at = whole->value;
	size_t left = whole->len;
	struct spki_parts key;
	struct der unique;

	if (tbs_version(&at, &left))
		return "version";
	if (der_take(&at, &left, 0x02, &t->serial))
		return "serialNumber";
	if (der_next(&at, &left, &t->algorithm) || !der_algorithm(&t->algorithm))
		return "signature";
	if (der_next(&at, &left, &t->issuer) || !der_name(&t->issuer))
		return "issuer";
	if (tbs_validity(&at, &left, t))
		return "validity";
	if (der_next(&at, &left, &t->subject) || !der_name(&t->subject))
		return "subject";
	if (der_next(&at, &left, &t->spki) || spki_split(t->spki.whole, t->spki.whole_len, &key))
		return "subjectPublicKeyInfo";
	if (left && *at == 0x81 && der_next(&at, &left, &unique))
		return "issuerUniqueID";
	if (left && *at == 0x82 && der_next(&at, &left, &unique))
		return "subjectUniqueID";
	return left && (tbs_extensions(&at, &left, &t->extensions) || left) ? "extensions" : NULL;
}

int der_tbs(const void *tbs, size_t len, struct der_tbs *out, struct error *e)
{
	const uint8_t *at = tbs;
	const char *odd;
	size_t left = len;
	struct der whole;

	*out = (struct der_tbs){0};
	if (!der_valid(tbs, len) || der_next(&at, &left, &whole) || whole.tag != 0x30)
		return error_set(e, ERROR_FAULT, N_("The to-be-signed bytes are not one TBSCertificate in DER."));
	odd = tbs_fields(&whole, out);
	return odd ? error_set(e, ERROR_FAULT,
	                     N_("The field %s of the certificate is not that of RFC 5280 section 4.1 in DER."), odd)
	           : 0;
}

int certificate_fields(
        const void *der, size_t len, struct der_certificate *parts, struct der_tbs *fields, struct error *e)
{
	return der_certificate(der, len, parts, e) || der_tbs(parts->tbs.whole, parts->tbs.whole_len, fields, e) ? -1
	                                                                                                         : 0;
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

bool openssl_lacked_memory(void)
{
	unsigned long code = ERR_peek_error();
	return ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE ||
	       ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
}

int openssl_error(struct error *e, enum error_code code, const char *id)
{
	struct bytes reason = {0};

	/* That there was no memory for it says nothing about what was given. */
	if (openssl_lacked_memory()) {
		ERR_clear_error();
		return error_memory(e);
	}
	openssl_reason(&reason);
	error_set(e, code, id, bytes_string(&reason));
	bytes_free(&reason);
	return -1;
}

static int encodes_again(X509 *x, const struct der *tbs)
{
	uint8_t *again = NULL;
	/* OpenSSL keeps the bytes it parsed: only this call writes them anew, which shows whatever it took leniently.
	 * Two DEFAULTs written out (X.690 section 11.5) it keeps as they came; der_tbs() refused them. */
	int n = i2d_re_X509_tbs(x, &again), status = -1;

	if (n >= 0 && (size_t)n == tbs->whole_len && memcmp(again, tbs->whole, tbs->whole_len) == 0)
		status = 0;
	OPENSSL_free(again);
	return status;
}

X509 *x509_parse(const void *der, size_t len, struct error *e)
{
	const unsigned char *at = der;
	struct der_certificate parts;
	struct der_tbs fields;
	X509 *x, *copy = NULL;

	if (certificate_fields(der, len, &parts, &fields, e))
		return NULL;
	x = d2i_X509(NULL, &at, (long)len);
	if (!x) {
		openssl_error(e, ERROR_FAULT, N_("The certificate does not parse: %s."));
		return NULL;
	}
	copy = X509_dup(x); /* encoding anew changes it */
	if (at != (const unsigned char *)der + len || !copy || encodes_again(copy, &parts.tbs)) {
		if (openssl_lacked_memory())
			error_memory(e);
		else
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
