#include "hsm/key.h"
#include "hsm/ckr.h"
#include "hsm/wire_messages.h"
#include <openssl/err.h>
#include <string.h>

int key_pair_find(struct token *t, const uint8_t *id, size_t len, struct key_pair *out, struct error *e)
{
	struct object *list = NULL;
	struct bytes hex = {0};
	size_t count = 0, publics = 0, privates = 0;
	int rc = -1;
	if (token_objects(t, &list, &count, e))
		goto out;
	for (size_t i = 0; i < count; i++) {
		if (!object_has_id(&list[i], id, len))
			continue;
		if (list[i].class == CKO_PRIVATE_KEY) {
			out->private_key = list[i].handle;
			privates++;
		} else if (list[i].class == CKO_PUBLIC_KEY) {
			out->public_key = list[i].handle;
			publics++;
		}
	}
	bytes_hex(&hex, id, len);
	if (privates != 1 || publics != 1) {
		error_set(e, ERROR_FAULT, MSG_KEY_COUNT, t->policy->name, privates, publics, bytes_string(&hex));
		goto out;
	}
	rc = key_pair_read(t, out, e);
out:
	bytes_free(&hex);
	object_list_free(&list, count);
	return rc;
}

static int need(struct token *t, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const char *name, struct bytes *out,
        struct error *e)
{
	int rc = token_attribute(t, object, type, out, e);
	return rc > 0 || (!rc && !out->len) ? error_set(e, ERROR_TOKEN, MSG_PUBLIC_KEY, name) : rc;
}

int key_pair_read(struct token *t, struct key_pair *pair, struct error *e)
{
	struct bytes type = {0}, one = {0}, two = {0};
	CK_KEY_TYPE key_type;
	int rc = -1;
	if (need(t, pair->public_key, CKA_KEY_TYPE, "CKA_KEY_TYPE", &type, e))
		goto out;
	if (type.len != sizeof key_type) {
		error_set(e, ERROR_TOKEN, MSG_PUBLIC_KEY, "CKA_KEY_TYPE");
		goto out;
	}
	memcpy(&key_type, type.data, sizeof key_type);
	if (key_type == CKK_RSA) {
		if (need(t, pair->public_key, CKA_MODULUS, "CKA_MODULUS", &one, e) ||
		        need(t, pair->public_key, CKA_PUBLIC_EXPONENT, "CKA_PUBLIC_EXPONENT", &two, e))
			goto out;
		pair->verifier = public_key_rsa(&one, &two, e);
	} else {
		if (need(t, pair->public_key, CKA_EC_PARAMS, "CKA_EC_PARAMS", &one, e) ||
		        need(t, pair->public_key, CKA_EC_POINT, "CKA_EC_POINT", &two, e))
			goto out;
		pair->verifier = public_key_ec(&one, &two, e);
	}
	if (pair->verifier)
		rc = public_key_spki(pair->verifier, &pair->spki, e);
out:
	bytes_free(&type);
	bytes_free(&one);
	bytes_free(&two);
	return rc;
}

void key_pair_free(struct key_pair *pair)
{
	EVP_PKEY_free(pair->verifier);
	pair->verifier = NULL;
	bytes_free(&pair->spki);
}

int key_pair_fits(const struct key_pair *pair, const struct signature_algorithm *s, struct error *e)
{
	int wanted = s->type == CKK_RSA ? EVP_PKEY_RSA : s->type == CKK_EC ? EVP_PKEY_EC : EVP_PKEY_ED25519;
	return EVP_PKEY_get_base_id(pair->verifier) == wanted ? 0
	                                                      : error_set(e, ERROR_FAULT, MSG_ALGORITHM_KEY, s->name);
}

static bool can_sign(struct token *t, CK_MECHANISM_TYPE mechanism)
{
	CK_MECHANISM_INFO info = {0};
	CK_RV rv = module_calls(t->module)->C_GetMechanismInfo(t->info.slot, mechanism, &info);
	ERR_clear_error();
	return rv == CKR_OK && info.flags & CKF_SIGN;
}

