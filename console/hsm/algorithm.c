#include "hsm/algorithm.h"
#include "hsm/wire_messages.h"
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

/* OBJECT IDENTIFIERs, DER: RFC 5480 section 2.1.1.1; RFC 8410 section 3. */
static const uint8_t p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t p384[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
static const uint8_t p521[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23};
static const uint8_t ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};

static const struct key_algorithm keys[] = {
        {"ec-p256", CKK_EC, CKM_EC_KEY_PAIR_GEN, 256, p256, sizeof p256, "P-256", "ecdsa-sha256"},
        {"ec-p384", CKK_EC, CKM_EC_KEY_PAIR_GEN, 384, p384, sizeof p384, "P-384", "ecdsa-sha384"},
        {"ec-p521", CKK_EC, CKM_EC_KEY_PAIR_GEN, 521, p521, sizeof p521, "P-521", "ecdsa-sha512"},
        {"ed25519", CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, 256, ed25519, sizeof ed25519, "ED25519", "ed25519"},
};

static const struct signature_algorithm signatures[] = {
        {"ecdsa-sha256", CKK_EC, "SHA256", false, 0, CKM_ECDSA, CKM_ECDSA_SHA256, NID_ecdsa_with_SHA256},
        {"ecdsa-sha384", CKK_EC, "SHA384", false, 0, CKM_ECDSA, CKM_ECDSA_SHA384, NID_ecdsa_with_SHA384},
        {"ecdsa-sha512", CKK_EC, "SHA512", false, 0, CKM_ECDSA, CKM_ECDSA_SHA512, NID_ecdsa_with_SHA512},
        {"rsa-pkcs1-sha256", CKK_RSA, "SHA256", false, 0, CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS,
                NID_sha256WithRSAEncryption},
        {"rsa-pkcs1-sha384", CKK_RSA, "SHA384", false, 0, CKM_RSA_PKCS, CKM_SHA384_RSA_PKCS,
                NID_sha384WithRSAEncryption},
        {"rsa-pkcs1-sha512", CKK_RSA, "SHA512", false, 0, CKM_RSA_PKCS, CKM_SHA512_RSA_PKCS,
                NID_sha512WithRSAEncryption},
        {"rsa-pss-sha256", CKK_RSA, "SHA256", true, 32, CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS, NID_rsassaPss},
        {"rsa-pss-sha384", CKK_RSA, "SHA384", true, 48, CKM_RSA_PKCS_PSS, CKM_SHA384_RSA_PKCS_PSS, NID_rsassaPss},
        {"rsa-pss-sha512", CKK_RSA, "SHA512", true, 64, CKM_RSA_PKCS_PSS, CKM_SHA512_RSA_PKCS_PSS, NID_rsassaPss},
        {"ed25519", CKK_EC_EDWARDS, NULL, false, 0, CKM_EDDSA, CKM_EDDSA, NID_ED25519},
};
enum { KEYS = sizeof keys / sizeof keys[0], SIGNATURES = sizeof signatures / sizeof signatures[0] };

int key_algorithm_find(const char *name, struct key_algorithm *out, struct error *e)
{
	static const char *const rsa[] = {
	        "rsa-2048", "rsa-3072", "rsa-4096", "rsa-5120", "rsa-6144", "rsa-7168", "rsa-8192"};
	for (size_t i = 0; name && i < KEYS; i++)
		if (!strcmp(keys[i].name, name)) {
			*out = keys[i];
			return 0;
		}
	for (size_t i = 0; name && i < sizeof rsa / sizeof rsa[0]; i++)
		if (!strcmp(rsa[i], name)) {
			*out = (struct key_algorithm){"rsa", CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, 2048 + 1024 * i, NULL,
			        0, NULL, "rsa-pkcs1-sha256"};
			return 0;
		}
	return error_set(e, ERROR_FAULT, MSG_ALGORITHM, name ? name : "");
}

