#include "hsm/helper.h"
#include "hsm/wire_messages.h"
#include <string.h>

static int differs(const char *key, const char *ordered, const char *found, struct error *e)
{
	return error_set(e, ERROR_FAULT, MSG_ORDER_FIELD, key, ordered, found);
}

int authority_text(const struct json *order, const char *key, const char *found, struct error *e)
{
	const char *ordered = json_text(order, key);
	if (!ordered)
		return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, key);
	return strcmp(ordered, found) ? differs(key, ordered, found, e) : 0;
}

int authority_sha256(const struct json *order, const char *key, const void *data, size_t len, struct error *e)
{
	struct bytes hex = {0};
	uint8_t hash[32];
	int rc = -1;
	if (sha256(data, len, hash))
		return error_memory(e);
	bytes_hex(&hex, hash, sizeof hash);
	if (!bytes_end(&hex, e))
		rc = authority_text(order, key, bytes_string(&hex), e);
	bytes_free(&hex);
	return rc;
}

int authority_id(const struct json *order, uint8_t id[OBJECT_ID_MAX], size_t *len, struct error *e)
{
	const char *hex = json_text(order, "cka_id");
	size_t digits = hex ? strlen(hex) : 0;
	/* An empty CKA_ID matches objects that have none. */
	if (!digits || digits % 2 || digits / 2 > OBJECT_ID_MAX || hex_decode(hex, digits, id, digits / 2))
		return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "cka_id");
	*len = digits / 2;
	return 0;
}

const struct json *authority_order(
        struct helper *h, const struct request *r, const char *act, const struct token *t, struct error *e)
{
	uint64_t intended = 0;
	const struct proposal *open = consent_open_act(h->consent, &intended);
	const struct json *order;
	if (!open) {
		error_set(e, ERROR_FAULT, MSG_NOT_INTENDED, act);
		return NULL;
	}
	if (intended != r->intended) {
		error_set(e, ERROR_FAULT, MSG_OTHER_INTENT, (unsigned long long)intended,
		        (unsigned long long)r->intended);
		return NULL;
	}
	if (strcmp(open->act, act)) {
		error_set(e, ERROR_FAULT, MSG_OTHER_ACT, open->act, act);
		return NULL;
	}
	order = json_parse(h->order_doc, bytes_string(&open->order), open->order.len, e);
	if (!order || authority_text(order, "hsm", t->policy->name, e) ||
	        authority_text(order, "serial", t->info.serial, e))
		return NULL;
	return order;
}

int authority_spend(struct helper *h, const struct request *r, const char *act, struct error *e)
{
	return consent_spend(h->consent, r->intended, act, e);
}
