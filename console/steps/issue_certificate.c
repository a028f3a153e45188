/* issue-certificate: built, linted with a throw-away key, shown, approved, signed by the HSM, verified, linted again.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "steps/certificate.h"
#include "steps/findings.h"
#include "steps/foreign.h"
#include "steps/shared.h"
#include "steps/step.h"

enum { TOPIC_SERIAL, TOPIC_LINT, TOPIC_LINT_ISSUED, TOPIC_EXTERNAL, TOPIC_EXTERNAL_ISSUED };

static const struct script_certificate *certificate_of(const struct ceremony *c, const struct run *run)
{
	return script_certificate(c->script, step_param(&c->script->steps[run->index], "certificate"));
}

/* The key that signs: the certificate's own, or its issuer's. */
static const struct script_key *signer_of(const struct ceremony *c, const struct run *run)
{
	return script_signer(c->script, certificate_of(c, run));
}

static const struct key_state *key_of(const struct ceremony *c, const struct run *run)
{
	return &c->keys[ceremony_key_index(c, signer_of(c, run)->name)];
}

static const char *hsm_of(const struct ceremony *c, const struct run *run)
{
	return signer_of(c, run)->hsm;
}

static const struct entry *serial_entry(const struct run *run)
{
	return journal_find(&run->journal, VALUE_DRAWN, "serial-number");
}

/* Everything about the certificate that the script does not say, from the record alone. What it points at lies in the
 * state and in `parts`. */
static int facts_of(const struct ceremony *c, const struct run *run, struct certificate_facts *f,
        struct certificate_parts *parts, struct error *e)
{
	const struct entry *serial = serial_entry(run);
	const char *hex = serial ? json_text(serial->data, "value") : NULL, *why;

	*f = (struct certificate_facts){.rehearsal = ceremony_rehearsal(c)};
	if (certificate_source(c, certificate_of(c, run), f, parts, &why) < 0)
		return error_set(e, ERROR_FAULT, "%s", why);
	if (!hex || strlen(hex) > 2 * sizeof(f->serial) || strlen(hex) % 2 ||
	        hex_decode(hex, strlen(hex), f->serial, strlen(hex) / 2) < 0)
		return error_set(e, ERROR_FAULT, "the serial number is no hex of at most 20 bytes");
	f->serial_len = strlen(hex) / 2;
	f->now = serial->time / 1000; /* notBefore is the whole second of the value.drawn entry */
	return 0;
}

/* The to-be-signed bytes, from script and record alone; `subject` (may be NULL) gets the SHA-256 of the subject's key.
 */
static int build(const struct ceremony *c, const struct run *run, struct bytes *tbs, int64_t *not_before,
        int64_t *not_after, uint8_t subject[32], struct error *e)
{
	struct certificate_parts parts = {0};
	struct certificate_facts f;
	int rc = facts_of(c, run, &f, &parts, e);

	if (rc == 0)
		rc = certificate_build(certificate_of(c, run), &f, tbs, not_before, not_after, e);
	if (rc == 0 && subject)
		rc = sha256(f.spki, f.spki_len, subject);
	certificate_parts_free(&parts);
	return rc;
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	struct certificate_parts parts = {0};
	struct certificate_facts f;
	const char *why;

	certificate_source(c, certificate_of(c, run), &f, &parts, &why);
	certificate_parts_free(&parts);
	if (why)
		return why;
	if (journal_find(&run->journal, ACT_DONE, "issue-certificate") ||
	        c->tokens[ceremony_hsm_index(c, hsm_of(c, run))].unlocked || ceremony_redo(c) < c->script->step_count)
		return NULL;
	return N_("the HSM is not unlocked: its step was ended by exception");
}

static int file_name(const struct ceremony *c, const struct run *run, const char *suffix, char out[200])
{
	return snprintf(out, 200, "%s%.100s%s", ceremony_rehearsal(c) ? "REHEARSAL-" : "", certificate_of(c, run)->name,
	        suffix);
}

