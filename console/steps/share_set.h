/* Which shares are valid: the sets that the record knows, from the fold alone. */
#ifndef STEPS_SHARE_SET_H
#define STEPS_SHARE_SET_H

#include "steps/step.h"

/* A set of shares of a secret. */
struct share_set {
	bool known; /* the record has its commitments; else the numbers are the script's */
	unsigned parts, threshold;
	char mark[9]; /* what tells its cards from those of another set: the first eight hex digits of share 1's
	                 commitment; "" */
};
struct share_set share_set(const struct ceremony *c, const struct script_secret *secret, enum share_validity state);
/* The share of that number in the set of that state; NULL: none is known. */
const struct share_state *share_find(
        const struct ceremony *c, const char *secret, unsigned part, enum share_validity state);
/* Is `words` that very share? -1: none is known. */
int share_known(const struct ceremony *c, const char *secret, unsigned part, enum share_validity state,
        const struct secret *words);
/* The share in that set that this person holds, from 1; 0: none. */
unsigned share_of(const struct ceremony *c, const char *secret, enum share_validity state, const char *person);

/* Must the step first find out which of two sets opens the token? True until that was tried and failed. */
bool shares_to_settle(const struct ceremony *c, const struct script_step *step);

/* Of the fold. A share that the record before knows, copied as it is. */
int share_take(struct ceremony *c, const struct share_state *share, struct error *e);
/* A drawn share: `value` is "SALT COMMITMENT" in hex, checked already. */
int share_draw(struct ceremony *c, const struct script_secret *secret, unsigned part, const char *value, uint64_t seq,
        struct error *e);
/* Who typed the drawn share back holds it. */
void share_hold(struct ceremony *c, const char *secret, unsigned part, const char *person);
/* The set of state `from` is in force, and all others of the secret are void. */
void shares_put_in_force(struct ceremony *c, const char *secret, enum share_validity from);
/* All of that state are void; `secret` NULL: of every secret. */
void shares_void(struct ceremony *c, const char *secret, enum share_validity state);
/* The act that was to put the step's drawn set on the token ended without saying whether it did. */
void shares_unsettle(struct ceremony *c, const struct script_step *step);

#endif
