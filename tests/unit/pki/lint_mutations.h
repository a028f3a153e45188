/* Changes to a sound root that each break something. */
#ifndef TEST_PKI_LINT_MUTATIONS_H
#define TEST_PKI_LINT_MUTATIONS_H

#include "fixture.h"

#include "pki/lint.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

static inline void extension_delete(X509 *x, int nid)
{
	int at = X509_get_ext_by_NID(x, nid, -1);

	assert_true(at >= 0);
	X509_EXTENSION_free(X509_delete_ext(x, at));
}

static inline void extension_raw(X509 *x, const char *oid, int critical, const char *hex)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	uint8_t data[256];
	size_t len = strlen(hex) / 2;
	X509_EXTENSION *made;

	assert_int_equal(hex_decode(hex, strlen(hex), data, len), 0);
	assert_true(ASN1_OCTET_STRING_set(value, data, (int)len));
	made = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	assert_true(X509_add_ext(x, made, -1));
	X509_EXTENSION_free(made);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

static inline void extension_text(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *made = X509V3_EXT_nconf_nid(NULL, NULL, nid, value);

	assert_non_null(made);
	assert_true(X509_add_ext(x, made, -1));
	X509_EXTENSION_free(made);
}

static inline void extension_critical(X509 *x, int nid, int critical)
{
	assert_true(X509_EXTENSION_set_critical(X509_get_ext(x, X509_get_ext_by_NID(x, nid, -1)), critical));
}

static inline X509_NAME *name_copy(X509 *x)
{
	return X509_NAME_dup(X509_get_subject_name(x));
}

static inline void name_put(X509 *x, X509_NAME *name)
{
	assert_true(X509_set_subject_name(x, name) && X509_set_issuer_name(x, name));
	X509_NAME_free(name);
}

/* Replaces the value of attribute `at` of both names. */
static inline void attribute(X509 *x, int at, int type, const char *value)
{
	X509_NAME *name = name_copy(x);

	assert_true(X509_NAME_ENTRY_set_data(
	        X509_NAME_get_entry(name, at), type, (const unsigned char *)value, (int)strlen(value)));
	/* adding and taking away makes OpenSSL encode the name anew */
	assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"x", 1, -1, 0));
	X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, X509_NAME_entry_count(name) - 1));
	name_put(x, name);
}

static inline void serial(X509 *x, const char *hex)
{
	BIGNUM *n = NULL;

	assert_true(BN_hex2bn(&n, hex));
	assert_non_null(BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)));
	BN_free(n);
}

