/* The forms that are not asked by the engine but offered at any time: exception, pause, leaving, refusal. They are
 * prompts like any other, made here, and become an answer to the engine's prompt. */
#ifndef SCREENS_SHEET_H
#define SCREENS_SHEET_H

#include "engine/engine.h"

/* A form for this action; owned by the caller. `p` is the prompt it will answer. NULL with `e`: no memory. */
struct prompt *sheet_new(
        enum answer_action action, const struct engine_view *v, const struct prompt *p, struct error *e);

#endif
