/* The proof that a private key is on its token: what generate-key and check-key have in common. */
#ifndef STEPS_POSSESSION_H
#define STEPS_POSSESSION_H

#include "steps/step.h"

enum { CHALLENGE_BYTES = 32 };

/* value.drawn{challenge}: drawn, and held against its form. */
int challenge_draw(const struct want *w, struct outcome *out, struct error *e);
int challenge_check(const struct entry *entry, struct error *e);
/* The drawn challenge as the request's data, kept in `data`. */
int challenge_request(const struct entry *drawn, struct hsm_request *r, struct bytes *data, struct error *e);
/* The helper's answer as facts: spki, spki_sha256, mechanism (NULL: none), attributes, token, challenge,
 * challenge_signature. */
int possession_facts(const struct json *answer, const char *mechanism, struct bytes *facts, struct error *e);
/* Are facts of an act.done those of this key on its token, with the drawn challenge signed by it? `spki_sha256`: the
 * key that it must be; NULL: any of the right algorithm. */
int possession_check(const struct ceremony *c, const struct script_key *k, const struct json *facts,
        const struct entry *drawn, const uint8_t spki_sha256[32], struct error *e);

#endif
