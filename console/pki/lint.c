#include "pki/extension.h"
#include "pki/lint_rules.h"
#include "pki/name.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *name;
	const struct lint_rule *tables[4];
} sets[] = {
        {"rfc5280", {lint_rfc5280, lint_rfc5280_extensions}},
        {"cabf-root", {lint_cabf_root, lint_cabf_root_names}},
        {"cabf-cross", {lint_cabf_ca, lint_cabf_cross}},
        {"cabf-sub-ca", {lint_cabf_ca, lint_cabf_ca_names, lint_cabf_tls_ca}},
        {"cabf-constrained", {lint_cabf_ca, lint_cabf_ca_names, lint_cabf_constrained}},
        {"cabf-ocsp", {lint_cabf_ocsp}},
        {"rfc6960-responder", {lint_rfc6960}},
        {"tsa", {lint_tsa}},
        {"ieee-802.1ar", {lint_802_1ar}},
        {"script", {lint_script}},
};

bool lint_set_known(const char *set)
{
	for (size_t i = 0; set && i < sizeof sets / sizeof sets[0]; i++)
		if (strcmp(sets[i].name, set) == 0)
			return true;
	return false;
}

bool lint_fault(struct message *why, const char *id, ...)
{
	va_list ap;

	va_start(ap, id);
	message_vset(why, id, ap);
	va_end(ap);
	return false;
}

bool lint_fault_object(struct message *why, const char *id, const ASN1_OBJECT *object)
{
	struct bytes name = {0};

	object_show(&name, object);
	message_set(why, id, bytes_string(&name));
	bytes_free(&name);
	return false;
}

X509_EXTENSION *lint_extension(const struct lint_certificate *c, int nid)
{
	int at = X509_get_ext_by_NID(c->x, nid, -1);

	return at < 0 ? NULL : X509_get_ext(c->x, at);
}

bool lint_critical(const struct lint_certificate *c, int nid)
{
	X509_EXTENSION *extension = lint_extension(c, nid);

	return extension && X509_EXTENSION_get_critical(extension);
}

void *lint_decode(const struct lint_certificate *c, int nid)
{
	X509_EXTENSION *extension = lint_extension(c, nid);

	return extension ? X509V3_EXT_d2i(extension) : NULL;
}

bool lint_purpose(const struct lint_certificate *c, const char *oid)
{
	EXTENDED_KEY_USAGE *purposes = lint_decode(c, NID_ext_key_usage);
	bool has = false;
	char text[128];

	for (int i = 0; purposes && i < sk_ASN1_OBJECT_num(purposes); i++)
		has = has || (OBJ_obj2txt(text, sizeof text, sk_ASN1_OBJECT_value(purposes, i), 1) > 0 &&
		                     strcmp(text, oid) == 0);
	EXTENDED_KEY_USAGE_free(purposes);
	return has;
}

int lint_purposes(const struct lint_certificate *c)
{
	EXTENDED_KEY_USAGE *purposes = lint_decode(c, NID_ext_key_usage);
	int count = purposes ? sk_ASN1_OBJECT_num(purposes) : 0;

	EXTENDED_KEY_USAGE_free(purposes);
	return count;
}

X509_EXTENSION *lint_other(const struct lint_certificate *c, const int *named)
{
	for (int i = 0; i < X509_get_ext_count(c->x); i++) {
		X509_EXTENSION *extension = X509_get_ext(c->x, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
		bool other = !extension_is_rehearsal(extension);
		for (const int *n = named; other && *n != NID_undef; n++)
			other = nid != *n;
		if (other)
			return extension;
	}
	return NULL;
}

bool lint_usage(const struct lint_certificate *c, int bit)
{
	return c->usage && ASN1_BIT_STRING_get_bit(c->usage, bit);
}

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : -1;
}

bool lint_same_name(const X509_NAME *a, const X509_NAME *b)
{
	const unsigned char *da, *db;
	size_t na, nb;

	return X509_NAME_get0_der(a, &da, &na) == 1 && X509_NAME_get0_der(b, &db, &nb) == 1 && na == nb &&
	       memcmp(da, db, na) == 0;
}

static int certificate_open(
        struct lint_certificate *c, const void *der, size_t len, const struct lint_context *context, struct error *e)
{
	c->context = context;
	c->x = x509_parse(der, len, e);
	if (!c->x || der_certificate(der, len, &c->parts, e))
		return -1;
	if (context->issuer && !(c->issuer = x509_parse(context->issuer, context->issuer_len, e)))
		return -1;
	if (context->existing && !(c->existing = x509_parse(context->existing, context->existing_len, e)))
		return -1;
	c->key = X509_get0_pubkey(c->x);
	c->basic = lint_decode(c, NID_basic_constraints);
	c->usage = lint_decode(c, NID_key_usage);
	c->key_id = lint_decode(c, NID_subject_key_identifier);
	c->authority = lint_decode(c, NID_authority_key_identifier);
	c->ca = c->basic && c->basic->ca;
	c->self_issued = lint_same_name(X509_get_subject_name(c->x), X509_get_issuer_name(c->x));
	c->self_signed = c->self_issued && c->key && X509_verify(c->x, c->key) == 1;
	c->not_before = seconds_of(X509_get0_notBefore(c->x));
	c->not_after = seconds_of(X509_get0_notAfter(c->x));
	return 0;
}

static void certificate_close(struct lint_certificate *c)
{
	BASIC_CONSTRAINTS_free(c->basic);
	ASN1_BIT_STRING_free(c->usage);
	ASN1_OCTET_STRING_free(c->key_id);
	AUTHORITY_KEYID_free(c->authority);
	X509_free(c->x);
	X509_free(c->issuer);
	X509_free(c->existing);
	ERR_clear_error();
}

int lint_add(struct lint_findings *out, const struct lint_finding *finding, struct error *e)
{
	struct lint_finding *more = reallocarray(out->item, out->count + 1, sizeof *more);

	if (!more)
		return error_memory(e);
	out->item = more;
	out->item[out->count++] = *finding;
	return 0;
}

static int run(const struct lint_rule *rules, const struct lint_certificate *c, const char *set,
        struct lint_findings *out, struct error *e)
{
	for (const struct lint_rule *r = rules; r->rule; r++) {
		struct lint_finding f = {.severity = r->severity, .set = set, .rule = r->rule, .clause = r->clause};
		if (r->holds(c, &f.message))
			continue;
		if (r->softer && c->context->rehearsal)
			f.severity = LINT_WARNING;
		if (lint_add(out, &f, e))
			return -1;
	}
	return 0;
}

int lint_certificate(const void *der, size_t len, const char *set, const struct lint_context *context,
        struct lint_findings *out, struct error *e)
{
	static const struct lint_context nothing = {0};
	struct lint_certificate c = {0};
	int status = -1;

	if (!lint_set_known(set))
		return error_set(e, ERROR_FAULT, N_("The lint set %s is not known."), set ? set : "");
	if (certificate_open(&c, der, len, context ? context : &nothing, e))
		goto out;
	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
		if (strcmp(sets[i].name, set) != 0)
			continue;
		/* the name in the finding outlives the caller's */
		for (size_t t = 0; t < sizeof sets[i].tables / sizeof sets[i].tables[0]; t++)
			if (sets[i].tables[t] && run(sets[i].tables[t], &c, sets[i].name, out, e))
				goto out;
	}
	status = 0;
out:
	certificate_close(&c);
	return status;
}

void lint_findings_free(struct lint_findings *f)
{
	free(f->item);
	*f = (struct lint_findings){0};
}
