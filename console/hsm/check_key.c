/* A key that is on the token already: found by its CKA_ID, proved to be the one of the order, and that it signs. */
#include "hsm/helper.h"
#include "hsm/possession.h"
#include "hsm/wire_messages.h"
#include <string.h>

/* What the token says of the private key. Of a key that was restored from a backup it says other things of its origin
 * than of one that was made there, so all of it is told, and only what lets it out is refused. */
static const struct {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
	int wanted; /* 0, 1; -1: told only */
} told[] = {
        {CKA_TOKEN, "CKA_TOKEN", 1},
        {CKA_PRIVATE, "CKA_PRIVATE", 1},
        {CKA_SENSITIVE, "CKA_SENSITIVE", 1},
        {CKA_EXTRACTABLE, "CKA_EXTRACTABLE", 0},
        {CKA_SIGN, "CKA_SIGN", 1},
        {CKA_ALWAYS_SENSITIVE, "CKA_ALWAYS_SENSITIVE", -1},
        {CKA_NEVER_EXTRACTABLE, "CKA_NEVER_EXTRACTABLE", -1},
        {CKA_LOCAL, "CKA_LOCAL", -1},
        {CKA_DECRYPT, "CKA_DECRYPT", -1},
        {CKA_UNWRAP, "CKA_UNWRAP", -1},
        {CKA_DERIVE, "CKA_DERIVE", -1},
};

static int put_attributes(struct token *t, const struct key_pair *pair, struct json_writer *w, struct error *e)
{
	struct bytes value = {0};
	int rc = -1;
	json_key(w, "attributes");
	json_begin_object(w);
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
		int there = token_attribute(t, pair->private_key, told[i].type, &value, e);
		if (there < 0)
			goto out;
		bool yes = !there && value.len && value.data[0];
		if (told[i].wanted >= 0 && (there || yes != (told[i].wanted == 1))) {
			error_set(e, ERROR_TOKEN, MSG_KEY_ATTRIBUTE, told[i].name,
			        yes     ? "true"
			        : there ? "-"
			                : "false",
			        told[i].wanted ? "true" : "false");
			goto out;
		}
		json_member_bool(w, told[i].name, yes);
	}
	json_end_object(w);
	rc = 0;
out:
	bytes_free(&value);
	return rc;
}

/* The label is compared too: two keys of one CKA_ID would have been refused, one under a strange name is as odd. */
static int label_same(struct token *t, const struct key_pair *pair, const struct json *order, struct error *e)
{
	struct bytes label = {0}, visible = {0};
	int rc = token_attribute(t, pair->private_key, CKA_LABEL, &label, e);
	if (rc >= 0) {
		bytes_add(&visible, label.data, label.len);
		rc = bytes_end(&visible, e) ? -1 : authority_text(order, "label", bytes_string(&visible), e);
	}
	bytes_free(&label);
	bytes_free(&visible);
	return rc;
}

int verb_check_key(struct helper *h, struct token *t, const struct request *r, struct bytes *answer, struct error *e)
{
	static const char act[] = "check-key";
	struct json_writer w = {.out = answer};
	struct key_algorithm algorithm;
	struct key_pair pair = {0};
	uint8_t id[OBJECT_ID_MAX];
	size_t id_len = 0;
	const struct json *order;
	int rc = -1;
	if (!t->unlocked) {
		error_set(e, ERROR_FAULT, MSG_LOCKED, t->policy->name);
		goto out;
	}
	if (possession_challenge(&r->data, e) || token_find(t, e) || !(order = authority_order(h, r, act, t, e)) ||
	        authority_id(order, id, &id_len, e) ||
	        key_algorithm_find(json_text(order, "algorithm"), &algorithm, e) ||
	        key_pair_find(t, id, id_len, &pair, e) || label_same(t, &pair, order, e) ||
	        authority_sha256(order, "spki_sha256", pair.spki.data, pair.spki.len, e) ||
	        authority_spend(h, r, act, e))
		goto out;
	json_begin_object(&w);
	json_member_base64(&w, "spki", pair.spki.data, pair.spki.len);
	if (put_attributes(t, &pair, &w, e))
		goto out;
	possession_token_put(&t->info, &w);
	if (possession_put(t, &pair, &algorithm, &r->data, &w, e))
		goto out;
	json_end_object(&w);
	rc = 0;
out:
	key_pair_free(&pair);
	return rc;
}
