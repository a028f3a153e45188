/* A record's entry: what it says and what verifies of it above, the root of the log at this position below, to be held
 * against the video. */
#include "screens/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "screens/say.h"

enum { FIRST_MS = 10, SLICE_MS = 100 };

static void instruction_flow(const struct console *c, unsigned width, struct flow *out)
{
	const struct engine_view *v = c->v;
	struct bytes text = {0};

	if (v->current >= v->steps)
		return;
	flow_gap(out);
	bytes_printf(&text, _("Step %zu of %zu: %s"), v->current + 1, v->steps, v->step[v->current].id);
	flow_add(out, FLOW_HEADING, width, NULL, bytes_string(&text));
	if (v->say && *v->say)
		flow_add(out, FLOW_PLAIN, width, NULL, v->say);
	bytes_free(&text);
}

static void root_flow(const struct console *c, unsigned width, struct flow *out)
{
	struct bytes text = {0};

	if (!replay_root_known(c->replay)) {
		flow_add(out, FLOW_WARNING, width, "! ", _("No root of the log is known here."));
		return;
	}
	bytes_printf(&text, _("Root of the log of %llu entries:"), (unsigned long long)c->v->size);
	flow_add(out, FLOW_HEADING, width, NULL, bytes_string(&text));
	bytes_clear(&text);
	say_hex_groups(&text, c->v->root, sizeof(c->v->root));
	flow_add(out, FLOW_PLAIN, width, NULL, bytes_string(&text));
	bytes_clear(&text);
	say_words(&text, c->v->root, sizeof(c->v->root));
	flow_add(out, FLOW_PLAIN, width, NULL, bytes_string(&text));
	bytes_free(&text);
}

static struct shown replay_draw(const struct console *c, struct area a)
{
	const struct prompt *document = replay_document(c->replay);
	struct flow top = {0}, bottom = {0};
	struct shown shown;

	if (document)
		flow_lines(&top, (unsigned)a.width, document->line, document->lines);
	instruction_flow(c, (unsigned)a.width, &top);
	root_flow(c, (unsigned)a.width, &bottom);
	shown = body_split(a, &top, &bottom, c->scroll);
	flow_free(&top);
	flow_free(&bottom);
	return shown;
}

/* Thousands of entries that were never reached take their time: then it is said how far it is. */
static bool goes_on(const struct console *c)
{
	struct bytes text = {0};
	size_t reached = 0;
	int rows, columns;

	if (!replay_stopped(c->replay, &reached))
		return false;
	bytes_printf(&text, _("Verifying: entry %zu of %zu ..."), reached, replay_count(c->replay));
	paint_size(&rows, &columns);
	paint_row(rows - 2, 0, columns, PAINT_BAR, bytes_string(&text));
	paint_show();
	bytes_free(&text);
	replay_patience(c->replay, SLICE_MS);
	return true;
}

void replay_move(struct console *c, size_t position)
{
	int rc;

	replay_patience(c->replay, FIRST_MS);
	while ((rc = replay_go(c->replay, position, &c->error)) < 0 && goes_on(c))
		;
	replay_patience(c->replay, 0);
	if (rc < 0)
		c->over = true;
	c->scroll = 0;
}

static void find_show(struct console *c, bool found, size_t position)
{
	replay_patience(c->replay, 0);
	if (found)
		replay_move(c, position);
	else
		c->hint = N_("There is none.");
}

static void goal_find(struct console *c, enum replay_goal goal, bool back)
{
	size_t position = 0;
	bool found;

	replay_patience(c->replay, FIRST_MS);
	while (!(found = replay_find(c->replay, goal, back, &position)) && goes_on(c))
		;
	find_show(c, found, position);
}

