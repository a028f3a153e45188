/* What is always on the screen: title, rehearsal band, clocks, log, steps, people, keys. */
#include "screens/console.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "screens/say.h"

enum { LEFT_NARROW = 25, LEFT_WIDE = 34, WIDE = 110, LOG_WORDS = 4 };

static void band_centre(int y, int x, int width, const char *text)
{
	int cells = (int)text_cells(text, strlen(text));
	struct bytes band = {0};

	for (int i = 0; i < (width - cells) / 2; i++)
		bytes_byte(&band, ' ');
	bytes_text(&band, text);
	paint_row(y, x, width, PAINT_BAND, bytes_string(&band));
	bytes_free(&band);
}

void frame_band(const struct console *c, int y, int x, int width)
{
	const char *text = c->v->rehearsal ? _("REHEARSAL - nothing made here is real")
	                                   : _("SOFTWARE TOKEN - the key is not in an HSM");
	int cells = (int)text_cells(text, strlen(text));

	if (cells > width) /* beside a QR code: rather few words than half a sentence */
		text = c->v->rehearsal ? _("REHEARSAL - not real") : _("SOFTWARE TOKEN");
	band_centre(y, x, width, text);
}

static void status_say(const struct console *c, struct bytes *out)
{
	int64_t now = c->replay ? replay_time(c->replay) : time_now_ms();
	struct bytes words = {0};

	if (!c->replay || replay_root_known(c->replay))
		say_words(&words, c->v->root, LOG_WORDS);
	say_clock(out, now, false);
	bytes_text(out, "  ");
	say_clock(out, now, true);
	bytes_printf(out, _("  Log %llu: "), (unsigned long long)c->v->size);
	bytes_text(out, bytes_string(&words));
	bytes_free(&words);
}

static const char *step_mark(enum step_state state)
{
	static const char *const utf8[] = {"·", "▶", "✓", "!"}, *const ascii[] = {"-", ">", "x", "!"};

	return paint_is_utf8() ? utf8[state] : ascii[state];
}

/* Those that have room: there may be thousands. */
static void steps_flow(const struct console *c, size_t first, size_t rows, struct flow *out)
{
	static const enum flow_style style[] = {[STEP_TO_COME] = FLOW_PLAIN,
	        [STEP_NOW] = FLOW_NOW,
	        [STEP_DONE] = FLOW_DONE,
	        [STEP_EXCEPTION] = FLOW_WARNING};

	for (size_t i = first; i < c->v->steps && i < first + rows; i++) {
		const struct view_step *step = &c->v->step[i];
		struct bytes row = {0};

		bytes_printf(&row, "%s %zu %s", step_mark(step->state), i + 1, step->id);
		flow_add(out, style[step->state], UINT16_MAX, NULL, bytes_string(&row));
		bytes_free(&row);
	}
}

static bool person_signed(const struct console *c, const char *key_name)
{
	for (size_t i = 0; c->p && i < c->p->signed_count; i++)
		if (strcmp(c->p->signed_by[i], key_name) == 0)
			return true;
	return false;
}

/* The role where there is little room. */
static void say_role_narrow(struct bytes *out, const char *role)
{
	if (strcmp(role, "administrator") == 0)
		bytes_text(out, _("admin."));
	else if (strcmp(role, "outgoing-custodian") == 0)
		bytes_text(out, _("outgoing"));
	else
		say_role(out, role);
}

/* The name first: what has no room is the end of the role. */
static void people_flow(const struct console *c, int width, struct flow *out)
{
	flow_add(out, FLOW_HEADING, UINT16_MAX, NULL, _("Present"));
	for (size_t i = 0; i < c->v->people; i++) {
		const struct view_person *person = &c->v->person[i];
		struct bytes row = {0};

		if (!person->present)
			continue;
		bytes_text(&row, person->locked                       ? "!"
		                 : person_signed(c, person->key_name) ? step_mark(STEP_DONE)
		                                                      : " ");
		bytes_printf(&row, " %s ", person->name && *person->name ? person->name : person->key_name);
		if (width < LEFT_WIDE)
			say_role_narrow(&row, person->role);
		else
			say_role(&row, person->role);
		flow_add(out, person->locked ? FLOW_WARNING : FLOW_PLAIN, UINT16_MAX, NULL, bytes_string(&row));
		bytes_free(&row);
	}
	if (out->rows == 1)
		flow_add(out, FLOW_DIM, UINT16_MAX, NULL, _("  nobody yet"));
}

