#include "screens/paint.h"

#include <langinfo.h>
#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "screens/terminal.h"

enum {
	COLOUR_BAND = 1,
	COLOUR_WARNING,
	COLOUR_NOW,
	COLOUR_DONE,
	COLOUR_HEADING,
	COLOUR_DARK_ON_LIGHT,
	COLOUR_LIGHT_ON_DARK
};

/* Colours only where the terminal has them and nobody asked for none (no-color.org); no style is a colour alone. */
static bool paint_colours(void)
{
	const char *none = getenv("NO_COLOR");

	return has_colors() && !(none && *none);
}

static void colours_make(void)
{
	short light = COLORS >= 16 ? 15 : COLOR_WHITE;

	if (!has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(COLOUR_BAND, COLOR_BLACK, COLOR_YELLOW);
	init_pair(COLOUR_WARNING, COLOR_RED, -1);
	init_pair(COLOUR_NOW, COLOR_CYAN, -1);
	init_pair(COLOUR_DONE, COLOR_GREEN, -1);
	init_pair(COLOUR_HEADING, -1, -1);
	/* A code is dark on light on every terminal: both colours are said, also under NO_COLOR, where it would be
	 * unreadable. */
	init_pair(COLOUR_DARK_ON_LIGHT, COLOR_BLACK, light);
	init_pair(COLOUR_LIGHT_ON_DARK, light, COLOR_BLACK);
}

static attr_t paint_attr(attr_t attr, int colour)
{
	return paint_colours() ? attr | (attr_t)COLOR_PAIR(colour) : attr;
}

int paint_start(struct error *e)
{
	const char *term = getenv("TERM");

	if (!term || !*term || strcmp(term, "dumb") == 0 || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	        terminal_begin() < 0)
		return error_set(e, ERROR_MISSING,
		        N_("This terminal cannot show screens; the ceremony goes on in plain lines."));
	if (!tigetstr("cup") || tigetstr("cup") == (char *)-1) {
		endwin();
		terminal_end();
		return error_set(e, ERROR_MISSING,
		        N_("This terminal cannot show screens; the ceremony goes on in plain lines."));
	}
	typeahead(-1); /* keys are read by the console itself */
	leaveok(stdscr, FALSE);
	colours_make();
	terminal_control("\033[?2004h"); /* bracketed paste: tells pasted text from typed */
	return 0;
}

void paint_resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
	clearok(curscr, TRUE);
}

void paint_redraw(void)
{
	clearok(curscr, TRUE);
}

/* Screens that are to be forgotten as soon as the line takes more: paint_forget() had to wait. */
static bool forget_due;

static void forget(void)
{
	char *scrollback = tigetstr("E3"); /* xterm and the Linux console: clears the scrollback */

	erase();
	clearok(curscr, TRUE);
	refresh();
	if (scrollback && scrollback != (char *)-1)
		terminal_control(scrollback);
	forget_due = false;
}

void paint_stop(void)
{
	forget();
	terminal_control("\033[?2004l");
	curs_set(1);
	endwin();
	terminal_end();
}

void paint_forget(void)
{
	forget_due = true;
	if (paint_ready())
		forget();
}

int paint_fd(void)
{
	return terminal_fd();
}

bool paint_ready(void)
{
	return terminal_send() == 0 && !terminal_waits();
}

void paint_size(int *rows, int *columns)
{
	*rows = LINES;
	*columns = COLS;
}

bool paint_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void paint_clear(void)
{
	if (forget_due)
		forget();
	erase();
	curs_set(0);
	move(LINES - 1, 0);
}

void paint_show(void)
{
	refresh();
	terminal_send();
}

/* At most `width` cells of `text`; what follows is left as it is. The one place where text gets to the screen: whatever
 * it came from, and whoever forgot, it is made visible here. */
static int paint_text(int y, int x, int width, const char *text, size_t len)
{
	struct bytes visible = {0};
	size_t fits;
	int cells;

	text_visible(&visible, text, len);
	fits = width > 0 ? text_fit(bytes_string(&visible), visible.len, (unsigned)width) : 0;
	if (fits > 0)
		mvaddnstr(y, x, bytes_string(&visible), (int)fits);
	cells = (int)text_cells(bytes_string(&visible), fits);
	bytes_free(&visible);
	return cells;
}

/* Letters and nothing else: no copy is made that nobody wipes. */
static void paint_secret(int y, int x, int width, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len && (int)i < width; i++)
		if (data[i] > ' ' && data[i] < 0x7f)
			mvaddch(y, x + (int)i, data[i]);
}

void paint_row(int y, int x, int width, enum paint_style style, const char *text)
{
	attr_t attr = A_NORMAL;

	switch (style) {
	case PAINT_TITLE:
		attr = A_REVERSE | A_BOLD;
		break;
	case PAINT_BAND:
		attr = paint_colours() ? paint_attr(A_BOLD, COLOUR_BAND) : A_REVERSE | A_BOLD;
		break;
	case PAINT_BAR:
		attr = A_BOLD;
		break;
	case PAINT_KEYS:
	case PAINT_RULE:
		break;
	}
	attrset((int)attr);
	mvhline(y, x, (chtype)' ' | attr, width);
	paint_text(y, x, width, text, strlen(text));
	attrset(A_NORMAL);
}

