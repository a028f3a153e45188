#include "media/page_set.h"

#include <stdlib.h>
#include <string.h>

enum { PAGES_MAX = 20000 };

#define PAD        3.0
#define PEN_HEIGHT 24.0 /* of a row that is filled by hand */
#define KEEP       64.0 /* what a heading wants below itself */
#define MILLIMETRE (72 / 25.4)

static const double sizes[3] = {14, 11, 9.5}; /* of headings */
#define TEXT_SIZE  9.0
#define FIXED_SIZE 7.5
#define CELL_SIZE  8.0
#define SMALL_SIZE 7.0

static int set_fail(struct set *s)
{
	if (!s->failed)
		error_memory(s->e);
	s->failed = true;
	return -1;
}

/* Room for one more. */
static void *grow(void *list, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return list;
	size_t more = *room ? *room * 2 : 256;
	void *grown = realloc(list, more * size);
	if (grown)
		*room = more;
	return grown;
}

struct mark *set_mark(struct set *s, enum mark_kind kind, double x, double y)
{
	struct mark *list = grow(s->mark, s->marks, &s->room, sizeof(*list));
	if (!list) {
		set_fail(s);
		return NULL;
	}
	s->mark = list;
	struct mark *m = &list[s->marks++];
	memset(m, 0, sizeof(*m));
	m->kind = kind;
	m->page = s->page;
	m->x = x;
	m->y = y;
	return m;
}

static void box(struct set *s, enum mark_kind kind, double x, double y, double width, double height, double heavy)
{
	struct mark *m = set_mark(s, kind, x, y);
	if (!m)
		return;
	m->width = width;
	m->height = height;
	m->heavy = heavy;
}

PangoLayout *set_text(struct set *s, enum page_face face, double points, double width, const char *text, size_t bold)
{
	PangoLayout **list = grow(s->layout, s->layouts, &s->layout_room, sizeof(PangoLayout *));
	PangoFontDescription *font = pango_font_description_new();
	PangoAttrList *attributes = pango_attr_list_new();
	PangoLayout *layout;

	if (list)
		s->layout = list;
	if (!list) {
		set_fail(s);
		layout = NULL;
		goto out;
	}
	layout = pango_layout_new(s->context);
	s->layout[s->layouts++] = layout;
	pango_font_description_set_family_static(font, page_families[face]);
	pango_font_description_set_absolute_size(font, points * PANGO_SCALE);
	if (face == FACE_BOLD)
		pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
	/* A hash that is broken must not get a hyphen. */
	pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
	if (bold) {
		PangoAttribute *heavy = pango_attr_weight_new(PANGO_WEIGHT_BOLD);
		heavy->start_index = 0;
		heavy->end_index = (guint)bold;
		pango_attr_list_insert(attributes, heavy);
	}
	pango_layout_set_font_description(layout, font);
	pango_layout_set_attributes(layout, attributes);
	pango_layout_set_width(layout, width > 0 ? (int)(width * PANGO_SCALE) : -1);
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_auto_dir(layout, FALSE);
	pango_layout_set_text(layout, text ? text : "", -1);
	if (!s->failed && page_covered(layout, s->e) < 0)
		s->failed = true;
out:
	pango_font_description_free(font);
	pango_attr_list_unref(attributes);
	return layout;
}

double set_height(PangoLayout *layout)
{
	int width, height;
	pango_layout_get_size(layout, &width, &height);
	return (double)height / PANGO_SCALE;
}

/* A column of lines on its way onto the pages. */
struct column {
	PangoLayout *layout; /* NULL: empty */
	PangoLayoutIter *at;
	bool done;
	double x;
};

/* Puts the next lines of it that fit into `room`, from `y` down; gives the height taken. */
static double column_flow(struct set *s, struct column *c, double y, double room, double white)
{
	int from, to, base = 0;
	double used = 0;

	if (!c->layout || c->done)
		return 0;
	if (!c->at)
		c->at = pango_layout_get_iter(c->layout);
	pango_layout_iter_get_line_yrange(c->at, &base, &to);
	while (!c->done) {
		pango_layout_iter_get_line_yrange(c->at, &from, &to);
		if ((double)(to - base) / PANGO_SCALE > room)
			break;
		struct mark *m = set_mark(
		        s, MARK_LINE, c->x, y + (double)(pango_layout_iter_get_baseline(c->at) - base) / PANGO_SCALE);
		if (!m)
			break;
		m->line = pango_layout_iter_get_line_readonly(c->at);
		m->heavy = white;
		used = (double)(to - base) / PANGO_SCALE;
		c->done = !pango_layout_iter_next_line(c->at);
	}
	return used;
}

