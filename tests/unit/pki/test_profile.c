/* What a profile says is what stands in the certificate, and other people's tools accept it. */
#include "fixture.h"

#include "pki/view.h"

static bool holds(const struct bytes *der, const void *part, size_t len)
{
	return memmem(der->data, der->len, part, len) != NULL;
}

static bool holds_hex(const struct bytes *der, const char *hex)
{
	uint8_t part[256];
	size_t len = strlen(hex) / 2;

	assert_int_equal(hex_decode(hex, strlen(hex), part, len), 0);
	return holds(der, part, len);
}

static void openssl_accepts(const struct bytes *der, bool rehearsal)
{
	struct bytes pem = {0}, out = {0};
	struct error e = {0};
	char path[64], command[512];

	assert_ok(certificate_pem(der->data, der->len, &pem, &e), &e);
	scratch(path, pem.data, pem.len);
	/* the day of signing, lest the clock of the test decides */
	snprintf(command, sizeof command,
	        "openssl verify -attime 1796083201 -x509_strict -check_ss_sig -CAfile %s %s && openssl x509 -in %s "
	        "-noout -text",
	        path, path, path);
	if (run(&out, command) == 0) {
		assert_false(rehearsal);
	} else {
		/* a rehearsal's certificate must be refused by every relying party */
		if (!rehearsal || !strstr(bytes_string(&out), "unhandled critical extension"))
			fail_msg("%s", bytes_string(&out));
	}
	unlink(path);
	bytes_free(&pem);
	bytes_free(&out);
}

static void every_signature_algorithm_is_accepted_by_openssl(void **state)
{
	static const struct {
		const char *key, *signature;
	} cases[] = {{"ec-p256", "ecdsa-sha256"}, {"ec-p384", "ecdsa-sha384"}, {"ec-p521", "ecdsa-sha512"},
	        {"ec-p384", "ecdsa-sha512"}, {"rsa-2048", "rsa-pkcs1-sha256"}, {"rsa-2048", "rsa-pkcs1-sha384"},
	        {"rsa-2048", "rsa-pkcs1-sha512"}, {"rsa-2048", "rsa-pss-sha256"}, {"rsa-2048", "rsa-pss-sha384"},
	        {"rsa-2048", "rsa-pss-sha512"}, {"rsa-3072", "rsa-pss-sha384"}, {"rsa-4096", "rsa-pkcs1-sha512"},
	        {"ed25519", "ed25519"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes tbs = {0}, der = {0};
		struct error e = {0};
		struct root r;
		root_open(&r, cases[i].key);
		r.p.signature = cases[i].signature;
		assert_ok(root_issue(&r, &tbs, &der, &e), &e);
		assert_true(holds(&der, tbs.data, tbs.len));
		assert_ok(certificate_verify(der.data, der.len, r.spki.data, r.spki.len, &e), &e);
		openssl_accepts(&der, false);
		der.data[der.len - 1] ^= 1;
		assert_int_equal(certificate_verify(der.data, der.len, r.spki.data, r.spki.len, &e), -1);
		assert_error(&e, "does not verify under the public key");
		bytes_free(&tbs);
		bytes_free(&der);
		root_close(&r);
	}
}

static void algorithm_identifiers_are_those_of_the_baseline_requirements(void **state)
{
	/* BR 7.1.3.2.1 and 7.1.3.2.2; RFC 8410 section 3 */
	static const struct {
		const char *name, *hex;
	} cases[] = {{"rsa-pkcs1-sha256", "300d06092a864886f70d01010b0500"},
	        {"rsa-pkcs1-sha384", "300d06092a864886f70d01010c0500"},
	        {"rsa-pkcs1-sha512", "300d06092a864886f70d01010d0500"},
	        {"rsa-pss-sha256", "304106092a864886f70d01010a3034a00f300d0609608648016503040201"
	                           "0500a11c301a06092a864886f70d010108300d0609608648016503040201"
	                           "0500a203020120"},
	        {"rsa-pss-sha384", "304106092a864886f70d01010a3034a00f300d0609608648016503040202"
	                           "0500a11c301a06092a864886f70d010108300d0609608648016503040202"
	                           "0500a203020130"},
	        {"rsa-pss-sha512", "304106092a864886f70d01010a3034a00f300d0609608648016503040203"
	                           "0500a11c301a06092a864886f70d010108300d0609608648016503040203"
	                           "0500a203020140"},
	        {"ecdsa-sha256", "300a06082a8648ce3d040302"}, {"ecdsa-sha384", "300a06082a8648ce3d040303"},
	        {"ecdsa-sha512", "300a06082a8648ce3d040304"}, {"ed25519", "300506032b6570"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct signature_algorithm *a = signature_algorithm_named(cases[i].name);
		struct bytes hex = {0};
		bytes_hex(&hex, a->der, a->der_len);
		assert_string_equal(bytes_string(&hex), cases[i].hex);
		assert_ptr_equal(signature_algorithm_of(a->der, a->der_len), a);
		bytes_free(&hex);
	}
}

static void a_rehearsal_certificate_is_refused_by_openssl(void **state)
{
	struct bytes tbs = {0}, der = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p384");
	r.p.rehearsal = true;
	assert_ok(root_issue(&r, &tbs, &der, &e), &e);
	/* last of the extensions: the to-be-signed bytes end with it */
	assert_memory_equal(tbs.data + tbs.len - 9, "REHEARSAL", 9);
	openssl_accepts(&der, true);
	bytes_free(&tbs);
	bytes_free(&der);
	root_close(&r);
}

static void dates_change_form_in_2050(void **state)
{
	struct bytes tbs = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	r.p.not_before = 2524607999;
	r.p.not_after = 2524608000;
	assert_ok(certificate_tbs(&r.p, &tbs, &e), &e);
	assert_true(holds(&tbs,
	        "\x17\x0d"
	        "491231235959Z\x18\x0f"
	        "20500101000000Z",
	        32));
	r.p.not_after = INT64_C(253402300799);
	bytes_clear(&tbs);
	assert_ok(certificate_tbs(&r.p, &tbs, &e), &e);
	assert_true(holds(&tbs,
	        "\x18\x0f"
	        "99991231235959Z",
	        17));
	r.p.not_after++;
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "outside the years 1970 to 9999");
	r.p.not_after = r.p.not_before - 1;
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "ends before it begins");
	bytes_free(&tbs);
	root_close(&r);
}

