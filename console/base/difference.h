/* Two texts, line against line: what was taken away and what was put there. */
#ifndef BASE_DIFFERENCE_H
#define BASE_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct difference_line {
	char sign;        /* '-' only in the first text, '+' only in the second, ' ' in both */
	const char *text; /* into the text that was given, without LF */
	size_t len;
	unsigned long number; /* of the line in its text (the second's when it is in both), from 1 */
	bool cut;             /* the last of its text, and without LF */
};
/* All lines in order: without the '+' they are the first text, without the '-' the second, to the byte. The fewest
 * changes where they are few; a passage with very many is taken away and put there whole. */
struct difference {
	struct difference_line *line;
	size_t count;
};

/* The texts must live as long as `d`, which the caller frees. -1 with `e`: no memory. */
int difference_make(
        struct difference *d, const char *from, size_t from_len, const char *to, size_t to_len, struct error *e);
void difference_free(struct difference *d);

#endif
