/* Transcripts made on the spot with real keys, fed line by line to the fold of consent: shared by the tests of people/.
 */
#ifndef TESTS_PEOPLE_FIXTURE_H
#define TESTS_PEOPLE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "people/consent.h"

#define ORIGIN "example.jp/ceremony/root-g1/20261201T093000Z-0a1b2c3d"
#define SHA_A  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* The order of a generate-key of the step "key". */
#define KEY_ORDER                                                                                                      \
	"{\"hsm\":\"hsm\",\"serial\":\"1\",\"key\":\"k\",\"algorithm\":\"ec-p384\",\"label\":\"L\",\"cka_id\":\"00\"}"
#define UNLOCK_ORDER "{\"hsm\":\"hsm\",\"serial\":\"1\",\"flags\":[]}"

struct actor {
	struct vkey key;
	struct secret *seed;
};

enum { ADMIN, ANN, BOB, CAT, WIT, EVE, ACTORS };
static const char *const actor_names[ACTORS] = {"admin", "ann", "bob", "cat", "wit", "eve"};
static const char *const actor_roles[ACTORS] = {
        "administrator", "custodian", "custodian", "custodian", "witness", "custodian"};

/* What entry 0 says; each part JSON. */
struct opening {
	const char *origin, *rehearsal, *roles, *exclusive, *control, *people, *steps, *hsm;
	int more_steps;
};
static const struct opening usual = {
        ORIGIN,
        "false",
        "{\"administrator\":{\"count\":1,\"quorum\":null},\"custodian\":{\"count\":{\"minimum\":2,\"maximum\":3},"
        "\"quorum\":2},\"witness\":{\"count\":1,\"quorum\":null}}",
        "[[\"administrator\",\"custodian\",\"witness\"]]",
        "\"custodian\"",
        "[]",
        "[{\"id\":\"roll-call\",\"do\":\"attend\",\"approve\":null},{\"id\":\"unlock\",\"do\":\"unlock-hsm\","
        "\"approve\":\"custodian\"},{\"id\":\"key\",\"do\":\"generate-key\",\"approve\":\"custodian\"},"
        "{\"id\":\"anew\",\"do\":\"change-custodians\",\"approve\":\"custodian\"},"
        "{\"id\":\"end\",\"do\":\"close\",\"approve\":null}]",
        "{\"hsm\":{\"module\":\"/m.so\",\"module_sha256\":\"" SHA_A "\",\"label\":\"T\",\"serial\":\"1\","
        "\"login\":\"shares\",\"software\":true}}",
        0,
};

struct run {
	struct consent *consent;
	struct tree tree;
	struct json_doc *doc;
	uint64_t seq;
	int64_t time;
	struct actor console, actor[ACTORS];
	struct bytes line, data, checkpoint; /* checkpoint: the text ending in the last entry */
	char origin[256];
	uint64_t last;     /* seq of the last entry */
	uint64_t proposed; /* seq of the last act.proposed */
	struct bytes proposed_checkpoint;
	uint64_t intended;
	struct error error;
};

static inline void actor_new(struct actor *a, const char *name, enum note_type type)
{
	uint8_t public_key[32];

	secret_free(&a->seed);
	a->seed = signing_key_new(public_key, NULL);
	assert_non_null(a->seed);
	assert_int_equal(vkey_make(&a->key, name, type, public_key, NULL), 0);
}

/* Appends the entry, whatever the fold says of it: 0 or -1 with r->error. */
static inline int put_at(struct run *r, int64_t time, const char *step, enum event event, const char *data)
{
	struct entry entry;
	uint8_t root[32];

	r->error = (struct error){0};
	bytes_clear(&r->line);
	if (entry_format(r->seq, time, step, event, data, &r->line, &r->error) ||
	        entry_parse(r->doc, bytes_string(&r->line), r->line.len, &entry, &r->error)) {
		struct bytes why = {0};

		error_text(&r->error, &why);
		fail_msg("the test wrote no entry: %s: %s", bytes_string(&why), data);
	}
	assert_int_equal(tree_add(&r->tree, r->line.data, r->line.len), 0);
	assert_int_equal(tree_root(&r->tree, root), 0);
	bytes_clear(&r->checkpoint);
	checkpoint_text(&r->checkpoint, r->origin, r->tree.size, root);
	r->last = r->seq++;
	r->time = time;
	return consent_apply(r->consent, &entry, &r->tree, &r->error);
}