static void names_are_encoded_as_written(void **state)
{
	struct bytes tbs = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	r.p.subjects = 0;
	root_subject(&r, "C", "JP");
	root_subject(&r, "O", "株式会社立会い");
	root_subject(&r, "OU", "a, CN=b + \\ $(id) `id` @x #y ; \"z\"");
	root_subject(&r, "CN", "$ENV::HOME ${HOME} .include /etc/passwd");
	root_subject(&r, "serialNumber", "7000-01-000001");
	root_subject(&r, "DC", "example");
	root_subject(&r, "emailAddress", "ca@example.jp");
	assert_ok(certificate_tbs(&r.p, &tbs, &e), &e);
	assert_true(holds(&tbs, "\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02JP", 13));
	assert_true(holds(&tbs,
	        "\x06\x03\x55\x04\x0a\x0c\x15"
	        "株式会社立会い",
	        28));
	assert_true(holds(&tbs, "a, CN=b + \\ $(id) `id` @x #y ; \"z\"", 34));
	assert_true(holds(&tbs, "$ENV::HOME ${HOME} .include /etc/passwd", 39));
	assert_true(holds(&tbs,
	        "\x06\x03\x55\x04\x05\x13\x0e"
	        "7000-01-000001",
	        21));
	assert_true(holds(&tbs,
	        "\x16\x07"
	        "example",
	        9));
	assert_true(holds(&tbs,
	        "\x16\x0d"
	        "ca@example.jp",
	        15));
	bytes_free(&tbs);
	root_close(&r);
}

