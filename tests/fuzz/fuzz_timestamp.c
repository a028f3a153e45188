/* A file taken for a time-stamp reply over a checkpoint, without and with a trust anchor, and for a query. Nothing may
 * crash; what is refused is refused with a sentence, and what is taken says who, when and under which policy. The
 * inputs begin with what the reply is a time stamp of: its length in two octets, its octets; then the anchors likewise.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#include "base/text.h"
#include "pki/timestamp.h"

struct part {
	const uint8_t *data;
	size_t len;
};

static struct part part_take(const uint8_t **data, size_t *len)
{
	struct part p = {*data, 0};
	size_t wanted;

	if (*len < 2)
		return p;
	wanted = (size_t)((*data)[0] << 8 | (*data)[1]);
	*data += 2;
	*len -= 2;
	p = (struct part){*data, wanted < *len ? wanted : *len};
	*data += p.len;
	*len -= p.len;
	return p;
}

static void judge(const struct timestamp_wanted *w, const uint8_t *data, size_t len)
{
	struct timestamp t = {0};
	struct error e = {0};

	if (timestamp_verify(data, len, w, &t, &e)) {
		demand(e.code != ERROR_NONE);
	} else {
		demand(t.who.len && t.policy.len && t.hash && text_is_utf8(bytes_string(&t.who), t.who.len));
		demand((t.anchor.len != 0) == (timestamp_anchors_count(w->anchors) != 0));
	}
	timestamp_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct part stamped = part_take(&data, &len), anchor = part_take(&data, &len);
	struct timestamp_wanted w = {.data = stamped.data, .len = stamped.len};
	struct timestamp_anchors *anchors;
	struct timestamp_query q;
	struct bytes again = {0};
	struct error e = {0};

	judge(&w, data, len);
	anchors = timestamp_anchors_new(&e);
	demand(anchors != NULL);
	if (anchor.len && timestamp_anchors_add(anchors, anchor.data, anchor.len, "anchor", &e) == 0) {
		w.anchors = anchors;
		judge(&w, data, len);
	}
	timestamp_anchors_free(&anchors);
	if (timestamp_query_read(&q, data, len, &e) == 0)
		demand(timestamp_query_write(&q, &again, &e) == 0 && again.len >= len);
	bytes_free(&again);
	return 0;
}
