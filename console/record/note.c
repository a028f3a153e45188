#include "record/note.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"

enum { KEY_BLOB = 33, KEY_BLOB_BASE64 = 44, SIGNATURE = 64, COSIGNATURE_DIGITS = 12 };

/* Printable ASCII without plus and blank (C2SP signed-note allows more; our names and origins need no more). */
static bool name_is_note(const char *name, size_t len)
{
	if (len == 0 || len > NOTE_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '+')
			return false;
	return true;
}

bool name_is_person(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > 64 || name[0] == '.' || name[0] == '-')
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len;
}

int vkey_make(struct vkey *key, const char *name, enum note_type type, const uint8_t public_key[32], struct error *e)
{
	struct vkey made = {.type = type};
	uint8_t type_byte = (uint8_t)type, hash[32];
	size_t len = strlen(name);

	if (!name_is_note(name, len)) /* not shown: it may hold anything */
		return error_set(e, ERROR_FAULT,
		        N_("A key name is empty, too long, or has characters that no key name may have."));
	if (type != NOTE_ED25519 && type != NOTE_COSIGNATURE)
		return error_set(e, ERROR_FAULT, N_("The key of %s is of type %d. Only the types 1 and 4 are known."),
		        name, (int)type);
	/* Canonical, on the curve, of the prime order L: the one point of its kind. */
	if (crypto_core_ed25519_is_valid_point(public_key) != 1)
		return error_set(e, ERROR_FAULT,
		        N_("The public key of %s is refused: it is not a canonical Ed25519 point of full order. Make a "
		           "new key."),
		        name);
	memcpy(made.name, name, len + 1);
	memcpy(made.public_key, public_key, 32);
	const struct sha256_part parts[] = {{name, len}, {"\n", 1}, {&type_byte, 1}, {public_key, 32}};
	if (sha256_parts(parts, 4, hash) != 0)
		return error_memory(e);
	memcpy(made.id, hash, sizeof made.id);
	*key = made;
	return 0;
}

static int vkey_refuse(struct error *e)
{
	return error_set(e, ERROR_FAULT, N_("The key line is not of the form NAME+ID+KEY."));
}

int vkey_parse(struct vkey *key, const char *text, size_t len, struct error *e)
{
	const size_t tail = 1 + 8 + 1 + KEY_BLOB_BASE64;
	char name[NOTE_NAME_MAX + 1];
	struct bytes blob = {0};
	struct vkey made;
	uint8_t id[4];
	int result = -1;

	if (len <= tail || len - tail > NOTE_NAME_MAX || memchr(text, '\0', len) != NULL || text[len - tail] != '+' ||
	        text[len - KEY_BLOB_BASE64 - 1] != '+' || hex_decode(text + len - tail + 1, 8, id, sizeof id) != 0 ||
	        base64_decode(text + len - KEY_BLOB_BASE64, KEY_BLOB_BASE64, &blob) != 0 || blob.len != KEY_BLOB) {
		if (blob.failed)
			error_memory(e);
		else
			vkey_refuse(e);
		goto out;
	}
	memcpy(name, text, len - tail);
	name[len - tail] = '\0';
	if (vkey_make(&made, name, (enum note_type)blob.data[0], blob.data + 1, e) != 0)
		goto out;
	if (memcmp(made.id, id, sizeof id) != 0) {
		error_set(e, ERROR_FAULT,
		        N_("The key line of %s does not fit together: its ID is not that of its name and key."), name);
		goto out;
	}
	*key = made;
	result = 0;
out:
	bytes_free(&blob);
	return result;
}

void vkey_text(const struct vkey *key, struct bytes *out)
{
	uint8_t blob[KEY_BLOB];

	blob[0] = (uint8_t)key->type;
	memcpy(blob + 1, key->public_key, 32);
	bytes_text(out, key->name);
	bytes_byte(out, '+');
	bytes_hex(out, key->id, sizeof key->id);
	bytes_byte(out, '+');
	bytes_base64(out, blob, sizeof blob);
}

void checkpoint_text(struct bytes *out, const char *origin, uint64_t size, const uint8_t root[32])
{
	bytes_printf(out, "%s\n%llu\n", origin, (unsigned long long)size);
	bytes_base64(out, root, 32);
	bytes_byte(out, '\n');
}

/* Decimal without sign or needless zero, at most 2^53-1 like every number of a record. */
static int size_parse(const char *text, size_t len, uint64_t *size)
{
	uint64_t value = 0;

	if (len == 0 || len > 16 || (text[0] == '0' && len > 1))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	if (value > 9007199254740991)
		return -1;
	*size = value;
	return 0;
}

