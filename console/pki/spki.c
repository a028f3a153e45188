/* SubjectPublicKeyInfo, read by our own code: what came from outside meets no decoder of OpenSSL's here, only numbers
 * and points that are handed to it. */
#include "pki/der.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <string.h>

/* The larger ones only cost time: RFC 8017 has no limit, OpenSSL verifies nothing beyond. */
enum { RSA_BYTES_MAX = 16384 / 8 + 1, ED25519_BYTES = 32 };

/* Contents of OBJECT IDENTIFIERs: RFC 3279 section 2.3.1, RFC 5480 sections 2.1.1 and 2.1.1.1, RFC 8410 section 3. */
static const uint8_t rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const uint8_t ec[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const uint8_t ed25519[] = {0x2b, 0x65, 0x70};
static const uint8_t p256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t p384[] = {0x2b, 0x81, 0x04, 0x00, 0x22};
static const uint8_t p521[] = {0x2b, 0x81, 0x04, 0x00, 0x23};

static const struct {
	const uint8_t *oid;
	size_t len;
	const char *group;
} curves[] = {
        {p256, sizeof p256, SN_X9_62_prime256v1}, {p384, sizeof p384, SN_secp384r1}, {p521, sizeof p521, SN_secp521r1}};

static bool is(const struct der *oid, const uint8_t *contents, size_t len)
{
	return oid->len == len && memcmp(oid->value, contents, len) == 0;
}

int spki_split(const void *spki, size_t len, struct spki_parts *k)
{
	const uint8_t *at = spki, *in;
	size_t left = len, inside;
	struct der whole, identifier;

	*k = (struct spki_parts){0};
	if (!der_valid(spki, len) || der_next(&at, &left, &whole) || whole.tag != 0x30)
		return -1;
	at = whole.value;
	left = whole.len;
	if (der_next(&at, &left, &identifier) || identifier.tag != 0x30 || der_next(&at, &left, &k->bits) ||
	        k->bits.tag != 0x03 || left || k->bits.len < 1 || k->bits.value[0] != 0)
		return -1;
	in = identifier.value;
	inside = identifier.len;
	if (der_next(&in, &inside, &k->algorithm) || k->algorithm.tag != 0x06)
		return -1;
	if (inside && (der_next(&in, &inside, &k->parameters) || inside))
		return -1;
	if (is(&k->algorithm, rsa, sizeof rsa))
		k->kind = SPKI_RSA;
	else if (is(&k->algorithm, ec, sizeof ec))
		k->kind = SPKI_EC;
	else if (is(&k->algorithm, ed25519, sizeof ed25519))
		k->kind = SPKI_ED25519;
	for (size_t i = 0; k->kind == SPKI_EC && k->parameters.tag == 0x06 && i < sizeof curves / sizeof curves[0]; i++)
		if (is(&k->parameters, curves[i].oid, curves[i].len))
			k->group = curves[i].group;
	return 0;
}

int spki_rsa(const struct spki_parts *k, struct der *modulus, struct der *exponent)
{
	const uint8_t *at = k->bits.value + 1;
	size_t left = k->bits.len - 1;
	struct der whole;

	if (!der_valid(at, left) || der_next(&at, &left, &whole) || whole.tag != 0x30)
		return -1;
	at = whole.value;
	left = whole.len;
	if (der_next(&at, &left, modulus) || modulus->tag != 0x02 || der_next(&at, &left, exponent) ||
	        exponent->tag != 0x02 || left || modulus->value[0] & 0x80 || exponent->value[0] & 0x80)
		return -1;
	return 0;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = params ? EVP_PKEY_CTX_new_from_name(NULL, type, NULL) : NULL;
	EVP_PKEY *key = NULL;

	if (ctx && (EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1))
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *rsa_key(const struct spki_parts *k)
{
	struct der modulus, exponent;
	OSSL_PARAM_BLD *build = NULL;
	OSSL_PARAM *params = NULL;
	BIGNUM *n = NULL, *x = NULL;
	EVP_PKEY *key = NULL;

	if (k->parameters.tag != 0x05 || spki_rsa(k, &modulus, &exponent) || modulus.len > RSA_BYTES_MAX ||
	        exponent.len > RSA_BYTES_MAX)
		return NULL;
	n = BN_bin2bn(modulus.value, (int)modulus.len, NULL);
	x = BN_bin2bn(exponent.value, (int)exponent.len, NULL);
	build = OSSL_PARAM_BLD_new();
	if (n && x && build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, x) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	key = from_params("RSA", params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(x);
	return key;
}

/* RFC 5480 section 2.2: the point uncompressed or compressed, and written again in the same way. */
static EVP_PKEY *ec_key(const struct spki_parts *k)
{
	char group[32] = "", form[16];
	snprintf(group, sizeof group, "%s", k->group ? k->group : "");
	snprintf(form, sizeof form, "%s", k->bits.len > 1 && k->bits.value[1] != 4 ? "compressed" : "uncompressed");
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	        OSSL_PARAM_construct_octet_string(
	                OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)(k->bits.value + 1), k->bits.len - 1),
	        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form, 0),
	        OSSL_PARAM_construct_end()};

	if (!k->group || k->bits.len < 2 || k->bits.value[1] < 2 || k->bits.value[1] > 4)
		return NULL;
	return from_params("EC", params);
}

