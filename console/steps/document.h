/* Documents as sign-document leaves them in the record: the file that was taken in, and its signature beside it. */
#ifndef STEPS_DOCUMENT_H
#define STEPS_DOCUMENT_H

#include "steps/ceremony.h"

/* Name in artifacts/ of what the sign-document step of that index makes in its newest attempt: `suffix` is "" for the
 * document, ".p7s" for the signature. */
void document_name(const struct ceremony *c, size_t step, const char *suffix, char out[200]);
/* What a name in the script means: a document that was signed, or its signature. NULL: it was not signed (yet), or is
 * none. */
const struct artifact_state *document_artifact(const struct ceremony *c, const char *name);
/* The same of a file that a take-in step takes in: its name in artifacts/, and the artifact when the step was
 * completed. */
void taken_in_name(const struct ceremony *c, size_t step, const char *file, char out[200]);
const struct artifact_state *taken_in_artifact(const struct ceremony *c, const char *file);

#endif
