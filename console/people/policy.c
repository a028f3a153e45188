/* Entry 0 into the policy of the ceremony. The record's strict JSON has no duplicate keys, so names of roles and of
 * HSMs are unique already; all else is checked here, for the helper and the verifier trust no script checker. */
#include "people/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "people/consent.h"

static const char rehearsal_prefix[] = "rehearsal/";

const char policy_no_vote[] = "administrator", policy_witness[] = "witness";

static int malformed(struct error *e, const char *where)
{
	error_set(e, ERROR_FAULT, N_("ceremony.opened: \"%s\" is missing or not of its form."), where);
	return -1;
}

/* 0 and *out owned by the caller, or -1: a text that must be there and not be empty. */
static int take_text(const struct json *object, const char *key, char **out, struct error *e)
{
	const char *text = json_text(object, key);

	if (!text || !*text)
		return malformed(e, key);
	*out = strdup(text);
	if (!*out)
		error_memory(e);
	return *out ? 0 : -1;
}

static int take_any_text(const struct json *object, const char *key, char **out, struct error *e)
{
	const char *text = json_text(object, key);

	if (!text)
		return malformed(e, key);
	*out = strdup(text);
	if (!*out)
		error_memory(e);
	return *out ? 0 : -1;
}

static int take_sha256(const struct json *object, const char *key, uint8_t out[32], struct error *e)
{
	const char *text = json_text(object, key);

	if (!text || hex_decode(text, strlen(text), out, 32))
		return malformed(e, key);
	return 0;
}

/* A member of the given type, or NULL with `e`. */
static const struct json *take(const struct json *object, const char *key, enum json_type type, struct error *e)
{
	const struct json *member = json_get(object, key);

	if (member && member->type == type)
		return member;
	malformed(e, key);
	return NULL;
}

static void *room(size_t count, size_t size, struct error *e)
{
	void *p = calloc(count ? count : 1, size);

	if (!p)
		error_memory(e);
	return p;
}

/* `whose` NULL: the console's. */
static int take_vkey(struct vkey *key, const char *text, const char *whose, struct error *e)
{
	struct error cause = {0};
	struct bytes why = {0};

	if (!text)
		return malformed(e, "vkey");
	if (!vkey_parse(key, text, strlen(text), &cause))
		return 0;
	if (cause.code == ERROR_MEMORY)
		return error_memory(e);
	error_text(&cause, &why);
	if (whose)
		error_set(
		        e, ERROR_FAULT, N_("ceremony.opened: the key of %s is refused: %s"), whose, bytes_string(&why));
	else
		error_set(e, ERROR_FAULT, N_("ceremony.opened: the console's key is refused: %s"), bytes_string(&why));
	bytes_free(&why);
	return -1;
}

/* "count" is a number, or {minimum, maximum} as in the script. */
static int take_count(const struct json *role, struct policy_role *out, struct error *e)
{
	const struct json *count = json_get(role, "count");
	int64_t minimum = -1, maximum = -1;

	if (count && count->type == JSON_INT)
		minimum = maximum = count->number;
	if (count && count->type == JSON_OBJECT && count->count == 2) {
		minimum = json_number(count, "minimum", -1);
		maximum = json_number(count, "maximum", -1);
	}
	if (minimum < 0 || maximum < 1 || minimum > maximum || maximum > PEOPLE_MAX)
		return error_set(e, ERROR_FAULT, N_("ceremony.opened: the count of role %s is not a count of people."),
		        out->name);
	out->minimum = (unsigned)minimum;
	out->maximum = (unsigned)maximum;
	return 0;
}

static int take_role(const struct json *role, struct policy_role *out, struct error *e)
{
	const struct json *quorum = json_get(role, "quorum");

	out->name = strdup(role->key);
	if (!out->name)
		return error_memory(e);
	if (!*out->name || strlen(out->name) > 64)
		return error_set(e, ERROR_FAULT, N_("ceremony.opened: \"%s\" cannot name a role."), out->name);
	if (take_count(role, out, e))
		return -1;
	if (quorum && quorum->type == JSON_NULL)
		return 0;
	if (!quorum || quorum->type != JSON_INT)
		return malformed(e, "quorum");
	if (strcmp(out->name, policy_no_vote) == 0)
		return error_set(e, ERROR_FAULT, N_("ceremony.opened: the role %s has no vote, and so no quorum."),
		        policy_no_vote);
	if (quorum->number < 2)
		return error_set(e, ERROR_FAULT, N_("ceremony.opened: the quorum of role %s is below 2."), out->name);
	if (quorum->number > (int64_t)out->maximum)
		return error_set(
		        e, ERROR_FAULT, N_("ceremony.opened: the quorum of role %s is above its count."), out->name);
	out->quorum = (unsigned)quorum->number;
	return 0;
}

