/* Private to media/report*.c: what is known of a record, and the words for it. */
#ifndef MEDIA_REPORT_PRIVATE_H
#define MEDIA_REPORT_PRIVATE_H

#include <libintl.h>

#include "engine/verify.h"
#include "media/report.h"
#include "steps/ceremony.h"

/* A step that entry 0 lists, or the script in force at the end. */
struct report_step {
	const char *id, *kind;
	unsigned number; /* its place in the list of entry 0, from 1; 0: it is not there */
	bool begun;
	const struct script_step *script; /* NULL: not in that script, or none is known */
};

struct report {
	int dir;
	const char *language;
	struct verification v;
	bool fails;               /* a verdict does not hold, or the ceremony is not closed */
	uint64_t reach;           /* this many entries are held by signatures; what is behind them is not printed */
	struct journal journal;   /* those: kept[seq] is the entry `seq` */
	struct journal signers;   /* the approvals over the last of them; empty when everybody signed the end */
	struct ceremony *c;       /* the fold over them; NULL when script or site are not those of the record */
	struct report_step *step; /* by their ids */
	size_t step_count;
	struct page *page;
	struct error *e;
};

/* report_index.c: makes the list of steps; then a step by its id, NULL where nothing lists it; and the ids of those
 * that were not begun, in their order. */
int report_index(struct report *r, struct error *e);
const struct report_step *report_step(const struct report *r, const char *id);
void report_not_reached(const struct report *r, struct bytes *names);

/* Entries by seq; NULL: not printed. */
const struct entry *report_entry(const struct report *r, int64_t seq);
/* Of an act.intended, act.done, act.failed, act.voided, approval.given or approval.refused: its act.proposed; NULL. */
const struct entry *report_proposal(const struct report *r, const struct entry *entry);
/* The next entry of an event behind *at (0 to begin), for `for (at = 0; (x = report_next(…));)`; NULL at the end. */
const struct entry *report_next(const struct report *r, enum event event, size_t *at);
/* Of acts of that name that are done, the next. */
const struct entry *report_done(const struct report *r, const char *act, size_t *at);
/* An artifact, held against its entry; -1 without an error set when it is not as the entry says. */
int report_artifact(const struct report *r, const char *path, struct bytes *out);
/* The newest artifact of that type whose name is NAME and `ending` (REHEARSAL- before it in a rehearsal); NULL. */
const struct artifact_state *report_find(const struct report *r, const char *type, const char *name);

/* What the script says in the report's language, with what cannot be seen made visible; line feeds stay. */
void report_visible(struct bytes *out, const char *text);
/* "Aoi Sato", as introduced at roll call; the key's NAME when nobody of it is known. */
void report_person(const struct report *r, const char *key_name, struct bytes *out);
/* Who noted an exception: a person, or the console, which notes that its clock was set. */
void report_noter(const struct report *r, const struct entry *noted, struct bytes *out);
/* The same for a list of them, or for who approved a proposal. */
void report_people_list(const struct report *r, const struct json *list, struct bytes *out);
void report_approvers(const struct report *r, const struct entry *proposal, struct bytes *out);
/* "2026-12-01 09:30:00", UTC; without the day when `before` (ms, may be -1) is of the same day. */
void report_time(struct bytes *out, int64_t ms, int64_t before);
/* A hash as hex, and as PGP words below it. */
void report_hash(struct page *p, const char *label, const uint8_t *hash, size_t len);
void report_hash_hex(struct page *p, const char *label, const char *hex);
/* A pair whose value is made by printf. */
void report_pair(struct page *p, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Words of the field in the reader's language; what is not known stays as it is. */
const char *report_role(const char *role);
const char *report_kind(const char *kind);
const char *report_act(const char *act);
const char *report_yes(bool yes);

/* The parts of a report, in their order. */
void report_warnings(struct report *r);
void report_exceptions(struct report *r);
void report_summary(struct report *r);
void report_participants(struct report *r);
void report_steps(struct report *r);
void report_hsms(struct report *r);
void report_keys(struct report *r);
void report_issued(struct report *r);
void report_lists(struct report *r);
void report_bags(struct report *r);
void report_shares(struct report *r);
void report_files(struct report *r);
void report_verdicts(struct report *r);
void report_checkpoint(struct report *r);
void report_signatures(struct report *r);

#endif
