/* The fold of consent: which event may stand where, and the questions asked of it. People are in consent_people.c, acts
 * in consent_act.c. */
#include "people/consent_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define BIT(event) (UINT32_C(1) << (event))
_Static_assert(EVENTS <= 32, "a set of events is a uint32_t");

struct consent *consent_new(void)
{
	return calloc(1, sizeof(struct consent));
}

void consent_free(struct consent **c)
{
	struct consent *old = *c;

	if (!old)
		return;
	policy_free(&old->policy);
	free(old->consoles);
	bytes_free(&old->joining_checkpoint);
	bytes_free(&old->proposal.order);
	bytes_free(&old->proposal.checkpoint);
	bytes_free(&old->console_line);
	bytes_free(&old->sealed);
	free(old->sealed_by);
	free(old);
	*c = NULL;
}

int consent_malformed(const struct entry *entry, const char *key, struct error *e)
{
	return error_set(e, ERROR_FAULT, N_("Entry %llu (%s): \"%s\" is missing or not of its form."),
	        (unsigned long long)entry->seq, event_name(entry->event), key);
}

int consent_of(const struct entry *entry, uint64_t *of, struct error *e)
{
	int64_t number = json_number(entry->data, "of", -1);

	if (number < 0)
		return consent_malformed(entry, "of", e);
	*of = (uint64_t)number;
	return 0;
}

int consent_checkpoint(struct consent *c, const struct tree *after, struct bytes *out, struct error *e)
{
	uint8_t root[32];

	if (tree_root(after, root))
		return error_memory(e);
	bytes_clear(out);
	checkpoint_text(out, c->policy->origin, after->size, root);
	bytes_clear(&c->console_line);
	return bytes_end(out, e);
}

static int add_console(struct consent *c, const struct vkey *key, struct error *e)
{
	uint8_t(*grown)[32] = realloc(c->consoles, (c->console_count + 1) * sizeof *grown);

	if (!grown)
		return error_memory(e);
	c->consoles = grown;
	memcpy(c->consoles[c->console_count++], key->public_key, 32);
	c->console = *key;
	bytes_clear(&c->console_line);
	return 0;
}

static int open_ceremony(struct consent *c, const struct entry *entry, struct error *e)
{
	c->policy = policy_parse(entry, e);
	if (!c->policy)
		return -1;
	memcpy(c->script, c->policy->script_sha256, sizeof c->script);
	return add_console(c, &c->policy->console, e);
}

/* A resumed ceremony's console key is new: neither a console's before it nor a person's. */
static int console_key_is_new(const struct consent *c, const struct vkey *key, struct error *e)
{
	bool used = false;

	for (size_t i = 0; i < c->console_count; i++)
		used |= memcmp(c->consoles[i], key->public_key, 32) == 0;
	for (size_t i = 0; i < c->people_count; i++)
		used |= memcmp(c->people[i].key.public_key, key->public_key, 32) == 0;
	for (size_t i = 0; i < c->policy->person_count; i++)
		used |= memcmp(c->policy->people[i].key.public_key, key->public_key, 32) == 0;
	if (used)
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.resumed: the console's key is not new; each resume makes its own."));
	if (c->console_count >= CONSOLES_MAX)
		return error_set(e, ERROR_FAULT, N_("ceremony.resumed: the ceremony was resumed more than %d times."),
		        CONSOLES_MAX);
	return 0;
}

static int take_console(struct consent *c, const struct entry *entry, struct error *e)
{
	const char *text = json_text(entry->data, "console");
	struct error cause = {0};
	struct vkey key;

	if (!text)
		return consent_malformed(entry, "console", e);
	if (vkey_parse(&key, text, strlen(text), &cause)) {
		struct bytes why = {0};

		if (cause.code == ERROR_MEMORY)
			return error_memory(e);
		error_text(&cause, &why);
		error_set(e, ERROR_FAULT, N_("ceremony.resumed: the console's key is refused: %s"), bytes_string(&why));
		bytes_free(&why);
		return -1;
	}
	if (key.type != NOTE_ED25519)
		return error_set(
		        e, ERROR_FAULT, N_("ceremony.resumed: the console's key is not a signer's key (type 01)."));
	if (strcmp(key.name, c->policy->origin) != 0)
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.resumed: the console's key is named %s, not as the origin."), key.name);
	return console_key_is_new(c, &key, e) ? -1 : add_console(c, &key, e);
}

/* Everyone is absent until they prove their key again, and an authority that was open is spent for ever: what became of
 * the act is for people to find out, never for the program to repeat. */
