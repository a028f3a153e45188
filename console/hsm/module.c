#include "hsm/module.h"
#include "hsm/ckr.h"
#include "hsm/wire_messages.h"
#include "base/file.h"
#include "base/text.h"
#include <dlfcn.h>
#include <libp11.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct module {
	char *path;
	PKCS11_CTX *context;
	bool loaded;
	CK_FUNCTION_LIST_PTR calls;
	/* libp11's lists, all kept until the end: releasing one calls C_CloseAllSessions on each slot, so that looking
	 * around would log us out. (PKCS11_update_slots() of 0.4.12 crashes when SoftHSM adds a slot.) */
	struct slot_list {
		struct slot_list *next;
		PKCS11_SLOT *slots;
		unsigned int count;
	} * lists;
};

static int hash_matches(const char *path, const char *real, const uint8_t expected[32], struct error *e)
{
	struct bytes found = {0}, wanted = {0};
	uint8_t hash[32];
	int rc = -1;
	if (file_sha256(real, hash, NULL, e))
		goto out;
	if (memcmp(hash, expected, sizeof hash)) {
		bytes_hex(&found, hash, sizeof hash);
		bytes_hex(&wanted, expected, 32);
		error_set(e, ERROR_FAULT, MSG_MODULE_HASH, path, bytes_string(&found), bytes_string(&wanted));
		goto out;
	}
	rc = 0;
out:
	bytes_free(&found);
	bytes_free(&wanted);
	return rc;
}

