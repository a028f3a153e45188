/* media/volume: what was carried out is what was read back, and every refusal says what and what to do. */
#include "support.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "media/volume.h"
#include "media/volume_parts.h"

static uint8_t content[200001];

/* Written, then compared, as carry-out does it. */
static int volume_copy(
        int dir, const char *from, const char *to, const char *name, uint64_t *size, uint8_t sum[32], struct error *e)
{
	return volume_write(dir, from, to, name, e) < 0 ? -1 : volume_compare(dir, from, to, name, size, sum, e);
}

static int volume_unpack(int dir, const char *from, const struct volume_parts *parts, const char *to, const char *name,
        uint64_t *size, uint8_t sum[32], struct error *e)
{
	return volume_parts_write(dir, from, parts, to, name, e) < 0
	               ? -1
	               : volume_parts_compare(parts, to, name, size, sum, e);
}

static int setup(void **state)
{
	if (folder_make(state) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * i >> 3);
	/* mkdtemp makes it 0700; the tests below enter it as nobody too */
	return chmod(folder, 0755) != 0 || mkdir("out", 0755) != 0;
}

static void a_copy_is_read_back_and_hashed(void **state)
{
	static const size_t length[] = {0, 1, 65535, 65536, 65537, sizeof(content)};

	(void)state;
	for (size_t i = 0; i < sizeof(length) / sizeof(*length); i++) {
		uint8_t sum[32], expected[32];
		struct bytes seen = {0};
		uint64_t size = 7;
		char name[16];
		struct stat st;

		snprintf(name, sizeof(name), "copy-%zu.bin", i);
		put_file("source", content, length[i]);
		assert_int_equal(volume_copy(AT_FDCWD, "source", "out", name, &size, sum, NULL), 0);
		assert_int_equal(size, length[i]);
		assert_int_equal(sha256(content, length[i], expected), 0);
		assert_memory_equal(sum, expected, 32);
		assert_int_equal(chdir("out"), 0);
		assert_int_equal(file_read(name, sizeof(content), &seen, NULL), 0);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(chdir(".."), 0);
		assert_int_equal(seen.len, length[i]);
		assert_true(length[i] == 0 || memcmp(seen.data, content, length[i]) == 0);
		assert_int_equal(st.st_mode & 07777, 0644);
		bytes_free(&seen);
	}
}

static void every_refusal_has_its_sentence(void **state)
{
	static const struct {
		const char *from, *to, *name, *sentence;
	} table[] = {
	        {"source", "out", "there", "there already exists on out and is not overwritten: use an empty medium"},
	        {"source", "out", "dangling",
	                "dangling already exists on out and is not overwritten: use an empty medium"},
	        {"link", "out", "a", "link is a link and is not carried out"},
	        {"out", "out", "a", "out is no regular file and is not carried out"},
	        {"pipe", "out", "a", "pipe is no regular file and is not carried out"},
	        {"gone", "out", "a", "cannot read gone: No such file or directory"},
	        {"source", "out", "", "\"\" is no name for a file to carry out: only A-Z a-z 0-9 . _ - are used"},
	        {"source", "out", ".", "\".\" is no name for a file to carry out: only A-Z a-z 0-9 . _ - are used"},
	        {"source", "out", "..", "\"..\" is no name for a file to carry out: only A-Z a-z 0-9 . _ - are used"},
	        {"source", "out", "../a",
	                "\"../a\" is no name for a file to carry out: only A-Z a-z 0-9 . _ - are used"},
	        {"source", "out", "a b", "\"a b\" is no name for a file to carry out: only A-Z a-z 0-9 . _ - are used"},
	        {"source", "out", "\xc3\xa9",
	                "\"\xc3\xa9\" is no name for a file to carry out: only A-Z a-z 0-9 . _ - are used"},
	};
	struct bytes kept = {0};
	struct stat st;

	(void)state;
	put_file("source", content, 100);
	put_file("out/there", "kept", 4);
	assert_int_equal(symlink("nowhere", "out/dangling"), 0);
	assert_int_equal(symlink("source", "link"), 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct error e = {0};
		uint64_t size = 7;
		uint8_t sum[32];

		assert_int_equal(volume_copy(AT_FDCWD, table[i].from, table[i].to, table[i].name, &size, sum, &e), -1);
		assert_message(&e, table[i].sentence);
		assert_int_equal(size, 7);
	}
	assert_int_equal(file_read("out/there", 10, &kept, NULL), 0);
	assert_string_equal(bytes_string(&kept), "kept");
	bytes_free(&kept);
	assert_int_equal(lstat("out/a", &st), -1);
	assert_int_equal(lstat("out/nowhere", &st), -1);
}

/* Parts of `content`, one behind another; `wrong`: the one whose hash is another's. */
struct parts {
	size_t at, wrong;
	const char *name;
};

