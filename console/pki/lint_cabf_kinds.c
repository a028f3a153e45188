/* The Baseline Requirements for cross-certified CAs (7.1.2.2), technically constrained CAs (7.1.2.3 and 7.1.2.5) and
 * OCSP responders (7.1.2.8). */
#include "pki/lint_cabf.h"

#include <string.h>

static bool cross_subject(const struct lint_certificate *c, struct message *why)
{
	return !c->existing || lint_same_name(X509_get_subject_name(c->x), X509_get_subject_name(c->existing)) ||
	       lint_fault(why, N_("The subject is not byte for byte that of the certificate there is."));
}

static bool cross_key(const struct lint_certificate *c, struct message *why)
{
	unsigned char *a = NULL, *b = NULL;
	int na, nb;
	bool holds;

	if (!c->existing)
		return true;
	na = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x), &a);
	nb = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->existing), &b);
	holds = na > 0 && na == nb && memcmp(a, b, (size_t)na) == 0;
	OPENSSL_free(a);
	OPENSSL_free(b);
	return holds || lint_fault(why, N_("The public key is not byte for byte that of the certificate there is."));
}

static bool cross_key_id(const struct lint_certificate *c, struct message *why)
{
	const ASN1_OCTET_STRING *there = c->existing ? X509_get0_subject_key_id(c->existing) : NULL;

	return !there || (c->key_id && ASN1_OCTET_STRING_cmp(c->key_id, there) == 0) ||
	       lint_fault(why, N_("subjectKeyIdentifier differs from that of the certificate there is."));
}

/* BR 7.1.2.2.1: one day before signing, or the existing certificate's notBefore if that is earlier. */
static bool cross_not_before(const struct lint_certificate *c, struct message *why)
{
	struct tm tm;
	int64_t earlier = -1;

	if (c->existing && ASN1_TIME_to_tm(X509_get0_notBefore(c->existing), &tm) == 1)
		earlier = (int64_t)timegm(&tm);
	if (earlier >= 0 && c->not_before >= earlier && c->not_before <= c->context->now)
		return true;
	return cabf_not_before(c, why);
}

static bool cross_purposes(const struct lint_certificate *c, struct message *why)
{
	/* beside serverAuth: emailProtection, codeSigning, timeStamping, any; without: any */
	static const char *const beside[] = {
	        "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8", "2.5.29.37.0", NULL};
	static const char *const forbidden[] = {"2.5.29.37.0", NULL};

	if (lint_purpose(c, PURPOSE_SERVER))
		return cabf_purposes_only(c, beside, why);
	/* 7.1.2.2.4: anyExtendedKeyUsage stands alone */
	return lint_purposes(c) == 1 || cabf_purposes_only(c, forbidden, why);
}

static bool cross_purposes_recommended(const struct lint_certificate *c, struct message *why)
{
	return lint_extension(c, NID_ext_key_usage) ||
	       lint_fault(why, N_("extKeyUsage is recommended in a cross-certificate and is missing."));
}

const struct lint_rule lint_cabf_cross[] = {
        {"cross_subject", "BR 7.1.2.2.2", LINT_ERROR, cross_subject, false},
        {"cross_key", "BR 7.1.2.2", LINT_ERROR, cross_key, false},
        {"cross_key_identifier", "BR 7.1.2.11.4", LINT_ERROR, cross_key_id, false},
        {"cross_not_before", "BR 7.1.2.2.1", LINT_ERROR, cross_not_before, true},
        {"cross_not_after", "BR 7.1.2.2.1", LINT_ERROR, cabf_not_after, true},
        {"cross_purposes", "BR 7.1.2.2.5", LINT_ERROR, cross_purposes, false},
        {"cross_other_purposes", "BR 7.1.2.2.5", LINT_WARNING, cabf_tls_other_purposes, false},
        {"cross_purposes_recommended", "BR 7.1.2.2.3", LINT_WARNING, cross_purposes_recommended, false},
        {"cross_policies_present", "BR 7.1.2.2.3", LINT_ERROR, cabf_policies_present, false},
        {"cross_policies_content", "BR 7.1.2.2.6", LINT_ERROR, cabf_policies_content, false},
        {0},
};

static bool is_tls(const struct lint_certificate *c)
{
	return lint_purpose(c, PURPOSE_SERVER);
}

