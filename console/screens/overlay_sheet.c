/* The forms that may be opened at any time: exception, pause, leaving, refusal. */
#include "screens/console.h"

#include "screens/say.h"

static struct shown sheet_draw(const struct console *c, struct area a)
{
	struct flow top = {0}, bottom = {0};
	unsigned width = (unsigned)a.width;
	struct shown shown;

	flow_message(&top, FLOW_HEADING, width, &c->sheet_prompt->title);
	if (c->sheet_action == ANSWER_EXCEPTION)
		flow_add(&top, FLOW_PLAIN, width, NULL,
		        _("What is noted here stands in the record for ever. Say what happened, plainly; the ceremony "
		          "goes on after it."));
	if (c->sheet_action == ANSWER_REFUSE)
		flow_add(&top, FLOW_PLAIN, width, NULL,
		        _("One refusal voids the proposal. It is recorded with its reason."));
	form_flow(c->sheet, width, &bottom);
	shown = body_split(a, &top, &bottom, c->over_scroll);
	flow_free(&top);
	flow_free(&bottom);
	return shown;
}

static bool sheet_key(struct console *c, const struct press *key)
{
	enum form_step step = form_press(c->sheet, key);

	if (step == FORM_GIVE)
		console_sheet_give(c);
	return step == FORM_BACK;
}

static void sheet_keys(const struct console *c, struct bytes *out)
{
	(void)c;
	bytes_text(out, _("[Enter] next, then record [Tab] field [Up Down] choose [Ctrl-U] clear [Esc] back "));
}

const struct screen_ops overlay_sheet = {
        .name = "sheet",
        .draw = sheet_draw,
        .key = sheet_key,
        .keys = sheet_keys,
};
