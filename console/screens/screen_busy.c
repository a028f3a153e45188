/* While the HSM works: what it does, and for how long. */
#include "screens/console.h"

#include "base/text.h"
#include "screens/say.h"

enum { BAR = 40 };

/* How far an act of many things is, and how long it will take at the rate so far. */
static void put_progress(const struct console *c, int64_t seconds, struct bytes *text)
{
	uint64_t done = c->v->act_done, total = c->v->act_total;

	bytes_byte(text, '[');
	for (uint64_t i = 0; i < BAR; i++)
		bytes_byte(text, i * total < done * BAR ? '#' : '.');
	bytes_text(text, "] ");
	bytes_printf(text, _("%llu of %llu"), (unsigned long long)done, (unsigned long long)total);
	if (done && seconds > 1) {
		bytes_text(text, ", ");
		bytes_printf(text, _("about %lld s left"), (long long)((uint64_t)seconds * (total - done) / done));
	}
}

static struct shown busy_draw(const struct console *c, struct area a)
{
	struct flow top = {0}, bottom = {0};
	struct bytes text = {0};
	struct shown shown;

	body_flow(c, (unsigned)a.width, &top);
	if (c->v->act) {
		int64_t seconds = (time_up_ms() - c->v->act_since) / 1000;
		struct bytes act = {0};

		say_act(&act, c->v->act);
		bytes_printf(&text, _("%s: %lld s"), bytes_string(&act), (long long)(seconds > 0 ? seconds : 0));
		bytes_free(&act);
		flow_add(&bottom, FLOW_NOW, (unsigned)a.width, NULL, bytes_string(&text));
		bytes_clear(&text);
		if (c->v->act_total)
			put_progress(c, seconds, &text);
	} else {
		bytes_text(&text, _("The HSM is being asked."));
	}
	if (text.len)
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

static void busy_keys(const struct console *c, struct bytes *out)
{
	if (c->v->act_total)
		bytes_text(out, _("[F10] End it after this batch "));
}

const struct screen_ops screen_busy = {
        .name = "busy",
        .draw = busy_draw,
        .key = busy_key,
        .keys = busy_keys,
};
