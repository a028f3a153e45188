/* Secret shares, SLIP-0039: 16 bytes into n shares of 20 words, any k of which give them back. One group, empty
 * passphrase. Branchless GF(256); all of it in guarded memory. */
#ifndef PEOPLE_SHARE_H
#define PEOPLE_SHARE_H

#include "base/error.h"
#include "base/secret.h"

enum { SHARE_WORDS = 20, SHARE_WORD_MAX = 8, SHARES_MAX = 16, SHARE_SECRET = 16 };

/* Splits `master` (16 bytes; the code takes 16 to 32, even) into shares[count], each the words joined by one space,
 * owned by the caller. ext=1 when `extendable`. */
int share_split(const struct secret *master, unsigned threshold, unsigned count, bool extendable,
        struct secret *shares[], struct error *e);
/* Gives the master secret back from exactly `count` shares (NULL with `e`: another set, repeated index, too few, wrong
 * digest, wrong checksum with the share's number in `shares`). Takes every valid SLIP-39 set, of several groups too. */
struct secret *share_combine(struct secret *const shares[], unsigned count, const char *passphrase, struct error *e);
/* Is this one whole share? -1 with `e` naming the wrong word by position: not in the list, or the checksum fails (then
 * the most likely word where one change mends it). Sets *index (member, from 0) and *threshold when not NULL. */
int share_check(const struct secret *words, unsigned *index, unsigned *threshold, struct error *e);
/* The one word of the list that begins with `prefix` (`len` bytes), or NULL when none or several do. */
const char *share_word(const char *prefix, size_t len);
/* SHA-256("tachiai-share/1" LF || 32-byte salt || words joined by one space). */
int share_commitment(const struct secret *words, const uint8_t salt[32], uint8_t out[32], struct error *e);

/* The PIN that follows from 16 random bytes: prefix, then the first `length` lower-case hex digits, or, with `digits`,
 * the number (big-endian) modulo 10^length, zero-padded. NULL with `e`. */
struct secret *pin_make(const struct secret *master, const char *prefix, unsigned length, bool digits, struct error *e);

#endif
