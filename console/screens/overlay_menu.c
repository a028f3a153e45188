/* F9: everything the F-keys do, for terminals that keep those to themselves. */
#include "screens/console.h"

#include <stdio.h>

#include "screens/say.h"

static const struct {
	unsigned function;
	const char *label;
} items[] = {
        {1, N_("Help on this step")},
        {2, N_("Note an exception")},
        {3, N_("People: who is here, somebody leaves")},
        {4, N_("Transcript")},
        {5, N_("Artifacts and QR codes")},
        {6, N_("Language: Japanese or English")},
        {7, N_("Amend the script")},
        {8, N_("Refuse to approve")},
        {10, N_("Pause the ceremony")},
};
enum { ITEMS = sizeof(items) / sizeof(items[0]) };

static struct shown menu_draw(const struct console *c, struct area a)
{
	unsigned width = (unsigned)a.width;
	struct flow flow = {0};
	struct shown shown;

	flow_add(&flow, FLOW_HEADING, width, NULL, _("Menu"));
	for (size_t i = 0; i < ITEMS; i++) {
		char lead[32];

		snprintf(
		        lead, sizeof(lead), "%s %zu (F%u) ", i == c->over_cursor ? ">" : " ", i + 1, items[i].function);
		flow_add(&flow, i == c->over_cursor ? FLOW_CHOSEN : FLOW_PLAIN, width, lead, _(items[i].label));
	}
	shown = body_scroll(a, &flow, c->over_scroll);
	flow_free(&flow);
	return shown;
}

static bool menu_key(struct console *c, const struct press *key)
{
	if (key->kind == PRESS_UP && c->over_cursor > 0)
		c->over_cursor--;
	else if (key->kind == PRESS_DOWN && c->over_cursor + 1 < ITEMS)
		c->over_cursor++;
	else if (key->kind == PRESS_TEXT && key->text[0] >= '1' && key->text[0] < '1' + ITEMS)
		c->over_cursor = (size_t)(key->text[0] - '1');
	else if (key->kind == PRESS_ENTER) {
		unsigned function = items[c->over_cursor].function;

		console_open(c, NULL);
		console_function(c, function);
	}
	return key->kind == PRESS_ESCAPE;
}

static void menu_keys(const struct console *c, struct bytes *out)
{
	(void)c;
	bytes_text(out, _("[Up Down 1-9] choose [Enter] open [Esc] back "));
}

const struct screen_ops overlay_menu = {
        .name = "menu",
        .draw = menu_draw,
        .key = menu_key,
        .keys = menu_keys,
};
