/* media/qr: every code is read back, byte for byte, by another program, from the PNG and from what the SVG paints. */
#include "support.h"

#include <qrencode.h>

#include "media/png.h"
#include "media/qr.h"

#define ZBAR "zbarimg -q --raw --nodbus --oneshot -Sdisable -Sqrcode.enable -Sbinary "

/* Bytes that no other mode of a QR code could hold: all values, NUL among them, in an order that does not repeat soon.
 */
static void fill(uint8_t *data, size_t len, unsigned kind)
{
	static const char text[] = "example.jp/ceremony/root-g1/20261201T093000Z-8f3a12bc\n17\n";
	uint32_t x = 0x2545f491U + (uint32_t)len;

	for (size_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = kind == 0   ? (uint8_t)(x >> 24)
		          : kind == 1 ? (uint8_t)text[i % (sizeof(text) - 1)]
		                      : (uint8_t)('0' + i % 10);
	}
}

/* zbar guesses whether bytes are text in some character set unless told not to; -Sbinary tells it. */
static void assert_reads_back(const char *file, const uint8_t *data, size_t len)
{
	struct bytes seen = {0};
	char command[128];

	snprintf(command, sizeof(command), ZBAR "%s", file);
	command_output(command, &seen);
	assert_int_equal(seen.len, len);
	assert_memory_equal(seen.data, data, len);
	bytes_free(&seen);
}

static void every_png_reads_back(void **state)
{
	static const size_t length[] = {
	        1, 2, 14, 15, 26, 32, 69, 84, 106, 107, 213, 214, 666, 985, 1273, 1663, 2213, 2214, 2330, 2331};
	uint8_t data[2331];

	(void)state;
	for (size_t i = 0; i < 3 * sizeof(length) / sizeof(*length); i++) {
		struct bytes png = {0};
		struct qr qr;
		size_t len = length[i / 3];

		fill(data, len, (unsigned)(i % 3));
		assert_int_equal(qr_make(&qr, data, len, NULL), 0);
		assert_int_equal(qr.size + 2 * QR_QUIET, qr_side(len));
		assert_int_equal(qr_png(&qr, 4, &png, NULL), 0);
		put_file("code.png", png.data, png.len);
		assert_reads_back("code.png", data, len);
		bytes_free(&png);
		qr_free(&qr);
		assert_null(qr.module);
	}
}

static void all_zero_bytes_read_back(void **state)
{
	static const uint8_t data[64];
	struct bytes png = {0};
	struct qr qr;

	(void)state;
	assert_int_equal(qr_make(&qr, data, sizeof(data), NULL), 0);
	assert_int_equal(qr_png(&qr, 5, &png, NULL), 0);
	put_file("zero.png", png.data, png.len);
	assert_reads_back("zero.png", data, sizeof(data));
	bytes_free(&png);
	qr_free(&qr);
}

static void a_side_is_the_smallest_the_library_knows(void **state)
{
	static const uint8_t data[2332];
	size_t versions = 0;

	(void)state;
	for (size_t len = 1; len <= 2331; len++) {
		QRcode *code;

		if (len != 1 && len != 2331 && qr_side(len) == qr_side(len - 1) && qr_side(len) == qr_side(len + 1))
			continue;
		versions++;
		code = QRcode_encodeData((int)len, data, 0, QR_ECLEVEL_M);
		assert_non_null(code);
		assert_int_equal(code->width + 2 * QR_QUIET, qr_side(len));
		QRcode_free(code);
	}
	/* both ends of each of the forty versions */
	assert_int_equal(versions, 80);
	assert_int_equal(qr_side(0), 0);
	assert_int_equal(qr_side(2332), 0);
	assert_int_equal(qr_side(2331), QR_MODULES_MAX + 2 * QR_QUIET);
}

/* The bytes of a picture follow from its modules alone. The sums were made by Python's struct, zlib.crc32 and
 * zlib.adler32 from PNG (3rd edition), RFC 1950 and RFC 1951, with stored blocks of 65535 bytes. */
static void a_png_has_the_same_bytes_for_ever(void **state)
{
	static const struct {
		unsigned size, scale;
		const char *sha256;
	} table[] = {{21, 4, "7ac87cb678ab591804fe576667eec6c6c9fa5d78acafc63827b9233a0fa1cfed"},
	        {21, 5, "d53a72c54e176d75d701a750f0ed071d5c019a552cec49933b2d3ee06ddebd31"},
	        {177, 4, "a6d9bd37f9eac98f9bb296999b7eee8cbbfb502a74c0222b58101413afa5c75a"}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct bytes png = {0}, hex = {0};
		uint8_t sum[32];
		struct qr qr = {.size = table[i].size, .module = malloc((size_t)table[i].size * table[i].size)};

		assert_non_null(qr.module);
		for (unsigned at = 0; at < qr.size * qr.size; at++)
			qr.module[at] = at * at % 7 % 3 == 1;
		assert_int_equal(qr_png(&qr, table[i].scale, &png, NULL), 0);
		assert_int_equal(sha256(png.data, png.len, sum), 0);
		bytes_hex(&hex, sum, sizeof(sum));
		assert_string_equal(bytes_string(&hex), table[i].sha256);
		bytes_free(&png);
		bytes_free(&hex);
		qr_free(&qr);
	}
}

