/* Each rule for OCSP responses is tripped by a response made for it, and what is signed here trips none. */
#include "lists.h"
#include "write_der.h"

#include "pki/lint_lists.h"

#define BY_KEY     "a2(04('12345678901234567890'))"
#define PRODUCED   "18('20261201000000Z')"
#define ID         "30(30(06052b0e03021a 0500) 04('12345678901234567890') 04('09876543210987654321') 0202 1122)"
#define THIS       "18('20261201000000Z')"
#define NEXT       "a0(18('20261210000000Z'))"
#define SINGLE(s)  "30(" ID s THIS NEXT ")"
#define REVOKED(s) "a1(18('20261130000000Z')" s ")"
#define NONCE      "a1(30(30(06092b0601050507300102 04(0401 05))))"

static const struct change {
	const char *name, *rfc6960, *cabf; /* the findings wanted, in order, warnings in brackets */
	const char *version, *responder, *produced, *singles, *extensions, *algorithm, *whole;
	struct lint_context context;
} changes[] = {
        {.name = "nothing", .rfc6960 = "", .cabf = ""},
        {"try later", "ocsp_successful", "ocsp_cabf_signature_algorithm", .whole = "30(0a0103)"},
        {"other type", "ocsp_successful", "ocsp_cabf_signature_algorithm",
                .whole = "30(0a0100 a0(30(06032a0304 04(3000))))"},
        {"version written", "ocsp_version_1", "", .version = "a0(020100)"},
        {"key hash of 4 octets", "ocsp_responder_id", "", .responder = "a2(0404 11223344)"},
        {"produced with a fraction", "ocsp_time_form", "", .produced = "18('20261201000000.5Z')"},
        {"this without seconds", "ocsp_time_form", "ocsp_cabf_longest",
                .singles = "30(30(" ID "8000 18('202612010000Z')" NEXT "))"},
        {"no answer", "ocsp_answers", "", .singles = "30()"},
        {"two answers for one", "ocsp_answer_once", "", .singles = "30(" SINGLE("8000") SINGLE("8000") ")"},
        {"serial negative", "ocsp_serial_positive", "",
                .singles = "30(30(30(30(06052b0e03021a 0500) 0400 0400 0201 81) 8000" THIS NEXT "))"},
        {"next before this", "ocsp_update_order", "ocsp_cabf_shortest",
                .singles = "30(30(" ID "8000" THIS "a0(18('20261130000000Z'))))"},
        {"not yet", "ocsp_this_update_past", "", .context = {.now = NOT_BEFORE - 1}},
        {"no next", "ocsp_next_update_present", "ocsp_cabf_longest", .singles = "30(30(" ID "8000" THIS "))"},
        {"revoked later", "[ocsp_revoked_past]", "", .singles = "30(" SINGLE("a1(18('20261201000001Z'))") ")"},
        {"revoked", "", "", .singles = "30(" SINGLE(REVOKED("")) ")"},
        {"revoked, a CA", "", "ocsp_cabf_reason", .singles = "30(" SINGLE(REVOKED("")) ")",
                .context = {.covers_ca = true}},
        {"revoked for a reason, a CA", "", "", .singles = "30(" SINGLE(REVOKED("a0(0a0104)")) ")",
                .context = {.covers_ca = true}},
        {"on hold, a CA", "", "ocsp_cabf_reason", .singles = "30(" SINGLE(REVOKED("a0(0a0106)")) ")",
                .context = {.covers_ca = true}},
        {"reason 7", "ocsp_reason_known", "", .singles = "30(" SINGLE(REVOKED("a0(0a0107)")) ")"},
        {"removeFromCRL", "ocsp_reason_known", "", .singles = "30(" SINGLE(REVOKED("a0(0a0108)")) ")"},
        {"unknown", "ocsp_status_known", "", .singles = "30(" SINGLE("8200") ")"},
        {"nonce", "ocsp_nonce_absent", "", .extensions = NONCE},
        {"critical", "[ocsp_critical_extension_known]", "", .extensions = "a1(30(30(06032a0304 0101ff 04(0500))))"},
        {"algorithm", "", "ocsp_cabf_signature_algorithm", .algorithm = "30(06032b6570)"},
        {"eight hours", "", "", .singles = "30(30(" ID "8000" THIS "a0(18('20261201075959Z'))))"},
        {"less than eight hours", "", "ocsp_cabf_shortest",
                .singles = "30(30(" ID "8000" THIS "a0(18('20261201075958Z'))))"},
        {"ten days", "", "", .singles = "30(30(" ID "8000" THIS "a0(18('20261210235959Z'))))"},
        {"ten days and a second", "", "ocsp_cabf_longest",
                .singles = "30(30(" ID "8000" THIS "a0(18('20261211000000Z'))))"},
        {"twelve months, a CA", "", "", .singles = "30(30(" ID "8000" THIS "a0(18('20271201000000Z'))))",
                .context = {.covers_ca = true}},
        {"longer, a CA", "", "ocsp_cabf_longest", .singles = "30(30(" ID "8000" THIS "a0(18('20271201000001Z'))))",
                .context = {.covers_ca = true}},
        {"reasonCode in singleExtensions", "", "ocsp_cabf_reason_extension",
                .singles = "30(30(" ID "8000" THIS NEXT "a1(30(30(0603551d15 04(0a0104))))))"},
        /* with certificates inside, which the test makes */
        {.name = "delegate", .rfc6960 = "", .cabf = ""},
        {.name = "delegate of no purpose", .rfc6960 = "ocsp_responder_purpose", .cabf = ""},
        {.name = "delegate to be checked", .rfc6960 = "", .cabf = "ocsp_cabf_no_check"},
        {.name = "delegate, another's key", .rfc6960 = "ocsp_responder_id", .cabf = ""},
        {.name = "delegate, no certificate", .rfc6960 = "ocsp_responder_certificate_parses", .cabf = ""},
        {"rehearsal", "", "", .context = {.rehearsal = true}},
        {.name = "rehearsal as real",
                .rfc6960 = "[ocsp_critical_extension_known]",
                .cabf = "ocsp_cabf_rehearsal_extension"},
};

