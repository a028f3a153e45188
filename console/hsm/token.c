#include "hsm/token.h"
#include "hsm/ckr.h"
#include "hsm/wire_messages.h"
#include "base/text.h"
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char rehearsal_label[] = "REHEARSAL";

/* Does the record speak of a token that has never been initialised? */
static bool wants_fresh(const struct token *t)
{
	return !t->label[0];
}

static bool matches(const struct token *t, const struct token_info *info)
{
	if (strcmp(info->serial, t->serial))
		return false;
	if (wants_fresh(t))
		return !token_info_initialised(info);
	return token_info_initialised(info) && !strcmp(info->label, t->label);
}

static int none_matches(const struct token *t, const struct token_info *list, size_t count, struct error *e)
{
	struct bytes there = {0};
	for (size_t i = 0; i < count; i++) {
		bytes_printf(&there, "%s\"%s\" / \"%s\"", i ? ", " : "",
		        token_info_initialised(&list[i]) ? list[i].label : "", list[i].serial);
	}
	if (!count)
		error_set(e, ERROR_MISSING, MSG_TOKEN_NO_TOKENS, t->policy->name);
	else if (wants_fresh(t))
		error_set(e, ERROR_MISSING, MSG_TOKEN_NONE_FRESH, t->serial, t->policy->name, bytes_string(&there));
	else
		error_set(e, ERROR_MISSING, MSG_TOKEN_NONE, t->label, t->serial, t->policy->name, bytes_string(&there));
	bytes_free(&there);
	return -1;
}

/* A rehearsal may not touch a real token, nor a real ceremony a software one that its script does not allow. */
static int allowed(const struct token *t, const struct token_info *info, struct error *e)
{
	if (t->rehearsal && token_info_initialised(info) &&
	        strncmp(info->label, rehearsal_label, sizeof rehearsal_label - 1))
		return error_set(e, ERROR_FAULT, MSG_TOKEN_REAL, info->label, t->policy->name);
	if (!t->rehearsal && !t->policy->software && token_info_software(info))
		return error_set(e, ERROR_FAULT, MSG_TOKEN_SOFTWARE, t->policy->name, info->manufacturer, info->model);
	return 0;
}

int token_find(struct token *t, struct error *e)
{
	struct token_info *list = NULL, *found = NULL;
	size_t count = 0;
	int rc = -1;
	if (t->unlocked) {
		/* While logged in, it is the one behind the session. */
		if (module_token(t->module, t->info.slot, &t->info, e))
			goto gone;
		if (!matches(t, &t->info)) {
			error_set(e, ERROR_MISSING, MSG_TOKEN_SWAPPED, t->policy->name);
			goto gone;
		}
		return 0;
	}
	list = calloc(TOKENS_MAX, sizeof *list);
	if (!list)
		return error_memory(e);
	if (module_tokens(t->module, list, &count, e))
		goto out;
	for (size_t i = 0; i < count; i++) {
		if (!matches(t, &list[i]))
			continue;
		if (found) {
			error_set(e, ERROR_FAULT, MSG_TOKEN_TWO, t->label, t->serial, t->policy->name);
			goto out;
		}
		found = &list[i];
	}
	if (!found) {
		none_matches(t, list, count, e);
		goto out;
	}
	if (allowed(t, found, e))
		goto out;
	if (t->session && found->slot != t->info.slot)
		token_close(t, NULL);
	t->info = *found;
	rc = 0;
out:
	free(list);
	return rc;
gone:
	token_close(t, NULL);
	return -1;
}

int token_adopt(struct token *t, const char *label, struct error *e)
{
	struct token_info *list = calloc(TOKENS_MAX, sizeof *list), *found = NULL;
	size_t count = 0;
	int rc = -1;
	if (!list)
		return error_memory(e);
	if (module_tokens(t->module, list, &count, e))
		goto out;
	for (size_t i = 0; i < count; i++) {
		if (!token_info_initialised(&list[i]) || strcmp(list[i].label, label))
			continue;
		if (found) {
			error_set(e, ERROR_FAULT, MSG_LABEL_TWO, label);
			goto out;
		}
		found = &list[i];
	}
	/* A token that had a serial keeps it; SoftHSM gives a fresh one its first. */
	if (!found || (t->serial[0] && strcmp(found->serial, t->serial))) {
		error_set(e, ERROR_MISSING, MSG_LABEL_LOST, label);
		goto out;
	}
	t->info = *found;
	snprintf(t->label, sizeof t->label, "%s", found->label);
	snprintf(t->serial, sizeof t->serial, "%s", found->serial);
	t->initialised = true;
	rc = 0;
out:
	free(list);
	return rc;
}

