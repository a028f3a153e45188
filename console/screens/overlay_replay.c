/* Over a replay: help, the files of the record so far, and one of them decoded. */
#include "screens/console.h"

#include "screens/say.h"

static struct shown help_draw(const struct console *c, struct area a)
{
	static const char *const help[] = {
	        N_("This is a record, looked at again. Nothing here can change it. Every entry is verified when it is "
	           "reached, by the same rules as tachiai verify."),
	        N_("The title, the steps and the people are as they were after the entry in hand; the clocks show its "
	           "time. Below it stands the root of the log at that moment, to be held against the video."),
	        N_("n, p and the arrows Right and Left: next and previous entry. Home and End: first and last. Behind "
	           "the "
	           "last entry (n, or F8) stand the five verdicts."),
	        N_("g, s, t: to an entry by its number, to a step, to a time. / and ?: search forward and backward."),
	        N_("e: next exception; a: next approval; x: next act. E, A, X: the one before."),
	        N_("Where the record does not hold, a band says NOT VERIFIED: the first entry that fails is named with "
	           "its reason, and everything behind it is only what the files say."),
	        NULL};
	unsigned width = (unsigned)a.width;
	struct flow flow = {0};
	struct shown shown;

	flow_add(&flow, FLOW_HEADING, width, NULL, _("Help"));
	for (const char *const *line = help; *line; line++) {
		flow_gap(&flow);
		flow_add(&flow, FLOW_PLAIN, width, NULL, _(*line));
	}
	shown = body_scroll(a, &flow, c->over_scroll);
	flow_free(&flow);
	return shown;
}

static bool read_key(struct console *c, const struct press *key)
{
	return !scroll_press(&c->over_scroll, &c->over_shown, key, true) &&
	       (key->kind == PRESS_ESCAPE || key->kind == PRESS_ENTER);
}

static void read_keys(const struct console *c, struct bytes *out)
{
	(void)c;
	bytes_text(out, _("[Esc] back [Up Down PgUp PgDn] read "));
}

const struct screen_ops overlay_replay_help = {
        .name = "replay-help",
        .draw = help_draw,
        .key = read_key,
        .keys = read_keys,
};

static bool files_key(struct console *c, const struct press *key)
{
	struct prompt *decoded;

	if (key->kind != PRESS_ENTER || c->over_cursor >= c->v->artifacts)
		return overlay_artifacts.key(c, key);
	decoded = replay_artifact(c->replay, c->over_cursor, &c->error);
	if (!decoded)
		return false;
	prompt_free(&c->decoded);
	c->decoded = decoded;
	console_open(c, &overlay_replay_file);
	return false;
}

static struct shown files_draw(const struct console *c, struct area a)
{
	return overlay_artifacts.draw(c, a);
}

static void files_keys(const struct console *c, struct bytes *out)
{
	if (c->v->artifacts > 0)
		bytes_text(out, _("[Up Down] choose [Enter] decode it, and hold it against the record "));
	bytes_text(out, _("[Esc] back "));
}

const struct screen_ops overlay_replay_files = {
        .name = "replay-files",
        .draw = files_draw,
        .key = files_key,
        .keys = files_keys,
};

static struct shown file_draw(const struct console *c, struct area a)
{
	struct flow flow = {0};
	struct shown shown;

	if (c->decoded)
		flow_lines(&flow, (unsigned)a.width, c->decoded->line, c->decoded->lines);
	shown = body_scroll(a, &flow, c->over_scroll);
	flow_free(&flow);
	return shown;
}

const struct screen_ops overlay_replay_file = {
        .name = "replay-file",
        .draw = file_draw,
        .key = read_key,
        .keys = read_keys,
};
