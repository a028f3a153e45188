/* Runs a reader of prompts in a child over the fake engine, on pipes or on a pty, and collects what it writes. */
#ifndef TESTS_SCREENS_DRIVE_H
#define TESTS_SCREENS_DRIVE_H

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "screens/screens.h"
#include "tests/screens/fake_engine.c"

enum { DRIVE_PATIENCE_MS = 10000 };

struct drive {
	pid_t pid;
	int in, out;
	struct bytes seen; /* all that was written; `mark` is where the last wait ended */
	size_t mark;
};

typedef enum engine_status (*drive_reader)(struct engine *g, const struct screen_options *options, struct error *e);

/* In the child: exits with the status. */
static void drive_child(drive_reader reader, bool automatic)
{
	struct engine_options engine_options = {.language = "en"};
	struct screen_options options = {.language = "en"};
	enum engine_status status;
	struct engine *g;
	bool cannot;

	unsetenv("NO_COLOR");
	if (secret_init(NULL) < 0)
		_exit(99);
	language_choose("en", &cannot);
	if (automatic)
		options.player = player_new("a passphrase", NULL, NULL);
	g = engine_start(&engine_options, NULL);
	status = reader(g, &options, NULL);
	engine_free(&g);
	player_free(&options.player);
	fflush(stdout);
	_exit((int)status);
}

static __attribute__((unused)) struct drive drive_pipes(drive_reader reader, bool automatic)
{
	struct drive d = {0};
	int in[2], out[2];

	fflush(NULL);
	if (pipe(in) < 0 || pipe(out) < 0 || (d.pid = fork()) < 0)
		abort();
	if (d.pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		close(in[1]);
		close(out[0]);
		drive_child(reader, automatic);
	}
	close(in[0]);
	close(out[1]);
	d.in = in[1];
	d.out = out[0];
	return d;
}

static __attribute__((unused)) struct drive drive_pty(
        drive_reader reader, const char *term, unsigned short rows, unsigned short columns)
{
	struct winsize size = {.ws_row = rows, .ws_col = columns};
	struct drive d = {0};

	fflush(NULL);
	d.pid = forkpty(&d.in, NULL, NULL, &size);
	if (d.pid < 0)
		abort();
	if (d.pid == 0) {
		setenv("TERM", term, 1);
		drive_child(reader, false);
	}
	d.out = d.in;
	return d;
}

static void drive_type(struct drive *d, const char *keys)
{
	if (write(d->in, keys, strlen(keys)) < 0)
		abort();
}

/* Reads until `text` has come behind the mark (NULL: until the end); false when it does not come. */
static __attribute__((unused)) bool drive_wait(struct drive *d, const char *text)
{
	struct pollfd fd = {.fd = d->out, .events = POLLIN};
	char buffer[4096];

	for (;;) {
		const char *at = text ? strstr(bytes_string(&d->seen) + d->mark, text) : NULL;
		ssize_t got;

		if (at) {
			d->mark = (size_t)(at - bytes_string(&d->seen)) + strlen(text);
			return true;
		}
		if (poll(&fd, 1, DRIVE_PATIENCE_MS) <= 0)
			return false;
		got = read(d->out, buffer, sizeof(buffer));
		if (got <= 0)
			return text == NULL;
		for (ssize_t i = 0; i < got; i++)
			if (buffer[i])
				bytes_byte(&d->seen, (uint8_t)buffer[i]);
	}
}

/* The engine_status it ended with; -1: it was killed. */
static int drive_end(struct drive *d)
{
	int status = 0;

	drive_wait(d, NULL);
	close(d->in);
	if (d->out != d->in)
		close(d->out);
	waitpid(d->pid, &status, 0);
	bytes_free(&d->seen);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