/* A portable bitmap (PBM P4) of the grid, at 8 pixels a module so that a module is a byte. */
static void put_bitmap(const char *path, const uint8_t *grid, unsigned size)
{
	unsigned side = size + 2 * QR_QUIET;
	struct bytes pbm = {0};

	bytes_printf(&pbm, "P4\n%u %u\n", 8 * side, 8 * side);
	for (unsigned y = 0; y < 8 * side; y++)
		for (unsigned x = 0; x < side; x++) {
			unsigned gx = x - QR_QUIET, gy = y / 8 - QR_QUIET;

			bytes_byte(&pbm, gx < size && gy < size && grid[(size_t)gy * size + gx] != 0 ? 0xff : 0);
		}
	assert_int_equal(bytes_end(&pbm, NULL), 0);
	put_file(path, pbm.data, pbm.len);
	bytes_free(&pbm);
}

/* The path's runs, painted into a grid, are the modules; nothing else stands in the path. Leaves the grid in code.pbm.
 */
static void assert_svg_is(const struct bytes *svg, const struct qr *qr)
{
	size_t cells = (size_t)qr->size * qr->size;
	uint8_t *seen = calloc(cells, 1);
	const char *at = strstr(bytes_string(svg), " d=\"");
	char box[64];

	assert_non_null(seen);
	snprintf(box, sizeof(box), "viewBox=\"0 0 %u %u\"", qr->size + 2 * QR_QUIET, qr->size + 2 * QR_QUIET);
	assert_non_null(strstr(bytes_string(svg), box));
	assert_non_null(strstr(bytes_string(svg), "fill=\"#ffffff\"/>"));
	assert_non_null(at);
	for (at += 4; *at != '"';) {
		unsigned x, y, run, back;
		int used = 0;

		if (*at == '\n') {
			at++;
			continue;
		}
		assert_int_equal(sscanf(at, "M%u %uh%uv1h-%uz%n", &x, &y, &run, &back, &used), 4);
		assert_true(used > 0 && run == back && x >= QR_QUIET && x - QR_QUIET + run <= qr->size);
		assert_true(y >= QR_QUIET && y - QR_QUIET < qr->size);
		memset(seen + (size_t)(y - QR_QUIET) * qr->size + (x - QR_QUIET), 1, run);
		at += used;
	}
	assert_string_equal(at, "\"/>\n</svg>\n");
	assert_memory_equal(seen, qr->module, cells);
	put_bitmap("code.pbm", seen, qr->size);
	free(seen);
}

static void an_svg_holds_the_modules_and_reads_back(void **state)
{
	static const size_t length[] = {1, 106, 985, 2331};
	uint8_t data[2331];

	(void)state;
	for (size_t i = 0; i < sizeof(length) / sizeof(*length); i++) {
		struct bytes svg = {0}, again = {0};
		struct qr qr;

		fill(data, length[i], 0);
		assert_int_equal(qr_make(&qr, data, length[i], NULL), 0);
		assert_int_equal(qr_svg(&qr, &svg, NULL), 0);
		assert_int_equal(qr_svg(&qr, &again, NULL), 0);
		assert_string_equal(bytes_string(&svg), bytes_string(&again));
		assert_svg_is(&svg, &qr);
		assert_reads_back("code.pbm", data, length[i]);
		bytes_free(&svg);
		bytes_free(&again);
		qr_free(&qr);
	}
}

static void what_has_no_code_is_refused(void **state)
{
	static const uint8_t data[2332];
	struct bytes png = {0};
	struct error e = {0};
	struct qr qr;

	(void)state;
	assert_int_equal(qr_make(&qr, data, 0, &e), -1);
	assert_message(&e, "an empty text has no QR code");
	assert_int_equal(qr_make(&qr, data, 2332, &e), -1);
	assert_message(&e, "2332 bytes do not fit into one QR code, which holds at most 2331");
	assert_null(qr.module);
	assert_int_equal(qr_make(&qr, data, 1, &e), 0);
	assert_int_equal(qr_png(&qr, 0, &png, &e), -1);
	assert_message(&e, "a QR code is drawn at 1 to 64 pixels a module, not 0");
	assert_int_equal(qr_png(&qr, 65, &png, &e), -1);
	assert_message(&e, "a QR code is drawn at 1 to 64 pixels a module, not 65");
	assert_int_equal(png.len, 0);
	qr_free(&qr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_png_reads_back),
	        cmocka_unit_test(all_zero_bytes_read_back),
	        cmocka_unit_test(a_side_is_the_smallest_the_library_knows),
	        cmocka_unit_test(a_png_has_the_same_bytes_for_ever),
	        cmocka_unit_test(an_svg_holds_the_modules_and_reads_back),
	        cmocka_unit_test(what_has_no_code_is_refused),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
