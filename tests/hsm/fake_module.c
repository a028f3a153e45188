/* FAKE=card…:DIR is a person's card instead: the key and certificate DIR/ec.key and DIR/ec.der are on it from the
 * beginning.
 *
 * A PKCS#11 module with one token (two with FAKE=two) that makes real P-256 keys and gives, when FAKE says so, the odd
 * answers that a real token will not give on demand. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PUBLIC = 1, PRIVATE, OBJECTS, STORED = 40 }; /* a card's certificate is in the place of the public key */
struct stored {
	CK_ATTRIBUTE_TYPE type;
	CK_ULONG len;
	CK_BYTE value[2048];
};
static struct {
	struct stored attribute[STORED];
	int count;
} object[OBJECTS];
static EVP_PKEY *key;
static int cursor, sessions, logged_in, logged_in_again;
/* What a real token would keep; with FAKE_STATE=FILE this one keeps it there, also for the next process. */
static struct {
	char label[33], user[256], so[256], old[256];
	int fresh, wrong_pins;
} kept = {.label = "REHEARSAL fake", .user = "222222", .so = "11111111"};

static int fake(const char *what)
{
	const char *mode = getenv("FAKE");
	return mode && !strcmp(mode, what);
}

/* Is it a card of which this is a part of the name? */
static int card(const char *part)
{
	const char *mode = getenv("FAKE"), *end = mode ? strchr(mode, ':') : NULL;
	const char *at = end && !strncmp(mode, "card", 4) ? strstr(mode, part) : NULL;
	return at && at < end;
}

static void store(int which, CK_ATTRIBUTE_TYPE type, const void *value, CK_ULONG len);

static void insert_card(void)
{
	static const CK_OBJECT_CLASS certificate = CKO_CERTIFICATE, private = CKO_PRIVATE_KEY;
	static const CK_BBOOL yes = CK_TRUE;
	const char *directory = strchr(getenv("FAKE"), ':') + 1;
	CK_BYTE der[2048];
	char path[256];
	FILE *f;
	snprintf(path, sizeof path, "%s/ec.key", directory);
	f = fopen(path, "r");
	key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	if (f)
		fclose(f);
	snprintf(path, sizeof path, "%s/ec.der", directory);
	f = fopen(path, "r");
	size_t len = f ? fread(der, 1, sizeof der, f) : 0;
	if (f)
		fclose(f);
	store(PUBLIC, CKA_CLASS, &certificate, sizeof certificate);
	store(PUBLIC, CKA_ID, "\x0a", 1);
	store(PUBLIC, CKA_VALUE, der, len);
	store(PRIVATE, CKA_CLASS, &private, sizeof private);
	store(PRIVATE, CKA_PRIVATE, &yes, 1);
	store(PRIVATE, CKA_ID, "\x0a", 1);
	if (card("again") || card("forgetful"))
		store(PRIVATE, CKA_ALWAYS_AUTHENTICATE, &yes, 1);
}

static void keep(int write)
{
	const char *path = getenv("FAKE_STATE");
	FILE *f = path ? fopen(path, write ? "wb" : "rb") : NULL;
	if (!f)
		return;
	if (write ? fwrite(&kept, sizeof kept, 1, f) : fread(&kept, sizeof kept, 1, f))
		fflush(f);
	fclose(f);
}

/* The PIN in its place as this token stores it. */
static CK_RV store_pin(char place[256], const CK_UTF8CHAR *pin, CK_ULONG len)
{
	CK_ULONG most = fake("cuts") ? 6 : 255;
	if (!pin) /* typed on the device, by somebody */
		pin = (const CK_UTF8CHAR *)"on the device", len = 13;
	memset(place, 0, 256);
	memcpy(place, pin, len < most ? len : most);
	keep(1);
	return CKR_OK;
}

/* A SmartCard-HSM takes an SO PIN of 16 hex digits and nothing else, and a user PIN of 6 to 15 characters; a YubiHSM's
 * begins with the id of its key. */
static int length_is_wrong(int so, const CK_UTF8CHAR *pin, CK_ULONG len)
{
	if (!pin)
		return 0;
	if (fake("sc-hsm"))
		return so ? len != 16 || strspn((const char *)pin, "0123456789abcdef") < 16 : len < 6 || len > 15;
	if (fake("yubihsm"))
		return so || len < 8 || len > 64 || memcmp(pin, "0001", 4) != 0;
	if (fake("cuts"))
		return len < 4;
	return len < 4 || len > 8;
}

