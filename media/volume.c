#include "media/volume.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "media/volume_file.h"

enum { BLOCK = 65536 };

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

/* As many bytes as there are, at most a block; 0 at the end, -1 with errno. */
static ssize_t read_block(int fd, uint8_t *block)
{
	size_t len = 0;

	while (len < BLOCK) {
		ssize_t n = read(fd, block + len, BLOCK - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static int pump(int in, const char *from, int out, const char *to, const char *name, struct error *e)
{
	uint8_t *block = malloc(BLOCK);
	ssize_t n = -1;

	if (!block)
		return error_memory(e);
	while ((n = read_block(in, block)) > 0)
		if (volume_write_all(out, block, (size_t)n) != 0) {
			volume_error_write(e, to, name);
			break;
		}
	if (n < 0)
		error_errno(e, "cannot read %s: %s", from);
	free(block);
	return n == 0 ? 0 : -1;
}

static int write_into(int in, const char *from, int dir, const char *to, const char *name, struct error *e)
{
	int result = -1;
	int out = volume_file_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	if (out < 0 && errno == EEXIST)
		return error_set(e, ERROR_FAULT, "%s already exists on %s and is not overwritten: use an empty medium",
		        name, to);
	if (out < 0)
		return volume_error_write(e, to, name);
	if (pump(in, from, out, to, name, e) != 0)
		goto out;
	if (fsync(out) != 0) {
		volume_error_write(e, to, name);
		goto out;
	}
	(void)posix_fadvise(out, 0, 0, POSIX_FADV_DONTNEED);
	result = 0;
out:
	/* Some file systems tell of a full medium only here. */
	if (close(out) != 0 && result == 0)
		result = volume_error_write(e, to, name);
	if (result == 0 && fsync(dir) != 0 && errno != EINVAL)
		result = volume_error_write(e, to, name);
	if (result != 0)
		unlinkat(dir, name, 0);
	return result;
}

int volume_write(int from_dir, const char *from, const char *to, const char *name, struct error *e)
{
	int in = -1, dir = -1, result = -1;

	if (!volume_name_is_plain(name))
		return volume_name_refused(name, e);
	in = open_source(from_dir, from, e);
	if (in >= 0)
		dir = dir_open(to, e);
	if (dir >= 0)
		result = write_into(in, from, dir, to, name, e);
	if (dir >= 0)
		close(dir);
	if (in >= 0)
		close(in);
	return result;
}

/* Both to their ends, block by block. */
static int same(int source, const char *from, int fd, const char *to, const char *name, uint64_t *size, uint8_t sum[32],
        struct error *e)
{
	uint8_t *ours = malloc(BLOCK), *theirs = malloc(BLOCK);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	ssize_t n = -1, is;
	int result = -1;

	*size = 0;
	if (!ours || !theirs || !context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
		error_memory(e);
		goto out;
	}
	do {
		n = read_block(source, ours);
		if (n < 0) {
			error_errno(e, "cannot read %s: %s", from);
			goto out;
		}
		is = read_block(fd, theirs);
		if (is < 0) {
			error_errno(e, "cannot read back what was written to %s: %s", to);
			goto out;
		}
		if (is != n || memcmp(ours, theirs, (size_t)n) != 0) {
			error_set(e, ERROR_IO,
			        "%s reads back from %s with other bytes than were written: use another medium", name,
			        to);
			goto out;
		}
		*size += (uint64_t)n;
		if (EVP_DigestUpdate(context, theirs, (size_t)n) != 1) {
			error_memory(e);
			goto out;
		}
	} while (n != 0);
	result = EVP_DigestFinal_ex(context, sum, NULL) == 1 ? 0 : error_memory(e);
out:
	EVP_MD_CTX_free(context);
	free(ours);
	free(theirs);
	return result;
}

int volume_compare(int from_dir, const char *from, const char *to, const char *name, uint64_t *size,
        uint8_t sha256_out[32], struct error *e)
{
	int in = -1, dir = -1, fd = -1, result = -1;

	if (!volume_name_is_plain(name))
		return volume_name_refused(name, e);
	in = open_source(from_dir, from, e);
	if (in < 0)
		goto out;
	dir = dir_open(to, e);
	if (dir < 0)
		goto out;
	fd = volume_file_open(dir, name, O_RDONLY, 0);
	if (fd < 0)
		error_errno(e, "cannot read back what was written to %s: %s", to);
	else
		result = same(in, from, fd, to, name, size, sha256_out, e);
out:
	if (fd >= 0)
		close(fd);
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
	if (fd < 0 || volume_write_all(fd, (const uint8_t *)"", 1) != 0) {
		volume_error_write(e, directory, "a file");
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

/* What lies under the name is a file that can be taken: the refusals say what it is instead. */
static int open_taken(int dir, const char *from, const char *name, size_t max, struct stat *st, struct error *e)
{
	int fd = volume_file_open(dir, name, O_RDONLY, 0);

	if (fd < 0 && errno == ENOENT)
		return error_set(e, ERROR_MISSING, "%s is not on the medium %s", name, from);
	if (fd < 0 && errno == ELOOP)
		return error_set(e, ERROR_FAULT, "%s on %s is a link and is not taken", name, from);
	if (fd < 0 && errno == EXDEV)
		return error_set(e, ERROR_FAULT, "%s on %s leads to another file system and is not taken", name, from);
	if (fd < 0 && errno == ENXIO)
		return error_set(e, ERROR_FAULT, "%s on %s is a device, pipe or socket and is not taken", name, from);
	if (fd < 0)
		return error_errno(e, "cannot read from the medium %s: %s", from);
	if (fstat(fd, st) != 0)
		error_errno(e, "cannot read from the medium %s: %s", from);
	else if (S_ISDIR(st->st_mode))
		error_set(e, ERROR_FAULT, "%s on %s is a folder and is not taken", name, from);
	else if (!S_ISREG(st->st_mode))
		error_set(e, ERROR_FAULT, "%s on %s is a device, pipe or socket and is not taken", name, from);
	else if (st->st_size < 0 || (uint64_t)st->st_size > max)
		error_set(e, ERROR_FAULT, "%s on %s is larger than the %zu bytes that are allowed", name, from, max);
	else
		return fd;
	close(fd);
	return -1;
}

struct taking {
	struct bytes *out; /* NULL: not kept */
	uint64_t size;
	uint8_t sha256[32];
};

/* Exactly as many bytes as it had when it was opened. */
static int take(int fd, const struct stat *st, const char *from, const char *name, struct taking *t, struct error *e)
{
	uint8_t *block = malloc(BLOCK);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	struct stat now;
	ssize_t n = -1;
	int result = -1;

	t->size = 0;
	if (!block || !context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
		error_memory(e);
		goto out;
	}
	while (t->size <= (uint64_t)st->st_size && (n = read_block(fd, block)) > 0) {
		t->size += (uint64_t)n;
		if (t->out)
			bytes_add(t->out, block, (size_t)n);
		if (EVP_DigestUpdate(context, block, (size_t)n) != 1) {
			error_memory(e);
			goto out;
		}
	}
	if (n < 0 || fstat(fd, &now) != 0)
		error_errno(e, "cannot read from the medium %s: %s", from);
	else if (t->size != (uint64_t)st->st_size || now.st_size != st->st_size ||
	         now.st_mtim.tv_sec != st->st_mtim.tv_sec || now.st_mtim.tv_nsec != st->st_mtim.tv_nsec)
		error_set(e, ERROR_FAULT, "%s on %s changed while it was read", name, from);
	else if (EVP_DigestFinal_ex(context, t->sha256, NULL) != 1)
		error_memory(e);
	else
		result = t->out ? bytes_end(t->out, e) : 0;
out:
	EVP_MD_CTX_free(context);
	free(block);
	return result;
}

static int take_from(const char *from, const char *name, size_t max, struct taking *t, struct error *e)
{
	struct stat st = {0};
	int dir, fd, rc;

	if (!volume_name_is_plain(name))
		return error_set(e, ERROR_FAULT,
		        "the file name %s is refused: only letters, digits, \".\", \"_\" and \"-\" are taken", name);
	dir = dir_open(from, e);
	if (dir < 0)
		return -1;
	fd = open_taken(dir, from, name, max, &st, e);
	rc = fd < 0 ? -1 : take(fd, &st, from, name, t, e);
	if (fd >= 0)
		close(fd);
	close(dir);
	return rc;
}

int volume_read(const char *from, const char *name, size_t max, struct bytes *out, struct error *e)
{
	struct taking t = {.out = out};

	return take_from(from, name, max, &t, e);
}

int volume_hash(const char *from, const char *name, size_t max, uint64_t *size, uint8_t sha256_out[32], struct error *e)
{
	struct taking t = {0};

	if (take_from(from, name, max, &t, e) < 0)
		return -1;
	*size = t.size;
	memcpy(sha256_out, t.sha256, 32);
	return 0;
}

/* A name that somebody else gave is shown, never passed on as it is. */
static int name_refused(const char *name, const char *directory, struct error *e)
{
	struct bytes shown = {0};

	text_visible(&shown, name, strlen(name));
	error_set(e, ERROR_FAULT,
	        "a name on %s has characters that cannot be seen or are no text: \"%s\". Nothing is taken from such a "
	        "medium",
	        directory, bytes_string(&shown));
	bytes_free(&shown);
	return -1;
}

static bool name_is_seen(const char *name)
{
	size_t len = strlen(name), used;

	if (!text_is_utf8(name, len) || strchr(name, '/'))
		return false;
	for (const char *p = name; *p; p += used, len -= used)
		if (text_is_hidden(text_next(p, len, &used)))
			return false;
	return true;
}

int volume_survey(const char *directory, unsigned max, unsigned *count, struct error *e)
{
	int fd = dir_open(directory, e), result = -1;
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	*count = 0;
	if (fd < 0)
		return -1;
	if (!stream) {
		error_errno(e, "cannot list %s: %s", directory);
		close(fd);
		return -1;
	}
	while (errno = 0, (entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (!name_is_seen(entry->d_name)) {
			name_refused(entry->d_name, directory, e);
			goto out;
		}
		if (++*count > max) {
			error_set(e, ERROR_FAULT,
			        "%s holds more than %u names: use a medium with nothing on it but what is taken",
			        directory, max);
			goto out;
		}
	}
	if (errno != 0)
		error_errno(e, "cannot list %s: %s", directory);
	else
		result = 0;
out:
	closedir(stream);
	return result;
}
