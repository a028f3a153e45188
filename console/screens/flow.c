#include "screens/flow.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "screens/say.h"

enum { INDENT_MAX = 16 };

static void flow_row_add(
        struct flow *f, enum flow_style style, const char *lead, unsigned blanks, const char *text, size_t len)
{
	if (f->rows == f->room) {
		size_t room = f->room ? f->room * 2 : 64;
		struct flow_row *larger = reallocarray(f->row, room, sizeof(*larger));

		if (!larger) {
			f->failed = true;
			return;
		}
		f->row = larger;
		f->room = room;
	}
	f->row[f->rows] = (struct flow_row){.at = f->text.len, .style = style};
	if (lead)
		bytes_text(&f->text, lead);
	else
		for (unsigned i = 0; i < blanks; i++)
			bytes_byte(&f->text, ' ');
	bytes_add(&f->text, text, len);
	f->row[f->rows].len = f->text.len - f->row[f->rows].at;
	f->rows++;
}

/* How many bytes of `text` make the next row, and how many to leave out behind them. Always goes forward. */
static size_t flow_piece(enum flow_style style, const char *text, size_t len, unsigned cells, size_t *skip)
{
	size_t piece, line = strcspn(text, "\n");

	*skip = 0;
	if (style == FLOW_FIXED) {
		piece = text_fit(text, line < len ? line : len, cells);
		*skip = piece == line && line < len;
		/* Words for reading aloud are data too: rather than within one, cut at a blank of the row's second
		 * half. */
		for (size_t i = piece; piece < line && i > piece / 2; i--)
			if (text[i] == ' ') {
				piece = i;
				*skip = 1;
				break;
			}
	} else {
		piece = text_wrap(text, len, cells, skip);
	}
	if (piece + *skip == 0)
		text_next(text, len, &piece);
	return piece + *skip == 0 ? len : piece;
}

void flow_add(struct flow *f, enum flow_style style, unsigned width, const char *lead, const char *text)
{
	struct bytes before = {0}, visible = {0};
	unsigned blanks, cells;
	size_t len, skip;
	bool first = true;

	/* Before it is wrapped: what is shown may be longer than what came. */
	text_visible(&before, lead ? lead : "", lead ? strlen(lead) : 0);
	text_lines(&visible, text, strlen(text));
	f->failed = f->failed || before.failed || visible.failed;
	text = bytes_string(&visible);
	len = visible.len;
	blanks = text_cells(bytes_string(&before), before.len);
	cells = width > blanks + 1 ? width - blanks : 2;
	do {
		size_t piece = len ? flow_piece(style, text, len, cells, &skip) : 0;

		flow_row_add(f, style, first ? bytes_string(&before) : NULL, blanks, text, piece);
		if (len == 0)
			break;
		text += piece + skip;
		len -= piece + skip;
		first = false;
	} while (len > 0);
	bytes_free(&before);
	bytes_free(&visible);
}

void flow_message(struct flow *f, enum flow_style style, unsigned width, const struct message *m)
{
	struct bytes text = {0};

	if (!m->id)
		return;
	say_message(&text, m);
	flow_add(f, style, width, NULL, bytes_string(&text));
	bytes_free(&text);
}

void flow_gap(struct flow *f)
{
	if (f->rows > 0 && f->row[f->rows - 1].len > 0)
		flow_row_add(f, FLOW_PLAIN, NULL, 0, "", 0);
}

/* Data that is longer than a row goes on under its own beginning. */
static void flow_fixed(struct flow *f, unsigned width, const char *text)
{
	size_t blanks = strspn(text, " ");
	char lead[INDENT_MAX + 1] = {0};

	if (blanks > INDENT_MAX || blanks > width / 2)
		blanks = 0;
	memset(lead, ' ', blanks);
	flow_add(f, FLOW_FIXED, width, lead, text + blanks);
}

void flow_lines(struct flow *f, unsigned width, const struct line *line, size_t lines)
{
	static const enum flow_style style[] = {
	        [LINE_PLAIN] = FLOW_PLAIN, [LINE_HEADING] = FLOW_HEADING, [LINE_WARNING] = FLOW_WARNING};

	for (size_t i = 0; i < lines; i++) {
		struct bytes text = {0};

		if (line[i].message.id)
			say_message(&text, &line[i].message);
		else if (line[i].text)
			bytes_text(&text, line[i].text);
		if (line[i].style == LINE_FIXED)
			flow_fixed(f, width, bytes_string(&text));
		else /* The words say it too: a warning is never only a colour. */
			flow_add(f, style[line[i].style], width, line[i].style == LINE_WARNING ? "! " : NULL,
			        bytes_string(&text));
		bytes_free(&text);
	}
}

void flow_cursor_here(struct flow *f)
{
	const struct flow_row *row;

	if (f->rows == 0)
		return;
	row = &f->row[f->rows - 1];
	f->has_cursor = true;
	f->cursor_row = f->rows - 1;
	f->cursor_column = text_cells(bytes_string(&f->text) + row->at, row->len);
}

void flow_secret_here(struct flow *f, const void *data, size_t len)
{
	if (f->rows > 0 && f->secrets < FLOW_SECRETS)
		f->secret[f->secrets++] = (struct flow_secret){.data = data, .len = len, .row = f->rows - 1};
}

const char *flow_text(const struct flow *f, size_t row, size_t *len)
{
	*len = f->row[row].len;
	return bytes_string(&f->text) + f->row[row].at;
}

void flow_free(struct flow *f)
{
	bytes_free(&f->text);
	free(f->row);
	*f = (struct flow){0};
}

size_t flow_first(size_t count, size_t height, size_t wanted)
{
	size_t first;

	if (count <= height || wanted < height / 2)
		return 0;
	first = wanted - height / 2;
	return first > count - height ? count - height : first;
}