static int take_roles(struct policy *p, const struct json *data, struct error *e)
{
	const struct json *roles = take(data, "roles", JSON_OBJECT, e);

	if (!roles || !(p->roles = room(roles->count, sizeof *p->roles, e)))
		return -1;
	p->role_count = 0;
	for (const struct json *r = roles->child; r; r = r->next)
		if (take_role(r, &p->roles[p->role_count++], e))
			return -1;
	return 0;
}

static int unknown_role(const char *role, const char *where, struct error *e)
{
	return error_set(e, ERROR_FAULT, N_("ceremony.opened: %s speaks of role \"%s\", which is not among the roles."),
	        where, role);
}

static int take_exclusive(struct policy *p, const struct json *data, struct error *e)
{
	const struct json *lists = take(data, "exclusive", JSON_ARRAY, e);
	size_t n = 0;

	if (!lists || !(p->exclusive = room((size_t)lists->count + 1, sizeof *p->exclusive, e)))
		return -1;
	for (const struct json *list = lists->child; list; list = list->next) {
		size_t m = 0;
		char **names;

		if (list->type != JSON_ARRAY)
			return malformed(e, "exclusive");
		if (!(names = p->exclusive[n++] = room((size_t)list->count + 1, sizeof *names, e)))
			return -1;
		for (const struct json *role = list->child; role; role = role->next) {
			if (role->type != JSON_STRING)
				return malformed(e, "exclusive");
			if (!policy_role(p, role->text))
				return unknown_role(role->text, "exclusive", e);
			if (!(names[m++] = strdup(role->text)))
				return error_memory(e);
		}
	}
	return 0;
}

/* One key, one person: no key stands twice, the console's included. */
static int key_is_new(const struct policy *p, const struct policy_person *person, struct error *e)
{
	if (memcmp(p->console.public_key, person->key.public_key, 32) == 0)
		return error_set(e, ERROR_FAULT, N_("ceremony.opened: %s has the key of the console."), person->name);
	for (const struct policy_person *other = p->people; other < person; other++) {
		if (strcmp(other->name, person->name) == 0)
			return error_set(
			        e, ERROR_FAULT, N_("ceremony.opened: %s stands twice among the people."), person->name);
		if (memcmp(other->key.public_key, person->key.public_key, 32) == 0)
			return error_set(e, ERROR_FAULT, N_("ceremony.opened: %s and %s have the same key."),
			        other->name, person->name);
		if (person->has_card && other->has_card && memcmp(other->card, person->card, 32) == 0)
			return error_set(e, ERROR_FAULT, N_("ceremony.opened: %s and %s have the same card."),
			        other->name, person->name);
	}
	return 0;
}

static int take_card(const struct json *from, struct policy_person *person, struct error *e)
{
	const struct json *card = json_get(from, "card");

	if (card && card->type == JSON_NULL)
		return 0;
	person->has_card = true;
	return take_sha256(from, "card", person->card, e);
}

static int take_person(struct policy *p, const struct json *from, struct policy_person *person, struct error *e)
{
	if (take_text(from, "person", &person->name, e) || take_text(from, "role", &person->role, e))
		return -1;
	if (!name_is_person(person->name))
		return error_set(e, ERROR_FAULT, N_("ceremony.opened: \"%s\" cannot name a person."), person->name);
	if (!policy_role(p, person->role))
		return unknown_role(person->role, person->name, e);
	if (take_vkey(&person->key, json_text(from, "vkey"), person->name, e))
		return -1;
	if (person->key.type != NOTE_COSIGNATURE)
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.opened: the key of %s is not a cosigner's key (type 04)."), person->name);
	if (strcmp(person->key.name, person->name) != 0)
		return error_set(e, ERROR_FAULT, N_("ceremony.opened: the key of %s bears another name: %s."),
		        person->name, person->key.name);
	return take_card(from, person, e) ? -1 : key_is_new(p, person, e);
}

