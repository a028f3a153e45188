#include "check.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

static size_t utf8_put(char out[5], uint32_t c)
{
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0x00, 0xc0, 0xe0, 0xf0};

	for (size_t i = len - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[len] | c);
	out[len] = '\0';
	return len;
}

static void every_code_point_is_read_back(void **state)
{
	char text[5];
	size_t used;

	(void)state;
	for (uint32_t c = 1; c < 0x110000; c++) {
		size_t len = utf8_put(text, c);
		bool surrogate = c >= 0xd800 && c < 0xe000;

		assert_int_equal(text_is_utf8(text, len), !surrogate);
		if (surrogate)
			continue;
		assert_int_equal(text_next(text, len, &used), c);
		assert_int_equal(used, len);
	}
	assert_int_equal(text_next("", 0, &used), 0);
	assert_int_equal(used, 0);
}

/* Malformed sequences of Markus Kuhn's UTF-8 stress test, by kind. */
static void malformed_utf8_is_refused(void **state)
{
	static const char *const refused[] = {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe0\x9f\xbf",
	        "\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf", "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80", "\xfe",
	        "\xff", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x82x",
	        "\xf0\x9f\x94", "\xc3", "\xc3\xc3\xa9", "\xf0\x28\x8c\xbc"};

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		assert_false(text_is_utf8(refused[i], strlen(refused[i])));
	assert_true(text_is_utf8("", 0));
	assert_true(text_is_utf8("a\0b", 3));
}

/* Hashes of '0' and '1' for each code point in turn, as Python 3.11's unicodedata (Unicode 14.0) says by the rule in
 * text.h, and by unicodedata.is_normalized("NFC", …) for each that is not hidden, alone and before U+0301, U+3099,
 * U+1161. The second verifier goes by that library. */
static void hidden_and_nfc_agree_with_python(void **state)
{
	static const char *const marks[] = {"\xcc\x81", "\xe3\x82\x99", "\xe1\x85\xa1"};
	struct bytes hidden = {0}, alone = {0}, marked = {0};
	uint8_t hash[32];

	(void)state;
	for (uint32_t c = 0; c < 0x110000; c++) {
		char text[16];
		size_t len;

		bytes_byte(&hidden, text_is_hidden(c) ? '1' : '0');
		if (text_is_hidden(c))
			continue;
		len = utf8_put(text, c);
		bytes_byte(&alone, text_is_nfc(text, len) ? '1' : '0');
		for (int i = 0; i < 3; i++) {
			strcpy(text + len, marks[i]);
			bytes_byte(&marked, text_is_nfc(text, strlen(text)) ? '1' : '0');
		}
	}
	sha256(hidden.data, hidden.len, hash);
	check_hex(hash, 32, "b8937ad02e3cbed4a84196ea634db42185e20e7da7cb321b754e6437a19723ef");
	sha256(alone.data, alone.len, hash);
	check_hex(hash, 32, "23fec5b5334255b1c15db6cc4db2129aac8fd32508a2dea6ca7904839a9f0b88");
	sha256(marked.data, marked.len, hash);
	check_hex(hash, 32, "01174f5a7e0d8a2d24bbbe3c802f938b4de58eb5ecddd9b2d15894236fee47f5");
	bytes_free(&hidden);
	bytes_free(&alone);
	bytes_free(&marked);
}

