/* What is mounted, by /proc/self/mountinfo (proc_pid_mountinfo(5)), and what /etc/fstab has for a directory. */
#ifndef MEDIA_MOUNTINFO_H
#define MEDIA_MOUNTINFO_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct mountinfo {
	char directory[4096], options[256], type[32];
	dev_t device;
};
/* Calls `each` for every mount, the newest last, until it gives anything but 0; that is given back. -1 with `e`. */
int mountinfo_each(int (*each)(void *context, const struct mountinfo *m), void *context, struct error *e);
/* The mount on which the open directory lies (`name` is for messages): 1; 0: the kernel does not say; -1 with `e`.
 * `*root`: it is the mount's own root. */
int mountinfo_of(int fd, const char *name, struct mountinfo *out, bool *root, struct error *e);
/* The entry "noauto" of /etc/fstab for the directory: device and type; false: there is none. */
bool fstab_find(const char *directory, char device[128], char type[32]);

#endif
