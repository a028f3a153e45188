/* A person's smart card in the room: asked for beside the passphrase, and made to sign what the cosignature signs. */
#ifndef STEPS_CARD_H
#define STEPS_CARD_H

#include "pki/cms.h"
#include "steps/step.h"

/* Bytes of a CMS that fit into a line of the record beside the rest of an approval. */
enum { CARD_CMS_MAX = 48000 };

/* Adds to the prompt of one person what the card is, what its certificate says (shown before its first use), and the field
 * for its PIN; nothing when they sign without a card. -1: no memory. */
int card_ask(const struct ceremony *c, struct room *room, const char *person, struct prompt *p);
/* Adds the field for the PIN to a prompt whose field "person" is a choice, when one of those has a card. -1: no memory. */
int card_ask_some(const struct ceremony *c, struct prompt *p);
/* The value of `card` in an approval.given, as JSON: null, or what the person's card signed over the message of the
 * cosignature at `seconds`. The PIN is wiped in every case. -1 with `e`; hsm_pin_was_wrong() tells a wrong PIN. */
int card_sign(const struct ceremony *c, struct room *room, const char *person, struct secret **pin, const struct bytes *checkpoint,
              int64_t seconds, struct bytes *json, struct error *e);

/* Is what the site file says of the person's card there: module, chain, and do the certificates fit into a record? The card
 * itself need not be. `person` of the script, with a card. */
int card_ready(const struct site *site, const char *person, struct error *e);

#endif
