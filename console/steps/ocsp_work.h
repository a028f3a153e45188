/* The second pass of OCSP responses signed ahead: leaves, then batches, each response rebuilt, signed by the HSM's
 * process, verified and written behind the one before. While the HSM signs a batch, the one before is verified. */
#ifndef STEPS_OCSP_WORK_H
#define STEPS_OCSP_WORK_H

#include "hsm/hsm.h"
#include "steps/ocsp.h"

struct ocsp_work;
/* Takes the set (also on error). `dir` is the record's directory: the two files are made under their temporary names.
 * NULL with `e`. */
struct ocsp_work *ocsp_work_new(
        const struct script_ocsp *o, struct ocsp_set *set, int64_t now, bool rehearsal, int dir, struct error *e);
/* Frees; removes the files unless they were finished. */
void ocsp_work_free(void *work);

size_t ocsp_work_count(const struct ocsp_work *w);
size_t ocsp_work_signed(const struct ocsp_work *w);
/* Verb and data of the next request; `data` keeps them. */
int ocsp_work_request(struct ocsp_work *w, struct hsm_request *r, struct bytes *data, struct error *e);
/* Takes the answer to it. 1: more requests follow; 0: all is signed, verified and on disk, and *sums are known; -1 with
 * `e`. */
int ocsp_work_answer(struct ocsp_work *w, const struct json *answer, struct ocsp_sums *sums, struct error *e);
/* Verifies and writes what was answered last. An error is kept, and told by the next answer. */
void ocsp_work_catch_up(struct ocsp_work *w);

#endif
