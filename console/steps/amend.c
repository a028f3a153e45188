#include "steps/amend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "script/amend.h"
#include "steps/certificate.h"
#include "steps/crl.h"
#include "steps/ocsp.h"
#include "steps/previous.h"
#include "steps/request.h"
#include "steps/share_set.h"
#include "steps/foreign.h"
#include "steps/shared.h"

enum { TOPIC_LOOK, TOPIC_SEEN };
enum { SCRIPT_FILE_MAX = 1 << 20, FAULTS_SHOWN = 60, FAULT_MAX = 600, STEPS_CHANGED = 300 };

const char amend_type[] = "ceremony-script";
static const char seen_word[] = "seen";

int amend_may(const struct ceremony *c, struct error *e)
{
	const struct script_step *step = ceremony_step(c);

	if (!consent_begun(c->consent) || c->closed)
		return error_set(e, ERROR_FAULT,
		        N_("The script can be amended after all have signed the beginning, and before the record is "
		           "closed."));
	if (consent_resuming(c->consent) || c->paused || consent_joining(c->consent, NULL) || previous_pending(c))
		return error_set(e, ERROR_FAULT, N_("The script can be amended when the roll call is over."));
	if (consent_open_act(c->consent, NULL) || consent_proposal(c->consent))
		return error_set(e, ERROR_FAULT, N_("The script cannot be amended while an act is open."));
	if (c->amendment.taken)
		return error_set(e, ERROR_FAULT, N_("Another new script waits to be decided upon."));
	if (c->trouble.host || c->look_again)
		return error_set(e, ERROR_FAULT,
		        N_("Decide first about what was found on this machine; then the script can be amended."));
	if (c->trouble.kind == TROUBLE_OPEN_INTENT || (step && shares_to_settle(c, step)))
		return error_set(e, ERROR_FAULT,
		        N_("Decide first what becomes of the act that was cut short; then the script can be amended."));
	return 0;
}

void amend_path(const struct ceremony *c, char out[64])
{
	snprintf(out, 64, "artifacts/script-%u.yaml", c->brought + 2);
}

bool amend_brings(const struct ceremony *c, const struct entry *entry)
{
	(void)c;
	return entry->event == ARTIFACT_TAKEN && !strcmp(json_text(entry->data, "type"), amend_type);
}

int amend_check_said(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	const char *name = json_text(entry->data, "person");
	const struct person *p = consent_find(c->consent, name);
	const struct json *about = json_get(entry->data, "about");

	if (!p || !p->present)
		return error_set(e, ERROR_FAULT, "%s is not present and cannot bring a new script", name);
	if (!*json_text(entry->data, "text") || about->count)
		return error_set(e, ERROR_FAULT, "exception.noted of kind amendment says why, and is about no entry");
	return 0;
}

int amend_check_taken(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	char path[64];

	amend_path(c, path);
	if (amend_may(c, e) < 0)
		return -1;
	if (!c->amendment.said || c->amendment.said + 1 != entry->seq)
		return error_set(e, ERROR_FAULT,
		        "a new script is taken in, and the entry before does not say who brings it and why");
	if (entry->step || strcmp(json_text(entry->data, "path"), path))
		return error_set(e, ERROR_FAULT, "the new script is not taken in as %s, outside of every step", path);
	return 0;
}

/* What exists or is known already, by the script's names; NULL at the end. The caller frees the list alone. */
static const char **held_names(const struct ceremony *c)
{
	const struct script *s = c->script;
	const char **list =
	        calloc(s->key_count + s->certificate_count + s->request_count + c->share_count + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; list && i < s->key_count; i++)
		if (c->keys[i].made || c->keys[i].known)
			list[n++] = s->keys[i].name;
	for (size_t i = 0; list && i < s->certificate_count; i++)
		if (c->certificates[i].issued)
			list[n++] = s->certificates[i].name;
	for (size_t i = 0; list && i < s->request_count; i++)
		if (c->requests[i].there)
			list[n++] = s->requests[i].name;
	for (size_t i = 0; list && i < c->share_count; i++)
		list[n++] = c->shares[i].secret;
	return list;
}

/* What the step in hand has done cannot be undone by another script. */
static bool has_acted(const struct ceremony *c)
{
	const struct journal *j = &c->main.journal;

	for (size_t i = 0; c->main.begun && i < j->count; i++)
		if (j->kept[i].entry.event == ACT_DONE && strcmp(j->kept[i].act, "accept-exception"))
			return true;
	return false;
}

