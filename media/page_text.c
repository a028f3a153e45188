#include "media/page_private.h"

#include <string.h>

#include "base/text.h"

enum { LABEL_CELLS = 28, CODE_LINE = 76, PEN_LINES = 2 };

static void repeat(struct bytes *out, char c, size_t count)
{
	while (count--)
		bytes_byte(out, (uint8_t)c);
}

/* Ends a line, without blanks before its end. */
static void line_end(struct bytes *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	bytes_byte(out, '\n');
}

/* Text broken into lines of a width. */
struct flow {
	const char *at;
	size_t left, skip;
	unsigned cells;
};

static struct flow flow_of(const char *text, unsigned cells)
{
	return (struct flow){.at = text ? text : "", .left = text ? strlen(text) : 0, .cells = cells};
}

/* Appends the next line, filled with blanks to `cells` when `fill`. */
static void flow_line(struct flow *f, bool fill, struct bytes *out)
{
	size_t used = f->left ? text_wrap(f->at, f->left, f->cells, &f->skip) : 0;
	unsigned cells = text_cells(f->at, used);

	bytes_add(out, f->at, used);
	if (f->left) {
		f->at += used + f->skip;
		f->left -= used + f->skip;
	}
	if (fill)
		repeat(out, ' ', cells < f->cells ? f->cells - cells : 0);
}

static void wrapped(const char *text, struct bytes *out)
{
	struct flow f = flow_of(text, PAGE_TEXT_COLUMNS);
	do {
		flow_line(&f, false, out);
		line_end(out);
	} while (f.left);
}

static void bands(const struct page *p, struct bytes *out)
{
	for (size_t i = 0; i < PAGE_BANDS; i++) {
		struct flow f = flow_of(p->band[i], PAGE_TEXT_COLUMNS - 8);
		while (f.left) {
			bytes_text(out, "*** ");
			flow_line(&f, true, out);
			bytes_text(out, " ***\n");
		}
	}
}

static void underlined(const char *text, char c, struct bytes *out)
{
	unsigned cells = text_cells(text, strlen(text));
	wrapped(text, out);
	repeat(out, c, cells < PAGE_TEXT_COLUMNS ? cells : PAGE_TEXT_COLUMNS);
	bytes_byte(out, '\n');
}

static void heading(const struct page *p, const struct page_part *part, struct bytes *out)
{
	bytes_byte(out, '\n');
	if (part->level <= 1) {
		bands(p, out);
		underlined(part->text, '=', out);
	} else if (part->level == 2) {
		underlined(part->text, '-', out);
	} else {
		wrapped(part->text, out);
	}
}

static void pair(const struct page_part *part, struct bytes *out)
{
	struct flow label = flow_of(part->label, LABEL_CELLS - 2);
	struct flow value = flow_of(part->text, PAGE_TEXT_COLUMNS - LABEL_CELLS);
	do {
		flow_line(&label, true, out);
		bytes_text(out, "  ");
		flow_line(&value, false, out);
		line_end(out);
	} while (label.left || value.left);
}

static void warning(const struct page_part *part, struct bytes *out)
{
	const char *texts[] = {part->label, part->text};

	bytes_byte(out, '\n');
	repeat(out, '#', PAGE_TEXT_COLUMNS);
	bytes_byte(out, '\n');
	for (size_t i = 0; i < 2; i++) {
		struct flow f = flow_of(texts[i], PAGE_TEXT_COLUMNS - 4);
		while (f.left) {
			bytes_text(out, "# ");
			flow_line(&f, true, out);
			bytes_text(out, " #\n");
		}
	}
	repeat(out, '#', PAGE_TEXT_COLUMNS);
	bytes_text(out, "\n\n");
}

/* The cells of each column: what the rules between them leave, by their parts; the last one takes the rest. */
static void columns_cells(const struct page_part *columns, unsigned cells[PAGE_COLUMNS])
{
	unsigned whole = PAGE_TEXT_COLUMNS - 1 - 3 * (unsigned)columns->count, left = whole;
	for (size_t i = 0; i < columns->count; i++) {
		cells[i] = i + 1 < columns->count ? whole * columns->width[i] / 1000 : left;
		if (cells[i] < 2)
			cells[i] = 2;
		left -= cells[i];
	}
}

static void rule(const struct page_part *columns, const unsigned cells[PAGE_COLUMNS], char c, struct bytes *out)
{
	for (size_t i = 0; i < columns->count; i++) {
		bytes_byte(out, '+');
		repeat(out, c, cells[i] + 2);
	}
	bytes_text(out, "+\n");
}