bool key_algorithm_is_curve(const struct key_algorithm *a, const uint8_t *params, size_t len)
{
	/* PKCS#11 v3.0 section 2.3.5 lets a token name this curve by a PrintableString as well. SoftHSM takes the
	 * OBJECT IDENTIFIER and reads back the name. */
	static const uint8_t named[] = "\x13\x0c"
	                               "edwards25519";
	if (len == a->params_len && len && !memcmp(params, a->params, len))
		return true;
	return a->type == CKK_EC_EDWARDS && len == sizeof named - 1 && !memcmp(params, named, len);
}

int signature_algorithm_find(const char *name, struct signature_algorithm *out, struct error *e)
{
	for (size_t i = 0; i < SIGNATURES; i++)
		if (!strcmp(signatures[i].name, name)) {
			*out = signatures[i];
			return 0;
		}
	return error_set(e, ERROR_FAULT, MSG_ALGORITHM, name);
}

/* A hash's AlgorithmIdentifier: RFC 4055 section 2.1 has the parameters NULL, and absent ones accepted. */
static int hash_of(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object;
	int type;
	if (!algorithm)
		return NID_undef;
	X509_ALGOR_get0(&object, &type, NULL, algorithm);
	return type == V_ASN1_NULL || type == V_ASN1_UNDEF ? OBJ_obj2nid(object) : NID_undef;
}

static int mgf_hash_of(const X509_ALGOR *mgf)
{
	const ASN1_OBJECT *object;
	const void *value;
	int type;
	if (!mgf)
		return NID_undef;
	X509_ALGOR_get0(&object, &type, &value, mgf);
	if (OBJ_obj2nid(object) != NID_mgf1 || type != V_ASN1_SEQUENCE)
		return NID_undef;
	X509_ALGOR *inner = ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));
	int hash = hash_of(inner);
	X509_ALGOR_free(inner);
	return hash;
}

/* RFC 4055 section 3.1: the same hash in MGF1, a salt as long as the hash, trailer 1. */
static int read_pss(const X509_ALGOR *algorithm, struct signature_algorithm *out, struct error *e)
{
	const void *value;
	int type, rc = -1;
	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	RSA_PSS_PARAMS *p = type == V_ASN1_SEQUENCE ? ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS)) : NULL;
	int hash = p ? hash_of(p->hashAlgorithm) : NID_undef;
	if (hash != NID_undef && hash == mgf_hash_of(p->maskGenAlgorithm) &&
	        (!p->trailerField || ASN1_INTEGER_get(p->trailerField) == 1))
		for (size_t i = 0; i < SIGNATURES; i++)
			if (signatures[i].pss && EVP_MD_get_type(EVP_get_digestbyname(signatures[i].hash)) == hash &&
			        p->saltLength && ASN1_INTEGER_get(p->saltLength) == (long)signatures[i].salt) {
				*out = signatures[i];
				rc = 0;
			}
	RSA_PSS_PARAMS_free(p);
	ERR_clear_error();
	return rc ? error_set(e, ERROR_FAULT, MSG_ALGORITHM_PARAMETERS, "rsassaPss") : 0;
}

static int read_identifier(const X509_ALGOR *algorithm, struct signature_algorithm *out, struct error *e)
{
	const ASN1_OBJECT *object;
	char text[80] = "";
	int type = 0;
	X509_ALGOR_get0(&object, &type, NULL, algorithm);
	int oid = OBJ_obj2nid(object);
	if (oid == NID_rsassaPss)
		return read_pss(algorithm, out, e);
	OBJ_obj2txt(text, sizeof text, object, 0);
	for (size_t i = 0; i < SIGNATURES; i++) {
		if (signatures[i].oid != oid)
			continue;
		/* RFC 4055 section 5: NULL; RFC 5758 section 3.2 and RFC 8410 section 3: none. */
		if (type != (signatures[i].type == CKK_RSA ? V_ASN1_NULL : V_ASN1_UNDEF))
			return error_set(e, ERROR_FAULT, MSG_ALGORITHM_PARAMETERS, text);
		*out = signatures[i];
		return 0;
	}
	return error_set(e, ERROR_FAULT, MSG_ALGORITHM, text);
}