static int take_people(struct policy *p, const struct json *data, struct error *e)
{
	const struct json *people = take(data, "people", JSON_ARRAY, e);

	if (!people || !(p->people = room(people->count, sizeof *p->people, e)))
		return -1;
	for (const struct json *person = people->child; person; person = person->next)
		if (take_person(p, person, &p->people[p->person_count++], e))
			return -1;
	return 0;
}

static int take_step(const struct policy *p, const struct json *from, struct policy_step *step, struct error *e)
{
	const struct json *approve = json_get(from, "approve");
	const struct act_rule *rule;
	const struct policy_role *role;

	if (take_text(from, "id", &step->id, e) || take_text(from, "do", &step->kind, e))
		return -1;
	if (strlen(step->id) > 64)
		return error_set(
		        e, ERROR_FAULT, N_("ceremony.opened: the step id %s is longer than 64 characters."), step->id);
	if (!approve)
		return malformed(e, "approve");
	rule = act_rule(step->kind);
	if (approve->type == JSON_NULL) {
		if (rule && rule->judge == JUDGE_STEP)
			return error_set(e, ERROR_FAULT,
			        N_("ceremony.opened: step %s (%s) is privileged and says no role that approves."),
			        step->id, step->kind);
		return 0;
	}
	if (take_text(from, "approve", &step->approve, e))
		return -1;
	if (!(role = policy_role(p, step->approve)))
		return unknown_role(step->approve, step->id, e);
	if (strcmp(role->name, policy_no_vote) == 0)
		return error_set(e, ERROR_FAULT, N_("ceremony.opened: role %s has no vote and cannot approve step %s."),
		        role->name, step->id);
	if (!role->quorum)
		return error_set(e, ERROR_FAULT, N_("ceremony.opened: role %s approves step %s and has no quorum."),
		        role->name, step->id);
	return 0;
}

static void steps_free(struct policy *p)
{
	for (size_t i = 0; i < p->step_count; i++) {
		free(p->steps[i].id);
		free(p->steps[i].kind);
		free(p->steps[i].approve);
	}
	free(p->steps);
	free(p->by_id);
	p->steps = NULL;
	p->by_id = NULL;
	p->step_count = 0;
}

static int by_id(const void *a, const void *b)
{
	const struct policy_step *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

/* A list that is whole: no id stands twice, and each is found by its id. */
static int steps_end(struct policy *p, struct error *e)
{
	if (!(p->by_id = room(p->step_count, sizeof(void *), e)))
		return -1;
	for (size_t i = 0; i < p->step_count; i++)
		p->by_id[i] = &p->steps[i];
	qsort(p->by_id, p->step_count, sizeof(void *), by_id);
	for (size_t i = 1; i < p->step_count; i++)
		if (strcmp(p->by_id[i - 1]->id, p->by_id[i]->id) == 0)
			return error_set(e, ERROR_FAULT, N_("ceremony.opened: step %s stands twice."), p->by_id[i]->id);
	return 0;
}

/* Steps behind those that are there, of a list that is not whole yet. */
static int steps_add(struct policy *p, const struct json *steps, struct error *e)
{
	struct policy_step *grown = realloc(p->steps, (p->step_count + steps->count + 1) * sizeof *grown);

	if (!grown)
		return error_memory(e);
	p->steps = grown;
	for (const struct json *step = steps->child; step; step = step->next) {
		memset(&p->steps[p->step_count], 0, sizeof *p->steps);
		if (take_step(p, step, &p->steps[p->step_count++], e))
			return -1;
	}
	return 0;
}

/* Each line of the list is full but the last: so it has one form. */
static int take_steps(struct policy *p, const struct json *data, struct error *e)
{
	const struct json *steps = take(data, "steps", JSON_ARRAY, e);
	int64_t more = json_number(data, "more_steps", -1);

	if (!steps)
		return -1;
	if (more < 0)
		return malformed(e, "more_steps");
	if (steps->count > POLICY_STEPS_A_LINE || (more && steps->count < POLICY_STEPS_A_LINE))
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.opened: it lists the first %d steps, or all where there are no more."),
		        POLICY_STEPS_A_LINE);
	p->step_total = steps->count + (size_t)more;
	if (steps_add(p, steps, e))
		return -1;
	return more ? 0 : steps_end(p, e);
}