static void parts_rewind(void *context)
{
	((struct parts *)context)->at = 0;
}

enum { PARTS = 300, PART = 500 };

static int parts_next(void *context, struct volume_part *part, struct error *e)
{
	struct parts *p = context;

	(void)e;
	if (p->at == PARTS)
		return 0;
	snprintf(part->name, sizeof(part->name), p->name, p->at);
	part->offset = PART * p->at;
	part->len = PART;
	sha256(content + part->offset + (p->at + 1 == p->wrong ? 1 : 0), PART, part->sha256);
	p->at++;
	return 1;
}

static void parts_of_a_file_become_files_that_are_read_back(void **state)
{
	struct parts p = {.name = "%03zu.bin"};
	struct volume_parts parts = {&p, parts_rewind, parts_next};
	struct bytes seen = {0};
	struct error e = {0};
	uint8_t sum[32], expected[32];
	uint64_t size = 0;

	(void)state;
	put_file("source", content, PARTS * PART + 7);
	/* the second time all of it is there already, and so is one more file */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(volume_unpack(AT_FDCWD, "source", &parts, "out", "folder", &size, sum, &e), 0);
		assert_int_equal(size, PARTS * PART);
		assert_int_equal(sha256(content, PARTS * PART, expected), 0);
		assert_memory_equal(sum, expected, 32);
		put_file("out/folder/other", "kept", 4);
	}
	assert_int_equal(file_read("out/folder/299.bin", PART, &seen, NULL), 0);
	assert_memory_equal(seen.data, content + 299 * PART, PART);
	bytes_free(&seen);
	/* one of them holds something else, or links elsewhere */
	put_file("out/folder/007.bin", "seven", 5);
	assert_int_equal(volume_unpack(AT_FDCWD, "source", &parts, "out", "folder", &size, sum, &e), -1);
	assert_message(&e, "007.bin reads back from out with other bytes than were written: use another medium");
	assert_int_equal(unlink("out/folder/007.bin") || symlink("008.bin", "out/folder/007.bin"), 0);
	assert_int_equal(volume_unpack(AT_FDCWD, "source", &parts, "out", "folder", &size, sum, &e), -1);
	assert_message(&e, "cannot read back what was written to out: Too many levels of symbolic links");
}

static void parts_are_refused_with_their_sentence(void **state)
{
	static const struct {
		size_t length, wrong;
		const char *source, *to, *folder, *name, *sentence;
	} table[] = {
	        {PARTS * PART, 5, "source", "out", "parts-a", "%03zu",
	                "004 reads back from out with other bytes than were written: use another medium"},
	        {PARTS * PART - 1, 0, "source", "out", "parts-b", "%03zu", "cannot read source: Input/output error"},
	        {PARTS * PART, 0, "source", "out", "parts-c", "%03zu/..",
	                "\"000/..\" is no name for a file to carry out: only A-Z a-z 0-9 . _ - are used"},
	        {PARTS * PART, 0, "source", "out", "..", "%03zu",
	                "\"..\" is no name for a file to carry out: only A-Z a-z 0-9 . _ - are used"},
	        {PARTS * PART, 0, "gone", "out", "parts-d", "%03zu", "cannot read gone: No such file or directory"},
	        {PARTS * PART, 0, "source", "out", "crooked", "%03zu",
	                "the folder crooked on the medium cannot be opened: Not a directory"},
	};

	(void)state;
	assert_int_equal(symlink("..", "out/crooked"), 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct parts p = {.wrong = table[i].wrong, .name = table[i].name};
		struct volume_parts parts = {&p, parts_rewind, parts_next};
		struct error e = {0};
		uint8_t sum[32];
		uint64_t size;

		put_file("source", content, table[i].length);
		assert_int_equal(
		        volume_unpack(AT_FDCWD, table[i].source, &parts, table[i].to, table[i].folder, &size, sum, &e),
		        -1);
		assert_message(&e, table[i].sentence);
	}
}

static void a_name_of_256_letters_is_refused(void **state)
{
	struct error e = {0};
	char name[257];
	uint64_t size;
	uint8_t sum[32];

	(void)state;
	memset(name, 'n', 256);
	name[256] = '\0';
	put_file("source", content, 100);
	assert_int_equal(volume_copy(AT_FDCWD, "source", "out", name, &size, sum, &e), -1);
	assert_int_equal(e.code, ERROR_FAULT);
	name[255] = '\0';
	assert_int_equal(volume_copy(AT_FDCWD, "source", "out", name, &size, sum, &e), 0);
}

