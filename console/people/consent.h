/* Consent: the fold that turns approvals into authority. The console, the helper and verify run this same fold, each
 * for itself, over the same lines. */
#ifndef PEOPLE_CONSENT_H
#define PEOPLE_CONSENT_H

#include "people/policy.h"
#include "record/tree.h"

struct consent;

enum { PEOPLE_MAX = 64, APPROVAL_MINUTES = 15, LOCK_OUT_TRIES = 5, LOCK_OUT_SECONDS = 60 };

struct person {
	char name[65];
	char role[65];
	struct vkey key;
	uint64_t joined;      /* seq of person.joined */
	bool proved;          /* the cosignature over it has come */
	bool present;         /* proved, not left, and no resume since */
	bool known;           /* proved it once in this ceremony, now or before */
	bool left;            /* went by person.left, and has not proved the key again */
	unsigned failures;    /* login.failed in a row */
	int64_t locked_until; /* ms; by the entries' own times */
};

struct proposal {
	uint64_t seq;
	int64_t time; /* ms */
	char act[32];
	char step[65];      /* "" for none */
	char role[65];      /* who approves; "" for all present */
	char witness[65];   /* another role, of which one person approves too; "" for none */
	unsigned need;      /* the witness counted */
	struct bytes order; /* the order's JSON, byte for byte as in the entry */
	uint8_t order_sha256[32];
	struct bytes checkpoint; /* its text, ending in the proposal: what all sign */
	unsigned approvals;      /* distinct people so far */
	char approved_by[PEOPLE_MAX][65];
	bool refused;
};

struct consent *consent_new(void);
void consent_free(struct consent **c);

/* Takes the next entry; `after` is the tree with it. -1 with `e` when the entry breaks a rule of consent: wrong person,
 * role, order, checkpoint, time, card, a small-order or repeated key, an intent without authority, anything but
 * exception.noted while an act is open, anything after ceremony.closed. After an error the fold is dead and refuses
 * all. */
int consent_apply(struct consent *c, const struct entry *entry, const struct tree *after, struct error *e);

const struct policy *consent_policy(const struct consent *c); /* NULL before entry 0 */
const struct vkey *consent_console(const struct consent *c);  /* the console key in force */
size_t consent_people(const struct consent *c);
const struct person *consent_person(const struct consent *c, size_t index);
const struct person *consent_find(const struct consent *c, const char *name);
unsigned consent_present(const struct consent *c, const char *role); /* NULL: of any role */
/* The newest person.joined whose key is not proved yet, and the checkpoint text to sign for it; NULL when there is
 * none. */
const struct person *consent_joining(const struct consent *c, const struct bytes **checkpoint);
/* The proposal that is neither voided nor intended (it may be refused, and then waits to be voided); NULL when there is
 * none. */
const struct proposal *consent_proposal(const struct consent *c);
/* May `name` approve it now? -1 with `e` saying why not (not present, wrong role, has signed, locked until). */
int consent_may_approve(const struct consent *c, const char *name, int64_t now_ms, struct error *e);
bool consent_has_quorum(const struct consent *c);
bool consent_expired(const struct consent *c, int64_t now_ms);
/* The act that is intended but neither done nor failed; NULL when none is open. Its seq is that of act.intended. */
const struct proposal *consent_open_act(const struct consent *c, uint64_t *intended);
/* Spends the authority of the open act whose act.intended is `intended`: only the helper calls this, once. -1 when it
 * is not the open act, was spent before, or was open already when the ceremony was resumed. */
int consent_spend(struct consent *c, uint64_t intended, const char *act, struct error *e);
bool consent_begun(const struct consent *c); /* the `begin` act is done */
bool consent_closed(const struct consent *c);
/* The ceremony is paused, and who was present signed it: ceremony.resumed must bring their signatures. */
bool consent_sealed(const struct consent *c);
/* Roll call again is needed (ceremony.resumed came and its `resume` act is not done). */
bool consent_resuming(const struct consent *c);

#endif
