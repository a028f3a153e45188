/* Certificates of a script. */
#include "cases.h"

static const struct fault_case certificates[] = {
        {"    subject: [CN: Spare]", "    subject: {CN: Spare}",
                "35:14: \"subject\" is no list. Write it as [a, b, …]."},
        {"    subject: [CN: Spare]", "    subject: []",
                "35:14: The subject is empty. Write it as [C: JP, O: …, CN: …]."},
        {"    subject: [CN: Spare]", "    subject: [{CN: Spare, O: Example}]",
                "35:15: A part of the subject is one \"TYPE: value\". Write [C: JP, O: …]."},
        {"    subject: [CN: Spare]", "    subject: [Spare]",
                "35:15: A part of the subject is one \"TYPE: value\". Write [C: JP, O: …]."},
        {"    subject: [CN: Spare]", "    subject: [CN: Spare, Cn: Spare]",
                "35:26: The subject has no attribute \"Cn\". Did you mean \"CN\"?"},
        {"    subject: [CN: Spare]", "    subject: [CN: Spare, colour: red]",
                "35:26: The subject has no attribute \"colour\". Write one such as C, O, CN."},
        {"    subject: [CN: Spare]", "    subject: [C: jp, CN: Spare]",
                "35:18: \"jp\" is no country. Write its two upper-case letters."},
        {"    subject: [CN: Spare]", "    subject: [C: JPN, CN: Spare]",
                "35:18: \"JPN\" is no country. Write its two upper-case letters."},
        {"    subject: [CN: Spare]", "    subject: [CN: \"Spare \"]",
                "35:19: \"CN\" begins or ends with a space. Remove it."},
        {"    subject: [CN: Spare]", "    subject: [CN: \"\"]", "35:19: \"CN\" is empty. Write a value."},
        {"    key: spare-key", "    key: spear-key",
                "36:10: There is no key pair \"spear-key\". Did you mean \"spare-key\"?"},
        {"    key: spare-key\n    issuer: self", "    key: spare-key\n    issuer: root",
                "37:13: The issuer \"root\" is not in this version, which issues self-signed certificates only. Write "
                "\"self\"."},
        {"signature: rsa-pss-sha256", "signature: sha256",
                "38:16: \"signature\" cannot be \"sha256\". Write one of: ecdsa-sha256, ecdsa-sha384, ecdsa-sha512, "
                "rsa-pkcs1-sha256, rsa-pkcs1-sha384, rsa-pkcs1-sha512, rsa-pss-sha256, rsa-pss-sha384, rsa-pss-sha512, "
                "ed25519."},
        {"signature: rsa-pss-sha256", "signature: rsa-pss-sha1",
                "38:16: \"signature\" cannot be \"rsa-pss-sha1\". Did you mean \"rsa-pss-sha512\"?"},
        {"signature: rsa-pss-sha256", "signature: ecdsa-sha256",
                "38:16: A key of the algorithm rsa-4096 cannot sign \"ecdsa-sha256\". Choose one that fits it."},
        {"signature: ecdsa-sha384", "signature: ed25519",
                "27:16: A key of the algorithm ec-p384 cannot sign \"ed25519\". Choose one that fits it."},
        {"signature: ecdsa-sha384", "signature: rsa-pkcs1-sha512",
                "27:16: A key of the algorithm ec-p384 cannot sign \"rsa-pkcs1-sha512\". Choose one that fits it."},
        {"validity: {from: signing, days: 7305}", "validity: {from: now, days: 7305}",
                "28:22: \"from\" cannot be \"now\". Write one of: signing."},
        {"validity: {from: signing, days: 7305}", "validity: {from: signing}",
                "28:15: \"validity\" has no key \"days\". Add it."},
        {"validity: {from: signing, days: 7305}", "validity: {days: 0, from: signing}",
                "28:22: \"days\" is out of range. Write a number from 1 to 36525."},
        {"validity: {from: signing, days: 7305}", "validity: {from: signing, days: 40000}",
                "28:37: \"days\" is out of range. Write a number from 1 to 36525."},
        {"validity: {from: signing, days: 7305}", "validity: {from: signing, days: 1, not-after: 2036-12-01T00:00:00Z}",
                "28:40: The key \"not-after\" is not known here. The keys are: from, days."},
        {"validity: {from: signing, days: 7305}", "validity: {}",
                "28:15: \"validity\" has no key \"not-before\". Add it.\n"
                "28:15: \"validity\" has no key \"not-after\". Add it."},
        {"not-before: 2026-12-01T00:00:00Z", "not-before: 2026-12-01",
                "39:28: \"not-before\" is no time. Write it in UTC as 2026-12-01T00:00:00Z."},
        {"not-before: 2026-12-01T00:00:00Z", "not-before: 2026-02-30T00:00:00Z",
                "39:28: \"not-before\" is no time. Write it in UTC as 2026-12-01T00:00:00Z."},
        {"not-before: 2026-12-01T00:00:00Z", "not-before: 2036-12-01T00:00:00Z",
                "39:61: \"not-after\" is no later than \"not-before\". Correct one of them."},
        {"serial: 00abc", "serial: 0", "40:13: The serial number is zero. It must be positive (RFC 5280 4.1.2.2)."},
        {"serial: 00abc", "serial: ABC",
                "40:13: \"serial\" is neither \"random\" nor a number. Write 1 to 40 lower-case hexadecimal digits."},
        {"serial: 00abc", "serial: 11111111111111111111111111111111111111111",
                "40:13: \"serial\" is neither \"random\" nor a number. Write 1 to 40 lower-case hexadecimal digits."},
        {"serial: 00abc", "serial: 8000000000000000000000000000000000000000",
                "40:13: The serial number is not below 2^159 (RFC 5280 4.1.2.2). Begin its 40 digits with 0 to 7."},
        {"serial: 00abc", "serial: 0x12",
                "40:13: \"serial\" is neither \"random\" nor a number. Write 1 to 40 lower-case hexadecimal digits."},
        {"serial: 00abc", "serial: rand",
                "40:13: \"serial\" is neither \"random\" nor a number. Write 1 to 40 lower-case hexadecimal digits."},
        {"basicConstraints: critical,CA:TRUE", "basicConstraints: CA:TRUE,CA:FALSE",
                "31:25: \"basicConstraints\" says \"CA\" twice. Keep one."},
        {"basicConstraints: critical,CA:TRUE", "basicConstraints: critical, CA:TRUE , ca :TRUE",
                "31:25: \"basicConstraints\" says \"ca\" twice. Keep one."},
        {"keyUsage: critical,keyCertSign,cRLSign", "keyUsage: critical,keyCertSign,keyCertSign",
                "32:17: \"keyUsage\" says \"keyCertSign\" twice. Keep one."},
        {"keyUsage: critical,keyCertSign,cRLSign", "keyUsage: critical,keyCertSign,critical",
                "32:17: \"keyUsage\" says \"critical\" twice. Keep one."},
        {"keyUsage: critical,keyCertSign,cRLSign", "keyUsages: critical,keyCertSign",
                "32:7: There is no extension \"keyUsages\". Did you mean \"keyUsage\"?"},
        {"keyUsage: critical,keyCertSign,cRLSign", "keyUsage: [keyCertSign]",
                "32:17: \"keyUsage\" is a map or list. Write a single value."},
        {"keyUsage: critical,keyCertSign,cRLSign", "keyUsage: \"\"", "32:17: \"keyUsage\" is empty. Write a value."},
        {"{subjectAltName: \"DNS:a.example,DNS:b.example\"}", "{subjectAltName: \"DNS:a.example,DNS:a.example\"}",
                "41:34: \"subjectAltName\" says \"DNS:a.example\" twice. Keep one."},
        {"{subjectAltName: \"DNS:a.example,DNS:b.example\"}", "[subjectAltName]",
                "41:17: \"extensions\" is no map. Write it as {key: value, …}."},
        {"    lint: [rfc5280]", "    lint: []", "42:11: \"lint\" is empty. Name a set of rules: rfc5280, cabf-root."},
        {"    lint: [rfc5280]", "    lint: [rfc5281]",
                "42:12: \"lint[1]\" cannot be \"rfc5281\". Did you mean \"rfc5280\"?"},
        {"    lint: [rfc5280]", "    lint: [zlint]",
                "42:12: \"lint[1]\" cannot be \"zlint\". Write one of: rfc5280, cabf-root."},
        {"    lint: [rfc5280]", "    lint: [rfc5280, rfc5280]",
                "42:21: \"rfc5280\" stands twice in \"lint\". Keep one."},
        {"    lint: [rfc5280]", "    lints: [rfc5280]",
                "35:5: \"spare\" has no key \"lint\". Add it.\n"
                "42:5: The key \"lints\" is not known here. Did you mean \"lint\"?"},
        {"  spare:\n    subject", "  checkpoint:\n    subject",
                "34:3: A certificate cannot be named \"checkpoint\", which show-code means otherwise. Choose another."},
        {"  spare:\n    subject", "  Spare:\n    subject",
                "34:3: \"Spare\" is no name. Use a-z, 0-9 and \"-\", a letter or digit first, at most 64."},
        {"    issuer: self\n    signature: rsa-pss-sha256", "    signature: rsa-pss-sha256",
                "35:5: \"spare\" has no key \"issuer\". Add it."},
        {"serial: random", "serial: random\n    version: 3",
                "30:5: The key \"version\" is not known here. The keys are: subject, key, issuer, signature, validity, "
                "serial, extensions, lint."},
};

