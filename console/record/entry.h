/* One line of a transcript: its form (docs/record-format, table of events), written and read. */
#ifndef RECORD_ENTRY_H
#define RECORD_ENTRY_H

#include "base/json.h"

enum { ENTRY_MAX = 65536 }; /* bytes of a line, without its LF */

enum event {
	CEREMONY_OPENED,
	STEPS_LISTED,
	STEP_BEGUN,
	STEP_COMPLETED,
	PERSON_JOINED,
	PERSON_LEFT,
	TEXT_ACKNOWLEDGED,
	VALUE_OBSERVED,
	VALUE_CONFIRMED,
	VALUE_DIFFERED,
	VALUE_DRAWN,
	FACTS_READ,
	SECRET_ENTERED,
	ACT_PROPOSED,
	APPROVAL_GIVEN,
	APPROVAL_REFUSED,
	ACT_VOIDED,
	LOGIN_FAILED,
	ACT_INTENDED,
	ACT_DONE,
	ACT_FAILED,
	ARTIFACT_WRITTEN,
	ARTIFACT_TAKEN,
	HSM_LOCKED,
	CODE_SHOWN,
	EXCEPTION_NOTED,
	CEREMONY_PAUSED,
	CEREMONY_RESUMED,
	CEREMONY_CLOSED,
	EVENTS
};

struct entry {
	uint64_t seq;
	int64_t time;     /* ms since 1970 */
	const char *step; /* NULL: null */
	enum event event;
	const struct json *data;
	const char *line; /* the bytes that are hashed */
	size_t len;
};

/* "act.proposed"; and back: -1 when there is none of that name. */
const char *event_name(enum event event);
int event_find(const char *name);
/* exception.noted of kind "clock": the entry after it may bear an earlier time. */
bool entry_notes_clock(const struct entry *entry);
/* exception.noted of a kind that the console notes itself, and that nobody has to decide upon: "clock", "device". */
bool exception_is_own(const struct entry *entry);

/* Parses one line strictly, data fields of the event included. `out` points into `line` and `doc`. */
int entry_parse(struct json_doc *doc, const char *line, size_t len, struct entry *out, struct error *e);
/* Writes one line (no LF): `data` is the complete JSON object. It is parsed again before it is returned, so nothing
 * that a reader would refuse is ever written. */
int entry_format(uint64_t seq, int64_t time_ms, const char *step, enum event event, const char *data,
        struct bytes *line, struct error *e);

#endif
