/* A program of others, run once over some bytes: without a shell, an environment, the network, new privileges, or
 * anywhere to write; its time, its memory and what it says are bounded. */
#ifndef BASE_CONFINED_H
#define BASE_CONFINED_H

#include "base/bytes.h"
#include "base/error.h"

struct confined {
	const char *path;            /* from the root of the file system; an ELF program, no script and no link */
	const uint8_t *sha256;       /* of the file; NULL: any. What is hashed is what is run */
	const char *const *argument; /* NULL-terminated, without the program's name */
	unsigned seconds;            /* then it is killed, and all that it started */
	size_t output_max;           /* bytes kept of both its outputs together; the rest is read and dropped */
};
enum {                           /* what held it, by the kernel's own word */
	CONFINED_PRIVILEGES = 1, /* no_new_privs */
	CONFINED_LIMITS = 2,     /* CPU time, memory, file size, open files, core dumps */
	CONFINED_SECCOMP = 4,    /* no sockets, no tracing of others */
	CONFINED_LANDLOCK = 8,   /* nothing is written */
	CONFINED_NETWORK = 16    /* a network of its own with nothing in it */
};
struct confined_result {
	int exit;  /* its exit status, 128 and the signal when it was killed */
	bool late; /* it ran out of time */
	bool more; /* it said more than was kept */
	unsigned held;
	struct bytes output; /* owned by the caller */
};

/* -1 with `e`: it could not be started, or its hash is another. Without the first three of the above it is not started.
 */
int confined_run(const struct confined *c, const void *input, size_t len, struct confined_result *out, struct error *e);

#endif
