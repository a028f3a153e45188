#include "base/secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "base/error.h"
#include "base/memory.h"

int secret_init(struct error *e)
{
	memory_watch_openssl();
	if (sodium_init() < 0)
		return error_set(e, ERROR_INTERNAL, N_("The cryptographic library libsodium does not start."));
	/* openssl.cnf could load providers and engines into this process: nothing of it is read. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return memory_refusals()
		               ? error_memory(e)
		               : error_set(e, ERROR_INTERNAL, N_("The cryptographic library OpenSSL does not start."));
	/* What OpenSSL makes at the first fetch it makes now: 3.0 dies there for want of memory, and nothing has begun
	 * yet. */
	EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256)
		return error_memory(e);
	EVP_MD_free(sha256);
	/* What it went without now it would miss later, with other words. */
	return memory_refusals() ? error_memory(e) : 0;
}

/* Whole pages of it, which sodium_malloc() gives to nobody else, are not copied by fork(). */
static bool stays(void *data, size_t len)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)data / page * page;

	return madvise((void *)from, (uintptr_t)data + len - from, MADV_DONTFORK) == 0;
}

struct secret *secret_new(size_t cap, struct error *e)
{
	struct secret *s = NULL, *made = NULL;

	if (cap >= SIZE_MAX - 1 || (s = calloc(1, sizeof *s)) == NULL || (s->data = sodium_malloc(cap + 1)) == NULL) {
		error_memory(e);
		goto out;
	}
	/* sodium_malloc() goes on without the lock when it is refused; we do not: a key in swap outlives the ceremony.
	 */
	if (sodium_mlock(s->data, cap + 1) != 0) {
		error_set(e, ERROR_MEMORY,
		        N_("Memory for a secret cannot be locked against swapping. Raise the limit of locked memory "
		           "(ulimit -l)."));
		goto out;
	}
	if (!stays(s->data, cap + 1)) {
		error_set(e, ERROR_MEMORY,
		        N_("Memory for a secret cannot be kept out of the processes that are started."));
		goto out;
	}
	memset(s->data, 0, cap + 1);
	s->cap = cap;
	made = s;
out:
	if (made == NULL && s != NULL) {
		sodium_free(s->data);
		free(s);
	}
	return made;
}

void secret_free(struct secret **s)
{
	if (*s == NULL)
		return;
	sodium_free((*s)->data); /* wipes */
	free(*s);
	*s = NULL;
}

struct secret *secret_take(struct secret **from)
{
	struct secret *s = *from;

	*from = NULL;
	return s;
}

int secret_add(struct secret *s, const void *data, size_t len)
{
	if (len > s->cap - s->len)
		return -1;
	if (len > 0)
		memcpy(s->data + s->len, data, len);
	s->len += len;
	s->data[s->len] = '\0';
	return 0;
}

int secret_text(struct secret *s, const char *text)
{
	return secret_add(s, text, strlen(text));
}

void secret_backspace(struct secret *s)
{
	bool more = s->len > 0;

	while (more) {
		s->len--;
		more = s->len > 0 && (s->data[s->len] & 0xc0) == 0x80;
		s->data[s->len] = '\0';
	}
}

void secret_clear(struct secret *s)
{
	wipe(s->data, s->cap + 1);
	s->len = 0;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && sodium_memcmp(a->data, b->data, a->len) == 0;
}

void wipe(void *data, size_t len)
{
	sodium_memzero(data, len);
}

void random_bytes(void *out, size_t len)
{
	randombytes_buf(out, len);
}
