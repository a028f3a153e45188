/* CRLs of a script. */
#include "cases.h"

#define BEFORE       "steps:\n  - {id: roll"
#define HEAD         "crls:\n  list:\n"
#define ISSUER       "    issuer: root\n"
#define SIGNED       "    signature: ecdsa-sha384\n"
#define NUMBER       "    number: next\n"
#define UPDATES      "    this-update: signing\n    next-update: {days: 30}\n"
#define COVERS       "    covers: ca-certificates\n"
#define LINT         "    lint: [rfc5280-crl]\n"
#define ENTRY(e)     "    entries:\n      - {" e "}\n"
#define GOOD         "serial: \"0fab\", time: 2026-12-01T00:00:00Z, reason: superseded"
#define CRL(entries) HEAD ISSUER SIGNED NUMBER UPDATES COVERS entries LINT BEFORE

static const struct fault_case crls[] = {
        {BEFORE, HEAD "    {}\n" BEFORE,
                "45:5: \"list\" has no key \"issuer\". Add it.\n"
                "45:5: \"list\" has no key \"signature\". Add it.\n"
                "45:5: \"list\" has no key \"number\". Add it.\n"
                "45:5: \"list\" has no key \"this-update\". Add it.\n"
                "45:5: \"list\" has no key \"next-update\". Add it.\n"
                "45:5: \"list\" has no key \"covers\". Add it.\n"
                "45:5: \"list\" has no key \"lint\". Add it."},
        {BEFORE, HEAD "    issuer: rot\n" SIGNED NUMBER UPDATES COVERS LINT BEFORE,
                "45:13: There is no certificate \"rot\". Did you mean \"root\"?"},
        {BEFORE, HEAD ISSUER "    signature: ed25519\n" NUMBER UPDATES COVERS LINT BEFORE,
                "46:16: A key of the algorithm ec-p384 cannot sign \"ed25519\". Choose one that fits it."},
        {BEFORE, HEAD ISSUER SIGNED "    number: 0\n" UPDATES COVERS LINT BEFORE,
                "47:13: \"number\" is neither \"next\" nor a number. Write 1 to 18 decimal digits, no 0 first."},
        {BEFORE, HEAD ISSUER SIGNED "    number: 1234567890123456789\n" UPDATES COVERS LINT BEFORE,
                "47:13: \"number\" is neither \"next\" nor a number. Write 1 to 18 decimal digits, no 0 first."},
        {BEFORE, HEAD ISSUER SIGNED NUMBER "    this-update: now\n    next-update: {days: 30}\n" COVERS LINT BEFORE,
                "48:18: \"this-update\" cannot be \"now\". Write one of: signing."},
        {BEFORE, HEAD ISSUER SIGNED NUMBER "    this-update: signing\n    next-update: {}\n" COVERS LINT BEFORE,
                "49:18: \"next-update\" is either {days: …} or {hours: …}. Write one of them."},
        {BEFORE,
                HEAD ISSUER SIGNED NUMBER
                "    this-update: signing\n    next-update: {days: 1, hours: 1}\n" COVERS LINT BEFORE,
                "49:18: \"next-update\" is either {days: …} or {hours: …}. Write one of them."},
        {BEFORE, HEAD ISSUER SIGNED NUMBER "    this-update: signing\n    next-update: {hours: 0}\n" COVERS LINT BEFORE,
                "49:26: \"hours\" is out of range. Write a number from 1 to 87840."},
        {BEFORE, HEAD ISSUER SIGNED NUMBER UPDATES "    covers: all\n" LINT BEFORE,
                "50:13: \"covers\" cannot be \"all\". Write one of: ca-certificates, subscriber-certificates."},
        {BEFORE, HEAD ISSUER SIGNED NUMBER UPDATES COVERS "    lint: []\n" BEFORE,
                "51:11: \"lint\" is empty. Name a set of rules: rfc5280-crl, cabf-crl."},
        {BEFORE, HEAD ISSUER SIGNED NUMBER UPDATES COVERS "    lint: [rfc5280]\n" BEFORE,
                "51:12: \"lint[1]\" cannot be \"rfc5280\". Write one of: rfc5280-crl, cabf-crl."},
        {BEFORE, CRL(ENTRY("time: 2026-12-01T00:00:00Z, reason: superseded")),
                "52:9: A revoked certificate is given by one of \"serial\", \"certificate\" and \"file\". Write one of "
                "them."},
        {BEFORE, CRL(ENTRY(GOOD ", certificate: root")),
                "52:9: A revoked certificate is given by one of \"serial\", \"certificate\" and \"file\". Write one of "
                "them."},
        {BEFORE, CRL(ENTRY("serial: 0FAB, time: 2026-12-01T00:00:00Z, reason: superseded")),
                "52:18: \"0FAB\" is no serial number. Write it in lower-case hexadecimal, two digits an octet."},
        {BEFORE, CRL(ENTRY("serial: \"0000\", time: 2026-12-01T00:00:00Z, reason: superseded")),
                "52:18: \"0000\" is no serial number. Write it in lower-case hexadecimal, two digits an octet."},
        {BEFORE, CRL(ENTRY("serial: \"0f\", time: 2026-12-01, reason: superseded")),
                "52:30: \"time\" is no time. Write it in UTC as 2026-12-01T00:00:00Z."},
        {BEFORE, CRL(ENTRY("serial: \"0f\", time: 2026-12-01T00:00:00Z, reason: lost")),
                "52:60: \"reason\" cannot be \"lost\". Write one of: unspecified, keyCompromise, cACompromise, "
                "affiliationChanged, "
                "superseded, cessationOfOperation, certificateHold, privilegeWithdrawn, aACompromise."},
        {BEFORE, CRL(ENTRY("certificate: rooot, time: 2026-12-01T00:00:00Z, reason: superseded")),
                "52:23: There is no certificate \"rooot\". Did you mean \"root\"?"},
        {BEFORE, CRL(ENTRY("file: ../a, time: 2026-12-01T00:00:00Z, reason: superseded")),
                "52:16: \"../a\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", no \".\" first."},
        {BEFORE, CRL("    from-file: .x\n"),
                "51:16: \".x\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", no \".\" first."},
        {BEFORE, CRL("    extensions: {issuingDistributionPoints: x}\n"),
                "51:18: There is no extension \"issuingDistributionPoints\". Did you mean "
                "\"issuingDistributionPoint\"?"},
        {BEFORE, "crls:\n  root:\n" ISSUER SIGNED NUMBER UPDATES COVERS LINT BEFORE,
                "44:3: A CRL cannot have the name of a certificate, \"root\". Choose another."},
        {"  - {id: show, do: show-code",
                "  - {id: crl, do: issue-crl, crl: list, approve: custodian, say: {en: X, ja: 項}}\n  - {id: show, do: "
                "show-code",
                "54:35: There is no CRL \"list\". Name one of \"crls\"."},
};

