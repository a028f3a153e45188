/* What verification costs over bare hashing and signature verification: `bench_verify DIR [ENTRIES]` makes a synthetic
 * record in DIR (which must not exist; a million entries, 40 % of them approvals with real signatures), reads it
 * through transcript_read() and the fold of consent, and prints "verify RATIO" and "verify-memory-mib N".
 *
 * The bare cost is that of SHA-256 over the lines and of libsodium over each distinct signature, with everything in
 * memory already. Both take turns in blocks of entries, so that a machine that changes its pace does so for both. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "people/consent.h"
#include "record/record.h"

#define ORIGIN "example.jp/ceremony/root-g1/20261201T093000Z-0a1b2c3d"
#define HASH   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum { BLOCK = 2000, CONSOLE = 0, SIGNERS = 3 };
static const char *const names[SIGNERS] = {ORIGIN, "ann", "bob"};

/* One signature as the bare pass wants it. */
struct signature {
	uint8_t public_key[32], signature[64];
	uint32_t len;
	char text[280];
};

struct maker {
	FILE *transcript, *signatures;
	struct vkey key[SIGNERS];
	uint8_t pair[SIGNERS][crypto_sign_SECRETKEYBYTES];
	struct tree tree;
	int64_t time;
	struct bytes line, checkpoint, signed_line[SIGNERS];
	uint64_t proposed;
};

