/* Certificates of a script. */
#include "cases.h"

static const struct fault_case certificates[] = {
        {"    subject: [CN: Spare]", "    subject: {CN: Spare}",
                "35:14: \"subject\" is no list. Write it as [a, b, …]."},
        {"    subject: [CN: Spare]", "    subject: []",
                "35:14: The subject is empty. Write it as [C: JP, O: …, CN: …]."},
        {"    subject: [CN: Spare]", "    subject: [Spare]",
                "35:15: A part of the subject is one \"TYPE: value\", or several of one RDN in braces. Write [C: JP, "
                "O: …]."},
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
                "38:16: A key of the algorithm ec-p384 cannot sign \"rsa-pss-sha256\". Choose one that fits it."},
        {"    key: spare-key\n    issuer: self", "    key: spare-key\n    issuer: rot",
                "37:13: There is no certificate \"rot\". Did you mean \"root\"?"},
        {"    key: spare-key\n    issuer: self", "    key: spare-key\n    issuer: spare",
                "37:13: \"spare\" names itself as issuer. Write \"self\"."},
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
                "28:40: The key \"not-after\" is not known here. The keys are: from, days, outlives-issuer."},
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
        {"    lint: [rfc5280]", "    lint: []", "42:11: \"lint\" is empty. Name a set of rules, such as rfc5280."},
        {"    lint: [rfc5280]", "    lint: [rfc5281]",
                "42:12: \"lint[1]\" cannot be \"rfc5281\". Did you mean \"rfc5280\"?"},
        {"    lint: [rfc5280]", "    lint: [zlint]",
                "42:12: \"lint[1]\" cannot be \"zlint\". Write one of: rfc5280, cabf-root, cabf-cross, cabf-sub-ca, "
                "cabf-constrained, cabf-ocsp, rfc6960-responder, tsa, ieee-802.1ar."},
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
                "30:5: The key \"version\" is not known here. The keys are: subject, names, key, request, cross, "
                "issuer, signature, validity, serial, extensions, sections, lint."},
};

