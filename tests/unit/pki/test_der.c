/* Our readers of keys, names and certificates beside OpenSSL's: what both take is the same, and what ours refuses has a
 * reason. */
#include "fixture.h"
#include "write_der.h"

#include "pki/name.h"

#include <openssl/ec.h>
#include <openssl/err.h>

#define RSA  "30(06092a864886f70d010101 0500)"
#define P256 "30(06072a8648ce3d0201 06082a8648ce3d030107)"
#define ED   "30(06032b6570)"

static void written(struct bytes *out, const char *text)
{
	bytes_clear(out);
	assert_string_equal(write_der(out, text), "");
}

/* The same key, by OpenSSL's own decoder. */
static void taken_as_openssl_does(const uint8_t *der, size_t len)
{
	const unsigned char *at = der;
	struct error e = {0};
	EVP_PKEY *ours = spki_parse(der, len, &e), *theirs = d2i_PUBKEY(NULL, &at, (long)len);

	assert_ok(ours ? 0 : -1, &e);
	assert_non_null(theirs);
	assert_int_equal(EVP_PKEY_eq(ours, theirs), 1);
	EVP_PKEY_free(ours);
	EVP_PKEY_free(theirs);
}

static void keys_of_every_kind_are_those_that_openssl_reads(void **state)
{
	static const char *const kinds[] = {"rsa-2048", "rsa-4096", "ec-p256", "ec-p384", "ec-p521", "ed25519"};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct bytes spki = {0};
		struct error e = {0};
		struct pki_key *key = pki_key_new(kinds[i], &spki, &e);
		assert_non_null(key);
		taken_as_openssl_does(spki.data, spki.len);
		assert_ok(pki_key_is(spki.data, spki.len, kinds[i], &e), &e);
		pki_key_free(&key);
		bytes_free(&spki);
	}
}

/* RFC 5480 section 2.2: a point may be compressed, and stays so. */
static void a_compressed_point_is_taken_as_it_is(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-384");
	unsigned char *der = NULL;

	(void)state;
	assert_int_equal(EVP_PKEY_set_utf8_string_param(key, "point-format", "compressed"), 1);
	int n = i2d_PUBKEY(key, &der);
	assert_true(n > 0 && n < 90);
	taken_as_openssl_does(der, (size_t)n);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

static void keys_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *der, *why;
	} cases[] = {
	        {"", "not exactly one element in DER"},
	        {"30(" ED " 0321" /* cut */, "not exactly one element in DER"},
	        {"30(" RSA " 03(0030(0203010001 0201ff)))", "does not parse"}, /* a negative exponent */
	        {"30(" RSA " 03(0030(0203010001)))", "does not parse"},
	        {"30(" RSA " 03(0030(0203010001 020103) 0500))", "does not parse"},
	        {"30(" RSA " 03(0130(0203010001 020102)))", "none of RSA"},                       /* not whole bytes */
	        {"30(30(06092a864886f70d010101) 03(0030(0203010001 020103)))", "does not parse"}, /* no NULL */
	        {"30(30(06092a864886f70d01010a 0500) 03(0030(0203010001 020103)))", "none of RSA"}, /* RSASSA-PSS */
	        {"30(" P256 " 03(0000))", "does not parse"},                           /* the point at infinity */
	        {"30(" P256 " 03(0004 0102))", "does not parse"},                      /* too short */
	        {"30(30(06072a8648ce3d0201 06052b8104000a) 03(0004))", "none of RSA"}, /* secp256k1 */
	        {"30(30(06072a8648ce3d0201 0500) 03(0004))", "none of RSA"},
	        {"30(30(06032b656e) 03(00'01234567890123456789012345678901'))", "none of RSA"}, /* X25519 */
	        {"30(30(06032b6570 0500) 03(00'01234567890123456789012345678901'))", "does not parse"},
	        {"30(" ED " 03(00'0123456789012345678901234567890'))", "does not parse"},
	};
	struct bytes der = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error e = {0};
		bytes_clear(&der);
		if (strstr(cases[i].der, "0321"))
			bytes_text(&der, "\x30\x03\x03\x21");
		else
			written(&der, cases[i].der);
		assert_null(spki_parse(der.data, der.len, &e));
		assert_error(&e, cases[i].why);
		assert_int_equal(ERR_peek_error(), 0);
	}
	bytes_free(&der);
}

