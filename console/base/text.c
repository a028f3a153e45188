#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/bytes.h"
#include "base/range.h"

/* Bytes of the UTF-8 character that begins at `text`, or 0: RFC 3629 section 4, table of well-formed sequences. */
static size_t utf8_length(const uint8_t *text, size_t len)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t need;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	need = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	if (len < need)
		return 0;
	if (text[0] == 0xe0)
		low = 0xa0; /* overlong */
	else if (text[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (text[0] == 0xf0)
		low = 0x90; /* overlong */
	else if (text[0] == 0xf4)
		high = 0x8f; /* above U+10FFFF */
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < need; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return need;
}

bool text_is_utf8(const char *text, size_t len)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t used;

	for (size_t i = 0; i < len; i += used) {
		used = utf8_length(at + i, len - i);
		if (used == 0)
			return false;
	}
	return true;
}

uint32_t text_next(const char *text, size_t len, size_t *used)
{
	const uint8_t *at = (const uint8_t *)text;
	uint32_t c;

	*used = 0;
	if (len == 0)
		return 0;
	*used = utf8_length(at, len);
	switch (*used) {
	case 1:
		return at[0];
	case 2:
		return (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
	case 3:
		return (at[0] & 0x0fu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
	case 4:
		c = (at[0] & 0x07u) << 18 | (at[1] & 0x3fu) << 12;
		return c | (at[2] & 0x3fu) << 6 | (at[3] & 0x3fu);
	default: /* no valid UTF-8: a way forward all the same */
		*used = 1;
		return 0xfffd;
	}
}

/* Characters that neither change under NFC nor meet their neighbours in it (NFC_Quick_Check=Yes, combining class 0,
 * UAX #15): what nearly all text is made of, so that most of it needs no normaliser. */
static bool is_nfc_plain(uint32_t c)
{
	static const struct range plain[] = {
	        {0x0000, 0x02ff},
	        {0x2010, 0x2027},
	        {0x3001, 0x3029},
	        {0x3041, 0x3096},
	        {0x30a1, 0x30fe},
	        {0x4e00, 0x9fff},
	        {0xac00, 0xd7a3},
	        {0xff01, 0xff5e},
	};

	return IN_RANGES(plain, c);
}

/* NFC of valid UTF-8 without NUL, NUL-terminated; NULL: no memory. The caller frees it. */
static char *nfc(const char *text, size_t len)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t got = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &out,
	        (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE));

	if (got < 0) {
		free(out);
		return NULL;
	}
	return (char *)out;
}

bool text_is_nfc(const char *text, size_t len)
{
	char *normal;
	size_t used;
	bool plain = true, same;

	for (size_t i = 0; i < len && plain; i += used)
		plain = is_nfc_plain(text_next(text + i, len - i, &used));
	if (plain)
		return true;
	normal = nfc(text, len);
	same = normal != NULL && strlen(normal) == len && memcmp(normal, text, len) == 0;
	free(normal);
	return same;
}

void text_nfc(struct bytes *out, const char *text, size_t len)
{
	char *normal = nfc(text, len);

	if (normal == NULL)
		out->failed = true;
	else
		bytes_text(out, normal);
	free(normal);
}

static unsigned cells(uint32_t c)
{
	int width = c < 0x7f ? c >= 0x20 : utf8proc_charwidth((utf8proc_int32_t)c);

	/* The C library, by which curses counts, gives a mark that stands beside its letter a cell of its own. */
	if (width == 0 && utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_MC)
		return 1;
	return width > 0 ? (unsigned)width : 0;
}

unsigned text_cells(const char *text, size_t len)
{
	unsigned sum = 0;
	size_t used;

	for (size_t i = 0; i < len; i += used)
		sum += cells(text_next(text + i, len - i, &used));
	return sum;
}

size_t text_fit(const char *text, size_t len, unsigned most)
{
	unsigned sum = 0;
	size_t i, used;

	for (i = 0; i < len; i += used) {
		sum += cells(text_next(text + i, len - i, &used));
		if (sum > most)
			break;
	}
	return i;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || c == 0x3000;
}

static bool is_one_of(const char *set, uint32_t c)
{
	size_t used, len = strlen(set);

	for (size_t i = 0; i < len; i += used)
		if (text_next(set + i, len - i, &used) == c)
			return true;
	return false;
}

/* JIS X 4051: what may not begin a line, and what may not end one. */
static bool may_break(uint32_t before, uint32_t after)
{
	static const char not_first[] = "、。，．・：；？！ー々ゝゞヽヾ゛゜’”）〕］｝〉》」』】｣､｡･"
	                                "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ…‥,.:;?!)]}";
	static const char not_last[] = "‘“（〔［｛〈《「『【｢([{";

	if (cells(before) < 2 && cells(after) < 2)
		return before == '-' && after != '-';
	return cells(after) > 0 && !is_one_of(not_first, after) && !is_one_of(not_last, before);
}

size_t text_wrap(const char *text, size_t len, unsigned most, size_t *skip)
{
	size_t show = 0, next = 0; /* the last place to break: what to show, where to go on */
	size_t end = 0;            /* behind the last character that is no blank */
	uint32_t before = 0;
	unsigned sum = 0;
	size_t used;

	for (size_t i = 0; i < len; i += used) {
		uint32_t c = text_next(text + i, len - i, &used);

		if (c == '\n') {
			*skip = i + 1 - end;
			return end;
		}
		sum += cells(c);
		if (is_blank(c)) {
			before = c;
			continue;
		}
		if (i > 0 && (is_blank(before) || may_break(before, c))) {
			show = end;
			next = i;
		}
		if (sum > most && i > 0 && cells(c) > 0) {
			if (next == 0) /* nowhere better: within the word, but one character at the least */
				show = next = end;
			*skip = next - show;
			return show;
		}
		end = i + used;
		before = c;
	}
	*skip = len - end;
	return end;
}
