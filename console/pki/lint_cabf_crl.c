/* BR 7.2: rules for CRLs of publicly trusted CAs. */
#include "pki/algorithm.h"
#include "pki/der_time.h"
#include "pki/lint_lists.h"

#include <string.h>

static bool cabf_version(const struct lint_crl *c, struct message *why)
{
	return c->facts.version == 2 || lint_fault(why, N_("The CRL is not of version 2."));
}

static bool cabf_algorithm(const struct lint_crl *c, struct message *why)
{
	const struct signature_algorithm *a =
	        signature_algorithm_of(c->facts.inner_algorithm.whole, c->facts.inner_algorithm.whole_len);

	return (a && a->cabf_key) ||
	       lint_fault(why, N_("The signature algorithm is none of those that BR 7.1.3.2 allows."));
}

static bool cabf_next_update(const struct lint_crl *c, struct message *why)
{
	enum { DAYS = 10 };
	const struct crl_facts *f = &c->facts;

	if (f->this_update < 0 || f->next_update < 0)
		return lint_fault(why, N_("thisUpdate or nextUpdate is missing or cannot be read."));
	if (c->context->covers_ca)
		return f->next_update <= der_time_year_later(f->this_update) ||
		       lint_fault(why, N_("nextUpdate lies more than 12 months after thisUpdate."));
	return f->next_update - f->this_update <= DAYS * INT64_C(86400) ||
	       lint_fault(why,
	               N_("nextUpdate lies more than %d days after thisUpdate, in a CRL that covers subscribers."),
	               (int)DAYS);
}

static bool cabf_number(const struct lint_crl *c, struct message *why)
{
	uint8_t number[SERIAL_MAX];

	return crl_number(&c->facts, number) ||
	       lint_fault(why, N_("cRLNumber is missing, or not from 0 to less than 2^159."));
}

static bool cabf_authority(const struct lint_crl *c, struct message *why)
{
	struct crl_extension x;
	const uint8_t *at;
	size_t left;
	struct der d, id;

	/* BR 7.1.2.11.1: keyIdentifier and nothing else */
	if (lint_crl_find(c, OID_AUTHORITY, &x)) {
		at = x.value.value;
		left = x.value.len;
		if (der_next(&at, &left, &d) == 0 && left == 0 && d.tag == 0x30) {
			at = d.value;
			left = d.len;
			if (der_next(&at, &left, &id) == 0 && left == 0 && id.tag == 0x80)
				return true;
		}
	}
	return lint_fault(why, N_("authorityKeyIdentifier is missing, or holds anything but a keyIdentifier."));
}

static bool cabf_point(const struct lint_crl *c, struct message *why)
{
	struct lint_point p = lint_point_of(c);

	if (!p.present)
		return true;
	if (!p.name || !p.uri_only)
		return lint_fault(why, N_("issuingDistributionPoint has no fullName, or one with anything but URIs."));
	if (p.indirect || p.attribute)
		return lint_fault(
		        why, N_("issuingDistributionPoint asserts indirectCRL or onlyContainsAttributeCerts."));
	return true;
}

static bool cabf_point_reasons(const struct lint_crl *c, struct message *why)
{
	return !lint_point_of(c).some_reasons ||
	       lint_fault(why, N_("issuingDistributionPoint has onlySomeReasons, which is not recommended."));
}

static bool cabf_point_scope(const struct lint_crl *c, struct message *why)
{
	struct lint_point p = lint_point_of(c);

	if (p.user && c->context->covers_ca)
		return lint_fault(why, N_("issuingDistributionPoint says onlyContainsUserCerts; the CRL is to cover CA "
		                          "certificates."));
	return !p.ca || c->context->covers_ca ||
	       lint_fault(why, N_("issuingDistributionPoint says onlyContainsCACerts; the CRL is to cover subscribers' "
	                          "certificates."));
}

static bool cabf_point_needed(const struct lint_crl *c, struct message *why)
{
	struct lint_point p = lint_point_of(c);

	return !p.present || p.user || p.ca || p.some_reasons ||
	       lint_fault(why, N_("issuingDistributionPoint is not recommended in a CRL that is full and complete."));
}

