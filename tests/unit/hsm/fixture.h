/* A ceremony in small: two custodians with real keys, a transcript made on the spot, the real helper program fed with
 * it, and SoftHSM tokens in a directory of their own. */
#ifndef TESTS_HSM_FIXTURE_H
#define TESTS_HSM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/secret.h"
#include "hsm/hsm.h"
#include "hsm/wire_messages.h"
#include "people/consent.h"

#define SHA_A  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ORIGIN "example.jp/ceremony/root-g1/20261201T093000Z-0a1b2c3d"
#define MODULE "/usr/lib/softhsm/libsofthsm2.so"

enum { PEOPLE = 2, SECONDS = 120 };
static const char *const people_names[PEOPLE] = {"ann", "bob"};

struct actor {
	struct vkey key;
	struct secret *seed;
};

struct room {
	char directory[64], conf[128], origin[128], helper[512];
	struct actor console, person[PEOPLE];
	struct tree tree;
	uint64_t seq;
	int64_t time;
	struct bytes checkpoint; /* its text, ending in the last entry */
	struct bytes lines[256]; /* all that was fed */
	struct hsm *hsm;
	struct error error;
	struct bytes answer;
	struct json_doc *doc;
	/* what entry 0 says; set before room_open() */
	const char *label, *serial, *module, *module_sha256;
	const char *login; /* NULL: shares */
	bool rehearsal, software;
};

static inline const char *error_line(struct room *r)
{
	static char line[2048];
	struct bytes text = {0};
	error_text(&r->error, &text);
	snprintf(line, sizeof line, "%s", bytes_string(&text));
	bytes_free(&text);
	return line;
}

static inline void must(struct room *r, int result)
{
	if (result < 0)
		fail_msg("refused: %s", error_line(r));
}

/* Refused with this very sentence, which crossed the socket as one that can be translated. */
static inline void refused(struct room *r, int result, enum error_code code, const char *id)
{
	if (result != -1 || r->error.code != code || !r->error.message.id || strcmp(r->error.message.id, id))
		fail_msg("expected %d \"%s\", got %d, %d \"%s\"", (int)code, id, result, (int)r->error.code,
		        result < 0 ? error_line(r) : bytes_string(&r->answer));
	memset(&r->error, 0, sizeof r->error);
}

/* Refused with a sentence that holds `part`: those of other layers cross as text. */
static inline void refused_saying(struct room *r, int result, const char *part)
{
	if (result != -1 || !strstr(error_line(r), part))
		fail_msg("expected \"%s\", got %d \"%s\"", part, result,
		        result < 0 ? error_line(r) : bytes_string(&r->answer));
	memset(&r->error, 0, sizeof r->error);
}

static inline void actor_new(struct actor *a, const char *name, enum note_type type)
{
	uint8_t public_key[32];
	a->seed = signing_key_new(public_key, NULL);
	assert_non_null(a->seed);
	assert_int_equal(vkey_make(&a->key, name, type, public_key, NULL), 0);
}

/* The helper that was built beside this test: BUILD/tests/unit/hsm/test_x and BUILD/tachiai-hsm. */
static inline void find_helper(struct room *r)
{
	const char *given = getenv("TACHIAI_HSM");
	ssize_t n = readlink("/proc/self/exe", r->helper, sizeof r->helper - 16);
	assert_true(n > 0);
	r->helper[n] = '\0';
	for (int i = 0; i < 4; i++)
		*strrchr(r->helper, '/') = '\0';
	strcat(r->helper, "/tachiai-hsm");
	if (given)
		snprintf(r->helper, sizeof r->helper, "%s", given);
}

