/* A difference is exact: without its additions it is the first text, without what was taken away the second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/difference.h"

static void put_back(const struct difference *d, char without, struct bytes *out)
{
	for (size_t i = 0; i < d->count; i++) {
		if (d->line[i].sign == without)
			continue;
		bytes_add(out, d->line[i].text, d->line[i].len);
		if (!d->line[i].cut)
			bytes_byte(out, '\n');
	}
	assert_int_equal(bytes_end(out, NULL), 0);
}

static void holds(const char *from, size_t from_len, const char *to, size_t to_len, struct difference *d)
{
	struct bytes a = {0}, b = {0};

	assert_int_equal(difference_make(d, from, from_len, to, to_len, NULL), 0);
	put_back(d, '+', &a);
	put_back(d, '-', &b);
	assert_int_equal(a.len, from_len);
	assert_int_equal(b.len, to_len);
	assert_memory_equal(bytes_string(&a), from, from_len);
	assert_memory_equal(bytes_string(&b), to, to_len);
	bytes_free(&a);
	bytes_free(&b);
}

static const struct {
	const char *from, *to, *signs;
} cases[] = {
        {"", "", ""},
        {"a\n", "", "-"},
        {"", "a\n", "+"},
        {"a\n", "a\n", " "},
        {"a\n", "a", "-+"},
        {"a\nb\nc\n", "a\nc\n", " - "},
        {"a\nc\n", "a\nb\nc\n", " + "},
        {"a\nb\nc\n", "a\nx\nc\n", " -+ "},
        {"a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", NULL}, /* Myers' own example: five changes */
        {"x\nx\nx\n", "x\nx\n", NULL},
        {"a\n\n\nb\n", "a\n\nb\n", NULL},
        {"a\nb", "a\nb\n", " -+"},
};

static void both_texts_are_in_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct difference d;

		holds(cases[i].from, strlen(cases[i].from), cases[i].to, strlen(cases[i].to), &d);
		for (size_t k = 0; cases[i].signs && k < d.count; k++)
			assert_int_equal(d.line[k].sign, cases[i].signs[k]);
		if (cases[i].signs)
			assert_int_equal(d.count, strlen(cases[i].signs));
		difference_free(&d);
	}
}

static size_t changes(const struct difference *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->count; i++)
		n += d->line[i].sign != ' ';
	return n;
}

static void few_changes_are_the_fewest(void **state)
{
	struct difference d;

	(void)state;
	holds(cases[8].from, strlen(cases[8].from), cases[8].to, strlen(cases[8].to), &d);
	assert_int_equal(changes(&d), 5);
	difference_free(&d);
}

/* Against the plain table of the longest common subsequence. */
static size_t fewest(const char *a, size_t n, const char *b, size_t m)
{
	static size_t table[66][66];

	memset(table, 0, sizeof(table));
	for (size_t i = n; i-- > 0;)
		for (size_t k = m; k-- > 0;) {
			size_t down = table[i + 1][k], right = table[i][k + 1];
			table[i][k] = a[i] == b[k] ? table[i + 1][k + 1] + 1 : down > right ? down : right;
		}
	return n + m - 2 * table[0][0];
}

static void any_two_texts(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char a[65], b[65], from[130], to[130];
		size_t n, m;
		struct difference d;

		seed = seed * 1664525 + 1013904223;
		n = (seed >> 8) % 40;
		seed = seed * 1664525 + 1013904223;
		m = (seed >> 8) % 40;
		for (size_t i = 0; i < n + m; i++) {
			seed = seed * 1664525 + 1013904223;
			*(i < n ? &a[i] : &b[i - n]) = (char)('a' + (seed >> 16) % 4);
		}
		for (size_t i = 0; i < n; i++)
			from[2 * i] = a[i], from[2 * i + 1] = '\n';
		for (size_t i = 0; i < m; i++)
			to[2 * i] = b[i], to[2 * i + 1] = '\n';
		holds(from, 2 * n, to, 2 * m, &d);
		assert_int_equal(changes(&d), fewest(a, n, b, m));
		difference_free(&d);
	}
}

/* More changes than are looked for: whole passages, and still exact. */
static void very_many_changes(void **state)
{
	struct bytes from = {0}, to = {0};
	struct difference d;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		bytes_printf(&from, "from %d\n", i);
		bytes_printf(&to, "to %d\n", i);
	}
	holds(bytes_string(&from), from.len, bytes_string(&to), to.len, &d);
	assert_int_equal(d.count, 40000);
	difference_free(&d);
	bytes_free(&from);
	bytes_free(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(both_texts_are_in_it),
	        cmocka_unit_test(few_changes_are_the_fewest),
	        cmocka_unit_test(any_two_texts),
	        cmocka_unit_test(very_many_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
