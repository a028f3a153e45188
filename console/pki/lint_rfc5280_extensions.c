#include "pki/extension.h"
#include "pki/lint_rules.h"
#include "pki/name.h"

#include <openssl/err.h>
#include <string.h>

static bool fault_about(struct message *why, const char *id, const ASN1_OBJECT *object)
        __attribute__((format(printf, 2, 0)));
static bool fault_about(struct message *why, const char *id, const ASN1_OBJECT *object)
{
	struct bytes name = {0};

	object_show(&name, object);
	lint_fault(why, id, bytes_string(&name));
	bytes_free(&name);
	return false;
}

static bool decodes_whole(X509_EXTENSION *extension)
{
	int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
	const X509V3_EXT_METHOD *method = X509V3_EXT_get_nid(nid);
	const ASN1_OCTET_STRING *bytes = X509_EXTENSION_get_data(extension);
	X509_EXTENSION *again = NULL;
	void *value;
	bool whole;

	if (!method)
		return true;
	value = X509V3_EXT_d2i(extension);
	again = value ? X509V3_EXT_i2d(nid, 0, value) : NULL;
	whole = again && ASN1_STRING_cmp(X509_EXTENSION_get_data(again), bytes) == 0 &&
	        der_valid(ASN1_STRING_get0_data(bytes), (size_t)ASN1_STRING_length(bytes));
	if (value && method->it)
		ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
	else if (value)
		method->ext_free(value);
	X509_EXTENSION_free(again);
	ERR_clear_error();
	return whole;
}

static bool extension_decodes(const struct lint_certificate *c, struct message *why)
{
	for (int i = 0; i < X509_get_ext_count(c->x); i++) {
		X509_EXTENSION *extension = X509_get_ext(c->x, i);
		if (!decodes_whole(extension))
			return fault_about(why, N_("The value of extension %s does not decode, or not as DER."),
			        X509_EXTENSION_get_object(extension));
	}
	return true;
}

static bool critical_known(const struct lint_certificate *c, struct message *why)
{
	for (int i = 0; i < X509_get_ext_count(c->x); i++) {
		X509_EXTENSION *extension = X509_get_ext(c->x, i);
		if (!X509_EXTENSION_get_critical(extension) || X509V3_EXT_get(extension))
			continue;
		if (c->context->rehearsal && extension_is_rehearsal(extension))
			continue;
		return fault_about(why,
		        N_("The critical extension %s is not known: relying parties will refuse the certificate."),
		        X509_EXTENSION_get_object(extension));
	}
	return true;
}

static bool basic_constraints_critical(const struct lint_certificate *c, struct message *why)
{
	return !c->ca || lint_critical(c, NID_basic_constraints) ||
	       lint_fault(why, N_("basicConstraints of a CA certificate is not critical."));
}

static bool path_length(const struct lint_certificate *c, struct message *why)
{
	if (!c->basic || !c->basic->pathlen)
		return true;
	if (ASN1_STRING_type(c->basic->pathlen) == V_ASN1_NEG_INTEGER)
		return lint_fault(why, N_("pathLenConstraint is negative."));
	return (c->ca && (!c->usage || lint_usage(c, USAGE_CERT_SIGN))) ||
	       lint_fault(why, N_("pathLenConstraint stands without cA and keyCertSign."));
}

static bool cert_sign_needs_ca(const struct lint_certificate *c, struct message *why)
{
	return !lint_usage(c, USAGE_CERT_SIGN) || c->ca ||
	       lint_fault(why, N_("keyCertSign is asserted, but basicConstraints do not say cA."));
}

static bool key_usage_present(const struct lint_certificate *c, struct message *why)
{
	return !c->ca || lint_extension(c, NID_key_usage) || lint_fault(why, N_("A CA certificate has no keyUsage."));
}

static bool key_usage_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_extension(c, NID_key_usage) || lint_critical(c, NID_key_usage) ||
	       lint_fault(why, N_("keyUsage is not critical."));
}

static bool key_usage_some(const struct lint_certificate *c, struct message *why)
{
	if (!c->usage)
		return true;
	for (int i = 0; i < USAGE_BITS; i++)
		if (lint_usage(c, i))
			return true;
	return lint_fault(why, N_("keyUsage asserts no bit."));
}

static bool key_usage_encoding(const struct lint_certificate *c, struct message *why)
{
	X509_EXTENSION *extension = lint_extension(c, NID_key_usage);
	const ASN1_OCTET_STRING *value = extension ? X509_EXTENSION_get_data(extension) : NULL;
	const unsigned char *v = value ? ASN1_STRING_get0_data(value) : NULL;
	int len = value ? ASN1_STRING_length(value) : 0;

	/* a list of named bits ends with a bit that is set */
	if (!v || len < 4 || v[0] != 0x03)
		return true;
	return (v[len - 1] >> (v[2] & 7)) & 1 || lint_fault(why, N_("keyUsage is written with trailing zero bits."));
}

