/* show-code: a QR code, or several, of a certificate's, request's, CRL's or signed document's fingerprint, or of the
 * thing itself, or of the checkpoint; with its hash and words. */
#include <stdio.h>
#include <string.h>

#include "media/frames.h"
#include "steps/document.h"
#include "steps/step.h"

static const char *of_what(const struct ceremony *c, const struct run *run)
{
	return step_param(&c->script->steps[run->index], "of");
}

static bool is_checkpoint(const char *of)
{
	return !strcmp(of, "checkpoint");
}

/* Is it the thing itself that is shown, not its hash? */
static bool is_content(const struct ceremony *c, const struct run *run)
{
	const char *as = step_param(&c->script->steps[run->index], "as");

	return as && !strcmp(as, "content");
}

/* What lies in the record alone: a document, its signature, a CRL. NULL: it is none of these, or was not made. */
static const struct artifact_state *artifact_of(const struct ceremony *c, const char *of)
{
	char path[128];

	if (script_document(c->script, of))
		return document_artifact(c, of);
	if (!script_crl(c->script, of) || script_certificate(c->script, of) || script_request(c->script, of))
		return NULL;
	snprintf(path, sizeof(path), "artifacts/%s%.90s.crl.der", ceremony_rehearsal(c) ? "REHEARSAL-" : "", of);
	for (size_t i = 0; i < c->artifact_count; i++)
		if (!strcmp(c->artifacts[i].path, path))
			return &c->artifacts[i];
	return NULL;
}

/* Its DER. NULL: it is an artifact of artifact_of(). */
static const struct bytes *der_of(const struct ceremony *c, const char *of, const uint8_t **sum)
{
	if (script_document(c->script, of) || artifact_of(c, of))
		return NULL;
	if (script_request(c->script, of)) {
		const struct request_state *request = &c->requests[ceremony_request_index(c, of)];

		*sum = request->sha256;
		return &request->der;
	}
	*sum = c->certificates[ceremony_certificate_index(c, of)].sha256;
	return &c->certificates[ceremony_certificate_index(c, of)].der;
}

/* The hash beside the code: the SHA-256 of the thing, or that of the checkpoint's text, which is in `text` then. */
static int hash_of(
        const struct ceremony *c, const struct run *run, struct bytes *text, uint8_t sum[32], struct error *e)
{
	const char *of = of_what(c, run);
	const uint8_t *known;
	uint8_t root[32];

	if (is_checkpoint(of)) {
		if (tree_root(&c->tree, root) < 0)
			return error_memory(e);
		checkpoint_text(text, consent_policy(c->consent)->origin, c->tree.size, root);
		return bytes_end(text, e) < 0 || sha256(text->data, text->len, sum) < 0 ? -1 : 0;
	}
	const struct artifact_state *artifact = artifact_of(c, of);
	if (der_of(c, of, &known))
		memcpy(sum, known, 32);
	else if (artifact)
		memcpy(sum, artifact->sha256, 32);
	else
		return error_set(e, ERROR_INTERNAL, "the artifact %s is not in hand", of);
	return 0;
}

/* What the code holds. */
static int payload(
        const struct ceremony *c, const struct run *run, struct bytes *code, uint8_t sum[32], struct error *e)
{
	const char *of = of_what(c, run);
	const struct bytes *der;
	const uint8_t *known;

	if (hash_of(c, run, code, sum, e) < 0)
		return -1;
	if (is_checkpoint(of))
		return 0;
	if (!is_content(c, run)) {
		bytes_text(code, ceremony_rehearsal(c) ? "REHEARSAL sha256:" : "sha256:");
		bytes_hex(code, sum, 32);
		return bytes_end(code, e);
	}
	der = der_of(c, of, &known);
	if (!der)
		return ceremony_artifact(c, artifact_of(c, of)->path, FRAMES_BYTES, code, e);
	bytes_add(code, der->data, der->len);
	return bytes_end(code, e);
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	const char *of = of_what(c, run);
	const struct artifact_state *artifact = artifact_of(c, of);

	if (artifact)
		return is_content(c, run) && (artifact->bytes == 0 || artifact->bytes > FRAMES_BYTES)
		               ? N_("it is empty, or larger than 1295 codes hold: it is carried out on a medium")
		               : NULL;
	if (script_document(c->script, of))
		return N_("the document was not signed: its step was ended by exception");
	if (script_request(c->script, of))
		return c->requests[ceremony_request_index(c, of)].there
		               ? NULL
		               : N_("the request is not there: its step was ended by exception");
	if (script_crl(c->script, of) && !script_certificate(c->script, of))
		return N_("the CRL was not issued: its step was ended by exception");
	if (!is_checkpoint(of) && !c->certificates[ceremony_certificate_index(c, of)].issued)
		return N_("the certificate was not issued: its step was ended by exception");
	return NULL;
}

static int data_of(const struct ceremony *c, const struct run *run, struct bytes *data, struct error *e)
{
	struct bytes text = {0};
	uint8_t sum[32];
	struct json_writer j = {data, false};
	int rc = hash_of(c, run, &text, sum, e);
	bytes_free(&text);
	if (rc < 0)
		return -1;
	json_begin_object(&j);
	json_member_text(&j, "what", of_what(c, run));
	json_member_hex(&j, "sha256", sum, 32);
	json_end_object(&j);
	return bytes_end(data, e);
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	if (journal_find(&run->journal, CODE_SHOWN, NULL))
		return 0;
	want_set(w, WANT_ASK, &show_code_step, 0, c->script->steps[run->index].id, CODE_SHOWN, NULL);
	return data_of(c, run, &w->data, e);
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	(void)w;
	(void)room;
	p->kind = PROMPT_CODE;
	message_set(&p->title, N_("Scan the code, and read the words aloud"));
	return payload(c, ceremony_run(c), &p->code, p->code_sha256, e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	(void)room;
	(void)a;
	struct bytes *data = outcome_add(out, CODE_SHOWN, w->step);
	return data ? data_of(c, ceremony_run(c), data, e) : error_memory(e);
}

static const char *const help[] = {N_("Any phone reads the code. The hash in hex and in PGP words beside it is what "
                                      "the code says, to be read aloud."),
        N_("What does not fit into one code is shown as several, which turn by themselves: film them until each was "
           "seen. Left and right turn them by hand, Space holds them."),
        NULL};

const struct step_kind show_code_step = {
        .name = "show-code",
        .unmet = unmet,
        .next = next,
        .ask = ask,
        .answer = answer,
        .help = help,
};
