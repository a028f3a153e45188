/* Entries come in as lines or as certificates, sorted, each once; what is wrong with them is said with its place. */
#include "lists.h"

static void lines_are_entries(void **state)
{
	static const char text[] = "# serial,time,reason,invalidity\n"
	                           "\n"
	                           "0FAA,2026-12-01T00:00:00Z,superseded\n"
	                           "0001,2026-12-01T00:00:01Z,keyCompromise,2026-11-30T00:00:00Z\n"
	                           "7fffffffffffffffffffffffffffffffffffffff,2026-12-01T00:00:02Z,unspecified\n";
	struct crl_list list = {0};
	struct error e = {0};
	struct crl_entry one;

	(void)state;
	assert_ok(crl_list_text(&list, text, strlen(text), false, &e), &e);
	assert_int_equal(list.count, 3);
	assert_ok(crl_list_sort(&list, &e), &e);
	assert_int_equal(list.item[0].serial[SERIAL_MAX - 1], 1);
	assert_true(list.item[0].time == NOT_BEFORE + 1 && list.item[0].invalidity == NOT_BEFORE - 86400);
	assert_int_equal(list.item[0].reason, REASON_KEY_COMPROMISE);
	assert_int_equal(list.item[1].reason, REASON_SUPERSEDED);
	assert_true(list.item[1].invalidity == -1);
	assert_int_equal(list.item[2].serial[0], 0x7f);
	one = entry_of("0faa", 0, REASON_UNSPECIFIED);
	assert_ptr_equal(crl_list_find(&list, one.serial), &list.item[1]);
	one = entry_of("0fab", 0, REASON_UNSPECIFIED);
	assert_null(crl_list_find(&list, one.serial));
	crl_list_free(&list);
	assert_null(crl_list_find(&list, one.serial));
}

static void a_bare_serial_is_taken_only_where_it_may_stand(void **state)
{
	struct crl_list list = {0};
	struct error e = {0};

	(void)state;
	assert_ok(crl_list_text(&list, "11\n22,2026-12-01T00:00:00Z,unspecified\n", 39, true, &e), &e);
	assert_true(list.count == 2 && list.item[0].time == -1 && list.item[1].time == NOT_BEFORE);
	assert_int_equal(crl_list_text(&list, "11\n", 3, false, &e), -1);
	assert_error(&e, "Line 1, column 3: a time of the form");
	crl_list_free(&list);
}

static void wrong_lines_are_named_by_line_and_column(void **state)
{
	static const char serial[] = "a serial number is 1 to 20 octets in hex, two digits each.",
	                  time[] = "a time of the form 2026-12-01T09:30:00Z is wanted here.",
	                  reason[] = "a reason is wanted here, by its name in RFC 5280 section 5.3.1";
	static const struct {
		const char *text;
		unsigned line, column;
		const char *message;
	} cases[] = {
	        {"1,2026-12-01T00:00:00Z,superseded\n", 1, 1, serial},
	        {",2026-12-01T00:00:00Z,superseded\n", 1, 1, serial},
	        {"\n#\n112233445566778899aabbccddeeff00112233445566,x\n", 3, 1, serial},
	        {"1g,2026-12-01T00:00:00Z,superseded\n", 1, 2, "this is no hex digit."},
	        {" 11,2026-12-01T00:00:00Z,superseded\n", 1, 1, serial},
	        {"0000,2026-12-01T00:00:00Z,superseded\n", 1, 1,
	                "a serial number is greater than zero and below 2^159"},
	        {"8000000000000000000000000000000000000000,2026-12-01T00:00:00Z,superseded\n", 1, 1,
	                "a serial number is greater than zero and below 2^159"},
	        {"11,2026-12-01,superseded\n", 1, 4, time},
	        {"11,2026-02-30T00:00:00Z,superseded\n", 1, 4, time},
	        {"11, 2026-12-01T00:00:00Z,superseded\n", 1, 4, time},
	        {"11\n", 1, 3, time},
	        {"11,2026-12-01T00:00:00Z\n", 1, 24, reason},
	        {"11,2026-12-01T00:00:00Z,\n", 1, 25, reason},
	        {"11,2026-12-01T00:00:00Z,Superseded\n", 1, 25, reason},
	        {"11,2026-12-01T00:00:00Z,superseded\r\n", 1, 25, reason},
	        {"11,2026-12-01T00:00:00Z,removeFromCRL\n", 1, 25, "removeFromCRL may stand only in a delta CRL"},
	        {"11,2026-12-01T00:00:00Z,superseded,\n", 1, 36, time},
	        {"11,2026-12-01T00:00:00Z,superseded,2026-12-01T00:00:00Z,\n", 1, 57,
	                "nothing may stand behind the invalidity date."},
	        {"11,2026-12-01T00:00:00Z,superseded\n22,2026-12-01T00:00:00Z,superseded", 2, 35,
	                "the last line is not ended: is the file whole?"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct crl_list list = {0};
		struct error e = {0};
		char place[64];
		assert_int_equal(crl_list_text(&list, cases[i].text, strlen(cases[i].text), false, &e), -1);
		snprintf(place, sizeof place, "Line %u, column %u: ", cases[i].line, cases[i].column);
		assert_error(&e, place);
		assert_error(&e, cases[i].message);
		assert_true(e.line == cases[i].line && e.column == cases[i].column);
		crl_list_free(&list);
	}
}

static void sorting_is_by_number_and_finds_the_repeated(void **state)
{
	struct crl_list list = {0};
	struct error e = {0};
	uint64_t state64 = 88172645463325252;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		struct crl_entry entry = {.time = i, .invalidity = -1};
		state64 ^= state64 << 13;
		state64 ^= state64 >> 7;
		state64 ^= state64 << 17;
		/* of different lengths: number order is not that of hex texts */
		memcpy(entry.serial + SERIAL_MAX - 8, &state64, 1 + i % 7);
		entry.serial[SERIAL_MAX - 1] = 1;
		entry.serial[SERIAL_MAX - 10] = (uint8_t)(i >> 8);
		entry.serial[SERIAL_MAX - 9] = (uint8_t)i;
		assert_int_equal(crl_list_add(&list, &entry, NULL), 0);
	}
	assert_ok(crl_list_sort(&list, &e), &e);
	for (size_t i = 1; i < list.count; i++)
		assert_true(memcmp(list.item[i - 1].serial, list.item[i].serial, SERIAL_MAX) < 0);
	list.item[17] = list.item[4000];
	assert_int_equal(crl_list_sort(&list, &e), -1);
	assert_error(&e, "stands twice in the list.");
	crl_list_free(&list);
}

