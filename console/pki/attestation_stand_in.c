/* An attestation for a rehearsal: a vendor that does not exist, made when it is wanted, whose keys are forgotten. */
#include "pki/attestation.h"
#include "pki/der.h"
#include "pki/profile.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

enum { YEARS = 30 };

static X509_EXTENSION *vendor_extension(const char *wanted)
{
	char oid[256];
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	struct bytes value = {0};
	ASN1_OBJECT *object;
	X509_EXTENSION *made = NULL;

	snprintf(oid, sizeof oid, "%.*s", (int)strcspn(wanted, "="), wanted);
	object = OBJ_txt2obj(oid, 1);
	/* one that must only be there holds NULL (05 00) */
	if (!attestation_value(wanted, &value)) {
		bytes_clear(&value);
		bytes_add(&value, "\x05\x00", 2);
	}
	if (object && octets && !value.failed && ASN1_OCTET_STRING_set(octets, value.data, (int)value.len))
		made = X509_EXTENSION_create_by_OBJ(NULL, object, 0, octets);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(octets);
	bytes_free(&value);
	return made;
}

/* A vendor's values need not be DER, so they are added to bytes that the profile made. */
static int extensions_put(struct bytes *tbs, const struct attestation_wanted *w, struct error *e)
{
	X509 *x = x509_parse_tbs(tbs->data, tbs->len, e);
	unsigned char *again = NULL;
	int n, rc = x ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < w->extension_count; i++) {
		X509_EXTENSION *made = vendor_extension(w->extensions[i]);
		if (!made || X509_add_ext(x, made, -1) != 1)
			rc = error_memory(e);
		X509_EXTENSION_free(made);
	}
	if (rc == 0 && (n = i2d_re_X509_tbs(x, &again)) > 0) {
		bytes_clear(tbs);
		bytes_add(tbs, again, (size_t)n);
		rc = bytes_end(tbs, e);
	} else if (rc == 0) {
		rc = error_memory(e);
	}
	OPENSSL_free(again);
	X509_free(x);
	ERR_clear_error();
	return rc;
}

static void name_of(char out[64], size_t at, size_t count)
{
	if (at + 1 == count)
		snprintf(out, 64, "REHEARSAL vendor root");
	else if (at)
		snprintf(out, 64, "REHEARSAL vendor CA %zu", at);
	else
		snprintf(out, 64, "REHEARSAL attestation");
}

struct maker {
	const struct attestation_wanted *w;
	size_t count;
	struct pki_key *key[ATTESTATION_CHAIN_MAX]; /* of the issuers; [0] is none */
	struct bytes spki[ATTESTATION_CHAIN_MAX];
};

/* The certificate at `at`; its issuer, when it has one, is made already. */
static int make(struct maker *m, size_t at, const struct bytes *issuer, struct bytes *der, struct error *e)
{
	static const struct pki_extension ca[] = {
	        {"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}};
	char name[64];
	struct pki_attribute subject[] = {{.type = "CN", .value = name}};
	struct certificate_parts parts = {0};
	struct bytes tbs = {0}, signature = {0};
	struct pki_profile p = {.subject = subject,
	        .subjects = 1,
	        .spki = m->spki[at].data,
	        .spki_len = m->spki[at].len,
	        .serial = {(uint8_t)(at + 1)},
	        .serial_len = 1,
	        .not_before = m->w->now - 86400,
	        .not_after = m->w->now + YEARS * INT64_C(365) * 86400,
	        .signature = "ecdsa-sha256",
	        .extensions = ca,
	        .extension_count = at ? 2 : 0,
	        .rehearsal = true};
	int rc = -1;

	name_of(name, at, m->count);
	if (issuer && certificate_parts_read(issuer->data, issuer->len, &parts, e) < 0)
		goto out;
	p.issuer = issuer ? parts.subject.data : NULL;
	p.issuer_len = parts.subject.len;
	if (certificate_tbs(&p, &tbs, e) < 0 || (at == 0 && extensions_put(&tbs, m->w, e) < 0))
		goto out;
	if (pki_key_sign(m->key[issuer ? at + 1 : at], p.signature, tbs.data, tbs.len, &signature, e) == 0)
		rc = certificate_assemble(tbs.data, tbs.len, p.signature, signature.data, signature.len, der, e);
out:
	certificate_parts_free(&parts);
	bytes_free(&tbs);
	bytes_free(&signature);
	return rc;
}

int attestation_stand_in(const void *spki, size_t spki_len, const struct attestation_wanted *w, size_t count,
        struct bytes *chain, struct error *e)
{
	struct maker m = {.w = w, .count = count};
	int rc = count >= ATTESTATION_CHAIN_MIN && count <= ATTESTATION_CHAIN_MAX
	                 ? 0
	                 : error_set(e, ERROR_INTERNAL, "a stand-in of %zu certificates", count);

	bytes_add(&m.spki[0], spki, spki_len);
	for (size_t i = 1; rc == 0 && i < count; i++)
		rc = (m.key[i] = pki_key_new("ec-p256", &m.spki[i], e)) ? 0 : -1;
	for (size_t i = count; rc == 0 && i-- > 0;)
		rc = make(&m, i, i + 1 < count ? &chain[i + 1] : NULL, &chain[i], e);
	for (size_t i = 0; i < ATTESTATION_CHAIN_MAX; i++) {
		pki_key_free(&m.key[i]);
		bytes_free(&m.spki[i]);
	}
	return rc;
}
