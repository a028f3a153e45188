/* media/page: one document, the same words on paper and as plain text, the same bytes every time. */
#include "../media/support.h"

#include "base/text.h"
#include "media/page.h"

static const char ja[] =
        "鍵管理者 3 名のうち 2 名の承認が要る。署名は本記録のすべての行に及び、後から書き換えることはできない。";

static struct page *page_make(const char *language, const char *const *bands, unsigned rows)
{
	static const struct page_column columns[] = {{"Step", 1, PAGE_PLAIN}, {"何をする", 4, PAGE_PLAIN},
	        {"SHA-256", 3, PAGE_FIXED}, {"Initials", 2, PAGE_BOX}};
	static const struct page_column fields[] = {{"Signature", 4, PAGE_PLAIN}, {"日付", 2, PAGE_PLAIN},
	        {"Time", 1, PAGE_PLAIN}, {"Zone", 1, PAGE_PLAIN}};
	struct page_head head = {.title = "ルート認証局 Root CA G1",
	        .footer = "example.jp/ceremony/root-g1/20261201T093000Z-8f3a12bc",
	        .language = language,
	        .program = "tachiai test",
	        .time = INT64_C(1796117400000)};
	struct error e = {0};

	for (size_t i = 0; bands && bands[i]; i++)
		head.band[i] = bands[i];
	struct page *p = page_new(&head, &e);
	assert_non_null(p);
	page_warning(p, "例外 Exception", ja);
	page_heading(p, 1, "Participants");
	page_heading(p, 2, "鍵管理者");
	page_paragraph(p, ja);
	page_pair(p, "SHA-256",
	        "8d9eadc18d9eadc18d9eadc18d9eadc18d9eadc18d9eadc18d9eadc18d9eadc18d9eadc18d9eadc18d9eadc18d9eadc1",
	        true);
	page_pair(p, "名前", "藤田 花子 Hanako Fujita", false);
	page_fixed(p, "Subject: C=JP, O=Example\n  pathlen: 0");
	page_heading(p, 1, "Steps");
	page_table(p, columns, 4);
	for (unsigned i = 0; i < rows; i++) {
		char number[16];
		snprintf(number, sizeof(number), "%u", i + 1);
		const char *cells[] = {number, i % 7 ? "The key is generated on the token" : ja,
		        i % 3 ? "8d9eadc18d9eadc18d9eadc18d9eadc18d9eadc18d9eadc18d9eadc18d9eadc1" : NULL, NULL};
		page_row(p, cells);
	}
	page_blanks(p, "witness: 立会人 太郎", fields, 4);
	page_code(p, "example.jp/x\n3\ni1BteKDnfUQO3Ou9yiFuptxAy6C6yMugv3aC/PRvmCs=\n", 60, 40, "The checkpoint");
	return p;
}

static void same_bytes_twice(void **state)
{
	static const char *const languages[] = {"en", "ja"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bytes first = {0}, second = {0}, one = {0}, two = {0};
		struct error e = {0};
		struct page *p = page_make(languages[i], NULL, 60), *q;

		assert_int_equal(page_pdf(p, &first, &e), 0);
		assert_int_equal(page_text(p, &one, &e), 0);
		assert_true(page_count(p) > 2);
		page_free(&p);
		setenv("LC_ALL", "ja_JP.UTF-8", 1);
		setenv("FC_LANG", "zh", 1);
		setenv("FONTCONFIG_FILE", "/dev/null", 1);
		setenv("SOURCE_DATE_EPOCH", "1", 1);
		setenv("TZ", "Asia/Tokyo", 1);
		q = page_make(languages[i], NULL, 60);
		assert_int_equal(page_pdf(q, &second, &e), 0);
		assert_int_equal(page_text(q, &two, &e), 0);
		assert_int_equal(first.len, second.len);
		assert_memory_equal(first.data, second.data, first.len);
		assert_string_equal(bytes_string(&one), bytes_string(&two));
		put_file(i ? "ja.pdf" : "en.pdf", first.data, first.len);
		put_file(i ? "ja.txt" : "en.txt", one.data, one.len);
		page_free(&q);
		bytes_free(&first);
		bytes_free(&second);
		bytes_free(&one);
		bytes_free(&two);
	}
}

static void no_line_of_the_text_is_too_wide(void **state)
{
	static const char *const bands[] = {"REHEARSAL — リハーサル",
	        "THIS RECORD FAILS: what is printed here is not held by its "
	        "signatures beyond entry 17",
	        NULL};
	struct bytes text = {0};
	struct error e = {0};
	struct page *p = page_make("ja", bands, 9);

	(void)state;
	assert_int_equal(page_text(p, &text, &e), 0);
	for (const char *at = bytes_string(&text), *end; *at; at = end + 1) {
		end = strchr(at, '\n');
		assert_non_null(end);
		assert_in_range(text_cells(at, (size_t)(end - at)), 0, PAGE_TEXT_COLUMNS);
		assert_true(end == at || end[-1] != ' ');
		if (*at == '|') { /* the borders of a table stand one below the other, Japanese or not */
			assert_int_equal(end[-1], '|');
			assert_int_equal(text_cells(at, (size_t)(end - at)), PAGE_TEXT_COLUMNS);
		}
	}
	assert_non_null(strstr(bytes_string(&text), "*** REHEARSAL — リハーサル"));
	page_free(&p);
	bytes_free(&text);
}