static void column_end(struct column *c)
{
	if (c->at)
		pango_layout_iter_free(c->at);
	c->at = NULL;
}

void set_lines(struct set *s, unsigned page, PangoLayout *layout, double x, double y, double white)
{
	struct column c = {.layout = layout, .x = x};
	unsigned now = s->page;
	if (!layout)
		return;
	s->page = page;
	column_flow(s, &c, y, SHEET_HEIGHT, white);
	column_end(&c);
	s->page = now;
}

static void new_page(struct set *s)
{
	if (s->page == PAGES_MAX) {
		if (!s->failed)
			error_set(s->e, ERROR_FAULT, "the document is longer than %u pages", (unsigned)PAGES_MAX);
		s->failed = true;
		return;
	}
	s->page++;
	s->y = s->top;
}

static double room_left(const struct set *s)
{
	return s->bottom - s->y;
}

/* Columns side by side that may go over several pages. */
struct row {
	struct column column[PAGE_COLUMNS];
	size_t count;
	double edge[PAGE_COLUMNS + 1]; /* of a grid: where its vertical rules stand */
	double pad, least;             /* above and below; the least height */
	double frame;                  /* stroke of the boxes around; 0: none */
	bool shaded;
	bool flows; /* may be parted even where it would fit onto a page of its own */
};

static double row_height(const struct row *r)
{
	double height = 0;
	for (size_t i = 0; i < r->count; i++)
		if (r->column[i].layout && set_height(r->column[i].layout) > height)
			height = set_height(r->column[i].layout);
	height += 2 * r->pad;
	return height > r->least ? height : r->least;
}

/* As much of the row as fits; true when that was all of it. */
static bool row_chunk(struct set *s, struct row *r)
{
	double room = room_left(s) - 2 * r->pad, used = 0;
	size_t first = s->marks;
	bool done = true;

	if (r->shaded)
		box(s, MARK_FILL, r->edge[0], s->y, r->edge[r->count] - r->edge[0], 0, 0.88);
	for (size_t i = 0; i < r->count; i++) {
		double took = column_flow(s, &r->column[i], s->y + r->pad, room, 0);
		used = took > used ? took : used;
		done = done && (!r->column[i].layout || r->column[i].done);
	}
	used += 2 * r->pad;
	if (used < r->least)
		used = r->least;
	if (r->shaded && !s->failed)
		s->mark[first].height = used;
	for (size_t i = 0; r->frame > 0 && i < r->count; i++)
		box(s, MARK_FRAME, r->edge[i], s->y, r->edge[i + 1] - r->edge[i], used, r->frame);
	s->y += used;
	return done || s->failed;
}

/* The titles of the table that is open, to be said again on every page. */
struct titles {
	const struct page_part *part; /* NULL: no table yet */
	double height;
	unsigned page; /* where they were said last */
	bool said;
};
static void titles_row(struct set *s, struct titles *t);

static bool titles_due(const struct set *s, const struct titles *t)
{
	return t && (!t->said || t->page != s->page);
}

static void row_place(struct set *s, struct row *r, struct titles *t)
{
	double height = row_height(r), titles = t ? t->height : 0;
	double need = height + (titles_due(s, t) ? titles : 0);

	/* Onto a page of its own, unless it may be parted or no page would hold it. */
	if (need > room_left(s) && s->y > s->top &&
	        (room_left(s) < KEEP || (!r->flows && height + titles <= s->bottom - s->top)))
		new_page(s);
	while (!s->failed) {
		if (titles_due(s, t))
			titles_row(s, t);
		if (row_chunk(s, r))
			break;
		new_page(s);
	}
	for (size_t i = 0; i < r->count; i++)
		column_end(&r->column[i]);
}

/* The vertical rules of a table, and its cells' texts. */
static void row_cells(struct set *s, struct row *r, const struct page_part *columns, char *const *cell, bool titles)
{
	double x = MARGIN;

	r->count = columns->count;
	r->pad = PAD;
	r->frame = 0.4;
	for (size_t i = 0; i < r->count; i++) {
		double width = TEXT_WIDTH * columns->width[i] / 1000;
		enum page_face face = titles ? FACE_BOLD : columns->flags[i] & PAGE_FIXED ? FACE_FIXED : FACE_TEXT;
		r->edge[i] = x;
		r->column[i].x = x + PAD;
		if (cell[i])
			r->column[i].layout = set_text(
			        s, face, face == FACE_FIXED ? SMALL_SIZE : CELL_SIZE, width - 2 * PAD, cell[i], 0);
		if (!titles && (columns->flags[i] & PAGE_BOX))
			r->least = PEN_HEIGHT;
		x += width;
	}
	r->edge[r->count] = x;
}