static CK_RV initialize(void *args)
{
	(void)args;
	if (card("card"))
		insert_card();
	keep(0);
	if (fake("yubihsm") && !strcmp(kept.user, "222222"))
		strcpy(kept.user, "0001password");
	if (fake("fresh") && !kept.fresh) {
		kept.fresh = 1;
		memset(kept.label, 0, sizeof kept.label);
	}
	return CKR_OK;
}

static CK_RV finalize(void *reserved)
{
	(void)reserved;
	EVP_PKEY_free(key);
	key = NULL;
	return CKR_OK;
}

static CK_RV get_info(CK_INFO *info)
{
	memset(info, ' ', sizeof *info);
	info->cryptokiVersion = (CK_VERSION){2, 40};
	return CKR_OK;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count)
{
	(void)present;
	*count = fake("two") || card("two") ? 2 : 1;
	for (CK_ULONG i = 0; list && i < *count; i++)
		list[i] = i + 1;
	return CKR_OK;
}

static CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	(void)slot;
	memset(info, ' ', sizeof *info);
	info->flags = card("none") ? 0 : CKF_TOKEN_PRESENT;
	return CKR_OK;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	(void)slot;
	if (card("none"))
		return CKR_TOKEN_NOT_PRESENT;
	memset(info, 0, sizeof *info);
	memset(info->label, ' ', sizeof info->label);
	memcpy(info->label, kept.label, strlen(kept.label));
	memcpy(info->serialNumber, "F1              ", 16);
	memset(info->manufacturerID, ' ', sizeof info->manufacturerID);
	memcpy(info->manufacturerID, "Fake", 4);
	memset(info->model, ' ', sizeof info->model);
	info->flags = CKF_USER_PIN_INITIALIZED | CKF_LOGIN_REQUIRED;
	if (kept.label[0])
		info->flags |= CKF_TOKEN_INITIALIZED;
	if (card("card"))
		info->flags |= CKF_TOKEN_INITIALIZED;
	if (card("pad"))
		info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
	if (!strncmp(getenv("FAKE") ? getenv("FAKE") : "", "path", 4))
		info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
	if (fake("locked") || card("locked") || kept.wrong_pins > (card("last") ? 0 : 1))
		info->flags |= CKF_USER_PIN_LOCKED;
	else if (kept.wrong_pins || card("last"))
		info->flags |= CKF_USER_PIN_FINAL_TRY;
	info->ulMinPinLen = fake("sc-hsm") ? 6 : fake("yubihsm") ? 8 : 4;
	info->ulMaxPinLen = fake("sc-hsm") ? 15 : fake("yubihsm") ? 64 : fake("cuts") ? 255 : 8;
	return CKR_OK;
}

static CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
	(void)slot;
	*count = 2;
	if (list) {
		list[0] = CKM_EC_KEY_PAIR_GEN;
		list[1] = CKM_VENDOR_DEFINED + 1;
	}
	return CKR_OK;
}

static CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE mechanism, CK_MECHANISM_INFO *info)
{
	(void)slot;
	if (mechanism != CKM_EC_KEY_PAIR_GEN && mechanism != CKM_ECDSA)
		return CKR_MECHANISM_INVALID;
	*info = (CK_MECHANISM_INFO){256, 256, CKF_SIGN | CKF_GENERATE_KEY_PAIR};
	return CKR_OK;
}

static CK_RV open_session(
        CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *session)
{
	(void)slot, (void)flags, (void)application, (void)notify;
	*session = 7;
	sessions = 1;
	return CKR_OK;
}

static CK_RV close_all_sessions(CK_SLOT_ID slot)
{
	(void)slot;
	sessions = 0;
	return CKR_OK;
}

