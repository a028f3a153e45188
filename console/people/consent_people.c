/* Who is in the room: joining, proof of the key, leaving, wrong passphrases. */
#include "people/consent_state.h"

#include <string.h>

#include "base/text.h"

size_t consent_people(const struct consent *c)
{
	return c->people_count;
}

const struct person *consent_person(const struct consent *c, size_t index)
{
	return index < c->people_count ? &c->people[index] : NULL;
}

struct person *consent_seat(struct consent *c, const char *name)
{
	for (size_t i = 0; name && i < c->people_count; i++)
		if (strcmp(c->people[i].name, name) == 0)
			return &c->people[i];
	return NULL;
}

const struct person *consent_find(const struct consent *c, const char *name)
{
	for (size_t i = 0; name && i < c->people_count; i++)
		if (strcmp(c->people[i].name, name) == 0)
			return &c->people[i];
	return NULL;
}

unsigned consent_present(const struct consent *c, const char *role)
{
	unsigned n = 0;

	for (size_t i = 0; i < c->people_count; i++)
		n += c->people[i].present && (!role || strcmp(c->people[i].role, role) == 0);
	return n;
}

const struct person *consent_joining(const struct consent *c, const struct bytes **checkpoint)
{
	if (!c->joining || c->dead)
		return NULL;
	if (checkpoint)
		*checkpoint = &c->joining_checkpoint;
	return c->joining;
}

bool consent_is_present(const struct consent *c, const struct json *names)
{
	const struct json *name;

	if (!names || names->type != JSON_ARRAY)
		return false;
	name = names->child;
	for (size_t i = 0; i < c->people_count; i++) {
		if (!c->people[i].present)
			continue;
		if (!name || name->type != JSON_STRING || strcmp(name->text, c->people[i].name) != 0)
			return false;
		name = name->next;
	}
	return !name;
}

int consent_cosigners(const struct consent *c, const struct entry *entry, struct error *e)
{
	if (!consent_present(c, NULL))
		return error_set(
		        e, ERROR_FAULT, N_("%s: nobody is present who could cosign."), event_name(entry->event));
	if (!consent_is_present(c, json_get(entry->data, "cosigners")))
		return error_set(e, ERROR_FAULT,
		        N_("%s: the cosigners are not the people present, in the order they joined."),
		        event_name(entry->event));
	return 0;
}

/* What somebody notes, another who is here acknowledges. What the control role is asked to accept needs no more. */
int consent_noted(struct consent *c, const struct entry *entry, struct error *e)
{
	const char *kind = json_text(entry->data, "kind"), *name = json_text(entry->data, "person");
	const char *by = json_text(entry->data, "acknowledged");
	const struct person *who = name ? consent_find(c, name) : NULL, *other = by ? consent_find(c, by) : NULL;
	unsigned others = consent_present(c, NULL) - (who && who->present);
	bool wanted = kind && strcmp(kind, "noted") == 0 && others;

	if (!name && !exception_is_own(entry))
		return error_set(e, ERROR_FAULT, N_("exception.noted does not say who notes it."));
	if (name && kind && strcmp(kind, "device") == 0)
		return error_set(e, ERROR_FAULT,
		        N_("exception.noted of kind device is the console's own, and this one says that %s notes it."),
		        name);
	if (by && (!wanted || !other || !other->present || other == who))
		return error_set(e, ERROR_FAULT,
		        N_("exception.noted: it is acknowledged by %s, who is not another person who is here, or it is "
		           "for the role in control to accept."),
		        by);
	if (wanted && !by)
		return error_set(e, ERROR_FAULT,
		        N_("exception.noted: nobody acknowledges what %s notes, and others are here."), name);
	c->exceptions++;
	return 0;
}

static int read_key(const struct entry *entry, const char *name, struct vkey *key, struct error *e)
{
	const char *text = json_text(entry->data, "vkey");
	struct error cause = {0};
	struct bytes why = {0};

	if (!text)
		return consent_malformed(entry, "vkey", e);
	if (vkey_parse(key, text, strlen(text), &cause)) {
		if (cause.code == ERROR_MEMORY)
			return error_memory(e);
		error_text(&cause, &why);
		error_set(e, ERROR_FAULT, N_("person.joined: the key of %s is refused: %s"), name, bytes_string(&why));
		bytes_free(&why);
		return -1;
	}
	if (key->type != NOTE_COSIGNATURE)
		return error_set(
		        e, ERROR_FAULT, N_("person.joined: the key of %s is not a cosigner's key (type 04)."), name);
	if (strcmp(key->name, name) != 0)
		return error_set(
		        e, ERROR_FAULT, N_("person.joined: the key of %s bears another name: %s."), name, key->name);
	return 0;
}

