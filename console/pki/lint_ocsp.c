/* RFC 6960 with the profile of RFC 5019 for responses signed ahead, and BR 4.9.9 and 7.3. */
#include "pki/algorithm.h"
#include "pki/lint_lists.h"

#include "pki/der_time.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>

static bool successful(const struct lint_ocsp *o, struct message *why)
{
	return (o->response.status == 0 && o->response.basic) ||
	       lint_fault(why, N_("The response is not a successful one of the type id-pkix-ocsp-basic."));
}

static bool version_1(const struct lint_ocsp *o, struct message *why)
{
	/* version v1 is the default, which DER leaves out */
	return !o->response.version.whole || lint_fault(why, N_("The response is not of version 1, or writes it out."));
}

/* Does the ResponderID name the certificate inside? Without one, only the issuer could tell. */
static bool responder_id(const struct lint_ocsp *o, struct message *why)
{
	const struct der *id = &o->response.responder;
	const ASN1_BIT_STRING *bits;
	uint8_t sum[EVP_MAX_MD_SIZE];
	const unsigned char *name;
	size_t name_len;
	unsigned len = 0;
	bool same;

	if (!id->whole)
		return true;
	if (id->tag == 0xa2 && (id->len != 22 || id->value[0] != 0x04 || id->value[1] != 20))
		return lint_fault(why, N_("The responder's key hash is not of SHA-1."));
	if (!o->responder)
		return true;
	bits = X509_get0_pubkey_bitstr(o->responder);
	if (id->tag == 0xa1)
		same = X509_NAME_get0_der(X509_get_subject_name(o->responder), &name, &name_len) == 1 &&
		       name_len == id->len && memcmp(name, id->value, name_len) == 0;
	else
		same = EVP_Digest(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), sum, &len, EVP_sha1(),
		               NULL) == 1 &&
		       memcmp(sum, id->value + 2, 20) == 0;
	return same || lint_fault(why, N_("The responder is not the one whose certificate is inside."));
}

static bool time_form(const struct lint_ocsp *o, struct message *why)
{
	bool good = !o->response.produced_time.whole || o->response.produced_at >= 0;

	for (size_t i = 0; i < o->singles; i++) {
		const struct ocsp_single *s = &o->single[i];
		good = good && s->this_update >= 0 && (!s->next_time.whole || s->next_update >= 0) &&
		       (!s->revoked_time.whole || s->revoked_at >= 0);
	}
	return good || lint_fault(why, N_("A time has a fraction of a second, no seconds, or is not in Z."));
}

static bool answers(const struct lint_ocsp *o, struct message *why)
{
	return o->response.status || !o->response.basic || o->singles ||
	       lint_fault(why, N_("The response answers for no certificate."));
}

static bool answer_once(const struct lint_ocsp *o, struct message *why)
{
	for (size_t i = 0; i < o->singles; i++)
		for (size_t k = 0; k < i; k++)
			if (o->single[i].id.len == o->single[k].id.len &&
			        memcmp(o->single[i].id.value, o->single[k].id.value, o->single[i].id.len) == 0)
				return lint_fault(why, N_("The response answers twice for one certificate."));
	return true;
}

static bool serial_positive(const struct lint_ocsp *o, struct message *why)
{
	uint8_t serial[SERIAL_MAX];

	for (size_t i = 0; i < o->singles; i++) {
		const struct der *d = &o->single[i].serial;
		if ((d->value[0] & 0x80) || serial_set(serial, d->value, d->len, NULL))
			return lint_fault(why, N_("A serial number is not positive or has more than 20 octets."));
	}
	return true;
}

static bool update_order(const struct lint_ocsp *o, struct message *why)
{
	for (size_t i = 0; i < o->singles; i++)
		if (o->single[i].next_update >= 0 && o->single[i].next_update <= o->single[i].this_update)
			return lint_fault(why, N_("nextUpdate does not lie after thisUpdate."));
	return true;
}

static bool this_update_past(const struct lint_ocsp *o, struct message *why)
{
	int64_t now = o->context->now;

	for (size_t i = 0; i < o->singles; i++)
		if (now && o->single[i].this_update > now)
			return lint_fault(why, N_("thisUpdate lies %lld seconds after the time of signing."),
			        (long long)(o->single[i].this_update - now));
	return true;
}

static bool next_update_present(const struct lint_ocsp *o, struct message *why)
{
	for (size_t i = 0; i < o->singles; i++)
		if (!o->single[i].next_time.whole)
			return lint_fault(why, N_("nextUpdate is missing."));
	return true;
}

static bool revoked_past(const struct lint_ocsp *o, struct message *why)
{
	for (size_t i = 0; i < o->singles; i++)
		if (o->single[i].revoked_at > o->single[i].this_update)
			return lint_fault(why, N_("A revocation lies after thisUpdate."));
	return true;
}

