/* Each rule of each set is tripped by a certificate made for it, and the sound root trips none. */
#include "lint_changes.h"

#include "pki/lint_rules.h"

static void make(const struct change *c, struct root *r, struct bytes *der)
{
	X509 *x;

	root_open(r, c->key ? c->key : "ec-p384");
	if (c->profile)
		c->profile(r);
	x = root_x509(r);
	if (c->certificate)
		c->certificate(x);
	raw_sign(r, x, der);
	if (c->bytes)
		c->bytes(r, der);
	X509_free(x);
}

static void list(const struct lint_findings *f, struct bytes *out)
{
	for (size_t i = 0; i < f->count; i++)
		bytes_printf(
		        out, f->item[i].severity == LINT_WARNING ? "%s[%s]" : "%s%s", i ? " " : "", f->item[i].rule);
}

static unsigned failures;

static void expect(const struct change *c, const struct bytes *der, const char *set, const char *wanted)
{
	struct lint_findings found = {0};
	struct bytes names = {0};
	struct error e = {0};

	if (lint_certificate(der->data, der->len, set, &c->context, &found, &e))
		error_text(&e, &names);
	list(&found, &names);
	if (strcmp(bytes_string(&names), wanted) != 0)
		print_error("%s, %s: wanted \"%s\", found \"%s\"\n", c->name, set, wanted, bytes_string(&names));
	failures += strcmp(bytes_string(&names), wanted) != 0;
	for (size_t i = 0; i < found.count; i++) {
		struct bytes text = {0};
		assert_string_equal(found.item[i].set, set);
		message_text(&found.item[i].message, NULL, &text);
		assert_true(text.len > 10 && text.data[text.len - 1] == '.');
		bytes_free(&text);
	}
	bytes_free(&names);
	lint_findings_free(&found);
}

static void each_certificate_has_exactly_its_findings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		struct bytes der = {0};
		struct root r;
		make(&changes[i], &r, &der);
		expect(&changes[i], &der, "rfc5280", changes[i].rfc5280);
		expect(&changes[i], &der, "cabf-root", changes[i].cabf);
		bytes_free(&der);
		root_close(&r);
	}
	assert_int_equal(failures, 0);
}

static bool tripped(const char *rule, bool cabf)
{
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		const char *at = cabf ? changes[i].cabf : changes[i].rfc5280;
		for (; (at = strstr(at, rule)); at++) {
			char after = at[strlen(rule)];
			if (after == '\0' || after == ' ' || after == ']')
				return true;
		}
	}
	return false;
}

static void every_rule_is_tripped_by_some_certificate(void **state)
{
	const struct lint_rule *tables[] = {
	        lint_rfc5280, lint_rfc5280_extensions, lint_cabf_root, lint_cabf_root_names};

	(void)state;
	for (size_t t = 0; t < 4; t++) {
		for (const struct lint_rule *r = tables[t]; r->rule; r++) {
			if (!tripped(r->rule, t >= 2))
				fail_msg("no certificate trips %s", r->rule);
			assert_true(strncmp(r->clause, t >= 2 ? "BR " : "RFC ", 3) == 0 ||
			            strncmp(r->clause, "X.690 ", 6) == 0);
		}
	}
}

static void refused(const struct bytes *der, const char *message)
{
	struct lint_findings found = {0};
	struct error e = {0};

	assert_int_equal(lint_certificate(der->data, der->len, "rfc5280", NULL, &found, &e), -1);
	assert_error(&e, message);
	assert_int_equal(found.count, 0);
}

static void what_is_not_der_is_refused(void **state)
{
	struct bytes der = {0}, other = {0}, ber = {0};
	struct der_certificate parts;
	struct lint_findings none = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	make(&changes[0], &r, &der);
	for (size_t n = 0; n < der.len; n++) {
		struct bytes cut = {.data = der.data, .len = n};
		assert_int_equal(lint_certificate(cut.data, cut.len, "rfc5280", NULL, &none, &e), -1);
	}
	bytes_add(&other, der.data, der.len);
	bytes_byte(&other, 0);
	refused(&other, "1 bytes stand behind the certificate.");
	/* BER: the outer SEQUENCE of indefinite length */
	assert_int_equal(der_certificate(der.data, der.len, &parts, NULL), 0);
	bytes_text(&ber, "\x30\x80");
	bytes_add(&ber, parts.tbs.whole, (size_t)(der.data + der.len - parts.tbs.whole));
	bytes_add(&ber, "\0\0", 2);
	refused(&ber, "is not DER, or is cut short");
	/* critical FALSE written out, and cA TRUE as 01 */
	bytes_clear(&other);
	bytes_add(&other, der.data, der.len);
	uint8_t *critical = memmem(other.data, other.len, "\x06\x03\x55\x1d\x13\x01\x01\xff", 8);
	assert_non_null(critical);
	critical[7] = 0;
	refused(&other, "The field extensions of the certificate is not that of RFC 5280");
	critical[7] = 1;
	refused(&other, "is not in DER");
	assert_int_equal(lint_certificate(der.data, der.len, "mozilla", NULL, &none, &e), -1);
	assert_error(&e, "The lint set mozilla is not known.");
	assert_false(lint_set_known("mozilla"));
	assert_true(lint_set_known("rfc5280") && lint_set_known("cabf-root"));
	bytes_free(&der);
	bytes_free(&other);
	bytes_free(&ber);
	root_close(&r);
}

/* Roots made by others, from Debian's ca-certificates: no error by RFC 5280; the two newest meet the BR but for their
 * age. */
static void roots_of_others_pass(void **state)
{
	static const char *const roots[] = {"ISRG_Root_X1", "ISRG_Root_X2", "DigiCert_Global_Root_G3",
	        "Sectigo_Public_Server_Authentication_Root_E46", "Sectigo_Public_Server_Authentication_Root_R46"};
	unsigned seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
		struct lint_findings found = {0};
		struct bytes der = {0};
		struct error e = {0};
		char command[256];
		snprintf(command, sizeof command,
		        "openssl x509 -in /usr/share/ca-certificates/mozilla/%s.crt -outform DER", roots[i]);
		if (run(&der, command) == 0) {
			seen++;
			assert_ok(lint_certificate(der.data, der.len, "rfc5280", NULL, &found, &e), &e);
			for (size_t k = 0; k < found.count; k++)
				if (found.item[k].severity == LINT_ERROR)
					fail_msg("%s: %s", roots[i], found.item[k].rule);
			lint_findings_free(&found);
			assert_ok(lint_certificate(der.data, der.len, "cabf-root", NULL, &found, &e), &e);
			for (size_t k = 0; k < found.count; k++)
				if (found.item[k].severity == LINT_ERROR && strncmp(roots[i], "Dig", 3) != 0)
					fail_msg("%s: %s", roots[i], found.item[k].rule);
		}
		lint_findings_free(&found);
		bytes_free(&der);
	}
	if (!seen)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_certificate_has_exactly_its_findings),
	        cmocka_unit_test(every_rule_is_tripped_by_some_certificate),
	        cmocka_unit_test(what_is_not_der_is_refused),
	        cmocka_unit_test(roots_of_others_pass),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}