/* One key, one person, for ever; a name that comes again is the same person in the same role. */
static int check_identity(const struct consent *c, const struct vkey *key, const char *role, struct error *e)
{
	for (size_t i = 0; i < c->console_count; i++)
		if (memcmp(c->consoles[i], key->public_key, 32) == 0)
			return error_set(
			        e, ERROR_FAULT, N_("person.joined: %s has the key of the console."), key->name);
	for (size_t i = 0; i < c->people_count; i++) {
		const struct person *other = &c->people[i];
		bool same_name = strcmp(other->name, key->name) == 0;
		bool same_key = memcmp(other->key.public_key, key->public_key, 32) == 0;

		if (same_key && !same_name)
			return error_set(e, ERROR_FAULT,
			        N_("person.joined: %s has the key of %s; one key is one person."), key->name,
			        other->name);
		if (!same_name)
			continue;
		if (other->present)
			return error_set(e, ERROR_FAULT, N_("person.joined: %s is present already."), key->name);
		if (!same_key)
			return error_set(
			        e, ERROR_FAULT, N_("person.joined: %s comes back with another key."), key->name);
		if (other->known && strcmp(other->role, role) != 0)
			return error_set(e, ERROR_FAULT,
			        N_("person.joined: %s holds the role %s and cannot also be %s."), key->name,
			        other->role, role);
	}
	return 0;
}

/* In a rehearsal stand-ins take the pinned seats. */
static int check_pinned(const struct policy *p, const struct vkey *key, const char *role, struct error *e)
{
	if (p->rehearsal || !p->person_count)
		return 0;
	for (size_t i = 0; i < p->person_count; i++) {
		const struct policy_person *pinned = &p->people[i];

		if (strcmp(pinned->name, key->name) != 0)
			continue;
		if (memcmp(pinned->key.public_key, key->public_key, 32) != 0)
			return error_set(e, ERROR_FAULT,
			        N_("person.joined: the key of %s is not the one that the script pins."), key->name);
		if (strcmp(pinned->role, role) != 0)
			return error_set(e, ERROR_FAULT, N_("person.joined: the script gives %s the role %s, not %s."),
			        key->name, pinned->role, role);
		return 0;
	}
	return error_set(e, ERROR_FAULT, N_("person.joined: %s is not among the people of the script."), key->name);
}

static int check_role(const struct consent *c, const char *name, const char *role, struct error *e)
{
	const struct policy_role *known = policy_role(c->policy, role);

	if (!known)
		return error_set(e, ERROR_FAULT,
		        N_("person.joined: %s wants the role \"%s\", which the script does not have."), name, role);
	if (consent_present(c, role) >= known->maximum)
		return error_set(
		        e, ERROR_FAULT, N_("person.joined: the role %s is full; %s cannot take it."), role, name);
	return 0;
}

/* The seat for a newcomer, or for one who comes back: always the last, so that the people stand in joining order. */
static struct person *take_seat(struct consent *c, const char *name, struct error *e)
{
	struct person *old = consent_seat(c, name);
	struct person moved = {0};

	if (old) {
		size_t index = (size_t)(old - c->people), behind = c->people_count - index - 1;

		moved = *old;
		memmove(old, old + 1, behind * sizeof *old);
		c->people_count--;
	}
	if (c->people_count >= PEOPLE_MAX) {
		error_set(e, ERROR_FAULT,
		        N_("person.joined: %s would be one more than the %d people a ceremony can have."), name,
		        PEOPLE_MAX);
		return NULL;
	}
	c->people[c->people_count] = moved;
	return &c->people[c->people_count++];
}

