/* sign-document: a file from a medium, taken in and shown by its hash, approved, and signed as a detached CMS
 * (CAdES-BES). */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "people/cms_verify.h"
#include "pki/cms.h"
#include "steps/document.h"
#include "steps/medium.h"
#include "steps/step.h"

enum { DOCUMENT_MAX = 64 << 20, LENGTH = 4 };

static const struct script_step *step_of(const struct ceremony *c, const struct run *run)
{
	return &c->script->steps[run->index];
}

static const struct script_certificate *certificate_of(const struct ceremony *c, const struct run *run)
{
	return script_certificate(c->script, step_param(step_of(c, run), "certificate"));
}

static const struct certificate_state *signer_of(const struct ceremony *c, const struct run *run)
{
	return &c->certificates[ceremony_certificate_index(c, certificate_of(c, run)->name)];
}

static const struct script_key *key_of(const struct ceremony *c, const struct run *run)
{
	return script_key(c->script, certificate_of(c, run)->key);
}

static const struct entry *taken(const struct run *run)
{
	return journal_find(&run->journal, ARTIFACT_TAKEN, NULL);
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	if (!signer_of(c, run)->issued)
		return N_("the certificate of the signer was not issued: its step was ended by exception");
	if (!c->keys[ceremony_key_index(c, key_of(c, run)->name)].made)
		return N_("the key was not made: its step was ended by exception");
	if (journal_find(&run->journal, ACT_DONE, "sign-document") ||
	        c->tokens[ceremony_hsm_index(c, key_of(c, run)->hsm)].unlocked ||
	        ceremony_redo(c) < c->script->step_count)
		return NULL;
	return N_("the HSM is not unlocked: its step was ended by exception");
}

/* The signed attributes, and the content when it is asked for. The signing time is the whole second in which the
 * document was taken in. */
static int build(const struct ceremony *c, const struct run *run, struct bytes *content, struct bytes *attributes,
        struct error *e)
{
	const struct certificate_state *signer = signer_of(c, run);
	struct cms_signer s = {.certificate = &signer->der, .time = taken(run)->time / 1000};

	s.algorithm = cms_algorithm(&signer->der, e);
	if (!s.algorithm || ceremony_artifact(c, json_text(taken(run)->data, "path"), DOCUMENT_MAX, content, e) < 0)
		return -1;
	return cms_attributes(&s, content->data, content->len, attributes, e);
}

static int propose(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct script_key *k = key_of(c, run);
	const struct key_state *key = &c->keys[ceremony_key_index(c, k->name)];
	struct bytes order = {0}, content = {0}, attributes = {0};
	struct json_writer j = {&order, false};
	char time[TIME_TEXT];
	uint8_t sum[32];
	int rc = -1;

	if (build(c, run, &content, &attributes, e) < 0 || sha256(attributes.data, attributes.len, sum) < 0)
		goto out;
	time_format_seconds(taken(run)->time / 1000, time);
	json_begin_object(&j);
	json_member_text(&j, "document", step_param(step_of(c, run), "file"));
	json_member_text(&j, "certificate", certificate_of(c, run)->name);
	json_member_text(&j, "hsm", k->hsm);
	json_member_text(&j, "serial", c->tokens[ceremony_hsm_index(c, k->hsm)].serial);
	json_member_text(&j, "key", k->name);
	json_member_text(&j, "cka_id", key->cka_id);
	json_member_hex(&j, "spki_sha256", key->spki_sha256, 32);
	json_member_text(&j, "signature", cms_algorithm(&signer_of(c, run)->der, NULL));
	json_member_hex(&j, "certificate_sha256", signer_of(c, run)->sha256, 32);
	json_member_text(&j, "content_sha256", json_text(taken(run)->data, "sha256"));
	json_member_int(&j, "bytes", json_number(taken(run)->data, "bytes", 0));
	json_member_text(&j, "signing_time", time);
	json_member_hex(&j, "attributes_sha256", sum, sizeof(sum));
	json_end_object(&j);
	if (bytes_end(&order, e) == 0)
		rc = want_propose(
		        c, w, &sign_document_step, step_of(c, run)->id, "sign-document", bytes_string(&order), e);
out:
	bytes_free(&order);
	bytes_free(&content);
	bytes_free(&attributes);
	return rc;
}