void paint_keys(int y, const char *text)
{
	int x = 0;

	while (*text && x < COLS) {
		bool key = *text == '[';
		size_t len;

		text += key;
		len = strcspn(text, key ? "]" : "[");
		attrset(key ? A_REVERSE : A_NORMAL);
		x += paint_text(y, x, COLS - x, text, len);
		text += len + (key && text[len] == ']');
	}
	attrset(A_NORMAL);
}

void paint_rule(int y, int x, int width)
{
	if (paint_is_utf8())
		mvhline_set(y, x, WACS_HLINE, width);
	else
		mvhline(y, x, '-', width);
}

void paint_column(int y, int x, int height)
{
	if (paint_is_utf8())
		mvvline_set(y, x, WACS_VLINE, height);
	else
		mvvline(y, x, '|', height);
}

static attr_t flow_attr(enum flow_style style)
{
	switch (style) {
	case FLOW_HEADING:
		return paint_attr(A_BOLD, COLOUR_HEADING);
	case FLOW_WARNING:
		return paint_attr(A_BOLD, COLOUR_WARNING);
	case FLOW_DIM:
		return A_DIM;
	case FLOW_ENTRY:
		return A_BOLD;
	case FLOW_CHOSEN:
		return A_REVERSE;
	case FLOW_NOW:
		return paint_attr(A_BOLD, COLOUR_NOW);
	case FLOW_DONE:
		return paint_attr(A_NORMAL, COLOUR_DONE);
	case FLOW_PLAIN:
	case FLOW_FIXED:
		break;
	}
	return A_NORMAL;
}

/* Secrets go from guarded memory into curses' cells and nowhere else; paint_forget() clears those. */
static void secrets_paint(struct area a, const struct flow *flow, size_t row, int y, int used)
{
	for (unsigned i = 0; i < flow->secrets; i++)
		if (flow->secret[i].row == row)
			paint_secret(y, a.x + used, a.width - used, flow->secret[i].data, flow->secret[i].len);
}

void paint_flow(struct area a, const struct flow *flow, size_t first, bool cursor)
{
	for (int i = 0; i < a.height && first + (size_t)i < flow->rows; i++) {
		size_t row = first + (size_t)i, len;
		const char *text = flow_text(flow, row, &len);
		attr_t attr = flow_attr(flow->row[row].style);
		int used;

		attrset((int)attr);
		if (flow->row[row].style == FLOW_CHOSEN)
			mvhline(a.y + i, a.x, (chtype)' ' | attr, a.width);
		used = paint_text(a.y + i, a.x, a.width, text, len);
		secrets_paint(a, flow, row, a.y + i, used);
		attrset(A_NORMAL);
	}
	if (!cursor || !flow->has_cursor || flow->cursor_row < first || flow->cursor_row >= first + (size_t)a.height)
		return;
	curs_set(1);
	move(a.y + (int)(flow->cursor_row - first),
	        a.x + ((int)flow->cursor_column < a.width ? (int)flow->cursor_column : a.width - 1));
}

bool paint_has_half_blocks(void)
{
	const char *term = termname();

	return paint_is_utf8() && (!term || strcmp(term, "linux") != 0);
}

void paint_code_cells(unsigned side, bool spaces, int *rows, int *columns)
{
	*rows = spaces ? (int)side : (int)(side + 1) / 2;
	*columns = spaces ? (int)side * 2 : (int)side;
}

static bool code_dark(const struct qr *qr, unsigned y, unsigned x)
{
	return y >= QR_QUIET && x >= QR_QUIET && y < qr->size + QR_QUIET && x < qr->size + QR_QUIET &&
	       qr->module[(y - QR_QUIET) * qr->size + x - QR_QUIET];
}

/* On a terminal without colours reverse video is taken for light: true of all that come with a dark ground. */
static void code_colours(bool dark_ground)
{
	if (has_colors())
		attrset((int)COLOR_PAIR(dark_ground ? COLOUR_LIGHT_ON_DARK : COLOUR_DARK_ON_LIGHT));
	else
		attrset(dark_ground ? A_NORMAL : A_REVERSE);
}

static void code_cell_half(const struct qr *qr, unsigned row, unsigned x)
{
	bool upper = code_dark(qr, row * 2, x), lower = code_dark(qr, row * 2 + 1, x);

	/* A dark cell is a blank on dark ground: a full block leaves gaps in some fonts. */
	code_colours(upper && lower);
	addstr(upper == lower ? " " : upper ? "\u2580" : "\u2584");
}

void paint_code(int y, int x, const struct qr *qr, bool spaces)
{
	unsigned side = qr->size + 2 * QR_QUIET;

	for (unsigned row = 0; row < (spaces ? side : (side + 1) / 2); row++) {
		move(y + (int)row, x);
		for (unsigned column = 0; column < side; column++) {
			if (!spaces) {
				code_cell_half(qr, row, column);
				continue;
			}
			code_colours(code_dark(qr, row, column));
			addstr("  ");
		}
	}
	attrset(A_NORMAL);
}
