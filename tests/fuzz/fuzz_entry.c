/* Bytes taken for lines of a transcript. Nothing may crash; a line that was taken is the one line that says the same,
 * and gives itself when it is written anew. */
#include <string.h>

#include "tests/fuzz/fuzz.h"

#include "base/bytes.h"
#include "base/error.h"
#include "record/entry.h"

static void line(struct json_doc *doc, const char *text, size_t len)
{
	struct error e = {0};
	struct entry entry;
	struct bytes again = {0}, data = {0};
	const char *from;

	if (entry_parse(doc, text, len, &entry, &e) < 0) {
		demand(e.code != ERROR_NONE);
		return;
	}
	demand(entry.len == len && !memchr(text, '\n', len) && event_find(event_name(entry.event)) == (int)entry.event);
	from = memmem(text, len, "\"data\":", 7);
	demand(from != NULL);
	bytes_add(&data, from + 7, len - (size_t)(from + 7 - text) - 1);
	demand(entry_format(entry.seq, entry.time, entry.step, entry.event, bytes_string(&data), &again, &e) == 0);
	demand(again.len == len && memcmp(again.data, text, len) == 0);
	bytes_free(&again);
	bytes_free(&data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct json_doc *doc = json_doc_new();
	const char *at = (const char *)data, *end = at + len;

	demand(doc != NULL);
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop ? stop : end;
		line(doc, at, (size_t)(stop - at));
		at = stop + 1;
	}
	json_doc_free(&doc);
	return 0;
}