static void hold_site(const struct ceremony *c, const struct script *script, struct fault_list *faults)
{
	static const struct place whole = {1, 1};
	struct fault_list its = {0};
	struct bytes raw = {0};

	bytes_add(&raw, c->site->raw.data, c->site->raw.len);
	struct site *site = site_parse(c->site->path, &raw, script, &its);
	for (size_t i = 0; i < its.count; i++) {
		struct bytes text = {0};
		error_text(&its.fault[i], &text);
		fault_add(faults, whole, N_("With the site file of this ceremony: %s"), bytes_string(&text));
		bytes_free(&text);
	}
	faults->failed = faults->failed || its.failed;
	fault_list_free(&its);
	site_free(&site);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool listed_alike(const struct script_step *a, const struct script_step *b)
{
	return !strcmp(a->id, b->id) && !strcmp(a->kind, b->kind) && same_text(a->approve, b->approve);
}

/* How many steps at the beginning, and of the others how many at the end, are listed as they were: what is between them
 * is what the order says. */
static void difference_of(const struct script *was, const struct script *is, size_t *kept, size_t *rest)
{
	size_t least = was->step_count < is->step_count ? was->step_count : is->step_count;

	for (*kept = 0; *kept < least && listed_alike(&was->steps[*kept], &is->steps[*kept]);)
		++*kept;
	for (*rest = 0; *rest < least - *kept &&
	                listed_alike(&was->steps[was->step_count - 1 - *rest], &is->steps[is->step_count - 1 - *rest]);)
		++*rest;
}

/* What the order of an amendment cannot say, in an entry of its own. */
static void hold_size(const struct script *was, const struct script *is, struct fault_list *faults)
{
	size_t kept, rest;

	difference_of(was, is, &kept, &rest);
	if (is->step_count - kept - rest > STEPS_CHANGED)
		fault_add(faults, is->steps[kept].place,
		        N_("From here on %zu steps differ from those in force. One amendment changes %d at most: bring "
		           "the new script in several parts."),
		        is->step_count - kept - rest, STEPS_CHANGED);
}

/* All that follows from the record alone: the file is a script, and one that may take the place of the one in force.
 * NULL: it has faults. */
static struct script *judge(
        const struct ceremony *c, const struct bytes *file, bool *same_step, struct fault_list *faults)
{
	static const struct place whole = {1, 1};
	const char **held = held_names(c), *path = c->amendment.path;
	struct bytes raw = {0};
	struct script *s = NULL;

	bytes_add(&raw, file->data, file->len);
	if (!held) {
		faults->failed = true;
		bytes_free(&raw);
		return NULL;
	}
	s = script_parse(path, &raw, faults);
	if (s && !memcmp(s->sha256, c->script->sha256, sizeof(s->sha256)))
		fault_add(faults, whole, N_("This is the script that is in force already."));
	if (s) {
		script_amends(c->script, s, c->step, held, same_step, faults);
		hold_site(c, s, faults);
		hold_size(c->script, s, faults);
		if (!*same_step && has_acted(c))
			fault_add(faults, whole,
			        N_("Step \"%s\" has done its act already, and is not completed: it must stay as it "
			           "is."),
			        c->script->steps[c->step].id);
	}
	free(held);
	if (faults->count || faults->failed)
		script_free(&s);
	return s;
}

int amend_taken(struct ceremony *c, const struct entry *entry, struct error *e)
{
	struct bytes file = {0};
	struct fault_list faults = {0};
	int rc = -1;

	snprintf(c->amendment.path, sizeof(c->amendment.path), "%s", json_text(entry->data, "path"));
	snprintf(c->amendment.sha256, sizeof(c->amendment.sha256), "%s", json_text(entry->data, "sha256"));
	if (ceremony_artifact(c, c->amendment.path, SCRIPT_FILE_MAX, &file, e) < 0)
		goto out;
	c->amendment.script = judge(c, &file, &c->amendment.same_step, &faults);
	if (faults.failed) {
		error_memory(e);
		goto out;
	}
	c->amendment.taken = true;
	c->brought++;
	rc = 0;
out:
	fault_list_free(&faults);
	bytes_free(&file);
	return rc;
}

int amend_looked(struct ceremony *c, const struct entry *entry, struct error *e)
{
	const struct json *faults = json_get(entry->data, "faults");

	c->amendment.looked = true;
	c->amendment.faulty = faults && faults->count;
	for (const struct json *f = faults ? faults->child : NULL; f; f = f->next)
		bytes_printf(&c->amendment.sentences, "%s\n", f->text);
	return bytes_end(&c->amendment.sentences, e);
}

void amend_drop(struct ceremony *c)
{
	bytes_free(&c->amendment.sentences);
	script_free(&c->amendment.script);
	memset(&c->amendment, 0, sizeof(c->amendment));
}

/* What is known of the new script's certificates; the array alone is the caller's. */
static struct certificate_state *certificates_of(const struct ceremony *c, const struct script *s)
{
	struct certificate_state *list = calloc(s->certificate_count + 1, sizeof(*list));

	for (size_t i = 0; list && i < s->certificate_count; i++) {
		const struct script_certificate *was = script_certificate(c->script, s->certificates[i].name);
		if (was)
			list[i] = c->certificates[was - c->script->certificates];
	}
	return list;
}

static struct key_state *keys_of(const struct ceremony *c, const struct script *s)
{
	struct key_state *list = calloc(s->key_count + 1, sizeof(*list));

	for (size_t i = 0; list && i < s->key_count; i++) {
		const struct script_key *was = script_key(c->script, s->keys[i].name);
		if (was)
			list[i] = c->keys[was - c->script->keys];
	}
	return list;
}

static struct request_state *requests_of(const struct ceremony *c, const struct script *s)
{
	struct request_state *list = calloc(s->request_count + 1, sizeof(*list));

	for (size_t i = 0; list && i < s->request_count; i++) {
		const struct script_request *was = script_request(c->script, s->requests[i].name);
		if (was)
			list[i] = c->requests[was - c->script->requests];
	}
	return list;
}

static unsigned attempts_of(const struct ceremony *c, const char *id)
{
	for (size_t i = 0; i < c->script->step_count; i++)
		if (!strcmp(c->script->steps[i].id, id))
			return c->attempts[i];
	return 0;
}

/* The step in hand is another one: what was begun of it is given up. */
static void give_up(struct ceremony *c)
{
	if (!c->main.begun)
		return;
	if (c->attempts[c->step] > c->given_up)
		c->given_up = c->attempts[c->step];
	journal_clear(&c->main.journal);
	c->main.begun = false;
	c->relieved_count = 0;
	shares_void(c, NULL, SHARE_DRAWN);
	if (!c->redoing)
		memset(&c->trouble, 0, sizeof(c->trouble));
}

int amend_done(struct ceremony *c, struct error *e)
{
	struct script *s = c->amendment.script;
	struct script **former = reallocarray(c->former, c->former_count + 1, sizeof(void *));
	unsigned *attempts = calloc(s->step_count + 1, sizeof(*attempts));
	uint8_t *states = calloc(s->step_count + 1, sizeof(*states));
	struct key_state *keys = keys_of(c, s);
	struct certificate_state *certificates = certificates_of(c, s);
	struct request_state *requests = requests_of(c, s);

	c->former = former ? former : c->former;
	if (!former || !attempts || !states || !keys || !certificates || !requests) {
		free(attempts);
		free(states);
		free(keys);
		free(certificates);
		free(requests);
		return error_memory(e);
	}
	if (!c->amendment.same_step)
		give_up(c);
	for (size_t i = 0; i < s->step_count; i++) {
		attempts[i] = attempts_of(c, s->steps[i].id);
		if (i >= c->step && attempts[i] < c->given_up)
			attempts[i] = c->given_up;
		states[i] = i < c->step ? c->states[i] : STEP_STATE_TO_COME;
	}
	/* What is there was named by the script before, and is in the new one as it was: nothing of it is left behind.
	 */
	free(c->attempts);
	free(c->states);
	free(c->keys);
	free(c->certificates);
	free(c->requests);
	c->attempts = attempts;
	c->states = states;
	c->keys = keys;
	c->certificates = certificates;
	c->requests = requests;
	c->former[c->former_count++] = c->script;
	c->script = s;
	c->amendment.script = NULL;
	amend_drop(c);
	return 0;
}

static int propose(const struct ceremony *c, struct want *w, struct error *e)
{
	size_t kept, rest;
	const struct script_role *control = script_role(c->script, c->script->control);
	/* As consent judges it: with no witness beside the role in control, everyone present. */
	bool witnessed = script_role(c->script, policy_witness) && strcmp(c->script->control, policy_witness);
	struct bytes order = {0};
	struct json_writer j = {&order, false};

	json_begin_object(&j);
	json_member_hex(&j, "script_sha256", c->script->sha256, 32);
	json_member_hex(&j, "new_script_sha256", c->amendment.script->sha256, 32);
	json_member_int(&j, "completed", (int64_t)c->step);
	difference_of(c->script, c->amendment.script, &kept, &rest);
	json_member_int(&j, "kept", (int64_t)kept);
	json_key(&j, "steps");
	opening_steps(&j, c->amendment.script, kept, c->amendment.script->step_count - kept - rest);
	json_member_int(&j, "rest", (int64_t)rest);
	json_end_object(&j);
	int rc = bytes_end(&order, e);
	if (rc == 0)
		rc = want_propose_to(c, w, &amend_kind, NULL, "amend-script", bytes_string(&order),
		        witnessed ? control->name : NULL,
		        witnessed ? control->quorum + 1 : consent_present(c->consent, NULL), e);
	bytes_free(&order);
	return rc;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)run;
	if (!c->amendment.looked)
		want_set(w, WANT_LOOK, &amend_kind, TOPIC_LOOK, NULL, FACTS_READ, "amendment");
	else if (c->amendment.faulty)
		want_set(w, WANT_ASK, &amend_kind, TOPIC_SEEN, NULL, TEXT_ACKNOWLEDGED, NULL);
	else
		return propose(c, w, e);
	return 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	if (w->kind == WANT_ASK)
		return check_acknowledged(c, entry, seen_word, c->amendment.sha256, NULL, e);
	if (w->kind != WANT_LOOK)
		return 0;
	const struct json *facts = json_get(entry->data, "facts"), *faults = json_get(entry->data, "faults");
	const char *path = json_text(facts, "path"), *sum = json_text(facts, "sha256");
	if (!path || !sum || strcmp(path, c->amendment.path) || strcmp(sum, c->amendment.sha256))
		return error_set(e, ERROR_FAULT, "what was looked at is not the new script that was taken in");
	if (!faults->count && !c->amendment.script)
		return error_set(e, ERROR_FAULT,
		        "%s cannot take the place of the script in force, and no fault was found", c->amendment.path);
	return 0;
}

