/* What a request on a medium says, as facts.read has it: read from the file, judged, and held against the record later.
 */
#ifndef STEPS_REQUEST_FACTS_H
#define STEPS_REQUEST_FACTS_H

#include "base/json.h"
#include "script/site.h"

/* Where it lies: the medium and the list of weak keys by the site, the name of the file by the script. */
struct request_place {
	const struct site_medium *medium;
	const char *file, *weak_keys; /* weak_keys NULL: none */
	const char *parser;           /* that tries it first (steps/foreign.h); NULL: nothing does */
	bool rehearsal;               /* it may lie there under the name that a rehearsal gave it */
};

/* Reads the file (no link, a regular one, of bounded size), has it prove the possession of its key and checks the key:
 * the facts, a JSON object, and the faults, a JSON array. -1 only without memory. */
int request_facts_read(const struct request_place *place, struct bytes *facts, struct bytes *faults, struct error *e);
/* Are these facts and faults of that place and of their form; and without a fault, do they follow from the bytes, and
 * does the request prove the possession of its key? */
int request_facts_check(
        const struct request_place *place, const struct json *facts, const struct json *faults, struct error *e);
/* The bytes of the file as the facts hold them, the DER in them, and whether the file was PEM. */
int request_facts_bytes(const struct json *facts, struct bytes *file, struct bytes *der, bool *pem, struct error *e);

#endif
