/* One file on a medium: opened without leaving its directory, written whole, and its errors in words. Private to media.
 */
#ifndef MEDIA_VOLUME_FILE_H
#define MEDIA_VOLUME_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Only names that every file system and every shell leaves alone: [A-Za-z0-9._-], not "." and "..". */
bool volume_name_is_plain(const char *name);
int volume_name_refused(const char *name, struct error *e);
/* openat(2) with O_NOFOLLOW, O_NONBLOCK and O_CLOEXEC, and where the kernel has openat2(2): nothing above `dir`, no
 * link of any kind, no other file system mounted in it. -1 with errno. */
int volume_file_open(int dir, const char *name, int flags, unsigned mode);
int volume_write_all(int fd, const uint8_t *data, size_t len); /* -1 with errno */
/* The write errors that a person can mend have sentences of their own; by errno. */
int volume_error_write(struct error *e, const char *to, const char *name);

#endif
