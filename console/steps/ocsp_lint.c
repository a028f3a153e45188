/* Lint of OCSP responses: all of them before they are signed, and with throw-away keys before anything exists. */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "steps/certificate.h"
#include "steps/findings.h"
#include "steps/ocsp.h"

static bool found_before(const struct lint_findings *all, const struct lint_finding *f)
{
	for (size_t i = 0; i < all->count; i++)
		if (!strcmp(all->item[i].set, f->set) && !strcmp(all->item[i].rule, f->rule))
			return true;
	return false;
}

/* Of each rule the first finding: responses are alike, and what is wrong with one is wrong with thousands. */
static int keep_new(struct lint_findings *all, const struct lint_findings *found, struct error *e)
{
	for (size_t i = 0; i < found->count; i++) {
		if (found_before(all, &found->item[i]))
			continue;
		struct lint_finding *list = reallocarray(all->item, all->count + 1, sizeof(*list));
		if (!list)
			return error_memory(e);
		all->item = list;
		list[all->count++] = found->item[i];
	}
	return 0;
}

static int lint_one(const struct script_ocsp *o, const struct bytes *der, const struct lint_context *context,
        struct lint_findings *all, struct error *e)
{
	struct lint_findings found = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < o->lint.count; i++)
		rc = lint_ocsp(der->data, der->len, o->lint.item[i], context, &found, e);
	if (rc == 0)
		rc = keep_new(all, &found, e);
	lint_findings_free(&found);
	return rc;
}

int ocsp_lint_dry(const struct script_ocsp *o, const char *key_algorithm, const struct ocsp_set *set, int64_t now,
        bool rehearsal, struct json_writer *facts, struct json_writer *faults, struct error *e)
{
	struct lint_context context = {.now = now, .rehearsal = rehearsal, .covers_ca = o->covers_ca};
	struct bytes spki = {0}, signature = {0}, der = {0};
	struct pki_key *key = pki_key_new(key_algorithm, &spki, e);
	struct lint_findings all = {0};
	uint8_t room[OCSP_TBS_MAX];
	const uint8_t *tbs;
	size_t len;
	int rc = key ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < set->list.count; i++) {
		rc = ocsp_tbs(set->batch, &set->list.item[i], room, &tbs, &len, e);
		/* no rule looks into the signature: the first one's stands for all */
		if (rc == 0 && !signature.len)
			rc = pki_key_sign(key, o->signature, tbs, len, &signature, e);
		if (rc == 0 && ocsp_assemble(set->batch, tbs, len, signature.data, signature.len, &der, e) == 0)
			rc = lint_one(o, &der, &context, &all, e);
		else
			rc = -1;
	}
	if (rc == 0)
		rc = lint_put("OCSP responses", o->name, &all, facts, faults, e);
	lint_findings_free(&all);
	pki_key_free(&key);
	bytes_free(&spki);
	bytes_free(&signature);
	bytes_free(&der);
	return rc;
}

int ocsp_lint_der(const struct script_ocsp *o, const struct bytes *der, int64_t now, bool rehearsal, struct error *e)
{
	struct lint_context context = {.now = now, .rehearsal = rehearsal, .covers_ca = o->covers_ca};
	struct lint_findings all = {0};
	struct bytes why = {0};
	int rc = lint_one(o, der, &context, &all, e);

	for (size_t i = 0; rc == 0 && i < all.count; i++) {
		if (all.item[i].severity != LINT_ERROR)
			continue;
		message_text(&all.item[i].message, NULL, &why);
		rc = error_set(
		        e, ERROR_FAULT, "OCSP responses %s, %s: %s", o->name, all.item[i].clause, bytes_string(&why));
	}
	bytes_free(&why);
	lint_findings_free(&all);
	return rc;
}

/* Issuer and responder with throw-away keys. Who answers and is known already has a stand-in, which was issued by
 * nobody: it is taken for the issuer then, as lint looks at no more of it than its key. */
static int batch_dry(struct dry_run *d, const struct script *script, const struct script_ocsp *o, int64_t now,
        bool rehearsal, struct ocsp_batch **batch, struct error *e)
{
	const struct script_certificate *responder = o->responder ? script_certificate(script, o->responder) : NULL;
	bool delegated = responder && responder->from == CERTIFICATE_ISSUED;
	const struct bytes *its = delegated ? dry_run_der(d, o->responder, e) : NULL;
	const struct bytes *issuer =
	        delegated && !its ? NULL : dry_run_der(d, delegated ? o->issuer : ocsp_signer(o), e);

	if (!issuer)
		return -1;
	struct ocsp_profile p = {.issuer = issuer->data,
	        .issuer_len = issuer->len,
	        .responder = its ? its->data : NULL,
	        .responder_len = its ? its->len : 0,
	        .hashes = (o->sha1 ? OCSP_SHA1 : 0u) | (o->sha256 ? OCSP_SHA256 : 0u),
	        .by_name = o->by_name,
	        .this_update = now,
	        .next_update = now + o->seconds,
	        .produced_at = now,
	        .signature = o->signature,
	        .rehearsal = rehearsal};
	*batch = ocsp_batch_new(&p, e);
	return *batch ? 0 : -1;
}

static int list_dry(const struct script_ocsp *o, struct crl_list *list, struct error *e)
{
	static const char made_up[] = "5a";
	size_t count = o->serials.count ? o->serials.count : 1;

	for (size_t i = 0; i < count; i++) {
		const char *text = o->serials.count ? o->serials.item[i] : made_up;
		struct crl_entry entry = {.time = -1, .invalidity = -1};
		size_t len = strlen(text) / 2;
		uint8_t raw[SERIAL_MAX];
		if (hex_decode(text, 2 * len, raw, len) < 0 || serial_set(entry.serial, raw, len, e) < 0 ||
		        crl_list_add(list, &entry, e) < 0)
			return -1;
	}
	return crl_list_sort(list, e);
}

int ocsps_dry_run(const struct script *script, int64_t now, bool rehearsal, struct json_writer *facts,
        struct json_writer *faults, struct error *e)
{
	struct dry_run *d = script->ocsp_count ? dry_run_new(script, NULL, now, rehearsal, e) : NULL;
	int rc = d || !script->ocsp_count ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < script->ocsp_count; i++) {
		const struct script_ocsp *o = &script->ocsps[i];
		struct ocsp_set set = {0};
		json_key(facts, o->name);
		if (batch_dry(d, script, o, now, rehearsal, &set.batch, e) < 0 || list_dry(o, &set.list, e) < 0)
			rc = -1;
		else
			rc = ocsp_lint_dry(o,
			        script_key(script, script_certificate(script, ocsp_signer(o))->key)->algorithm, &set,
			        now, rehearsal, facts, faults, e);
		ocsp_set_free(&set);
	}
	dry_run_free(&d);
	return rc;
}