static inline int put(struct run *r, const char *step, enum event event, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
static inline int put(struct run *r, const char *step, enum event event, const char *format, ...)
{
	static char data[16384];
	va_list ap;

	va_start(ap, format);
	vsnprintf(data, sizeof data, format, ap);
	va_end(ap);
	return put_at(r, r->time + 10, step, event, data);
}

static inline void ok(struct run *r, int result)
{
	struct bytes why = {0};

	if (result == 0)
		return;
	error_text(&r->error, &why);
	fail_msg("refused: %s", bytes_string(&why));
}

/* The last call was refused, and its sentence holds `expected`. */
static inline void refused(struct run *r, int result, const char *expected)
{
	struct bytes why = {0};

	error_text(&r->error, &why);
	if (result != -1 || !strstr(bytes_string(&why), expected))
		fail_msg("expected \"%s\", got %d \"%s\"", expected, result, bytes_string(&why));
	bytes_free(&why);
}

static inline int open_with(struct run *r, const struct opening *o)
{
	struct bytes vkey = {0}, data = {0};
	int result;

	snprintf(r->origin, sizeof r->origin, "%s", o->origin);
	vkey_text(&r->console.key, &vkey);
	bytes_printf(&data,
	        "{\"format\":1,\"origin\":\"%s\",\"rehearsal\":%s,\"console\":\"%s\",\"script\":{\"sha256\":\"" SHA_A
	        "\",\"title\":{\"en\":\"T\"}},\"site\":{\"sha256\":\"" SHA_B
	        "\"},\"program\":{\"version\":\"0\",\"sha256\":\"" SHA_A
	        "\"},\"libraries\":{},\"host\":{\"os\":\"x\",\"image\":null},\"roles\":%s,\"exclusive\":%s,\"control\":"
	        "%s,"
	        "\"people\":%s,\"steps\":%s,\"more_steps\":%d,\"hsm\":%s,\"previous\":null}",
	        o->origin, o->rehearsal, bytes_string(&vkey), o->roles, o->exclusive, o->control, o->people, o->steps,
	        o->more_steps, o->hsm);
	result = put(r, NULL, CEREMONY_OPENED, "%s", bytes_string(&data));
	bytes_free(&vkey);
	bytes_free(&data);
	return result;
}

static inline struct run *run_new(const char *origin)
{
	struct run *r = calloc(1, sizeof *r);

	assert_non_null(r);
	assert_int_equal(secret_init(NULL), 0);
	r->consent = consent_new();
	r->doc = json_doc_new();
	assert_non_null(r->consent);
	assert_non_null(r->doc);
	r->time = INT64_C(1796117400123);
	actor_new(&r->console, origin, NOTE_ED25519);
	for (int i = 0; i < ACTORS; i++)
		actor_new(&r->actor[i], actor_names[i], NOTE_COSIGNATURE);
	return r;
}

static inline void run_free(struct run *r)
{
	consent_free(&r->consent);
	json_doc_free(&r->doc);
	secret_free(&r->console.seed);
	for (int i = 0; i < ACTORS; i++)
		secret_free(&r->actor[i].seed);
	bytes_free(&r->line);
	bytes_free(&r->data);
	bytes_free(&r->checkpoint);
	bytes_free(&r->proposed_checkpoint);
	free(r);
}

static inline int join_as(struct run *r, const char *name, const char *role, const struct vkey *key)
{
	struct bytes vkey = {0};
	int result;

	vkey_text(key, &vkey);
	result = put(r, "roll-call", PERSON_JOINED,
	        "{\"person\":\"%s\",\"vkey\":\"%s\",\"name\":\"N\",\"organisation\":\"O\",\"role\":\"%s\",\"identity\":"
	        "\"passport\"}",
	        name, bytes_string(&vkey), role);
	bytes_free(&vkey);
	return result;
}

/* approval.given by `person`, signed by `by` and by `console` over `text` at `seconds`; `card` is JSON. */
static inline int give_with(struct run *r, uint64_t of, const char *person, const struct actor *by,
        const struct actor *console, const struct bytes *text, int64_t seconds, const char *card)
{
	struct bytes cosignature = {0}, line = {0};
	int result;

	assert_int_equal(note_sign(&by->key, by->seed, seconds, bytes_string(text), text->len, &cosignature, NULL), 0);
	assert_int_equal(note_sign(&console->key, console->seed, 0, bytes_string(text), text->len, &line, NULL), 0);
	result = put(r, NULL, APPROVAL_GIVEN,
	        "{\"of\":%llu,\"person\":\"%s\",\"cosignature\":\"%s\",\"console\":\"%s\",\"card\":%s}",
	        (unsigned long long)of, person, bytes_string(&cosignature), bytes_string(&line), card);
	bytes_free(&cosignature);
	bytes_free(&line);
	return result;
}

static inline int give(struct run *r, uint64_t of, const char *person, const struct actor *by,
        const struct actor *console, const struct bytes *text, int64_t seconds)
{
	return give_with(r, of, person, by, console, text, seconds, "null");
}

static inline void copy_bytes(struct bytes *to, const struct bytes *from)
{
	bytes_clear(to);
	bytes_add(to, from->data, from->len);
}

/* Whole joins. */
static inline void join(struct run *r, int who)
{
	ok(r, join_as(r, actor_names[who], actor_roles[who], &r->actor[who].key));
	copy_bytes(&r->data, &r->checkpoint);
	ok(r, give(r, r->last, actor_names[who], &r->actor[who], &r->console, &r->data, r->time / 1000));
}

static inline int propose_as(
        struct run *r, const char *step, const char *act, const char *order, const char *role, unsigned need)
{
	int result = put(
	        r, step, ACT_PROPOSED, "{\"act\":\"%s\",\"order\":%s,\"role\":%s,\"need\":%u}", act, order, role, need);

	r->proposed = r->last;
	copy_bytes(&r->proposed_checkpoint, &r->checkpoint);
	return result;
}

static inline int propose_begin(struct run *r, const char *people, unsigned need)
{
	char order[512];

	snprintf(order, sizeof order, "{\"script_sha256\":\"" SHA_A "\",\"site_sha256\":\"" SHA_B "\",\"people\":%s}",
	        people);
	return propose_as(r, "roll-call", "begin", order, "null", need);
}

static inline int propose_key(struct run *r)
{
	return propose_as(r, "key", "generate-key", KEY_ORDER, "\"custodian\"", 2);
}

static inline int approve(struct run *r, int who)
{
	return give(
	        r, r->proposed, actor_names[who], &r->actor[who], &r->console, &r->proposed_checkpoint, r->time / 1000);
}

static inline int intend(struct run *r)
{
	int result = put(r, NULL, ACT_INTENDED, "{\"of\":%llu}", (unsigned long long)r->proposed);

	r->intended = r->last;
	return result;
}

static inline int done(struct run *r)
{
	return put(r, NULL, ACT_DONE, "{\"of\":%llu,\"facts\":{}}", (unsigned long long)r->intended);
}

static inline int note(struct run *r)
{
	return put(r, NULL, EXCEPTION_NOTED,
	        "{\"person\":\"wit\",\"acknowledged\":null,\"kind\":\"other\",\"text\":\"x\",\"about\":[]}");
}

static inline int login_failed(struct run *r, int who, unsigned count)
{
	return put(r, NULL, LOGIN_FAILED, "{\"person\":\"%s\",\"count\":%u}", actor_names[who], count);
}

static inline int leave(struct run *r, int who)
{
	return put(r, NULL, PERSON_LEFT, "{\"person\":\"%s\",\"reason\":\"home\"}", actor_names[who]);
}

static inline int resumed_naming(struct run *r, const char *open_intent)
{
	struct bytes vkey = {0};
	int result;

	vkey_text(&r->console.key, &vkey);
	result = put(r, NULL, CEREMONY_RESUMED,
	        "{\"console\":\"%s\",\"torn\":0,\"torn_sha256\":null,\"open_intent\":%s,\"seal\":[]}",
	        bytes_string(&vkey), open_intent);
	bytes_free(&vkey);
	return result;
}

/* A crash and its resume, with a new console key. */
static inline int resumed(struct run *r, const char *open_intent)
{
	actor_new(&r->console, r->origin, NOTE_ED25519);
	return resumed_naming(r, open_intent);
}

#define ALL_NAMES "[\"admin\",\"ann\",\"bob\",\"cat\",\"wit\"]"

/* Up to roll call. */
static inline struct run *run_opened(void)
{
	struct run *r = run_new(ORIGIN);

	ok(r, open_with(r, &usual));
	return r;
}

static inline struct run *run_attended(void)
{
	struct run *r = run_opened();

	for (int i = ADMIN; i <= WIT; i++)
		join(r, i);
	return r;
}

/* `begin` is done. */
static inline struct run *run_begun(void)
{
	struct run *r = run_attended();

	ok(r, propose_begin(r, ALL_NAMES, 5));
	for (int i = ADMIN; i <= WIT; i++)
		ok(r, approve(r, i));
	ok(r, intend(r));
	ok(r, done(r));
	assert_true(consent_begun(r->consent));
	return r;
}

/* generate-key is intended. */
static inline struct run *run_open_act(void)
{
	struct run *r = run_begun();

	ok(r, propose_key(r));
	ok(r, approve(r, ANN));
	ok(r, approve(r, CAT));
	ok(r, intend(r));
	return r;
}

#endif
