#include "media/frames.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/text.h"
#include "media/qr.h"

/* HEADER: characters before the block. SETS: so many payloads at most among the pictures of one sitting. WINDOW: "wbits
 * of 10, no header" of the specification, as zlib wants to be told it. */
enum { HEADER = 8, SETS = 64, WINDOW = -10, CHARACTERS = 4296 /* of version 40, level L */ };

static const char base36[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", hex[] = "0123456789ABCDEF",
                  base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

int frames_plan(size_t len, unsigned version, struct frames_plan *plan, struct error *e)
{
	size_t capacity = qr_text_capacity(version), most = capacity > HEADER ? (capacity - HEADER) / 2 : 0;

	*plan = (struct frames_plan){0};
	if (len == 0)
		return error_set(e, ERROR_FAULT, N_("nothing is there to be shown as a code"));
	if (most == 0 || (len + most - 1) / most > FRAMES_MAX)
		return error_set(e, ERROR_FAULT,
		        N_("%zu bytes are more than %d codes of this size hold, which is %zu: carry them out on a "
		           "medium"),
		        len, FRAMES_MAX, most * FRAMES_MAX);
	plan->frames = (unsigned)((len + most - 1) / most);
	/* As even as can be: a small last code would be another picture than the rest. */
	plan->block = (len + plan->frames - 1) / plan->frames;
	plan->frames = (unsigned)((len + plan->block - 1) / plan->block);
	plan->version = 1;
	while (qr_text_capacity(plan->version) < HEADER + 2 * plan->block)
		plan->version++;
	return 0;
}

void frames_text(const void *data, size_t len, const struct frames_plan *plan, unsigned index, struct bytes *out)
{
	const uint8_t *from = (const uint8_t *)data + index * plan->block;
	size_t rest = len - index * plan->block, count = rest < plan->block ? rest : plan->block;
	bool text = text_is_utf8(data, len) && !memchr(data, 0, len);

	bytes_printf(out, "B$H%c%c%c%c%c", text ? 'U' : 'B', base36[plan->frames / 36], base36[plan->frames % 36],
	        base36[index / 36], base36[index % 36]);
	for (size_t i = 0; i < count; i++) {
		bytes_byte(out, (uint8_t)hex[from[i] >> 4]);
		bytes_byte(out, (uint8_t)hex[from[i] & 15]);
	}
}

bool frames_is(const void *text, size_t len)
{
	return len >= 2 && !memcmp(text, "B$", 2);
}

/* -1: it is none of them. */
static int value_of(const char *digits, char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int number_of(const char *two)
{
	int high = value_of(base36, two[0]), low = value_of(base36, two[1]);

	return high < 0 || low < 0 ? -1 : high * 36 + low;
}

/* A block of hex, or of base32 without its padding (RFC 4648 section 6): whole bytes, and no bit left over that is set.
 */
static int block_decode(char encoding, const char *text, size_t len, struct bytes *out)
{
	const char *digits = encoding == 'H' ? hex : base32;
	unsigned bits = encoding == 'H' ? 4 : 5, held = 0, waiting = 0;

	for (size_t i = 0; i < len; i++) {
		int v = value_of(digits, text[i]);
		if (v < 0)
			return -1;
		held = (held << bits | (unsigned)v) & 0xfff;
		waiting += bits;
		if (waiting >= 8) {
			waiting -= 8;
			bytes_byte(out, (uint8_t)(held >> waiting));
		}
	}
	return waiting >= bits || (held & ((1U << waiting) - 1)) != 0 ? -1 : 0;
}

struct header {
	char head[7];
	unsigned total, index;
};

static int header_read(const char *text, size_t len, struct header *h, struct error *e)
{
	int total = len >= HEADER ? number_of(text + 4) : -1, index = len >= HEADER ? number_of(text + 6) : -1, rc = -1;

	if (!frames_is(text, len))
		error_set(e, ERROR_FAULT, N_("the code is no BBQr frame"));
	else if (len <= HEADER || len > CHARACTERS)
		error_set(e, ERROR_FAULT, N_("a BBQr frame has a length that none can have"));
	else if (value_of("H2Z", text[2]) < 0 || text[3] < 'A' || text[3] > 'Z')
		error_set(
		        e, ERROR_FAULT, N_("a BBQr frame has an encoding or file type that the format does not know"));
	else if (total < 1 || index < 0 || index >= total)
		error_set(e, ERROR_FAULT, N_("a BBQr frame says that it is one that its series cannot have"));
	else
		rc = 0;
	if (rc < 0)
		return rc;
	memcpy(h->head, text, 6);
	h->head[6] = 0;
	h->total = (unsigned)total;
	h->index = (unsigned)index;
	return 0;
}

/* The set it belongs to, begun when there is none. NULL with `e`. */
static struct frames_set *set_of(struct frames *f, const struct header *h, struct error *e)
{
	struct frames_set *larger;

	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->set[i].head, h->head))
			return &f->set[i];
	if (f->count == SETS) {
		error_set(e, ERROR_FAULT, N_("frames of more than %d payloads are among the pictures"), SETS);
		return NULL;
	}
	larger = reallocarray(f->set, f->count + 1, sizeof(*larger));
	if (!larger) {
		error_memory(e);
		return NULL;
	}
	f->set = larger;
	larger += f->count;
	*larger = (struct frames_set){.total = h->total, .block = calloc(h->total, sizeof(*larger->block))};
	memcpy(larger->head, h->head, sizeof(h->head));
	if (!larger->block) {
		error_memory(e);
		return NULL;
	}
	f->count++;
	return larger;
}

