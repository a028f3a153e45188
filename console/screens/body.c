/* What the screens of prompts have in common. */
#include "screens/console.h"

#include <string.h>

#include "base/text.h"
#include "screens/say.h"

enum { TOP_LEAST = 4 };

bool body_is_locked(const struct console *c)
{
	return c->p && c->p->see_all && !c->seen;
}

static void actor_flow(const struct console *c, unsigned width, struct flow *out)
{
	struct bytes text = {0};

	say_actor(&text, &c->p->actor);
	if (c->p->person) {
		bytes_text(&text, text.len > 0 ? ": " : "");
		say_person(&text, c->v, c->p->person);
	}
	if (text.len == 0)
		bytes_text(&text, _("The whole room"));
	flow_add(out, FLOW_NOW, width, NULL, bytes_string(&text));
	bytes_free(&text);
}

void body_flow(const struct console *c, unsigned width, struct flow *out)
{
	const char *say = c->p && c->p->say ? c->p->say : c->v->say;
	struct bytes text = {0};

	if (c->v->current < c->v->steps) {
		const struct view_step *step = &c->v->step[c->v->current];

		bytes_printf(&text, _("Step %zu of %zu: %s"), c->v->current + 1, c->v->steps, step->id);
		flow_add(out, FLOW_HEADING, width, NULL, bytes_string(&text));
	}
	bytes_free(&text);
	if (c->p) {
		actor_flow(c, width, out);
		/* What is asked stands above the instruction, which may fill the window. */
		flow_message(out, FLOW_HEADING, width, &c->p->title);
	}
	if (c->notice.len > 0 && c->p && c->notice_id == c->p->id)
		flow_add(out, FLOW_WARNING, width, "! ", bytes_string(&c->notice));
	if (c->p && c->p->alone)
		flow_add(out, FLOW_WARNING, width, "! ",
		        _("For one person's eyes alone: everyone else looks away now."));
	if (say && *say) {
		flow_gap(out);
		flow_add(out, FLOW_PLAIN, width, NULL, say);
	}
	if (!c->p)
		return;
	flow_gap(out);
	flow_lines(out, width, c->p->line, c->p->lines);
}

static void more_draw(struct area a, struct shown shown)
{
	struct bytes text = {0};
	size_t last = shown.first + shown.height;

	paint_rule(a.y, a.x, a.width);
	if (last < shown.rows)
		bytes_printf(&text, _(" %zu of %zu lines; more: PgDn "), last, shown.rows);
	else
		bytes_printf(&text, _(" all %zu lines; back: PgUp "), shown.rows);
	paint_row(a.y, a.x + 2, (int)text_cells(bytes_string(&text), text.len), PAINT_RULE, bytes_string(&text));
	bytes_free(&text);
}

struct shown body_split(struct area a, const struct flow *top, const struct flow *bottom, size_t scroll)
{
	size_t height = (size_t)a.height, low = bottom->rows, high = top->rows;
	bool fits = high + low + (low > 0) <= height;
	struct shown shown = {.rows = top->rows};

	if (!fits) {
		if (low > height - TOP_LEAST - 1)
			low = height - TOP_LEAST - 1;
		if (high > height - low - 1)
			high = height - low - 1;
	}
	shown.height = high;
	shown.first = scroll > shown.rows - high ? shown.rows - high : scroll;
	paint_flow((struct area){a.y, a.x, (int)high, a.width}, top, shown.first, false);
	if (high < top->rows)
		more_draw((struct area){a.y + (int)high, a.x, 1, a.width}, shown);
	paint_flow((struct area){a.y + (int)high + 1, a.x, (int)low, a.width}, bottom,
	        flow_first(bottom->rows, low, bottom->has_cursor ? bottom->cursor_row : 0), true);
	return shown;
}

struct shown body_scroll(struct area a, const struct flow *flow, size_t scroll)
{
	struct flow none = {0};

	return body_split(a, flow, &none, scroll);
}

bool scroll_press(size_t *scroll, const struct shown *shown, const struct press *key, bool arrows)
{
	size_t page = shown->height > 1 ? shown->height - 1 : 1,
	       last = shown->rows > shown->height ? shown->rows - shown->height : 0;
	size_t at = shown->first;

	switch (key->kind) {
	case PRESS_PAGE_DOWN:
		at += page;
		break;
	case PRESS_PAGE_UP:
		at = at > page ? at - page : 0;
		break;
	case PRESS_DOWN:
		at += 1;
		break;
	case PRESS_UP:
		at = at > 0 ? at - 1 : 0;
		break;
	case PRESS_HOME:
		at = 0;
		break;
	case PRESS_END:
		at = last;
		break;
	default:
		return false;
	}
	if (!arrows && key->kind != PRESS_PAGE_DOWN && key->kind != PRESS_PAGE_UP)
		return false;
	*scroll = at > last ? last : at;
	return true;
}