static void a_place_that_is_a_link_or_absent_is_refused(void **state)
{
	struct error e = {0};
	uint64_t size;
	uint8_t sum[32];

	(void)state;
	put_file("source", content, 100);
	assert_int_equal(symlink("out", "out-link"), 0);
	assert_int_equal(volume_copy(AT_FDCWD, "source", "out-link", "b", &size, sum, &e), -1);
	assert_int_not_equal(e.code, ERROR_NONE);
	assert_int_equal(volume_copy(AT_FDCWD, "source", "absent", "b", &size, sum, &e), -1);
	assert_int_equal(volume_check("out-link", &size, &e), -1);
	assert_int_equal(volume_check("absent", &size, &e), -1);
	assert_int_equal(volume_check("source", &size, &e), -1);
	assert_int_equal(access("out/b", F_OK), -1);
}

/* Runs `copy then check` where something is in the way, in a process of its own; its error must be this sentence. */
static void assert_child(int (*prepare)(void), const char *copied, const char *checked)
{
	int status;
	pid_t child;

	put_file("source", content, sizeof(content));
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct error e = {0}, e2 = {0};
		struct bytes text = {0}, text2 = {0};
		uint64_t size;
		uint8_t sum[32];
		int source = open(".", O_RDONLY | O_DIRECTORY);
		int bad;

		if (source < 0 || prepare() != 0)
			_exit(77);
		bad = volume_copy(source, "source", "place", "c", &size, sum, &e) != -1;
		error_text(&e, &text);
		bad |= strcmp(bytes_string(&text), copied) != 0;
		bad |= access("place/c", F_OK) == 0; /* nothing half-written stays */
		bad |= volume_check("place", &size, &e2) != (checked == NULL ? 0 : -1);
		error_text(&e2, &text2);
		bad |= checked != NULL && strcmp(bytes_string(&text2), checked) != 0;
		if (bad)
			fprintf(stderr, "copy: %s\ncheck: %s\n", bytes_string(&text), bytes_string(&text2));
		_exit(bad);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int mount_private(const char *options, unsigned long flags)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return -1;
	if (mkdir("place", 0755) != 0 && access("place", F_OK) != 0)
		return -1;
	return mount("tmpfs", "place", "tmpfs", flags, options);
}

static int full_medium(void)
{
	return mount_private("size=64k", 0);
}

static int read_only_medium(void)
{
	return mount_private("size=64k", MS_RDONLY);
}

static int limited_process(void)
{
	struct rlimit limit = {.rlim_cur = 4096, .rlim_max = 4096};

	signal(SIGXFSZ, SIG_IGN);
	if (mkdir("place", 0755) != 0 && access("place", F_OK) != 0)
		return -1;
	return setrlimit(RLIMIT_FSIZE, &limit);
}

static int directory_of_another(void)
{
	if (mkdir("place", 0755) != 0 && access("place", F_OK) != 0)
		return -1;
	if (geteuid() == 0)
		return setresuid(65534, 65534, 65534);
	return chmod("place", 0555);
}

static void a_full_medium_is_refused_and_left_clean(void **state)
{
	(void)state;
	assert_child(full_medium, "there is no room for c on place: use a medium with more free space", NULL);
}

static void a_limit_of_size_is_refused_and_left_clean(void **state)
{
	(void)state;
	assert_child(limited_process, "there is no room for c on place: use a medium with more free space", NULL);
}

static void a_read_only_medium_is_refused(void **state)
{
	(void)state;
	assert_child(read_only_medium, "c cannot be written on place: it is read-only, or its write protection is on",
	        "a file cannot be written on place: it is read-only, or its write protection is on");
}

static void a_read_only_directory_is_refused(void **state)
{
	(void)state;
	assert_child(directory_of_another,
	        "c cannot be written on place: it is read-only, or its write protection is on",
	        "a file cannot be written on place: it is read-only, or its write protection is on");
}

static void a_good_place_tells_its_room_and_stays_empty(void **state)
{
	struct bytes seen = {0};
	uint64_t room = 0;

	(void)state;
	assert_int_equal(mkdir("good", 0755), 0);
	assert_int_equal(volume_check("good", &room, NULL), 0);
	assert_true(room > 0);
	command_output("ls -A good", &seen);
	assert_int_equal(seen.len, 0);
	bytes_free(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_copy_is_read_back_and_hashed),
	        cmocka_unit_test(every_refusal_has_its_sentence),
	        cmocka_unit_test(parts_of_a_file_become_files_that_are_read_back),
	        cmocka_unit_test(parts_are_refused_with_their_sentence),
	        cmocka_unit_test(a_name_of_256_letters_is_refused),
	        cmocka_unit_test(a_place_that_is_a_link_or_absent_is_refused),
	        cmocka_unit_test(a_full_medium_is_refused_and_left_clean),
	        cmocka_unit_test(a_limit_of_size_is_refused_and_left_clean),
	        cmocka_unit_test(a_read_only_medium_is_refused),
	        cmocka_unit_test(a_read_only_directory_is_refused),
	        cmocka_unit_test(a_good_place_tells_its_room_and_stays_empty),
	};

	return cmocka_run_group_tests(tests, setup, folder_remove);
}
