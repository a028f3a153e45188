#include "hsm/helper.h"
#include "hsm/wire_messages.h"

int verb_unlock(struct helper *h, struct token *t, struct request *r, struct bytes *answer, struct error *e)
{
	static const char act[] = "unlock-hsm";
	struct json_writer w = {.out = answer};
	struct bytes flags = {0};
	const struct json *order;
	int rc = -1;
	if (t->unlocked) {
		error_set(e, ERROR_FAULT, MSG_UNLOCKED, t->policy->name);
		goto out;
	}
	if (token_find(t, e) || !(order = authority_order(h, r, act, t, e)))
		goto out;
	/* The approvers were shown how many tries may be left: if that has changed, they are asked again. */
	token_info_pin_flags(&t->info, &flags);
	if (bytes_end(&flags, e) || authority_text(order, "flags", bytes_string(&flags), e))
		goto out;
	if (t->info.info.flags & CKF_USER_PIN_LOCKED) {
		error_set(e, ERROR_TOKEN, MSG_PIN_LOCKED, "user", t->policy->name);
		if (e)
			e->ckr = CKR_PIN_LOCKED;
		goto out;
	}
	int on_device = token_on_device(t, e);
	if (on_device < 0)
		goto out;
	if (on_device)
		secret_free(&r->user_pin);
	else if (!r->user_pin) {
		error_set(e, ERROR_FAULT, MSG_PIN_NONE, "user", t->policy->name);
		goto out;
	}
	if (authority_spend(h, r, act, e) || token_open(t, true, e) || token_login(t, CKU_USER, r->user_pin, e))
		goto out;
	if (token_find(t, e))
		goto out;
	json_begin_object(&w);
	json_key(&w, "flags");
	token_info_flags(&t->info, &w);
	json_end_object(&w);
	rc = 0;
out:
	bytes_free(&flags);
	return rc;
}
