#include "pki/algorithm.h"
#include "pki/lint_rules.h"
#include "pki/name.h"

#include <string.h>

static bool version_3(const struct lint_certificate *c, struct message *why)
{
	return X509_get_version(c->x) == X509_VERSION_3 ||
	       lint_fault(why, N_("The version is %d, not 3."), (int)X509_get_version(c->x) + 1);
}

static bool serial_positive(const struct lint_certificate *c, struct message *why)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(c->x);
	const unsigned char *data = ASN1_STRING_get0_data(serial);
	int len = ASN1_STRING_length(serial);
	bool zero = true;

	for (int i = 0; i < len; i++)
		zero = zero && data[i] == 0;
	if (zero || ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
		return lint_fault(why, N_("The serial number is not positive."));
	return true;
}

static bool serial_length(const struct lint_certificate *c, struct message *why)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(c->x);
	int len = i2d_ASN1_INTEGER(serial, NULL) - 2; /* with the zero octet that keeps it positive */

	return len <= 20 || lint_fault(why, N_("The serial number has %d octets; 20 are allowed."), len);
}

static bool algorithms_equal(const struct lint_certificate *c, struct message *why)
{
	const X509_ALGOR *outer;

	X509_get0_signature(NULL, &outer, c->x);
	return X509_ALGOR_cmp(X509_get0_tbs_sigalg(c->x), outer) == 0 ||
	       lint_fault(why, N_("The signature algorithms inside and outside the to-be-signed bytes differ."));
}

static bool signature_parameters(const struct lint_certificate *c, struct message *why)
{
	const ASN1_OBJECT *object;
	int type;

	X509_ALGOR_get0(&object, &type, NULL, X509_get0_tbs_sigalg(c->x));
	switch (OBJ_obj2nid(object)) {
	case NID_ecdsa_with_SHA256: /* RFC 5758 section 3.2 */
	case NID_ecdsa_with_SHA384:
	case NID_ecdsa_with_SHA512:
	case NID_ED25519: /* RFC 8410 section 3 */
		return type == V_ASN1_UNDEF ||
		       lint_fault(why, N_("The signature algorithm has parameters, which must be absent."));
	case NID_sha256WithRSAEncryption: /* RFC 4055 section 5 */
	case NID_sha384WithRSAEncryption:
	case NID_sha512WithRSAEncryption:
		return type == V_ASN1_NULL || lint_fault(why, N_("The signature algorithm's parameters are not NULL."));
	default:
		return true;
	}
}

static bool issuer_present(const struct lint_certificate *c, struct message *why)
{
	return X509_NAME_entry_count(X509_get_issuer_name(c->x)) > 0 ||
	       lint_fault(why, N_("The issuer's name is empty."));
}

static bool time_form(const ASN1_TIME *t, const char *which, struct message *why)
{
	bool utc = ASN1_STRING_type(t) == V_ASN1_UTCTIME;
	const unsigned char *data = ASN1_STRING_get0_data(t);
	int len = ASN1_STRING_length(t), wanted = utc ? 13 : 15;

	if (len != wanted || data[len - 1] != 'Z' || (int)strspn((const char *)data, "0123456789") != len - 1)
		return lint_fault(why, N_("%s is not written with seconds and Z."), which);
	if (ASN1_TIME_check(t) != 1)
		return lint_fault(why, N_("%s is no date and time that exists."), which);
	/* through 2049 UTCTime, from 2050 GeneralizedTime */
	if (!utc && memcmp(data, "2050", 4) < 0)
		return lint_fault(why, N_("%s lies before 2050 and is not a UTCTime."), which);
	return true;
}

static bool validity_form(const struct lint_certificate *c, struct message *why)
{
	return time_form(X509_get0_notBefore(c->x), "notBefore", why) &&
	       time_form(X509_get0_notAfter(c->x), "notAfter", why);
}

static bool validity_order(const struct lint_certificate *c, struct message *why)
{
	return c->not_before <= c->not_after || lint_fault(why, N_("notAfter lies before notBefore."));
}

