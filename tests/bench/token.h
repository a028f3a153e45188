/* A SoftHSM2 token of a benchmark's own, in the working directory, driven straight: the bare rate that others are held
 * against. */
#ifndef BENCH_TOKEN_H
#define BENCH_TOKEN_H

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const modules[] = {"/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm2.so"};

struct token {
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE private, public;
};

static inline int token_module(struct token *t)
{
	for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
		void *module = dlopen(modules[i], RTLD_NOW);
		CK_C_GetFunctionList get;
		void *symbol = module ? dlsym(module, "C_GetFunctionList") : NULL;
		if (!symbol)
			continue;
		memcpy(&get, &symbol, sizeof get);
		return get(&t->f) == CKR_OK && t->f->C_Initialize(NULL) == CKR_OK ? 0 : -1;
	}
	fprintf(stderr, "bench: SoftHSM2 is not installed\n");
	return -1;
}

/* A P-256 key, or RSA-2048. */
static inline int token_generate(struct token *t, bool rsa)
{
	static CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE public[] = {
	        {CKA_EC_PARAMS, p256, sizeof p256}, {CKA_VERIFY, &yes, sizeof yes}, {CKA_TOKEN, &yes, sizeof yes}};
	CK_ATTRIBUTE private[] = {{CKA_SIGN, &yes, sizeof yes}, {CKA_TOKEN, &yes, sizeof yes},
	        {CKA_SENSITIVE, &yes, sizeof yes}, {CKA_EXTRACTABLE, &no, sizeof no}};
	CK_ULONG bits = 2048;
	CK_ATTRIBUTE public_rsa[] = {
	        {CKA_MODULUS_BITS, &bits, sizeof bits}, {CKA_VERIFY, &yes, sizeof yes}, {CKA_TOKEN, &yes, sizeof yes}};
	CK_MECHANISM ec = {CKM_EC_KEY_PAIR_GEN, NULL, 0}, rsa_pair = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};

	return t->f->C_GenerateKeyPair(t->session, rsa ? &rsa_pair : &ec, rsa ? public_rsa : public, 3, private, 4,
	               &t->public, &t->private) == CKR_OK
	               ? 0
	               : -1;
}

static inline int token_open(struct token *t, bool rsa)
{
	CK_UTF8CHAR pin[] = "REHEARSAL-1234", label[32];
	CK_SLOT_ID slot[8];
	CK_ULONG count = 8;
	FILE *f = fopen("softhsm2.conf", "w");

	if (!f)
		return -1;
	fputs("directories.tokendir = tokens\nobjectstore.backend = file\nlog.level = ERROR\n", f);
	if (fclose(f) || mkdir("tokens", 0700) || setenv("SOFTHSM2_CONF", "softhsm2.conf", 1) || token_module(t))
		return -1;
	memset(label, ' ', sizeof label);
	memcpy(label, "REHEARSAL bench", 15);
	if (t->f->C_GetSlotList(CK_TRUE, slot, &count) || count == 0 ||
	        t->f->C_InitToken(slot[0], pin, sizeof pin - 1, label))
		return -1;
	count = 8;
	if (t->f->C_GetSlotList(CK_TRUE, slot, &count) || count == 0 ||
	        t->f->C_OpenSession(slot[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &t->session) ||
	        t->f->C_Login(t->session, CKU_SO, pin, sizeof pin - 1) ||
	        t->f->C_InitPIN(t->session, pin, sizeof pin - 1) || t->f->C_Logout(t->session) ||
	        t->f->C_Login(t->session, CKU_USER, pin, sizeof pin - 1))
		return -1;
	return token_generate(t, rsa);
}

static inline int token_sign(struct token *t, const uint8_t hash[32], uint8_t signature[64])
{
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	CK_ULONG len = 64;
	uint8_t copy[32];

	memcpy(copy, hash, 32);
	if (t->f->C_SignInit(t->session, &mechanism, t->private) != CKR_OK ||
	        t->f->C_Sign(t->session, copy, 32, signature, &len) != CKR_OK)
		return -1;
	return len == 64 ? 0 : -1;
}

/* PKCS#1 v1.5 over a DigestInfo (RFC 8017 section 9.2), which the console's helper makes too. */
static inline int token_sign_rsa(struct token *t, const uint8_t hash[32], uint8_t signature[256])
{
	static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
	        0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
	CK_ULONG len = 256;
	uint8_t data[sizeof info + 32];

	memcpy(data, info, sizeof info);
	memcpy(data + sizeof info, hash, 32);
	if (t->f->C_SignInit(t->session, &mechanism, t->private) != CKR_OK ||
	        t->f->C_Sign(t->session, data, sizeof data, signature, &len) != CKR_OK)
		return -1;
	return len == 256 ? 0 : -1;
}

#endif