/* `setting` is what the module reads, NAME=VALUE; a sanitizer's options go with it. */
static inline void start_helper_with(struct room *r, char *setting)
{
	char address[512], leak[512];
	const char *asan = getenv("ASAN_OPTIONS"), *lsan = getenv("LSAN_OPTIONS");
	snprintf(address, sizeof address, "ASAN_OPTIONS=%s", asan ? asan : "");
	snprintf(leak, sizeof leak, "LSAN_OPTIONS=%s", lsan ? lsan : "");
	char *environment[] = {setting, address, leak, NULL};
	r->hsm = hsm_start(r->helper, environment, &r->error);
	if (!r->hsm)
		fail_msg("%s", error_line(r));
}

static inline void start_helper(struct room *r)
{
	char conf[160];
	snprintf(conf, sizeof conf, "SOFTHSM2_CONF=%s", r->conf);
	start_helper_with(r, conf);
}

static inline struct room *room_new(void)
{
	struct room *r = calloc(1, sizeof *r);
	assert_non_null(r);
	assert_int_equal(secret_init(NULL), 0);
	strcpy(r->directory, "/tmp/tachiai-hsm-XXXXXX");
	assert_non_null(mkdtemp(r->directory));
	snprintf(r->conf, sizeof r->conf, "%s/softhsm2.conf", r->directory);
	FILE *f = fopen(r->conf, "w");
	assert_non_null(f);
	fprintf(f,
	        "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
	        r->directory);
	fclose(f);
	r->doc = json_doc_new();
	r->time = INT64_C(1796117400123);
	r->label = r->serial = "";
	r->module = MODULE;
	r->software = true;
	r->rehearsal = true;
	find_helper(r);
	start_helper(r);
	return r;
}

static inline void room_free(struct room *r)
{
	char command[128];
	hsm_end(&r->hsm);
	snprintf(command, sizeof command, "rm -rf %s", r->directory);
	assert_int_equal(system(command), 0);
	secret_free(&r->console.seed);
	for (int i = 0; i < PEOPLE; i++)
		secret_free(&r->person[i].seed);
	for (uint64_t i = 0; i < r->seq; i++)
		bytes_free(&r->lines[i]);
	bytes_free(&r->checkpoint);
	bytes_free(&r->answer);
	json_doc_free(&r->doc);
	free(r);
}

/* A token that somebody made before the ceremony, with the tool of SoftHSM. */
static inline void make_token(struct room *r, const char *label)
{
	char command[512];
	snprintf(command, sizeof command,
	        "SOFTHSM2_CONF=%s softhsm2-util --init-token --free --label '%s' --so-pin 12345678 --pin 87654321 "
	        ">/dev/null",
	        r->conf, label);
	assert_int_equal(system(command), 0);
}

static inline void put(struct room *r, const char *step, enum event event, const char *data)
{
	struct bytes *line = &r->lines[r->seq];
	uint8_t root[32];
	assert_true(r->seq < 255);
	r->time += 10;
	must(r, entry_format(r->seq, r->time, step, event, data, line, &r->error));
	assert_int_equal(tree_add(&r->tree, line->data, line->len), 0);
	assert_int_equal(tree_root(&r->tree, root), 0);
	r->seq++;
	bytes_clear(&r->checkpoint);
	checkpoint_text(&r->checkpoint, r->origin, r->tree.size, root);
	must(r, hsm_feed(r->hsm, bytes_string(line), line->len, &r->error));
}

__attribute__((format(printf, 4, 5))) static inline void putf(
        struct room *r, const char *step, enum event event, const char *format, ...)
{
	static char data[32768];
	va_list ap;
	va_start(ap, format);
	vsnprintf(data, sizeof data, format, ap);
	va_end(ap);
	put(r, step, event, data);
}