int signature_algorithm_read(const struct der *algorithm, struct signature_algorithm *out, struct error *e)
{
	const unsigned char *at = algorithm->whole;
	X509_ALGOR *identifier = d2i_X509_ALGOR(NULL, &at, (long)algorithm->whole_len);
	int rc = -1;
	if (!identifier || at != algorithm->whole + algorithm->whole_len)
		error_set(e, ERROR_FAULT, MSG_ALGORITHM, "");
	else
		rc = read_identifier(identifier, out, e);
	X509_ALGOR_free(identifier);
	ERR_clear_error();
	return rc;
}

int signature_input(const struct signature_algorithm *s, bool hash_first, const void *message, size_t len,
        struct bytes *input, struct error *e)
{
	uint8_t hash[EVP_MAX_MD_SIZE], *der = NULL;
	unsigned hash_len = 0;
	int rc = -1, n = 0;
	X509_SIG *info = NULL;
	X509_ALGOR *algorithm = NULL;
	ASN1_OCTET_STRING *digest = NULL;
	bytes_clear(input);
	if (!s->hash || !hash_first) {
		bytes_add(input, message, len);
		return bytes_end(input, e);
	}
	const EVP_MD *md = EVP_get_digestbyname(s->hash);
	if (!EVP_Digest(message, len, hash, &hash_len, md, NULL)) {
		error_memory(e);
		goto out;
	}
	if (s->type != CKK_RSA || s->pss) {
		bytes_add(input, hash, hash_len);
		rc = bytes_end(input, e);
		goto out;
	}
	/* RFC 8017 section 9.2, step 2: DigestInfo. */
	info = X509_SIG_new();
	if (info) {
		X509_SIG_getm(info, &algorithm, &digest);
		X509_ALGOR_set0(algorithm, OBJ_nid2obj(EVP_MD_get_type(md)), V_ASN1_NULL, NULL);
		if (ASN1_OCTET_STRING_set(digest, hash, (int)hash_len))
			n = i2d_X509_SIG(info, &der);
	}
	if (n <= 0) {
		error_memory(e);
		goto out;
	}
	bytes_add(input, der, (size_t)n);
	rc = bytes_end(input, e);
out:
	X509_SIG_free(info);
	OPENSSL_free(der);
	ERR_clear_error();
	return rc;
}

int signature_output(
        const struct signature_algorithm *s, const uint8_t *raw, size_t len, struct bytes *out, struct error *e)
{
	uint8_t *der = NULL;
	int n = 0;
	bytes_clear(out);
	if (s->type != CKK_EC) {
		bytes_add(out, raw, len);
		return bytes_end(out, e);
	}
	if (!len || len % 2)
		return error_set(e, ERROR_TOKEN, MSG_SIGNATURE_LENGTH, len);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, (int)(len / 2), NULL), *v = BN_bin2bn(raw + len / 2, (int)(len / 2), NULL);
	if (sig && r && v && ECDSA_SIG_set0(sig, r, v)) {
		r = v = NULL;
		n = i2d_ECDSA_SIG(sig, &der);
	}
	if (n > 0)
		bytes_add(out, der, (size_t)n);
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	BN_free(r);
	BN_free(v);
	return n > 0 ? bytes_end(out, e) : error_memory(e);
}

int signature_verify(const struct signature_algorithm *s, EVP_PKEY *key, const void *message, size_t len,
        const void *signature, size_t signature_len, struct error *e)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *parameters = NULL;
	const EVP_MD *md = s->hash ? EVP_get_digestbyname(s->hash) : NULL;
	int ok = context && EVP_DigestVerifyInit(context, &parameters, md, NULL, key) == 1;
	if (ok && s->pss)
		ok = EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) > 0 &&
		     EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, md) > 0 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, (int)s->salt) > 0;
	if (ok)
		ok = EVP_DigestVerify(context, signature, signature_len, message, len) == 1;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return ok ? 0 : error_set(e, ERROR_TOKEN, MSG_SIGNATURE_BAD, s->name);
}