int checkpoint_parse(
        const char *text, size_t len, struct bytes *origin, uint64_t *size, uint8_t root[32], struct error *e)
{
	const char *line[3], *at = text, *end = text + len;
	struct bytes hash = {0};
	size_t line_len[3];
	int result = -1;

	for (int i = 0; i < 3; i++) {
		const char *lf = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

		if (lf == NULL) {
			error_set(e, ERROR_FAULT,
			        N_("The checkpoint does not have the three lines origin, size and root."));
			goto out;
		}
		line[i] = at;
		line_len[i] = (size_t)(lf - at);
		at = lf + 1;
	}
	if (at != end) {
		error_set(e, ERROR_FAULT, N_("The checkpoint has more than the three lines origin, size and root."));
		goto out;
	}
	if (!name_is_note(line[0], line_len[0])) {
		error_set(e, ERROR_FAULT, N_("The first line of the checkpoint is not an origin."));
		goto out;
	}
	if (size_parse(line[1], line_len[1], size) != 0) {
		error_set(e, ERROR_FAULT, N_("The second line of the checkpoint is not a size."));
		goto out;
	}
	if (base64_decode(line[2], line_len[2], &hash) != 0 || hash.len != 32) {
		if (hash.failed)
			error_memory(e);
		else
			error_set(e, ERROR_FAULT, N_("The third line of the checkpoint is not a root hash in base64."));
		goto out;
	}
	memcpy(root, hash.data, 32);
	bytes_clear(origin);
	bytes_add(origin, line[0], line_len[0]);
	result = bytes_end(origin, e);
out:
	bytes_free(&hash);
	return result;
}

/* The 64 bytes that libsodium signs with (seed, then public key), in guarded memory; NULL with `e`. */
static struct secret *expand(const struct secret *seed, uint8_t public_key[32], struct error *e)
{
	struct secret *pair;

	if (seed->len != crypto_sign_SEEDBYTES) {
		error_set(e, ERROR_INTERNAL, N_("A signing key is not 32 bytes long."));
		return NULL;
	}
	pair = secret_new(crypto_sign_SECRETKEYBYTES, e);
	if (pair == NULL)
		return NULL;
	if (crypto_sign_seed_keypair(public_key, pair->data, seed->data) != 0) {
		secret_free(&pair);
		error_set(e, ERROR_INTERNAL, N_("The signing key cannot be made ready."));
		return NULL;
	}
	pair->len = crypto_sign_SECRETKEYBYTES;
	return pair;
}

struct secret *signing_key_new(uint8_t public_key[32], struct error *e)
{
	struct secret *seed = secret_new(crypto_sign_SEEDBYTES, e);

	if (seed == NULL)
		return NULL;
	random_bytes(seed->data, crypto_sign_SEEDBYTES);
	seed->len = crypto_sign_SEEDBYTES;
	if (signing_key_public(seed, public_key, e) != 0)
		secret_free(&seed);
	return seed;
}

int signing_key_public(const struct secret *seed, uint8_t public_key[32], struct error *e)
{
	struct secret *pair = expand(seed, public_key, e);

	if (pair == NULL)
		return -1;
	secret_free(&pair);
	return 0;
}

static uint64_t be64_read(const uint8_t in[8])
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | in[i];
	return value;
}

static const char cosignature_head[] = "cosignature/v1\ntime ";

int cosignature_message(struct bytes *out, int64_t seconds, const char *text, size_t len, struct error *e)
{
	bytes_printf(out, "%s%lld\n", cosignature_head, (long long)seconds);
	bytes_add(out, text, len);
	return bytes_end(out, e);
}

int cosignature_message_parse(const void *message, size_t len, int64_t *seconds, struct error *e)
{
	const char *at = message, *end;
	size_t head = sizeof cosignature_head - 1, digits = 0;
	struct bytes origin = {0};
	uint8_t root[32];
	uint64_t size;
	int64_t time = 0;
	int result = -1;

	if (len <= head || memcmp(at, cosignature_head, head) != 0)
		goto out;
	at += head;
	end = memchr(at, '\n', len - head);
	digits = end ? (size_t)(end - at) : 0;
	if (digits == 0 || digits > COSIGNATURE_DIGITS || (at[0] == '0' && digits > 1))
		goto out;
	for (size_t i = 0; i < digits; i++) {
		if (at[i] < '0' || at[i] > '9')
			goto out;
		time = time * 10 + (at[i] - '0');
	}
	at = end + 1;
	if (checkpoint_parse(at, len - head - digits - 1, &origin, &size, root, NULL) != 0)
		goto out;
	if (seconds)
		*seconds = time;
	result = 0;
out:
	if (result != 0)
		error_set(e, ERROR_FAULT,
		        N_("This is no cosignature message: two lines of header and a checkpoint were expected."));
	bytes_free(&origin);
	return result;
}

int note_sign(const struct vkey *key, const struct secret *seed, int64_t seconds, const char *text, size_t len,
        struct bytes *line, struct error *e)
{
	uint8_t public_key[32], signature[SIGNATURE], blob[4 + 8 + SIGNATURE];
	size_t start = line->len, blob_len = 4;
	struct secret *pair = NULL;
	struct bytes message = {0};
	int result = -1;

