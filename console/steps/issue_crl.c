/* issue-crl: files taken in, the list built, linted with a throw-away key, shown, approved, signed by the HSM,
 * verified, linted again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pki/crl_read.h"
#include "steps/foreign.h"
#include "steps/certificate.h"
#include "steps/findings.h"
#include "steps/crl.h"
#include "steps/medium.h"
#include "steps/step.h"

enum { TOPIC_MEDIUM, TOPIC_FILE, TOPIC_NUMBER, TOPIC_LINT, TOPIC_LINT_ISSUED, NAME = 220, NUMBER_TEXT = 24 };

static const char act[] = "issue-crl";

static const struct script_step *step_of(const struct ceremony *c, const struct run *run)
{
	return &c->script->steps[run->index];
}

static const struct script_crl *crl_of(const struct ceremony *c, const struct run *run)
{
	return script_crl(c->script, step_param(step_of(c, run), "crl"));
}

static const struct script_key *key_of(const struct ceremony *c, const struct run *run)
{
	return script_key(c->script, script_certificate(c->script, crl_of(c, run)->issuer)->key);
}

static const struct entry *number_entry(const struct run *run)
{
	return journal_find(&run->journal, VALUE_DRAWN, "crl-number");
}

/* The artifact of the n-th file. One that was taken in by an attempt before lies there under its name. */
static void path_of(const struct ceremony *c, const struct run *run, const char *file, char out[NAME])
{
	char attempt[16] = "";

	if (c->attempts[run->index] > 1)
		snprintf(attempt, sizeof(attempt), "%u.", c->attempts[run->index]);
	snprintf(out, NAME, "artifacts/%s%s%.60s.%.100s", ceremony_rehearsal(c) ? "REHEARSAL-" : "", attempt,
	        crl_of(c, run)->name, file);
}

/* The to-be-signed bytes, from script, record and the files that were taken in. */
static int build(
        const struct ceremony *c, const struct run *run, struct bytes *tbs, struct crl_totals *totals, struct error *e)
{
	const struct script_crl *crl = crl_of(c, run);
	const char *files[CRL_FILES_MAX];
	char(*paths)[NAME] = calloc(CRL_FILES_MAX, NAME);
	struct crl_inputs in = {.number = strtoull(json_text(number_entry(run)->data, "value"), NULL, 10),
	        .now = number_entry(run)->time / 1000, /* this update is the whole second of the value.drawn entry */
	        .paths = script_crl_files(crl, files, CRL_FILES_MAX)};
	int rc = -1;

	if (!paths)
		return error_memory(e);
	for (size_t i = 0; i < in.paths; i++) {
		path_of(c, run, files[i], paths[i]);
		in.path[i] = paths[i];
	}
	rc = crl_build(c, crl, &in, tbs, totals, e);
	free(paths);
	return rc;
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	const struct script_crl *crl = crl_of(c, run);
	uint64_t number;

	if (!c->certificates[ceremony_certificate_index(c, crl->issuer)].issued)
		return N_("the certificate of the issuer was not issued: its step was ended by exception");
	for (size_t i = 0; i < crl->entry_count; i++)
		if (crl->entries[i].certificate &&
		        !c->certificates[ceremony_certificate_index(c, crl->entries[i].certificate)].issued)
			return N_("a certificate that is to be revoked was not issued");
	if (!c->keys[ceremony_key_index(c, key_of(c, run)->name)].made)
		return N_("the key was not made: its step was ended by exception");
	if (journal_find(&run->journal, ACT_DONE, act))
		return NULL;
	if (crl_number_next(c, crl, &number) < 0)
		return N_("the CRL number of the script is not above the last one of this issuer in the record");
	if (c->tokens[ceremony_hsm_index(c, key_of(c, run)->hsm)].unlocked || ceremony_redo(c) < c->script->step_count)
		return NULL;
	return N_("the HSM is not unlocked: its step was ended by exception");
}