static EVP_PKEY *ed25519_key(const struct spki_parts *k)
{
	if (k->parameters.whole || k->bits.len != 1 + ED25519_BYTES)
		return NULL;
	return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, k->bits.value + 1, ED25519_BYTES);
}

EVP_PKEY *spki_parse(const void *spki, size_t len, struct error *e)
{
	struct spki_parts k;
	unsigned char *again = NULL;
	EVP_PKEY *key = NULL;
	int n;

	if (!der_valid(spki, len)) {
		error_set(
		        e, ERROR_FAULT, N_("The public key (SubjectPublicKeyInfo) is not exactly one element in DER."));
		return NULL;
	}
	if (spki_split(spki, len, &k) || k.kind == SPKI_OTHER || (k.kind == SPKI_EC && !k.group)) {
		error_set(e, ERROR_FAULT,
		        N_("The public key (SubjectPublicKeyInfo) is none of RSA, of EC on P-256, P-384 or P-521, or "
		           "of "
		           "Ed25519."));
		return NULL;
	}
	key = k.kind == SPKI_RSA ? rsa_key(&k) : k.kind == SPKI_EC ? ec_key(&k) : ed25519_key(&k);
	if (!key) {
		openssl_error(e, ERROR_FAULT, N_("The public key (SubjectPublicKeyInfo) does not parse: %s."));
		return NULL;
	}
	n = i2d_PUBKEY(key, &again);
	if (n < 0 || (size_t)n != len || memcmp(again, spki, len) != 0) {
		if (openssl_lacked_memory())
			error_memory(e);
		else
			error_set(e, ERROR_FAULT,
			        N_("The public key (SubjectPublicKeyInfo) does not encode again to the same bytes."));
		EVP_PKEY_free(key);
		key = NULL;
	}
	OPENSSL_free(again);
	ERR_clear_error();
	return key;
}

int spki_put(X509 *x, const struct spki_parts *k, struct error *e)
{
	int nid = k->kind == SPKI_RSA       ? NID_rsaEncryption
	          : k->kind == SPKI_EC      ? NID_X9_62_id_ecPublicKey
	          : k->kind == SPKI_ED25519 ? NID_ED25519
	                                    : NID_undef;
	int type = k->kind == SPKI_RSA ? V_ASN1_NULL : k->kind == SPKI_EC ? V_ASN1_OBJECT : V_ASN1_UNDEF;
	ASN1_OBJECT *curve = k->kind == SPKI_EC && k->group ? OBJ_nid2obj(OBJ_sn2nid(k->group)) : NULL;
	size_t len = k->bits.len - 1;
	unsigned char *bits;

	if (nid == NID_undef || (k->kind == SPKI_EC && !curve))
		return error_set(e, ERROR_FAULT, N_("The public key is of no algorithm, size or curve known here."));
	bits = OPENSSL_memdup(k->bits.value + 1, len);
	if (!bits ||
	        X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x), OBJ_nid2obj(nid), type, curve, bits, (int)len) != 1) {
		OPENSSL_free(bits);
		return error_memory(e);
	}
	return 0;
}
