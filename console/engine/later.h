/* later/: what was added to a record after its close. It is judged apart: nothing of it changes the five verdicts,
 * since nothing in the record commits to it, and anybody who holds a copy can add to it. */
#ifndef ENGINE_LATER_H
#define ENGINE_LATER_H

#include "pki/timestamp.h"
#include "record/note.h"

enum later_kind { LATER_TIMESTAMP, LATER_COSIGNATURE, LATER_OTHER };
enum later_state {
	LATER_HOLDS,
	LATER_UNANCHORED, /* a time stamp that holds by itself; under whom was not asked */
	LATER_BAD,
	LATER_NOT_JUDGED
};

struct later_item {
	enum later_kind kind;
	enum later_state state;
	struct bytes path;      /* "later/NAME", visible */
	struct timestamp stamp; /* of LATER_TIMESTAMP, as far as it was read */
	struct bytes name;      /* of LATER_COSIGNATURE: whose line it is */
	int64_t seconds;        /* of a cosignature that holds; 0: it has no time */
	struct message message; /* why, when it is bad or not judged */
};
struct later {
	struct later_item *item;
	size_t count;
};

struct later_wanted {
	bool log;               /* the verdict on the log holds: else nothing here can be judged */
	const struct vkey *key; /* of the record's people */
	size_t keys;
	const char *people;                      /* path of the register, which may hold others, or NULL */
	const struct timestamp_anchors *anchors; /* or NULL */
};

/* Judges every file of later/ in the record's directory, sorted by name:
 *   NAME.tsr   an RFC 3161 reply over the file checkpoint; beside it NAME.tsq, the query, when it is there
 *   NAME.note  a signed note over the checkpoint's three lines: one item for each signature line
 * Of any other it is said that it was not judged. -1 only without memory; later_free() in any case. */
int later_judge(int dir, const struct later_wanted *w, struct later *out, struct error *e);
void later_free(struct later *l);

/* Puts a reply that timestamp_verify() took, and the query that it answers (or NULL), into later/ under a name that
 * follows from its bytes; what is there is never overwritten, and the same again is no fault. Appends the reply's path,
 * relative to the record. */
int later_keep(int dir, const struct bytes *reply, const struct bytes *query, struct bytes *path, struct error *e);

#endif