static int propose(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct script_key *k = key_of(c, run);
	const struct key_state *key = &c->keys[ceremony_key_index(c, k->name)];
	struct bytes order = {0}, tbs = {0};
	struct json_writer j = {&order, false};
	struct crl_totals totals;
	char text[TIME_TEXT];
	int64_t now = number_entry(run)->time / 1000;
	int rc = -1;

	if (build(c, run, &tbs, &totals, e) < 0)
		goto out;
	json_begin_object(&j);
	json_member_text(&j, "crl", crl_of(c, run)->name);
	json_member_text(&j, "hsm", k->hsm);
	json_member_text(&j, "serial", c->tokens[ceremony_hsm_index(c, k->hsm)].serial);
	json_member_text(&j, "key", k->name);
	json_member_text(&j, "cka_id", key->cka_id);
	json_member_hex(&j, "spki_sha256", key->spki_sha256, 32);
	json_member_text(&j, "number", json_text(number_entry(run)->data, "value"));
	time_format_seconds(now, text);
	json_member_text(&j, "this_update", text);
	time_format_seconds(now + crl_of(c, run)->seconds, text);
	json_member_text(&j, "next_update", text);
	json_member_int(&j, "entries", (int64_t)totals.entries);
	json_member_hex(&j, "tbs_sha256", totals.sha256, 32);
	json_key(&j, "lint");
	findings_warnings(journal_find(&run->journal, FACTS_READ, "lint"), &j);
	json_end_object(&j);
	if (bytes_end(&order, e) == 0)
		rc = want_propose(c, w, &issue_crl_step, step_of(c, run)->id, act, bytes_string(&order), e);
out:
	bytes_free(&order);
	bytes_free(&tbs);
	return rc;
}

/* The CRL of a signature in facts: rebuilt to-be-signed bytes, verified under the issuer's key. */
static int finish(const struct ceremony *c, const struct run *run, const struct json *facts, struct bytes *tbs,
        struct bytes *der, struct error *e)
{
	const char *text = json_text(facts, "signature");
	struct bytes signature = {0};
	int rc = -1;

	if (!text || base64_decode(text, strlen(text), &signature) < 0)
		error_set(e, ERROR_FAULT, "there is no signature for CRL %s", crl_of(c, run)->name);
	else if (build(c, run, tbs, NULL, e) == 0)
		rc = crl_finish(c, crl_of(c, run), tbs, &signature, der, e);
	bytes_free(&signature);
	return rc;
}

static int finished(const struct ceremony *c, const struct run *run, struct bytes *der, struct error *e)
{
	struct bytes tbs = {0};
	int rc = finish(c, run, json_get(journal_find(&run->journal, ACT_DONE, act)->data, "facts"), &tbs, der, e);

	bytes_free(&tbs);
	return rc;
}

static int put_pem(const struct bytes *der, struct bytes *pem, struct error *e)
{
	struct crl_sink to = crl_sink_bytes(pem);
	struct crl_pem writer = {.to = &to};
	struct crl_sink sink = crl_sink_pem(&writer);

	return sink.write(sink.context, der->data, der->len, e) < 0 ? -1 : crl_pem_end(&writer, e);
}

