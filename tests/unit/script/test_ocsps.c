/* OCSP responses of a script. */
#include "cases.h"

#define BEFORE  "steps:\n  - {id: roll"
#define HEAD    "ocsp:\n  ahead:\n"
#define ISSUER  "    issuer: root\n    responder: issuer\n"
#define WHICH   "    serials: [\"0fab\"]\n"
#define CERTID  "    certid: [sha1]\n"
#define SIGNED  "    signature: ecdsa-sha384\n"
#define UPDATES "    this-update: signing\n    next-update: {days: 7}\n"
#define ID      "    responder-id: key\n"
#define COVERS  "    covers: ca-certificates\n"
#define LINT    "    lint: [rfc6960]\n"
#define REST    CERTID SIGNED UPDATES ID COVERS LINT BEFORE
#define CRLS(issuer)                                                                                                   \
	"crls:\n  list:\n    issuer: " issuer                                                                          \
	"\n    signature: ecdsa-sha384\n    number: next\n    this-update: signing\n"                                  \
	"    next-update: {days: 7}\n    covers: ca-certificates\n    lint: [rfc5280-crl]\n"

static const struct fault_case ocsps[] = {
        {BEFORE, HEAD "    {}\n" BEFORE,
                "45:5: \"ahead\" has no key \"issuer\". Add it.\n"
                "45:5: \"ahead\" has no key \"responder\". Add it.\n"
                "45:5: \"ahead\" has no key \"certid\". Add it.\n"
                "45:5: \"ahead\" has no key \"signature\". Add it.\n"
                "45:5: \"ahead\" has no key \"this-update\". Add it.\n"
                "45:5: \"ahead\" has no key \"next-update\". Add it.\n"
                "45:5: \"ahead\" has no key \"responder-id\". Add it.\n"
                "45:5: \"ahead\" has no key \"covers\". Add it.\n"
                "45:5: \"ahead\" has no key \"lint\". Add it.\n"
                "45:5: OCSP responses are about certificates. Name some by \"certificates\", \"serials\", "
                "\"from-file\" or \"crl\"."},
        {BEFORE, HEAD "    issuer: rot\n    responder: issuer\n" WHICH REST,
                "45:13: There is no certificate \"rot\". Did you mean \"root\"?"},
        {BEFORE, HEAD "    issuer: root\n    responder: spaer\n" WHICH REST,
                "46:16: There is no certificate \"spaer\". Did you mean \"spare\"?"},
        {BEFORE, HEAD "    issuer: root\n    responder: root\n" WHICH REST,
                "46:16: \"root\" is the issuer of the certificates itself. Write \"responder: issuer\".\n"
                "46:16: The responder \"root\" has no extendedKeyUsage OCSPSigning (RFC 6960 section 4.2.2.2). Add "
                "it."},
        {BEFORE,
                HEAD "    issuer: root\n    responder: spare\n" WHICH CERTID
                     "    signature: rsa-pss-sha256\n" UPDATES ID COVERS LINT BEFORE,
                "46:16: The responder \"spare\" is not issued by \"root\", whose certificates it is to answer for (RFC "
                "6960 section 4.2.2.2).\n"
                "46:16: The responder \"spare\" has no extendedKeyUsage OCSPSigning (RFC 6960 section 4.2.2.2). Add "
                "it."},
        {BEFORE, HEAD ISSUER "    certificates: [rooot]\n" REST,
                "47:20: There is no certificate \"rooot\". Did you mean \"root\"?"},
        {BEFORE, HEAD ISSUER "    certificates: [spare]\n" REST,
                "47:20: The certificate \"spare\" is not issued by \"root\", who alone can answer for it."},
        {BEFORE, HEAD ISSUER "    certificates: []\n" REST,
                "45:5: OCSP responses are about certificates. Name some by \"certificates\", \"serials\", "
                "\"from-file\" or \"crl\"."},
        {BEFORE, HEAD ISSUER "    serials: [\"0fab\", 0FAB]\n" REST,
                "47:23: \"0FAB\" is no serial number. Write it in lower-case hexadecimal, two digits an octet."},
        {BEFORE, HEAD ISSUER "    serials: [\"00\"]\n" REST,
                "47:15: \"00\" is no serial number. Write it in lower-case hexadecimal, two digits an octet."},
        {BEFORE, HEAD ISSUER "    from-file: a/b\n" REST,
                "47:16: \"a/b\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", no \".\" first."},
        {BEFORE, HEAD ISSUER "    crl: list\n" REST, "47:10: There is no CRL \"list\". Name one of \"crls\"."},
        {BEFORE, CRLS("spare") HEAD ISSUER "    crl: list\n" REST,
                "46:16: A key of the algorithm rsa-4096 cannot sign \"ecdsa-sha384\". Choose one that fits it.\n"
                "56:10: The CRL \"list\" is that of \"spare\", and says nothing of the certificates of \"root\"."},
        {BEFORE, HEAD ISSUER WHICH "    certid: []\n" SIGNED UPDATES ID COVERS LINT BEFORE,
                "48:13: \"certid\" is empty. Name a hash: sha1, sha256."},
        {BEFORE, HEAD ISSUER WHICH "    certid: [md5]\n" SIGNED UPDATES ID COVERS LINT BEFORE,
                "48:14: \"certid[1]\" cannot be \"md5\". Write one of: sha1, sha256."},
        {BEFORE, HEAD ISSUER WHICH CERTID "    signature: ed25519\n" UPDATES ID COVERS LINT BEFORE,
                "49:16: A key of the algorithm ec-p384 cannot sign \"ed25519\". Choose one that fits it."},
        {BEFORE,
                HEAD ISSUER WHICH CERTID SIGNED
                "    this-update: now\n    next-update: {weeks: 1}\n" ID COVERS LINT BEFORE,
                "50:18: \"this-update\" cannot be \"now\". Write one of: signing.\n"
                "51:18: \"next-update\" is either {days: …} or {hours: …}. Write one of them.\n"
                "51:19: The key \"weeks\" is not known here. The keys are: days, hours."},
        {BEFORE, HEAD ISSUER WHICH CERTID SIGNED UPDATES "    responder-id: hash\n" COVERS LINT BEFORE,
                "52:19: \"responder-id\" cannot be \"hash\". Write one of: key, name."},
        {BEFORE, HEAD ISSUER WHICH CERTID SIGNED UPDATES ID "    covers: all\n" LINT BEFORE,
                "53:13: \"covers\" cannot be \"all\". Write one of: ca-certificates, subscriber-certificates."},
        {BEFORE, HEAD ISSUER WHICH CERTID SIGNED UPDATES ID COVERS "    lint: []\n" BEFORE,
                "54:11: \"lint\" is empty. Name a set of rules: rfc6960, cabf-ocsp-response."},
        {BEFORE, HEAD ISSUER WHICH CERTID SIGNED UPDATES ID COVERS "    lint: [rfc5280]\n" BEFORE,
                "54:12: \"lint[1]\" cannot be \"rfc5280\". Write one of: rfc6960, cabf-ocsp-response."},
        {BEFORE, "ocsp:\n  root:\n" ISSUER WHICH REST,
                "44:3: OCSP responses cannot have the name of a certificate, request or CRL, \"root\". Choose "
                "another.\n"
                "68:53: The OCSP responses \"root\" are used before they are issued. Put issue-ocsp before this.\n"
                "68:59: The OCSP responses \"root\" are used before they are issued. Put issue-ocsp before this."},
        {"  - {id: show, do: show-code",
                "  - {id: x, do: issue-ocsp, ocsp: ahead, approve: custodian, say: {en: X, ja: 項}}\n  - {id: show, "
                "do: show-code",
                "54:35: There are no OCSP responses \"ahead\". Name one of \"ocsp\"."},
};