static void foreign_text_becomes_visible(void **state)
{
	static const char *const pairs[][2] = {
	        {"", ""},
	        {"Example Root CA", "Example Root CA"},
	        {"ルート認証局　株式会社", "ルート認証局　株式会社"},
	        {"CAルートG1", "CAルートG1"},
	        {"a\tb\nc\x7f", "a<U+0009>b<U+000A>c<U+007F>"},
	        {"\xe2\x80\xaegpj.exe", "<U+202E>gpj.exe"},
	        {"zero\xe2\x80\x8bwidth", "zero<U+200B>width"},
	        {"no\xc2\xa0"
	         "break",
	                "no<U+00A0>break"},
	        {"\xff\xe7\xab", "<FF><E7><AB>"},
	        {"e\xcc\x81", "\xc3\xa9"},
	        {"\xef\xbf\xbd", "\xef\xbf\xbd"},
	        {"p\xd0\xb0ypal", "p<U+0430>ypal"},
	        {"p\xe2\x80\x8b\xd0\xb0ypal", "p<U+200B><U+0430>ypal"},
	        {"\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0 CA", "Москва CA"},
	        {"\xd0\x9c\xd0\xbeskva", "<U+041C><U+043E>skva"},
	        {"1\xce\xa9 5\xc2\xb5m", "1Ω 5µm"},
	        {"\xf3\xa0\x81\x81", "<U+E0041>"},
	        {"\xee\x80\x80", "<U+E000>"},
	        /* a word that is Cyrillic, Greek or of the alphabets of mathematics throughout, and reads as a Latin
	           one */
	        {"\u0420\u0410\u0423 Bank", "<U+0420><U+0410><U+0423> Bank"},
	        {"\u0441\u043e\u0440", "<U+0441><U+043E><U+0440>"},
	        {"\u0441\u043e\u0440 \u041c\u043e\u0441\u043a\u0432\u0430",
	                "\u0441\u043e\u0440 \u041c\u043e\u0441\u043a\u0432\u0430"},
	        {"CN=\u0391\u0392", "CN=<U+0391><U+0392>"},
	        {"\U0001d400\U0001d401", "<U+1D400><U+1D401>"},
	        {"\u0394\u03b9\u03b1", "\u0394\u03b9\u03b1"},
	        {"株式会社ＡＢＣのCA", "株式会社ＡＢＣのCA"},
	        /* marks: three on a letter, and none on what is no letter, or drawn through it */
	        {"x\u0301\u0302\u0303\u0304\u0305", "x\u0301\u0302\u0303<U+0304><U+0305>"},
	        {"\u0301x", "<U+0301>x"},
	        {" \u0301", " <U+0301>"},
	        {"1\ufe0f\u20e3", "1<U+FE0F><U+20E3>"},
	        {"A\u0336B\u0338", "A<U+0336>B<U+0338>"},
	        {"\u05e9\u05bc\u05c1\u05b8", "\u05e9\u05b8\u05bc\u05c1"},
	        {"か\u3099", "が"},
	        {"\u0e17\u0e35\u0e48", "\u0e17\u0e35\u0e48"},
	        /* what programs do not agree on how wide it is */
	        {"\U0001f1ef\U0001f1f5", "<U+1F1EF><U+1F1F5>"},
	        {"\U0001f44d\U0001f3fb", "\U0001f44d<U+1F3FB>"},
	        {"\u1100\u1161\u11a8", "각"},
	        {"\u1161", "<U+1161>"},
	        {"\u4dc0", "<U+4DC0>"},
	        /* composed beside what is no UTF-8, too: this sign falls apart into another one and an overlay */
	        {"\u2adc", "\u2add<U+0338>"},
	        {"\xff\u2adc", "<FF>\u2add<U+0338>"},
	        {"\u2adc\xff"
	         "e\u0301",
	                "\u2add<U+0338><FF>\u00e9"},
	};
	struct bytes out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		bytes_clear(&out);
		text_visible(&out, pairs[i][0], strlen(pairs[i][0]));
		assert_string_equal(bytes_string(&out), pairs[i][1]);
	}
	bytes_clear(&out);
	text_visible(&out, "a\0b", 3);
	assert_string_equal(bytes_string(&out), "a<U+0000>b");
	bytes_clear(&out);
	text_lines(&out, "a\r\n\x1b[2J\n\n\xe2\x80\xa8", 12);
	assert_string_equal(bytes_string(&out), "a<U+000D>\n<U+001B>[2J\n\n<U+2028>");
	bytes_free(&out);
}

