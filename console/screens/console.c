/* The ncurses console: one loop over keys, signals, the engine and the clock. Nothing that happens to the terminal ends
 * a ceremony in any other way than by a pause. */
#include "screens/console.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/print.h"
#include "base/text.h"
#include "screens/say.h"
#include "screens/sheet.h"
#include "screens/signals.h"

enum { BYTES_A_TURN = 4096, SECOND_MS = 1000 };

static const struct screen_ops *screen_of(enum prompt_kind kind)
{
	switch (kind) {
	case PROMPT_SHARE_SHOW:
		return &screen_share;
	case PROMPT_CODE:
		return &screen_code;
	case PROMPT_ACKNOWLEDGE:
	case PROMPT_FORM:
	case PROMPT_OBSERVE:
	case PROMPT_APPROVE:
	case PROMPT_SHARE_ENTER:
	case PROMPT_SECRET:
	case PROMPT_DECIDE:
		break;
	}
	return &screen_form;
}

/* What the engine has to tell stays on the screen for one prompt: the first after it was said, or said again by an act.
 */
static void notice_take(struct console *c)
{
	const struct error *notice = engine_error(c->g);
	struct bytes text = {0};

	if (notice && notice->message.id)
		say_message(&text, &notice->message);
	if (c->p && text.len > 0 && (c->was_busy || strcmp(bytes_string(&text), bytes_string(&c->notice)) != 0))
		c->notice_id = c->p->id;
	if (c->p || text.len == 0) {
		bytes_clear(&c->notice);
		bytes_text(&c->notice, bytes_string(&text));
	}
	bytes_free(&text);
}

static void console_fail(struct console *c)
{
	c->status = ENGINE_FAILED;
	c->p = NULL;
	c->screen = &screen_end;
	c->over = c->options->player != NULL;
	form_free(&c->form);
}

static void reading_forget(struct console *c)
{
	memset(c->reading, 0, sizeof(c->reading));
	c->readings = 0;
}

/* Of the layout in hand. In another width the rows are others, and are counted anew; back in the one before, what was
 * read there was read. */
static struct reading *reading_of(struct console *c, size_t rows)
{
	struct reading *r = c->reading;
	int height, columns;

	paint_size(&height, &columns);
	for (unsigned i = 0; i < READINGS; i++)
		if (r[i].columns == columns && r[i].rows == rows)
			return &r[i];
	r = &c->reading[c->readings++ % READINGS];
	*r = (struct reading){.columns = columns, .rows = rows};
	return r;
}

static void prompt_open(struct console *c)
{
	form_free(&c->form);
	c->id = c->p->id;
	c->screen = screen_of(c->p->kind);
	c->scroll = 0;
	c->shown = (struct shown){0};
	c->seen = false;
	reading_forget(c);
	c->share_page = 0;
	c->hint = NULL;
	code_begin(c);
	c->form = form_new(c->p, &c->error);
	if (!c->form || (c->options->player && play_begin(c) < 0))
		console_fail(c);
}

/* Everything that is remembered of the engine is looked up again: pointers into it hold only until it is called. */
static void console_refresh(struct console *c)
{
	bool was_alone = c->alone;

	c->v = engine_view(c->g);
	c->p = c->status == ENGINE_PROMPT ? engine_prompt(c->g) : NULL;
	c->alone = c->p && c->p->alone;
	notice_take(c);
	c->was_busy = c->status == ENGINE_BUSY;
	if (c->p && c->form && c->id == c->p->id) {
		form_follow(c->form, c->p);
		return;
	}
	if (was_alone)
		paint_forget();
	if (c->p) {
		prompt_open(c);
		return;
	}
	form_free(&c->form);
	play_end(c);
	c->scroll = c->screen == &screen_busy ? c->scroll : 0;
	c->screen = c->status == ENGINE_BUSY ? &screen_busy : &screen_end;
	if (c->status == ENGINE_FAILED && !c->error.message.id && engine_error(c->g))
		c->error = *engine_error(c->g);
	if (c->screen == &screen_end && c->options->player)
		c->over = true;
}

