/* Each rule for CRLs is tripped by a CRL made for it, and a sound one trips none. */
#include "lists.h"
#include "write_der.h"

#include "pki/lint_lists.h"

#define VERSION  "020101"
#define THIS     "17('261201000000Z')"
#define NEXT     "17('261210000000Z')"
#define TIME     "17('261130000000Z')"
#define REASON   "30(0603551d15 04(0a0104))"
#define ENTRY    "30(020111" TIME "30(" REASON "))"
#define AKI      "30(0603551d23 04(30(80('12345678901234567890'))))"
#define NUMBER   "30(0603551d14 04(020105))"
#define FULL     "a0(a0(86('http://example.jp/a.crl')))"
#define POINT(c) "30(0603551d1c 0101ff 04(30(" c ")))"
#define OTHER    "30(06032a0304 04(0500))"

static const struct change {
	const char *name, *rfc5280, *cabf; /* the findings wanted, in order, warnings in brackets */
	const char *version, *this_time, *next_time, *list, *extensions;
	const char *algorithm; /* inside; outside is always ecdsa-sha256 */
	struct lint_context context;
	bool no_issuer;
} changes[] = {
        {.name = "nothing", .rfc5280 = "", .cabf = ""},
        {"no entries", "", "", .list = ""},
        {"version 1", "crl_version_2 crl_entry_version", "crl_cabf_version", .version = ""},
        {"version 3", "crl_version_2 crl_entry_version", "crl_cabf_version", .version = "020102"},
        {"version 1, nothing of version 2", "crl_authority_key_identifier_present crl_number_present",
                "crl_cabf_version crl_cabf_authority_key_identifier crl_cabf_number", .version = "",
                .list = "30(30(020111" TIME "))", .extensions = ""},
        {"other algorithm inside", "crl_algorithms_equal", "", .algorithm = "30(06082a8648ce3d040303)"},
        {"Ed25519", "crl_algorithms_equal", "crl_cabf_signature_algorithm", .algorithm = "30(06032b6570)"},
        {"no issuer", "crl_issuer_present", "", .no_issuer = true},
        {"this GeneralizedTime", "crl_this_update_form", "", .this_time = "18('20261201000000Z')"},
        {"this not readable", "crl_this_update_form [crl_entry_time_past]", "crl_cabf_next_update",
                .this_time = "17('2612010000Z')"},
        {"not yet", "crl_this_update_past", "", .context = {.now = NOT_BEFORE - 1}},
        {"now", "", "", .context = {.now = NOT_BEFORE}},
        {"no next", "crl_next_update_present", "crl_cabf_next_update", .next_time = ""},
        {"next GeneralizedTime", "crl_next_update_form", "", .next_time = "18('20261210000000Z')"},
        {"next in 2050, UTCTime", "crl_next_update_form", "crl_cabf_next_update", .next_time = "17('500101000000Z')"},
        {"next before this", "crl_update_order", "", .next_time = "17('261130000000Z')"},
        {"ten days", "", "", .next_time = "17('261211000000Z')"},
        {"ten days and a second", "", "crl_cabf_next_update", .next_time = "17('261211000001Z')"},
        {"twelve months, CAs", "", "", .next_time = "17('271201000000Z')", .context = {.covers_ca = true}},
        {"twelve months and a second, CAs", "", "crl_cabf_next_update", .next_time = "17('271201000001Z')",
                .context = {.covers_ca = true}},
        {"list empty", "crl_entries_absent_when_none", "", .list = "30()"},
        {"entry twice", "crl_entry_once", "", .list = "30(" ENTRY ENTRY ")"},
        {"entry twice, apart", "crl_entry_once", "", .list = "30(" ENTRY "30(020105" TIME ")" ENTRY ")"},
        {"unsorted", "", "", .list = "30(" ENTRY "30(020105" TIME "))"},
        {"serial negative", "crl_entry_serial", "", .list = "30(30(020181" TIME "30(" REASON ")))"},
        {"serial of 21 octets", "crl_entry_serial", "",
                .list = "30(30(02(00 ff0102030405060708090a0b0c0d0e0f10111213)" TIME "30(" REASON ")))"},
        {"entry GeneralizedTime", "crl_entry_time_form", "", .list = "30(30(020111 18('20261130000000Z')))"},
        {"entry time not readable", "crl_entry_time_form", "", .list = "30(30(020111 17('2611300000Z')))"},
        {"entry later", "[crl_entry_time_past]", "", .list = "30(30(020111 17('261201000001Z')))"},
        {"extensions empty", "crl_extensions_some crl_authority_key_identifier_present crl_number_present",
                "crl_cabf_authority_key_identifier crl_cabf_number", .extensions = "a0(30())"},
        {"extension twice", "crl_extension_once", "", .extensions = "a0(30(" AKI NUMBER NUMBER "))"},
        {"unknown critical", "[crl_critical_extension_known]", "[crl_cabf_other_extension]",
                .extensions = "a0(30(" AKI NUMBER "30(06032a0304 0101ff 04(0500))))"},
        {"unknown", "", "[crl_cabf_other_extension]", .extensions = "a0(30(" AKI NUMBER OTHER "))"},
        {"no AKI", "crl_authority_key_identifier_present", "crl_cabf_authority_key_identifier",
                .extensions = "a0(30(" NUMBER "))"},
        {"AKI by name", "crl_authority_key_identifier_key", "crl_cabf_authority_key_identifier",
                .extensions = "a0(30(30(0603551d23 04(30(820105)))" NUMBER "))"},
        {"AKI by both", "", "crl_cabf_authority_key_identifier",
                .extensions = "a0(30(30(0603551d23 04(30(800105 820105)))" NUMBER "))"},
        {"AKI critical", "[crl_critical_extension_known] crl_authority_key_identifier_not_critical", "",
                .extensions = "a0(30(30(0603551d23 0101ff 04(30(800105)))" NUMBER "))"},
        {"issuerAltName critical", "[crl_critical_extension_known] [crl_issuer_alt_name_not_critical]",
                "[crl_cabf_other_extension]",
                .extensions = "a0(30(" AKI NUMBER "30(0603551d12 0101ff 04(30(86('a:b'))))))"},
        {"no number", "crl_number_present", "crl_cabf_number", .extensions = "a0(30(" AKI "))"},
        {"number critical", "[crl_critical_extension_known] crl_number_not_critical", "",
                .extensions = "a0(30(" AKI "30(0603551d14 0101ff 04(020105))))"},
        {"number 0", "", "", .extensions = "a0(30(" AKI "30(0603551d14 04(020100))))"},
        {"number negative", "crl_number_value", "crl_cabf_number",
                .extensions = "a0(30(" AKI "30(0603551d14 04(020185))))"},
        {"number of 21 octets", "crl_number_value", "crl_cabf_number",
                .extensions = "a0(30(" AKI "30(0603551d14 04(02(010102030405060708090a0b0c0d0e0f1011121314)))))"},
        {"delta not critical", "crl_delta_critical", "[crl_cabf_other_extension]",
                .extensions = "a0(30(" AKI NUMBER "30(0603551d1b 04(020104))))"},
        {"delta", "", "[crl_cabf_other_extension]",
                .extensions = "a0(30(" AKI NUMBER "30(0603551d1b 0101ff 04(020104))))",
                .list = "30(30(020111" TIME "30(30(0603551d15 04(0a0104)))))"},
        {"removed, in a delta", "", "[crl_cabf_other_extension] crl_cabf_reason_allowed",
                .extensions = "a0(30(" AKI NUMBER "30(0603551d1b 0101ff 04(020104))))",
                .list = "30(30(020111" TIME "30(30(0603551d15 04(0a0108)))))"},
        {"point", "", "", .extensions = "a0(30(" AKI NUMBER POINT(FULL "8101ff") "))"},
        {"point of CAs", "", "", .extensions = "a0(30(" AKI NUMBER POINT(FULL "8201ff") "))",
                .context = {.covers_ca = true}},
        {"point of CAs for others", "", "crl_cabf_point_scope",
                .extensions = "a0(30(" AKI NUMBER POINT(FULL "8201ff") "))"},
        {"point of users for CAs", "", "crl_cabf_point_scope",
                .extensions = "a0(30(" AKI NUMBER POINT(FULL "8101ff") "))", .context = {.covers_ca = true}},
        {"point not critical", "crl_point_critical", "",
                .extensions = "a0(30(" AKI NUMBER "30(0603551d1c 04(30(" FULL "8101ff)))))"},
        {"point empty", "crl_point_form", "crl_cabf_point [crl_cabf_point_needed]",
                .extensions = "a0(30(" AKI NUMBER POINT("") "))"},
        {"point out of order", "crl_point_form", "", .extensions = "a0(30(" AKI NUMBER POINT(FULL "8201ff 8101ff") "))",
                .context = {.covers_ca = true}},
        {"point with FALSE", "crl_point_form", "[crl_cabf_point_needed]",
                .extensions = "a0(30(" AKI NUMBER POINT(FULL "820100") "))"},
        {"point of both", "crl_point_one_scope", "crl_cabf_point_scope",
                .extensions = "a0(30(" AKI NUMBER POINT(FULL "8101ff 8201ff") "))"},
        {"point without name", "", "crl_cabf_point", .extensions = "a0(30(" AKI NUMBER POINT("8101ff") "))"},
        {"point by DNS name", "", "crl_cabf_point",
                .extensions = "a0(30(" AKI NUMBER POINT("a0(a0(82('a')))8101ff") "))"},
        {"point indirect", "", "crl_cabf_point", .extensions = "a0(30(" AKI NUMBER POINT(FULL "8101ff 8401ff") "))"},
        {"point of some reasons", "", "[crl_cabf_point_reasons]",
                .extensions = "a0(30(" AKI NUMBER POINT(FULL "83020640") "))"},
        {"point of a full CRL", "", "[crl_cabf_point_needed]", .extensions = "a0(30(" AKI NUMBER POINT(FULL) "))"},
        {"freshest critical", "[crl_critical_extension_known] crl_freshest", "[crl_cabf_other_extension]",
                .extensions = "a0(30(" AKI NUMBER "30(0603551d2e 0101ff 04(30(30(" FULL "))))))"},
        {"freshest in delta", "crl_freshest", "[crl_cabf_other_extension]",
                .extensions =
                        "a0(30(" AKI NUMBER "30(0603551d1b 0101ff 04(020104))30(0603551d2e 04(30(30(" FULL "))))))"},
        {"entry extensions empty", "crl_entry_extensions_some", "", .list = "30(30(020111" TIME "30()))"},
        {"reason twice", "crl_entry_extension_once", "", .list = "30(30(020111" TIME "30(" REASON REASON ")))"},
        {"entry unknown critical", "[crl_entry_critical_extension_known]", "[crl_cabf_entry_other_extension]",
                .list = "30(30(020111" TIME "30(30(06032a0304 0101ff 04(0500)))))"},
        {"entry unknown", "", "[crl_cabf_entry_other_extension]", .list = "30(30(020111" TIME "30(" OTHER ")))"},
        {"reason critical", "crl_entry_not_critical", "",
                .list = "30(30(020111" TIME "30(30(0603551d15 0101ff 04(0a0104)))))"},
        {"reason 7", "crl_reason_known", "", .list = "30(30(020111" TIME "30(30(0603551d15 04(0a0107)))))"},
        {"unspecified written", "[crl_reason_unspecified_absent]", "crl_cabf_reason_unspecified",
                .list = "30(30(020111" TIME "30(30(0603551d15 04(0a0100)))))"},
        {"removeFromCRL", "crl_reason_remove_only_in_delta", "crl_cabf_reason_allowed",
                .list = "30(30(020111" TIME "30(30(0603551d15 04(0a0108)))))"},
        {"hold", "", "crl_cabf_reason_allowed", .list = "30(30(020111" TIME "30(30(0603551d15 04(0a0106)))))"},
        {"cACompromise", "", "crl_cabf_reason_allowed", .list = "30(30(020111" TIME "30(30(0603551d15 04(0a0102)))))"},
        {"no reason", "", "", .list = "30(30(020111" TIME "))"},
        {"no reason, CAs", "", "crl_cabf_reason_present", .list = "30(30(020111" TIME "))",
                .context = {.covers_ca = true}},
        {"invalidity UTCTime", "crl_invalidity_form", "",
                .list = "30(30(020111" TIME "30(30(0603551d18 04(17('261130000000Z'))))))"},
        {"invalidity", "", "", .list = "30(30(020111" TIME "30(30(0603551d18 04(18('20261130000000Z'))))))"},
        {"other issuer", "crl_certificate_issuer_indirect", "[crl_cabf_entry_other_extension]",
                .list = "30(30(020111" TIME "30(30(0603551d1d 0101ff 04(30(a4(3000))))))) "},
        {"rehearsal", "", "", .context = {.rehearsal = true}, .extensions = "rehearsal"},
        {"rehearsal as real", "[crl_critical_extension_known]", "crl_cabf_rehearsal_extension",
                .extensions = "rehearsal"},
};

