#include "../base/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "record/record.h"

static char folder[] = "/tmp/tachiai-record-XXXXXX";

static int folder_make(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int folder_end(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return system(command);
}

static void write_file(const char *path, const char *data, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void read_whole(const char *path, struct bytes *out)
{
	bytes_clear(out);
	assert_int_equal(file_read(path, 1 << 20, out, NULL), 0);
}

struct seen {
	uint64_t entries;
	struct tree tree;
	int64_t stop_at; /* -1: never */
};

static int look(void *context, const struct entry *entry, const struct tree *after, struct error *e)
{
	struct seen *seen = context;

	assert_int_equal(entry->seq, seen->entries);
	assert_int_equal(after->size, seen->entries + 1);
	assert_int_equal(tree_add(&seen->tree, entry->line, entry->len), 0);
	assert_memory_equal(&seen->tree, after, sizeof *after);
	if (seen->stop_at == (int64_t)entry->seq)
		return error_set(e, ERROR_FAULT, "Stopped at %llu.", (unsigned long long)entry->seq);
	seen->entries++;
	return 0;
}

static int read_record(const char *path, struct seen *seen, struct tree *tree, bool *torn, struct error *e)
{
	int dir = dir_open(path, NULL), result;

	assert_true(dir >= 0);
	*seen = (struct seen){.stop_at = -1};
	result = transcript_read(dir, look, seen, tree, torn, e);
	close(dir);
	return result;
}

/* A record of `count` entries; what is in the file is put into `out`. */
static void make_record(const char *path, unsigned count, struct bytes *out)
{
	struct record *r = record_create(path, NULL);
	char file[64];

	assert_non_null(r);
	for (unsigned i = 0; i < count; i++)
		assert_non_null(record_append(r, "step-1", HSM_LOCKED, "{\"hsm\":\"立\"}", NULL));
	record_free(&r);
	snprintf(file, sizeof file, "%s/transcript.jsonl", path);
	read_whole(file, out);
}

static void what_is_appended_is_read_again(void **state)
{
	struct record *r = record_create("one", NULL);
	struct bytes file = {0}, want = {0};
	struct seen seen;
	struct tree tree;
	struct stat st;
	bool torn = true;

	(void)state;
	assert_non_null(r);
	assert_string_equal(record_path(r), "one");
	assert_int_equal(stat("one/people", &st), 0);
	assert_int_equal(stat("one/artifacts", &st), 0);
	for (unsigned i = 0; i < 20; i++) {
		const struct entry *entry = record_append(r, i % 2 ? "a" : NULL, HSM_LOCKED, "{\"hsm\":\"x\"}", NULL);

		assert_non_null(entry);
		assert_int_equal(entry->seq, i);
		assert_int_equal(record_tree(r)->size, i + 1);
		bytes_add(&want, entry->line, entry->len);
		bytes_byte(&want, '\n');
		/* on disk already, for whoever looks */
		read_whole("one/transcript.jsonl", &file);
		assert_string_equal(bytes_string(&file), bytes_string(&want));
	}
	assert_int_equal(read_record("one", &seen, &tree, &torn, NULL), 0);
	assert_false(torn);
	assert_int_equal(seen.entries, 20);
	assert_memory_equal(&tree, record_tree(r), sizeof tree);
	assert_int_equal(fstatat(record_dir(r), "transcript.jsonl", &st, 0), 0);
	assert_int_equal(st.st_size, want.len);
	record_free(&r);
	assert_null(r);
	bytes_free(&file);
	bytes_free(&want);
}

/* The root of every earlier size, while it is written and when it is opened again. */
static void every_earlier_root_is_known(void **state)
{
	enum { COUNT = 600 }; /* more than there is room for at first, twice */
	static uint8_t roots[COUNT + 1][32];
	struct record *r = record_create("roots", NULL);
	struct bytes torn = {0};
	struct error e = {0};
	uint8_t root[32];

	(void)state;
	assert_non_null(r);
	assert_int_equal(tree_root(record_tree(r), roots[0]), 0);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_non_null(record_append(r, NULL, HSM_LOCKED, "{\"hsm\":\"x\"}", NULL));
		assert_int_equal(tree_root(record_tree(r), roots[i + 1]), 0);
		if (i == 300) /* one that is refused stands nowhere */
			assert_null(record_append(r, NULL, HSM_LOCKED, "{\"hsm\":1}", &e));
	}
	for (int opened = 0; opened < 2; opened++) {
		for (unsigned i = 0; i <= COUNT; i++) {
			assert_int_equal(record_root_at(r, i, root), 0);
			assert_memory_equal(root, roots[i], 32);
		}
		assert_int_equal(record_root_at(r, COUNT + 1, root), -1);
		record_free(&r);
		assert_non_null(r = record_open("roots", NULL, NULL, &torn, NULL));
	}
	record_free(&r);
	bytes_free(&torn);
}

static void a_refused_entry_leaves_no_trace(void **state)
{
	struct record *r = record_create("refuse", NULL);
	struct bytes file = {0};
	struct error e = {0};

	(void)state;
	assert_null(record_append(r, NULL, HSM_LOCKED, "{\"hsm\":1}", &e));
	check_error(&e, ERROR_FAULT, "hsm.locked: \"hsm\" must be a text.");
	assert_int_equal(record_tree(r)->size, 0);
	assert_non_null(record_append(r, NULL, HSM_LOCKED, "{\"hsm\":\"x\"}", &e));
	read_whole("refuse/transcript.jsonl", &file);
	assert_int_equal(memcmp(bytes_string(&file), "{\"seq\":0,", 9), 0);
	record_free(&r);
	bytes_free(&file);
}

static void a_record_is_made_once_and_has_one_writer(void **state)
{
	struct record *r = record_create("single", NULL);
	struct bytes torn = {0};
	struct error e = {0};

	(void)state;
	assert_non_null(r);
	assert_null(record_create("single", &e));
	check_error(&e, ERROR_FAULT, "single exists already. Give the name of a new directory.");
	assert_null(record_open("single", NULL, NULL, &torn, &e));
	check_error(&e, ERROR_FAULT, "Another program is writing to the record single. End that one first.");
	record_free(&r);
	r = record_open("single", NULL, NULL, &torn, &e);
	assert_non_null(r);
	if (fork() == 0) { /* as the child of a killed console that is about to become its helper: it holds the lock,
		              and soon it does not */
		usleep(300000);
		_exit(0);
	}
	record_free(&r);
	r = record_open("single", NULL, NULL, &torn, &e);
	assert_non_null(r);
	record_free(&r);
	assert_null(record_create("nowhere/single", &e));
	check_error(&e, ERROR_MISSING, "The directory of nowhere/single cannot be opened: No such file or directory");
	assert_null(record_open("nowhere", NULL, NULL, &torn, &e));
	check_error(&e, ERROR_MISSING, "The directory nowhere cannot be opened: No such file or directory");
	assert_int_equal(mkdir("empty", 0700), 0);
	assert_null(record_open("empty", NULL, NULL, &torn, &e));
	check_error(&e, ERROR_MISSING, "transcript.jsonl cannot be opened: No such file or directory");
	assert_int_equal(symlink("../single/transcript.jsonl", "empty/transcript.jsonl"), 0);
	assert_null(record_open("empty", NULL, NULL, &torn, &e));
	check_error(&e, ERROR_IO, "transcript.jsonl cannot be opened: Too many levels of symbolic links");
	bytes_free(&torn);
}

/* Descriptors run out at every point of the making. */
static void a_record_that_could_not_be_made_leaves_nothing(void **state)
{
	struct record *r = NULL;
	struct rlimit old, few;
	struct error e = {0};
	unsigned failures = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	for (rlim_t limit = 3; r == NULL && limit < 64; limit++) {
		few = (struct rlimit){limit, old.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		r = record_create("partial", &e);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		if (r != NULL)
			break;
		failures++;
		assert_int_equal(e.code, ERROR_IO);
		assert_int_equal(access("partial", F_OK), -1);
	}
	assert_non_null(r);
	assert_true(failures >= 3);
	record_free(&r);
}

/* A power cut at every byte: whole lines stay, the rest is handed over and cut off, and the record goes on. */
static void a_torn_line_is_handed_over_and_cut_off(void **state)
{
	struct bytes whole = {0}, torn = {0}, file = {0};

	(void)state;
	make_record("torn", 3, &whole);
	for (size_t len = 0; len <= whole.len; len++) {
		struct seen seen = {.stop_at = -1};
		const char *cut = len > 0 ? memrchr(whole.data, '\n', len) : NULL;
		size_t kept = cut != NULL ? (size_t)(cut - bytes_string(&whole)) + 1 : 0;
		struct record *r;
		struct tree tree;
		bool is_torn;

		write_file("torn/transcript.jsonl", bytes_string(&whole), len);
		assert_int_equal(read_record("torn", &seen, &tree, &is_torn, NULL), 0);
		assert_int_equal(is_torn, kept < len);
		seen = (struct seen){.stop_at = -1};
		r = record_open("torn", look, &seen, &torn, NULL);
		assert_non_null(r);
		assert_int_equal(torn.len, len - kept);
		assert_memory_equal(bytes_string(&torn), whole.data + kept, torn.len);
		assert_int_equal(record_tree(r)->size, seen.entries);
		read_whole("torn/transcript.jsonl", &file);
		assert_int_equal(file.len, kept);
		assert_non_null(record_append(r, NULL, HSM_LOCKED, "{\"hsm\":\"x\"}", NULL));
		record_free(&r);
		assert_int_equal(read_record("torn", &seen, &tree, &is_torn, NULL), 0);
		assert_false(is_torn);
	}
	bytes_free(&whole);
	bytes_free(&torn);
	bytes_free(&file);
}

/* Every change of one byte is a fault, or another root: never the same record. */
static void no_byte_can_change_unseen(void **state)
{
	struct bytes whole = {0};
	struct tree tree, first;
	uint8_t root[32], root_first[32];
	struct seen seen;
	bool torn;

	(void)state;
	make_record("flip", 3, &whole);
	assert_int_equal(read_record("flip", &seen, &first, &torn, NULL), 0);
	tree_root(&first, root_first);
	for (size_t i = 0; i < whole.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			whole.data[i] ^= (uint8_t)(1u << bit);
			write_file("flip/transcript.jsonl", bytes_string(&whole), whole.len);
			whole.data[i] ^= (uint8_t)(1u << bit);
			if (read_record("flip", &seen, &tree, &torn, NULL) != 0 || torn)
				continue;
			tree_root(&tree, root);
			assert_memory_not_equal(root, root_first, 32);
		}
	}
	bytes_free(&whole);
}

static void faults_name_their_line(void **state)
{
	static const char line[] =
	        "{\"seq\":%d,\"time\":\"2026-12-01T09:30:00.123Z\",\"step\":null,\"event\":\"hsm.locked\","
	        "\"data\":{\"hsm\":\"x\"}}";
	static const struct {
		const char *sequence; /* the seq of each line; - an empty line, r one with CR, x one that is no JSON */
		unsigned line;
		const char *sentence;
	} table[] = {
	        {"1", 1, "The entry has the number 1; number 0 was due."},
	        {"013", 3, "The entry has the number 3; number 2 was due."},
	        {"0112", 3, "The entry has the number 1; number 2 was due."},
	        {"021", 2, "The entry has the number 2; number 1 was due."},
	        {"01-2", 3, "The JSON ends too early."},
	        {"012-", 4, "The JSON ends too early."},
	        {"01r2", 3, "Something follows the end of the JSON."},
	        {"x", 1, "A value of the JSON was expected here."},
	};
	struct error e = {0};

	(void)state;
	assert_int_equal(mkdir("faults", 0700), 0);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct bytes text = {0};
		struct seen seen;
		struct tree tree;
		bool torn;
		int seq = 0;

		for (const char *c = table[i].sequence; *c != '\0'; c++) {
			char number[256];

			seq = *c >= '0' && *c <= '9' ? *c - '0' : seq + 1;
			snprintf(number, sizeof number, line, seq);
			bytes_text(&text, *c == 'x' ? "x" : *c == '-' ? "" : number);
			bytes_text(&text, *c == 'r' ? "\r\n" : "\n");
		}
		write_file("faults/transcript.jsonl", bytes_string(&text), text.len);
		assert_int_equal(read_record("faults", &seen, &tree, &torn, &e), -1);
		assert_int_equal(e.line, table[i].line);
		check_error(&e, ERROR_FAULT, table[i].sentence);
		bytes_free(&text);
	}
}

