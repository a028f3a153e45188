/* Lines taken for the words of SLIP-39 shares: each checked, and all combined. Nothing may crash; a share that is taken
 * by itself has a number and a threshold. */
#include <string.h>

#include "tests/fuzz/fuzz.h"

#include "base/bytes.h"
#include "base/error.h"
#include "people/share.h"

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
