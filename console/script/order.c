/* The steps in their order: nothing is used before it is made, and no HSM is left open. */
#include "script/schema.h"

#include <stdlib.h>
#include <string.h>

struct progress {
	const struct script *script;
	struct fault_list *faults;
	bool *unlocked, *in_use; /* by HSM; in use: a key was made on it */
	bool *made;              /* by key */
	bool *issued;            /* by certificate */
};

static const struct script_param *param(const struct script_step *step, const char *name)
{
	for (size_t i = 0; i < step->param_count; i++)
		if (step->params[i].name && strcmp(step->params[i].name, name) == 0)
			return &step->params[i];
	return NULL;
}

static struct place param_place(const struct script_step *step, const char *name)
{
	const struct script_param *p = param(step, name);
	return p ? p->place : step->place;
}

static bool is_kind(const struct script_step *step, const char *kind)
{
	return step->kind && strcmp(step->kind, kind) == 0;
}

/* The HSM `name`, to say whether it is open: NULL for one that is not there, which is a fault already. */
static const struct script_hsm *hsm_of(const struct progress *p, const char *name)
{
	return name ? script_hsm(p->script, name) : NULL;
}

static void need_unlocked(const struct progress *p, const char *name, struct place place)
{
	const struct script_hsm *hsm = hsm_of(p, name);

	if (hsm && !p->unlocked[hsm - p->script->hsms])
		fault_add(p->faults, place,
		        N_("The HSM \"%s\" is locked at this step. Put an unlock-hsm step before it."), name);
}

static void need_locked(const struct progress *p, const struct script_hsm *hsm, struct place place)
{
	if (p->unlocked[hsm - p->script->hsms])
		fault_add(p->faults, place,
		        N_("The HSM \"%s\" is unlocked at this step. Put a lock-hsm step before it."), hsm->name);
}

/* A PIN that is shared anew is one that the script shares, of the very HSM. */
static void order_share(const struct progress *p, const struct script_step *step)
{
	const struct script_hsm *hsm = hsm_of(p, step_param(step, "hsm"));
	const struct script_secret *secret = step_secret(p->script, step);
	const char *name = step_param(step, "secret");

	if (!hsm)
		return;
	need_locked(p, hsm, param_place(step, "hsm"));
	if (!name && !secret)
		fault_add(p->faults, param_place(step, "hsm"),
		        N_("\"secrets\" has no user PIN of the HSM \"%s\". Add it."), hsm->name);
	if (name && secret && secret->hsm && strcmp(secret->hsm, hsm->name) != 0)
		fault_add(p->faults, param_place(step, "secret"),
		        N_("The secret \"%s\" is a PIN of \"%s\", not of \"%s\". Correct one of them."), name,
		        secret->hsm, hsm->name);
}

static void order_initialise(const struct progress *p, const struct script_step *step)
{
	const struct script_hsm *hsm = hsm_of(p, step_param(step, "hsm"));
	struct place place = param_place(step, "hsm");
	size_t at;

	if (!hsm)
		return;
	at = (size_t)(hsm - p->script->hsms);
	need_locked(p, hsm, place);
	if (p->in_use[at])
		fault_add(p->faults, place,
		        N_("This step would erase a key that an earlier one made on \"%s\". Move it up."), hsm->name);
}

static void order_lock(const struct progress *p, const struct script_step *step, bool unlock)
{
	const struct script_hsm *hsm = hsm_of(p, step_param(step, "hsm"));
	bool *unlocked = hsm ? &p->unlocked[hsm - p->script->hsms] : NULL;

	if (!hsm)
		return;
	if (unlock && *unlocked)
		fault_add(p->faults, param_place(step, "hsm"),
		        N_("The HSM \"%s\" is already unlocked. Leave this step out."), hsm->name);
	if (!unlock && !*unlocked)
		fault_add(p->faults, param_place(step, "hsm"),
		        N_("The HSM \"%s\" is already locked. Leave this step out."), hsm->name);
	*unlocked = unlock;
}

static void order_generate(const struct progress *p, const struct script_step *step)
{
	const char *name = step_param(step, "key");
	const struct script_key *key = name ? script_key(p->script, name) : NULL;
	const struct script_hsm *hsm;

	if (!key)
		return;
	if (p->made[key - p->script->keys])
		fault_add(p->faults, param_place(step, "key"),
		        N_("The key pair \"%s\" is already made by an earlier step. Leave one out."), name);
	need_unlocked(p, key->hsm, param_place(step, "key"));
	p->made[key - p->script->keys] = true;
	hsm = hsm_of(p, key->hsm);
	if (hsm)
		p->in_use[hsm - p->script->hsms] = true;
}