int token_open(struct token *t, bool write, struct error *e)
{
	if (t->session)
		return 0;
	CK_RV rv = module_calls(t->module)->C_OpenSession(
	        t->info.slot, CKF_SERIAL_SESSION | (write ? CKF_RW_SESSION : 0), NULL, NULL, &t->session);
	if (rv == CKR_OK)
		return 0;
	t->session = 0;
	return token_error(t, rv, "C_OpenSession", e);
}

int token_close(struct token *t, struct error *e)
{
	CK_RV out = CKR_OK, closed = CKR_OK;
	if (t->unlocked)
		out = module_calls(t->module)->C_Logout(t->session);
	if (t->session)
		closed = module_calls(t->module)->C_CloseSession(t->session);
	t->session = 0;
	t->unlocked = false;
	ERR_clear_error();
	if (out != CKR_OK)
		return ckr_error(e, out, "C_Logout");
	return closed == CKR_OK ? 0 : ckr_error(e, closed, "C_CloseSession");
}

int token_error(struct token *t, CK_RV rv, const char *call, struct error *e)
{
	ERR_clear_error();
	if (ckr_gone(rv)) {
		t->session = 0;
		t->unlocked = false;
	}
	return ckr_error(e, rv, call);
}

/* What a refused PIN has left of the tries, as far as the token says. */
static int wrong_pin(struct token *t, CK_USER_TYPE user, CK_RV rv, struct error *e)
{
	bool so = user == CKU_SO;
	const char *who = so ? "SO" : "user", *name = t->policy->name;
	CK_FLAGS flags = 0;
	if (!module_token(t->module, t->info.slot, &t->info, NULL))
		flags = t->info.info.flags;
	if (rv == CKR_PIN_LOCKED || flags & (so ? CKF_SO_PIN_LOCKED : CKF_USER_PIN_LOCKED))
		error_set(e, ERROR_TOKEN, MSG_PIN_NOW_LOCKED, who, name);
	else if (flags & (so ? CKF_SO_PIN_FINAL_TRY : CKF_USER_PIN_FINAL_TRY))
		error_set(e, ERROR_TOKEN, MSG_PIN_WRONG_FINAL, who, name);
	else if (flags & (so ? CKF_SO_PIN_COUNT_LOW : CKF_USER_PIN_COUNT_LOW))
		error_set(e, ERROR_TOKEN, MSG_PIN_WRONG_LOW, who, name);
	else
		error_set(e, ERROR_TOKEN, MSG_PIN_WRONG, who, name);
	if (e)
		e->ckr = rv;
	return -1;
}

int token_on_device(const struct token *t, struct error *e)
{
	if (strcmp(t->policy->login, "protected-path"))
		return 0;
	if (!(t->info.info.flags & CKF_PROTECTED_AUTHENTICATION_PATH))
		return error_set(e, ERROR_FAULT, MSG_NO_PATH, t->policy->name);
	return 1;
}

int token_login(struct token *t, CK_USER_TYPE user, const struct secret *pin, struct error *e)
{
	/* PKCS#11 v2.40 section 5.6, C_Login: NULL where the token has a protected authentication path. */
	CK_RV rv = module_calls(t->module)->C_Login(t->session, user, pin ? pin->data : NULL, pin ? pin->len : 0);
	ERR_clear_error();
	switch (rv) {
	case CKR_OK:
		t->unlocked = true;
		return 0;
	case CKR_PIN_INCORRECT:
	case CKR_PIN_LOCKED:
	case CKR_PIN_LEN_RANGE:
	case CKR_PIN_INVALID:
		return wrong_pin(t, user, rv, e);
	default:
		return token_error(t, rv, "C_Login", e);
	}
}

int token_attribute(
        struct token *t, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, struct bytes *out, struct error *e)
{
	CK_ATTRIBUTE a = {.type = type};
	CK_FUNCTION_LIST_PTR f = module_calls(t->module);
	uint8_t *room = NULL;
	int rc = -1;
	bytes_clear(out);
	CK_RV rv = f->C_GetAttributeValue(t->session, object, &a, 1);
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
	        (rv == CKR_OK && a.ulValueLen == CK_UNAVAILABLE_INFORMATION)) {
		rc = 1;
		goto out;
	}
	if (rv != CKR_OK || a.ulValueLen > 1 << 16) {
		token_error(t, rv == CKR_OK ? CKR_DATA_LEN_RANGE : rv, "C_GetAttributeValue", e);
		goto out;
	}
	if (!a.ulValueLen) {
		rc = 0;
		goto out;
	}
	room = malloc(a.ulValueLen);
	if (!room) {
		error_memory(e);
		goto out;
	}
	a.pValue = room;
	rv = f->C_GetAttributeValue(t->session, object, &a, 1);
	if (rv != CKR_OK) {
		token_error(t, rv, "C_GetAttributeValue", e);
		goto out;
	}
	bytes_add(out, room, a.ulValueLen);
	rc = bytes_end(out, e);
out:
	free(room);
	ERR_clear_error();
	return rc;
}