static bool key_id_present(const struct lint_certificate *c, struct message *why)
{
	return !c->ca || lint_extension(c, NID_subject_key_identifier) ||
	       lint_fault(why, N_("A CA certificate has no subjectKeyIdentifier."));
}

static bool authority_present(const struct lint_certificate *c, struct message *why)
{
	return c->self_signed || (c->authority && c->authority->keyid) ||
	       lint_fault(why, N_("authorityKeyIdentifier with a keyIdentifier is missing."));
}

static bool authority_pair(const struct lint_certificate *c, struct message *why)
{
	return !c->authority || !c->authority->issuer == !c->authority->serial ||
	       lint_fault(why, N_("authorityCertIssuer and authorityCertSerialNumber do not stand together."));
}

/* Extensions whose criticality RFC 5280 fixes. */
static bool not_critical(const struct lint_certificate *c, int nid, struct message *why)
{
	return !lint_critical(c, nid) ||
	       lint_fault(why, N_("Extension %s is critical, which it must not be."), OBJ_nid2sn(nid));
}

static bool must_be_critical(const struct lint_certificate *c, int nid, struct message *why)
{
	return !lint_extension(c, nid) || lint_critical(c, nid) ||
	       lint_fault(why, N_("Extension %s is not critical, which it must be."), OBJ_nid2sn(nid));
}

static bool key_id_not_critical(const struct lint_certificate *c, struct message *why)
{
	return not_critical(c, NID_subject_key_identifier, why);
}

static bool authority_not_critical(const struct lint_certificate *c, struct message *why)
{
	return not_critical(c, NID_authority_key_identifier, why);
}

static bool info_access_not_critical(const struct lint_certificate *c, struct message *why)
{
	return not_critical(c, NID_info_access, why);
}

static bool subject_access_not_critical(const struct lint_certificate *c, struct message *why)
{
	return not_critical(c, NID_sinfo_access, why);
}

static bool freshest_not_critical(const struct lint_certificate *c, struct message *why)
{
	return not_critical(c, NID_freshest_crl, why);
}

static bool crl_points_not_critical(const struct lint_certificate *c, struct message *why)
{
	return not_critical(c, NID_crl_distribution_points, why);
}

static bool name_constraints_critical(const struct lint_certificate *c, struct message *why)
{
	return must_be_critical(c, NID_name_constraints, why);
}

static bool policy_constraints_critical(const struct lint_certificate *c, struct message *why)
{
	return must_be_critical(c, NID_policy_constraints, why);
}

static bool inhibit_critical(const struct lint_certificate *c, struct message *why)
{
	return must_be_critical(c, NID_inhibit_any_policy, why);
}

static bool name_constraints_ca(const struct lint_certificate *c, struct message *why)
{
	return c->ca || !lint_extension(c, NID_name_constraints) ||
	       lint_fault(why, N_("nameConstraints stand in a certificate that is not a CA's."));
}

static bool policies_once(const struct lint_certificate *c, struct message *why)
{
	CERTIFICATEPOLICIES *policies = lint_decode(c, NID_certificate_policies);
	bool holds = true;

	for (int i = 0; holds && i < sk_POLICYINFO_num(policies); i++)
		for (int j = 0; holds && j < i; j++)
			if (OBJ_cmp(sk_POLICYINFO_value(policies, i)->policyid,
			            sk_POLICYINFO_value(policies, j)->policyid) == 0)
				holds = fault_about(why, N_("The policy %s stands twice."),
				        sk_POLICYINFO_value(policies, i)->policyid);
	CERTIFICATEPOLICIES_free(policies);
	return holds;
}

static bool mappings_any(const struct lint_certificate *c, struct message *why)
{
	POLICY_MAPPINGS *mappings = lint_decode(c, NID_policy_mappings);
	bool holds = true;

	for (int i = 0; i < sk_POLICY_MAPPING_num(mappings); i++) {
		const POLICY_MAPPING *m = sk_POLICY_MAPPING_value(mappings, i);
		if (OBJ_obj2nid(m->issuerDomainPolicy) == NID_any_policy ||
		        OBJ_obj2nid(m->subjectDomainPolicy) == NID_any_policy)
			holds = lint_fault(why, N_("anyPolicy is mapped."));
	}
	sk_POLICY_MAPPING_pop_free(mappings, POLICY_MAPPING_free);
	return holds;
}

static bool policy_constraints_some(const struct lint_certificate *c, struct message *why)
{
	POLICY_CONSTRAINTS *p = lint_decode(c, NID_policy_constraints);
	bool holds = !p || p->requireExplicitPolicy || p->inhibitPolicyMapping ||
	             lint_fault(why, N_("policyConstraints is empty."));

	POLICY_CONSTRAINTS_free(p);
	return holds;
}

