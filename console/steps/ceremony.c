/* What the fold holds: made, asked, freed. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "steps/amend.h"
#include "steps/ceremony.h"

struct ceremony *ceremony_new(struct script *script, struct site *site, struct error *e)
{
	struct ceremony *c = calloc(1, sizeof(*c));
	if (!c) {
		script_free(&script);
		site_free(&site);
		error_memory(e);
		return NULL;
	}
	c->script = script;
	c->site = site;
	c->directory = -1;
	c->consent = consent_new();
	c->attempts = calloc(script->step_count + 1, sizeof(*c->attempts));
	c->states = calloc(script->step_count + 1, sizeof(*c->states));
	c->tokens = calloc(script->hsm_count + 1, sizeof(*c->tokens));
	c->keys = calloc(script->key_count + 1, sizeof(*c->keys));
	c->certificates = calloc(script->certificate_count + 1, sizeof(*c->certificates));
	c->requests = calloc(script->request_count + 1, sizeof(*c->requests));
	bool ok = c->consent && c->attempts && c->states && c->tokens && c->keys && c->certificates && c->requests;
	for (size_t i = 0; ok && i < script->hsm_count; i++) {
		const struct site_hsm *h = site_hsm(site, script->hsms[i].name);
		ok = field_set(&c->tokens[i].label, h ? h->label : "") == 0 &&
		     field_set(&c->tokens[i].serial, h ? h->serial : "") == 0;
	}
	if (!ok) {
		error_memory(e);
		ceremony_free(&c);
	}
	return c;
}

void ceremony_free(struct ceremony **cp)
{
	struct ceremony *c = *cp;
	if (!c)
		return;
	journal_clear(&c->main.journal);
	journal_clear(&c->redo.journal);
	for (size_t i = 0; c->tokens && i < c->script->hsm_count; i++) {
		free(c->tokens[i].label);
		free(c->tokens[i].serial);
	}
	for (size_t i = 0; c->keys && i < c->script->key_count; i++) {
		free(c->keys[i].cka_id);
		bytes_free(&c->keys[i].spki);
	}
	for (size_t i = 0; c->certificates && i < c->script->certificate_count; i++)
		bytes_free(&c->certificates[i].der);
	for (size_t i = 0; c->requests && i < c->script->request_count; i++) {
		bytes_free(&c->requests[i].der);
		bytes_free(&c->requests[i].spki);
		bytes_free(&c->requests[i].subject);
	}
	for (size_t i = 0; i < c->observed_count; i++) {
		free(c->observed[i].name);
		free(c->observed[i].text);
	}
	for (size_t i = 0; i < c->named_count; i++) {
		free(c->named[i].name);
		free(c->named[i].organisation);
		free(c->named[i].identity);
	}
	for (size_t i = 0; i < c->number_count; i++) {
		free(c->numbers[i].kind);
		free(c->numbers[i].name);
		free(c->numbers[i].text);
	}
	for (size_t i = 0; i < c->carried.count; i++)
		bytes_free(&c->carried.item[i]);
	free(c->numbers);
	free(c->carried.item);
	bytes_free(&c->carried.origin);
	free(c->relieved);
	free(c->tokens);
	free(c->keys);
	free(c->certificates);
	free(c->requests);
	free(c->observed);
	free(c->named);
	free(c->artifacts);
	free(c->shares);
	free(c->attempts);
	free(c->states);
	bytes_free(&c->appeared.text);
	consent_free(&c->consent);
	for (size_t i = 0; i < c->former_count; i++)
		script_free(&c->former[i]);
	free(c->former);
	amend_drop(c);
	script_free(&c->script);
	site_free(&c->site);
	free(c);
	*cp = NULL;
}

const struct run *ceremony_run(const struct ceremony *c)
{
	if (c->redoing)
		return &c->redo;
	return c->step < c->script->step_count ? &c->main : NULL;
}

const struct script_step *ceremony_step(const struct ceremony *c)
{
	const struct run *r = ceremony_run(c);
	return r ? &c->script->steps[r->index] : NULL;
}

bool ceremony_rehearsal(const struct ceremony *c)
{
	const struct policy *p = consent_policy(c->consent);
	return p && p->rehearsal;
}

size_t ceremony_hsm_index(const struct ceremony *c, const char *name)
{
	const struct script_hsm *h = script_hsm(c->script, name);
	return h ? (size_t)(h - c->script->hsms) : 0;
}

size_t ceremony_key_index(const struct ceremony *c, const char *name)
{
	const struct script_key *k = script_key(c->script, name);
	return k ? (size_t)(k - c->script->keys) : 0;
}

size_t ceremony_certificate_index(const struct ceremony *c, const char *name)
{
	const struct script_certificate *k = script_certificate(c->script, name);
	return k ? (size_t)(k - c->script->certificates) : 0;
}

size_t ceremony_request_index(const struct ceremony *c, const char *name)
{
	const struct script_request *r = script_request(c->script, name);
	return r ? (size_t)(r - c->script->requests) : 0;
}

const struct request_state *ceremony_request(const struct ceremony *c, const char *name)
{
	const struct script_request *r = script_request(c->script, name);
	const struct request_state *state = r ? &c->requests[r - c->script->requests] : NULL;
	return state && state->there ? state : NULL;
}

const struct named_state *ceremony_named(const struct ceremony *c, const char *key_name)
{
	for (size_t i = c->named_count; i-- > 0;)
		if (!strcmp(c->named[i].key_name, key_name))
			return &c->named[i];
	return NULL;
}

int ceremony_artifact(const struct ceremony *c, const char *path, size_t max, struct bytes *out, struct error *e)
{
	const struct artifact_state *a = NULL;
	uint8_t sum[32];

	for (size_t i = 0; i < c->artifact_count; i++)
		if (!strcmp(c->artifacts[i].path, path))
			a = &c->artifacts[i];
	if (!a || c->directory < 0)
		return error_set(e, ERROR_INTERNAL, "the artifact %s is not in hand", path);
	bytes_clear(out);
	if (file_read_at(c->directory, path, max, out, e) < 0)
		return -1;
	if (sha256(out->data, out->len, sum) < 0)
		return error_memory(e);
	if (out->len != a->bytes || memcmp(sum, a->sha256, sizeof(sum)))
		return error_set(e, ERROR_FAULT,
		        "the artifact %s is not the one that the record commits to: its hash differs", path);
	return 0;
}

const char *ceremony_number(const struct ceremony *c, const char *kind, const char *name)
{
	for (size_t i = 0; i < c->number_count; i++)
		if (!strcmp(c->numbers[i].kind, kind) && !strcmp(c->numbers[i].name, name))
			return c->numbers[i].text;
	return NULL;
}

int ceremony_number_set(struct ceremony *c, const char *kind, const char *name, const char *text, struct error *e)
{
	for (size_t i = 0; i < c->number_count; i++)
		if (!strcmp(c->numbers[i].kind, kind) && !strcmp(c->numbers[i].name, name))
			return field_set(&c->numbers[i].text, text) < 0 ? error_memory(e) : 0;
	struct number_state *list = realloc(c->numbers, (c->number_count + 1) * sizeof(*list));
	if (!list)
		return error_memory(e);
	c->numbers = list;
	struct number_state *n = &list[c->number_count++];
	memset(n, 0, sizeof(*n));
	return field_set(&n->kind, kind) < 0 || field_set(&n->name, name) < 0 || field_set(&n->text, text) < 0
	               ? error_memory(e)
	               : 0;
}

int ceremony_token_label(const struct ceremony *c, const char *label, struct bytes *out, struct error *e)
{
	bytes_clear(out);
	if (ceremony_rehearsal(c) && strncmp(label, "REHEARSAL", 9))
		bytes_text(out, "REHEARSAL ");
	bytes_text(out, label);
	/* PKCS#11: a token's label has 32 bytes. A rehearsal's is cut there, at a character; a real one is refused by
	 * check. */
	if (out->len > 32) {
		size_t keep = 32;
		while (keep > 0 && (out->data[keep] & 0xc0) == 0x80)
			keep--;
		while (keep > 0 && out->data[keep - 1] == ' ')
			keep--;
		out->len = keep;
		out->data[keep] = 0;
	}
	return bytes_end(out, e);
}
