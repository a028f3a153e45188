/* Private to people/consent*.c: what the fold remembers, and its parts. */
#ifndef PEOPLE_CONSENT_STATE_H
#define PEOPLE_CONSENT_STATE_H

#include "base/bytes.h"
#include "base/error.h"
#include "people/consent.h"

/* Console keys of one ceremony: entry 0 and one for each resume. */
enum { CONSOLES_MAX = 1024 };

enum act_state { STATE_IDLE, STATE_PROPOSED, STATE_OPEN };

struct consent {
	struct policy *policy;
	uint8_t script[32]; /* SHA-256 of the script in force: entry 0's, or the newest amendment's */
	struct vkey console;
	uint8_t (*consoles)[32]; /* every console key so far, the one in force last */
	size_t console_count;

	struct person people[PEOPLE_MAX]; /* in the order of their newest joining */
	size_t people_count;
	struct person *joining;
	int64_t joining_time;
	struct bytes joining_checkpoint;

	enum act_state state;
	struct proposal proposal;
	const struct act_rule *rule;
	uint64_t intended; /* seq of its act.intended */
	bool spent;
	bool cut;              /* some act was open when the ceremony was resumed … */
	uint64_t cut_intended; /* … this one, at the newest of those resumes */

	struct bytes sealed;   /* the checkpoint that ends in the ceremony.paused that stands last … */
	int64_t sealed_time;   /* … its time, ms … */
	char (*sealed_by)[65]; /* … and who is to have cosigned it, in this order; none: it was not sealed */
	size_t sealed_count;
	struct bytes console_line; /* verified already over the checkpoint that is being signed; empty: none yet */

	uint64_t next;       /* seq of the next entry */
	uint64_t exceptions; /* noted so far */
	uint64_t resumed;    /* seq of the newest ceremony.resumed */
	bool begun, closed, paused, resuming, dead;
};

/* Every handler: 0, or -1 with `e`. The order of events has been judged before (consent.c). */
int consent_joined(struct consent *c, const struct entry *entry, const struct tree *after, struct error *e);
int consent_noted(struct consent *c, const struct entry *entry, struct error *e);
int consent_left(struct consent *c, const struct entry *entry, struct error *e);
int consent_login_failed(struct consent *c, const struct entry *entry, struct error *e);
int consent_prove(struct consent *c, const struct entry *entry, struct error *e);
int consent_refuse_join(struct consent *c, const struct entry *entry, struct error *e);
void consent_drop_join(struct consent *c);
int consent_resumed(struct consent *c, const struct entry *entry, struct error *e);
int consent_cosigners(const struct consent *c, const struct entry *entry, struct error *e);
/* ceremony.paused, and the seal of it in ceremony.resumed: judged before the new console key is taken. */
int consent_paused(struct consent *c, const struct entry *entry, const struct tree *after, struct error *e);
int consent_unseal(struct consent *c, const struct entry *entry, struct error *e);

int consent_propose(struct consent *c, const struct entry *entry, const struct tree *after, struct error *e);
int consent_approve(struct consent *c, const struct entry *entry, struct error *e);
int consent_refuse(struct consent *c, const struct entry *entry, struct error *e);
int consent_void(struct consent *c, const struct entry *entry, struct error *e);
int consent_intend(struct consent *c, const struct entry *entry, struct error *e);
int consent_end_act(struct consent *c, const struct entry *entry, struct error *e);

/* The signatures of an approval.given, the card's among them, over `checkpoint`, whose last entry was written at
 * `since` (ms). */
int consent_signatures(struct consent *c, const struct entry *entry, const struct person *person,
        const struct bytes *checkpoint, int64_t since, struct error *e);
/* The `card` of an approval.given of `name`, whose cosignature over `checkpoint` bears these seconds. */
int consent_card(const struct consent *c, const struct entry *entry, const char *name, const struct bytes *checkpoint,
        int64_t seconds, struct error *e);
bool consent_keys_are(const struct json *order, const char *const *keys);
bool consent_is_sha256(const struct json *order, const char *key, const uint8_t expected[32]);
/* Did as many approve as the open proposal needs, of the roles that it needs? `present`: those who left do not count.
 */
bool consent_parts_agree(const struct consent *c, bool present);
int consent_judge_amend(const struct consent *c, const struct json *order, struct error *e);
/* The act is done: its steps are those of the policy from here on. */
int consent_amended(struct consent *c, struct error *e);
int consent_locked(const struct person *person, int64_t now_ms, struct error *e);
struct person *consent_seat(struct consent *c, const char *name);
/* Is the array `names` exactly the people present, in joining order? */
bool consent_is_present(const struct consent *c, const struct json *names);
/* The checkpoint text ending in the entry that `after` ends in. */
int consent_checkpoint(struct consent *c, const struct tree *after, struct bytes *out, struct error *e);
/* The member's seq; -1 with `e` when it is missing or none. */
int consent_of(const struct entry *entry, uint64_t *of, struct error *e);
int consent_malformed(const struct entry *entry, const char *key, struct error *e);

#endif
