/* F3: who is here; somebody leaves. */
#include "screens/console.h"

#include "screens/say.h"

static struct shown people_draw(const struct console *c, struct area a)
{
	unsigned width = (unsigned)a.width;
	struct flow flow = {0};
	struct shown shown;

	flow_add(&flow, FLOW_HEADING, width, NULL, _("People"));
	for (size_t i = 0; i < c->v->people; i++) {
		const struct view_person *person = &c->v->person[i];
		struct bytes row = {0};

		say_role(&row, person->role);
		bytes_printf(&row, "  %s  %s  %s", person->key_name, person->name ? person->name : "",
		        person->present ? _("present") : _("has left"));
		if (person->locked)
			bytes_printf(&row, "  %s", _("locked for a minute"));
		flow_add(&flow, person->locked ? FLOW_WARNING : FLOW_PLAIN, width, NULL, bytes_string(&row));
		bytes_free(&row);
	}
	if (c->v->people == 0)
		flow_add(&flow, FLOW_DIM, width, NULL, _("Nobody has joined yet."));
	shown = body_scroll(a, &flow, c->over_scroll);
	flow_free(&flow);
	return shown;
}

static bool people_key(struct console *c, const struct press *key)
{
	if (!c->replay && key->kind == PRESS_TEXT && (key->text[0] == 'l' || key->text[0] == 'L')) {
		console_sheet(c, ANSWER_LEAVE);
		return false;
	}
	return !scroll_press(&c->over_scroll, &c->over_shown, key, true) &&
	       (key->kind == PRESS_ESCAPE || key->kind == PRESS_ENTER);
}

static void people_keys(const struct console *c, struct bytes *out)
{
	if (c->replay)
		bytes_text(out, _("[Esc] back [Up Down PgUp PgDn] read "));
	else
		bytes_text(out, _("[L] somebody leaves [Up Down] read [Esc] back "));
}

const struct screen_ops overlay_people = {
        .name = "people",
        .draw = people_draw,
        .key = people_key,
        .keys = people_keys,
};
