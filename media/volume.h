/* A place to carry files to: a mounted medium's directory. Written, flushed, read back and compared. */
#ifndef MEDIA_VOLUME_H
#define MEDIA_VOLUME_H

#include "base/bytes.h"
#include "base/error.h"

/* Copies directory `from_dir`/`from` to a new file `name` in directory `to` (which must exist and be no link): refuses
 * a name with anything but [A-Za-z0-9._-], an existing file, a full or read-only place; fsyncs, drops caches where it
 * can, reads back and compares. Sets size and SHA-256 of what was read back. A file that could not be written whole is
 * removed again. */
int volume_copy(int from_dir, const char *from, const char *to, const char *name, uint64_t *size,
        uint8_t sha256_out[32], struct error *e);
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
 * from before. All are flushed at once, then read back and held against their hashes: thousands of small files are not
 * waited for one by one. Sets size and SHA-256 of all that was read back, one behind another. A file that is there and
 * holds the right bytes is not in the way. */
int volume_unpack(int from_dir, const char *from, const struct volume_parts *parts, const char *to, const char *name,
        uint64_t *size, uint8_t sha256_out[32], struct error *e);
/* Reads file `name` in directory `from` (which must exist and be no link): a regular file of at most `max` bytes, no
 * link; the same names only. */
int volume_read(const char *from, const char *name, size_t max, struct bytes *out, struct error *e);
/* Free bytes (may be NULL), and can a file be made there? -1 with `e` if not. */
int volume_check(const char *directory, uint64_t *free_bytes, struct error *e);

#endif
