#include "media/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"

enum { BLOCK = 65536, NAME_LEN_MAX = 255 };

/* One file's bytes, as they were read. */
struct digest {
	uint64_t size;
	uint8_t sha256[32];
};

/* Only names that every file system and every shell leaves alone. */
static bool name_is_plain(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(name);

	return len != 0 && len <= NAME_LEN_MAX && strspn(name, allowed) == len && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len != 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = EIO;
			return -1;
		}
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The write errors that a person can mend get sentences of their own. */
static int error_write(struct error *e, const char *to, const char *name)
{
	switch (errno) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return error_set(
		        e, ERROR_IO, "there is no room for %s on %s: use a medium with more free space", name, to);
	case EROFS:
	case EACCES:
	case EPERM:
		return error_set(e, ERROR_IO,
		        "%s cannot be written on %s: it is read-only, or its write protection is on", name, to);
	default:
		return error_errno(e, "cannot write to the medium %s: %s", to);
	}
}

/* Reads `in` to its end, hashing; copies to `out` unless that is -1. `*reading` says which side an errno belongs to. */
static int pump(int in, int out, struct digest *d, bool *reading)
{
	static const size_t block = BLOCK;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	struct bytes buffer = {0};
	int result = -1;

	*reading = true;
	d->size = 0;
	errno = ENOMEM;
	if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
		goto out;
	while (buffer.len < block && !buffer.failed)
		bytes_add(&buffer, (const uint8_t[1024]){0}, 1024);
	if (buffer.failed)
		goto out;
	for (;;) {
		ssize_t n = read(in, buffer.data, block);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			goto out;
		if (n == 0)
			break;
		d->size += (uint64_t)n;
		if (EVP_DigestUpdate(context, buffer.data, (size_t)n) != 1) {
			errno = EIO;
			goto out;
		}
		if (out >= 0 && write_all(out, buffer.data, (size_t)n) != 0) {
			*reading = false;
			goto out;
		}
	}
	if (EVP_DigestFinal_ex(context, d->sha256, NULL) == 1)
		result = 0;
	else
		errno = EIO;
out:
	bytes_free(&buffer);
	EVP_MD_CTX_free(context);
	return result;
}

static int open_source(int from_dir, const char *from, struct error *e)
{
	struct stat st;
	int fd = openat(from_dir, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ELOOP)
		return error_set(e, ERROR_FAULT, "%s is a link and is not carried out", from);
	if (fd < 0)
		return error_errno(e, "cannot read %s: %s", from);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return error_set(e, ERROR_FAULT, "%s is no regular file and is not carried out", from);
}

/* Opened anew after the cache was dropped, so that the bytes come from the medium where the system can arrange it. */
static int read_back(int dir, const char *to, const char *name, const struct digest *wrote, struct error *e)
{
	struct digest found;
	bool reading;
	int result;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || pump(fd, -1, &found, &reading) != 0)
		result = error_errno(e, "cannot read back what was written to %s: %s", to);
	else if (found.size != wrote->size || memcmp(found.sha256, wrote->sha256, sizeof(found.sha256)) != 0)
		result = error_set(e, ERROR_IO,
		        "%s reads back from %s with other bytes than were written: use another medium", name, to);
	else
		result = 0;
	if (fd >= 0)
		close(fd);
	return result;
}

static int copy_into(
        int in, const char *from, int dir, const char *to, const char *name, struct digest *d, struct error *e)
{
	bool reading = false;
	int result = -1;
	int out = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (out < 0 && errno == EEXIST)
		return error_set(e, ERROR_FAULT, "%s already exists on %s and is not overwritten: use an empty medium",
		        name, to);
	if (out < 0)
		return error_write(e, to, name);
	if (pump(in, out, d, &reading) != 0) {
		if (reading)
			error_errno(e, "cannot read %s: %s", from);
		else
			error_write(e, to, name);
		goto out;
	}
	if (fsync(out) != 0) {
		error_write(e, to, name);
		goto out;
	}
	(void)posix_fadvise(out, 0, 0, POSIX_FADV_DONTNEED);
	result = 0;
out:
	/* Some file systems tell of a full medium only here. */
	if (close(out) != 0 && result == 0)
		result = error_write(e, to, name);
	if (result == 0)
		result = read_back(dir, to, name, d, e);
	if (result == 0 && fsync(dir) != 0)
		result = error_write(e, to, name);
	if (result != 0)
		unlinkat(dir, name, 0);
	return result;
}

