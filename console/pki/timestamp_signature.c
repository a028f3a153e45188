/* Who signed a time stamp, and under which trust anchor: CMS and chain building are OpenSSL's, the profile of RFC 3161
 * is judged here. */
#include <openssl/err.h>
#include <openssl/ess.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "pki/name.h"
#include "pki/timestamp_private.h"

enum { BITS_LEAST = 112, DIGEST_LEAST = 32, AUTH_LEVEL = 2 /* 112 bits, as above */, ANCHORS_MAX = 256 };

struct timestamp_anchors {
	STACK_OF(X509) * list;
};

struct timestamp_anchors *timestamp_anchors_new(struct error *e)
{
	struct timestamp_anchors *a = calloc(1, sizeof *a);

	if (a)
		a->list = sk_X509_new_null();
	if (!a || !a->list) {
		error_memory(e);
		timestamp_anchors_free(&a);
	}
	return a;
}

void timestamp_anchors_free(struct timestamp_anchors **a)
{
	if (!*a)
		return;
	sk_X509_pop_free((*a)->list, X509_free);
	free(*a);
	*a = NULL;
}

size_t timestamp_anchors_count(const struct timestamp_anchors *a)
{
	return a ? (size_t)sk_X509_num(a->list) : 0;
}

/* `x` is given away. */
static int anchor_push(struct timestamp_anchors *a, X509 *x, const char *name, struct error *e)
{
	if (sk_X509_num(a->list) >= ANCHORS_MAX) {
		X509_free(x);
		return error_set(
		        e, ERROR_FAULT, N_("%s: more than %d trust anchors are not taken."), name, ANCHORS_MAX);
	}
	if (sk_X509_push(a->list, x) > 0)
		return 0;
	X509_free(x);
	return error_memory(e);
}

int timestamp_anchors_add(struct timestamp_anchors *a, const void *data, size_t len, const char *name, struct error *e)
{
	const unsigned char *at = data;
	int before = sk_X509_num(a->list), result = -1;
	BIO *in = NULL;
	X509 *x;

	if (len && *at == 0x30) {
		x = d2i_X509(NULL, &at, (long)len);
		if (x && at == (const unsigned char *)data + len)
			return anchor_push(a, x, name, e);
		X509_free(x);
		goto out;
	}
	in = BIO_new_mem_buf(data, (int)len);
	while (in && (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL)
		if (anchor_push(a, x, name, e))
			goto out_told;
	/* the end of the text, and not a certificate that does not parse */
	if (in && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE && sk_X509_num(a->list) > before)
		result = 0;
out:
	if (result)
		error_set(e, ERROR_FAULT, N_("%s holds no certificates, or one that does not parse."), name);
out_told:
	BIO_free(in);
	ERR_clear_error();
	return result;
}

/* RFC 3161 section 2.3: the one purpose, and critical. */
static int judge_usage(X509 *signer, struct error *e)
{
	int critical = 0;
	EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(signer, NID_ext_key_usage, &critical, NULL);
	bool good = usage && critical == 1 && sk_ASN1_OBJECT_num(usage) == 1 &&
	            OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, 0)) == NID_time_stamp;

	EXTENDED_KEY_USAGE_free(usage);
	ERR_clear_error();
	return good ? 0
	            : error_set(e, ERROR_FAULT,
	                      N_("The certificate that signed is not for time stamps alone: its extended key usage "
	                         "must be timeStamping, alone and critical (RFC 3161 section 2.3)."));
}

static int judge_strength(X509 *signer, const X509_ALGOR *digest, struct error *e)
{
	const EVP_MD *md = EVP_get_digestbyobj(digest->algorithm);
	const EVP_PKEY *key = X509_get0_pubkey(signer);

	if (!md || EVP_MD_get_size(md) < DIGEST_LEAST)
		return error_set(e, ERROR_FAULT,
		        N_("The time stamp is signed over a hash that is not known here or too weak: SHA-256 or "
		           "stronger is wanted."));
	if (!key || EVP_PKEY_get_security_bits(key) < BITS_LEAST)
		return error_set(
		        e, ERROR_FAULT, N_("The key that signed the time stamp is of no known kind, or too weak."));
	return 0;
}