/* X.690 section 11.6: the attributes of one RDN stand in the order of their encodings, whatever the script's. */
static void an_rdn_may_have_several_attributes(void **state)
{
	static const char wanted[] = "\x31\x1e\x30\x0a\x06\x03\x55\x04\x03\x13\x03"
	                             "Dev\x30\x10\x06\x03\x55\x04\x05\x13\x09"
	                             "7000-0001";
	struct bytes tbs = {0}, view = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	r.p.subjects = 1;
	root_subject(&r, "serialNumber", "7000-0001");
	root_subject(&r, "CN", "Dev");
	r.subject[2].printable = r.subject[2].joined = true;
	root_subject(&r, "O", "Example");
	assert_ok(certificate_tbs(&r.p, &tbs, &e), &e);
	assert_true(holds(&tbs, wanted, sizeof wanted - 1));
	assert_ok(certificate_view(tbs.data, tbs.len, &view, &e), &e);
	assert_non_null(strstr(bytes_string(&view), "Subject: C=JP, CN=Dev+serialNumber=7000-0001, O=Example\n"));
	r.subject[2].type = "serialNumber";
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "attribute serialNumber stands twice in one RelativeDistinguishedName");
	r.subject[0].joined = true;
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "attribute C joins no RDN");
	bytes_free(&tbs);
	bytes_free(&view);
	root_close(&r);
}

static void a_printable_string_is_one_where_it_can_be(void **state)
{
	static const struct {
		const char *type, *value, *message;
	} cases[] = {{"O", "株式会社", "that a PrintableString has not"},
	        {"CN", "a@b", "that a PrintableString has not"},
	        {"DC", "example", "attribute DC cannot be a PrintableString"}};
	struct bytes tbs = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	r.subject[1].printable = true;
	assert_ok(certificate_tbs(&r.p, &tbs, &e), &e);
	assert_true(holds_hex(&tbs, "060355040a1312"));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		r.subject[1].type = cases[i].type;
		r.subject[1].value = cases[i].value;
		assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
		assert_error(&e, cases[i].message);
	}
	bytes_free(&tbs);
	root_close(&r);
}

/* BR 7.1.2.2: subject, key and key identifier of a cross-certificate are those of the certificate there was before,
 * byte for byte, here with a string type that we would not write and an identifier that no method makes. */
static void a_cross_certificate_takes_from_the_existing_one(void **state)
{
	static const uint8_t subject[] = {
	        0x30, 0x0f, 0x31, 0x0d, 0x30, 0x0b, 6, 3, 0x55, 4, 3, 0x14, 4, 'R', 'o', 'o', 't'};
	static const uint8_t key_id[] = {9, 8, 7};
	struct certificate_parts parts = {0}, again = {0};
	struct bytes tbs = {0}, der = {0};
	struct error e = {0};
	struct root old, issuer;

	(void)state;
	root_open(&old, "rsa-2048");
	root_open(&issuer, "ec-p384");
	old.p.subject_der = subject;
	old.p.subject_der_len = sizeof subject;
	root_extension(&old, "subjectKeyIdentifier", "copy");
	assert_int_equal(root_issue(&old, &tbs, &der, &e), -1);
	assert_error(&e, "there is no certificate of this key whose identifier could be copied");
	old.p.key_id = key_id;
	old.p.key_id_len = sizeof key_id;
	assert_ok(root_issue(&old, &tbs, &der, &e), &e);
	assert_ok(certificate_parts_read(der.data, der.len, &parts, &e), &e);
	assert_true(parts.subject.len == sizeof subject && memcmp(parts.subject.data, subject, sizeof subject) == 0);
	assert_true(parts.key_id.len == 3 && memcmp(parts.key_id.data, key_id, 3) == 0);
	assert_true(parts.spki.len == old.spki.len && memcmp(parts.spki.data, old.spki.data, old.spki.len) == 0);
	assert_true(parts.not_before == old.p.not_before && parts.not_after == old.p.not_after);

	issuer.p.subject_der = parts.subject.data;
	issuer.p.subject_der_len = parts.subject.len;
	issuer.p.spki = parts.spki.data;
	issuer.p.spki_len = parts.spki.len;
	issuer.p.key_id = parts.key_id.data;
	issuer.p.key_id_len = parts.key_id.len;
	issuer.p.issuer = subject;
	issuer.p.issuer_len = sizeof subject;
	issuer.p.issuer_key_id = key_id;
	issuer.p.issuer_key_id_len = 2;
	root_extension(&issuer, "subjectKeyIdentifier", "copy");
	bytes_clear(&tbs);
	bytes_clear(&der);
	assert_ok(root_issue(&issuer, &tbs, &der, &e), &e);
	assert_ok(certificate_verify(der.data, der.len, issuer.spki.data, issuer.spki.len, &e), &e);
	assert_ok(certificate_parts_read(der.data, der.len, &again, &e), &e);
	assert_true(again.subject.len == sizeof subject && memcmp(again.subject.data, subject, sizeof subject) == 0);
	assert_true(again.key_id.len == 3 && memcmp(again.key_id.data, key_id, 3) == 0);
	assert_true(again.spki.len == old.spki.len && memcmp(again.spki.data, old.spki.data, old.spki.len) == 0);
	certificate_parts_free(&parts);
	certificate_parts_free(&again);
	assert_int_equal(certificate_parts_read(der.data, der.len - 1, &again, &e), -1);
	certificate_parts_free(&again);
	bytes_free(&tbs);
	bytes_free(&der);
	root_close(&old);
	root_close(&issuer);
}

