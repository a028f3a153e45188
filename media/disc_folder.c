#include "media/disc_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "media/bundle.h"
#include "media/disc.h"

static const char folder_name[] = ".tachiai-disc", image_name[] = ".tachiai-disc.iso";

/* Files and folders of files: deeper nothing was made. */
static void empty(int parent, const char *name, unsigned depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(stream), entry->d_name, 0) != 0 && depth == 0)
			empty(dirfd(stream), entry->d_name, depth + 1);
	}
	closedir(stream);
	unlinkat(parent, name, AT_REMOVEDIR);
}

int disc_folder_make(struct disc_folder *f, int beside, struct error *e)
{
	f->dir = -1;
	f->parent = openat(beside, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->parent < 0)
		return error_errno(e, "cannot write %s: %s", folder_name);
	empty(f->parent, folder_name, 0);
	unlinkat(f->parent, image_name, 0);
	f->dir = dir_create_at(f->parent, folder_name, e);
	snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d/%s", f->parent, folder_name);
	if (f->dir >= 0)
		return 0;
	disc_folder_remove(f);
	return -1;
}

static int hash_of(const char *path, uint64_t *bytes, uint8_t sum[32], struct error *e)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), rc;

	if (fd < 0)
		return error_errno(e, "cannot read back what was written to %s: %s", path);
	rc = disc_hash(fd, path, bytes, sum, e);
	close(fd);
	return rc;
}

int disc_folder_burn(
        const struct disc_folder *f, const char *device, int64_t seconds, struct disc_made *made, struct error *e)
{
	const struct bundle_image image = {seconds, true, false};
	struct disc_made back = {0};
	int rc = -1, out = openat(f->parent, image_name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (out < 0)
		return error_errno(e, "cannot write %s: %s", image_name);
	if (bundle_image(f->dir, &image, out, e) == 0 &&
	        disc_hash(out, image_name, &made->bytes, made->sha256, e) == 0 && disc_burn(device, out, e) == 0 &&
	        hash_of(device, &back.bytes, back.sha256, e) == 0)
		rc = back.bytes == made->bytes && memcmp(back.sha256, made->sha256, 32) == 0
		             ? 0
		             : error_set(e, ERROR_IO,
		                       "the disc in %s reads back with other bytes than were burned: use another one",
		                       device);
	close(out);
	if (rc < 0)
		made->bytes = 0;
	return rc;
}

void disc_folder_remove(struct disc_folder *f)
{
	if (f->dir >= 0)
		close(f->dir);
	if (f->parent < 0)
		return;
	empty(f->parent, folder_name, 0);
	unlinkat(f->parent, image_name, 0);
	close(f->parent);
	f->parent = f->dir = -1;
}
