#include "hsm/ckr.h"
#include "hsm/helper.h"
#include "hsm/possession.h"
#include "hsm/template.h"
#include "hsm/wire_messages.h"
#include <openssl/err.h>
#include <string.h>

/* Refuses a label or an id that any object has, in either half and of any kind: PKCS#11 itself does not. */
static int collision(struct token *t, const struct key_request *r, struct error *e)
{
	struct object *list = NULL;
	struct bytes hex = {0};
	size_t count = 0;
	int rc = -1;
	if (token_objects(t, &list, &count, e))
		goto out;
	bytes_hex(&hex, r->id, r->id_len);
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(bytes_string(&list[i].label), r->label)) {
			error_set(e, ERROR_FAULT, MSG_LABEL_USED, object_class_name(list[i].class), t->policy->name,
			        r->label);
			goto out;
		}
		if (object_has_id(&list[i], r->id, r->id_len)) {
			error_set(e, ERROR_FAULT, MSG_ID_USED, object_class_name(list[i].class), t->policy->name,
			        bytes_string(&hex));
			goto out;
		}
	}
	rc = 0;
out:
	bytes_free(&hex);
	object_list_free(&list, count);
	return rc;
}

static int able(struct token *t, const struct key_algorithm *a, const char *name, struct error *e)
{
	CK_MECHANISM_INFO info = {0};
	CK_RV rv = module_calls(t->module)->C_GetMechanismInfo(t->info.slot, a->generate, &info);
	ERR_clear_error();
	if (rv != CKR_OK && rv != CKR_MECHANISM_INVALID)
		return token_error(t, rv, "C_GetMechanismInfo", e);
	/* The sizes of Edwards curves are not told apart by bits the same way everywhere. */
	bool sized = a->type == CKK_EC_EDWARDS || (a->bits >= info.ulMinKeySize && a->bits <= info.ulMaxKeySize);
	if (rv != CKR_OK || !(info.flags & CKF_GENERATE_KEY_PAIR) || !sized)
		return error_set(e, ERROR_FAULT, MSG_NOT_ABLE, t->policy->name, name);
	return 0;
}

/* A key that is not as asked may not stay. Says so when it does. */
static void destroy(struct token *t, const struct key_pair *pair, struct error *e)
{
	CK_FUNCTION_LIST_PTR f = module_calls(t->module);
	CK_RV one = f->C_DestroyObject(t->session, pair->private_key);
	CK_RV two = f->C_DestroyObject(t->session, pair->public_key);
	ERR_clear_error();
	if ((one != CKR_OK || two != CKR_OK) && e) {
		struct bytes cause = {0};
		error_text(e, &cause);
		error_set(e, ERROR_TOKEN, MSG_NOT_DESTROYED, t->policy->name, bytes_string(&cause));
		e->ckr = one != CKR_OK ? one : two;
		bytes_free(&cause);
	}
}

static int generate(struct token *t, const struct key_request *r, struct key_pair *pair, struct error *e)
{
	struct template public, private;
	CK_MECHANISM mechanism = {.mechanism = r->algorithm.generate};
	template_public(&public, r);
	template_private(&private, r);
	CK_RV rv = module_calls(t->module)->C_GenerateKeyPair(t->session, &mechanism, public.attribute, public.count,
	        private.attribute, private.count, &pair->public_key, &pair->private_key);
	ERR_clear_error();
	return rv == CKR_OK ? 0 : token_error(t, rv, "C_GenerateKeyPair", e);
}

/* The facts of the new key pair, each of them read from the token. */
static int put_facts(struct token *t, struct key_pair *pair, const struct key_request *r, const struct bytes *challenge,
        struct bytes *answer, struct error *e)
{
	struct json_writer w = {.out = answer};
	struct bytes name = {0};
	int rc = -1;
	if (key_pair_read(t, pair, e))
		goto out;
	ckm_name(r->algorithm.generate, &name);
	json_begin_object(&w);
	json_member_base64(&w, "spki", pair->spki.data, pair->spki.len);
	json_member_text(&w, "mechanism", bytes_string(&name));
	json_key(&w, "attributes");
	if (template_read_back(t, pair, r, &w, e))
		goto out;
	possession_token_put(&t->info, &w);
	if (possession_put(t, pair, &r->algorithm, challenge, &w, e))
		goto out;
	json_end_object(&w);
	rc = 0;
out:
	bytes_free(&name);
	return rc;
}

int verb_generate(struct helper *h, struct token *t, const struct request *r, struct bytes *answer, struct error *e)
{
	static const char act[] = "generate-key";
	struct key_request key = {0};
	struct key_pair pair = {0};
	uint8_t id[OBJECT_ID_MAX];
	const struct json *order;
	const char *algorithm;
	int rc = -1;
	if (!t->unlocked) {
		error_set(e, ERROR_FAULT, MSG_LOCKED, t->policy->name);
		goto out;
	}
	if (possession_challenge(&r->data, e) || token_find(t, e) || !(order = authority_order(h, r, act, t, e)) ||
	        authority_id(order, id, &key.id_len, e))
		goto out;
	key.id = id;
	key.label = json_text(order, "label");
	algorithm = json_text(order, "algorithm");
	if (!key.label || !key.label[0] || strlen(key.label) > 64) {
		error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "label");
		goto out;
	}
	if (key_algorithm_find(algorithm, &key.algorithm, e) || authority_spend(h, r, act, e) ||
	        able(t, &key.algorithm, algorithm, e) || collision(t, &key, e) || generate(t, &key, &pair, e))
		goto out;
	if (put_facts(t, &pair, &key, &r->data, answer, e)) {
		if (t->session)
			destroy(t, &pair, e);
		goto out;
	}
	rc = 0;
out:
	key_pair_free(&pair);
	return rc;
}
