/* The certificates of a script before anything exists: built with throw-away keys, with stand-ins for what is not there
 * yet. */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "steps/certificate.h"
#include "steps/crl.h"
#include "steps/foreign.h"
#include "steps/ocsp.h"

enum { STAND_IN_YEARS = 100, CHAIN_MAX = 16 };

struct throw_away {
	struct pki_key *key;
	struct bytes spki;
};
struct dry_run {
	const struct script *script;
	const struct certificate_state *known;
	int64_t now;
	bool rehearsal;
	struct throw_away *keys; /* as script->keys */
	struct bytes *ders;      /* as script->certificates */
};

struct dry_run *dry_run_new(const struct script *script, const struct certificate_state *known, int64_t now,
        bool rehearsal, struct error *e)
{
	struct dry_run *d = calloc(1, sizeof(*d));

	if (d) {
		*d = (struct dry_run){.script = script, .known = known, .now = now, .rehearsal = rehearsal};
		d->keys = calloc(script->key_count + 1, sizeof(*d->keys));
		d->ders = calloc(script->certificate_count + 1, sizeof(*d->ders));
	}
	if (!d || !d->keys || !d->ders) {
		error_memory(e);
		dry_run_free(&d);
	}
	return d;
}

void dry_run_free(struct dry_run **dp)
{
	struct dry_run *d = *dp;

	*dp = NULL;
	if (!d)
		return;
	for (size_t i = 0; d->keys && i < d->script->key_count; i++) {
		pki_key_free(&d->keys[i].key);
		bytes_free(&d->keys[i].spki);
	}
	for (size_t i = 0; d->ders && i < d->script->certificate_count; i++)
		bytes_free(&d->ders[i]);
	free(d->keys);
	free(d->ders);
	free(d);
}

/* One throw-away key for each key of the script, made when it is first wanted. */
static const struct throw_away *key_of(struct dry_run *d, const char *name, struct error *e)
{
	const struct script_key *k = script_key(d->script, name);
	struct throw_away *t = k ? &d->keys[k - d->script->keys] : NULL;

	if (!t)
		error_set(e, ERROR_INTERNAL, "there is no key %s", name);
	else if (!t->key)
		t->key = pki_key_new(k->algorithm, &t->spki, e);
	return t && t->key ? t : NULL;
}

/* Not there yet: a self-signed certificate that says nothing but that it stands for another. */
static int self_signed(const struct pki_key *key, const struct bytes *spki, const char *algorithm, int64_t now,
        struct bytes *der, struct error *e)
{
	struct pki_attribute subject[] = {{.type = "CN", .value = "stand-in"}};
	struct pki_extension extensions[] = {{"basicConstraints", "critical,CA:TRUE"},
	        {"keyUsage", "critical,keyCertSign,cRLSign"}, {"subjectKeyIdentifier", "hash"}};
	struct pki_profile p = {.subject = subject,
	        .subjects = 1,
	        .spki = spki->data,
	        .spki_len = spki->len,
	        .serial = {1},
	        .serial_len = 1,
	        .not_before = now - 86400,
	        .not_after = now + (int64_t)STAND_IN_YEARS * 365 * 86400,
	        .signature = pki_default_signature(algorithm),
	        .extensions = extensions,
	        .extension_count = 3};
	struct bytes tbs = {0}, signature = {0};
	int rc = -1;

	if (certificate_tbs(&p, &tbs, e) == 0 && pki_key_sign(key, p.signature, tbs.data, tbs.len, &signature, e) == 0)
		rc = certificate_assemble(tbs.data, tbs.len, p.signature, signature.data, signature.len, der, e);
	bytes_free(&tbs);
	bytes_free(&signature);
	return rc;
}

int certificate_stand_in(int64_t now, struct bytes *der, struct error *e)
{
	struct bytes spki = {0};
	struct pki_key *key = pki_key_new("ec-p256", &spki, e);
	int rc = key ? self_signed(key, &spki, "ec-p256", now, der, e) : -1;

	pki_key_free(&key);
	bytes_free(&spki);
	return rc;
}

/* The same of the key of the script that it is for, when it has one. */
static int stand_in(struct dry_run *d, const struct script_certificate *cert, struct bytes *der, struct error *e)
{
	const struct throw_away *t;

	if (!cert->key)
		return certificate_stand_in(d->now, der, e);
	t = key_of(d, cert->key, e);
	return t ? self_signed(t->key, &t->spki, script_key(d->script, cert->key)->algorithm, d->now, der, e) : -1;
}

static const struct bytes *der_of(struct dry_run *d, const char *name, unsigned depth, struct error *e);

/* The subject's side of one: its key, or those of the stand-in for what is taken in. */
static int subject_of(struct dry_run *d, const struct script_certificate *cert, struct certificate_facts *f,
        struct certificate_parts *parts, unsigned depth, struct error *e)
{
	if (cert->key) {
		const struct throw_away *t = key_of(d, cert->key, e);
		if (!t)
			return -1;
		f->spki = t->spki.data;
		f->spki_len = t->spki.len;
		return 0;
	}
	if (cert->cross) {
		f->existing = der_of(d, cert->cross, depth + 1, e);
		if (!f->existing || certificate_parts_read(f->existing->data, f->existing->len, parts, e) < 0)
			return -1;
	} else {
		struct script_certificate none = {0};
		struct bytes der = {0};
		int rc = stand_in(d, &none, &der, e) < 0 ? -1 : certificate_parts_read(der.data, der.len, parts, e);
		bytes_free(&der);
		if (rc < 0)
			return -1;
		f->subject = cert->subject_of_request ? &parts->subject : NULL;
	}
	f->spki = parts->spki.data;
	f->spki_len = parts->spki.len;
	return 0;
}