/* The CMS of a signature in facts, verified over the document. */
static int finish(
        const struct ceremony *c, const struct run *run, const struct json *facts, struct bytes *cms, struct error *e)
{
	const struct certificate_state *signer = signer_of(c, run);
	const char *text = json_text(facts, "signature");
	struct bytes content = {0}, attributes = {0}, signature = {0};
	struct cms_signer s = {.certificate = &signer->der,
	        .algorithm = cms_algorithm(&signer->der, e),
	        .time = taken(run)->time / 1000};
	int64_t time = 0;
	int rc = -1;

	if (!text || base64_decode(text, strlen(text), &signature) < 0)
		error_set(e, ERROR_FAULT, "there is no signature for document %s", step_param(step_of(c, run), "file"));
	else if (s.algorithm && build(c, run, &content, &attributes, e) == 0 &&
	         cms_assemble(&s, &attributes, &signature, cms, e) == 0)
		rc = cms_verify(cms->data, cms->len, content.data, content.len, signer->sha256, &time, e);
	bytes_free(&content);
	bytes_free(&attributes);
	bytes_free(&signature);
	return rc;
}

static int next_write(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	struct bytes cms = {0};
	char name[200];

	if (finish(c, run, json_get(journal_find(&run->journal, ACT_DONE, "sign-document")->data, "facts"), &cms, e) <
	        0) {
		bytes_free(&cms);
		return -1;
	}
	document_name(c, run->index, ".p7s", name);
	return want_write(w, &sign_document_step, step_of(c, run)->id, name, "cms-detached", &cms, e);
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = step_of(c, run)->id;

	if (!journal_find(&run->journal, TEXT_ACKNOWLEDGED, NULL)) {
		want_set(w, WANT_ASK, &sign_document_step, 0, step, TEXT_ACKNOWLEDGED, NULL);
	} else if (!taken(run)) {
		want_set(w, WANT_LOOK, &sign_document_step, 0, step, ARTIFACT_TAKEN, NULL);
		w->other = FACTS_READ;
	} else if (!journal_find(&run->journal, ACT_DONE, "sign-document")) {
		return propose(c, run, w, e);
	} else if (!journal_find(&run->journal, ARTIFACT_WRITTEN, NULL)) {
		return next_write(c, run, w, e);
	}
	return 0;
}

static int check_facts(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts"), *faults = json_get(entry->data, "faults");
	const char *medium = json_text(facts, "medium"), *file = json_text(facts, "file");
	if (strcmp(json_text(entry->data, "what"), "medium") || !medium ||
	        strcmp(medium, step_param(ceremony_step(c), "medium")) || !file ||
	        strcmp(file, step_param(ceremony_step(c), "file")) || !faults || !faults->count)
		return error_set(e, ERROR_FAULT, "the facts do not say why the document was not taken in");
	return 0;
}

static int check_taken(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	char name[200], path[220];
	document_name(c, ceremony_run(c)->index, "", name);
	snprintf(path, sizeof(path), "artifacts/%s", name);
	if (strcmp(json_text(entry->data, "path"), path) || strcmp(json_text(entry->data, "type"), "document"))
		return error_set(e, ERROR_FAULT, "what was taken in is not the document %s",
		        step_param(ceremony_step(c), "file"));
	return 0;
}