/* What zbar reads off the page is what was coded; what pdffonts lists is embedded. */
static void another_program_reads_the_page(void **state)
{
	static const char *const bands[] = {"REHEARSAL", NULL};
	struct bytes pdf = {0}, seen = {0};
	struct error e = {0};
	struct page *p = page_make("ja", bands, 40);
	char want[64];

	(void)state;
	assert_int_equal(page_pdf(p, &pdf, &e), 0);
	put_file("page.pdf", pdf.data, pdf.len);
	command_output("pdffonts page.pdf | awk 'NR > 2 { print $(NF - 4) }' | sort -u", &seen);
	assert_string_equal(bytes_string(&seen), "yes\n");
	bytes_clear(&seen);
	command_output("pdftoppm -r 150 -png page.pdf page && zbarimg -q --raw --nodbus -Sdisable -Sqrcode.enable "
	               "-Sbinary page-*.png || test $? = 4",
	        &seen);
	assert_string_equal(bytes_string(&seen), "example.jp/x\n3\ni1BteKDnfUQO3Ou9yiFuptxAy6C6yMugv3aC/PRvmCs=\n");
	bytes_clear(&seen);
	command_output("pdftotext -layout page.pdf - | grep -c REHEARSAL; pdfinfo -isodates page.pdf | grep -E "
	               "'^(Pages|CreationDate)'",
	        &seen);
	snprintf(want, sizeof(want), "%u\n", page_count(p));
	assert_memory_equal(bytes_string(&seen), want, strlen(want));
	assert_non_null(strstr(bytes_string(&seen), "2026-12-01T09:30:00Z")); /* of the record, not of today */
	snprintf(want, sizeof(want), "Pages:           %u\n", page_count(p));
	assert_non_null(strstr(bytes_string(&seen), want));
	page_free(&p);
	bytes_free(&pdf);
	bytes_free(&seen);
}

static void what_cannot_be_printed_is_said(void **state)
{
	static const struct {
		const char *text, *pdf, *plain;
	} cases[] = {
	        {"a \xe2\x80\xae b",
	                "a text of the page holds a character that cannot be seen, and may not be printed: ",
	                "a text of the page holds a character that cannot be seen, and may not be printed: "},
	        {"\xff", "a text of the page is not UTF-8", "a text of the page is not UTF-8"},
	        {"สมชาย",
	                "the font Noto Sans CJK JP has no letters for U+0E2A, U+0E21, U+0E0A, U+0E32, U+0E22 in: สมชาย",
	                NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct page *p = page_make("en", NULL, 1);
		struct bytes out = {0}, why = {0};
		struct error e = {0};

		page_paragraph(p, cases[i].text);
		assert_int_equal(page_pdf(p, &out, &e), -1);
		error_text(&e, &why);
		assert_memory_equal(bytes_string(&why), cases[i].pdf, strlen(cases[i].pdf));
		bytes_clear(&out);
		bytes_clear(&why);
		assert_int_equal(page_text(p, &out, &e), cases[i].plain ? -1 : 0);
		if (cases[i].plain) {
			error_text(&e, &why);
			assert_memory_equal(bytes_string(&why), cases[i].plain, strlen(cases[i].plain));
		}
		bytes_free(&out);
		bytes_free(&why);
		page_free(&p);
	}
}

/* A cell longer than a page goes on on the next, under the titles again. */
static void a_row_longer_than_a_page_is_parted(void **state)
{
	static const struct page_column columns[] = {{"Left-title", 1, PAGE_PLAIN}, {"Right", 3, PAGE_PLAIN}};
	struct page_head head = {.title = "Long", .footer = "f", .language = "en"};
	struct error e = {0};
	struct bytes long_text = {0}, pdf = {0}, seen = {0};
	struct page *p = page_new(&head, &e);

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		bytes_printf(&long_text, "line%03u\n", i);
	const char *cells[] = {"x", bytes_string(&long_text)};
	page_table(p, columns, 2);
	page_row(p, cells);
	assert_int_equal(page_pdf(p, &pdf, &e), 0);
	assert_int_equal(page_count(p), 4);
	put_file("long.pdf", pdf.data, pdf.len);
	command_output(
	        "pdftotext -layout long.pdf - | grep -c Left-title; pdftotext long.pdf - | grep -c '^line...$'", &seen);
	assert_string_equal(bytes_string(&seen), "4\n200\n");
	page_free(&p);
	bytes_free(&long_text);
	bytes_free(&pdf);
	bytes_free(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(same_bytes_twice),
	        cmocka_unit_test(no_line_of_the_text_is_too_wide),
	        cmocka_unit_test(another_program_reads_the_page),
	        cmocka_unit_test(what_cannot_be_printed_is_said),
	        cmocka_unit_test(a_row_longer_than_a_page_is_parted),
	};
	return cmocka_run_group_tests(tests, folder_make, getenv("KEEP") ? NULL : folder_remove);
}