static int load(struct module *m, const char *real, struct error *e)
{
	CK_C_GetFunctionList list;
	void *handle;
	m->context = PKCS11_CTX_new();
	if (!m->context)
		return error_memory(e);
	if (PKCS11_CTX_load(m->context, real)) {
		ERR_clear_error();
		return error_set(e, ERROR_MISSING, MSG_MODULE_LOAD, m->path);
	}
	m->loaded = true;
	/* The same object once more: for the function list, and so that it stays mapped until the process ends, as
	 * modules leave exit handlers behind. */
	handle = dlopen(real, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return error_set(e, ERROR_MISSING, MSG_MODULE_LOAD, m->path);
	*(void **)&list = dlsym(handle, "C_GetFunctionList");
	if (!list || list(&m->calls) != CKR_OK || !m->calls)
		return error_set(e, ERROR_MISSING, MSG_MODULE_LOAD, m->path);
	return 0;
}

struct module *module_load(const char *path, const uint8_t *expected, struct error *e)
{
	struct module *m = calloc(1, sizeof *m), *result = NULL;
	char *real = NULL;
	if (!m || !(m->path = strdup(path))) {
		error_memory(e);
		goto out;
	}
	/* A bare name would be searched for in LD_LIBRARY_PATH. */
	if (path[0] != '/') {
		error_set(e, ERROR_FAULT, MSG_MODULE_PATH, path);
		goto out;
	}
	real = realpath(path, NULL);
	if (!real) {
		error_errno(e, MSG_MODULE_MISSING, path);
		if (e)
			e->code = ERROR_MISSING;
		goto out;
	}
	if ((expected && hash_matches(path, real, expected, e)) || load(m, real, e))
		goto out;
	result = m;
	m = NULL;
out:
	free(real);
	module_free(&m);
	return result;
}

void module_free(struct module **m)
{
	if (!*m)
		return;
	for (struct slot_list *next, *l = (*m)->lists; l; l = next) {
		next = l->next;
		if (l->slots)
			PKCS11_release_all_slots((*m)->context, l->slots, l->count);
		free(l);
	}
	if ((*m)->loaded)
		PKCS11_CTX_unload((*m)->context);
	if ((*m)->context)
		PKCS11_CTX_free((*m)->context);
	ERR_clear_error();
	free((*m)->path);
	free(*m);
	*m = NULL;
}

const char *module_path(const struct module *m)
{
	return m->path;
}

CK_FUNCTION_LIST_PTR module_calls(const struct module *m)
{
	return m->calls;
}

/* PKCS#11 texts are padded with blanks and have no end; some modules pad with NUL. */
static void put_text(char *out, size_t room, const CK_UTF8CHAR *text, size_t len)
{
	struct bytes visible = {0};
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\0'))
		len--;
	text_visible(&visible, (const char *)text, len);
	snprintf(out, room, "%s", bytes_string(&visible));
	bytes_free(&visible);
}

int module_token(struct module *m, CK_SLOT_ID slot, struct token_info *out, struct error *e)
{
	CK_TOKEN_INFO *info = &out->info;
	memset(out, 0, sizeof *out);
	CK_RV rv = m->calls->C_GetTokenInfo(slot, info);
	if (rv != CKR_OK)
		return ckr_error(e, rv, "C_GetTokenInfo");
	out->slot = slot;
	put_text(out->label, sizeof out->label, info->label, sizeof info->label);
	put_text(out->serial, sizeof out->serial, info->serialNumber, sizeof info->serialNumber);
	put_text(out->manufacturer, sizeof out->manufacturer, info->manufacturerID, sizeof info->manufacturerID);
	put_text(out->model, sizeof out->model, info->model, sizeof info->model);
	snprintf(
	        out->firmware, sizeof out->firmware, "%u.%u", info->firmwareVersion.major, info->firmwareVersion.minor);
	snprintf(
	        out->hardware, sizeof out->hardware, "%u.%u", info->hardwareVersion.major, info->hardwareVersion.minor);
	return 0;
}

int module_tokens(struct module *m, struct token_info *out, size_t *count, struct error *e)
{
	struct error cause = {0};
	struct slot_list *l = calloc(1, sizeof *l);
	*count = 0;
	if (!l)
		return error_memory(e);
	l->next = m->lists;
	m->lists = l;
	int failed = PKCS11_enumerate_slots(m->context, &l->slots, &l->count);
	ERR_clear_error();
	if (failed)
		return error_set(e, ERROR_MISSING, MSG_MODULE_SLOTS, m->path);
	for (unsigned int i = 0; i < l->count; i++) {
		if (*count == TOKENS_MAX)
			return error_set(e, ERROR_FAULT, MSG_MODULE_SLOTS, m->path);
		if (!module_token(m, PKCS11_get_slotid_from_slot(&l->slots[i]), &out[*count], &cause)) {
			++*count;
		} else if (cause.code != ERROR_MISSING) { /* else the slot is empty */
			if (e)
				*e = cause;
			return -1;
		}
	}
	return 0;
}

bool token_info_initialised(const struct token_info *t)
{
	return t->info.flags & CKF_TOKEN_INITIALIZED;
}

bool token_info_software(const struct token_info *t)
{
	/* SoftHSM; NSS softokn; opencryptoki's software token; swtpm behind tpm2-pkcs11; Kryoptic. */
	static const char *const manufacturers[] = {"SoftHSM", "Mozilla", "NSS", "Kryoptic"};
	static const char *const models[] = {"SoftHSM", "NSS", "Soft", "SW ", "Kryoptic"};
	for (size_t i = 0; i < sizeof manufacturers / sizeof manufacturers[0]; i++)
		if (strcasestr(t->manufacturer, manufacturers[i]))
			return true;
	for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
		if (!strncasecmp(t->model, models[i], strlen(models[i])))
			return true;
	return false;
}

static const struct {
	CK_FLAGS flag;
	const char *name;
	bool pin;
} flags[] = {
        {CKF_RNG, "rng", false},
        {CKF_WRITE_PROTECTED, "write_protected", false},
        {CKF_LOGIN_REQUIRED, "login_required", false},
        {CKF_USER_PIN_INITIALIZED, "user_pin_initialised", false},
        {CKF_PROTECTED_AUTHENTICATION_PATH, "protected_authentication_path", false},
        {CKF_TOKEN_INITIALIZED, "token_initialised", false},
        {CKF_USER_PIN_COUNT_LOW, "user_pin_count_low", true},
        {CKF_USER_PIN_FINAL_TRY, "user_pin_final_try", true},
        {CKF_USER_PIN_LOCKED, "user_pin_locked", true},
        {CKF_USER_PIN_TO_BE_CHANGED, "user_pin_to_be_changed", true},
        {CKF_SO_PIN_COUNT_LOW, "so_pin_count_low", true},
        {CKF_SO_PIN_FINAL_TRY, "so_pin_final_try", true},
        {CKF_SO_PIN_LOCKED, "so_pin_locked", true},
        {CKF_SO_PIN_TO_BE_CHANGED, "so_pin_to_be_changed", true},
};

void token_info_flags(const struct token_info *t, struct json_writer *w)
{
	json_begin_object(w);
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		json_member_bool(w, flags[i].name, t->info.flags & flags[i].flag);
	json_end_object(w);
}

void token_info_pin_flags(const struct token_info *t, struct bytes *out)
{
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		if (!flags[i].pin || !(t->info.flags & flags[i].flag) || !token_info_initialised(t))
			continue;
		if (out->len)
			bytes_byte(out, ' ');
		bytes_text(out, flags[i].name);
	}
}
