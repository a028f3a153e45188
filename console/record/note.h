/* Keys, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature). */
#ifndef RECORD_NOTE_H
#define RECORD_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes;
struct error;
struct secret;

enum { NOTE_NAME_MAX = 255 };
enum note_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04, NOTE_COSIGNATURE_MLDSA = 0x06 /* reserved */ };

/* A verifier key. vkey line: NAME+hex(keyID)+base64(type || public key). */
struct vkey {
	char name[NOTE_NAME_MAX + 1];
	enum note_type type;
	uint8_t id[4];
	uint8_t public_key[32];
};

/* Exactly one vkey line, without LF. Refuses a wrong key ID, a type other than 01 and 04, a key that is not canonical
 * or of small order (RFC 8032 section 5.1.7; OpenSSL verifies anything under 01 00...00). */
int vkey_parse(struct vkey *key, const char *text, size_t len, struct error *e);
/* Makes one from its parts; the same refusals. */
int vkey_make(struct vkey *key, const char *name, enum note_type type, const uint8_t public_key[32], struct error *e);
void vkey_text(const struct vkey *key, struct bytes *out);
/* A person's NAME: [a-z0-9][a-z0-9.-]{0,63}. */
bool name_is_person(const char *name);

/* The three lines of a checkpoint. */
void checkpoint_text(struct bytes *out, const char *origin, uint64_t size, const uint8_t root[32]);
/* Splits and checks them; `origin` is appended to a cleared `out`. Exactly three lines. */
int checkpoint_parse(
        const char *text, size_t len, struct bytes *origin, uint64_t *size, uint8_t root[32], struct error *e);

/* A new Ed25519 key: 32-byte seed in guarded memory (owned by the caller), and its public half. */
struct secret *signing_key_new(uint8_t public_key[32], struct error *e);
/* The public half of a seed. */
int signing_key_public(const struct secret *seed, uint8_t public_key[32], struct error *e);

/* Appends the signature line "— NAME BASE64" (without LF) of type 01 or 04 over `text`; `seconds` only for type 04. */
int note_sign(const struct vkey *key, const struct secret *seed, int64_t seconds, const char *text, size_t len,
        struct bytes *line, struct error *e);

/* Appends what a cosignature at `seconds` is made over (C2SP tlog-cosignature): two header lines, then the checkpoint
 * text. */
int cosignature_message(struct bytes *out, int64_t seconds, const char *text, size_t len, struct error *e);
/* Is `message` exactly such a one, its checkpoint text one that checkpoint_parse() takes? Sets *seconds (may be NULL).
 */
int cosignature_message_parse(const void *message, size_t len, int64_t *seconds, struct error *e);

/* The NAME and key ID on a signature line (no LF): 0, or -1 with `e` when it is no such line. `name` holds
 * NOTE_NAME_MAX + 1. */
int note_line_name(const char *line, size_t len, char *name, uint8_t id[4], struct error *e);
/* Does `line` (no LF) hold `key`'s signature over `text`? Sets *seconds for type 04 (may be NULL). -1 with `e` if not.
 */
int note_verify(const struct vkey *key, const char *line, size_t line_len, const char *text, size_t len,
        int64_t *seconds, struct error *e);

#endif