static void wrong_names_are_refused(void **state)
{
	static const char a65[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const struct {
		const char *type, *value, *message;
	} cases[] = {{"C", "JPN", "attribute C has 3 characters"}, {"C", "J", "it needs at least 2"},
	        {"C", "日本", "\"日本\", holds a character that a PrintableString has not"},
	        {"serialNumber", "a@b", "that a PrintableString has not"}, {"DC", "例", "that an IA5String has not"},
	        {"CN", a65, "attribute CN has 65 characters; X.520 and RFC 5280 appendix A allow 64"},
	        {"CN", "", "needs at least 1"}, {"CN", "a\nb", "U+000A, a character that cannot be seen"},
	        {"CN",
	                "a\xe2\x80\xae"
	                "b",
	                "U+202E"},
	        {"CN", "a\xff", "is not UTF-8"}, {"CN", "か\xe3\x82\x99", "in normal form"},
	        {"CN", " a", "begins or ends with a blank"}, {"CN", "a ", "begins or ends with a blank"},
	        {"XX", "a", "type XX is not known"}, {"2.5.4.3", "a", "is not known"}, {"CN", NULL, "CN has no value"}};
	struct bytes tbs = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		r.p.subjects = 1;
		root_subject(&r, cases[i].type, cases[i].value);
		assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
		assert_error(&e, cases[i].message);
	}
	r.p.subjects = 0;
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "no subject, and so no issuer");
	assert_int_equal(tbs.len, 0);
	bytes_free(&tbs);
	root_close(&r);
}

static void the_issuer_is_copied_byte_for_byte(void **state)
{
	/* CN of an old string type, which we would not write */
	static const uint8_t issuer[] = {
	        0x30, 0x0f, 0x31, 0x0d, 0x30, 0x0b, 6, 3, 0x55, 4, 3, 0x14, 4, 'R', 'o', 'o', 't'};
	static const uint8_t key_id[] = {1, 2, 3, 4};
	struct bytes tbs = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	r.p.issuer = issuer;
	r.p.issuer_len = sizeof issuer;
	r.p.signature = "rsa-pss-sha256"; /* the issuer's key is another */
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "authorityKeyIdentifier: the issuer has no subjectKeyIdentifier");
	r.p.issuer_key_id = key_id;
	r.p.issuer_key_id_len = sizeof key_id;
	assert_ok(certificate_tbs(&r.p, &tbs, &e), &e);
	assert_true(holds(&tbs, issuer, sizeof issuer));
	assert_true(holds_hex(&tbs, "0603551d230408300680"
	                            "0401020304"));
	r.p.issuer_len--;
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "name that was given is not exactly one Name");
	bytes_free(&tbs);
	root_close(&r);
}

static void the_serial_number_is_bounded(void **state)
{
	struct bytes tbs = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	memset(r.p.serial, 0xff, 20);
	r.p.serial_len = 16; /* the top bit set: a zero octet keeps it positive */
	assert_ok(certificate_tbs(&r.p, &tbs, &e), &e);
	assert_true(holds_hex(&tbs, "021100ffffffffffffffffffffffffffffffff30"));
	r.p.serial_len = 20;
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "not below 2^159");
	r.p.serial[0] = 0x7f;
	assert_ok(certificate_tbs(&r.p, &tbs, &e), &e);
	memset(r.p.serial, 0, 20);
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "serial number is zero");
	r.p.serial_len = 0;
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "serial number is zero");
	r.p.serial_len = 21;
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "longer than 20 octets");
	bytes_free(&tbs);
	root_close(&r);
}

