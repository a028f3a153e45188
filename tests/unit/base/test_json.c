#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static struct json_doc *doc;

static int doc_make(void **state)
{
	(void)state;
	doc = json_doc_new();
	return doc != NULL ? 0 : -1;
}

static int doc_end(void **state)
{
	(void)state;
	json_doc_free(&doc);
	return doc == NULL ? 0 : -1;
}

static void what_is_read_is_written_again_byte_for_byte(void **state)
{
	static const char *const texts[] = {"null", "true", "false", "0", "-1", "9007199254740991", "-9007199254740991",
	        "\"\"", "[]", "{}", "[[],{},[{}]]", "\"\\\"\\\\\"", "\"立会い、ルート認証局 é\"",
	        "{\"\":1,\" \":2,\"a\":3,\"A\":4}", "{\"b\":[1,2,{\"a\":null}],\"a\":\"x\",\"é\":true}",
	        "\"\xf0\x9f\x94\x91\"", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"};
	struct bytes out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct json_writer w = {.out = &out};
		const struct json *root = json_parse(doc, texts[i], strlen(texts[i]), NULL);

		assert_non_null(root);
		bytes_clear(&out);
		json_put(&w, root);
		assert_int_equal(bytes_end(&out, NULL), 0);
		assert_string_equal(bytes_string(&out), texts[i]);
	}
	bytes_free(&out);
}

#define VALUE   "A value of the JSON was expected here."
#define KEY     "A key of the JSON was expected here."
#define CLOSE   "A comma or closing bracket of the JSON was expected here."
#define EARLY   "The JSON ends too early."
#define CONTROL "A text of the JSON has a control character in it."
#define ESCAPE  "A text of the JSON has an escape other than \\\" and \\\\."
#define ZERO    "A number of the JSON begins with a needless zero or sign."
#define BEYOND  "A number of the JSON is beyond 2^53-1."
#define INTEGER "A number of the JSON is not a plain integer."
#define FOLLOWS "Something follows the end of the JSON."
#define UTF8    "A text of the JSON is not valid UTF-8."
#define NFC     "A text of the JSON is not in Unicode normalization form C."
#define HIDDEN  "A text of the JSON has the hidden character U+"

static const struct {
	const char *text;
	unsigned column;
	const char *sentence;
} refused[] = {
        {"", 1, EARLY},
        {" 1", 1, VALUE},
        {"1 ", 2, FOLLOWS},
        {"1\n", 2, FOLLOWS},
        {"[1, 2]", 4, VALUE},
        {"[1 ,2]", 3, CLOSE},
        {"{\"a\": 1}", 6, VALUE},
        {"{ \"a\":1}", 2, KEY},
        {"{\"a\" :1}", 5, "A colon of the JSON was expected here."},
        {"\xef\xbb\xbf{}", 1, VALUE},
        {"[1,]", 4, VALUE},
        {"{\"a\":1,}", 8, KEY},
        {"[,1]", 2, VALUE},
        {"[1", 3, CLOSE},
        {"[1}", 3, CLOSE},
        {"{\"a\":1]", 7, CLOSE},
        {"{\"a\":", 6, EARLY},
        {"{\"a\"", 5, "A colon of the JSON was expected here."},
        {"{1:2}", 2, KEY},
        {"{a:2}", 2, KEY},
        {"{\"a\":1}{}", 8, FOLLOWS},
        {"{\"a\":1,\"b\":2,\"a\":3}", 20, "The key \"a\" stands twice in one object of the JSON."},
        {"-0", 1, ZERO},
        {"00", 1, ZERO},
        {"01", 1, ZERO},
        {"-01", 1, ZERO},
        {"+1", 1, VALUE},
        {"-", 1, VALUE},
        {".5", 1, VALUE},
        {"1.0", 1, INTEGER},
        {"1e3", 1, INTEGER},
        {"1E3", 1, INTEGER},
        {"9007199254740992", 1, BEYOND},
        {"-9007199254740992", 1, BEYOND},
        {"99999999999999999999999999999999", 1, BEYOND},
        {"NaN", 1, VALUE},
        {"Infinity", 1, VALUE},
        {"nul", 1, VALUE},
        {"True", 1, VALUE},
        {"'a'", 1, VALUE},
        {"//\n1", 1, VALUE},
        {"\"", 2, "The JSON ends within a text."},
        {"\"a\\", 4, ESCAPE},
        {"\"\\/\"", 3, ESCAPE},
        {"\"\\n\"", 3, ESCAPE},
        {"\"\\u0041\"", 3, ESCAPE},
        {"\"a\tb\"", 3, CONTROL},
        {"\"a\nb\"", 3, CONTROL},
        {"\"\x7f\"", 2, CONTROL},
        {"\"\xff\"", 3, UTF8},
        {"\"\xc0\x80\"", 4, UTF8},
        {"\"\xed\xa0\x80\"", 5, UTF8},
        {"\"\xf4\x90\x80\x80\"", 6, UTF8},
        {"\"\xe7\xab\"", 4, UTF8},
        {"\"e\xcc\x81\"", 5, NFC},
        {"\"\xe3\x81\x8b\xe3\x82\x99\"", 8, NFC},
        {"\"\xe2\x84\xab\"", 5, NFC},
        {"\"\xc2\x85\"", 4, HIDDEN "0085."},
        {"\"\xe2\x80\xae\"", 5, HIDDEN "202E."},
        {"\"\xe2\x80\x8b\"", 5, HIDDEN "200B."},
        {"\"\xc2\xa0\"", 4, HIDDEN "00A0."},
        {"\"\xef\xbb\xbf\"", 5, HIDDEN "FEFF."},
        {"\"\xf3\xa0\x84\x80\"", 6, HIDDEN "E0100."},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", 18, "The JSON is nested deeper than 16."},
};

