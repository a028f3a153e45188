/* What an attest-key step wants of an attestation: from the script, and from what the record knows of the key. */
#ifndef STEPS_ATTESTATION_H
#define STEPS_ATTESTATION_H

#include "pki/attestation.h"
#include "steps/ceremony.h"

/* Room for what attestation_wanted points at. */
struct attestation_order {
	struct attestation_wanted wanted;
	uint8_t root[32];
};

/* Of the step `step` at `now` (seconds since 1970). What it points at lives as long as `c` and `o`. */
void attestation_order(
        const struct ceremony *c, const struct script_step *step, int64_t now, struct attestation_order *o);
/* In a rehearsal the files of the step hold this, until one of them is to be read: then a chain for the key that is
 * there by now takes their place. Those of a medium that was given are left alone. */
extern const char attestation_placeholder[];

#endif
