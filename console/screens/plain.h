/* Plain lines: what plain.c and its parts share. */
#ifndef SCREENS_PLAIN_H
#define SCREENS_PLAIN_H

#include <stdbool.h>

#include "base/bytes.h"
#include "screens/screens.h"

struct plain {
	struct engine *g;
	const struct screen_options *options;
	int signals;
	bool tty_in, tty_out;
	bool lost;     /* the end of the input, a signal, or nobody reads any more */
	bool answered; /* the prompt has its answer, or a command ended it */
	bool asked;    /* a prompt with id `shown` is on the paper */
	uint64_t shown;
	size_t step;         /* whose heading was printed last */
	bool announced;      /* the act that runs was told of */
	int64_t told_at;     /* ms: how far it is was told then */
	struct bytes notice; /* the newest notice that was printed */
	const char *language;
};

enum plain_line {
	PLAIN_LINE,
	PLAIN_COMMAND, /* it was a command, and is done: ask again */
	PLAIN_LOST
};

/* Reads one line: into `text`, or without echo into `secret`. PLAIN_LINE or PLAIN_LOST. A secret that is too long:
 * `*cut`. */
enum plain_line plain_read(struct plain *p, struct bytes *text, struct secret *secret, bool *cut);
/* The same, and does what a command (":help" and the like) says. For the fields of a command there is only
 * ":back", which leaves it. */
enum plain_line plain_ask(struct plain *p, struct bytes *text, struct secret *secret, bool commands, bool *cut);
/* Asks for one field until its entry fits, and puts it into `a`. */
enum plain_line plain_field(struct plain *p, const struct field *f, struct answer *a, bool commands);
/* Does the command; false when it is none. */
bool plain_command(struct plain *p, const char *line);
void plain_error(const struct error *e);
/* Prints the message and a line feed. */
void plain_say(const struct message *m);
/* The document of a prompt. */
void plain_lines(const struct prompt *q);

#endif