/* The time may run back only right after an exception that says so. */
static void a_time_that_runs_back_must_be_explained(void **state)
{
	static const struct {
		const char *kind; /* of the exception between the two times; NULL: another event */
		int result;
	} table[] = {{"clock", 0}, {"other", -1}, {NULL, -1}};
	struct error e = {0};

	(void)state;
	assert_int_equal(mkdir("clock", 0700), 0);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct bytes text = {0}, data = {0};
		struct seen seen;
		struct tree tree;
		bool torn;

		if (table[i].kind != NULL)
			bytes_printf(&data,
			        "{\"person\":\"alice\",\"acknowledged\":null,\"kind\":\"%s\",\"text\":\"t\",\"about\":["
			        "]}",
			        table[i].kind);
		else
			bytes_text(&data, "{\"hsm\":\"x\"}");
		assert_int_equal(entry_format(0, 1796117400124, NULL, table[i].kind ? EXCEPTION_NOTED : HSM_LOCKED,
		                         bytes_string(&data), &text, NULL),
		        0);
		bytes_byte(&text, '\n');
		assert_int_equal(entry_format(1, 1796117400123, NULL, HSM_LOCKED, "{\"hsm\":\"x\"}", &text, NULL), 0);
		bytes_byte(&text, '\n');
		write_file("clock/transcript.jsonl", bytes_string(&text), text.len);
		assert_int_equal(read_record("clock", &seen, &tree, &torn, &e), table[i].result);
		if (table[i].result != 0) {
			assert_int_equal(e.line, 2);
			check_error(&e, ERROR_FAULT,
			        "The time runs back, and no exception of the kind \"clock\" before it says why.");
		}
		bytes_free(&text);
		bytes_free(&data);
	}
}

