#include "hsm/template.h"
#include "hsm/ckr.h"
#include "hsm/wire_messages.h"
#include <string.h>

static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static const uint8_t exponent[] = {0x01, 0x00, 0x01};

struct usage {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
	bool value;
	bool asked; /* in the template; else the token says it by itself */
};

/* Every usage is set: what a template leaves out defaults to true on many tokens. */
static const struct usage private_usage[] = {
        {CKA_TOKEN, "CKA_TOKEN", true, true},
        {CKA_PRIVATE, "CKA_PRIVATE", true, true},
        {CKA_SENSITIVE, "CKA_SENSITIVE", true, true},
        {CKA_EXTRACTABLE, "CKA_EXTRACTABLE", false, true},
        {CKA_ALWAYS_SENSITIVE, "CKA_ALWAYS_SENSITIVE", true, false},
        {CKA_NEVER_EXTRACTABLE, "CKA_NEVER_EXTRACTABLE", true, false},
        {CKA_LOCAL, "CKA_LOCAL", true, false},
        {CKA_SIGN, "CKA_SIGN", true, true},
        {CKA_SIGN_RECOVER, "CKA_SIGN_RECOVER", false, true},
        {CKA_DECRYPT, "CKA_DECRYPT", false, true},
        {CKA_UNWRAP, "CKA_UNWRAP", false, true},
        {CKA_DERIVE, "CKA_DERIVE", false, true},
        {CKA_MODIFIABLE, "CKA_MODIFIABLE", false, true},
};
static const struct usage public_usage[] = {
        {CKA_VERIFY, "CKA_VERIFY", true, true},
        {CKA_VERIFY_RECOVER, "CKA_VERIFY_RECOVER", false, true},
        {CKA_ENCRYPT, "CKA_ENCRYPT", false, true},
        {CKA_WRAP, "CKA_WRAP", false, true},
        /* the same names as of the private half: compared, not listed a second time */
        {CKA_TOKEN, NULL, true, true},
        {CKA_PRIVATE, NULL, false, true},
        {CKA_DERIVE, NULL, false, true},
        {CKA_MODIFIABLE, NULL, false, true},
        {CKA_LOCAL, NULL, true, false},
};
enum {
	PRIVATE_USAGE = sizeof private_usage / sizeof private_usage[0],
	PUBLIC_USAGE = sizeof public_usage / sizeof public_usage[0]
};

/* PKCS#11 takes templates as writable; it does not write to them. */
static void put(struct template *t, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	t->attribute[t->count++] = (CK_ATTRIBUTE){type, (void *)(uintptr_t)value, len};
}

static void put_common(struct template *t, const struct key_request *r, const struct usage *usage, size_t count)
{
	put(t, CKA_CLASS, &t->class, sizeof t->class);
	put(t, CKA_KEY_TYPE, &r->algorithm.type, sizeof r->algorithm.type);
	put(t, CKA_LABEL, r->label, strlen(r->label));
	put(t, CKA_ID, r->id, r->id_len);
	for (size_t i = 0; i < count; i++)
		if (usage[i].asked)
			put(t, usage[i].type, usage[i].value ? &yes : &no, sizeof yes);
}

void template_private(struct template *t, const struct key_request *r)
{
	*t = (struct template){.class = CKO_PRIVATE_KEY};
	put_common(t, r, private_usage, PRIVATE_USAGE);
}

void template_public(struct template *t, const struct key_request *r)
{
	*t = (struct template){.class = CKO_PUBLIC_KEY, .bits = r->algorithm.bits};
	put_common(t, r, public_usage, PUBLIC_USAGE);
	if (r->algorithm.params) {
		put(t, CKA_EC_PARAMS, r->algorithm.params, r->algorithm.params_len);
	} else {
		put(t, CKA_MODULUS_BITS, &t->bits, sizeof t->bits);
		put(t, CKA_PUBLIC_EXPONENT, exponent, sizeof exponent);
	}
}

/* Reads one attribute and compares it; an attribute that is not there is as wrong as another value. */
static int same(struct token *t, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const char *name,
        const void *expected, size_t len, struct error *e)
{
	struct bytes value = {0}, wanted = {0}, found = {0};
	int rc = token_attribute(t, object, type, &value, e);
	if (rc < 0)
		goto out;
	if (!rc && value.len == len && !memcmp(value.data, expected, len))
		goto out;
	bytes_hex(&wanted, expected, len);
	if (rc)
		bytes_text(&found, "-");
	else
		bytes_hex(&found, value.data, value.len);
	rc = error_set(e, ERROR_TOKEN, MSG_READ_BACK, name, bytes_string(&found), bytes_string(&wanted));
out:
	bytes_free(&value);
	bytes_free(&wanted);
	bytes_free(&found);
	return rc;
}

static const char *name_of(CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < PRIVATE_USAGE; i++)
		if (private_usage[i].type == type)
			return private_usage[i].name;
	return "CKA";
}

