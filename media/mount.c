#include "media/mount.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "media/mountinfo.h"

enum { SECTOR = 512 };

struct mount {
	const struct mount_place *place;
	char device[128], type[32]; /* device "": none is known */
	dev_t number;
	bool mounted; /* by this process, and not unmounted yet */
	int fd;       /* of the directory, on the medium; -1 */
	struct mount_facts facts;
};

/* CAP_SYS_ADMIN in force? */
static bool may_mount(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & (1U << CAP_SYS_ADMIN)) != 0;
}

/* The site's device, else that of /etc/fstab. */
static bool target_find(const struct mount_place *place, char device[128], char type[32])
{
	if (place->as_is)
		return false;
	if (!place->device)
		return fstab_find(place->directory, device, type);
	return snprintf(device, 128, "%s", place->device) < 128 &&
	       snprintf(type, 32, "%s", place->filesystem ? place->filesystem : "auto") < 32;
}

int mount_plan(const struct mount_place *place, char device[128], bool *known)
{
	char type[32];

	*known = target_find(place, device, type);
	return *known && may_mount();
}

/* One line of a file of /sys, without blanks at its ends; false: it is not there. */
static bool sys_line(const char *folder, const char *name, char *out, size_t room)
{
	char path[PATH_MAX], line[256];
	size_t from = 0, len;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return false;
	FILE *file = fopen(path, "re");
	bool got = file && fgets(line, sizeof(line), file);
	if (file)
		fclose(file);
	if (!got)
		return false;
	len = strcspn(line, "\n");
	while (from < len && isspace((unsigned char)line[from]))
		from++;
	while (len > from && isspace((unsigned char)line[len - 1]))
		len--;
	if (len == from || len - from >= room)
		return false;
	memcpy(out, line + from, len - from);
	out[len - from] = '\0';
	return true;
}

/* The property of the device or of what it hangs on: of a USB stick, model is the disk's and serial that of the USB
 * device some folders above it. */
static void sys_above(const char *folder, const char *name, char *out, size_t room)
{
	char at[PATH_MAX], inside[64];

	snprintf(inside, sizeof(inside), "device/%s", name);
	if (sys_line(folder, inside, out, room) || !realpath(folder, at))
		return;
	for (char *slash; strncmp(at, "/sys/devices/", 13) == 0; *slash = '\0') {
		if (sys_line(at, name, out, room))
			return;
		slash = strrchr(at, '/');
	}
}

/* Name, model, serial and size of the device, from /sys (sysfs(5)). */
static void identify(dev_t number, struct mount_facts *f)
{
	char folder[64], line[128];

	snprintf(folder, sizeof(folder), "/sys/dev/block/%u:%u", major(number), minor(number));
	snprintf(f->device, sizeof(f->device), "%u:%u", major(number), minor(number));
	char whole[PATH_MAX];
	const char *name = realpath(folder, whole) ? strrchr(whole, '/') : NULL;
	if (name && strlen(name) < 100)
		snprintf(f->device, sizeof(f->device), "/dev%.100s", name);
	if (sys_line(folder, "size", line, sizeof(line)))
		f->bytes = strtoull(line, NULL, 10) * SECTOR;
	sys_above(folder, "model", f->model, sizeof(f->model));
	sys_above(folder, "serial", f->serial, sizeof(f->serial));
}

/* Filesystem and options of what the directory is now, and by whom it is there. */
static int look(struct mount *m, struct error *e)
{
	struct mountinfo *info = calloc(1, sizeof(*info));
	struct statvfs vfs;
	bool root = false, again = m->facts.again;
	int rc = -1;

	if (!info)
		return error_memory(e);
	memset(&m->facts, 0, sizeof(m->facts));
	m->facts.again = again;
	if (mountinfo_of(m->fd, m->place->directory, info, &root, e) < 0)
		goto out;
	if (fstatvfs(m->fd, &vfs) != 0) {
		error_errno(e, "cannot look at %s: %s", m->place->directory);
		goto out;
	}
	m->facts.read_only = (vfs.f_flag & ST_RDONLY) != 0;
	snprintf(m->facts.filesystem, sizeof(m->facts.filesystem), "%s", info->type);
	snprintf(m->facts.options, sizeof(m->facts.options), "%s", info->options);
	if (m->mounted)
		m->facts.by = MOUNT_HERE;
	else if (root && major(info->device) != 0 && !m->place->as_is)
		m->facts.by = MOUNT_BEFORE;
	if (m->facts.by != MOUNT_NOT)
		identify(info->device, &m->facts);
	rc = 0;
out:
	free(info);
	return rc;
}

