/* What the ceremony wants next: the one answer of the fold's pure function next(), read by the live engine (which makes
 * it happen) and by verify (which holds the entry that is there against it). */
#ifndef STEPS_WANT_H
#define STEPS_WANT_H

#include "record/entry.h"

struct step_kind;

enum want_kind {
	WANT_RECORD, /* one entry that follows from the state alone: `data` is the whole of it */
	WANT_WRITE,  /* an artifact of `content` is written, then its entry `data`: artifact.written, or .taken of
	                foreign bytes */
	WANT_ASK,    /* people */
	WANT_LOOK,   /* clock, randomness, token or medium */
	WANT_ACT,    /* the open act is done: by the helper, or by being agreed */
	WANT_RESUME, /* the record was paused or cut short: nothing but ceremony.resumed */
	WANT_NOTHING /* closed */
};

struct want {
	enum want_kind kind;
	const struct step_kind *by; /* whose ask, answer, look, request, result and check are called */
	int topic;                  /* which of its wants this is: its own numbering */
	unsigned index;             /* of a share, a person, … */
	const char *step;           /* the entries' step id, or NULL */
	enum event event, other;    /* what may come: `other` is EVENTS when there is but one */
	const char *what;           /* the entry's "what" or "name" must be this; NULL: any, or none */
	struct bytes data;          /* the entry's data, when it is determined */
	struct bytes content;       /* WANT_WRITE */
	char path[128], label[128]; /* WANT_WRITE: path and type; else room for `what` */
};

void want_free(struct want *w);

#endif