static void or_else(struct bytes *out, const char *given, const char *otherwise)
{
	write_der(out, given ? given : otherwise);
}

/* [0] SEQUENCE OF Certificate with the one that the name asks for; its key's hash as the ResponderID. */
static void put_delegate(const char *name, struct bytes *certificates, struct bytes *responder)
{
	struct bytes tbs = {0}, der = {0}, list = {0}, sequence = {0};
	struct root r;
	struct error e = {0};
	uint8_t sum[20];
	X509 *x;

	root_open(&r, "ec-p256");
	r.p.extension_count = 0;
	if (!strstr(name, "no purpose"))
		root_extension(&r, "extendedKeyUsage", "OCSPSigning");
	if (!strstr(name, "to be checked"))
		root_extension(&r, "noCheck", "ignored");
	assert_ok(root_issue(&r, &tbs, &der, &e), &e);
	x = x509_parse(der.data, der.len, &e);
	assert_int_equal(X509_pubkey_digest(x, EVP_sha1(), sum, NULL), 1);
	X509_free(x);
	if (strstr(name, "no certificate"))
		write_der(&list, "30(020105)");
	else
		bytes_add(&list, der.data, der.len);
	der_put(&sequence, 0x30, list.data, list.len);
	der_put(certificates, 0xa0, sequence.data, sequence.len);
	if (strstr(name, "another's"))
		sum[3] ^= 1;
	bytes_clear(&list);
	der_put(&list, 0x04, sum, 20);
	der_put(responder, 0xa2, list.data, list.len);
	bytes_free(&tbs);
	bytes_free(&der);
	bytes_free(&list);
	bytes_free(&sequence);
	root_close(&r);
}

/* Our own extension, as a batch writes it. */
static void put_rehearsal(struct bytes *body)
{
	struct crl_entry good = entry_of("11", -1, REASON_UNSPECIFIED);
	uint8_t room[OCSP_TBS_MAX];
	struct ocsp_response r;
	struct ocsp_batch *batch;
	struct issuer i;
	const uint8_t *tbs;
	size_t len;

	issuer_open(&i, "ec-p256");
	struct ocsp_profile p = {.issuer = i.der.data,
	        .issuer_len = i.der.len,
	        .hashes = OCSP_SHA1,
	        .this_update = NOT_BEFORE,
	        .next_update = NOT_BEFORE + 86400,
	        .produced_at = NOT_BEFORE,
	        .signature = "ecdsa-sha256",
	        .rehearsal = true};
	batch = ocsp_batch_new(&p, NULL);
	assert_non_null(batch);
	assert_int_equal(ocsp_tbs(batch, &good, room, &tbs, &len, NULL), 0);
	assert_int_equal(ocsp_open_tbs(&r, tbs, len, NULL), 0);
	der_put(body, 0xa1, r.extensions.whole, r.extensions.whole_len);
	ocsp_batch_free(&batch);
	issuer_close(&i);
}