static int propose(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct key_state *k = key_of(c, run);
	struct bytes order = {0}, tbs = {0};
	struct json_writer j = {&order, false};
	int64_t from = 0, until = 0;
	char text[TIME_TEXT];
	uint8_t sum[32], subject[32];
	int rc = -1;

	if (build(c, run, &tbs, &from, &until, subject, e) < 0 || sha256(tbs.data, tbs.len, sum) < 0)
		goto out;
	json_begin_object(&j);
	json_member_text(&j, "certificate", certificate_of(c, run)->name);
	json_member_text(&j, "hsm", hsm_of(c, run));
	json_member_text(&j, "serial", c->tokens[ceremony_hsm_index(c, hsm_of(c, run))].serial);
	json_member_text(&j, "key", signer_of(c, run)->name);
	json_member_text(&j, "cka_id", k->cka_id);
	json_member_hex(&j, "spki_sha256", k->spki_sha256, 32);
	json_member_hex(&j, "subject_spki_sha256", subject, 32);
	json_member_text(&j, "serial_number", json_text(serial_entry(run)->data, "value"));
	time_format_seconds(from, text);
	json_member_text(&j, "not_before", text);
	time_format_seconds(until, text);
	json_member_text(&j, "not_after", text);
	json_member_hex(&j, "tbs_sha256", sum, sizeof(sum));
	json_key(&j, "lint");
	findings_warnings(journal_find(&run->journal, FACTS_READ, "lint"), &j);
	json_end_object(&j);
	if (bytes_end(&order, e) == 0)
		rc = want_propose(c, w, &issue_certificate_step, c->script->steps[run->index].id, "issue-certificate",
		        bytes_string(&order), e);
out:
	bytes_free(&order);
	bytes_free(&tbs);
	return rc;
}

static int next_write(
        const struct ceremony *c, const struct run *run, struct want *w, unsigned written, struct error *e)
{
	const struct certificate_state *state =
	        &c->certificates[ceremony_certificate_index(c, certificate_of(c, run)->name)];
	static const char *const suffixes[] = {".tbs.der", ".der", ".pem"}, *const types[] = {"tbs-certificate",
	                                                                            "certificate-der",
	                                                                            "certificate-pem"};
	struct bytes content = {0};
	char name[200], suffix[32];

	if (written == 0 && build(c, run, &content, NULL, NULL, NULL, e) < 0)
		return -1;
	if (written == 1)
		bytes_add(&content, state->der.data, state->der.len);
	if (written == 2 && certificate_pem(state->der.data, state->der.len, &content, e) < 0)
		return -1;
	file_name(c, run, suffixes[written], name);
	/* An attempt that failed left its to-be-signed bytes in the record under their name: those of the next have one
	 * of their own. */
	if (written == 0 && c->attempts[run->index] > 1)
		snprintf(suffix, sizeof(suffix), ".%u.tbs.der", c->attempts[run->index]),
		        file_name(c, run, suffix, name);
	return want_write(
	        w, &issue_certificate_step, c->script->steps[run->index].id, name, types[written], &content, e);
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = c->script->steps[run->index].id;
	unsigned written = journal_count(&run->journal, ARTIFACT_WRITTEN, NULL);

	if (!serial_entry(run))
		want_set(w, WANT_LOOK, &issue_certificate_step, TOPIC_SERIAL, step, VALUE_DRAWN, "serial-number");
	else if (!written)
		return next_write(c, run, w, 0, e);
	else if (!journal_find(&run->journal, FACTS_READ, "lint"))
		want_set(w, WANT_LOOK, &issue_certificate_step, TOPIC_LINT, step, FACTS_READ, "lint");
	else if (c->site->linter.program && !journal_find(&run->journal, FACTS_READ, "lint-external"))
		want_set(w, WANT_LOOK, &issue_certificate_step, TOPIC_EXTERNAL, step, FACTS_READ, "lint-external");
	else if (!journal_find(&run->journal, ACT_DONE, "issue-certificate"))
		return propose(c, run, w, e);
	else if (!journal_find(&run->journal, FACTS_READ, "lint-issued"))
		want_set(w, WANT_LOOK, &issue_certificate_step, TOPIC_LINT_ISSUED, step, FACTS_READ, "lint-issued");
	else if (c->site->linter.program && !journal_find(&run->journal, FACTS_READ, "lint-external-issued"))
		want_set(w, WANT_LOOK, &issue_certificate_step, TOPIC_EXTERNAL_ISSUED, step, FACTS_READ,
		        "lint-external-issued");
	else if (written < 3)
		return next_write(c, run, w, written, e);
	return 0;
}

