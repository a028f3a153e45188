/* A step and its medium: who put it in, and why a file was not taken from it. */
#ifndef STEPS_MEDIUM_H
#define STEPS_MEDIUM_H

#include "steps/shared.h"

/* The site's medium of the parameter "medium" of the step in turn. */
const struct site_medium *step_medium(const struct ceremony *c);
/* text.acknowledged "ready" of the answer to ask_acknowledgement(): its text is the step's parameter `param`. */
int put_ready(const struct ceremony *c, const struct want *w, const char *param, const struct answer *a,
        struct outcome *out, struct error *e);
int check_ready(const struct ceremony *c, const char *param, const struct entry *entry, struct error *e);
/* facts.read{what}: facts {`key`: `name`, "file": `file`}, and as their fault `why`, behind the file's name if `named`.
 */
struct file_fault {
	const char *what, *key, *name, *file;
	bool named;
};
int put_file_fault(struct outcome *out, const struct want *w, const struct file_fault *f, const struct error *why,
        struct error *e);

#endif
