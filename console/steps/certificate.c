#include "steps/certificate.h"

#include <stdlib.h>
#include <string.h>

static int put_lists(struct certificate_profile *b, const struct script_certificate *cert, struct error *e)
{
	size_t fields = 0;

	for (size_t i = 0; i < cert->section_count; i++)
		fields += cert->sections[i].count;
	b->subject = calloc(cert->subjects + 1, sizeof(*b->subject));
	b->extensions = calloc(cert->extension_count + 1, sizeof(*b->extensions));
	b->sections = calloc(cert->section_count + 1, sizeof(*b->sections));
	b->fields = calloc(fields + 1, sizeof(*b->fields));
	if (!b->subject || !b->extensions || !b->sections || !b->fields)
		return error_memory(e);
	for (size_t i = 0; i < cert->subjects; i++)
		b->subject[i] = (struct pki_attribute){.type = cert->subject[i].type,
		        .value = cert->subject[i].value,
		        .printable = cert->subject[i].printable,
		        .joined = cert->subject[i].joined};
	for (size_t i = 0; i < cert->extension_count; i++)
		b->extensions[i] = (struct pki_extension){cert->extensions[i].name, cert->extensions[i].value};
	fields = 0;
	for (size_t i = 0; i < cert->section_count; i++) {
		const struct script_section *section = &cert->sections[i];
		b->sections[i] = (struct pki_section){section->name, &b->fields[fields], section->count};
		for (size_t k = 0; k < section->count; k++)
			b->fields[fields++] = (struct pki_extension){section->field[k].name, section->field[k].value};
	}
	return 0;
}

/* What other certificates say that this one must repeat byte for byte. */
static int put_others(struct certificate_profile *b, const struct certificate_facts *facts, struct error *e)
{
	if (facts->issuer) {
		if (certificate_parts_read(facts->issuer->data, facts->issuer->len, &b->issuer, e) < 0)
			return -1;
		b->p.issuer = b->issuer.subject.data;
		b->p.issuer_len = b->issuer.subject.len;
		b->p.issuer_key_id = b->issuer.key_id.len ? b->issuer.key_id.data : NULL;
		b->p.issuer_key_id_len = b->issuer.key_id.len;
	}
	if (facts->existing) {
		if (certificate_parts_read(facts->existing->data, facts->existing->len, &b->existing, e) < 0)
			return -1;
		b->p.subject_der = b->existing.subject.data;
		b->p.subject_der_len = b->existing.subject.len;
		b->p.key_id = b->existing.key_id.len ? b->existing.key_id.data : NULL;
		b->p.key_id_len = b->existing.key_id.len;
		b->p.spki = b->existing.spki.data;
		b->p.spki_len = b->existing.spki.len;
	} else if (facts->subject) {
		b->p.subject_der = facts->subject->data;
		b->p.subject_der_len = facts->subject->len;
	}
	return 0;
}

int certificate_profile_open(struct certificate_profile *b, const struct script_certificate *cert,
        const struct certificate_facts *facts, struct error *e)
{
	memset(b, 0, sizeof(*b));
	if (put_lists(b, cert, e) < 0)
		return -1;
	b->p = (struct pki_profile){.subject = b->subject,
	        .subjects = cert->subjects,
	        .spki = facts->spki,
	        .spki_len = facts->spki_len,
	        .serial_len = facts->serial_len,
	        .not_before = cert->from_signing ? facts->now : cert->not_before,
	        /* Both ends are inside: the last second is the one before the day is over. */
	        .not_after = cert->from_signing ? facts->now + (int64_t)cert->days * 86400 - 1 : cert->not_after,
	        .signature = cert->signature,
	        .extensions = b->extensions,
	        .extension_count = cert->extension_count,
	        .sections = b->sections,
	        .section_count = cert->section_count,
	        .rehearsal = facts->rehearsal};
	memcpy(b->p.serial, facts->serial, sizeof(b->p.serial));
	return put_others(b, facts, e);
}

void certificate_profile_close(struct certificate_profile *b)
{
	free(b->subject);
	free(b->extensions);
	free(b->sections);
	free(b->fields);
	certificate_parts_free(&b->issuer);
	certificate_parts_free(&b->existing);
	memset(b, 0, sizeof(*b));
}

int certificate_build(const struct script_certificate *cert, const struct certificate_facts *facts, struct bytes *tbs,
        int64_t *not_before, int64_t *not_after, struct error *e)
{
	struct certificate_profile b;
	int rc = certificate_profile_open(&b, cert, facts, e);

	if (rc == 0) {
		if (not_before)
			*not_before = b.p.not_before;
		if (not_after)
			*not_after = b.p.not_after;
		rc = certificate_tbs(&b.p, tbs, e);
	}
	certificate_profile_close(&b);
	return rc;
}

static const struct certificate_state *state_of(const struct ceremony *c, const char *name)
{
	return &c->certificates[ceremony_certificate_index(c, name)];
}

const struct key_state *certificate_signer(
        const struct ceremony *c, const struct script_certificate *cert, const char **why)
{
	const struct script_key *k = script_signer(c->script, cert);
	const struct key_state *key = k ? &c->keys[ceremony_key_index(c, k->name)] : NULL;
	struct certificate_parts parts = {0};
	bool same = true;

	if (!key || !key->made) {
		*why = N_("the key was not made: its step was ended by exception");
		return NULL;
	}
	if (!strcmp(cert->issuer, "self"))
		return key;
	if (!state_of(c, cert->issuer)->issued) {
		*why = N_("the issuer's certificate is not there: its step was ended by exception");
		return NULL;
	}
	/* A certificate that was taken in, or that another ceremony issued, says itself whose it is. */
	same = certificate_parts_read(
	               state_of(c, cert->issuer)->der.data, state_of(c, cert->issuer)->der.len, &parts, NULL) == 0 &&
	       parts.spki.len == key->spki.len && !memcmp(parts.spki.data, key->spki.data, key->spki.len);
	certificate_parts_free(&parts);
	if (!same)
		*why = N_("the issuer's certificate is for another key than the one that would sign");
	return same ? key : NULL;
}

int certificate_source(const struct ceremony *c, const struct script_certificate *cert, struct certificate_facts *facts,
        struct certificate_parts *parts, const char **why)
{
	*why = NULL;
	if (!certificate_signer(c, cert, why))
		return -1;
	if (strcmp(cert->issuer, "self"))
		facts->issuer = &state_of(c, cert->issuer)->der;
	if (cert->key) {
		const struct key_state *key = &c->keys[ceremony_key_index(c, cert->key)];
		if (!key->made)
			*why = N_("the key was not made: its step was ended by exception");
		facts->spki = key->spki.data;
		facts->spki_len = key->spki.len;
	} else if (cert->cross) {
		const struct certificate_state *existing = state_of(c, cert->cross);
		if (!existing->issued || certificate_parts_read(existing->der.data, existing->der.len, parts, NULL) < 0)
			*why = N_(
			        "the certificate that is to be crossed is not there: its step was ended by exception");
		facts->existing = &existing->der;
		facts->spki = parts->spki.data;
		facts->spki_len = parts->spki.len;
	} else {
		const struct request_state *request = ceremony_request(c, cert->request);
		if (!request) {
			*why = N_("the request was not taken in: its step was ended by exception");
			return -1;
		}
		facts->spki = request->spki.data;
		facts->spki_len = request->spki.len;
		facts->subject = cert->subject_of_request ? &request->subject : NULL;
	}
	return *why ? -1 : 0;
}
