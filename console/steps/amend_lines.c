/* What an amendment changes, as those read it who approve: the file line by line, and the steps that are left. */
#include <string.h>

#include "base/difference.h"
#include "base/text.h"
#include "steps/amend.h"

enum { AROUND = 3 }; /* lines that stay, shown before and after a change */

/* Blanks at the end of a line, and a missing line feed, are changes that nobody would see. */
static int put_line(struct prompt *p, const struct difference_line *line)
{
	struct bytes text = {0};
	size_t len = line->len;

	while (len && line->text[len - 1] == ' ')
		len--;
	bytes_printf(&text, "%c %4lu  ", line->sign, line->number);
	text_visible(&text, line->text, len);
	for (size_t i = len; line->sign != ' ' && i < line->len; i++)
		bytes_text(&text, "<U+0020>");
	if (line->sign != ' ' && line->cut)
		bytes_text(&text, "<EOF>");
	int rc = bytes_end(&text, NULL) < 0 ? -1 : prompt_line(p, LINE_FIXED, bytes_string(&text));
	bytes_free(&text);
	return rc;
}

static bool is_near(const struct difference *d, size_t at)
{
	size_t from = at > AROUND ? at - AROUND : 0;

	for (size_t i = from; i < d->count && i <= at + AROUND; i++)
		if (d->line[i].sign != ' ')
			return true;
	return false;
}

static int changes(const struct difference *d, struct prompt *p)
{
	size_t left_out = 0;

	for (size_t i = 0; i <= d->count; i++) {
		bool shown = i < d->count && is_near(d, i);
		if (i < d->count && !shown)
			left_out++;
		if (left_out && (shown || i == d->count)) {
			if (prompt_message(p, LINE_PLAIN, N_("(%zu lines that are the same in both)"), left_out) < 0)
				return -1;
			left_out = 0;
		}
		if (shown && put_line(p, &d->line[i]) < 0)
			return -1;
	}
	return 0;
}

static int steps_left(const struct ceremony *c, const struct script *s, struct prompt *p)
{
	if (prompt_message(p, LINE_HEADING, N_("The steps that are left, by the new script")) < 0)
		return -1;
	for (size_t i = c->step; i < s->step_count; i++) {
		struct bytes text = {0};
		bytes_printf(&text, "%zu. %s (%s)", i + 1, s->steps[i].id, s->steps[i].kind);
		int rc = bytes_end(&text, NULL) < 0 ? -1 : prompt_line(p, LINE_PLAIN, bytes_string(&text));
		bytes_free(&text);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int amend_lines(const struct ceremony *c, struct prompt *p, struct error *e)
{
	const struct script *from = c->script, *to = c->amendment.script;
	const struct proposal *proposal = consent_proposal(c->consent);
	struct difference d = {0};
	int rc = -1;

	if (!to)
		return error_set(e, ERROR_INTERNAL, "there is no new script to be shown");
	if (difference_make(&d, bytes_string(&from->raw), from->raw.len, bytes_string(&to->raw), to->raw.len, e) < 0)
		return -1;
	if ((proposal->witness[0] &&
	            prompt_message(p, LINE_PLAIN, N_("The quorum of %s approves it, and one of the role %s."),
	                    proposal->role, proposal->witness) < 0) ||
	        (!proposal->role[0] && prompt_message(p, LINE_PLAIN, N_("Everyone who is present approves it.")) < 0) ||
	        (c->main.begun && !c->amendment.same_step &&
	                prompt_message(p, LINE_WARNING,
	                        N_("Step \"%s\" is in hand and differs: what was begun of it is given up."),
	                        from->steps[c->step].id) < 0) ||
	        prompt_message(p, LINE_HEADING,
	                N_("The difference: - is taken away, + is put there, with the line's number in its file")) <
	                0 ||
	        changes(&d, p) < 0 || steps_left(c, to, p) < 0)
		error_memory(e);
	else
		rc = 0;
	difference_free(&d);
	return rc;
}
