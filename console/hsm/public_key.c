#include "hsm/algorithm.h"
#include "hsm/wire_messages.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <string.h>

static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM *parameters)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL), *check = NULL;
	EVP_PKEY *key = NULL;
	if (!context || !parameters || EVP_PKEY_fromdata_init(context) <= 0 ||
	        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) <= 0)
		key = NULL;
	/* On the curve, not the point at infinity; an RSA modulus that could be one. */
	if (key && (!(check = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL)) || EVP_PKEY_public_check(check) <= 0)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	EVP_PKEY_CTX_free(check);
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	return key;
}

EVP_PKEY *public_key_rsa(const struct bytes *modulus, const struct bytes *exponent, struct error *e)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(modulus->data, (int)modulus->len, NULL);
	BIGNUM *x = BN_bin2bn(exponent->data, (int)exponent->len, NULL);
	OSSL_PARAM *parameters = NULL;
	EVP_PKEY *key = NULL;
	if (build && n && x && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
	        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, x))
		parameters = OSSL_PARAM_BLD_to_param(build);
	key = from_parameters("RSA", parameters);
	if (!key)
		error_set(e, ERROR_TOKEN, MSG_PUBLIC_KEY, "CKA_MODULUS");
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(x);
	return key;
}

/* The point itself: tokens give it raw, or as the DER OCTET STRING that PKCS#11 v2.40 section 2.3.3 asks for. */
static int unwrap_point(const struct bytes *point, size_t expected, const uint8_t **out)
{
	const unsigned char *at = point->data;
	long len = 0;
	int tag = 0, class = 0;
	if (point->len == expected) {
		*out = point->data;
		return 0;
	}
	int flags = point->len ? ASN1_get_object(&at, &len, &tag, &class, (long)point->len) : 0x80;
	ERR_clear_error();
	if (flags || tag != V_ASN1_OCTET_STRING || class != V_ASN1_UNIVERSAL || (size_t)len != expected ||
	        (size_t)(at - point->data) + expected != point->len)
		return -1;
	*out = at;
	return 0;
}

EVP_PKEY *public_key_ec(const struct bytes *params, const struct bytes *point, struct error *e)
{
	static const char *const names[] = {"ec-p256", "ec-p384", "ec-p521", "ed25519"};
	struct key_algorithm a = {0};
	const uint8_t *raw = NULL;
	bool known = false;
	EVP_PKEY *key = NULL;
	for (size_t i = 0; !known && i < sizeof names / sizeof names[0]; i++)
		known = !key_algorithm_find(names[i], &a, NULL) &&
		        key_algorithm_is_curve(&a, params->data, params->len);
	if (!known) {
		error_set(e, ERROR_TOKEN, MSG_PUBLIC_KEY, "CKA_EC_PARAMS");
		return NULL;
	}
	size_t expected = a.type == CKK_EC ? 1 + 2 * ((a.bits + 7) / 8) : 32;
	if (unwrap_point(point, expected, &raw))
		goto out;
	if (a.type == CKK_EC_EDWARDS) {
		key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, expected);
	} else {
		char group[16];
		snprintf(group, sizeof group, "%s", a.group);
		OSSL_PARAM parameters[] = {
		        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)raw, expected),
		        OSSL_PARAM_construct_end(),
		};
		key = from_parameters("EC", parameters);
	}
out:
	if (!key)
		error_set(e, ERROR_TOKEN, MSG_PUBLIC_KEY, "CKA_EC_POINT");
	return key;
}

int public_key_spki(EVP_PKEY *key, struct bytes *spki, struct error *e)
{
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	bytes_clear(spki);
	if (n > 0)
		bytes_add(spki, der, (size_t)n);
	OPENSSL_free(der);
	ERR_clear_error();
	return n > 0 ? bytes_end(spki, e) : error_memory(e);
}