static inline void version_1(X509 *x)
{
	assert_true(X509_set_version(x, X509_VERSION_1));
}
static inline void serial_zero(X509 *x)
{
	serial(x, "0");
}
static inline void serial_negative(X509 *x)
{
	serial(x, "-112233445566778899");
}
static inline void serial_long(X509 *x)
{
	serial(x, "010000000000000000000000000000000000000000");
}
static inline void serial_159(X509 *x)
{
	serial(x, "8000000000000000000000000000000000000000");
}
static inline void serial_short(X509 *x)
{
	serial(x, "11223344556677");
}
static inline void algorithm_null(X509 *x)
{
	X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x), OBJ_nid2obj(NID_ecdsa_with_SHA384),
	        V_ASN1_NULL, NULL);
}
static inline void algorithm_rsa_absent(X509 *x)
{
	X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x), OBJ_nid2obj(NID_sha256WithRSAEncryption),
	        V_ASN1_UNDEF, NULL);
}
static inline void algorithm_sha1(X509 *x)
{
	X509_ALGOR_set0(
	        (X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x), OBJ_nid2obj(NID_ecdsa_with_SHA1), V_ASN1_UNDEF, NULL);
}
static inline void issuer_empty(X509 *x)
{
	X509_NAME *name = X509_NAME_new();

	assert_true(X509_set_issuer_name(x, name));
	X509_NAME_free(name);
}
static inline void names_empty(X509 *x)
{
	name_put(x, X509_NAME_new());
}
static inline void issuer_other_without_aki(X509 *x)
{
	X509_NAME *name = name_copy(x);

	assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"x", 1, -1, 0));
	assert_true(X509_set_issuer_name(x, name));
	X509_NAME_free(name);
	extension_delete(x, NID_authority_key_identifier);
}
static inline void time_raw(ASN1_TIME *t, int type, const char *text)
{
	assert_true(ASN1_STRING_set(t, text, -1));
	t->type = type;
}
static inline void time_early_generalized(X509 *x)
{
	time_raw(X509_getm_notBefore(x), V_ASN1_GENERALIZEDTIME, "20261201000000Z");
}
static inline void time_without_seconds(X509 *x)
{
	time_raw(X509_getm_notBefore(x), V_ASN1_UTCTIME, "2612010000Z");
}
static inline void time_with_offset(X509 *x)
{
	time_raw(X509_getm_notBefore(x), V_ASN1_UTCTIME, "261201090000+0900");
}
static inline void time_impossible(X509 *x)
{
	time_raw(X509_getm_notBefore(x), V_ASN1_UTCTIME, "261301000000Z");
}
static inline void time_backwards(X509 *x)
{
	time_raw(X509_getm_notAfter(x), V_ASN1_UTCTIME, "261130000000Z");
}
static inline void country_utf8(X509 *x)
{
	attribute(x, 0, V_ASN1_UTF8STRING, "JP");
}
static inline void country_small(X509 *x)
{
	attribute(x, 0, V_ASN1_PRINTABLESTRING, "jp");
}
static inline void common_name_65(X509 *x)
{
	attribute(x, 2, V_ASN1_UTF8STRING, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
}
static inline void common_name_64_wide(X509 *x)
{
	attribute(x, 2, V_ASN1_UTF8STRING,
	        "ああああああああああああああああああああああああああああああああ"
	        "ああああああああああああああああああああああああああああああああ");
}
static inline void common_name_empty(X509 *x)
{
	attribute(x, 2, V_ASN1_UTF8STRING, "");
}
static inline void common_name_ia5(X509 *x)
{
	attribute(x, 2, V_ASN1_IA5STRING, "Root");
}
static inline void common_name_not_printable(X509 *x)
{
	attribute(x, 2, V_ASN1_PRINTABLESTRING, "a@b");
}
static inline void common_name_t61(X509 *x)
{
	attribute(x, 2, V_ASN1_T61STRING, "Root");
}
static inline void rdn_of_two(X509 *x)
{
	X509_NAME *name = name_copy(x);

	assert_true(X509_NAME_add_entry_by_txt(name, "L", MBSTRING_ASC, (const unsigned char *)"Kyoto", 5, 1, 1));
	name_put(x, name);
}
static inline void key_set(X509 *x, EVP_PKEY *key)
{
	assert_non_null(key);
	assert_true(X509_set_pubkey(x, key));
	EVP_PKEY_free(key);
}
static inline void key_explicit(X509 *x)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp384r1");

	assert_true(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT));
	key_set(x, key);
}
static inline void key_secp256k1(X509 *x)
{
	key_set(x, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"));
}
/* The same key bits under an algorithm with other parameters. */
static inline void key_parameters(X509 *x, EVP_PKEY *key, int nid, int type)
{
	const unsigned char *bits;
	unsigned char *copy;
	int len;

	key_set(x, key);
	X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, X509_get_X509_PUBKEY(x));
	copy = OPENSSL_memdup(bits, (size_t)len);
	assert_true(X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x), OBJ_nid2obj(nid), type, NULL, copy, len));
}
static inline void key_rsa_absent(X509 *x)
{
	key_parameters(x, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048), NID_rsaEncryption, V_ASN1_UNDEF);
}
static inline void key_ed25519_null(X509 *x)
{
	key_parameters(x, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NID_ED25519, V_ASN1_NULL);
}
static inline EVP_PKEY *rsa_of(BIGNUM *n, BN_ULONG exponent)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;

	assert_true(BN_set_word(e, exponent));
	assert_true(OSSL_PARAM_BLD_push_BN(b, "n", n) && OSSL_PARAM_BLD_push_BN(b, "e", e));
	params = OSSL_PARAM_BLD_to_param(b);
	assert_true(EVP_PKEY_fromdata_init(ctx) == 1);
	assert_true(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(ctx);
	BN_free(e);
	BN_free(n);
	return key;
}
/* A modulus of that many bits whose only prime factor under 752 is `factor` (0: none). No one has its private key. */
static inline BIGNUM *modulus(int bits, BN_ULONG factor)
{
	BIGNUM *n = BN_new();

	assert_true(BN_set_bit(n, bits - 1));
	assert_true(BN_set_bit(n, 0));
	for (bool found = false; !found;) {
		found = true;
		for (BN_ULONG d = 3; d < 752; d += 2)
			if ((BN_mod_word(n, d) == 0) != (d == factor))
				found = false;
		if (!found)
			assert_true(BN_add_word(n, 2));
	}
	return n;
}
static inline void key_rsa_1024(X509 *x)
{
	key_set(x, rsa_of(modulus(1024, 0), 65537));
}
static inline void key_rsa_2049(X509 *x)
{
	key_set(x, rsa_of(modulus(2049, 0), 65537));
}
static inline void key_rsa_3(X509 *x)
{
	key_set(x, rsa_of(modulus(2048, 0), 3));
}
static inline void key_rsa_even(X509 *x)
{
	key_set(x, rsa_of(modulus(2048, 0), 65538));
}
static inline void key_rsa_factor(X509 *x)
{
	key_set(x, rsa_of(modulus(2048, 751), 65537));
}
static inline void key_id_twice(X509 *x)
{
	assert_true(X509_add_ext(x, X509_get_ext(x, X509_get_ext_by_NID(x, NID_subject_key_identifier, -1)), -1));
}
static inline void key_id_undecodable(X509 *x)
{
	extension_delete(x, NID_subject_key_identifier);
	extension_raw(x, "2.5.29.14", 0, "0500");
}
static inline void key_id_missing(X509 *x)
{
	extension_delete(x, NID_subject_key_identifier);
}
static inline void key_id_critical(X509 *x)
{
	extension_critical(x, NID_subject_key_identifier, 1);
}
static inline void unknown_critical(X509 *x)
{
	extension_raw(x, "1.2.3.4", 1, "0500");
}
static inline void unknown(X509 *x)
{
	extension_raw(x, "1.2.3.4", 0, "0500");
}
static inline void authority_half(X509 *x)
{
	AUTHORITY_KEYID *a = X509_get_ext_d2i(x, NID_authority_key_identifier, NULL, NULL);

	a->serial = ASN1_INTEGER_new();
	assert_true(ASN1_INTEGER_set(a->serial, 5));
	assert_true(X509_add1_ext_i2d(x, NID_authority_key_identifier, a, 0, X509V3_ADD_REPLACE) == 1);
	AUTHORITY_KEYID_free(a);
}
static inline void authority_other(X509 *x)
{
	extension_delete(x, NID_authority_key_identifier);
	extension_raw(x, "2.5.29.35", 0, "30048002abcd");
}
static inline void authority_empty(X509 *x)
{
	extension_delete(x, NID_authority_key_identifier);
	extension_raw(x, "2.5.29.35", 0, "3000");
}
static inline void authority_missing(X509 *x)
{
	extension_delete(x, NID_authority_key_identifier);
}
static inline void authority_critical(X509 *x)
{
	extension_critical(x, NID_authority_key_identifier, 1);
}
static inline void usage_missing(X509 *x)
{
	extension_delete(x, NID_key_usage);
}
static inline void usage_not_critical(X509 *x)
{
	extension_critical(x, NID_key_usage, 0);
}
static inline void usage_raw(X509 *x, const char *hex)
{
	extension_delete(x, NID_key_usage);
	extension_raw(x, "2.5.29.15", 1, hex);
}
static inline void usage_empty(X509 *x)
{
	usage_raw(x, "030100");
}
static inline void usage_trailing(X509 *x)
{
	usage_raw(x, "03020006");
}
static inline void basic_missing(X509 *x)
{
	extension_delete(x, NID_basic_constraints);
}
static inline void path_negative(X509 *x)
{
	extension_delete(x, NID_basic_constraints);
	extension_raw(x, "2.5.29.19", 1, "30060101ff0201ff");
}
static inline void policies_twice(X509 *x)
{
	extension_raw(x, "2.5.29.32", 0, "300e300506032a0304300506032a0304");
}
static inline void policies_critical(X509 *x)
{
	extension_raw(x, "2.5.29.32", 1, "3007300506032a0304");
}
static inline void mappings_any(X509 *x)
{
	extension_text(x, NID_policy_mappings, "critical,2.5.29.32.0:1.2.3");
}
static inline void alt_name_empty(X509 *x)
{
	extension_raw(x, "2.5.29.17", 0, "3000");
}
static inline void alt_name_not_ia5(X509 *x)
{
	extension_raw(x, "2.5.29.17", 0, "3003820180");
}
static inline void names_constrained_softly(X509 *x)
{
	extension_text(x, NID_name_constraints, "permitted;DNS:example.jp");
}
static inline void names_constrained_no_ca(X509 *x)
{
	extension_delete(x, NID_basic_constraints);
	usage_raw(x, "03020780");
	extension_text(x, NID_name_constraints, "critical,permitted;DNS:example.jp");
}
static inline void policy_constraints_soft(X509 *x)
{
	extension_text(x, NID_policy_constraints, "requireExplicitPolicy:0");
}
static inline void policy_constraints_empty(X509 *x)
{
	extension_raw(x, "2.5.29.36", 1, "3000");
}
static inline void any_purpose_critical(X509 *x)
{
	extension_text(x, NID_ext_key_usage, "critical,anyExtendedKeyUsage");
}
static inline void purposes_empty(X509 *x)
{
	extension_raw(x, "2.5.29.37", 0, "3000");
}
static inline void crl_points_critical(X509 *x)
{
	extension_text(x, NID_crl_distribution_points, "critical,URI:http://example.jp/a.crl");
}
static inline void inhibit_soft(X509 *x)
{
	extension_text(x, NID_inhibit_any_policy, "0");
}
static inline void freshest_critical(X509 *x)
{
	extension_text(x, NID_freshest_crl, "critical,URI:http://example.jp/a.crl");
}
static inline void info_access_critical(X509 *x)
{
	extension_text(x, NID_info_access, "critical,OCSP;URI:http://example.jp/");
}
static inline void subject_access_critical(X509 *x)
{
	extension_text(x, NID_sinfo_access, "critical,caRepository;URI:http://example.jp/");
}

