/* Certificates that others issue, one sound of each kind, and changes to them that each break something. */
#ifndef TEST_PKI_LINT_KINDS_H
#define TEST_PKI_LINT_KINDS_H

#include "lint_mutations.h"

enum kind { TLS, CROSS, CONSTRAINED, OTHER, OCSP, TSA, DEVICE_CA, DEVICE };

#define POINT  "URI:http://example.jp/root.crl"
#define ACCESS "caIssuers;URI:http://example.jp/root.cer"
#define NAMES  "critical,permitted;DNS:example.jp,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::,permitted;dirName:org"

static const struct {
	const char *set, *extension[24];
} kinds[] = {
        [TLS] = {"cabf-sub-ca",
                {"basicConstraints", "critical,CA:TRUE,pathlen:0", "keyUsage", "critical,keyCertSign,cRLSign",
                        "extendedKeyUsage", "serverAuth", "certificatePolicies", "2.23.140.1.2.2",
                        "crlDistributionPoints", POINT, "authorityInfoAccess", ACCESS, NULL}},
        [CROSS] = {"cabf-cross",
                {"basicConstraints", "critical,CA:TRUE", "keyUsage", "critical,keyCertSign,cRLSign", "extendedKeyUsage",
                        "serverAuth,clientAuth", "certificatePolicies", "2.5.29.32.0", "crlDistributionPoints", POINT,
                        "authorityInfoAccess", ACCESS, "subjectKeyIdentifier", "copy", NULL}},
        [CONSTRAINED] = {"cabf-constrained",
                {"basicConstraints", "critical,CA:TRUE,pathlen:0", "keyUsage", "critical,keyCertSign,cRLSign",
                        "extendedKeyUsage", "serverAuth", "certificatePolicies", "2.23.140.1.2.2",
                        "crlDistributionPoints", POINT, "authorityInfoAccess", ACCESS, "nameConstraints", NAMES, NULL}},
        [OTHER] = {"cabf-constrained", {"basicConstraints", "critical,CA:TRUE,pathlen:0", "keyUsage",
                                               "critical,keyCertSign,cRLSign", "extendedKeyUsage", "emailProtection",
                                               "crlDistributionPoints", POINT, "authorityInfoAccess", ACCESS, NULL}},
        [OCSP] = {"cabf-ocsp", {"keyUsage", "critical,digitalSignature", "extendedKeyUsage", "OCSPSigning", "noCheck",
                                       "ignored", NULL}},
        [TSA] = {"tsa", {"keyUsage", "critical,digitalSignature", "extendedKeyUsage", "critical,timeStamping", NULL}},
        [DEVICE_CA] = {"ieee-802.1ar",
                {"basicConstraints", "critical,CA:TRUE,pathlen:0", "keyUsage", "critical,keyCertSign,cRLSign", NULL}},
        [DEVICE] = {"ieee-802.1ar", {"keyUsage", "critical,digitalSignature", NULL}},
};

struct case_ {
	enum kind kind;
	const char *name, *wanted;     /* the findings, in order, warnings in brackets */
	const char *extension, *value; /* replaced; value NULL: left out */
	void (*profile)(struct root *r);
	void (*certificate)(X509 *x);
	void (*bytes)(struct root *r, struct bytes *der);
	const char *set, *key; /* another set than the kind's; another key */
	const char *issuer;    /* basicConstraints of the issuer; NULL: those of a root */
};

static inline void without(struct root *r, const char *name)
{
	for (size_t i = 0; i < r->p.extension_count; i++)
		if (strcmp(r->extension[i].name, name) == 0) {
			memmove(&r->extension[i], &r->extension[i + 1],
			        (r->p.extension_count - i - 1) * sizeof r->extension[0]);
			r->p.extension_count--;
			return;
		}
}

