/* Extensions say what was written, from nothing but what was written. */
#include "fixture.h"

#include <openssl/evp.h>

static int with(const char *name, const char *value, struct bytes *tbs, struct error *e)
{
	struct root r;
	int status;

	root_open(&r, "ec-p256");
	root_extension(&r, name, value);
	bytes_clear(tbs);
	status = certificate_tbs(&r.p, tbs, e);
	root_close(&r);
	return status;
}

static void values_are_encoded(void **state)
{
	/* whole Extension elements, worked out by hand from RFC 5280 section 4.2 */
	static const struct {
		const char *name, *value, *hex;
	} cases[] = {
	        {"basicConstraints", "critical,CA:TRUE", "300f0603551d130101ff040530030101ff"},
	        {"basicConstraints", "critical, CA:TRUE , pathlen:3", "30120603551d130101ff040830060101ff020103"},
	        {"basicConstraints", "CA:FALSE", "30090603551d1304023000"},
	        {"keyUsage", "critical,keyCertSign,cRLSign", "300e0603551d0f0101ff040403020106"},
	        {"keyUsage", "digitalSignature", "300b0603551d0f040403020780"},
	        {"extendedKeyUsage", "OCSPSigning", "30130603551d25040c300a06082b06010505070309"},
	        {"certificatePolicies", "1.2.3.4", "30100603551d2004093007300506032a0304"},
	        {"inhibitAnyPolicy", "critical,0", "300d0603551d360101ff0403020100"},
	        {"policyConstraints", "critical,requireExplicitPolicy:0", "300f0603551d240101ff04053003800100"},
	        {"noCheck", "ignored", "300f06092b060105050730010504020500"},
	        {"1.2.3.4", "critical,DER:0c:02:68:69", "300e06032a03040101ff04040c026869"},
	        {"1.2.3.4", "ASN1:FORMAT:UTF8,UTF8String:立会", "300f06032a030404080c06e7ab8be4bc9a"},
	};
	struct bytes tbs = {0}, hex = {0};
	struct error e = {0};

	(void)state;
	setenv("FOO", "from-the-environment", 1);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_ok(with(cases[i].name, cases[i].value, &tbs, &e), &e);
		bytes_clear(&hex);
		bytes_hex(&hex, tbs.data, tbs.len);
		if (!strstr(bytes_string(&hex), cases[i].hex))
			fail_msg("%s: %s: not in %s", cases[i].name, cases[i].value, bytes_string(&hex));
		assert_null(memmem(tbs.data, tbs.len, "from-the-env", 12));
	}
	assert_ok(with("crlDistributionPoints", "URI:http://a.jp/#$x\\y", &tbs, &e), &e);
	assert_non_null(memmem(tbs.data, tbs.len,
	        "\x86\x11"
	        "http://a.jp/#$x\\y",
	        19));
	assert_ok(with("1.2.3.4", "ASN1:UTF8String:a,b=$ENV::FOO ${FOO}", &tbs, &e), &e);
	assert_non_null(memmem(tbs.data, tbs.len, "a,b=$ENV::FOO ${FOO}", 20));
	bytes_free(&tbs);
	bytes_free(&hex);
}

