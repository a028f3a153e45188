/* What `check` tries beside the script itself. */
#ifndef ENGINE_READY_H
#define ENGINE_READY_H

#include "script/site.h"
#include "steps/previous.h"

/* What the record `previous` left, once it was verified; nothing when it is NULL. The caller frees it. */
int ready_left(const char *previous, const char *anchor, const char *verifier, struct previous *left, struct error *e);
/* Builds and lints every certificate and CRL of the script with throw-away keys, under those that `left` knows: faults
 * with their place. */
int ready_certificates(
        const struct script *script, const struct previous *left, struct fault_list *faults, struct error *e);
/* Are the tokens there, with the mechanisms that the script needs, the media, the credentials? */
int ready_site(const struct script *script, const struct site *site, const char *helper, struct fault_list *faults,
        struct error *e);
/* Does the script go on from a record when there is one, and does what was left agree with script and site, which are
 * taken (owned by it from now on)? */
int ready_previous(struct script *script, struct site *site, const struct previous *left, struct error *e);

/* Is what the site file says of the cards that the script pins there? Every fault into `faults`, or with NULL the first
 * as -1 with `e`. */
int ready_cards(const struct script *script, const struct site *site, struct fault_list *faults, struct error *e);
/* Is the program there that makes images and discs, where script or site want one? In the same way. */
int ready_discs(const struct script *script, const struct site *site, struct fault_list *faults, struct error *e);

#endif
