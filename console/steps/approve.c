/* Consent as a want: approvals under one checkpoint, then the intent, then the act. */
#include <stdlib.h>
#include <string.h>

#include "people/consent.h"
#include "base/text.h"
#include "steps/amend.h"
#include "steps/card.h"
#include "steps/sign.h"
#include "steps/step.h"

enum { TOPIC_APPROVE, TOPIC_VOID, TOPIC_INTEND, TOPIC_ACT };

static const char *step_of(const struct proposal *p)
{
	return p->step[0] ? p->step : NULL;
}

static int next_act(const struct ceremony *c, struct want *w, struct error *e)
{
	uint64_t seq = 0;
	const struct proposal *p = consent_open_act(c->consent, &seq);
	const struct step_kind *kind = step_kind_of_act(c, p);

	want_set(w, WANT_ACT, kind ? kind : &consent_kind, TOPIC_ACT, step_of(p), ACT_DONE, NULL);
	if (kind) {
		w->other = ACT_FAILED;
		return 0;
	}
	bytes_printf(&w->data, "{\"of\":%llu,\"facts\":{}}", (unsigned long long)seq);
	return bytes_end(&w->data, e);
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)run;
	if (consent_open_act(c->consent, NULL))
		return next_act(c, w, e);
	const struct proposal *p = consent_proposal(c->consent);
	if (p->refused) {
		want_set(w, WANT_RECORD, &consent_kind, TOPIC_VOID, step_of(p), ACT_VOIDED, NULL);
		bytes_printf(&w->data, "{\"of\":%llu,\"reason\":\"refused\"}", (unsigned long long)p->seq);
		w->other = APPROVAL_REFUSED;
	} else if (consent_has_quorum(c->consent)) {
		want_set(w, WANT_RECORD, &consent_kind, TOPIC_INTEND, step_of(p), ACT_INTENDED, NULL);
		bytes_printf(&w->data, "{\"of\":%llu}", (unsigned long long)p->seq);
	} else {
		want_set(w, WANT_ASK, &consent_kind, TOPIC_APPROVE, step_of(p), APPROVAL_GIVEN, NULL);
		w->other = APPROVAL_REFUSED;
		return 0;
	}
	return bytes_end(&w->data, e);
}

/* An order's keys in the words of the room. */
static const struct {
	const char *key, *label;
} labels[] = {
        {"hsm", N_("HSM: %s")},
        {"serial", N_("Token serial number: %s")},
        {"label", N_("Label: %s")},
        {"login", N_("Login: %s")},
        {"flags", N_("Token flags before login: %s")},
        {"key", N_("Key: %s")},
        {"algorithm", N_("Algorithm: %s")},
        {"cka_id", N_("Key identifier (CKA_ID): %s")},
        {"certificate", N_("Certificate: %s")},
        {"request", N_("Request: %s")},
        {"spki_sha256", N_("SHA-256 of the public key: %s")},
        {"serial_number", N_("Serial number: %s")},
        {"not_before", N_("Valid from: %s")},
        {"not_after", N_("Valid until: %s")},
        {"tbs_sha256", N_("SHA-256 of the to-be-signed certificate: %s")},
        {"cri_sha256", N_("SHA-256 of the to-be-signed request: %s")},
        {"script_sha256", N_("SHA-256 of the script: %s")},
        {"site_sha256", N_("SHA-256 of the site file: %s")},
        {"people", N_("Person: %s")},
        {"found", N_("Found on the token: %s")},
        {"erase", N_("To be erased: %s")},
        {"lint", N_("Lint warning that is accepted: %s")},
        {"document", N_("Document: %s")},
        {"signature", N_("Signature algorithm: %s")},
        {"certificate_sha256", N_("SHA-256 of the signer's certificate: %s")},
        {"content_sha256", N_("SHA-256 of the document: %s")},
        {"bytes", N_("Length in bytes: %s")},
        {"signing_time", N_("Signing time: %s")},
        {"attributes_sha256", N_("SHA-256 of the signed attributes: %s")},
        {"crl", N_("CRL: %s")},
        {"number", N_("CRL number: %s")},
        {"entries", N_("Revoked certificates: %s")},
        {"ocsp", N_("OCSP responses: %s")},
        {"count", N_("How many: %s")},
        {"root", N_("Root of the tree over all that is signed: %s")},
        {"this_update", N_("This update: %s")},
        {"next_update", N_("Next update: %s")},
        {"secret", N_("Secret: %s")},
        {"pin", N_("Which PIN: %s")},
        {"holders", N_("New holder: %s")},
        {"threshold", N_("Shares that are needed: %s")},
        {"shares", N_("Shares in all: %s")},
        {"still_open", N_("Still opened by the old shares: %s")},
        {"new_script_sha256", N_("SHA-256 of the new script: %s")},
        {"completed", N_("Completed steps, which stay as they are: %s")},
        {"kept", N_("Steps at the beginning that stay as they are: %s")},
        {"rest", N_("Steps at the end that stay as they are: %s")},
        {"about", N_("About entry: %s")},
        {"of", N_("Of entry: %s")},
};

