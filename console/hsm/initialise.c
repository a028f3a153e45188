#include "hsm/ckr.h"
#include "hsm/helper.h"
#include "hsm/pin.h"
#include "hsm/wire_messages.h"
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_BYTES = 32 }; /* PKCS#11 v2.40 section 5.5, C_InitToken: padded with blanks, without an end */

/* The new label says whether it is a rehearsal's, and is nobody else's. */
static int label_fits(const struct token *t, const char *label, struct error *e)
{
	static const char prefix[] = "REHEARSAL ";
	struct token_info *list;
	size_t count = 0, len = label ? strlen(label) : 0;
	int rc = -1;
	if (!len || len > LABEL_BYTES || label[0] == ' ' || label[len - 1] == ' ')
		return error_set(e, ERROR_FAULT, MSG_LABEL_FORM, label ? label : "");
	if (t->rehearsal && strncmp(label, prefix, sizeof prefix - 1))
		return error_set(e, ERROR_FAULT, MSG_LABEL_NOT_REHEARSAL, label);
	if (!t->rehearsal && !strncmp(label, prefix, sizeof prefix - 2))
		return error_set(e, ERROR_FAULT, MSG_LABEL_REHEARSAL, label);
	list = calloc(TOKENS_MAX, sizeof *list);
	if (!list)
		return error_memory(e);
	if (module_tokens(t->module, list, &count, e))
		goto out;
	for (size_t i = 0; i < count; i++)
		if (token_info_initialised(&list[i]) && list[i].slot != t->info.slot && !strcmp(list[i].label, label)) {
			error_set(e, ERROR_FAULT, MSG_LABEL_TWO, label);
			goto out;
		}
	rc = 0;
out:
	free(list);
	return rc;
}

/* What is on the token is what the approvers were shown, and all of it is named for erasing. */
static int found_matches(struct token *t, const struct json *order, struct error *e)
{
	struct bytes now = {0}, ordered = {0};
	struct json_writer w = {.out = &ordered};
	const struct json *found = json_get(order, "found"), *erase = json_get(order, "erase");
	int rc = -1;
	if (!found || found->type != JSON_ARRAY || !erase || erase->type != JSON_ARRAY) {
		error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "found");
		goto out;
	}
	json_put(&w, found);
	if (token_public_objects(t, &now, e) || bytes_end(&ordered, e))
		goto out;
	if (ordered.len != now.len || memcmp(ordered.data, now.data, now.len)) {
		error_set(e, ERROR_FAULT, MSG_ORDER_FIELD, "found", bytes_string(&ordered), bytes_string(&now));
		goto out;
	}
	for (const struct json *object = found->child; object; object = object->next) {
		const char *label = json_text(object, "label");
		const struct json *each = erase->child;
		while (each && (each->type != JSON_STRING || !label || strcmp(each->text, label)))
			each = each->next;
		if (!each) {
			error_set(e, ERROR_FAULT, MSG_NOT_ERASED, label ? label : "", t->policy->name);
			goto out;
		}
	}
	rc = 0;
out:
	bytes_free(&now);
	bytes_free(&ordered);
	return rc;
}

/* As SO: exchanges the SO PIN when it is another than the one that got in, and sets the user PIN. */
static int set_pins(struct token *t, const struct request *r, bool exchange, struct error *e)
{
	CK_FUNCTION_LIST_PTR f = module_calls(t->module);
	const struct secret *old = r->old_pin, *user = r->user_pin;
	CK_RV rv;
	int rc = -1;
	if (token_open(t, true, e) || token_login(t, CKU_SO, old ? old : r->so_pin, e))
		goto out;
	if (exchange && pin_set(t, old, r->so_pin, e))
		goto out;
	rv = f->C_InitPIN(t->session, user ? user->data : NULL, user ? user->len : 0);
	if (rv != CKR_OK) {
		token_error(t, rv, "C_InitPIN", e);
		goto out;
	}
	rc = 0;
out:
	if (token_close(t, rc ? NULL : e))
		rc = -1;
	return rc;
}

