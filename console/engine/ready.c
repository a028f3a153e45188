#include "engine/ready.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "hsm/hsm.h"
#include "engine/private.h"
#include "media/disc.h"
#include "media/volume.h"
#include "people/credential.h"
#include "people/credential_state.h"
#include "pki/key_check.h"
#include "record/entry.h"
#include "steps/card.h"
#include "steps/certificate.h"
#include "steps/crl.h"
#include "steps/ocsp.h"
#include "steps/request.h"
#include "steps/ceremony.h"

/* One at a time, so that each fault bears the place of its certificate. */
/* What a dry run of one thing found: it cannot be built (`why`), or what lint has to say of it. */
static int told(struct fault_list *faults, struct place place, const char *cannot, const char *name, int rc,
        const struct bytes *found, const struct error *why, struct error *e)
{
	struct json_doc *doc = json_doc_new();
	struct bytes sentence = {0};
	struct error err = {0};

	if (!doc)
		return error_memory(e);
	if (rc < 0) {
		error_text(why, &sentence);
		fault_add(faults, place, cannot, name, bytes_string(&sentence));
	} else {
		const struct json *list = json_parse(doc, bytes_string(found), found->len, &err);
		for (const struct json *x = list ? list->child : NULL; x; x = x->next)
			fault_add(faults, place, "%s", x->text);
	}
	bytes_free(&sentence);
	json_doc_free(&doc);
	return 0;
}

static int ready_certificate(
        struct dry_run *d, const struct script *script, size_t index, struct fault_list *faults, struct error *e)
{
	const struct script_certificate *cert = &script->certificates[index];
	struct bytes facts = {0}, found = {0};
	struct json_writer f = {&facts, false}, g = {&found, false};
	struct error why = {0};

	json_begin_array(&g);
	int rc = dry_run_certificate(d, index, &f, &g, &why);
	json_end_array(&g);
	rc = told(faults, cert->place, "certificate %s cannot be built: %s", cert->name, rc, &found, &why, e);
	bytes_free(&facts);
	bytes_free(&found);
	return rc;
}

/* One at a time, so that each fault bears the place of its CRL. */
static int ready_crl(const struct script *script, struct script_crl *crl, const struct certificate_state *known,
        struct fault_list *faults, struct error *e)
{
	struct script one = *script;
	struct bytes facts = {0}, found = {0};
	struct json_writer f = {&facts, false}, g = {&found, false};
	struct error why = {0};

	one.crls = crl;
	one.crl_count = 1;
	json_begin_object(&f);
	json_begin_array(&g);
	int rc = crls_dry_run(&one, known, time_now_ms() / 1000, false, &f, &g, &why);
	json_end_array(&g);
	rc = told(faults, crl->place, "CRL %s cannot be built: %s", crl->name, rc, &found, &why, e);
	bytes_free(&facts);
	bytes_free(&found);
	return rc;
}

/* One at a time, so that each fault bears the place of its responses. */
static int ready_ocsp(const struct script *script, struct script_ocsp *o, struct fault_list *faults, struct error *e)
{
	struct script one = *script;
	struct bytes facts = {0}, found = {0};
	struct json_writer f = {&facts, false}, g = {&found, false};
	struct error why = {0};

	one.ocsps = o;
	one.ocsp_count = 1;
	json_begin_object(&f);
	json_begin_array(&g);
	int rc = ocsps_dry_run(&one, time_now_ms() / 1000, false, &f, &g, &why);
	json_end_array(&g);
	rc = told(faults, o->place, "OCSP responses %s cannot be built: %s", o->name, rc, &found, &why, e);
	bytes_free(&facts);
	bytes_free(&found);
	return rc;
}

int ready_certificates(
        const struct script *script, const struct previous *left, struct fault_list *faults, struct error *e)
{
	struct certificate_state *known = previous_known(left, script, e);
	struct dry_run *d = known ? dry_run_new(script, known, time_now_ms() / 1000, false, e) : NULL;
	int rc = d ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < script->certificate_count; i++)
		if (script->certificates[i].from == CERTIFICATE_ISSUED)
			rc = ready_certificate(d, script, i, faults, e);
	dry_run_free(&d);
	for (size_t i = 0; rc == 0 && i < script->crl_count; i++)
		rc = ready_crl(script, &script->crls[i], known, faults, e);
	for (size_t i = 0; rc == 0 && i < script->ocsp_count; i++)
		rc = ready_ocsp(script, &script->ocsps[i], faults, e);
	for (size_t i = 0; rc == 0 && i < script->request_count; i++) {
		struct bytes why = {0};
		struct error err = {0};
		if (request_dry_run(script, &script->requests[i], &err) < 0) {
			error_text(&err, &why);
			fault_add(faults, script->requests[i].place, "request %s cannot be built: %s",
			        script->requests[i].name, bytes_string(&why));
		}
		bytes_free(&why);
	}
	previous_known_free(script, &known);
	return rc;
}

