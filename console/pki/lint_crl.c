/* RFC 5280 section 5: rules for every CRL. */
#include "pki/algorithm.h"
#include "pki/der_time.h"
#include "pki/lint_lists.h"

#include <openssl/err.h>
#include <string.h>

static bool version_2(const struct lint_crl *c, struct message *why)
{
	bool extended = c->facts.extensions.whole != NULL;

	if (c->facts.version == 2 || (c->facts.version == 1 && !extended))
		return true;
	return lint_fault(why, N_("The CRL is not of version 2, and has extensions or another version."));
}

static bool algorithms_equal(const struct lint_crl *c, struct message *why)
{
	const struct der *a = &c->facts.algorithm, *b = &c->facts.inner_algorithm;

	return (a->whole_len == b->whole_len && memcmp(a->whole, b->whole, a->whole_len) == 0) ||
	       lint_fault(why,
	               N_("signatureAlgorithm is not byte for byte the signature field of the to-be-signed bytes."));
}

static bool issuer_present(const struct lint_crl *c, struct message *why)
{
	return c->facts.issuer.len || lint_fault(why, N_("The issuer of the CRL is empty."));
}

static bool form_of(const struct der *d, int64_t seconds)
{
	uint8_t wanted[DER_TIME_MAX];

	return der_time_fits(seconds) && der_time_put(wanted, seconds) == d->whole_len;
}

static bool this_update_form(const struct lint_crl *c, struct message *why)
{
	return form_of(&c->facts.this_time, c->facts.this_update) ||
	       lint_fault(why,
	               N_("thisUpdate is not UTCTime through 2049 or GeneralizedTime from 2050, with seconds and Z."));
}

static bool next_update_form(const struct lint_crl *c, struct message *why)
{
	return !c->facts.next_time.whole || form_of(&c->facts.next_time, c->facts.next_update) ||
	       lint_fault(why,
	               N_("nextUpdate is not UTCTime through 2049 or GeneralizedTime from 2050, with seconds and Z."));
}

static bool next_update_present(const struct lint_crl *c, struct message *why)
{
	return c->facts.next_time.whole || lint_fault(why, N_("nextUpdate is missing."));
}

static bool update_order(const struct lint_crl *c, struct message *why)
{
	const struct crl_facts *f = &c->facts;

	return f->this_update < 0 || f->next_update < 0 || f->next_update > f->this_update ||
	       lint_fault(why, N_("nextUpdate does not lie after thisUpdate."));
}

static bool this_update_past(const struct lint_crl *c, struct message *why)
{
	int64_t now = c->context->now;

	return now == 0 || c->facts.this_update <= now ||
	       lint_fault(why, N_("thisUpdate lies %lld seconds after the time of signing."),
	               (long long)(c->facts.this_update - now));
}

static bool entries_absent(const struct lint_crl *c, struct message *why)
{
	return !c->facts.has_list || c->entries || lint_fault(why, N_("revokedCertificates is there and empty."));
}

static bool entry_once(const struct lint_crl *c, struct message *why)
{
	return !c->repeated || lint_fault(why, N_("A certificate stands twice in the CRL."));
}

static bool entry_serial(const struct lint_crl *c, struct message *why)
{
	return !(c->odd & ODD_SERIAL) ||
	       lint_fault(why, N_("An entry has a serial number that is not positive or has more than 20 octets."));
}

static bool entry_time_form(const struct lint_crl *c, struct message *why)
{
	return lint_none_odd(c, ODD_TIME_FORM | ODD_TIME_READ, why,
	        N_("The entry of serial number %s has a revocation date that is not UTCTime through 2049 or "
	           "GeneralizedTime from 2050, with seconds and Z."));
}

static bool entry_time_past(const struct lint_crl *c, struct message *why)
{
	return !c->early ||
	       lint_fault_serial(why, N_("The entry of serial number %s has a revocation date after thisUpdate."),
	               c->early_serial);
}

static bool entry_extensions_some(const struct lint_crl *c, struct message *why)
{
	return lint_none_odd(c, ODD_EMPTY, why, N_("The entry of serial number %s has an empty list of extensions."));
}

