/* A PKCS#11 module that hands everything to the one named by CUT_MODULE, and is cut at C_SetPIN when the file named by
 * CUT says how. Once: the file is removed first.
 *
 * before, after: the process is killed before or after the token changed its PIN;
 * before-all, after-all: and the console with it;
 * fails, fails-after: CKR_GENERAL_ERROR, before or after;
 * pretends: CKR_OK, and nothing was done;
 * no-login: it is C_Login that fails, with CKR_DEVICE_ERROR. */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static CK_FUNCTION_LIST list;
static CK_FUNCTION_LIST_PTR real;

/* The mode that the file says, when it is one for C_Login or (false) for C_SetPIN; else "". */
static void read_mode(char mode[32], bool login)
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
	if (login == !strcmp(mode, "no-login"))
		unlink(path);
	else
		mode[0] = '\0';
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

	read_mode(mode, false);
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
	char mode[32];

	read_mode(mode, true);
	return mode[0] ? CKR_DEVICE_ERROR : real->C_Login(session, user, pin, len);
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
	*out = &list;
	return CKR_OK;
}