static void or_else(struct bytes *out, const char *given, const char *otherwise)
{
	write_der(out, given ? given : otherwise);
}

static void make(struct issuer *i, const struct change *c, struct bytes *der)
{
	struct bytes body = {0}, tbs = {0}, extensions = {0}, list = {0}, both = {0};

	or_else(&body, c->version, VERSION);
	or_else(&body, c->algorithm, "30(06082a8648ce3d040302)");
	if (c->no_issuer)
		write_der(&body, "30()");
	else
		bytes_add(&body, i->name, i->name_len);
	or_else(&body, c->this_time, THIS);
	or_else(&body, c->next_time, NEXT);
	or_else(&body, c->list, "30(" ENTRY ")");
	if (c->extensions && strcmp(c->extensions, "rehearsal") == 0) {
		i->crl.rehearsal = true;
		assert_int_equal(crl_extensions(&i->crl, &list, NULL), 0);
		der_put(&both, 0x30, list.data, list.len);
		der_put(&extensions, 0xa0, both.data, both.len);
		bytes_add(&body, extensions.data, extensions.len);
	} else {
		or_else(&body, c->extensions, "a0(30(" AKI NUMBER "))");
	}
	der_put(&tbs, 0x30, body.data, body.len);
	issuer_crl_sign(i, &tbs, der);
	bytes_free(&body);
	bytes_free(&tbs);
	bytes_free(&extensions);
	bytes_free(&list);
	bytes_free(&both);
}