/* Everyone's approval of entry `of`, which is the last one but for other approvals. */
static inline void give(struct room *r, uint64_t of, int who, const struct bytes *text)
{
	struct bytes cosignature = {0}, line = {0};
	const struct actor *a = &r->person[who];
	assert_int_equal(
	        note_sign(&a->key, a->seed, r->time / 1000, bytes_string(text), text->len, &cosignature, NULL), 0);
	assert_int_equal(note_sign(&r->console.key, r->console.seed, 0, bytes_string(text), text->len, &line, NULL), 0);
	putf(r, NULL, APPROVAL_GIVEN,
	        "{\"of\":%llu,\"person\":\"%s\",\"cosignature\":\"%s\",\"console\":\"%s\",\"card\":null}",
	        (unsigned long long)of, people_names[who], bytes_string(&cosignature), bytes_string(&line));
	bytes_free(&cosignature);
	bytes_free(&line);
}

static inline struct bytes copy(const struct bytes *from)
{
	struct bytes to = {0};
	bytes_add(&to, from->data, from->len);
	return to;
}

/* Proposes, with `approvals` of the two needed, and intends when there are two. Returns the seq of act.intended, or of
 * the proposal. */
static inline uint64_t propose(struct room *r, const char *step, const char *act, const char *order, int approvals)
{
	bool all = !strcmp(act, "begin");
	putf(r, step, ACT_PROPOSED, "{\"act\":\"%s\",\"order\":%s,\"role\":%s,\"need\":2}", act, order,
	        all ? "null" : "\"custodian\"");
	uint64_t of = r->seq - 1;
	struct bytes text = copy(&r->checkpoint);
	for (int i = 0; i < approvals; i++)
		give(r, of, i, &text);
	bytes_free(&text);
	if (approvals < PEOPLE)
		return of;
	putf(r, NULL, ACT_INTENDED, "{\"of\":%llu}", (unsigned long long)of);
	return r->seq - 1;
}

static inline void done(struct room *r, uint64_t intended, const char *facts)
{
	putf(r, NULL, ACT_DONE, "{\"of\":%llu,\"facts\":%s}", (unsigned long long)intended, facts);
}

static inline void failed(struct room *r, uint64_t intended)
{
	putf(r, NULL, ACT_FAILED, "{\"of\":%llu,\"code\":\"fault\",\"ckr\":null,\"sentence\":\"x\"}",
	        (unsigned long long)intended);
}

static inline void module_hash(const char *path, char hex[65])
{
	char *real = realpath(path, NULL);
	uint8_t hash[32];
	struct bytes text = {0};
	assert_non_null(real);
	assert_int_equal(file_sha256(real, hash, NULL, NULL), 0);
	bytes_hex(&text, hash, sizeof hash);
	snprintf(hex, 65, "%s", bytes_string(&text));
	bytes_free(&text);
	free(real);
}

