/* The auditor's loop: keys, signals and the window, over a record that nothing can change. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/print.h"
#include "screens/console.h"
#include "screens/say.h"
#include "screens/signals.h"

static bool too_small(void)
{
	int rows, columns;

	paint_size(&rows, &columns);
	return rows < CONSOLE_ROWS || columns < CONSOLE_COLUMNS;
}

static void refresh(struct console *c)
{
	c->v = replay_view(c->replay);
	c->p = replay_document(c->replay);
}

static void language_switch(struct console *c)
{
	bool cannot;

	c->language = language_choose(strcmp(c->language, "ja") == 0 ? "en" : "ja", &cannot);
	if (cannot)
		c->hint = N_("This terminal cannot show Japanese; it goes on in English.");
	replay_language(c->replay, c->language);
}

static void function(struct console *c, unsigned number)
{
	c->asking = 0;
	switch (number) {
	case 1:
		console_open(c, &overlay_replay_help);
		break;
	case 3:
		console_open(c, &overlay_people);
		break;
	case 4:
		console_open(c, &overlay_transcript);
		break;
	case 5:
		console_open(c, &overlay_replay_files);
		break;
	case 6:
		language_switch(c);
		break;
	case 8:
		console_open(c, NULL);
		replay_move(c, replay_count(c->replay));
		break;
	default:
		break;
	}
}

static void key_take(struct console *c, const struct press *key)
{
	c->hint = NULL;
	if (key->kind == PRESS_INTERRUPT)
		c->over = true;
	else if (key->kind == PRESS_REDRAW)
		paint_redraw();
	else if (too_small())
		return;
	else if (key->kind == PRESS_FUNCTION)
		function(c, key->number);
	else if (c->overlay && key->kind == PRESS_TEXT && key->text[0] == 'q' && !c->finding)
		console_open(c, NULL);
	else if (!c->overlay)
		c->screen->key(c, key);
	else if (c->overlay->key(c, key))
		console_open(c, NULL);
	refresh(c);
}

static void paint(struct console *c)
{
	const struct screen_ops *top = c->overlay ? c->overlay : c->screen;
	struct shown shown;

	paint_clear();
	if (too_small()) {
		frame_too_small();
		paint_show();
		return;
	}
	shown = top->draw(c, frame_draw(c));
	paint_show();
	if (c->overlay) {
		c->over_shown = shown;
	} else {
		c->shown = shown;
	}
}

/* All the bytes that have come. False when the terminal is gone. */
static bool bytes_take(struct console *c)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	struct press key = {0};
	uint8_t byte;

	while (!c->over && poll(&in, 1, 0) > 0) {
		ssize_t got = read(STDIN_FILENO, &byte, 1);

		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return false;
		if (keyboard_byte(&c->keyboard, byte, &key))
			key_take(c, &key);
	}
	return true;
}

static void turn(struct console *c, int signals)
{
	struct pollfd fds[3] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals, .events = POLLIN},
	        {.fd = keyboard_waits(&c->keyboard) ? -1 : paint_fd(), .events = POLLOUT}};
	int ready = poll(fds, 3, keyboard_waits(&c->keyboard) ? PRESS_WAIT_MS : -1);
	struct press key = {0};
	bool stop, resized;

	if ((ready < 0 && errno != EINTR) || (ready > 0 && fds[2].revents & (POLLERR | POLLHUP))) {
		c->over = true;
		return;
	}
	if (ready < 0 || fds[1].revents) {
		signals_take(&stop, &resized);
		c->over |= stop;
		if (resized)
			paint_resize();
	}
	if (ready > 0 && fds[0].revents && !bytes_take(c))
		c->over = true;
	else if (ready == 0 && keyboard_timeout(&c->keyboard, &key))
		key_take(c, &key);
}

int replay_run(struct replay *r, const struct screen_options *options, struct error *e)
{
	struct console c = {.replay = r, .options = options, .screen = &screen_replay};
	int signals = signals_catch(e);
	int rc;

	if (signals < 0)
		return -1;
	if (paint_start(&c.error) < 0) {
		struct bytes text = {0};

		signals_release();
		say_message(&text, &c.error.message);
		print_err("%s\n", bytes_string(&text));
		bytes_free(&text);
		return plain_replay(r, options, e);
	}
	c.language = options->language && *options->language ? options->language : "en";
	refresh(&c);
	while (!c.over) {
		if (paint_ready())
			paint(&c);
		turn(&c, signals);
	}
	console_open(&c, NULL);
	prompt_free(&c.decoded);
	paint_stop();
	signals_release();
	bytes_free(&c.find);
	rc = c.error.code ? -1 : 0;
	if (e && rc < 0)
		*e = c.error;
	return rc;
}