static int put(struct maker *m, const char *step, enum event event, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
static int put(struct maker *m, const char *step, enum event event, const char *format, ...)
{
	char time[TIME_TEXT], data[4096];
	va_list ap;

	va_start(ap, format);
	vsnprintf(data, sizeof data, format, ap);
	va_end(ap);
	time_format(m->time += 7, time);
	bytes_clear(&m->line);
	bytes_printf(&m->line, "{\"seq\":%" PRIu64 ",\"time\":\"%s\",\"step\":%s%s%s,\"event\":\"%s\",\"data\":%s}",
	        m->tree.size, time, step ? "\"" : "", step ? step : "null", step ? "\"" : "", event_name(event), data);
	if (tree_add(&m->tree, m->line.data, m->line.len) != 0)
		return -1;
	bytes_byte(&m->line, '\n');
	return fwrite(m->line.data, 1, m->line.len, m->transcript) == m->line.len ? 0 : -1;
}

/* Signs the checkpoint that ends in the last entry. */
static int sign(struct maker *m, int who)
{
	struct signature s = {0};
	uint8_t blob[4 + 8 + 64];
	size_t header = 4;
	int64_t seconds = m->time / 1000;

	if (who != CONSOLE) {
		s.len = (uint32_t)snprintf(s.text, sizeof s.text, "cosignature/v1\ntime %" PRId64 "\n", seconds);
		for (int i = 0; i < 8; i++)
			blob[header++] = (uint8_t)((uint64_t)seconds >> (56 - 8 * i));
	}
	memcpy(s.text + s.len, m->checkpoint.data, m->checkpoint.len);
	s.len += (uint32_t)m->checkpoint.len;
	memcpy(blob, m->key[who].id, 4);
	memcpy(s.public_key, m->key[who].public_key, 32);
	crypto_sign_detached(s.signature, NULL, (const uint8_t *)s.text, s.len, m->pair[who]);
	memcpy(blob + header, s.signature, 64);
	bytes_clear(&m->signed_line[who]);
	bytes_printf(&m->signed_line[who], "— %s ", names[who]);
	bytes_base64(&m->signed_line[who], blob, header + 64);
	return fwrite(&s, sizeof s, 1, m->signatures) == 1 ? 0 : -1;
}

/* The checkpoint of now, signed by the console. */
static int checkpoint(struct maker *m)
{
	uint8_t root[32];

	m->proposed = m->tree.size - 1;
	bytes_clear(&m->checkpoint);
	if (tree_root(&m->tree, root) != 0)
		return -1;
	checkpoint_text(&m->checkpoint, ORIGIN, m->tree.size, root);
	return sign(m, CONSOLE);
}

static int approve(struct maker *m, int who)
{
	if (sign(m, who) != 0)
		return -1;
	return put(m, NULL, APPROVAL_GIVEN,
	        "{\"of\":%" PRIu64 ",\"person\":\"%s\",\"cosignature\":\"%s\",\"console\":\"%s\",\"card\":null}",
	        m->proposed, names[who], bytes_string(&m->signed_line[who]), bytes_string(&m->signed_line[CONSOLE]));
}

/* A proposal approved by both, intended and done: five entries. */
static int act(struct maker *m, const char *step, const char *name, const char *order, const char *role)
{
	if (put(m, step, ACT_PROPOSED, "{\"act\":\"%s\",\"order\":%s,\"role\":%s,\"need\":2}", name, order, role) !=
	                0 ||
	        checkpoint(m) != 0 || approve(m, 1) != 0 || approve(m, 2) != 0)
		return -1;
	if (put(m, step, ACT_INTENDED, "{\"of\":%" PRIu64 "}", m->proposed) != 0)
		return -1;
	return put(m, step, ACT_DONE, "{\"of\":%" PRIu64 ",\"facts\":{}}", m->tree.size - 1);
}

static int head(struct maker *m)
{
	struct bytes vkey = {0};
	int result = -1;

	vkey_text(&m->key[CONSOLE], &vkey);
	if (put(m, NULL, CEREMONY_OPENED,
	            "{\"format\":1,\"origin\":\"" ORIGIN
	            "\",\"rehearsal\":false,\"console\":\"%s\",\"script\":{\"sha256\":\"" HASH
	            "\",\"title\":{\"en\":\"T\"}},\"site\":{\"sha256\":\"" HASH
	            "\"},\"program\":{\"version\":\"0\",\"sha256\":\"" HASH
	            "\"},\"libraries\":{},\"host\":{\"os\":\"x\",\"image\":null},\"roles\":{\"custodian\":{\"count\":2,"
	            "\"quorum\":2}},"
	            "\"exclusive\":[],\"control\":\"custodian\",\"people\":[],\"steps\":[{\"id\":\"roll-call\",\"do\":"
	            "\"attend\","
	            "\"approve\":null},{\"id\":\"key\",\"do\":\"generate-key\",\"approve\":\"custodian\"}],\"more_"
	            "steps\":0,\"hsm\":{"
	            "\"hsm\":{\"module\":"
	            "\"/m.so\",\"module_sha256\":\"" HASH
	            "\",\"label\":\"T\",\"serial\":\"1\",\"login\":\"shares\",\"software\":true}},\"previous\":null}",
	            bytes_string(&vkey)) != 0)
		goto out;
	for (int i = 1; i < SIGNERS; i++) {
		bytes_clear(&vkey);
		vkey_text(&m->key[i], &vkey);
		if (put(m, "roll-call", PERSON_JOINED,
		            "{\"person\":\"%s\",\"vkey\":\"%s\",\"name\":\"N\",\"organisation\":\"O\",\"role\":"
		            "\"custodian\","
		            "\"identity\":\"passport\"}",
		            names[i], bytes_string(&vkey)) != 0 ||
		        checkpoint(m) != 0 || approve(m, i) != 0)
			goto out;
	}
	result = act(m, "roll-call", "begin",
	        "{\"script_sha256\":\"" HASH "\",\"site_sha256\":\"" HASH "\",\"people\":[\"ann\",\"bob\"]}", "null");
out:
	bytes_free(&vkey);
	return result;
}

static int make(const char *dir, uint64_t entries)
{
	struct maker m = {.time = 1796117400000};
	struct bytes path = {0};
	char order[512];
	int result = -1;

	bytes_printf(&path, "%s/transcript.jsonl", dir);
	m.transcript = fopen(bytes_string(&path), "wx");
	bytes_clear(&path);
	bytes_printf(&path, "%s/signatures", dir);
	m.signatures = fopen(bytes_string(&path), "wx");
	if (m.transcript == NULL || m.signatures == NULL)
		goto out;
	for (int i = 0; i < SIGNERS; i++) {
		uint8_t public_key[32];

		crypto_sign_keypair(public_key, m.pair[i]);
		if (vkey_make(&m.key[i], names[i], i == CONSOLE ? NOTE_ED25519 : NOTE_COSIGNATURE, public_key, NULL) !=
		        0)
			goto out;
	}
	if (head(&m) != 0)
		goto out;
	for (uint64_t n = 0; m.tree.size < entries; n++) {
		snprintf(order, sizeof order,
		        "{\"hsm\":\"hsm\",\"serial\":\"1\",\"key\":\"k%" PRIu64
		        "\",\"algorithm\":\"ec-p384\",\"label\":\"Example Root CA G1\",\"cka_id\":\"%032" PRIx64 "\"}",
		        n, n);
		if (act(&m, "key", "generate-key", order, "\"custodian\"") != 0)
			goto out;
	}
	result = 0;
out:
	if (m.transcript != NULL && fclose(m.transcript) != 0)
		result = -1;
	if (m.signatures != NULL && fclose(m.signatures) != 0)
		result = -1;
	for (int i = 0; i < SIGNERS; i++)
		bytes_free(&m.signed_line[i]);
	bytes_free(&m.line);
	bytes_free(&m.checkpoint);
	bytes_free(&path);
	return result;
}

struct bench {
	struct consent *consent;
	FILE *transcript, *signatures;
	struct bytes lines; /* of one block, for the bare pass */
	struct signature *signature;
	size_t line_len[BLOCK];
	double verify, bare, since;
	uint64_t entries, approvals, console_lines;
	unsigned in_block, sign_in_block;
};

/* CPU time: the file is in the page cache, and other programs on the machine must not count. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Hashes and verifies what the block just verified holds: read first, and only then timed. */
static int bare_block(struct bench *b)
{
	char *line = NULL;
	size_t room = 0;
	const uint8_t *at;
	uint8_t hash[32], all = 0;
	int bad = 0;
	double start;

	bytes_clear(&b->lines);
	for (unsigned i = 0; i < b->in_block; i++) {
		ssize_t len = getline(&line, &room, b->transcript);

		if (len < 1)
			bad = 1;
		else
			bytes_add(&b->lines, line, b->line_len[i] = (size_t)len - 1);
	}
	free(line);
	if (bad || fread(b->signature, sizeof *b->signature, b->sign_in_block, b->signatures) != b->sign_in_block)
		return -1;
	start = now();
	at = b->lines.data;
	for (unsigned i = 0; i < b->in_block; at += b->line_len[i++]) {
		if (sha256(at, b->line_len[i], hash) != 0)
			return -1;
		all ^= hash[0];
	}
	for (unsigned i = 0; i < b->sign_in_block; i++) {
		const struct signature *s = &b->signature[i];

		bad |= crypto_sign_verify_detached(s->signature, (const uint8_t *)s->text, s->len, s->public_key);
	}
	b->bare += now() - start;
	*(volatile uint8_t *)hash = all;
	b->in_block = b->sign_in_block = 0;
	return bad ? -1 : 0;
}

static int each(void *context, const struct entry *entry, const struct tree *after, struct error *e)
{
	struct bench *b = context;

	if (consent_apply(b->consent, entry, after, e) != 0)
		return -1;
	b->entries++;
	b->in_block++;
	/* A console line stands over each checkpoint that is signed, made with the first approval under it. */
	if (entry->event == PERSON_JOINED || entry->event == ACT_PROPOSED)
		b->sign_in_block++;
	if (entry->event == APPROVAL_GIVEN) {
		b->sign_in_block++;
		b->approvals++;
	}
	if (b->in_block == BLOCK) {
		b->verify += now() - b->since;
		if (bare_block(b) != 0)
			return error_set(e, ERROR_INTERNAL, "The bare pass failed.");
		b->since = now();
	}
	return 0;
}

static FILE *open_in(const char *dir, const char *name)
{
	struct bytes path = {0};
	FILE *f;

	bytes_printf(&path, "%s/%s", dir, name);
	f = fopen(bytes_string(&path), "r");
	bytes_free(&path);
	return f;
}

static int run(const char *path, struct error *e)
{
	struct bench b = {.consent = consent_new()};
	struct rusage usage;
	struct tree tree;
	bool torn;
	int result = -1;
	int dir = dir_open(path, e);

	b.transcript = open_in(path, "transcript.jsonl");
	b.signatures = open_in(path, "signatures");
	b.signature = calloc(2 * BLOCK, sizeof *b.signature);
	if (dir < 0 || b.consent == NULL || b.transcript == NULL || b.signatures == NULL || b.signature == NULL)
		goto out;
	b.since = now();
	if (transcript_read(dir, each, &b, &tree, &torn, e) != 0 || torn)
		goto out;
	b.verify += now() - b.since;
	if (bare_block(&b) != 0 || getrusage(RUSAGE_SELF, &usage) != 0)
		goto out;
	printf("verify %.3f\nverify-memory-mib %ld\n", b.verify / b.bare, usage.ru_maxrss / 1024);
	fprintf(stderr, "verify: %" PRIu64 " entries, %" PRIu64 " approvals, %.1f s; bare: %.1f s\n", b.entries,
	        b.approvals, b.verify, b.bare);
	result = 0;
out:
	consent_free(&b.consent);
	if (dir >= 0)
		close(dir);
	if (b.transcript != NULL)
		fclose(b.transcript);
	if (b.signatures != NULL)
		fclose(b.signatures);
	bytes_free(&b.lines);
	free(b.signature);
	return result;
}

int main(int argc, char **argv)
{
	uint64_t entries = argc == 3 ? strtoull(argv[2], NULL, 10) : 1000000;
	struct bytes text = {0};
	struct error e = {0};
	int dir;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: bench_verify DIR [ENTRIES]\n");
		return 2;
	}
	if (secret_init(&e) == 0 && (dir = dir_create(argv[1], &e)) >= 0) {
		close(dir);
		if (make(argv[1], entries) != 0)
			error_set(&e, ERROR_IO, "The record cannot be made in %s.", argv[1]);
		else if (run(argv[1], &e) == 0)
			return 0;
	}
	error_text(&e, &text);
	fprintf(stderr, "bench_verify: line %u: %s\n", e.line, bytes_string(&text));
	bytes_free(&text);
	return 1;
}
