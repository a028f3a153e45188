/* A prompt that is filled in: acknowledge, form, observe, approve, secret, share to be typed, decide. */
#include "screens/console.h"

#include "screens/say.h"

/* As high as the form will be: what was on the page that was read last does not go when the form comes. */
static void locked_flow(const struct console *c, unsigned width, struct flow *out)
{
	struct flow form = {0};
	size_t rows = out->rows;

	form_flow(c->form, width, &form);
	flow_add(out, FLOW_NOW, width, NULL, _("Read all of it first; then it can be answered."));
	while (out->rows - rows < form.rows)
		flow_add(out, FLOW_PLAIN, width, NULL, "");
	flow_free(&form);
}

static struct shown form_draw(const struct console *c, struct area a)
{
	struct flow top = {0}, bottom = {0};
	struct bytes text = {0};
	struct shown shown;

	body_flow(c, (unsigned)a.width, &top);
	say_signatures(&text, c->p);
	if (text.len > 0)
		flow_add(&bottom, FLOW_HEADING, (unsigned)a.width, NULL, bytes_string(&text));
	if (body_is_locked(c))
		locked_flow(c, (unsigned)a.width, &bottom);
	else
		form_flow(c->form, (unsigned)a.width, &bottom);
	shown = body_split(a, &top, &bottom, c->scroll);
	bytes_free(&text);
	flow_free(&top);
	flow_free(&bottom);
	return shown;
}

static bool form_key(struct console *c, const struct press *key)
{
	bool locked = body_is_locked(c);

	if (scroll_press(&c->scroll, &c->shown, key, locked || c->form->fields == 0))
		return false;
	if (locked) {
		struct press page = {.kind = PRESS_PAGE_DOWN};

		if (key->kind == PRESS_TEXT && key->text[0] == ' ')
			scroll_press(&c->scroll, &c->shown, &page, true);
		return false;
	}
	if (form_press(c->form, key) == FORM_GIVE)
		console_give(c);
	return false;
}

static void form_keys(const struct console *c, struct bytes *out)
{
	const struct form *f = c->form;
	enum field_kind kind = f->now < f->fields ? c->p->field[f->now].kind : FIELD_TEXT;

	if (c->options->player) {
		bytes_text(out, _("The rehearsal plays by itself."));
		return;
	}
	if (body_is_locked(c)) {
		bytes_text(out, _("[Up Down PgUp PgDn] read "));
	} else {
		bytes_text(out, _("[Enter] answer "));
		if (kind == FIELD_CHOICE)
			bytes_text(out, _("[Up Down 1-9] choose "));
		if (kind == FIELD_SHARE)
			bytes_text(out, _("[Space] next [Backspace] back "));
		if (f->fields > 1)
			bytes_text(out, _("[Tab] field "));
		if (f->page > 0)
			bytes_text(out, _("[Esc] back "));
		if (kind != FIELD_CHOICE && f->now < f->fields)
			bytes_text(out, _("[Ctrl-U] clear "));
		if (c->shown.rows > c->shown.height)
			bytes_text(out, _("[PgUp PgDn] read "));
	}
	if (c->p->refusable)
		bytes_text(out, _("[F8] refuse "));
}

const struct screen_ops screen_form = {
        .name = "form",
        .draw = form_draw,
        .key = form_key,
        .keys = form_keys,
};
