/* Texts laid out for paper, without a record around them: headings, paragraphs, tables, codes. Nothing may crash; a
 * text that may not be printed is refused with a sentence; the plain text is of 80 columns at most and holds nothing
 * that a terminal or a printer would obey; pages are made where fonts cover the text. An input is a byte of flags, then
 * lines, each a letter that says which part of a page it is, and its text. */
#include <string.h>

#include "tests/fuzz/fuzz.h"

#include "base/text.h"
#include "media/page.h"

enum { FLAG_RAW = 1, FLAG_PAGES = 2, FLAG_JAPANESE = 4, CELLS = 4, TEXT_MAX = 2000 };

static void part(struct page *p, char kind, const char *text, size_t len)
{
	static const struct page_column columns[CELLS] = {
	        {"No.", 1, PAGE_PLAIN}, {"何", 4, PAGE_PLAIN}, {"SHA-256", 3, PAGE_FIXED}, {"Initials", 2, PAGE_BOX}};
	const char *cells[CELLS] = {text, text + len / 2, len % 3 ? text : NULL, NULL};
	const char *half = text + len / 2;

	while ((*half & 0xc0) == 0x80)
		half++;
	cells[1] = half;
	switch (kind) {
	case '1':
	case '2':
	case '3':
		page_heading(p, (unsigned)(kind - '0'), text);
		break;
	case 'f':
		page_fixed(p, text);
		break;
	case 'k':
		page_pair(p, half, text, len % 2);
		break;
	case 'w':
		page_warning(p, len % 2 ? half : NULL, text);
		break;
	case 't':
		page_table(p, columns, CELLS);
		page_row(p, cells);
		page_row(p, cells);
		break;
	case 'b':
		page_blanks(p, text, columns, CELLS);
		break;
	case 'q':
		page_code(p, text, len, 40, half);
		break;
	case 'n':
		page_break(p);
		break;
	case 'c':
		page_cut(p);
		break;
	default:
		page_paragraph(p, text);
	}
}

/* Every line of the input: as it is, or in visible form as a report has it. False: none may be printed as it is. */
static void parts(struct page *p, const uint8_t *data, size_t len, bool raw)
{
	const char *at = (const char *)data, *end = at + len;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct bytes text = {0};
		size_t n;
		stop = stop ? stop : end;
		n = stop > at ? (size_t)(stop - at) - 1 : 0;
		n = n < TEXT_MAX ? n : TEXT_MAX;
		if (raw)
			bytes_add(&text, at + (stop > at), n);
		else
			text_visible(&text, at + (stop > at), n);
		if (stop > at)
			part(p, *at, bytes_string(&text), strlen(bytes_string(&text)));
		bytes_free(&text);
		at = stop + 1;
	}
}

static void text_demand(const struct bytes *text)
{
	const char *at = bytes_string(text), *end = at + text->len;

	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		demand(lf && text_is_utf8(at, (size_t)(lf - at)) &&
		        text_cells(at, (size_t)(lf - at)) <= PAGE_TEXT_COLUMNS);
		for (const char *c = at; c < lf;) {
			size_t used;
			demand(!text_is_hidden(text_next(c, (size_t)(lf - c), &used)));
			c += used;
		}
		at = lf + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t flags = len ? data[0] : 0;
	const struct page_head head = {.title = "Fuzz 試験",
	        .footer = "test.example/fuzz",
	        .language = flags & FLAG_JAPANESE ? "ja" : "en",
	        .band = {"REHEARSAL"},
	        .program = "tachiai test",
	        .time = INT64_C(1796117400000)};
	struct bytes text = {0}, pdf = {0};
	struct error e = {0};
	struct page *p = page_new(&head, &e);

	demand(p != NULL);
	if (len)
		parts(p, data + 1, len - 1, flags & FLAG_RAW);
	if (page_text(p, &text, &e) == 0) {
		text_demand(&text);
	} else {
		demand(e.code != ERROR_NONE);
		demand(flags & FLAG_RAW || len > 290); /* a code holds so much of text in visible form */
	}
	e = (struct error){0};
	if (flags & FLAG_PAGES && page_pdf(p, &pdf, &e) < 0)
		demand(e.code != ERROR_NONE);
	page_free(&p);
	bytes_free(&text);
	bytes_free(&pdf);
	return 0;
}
