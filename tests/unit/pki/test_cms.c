/* A CMS whose signature was made elsewhere is one that other people's tools accept. */
#include "../signer.h"

#include "base/secret.h"

#define TIME INT64_C(1796117400) /* 2026-12-01T09:30:00Z */

static const struct {
	const char *name, *key, *algorithm, *hash;
} kinds[] = {
        {"rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "rsa-pkcs1-sha256", "SHA256"},
        {"rsa", NULL, "rsa-pkcs1-sha384", "SHA384"},
        {"rsa", NULL, "rsa-pkcs1-sha512", "SHA512"},
        {"p256", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "ecdsa-sha256", "SHA256"},
        {"p384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384", "ecdsa-sha384", "SHA384"},
        {"p521", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521", "ecdsa-sha512", "SHA512"},
        {"ed", "-algorithm ED25519", NULL, NULL},
        {"curve", "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", NULL, NULL},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static int make(void **state)
{
	assert_int_equal(secret_init(NULL), 0);
	signers_make(state);
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].key)
			signer_make(kinds[i].name, kinds[i].key);
	return 0;
}

static struct bytes document(const char *text)
{
	struct bytes b = {0};

	bytes_text(&b, text);
	signers_write("content", &b);
	return b;
}

static void refused(const struct error *e, int result, const char *expected)
{
	struct bytes why = {0};

	error_text(e, &why);
	if (result != -1 || !strstr(bytes_string(&why), expected))
		fail_msg("expected \"%s\", got %d \"%s\"", expected, result, bytes_string(&why));
	bytes_free(&why);
}

#define VERIFY                                                                                                         \
	"openssl cms -verify -cades -binary -inform DER -in cms -content content -CAfile ca.pem -purpose any -out "    \
	"back"

static void openssl_accepts_every_algorithm_with_its_chain(void **state)
{
	struct bytes content = document("a policy\nin lines\n"), other = {0}, cms = {0};

	(void)state;
	for (size_t i = 0; i < KINDS && kinds[i].algorithm; i++) {
		signer_cms(kinds[i].name, kinds[i].algorithm, kinds[i].hash, TIME, &content, &cms);
		signers_write("cms", &cms);
		signers_write("content", &content);
		must_run(shell(VERIFY " && cmp content back"));
		must_run(shell("openssl cms -cmsout -print -inform DER -in cms | grep -q 'Dec  1 09:30:00 2026 GMT'"));
		bytes_clear(&other);
		bytes_text(&other, "another policy\n");
		signers_write("content", &other);
		assert_int_not_equal(shell(VERIFY), 0);
	}
	bytes_free(&content);
	bytes_free(&other);
	bytes_free(&cms);
}

static void the_same_inputs_give_the_same_bytes_and_the_digest_is_enough(void **state)
{
	struct bytes content = document("x"), certificate = {0}, one = {0}, two = {0}, a = {0}, b = {0};
	struct error e = {0};
	uint8_t sum[32];

	(void)state;
	signers_read("p256.der", &certificate);
	struct cms_signer s = {&certificate, NULL, "ecdsa-sha256", TIME};
	assert_int_equal(cms_attributes(&s, content.data, content.len, &one, &e), 0);
	assert_int_equal(sha256(content.data, content.len, sum), 0);
	assert_int_equal(cms_attributes_of_digest(&s, sum, sizeof sum, &two, &e), 0);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	signer_cms("rsa", "rsa-pkcs1-sha256", "SHA256", TIME, &content, &a);
	signer_cms("rsa", "rsa-pkcs1-sha256", "SHA256", TIME, &content, &b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	bytes_free(&content);
	bytes_free(&certificate);
	bytes_free(&one);
	bytes_free(&two);
	bytes_free(&a);
	bytes_free(&b);
}

static void a_time_after_2049_is_a_generalized_time(void **state)
{
	static const struct {
		int64_t time;
		const char *shown;
	} cases[] = {
	        {INT64_C(2524607999), "Dec 31 23:59:59 2049 GMT"},
	        {INT64_C(2524608000), "Jan  1 00:00:00 2050 GMT"},
	        {0, "Jan  1 00:00:00 1970 GMT"},
	};
	struct bytes content = document("x"), cms = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		signer_cms("p256", "ecdsa-sha256", "SHA256", cases[i].time, &content, &cms);
		signers_write("cms", &cms);
		must_run(shell("openssl cms -cmsout -print -inform DER -in cms | grep -q '%s'", cases[i].shown));
		must_run(shell(VERIFY));
	}
	bytes_free(&content);
	bytes_free(&cms);
}

static void an_algorithm_is_found_for_a_key_or_refused(void **state)
{
	static const struct {
		const char *certificate, *algorithm, *sentence;
	} cases[] = {
	        {"rsa.der", "rsa-pkcs1-sha256", NULL},
	        {"p256.der", "ecdsa-sha256", NULL},
	        {"p384.der", "ecdsa-sha384", NULL},
	        {"p521.der", "ecdsa-sha512", NULL},
	        {"ed.der", NULL, "A CMS cannot be signed with ED25519 here: openssl cms must be able to verify it."},
	        {"curve.der", NULL, "A CMS cannot be signed with secp256k1 here"},
	        {"ca.pem", NULL, "The certificate is not DER"},
	};
	struct bytes certificate = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error e = {0};
		signers_read(cases[i].certificate, &certificate);
		const char *found = cms_algorithm(&certificate, &e);
		if (cases[i].algorithm)
			assert_string_equal(found, cases[i].algorithm);
		else
			refused(&e, found ? 0 : -1, cases[i].sentence);
	}
	bytes_free(&certificate);
}

