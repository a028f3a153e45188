#ifndef STEPS_PAUSE_H
#define STEPS_PAUSE_H

#include "steps/step.h"

/* A ceremony.paused that people cosigned: a step of the script, not F10. */
bool pause_is_sealed(const struct entry *entry);

#endif
