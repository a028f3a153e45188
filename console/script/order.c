/* The steps in their order: nothing is used before it is made, and no HSM is left open. */
#include "script/schema.h"

#include <stdlib.h>
#include <string.h>

struct progress {
	const struct script *script;
	struct fault_list *faults;
	bool *unlocked, *in_use; /* by HSM; in use: a key was made on it */
	bool *split, *gone;      /* by HSM: its PINs were split here; those who hold the shares were relieved since */
	bool *made;              /* by key */
	bool *issued;            /* by certificate: issued, taken in, or known from the previous record */
	bool *requested;         /* by request: made or taken in */
	bool *listed;            /* by CRL */
	bool *answered;          /* by OCSP responses */
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

static void need_made(const struct progress *p, const struct script_key *key, struct place place)
{
	if (key && !p->made[key - p->script->keys])
		fault_add(p->faults, place,
		        N_("The key pair \"%s\" is used before it is made. Put generate-key before this."), key->name);
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
	p->split[at] = true;
	p->gone[at] = false;
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
	if (unlock && p->gone[hsm - p->script->hsms])
		fault_add(p->faults, param_place(step, "hsm"),
		        N_("Those who hold the shares of \"%s\" were relieved before this step. Unlock it before they "
		           "go."),
		        hsm->name);
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

/* The key is there already: the previous record knows it. */
static void order_check_key(const struct progress *p, const struct script_step *step)
{
	const char *name = step_param(step, "key");
	const struct script_key *key = name ? script_key(p->script, name) : NULL;
	struct place place = param_place(step, "key");

	if (!key)
		return;
	if (p->script->previous && strcmp(p->script->previous, "none") == 0)
		fault_add(p->faults, place,
		        N_("The key \"%s\" is known from a previous record, and the script has none. Write \"previous: "
		           "required\"."),
		        name);
	if (p->made[key - p->script->keys])
		fault_add(p->faults, place,
		        N_("The key pair \"%s\" is already there by an earlier step. Leave one out."), name);
	need_unlocked(p, key->hsm, place);
	p->made[key - p->script->keys] = true;
	if (hsm_of(p, key->hsm))
		p->in_use[hsm_of(p, key->hsm) - p->script->hsms] = true;
}

/* Taken in, by somebody else than who reads the hash back; or made, by a key that is there on an HSM that is open. */
static void order_request(const struct progress *p, const struct script_step *step, bool take)
{
	const char *name = step_param(step, "request"), *by = step_param(step, "by");
	const struct script_request *r = name ? script_request(p->script, name) : NULL;
	const struct script_key *key = r && r->profile.key ? script_key(p->script, r->profile.key) : NULL;
	struct place place = param_place(step, "request");
	bool others = false;

	if (!r)
		return;
	if (p->requested[r - p->script->requests])
		fault_add(p->faults, place,
		        N_("The request \"%s\" is already there by an earlier step. Leave one out."), name);
	p->requested[r - p->script->requests] = true;
	if (take && !r->taken)
		fault_add(p->faults, place,
		        N_("The request \"%s\" is one that is made here. Write it as {} to take it in."), name);
	if (!take && r->taken)
		fault_add(p->faults, place,
		        N_("The request \"%s\" has no subject and key, and so can only be taken in. Add them."), name);
	for (size_t i = 0; take && by && i < p->script->role_count; i++)
		others = others || (p->script->roles[i].name && strcmp(p->script->roles[i].name, by) != 0);
	if (take && by && !others)
		fault_add(p->faults, param_place(step, "by"),
		        N_("Nobody but the role \"%s\" is there to put the medium in. Add another role."), by);
	if (take || !key)
		return;
	need_made(p, key, place);
	need_unlocked(p, key->hsm, place);
}

static void need_requested(const struct progress *p, const char *name, struct place place)
{
	const struct script_request *r = name ? script_request(p->script, name) : NULL;

	if (r && !p->requested[r - p->script->requests])
		fault_add(p->faults, place,
		        N_("The request \"%s\" is used before it is there. Put make-request or take-request before "
		           "this."),
		        name);
}

static void need_issued(const struct progress *p, const char *name, struct place place)
{
	const struct script_certificate *c = name ? script_certificate(p->script, name) : NULL;

	if (!c || p->issued[c - p->script->certificates])
		return;
	if (c->from == CERTIFICATE_FILE)
		fault_add(p->faults, place,
		        N_("The certificate \"%s\" is used before it is taken in. Put take-certificate before this."),
		        name);
	else
		fault_add(p->faults, place,
		        N_("The certificate \"%s\" is used before it is issued. Put issue-certificate before this."),
		        name);
}

static void order_issue(const struct progress *p, const struct script_step *step)
{
	const char *name = step_param(step, "certificate");
	const struct script_certificate *c = name ? script_certificate(p->script, name) : NULL;
	const struct script_key *signer = c ? script_signer(p->script, c) : NULL,
	                        *key = c && c->key ? script_key(p->script, c->key) : NULL;
	struct place place = param_place(step, "certificate");

	if (!c)
		return;
	if (c->from != CERTIFICATE_ISSUED) {
		fault_add(p->faults, place,
		        N_("The certificate \"%s\" exists already and cannot be issued. Name another."), name);
		return;
	}
	if (p->issued[c - p->script->certificates])
		fault_add(p->faults, place,
		        N_("The certificate \"%s\" is already issued by an earlier step. Leave one out."), name);
	if (c->issuer && strcmp(c->issuer, "self") != 0 && strcmp(c->issuer, name) != 0)
		need_issued(p, c->issuer, place);
	if (c->cross && strcmp(c->cross, name) != 0)
		need_issued(p, c->cross, place);
	p->issued[c - p->script->certificates] = true;
	need_made(p, key, place);
	if (signer != key)
		need_made(p, signer, place);
	if (c->request)
		need_requested(p, c->request, place);
	if (signer)
		need_unlocked(p, signer->hsm, place);
}

static void order_take(const struct progress *p, const struct script_step *step)
{
	const char *name = step_param(step, "certificate");
	const struct script_certificate *c = name ? script_certificate(p->script, name) : NULL;

	if (!c)
		return;
	if (p->issued[c - p->script->certificates])
		fault_add(p->faults, param_place(step, "certificate"),
		        N_("The certificate \"%s\" is already taken in by an earlier step. Leave one out."), name);
	p->issued[c - p->script->certificates] = true;
}

/* In the record a document, or a file that is taken in, lies under its own name, beside the files that are named after
 * certificates, requests, CRLs and keys. */
static void stem_alone(const struct progress *p, const char *file, struct place place)
{
	char *stem = strndup(file ? file : "", file ? strcspn(file, ".") : 0);

	if (!stem)
		p->faults->failed = true;
	else if (script_certificate(p->script, stem) || script_request(p->script, stem) ||
	         script_crl(p->script, stem) || script_key(p->script, stem))
		fault_add(p->faults, place,
		        N_("The document \"%s\" would lie in the record among the files of \"%s\". Give the file "
		           "another name."),
		        file, stem);
	free(stem);
}

static void document_alone(const struct progress *p, const struct script_step *step)
{
	const char *file = step_param(step, "file");
	const struct script_step *other = file ? script_document(p->script, file) : NULL;

	stem_alone(p, file, param_place(step, "file"));
	if (other && other < step)
		fault_add(p->faults, param_place(step, "file"),
		        N_("The document \"%s\" is already signed by an earlier step. Give the file another name."),
		        file);
}

/* The signer's certificate is there, and its key on an unlocked HSM. */
static void order_sign_document(const struct progress *p, const struct script_step *step)
{
	const char *name = step_param(step, "certificate");
	const struct script_certificate *c = name ? script_certificate(p->script, name) : NULL;
	const struct script_key *key = c && c->key ? script_key(p->script, c->key) : NULL;
	struct place place = param_place(step, "certificate");

	document_alone(p, step);
	if (!c)
		return;
	need_issued(p, name, place);
	if (!key)
		fault_add(p->faults, place,
		        N_("The script does not say which key the certificate \"%s\" is for, so nothing can be signed "
		           "with it."),
		        name);
	if (!key)
		return;
	need_made(p, key, place);
	if (key->algorithm && strcmp(key->algorithm, "ed25519") == 0)
		fault_add(p->faults, place,
		        N_("The key \"%s\" is Ed25519, whose CMS signatures common tools cannot verify. Use an ECDSA "
		           "or RSA key."),
		        key->name);
	need_unlocked(p, key->hsm, place);
}

/* A CRL is of an issuer whose certificate is there: from an earlier step, or from the previous record. */
static void order_crl(const struct progress *p, const struct script_step *step)
{
	const char *name = step_param(step, "crl"), *files[CRL_FILES_MAX];
	const struct script_crl *crl = name ? script_crl(p->script, name) : NULL;
	const struct script_certificate *issuer =
	        crl && crl->issuer ? script_certificate(p->script, crl->issuer) : NULL;
	const struct script_key *key = issuer && issuer->key ? script_key(p->script, issuer->key) : NULL;
	struct place place = param_place(step, "crl");

	if (!crl)
		return;
	if (p->listed[crl - p->script->crls])
		fault_add(p->faults, place, N_("The CRL \"%s\" is already issued by an earlier step. Leave one out."),
		        name);
	p->listed[crl - p->script->crls] = true;
	if (script_crl_files(crl, files, CRL_FILES_MAX) && !step_param(step, "medium"))
		fault_add(p->faults, place, N_("The CRL \"%s\" takes in the file %s. Say from which \"medium\"."), name,
		        files[0]);
	need_issued(p, crl->issuer, place);
	for (size_t i = 0; i < crl->entry_count; i++)
		need_issued(p, crl->entries[i].certificate, crl->entries[i].place);
	need_made(p, key, place);
	if (key)
		need_unlocked(p, key->hsm, place);
}

static void need_listed(const struct progress *p, const char *name, struct place place)
{
	const struct script_crl *crl = name ? script_crl(p->script, name) : NULL;

	if (crl && !script_certificate(p->script, name) && !p->listed[crl - p->script->crls])
		fault_add(p->faults, place,
		        N_("The CRL \"%s\" is used before it is issued. Put issue-crl before this."), name);
}

/* The issuer and the responder are there, and so are all whose status is told; the key that signs is on an HSM that is
 * open. */
static void order_ocsp(const struct progress *p, const struct script_step *step)
{
	const char *name = step_param(step, "ocsp");
	const struct script_ocsp *o = name ? script_ocsp(p->script, name) : NULL;
	const struct script_certificate *signer =
	        o && ocsp_signer(o) ? script_certificate(p->script, ocsp_signer(o)) : NULL;
	const struct script_key *key = signer && signer->key ? script_key(p->script, signer->key) : NULL;
	struct place place = param_place(step, "ocsp");

	if (!o)
		return;
	if (p->answered[o - p->script->ocsps])
		fault_add(p->faults, place,
		        N_("The OCSP responses \"%s\" are already issued by an earlier step. Leave one out."), name);
	p->answered[o - p->script->ocsps] = true;
	if (o->from_file && !step_param(step, "medium"))
		fault_add(p->faults, place,
		        N_("The OCSP responses \"%s\" take in the file %s. Say from which \"medium\"."), name,
		        o->from_file);
	need_issued(p, o->issuer, place);
	if (o->responder)
		need_issued(p, o->responder, place);
	for (size_t i = 0; i < o->certificates.count; i++)
		need_issued(p, o->certificates.item[i], o->certificates.place[i]);
	need_listed(p, o->crl, place);
	need_made(p, key, place);
	if (key)
		need_unlocked(p, key->hsm, place);
}

static void need_answered(const struct progress *p, const char *name, struct place place)
{
	const struct script_ocsp *o = name ? script_ocsp(p->script, name) : NULL;

	if (o && !p->answered[o - p->script->ocsps])
		fault_add(p->faults, place,
		        N_("The OCSP responses \"%s\" are used before they are issued. Put issue-ocsp before this."),
		        name);
}

/* A file that is taken in lies in the record under its own name: nothing else may have it. */
static void order_take_in(const struct progress *p, const struct script_step *step)
{
	const struct script_list *files = step_param_list(step, "files");

	for (size_t i = 0; files && i < files->count; i++) {
		stem_alone(p, files->item[i], files->place[i]);
		if (script_document(p->script, files->item[i]) || script_taken_in(p->script, files->item[i]) != step)
			fault_add(p->faults, files->place[i],
			        N_("The file \"%s\" is already taken in by another step. Leave one out."),
			        files->item[i]);
	}
}

static void order_files(const struct progress *p, const struct script_list *files)
{
	for (size_t i = 0; i < files->count; i++) {
		char *name = strndup(files->item[i], strcspn(files->item[i], "."));
		if (!name)
			p->faults->failed = true;
		if (script_document(p->script, files->item[i]) || script_taken_in(p->script, files->item[i])) {
			free(name);
			continue;
		}
		need_issued(p, name, files->place[i]);
		need_requested(p, name, files->place[i]);
		need_listed(p, name, files->place[i]);
		need_answered(p, name, files->place[i]);
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

/* A shift: everyone of a role goes, and others come. */
static void order_attend(const struct progress *p, const struct script_step *step)
{
	const struct script *s = p->script;
	const char *relieved = step_param(step, "relieve");
	const struct script_role *role = relieved ? script_role(s, relieved) : NULL;
	struct place place = param_place(step, "relieve");
	unsigned listed = 0;

	if (!role)
		return;
	if (step == s->steps) {
		fault_add(p->faults, place,
		        N_("At the first roll call nobody is there to be relieved. Leave \"relieve\" out."));
		return;
	}
	/* Relieved once more, it may be those who come back. */
	for (size_t i = 0; i < s->hsm_count; i++) {
		const struct script_secret *pin = p->split[i] ? script_secret(s, s->hsms[i].name, PIN_USER) : NULL;
		if (pin && pin->holders && strcmp(pin->holders, relieved) == 0)
			p->gone[i] = !p->gone[i];
	}
	for (size_t i = 0; i < s->person_count; i++)
		listed += s->people[i].role && strcmp(s->people[i].role, relieved) == 0;
	if (s->person_count && listed < 2 * role->minimum)
		fault_add(p->faults, place,
		        N_("The role \"%s\" is relieved here, which takes two shifts of %u people, and \"people\" has "
		           "%u "
		           "of it. List the others too."),
		        relieved, role->minimum, listed);
}

static void order_show(const struct progress *p, const struct script_step *step)
{
	const char *of = step_param(step, "of");
	struct place place = param_place(step, "of");

	if (of && !strcmp(of, "checkpoint") && step_param(step, "as"))
		fault_add(p->faults, param_place(step, "as"),
		        N_("The checkpoint is always shown whole. Leave \"as\" out."));
	if (script_document(p->script, of))
		return;
	need_issued(p, of, place);
	need_requested(p, of, place);
	need_listed(p, of, place);
}

static void order_step(const struct progress *p, const struct script_step *step)
{
	const char *value = step_param(step, "value"), *plate = step_param(step, "plate");
	const struct script_list *files = step_param_list(step, "files");

	if (is_kind(step, "attend"))
		order_attend(p, step);
	else if (is_kind(step, "initialise-hsm"))
		order_initialise(p, step);
	else if (is_kind(step, "change-custodians") || is_kind(step, "share-secret"))
		order_share(p, step);
	else if (is_kind(step, "unlock-hsm") || is_kind(step, "lock-hsm"))
		order_lock(p, step, is_kind(step, "unlock-hsm"));
	else if (is_kind(step, "generate-key"))
		order_generate(p, step);
	else if (is_kind(step, "check-key"))
		order_check_key(p, step);
	else if (is_kind(step, "issue-certificate"))
		order_issue(p, step);
	else if (is_kind(step, "issue-crl"))
		order_crl(p, step);
	else if (is_kind(step, "issue-ocsp"))
		order_ocsp(p, step);
	else if (is_kind(step, "sign-document"))
		order_sign_document(p, step);
	else if (is_kind(step, "take-request") || is_kind(step, "make-request"))
		order_request(p, step, is_kind(step, "take-request"));
	else if (is_kind(step, "take-certificate"))
		order_take(p, step);
	else if (is_kind(step, "take-in"))
		order_take_in(p, step);
	for (size_t i = 0; is_kind(step, "pause") && i < p->script->hsm_count; i++)
		if (p->unlocked[i])
			fault_add(p->faults, step->place,
			        N_("The HSM \"%s\" is still unlocked at this pause. Put a lock-hsm step before it."),
			        p->script->hsms[i].name);
	if (is_kind(step, "show-code"))
		order_show(p, step);
	if (files && is_kind(step, "carry-out"))
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
	for (const struct script_step *step = first; step < last; step++)
		if (is_kind(step, "close"))
			fault_add(p->faults, step->place, N_("Nothing can follow close. Put it last, once."));
	check_recordings(p->faults, s);
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
	p.split = calloc(s->hsm_count + 1, sizeof(bool));
	p.gone = calloc(s->hsm_count + 1, sizeof(bool));
	p.made = calloc(s->key_count + 1, sizeof(bool));
	p.issued = calloc(s->certificate_count + 1, sizeof(bool));
	p.requested = calloc(s->request_count + 1, sizeof(bool));
	p.listed = calloc(s->crl_count + 1, sizeof(bool));
	p.answered = calloc(s->ocsp_count + 1, sizeof(bool));
	if (p.unlocked && p.in_use && p.split && p.gone && p.made && p.issued && p.requested && p.listed &&
	        p.answered) {
		for (size_t i = 0; i < s->certificate_count; i++)
			p.issued[i] = s->certificates[i].from == CERTIFICATE_PREVIOUS;
		for (size_t i = 0; i < s->step_count; i++)
			order_step(&p, &s->steps[i]);
		order_ends(&p, place);
	} else {
		faults->failed = true;
	}
	free(p.unlocked);
	free(p.in_use);
	free(p.split);
	free(p.gone);
	free(p.made);
	free(p.issued);
	free(p.requested);
	free(p.listed);
	free(p.answered);
}
