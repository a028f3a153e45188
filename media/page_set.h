/* Private to media/page_*.c: where everything stands on the pages, before anything is drawn. */
#ifndef MEDIA_PAGE_SET_H
#define MEDIA_PAGE_SET_H

#include "media/page_private.h"
#include "media/qr.h"

/* Points. A4 is 210 mm by 297 mm. */
#define SHEET_WIDTH  595.276
#define SHEET_HEIGHT 841.890
#define MARGIN       54.0
#define TEXT_WIDTH   (SHEET_WIDTH - 2 * MARGIN)
#define FOOT_HEIGHT  24.0

enum mark_kind { MARK_LINE, MARK_FRAME, MARK_FILL, MARK_CODE };
/* One thing to be drawn. */
struct mark {
	enum mark_kind kind;
	unsigned page;              /* from 0 */
	double x, y, width, height; /* MARK_LINE: the baseline's beginning */
	double heavy;               /* of a frame: its stroke; of a fill: its grey, 0 is black */
	PangoLayoutLine *line;      /* white on a black band when `heavy` is 1 */
	size_t code;                /* index in `codes` */
};

/* What all lines and boxes of a document are put into. */
struct set {
	PangoContext *context;
	struct mark *mark;
	size_t marks, room;
	PangoLayout **layout; /* owned: the lines point into them */
	size_t layouts, layout_room;
	struct qr *code;
	size_t codes;
	unsigned page;
	double y, top, bottom; /* where the next part goes; the page's own room */
	struct error *e;
	bool failed; /* with `e` */
};

/* Text in a face at a size, broken at `width` (0: not). Owned by the set; NULL: failed. The first `bold` bytes are
 * bold. */
PangoLayout *set_text(struct set *s, enum page_face face, double points, double width, const char *text, size_t bold);
double set_height(PangoLayout *layout);
struct mark *set_mark(struct set *s, enum mark_kind kind, double x, double y); /* NULL: failed */
/* All lines of it, from `y` down on page `page`. */
void set_lines(struct set *s, unsigned page, PangoLayout *layout, double x, double y, double white);
/* Puts all parts of the document onto pages. -1 with `e`. */
int set_document(struct set *s, const struct page *p, struct error *e);
void set_free(struct set *s);

#endif
