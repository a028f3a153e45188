/* A text against a whole POSIX extended regular expression. */
#ifndef BASE_MATCH_H
#define BASE_MATCH_H

/* Anchored whether or not the pattern says so: part of a text never counts. 1: it matches; 0: it does not; -1: there
 * was not the memory to find out; -2: the pattern is none. */
int match_whole(const char *pattern, const char *text);

#endif
