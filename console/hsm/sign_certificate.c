/* A certificate to be signed: serial number, validity and subject's key of the order are those in its bytes. They are
 * walked over by our own reader, not decoded: what of them came from outside (a subject, a key) stays bytes here. */
#include "hsm/helper.h"
#include "hsm/wire_messages.h"
#include <string.h>

struct fields {
	struct der serial, algorithm, not_before, not_after, spki;
};

/* RFC 5280 section 4.1.2.5: {notBefore, notAfter}. */
static int take_validity(const uint8_t **at, size_t *left, struct fields *f)
{
	struct der d;
	if (der_take(at, left, 0x30, &d))
		return -1;
	const uint8_t *inside = d.value;
	size_t rest = d.len;
	return tbs_take_time(&inside, &rest, &f->not_before) || tbs_take_time(&inside, &rest, &f->not_after) || rest;
}

/* RFC 5280 section 4.1: version 3, as every certificate here is. */
static int split(const struct bytes *tbs, struct fields *f)
{
	static const uint8_t version_3[] = {0x02, 0x01, 0x02};
	const uint8_t *at = tbs->data;
	size_t left = tbs->len;
	struct der d, issuer, subject;
	memset(f, 0, sizeof *f);
	if (!der_valid(at, left) || der_take(&at, &left, 0x30, &d))
		return -1;
	at = d.value;
	left = d.len;
	if (der_take(&at, &left, 0xa0, &d) || d.len != sizeof version_3 || memcmp(d.value, version_3, d.len) != 0 ||
	        der_take(&at, &left, 0x02, &f->serial) || der_take(&at, &left, 0x30, &f->algorithm) ||
	        der_take(&at, &left, 0x30, &issuer) || take_validity(&at, &left, f) ||
	        der_take(&at, &left, 0x30, &subject) || der_take(&at, &left, 0x30, &f->spki))
		return -1;
	return (left && der_take(&at, &left, 0xa3, &d)) || left ? -1 : 0;
}

static int time_matches(const struct json *order, const char *key, const struct der *d, struct error *e)
{
	char text[TIME_TEXT];
	return tbs_time_text(d, text) ? error_set(e, ERROR_FAULT, MSG_TBS) : authority_text(order, key, text, e);
}

/* By value: a drawn number may begin with zeros, which DER leaves out, and DER puts one in front of a high bit. */
static int serial_matches(const struct json *order, const struct der *serial, struct error *e)
{
	const char *ordered = json_text(order, "serial_number");
	struct bytes hex = {0};
	size_t zero = serial->len > 1 && !serial->value[0];
	int rc = -1;
	if (!ordered || serial->value[0] & 0x80)
		return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "serial_number");
	while (!strncmp(ordered, "00", 2))
		ordered += 2;
	bytes_hex(&hex, serial->value + zero, serial->len - zero);
	if (!bytes_end(&hex, e))
		rc = strcmp(ordered, bytes_string(&hex))
		             ? error_set(e, ERROR_FAULT, MSG_ORDER_FIELD, "serial_number", ordered, bytes_string(&hex))
		             : 0;
	bytes_free(&hex);
	return rc;
}

int sign_certificate(const struct json *order, const struct bytes *data, struct signature_algorithm *s, struct error *e)
{
	struct fields f;
	if (split(data, &f))
		return error_set(e, ERROR_FAULT, MSG_TBS);
	/* The order's other hash is that of the key that signs. */
	if (serial_matches(order, &f.serial, e) ||
	        authority_sha256(order, "subject_spki_sha256", f.spki.whole, f.spki.whole_len, e) ||
	        time_matches(order, "not_before", &f.not_before, e) ||
	        time_matches(order, "not_after", &f.not_after, e))
		return -1;
	return signature_algorithm_read(&f.algorithm, s, e);
}
