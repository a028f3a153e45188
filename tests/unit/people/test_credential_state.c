/* NAME.signed: a key remembers what it signed, and does not sign another continuation of it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "people/credential.h"
#include "people/credential_state.h"
#include "record/record.h"

#define ORIGIN "example.jp/ceremony/a/20261201T093000Z-0a1b2c3d"
#define OTHER  "example.jp/ceremony/b/20261202T093000Z-00000000"

static char folder[] = "/tmp/test-credential-state-XXXXXX";

static int setup(void **state)
{
	struct secret *passphrase;
	struct vkey key;

	(void)state;
	if (secret_init(NULL) || !mkdtemp(folder) || chdir(folder) || mkdir("people", 0700))
		return -1;
	passphrase = secret_new(8, NULL);
	if (!passphrase || secret_text(passphrase, "p") ||
	        credential_create_stand_in("people", "ann", passphrase, &key, NULL))
		return -1;
	secret_free(&passphrase);
	return 0;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return system(command);
}

static void expect(const struct error *e, const char *expected)
{
	struct bytes why = {0};

	error_text(e, &why);
	if (strcmp(bytes_string(&why), expected) != 0)
		fail_msg("expected \"%s\", got \"%s\"", expected, bytes_string(&why));
	bytes_free(&why);
}

static void write_signed(const char *text)
{
	FILE *f = fopen("people/ann.signed", "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static void is_signed(const char *expected)
{
	struct bytes file = {0};

	assert_int_equal(file_read("people/ann.signed", 1 << 20, &file, NULL), 0);
	assert_string_equal(bytes_string(&file), expected);
	bytes_free(&file);
}

/* A record whose entries say `word`; it is on disk, as a signer wants it. */
static struct record *record_of(const char *path, const char *word, unsigned count)
{
	struct record *r = record_create(path, NULL);
	char data[64];

	assert_non_null(r);
	snprintf(data, sizeof data, "{\"hsm\":\"%s\"}", word);
	for (unsigned i = 0; i < count; i++)
		assert_non_null(record_append(r, NULL, HSM_LOCKED, data, NULL));
	return r;
}

/* The checkpoint of the record at `size`, and the line that NAME.signed is to have of it. */
static void checkpoint(
        const struct record *r, const char *origin, uint64_t size, struct bytes *text, struct bytes *line)
{
	uint8_t root[32];

	assert_int_equal(record_root_at(r, size, root), 0);
	bytes_clear(text);
	checkpoint_text(text, origin, size, root);
	if (!line)
		return;
	bytes_printf(line, "%s %llu ", origin, (unsigned long long)size);
	bytes_base64(line, root, 32);
	bytes_byte(line, '\n');
}

static int remember(const struct record *r, const char *origin, uint64_t size, struct error *e)
{
	struct bytes text = {0};
	int result;

	checkpoint(r, origin, size, &text, NULL);
	result = credential_remember("people", "ann", r, &text, e);
	bytes_free(&text);
	return result;
}

