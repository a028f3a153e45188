#include "pki/profile.h"

#include "pki/algorithm.h"
#include "pki/der.h"
#include "pki/extension.h"
#include "pki/name.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

/* 9999-12-31T23:59:59Z, the last moment a GeneralizedTime can say (RFC 5280 section 4.1.2.5). */
static const int64_t last_second = 253402300799;

static int set_serial(X509 *x, const struct pki_profile *p, struct error *e)
{
	BIGNUM *number = NULL;
	int status = -1;

	if (p->serial_len > sizeof p->serial)
		return error_set(
		        e, ERROR_FAULT, N_("The serial number is longer than 20 octets (RFC 5280 section 4.1.2.2)."));
	number = BN_bin2bn(p->serial, (int)p->serial_len, NULL);
	if (!number)
		error_memory(e);
	else if (BN_is_zero(number))
		error_set(e, ERROR_FAULT,
		        N_("The serial number is zero; it must be positive (RFC 5280 section 4.1.2.2)."));
	else if (BN_num_bits(number) > 159)
		error_set(e, ERROR_FAULT, N_("The serial number is not below 2^159 (RFC 5280 section 4.1.2.2)."));
	else if (!BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)))
		error_memory(e);
	else
		status = 0;
	BN_free(number);
	return status;
}

static int set_names(X509 *x, const struct pki_profile *p, struct error *e)
{
	X509_NAME *subject = p->subject_der ? name_parse(p->subject_der, p->subject_der_len, e)
	                                    : name_build(p->subject, p->subjects, e),
	          *issuer = NULL;
	int status = -1;

	if (!subject)
		goto out;
	if (p->issuer && !(issuer = name_parse(p->issuer, p->issuer_len, e)))
		goto out;
	if (!p->issuer && X509_NAME_entry_count(subject) == 0) {
		error_set(e, ERROR_FAULT, N_("The certificate has no subject, and so no issuer."));
		goto out;
	}
	if (X509_set_subject_name(x, subject) != 1 || X509_set_issuer_name(x, issuer ? issuer : subject) != 1) {
		error_memory(e);
		goto out;
	}
	status = 0;
out:
	X509_NAME_free(subject);
	X509_NAME_free(issuer);
	return status;
}

static int set_validity(X509 *x, const struct pki_profile *p, struct error *e)
{
	if (p->not_before < 0 || p->not_after > last_second)
		return error_set(e, ERROR_FAULT, N_("The validity lies outside the years 1970 to 9999."));
	if (p->not_after < p->not_before)
		return error_set(e, ERROR_FAULT, N_("The validity ends before it begins."));
	/* picks UTCTime to 2049 and GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5) */
	if (!ASN1_TIME_set(X509_getm_notBefore(x), (time_t)p->not_before) ||
	        !ASN1_TIME_set(X509_getm_notAfter(x), (time_t)p->not_after))
		return openssl_error(e, ERROR_INTERNAL, N_("The validity cannot be encoded: %s."));
	return 0;
}

static int check_key(const struct pki_profile *p, const EVP_PKEY *key, struct error *e)
{
	const struct key_algorithm *algorithm = key_algorithm_of(key);

	if (!algorithm)
		return error_set(e, ERROR_FAULT, N_("The public key is of no algorithm, size or curve known here."));
	if (!key_is_sound(key))
		return error_set(e, ERROR_FAULT,
		        N_("The Ed25519 public key is of small order or not canonical: it proves nothing."));
	if (!p->issuer && !pki_signature_fits(p->signature, algorithm->name))
		return error_set(e, ERROR_FAULT, N_("A key of algorithm %s cannot make a signature of algorithm %s."),
		        algorithm->name, p->signature);
	return 0;
}

static int set_key(X509 *x, const struct pki_profile *p, struct error *e)
{
	EVP_PKEY *key = spki_parse(p->spki, p->spki_len, e);
	struct spki_parts parts;
	unsigned char *der = NULL;
	int status = -1, n;

	if (!key || check_key(p, key, e) || spki_split(p->spki, p->spki_len, &parts) || spki_put(x, &parts, e))
		goto out;
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	if (n < 0 || (size_t)n != p->spki_len || memcmp(der, p->spki, p->spki_len) != 0) {
		error_set(e, ERROR_INTERNAL,
		        N_("The public key would stand in the certificate with other bytes than were given."));
		goto out;
	}
	status = 0;
out:
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	return status;
}

static int set_algorithm(X509 *x, const struct signature_algorithm *a, struct error *e)
{
	const unsigned char *at = a->der;
	X509_ALGOR *identifier = d2i_X509_ALGOR(NULL, &at, (long)a->der_len);
	/* the one field that OpenSSL has no setter for without a private key */
	X509_ALGOR *inside = (X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x);
	int status = -1;

	if (!identifier || X509_ALGOR_copy(inside, identifier) != 1)
		error_memory(e);
	else
		status = 0;
	X509_ALGOR_free(identifier);
	return status;
}

/* Names that were taken byte for byte stand so in what was built: OpenSSL would else have encoded them in its own way.
 */
