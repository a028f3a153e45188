/* Lines taken for the contents of codes: frames are collected and joined. Nothing may crash; what was joined and is no
 * packed payload comes back the same from frames of our own. */
#include <string.h>

#include "tests/fuzz/fuzz.h"

#include "media/frames.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t most) __attribute__((weak));

/* Cut again and joined again. */
static void again(const struct bytes *payload)
{
	struct frames f = {0};
	struct bytes text = {0}, out = {0};
	struct frames_plan plan;

	demand(frames_plan(payload->len, 40, &plan, NULL) == 0);
	for (unsigned i = plan.frames; i-- > 0;) {
		bytes_clear(&text);
		frames_text(payload->data, payload->len, &plan, i, &text);
		demand(frames_take(&f, text.data, text.len, NULL) == 1);
	}
	demand(f.count == 1 && frames_join(&f.set[0], &out, NULL) == 0);
	demand(out.len == payload->len && !memcmp(out.data, payload->data, out.len));
	frames_free(&f);
	bytes_free(&text);
	bytes_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *at = data, *end = data + len;
	struct bytes out = {0}, missing = {0};
	struct frames f = {0};

	while (at < end) {
		const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
		struct error e = {0};

		stop = stop ? stop : end;
		if (frames_take(&f, at, (size_t)(stop - at), &e) < 0)
			demand(e.code != ERROR_NONE);
		at = stop + 1;
	}
	for (size_t i = 0; i < f.count; i++) {
		struct error e = {0};

		bytes_clear(&out);
		bytes_clear(&missing);
		frames_missing(&f.set[i], &missing);
		demand((missing.len == 0) == (f.set[i].have == f.set[i].total));
		if (frames_join(&f.set[i], &out, &e) < 0)
			demand(e.code != ERROR_NONE);
		else if (out.len && out.len <= FRAMES_BYTES)
			again(&out);
	}
	frames_free(&f);
	bytes_free(&out);
	bytes_free(&missing);
	return 0;
}

static const char base36[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* Lines become frames of one series: heads that agree, blocks of the encoding's own characters. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t most, unsigned seed);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t most, unsigned seed)
{
	const char encoding = "H2Z"[seed / 4 % 3];
	const char *alphabet = encoding == 'H' ? base36 : base32;
	unsigned size = encoding == 'H' ? 16 : 32, total = 1, index = 0;
	struct bytes out = {0};

	len = LLVMFuzzerMutate(data, len, most);
	if (seed % 4 == 0)
		return len;
	for (size_t i = 0; i + 1 < len; i++)
		total += data[i] == '\n';
	for (const uint8_t *at = data, *end = data + len; at < end && total <= FRAMES_MAX;) {
		const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		bytes_printf(&out, "B$%cU%c%c%c%c", encoding, base36[total / 36], base36[total % 36],
		        base36[index / 36], base36[index % 36]);
		/* what was a head stays behind */
		for (at += stop - at > 8 && at[0] == 'B' ? 8 : 0; at < stop; at++)
			bytes_byte(&out, strchr(alphabet, *at) && *at ? *at : (uint8_t)alphabet[*at % size]);
		bytes_byte(&out, '\n');
		at = stop + 1;
		index++;
	}
	if (out.len && !out.failed && out.len <= most) {
		memcpy(data, out.data, out.len);
		len = out.len;
	}
	bytes_free(&out);
	return len;
}
