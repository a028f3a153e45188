#ifndef STEPS_CLOSE_H
#define STEPS_CLOSE_H

#include "steps/step.h"

/* The name under which the room holds a person's unlocked key until the last entry is there to be signed. */
void closing_name(char out[200], const char *person);

#endif
