#ifndef STEPS_ROLL_CALL_H
#define STEPS_ROLL_CALL_H

#include "steps/step.h"

/* Wants a joining, its proof, or (all seats taken) the proposal that everyone present approves. */
int roll_call_next(const struct ceremony *c, const char *step, struct want *w, struct error *e);
/* The NAMEs of the people present, in the order of their joining, as a JSON array. */
void people_present(const struct ceremony *c, struct json_writer *j);

#endif
