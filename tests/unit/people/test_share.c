/* SLIP-0039 against its official vectors (data/slip39.json: vectors.json of SLIP-0039 by SatoshiLabs, 45 sets of which
 * 15 give a secret, all under the passphrase TREZOR), and against the field's own laws. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "people/share_code.h"

#define VECTORS "tests/unit/people/data/slip39.json"

static struct secret *secret_of(const void *data, size_t len)
{
	struct secret *s = secret_new(len + 1, NULL);

	assert_non_null(s);
	assert_int_equal(secret_add(s, data, len), 0);
	return s;
}

static struct secret *words_of(const char *text)
{
	return secret_of(text, strlen(text));
}

static void expect(const struct error *e, const char *expected)
{
	struct bytes why = {0};

	error_text(e, &why);
	assert_string_equal(bytes_string(&why), expected);
	bytes_free(&why);
}

/* The vectors are ordinary JSON; ours has no blanks between values. */
static void without_blanks(struct bytes *text)
{
	size_t out = 0;
	bool inside = false;

	for (size_t i = 0; i < text->len; i++) {
		uint8_t c = text->data[i];

		inside ^= c == '"';
		if (inside || (c != ' ' && c != '\n' && c != '\r'))
			text->data[out++] = c;
	}
	text->len = out;
}

static int setup(void **state)
{
	(void)state;
	return secret_init(NULL);
}

static void official_vectors_give_the_official_answers(void **state)
{
	struct bytes text = {0}, hex = {0};
	struct json_doc *doc = json_doc_new();
	const struct json *vectors;
	unsigned good = 0, bad = 0;

	(void)state;
	assert_int_equal(file_read(VECTORS, 1 << 20, &text, NULL), 0);
	without_blanks(&text);
	vectors = json_parse(doc, (const char *)text.data, text.len, NULL);
	assert_non_null(vectors);
	for (const struct json *v = vectors->child; v; v = v->next) {
		const struct json *mnemonics = v->child->next, *expected = mnemonics->next;
		struct secret *shares[16] = {0}, *master;
		struct error e = {0};
		unsigned count = 0;

		print_message("%s\n", v->child->text);
		for (const struct json *m = mnemonics->child; m; m = m->next) {
			assert_true(count < 16);
			shares[count++] = words_of(m->text);
		}
		master = share_combine(shares, count, "TREZOR", &e);
		if (expected->len) {
			assert_non_null(master);
			bytes_clear(&hex);
			bytes_hex(&hex, master->data, master->len);
			assert_string_equal(bytes_string(&hex), expected->text);
			good++;
		} else {
			assert_null(master);
			assert_int_equal(e.code, ERROR_FAULT);
			bad++;
		}
		secret_free(&master);
		for (unsigned i = 0; i < count; i++)
			secret_free(&shares[i]);
	}
	assert_int_equal(good, 15);
	assert_int_equal(bad, 30);
	json_doc_free(&doc);
	bytes_free(&text);
	bytes_free(&hex);
}

/* The list's hash as of slip-0039/wordlist.txt; sorted, and unique in four letters, as the completion needs it. */
static void the_word_list_is_the_official_one(void **state)
{
	struct bytes all = {0}, hex = {0};
	uint8_t hash[32];

	(void)state;
	for (unsigned i = 0; i < SHARE_LIST; i++) {
		bytes_printf(&all, "%s\n", slip39_words[i]);
		assert_ptr_equal(share_word(slip39_words[i], 4), slip39_words[i]);
		if (i)
			assert_true(strncmp(slip39_words[i - 1], slip39_words[i], 4) < 0);
	}
	assert_int_equal(sha256(all.data, all.len, hash), 0);
	bytes_hex(&hex, hash, 32);
	assert_string_equal(bytes_string(&hex), "bcc4555340332d169718aed8bf31dd9d5248cb7da6e5d355140ef4f1e601eec3");
	assert_string_equal(share_word("academic", 8), "academic");
	assert_string_equal(share_word("zer", 3), "zero");
	assert_null(share_word("a", 1));
	assert_null(share_word("", 0));
	assert_null(share_word("xxxx", 4));
	assert_null(share_word("academics", 9));
	bytes_free(&all);
	bytes_free(&hex);
}

