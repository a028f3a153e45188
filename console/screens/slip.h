/* The slip that everyone takes home from a closed ceremony: what the checkpoint says, and how it is read aloud. */
#ifndef SCREENS_SLIP_H
#define SCREENS_SLIP_H

#include "screens/flow.h"

struct engine_view;

/* Appends the checkpoint's text, byte for byte (C2SP tlog-checkpoint: origin, size, root in base64, each with its LF):
 * what the slip's code holds. */
void slip_text(const struct engine_view *v, struct bytes *out);
/* Its rows. */
void slip_flow(const struct engine_view *v, unsigned width, struct flow *out);
void slip_print(const struct engine_view *v); /* to standard output */

#endif
