#include "steps/crl.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pki/crl_list.h"
#include "pki/crl_read.h"
#include "pki/name.h"
#include "steps/certificate.h"
#include "steps/findings.h"
#include "steps/foreign.h"

static const struct certificate_state *state_of(const struct ceremony *c, const char *name)
{
	return &c->certificates[ceremony_certificate_index(c, name)];
}

int crl_number_next(const struct ceremony *c, const struct script_crl *crl, uint64_t *number)
{
	const char *last = ceremony_number(c, "crl", crl->issuer);
	uint64_t before = last ? strtoull(last, NULL, 10) : 0;

	if (last && before >= INT64_MAX)
		return -1;
	*number = strcmp(crl->number, "next") ? strtoull(crl->number, NULL, 10) : before + 1;
	return last && *number <= before ? -1 : 0;
}

/* What is the same for the profile of the list and for judging a file before there is one. The extensions are the
 * caller's to free. */
static int profile_of(const struct script_crl *crl, const struct crl_issuer *issuer, uint64_t number, int64_t now,
        bool rehearsal, struct crl_profile *p, struct error *e)
{
	struct pki_extension *extensions = calloc(crl->extension_count + 1, sizeof(*extensions));

	if (!extensions)
		return error_memory(e);
	for (size_t i = 0; i < crl->extension_count; i++)
		extensions[i] = (struct pki_extension){crl->extensions[i].name, crl->extensions[i].value};
	*p = (struct crl_profile){.issuer = issuer->name.data,
	        .issuer_len = issuer->name.len,
	        .issuer_key_id = issuer->key_id.data,
	        .issuer_key_id_len = issuer->key_id.len,
	        .this_update = now,
	        .next_update = now + crl->seconds,
	        .signature = crl->signature,
	        .extensions = extensions,
	        .extension_count = crl->extension_count,
	        .rehearsal = rehearsal};
	for (size_t i = 0; i < 8; i++)
		p->number[SERIAL_MAX - 1 - i] = (uint8_t)(number >> 8 * i);
	return 0;
}

static int issuer_of(const struct ceremony *c, const struct script_crl *crl, struct crl_issuer *issuer, struct error *e)
{
	const struct certificate_state *s = state_of(c, crl->issuer);

	return crl_issuer_read(issuer, s->der.data, s->der.len, e);
}

/* Which of the entries the n-th file is for; NULL: from-file, or carry-forward. */
static const struct script_crl_entry *entry_of_file(const struct script_crl *crl, size_t index)
{
	for (size_t i = 0; i < crl->entry_count; i++)
		if (crl->entries[i].file && index-- == 0)
			return &crl->entries[i];
	return NULL;
}

static bool is_carried(const struct script_crl *crl, size_t index)
{
	const char *list[CRL_FILES_MAX];

	return crl->carry_forward && index + 1 == script_crl_files(crl, list, CRL_FILES_MAX);
}

const char *crl_file_kind(const struct script_crl *crl, size_t index)
{
	return entry_of_file(crl, index) ? foreign_certificate_der
	       : is_carried(crl, index)  ? foreign_crl
	                                 : foreign_crl_entries;
}

static int add_certificate(struct crl_list *list, const struct crl_issuer *issuer, const struct script_crl_entry *entry,
        const struct bytes *der, struct error *e)
{
	struct crl_entry made = {.time = entry->time,
	        .invalidity = entry->invalidity,
	        .reason = (uint8_t)crl_reason_named(entry->reason, strlen(entry->reason))};

	if (crl_entry_certificate(&made, der->data, der->len, issuer->name.data, issuer->name.len, issuer->spki.data,
	            issuer->spki.len, e) < 0)
		return -1;
	return crl_list_add(list, &made, e);
}

static int add_file(const struct script_crl *crl, const struct crl_issuer *issuer, const struct crl_profile *p,
        size_t index, const struct bytes *content, struct crl_list *list, struct error *e)
{
	const struct script_crl_entry *entry = entry_of_file(crl, index);

	if (entry)
		return add_certificate(list, issuer, entry, content, e);
	if (is_carried(crl, index))
		return crl_carry_forward(list, content->data, content->len, p, issuer->spki.data, issuer->spki.len, e);
	return crl_list_text(list, bytes_string(content), content->len, false, e);
}