int consent_joined(struct consent *c, const struct entry *entry, const struct tree *after, struct error *e)
{
	const char *name = json_text(entry->data, "person"), *role = json_text(entry->data, "role");
	struct person *person;
	struct vkey key;

	if (!name || !name_is_person(name))
		return consent_malformed(entry, "person", e);
	if (!role)
		return consent_malformed(entry, "role", e);
	if (read_key(entry, name, &key, e) || check_identity(c, &key, role, e) || check_role(c, name, role, e) ||
	        check_pinned(c->policy, &key, role, e) || !(person = take_seat(c, name, e)))
		return -1;
	memcpy(person->name, name, strlen(name) + 1);
	memcpy(person->role, role, strlen(role) + 1); /* a role of the policy: at most 64 bytes */
	person->key = key;
	person->joined = entry->seq;
	person->proved = person->present = false;
	c->joining = person;
	c->joining_time = entry->time;
	return consent_checkpoint(c, after, &c->joining_checkpoint, e);
}

void consent_drop_join(struct consent *c)
{
	c->joining = NULL;
}

/* approval.given and approval.refused while someone joins: theirs, over their person.joined. */
static int is_joining(const struct consent *c, const struct entry *entry, struct error *e)
{
	const char *name = json_text(entry->data, "person");
	uint64_t of;

	if (!name)
		return consent_malformed(entry, "person", e);
	if (consent_of(entry, &of, e))
		return -1;
	if (of != c->joining->joined)
		return error_set(e, ERROR_FAULT,
		        N_("Entry %llu (%s) speaks of entry %llu, not of the person.joined of %s."),
		        (unsigned long long)entry->seq, event_name(entry->event), (unsigned long long)of,
		        c->joining->name);
	if (strcmp(name, c->joining->name) != 0)
		return error_set(e, ERROR_FAULT, N_("%s cannot speak for %s, who is joining."), name, c->joining->name);
	return 0;
}

int consent_prove(struct consent *c, const struct entry *entry, struct error *e)
{
	struct person *person = c->joining;

	if (is_joining(c, entry, e) || consent_locked(person, entry->time, e) ||
	        consent_signatures(c, entry, person, &c->joining_checkpoint, c->joining_time, e))
		return -1;
	person->proved = person->present = true;
	person->failures = 0;
	person->locked_until = 0;
	person->known = true;
	person->left = false;
	c->joining = NULL;
	return 0;
}

int consent_refuse_join(struct consent *c, const struct entry *entry, struct error *e)
{
	if (is_joining(c, entry, e))
		return -1;
	consent_drop_join(c);
	return 0;
}

int consent_left(struct consent *c, const struct entry *entry, struct error *e)
{
	const char *name = json_text(entry->data, "person");
	struct person *person = consent_seat(c, name);

	if (!name)
		return consent_malformed(entry, "person", e);
	if (!person || (!person->present && person != c->joining))
		return error_set(e, ERROR_FAULT, N_("person.left: %s is not present."), name);
	if (person == c->joining)
		consent_drop_join(c);
	person->present = person->proved = false;
	person->left = true;
	return 0;
}

int consent_login_failed(struct consent *c, const struct entry *entry, struct error *e)
{
	const char *name = json_text(entry->data, "person");
	struct person *person = consent_seat(c, name);
	int64_t count = json_number(entry->data, "count", -1);

	if (!name)
		return consent_malformed(entry, "person", e);
	if (!person || (!person->present && person != c->joining))
		return error_set(e, ERROR_FAULT, N_("login.failed: %s is neither present nor joining."), name);
	if (count != (int64_t)person->failures + 1)
		return error_set(e, ERROR_FAULT,
		        N_("login.failed: this is the failure number %u in a row of %s, not %lld."),
		        person->failures + 1, name, (long long)count);
	person->failures++;
	if (person->failures >= LOCK_OUT_TRIES)
		person->locked_until = entry->time + LOCK_OUT_SECONDS * INT64_C(1000);
	return 0;
}

int consent_locked(const struct person *person, int64_t now_ms, struct error *e)
{
	char until[TIME_TEXT];

	if (now_ms >= person->locked_until)
		return 0;
	time_format(person->locked_until, until);
	return error_set(e, ERROR_FAULT, N_("%s is locked out until %s after %u wrong passphrases."), person->name,
	        until, person->failures);
}