static bool purposes_present(const struct lint_certificate *c, struct message *why)
{
	return lint_extension(c, NID_ext_key_usage) ||
	       lint_fault(why, N_("extKeyUsage is missing, so nothing constrains the CA."));
}

static bool tls_purposes(const struct lint_certificate *c, struct message *why)
{
	return !is_tls(c) || cabf_tls_purposes(c, why);
}

static bool other_purposes(const struct lint_certificate *c, struct message *why)
{
	/* any, OCSPSigning, precertificate signing */
	static const char *const forbidden[] = {"2.5.29.37.0", "1.3.6.1.5.5.7.3.9", "1.3.6.1.4.1.11129.2.4.4", NULL};

	return is_tls(c) || cabf_purposes_only(c, forbidden, why);
}

static bool tls_policies_present(const struct lint_certificate *c, struct message *why)
{
	return !is_tls(c) || cabf_policies_present(c, why);
}

static bool tls_policies_one(const struct lint_certificate *c, struct message *why)
{
	return !is_tls(c) || cabf_policies_one(c, why);
}

static bool tls_policies_content(const struct lint_certificate *c, struct message *why)
{
	return !is_tls(c) || cabf_policies_content(c, why);
}

static bool reserved_absent(const struct lint_certificate *c, struct message *why)
{
	CERTIFICATEPOLICIES *policies = is_tls(c) ? NULL : lint_decode(c, NID_certificate_policies);
	int count = policies ? sk_POLICYINFO_num(policies) : 0;
	bool any = false, reserved = false;

	for (int i = 0; i < count; i++) {
		const ASN1_OBJECT *policy = sk_POLICYINFO_value(policies, i)->policyid;
		any = any || OBJ_obj2nid(policy) == NID_any_policy;
		reserved = reserved || cabf_reserved_policy(policy);
	}
	CERTIFICATEPOLICIES_free(policies);
	if (any && count > 1)
		return lint_fault(why, N_("certificatePolicies holds anyPolicy, and not alone."));
	return !reserved ||
	       lint_fault(why, N_("A CA that does not issue for TLS has a policy that is reserved for TLS."));
}

/* Which kinds of names a list of subtrees holds; a DNS name of no characters and an address of all zeros mean every
 * one. */
struct held {
	bool dns, v4, v6, directory, all_dns, all_v4, all_v6, other;
};

static struct held held_by(const STACK_OF(GENERAL_SUBTREE) * trees)
{
	struct held h = {0};

	for (int i = 0; trees && i < sk_GENERAL_SUBTREE_num(trees); i++) {
		const GENERAL_NAME *name = sk_GENERAL_SUBTREE_value(trees, i)->base;
		if (name->type == GEN_DNS) {
			h.dns = true;
			h.all_dns = h.all_dns || ASN1_STRING_length(name->d.dNSName) == 0;
		} else if (name->type == GEN_IPADD) {
			const unsigned char *data = ASN1_STRING_get0_data(name->d.iPAddress);
			int len = ASN1_STRING_length(name->d.iPAddress);
			bool zero = true;
			for (int k = 0; k < len; k++)
				zero = zero && data[k] == 0;
			h.v4 = h.v4 || len == 8;
			h.v6 = h.v6 || len == 32;
			h.all_v4 = h.all_v4 || (len == 8 && zero);
			h.all_v6 = h.all_v6 || (len == 32 && zero);
		} else if (name->type == GEN_DIRNAME) {
			h.directory = true;
		} else if (name->type != GEN_OTHERNAME) {
			h.other = true;
		}
	}
	return h;
}

static bool names_constrained(const struct lint_certificate *c, struct message *why)
{
	NAME_CONSTRAINTS *names;
	struct held in, out;
	bool holds;

	if (!is_tls(c))
		return true;
	names = lint_decode(c, NID_name_constraints);
	if (!names)
		return lint_fault(why, N_("nameConstraints is missing, so nothing constrains the CA's names."));
	in = held_by(names->permittedSubtrees);
	out = held_by(names->excludedSubtrees);
	holds = (in.dns || out.all_dns) && (in.v4 || out.all_v4) && (in.v6 || out.all_v6) && in.directory;
	NAME_CONSTRAINTS_free(names);
	return holds ||
	       lint_fault(why, N_("nameConstraints leaves DNS names, IPv4, IPv6 or directory names open: each is "
	                          "permitted in part, or excluded as a whole."));
}

