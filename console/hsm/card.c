/* A person's smart card, driven by a helper of its own for one request (hsm.h). */
#include "hsm/helper.h"
#include "hsm/key.h"
#include "hsm/wire_messages.h"
#include "people/cms_verify.h"
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* What the console asks, read strictly; the texts live as long as the helper's order_doc. */
struct wanted {
	const char *person, *module, *label, *serial, *algorithm;
	bool pinned, named, login;
	uint8_t module_sha256[32], certificate_sha256[32], id[OBJECT_ID_MAX];
	size_t id_len;
	int64_t told;
	struct bytes message, attributes;
};

struct card {
	struct policy_hsm policy; /* for the sentences of token.c */
	struct token token;
	struct bytes certificate; /* DER */
	uint8_t id[OBJECT_ID_MAX];
	size_t id_len;
};

static int malformed(const char *key, struct error *e)
{
	return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, key);
}

/* A hash, or null where that is allowed (`there` not NULL). */
static int read_sha256(const struct json *o, const char *key, uint8_t out[32], bool *there, struct error *e)
{
	const struct json *v = json_get(o, key);
	if (v && v->type == JSON_NULL && there)
		return 0;
	if (!v || v->type != JSON_STRING || hex_decode(v->text, v->len, out, 32))
		return malformed(key, e);
	if (there)
		*there = true;
	return 0;
}

static int read_id(const struct json *o, struct wanted *w, struct error *e)
{
	const struct json *v = json_get(o, "cka_id");
	if (v && v->type == JSON_NULL)
		return 0;
	/* An empty CKA_ID matches objects that have none. */
	if (!v || v->type != JSON_STRING || !v->len || v->len % 2 || v->len / 2 > sizeof w->id ||
	        hex_decode(v->text, v->len, w->id, v->len / 2))
		return malformed("cka_id", e);
	w->id_len = v->len / 2;
	w->named = true;
	return 0;
}

static int read_base64(const struct json *o, const char *key, struct bytes *out, struct error *e)
{
	const char *text = json_text(o, key);
	return !text || base64_decode(text, strlen(text), out) ? malformed(key, e) : 0;
}

/* Exactly the members that hsm.h names, in their order. */
static int has_members(const struct json *o, bool sign, struct error *e)
{
	static const char *const keys[] = {"module", "module_sha256", "label", "serial", "certificate_sha256", "cka_id",
	        "login", "pin_told", "algorithm", "message", "attributes"};
	size_t count = sign ? 11 : 8, i = 0;
	if (o->type != JSON_OBJECT)
		return malformed("data", e);
	for (const struct json *m = o->child; m; m = m->next, i++)
		if (i >= count || strcmp(m->key, keys[i]))
			return malformed(m->key, e);
	return i == count ? 0 : malformed(keys[i], e);
}

static int read_wanted(struct helper *h, const struct request *r, struct wanted *w, struct error *e)
{
	bool sign = r->verb == HSM_CARD_SIGN;
	const struct json *o = json_parse(h->order_doc, bytes_string(&r->data), r->data.len, e);
	if (!o || has_members(o, sign, e))
		return -1;
	w->person = bytes_string(&r->hsm);
	w->module = json_text(o, "module");
	w->label = json_text(o, "label");
	w->serial = json_text(o, "serial");
	w->login = sign || json_true(o, "login");
	w->told = json_number(o, "pin_told", -1);
	if (!w->module || !w->label || !w->serial || !w->serial[0])
		return malformed("serial", e);
	if (read_sha256(o, "module_sha256", w->module_sha256, &w->pinned, e) ||
	        read_sha256(o, "certificate_sha256", w->certificate_sha256, NULL, e) || read_id(o, w, e))
		return -1;
	if (!sign)
		return 0;
	w->algorithm = json_text(o, "algorithm");
	if (!w->algorithm)
		return malformed("algorithm", e);
	return read_base64(o, "message", &w->message, e) || read_base64(o, "attributes", &w->attributes, e) ? -1 : 0;
}

/* Nothing else than this is ever signed by a card: the signed attributes of a CMS whose content is a cosignature's
 * message, of the same second, under the certificate that the script pins. */
