#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"

static void text_is_appended_whole_or_not_at_all(void **state)
{
	struct secret *s = secret_new(5, NULL);

	(void)state;
	assert_non_null(s);
	assert_int_equal(secret_text(s, "abc"), 0);
	assert_int_equal(secret_text(s, "def"), -1);
	assert_string_equal((char *)s->data, "abc");
	assert_int_equal(secret_add(s, "de", 2), 0);
	assert_string_equal((char *)s->data, "abcde");
	assert_int_equal(secret_add(s, "", 1), -1);
	assert_int_equal(secret_add(s, NULL, 0), 0);
	secret_free(&s);
	assert_null(s);
	secret_free(&s);
}

static void backspace_takes_a_whole_character_and_wipes_it(void **state)
{
	struct secret *s = secret_new(16, NULL);

	(void)state;
	secret_text(s, "a鍵\xf0\x9f\x94\x91");
	secret_backspace(s);
	assert_string_equal((char *)s->data, "a鍵");
	assert_memory_equal(s->data + 4, "\0\0\0\0", 4);
	secret_backspace(s);
	secret_backspace(s);
	assert_int_equal(s->len, 0);
	assert_memory_equal(s->data, "\0\0\0\0", 4);
	secret_backspace(s);
	assert_int_equal(s->len, 0);
	secret_free(&s);
}

static void clear_wipes_and_a_move_leaves_nothing(void **state)
{
	struct secret *s = secret_new(4, NULL), *moved;

	(void)state;
	secret_text(s, "1234");
	moved = secret_take(&s);
	assert_null(s);
	assert_string_equal((char *)moved->data, "1234");
	secret_clear(moved);
	assert_int_equal(moved->len, 0);
	assert_memory_equal(moved->data, "\0\0\0\0", 5);
	secret_free(&moved);
}

static void equal_means_same_length_and_bytes(void **state)
{
	struct secret *a = secret_new(8, NULL), *b = secret_new(9, NULL);

	(void)state;
	assert_true(secret_equal(a, b));
	secret_text(a, "abc");
	secret_text(b, "abcd");
	assert_false(secret_equal(a, b));
	secret_backspace(b);
	assert_true(secret_equal(a, b));
	secret_backspace(b);
	secret_text(b, "x");
	assert_false(secret_equal(a, b));
	secret_free(&a);
	secret_free(&b);
}

/* VmLck of /proc/self/status, in kB. */
static unsigned locked_kb(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	unsigned kb = 0;

	assert_non_null(status);
	while (fgets(line, sizeof line, status) != NULL)
		if (sscanf(line, "VmLck: %u", &kb) == 1)
			break;
	fclose(status);
	return kb;
}

static void its_memory_is_locked_and_fenced(void **state)
{
	struct secret *s;
	unsigned before = locked_kb();
	int status;
	pid_t child;

	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	skip(); /* ASan keeps mlock() from locking and catches the signal */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	skip();
#endif
#endif
	s = secret_new(32, NULL);
	assert_non_null(s);
	assert_true(locked_kb() > before);
	child = fork();
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		((volatile uint8_t *)s->data)[s->cap + 1] = 1; /* the guard page begins behind the NUL */
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	secret_free(&s);
	assert_int_equal(locked_kb(), before);
}

static void too_large_a_secret_is_refused(void **state)
{
	struct error e = {0};

	(void)state;
	assert_null(secret_new(SIZE_MAX, &e));
	check_error(&e, ERROR_MEMORY, "There is not enough memory. Close other programs and try again.");
}

static void random_bytes_fill_every_place(void **state)
{
	uint8_t seen[32] = {0}, draw[32];

	(void)state;
	for (int i = 0; i < 64; i++) {
		random_bytes(draw, sizeof draw);
		for (int j = 0; j < 32; j++)
			seen[j] |= draw[j];
	}
	for (int j = 0; j < 32; j++)
		assert_int_equal(seen[j], 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(text_is_appended_whole_or_not_at_all),
	        cmocka_unit_test(backspace_takes_a_whole_character_and_wipes_it),
	        cmocka_unit_test(clear_wipes_and_a_move_leaves_nothing),
	        cmocka_unit_test(equal_means_same_length_and_bytes),
	        cmocka_unit_test(its_memory_is_locked_and_fenced),
	        cmocka_unit_test(too_large_a_secret_is_refused),
	        cmocka_unit_test(random_bytes_fill_every_place),
	};

	if (secret_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
