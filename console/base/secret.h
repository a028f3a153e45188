/* Guarded memory for keys, PINs, shares and passphrases: the only place that allocates it (sodium_malloc: guard
 * pages, locked, wiped when freed). */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct secret {
	uint8_t *data; /* `cap` bytes and a NUL after `len` of them */
	size_t len, cap;
};

/* A secret with room for `cap` bytes, empty. NULL and `e` when memory cannot be had or locked. Owned by the caller; a
 * process that is started, or a copy of this one (fork), does not have it. */
struct secret *secret_new(size_t cap, struct error *e);
/* Wipes, frees, and sets the caller's pointer to NULL. NULL inside is fine. */
void secret_free(struct secret **s);
/* Takes the secret out of `*from` (which becomes NULL): a move, never a copy. */
struct secret *secret_take(struct secret **from);
/* Appends; -1 when it does not fit (nothing is appended then). */
int secret_add(struct secret *s, const void *data, size_t len);
int secret_text(struct secret *s, const char *text);
/* Removes the last UTF-8 character, wiping its bytes. */
void secret_backspace(struct secret *s);
void secret_clear(struct secret *s);
bool secret_equal(const struct secret *a, const struct secret *b); /* constant time for equal lengths */
void wipe(void *data, size_t len);

/* Must be called once before anything else of the program: libsodium, OPENSSL_INIT_NO_LOAD_CONFIG. */
int secret_init(struct error *e);
/* Random bytes from the operating system. */
void random_bytes(void *out, size_t len);

#endif
