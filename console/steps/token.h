/* What a token shows of itself, read for identify, initialise, unlock and generate. */
#ifndef STEPS_TOKEN_H
#define STEPS_TOKEN_H

#include "steps/step.h"

/* Reads the token through the helper (HSM_INSPECT) into facts.read{what}; `judge` adds faults, English sentences, from
 * the facts alone, so that verify finds the same ones. */
typedef int token_judge(const struct ceremony *c, const struct json *facts, struct json_writer *faults);
int token_look(const struct ceremony *c, const struct want *w, struct room *room, const char *hsm,
        const char *key_label, const char *cka_id, token_judge *judge, struct outcome *out, struct error *e);
/* Are the faults of the entry those that `judge` finds in its facts? */
int token_check(const struct ceremony *c, const struct entry *entry, token_judge *judge, struct error *e);
/* Adds the faults of a token that is not the one which the record knows as `hsm`, by label and serial number.
 * `or_label`, when it is not NULL: a label that is right too. -1: no memory. */
int token_known(const struct ceremony *c, const char *hsm, const struct json *facts, const char *or_label,
        struct json_writer *faults);
/* Adds the fault of a token that has no PIN pad or the like of its own, though the site says that its PIN is entered
 * there. */
int token_judge_path(const struct json *facts, struct json_writer *faults);
/* The flags of the facts as one text, "login-required user-pin-initialised" …: what an unlock order quotes. */
int token_flags(const struct json *facts, struct bytes *out, struct error *e);

#endif