static void what_is_not_strict_is_refused_with_its_place(void **state)
{
	struct error e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		assert_null(json_parse(doc, refused[i].text, strlen(refused[i].text), &e));
		if (e.column != refused[i].column)
			fail_msg("%s: column %u", refused[i].text, e.column);
		check_error(&e, ERROR_FAULT, refused[i].sentence);
		assert_null(json_parse(doc, refused[i].text, strlen(refused[i].text), NULL));
	}
	assert_null(json_parse(doc, "\"a\0b\"", 5, &e));
	check_error(&e, ERROR_FAULT, CONTROL);
}

/* Every prefix of a good text is refused, read from a block of exactly its length (for ASan). */
static void every_prefix_is_refused(void **state)
{
	static const char text[] = "{\"a\":[1,-23,{\"b\":null,\"c\":true}],\"d\":\"x\\\"\xe7\xab\x8b\\\\\"}";

	(void)state;
	for (size_t len = 0; len < sizeof text; len++) {
		char *exact = malloc(len > 0 ? len : 1);

		assert_non_null(exact);
		memcpy(exact, text, len);
		assert_int_equal(json_parse(doc, exact, len, NULL) != NULL, len == sizeof text - 1);
		free(exact);
	}
}

static void a_repeated_key_is_found_among_many(void **state)
{
	struct bytes text = {0};
	struct error e = {0};

	(void)state;
	for (int repeated = 0; repeated < 2; repeated++) {
		bytes_clear(&text);
		bytes_byte(&text, '{');
		for (int i = 0; i < 3000; i++)
			bytes_printf(&text, "\"k%d\":%d,", i, i);
		bytes_printf(&text, "\"k%d\":0}", repeated ? 1234 : 3000);
		if (repeated) {
			assert_null(json_parse(doc, bytes_string(&text), text.len, &e));
			check_error(&e, ERROR_FAULT, "The key \"k1234\" stands twice in one object of the JSON.");
		} else {
			const struct json *root = json_parse(doc, bytes_string(&text), text.len, &e);

			assert_non_null(root);
			assert_int_equal(root->count, 3001);
			assert_int_equal(json_number(root, "k2999", -1), 2999);
		}
	}
	bytes_free(&text);
}

static void lookups_tell_absent_and_of_another_type_apart_from_there(void **state)
{
	static const char text[] = "{\"t\":\"立\",\"n\":-7,\"b\":true,\"f\":false,\"z\":null,\"o\":{\"t\":\"in\"}}";
	const struct json *root = json_parse(doc, text, sizeof text - 1, NULL);

	(void)state;
	assert_string_equal(json_text(root, "t"), "立");
	assert_int_equal(json_get(root, "t")->len, 3);
	assert_null(json_text(root, "n"));
	assert_null(json_text(root, "absent"));
	assert_int_equal(json_number(root, "n", 1), -7);
	assert_int_equal(json_number(root, "t", 1), 1);
	assert_int_equal(json_number(root, "b", 5), 5);
	assert_true(json_true(root, "b"));
	assert_false(json_true(root, "f"));
	assert_false(json_true(root, "n"));
	assert_string_equal(json_text(json_get(root, "o"), "t"), "in");
	assert_null(json_get(json_get(root, "t"), "t"));
	assert_null(json_get(NULL, "t"));
	assert_int_equal(root->count, 6);
}