static int line_of(struct prompt *p, const char *key, const struct json *value)
{
	struct bytes text = {0};
	if (value->type == JSON_STRING) {
		bytes_add(&text, value->text, value->len);
	} else {
		struct json_writer j = {&text, false};
		json_put(&j, value);
	}
	int rc = -1;
	if (bytes_end(&text, NULL) == 0) {
		const char *label = NULL;
		for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
			if (!strcmp(labels[i].key, key))
				label = labels[i].label;
		struct line *l = prompt_line(p, LINE_PLAIN, NULL) == 0 ? &p->line[p->lines - 1] : NULL;
		if (l && text.len < MESSAGE_ARG_MAX - 1 && label) {
			l->message.id = label;
			memcpy(l->message.args[0], bytes_string(&text), text.len + 1);
			rc = 0;
		} else if (l) {
			struct bytes whole = {0};
			bytes_printf(&whole, "%s: ", key);
			bytes_add(&whole, text.data, text.len);
			rc = bytes_end(&whole, NULL) < 0 ? -1 : field_set(&l->text, bytes_string(&whole));
			bytes_free(&whole);
		}
	}
	bytes_free(&text);
	return rc;
}

static int order_lines(struct prompt *p, const struct proposal *proposal, struct error *e)
{
	struct json_doc *doc = json_doc_new();
	int rc = -1;
	if (!doc) {
		error_memory(e);
		goto out;
	}
	const struct json *order = json_parse(doc, bytes_string(&proposal->order), proposal->order.len, e);
	if (!order)
		goto out;
	for (const struct json *m = order->child; m; m = m->next) {
		if (!strcmp(m->key, "steps")) /* of an amendment: amend_lines() shows those that are left */
			continue;
		if (m->type == JSON_ARRAY) {
			for (const struct json *item = m->child; item; item = item->next)
				if (line_of(p, m->key, item) < 0)
					goto out;
		} else if (!strcmp(m->key, "flags") && !m->len) {
			if (prompt_message(p, LINE_PLAIN, N_("Token flags before login: none")) < 0)
				goto out;
		} else if (line_of(p, m->key, m) < 0) {
			goto out;
		}
	}
	rc = 0;
out:
	json_doc_free(&doc);
	return rc;
}

/* What the run before left, and for how long nobody saw the machine: what the console says of its clock then, people
 * hold against their own. */
static int stop_lines(const struct ceremony *c, struct prompt *p)
{
	const struct stop *s = &c->stop;
	long long minutes = s->resumed > s->last ? (long long)(s->resumed - s->last) / 60000 : 0;
	char last[TIME_TEXT], resumed[TIME_TEXT];

	time_format_seconds(s->last / 1000, last);
	time_format_seconds(s->resumed / 1000, resumed);
	if (prompt_message(p, LINE_PLAIN, N_("Last entry before the stop: %s"), last) < 0 ||
	        prompt_message(p, LINE_PLAIN, N_("Taken up again: %s"), resumed) < 0 ||
	        prompt_message(p, LINE_WARNING,
	                N_("By the console's clock the stop lasted %lld days, %lld hours and %lld minutes. Hold both "
	                   "times against your own watches and notes: that the clock was set meanwhile shows nowhere "
	                   "else."),
	                minutes / 1440, minutes / 60 % 24, minutes % 60) < 0)
		return -1;
	if (s->torn && prompt_message(p, LINE_WARNING,
	                       N_("A last line that was not written whole was cut off: %lld bytes; the record keeps "
	                          "their hash."),
	                       (long long)s->torn) < 0)
		return -1;
	return s->open ? prompt_message(p, LINE_WARNING,
	                         N_("An act was open when the run before ended: its result is in no entry."))
	               : 0;
}

static int signers(struct prompt *p, const struct proposal *proposal)
{
	p->signed_by = calloc(proposal->approvals + 1, sizeof(*p->signed_by));
	if (!p->signed_by)
		return -1;
	for (unsigned i = 0; i < proposal->approvals; i++)
		if (field_set(&p->signed_by[p->signed_count++], proposal->approved_by[i]) < 0)
			return -1;
	p->need = proposal->need;
	p->waits = true;
	return 0;
}

/* Somebody left, and the act cannot get its quorum any more. */
static int quorum_line(const struct ceremony *c, struct prompt *p, const struct proposal *proposal)
{
	unsigned here = consent_present(c->consent, proposal->role[0] ? proposal->role : NULL);
	unsigned need = proposal->need - (proposal->witness[0] != 0);

	if (proposal->witness[0] && !consent_present(c->consent, proposal->witness) &&
	        prompt_message(p, LINE_WARNING,
	                N_("Nobody of the role %s is in the room: it cannot be approved so, only refused."),
	                proposal->witness) < 0)
		return -1;
	if (here >= need)
		return 0;
	return prompt_message(p, LINE_WARNING,
	        N_("This needs %u approvals of the role %s, and %u of it are in the room: it cannot be done so. Pause "
	           "(F10) and resume: people sit down again at "
	           "the roll call then."),
	        need, proposal->role, here);
}