static void a_line_over_64_kib_is_a_fault_with_or_without_lf(void **state)
{
	struct bytes text = {0};
	struct error e = {0};
	struct seen seen;
	struct tree tree;
	bool torn;

	(void)state;
	make_record("long", 2, &text);
	for (int i = 0; i < ENTRY_MAX + 1; i++)
		bytes_byte(&text, 'x');
	for (int lf = 0; lf < 2; lf++) {
		write_file("long/transcript.jsonl", bytes_string(&text), text.len);
		assert_int_equal(read_record("long", &seen, &tree, &torn, &e), -1);
		assert_int_equal(e.line, 3);
		check_error(&e, ERROR_FAULT, "An entry is longer than 65536 bytes.");
		bytes_byte(&text, '\n');
	}
	for (int i = 0; i < 1000000; i++)
		bytes_byte(&text, 'x');
	write_file("long/transcript.jsonl", bytes_string(&text), text.len);
	assert_int_equal(read_record("long", &seen, &tree, &torn, &e), -1);
	assert_int_equal(e.line, 3);
	bytes_free(&text);
}

static void the_caller_may_stop_with_its_own_error(void **state)
{
	struct seen seen = {.stop_at = 1};
	struct bytes text = {0}, torn = {0};
	struct error e = {0};

	(void)state;
	make_record("stop", 3, &text);
	assert_null(record_open("stop", look, &seen, &torn, &e));
	assert_int_equal(e.line, 2);
	check_error(&e, ERROR_FAULT, "Stopped at 1.");
	seen = (struct seen){.stop_at = 2};
	assert_null(record_open("stop", look, &seen, &torn, NULL));
	bytes_free(&text);
	bytes_free(&torn);
}

