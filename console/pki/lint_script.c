/* The certificate says exactly what the script says: every field of the finished DER against the script's values,
 * encoded a second time by other code. */
#include "pki/algorithm.h"
#include "pki/extension.h"
#include "pki/lint_rules.h"
#include "pki/lint_value.h"
#include "pki/name.h"
#include "pki/profile.h"

#include <string.h>
#include <time.h>

/* The fields of a TBSCertificate (RFC 5280 section 4.1.2) as they lie there. */
enum { SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY, FIELDS };
struct tbs {
	struct der version, field[FIELDS], extensions; /* tag 0: not there */
	bool others;                                   /* unique identifiers, or what is not known at all */
};

static bool tbs_read(const struct lint_certificate *c, struct tbs *t)
{
	const uint8_t *at = c->parts.tbs.value;
	size_t left = c->parts.tbs.len;
	struct der d;

	*t = (struct tbs){0};
	if (left && at[0] == 0xa0 && der_next(&at, &left, &t->version))
		return false;
	for (size_t i = 0; i < FIELDS; i++)
		if (der_next(&at, &left, &t->field[i]))
			return false;
	while (left) {
		if (der_next(&at, &left, &d))
			return false;
		if (d.tag == 0xa3)
			t->extensions = d;
		else
			t->others = true;
	}
	return true;
}

static bool same(const struct der *d, const void *wanted, size_t len)
{
	return d->whole_len == len && memcmp(d->whole, wanted, len) == 0;
}

static const struct pki_profile *profile(const struct lint_certificate *c)
{
	return c->context->profile;
}

static bool version(const struct lint_certificate *c, struct message *why)
{
	struct tbs t;

	if (!profile(c))
		return true;
	return (tbs_read(c, &t) && same(&t.version, "\xa0\x03\x02\x01\x02", 5)) ||
	       lint_fault(why, N_("The certificate is not of version 3."));
}

static bool serial(const struct lint_certificate *c, struct message *why)
{
	const struct pki_profile *p = profile(c);
	const uint8_t *number;
	size_t len;
	struct bytes wanted = {0};
	struct tbs t;
	bool holds;

	if (!p)
		return true;
	number = p->serial;
	len = p->serial_len;
	while (len > 1 && number[0] == 0)
		number++, len--;
	if (number[0] & 0x80)
		bytes_byte(&wanted, 0);
	bytes_add(&wanted, number, len);
	holds = tbs_read(c, &t) && t.field[SERIAL].tag == 0x02 && t.field[SERIAL].len == wanted.len &&
	        memcmp(t.field[SERIAL].value, wanted.data, wanted.len) == 0;
	bytes_free(&wanted);
	return holds || lint_fault(why, N_("The serial number is not the one that was decided."));
}

static bool algorithm(const struct lint_certificate *c, struct message *why)
{
	const struct signature_algorithm *a = profile(c) ? signature_algorithm_named(profile(c)->signature) : NULL;
	struct tbs t;

	if (!profile(c))
		return true;
	return (a && tbs_read(c, &t) && same(&t.field[ALGORITHM], a->der, a->der_len) &&
	               same(&c->parts.algorithm, a->der, a->der_len)) ||
	       lint_fault(why, N_("The signature algorithm is not the script's %s, inside and outside."),
	               profile(c)->signature);
}

static bool subject_bytes(const struct pki_profile *p, struct bytes *out)
{
	if (!p->subject_der)
		return value_name(out, p) == 1;
	bytes_add(out, p->subject_der, p->subject_der_len);
	return true;
}

static bool subject(const struct lint_certificate *c, struct message *why)
{
	struct bytes wanted = {0};
	struct tbs t;
	bool holds;

	if (!profile(c))
		return true;
	holds = subject_bytes(profile(c), &wanted) && tbs_read(c, &t) &&
	        same(&t.field[SUBJECT], wanted.data, wanted.len);
	bytes_free(&wanted);
	return holds || lint_fault(why, N_("The subject is not byte for byte what the script says."));
}

static bool issuer(const struct lint_certificate *c, struct message *why)
{
	const struct pki_profile *p = profile(c);
	struct bytes wanted = {0};
	struct tbs t;
	bool holds;

	if (!p)
		return true;
	if (p->issuer)
		bytes_add(&wanted, p->issuer, p->issuer_len);
	holds = (p->issuer || subject_bytes(p, &wanted)) && tbs_read(c, &t) &&
	        same(&t.field[ISSUER], wanted.data, wanted.len);
	bytes_free(&wanted);
	return holds || lint_fault(why, N_("The issuer is not byte for byte the subject of the issuer's certificate."));
}

/* RFC 5280 section 4.1.2.5 */
static void put_time(struct bytes *out, int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char text[32] = "";
	size_t len;

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm);
	len = strlen(text);
	if (strncmp(text, "2050", 4) < 0)
		der_put(out, 0x17, text + 2, len - 2);
	else
		der_put(out, 0x18, text, len);
}