static CK_RV session_call(CK_SESSION_HANDLE session)
{
	return session == 7 && sessions ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

static int is_pin(const char *right, const CK_UTF8CHAR *pin, CK_ULONG len)
{
	if (fake("cuts") && len > 6)
		len = 6;
	return right[0] && strlen(right) == len && !memcmp(right, pin, len);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG len)
{
	const char *right = user == CKU_SO ? kept.so : kept.user;
	(void)session;
	if (card("pad"))
		pin = pin || len ? NULL : (CK_UTF8CHAR *)"222222", len = pin ? 6 : 0;
	if (card("card") && user == CKU_CONTEXT_SPECIFIC) {
		logged_in_again = !card("forgetful") && pin && len == 6 && !memcmp(pin, "222222", 6);
		return logged_in_again || card("forgetful") ? CKR_OK : CKR_PIN_INCORRECT;
	}
	if (fake("hang"))
		for (;;)
			pause();
	if (fake("path-waits"))
		sleep(2);
	if (!pin)
		return strncmp(getenv("FAKE"), "path", 4) ? CKR_ARGUMENTS_BAD
		       : fake("path-cancelled")           ? CKR_FUNCTION_CANCELED
		                                          : CKR_OK;
	if (fake("odd-old") && is_pin(kept.old, pin, len))
		return CKR_PIN_LEN_RANGE;
	if (is_pin(right, pin, len) || (fake("keeps-old") && is_pin(kept.old, pin, len))) {
		kept.wrong_pins = 0;
		logged_in = 1;
		keep(1);
		return CKR_OK;
	}
	if (length_is_wrong(user == CKU_SO, pin, len))
		return CKR_PIN_LEN_RANGE;
	kept.wrong_pins++;
	keep(1);
	return kept.wrong_pins > (card("last") ? 0 : 1) ? CKR_PIN_LOCKED : CKR_PIN_INCORRECT;
}

static CK_RV init_token(CK_SLOT_ID slot, CK_UTF8CHAR *pin, CK_ULONG len, CK_UTF8CHAR *label)
{
	(void)slot;
	if (fake("yubihsm"))
		return CKR_FUNCTION_NOT_SUPPORTED;
	if (length_is_wrong(1, pin, len))
		return CKR_PIN_LEN_RANGE;
	memset(kept.label, 0, sizeof kept.label);
	memcpy(kept.label, label, 32);
	for (int i = 31; i >= 0 && kept.label[i] == ' '; i--)
		kept.label[i] = '\0';
	return store_pin(kept.so, pin, len);
}

static CK_RV init_pin(CK_SESSION_HANDLE session, CK_UTF8CHAR *pin, CK_ULONG len)
{
	(void)session;
	return length_is_wrong(0, pin, len) ? CKR_PIN_LEN_RANGE : store_pin(kept.user, pin, len);
}

static CK_RV set_pin(CK_SESSION_HANDLE session, CK_UTF8CHAR *old, CK_ULONG old_len, CK_UTF8CHAR *pin, CK_ULONG len)
{
	(void)session;
	if (old && !is_pin(kept.user, old, old_len))
		return CKR_PIN_INCORRECT;
	if (length_is_wrong(0, pin, len))
		return CKR_PIN_LEN_RANGE;
	memcpy(kept.old, kept.user, sizeof kept.old);
	return store_pin(kept.user, pin, len);
}

static void store(int which, CK_ATTRIBUTE_TYPE type, const void *value, CK_ULONG len)
{
	struct stored *a = &object[which].attribute[object[which].count++];
	a->type = type;
	a->len = len;
	if (len)
		memcpy(a->value, value, len);
}

static void store_made(int which)
{
	static const CK_BBOOL yes = CK_TRUE;
	CK_MECHANISM_TYPE made = CKM_EC_KEY_PAIR_GEN;
	store(which, CKA_LOCAL, &yes, 1);
	store(which, CKA_KEY_GEN_MECHANISM, &made, sizeof made);
	store(which, CKA_ALWAYS_SENSITIVE, &yes, 1);
	store(which, CKA_NEVER_EXTRACTABLE, &yes, 1);
	if (fake("context-login"))
		store(which, CKA_ALWAYS_AUTHENTICATE, &yes, 1);
}

static CK_RV generate_key_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *publics,
        CK_ULONG public_count, CK_ATTRIBUTE *privates, CK_ULONG private_count, CK_OBJECT_HANDLE *public_key,
        CK_OBJECT_HANDLE *private_key)
{
	CK_BYTE point[80] = {0x04, 0x41};
	size_t len = 0, skip = fake("raw") ? 0 : 2;
	(void)mechanism;
	if (fake("removed"))
		return CKR_DEVICE_REMOVED;
	if (session_call(session) != CKR_OK)
		return session_call(session);
	key = EVP_EC_gen("P-256");
	EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point + skip, 65, &len);
	for (CK_ULONG i = 0; i < public_count; i++)
		store(PUBLIC, publics[i].type, publics[i].pValue, publics[i].ulValueLen);
	for (CK_ULONG i = 0; i < private_count; i++) {
		CK_BBOOL odd = CK_TRUE;
		int extractable = fake("extractable") && privates[i].type == CKA_EXTRACTABLE;
		if (fake("no-derive") && privates[i].type == CKA_DERIVE)
			continue;
		store(PRIVATE, privates[i].type, extractable ? &odd : privates[i].pValue, privates[i].ulValueLen);
	}
	store(PRIVATE, CKA_EC_PARAMS, "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10);
	if (fake("bad-point"))
		point[skip + 10] ^= 1;
	store(PUBLIC, CKA_EC_POINT, point, len + skip);
	store_made(PUBLIC);
	store_made(PRIVATE);
	*public_key = PUBLIC;
	*private_key = PRIVATE;
	return CKR_OK;
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE *a, CK_ULONG count)
{
	(void)session, (void)count;
	for (int i = 0; i < object[handle].count; i++) {
		const struct stored *s = &object[handle].attribute[i];
		if (s->type != a->type)
			continue;
		if (a->pValue && s->len)
			memcpy(a->pValue, s->value, s->len);
		a->ulValueLen = s->len;
		return CKR_OK;
	}
	a->ulValueLen = CK_UNAVAILABLE_INFORMATION;
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

static CK_RV destroy_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle)
{
	(void)session;
	if (fake("bad-point"))
		return CKR_ACTION_PROHIBITED;
	object[handle].count = 0;
	return CKR_OK;
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count)
{
	(void)session, (void)template, (void)count;
	cursor = PUBLIC;
	return CKR_OK;
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *out, CK_ULONG max, CK_ULONG *count)
{
	(void)session, (void)max;
	*count = 0;
	while (cursor < OBJECTS &&
	        (!object[cursor].count || (card("card") && !logged_in && (cursor == PRIVATE || card("shut")))))
		cursor++;
	if (cursor < OBJECTS)
		out[(*count)++] = (CK_OBJECT_HANDLE)cursor++;
	return CKR_OK;
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE handle)
{
	(void)session, (void)mechanism, (void)handle;
	logged_in_again = 0;
	return CKR_OK;
}

