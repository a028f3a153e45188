/* Lines taken for the words of SLIP-39 shares: each checked, and all combined. Nothing may crash; a share that is taken
 * by itself has a number and a threshold. */
#include <string.h>

#include "tests/fuzz/fuzz.h"

#include "base/bytes.h"
#include "base/error.h"
#include "people/share_code.h"

enum { LINES_MAX = 16, LINE_MAX_LEN = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct secret *shares[LINES_MAX] = {NULL};
	const uint8_t *at = data, *end = data + len;
	unsigned count = 0;

	while (at < end && count < LINES_MAX) {
		const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
		struct error e = {0};
		unsigned index, threshold;

		stop = stop ? stop : end;
		if (stop - at <= LINE_MAX_LEN) {
			struct secret *s = secret_new(LINE_MAX_LEN, &e);
			demand(s != NULL && secret_add(s, at, (size_t)(stop - at)) == 0);
			if (share_check(s, &index, &threshold, &e) < 0)
				demand(e.code != ERROR_NONE);
			else
				demand(index < 16 && threshold >= 1 && threshold <= 16);
			shares[count++] = s;
		}
		at = stop + 1;
	}
	if (count) {
		struct error e = {0};
		struct secret *master = share_combine(shares, count, "", &e);
		demand(master != NULL || e.code != ERROR_NONE);
		secret_free(&master);
	}
	for (unsigned i = 0; i < count; i++)
		secret_free(&shares[i]);
	return 0;
}

/* One field of a share, and the words with the checksum that goes with it. */
static void field_change(struct share_fields *f, unsigned seed)
{
	uint8_t *const small[] = {
	        &f->exponent, &f->group, &f->group_threshold, &f->group_count, &f->member, &f->member_threshold};
	unsigned how = seed % 9, value = seed / 9;

	if (how == 0)
		f->exponent = value % 2; /* 2^15 times 10000 rounds take an hour */
	else if (how < 6)
		*small[how] = (uint8_t)(value % 16 + (how == 2 || how == 3 || how == 5)); /* counts are from 1 */
	else if (how == 6)
		f->id ^= (uint16_t)(1u << value % 15);
	else if (how == 7)
		f->extendable = !f->extendable;
	else
		f->value[value % 16] ^= (uint8_t)(1u << value / 16 % 8);
}

static bool line_change(const uint8_t *at, size_t len, unsigned seed, struct bytes *out)
{
	struct share_fields *f = NULL;
	struct secret *memory = share_fields_new(1, &f, NULL), *words = secret_new(LINE_MAX_LEN, NULL), *made = NULL;
	bool done = memory && words && len <= LINE_MAX_LEN && secret_add(words, at, len) == 0 &&
	            share_decode(words, f, 0, NULL) == 0;

	if (done) {
		field_change(f, seed);
		done = (made = share_encode(f, NULL)) != NULL;
	}
	if (done)
		bytes_add(out, made->data, made->len);
	secret_free(&memory);
	secret_free(&words);
	secret_free(&made);
	return done;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t most) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t most, unsigned seed);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t most, unsigned seed)
{
	unsigned chosen = seed / 4 % 4, line = 0;
	struct bytes out = {0};

	if (seed % 4 == 0)
		return LLVMFuzzerMutate(data, len, most);
	for (const uint8_t *at = data, *end = data + len; at < end; line++) {
		const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		if (line != chosen || !line_change(at, (size_t)(stop - at), seed / 16, &out))
			bytes_add(&out, at, (size_t)(stop - at));
		bytes_byte(&out, '\n');
		at = stop + 1;
	}
	if (out.len && !out.failed && out.len <= most) {
		memcpy(data, out.data, out.len);
		len = out.len;
	}
	bytes_free(&out);
	return len;
}
