/* What `check` tries beside the script itself. */
#ifndef ENGINE_READY_H
#define ENGINE_READY_H

#include "script/site.h"

/* Builds and lints every certificate of the script with throw-away keys: faults with the certificate's place. */
int ready_certificates(const struct script *script, struct fault_list *faults, struct error *e);
/* Are the tokens there, with the mechanisms that the script needs, the media, the credentials? */
int ready_site(const struct script *script, const struct site *site, const char *helper, struct fault_list *faults, struct error *e);
/* Does the record `previous` hold, and what it left agree with script and site, which are taken (owned by it from now on)? */
int ready_previous(struct script *script, struct site *site, const char *previous, const char *anchor, struct error *e);

/* Is what the site file says of the cards that the script pins there? Every fault into `faults`, or with NULL the first as -1 with `e`. */
int ready_cards(const struct script *script, const struct site *site, struct fault_list *faults, struct error *e);

#endif