static void the_newest_of_each_log_is_remembered(void **state)
{
	struct record *a = record_of("a", "x", 5), *b = record_of("b", "y", 9);
	struct bytes text = {0}, want = {0};
	struct credential_state s;
	struct stat st;

	(void)state;
	assert_int_equal(credential_state_read("people", "ann", &s, NULL), 0);
	assert_int_equal(s.count, 0);
	assert_int_equal(remember(a, ORIGIN, 2, NULL), 0);
	assert_int_equal(stat("people/ann.signed", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	checkpoint(a, ORIGIN, 2, &text, &want);
	is_signed(bytes_string(&want));

	/* another log, whatever its size; the first goes on; an older checkpoint of it is no news */
	assert_int_equal(remember(b, OTHER, 9, NULL), 0);
	assert_int_equal(remember(a, ORIGIN, 5, NULL), 0);
	assert_int_equal(remember(a, ORIGIN, 3, NULL), 0);
	bytes_clear(&want);
	checkpoint(a, ORIGIN, 5, &text, &want);
	checkpoint(b, OTHER, 9, &text, &want);
	is_signed(bytes_string(&want));

	assert_int_equal(credential_state_read("people", "ann", &s, NULL), 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(credential_state_find(&s, OTHER)->size, 9);
	assert_null(credential_state_find(&s, "example.jp/ceremony/a"));
	credential_state_free(&s);
	assert_int_equal(unlink("people/ann.signed"), 0);
	record_free(&a);
	record_free(&b);
	bytes_free(&text);
	bytes_free(&want);
}

static void another_continuation_is_not_signed(void **state)
{
	struct record *whole = record_of("whole", "x", 5), *short_one = record_of("short", "x", 3),
	              *other = record_of("other", "y", 9);
	struct bytes text = {0}, line = {0}, expected = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(remember(whole, ORIGIN, 5, NULL), 0);
	checkpoint(whole, ORIGIN, 5, &text, &line);
	line.data[line.len - 1] = '\0';
	const char *root = strrchr(bytes_string(&line), ' ') + 1;

	assert_int_equal(remember(short_one, ORIGIN, 3, &e), -1);
	bytes_printf(&expected,
	        "ann does not sign: the key signed 5 entries of this record, root %s, and here are only 3. Two "
	        "continuations of "
	        "one record exist. Stop, and find the other one.",
	        root);
	expect(&e, bytes_string(&expected));
	bytes_clear(&expected);
	assert_int_equal(remember(other, ORIGIN, 9, &e), -1);
	bytes_printf(&expected,
	        "ann does not sign: the key signed 5 entries with the root %s, and the first 5 entries here are "
	        "others. Two "
	        "continuations of one record exist. Stop, and find the other one.",
	        root);
	expect(&e, bytes_string(&expected));
	/* what was refused is not remembered; the same record under another origin is another log */
	line.data[line.len - 1] = '\n';
	is_signed(bytes_string(&line));
	assert_int_equal(remember(other, OTHER, 9, NULL), 0);
	assert_int_equal(remember(whole, ORIGIN, 5, NULL), 0);
	assert_int_equal(unlink("people/ann.signed"), 0);
	record_free(&whole);
	record_free(&short_one);
	record_free(&other);
	bytes_free(&text);
	bytes_free(&line);
	bytes_free(&expected);
}

#define ROOT "i1BteKDnfUQO3Ou9yiFuptxAy6C6yMugv3aC/PRvmCs="

static void a_file_that_is_not_ours_is_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} files[] = {
	        {"x", 1},
	        {ORIGIN " 3 " ROOT, 1},
	        {"\n", 1},
	        {ORIGIN " 3 " ROOT "\n" ORIGIN " 4 " ROOT "\n", 2},
	        {OTHER " 3 " ROOT "\n" ORIGIN " 03 " ROOT "\n", 2},
	        {ORIGIN " -3 " ROOT "\n", 1},
	        {ORIGIN " 3 AAAA\n", 1},
	        {ORIGIN " 3\n", 1},
	        {ORIGIN " 3 " ROOT " x\n", 1},
	        {ORIGIN "  3 " ROOT "\n", 1},
	        {ORIGIN " 3 " ROOT "\r\n", 1},
	};
	struct record *r = record_of("strict", "x", 5);
	struct error e = {0};
	char expected[400];

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		write_signed(files[i].text);
		assert_int_equal(remember(r, ORIGIN, 5, &e), -1);
		snprintf(expected, sizeof expected,
		        "ann.signed, line %u: this is not what the console writes there (origin, size, root), so it is "
		        "not known "
		        "what the key has signed. Find out who changed the file before this key signs again.",
		        files[i].line);
		expect(&e, expected);
		is_signed(files[i].text);
	}
	assert_int_equal(unlink("people/ann.signed"), 0);
	assert_int_equal(symlink("ann.key", "people/ann.signed"), 0);
	assert_int_equal(remember(r, ORIGIN, 5, &e), -1);
	expect(&e, "ann.signed is a symbolic link. Give the file itself.");
	assert_int_equal(unlink("people/ann.signed"), 0);
	record_free(&r);
}

/* A medium that is full: the file stays as it was, nothing else is left behind, and nothing is signed. */
static void what_cannot_be_kept_is_not_signed(void **state)
{
	struct record *r = record_of("full", "x", 5);
	struct rlimit old, small;
	struct error e = {0};

	(void)state;
	assert_int_equal(remember(r, ORIGIN, 2, NULL), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){40, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(remember(r, ORIGIN, 5, &e), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(e.code, ERROR_IO);
	expect(&e, "Nothing was signed, since what the key signs cannot be kept beside it (ann.signed cannot be "
	           "written: File too "
	           "large). Make room on the medium, or take its write protection away.");
	assert_int_equal(system("test \"$(ls -A people)\" = \"$(printf 'ann.key\\nann.signed\\nann.vkey')\""), 0);
	struct credential_state s;

	assert_int_equal(credential_state_read("people", "ann", &s, NULL), 0);
	assert_int_equal(credential_state_find(&s, ORIGIN)->size, 2);
	credential_state_free(&s);
	assert_int_equal(unlink("people/ann.signed"), 0);
	record_free(&r);
}

/* Media are put into one place in turn: on bob's, nothing of ann's is written. */
static void nothing_is_written_on_another_persons_medium(void **state)
{
	struct record *r = record_of("media", "x", 5);
	struct bytes text = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(mkdir("bobs", 0700), 0);
	checkpoint(r, ORIGIN, 5, &text, NULL);
	assert_int_equal(credential_remember("bobs", "ann", r, &text, &e), -1);
	expect(&e, "ann.key is not in bobs. Insert the medium of ann there, then try again.");
	assert_int_equal(rmdir("bobs"), 0);
	assert_int_equal(credential_remember("of-{person}", "ann", r, &text, &e), -1);
	expect(&e, "The medium of ann is not there: there is no directory of-ann. Insert it, then try again.");
	assert_int_equal(rename("people", "of-ann"), 0);
	assert_int_equal(credential_remember("of-{person}", "ann", r, &text, &e), 0);
	assert_int_equal(unlink("of-ann/ann.signed"), 0);
	assert_int_equal(rename("of-ann", "people"), 0);
	record_free(&r);
	bytes_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_newest_of_each_log_is_remembered),
	        cmocka_unit_test(another_continuation_is_not_signed),
	        cmocka_unit_test(a_file_that_is_not_ours_is_refused),
	        cmocka_unit_test(what_cannot_be_kept_is_not_signed),
	        cmocka_unit_test(nothing_is_written_on_another_persons_medium),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