int policy_listed(struct policy *p, const struct entry *listed, struct error *e)
{
	const struct json *steps = take(listed->data, "steps", JSON_ARRAY, e);
	size_t left = p->step_total - p->step_count, due = left < POLICY_STEPS_A_LINE ? left : POLICY_STEPS_A_LINE;

	if (!steps)
		return -1;
	if (steps->count != due || json_number(listed->data, "first", -1) != (int64_t)p->step_count + 1)
		return error_set(e, ERROR_FAULT,
		        N_("steps.listed at entry %llu does not list the %zu steps that are due, from number %zu on."),
		        (unsigned long long)listed->seq, due, p->step_count + 1);
	if (steps_add(p, steps, e))
		return -1;
	return policy_whole(p) ? steps_end(p, e) : 0;
}

bool policy_whole(const struct policy *p)
{
	return p->step_count == p->step_total;
}

static int take_hsms(struct policy *p, const struct json *data, struct error *e)
{
	const struct json *hsms = take(data, "hsm", JSON_OBJECT, e);

	if (!hsms || !(p->hsms = room(hsms->count, sizeof *p->hsms, e)))
		return -1;
	for (const struct json *from = hsms->child; from; from = from->next) {
		struct policy_hsm *hsm = &p->hsms[p->hsm_count++];
		const struct json *software;

		if (!(hsm->name = strdup(from->key)))
			return error_memory(e);
		if (take_text(from, "module", &hsm->module, e) ||
		        take_sha256(from, "module_sha256", hsm->module_sha256, e) ||
		        take_any_text(from, "label", &hsm->label, e) ||
		        take_any_text(from, "serial", &hsm->serial, e) || take_text(from, "login", &hsm->login, e) ||
		        !(software = take(from, "software", JSON_BOOL, e)))
			return -1;
		hsm->software = software->number != 0;
	}
	return 0;
}

static int take_head(struct policy *p, const struct json *data, struct error *e)
{
	const struct json *rehearsal = take(data, "rehearsal", JSON_BOOL, e);
	bool says;

	if (!rehearsal || take_text(data, "origin", &p->origin, e))
		return -1;
	p->rehearsal = rehearsal->number != 0;
	says = strncmp(p->origin, rehearsal_prefix, strlen(rehearsal_prefix)) == 0;
	if (says && !p->rehearsal)
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.opened: origin %s begins rehearsal/, but this is no rehearsal."), p->origin);
	if (!says && p->rehearsal)
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.opened: this is a rehearsal, but origin %s does not begin rehearsal/."),
		        p->origin);
	if (take_vkey(&p->console, json_text(data, "console"), NULL, e))
		return -1;
	if (p->console.type != NOTE_ED25519)
		return error_set(
		        e, ERROR_FAULT, N_("ceremony.opened: the console's key is not a signer's key (type 01)."));
	if (strcmp(p->console.name, p->origin) != 0)
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.opened: the console's key is named %s, not as the origin."), p->console.name);
	if (take_sha256(json_get(data, "script"), "sha256", p->script_sha256, e) ||
	        take_sha256(json_get(data, "site"), "sha256", p->site_sha256, e))
		return -1;
	return 0;
}

static int take_control(struct policy *p, const struct json *data, struct error *e)
{
	const struct policy_role *role;

	if (take_text(data, "control", &p->control, e))
		return -1;
	if (!(role = policy_role(p, p->control)))
		return unknown_role(p->control, "control", e);
	if (strcmp(role->name, policy_no_vote) == 0)
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.opened: role %s has no vote and cannot control the ceremony."), role->name);
	if (!role->quorum)
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.opened: role %s controls the ceremony and has no quorum."), role->name);
	return 0;
}

struct policy *policy_parse(const struct entry *opened, struct error *e)
{
	struct policy *p = NULL;
	const struct json *data = opened->data;

	if (opened->event != CEREMONY_OPENED || opened->seq != 0) {
		error_set(e, ERROR_FAULT, N_("The first entry is not ceremony.opened."));
		return NULL;
	}
	if (!(p = room(1, sizeof *p, e)))
		return NULL;
	if (take_head(p, data, e) || take_roles(p, data, e) || take_exclusive(p, data, e) || take_control(p, data, e) ||
	        take_people(p, data, e) || take_steps(p, data, e) || take_hsms(p, data, e))
		policy_free(&p);
	return p;
}

