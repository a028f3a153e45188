/* The one way to standard output and standard error: what is printed may hold text from outside, so all of it goes
 * through text_lines() first. tests/check-terminal finds a way round it. Only commands and screens, and the programs
 * beside the console, print. */
#ifndef BASE_PRINT_H
#define BASE_PRINT_H

#include <stddef.h>

/* As printf(): -1 when it cannot be written or there is no memory, which print_err() then says instead. Buffered as
 * standard output is. */
int print_out(const char *format, ...) __attribute__((format(printf, 1, 2)));
int print_err(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What was printed is sent. -1: somebody does not take it any more. */
int print_flush(void);
/* The run is over, and a terminal that takes nothing any more must not keep the program from its end: what is still
 * said to it, within half a second, or not at all. */
void print_no_longer(void);
/* Words of a share: straight from guarded memory to standard output, around its buffer, which nobody wipes. */
int print_secret(const void *data, size_t len);
/* Bytes of our own making that are no text: a picture, a code drawn with its colours. */
int print_data(const void *data, size_t len);

#endif