static bool cabf_others(const struct lint_crl *c, struct message *why)
{
	const uint8_t *at = c->facts.extensions.value;
	size_t left = c->facts.extensions.len;
	struct crl_extension x;
	struct bytes name = {0};

	while (crl_extension_next(&at, &left, &x) == 1) {
		bool named = x.oid.len == 3 &&
		             (memcmp(x.oid.value, OID_AUTHORITY, 3) == 0 || memcmp(x.oid.value, OID_NUMBER, 3) == 0 ||
		                     memcmp(x.oid.value, OID_POINT, 3) == 0);
		if (named || lint_is_rehearsal(&x))
			continue;
		lint_oid(&name, &x.oid);
		lint_fault(why, N_("A CRL with the extension %s is not recommended."), bytes_string(&name));
		bytes_free(&name);
		return false;
	}
	return true;
}

static bool cabf_rehearsal(const struct lint_crl *c, struct message *why)
{
	return c->context->rehearsal || !lint_has_rehearsal(&c->facts.extensions) ||
	       lint_fault(why, N_("This is a rehearsal's CRL: it carries the extension that says so."));
}

static bool cabf_reason_present(const struct lint_crl *c, struct message *why)
{
	return !c->context->covers_ca || !(c->reasons & 1u << REASON_UNSPECIFIED) ||
	       lint_fault_serial(why,
	               N_("The entry of serial number %s, a CA certificate's, has no reasonCode, or has unspecified."),
	               c->reason_serial[REASON_UNSPECIFIED]);
}

static bool cabf_reason_allowed(const struct lint_crl *c, struct message *why)
{
	static const unsigned allowed = 1u << REASON_UNSPECIFIED | 1u << REASON_KEY_COMPROMISE |
	                                1u << REASON_AFFILIATION_CHANGED | 1u << REASON_SUPERSEDED |
	                                1u << REASON_CESSATION_OF_OPERATION | 1u << REASON_PRIVILEGE_WITHDRAWN;
	unsigned other = c->reasons & ~allowed;

	for (unsigned i = 0; i < REASONS; i++)
		if (other & 1u << i)
			return lint_fault_serial(why,
			        N_("The entry of serial number %s has a reasonCode that is not in the table of BR "
			           "7.2.2."),
			        c->reason_serial[i]);
	return true;
}

static bool cabf_reason_unspecified(const struct lint_crl *c, struct message *why)
{
	return lint_none_odd(c, ODD_REASON_UNSPECIFIED, why,
	        N_("The entry of serial number %s has the reasonCode unspecified, which must be left out."));
}

static bool cabf_entry_others(const struct lint_crl *c, struct message *why)
{
	return lint_none_odd(c, ODD_UNKNOWN | ODD_UNKNOWN_CRITICAL | ODD_CERTIFICATE_ISSUER, why,
	        N_("The entry of serial number %s has an extension that is not recommended."));
}

const struct lint_crl_rule lint_cabf_crl[] = {
        {"crl_cabf_version", "BR 7.2", LINT_ERROR, cabf_version},
        {"crl_cabf_signature_algorithm", "BR 7.1.3.2", LINT_ERROR, cabf_algorithm},
        {"crl_cabf_next_update", "BR 7.2", LINT_ERROR, cabf_next_update},
        {"crl_cabf_authority_key_identifier", "BR 7.1.2.11.1", LINT_ERROR, cabf_authority},
        {"crl_cabf_number", "BR 7.2.2", LINT_ERROR, cabf_number},
        {"crl_cabf_point", "BR 7.2.2.1", LINT_ERROR, cabf_point},
        {"crl_cabf_point_scope", "BR 7.2.2.1", LINT_ERROR, cabf_point_scope},
        {"crl_cabf_point_reasons", "BR 7.2.2.1", LINT_WARNING, cabf_point_reasons},
        {"crl_cabf_point_needed", "BR 7.2.2.1", LINT_WARNING, cabf_point_needed},
        {"crl_cabf_other_extension", "BR 7.2.2", LINT_WARNING, cabf_others},
        {"crl_cabf_rehearsal_extension", "BR 7.2.2", LINT_ERROR, cabf_rehearsal},
        {"crl_cabf_reason_present", "BR 7.2.2", LINT_ERROR, cabf_reason_present},
        {"crl_cabf_reason_allowed", "BR 7.2.2", LINT_ERROR, cabf_reason_allowed},
        {"crl_cabf_reason_unspecified", "BR 7.2.2", LINT_ERROR, cabf_reason_unspecified},
        {"crl_cabf_entry_other_extension", "BR 7.2.2", LINT_WARNING, cabf_entry_others},
        {0},
};
