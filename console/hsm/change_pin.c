/* A token's PIN is changed, and where that was cut, it is found out which PIN it has. */
#include "hsm/ckr.h"
#include "hsm/helper.h"
#include "hsm/pin.h"
#include "hsm/wire_messages.h"
#include <string.h>

struct change {
	CK_USER_TYPE user;
	const char *whose;
	const struct secret *pin, *old;
};

/* The order's PIN, and that both of it were given: of the user or of the SO, never of both. */
static int take_pins(const struct token *t, const struct request *r, const struct json *order, struct change *c, struct error *e)
{
	const char *which = json_text(order, "pin");
	bool so = which && !strcmp(which, "so");
	if (!which || (!so && strcmp(which, "user")) || (so ? r->user_pin : r->so_pin))
		return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "pin");
	c->user = so ? CKU_SO : CKU_USER;
	c->whose = so ? "SO" : "user";
	c->pin = so ? r->so_pin : r->user_pin;
	c->old = r->old_pin;
	if (!c->pin || !c->old)
		return error_set(e, ERROR_FAULT, MSG_PIN_NONE, c->whose, t->policy->name);
	if (secret_equal(c->pin, c->old))
		return error_set(e, ERROR_FAULT, MSG_PIN_SAME, c->whose, t->policy->name);
	return 0;
}

/* Everything that is compared with the order before the authority is spent. */
static int prepare(struct helper *h, struct token *t, const struct request *r, const char *act, struct change *c, struct error *e)
{
	struct bytes flags = {0};
	const struct json *order;
	int rc = -1;
	if (t->unlocked) {
		error_set(e, ERROR_FAULT, MSG_UNLOCKED, t->policy->name);
		goto out;
	}
	if (token_find(t, e) || !(order = authority_order(h, r, act, t, e)) || take_pins(t, r, order, c, e))
		goto out;
	/* The approvers were shown how many tries may be left: if that has changed, they are asked again. */
	token_info_pin_flags(&t->info, &flags);
	if (bytes_end(&flags, e) || authority_text(order, "flags", bytes_string(&flags), e))
		goto out;
	if (t->info.info.flags & (c->user == CKU_SO ? CKF_SO_PIN_LOCKED : CKF_USER_PIN_LOCKED)) {
		error_set(e, ERROR_FAULT, MSG_PIN_LOCKED, c->whose, t->policy->name);
		if (e)
			e->ckr = CKR_PIN_LOCKED;
		goto out;
	}
	rc = 0;
out:
	bytes_free(&flags);
	return rc;
}

/* The old PIN opens nothing any more: tried once, and only after the new one has opened. */
static int old_is_gone(struct token *t, const struct change *c, struct error *e)
{
	struct bytes name = {0};
	CK_RV refusal;
	int opens = pin_try(t, c->user, c->old, &refusal, e);
	if (opens > 0)
		error_set(e, ERROR_TOKEN, MSG_OLD_PIN_OPEN, c->whose, t->policy->name);
	if (opens)
		return -1;
	if (refusal == CKR_PIN_INCORRECT)
		return 0;
	ckr_name(refusal, &name);
	error_set(e, ERROR_TOKEN, MSG_OLD_PIN_ODD, c->whose, t->policy->name, bytes_string(&name));
	bytes_free(&name);
	return -1;
}

int verb_change_pin(struct helper *h, struct token *t, struct request *r, struct bytes *answer, struct error *e)
{
	const struct proposal *open = consent_open_act(h->consent, NULL);
	const char *act = open && !strcmp(open->act, "share-secret") ? "share-secret" : "change-custodians";
	struct json_writer w = {.out = answer};
	struct change c = {0};
	if (prepare(h, t, r, act, &c, e) || (c.user == CKU_USER && pin_fits(t, c.pin, c.whose, e)) || authority_spend(h, r, act, e))
		return -1;
	if (token_open(t, true, e) || token_login(t, c.user, c.old, e)) {
		/* What the token refused here has changed nothing; a token that is gone is another matter. */
		if (e && e->code == ERROR_TOKEN)
			e->code = ERROR_FAULT;
		return -1;
	}
	/* Logged out whatever came of it: no act is open behind this one that could use the login. */
	bool set = !pin_set(t, c.old, c.pin, e), closed = !token_close(t, set ? e : NULL);
	if (!set || !closed || pin_prove(t, c.user, c.pin, e) || old_is_gone(t, &c, e))
		return -1;
	/* The tries that were refused are counted until a right one: so the right one once more. */
	CK_RV refusal;
	int opens = pin_try(t, c.user, c.pin, &refusal, e);
	if (!opens)
		error_set(e, ERROR_TOKEN, MSG_PIN_WRONG, c.whose, t->policy->name);
	if (opens <= 0 || token_find(t, e))
		return -1;
	json_begin_object(&w);
	json_key(&w, "flags");
	token_info_flags(&t->info, &w);
	json_member_text(&w, "old_pin", "CKR_PIN_INCORRECT");
	json_end_object(&w);
	return 0;
}

int verb_settle_pin(struct helper *h, struct token *t, struct request *r, struct bytes *answer, struct error *e)
{
	static const char act[] = "settle-custodians";
	struct json_writer w = {.out = answer};
	struct change c = {0};
	CK_RV refusal;
	if (prepare(h, t, r, act, &c, e) || authority_spend(h, r, act, e))
		return -1;
	int newer = pin_try(t, c.user, c.pin, &refusal, e);
	int older = newer < 0 ? -1 : pin_try(t, c.user, c.old, &refusal, e);
	if (older < 0)
		return -1;
	if (newer == older)
		return error_set(e, ERROR_TOKEN, newer ? MSG_BOTH_OPEN : MSG_NONE_OPENS, c.whose, t->policy->name);
	/* The old one was counted as wrong: the new one puts the counter to rest. */
	int again = newer ? pin_try(t, c.user, c.pin, &refusal, e) : 1;
	if (!again)
		error_set(e, ERROR_TOKEN, MSG_PIN_WRONG, c.whose, t->policy->name);
	if (again <= 0)
		return -1;
	json_begin_object(&w);
	json_member_text(&w, "valid", newer ? "new" : "old");
	json_end_object(&w);
	return 0;
}