/* How many of that role have approved. */
static unsigned approved_as(const struct ceremony *c, const struct proposal *p, const char *role)
{
	unsigned n = 0;
	for (unsigned i = 0; i < p->approvals; i++) {
		const struct person *person = consent_find(c->consent, p->approved_by[i]);
		n += person && !strcmp(person->role, role);
	}
	return n;
}

/* Those whose approval is still wanted: of two roles, only of the one that lacks some. */
static int approvers(const struct ceremony *c, const struct proposal *p, struct field *who, const char *const *except)
{
	if (!p->witness[0])
		return field_people(c, who, p->role[0] ? p->role : NULL, except);
	if (approved_as(c, p, p->role) + 1 < p->need && field_people(c, who, p->role, except) < 0)
		return -1;
	return approved_as(c, p, p->witness) ? 0 : field_people(c, who, p->witness, except);
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	(void)w;
	const struct proposal *proposal = consent_proposal(c->consent);
	const struct step_kind *kind = step_kind_of_act(c, proposal);
	const char *except[PEOPLE_MAX + 1] = {0};

	p->kind = PROMPT_APPROVE;
	p->see_all = true;
	p->refusable = true;
	message_set(&p->title, N_("Approve: %s"), proposal->act);
	if (proposal->role[0])
		message_set(&p->actor, "%s", proposal->role);
	if (!strcmp(proposal->act, "accept-exception") && c->trouble.kind &&
	        prompt_message(p, LINE_WARNING, N_("What happened: %s"), c->trouble.sentence) < 0)
		return error_memory(e);
	if (quorum_line(c, p, proposal) < 0)
		return error_memory(e);
	if (!strcmp(proposal->act, "resume") && stop_lines(c, p) < 0)
		return error_memory(e);
	if (order_lines(p, proposal, e) < 0 || (!strcmp(proposal->act, "amend-script") && amend_lines(c, p, e) < 0) ||
	        (kind && kind->propose && kind->propose(c, room, p, e) < 0))
		return -1;
	if (prompt_root(c, p) < 0 || signers(p, proposal) < 0)
		return error_memory(e);
	for (unsigned i = 0; i < proposal->approvals; i++)
		except[i] = proposal->approved_by[i];
	struct field *who = prompt_field(p, "person", FIELD_CHOICE, N_("Who approves"));
	if (!who || approvers(c, proposal, who, except) < 0 ||
	        !prompt_field(p, "passphrase", FIELD_SECRET, N_("Passphrase of their key")) || card_ask_some(c, p) < 0)
		return error_memory(e);
	return 0;
}

static int refuse(const struct proposal *p, const struct answer *a, struct outcome *out, struct error *e)
{
	const char *reason = answer_text(a, "reason");
	if (!*reason)
		return error_set(e, ERROR_FAULT, "a refusal needs its reason, in words");
	struct bytes *data = outcome_add(out, APPROVAL_REFUSED, step_of(p));
	if (!data)
		return error_memory(e);
	struct bytes visible = {0};
	text_visible(&visible, reason, strlen(reason));
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_int(&j, "of", (int64_t)p->seq);
	json_member_text(&j, "person", answer_text(a, "person"));
	json_member_text(&j, "reason", bytes_string(&visible));
	json_end_object(&j);
	bytes_free(&visible);
	return bytes_end(data, e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	(void)w;
	const struct proposal *p = consent_proposal(c->consent);
	const char *name = answer_text(a, "person");
	struct secret *passphrase = answer_take_secret(a, "passphrase"), *card_pin = answer_take_secret(a, "card-pin");
	int rc = -1;

	if (consent_may_approve(c->consent, name, time_now_ms(), e) < 0)
		goto out;
	if (a->action == ANSWER_REFUSE)
		rc = refuse(p, a, out, e);
	else
		rc = person_sign(c, room, name, &passphrase, &card_pin, p->seq, &p->checkpoint, step_of(p), out, e);
out:
	secret_free(&passphrase);
	secret_free(&card_pin);
	return rc;
}

static const char *const help[] = {N_("Read the whole proposal, to its last line. It is signed together with the "
                                      "script and all that went before."),
        N_("Each approver picks their own name and types the passphrase of their own key. A wrong passphrase is "
           "recorded; after five in a row "
           "that person waits one minute."),
        N_("Who has a card that the script pins inserts it and types its PIN too. A wrong PIN is recorded like a wrong "
           "passphrase."),
        N_("Who does not agree refuses, with the reason in words. One refusal voids the proposal, and so do fifteen "
           "minutes."),
        NULL};

const struct step_kind consent_kind = {
        .name = "consent",
        .next = next,
        .ask = ask,
        .answer = answer,
        .help = help,
};
