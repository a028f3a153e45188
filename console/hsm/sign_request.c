#include "hsm/helper.h"
#include "hsm/wire_messages.h"
#include <openssl/err.h>
#include <string.h>

/* The key of a CertificationRequestInfo (RFC 2986 section 4.1) must be the one that signs it. Its encoding must be
 * exactly those bytes. */
static int info_matches(const struct bytes *info, const struct json *order, struct error *e)
{
	/* The AlgorithmIdentifier of Ed25519 and a BIT STRING of no bits: read past, never used. */
	static const uint8_t tail[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x01, 0x00};
	struct bytes der = {0};
	X509_REQ *request = NULL;
	uint8_t *again = NULL, *its = NULL;
	int n = 0, rc = -1;
	size_t len = info->len + sizeof tail;
	bytes_byte(&der, 0x30);
	bytes_byte(&der, 0x83);
	bytes_byte(&der, (uint8_t)(len >> 16));
	bytes_byte(&der, (uint8_t)(len >> 8));
	bytes_byte(&der, (uint8_t)len);
	bytes_add(&der, info->data, info->len);
	bytes_add(&der, tail, sizeof tail);
	if (bytes_end(&der, e))
		goto out;
	const unsigned char *at = der.data;
	request = len < 1 << 24 ? d2i_X509_REQ(NULL, &at, (long)der.len) : NULL;
	if (!request || at != der.data + der.len || X509_REQ_get_version(request) != X509_REQ_VERSION_1 ||
	        (n = i2d_re_X509_REQ_tbs(request, &again)) < 0 || (size_t)n != info->len ||
	        memcmp(again, info->data, info->len)) {
		error_set(e, ERROR_FAULT, MSG_CRI);
		goto out;
	}
	n = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request), &its);
	if (n < 0 || authority_sha256(order, "spki_sha256", its, (size_t)n, NULL)) {
		error_set(e, ERROR_FAULT, MSG_CRI_KEY);
		goto out;
	}
	rc = 0;
out:
	OPENSSL_free(again);
	OPENSSL_free(its);
	X509_REQ_free(request);
	bytes_free(&der);
	ERR_clear_error();
	return rc;
}

int sign_request(const struct json *order, const struct bytes *data, struct signature_algorithm *s, struct error *e)
{
	/* A CertificationRequestInfo does not name the algorithm of its signature: the order does. */
	const char *name = json_text(order, "algorithm");
	if (!name)
		return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "algorithm");
	return info_matches(data, order, e) || signature_algorithm_find(name, s, e) ? -1 : 0;
}
