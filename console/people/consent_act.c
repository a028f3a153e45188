/* An act: proposed, approved over one checkpoint, intended, ended. */
#include "people/consent_state.h"

#include <stdio.h>
#include <string.h>

/* The cosignature's seconds lie between the proposal's time and the approval entry's, both widened to whole seconds. */
static int check_seconds(const struct entry *entry, const char *name, int64_t since, int64_t seconds, struct error *e)
{
	if (seconds < since / 1000 || seconds > (entry->time + 999) / 1000)
		return error_set(e, ERROR_FAULT,
		        N_("Entry %llu: the time of the cosignature of %s is not between what it signs and its entry."),
		        (unsigned long long)entry->seq, name);
	return 0;
}

static int bad_signature(const struct entry *entry, const char *whose, const struct error *cause, struct error *e)
{
	struct bytes why = {0};

	if (cause->code == ERROR_MEMORY) /* and so says nothing about the signature */
		return error_memory(e);
	error_text(cause, &why);
	error_set(e, ERROR_FAULT,
	        N_("Entry %llu: the signature of %s does not verify over the checkpoint it is for: %s"),
	        (unsigned long long)entry->seq, whose, bytes_string(&why));
	bytes_free(&why);
	return -1;
}

/* All approvers stand under one checkpoint, so the console's line (deterministic Ed25519) is mostly one that verified a
 * moment ago. */
static int check_console(struct consent *c, const struct entry *entry, const struct json *line,
        const struct bytes *checkpoint, struct error *e)
{
	struct error cause = {0};

	if (c->console_line.len == line->len && line->len && memcmp(c->console_line.data, line->text, line->len) == 0)
		return 0;
	if (note_verify(&c->console, line->text, line->len, bytes_string(checkpoint), checkpoint->len, NULL, &cause))
		return bad_signature(entry, c->console.name, &cause, e);
	bytes_clear(&c->console_line);
	bytes_add(&c->console_line, line->text, line->len);
	return bytes_end(&c->console_line, e);
}

int consent_signatures(struct consent *c, const struct entry *entry, const struct person *person,
        const struct bytes *checkpoint, int64_t since, struct error *e)
{
	const struct json *line = json_get(entry->data, "cosignature"), *console = json_get(entry->data, "console");
	struct error cause = {0};
	int64_t seconds = -1;

	if (!line || line->type != JSON_STRING)
		return consent_malformed(entry, "cosignature", e);
	if (!console || console->type != JSON_STRING)
		return consent_malformed(entry, "console", e);
	if (note_verify(
	            &person->key, line->text, line->len, bytes_string(checkpoint), checkpoint->len, &seconds, &cause))
		return bad_signature(entry, person->name, &cause, e);
	if (check_seconds(entry, person->name, since, seconds, e) ||
	        consent_card(c, entry, person->name, checkpoint, seconds, e))
		return -1;
	return check_console(c, entry, console, checkpoint, e);
}

bool consent_keys_are(const struct json *order, const char *const *keys)
{
	const struct json *member = order->child;

	for (; *keys; keys++, member = member->next)
		if (!member || strcmp(member->key, *keys) != 0)
			return false;
	return !member;
}

bool consent_is_sha256(const struct json *order, const char *key, const uint8_t expected[32])
{
	const char *text = json_text(order, key);
	uint8_t found[32];

	return text && !hex_decode(text, strlen(text), found, sizeof found) && memcmp(found, expected, 32) == 0;
}

/* `begin`: this script, this site, these people. */
static int judge_begin(const struct consent *c, const struct json *order, struct error *e)
{
	const struct policy *p = c->policy;

	if (c->begun)
		return error_set(
		        e, ERROR_FAULT, N_("act.proposed: the ceremony has begun already; begin is done once."));
	for (size_t i = 0; i < p->role_count; i++)
		if (consent_present(c, p->roles[i].name) < p->roles[i].minimum)
			return error_set(e, ERROR_FAULT,
			        N_("act.proposed: begin needs %u of role %s and %u are present."), p->roles[i].minimum,
			        p->roles[i].name, consent_present(c, p->roles[i].name));
	if (!consent_is_sha256(order, "script_sha256", p->script_sha256))
		return error_set(e, ERROR_FAULT, N_("act.proposed: begin names another script than ceremony.opened."));
	if (!consent_is_sha256(order, "site_sha256", p->site_sha256))
		return error_set(e, ERROR_FAULT, N_("act.proposed: begin names another site than ceremony.opened."));
	if (!consent_is_present(c, json_get(order, "people")))
		return error_set(e, ERROR_FAULT,
		        N_("act.proposed: begin does not name the people present, in the order they joined."));
	return 0;
}