static bool names_of_other_types(const struct lint_certificate *c, struct message *why)
{
	NAME_CONSTRAINTS *names = is_tls(c) ? lint_decode(c, NID_name_constraints) : NULL;
	bool other = names && (held_by(names->permittedSubtrees).other || held_by(names->excludedSubtrees).other);

	NAME_CONSTRAINTS_free(names);
	return !other ||
	       lint_fault(why,
	               N_("nameConstraints holds names that are not of DNS, addresses, directories or otherName."));
}

static bool names_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_extension(c, NID_name_constraints) || lint_critical(c, NID_name_constraints) ||
	       lint_fault(why, N_("nameConstraints should be critical."));
}

static bool tls_unit_absent(const struct lint_certificate *c, struct message *why)
{
	return !is_tls(c) || cabf_unit_absent(c, why);
}

const struct lint_rule lint_cabf_constrained[] = {
        {"constrained_purposes_present", "BR 7.1.2.3.1", LINT_ERROR, purposes_present, false},
        {"constrained_purposes", "BR 7.1.2.3.3", LINT_ERROR, other_purposes, false},
        {"constrained_tls_purposes", "BR 7.1.2.10.6", LINT_ERROR, tls_purposes, false},
        {"constrained_tls_other_purposes", "BR 7.1.2.10.6", LINT_WARNING, cabf_tls_other_purposes, false},
        {"constrained_tls_policies_present", "BR 7.1.2.5.1", LINT_ERROR, tls_policies_present, false},
        {"constrained_tls_policies_content", "BR 7.1.2.10.5", LINT_ERROR, tls_policies_content, false},
        {"constrained_tls_policies_one", "BR 7.1.2.10.5", LINT_ERROR, tls_policies_one, false},
        {"constrained_policies", "BR 7.1.2.3.2", LINT_ERROR, reserved_absent, false},
        {"constrained_tls_names", "BR 7.1.2.5.2", LINT_ERROR, names_constrained, false},
        {"constrained_tls_name_types", "BR 7.1.2.5.2", LINT_ERROR, names_of_other_types, false},
        {"constrained_names_critical", "BR 7.1.2.10.8", LINT_WARNING, names_critical, false},
        {"constrained_tls_unit_absent", "BR 7.1.2.10.2", LINT_ERROR, tls_unit_absent, false},
        {0},
};

static bool not_ca(const struct lint_certificate *c, struct message *why)
{
	return !c->ca || lint_fault(why, N_("The certificate is a CA's."));
}

static bool only_ocsp(const struct lint_certificate *c, struct message *why)
{
	return (lint_purposes(c) == 1 && lint_purpose(c, "1.3.6.1.5.5.7.3.9")) ||
	       lint_fault(why, N_("extKeyUsage is not OCSPSigning alone."));
}

static bool no_check_present(const struct lint_certificate *c, struct message *why)
{
	return lint_extension(c, NID_id_pkix_OCSP_noCheck) || lint_fault(why, N_("id-pkix-ocsp-nocheck is missing."));
}

static bool policies_absent(const struct lint_certificate *c, struct message *why)
{
	return !lint_extension(c, NID_certificate_policies) ||
	       lint_fault(why, N_("An OCSP responder's certificate should not have certificatePolicies."));
}

static bool no_check_not_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_critical(c, NID_id_pkix_OCSP_noCheck) || lint_fault(why, N_("id-pkix-ocsp-nocheck is critical."));
}

static bool usage_only_signs(const struct lint_certificate *c, struct message *why)
{
	bool only = lint_usage(c, USAGE_DIGITAL_SIGNATURE);

	for (int i = 1; only && i < USAGE_BITS; i++)
		only = !lint_usage(c, i);
	return only || lint_fault(why, N_("keyUsage is not digitalSignature alone."));
}

static bool forbidden_absent(const struct lint_certificate *c, struct message *why)
{
	static const int forbidden[] = {NID_name_constraints, NID_subject_alt_name, NID_crl_distribution_points};

	for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
		if (lint_extension(c, forbidden[i]))
			return lint_fault_object(why,
			        N_("An OCSP responder's certificate must not have the extension %s."),
			        OBJ_nid2obj(forbidden[i]));
	return true;
}