static int judge(const struct wanted *w, struct error *e)
{
	int64_t seconds = 0, time = 0;
	if (cosignature_message_parse(w->message.data, w->message.len, &seconds, NULL))
		return error_set(e, ERROR_FAULT, MSG_CARD_MESSAGE, w->person);
	if (cms_attributes_verify(w->attributes.data, w->attributes.len, w->algorithm, w->message.data, w->message.len,
	            w->certificate_sha256, &time, e))
		return -1;
	return time == seconds ? 0 : error_set(e, ERROR_FAULT, MSG_CARD_TIME, w->person);
}

static int none_matches(const struct wanted *w, const struct token_info *list, size_t count, struct error *e)
{
	struct bytes there = {0};
	for (size_t i = 0; i < count; i++)
		bytes_printf(&there, "%s\"%s\" / \"%s\"", i ? ", " : "", list[i].label, list[i].serial);
	if (!count)
		error_set(e, ERROR_MISSING, MSG_CARD_NO_CARDS, w->person, w->label, w->serial);
	else
		error_set(e, ERROR_MISSING, MSG_CARD_NONE, w->person, w->label, w->serial, bytes_string(&there));
	bytes_free(&there);
	return -1;
}

/* The one card of this label and serial. */
static int find_card(const struct wanted *w, struct card *c, struct error *e)
{
	struct token_info *list = calloc(TOKENS_MAX, sizeof *list), *found = NULL;
	size_t count = 0;
	int rc = -1;
	if (!list)
		return error_memory(e);
	if (module_tokens(c->token.module, list, &count, e))
		goto out;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].label, w->label) || strcmp(list[i].serial, w->serial))
			continue;
		if (found) {
			error_set(e, ERROR_FAULT, MSG_CARD_TWO, w->label, w->serial, w->person);
			goto out;
		}
		found = &list[i];
	}
	if (!found) {
		none_matches(w, list, count, e);
		goto out;
	}
	c->token.info = *found;
	rc = 0;
out:
	free(list);
	return rc;
}

static int open_card(struct helper *h, const struct wanted *w, struct card *c, struct error *e)
{
	if (h->module_count)
		return error_set(e, ERROR_FAULT, MSG_CARD_HELPER); /* one helper, one request */
	c->token.module = module_load(w->module, w->pinned ? w->module_sha256 : NULL, e);
	if (!c->token.module)
		return -1;
	h->modules[h->module_count++] = c->token.module;
	c->policy.name = (char *)(uintptr_t)w->person;
	c->token.policy = &c->policy;
	return find_card(w, c, e) || token_open(&c->token, false, e) ? -1 : 0;
}

/* Is the object the certificate of the pinned hash? 1, 0, or -1 with `e`. */
static int is_certificate(
        const struct wanted *w, struct card *c, const struct object *o, struct bytes *der, struct error *e)
{
	uint8_t hash[32];
	int rc;
	if (o->class != CKO_CERTIFICATE || (w->named && !object_has_id(o, w->id, w->id_len)))
		return 0;
	rc = token_attribute(&c->token, o->handle, CKA_VALUE, der, e);
	if (rc)
		return rc < 0 ? -1 : 0;
	if (sha256(der->data, der->len, hash))
		return error_memory(e);
	return !memcmp(hash, w->certificate_sha256, sizeof hash);
}

/* How often the card shows the certificate now: by value, and by CKA_ID where the site file names one. -1 with `e`. */
static int find_certificate(const struct wanted *w, struct card *c, size_t *found, struct error *e)
{
	struct object *list = NULL;
	struct bytes der = {0};
	size_t count = 0;
	int rc = -1;
	*found = 0;
	if (token_objects(&c->token, &list, &count, e))
		goto out;
	for (size_t i = 0; i < count; i++) {
		int is = is_certificate(w, c, &list[i], &der, e);
		if (is < 0)
			goto out;
		if (!is || ++*found > 1)
			continue;
		bytes_clear(&c->certificate);
		bytes_add(&c->certificate, der.data, der.len);
		memcpy(c->id, list[i].id, sizeof c->id);
		c->id_len = list[i].id_len;
	}
	rc = bytes_end(&c->certificate, e);
out:
	bytes_free(&der);
	object_list_free(&list, count);
	return rc;
}

