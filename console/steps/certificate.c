#include "steps/certificate.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "steps/crl.h"
#include "base/text.h"

int certificate_build(const struct script_certificate *cert, const struct certificate_facts *facts, struct bytes *tbs, int64_t *not_before,
	int64_t *not_after, struct error *e)
{
	struct pki_attribute *subject = calloc(cert->subjects + 1, sizeof(*subject));
	struct pki_extension *extensions = calloc(cert->extension_count + 1, sizeof(*extensions));
	int rc = -1;

	if (!subject || !extensions) {
		error_memory(e);
		goto out;
	}
	for (size_t i = 0; i < cert->subjects; i++)
		subject[i] = (struct pki_attribute){cert->subject[i].type, cert->subject[i].value};
	for (size_t i = 0; i < cert->extension_count; i++)
		extensions[i] = (struct pki_extension){cert->extensions[i].name, cert->extensions[i].value};
	struct pki_profile p = {.subject = subject,
		.subjects = cert->subjects,
		.spki = facts->spki,
		.spki_len = facts->spki_len,
		.serial_len = facts->serial_len,
		.not_before = cert->from_signing ? facts->now : cert->not_before,
		/* Both ends are inside: the last second is the one before the day is over. */
		.not_after = cert->from_signing ? facts->now + (int64_t)cert->days * 86400 - 1 : cert->not_after,
		.signature = cert->signature,
		.extensions = extensions,
		.extension_count = cert->extension_count,
		.rehearsal = facts->rehearsal};
	memcpy(p.serial, facts->serial, sizeof(p.serial));
	if (not_before)
		*not_before = p.not_before;
	if (not_after)
		*not_after = p.not_after;
	rc = certificate_tbs(&p, tbs, e);
out:
	free(subject);
	free(extensions);
	return rc;
}

static void put_finding(struct json_writer *j, const struct lint_finding *f, const struct bytes *sentence)
{
	json_begin_object(j);
	json_member_text(j, "severity", f->severity == LINT_ERROR ? "error" : "warning");
	json_member_text(j, "set", f->set);
	json_member_text(j, "rule", f->rule);
	json_member_text(j, "clause", f->clause);
	json_member_text(j, "message", bytes_string(sentence));
	json_end_object(j);
}

static int put_fault(const char *kind, const char *name, const char *clause, const char *message, struct json_writer *faults)
{
	struct bytes fault = {0};
	bytes_printf(&fault, "%s %s, %s: %s", kind, name, clause, message);
	json_put_text(faults, bytes_string(&fault));
	int rc = bytes_end(&fault, NULL);
	bytes_free(&fault);
	return rc;
}

int lint_put(const char *kind, const char *name, const struct lint_findings *found, struct json_writer *facts, struct json_writer *faults,
	struct error *e)
{
	struct bytes sentence = {0}, visible = {0};
	int rc = -1;

	json_begin_object(facts);
	json_key(facts, "findings");
	json_begin_array(facts);
	for (size_t i = 0; i < found->count; i++) {
		bytes_clear(&sentence);
		bytes_clear(&visible);
		message_text(&found->item[i].message, NULL, &sentence);
		text_visible(&visible, bytes_string(&sentence), sentence.len);
		put_finding(facts, &found->item[i], &visible);
		if (found->item[i].severity != LINT_ERROR)
			continue;
		if (put_fault(kind, name, found->item[i].clause, bytes_string(&visible), faults) < 0) {
			error_memory(e);
			goto out;
		}
	}
	json_end_array(facts);
	json_end_object(facts);
	rc = bytes_end(facts->out, e) < 0 || bytes_end(faults->out, e) < 0 ? -1 : 0;
out:
	bytes_free(&sentence);
	bytes_free(&visible);
	return rc;
}

int certificate_lint_der(const struct script_certificate *cert, const struct bytes *der, int64_t now, bool rehearsal, struct json_writer *facts,
	struct json_writer *faults, struct error *e)
{
	struct lint_context context = {.now = now, .rehearsal = rehearsal};
	struct lint_findings found = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < cert->lint.count; i++)
		rc = lint_certificate(der->data, der->len, cert->lint.item[i], &context, &found, e);
	if (rc == 0)
		rc = lint_put("certificate", cert->name, &found, facts, faults, e);
	lint_findings_free(&found);
	return rc;
}

