/* A person unlocks their key for one signature. */
#ifndef STEPS_SIGN_H
#define STEPS_SIGN_H

#include "steps/step.h"

/* Signs `checkpoint` with the person's key, their card when they have one, and the console's key, into an
 * approval.given{of}. A wrong passphrase or card PIN adds login.failed instead and returns -1: both are to be recorded.
 * The secrets are wiped in every case. */
int person_sign(const struct ceremony *c, struct room *room, const char *name, struct secret **passphrase,
        struct secret **card_pin, uint64_t of, const struct bytes *checkpoint, const char *step, struct outcome *out,
        struct error *e);
/* Opens the person's key: its seed, or NULL with `e` (and login.failed in `out` when the passphrase was wrong). */
struct secret *person_unlock(const struct ceremony *c, struct room *room, const char *name, struct secret **passphrase,
        const char *step, struct outcome *out, struct error *e);
/* The full root of the record as it stands, in hex and words: lines for an approval. */
int prompt_root(const struct ceremony *c, struct prompt *p);

#endif
