/* What a person's key signed last, on their medium beside the key: NAME.signed. A line for each log, "ORIGIN SIZE
 * ROOT", the root in base64: the newest checkpoint of that origin that the key has signed, or was unlocked to sign
 * beyond. Whoever holds two continuations of one record before this key is found out by it. */
#ifndef PEOPLE_CREDENTIAL_STATE_H
#define PEOPLE_CREDENTIAL_STATE_H

#include <stddef.h>
#include <stdint.h>

struct bytes;
struct error;
struct record;

struct credential_line {
	char *origin;
	uint64_t size;
	uint8_t root[32];
};
/* All zero is a key that has signed nothing yet. */
struct credential_state {
	struct credential_line *line;
	size_t count;
};

/* Reads directory/NAME.signed ("{person}" as in credential.h); no file is a key that has signed nothing. A file that is
 * not exactly as it is written here is refused: nobody would know what the key has signed. */
int credential_state_read(const char *directory, const char *name, struct credential_state *s, struct error *e);
void credential_state_free(struct credential_state *s);
/* NULL: nothing of that log. */
const struct credential_line *credential_state_find(const struct credential_state *s, const char *origin);

/* Before NAME's key signs `checkpoint` (its three lines), which is of `record` and of what is on disk already: 0 when
 * the record extends what the key signed last, and the file says so from now on (replaced at once and whole, synced).
 * -1 with `e` when it does not extend it, or when the file cannot be read or written: then nothing may be signed. */
int credential_remember(const char *directory, const char *name, const struct record *record,
        const struct bytes *checkpoint, struct error *e);

#endif
