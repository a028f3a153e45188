/* make-request: a PKCS#10 request by a key on the token, for a certificate that is signed elsewhere. Built, shown,
 * approved, signed by the HSM, verified. */
#include <stdio.h>
#include <string.h>

#include "pki/request.h"
#include "steps/request.h"
#include "steps/shared.h"
#include "steps/step.h"

static const struct script_request *request_of(const struct ceremony *c, const struct run *run)
{
	return script_request(c->script, step_param(&c->script->steps[run->index], "request"));
}

static const char *hsm_of(const struct ceremony *c, const struct run *run)
{
	return script_key(c->script, request_of(c, run)->profile.key)->hsm;
}

static const struct key_state *key_of(const struct ceremony *c, const struct run *run)
{
	return &c->keys[ceremony_key_index(c, request_of(c, run)->profile.key)];
}

/* The to-be-signed bytes, from script and record alone. */
static int build(const struct ceremony *c, const struct run *run, struct bytes *info, struct error *e)
{
	const struct key_state *k = key_of(c, run);
	return request_info_of(request_of(c, run), k->spki.data, k->spki.len, ceremony_rehearsal(c), info, e);
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	if (!key_of(c, run)->made)
		return N_("the key was not made: its step was ended by exception");
	if (journal_find(&run->journal, ACT_DONE, "make-request") ||
	        c->tokens[ceremony_hsm_index(c, hsm_of(c, run))].unlocked || ceremony_redo(c) < c->script->step_count)
		return NULL;
	return N_("the HSM is not unlocked: its step was ended by exception");
}

static int propose(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct key_state *k = key_of(c, run);
	struct bytes order = {0}, info = {0};
	struct json_writer j = {&order, false};
	uint8_t sum[32];
	int rc = -1;

	if (build(c, run, &info, e) < 0 || sha256(info.data, info.len, sum) < 0)
		goto out;
	json_begin_object(&j);
	json_member_text(&j, "request", request_of(c, run)->name);
	json_member_text(&j, "hsm", hsm_of(c, run));
	json_member_text(&j, "serial", c->tokens[ceremony_hsm_index(c, hsm_of(c, run))].serial);
	json_member_text(&j, "key", request_of(c, run)->profile.key);
	json_member_text(&j, "cka_id", k->cka_id);
	json_member_hex(&j, "spki_sha256", k->spki_sha256, 32);
	json_member_text(&j, "algorithm", request_of(c, run)->profile.signature);
	json_member_hex(&j, "cri_sha256", sum, sizeof(sum));
	json_end_object(&j);
	if (bytes_end(&order, e) == 0)
		rc = want_propose(c, w, &make_request_step, c->script->steps[run->index].id, "make-request",
		        bytes_string(&order), e);
out:
	bytes_free(&order);
	bytes_free(&info);
	return rc;
}

static int next_write(
        const struct ceremony *c, const struct run *run, struct want *w, unsigned written, struct error *e)
{
	static const char *const suffixes[] = {".cri.der", ".csr.der", ".csr.pem"},
	                         *const types[] = {"certification-request-info", "certification-request-der",
	                                 "certification-request-pem"};
	const struct request_state *state = &c->requests[ceremony_request_index(c, request_of(c, run)->name)];
	struct bytes content = {0};
	char name[200], suffix[32];

	if (written == 0 && build(c, run, &content, e) < 0)
		return -1;
	if (written == 1)
		bytes_add(&content, state->der.data, state->der.len);
	if (written == 2 && request_pem(state->der.data, state->der.len, &content, e) < 0)
		return -1;
	snprintf(suffix, sizeof(suffix), "%s", suffixes[written]);
	/* An attempt that failed left its to-be-signed bytes in the record under their name: those of the next have one
	 * of their own. */
	if (written == 0 && c->attempts[run->index] > 1)
		snprintf(suffix, sizeof(suffix), ".%u.cri.der", c->attempts[run->index]);
	request_file(request_of(c, run), ceremony_rehearsal(c), suffix, name);
	return want_write(w, &make_request_step, c->script->steps[run->index].id, name, types[written], &content, e);
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	unsigned written = journal_count(&run->journal, ARTIFACT_WRITTEN, NULL);

	if (written == 0)
		return next_write(c, run, w, 0, e);
	if (!journal_find(&run->journal, ACT_DONE, "make-request"))
		return propose(c, run, w, e);
	return written < 3 ? next_write(c, run, w, written, e) : 0;
}