/* FIPS 197 section 4.2: 57 x 83 = c1, 57 x 13 = fe; and every product against the schoolbook's. */
static void the_field_is_that_of_aes(void **state)
{
	(void)state;
	assert_int_equal(field_multiply(0x57, 0x83), 0xc1);
	assert_int_equal(field_multiply(0x57, 0x13), 0xfe);
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			unsigned product = 0;

			for (unsigned i = 0; i < 8; i++)
				if (b >> i & 1)
					product ^= a << i;
			for (unsigned i = 15; i >= 8; i--)
				if (product >> i & 1)
					product ^= 0x11bU << (i - 8);
			assert_int_equal(field_multiply((uint8_t)a, (uint8_t)b), product);
		}
	assert_int_equal(field_invert(0x53), 0xca);
	for (unsigned a = 1; a < 256; a++)
		assert_int_equal(field_multiply((uint8_t)a, field_invert((uint8_t)a)), 1);
}

static void any_threshold_of_the_shares_give_the_secret_back(void **state)
{
	static const struct {
		unsigned threshold, count;
		size_t len;
		bool extendable;
	} cases[] = {{1, 1, 16, false}, {2, 2, 16, true}, {2, 3, 16, false}, {2, 3, 16, true}, {3, 5, 32, false},
	        {4, 4, 18, false}, {5, 7, 24, true}, {16, 16, 16, false}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct secret *master = secret_new(32, NULL), *shares[SHARES_MAX], *back;
		unsigned k = cases[i].threshold, n = cases[i].count, index, threshold;
		uint8_t random[32];

		random_bytes(random, sizeof random);
		assert_int_equal(secret_add(master, random, cases[i].len), 0);
		assert_int_equal(share_split(master, k, n, cases[i].extendable, shares, NULL), 0);
		for (unsigned s = 0; s < n; s++) {
			assert_int_equal(share_check(shares[s], &index, &threshold, NULL), 0);
			assert_int_equal(index, s);
			assert_int_equal(threshold, k);
		}
		/* each run of k neighbours, around the end */
		for (unsigned first = 0; first < n; first++) {
			struct secret *some[SHARES_MAX];

			for (unsigned s = 0; s < k; s++)
				some[s] = shares[(first + s) % n];
			back = share_combine(some, k, "", NULL);
			assert_non_null(back);
			assert_true(secret_equal(back, master));
			secret_free(&back);
		}
		for (unsigned s = 0; s < n; s++)
			secret_free(&shares[s]);
		secret_free(&master);
	}
}

static void a_share_of_16_bytes_has_20_words(void **state)
{
	struct secret *master = secret_of("0123456789abcdef", 16), *shares[3];
	unsigned spaces;

	(void)state;
	assert_int_equal(share_split(master, 2, 3, false, shares, NULL), 0);
	for (int i = 0; i < 3; i++) {
		spaces = 0;
		for (size_t k = 0; k < shares[i]->len; k++)
			spaces += shares[i]->data[k] == ' ';
		assert_int_equal(spaces, SHARE_WORDS - 1);
		secret_free(&shares[i]);
	}
	secret_free(&master);
}

static void what_cannot_be_split_is_refused(void **state)
{
	static const struct {
		size_t len;
		unsigned threshold, count;
		const char *expected;
	} cases[] = {
	        {15, 2, 3, "A secret to share has 16 to 32 bytes, an even number; this one has 15."},
	        {17, 2, 3, "A secret to share has 16 to 32 bytes, an even number; this one has 17."},
	        {34, 2, 3, "A secret to share has 16 to 32 bytes, an even number; this one has 34."},
	        {16, 0, 3, "A secret cannot be shared so that any 0 of 3 give it back."},
	        {16, 4, 3, "A secret cannot be shared so that any 4 of 3 give it back."},
	        {16, 2, 17, "A secret cannot be shared so that any 2 of 17 give it back."},
	        {16, 0, 0, "A secret cannot be shared so that any 0 of 0 give it back."},
	        {16, 1, 2, "With a threshold of 1 there can be only one share, not 2."},
	};
	static const char bytes[40];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct secret *master = secret_of(bytes, cases[i].len), *shares[32];
		struct error e = {0};

		assert_int_equal(share_split(master, cases[i].threshold, cases[i].count, false, shares, &e), -1);
		expect(&e, cases[i].expected);
		secret_free(&master);
	}
}

