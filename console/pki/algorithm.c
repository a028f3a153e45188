#include "pki/algorithm.h"
#include "pki/der.h"
#include "pki/profile.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <string.h>

/* BR 7.1.3.2.1 and 7.1.3.2.2 give these bytes; Ed25519 by RFC 8410 section 3: parameters absent. */
#define HASH(last) 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, (last), 0x05, 0x00
#define ECDSA(last)                                                                                                    \
	{                                                                                                              \
		0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, (last)                               \
	}
#define PKCS1(last)                                                                                                    \
	{                                                                                                              \
		0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, (last), 0x05, 0x00             \
	}
/* The same hash for the message and for MGF1, salt as long as the hash. */
#define PSS(hash, salt)                                                                                                \
	{                                                                                                              \
		0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x34, 0xa0, 0x0f,  \
		        HASH(hash), 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,      \
		        0x01, 0x08, HASH(hash), 0xa2, 0x03, 0x02, 0x01, (salt)                                         \
	}

static const uint8_t ecdsa_256[] = ECDSA(2), ecdsa_384[] = ECDSA(3), ecdsa_512[] = ECDSA(4);
static const uint8_t pkcs1_256[] = PKCS1(11), pkcs1_384[] = PKCS1(12), pkcs1_512[] = PKCS1(13);
static const uint8_t pss_256[] = PSS(1, 32), pss_384[] = PSS(2, 48), pss_512[] = PSS(3, 64);
static const uint8_t eddsa[] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};

#define DER(array) array, sizeof array

static const struct signature_algorithm signatures[] = {
        {"ecdsa-sha256", SCHEME_ECDSA, "SHA256", DER(ecdsa_256), "ec-p256"},
        {"ecdsa-sha384", SCHEME_ECDSA, "SHA384", DER(ecdsa_384), "ec-p384"},
        {"ecdsa-sha512", SCHEME_ECDSA, "SHA512", DER(ecdsa_512), "ec-p521"},
        {"rsa-pkcs1-sha256", SCHEME_PKCS1, "SHA256", DER(pkcs1_256), "rsa"},
        {"rsa-pkcs1-sha384", SCHEME_PKCS1, "SHA384", DER(pkcs1_384), "rsa"},
        {"rsa-pkcs1-sha512", SCHEME_PKCS1, "SHA512", DER(pkcs1_512), "rsa"},
        {"rsa-pss-sha256", SCHEME_PSS, "SHA256", DER(pss_256), "rsa"},
        {"rsa-pss-sha384", SCHEME_PSS, "SHA384", DER(pss_384), "rsa"},
        {"rsa-pss-sha512", SCHEME_PSS, "SHA512", DER(pss_512), "rsa"},
        {"ed25519", SCHEME_ED25519, NULL, DER(eddsa), NULL},
};

static const struct key_algorithm keys[] = {
        {"rsa-2048", "RSA", 2048, NULL, "rsa-pkcs1-sha256", true},
        {"rsa-3072", "RSA", 3072, NULL, "rsa-pkcs1-sha256", true},
        {"rsa-4096", "RSA", 4096, NULL, "rsa-pkcs1-sha256", true},
        {"rsa-6144", "RSA", 6144, NULL, "rsa-pkcs1-sha256", true},
        {"rsa-8192", "RSA", 8192, NULL, "rsa-pkcs1-sha256", true},
        {"ec-p256", "EC", 0, "prime256v1", "ecdsa-sha256", true},
        {"ec-p384", "EC", 0, "secp384r1", "ecdsa-sha384", true},
        {"ec-p521", "EC", 0, "secp521r1", "ecdsa-sha512", true},
        {"ed25519", "ED25519", 0, NULL, "ed25519", false},
};

#define COUNT(array) (sizeof array / sizeof array[0])

const struct signature_algorithm *signature_algorithm_named(const char *name)
{
	for (size_t i = 0; name && i < COUNT(signatures); i++)
		if (strcmp(signatures[i].name, name) == 0)
			return &signatures[i];
	return NULL;
}

const struct signature_algorithm *signature_algorithm_of(const void *der, size_t len)
{
	for (size_t i = 0; i < COUNT(signatures); i++)
		if (signatures[i].der_len == len && memcmp(signatures[i].der, der, len) == 0)
			return &signatures[i];
	return NULL;
}

