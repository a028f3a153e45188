/* While the HSM works: what it does, and for how long. */
#include "screens/console.h"

#include "base/text.h"
#include "screens/say.h"

static struct shown busy_draw(const struct console *c, struct area a)
{
	struct flow top = {0}, bottom = {0};
	struct bytes text = {0};
	struct shown shown;

	body_flow(c, (unsigned)a.width, &top);
	if (c->v->act) {
		int64_t seconds = (time_now_ms() - c->v->act_since) / 1000;
		struct bytes act = {0};

		say_act(&act, c->v->act);
		bytes_printf(&text, _("%s: %lld s"), bytes_string(&act), (long long)(seconds > 0 ? seconds : 0));
		bytes_free(&act);
	} else {
		bytes_text(&text, _("The HSM is being asked."));
	}
	flow_add(&bottom, FLOW_NOW, (unsigned)a.width, NULL, bytes_string(&text));
	flow_add(&bottom, FLOW_PLAIN, (unsigned)a.width, NULL,
	        c->v->on_device ? _("The PIN is entered on the HSM's own device now, not here.")
	                        : _("Nobody has to do anything now."));
	shown = body_split(a, &top, &bottom, c->scroll);
	bytes_free(&text);
	flow_free(&top);
	flow_free(&bottom);
	return shown;
}

static bool busy_key(struct console *c, const struct press *key)
{
	scroll_press(&c->scroll, &c->shown, key, true);
	return false;
}

const struct screen_ops screen_busy = {
        .name = "busy",
        .draw = busy_draw,
        .key = busy_key,
};