static bool parse(struct bytes *raw, struct fault_list *faults)
{
	struct script *s = script_parse("whole.yaml", raw, faults);
	bool passed = s != NULL;

	script_free(&s);
	return passed;
}

static void wrong_crls_are_told(void **state)
{
	(void)state;
	run_cases(DATA "whole.yaml", crls, sizeof(crls) / sizeof(crls[0]), parse);
}

static void a_crl_is_read_whole(void **state)
{
	static const struct fault_case all = {BEFORE,
	        CRL(ENTRY(
	                GOOD) "      - {file: sub.der, time: 2026-12-01T00:00:00Z, reason: keyCompromise, invalidity: "
	                      "2026-11-01T00:00:00Z}\n"
	                      "      - {certificate: root, time: 2026-12-01T00:00:00Z, reason: cessationOfOperation}\n"
	                      "    from-file: more.txt\n    carry-forward: last.crl\n"
	                      "    extensions: {issuingDistributionPoint: \"critical,onlyCA:TRUE\"}\n"),
	        NULL};
	struct bytes whole = {0}, raw = {0};
	struct fault_list faults = {0};
	const char *files[CRL_FILES_MAX];

	(void)state;
	load(DATA "whole.yaml", &whole);
	change(&all, &whole, &raw);
	struct script *s = script_parse("whole.yaml", &raw, &faults);
	assert_non_null(s);
	const struct script_crl *crl = script_crl(s, "list");
	assert_non_null(crl);
	assert_null(script_crl(s, "root"));
	assert_string_equal(crl->number, "next");
	assert_true(crl->seconds == 30 * 86400 && crl->covers_ca && crl->entry_count == 3);
	assert_string_equal(crl->entries[0].serial, "0fab");
	assert_true(crl->entries[0].time == 1796083200 && crl->entries[0].invalidity == -1);
	assert_true(crl->entries[1].invalidity == 1793491200);
	assert_string_equal(crl->entries[2].certificate, "root");
	assert_int_equal(script_crl_files(crl, files, CRL_FILES_MAX), 3);
	assert_string_equal(files[0], "sub.der");
	assert_string_equal(files[1], "more.txt");
	assert_string_equal(files[2], "last.crl");
	script_free(&s);
	fault_list_free(&faults);
	bytes_free(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(wrong_crls_are_told),
	        cmocka_unit_test(a_crl_is_read_whole),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("CRLs of a script", tests, NULL, NULL);
}