int crl_file_check(const struct ceremony *c, const struct script_crl *crl, size_t index, const struct bytes *content,
        struct error *e)
{
	struct crl_issuer issuer = {0};
	struct crl_profile p = {0};
	struct crl_list list = {0};
	uint64_t number = 0;
	int rc = -1;

	if (crl_number_next(c, crl, &number) == 0 && issuer_of(c, crl, &issuer, e) == 0 &&
	        profile_of(crl, &issuer, number, time_now_ms() / 1000, ceremony_rehearsal(c), &p, e) == 0)
		rc = add_file(crl, &issuer, &p, index, content, &list, e);
	if (rc == 0)
		rc = crl_list_sort(&list, e);
	free((void *)(uintptr_t)p.extensions);
	crl_list_free(&list);
	crl_issuer_free(&issuer);
	return rc;
}

static int add_serial(struct crl_list *list, const struct script_crl_entry *x, struct error *e)
{
	struct crl_entry entry = {.time = x->time,
	        .invalidity = x->invalidity,
	        .reason = (uint8_t)crl_reason_named(x->reason, strlen(x->reason))};
	size_t len = strlen(x->serial) / 2;
	uint8_t raw[SERIAL_MAX];

	if (hex_decode(x->serial, strlen(x->serial), raw, len) < 0 || serial_set(entry.serial, raw, len, e) < 0)
		return -1;
	return crl_list_add(list, &entry, e);
}

static int add_written(const struct ceremony *c, const struct script_crl *crl, const struct crl_issuer *issuer,
        struct crl_list *list, struct error *e)
{
	for (size_t i = 0; i < crl->entry_count; i++) {
		const struct script_crl_entry *x = &crl->entries[i];
		if (x->file)
			continue;
		if (x->certificate ? add_certificate(list, issuer, x, &state_of(c, x->certificate)->der, e) < 0
		                   : add_serial(list, x, e) < 0)
			return -1;
	}
	return 0;
}

int crl_build(const struct ceremony *c, const struct script_crl *crl, const struct crl_inputs *facts, struct bytes *tbs,
        struct crl_totals *totals, struct error *e)
{
	struct crl_issuer issuer = {0};
	struct crl_profile p = {0};
	struct crl_list list = {0};
	struct bytes content = {0};
	struct crl_sink sink = crl_sink_bytes(tbs);
	struct crl_source source;
	int rc = -1;

	if (issuer_of(c, crl, &issuer, e) < 0 ||
	        profile_of(crl, &issuer, facts->number, facts->now, ceremony_rehearsal(c), &p, e) < 0 ||
	        add_written(c, crl, &issuer, &list, e) < 0)
		goto out;
	for (size_t i = 0; i < facts->paths; i++)
		if (ceremony_artifact(c, facts->path[i], CRL_FILE_MAX, &content, e) < 0 ||
		        add_file(crl, &issuer, &p, i, &content, &list, e) < 0)
			goto out;
	if (crl_list_sort(&list, e) < 0)
		goto out;
	source = crl_list_source(&list);
	rc = crl_tbs(&p, &source, &sink, totals, e);
out:
	free((void *)(uintptr_t)p.extensions);
	crl_list_free(&list);
	crl_issuer_free(&issuer);
	bytes_free(&content);
	return rc;
}

int crl_finish(const struct ceremony *c, const struct script_crl *crl, const struct bytes *tbs,
        const struct bytes *signature, struct bytes *der, struct error *e)
{
	struct crl_issuer issuer = {0};
	struct crl_sink sink = crl_sink_bytes(der);
	struct crl_reader r;
	int rc = -1;

	bytes_clear(der);
	if (issuer_of(c, crl, &issuer, e) == 0 &&
	        crl_assemble(tbs->data, tbs->len, crl->signature, signature->data, signature->len, &sink, e) == 0 &&
	        crl_open(&r, der->data, der->len, false, e) == 0)
		rc = crl_verify(&r.facts, issuer.spki.data, issuer.spki.len, e);
	crl_issuer_free(&issuer);
	return rc;
}