static inline void k_tomorrow(struct root *r)
{
	r->p.not_before += 86400;
}
static inline void k_two_days_ago(struct root *r)
{
	r->p.not_before -= 2 * 86400;
}
static inline void k_over(struct root *r)
{
	r->p.not_after = r->p.not_before - 1;
	r->p.not_before -= 3600;
}
static inline void k_unit(struct root *r)
{
	subject_is(r, (const char *const[]){"C", "JP", "O", "E", "OU", "Unit", "CN", "CA", NULL});
}
static inline void k_no_names(struct root *r)
{
	subject_is(r, (const char *const[]){"street", "1-1", NULL});
}
static inline void k_no_organization(struct root *r)
{
	subject_is(r, (const char *const[]){"C", "JP", "CN", "CA", NULL});
}
static inline void k_end(struct root *r)
{
	r->p.not_after = INT64_C(253402300798);
}
static inline void k_other_subject(struct root *r)
{
	r->p.subject_der = NULL;
	subject_is(r, (const char *const[]){"C", "JP", "O", "Example", "CN", "Other", NULL});
}
static inline void k_other_key_id(struct root *r)
{
	static const uint8_t other[] = {1, 2, 3};
	r->p.key_id = other;
	r->p.key_id_len = sizeof other;
}
static inline void k_device_nameless(struct root *r)
{
	r->p.subjects = 0;
}
static inline void k_device_numberless(struct root *r)
{
	subject_is(r, (const char *const[]){"O", "E", "CN", "Device", NULL});
}
static inline void x_issuer(X509 *x)
{
	X509_NAME *name = X509_NAME_new();

	assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"x", 1, -1, 0));
	assert_true(X509_set_issuer_name(x, name));
	X509_NAME_free(name);
}
static inline void x_self(X509 *x)
{
	assert_true(X509_set_issuer_name(x, X509_get_subject_name(x)));
}
static inline void x_no_check_text(X509 *x)
{
	extension_delete(x, NID_id_pkix_OCSP_noCheck);
	extension_raw(x, "1.3.6.1.5.5.7.48.1.5", 0, "0c0161");
}
static inline void x_point_ldap(X509 *x)
{
	extension_delete(x, NID_crl_distribution_points);
	extension_text(x, NID_crl_distribution_points, "URI:ldap://example.jp/cn=x");
}
static inline void x_empty_points(X509 *x)
{
	extension_delete(x, NID_crl_distribution_points);
	extension_raw(x, "2.5.29.31", 0, "30023000");
}
static inline void x_authority_other(X509 *x)
{
	authority_other(x);
}
static inline void s_subject(X509 *x)
{
	attribute(x, 2, V_ASN1_UTF8STRING, "Other");
}
static inline void s_subject_type(X509 *x)
{
	attribute(x, 1, V_ASN1_PRINTABLESTRING, "Example Trust K.K.");
}
static inline void s_not_after(X509 *x)
{
	assert_true(ASN1_TIME_set_string_X509(X509_getm_notAfter(x), "20270101000000Z"));
}
static inline void s_generalized(X509 *x)
{
	time_early_generalized(x);
}
static inline void s_serial(X509 *x)
{
	serial(x, "1112131415161718191A1B1C1D1E1F21");
}
static inline void s_key(X509 *x)
{
	key_set(x, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp384r1"));
}
/* ICANN's lesson: the same modulus under another exponent. */
static inline void s_exponent(X509 *x)
{
	BIGNUM *n = NULL;

	assert_true(EVP_PKEY_get_bn_param(X509_get0_pubkey(x), "n", &n));
	key_set(x, rsa_of(n, 3));
}
static inline void s_algorithm(X509 *x)
{
	X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x), OBJ_nid2obj(NID_ecdsa_with_SHA256),
	        V_ASN1_UNDEF, NULL);
}
static inline void s_critical(X509 *x)
{
	extension_critical(x, NID_basic_constraints, 0);
}
static inline void s_more(X509 *x)
{
	extension_raw(x, "1.2.3.4", 0, "0500");
}
static inline void s_less(X509 *x)
{
	extension_delete(x, NID_key_usage);
}
static inline void s_swapped(X509 *x)
{
	X509_EXTENSION *first = X509_delete_ext(x, 0);

	assert_true(X509_add_ext(x, first, 1));
	X509_EXTENSION_free(first);
}
static inline void s_value(X509 *x)
{
	X509_EXTENSION *usage = X509_get_ext(x, X509_get_ext_by_NID(x, NID_key_usage, -1));
	ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(usage);

	assert_true(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x03\x02\x01\x86", 4));
}
static inline void names_soft(X509 *x)
{
	extension_critical(x, NID_name_constraints, 0);
}
/* Of any profile: the to-be-signed bytes alone, in a certificate that can be changed. */
static inline X509 *issued_x509(struct root *r)
{
	struct bytes tbs = {0};
	struct error e = {0};
	X509 *x;

	assert_ok(certificate_tbs(&r->p, &tbs, &e), &e);
	x = x509_parse_tbs(tbs.data, tbs.len, &e);
	assert_non_null(x);
	bytes_free(&tbs);
	return x;
}
/* Signed by another's key. */
static inline void own_sign(struct root *other, X509 *x, struct bytes *der)
{
	raw_sign(other, x, der);
}

#endif
