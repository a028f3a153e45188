/* The Baseline Requirements for CAs that others issue: what they have in common, and TLS CAs (7.1.2.6). */
#include "pki/algorithm.h"
#include "pki/lint_cabf.h"
#include "pki/name.h"

#include <string.h>

static bool issuer_bytes(const struct lint_certificate *c, struct message *why)
{
	return !c->issuer || lint_same_name(X509_get_issuer_name(c->x), X509_get_subject_name(c->issuer)) ||
	       lint_fault(why, N_("The issuer is not byte for byte the subject of the issuer's certificate."));
}

static bool not_self_signed(const struct lint_certificate *c, struct message *why)
{
	return !c->self_signed || lint_fault(why, N_("The certificate is self-signed: it is a root's."));
}

bool cabf_authority(const struct lint_certificate *c, struct message *why)
{
	const AUTHORITY_KEYID *a = c->authority;
	const ASN1_OCTET_STRING *wanted = c->issuer ? X509_get0_subject_key_id(c->issuer) : NULL;

	if (!a || !a->keyid)
		return lint_fault(why, N_("authorityKeyIdentifier has no keyIdentifier."));
	if (a->issuer || a->serial)
		return lint_fault(why, N_("authorityKeyIdentifier holds more than a keyIdentifier."));
	return !c->issuer || (wanted && ASN1_OCTET_STRING_cmp(a->keyid, wanted) == 0) ||
	       lint_fault(why, N_("authorityKeyIdentifier differs from the issuer's subjectKeyIdentifier."));
}

bool cabf_issuer_signature(const struct lint_certificate *c, struct message *why)
{
	const struct signature_algorithm *a =
	        signature_algorithm_of(c->parts.algorithm.whole, c->parts.algorithm.whole_len);
	const EVP_PKEY *key = c->issuer ? X509_get0_pubkey(c->issuer) : NULL;
	const struct key_algorithm *k = key ? key_algorithm_of(key) : NULL;

	if (!a || !a->cabf_key)
		return lint_fault(
		        why, N_("The signature's algorithm identifier is none of those allowed, byte for byte."));
	if (!key)
		return true;
	if (strcmp(a->cabf_key, "rsa") == 0 ? EVP_PKEY_is_a(key, "RSA") : k && strcmp(a->cabf_key, k->name) == 0)
		return true;
	return lint_fault(why, N_("The signature algorithm %s does not go with the issuer's key."), a->name);
}

static bool is_http(const GENERAL_NAME *name)
{
	const ASN1_IA5STRING *uri = name->type == GEN_URI ? name->d.uniformResourceIdentifier : NULL;

	return uri && ASN1_STRING_length(uri) > 7 &&
	       strncasecmp((const char *)ASN1_STRING_get0_data(uri), "http://", 7) == 0;
}

static bool is_url(const ASN1_IA5STRING *text)
{
	const char *data = (const char *)ASN1_STRING_get0_data(text);
	int len = ASN1_STRING_length(text);

	return (len > 7 && strncasecmp(data, "http://", 7) == 0) || (len > 8 && strncasecmp(data, "https://", 8) == 0);
}

static bool points_present(const struct lint_certificate *c, struct message *why)
{
	return lint_extension(c, NID_crl_distribution_points) ||
	       lint_fault(why, N_("cRLDistributionPoints is missing."));
}

static bool points_content(const struct lint_certificate *c, struct message *why)
{
	CRL_DIST_POINTS *points = lint_decode(c, NID_crl_distribution_points);
	bool holds = true;

	for (int i = 0; points && i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);
		const GENERAL_NAMES *names =
		        p->distpoint && p->distpoint->type == 0 ? p->distpoint->name.fullname : NULL;
		if (p->reasons || p->CRLissuer || !names || sk_GENERAL_NAME_num(names) < 1)
			holds = false;
		for (int k = 0; names && k < sk_GENERAL_NAME_num(names); k++)
			holds = holds && is_http(sk_GENERAL_NAME_value(names, k));
	}
	CRL_DIST_POINTS_free(points);
	return holds ||
	       lint_fault(
	               why, N_("A distribution point is not a full name of http URLs, or has reasons or a cRLIssuer."));
}

static bool points_not_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_critical(c, NID_crl_distribution_points) ||
	       lint_fault(why, N_("cRLDistributionPoints is critical."));
}

