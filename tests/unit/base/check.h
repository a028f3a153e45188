/* What the tests of base and record have in common. */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/error.h"

/* The error says exactly `sentence`, with this code; then it is forgotten. */
static inline void check_error(struct error *e, enum error_code code, const char *sentence)
{
	struct bytes text = {0};

	error_text(e, &text);
	assert_string_equal(bytes_string(&text), sentence);
	assert_int_equal(e->code, code);
	bytes_free(&text);
	*e = (struct error){0};
}

static inline void check_hex(const void *data, size_t len, const char *hex)
{
	struct bytes text = {0};

	bytes_hex(&text, data, len);
	assert_string_equal(bytes_string(&text), hex);
	bytes_free(&text);
}

#endif
