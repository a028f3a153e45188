/* A library that is loaded before all others (LD_PRELOAD) into the console. It notes what bytes are given to a decoder
 * of OpenSSL's, and in which process: the console, or a copy of it that works aside (base/aside.h). DECODERS_LOG: a
 * file of zero bytes that they map; after sixteen, which count what is used and how many they are, come notes of a name
 * of 16 bytes, the process's, a name of 32, the decoder's, eight bytes of length, and the bytes. DECODERS_CRASH: at the
 * which of these the copy dies, from 1. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define PUBLIC __attribute__((visibility("default")))

enum { PROCESS = 16, DECODER = 32 };

static struct {
	uint8_t *log;
	uint64_t room;
	unsigned long crash;
} own;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("DECODERS_LOG");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return;
	own.log = map;
	own.crash = strtoul(getenv("DECODERS_CRASH") ? getenv("DECODERS_CRASH") : "0", NULL, 10);
	own.room = (uint64_t)st.st_size - 2 * sizeof(uint64_t);
}

static void note(const char *decoder, const unsigned char *data, long len)
{
	uint64_t size = len > 0 ? (uint64_t)len : 0, whole = PROCESS + DECODER + sizeof size + size, at;
	uint8_t *to;

	if (!own.log || !data)
		return;
	at = atomic_fetch_add((_Atomic uint64_t *)(void *)own.log, whole);
	if (at > own.room || whole > own.room - at)
		abort(); /* the test gave too little room */
	to = own.log + 2 * sizeof at + at;
	prctl(PR_GET_NAME, to);
	strncpy((char *)to + PROCESS, decoder, DECODER - 1);
	memcpy(to + PROCESS + DECODER, &size, sizeof size);
	memcpy(to + PROCESS + DECODER + sizeof size, data, size);
	if (own.crash && own.crash == 1 + atomic_fetch_add((_Atomic uint64_t *)(void *)own.log + 1, 1))
		abort();
}

#define NOTED(type, name)                                                                                              \
	PUBLIC type *name(type **out, const unsigned char **at, long len)                                              \
	{                                                                                                              \
		static type *(*next)(type **, const unsigned char **, long);                                           \
		if (!next)                                                                                             \
			*(void **)&next = dlsym(RTLD_NEXT, #name);                                                     \
		note(#name, at ? *at : NULL, len);                                                                     \
		return next(out, at, len);                                                                             \
	}

NOTED(X509, d2i_X509)
NOTED(X509_REQ, d2i_X509_REQ)
NOTED(X509_NAME, d2i_X509_NAME)
NOTED(X509_PUBKEY, d2i_X509_PUBKEY)
NOTED(EVP_PKEY, d2i_PUBKEY)
NOTED(X509_EXTENSIONS, d2i_X509_EXTENSIONS)
NOTED(X509_EXTENSION, d2i_X509_EXTENSION)
NOTED(OCSP_RESPONSE, d2i_OCSP_RESPONSE)
