/* The judge of a record: takes its entries one by one and then its end, and comes to the five verdicts. verify and
 * replay are two readers of this one fold. */
#ifndef ENGINE_JUDGE_H
#define ENGINE_JUDGE_H

#include "engine/verify.h"
#include "record/tree.h"
#include "steps/ceremony.h"

struct judge;

/* `v` (the caller's, all zero before) gets the verdicts; `directory`, and `dir` of it, stay the caller's, and all
 * outlive the judge. NULL with `e`: no memory, or what the options name cannot be read. */
struct judge *judge_new(
        const char *directory, int dir, const struct verify_options *o, struct verification *v, struct error *e);
void judge_free(struct judge **j);

/* The next entry, held against consent, the fold and the files; `after` is the tree with it. A fault of one verdict
 * does not stop the others. -1 with `e`: it is not in its place, which is a fault of form. */
int judge_entry(struct judge *j, const struct entry *entry, const struct tree *after, struct error *e);
/* The transcript cannot be read past `line` (0: no line is meant); once, before the end. */
void judge_form(struct judge *j, const struct error *why, uint64_t line);
/* The last line has no line feed. */
void judge_torn(struct judge *j);
/* Nothing more comes: what only the whole can show, and what lies beside it. -1 with `e`: no memory, or the register
 * cannot be read. */
int judge_end(struct judge *j, const struct tree *tree, const struct verify_options *o, struct error *e);
/* What the ceremony leaves for the next, when all verdicts hold. */
int judge_left(const struct judge *j, const struct tree *tree, struct previous *left, struct error *e);

/* The state of the ceremony as far as conduct held; NULL when script or site cannot be read. */
const struct ceremony *judge_ceremony(const struct judge *j);

#endif
