/* A script's request as bytes, and lines of a view for an approval: shared by make-request, take-request and the dry
 * run. */
#ifndef STEPS_REQUEST_H
#define STEPS_REQUEST_H

#include "script/script.h"
#include "steps/prompt.h"

/* The CertificationRequestInfo of a request that is made, for that key. */
int request_info_of(const struct script_request *r, const void *spki, size_t spki_len, bool rehearsal,
        struct bytes *info, struct error *e);
/* Can it be built, for a throw-away key of its algorithm? One that is taken in can. */
int request_dry_run(const struct script *script, const struct script_request *r, struct error *e);
/* The name of a request's file below artifacts/: "REHEARSAL-NAME.csr.der". */
void request_file(const struct script_request *r, bool rehearsal, const char *suffix, char out[200]);
/* A CertificationRequestInfo in full, line by line. */
int request_lines(const void *info, size_t len, const char *parser, struct prompt *p, struct error *e);

struct request_state;
/* Sets the state from a request's DER: parsed strictly, its parts and hash kept, `there` set. */
int request_keep(struct request_state *state, const struct bytes *der, struct error *e);

#endif
