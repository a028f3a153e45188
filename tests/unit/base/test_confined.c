/* A program of others is run as it was hashed, held, and heard in bounds. */
#include "check.h"

#include "base/confined.h"
#include "base/file.h"
#include "base/secret.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char program[4096];

static void assert_message(const struct error *e, const char *wanted)
{
	struct bytes text = {0};

	error_text(e, &text);
	assert_non_null(strstr(bytes_string(&text), wanted));
	bytes_free(&text);
}

static int run(const char *what, unsigned seconds, struct confined_result *r, struct error *e)
{
	const char *arguments[] = {what, NULL};
	struct confined c = {.path = program, .argument = arguments, .seconds = seconds, .output_max = 4096};

	return confined_run(&c, "some bytes", 10, r, e);
}

static void it_answers_by_its_exit_status(void **state)
{
	static const struct {
		const char *what, *output;
		int exit;
	} cases[] = {{"accept", "10 bytes, nothing found\n", 0}, {"refuse", "e_wrong: this is wrong\n", 3},
	        {"deaf", "", 0}, {"mute", "", 4}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct confined_result r;
		struct error e = {0};
		assert_int_equal(run(cases[i].what, 10, &r, &e), 0);
		assert_int_equal(r.exit, cases[i].exit);
		assert_string_equal(bytes_string(&r.output), cases[i].output);
		assert_false(r.late || r.more);
		bytes_free(&r.output);
	}
}

static void what_hangs_is_ended_with_all_that_it_started(void **state)
{
	static const char *const cases[] = {"hang", "fork"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct confined_result r;
		struct error e = {0};
		assert_int_equal(run(cases[i], 1, &r, &e), 0);
		assert_true(r.late);
		assert_int_equal(r.exit, 137);
		bytes_free(&r.output);
	}
}

static void what_it_says_is_bounded(void **state)
{
	struct confined_result r;
	struct error e = {0};

	(void)state;
	assert_int_equal(run("noise", 20, &r, &e), 0);
	assert_int_equal(r.output.len, 4096);
	assert_true(r.more && !r.late);
	assert_int_equal(r.exit, 0);
	bytes_free(&r.output);
}

static void it_is_held(void **state)
{
	static const char *const cases[] = {"network", "environment", "write"};

	(void)state;
	setenv("FOO", "bar", 1);
	unlink("/tmp/tachiai-linter-was-here");
	for (size_t i = 0; i < 3; i++) {
		struct confined_result r;
		struct error e = {0};
		assert_int_equal(run(cases[i], 10, &r, &e), 0);
		assert_int_equal(r.held & 7, 7);
		if (strcmp(cases[i], "write") != 0 || r.held & CONFINED_LANDLOCK)
			assert_int_equal(r.exit, 0);
		bytes_free(&r.output);
	}
	unlink("/tmp/tachiai-linter-was-here");
}

static void it_reaches_no_file_and_no_other_process(void **state)
{
	char path[] = "/tmp/tachiai-reach-XXXXXX", pid[16];
	int fd = mkstemp(path);
	pid_t other = fork();
	const char *arguments[] = {"reach", path, pid, NULL};
	struct confined c = {.path = program, .argument = arguments, .seconds = 10, .output_max = 4096};
	struct confined_result r;
	struct error e = {0};
	struct stat st;

	(void)state;
	if (other == 0)
		for (;;)
			pause();
	snprintf(pid, sizeof pid, "%d", (int)other);
	assert_int_equal(write(fd, "whole", 5), 5);
	assert_int_equal(confined_run(&c, "", 0, &r, &e), 0);
	assert_int_equal(r.exit, 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 5);
	bytes_free(&r.output);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	close(fd);
	unlink(path);
}

static void only_the_program_that_was_hashed_is_run(void **state)
{
	static const uint8_t other[32] = {1};
	uint8_t own[32];
	struct confined c = {.path = program, .sha256 = other, .seconds = 10, .output_max = 4096};
	struct confined_result r;
	struct error e = {0};
	char path[] = "/tmp/tachiai-linter-XXXXXX", link[64];
	int fd;

	(void)state;
	assert_int_equal(confined_run(&c, "", 0, &r, &e), -1);
	assert_message(&e, "is not the program whose hash is given");
	assert_int_equal(file_sha256(program, own, NULL, &e), 0);
	c.sha256 = own;
	assert_int_equal(confined_run(&c, "", 0, &r, &e), 0);
	bytes_free(&r.output);
	fd = mkstemp(path);
	assert_int_equal(write(fd, "#!/bin/sh\nexit 0\n", 17), 17);
	close(fd);
	c = (struct confined){.path = path, .seconds = 10, .output_max = 4096};
	assert_int_equal(confined_run(&c, "", 0, &r, &e), -1);
	assert_message(&e, "is no compiled program");
	snprintf(link, sizeof link, "%s.link", path);
	assert_int_equal(symlink(program, link), 0);
	c.path = link;
	assert_int_equal(confined_run(&c, "", 0, &r, &e), -1);
	assert_message(&e, "or is a link");
	unlink(link);
	/* nor does what nobody writes to keep it waiting */
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	c.path = path;
	assert_int_equal(confined_run(&c, "", 0, &r, &e), -1);
	assert_message(&e, "it is no file");
	unlink(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_answers_by_its_exit_status),
	        cmocka_unit_test(what_hangs_is_ended_with_all_that_it_started),
	        cmocka_unit_test(what_it_says_is_bounded),
	        cmocka_unit_test(it_is_held),
	        cmocka_unit_test(it_reaches_no_file_and_no_other_process),
	        cmocka_unit_test(only_the_program_that_was_hashed_is_run),
	};
	char *end;

	(void)argc;
	if (secret_init(NULL) || !realpath(argv[0], program))
		return 1;
	/* build/tests/unit/base/test_confined, beside build/tests/faults/linter */
	end = strstr(program, "/tests/unit/");
	if (!end)
		return 1;
	strcpy(end, "/tests/faults/linter");
	return cmocka_run_group_tests_name("confined", tests, NULL, NULL);
}