static void make(const struct change *c, struct bytes *der)
{
	struct bytes body = {0}, basic = {0}, inner = {0}, certificates = {0}, responder = {0}, type = {0}, all = {0};

	if (c->whole) {
		write_der(der, c->whole);
		return;
	}
	if (strncmp(c->name, "delegate", 8) == 0)
		put_delegate(c->name, &certificates, &responder);
	or_else(&body, c->version, "");
	if (responder.len)
		bytes_add(&body, responder.data, responder.len);
	else
		or_else(&body, c->responder, BY_KEY);
	or_else(&body, c->produced, PRODUCED);
	or_else(&body, c->singles, "30(" SINGLE("8000") ")");
	if (strncmp(c->name, "rehearsal", 9) == 0)
		put_rehearsal(&body);
	else
		or_else(&body, c->extensions, "");
	der_put(&inner, 0x30, body.data, body.len);
	or_else(&inner, c->algorithm, "30(06082a8648ce3d040302)");
	write_der(&inner, "03(00 1122)");
	bytes_add(&inner, certificates.data, certificates.len);
	der_put(&basic, 0x30, inner.data, inner.len);
	write_der(&type, "06092b0601050507300101");
	der_put(&type, 0x04, basic.data, basic.len);
	der_put(&all, 0x30, type.data, type.len);
	bytes_clear(&inner);
	write_der(&inner, "0a0100");
	der_put(&inner, 0xa0, all.data, all.len);
	der_put(der, 0x30, inner.data, inner.len);
	bytes_free(&body);
	bytes_free(&basic);
	bytes_free(&inner);
	bytes_free(&certificates);
	bytes_free(&responder);
	bytes_free(&type);
	bytes_free(&all);
}

static unsigned failures;

static void expect(const struct change *c, const struct bytes *der, const char *set, const char *wanted)
{
	struct lint_findings found = {0};
	struct bytes names = {0};
	struct error e = {0};

	if (lint_ocsp(der->data, der->len, set, &c->context, &found, &e))
		error_text(&e, &names);
	for (size_t i = 0; i < found.count; i++) {
		struct bytes text = {0};
		bytes_printf(&names, found.item[i].severity == LINT_WARNING ? "%s[%s]" : "%s%s", i ? " " : "",
		        found.item[i].rule);
		message_text(&found.item[i].message, NULL, &text);
		assert_true(text.len > 10 && text.data[text.len - 1] == '.');
		assert_string_equal(found.item[i].set, set);
		bytes_free(&text);
	}
	if (strcmp(bytes_string(&names), wanted) != 0) {
		print_error("%s, %s: wanted \"%s\", found \"%s\"\n", c->name, set, wanted, bytes_string(&names));
		failures++;
	}
	bytes_free(&names);
	lint_findings_free(&found);
}

static void each_response_has_exactly_its_findings(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof changes / sizeof changes[0]; k++) {
		struct bytes der = {0};
		make(&changes[k], &der);
		expect(&changes[k], &der, "rfc6960", changes[k].rfc6960);
		expect(&changes[k], &der, "cabf-ocsp-response", changes[k].cabf);
		bytes_free(&der);
	}
	assert_int_equal(failures, 0);
}

static void every_rule_is_tripped_by_some_response(void **state)
{
	const struct lint_ocsp_rule *tables[] = {lint_rfc6960_response, lint_cabf_ocsp_response};

	(void)state;
	for (size_t t = 0; t < 2; t++) {
		for (const struct lint_ocsp_rule *r = tables[t]; r->rule; r++) {
			bool tripped = false;
			for (size_t k = 0; k < sizeof changes / sizeof changes[0]; k++) {
				const char *at = t ? changes[k].cabf : changes[k].rfc6960;
				for (; (at = strstr(at, r->rule)); at++)
					tripped = tripped || !at[strlen(r->rule)] || strchr(" ]", at[strlen(r->rule)]);
			}
			if (!tripped)
				fail_msg("no response trips %s", r->rule);
			assert_true(strncmp(r->clause, t ? "BR " : "RFC ", 3) == 0);
		}
	}
}

static void unknown_sets_and_other_bytes_are_refused(void **state)
{
	struct lint_findings found = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(lint_ocsp("\x30\x00", 2, "rfc5280", NULL, &found, &e), -1);
	assert_error(&e, "The lint set rfc5280 is not known.");
	assert_int_equal(lint_ocsp("\x30\x00", 2, "rfc6960", NULL, &found, &e), -1);
	assert_error(&e, "The OCSP response is not in DER as RFC 6960 section 4.2.1 has it");
	assert_true(lint_ocsp_set_known("rfc6960") && lint_ocsp_set_known("cabf-ocsp-response"));
	assert_false(lint_ocsp_set_known("cabf-crl") || lint_ocsp_set_known(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_response_has_exactly_its_findings),
	        cmocka_unit_test(every_rule_is_tripped_by_some_response),
	        cmocka_unit_test(unknown_sets_and_other_bytes_are_refused),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("lint of OCSP responses", tests, NULL, NULL);
}