/* Of issued.yaml: certificates with issuers other than themselves. */
static const struct fault_case issued[] = {
        {"{CN: Device, serialNumber: \"1\", as: printable}", "{as: printable}",
                "34:33: A part of the subject is one \"TYPE: value\", or several of one RDN in braces. Write [C: JP, "
                "O: …]."},
        {"{CN: Device, serialNumber: \"1\", as: printable}", "{CN: Device, as: printed}",
                "34:50: \"as\" cannot be \"printed\". Write one of: utf8, printable."},
        {"{CN: Device, serialNumber: \"1\", as: printable}", "{CN: Device, Serial: \"1\"}",
                "34:46: The subject has no attribute \"Serial\". Write one such as C, O, CN."},
        {"ja: 株式会社例示", "ja: Reiji", "35:32: \"Reiji\" is no Japanese name. Write it in Japanese."},
        {"en: Example K.K.", "en: 例示", "35:44: \"例示\" is not romanised. Write it in ASCII."},
        {"{organisation: {ja: 株式会社例示, en: Example K.K.}}", "{organisation: {ja: 株式会社例示}}",
                "35:27: \"organisation\" has no key \"en\". Add it."},
        {"{organisation: {ja: 株式会社例示, en: Example K.K.}}", "{}",
                "35:12: \"names\" has no key \"organisation\". Add it."},
        {"    key: device-key\n    issuer: root", "    issuer: root",
                "34:5: \"device\" does not say whose key is certified. Give it one of \"key\", \"request\" and "
                "\"cross\"."},
        {"    key: device-key\n    issuer: root", "    key: device-key\n    request: device\n    issuer: root",
                "37:5: The key is already said by \"key\". Keep one of them.\n"
                "37:14: There is no request \"device\". Name one of \"requests\"."},
        {"    key: device-key\n    issuer: root", "    request: device\n    issuer: self",
                "36:14: There is no request \"device\". Name one of \"requests\".\n"
                "37:13: Only a certificate of one of the script's own keys can be its own issuer. Name another.\n"
                "39:43: A self-issued certificate cannot outlive its issuer. Remove \"outlives-issuer\"."},
        {"    key: device-key\n    issuer: root", "    key: device-key\n    issuer: other",
                "37:13: The issuer \"other\" has no key of this script, so nothing can sign. Give it its \"key\"."},
        {"days: 3650, outlives-issuer: accepted", "days: 3650, outlives-issuer: yes",
                "39:60: \"outlives-issuer\" cannot be \"yes\". Write one of: accepted."},
        {"    cross: other", "    cross: device-2",
                "57:12: There is no certificate \"device-2\". Did you mean \"device\"?"},
        {"    cross: other", "    cross: crossed",
                "57:12: \"crossed\" takes its subject from itself. Name the certificate that exists."},
        {"    cross: other", "    cross: other\n    subject: [CN: X]",
                "58:5: The key \"subject\" is not known here. The keys are: cross, names, key, request, issuer, "
                "signature, validity, "
                "serial, extensions, sections, lint."},
        {"  - {id: take, do: take-certificate, certificate: other, medium: usb-1, file: other.der, by: custodian, say: "
         "{en: Take, ja: 取込}}\n",
                "",
                "73:53: The certificate \"other\" is used before it is taken in. Put take-certificate before this."},
        {"  - {id: root, do: issue-certificate, certificate: root, approve: custodian, say: {en: Issue, ja: 発行}}\n",
                "",
                "72:54: The certificate \"root\" is used before it is issued. Put issue-certificate before this.\n"
                "73:53: The certificate \"root\" is used before it is issued. Put issue-certificate before this."},
        {"  other: {from: file}", "  other: {from: files}",
                "31:17: \"from\" cannot be \"files\". Did you mean \"file\"?"},
        {"  other: {from: file}", "  other: {from: previous}",
                "31:17: \"other\" comes from the previous record, but \"previous\" is none. Ask for one.\n"
                "71:51: The certificate \"other\" is not one that is taken in. Say \"from: file\" where it is "
                "described.\n"
                "71:51: The certificate \"other\" is already taken in by an earlier step. Leave one out."},
        {"  other: {from: file}", "  other: {from: file, subject: [CN: X]}",
                "31:23: The key \"subject\" is not known here. The keys are: from, key."},
        {"  other: {from: file}", "  other: {from: file, key: other-key}",
                "31:28: There is no key pair \"other-key\". Name one of \"keys\"."},
        {"      policy: {policyIdentifier: 1.2.3.4, userNotice.1: \"@notice\"}", "      policy: {}",
                "46:15: The section \"policy\" is empty. Write its fields, or remove it.\n"
                "47:7: Nothing refers to the section \"notice\". Write @notice where it belongs, or remove it."},
        {"      policy: {policyIdentifier: 1.2.3.4, userNotice.1: \"@notice\"}",
                "      policy: {policyIdentifier: 1.2.3.4, policyIdentifier: 1.2.3.5}",
                "46:43: The key \"policyIdentifier\" is already on line 46. Keep one of them."},
        {"      notice: {explicitText: \"UTF8:立会\"}", "      ENV: {explicitText: \"UTF8:立会\"}",
                "47:7: \"ENV\" is no name of a section. Use letters, digits, \"-\" and \"_\", a letter first.\n"
                "47:7: Nothing refers to the section \"ENV\". Write @ENV where it belongs, or remove it."},
        {"      notice: {explicitText: \"UTF8:立会\"}", "      notice: text",
                "47:15: \"notice\" is no map. Write it as {key: value, …}."},
        {"certificate: other, medium: usb-1", "certificate: root, medium: usb-1",
                "71:51: The certificate \"root\" is not one that is taken in. Say \"from: file\" where it is "
                "described.\n"
                "72:52: The certificate \"root\" is already issued by an earlier step. Leave one out.\n"
                "74:53: The certificate \"other\" is used before it is taken in. Put take-certificate before this."},
        {"file: other.der", "file: ../other.der",
                "71:79: \"../other.der\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", and no "
                "\".\" first."},
        {"do: issue-certificate, certificate: device,", "do: issue-certificate, certificate: other,",
                "73:54: The certificate \"other\" exists already and cannot be issued. Name another."},
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

static void each_fault_of_issued_certificates_is_told(void **state)
{
	(void)state;
	run_cases(DATA "issued.yaml", issued, sizeof(issued) / sizeof(issued[0]), parse);
}

static void what_is_issued_by_others_is_read(void **state)
{
	struct bytes raw = {0};
	struct fault_list faults = {0};

	(void)state;
	load(DATA "issued.yaml", &raw);
	struct script *s = script_parse("issued.yaml", &raw, &faults);
	assert_non_null(s);
	const struct script_certificate *c = script_certificate(s, "device");
	assert_int_equal(c->from, CERTIFICATE_ISSUED);
	assert_int_equal(c->subjects, 4);
	assert_false(c->subject[0].joined || c->subject[0].printable || c->subject[2].joined);
	assert_true(c->subject[2].printable && c->subject[3].printable && c->subject[3].joined);
	assert_string_equal(c->subject[3].type, "serialNumber");
	assert_string_equal(c->organisation_ja, "株式会社例示");
	assert_string_equal(c->organisation_en, "Example K.K.");
	assert_string_equal(c->issuer, "root");
	assert_ptr_equal(script_signer(s, c), script_key(s, "root-key"));
	assert_true(c->outlives_issuer);
	assert_int_equal(c->section_count, 2);
	assert_string_equal(c->sections[0].name, "policy");
	assert_string_equal(c->sections[0].field[1].name, "userNotice.1");
	assert_string_equal(c->sections[0].field[1].value, "@notice");
	c = script_certificate(s, "crossed");
	assert_string_equal(c->cross, "other");
	assert_null(c->key);
	assert_int_equal(c->subjects, 0);
	assert_ptr_equal(script_signer(s, c), script_key(s, "root-key"));
	assert_int_equal(script_certificate(s, "other")->from, CERTIFICATE_FILE);
	assert_null(script_signer(s, script_certificate(s, "other")));
	script_free(&s);
	fault_list_free(&faults);
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
	        cmocka_unit_test(each_fault_of_issued_certificates_is_told),
	        cmocka_unit_test(what_is_issued_by_others_is_read),
	        cmocka_unit_test(a_certificate_is_read_in_the_order_written),
	        cmocka_unit_test(an_endless_extension_is_told),
	};
	struct error e = {0};
	if (secret_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