/* `attend`: the roster as it is after people came and went. */
static int judge_attend(const struct consent *c, const struct json *order, struct error *e)
{
	if (!consent_is_present(c, json_get(order, "people")))
		return error_set(e, ERROR_FAULT,
		        N_("act.proposed: attend does not name the people present, in the order they joined."));
	return 0;
}

/* `accept-exception`: of entries that are there. */
static int judge_accept(const struct consent *c, const struct json *order, struct error *e)
{
	const struct json *about = json_get(order, "about"), *each = about ? about->child : NULL;

	while (each && each->type == JSON_INT && each->number >= 0 && (uint64_t)each->number < c->next)
		each = each->next;
	if (!about || about->type != JSON_ARRAY || each)
		return error_set(
		        e, ERROR_FAULT, N_("act.proposed: accept-exception is not about a list of earlier entries."));
	return 0;
}

static int judge_resume(const struct consent *c, const struct json *order, struct error *e)
{
	if (json_number(order, "of", -1) != (int64_t)c->resumed)
		return error_set(e, ERROR_FAULT,
		        N_("act.proposed: resume must be of entry %llu, the newest ceremony.resumed."),
		        (unsigned long long)c->resumed);
	return 0;
}

/* Which acts may be proposed now at all. */
static int judge_moment(const struct consent *c, const struct act_rule *rule, struct error *e)
{
	bool resume = strcmp(rule->act, "resume") == 0, begin = strcmp(rule->act, "begin") == 0;

	if (c->resuming && !resume)
		return error_set(
		        e, ERROR_FAULT, N_("act.proposed: %s must wait until the resume act is done."), rule->act);
	if (!c->resuming && resume)
		return error_set(
		        e, ERROR_FAULT, N_("act.proposed: there is no ceremony.resumed that resume could be of."));
	if (!c->begun && !resume && !begin)
		return error_set(e, ERROR_FAULT, N_("act.proposed: %s must wait until begin is done."), rule->act);
	return 0;
}

/* Whose consent the act needs, from the policy of entry 0 alone: NULL in *role is everyone present. */
static int judge_role(const struct consent *c, const struct act_rule *rule, const struct policy_step *step,
        const char **role, const char **witness, unsigned *need, struct error *e)
{
	const struct policy_role *found;
	/* Where no such role stands beside the one in control, everyone present is the witness. */
	bool witnessed = rule->judge == JUDGE_WITNESSED && policy_role(c->policy, policy_witness) &&
	                 strcmp(c->policy->control, policy_witness) != 0;

	*role = NULL;
	*witness = witnessed ? policy_witness : "";
	*need = consent_present(c, NULL);
	if (rule->judge == JUDGE_ALL || (rule->judge == JUDGE_WITNESSED && !witnessed))
		return *need ? 0
		             : error_set(e, ERROR_FAULT, N_("act.proposed: %s needs everyone present, and nobody is."),
		                       rule->act);
	*role = rule->judge == JUDGE_STEP ? step->approve : c->policy->control;
	found = policy_role(c->policy, *role);
	if (!found || !found->quorum)
		return error_set(e, ERROR_INTERNAL, N_("act.proposed: the policy has no quorum for %s."), rule->act);
	*need = found->quorum + witnessed;
	return 0;
}

static int judge_step(const struct consent *c, const struct entry *entry, const struct act_rule *rule,
        const struct policy_step **step, struct error *e)
{
	*step = policy_step(c->policy, entry->step);
	if (entry->step && !*step)
		return error_set(e, ERROR_FAULT, N_("act.proposed: the script has no step %s."), entry->step);
	if (!rule->kind)
		return 0;
	if (!*step)
		return error_set(
		        e, ERROR_FAULT, N_("act.proposed: %s belongs to a step, and none is named."), rule->act);
	if (strcmp((*step)->kind, rule->kind) != 0 &&
	        (!rule->other_kind || strcmp((*step)->kind, rule->other_kind) != 0))
		return error_set(e, ERROR_FAULT, N_("act.proposed: step %s is of kind %s and cannot propose %s."),
		        (*step)->id, (*step)->kind, rule->act);
	return 0;
}