static bool access_recommended(const struct lint_certificate *c, struct message *why)
{
	return lint_extension(c, NID_info_access) ||
	       lint_fault(why, N_("authorityInformationAccess is recommended and is missing."));
}

static bool access_content(const struct lint_certificate *c, struct message *why)
{
	AUTHORITY_INFO_ACCESS *access = lint_decode(c, NID_info_access);
	bool holds = true;

	for (int i = 0; access && i < sk_ACCESS_DESCRIPTION_num(access); i++) {
		const ACCESS_DESCRIPTION *d = sk_ACCESS_DESCRIPTION_value(access, i);
		int nid = OBJ_obj2nid(d->method);
		holds = holds && (nid == NID_ad_OCSP || nid == NID_ad_ca_issuers) && is_http(d->location);
	}
	AUTHORITY_INFO_ACCESS_free(access);
	return holds ||
	       lint_fault(why,
	               N_("authorityInformationAccess holds something other than http URLs of OCSP and of issuers' "
	                  "certificates."));
}

bool cabf_policies_present(const struct lint_certificate *c, struct message *why)
{
	return lint_extension(c, NID_certificate_policies) || lint_fault(why, N_("certificatePolicies is missing."));
}

bool cabf_reserved_policy(const ASN1_OBJECT *policy)
{
	/* BR 7.1.6.1: domain, organization, individual and extended validation */
	static const char *const reserved[] = {"2.23.140.1.2.1", "2.23.140.1.2.2", "2.23.140.1.2.3", "2.23.140.1.1"};
	char oid[128];

	if (OBJ_obj2txt(oid, sizeof oid, policy, 1) <= 0)
		return false;
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		if (strcmp(oid, reserved[i]) == 0)
			return true;
	return false;
}

struct policies {
	int count, any, reserved;
};

static struct policies policies_of(const struct lint_certificate *c)
{
	CERTIFICATEPOLICIES *policies = lint_decode(c, NID_certificate_policies);
	struct policies p = {.count = policies ? sk_POLICYINFO_num(policies) : 0};

	for (int i = 0; i < p.count; i++) {
		const POLICYINFO *one = sk_POLICYINFO_value(policies, i);
		p.any += OBJ_obj2nid(one->policyid) == NID_any_policy;
		p.reserved += cabf_reserved_policy(one->policyid);
	}
	CERTIFICATEPOLICIES_free(policies);
	return p;
}

/* Either anyPolicy alone, or at least one reserved policy and no anyPolicy. */
bool cabf_policies_content(const struct lint_certificate *c, struct message *why)
{
	struct policies p = policies_of(c);

	return p.count == 0 || (p.any && p.count == 1) || (!p.any && p.reserved) ||
	       lint_fault(why,
	               N_("certificatePolicies holds neither anyPolicy alone nor a reserved policy of BR 7.1.6.1."));
}

bool cabf_policies_one(const struct lint_certificate *c, struct message *why)
{
	return policies_of(c).reserved <= 1 ||
	       lint_fault(why, N_("certificatePolicies holds more than one reserved policy of BR 7.1.6.1."));
}

static bool qualifiers(const struct lint_certificate *c, struct message *why)
{
	CERTIFICATEPOLICIES *policies = lint_decode(c, NID_certificate_policies);
	bool holds = true;

	for (int i = 0; policies && i < sk_POLICYINFO_num(policies); i++) {
		const POLICYINFO *p = sk_POLICYINFO_value(policies, i);
		for (int k = 0; k < sk_POLICYQUALINFO_num(p->qualifiers); k++) {
			const POLICYQUALINFO *q = sk_POLICYQUALINFO_value(p->qualifiers, k);
			holds = holds && OBJ_obj2nid(q->pqualid) == NID_id_qt_cps && is_url(q->d.cpsuri);
		}
	}
	CERTIFICATEPOLICIES_free(policies);
	return holds ||
	       lint_fault(why, N_("certificatePolicies has a qualifier other than a CPS at an http or https URL."));
}

static bool qualifiers_absent(const struct lint_certificate *c, struct message *why)
{
	CERTIFICATEPOLICIES *policies = lint_decode(c, NID_certificate_policies);
	bool any = false;

	for (int i = 0; policies && i < sk_POLICYINFO_num(policies); i++)
		any = any || sk_POLICYQUALINFO_num(sk_POLICYINFO_value(policies, i)->qualifiers) > 0;
	CERTIFICATEPOLICIES_free(policies);
	return !any || lint_fault(why, N_("Policy qualifiers are not recommended."));
}