static void wrong_keys_are_refused(void **state)
{
	/* the neutral element, of order 1: OpenSSL accepts any message under it */
	static const uint8_t small[44] = {0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0, 1};
	struct bytes tbs = {0}, longer = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	bytes_add(&longer, r.spki.data, r.spki.len);
	bytes_byte(&longer, 0);
	r.p.spki = longer.data;
	r.p.spki_len = longer.len;
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "not exactly one element in DER");
	r.p.spki_len = r.spki.len;
	longer.data[r.spki.len - 1] ^= 1;
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "does not parse");
	r.p.spki = small;
	r.p.spki_len = sizeof small;
	r.p.signature = "ed25519";
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "of small order");
	r.p.spki = r.spki.data;
	r.p.spki_len = r.spki.len;
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "A key of algorithm ec-p256 cannot make a signature of algorithm ed25519");
	r.p.signature = "md5";
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "signature algorithm md5 is not known");
	bytes_free(&tbs);
	bytes_free(&longer);
	root_close(&r);
}

static void assembling_checks_the_parts(void **state)
{
	struct bytes tbs = {0}, der = {0}, out = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	assert_ok(root_issue(&r, &tbs, &der, &e), &e);
	assert_int_equal(certificate_assemble(tbs.data, tbs.len, "ecdsa-sha384", "x", 1, &out, &e), -1);
	assert_error(&e, "name another signature algorithm than ecdsa-sha384");
	assert_int_equal(certificate_assemble(tbs.data, tbs.len - 1, "ecdsa-sha256", "x", 1, &out, &e), -1);
	assert_int_equal(certificate_assemble(tbs.data, tbs.len, "ecdsa-sha256", "", 0, &out, &e), -1);
	assert_error(&e, "The signature is empty.");
	assert_int_equal(certificate_assemble(tbs.data, tbs.len, "sha256", "x", 1, &out, &e), -1);
	bytes_byte(&tbs, 5);
	bytes_byte(&tbs, 0);
	assert_int_equal(certificate_assemble(tbs.data, tbs.len, "ecdsa-sha256", "x", 1, &out, &e), -1);
	assert_int_equal(out.len, 0);
	bytes_byte(&der, 0);
	assert_int_equal(certificate_verify(der.data, der.len, r.spki.data, r.spki.len, &e), -1);
	assert_error(&e, "1 bytes stand behind the certificate.");
	assert_int_equal(certificate_pem(der.data, der.len, &out, &e), -1);
	assert_int_equal(out.len, 0);
	bytes_free(&tbs);
	bytes_free(&der);
	bytes_free(&out);
	root_close(&r);
}

static void every_changed_byte_is_noticed(void **state)
{
	struct bytes tbs = {0}, der = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	assert_ok(root_issue(&r, &tbs, &der, &e), &e);
	for (size_t i = 0; i < der.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			der.data[i] ^= (uint8_t)(1u << bit);
			if (certificate_verify(der.data, der.len, r.spki.data, r.spki.len, &e) == 0)
				fail_msg("bit %u of byte %zu changed, and it still verifies", bit, i);
			der.data[i] ^= (uint8_t)(1u << bit);
		}
	}
	assert_ok(certificate_verify(der.data, der.len, r.spki.data, r.spki.len, &e), &e);
	bytes_free(&tbs);
	bytes_free(&der);
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_signature_algorithm_is_accepted_by_openssl),
	        cmocka_unit_test(algorithm_identifiers_are_those_of_the_baseline_requirements),
	        cmocka_unit_test(a_rehearsal_certificate_is_refused_by_openssl),
	        cmocka_unit_test(dates_change_form_in_2050),
	        cmocka_unit_test(names_are_encoded_as_written),
	        cmocka_unit_test(wrong_names_are_refused),
	        cmocka_unit_test(an_rdn_may_have_several_attributes),
	        cmocka_unit_test(a_printable_string_is_one_where_it_can_be),
	        cmocka_unit_test(a_cross_certificate_takes_from_the_existing_one),
	        cmocka_unit_test(the_issuer_is_copied_byte_for_byte),
	        cmocka_unit_test(the_serial_number_is_bounded),
	        cmocka_unit_test(wrong_keys_are_refused),
	        cmocka_unit_test(assembling_checks_the_parts),
	        cmocka_unit_test(every_changed_byte_is_noticed),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
