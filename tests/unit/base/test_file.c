#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"

static char folder[] = "/tmp/tachiai-file-XXXXXX";
static int dir = -1;

static int folder_make(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL || chdir(folder) != 0)
		return -1;
	dir = dir_open(folder, NULL);
	return dir >= 0 ? 0 : -1;
}

static int folder_end(void **state)
{
	char command[64];

	(void)state;
	close(dir);
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return system(command);
}

static void check_content(const char *path, const char *want)
{
	struct bytes got = {0};

	assert_int_equal(file_read(path, 1000, &got, NULL), 0);
	assert_string_equal(bytes_string(&got), want);
	bytes_free(&got);
}

static void a_new_file_is_written_whole_and_never_over_another(void **state)
{
	struct error e = {0};
	struct stat st;

	(void)state;
	umask(0);
	assert_int_equal(file_write_new(dir, "new", "hello", 5, 0600, &e), 0);
	assert_int_equal(stat("new", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	umask(0077);
	assert_int_equal(file_write_new(dir, "new2", "", 0, 0644, &e), 0);
	assert_int_equal(stat("new2", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	check_content("new", "hello");
	check_content("new2", "");
	assert_int_equal(file_write_new(dir, "new", "other", 5, 0600, &e), -1);
	check_error(&e, ERROR_FAULT, "new exists already and is not overwritten.");
	check_content("new", "hello");
	assert_int_equal(symlink("nowhere", "link"), 0);
	assert_int_equal(file_write_new(dir, "link", "other", 5, 0600, &e), -1);
	check_error(&e, ERROR_FAULT, "link exists already and is not overwritten.");
	assert_int_equal(file_write_new(dir, "absent/new", "x", 1, 0600, &e), -1);
	check_error(&e, ERROR_MISSING, "The directory of absent/new cannot be opened: No such file or directory");
	assert_int_equal(mkdir("sub", 0700), 0);
	assert_int_equal(file_write_new(dir, "sub/new", "x", 1, 0600, &e), 0);
	check_content("sub/new", "x");
}

static void replacing_is_whole_and_leaves_nothing_beside(void **state)
{
	struct error e = {0};

	(void)state;
	assert_int_equal(file_replace(dir, "replaced", "one", 3, 0644, &e), 0);
	assert_int_equal(file_replace(dir, "replaced", "two!", 4, 0644, &e), 0);
	check_content("replaced", "two!");
	assert_int_equal(mkdir("occupied", 0700), 0);
	assert_int_equal(file_replace(dir, "occupied", "x", 1, 0644, &e), -1);
	check_error(&e, ERROR_IO, "occupied cannot be replaced: Is a directory");
	assert_int_not_equal(system("ls -A | grep -q '^\\.new'"), 0);
}

/* A limit on the file's size stands for a full disk. */
static void what_could_not_be_written_whole_is_removed(void **state)
{
	struct rlimit old, small = {8, RLIM_INFINITY};
	struct error e = {0};

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(file_replace(dir, "kept", "old", 3, 0644, &e), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(file_write_new(dir, "big", "0123456789", 10, 0644, &e), -1);
	check_error(&e, ERROR_IO, "big cannot be written: File too large");
	assert_int_equal(file_replace(dir, "kept", "0123456789", 10, 0644, &e), -1);
	check_error(&e, ERROR_IO, "kept cannot be written: File too large");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(access("big", F_OK), -1);
	check_content("kept", "old");
	assert_int_not_equal(system("ls -A | grep -q '^\\.new'"), 0);
}

static void reading_is_bounded_and_only_of_regular_files(void **state)
{
	struct bytes out = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(file_write_new(dir, "six", "123456", 6, 0644, NULL), 0);
	bytes_text(&out, "before:");
	assert_int_equal(file_read("six", 6, &out, &e), 0);
	assert_string_equal(bytes_string(&out), "before:123456");
	assert_int_equal(file_read_at(dir, "six", 5, &out, &e), -1);
	check_error(&e, ERROR_FAULT, "six is larger than the 5 bytes that are allowed.");
	assert_int_equal(symlink("six", "six-link"), 0);
	assert_int_equal(file_read("six-link", 6, &out, &e), -1);
	check_error(&e, ERROR_FAULT, "six-link is a symbolic link. Give the file itself.");
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(file_read("pipe", 6, &out, &e), -1);
	check_error(&e, ERROR_FAULT, "pipe is not a regular file.");
	assert_int_equal(file_read(".", 6, &out, &e), -1);
	check_error(&e, ERROR_FAULT, ". is not a regular file.");
	assert_int_equal(file_read("/dev/zero", 6, &out, &e), -1);
	check_error(&e, ERROR_FAULT, "/dev/zero is not a regular file.");
	assert_int_equal(file_read("absent", 6, &out, &e), -1);
	check_error(&e, ERROR_MISSING, "absent cannot be opened: No such file or directory");
	bytes_free(&out);
}

static void directories_are_made_new_and_opened_without_links(void **state)
{
	struct error e = {0};
	int fd = dir_create("made/", &e);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
	assert_int_equal(dir_create("made", &e), -1);
	check_error(&e, ERROR_FAULT, "made exists already. Give the name of a new directory.");
	assert_int_equal(dir_create("absent/made", &e), -1);
	check_error(&e, ERROR_MISSING, "The directory of absent/made cannot be opened: No such file or directory");
	fd = dir_create_at(dir, "made/inner", &e);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(symlink("made", "made-link"), 0);
	assert_int_equal(dir_open("made-link", &e), -1);
	check_error(&e, ERROR_FAULT, "made-link is a symbolic link. Give the directory itself.");
	assert_int_equal(file_write_new(dir, "plain", "", 0, 0644, NULL), 0);
	assert_int_equal(dir_open("plain", &e), -1);
	check_error(&e, ERROR_FAULT, "plain is not a directory.");
	assert_int_equal(dir_open("absent", &e), -1);
	check_error(&e, ERROR_MISSING, "The directory absent cannot be opened: No such file or directory");
}

static void a_file_of_any_size_is_hashed(void **state)
{
	struct error e = {0};
	uint8_t hash[32];
	uint64_t size;

	(void)state;
	assert_int_equal(system("head -c 1000000 /dev/zero | tr '\\0' a > million"), 0);
	assert_int_equal(file_sha256("million", hash, &size, &e), 0);
	assert_int_equal(size, 1000000);
	check_hex(hash, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	assert_int_equal(file_sha256_at(dir, "million", hash, NULL, &e), 0);
	assert_int_equal(symlink("million", "million-link"), 0);
	assert_int_equal(file_sha256("million-link", hash, &size, &e), -1);
	check_error(&e, ERROR_FAULT, "million-link is a symbolic link. Give the file itself.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_new_file_is_written_whole_and_never_over_another),
	        cmocka_unit_test(replacing_is_whole_and_leaves_nothing_beside),
	        cmocka_unit_test(what_could_not_be_written_whole_is_removed),
	        cmocka_unit_test(reading_is_bounded_and_only_of_regular_files),
	        cmocka_unit_test(directories_are_made_new_and_opened_without_links),
	        cmocka_unit_test(a_file_of_any_size_is_hashed),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_end);
}
