/* A QR code with its hash in hex and words. It takes the whole window: every row is needed at 80 by 24. */
#include "screens/console.h"

#include <string.h>

#include "base/text.h"
#include "screens/say.h"
#include "screens/slip.h"

enum { SIDE_LEAST = 31 };

/* The largest form of the code that fits; false when none does, with the window it would take. */
static bool code_fits(unsigned side, struct area a, bool *large, int *rows, int *columns)
{
	for (*large = true;; *large = false) {
		paint_code_cells(side, *large, rows, columns);
		if (*rows <= a.height && *columns + SIDE_LEAST <= a.width)
			return true;
		if (!*large)
			return false;
	}
}

static void hash_flow(const uint8_t sha[32], unsigned width, struct flow *out)
{
	struct bytes text = {0};

	say_hex_groups(&text, sha, 32);
	flow_add(out, FLOW_DIM, width, NULL, "SHA-256");
	flow_add(out, FLOW_ENTRY, width, NULL, bytes_string(&text));
	bytes_clear(&text);
	say_words(&text, sha, 32);
	flow_add(out, FLOW_DIM, width, NULL, _("PGP words:"));
	flow_add(out, FLOW_PLAIN, width, NULL, bytes_string(&text));
	bytes_free(&text);
}

static void too_small_flow(int rows, int columns, unsigned width, struct flow *out)
{
	struct bytes text = {0};

	bytes_printf(&text, _("The QR code needs a window of %d by %d cells: enlarge it, or make its letters smaller."),
	        columns + SIDE_LEAST, rows < CONSOLE_ROWS ? CONSOLE_ROWS : rows);
	flow_add(out, FLOW_WARNING, width, "! ", bytes_string(&text));
	bytes_free(&text);
}

/* The right-hand column: band, clock, then what scrolls, then what is answered. */
static struct shown side_draw(const struct console *c, struct area a, const struct flow *top, const struct flow *bottom)
{
	struct bytes text = {0};
	struct shown shown;

	if (c->v->rehearsal || c->v->software) {
		frame_band(c, a.y++, a.x, a.width);
		a.height--;
	}
	say_clock(&text, time_now_ms(), false);
	bytes_printf(&text, _("  Log %llu"), (unsigned long long)c->v->size);
	paint_row(a.y++, a.x, a.width, PAINT_BAR, bytes_string(&text));
	a.height--;
	shown = body_split(a, top, bottom, c->overlay ? c->over_scroll : c->scroll);
	bytes_free(&text);
	return shown;
}

static void prompt_top(const struct console *c, unsigned width, struct flow *out)
{
	flow_message(out, FLOW_HEADING, width, &c->p->title);
}

static void prompt_rest(const struct console *c, unsigned width, struct flow *out)
{
	flow_gap(out);
	if (c->p->say)
		flow_add(out, FLOW_PLAIN, width, NULL, c->p->say);
	flow_lines(out, width, c->p->line, c->p->lines);
}

/* Draws the code of `data` at the left and the flows beside it. */
static struct shown code_draw(const struct console *c, struct area a, const struct bytes *data, const uint8_t sha[32],
        struct flow *top, struct flow *bottom,
        void (*top_flow)(const struct console *c, unsigned width, struct flow *out),
        void (*bottom_flow)(const struct console *c, unsigned width, struct flow *out))
{
	int rows = 0, columns = 0;
	struct error e = {0};
	struct qr qr = {0};
	bool large = false;
	unsigned width;

	if (qr_make(&qr, data->data, data->len, &e) < 0) {
		flow_message(top, FLOW_WARNING, (unsigned)a.width, &e.message);
	} else if (code_fits(qr.size + 2 * QR_QUIET, a, &large, &rows, &columns)) {
		paint_code(a.y, a.x, &qr, large);
		a.x += columns + 1;
		a.width -= columns + 1;
	} else {
		too_small_flow(rows, columns, (unsigned)a.width, top);
	}
	width = (unsigned)a.width;
	top_flow(c, width, top);
	hash_flow(sha, width, top);
	if (!c->overlay)
		prompt_rest(c, width, top);
	bottom_flow(c, width, bottom);
	qr_free(&qr);
	return side_draw(c, a, top, bottom);
}

