#include "pki/lint_cabf.h"
#include "pki/name.h"

#include <string.h>

static const X509_NAME_ENTRY *entry_at(const struct lint_certificate *c, int i)
{
	return X509_NAME_get_entry(X509_get_subject_name(c->x), i);
}

static int entries(const struct lint_certificate *c)
{
	return X509_NAME_entry_count(X509_get_subject_name(c->x));
}

static const struct attribute_type *type_at(const struct lint_certificate *c, int i)
{
	return attribute_type_of(X509_NAME_ENTRY_get_object(entry_at(c, i)));
}

static bool has(const struct lint_certificate *c, const char *type)
{
	for (int i = 0; i < entries(c); i++) {
		const struct attribute_type *t = type_at(c, i);
		if (t && strcmp(t->name, type) == 0)
			return true;
	}
	return false;
}

bool cabf_country_present(const struct lint_certificate *c, struct message *why)
{
	return has(c, "C") || lint_fault(why, N_("The subject has no countryName."));
}

bool cabf_organization_present(const struct lint_certificate *c, struct message *why)
{
	return has(c, "O") || lint_fault(why, N_("The subject has no organizationName."));
}

bool cabf_common_name_present(const struct lint_certificate *c, struct message *why)
{
	return has(c, "CN") || lint_fault(why, N_("The subject has no commonName."));
}

bool cabf_unit_absent(const struct lint_certificate *c, struct message *why)
{
	return !has(c, "OU") ||
	       lint_fault(why, N_("The subject has an organizationalUnitName, which this certificate must not have."));
}

bool cabf_country_code(const struct lint_certificate *c, struct message *why)
{
	for (int i = 0; i < entries(c); i++) {
		const struct attribute_type *t = type_at(c, i);
		const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry_at(c, i));
		const unsigned char *v = ASN1_STRING_get0_data(value);
		if (!t || strcmp(t->name, "C") != 0)
			continue;
		if (ASN1_STRING_length(value) != 2 || v[0] < 'A' || v[0] > 'Z' || v[1] < 'A' || v[1] > 'Z')
			return lint_fault(why, N_("countryName is not a two-letter ISO 3166-1 code in capitals."));
	}
	return true;
}

bool cabf_others_absent(const struct lint_certificate *c, struct message *why)
{
	static const char *const named[] = {"C", "ST", "L", "postalCode", "street", "O", "OU", "CN"};

	for (int i = 0; i < entries(c); i++) {
		const struct attribute_type *t = type_at(c, i);
		bool other = true;
		for (size_t k = 0; t && other && k < sizeof named / sizeof named[0]; k++)
			other = strcmp(t->name, named[k]) != 0;
		if (other) {
			struct bytes name = {0};
			object_show(&name, X509_NAME_ENTRY_get_object(entry_at(c, i)));
			lint_fault(why, N_("The subject's attribute %s is not recommended in a CA certificate."),
			        bytes_string(&name));
			bytes_free(&name);
			return false;
		}
	}
	return true;
}

bool cabf_one_an_rdn(const struct lint_certificate *c, struct message *why)
{
	for (int i = 1; i < entries(c); i++)
		if (X509_NAME_ENTRY_set(entry_at(c, i)) == X509_NAME_ENTRY_set(entry_at(c, i - 1)))
			return lint_fault(
			        why, N_("A RelativeDistinguishedName of the subject holds more than one attribute."));
	return true;
}

bool cabf_once(const struct lint_certificate *c, struct message *why)
{
	for (int i = 0; i < entries(c); i++) {
		const struct attribute_type *t = type_at(c, i);
		/* BR 7.1.2.10.2 allows several streetAddress; a domain takes several domainComponent */
		if (!t || strcmp(t->name, "street") == 0 || strcmp(t->name, "DC") == 0)
			continue;
		for (int j = 0; j < i; j++)
			if (type_at(c, j) == t)
				return lint_fault(why, N_("The subject's attribute %s stands twice."), t->name);
	}
	return true;
}

bool cabf_in_order(const struct lint_certificate *c, struct message *why)
{
	unsigned last = 0;

	for (int i = 0; i < entries(c); i++) {
		const struct attribute_type *t = type_at(c, i);
		if (!t || !t->order)
			continue;
		if (t->order < last)
			return lint_fault(
			        why, N_("The subject's attribute %s stands behind one that must follow it."), t->name);
		last = t->order;
	}
	return true;
}

bool cabf_encoding(const struct lint_certificate *c, struct message *why)
{
	for (int i = 0; i < entries(c); i++) {
		const struct attribute_type *t = type_at(c, i);
		const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry_at(c, i));
		int type = ASN1_STRING_type(value);
		if (!t)
			continue;
		if (type != t->string && !(t->string == V_ASN1_UTF8STRING && type == V_ASN1_PRINTABLESTRING))
			return lint_fault(why,
			        N_("The subject's attribute %s has a string type that it must not have."), t->name);
		if (string_characters(value) < 0)
			return lint_fault(why,
			        N_("The subject's attribute %s holds bytes that its string type has not."), t->name);
		/* the note on surname and givenName: 64 is what works */
		if ((strcmp(t->name, "SN") == 0 || strcmp(t->name, "GN") == 0) && string_characters(value) > 64)
			return lint_fault(why, N_("The subject's attribute %s is longer than 64 characters."), t->name);
		if (t->max && string_characters(value) > (long)t->max)
			return lint_fault(
			        why, N_("The subject's attribute %s is longer than %zu characters."), t->name, t->max);
	}
	return true;
}

const struct lint_rule lint_cabf_root_names[] = {
        {"root_subject_country", "BR 7.1.2.10.2", LINT_ERROR, cabf_country_present, false},
        {"root_subject_country_code", "BR 7.1.2.10.2", LINT_ERROR, cabf_country_code, false},
        {"root_subject_organization", "BR 7.1.2.10.2", LINT_ERROR, cabf_organization_present, false},
        {"root_subject_common_name", "BR 7.1.2.10.2", LINT_ERROR, cabf_common_name_present, false},
        {"root_subject_unit_absent", "BR 7.1.2.10.2", LINT_ERROR, cabf_unit_absent, false},
        {"root_subject_others", "BR 7.1.2.10.2", LINT_WARNING, cabf_others_absent, false},
        {"root_subject_one_an_rdn", "BR 7.1.4.1", LINT_ERROR, cabf_one_an_rdn, false},
        {"root_subject_once", "BR 7.1.4.1", LINT_ERROR, cabf_once, false},
        {"root_subject_order", "BR 7.1.4.2", LINT_ERROR, cabf_in_order, false},
        {"root_subject_encoding", "BR 7.1.4.2", LINT_ERROR, cabf_encoding, false},
        {0},
};