static inline void room_open(struct room *r)
{
	struct bytes vkey = {0};
	char hash[65] = SHA_A;
	if (r->module_sha256)
		snprintf(hash, sizeof hash, "%s", r->module_sha256);
	else if (!access(r->module, R_OK))
		module_hash(r->module, hash);
	snprintf(r->origin, sizeof r->origin, "%s%s", r->rehearsal ? "rehearsal/" : "", ORIGIN);
	actor_new(&r->console, r->origin, NOTE_ED25519);
	for (int i = 0; i < PEOPLE; i++)
		actor_new(&r->person[i], people_names[i], NOTE_COSIGNATURE);
	vkey_text(&r->console.key, &vkey);
	putf(r, NULL, CEREMONY_OPENED,
	        "{\"format\":1,\"origin\":\"%s\",\"rehearsal\":%s,\"console\":\"%s\",\"script\":{\"sha256\":\"" SHA_A
	        "\",\"title\":{\"en\":\"T\"}},\"site\":{\"sha256\":\"" SHA_A "\"},\"program\":{\"version\":\"0\","
	        "\"sha256\":\"" SHA_A
	        "\"},\"libraries\":{},\"host\":{\"os\":\"x\",\"image\":null},\"roles\":{\"custodian\":"
	        "{\"count\":2,\"quorum\":2}},\"exclusive\":[],\"control\":\"custodian\",\"people\":[],\"steps\":["
	        "{\"id\":\"roll-call\",\"do\":\"attend\",\"approve\":null},"
	        "{\"id\":\"initialise\",\"do\":\"initialise-hsm\",\"approve\":\"custodian\"},"
	        "{\"id\":\"change\",\"do\":\"change-custodians\",\"approve\":\"custodian\"},"
	        "{\"id\":\"share\",\"do\":\"share-secret\",\"approve\":\"custodian\"},"
	        "{\"id\":\"unlock\",\"do\":\"unlock-hsm\",\"approve\":\"custodian\"},"
	        "{\"id\":\"key\",\"do\":\"generate-key\",\"approve\":\"custodian\"},"
	        "{\"id\":\"check\",\"do\":\"check-key\",\"approve\":\"custodian\"},"
	        "{\"id\":\"crl\",\"do\":\"issue-crl\",\"approve\":\"custodian\"},"
	        "{\"id\":\"ocsp\",\"do\":\"issue-ocsp\",\"approve\":\"custodian\"},"
	        "{\"id\":\"certificate\",\"do\":\"issue-certificate\",\"approve\":\"custodian\"},"
	        "{\"id\":\"request\",\"do\":\"make-request\",\"approve\":\"custodian\"}],"
	        "\"more_steps\":0,\"hsm\":{\"root-hsm\":{\"module\":\"%s\",\"module_sha256\":\"%s\",\"label\":\"%s\","
	        "\"serial\":\"%s\","
	        "\"login\":\"%s\",\"software\":%s}},\"previous\":null}",
	        r->origin, r->rehearsal ? "true" : "false", bytes_string(&vkey), r->module, hash, r->label, r->serial,
	        r->login ? r->login : "shares", r->software ? "true" : "false");
	bytes_free(&vkey);
}

static inline void room_join(struct room *r)
{
	for (int i = 0; i < PEOPLE; i++) {
		struct bytes vkey = {0};
		vkey_text(&r->person[i].key, &vkey);
		putf(r, "roll-call", PERSON_JOINED,
		        "{\"person\":\"%s\",\"vkey\":\"%s\",\"name\":\"N\",\"organisation\":\"O\",\"role\":"
		        "\"custodian\","
		        "\"identity\":\"passport\"}",
		        people_names[i], bytes_string(&vkey));
		bytes_free(&vkey);
		struct bytes text = copy(&r->checkpoint);
		give(r, r->seq - 1, i, &text);
		bytes_free(&text);
	}
}

/* Entry 0, roll call, begin. */
static inline void room_begin(struct room *r)
{
	room_open(r);
	room_join(r);
	uint64_t begin = propose(r, "roll-call", "begin",
	        "{\"script_sha256\":\"" SHA_A "\",\"site_sha256\":\"" SHA_A "\",\"people\":[\"ann\",\"bob\"]}", PEOPLE);
	done(r, begin, "{}");
}

static inline struct secret *pin(const char *text)
{
	struct secret *s = secret_new(512, NULL);
	assert_non_null(s);
	assert_int_equal(secret_text(s, text), 0);
	return s;
}

/* Asks and waits; the secrets are gone afterwards, whatever came of it. */
static inline int ask(struct room *r, struct hsm_request request)
{
	if (!request.hsm)
		request.hsm = "root-hsm";
	memset(&r->error, 0, sizeof r->error);
	int result = hsm_call(r->hsm, &request, SECONDS, &r->answer, &r->error);
	assert_null(request.so_pin);
	assert_null(request.user_pin);
	assert_null(request.old_pin);
	return result;
}

/* The answer, parsed; valid until the next. */
static inline const struct json *answer(struct room *r)
{
	const struct json *j = json_parse(r->doc, bytes_string(&r->answer), r->answer.len, &r->error);
	if (!j)
		fail_msg("%s: %s", error_line(r), bytes_string(&r->answer));
	return j;
}