static void titles_make(struct set *s, const struct page_part *columns, struct row *r)
{
	row_cells(s, r, columns, columns->cell, true);
	r->shaded = true;
}

static void titles_begin(struct set *s, const struct page_part *columns, struct titles *t)
{
	struct row r = {0};
	titles_make(s, columns, &r);
	t->part = columns;
	t->height = row_height(&r);
	t->said = false;
}

static void titles_row(struct set *s, struct titles *t)
{
	struct row r = {0};
	titles_make(s, t->part, &r);
	row_chunk(s, &r);
	for (size_t i = 0; i < r.count; i++)
		column_end(&r.column[i]);
	t->said = true;
	t->page = s->page;
}

static void single(struct set *s, enum page_face face, double size, const char *text, double after)
{
	struct row r = {.count = 1, .flows = true};
	r.column[0].x = MARGIN;
	r.column[0].layout = set_text(s, face, size, TEXT_WIDTH, text, 0);
	row_place(s, &r, NULL);
	s->y += after;
}

/* Of a table its titles and first row. */
static double table_beginning(struct set *s, const struct page_part *table, size_t left)
{
	struct titles titles = {0};
	struct row r = {0};
	titles_begin(s, table, &titles);
	if (left > 1 && table[1].kind == PART_ROW)
		row_cells(s, &r, table, table[1].cell, false);
	return titles.height + (r.count ? row_height(&r) : 0);
}

/* How much of what follows a heading is to be on its page, so that it is not left alone. */
static double wants_below(struct set *s, const struct page_part *next, size_t left)
{
	double want = KEEP;

	if (!left)
		return 0;
	if (next->kind == PART_PARAGRAPH && left > 1 && next[1].kind == PART_TABLE)
		want = KEEP / 2 + table_beginning(s, next + 1, left - 1);
	else if (next->kind == PART_TABLE)
		want = table_beginning(s, next, left);
	else if (next->kind == PART_CODE)
		want = next->level * MILLIMETRE + 12;
	return want < (s->bottom - s->top) / 2 ? want : KEEP;
}

static void heading(struct set *s, const struct page_part *part, size_t left)
{
	unsigned level = part->level < 1 ? 1 : part->level > 3 ? 3 : part->level;
	double size = sizes[level - 1], before = s->y > s->top ? size * 0.9 : 0;
	PangoLayout *layout = set_text(s, FACE_BOLD, size, TEXT_WIDTH, part->text, 0);
	double height;

	if (!layout)
		return;
	height = set_height(layout);
	if (before + height + wants_below(s, part + 1, left) > room_left(s) && s->y > s->top) {
		new_page(s);
		before = 0;
	}
	s->y += before;
	set_lines(s, s->page, layout, MARGIN, s->y, 0);
	s->y += height + 1;
	if (level == 1)
		box(s, MARK_FILL, MARGIN, s->y, TEXT_WIDTH, 0.8, 0);
	s->y += level == 1 ? 6 : 3;
}

static void pair(struct set *s, const struct page_part *part)
{
	struct row r = {.count = 2, .pad = 1};
	double label = TEXT_WIDTH * 0.26;
	r.column[0].x = MARGIN;
	r.column[0].layout = set_text(s, FACE_BOLD, CELL_SIZE, label - 8, part->label, 0);
	r.column[1].x = MARGIN + label;
	r.column[1].layout = set_text(s, part->fixed ? FACE_FIXED : FACE_TEXT, part->fixed ? FIXED_SIZE : TEXT_SIZE,
	        TEXT_WIDTH - label, part->text, 0);
	row_place(s, &r, NULL);
}

static void warning(struct set *s, const struct page_part *part)
{
	struct row r = {.count = 1, .pad = 6, .frame = 1.6};
	struct bytes text = {0};
	size_t bold = part->label ? strlen(part->label) : 0;

	bytes_printf(&text, "%s%s%s", part->label ? part->label : "", part->label && part->text ? "\n" : "",
	        part->text ? part->text : "");
	if (text.failed)
		set_fail(s);
	r.edge[0] = MARGIN;
	r.edge[1] = MARGIN + TEXT_WIDTH;
	r.column[0].x = MARGIN + 8;
	r.column[0].layout = set_text(s, FACE_TEXT, TEXT_SIZE, TEXT_WIDTH - 16, bytes_string(&text), bold);
	s->y += 3;
	row_place(s, &r, NULL);
	s->y += 6;
	bytes_free(&text);
}

