#include "hsm/helper.h"
#include "hsm/key.h"
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

/* Whose key is certified: the order's other hash is that of the key that signs. */
static int subject_matches(const struct json *order, const X509 *certificate, struct error *e)
{
	uint8_t *spki = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
	int rc = n > 0 ? authority_sha256(order, "subject_spki_sha256", spki, (size_t)n, e)
	               : error_set(e, ERROR_FAULT, MSG_TBS);
	OPENSSL_free(spki);
	return rc;
}

/* Serial number, validity and subject's key of the order are those in the bytes. */
static int tbs_matches(const struct json *order, const X509 *certificate, struct error *e)
{
	return serial_matches(order, X509_get0_serialNumber(certificate), e) ||
	                       subject_matches(order, certificate, e) ||
	                       time_matches(order, "not_before", X509_get0_notBefore(certificate), e) ||
	                       time_matches(order, "not_after", X509_get0_notAfter(certificate), e)
	               ? -1
	               : 0;
}

static int key_fits(const struct key_pair *pair, const struct signature_algorithm *s, struct error *e)
{
	int wanted = s->type == CKK_RSA ? EVP_PKEY_RSA : s->type == CKK_EC ? EVP_PKEY_EC : EVP_PKEY_ED25519;
	return EVP_PKEY_get_base_id(pair->verifier) == wanted ? 0
	                                                      : error_set(e, ERROR_FAULT, MSG_ALGORITHM_KEY, s->name);
}

int verb_sign(struct helper *h, struct token *t, const struct request *r, struct bytes *answer, struct error *e)
{
	static const char act[] = "issue-certificate";
	struct json_writer w = {.out = answer};
	struct signature_algorithm s;
	struct key_pair pair = {0};
	struct bytes signature = {0};
	uint8_t id[OBJECT_ID_MAX];
	size_t id_len = 0;
	const struct json *order;
	X509 *certificate = NULL;
	int rc = -1;
	if (!t->unlocked) {
		error_set(e, ERROR_FAULT, MSG_LOCKED, t->policy->name);
		goto out;
	}
	if (token_find(t, e) || !(order = authority_order(h, r, act, t, e)) || authority_id(order, id, &id_len, e) ||
	        authority_sha256(order, "tbs_sha256", r->data.data, r->data.len, e))
		goto out;
	certificate = read_tbs(&r->data, e);
	if (!certificate || tbs_matches(order, certificate, e) ||
	        signature_algorithm_read(X509_get0_tbs_sigalg(certificate), &s, e))
		goto out;
	if (key_pair_find(t, id, id_len, &pair, e) ||
	        authority_sha256(order, "spki_sha256", pair.spki.data, pair.spki.len, e) || key_fits(&pair, &s, e))
		goto out;
	if (authority_spend(h, r, act, e) || key_pair_sign(t, &pair, &s, r->data.data, r->data.len, &signature, e))
		goto out;
	json_begin_object(&w);
	json_member_base64(&w, "signature", signature.data, signature.len);
	json_end_object(&w);
	rc = 0;
out:
	X509_free(certificate);
	key_pair_free(&pair);
	bytes_free(&signature);
	return rc;
}