static inline uint64_t initialise_authority(struct room *r, const char *serial, const char *label)
{
	char order[512];
	snprintf(order, sizeof order,
	        "{\"hsm\":\"root-hsm\",\"serial\":\"%s\",\"label\":\"%s\",\"login\":\"shares\",\"found\":[],\"erase\":["
	        "]}",
	        serial, label);
	return propose(r, "initialise", "initialise-hsm", order, PEOPLE);
}

static inline uint64_t unlock_authority(struct room *r, const char *serial, const char *flags)
{
	char order[256];
	snprintf(order, sizeof order, "{\"hsm\":\"root-hsm\",\"serial\":\"%s\",\"flags\":\"%s\"}", serial, flags);
	return propose(r, "unlock", "unlock-hsm", order, PEOPLE);
}

static inline uint64_t key_authority(
        struct room *r, const char *serial, const char *algorithm, const char *label, const char *id)
{
	char order[512];
	snprintf(order, sizeof order,
	        "{\"hsm\":\"root-hsm\",\"serial\":\"%s\",\"key\":\"root-key\",\"algorithm\":\"%s\",\"label\":\"%s\","
	        "\"cka_id\":\"%s\"}",
	        serial, algorithm, label, id);
	return propose(r, "key", "generate-key", order, PEOPLE);
}

/* A fresh token initialised by the ceremony; `serial` holds 64. */
static inline void room_initialise(struct room *r, char *serial)
{
	uint64_t of = initialise_authority(r, "", "REHEARSAL root");
	must(r, ask(r, (struct hsm_request){.verb = HSM_INITIALISE,
	                       .intended = of,
	                       .so_pin = pin("so-pin-1"),
	                       .user_pin = pin("user-pin-1")}));
	snprintf(serial, 64, "%s", json_text(answer(r), "serial"));
	assert_string_equal(json_text(answer(r), "label"), "REHEARSAL root");
	done(r, of, bytes_string(&r->answer));
}

static inline void room_unlock(struct room *r, const char *serial)
{
	uint64_t of = unlock_authority(r, serial, "");
	must(r, ask(r, (struct hsm_request){.verb = HSM_UNLOCK, .intended = of, .user_pin = pin("user-pin-1")}));
	done(r, of, "{}");
}

static inline struct room *room_unlocked(char *serial)
{
	struct room *r = room_new();
	room_begin(r);
	room_initialise(r, serial);
	room_unlock(r, serial);
	return r;
}

static const uint8_t challenge[32] = "0123456789abcdef0123456789abcde";

static inline int generate(struct room *r, uint64_t of)
{
	return ask(r,
	        (struct hsm_request){.verb = HSM_GENERATE, .intended = of, .data = challenge, .len = sizeof challenge});
}

/* BUILD/tests/hsm/fake_module.so, beside this test. */
static inline void find_module(struct room *r, char path[600])
{
	const char *given = getenv("TACHIAI_FAKE_MODULE");
	snprintf(path, 600, "%s", given ? given : r->helper);
	if (!given) {
		*strrchr(path, '/') = '\0';
		strcat(path, "/tests/hsm/fake_module.so");
	}
	if (access(path, R_OK))
		fail_msg("%s is missing: make it first", path);
}

static inline struct room *room_odd_login(const char *fake, bool begin, const char *login)
{
	static char path[600];
	char mode[64];
	struct room *r = room_new();
	hsm_end(&r->hsm);
	snprintf(mode, sizeof mode, "FAKE=%s", fake);
	start_helper_with(r, mode);
	find_module(r, path);
	r->module = path;
	r->label = "REHEARSAL fake";
	r->serial = "F1";
	r->login = login;
	if (begin)
		room_begin(r);
	else
		room_open(r);
	return r;
}

static inline struct room *room_odd(const char *fake, bool begin)
{
	return room_odd_login(fake, begin, NULL);
}

#endif
