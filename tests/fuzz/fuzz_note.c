/* Bytes taken for a signed note: its checkpoint, its signature lines, what a cosignature is over, and a vkey. Nothing
 * may crash, and nothing verifies under a key that signed nothing; what is taken has one form. */
#include <string.h>

#include "tests/fuzz/record_edit.h"

/* RFC 8032 section 7.1, the public key of test 1. */
static const uint8_t stranger[32] = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64,
        0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};

static void checkpoint(const char *text, size_t len)
{
	struct bytes origin = {0}, again = {0};
	struct error e = {0};
	uint8_t root[32];
	uint64_t size;

	if (checkpoint_parse(text, len, &origin, &size, root, &e) == 0) {
		checkpoint_text(&again, bytes_string(&origin), size, root);
		demand(again.len == len && memcmp(again.data, text, len) == 0);
	} else {
		demand(e.code != ERROR_NONE);
	}
	bytes_free(&origin);
	bytes_free(&again);
}

static void signature(const char *line, size_t len, const char *text, size_t text_len)
{
	char name[NOTE_NAME_MAX + 1];
	struct error e = {0};
	struct vkey key;
	uint8_t id[4];
	int64_t seconds;

	if (vkey_parse(&key, line, len, &e) == 0) {
		struct bytes again = {0};
		vkey_text(&key, &again);
		demand(again.len == len && memcmp(again.data, line, len) == 0);
		bytes_free(&again);
	}
	if (note_line_name(line, len, name, id, &e) < 0) {
		demand(e.code != ERROR_NONE);
		return;
	}
	if (vkey_make(&key, name, NOTE_COSIGNATURE, stranger, &e) == 0)
		demand(note_verify(&key, line, len, text, text_len, &seconds, &e) < 0);
	if (vkey_make(&key, name, NOTE_ED25519, stranger, &e) == 0)
		demand(note_verify(&key, line, len, text, text_len, NULL, &e) < 0);
}

/* "@NAME": NAME signs the text, with a key that is known here. It verifies, and under nothing else and over nothing
 * else. */
static void signed_by(const char *name, size_t name_len, const char *text, size_t len)
{
	enum note_type type = len % 2 ? NOTE_ED25519 : NOTE_COSIGNATURE;
	char whole[NOTE_NAME_MAX + 1] = "";
	struct bytes line = {0}, other = {0};
	uint8_t public_key[32];
	struct secret *seed;
	struct vkey key;
	struct error e = {0};
	int64_t seconds = 0;

	if (name_len > NOTE_NAME_MAX || memchr(name, 0, name_len))
		return;
	memcpy(whole, name, name_len);
	seed = edit_seed(whole);
	bytes_add(&other, text, len);
	demand(signing_key_public(seed, public_key, &e) == 0);
	if (vkey_make(&key, whole, type, public_key, &e) < 0 ||
	        note_sign(&key, seed, 1796083200, text, len, &line, &e) < 0) {
		demand(e.code != ERROR_NONE);
	} else {
		demand(note_verify(&key, bytes_string(&line), line.len, text, len, &seconds, &e) == 0);
		demand(type == NOTE_ED25519 || seconds == 1796083200);
		demand(note_verify(&key, bytes_string(&line), line.len - 1, text, len, &seconds, &e) < 0);
		bytes_byte(&other, '\n');
		demand(note_verify(&key, bytes_string(&line), line.len, bytes_string(&other), other.len, NULL, &e) < 0);
		other.data[len / 2] ^= 1;
		demand(note_verify(&key, bytes_string(&line), line.len, bytes_string(&other), len, NULL, &e) < 0 ||
		        !len);
		key.public_key[0] ^= 1;
		demand(note_verify(&key, bytes_string(&line), line.len, text, len, NULL, &e) < 0);
		signature(bytes_string(&line), line.len, text, len);
	}
	secret_free(&seed);
	bytes_free(&line);
	bytes_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data, *end = text + len, *blank = memmem(text, len, "\n\n", 2), *at;
	size_t text_len = blank ? (size_t)(blank - text) + 1 : len;
	struct error e = {0};

	checkpoint(text, text_len);
	cosignature_message_parse(data, len, NULL, &e);
	for (at = blank ? blank + 2 : text; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop ? stop : end;
		if (*at == '@')
			signed_by(at + 1, (size_t)(stop - at) - 1, text, text_len);
		else
			signature(at, (size_t)(stop - at), text, text_len);
		at = stop + 1;
	}
	return 0;
}