static int look_serial(const struct ceremony *c, const struct want *w, struct outcome *out, struct error *e)
{
	const struct script_certificate *cert = certificate_of(c, ceremony_run(c));
	bool random = !strcmp(cert->serial, "random");
	uint8_t serial[16] = {0};

	/* BR 7.1.2.1: > 0 and < 2^159, at least 64 bits of a CSPRNG: sixteen bytes, top bit clear, not zero. */
	do {
		random_bytes(serial, sizeof(serial));
		serial[0] &= 0x7f;
	} while (!serial[0]);
	struct bytes *data = outcome_add(out, VALUE_DRAWN, w->step);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", w->what);
	json_member_text(&j, "source", random ? source_random : source_script);
	if (random)
		json_member_hex(&j, "value", serial, sizeof(serial));
	else
		json_member_text(&j, "value", cert->serial);
	json_end_object(&j);
	return bytes_end(data, e);
}

/* The site's linter gets what it will be, with a throw-away signature, and then what it is. */
static int look_external(const struct ceremony *c, const struct run *run, int topic, struct json_writer *facts,
        struct json_writer *faults, struct error *e)
{
	const struct script_certificate *cert = certificate_of(c, run);
	struct bytes tbs = {0}, der = {0};
	int rc;

	if (topic == TOPIC_EXTERNAL_ISSUED)
		return certificate_lint_external(&c->site->linter, cert,
		        &c->certificates[ceremony_certificate_index(c, cert->name)].der, facts, faults, e);
	rc = build(c, run, &tbs, NULL, NULL, NULL, e);
	if (rc == 0)
		rc = certificate_sign_dry(cert, signer_of(c, run)->algorithm, &tbs, &der, e);
	if (rc == 0)
		rc = certificate_lint_external(&c->site->linter, cert, &der, facts, faults, e);
	bytes_free(&tbs);
	bytes_free(&der);
	return rc;
}

struct look {
	const struct ceremony *c;
	const struct run *run;
	int topic;
};

/* Lint decodes all that stands in the certificate, and in one that it is held against. */
static int lint_aside(void *with, struct bytes *out, struct error *e)
{
	const struct look *l = with;
	const struct script_certificate *cert = certificate_of(l->c, l->run);
	const struct certificate_state *state = &l->c->certificates[ceremony_certificate_index(l->c, cert->name)];
	struct bytes tbs = {0}, faults = {0};
	struct json_writer f = {out, false}, g = {&faults, false};
	struct certificate_parts parts = {0};
	struct certificate_facts about;
	int64_t now = time_now_ms() / 1000;
	int rc = facts_of(l->c, l->run, &about, &parts, e);

	json_begin_array(&g);
	if (rc == 0 && l->topic == TOPIC_LINT_ISSUED)
		rc = certificate_lint_der(cert, &about, &state->der, now, &f, &g, e);
	else if (rc == 0 && (rc = certificate_build(cert, &about, &tbs, NULL, NULL, e)) == 0)
		rc = certificate_lint_dry(cert, &about, signer_of(l->c, l->run)->algorithm, &tbs, now, &f, &g, e);
	json_end_array(&g);
	if (rc == 0)
		rc = foreign_put_faults(out, &faults, e);
	certificate_parts_free(&parts);
	bytes_free(&tbs);
	bytes_free(&faults);
	return rc;
}

/* Is the answer what lint says? Whoever gave it may have been taken over. */
static int lint_is_of_form(
        const struct script_certificate *cert, const struct bytes *facts, const struct bytes *faults, struct error *e)
{
	struct json_doc *docs[] = {json_doc_new(), json_doc_new()};
	const struct json *f = docs[0] ? json_parse(docs[0], bytes_string(facts), facts->len, e) : NULL;
	const struct json *g = docs[1] && f ? json_parse(docs[1], bytes_string(faults), faults->len, e) : NULL;
	int rc = !docs[0] || !docs[1] ? error_memory(e) : g ? certificate_lint_check(cert, f, g, e) : -1;

	json_doc_free(&docs[0]);
	json_doc_free(&docs[1]);
	return rc;
}