/* Whatever comes in, what comes out can stand in a record. */
static void visible_text_is_always_fit_for_a_record(void **state)
{
	struct bytes out = {0}, again = {0};
	char junk[64];
	size_t used;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		random_bytes(junk, sizeof junk);
		if (round % 2 == 0) /* mostly valid: one character after another */
			for (size_t at = 0; at + 5 < sizeof junk; at += strlen(junk + at)) {
				uint32_t c;

				memcpy(&c, junk + at, 4);
				c = c % 3 == 0 ? c % 0x110000 : c % 3 == 1 ? c % 0x500 : 0x3000 + c % 0x200;
				utf8_put(junk + at, c >= 0xd800 && c < 0xe000 ? 'x' : c | 1);
			}
		bytes_clear(&out);
		text_visible(&out, junk, sizeof junk);
		assert_int_equal(bytes_end(&out, NULL), 0);
		assert_true(text_is_utf8(bytes_string(&out), out.len));
		assert_true(text_is_nfc(bytes_string(&out), out.len));
		for (size_t i = 0; i < out.len; i += used)
			assert_false(text_is_hidden(text_next(bytes_string(&out) + i, out.len - i, &used)));
		bytes_clear(&again);
		text_visible(&again, bytes_string(&out), out.len);
		assert_string_equal(bytes_string(&again), bytes_string(&out));
	}
	bytes_free(&again);
	bytes_free(&out);
}

static void cells_are_those_of_the_terminal(void **state)
{
	static const struct {
		const char *text;
		unsigned cells;
	} table[] = {{"", 0}, {"abc", 3}, {"立会い", 6}, {"ｶﾅ", 2}, {"e\xcc\x81", 1}, {"か\xe3\x82\x99", 2}, {"a立", 3},
	        {"Ａ", 2}, {"\xf0\x9f\x94\x91", 2}, {"█▀▄", 3}, {"\u0915\u093e", 2}};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		assert_int_equal(text_cells(table[i].text, strlen(table[i].text)), table[i].cells);
}

