/* Files: opened without following links at the end, bounded, written whole, synced. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/bytes.h"

/* Reads a regular file of at most `max` bytes. A larger one, one that is no regular file, or a link is refused. */
int file_read(const char *path, size_t max, struct bytes *out, struct error *e);
int file_read_at(int dir, const char *name, size_t max, struct bytes *out, struct error *e);
/* Writes a new file (O_EXCL: one that exists is an error), mode 0644 or 0600, fsync of file and directory. A file that
 * could not be written whole is removed again. */
int file_write_new(int dir, const char *name, const void *data, size_t len, unsigned mode, struct error *e);
/* How temporary names begin: of a file that a killed program had not finished. */
#define FILE_TEMPORARY ".new-"
/* The same, but replaces an old file at once and whole (temporary name, rename). */
int file_replace(int dir, const char *name, const void *data, size_t len, unsigned mode, struct error *e);
/* Opens a directory (O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC); -1 with `e`. */
int dir_open(const char *path, struct error *e);
/* Makes a directory that must not exist and opens it; its parent is synced. */
int dir_create(const char *path, struct error *e);
int dir_create_at(int dir, const char *name, struct error *e);
/* SHA-256 of a regular file of any size, and its size when `size` is not NULL. */
int file_sha256(const char *path, uint8_t out[32], uint64_t *size, struct error *e);
int file_sha256_at(int dir, const char *name, uint8_t out[32], uint64_t *size, struct error *e);

#endif
