/* PINs of a token in the helper: their length, their change, and the proof that the token holds the whole of one. */
#ifndef HSM_PIN_H
#define HSM_PIN_H

#include "hsm/token.h"

/* Is it there, and within the token's bounds? `whose` is "user" or "SO", for the message. */
int pin_fits(const struct token *t, const struct secret *pin, const char *whose, struct error *e);
/* -1: the token refused this length, whatever it says of its bounds. */
int pin_length_refused(const struct token *t, const char *whose, size_t len, struct error *e);
/* C_SetPIN in the open session; both NULL: on the device. */
int pin_set(struct token *t, const struct secret *old, const struct secret *pin, struct error *e);
/* Logs in with the whole PIN and out; tries it once without its last character, which must be refused: a token that takes it has cut
 * the PIN; logs in with the whole one again, so that the counter of wrong tries is at rest, and out. NULL: one login on the device. */
int pin_prove(struct token *t, CK_USER_TYPE user, const struct secret *pin, struct error *e);
/* One login and out. 1: it opens; 0: refused as wrong, with the answer in *refusal; -1 with `e`. */
int pin_try(struct token *t, CK_USER_TYPE user, const struct secret *pin, CK_RV *refusal, struct error *e);

#endif