static bool subject_present(const struct lint_certificate *c, struct message *why)
{
	return !c->ca || X509_NAME_entry_count(X509_get_subject_name(c->x)) > 0 ||
	       lint_fault(why, N_("The subject of a CA certificate is empty."));
}

static bool unique_ids_absent(const struct lint_certificate *c, struct message *why)
{
	const ASN1_BIT_STRING *issuer, *subject;

	X509_get0_uids(c->x, &issuer, &subject);
	return (!issuer && !subject) || lint_fault(why, N_("A unique identifier is present."));
}

/* Runs `holds` over the attributes of subject and issuer. */
static bool each_attribute(const struct lint_certificate *c,
        bool (*holds)(const struct attribute_type *t, const ASN1_STRING *value, struct message *why),
        struct message *why)
{
	const X509_NAME *names[] = {X509_get_subject_name(c->x), X509_get_issuer_name(c->x)};

	for (size_t n = 0; n < 2; n++) {
		for (int i = 0; i < X509_NAME_entry_count(names[n]); i++) {
			const X509_NAME_ENTRY *entry = X509_NAME_get_entry(names[n], i);
			const struct attribute_type *t = attribute_type_of(X509_NAME_ENTRY_get_object(entry));
			if (t && !holds(t, X509_NAME_ENTRY_get_data(entry), why))
				return false;
		}
	}
	return true;
}

static bool is_country(const struct attribute_type *t)
{
	return strcmp(t->name, "C") == 0;
}

static bool country_ok(const struct attribute_type *t, const ASN1_STRING *value, struct message *why)
{
	return !is_country(t) ||
	       (ASN1_STRING_type(value) == V_ASN1_PRINTABLESTRING && ASN1_STRING_length(value) == 2) ||
	       lint_fault(why, N_("countryName is not a PrintableString of two characters."));
}

static bool country_form(const struct lint_certificate *c, struct message *why)
{
	return each_attribute(c, country_ok, why);
}

static bool length_ok(const struct attribute_type *t, const ASN1_STRING *value, struct message *why)
{
	long n = string_characters(value);

	if (is_country(t) || n < 0)
		return true; /* other rules */
	if (n < (long)t->min)
		return lint_fault(why, N_("The name's attribute %s is empty."), t->name);
	return !t->max || n <= (long)t->max ||
	       lint_fault(why, N_("The name's attribute %s has %zu characters; %zu are allowed."), t->name, (size_t)n,
	               t->max);
}

static bool attribute_length(const struct lint_certificate *c, struct message *why)
{
	return each_attribute(c, length_ok, why);
}

static bool string_ok(const struct attribute_type *t, const ASN1_STRING *value, struct message *why)
{
	int type = ASN1_STRING_type(value);

	if (string_characters(value) < 0)
		return lint_fault(
		        why, N_("The name's attribute %s holds bytes that its string type has not."), t->name);
	if (is_country(t))
		return true;
	if (t->string != V_ASN1_UTF8STRING)
		return type == t->string ||
		       lint_fault(why, N_("The name's attribute %s has a string type that it must not have."), t->name);
	return type == V_ASN1_UTF8STRING || type == V_ASN1_PRINTABLESTRING || type == V_ASN1_T61STRING ||
	       type == V_ASN1_BMPSTRING || type == V_ASN1_UNIVERSALSTRING ||
	       lint_fault(why, N_("The name's attribute %s is no DirectoryString."), t->name);
}

static bool attribute_string(const struct lint_certificate *c, struct message *why)
{
	return each_attribute(c, string_ok, why);
}

static bool modern_ok(const struct attribute_type *t, const ASN1_STRING *value, struct message *why)
{
	int type = ASN1_STRING_type(value);

	return (type != V_ASN1_T61STRING && type != V_ASN1_BMPSTRING && type != V_ASN1_UNIVERSALSTRING) ||
	       lint_fault(
	               why, N_("The name's attribute %s is written in an old string type; use UTF8String."), t->name);
}

static bool attribute_modern(const struct lint_certificate *c, struct message *why)
{
	return each_attribute(c, modern_ok, why);
}