static void free_roles(struct policy *p)
{
	for (size_t i = 0; i < p->role_count; i++)
		free(p->roles[i].name);
	free(p->roles);
	for (char ***list = p->exclusive; list && *list; list++) {
		for (char **name = *list; *name; name++)
			free(*name);
		free(*list);
	}
	free(p->exclusive);
}

void policy_free(struct policy **p)
{
	struct policy *old = *p;

	if (!old)
		return;
	free_roles(old);
	for (size_t i = 0; i < old->person_count; i++) {
		free(old->people[i].name);
		free(old->people[i].role);
	}
	free(old->people);
	steps_free(old);
	for (size_t i = 0; i < old->hsm_count; i++) {
		free(old->hsms[i].name);
		free(old->hsms[i].module);
		free(old->hsms[i].label);
		free(old->hsms[i].serial);
		free(old->hsms[i].login);
	}
	free(old->hsms);
	free(old->origin);
	free(old->control);
	free(old);
	*p = NULL;
}

const struct policy_role *policy_role(const struct policy *p, const char *name)
{
	for (size_t i = 0; name && i < p->role_count; i++)
		if (strcmp(p->roles[i].name, name) == 0)
			return &p->roles[i];
	return NULL;
}

static int steps_copy(struct policy *to, const struct policy_step *from, size_t count, struct error *e)
{
	struct policy_step *grown = realloc(to->steps, (to->step_count + count + 1) * sizeof *grown);

	if (!grown)
		return error_memory(e);
	to->steps = grown;
	for (size_t i = 0; i < count; i++) {
		struct policy_step *step = &to->steps[to->step_count++];

		step->id = strdup(from[i].id);
		step->kind = strdup(from[i].kind);
		step->approve = from[i].approve ? strdup(from[i].approve) : NULL;
		if (!step->id || !step->kind || (from[i].approve && !step->approve))
			return error_memory(e);
	}
	return 0;
}

int policy_amend(struct policy *p, size_t kept, const struct json *steps, size_t rest, bool keep, struct error *e)
{
	struct policy only = {.roles = p->roles, .role_count = p->role_count};
	int rc = -1;

	if (kept > p->step_count || rest > p->step_count - kept)
		error_set(e, ERROR_FAULT, N_("More steps stay as they were than there are."));
	else if (steps_copy(&only, p->steps, kept, e) == 0 && steps_add(&only, steps, e) == 0 &&
	         steps_copy(&only, p->steps + p->step_count - rest, rest, e) == 0)
		rc = steps_end(&only, e);
	if (rc == 0 && keep) {
		struct policy was = *p;

		p->steps = only.steps;
		p->by_id = only.by_id;
		p->step_count = p->step_total = only.step_count;
		only.steps = was.steps;
		only.by_id = was.by_id;
		only.step_count = was.step_count;
	}
	steps_free(&only);
	return rc;
}

const struct policy_step *policy_step(const struct policy *p, const char *id)
{
	struct policy_step wanted = {.id = (char *)(uintptr_t)id};
	const struct policy_step *key = &wanted, **found = NULL;

	if (id && p->by_id)
		found = bsearch(&key, p->by_id, p->step_count, sizeof(void *), by_id);
	return found ? *found : NULL;
}

const struct policy_hsm *policy_hsm(const struct policy *p, const char *name)
{
	for (size_t i = 0; name && i < p->hsm_count; i++)
		if (strcmp(p->hsms[i].name, name) == 0)
			return &p->hsms[i];
	return NULL;
}

const uint8_t *policy_card(const struct policy *p, const char *person)
{
	for (size_t i = 0; !p->rehearsal && i < p->person_count; i++)
		if (strcmp(p->people[i].name, person) == 0)
			return p->people[i].has_card ? p->people[i].card : NULL;
	return NULL;
}

static bool list_has(char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

bool policy_excludes(const struct policy *p, const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return true;
	for (char ***list = p->exclusive; *list; list++)
		if (list_has(*list, a) && list_has(*list, b))
			return true;
	return false;
}
