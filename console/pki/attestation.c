#include "pki/attestation.h"

#include "base/text.h"
#include "pki/der.h"
#include "pki/extension.h"
#include "pki/profile.h"
#include "pki/view.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* One certificate of the chain, from the attestation (0) to the root. */
struct link {
	X509 *x;
	struct certificate_parts parts;
	const struct bytes *der;
	size_t at;
};

static void links_free(struct link *links, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		certificate_parts_free(&links[i].parts);
		X509_free(links[i].x);
	}
	ERR_clear_error();
}

static int link_read(struct link *l, struct error *e)
{
	return certificate_parts_read(l->der->data, l->der->len, &l->parts, e);
}

/* Decoded by OpenSSL when it is known whose it is. */
static int link_decode(struct link *l, struct error *e)
{
	l->x = x509_parse(l->der->data, l->der->len, e);
	return l->x ? 0 : -1;
}

static void oid_text(const X509_EXTENSION *x, char out[256])
{
	/* the second argument is only read */
	ASN1_OBJECT *object = X509_EXTENSION_get_object((X509_EXTENSION *)(uintptr_t)x);

	if (OBJ_obj2txt(out, 256, object, 1) <= 0)
		out[0] = 0;
}

bool attestation_value(const char *extension, struct bytes *out)
{
	const char *hex = strchr(extension, '=');
	size_t len = hex ? strlen(++hex) : 0;
	uint8_t raw[256];

	if (!len || len % 2 || len / 2 > sizeof raw || hex_decode(hex, len, raw, len / 2) < 0)
		return false;
	bytes_add(out, raw, len / 2);
	return !out->failed;
}

/* What stands before the "=". */
static const char *oid_of(const char *extension, char out[256])
{
	snprintf(out, 256, "%.*s", (int)strcspn(extension, "="), extension);
	return out;
}

/* Does the script's line `wanted` name this extension? */
static bool is_named(const char *wanted, const char *oid)
{
	char its[256];

	return strcmp(oid_of(wanted, its), oid) == 0;
}

static int value_check(const char *wanted, const X509_EXTENSION *x, struct error *e)
{
	const ASN1_OCTET_STRING *is = X509_EXTENSION_get_data((X509_EXTENSION *)(uintptr_t)x);
	struct bytes value = {0}, hex = {0};
	char oid[256];
	int rc = 0;

	if (!strchr(wanted, '='))
		return 0;
	if (!attestation_value(wanted, &value)) {
		rc = error_memory(e);
	} else if ((size_t)ASN1_STRING_length(is) != value.len ||
	           memcmp(ASN1_STRING_get0_data(is), value.data, value.len) != 0) {
		int len = ASN1_STRING_length(is);
		bytes_hex(&hex, ASN1_STRING_get0_data(is), len > 64 ? 64 : (size_t)len);
		rc = error_set(e, ERROR_FAULT,
		        N_("The attestation's extension %s is not what the script expects: it is %s%s."),
		        oid_of(wanted, oid), bytes_string(&hex), len > 64 ? "…" : "");
	}
	bytes_free(&value);
	bytes_free(&hex);
	return rc;
}

static int extensions_wanted(const struct link *l, const struct attestation_wanted *w, struct error *e)
{
	char oid[256];

	for (size_t i = 0; i < w->extension_count; i++) {
		bool there = false;
		for (int k = 0; k < X509_get_ext_count(l->x); k++) {
			oid_text(X509_get_ext(l->x, k), oid);
			if (!is_named(w->extensions[i], oid))
				continue;
			if (there)
				return error_set(
				        e, ERROR_FAULT, N_("The attestation's extension %s stands twice."), oid);
			if (value_check(w->extensions[i], X509_get_ext(l->x, k), e) < 0)
				return -1;
			there = true;
		}
		if (!there)
			return error_set(e, ERROR_FAULT,
			        N_("The attestation has no extension %s, which the script expects."),
			        oid_of(w->extensions[i], oid));
	}
	return 0;
}

