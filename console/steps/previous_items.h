/* Private to steps/previous*.c: the kinds of items, each written, held against script and site, and taken into the
 * state. */
#ifndef STEPS_PREVIOUS_ITEMS_H
#define STEPS_PREVIOUS_ITEMS_H

#include "steps/previous.h"

/* Room for one more item; NULL with `e`. */
struct bytes *item_add(struct previous *p, struct error *e);
/* Appends the ceremony's own items, in an order that follows from the script alone. */
int items_put(const struct ceremony *c, struct previous *out, struct error *e);
/* Is it an item, of its form, and in agreement with script and site? */
int item_fits(const struct ceremony *c, const struct json *item, struct error *e);
/* A certificate of base64 is there from now on. */
int certificate_take(struct certificate_state *k, const char *der, struct error *e);
/* Is it of a secret that the script names? Then the state says what became of its sets, and the item is of the past. */
bool item_outdated(const struct ceremony *c, const struct json *item);
int item_apply(struct ceremony *c, const struct json *item, struct error *e);

#endif
