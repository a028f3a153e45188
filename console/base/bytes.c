#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The hash on the stack: EVP allocates and looks the algorithm up each time, which costs more than hashing a line. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "base/error.h"
#include "base/memory.h"

/* Room for `more` bytes and the NUL behind them. */
static bool bytes_room(struct bytes *b, size_t more)
{
	size_t want, cap = b->cap != 0 ? b->cap : 64;
	uint8_t *data;

	if (b->failed)
		return false;
	if (more >= SIZE_MAX / 4 - b->len) {
		b->failed = true;
		return false;
	}
	want = b->len + more + 1;
	if (want <= b->cap)
		return true;
	while (cap < want)
		cap *= 2;
	data = realloc(b->data, cap);
	if (data == NULL) {
		memory_refused();
		b->failed = true;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

void bytes_add(struct bytes *b, const void *data, size_t len)
{
	if (!bytes_room(b, len))
		return;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void bytes_byte(struct bytes *b, uint8_t byte)
{
	bytes_add(b, &byte, 1);
}

void bytes_text(struct bytes *b, const char *text)
{
	bytes_add(b, text, strlen(text));
}

void bytes_printf(struct bytes *b, const char *format, ...)
{
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (len < 0) {
		b->failed = true;
		return;
	}
	if (!bytes_room(b, (size_t)len))
		return;
	va_start(ap, format);
	vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, ap);
	va_end(ap);
	b->len += (size_t)len;
}

void bytes_hex(struct bytes *b, const void *data, size_t len)
{
	static const char digit[] = "0123456789abcdef";
	const uint8_t *from = data;
	uint8_t *to;

	if (len > SIZE_MAX / 8) {
		b->failed = true;
		return;
	}
	if (!bytes_room(b, len * 2))
		return;
	to = b->data + b->len;
	for (size_t i = 0; i < len; i++) {
		*to++ = (uint8_t)digit[from[i] >> 4];
		*to++ = (uint8_t)digit[from[i] & 15];
	}
	*to = '\0';
	b->len += len * 2;
}

static const char base64_digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void bytes_base64(struct bytes *b, const void *data, size_t len)
{
	const uint8_t *from = data;

	if (len > SIZE_MAX / 8) {
		b->failed = true;
		return;
	}
	if (!bytes_room(b, (len + 2) / 3 * 4))
		return;
	for (size_t i = 0; i < len; i += 3) {
		size_t have = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)from[i] << 16;

		if (have > 1)
			v |= (uint32_t)from[i + 1] << 8;
		if (have > 2)
			v |= from[i + 2];
		b->data[b->len++] = (uint8_t)base64_digit[v >> 18];
		b->data[b->len++] = (uint8_t)base64_digit[v >> 12 & 63];
		b->data[b->len++] = (uint8_t)(have > 1 ? base64_digit[v >> 6 & 63] : '=');
		b->data[b->len++] = (uint8_t)(have > 2 ? base64_digit[v & 63] : '=');
	}
	if (b->data != NULL)
		b->data[b->len] = '\0';
}

void bytes_clear(struct bytes *b)
{
	b->len = 0;
	b->failed = b->refused = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void bytes_free(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){0};
}

int bytes_end(struct bytes *b, struct error *e)
{
	if (b->refused)
		return error_set(e, ERROR_FAULT,
		        N_("A text has hidden characters or invalid UTF-8 in it and cannot stand in a record."));
	return b->failed ? error_memory(e) : 0;
}

const char *bytes_string(const struct bytes *b)
{
	return b->data != NULL ? (const char *)b->data : "";
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int hex_decode(const char *text, size_t len, uint8_t *out, size_t out_len)
{
	if (len % 2 != 0 || len / 2 != out_len)
		return -1;
	for (size_t i = 0; i < out_len; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int base64_decode(const char *text, size_t len, struct bytes *out)
{
	size_t pad = 0, start = out->len;

	if (len % 4 != 0)
		return -1;
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	if (!bytes_room(out, len / 4 * 3))
		return -1;
	for (size_t i = 0; i < len; i += 4) {
		size_t digits = i + 4 == len ? 4 - pad : 4;
		uint32_t v = 0;

		for (size_t j = 0; j < 4; j++) {
			int digit = j < digits ? base64_value(text[i + j]) : 0;

			if (digit < 0)
				goto refuse;
			v = v << 6 | (uint32_t)digit;
		}
		/* The bits that fall off must be zero, or two texts would mean the same bytes. */
		if ((v & ((1u << (4 - digits) * 8) - 1)) != 0)
			goto refuse;
		for (size_t j = 0; j + 1 < digits; j++)
			out->data[out->len++] = (uint8_t)(v >> (16 - 8 * j));
	}
	out->data[out->len] = '\0';
	return 0;
refuse:
	out->len = start;
	out->data[start] = '\0';
	return -1;
}

int sha256_parts(const struct sha256_part *parts, size_t count, uint8_t out[32])
{
	SHA256_CTX hash;
	int ok = SHA256_Init(&hash);

	for (size_t i = 0; i < count; i++)
		ok &= SHA256_Update(&hash, parts[i].data, parts[i].len);
	ok &= SHA256_Final(out, &hash);
	return ok == 1 ? 0 : -1;
}

int sha256(const void *data, size_t len, uint8_t out[32])
{
	return sha256_parts(&(struct sha256_part){data, len}, 1, out);
}
