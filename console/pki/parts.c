/* Certificates that exist already: read from a file, and taken apart for those that are made after them. */
#include "pki/der.h"
#include "pki/der_time.h"
#include "pki/profile.h"

#include <string.h>

/* The contents of subjectKeyIdentifier (RFC 5280 section 4.2.1.2), an OCTET STRING, if it is there once. */
static void put_key_id(struct bytes *out, const struct der *extensions)
{
	static const uint8_t subject_key_id[] = {0x55, 0x1d, 0x0e};
	const uint8_t *at = extensions->value, *in;
	size_t left = extensions->len, rest;
	struct der each, oid, value, id;
	bool critical;

	while (left) {
		if (der_next(&at, &left, &each) || der_extension(&each, &oid, &critical, &value))
			return;
		in = value.value;
		rest = value.len;
		if (oid.len == sizeof subject_key_id && memcmp(oid.value, subject_key_id, oid.len) == 0 &&
		        der_next(&in, &rest, &id) == 0 && id.tag == 0x04 && !rest) {
			if (out->len) {
				bytes_clear(out); /* which of them is meant nobody knows */
				return;
			}
			bytes_add(out, id.value, id.len);
		}
	}
}

int certificate_parts_read(const void *der, size_t len, struct certificate_parts *out, struct error *e)
{
	struct der_certificate parts;
	struct der_tbs f;

	*out = (struct certificate_parts){0};
	if (certificate_fields(der, len, &parts, &f, e))
		return -1;
	if (!der_time_read(&f.not_before, &out->not_before) || !der_time_read(&f.not_after, &out->not_after))
		return error_set(e, ERROR_FAULT, N_("The validity of the certificate cannot be read."));
	bytes_add(&out->subject, f.subject.whole, f.subject.whole_len);
	bytes_add(&out->issuer, f.issuer.whole, f.issuer.whole_len);
	bytes_add(&out->spki, f.spki.whole, f.spki.whole_len);
	if (f.extensions.whole)
		put_key_id(&out->key_id, &f.extensions);
	return bytes_end(&out->subject, e) || bytes_end(&out->issuer, e) || bytes_end(&out->spki, e) ||
	                       bytes_end(&out->key_id, e)
	               ? -1
	               : 0;
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
	struct der_certificate parts;
	struct der_tbs fields;

	if (len && bytes[0] == 0x30)
		bytes_add(der, data, len);
	else if (!len || bytes[0] != '-' || pem_decode(data, len, der) < 0)
		return error_set(e, ERROR_FAULT, N_("The file is not one certificate in DER or PEM and nothing else."));
	if (bytes_end(der, e) || certificate_fields(der->data, der->len, &parts, &fields, e)) {
		bytes_clear(der);
		return -1;
	}
	return 0;
}