/* r||s from the DER that OpenSSL makes: 30 len 02 len r 02 len s. */
static void flatten(const CK_BYTE *der, CK_BYTE out[64])
{
	const CK_BYTE *at = der + 2;
	memset(out, 0, 64);
	for (int i = 0; i < 2; i++) {
		int len = at[1];
		const CK_BYTE *number = at + 2;
		at = number + len;
		if (len > 32) {
			number += len - 32;
			len = 32;
		}
		memcpy(out + 32 * (i + 1) - len, number, (size_t)len);
	}
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	CK_BYTE der[80];
	size_t der_len = sizeof der;
	EVP_PKEY_CTX *c;
	(void)session;
	if (card("card") && (!logged_in || ((card("again") || card("forgetful")) && !logged_in_again)))
		return CKR_USER_NOT_LOGGED_IN;
	if (fake("gone-at-sign"))
		return CKR_SESSION_HANDLE_INVALID;
	c = EVP_PKEY_CTX_new(key, NULL);
	EVP_PKEY_sign_init(c);
	EVP_PKEY_sign(c, der, &der_len, data, len);
	EVP_PKEY_CTX_free(c);
	flatten(der, out);
	*out_len = fake("odd-signature") ? 63 : 64;
	if (fake("bad-signature"))
		out[40] ^= 1;
	return CKR_OK;
}

static CK_FUNCTION_LIST list = {
        .version = {2, 40},
        .C_Initialize = initialize,
        .C_Finalize = finalize,
        .C_GetInfo = get_info,
        .C_GetSlotList = get_slot_list,
        .C_GetSlotInfo = get_slot_info,
        .C_GetTokenInfo = get_token_info,
        .C_GetMechanismList = get_mechanism_list,
        .C_GetMechanismInfo = get_mechanism_info,
        .C_OpenSession = open_session,
        .C_CloseSession = session_call,
        .C_CloseAllSessions = close_all_sessions,
        .C_Login = login,
        .C_InitToken = init_token,
        .C_InitPIN = init_pin,
        .C_SetPIN = set_pin,
        .C_Logout = session_call,
        .C_GetAttributeValue = get_attribute_value,
        .C_DestroyObject = destroy_object,
        .C_FindObjectsInit = find_init,
        .C_FindObjects = find,
        .C_FindObjectsFinal = session_call,
        .C_GenerateKeyPair = generate_key_pair,
        .C_SignInit = sign_init,
        .C_Sign = sign,
};

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR out)
{
	*out = &list;
	return CKR_OK;
}