static void row(const struct page_part *columns, char *const *cell, bool titles, struct bytes *out)
{
	unsigned cells[PAGE_COLUMNS], lines = 0, least = 1;
	struct flow f[PAGE_COLUMNS];
	bool more;

	columns_cells(columns, cells);
	if (titles)
		rule(columns, cells, '-', out);
	for (size_t i = 0; i < columns->count; i++) {
		f[i] = flow_of(cell[i], cells[i]);
		if (!titles && (columns->flags[i] & PAGE_BOX))
			least = PEN_LINES;
	}
	do {
		more = false;
		for (size_t i = 0; i < columns->count; i++) {
			bytes_text(out, "| ");
			flow_line(&f[i], true, out);
			bytes_byte(out, ' ');
			more = more || f[i].left;
		}
		bytes_text(out, "|\n");
	} while (++lines < least || more);
	rule(columns, cells, titles ? '=' : '-', out);
}

static void blanks(const struct page_part *part, struct bytes *out)
{
	unsigned cells[PAGE_COLUMNS];
	struct flow f[PAGE_COLUMNS];
	bool more = true;

	bytes_byte(out, '\n');
	wrapped(part->text, out);
	bytes_text(out, "\n\n");
	columns_cells(part, cells);
	for (size_t i = 0; i < part->count; i++) {
		repeat(out, '_', cells[i]);
		bytes_text(out, "  ");
		f[i] = flow_of(part->cell[i], cells[i]);
	}
	line_end(out);
	while (more) {
		more = false;
		for (size_t i = 0; i < part->count; i++) {
			flow_line(&f[i], true, out);
			bytes_text(out, "  ");
			more = more || f[i].left;
		}
		line_end(out);
	}
}

static bool is_lines(const struct bytes *payload)
{
	size_t used;
	const char *text = bytes_string(payload);

	if (!text_is_utf8(text, payload->len))
		return false;
	for (size_t i = 0; i < payload->len; i += used) {
		uint32_t c = text_next(text + i, payload->len - i, &used);
		if (c != '\n' && text_is_hidden(c))
			return false;
	}
	return true;
}

static void code(const struct page_part *part, struct bytes *out)
{
	bytes_byte(out, '\n');
	if (part->text)
		wrapped(part->text, out);
	if (is_lines(&part->payload)) {
		wrapped(bytes_string(&part->payload), out);
		return;
	}
	struct bytes coded = {0};
	bytes_base64(&coded, part->payload.data, part->payload.len);
	for (size_t i = 0; i < coded.len; i += CODE_LINE) {
		bytes_add(out, coded.data + i, coded.len - i < CODE_LINE ? coded.len - i : CODE_LINE);
		bytes_byte(out, '\n');
	}
	out->failed = out->failed || coded.failed;
	bytes_free(&coded);
}

static void part_text(
        const struct page *p, const struct page_part *part, const struct page_part **columns, struct bytes *out)
{
	switch (part->kind) {
	case PART_HEADING:
		heading(p, part, out);
		break;
	case PART_PARAGRAPH:
		wrapped(part->text, out);
		bytes_byte(out, '\n');
		break;
	case PART_FIXED:
		wrapped(part->text, out);
		break;
	case PART_PAIR:
		pair(part, out);
		break;
	case PART_WARNING:
		warning(part, out);
		break;
	case PART_TABLE:
		*columns = part;
		bytes_byte(out, '\n');
		row(part, part->cell, true, out);
		break;
	case PART_ROW:
		if (*columns)
			row(*columns, part->cell, false, out);
		break;
	case PART_BLANKS:
		blanks(part, out);
		break;
	case PART_CODE:
		code(part, out);
		break;
	case PART_CUT:
		repeat(out, '-', PAGE_TEXT_COLUMNS);
		line_end(out);
		break;
	case PART_BREAK:
		bytes_byte(out, '\n');
		break;
	}
}

int page_text(const struct page *p, struct bytes *out, struct error *e)
{
	const struct page_part *columns = NULL;

	if (page_check(p, e) < 0)
		return -1;
	bands(p, out);
	underlined(p->title, '=', out);
	bytes_byte(out, '\n');
	for (size_t i = 0; i < p->parts; i++)
		part_text(p, &p->part[i], &columns, out);
	bytes_byte(out, '\n');
	wrapped(p->footer, out);
	wrapped(p->program, out);
	bands(p, out);
	return bytes_end(out, e);
}
