/* A printed document: headings, paragraphs, tables, codes and places to sign, put together once and then rendered as
 * PDF (A4, every font embedded) and as plain text with the same words. It knows no language and translates nothing: all
 * texts come in ready. The same calls give the same bytes with the same version of cairo, pango and the fonts: no
 * clock, no locale, no environment. Links cairo, pango and fontconfig: for programs of their own, never the console. */
#ifndef MEDIA_PAGE_H
#define MEDIA_PAGE_H

#include "base/bytes.h"
#include "base/error.h"

enum { PAGE_BANDS = 3, PAGE_COLUMNS = 8, PAGE_TEXT_COLUMNS = 80 };

/* What is the same on every page. Copied; `title`, `footer` and `language` must be given. */
struct page_head {
	const char *title;
	const char *footer;           /* what the paper belongs to: the origin and a hash, on the left of "n / N" */
	const char *language;         /* "en" or "ja": which glyphs Japanese and Chinese share are drawn how */
	const char *band[PAGE_BANDS]; /* warnings across the top of every page, in the plain text too; NULL: none */
	const char *program;          /* "tachiai 0.1.0": for the PDF's own properties */
	int64_t time;                 /* ms since 1970, the PDF's date of making: of what it prints, never now */
};

/* How a table's column is set. */
enum page_column_flags {
	PAGE_PLAIN = 0,
	PAGE_FIXED = 1, /* fixed pitch, for hashes and numbers */
	PAGE_BOX = 2    /* to be filled by hand (initials): its rows are high enough for a pen */
};
struct page_column {
	const char *title;
	unsigned width; /* parts of the text's width; all columns share it by their parts */
	unsigned flags;
};

struct page;

/* NULL with `e`. Freed by page_free(). */
struct page *page_new(const struct page_head *head, struct error *e);
void page_free(struct page **p);

/* The parts, in order. Every text is copied, must be valid UTF-8 without hidden characters (text_visible() makes it so;
 * LF breaks a line), and is otherwise refused when it is rendered. A failed allocation is told then, too. */
void page_heading(struct page *p, unsigned level, const char *text); /* level 1 to 3; stays with what follows it */
void page_paragraph(struct page *p, const char *text);
/* Lines in fixed pitch as they are; those too long for the page are broken. */
void page_fixed(struct page *p, const char *text);
/* A label and its value on one line or more; `fixed`: the value in fixed pitch. */
void page_pair(struct page *p, const char *label, const char *value, bool fixed);
/* A box with a heavy frame, never parted unless it is longer than a page. `title` may be NULL. */
void page_warning(struct page *p, const char *title, const char *text);
/* Begins a table of up to PAGE_COLUMNS columns; its title row is said again on every page. It ends with the next part
 * that is no row. */
void page_table(struct page *p, const struct page_column *columns, size_t count);
/* A row: as many cells as the table has columns; NULL: empty. A row is not parted unless it is longer than a page. */
void page_row(struct page *p, const char *const *cells);
/* Lines to write on by hand: `caption` (a person, a role), then a ruled line over each label, side by side, by the
 * parts of their widths. Never parted. */
void page_blanks(struct page *p, const char *caption, const struct page_column *fields, size_t count);
/* A QR code of error correction level M (at most 2331 bytes), about `millimetres` a side, with its caption. In the
 * plain text stands the payload itself: as lines where it is text, else in base64. */
void page_code(struct page *p, const void *data, size_t len, unsigned millimetres, const char *caption);
/* A line across the page to cut along; left out where the page has no room for it. */
void page_cut(struct page *p);
/* What follows begins a new page. */
void page_break(struct page *p);

/* Sets the bytes of the PDF, or appends the plain text (80 columns, LF). -1 with `e`: no memory, a text that may not be
 * printed, no font that covers it (ERROR_MISSING: which characters, which font is wanted). */
int page_pdf(struct page *p, struct bytes *out, struct error *e);
int page_text(const struct page *p, struct bytes *out, struct error *e);
/* How many pages page_pdf() last made of it; 0 before. */
unsigned page_count(const struct page *p);
/* What the bytes of a PDF depend on beside its words: versions of cairo, pango and the fonts. Appended. */
int page_setting(struct bytes *out, struct error *e);

#endif
