#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <openssl/crypto.h>

/* The allocators that OpenSSL takes carry nothing of the caller's. */
static atomic_ulong count;

static void *counted(void *got, size_t size)
{
	if (!got && size > 0)
		memory_refused();
	return got;
}

static void *take(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size > 0 ? counted(malloc(size), size) : NULL;
}

static void give(void *old, const char *file, int line)
{
	(void)file;
	(void)line;
	free(old);
}

static void *change(void *old, size_t size, const char *file, int line)
{
	if (size > 0)
		return counted(realloc(old, size), size);
	give(old, file, line);
	return NULL;
}

void memory_watch_openssl(void)
{
	CRYPTO_set_mem_functions(take, change, give);
}

void memory_refused(void)
{
	atomic_fetch_add(&count, 1);
}

unsigned long memory_refusals(void)
{
	return atomic_load(&count);
}
