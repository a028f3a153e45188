/* The files on a medium, in the directory where it is mounted: written, flushed, compared, read, counted. */
#ifndef MEDIA_VOLUME_H
#define MEDIA_VOLUME_H

#include "base/bytes.h"
#include "base/error.h"

/* Copies `from_dir`/`from` to a new file `name` in directory `to` (which must exist and be no link), and flushes it:
 * refuses a name with anything but [A-Za-z0-9._-], an existing file, a full or read-only place. A file that could not
 * be written whole is removed again. */
int volume_write(int from_dir, const char *from, const char *to, const char *name, struct error *e);
/* Reads both and compares every byte. Sets size and SHA-256 of what was read from the medium. */
int volume_compare(int from_dir, const char *from, const char *to, const char *name, uint64_t *size,
        uint8_t sha256_out[32], struct error *e);
/* Reads file `name` in directory `from` (which must exist and be no link): a regular file of at most `max` bytes, no
 * link, nothing that leads to another file system; the same names only. A file that is another at the end than it was
 * at the beginning is refused. */
int volume_read(const char *from, const char *name, size_t max, struct bytes *out, struct error *e);
/* The same without keeping the bytes: their number and SHA-256. */
int volume_hash(
        const char *from, const char *name, size_t max, uint64_t *size, uint8_t sha256_out[32], struct error *e);
/* How many names there are in the directory itself, folders among them, which are not entered. Refuses more than `max`,
 * and a name with a byte that is no UTF-8 or a character that may not stand in a record (text_is_hidden), since people
 * could not tell what they see. */
int volume_survey(const char *directory, unsigned max, unsigned *count, struct error *e);
/* Free bytes (may be NULL), and can a file be made there? -1 with `e` if not. */
int volume_check(const char *directory, uint64_t *free_bytes, struct error *e);

#endif