static int check_done(const struct ceremony *c, const struct run *run, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts");
	struct bytes cms = {0}, hex = {0};
	uint8_t sum[32];
	int rc = -1;

	if (finish(c, run, facts, &cms, e) < 0 || sha256(cms.data, cms.len, sum) < 0)
		goto out;
	bytes_hex(&hex, sum, sizeof(sum));
	const char *is = json_text(facts, "cms_sha256");
	if (!is || strcmp(is, bytes_string(&hex)) || facts->count != 2)
		error_set(e, ERROR_FAULT,
		        "act.done does not say what follows from the signature that was rebuilt: cms_sha256 %s",
		        bytes_string(&hex));
	else
		rc = 0;
out:
	bytes_free(&cms);
	bytes_free(&hex);
	return rc;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	(void)w;
	if (entry->event == ACT_DONE)
		return check_done(c, ceremony_run(c), entry, e);
	if (entry->event == FACTS_READ)
		return check_facts(c, entry, e);
	if (entry->event == ARTIFACT_TAKEN)
		return check_taken(c, entry, e);
	if (entry->event == TEXT_ACKNOWLEDGED)
		return check_ready(c, "file", entry, e);
	return 0;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	(void)w;
	(void)room;
	p->kind = PROMPT_ACKNOWLEDGE;
	message_set(&p->title, N_("The medium %s"), step_param(ceremony_step(c), "medium"));
	const struct mount_place place = medium_place(step_medium(c), ceremony_rehearsal(c));
	if (prompt_message(p, LINE_PLAIN,
	            N_("It must be at %s. The document %s is taken from it; its SHA-256 is shown before anybody "
	               "approves."),
	            step_medium(c)->directory, step_param(ceremony_step(c), "file")) < 0 ||
	        medium_lines(&place, p) < 0)
		return error_memory(e);
	return ask_acknowledgement(c, p, NULL, N_("Who put it in"), "ready", e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	(void)room;
	return put_ready(c, w, "file", a, out, e);
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	struct bytes content = {0};
	struct error why = {0};
	char name[200], path[220];
	int rc = -1;

	if (medium_read(step_medium(c), ceremony_rehearsal(c), step_param(ceremony_step(c), "file"), DOCUMENT_MAX,
	            &content, &why) < 0) {
		const struct file_fault f = {
		        "medium", "medium", step_medium(c)->name, step_param(ceremony_step(c), "file"), false};
		rc = put_file_fault(out, w, &f, &why, e);
		goto out;
	}
	document_name(c, ceremony_run(c)->index, "", name);
	snprintf(path, sizeof(path), "artifacts/%s", name);
	rc = put_artifact(out, w, ARTIFACT_TAKEN, room, path, "document", &content, e);
out:
	bytes_free(&content);
	return rc;
}

static int propose_lines(const struct ceremony *c, const struct room *room, struct prompt *p, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct bytes subject = {0}, issuer = {0}, words = {0};
	uint8_t sum[32];
	const char *hex = json_text(taken(run)->data, "sha256");
	int rc = -1;

	(void)room;
	hex_decode(hex, strlen(hex), sum, sizeof(sum));
	text_pgp_words(&words, sum, sizeof(sum));
	if (cms_certificate_names(&signer_of(c, run)->der, &subject, &issuer, e) == 0 && bytes_end(&words, e) == 0)
		rc = prompt_message(p, LINE_HEADING, N_("The SHA-256 of the document in words")) < 0 ||
		                     prompt_line(p, LINE_FIXED, bytes_string(&words)) < 0 ||
		                     prompt_message(p, LINE_HEADING, N_("The signer")) < 0 ||
		                     prompt_line(p, LINE_FIXED, bytes_string(&subject)) < 0
		             ? error_memory(e)
		             : 0;
	bytes_free(&subject);
	bytes_free(&issuer);
	bytes_free(&words);
	return rc;
}

static int request(
        const struct ceremony *c, struct room *room, struct hsm_request *r, struct bytes *data, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct bytes content = {0}, attributes = {0};
	int rc = -1;

	(void)room;
	r->verb = HSM_SIGN;
	r->hsm = key_of(c, run)->hsm;
	if (build(c, run, &content, &attributes, e) == 0) {
		for (int shift = 8 * (LENGTH - 1); shift >= 0; shift -= 8)
			bytes_byte(data, (uint8_t)(attributes.len >> shift));
		bytes_add(data, attributes.data, attributes.len);
		bytes_add(data, content.data, content.len);
		rc = bytes_end(data, e);
		r->data = data->data;
		r->len = data->len;
	}
	bytes_free(&content);
	bytes_free(&attributes);
	return rc;
}

static int result(
        const struct ceremony *c, struct room *room, const struct json *answer, struct bytes *facts, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct bytes cms = {0};
	struct json_writer j = {facts, false};
	uint8_t sum[32];
	int rc = -1;

	(void)room;
	if (finish(c, run, answer, &cms, e) == 0 && sha256(cms.data, cms.len, sum) == 0) {
		json_begin_object(&j);
		json_member_text(&j, "signature", json_text(answer, "signature"));
		json_member_hex(&j, "cms_sha256", sum, sizeof(sum));
		json_end_object(&j);
		rc = bytes_end(facts, e);
	}
	bytes_free(&cms);
	return rc;
}

static const char *const help[] = {N_("The document is copied from the medium into the record. Hold its SHA-256, in "
                                      "hex or in words, against the one that its owner brought on paper."),
        N_("What is signed are the attributes of a CMS (CAdES-BES): the digest of the document, the time, and the "
           "signer's certificate. The HSM's process "
           "hashes the document itself."),
        N_("The signature is a file of its own, which openssl cms -verify -cades checks with the document."), NULL};

const struct step_kind sign_document_step = {
        .name = "sign-document",
        .unmet = unmet,
        .next = next,
        .check = check,
        .ask = ask,
        .answer = answer,
        .look = look,
        .propose = propose_lines,
        .request = request,
        .result = result,
        .help = help,
};