int volume_copy(int from_dir, const char *from, const char *to, const char *name, uint64_t *size,
        uint8_t sha256_out[32], struct error *e)
{
	struct digest d = {0};
	int in = -1, dir = -1, result = -1;

	if (!name_is_plain(name))
		return error_set(e, ERROR_FAULT,
		        "\"%s\" is no name for a file to carry out: only A-Z a-z 0-9 . _ - are used", name);
	in = open_source(from_dir, from, e);
	if (in < 0)
		goto out;
	dir = dir_open(to, e);
	if (dir < 0)
		goto out;
	if (copy_into(in, from, dir, to, name, &d, e) != 0)
		goto out;
	*size = d.size;
	memcpy(sha256_out, d.sha256, sizeof(d.sha256));
	result = 0;
out:
	if (dir >= 0)
		close(dir);
	if (in >= 0)
		close(in);
	return result;
}

int volume_check(const char *directory, uint64_t *free_bytes, struct error *e)
{
	char probe[] = ".tachiai-0123456789abcdef";
	uint8_t random[8];
	struct statvfs vfs;
	int fd = -1, result = -1;
	int dir = dir_open(directory, e);

	if (dir < 0)
		return -1;
	if (fstatvfs(dir, &vfs) != 0) {
		error_errno(e, "cannot ask %s for its free space: %s", directory);
		goto out;
	}
	random_bytes(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(probe + 9 + 2 * i, 3, "%02x", random[i]);
	fd = openat(dir, probe, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || write_all(fd, (const uint8_t *)"", 1) != 0) {
		error_write(e, directory, "a file");
		goto out;
	}
	if (free_bytes)
		*free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	result = 0;
out:
	if (fd >= 0) {
		unlinkat(dir, probe, 0);
		close(fd);
	}
	close(dir);
	return result;
}

int volume_read(const char *from, const char *name, size_t max, struct bytes *out, struct error *e)
{
	int dir, rc;

	if (!name_is_plain(name))
		return error_set(e, ERROR_FAULT,
		        "the file name %s is refused: only letters, digits, \".\", \"_\" and \"-\" are taken", name);
	dir = dir_open(from, e);
	if (dir < 0)
		return -1;
	rc = file_read_at(dir, name, max, out, e);
	close(dir);
	return rc;
}

static int pread_all(int fd, uint8_t *data, size_t len, uint64_t offset)
{
	while (len != 0) {
		ssize_t n = pread(fd, data, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = EIO;
			return -1;
		}
		data += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int grow(struct bytes *buffer, size_t len, struct error *e)
{
	while (buffer->len < len && !buffer->failed)
		bytes_add(buffer, (const uint8_t[1024]){0}, 1024);
	return bytes_end(buffer, e);
}

/* Not flushed: all of them are, together. */
static int write_part(int folder, const char *to, const struct volume_part *part, const uint8_t *data, struct error *e)
{
	int result = 0;
	int fd = openat(folder, part->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0 && errno == EEXIST)
		return 0; /* by an attempt before: it is read back like the others */
	if (fd < 0)
		return error_write(e, to, part->name);
	if (write_all(fd, data, part->len) != 0)
		result = error_write(e, to, part->name);
	if (close(fd) != 0 && result == 0)
		result = error_write(e, to, part->name);
	if (result != 0)
		unlinkat(folder, part->name, 0);
	return result;
}

static int write_parts(int in, const char *from, const struct volume_parts *parts, int folder, const char *to,
        struct bytes *buffer, struct error *e)
{
	struct volume_part part;
	int more;

	parts->rewind(parts->context);
	while ((more = parts->next(parts->context, &part, e)) > 0) {
		if (!name_is_plain(part.name))
			return error_set(e, ERROR_FAULT,
			        "\"%s\" is no name for a file to carry out: only A-Z a-z 0-9 . _ - are used",
			        part.name);
		if (grow(buffer, part.len, e) < 0)
			return -1;
		if (pread_all(in, buffer->data, part.len, part.offset) != 0)
			return error_errno(e, "cannot read %s: %s", from);
		if (write_part(folder, to, &part, buffer->data, e) < 0)
			return -1;
	}
	return more;
}

static int read_part(int folder, const char *to, const struct volume_part *part, EVP_MD_CTX *all, struct bytes *buffer,
        struct error *e)
{
	struct stat st;
	uint8_t sum[32];
	int result = -1, fd = openat(folder, part->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0) {
		error_errno(e, "cannot read back what was written to %s: %s", to);
		goto out;
	}
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (grow(buffer, part->len, e) < 0)
		goto out;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != part->len ||
	        pread_all(fd, buffer->data, part->len, 0) != 0 || sha256(buffer->data, part->len, sum) != 0 ||
	        memcmp(sum, part->sha256, sizeof(sum)) != 0)
		error_set(e, ERROR_IO, "%s reads back from %s with other bytes than were written: use another medium",
		        part->name, to);
	else if (EVP_DigestUpdate(all, buffer->data, part->len) != 1)
		error_memory(e);
	else
		result = 0;
out:
	if (fd >= 0)
		close(fd);
	return result;
}

static int read_parts(const struct volume_parts *parts, int folder, const char *to, struct bytes *buffer,
        uint64_t *size, uint8_t sum[32], struct error *e)
{
	EVP_MD_CTX *all = EVP_MD_CTX_new();
	struct volume_part part;
	int more = -1;

	if (all == NULL || EVP_DigestInit_ex(all, EVP_sha256(), NULL) != 1) {
		error_memory(e);
		goto out;
	}
	*size = 0;
	parts->rewind(parts->context);
	while ((more = parts->next(parts->context, &part, e)) > 0) {
		if (read_part(folder, to, &part, all, buffer, e) < 0) {
			more = -1;
			break;
		}
		*size += part.len;
	}
	if (more == 0 && EVP_DigestFinal_ex(all, sum, NULL) != 1)
		more = error_memory(e);
out:
	EVP_MD_CTX_free(all);
	return more;
}

static int open_folder(const char *to, const char *name, struct error *e)
{
	int folder = -1, dir = dir_open(to, e);

	if (dir < 0)
		return -1;
	if (mkdirat(dir, name, 0755) != 0 && errno != EEXIST)
		error_write(e, to, name);
	else if ((folder = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		error_errno(e, "the folder %s on the medium cannot be opened: %s", name);
	close(dir);
	return folder;
}

int volume_unpack(int from_dir, const char *from, const struct volume_parts *parts, const char *to, const char *name,
        uint64_t *size, uint8_t sha256_out[32], struct error *e)
{
	struct bytes buffer = {0};
	int in = -1, folder = -1, result = -1;

	if (!name_is_plain(name))
		return error_set(e, ERROR_FAULT,
		        "\"%s\" is no name for a file to carry out: only A-Z a-z 0-9 . _ - are used", name);
	in = open_source(from_dir, from, e);
	if (in < 0)
		goto out;
	folder = open_folder(to, name, e);
	if (folder < 0 || write_parts(in, from, parts, folder, to, &buffer, e) < 0)
		goto out;
	if (syncfs(folder) != 0) {
		error_write(e, to, name);
		goto out;
	}
	result = read_parts(parts, folder, to, &buffer, size, sha256_out, e);
out:
	bytes_free(&buffer);
	if (folder >= 0)
		close(folder);
	if (in >= 0)
		close(in);
	return result;
}
