/* Replay without screens: positions, roots, what is found, and where trust ends. The transcripts are made here; their
 * folder holds no script, so conduct falls at the first entry, and nothing else must. */
#include "../base/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/text.h"
#include "engine/replay.h"
#include "record/entry.h"
#include "record/note.h"
#include "record/tree.h"

#define ORIGIN "example.jp/ceremony/x/20261201T093000Z-0a1b2c3d"
#define HASH   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum { FIRST = 1796117400, ENTRIES = 6 };

static char folder[] = "/tmp/tachiai-replay-XXXXXX";
static struct bytes lines[ENTRIES];
static uint8_t roots[ENTRIES][32];

static void opened(struct bytes *out)
{
	struct error e = {0};
	uint8_t public_key[32];
	struct vkey key;
	struct bytes vkey = {0};
	struct secret *seed = signing_key_new(public_key, &e);

	assert_non_null(seed);
	secret_free(&seed);
	assert_int_equal(vkey_make(&key, ORIGIN, NOTE_ED25519, public_key, &e), 0);
	vkey_text(&key, &vkey);
	bytes_printf(out,
	        "{\"format\":1,\"origin\":\"" ORIGIN
	        "\",\"rehearsal\":false,\"console\":\"%s\",\"script\":{\"sha256\":\"" HASH
	        "\",\"title\":{\"en\":\"T\"}},\"site\":{\"sha256\":\"" HASH
	        "\"},\"program\":{\"version\":\"0\",\"sha256\":\"" HASH
	        "\"},\"libraries\":{},\"host\":{\"os\":\"x\",\"image\":null},\"roles\":{\"custodian\":{\"count\":2,"
	        "\"quorum\":2}},\"exclusive\":[],\"control\":\"custodian\",\"people\":[],\"steps\":[{\"id\":\"roll\","
	        "\"do\":\"attend\",\"approve\":null}],\"more_steps\":0,\"hsm\":{},\"previous\":null}",
	        bytes_string(&vkey));
	bytes_free(&vkey);
}

static int make(void **state)
{
	static const struct {
		enum event event;
		const char *step, *data;
	} entries[ENTRIES] = {{CEREMONY_OPENED, NULL, NULL},
	        {FACTS_READ, NULL, "{\"what\":\"dry-run\",\"facts\":{},\"faults\":[]}"},
	        {STEP_BEGUN, "roll", "{\"kind\":\"attend\",\"attempt\":1}"},
	        {EXCEPTION_NOTED, "roll",
	                "{\"person\":\"aoki\",\"acknowledged\":null,\"kind\":\"note\",\"text\":\"Aoki came "
	                "late\",\"about\":[]}"},
	        {FACTS_READ, "roll", "{\"what\":\"host\",\"facts\":{},\"faults\":[]}"},
	        {EXCEPTION_NOTED, "roll",
	                "{\"person\":\"aoki\",\"acknowledged\":null,\"kind\":\"note\",\"text\":\"and "
	                "left\",\"about\":[]}"}};
	struct tree tree = {0};
	struct bytes data = {0};

	(void)state;
	if (secret_init(NULL) < 0 || !mkdtemp(folder) || chdir(folder) < 0)
		return -1;
	opened(&data);
	for (int i = 0; i < ENTRIES; i++) {
		struct error e = {0};
		const char *said = entries[i].data ? entries[i].data : bytes_string(&data);

		if (entry_format((uint64_t)i, (FIRST + 10 * i) * 1000LL, entries[i].step, entries[i].event, said,
		            &lines[i], &e) < 0) {
			struct bytes why = {0};
			error_text(&e, &why);
			print_error("entry %d: %s\n", i, bytes_string(&why));
			return -1;
		}
		tree_add(&tree, lines[i].data, lines[i].len);
		tree_root(&tree, roots[i]);
	}
	bytes_free(&data);
	return 0;
}

static int remove_all(void **state)
{
	char command[64];

	(void)state;
	for (int i = 0; i < ENTRIES; i++)
		bytes_free(&lines[i]);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

/* A record of these entries; the last `cut` bytes are left out. */
static struct replay *record(const char *name, size_t count, size_t cut)
{
	struct verify_options o = {0};
	struct error e = {0};
	struct bytes all = {0};
	char path[64];
	FILE *f;

	assert_int_equal(mkdir(name, 0700), 0);
	snprintf(path, sizeof(path), "%s/transcript.jsonl", name);
	for (size_t i = 0; i < count; i++) {
		bytes_add(&all, lines[i].data, lines[i].len);
		bytes_byte(&all, '\n');
	}
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes_string(&all), 1, all.len - cut, f), all.len - cut);
	assert_int_equal(fclose(f), 0);
	bytes_free(&all);
	struct replay *r = replay_open(name, &o, &e);
	assert_non_null(r);
	return r;
}

