/* media/frames: what is cut into frames is joined again, in any order; the published BBQr vector is read; what is no
 * sound frame is refused with a sentence. */
#include "support.h"

#include <zlib.h>

#include "media/frames.h"
#include "media/qr.h"

static void fill(struct bytes *data, size_t len)
{
	uint32_t x = (uint32_t)len;

	bytes_clear(data);
	for (size_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		bytes_byte(data, (uint8_t)(x >> 24));
	}
}

static int take(struct frames *f, const char *text, struct error *e)
{
	return frames_take(f, text, strlen(text), e);
}

/* The last frames first, each twice. */
static void assert_joins_backwards(const struct bytes *data, const struct frames_plan *plan)
{
	struct frames f = {0};
	struct bytes text = {0}, out = {0};

	for (unsigned i = plan->frames; i-- > 0;) {
		bytes_clear(&text);
		frames_text(data->data, data->len, plan, i, &text);
		assert_int_equal(frames_take(&f, text.data, text.len, NULL), 1);
		assert_int_equal(frames_take(&f, text.data, text.len, NULL), 0);
		assert_true(text.len <= qr_text_capacity(plan->version));
		assert_true(plan->version == 1 || i || text.len > qr_text_capacity(plan->version - 1));
	}
	assert_int_equal(f.count, 1);
	assert_int_equal(frames_join(&f.set[0], &out, NULL), 0);
	assert_int_equal(out.len, data->len);
	assert_memory_equal(out.data, data->data, data->len);
	bytes_free(&out);
	bytes_free(&text);
	frames_free(&f);
}

static void every_payload_comes_back(void **state)
{
	static const size_t length[] = {1, 2, 5, 6, 7, 56, 57, 58, 114, 115, 721, 722, 2331, 2332, 20001, 73815};
	static const unsigned version[] = {1, 5, 25, 40};
	struct frames_plan plan;
	struct bytes data = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(length) / sizeof(*length); i++)
		for (size_t v = 0; v < sizeof(version) / sizeof(*version); v++) {
			fill(&data, length[i]);
			if (frames_plan(data.len, version[v], &plan, NULL) < 0) {
				assert_true(data.len > FRAMES_MAX * ((qr_text_capacity(version[v]) - 8) / 2));
				continue;
			}
			assert_true(plan.version <= version[v]);
			assert_joins_backwards(&data, &plan);
		}
	bytes_free(&data);
}

static void the_largest_payload_is_what_is_said(void **state)
{
	struct frames_plan plan;
	struct error e = {0};

	(void)state;
	assert_int_equal(frames_plan(FRAMES_BYTES, 40, &plan, NULL), 0);
	assert_int_equal(plan.frames, FRAMES_MAX);
	assert_int_equal(frames_plan(FRAMES_BYTES + 1, 40, &plan, &e), -1);
	assert_message(&e,
	        "2189846 bytes are more than 1295 codes of this size hold, which is 2189845: carry them out on a "
	        "medium");
	assert_int_equal(frames_plan(0, 40, &plan, &e), -1);
	assert_message(&e, "nothing is there to be shown as a code");
	assert_int_equal(frames_plan(1, 0, &plan, NULL), -1);
	assert_int_equal(frames_plan(1, 41, &plan, NULL), -1);
}

