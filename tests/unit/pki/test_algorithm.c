/* Signatures: known answers of others, and every leniency refused. */
#include "fixture.h"

#include <openssl/rsa.h>

static void from_hex(struct bytes *out, const char *hex)
{
	uint8_t data[256];
	size_t len = strlen(hex) / 2;

	assert_int_equal(hex_decode(hex, strlen(hex), data, len), 0);
	bytes_add(out, data, len);
}

static void der_integer(struct bytes *out, const char *hex)
{
	struct bytes raw = {0}, value = {0};

	from_hex(&raw, hex);
	if (raw.data[0] & 0x80)
		bytes_byte(&value, 0);
	bytes_add(&value, raw.data, raw.len);
	der_put(out, 0x02, value.data, value.len);
	bytes_free(&raw);
	bytes_free(&value);
}

/* RFC 8032 section 7.1, test 2. */
static void ed25519_known_answer(void **state)
{
	struct bytes spki = {0}, sig = {0};
	struct error e = {0};

	(void)state;
	from_hex(&spki, "302a300506032b6570032100"
	                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
	from_hex(&sig, "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	               "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
	assert_ok(pki_verify(spki.data, spki.len, "ed25519", "\x72", 1, sig.data, sig.len, &e), &e);
	assert_int_equal(pki_verify(spki.data, spki.len, "ed25519", "\x73", 1, sig.data, sig.len, &e), -1);
	assert_error(&e, "signature of algorithm ed25519 does not verify");
	assert_int_equal(pki_verify(spki.data, spki.len, "ed25519", "\x72", 1, sig.data, sig.len - 1, &e), -1);
	assert_int_equal(pki_verify(spki.data, spki.len, "ecdsa-sha256", "\x72", 1, sig.data, sig.len, &e), -1);
	assert_error(&e, "public key is of another kind than the signature algorithm ecdsa-sha256 wants");
	assert_int_equal(pki_verify(spki.data, spki.len, "sha256", "\x72", 1, sig.data, sig.len, &e), -1);
	assert_error(&e, "signature algorithm sha256 is not known");
	bytes_free(&spki);
	bytes_free(&sig);
}

/* RFC 6979 appendix A.2.6: P-384, SHA-384, message "sample". */
static void ecdsa_known_answer(void **state)
{
	struct bytes spki = {0}, inner = {0}, sig = {0};
	struct error e = {0};

	(void)state;
	from_hex(&spki,
	        "3076301006072a8648ce3d020106052b8104002203620004"
	        "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13"
	        "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720");
	der_integer(&inner,
	        "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46");
	der_integer(&inner,
	        "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8");
	der_put(&sig, 0x30, inner.data, inner.len);
	assert_ok(pki_verify(spki.data, spki.len, "ecdsa-sha384", "sample", 6, sig.data, sig.len, &e), &e);
	assert_int_equal(pki_verify(spki.data, spki.len, "ecdsa-sha256", "sample", 6, sig.data, sig.len, &e), -1);
	/* trailing byte; a second zero before r: BER */
	bytes_byte(&sig, 0);
	assert_int_equal(pki_verify(spki.data, spki.len, "ecdsa-sha384", "sample", 6, sig.data, sig.len, &e), -1);
	bytes_clear(&sig);
	bytes_text(&sig, "\x30\x67\x02\x32");
	bytes_add(&sig, "\0", 1);
	bytes_add(&sig, inner.data + 2, inner.len - 2);
	assert_int_equal(pki_verify(spki.data, spki.len, "ecdsa-sha384", "sample", 6, sig.data, sig.len, &e), -1);
	bytes_free(&spki);
	bytes_free(&inner);
	bytes_free(&sig);
}

/* OpenSSL accepts any message under the key 01 00…00 (tried); so do we not. */
static void small_order_keys_prove_nothing(void **state)
{
	static const char *const keys[] = {"0100000000000000000000000000000000000000000000000000000000000000",
	        "0000000000000000000000000000000000000000000000000000000000000000",
	        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
	uint8_t sig[64] = {1};
	struct error e = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct bytes spki = {0};
		from_hex(&spki, "302a300506032b6570032100");
		from_hex(&spki, keys[i]);
		assert_int_equal(pki_verify(spki.data, spki.len, "ed25519", "any", 3, sig, sizeof sig, &e), -1);
		assert_error(&e, "of small order or not canonical");
		bytes_free(&spki);
	}
}

static void every_pair_signs_and_verifies_or_is_refused(void **state)
{
	static const char *const keys[] = {"rsa-2048", "ec-p256", "ec-p384", "ec-p521", "ed25519"};
	static const struct {
		const char *name, *kind;
	} signatures[] = {{"ecdsa-sha256", "ec-"}, {"ecdsa-sha384", "ec-"}, {"ecdsa-sha512", "ec-"},
	        {"rsa-pkcs1-sha256", "rsa-"}, {"rsa-pkcs1-sha384", "rsa-"}, {"rsa-pkcs1-sha512", "rsa-"},
	        {"rsa-pss-sha256", "rsa-"}, {"rsa-pss-sha384", "rsa-"}, {"rsa-pss-sha512", "rsa-"},
	        {"ed25519", "ed25519"}};

	(void)state;
	for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
		struct bytes spki = {0}, sig = {0};
		struct error e = {0};
		struct pki_key *key = pki_key_new(keys[k], &spki, &e);
		assert_non_null(key);
		for (size_t s = 0; s < sizeof signatures / sizeof signatures[0]; s++) {
			bool fits = strncmp(keys[k], signatures[s].kind, strlen(signatures[s].kind)) == 0;
			assert_int_equal(pki_signature_fits(signatures[s].name, keys[k]), fits);
			bytes_clear(&sig);
			assert_int_equal(pki_key_sign(key, signatures[s].name, "m", 1, &sig, &e), fits ? 0 : -1);
			if (!fits) {
				assert_error(&e, "cannot make a signature of algorithm");
				continue;
			}
			assert_ok(
			        pki_verify(spki.data, spki.len, signatures[s].name, "m", 1, sig.data, sig.len, &e), &e);
			for (size_t o = 0; o < sizeof signatures / sizeof signatures[0]; o++)
				if (o != s)
					assert_int_equal(pki_verify(spki.data, spki.len, signatures[o].name, "m", 1,
					                         sig.data, sig.len, &e),
					        -1);
		}
		bytes_free(&spki);
		bytes_free(&sig);
		pki_key_free(&key);
		assert_null(key);
	}
}

static void pss_takes_only_the_named_parameters(void **state)
{
	static const struct {
		const char *mgf;
		int salt;
		bool accepted;
	} cases[] = {{"SHA256", 32, true}, {"SHA256", 20, false}, {"SHA256", 0, false}, {"SHA1", 32, false},
	        {"SHA384", 32, false}};
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	unsigned char *spki = NULL, sig[256];
	int len = i2d_PUBKEY(key, &spki);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		EVP_PKEY_CTX *pctx = NULL;
		size_t n = sizeof sig;
		struct error e = {0};
		assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", NULL, NULL, key, NULL), 1);
		assert_true(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md_name(pctx, cases[i].mgf, NULL) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, cases[i].salt) > 0);
		assert_int_equal(EVP_DigestSign(ctx, sig, &n, (const unsigned char *)"m", 1), 1);
		assert_int_equal(pki_verify(spki, (size_t)len, "rsa-pss-sha256", "m", 1, sig, n, &e),
		        cases[i].accepted ? 0 : -1);
		EVP_MD_CTX_free(ctx);
	}
	OPENSSL_free(spki);
	EVP_PKEY_free(key);
}

