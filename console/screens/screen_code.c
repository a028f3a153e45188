/* A QR code, or several that turn, with hash in hex and words. It takes the whole window: every row is needed at 80
 * by 24.
 */
#include "screens/console.h"

#include <string.h>

#include "base/text.h"
#include "media/frames.h"
#include "screens/say.h"
#include "screens/slip.h"

/* VERSION_LEAST: a frame of fewer than 26 bytes would make too many of them. */
enum { SIDE_LEAST = 31, VERSION_LEAST = 3, FRAME_MS = 500 };

/* How a payload is shown in a window. */
struct drawing {
	bool spaces;
	int rows, columns;       /* of what is drawn; when nothing fits, of the smallest window that takes something */
	struct frames_plan plan; /* frames 0: one code */
	int one_rows, one_columns; /* window that takes it as one code; 0: none does */
};

static unsigned side_of(unsigned version)
{
	return 17 + 4 * version + 2 * QR_QUIET;
}

static bool side_fits(struct area a, unsigned side, bool spaces, struct drawing *d)
{
	paint_code_cells(side, spaces, &d->rows, &d->columns);
	d->spaces = spaces;
	return d->rows <= a.height && d->columns + SIDE_LEAST <= a.width;
}

/* The larger form where it fits, and half blocks only where the font has them. */
static bool code_fits(const struct console *c, struct area a, unsigned side, struct drawing *d)
{
	return side_fits(a, side, true, d) || (!c->code_spaces && side_fits(a, side, false, d));
}

/* One code, or as few as can be. False: the window is too small for any, or there are too many. */
static bool drawing_plan(const struct console *c, struct area a, size_t len, struct drawing *d, struct error *e)
{
	unsigned side = qr_side(len), version = FRAMES_VERSION;

	*d = (struct drawing){0};
	if (side) {
		paint_code_cells(side, c->code_spaces, &d->one_rows, &d->one_columns);
		d->one_columns += SIDE_LEAST;
		if (d->one_rows < CONSOLE_ROWS)
			d->one_rows = CONSOLE_ROWS;
		if (code_fits(c, a, side, d))
			return true;
	}
	while (version >= VERSION_LEAST && !code_fits(c, a, side_of(version), d))
		version--;
	if (version < VERSION_LEAST)
		return false;
	return frames_plan(len, version, &d->plan, e) == 0 && code_fits(c, a, side_of(d->plan.version), d);
}

static unsigned frame_now(const struct console *c, unsigned frames, int64_t now)
{
	int64_t turned = c->frame_held || now < c->frame_since ? 0 : (now - c->frame_since) / FRAME_MS;

	return (unsigned)((c->frame_first + turned) % frames);
}

void code_begin(struct console *c)
{
	c->frame_first = 0;
	c->frame_since = time_up_ms();
	c->frame_held = false;
}

int64_t code_due(const struct console *c, int64_t now)
{
	const struct shown *shown = c->overlay ? &c->over_shown : &c->shown;

	if (shown->frames < 2 || c->frame_held)
		return -1;
	return now < c->frame_since ? now : now + FRAME_MS - (now - c->frame_since) % FRAME_MS;
}