static void blanks(struct set *s, const struct page_part *part)
{
	PangoLayout *caption = set_text(s, FACE_TEXT, TEXT_SIZE, TEXT_WIDTH, part->text, 0);
	double x = MARGIN, line, lowest = 0;

	if (!caption)
		return;
	line = set_height(caption) + 26;
	if (line + 16 > room_left(s) && s->y > s->top)
		new_page(s);
	set_lines(s, s->page, caption, MARGIN, s->y, 0);
	for (size_t i = 0; i < part->count; i++) {
		double width = TEXT_WIDTH * part->width[i] / 1000;
		PangoLayout *label = set_text(s, FACE_TEXT, SMALL_SIZE, width - 10, part->cell[i], 0);
		if (!label)
			return;
		box(s, MARK_FILL, x, s->y + line, width - 10, 0.6, 0);
		set_lines(s, s->page, label, x, s->y + line + 2, 0);
		lowest = set_height(label) > lowest ? set_height(label) : lowest;
		x += width;
	}
	s->y += line + lowest + 10;
}

static void code(struct set *s, const struct page_part *part)
{
	double side = part->level * MILLIMETRE;
	struct qr *list = realloc(s->code, (s->codes + 1) * sizeof(*list));
	PangoLayout *caption = set_text(s, FACE_TEXT, CELL_SIZE, TEXT_WIDTH - side - 12, part->text, 0);
	double height;

	if (list)
		s->code = list;
	if (!list || !caption) {
		set_fail(s);
		return;
	}
	memset(&list[s->codes], 0, sizeof(*list));
	if (qr_make(&list[s->codes], part->payload.data, part->payload.len, s->e) < 0) {
		s->failed = true;
		return;
	}
	height = set_height(caption) > side ? set_height(caption) : side;
	if (height > room_left(s) && s->y > s->top)
		new_page(s);
	struct mark *m = set_mark(s, MARK_CODE, MARGIN, s->y);
	if (m) {
		m->width = side;
		m->height = side;
		m->code = s->codes;
	}
	s->codes++;
	set_lines(s, s->page, caption, MARGIN + side + 12, s->y + 8, 0);
	s->y += height + 8;
}

static void cut(struct set *s)
{
	enum { DASHES = 80 };
	double step = TEXT_WIDTH / DASHES;

	if (room_left(s) < 2 * PAD)
		return;
	s->y += PAD;
	for (unsigned i = 0; i < DASHES; i++)
		box(s, MARK_FILL, MARGIN + i * step, s->y, step * 0.6, 0.5, 0);
	s->y += PAD;
}

static void place(struct set *s, const struct page *p, size_t i, struct titles *t)
{
	const struct page_part *part = &p->part[i];
	bool before_row = i > 0 && p->part[i - 1].kind == PART_ROW;
	struct row r = {0};

	if (before_row && part->kind != PART_ROW)
		s->y += 8;
	switch (part->kind) {
	case PART_HEADING:
		heading(s, part, p->parts - i - 1);
		break;
	case PART_PARAGRAPH:
		single(s, FACE_TEXT, TEXT_SIZE, part->text, 5);
		break;
	case PART_FIXED:
		single(s, FACE_FIXED, FIXED_SIZE, part->text, 5);
		break;
	case PART_PAIR:
		pair(s, part);
		break;
	case PART_WARNING:
		warning(s, part);
		break;
	case PART_TABLE:
		titles_begin(s, part, t);
		break;
	case PART_ROW:
		if (!t->part)
			break;
		row_cells(s, &r, t->part, part->cell, false);
		row_place(s, &r, t);
		break;
	case PART_BLANKS:
		blanks(s, part);
		break;
	case PART_CODE:
		code(s, part);
		break;
	case PART_CUT:
		cut(s);
		break;
	case PART_BREAK:
		if (s->y > s->top)
			new_page(s);
		break;
	}
}

int set_document(struct set *s, const struct page *p, struct error *e)
{
	struct titles titles = {0};

	s->e = e;
	s->y = s->top;
	PangoLayout *title = set_text(s, FACE_BOLD, 18, TEXT_WIDTH, p->title, 0);
	if (title) {
		set_lines(s, 0, title, MARGIN, s->y, 0);
		s->y += set_height(title) + 10;
	}
	for (size_t i = 0; i < p->parts && !s->failed; i++)
		place(s, p, i, &titles);
	return s->failed ? -1 : 0;
}

void set_free(struct set *s)
{
	for (size_t i = 0; i < s->layouts; i++)
		g_object_unref(s->layout[i]);
	for (size_t i = 0; i < s->codes; i++)
		qr_free(&s->code[i]);
	free(s->layout);
	free(s->code);
	free(s->mark);
	if (s->context)
		g_object_unref(s->context);
	memset(s, 0, sizeof(*s));
}