static bool entry_extension_once(const struct lint_crl *c, struct message *why)
{
	return lint_none_odd(c, ODD_TWICE, why, N_("The entry of serial number %s has one extension twice."));
}

static bool entry_critical_known(const struct lint_crl *c, struct message *why)
{
	return lint_none_odd(c, ODD_UNKNOWN_CRITICAL, why,
	        N_("The entry of serial number %s has a critical extension that is not known here."));
}

static bool entry_not_critical(const struct lint_crl *c, struct message *why)
{
	return lint_none_odd(
	        c, ODD_CRITICAL, why, N_("The entry of serial number %s has a critical reasonCode or invalidityDate."));
}

static bool entry_version(const struct lint_crl *c, struct message *why)
{
	return c->facts.version == 2 || !c->extended ||
	       lint_fault(why, N_("Entries have extensions, and the CRL is not of version 2."));
}

static bool reason_known(const struct lint_crl *c, struct message *why)
{
	return lint_none_odd(c, ODD_REASON, why, N_("The entry of serial number %s has a reasonCode that is none."));
}

static bool reason_unspecified(const struct lint_crl *c, struct message *why)
{
	return lint_none_odd(c, ODD_REASON_UNSPECIFIED, why,
	        N_("The entry of serial number %s has the reasonCode unspecified, which should be left out."));
}

static bool reason_remove(const struct lint_crl *c, struct message *why)
{
	struct crl_extension delta;

	return !(c->reasons & 1u << REASON_REMOVE_FROM_CRL) || lint_crl_find(c, OID_DELTA, &delta) ||
	       lint_fault_serial(why,
	               N_("The entry of serial number %s has the reasonCode removeFromCRL in a CRL that is no delta."),
	               c->reason_serial[REASON_REMOVE_FROM_CRL]);
}

static bool invalidity_form(const struct lint_crl *c, struct message *why)
{
	return lint_none_odd(c, ODD_INVALIDITY_FORM, why,
	        N_("The entry of serial number %s has an invalidityDate that is not GeneralizedTime with seconds and "
	           "Z."));
}

static bool point_critical(const struct lint_crl *c, struct message *why)
{
	struct lint_point p = lint_point_of(c);

	return !p.present || p.critical || lint_fault(why, N_("issuingDistributionPoint is not critical."));
}

static bool point_reads(const struct lint_crl *c, struct message *why)
{
	struct lint_point p = lint_point_of(c);

	if (!p.present || (p.reads && p.fields))
		return true;
	return lint_fault(why, N_("issuingDistributionPoint is empty, or not as RFC 5280 has it."));
}

static bool point_one_scope(const struct lint_crl *c, struct message *why)
{
	struct lint_point p = lint_point_of(c);

	return p.user + p.ca + p.attribute <= 1 ||
	       lint_fault(why, N_("issuingDistributionPoint says more than one of onlyContainsUserCerts, "
	                          "onlyContainsCACerts and onlyContainsAttributeCerts."));
}

static bool certificate_issuer_indirect(const struct lint_crl *c, struct message *why)
{
	return lint_point_of(c).indirect ||
	       lint_none_odd(c, ODD_CERTIFICATE_ISSUER, why,
	               N_("The entry of serial number %s names another issuer in a CRL that is not indirect."));
}

static bool extension_once(const struct lint_crl *c, struct message *why)
{
	const uint8_t *at = c->facts.extensions.value, *from;
	size_t left = c->facts.extensions.len, rest;
	struct crl_extension x, y;
	struct bytes name = {0};

	while (crl_extension_next(&at, &left, &x) == 1) {
		from = at;
		rest = left;
		while (crl_extension_next(&from, &rest, &y) == 1) {
			if (x.oid.len != y.oid.len || memcmp(x.oid.value, y.oid.value, x.oid.len) != 0)
				continue;
			lint_oid(&name, &x.oid);
			lint_fault(why, N_("The extension %s stands twice in the CRL."), bytes_string(&name));
			bytes_free(&name);
			return false;
		}
	}
	return true;
}

static bool extensions_some(const struct lint_crl *c, struct message *why)
{
	return !c->facts.extensions.whole || c->facts.extensions.len ||
	       lint_fault(why, N_("The list of extensions of the CRL is there and empty."));
}