static bool parse(struct bytes *raw, struct fault_list *faults)
{
	struct script *s = script_parse("whole.yaml", raw, faults);
	bool passed = s != NULL;

	script_free(&s);
	return passed;
}

static void wrong_responses_are_told(void **state)
{
	(void)state;
	run_cases(DATA "whole.yaml", ocsps, sizeof(ocsps) / sizeof(ocsps[0]), parse);
}

static void responses_are_read_whole(void **state)
{
	static const struct fault_case all = {BEFORE,
	        CRLS("root") HEAD ISSUER
	        "    certificates: []\n    serials: [\"0fab\", \"10\"]\n    from-file: more.txt\n    crl: list\n"
	        "    certid: [sha256, sha1]\n" SIGNED
	        "    this-update: signing\n    next-update: {hours: 24}\n    responder-id: name\n"
	        "    covers: subscriber-certificates\n    lint: [rfc6960, cabf-ocsp-response]\n" BEFORE,
	        NULL};
	struct bytes whole = {0}, raw = {0};
	struct fault_list faults = {0};

	(void)state;
	load(DATA "whole.yaml", &whole);
	change(&all, &whole, &raw);
	struct script *s = script_parse("whole.yaml", &raw, &faults);
	assert_non_null(s);
	const struct script_ocsp *o = script_ocsp(s, "ahead");
	assert_non_null(o);
	assert_null(script_ocsp(s, "root"));
	assert_null(o->responder);
	assert_string_equal(ocsp_signer(o), "root");
	assert_true(o->sha1 && o->sha256 && o->by_name && !o->covers_ca && o->seconds == 86400);
	assert_int_equal(o->serials.count, 2);
	assert_string_equal(o->serials.item[1], "10");
	assert_string_equal(o->from_file, "more.txt");
	assert_string_equal(o->crl, "list");
	assert_int_equal(o->lint.count, 2);
	script_free(&s);
	fault_list_free(&faults);
	bytes_free(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(wrong_responses_are_told),
	        cmocka_unit_test(responses_are_read_whole),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("OCSP responses of a script", tests, NULL, NULL);
}
