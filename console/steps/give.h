/* A PIN is given: as many shares as are needed, each typed by its holder, or two halves by the two people whom the site names.
 * Shared by unlock-hsm, change-custodians and share-secret. */
#ifndef STEPS_GIVE_H
#define STEPS_GIVE_H

#include "steps/share_set.h"

struct giving {
	char what[80];                      /* secret.entered's: tells this giving from others in the step */
	const struct script_secret *secret; /* shares of it; NULL: two halves */
	enum share_validity of;             /* of the set in this state */
	const char *role;                   /* who may give a share beside its holder */
	const struct script_list *holders;  /* halves: the two key NAMEs, in their order */
	unsigned parts;                     /* how many are needed */
};
/* Of `secret` by shares; `prefix` ("", "old ", "new ") and the secret's name are its `what`. */
struct giving giving_shares(const struct ceremony *c, const struct script_secret *secret, enum share_validity of, const char *prefix,
                            const char *role);
struct giving giving_halves(const struct site_hsm *site, const char *what);

/* Wants the next part; false: all are given. */
bool giving_next(const struct giving *g, const struct run *run, struct want *w, const struct step_kind *by, int topic, const char *step);
int giving_check(const struct ceremony *c, const struct giving *g, const struct want *w, const struct entry *entry, struct error *e);
int giving_ask(const struct ceremony *c, const struct giving *g, const struct want *w, struct prompt *p, struct error *e);
int giving_answer(const struct ceremony *c, const struct giving *g, const struct want *w, struct room *room, struct answer *a,
                  struct outcome *out, struct error *e);
/* The PIN that was given; NULL with `e`. */
struct secret *giving_pin(const struct ceremony *c, const struct giving *g, const struct room *room, struct error *e);

/* The name under which the room holds a share: "shown NAME PART" or "typed NAME PART". */
void held_name(char out[200], const char *kind, const char *secret, unsigned part);
/* The PIN by the site's rule, of `threshold` of the shares typed as `what`, the first from part `from` of `parts` on; NULL with `e`. */
struct secret *typed_pin(const struct ceremony *c, const struct room *room, const struct script_secret *secret, const char *what, unsigned from,
                         unsigned parts, unsigned threshold, struct error *e);
/* The site's rule by which the PIN follows from the shares. */
const struct site_pin *pin_rule(const struct ceremony *c, const struct script_secret *secret);
/* secret.entered */
int put_entered(struct outcome *out, const char *step, const char *person, const char *what, unsigned part, unsigned of_parts, struct error *e);
/* Says which set the words are of: written on the card, it tells the card from one of another set. -1: no memory. */
int prompt_set(struct prompt *p, const struct script_secret *secret, const struct share_set *set);

#endif
