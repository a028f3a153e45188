/* Makes a small record for other people's tools: `small_record DIR` writes DIR with a transcript of an opening, two
 * people, a resume with a new console key, and a close, and its checkpoint signed by the console and both people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "record/record.h"

#define ORIGIN "example.jp/ceremony/root-g1/20261201T093000Z-0a1b2c3d"
#define HASH   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct signer {
	const char *name;
	enum note_type type;
	struct secret *seed;
	struct vkey key;
	struct bytes vkey;
};

static int fail(const struct error *e)
{
	struct bytes text = {0};

	error_text(e, &text);
	fprintf(stderr, "small_record: %s\n", bytes_string(&text));
	return 1;
}

static int signer_new(struct signer *s, struct error *e)
{
	uint8_t public_key[32];

	s->seed = signing_key_new(public_key, e);
	if (s->seed == NULL || vkey_make(&s->key, s->name, s->type, public_key, e) != 0)
		return -1;
	vkey_text(&s->key, &s->vkey);
	return bytes_end(&s->vkey, e);
}

static int put(struct record *r, enum event event, struct error *e, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
static int put(struct record *r, enum event event, struct error *e, const char *format, ...)
{
	char data[8192];
	va_list ap;

	va_start(ap, format);
	vsnprintf(data, sizeof data, format, ap);
	va_end(ap);
	return record_append(r, NULL, event, data, e) != NULL ? 0 : -1;
}

static int write_entries(struct record *r, struct signer signer[4], struct error *e)
{
	if (put(r, CEREMONY_OPENED, e,
	            "{\"format\":1,\"origin\":\"" ORIGIN
	            "\",\"rehearsal\":false,\"console\":\"%s\",\"script\":{\"sha256\":\"" HASH
	            "\",\"title\":{\"en\":\"Small\",\"ja\":\"小さな記録\"}},\"site\":{\"sha256\":\"" HASH
	            "\"},\"program\":{\"version\":\"0\",\"sha256\":\"" HASH
	            "\"},\"libraries\":{},\"host\":{\"os\":\"x\",\"image\":null},\"roles\":{\"custodian\":{\"count\":2,"
	            "\"quorum\":2}},\"exclusive\":[],\"control\":\"custodian\",\"people\":[],\"steps\":[],\"more_"
	            "steps\":0,\"hsm\":{},"
	            "\"previous\":null}",
	            bytes_string(&signer[0].vkey)) != 0)
		return -1;
	for (int i = 2; i < 4; i++)
		if (put(r, PERSON_JOINED, e,
		            "{\"person\":\"%s\",\"vkey\":\"%s\",\"name\":\"N\",\"organisation\":\"O\",\"role\":"
		            "\"custodian\","
		            "\"identity\":\"seen\"}",
		            signer[i].name, bytes_string(&signer[i].vkey)) != 0)
			return -1;
	if (put(r, CEREMONY_RESUMED, e,
	            "{\"console\":\"%s\",\"torn\":0,\"torn_sha256\":null,\"open_intent\":null,\"seal\":[]}",
	            bytes_string(&signer[1].vkey)) != 0)
		return -1;
	return put(r, CEREMONY_CLOSED, e, "{\"cosigners\":[\"alice\",\"bob\"],\"exceptions\":0}");
}

static int write_checkpoint(struct record *r, struct signer signer[4], struct error *e)
{
	struct bytes text = {0}, note = {0};
	uint8_t root[32];
	int result = -1;

	if (tree_root(record_tree(r), root) != 0)
		goto out;
	checkpoint_text(&text, ORIGIN, record_tree(r)->size, root);
	bytes_text(&note, bytes_string(&text));
	bytes_byte(&note, '\n');
	for (int i = 1; i < 4; i++) {
		if (note_sign(&signer[i].key, signer[i].seed, time_now_ms() / 1000, bytes_string(&text), text.len,
		            &note, e) != 0)
			goto out;
		bytes_byte(&note, '\n');
	}
	if (bytes_end(&note, e) != 0 || file_write_new(record_dir(r), "checkpoint", note.data, note.len, 0644, e) != 0)
		goto out;
	result = 0;
out:
	bytes_free(&text);
	bytes_free(&note);
	return result;
}

int main(int argc, char **argv)
{
	struct signer signer[4] = {{.name = ORIGIN, .type = NOTE_ED25519}, {.name = ORIGIN, .type = NOTE_ED25519},
	        {.name = "alice", .type = NOTE_COSIGNATURE}, {.name = "bob", .type = NOTE_COSIGNATURE}};
	struct record *r = NULL;
	struct error e = {0};
	int result = 1;

	if (argc != 2) {
		fprintf(stderr, "usage: small_record DIR\n");
		return 2;
	}
	if (secret_init(&e) != 0)
		return fail(&e);
	for (int i = 0; i < 4; i++)
		if (signer_new(&signer[i], &e) != 0)
			goto out;
	r = record_create(argv[1], &e);
	if (r != NULL && write_entries(r, signer, &e) == 0 && write_checkpoint(r, signer, &e) == 0)
		result = 0;
out:
	record_free(&r);
	for (int i = 0; i < 4; i++) {
		secret_free(&signer[i].seed);
		bytes_free(&signer[i].vkey);
	}
	return result == 0 ? 0 : fail(&e);
}
