/* What one ceremony leaves for the next: tokens, keys, certificates, commitments of shares, bag and CRL numbers. Each
 * is an item, one JSON object; a ceremony that goes on from a previous record has them as its first facts, so that its
 * own record says all that it was run from. */
#ifndef STEPS_PREVIOUS_H
#define STEPS_PREVIOUS_H

#include "steps/ceremony.h"

struct previous {
	struct bytes origin;
	uint64_t size;
	uint8_t root[32];
	struct bytes *item; /* what `facts` of each entry will be, but for the first, which follows from the above */
	size_t count;
};
void previous_free(struct previous *p);

/* The items of a ceremony that is over: its own, and those that it took over and did not replace. Origin, size and root
 * are the caller's to set. */
int previous_collect(const struct ceremony *c, struct previous *out, struct error *e);
/* Does every item agree with script and site (the same token, the same algorithm and label of a key, the same sharing),
 * and is all there that the script takes from it? Without a site (c->site NULL) it is held against the script alone. */
int previous_fits(const struct ceremony *c, const struct previous *p, struct error *e);
/* Are the items that the record says it took over those of `p`? -1 with `e` naming the first that is not. */
int previous_same(const struct ceremony *c, const struct previous *p, struct error *e);
/* Label and serial number (each may be NULL) of the token known as `hsm`: 1; 0: none is known; -1. The caller frees the
 * texts. */
int previous_token(const struct previous *p, const char *hsm, char **label, char **serial, struct error *e);

/* The certificates that it knows, as script->certificates (those that are not known: not issued); NULL with `e`. The
 * caller frees it with previous_known_free(). For what is looked at before there is a ceremony. */
struct certificate_state *previous_known(const struct previous *p, const struct script *script, struct error *e);
void previous_known_free(const struct script *script, struct certificate_state **known);

/* Is something of the record before still to be taken over? */
bool previous_pending(const struct ceremony *c);
/* Parts of the fold. What entry 0 says of a previous record (null: none); and the next fact about it. */
int previous_opened(struct ceremony *c, const struct json *previous, struct error *e);
int previous_take(struct ceremony *c, const struct json *facts, struct error *e);

#endif
