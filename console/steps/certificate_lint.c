/* Lint of a script's certificate: before it is signed and after, and what of it stands in the record. */
#include "steps/certificate.h"

#include <stdlib.h>
#include <string.h>

#include "steps/findings.h"

static void put_organisation(const struct script_certificate *cert, struct json_writer *j)
{
	if (!cert->organisation_ja)
		return;
	json_key(j, "organisation");
	json_begin_object(j);
	json_member_text(j, "ja", cert->organisation_ja);
	json_member_text(j, "en", cert->organisation_en);
	json_end_object(j);
}

/* The sets that the script names, and in any case whether the certificate says what the script says. */
static int run_sets(const struct script_certificate *cert, const struct certificate_facts *about,
        const struct bytes *der, int64_t now, struct lint_findings *found, struct error *e)
{
	struct certificate_profile profile;
	struct lint_context context = {.now = now,
	        .rehearsal = about->rehearsal,
	        .profile = &profile.p,
	        .outlives_issuer = cert->outlives_issuer,
	        .organisation = {cert->organisation_ja, cert->organisation_en}};
	int rc = certificate_profile_open(&profile, cert, about, e);

	if (about->issuer) {
		context.issuer = about->issuer->data;
		context.issuer_len = about->issuer->len;
	}
	if (about->existing) {
		context.existing = about->existing->data;
		context.existing_len = about->existing->len;
	}
	for (size_t i = 0; rc == 0 && i < cert->lint.count; i++)
		rc = lint_certificate(der->data, der->len, cert->lint.item[i], &context, found, e);
	if (rc == 0)
		rc = lint_certificate(der->data, der->len, "script", &context, found, e);
	certificate_profile_close(&profile);
	return rc;
}

static int put_found(const struct script_certificate *cert, const struct lint_findings *found,
        struct json_writer *facts, struct json_writer *faults, struct error *e)
{
	json_begin_object(facts);
	if (findings_put("certificate", cert->name, found, facts, faults, e) < 0)
		return -1;
	put_organisation(cert, facts);
	json_end_object(facts);
	return bytes_end(facts->out, e);
}

int certificate_lint_der(const struct script_certificate *cert, const struct certificate_facts *about,
        const struct bytes *der, int64_t now, struct json_writer *facts, struct json_writer *faults, struct error *e)
{
	struct lint_findings found = {0};
	int rc = run_sets(cert, about, der, now, &found, e);

	if (rc == 0)
		rc = put_found(cert, &found, facts, faults, e);
	lint_findings_free(&found);
	return rc;
}

int certificate_lint_ended(const struct script_certificate *cert, const struct error *why, struct json_writer *facts,
        struct json_writer *faults, struct error *e)
{
	struct lint_finding ended = {
	        LINT_ERROR, "script", "lint_ended", "RFC 5280 section 4.1", .message = why->message};
	const struct lint_findings found = {&ended, 1};

	return put_found(cert, &found, facts, faults, e);
}

/* Both names where the script has them, and nothing else beside the findings. */
static bool is_organisation(const struct script_certificate *cert, const struct json *facts)
{
	const struct json *o = json_get(facts, "organisation");

	if (!cert->organisation_ja)
		return facts->count == 1;
	return facts->count == 2 && o && o->type == JSON_OBJECT && o->count == 2 && json_text(o, "ja") &&
	       json_text(o, "en") && !strcmp(json_text(o, "ja"), cert->organisation_ja) &&
	       !strcmp(json_text(o, "en"), cert->organisation_en);
}

int certificate_lint_check(
        const struct script_certificate *cert, const struct json *facts, const struct json *faults, struct error *e)
{
	return findings_check("certificate", cert->name,
	        is_organisation(cert, facts) ? json_get(facts, "findings") : NULL, faults, e);
}

int certificate_sign_dry(const struct script_certificate *cert, const char *key_algorithm, const struct bytes *tbs,
        struct bytes *der, struct error *e)
{
	struct bytes spki = {0}, signature = {0};
	struct pki_key *key = pki_key_new(key_algorithm, &spki, e);
	int rc = -1;

	if (key && pki_key_sign(key, cert->signature, tbs->data, tbs->len, &signature, e) == 0)
		rc = certificate_assemble(tbs->data, tbs->len, cert->signature, signature.data, signature.len, der, e);
	pki_key_free(&key);
	bytes_free(&spki);
	bytes_free(&signature);
	return rc;
}

int certificate_lint_dry(const struct script_certificate *cert, const struct certificate_facts *about,
        const char *key_algorithm, const struct bytes *tbs, int64_t now, struct json_writer *facts,
        struct json_writer *faults, struct error *e)
{
	struct bytes der = {0};
	int rc = certificate_sign_dry(cert, key_algorithm, tbs, &der, e);

	if (rc == 0)
		rc = certificate_lint_der(cert, about, &der, now, facts, faults, e);
	bytes_free(&der);
	return rc;
}