static void sets_that_do_not_fit_are_refused(void **state)
{
	struct secret *master = secret_of("0123456789abcdef", 16), *a[3], *b[3], *c[5];
	struct error e = {0};

	(void)state;
	assert_int_equal(share_split(master, 2, 3, false, a, NULL), 0);
	assert_int_equal(share_split(master, 2, 3, false, b, NULL), 0);
	assert_int_equal(share_split(master, 3, 5, false, c, NULL), 0);
	{
		struct secret *mixed[] = {a[0], b[1]}, *twice[] = {a[0], a[0]}, *few[] = {c[0], c[1]};

		assert_null(share_combine(mixed, 2, "", &e));
		expect(&e, "Share 2 is of another set than share 1.");
		assert_null(share_combine(twice, 2, "", &e));
		expect(&e, "Share 1 and share 2 have the same number; each is needed once.");
		assert_null(share_combine(few, 2, "", &e));
		expect(&e, "2 shares are too few: 3 are needed.");
		assert_null(share_combine(a, 3, "", &e));
		expect(&e, "3 shares are too many: exactly 2 are needed.");
		assert_null(share_combine(a, 0, "", &e));
		expect(&e, "0 shares cannot be combined.");
	}
	/* one share with the label of another: only the digest tells */
	{
		struct share_fields *fields;
		struct secret *room = share_fields_new(1, &fields, NULL), *relabelled;
		struct secret *pair[2];

		assert_int_equal(share_decode(a[0], fields, 0, NULL), 0);
		fields->member = 1;
		relabelled = share_encode(fields, NULL);
		pair[0] = relabelled;
		pair[1] = a[2];
		assert_null(share_combine(pair, 2, "", &e));
		expect(&e, "The shares are whole, but do not belong together: the digest does not match.");
		/* and one more than are needed, the forged one among them: which to leave out nobody could say */
		struct secret *one_more[] = {a[0], relabelled, a[2]}, *whole[] = {a[0], a[2]};

		assert_null(share_combine(one_more, 3, "", &e));
		expect(&e, "3 shares are too many: exactly 2 are needed.");
		struct secret *back = share_combine(whole, 2, "", &e);
		assert_true(secret_equal(back, master));
		secret_free(&back);
		secret_free(&relabelled);
		secret_free(&room);
	}
	for (int i = 0; i < 3; i++) {
		secret_free(&a[i]);
		secret_free(&b[i]);
	}
	for (int i = 0; i < 5; i++)
		secret_free(&c[i]);
	secret_free(&master);
}

/* The first official vector's share, and what becomes of it when it is typed wrongly. */
#define HEAD "duckling enlarge academic academic agency result "
#define TAIL "solution fridge kidney coal piece deal husband erode duke ajar critical decision keyboard"