static bool others_absent(const struct lint_certificate *c, struct message *why)
{
	static const int named[] = {NID_authority_key_identifier, NID_basic_constraints, NID_certificate_policies,
	        NID_crl_distribution_points, NID_key_usage, NID_subject_key_identifier, NID_ext_key_usage,
	        NID_info_access, NID_name_constraints, NID_ct_precert_scts, NID_undef};
	X509_EXTENSION *other = lint_other(c, named);

	return !other || lint_fault_object(why, N_("A CA certificate with the extension %s is not recommended."),
	                         X509_EXTENSION_get_object(other));
}

static bool purposes_not_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_critical(c, NID_ext_key_usage) || lint_fault(why, N_("extKeyUsage is critical."));
}

bool cabf_purposes_only(const struct lint_certificate *c, const char *const *forbidden, struct message *why)
{
	for (; *forbidden; forbidden++)
		if (lint_purpose(c, *forbidden))
			return lint_fault(why, N_("extKeyUsage holds the purpose %s, which it must not."), *forbidden);
	return true;
}

bool cabf_tls_purposes(const struct lint_certificate *c, struct message *why)
{
	/* emailProtection, codeSigning, timeStamping, OCSPSigning, any, precertificate signing */
	static const char *const forbidden[] = {"1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8",
	        "1.3.6.1.5.5.7.3.9", "2.5.29.37.0", "1.3.6.1.4.1.11129.2.4.4", NULL};

	if (!lint_purpose(c, PURPOSE_SERVER))
		return lint_fault(why, N_("extKeyUsage is missing or lacks serverAuth."));
	return cabf_purposes_only(c, forbidden, why);
}

bool cabf_tls_other_purposes(const struct lint_certificate *c, struct message *why)
{
	int known = lint_purpose(c, PURPOSE_SERVER) + lint_purpose(c, PURPOSE_CLIENT);

	return !lint_purpose(c, PURPOSE_SERVER) || lint_purposes(c) <= known ||
	       lint_fault(why, N_("Purposes of a TLS CA beside serverAuth and clientAuth are not recommended."));
}

