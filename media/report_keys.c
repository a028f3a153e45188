/* Devices and keys, as ETSI EN 319 411-1 clause 6.5.1 lists them. */
#include "media/report_private.h"

#include <string.h>

static void flags(const struct json *list, struct bytes *out)
{
	for (const struct json *flag = list ? list->child : NULL; flag; flag = flag->next)
		if (flag->type == JSON_BOOL && flag->number)
			bytes_printf(out, "%s%s", out->len ? ", " : "", flag->key);
}

static void pair_known(struct report *r, const char *label, const char *value)
{
	if (value && *value)
		page_pair(r->page, label, value, false);
}

/* The newest facts that were read from a token with that serial number, or of that step. */
static const struct entry *token_facts(const struct report *r, const char *hsm)
{
	const struct entry *found = NULL;
	for (size_t i = 0; i < r->journal.count; i++) {
		const struct entry *entry = &r->journal.kept[i].entry;
		if (entry->event != FACTS_READ || strcmp(json_text(entry->data, "what"), "token") != 0 || !entry->step)
			continue;
		for (size_t s = 0; s < r->c->script->step_count; s++) {
			const struct script_step *step = &r->c->script->steps[s];
			const char *of = step_param(step, "hsm"), *key = step_param(step, "key");
			if (!of && key && script_key(r->c->script, key))
				of = script_key(r->c->script, key)->hsm;
			if (of && !strcmp(step->id, entry->step) && !strcmp(of, hsm))
				found = entry;
		}
	}
	return found;
}

static void hsm(struct report *r, const struct script_hsm *h, size_t index)
{
	const struct entry *opened = report_entry(r, 0), *read = token_facts(r, h->name);
	const struct json *policy = json_get(json_get(opened->data, "hsm"), h->name);
	const struct json *facts = read ? json_get(read->data, "facts") : NULL;
	struct bytes set = {0};

	page_heading(r->page, 2, h->name);
	pair_known(r, gettext("Label"), r->c->tokens[index].label);
	pair_known(r, gettext("Serial number"), r->c->tokens[index].serial);
	pair_known(r, gettext("Manufacturer"), json_text(facts, "manufacturer"));
	pair_known(r, gettext("Model"), json_text(facts, "model"));
	pair_known(r, gettext("Firmware"), json_text(facts, "firmware"));
	pair_known(r, gettext("Hardware"), json_text(facts, "hardware"));
	pair_known(r, gettext("Attachment (script)"), h->attachment);
	pair_known(r, gettext("Certified as (script)"), h->fips);
	page_pair(r->page, gettext("Software token"), report_yes(json_true(policy, "software") || h->software), false);
	pair_known(r, gettext("Login"), json_text(policy, "login"));
	pair_known(r, gettext("PKCS#11 module"), json_text(policy, "module"));
	page_pair(r->page, gettext("Module, SHA-256"), json_text(policy, "module_sha256"), true);
	flags(json_get(facts, "flags"), &set);
	pair_known(r, gettext("Flags set"), bytes_string(&set));
	page_pair(r->page, gettext("Random numbers"),
	        gettext("of the device's own generator, which no program can look into; see its papers"), false);
	bytes_free(&set);
}

void report_hsms(struct report *r)
{
	const struct page_column fields[] = {
	        {gettext("Settings of the device and its random number generator, from its papers"), 100, PAGE_PLAIN}};

	if (!r->c || !r->c->script->hsm_count)
		return;
	page_heading(r->page, 1, gettext("Devices (ETSI EN 319 411-1, 6.5.1)"));
	for (size_t i = 0; i < r->c->script->hsm_count; i++) {
		hsm(r, &r->c->script->hsms[i], i);
		page_blanks(r->page, NULL, fields, 1);
	}
}

static void attributes(const struct json *list, struct bytes *out)
{
	for (const struct json *a = list ? list->child : NULL; a; a = a->next) {
		bytes_printf(out, "%s%s=", out->len ? ", " : "", a->key);
		if (a->type == JSON_BOOL)
			bytes_text(out, a->number ? "true" : "false");
		else if (a->type == JSON_INT)
			bytes_printf(out, "%lld", (long long)a->number);
		else
			bytes_text(out, a->type == JSON_STRING ? a->text : "-");
	}
}

/* The newest act of that name that is done about this key. */
static const struct entry *key_act(const struct report *r, const char *act, const char *key)
{
	const struct entry *done, *found = NULL;
	for (size_t at = 0; (done = report_done(r, act, &at));)
		if (!strcmp(json_text(json_get(report_proposal(r, done)->data, "order"), "key"), key))
			found = done;
	return found;
}

static void key_done(struct report *r, const struct entry *done, const char *label)
{
	const struct json *facts = json_get(done->data, "facts");
	struct bytes when = {0}, who = {0}, list = {0};

	report_time(&when, done->time, -1);
	report_approvers(r, report_proposal(r, done), &who);
	report_pair(r->page, label, gettext("%s UTC, at step %s (entry %llu)"), bytes_string(&when),
	        done->step ? done->step : "-", (unsigned long long)done->seq);
	page_pair(r->page, gettext("Approved by"), bytes_string(&who), false);
	pair_known(r, gettext("Mechanism"), json_text(facts, "mechanism"));
	attributes(json_get(facts, "attributes"), &list);
	if (list.len)
		page_pair(r->page, gettext("Attributes read back"), bytes_string(&list), true);
	if (json_text(facts, "challenge_signature"))
		page_pair(r->page, gettext("Proof of possession"),
		        gettext("the key signed a challenge, and the signature was verified in software"), false);
	bytes_free(&when);
	bytes_free(&who);
	bytes_free(&list);
}

static void key(struct report *r, const struct script_key *k, const struct key_state *state)
{
	const struct entry *made = key_act(r, "generate-key", k->name), *checked = key_act(r, "check-key", k->name);

	page_heading(r->page, 2, k->name);
	pair_known(r, gettext("Algorithm and size"), k->algorithm);
	pair_known(r, gettext("Label"), k->label);
	if (state->cka_id)
		page_pair(r->page, gettext("Unique id (CKA_ID)"), state->cka_id, true);
	page_pair(r->page, gettext("Device"), k->hsm, false);
	if (!state->spki.len) {
		page_paragraph(r->page, gettext("This key was not made in what is printed here."));
		return;
	}
	report_hash(r->page, gettext("Public key, SHA-256"), state->spki_sha256, 32);
	if (made)
		key_done(r, made, gettext("Generated"));
	else
		page_pair(r->page, gettext("Generated"),
		        gettext("BEFORE this ceremony: the key is taken over from the previous record"), false);
	if (checked)
		key_done(r, checked, gettext("Found again"));
}

void report_keys(struct report *r)
{
	if (!r->c || !r->c->script->key_count)
		return;
	page_heading(r->page, 1, gettext("Keys (ETSI EN 319 411-1, 6.5.1)"));
	for (size_t i = 0; i < r->c->script->key_count; i++)
		key(r, &r->c->script->keys[i], &r->c->keys[i]);
}