static void console_go_on(struct console *c)
{
	c->status = engine_run(c->g);
	console_refresh(c);
}

/* Ends the run with a pause where the record allows one. */
static void console_stop(struct console *c, const char *reason)
{
	if (c->status == ENGINE_PROMPT || c->status == ENGINE_BUSY) {
		console_open(c, NULL);
		engine_interrupt(c->g, reason);
		c->status = engine_run(c->g);
		if (c->status == ENGINE_PROMPT || c->status == ENGINE_BUSY)
			c->status = ENGINE_PAUSED;
		console_refresh(c);
	} else {
		c->over = true;
	}
}

const char *console_entry(const struct console *c, uint64_t seq)
{
	return c->replay ? replay_line(c->replay, (size_t)seq) : engine_entry(c->g, seq);
}

size_t console_entries(const struct console *c)
{
	return c->replay ? replay_count(c->replay) : (size_t)c->v->size;
}

void console_open(struct console *c, const struct screen_ops *overlay)
{
	form_free(&c->sheet);
	prompt_free(&c->sheet_prompt);
	c->overlay = overlay;
	c->over_scroll = c->over_cursor = 0;
	c->over_shown = (struct shown){0};
	c->finding = false;
	code_begin(c);
	if (overlay == &overlay_transcript && c->v->size > 0)
		c->over_cursor = (size_t)c->v->size - 1;
	if (!overlay && c->played)
		c->play_at = time_up_ms() + c->options->pace_ms;
}

void console_sheet(struct console *c, enum answer_action action)
{
	struct prompt *sheet;
	struct error e = {0};

	if (!c->p && action == ANSWER_PAUSE && engine_stop_act(c->g)) {
		c->hint = N_("The act ends after the batch that the HSM has in hand; then you decide how it goes on.");
		return;
	}
	if (!c->p && (action != ANSWER_EXCEPTION || c->status != ENGINE_BUSY)) {
		c->hint = N_("That is possible when the console asks something again.");
		return;
	}
	if (action == ANSWER_REFUSE && !c->p->refusable) {
		c->hint = N_("There is nothing to refuse here.");
		return;
	}
	sheet = sheet_new(action, c->v, c->p, &e);
	console_open(c, &overlay_sheet);
	c->sheet_prompt = sheet;
	c->sheet_action = action;
	c->sheet = sheet ? form_new(sheet, &e) : NULL;
	if (!c->sheet)
		console_open(c, NULL);
}

/* An answer was not taken. The engine may have recorded why and made the same prompt anew, or asks another thing by
 * now. */
static void console_refused(struct console *c, struct form *f, struct answer *a, const struct error *why)
{
	const struct prompt *p = engine_prompt(c->g);

	if (p && p->id == c->id) {
		c->p = p;
		c->v = engine_view(c->g);
		form_follow(c->form, p);
		form_take_back(f, a, why);
		return;
	}
	console_open(c, NULL);
	console_go_on(c);
	if (c->form)
		c->form->error = *why;
}

void console_sheet_give(struct console *c)
{
	struct answer *a = answer_new(c->sheet_prompt);
	struct error e = {0};

	bool may = c->p || c->sheet_action == ANSWER_EXCEPTION;

	if (!a || !may || form_answer(c->sheet, a) < 0) {
		error_memory(&c->sheet->error);
		goto out;
	}
	a->prompt = c->p ? c->p->id : 0;
	a->action = c->sheet_action;
	a->seen_all = c->seen;
	if (engine_answer(c->g, a, &e) < 0) {
		console_refused(c, c->sheet, a, &e);
		goto out;
	}
	console_open(c, NULL);
	console_go_on(c);
out:
	answer_free(&a);
}

void console_give(struct console *c)
{
	struct answer *a = answer_new(c->p);
	struct error e = {0};

	if (!a || form_answer(c->form, a) < 0) {
		error_memory(&c->form->error);
		goto out;
	}
	a->action = ANSWER_GIVE;
	a->seen_all = c->seen;
	if (engine_answer(c->g, a, &e) < 0)
		console_refused(c, c->form, a, &e);
	else
		console_go_on(c);
out:
	answer_free(&a);
}