static bool reason_known(const struct lint_ocsp *o, struct message *why)
{
	for (size_t i = 0; i < o->singles; i++)
		if (o->single[i].reason == OCSP_BAD_REASON || o->single[i].reason == REASON_REMOVE_FROM_CRL)
			return lint_fault(why, N_("The reason of a revocation is none, or removeFromCRL."));
	return true;
}

static bool status_known(const struct lint_ocsp *o, struct message *why)
{
	for (size_t i = 0; i < o->singles; i++)
		if (o->single[i].status == OCSP_UNKNOWN)
			return lint_fault(why, N_("A status is unknown, which nobody signs ahead."));
	return true;
}

static bool nonce_absent(const struct lint_ocsp *o, struct message *why)
{
	static const uint8_t nonce[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02};
	const uint8_t *at = o->response.extensions.value;
	size_t left = o->response.extensions.len;
	struct crl_extension x;

	while (crl_extension_next(&at, &left, &x) == 1)
		if (x.oid.len == sizeof nonce && memcmp(x.oid.value, nonce, sizeof nonce) == 0)
			return lint_fault(why, N_("A response signed ahead has a nonce."));
	return true;
}

static bool critical_known(const struct lint_ocsp *o, struct message *why)
{
	const uint8_t *at = o->response.extensions.value;
	size_t left = o->response.extensions.len;
	struct crl_extension x;

	while (crl_extension_next(&at, &left, &x) == 1)
		if (x.critical && !(o->context->rehearsal && lint_is_rehearsal(&x)))
			return lint_fault(
			        why, N_("The response has a critical extension, which clients need not know."));
	return true;
}

static bool has_purpose(X509 *x)
{
	EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	bool has = false;

	for (int i = 0; usage && i < sk_ASN1_OBJECT_num(usage); i++)
		has = has || OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i)) == NID_OCSP_sign;
	EXTENDED_KEY_USAGE_free(usage);
	return has;
}

static bool responder_parses(const struct lint_ocsp *o, struct message *why)
{
	return !o->response.certificates.len || o->responder ||
	       lint_fault(why, N_("The certificate inside the response does not parse."));
}

/* A certificate inside is either a delegate's or the issuer's own, which is a CA. */
static bool responder_purpose(const struct lint_ocsp *o, struct message *why)
{
	return !o->responder || X509_check_ca(o->responder) == 1 || has_purpose(o->responder) ||
	       lint_fault(why, N_("The responder's certificate has no extended key usage OCSPSigning."));
}

const struct lint_ocsp_rule lint_rfc6960_response[] = {
        {"ocsp_successful", "RFC 6960 section 4.2.1", LINT_ERROR, successful},
        {"ocsp_version_1", "RFC 6960 section 4.2.1", LINT_ERROR, version_1},
        {"ocsp_responder_id", "RFC 6960 section 4.2.2.3", LINT_ERROR, responder_id},
        {"ocsp_time_form", "RFC 5019 section 2.2.4", LINT_ERROR, time_form},
        {"ocsp_answers", "RFC 6960 section 4.2.1", LINT_ERROR, answers},
        {"ocsp_answer_once", "RFC 6960 section 4.2.1", LINT_ERROR, answer_once},
        {"ocsp_serial_positive", "RFC 5280 section 4.1.2.2", LINT_ERROR, serial_positive},
        {"ocsp_update_order", "RFC 6960 section 4.2.2.1", LINT_ERROR, update_order},
        {"ocsp_this_update_past", "RFC 6960 section 4.2.2.1", LINT_ERROR, this_update_past},
        {"ocsp_next_update_present", "RFC 5019 section 2.2.4", LINT_ERROR, next_update_present},
        {"ocsp_revoked_past", "RFC 6960 section 2.2", LINT_WARNING, revoked_past},
        {"ocsp_reason_known", "RFC 5280 section 5.3.1", LINT_ERROR, reason_known},
        {"ocsp_status_known", "RFC 6960 section 2.2", LINT_ERROR, status_known},
        {"ocsp_nonce_absent", "RFC 6960 section 4.4.1", LINT_ERROR, nonce_absent},
        {"ocsp_critical_extension_known", "RFC 6960 section 4.4", LINT_WARNING, critical_known},
        {"ocsp_responder_certificate_parses", "RFC 6960 section 4.2.1", LINT_ERROR, responder_parses},
        {"ocsp_responder_purpose", "RFC 6960 section 4.2.2.2", LINT_ERROR, responder_purpose},
        {0},
};