static int check_names(const X509 *x, const struct pki_profile *p, struct error *e)
{
	const X509_NAME *names[] = {X509_get_subject_name(x), X509_get_issuer_name(x)};
	const uint8_t *wanted[] = {p->subject_der, p->issuer};
	const size_t lengths[] = {p->subject_der_len, p->issuer_len};
	const unsigned char *der;
	size_t len;

	for (size_t i = 0; i < 2; i++)
		if (wanted[i] && (X509_NAME_get0_der(names[i], &der, &len) != 1 || len != lengths[i] ||
		                         memcmp(der, wanted[i], len) != 0))
			return error_set(e, ERROR_INTERNAL,
			        N_("A name would stand in the certificate with other bytes than were given."));
	return 0;
}

static int encode(X509 *x, struct bytes *tbs, struct error *e)
{
	unsigned char *der = NULL;
	struct der_tbs again;
	int n = i2d_re_X509_tbs(x, &der), status = -1;

	if (n <= 0) {
		openssl_error(e, ERROR_INTERNAL, N_("The to-be-signed bytes cannot be encoded: %s."));
		goto out;
	}
	if (der_tbs(der, (size_t)n, &again, e))
		goto out;
	bytes_add(tbs, der, (size_t)n);
	status = bytes_end(tbs, e);
out:
	OPENSSL_free(der);
	return status;
}

int certificate_tbs(const struct pki_profile *p, struct bytes *tbs, struct error *e)
{
	const struct signature_algorithm *a = signature_algorithm_named(p->signature);
	X509 *x = NULL;
	int status = -1;

	if (!a)
		return error_set(e, ERROR_FAULT, N_("The signature algorithm %s is not known."),
		        p->signature ? p->signature : "");
	x = X509_new();
	if (!x || X509_set_version(x, X509_VERSION_3) != 1) {
		error_memory(e);
		goto out;
	}
	if (set_serial(x, p, e) || set_algorithm(x, a, e) || set_names(x, p, e) || set_validity(x, p, e) ||
	        set_key(x, p, e) || extensions_add(x, p, e) || check_names(x, p, e))
		goto out;
	status = encode(x, tbs, e);
out:
	X509_free(x);
	ERR_clear_error();
	return status;
}

/* RFC 5280 section 4.1.1.2 */
static bool same_algorithm(const struct der_certificate *parts, const struct der_tbs *fields)
{
	return parts->algorithm.whole_len == fields->algorithm.whole_len &&
	       memcmp(parts->algorithm.whole, fields->algorithm.whole, parts->algorithm.whole_len) == 0;
}

int certificate_assemble(const void *tbs, size_t len, const char *signature_algorithm, const void *signature,
        size_t signature_len, struct bytes *der, struct error *e)
{
	struct bytes whole = {0};
	struct der_certificate parts;
	struct der_tbs fields;
	int status = -1;

	if (signature_join(tbs, len, signature_algorithm, signature, signature_len, &whole, e) ||
	        certificate_fields(whole.data, whole.len, &parts, &fields, e))
		goto out;
	if (parts.tbs.whole_len != len || memcmp(parts.tbs.whole, tbs, len) != 0) {
		error_set(e, ERROR_FAULT, N_("The to-be-signed bytes are not one TBSCertificate in DER."));
		goto out;
	}
	if (!same_algorithm(&parts, &fields)) {
		error_set(e, ERROR_FAULT, N_("The to-be-signed bytes name another signature algorithm than %s."),
		        signature_algorithm);
		goto out;
	}
	bytes_add(der, whole.data, whole.len);
	status = bytes_end(der, e);
out:
	bytes_free(&whole);
	return status;
}

int certificate_verify(const void *der, size_t len, const void *spki, size_t spki_len, struct error *e)
{
	const struct signature_algorithm *a;
	struct der_certificate parts;
	struct der_tbs fields;

	if (certificate_fields(der, len, &parts, &fields, e))
		return -1;
	a = signature_algorithm_of(parts.algorithm.whole, parts.algorithm.whole_len);
	if (!a || !same_algorithm(&parts, &fields))
		return error_set(
		        e, ERROR_FAULT, N_("The certificate's signature algorithm is none of those known here."));
	if (parts.signature.len < 2 || parts.signature.value[0] != 0)
		return error_set(e, ERROR_FAULT, N_("The certificate's signature is not whole bytes."));
	return pki_verify(spki, spki_len, a->name, parts.tbs.whole, parts.tbs.whole_len, parts.signature.value + 1,
	        parts.signature.len - 1, e);
}

int certificate_pem(const void *der, size_t len, struct bytes *pem, struct error *e)
{
	struct bytes text = {0};
	struct der_certificate parts;
	struct der_tbs fields;
	int status = -1;

	if (certificate_fields(der, len, &parts, &fields, e))
		return -1;
	bytes_base64(&text, der, len);
	if (bytes_end(&text, e))
		goto out;
	/* RFC 7468 section 2: lines of 64 */
	bytes_text(pem, "-----BEGIN CERTIFICATE-----\n");
	for (size_t i = 0; i < text.len; i += 64) {
		bytes_add(pem, text.data + i, text.len - i < 64 ? text.len - i : 64);
		bytes_byte(pem, '\n');
	}
	bytes_text(pem, "-----END CERTIFICATE-----\n");
	status = bytes_end(pem, e);
out:
	bytes_free(&text);
	return status;
}