static void language_toggle(struct console *c)
{
	bool cannot;

	reading_forget(c);
	c->language = language_choose(strcmp(c->language, "ja") == 0 ? "en" : "ja", &cannot);
	if (cannot)
		c->hint = N_("This terminal cannot show Japanese; it goes on in English.");
	for (size_t i = 0; c->v->languages && c->v->languages[i]; i++)
		if (strcmp(c->v->languages[i], c->language) == 0) {
			engine_language(c->g, c->language);
			break;
		}
	console_refresh(c);
}

void console_function(struct console *c, unsigned number)
{
	switch (number) {
	case 1:
		console_open(c, &overlay_help);
		break;
	case 2:
		console_sheet(c, ANSWER_EXCEPTION);
		break;
	case 3:
		console_open(c, &overlay_people);
		break;
	case 4:
		console_open(c, &overlay_transcript);
		break;
	case 5:
		console_open(c, &overlay_artifacts);
		break;
	case 6:
		language_toggle(c);
		break;
	case 7:
		console_sheet(c, ANSWER_AMEND);
		break;
	case 8:
		console_sheet(c, ANSWER_REFUSE);
		break;
	case 9:
		console_open(c, &overlay_menu);
		break;
	case 10:
		console_sheet(c, ANSWER_PAUSE);
		break;
	default:
		break;
	}
}

static bool window_too_small(void)
{
	int rows, columns;

	paint_size(&rows, &columns);
	return rows < CONSOLE_ROWS || columns < CONSOLE_COLUMNS;
}

static void console_key(struct console *c, const struct press *key)
{
	c->hint = NULL;
	if (key->kind == PRESS_INTERRUPT) {
		console_stop(c, "somebody pressed Ctrl-C, Ctrl-Z or Ctrl-\\");
	} else if (key->kind == PRESS_REDRAW) {
		paint_redraw();
	} else if (window_too_small()) {
		return;
	} else if (key->kind == PRESS_FUNCTION) {
		console_function(c, key->number);
	} else if (c->overlay) {
		if (c->overlay->key(c, key))
			console_open(c, NULL);
	} else if (c->options->player && c->p) {
		scroll_press(&c->scroll, &c->shown, key, true);
	} else {
		c->screen->key(c, key);
	}
}

/* Remembers what was shown of the document: jumping to its end does not count as having seen it. */
static void shown_take(struct console *c, struct shown shown)
{
	struct reading *read = reading_of(c, shown.rows);

	/* What the line still holds back has been seen by nobody. */
	if (paint_ready() && shown.first <= read->to && shown.first + shown.height > read->to)
		read->to = shown.first + shown.height;
	c->shown =
	        shown; /* c->scroll stays what was asked for: a window that shows more, for a while, does not move it */
	c->seen |= read->to >= shown.rows;
}

/* Paints, and remembers what was shown. */
static void console_paint(struct console *c)
{
	const struct screen_ops *top = c->overlay ? c->overlay : c->screen;
	struct area whole = {0, 0, 0, 0};
	bool locked = body_is_locked(c), more = c->shown.rows > c->shown.height;
	struct shown shown;

	paint_clear();
	if (window_too_small()) {
		frame_too_small();
		paint_show();
		return;
	}
	paint_size(&whole.height, &whole.width);
	shown = top->draw(c, top->whole ? whole : frame_draw(c));
	paint_show();
	if (c->overlay) {
		c->over_shown = shown;
		return;
	}
	shown_take(c, shown);
	if ((locked && c->seen) || more != (shown.rows > shown.height))
		console_paint(c); /* the form may be filled in now, or other keys work */
}