/* RFC 3161 section 2.4.2: `tsa` is one of the names of the certificate. */
static int judge_name(X509 *signer, const GENERAL_NAME *tsa, struct error *e)
{
	GENERAL_NAMES *others;
	bool is = false;

	if (!tsa)
		return 0;
	if (tsa->type == GEN_DIRNAME && X509_NAME_cmp(tsa->d.directoryName, X509_get_subject_name(signer)) == 0)
		return 0;
	others = X509_get_ext_d2i(signer, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; !is && i < sk_GENERAL_NAME_num(others); i++)
		is = GENERAL_NAME_cmp(sk_GENERAL_NAME_value(others, i), (GENERAL_NAME *)tsa) == 0;
	GENERAL_NAMES_free(others);
	ERR_clear_error();
	return is ? 0
	          : error_set(e, ERROR_FAULT,
	                    N_("The time stamp says that another authority made it than the certificate names."));
}

/* The value of a signed attribute that stands there once and has one value; NULL: it does not. */
static const ASN1_STRING *attribute(CMS_SignerInfo *signer, int nid)
{
	const ASN1_TYPE *type = NULL;
	int at = CMS_signed_get_attr_by_NID(signer, nid, -1);
	X509_ATTRIBUTE *a = at >= 0 ? CMS_signed_get_attr(signer, at) : NULL;

	if (a && CMS_signed_get_attr_by_NID(signer, nid, at) < 0 && X509_ATTRIBUTE_count(a) == 1)
		type = X509_ATTRIBUTE_get0_type(a, 0);
	return type && ASN1_TYPE_get(type) == V_ASN1_SEQUENCE ? type->value.sequence : NULL;
}

/* RFC 5816 section 2.2.1: the signing certificate is named by its hash, among what is signed. */
static int judge_ess(CMS_SignerInfo *info, const STACK_OF(X509) * chain, struct error *e)
{
	const ASN1_STRING *old = attribute(info, NID_id_smime_aa_signingCertificate),
	                  *new = attribute(info, NID_id_smime_aa_signingCertificateV2);
	const unsigned char *at = old ? ASN1_STRING_get0_data(old) : NULL;
	ESS_SIGNING_CERT *v1 = old ? d2i_ESS_SIGNING_CERT(NULL, &at, ASN1_STRING_length(old)) : NULL;
	const unsigned char *at2 = new ? ASN1_STRING_get0_data(new) : NULL;
	ESS_SIGNING_CERT_V2 *v2 = new ? d2i_ESS_SIGNING_CERT_V2(NULL, &at2, ASN1_STRING_length(new)) : NULL;
	bool good = (v1 || !old) && (v2 || !new) && OSSL_ESS_check_signing_certs(v1, v2, chain, 1) == 1;

	ESS_SIGNING_CERT_free(v1);
	ESS_SIGNING_CERT_V2_free(v2);
	ERR_clear_error();
	return good ? 0
	            : error_set(e, ERROR_FAULT,
	                      N_("The signed attributes do not name the certificate that signed (ESSCertID or "
	                         "ESSCertIDv2, RFC 5816), or name others than its chain has."));
}

/* RFC 5652 section 11.1: the type of what is signed, signed as well. */
static int judge_type(CMS_SignerInfo *info, struct error *e)
{
	const ASN1_OBJECT *type =
	        CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT);

	return type && OBJ_obj2nid(type) == NID_id_smime_ct_TSTInfo
	               ? 0
	               : error_set(e, ERROR_FAULT,
	                         N_("The signed attributes of the reply do not say that it is a time stamp."));
}

static int judge_validity(X509 *signer, const X509_VERIFY_PARAM *then, struct error *e)
{
	int order = X509_cmp_timeframe(then, X509_get0_notBefore(signer), X509_get0_notAfter(signer));

	if (order == 0)
		return 0;
	return order > 0 ? error_set(e, ERROR_FAULT,
	                           N_("The certificate that signed the time stamp had expired at the time that it "
	                              "states."))
	                 : error_set(e, ERROR_FAULT,
	                           N_("The certificate that signed the time stamp was not valid yet at the time that "
	                              "it states."));
}

static X509_STORE *store_of(const struct timestamp_anchors *anchors)
{
	X509_STORE *store = X509_STORE_new();
	bool whole = store != NULL;

	for (int i = 0; whole && i < sk_X509_num(anchors->list); i++)
		whole = X509_STORE_add_cert(store, sk_X509_value(anchors->list, i)) == 1;
	if (!whole) {
		X509_STORE_free(store);
		store = NULL;
	}
	return store;
}

