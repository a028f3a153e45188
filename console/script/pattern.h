/* The patterns of observed values: POSIX extended regular expressions. Private to this layer. */
#ifndef SCRIPT_PATTERN_H
#define SCRIPT_PATTERN_H

#include <stdbool.h>

/* Does it compile, with every parenthesis closed in it (so that it can be anchored from outside), no back reference,
 * and without repetitions that would take the memory of the machine? */
bool pattern_is_sound(const char *pattern);
bool pattern_matches(const char *pattern, const char *text);

#endif
