#include "script/pattern.h"

#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { REPEATS_MAX = 1024 };

/* Behind the bracket expression that begins at `p`. POSIX: a "]" that stands first is one of its characters. */
static const char *skip_bracket(const char *p)
{
	p++;
	if (*p == '^')
		p++;
	if (*p == ']')
		p++;
	for (; *p && *p != ']'; p++) {
		char kind = p[1];
		char end[3] = {kind, ']', '\0'};
		const char *stop;
		if (*p != '[' || (kind != ':' && kind != '.' && kind != '='))
			continue;
		stop = strstr(p + 2, end);
		if (!stop)
			return NULL;
		p = stop + 1;
	}
	return *p ? p + 1 : NULL;
}

/* The largest count of an interval "{n,m}", which multiplies the size of what it is compiled to. */
static unsigned long interval_size(const char *p)
{
	unsigned long size = 1;

	for (p++; *p && *p != '}'; p++) {
		unsigned long number = strspn(p, "0123456789") > 4 ? REPEATS_MAX + 1UL : strtoul(p, NULL, 10);
		if (number > size)
			size = number;
	}
	return size;
}

/* The C library takes an unmatched ")" for itself, and "a)|(b" would then escape the anchors. */
static bool is_whole(const char *pattern)
{
	unsigned long size = 1;
	int depth = 0;

	for (const char *p = pattern; p && *p;) {
		if (*p == '[') {
			if (!(p = skip_bracket(p)))
				return false;
			continue;
		}
		if (*p == '\\') {
			if (!p[1] || (p[1] >= '1' && p[1] <= '9'))
				return false;
			p += 2;
			continue;
		}
		depth += (*p == '(') - (*p == ')');
		if (depth < 0)
			return false;
		if (*p == '{' && (size *= interval_size(p)) > REPEATS_MAX)
			return false;
		p++;
	}
	return depth == 0;
}

int pattern_is_sound(const char *pattern)
{
	regex_t compiled;
	int failed;

	if (!is_whole(pattern))
		return 0;
	failed = regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB);
	if (failed)
		return failed == REG_ESPACE ? -1 : 0;
	regfree(&compiled);
	return 1;
}
