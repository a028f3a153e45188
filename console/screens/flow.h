/* Rows of text as they stand on the screen: wrapped to a width in cells, each with a style. Knows no terminal. */
#ifndef SCREENS_FLOW_H
#define SCREENS_FLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/message.h"
#include "steps/prompt.h"

enum { FLOW_SECRETS = 12 };

enum flow_style {
	FLOW_PLAIN,
	FLOW_HEADING,
	FLOW_WARNING,
	FLOW_FIXED,
	FLOW_DIM,
	FLOW_ENTRY,  /* what is being typed */
	FLOW_CHOSEN, /* the choice the arrows stand on */
	FLOW_NOW,
	FLOW_DONE
};

struct flow_row {
	size_t at, len;
	enum flow_style style;
};

struct flow {
	struct bytes text;
	struct flow_row *row;
	size_t rows, room;
	bool failed;
	bool has_cursor; /* where typing goes */
	size_t cursor_row;
	unsigned cursor_column;
	/* Parts of secrets that are drawn behind the text of their rows, straight from guarded memory. */
	struct flow_secret {
		const uint8_t *data;
		size_t len, row;
	} secret[FLOW_SECRETS];
	unsigned secrets;
};

/* Appends `text`, wrapped at `width` cells; line feeds end rows. `lead` (may be NULL) stands before the first row,
 * blanks of its width before the others. FLOW_FIXED is cut between any two characters. Both are made visible first. */
void flow_add(struct flow *f, enum flow_style style, unsigned width, const char *lead, const char *text);
void flow_message(struct flow *f, enum flow_style style, unsigned width, const struct message *m);
/* An empty row. */
void flow_gap(struct flow *f);
/* The document of a prompt. */
void flow_lines(struct flow *f, unsigned width, const struct line *line, size_t lines);
/* The cursor stands behind the last row's text. */
void flow_cursor_here(struct flow *f);
/* `len` bytes of a secret stand behind the last row's text; they are borrowed. */
void flow_secret_here(struct flow *f, const void *data, size_t len);
const char *flow_text(const struct flow *f, size_t row, size_t *len);
void flow_free(struct flow *f);

/* What of `count` rows to show in `height` of them so that `wanted` is in view, near the middle. */
size_t flow_first(size_t count, size_t height, size_t wanted);

#endif