	if (seconds < 0) {
		error_set(e, ERROR_INTERNAL, N_("A signature was asked for at a time before 1970."));
		goto out;
	}
	pair = expand(seed, public_key, e);
	if (pair == NULL)
		goto out;
	if (memcmp(public_key, key->public_key, 32) != 0) {
		error_set(e, ERROR_FAULT, N_("The private key is not that of the public key of %s."), key->name);
		goto out;
	}
	memcpy(blob, key->id, 4);
	if (key->type == NOTE_COSIGNATURE) {
		for (int i = 0; i < 8; i++)
			blob[blob_len++] = (uint8_t)((uint64_t)seconds >> (56 - 8 * i));
		if (cosignature_message(&message, seconds, text, len, e) != 0)
			goto out;
		text = bytes_string(&message);
		len = message.len;
	}
	if (crypto_sign_detached(signature, NULL, (const uint8_t *)text, len, pair->data) != 0) {
		error_set(e, ERROR_INTERNAL, N_("%s cannot sign."), key->name);
		goto out;
	}
	memcpy(blob + blob_len, signature, SIGNATURE);
	bytes_printf(line, "\xe2\x80\x94 %s ", key->name);
	bytes_base64(line, blob, blob_len + SIGNATURE);
	result = bytes_end(line, e);
out:
	secret_free(&pair);
	bytes_free(&message);
	if (result != 0 && !line->failed)
		line->len = start;
	return result;
}

/* Splits "— NAME BASE64"; `blob` is cleared and gets the decoded bytes. */
static int line_split(
        const char *line, size_t len, const char **name, size_t *name_len, struct bytes *blob, struct error *e)
{
	static const char dash[] = "\xe2\x80\x94 ";
	const char *space;

	bytes_clear(blob);
	if (len > 4 && memcmp(line, dash, 4) == 0) {
		*name = line + 4;
		space = memchr(*name, ' ', len - 4);
		*name_len = space != NULL ? (size_t)(space - *name) : 0;
		if (space != NULL && name_is_note(*name, *name_len) &&
		        base64_decode(space + 1, len - 4 - *name_len - 1, blob) == 0 && blob->len > 4)
			return 0;
	}
	if (blob->failed) /* which says nothing about the line */
		error_memory(e);
	else
		error_set(e, ERROR_FAULT, N_("This is no signature line: a dash, a name and base64 were expected."));
	return -1;
}

int note_line_name(const char *line, size_t len, char *name, uint8_t id[4], struct error *e)
{
	struct bytes blob = {0};
	size_t name_len;
	const char *at;
	int result = -1;

	if (line_split(line, len, &at, &name_len, &blob, e) != 0)
		goto out;
	memcpy(name, at, name_len);
	name[name_len] = '\0';
	memcpy(id, blob.data, 4);
	result = 0;
out:
	bytes_free(&blob);
	return result;
}

int note_verify(const struct vkey *key, const char *line, size_t line_len, const char *text, size_t len,
        int64_t *seconds, struct error *e)
{
	size_t header = key->type == NOTE_COSIGNATURE ? 12 : 4, name_len = 0;
	struct bytes blob = {0}, message = {0};
	uint64_t time = 0;
	const char *name = "";
	int result = -1;

	if (line_split(line, line_len, &name, &name_len, &blob, e) != 0)
		goto out;
	if (name_len != strlen(key->name) || memcmp(name, key->name, name_len) != 0 ||
	        memcmp(blob.data, key->id, 4) != 0) {
		error_set(e, ERROR_FAULT,
		        N_("The signature line is not by the key of %s: it bears another name or key ID."), key->name);
		goto out;
	}
	if (blob.len != header + SIGNATURE) {
		error_set(e, ERROR_FAULT, N_("The signature of %s does not have the length of its kind."), key->name);
		goto out;
	}
	if (key->type == NOTE_COSIGNATURE) {
		time = be64_read(blob.data + 4);
		if (time > INT64_MAX) {
			error_set(e, ERROR_FAULT, N_("The signature of %s has a time that no clock can show."),
			        key->name);
			goto out;
		}
		if (cosignature_message(&message, (int64_t)time, text, len, e) != 0)
			goto out;
		text = bytes_string(&message);
		len = message.len;
	}
	/* libsodium also refuses an R of small order, which OpenSSL takes: another verifier has to look for itself. */
	if (crypto_sign_verify_detached(blob.data + header, (const uint8_t *)text, len, key->public_key) != 0) {
		error_set(e, ERROR_FAULT, N_("The signature of %s does not hold over this checkpoint."), key->name);
		goto out;
	}
	if (seconds != NULL)
		*seconds = (int64_t)time;
	result = 0;
out:
	bytes_free(&blob);
	bytes_free(&message);
	return result;
}
