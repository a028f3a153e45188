#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/error.h"
#include "base/secret.h"

/* Opens the directory that `name` stands in, and sets *base to its last part. A new descriptor, or -1. */
static int parent_open(int dir, const char *name, const char **base, struct error *e)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(name, '/');
	size_t len = slash != NULL ? (size_t)(slash - name) : 0;
	int fd;

	*base = slash != NULL ? slash + 1 : name;
	if (len >= sizeof parent) {
		errno = ENAMETOOLONG;
		return error_errno(e, N_("%s cannot be reached: %s"), name);
	}
	memcpy(parent, name, len);
	parent[len] = '\0';
	if (slash == name)
		memcpy(parent, "/", 2);
	fd = openat(dir, parent[0] != '\0' ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(e, N_("The directory of %s cannot be opened: %s"), name);
	return fd;
}

/* Opens a regular file for reading; a link, a device, a pipe is refused, and none of them is waited for. */
static int regular_open(int dir, const char *name, struct stat *st, struct error *e)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && errno == ELOOP)
		return error_set(e, ERROR_FAULT, N_("%s is a symbolic link. Give the file itself."), name);
	if (fd < 0)
		return error_errno(e, N_("%s cannot be opened: %s"), name);
	if (fstat(fd, st) != 0) {
		error_errno(e, N_("%s cannot be examined: %s"), name);
	} else if (!S_ISREG(st->st_mode)) {
		error_set(e, ERROR_FAULT, N_("%s is not a regular file."), name);
	} else {
		return fd;
	}
	close(fd);
	return -1;
}

int file_read_at(int dir, const char *name, size_t max, struct bytes *out, struct error *e)
{
	uint8_t block[16384];
	struct stat st;
	size_t start = out->len;
	int result = -1;
	int fd = regular_open(dir, name, &st, e);

	if (fd < 0)
		return -1;
	for (;;) {
		ssize_t got = read(fd, block, sizeof block);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			error_errno(e, N_("%s cannot be read: %s"), name);
			goto out;
		}
		if (got == 0)
			break;
		/* Counted while reading: the size that stat gave may be another by now. */
		if ((size_t)got > max - (out->len - start)) {
			error_set(e, ERROR_FAULT, N_("%s is larger than the %zu bytes that are allowed."), name, max);
			goto out;
		}
		bytes_add(out, block, (size_t)got);
		if (bytes_end(out, e) != 0)
			goto out;
	}
	result = 0;
out:
	wipe(block, sizeof block);
	close(fd);
	return result;
}

int file_read(const char *path, size_t max, struct bytes *out, struct error *e)
{
	return file_read_at(AT_FDCWD, path, max, out, e);
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		data += put;
		len -= (size_t)put;
	}
	return 0;
}

/* Writes the new file `base` in `parent`, synced but for the directory. `name` is for messages. */
static int create_whole(
        int parent, const char *base, const char *name, const void *data, size_t len, unsigned mode, struct error *e)
{
	int result = -1;
	int fd = openat(parent, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);

	if (fd < 0 && errno == EEXIST)
		return error_set(e, ERROR_FAULT, N_("%s exists already and is not overwritten."), name);
	if (fd < 0)
		return error_errno(e, N_("%s cannot be created: %s"), name);
	if (fchmod(fd, (mode_t)mode) != 0 || write_all(fd, data, len) != 0 || fsync(fd) != 0)
		error_errno(e, N_("%s cannot be written: %s"), name);
	else
		result = 0;
	if (close(fd) != 0 && result == 0)
		result = error_errno(e, N_("%s cannot be written: %s"), name);
	if (result != 0)
		unlinkat(parent, base, 0);
	return result;
}

/* Some file systems of removable media know no sync of a directory, and say so with EINVAL: there is nothing to wait
 * for. */
static int dir_sync(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL ? 0 : -1;
}

int file_write_new(int dir, const char *name, const void *data, size_t len, unsigned mode, struct error *e)
{
	const char *base;
	int result = -1;
	int parent = parent_open(dir, name, &base, e);

	if (parent < 0)
		return -1;
	if (create_whole(parent, base, name, data, len, mode, e) != 0)
		goto out;
	if (dir_sync(parent) != 0) {
		error_errno(e, N_("The directory of %s cannot be synced: %s"), name);
		unlinkat(parent, base, 0);
		goto out;
	}
	result = 0;
out:
	close(parent);
	return result;
}

