/* The view leaves nothing out and lets nothing pass for what it is not. */
#include "fixture.h"

#include "pki/view.h"

static void tbs_of(struct root *r, struct bytes *tbs)
{
	struct error e = {0};

	bytes_clear(tbs);
	assert_ok(certificate_tbs(&r->p, tbs, &e), &e);
}

static void shows(const struct bytes *tbs, const char *const *lines)
{
	struct bytes view = {0};
	struct error e = {0};

	assert_ok(certificate_view(tbs->data, tbs->len, &view, &e), &e);
	for (; *lines; lines++)
		if (!strstr(bytes_string(&view), *lines))
			fail_msg("\"%s\" is not in\n%s", *lines, bytes_string(&view));
	assert_int_equal(view.data[view.len - 1], '\n');
	assert_true(text_is_utf8(bytes_string(&view), view.len));
	for (const char *at = bytes_string(&view); *at; at += strcspn(at, "\n") + 1)
		assert_true(text_cells(at, strcspn(at, "\n")) <= 100);
	bytes_free(&view);
}

static void a_root_is_shown_field_by_field(void **state)
{
	struct bytes tbs = {0}, spki = {0}, line = {0};
	uint8_t digest[32];
	struct root r;

	(void)state;
	root_open(&r, "ec-p384");
	tbs_of(&r, &tbs);
	assert_int_equal(sha256(r.spki.data, r.spki.len, digest), 0);
	bytes_text(&line, "SubjectPublicKeyInfo SHA-256: ");
	bytes_hex(&line, digest, 32);
	bytes_hex(&spki, r.spki.data + r.spki.len - 97, 32);
	shows(&tbs,
	        (const char *const[]){"Version: 3\n", "Serial number (hex): 1112131415161718191a1b1c1d1e1f20\n",
	                "Serial number (decimal): 22690724228668807036942595891182575392\n",
	                "Signature algorithm: ecdsa-sha384\n",
	                "Issuer: C=JP, O=Example Trust K.K., CN=Example Root CA G1\n",
	                "Not before: 2026-12-01T00:00:00Z (UTCTime 261201000000Z)", "Valid for: 7305 days\n",
	                "Subject: C=JP, O=Example Trust K.K., CN=Example Root CA G1\n", "C, PrintableString: JP\n",
	                "O, UTF8String: Example Trust K.K.\n", "Public key algorithm: id-ecPublicKey\n",
	                "Key: ec-p384, 384 bits\n", "Curve: secp384r1\n", bytes_string(&line), bytes_string(&spki),
	                "Extensions: 4\n", "Extension 1: basicConstraints (2.5.29.19), critical\n", "    cA: TRUE\n",
	                "Extension 2: keyUsage (2.5.29.15), critical\n", "    keyUsage: keyCertSign, cRLSign\n",
	                "Extension 3: authorityKeyIdentifier (2.5.29.35), not critical\n",
	                "    keyIdentifier: ", "Extension 4: subjectKeyIdentifier (2.5.29.14), not critical\n", NULL});
	bytes_free(&tbs);
	bytes_free(&spki);
	bytes_free(&line);
	root_close(&r);
}

static void rsa_shows_modulus_exponent_and_parameters(void **state)
{
	struct bytes tbs = {0};
	struct root r;

	(void)state;
	root_open(&r, "rsa-2048");
	r.p.signature = "rsa-pss-sha256";
	tbs_of(&r, &tbs);
	shows(&tbs, (const char *const[]){"Key: rsa-2048, 2048 bits\n", "Modulus:\n", "Exponent: 65537 (0x010001)\n",
	                    "Signature algorithm: rsa-pss-sha256\n", "AlgorithmIdentifier:\n", NULL});
	bytes_free(&tbs);
	root_close(&r);
}

static void every_known_extension_is_decoded(void **state)
{
	struct bytes tbs = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	root_extension(&r, "basicConstraints", "critical,CA:TRUE,pathlen:3");
	root_extension(&r, "extendedKeyUsage", "serverAuth,1.2.3.4.5");
	root_extension(&r, "certificatePolicies", "1.2.3.4,2.23.140.1.2.1");
	root_extension(&r, "policyMappings", "1.2.3.4:1.2.3.5");
	root_extension(&r, "policyConstraints", "critical,requireExplicitPolicy:3,inhibitPolicyMapping:4");
	root_extension(&r, "inhibitAnyPolicy", "critical,2");
	root_extension(&r, "subjectAltName", "DNS:example.jp,IP:192.0.2.1,IP:2001:db8::1,email:a@example.jp,RID:1.2.3");
	root_extension(&r, "issuerAltName", "URI:http://example.jp/i");
	root_extension(&r, "nameConstraints", "critical,permitted;DNS:example.jp,excluded;IP:192.0.2.0/255.255.255.0");
	root_extension(&r, "crlDistributionPoints", "URI:http://example.jp/a.crl");
	root_extension(&r, "freshestCRL", "URI:http://example.jp/d.crl");
	root_extension(&r, "authorityInfoAccess", "OCSP;URI:http://ocsp.example.jp/");
	root_extension(&r, "subjectInfoAccess", "caRepository;URI:http://example.jp/r");
	root_extension(&r, "noCheck", "ignored");
	root_extension(&r, "1.2.3.4", "critical,DER:0c026869");
	r.p.rehearsal = true;
	tbs_of(&r, &tbs);
	shows(&tbs,
	        (const char *const[]){"pathLenConstraint: 3\n", "keyPurpose: serverAuth\n", "keyPurpose: 1.2.3.4.5\n",
	                "policyIdentifier: 1.2.3.4\n", "policyIdentifier: 2.23.140.1.2.1\n",
	                "mapping: 1.2.3.4 -> 1.2.3.5\n", "requireExplicitPolicy: 3\n", "inhibitPolicyMapping: 4\n",
	                "skipCerts: 2\n", "name: DNS:example.jp\n", "name: IP:192.0.2.1\n", "name: IP:2001:db8::1\n",
	                "name: email:a@example.jp\n", "name: RID:1.2.3\n", "name: URI:http://example.jp/i\n",
	                "permittedSubtrees: DNS:example.jp\n", "excludedSubtrees: IP:192.0.2.0/255.255.255.0\n",
	                "fullName: URI:http://example.jp/a.crl\n", "fullName: URI:http://example.jp/d.crl\n",
	                "access: OCSP, URI:http://ocsp.example.jp/\n",
	                "access: caRepository, URI:http://example.jp/r\n", "value: NULL\n",
	                "(1.2.3.4), critical\n    value not decoded: 0c026869\n", "REHEARSAL (2.25.", NULL});
	bytes_free(&tbs);
	root_close(&r);
}

