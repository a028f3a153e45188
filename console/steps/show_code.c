/* show-code: a QR code of a certificate's, request's or signed document's fingerprint or of the checkpoint, with its
 * hash and words. */
#include <string.h>

#include "steps/document.h"
#include "steps/step.h"

/* What the code holds, and the hash shown beside it: the SHA-256 of a certificate, request or document, or that of the
 * checkpoint's text. */
static int payload(
        const struct ceremony *c, const struct run *run, struct bytes *code, uint8_t sum[32], struct error *e)
{
	const char *of = step_param(&c->script->steps[run->index], "of");
	uint8_t root[32];

	if (!strcmp(of, "checkpoint")) {
		if (tree_root(&c->tree, root) < 0)
			return error_memory(e);
		checkpoint_text(code, consent_policy(c->consent)->origin, c->tree.size, root);
		return bytes_end(code, e) < 0 || sha256(code->data, code->len, sum) < 0 ? -1 : 0;
	}
	const struct artifact_state *document = document_artifact(c, of);
	if (document)
		memcpy(sum, document->sha256, 32);
	else if (script_request(c->script, of))
		memcpy(sum, c->requests[ceremony_request_index(c, of)].sha256, 32);
	else
		memcpy(sum, c->certificates[ceremony_certificate_index(c, of)].sha256, 32);
	bytes_text(code, ceremony_rehearsal(c) ? "REHEARSAL sha256:" : "sha256:");
	bytes_hex(code, sum, 32);
	return bytes_end(code, e);
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	const char *of = step_param(&c->script->steps[run->index], "of");
	if (script_document(c->script, of))
		return document_artifact(c, of) ? NULL
		                                : N_("the document was not signed: its step was ended by exception");
	if (script_request(c->script, of))
		return c->requests[ceremony_request_index(c, of)].there
		               ? NULL
		               : N_("the request is not there: its step was ended by exception");
	if (strcmp(of, "checkpoint") && !c->certificates[ceremony_certificate_index(c, of)].issued)
		return N_("the certificate was not issued: its step was ended by exception");
	return NULL;
}

static int data_of(const struct ceremony *c, const struct run *run, struct bytes *data, struct error *e)
{
	struct bytes code = {0};
	uint8_t sum[32];
	struct json_writer j = {data, false};
	int rc = payload(c, run, &code, sum, e);
	bytes_free(&code);
	if (rc < 0)
		return -1;
	json_begin_object(&j);
	json_member_text(&j, "what", step_param(&c->script->steps[run->index], "of"));
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
        NULL};

const struct step_kind show_code_step = {
        .name = "show-code",
        .unmet = unmet,
        .next = next,
        .ask = ask,
        .answer = answer,
        .help = help,
};
