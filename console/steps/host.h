/* What the console's own machine shows of itself: the look of inspect-host. */
#ifndef STEPS_HOST_H
#define STEPS_HOST_H

#include "base/json.h"

/* Faults: English sentences, each one thing that an air-gapped ceremony machine must not have. */
struct host_faults {
	char **sentence;
	size_t count;
};
void host_faults_free(struct host_faults *f);

/* Looks at the machine (`root` is "/" but in tests: everything read is below it) and writes one JSON object with all
 * that was found, faults or not. -1 only when memory runs out; what cannot be read is a fault of its own. */
int host_inspect(const char *root, struct json_writer *facts, struct host_faults *faults, struct error *e);

#endif