/* What an old tool of somebody else might have written: names and values that try to look like other lines. */
static void foreign_text_cannot_pass_for_a_line(void **state)
{
	struct bytes tbs = {0}, view = {0};
	unsigned char *der = NULL;
	struct error e = {0};
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	X509_NAME *subject;
	struct root r;
	X509 *x;
	int n;

	(void)state;
	root_open(&r, "ec-p256");
	x = root_x509(&r);
	subject = X509_NAME_dup(X509_get_subject_name(x));
	assert_true(X509_NAME_add_entry_by_txt(subject, "CN", V_ASN1_UTF8STRING,
	        (const unsigned char *)"a\nVersion: 1, CN=b\xe2\x80\xae"
	                               "c\0d",
	        24, -1, 0));
	assert_true(X509_set_subject_name(x, subject));
	X509_NAME_free(subject);
	assert_true(ASN1_STRING_set(text, "http://a/\nExtension 9: keyUsage\x1b[2J", -1));
	GENERAL_NAME_set0_value(name, GEN_URI, text);
	assert_true(sk_GENERAL_NAME_push(names, name));
	assert_true(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1);
	GENERAL_NAMES_free(names);
	n = i2d_re_X509_tbs(x, &der);
	assert_true(n > 0);
	bytes_add(&tbs, der, (size_t)n);
	shows(&tbs, (const char *const[]){"CN, UTF8String: a<U+000A>Version: 1, CN=b<U+202E>c<U+0000>d\n",
	                    "CN=a<U+000A>Version: 1\\, CN\\=b<U+202E>c<\n    | ", NULL});
	assert_ok(certificate_view(tbs.data, tbs.len, &view, &e), &e);
	assert_non_null(strstr(bytes_string(&view), "http://a/<U+000A>Extension 9: keyUsage<U+001B>[2J"));
	assert_null(strstr(bytes_string(&view), "\nVersion: 1,"));
	assert_null(strstr(bytes_string(&view), "\nExtension 9"));
	OPENSSL_free(der);
	X509_free(x);
	bytes_free(&tbs);
	bytes_free(&view);
	root_close(&r);
}

static void japanese_names_are_shown_and_broken_at_100_cells(void **state)
{
	struct bytes tbs = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	r.p.subjects = 0;
	root_subject(&r, "O", "株式会社立会い認証局株式会社立会い認証局株式会社立会い認証局");
	root_subject(&r, "CN", "立会いルート認証局立会いルート認証局立会いルート認証局立会いルート認証局");
	tbs_of(&r, &tbs);
	shows(&tbs,
	        (const char *const[]){"Subject: O=株式会社立会い認証局", "O, UTF8String: 株式会社立会い認証局", NULL});
	bytes_free(&tbs);
	root_close(&r);
}

static void what_is_not_a_tbs_is_refused(void **state)
{
	struct bytes tbs = {0}, view = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	tbs_of(&r, &tbs);
	for (size_t n = 0; n < tbs.len; n++)
		assert_int_equal(certificate_view(tbs.data, n, &view, &e), -1);
	assert_error(&e, "not one TBSCertificate in DER");
	bytes_byte(&tbs, 0);
	assert_int_equal(certificate_view(tbs.data, tbs.len, &view, &e), -1);
	assert_error(&e, "not one TBSCertificate in DER");
	assert_int_equal(view.len, 0);
	bytes_free(&tbs);
	bytes_free(&view);
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_root_is_shown_field_by_field),
	        cmocka_unit_test(rsa_shows_modulus_exponent_and_parameters),
	        cmocka_unit_test(every_known_extension_is_decoded),
	        cmocka_unit_test(foreign_text_cannot_pass_for_a_line),
	        cmocka_unit_test(japanese_names_are_shown_and_broken_at_100_cells),
	        cmocka_unit_test(what_is_not_a_tbs_is_refused),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