static void what_fits_is_whole_characters_with_their_marks(void **state)
{
	static const struct {
		const char *text;
		unsigned cells;
		size_t fit;
	} table[] = {{"abc", 2, 2}, {"abc", 3, 3}, {"abc", 9, 3}, {"立会い", 3, 3}, {"立会い", 4, 6}, {"立会い", 1, 0},
	        {"e\xcc\x81x", 1, 3}, {"", 5, 0}, {"abc", 0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		assert_int_equal(text_fit(table[i].text, strlen(table[i].text), table[i].cells), table[i].fit);
}

static void check_wrap(const char *text, unsigned cells, const char *want)
{
	struct bytes out = {0};
	size_t len = strlen(text), skip, show;

	while (len > 0) {
		show = text_wrap(text, len, cells, &skip);
		assert_true(show + skip > 0 && show + skip <= len);
		bytes_printf(&out, "[%.*s]", (int)show, text);
		text += show + skip;
		len -= show + skip;
	}
	assert_string_equal(bytes_string(&out), want);
	bytes_free(&out);
}

static void lines_break_where_a_reader_expects(void **state)
{
	(void)state;
	check_wrap("the quick brown fox", 10, "[the quick][brown fox]");
	check_wrap("the quick brown fox", 9, "[the quick][brown fox]");
	check_wrap("the quick  brown", 9, "[the quick][brown]");
	check_wrap("one\ntwo \n\nthree", 10, "[one][two][][three]");
	check_wrap("abcdefghij", 4, "[abcd][efgh][ij]");
	check_wrap("ab abcdefghij", 4, "[ab][abcd][efgh][ij]");
	check_wrap("root-ca-g1", 6, "[root-][ca-g1]");
	check_wrap("ルート認証局の鍵", 8, "[ルート認][証局の鍵]");
	check_wrap("鍵を作る。次に", 8, "[鍵を作][る。次に]");
	check_wrap("鍵「作る」", 4, "[鍵][「作][る」]");
	check_wrap("CAルート", 4, "[CA][ルー][ト]");
	check_wrap("これはCAです", 6, "[これは][CAです]");
	check_wrap("立会", 1, "[立][会]");
	check_wrap("a", 0, "[a]");
	check_wrap("  x", 1, "[][x]");
	check_wrap("か\xe3\x82\x99き", 2, "[か\xe3\x82\x99][き]");
}

static void no_line_is_wider_than_asked_and_nothing_is_lost(void **state)
{
	static const char *const pieces[] = {
	        "a", "word", " ", "  ", "\n", "立", "。", "「", "」", "ー", "-", "　", "e\xcc\x81", "1,"};
	uint8_t draw[40];

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct bytes text = {0};
		unsigned cells;
		size_t at = 0;

		random_bytes(draw, sizeof draw);
		for (size_t i = 1; i < sizeof draw; i++)
			bytes_text(&text, pieces[draw[i] % 14]);
		cells = 2 + draw[0] % 20;
		while (at < text.len) {
			const char *line = bytes_string(&text) + at;
			size_t skip, show = text_wrap(line, text.len - at, cells, &skip);

			assert_true(text_cells(line, show) <= cells);
			assert_true(show + skip > 0);
			for (size_t i = show; i < show + skip; i++) /* only blanks and LF are left out */
				assert_true(line[i] == ' ' || line[i] == '\n' ||
				            memchr("\xe3\x80\x80", line[i], 3) != NULL);
			at += show + skip;
		}
		assert_int_equal(at, text.len);
		bytes_free(&text);
	}
}

/* Wikipedia, "PGP word list": the fingerprint in its example; and the SHA-256 of "mekmitasdigoat". */
static void pgp_words_are_the_published_ones(void **state)
{
	static const uint8_t fingerprint[] = {0xe5, 0x82, 0x94, 0xf2, 0xe9, 0xa2, 0x27, 0x48, 0x6e, 0x8b, 0x06, 0x1b,
	        0x31, 0xcc, 0x52, 0x8f, 0xd7, 0xfa, 0x3f, 0x19};
	struct bytes out = {0};
	uint8_t hash[32];

	(void)state;
	text_pgp_words(&out, fingerprint, sizeof fingerprint);
	assert_string_equal(bytes_string(&out),
	        "topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish "
	        "Medusa afflict bravado chatter revolver Dupont midsummer stopwatch whimsical "
	        "cowbell bottomless");
	bytes_clear(&out);
	sha256("mekmitasdigoat", 14, hash);
	text_pgp_words(&out, hash, 6);
	assert_string_equal(bytes_string(&out), "optic onlooker ringbolt recover upset almighty");
	bytes_clear(&out);
	text_pgp_words(&out, hash, 0);
	assert_string_equal(bytes_string(&out), "");
	bytes_free(&out);
}

/* The hash is of "EVEN ODD\n" for 00 to FF in lower case, from the list in magic-wormhole 0.12 (Debian 12). */
static void all_512_pgp_words_are_those_of_another_program(void **state)
{
	struct bytes out = {0}, words = {0};
	uint8_t hash[32];

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		bytes_clear(&out);
		text_pgp_words(&out, (uint8_t[]){(uint8_t)i, (uint8_t)i}, 2);
		for (size_t j = 0; j < out.len; j++)
			bytes_byte(&words, out.data[j] >= 'A' && out.data[j] <= 'Z' ? out.data[j] | 0x20 : out.data[j]);
		bytes_byte(&words, '\n');
	}
	sha256(words.data, words.len, hash);
	check_hex(hash, 32, "a24d0bcb9d754b40963109851b38ae943464a66944ca76d5698fb002761c0138");
	bytes_free(&out);
	bytes_free(&words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_code_point_is_read_back),
	        cmocka_unit_test(malformed_utf8_is_refused),
	        cmocka_unit_test(hidden_and_nfc_agree_with_python),
	        cmocka_unit_test(foreign_text_becomes_visible),
	        cmocka_unit_test(visible_text_is_always_fit_for_a_record),
	        cmocka_unit_test(cells_are_those_of_the_terminal),
	        cmocka_unit_test(what_fits_is_whole_characters_with_their_marks),
	        cmocka_unit_test(lines_break_where_a_reader_expects),
	        cmocka_unit_test(no_line_is_wider_than_asked_and_nothing_is_lost),
	        cmocka_unit_test(pgp_words_are_the_published_ones),
	        cmocka_unit_test(all_512_pgp_words_are_those_of_another_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