/* ISO/IEC 18004:2015 table 7, level M, some of its rows. */
static void capacities_are_those_of_the_standard(void **state)
{
	static const unsigned table[][2] = {{1, 20}, {5, 122}, {9, 262}, {10, 311}, {25, 1451}, {26, 1542}, {27, 1637},
	        {39, 3220}, {40, 3391}, {0, 0}, {41, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		assert_int_equal(qr_text_capacity(table[i][0]), table[i][1]);
	for (unsigned v = 1; v <= 40; v++) {
		struct qr qr;
		struct error e = {0};
		char text[4000];

		memset(text, 'A', sizeof(text));
		text[qr_text_capacity(v)] = 0;
		assert_int_equal(qr_make_text(&qr, text, v, NULL), 0);
		qr_free(&qr);
		text[qr_text_capacity(v)] = 'A';
		text[qr_text_capacity(v) + 1] = 0;
		assert_int_equal(qr_make_text(&qr, text, v, &e), -1);
		assert_int_equal(qr_make_text(&qr, "lower case", v, &e), -1);
		if (v > 1)
			assert_message(&e, "the text has characters that alphanumeric QR codes do not have");
	}
}

/* A camera's real record of eight codes in a loop, from Coinkite's BBQr (test_data/real-scan.txt, public domain):
 * encoding Z. Its own test looks for these words; the sum is what Python's zlib makes of it. */
static void the_published_scan_is_read(void **state)
{
	struct bytes text = {0}, out = {0}, words = {0};
	struct frames f = {0};
	uint8_t sum[32];
	unsigned again = 0;

	(void)state;
	assert_int_equal(file_read("tests/unit/media/data/bbqr-real-scan.txt", 1 << 20, &text, NULL), 0);
	for (char *at = (char *)text.data, *line; (line = strsep(&at, "\n"));) {
		int rc = *line ? frames_take(&f, line, strlen(line), NULL) : 1;

		assert_true(rc >= 0);
		again += rc == 0;
	}
	assert_true(again > 0);
	assert_int_equal(f.count, 1);
	assert_string_equal(f.set[0].head, "B$ZU08");
	assert_int_equal(frames_join(&f.set[0], &out, NULL), 0);
	assert_non_null(strstr(bytes_string(&out), "Zlib compressed"));
	assert_int_equal(sha256(out.data, out.len, sum), 0);
	bytes_hex(&words, sum, sizeof(sum));
	assert_string_equal(bytes_string(&words), "cbd1d2094510a863397872d156dd76c4017b059ea638a37137699bea558e990e");
	bytes_free(&words);
	bytes_free(&text);
	bytes_free(&out);
	frames_free(&f);
}

static void every_encoding_is_read(void **state)
{
	/* RFC 4648 section 10: "foobar" is MZXW6YTBOI in base32. "Z": raw deflate of "foobar" (stored block) in base32.
	 */
	static const char *const table[][4] = {{"B$HU0100666F6F626172", NULL}, {"B$2U0100MZXW6YTBOI", NULL},
	        {"B$2U0200MZXW6YTB", "B$2U0201OI", NULL}, {"B$HU0302626172", "B$HU0300666F", "B$HU03016F62", NULL},
	        {"B$ZU0100AEDAB6P7MZXW6YTBOI", NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct frames f = {0};
		struct bytes out = {0};

		if (i == 3) {
			/* a last block longer than the others */
			assert_int_equal(take(&f, table[i][0], NULL), 1);
			assert_int_equal(take(&f, table[i][1], NULL), -1);
		} else {
			for (size_t k = 0; table[i][k]; k++)
				assert_int_equal(take(&f, table[i][k], NULL), 1);
			assert_int_equal(frames_join(&f.set[0], &out, NULL), 0);
			assert_string_equal(bytes_string(&out), "foobar");
		}
		bytes_free(&out);
		frames_free(&f);
	}
}

static void what_is_no_frame_is_refused(void **state)
{
	static const char cannot[] = "a BBQr frame says that it is one that its series cannot have",
	                  length[] = "a BBQr frame has a length that none can have",
	                  unknown[] = "a BBQr frame has an encoding or file type that the format does not know",
	                  encoded[] = "frame 1 of 1 is not encoded as its header says";
	static const char *const table[][2] = {{"", "the code is no BBQr frame"},
	        {"b$HU010041", "the code is no BBQr frame"}, {"B$", length}, {"B$HU0100", length},
	        {"B$HU00004100", cannot}, {"B$HU010141", cannot}, {"B$HU0z0041", cannot}, {"B$HU01-141", cannot},
	        {"B$hU010041", unknown}, {"B$AU010041", unknown}, {"B$H1010041", unknown}, {"B$Hu010041", unknown},
	        {"B$HU01004", encoded}, {"B$HU01004g", encoded}, {"B$HU01004a", encoded}, {"B$HU010041\n", encoded},
	        {"B$2U0100A", encoded}, {"B$2U0100AAA", encoded}, {"B$2U0100AB", encoded},
	        {"B$2U0100AA======", encoded}, {"B$2U0100aa", encoded}, {"B$2U0100A1", encoded},
	        {"B$2U0200MZXW6", "frame 1 of 2 is not encoded as its header says"}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct frames f = {0};
		struct error e = {0};

		assert_int_equal(take(&f, table[i][0], &e), -1);
		assert_message(&e, table[i][1]);
		frames_free(&f);
	}
}

/* A NUL is a character like any other that does not belong there. */
static void a_nul_in_a_frame_is_refused(void **state)
{
	static const char frame[] = "B$HU010041";

	(void)state;
	for (size_t i = 0; i < strlen(frame); i++) {
		char text[sizeof(frame)];
		struct frames f = {0};

		memcpy(text, frame, sizeof(frame));
		text[i] = 0;
		assert_int_equal(frames_take(&f, text, strlen(frame), NULL), -1);
		frames_free(&f);
	}
}

static void two_payloads_that_are_mixed_are_refused(void **state)
{
	struct frames f = {0};
	struct bytes out = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(take(&f, "B$HU03004142", NULL), 1);
	assert_int_equal(take(&f, "B$HU03004143", &e), -1);
	assert_message(&e, "frame 1 of 3 came with two contents: pictures of two payloads are mixed. Scan each alone");
	assert_int_equal(take(&f, "B$HU0301414243", &e), -1);
	assert_message(
	        &e, "frame 2 of 3 is not as long as the others: pictures of two payloads are mixed. Scan each alone");
	assert_int_equal(take(&f, "B$HU03014142", NULL), 1);
	assert_int_equal(take(&f, "B$HU030241", NULL), 1);
	assert_int_equal(frames_join(&f.set[0], &out, &e), -1);
	assert_message(&e, "frame 2 of 3 contradicts another one: pictures of two payloads are mixed");
	/* other headers are other payloads */
	assert_int_equal(take(&f, "B$HB0300FFFF", NULL), 1);
	assert_int_equal(take(&f, "B$HU0200FFFF", NULL), 1);
	assert_int_equal(f.count, 3);
	frames_free(&f);
}

static void what_is_missing_is_said(void **state)
{
	struct frames f = {0};
	struct bytes out = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(take(&f, "B$HU1001FF", NULL), 1);
	assert_int_equal(take(&f, "B$HU1003FF", NULL), 1);
	assert_int_equal(take(&f, "B$HU1008FF", NULL), 1);
	frames_missing(&f.set[0], &out);
	assert_string_equal(bytes_string(&out), "1, 3, 5-8, 10-36");
	bytes_clear(&out);
	assert_int_equal(frames_join(&f.set[0], &out, &e), -1);
	assert_message(&e, "3 of 36 frames are there");
	bytes_free(&out);
	frames_free(&f);
}

/* Base32 frames of a raw deflate stream. */
static void packed_frame(
        const uint8_t *data, size_t len, int window, const void *behind, size_t more, struct bytes *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint8_t packed[2048];
	z_stream z = {.next_in = (uint8_t *)(uintptr_t)data,
	        .avail_in = (uInt)len,
	        .next_out = packed,
	        .avail_out = sizeof(packed)};
	unsigned held = 0, waiting = 0;

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	memcpy(packed + z.total_out, behind, more);
	bytes_clear(text);
	bytes_text(text, "B$ZB0100");
	for (size_t i = 0; i < z.total_out + more; i++) {
		held = (held << 8 | packed[i]) & 0xfff;
		for (waiting += 8; waiting >= 5; waiting -= 5)
			bytes_byte(text, (uint8_t)digits[held >> (waiting - 5) & 31]);
	}
	if (waiting)
		bytes_byte(text, (uint8_t)digits[held << (5 - waiting) & 31]);
	deflateEnd(&z);
}

static void what_does_not_unpack_is_refused(void **state)
{
	static const char sentence[] = "the frames are all there, but what they hold does not unpack";
	static uint8_t zero[1 << 19];
	uint8_t far[3000];
	struct bytes text = {0}, out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(far); i++)
		far[i] = (uint8_t)(i < 200 || i >= 2800 ? i % 200 * 7 : i * i / 13);
	for (int i = 0; i < 4; i++) {
		struct frames f = {0};
		struct error e = {0};

		if (i == 0)
			packed_frame(zero, sizeof(zero), -10, "", 0, &text);
		else if (i == 1)
			packed_frame(zero, 100, -10, "x", 1, &text);
		else if (i == 2)
			packed_frame(far, 700, 10, "", 0, &text); /* with zlib's header */
		else
			text.len = 0, bytes_text(&text, "B$ZB0100AAAAAAAA");
		assert_int_equal(frames_take(&f, text.data, text.len, NULL), 1);
		bytes_clear(&out);
		assert_int_equal(frames_join(&f.set[0], &out, &e), i == 0 ? 0 : -1);
		if (i == 0)
			assert_int_equal(out.len, sizeof(zero));
		else
			assert_message(&e, sentence);
		frames_free(&f);
	}
	bytes_free(&text);
	bytes_free(&out);
}

/* 17 MiB of nothing is 17 kB packed: over several frames. */
static void a_bomb_is_refused(void **state)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	size_t len = 17U << 20;
	uint8_t *zero = calloc(len, 1), *packed = calloc(1 << 20, 1);
	z_stream z = {.next_in = zero, .avail_in = (uInt)len, .next_out = packed, .avail_out = 1 << 20};
	struct frames f = {0};
	struct bytes out = {0}, text = {0};
	struct error e = {0};
	unsigned frames;

	(void)state;
	assert_non_null(zero);
	assert_non_null(packed);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -10, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	frames = (unsigned)((z.total_out + 1999) / 2000);
	assert_true(frames > 1 && frames < 36);
	for (unsigned k = 0; k < frames; k++) {
		bytes_clear(&text);
		bytes_printf(&text, "B$ZB0%c0%c", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[frames],
		        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[k]);
		/* 2000 bytes are 3200 characters; behind the end of the stream stand zeros, which come too late to
		 * matter */
		for (size_t bit = 0; bit < 16000; bit += 5) {
			const uint8_t *at = packed + 2000 * (size_t)k + bit / 8;
			unsigned two = (unsigned)at[0] << 8 | at[1];

			bytes_byte(&text, (uint8_t)digits[two >> (11 - bit % 8) & 31]);
		}
		assert_int_equal(frames_take(&f, text.data, text.len, NULL), 1);
	}
	assert_int_equal(frames_join(&f.set[0], &out, &e), -1);
	assert_message(&e, "the frames unpack to more than 16777216 bytes: they are refused");
	deflateEnd(&z);
	free(zero);
	free(packed);
	bytes_free(&text);
	bytes_free(&out);
	frames_free(&f);
}

static int start(void **state)
{
	(void)state;
	return secret_init(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_payload_comes_back),
	        cmocka_unit_test(the_largest_payload_is_what_is_said),
	        cmocka_unit_test(capacities_are_those_of_the_standard),
	        cmocka_unit_test(the_published_scan_is_read),
	        cmocka_unit_test(every_encoding_is_read),
	        cmocka_unit_test(what_is_no_frame_is_refused),
	        cmocka_unit_test(a_nul_in_a_frame_is_refused),
	        cmocka_unit_test(two_payloads_that_are_mixed_are_refused),
	        cmocka_unit_test(what_is_missing_is_said),
	        cmocka_unit_test(what_does_not_unpack_is_refused),
	        cmocka_unit_test(a_bomb_is_refused),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