/* The keys that turn frames, and the one that draws without half blocks. */
static bool code_press(struct console *c, unsigned frames, const struct press *key)
{
	int64_t now = time_up_ms();

	if (key->kind == PRESS_TEXT && (key->text[0] == 'b' || key->text[0] == 'B') && paint_is_utf8()) {
		c->code_spaces = !c->code_spaces;
		return true;
	}
	if (frames < 2)
		return false;
	if (key->kind == PRESS_TEXT && key->text[0] == ' ') {
		c->frame_first = frame_now(c, frames, now);
		c->frame_since = now;
		c->frame_held = !c->frame_held;
		return true;
	}
	if (key->kind != PRESS_LEFT && key->kind != PRESS_RIGHT)
		return false;
	c->frame_first = (frame_now(c, frames, now) + (key->kind == PRESS_RIGHT ? 1 : frames - 1)) % frames;
	c->frame_held = true;
	return true;
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

/* What stands above the hash: which code of how many this is, and how large a window would show it as one. */
static void drawing_flow(const struct console *c, const struct drawing *d, bool fits, unsigned width, struct flow *out)
{
	struct bytes text = {0};
	int rows, columns;

	if (fits && d->plan.frames) {
		bytes_printf(&text, _("Code %u of %u"), frame_now(c, d->plan.frames, time_up_ms()) + 1, d->plan.frames);
		flow_add(out, FLOW_NOW, width, NULL, bytes_string(&text));
	} else if (!fits) {
		paint_code_cells(side_of(VERSION_LEAST), c->code_spaces, &rows, &columns);
		bytes_printf(&text,
		        _("The QR code needs a window of %d by %d cells: enlarge it, or make its letters smaller."),
		        columns + SIDE_LEAST, rows < CONSOLE_ROWS ? CONSOLE_ROWS : rows);
		flow_add(out, FLOW_WARNING, width, "! ", bytes_string(&text));
	}
	if (!fits || d->plan.frames) {
		bytes_clear(&text);
		bytes_printf(&text, _("In a window of %d by %d cells it is one code."), d->one_columns, d->one_rows);
		if (d->one_rows)
			flow_add(out, FLOW_DIM, width, NULL, bytes_string(&text));
	}
	bytes_free(&text);
}

static int code_make(
        const struct console *c, const struct drawing *d, const struct bytes *data, struct qr *qr, struct error *e)
{
	struct bytes text = {0};
	int rc;

	if (!d->plan.frames)
		return qr_make(qr, data->data, data->len, e);
	frames_text(data->data, data->len, &d->plan, frame_now(c, d->plan.frames, time_up_ms()), &text);
	rc = bytes_end(&text, e);
	if (rc == 0)
		rc = qr_make_text(qr, bytes_string(&text), d->plan.version, e);
	bytes_free(&text);
	return rc;
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
	struct error e = {0};
	struct qr qr = {0};
	struct drawing d;
	struct shown shown;
	bool fits = drawing_plan(c, a, data->len, &d, &e);
	unsigned width;

	if (fits && code_make(c, &d, data, &qr, &e) == 0) {
		paint_code(a.y, a.x, &qr, d.spaces);
		a.x += d.columns + 1;
		a.width -= d.columns + 1;
	}
	width = (unsigned)a.width;
	if (e.message.id)
		flow_message(top, FLOW_WARNING, width, &e.message);
	top_flow(c, width, top);
	drawing_flow(c, &d, fits, width, top);
	hash_flow(sha, width, top);
	if (!c->overlay)
		prompt_rest(c, width, top);
	bottom_flow(c, width, bottom);
	if (fits && d.plan.frames)
		flow_add(bottom, FLOW_DIM, width, NULL, _("[Left Right] turn [Space] hold or go on"));
	if (paint_is_utf8())
		flow_add(bottom, FLOW_DIM, width, NULL,
		        c->code_spaces ? _("[B] half blocks") : _("[B] without half blocks"));
	qr_free(&qr);
	shown = side_draw(c, a, top, bottom);
	shown.frames = fits ? d.plan.frames : 0;
	return shown;
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
	if (c->form->fields == 0 && code_press(c, c->shown.frames, key))
		return false;
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
	shown = code_draw(c, a, c->content.len ? &c->content : &hex, sha, &top, &bottom, artifact_top, artifact_bottom);
	bytes_free(&hex);
	flow_free(&top);
	flow_free(&bottom);
	return shown;
}

static bool artifact_key(struct console *c, const struct press *key)
{
	if (key->kind == PRESS_ESCAPE || key->kind == PRESS_ENTER) {
		console_open(c, &overlay_artifacts);
		bytes_free(&c->content);
		return false;
	}
	if (code_press(c, c->over_shown.frames, key))
		return false;
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