static bool key_decodes(const struct lint_certificate *c, struct message *why)
{
	if (!c->key)
		return lint_fault(why, N_("The public key does not decode."));
	return key_is_sound(c->key) ||
	       lint_fault(why, N_("The Ed25519 public key is of small order or not canonical."));
}

static int key_parameters(const struct lint_certificate *c, int *type)
{
	X509_ALGOR *algorithm = NULL;
	const ASN1_OBJECT *object;

	X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, X509_get_X509_PUBKEY(c->x));
	X509_ALGOR_get0(&object, type, NULL, algorithm);
	return OBJ_obj2nid(object);
}

static bool ec_named_curve(const struct lint_certificate *c, struct message *why)
{
	int type;

	return key_parameters(c, &type) != NID_X9_62_id_ecPublicKey || type == V_ASN1_OBJECT ||
	       lint_fault(why, N_("The EC public key does not name its curve by an OID."));
}

static bool rsa_parameters(const struct lint_certificate *c, struct message *why)
{
	int type;

	return key_parameters(c, &type) != NID_rsaEncryption || type == V_ASN1_NULL ||
	       lint_fault(why, N_("The RSA public key's parameters are not NULL."));
}

static bool ed25519_parameters(const struct lint_certificate *c, struct message *why)
{
	int type;

	return key_parameters(c, &type) != NID_ED25519 || type == V_ASN1_UNDEF ||
	       lint_fault(why, N_("The Ed25519 public key has parameters, which must be absent."));
}

static bool extension_once(const struct lint_certificate *c, struct message *why)
{
	for (int i = 0; i < X509_get_ext_count(c->x); i++) {
		const ASN1_OBJECT *object = X509_EXTENSION_get_object(X509_get_ext(c->x, i));
		if (X509_get_ext_by_OBJ(c->x, object, i) >= 0) {
			struct bytes name = {0};
			object_show(&name, object);
			lint_fault(why, N_("Extension %s stands twice."), bytes_string(&name));
			bytes_free(&name);
			return false;
		}
	}
	return true;
}

const struct lint_rule lint_rfc5280[] = {
        {"version_3", "RFC 5280 section 4.1.2.1", LINT_ERROR, version_3, false},
        {"serial_positive", "RFC 5280 section 4.1.2.2", LINT_ERROR, serial_positive, false},
        {"serial_length", "RFC 5280 section 4.1.2.2", LINT_ERROR, serial_length, false},
        {"signature_algorithms_equal", "RFC 5280 section 4.1.1.2", LINT_ERROR, algorithms_equal, false},
        {"signature_parameters", "RFC 5280 section 4.1.1.2", LINT_ERROR, signature_parameters, false},
        {"issuer_present", "RFC 5280 section 4.1.2.4", LINT_ERROR, issuer_present, false},
        {"validity_form", "RFC 5280 section 4.1.2.5", LINT_ERROR, validity_form, false},
        {"validity_order", "RFC 5280 section 4.1.2.5", LINT_ERROR, validity_order, false},
        {"subject_present", "RFC 5280 section 4.1.2.6", LINT_ERROR, subject_present, false},
        {"unique_ids_absent", "RFC 5280 section 4.1.2.8", LINT_ERROR, unique_ids_absent, false},
        {"country_form", "RFC 5280 appendix A.1", LINT_ERROR, country_form, false},
        {"attribute_length", "RFC 5280 appendix A.1", LINT_ERROR, attribute_length, false},
        {"attribute_string", "RFC 5280 section 4.1.2.4", LINT_ERROR, attribute_string, false},
        {"attribute_modern", "RFC 5280 section 4.1.2.4", LINT_WARNING, attribute_modern, false},
        {"key_decodes", "RFC 5280 section 4.1.2.7", LINT_ERROR, key_decodes, false},
        {"ec_named_curve", "RFC 5480 section 2.1.1", LINT_ERROR, ec_named_curve, false},
        {"rsa_parameters", "RFC 3279 section 2.3.1", LINT_ERROR, rsa_parameters, false},
        {"ed25519_parameters", "RFC 8410 section 3", LINT_ERROR, ed25519_parameters, false},
        {"extension_once", "RFC 5280 section 4.2", LINT_ERROR, extension_once, false},
        {0},
};