static int facts_of(struct dry_run *d, const struct script_certificate *cert, struct certificate_facts *f,
        struct certificate_parts *parts, unsigned depth, struct error *e)
{
	*f = (struct certificate_facts){.serial_len = 16, .now = d->now, .rehearsal = d->rehearsal};
	random_bytes(f->serial, 16);
	f->serial[0] = (uint8_t)((f->serial[0] & 0x7f) | 0x40);
	if (strcmp(cert->serial, "random")) {
		f->serial_len = strlen(cert->serial) / 2;
		hex_decode(cert->serial, strlen(cert->serial), f->serial, f->serial_len);
	}
	if (strcmp(cert->issuer, "self") && !(f->issuer = der_of(d, cert->issuer, depth + 1, e)))
		return -1;
	return subject_of(d, cert, f, parts, depth, e);
}

/* Issued here with throw-away keys, known already, or a stand-in. */
static const struct bytes *der_of(struct dry_run *d, const char *name, unsigned depth, struct error *e)
{
	const struct script_certificate *cert = script_certificate(d->script, name);
	size_t index = (size_t)(cert - d->script->certificates);
	struct certificate_parts parts = {0};
	struct certificate_facts f = {0};
	struct bytes tbs = {0}, signature = {0}, *der = &d->ders[index];
	const struct throw_away *signer;
	int rc = -1;

	if (d->known && d->known[index].issued)
		return &d->known[index].der;
	if (der->len)
		return der;
	if (depth > CHAIN_MAX) {
		error_set(e, ERROR_FAULT, "certificate %s is, over others, its own issuer", name);
		return NULL;
	}
	if (cert->from != CERTIFICATE_ISSUED) {
		rc = stand_in(d, cert, der, e);
	} else if (facts_of(d, cert, &f, &parts, depth, e) == 0 &&
	           certificate_build(cert, &f, &tbs, NULL, NULL, e) == 0 &&
	           (signer = key_of(d, script_signer(d->script, cert)->name, e)) &&
	           pki_key_sign(signer->key, cert->signature, tbs.data, tbs.len, &signature, e) == 0) {
		rc = certificate_assemble(tbs.data, tbs.len, cert->signature, signature.data, signature.len, der, e);
	}
	certificate_parts_free(&parts);
	bytes_free(&tbs);
	bytes_free(&signature);
	return rc == 0 ? der : NULL;
}

const struct bytes *dry_run_der(struct dry_run *d, const char *name, struct error *e)
{
	return der_of(d, name, 0, e);
}

int dry_run_certificate(
        struct dry_run *d, size_t index, struct json_writer *facts, struct json_writer *faults, struct error *e)
{
	const struct script_certificate *cert = &d->script->certificates[index];
	struct certificate_parts parts = {0};
	struct certificate_facts f = {0};
	struct bytes tbs = {0};
	int rc = -1;

	if (facts_of(d, cert, &f, &parts, 0, e) == 0 && certificate_build(cert, &f, &tbs, NULL, NULL, e) == 0)
		rc = certificate_lint_dry(
		        cert, &f, script_signer(d->script, cert)->algorithm, &tbs, d->now, facts, faults, e);
	certificate_parts_free(&parts);
	bytes_free(&tbs);
	return rc;
}

struct all {
	const struct script *script;
	const struct certificate_state *known;
	bool rehearsal;
};

static int all_aside(void *with, struct bytes *out, struct error *e)
{
	const struct all *a = with;
	struct bytes faults = {0};
	struct json_writer f = {out, false}, g = {&faults, false};
	int64_t now = time_now_ms() / 1000;
	struct dry_run *d = dry_run_new(a->script, a->known, now, a->rehearsal, e);
	int rc = d ? 0 : -1;

	json_begin_object(&f);
	json_begin_array(&g);
	for (size_t i = 0; rc == 0 && i < a->script->certificate_count; i++) {
		if (a->script->certificates[i].from != CERTIFICATE_ISSUED)
			continue;
		json_key(&f, a->script->certificates[i].name);
		rc = dry_run_certificate(d, i, &f, &g, e);
	}
	if (rc == 0)
		rc = crls_dry_run(a->script, a->known, now, a->rehearsal, &f, &g, e);
	if (rc == 0)
		rc = ocsps_dry_run(a->script, now, a->rehearsal, &f, &g, e);
	json_end_array(&g);
	json_end_object(&f);
	if (rc == 0)
		rc = foreign_put_faults(out, &faults, e);
	dry_run_free(&d);
	bytes_free(&faults);
	return rc;
}

int certificates_dry_run(const char *parser, const struct script *script, const struct certificate_state *known,
        bool rehearsal, struct bytes *facts, struct bytes *faults, struct error *e)
{
	struct all all = {script, known, rehearsal};

	return foreign_aside_facts(parser, all_aside, &all, facts, faults, e);
}