static void left_draw(const struct console *c, struct area a)
{
	struct flow steps = {0}, people = {0};
	int people_rows, step_rows;
	size_t wanted = c->v->current < c->v->steps ? c->v->current : c->v->steps;

	people_flow(c, a.width, &people);
	people_rows = (int)people.rows < a.height / 2 ? (int)people.rows : a.height / 2;
	step_rows = a.height - people_rows - 1;
	steps_flow(c, flow_first(c->v->steps, (size_t)step_rows, wanted), (size_t)step_rows, &steps);
	paint_flow((struct area){a.y, a.x, step_rows, a.width}, &steps, 0, false);
	paint_rule(a.y + step_rows, a.x, a.width);
	paint_flow((struct area){a.y + step_rows + 1, a.x, people_rows, a.width}, &people, 0, false);
	flow_free(&steps);
	flow_free(&people);
}

void frame_keys(const struct console *c)
{
	const struct screen_ops *top = c->overlay ? c->overlay : c->screen;
	struct bytes text = {0};
	int rows, columns;

	paint_size(&rows, &columns);
	if (c->hint)
		bytes_printf(&text, "! %s", _(c->hint));
	else if (top && top->keys)
		top->keys(c, &text);
	paint_keys(rows - 2, bytes_string(&text));
	bytes_clear(&text);
	if (c->replay)
		bytes_text(&text, _("[F1] Help [F3] People [F4] Log [F5] Files [F8] Verdicts [q] Leave "));
	else
		bytes_text(&text, _("[F1] Help [F2] Exception [F3] People [F4] Log [F5] Files "));
	bytes_printf(&text, "[F6] %s ",
	        strcmp(c->language, "ja") == 0 ? "English"
	        : paint_is_utf8()              ? "日本語"
	                                       : "Japanese");
	if (!c->replay)
		bytes_text(&text, _("[F9] Menu [F10] Pause"));
	paint_keys(rows - 1, bytes_string(&text));
	bytes_free(&text);
}

struct area frame_draw(const struct console *c)
{
	struct bytes text = {0};
	int rows, columns, y = 0, left;
	struct area body;

	paint_size(&rows, &columns);
	bytes_printf(&text, " %s", c->v->title);
	paint_row(y++, 0, columns, PAINT_TITLE, bytes_string(&text));
	if (c->v->rehearsal || c->v->software)
		frame_band(c, y++, 0, columns);
	if (c->replay && replay_is_beyond(c->replay))
		band_centre(y++, 0, columns, _("NOT VERIFIED - the record does not hold here"));
	bytes_clear(&text);
	status_say(c, &text);
	paint_row(y++, 0, columns, PAINT_BAR, bytes_string(&text));
	bytes_free(&text);
	paint_rule(y++, 0, columns);
	body = (struct area){y, 0, rows - 3 - y, columns};
	if (!c->overlay) {
		left = columns >= WIDE ? LEFT_WIDE : LEFT_NARROW;
		left_draw(c, (struct area){y, 0, body.height, left});
		body.x = left + 2;
		body.width = columns - left - 2;
		paint_column(y, left, body.height);
	}
	paint_rule(rows - 3, 0, columns);
	frame_keys(c);
	return body;
}

void frame_too_small(void)
{
	struct bytes text = {0};
	struct flow flow = {0};
	int rows, columns;

	paint_size(&rows, &columns);
	bytes_printf(&text,
	        _("This window has %d by %d cells; the ceremony needs 80 by 24. Make it larger: nothing is lost."),
	        columns, rows);
	flow_add(&flow, FLOW_PLAIN, (unsigned)columns, NULL, bytes_string(&text));
	paint_flow((struct area){0, 0, rows, columns}, &flow, 0, false);
	flow_free(&flow);
	bytes_free(&text);
}