static int init_token(struct token *t, const struct secret *pin, const char *label, struct error *e)
{
	CK_UTF8CHAR padded[LABEL_BYTES];
	memset(padded, ' ', sizeof padded);
	memcpy(padded, label, strlen(label));
	CK_RV rv = module_calls(t->module)->C_InitToken(t->info.slot, pin ? pin->data : NULL, pin ? pin->len : 0, padded);
	ERR_clear_error();
	if (rv == CKR_OK)
		return token_adopt(t, label, e);
	if (rv == CKR_PIN_LEN_RANGE && pin)
		return pin_length_refused(t, "SO", pin->len, e);
	if (rv != CKR_PIN_INCORRECT && rv != CKR_PIN_LOCKED)
		return token_error(t, rv, "C_InitToken", e);
	error_set(e, ERROR_TOKEN, rv == CKR_PIN_LOCKED ? MSG_PIN_NOW_LOCKED : MSG_PIN_WRONG, "SO", t->policy->name);
	if (e)
		e->ckr = rv;
	return -1;
}

/* Both PINs, or none where they are entered on the device. Some tokens' bounds are those of the user PIN alone (a SmartCard-HSM says 6 to
 * 15, and its SO PIN has 16 characters): then the token says itself what it thinks of the SO PIN, before it does anything. */
static int pins_given(const struct token *t, struct request *r, struct error *e)
{
	int on_device = token_on_device(t, e);
	if (on_device < 0)
		return -1;
	if (on_device) {
		secret_free(&r->so_pin);
		secret_free(&r->user_pin);
		secret_free(&r->old_pin);
		return 0;
	}
	if (!r->so_pin)
		return error_set(e, ERROR_FAULT, MSG_PIN_NONE, "SO", t->policy->name);
	if (strcmp(bytes_string(&r->data), HSM_OWN_BOUNDS) && pin_fits(t, r->so_pin, "SO", e))
		return -1;
	return pin_fits(t, r->user_pin, "user", e);
}

static int checked(struct token *t, struct request *r, const struct json *order, struct error *e)
{
	if (pins_given(t, r, e))
		return -1;
	/* SoftHSM says of a fresh token that its SO PIN is locked: it has none. */
	if (token_info_initialised(&t->info) && t->info.info.flags & CKF_SO_PIN_LOCKED) {
		error_set(e, ERROR_TOKEN, MSG_PIN_LOCKED, "SO", t->policy->name);
		if (e)
			e->ckr = CKR_PIN_LOCKED;
		return -1;
	}
	if (authority_text(order, "login", t->policy->login, e) || label_fits(t, json_text(order, "label"), e) ||
	        found_matches(t, order, e))
		return -1;
	/* C_InitToken with a session open is CKR_SESSION_EXISTS. */
	return token_close(t, e);
}

int verb_initialise(struct helper *h, struct token *t, struct request *r, struct bytes *answer, struct error *e)
{
	static const char act[] = "initialise-hsm";
	struct json_writer w = {.out = answer};
	const struct json *order;
	if (t->unlocked)
		return error_set(e, ERROR_FAULT, MSG_UNLOCKED, t->policy->name);
	if (token_find(t, e) || !(order = authority_order(h, r, act, t, e)) || checked(t, r, order, e) ||
	        authority_spend(h, r, act, e))
		return -1;
	bool exchange = r->so_pin ? r->old_pin != NULL : token_info_initialised(&t->info);
	if (init_token(t, r->old_pin ? r->old_pin : r->so_pin, json_text(order, "label"), e) ||
	        set_pins(t, r, exchange, e) || pin_prove(t, CKU_SO, r->so_pin, e) || pin_prove(t, CKU_USER, r->user_pin, e) ||
	        token_find(t, e))
		return -1;
	json_begin_object(&w);
	json_member_text(&w, "label", t->info.label);
	json_member_text(&w, "serial", t->info.serial);
	json_key(&w, "flags");
	token_info_flags(&t->info, &w);
	json_end_object(&w);
	return 0;
}
