/* A time-stamp query is written in one form and read in no other. Replies are judged in tests/interop/test_timestamp.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/secret.h"
#include "pki/timestamp.h"

/* SHA-256("abc"), FIPS 180-2 appendix B.1, in the query that `openssl ts -query` 3.0 makes of it. */
#define ABC       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ALGORITHM "300d06096086480165030402010500"
#define IMPRINT   "3031" ALGORITHM "0420" ABC

static int begin(void **state)
{
	(void)state;
	return secret_init(NULL);
}

static void equals(const struct timestamp_query *q, const char *hex)
{
	struct bytes der = {0}, text = {0};
	struct error e = {0};

	assert_int_equal(timestamp_query_write(q, &der, &e), 0);
	bytes_hex(&text, der.data, der.len);
	assert_string_equal(bytes_string(&text), hex);
	bytes_free(&der);
	bytes_free(&text);
}

static void a_query_has_one_length_for_each_hash(void **state)
{
	static const uint8_t nonces[][TIMESTAMP_NONCE] = {
	        {0}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0x80, 1, 2, 3, 4, 5, 6, 7}};
	struct timestamp_query q;
	struct error e = {0};

	(void)state;
	assert_int_equal(timestamp_query_make(&q, "sha256", "abc", 3, NULL, NULL, &e), 0);
	equals(&q, "3039020101" IMPRINT "0101ff");
	for (size_t i = 0; i < sizeof nonces / sizeof nonces[0]; i++) {
		struct bytes der = {0};
		assert_int_equal(timestamp_query_make(&q, "sha256", "abc", 3, nonces[i], NULL, &e), 0);
		assert_int_equal(timestamp_query_write(&q, &der, &e), 0);
		assert_int_equal(der.len, 69);
		bytes_free(&der);
	}
	equals(&q, "3043020101" IMPRINT "02084001020304050607"
	           "0101ff");
	assert_int_equal(timestamp_query_make(&q, "sha256", "abc", 3, NULL, "1.2.3.4.1", &e), 0);
	equals(&q, "303f020101" IMPRINT "06042a030401"
	           "0101ff");
}

static void what_was_written_is_read_again(void **state)
{
	static const char *const hashes[] = {"sha256", "sha384", "sha512"};
	static const uint8_t nonce[TIMESTAMP_NONCE] = {9, 8, 7, 6, 5, 4, 3, 2};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct timestamp_query q, again;
		struct bytes der = {0};
		struct error e = {0};
		assert_int_equal(timestamp_query_make(&q, hashes[i], "abc", 3, nonce, "2.25.1", &e), 0);
		assert_int_equal(timestamp_query_write(&q, &der, &e), 0);
		assert_int_equal(timestamp_query_read(&again, der.data, der.len, &e), 0);
		assert_memory_equal(&again, &q, sizeof q);
		bytes_free(&der);
	}
}

/* Each is one change of a query that is read. */
static void another_form_is_refused(void **state)
{
	static const struct {
		const char *what, *hex;
		bool read;
	} table[] = {
	        {"as it is", "3039020101" IMPRINT "0101ff", true},
	        {"no certificate wanted", "3036020101" IMPRINT, true},
	        {"an algorithm without NULL", "3037020101302f300b06096086480165030402010420" ABC "0101ff", true},
	        {"nothing", "", false},
	        {"a byte behind it", "3039020101" IMPRINT "0101ff00", false},
	        {"a byte less", "3039020101" IMPRINT "0101", false},
	        {"version 2", "3039020102" IMPRINT "0101ff", false},
	        {"the default written out", "3039020101" IMPRINT "010100", false},
	        {"a TRUE that is not DER", "3039020101" IMPRINT "010101", false},
	        {"a nonce behind the certificate",
	                "303c020101" IMPRINT "0101ff"
	                "020105",
	                false},
	        {"two nonces", "303c020101" IMPRINT "020105020106", false},
	        {"an empty extension list", "303b020101" IMPRINT "0101ffa000", false},
	        {"a hash too short",
	                "3038020101303030"
	                "0d060960864801650304020105000"
	                "41fba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"
	                "0101ff",
	                false},
	        {"SHA-1's identifier", "3032020101302a300706052b0e03021a041f" ABC "0101ff", false},
	        {"a long length", "308139020101" IMPRINT "0101ff", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		uint8_t der[128];
		size_t len = strlen(table[i].hex) / 2;
		struct timestamp_query q;
		struct bytes text = {0};
		struct error e = {0};
		int result;

		assert_int_equal(hex_decode(table[i].hex, 2 * len, der, len), 0);
		result = timestamp_query_read(&q, der, len, &e);
		error_text(&e, &text);
		if ((result == 0) != table[i].read ||
		        (result && !strstr(bytes_string(&text), "not exactly one TimeStampReq in DER")))
			fail_msg("%s: %d %s", table[i].what, result, bytes_string(&text));
		bytes_free(&text);
	}
}

static void what_cannot_be_asked_for_is_said(void **state)
{
	static const struct {
		const char *hash, *policy, *message;
	} table[] = {{"md5", NULL, "md5 is no hash for a time stamp"}, {"SHA256", NULL, "is no hash"},
	        {"sha256", "1.2.", "1.2. is no object identifier"}, {"sha256", "1.02", "is no object identifier"},
	        {"sha256", "", "is no object identifier"}, {"sha256", "3.1", "is no object identifier"},
	        {"sha256", "serverAuth", "is no object identifier"}};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct timestamp_query q;
		struct bytes der = {0}, text = {0};
		struct error e = {0};
		int result = timestamp_query_make(&q, table[i].hash, "abc", 3, NULL, table[i].policy, &e);

		if (result == 0)
			result = timestamp_query_write(&q, &der, &e);
		error_text(&e, &text);
		if (result == 0 || !strstr(bytes_string(&text), table[i].message))
			fail_msg("%s %s: %s", table[i].hash, table[i].policy, bytes_string(&text));
		bytes_free(&der);
		bytes_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_query_has_one_length_for_each_hash),
	        cmocka_unit_test(what_was_written_is_read_again),
	        cmocka_unit_test(another_form_is_refused),
	        cmocka_unit_test(what_cannot_be_asked_for_is_said),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
