/* Tables of ranges of code points. */
#ifndef BASE_RANGE_H
#define BASE_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
	uint32_t first, last;
};

static inline bool in_ranges(const struct range *range, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++)
		if (c >= range[i].first && c <= range[i].last)
			return true;
	return false;
}
#define IN_RANGES(ranges, c) in_ranges(ranges, sizeof(ranges) / sizeof(ranges)[0], c)

#endif