static void told(
        struct fault_list *faults, struct place place, const char *what, const char *name, const struct error *why)
{
	struct bytes text = {0};

	error_text(why, &text);
	fault_add(faults, place, N_("%s %s cannot be built: %s"), what, name, bytes_string(&text));
	bytes_free(&text);
}

static void findings(struct fault_list *faults, struct place place, const struct bytes *found)
{
	struct json_doc *doc = json_doc_new();
	const struct json *list = doc ? json_parse(doc, bytes_string(found), found->len, NULL) : NULL;

	faults->failed = faults->failed || !list;
	for (const struct json *x = list ? list->child : NULL; x; x = x->next)
		fault_add(faults, place, "%s", x->text);
	json_doc_free(&doc);
}

/* What is still to be made of it is built with throw-away keys and linted, as before the ceremony. */
static int dry_run(const struct ceremony *c, struct fault_list *faults, struct error *e)
{
	const struct script *s = c->amendment.script;
	struct certificate_state *known = certificates_of(c, s);
	int64_t now = time_now_ms() / 1000;
	bool rehearsal = ceremony_rehearsal(c);
	struct dry_run *d = known ? dry_run_new(s, known, now, rehearsal, e) : NULL;

	for (size_t i = 0; d && i < s->certificate_count; i++) {
		struct bytes facts = {0}, found = {0};
		struct json_writer f = {&facts, false}, g = {&found, false};
		struct error why = {0};
		if (s->certificates[i].from != CERTIFICATE_ISSUED || known[i].issued)
			continue;
		json_begin_array(&g);
		int rc = dry_run_certificate(d, i, &f, &g, &why);
		json_end_array(&g);
		if (rc < 0)
			told(faults, s->certificates[i].place, "certificate", s->certificates[i].name, &why);
		else
			findings(faults, s->certificates[i].place, &found);
		bytes_free(&facts);
		bytes_free(&found);
	}
	for (size_t i = 0; d && i < s->request_count; i++) {
		struct error why = {0};
		if (request_dry_run(s, &s->requests[i], &why) < 0)
			told(faults, s->requests[i].place, "request", s->requests[i].name, &why);
	}
	for (int lists = 0; d && lists < 2; lists++) {
		static const struct place whole = {1, 1};
		struct bytes facts = {0}, found = {0};
		struct json_writer f = {&facts, false}, g = {&found, false};
		struct error why = {0};
		json_begin_object(&f);
		json_begin_array(&g);
		int rc = lists ? ocsps_dry_run(s, now, rehearsal, &f, &g, &why)
		               : crls_dry_run(s, known, now, rehearsal, &f, &g, &why);
		json_end_array(&g);
		if (rc < 0)
			told(faults, whole, lists ? "ocsp" : "crl", "", &why);
		else
			findings(faults, whole, &found);
		bytes_free(&facts);
		bytes_free(&found);
	}
	int rc = d ? 0 : known ? -1 : error_memory(e);
	dry_run_free(&d);
	free(known);
	return rc;
}