/* There is one, or a sentence says why there is not. */
static int the_certificate(const struct wanted *w, struct card *c, struct error *e)
{
	struct bytes hex = {0};
	size_t found = 0;
	if (find_certificate(w, c, &found, e))
		return -1;
	if (found == 1 && c->id_len)
		return 0;
	bytes_hex(&hex, w->certificate_sha256, 32);
	if (found > 1)
		error_set(e, ERROR_FAULT, MSG_CARD_CERTIFICATE_TWO, w->person, found);
	else
		error_set(e, ERROR_FAULT, MSG_CARD_CERTIFICATE_NONE, w->person, bytes_string(&hex));
	bytes_free(&hex);
	return -1;
}

static int wrong_pin(const struct wanted *w, struct card *c, CK_RV rv, struct error *e)
{
	CK_FLAGS flags = 0;
	if (!module_token(c->token.module, c->token.info.slot, &c->token.info, NULL))
		flags = c->token.info.info.flags;
	if (rv == CKR_PIN_LOCKED || flags & CKF_USER_PIN_LOCKED)
		error_set(e, ERROR_TOKEN, MSG_CARD_PIN_NOW_LOCKED, w->person);
	else if (flags & CKF_USER_PIN_FINAL_TRY)
		error_set(e, ERROR_TOKEN, MSG_CARD_PIN_WRONG_FINAL, w->person);
	else if (flags & CKF_USER_PIN_COUNT_LOW)
		error_set(e, ERROR_TOKEN, MSG_CARD_PIN_WRONG_LOW, w->person);
	else
		error_set(e, ERROR_TOKEN, MSG_CARD_PIN_WRONG, w->person);
	if (e)
		e->ckr = rv;
	return -1;
}

/* May this PIN be tried? What the card says of it is read first, and its holder must have been told. */
static int may_try(const struct wanted *w, const struct token_info *info, const struct secret *pin, struct error *e)
{
	CK_FLAGS flags = info->info.flags;
	CK_ULONG least = info->info.ulMinPinLen, most = info->info.ulMaxPinLen;
	if (flags & CKF_USER_PIN_LOCKED)
		return error_set(e, ERROR_TOKEN, MSG_CARD_PIN_LOCKED, w->person);
	if (!(flags & CKF_PROTECTED_AUTHENTICATION_PATH)) {
		if (!pin || !pin->len)
			return error_set(e, ERROR_FAULT, MSG_CARD_PIN_NONE, w->person);
		if (most && most != CK_UNAVAILABLE_INFORMATION && (pin->len < least || pin->len > most))
			return error_set(e, ERROR_FAULT, MSG_CARD_PIN_LENGTH, w->person, (unsigned long long)least,
			        (unsigned long long)most);
	}
	if (flags & CKF_USER_PIN_FINAL_TRY && w->told < PIN_TOLD_LAST)
		return error_set(e, ERROR_FAULT, MSG_CARD_PIN_LAST, w->person);
	if (flags & CKF_USER_PIN_COUNT_LOW && w->told < PIN_TOLD_FEW)
		return error_set(e, ERROR_FAULT, MSG_CARD_PIN_FEW, w->person);
	return 0;
}

/* What is given to C_Login: the PIN, or nothing where the reader asks for it itself. */
static const struct secret *pin_for(const struct card *c, const struct request *r)
{
	return c->token.info.info.flags & CKF_PROTECTED_AUTHENTICATION_PATH ? NULL : r->user_pin;
}

/* One try. */
static int log_in(const struct wanted *w, struct card *c, const struct request *r, struct error *e)
{
	const struct secret *pin = pin_for(c, r);
	CK_RV rv;
	if (may_try(w, &c->token.info, r->user_pin, e))
		return -1;
	rv = module_calls(c->token.module)
	             ->C_Login(c->token.session, CKU_USER, pin ? pin->data : NULL, pin ? pin->len : 0);
	ERR_clear_error();
	switch (rv) {
	case CKR_OK:
		c->token.unlocked = true;
		return 0;
	case CKR_PIN_INCORRECT:
	case CKR_PIN_LOCKED:
	case CKR_PIN_LEN_RANGE:
	case CKR_PIN_INVALID:
		return wrong_pin(w, c, rv, e);
	default:
		return token_error(&c->token, rv, "C_Login", e);
	}
}

