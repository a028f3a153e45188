/* The terminal's line. What curses writes is kept in memory and handed on as fast as the line takes it, so that neither
 * a slow line nor one that stands still holds up the console: the next screen is painted when the last one is out. */
#ifndef SCREENS_TERMINAL_H
#define SCREENS_TERMINAL_H

#include <stdbool.h>

/* Curses on standard input and output, in the mode of screens; the first time or again. -1: TERM is not known to it, or
 * there is no memory. */
int terminal_begin(void);
/* Gives the line what is kept, waiting for it a while at the most, and its old mode back. */
void terminal_end(void);
/* A control sequence that curses does not know, behind what it has written. */
void terminal_control(const char *sequence);
/* Sends what the line takes now. -1: the line is gone. */
int terminal_send(void);
/* Is something kept that the line has not taken? */
bool terminal_waits(void);
/* To be polled for POLLOUT while something waits; -1: nothing does. */
int terminal_fd(void);

#endif
