/* Foreign text made visible: what a reader cannot see, or would take for something else, becomes its code point. */
#include "base/text.h"

#include <string.h>

#include <utf8proc.h>

#include "base/bytes.h"
#include "base/range.h"

/* MARKS_MOST: what a letter of a written language carries (Hebrew with vowel and accent); more is drawn over the rows
 * above and below. */
enum { MARKS_MOST = 3, OVERLAY_CLASS = 1 };

/* Of the scripts whose letters pass for Latin ones; Han, kana and hangul do not, and stand beside Latin words. */
enum script { SCRIPT_NONE, SCRIPT_LATIN, SCRIPT_EAST_ASIAN, SCRIPT_OTHER };

static bool is_letter(utf8proc_category_t category)
{
	switch (category) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
		return true;
	default:
		return false;
	}
}

static enum script script_of(uint32_t c)
{
	static const struct range latin[] = {
	        {'A', 'Z'},
	        {'a', 'z'},
	        {0x00aa, 0x02af},
	        {0x1d00, 0x1dbf},
	        {0x1e00, 0x1eff},
	        {0x2c60, 0x2c7f},
	        {0xa720, 0xa7ff},
	        {0xab30, 0xab6f},
	};
	static const struct range east_asian[] = {
	        {0x1100, 0x11ff},
	        {0x2e80, 0x312f},
	        {0x3130, 0x318f},
	        {0x31a0, 0x31ff},
	        {0x3400, 0x9fff},
	        {0xa960, 0xa97f},
	        {0xac00, 0xd7ff},
	        {0xf900, 0xfaff},
	        {0xff66, 0xffdc},
	        {0x1b000, 0x1b16f},
	        {0x20000, 0x3ffff},
	};

	if (!is_letter(utf8proc_category((utf8proc_int32_t)c)))
		return SCRIPT_NONE;
	if (IN_RANGES(latin, c))
		return SCRIPT_LATIN;
	return IN_RANGES(east_asian, c) ? SCRIPT_EAST_ASIAN : SCRIPT_OTHER;
}

/* Letters of other scripts that common fonts draw as a Latin letter: Greek, Cyrillic, Armenian, Cherokee, Coptic, Lisu,
 * letter-like symbols, and the alphabets of mathematics. */
static bool is_lookalike(uint32_t c)
{
	static const struct range alike[] = {{0x037f, 0x037f}, {0x0391, 0x0392}, {0x0395, 0x0397}, {0x0399, 0x039a},
	        {0x039c, 0x039d}, {0x039f, 0x039f}, {0x03a1, 0x03a1}, {0x03a4, 0x03a5}, {0x03a7, 0x03a7},
	        {0x03bd, 0x03bd}, {0x03bf, 0x03bf}, {0x03f2, 0x03f3}, {0x03f9, 0x03f9}, {0x0405, 0x0406},
	        {0x0408, 0x0408}, {0x0410, 0x0410}, {0x0412, 0x0412}, {0x0415, 0x0415}, {0x041a, 0x041a},
	        {0x041c, 0x041e}, {0x0420, 0x0423}, {0x0425, 0x0425}, {0x0430, 0x0430}, {0x0435, 0x0435},
	        {0x043e, 0x043e}, {0x0440, 0x0441}, {0x0443, 0x0443}, {0x0445, 0x0445}, {0x0455, 0x0456},
	        {0x0458, 0x0458}, {0x0474, 0x0475}, {0x04ae, 0x04af}, {0x04bb, 0x04bb}, {0x04c0, 0x04c0},
	        {0x04cf, 0x04cf}, {0x0501, 0x0501}, {0x050c, 0x050c}, {0x051a, 0x051d}, {0x053c, 0x053c},
	        {0x054d, 0x054d}, {0x0555, 0x0555}, {0x0566, 0x0566}, {0x0570, 0x0570}, {0x0578, 0x0578},
	        {0x057d, 0x057d}, {0x0581, 0x0581}, {0x0585, 0x0585}, {0x13a0, 0x13fd}, {0x2102, 0x2149},
	        {0x2c80, 0x2ce4}, {0xa4d0, 0xa4fd}, {0xab70, 0xabbf}, {0x1d400, 0x1d7cb}};

	return IN_RANGES(alike, c);
}