static void a_closed_ceremony_is_not_opened_again(void **state)
{
	struct record *r = record_create("closed", NULL);
	struct bytes torn = {0}, before = {0}, after = {0};
	struct error e = {0};

	(void)state;
	assert_non_null(record_append(r, NULL, CEREMONY_CLOSED, "{\"cosigners\":[],\"exceptions\":0}", NULL));
	record_free(&r);
	assert_int_equal(system("printf '{\"seq\"' >> closed/transcript.jsonl"), 0);
	read_whole("closed/transcript.jsonl", &before);
	assert_null(record_open("closed", NULL, NULL, &torn, &e));
	check_error(&e, ERROR_FAULT, "The ceremony of the record closed is closed. Nothing can be added to it.");
	read_whole("closed/transcript.jsonl", &after);
	assert_string_equal(bytes_string(&before), bytes_string(&after));
	bytes_free(&torn);
	bytes_free(&before);
	bytes_free(&after);
}

/* The clock stepped back: the entry has the last one's time. */
static void time_never_runs_back(void **state)
{
	static const char line[] =
	        "{\"seq\":0,\"time\":\"9000-01-01T00:00:00.000Z\",\"step\":null,\"event\":\"hsm.locked\","
	        "\"data\":{\"hsm\":\"x\"}}\n";
	struct bytes torn = {0};
	const struct entry *entry;
	struct record *r;
	int64_t future;

	(void)state;
	assert_int_equal(mkdir("future", 0700), 0);
	write_file("future/transcript.jsonl", line, strlen(line));
	r = record_open("future", NULL, NULL, &torn, NULL);
	assert_non_null(r);
	assert_int_equal(time_parse("9000-01-01T00:00:00.000Z", 24, &future), 0);
	for (int i = 0; i < 2; i++) {
		entry = record_append(r, NULL, HSM_LOCKED, "{\"hsm\":\"x\"}", NULL);
		assert_non_null(entry);
		assert_int_equal(entry->time, future);
	}
	record_free(&r);
	r = record_create("now", NULL);
	entry = record_append(r, NULL, HSM_LOCKED, "{\"hsm\":\"x\"}", NULL);
	assert_true(entry->time <= time_now_ms() && entry->time > time_now_ms() - 10000);
	record_free(&r);
	bytes_free(&torn);
}