static void wrong_values_are_refused(void **state)
{
	static const struct {
		const char *name, *value, *message;
	} cases[] = {
	        {"basicConstraints", "CA:TRUE,CA:FALSE", "basicConstraints: \"CA:FALSE\" stands twice"},
	        {"basicConstraints", "CA:TRUE,ca:TRUE", "is no value of it"},
	        {"basicConstraints", "CA:maybe", "\"CA:maybe\" is no value of it"},
	        {"basicConstraints", "CA:TRUE,pathlen:-1", "\"pathlen:-1\" is no value of it"},
	        {"basicConstraints", "critical,critical,CA:TRUE", "\"critical\" stands twice"},
	        {"basicConstraints", "critical", "a part of the value is empty"},
	        {"basicConstraints", "", "a part of the value is empty"},
	        {"keyUsage", "keyCertSign,keyCertSign", "keyUsage: \"keyCertSign\" stands twice"},
	        {"keyUsage", "keyCertSign,Certificate Sign", "\"Certificate Sign\" is no value of it"},
	        {"keyUsage", "keyCertSign,,cRLSign", "a part of the value is empty"},
	        {"keyUsage", "keyCertSign,", "a part of the value is empty"},
	        {"keyUsage", "keyCertSign\ncRLSign", "holds a control character"},
	        {"keyUsage", "$ENV::FOO", "\"$ENV::FOO\" is no value of it"},
	        {"keyUsage", ".include /etc/passwd", "is no value of it"},
	        {"keyUsage", "$(id)", "is no value of it"},
	        {"keyUsage", "DER:03020106", "raw bytes (DER:, ASN1:) may stand only under an OID"},
	        {"keyUsage", "critical,@section", "keyUsage: there is no section \"section\""},
	        {"extendedKeyUsage", "serverAuth,1.3.6.1.5.5.7.3.1", "stands twice under two names"},
	        {"extendedKeyUsage", "nonsense", "refused by OpenSSL: "},
	        {"subjectAltName", "dirName:section", "subjectAltName: there is no section \"section\""},
	        {"subjectAltName", "email:copy", "is not written out"},
	        {"subjectAltName", "email:move", "is not written out"},
	        {"subjectAltName", "DNS:例.jp", "may hold characters beyond ASCII"},
	        {"subjectAltName", "otherName:1.2.3;SEQUENCE:section", "refused by OpenSSL: "},
	        {"nameConstraints", "permitted;dirName:section", "nameConstraints: there is no section \"section\""},
	        {"crlDistributionPoints", "section", "there is no section \"section\""},
	        {"certificatePolicies", "1.2.3.4,@section", "certificatePolicies: there is no section \"section\""},
	        {"certificatePolicies", "1.2.3.4,1.2.3.4", "\"1.2.3.4\" stands twice"},
	        {"authorityKeyIdentifier", "keyid,issuer", "only \"keyid\" or \"keyid:always\""},
	        {"authorityKeyIdentifier", "keyid,keyid:always", "\"keyid:always\" stands twice"},
	        {"subjectKeyIdentifier", "sha512", "the method is \"hash\", \"sha256\" or \"copy\", not \"sha512\""},
	        {"subjectKeyIdentifier", "copy",
	                "there is no certificate of this key whose identifier could be copied"},
	        {"noCheck", "yes", "is no value of it"},
	        {"proxyCertInfo", "language:id-ppl-anyLanguage,policy:file:/etc/passwd", "proxyCertInfo is not known"},
	        {"nonsense", "x", "nonsense is not known"},
	        {"1.2.3.4", "x", "begins with DER: or ASN1:"},
	        {"1.2.3.4", "DER:", "refused by OpenSSL: "},
	        {"1.2.3.4", "DER:0", "refused by OpenSSL: "},
	        {"1.2.3.4", "DER:050000", "not exactly one element in DER"},
	        {"1.2.3.4", "DER:0581", "not exactly one element in DER"},
	        {"1.2.3.4", "ASN1:SEQUENCE:section", "refused by OpenSSL: "},
	        {"1.2.3.4", "ASN1:NONSENSE", "refused by OpenSSL: "},
	        {"1.2.3.4", "ASN1:UTF8String:立会", "may hold characters beyond ASCII"},
	        {"1.2.3.04", "DER:0500", "is no object identifier"},
	        {"9.9", "DER:0500", "is no object identifier"},
	        {"2.5.29.15", "DER:03020106", "write it by its name, keyUsage"},
	        {pki_rehearsal_oid, "DER:0500", "only a rehearsal adds this one"},
	};
	struct bytes tbs = {0};
	struct error e = {0};

	(void)state;
	setenv("FOO", "keyCertSign", 1);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (with(cases[i].name, cases[i].value, &tbs, &e) == 0)
			fail_msg("accepted: %s: %s", cases[i].name, cases[i].value);
		assert_error(&e, cases[i].message);
		assert_int_equal(tbs.len, 0);
	}
	bytes_free(&tbs);
}

struct sectioned {
	const char *name, *value;
	const char *fields[12]; /* "[NAME", or key and value */
	const char *wanted;     /* hex of the extension, or a message */
};

/* Builds with the sections of `c`. */
static int with_sections(const struct sectioned *c, struct bytes *tbs, struct error *e)
{
	struct pki_extension field[12];
	struct pki_section section[6];
	size_t sections = 0, fields = 0;
	struct root r;
	int status;

	for (size_t i = 0; i < 12 && c->fields[i]; i++) {
		if (c->fields[i][0] == '[') {
			section[sections++] = (struct pki_section){c->fields[i] + 1, &field[fields], 0};
		} else {
			field[fields++] = (struct pki_extension){c->fields[i], c->fields[i + 1]};
			section[sections - 1].count++;
			i++;
		}
	}
	root_open(&r, "ec-p256");
	root_extension(&r, c->name, c->value);
	r.p.sections = section;
	r.p.section_count = sections;
	bytes_clear(tbs);
	status = certificate_tbs(&r.p, tbs, e);
	root_close(&r);
	return status;
}