/* `change-custodians`, `share-secret`: each share has one holder, who is here, and fewer than all of them open it or
 * all do. */
static int judge_holders(
        const struct consent *c, const struct act_rule *rule, const struct json *order, struct error *e)
{
	const struct json *holders = json_get(order, "holders"), *open = json_get(order, "still_open");
	int64_t shares = json_number(order, "shares", -1), threshold = json_number(order, "threshold", -1), count = 0;
	const struct json *h = holders && holders->type == JSON_ARRAY ? holders->child : NULL;

	for (; h; h = h->next, count++) {
		const struct person *p = h->type == JSON_STRING ? consent_find(c, h->text) : NULL;
		for (const struct json *other = holders->child; p && other != h; other = other->next)
			if (strcmp(other->text, h->text) == 0)
				p = NULL;
		if (!p || !p->present)
			return error_set(e, ERROR_FAULT,
			        N_("act.proposed: %s does not give each share to one person who is here."), rule->act);
	}
	h = open && open->type == JSON_ARRAY ? open->child : NULL;
	while (h && h->type == JSON_STRING)
		h = h->next;
	if (count != shares || threshold < 2 || threshold > shares || !open || open->type != JSON_ARRAY || h)
		return error_set(e, ERROR_FAULT,
		        N_("act.proposed: %s has not as many holders as shares, or no threshold between 2 and their "
		           "number."),
		        rule->act);
	return 0;
}

static int judge_pin(const struct consent *c, const struct act_rule *rule, const struct json *order, struct error *e)
{
	const char *pin = json_text(order, "pin");

	if (!pin || (strcmp(pin, "user") != 0 && strcmp(pin, "so") != 0))
		return error_set(
		        e, ERROR_FAULT, N_("act.proposed: %s is of neither the user PIN nor the SO PIN."), rule->act);
	return json_get(order, "holders") ? judge_holders(c, rule, order, e) : 0;
}

static int judge_order(const struct consent *c, const struct act_rule *rule, const struct json *order, struct error *e)
{
	const char *hsm = json_text(order, "hsm");

	if (!consent_keys_are(order, rule->order))
		return error_set(
		        e, ERROR_FAULT, N_("act.proposed: the order of %s does not have exactly its keys."), rule->act);
	if (rule->hsm && !policy_hsm(c->policy, hsm))
		return error_set(e, ERROR_FAULT,
		        N_("act.proposed: %s names the HSM \"%s\", which the script does not have."), rule->act,
		        hsm ? hsm : "");
	if (strcmp(rule->act, "begin") == 0)
		return judge_begin(c, order, e);
	if (strcmp(rule->act, "attend") == 0)
		return judge_attend(c, order, e);
	if (strcmp(rule->act, "accept-exception") == 0)
		return judge_accept(c, order, e);
	if (strcmp(rule->act, "amend-script") == 0)
		return consent_judge_amend(c, order, e);
	if (json_get(order, "pin"))
		return judge_pin(c, rule, order, e);
	return strcmp(rule->act, "resume") == 0 ? judge_resume(c, order, e) : 0;
}

static int check_role_and_need(
        const struct entry *entry, const struct act_rule *rule, const char *role, unsigned need, struct error *e)
{
	const struct json *named = json_get(entry->data, "role");
	int64_t stated = json_number(entry->data, "need", -1);

	if (!named || (named->type != JSON_NULL && named->type != JSON_STRING))
		return consent_malformed(entry, "role", e);
	if (!role && named->type != JSON_NULL)
		return error_set(e, ERROR_FAULT, N_("act.proposed: %s is for everyone present, not for the role %s."),
		        rule->act, named->text);
	if (role && (named->type != JSON_STRING || strcmp(named->text, role) != 0))
		return error_set(e, ERROR_FAULT, N_("act.proposed: %s must be approved by the role %s, not by %s."),
		        rule->act, role, named->type == JSON_STRING ? named->text : "everyone");
	if (stated != (int64_t)need)
		return error_set(e, ERROR_FAULT, N_("act.proposed: %s needs %u approvals, not %lld."), rule->act, need,
		        (long long)stated);
	return 0;
}