static int next_write(
        const struct ceremony *c, const struct run *run, struct want *w, unsigned written, struct error *e)
{
	static const char *const suffixes[] = {".tbs.der", ".crl.der", ".crl.pem"}, *const types[] = {"tbs-crl",
	                                                                                    "crl-der", "crl-pem"};
	struct bytes content = {0}, der = {0};
	char attempt[16] = "", name[200];
	int rc = -1;

	if (written == 0 ? build(c, run, &content, NULL, e) < 0 : finished(c, run, &der, e) < 0)
		goto out;
	if (written == 1)
		bytes_add(&content, der.data, der.len);
	if (written == 2 && put_pem(&der, &content, e) < 0)
		goto out;
	/* An attempt that failed left its to-be-signed bytes in the record under their name: those of the next have one
	 * of their own. */
	if (written == 0 && c->attempts[run->index] > 1)
		snprintf(attempt, sizeof(attempt), ".%u", c->attempts[run->index]);
	snprintf(name, sizeof(name), "%s%.100s%s%s", ceremony_rehearsal(c) ? "REHEARSAL-" : "", crl_of(c, run)->name,
	        attempt, suffixes[written]);
	rc = want_write(w, &issue_crl_step, step_of(c, run)->id, name, types[written], &content, e);
out:
	bytes_free(&content);
	bytes_free(&der);
	return rc;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = step_of(c, run)->id, *files[CRL_FILES_MAX];
	unsigned written = journal_count(&run->journal, ARTIFACT_WRITTEN, NULL);
	size_t wanted = script_crl_files(crl_of(c, run), files, CRL_FILES_MAX);

	if (wanted && !journal_find(&run->journal, TEXT_ACKNOWLEDGED, NULL)) {
		want_set(w, WANT_ASK, &issue_crl_step, TOPIC_MEDIUM, step, TEXT_ACKNOWLEDGED, NULL);
	} else if (journal_count(&run->journal, ARTIFACT_TAKEN, NULL) < wanted) {
		want_set(w, WANT_LOOK, &issue_crl_step, TOPIC_FILE, step, ARTIFACT_TAKEN, NULL);
		w->other = FACTS_READ;
	} else if (!number_entry(run)) {
		want_set(w, WANT_LOOK, &issue_crl_step, TOPIC_NUMBER, step, VALUE_DRAWN, "crl-number");
	} else if (!written) {
		return next_write(c, run, w, 0, e);
	} else if (!journal_find(&run->journal, FACTS_READ, "lint")) {
		want_set(w, WANT_LOOK, &issue_crl_step, TOPIC_LINT, step, FACTS_READ, "lint");
	} else if (!journal_find(&run->journal, ACT_DONE, act)) {
		return propose(c, run, w, e);
	} else if (!journal_find(&run->journal, FACTS_READ, "lint-issued")) {
		want_set(w, WANT_LOOK, &issue_crl_step, TOPIC_LINT_ISSUED, step, FACTS_READ, "lint-issued");
	} else if (written < 3) {
		return next_write(c, run, w, written, e);
	}
	return 0;
}

