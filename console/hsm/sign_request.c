#include "hsm/helper.h"
#include "hsm/key.h"
#include "hsm/wire_messages.h"
#include <openssl/err.h>
#include <string.h>

/* The key of a CertificationRequestInfo (RFC 2986 section 4.1) must be this one. Its encoding must be exactly those
 * bytes. */
static int info_matches(const struct bytes *info, const struct bytes *spki, struct error *e)
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
	if (n < 0 || (size_t)n != spki->len || memcmp(its, spki->data, spki->len)) {
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

/* A CertificationRequestInfo does not name the algorithm of its signature: the order does. */
static int algorithm_of(
        const struct json *order, const struct key_pair *pair, struct signature_algorithm *s, struct error *e)
{
	const char *name = json_text(order, "algorithm");
	if (!name)
		return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "algorithm");
	if (signature_algorithm_find(name, s, e))
		return -1;
	int wanted = s->type == CKK_RSA ? EVP_PKEY_RSA : s->type == CKK_EC ? EVP_PKEY_EC : EVP_PKEY_ED25519;
	return EVP_PKEY_get_base_id(pair->verifier) == wanted ? 0
	                                                      : error_set(e, ERROR_FAULT, MSG_ALGORITHM_KEY, s->name);
}

int sign_request(struct helper *h, struct token *t, const struct request *r, struct bytes *answer, struct error *e)
{
	static const char act[] = "make-request";
	struct json_writer w = {.out = answer};
	struct signature_algorithm s;
	struct key_pair pair = {0};
	struct bytes signature = {0};
	uint8_t id[OBJECT_ID_MAX];
	size_t id_len = 0;
	const struct json *order;
	int rc = -1;
	if (!t->unlocked) {
		error_set(e, ERROR_FAULT, MSG_LOCKED, t->policy->name);
		goto out;
	}
	if (token_find(t, e) || !(order = authority_order(h, r, act, t, e)) || authority_id(order, id, &id_len, e) ||
	        authority_sha256(order, "cri_sha256", r->data.data, r->data.len, e))
		goto out;
	if (key_pair_find(t, id, id_len, &pair, e) ||
	        authority_sha256(order, "spki_sha256", pair.spki.data, pair.spki.len, e) ||
	        algorithm_of(order, &pair, &s, e) || info_matches(&r->data, &pair.spki, e))
		goto out;
	if (authority_spend(h, r, act, e) || key_pair_sign(t, &pair, &s, r->data.data, r->data.len, &signature, e))
		goto out;
	json_begin_object(&w);
	json_member_base64(&w, "signature", signature.data, signature.len);
	json_end_object(&w);
	rc = 0;
out:
	key_pair_free(&pair);
	bytes_free(&signature);
	return rc;
}