static void names_are_those_that_openssl_reads(void **state)
{
	static const char *const cases[] = {
	        "3000", "30(31(30(0603550406 1302'JP')))",
	        "30(31(30(0603550406 1302'JP')) 31(30(060355040a 0c05'Exam1') 30(060355040b 0c05'Exam1')))",
	        "30(31(30(0603550403 1e04 30423044)))",           /* BMPString */
	        "30(31(30(0603550403 1c04 00003042)))",           /* UniversalString */
	        "30(31(30(0603550403 1403'a@b')))",               /* T61String */
	        "30(31(30(060a0992268993f22c640119 1603'org')))", /* domainComponent */
	};
	struct bytes der = {0}, ours = {0}, theirs = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error e = {0};
		written(&der, cases[i]);
		const unsigned char *at = der.data;
		X509_NAME *a = name_parse(der.data, der.len, &e), *b = d2i_X509_NAME(NULL, &at, (long)der.len);
		assert_ok(a ? 0 : -1, &e);
		assert_non_null(b);
		assert_int_equal(X509_NAME_cmp(a, b), 0);
		bytes_clear(&ours);
		bytes_clear(&theirs);
		name_show(&ours, a);
		name_show(&theirs, b);
		assert_string_equal(bytes_string(&ours), bytes_string(&theirs));
		X509_NAME_free(a);
		X509_NAME_free(b);
	}
	bytes_free(&der);
	bytes_free(&ours);
	bytes_free(&theirs);
}

static void names_that_are_none_are_refused(void **state)
{
	static const char *const cases[] = {
	        "3100",
	        "30(30(30(0603550406 1302'JP')))",
	        "30(3100)",                                                      /* an RDN of nothing */
	        "30(31(30(0603550406)))",                                        /* no value */
	        "30(31(30(0603550406 1302'JP' 0500)))",                          /* more than a value */
	        "30(31(30(0603550406 0201 01)))",                                /* a number */
	        "30(31(30(0603550403 1e03 304230)))",                            /* half a character */
	        "30(31(30(0603550403 0c02 c3c3)))",                              /* no UTF-8 */
	        "30(31(30(060355040b 0c05'Exam1') 30(060355040a 0c05'Exam1')))", /* not in DER's order */
	        "30(31(30(0603550406 3000)))",
	        "30(31(30(0603550403 1c04 00110000)))", /* no character */
	        "30(31(30(0603550403 1e02 d800)))",     /* half of a pair */
	        "30(31(30(0603550406 1302'JP'))) 0500",
	};
	struct bytes der = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error e = {0};
		written(&der, cases[i]);
		if (name_parse(der.data, der.len, &e))
			fail_msg("taken: %s", cases[i]);
		assert_error(&e, "not exactly one Name in DER");
	}
	bytes_free(&der);
}

/* Each field of a certificate that a profile makes, put in the place of another thing. */
static void what_is_wrong_in_a_certificate_is_named(void **state)
{
	static const struct {
		const char *was, *is, *field;
	} cases[] = {
	        {"a003020102", "a003020103", "version"},
	        {"a003020102", "a003020100", "version"},
	        {"a003020102", "a003040102", "version"},
	        {"300a06082a8648ce3d040302", "300a04082a8648ce3d040302", "signature"},
	        {"301306072a8648ce3d0201", "301306072a8648ce3d0201", NULL},
	        {"0603551d0f0101ff", "0603551d0f010100", "extensions"},
	        {"0603551d0f0101ff", "0603551d0f0201ff", "extensions"},
	        {"06035504061302", "06035504060202", "issuer"},
	        {"170d", "130d", "validity"},
	};
	struct bytes tbs = {0};
	struct der_tbs fields;
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	r.p.signature = "ecdsa-sha256";
	assert_ok(certificate_tbs(&r.p, &tbs, &e), &e);
	assert_ok(der_tbs(tbs.data, tbs.len, &fields, &e), &e);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes changed = {0};
		uint8_t was[32], is[32];
		size_t n = strlen(cases[i].was) / 2;
		char sentence[64];
		assert_int_equal(hex_decode(cases[i].was, 2 * n, was, n), 0);
		assert_int_equal(hex_decode(cases[i].is, 2 * n, is, n), 0);
		bytes_add(&changed, tbs.data, tbs.len);
		uint8_t *at = memmem(changed.data, changed.len, was, n);
		assert_non_null(at);
		memcpy(at, is, n);
		snprintf(sentence, sizeof sentence, "The field %s of the certificate",
		        cases[i].field ? cases[i].field : "");
		e = (struct error){0};
		int rc = der_tbs(changed.data, changed.len, &fields, &e);
		if ((rc == 0) != !cases[i].field)
			fail_msg("case %zu: %d", i, rc);
		if (cases[i].field)
			assert_error(&e, sentence);
		bytes_free(&changed);
	}
	for (size_t n = 0; n < tbs.len; n++)
		assert_int_equal(der_tbs(tbs.data, n, &fields, &e), -1);
	bytes_free(&tbs);
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(keys_of_every_kind_are_those_that_openssl_reads),
	        cmocka_unit_test(a_compressed_point_is_taken_as_it_is),
	        cmocka_unit_test(keys_that_are_none_are_refused),
	        cmocka_unit_test(names_are_those_that_openssl_reads),
	        cmocka_unit_test(names_that_are_none_are_refused),
	        cmocka_unit_test(what_is_wrong_in_a_certificate_is_named),
	};
	struct error e = {0};

	if (secret_init(&e) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