static void go(struct replay *r, size_t position)
{
	struct error e = {0};

	assert_int_equal(replay_go(r, position, &e), 0);
	assert_non_null(replay_document(r));
}

static void every_position_has_its_own_root(void **state)
{
	struct replay *r = record("roots", ENTRIES, 0);

	(void)state;
	assert_int_equal(replay_count(r), ENTRIES);
	for (int round = 0; round < 2; round++) /* the second time nothing is folded any more */
		for (size_t i = 0; i < ENTRIES; i++) {
			size_t at = round ? ENTRIES - 1 - i : i;
			go(r, at);
			assert_int_equal(replay_at(r), at);
			assert_true(replay_root_known(r));
			assert_int_equal(replay_view(r)->size, at + 1);
			assert_memory_equal(replay_view(r)->root, roots[at], 32);
			assert_int_equal(replay_time(r), (FIRST + 10 * (int64_t)at) * 1000);
			assert_int_equal(replay_view(r)->exceptions, (at >= 3) + (at >= 5));
			assert_null(replay_verdicts(r));
		}
	go(r, SIZE_MAX);
	assert_int_equal(replay_at(r), ENTRIES);
	assert_non_null(replay_verdicts(r));
	assert_memory_equal(replay_view(r)->root, roots[ENTRIES - 1], 32);
	assert_false(replay_verdicts(r)->verdict[VERDICT_LOG].holds);
	assert_true(replay_verdicts(r)->verdict[VERDICT_FORM].holds);
	replay_free(&r);
	assert_null(r);
}

static void what_is_looked_for_is_found_in_both_directions(void **state)
{
	static const struct {
		const char *what;
		size_t from, at;
		bool back, found;
	} exceptions[] = {{"the first", 0, 3, false, true}, {"the next", 3, 5, false, true},
	        {"none is left", 5, 0, false, false}, {"from the end", ENTRIES, 5, true, true},
	        {"the one before", 5, 3, true, true}, {"none before", 3, 0, true, false}},
	  searches[] = {{"aoki CAME", 0, 3, false, true}, {"aoki came", 3, 3, false, true},
	          {"aoki came", ENTRIES, 3, true, true}, {"dry-run", 4, 1, false, true}, {"dry-run", 0, 1, true, true},
	          {"nobody", 0, 0, false, false}, {"", 0, 0, false, false}},
	  times[] = {{"2026-12-01T09:30:00Z", 5, 0, false, true}, {"2026-12-01T09:30:10.000Z", 0, 1, false, true},
	          {"2026-12-01T09:30:11Z", 0, 2, false, true}, {"09:30", 5, 0, false, true},
	          {"09:30:45", 0, 5, false, true}, {"09:31", 0, 0, false, false}, {"9:30", 0, 0, false, false},
	          {"yesterday", 0, 0, false, false}, {"", 0, 0, false, false}},
	  steps[] = {{"roll", 5, 2, false, true}, {"1", 0, 0, false, false}, {"rol", 0, 0, false, false}};
	struct replay *r = record("found", ENTRIES, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(*exceptions); i++) {
		size_t at = 0;
		go(r, exceptions[i].from);
		if (replay_find(r, REPLAY_EXCEPTION, exceptions[i].back, &at) != exceptions[i].found ||
		        at != exceptions[i].at)
			fail_msg("%s: %zu", exceptions[i].what, at);
	}
	for (size_t i = 0; i < sizeof(searches) / sizeof(*searches); i++) {
		size_t at = 0;
		go(r, searches[i].from);
		if (replay_search(r, searches[i].what, searches[i].back, &at) != searches[i].found ||
		        at != searches[i].at)
			fail_msg("search %zu, %s: %zu", i, searches[i].what, at);
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		size_t at = 0;
		go(r, times[i].from);
		if (replay_find_time(r, times[i].what, &at) != times[i].found || at != times[i].at)
			fail_msg("time %zu, %s: %zu", i, times[i].what, at);
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		size_t at = 0;
		go(r, steps[i].from);
		if (replay_find_step(r, steps[i].what, &at) != steps[i].found || at != steps[i].at)
			fail_msg("step %zu, %s: %zu", i, steps[i].what, at);
	}
	replay_free(&r);
}