/* RFC 5280 section 6.1.4 (o), 6.1.5 (f): what is critical and not understood is refused. */
static int critical_known(const struct link *l, const struct attestation_wanted *w, struct error *e)
{
	static const char *const known[] = {"2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.14", "2.5.29.35"};

	for (int k = 0; k < X509_get_ext_count(l->x); k++) {
		const X509_EXTENSION *x = X509_get_ext(l->x, k);
		bool good = w->rehearsal && extension_is_rehearsal(x);
		char oid[256];
		oid_text(x, oid);
		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			good = good || !strcmp(oid, known[i]);
		for (size_t i = 0; l->at == 0 && i < w->extension_count; i++)
			good = good || is_named(w->extensions[i], oid);
		if (!good && X509_EXTENSION_get_critical(x))
			return error_set(e, ERROR_FAULT,
			        N_("Certificate %zu of the attestation has the critical extension %s, which nobody "
			           "here "
			           "understands."),
			        l->at + 1, oid);
	}
	return 0;
}

/* RFC 5280 section 6.1.4 (k) to (n). */
static int issuer_check(const struct link *l, struct error *e)
{
	uint32_t flags = X509_get_extension_flags(l->x);
	long most = X509_get_pathlen(l->x);

	if (flags & EXFLAG_INVALID)
		return error_set(e, ERROR_FAULT,
		        N_("Certificate %zu of the attestation has extensions that cannot be read."), l->at + 1);
	if (!(flags & EXFLAG_CA))
		return error_set(e, ERROR_FAULT,
		        N_("Certificate %zu of the attestation issued another, and is no CA by its basicConstraints."),
		        l->at + 1);
	if ((flags & EXFLAG_KUSAGE) && !(X509_get_key_usage(l->x) & KU_KEY_CERT_SIGN))
		return error_set(e, ERROR_FAULT,
		        N_("Certificate %zu of the attestation issued another, and its keyUsage does not let it."),
		        l->at + 1);
	if (most >= 0 && (size_t)most < l->at - 1)
		return error_set(e, ERROR_FAULT,
		        N_("Certificate %zu of the attestation has more CAs below it than its pathlen allows."),
		        l->at + 1);
	return 0;
}

static int validity_check(
        const struct link *l, const struct attestation_wanted *w, struct attestation_found *found, struct error *e)
{
	char time[TIME_TEXT];

	if (w->now < l->parts.not_before && !w->early_accepted) {
		time_format_seconds(l->parts.not_before, time);
		return error_set(e, ERROR_FAULT, N_("Certificate %zu of the attestation is valid only from %s."),
		        l->at + 1, time);
	}
	if (w->now <= l->parts.not_after)
		return 0;
	found->expired = true;
	time_format_seconds(l->parts.not_after, time);
	return w->expired_accepted ? 0
	                           : error_set(e, ERROR_FAULT,
	                                     N_("Certificate %zu of the attestation has expired, at %s. The script may "
	                                        "say \"expired: "
	                                        "accepted\"."),
	                                     l->at + 1, time);
}

static int signed_by(const struct link *l, const struct link *issuer, struct error *e)
{
	struct bytes why = {0};
	struct error inner = {0};
	int rc = 0;

	if (l->parts.issuer.len != issuer->parts.subject.len ||
	        memcmp(l->parts.issuer.data, issuer->parts.subject.data, l->parts.issuer.len) != 0)
		return error_set(e, ERROR_FAULT,
		        N_("Certificate %zu of the attestation was not issued by the one after it: the names differ."),
		        l->at + 1);
	if (certificate_verify(l->der->data, l->der->len, issuer->parts.spki.data, issuer->parts.spki.len, &inner) <
	        0) {
		error_text(&inner, &why);
		rc = error_set(
		        e, ERROR_FAULT, N_("Certificate %zu of the attestation: %s"), l->at + 1, bytes_string(&why));
	}
	bytes_free(&why);
	return rc;
}

/* By our own reader: nothing else is decoded before it is known whose it is. */
static bool says_rehearsal(const struct link *l)
{
	struct der_certificate parts;
	struct der_tbs f;
	struct der each, oid, value;
	bool critical;

	if (certificate_fields(l->der->data, l->der->len, &parts, &f, NULL) || !f.extensions.whole)
		return false;
	const uint8_t *at = f.extensions.value;
	size_t left = f.extensions.len;
	while (left)
		if (der_next(&at, &left, &each) || der_extension(&each, &oid, &critical, &value))
			return false;
		else if (extension_oid_is_rehearsal(&oid))
			return true;
	return false;
}