static bool purposes(const struct lint_certificate *c, struct message *why)
{
	EXTENDED_KEY_USAGE *usage = lint_decode(c, NID_ext_key_usage);
	bool holds = true;

	if (usage && sk_ASN1_OBJECT_num(usage) == 0)
		holds = lint_fault(why, N_("extKeyUsage is empty."));
	for (int i = 0; holds && i < sk_ASN1_OBJECT_num(usage); i++)
		if (OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i)) == NID_anyExtendedKeyUsage &&
		        lint_critical(c, NID_ext_key_usage))
			holds = lint_fault(why, N_("extKeyUsage with anyExtendedKeyUsage is critical."));
	EXTENDED_KEY_USAGE_free(usage);
	return holds;
}

static bool ia5(const ASN1_STRING *s)
{
	return ASN1_STRING_length(s) > 0 && string_characters(s) > 0;
}

static bool alt_names(const struct lint_certificate *c, struct message *why)
{
	GENERAL_NAMES *names = lint_decode(c, NID_subject_alt_name);
	bool holds = true;

	if (names && sk_GENERAL_NAME_num(names) == 0)
		holds = lint_fault(why, N_("subjectAltName is empty."));
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);
		if ((n->type == GEN_EMAIL || n->type == GEN_DNS || n->type == GEN_URI) && !ia5(n->d.ia5))
			holds = lint_fault(why, N_("A name in subjectAltName is empty or no IA5String."));
	}
	GENERAL_NAMES_free(names);
	return holds;
}

const struct lint_rule lint_rfc5280_extensions[] = {
        {"extension_decodes", "RFC 5280 section 4.2", LINT_ERROR, extension_decodes, false},
        {"critical_extension_known", "RFC 5280 section 4.2", LINT_WARNING, critical_known, false},
        {"authority_key_identifier_present", "RFC 5280 section 4.2.1.1", LINT_ERROR, authority_present, false},
        {"authority_key_identifier_pair", "RFC 5280 section 4.2.1.1", LINT_ERROR, authority_pair, false},
        {"authority_key_identifier_not_critical", "RFC 5280 section 4.2.1.1", LINT_ERROR, authority_not_critical,
                false},
        {"subject_key_identifier_present", "RFC 5280 section 4.2.1.2", LINT_ERROR, key_id_present, false},
        {"subject_key_identifier_not_critical", "RFC 5280 section 4.2.1.2", LINT_ERROR, key_id_not_critical, false},
        {"key_usage_present", "RFC 5280 section 4.2.1.3", LINT_ERROR, key_usage_present, false},
        {"key_usage_critical", "RFC 5280 section 4.2.1.3", LINT_WARNING, key_usage_critical, false},
        {"key_usage_some_bit", "RFC 5280 section 4.2.1.3", LINT_ERROR, key_usage_some, false},
        {"key_usage_encoding", "X.690 section 11.2.2", LINT_ERROR, key_usage_encoding, false},
        {"policies_once", "RFC 5280 section 4.2.1.4", LINT_ERROR, policies_once, false},
        {"policy_mappings_any", "RFC 5280 section 4.2.1.5", LINT_ERROR, mappings_any, false},
        {"subject_alt_name", "RFC 5280 section 4.2.1.6", LINT_ERROR, alt_names, false},
        {"key_cert_sign_needs_ca", "RFC 5280 section 4.2.1.9", LINT_ERROR, cert_sign_needs_ca, false},
        {"basic_constraints_critical", "RFC 5280 section 4.2.1.9", LINT_ERROR, basic_constraints_critical, false},
        {"path_length", "RFC 5280 section 4.2.1.9", LINT_ERROR, path_length, false},
        {"name_constraints_ca", "RFC 5280 section 4.2.1.10", LINT_ERROR, name_constraints_ca, false},
        {"name_constraints_critical", "RFC 5280 section 4.2.1.10", LINT_ERROR, name_constraints_critical, false},
        {"policy_constraints_critical", "RFC 5280 section 4.2.1.11", LINT_ERROR, policy_constraints_critical, false},
        {"policy_constraints_some", "RFC 5280 section 4.2.1.11", LINT_ERROR, policy_constraints_some, false},
        {"extended_key_usage", "RFC 5280 section 4.2.1.12", LINT_ERROR, purposes, false},
        {"crl_points_not_critical", "RFC 5280 section 4.2.1.13", LINT_WARNING, crl_points_not_critical, false},
        {"inhibit_any_policy_critical", "RFC 5280 section 4.2.1.14", LINT_ERROR, inhibit_critical, false},
        {"freshest_crl_not_critical", "RFC 5280 section 4.2.1.15", LINT_ERROR, freshest_not_critical, false},
        {"authority_info_access_not_critical", "RFC 5280 section 4.2.2.1", LINT_ERROR, info_access_not_critical, false},
        {"subject_info_access_not_critical", "RFC 5280 section 4.2.2.2", LINT_ERROR, subject_access_not_critical,
                false},
        {0},
};