static int usage_same(struct token *t, CK_OBJECT_HANDLE object, const struct usage *usage, size_t count,
        struct json_writer *w, struct error *e)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = usage[i].name ? usage[i].name : name_of(usage[i].type);
		if (same(t, object, usage[i].type, name, usage[i].value ? &yes : &no, sizeof yes, e))
			return -1;
		if (usage[i].name)
			json_member_bool(w, usage[i].name, usage[i].value);
	}
	return 0;
}

/* Class, type, label, id, and the mechanism that made it: of either half. */
static int identity_same(
        struct token *t, CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class, const struct key_request *r, struct error *e)
{
	CK_KEY_TYPE type = r->algorithm.type;
	CK_MECHANISM_TYPE made = r->algorithm.generate;
	if (same(t, object, CKA_CLASS, "CKA_CLASS", &class, sizeof class, e) ||
	        same(t, object, CKA_KEY_TYPE, "CKA_KEY_TYPE", &type, sizeof type, e) ||
	        same(t, object, CKA_LABEL, "CKA_LABEL", r->label, strlen(r->label), e) ||
	        same(t, object, CKA_ID, "CKA_ID", r->id, r->id_len, e) ||
	        same(t, object, CKA_KEY_GEN_MECHANISM, "CKA_KEY_GEN_MECHANISM", &made, sizeof made, e))
		return -1;
	return 0;
}

/* A token may write the same curve in another way: what it says is what is listed. */
static int curve_same(struct token *t, const struct key_pair *pair, const struct key_algorithm *a,
        struct json_writer *w, struct error *e)
{
	struct bytes one = {0}, two = {0};
	int rc = -1;
	if (token_attribute(t, pair->public_key, CKA_EC_PARAMS, &one, e) < 0 ||
	        token_attribute(t, pair->private_key, CKA_EC_PARAMS, &two, e) < 0)
		goto out;
	if (!key_algorithm_is_curve(a, one.data, one.len) || !key_algorithm_is_curve(a, two.data, two.len)) {
		error_set(e, ERROR_TOKEN, MSG_PUBLIC_KEY, "CKA_EC_PARAMS");
		goto out;
	}
	json_member_hex(w, "CKA_EC_PARAMS", one.data, one.len);
	rc = 0;
out:
	bytes_free(&one);
	bytes_free(&two);
	return rc;
}

static int parameters_same(struct token *t, const struct key_pair *pair, const struct key_request *r,
        struct json_writer *w, struct error *e)
{
	const struct key_algorithm *a = &r->algorithm;
	if (a->params)
		return curve_same(t, pair, a, w, e);
	/* ICANN's change log: an exponent of 3 went unnoticed for years. Of the key itself too, not only of its label.
	 */
	if (same(t, pair->public_key, CKA_MODULUS_BITS, "CKA_MODULUS_BITS", &a->bits, sizeof a->bits, e) ||
	        same(t, pair->public_key, CKA_PUBLIC_EXPONENT, "CKA_PUBLIC_EXPONENT", exponent, sizeof exponent, e))
		return -1;
	if ((CK_ULONG)EVP_PKEY_get_bits(pair->verifier) != a->bits)
		return error_set(e, ERROR_TOKEN, MSG_PUBLIC_KEY, "CKA_MODULUS");
	json_member_int(w, "CKA_MODULUS_BITS", (int64_t)a->bits);
	json_member_hex(w, "CKA_PUBLIC_EXPONENT", exponent, sizeof exponent);
	return 0;
}

int template_read_back(struct token *t, const struct key_pair *pair, const struct key_request *r, struct json_writer *w,
        struct error *e)
{
	struct bytes made = {0};
	int rc = -1;
	ckm_name(r->algorithm.generate, &made);
	json_begin_object(w);
	json_member_text(w, "CKA_KEY_TYPE",
	        r->algorithm.type == CKK_RSA  ? "CKK_RSA"
	        : r->algorithm.type == CKK_EC ? "CKK_EC"
	                                      : "CKK_EC_EDWARDS");
	json_member_text(w, "CKA_LABEL", r->label);
	json_member_hex(w, "CKA_ID", r->id, r->id_len);
	json_member_text(w, "CKA_KEY_GEN_MECHANISM", bytes_string(&made));
	if (identity_same(t, pair->private_key, CKO_PRIVATE_KEY, r, e) ||
	        identity_same(t, pair->public_key, CKO_PUBLIC_KEY, r, e) ||
	        usage_same(t, pair->private_key, private_usage, PRIVATE_USAGE, w, e) ||
	        usage_same(t, pair->public_key, public_usage, PUBLIC_USAGE, w, e) || parameters_same(t, pair, r, w, e))
		goto out;
	json_end_object(w);
	rc = 0;
out:
	bytes_free(&made);
	return rc;
}
