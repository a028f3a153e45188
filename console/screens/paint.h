/* Drawing on the terminal: the only place, with console.c, that calls curses. */
#ifndef SCREENS_PAINT_H
#define SCREENS_PAINT_H

#include "media/qr.h"
#include "screens/flow.h"

struct area {
	int y, x, height, width;
};

enum paint_style { PAINT_TITLE, PAINT_BAND, PAINT_BAR, PAINT_KEYS, PAINT_RULE };

/* Takes the terminal over. -1 with `e` when it is too simple for screens (a dumb one, or none). */
int paint_start(struct error *e);
void paint_stop(void);
/* The window changed. */
void paint_resize(void);
/* Every cell is sent again at the next paint_show(). */
void paint_redraw(void);
/* Nothing that was shown can be scrolled back to: at once, or as soon as the line takes it. */
void paint_forget(void);
/* Sends on what the line takes. False while something that was painted is not out yet: whoever paints over it wastes
 * the line's time, and nobody has seen it. */
bool paint_ready(void);
/* To be polled for POLLOUT while something is not out; -1: all is. */
int paint_fd(void);
void paint_size(int *rows, int *columns);
bool paint_is_utf8(void);
/* Are half blocks to be had? Not without UTF-8, and not in most fonts of the plain Linux console. */
bool paint_has_half_blocks(void);

void paint_clear(void);
void paint_show(void);
/* One row of `width` cells, filled; text that is longer is cut between characters. */
void paint_row(int y, int x, int width, enum paint_style style, const char *text);
/* A row of keys: what stands in square brackets is shown without them, in reverse video. */
void paint_keys(int y, const char *text);
void paint_rule(int y, int x, int width);
void paint_column(int y, int x, int height);
/* Rows of `flow` from `first` on. The cursor is set when it is among them and `cursor` says so. */
void paint_flow(struct area a, const struct flow *flow, size_t first, bool cursor);
/* Cells that a code of `side` modules takes as half blocks, or (`spaces`) as two blanks a module, which is larger. */
void paint_code_cells(unsigned side, bool spaces, int *rows, int *columns);
void paint_code(int y, int x, const struct qr *qr, bool spaces);

#endif
