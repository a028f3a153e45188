/* The parts of one file, each a file of its own in a folder on a medium. */
#ifndef MEDIA_VOLUME_PARTS_H
#define MEDIA_VOLUME_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A part of a file, and the name of the file that it becomes. */
struct volume_part {
	char name[64];
	uint64_t offset;
	size_t len;
	uint8_t sha256[32];
};
struct volume_parts {
	void *context;
	void (*rewind)(void *context);
	int (*next)(void *context, struct volume_part *part, struct error *e); /* 1, 0 at the end, -1 with `e` */
};
/* Each part of the file `from_dir`/`from` becomes a file in the folder `name` of directory `to`, which may be there
 * from before. All are flushed at once: thousands of small files are not waited for one by one. A file that is there
 * already is not written again; comparing tells whether it holds the right bytes. */
int volume_parts_write(int from_dir, const char *from, const struct volume_parts *parts, const char *to,
        const char *name, struct error *e);
/* Each is read back and held against its hash. Sets size and SHA-256 of all that was read back, one behind another. */
int volume_parts_compare(const struct volume_parts *parts, const char *to, const char *name, uint64_t *size,
        uint8_t sha256_out[32], struct error *e);

#endif