static inline void p_path_no_ca(struct root *r)
{
	root_extension(r, "basicConstraints", "critical,CA:FALSE,pathlen:0");
}
static inline void p_path(struct root *r)
{
	root_extension(r, "basicConstraints", "critical,CA:TRUE,pathlen:0");
}
static inline void p_basic_soft(struct root *r)
{
	root_extension(r, "basicConstraints", "CA:TRUE");
}
static inline void p_digital_signature(struct root *r)
{
	root_extension(r, "keyUsage", "critical,digitalSignature,keyCertSign,cRLSign");
}
static inline void p_non_repudiation(struct root *r)
{
	root_extension(r, "keyUsage", "critical,nonRepudiation,keyCertSign,cRLSign");
}
static inline void p_no_crl_sign(struct root *r)
{
	root_extension(r, "keyUsage", "critical,keyCertSign");
}
static inline void days(struct root *r, int64_t count, int64_t seconds)
{
	r->p.not_after = r->p.not_before + count * 86400 - 1 + seconds;
}
static inline void p_longest(struct root *r)
{
	days(r, 9132, 0);
}
static inline void p_too_long(struct root *r)
{
	days(r, 9132, 1);
}
static inline void p_shortest(struct root *r)
{
	days(r, 2922, 0);
}
static inline void p_too_short(struct root *r)
{
	days(r, 2922, -1);
}
static inline void p_rehearsal(struct root *r)
{
	r->p.rehearsal = true;
}
static inline void subject_is(struct root *r, const char *const *pair)
{
	for (r->p.subjects = 0; *pair; pair += 2)
		root_subject(r, pair[0], pair[1]);
}
static inline void p_only_street(struct root *r)
{
	subject_is(r, (const char *const[]){"street", "1-1", "street", "2-2", NULL});
}
static inline void p_unit(struct root *r)
{
	subject_is(r, (const char *const[]){"C", "JP", "O", "E", "OU", "Unit", "CN", "Root", NULL});
}
static inline void p_serial_number(struct root *r)
{
	subject_is(r, (const char *const[]){"C", "JP", "O", "E", "CN", "Root", "serialNumber", "1", NULL});
}
static inline void p_twice(struct root *r)
{
	subject_is(r, (const char *const[]){"C", "JP", "O", "E", "O", "F", "CN", "Root", NULL});
}
static inline void p_order(struct root *r)
{
	subject_is(r, (const char *const[]){"CN", "Root", "O", "E", "C", "JP", NULL});
}
static inline void p_surname(struct root *r)
{
	subject_is(r, (const char *const[]){"C", "JP", "O", "E", "SN",
	                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "CN", "Root", NULL});
}
static inline void p_sha256_on_p384(struct root *r)
{
	r->p.signature = "ecdsa-sha256";
}

