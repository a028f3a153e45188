#include "media/png.h"

#include <string.h>

/* RFC 1951 3.2.4: a stored block holds at most this many bytes. */
enum { STORED_MAX = 65535 };

static void put32(uint8_t out[4], uint32_t value)
{
	out[0] = (uint8_t)(value >> 24);
	out[1] = (uint8_t)(value >> 16);
	out[2] = (uint8_t)(value >> 8);
	out[3] = (uint8_t)value;
}

/* CRC-32 of ISO 3309, as PNG annex D has it, a bit at a time: a picture a ceremony is no hurry. */
static uint32_t crc32_add(uint32_t crc, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xedb88320U : crc >> 1;
	}
	return crc;
}

/* RFC 1950 section 9. */
static uint32_t adler32(const uint8_t *data, size_t len)
{
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < len; i++) {
		a = (a + data[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static void put_chunk(struct bytes *out, const char type[4], const uint8_t *data, size_t len)
{
	uint8_t word[4];
	uint32_t crc;

	put32(word, (uint32_t)len);
	bytes_add(out, word, 4);
	bytes_add(out, type, 4);
	bytes_add(out, data, len);
	crc = crc32_add(0xffffffffU, (const uint8_t *)type, 4);
	put32(word, ~crc32_add(crc, data, len));
	bytes_add(out, word, 4);
}

/* RFC 1950 around RFC 1951: header 78 01, stored blocks, Adler-32. */
static void put_zlib(struct bytes *out, const uint8_t *data, size_t len)
{
	uint8_t sum[4];

	bytes_add(out, "\x78\x01", 2);
	for (size_t at = 0; at < len;) {
		size_t n = len - at < STORED_MAX ? len - at : STORED_MAX;

		bytes_byte(out, at + n == len); /* BFINAL, BTYPE 00 */
		bytes_byte(out, (uint8_t)n);
		bytes_byte(out, (uint8_t)(n >> 8));
		bytes_byte(out, (uint8_t)~n);
		bytes_byte(out, (uint8_t)(~n >> 8));
		bytes_add(out, data + at, n);
		at += n;
	}
	put32(sum, adler32(data, len));
	bytes_add(out, sum, 4);
}

void png_write(struct bytes *out, unsigned width, unsigned height, const uint8_t *pixels)
{
	size_t row = (width + 7) / 8;
	struct bytes lines = {0}, packed = {0};
	uint8_t head[13] = {0};

	put32(head, width);
	put32(head + 4, height);
	head[8] = 1; /* bit depth; colour type 0 is grey; deflate, adaptive filters, no interlace are 0 */
	for (unsigned y = 0; y < height; y++) {
		bytes_byte(&lines, 0); /* filter: none */
		bytes_add(&lines, pixels + y * row, row);
	}
	put_zlib(&packed, lines.data, lines.len);
	bytes_add(out, "\x89PNG\r\n\x1a\n", 8);
	put_chunk(out, "IHDR", head, sizeof(head));
	put_chunk(out, "IDAT", packed.data, packed.len);
	put_chunk(out, "IEND", NULL, 0);
	out->failed = out->failed || lines.failed || packed.failed;
	bytes_free(&lines);
	bytes_free(&packed);
}
