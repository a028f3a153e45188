/* A new script in the middle of a ceremony: what of it must be as in the script that was agreed to. */
#ifndef SCRIPT_AMEND_H
#define SCRIPT_AMEND_H

#include "script/script.h"

/* Holds the script `to` against `from`, of which the first `completed` steps are behind. What all agreed to at the
 * beginning (origin, languages, previous, roles, exclusive, control, people, hsm), those steps, everything that they
 * name, and the things of the names `held` (NULL at the end) may not differ: each difference is a fault at its place in
 * `to`. `*same_step`: the step in hand and what it names are as they were. */
void script_amends(const struct script *from, const struct script *to, size_t completed, const char *const *held,
        bool *same_step, struct fault_list *faults);

#endif
