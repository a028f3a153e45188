/* Rules that the Baseline Requirements have for several kinds of certificates. */
#include "pki/lint_cabf.h"

#include "pki/algorithm.h"
#include "pki/extension.h"

#include <openssl/core_names.h>
#include <string.h>

enum { DAY = 86400, SERIAL_BITS = 159 };

bool cabf_version_3(const struct lint_certificate *c, struct message *why)
{
	return X509_get_version(c->x) == X509_VERSION_3 || lint_fault(why, N_("The certificate is not of version 3."));
}

bool cabf_serial_bounds(const struct lint_certificate *c, struct message *why)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(c->x), NULL);
	bool holds = n && !BN_is_zero(n) && !BN_is_negative(n) && BN_num_bits(n) <= SERIAL_BITS;

	BN_free(n);
	return holds || lint_fault(why, N_("The serial number is not greater than zero and less than 2^159."));
}

/* Randomness cannot be seen; too few octets for it can. */
bool cabf_serial_size(const struct lint_certificate *c, struct message *why)
{
	int len = ASN1_STRING_length(X509_get0_serialNumber(c->x));

	return len >= 8 ||
	       lint_fault(why, N_("The serial number has %d octets: too few for 64 bits from a CSPRNG."), len);
}

bool cabf_algorithm_identical(const struct lint_certificate *c, struct message *why)
{
	const X509_ALGOR *outer;

	X509_get0_signature(NULL, &outer, c->x);
	return X509_ALGOR_cmp(X509_get0_tbs_sigalg(c->x), outer) == 0 ||
	       lint_fault(why,
	               N_("signatureAlgorithm is not byte for byte the signature field of the to-be-signed bytes."));
}

bool cabf_not_before(const struct lint_certificate *c, struct message *why)
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

bool cabf_not_after(const struct lint_certificate *c, struct message *why)
{
	return c->context->now == 0 || c->not_after >= c->context->now ||
	       lint_fault(why, N_("notAfter lies before the time of signing."));
}

bool cabf_unique_ids_absent(const struct lint_certificate *c, struct message *why)
{
	const ASN1_BIT_STRING *issuer, *subject;

	X509_get0_uids(c->x, &issuer, &subject);
	return (!issuer && !subject) || lint_fault(why, N_("A unique identifier is present."));
}

bool cabf_authority_not_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_critical(c, NID_authority_key_identifier) ||
	       lint_fault(why, N_("authorityKeyIdentifier is critical."));
}

bool cabf_basic_constraints(const struct lint_certificate *c, struct message *why)
{
	return lint_critical(c, NID_basic_constraints) ||
	       lint_fault(why, N_("basicConstraints is missing or not critical."));
}

bool cabf_basic_constraints_ca(const struct lint_certificate *c, struct message *why)
{
	return c->ca || lint_fault(why, N_("basicConstraints does not set cA to TRUE."));
}

bool cabf_key_usage(const struct lint_certificate *c, struct message *why)
{
	return lint_critical(c, NID_key_usage) || lint_fault(why, N_("keyUsage is missing or not critical."));
}

bool cabf_key_usage_required(const struct lint_certificate *c, struct message *why)
{
	return (lint_usage(c, USAGE_CERT_SIGN) && lint_usage(c, USAGE_CRL_SIGN)) ||
	       lint_fault(why, N_("keyUsage does not assert both keyCertSign and cRLSign."));
}

bool cabf_key_usage_permitted(const struct lint_certificate *c, struct message *why)
{
	for (int i = 0; c->usage && i < 8 * ASN1_STRING_length(c->usage); i++)
		if (lint_usage(c, i) && i != USAGE_DIGITAL_SIGNATURE && i != USAGE_CERT_SIGN && i != USAGE_CRL_SIGN)
			return lint_fault(why, N_("keyUsage asserts bit %d, which a CA certificate must not."), i);
	return true;
}

bool cabf_key_id_present(const struct lint_certificate *c, struct message *why)
{
	return lint_extension(c, NID_subject_key_identifier) || lint_fault(why, N_("subjectKeyIdentifier is missing."));
}

bool cabf_key_id_not_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_critical(c, NID_subject_key_identifier) ||
	       lint_fault(why, N_("subjectKeyIdentifier is critical."));
}

bool cabf_policies_not_critical(const struct lint_certificate *c, struct message *why)
{
	return !lint_critical(c, NID_certificate_policies) || lint_fault(why, N_("certificatePolicies is critical."));
}

bool cabf_rehearsal_absent(const struct lint_certificate *c, struct message *why)
{
	for (int i = 0; !c->context->rehearsal && i < X509_get_ext_count(c->x); i++)
		if (extension_is_rehearsal(X509_get_ext(c->x, i)))
			return lint_fault(
			        why, N_("This is a rehearsal's certificate: it carries the extension that says so."));
	return true;
}

bool cabf_is_rsa(const struct lint_certificate *c)
{
	return c->key && EVP_PKEY_is_a(c->key, "RSA");
}

bool cabf_key_size(const struct lint_certificate *c, struct message *why)
{
	const struct key_algorithm *algorithm = c->key ? key_algorithm_of(c->key) : NULL;
	int bits = c->key ? EVP_PKEY_get_bits(c->key) : 0;

	if (cabf_is_rsa(c))
		return (bits >= 2048 && bits % 8 == 0) ||
		       lint_fault(why, N_("The RSA modulus has %d bits: it must have at least 2048, in whole octets."),
		               bits);
	return (algorithm && algorithm->cabf) ||
	       lint_fault(why, N_("The key is neither RSA nor on the curve P-256, P-384 or P-521."));
}

bool cabf_key_identifier(const struct lint_certificate *c, struct message *why)
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

	if (cabf_is_rsa(c))
		EVP_PKEY_get_bn_param(c->key, which, &n);
	return n;
}

bool cabf_rsa_exponent(const struct lint_certificate *c, struct message *why)
{
	BIGNUM *n = rsa_number(c, OSSL_PKEY_PARAM_RSA_E);
	bool holds = !cabf_is_rsa(c) || (n && BN_is_odd(n) && !BN_is_one(n));

	BN_free(n);
	return holds || lint_fault(why, N_("The RSA exponent is not an odd number of 3 or more."));
}

bool cabf_rsa_exponent_range(const struct lint_certificate *c, struct message *why)
{
	BIGNUM *n = rsa_number(c, OSSL_PKEY_PARAM_RSA_E);
	/* 2^16+1 is the smallest odd number of 17 bits */
	bool holds = !cabf_is_rsa(c) || (n && BN_num_bits(n) >= 17 && BN_num_bits(n) <= 256);

	BN_free(n);
	return holds || lint_fault(why, N_("The RSA exponent lies outside 2^16+1 to 2^256-1."));
}

bool cabf_rsa_modulus(const struct lint_certificate *c, struct message *why)
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