static int keep_proposal(struct consent *c, const struct entry *entry, const struct tree *after,
        const struct json *order, const char *role, struct error *e)
{
	struct proposal *p = &c->proposal;
	struct json_writer w = {.out = &p->order};

	p->seq = entry->seq;
	p->time = entry->time;
	p->approvals = 0;
	p->refused = false;
	snprintf(p->act, sizeof p->act, "%s", c->rule->act);
	snprintf(p->step, sizeof p->step, "%s", entry->step ? entry->step : "");
	snprintf(p->role, sizeof p->role, "%s", role ? role : "");
	bytes_clear(&p->order);
	json_put(&w, order);
	if (bytes_end(&p->order, e))
		return -1;
	if (sha256(p->order.data, p->order.len, p->order_sha256))
		return error_memory(e);
	c->state = STATE_PROPOSED;
	c->spent = false;
	return consent_checkpoint(c, after, &p->checkpoint, e);
}

int consent_propose(struct consent *c, const struct entry *entry, const struct tree *after, struct error *e)
{
	const char *act = json_text(entry->data, "act"), *role, *witness;
	const struct json *order = json_get(entry->data, "order");
	const struct act_rule *rule = act_rule(act);
	const struct policy_step *step;
	unsigned need;

	if (!act)
		return consent_malformed(entry, "act", e);
	if (!rule)
		return error_set(e, ERROR_FAULT, N_("act.proposed: there is no act \"%s\"."), act);
	if (!order || order->type != JSON_OBJECT)
		return consent_malformed(entry, "order", e);
	if (judge_moment(c, rule, e) || judge_step(c, entry, rule, &step, e) || judge_order(c, rule, order, e) ||
	        judge_role(c, rule, step, &role, &witness, &need, e) || check_role_and_need(entry, rule, role, need, e))
		return -1;
	c->rule = rule;
	c->proposal.need = need;
	snprintf(c->proposal.witness, sizeof c->proposal.witness, "%s", witness);
	return keep_proposal(c, entry, after, order, role, e);
}

/* `of` must be the proposal, and time must not run back while it lives: its fifteen minutes are counted by the entries.
 */
static int is_of_proposal(const struct consent *c, const struct entry *entry, struct error *e)
{
	uint64_t of;

	if (consent_of(entry, &of, e))
		return -1;
	if (of != c->proposal.seq)
		return error_set(e, ERROR_FAULT,
		        N_("Entry %llu (%s) speaks of entry %llu; the proposal is entry %llu."),
		        (unsigned long long)entry->seq, event_name(entry->event), (unsigned long long)of,
		        (unsigned long long)c->proposal.seq);
	if (entry->time < c->proposal.time)
		return error_set(e, ERROR_FAULT, N_("Entry %llu (%s) is dated before the proposal it speaks of."),
		        (unsigned long long)entry->seq, event_name(entry->event));
	return 0;
}

/* Present and of the role that judges. */
static int is_judge(const struct consent *c, const char *name, struct error *e)
{
	const struct person *person = consent_find(c, name);

	if (!person || !person->present)
		return error_set(e, ERROR_FAULT, N_("%s is not present and cannot judge %s."), name, c->proposal.act);
	if (c->proposal.role[0] && strcmp(person->role, c->proposal.role) != 0 &&
	        strcmp(person->role, c->proposal.witness) != 0)
		return error_set(e, ERROR_FAULT, N_("%s has the role %s; %s is judged by the role %s."), name,
		        person->role, c->proposal.act, c->proposal.role);
	return 0;
}

static int may_sign(const struct consent *c, const char *name, int64_t now_ms, struct error *e)
{
	if (is_judge(c, name, e))
		return -1;
	for (unsigned i = 0; i < c->proposal.approvals; i++)
		if (strcmp(c->proposal.approved_by[i], name) == 0)
			return error_set(e, ERROR_FAULT, N_("%s has approved %s already."), name, c->proposal.act);
	return consent_locked(consent_find(c, name), now_ms, e);
}