static void prompt_bottom(const struct console *c, unsigned width, struct flow *out)
{
	form_flow(c->form, width, out);
	if (c->hint)
		flow_add(out, FLOW_WARNING, width, "! ", _(c->hint));
	flow_add(out, FLOW_DIM, width, NULL, _("[Enter] go on [PgUp PgDn] read [F9] Menu [F10] Pause"));
}

static struct shown prompt_draw(const struct console *c, struct area a)
{
	struct flow top = {0}, bottom = {0};
	struct shown shown = code_draw(c, a, &c->p->code, c->p->code_sha256, &top, &bottom, prompt_top, prompt_bottom);

	flow_free(&top);
	flow_free(&bottom);
	return shown;
}

static bool prompt_key(struct console *c, const struct press *key)
{
	if (scroll_press(&c->scroll, &c->shown, key, c->form->fields == 0))
		return false;
	if (form_press(c->form, key) == FORM_GIVE)
		console_give(c);
	return false;
}

const struct screen_ops screen_code = {
        .name = "code",
        .whole = true,
        .draw = prompt_draw,
        .key = prompt_key,
};

static const struct view_artifact *artifact_chosen(const struct console *c)
{
	return c->over_cursor < c->v->artifacts ? &c->v->artifact[c->over_cursor] : NULL;
}

static void artifact_top(const struct console *c, unsigned width, struct flow *out)
{
	flow_add(out, FLOW_HEADING, width, NULL, artifact_chosen(c)->path);
}

static void artifact_bottom(const struct console *c, unsigned width, struct flow *out)
{
	(void)c;
	flow_add(out, FLOW_DIM, width, NULL, _("[Esc] back [PgUp PgDn] read"));
}

static struct shown artifact_draw(const struct console *c, struct area a)
{
	const struct view_artifact *artifact = artifact_chosen(c);
	struct flow top = {0}, bottom = {0};
	struct shown shown = {0};
	struct bytes hex = {0};
	uint8_t sha[32];

	if (!artifact || hex_decode(artifact->sha256, strlen(artifact->sha256), sha, sizeof(sha)) < 0)
		return shown;
	bytes_text(&hex, artifact->sha256);
	shown = code_draw(c, a, &hex, sha, &top, &bottom, artifact_top, artifact_bottom);
	bytes_free(&hex);
	flow_free(&top);
	flow_free(&bottom);
	return shown;
}

static bool artifact_key(struct console *c, const struct press *key)
{
	if (key->kind == PRESS_ESCAPE || key->kind == PRESS_ENTER) {
		console_open(c, &overlay_artifacts);
		return false;
	}
	scroll_press(&c->over_scroll, &c->over_shown, key, true);
	return false;
}

const struct screen_ops overlay_artifact_code = {
        .name = "artifact code",
        .whole = true,
        .draw = artifact_draw,
        .key = artifact_key,
};

static void slip_top(const struct console *c, unsigned width, struct flow *out)
{
	flow_add(out, FLOW_HEADING, width, NULL, _("The checkpoint's text, and its own hash"));
	slip_flow(c->v, width, out);
}

static struct shown slip_draw(const struct console *c, struct area a)
{
	struct flow top = {0}, bottom = {0};
	struct shown shown = {0};
	struct bytes text = {0};
	uint8_t sha[32];

	slip_text(c->v, &text);
	if (bytes_end(&text, NULL) == 0 && sha256(text.data, text.len, sha) == 0)
		shown = code_draw(c, a, &text, sha, &top, &bottom, slip_top, artifact_bottom);
	bytes_free(&text);
	flow_free(&top);
	flow_free(&bottom);
	return shown;
}

static bool slip_key(struct console *c, const struct press *key)
{
	return !scroll_press(&c->over_scroll, &c->over_shown, key, true) &&
	       (key->kind == PRESS_ESCAPE || key->kind == PRESS_ENTER);
}

const struct screen_ops overlay_slip_code = {
        .name = "slip code",
        .whole = true,
        .draw = slip_draw,
        .key = slip_key,
};