static void names_are_known_or_not(void **state)
{
	static const char *const known[] = {
	        "rsa-2048", "rsa-3072", "rsa-4096", "rsa-6144", "rsa-8192", "ec-p256", "ec-p384", "ec-p521", "ed25519"};
	struct bytes spki = {0};
	struct error e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		assert_true(pki_key_algorithm_known(known[i]));
		assert_true(pki_signature_fits(pki_default_signature(known[i]), known[i]));
	}
	assert_string_equal(pki_default_signature("ec-p384"), "ecdsa-sha384");
	assert_false(pki_key_algorithm_known("rsa-1024"));
	assert_false(pki_key_algorithm_known(NULL));
	assert_null(pki_default_signature("rsa-1024"));
	assert_false(pki_signature_fits("ecdsa-sha384", NULL));
	assert_null(pki_key_new("rsa-1024", &spki, &e));
	assert_error(&e, "key algorithm rsa-1024 is not known");
	bytes_free(&spki);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ed25519_known_answer),
	        cmocka_unit_test(ecdsa_known_answer),
	        cmocka_unit_test(small_order_keys_prove_nothing),
	        cmocka_unit_test(every_pair_signs_and_verifies_or_is_refused),
	        cmocka_unit_test(pss_takes_only_the_named_parameters),
	        cmocka_unit_test(names_are_known_or_not),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("algorithm", tests, NULL, NULL);
}