int consent_resumed(struct consent *c, const struct entry *entry, struct error *e)
{
	if (json_number(entry->data, "open_intent", -1) != (c->state == STATE_OPEN ? (int64_t)c->intended : -1))
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.resumed at entry %llu does not name the act that was open, or names one that was "
		           "not."),
		        (unsigned long long)entry->seq);
	if (consent_unseal(c, entry, e) || take_console(c, entry, e))
		return -1;
	if (c->state == STATE_OPEN) {
		c->cut = true;
		c->cut_intended = c->intended;
	}
	c->state = STATE_IDLE;
	consent_drop_join(c);
	for (size_t i = 0; i < c->people_count; i++)
		c->people[i].present = c->people[i].proved = false;
	c->paused = false;
	c->resuming = true;
	c->resumed = entry->seq;
	return 0;
}

static int close_ceremony(struct consent *c, const struct entry *entry, struct error *e)
{
	if (!c->begun)
		return error_set(
		        e, ERROR_FAULT, N_("ceremony.closed: the ceremony cannot close before begin is done."));
	if (json_number(entry->data, "exceptions", -1) != (int64_t)c->exceptions)
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.closed counts other exceptions than the %llu that were noted."),
		        (unsigned long long)c->exceptions);
	if (consent_cosigners(c, entry, e))
		return -1;
	c->closed = true;
	return 0;
}

/* What stands where: one row for each situation, the first that holds. */
struct gate {
	uint32_t may;
	const char *refusal; /* of the entry's seq and event */
};

static struct gate gate_of(const struct consent *c)
{
	const uint32_t judging = BIT(APPROVAL_GIVEN) | BIT(APPROVAL_REFUSED) | BIT(ACT_VOIDED) | BIT(ACT_INTENDED) |
	                         BIT(ACT_DONE) | BIT(ACT_FAILED);

	if (!c->policy)
		return (struct gate){
		        BIT(CEREMONY_OPENED), N_("Entry %llu (%s): the first entry must be ceremony.opened.")};
	if (!policy_whole(c->policy))
		return (struct gate){BIT(STEPS_LISTED) | BIT(EXCEPTION_NOTED) | BIT(CEREMONY_RESUMED),
		        N_("Entry %llu (%s): the list of steps is not whole; steps.listed must go on with it.")};
	if (c->closed)
		return (struct gate){0, N_("Entry %llu (%s): nothing may follow ceremony.closed.")};
	if (c->paused)
		return (struct gate){BIT(CEREMONY_RESUMED),
		        N_("Entry %llu (%s): the ceremony is paused; only ceremony.resumed may follow.")};
	if (c->state == STATE_OPEN)
		return (struct gate){BIT(EXCEPTION_NOTED) | BIT(ACT_DONE) | BIT(ACT_FAILED) | BIT(CEREMONY_RESUMED),
		        N_("Entry %llu (%s): an act is open; only exception.noted may stand before its end.")};
	if (c->state == STATE_PROPOSED && c->proposal.refused)
		return (struct gate){BIT(APPROVAL_REFUSED) | BIT(ACT_VOIDED) | BIT(CEREMONY_RESUMED),
		        N_("Entry %llu (%s): the proposal was refused; only act.voided may follow.")};
	if (c->state == STATE_PROPOSED)
		return (struct gate){BIT(APPROVAL_GIVEN) | BIT(APPROVAL_REFUSED) | BIT(LOGIN_FAILED) | BIT(ACT_VOIDED) |
		                             BIT(ACT_INTENDED) | BIT(CEREMONY_RESUMED),
		        N_("entry %llu (%s): an act is proposed; before act.intended stand only approvals and "
		           "login.failed")};
	if (c->joining)
		return (struct gate){BIT(APPROVAL_GIVEN) | BIT(APPROVAL_REFUSED) | BIT(LOGIN_FAILED) |
		                             BIT(CEREMONY_PAUSED) | BIT(EXCEPTION_NOTED) | BIT(PERSON_LEFT) |
		                             BIT(CEREMONY_RESUMED),
		        N_("Entry %llu (%s): someone has joined and must prove their key first.")};
	if (c->resuming)
		return (struct gate){BIT(PERSON_JOINED) | BIT(PERSON_LEFT) | BIT(LOGIN_FAILED) | BIT(EXCEPTION_NOTED) |
		                             BIT(CEREMONY_PAUSED) | BIT(ACT_PROPOSED) | BIT(CEREMONY_RESUMED),
		        N_("Entry %llu (%s): the ceremony is resumed; roll call and the resume act come first.")};
	return (struct gate){~(judging | BIT(CEREMONY_OPENED) | BIT(STEPS_LISTED)),
	        N_("Entry %llu (%s): there is nothing open that it could speak of.")};
}

