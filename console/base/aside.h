/* Work over bytes from outside, done by a copy of this process (fork) that has nothing to lose: without the secrets,
 * without a descriptor but one to answer on, and able only to calculate. */
#ifndef BASE_ASIDE_H
#define BASE_ASIDE_H

#include "base/bytes.h"
#include "base/error.h"

/* Appends what it found to `out`. It can open nothing and start nothing; secrets (base/secret.h) are not there. */
typedef int aside_work(void *with, struct bytes *out, struct error *e);

struct aside {
	aside_work *work;
	void *with;       /* as it is now: what the work changes is changed in the copy */
	unsigned seconds; /* then it is ended */
	size_t max;       /* bytes of its answer */
};
struct aside_result {
	int exit;                /* its exit status, 128 and the signal when it was killed; 0: it answered */
	bool late;               /* it ran out of time */
	enum error_code refused; /* of the work's error: `answer` is its sentence, in English; ERROR_NONE: there was
	                            none. ERROR_MEMORY also when memory was refused and the work went on */
	struct bytes answer;     /* owned by the caller; as foreign as what was worked on */
};

/* -1 with `e`: it could not be started, or there is no memory. */
int aside_run(const struct aside *a, struct aside_result *out, struct error *e);

#endif