static int not_it(const struct mount *m, struct error *e)
{
	return error_set(e, ERROR_FAULT, "what is mounted at %s is not %s: unmount it, then try again",
	        m->place->directory, m->device);
}

static int open_directory(struct mount *m, struct error *e)
{
	struct stat st;

	m->fd = dir_open(m->place->directory, e);
	if (m->fd < 0)
		return -1;
	if (m->device[0] && (fstat(m->fd, &st) != 0 || st.st_dev != m->number))
		return not_it(m, e);
	return look(m, e);
}

static int attach(struct mount *m, bool write, struct error *e)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | (write ? 0 : MS_RDONLY);
	/* Mounted read-only, these would still write what their journal holds. */
	const char *data = !write && (!strcmp(m->type, "ext4") || !strcmp(m->type, "ext3")) ? "noload" : NULL;

	if (mount(m->device, m->place->directory, m->type, flags, data) == 0) {
		m->mounted = true;
		return 0;
	}
	switch (errno) {
	case EINVAL:
		return error_set(e, ERROR_FAULT,
		        "%s holds no filesystem of the type %s that can be read: use another medium", m->device,
		        m->type);
	case ENODEV:
		return error_set(e, ERROR_FAULT, "this machine's kernel does not know the filesystem %s of %s", m->type,
		        m->device);
	case EACCES:
	case EROFS:
		return error_set(e, ERROR_IO,
		        "%s cannot be mounted for writing: it is read-only, or its write protection is on", m->device);
	default:
		return error_errno(e, "cannot mount %s: %s", m->device);
	}
}

static int detach(struct mount *m, struct error *e)
{
	if (umount2(m->place->directory, UMOUNT_NOFOLLOW) == 0) {
		m->mounted = false;
		return 0;
	}
	if (errno == EBUSY)
		return error_set(e, ERROR_FAULT,
		        "%s cannot be unmounted: another program uses it. Close that, then try again",
		        m->place->directory);
	return error_errno(e, "cannot unmount %s: %s", m->place->directory);
}

struct elsewhere {
	dev_t number;
	const char *directory;
	bool there, hidden; /* at the directory: it; another device or file system */
	char other[128];    /* another directory at which it is */
};

static int is_elsewhere(void *context, const struct mountinfo *m)
{
	struct elsewhere *x = context;

	bool at_place = strcmp(m->directory, x->directory) == 0;

	if (m->device != x->number)
		x->hidden = x->hidden || at_place;
	else if (at_place)
		x->there = true;
	else
		snprintf(x->other, sizeof(x->other), "%.100s", m->directory);
	return 0;
}

static int other_serial(const char *device, const char *serial, struct error *e)
{
	return error_set(e, ERROR_FAULT, "%s is another medium than the site file says: its serial number is not %s",
	        device, serial);
}

