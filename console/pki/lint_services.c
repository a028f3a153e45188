/* Certificates of services and devices: RFC 6960 responders, RFC 3161 time-stamp authorities, IEEE 802.1AR device
 * identifiers. */
#include "pki/algorithm.h"
#include "pki/lint_rules.h"
#include "pki/name.h"

#include <string.h>

static bool responder_purpose(const struct lint_certificate *c, struct message *why)
{
	return lint_purpose(c, "1.3.6.1.5.5.7.3.9") || lint_fault(why, N_("extKeyUsage does not hold OCSPSigning."));
}

/* Section 4.2.2.2: issued by the CA that is named in the requests; the key identifier shows by which of its keys. */
static bool responder_issuer(const struct lint_certificate *c, struct message *why)
{
	const ASN1_OCTET_STRING *id = c->issuer ? X509_get0_subject_key_id(c->issuer) : NULL;

	if (c->issuer && !lint_same_name(X509_get_issuer_name(c->x), X509_get_subject_name(c->issuer)))
		return lint_fault(why, N_("The responder is not issued by the CA itself."));
	return !id || (c->authority && c->authority->keyid && ASN1_OCTET_STRING_cmp(c->authority->keyid, id) == 0) ||
	       lint_fault(why, N_("authorityKeyIdentifier does not name the key of the CA."));
}

static bool responder_signs(const struct lint_certificate *c, struct message *why)
{
	return !c->usage || lint_usage(c, USAGE_DIGITAL_SIGNATURE) || lint_usage(c, USAGE_NON_REPUDIATION) ||
	       lint_fault(why, N_("keyUsage does not let the responder sign."));
}

/* Section 4.2.2.2.1: how the responder's own revocation is checked, the CA must have decided. */
static bool responder_revocation(const struct lint_certificate *c, struct message *why)
{
	return lint_extension(c, NID_id_pkix_OCSP_noCheck) || lint_extension(c, NID_crl_distribution_points) ||
	       lint_extension(c, NID_info_access) ||
	       lint_fault(why, N_("Nothing says how the responder's own revocation is checked: neither "
	                          "id-pkix-ocsp-nocheck nor "
	                          "where to look."));
}

bool lint_no_check_null(const struct lint_certificate *c, struct message *why)
{
	X509_EXTENSION *extension = lint_extension(c, NID_id_pkix_OCSP_noCheck);
	const ASN1_OCTET_STRING *value = extension ? X509_EXTENSION_get_data(extension) : NULL;

	return !value || (ASN1_STRING_length(value) == 2 && memcmp(ASN1_STRING_get0_data(value), "\x05\x00", 2) == 0) ||
	       lint_fault(why, N_("The value of id-pkix-ocsp-nocheck is not NULL."));
}

static bool no_check_not_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_critical(c, NID_id_pkix_OCSP_noCheck) ||
	       lint_fault(why, N_("id-pkix-ocsp-nocheck should not be critical."));
}

const struct lint_rule lint_rfc6960[] = {
        {"responder_purpose", "RFC 6960 section 4.2.2.2", LINT_ERROR, responder_purpose, false},
        {"responder_issuer", "RFC 6960 section 4.2.2.2", LINT_ERROR, responder_issuer, false},
        {"responder_signs", "RFC 5280 section 4.2.1.3", LINT_ERROR, responder_signs, false},
        {"responder_revocation", "RFC 6960 section 4.2.2.2.1", LINT_WARNING, responder_revocation, false},
        {"responder_no_check_null", "RFC 6960 section 4.2.2.2.1", LINT_ERROR, lint_no_check_null, false},
        {"responder_no_check_not_critical", "RFC 6960 section 4.2.2.2.1", LINT_WARNING, no_check_not_critical, false},
        {0},
};

static bool tsa_purpose(const struct lint_certificate *c, struct message *why)
{
	return (lint_purposes(c) == 1 && lint_purpose(c, "1.3.6.1.5.5.7.3.8")) ||
	       lint_fault(why, N_("extKeyUsage is not timeStamping alone."));
}

static bool tsa_critical(const struct lint_certificate *c, struct message *why)
{
	return lint_critical(c, NID_ext_key_usage) || lint_fault(why, N_("extKeyUsage is missing or not critical."));
}

/* RFC 5280 section 4.2.1.12: consistent with timeStamping are digitalSignature and nonRepudiation. */
static bool tsa_usage(const struct lint_certificate *c, struct message *why)
{
	bool signs = lint_usage(c, USAGE_DIGITAL_SIGNATURE) || lint_usage(c, USAGE_NON_REPUDIATION);

	for (int i = USAGE_NON_REPUDIATION + 1; i < USAGE_BITS; i++)
		signs = signs && !lint_usage(c, i);
	return !c->usage || signs ||
	       lint_fault(why, N_("keyUsage holds something other than digitalSignature and nonRepudiation."));
}

static bool tsa_not_ca(const struct lint_certificate *c, struct message *why)
{
	return !c->ca ||
	       lint_fault(why, N_("The certificate is a CA's: its key would be used for more than time-stamps."));
}

const struct lint_rule lint_tsa[] = {
        {"tsa_purpose", "RFC 3161 section 2.3", LINT_ERROR, tsa_purpose, false},
        {"tsa_purpose_critical", "RFC 3161 section 2.3", LINT_ERROR, tsa_critical, false},
        {"tsa_key_usage", "RFC 5280 section 4.2.1.12", LINT_ERROR, tsa_usage, false},
        {"tsa_not_ca", "RFC 3161 section 2.3", LINT_ERROR, tsa_not_ca, false},
        {0},
};