static int take(struct consent *c, const struct entry *entry, const struct tree *after, struct error *e)
{
	switch (entry->event) {
	case CEREMONY_OPENED:
		return open_ceremony(c, entry, e);
	case STEPS_LISTED:
		return policy_listed(c->policy, entry, e);
	case PERSON_JOINED:
		return consent_joined(c, entry, after, e);
	case PERSON_LEFT:
		return consent_left(c, entry, e);
	case LOGIN_FAILED:
		return consent_login_failed(c, entry, e);
	case ACT_PROPOSED:
		return consent_propose(c, entry, after, e);
	case APPROVAL_GIVEN:
		return c->joining ? consent_prove(c, entry, e) : consent_approve(c, entry, e);
	case APPROVAL_REFUSED:
		return c->joining ? consent_refuse_join(c, entry, e) : consent_refuse(c, entry, e);
	case ACT_VOIDED:
		return consent_void(c, entry, e);
	case ACT_INTENDED:
		return consent_intend(c, entry, e);
	case ACT_DONE:
	case ACT_FAILED:
		return consent_end_act(c, entry, e);
	case EXCEPTION_NOTED:
		return consent_noted(c, entry, e);
	case CEREMONY_PAUSED:
		return consent_paused(c, entry, after, e);
	case CEREMONY_RESUMED:
		return consent_resumed(c, entry, e);
	case CEREMONY_CLOSED:
		return close_ceremony(c, entry, e);
	default:
		return 0; /* needs nothing of consent but its place */
	}
}

int consent_apply(struct consent *c, const struct entry *entry, const struct tree *after, struct error *e)
{
	struct gate gate;
	int result = -1;

	if (c->dead)
		return error_set(
		        e, ERROR_FAULT, N_("An entry before this one broke a rule of consent; nothing more is taken."));
	gate = gate_of(c);
	if (entry->seq != c->next || after->size != entry->seq + 1)
		error_set(e, ERROR_FAULT, N_("Entry %llu stands where entry %llu should."),
		        (unsigned long long)entry->seq, (unsigned long long)c->next);
	else if (!(gate.may & BIT(entry->event)))
		error_set(e, ERROR_FAULT, gate.refusal, (unsigned long long)entry->seq, event_name(entry->event));
	else
		result = take(c, entry, after, e);
	c->next++;
	c->dead = result != 0;
	return result;
}

const struct policy *consent_policy(const struct consent *c)
{
	return c->policy;
}

const struct vkey *consent_console(const struct consent *c)
{
	return c->policy ? &c->console : NULL;
}

const struct proposal *consent_proposal(const struct consent *c)
{
	return c->state == STATE_PROPOSED && !c->dead ? &c->proposal : NULL;
}

const struct proposal *consent_open_act(const struct consent *c, uint64_t *intended)
{
	if (c->state != STATE_OPEN || c->dead)
		return NULL;
	if (intended)
		*intended = c->intended;
	return &c->proposal;
}

int consent_spend(struct consent *c, uint64_t intended, const char *act, struct error *e)
{
	const unsigned long long seq = (unsigned long long)intended;

	if (c->dead)
		return error_set(
		        e, ERROR_FAULT, N_("An entry before this one broke a rule of consent; nothing more is taken."));
	if (c->cut && intended <= c->cut_intended)
		return error_set(e, ERROR_FAULT,
		        N_("The authority of entry %llu ended when the ceremony was resumed; it is spent for ever."),
		        seq);
	if (c->state != STATE_OPEN || c->intended != intended)
		return error_set(e, ERROR_FAULT, N_("Entry %llu is not the act.intended of an open act."), seq);
	if (strcmp(c->proposal.act, act) != 0)
		return error_set(e, ERROR_FAULT, N_("The authority of entry %llu is for %s, not for %s."), seq,
		        c->proposal.act, act);
	if (c->spent)
		return error_set(e, ERROR_FAULT, N_("The authority of entry %llu for %s is spent already."), seq, act);
	c->spent = true;
	return 0;
}

bool consent_begun(const struct consent *c)
{
	return c->begun;
}

bool consent_closed(const struct consent *c)
{
	return c->closed;
}

bool consent_resuming(const struct consent *c)
{
	return c->resuming;
}
