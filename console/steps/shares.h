/* Shares are made: drawn, committed to, shown to one person each, typed back in full, and put together again. Shared by
 * initialise-hsm, change-custodians and share-secret. */
#ifndef STEPS_SHARES_H
#define STEPS_SHARES_H

#include "steps/give.h"

/* Holder of a share to be made: the people present of the role, in the order in which they sat down. */
const struct person *shares_holder(const struct ceremony *c, const struct script_secret *secret, unsigned part);
/* Why shares of it cannot be made, or are void though the step goes on: an English sentence (static); NULL: nothing. */
const char *shares_unmet(const struct ceremony *c, const struct run *run, const struct script_secret *secret);

/* Wants all shares of the secret drawn; false: they are. The want's index is `index`. */
bool shares_next_draw(const struct script_secret *secret, const struct run *run, struct want *w, const struct step_kind *by, int topic,
                      unsigned index, const char *step);
/* Wants share `part` shown and typed back; false: it is. */
bool shares_next_part(const struct script_secret *secret, const struct run *run, unsigned part, struct want *w, const struct step_kind *by,
                      int topic, const char *step);
int shares_check_drawn(const struct entry *entry, struct error *e);
int shares_check_typed(const struct ceremony *c, const struct script_secret *secret, const struct want *w, const struct entry *entry,
                       struct error *e);
/* Takes value.drawn and secret.entered of these shares into the state; other entries are left alone. */
int shares_apply(struct ceremony *c, const struct script_secret *secret, const struct entry *entry, struct error *e);

int shares_look(const struct script_secret *secret, const struct want *w, struct room *room, struct outcome *out, struct error *e);
int shares_ask(const struct ceremony *c, const struct script_secret *secret, const struct want *w, struct room *room, struct prompt *p,
               struct error *e);
int shares_answer(const struct ceremony *c, const struct script_secret *secret, const struct want *w, struct room *room, struct answer *a,
                  struct outcome *out, struct error *e);
/* The PIN that follows from the typed shares: every one of them has a part in some combination, and all combinations give the same. */
struct secret *shares_proved_pin(const struct ceremony *c, const struct room *room, const struct script_secret *secret, struct error *e);
/* Adds the fault of a PIN, made by the site's rule, that the token does not take by its own words. -1: no memory. */
int shares_judge_length(const struct ceremony *c, const struct script_secret *secret, const struct json *facts, struct json_writer *faults);

#endif