/* Of which programs do not agree how many cells they take, alone or beside their like: Hangul jamo that found no
 * syllable, numbers on squares, hexagrams, letters of flags, colours of skin. Where they stand a row would be torn. */
static bool is_uncertain(uint32_t c)
{
	static const struct range uncertain[] = {{0x1160, 0x11ff}, {0x3248, 0x324f}, {0x4dc0, 0x4dff}, {0xd7b0, 0xd7ff},
	        {0x1f1e6, 0x1f1ff}, {0x1f3fb, 0x1f3ff}};

	return IN_RANGES(uncertain, c);
}

bool text_passes_for_ascii(uint32_t c)
{
	static const struct range wide[] = {{0xff01, 0xff5e}};
	static const struct range punctuation[] = {{0x2010, 0x2015}, {0x2044, 0x2044}, {0x2212, 0x2212},
	        {0x2215, 0x2215}, {0x2217, 0x2217}, {0x2223, 0x2223}, {0x2236, 0x2236}, {0x3000, 0x3000},
	        {0xa789, 0xa789}};
	utf8proc_int32_t parts[32];
	int last = 0;
	utf8proc_ssize_t count;

	if (c < 0x80 || IN_RANGES(wide, c))
		return false;
	count = utf8proc_decompose_char((utf8proc_int32_t)c, parts, 32,
	        (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE), &last);
	for (utf8proc_ssize_t i = 0; i < count && i < 32; i++)
		if (parts[i] >= 0x80)
			count = 0;
	return count > 0 || IN_RANGES(punctuation, c);
}

/* Is the byte at this place no UTF-8? */
static bool is_invalid(uint32_t c, size_t used)
{
	return c == 0xfffd && used == 1;
}

static bool is_mark(uint32_t c)
{
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);

	return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

/* Drawn through or around its letter, which then looks crossed out or like another one. */
static bool is_overlay(uint32_t c)
{
	const utf8proc_property_t *p = utf8proc_get_property((utf8proc_int32_t)c);

	return p->category == UTF8PROC_CATEGORY_ME ||
	       (p->category == UTF8PROC_CATEGORY_MN && p->combining_class == OVERLAY_CLASS);
}

static bool is_in_word(uint32_t c)
{
	return script_of(c) == SCRIPT_LATIN || script_of(c) == SCRIPT_OTHER || is_mark(c) ||
	       utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_ND;
}

/* The length of a "<U+202E>" or "<FF>" of ours that begins at `text`; 0: none does. */
static size_t notation(const char *text, size_t len)
{
	size_t at = len > 2 && text[1] == 'U' && text[2] == '+' ? 3 : 1;

	while (at < len && ((text[at] >= '0' && text[at] <= '9') || (text[at] >= 'A' && text[at] <= 'F')))
		at++;
	return text[0] == '<' && at < len && text[at] == '>' ? at + 1 : 0;
}

/* What a text is written in, as far as it says how a word of it would be read. */
struct writing {
	bool latin, other;    /* letters of these */
	bool own;             /* other letters that no Latin one looks like */
	bool only_lookalikes; /* other letters, and every one of them looks like a Latin one */
};

static void writing_take(struct writing *w, uint32_t c)
{
	enum script script = script_of(c);

	w->latin = w->latin || script == SCRIPT_LATIN;
	w->other = w->other || script == SCRIPT_OTHER;
	w->own = w->own || (script == SCRIPT_OTHER && !is_lookalike(c));
	w->only_lookalikes = w->other && !w->own;
}

static struct writing writing_of(const char *text, size_t len)
{
	struct writing w = {0};
	size_t used;

	for (size_t i = 0; i < len; i += used) {
		uint32_t c = text_next(text + i, len - i, &used);
		size_t ours = notation(text + i, len - i);

		if (ours)
			used = ours;
		else
			writing_take(&w, c);
	}
	return w;
}