static bool cabf_algorithm(const struct lint_ocsp *o, struct message *why)
{
	const struct der *d = &o->response.algorithm;
	const struct signature_algorithm *a = d->whole ? signature_algorithm_of(d->whole, d->whole_len) : NULL;

	return (a && a->cabf_key) ||
	       lint_fault(why, N_("The signature algorithm is none of those that BR 7.1.3.2 allows."));
}

/* "inclusive": the second of nextUpdate counts. */
static int64_t interval(const struct ocsp_single *s)
{
	return s->next_update - s->this_update + 1;
}

static bool cabf_shortest(const struct lint_ocsp *o, struct message *why)
{
	enum { HOURS = 8 };

	for (size_t i = 0; i < o->singles; i++)
		if (!o->context->covers_ca && o->single[i].this_update >= 0 && o->single[i].next_update >= 0 &&
		        interval(&o->single[i]) < HOURS * INT64_C(3600))
			return lint_fault(why, N_("The response is valid for less than %d hours."), (int)HOURS);
	return true;
}

static bool cabf_longest(const struct lint_ocsp *o, struct message *why)
{
	enum { DAYS = 10 };

	for (size_t i = 0; i < o->singles; i++) {
		const struct ocsp_single *s = &o->single[i];
		if (s->this_update < 0 || s->next_update < 0)
			return lint_fault(why, N_("thisUpdate or nextUpdate is missing or cannot be read."));
		if (o->context->covers_ca && s->next_update > der_time_year_later(s->this_update))
			return lint_fault(
			        why, N_("The response about a CA certificate is valid for more than 12 months."));
		if (!o->context->covers_ca && interval(s) > DAYS * INT64_C(86400))
			return lint_fault(why,
			        N_("The response about a subscriber's certificate is valid for more than %d days."),
			        (int)DAYS);
	}
	return true;
}

static bool cabf_reason(const struct lint_ocsp *o, struct message *why)
{
	static const unsigned allowed = 1u << REASON_KEY_COMPROMISE | 1u << REASON_AFFILIATION_CHANGED |
	                                1u << REASON_SUPERSEDED | 1u << REASON_CESSATION_OF_OPERATION |
	                                1u << REASON_PRIVILEGE_WITHDRAWN;

	for (size_t i = 0; i < o->singles; i++) {
		const struct ocsp_single *s = &o->single[i];
		if (s->status != OCSP_REVOKED || !o->context->covers_ca)
			continue;
		if (s->reason < 0)
			return lint_fault(why, N_("A revoked CA certificate's status has no revocationReason."));
		if (!(allowed & 1u << s->reason))
			return lint_fault(why,
			        N_("A revoked CA certificate's revocationReason is not in the table of BR 7.2.2."));
	}
	return true;
}

static bool cabf_reason_extension(const struct lint_ocsp *o, struct message *why)
{
	for (size_t i = 0; i < o->singles; i++) {
		const uint8_t *at = o->single[i].extensions.value;
		size_t left = o->single[i].extensions.len;
		struct crl_extension x;
		while (crl_extension_next(&at, &left, &x) == 1)
			if (x.oid.len == 3 && memcmp(x.oid.value, "\x55\x1d\x15", 3) == 0)
				return lint_fault(why, N_("singleExtensions holds a reasonCode."));
	}
	return true;
}

static bool cabf_no_check(const struct lint_ocsp *o, struct message *why)
{
	return !o->responder || X509_check_ca(o->responder) == 1 ||
	       X509_get_ext_by_NID(o->responder, NID_id_pkix_OCSP_noCheck, -1) >= 0 ||
	       lint_fault(why, N_("The responder's certificate has no extension id-pkix-ocsp-nocheck."));
}

static bool cabf_rehearsal(const struct lint_ocsp *o, struct message *why)
{
	return o->context->rehearsal || !lint_has_rehearsal(&o->response.extensions) ||
	       lint_fault(why, N_("This is a rehearsal's OCSP response: it carries the extension that says so."));
}

const struct lint_ocsp_rule lint_cabf_ocsp_response[] = {
        {"ocsp_cabf_signature_algorithm", "BR 7.1.3.2", LINT_ERROR, cabf_algorithm},
        {"ocsp_cabf_no_check", "BR 4.9.9", LINT_ERROR, cabf_no_check},
        {"ocsp_cabf_shortest", "BR 4.9.9", LINT_ERROR, cabf_shortest},
        {"ocsp_cabf_longest", "BR 4.9.9", LINT_ERROR, cabf_longest},
        {"ocsp_cabf_reason", "BR 7.3", LINT_ERROR, cabf_reason},
        {"ocsp_cabf_reason_extension", "BR 7.3.2", LINT_ERROR, cabf_reason_extension},
        {"ocsp_cabf_rehearsal_extension", "BR 7.3", LINT_ERROR, cabf_rehearsal},
        {0},
};