/* What was typed in the bottom line. */
static void asked_do(struct console *c)
{
	const char *text = bytes_string(&c->find);
	char *end = NULL;
	size_t position = strtoul(text, &end, 10);
	char asked = c->asking;
	bool found = false;

	c->asking = 0;
	replay_patience(c->replay, FIRST_MS);
	switch (asked) {
	case 'g':
		found = *text >= '0' && *text <= '9' && !*end && position < replay_count(c->replay);
		break;
	case 's':
		while (!(found = replay_find_step(c->replay, text, &position)) && goes_on(c))
			;
		break;
	case 't':
		while (!(found = replay_find_time(c->replay, text, &position)) && goes_on(c))
			;
		break;
	default:
		found = replay_search(c->replay, text, asked == '?', &position);
		break;
	}
	find_show(c, found, position);
}

static void asking_key(struct console *c, const struct press *key)
{
	switch (key->kind) {
	case PRESS_TEXT:
		if (!c->find.len || c->find.len < 256)
			bytes_add(&c->find, key->text, key->len);
		break;
	case PRESS_BACKSPACE:
		while (c->find.len > 0 && (c->find.data[--c->find.len] & 0xc0) == 0x80)
			;
		if (c->find.data)
			c->find.data[c->find.len] = 0;
		break;
	case PRESS_KILL:
		bytes_clear(&c->find);
		break;
	case PRESS_ENTER:
		asked_do(c);
		break;
	case PRESS_ESCAPE:
		c->asking = 0;
		break;
	default:
		break;
	}
}

/* A search that is asked for again begins with what was searched last. */
static void asking_begin(struct console *c, char what)
{
	bool again = (what == '/' || what == '?') && c->finding;

	if (!again)
		bytes_clear(&c->find);
	c->finding = what == '/' || what == '?';
	c->asking = what;
}

static void letter_key(struct console *c, char letter)
{
	size_t at = replay_at(c->replay);

	switch (letter) {
	case 'n':
		replay_move(c, at + 1);
		break;
	case 'p':
		replay_move(c, at > 0 ? at - 1 : 0);
		break;
	case 'e':
	case 'E':
		goal_find(c, REPLAY_EXCEPTION, letter == 'E');
		break;
	case 'a':
	case 'A':
		goal_find(c, REPLAY_APPROVAL, letter == 'A');
		break;
	case 'x':
	case 'X':
		goal_find(c, REPLAY_ACT, letter == 'X');
		break;
	case 'g':
	case 's':
	case 't':
	case '/':
	case '?':
		asking_begin(c, letter);
		break;
	case 'q':
		c->over = true;
		break;
	default:
		break;
	}
}

static bool replay_key(struct console *c, const struct press *key)
{
	size_t at = replay_at(c->replay), count = replay_count(c->replay);

	if (c->asking)
		asking_key(c, key);
	else if (key->kind == PRESS_RIGHT)
		replay_move(c, at + 1);
	else if (key->kind == PRESS_LEFT)
		replay_move(c, at > 0 ? at - 1 : 0);
	else if (key->kind == PRESS_HOME)
		replay_move(c, 0);
	else if (key->kind == PRESS_END)
		replay_move(c, count > 0 ? count - 1 : 0);
	else if (key->kind == PRESS_TEXT)
		letter_key(c, key->text[0]);
	else
		scroll_press(&c->scroll, &c->shown, key, true);
	return false;
}

static void replay_keys(const struct console *c, struct bytes *out)
{
	const char *what = NULL;

	switch (c->asking) {
	case 'g':
		what = _("Go to the entry with the number: %s_");
		break;
	case 's':
		what = _("Go to the step (its name or number): %s_");
		break;
	case 't':
		what = _("Go to the time (HH:MM:SS in UTC, or in full): %s_");
		break;
	case '/':
		what = _("Search forward: %s_");
		break;
	case '?':
		what = _("Search backward: %s_");
		break;
	default:
		break;
	}
	if (what) {
		bytes_printf(out, what, bytes_string(&c->find));
		bytes_text(out, _("  [Enter] go [Esc] back "));
		return;
	}
	bytes_text(out, _("[n p] entry [Home End] [g] no. [s] step [t] time [e a x] next [E A X] before [/ ?] find"));
}

const struct screen_ops screen_replay = {
        .name = "replay",
        .draw = replay_draw,
        .key = replay_key,
        .keys = replay_keys,
};