/* The device is there, is the one that was meant, and is mounted nowhere else. `*there`: at the directory. */
static int device_check(struct mount *m, bool *there, struct error *e)
{
	struct elsewhere x = {.directory = m->place->directory};
	struct stat st;

	if (stat(m->device, &st) != 0)
		return error_set(e, ERROR_MISSING, "%s is not there: put the medium in, then try again", m->device);
	if (!S_ISBLK(st.st_mode))
		return error_set(e, ERROR_FAULT, "%s is no block device and cannot be mounted", m->device);
	m->number = x.number = st.st_rdev;
	identify(m->number, &m->facts);
	if (!m->facts.bytes)
		return error_set(e, ERROR_MISSING, "%s has no medium in it: put it in, then try again", m->device);
	if (m->place->serial && strcmp(m->place->serial, m->facts.serial) != 0)
		return other_serial(m->device, m->place->serial, e);
	if (strcmp(m->type, "auto") == 0)
		return error_set(
		        e, ERROR_FAULT, "nothing says which filesystem %s has: write it into the site file", m->device);
	if (mountinfo_each(is_elsewhere, &x, e) < 0)
		return -1;
	if (x.other[0])
		return error_set(
		        e, ERROR_FAULT, "%s is mounted at %s: unmount it there, then try again", m->device, x.other);
	if (x.hidden)
		return not_it(m, e);
	*there = x.there;
	return 0;
}

int mount_device(const char *device, const char *serial, struct mount_facts *out, struct error *e)
{
	struct stat st;

	memset(out, 0, sizeof(*out));
	if (stat(device, &st) != 0)
		return error_set(e, ERROR_MISSING, "%s is not there: put the medium in, then try again", device);
	snprintf(out->device, sizeof(out->device), "%.100s", device);
	if (S_ISBLK(st.st_mode))
		identify(st.st_rdev, out);
	return serial && strcmp(serial, out->serial) != 0 ? other_serial(device, serial, e) : 0;
}

static int prepare(struct mount *m, bool write, struct error *e)
{
	bool there = false;

	if (!target_find(m->place, m->device, m->type)) {
		m->device[0] = '\0';
		return 0;
	}
	if (device_check(m, &there, e) < 0)
		return -1;
	if (!may_mount())
		return there ? 0
		             : error_set(e, ERROR_FAULT,
		                       "%s is not mounted at %s, and this process may not mount it: mount it as root, "
		                       "then "
		                       "try again",
		                       m->device, m->place->directory);
	if (there && detach(m, e) < 0)
		return -1;
	return attach(m, write, e);
}

struct mount *mount_open(const struct mount_place *place, bool write, struct error *e)
{
	struct mount *m = calloc(1, sizeof(*m));

	if (!m) {
		error_memory(e);
		return NULL;
	}
	m->place = place;
	m->fd = -1;
	if (prepare(m, write, e) < 0 || open_directory(m, e) < 0)
		mount_close(&m, NULL);
	return m;
}

/* What the kernel keeps of the device's blocks is dropped, so that they are read from the medium. */
static int forget(const struct mount *m, struct error *e)
{
	int fd = open(m->device, O_RDONLY | O_CLOEXEC);
	int rc = fd >= 0 ? ioctl(fd, BLKFLSBUF, 0) : -1;

	if (rc != 0)
		error_errno(e, "cannot flush %s: %s", m->device);
	if (fd >= 0)
		close(fd);
	return rc;
}

int mount_anew(struct mount *m, struct error *e)
{
	if (syncfs(m->fd) != 0)
		return error_errno(e, "cannot flush what was written to %s: %s", m->place->directory);
	if (!m->mounted)
		return look(m, e);
	close(m->fd);
	m->fd = -1;
	if (detach(m, e) < 0 || forget(m, e) < 0 || attach(m, false, e) < 0)
		return -1;
	m->facts.again = true;
	return open_directory(m, e);
}

const struct mount_facts *mount_facts(const struct mount *m)
{
	return &m->facts;
}

int mount_close(struct mount **mp, struct error *e)
{
	struct mount *m = *mp;
	int rc = 0;

	*mp = NULL;
	if (!m)
		return 0;
	if (m->fd >= 0)
		close(m->fd);
	if (m->mounted)
		rc = detach(m, e);
	/* A medium that was pulled out must not stand in the way of the next. */
	if (m->mounted)
		umount2(m->place->directory, UMOUNT_NOFOLLOW | MNT_DETACH);
	free(m);
	return rc;
}
