/* A record on disk: transcript.jsonl, appended and synced entry by entry, and read again. */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "record/entry.h"
#include "record/note.h"
#include "record/tree.h"

struct record;

/* Makes the directory `path` (which must not exist) with people/ and artifacts/ in it and an empty transcript. The
 * transcript is locked (flock) against a second writer. NULL with `e`. */
struct record *record_create(const char *path, struct error *e);
/* Opens an unfinished record to go on with. A torn last line (no LF at its end) is cut off and kept: *torn holds its
 * bytes (empty when there is none), for ceremony.resumed. Every whole line is given to `each` in order with the tree
 * after it. */
struct record *record_open(const char *path,
        int (*each)(void *context, const struct entry *entry, const struct tree *after, struct error *e), void *context,
        struct bytes *torn, struct error *e);
void record_free(struct record **r); /* closes; what was appended is on disk already */

/* Appends one entry: formatted, written, fdatasync'ed, and only then in the tree. `data` is the event's JSON object;
 * the time is now, but never before the last entry's (the clock may step back: then the last entry's time is used).
 * Returns the entry (valid until the next append) or NULL with `e`: after ERROR_IO the record can take no more in this
 * run; a partly written line was cut off again where that was possible. */
const struct entry *record_append(
        struct record *r, const char *step, enum event event, const char *data, struct error *e);

/* The same, but `before` sees the entry, and the tree with it, before a byte is written, and may refuse it with -1: for
 * what must be on disk before the entry is (the closing checkpoint). */
const struct entry *record_append_after(struct record *r, const char *step, enum event event, const char *data,
        int (*before)(void *context, const struct entry *entry, const struct tree *after, struct error *e),
        void *context, struct error *e);

const struct tree *record_tree(const struct record *r);
/* The root that the tree had when it held the first `size` entries. -1 when it never was that large, or without memory.
 */
int record_root_at(const struct record *r, uint64_t size, uint8_t root[32]);
int record_dir(const struct record *r); /* the directory's descriptor; owned by the record */
const char *record_path(const struct record *r);

/* Reads the transcript of any record, line by line, in constant memory. `each` as above; it may stop with -1 and its
 * own error. On a fault of form (an entry's own, a seq that is not the next, a time before the last one's without an
 * exception.noted of the kind "clock" just before), returns -1 with e->line set. *torn is set when the last line has no
 * LF. */
int transcript_read(int dir,
        int (*each)(void *context, const struct entry *entry, const struct tree *after, struct error *e), void *context,
        struct tree *tree, bool *torn, struct error *e);

#endif