static bool critical_known(const struct lint_crl *c, struct message *why)
{
	const uint8_t *at = c->facts.extensions.value;
	size_t left = c->facts.extensions.len;
	struct crl_extension x;
	struct bytes name = {0};

	while (crl_extension_next(&at, &left, &x) == 1) {
		bool known = x.oid.len == 3 &&
		             (memcmp(x.oid.value, OID_POINT, 3) == 0 || memcmp(x.oid.value, OID_DELTA, 3) == 0);
		if (!x.critical || known || (c->context->rehearsal && lint_is_rehearsal(&x)))
			continue;
		lint_oid(&name, &x.oid);
		lint_fault(why, N_("The CRL has the critical extension %s, which relying parties need not know."),
		        bytes_string(&name));
		bytes_free(&name);
		return false;
	}
	return true;
}

static bool authority_present(const struct lint_crl *c, struct message *why)
{
	struct crl_extension x;

	return lint_crl_find(c, OID_AUTHORITY, &x) || lint_fault(why, N_("authorityKeyIdentifier is missing."));
}

static bool authority_by_key(const struct lint_crl *c, struct message *why)
{
	struct crl_extension x;
	const uint8_t *at;
	size_t left;
	struct der d = {0}, id = {0};

	if (!lint_crl_find(c, OID_AUTHORITY, &x))
		return true;
	at = x.value.value;
	left = x.value.len;
	if (der_next(&at, &left, &d) == 0 && left == 0 && d.tag == 0x30) {
		at = d.value;
		left = d.len;
		if (left && der_next(&at, &left, &id) == 0 && id.tag == 0x80 && id.len)
			return true;
	}
	return lint_fault(why, N_("authorityKeyIdentifier has no keyIdentifier."));
}

static bool authority_not_critical(const struct lint_crl *c, struct message *why)
{
	struct crl_extension x;

	return !lint_crl_find(c, OID_AUTHORITY, &x) || !x.critical ||
	       lint_fault(why, N_("authorityKeyIdentifier is critical."));
}

static bool number_present(const struct lint_crl *c, struct message *why)
{
	struct crl_extension x;

	return lint_crl_find(c, OID_NUMBER, &x) || lint_fault(why, N_("cRLNumber is missing."));
}

static bool number_not_critical(const struct lint_crl *c, struct message *why)
{
	struct crl_extension x;

	return !lint_crl_find(c, OID_NUMBER, &x) || !x.critical || lint_fault(why, N_("cRLNumber is critical."));
}

static bool number_value(const struct lint_crl *c, struct message *why)
{
	uint8_t number[SERIAL_MAX];
	struct crl_extension x;

	return !lint_crl_find(c, OID_NUMBER, &x) || crl_number(&c->facts, number) ||
	       lint_fault(why, N_("cRLNumber is not an integer from 0 to 20 octets."));
}

static bool delta_critical(const struct lint_crl *c, struct message *why)
{
	struct crl_extension x;

	return !lint_crl_find(c, OID_DELTA, &x) || x.critical ||
	       lint_fault(why, N_("deltaCRLIndicator is not critical."));
}

static bool freshest(const struct lint_crl *c, struct message *why)
{
	struct crl_extension x, delta;

	if (!lint_crl_find(c, OID_FRESHEST, &x))
		return true;
	if (lint_crl_find(c, OID_DELTA, &delta))
		return lint_fault(why, N_("freshestCRL stands in a delta CRL."));
	return !x.critical || lint_fault(why, N_("freshestCRL is critical."));
}

static bool alt_name_not_critical(const struct lint_crl *c, struct message *why)
{
	struct crl_extension x;

	return !lint_crl_find(c, OID_ALT_NAME, &x) || !x.critical || lint_fault(why, N_("issuerAltName is critical."));
}