static void a_wrong_word_is_named_by_its_place(void **state)
{
	static const struct {
		const char *words, *expected;
	} cases[] = {
	        {HEAD "lenght " TAIL, "Word 7 is not in the word list."},
	        {HEAD "lengthss " TAIL, "Word 7 is not in the word list."},
	        {HEAD "lengthlength " TAIL, "Word 7 is not in the word list."},
	        {HEAD "Length " TAIL, "Word 7 is not in the word list."},
	        {HEAD " length " TAIL, "Word 7 is not in the word list."},
	        {HEAD "length " TAIL " ", "Word 21 is not in the word list."},
	        {" " HEAD "length " TAIL, "Word 1 is not in the word list."},
	        {"", "Word 1 is not in the word list."},
	        {HEAD "leaf " TAIL, "Word 7 is wrong, most likely: look at it again."},
	        {"academic enlarge academic academic agency result length " TAIL,
	                "Word 1 is wrong, most likely: look at it again."},
	        {HEAD "length solution fridge kidney coal piece deal husband erode duke ajar critical decision "
	              "academic",
	                "Word 20 is wrong, most likely: look at it again."},
	        {HEAD "solution length fridge kidney coal piece deal husband erode duke ajar critical decision "
	              "keyboard",
	                "One or more words are wrong, or in another order."},
	        {HEAD "leaf academic fridge kidney coal piece deal husband erode duke ajar critical decision academic",
	                "One or more words are wrong, or in another order."},
	        {HEAD TAIL, "The share has 19 words; a whole share has 20."},
	        {HEAD "length length " TAIL, "The share has 21 words; a whole share has 20."},
	        {HEAD "length " HEAD HEAD HEAD HEAD TAIL, "The share has 44 words; a whole share has 20."},
	};
	struct secret *words = words_of(HEAD "length " TAIL);
	unsigned index = 9, threshold = 9;

	(void)state;
	assert_int_equal(share_check(words, &index, &threshold, NULL), 0);
	assert_int_equal(index, 0);
	assert_int_equal(threshold, 1);
	assert_int_equal(share_check(words, NULL, NULL, NULL), 0);
	secret_free(&words);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error e = {0};

		words = words_of(cases[i].words);
		assert_int_equal(share_check(words, &index, &threshold, &e), -1);
		expect(&e, cases[i].expected);
		secret_free(&words);
	}
}

/* Every single wrong word of a share is found, wherever it stands. */
static void every_single_wrong_word_is_located(void **state)
{
	struct secret *master = secret_of("0123456789abcdef", 16), *shares[3], *changed = secret_new(400, NULL);

	(void)state;
	assert_int_equal(share_split(master, 2, 3, true, shares, NULL), 0);
	for (unsigned position = 0; position < SHARE_WORDS; position++) {
		const char *text = (const char *)shares[1]->data, *end;
		char expected[80];
		struct error e = {0};

		secret_clear(changed);
		for (unsigned i = 0; i < position; i++)
			text = strchr(text, ' ') + 1;
		end = strchr(text, ' ');
		assert_int_equal(
		        secret_add(changed, shares[1]->data, (size_t)(text - (const char *)shares[1]->data)), 0);
		assert_int_equal(secret_text(changed, strncmp(text, "zero", 4) ? "zero" : "academic"), 0);
		if (end)
			assert_int_equal(secret_text(changed, end), 0);
		assert_int_equal(share_check(changed, NULL, NULL, &e), -1);
		snprintf(expected, sizeof expected, "Word %u is wrong, most likely: look at it again.", position + 1);
		expect(&e, expected);
	}
	for (int i = 0; i < 3; i++)
		secret_free(&shares[i]);
	secret_free(&changed);
	secret_free(&master);
}

