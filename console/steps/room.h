/* What a running ceremony holds beside its state: the things of the world that looks, asks and acts touch. Not part of
 * the fold. */
#ifndef STEPS_ROOM_H
#define STEPS_ROOM_H

#include "base/secret.h"
#include "hsm/hsm.h"
#include "record/record.h"

enum { HELD_MAX = 128, ROOM_CARDS_MAX = 64, ROOM_TRIED_MAX = 64 };

struct previous;

/* A secret in hand between two prompts: a share shown or typed, a person's unlocked key for the closing signature. */
struct held {
	char name[200];
	struct secret *secret;
};

/* What is known of a person's smart card in this run. */
struct card_seen {
	char person[65];
	struct bytes certificate; /* DER; empty: not read yet */
	bool shown;               /* its names were shown before it signed */
	int told;                 /* enum hsm_pin_told */
};

struct room {
	struct record *record;
	struct hsm *hsm;
	struct secret *seed; /* the console's signing key of this run */
	const char *language;
	const struct previous *previous; /* what the record before left; NULL: it was not given to this run */
	const char *credentials;         /* directory of NAME.key and NAME.vkey ("{person}": people/credential.h) */
	const char *helper;              /* the helper program, for people's cards */
	const char *parser;              /* the program that tries what comes from outside (steps/foreign.h), or NULL */
	uint8_t tried[ROOM_TRIED_MAX][32]; /* SHA-256 of the newest files NAME.key that it came through */
	size_t tried_count;                /* of all that it did */
	struct card_seen *cards[ROOM_CARDS_MAX];
	size_t card_count;
	struct held held[HELD_MAX];
	size_t held_count;
	uint64_t done, total; /* of an act that takes many requests: what screens show */
	bool stop;            /* people want such an act ended after the request in hand */
	void *work;           /* what it has in hand between its requests; NULL: nothing */
	void (*work_free)(void *work);
	struct bytes notice; /* a sentence for people about what just happened, shown with the next prompt */
};

/* Keeps a secret (moved) under a name; replaces one of that name. */
int room_hold(struct room *r, const char *name, struct secret **secret, struct error *e);
struct secret *room_held(const struct room *r, const char *name); /* still the room's; NULL when there is none */
void room_wipe(struct room *r, const char *prefix);               /* all whose name begins so; "": all */

/* Of the person's card, which may be one not seen before; the room's until room_forget_cards(). NULL: no memory. */
struct card_seen *room_card(struct room *r, const char *person);
void room_forget_cards(struct room *r);

/* The act is over: what it had in hand is let go. */
void room_work_end(struct room *r);

/* The console's signature line (no LF) over a checkpoint text. */
int room_sign(const struct room *r, const struct vkey *console, const struct bytes *checkpoint, struct bytes *line,
        struct error *e);

#endif
