/* Private to media/page*.c: the parts of a document, and its fonts. */
#ifndef MEDIA_PAGE_PRIVATE_H
#define MEDIA_PAGE_PRIVATE_H

#include <pango/pango.h>

#include "media/page.h"

enum page_kind {
	PART_HEADING,
	PART_PARAGRAPH,
	PART_FIXED,
	PART_PAIR,
	PART_WARNING,
	PART_TABLE,
	PART_ROW,
	PART_BLANKS,
	PART_CODE,
	PART_CUT,
	PART_BREAK
};

struct page_part {
	enum page_kind kind;
	unsigned level;     /* of a heading; of a code its millimetres */
	bool fixed;         /* of a pair */
	char *label, *text; /* label of a pair, title of a warning, caption of blanks and codes; NULL: none */
	size_t count;       /* of cells, columns or fields */
	char *cell[PAGE_COLUMNS];
	unsigned width[PAGE_COLUMNS], flags[PAGE_COLUMNS]; /* of a table's columns, of blanks */
	struct bytes payload;                              /* of a code */
};

struct page {
	char *title, *footer, *language, *program;
	char *band[PAGE_BANDS];
	int64_t time;
	struct page_part *part;
	size_t parts, room;
	size_t columns; /* of the table that is open; 0: none */
	unsigned pages;
	bool failed; /* an allocation did */
};

/* Is every text of it printable? -1 with `e` (also for want of memory before). */
int page_check(const struct page *p, struct error *e);

enum page_face { FACE_TEXT, FACE_BOLD, FACE_FIXED };
extern const char *const page_families[3]; /* by face */

/* Fonts of the one family that the pages are set in, found in the system's font directories and nowhere else: no
 * configuration of a user, of the system or of the environment has a say. Appends to `setting` what page_setting()
 * does. NULL with `e` when they are not there. Freed by g_object_unref(). */
PangoContext *page_context(const char *language, struct bytes *setting, struct error *e);
/* -1 with `e` naming the characters for which the fonts have no glyph. */
int page_covered(PangoLayout *layout, struct error *e);

#endif