/* The one private key behind the certificate: by its CKA_ID, and by value when its signature is verified. */
static int find_key(const struct wanted *w, struct card *c, struct key_pair *pair, struct error *e)
{
	struct object *list = NULL;
	struct bytes hex = {0};
	size_t count = 0, keys = 0;
	int rc = -1;
	if (token_objects(&c->token, &list, &count, e))
		goto out;
	for (size_t i = 0; i < count; i++)
		if (list[i].class == CKO_PRIVATE_KEY && object_has_id(&list[i], c->id, c->id_len)) {
			pair->private_key = list[i].handle;
			keys++;
		}
	bytes_hex(&hex, c->id, c->id_len);
	rc = keys == 1 ? 0 : error_set(e, ERROR_FAULT, MSG_CARD_KEY_COUNT, w->person, keys, bytes_string(&hex));
out:
	bytes_free(&hex);
	object_list_free(&list, count);
	return rc;
}

/* The public key is the certificate's: many cards have no object for it. */
static int read_verifier(const struct wanted *w, const struct card *c, const struct signature_algorithm *s,
        struct key_pair *pair, struct error *e)
{
	const unsigned char *at = c->certificate.data;
	X509 *x = d2i_X509(NULL, &at, (long)c->certificate.len);
	pair->verifier = x && at == c->certificate.data + c->certificate.len ? X509_get_pubkey(x) : NULL;
	X509_free(x);
	ERR_clear_error();
	if (pair->verifier && EVP_PKEY_is_a(pair->verifier, s->type == CKK_RSA ? "RSA" : "EC"))
		return 0;
	return error_set(e, ERROR_FAULT, MSG_CARD_CERTIFICATE_BAD, w->person, s->name);
}

static void close_card(struct card *c, struct wanted *w)
{
	if (c->token.module)
		token_close(&c->token, NULL);
	bytes_free(&c->certificate);
	bytes_free(&w->message);
	bytes_free(&w->attributes);
}

int verb_card_certificate(struct helper *h, const struct request *r, struct bytes *answer, struct error *e)
{
	struct json_writer j = {.out = answer};
	struct wanted w = {0};
	struct card c = {0};
	size_t found = 0;
	int rc = -1;
	if (read_wanted(h, r, &w, e) || open_card(h, &w, &c, e))
		goto out;
	if (w.login && (log_in(&w, &c, r, e) || the_certificate(&w, &c, e)))
		goto out;
	/* Some cards show it to its holder only: then it is not known yet whether it is there. */
	if (!w.login && find_certificate(&w, &c, &found, e))
		goto out;
	json_begin_object(&j);
	json_key(&j, "certificate");
	if (w.login || found)
		json_put_base64(&j, c.certificate.data, c.certificate.len);
	else
		json_put_null(&j);
	json_member_bool(&j, "protected_path", c.token.info.info.flags & CKF_PROTECTED_AUTHENTICATION_PATH);
	json_end_object(&j);
	rc = 0;
out:
	close_card(&c, &w);
	return rc;
}

int verb_card_sign(struct helper *h, const struct request *r, struct bytes *answer, struct error *e)
{
	struct json_writer j = {.out = answer};
	struct signature_algorithm s;
	struct key_pair pair = {0};
	struct key_login again;
	struct bytes signature = {0};
	struct wanted w = {0};
	struct card c = {0};
	int rc = -1;
	if (read_wanted(h, r, &w, e) || judge(&w, e) || signature_algorithm_find(w.algorithm, &s, e) ||
	        open_card(h, &w, &c, e) || log_in(&w, &c, r, e) || the_certificate(&w, &c, e) ||
	        read_verifier(&w, &c, &s, &pair, e) || find_key(&w, &c, &pair, e))
		goto out;
	again.pin = pin_for(&c, r);
	if (key_pair_sign_with(&c.token, &pair, &s, &again, w.attributes.data, w.attributes.len, &signature, e))
		goto out;
	json_begin_object(&j);
	json_member_base64(&j, "signature", signature.data, signature.len);
	json_end_object(&j);
	rc = 0;
out:
	key_pair_free(&pair);
	bytes_free(&signature);
	close_card(&c, &w);
	return rc;
}