static void order_issue(const struct progress *p, const struct script_step *step)
{
	const char *name = step_param(step, "certificate");
	const struct script_certificate *c = name ? script_certificate(p->script, name) : NULL;
	const struct script_key *key = c && c->key ? script_key(p->script, c->key) : NULL;
	struct place place = param_place(step, "certificate");

	if (!c)
		return;
	if (p->issued[c - p->script->certificates])
		fault_add(p->faults, place,
		        N_("The certificate \"%s\" is already issued by an earlier step. Leave one out."), name);
	p->issued[c - p->script->certificates] = true;
	if (!key)
		return;
	if (!p->made[key - p->script->keys])
		fault_add(p->faults, place,
		        N_("The key pair \"%s\" is used before it is made. Put generate-key before this."), key->name);
	need_unlocked(p, key->hsm, place);
}

static void need_issued(const struct progress *p, const char *name, struct place place)
{
	const struct script_certificate *c = name ? script_certificate(p->script, name) : NULL;

	if (c && !p->issued[c - p->script->certificates])
		fault_add(p->faults, place,
		        N_("The certificate \"%s\" is used before it is issued. Put issue-certificate before this."),
		        name);
}

static void order_files(const struct progress *p, const struct script_list *files)
{
	for (size_t i = 0; i < files->count; i++) {
		char *name = strndup(files->item[i], strcspn(files->item[i], "."));
		if (!name)
			p->faults->failed = true;
		need_issued(p, name, files->place[i]);
		free(name);
	}
}

/* Does a step before `step` observe `value`? */
static bool observed_before(const struct progress *p, const struct script_step *step, const char *value)
{
	for (const struct script_step *s = p->script->steps; s < step; s++) {
		const char *its = is_kind(s, "observe") ? step_param(s, "value") : NULL;
		if (its && strcmp(its, value) == 0)
			return true;
	}
	return false;
}

static void order_step(const struct progress *p, const struct script_step *step)
{
	const char *value = step_param(step, "value"), *plate = step_param(step, "plate");
	const struct script_list *files = step_param_list(step, "files");

	if (is_kind(step, "initialise-hsm"))
		order_initialise(p, step);
	else if (is_kind(step, "change-custodians") || is_kind(step, "share-secret"))
		order_share(p, step);
	else if (is_kind(step, "unlock-hsm") || is_kind(step, "lock-hsm"))
		order_lock(p, step, is_kind(step, "unlock-hsm"));
	else if (is_kind(step, "generate-key"))
		order_generate(p, step);
	else if (is_kind(step, "issue-certificate"))
		order_issue(p, step);
	else if (is_kind(step, "show-code"))
		need_issued(p, step_param(step, "of"), param_place(step, "of"));
	if (files)
		order_files(p, files);
	if (value && observed_before(p, step, value))
		fault_add(p->faults, param_place(step, "value"),
		        N_("The value \"%s\" is already observed by an earlier step. Choose another name."), value);
	if (plate && !observed_before(p, step, plate))
		fault_add(p->faults, param_place(step, "plate"),
		        N_("No step before this one observes the value \"%s\". Put an observe step before it."), plate);
}

static void order_ends(const struct progress *p, struct place place)
{
	const struct script *s = p->script;
	const struct script_step *first = s->steps, *last;

	if (s->step_count == 0) {
		fault_add(p->faults, place, N_("There are no steps. Begin with attend and end with close."));
		return;
	}
	last = &s->steps[s->step_count - 1];
	if (!is_kind(first, "attend"))
		fault_add(p->faults, first->place, N_("The first step is not attend. Begin with the roll call."));
	if (!is_kind(last, "close"))
		fault_add(p->faults, last->place, N_("The last step is not close. End with it."));
	for (const struct script_step *step = first; step < last; step++) {
		if (is_kind(step, "close"))
			fault_add(p->faults, step->place, N_("Nothing can follow close. Put it last, once."));
		if (step > first && is_kind(step, "attend"))
			fault_add(p->faults, step->place,
			        N_("A later attend is not in this version. Put it first, once."));
	}
	if (last > first && is_kind(last, "attend"))
		fault_add(p->faults, last->place, N_("A later attend is not in this version. Put it first, once."));
	for (size_t i = 0; i < s->hsm_count; i++)
		if (p->unlocked[i])
			fault_add(p->faults, last->place,
			        N_("The HSM \"%s\" is still unlocked at the end. Put a lock-hsm step before it."),
			        s->hsms[i].name);
}

void check_order(struct fault_list *faults, const struct script *s, struct place place)
{
	struct progress p = {.script = s, .faults = faults};

	p.unlocked = calloc(s->hsm_count + 1, sizeof(bool));
	p.in_use = calloc(s->hsm_count + 1, sizeof(bool));
	p.made = calloc(s->key_count + 1, sizeof(bool));
	p.issued = calloc(s->certificate_count + 1, sizeof(bool));
	if (p.unlocked && p.in_use && p.made && p.issued) {
		for (size_t i = 0; i < s->step_count; i++)
			order_step(&p, &s->steps[i]);
		order_ends(&p, place);
	} else {
		faults->failed = true;
	}
	free(p.unlocked);
	free(p.in_use);
	free(p.made);
	free(p.issued);
}
