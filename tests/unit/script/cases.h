/* A table of faulty files: a sound one, what is changed in it, and every fault that must be told, in order. */
#ifndef TEST_SCRIPT_CASES_H
#define TEST_SCRIPT_CASES_H

#include "base/file.h"
#include "base/secret.h"
#include "script/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA "tests/unit/script/data/"

struct fault_case {
	const char *old,
	        *new;       /* the text that is replaced; it stands in the file exactly once. NULL: all of the file */
	const char *faults; /* "LINE:COLUMN: sentence", an LF between two */
};

static inline void load(const char *path, struct bytes *out)
{
	struct error e = {0};
	if (file_read(path, 1 << 22, out, &e) != 0)
		fail_msg("%s cannot be read: run this from the top of the source tree", path);
}

static inline void tell(const struct fault_list *faults, struct bytes *out)
{
	bytes_clear(out);
	for (size_t i = 0; i < faults->count; i++) {
		bytes_printf(out, "%s%u:%u: ", i ? "\n" : "", faults->fault[i].line, faults->fault[i].column);
		assert_int_equal(faults->fault[i].code, ERROR_FAULT);
		error_text(&faults->fault[i], out);
	}
}

static inline void change(const struct fault_case *c, const struct bytes *sound, struct bytes *out)
{
	const char *text = bytes_string(sound), *at = c->old ? strstr(text, c->old) : text;
	size_t len = c->old ? strlen(c->old) : sound->len;

	if (!at || (c->old && strstr(at + 1, c->old)))
		fail_msg("\"%s\" does not stand exactly once in the file", c->old);
	bytes_add(out, text, (size_t)(at - text));
	bytes_text(out, c->new);
	bytes_text(out, at + len);
}

/* Runs the table over a parser of one of the two files; each row is told by its number. */
static inline void run_cases(const char *path, const struct fault_case *cases, size_t count,
        bool (*parse)(struct bytes *raw, struct fault_list *faults))
{
	struct bytes sound = {0}, told = {0};
	size_t wrong = 0;

	load(path, &sound);
	for (size_t i = 0; i < count; i++) {
		struct bytes raw = {0};
		struct fault_list faults = {0};
		change(&cases[i], &sound, &raw);
		bool passed = parse(&raw, &faults);
		tell(&faults, &told);
		assert_false(faults.failed);
		assert_null(raw.data); /* moved in, whatever came of it */
		if (passed || strcmp(bytes_string(&told), cases[i].faults) != 0) {
			print_error("row %zu\nexpected %s\ntold     %s\n", i, cases[i].faults, bytes_string(&told));
			wrong++;
		}
		fault_list_free(&faults);
	}
	bytes_free(&told);
	bytes_free(&sound);
	assert_int_equal(wrong, 0);
}

#endif
