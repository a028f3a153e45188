#include "media/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Blank, tab, newline and backslash are written as three octal digits. -1: it does not fit. */
static int unescape(const char *text, char *out, size_t room)
{
	size_t n = 0;

	for (const char *p = text; *p; p++) {
		unsigned value = (unsigned char)*p;
		if (*p == '\\' && strspn(p + 1, "01234567") >= 3) {
			value = (unsigned)(p[1] - '0') * 64 + (unsigned)(p[2] - '0') * 8 + (unsigned)(p[3] - '0');
			p += 3;
		}
		if (n + 1 >= room)
			return -1;
		out[n++] = (char)value;
	}
	out[n] = '\0';
	return 0;
}

/* "36 35 8:1 / /media rw,nosuid shared:1 - ext4 /dev/sda1 rw". False: a line of another form, or one too long for us.
 */
static bool parse(char *line, struct mountinfo *m, unsigned long *id)
{
	enum { ID, PARENT, DEVICE, ROOT, DIRECTORY, OPTIONS, FIELDS };
	char *field[FIELDS], *save = NULL, *end, *dash = strstr(line, " - "), *type;
	unsigned long major, minor;

	if (!dash)
		return false;
	*dash = '\0';
	for (int i = 0; i < FIELDS; i++)
		if (!(field[i] = strtok_r(i ? NULL : line, " ", &save)))
			return false;
	type = strtok_r(dash + 3, " ", &save);
	major = strtoul(field[DEVICE], &end, 10);
	if (!type || *end != ':')
		return false;
	minor = strtoul(end + 1, NULL, 10);
	*id = strtoul(field[ID], NULL, 10);
	m->device = makedev((unsigned)major, (unsigned)minor);
	return unescape(field[DIRECTORY], m->directory, sizeof(m->directory)) == 0 &&
	       unescape(field[OPTIONS], m->options, sizeof(m->options)) == 0 &&
	       unescape(type, m->type, sizeof(m->type)) == 0;
}

struct visit {
	int (*each)(void *context, const struct mountinfo *m);
	void *context;
	unsigned long id; /* only the mount of this id; 0: all */
};

static int visit_all(const struct visit *v, struct error *e)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	struct mountinfo *m = malloc(sizeof(*m));
	char *line = NULL;
	size_t room = 0;
	int rc = -1;

	if (!m) {
		error_memory(e);
		goto out;
	}
	if (!file) {
		error_errno(e, "cannot read %s, which says what is mounted: %s", "/proc/self/mountinfo");
		goto out;
	}
	rc = 0;
	while (rc == 0 && getline(&line, &room, file) > 0) {
		unsigned long id;
		line[strcspn(line, "\n")] = '\0';
		if (parse(line, m, &id) && (!v->id || v->id == id))
			rc = v->each(v->context, m);
	}
out:
	if (file)
		fclose(file);
	free(line);
	free(m);
	return rc;
}

int mountinfo_each(int (*each)(void *context, const struct mountinfo *m), void *context, struct error *e)
{
	struct visit v = {each, context, 0};

	return visit_all(&v, e);
}

static int keep(void *context, const struct mountinfo *m)
{
	*(struct mountinfo *)context = *m;
	return 1;
}

int mountinfo_of(int fd, const char *name, struct mountinfo *out, bool *root, struct error *e)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) != 0)
		return error_errno(e, "cannot look at %s: %s", name);
	*root = (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	if (!(stx.stx_mask & STATX_MNT_ID))
		return 0;
	struct visit v = {keep, out, (unsigned long)stx.stx_mnt_id};
	return visit_all(&v, e);
}

/* A device by its path, or as UUID=, LABEL= or PARTUUID= of it. */
static bool fstab_device(const char *source, char device[128])
{
	static const struct {
		const char *tag, *folder;
	} tags[] = {{"UUID=", "by-uuid"}, {"LABEL=", "by-label"}, {"PARTUUID=", "by-partuuid"}};
	int n = -1;

	if (source[0] == '/')
		n = snprintf(device, 128, "%s", source);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (strncmp(source, tags[i].tag, strlen(tags[i].tag)) == 0)
			n = snprintf(device, 128, "/dev/disk/%s/%s", tags[i].folder, source + strlen(tags[i].tag));
	return n > 0 && n < 128;
}

bool fstab_find(const char *directory, char device[128], char type[32])
{
	FILE *table = setmntent("/etc/fstab", "re");
	const struct mntent *m;
	bool found = false;

	while (table && !found && (m = getmntent(table)))
		found = strcmp(m->mnt_dir, directory) == 0 && hasmntopt(m, "noauto") && strlen(m->mnt_type) < 32 &&
		        fstab_device(m->mnt_fsname, device) && snprintf(type, 32, "%s", m->mnt_type) > 0;
	if (table)
		endmntent(table);
	return found;
}
