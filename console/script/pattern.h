/* The patterns of observed values: POSIX extended regular expressions. Private to this layer. */
#ifndef SCRIPT_PATTERN_H
#define SCRIPT_PATTERN_H

/* Does it compile, with every parenthesis closed in it (so that it can be anchored from outside), no back reference,
 * and without repetitions that would take the memory of the machine? 1: it is sound; 0: it is not; -1: there was not
 * the memory to find out. */
int pattern_is_sound(const char *pattern);

#endif
