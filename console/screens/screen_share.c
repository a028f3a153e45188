/* A share for one person's eyes: a cover, its words ten a page, and the confirmation. */
#include "screens/console.h"

#include <stdio.h>
#include <string.h>

#include "screens/say.h"

enum { WORDS_A_PAGE = 10, COVER = 0 };

static size_t word_at(const struct secret *share, unsigned word, size_t *len)
{
	size_t at = 0;

	for (unsigned i = 0; i < word && at < share->len; i++) {
		const uint8_t *blank = memchr(share->data + at, ' ', share->len - at);

		at = blank ? (size_t)(blank - share->data) + 1 : share->len;
	}
	*len = 0;
	while (at + *len < share->len && share->data[at + *len] != ' ')
		(*len)++;
	return at;
}

static unsigned word_pages(const struct secret *share)
{
	return (share_words(share) + WORDS_A_PAGE - 1) / WORDS_A_PAGE;
}

static void words_flow(const struct secret *share, unsigned page, unsigned width, struct flow *out)
{
	for (unsigned i = 0; i < WORDS_A_PAGE; i++) {
		unsigned word = (page - 1) * WORDS_A_PAGE + i;
		char number[16];
		size_t len, at;

		if (word >= share_words(share))
			return;
		at = word_at(share, word, &len);
		snprintf(number, sizeof(number), "  %2u  ", word + 1);
		flow_add(out, FLOW_ENTRY, width, number, "");
		flow_secret_here(out, share->data + at, len);
	}
}

static struct shown share_draw(const struct console *c, struct area a)
{
	unsigned pages = c->p->share ? word_pages(c->p->share) : 0, width = (unsigned)a.width;
	struct flow top = {0}, bottom = {0};
	struct bytes text = {0};
	struct shown shown;

	/* The words need the room: the instruction was read before. */
	if (c->share_page > COVER && c->share_page <= pages)
		flow_message(&top, FLOW_HEADING, width, &c->p->title);
	else
		body_flow(c, width, &top);
	if (c->options->player) {
		flow_add(&bottom, FLOW_ENTRY, width, "  ", _("(hidden)"));
	} else if (c->share_page == COVER) {
		flow_add(&bottom, FLOW_NOW, width, NULL, _("Press Enter when only this person sees the screen."));
	} else if (c->share_page <= pages) {
		bytes_printf(&text, _("Words, page %u of %u: write them down"), c->share_page, pages);
		flow_add(&bottom, FLOW_NOW, width, NULL, bytes_string(&text));
		words_flow(c->p->share, c->share_page, width, &bottom);
	} else if (c->form->fields > 0) {
		form_flow(c->form, width, &bottom);
	} else {
		flow_add(&bottom, FLOW_NOW, width, NULL,
		        _("The words are hidden again. Press Enter when all of them are written down, Esc to see them "
		          "once more."));
	}
	shown = body_split(a, &top, &bottom, c->scroll);
	bytes_free(&text);
	flow_free(&top);
	flow_free(&bottom);
	return shown;
}

static bool share_key(struct console *c, const struct press *key)
{
	unsigned pages = c->p->share ? word_pages(c->p->share) : 0;

	if (scroll_press(&c->scroll, &c->shown, key, false))
		return false;
	if (c->share_page > pages) {
		enum form_step step = form_press(c->form, key);

		if (step == FORM_GIVE)
			console_give(c);
		else if (step == FORM_BACK)
			c->share_page = COVER + 1;
	} else if (key->kind == PRESS_ENTER) {
		c->share_page++;
	} else if (key->kind == PRESS_ESCAPE && c->share_page > COVER) {
		c->share_page--;
	}
	if (c->share_page == COVER || c->share_page > pages)
		paint_redraw();
	return false;
}

static void share_keys(const struct console *c, struct bytes *out)
{
	if (c->options->player) {
		bytes_text(out, _("The rehearsal plays by itself."));
		return;
	}
	bytes_text(out, _("[Enter] go on "));
	if (c->share_page > COVER)
		bytes_text(out, _("[Esc] back "));
	if (c->shown.rows > c->shown.height)
		bytes_text(out, _("[PgUp PgDn] read "));
}

const struct screen_ops screen_share = {
        .name = "share",
        .draw = share_draw,
        .key = share_key,
        .keys = share_keys,
};
