/* The files of a record, held against what its entries say of them: the verdict on artifacts. */
#ifndef ENGINE_VERIFY_FILES_H
#define ENGINE_VERIFY_FILES_H

#include "record/entry.h"

struct files;

struct files *files_new(void);
void files_free(struct files **f);
/* Takes note of what an entry says of files. */
int files_note(struct files *f, const struct entry *entry, struct error *e);
/* Holds the directory against it: each file is as committed to, or made again and compared; none is more. */
int files_verify(const struct files *f, int dir, struct error *e);
const char *const *files_cosigners(const struct files *f); /* of ceremony.closed; NULL at the end */
size_t files_cosigner_count(const struct files *f);
unsigned files_acts(const struct files *f);
size_t files_count(const struct files *f);

#endif