int file_replace(int dir, const char *name, const void *data, size_t len, unsigned mode, struct error *e)
{
	const char *base;
	char temporary[32];
	uint8_t random[8];
	struct bytes hex = {0};
	int result = -1;
	int parent = parent_open(dir, name, &base, e);

	if (parent < 0)
		return -1;
	random_bytes(random, sizeof random);
	bytes_hex(&hex, random, sizeof random);
	if (bytes_end(&hex, e) != 0)
		goto out;
	snprintf(temporary, sizeof temporary, FILE_TEMPORARY "%s", bytes_string(&hex));
	if (create_whole(parent, temporary, name, data, len, mode, e) != 0)
		goto out;
	if (renameat(parent, temporary, parent, base) != 0) {
		error_errno(e, N_("%s cannot be replaced: %s"), name);
		unlinkat(parent, temporary, 0);
		goto out;
	}
	if (dir_sync(parent) != 0) {
		error_errno(e, N_("The directory of %s cannot be synced: %s"), name);
		goto out;
	}
	result = 0;
out:
	bytes_free(&hex);
	close(parent);
	return result;
}

static int dir_open_at(int dir, const char *name, struct error *e)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0)
		return fd;
	/* ENOTDIR stands for a link too when O_DIRECTORY is given. */
	if ((errno == ENOTDIR || errno == ELOOP) && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	        S_ISLNK(st.st_mode))
		return error_set(e, ERROR_FAULT, N_("%s is a symbolic link. Give the directory itself."), name);
	if (errno == ENOTDIR)
		return error_set(e, ERROR_FAULT, N_("%s is not a directory."), name);
	return error_errno(e, N_("The directory %s cannot be opened: %s"), name);
}

int dir_open(const char *path, struct error *e)
{
	return dir_open_at(AT_FDCWD, path, e);
}

int dir_create_at(int dir, const char *name, struct error *e)
{
	char trimmed[PATH_MAX];
	size_t len = strlen(name);
	const char *base;
	int parent, fd = -1;

	while (len > 1 && name[len - 1] == '/')
		len--;
	if (len >= sizeof trimmed) {
		errno = ENAMETOOLONG;
		return error_errno(e, N_("The directory %s cannot be created: %s"), name);
	}
	memcpy(trimmed, name, len);
	trimmed[len] = '\0';
	parent = parent_open(dir, trimmed, &base, e);
	if (parent < 0)
		return -1;
	if (mkdirat(parent, base, 0755) != 0) {
		if (errno == EEXIST)
			error_set(e, ERROR_FAULT, N_("%s exists already. Give the name of a new directory."), name);
		else
			error_errno(e, N_("The directory %s cannot be created: %s"), name);
		goto out;
	}
	fd = dir_open_at(parent, base, e);
	if (fd >= 0 && (dir_sync(fd) != 0 || dir_sync(parent) != 0)) {
		error_errno(e, N_("The directory %s cannot be synced: %s"), name);
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		unlinkat(parent, base, AT_REMOVEDIR);
out:
	close(parent);
	return fd;
}

int dir_create(const char *path, struct error *e)
{
	return dir_create_at(AT_FDCWD, path, e);
}

int file_sha256_at(int dir, const char *name, uint8_t out[32], uint64_t *size, struct error *e)
{
	enum { BLOCK = 1 << 16 };
	EVP_MD_CTX *hash = NULL;
	uint8_t *block = NULL;
	struct stat st;
	uint64_t sum = 0;
	ssize_t got;
	int result = -1;
	int fd = regular_open(dir, name, &st, e);

	if (fd < 0)
		return -1;
	hash = EVP_MD_CTX_new();
	block = malloc(BLOCK);
	if (hash == NULL || block == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1) {
		error_memory(e);
		goto out;
	}
	while ((got = read(fd, block, BLOCK)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			error_errno(e, N_("%s cannot be read: %s"), name);
			goto out;
		}
		if (EVP_DigestUpdate(hash, block, (size_t)got) != 1) {
			error_memory(e);
			goto out;
		}
		sum += (uint64_t)got;
	}
	if (EVP_DigestFinal_ex(hash, out, NULL) != 1) {
		error_memory(e);
		goto out;
	}
	if (size != NULL)
		*size = sum;
	result = 0;
out:
	EVP_MD_CTX_free(hash);
	free(block);
	close(fd);
	return result;
}

int file_sha256(const char *path, uint8_t out[32], uint64_t *size, struct error *e)
{
	return file_sha256_at(AT_FDCWD, path, out, size, e);
}
