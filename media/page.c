#include "media/page_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { WIDTH_WHOLE = 1000 };

static char *copy(struct page *p, const char *text)
{
	char *made = text ? strdup(text) : NULL;
	if (text && !made)
		p->failed = true;
	return made;
}

struct page *page_new(const struct page_head *head, struct error *e)
{
	struct page *p = calloc(1, sizeof(*p));
	if (!p) {
		error_memory(e);
		return NULL;
	}
	p->title = copy(p, head->title);
	p->footer = copy(p, head->footer);
	p->language = copy(p, head->language);
	p->program = copy(p, head->program ? head->program : "tachiai");
	for (size_t i = 0; i < PAGE_BANDS; i++)
		p->band[i] = copy(p, head->band[i]);
	p->time = head->time;
	if (p->failed) {
		error_memory(e);
		page_free(&p);
	}
	return p;
}

static void part_clear(struct page_part *part)
{
	free(part->label);
	free(part->text);
	for (size_t i = 0; i < PAGE_COLUMNS; i++)
		free(part->cell[i]);
	bytes_free(&part->payload);
}

void page_free(struct page **pp)
{
	struct page *p = *pp;
	if (!p)
		return;
	for (size_t i = 0; i < p->parts; i++)
		part_clear(&p->part[i]);
	for (size_t i = 0; i < PAGE_BANDS; i++)
		free(p->band[i]);
	free(p->part);
	free(p->title);
	free(p->footer);
	free(p->language);
	free(p->program);
	free(p);
	*pp = NULL;
}

/* NULL: no memory, and that is remembered. Ends a table unless the part is one of its rows. */
static struct page_part *part_add(struct page *p, enum page_kind kind)
{
	if (kind != PART_ROW)
		p->columns = 0;
	if (p->parts == p->room) {
		size_t room = p->room ? p->room * 2 : 64;
		struct page_part *list = realloc(p->part, room * sizeof(*list));
		if (!list) {
			p->failed = true;
			return NULL;
		}
		p->part = list;
		p->room = room;
	}
	struct page_part *part = &p->part[p->parts++];
	memset(part, 0, sizeof(*part));
	part->kind = kind;
	return part;
}

static struct page_part *text_add(struct page *p, enum page_kind kind, const char *label, const char *text)
{
	struct page_part *part = part_add(p, kind);
	if (part) {
		part->label = copy(p, label);
		part->text = copy(p, text);
	}
	return part;
}

void page_heading(struct page *p, unsigned level, const char *text)
{
	struct page_part *part = text_add(p, PART_HEADING, NULL, text);
	if (part)
		part->level = level;
}

void page_paragraph(struct page *p, const char *text)
{
	text_add(p, PART_PARAGRAPH, NULL, text);
}

void page_fixed(struct page *p, const char *text)
{
	text_add(p, PART_FIXED, NULL, text);
}

void page_pair(struct page *p, const char *label, const char *value, bool fixed)
{
	struct page_part *part = text_add(p, PART_PAIR, label, value);
	if (part)
		part->fixed = fixed;
}

void page_warning(struct page *p, const char *title, const char *text)
{
	text_add(p, PART_WARNING, title, text);
}

static void columns_set(struct page *p, struct page_part *part, const struct page_column *columns, size_t count)
{
	unsigned sum = 0;

	part->count = count < PAGE_COLUMNS ? count : PAGE_COLUMNS;
	for (size_t i = 0; i < part->count; i++)
		sum += columns[i].width;
	for (size_t i = 0; i < part->count; i++) {
		part->cell[i] = copy(p, columns[i].title);
		part->width[i] = sum ? columns[i].width * WIDTH_WHOLE / sum : WIDTH_WHOLE / (unsigned)part->count;
		part->flags[i] = columns[i].flags;
	}
}

void page_table(struct page *p, const struct page_column *columns, size_t count)
{
	struct page_part *part = part_add(p, PART_TABLE);
	if (!part)
		return;
	columns_set(p, part, columns, count);
	p->columns = part->count;
}

void page_row(struct page *p, const char *const *cells)
{
	struct page_part *part = part_add(p, PART_ROW);
	if (!part)
		return;
	part->count = p->columns;
	for (size_t i = 0; i < part->count; i++)
		part->cell[i] = copy(p, cells[i]);
}

void page_blanks(struct page *p, const char *caption, const struct page_column *fields, size_t count)
{
	struct page_part *part = text_add(p, PART_BLANKS, NULL, caption);
	if (part)
		columns_set(p, part, fields, count);
}

void page_code(struct page *p, const void *data, size_t len, unsigned millimetres, const char *caption)
{
	struct page_part *part = text_add(p, PART_CODE, NULL, caption);
	if (!part)
		return;
	part->level = millimetres;
	bytes_add(&part->payload, data, len);
	p->failed = p->failed || part->payload.failed;
}

void page_cut(struct page *p)
{
	part_add(p, PART_CUT);
}

void page_break(struct page *p)
{
	part_add(p, PART_BREAK);
}

unsigned page_count(const struct page *p)
{
	return p->pages;
}

static int printable(const char *text, struct error *e)
{
	size_t len = text ? strlen(text) : 0, used;

	if (!text)
		return 0;
	if (!text_is_utf8(text, len))
		return error_set(e, ERROR_INTERNAL, "a text of the page is not UTF-8%s", "");
	for (size_t i = 0; i < len; i += used) {
		uint32_t c = text_next(text + i, len - i, &used);
		if (c != '\n' && text_is_hidden(c))
			return error_set(e, ERROR_INTERNAL,
			        "a text of the page holds a character that cannot be seen, and may not be printed: "
			        "%s",
			        text);
	}
	return 0;
}

int page_check(const struct page *p, struct error *e)
{
	if (p->failed)
		return error_memory(e);
	if (printable(p->title, e) < 0 || printable(p->footer, e) < 0)
		return -1;
	for (size_t i = 0; i < PAGE_BANDS; i++)
		if (printable(p->band[i], e) < 0)
			return -1;
	for (size_t i = 0; i < p->parts; i++) {
		const struct page_part *part = &p->part[i];
		if (printable(part->label, e) < 0 || printable(part->text, e) < 0)
			return -1;
		for (size_t j = 0; j < part->count; j++)
			if (printable(part->cell[j], e) < 0)
				return -1;
	}
	return 0;
}