static void sections_say_what_a_line_cannot(void **state)
{
	/* worked out by hand from RFC 5280 sections 4.2.1.4, 4.2.1.10, 4.2.1.13 and 4.2.2.1 */
	static const struct sectioned cases[] = {
	        {"certificatePolicies", "@policy",
	                {"[policy", "policyIdentifier", "1.2.3.4", "CPS.1", "http://a.jp/", NULL},
	                "302106032a0304301a301806082b06010505070201160c687474703a2f2f612e6a702f"},
	        {"certificatePolicies", "1.2.3.5,@policy",
	                {"[policy", "policyIdentifier", "1.2.3.4", "userNotice.1", "@notice", "[notice", "explicitText",
	                        "UTF8:立会", NULL},
	                "301d06032a03043016301406082b0601050507020230080c06e7ab8be4bc9a"},
	        {"nameConstraints", "critical,@names",
	                {"[names", "permitted;DNS.0", "a.jp", "excluded;IP.0", "0.0.0.0/0.0.0.0", NULL},
	                "0603551d1e0101ff04"},
	        {"nameConstraints", "critical,permitted;dirName:org", {"[org", "C", "JP", "O", "$ENV::FOO #x", NULL},
	                "0c0c24454e563a3a464f4f202378"},
	        {"crlDistributionPoints", "point", {"[point", "fullname", "URI:http://a.jp/$FOO#x", NULL},
	                "3018a016a014861268747470"},
	        {"authorityInfoAccess", "@access",
	                {"[access", "OCSP;URI.0", "http://o.jp/", "caIssuers;URI.0", "http://c.jp/", NULL},
	                "301806082b06010505073001860c687474703a2f2f6f2e6a702f301806082b06010505073002860c"},
	        {"1.2.3.4", "critical,ASN1:SEQUENCE:own",
	                {"[own", "a", "INTEGER:5", "b", "FORMAT:UTF8,UTF8String:立会", NULL},
	                "06032a03040101ff040d300b0201050c06e7ab8be4bc9a"},
	};
	struct bytes tbs = {0}, hex = {0};
	struct error e = {0};

	(void)state;
	setenv("FOO", "from-the-environment", 1);
	setenv("OPENSSL_CONF", "/nonexistent/openssl.cnf", 1);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_ok(with_sections(&cases[i], &tbs, &e), &e);
		bytes_clear(&hex);
		bytes_hex(&hex, tbs.data, tbs.len);
		if (!strstr(bytes_string(&hex), cases[i].wanted))
			fail_msg("%s: %s: not in %s", cases[i].name, cases[i].value, bytes_string(&hex));
		assert_null(memmem(tbs.data, tbs.len, "from-the-env", 12));
	}
	unsetenv("OPENSSL_CONF");
	bytes_free(&tbs);
	bytes_free(&hex);
}

static void wrong_sections_are_refused(void **state)
{
	static const struct sectioned cases[] = {
	        {"certificatePolicies", "@police", {"[policy", "policyIdentifier", "1.2.3.4", NULL},
	                "there is no section \"police\""},
	        {"certificatePolicies", "@policy",
	                {"[policy", "policyIdentifier", "1.2.3.4", "userNotice.1", "@notice", NULL},
	                "there is no section \"notice\""},
	        {"certificatePolicies", "1.2.3.4", {"[policy", "policyIdentifier", "1.2.3.4", NULL},
	                "Section policy is there, but no extension refers to it."},
	        {"certificatePolicies", "@ENV", {"[ENV", "policyIdentifier", "1.2.3.4", NULL},
	                "\"ENV\" is no name of a section"},
	        {"certificatePolicies", "@default", {"[default", "policyIdentifier", "1.2.3.4", NULL},
	                "\"default\" is no name of a section"},
	        {"certificatePolicies", "@a b", {"[a b", "policyIdentifier", "1.2.3.4", NULL},
	                "\"a b\" is no name of a section"},
	        {"certificatePolicies", "@policy", {"[policy", NULL}, "Section policy is empty."},
	        {"certificatePolicies", "@policy",
	                {"[policy", "policyIdentifier", "1.2.3.4", "[policy", "CPS", "x", NULL},
	                "Section policy stands twice."},
	        {"certificatePolicies", "@policy",
	                {"[policy", "policyIdentifier", "1.2.3.4", "policyIdentifier", "1.2.3.5", NULL},
	                "Section policy: policyIdentifier stands twice."},
	        {"certificatePolicies", "@policy", {"[policy", "policyIdentifier", "1.2.3.4\n", NULL},
	                "holds a control character"},
	        {"certificatePolicies", "@policy",
	                {"[policy", "policyIdentifier", "1.2.3.4", "CPS", "http://立会/", NULL},
	                "may hold characters beyond ASCII only as explicitText"},
	        {"certificatePolicies", "@policy", {"[policy", "policyIdentifier", "1.2.3.4", "colour", "red", NULL},
	                "refused by OpenSSL: "},
	        {"certificatePolicies", "@policy", {"[policy", "policyIdentifier", "$ENV::FOO", NULL},
	                "refused by OpenSSL: "},
	        {"subjectAltName", "@names", {"[names", "email", "copy", NULL}, "is not written out"},
	        {"subjectAltName", "@names", {"[names", "other", "file:/etc/passwd", NULL}, "is not written out"},
	        {"keyUsage", "@use", {"[use", "keyCertSign", "x", NULL}, "\"@use\" is no value of it"},
	        {"certificatePolicies", "@policy", {"[policy", "policyIdentifier", " 1.2.3.4", NULL},
	                "would be read as others than are written"},
	        {"certificatePolicies", "@policy", {"[policy", ".include", "/etc/passwd", NULL},
	                "\".include\" is no name of a field"},
	        {"certificatePolicies", "@policy", {"[policy", "other::policyIdentifier", "1.2.3.4", NULL},
	                "\"other::policyIdentifier\" is no name of a field"},
	        {"1.2.3.4", "ASN1:SEQUENCE:own", {"[own", "a", "SEQUENCE:own", NULL}, "refused by OpenSSL: "},
	};
	struct bytes tbs = {0};
	struct error e = {0};

	(void)state;
	setenv("FOO", "1.2.3.4", 1);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (with_sections(&cases[i], &tbs, &e) == 0)
			fail_msg("accepted: %s: %s (%zu)", cases[i].name, cases[i].value, i);
		assert_error(&e, cases[i].wanted);
		assert_int_equal(tbs.len, 0);
	}
	bytes_free(&tbs);
}

