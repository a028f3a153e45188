#include "media/volume_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "media/volume_file.h"

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
	int fd = volume_file_open(folder, part->name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	if (fd < 0 && errno == EEXIST)
		return 0; /* by an attempt before: it is read back like the others */
	if (fd < 0)
		return volume_error_write(e, to, part->name);
	if (volume_write_all(fd, data, part->len) != 0)
		result = volume_error_write(e, to, part->name);
	if (close(fd) != 0 && result == 0)
		result = volume_error_write(e, to, part->name);
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
		if (!volume_name_is_plain(part.name))
			return volume_name_refused(part.name, e);
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
	int result = -1, fd = volume_file_open(folder, part->name, O_RDONLY, 0);

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

static int open_folder(const char *to, const char *name, bool make, struct error *e)
{
	int folder = -1, dir;

	if (!volume_name_is_plain(name))
		return volume_name_refused(name, e);
	dir = dir_open(to, e);
	if (dir < 0)
		return -1;
	if (make && mkdirat(dir, name, 0755) != 0 && errno != EEXIST)
		volume_error_write(e, to, name);
	else if ((folder = volume_file_open(dir, name, O_RDONLY | O_DIRECTORY, 0)) < 0)
		error_errno(e, "the folder %s on the medium cannot be opened: %s", name);
	close(dir);
	return folder;
}

int volume_parts_write(int from_dir, const char *from, const struct volume_parts *parts, const char *to,
        const char *name, struct error *e)
{
	struct bytes buffer = {0};
	struct stat st;
	int folder = -1, result = -1;
	int in = openat(from_dir, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (in < 0 || fstat(in, &st) != 0) {
		error_errno(e, "cannot read %s: %s", from);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		error_set(e, ERROR_FAULT, "%s is no regular file and is not carried out", from);
		goto out;
	}
	folder = open_folder(to, name, true, e);
	if (folder < 0 || write_parts(in, from, parts, folder, to, &buffer, e) < 0)
		goto out;
	if (syncfs(folder) != 0)
		volume_error_write(e, to, name);
	else
		result = 0;
out:
	bytes_free(&buffer);
	if (folder >= 0)
		close(folder);
	if (in >= 0)
		close(in);
	return result;
}

int volume_parts_compare(const struct volume_parts *parts, const char *to, const char *name, uint64_t *size,
        uint8_t sha256_out[32], struct error *e)
{
	struct bytes buffer = {0};
	int folder = open_folder(to, name, false, e);
	int result = folder < 0 ? -1 : read_parts(parts, folder, to, &buffer, size, sha256_out, e);

	bytes_free(&buffer);
	if (folder >= 0)
		close(folder);
	return result;
}