static bool others_absent(const struct lint_certificate *c, struct message *why)
{
	static const int named[] = {NID_authority_key_identifier, NID_ext_key_usage, NID_id_pkix_OCSP_noCheck,
	        NID_key_usage, NID_basic_constraints, NID_subject_key_identifier, NID_name_constraints,
	        NID_subject_alt_name, NID_certificate_policies, NID_crl_distribution_points, NID_ct_precert_scts,
	        NID_undef};
	X509_EXTENSION *other = lint_other(c, named);

	return !other ||
	       lint_fault_object(why, N_("An OCSP responder's certificate with the extension %s is not recommended."),
	               X509_EXTENSION_get_object(other));
}

static bool key_id_recommended(const struct lint_certificate *c, struct message *why)
{
	return lint_extension(c, NID_subject_key_identifier) ||
	       lint_fault(why, N_("subjectKeyIdentifier is recommended and is missing."));
}

const struct lint_rule lint_cabf_ocsp[] = {
        {"ocsp_version_3", "BR 7.1.2.8", LINT_ERROR, cabf_version_3, false},
        {"ocsp_serial_bounds", "BR 7.1.2.8", LINT_ERROR, cabf_serial_bounds, false},
        {"ocsp_serial_size", "BR 7.1.2.8", LINT_WARNING, cabf_serial_size, false},
        {"ocsp_algorithm_identical", "BR 7.1.2.8", LINT_ERROR, cabf_algorithm_identical, false},
        {"ocsp_unique_ids_absent", "BR 7.1.2.8", LINT_ERROR, cabf_unique_ids_absent, false},
        {"ocsp_not_before", "BR 7.1.2.8.1", LINT_ERROR, cabf_not_before, true},
        {"ocsp_not_after", "BR 7.1.2.8.1", LINT_ERROR, cabf_not_after, true},
        {"ocsp_authority_content", "BR 7.1.2.11.1", LINT_ERROR, cabf_authority, false},
        {"ocsp_authority_not_critical", "BR 7.1.2.8.2", LINT_ERROR, cabf_authority_not_critical, false},
        {"ocsp_not_ca", "BR 7.1.2.8.4", LINT_ERROR, not_ca, false},
        {"ocsp_purpose", "BR 7.1.2.8.5", LINT_ERROR, only_ocsp, false},
        {"ocsp_no_check", "BR 7.1.2.8.6", LINT_ERROR, no_check_present, false},
        {"ocsp_no_check_null", "BR 7.1.2.8.6", LINT_ERROR, lint_no_check_null, false},
        {"ocsp_no_check_not_critical", "BR 7.1.2.8.2", LINT_ERROR, no_check_not_critical, false},
        {"ocsp_key_usage_critical", "BR 7.1.2.8.2", LINT_ERROR, cabf_key_usage, false},
        {"ocsp_key_usage", "BR 7.1.2.8.7", LINT_ERROR, usage_only_signs, false},
        {"ocsp_subject_key_identifier_recommended", "BR 7.1.2.8.2", LINT_WARNING, key_id_recommended, false},
        {"ocsp_forbidden_extension", "BR 7.1.2.8.2", LINT_ERROR, forbidden_absent, false},
        {"ocsp_policies_absent", "BR 7.1.2.8.2", LINT_WARNING, policies_absent, false},
        {"ocsp_other_extension", "BR 7.1.2.8.2", LINT_WARNING, others_absent, false},
        {"ocsp_rehearsal_extension", "BR 7.1.2.11.5", LINT_ERROR, cabf_rehearsal_absent, false},
        {"ocsp_subject_country", "BR 7.1.2.10.2", LINT_ERROR, cabf_country_present, false},
        {"ocsp_subject_organization", "BR 7.1.2.10.2", LINT_ERROR, cabf_organization_present, false},
        {"ocsp_subject_common_name", "BR 7.1.2.10.2", LINT_ERROR, cabf_common_name_present, false},
        {"ocsp_key_size", "BR 6.1.5", LINT_ERROR, cabf_key_size, false},
        {"ocsp_key_identifier", "BR 7.1.3.1", LINT_ERROR, cabf_key_identifier, false},
        {"ocsp_signature_algorithm", "BR 7.1.3.2", LINT_ERROR, cabf_issuer_signature, false},
        {0},
};
