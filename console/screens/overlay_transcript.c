/* F4: the transcript, entry by entry, as it stands in the record. */
#include "screens/console.h"

#include <string.h>

#include "base/text.h"
#include "screens/say.h"

enum { LIST_PART = 2 };

static void list_draw(const struct console *c, struct area a, size_t size)
{
	size_t first = flow_first(size, (size_t)a.height, c->over_cursor);
	struct flow flow = {0};

	for (size_t i = 0; i < (size_t)a.height; i++) {
		const char *entry = console_entry(c, first + i);

		if (!entry)
			break;
		flow_add(&flow, first + i == c->over_cursor ? FLOW_CHOSEN : FLOW_PLAIN, (unsigned)a.width, NULL, "");
		flow.row[flow.rows - 1].len = text_fit(entry, strlen(entry), (unsigned)a.width);
		flow.row[flow.rows - 1].at = flow.text.len;
		bytes_add(&flow.text, entry, flow.row[flow.rows - 1].len);
	}
	paint_flow(a, &flow, 0, false);
	flow_free(&flow);
}

static struct shown transcript_draw(const struct console *c, struct area a)
{
	struct area list = {a.y, a.x, a.height / LIST_PART, a.width};
	struct area detail = {a.y + list.height + 1, a.x, a.height - list.height - 1, a.width};
	size_t size = console_entries(c); /* before the engine is asked for entries, which may move the view */
	const char *entry;
	struct bytes title = {0}, find = {0};
	struct flow flow = {0};
	struct shown shown;

	list_draw(c, list, size);
	paint_rule(detail.y - 1, a.x, a.width);
	text_visible(&find, bytes_string(&c->find), c->find.len);
	if (c->finding)
		bytes_printf(&title, _(" Search: %s_ "), bytes_string(&find));
	else
		bytes_printf(&title, _(" Entry %zu of %zu "), c->over_cursor, size);
	paint_row(detail.y - 1, a.x + 2, (int)text_cells(bytes_string(&title), title.len), PAINT_BAR,
	        bytes_string(&title));
	entry = console_entry(c, c->over_cursor);
	flow_add(&flow, FLOW_FIXED, (unsigned)a.width, NULL, entry ? entry : "");
	shown = body_scroll(detail, &flow, c->over_scroll);
	bytes_free(&title);
	bytes_free(&find);
	flow_free(&flow);
	return shown;
}

/* The next entry after the chosen one that holds the text; wraps around once. */
static void transcript_find(struct console *c)
{
	size_t size = console_entries(c);

	for (size_t i = 1; c->find.len > 0 && i <= size; i++) {
		size_t seq = (c->over_cursor + i) % size;
		const char *entry = console_entry(c, seq);

		if (entry && strcasestr(entry, bytes_string(&c->find))) {
			c->over_cursor = seq;
			c->over_scroll = 0;
			return;
		}
	}
	c->hint = N_("No entry holds this text.");
}

static void find_key(struct console *c, const struct press *key)
{
	switch (key->kind) {
	case PRESS_TEXT:
		bytes_add(&c->find, key->text, key->len);
		break;
	case PRESS_BACKSPACE:
	case PRESS_KILL:
		bytes_clear(&c->find);
		break;
	case PRESS_ENTER:
		c->finding = false;
		transcript_find(c);
		break;
	case PRESS_ESCAPE:
		c->finding = false;
		break;
	default:
		break;
	}
}

static bool transcript_key(struct console *c, const struct press *key)
{
	size_t last = console_entries(c) ? console_entries(c) - 1 : 0;

	if (c->finding) {
		find_key(c, key);
		return false;
	}
	if (key->kind == PRESS_UP || key->kind == PRESS_DOWN || key->kind == PRESS_HOME || key->kind == PRESS_END) {
		size_t at = c->over_cursor;

		at = key->kind == PRESS_UP     ? at - (at > 0)
		     : key->kind == PRESS_DOWN ? at + 1
		     : key->kind == PRESS_HOME ? 0
		                               : last;
		c->over_cursor = at > last ? last : at;
		c->over_scroll = 0;
	} else if (key->kind == PRESS_TEXT && key->text[0] == '/') {
		bytes_clear(&c->find);
		c->finding = true;
	} else if (key->kind == PRESS_TEXT && key->text[0] == 'n') {
		transcript_find(c);
	} else if (c->replay && key->kind == PRESS_ENTER) {
		replay_move(c, c->over_cursor);
		return true;
	} else if (!scroll_press(&c->over_scroll, &c->over_shown, key, false)) {
		return key->kind == PRESS_ESCAPE;
	}
	return false;
}

static void transcript_keys(const struct console *c, struct bytes *out)
{
	if (c->finding)
		bytes_text(out, _("[Enter] search [Esc] back "));
	else if (c->replay)
		bytes_text(out, _("[Up Down Home End] entry [Enter] go there [/] search [n] next [Esc] back "));
	else
		bytes_text(out, _("[Up Down Home End] entry [PgUp PgDn] read it [/] search [n] next [Esc] back "));
}

const struct screen_ops overlay_transcript = {
        .name = "transcript",
        .draw = transcript_draw,
        .key = transcript_key,
        .keys = transcript_keys,
};
