/* What entry 0 says of a ceremony, and the list of its steps where one entry does not hold it: the policy that consent
 * is judged by, from the record alone. */
#ifndef PEOPLE_POLICY_H
#define PEOPLE_POLICY_H

#include "record/entry.h"
#include "record/note.h"

enum { POLICY_STEPS_A_LINE = 100 }; /* steps that one entry lists: what is most of them fits 64 KiB by far */

struct policy_role {
	char *name;
	unsigned minimum, maximum, quorum; /* quorum 0: null in the record */
};
struct policy_person {
	char *name, *role;
	struct vkey key;
	bool has_card;    /* signs every approval with a smart card too … */
	uint8_t card[32]; /* … whose certificate has this SHA-256 */
};
struct policy_step {
	char *id, *kind, *approve; /* approve NULL: none */
};
struct policy_hsm {
	char *name, *module, *label, *serial, *login;
	uint8_t module_sha256[32];
	bool software;
};
struct policy {
	char *origin, *control;
	bool rehearsal;
	struct vkey console;
	uint8_t script_sha256[32], site_sha256[32];
	struct policy_role *roles;
	size_t role_count;
	char ***exclusive;            /* NULL-terminated lists of role names, NULL at the end */
	struct policy_person *people; /* pinned; none: anyone may sit down */
	size_t person_count;
	struct policy_step *steps;        /* those that are listed so far; in force, by the amendments */
	size_t step_count, step_total;    /* the list is whole when they are equal */
	const struct policy_step **by_id; /* all of them in the order of their ids, once the list is whole */
	struct policy_hsm *hsms;
	size_t hsm_count;
};

/* Who runs the ceremony has no vote in it: this role has no quorum, approves nothing, controls nothing, holds no share.
 */
extern const char policy_no_vote[];

/* The role of which one person more than the control quorum must approve an amendment of the script. */
extern const char policy_witness[];

/* Reads ceremony.opened. Refuses: a console key not named as the origin, an origin that says rehearsal/ without the
 * flag or the reverse, a quorum below 2 or above the count for any role that approves, unknown roles, a privileged step
 * without `approve`, an administrator with a vote, small-order or repeated keys, repeated cards. NULL with `e`. */
struct policy *policy_parse(const struct entry *opened, struct error *e);
void policy_free(struct policy **p);
/* The entries behind entry 0 that go on with its list, a line of steps each, until the list is whole. */
int policy_listed(struct policy *p, const struct entry *listed, struct error *e);
bool policy_whole(const struct policy *p);
/* Another list by the same rules, under the roles of `p`: its first `kept` steps, those of `steps` (a JSON array), and
 * its last `rest`. With `keep` it takes the place of the one in force. -1 with `e`: it breaks a rule, and `p` is as it
 * was. */
int policy_amend(struct policy *p, size_t kept, const struct json *steps, size_t rest, bool keep, struct error *e);
const struct policy_role *policy_role(const struct policy *p, const char *name);
const struct policy_step *policy_step(const struct policy *p, const char *id);
const struct policy_hsm *policy_hsm(const struct policy *p, const char *name);
/* The certificate's SHA-256 of the card with which this person must sign, or NULL: in a rehearsal nobody has a card. */
const uint8_t *policy_card(const struct policy *p, const char *person);
/* Do `a` and `b` exclude each other (or are they the same)? */
bool policy_excludes(const struct policy *p, const char *a, const char *b);
/* Which acts need a step's `approve` role, which the control role, which everyone present, and which the control role
 * and one witness besides. */
enum act_judge { JUDGE_STEP, JUDGE_CONTROL, JUDGE_ALL, JUDGE_WITNESSED };
struct act_rule {
	const char *act;               /* "generate-key" */
	const char *kind, *other_kind; /* the step kinds that may propose it; both NULL: any, or none */
	enum act_judge judge;
	bool hsm;              /* done by the helper */
	const char *order[16]; /* the order's keys, exactly and in this order; NULL at the end */
};
const struct act_rule *act_rule(const char *act); /* NULL: no such act */

#endif