static const struct {
	const char *hash;
	CK_MECHANISM_TYPE mechanism;
	CK_RSA_PKCS_MGF_TYPE mgf;
} pss_hashes[] = {
        {"SHA256", CKM_SHA256, CKG_MGF1_SHA256},
        {"SHA384", CKM_SHA384, CKG_MGF1_SHA384},
        {"SHA512", CKM_SHA512, CKG_MGF1_SHA512},
};

static void set_pss(const struct signature_algorithm *s, CK_RSA_PKCS_PSS_PARAMS *pss, CK_MECHANISM *mechanism)
{
	for (size_t i = 0; i < sizeof pss_hashes / sizeof pss_hashes[0]; i++)
		if (!strcmp(pss_hashes[i].hash, s->hash))
			*pss = (CK_RSA_PKCS_PSS_PARAMS){pss_hashes[i].mechanism, pss_hashes[i].mgf, s->salt};
	mechanism->pParameter = pss;
	mechanism->ulParameterLen = sizeof *pss;
}

/* Does the key want its PIN again for each signature? 1, 0, or -1 with `e`. */
static int asks_again(struct token *t, CK_OBJECT_HANDLE key, struct error *e)
{
	struct bytes value = {0};
	int rc = token_attribute(t, key, CKA_ALWAYS_AUTHENTICATE, &value, e);
	if (rc >= 0)
		rc = value.len && value.data[0];
	bytes_free(&value);
	return rc;
}

/* Between C_SignInit and C_Sign. */
static int login_again(struct token *t, const struct key_login *again, struct error *e)
{
	const struct secret *pin = again->pin;
	CK_RV rv = module_calls(t->module)->C_Login(
	        t->session, CKU_CONTEXT_SPECIFIC, pin ? pin->data : NULL, pin ? pin->len : 0);
	ERR_clear_error();
	return rv == CKR_OK ? 0 : token_error(t, rv, "C_Login", e);
}

int key_pair_sign(struct token *t, const struct key_pair *pair, const struct signature_algorithm *s,
        const void *message, size_t len, struct bytes *signature, struct error *e)
{
	return key_pair_sign_with(t, pair, s, NULL, message, len, signature, e);
}

int key_pair_sign_with(struct token *t, const struct key_pair *pair, const struct signature_algorithm *s,
        const struct key_login *again, const void *message, size_t len, struct bytes *signature, struct error *e)
{
	CK_FUNCTION_LIST_PTR f = module_calls(t->module);
	CK_RSA_PKCS_PSS_PARAMS pss = {0};
	bool hash_first = can_sign(t, s->raw);
	CK_MECHANISM mechanism = {.mechanism = hash_first ? s->raw : s->hashed};
	struct bytes input = {0};
	uint8_t raw[2048];
	CK_ULONG raw_len = sizeof raw;
	CK_RV rv;
	int rc = -1, wants = asks_again(t, pair->private_key, e);
	if (s->pss)
		set_pss(s, &pss, &mechanism);
	if (wants > 0 && !again)
		error_set(e, ERROR_TOKEN, MSG_ALWAYS_AUTHENTICATE, t->policy->name);
	if (wants < 0 || (wants && !again) || signature_input(s, hash_first, message, len, &input, e))
		goto out;
	rv = f->C_SignInit(t->session, &mechanism, pair->private_key);
	if (rv != CKR_OK) {
		token_error(t, rv, "C_SignInit", e);
		goto out;
	}
	if (wants && login_again(t, again, e))
		goto out;
	rv = f->C_Sign(t->session, input.data, input.len, raw, &raw_len);
	ERR_clear_error();
	if (rv != CKR_OK) {
		token_error(t, rv, "C_Sign", e);
		goto out;
	}
	if (signature_output(s, raw, raw_len, signature, e) ||
	        signature_verify(s, pair->verifier, message, len, signature->data, signature->len, e))
		goto out;
	rc = 0;
out:
	bytes_free(&input);
	return rc;
}