const struct key_algorithm *key_algorithm_named(const char *name)
{
	for (size_t i = 0; name && i < COUNT(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

const struct key_algorithm *key_algorithm_of(const EVP_PKEY *key)
{
	char group[64] = "";
	size_t len;

	for (size_t i = 0; i < COUNT(keys); i++) {
		const struct key_algorithm *k = &keys[i];
		if (!EVP_PKEY_is_a(key, k->type))
			continue;
		if (k->bits && EVP_PKEY_get_bits(key) != (int)k->bits)
			continue;
		if (k->curve &&
		        (!EVP_PKEY_get_group_name(key, group, sizeof group, &len) || strcmp(group, k->curve) != 0))
			continue;
		return k;
	}
	return NULL;
}

bool key_is_sound(const EVP_PKEY *key)
{
	unsigned char raw[crypto_core_ed25519_BYTES];
	size_t len = sizeof raw;

	if (!EVP_PKEY_is_a(key, "ED25519"))
		return true;
	return EVP_PKEY_get_raw_public_key(key, raw, &len) == 1 && crypto_core_ed25519_is_valid_point(raw) == 1;
}

bool pki_key_algorithm_known(const char *algorithm)
{
	return key_algorithm_named(algorithm) != NULL;
}

const char *pki_default_signature(const char *key_algorithm)
{
	const struct key_algorithm *k = key_algorithm_named(key_algorithm);

	return k ? k->signature : NULL;
}

static bool scheme_takes(enum signature_scheme scheme, const char *type)
{
	switch (scheme) {
	case SCHEME_ECDSA:
		return strcmp(type, "EC") == 0;
	case SCHEME_PKCS1:
	case SCHEME_PSS:
		return strcmp(type, "RSA") == 0;
	case SCHEME_ED25519:
		return strcmp(type, "ED25519") == 0;
	}
	return false;
}

bool pki_signature_fits(const char *signature, const char *key_algorithm)
{
	const struct signature_algorithm *s = signature_algorithm_named(signature);
	const struct key_algorithm *k = key_algorithm_named(key_algorithm);

	return s && k && scheme_takes(s->scheme, k->type);
}

struct pki_key {
	EVP_PKEY *key;
	const struct key_algorithm *algorithm;
};

struct pki_key *pki_key_new(const char *algorithm, struct bytes *spki, struct error *e)
{
	const struct key_algorithm *a = key_algorithm_named(algorithm);
	struct pki_key *key = NULL;
	unsigned char *der = NULL;
	int n;

	if (!a) {
		error_set(e, ERROR_FAULT, N_("The key algorithm %s is not known."), algorithm ? algorithm : "");
		return NULL;
	}
	key = calloc(1, sizeof *key);
	if (!key) {
		error_memory(e);
		return NULL;
	}
	key->algorithm = a;
	if (a->bits)
		key->key = EVP_PKEY_Q_keygen(NULL, NULL, a->type, (size_t)a->bits);
	else if (a->curve)
		key->key = EVP_PKEY_Q_keygen(NULL, NULL, a->type, a->curve);
	else
		key->key = EVP_PKEY_Q_keygen(NULL, NULL, a->type);
	if (!key->key || (n = i2d_PUBKEY(key->key, &der)) <= 0) {
		openssl_error(e, ERROR_INTERNAL, N_("The throw-away key cannot be made: %s."));
		goto fault;
	}
	bytes_add(spki, der, (size_t)n);
	if (bytes_end(spki, e))
		goto fault;
	OPENSSL_free(der);
	return key;
fault:
	OPENSSL_free(der);
	pki_key_free(&key);
	return NULL;
}

void pki_key_free(struct pki_key **key)
{
	if (*key) {
		EVP_PKEY_free((*key)->key);
		free(*key);
	}
	*key = NULL;
}

/* RSA padding as the name says: PSS with the same hash for MGF1 and a salt of exactly the hash's length. */
static int set_padding(EVP_PKEY_CTX *ctx, const struct signature_algorithm *a)
{
	if (a->scheme == SCHEME_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING);
	if (a->scheme != SCHEME_PSS)
		return 1;
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) <= 0 ||
	        EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, a->hash, NULL) <= 0)
		return 0;
	return EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST);
}

int pki_key_sign(const struct pki_key *key, const char *signature, const void *message, size_t len, struct bytes *out,
        struct error *e)
{
	const struct signature_algorithm *a = signature_algorithm_named(signature);
	EVP_MD_CTX *ctx = NULL;
	EVP_PKEY_CTX *pctx = NULL; /* owned by ctx */
	unsigned char *sig = NULL;
	size_t n = 0, room = 0;
	int status = -1;

