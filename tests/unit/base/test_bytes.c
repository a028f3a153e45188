#include "check.h"

#include <stdlib.h>
#include <string.h>

static void growing_keeps_every_byte_and_a_nul_behind(void **state)
{
	struct bytes b = {0};

	(void)state;
	assert_string_equal(bytes_string(&b), "");
	for (unsigned i = 0; i < 100000; i++)
		bytes_byte(&b, (uint8_t)(i % 251));
	assert_int_equal(b.len, 100000);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(b.data[i], i % 251);
	assert_int_equal(b.data[b.len], 0);
	bytes_clear(&b);
	bytes_printf(&b, "%s-%d", "x", 7);
	bytes_text(&b, "!");
	bytes_add(&b, NULL, 0);
	assert_string_equal(bytes_string(&b), "x-7!");
	assert_int_equal(bytes_end(&b, NULL), 0);
	bytes_free(&b);
	assert_null(b.data);
}

static void a_failed_addition_is_told_until_the_next_clear(void **state)
{
	struct bytes b = {0};
	struct error e = {0};

	(void)state;
	bytes_text(&b, "kept");
	bytes_add(&b, "", SIZE_MAX / 2);
	bytes_text(&b, "lost");
	assert_string_equal(bytes_string(&b), "kept");
	assert_int_equal(bytes_end(&b, &e), -1);
	check_error(&e, ERROR_MEMORY, "There is not enough memory. Close other programs and try again.");
	bytes_clear(&b);
	assert_int_equal(bytes_end(&b, &e), 0);
	bytes_free(&b);
}

/* RFC 4648 section 10. */
static void base64_is_that_of_rfc_4648(void **state)
{
	static const char *const pairs[][2] = {
	        {"", ""},
	        {"f", "Zg=="},
	        {"fo", "Zm8="},
	        {"foo", "Zm9v"},
	        {"foob", "Zm9vYg=="},
	        {"fooba", "Zm9vYmE="},
	        {"foobar", "Zm9vYmFy"},
	        {"\xfb\xff\xbf", "+/+/"},
	};
	struct bytes b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		bytes_clear(&b);
		bytes_base64(&b, pairs[i][0], strlen(pairs[i][0]));
		assert_string_equal(bytes_string(&b), pairs[i][1]);
		bytes_clear(&b);
		assert_int_equal(base64_decode(pairs[i][1], strlen(pairs[i][1]), &b), 0);
		assert_string_equal(bytes_string(&b), pairs[i][0]);
	}
	bytes_free(&b);
}

static void base64_that_does_not_encode_to_itself_is_refused(void **state)
{
	static const char *const refused[] = {"Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "====", "=", "Zm9v\n",
	        "Zm 9", "Zm-_", "AAB=", "Zm9vZg=v"};
	struct bytes b = {0};

	(void)state;
	bytes_text(&b, "before");
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		assert_int_equal(base64_decode(refused[i], strlen(refused[i]), &b), -1);
		assert_string_equal(bytes_string(&b), "before");
	}
	assert_int_equal(base64_decode("Z\0g=", 4, &b), -1);
	bytes_free(&b);
}

static void every_byte_survives_base64_and_hex(void **state)
{
	uint8_t all[256], back[256];
	struct bytes text = {0}, bytes = {0};

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		all[i] = (uint8_t)(i * 167);
	for (size_t len = 0; len <= 256; len++) {
		bytes_clear(&text);
		bytes_clear(&bytes);
		bytes_base64(&text, all, len);
		assert_int_equal(base64_decode(bytes_string(&text), text.len, &bytes), 0);
		assert_int_equal(bytes.len, len);
		assert_memory_equal(bytes_string(&bytes), all, len);
		bytes_clear(&text);
		bytes_hex(&text, all, len);
		assert_int_equal(hex_decode(bytes_string(&text), text.len, back, len), 0);
		assert_memory_equal(back, all, len);
	}
	bytes_free(&text);
	bytes_free(&bytes);
}

static void hex_is_lower_case_and_of_the_length_asked(void **state)
{
	uint8_t out[2];

	(void)state;
	assert_int_equal(hex_decode("0aff", 4, out, 2), 0);
	assert_int_equal(out[0], 0x0a);
	assert_int_equal(out[1], 0xff);
	assert_int_equal(hex_decode("0aFF", 4, out, 2), -1);
	assert_int_equal(hex_decode("0af", 3, out, 2), -1);
	assert_int_equal(hex_decode("0aff00", 6, out, 2), -1);
	assert_int_equal(hex_decode("0a", 2, out, 2), -1);
	assert_int_equal(hex_decode("0ag0", 4, out, 2), -1);
}

/* NIST, examples to FIPS 180-4: "abc", the empty message, the two-block message; a million times "a". */
static void sha256_is_that_of_fips_180(void **state)
{
	static const char *const known[][2] = {
	        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	uint8_t hash[32];
	char *million = malloc(1000000);

	(void)state;
	assert_non_null(million);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		assert_int_equal(sha256(known[i][0], strlen(known[i][0]), hash), 0);
		check_hex(hash, 32, known[i][1]);
	}
	memset(million, 'a', 1000000);
	const struct sha256_part parts[] = {{million, 1}, {million, 0}, {million, 999999}};
	assert_int_equal(sha256_parts(parts, 3, hash), 0);
	check_hex(hash, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(growing_keeps_every_byte_and_a_nul_behind),
	        cmocka_unit_test(a_failed_addition_is_told_until_the_next_clear),
	        cmocka_unit_test(base64_is_that_of_rfc_4648),
	        cmocka_unit_test(base64_that_does_not_encode_to_itself_is_refused),
	        cmocka_unit_test(every_byte_survives_base64_and_hex),
	        cmocka_unit_test(hex_is_lower_case_and_of_the_length_asked),
	        cmocka_unit_test(sha256_is_that_of_fips_180),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
