/* Shares and PINs in the hands of the room, shared by initialise-hsm and unlock-hsm. */
#ifndef STEPS_LOGIN_H
#define STEPS_LOGIN_H

#include "steps/step.h"

/* The name under which the room holds a share: "shown NAME PART" or "typed NAME PART". */
void held_name(char out[200], const char *kind, const char *secret, unsigned part);
/* The PIN by the site's rule, of as many typed shares as the threshold, the first from part `from` on; NULL with `e`. */
struct secret *login_pin(const struct ceremony *c, const struct room *room, const struct script_secret *secret, unsigned from, struct error *e);
/* secret.entered */
int put_entered(struct outcome *out, const char *step, const char *person, const char *what, unsigned part, unsigned of_parts, struct error *e);
/* Is `words` the share of the newest commitment (secret, part)? -1: no commitment known. */
int share_known(const struct ceremony *c, const struct script_secret *secret, unsigned part, const struct secret *words);

#endif