int crl_lint_der(const struct script_crl *crl, const struct bytes *der, int64_t now, bool rehearsal,
        struct json_writer *facts, struct json_writer *faults, struct error *e)
{
	struct lint_context context = {.now = now, .rehearsal = rehearsal, .covers_ca = crl->covers_ca};
	struct lint_findings found = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < crl->lint.count; i++)
		rc = lint_crl(der->data, der->len, crl->lint.item[i], &context, &found, e);
	if (rc == 0)
		rc = lint_put("CRL", crl->name, &found, facts, faults, e);
	lint_findings_free(&found);
	return rc;
}

int crl_lint_dry(const struct script_crl *crl, const char *key_algorithm, const struct bytes *tbs, int64_t now,
        bool rehearsal, struct json_writer *facts, struct json_writer *faults, struct error *e)
{
	struct bytes spki = {0}, signature = {0}, der = {0};
	struct pki_key *key = pki_key_new(key_algorithm, &spki, e);
	struct crl_sink sink = crl_sink_bytes(&der);
	int rc = -1;

	if (key && pki_key_sign(key, crl->signature, tbs->data, tbs->len, &signature, e) == 0 &&
	        crl_assemble(tbs->data, tbs->len, crl->signature, signature.data, signature.len, &sink, e) == 0)
		rc = crl_lint_der(crl, &der, now, rehearsal, facts, faults, e);
	pki_key_free(&key);
	bytes_free(&spki);
	bytes_free(&signature);
	bytes_free(&der);
	return rc;
}

/* The subject that the script gives the issuer, or a stand-in's where another record says it; and a key identifier that
 * is none. */
static int issuer_dry(const struct script_certificate *cert, struct crl_issuer *issuer, struct error *e)
{
	static const struct pki_attribute stand_in = {.type = "CN", .value = "Issuer"};
	static const uint8_t nothing[20];
	struct certificate_facts facts = {.rehearsal = false};
	struct certificate_profile b;
	int rc = certificate_profile_open(&b, cert, &facts, e);

	bytes_add(&issuer->key_id, nothing, sizeof(nothing));
	if (rc == 0)
		rc = b.p.subjects ? name_der(b.p.subject, b.p.subjects, &issuer->name, e)
		                  : name_der(&stand_in, 1, &issuer->name, e);
	certificate_profile_close(&b);
	return rc < 0 ? -1 : bytes_end(&issuer->key_id, e);
}

static int dry_run(const struct script *script, const struct script_crl *crl, const struct certificate_state *known,
        int64_t now, bool rehearsal, struct json_writer *facts, struct json_writer *faults, struct error *e)
{
	const struct script_certificate *cert = script_certificate(script, crl->issuer);
	struct crl_issuer issuer = {0};
	struct crl_profile p = {0};
	struct crl_list list = {0};
	struct bytes tbs = {0};
	struct crl_sink sink = crl_sink_bytes(&tbs);
	int rc = -1;

	const struct certificate_state *is = known ? &known[cert - script->certificates] : NULL;
	if ((is && is->issued ? crl_issuer_read(&issuer, is->der.data, is->der.len, e) : issuer_dry(cert, &issuer, e)) <
	                0 ||
	        profile_of(crl, &issuer, 1, now, rehearsal, &p, e) < 0)
		goto out;
	for (size_t i = 0; i < crl->entry_count; i++)
		if (crl->entries[i].serial && add_serial(&list, &crl->entries[i], e) < 0)
			goto out;
	if (crl_list_sort(&list, e) < 0)
		goto out;
	struct crl_source source = crl_list_source(&list);
	if (crl_tbs(&p, &source, &sink, NULL, e) == 0)
		rc = crl_lint_dry(
		        crl, script_key(script, cert->key)->algorithm, &tbs, now, rehearsal, facts, faults, e);
out:
	free((void *)(uintptr_t)p.extensions);
	crl_list_free(&list);
	crl_issuer_free(&issuer);
	bytes_free(&tbs);
	return rc;
}

int crls_dry_run(const struct script *script, const struct certificate_state *known, int64_t now, bool rehearsal,
        struct json_writer *facts, struct json_writer *faults, struct error *e)
{
	for (size_t i = 0; i < script->crl_count; i++) {
		json_key(facts, script->crls[i].name);
		if (dry_run(script, &script->crls[i], known, now, rehearsal, facts, faults, e) < 0)
			return -1;
	}
	return 0;
}
