/* Entries and fields that several kinds of step make in the same way. */
#ifndef STEPS_SHARED_H
#define STEPS_SHARED_H

#include "steps/step.h"

/* facts.read{what}: `facts` a JSON object, `faults` a JSON array, both complete. */
int put_facts(struct outcome *out, const struct want *w, const struct bytes *facts, const struct bytes *faults,
        struct error *e);
/* facts.read of what "host": the machine and its air gap, as found now. */
int put_host(struct outcome *out, const char *step, struct error *e);
/* The artifact of this content, written, and its entry (artifact.written or .taken). */
int put_artifact(struct outcome *out, const struct want *w, enum event event, const struct room *room, const char *path,
        const char *type, const struct bytes *content, struct error *e);
/* SHA-256 of a text in hex. */
int text_sha256(const void *text, size_t len, char hex[65]);
/* The fields of an acknowledgement: who (of `role`, NULL: anyone), and the word to type. */
int ask_acknowledgement(const struct ceremony *c, struct prompt *p, const char *role, const char *who, const char *word,
        struct error *e);
/* text.acknowledged of the answer to those fields; `text_sha256` in hex. */
int put_acknowledged(
        struct outcome *out, const struct want *w, const struct answer *a, const char *text_sha256, struct error *e);
/* Is it the word and the text, by somebody present (of `role`, NULL: any)? */
int check_acknowledged(const struct ceremony *c, const struct entry *entry, const char *word, const char *text_sha256,
        const char *role, struct error *e);

#endif
