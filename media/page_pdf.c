#include "media/page_set.h"

#include <string.h>

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include "base/text.h"

#define BAND_SIZE 10.0

/* What stands on every page: bands above, the title from the second page on, origin and number below. */
static void frame(struct set *s, const struct page *p)
{
	unsigned pages = s->page + 1;
	struct bytes below = {0};

	bytes_printf(&below, "%s\n%s", p->footer, p->program);

	for (unsigned n = 0; n < pages && !s->failed; n++) {
		double y = 22;
		char number[32];
		int width, height;

		s->page = n;
		for (size_t i = 0; i < PAGE_BANDS; i++) {
			struct mark *m;
			if (!p->band[i])
				continue;
			PangoLayout *band = set_text(s, FACE_BOLD, BAND_SIZE, TEXT_WIDTH - 12, p->band[i], 0);
			m = band ? set_mark(s, MARK_FILL, MARGIN, y) : NULL;
			if (!m)
				goto out;
			m->width = TEXT_WIDTH;
			m->height = set_height(band) + 4;
			set_lines(s, n, band, MARGIN + 6, y + 2, 1);
			y += set_height(band) + 7;
		}
		if (n) {
			PangoLayout *title = set_text(s, FACE_TEXT, 7, TEXT_WIDTH, p->title, 0);
			if (title)
				set_lines(s, n, title, MARGIN, y, 0);
		}
		snprintf(number, sizeof(number), "%u / %u", n + 1, pages);
		PangoLayout *count = set_text(s, FACE_TEXT, 8, 0, number, 0);
		PangoLayout *foot = set_text(s, FACE_FIXED, 6.5, TEXT_WIDTH - 50, bytes_string(&below), 0);
		if (!count || !foot)
			goto out;
		pango_layout_get_size(count, &width, &height);
		set_lines(s, n, foot, MARGIN, SHEET_HEIGHT - MARGIN + 6, 0);
		set_lines(
		        s, n, count, SHEET_WIDTH - MARGIN - (double)width / PANGO_SCALE, SHEET_HEIGHT - MARGIN + 6, 0);
	}
out:
	s->page = pages - 1;
	bytes_free(&below);
}

/* How far down the bands reach. */
static double bands_end(struct set *s, const struct page *p)
{
	double y = 22;
	for (size_t i = 0; i < PAGE_BANDS; i++)
		if (p->band[i]) {
			PangoLayout *band = set_text(s, FACE_BOLD, BAND_SIZE, TEXT_WIDTH - 12, p->band[i], 0);
			y += band ? set_height(band) + 7 : 0;
		}
	return y + 18;
}

static void draw_code(cairo_t *cr, const struct mark *m, const struct qr *qr)
{
	double module = m->width / (qr->size + 2 * QR_QUIET);

	for (unsigned y = 0; y < qr->size; y++)
		for (unsigned x = 0, end; x < qr->size; x = end) {
			for (end = x; end < qr->size && qr->module[y * qr->size + end]; end++)
				;
			if (end > x)
				cairo_rectangle(cr, m->x + (x + QR_QUIET) * module, m->y + (y + QR_QUIET) * module,
				        (end - x) * module, module);
			else
				end++;
		}
	cairo_set_source_rgb(cr, 0, 0, 0);
	cairo_fill(cr);
}

static void draw(cairo_t *cr, const struct mark *m, const struct set *s)
{
	switch (m->kind) {
	case MARK_LINE:
		cairo_set_source_rgb(cr, m->heavy, m->heavy, m->heavy);
		cairo_move_to(cr, m->x, m->y);
		pango_cairo_show_layout_line(cr, m->line);
		break;
	case MARK_FRAME:
		cairo_set_source_rgb(cr, 0, 0, 0);
		cairo_set_line_width(cr, m->heavy);
		cairo_rectangle(cr, m->x, m->y, m->width, m->height);
		cairo_stroke(cr);
		break;
	case MARK_FILL:
		cairo_set_source_rgb(cr, m->heavy, m->heavy, m->heavy);
		cairo_rectangle(cr, m->x, m->y, m->width, m->height);
		cairo_fill(cr);
		break;
	case MARK_CODE:
		draw_code(cr, m, &s->code[m->code]);
		break;
	}
}

static cairo_status_t take(void *closure, const unsigned char *data, unsigned len)
{
	struct bytes *out = closure;
	bytes_add(out, data, len);
	return out->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static void describe(cairo_surface_t *surface, const struct page *p, const struct bytes *creator)
{
	char time[TIME_TEXT];

	time_format_seconds(p->time / 1000, time);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, p->title);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, p->footer);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, bytes_string(creator));
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, time);
}

/* Draws page by page: a page's own marks stand together, what stands on every page behind all of them. */
static int draw_all(struct set *s, const struct page *p, size_t own, const struct bytes *creator, struct bytes *out,
        struct error *e)
{
	cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(take, out, SHEET_WIDTH, SHEET_HEIGHT);
	cairo_t *cr = cairo_create(surface);
	size_t at = 0, every = own;
	int rc = 0;

	cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5);
	describe(surface, p, creator);
	for (unsigned n = 0; n <= s->page; n++) {
		for (; every < s->marks && s->mark[every].page == n; every++)
			draw(cr, &s->mark[every], s);
		for (; at < own && s->mark[at].page == n; at++)
			draw(cr, &s->mark[at], s);
		cairo_show_page(cr);
	}
	cairo_destroy(cr);
	cairo_surface_finish(surface);
	if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
		rc = error_set(e, ERROR_INTERNAL, "the PDF could not be drawn: %s",
		        cairo_status_to_string(cairo_surface_status(surface)));
	cairo_surface_destroy(surface);
	return rc == 0 ? bytes_end(out, e) : rc;
}

int page_pdf(struct page *p, struct bytes *out, struct error *e)
{
	struct set s = {.e = e, .bottom = SHEET_HEIGHT - MARGIN - 6};
	struct bytes creator = {0};
	int rc = -1;

	bytes_clear(out);
	bytes_printf(&creator, "%s; ", p->program ? p->program : "tachiai");
	if (page_check(p, e) < 0 || !(s.context = page_context(p->language, &creator, e)) || bytes_end(&creator, e) < 0)
		goto out;
	s.top = bands_end(&s, p);
	if (s.failed || set_document(&s, p, e) < 0)
		goto out;
	size_t own = s.marks;
	frame(&s, p);
	if (s.failed || draw_all(&s, p, own, &creator, out, e) < 0)
		goto out;
	p->pages = s.page + 1;
	rc = 0;
out:
	set_free(&s);
	bytes_free(&creator);
	return rc;
}
