/* A value typed by one person and typed again by another: observe, seal and unseal. */
#ifndef STEPS_OBSERVE_H
#define STEPS_OBSERVE_H

#include "steps/step.h"

/* Wants the value of that name, by the step's `by` and `pattern`; leaves `w` alone when two people have typed it. */
void observe_next(
        const struct ceremony *c, const struct run *run, struct want *w, const struct step_kind *by, const char *value);
int observe_check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e);
/* `example`: what a self-playing rehearsal types. */
int observe_ask(const struct ceremony *c, const char *example, struct prompt *p, struct error *e);
int observe_answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e);
/* A number of a thing (bag, camera), as two people read it now and as it was kept. */
struct number_compared {
	const char *what, *thing, *name; /* of the facts: "bag", "bag" and the bag's name */
	const char *kept_as, *kept;      /* the field of the number that was kept, and that, or NULL */
	const char *read;
};
/* Wants the facts.read that says so; `fault`, unless empty, is why the two do not agree. Consumes `fault`. */
int observe_compared(const struct ceremony *c, const struct run *run, struct want *w, const struct step_kind *by,
        const struct number_compared *n, struct bytes *fault, struct error *e);

#endif
