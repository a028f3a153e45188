#include "pki/algorithm.h"
#include "pki/extension.h"
#include "pki/lint_rules.h"
#include "pki/name.h"

#include <openssl/core_names.h>
#include <string.h>

enum { DAY = 86400, SHORTEST_DAYS = 2922, LONGEST_DAYS = 9132, SERIAL_BITS = 159 };

static bool version_3(const struct lint_certificate *c, struct message *why)
{
	return X509_get_version(c->x) == X509_VERSION_3 || lint_fault(why, N_("The certificate is not of version 3."));
}

static bool serial_bounds(const struct lint_certificate *c, struct message *why)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(c->x), NULL);
	bool holds = n && !BN_is_zero(n) && !BN_is_negative(n) && BN_num_bits(n) <= SERIAL_BITS;

	BN_free(n);
	return holds || lint_fault(why, N_("The serial number is not greater than zero and less than 2^159."));
}

/* Randomness cannot be seen; too few octets for it can. */
static bool serial_size(const struct lint_certificate *c, struct message *why)
{
	int len = ASN1_STRING_length(X509_get0_serialNumber(c->x));

	return len >= 8 ||
	       lint_fault(why, N_("The serial number has %d octets: too few for 64 bits from a CSPRNG."), len);
}

static bool same_bytes(const struct lint_certificate *c, struct message *why)
{
	return c->self_issued || lint_fault(why, N_("The issuer is not byte for byte the subject."));
}