static void what_would_be_no_cms_is_refused(void **state)
{
	static const struct {
		const char *certificate, *algorithm;
		int64_t time;
		size_t digest;
		const char *sentence;
	} cases[] = {
	        {"ed.der", "ed25519", TIME, 32, "A CMS cannot be signed with ed25519 here"},
	        {"rsa.der", "rsa-pss-sha256", TIME, 32, "A CMS cannot be signed with rsa-pss-sha256 here"},
	        {"rsa.der", "sha1", TIME, 32, "A CMS cannot be signed with sha1 here"},
	        {"rsa.der", "ecdsa-sha256", TIME, 32, "cannot sign by ecdsa-sha256"},
	        {"p256.der", "rsa-pkcs1-sha256", TIME, 32, "cannot sign by rsa-pkcs1-sha256"},
	        {"p256.der", "ecdsa-sha384", TIME, 32, "A digest of 32 bytes is none of SHA384"},
	        {"p256.der", "ecdsa-sha256", -1, 32, "before 1970 or after 9999"},
	        {"p256.der", "ecdsa-sha256", INT64_C(253402300800), 32, "before 1970 or after 9999"},
	        {"p256.pem", "ecdsa-sha256", TIME, 32, "The certificate is not DER"},
	};
	static const uint8_t digest[64];
	struct bytes certificate = {0}, out = {0}, one = {0};
	struct error e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		signers_read(cases[i].certificate, &certificate);
		struct cms_signer s = {&certificate, NULL, cases[i].algorithm, cases[i].time};
		refused(&e, cms_attributes_of_digest(&s, digest, cases[i].digest, &out, &e), cases[i].sentence);
	}
	signers_read("p256.der", &certificate);
	struct cms_signer s = {&certificate, NULL, "ecdsa-sha256", TIME};
	bytes_text(&one, "no attributes");
	refused(&e, cms_assemble(&s, &one, &one, &out, &e), "are not one SET OF in DER");
	bytes_free(&certificate);
	bytes_free(&out);
	bytes_free(&one);
}

static void a_chain_is_certificates_in_pem_and_nothing_else(void **state)
{
	static const struct {
		const char *command, *sentence;
	} cases[] = {
	        {"cat middle.pem ca.pem >chain", NULL},
	        {"openssl x509 -in middle.pem -text >chain", NULL},
	        {"true >chain", "holds no certificate in PEM"},
	        {"cat ca.pem p256.key >chain", "holds something that is no certificate"},
	        {"head -n 4 ca.pem >chain", "The chain is not in PEM: "},
	        {"for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do cat ca.pem; done >chain",
	                "holds more than 16 certificates"},
	        {"(echo -----BEGIN CERTIFICATE-----; echo AAAA; echo -----END CERTIFICATE-----) >chain",
	                "The certificate is not DER"},
	};
	struct bytes pem = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct cms_chain chain = {0};
		struct error e = {0};
		must_run(shell("%s", cases[i].command));
		signers_read("chain", &pem);
		int result = cms_chain_read(&pem, &chain, &e);
		if (cases[i].sentence)
			refused(&e, result, cases[i].sentence);
		else
			assert_int_equal(result, 0);
		cms_chain_free(&chain);
	}
	bytes_free(&pem);
}

static void names_are_shown_to_people(void **state)
{
	struct bytes certificate = {0}, subject = {0}, issuer = {0};

	(void)state;
	signers_read("p256.der", &certificate);
	assert_int_equal(cms_certificate_names(&certificate, &subject, &issuer, NULL), 0);
	assert_string_equal(bytes_string(&subject), "serialNumber=1,CN=p256 山田,C=JP");
	assert_string_equal(bytes_string(&issuer), "CN=Card CA,O=Card Issuer,C=JP");
	bytes_free(&certificate);
	bytes_free(&subject);
	bytes_free(&issuer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(openssl_accepts_every_algorithm_with_its_chain),
	        cmocka_unit_test(the_same_inputs_give_the_same_bytes_and_the_digest_is_enough),
	        cmocka_unit_test(a_time_after_2049_is_a_generalized_time),
	        cmocka_unit_test(an_algorithm_is_found_for_a_key_or_refused),
	        cmocka_unit_test(what_would_be_no_cms_is_refused),
	        cmocka_unit_test(a_chain_is_certificates_in_pem_and_nothing_else),
	        cmocka_unit_test(names_are_shown_to_people),
	};
	return cmocka_run_group_tests(tests, make, signers_remove);
}
