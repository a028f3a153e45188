/* A certificate to be signed: serial number and validity of the order are those in its bytes. */
#include "hsm/helper.h"
#include "hsm/wire_messages.h"
#include "base/text.h"
#include <openssl/err.h>
#include <string.h>
#include <time.h>

/* The to-be-signed bytes as a certificate with an empty signature, so that its fields can be read. Its encoding must be
 * exactly those bytes. NULL with `e`. */
static X509 *read_tbs(const struct bytes *tbs, struct error *e)
{
	/* A BIT STRING of no bits, and in front of it the AlgorithmIdentifier of Ed25519: read past, never used. */
	static const uint8_t tail[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x01, 0x00};
	struct bytes der = {0};
	X509 *certificate = NULL;
	uint8_t *again = NULL;
	int n = 0;
	size_t len = tbs->len + sizeof tail;
	bytes_byte(&der, 0x30);
	bytes_byte(&der, 0x83);
	bytes_byte(&der, (uint8_t)(len >> 16));
	bytes_byte(&der, (uint8_t)(len >> 8));
	bytes_byte(&der, (uint8_t)len);
	bytes_add(&der, tbs->data, tbs->len);
	bytes_add(&der, tail, sizeof tail);
	if (!bytes_end(&der, e) && len < 1 << 24) {
		const unsigned char *at = der.data;
		certificate = d2i_X509(NULL, &at, (long)der.len);
		if (certificate && (at != der.data + der.len || (n = i2d_re_X509_tbs(certificate, &again)) < 0 ||
		                           (size_t)n != tbs->len || memcmp(again, tbs->data, tbs->len))) {
			X509_free(certificate);
			certificate = NULL;
		}
		if (!certificate)
			error_set(e, ERROR_FAULT, MSG_TBS);
	}
	OPENSSL_free(again);
	bytes_free(&der);
	ERR_clear_error();
	return certificate;
}

static int time_matches(const struct json *order, const char *key, const ASN1_TIME *time, struct error *e)
{
	char text[TIME_TEXT];
	struct tm tm;
	if (!ASN1_TIME_to_tm(time, &tm))
		return error_set(e, ERROR_FAULT, MSG_TBS);
	time_format_seconds((int64_t)timegm(&tm), text);
	return authority_text(order, key, text, e);
}

/* By value: a drawn number may begin with zeros, which DER leaves out. */
static int serial_matches(const struct json *order, const ASN1_INTEGER *serial, struct error *e)
{
	const char *ordered = json_text(order, "serial_number");
	struct bytes hex = {0};
	int rc = -1;
	if (!ordered || ASN1_STRING_type(serial) != V_ASN1_INTEGER)
		return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "serial_number");
	while (!strncmp(ordered, "00", 2))
		ordered += 2;
	bytes_hex(&hex, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
	if (!bytes_end(&hex, e))
		rc = strcmp(ordered, bytes_string(&hex))
		             ? error_set(e, ERROR_FAULT, MSG_ORDER_FIELD, "serial_number", ordered, bytes_string(&hex))
		             : 0;
	bytes_free(&hex);
	return rc;
}

/* Serial number and validity of the order are those in the bytes. */
static int tbs_matches(const struct json *order, const X509 *certificate, struct error *e)
{
	return serial_matches(order, X509_get0_serialNumber(certificate), e) ||
	                       time_matches(order, "not_before", X509_get0_notBefore(certificate), e) ||
	                       time_matches(order, "not_after", X509_get0_notAfter(certificate), e)
	               ? -1
	               : 0;
}

int sign_certificate(const struct json *order, const struct bytes *data, struct signature_algorithm *s, struct error *e)
{
	X509 *certificate = read_tbs(data, e);
	int rc = -1;
	if (certificate && !tbs_matches(order, certificate, e))
		rc = signature_algorithm_read(X509_get0_tbs_sigalg(certificate), s, e);
	X509_free(certificate);
	return rc;
}
