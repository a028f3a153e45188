/* Verification of a record: five verdicts, each with its evidence (docs/record-format). The same fold that ran the
 * ceremony. */
#ifndef ENGINE_VERIFY_H
#define ENGINE_VERIFY_H

#include "engine/later.h"
#include "engine/paper.h"

enum verdict_kind { VERDICT_FORM, VERDICT_LOG, VERDICT_CONSENT, VERDICT_ARTIFACTS, VERDICT_CONDUCT, VERDICTS };

struct verdict {
	bool holds;
	struct error error; /* when it does not: error.line is the line of the transcript, 0 when no line is meant */
	struct message evidence; /* when it holds */
};

enum vouching { VOUCHED_NOT, VOUCHED_PEOPLE, VOUCHED_SCRIPT, VOUCHED_REHEARSAL };

struct verify_options {
	const char *anchor;      /* path of a checkpoint kept elsewhere, or NULL */
	const char *people;      /* path of the CA's register of vkey lines, or NULL */
	const char *previous;    /* directory of the record before this one, or NULL */
	const char *script_hash; /* hex SHA-256 of a script that pins its people, or NULL */
	const char *report;      /* path of the program that prints, to hold a printed report against it; or NULL */
	const struct timestamp_anchors *anchors; /* of time stamps in later/, or NULL */
	bool rehearsal;                          /* a rehearsal is accepted */
};

/* Of the record before: this one names none; names one that was not given to be held against it; agrees with the one
 * given. */
enum continuity { PREVIOUS_NONE, PREVIOUS_NAMED, PREVIOUS_HELD };

struct previous;

struct verification {
	struct verdict verdict[VERDICTS];
	bool closed, rehearsal, software;
	enum vouching vouching;
	struct error vouch_error; /* why what was given does not vouch */
	enum continuity previous;
	struct bytes previous_origin; /* when there is one */
	bool anchored;                /* an anchor was given and the record is it or extends it */
	struct bytes origin;
	uint64_t entries;
	uint8_t root[32];
	unsigned exceptions;
	int64_t ended;      /* of the last entry, ms since 1970 */
	struct later later; /* what was added after the close; no part of the verdicts nor of `exit` */
	enum paper paper;   /* the printed report in the record */
	int exit;           /* 0, 1 or 4 */
};

/* -1 only when the record cannot be read at all (missing directory, no memory). */
int verify_record(const char *directory, const struct verify_options *options, struct verification *v, struct error *e);
/* The same; when all five verdicts hold, `left` gets what the ceremony leaves for the next (previous_free()). */
int verify_collect(const char *directory, const struct verify_options *options, struct verification *v,
        struct previous *left, struct error *e);
void verification_free(struct verification *v);

#endif