/* Exactly the texts of put_finding(). */
static bool is_finding(const struct json *f)
{
	static const char *const keys[] = {"severity", "set", "rule", "clause", "message"};
	const struct json *m = f->type == JSON_OBJECT ? f->child : NULL;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++, m = m->next)
		if (!m || m->type != JSON_STRING || strcmp(m->key, keys[i]))
			return false;
	return !m;
}

int lint_check(const char *kind, const char *name, const struct json *facts, const struct json *faults, struct error *e)
{
	const struct json *findings = json_get(facts, "findings");
	struct bytes follows = {0}, is = {0};
	struct json_writer w = {&follows, false}, v = {&is, false};
	int rc = -1;

	json_begin_array(&w);
	if (!findings || findings->type != JSON_ARRAY || facts->count != 1)
		goto out;
	for (const struct json *f = findings->child; f; f = f->next) {
		if (!is_finding(f))
			goto out;
		if (!strcmp(json_text(f, "severity"), "error") && put_fault(kind, name, json_text(f, "clause"), json_text(f, "message"), &w) < 0)
			goto out;
		if (strcmp(json_text(f, "severity"), "error") && strcmp(json_text(f, "severity"), "warning"))
			goto out;
	}
	json_end_array(&w);
	json_put(&v, faults);
	if (follows.len == is.len && !memcmp(follows.data, is.data, is.len))
		rc = 0;
out:
	if (rc < 0)
		error_set(e, ERROR_FAULT, "the findings about %s %s are not of their form, or their errors are not the faults", kind, name);
	bytes_free(&follows);
	bytes_free(&is);
	return rc;
}

int certificate_lint_check(const struct script_certificate *cert, const struct json *facts, const struct json *faults, struct error *e)
{
	return lint_check("certificate", cert->name, facts, faults, e);
}

int certificate_lint_dry(const struct script_certificate *cert, const char *key_algorithm, const struct bytes *tbs, int64_t now, bool rehearsal,
	struct json_writer *facts, struct json_writer *faults, struct error *e)
{
	struct bytes spki = {0}, signature = {0}, der = {0};
	struct pki_key *key = pki_key_new(key_algorithm, &spki, e);
	int rc = -1;

	if (key && pki_key_sign(key, cert->signature, tbs->data, tbs->len, &signature, e) == 0 &&
		certificate_assemble(tbs->data, tbs->len, cert->signature, signature.data, signature.len, &der, e) == 0)
		rc = certificate_lint_der(cert, &der, now, rehearsal, facts, faults, e);
	pki_key_free(&key);
	bytes_free(&spki);
	bytes_free(&signature);
	bytes_free(&der);
	return rc;
}

int certificates_dry_run(const struct script *script, int64_t now, bool rehearsal, struct json_writer *facts, struct json_writer *faults,
	struct error *e)
{
	int rc = 0;

	json_begin_object(facts);
	json_begin_array(faults);
	for (size_t i = 0; rc == 0 && i < script->certificate_count; i++) {
		const struct script_certificate *cert = &script->certificates[i];
		const struct script_key *k = script_key(script, cert->key);
		struct certificate_facts f = {.serial_len = 16, .now = now, .rehearsal = rehearsal};
		struct bytes spki = {0}, tbs = {0};
		struct pki_key *key = pki_key_new(k->algorithm, &spki, e);
		random_bytes(f.serial, 16);
		f.serial[0] = (uint8_t)((f.serial[0] & 0x7f) | 0x40);
		if (strcmp(cert->serial, "random")) {
			f.serial_len = strlen(cert->serial) / 2;
			hex_decode(cert->serial, strlen(cert->serial), f.serial, f.serial_len);
		}
		f.spki = spki.data;
		f.spki_len = spki.len;
		rc = key ? certificate_build(cert, &f, &tbs, NULL, NULL, e) : -1;
		json_key(facts, cert->name);
		if (rc == 0)
			rc = certificate_lint_dry(cert, k->algorithm, &tbs, now, rehearsal, facts, faults, e);
		pki_key_free(&key);
		bytes_free(&spki);
		bytes_free(&tbs);
	}
	if (rc == 0)
		rc = crls_dry_run(script, now, rehearsal, facts, faults, e);
	json_end_array(faults);
	json_end_object(facts);
	return rc;
}