/* The request of act.done: rebuilt to-be-signed bytes, the recorded signature, verified under the recorded key. */
static int finish(
        const struct ceremony *c, const struct run *run, const struct json *facts, struct bytes *der, struct error *e)
{
	const struct script_request *r = request_of(c, run);
	const char *text = json_text(facts, "signature");
	struct bytes info = {0}, signature = {0};
	struct pki_request *made = NULL;
	int rc = -1;

	if (!text || base64_decode(text, strlen(text), &signature) < 0) {
		error_set(e, ERROR_FAULT, "there is no signature for request %s", r->name);
		goto out;
	}
	if (build(c, run, &info, e) < 0 ||
	        request_assemble(info.data, info.len, r->profile.signature, signature.data, signature.len, der, e) < 0)
		goto out;
	made = request_parse(der->data, der->len, e);
	rc = made ? request_verify(made, e) : -1;
out:
	request_free(&made);
	bytes_free(&info);
	bytes_free(&signature);
	return rc;
}

static int facts_put(const struct ceremony *c, const struct run *run, const char *signature, const struct bytes *der,
        struct bytes *facts, struct error *e)
{
	struct bytes info = {0};
	uint8_t info_sum[32], der_sum[32];
	struct json_writer j = {facts, false};
	int rc = -1;

	if (build(c, run, &info, e) == 0 && sha256(info.data, info.len, info_sum) == 0 &&
	        sha256(der->data, der->len, der_sum) == 0) {
		json_begin_object(&j);
		json_member_hex(&j, "cri_sha256", info_sum, 32);
		json_member_text(&j, "algorithm", request_of(c, run)->profile.signature);
		json_member_text(&j, "signature", signature);
		json_member_hex(&j, "request_sha256", der_sum, 32);
		json_end_object(&j);
		rc = bytes_end(facts, e);
	}
	bytes_free(&info);
	return rc;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct run *run = ceremony_run(c);
	const struct json *facts = json_get(entry->data, "facts");
	struct bytes der = {0}, expected = {0}, is = {0};
	struct json_writer j = {&is, false};
	int rc = -1;

	(void)w;
	if (entry->event != ACT_DONE)
		return 0;
	if (finish(c, run, facts, &der, e) < 0 ||
	        facts_put(c, run, json_text(facts, "signature"), &der, &expected, e) < 0)
		goto out;
	json_put(&j, facts);
	if (is.len != expected.len || memcmp(is.data, expected.data, is.len))
		error_set(e, ERROR_FAULT, "act.done does not say what follows from the request that was rebuilt: %s",
		        bytes_string(&expected));
	else
		rc = 0;
out:
	bytes_free(&der);
	bytes_free(&expected);
	bytes_free(&is);
	return rc;
}

static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	struct bytes der = {0};

	if (entry->event != ACT_DONE || strcmp(c->act, "make-request"))
		return 0;
	int rc = finish(c, run, json_get(entry->data, "facts"), &der, e);
	if (rc == 0)
		rc = request_keep(&c->requests[ceremony_request_index(c, request_of(c, run)->name)], &der, e);
	bytes_free(&der);
	return rc;
}

static int propose_lines(const struct ceremony *c, const struct room *room, struct prompt *p, struct error *e)
{
	struct bytes info = {0};
	int rc = build(c, ceremony_run(c), &info, e);

	if (rc == 0 && prompt_message(p, LINE_HEADING, N_("The request in full, as it will be signed")) < 0)
		rc = error_memory(e);
	if (rc == 0)
		rc = request_lines(info.data, info.len, room->parser, p, e);
	bytes_free(&info);
	return rc;
}

static int request(
        const struct ceremony *c, struct room *room, struct hsm_request *r, struct bytes *data, struct error *e)
{
	const struct run *run = ceremony_run(c);
	(void)room;
	r->verb = HSM_SIGN;
	r->hsm = hsm_of(c, run);
	if (build(c, run, data, e) < 0)
		return -1;
	r->data = data->data;
	r->len = data->len;
	return 0;
}

static int result(
        const struct ceremony *c, struct room *room, const struct json *answer, struct bytes *facts, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct bytes der = {0};
	(void)room;
	int rc = finish(c, run, answer, &der, e) < 0
	                 ? -1
	                 : facts_put(c, run, json_text(answer, "signature"), &der, facts, e);
	bytes_free(&der);
	return rc;
}

static const char *const help[] = {
        N_("The request is built from the script and shown in full. Compare every field with the script."),
        N_("What is approved is the hash of exactly these bytes; the HSM's process signs nothing else."),
        N_("The signature is verified in software before the request is written. Whoever issues the certificate "
           "compares its hash with what was read "
           "aloud here."),
        NULL};

const struct step_kind make_request_step = {
        .name = "make-request",
        .unmet = unmet,
        .next = next,
        .check = check,
        .apply = apply,
        .propose = propose_lines,
        .request = request,
        .result = result,
        .help = help,
};
