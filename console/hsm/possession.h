/* The proof that a private key is on the token: a drawn challenge is signed and verified in software. */
#ifndef HSM_POSSESSION_H
#define HSM_POSSESSION_H

#include "hsm/key.h"
#include "base/json.h"

/* Is the challenge of a length that is taken? */
int possession_challenge(const struct bytes *challenge, struct error *e);
/* Signs "tachiai-possession/1" LF challenge: members challenge, challenge_algorithm, challenge_signature. */
int possession_put(struct token *t, const struct key_pair *pair, const struct key_algorithm *a,
        const struct bytes *challenge, struct json_writer *w, struct error *e);
/* Member token: which one it was. */
void possession_token_put(const struct token_info *t, struct json_writer *w);

#endif
