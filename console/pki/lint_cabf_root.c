#include "pki/algorithm.h"
#include "pki/extension.h"
#include "pki/lint_cabf.h"
#include "pki/name.h"

#include <string.h>

enum { DAY = 86400, SHORTEST_DAYS = 2922, LONGEST_DAYS = 9132 };

static bool same_bytes(const struct lint_certificate *c, struct message *why)
{
	return c->self_issued || lint_fault(why, N_("The issuer is not byte for byte the subject."));
}

static bool validity_length(const struct lint_certificate *c, struct message *why)
{
	/* BR 1.6.1, "validity period": both ends count; BR 6.3.2: a day is 86400 seconds, and what is over is one more
	 */
	int64_t seconds = c->not_after - c->not_before + 1;

	if (c->not_before < 0 || c->not_after < 0)
		return lint_fault(why, N_("The validity cannot be read."));
	if (seconds < (int64_t)SHORTEST_DAYS * DAY)
		return lint_fault(why, N_("The validity is shorter than %d days."), (int)SHORTEST_DAYS);
	return seconds <= (int64_t)LONGEST_DAYS * DAY ||
	       lint_fault(why, N_("The validity is longer than %d days."), (int)LONGEST_DAYS);
}

static bool authority_recommended(const struct lint_certificate *c, struct message *why)
{
	return lint_extension(c, NID_authority_key_identifier) ||
	       lint_fault(why, N_("authorityKeyIdentifier is recommended and is missing."));
}

static bool authority_content(const struct lint_certificate *c, struct message *why)
{
	const AUTHORITY_KEYID *a = c->authority;

	if (!lint_extension(c, NID_authority_key_identifier))
		return true;
	if (!a || !a->keyid)
		return lint_fault(why, N_("authorityKeyIdentifier has no keyIdentifier."));
	if (a->issuer || a->serial)
		return lint_fault(why, N_("authorityKeyIdentifier holds more than a keyIdentifier."));
	return (c->key_id && ASN1_OCTET_STRING_cmp(a->keyid, c->key_id) == 0) ||
	       lint_fault(why, N_("authorityKeyIdentifier differs from subjectKeyIdentifier."));
}

static bool path_length_absent(const struct lint_certificate *c, struct message *why)
{
	return !c->basic || !c->basic->pathlen ||
	       lint_fault(why, N_("A root with pathLenConstraint is not recommended."));
}

static bool purposes_absent(const struct lint_certificate *c, struct message *why)
{
	return !lint_extension(c, NID_ext_key_usage) || lint_fault(why, N_("extKeyUsage is present in a root."));
}

static bool policies_absent(const struct lint_certificate *c, struct message *why)
{
	return !lint_extension(c, NID_certificate_policies) ||
	       lint_fault(why, N_("A root with certificatePolicies is not recommended."));
}