static void key_identifiers_follow_their_method(void **state)
{
	static const struct {
		const char *method, *md;
	} cases[] = {{"hash", "SHA1"}, {"sha256", "SHA256"}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bytes tbs = {0}, wanted = {0};
		struct error e = {0};
		unsigned char digest[EVP_MAX_MD_SIZE];
		struct root r;
		root_open(&r, "ec-p256");
		root_extension(&r, "subjectKeyIdentifier", cases[i].method);
		assert_ok(certificate_tbs(&r.p, &tbs, &e), &e);
		/* the key bits of a P-256 SPKI: its last 65 bytes (RFC 5280 section 4.2.1.2, RFC 7093 section 2) */
		assert_true(EVP_Q_digest(NULL, cases[i].md, NULL, r.spki.data + r.spki.len - 65, 65, digest, NULL));
		bytes_text(&wanted, "\x80\x14");
		bytes_add(&wanted, digest, 20);
		assert_non_null(memmem(tbs.data, tbs.len, wanted.data, wanted.len));
		wanted.data[0] = 0x04;
		assert_non_null(memmem(tbs.data, tbs.len, wanted.data, wanted.len));
		bytes_free(&tbs);
		bytes_free(&wanted);
		root_close(&r);
	}
}

static void extensions_stand_in_the_order_written_and_once(void **state)
{
	struct bytes tbs = {0};
	struct error e = {0};
	struct root r;
	uint8_t *basic, *usage, *authority, *key_id;

	(void)state;
	root_open(&r, "ec-p256");
	assert_ok(certificate_tbs(&r.p, &tbs, &e), &e);
	basic = memmem(tbs.data, tbs.len, "\x55\x1d\x13", 3);
	usage = memmem(tbs.data, tbs.len, "\x55\x1d\x0f", 3);
	authority = memmem(tbs.data, tbs.len, "\x55\x1d\x23", 3);
	key_id = memmem(tbs.data, tbs.len, "\x55\x1d\x0e", 3);
	assert_true(basic && basic < usage && usage < authority && authority < key_id);
	r.extension[r.p.extension_count++] = (struct pki_extension){"keyUsage", "cRLSign"};
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "Extension keyUsage stands twice.");
	r.p.extension_count--;
	r.extension[3] = (struct pki_extension){"noCheck", "ignored"};
	assert_int_equal(certificate_tbs(&r.p, &tbs, &e), -1);
	assert_error(&e, "the issuer has no subjectKeyIdentifier that could be named");
	bytes_free(&tbs);
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(values_are_encoded),
	        cmocka_unit_test(wrong_values_are_refused),
	        cmocka_unit_test(sections_say_what_a_line_cannot),
	        cmocka_unit_test(wrong_sections_are_refused),
	        cmocka_unit_test(key_identifiers_follow_their_method),
	        cmocka_unit_test(extensions_stand_in_the_order_written_and_once),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("extension", tests, NULL, NULL);
}
