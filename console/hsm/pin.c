#include "hsm/pin.h"

#include "hsm/ckr.h"
#include "hsm/wire_messages.h"
#include <openssl/err.h>

static const char *whose(CK_USER_TYPE user)
{
	return user == CKU_SO ? "SO" : "user";
}

int pin_fits(const struct token *t, const struct secret *pin, const char *who, struct error *e)
{
	CK_ULONG min = t->info.info.ulMinPinLen, max = t->info.info.ulMaxPinLen;
	if (!pin)
		return error_set(e, ERROR_FAULT, MSG_PIN_NONE, who, t->policy->name);
	if (min != CK_UNAVAILABLE_INFORMATION && pin->len < min)
		return error_set(e, ERROR_FAULT, MSG_PIN_SHORT, who, t->policy->name, (unsigned long long)min);
	if (max != CK_UNAVAILABLE_INFORMATION && max && pin->len > max)
		return error_set(e, ERROR_FAULT, MSG_PIN_LONG, who, t->policy->name, (unsigned long long)max);
	return 0;
}

int pin_length_refused(const struct token *t, const char *who, size_t len, struct error *e)
{
	error_set(e, ERROR_TOKEN, MSG_PIN_LENGTH, who, t->policy->name, len);
	if (e)
		e->ckr = CKR_PIN_LEN_RANGE;
	return -1;
}

int pin_set(struct token *t, const struct secret *old, const struct secret *pin, struct error *e)
{
	CK_RV rv = module_calls(t->module)->C_SetPIN(
	        t->session, old ? old->data : NULL, old ? old->len : 0, pin ? pin->data : NULL, pin ? pin->len : 0);
	ERR_clear_error();
	return rv == CKR_OK ? 0 : token_error(t, rv, "C_SetPIN", e);
}

int pin_try(struct token *t, CK_USER_TYPE user, const struct secret *pin, CK_RV *refusal, struct error *e)
{
	struct error why = {0};
	int rc = -1;
	*refusal = CKR_OK;
	if (token_open(t, true, e))
		return -1;
	if (!token_login(t, user, pin, &why)) {
		rc = 1;
	} else if (why.ckr == CKR_PIN_INCORRECT || why.ckr == CKR_PIN_LEN_RANGE || why.ckr == CKR_PIN_INVALID) {
		*refusal = why.ckr;
		rc = 0;
	} else if (e) {
		*e = why;
	}
	if (token_close(t, rc < 0 ? NULL : e))
		rc = -1;
	return rc;
}

static int prove(struct token *t, CK_USER_TYPE user, const struct secret *pin, struct error *e)
{
	int rc = token_open(t, true, e) || token_login(t, user, pin, e) ? -1 : 0;
	if (token_close(t, rc ? NULL : e))
		rc = -1;
	return rc;
}

int pin_prove(struct token *t, CK_USER_TYPE user, const struct secret *pin, struct error *e)
{
	struct secret *cut = NULL;
	CK_RV refusal;
	int rc = -1;
	if (prove(t, user, pin, e))
		return -1;
	if (!pin || pin->len < 2)
		return 0;
	cut = secret_new(pin->len, e);
	if (!cut || secret_add(cut, pin->data, pin->len - 1)) {
		error_memory(e);
		goto out;
	}
	int opens = pin_try(t, user, cut, &refusal, e);
	if (opens > 0)
		error_set(e, ERROR_TOKEN, MSG_PIN_CUT, whose(user), t->policy->name, pin->len);
	if (opens)
		goto out;
	rc = prove(t, user, pin, e);
out:
	secret_free(&cut);
	return rc;
}
