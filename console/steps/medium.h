/* A step and its medium: who put it in, how it is mounted, and why a file was not taken from it. */
#ifndef STEPS_MEDIUM_H
#define STEPS_MEDIUM_H

#include "media/mount.h"
#include "steps/shared.h"

/* The site's medium of the parameter "medium" of the step in turn. */
const struct site_medium *step_medium(const struct ceremony *c);
/* text.acknowledged "ready" of the answer to ask_acknowledgement(): its text is the step's parameter `param`. */
int put_ready(const struct ceremony *c, const struct want *w, const char *param, const struct answer *a,
        struct outcome *out, struct error *e);
int check_ready(const struct ceremony *c, const char *param, const struct entry *entry, struct error *e);
/* Where the medium is, and what is mounted there: in a rehearsal nothing, the directory stands for the medium. */
struct mount_place medium_place(const struct site_medium *m, bool rehearsal);
/* Adds to a question for the medium how it is handled: who mounts it, and what can then be checked. */
int medium_lines(const struct mount_place *place, struct prompt *p);
/* The name under which the script's `file` lies on a mounted medium: its own, or in a rehearsal also REHEARSAL-NAME, as
 * the rehearsal before carried it out. -1 with `e`: both are there, and nothing is chosen silently. */
enum { TAKEN_NAME = 128 };
int taken_name(
        const struct site_medium *medium, bool rehearsal, const char *file, char out[TAKEN_NAME], struct error *e);
/* The file of the script's name, read from the medium, which is mounted for it read-only where this process
 * may mount. */
int medium_read(
        const struct site_medium *m, bool rehearsal, const char *file, size_t max, struct bytes *out, struct error *e);
/* "volume": what is known of the medium (NULL: it was not reached). */
void medium_put(struct json_writer *j, const struct mount_facts *f);
/* Is it of that form, and the medium that the site means? */
int medium_check(const struct site_medium *m, const struct json *volume, struct error *e);

/* facts.read{what}: facts {`key`: `name`, "file": `file`}, and as their fault `why`, behind the file's name if `named`.
 */
struct file_fault {
	const char *what, *key, *name, *file;
	bool named;
};
int put_file_fault(struct outcome *out, const struct want *w, const struct file_fault *f, const struct error *why,
        struct error *e);

#endif
