/* Part of fault.c, which defines point(): the calls of the PKCS#11 module, before and after each. */
#ifndef PRELOAD_TOKEN_H
#define PRELOAD_TOKEN_H

/* Every function of the module's list. They are called with eight words, of which each
 * takes as many as it knows (C_GenerateKeyPair takes eight). */
typedef CK_RV any(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t);

static CK_FUNCTION_LIST list;
static CK_FUNCTION_LIST_PTR real_list;

static CK_RV answer(void)
{
	return own.error ? (CK_RV)own.error : CKR_GENERAL_ERROR;
}

/* clang-format off */
#define CALLS(X) \
	X(C_Initialize) X(C_Finalize) X(C_GetInfo) X(C_GetSlotList) X(C_GetSlotInfo) X(C_GetTokenInfo) \
	X(C_GetMechanismList) X(C_GetMechanismInfo) X(C_InitToken) X(C_InitPIN) X(C_SetPIN) X(C_OpenSession) \
	X(C_CloseSession) X(C_CloseAllSessions) X(C_GetSessionInfo) X(C_Login) X(C_Logout) X(C_CreateObject) \
	X(C_CopyObject) X(C_DestroyObject) X(C_GetAttributeValue) X(C_SetAttributeValue) X(C_FindObjectsInit) \
	X(C_FindObjects) X(C_FindObjectsFinal) X(C_EncryptInit) X(C_Encrypt) X(C_DecryptInit) X(C_Decrypt) \
	X(C_DigestInit) X(C_Digest) X(C_SignInit) X(C_Sign) X(C_SignUpdate) X(C_SignFinal) X(C_VerifyInit) \
	X(C_Verify) X(C_GenerateKey) X(C_GenerateKeyPair) X(C_WrapKey) X(C_UnwrapKey) X(C_GenerateRandom) \
	X(C_SeedRandom)
/* clang-format on */

#define WRAPPED(name)                                                                                                  \
	static CK_RV own_##name(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f,          \
	        uintptr_t g, uintptr_t h)                                                                              \
	{                                                                                                              \
		if (point(TOKEN_BEFORE, #name, -1, NULL))                                                              \
			return answer();                                                                               \
		CK_RV rv = ((any *)(uintptr_t)real_list->name)(a, b, c, d, e, f, g, h);                                \
		return point(TOKEN_AFTER, #name, -1, NULL) ? answer() : rv;                                            \
	}
CALLS(WRAPPED)

static CK_RV get_list(CK_FUNCTION_LIST_PTR_PTR out)
{
	*out = &list;
	return CKR_OK;
}

/* libp11 and the helper look the module's one entry point up. */
PUBLIC void *dlsym(void *restrict handle, const char *restrict name)
{
	static void *(*real)(void *, const char *);
	void *found;

	if (!real)
		*(void **)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
	if (!real)
		*(void **)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
	found = real(handle, name);
	if (!found || !state || !own.helper || strcmp(name, "C_GetFunctionList"))
		return found;
	CK_C_GetFunctionList get;
	*(void **)&get = found;
	if (!real_list) {
		if (get(&real_list) != CKR_OK)
			return found;
		list = *real_list;
#define PUT(name) *(void **)&list.name = (void *)(uintptr_t)own_##name;
		CALLS(PUT)
	}
	CK_C_GetFunctionList ours = get_list;
	return *(void **)&ours;
}

#endif