const struct lint_crl_rule lint_rfc5280_crl[] = {
        {"crl_version_2", "RFC 5280 section 5.1.2.1", LINT_ERROR, version_2},
        {"crl_algorithms_equal", "RFC 5280 section 5.1.1.2", LINT_ERROR, algorithms_equal},
        {"crl_issuer_present", "RFC 5280 section 5.1.2.3", LINT_ERROR, issuer_present},
        {"crl_this_update_form", "RFC 5280 section 5.1.2.4", LINT_ERROR, this_update_form},
        {"crl_this_update_past", "RFC 5280 section 5.1.2.4", LINT_ERROR, this_update_past},
        {"crl_next_update_present", "RFC 5280 section 5.1.2.5", LINT_ERROR, next_update_present},
        {"crl_next_update_form", "RFC 5280 section 5.1.2.5", LINT_ERROR, next_update_form},
        {"crl_update_order", "RFC 5280 section 5.1.2.5", LINT_ERROR, update_order},
        {"crl_entries_absent_when_none", "RFC 5280 section 5.1.2.6", LINT_ERROR, entries_absent},
        {"crl_entry_once", "RFC 5280 section 5.1.2.6", LINT_ERROR, entry_once},
        {"crl_entry_serial", "RFC 5280 section 4.1.2.2", LINT_ERROR, entry_serial},
        {"crl_entry_time_form", "RFC 5280 section 5.1.2.6", LINT_ERROR, entry_time_form},
        {"crl_entry_time_past", "RFC 5280 section 5.1.2.6", LINT_WARNING, entry_time_past},
        {"crl_extensions_some", "RFC 5280 section 5.1.2.7", LINT_ERROR, extensions_some},
        {"crl_extension_once", "RFC 5280 section 5.2", LINT_ERROR, extension_once},
        {"crl_critical_extension_known", "RFC 5280 section 5.2", LINT_WARNING, critical_known},
        {"crl_authority_key_identifier_present", "RFC 5280 section 5.2.1", LINT_ERROR, authority_present},
        {"crl_authority_key_identifier_key", "RFC 5280 section 5.2.1", LINT_ERROR, authority_by_key},
        {"crl_authority_key_identifier_not_critical", "RFC 5280 section 4.2.1.1", LINT_ERROR, authority_not_critical},
        {"crl_issuer_alt_name_not_critical", "RFC 5280 section 5.2.2", LINT_WARNING, alt_name_not_critical},
        {"crl_number_present", "RFC 5280 section 5.2.3", LINT_ERROR, number_present},
        {"crl_number_not_critical", "RFC 5280 section 5.2.3", LINT_ERROR, number_not_critical},
        {"crl_number_value", "RFC 5280 section 5.2.3", LINT_ERROR, number_value},
        {"crl_delta_critical", "RFC 5280 section 5.2.4", LINT_ERROR, delta_critical},
        {"crl_point_critical", "RFC 5280 section 5.2.5", LINT_ERROR, point_critical},
        {"crl_point_form", "RFC 5280 section 5.2.5", LINT_ERROR, point_reads},
        {"crl_point_one_scope", "RFC 5280 section 5.2.5", LINT_ERROR, point_one_scope},
        {"crl_freshest", "RFC 5280 section 5.2.6", LINT_ERROR, freshest},
        {"crl_entry_version", "RFC 5280 section 5.1.2.1", LINT_ERROR, entry_version},
        {"crl_entry_extensions_some", "RFC 5280 section 5.3", LINT_ERROR, entry_extensions_some},
        {"crl_entry_extension_once", "RFC 5280 section 5.3", LINT_ERROR, entry_extension_once},
        {"crl_entry_critical_extension_known", "RFC 5280 section 5.3", LINT_WARNING, entry_critical_known},
        {"crl_entry_not_critical", "RFC 5280 section 5.3", LINT_ERROR, entry_not_critical},
        {"crl_reason_known", "RFC 5280 section 5.3.1", LINT_ERROR, reason_known},
        {"crl_reason_unspecified_absent", "RFC 5280 section 5.3.1", LINT_WARNING, reason_unspecified},
        {"crl_reason_remove_only_in_delta", "RFC 5280 section 5.3.1", LINT_ERROR, reason_remove},
        {"crl_invalidity_form", "RFC 5280 section 5.3.2", LINT_ERROR, invalidity_form},
        {"crl_certificate_issuer_indirect", "RFC 5280 section 5.3.3", LINT_ERROR, certificate_issuer_indirect},
        {0},
};
