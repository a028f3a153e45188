#include "hsm/helper.h"
#include "hsm/wire_messages.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int helper_init(struct helper *h, struct error *e)
{
	h->line_doc = json_doc_new();
	h->order_doc = json_doc_new();
	h->consent = consent_new();
	return h->line_doc && h->order_doc && h->consent ? 0 : error_memory(e);
}

void helper_free(struct helper *h)
{
	for (size_t i = 0; i < h->token_count; i++)
		token_close(&h->tokens[i], NULL);
	for (size_t i = 0; i < h->module_count; i++)
		module_free(&h->modules[i]);
	free(h->tokens);
	batch_free(&h->batch);
	consent_free(&h->consent);
	json_doc_free(&h->line_doc);
	json_doc_free(&h->order_doc);
}

static int make_tokens(struct helper *h, struct error *e)
{
	const struct policy *p = consent_policy(h->consent);
	h->tokens = calloc(p->hsm_count + 1, sizeof *h->tokens);
	if (!h->tokens)
		return error_memory(e);
	h->token_count = p->hsm_count;
	for (size_t i = 0; i < p->hsm_count; i++) {
		struct token *t = &h->tokens[i];
		t->policy = &p->hsms[i];
		t->rehearsal = p->rehearsal;
		if (strlen(t->policy->label) >= sizeof t->label || strlen(t->policy->serial) >= sizeof t->serial)
			return error_set(e, ERROR_FAULT, MSG_LABEL_LONG, t->policy->name);
		snprintf(t->label, sizeof t->label, "%s", t->policy->label);
		snprintf(t->serial, sizeof t->serial, "%s", t->policy->serial);
	}
	return 0;
}

static struct token *token_named(struct helper *h, const char *name)
{
	for (size_t i = 0; i < h->token_count; i++)
		if (name && !strcmp(h->tokens[i].policy->name, name))
			return &h->tokens[i];
	return NULL;
}

/* After initialise-hsm the token is known by what that act's facts say: so also after a resume. */
static int learn_token(
        struct helper *h, const char *hsm, const char *ordered, const struct json *facts, struct error *e)
{
	struct token *t = token_named(h, hsm);
	const char *label = json_text(facts, "label"), *serial = json_text(facts, "serial");
	if (!t || !label || !label[0] || !serial || strlen(label) >= sizeof t->label ||
	        strlen(serial) >= sizeof t->serial)
		return error_set(e, ERROR_FAULT, MSG_INITIALISED_FACTS);
	/* The label is the order's, and a serial number once known stays: no line can point to another token. */
	if (!ordered || strcmp(label, ordered) || (t->serial[0] && strcmp(serial, t->serial)))
		return error_set(e, ERROR_FAULT, MSG_INITIALISED_FACTS);
	/* Did it itself: then it knows better than the line. */
	if (t->initialised && (strcmp(label, t->label) || strcmp(serial, t->serial)))
		return error_set(e, ERROR_FAULT, MSG_INITIALISED_FACTS);
	snprintf(t->label, sizeof t->label, "%s", label);
	snprintf(t->serial, sizeof t->serial, "%s", serial);
	return 0;
}

/* The HSM that the open act initialises, and the label of its order (may be NULL: there is none); "" when that is not
 * what it does. The caller frees both. NULL: no memory. */
static char *hsm_being_initialised(struct helper *h, char **label, struct error *e)
{
	const struct proposal *open = consent_open_act(h->consent, NULL);
	const struct json *order = NULL;
	if (open && !strcmp(open->act, "initialise-hsm"))
		order = json_parse(h->order_doc, bytes_string(&open->order), open->order.len, e);
	const char *name = json_text(order, "hsm");
	const char *text = json_text(order, "label");
	char *copy = strdup(name ? name : "");
	*label = text ? strdup(text) : NULL;
	if (!copy)
		error_memory(e);
	return copy;
}

static int take_line(struct helper *h, const char *line, size_t len, struct error *e)
{
	struct entry entry;
	char *hsm = NULL, *label = NULL;
	int rc = -1;
	if (h->cards) {
		error_set(e, ERROR_FAULT, MSG_CARD_HELPER);
		goto out;
	}
	if (entry_parse(h->line_doc, line, len, &entry, e))
		goto out;
	if (entry.seq != h->tree.size) {
		error_set(
		        e, ERROR_FAULT, MSG_LINE_SEQ, (unsigned long long)entry.seq, (unsigned long long)h->tree.size);
		goto out;
	}
	if (entry.event == ACT_DONE && !(hsm = hsm_being_initialised(h, &label, e)))
		goto out;
	if (tree_add(&h->tree, line, len)) {
		error_memory(e);
		goto out;
	}
	if (consent_apply(h->consent, &entry, &h->tree, e))
		goto out;
	if (entry.event == CEREMONY_OPENED && make_tokens(h, e))
		goto out;
	if (hsm && hsm[0] && learn_token(h, hsm, label, json_get(entry.data, "facts"), e))
		goto out;
	rc = 0;
out:
	free(hsm);
	free(label);
	return rc;
}

