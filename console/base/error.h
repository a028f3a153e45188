/* The one error type of the program: a code, a sentence for a person (what, which object, what to do), a place. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/message.h"

enum error_code {
	ERROR_NONE,
	ERROR_FAULT,   /* something given is wrong: does not hold, does not parse, is refused */
	ERROR_USAGE,   /* the command line is wrong */
	ERROR_MISSING, /* something outside is missing: module, token, medium, file */
	ERROR_IO,      /* the operating system refused: full, read-only, gone */
	ERROR_MEMORY,
	ERROR_TOKEN,    /* the token answered with an error; `ckr` says which */
	ERROR_INTERNAL, /* a fault of ours */
	ERROR_PAUSED    /* people ended it; nothing is wrong */
};

struct error {
	enum error_code code;
	struct message message;
	unsigned line, column; /* place in the file that the message speaks of; 0: none */
	unsigned long ckr;     /* PKCS#11 return value of ERROR_TOKEN, else 0 */
};

/* Sets `e` (may be NULL) and returns -1, so that `return error_set(...)` reads well. The message ids are static. */
int error_set(struct error *e, enum error_code code, const char *id, ...) __attribute__((format(printf, 3, 4)));
/* The same with errno's sentence: `id` must end in a place for it, "…: %s". */
int error_errno(struct error *e, const char *id, const char *name) __attribute__((format(printf, 2, 0)));
int error_memory(struct error *e);
/* Appends the English sentence. */
void error_text(const struct error *e, struct bytes *out);
/* The exit code of the command line for it: 1, 2 or 3. */
int error_exit(const struct error *e);

#endif