/* The bytes that have come, one at a time. False when the terminal is gone. */
static bool keys_take(struct console *c)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	struct press key = {0};
	uint8_t byte = 0;

	for (int i = 0; i < BYTES_A_TURN && !c->over && poll(&in, 1, 0) > 0; i++) {
		ssize_t got = read(STDIN_FILENO, &byte, 1);

		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return false;
		if (keyboard_byte(&c->keyboard, byte, &key))
			console_key(c, &key);
	}
	wipe(&byte, 1);
	wipe(&key, sizeof(key));
	return true;
}

static int timeout_ms(const struct console *c)
{
	int64_t now = time_up_ms(), wait = SECOND_MS - time_now_ms() % SECOND_MS;

	if (keyboard_waits(&c->keyboard))
		return PRESS_WAIT_MS;
	if (code_due(c, now) >= 0 && code_due(c, now) - now < wait)
		wait = code_due(c, now) - now;
	if (c->played && !c->overlay && c->play_at - now < wait)
		wait = c->play_at > now ? c->play_at - now : 0;
	return (int)wait;
}

static void signals_handle(struct console *c)
{
	bool stop, resized;

	signals_take(&stop, &resized);
	if (resized)
		paint_resize();
	if (stop)
		c->lost = true;
}

static void console_turn(struct console *c, int signals)
{
	struct pollfd fds[4] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals, .events = POLLIN},
	        {.fd = c->status == ENGINE_BUSY ? engine_fd(c->g) : -1, .events = POLLIN},
	        /* While an Esc may be the beginning of a sequence, nothing but time or a key ends the wait. */
	        {.fd = keyboard_waits(&c->keyboard) ? -1 : paint_fd(), .events = POLLOUT}};
	int ready = poll(fds, 4, timeout_ms(c));
	struct press key = {0};

	if ((ready < 0 && errno != EINTR) || (fds[3].revents & (POLLERR | POLLHUP))) {
		c->lost = true;
		return;
	}
	if (ready <= 0)
		for (size_t i = 0; i < 4; i++)
			fds[i].revents = 0;
	if (fds[1].revents || ready < 0)
		signals_handle(c);
	if (fds[0].revents && !keys_take(c))
		c->lost = true;
	else if (ready == 0 && keyboard_waits(&c->keyboard) && keyboard_timeout(&c->keyboard, &key))
		console_key(c, &key);
	if ((fds[2].revents && c->status == ENGINE_BUSY) || ((ready == 0 || fds[3].revents) && engine_tick(c->g)))
		console_go_on(c);
	if (c->played) {
		enum engine_status before = c->status;
		uint64_t id = c->id;

		play_step(c, time_up_ms());
		if (!c->played || c->status != before || c->id != id)
			console_refresh(c);
	}
}

static void console_loop(struct console *c, int signals)
{
	console_go_on(c);
	while (!c->over && !c->lost) {
		/* A slow line shows every screen it can, not every screen there was. */
		if (paint_ready())
			console_paint(c);
		console_turn(c, signals);
	}
	if (c->lost)
		console_stop(c, "the terminal was lost or a signal came");
}

enum engine_status console_run(struct engine *g, const struct screen_options *options, struct error *e)
{
	struct console c = {.g = g, .options = options, .status = ENGINE_FAILED, .notice_id = UINT64_MAX};
	int signals;

	if (e)
		*e = (struct error){0};
	signals = signals_catch(e);
	if (signals < 0)
		return ENGINE_FAILED;
	if (paint_start(&c.error) < 0) {
		struct bytes text = {0};

		signals_release();
		say_message(&text, &c.error.message);
		print_err("%s\n", bytes_string(&text));
		bytes_free(&text);
		return plain_run(g, options, e);
	}
	c.code_spaces = !paint_has_half_blocks();
	c.language = options->language && *options->language ? options->language : "en";
	c.v = engine_view(g);
	console_loop(&c, signals);
	console_open(&c, NULL);
	form_free(&c.form);
	play_end(&c);
	paint_stop();
	signals_release();
	bytes_free(&c.notice);
	bytes_free(&c.find);
	bytes_free(&c.content);
	wipe(&c.keyboard, sizeof(c.keyboard));
	if (e && c.status == ENGINE_FAILED)
		*e = c.error;
	return c.status;
}