static void a_revoked_certificate_must_be_ours(void **state)
{
	struct bytes tbs = {0}, der = {0};
	struct crl_entry entry = {0};
	struct issuer ours, other;
	struct root leaf;
	struct error e = {0};

	(void)state;
	issuer_open(&ours, "ec-p256");
	issuer_open(&other, "ec-p256"); /* the same name, another key */
	root_open(&leaf, "ec-p256");
	leaf.p.issuer = ours.name;
	leaf.p.issuer_len = ours.name_len;
	leaf.p.issuer_key_id = ours.crl.issuer_key_id;
	leaf.p.issuer_key_id_len = 20;
	pki_key_free(&leaf.key);
	leaf.key = ours.root.key; /* issued by it */
	assert_ok(root_issue(&leaf, &tbs, &der, &e), &e);
	assert_ok(crl_entry_certificate(&entry, der.data, der.len, ours.name, ours.name_len, ours.root.spki.data,
	                  ours.root.spki.len, &e),
	        &e);
	assert_int_equal(entry.serial[SERIAL_MAX - 16], 0x11);
	assert_int_equal(crl_entry_certificate(&entry, der.data, der.len, other.name, other.name_len,
	                         other.root.spki.data, other.root.spki.len, &e),
	        -1);
	assert_error(
	        &e, "The certificate to be revoked is not ours: its signature does not verify under the issuer's key.");
	assert_int_equal(crl_entry_certificate(
	                         &entry, der.data, der.len, "\x30\x00", 2, ours.root.spki.data, ours.root.spki.len, &e),
	        -1);
	assert_error(&e, "The certificate to be revoked names another issuer than the one whose list this is.");
	bytes_byte(&der, 0);
	assert_int_equal(crl_entry_certificate(&entry, der.data, der.len, ours.name, ours.name_len, ours.root.spki.data,
	                         ours.root.spki.len, &e),
	        -1);
	assert_error(&e, "1 bytes stand behind the certificate.");
	leaf.key = NULL;
	root_close(&leaf);
	issuer_close(&ours);
	issuer_close(&other);
	bytes_free(&tbs);
	bytes_free(&der);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lines_are_entries),
	        cmocka_unit_test(a_bare_serial_is_taken_only_where_it_may_stand),
	        cmocka_unit_test(wrong_lines_are_named_by_line_and_column),
	        cmocka_unit_test(sorting_is_by_number_and_finds_the_repeated),
	        cmocka_unit_test(a_revoked_certificate_must_be_ours),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("entries of a CRL", tests, NULL, NULL);
}
