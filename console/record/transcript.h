/* What the parts of record/ share: reading transcript.jsonl from its beginning in constant memory, and writing a line.
 */
#ifndef RECORD_TRANSCRIPT_H
#define RECORD_TRANSCRIPT_H

#include "record/entry.h"
#include "record/tree.h"

typedef int transcript_each(void *context, const struct entry *entry, const struct tree *after, struct error *e);

struct transcript_end {
	uint64_t whole;    /* bytes up to and with the last LF */
	int64_t time;      /* of the last entry */
	bool closed;       /* the last entry is ceremony.closed */
	struct bytes torn; /* what stands behind the last LF; owned by the caller */
};

/* Reads `fd` from its present place. Every fault carries its line. `tree` must be empty. */
int transcript_scan(
        int fd, transcript_each *each, void *context, struct tree *tree, struct transcript_end *end, struct error *e);

/* What a transcript's next line is held against: how many came before, and what the last one said. */
struct transcript_place {
	uint64_t count;
	int64_t time;     /* of the last entry */
	bool closed;      /* it is ceremony.closed */
	bool clock_noted; /* it is exception.noted of the kind "clock": the time may run back */
};

/* One line (no LF) as the next of a transcript: its own form, its seq, its time. `out` points into `line` and `doc`;
 * `place` goes on only when it is 0. */
int transcript_line(struct transcript_place *place, struct json_doc *doc, const char *line, size_t len,
        struct entry *out, struct error *e);
/* Is a line (or what stands behind the last LF) too long for an entry? */
int transcript_fits(size_t len, struct error *e);

/* entry_format() without reading the line again: the caller does that. */
int entry_write(uint64_t seq, int64_t time_ms, const char *step, enum event event, const char *data, struct bytes *line,
        struct error *e);

#endif
