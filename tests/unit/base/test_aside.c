/* A copy of the process works on what came from outside: what it answers comes back, and it reaches nothing of the
 * process that it was. */
#include "check.h"

#include "base/aside.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SECONDS = 5, MAX = 1 << 20 };

static struct aside_result run(aside_work *work, void *with, unsigned seconds)
{
	const struct aside a = {.work = work, .with = with, .seconds = seconds, .max = MAX};
	struct aside_result r;
	struct error e = {0};

	assert_int_equal(aside_run(&a, &r, &e), 0);
	return r;
}

static int answers(void *with, struct bytes *out, struct error *e)
{
	bytes_text(out, with);
	return bytes_end(out, e);
}

static void what_it_appends_comes_back(void **state)
{
	char text[] = "found: 3";
	(void)state;
	struct aside_result r = run(answers, text, SECONDS);
	assert_false(r.late || r.exit || r.refused);
	assert_string_equal(bytes_string(&r.answer), text);
	bytes_free(&r.answer);
	r = run(answers, (char[]){""}, SECONDS);
	assert_false(r.late || r.exit || r.refused);
	assert_int_equal(r.answer.len, 0);
	bytes_free(&r.answer);
}

static int whole(void *with, struct bytes *out, struct error *e)
{
	uint8_t block[4096];

	memset(block, 'x', sizeof block);
	for (size_t left = *(size_t *)with; left;) {
		size_t n = left < sizeof block ? left : sizeof block;
		bytes_add(out, block, n);
		left -= n;
	}
	return bytes_end(out, e);
}

static void so_much_and_no_more(void **state)
{
	size_t len = MAX;
	(void)state;
	struct aside_result r = run(whole, &len, SECONDS);
	assert_false(r.late || r.exit || r.refused);
	assert_int_equal(r.answer.len, MAX);
	bytes_free(&r.answer);
	len++;
	r = run(whole, &len, SECONDS);
	assert_true(!r.late && r.exit != 0);
	bytes_free(&r.answer);
}

static int refuses(void *with, struct bytes *out, struct error *e)
{
	bytes_text(out, "half of an answer");
	return error_set(e, ERROR_FAULT, N_("The serial number is longer than %s."), (char *)with);
}

static int lacks(void *with, struct bytes *out, struct error *e)
{
	(void)with;
	(void)out;
	return error_memory(e);
}

/* Refused, and the work went on as if it had not been. */
static int lacks_unsaid(void *with, struct bytes *out, struct error *e)
{
	(void)with;
	memory_refused();
	bytes_text(out, "found nothing");
	return bytes_end(out, e);
}

static void an_error_comes_back_as_its_sentence(void **state)
{
	(void)state;
	struct aside_result r = run(refuses, (char[]){"20 octets"}, SECONDS);
	assert_int_equal(r.exit, 0);
	assert_int_equal(r.refused, ERROR_FAULT);
	assert_string_equal(bytes_string(&r.answer), "The serial number is longer than 20 octets.");
	bytes_free(&r.answer);
	r = run(lacks_unsaid, NULL, SECONDS);
	assert_int_equal(r.refused, ERROR_MEMORY);
	assert_string_equal(bytes_string(&r.answer), "");
	bytes_free(&r.answer);
	r = run(lacks, NULL, SECONDS);
	assert_int_equal(r.refused, ERROR_MEMORY);
	bytes_free(&r.answer);
}

static int crashes(void *with, struct bytes *out, struct error *e)
{
	(void)with;
	(void)out;
	(void)e;
	raise(SIGSEGV);
	abort();
	return 0;
}

static int loops(void *with, struct bytes *out, struct error *e)
{
	volatile unsigned n = 0;
	(void)with;
	(void)out;
	(void)e;
	while (n < 2)
		n = !n;
	return 0;
}

static int ends(void *with, struct bytes *out, struct error *e)
{
	(void)with;
	(void)out;
	(void)e;
	_exit(0);
}