static bool parse(struct bytes *raw, struct fault_list *faults)
{
	struct script *s = script_parse("faulty.yaml", raw, faults);
	bool passed = s != NULL;
	script_free(&s);
	return passed;
}

static void each_fault_of_certificates_is_told(void **state)
{
	(void)state;
	run_cases(DATA "whole.yaml", certificates, sizeof(certificates) / sizeof(certificates[0]), parse);
}

static void a_certificate_is_read_in_the_order_written(void **state)
{
	struct bytes raw = {0};
	struct fault_list faults = {0};

	(void)state;
	load(DATA "whole.yaml", &raw);
	struct script *s = script_parse("whole.yaml", &raw, &faults);
	assert_non_null(s);
	const struct script_certificate *c = script_certificate(s, "root");
	assert_int_equal(c->subjects, 3);
	assert_string_equal(c->subject[0].type, "C");
	assert_string_equal(c->subject[0].value, "JP");
	assert_string_equal(c->subject[2].type, "CN");
	assert_string_equal(c->subject[2].value, "Example Root");
	assert_string_equal(c->key, "root-key");
	assert_string_equal(c->issuer, "self");
	assert_string_equal(c->signature, "ecdsa-sha384");
	assert_string_equal(c->serial, "random");
	assert_true(c->from_signing);
	assert_int_equal(c->days, 7305);
	assert_int_equal(c->extension_count, 2);
	assert_string_equal(c->extensions[0].name, "basicConstraints");
	assert_string_equal(c->extensions[1].value, "critical,keyCertSign,cRLSign");
	assert_int_equal(c->lint.count, 2);
	assert_string_equal(c->lint.item[1], "cabf-root");
	c = script_certificate(s, "spare");
	assert_false(c->from_signing);
	assert_int_equal(c->not_before, 1796083200); /* date -u -d 2026-12-01 +%s */
	assert_int_equal(c->not_after, 2111702400);
	assert_string_equal(c->serial, "0abc");
	assert_null(script_certificate(s, "intermediate"));
	script_free(&s);
	fault_list_free(&faults);
}

static void an_endless_extension_is_told(void **state)
{
	struct bytes whole = {0}, raw = {0}, value = {0}, told = {0};
	struct fault_list faults = {0};

	(void)state;
	load(DATA "whole.yaml", &whole);
	bytes_text(&value, "keyUsage: ");
	for (int i = 0; i < 4097; i++)
		bytes_byte(&value, i ? ',' : 'a');
	change(&(struct fault_case){"keyUsage: critical,keyCertSign,cRLSign", bytes_string(&value), NULL}, &whole,
	        &raw);
	assert_false(parse(&raw, &faults));
	tell(&faults, &told);
	assert_string_equal(bytes_string(&told), "32:17: \"keyUsage\" is longer than 4096 bytes. Shorten it.");
	fault_list_free(&faults);
	bytes_free(&whole);
	bytes_free(&value);
	bytes_free(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_fault_of_certificates_is_told),
	        cmocka_unit_test(a_certificate_is_read_in_the_order_written),
	        cmocka_unit_test(an_endless_extension_is_told),
	};
	struct error e = {0};
	if (secret_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