const struct lint_rule lint_cabf_ca[] = {
        {"ca_version_3", "BR 7.1.2.10", LINT_ERROR, cabf_version_3, false},
        {"ca_serial_bounds", "BR 7.1.2.10", LINT_ERROR, cabf_serial_bounds, false},
        {"ca_serial_size", "BR 7.1.2.10", LINT_WARNING, cabf_serial_size, false},
        {"ca_issuer", "BR 7.1.4.1", LINT_ERROR, issuer_bytes, false},
        {"ca_not_self_signed", "BR 7.1.2.10", LINT_ERROR, not_self_signed, false},
        {"ca_algorithm_identical", "BR 7.1.2.10", LINT_ERROR, cabf_algorithm_identical, false},
        {"ca_unique_ids_absent", "BR 7.1.2.10", LINT_ERROR, cabf_unique_ids_absent, false},
        {"ca_authority_content", "BR 7.1.2.11.1", LINT_ERROR, cabf_authority, false},
        {"ca_authority_not_critical", "BR 7.1.2.11.1", LINT_ERROR, cabf_authority_not_critical, false},
        {"ca_basic_constraints_critical", "BR 7.1.2.10.4", LINT_ERROR, cabf_basic_constraints, false},
        {"ca_basic_constraints_ca", "BR 7.1.2.10.4", LINT_ERROR, cabf_basic_constraints_ca, false},
        {"ca_key_usage_critical", "BR 7.1.2.10.7", LINT_ERROR, cabf_key_usage, false},
        {"ca_key_usage_required", "BR 7.1.2.10.7", LINT_ERROR, cabf_key_usage_required, false},
        {"ca_key_usage_permitted", "BR 7.1.2.10.7", LINT_ERROR, cabf_key_usage_permitted, false},
        {"ca_subject_key_identifier_present", "BR 7.1.2.11.4", LINT_ERROR, cabf_key_id_present, false},
        {"ca_subject_key_identifier_not_critical", "BR 7.1.2.11.4", LINT_ERROR, cabf_key_id_not_critical, false},
        {"ca_crl_points_present", "BR 7.1.2.11.2", LINT_ERROR, points_present, false},
        {"ca_crl_points_content", "BR 7.1.2.11.2", LINT_ERROR, points_content, false},
        {"ca_crl_points_not_critical", "BR 7.1.2.11.2", LINT_ERROR, points_not_critical, false},
        {"ca_info_access_recommended", "BR 7.1.2.10.3", LINT_WARNING, access_recommended, false},
        {"ca_info_access_content", "BR 7.1.2.10.3", LINT_ERROR, access_content, false},
        {"ca_policies_not_critical", "BR 7.1.2.10.5", LINT_ERROR, cabf_policies_not_critical, false},
        {"ca_policy_qualifiers", "BR 7.1.2.10.5", LINT_ERROR, qualifiers, false},
        {"ca_policy_qualifiers_absent", "BR 7.1.2.10.5", LINT_WARNING, qualifiers_absent, false},
        {"ca_purposes_not_critical", "BR 7.1.2.10.6", LINT_ERROR, purposes_not_critical, false},
        {"ca_other_extension", "BR 7.1.2.11.5", LINT_WARNING, others_absent, false},
        {"ca_rehearsal_extension", "BR 7.1.2.11.5", LINT_ERROR, cabf_rehearsal_absent, false},
        {"ca_key_size", "BR 6.1.5", LINT_ERROR, cabf_key_size, false},
        {"ca_rsa_exponent", "BR 6.1.6", LINT_ERROR, cabf_rsa_exponent, false},
        {"ca_rsa_exponent_range", "BR 6.1.6", LINT_WARNING, cabf_rsa_exponent_range, false},
        {"ca_rsa_modulus", "BR 6.1.6", LINT_WARNING, cabf_rsa_modulus, false},
        {"ca_key_identifier", "BR 7.1.3.1", LINT_ERROR, cabf_key_identifier, false},
        {"ca_signature_algorithm", "BR 7.1.3.2", LINT_ERROR, cabf_issuer_signature, false},
        {0},
};

const struct lint_rule lint_cabf_ca_names[] = {
        {"ca_not_before", "BR 7.1.2.10.1", LINT_ERROR, cabf_not_before, true},
        {"ca_not_after", "BR 7.1.2.10.1", LINT_ERROR, cabf_not_after, true},
        {"ca_subject_country", "BR 7.1.2.10.2", LINT_ERROR, cabf_country_present, false},
        {"ca_subject_country_code", "BR 7.1.2.10.2", LINT_ERROR, cabf_country_code, false},
        {"ca_subject_organization", "BR 7.1.2.10.2", LINT_ERROR, cabf_organization_present, false},
        {"ca_subject_common_name", "BR 7.1.2.10.2", LINT_ERROR, cabf_common_name_present, false},
        {"ca_subject_others", "BR 7.1.2.10.2", LINT_WARNING, cabf_others_absent, false},
        {"ca_subject_one_an_rdn", "BR 7.1.4.1", LINT_ERROR, cabf_one_an_rdn, false},
        {"ca_subject_once", "BR 7.1.4.1", LINT_ERROR, cabf_once, false},
        {"ca_subject_order", "BR 7.1.4.2", LINT_ERROR, cabf_in_order, false},
        {"ca_subject_encoding", "BR 7.1.4.2", LINT_ERROR, cabf_encoding, false},
        {0},
};

const struct lint_rule lint_cabf_tls_ca[] = {
        {"sub_ca_policies_present", "BR 7.1.2.6.1", LINT_ERROR, cabf_policies_present, false},
        {"sub_ca_policies_content", "BR 7.1.2.10.5", LINT_ERROR, cabf_policies_content, false},
        {"sub_ca_policies_one", "BR 7.1.2.10.5", LINT_ERROR, cabf_policies_one, false},
        {"sub_ca_purposes", "BR 7.1.2.10.6", LINT_ERROR, cabf_tls_purposes, false},
        {"sub_ca_other_purposes", "BR 7.1.2.10.6", LINT_WARNING, cabf_tls_other_purposes, false},
        {"sub_ca_subject_unit_absent", "BR 7.1.2.10.2", LINT_ERROR, cabf_unit_absent, false},
        {0},
};