/* Would the word that begins at `text` be read as a Latin one that it is not? Either it holds letters of both, or it is
 * made of letters that look like Latin ones, in a text that nothing else shows to be in another script. Sets *end to
 * its length. */
static bool word_deceives(const struct writing *whole, const char *text, size_t len, size_t *end)
{
	struct writing word = {0};
	size_t used;

	for (*end = 0; *end < len; *end += used) {
		uint32_t c = text_next(text + *end, len - *end, &used);

		/* What is not shown as it is does not make two words of one, nor when it was made visible before. */
		if (text[*end] == '<' && len - *end > 1 && text[*end + 1] == 'U' && notation(text + *end, len - *end)) {
			used = notation(text + *end, len - *end);
			continue;
		}
		if (text_is_hidden(c) || is_uncertain(c))
			continue;
		if (!is_in_word(c) || is_invalid(c, used))
			break;
		writing_take(&word, c);
	}
	return (word.latin && word.other) || (word.only_lookalikes && (whole->latin || !whole->own));
}

/* The marks on a letter, as they come: only so many are drawn, and none where there is no letter to carry it. */
struct marks {
	bool letter;
	unsigned count;
};

static bool mark_is_shown(struct marks *m, uint32_t c)
{
	return m->letter && !is_overlay(c) && ++m->count <= MARKS_MOST;
}

static void visible_add(struct bytes *out, const char *text, size_t len)
{
	struct writing whole = writing_of(text, len);
	struct marks marks = {0};
	size_t used, word_end = 0;
	bool deceives = false;

	for (size_t i = 0; i < len; i += used) {
		uint32_t c = text_next(text + i, len - i, &used);
		bool raw = true;

		if (i >= word_end) {
			size_t word;

			deceives = word_deceives(&whole, text + i, len - i, &word);
			word_end = i + (word > 0 ? word : used);
		}
		if (is_invalid(c, used) || text_is_hidden(c) || is_uncertain(c) ||
		        (deceives && script_of(c) == SCRIPT_OTHER))
			raw = false;
		else if (is_mark(c))
			raw = mark_is_shown(&marks, c);
		else
			marks.count = 0;
		if (raw)
			bytes_add(out, text + i, used);
		else if (is_invalid(c, used))
			bytes_printf(out, "<%02X>", (uint8_t)text[i]);
		else
			bytes_printf(out, "<U+%04X>", (unsigned)c);
		marks.letter = raw && (is_mark(c) || is_letter(utf8proc_category((utf8proc_int32_t)c)));
	}
}

/* Most text is ASCII without controls, of which nothing is hidden. */
static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return true;
}

/* NFC of every stretch between what is no UTF-8 and NULs, which stay: what is judged is then what will stand there. */
static void compose(struct bytes *out, const char *text, size_t len)
{
	size_t used, from = 0;

	for (size_t i = 0; i <= len; i += used) {
		uint32_t c = i < len ? text_next(text + i, len - i, &used) : 0;

		if (c != 0 && !is_invalid(c, used))
			continue;
		used = 1;
		if (i > from)
			text_nfc(out, text + from, i - from);
		if (i < len)
			bytes_byte(out, (uint8_t)text[i]);
		from = i + 1;
	}
}

void text_visible(struct bytes *out, const char *text, size_t len)
{
	struct bytes normal = {0}, visible = {0};

	if (is_plain(text, len)) {
		bytes_add(out, text, len);
		return;
	}
	compose(&normal, text, len);
	visible_add(&visible, bytes_string(&normal), normal.len);
	if (normal.failed || visible.failed)
		out->failed = true;
	text_nfc(out, bytes_string(&visible), visible.len);
	bytes_free(&normal);
	bytes_free(&visible);
}

void text_lines(struct bytes *out, const char *text, size_t len)
{
	while (len > 0) {
		const char *lf = memchr(text, '\n', len);
		size_t line = lf ? (size_t)(lf - text) : len;

		text_visible(out, text, line);
		if (lf)
			bytes_byte(out, '\n');
		text += line + (lf != NULL);
		len -= line + (lf != NULL);
	}
}