static bool validity(const struct lint_certificate *c, struct message *why)
{
	const struct pki_profile *p = profile(c);
	struct bytes times = {0}, wanted = {0};
	struct tbs t;
	bool holds;

	if (!p)
		return true;
	put_time(&times, p->not_before);
	put_time(&times, p->not_after);
	der_put(&wanted, 0x30, times.data, times.len);
	holds = tbs_read(c, &t) && same(&t.field[VALIDITY], wanted.data, wanted.len);
	bytes_free(&times);
	bytes_free(&wanted);
	return holds || lint_fault(why, N_("The validity is not what follows from the script."));
}

static bool key(const struct lint_certificate *c, struct message *why)
{
	struct tbs t;

	if (!profile(c))
		return true;
	return (tbs_read(c, &t) && same(&t.field[KEY], profile(c)->spki, profile(c)->spki_len)) ||
	       lint_fault(why, N_("The public key is not byte for byte the one that is to be certified."));
}

static bool no_others(const struct lint_certificate *c, struct message *why)
{
	struct tbs t;

	if (!profile(c))
		return true;
	return (tbs_read(c, &t) && !t.others) ||
	       lint_fault(why, N_("The certificate has a field behind its key that the script does not name."));
}

/* One Extension as it lies there. */
struct one {
	struct der oid, value;
	bool critical;
};

static bool one_next(const uint8_t **at, size_t *left, struct one *out)
{
	struct der whole, d;
	const uint8_t *in;
	size_t n;

	*out = (struct one){0};
	if (der_next(at, left, &whole))
		return false;
	in = whole.value;
	n = whole.len;
	if (der_next(&in, &n, &out->oid) || der_next(&in, &n, &d))
		return false;
	if (d.tag == 0x01) {
		out->critical = d.len == 1 && d.value[0] == 0xff;
		if (der_next(&in, &n, &d))
			return false;
	}
	out->value = d;
	return n == 0 && d.tag == 0x04;
}

/* The extensions one by one beside the script's; `judge` says what it thinks of each pair. */
struct pairs {
	const uint8_t *at;
	size_t left;
};

static bool pairs_open(const struct lint_certificate *c, struct pairs *p)
{
	struct der list;
	struct tbs t;

	*p = (struct pairs){0};
	if (!tbs_read(c, &t))
		return false;
	if (!t.extensions.tag)
		return true;
	p->at = t.extensions.value;
	p->left = t.extensions.len;
	if (der_next(&p->at, &p->left, &list) || p->left)
		return false;
	p->at = list.value;
	p->left = list.len;
	return true;
}

static const char *after_critical(const char *value, bool *critical)
{
	*critical = strncmp(value, "critical,", 9) == 0;
	return *critical ? value + 9 + strspn(value + 9, " ") : value;
}

static bool has_oid(const struct one *o, const char *name)
{
	struct bytes oid = {0};
	bool is = value_extension_oid(&oid, name) == 1 && same(&o->oid, oid.data, oid.len);

	bytes_free(&oid);
	return is;
}

static bool is_rehearsal(const struct one *o)
{
	return o->critical && has_oid(o, pki_rehearsal_oid) && o->value.len == 11 &&
	       memcmp(o->value.value, "\x0c\x09REHEARSAL", 11) == 0;
}

static bool extensions(const struct lint_certificate *c, struct message *why)
{
	const struct pki_profile *p = profile(c);
	struct pairs pairs;
	struct one o;

	if (!p)
		return true;
	if (!pairs_open(c, &pairs))
		return lint_fault(why, N_("The extensions cannot be read."));
	for (size_t i = 0; i < p->extension_count; i++)
		if (!pairs.left || !one_next(&pairs.at, &pairs.left, &o) || !has_oid(&o, p->extensions[i].name))
			return lint_fault(why, N_("The script's extension %s is missing, or not in its place."),
			        p->extensions[i].name);
	if (p->rehearsal && (!pairs.left || !one_next(&pairs.at, &pairs.left, &o) || !is_rehearsal(&o)))
		return lint_fault(why, N_("The rehearsal's extension is not the last one."));
	return !pairs.left || lint_fault(why, N_("The certificate has an extension that the script does not name."));
}

/* Criticality, value, or whether the value could be compared: the same walk. */
static bool each_pair(const struct lint_certificate *c,
        bool (*holds)(const struct lint_certificate *c, const struct one *o, const char *name, const char *value,
                bool critical),
        const char **which)
{
	const struct pki_profile *p = profile(c);
	struct pairs pairs;
	struct one o;

	if (!p || !pairs_open(c, &pairs))
		return true; /* another rule's */
	for (size_t i = 0; i < p->extension_count && pairs.left && one_next(&pairs.at, &pairs.left, &o); i++) {
		bool critical;
		const char *value = after_critical(p->extensions[i].value, &critical);
		*which = p->extensions[i].name;
		if (has_oid(&o, *which) && !holds(c, &o, *which, value, critical))
			return false;
	}
	return true;
}

static bool critical_holds(
        const struct lint_certificate *c, const struct one *o, const char *name, const char *value, bool critical)
{
	(void)c;
	(void)name;
	(void)value;
	return o->critical == critical;
}