void helper_line(struct helper *h, const char *line, size_t len)
{
	if (!h->refused && take_line(h, line, len, &h->refusal))
		h->refused = true;
}

static struct module *module_of(struct helper *h, const struct policy_hsm *policy, struct error *e)
{
	struct module *m;
	for (size_t i = 0; i < h->module_count; i++)
		if (!strcmp(module_path(h->modules[i]), policy->module))
			return h->modules[i];
	if (h->module_count == sizeof h->modules / sizeof h->modules[0]) {
		error_set(e, ERROR_FAULT, MSG_MODULES_MANY);
		return NULL;
	}
	m = module_load(policy->module, policy->module_sha256, e);
	if (m)
		h->modules[h->module_count++] = m;
	return m;
}

struct token *helper_token(struct helper *h, const char *name, struct error *e)
{
	struct token *t = token_named(h, name);
	if (!consent_policy(h->consent)) {
		error_set(e, ERROR_FAULT, MSG_NO_RECORD);
		return NULL;
	}
	if (!t) {
		error_set(e, ERROR_FAULT, MSG_NO_HSM, name);
		return NULL;
	}
	if (!t->module)
		t->module = module_of(h, t->policy, e);
	return t->module ? t : NULL;
}

static int serve(struct helper *h, struct token *t, struct request *r, struct bytes *answer, struct error *e)
{
	switch (r->verb) {
	case HSM_TOKENS:
		return verb_tokens(t, answer, e);
	case HSM_INSPECT:
		return verb_inspect(t, r, answer, e);
	case HSM_INITIALISE:
		return verb_initialise(h, t, r, answer, e);
	case HSM_UNLOCK:
		return verb_unlock(h, t, r, answer, e);
	case HSM_CHANGE_PIN:
		return verb_change_pin(h, t, r, answer, e);
	case HSM_SETTLE_PIN:
		return verb_settle_pin(h, t, r, answer, e);
	case HSM_GENERATE:
		return verb_generate(h, t, r, answer, e);
	case HSM_CHECK_KEY:
		return verb_check_key(h, t, r, answer, e);
	case HSM_LEAVES:
		return verb_leaves(h, t, r, answer, e);
	case HSM_SIGN_BATCH:
		return verb_sign_batch(h, t, r, answer, e);
	case HSM_SIGN:
		return verb_sign(h, t, r, answer, e);
	case HSM_LOCK:
		bytes_text(answer, "{}");
		return token_close(t, e);
	case HSM_CARD_CERTIFICATE:
	case HSM_CARD_SIGN:
		break; /* no token of the record's */
	}
	return error_set(e, ERROR_INTERNAL, MSG_VERB);
}

/* The module of a card, and what it keeps of a PIN, are never in one process with an HSM. */
static int serve_card(struct helper *h, const struct request *r, struct bytes *answer, struct error *e)
{
	int rc;
	if (h->tree.size || h->token_count)
		return error_set(e, ERROR_FAULT, MSG_CARD_HELPER);
	h->cards = true;
	rc = r->verb == HSM_CARD_SIGN ? verb_card_sign(h, r, answer, e) : verb_card_certificate(h, r, answer, e);
	return rc ? -1 : bytes_end(answer, e);
}

int helper_request(struct helper *h, struct request *r, struct bytes *answer, struct error *e)
{
	struct token *t;
	int rc = -1;
	/* HSM_LOCK is never withheld: what was opened under a good record is closed under a refused one too. */
	if (h->refused && r->verb != HSM_LOCK) {
		if (e)
			*e = h->refusal;
		goto out;
	}
	if (r->verb == HSM_CARD_SIGN || r->verb == HSM_CARD_CERTIFICATE) {
		rc = serve_card(h, r, answer, e);
		goto out;
	}
	t = helper_token(h, bytes_string(&r->hsm), e);
	if (!t)
		goto out;
	rc = serve(h, t, r, answer, e);
	/* Between requests there is a session only while the token is unlocked. */
	if (!t->unlocked)
		token_close(t, NULL);
	if (!rc)
		rc = bytes_end(answer, e);
out:
	secret_free(&r->so_pin);
	secret_free(&r->user_pin);
	secret_free(&r->old_pin);
	return rc;
}