static bool has(const X509_NAME *name, const char *type)
{
	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		const struct attribute_type *t =
		        attribute_type_of(X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, i)));
		if (t && strcmp(t->name, type) == 0)
			return true;
	}
	return false;
}

static bool device_version(const struct lint_certificate *c, struct message *why)
{
	return X509_get_version(c->x) == X509_VERSION_3 || lint_fault(why, N_("The certificate is not of version 3."));
}

static bool device_subject(const struct lint_certificate *c, struct message *why)
{
	return X509_NAME_entry_count(X509_get_subject_name(c->x)) > 0 || lint_fault(why, N_("The subject is empty."));
}

static bool device_serial_number(const struct lint_certificate *c, struct message *why)
{
	return c->ca || has(X509_get_subject_name(c->x), "serialNumber") ||
	       lint_fault(why, N_("The subject has no serialNumber that tells this device from others."));
}

/* A device must be traceable to its maker: the issuing CA says who that is. */
static bool device_maker(const struct lint_certificate *c, struct message *why)
{
	return !c->ca || has(X509_get_subject_name(c->x), "O") ||
	       lint_fault(why,
	               N_("The CA's subject has no organizationName, so devices cannot be traced to their maker."));
}

static bool device_authority(const struct lint_certificate *c, struct message *why)
{
	return c->self_signed || (c->authority && c->authority->keyid) ||
	       lint_fault(why, N_("authorityKeyIdentifier is missing or has no keyIdentifier."));
}

static bool device_authority_not_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_critical(c, NID_authority_key_identifier) ||
	       lint_fault(why, N_("authorityKeyIdentifier is critical."));
}

static bool device_key_id(const struct lint_certificate *c, struct message *why)
{
	if (c->ca)
		return lint_extension(c, NID_subject_key_identifier) ||
		       lint_fault(why, N_("subjectKeyIdentifier is missing in the CA's certificate."));
	return !lint_extension(c, NID_subject_key_identifier) ||
	       lint_fault(why, N_("subjectKeyIdentifier should not stand in a device's certificate."));
}

static bool device_usage(const struct lint_certificate *c, struct message *why)
{
	if (c->ca)
		return lint_usage(c, USAGE_CERT_SIGN) ||
		       lint_fault(why, N_("keyUsage of the CA does not assert keyCertSign."));
	return !c->usage || lint_usage(c, USAGE_DIGITAL_SIGNATURE) ||
	       lint_fault(why, N_("keyUsage of the device does not assert digitalSignature."));
}

static bool device_usage_critical(const struct lint_certificate *c, struct message *why)
{
	return !c->usage || lint_critical(c, NID_key_usage) || lint_fault(why, N_("keyUsage is not critical."));
}

/* A device outlives any date: 99991231235959Z says that there is none. */
static bool device_no_end(const struct lint_certificate *c, struct message *why)
{
	static const int64_t last = 253402300799;

	return c->ca || c->not_after == last ||
	       lint_fault(why, N_("notAfter is not 99991231235959Z, though the device may be used for longer."));
}

/* Clause 9: the suites of a DevID module */
static bool device_suite(const struct lint_certificate *c, struct message *why)
{
	static const char *const keys[] = {"rsa-2048", "ec-p256", "ec-p384"};
	const struct key_algorithm *k = c->key ? key_algorithm_of(c->key) : NULL;

	for (size_t i = 0; k && i < sizeof keys / sizeof keys[0]; i++)
		if (strcmp(k->name, keys[i]) == 0)
			return true;
	return c->ca ||
	       lint_fault(why, N_("The device's key is neither RSA of 2048 bits nor on the curve P-256 or P-384."));
}

const struct lint_rule lint_802_1ar[] = {
        {"device_version_3", "IEEE 802.1AR-2018 clause 8.1", LINT_ERROR, device_version, false},
        {"device_subject", "IEEE 802.1AR-2018 clause 8.6", LINT_ERROR, device_subject, false},
        {"device_serial_number", "IEEE 802.1AR-2018 clause 8.6", LINT_WARNING, device_serial_number, false},
        {"device_maker", "IEEE 802.1AR-2018 clause 8.4", LINT_WARNING, device_maker, false},
        {"device_no_end", "IEEE 802.1AR-2018 clause 8.5", LINT_WARNING, device_no_end, false},
        {"device_authority", "IEEE 802.1AR-2018 clause 8.10.1", LINT_ERROR, device_authority, false},
        {"device_authority_not_critical", "IEEE 802.1AR-2018 clause 8.10.1", LINT_ERROR, device_authority_not_critical,
                false},
        {"device_key_identifier", "IEEE 802.1AR-2018 clause 8.10.2", LINT_WARNING, device_key_id, false},
        {"device_key_usage", "IEEE 802.1AR-2018 clause 8.10.3", LINT_ERROR, device_usage, false},
        {"device_key_usage_critical", "IEEE 802.1AR-2018 clause 8.10.3", LINT_ERROR, device_usage_critical, false},
        {"device_suite", "IEEE 802.1AR-2018 clause 9", LINT_ERROR, device_suite, false},
        {0},
};