static bool criticality(const struct lint_certificate *c, struct message *why)
{
	const char *which = "";

	return each_pair(c, critical_holds, &which) ||
	       lint_fault(why, N_("The extension %s is not critical as the script says, or is though it does not."),
	               which);
}

static bool value_holds(
        const struct lint_certificate *c, const struct one *o, const char *name, const char *value, bool critical)
{
	struct bytes wanted = {0};
	int known = value_extension(&wanted, c, name, value);
	bool holds = known == 0 ||
	             (known == 1 && o->value.len == wanted.len && memcmp(o->value.value, wanted.data, wanted.len) == 0);

	(void)critical;
	bytes_free(&wanted);
	return holds;
}

static bool values(const struct lint_certificate *c, struct message *why)
{
	const char *which = "";

	return each_pair(c, value_holds, &which) ||
	       lint_fault(why, N_("The value of the extension %s is not what the script's words encode to."), which);
}

static bool value_known(
        const struct lint_certificate *c, const struct one *o, const char *name, const char *value, bool critical)
{
	struct bytes wanted = {0};
	int known = value_extension(&wanted, c, name, value);

	(void)o;
	(void)critical;
	bytes_free(&wanted);
	return known != 0;
}

static bool compared(const struct lint_certificate *c, struct message *why)
{
	const char *which = "";

	return each_pair(c, value_known, &which) || lint_fault(why,
	                                                    N_("The value of the extension %s is of a kind that is not "
	                                                       "encoded a second time: compare it on the "
	                                                       "screen."),
	                                                    which);
}

static bool within_issuer(const struct lint_certificate *c, struct message *why)
{
	struct certificate_parts parts = {0};
	bool holds = true;

	if (!c->context->issuer || c->context->outlives_issuer)
		return true;
	if (certificate_parts_read(c->context->issuer, c->context->issuer_len, &parts, NULL) == 0)
		holds = c->not_before >= parts.not_before && c->not_after <= parts.not_after;
	certificate_parts_free(&parts);
	return holds || lint_fault(why, N_("The validity is not within that of the issuer's certificate."));
}

/* RFC 5280 section 6.1.4 (k) and (n): what stands above is a CA that may sign certificates. */
static bool issuer_is_ca(const struct lint_certificate *c, struct message *why)
{
	return !c->issuer ||
	       (X509_get_extension_flags(c->issuer) & EXFLAG_CA && X509_get_key_usage(c->issuer) & KU_KEY_CERT_SIGN) ||
	       lint_fault(why, N_("The issuer's certificate is not that of a CA that may sign certificates."));
}

/* RFC 5280 sections 4.2.1.9 and 6.1.4 (l): a self-issued one does not count. */
static bool issuer_path(const struct lint_certificate *c, struct message *why)
{
	return !c->issuer || !c->ca || c->self_issued || X509_get_pathlen(c->issuer) != 0 ||
	       lint_fault(why,
	               N_("The issuer's certificate has pathLenConstraint 0: no CA certificate can stand below it."));
}

/* The subject's organisation is one of the two names that belong together. */
static bool organisation(const struct lint_certificate *c, struct message *why)
{
	const X509_NAME *name = X509_get_subject_name(c->x);
	const char *const *both = c->context->organisation;
	bool seen = false;

	if (!both[0] || !both[1])
		return true;
	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		const struct attribute_type *t = attribute_type_of(X509_NAME_ENTRY_get_object(entry));
		const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
		size_t len = (size_t)ASN1_STRING_length(value);
		if (!t || strcmp(t->name, "O") != 0)
			continue;
		for (size_t k = 0; k < 2; k++)
			seen = seen ||
			       (strlen(both[k]) == len && memcmp(ASN1_STRING_get0_data(value), both[k], len) == 0);
	}
	return seen || lint_fault(why, N_("The subject's organizationName is neither %s nor %s."), both[0], both[1]);
}

const struct lint_rule lint_script[] = {
        {"script_version", "script: version 3", LINT_ERROR, version, false},
        {"script_serial", "script: serial", LINT_ERROR, serial, false},
        {"script_signature", "script: signature", LINT_ERROR, algorithm, false},
        {"script_issuer", "script: issuer", LINT_ERROR, issuer, false},
        {"script_validity", "script: validity", LINT_ERROR, validity, false},
        {"script_subject", "script: subject", LINT_ERROR, subject, false},
        {"script_key", "script: key", LINT_ERROR, key, false},
        {"script_nothing_else", "script: nothing else", LINT_ERROR, no_others, false},
        {"script_extensions", "script: extensions", LINT_ERROR, extensions, false},
        {"script_criticality", "script: extensions", LINT_ERROR, criticality, false},
        {"script_value", "script: extensions", LINT_ERROR, values, false},
        {"script_value_compared", "script: extensions", LINT_WARNING, compared, false},
        {"script_within_issuer", "script: validity", LINT_ERROR, within_issuer, false},
        {"script_issuer_is_ca", "RFC 5280 section 6.1.4", LINT_ERROR, issuer_is_ca, false},
        {"script_issuer_path", "RFC 5280 section 6.1.4", LINT_ERROR, issuer_path, false},
        {"script_organisation", "script: names", LINT_WARNING, organisation, false},
        {0},
};