/* The chain to an anchor as it was then, owned by the caller; NULL with `e`. */
static STACK_OF(X509) * chain_of(X509 *signer, STACK_OF(X509) * others, const struct timestamp_anchors *anchors,
                                const X509_VERIFY_PARAM *then, struct error *e)
{
	X509_STORE *store = store_of(anchors);
	X509_STORE_CTX *context = store ? X509_STORE_CTX_new() : NULL;
	STACK_OF(X509) *chain = NULL;

	if (!context || X509_STORE_CTX_init(context, store, signer, others) != 1 ||
	        X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(context), then) != 1 ||
	        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_TIMESTAMP_SIGN) != 1)
		error_memory(e);
	else if (X509_verify_cert(context) == 1)
		chain = X509_STORE_CTX_get1_chain(context);
	else
		error_set(e, ERROR_FAULT,
		        N_("The certificate that signed the time stamp has no chain to a trust anchor that was given: "
		           "%s"),
		        X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	ERR_clear_error();
	return chain;
}

/* Without anchors: the signer first, then whatever the reply brings. */
static STACK_OF(X509) * brought(X509 *signer, const STACK_OF(X509) * others)
{
	STACK_OF(X509) *list = sk_X509_new_null();

	if (list && X509_add_cert(list, signer, X509_ADD_FLAG_UP_REF) == 1 &&
	        X509_add_certs(list, (STACK_OF(X509) *)others, X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_DUP) == 1)
		return list;
	sk_X509_pop_free(list, X509_free);
	return NULL;
}

static X509_VERIFY_PARAM *then_of(int64_t time)
{
	X509_VERIFY_PARAM *p = X509_VERIFY_PARAM_new();

	if (!p)
		return NULL;
	X509_VERIFY_PARAM_set_time(p, (time_t)time);
	X509_VERIFY_PARAM_set_auth_level(p, AUTH_LEVEL);
	/* who is trusted is whom the caller gave, a root or not */
	X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
	return p;
}

static int judge_chain(CMS_ContentInfo *token, CMS_SignerInfo *info, X509 *signer, int64_t time,
        const struct timestamp_anchors *anchors, struct timestamp *out, struct error *e)
{
	STACK_OF(X509) *others = CMS_get1_certs(token), *chain = NULL;
	X509_VERIFY_PARAM *then = then_of(time);
	bool anchored = timestamp_anchors_count(anchors) > 0;
	int result = -1;

	if (!then) {
		error_memory(e);
		goto out;
	}
	if (judge_validity(signer, then, e))
		goto out;
	chain = anchored ? chain_of(signer, others, anchors, then, e) : brought(signer, others);
	if (!chain || judge_ess(info, chain, e))
		goto out;
	if (anchored)
		name_show(&out->anchor, X509_get_subject_name(sk_X509_value(chain, sk_X509_num(chain) - 1)));
	result = 0;
out:
	X509_VERIFY_PARAM_free(then);
	sk_X509_pop_free(others, X509_free);
	sk_X509_pop_free(chain, X509_free);
	return result;
}

int timestamp_signature(CMS_ContentInfo *token, int64_t time, const struct timestamp_anchors *anchors,
        const GENERAL_NAME *tsa, struct timestamp *out, struct error *e)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(token);
	CMS_SignerInfo *info = sk_CMS_SignerInfo_num(infos) == 1 ? sk_CMS_SignerInfo_value(infos, 0) : NULL;
	X509_ALGOR *digest = NULL;
	X509 *signer = NULL;

	if (!info)
		return error_set(e, ERROR_FAULT,
		        N_("The time stamp must bear one signature, that of the authority (RFC 3161 section 2.4.2)."));
	if (CMS_verify(token, NULL, NULL, NULL, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1)
		return openssl_error(e, ERROR_FAULT, N_("The signature of the time stamp does not verify: %s."));
	CMS_SignerInfo_get0_algs(info, NULL, &signer, &digest, NULL);
	if (!signer)
		return error_set(e, ERROR_FAULT, N_("The reply does not hold the certificate that signed it."));
	name_show(&out->who, X509_get_subject_name(signer));
	if (judge_type(info, e) || judge_strength(signer, digest, e) || judge_usage(signer, e) ||
	        judge_name(signer, tsa, e))
		return -1;
	return judge_chain(token, info, signer, time, anchors, out, e);
}
