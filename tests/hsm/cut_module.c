/* A PKCS#11 module that hands everything to the one named by CUT_MODULE, and is cut at C_SetPIN when the file named by
 * CUT says how. Once: the file is removed first.
 *
 * before, after: the process is killed before or after the token changed its PIN;
 * before-all, after-all: and the console with it;
 * fails, fails-after: CKR_GENERAL_ERROR, before or after;
 * pretends: CKR_OK, and nothing was done.
 *
 * no-login, no-token, no-init, no-generate, no-sign: it is C_Login, C_GetTokenInfo, C_InitToken, C_GenerateKeyPair or
 * C_SignInit that fails, with CKR_DEVICE_ERROR, once too. hold-generate: C_GenerateKeyPair works until the file is
 * gone, which is not this module's to remove. */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static CK_FUNCTION_LIST list;
static CK_FUNCTION_LIST_PTR real;

/* What the file says; "" when there is none. */
static void read_file(char mode[32])
{
	const char *path = getenv("CUT");
	FILE *f = path ? fopen(path, "r") : NULL;

	mode[0] = '\0';
	if (!f)
		return;
	if (!fgets(mode, 32, f))
		mode[0] = '\0';
	fclose(f);
	mode[strcspn(mode, "\n")] = '\0';
}

/* Does it say that this call fails? */
static bool fails(const char *call)
{
	char mode[32];

	read_file(mode);
	if (strcmp(mode, call) != 0)
		return false;
	unlink(getenv("CUT"));
	return true;
}

/* The mode when it is one for C_SetPIN; else "". */
static void read_mode(char mode[32])
{
	read_file(mode);
	if (!mode[0] || !strncmp(mode, "no-", 3) || !strncmp(mode, "hold-", 5))
		mode[0] = '\0';
	else
		unlink(getenv("CUT"));
}

static void die(const char *mode)
{
	if (strstr(mode, "-all"))
		kill(getppid(), SIGKILL);
	kill(getpid(), SIGKILL);
}

static CK_RV set_pin(CK_SESSION_HANDLE session, CK_UTF8CHAR *old, CK_ULONG old_len, CK_UTF8CHAR *new, CK_ULONG new_len)
{
	char mode[32];

	read_mode(mode);
	if (!strncmp(mode, "before", 6))
		die(mode);
	if (!strcmp(mode, "fails"))
		return CKR_GENERAL_ERROR;
	if (!strcmp(mode, "pretends"))
		return CKR_OK;
	CK_RV rv = real->C_SetPIN(session, old, old_len, new, new_len);
	if (!strncmp(mode, "after", 5))
		die(mode);
	return !strcmp(mode, "fails-after") ? CKR_GENERAL_ERROR : rv;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG len)
{
	return fails("no-login") ? CKR_DEVICE_ERROR : real->C_Login(session, user, pin, len);
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	return fails("no-token") ? CKR_DEVICE_ERROR : real->C_GetTokenInfo(slot, info);
}

static CK_RV init_token(CK_SLOT_ID slot, CK_UTF8CHAR *pin, CK_ULONG len, CK_UTF8CHAR *label)
{
	return fails("no-init") ? CKR_DEVICE_ERROR : real->C_InitToken(slot, pin, len, label);
}

static CK_RV generate(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public, CK_ULONG public_count,
        CK_ATTRIBUTE *private, CK_ULONG private_count, CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	const struct timespec moment = {0, 10 * 1000 * 1000};
	char mode[32];

	for (read_file(mode); !strcmp(mode, "hold-generate"); read_file(mode))
		nanosleep(&moment, NULL);
	return fails("no-generate") ? CKR_DEVICE_ERROR
	                            : real->C_GenerateKeyPair(session, mechanism, public, public_count, private,
	                                      private_count, public_key, private_key);
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return fails("no-sign") ? CKR_DEVICE_ERROR : real->C_SignInit(session, mechanism, key);
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR out)
{
	void *module = dlopen(getenv("CUT_MODULE"), RTLD_NOW);
	CK_C_GetFunctionList get = NULL;

	if (module)
		*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (!get || get(&real) != CKR_OK)
		return CKR_GENERAL_ERROR;
	list = *real;
	list.C_SetPIN = set_pin;
	list.C_Login = login;
	list.C_GetTokenInfo = token_info;
	list.C_InitToken = init_token;
	list.C_GenerateKeyPair = generate;
	list.C_SignInit = sign_init;
	*out = &list;
	return CKR_OK;
}