/* Extensions that the table of BR 7.1.2.1.2 does not name. */
static X509_EXTENSION *other_extension(const struct lint_certificate *c, bool critical)
{
	static const int named[] = {NID_authority_key_identifier, NID_basic_constraints, NID_key_usage,
	        NID_subject_key_identifier, NID_ext_key_usage, NID_certificate_policies, NID_ct_precert_scts};

	for (int i = 0; i < X509_get_ext_count(c->x); i++) {
		X509_EXTENSION *extension = X509_get_ext(c->x, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
		bool other = !extension_is_rehearsal(extension);
		for (size_t k = 0; other && k < sizeof named / sizeof named[0]; k++)
			other = nid != named[k];
		if (other && X509_EXTENSION_get_critical(extension) == (critical ? 1 : 0))
			return extension;
	}
	return NULL;
}

static bool other_absent(const struct lint_certificate *c, struct message *why)
{
	X509_EXTENSION *extension = other_extension(c, false);
	struct bytes name = {0};

	if (!extension)
		return true;
	object_show(&name, X509_EXTENSION_get_object(extension));
	lint_fault(why, N_("A root with the extension %s is not recommended."), bytes_string(&name));
	bytes_free(&name);
	return false;
}

static bool other_critical_absent(const struct lint_certificate *c, struct message *why)
{
	X509_EXTENSION *extension = other_extension(c, true);
	struct bytes name = {0};

	if (!extension)
		return true;
	object_show(&name, X509_EXTENSION_get_object(extension));
	lint_fault(why, N_("The root has the critical extension %s, which its profile does not name."),
	        bytes_string(&name));
	bytes_free(&name);
	return false;
}

static bool signature_algorithm(const struct lint_certificate *c, struct message *why)
{
	const struct signature_algorithm *a =
	        signature_algorithm_of(c->parts.algorithm.whole, c->parts.algorithm.whole_len);
	const struct key_algorithm *k = c->key ? key_algorithm_of(c->key) : NULL;

	if (!a || !a->cabf_key)
		return lint_fault(
		        why, N_("The signature's algorithm identifier is none of those allowed, byte for byte."));
	if (strcmp(a->cabf_key, "rsa") == 0)
		return cabf_is_rsa(c) ||
		       lint_fault(why, N_("The signature algorithm %s does not go with the root's key."), a->name);
	return (k && strcmp(a->cabf_key, k->name) == 0) ||
	       lint_fault(why, N_("The signature algorithm %s does not go with the root's key."), a->name);
}

const struct lint_rule lint_cabf_root[] = {
        {"root_version_3", "BR 7.1.2.1", LINT_ERROR, cabf_version_3, false},
        {"root_serial_bounds", "BR 7.1.2.1", LINT_ERROR, cabf_serial_bounds, false},
        {"root_serial_size", "BR 7.1.2.1", LINT_WARNING, cabf_serial_size, false},
        {"root_issuer_is_subject", "BR 7.1.2.1", LINT_ERROR, same_bytes, false},
        {"root_algorithm_identical", "BR 7.1.2.1", LINT_ERROR, cabf_algorithm_identical, false},
        {"root_unique_ids_absent", "BR 7.1.2.1", LINT_ERROR, cabf_unique_ids_absent, false},
        {"root_validity_length", "BR 7.1.2.1.1", LINT_ERROR, validity_length, false},
        {"root_not_before", "BR 7.1.2.1.1", LINT_ERROR, cabf_not_before, true},
        {"root_authority_recommended", "BR 7.1.2.1.2", LINT_WARNING, authority_recommended, false},
        {"root_authority_not_critical", "BR 7.1.2.1.2", LINT_ERROR, cabf_authority_not_critical, false},
        {"root_authority_content", "BR 7.1.2.1.3", LINT_ERROR, authority_content, false},
        {"root_basic_constraints_critical", "BR 7.1.2.1.2", LINT_ERROR, cabf_basic_constraints, false},
        {"root_basic_constraints_ca", "BR 7.1.2.1.4", LINT_ERROR, cabf_basic_constraints_ca, false},
        {"root_path_length_absent", "BR 7.1.2.1.4", LINT_WARNING, path_length_absent, false},
        {"root_key_usage_critical", "BR 7.1.2.1.2", LINT_ERROR, cabf_key_usage, false},
        {"root_key_usage_required", "BR 7.1.2.10.7", LINT_ERROR, cabf_key_usage_required, false},
        {"root_key_usage_permitted", "BR 7.1.2.10.7", LINT_ERROR, cabf_key_usage_permitted, false},
        {"root_subject_key_identifier_present", "BR 7.1.2.1.2", LINT_ERROR, cabf_key_id_present, false},
        {"root_subject_key_identifier_not_critical", "BR 7.1.2.1.2", LINT_ERROR, cabf_key_id_not_critical, false},
        {"root_extended_key_usage_absent", "BR 7.1.2.1.2", LINT_ERROR, purposes_absent, false},
        {"root_policies_absent", "BR 7.1.2.1.2", LINT_WARNING, policies_absent, false},
        {"root_policies_not_critical", "BR 7.1.2.1.2", LINT_ERROR, cabf_policies_not_critical, false},
        {"root_other_extension", "BR 7.1.2.1.2", LINT_WARNING, other_absent, false},
        {"root_other_critical_extension", "BR 7.1.2.11.5", LINT_ERROR, other_critical_absent, false},
        {"root_rehearsal_extension", "BR 7.1.2.11.5", LINT_ERROR, cabf_rehearsal_absent, false},
        {"root_key_size", "BR 6.1.5", LINT_ERROR, cabf_key_size, false},
        {"root_rsa_exponent", "BR 6.1.6", LINT_ERROR, cabf_rsa_exponent, false},
        {"root_rsa_exponent_range", "BR 6.1.6", LINT_WARNING, cabf_rsa_exponent_range, false},
        {"root_rsa_modulus", "BR 6.1.6", LINT_WARNING, cabf_rsa_modulus, false},
        {"root_key_identifier", "BR 7.1.3.1", LINT_ERROR, cabf_key_identifier, false},
        {"root_signature_algorithm", "BR 7.1.3.2", LINT_ERROR, signature_algorithm, false},
        {0},
};