static bool algorithm_identical(const struct lint_certificate *c, struct message *why)
{
	const X509_ALGOR *outer;

	X509_get0_signature(NULL, &outer, c->x);
	return X509_ALGOR_cmp(X509_get0_tbs_sigalg(c->x), outer) == 0 ||
	       lint_fault(why,
	               N_("signatureAlgorithm is not byte for byte the signature field of the to-be-signed bytes."));
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

static bool not_before_window(const struct lint_certificate *c, struct message *why)
{
	int64_t now = c->context->now;

	if (now == 0)
		return true;
	if (c->not_before > now)
		return lint_fault(why, N_("notBefore lies %lld seconds after the time of signing."),
		        (long long)(c->not_before - now));
	return now - c->not_before <= DAY ||
	       lint_fault(why, N_("notBefore lies %lld hours before the time of signing; one day is allowed."),
	               (long long)((now - c->not_before) / 3600));
}

static bool unique_ids_absent(const struct lint_certificate *c, struct message *why)
{
	const ASN1_BIT_STRING *issuer, *subject;

	X509_get0_uids(c->x, &issuer, &subject);
	return (!issuer && !subject) || lint_fault(why, N_("A unique identifier is present."));
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

static bool authority_not_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_critical(c, NID_authority_key_identifier) ||
	       lint_fault(why, N_("authorityKeyIdentifier is critical."));
}

static bool basic_constraints(const struct lint_certificate *c, struct message *why)
{
	return lint_critical(c, NID_basic_constraints) ||
	       lint_fault(why, N_("basicConstraints is missing or not critical."));
}

static bool basic_constraints_ca(const struct lint_certificate *c, struct message *why)
{
	return c->ca || lint_fault(why, N_("basicConstraints does not set cA to TRUE."));
}

static bool path_length_absent(const struct lint_certificate *c, struct message *why)
{
	return !c->basic || !c->basic->pathlen ||
	       lint_fault(why, N_("A root with pathLenConstraint is not recommended."));
}

static bool key_usage(const struct lint_certificate *c, struct message *why)
{
	return lint_critical(c, NID_key_usage) || lint_fault(why, N_("keyUsage is missing or not critical."));
}

static bool key_usage_required(const struct lint_certificate *c, struct message *why)
{
	return (lint_usage(c, USAGE_CERT_SIGN) && lint_usage(c, USAGE_CRL_SIGN)) ||
	       lint_fault(why, N_("keyUsage does not assert both keyCertSign and cRLSign."));
}

static bool key_usage_permitted(const struct lint_certificate *c, struct message *why)
{
	for (int i = 0; c->usage && i < 8 * ASN1_STRING_length(c->usage); i++)
		if (lint_usage(c, i) && i != USAGE_DIGITAL_SIGNATURE && i != USAGE_CERT_SIGN && i != USAGE_CRL_SIGN)
			return lint_fault(why, N_("keyUsage asserts bit %d, which a CA certificate must not."), i);
	return true;
}

static bool key_id_present(const struct lint_certificate *c, struct message *why)
{
	return lint_extension(c, NID_subject_key_identifier) || lint_fault(why, N_("subjectKeyIdentifier is missing."));
}

static bool key_id_not_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_critical(c, NID_subject_key_identifier) ||
	       lint_fault(why, N_("subjectKeyIdentifier is critical."));
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

static bool policies_not_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_critical(c, NID_certificate_policies) || lint_fault(why, N_("certificatePolicies is critical."));
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

static bool rehearsal_absent(const struct lint_certificate *c, struct message *why)
{
	for (int i = 0; !c->context->rehearsal && i < X509_get_ext_count(c->x); i++)
		if (extension_is_rehearsal(X509_get_ext(c->x, i)))
			return lint_fault(
			        why, N_("This is a rehearsal's certificate: it carries the extension that says so."));
	return true;
}

static bool is_rsa(const struct lint_certificate *c)
{
	return c->key && EVP_PKEY_is_a(c->key, "RSA");
}

static bool key_size(const struct lint_certificate *c, struct message *why)
{
	const struct key_algorithm *algorithm = c->key ? key_algorithm_of(c->key) : NULL;
	int bits = c->key ? EVP_PKEY_get_bits(c->key) : 0;

	if (is_rsa(c))
		return (bits >= 2048 && bits % 8 == 0) ||
		       lint_fault(why, N_("The RSA modulus has %d bits: it must have at least 2048, in whole octets."),
		               bits);
	return (algorithm && algorithm->cabf) ||
	       lint_fault(why, N_("The key is neither RSA nor on the curve P-256, P-384 or P-521."));
}

static bool key_identifier(const struct lint_certificate *c, struct message *why)
{
	/* BR 7.1.3.1.1 and 7.1.3.1.2 give these bytes */
	static const uint8_t rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0},
	                     p256[] = {0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48,
	                             0xce, 0x3d, 3, 1, 7},
	                     p384[] = {0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0,
	                             0x22},
	                     p521[] = {0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0,
	                             0x23};
	static const struct {
		const uint8_t *der;
		size_t len;
	} allowed[] = {{rsa, sizeof rsa}, {p256, sizeof p256}, {p384, sizeof p384}, {p521, sizeof p521}};
	X509_ALGOR *algorithm = NULL;
	unsigned char *der = NULL;
	bool holds = false;
	int n;

	X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, X509_get_X509_PUBKEY(c->x));
	n = i2d_X509_ALGOR(algorithm, &der);
	for (size_t i = 0; n > 0 && i < sizeof allowed / sizeof allowed[0]; i++)
		holds = holds || ((size_t)n == allowed[i].len && memcmp(der, allowed[i].der, allowed[i].len) == 0);
	OPENSSL_free(der);
	return holds ||
	       lint_fault(why, N_("The public key's algorithm identifier is none of those allowed, byte for byte."));
}

static BIGNUM *rsa_number(const struct lint_certificate *c, const char *which)
{
	BIGNUM *n = NULL;

	if (is_rsa(c))
		EVP_PKEY_get_bn_param(c->key, which, &n);
	return n;
}

static bool rsa_exponent(const struct lint_certificate *c, struct message *why)
{
	BIGNUM *n = rsa_number(c, OSSL_PKEY_PARAM_RSA_E);
	bool holds = !is_rsa(c) || (n && BN_is_odd(n) && !BN_is_one(n));

	BN_free(n);
	return holds || lint_fault(why, N_("The RSA exponent is not an odd number of 3 or more."));
}

static bool rsa_exponent_range(const struct lint_certificate *c, struct message *why)
{
	BIGNUM *n = rsa_number(c, OSSL_PKEY_PARAM_RSA_E);
	/* 2^16+1 is the smallest odd number of 17 bits */
	bool holds = !is_rsa(c) || (n && BN_num_bits(n) >= 17 && BN_num_bits(n) <= 256);

	BN_free(n);
	return holds || lint_fault(why, N_("The RSA exponent lies outside 2^16+1 to 2^256-1."));
}