static inline void outer_differs(struct root *r, struct bytes *der)
{
	const struct signature_algorithm *other = signature_algorithm_named("ecdsa-sha512");
	struct der_certificate parts;
	struct bytes tbs = {0};

	assert_int_equal(der_certificate(der->data, der->len, &parts, NULL), 0);
	bytes_add(&tbs, parts.tbs.whole, parts.tbs.whole_len);
	bytes_clear(der);
	raw_certificate(r, tbs.data, tbs.len, other->der, other->der_len, der);
	bytes_free(&tbs);
}

/* Puts `insert` before the element with `tag` of the to-be-signed bytes. */
static inline void tbs_insert(struct root *r, struct bytes *der, uint8_t tag, const void *insert, size_t len)
{
	const struct signature_algorithm *a = signature_algorithm_named(r->p.signature);
	struct der_certificate parts;
	struct bytes inner = {0}, tbs = {0};
	const uint8_t *at;
	size_t left;
	struct der d;

	assert_int_equal(der_certificate(der->data, der->len, &parts, NULL), 0);
	at = parts.tbs.value;
	left = parts.tbs.len;
	while (left) {
		assert_int_equal(der_next(&at, &left, &d), 0);
		if (d.tag == tag)
			bytes_add(&inner, insert, len);
		bytes_add(&inner, d.whole, d.whole_len);
	}
	der_put(&tbs, 0x30, inner.data, inner.len);
	bytes_clear(der);
	raw_certificate(r, tbs.data, tbs.len, a->der, a->der_len, der);
	bytes_free(&inner);
	bytes_free(&tbs);
}

static inline void unique_id(struct root *r, struct bytes *der)
{
	tbs_insert(r, der, 0xa3, "\x82\x02\x00\x41", 4);
}

static inline void key_off_curve(struct root *r, struct bytes *der)
{
	uint8_t *last = memmem(der->data, der->len, r->spki.data, r->spki.len);

	assert_non_null(last);
	last[r->spki.len - 1] ^= 1;
}

#endif
