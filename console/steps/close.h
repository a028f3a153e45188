#ifndef STEPS_CLOSE_H
#define STEPS_CLOSE_H

#include "steps/step.h"

/* The name under which the room holds a person's unlocked key until the last entry is there to be signed. */
void closing_name(char out[200], const char *person);
/* The next person present who has not unlocked theirs is asked; `why` is a message id with name and role. */
int closing_ask(const struct ceremony *c, const struct room *room, const char *why, struct prompt *p, struct error *e)
        __attribute__((nonnull));
/* Unlocks it. 1: all have; 0: others are to come; -1 with `e`. */
int closing_answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e);

#endif