static int root_check(const struct link *root, const struct attestation_wanted *w, struct error *e)
{
	uint8_t sum[32];
	struct bytes hex = {0};
	int rc = 0;

	if (sha256(root->der->data, root->der->len, sum) < 0)
		return error_memory(e);
	if (memcmp(sum, w->root_sha256, sizeof sum) != 0) {
		bytes_hex(&hex, sum, sizeof sum);
		rc = error_set(e, ERROR_FAULT,
		        N_("The last certificate of the attestation is not the vendor's root that the script pins: its "
		           "SHA-256 is %s."),
		        bytes_string(&hex));
	}
	bytes_free(&hex);
	return rc;
}

/* In a rehearsal also the root of a chain that says of itself throughout that it is none. */
static bool is_stand_in(const struct link *links, size_t count, const struct attestation_wanted *w)
{
	bool is = w->rehearsal;

	for (size_t i = 0; is && i < count; i++)
		is = says_rehearsal(&links[i]);
	return is;
}

static int key_check(const struct link *l, const struct attestation_wanted *w, struct error *e)
{
	uint8_t sum[32];

	if (sha256(l->parts.spki.data, l->parts.spki.len, sum) < 0)
		return error_memory(e);
	return memcmp(sum, w->spki_sha256, sizeof sum) == 0
	               ? 0
	               : error_set(e, ERROR_FAULT,
	                         N_("The attestation is of another key than the one that was generated."));
}

static int chain_check(struct link *links, size_t count, const struct attestation_wanted *w,
        struct attestation_found *found, struct error *e)
{
	if (key_check(&links[0], w, e) < 0)
		return -1;
	found->stand_in = is_stand_in(links, count, w);
	if (!found->stand_in && root_check(&links[count - 1], w, e) < 0)
		return -1;
	/* from the root downward: only what a key known to be the vendor's has signed is believed, and decoded further
	 */
	for (size_t i = count - 1; i-- > 0;)
		if (signed_by(&links[i], &links[i + 1], e) < 0)
			return -1;
	for (size_t i = 0; i < count; i++)
		if (link_decode(&links[i], e) < 0)
			return -1;
	for (size_t i = 0; i < count; i++) {
		if (i && issuer_check(&links[i], e) < 0)
			return -1;
		if (critical_known(&links[i], w, e) < 0 || validity_check(&links[i], w, found, e) < 0)
			return -1;
	}
	return extensions_wanted(&links[0], w, e);
}

int attestation_verify(const struct bytes *chain, size_t count, const struct attestation_wanted *w,
        struct attestation_found *found, struct error *e)
{
	struct link links[ATTESTATION_CHAIN_MAX] = {{0}};
	int rc = 0;

	*found = (struct attestation_found){0};
	if (count < ATTESTATION_CHAIN_MIN || count > ATTESTATION_CHAIN_MAX)
		return error_set(
		        e, ERROR_FAULT, N_("A chain of %zu certificates is no attestation: 2 to 6 are."), count);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		links[i].der = &chain[i];
		links[i].at = i;
		rc = link_read(&links[i], e);
	}
	if (rc == 0)
		rc = chain_check(links, count, w, found, e);
	links_free(links, count);
	return rc;
}

static int view_above(struct bytes *out, const struct bytes *der, size_t number, struct error *e)
{
	struct der_certificate parts;
	struct bytes view = {0};
	uint8_t sum[32];
	int rc = -1;

	if (der_certificate(der->data, der->len, &parts, e) < 0 ||
	        certificate_view(parts.tbs.whole, parts.tbs.whole_len, &view, e) < 0)
		goto out;
	if (sha256(der->data, der->len, sum) < 0) {
		error_memory(e);
		goto out;
	}
	bytes_printf(out, "Certificate %zu\n", number);
	bytes_text(out, "SHA-256: ");
	bytes_hex(out, sum, sizeof sum);
	bytes_byte(out, '\n');
	bytes_add(out, view.data, view.len);
	rc = bytes_end(out, e);
out:
	bytes_free(&view);
	return rc;
}

int attestation_view(const struct bytes *chain, size_t count, struct bytes *out, struct error *e)
{
	for (size_t i = 0; i < count; i++)
		if (view_above(out, &chain[i], i + 1, e) < 0)
			return -1;
	return 0;
}