static void missing(struct fault_list *faults, struct place place, const struct error *why)
{
	struct bytes text = {0};
	error_text(why, &text);
	size_t before = faults->count;
	fault_add(faults, place, "%s", bytes_string(&text));
	if (faults->count > before && why->code == ERROR_MISSING)
		faults->fault[before].code = ERROR_MISSING;
	bytes_free(&text);
}

/* A key that is there already needs no mechanism to make it. */
static bool makes(const struct script *script, const struct script_key *key)
{
	for (size_t i = 0; i < script->step_count; i++)
		if (!strcmp(script->steps[i].kind, "generate-key") &&
		        !strcmp(step_param(&script->steps[i], "key"), key->name))
			return true;
	return false;
}

static int mechanisms_check(const struct script *script, const char *hsm, const struct json *facts, struct error *e)
{
	const struct json *list = json_get(facts, "mechanisms");
	for (size_t i = 0; i < script->key_count; i++) {
		const char *wanted = key_mechanism(script->keys[i].algorithm);
		bool there = false;
		if (strcmp(script->keys[i].hsm, hsm) || !makes(script, &script->keys[i]))
			continue;
		for (const struct json *m = list ? list->child : NULL; m; m = m->next)
			there = there || (m->type == JSON_STRING && !strcmp(m->text, wanted));
		if (!there)
			return error_set(e, ERROR_FAULT, "the token of %s has no %s, which key %s needs", hsm, wanted,
			        script->keys[i].name);
	}
	return 0;
}

/* An entry 0 that is never written: the helper looks at nothing before it knows which token is meant. */
static int opening_line(const struct script *script, const struct site *site, struct bytes *line, struct error *e)
{
	uint8_t(*modules)[32] = calloc(script->hsm_count + 1, sizeof(*modules)), public_key[32];
	struct bytes console = {0}, data = {0}, origin = {0};
	struct secret *seed = signing_key_new(public_key, e);
	struct vkey key;
	int rc = -1;

	bytes_printf(&origin, "%s/check", script->origin);
	if (!modules || !seed || bytes_end(&origin, e) < 0 ||
	        vkey_make(&key, bytes_string(&origin), NOTE_ED25519, public_key, e) < 0)
		goto out;
	vkey_text(&key, &console);
	for (size_t i = 0; i < script->hsm_count; i++) {
		const struct site_hsm *h = site_hsm(site, script->hsms[i].name);
		if (!h || module_hash(h, modules[i], e) < 0)
			goto out;
	}
	struct opening o = {.origin = bytes_string(&origin),
	        .console = bytes_string(&console),
	        .program_version = TACHIAI_VERSION,
	        .libraries = "{}",
	        .host_os = "check",
	        .previous = "null",
	        .module_sha256 = (const uint8_t(*)[32])modules};
	if (opening_data(script, site, &o, &data, e) == 0)
		rc = entry_format(0, time_now_ms(), NULL, CEREMONY_OPENED, bytes_string(&data), line, e);
out:
	free(modules);
	secret_free(&seed);
	bytes_free(&console);
	bytes_free(&data);
	bytes_free(&origin);
	return rc;
}

static int ready_token(const struct script *script, const struct site *site, const struct site_hsm *h,
        const char *helper, struct error *e)
{
	struct bytes line = {0}, answer = {0};
	struct hsm_request request = {.verb = HSM_INSPECT, .hsm = h->name};
	struct json_doc *doc = json_doc_new();
	char **environment = NULL;
	struct hsm *hsm = NULL;
	int rc = -1;

	if (!doc || environment_make(site, &environment, e) < 0 || opening_line(script, site, &line, e) < 0)
		goto out;
	hsm = hsm_start(helper, environment, e);
	if (!hsm || hsm_feed(hsm, bytes_string(&line), line.len, e) < 0 || hsm_call(hsm, &request, 60, &answer, e) < 0)
		goto out;
	const struct json *facts = json_parse(doc, bytes_string(&answer), answer.len, e);
	rc = facts ? mechanisms_check(script, h->name, facts, e) : -1;
out:
	hsm_end(&hsm);
	for (char **v = environment; v && *v; v++)
		free(*v);
	free(environment);
	bytes_free(&line);
	bytes_free(&answer);
	json_doc_free(&doc);
	return rc;
}

/* Into one directory for all, the media are put in turn: whoever's is not there now may still put it in. Nobody's there
 * is a wrong directory. */
static bool in_turn(const struct script *script, const struct site *site)
{
	bool any = false;
	for (size_t i = 0; i < script->person_count; i++) {
		struct vkey key;
		struct error why = {0};
		any = any || credential_read(site->credentials, script->people[i].name, &key, &why) == 0 ||
		      why.code != ERROR_MISSING;
	}
	return any && !strstr(site->credentials, CREDENTIAL_PERSON);
}