/* All blocks but the last are of one length, and the last is not longer. */
static bool fits_others(const struct frames_set *s, unsigned index, size_t len)
{
	unsigned last = s->total - 1;

	for (unsigned i = 0; i < s->total; i++) {
		if (!s->block[i].text || i == index)
			continue;
		if (index == last ? len > s->block[i].len : i == last ? s->block[i].len > len : s->block[i].len != len)
			return false;
	}
	return true;
}

static int block_take(struct frames_set *s, const struct header *h, const char *text, size_t len, struct error *e)
{
	struct frames_block *b = &s->block[h->index];
	struct bytes scratch = {0};
	int rc = block_decode(s->head[2], text, len, &scratch);

	bytes_free(&scratch);
	/* Only a block of whole groups can stand before another one. */
	if (rc < 0 || (s->head[2] != 'H' && h->index + 1 < h->total && len % 8))
		return error_set(
		        e, ERROR_FAULT, N_("frame %u of %u is not encoded as its header says"), h->index + 1, h->total);
	if (b->text && b->len == len && !memcmp(b->text, text, len))
		return 0;
	if (b->text) {
		s->mixed = true;
		s->mixed_at = h->index + 1;
		return error_set(e, ERROR_FAULT,
		        N_("frame %u of %u came with two contents: pictures of two payloads are mixed. Scan each "
		           "alone"),
		        h->index + 1, h->total);
	}
	if (!fits_others(s, h->index, len)) {
		s->mixed = true;
		s->mixed_at = h->index + 1;
		return error_set(e, ERROR_FAULT,
		        N_("frame %u of %u is not as long as the others: pictures of two payloads are mixed. Scan each "
		           "alone"),
		        h->index + 1, h->total);
	}
	b->text = malloc(len);
	if (!b->text)
		return error_memory(e);
	memcpy(b->text, text, len);
	b->len = len;
	s->have++;
	return 1;
}

int frames_take(struct frames *f, const void *text, size_t len, struct error *e)
{
	struct header h = {0};
	struct frames_set *s;

	if (header_read(text, len, &h, e) < 0 || !(s = set_of(f, &h, e)))
		return -1;
	return block_take(s, &h, (const char *)text + HEADER, len - HEADER, e);
}

void frames_missing(const struct frames_set *set, struct bytes *out)
{
	bool first = true;

	for (unsigned i = 0; i < set->total; i++) {
		unsigned end = i;

		while (end < set->total && !set->block[end].text)
			end++;
		if (end == i)
			continue;
		bytes_printf(out, "%s%u", first ? "" : ", ", i + 1);
		if (end > i + 1)
			bytes_printf(out, "-%u", end);
		first = false;
		i = end;
	}
}

/* RFC 1951, with a window of 1024 bytes. What unpacks to much more than any ceremony makes is an attack. */
static int unpack(const struct bytes *packed, struct bytes *out, struct error *e)
{
	z_stream z = {.next_in = packed->data, .avail_in = (uInt)packed->len};
	size_t before = out->len;
	uint8_t block[16384];
	int rc = -1, status;

	if (inflateInit2(&z, WINDOW) != Z_OK)
		return error_memory(e);
	do {
		z.next_out = block;
		z.avail_out = sizeof(block);
		status = inflate(&z, Z_NO_FLUSH);
		bytes_add(out, block, sizeof(block) - z.avail_out);
		if (out->len - before > FRAMES_UNPACKED) {
			error_set(e, ERROR_FAULT, N_("the frames unpack to more than %d bytes: they are refused"),
			        FRAMES_UNPACKED);
			goto out;
		}
	} while (status == Z_OK);
	if (status != Z_STREAM_END || z.avail_in != 0)
		error_set(e, ERROR_FAULT, N_("the frames are all there, but what they hold does not unpack"));
	else
		rc = bytes_end(out, e);
out:
	inflateEnd(&z);
	return rc;
}

int frames_join(const struct frames_set *set, struct bytes *out, struct error *e)
{
	struct bytes packed = {0}, *to = set->head[2] == 'Z' ? &packed : out;
	int rc = -1;

	if (set->mixed) {
		error_set(e, ERROR_FAULT,
		        N_("frame %u of %u contradicts another one: pictures of two payloads are mixed"), set->mixed_at,
		        set->total);
		goto out;
	}
	if (set->have < set->total) {
		error_set(e, ERROR_FAULT, N_("%u of %u frames are there"), set->have, set->total);
		goto out;
	}
	for (unsigned i = 0; i < set->total; i++)
		if (block_decode(set->head[2], set->block[i].text, set->block[i].len, to) < 0) {
			error_set(e, ERROR_INTERNAL, "a frame that was taken does not decode");
			goto out;
		}
	rc = bytes_end(to, e);
	if (rc == 0 && to == &packed)
		rc = unpack(&packed, out, e);
out:
	bytes_free(&packed);
	return rc;
}

void frames_free(struct frames *f)
{
	for (size_t s = 0; s < f->count; s++) {
		for (unsigned i = 0; i < f->set[s].total; i++)
			free(f->set[s].block[i].text);
		free(f->set[s].block);
	}
	free(f->set);
	*f = (struct frames){0};
}