	if (!a || !scheme_takes(a->scheme, key->algorithm->type))
		return error_set(e, ERROR_FAULT, N_("A key of algorithm %s cannot make a signature of algorithm %s."),
		        key->algorithm->name, signature ? signature : "");
	ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestSignInit_ex(ctx, &pctx, a->hash, NULL, NULL, key->key, NULL) != 1 ||
	        set_padding(pctx, a) <= 0 || EVP_DigestSign(ctx, NULL, &room, message, len) != 1 ||
	        (sig = OPENSSL_malloc(room)) == NULL || (n = room, EVP_DigestSign(ctx, sig, &n, message, len)) != 1) {
		openssl_error(e, ERROR_INTERNAL, N_("The throw-away key cannot sign: %s."));
		goto out;
	}
	/* OpenSSL 3.0 calls it a success, of length -1, when it cannot encode an ECDSA signature for want of memory. */
	if (n > room) {
		error_memory(e);
		goto out;
	}
	bytes_add(out, sig, n);
	status = bytes_end(out, e);
out:
	OPENSSL_free(sig);
	EVP_MD_CTX_free(ctx);
	return status;
}

int pki_verify_key(EVP_PKEY *key, const struct signature_algorithm *a, const void *message, size_t len,
        const void *signature, size_t signature_len, struct error *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL; /* owned by ctx */
	int status = -1;

	if (!ctx || EVP_DigestVerifyInit_ex(ctx, &pctx, a->hash, NULL, NULL, key, NULL) != 1 ||
	        set_padding(pctx, a) <= 0) {
		openssl_error(e, ERROR_INTERNAL, N_("The signature cannot be checked: %s."));
		goto out;
	}
	if (EVP_DigestVerify(ctx, signature, signature_len, message, len) != 1) {
		error_set(e, ERROR_FAULT, N_("The signature of algorithm %s does not verify under the public key."),
		        a->name);
		goto out;
	}
	status = 0;
out:
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return status;
}

int pki_verify(const void *spki, size_t spki_len, const char *algorithm, const void *message, size_t len,
        const void *signature, size_t signature_len, struct error *e)
{
	const struct signature_algorithm *a = signature_algorithm_named(algorithm);
	EVP_PKEY *key = NULL;
	int status = -1;

	if (!a)
		return error_set(
		        e, ERROR_FAULT, N_("The signature algorithm %s is not known."), algorithm ? algorithm : "");
	key = spki_parse(spki, spki_len, e);
	if (!key)
		goto out;
	if (!scheme_takes(a->scheme, EVP_PKEY_get0_type_name(key))) {
		error_set(e, ERROR_FAULT,
		        N_("The public key is of another kind than the signature algorithm %s wants."), a->name);
		goto out;
	}
	if (!key_is_sound(key)) {
		error_set(e, ERROR_FAULT,
		        N_("The Ed25519 public key is of small order or not canonical: it proves nothing."));
		goto out;
	}
	status = pki_verify_key(key, a, message, len, signature, signature_len, e);
out:
	EVP_PKEY_free(key);
	return status;
}

int pki_key_is(const void *spki, size_t spki_len, const char *key_algorithm, struct error *e)
{
	EVP_PKEY *key = spki_parse(spki, spki_len, e);
	const struct key_algorithm *is = key ? key_algorithm_of(key) : NULL;
	int status = -1;

	if (key && (!is || strcmp(is->name, key_algorithm) != 0))
		error_set(e, ERROR_FAULT, N_("The public key is not one of the algorithm %s."), key_algorithm);
	else if (key)
		status = 0;
	EVP_PKEY_free(key);
	return status;
}

int signature_tail(const char *algorithm, const void *signature, size_t len, struct bytes *out, struct error *e)
{
	const struct signature_algorithm *a = signature_algorithm_named(algorithm);
	struct bytes bits = {0};
	int status = -1;

	if (!a)
		return error_set(
		        e, ERROR_FAULT, N_("The signature algorithm %s is not known."), algorithm ? algorithm : "");
	if (len == 0)
		return error_set(e, ERROR_FAULT, N_("The signature is empty."));
	bytes_byte(&bits, 0); /* no unused bits */
	bytes_add(&bits, signature, len);
	if (bytes_end(&bits, e) == 0) {
		bytes_add(out, a->der, a->der_len);
		der_put(out, 0x03, bits.data, bits.len);
		status = bytes_end(out, e);
	}
	bytes_free(&bits);
	return status;
}

int signature_join(const void *body, size_t body_len, const char *algorithm, const void *signature, size_t len,
        struct bytes *out, struct error *e)
{
	struct bytes inner = {0};
	int status = -1;

	bytes_add(&inner, body, body_len);
	if (signature_tail(algorithm, signature, len, &inner, e) == 0) {
		der_put(out, 0x30, inner.data, inner.len);
		status = bytes_end(out, e);
	}
	bytes_free(&inner);
	return status;
}
