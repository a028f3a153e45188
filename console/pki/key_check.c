#include "pki/key_check_private.h"

#include "pki/algorithm.h"
#include "pki/der.h"
#include "pki/name.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

static const char br_size[] = "BR 6.1.5", br_ec[] = "BR 6.1.6";

int key_fault(struct lint_findings *out, enum lint_severity severity, const char *rule, const char *clause,
        struct error *e, const char *id, ...)
{
	struct lint_finding *more = reallocarray(out->item, out->count + 1, sizeof *more), *f;
	va_list ap;

	if (!more)
		return error_memory(e);
	out->item = more;
	f = &more[out->count++];
	*f = (struct lint_finding){.severity = severity, .set = "key", .rule = rule, .clause = clause};
	va_start(ap, id);
	message_vset(&f->message, id, ap);
	va_end(ap);
	return 0;
}

/* ECC full public key validation (NIST SP 800-56A section 5.6.2.3.3), but for the order: the cofactor of these curves
 * is 1. */
static int check_point(const EC_GROUP *group, const struct der *bits, struct lint_findings *out, struct error *e)
{
	EC_POINT *point = EC_POINT_new(group);
	int status;

	if (!point)
		return error_memory(e);
	/* reads coordinates below the field's prime only, and refuses those that are not on the curve */
	if (EC_POINT_oct2point(group, point, bits->value + 1, bits->len - 1, NULL) != 1 ||
	        (!EC_POINT_is_at_infinity(group, point) && EC_POINT_is_on_curve(group, point, NULL) != 1))
		status = key_fault(
		        out, LINT_ERROR, "ec_point", br_ec, e, N_("The EC public key is not a point on its curve."));
	else if (EC_POINT_is_at_infinity(group, point))
		status = key_fault(out, LINT_ERROR, "ec_identity", br_ec, e,
		        N_("The EC public key is the point at infinity, which belongs to no private key."));
	else
		status = 0;
	EC_POINT_free(point);
	return status;
}

static int bad_curve(const struct der *oid, struct lint_findings *out, struct error *e)
{
	const unsigned char *at = oid->whole;
	ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)oid->whole_len);
	struct bytes name = {0};
	int status;

	if (object)
		object_show(&name, object);
	status = key_fault(out, LINT_ERROR, "ec_curve", br_size, e,
	        N_("The EC public key is on the curve %s; P-256, P-384 and P-521 are allowed."), bytes_string(&name));
	bytes_free(&name);
	ASN1_OBJECT_free(object);
	return status;
}

static int check_ec(const struct spki_parts *k, struct lint_findings *out, struct error *e)
{
	EC_GROUP *group;
	int status;

	if (!k->parameters.whole || k->parameters.tag != 0x06)
		return key_fault(out, LINT_ERROR, "ec_named_curve", "RFC 5480 section 2.1.1", e,
		        N_("The EC public key does not name its curve by an OID."));
	if (!k->group)
		return bad_curve(&k->parameters, out, e);
	group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(k->group));
	if (!group)
		return error_memory(e);
	status = check_point(group, &k->bits, out, e);
	EC_GROUP_free(group);
	return status;
}

static int check_ed25519(const void *spki, size_t len, struct lint_findings *out, struct error *e)
{
	EVP_PKEY *key = spki_parse(spki, len, NULL);
	int status = 0;

	if (!key || !key_is_sound(key))
		status = key_fault(out, LINT_ERROR, "ed25519_sound", "RFC 8032 section 5.1.3", e,
		        N_("The Ed25519 public key is of small order or not canonical: it proves nothing."));
	EVP_PKEY_free(key);
	return status;
}

static int check_rsa(
        const struct spki_parts *k, const struct weak_keys *weak, struct lint_findings *out, struct error *e)
{
	struct der n, x;
	BIGNUM *modulus = NULL, *exponent = NULL;
	int status;

	if ((!k->parameters.whole || k->parameters.tag != 0x05) &&
	        key_fault(out, LINT_ERROR, "rsa_parameters", "RFC 3279 section 2.3.1", e,
	                N_("The RSA public key's parameters are not NULL.")))
		return -1;
	if (spki_rsa(k, &n, &x))
		return key_fault(out, LINT_ERROR, "key_decodes", "RFC 8017 appendix A.1.1", e,
		        N_("The RSA public key is not a positive modulus and exponent in DER."));
	modulus = BN_bin2bn(n.value, (int)n.len, NULL);
	exponent = BN_bin2bn(x.value, (int)x.len, NULL);
	if (!modulus || !exponent)
		status = error_memory(e);
	else
		status = key_check_rsa(modulus, exponent, weak, out, e);
	BN_free(modulus);
	BN_free(exponent);
	return status;
}

int key_check(const void *spki, size_t len, const struct weak_keys *weak, struct lint_findings *out, struct error *e)
{
	struct spki_parts k;
	int status;

	if (spki_split(spki, len, &k))
		return key_fault(out, LINT_ERROR, "key_decodes", "RFC 5280 section 4.1", e,
		        N_("The public key (SubjectPublicKeyInfo) does not decode."));
	switch (k.kind) {
	case SPKI_RSA:
		status = check_rsa(&k, weak, out, e);
		break;
	case SPKI_EC:
		status = check_ec(&k, out, e);
		break;
	case SPKI_ED25519:
		status = check_ed25519(spki, len, out, e);
		break;
	case SPKI_OTHER:
	default:
		status = key_fault(out, LINT_ERROR, "key_algorithm", br_size, e,
		        N_("The public key is neither RSA, nor EC, nor Ed25519."));
	}
	ERR_clear_error();
	return status;
}
