/* Requests of a script: taken in or made, and used only when they are there. */
#include "cases.h"

static const struct fault_case requests[] = {
        {"  theirs: {}", "  theirs: []", "17:11: \"theirs\" is no map. Write it as {key: value, …}."},
        {"  theirs: {}", "  theirs: {key: ca-key}",
                "17:11: \"theirs\" has no key \"subject\". Add it.\n"
                "17:11: \"theirs\" has no key \"signature\". Add it.\n"
                "25:43: The request \"theirs\" is one that is made here. Write it as {} to take it in."},
        {"  theirs: {}", "  checkpoint: {}\n  theirs: {}",
                "17:3: A request cannot be named \"checkpoint\", which show-code means otherwise. Choose another."},
        {"    signature: ecdsa-sha384\n", "    signature: rsa-pss-sha256\n",
                "21:16: A key of the algorithm ec-p384 cannot sign \"rsa-pss-sha256\". Choose one that fits it."},
        {"    signature: ecdsa-sha384\n", "    signature: ecdsa-sha384\n    serial: random\n",
                "22:5: The key \"serial\" is not known here. The keys are: subject, key, signature, extensions, "
                "sections."},
        {"key: ca-key\n    sig", "key: other\n    sig", "20:10: There is no key pair \"other\". Name one of \"keys\"."},
        {"C: JP,", "C: Japan,", "19:18: \"Japan\" is no country. Write its two upper-case letters."},
        {"request: theirs,", "request: their,",
                "25:43: There is no request \"their\". Did you mean \"theirs\"?\n"
                "32:59: The request \"theirs\" is used before it is there. Put make-request or "
                "take-request before this."},
        {"request: theirs,", "request: nobodys-at-all,",
                "25:43: There is no request \"nobodys-at-all\". Name one of \"requests\".\n"
                "32:59: The request \"theirs\" is used before it is there. Put make-request or take-request before "
                "this."},
        {"file: their-ca.csr", "file: ../their-ca.csr",
                "25:72: \"../their-ca.csr\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", and no "
                "\".\" first."},
        {"file: their-ca.csr", "file: .csr",
                "25:72: \".csr\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", and no \".\" "
                "first."},
        {"file: their-ca.csr, ", "", "25:5: A step of the kind take-request needs \"file\". Add it."},
        {"by: witness", "by: witnesses", "25:90: There is no role \"witnesses\". Did you mean \"witness\"?"},
        {"by: witness, say", "by: witness, approve: custodian, say",
                "25:99: Nobody approves a step of the kind take-request. Remove \"approve\"."},
        {"  witness: {count: 1}\ncontrol", "control", "24:90: There is no role \"witness\". Name one of \"roles\"."},
        {"by: witness", "by: custodian", NULL},
        {"request: ours, approve: custodian", "request: ours",
                "29:5: A step of the kind make-request needs \"approve\" with a role. Add it."},
        {"make-request, request: ours", "make-request, request: theirs",
                "29:43: The request \"theirs\" is already there by an earlier step. Leave one out.\n"
                "29:43: The request \"theirs\" has no subject and key, and so can only be taken in. Add them.\n"
                "30:35: The request \"ours\" is used before it is there. Put make-request or take-request before "
                "this.\n"
                "32:53: The request \"ours\" is used before it is there. Put make-request or take-request before "
                "this."},
        {"  - {id: key, do: generate-key, key: ca-key, approve: custodian, say: {en: X}}\n", "",
                "28:43: The key pair \"ca-key\" is used before it is made. Put generate-key before this."},
        {"  - {id: make,", "  - {id: lock-0, do: lock-hsm, hsm: ca-hsm, say: {en: X}}\n  - {id: make,",
                "30:43: The HSM \"ca-hsm\" is locked at this step. Put an unlock-hsm step before it.\n"
                "32:35: The HSM \"ca-hsm\" is already locked. Leave this step out."},
        {"of: ours", "of: our",
                "30:35: There is no certificate, request or CRL \"our\", and no document that a step before signs. Did "
                "you "
                "mean \"ours\"?"},
        {"files: [ours, theirs.csr.der]", "files: [ours, their.csr.der]",
                "32:59: There is no certificate, request, CRL or OCSP response \"their.csr.der\", and no document that "
                "a step before signs. Did you mean \"theirs\"?"},
};

static bool parse(struct bytes *raw, struct fault_list *faults)
{
	struct script *s = script_parse("requests.yaml", raw, faults);
	bool passed = s != NULL;
	script_free(&s);
	return passed;
}

static void each_fault_of_requests_is_told(void **state)
{
	struct fault_case wrong[sizeof(requests) / sizeof(requests[0])];
	size_t count = 0;
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].faults)
			wrong[count++] = requests[i];
	run_cases(DATA "requests.yaml", wrong, count, parse);
}

static void requests_are_read_as_written(void **state)
{
	struct bytes raw = {0}, told = {0};
	struct fault_list faults = {0};
	(void)state;
	load(DATA "requests.yaml", &raw);
	struct script *s = script_parse("requests.yaml", &raw, &faults);
	tell(&faults, &told);
	assert_string_equal(bytes_string(&told), "");
	assert_non_null(s);
	assert_int_equal(s->request_count, 2);
	assert_true(script_request(s, "theirs")->taken);
	const struct script_request *r = script_request(s, "ours");
	assert_false(r->taken);
	assert_string_equal(r->profile.key, "ca-key");
	assert_string_equal(r->profile.signature, "ecdsa-sha384");
	assert_int_equal(r->profile.subjects, 3);
	assert_string_equal(r->profile.extensions[0].value, "critical,CA:TRUE");
	assert_string_equal(step_param(&s->steps[1], "file"), "their-ca.csr");
	assert_null(script_request(s, "nobody's"));
	bytes_free(&told);
	script_free(&s);
	fault_list_free(&faults);
}

static void alone_nobody_can_put_the_medium_in(void **state)
{
	struct bytes whole = {0}, raw = {0}, told = {0};
	struct fault_list faults = {0};
	(void)state;
	load(DATA "requests.yaml", &whole);
	change(&(struct fault_case){"  witness: {count: 1}\n", "", NULL}, &whole, &raw);
	bytes_clear(&whole);
	bytes_add(&whole, raw.data, raw.len);
	bytes_clear(&raw);
	change(&(struct fault_case){"by: witness", "by: custodian", NULL}, &whole, &raw);
	assert_false(parse(&raw, &faults));
	tell(&faults, &told);
	assert_string_equal(bytes_string(&told),
	        "24:90: Nobody but the role \"custodian\" is there to put the medium in. Add another role.");
	fault_list_free(&faults);
	bytes_free(&whole);
	bytes_free(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_fault_of_requests_is_told),
	        cmocka_unit_test(requests_are_read_as_written),
	        cmocka_unit_test(alone_nobody_can_put_the_medium_in),
	};
	struct error e = {0};
	if (secret_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