static void the_writer_writes_what_the_reader_reads(void **state)
{
	struct bytes out = {0};
	struct json_writer w = {.out = &out};
	const struct json *root;

	(void)state;
	json_begin_object(&w);
	json_member_text(&w, "text", "quote \" back \\ \xe7\xab\x8b e\xcc\x81");
	json_member_text(&w, "none", NULL);
	json_member_int(&w, "int", -42);
	json_member_bool(&w, "bool", false);
	json_member_hex(&w, "hex", "\x01\xff", 2);
	json_member_base64(&w, "base64", "\x01\xff", 2);
	json_key(&w, "list");
	json_begin_array(&w);
	json_put_int(&w, 1);
	json_begin_array(&w);
	json_end_array(&w);
	json_put_raw(&w, "{\"raw\":[]}", 10);
	json_put_null(&w);
	json_put_bool(&w, true);
	json_put_text(&w, "");
	json_put_hex(&w, "\x0a", 1);
	json_put_base64(&w, "", 0);
	json_end_array(&w);
	json_end_object(&w);
	assert_int_equal(bytes_end(&out, NULL), 0);
	assert_string_equal(bytes_string(&out),
	        "{\"text\":\"quote \\\" back \\\\ 立 "
	        "\xc3\xa9\",\"none\":null,\"int\":-42,\"bool\":false,\"hex\":\"01ff\","
	        "\"base64\":\"Af8=\",\"list\":[1,[],{\"raw\":[]},null,true,\"\",\"0a\",\"\"]}");
	root = json_parse(doc, bytes_string(&out), out.len, NULL);
	assert_non_null(root);
	assert_string_equal(json_text(root, "text"), "quote \" back \\ 立 é");
	bytes_free(&out);
}

static void the_writer_refuses_what_the_reader_would(void **state)
{
	static const char *const texts[] = {"a\nb", "\x7f", "\xff", "\xe2\x80\xae", "\xc2\xa0", "\xed\xa0\x80"};
	struct bytes out = {0};
	struct error e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct json_writer w = {.out = &out};

		bytes_clear(&out);
		json_put_text(&w, texts[i]);
		assert_int_equal(bytes_end(&out, &e), -1);
		check_error(&e, ERROR_FAULT,
		        "A text has hidden characters or invalid UTF-8 in it and cannot stand in a record.");
	}
	bytes_clear(&out);
	json_put_int(&(struct json_writer){.out = &out}, 9007199254740992);
	assert_int_equal(bytes_end(&out, NULL), -1);
	bytes_clear(&out);
	json_put_int(&(struct json_writer){.out = &out}, -9007199254740991);
	assert_int_equal(bytes_end(&out, NULL), 0);
	bytes_free(&out);
}

/* A document is used again for texts of all sizes; what it holds is the last one. */
static void a_document_is_used_again(void **state)
{
	struct bytes text = {0};

	(void)state;
	for (int round = 0; round < 20; round++) {
		const struct json *root;
		int elements = round % 2 == 0 ? 5000 : 3;

		bytes_clear(&text);
		bytes_byte(&text, '[');
		for (int i = 0; i < elements; i++)
			bytes_printf(&text, "%s\"%d\"", i > 0 ? "," : "", i);
		bytes_byte(&text, ']');
		root = json_parse(doc, bytes_string(&text), text.len, NULL);
		assert_non_null(root);
		assert_int_equal(root->count, elements);
		int at = 0;
		for (const struct json *each = root->child; each != NULL; each = each->next, at++)
			assert_int_equal(atoi(each->text), at);
		assert_int_equal(at, elements);
	}
	bytes_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_read_is_written_again_byte_for_byte),
	        cmocka_unit_test(what_is_not_strict_is_refused_with_its_place),
	        cmocka_unit_test(every_prefix_is_refused),
	        cmocka_unit_test(a_repeated_key_is_found_among_many),
	        cmocka_unit_test(lookups_tell_absent_and_of_another_type_apart_from_there),
	        cmocka_unit_test(the_writer_writes_what_the_reader_reads),
	        cmocka_unit_test(the_writer_refuses_what_the_reader_would),
	        cmocka_unit_test(a_document_is_used_again),
	};

	return cmocka_run_group_tests(tests, doc_make, doc_end);
}