/* Without a script conduct falls at once; the files that entry 0 commits to are missing as well. */
static void trust_ends_at_the_first_fault(void **state)
{
	struct replay *r = record("trust", ENTRIES, 0);
	struct replay_fault fault;

	(void)state;
	assert_true(replay_trust(r, &fault));
	assert_int_equal(fault.position, 0);
	assert_int_equal(fault.verdict, VERDICT_CONDUCT);
	assert_non_null(fault.error->message.id);
	assert_true(replay_is_beyond(r));
	replay_free(&r);
}

/* Out of patience it stops, says how far it is, and goes on when it is called again; before the end it stops once. */
static void verifying_stops_and_goes_on(void **state)
{
	struct replay *r = record("patience", ENTRIES, 0);
	struct error e = {0};
	size_t reached = 0, at = 0;

	(void)state;
	replay_patience(r, 1);
	usleep(5000);
	assert_int_equal(replay_go(r, 3, &e), -1);
	assert_true(replay_stopped(r, &reached));
	assert_int_equal(reached, 1);
	assert_int_equal(replay_at(r), 0);
	assert_false(replay_find(r, REPLAY_EXCEPTION, false, &at));
	assert_true(replay_stopped(r, &reached));
	replay_patience(r, 60000);
	assert_true(replay_find(r, REPLAY_EXCEPTION, false, &at));
	assert_false(replay_stopped(r, &reached));
	assert_int_equal(replay_go(r, 3, &e), 0);
	assert_int_equal(replay_at(r), 3);
	assert_int_equal(replay_go(r, ENTRIES, &e), -1);
	assert_true(replay_stopped(r, &reached));
	assert_int_equal(reached, ENTRIES);
	assert_int_equal(replay_go(r, ENTRIES, &e), 0);
	assert_non_null(replay_verdicts(r));
	assert_memory_equal(replay_view(r)->root, roots[ENTRIES - 1], 32);
	replay_free(&r);
}

static void a_torn_last_line_is_shown_and_has_no_root(void **state)
{
	struct replay *r = record("torn", ENTRIES, 9);

	(void)state;
	assert_int_equal(replay_count(r), ENTRIES);
	go(r, ENTRIES - 1);
	assert_false(replay_root_known(r));
	assert_non_null(strstr(replay_line(r, ENTRIES - 1), "and left"));
	assert_null(replay_line(r, ENTRIES));
	go(r, ENTRIES);
	assert_false(replay_verdicts(r)->verdict[VERDICT_FORM].holds);
	assert_int_equal(replay_verdicts(r)->verdict[VERDICT_FORM].error.line, ENTRIES);
	assert_string_equal(replay_verdicts(r)->verdict[VERDICT_FORM].error.message.id,
	        "the last line is torn: it has no line feed%s");
	go(r, ENTRIES - 2);
	assert_true(replay_root_known(r));
	assert_memory_equal(replay_view(r)->root, roots[ENTRIES - 2], 32);
	replay_free(&r);
}

static void no_transcript_and_no_directory(void **state)
{
	struct verify_options o = {0};
	struct error e = {0};
	struct replay *r;

	(void)state;
	assert_null(replay_open("nowhere", &o, &e));
	assert_non_null(e.message.id);
	assert_int_equal(mkdir("empty", 0700), 0);
	r = replay_open("empty", &o, &e);
	assert_non_null(r);
	assert_int_equal(replay_count(r), 0);
	assert_false(replay_root_known(r));
	go(r, 0);
	assert_non_null(replay_verdicts(r));
	assert_false(replay_verdicts(r)->verdict[VERDICT_FORM].holds);
	assert_int_equal(replay_time(r), 0);
	replay_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_position_has_its_own_root),
	        cmocka_unit_test(what_is_looked_for_is_found_in_both_directions),
	        cmocka_unit_test(trust_ends_at_the_first_fault),
	        cmocka_unit_test(verifying_stops_and_goes_on),
	        cmocka_unit_test(a_torn_last_line_is_shown_and_has_no_root),
	        cmocka_unit_test(no_transcript_and_no_directory),
	};

	return cmocka_run_group_tests(tests, make, remove_all);
}