/* A limit on the file's size stands for a full disk, at every byte of the entry. */
static void a_failed_write_leaves_whole_lines_and_ends_the_run(void **state)
{
	struct rlimit old, small;
	struct bytes whole = {0}, file = {0}, torn = {0};
	struct error e = {0};

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	make_record("full", 2, &whole);
	for (rlim_t room = 0; room < 95; room += 9) {
		struct record *r = record_open("full", NULL, NULL, &torn, NULL);
		struct tree before;

		assert_non_null(r);
		before = *record_tree(r);
		small = (struct rlimit){whole.len + room, old.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		assert_null(record_append(r, NULL, HSM_LOCKED, "{\"hsm\":\"x\"}", &e));
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		check_error(&e, ERROR_IO,
		        "The entry cannot be written to the record full: File too large. Put that right, then resume "
		        "the ceremony.");
		assert_memory_equal(record_tree(r), &before, sizeof before);
		assert_null(record_append(r, NULL, HSM_LOCKED, "{\"hsm\":\"x\"}", &e));
		check_error(&e, ERROR_IO,
		        "The record full takes no more entries after a failed write. Resume the ceremony.");
		record_free(&r);
		read_whole("full/transcript.jsonl", &file);
		assert_string_equal(bytes_string(&file), bytes_string(&whole));
	}
	bytes_free(&whole);
	bytes_free(&file);
	bytes_free(&torn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_appended_is_read_again),
	        cmocka_unit_test(every_earlier_root_is_known),
	        cmocka_unit_test(a_refused_entry_leaves_no_trace),
	        cmocka_unit_test(a_record_is_made_once_and_has_one_writer),
	        cmocka_unit_test(a_record_that_could_not_be_made_leaves_nothing),
	        cmocka_unit_test(a_torn_line_is_handed_over_and_cut_off),
	        cmocka_unit_test(no_byte_can_change_unseen),
	        cmocka_unit_test(faults_name_their_line),
	        cmocka_unit_test(a_time_that_runs_back_must_be_explained),
	        cmocka_unit_test(a_line_over_64_kib_is_a_fault_with_or_without_lf),
	        cmocka_unit_test(the_caller_may_stop_with_its_own_error),
	        cmocka_unit_test(a_closed_ceremony_is_not_opened_again),
	        cmocka_unit_test(time_never_runs_back),
	        cmocka_unit_test(a_failed_write_leaves_whole_lines_and_ends_the_run),
	};

	if (secret_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, folder_make, folder_end);
}