/* A lint that did not come to its end, or says what no lint says, is a finding. */
static int look_lint(struct look *with, const char *parser, struct bytes *facts, struct bytes *faults, struct error *e)
{
	const struct script_certificate *cert = certificate_of(with->c, with->run);
	struct json_writer f = {facts, false}, g = {faults, false};
	struct error why = {0};

	if (foreign_aside_facts(parser, lint_aside, with, facts, faults, &why) == 0 &&
	        lint_is_of_form(cert, facts, faults, &why) == 0)
		return 0;
	if (why.code != ERROR_FAULT) {
		*e = why;
		return -1;
	}
	bytes_clear(facts);
	bytes_clear(faults);
	json_begin_array(&g);
	int rc = certificate_lint_ended(cert, &why, &f, &g, e);
	json_end_array(&g);
	return rc;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	struct look with = {c, ceremony_run(c), w->topic};
	struct bytes facts = {0}, faults = {0};
	struct json_writer f = {&facts, false}, g = {&faults, false};
	int rc;

	if (w->topic == TOPIC_SERIAL)
		return look_serial(c, w, out, e);
	if (w->topic == TOPIC_EXTERNAL || w->topic == TOPIC_EXTERNAL_ISSUED) {
		json_begin_array(&g);
		rc = look_external(c, with.run, w->topic, &f, &g, e);
		json_end_array(&g);
	} else {
		rc = look_lint(&with, room->parser, &facts, &faults, e);
	}
	if (rc == 0)
		rc = put_facts(out, w, &facts, &faults, e);
	bytes_free(&facts);
	bytes_free(&faults);
	return rc;
}

/* The certificate of act.done: rebuilt to-be-signed bytes, the recorded signature, verified under the recorded key. */
static int finish(
        const struct ceremony *c, const struct run *run, const struct json *facts, struct bytes *der, struct error *e)
{
	const struct script_certificate *cert = certificate_of(c, run);
	const struct key_state *k = key_of(c, run);
	const char *text = json_text(facts, "signature");
	struct bytes tbs = {0}, signature = {0};
	int rc = -1;

	if (!text || base64_decode(text, strlen(text), &signature) < 0) {
		error_set(e, ERROR_FAULT, "there is no signature for certificate %s", cert->name);
		goto out;
	}
	if (build(c, run, &tbs, NULL, NULL, NULL, e) < 0 ||
	        certificate_assemble(tbs.data, tbs.len, cert->signature, signature.data, signature.len, der, e) < 0 ||
	        certificate_verify(der->data, der->len, k->spki.data, k->spki.len, e) < 0)
		goto out;
	rc = 0;
out:
	bytes_free(&tbs);
	bytes_free(&signature);
	return rc;
}

static int facts_put(const struct ceremony *c, const struct run *run, const char *signature, const struct bytes *der,
        struct bytes *facts, struct error *e)
{
	struct bytes tbs = {0};
	uint8_t tbs_sum[32], der_sum[32];
	struct json_writer j = {facts, false};
	int rc = -1;

	if (build(c, run, &tbs, NULL, NULL, NULL, e) == 0 && sha256(tbs.data, tbs.len, tbs_sum) == 0 &&
	        sha256(der->data, der->len, der_sum) == 0) {
		json_begin_object(&j);
		json_member_hex(&j, "tbs_sha256", tbs_sum, 32);
		json_member_text(&j, "algorithm", certificate_of(c, run)->signature);
		json_member_text(&j, "signature", signature);
		json_member_hex(&j, "certificate_sha256", der_sum, 32);
		json_end_object(&j);
		rc = bytes_end(facts, e);
	}
	bytes_free(&tbs);
	return rc;
}