static void ready_people(const struct script *script, const struct site *site, struct fault_list *faults)
{
	bool turns = site->credentials && in_turn(script, site);

	for (size_t i = 0; site->credentials && i < script->person_count; i++) {
		const struct script_person *p = &script->people[i];
		struct credential_state state = {0};
		struct vkey key, pinned;
		struct error why = {0};
		if (credential_read(site->credentials, p->name, &key, &why) < 0 && turns && why.code == ERROR_MISSING)
			continue;
		if (why.code)
			missing(faults, p->place, &why);
		else if (vkey_parse(&pinned, p->key, strlen(p->key), &why) < 0)
			missing(faults, p->place, &why);
		else if (memcmp(key.public_key, pinned.public_key, 32))
			fault_add(faults, p->place, "the key of %s in %s is not the one that the script pins", p->name,
			        site->credentials);
		else if (credential_state_read(site->credentials, p->name, &state, &why) < 0)
			missing(faults, p->place, &why);
		credential_state_free(&state);
	}
}

int ready_cards(const struct script *script, const struct site *site, struct fault_list *faults, struct error *e)
{
	for (size_t i = 0; i < script->person_count; i++) {
		const struct script_person *p = &script->people[i];
		const struct site_card *card = site_card(site, p->name);
		struct error why = {0};
		if (!p->card || card_ready(site, p->name, &why) == 0)
			continue;
		if (!faults) {
			if (e)
				*e = why;
			return -1;
		}
		missing(faults, card ? card->place : p->place, &why);
	}
	return 0;
}

/* A medium from which files are only read may be write-protected, and better so. */
static bool only_read(const struct script *script, const char *medium)
{
	bool read = false, written = false;
	for (size_t i = 0; i < script->step_count; i++) {
		const char *its = step_param(&script->steps[i], "medium");
		bool this_one = its && !strcmp(its, medium), writes = !strcmp(script->steps[i].kind, "carry-out");
		read = read || (this_one && !writes);
		written = written || (this_one && writes);
	}
	return read && !written;
}

static void ready_medium(const struct script *script, const struct site_medium *m, struct fault_list *faults)
{
	struct error why = {0};
	/* What the console mounts itself is put in when it is asked for; a disc is blank until then. */
	if (!m->device && !only_read(script, m->name)) {
		if (volume_check(m->directory, NULL, &why) < 0)
			missing(faults, m->place, &why);
		return;
	}
	int dir = dir_open(m->directory, &why);
	if (dir < 0)
		missing(faults, m->place, &why);
	else
		close(dir);
}

/* Images and discs are made by a program that must be here before anything else begins. */
int ready_discs(const struct script *script, const struct site *site, struct fault_list *faults, struct error *e)
{
	static const struct place whole = {0, 0};

	for (size_t i = 0; i < script->step_count; i++) {
		const struct script_step *step = &script->steps[i];
		const struct site_medium *m = site_medium(site, step_param(step, "medium"));
		struct error why = {0};
		bool burns = m && m->optical && !strcmp(step->kind, "carry-out");
		if ((!burns && !step_param(step, "image")) || disc_ready(&why) == 0)
			continue;
		if (!faults) {
			if (e)
				*e = why;
			return -1;
		}
		missing(faults, burns ? m->place : whole, &why);
	}
	return 0;
}

static void ready_weak_keys(const struct site *site, struct fault_list *faults)
{
	static const struct place whole = {1, 1};
	struct weak_keys weak = {0};
	struct error why = {0};
	if (site->weak_keys && weak_keys_load(&weak, site->weak_keys, NULL, &why) < 0)
		missing(faults, whole, &why);
	weak_keys_free(&weak);
}

int ready_site(const struct script *script, const struct site *site, const char *helper, struct fault_list *faults,
        struct error *e)
{
	(void)e;
	if (site->linter.program) {
		uint8_t sum[32];
		struct error why = {0};
		if (file_sha256(site->linter.program, sum, NULL, &why) < 0)
			missing(faults, site->linter.place, &why);
		else if (memcmp(sum, site->linter.sha256, sizeof(sum)))
			fault_add(faults, site->linter.place,
			        N_("%s is not the program whose hash is given: its SHA-256 is another."),
			        site->linter.program);
	}
	for (size_t i = 0; i < site->hsm_count; i++) {
		const struct site_hsm *h = &site->hsms[i];
		uint8_t sum[32];
		struct error why = {0};
		if (module_hash(h, sum, &why) < 0) {
			why.code = ERROR_MISSING;
			missing(faults, h->place, &why);
		} else if (ready_token(script, site, h, helper, &why) < 0) {
			missing(faults, h->place, &why);
		}
	}
	for (size_t i = 0; i < site->medium_count; i++)
		ready_medium(script, &site->media[i], faults);
	ready_discs(script, site, faults, NULL);
	ready_weak_keys(site, faults);
	ready_people(script, site, faults);
	return ready_cards(script, site, faults, e);
}

int ready_left(const char *previous, const char *anchor, const char *verifier, struct previous *left, struct error *e)
{
	struct engine_options o = {.previous = previous, .previous_anchor = anchor, .verifier = verifier};

	return engine_previous(&o, false, left, e);
}

int ready_previous(struct script *script, struct site *site, const struct previous *left, struct error *e)
{
	struct ceremony *c = ceremony_new(script, site, e);
	int rc = c && previous_allowed(c->script, left->size, e) == 0 ? previous_fits(c, left, e) : -1;

	ceremony_free(&c);
	return rc;
}
