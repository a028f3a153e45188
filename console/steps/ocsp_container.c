/* The file of all responses, one behind another, read back and held against what they were to be. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "steps/ocsp.h"

enum { RESPONSE_MAX = 65536, BY_OPENSSL_EVERY = 100 };

struct reading {
	FILE *file;
	const char *path;
	uint8_t der[RESPONSE_MAX];
	EVP_MD_CTX *container, *index;
	struct bytes line;
};

static int open_file(int dir, const char *path, struct reading *r, struct error *e)
{
	struct stat st;
	int fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, "%s cannot be read: %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return error_set(e, ERROR_FAULT, "%s is no regular file", path);
	}
	r->file = fdopen(fd, "rb");
	if (!r->file) {
		close(fd);
		return error_memory(e);
	}
	r->container = EVP_MD_CTX_new();
	r->index = EVP_MD_CTX_new();
	if (!r->container || !r->index || EVP_DigestInit_ex(r->container, EVP_sha256(), NULL) != 1 ||
	        EVP_DigestInit_ex(r->index, EVP_sha256(), NULL) != 1)
		return error_memory(e);
	return 0;
}

/* The next DER element of the file: its length, or -1. */
static long read_response(struct reading *r, struct error *e)
{
	size_t head = 2, len;

	if (fread(r->der, 1, head, r->file) != head || r->der[0] != 0x30)
		goto fault;
	len = r->der[1];
	if (len & 0x80) {
		size_t count = len & 0x7f;
		if (count < 1 || count > 2 || fread(r->der + head, 1, count, r->file) != count)
			goto fault;
		len = count == 1 ? r->der[2] : (size_t)r->der[2] << 8 | r->der[3];
		head += count;
	}
	if (len > RESPONSE_MAX - head || fread(r->der + head, 1, len, r->file) != len)
		goto fault;
	return (long)(head + len);
fault:
	return error_set(e, ERROR_FAULT, "%s is cut short, or is not one OCSP response behind another", r->path);
}

static int one(struct reading *r, const struct ocsp_set *set, size_t i, struct ocsp_sums *sums, struct error *e)
{
	const struct crl_entry *entry = &set->list.item[i];
	long len = read_response(r, e);

	if (len < 0 || ocsp_check(set->batch, entry, r->der, (size_t)len, i % BY_OPENSSL_EVERY == 0, e) < 0)
		return -1;
	bytes_clear(&r->line);
	if (ocsp_index_line(entry, sums->bytes, r->der, (size_t)len, &r->line, e) < 0)
		return -1;
	if (EVP_DigestUpdate(r->container, r->der, (size_t)len) != 1 ||
	        EVP_DigestUpdate(r->index, r->line.data, r->line.len) != 1)
		return error_memory(e);
	sums->bytes += (uint64_t)len;
	sums->index_bytes += r->line.len;
	return 0;
}

int ocsp_container_check(int dir, const char *path, const struct ocsp_set *set, struct ocsp_sums *sums, struct error *e)
{
	struct reading *r = calloc(1, sizeof(*r));
	int rc = -1;

	memset(sums, 0, sizeof(*sums));
	if (!r)
		return error_memory(e);
	r->path = path;
	if (open_file(dir, path, r, e) < 0)
		goto out;
	for (size_t i = 0; i < set->list.count; i++)
		if (one(r, set, i, sums, e) < 0)
			goto out;
	if (fgetc(r->file) != EOF)
		error_set(e, ERROR_FAULT, "something stands behind the last OCSP response in %s", path);
	else if (EVP_DigestFinal_ex(r->container, sums->sha256, NULL) != 1 ||
	         EVP_DigestFinal_ex(r->index, sums->index_sha256, NULL) != 1)
		error_memory(e);
	else
		rc = 0;
out:
	if (r->file)
		fclose(r->file);
	EVP_MD_CTX_free(r->container);
	EVP_MD_CTX_free(r->index);
	bytes_free(&r->line);
	free(r);
	return rc;
}
