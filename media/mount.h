/* A removable medium in use: identified, mounted here where this process may mount, mounted again read-only, unmounted.
 * Only root (CAP_SYS_ADMIN) may; everybody else uses what somebody mounted before, and the facts say so. */
#ifndef MEDIA_MOUNT_H
#define MEDIA_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What is known beforehand. Without `device` it is the one of an entry "noauto" of /etc/fstab for the directory, and
 * when there is none, nothing is mounted and the directory is used as it is. */
struct mount_place {
	const char *directory;  /* from the root of the file system */
	const char *device;     /* a block device, or NULL */
	const char *filesystem; /* of the device; NULL without one */
	const char *serial;     /* the device must have it; NULL: any */
	bool as_is;             /* never mounts: the directory stands for a medium */
};
enum mount_by {
	MOUNT_NOT,    /* the directory is no mount point of a device: nothing is known of a medium */
	MOUNT_BEFORE, /* somebody mounted it */
	MOUNT_HERE    /* this process did */
};
/* What is known of the medium, by the kernel's word. Texts are as the device gives them: foreign. "": not known. */
struct mount_facts {
	enum mount_by by;
	char device[128], model[128], serial[128];
	uint64_t bytes; /* of the device; 0: not known */
	char filesystem[32], options[256];
	bool read_only;
	bool again; /* it was flushed, unmounted and mounted again since it was opened */
};
struct mount;

/* Mounted with nosuid,nodev,noexec, and read-only unless `write`. What is mounted there already is unmounted first, if
 * it is the same device; another one is refused, and so is a device that is mounted elsewhere too. `place` and its
 * texts must live as long. NULL with `e`. */
struct mount *mount_open(const struct mount_place *place, bool write, struct error *e);
/* All that was written is on the medium; it is mounted again, read-only, and nothing of it is in the machine's memory.
 * Where this process may not mount it is flushed, and facts.again stays false. */
int mount_anew(struct mount *m, struct error *e);
const struct mount_facts *mount_facts(const struct mount *m);
/* Unmounts what was mounted here, in any case; -1 with `e` (may be NULL): it could not, and is only detached. */
int mount_close(struct mount **m, struct error *e);
/* The device that would be mounted at the place: its path into `device`. 1: this process would mount it, 0: it would
 * not, since none is known or it may not. `*known`: one is known. */
int mount_plan(const struct mount_place *place, char device[128], bool *known);
/* The same facts of a device, without mounting it; a regular file stands for one. Refuses one of another serial number
 * (`serial` NULL: any). */
int mount_device(const char *device, const char *serial, struct mount_facts *out, struct error *e);

#endif