/* Its memory is bounded, shared memory too. */
static int takes(void *with, struct bytes *out, struct error *e)
{
	size_t huge = (size_t)16 << 30;
	(void)with;
	(void)e;
	for (int shared = 0; shared < 2; shared++)
		if (mmap(NULL, huge, PROT_READ | PROT_WRITE,
		            (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED)
			bytes_text(out, shared ? "shared " : "private ");
	return bytes_end(out, e);
}

static void its_memory_is_bounded(void **state)
{
	(void)state;
	struct aside_result r = run(takes, NULL, SECONDS);
	assert_false(r.late || r.exit || r.refused);
	assert_string_equal(bytes_string(&r.answer), "");
	bytes_free(&r.answer);
}

static void what_does_not_come_to_its_end_is_told(void **state)
{
	(void)state;
	struct aside_result r = run(crashes, NULL, SECONDS);
	assert_int_equal(r.exit, 128 + SIGSEGV);
	bytes_free(&r.answer);
	r = run(loops, NULL, 1);
	assert_true(r.late || r.exit == 128 + SIGXCPU || r.exit == 128 + SIGKILL);
	bytes_free(&r.answer);
	r = run(ends, NULL, SECONDS);
	assert_true(r.exit != 0 && !r.refused);
	bytes_free(&r.answer);
}

/* Where a secret was there is nothing. */
static int looks(void *with, struct bytes *out, struct error *e)
{
	bytes_byte(out, *(volatile const uint8_t *)with);
	return bytes_end(out, e);
}

static void secrets_are_not_there(void **state)
{
	struct error e = {0};
	struct secret *s = secret_new(100, &e);
	(void)state;
	assert_non_null(s);
	assert_int_equal(secret_text(s, "1234-5678"), 0);
	struct aside_result r = run(looks, s->data, SECONDS);
	assert_int_equal(r.exit, 128 + SIGSEGV);
	bytes_free(&r.answer);
	r = run(looks, &s->data[s->len], SECONDS);
	assert_int_equal(r.exit, 128 + SIGSEGV);
	bytes_free(&r.answer);
	assert_string_equal((char *)s->data, "1234-5678");
	secret_free(&s);
}

struct reach {
	int file, pair[2];
	char path[64];
};

static void put(struct bytes *out, const char *what, long rc)
{
	if (rc >= 0)
		bytes_printf(out, "%s ", what);
}

static int reaches(void *with, struct bytes *out, struct error *e)
{
	const struct reach *r = with;
	char byte = 'x';

	put(out, "file", write(r->file, "x", 1));
	put(out, "socket", write(r->pair[0], "x", 1));
	put(out, "read", read(r->pair[1], &byte, 1));
	for (int fd = 0; fd < 3; fd++)
		put(out, "standard", write(fd, "x", 1));
	put(out, "open", open(r->path, O_RDONLY | O_CLOEXEC));
	put(out, "unlink", unlink(r->path));
	put(out, "connect", socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	put(out, "fork", fork());
	put(out, "signal", kill(getppid(), 0));
	put(out, "exec", execl("/bin/true", "true", (char *)NULL));
	return bytes_end(out, e);
}

static void nothing_is_in_its_reach(void **state)
{
	struct reach reach = {.path = "/tmp/tachiai-aside-XXXXXX"};
	char byte;
	(void)state;
	reach.file = mkstemp(reach.path);
	assert_true(reach.file > 3 || reach.file >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, reach.pair), 0);
	assert_int_equal(write(reach.pair[0], "y", 1), 1);
	/* not the number that the copy answers on */
	int file = fcntl(reach.file, F_DUPFD_CLOEXEC, 10);
	assert_true(file >= 10);
	close(reach.file);
	reach.file = file;
	for (int i = 0; i < 2; i++) {
		int up = fcntl(reach.pair[i], F_DUPFD_CLOEXEC, 10);
		assert_true(up >= 10);
		close(reach.pair[i]);
		reach.pair[i] = up;
	}
	struct aside_result r = run(reaches, &reach, SECONDS);
	assert_false(r.late || r.exit || r.refused);
	assert_string_equal(bytes_string(&r.answer), "");
	bytes_free(&r.answer);
	assert_int_equal(lseek(reach.file, 0, SEEK_END), 0);
	assert_int_equal(access(reach.path, F_OK), 0);
	assert_int_equal(read(reach.pair[1], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	assert_int_equal(read(reach.pair[1], &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	unlink(reach.path);
	close(reach.file);
	close(reach.pair[0]);
	close(reach.pair[1]);
}

static int changes(void *with, struct bytes *out, struct error *e)
{
	(void)out;
	(void)e;
	*(int *)with = 2;
	return 0;
}

static void what_it_changes_is_changed_in_the_copy(void **state)
{
	int value = 1;
	(void)state;
	struct aside_result r = run(changes, &value, SECONDS);
	assert_int_equal(r.exit, 0);
	assert_int_equal(value, 1);
	bytes_free(&r.answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_it_appends_comes_back),
	        cmocka_unit_test(so_much_and_no_more),
	        cmocka_unit_test(an_error_comes_back_as_its_sentence),
	        cmocka_unit_test(its_memory_is_bounded),
	        cmocka_unit_test(what_does_not_come_to_its_end_is_told),
	        cmocka_unit_test(secrets_are_not_there),
	        cmocka_unit_test(nothing_is_in_its_reach),
	        cmocka_unit_test(what_it_changes_is_changed_in_the_copy),
	};
	struct error e = {0};

	if (secret_init(&e) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
