#ifndef ENGINE_REHEARSAL_H
#define ENGINE_REHEARSAL_H

struct error;

/* The passphrase of every stand-in: it protects nothing, and everyone at the table is told it. */
extern const char rehearsal_passphrase[];
/* NAME.token for the record NAME.record; owned by the caller. */
char *rehearsal_directory(const char *record, struct error *e);

#endif
