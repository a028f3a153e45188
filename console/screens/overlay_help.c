/* F1: what this very step is for, and what the keys do. */
#include "screens/console.h"

#include "screens/say.h"

static struct shown help_draw(const struct console *c, struct area a)
{
	const char *const *help = engine_help(c->g);
	unsigned width = (unsigned)a.width;
	struct flow flow = {0};
	struct shown shown;

	flow_add(&flow, FLOW_HEADING, width, NULL, _("Help"));
	for (; help && *help; help++) {
		flow_gap(&flow);
		flow_add(&flow, FLOW_PLAIN, width, NULL, _(*help));
	}
	flow_gap(&flow);
	flow_add(&flow, FLOW_HEADING, width, NULL, _("Keys"));
	flow_add(&flow, FLOW_PLAIN, width, NULL,
	        _("Enter answers. Tab and the arrows move. Esc goes back where going back is possible. The bottom rows "
	          "show the keys that work now."));
	flow_add(&flow, FLOW_PLAIN, width, NULL,
	        _("Where F-keys do not arrive: Alt with the digit, or Alt-0 for the menu (F9), where all of it can be "
	          "picked with the arrows."));
	flow_add(&flow, FLOW_PLAIN, width, NULL,
	        _("Anybody may stop the ceremony (F10) or have an exception noted (F2) at any time. Nothing is ever "
	          "skipped. Ctrl-C pauses; it never loses anything."));
	shown = body_scroll(a, &flow, c->over_scroll);
	flow_free(&flow);
	return shown;
}

static bool help_key(struct console *c, const struct press *key)
{
	return !scroll_press(&c->over_scroll, &c->over_shown, key, true) &&
	       (key->kind == PRESS_ESCAPE || key->kind == PRESS_ENTER);
}

static void help_keys(const struct console *c, struct bytes *out)
{
	(void)c;
	bytes_text(out, _("[Esc] back [Up Down PgUp PgDn] read "));
}

const struct screen_ops overlay_help = {
        .name = "help",
        .draw = help_draw,
        .key = help_key,
        .keys = help_keys,
};