static int check_done(const struct ceremony *c, const struct run *run, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts");
	struct bytes der = {0}, expected = {0}, is = {0};
	struct json_writer j = {&is, false};
	int rc = -1;

	if (finish(c, run, facts, &der, e) < 0 ||
	        facts_put(c, run, json_text(facts, "signature"), &der, &expected, e) < 0)
		goto out;
	json_put(&j, facts);
	if (is.len != expected.len || memcmp(is.data, expected.data, is.len))
		error_set(e, ERROR_FAULT,
		        "act.done does not say what follows from the certificate that was rebuilt: %s",
		        bytes_string(&expected));
	else
		rc = 0;
out:
	bytes_free(&der);
	bytes_free(&expected);
	bytes_free(&is);
	return rc;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct run *run = ceremony_run(c);
	uint8_t raw[20];

	if (entry->event == ACT_DONE)
		return check_done(c, run, entry, e);
	if (entry->event == FACTS_READ && (w->topic == TOPIC_EXTERNAL || w->topic == TOPIC_EXTERNAL_ISSUED))
		return certificate_lint_external_check(&c->site->linter, certificate_of(c, run),
		        json_get(entry->data, "facts"), json_get(entry->data, "faults"), e);
	if (entry->event == FACTS_READ)
		return certificate_lint_check(
		        certificate_of(c, run), json_get(entry->data, "facts"), json_get(entry->data, "faults"), e);
	if (entry->event == VALUE_DRAWN && w->topic == TOPIC_SERIAL) {
		const char *value = json_text(entry->data, "value"), *wanted = certificate_of(c, run)->serial;
		size_t n = strlen(value);
		if (strcmp(wanted, "random") ? strcmp(wanted, value) != 0
		                             : n != 32 || hex_decode(value, n, raw, 16) < 0 || raw[0] > 0x7f)
			return error_set(
			        e, ERROR_FAULT, "the serial number %s is not 16 bytes with the top bit clear", value);
		return drawn_from(entry, strcmp(wanted, "random") ? source_script : source_random, e);
	}
	return 0;
}

static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	if (entry->event != ACT_DONE || strcmp(c->act, "issue-certificate"))
		return 0;
	struct certificate_state *state = &c->certificates[ceremony_certificate_index(c, certificate_of(c, run)->name)];
	bytes_clear(&state->der);
	if (finish(c, run, json_get(entry->data, "facts"), &state->der, e) < 0 ||
	        sha256(state->der.data, state->der.len, state->sha256) < 0)
		return -1;
	state->issued = true;
	return 0;
}

/* Both names of the organisation, one above the other, for confirmation. */
static int organisation_lines(const struct script_certificate *cert, struct prompt *p)
{
	if (!cert->organisation_ja)
		return 0;
	return prompt_message(p, LINE_HEADING,
	               N_("The organisation in Japanese and romanised: confirm that they are the same")) < 0 ||
	                       prompt_line(p, LINE_FIXED, cert->organisation_ja) < 0 ||
	                       prompt_line(p, LINE_FIXED, cert->organisation_en) < 0
	               ? -1
	               : 0;
}

static int propose_lines(const struct ceremony *c, const struct room *room, struct prompt *p, struct error *e)
{
	struct bytes tbs = {0}, view = {0};
	int rc = -1;

	if (build(c, ceremony_run(c), &tbs, NULL, NULL, NULL, e) < 0 ||
	        foreign_view_certificate(room->parser, &tbs, &view, e) < 0)
		goto out;
	if (organisation_lines(certificate_of(c, ceremony_run(c)), p) < 0) {
		error_memory(e);
		goto out;
	}
	rc = prompt_message(p, LINE_HEADING, N_("The certificate in full, as it will be signed")) < 0 ||
	                     prompt_lines(p, bytes_string(&view)) < 0
	             ? error_memory(e)
	             : 0;
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
	r->hsm = hsm_of(c, run);
	if (build(c, run, data, NULL, NULL, NULL, e) < 0)
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

static const char *const help[] = {N_("The certificate is built from the script, linted with a throw-away signature, "
                                      "and shown in full. Compare every field with the script."),
        N_("What is approved is the hash of exactly these bytes; the HSM's process signs nothing else."),
        N_("The signature is verified in software, and the finished certificate linted again before it is written."),
        NULL};

const struct step_kind issue_certificate_step = {
        .name = "issue-certificate",
        .unmet = unmet,
        .next = next,
        .check = check,
        .apply = apply,
        .look = look,
        .propose = propose_lines,
        .request = request,
        .result = result,
        .help = help,
};