static unsigned failures;

static void expect(const struct change *c, const struct bytes *der, const char *set, const char *wanted)
{
	struct lint_findings found = {0};
	struct bytes names = {0};
	struct error e = {0};

	if (lint_crl(der->data, der->len, set, &c->context, &found, &e))
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

static void each_crl_has_exactly_its_findings(void **state)
{
	struct issuer i;

	(void)state;
	issuer_open(&i, "ec-p256");
	for (size_t k = 0; k < sizeof changes / sizeof changes[0]; k++) {
		struct bytes der = {0};
		make(&i, &changes[k], &der);
		expect(&changes[k], &der, "rfc5280-crl", changes[k].rfc5280);
		expect(&changes[k], &der, "cabf-crl", changes[k].cabf);
		bytes_free(&der);
	}
	issuer_close(&i);
	assert_int_equal(failures, 0);
}

static void every_rule_is_tripped_by_some_crl(void **state)
{
	const struct lint_crl_rule *tables[] = {lint_rfc5280_crl, lint_cabf_crl};

	(void)state;
	for (size_t t = 0; t < 2; t++) {
		for (const struct lint_crl_rule *r = tables[t]; r->rule; r++) {
			bool tripped = false;
			for (size_t k = 0; k < sizeof changes / sizeof changes[0]; k++) {
				const char *at = t ? changes[k].cabf : changes[k].rfc5280;
				for (; (at = strstr(at, r->rule)); at++)
					tripped = tripped || !at[strlen(r->rule)] || strchr(" ]", at[strlen(r->rule)]);
			}
			if (!tripped)
				fail_msg("no CRL trips %s", r->rule);
			assert_true(strncmp(r->clause, t ? "BR " : "RFC ", 3) == 0);
		}
	}
}

static void the_first_offender_is_named(void **state)
{
	struct lint_findings found = {0};
	struct bytes der = {0}, text = {0};
	struct issuer i;
	const struct change c = {.list = "30(" ENTRY "30(0202 2233" TIME ")30(0202 2244" TIME "))"};
	const struct lint_context context = {.covers_ca = true};

	(void)state;
	issuer_open(&i, "ec-p256");
	make(&i, &c, &der);
	assert_int_equal(lint_crl(der.data, der.len, "cabf-crl", &context, &found, NULL), 0);
	assert_int_equal(found.count, 1);
	message_text(&found.item[0].message, NULL, &text);
	assert_string_equal(bytes_string(&text),
	        "The entry of serial number 2233, a CA certificate's, has no reasonCode, or has unspecified.");
	lint_findings_free(&found);
	bytes_free(&der);
	bytes_free(&text);
	issuer_close(&i);
}

/* What crl_tbs() writes trips nothing. */
static void what_is_written_here_passes(void **state)
{
	static const char text[] = "11,2026-12-01T00:00:00Z,superseded,2026-11-30T00:00:00Z\n";
	const struct lint_context context = {.now = NOT_BEFORE + 86400, .covers_ca = true, .rehearsal = true};
	struct change c = {.name = "written here", .context = context};
	struct crl_list list = {0};
	struct bytes der = {0};
	struct issuer i;

	(void)state;
	issuer_open(&i, "ec-p256");
	i.extension[0] = (struct pki_extension){
	        "issuingDistributionPoint", "critical,fullname:URI:http://example.jp/a.crl,onlyCA:TRUE"};
	i.crl.extension_count = 1;
	i.crl.rehearsal = true;
	assert_int_equal(crl_list_text(&list, text, strlen(text), false, NULL), 0);
	issuer_crl(&i, &list, &der);
	expect(&c, &der, "rfc5280-crl", "");
	expect(&c, &der, "cabf-crl", "");
	assert_int_equal(failures, 0);
	issuer_close(&i);
	crl_list_free(&list);
	bytes_free(&der);
}

static void unknown_sets_and_other_bytes_are_refused(void **state)
{
	struct lint_findings found = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(lint_crl("\x30\x00", 2, "rfc5280", NULL, &found, &e), -1);
	assert_error(&e, "The lint set rfc5280 is not known.");
	assert_int_equal(lint_crl("\x30\x00", 2, "rfc5280-crl", NULL, &found, &e), -1);
	assert_error(&e, "The CRL is not in DER as RFC 5280 section 5.1 has it");
	assert_true(lint_crl_set_known("rfc5280-crl") && lint_crl_set_known("cabf-crl"));
	assert_false(lint_crl_set_known("rfc5280") || lint_crl_set_known(NULL) || lint_set_known("cabf-crl"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_crl_has_exactly_its_findings),
	        cmocka_unit_test(every_rule_is_tripped_by_some_crl),
	        cmocka_unit_test(the_first_offender_is_named),
	        cmocka_unit_test(what_is_written_here_passes),
	        cmocka_unit_test(unknown_sets_and_other_bytes_are_refused),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("lint of CRLs", tests, NULL, NULL);
}
