/* Signals as bytes on a pipe, so that the one loop sees them among everything else and none of them ends the program.
 */
#ifndef SCREENS_SIGNALS_H
#define SCREENS_SIGNALS_H

#include <stdbool.h>

#include "base/error.h"

/* Catches INT, QUIT, TSTP, TERM, HUP and WINCH; PIPE is ignored. Returns the descriptor to poll, or -1 with `e`. */
int signals_catch(struct error *e);
/* What came since last time: *stop when the ceremony has to pause, *resized when the window changed. */
void signals_take(bool *stop, bool *resized);
/* From now on a signal to stop ends a call that waits (for a terminal that takes nothing) instead of letting it wait
 * on. */
void signals_interrupt(void);
void signals_release(void);

#endif