static const struct proposal *live(const struct consent *c)
{
	const struct proposal *p = consent_proposal(c);
	return p && !p->refused ? p : NULL;
}

int consent_may_approve(const struct consent *c, const char *name, int64_t now_ms, struct error *e)
{
	if (!live(c))
		return error_set(e, ERROR_FAULT, N_("No act is proposed that %s could approve."), name);
	if (consent_expired(c, now_ms))
		return error_set(e, ERROR_FAULT,
		        N_("The proposal of %s is older than %d minutes; it must be made anew."), c->proposal.act,
		        APPROVAL_MINUTES);
	return may_sign(c, name, now_ms, e);
}

bool consent_has_quorum(const struct consent *c)
{
	return live(c) && consent_parts_agree(c, false);
}

bool consent_expired(const struct consent *c, int64_t now_ms)
{
	return live(c) && now_ms - c->proposal.time > APPROVAL_MINUTES * INT64_C(60000);
}

int consent_approve(struct consent *c, const struct entry *entry, struct error *e)
{
	const char *name = json_text(entry->data, "person");
	struct person *person = consent_seat(c, name);
	struct proposal *p = &c->proposal;

	if (!name)
		return consent_malformed(entry, "person", e);
	if (is_of_proposal(c, entry, e) || may_sign(c, name, entry->time, e) ||
	        consent_signatures(c, entry, person, &p->checkpoint, p->time, e))
		return -1;
	memcpy(p->approved_by[p->approvals++], person->name, sizeof person->name);
	person->failures = 0;
	person->locked_until = 0;
	return 0;
}

int consent_refuse(struct consent *c, const struct entry *entry, struct error *e)
{
	const char *name = json_text(entry->data, "person");

	if (!name)
		return consent_malformed(entry, "person", e);
	if (is_of_proposal(c, entry, e) || is_judge(c, name, e))
		return -1;
	c->proposal.refused = true;
	return 0;
}

int consent_void(struct consent *c, const struct entry *entry, struct error *e)
{
	if (is_of_proposal(c, entry, e))
		return -1;
	c->state = STATE_IDLE;
	return 0;
}

/* Distinct people under this very checkpoint, still present. */
static unsigned standing(const struct consent *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->proposal.approvals; i++) {
		const struct person *person = consent_find(c, c->proposal.approved_by[i]);

		n += person && person->present;
	}
	return n;
}

int consent_intend(struct consent *c, const struct entry *entry, struct error *e)
{
	if (is_of_proposal(c, entry, e))
		return -1;
	if (consent_expired(c, entry->time))
		return error_set(e, ERROR_FAULT,
		        N_("The proposal of %s is older than %d minutes; it must be made anew."), c->proposal.act,
		        APPROVAL_MINUTES);
	if (!consent_parts_agree(c, true) && standing(c) >= c->proposal.need)
		return error_set(e, ERROR_FAULT,
		        N_("act.intended: %s is approved by %u people, and not by the roles it needs."),
		        c->proposal.act, standing(c));
	if (!consent_parts_agree(c, true))
		return error_set(e, ERROR_FAULT, N_("act.intended: %s has %u of the %u approvals it needs."),
		        c->proposal.act, standing(c), c->proposal.need);
	c->state = STATE_OPEN;
	c->intended = entry->seq;
	return 0;
}

int consent_end_act(struct consent *c, const struct entry *entry, struct error *e)
{
	uint64_t of;

	if (consent_of(entry, &of, e))
		return -1;
	if (of != c->intended)
		return error_set(e, ERROR_FAULT,
		        N_("Entry %llu (%s) speaks of entry %llu; the open act was intended at entry %llu."),
		        (unsigned long long)entry->seq, event_name(entry->event), (unsigned long long)of,
		        (unsigned long long)c->intended);
	c->state = STATE_IDLE;
	if (entry->event == ACT_FAILED)
		return 0;
	if (c->rule->judge == JUDGE_ALL)
		c->begun = true;
	if (strcmp(c->rule->act, "resume") == 0)
		c->resuming = false;
	return strcmp(c->rule->act, "amend-script") == 0 ? consent_amended(c, e) : 0;
}
