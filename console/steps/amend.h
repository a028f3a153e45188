/* amend-script: a new script in the middle of a ceremony. Its file is taken into the record, held against the script in
 * force, and approved by the control quorum and a witness, who are shown the difference; from then on the ceremony goes
 * on by it. Who brings it and why stands in an exception.noted of kind "amendment", right before the file. */
#ifndef STEPS_AMEND_H
#define STEPS_AMEND_H

#include "steps/step.h"

extern const char amend_type[]; /* of the artifact */

/* May a new script be brought now? -1 with `e`: why not. */
int amend_may(const struct ceremony *c, struct error *e);
/* The path below the record of the next one. */
void amend_path(const struct ceremony *c, char out[64]);

/* Of the fold: is it such a file? Is the entry right? What follows from it. */
bool amend_brings(const struct ceremony *c, const struct entry *entry);
int amend_check_said(const struct ceremony *c, const struct entry *entry, struct error *e);
int amend_check_taken(const struct ceremony *c, const struct entry *entry, struct error *e);
int amend_taken(struct ceremony *c, const struct entry *entry, struct error *e);
int amend_looked(struct ceremony *c, const struct entry *entry, struct error *e);
void amend_drop(struct ceremony *c);
int amend_done(struct ceremony *c, struct error *e);

/* The difference and the steps to come, for those who approve. */
int amend_lines(const struct ceremony *c, struct prompt *p, struct error *e);

#endif