static void put_fault(struct json_writer *j, const char *path, const struct error *fault)
{
	struct bytes text = {0}, visible = {0};
	const char *slash = strrchr(path, '/');

	if (fault->line)
		bytes_printf(&text, "%s:%u:%u: ", slash ? slash + 1 : path, fault->line, fault->column);
	error_text(fault, &text);
	size_t len = text.len > FAULT_MAX ? text_fit(bytes_string(&text), text.len, FAULT_MAX) : text.len;
	text_visible(&visible, bytes_string(&text), len);
	json_put_text(j, bytes_string(&visible));
	bytes_free(&text);
	bytes_free(&visible);
}

struct look {
	const struct ceremony *c;
	const struct bytes *file;
};

/* Decodes the script, and builds what it asks for from certificates that may have come from outside. */
static int look_aside(void *with, struct bytes *out, struct error *e)
{
	const struct look *l = with;
	const struct ceremony *c = l->c;
	struct bytes sentences = {0};
	struct json_writer f = {out, false}, g = {&sentences, false};
	struct fault_list faults = {0};
	struct script *again;
	bool same = false;
	int rc = -1;

	again = judge(c, l->file, &same, &faults);
	if (again && dry_run(c, &faults, e) < 0)
		goto out;
	if (faults.failed) {
		error_memory(e);
		goto out;
	}
	json_begin_object(&f);
	json_member_text(&f, "path", c->amendment.path);
	json_member_text(&f, "sha256", c->amendment.sha256);
	json_end_object(&f);
	json_begin_array(&g);
	for (size_t i = 0; i < faults.count && i < FAULTS_SHOWN; i++)
		put_fault(&g, c->amendment.path, &faults.fault[i]);
	if (faults.count > FAULTS_SHOWN) {
		char more[64];
		snprintf(more, sizeof(more), "and %zu more faults", faults.count - FAULTS_SHOWN);
		json_put_text(&g, more);
	}
	json_end_array(&g);
	rc = foreign_put_faults(out, &sentences, e);
out:
	bytes_free(&sentences);
	fault_list_free(&faults);
	script_free(&again);
	return rc;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	struct bytes file = {0}, facts = {0}, sentences = {0};
	struct look with = {c, &file};
	int rc = -1;

	if (ceremony_artifact(c, c->amendment.path, SCRIPT_FILE_MAX, &file, e) == 0 &&
	        foreign_aside_facts(room->parser, look_aside, &with, &facts, &sentences, e) == 0)
		rc = put_facts(out, w, &facts, &sentences, e);
	bytes_free(&file);
	bytes_free(&facts);
	bytes_free(&sentences);
	return rc;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	(void)w;
	(void)room;
	p->kind = PROMPT_ACKNOWLEDGE;
	p->see_all = true;
	message_set(&p->title, N_("The new script is not taken"));
	if (prompt_message(p, LINE_WARNING,
	            N_("It has faults, and the script in force stays in force. Mend the file, and bring it again.")) <
	        0)
		return error_memory(e);
	if (prompt_lines(p, bytes_string(&c->amendment.sentences)) < 0)
		return error_memory(e);
	return ask_acknowledgement(c, p, NULL, N_("Who has seen it"), seen_word, e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	(void)room;
	return put_acknowledged(out, w, a, c->amendment.sha256, e);
}

static const char *const help[] = {
        N_("A new script takes the place of the one in force when the quorum of the controlling role and a witness "
           "approve it. What is completed stays as it was."),
        NULL};

const struct step_kind amend_kind = {
        .name = "amend",
        .next = next,
        .check = check,
        .ask = ask,
        .look = look,
        .answer = answer,
        .help = help,
};
