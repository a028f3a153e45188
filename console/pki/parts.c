/* Certificates that exist already: read from a file, and taken apart for those that are made after them. */
#include "pki/der.h"
#include "pki/profile.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

static int name_bytes(struct bytes *out, const X509_NAME *name)
{
	const unsigned char *der;
	size_t len;

	if (X509_NAME_get0_der(name, &der, &len) != 1)
		return -1;
	bytes_add(out, der, len);
	return 0;
}

int certificate_parts_read(const void *der, size_t len, struct certificate_parts *out, struct error *e)
{
	X509 *x = x509_parse(der, len, e);
	const ASN1_OCTET_STRING *id;
	unsigned char *spki = NULL;
	struct tm from, until;
	int n, status = -1;

	*out = (struct certificate_parts){0};
	if (!x)
		return -1;
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	if (n <= 0 || name_bytes(&out->subject, X509_get_subject_name(x)) ||
	        name_bytes(&out->issuer, X509_get_issuer_name(x))) {
		openssl_error(e, ERROR_FAULT, N_("The certificate cannot be taken apart: %s."));
		goto out;
	}
	if (ASN1_TIME_to_tm(X509_get0_notBefore(x), &from) != 1 ||
	        ASN1_TIME_to_tm(X509_get0_notAfter(x), &until) != 1) {
		error_set(e, ERROR_FAULT, N_("The validity of the certificate cannot be read."));
		goto out;
	}
	out->not_before = (int64_t)timegm(&from);
	out->not_after = (int64_t)timegm(&until);
	bytes_add(&out->spki, spki, (size_t)n);
	if ((id = X509_get0_subject_key_id(x)))
		bytes_add(&out->key_id, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
	status = bytes_end(&out->subject, e) || bytes_end(&out->issuer, e) || bytes_end(&out->spki, e) ||
	                         bytes_end(&out->key_id, e)
	                 ? -1
	                 : 0;
out:
	OPENSSL_free(spki);
	X509_free(x);
	ERR_clear_error();
	return status;
}

void certificate_parts_free(struct certificate_parts *p)
{
	bytes_free(&p->subject);
	bytes_free(&p->issuer);
	bytes_free(&p->spki);
	bytes_free(&p->key_id);
}

/* The base64 text between the two lines of RFC 7468 section 3, lines ended by LF or CRLF, into DER. */
static int pem_decode(const char *text, size_t len, struct bytes *der)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
	struct bytes joined = {0};
	const char *at = text, *stop = text + len;
	bool inside = false, over = false;
	int status = -1;

	while (at < stop) {
		const char *lf = memchr(at, '\n', (size_t)(stop - at));
		size_t n = (size_t)((lf ? lf : stop) - at);
		const char *line = at;
		at = lf ? lf + 1 : stop;
		if (n && line[n - 1] == '\r')
			n--;
		if (over)
			goto out;
		if (n == sizeof begin - 1 && memcmp(line, begin, n) == 0) {
			if (inside)
				goto out;
			inside = true;
		} else if (n == sizeof end - 1 && memcmp(line, end, n) == 0) {
			if (!inside)
				goto out;
			over = true;
		} else {
			if (!inside || n == 0 || n > 76)
				goto out;
			bytes_add(&joined, line, n);
		}
	}
	if (over && !joined.failed && joined.len && base64_decode(bytes_string(&joined), joined.len, der) == 0)
		status = 0;
out:
	bytes_free(&joined);
	return status;
}

int certificate_read(const void *data, size_t len, struct bytes *der, struct error *e)
{
	const uint8_t *bytes = data;
	X509 *x;

	if (len && bytes[0] == 0x30)
		bytes_add(der, data, len);
	else if (!len || bytes[0] != '-' || pem_decode(data, len, der) < 0)
		return error_set(e, ERROR_FAULT, N_("The file is not one certificate in DER or PEM and nothing else."));
	x = x509_parse(der->data, der->len, e);
	X509_free(x);
	if (!x) {
		bytes_clear(der);
		return -1;
	}
	return bytes_end(der, e);
}