static bool rsa_modulus(const struct lint_certificate *c, struct message *why)
{
	BIGNUM *n = rsa_number(c, OSSL_PKEY_PARAM_RSA_N);
	unsigned factor = 0;

	/* a composite divisor has a prime one below it: every number will do */
	for (unsigned d = 2; n && !factor && d < 752; d++)
		if (BN_mod_word(n, d) == 0)
			factor = d;
	BN_free(n);
	return !factor || lint_fault(why, N_("The RSA modulus has the factor %u."), factor);
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
		return is_rsa(c) ||
		       lint_fault(why, N_("The signature algorithm %s does not go with the root's key."), a->name);
	return (k && strcmp(a->cabf_key, k->name) == 0) ||
	       lint_fault(why, N_("The signature algorithm %s does not go with the root's key."), a->name);
}

const struct lint_rule lint_cabf_root[] = {
        {"root_version_3", "BR 7.1.2.1", LINT_ERROR, version_3, false},
        {"root_serial_bounds", "BR 7.1.2.1", LINT_ERROR, serial_bounds, false},
        {"root_serial_size", "BR 7.1.2.1", LINT_WARNING, serial_size, false},
        {"root_issuer_is_subject", "BR 7.1.2.1", LINT_ERROR, same_bytes, false},
        {"root_algorithm_identical", "BR 7.1.2.1", LINT_ERROR, algorithm_identical, false},
        {"root_unique_ids_absent", "BR 7.1.2.1", LINT_ERROR, unique_ids_absent, false},
        {"root_validity_length", "BR 7.1.2.1.1", LINT_ERROR, validity_length, false},
        {"root_not_before", "BR 7.1.2.1.1", LINT_ERROR, not_before_window, true},
        {"root_authority_recommended", "BR 7.1.2.1.2", LINT_WARNING, authority_recommended, false},
        {"root_authority_not_critical", "BR 7.1.2.1.2", LINT_ERROR, authority_not_critical, false},
        {"root_authority_content", "BR 7.1.2.1.3", LINT_ERROR, authority_content, false},
        {"root_basic_constraints_critical", "BR 7.1.2.1.2", LINT_ERROR, basic_constraints, false},
        {"root_basic_constraints_ca", "BR 7.1.2.1.4", LINT_ERROR, basic_constraints_ca, false},
        {"root_path_length_absent", "BR 7.1.2.1.4", LINT_WARNING, path_length_absent, false},
        {"root_key_usage_critical", "BR 7.1.2.1.2", LINT_ERROR, key_usage, false},
        {"root_key_usage_required", "BR 7.1.2.10.7", LINT_ERROR, key_usage_required, false},
        {"root_key_usage_permitted", "BR 7.1.2.10.7", LINT_ERROR, key_usage_permitted, false},
        {"root_subject_key_identifier_present", "BR 7.1.2.1.2", LINT_ERROR, key_id_present, false},
        {"root_subject_key_identifier_not_critical", "BR 7.1.2.1.2", LINT_ERROR, key_id_not_critical, false},
        {"root_extended_key_usage_absent", "BR 7.1.2.1.2", LINT_ERROR, purposes_absent, false},
        {"root_policies_absent", "BR 7.1.2.1.2", LINT_WARNING, policies_absent, false},
        {"root_policies_not_critical", "BR 7.1.2.1.2", LINT_ERROR, policies_not_critical, false},
        {"root_other_extension", "BR 7.1.2.1.2", LINT_WARNING, other_absent, false},
        {"root_other_critical_extension", "BR 7.1.2.11.5", LINT_ERROR, other_critical_absent, false},
        {"root_rehearsal_extension", "BR 7.1.2.11.5", LINT_ERROR, rehearsal_absent, false},
        {"root_key_size", "BR 6.1.5", LINT_ERROR, key_size, false},
        {"root_rsa_exponent", "BR 6.1.6", LINT_ERROR, rsa_exponent, false},
        {"root_rsa_exponent_range", "BR 6.1.6", LINT_WARNING, rsa_exponent_range, false},
        {"root_rsa_modulus", "BR 6.1.6", LINT_WARNING, rsa_modulus, false},
        {"root_key_identifier", "BR 7.1.3.1", LINT_ERROR, key_identifier, false},
        {"root_signature_algorithm", "BR 7.1.3.2", LINT_ERROR, signature_algorithm, false},
        {0},
};
