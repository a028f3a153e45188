/* The self-playing rehearsal on screens: each prompt is shown filled in, page by page, then given. */
#include "screens/console.h"

#include "base/text.h"

enum { PLAY_TRIES = 3 };

void play_end(struct console *c)
{
	answer_free(&c->played);
}

int play_begin(struct console *c)
{
	play_end(c);
	c->played = answer_new(c->p);
	if (!c->played)
		return error_memory(&c->error);
	if (player_play(c->options->player, c->v, c->p, c->played, &c->error) < 0)
		return -1;
	if (c->played->action == ANSWER_GIVE)
		form_show_answer(c->form, c->played);
	c->play_at = time_up_ms() + c->options->pace_ms;
	return 0;
}

/* The document to its end, then the pages of the form. True when there was still something to show. */
static bool play_turn(struct console *c)
{
	struct press page = {.kind = PRESS_PAGE_DOWN};

	if (c->shown.first + c->shown.height < c->shown.rows)
		return scroll_press(&c->scroll, &c->shown, &page, true);
	if (c->form->page + 1 >= form_pages(c->form))
		return false;
	form_page_show(c->form, c->form->page + 1);
	return true;
}

void play_step(struct console *c, int64_t now)
{
	const struct prompt *p;
	struct error e = {0};

	if (!c->played || c->overlay || now < c->play_at)
		return;
	c->play_at = now + c->options->pace_ms;
	if (play_turn(c))
		return;
	if (engine_answer(c->g, c->played, &e) == 0) {
		play_end(c);
		c->play_tries = 0;
		c->status = engine_run(c->g);
		return;
	}
	c->error = e;
	p = engine_prompt(c->g); /* made anew by the refusal, or another one by now */
	if (!p || p->id != c->id) {
		play_end(c);
		c->status = engine_run(c->g);
		return;
	}
	c->p = p;
	form_follow(c->form, p);
	if (++c->play_tries >= PLAY_TRIES || play_begin(c) < 0) {
		play_end(c);
		c->status = ENGINE_FAILED;
		return;
	}
	c->form->error = e;
}
