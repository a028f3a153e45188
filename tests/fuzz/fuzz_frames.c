/* Lines taken for the contents of codes: frames are collected and joined. Nothing may crash; what was joined and is no
 * packed payload comes back the same from frames of our own. */
#include <string.h>

#include "tests/fuzz/fuzz.h"

#include "media/frames.h"

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
