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
		if (openssl_lacked_memory())
			error_memory(e);
		else
			error_set(e, ERROR_FAULT,
			        N_("The public key (SubjectPublicKeyInfo) does not encode again to the same bytes."));
		EVP_PKEY_free(key);
		key = NULL;
	}
	OPENSSL_free(again);
	ERR_clear_error();
	return key;
}