static void combining_names_the_share(void **state)
{
	struct secret *good = words_of(HEAD "length " TAIL), *wrong;
	static const struct {
		const char *words, *expected;
	} cases[] = {
	        {HEAD "lenght " TAIL, "Share 2: word 7 is not in the word list."},
	        {HEAD "leaf " TAIL, "Share 2: word 7 is wrong, most likely: look at it again."},
	        {HEAD "solution length fridge kidney coal piece deal husband erode duke ajar critical decision "
	              "keyboard",
	                "Share 2: one or more words are wrong."},
	        {HEAD TAIL, "Share 2: it has 19 words; a whole share has 20."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct secret *pair[2];
		struct error e = {0};

		wrong = words_of(cases[i].words);
		pair[0] = good;
		pair[1] = wrong;
		assert_null(share_combine(pair, 2, "TREZOR", &e));
		expect(&e, cases[i].expected);
		secret_free(&wrong);
	}
	secret_free(&good);
}

/* Words with a right checksum that are no share: padding that is not zero, a group threshold above the group count. */
static void well_summed_nonsense_is_refused(void **state)
{
	struct share_fields *fields;
	struct secret *room = share_fields_new(1, &fields, NULL), *words;
	struct error e = {0};

	(void)state;
	fields->group_threshold = 2;
	fields->group_count = fields->member_threshold = 1;
	fields->len = 16;
	words = share_encode(fields, NULL);
	assert_int_equal(share_check(words, NULL, NULL, &e), -1);
	expect(&e, "The words are right, but what they say is no share.");
	assert_null(share_combine(&words, 1, "", &e));
	expect(&e, "Share 1: the words are right, but what they say is no share.");
	secret_free(&words);
	secret_free(&room);
}

/* By `printf 'tachiai-share/1\n%s%s' SALT WORDS | sha256sum`, with a salt of 32 letters s. */
static void the_commitment_is_as_written(void **state)
{
	struct secret *words = words_of(HEAD "length " TAIL);
	uint8_t salt[32], out[32];
	struct bytes hex = {0};

	(void)state;
	memset(salt, 's', sizeof salt);
	assert_int_equal(share_commitment(words, salt, out, NULL), 0);
	bytes_hex(&hex, out, 32);
	assert_string_equal(bytes_string(&hex), "733f47f3928a117823f1b7fc67ce2ca4ddd7e6c7f41f8f44e4237941eabd2678");
	bytes_free(&hex);
	secret_free(&words);
}

/* By python3: `int.from_bytes(bytes(range(240, 256)), 'big') % 10**n`. */
static void a_pin_follows_from_the_bytes(void **state)
{
	static const struct {
		const char *prefix, *expected;
		unsigned length;
		bool digits;
	} cases[] = {
	        {"", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", 32, false},
	        {"0001", "0001f0f1f2f", 7, false},
	        {"", "f", 1, false},
	        {"", "20270990202665973124521174155042619135", 38, true},
	        {"", "42619135", 8, true},
	        {"99", "995", 1, true},
	};
	struct secret *master = secret_new(16, NULL), *pin;

	(void)state;
	for (int i = 240; i < 256; i++)
		assert_int_equal(secret_add(master, &(uint8_t){(uint8_t)i}, 1), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		pin = pin_make(master, cases[i].prefix, cases[i].length, cases[i].digits, NULL);
		assert_non_null(pin);
		assert_string_equal((char *)pin->data, cases[i].expected);
		assert_int_equal(pin->len, strlen(cases[i].expected));
		secret_free(&pin);
	}
	secret_free(&master);
	/* small numbers keep their zeros */
	master = secret_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\7", 16);
	pin = pin_make(master, "", 6, true, NULL);
	assert_string_equal((char *)pin->data, "000007");
	secret_free(&pin);
	secret_free(&master);
}

static void a_pin_that_cannot_be_is_refused(void **state)
{
	struct secret *master = secret_of("0123456789abcdef", 16), *other = secret_of("0123456789abcde", 15);
	struct error e = {0};

	(void)state;
	assert_null(pin_make(master, "", 33, false, &e));
	expect(&e, "A PIN has 1 to 32 characters after its prefix, not 33.");
	assert_null(pin_make(master, "", 39, true, &e));
	expect(&e, "A PIN has 1 to 38 characters after its prefix, not 39.");
	assert_null(pin_make(master, "", 0, true, &e));
	expect(&e, "A PIN has 1 to 38 characters after its prefix, not 0.");
	assert_null(pin_make(other, "", 8, false, &e));
	expect(&e, "A PIN is made from 16 bytes, not from 15.");
	secret_free(&master);
	secret_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(official_vectors_give_the_official_answers),
	        cmocka_unit_test(the_word_list_is_the_official_one),
	        cmocka_unit_test(the_field_is_that_of_aes),
	        cmocka_unit_test(any_threshold_of_the_shares_give_the_secret_back),
	        cmocka_unit_test(a_share_of_16_bytes_has_20_words),
	        cmocka_unit_test(what_cannot_be_split_is_refused),
	        cmocka_unit_test(sets_that_do_not_fit_are_refused),
	        cmocka_unit_test(a_wrong_word_is_named_by_its_place),
	        cmocka_unit_test(every_single_wrong_word_is_located),
	        cmocka_unit_test(combining_names_the_share),
	        cmocka_unit_test(well_summed_nonsense_is_refused),
	        cmocka_unit_test(the_commitment_is_as_written),
	        cmocka_unit_test(a_pin_follows_from_the_bytes),
	        cmocka_unit_test(a_pin_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests_name("share", tests, setup, NULL);
}
