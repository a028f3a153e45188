/* How it ended, until somebody has read it. */
#include "screens/console.h"

#include "screens/say.h"
#include "screens/slip.h"

static struct shown end_draw(const struct console *c, struct area a)
{
	unsigned width = (unsigned)a.width;
	struct flow top = {0}, none = {0};
	struct bytes text = {0};
	struct shown shown;

	if (c->status == ENGINE_CLOSED) {
		flow_add(&top, FLOW_DONE, width, NULL, _("The ceremony is closed; its record is complete."));
	} else if (c->status == ENGINE_PAUSED) {
		flow_add(&top, FLOW_NOW, width, NULL, _("The ceremony is paused; its record can be resumed."));
	} else {
		flow_add(&top, FLOW_WARNING, width, "! ",
		        _("The ceremony cannot go on; the record keeps what was done and can be resumed."));
		if (c->error.message.id)
			flow_message(&top, FLOW_WARNING, width, &c->error.message);
	}
	flow_gap(&top);
	bytes_printf(&text, _("Record: %s"), c->v->record ? c->v->record : "");
	flow_add(&top, FLOW_FIXED, width, NULL, bytes_string(&text));
	bytes_clear(&text);
	bytes_printf(&text, _("Entries: %llu, exceptions: %u"), (unsigned long long)c->v->size, c->v->exceptions);
	flow_add(&top, FLOW_PLAIN, width, NULL, bytes_string(&text));
	flow_gap(&top);
	if (c->status == ENGINE_CLOSED) {
		flow_add(&top, FLOW_HEADING, width, NULL, _("The slip that everyone takes home"));
		slip_flow(c->v, width, &top);
		goto out;
	}
	/* The full root is read aloud at pause and close, into the video. */
	flow_add(&top, FLOW_HEADING, width, NULL, _("Root of the log, to be read aloud:"));
	bytes_clear(&text);
	say_hex_groups(&text, c->v->root, sizeof(c->v->root));
	flow_add(&top, FLOW_ENTRY, width, NULL, bytes_string(&text));
	bytes_clear(&text);
	say_words(&text, c->v->root, sizeof(c->v->root));
	flow_add(&top, FLOW_PLAIN, width, NULL, bytes_string(&text));
out:
	shown = body_split(a, &top, &none, c->scroll);
	bytes_free(&text);
	flow_free(&top);
	return shown;
}

static bool end_key(struct console *c, const struct press *key)
{
	if (key->kind == PRESS_TEXT && key->text[0] == 'c' && c->status == ENGINE_CLOSED)
		console_open(c, &overlay_slip_code);
	else if (!scroll_press(&c->scroll, &c->shown, key, true) && key->kind == PRESS_ENTER)
		c->over = true;
	return false;
}

static void end_keys(const struct console *c, struct bytes *out)
{
	bytes_text(out, _("[Enter] leave the console "));
	if (c->status == ENGINE_CLOSED)
		bytes_text(out, _("[c] QR code of the slip "));
	if (c->shown.rows > c->shown.height)
		bytes_text(out, _("[PgUp PgDn] read "));
}

const struct screen_ops screen_end = {
        .name = "end",
        .draw = end_draw,
        .key = end_key,
        .keys = end_keys,
};