/* The file whose turn it is. */
static const char *file_in_turn(const struct ceremony *c, size_t *index)
{
	const struct run *run = ceremony_run(c);
	const char *files[CRL_FILES_MAX];
	size_t count = script_crl_files(crl_of(c, run), files, CRL_FILES_MAX);

	*index = journal_count(&run->journal, ARTIFACT_TAKEN, NULL);
	return *index < count ? files[*index] : "";
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const char *files[CRL_FILES_MAX];
	size_t count = script_crl_files(crl_of(c, ceremony_run(c)), files, CRL_FILES_MAX);

	(void)w;
	(void)room;
	p->kind = PROMPT_ACKNOWLEDGE;
	message_set(&p->title, N_("The medium %s"), step_param(ceremony_step(c), "medium"));
	if (prompt_message(p, LINE_PLAIN,
	            N_("It must be at %s. These files are taken from it, and read as what they are to be:"),
	            step_medium(c)->directory) < 0)
		return error_memory(e);
	for (size_t i = 0; i < count; i++)
		if (prompt_line(p, LINE_FIXED, files[i]) < 0)
			return error_memory(e);
	const struct mount_place place = medium_place(step_medium(c), ceremony_rehearsal(c));
	if (medium_lines(&place, p) < 0)
		return error_memory(e);
	return ask_acknowledgement(c, p, NULL, N_("Who put it in"), "ready", e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	(void)room;
	return put_ready(c, w, "crl", a, out, e);
}

static int look_file(
        const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct bytes content = {0};
	struct error why = {0};
	char path[NAME];
	size_t index;
	const char *file = file_in_turn(c, &index);
	int rc = -1;

	if (medium_read(step_medium(c), ceremony_rehearsal(c), file, CRL_FILE_MAX, &content, &why) < 0 ||
	        foreign_try(room->parser, crl_file_kind(crl_of(c, run), index), &content, &why) < 0 ||
	        crl_file_check(c, crl_of(c, run), index, &content, &why) < 0) {
		const struct file_fault f = {"medium", "medium", step_medium(c)->name, file, true};
		rc = put_file_fault(out, w, &f, &why, e);
		goto out;
	}
	path_of(c, run, file, path);
	rc = put_artifact(out, w, ARTIFACT_TAKEN, room, path, "crl-input", &content, e);
out:
	bytes_free(&content);
	return rc;
}

static int number_text(const struct ceremony *c, char text[NUMBER_TEXT], struct error *e)
{
	uint64_t number;

	if (crl_number_next(c, crl_of(c, ceremony_run(c)), &number) < 0)
		return error_set(e, ERROR_FAULT,
		        "the CRL number of the script is not above the last one of this issuer in the record");
	snprintf(text, NUMBER_TEXT, "%llu", (unsigned long long)number);
	return 0;
}

static int look_number(const struct ceremony *c, const struct want *w, struct outcome *out, struct error *e)
{
	char text[NUMBER_TEXT];
	struct bytes *data = outcome_add(out, VALUE_DRAWN, w->step);

	if (!data)
		return error_memory(e);
	if (number_text(c, text, e) < 0)
		return -1;
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", w->what);
	json_member_text(&j, "source", source_script);
	json_member_text(&j, "value", text);
	json_end_object(&j);
	return bytes_end(data, e);
}

static int look_lint(const struct ceremony *c, const struct want *w, struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	const struct script_crl *crl = crl_of(c, run);
	struct bytes bytes = {0}, facts = {0}, faults = {0};
	struct json_writer f = {&facts, false}, g = {&faults, false};
	int64_t now = time_now_ms() / 1000;
	int rc;

	json_begin_array(&g);
	if (w->topic == TOPIC_LINT_ISSUED)
		rc = finished(c, run, &bytes, e) < 0 ? -1
		                                     : crl_lint_der(crl, &bytes, now, ceremony_rehearsal(c), &f, &g, e);
	else
		rc = build(c, run, &bytes, NULL, e) < 0 ? -1
		                                        : crl_lint_dry(crl, key_of(c, run)->algorithm, &bytes, now,
		                                                  ceremony_rehearsal(c), &f, &g, e);
	json_end_array(&g);
	if (rc == 0)
		rc = put_facts(out, w, &facts, &faults, e);
	bytes_free(&bytes);
	bytes_free(&facts);
	bytes_free(&faults);
	return rc;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	if (w->topic == TOPIC_FILE)
		return look_file(c, w, room, out, e);
	return w->topic == TOPIC_NUMBER ? look_number(c, w, out, e) : look_lint(c, w, out, e);
}

/* `der` is the CRL of facts that hold no more than its signature. */
static int facts_put(
        const struct ceremony *c, const struct run *run, const struct json *from, struct bytes *facts, struct error *e)
{
	struct bytes tbs = {0}, der = {0};
	uint8_t tbs_sum[32], der_sum[32];
	struct json_writer j = {facts, false};
	int rc = -1;

	if (finish(c, run, from, &tbs, &der, e) == 0 && sha256(tbs.data, tbs.len, tbs_sum) == 0 &&
	        sha256(der.data, der.len, der_sum) == 0) {
		json_begin_object(&j);
		json_member_hex(&j, "tbs_sha256", tbs_sum, 32);
		json_member_text(&j, "algorithm", crl_of(c, run)->signature);
		json_member_text(&j, "signature", json_text(from, "signature"));
		json_member_hex(&j, "crl_sha256", der_sum, 32);
		json_end_object(&j);
		rc = bytes_end(facts, e);
	}
	bytes_free(&tbs);
	bytes_free(&der);
	return rc;
}

static int check_done(const struct ceremony *c, const struct run *run, const struct entry *entry, struct error *e)
{
	struct bytes expected = {0}, is = {0};
	struct json_writer j = {&is, false};
	int rc = -1;

	if (facts_put(c, run, json_get(entry->data, "facts"), &expected, e) < 0)
		goto out;
	json_put(&j, json_get(entry->data, "facts"));
	if (is.len != expected.len || memcmp(is.data, expected.data, is.len))
		error_set(e, ERROR_FAULT, "act.done does not say what follows from the CRL that was rebuilt: %s",
		        bytes_string(&expected));
	else
		rc = 0;
out:
	bytes_free(&expected);
	bytes_free(&is);
	return rc;
}

static int check_number(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	char text[NUMBER_TEXT];

	if (number_text(c, text, e) < 0)
		return -1;
	if (strcmp(text, json_text(entry->data, "value")))
		return error_set(e, ERROR_FAULT,
		        "the CRL number %s is not the one that follows from script and record, %s",
		        json_text(entry->data, "value"), text);
	return drawn_from(entry, source_script, e);
}

static int check_facts(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts"), *faults = json_get(entry->data, "faults");
	const char *medium = json_text(facts, "medium"), *file = json_text(facts, "file");
	size_t index;

	if (w->topic != TOPIC_FILE)
		return lint_check("CRL", crl_of(c, ceremony_run(c))->name, facts, faults, e);
	if (strcmp(json_text(entry->data, "what"), "medium") || !medium ||
	        strcmp(medium, step_param(ceremony_step(c), "medium")) || !file ||
	        strcmp(file, file_in_turn(c, &index)) || !faults || !faults->count)
		return error_set(e, ERROR_FAULT, "the facts do not say why the file was not taken in");
	return 0;
}

static int check_taken(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	char path[NAME];
	size_t index;
	const char *file = file_in_turn(c, &index);

	path_of(c, ceremony_run(c), file, path);
	if (strcmp(json_text(entry->data, "path"), path) || strcmp(json_text(entry->data, "type"), "crl-input"))
		return error_set(e, ERROR_FAULT, "what was taken in is not the file %s", file);
	return 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{

	switch (entry->event) {
	case ACT_DONE:
		return check_done(c, ceremony_run(c), entry, e);
	case FACTS_READ:
		return check_facts(c, w, entry, e);
	case ARTIFACT_TAKEN:
		return check_taken(c, entry, e);
	case VALUE_DRAWN:
		return check_number(c, entry, e);
	case TEXT_ACKNOWLEDGED:
		return check_ready(c, "crl", entry, e);
	default:
		return 0;
	}
}

/* From now on it is the last number of this issuer, for the steps and the records to come. */
static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	if (entry->event != ACT_DONE || strcmp(c->act, act))
		return 0;
	return ceremony_number_set(c, "crl", crl_of(c, run)->issuer, json_text(number_entry(run)->data, "value"), e);
}

static int propose_lines(const struct ceremony *c, const struct room *room, struct prompt *p, struct error *e)
{
	struct bytes tbs = {0}, view = {0};
	int rc = -1;

	(void)room;
	if (build(c, ceremony_run(c), &tbs, NULL, e) < 0 || crl_view(tbs.data, tbs.len, &view, e) < 0)
		goto out;
	rc = prompt_message(p, LINE_HEADING, N_("The CRL, as it will be signed")) < 0 ? error_memory(e) : 0;
	for (char *line = (char *)view.data, *end; rc == 0 && line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = 0;
		if (prompt_line(p, LINE_FIXED, line) < 0)
			rc = error_memory(e);
	}
out:
	bytes_free(&tbs);
	bytes_free(&view);
	return rc;
}

static int request(
        const struct ceremony *c, struct room *room, struct hsm_request *r, struct bytes *data, struct error *e)
{
	const struct run *run = ceremony_run(c);

	(void)room;
	r->verb = HSM_SIGN;
	r->hsm = key_of(c, run)->hsm;
	if (build(c, run, data, NULL, e) < 0)
		return -1;
	r->data = data->data;
	r->len = data->len;
	return 0;
}

static int result(
        const struct ceremony *c, struct room *room, const struct json *answered, struct bytes *facts, struct error *e)
{
	(void)room;
	return facts_put(c, ceremony_run(c), answered, facts, e);
}

static const char *const help[] = {N_("The list is built from the script and the files that were taken in: every entry "
                                      "of it is shown, or of a long one the first and the last. "
                                      "Compare number, dates and how many certificates it revokes with the paper."),
        N_("What is approved is the hash of exactly these bytes; the HSM's process holds number, dates and the count "
           "of entries against them itself."),
        N_("The signature is verified in software, and the finished CRL linted again before it is written."), NULL};

const struct step_kind issue_crl_step = {
        .name = "issue-crl",
        .unmet = unmet,
        .next = next,
        .check = check,
        .apply = apply,
        .ask = ask,
        .answer = answer,
        .look = look,
        .propose = propose_lines,
        .request = request,
        .result = result,
        .help = help,
};
