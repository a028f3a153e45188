/* The extensions of a CRL (RFC 5280 section 5.2), from x509v3_config syntax without its sections and files. */
#include "pki/crl.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 8192, OID_MAX = 64 };

/* SEQUENCE {OID, critical?, OCTET STRING} */
static void put_extension(
        struct bytes *out, const uint8_t *oid, size_t oid_len, bool critical, const void *value, size_t len)
{
	struct bytes body = {0};

	der_put(&body, 0x06, oid, oid_len);
	if (critical)
		bytes_add(&body, "\x01\x01\xff", 3);
	der_put(&body, 0x04, value, len);
	der_put(out, 0x30, body.data, body.len);
	out->failed = out->failed || body.failed;
	bytes_free(&body);
}

static const uint8_t oid_authority[] = {0x55, 0x1d, 0x23}, oid_number[] = {0x55, 0x1d, 0x14};

/* RFC 5280 section 5.2.1: by the key identifier; section 4.2.1.1: not critical. */
static int put_authority(const struct crl_profile *p, struct bytes *out, struct error *e)
{
	struct bytes id = {0}, sequence = {0};

	if (!p->issuer_key_id || !p->issuer_key_id_len)
		return error_set(e, ERROR_FAULT,
		        N_("Extension authorityKeyIdentifier: the issuer has no subjectKeyIdentifier that could be "
		           "named."));
	der_put(&id, 0x80, p->issuer_key_id, p->issuer_key_id_len);
	der_put(&sequence, 0x30, id.data, id.len);
	put_extension(out, oid_authority, sizeof oid_authority, false, sequence.data, sequence.len);
	out->failed = out->failed || id.failed || sequence.failed;
	bytes_free(&id);
	bytes_free(&sequence);
	return bytes_end(out, e);
}

static void put_number(const struct crl_profile *p, struct bytes *out)
{
	struct bytes integer = {0}, value = {0};
	size_t len;
	const uint8_t *at = serial_bytes(p->number, &len);

	if (at[0] & 0x80)
		bytes_byte(&integer, 0);
	bytes_add(&integer, at, len);
	der_put(&value, 0x02, integer.data, integer.len);
	put_extension(out, oid_number, sizeof oid_number, false, value.data, value.len);
	out->failed = out->failed || integer.failed || value.failed;
	bytes_free(&integer);
	bytes_free(&value);
}

/* What an issuingDistributionPoint says, as it is read item by item. */
struct point {
	struct bytes names; /* GeneralNames: each [6] */
	bool user, ca, attribute;
};

static int point_flag(bool *flag, const char *item, struct error *e)
{
	if (*flag)
		return error_set(
		        e, ERROR_FAULT, N_("Extension %s: \"%s\" stands twice."), "issuingDistributionPoint", item);
	*flag = true;
	return 0;
}

static int point_item(struct point *p, const char *item, struct error *e)
{
	static const char full[] = "fullname:URI:";

	if (strcmp(item, "onlyuser:TRUE") == 0)
		return point_flag(&p->user, item, e);
	if (strcmp(item, "onlyCA:TRUE") == 0)
		return point_flag(&p->ca, item, e);
	if (strcmp(item, "onlyAA:TRUE") == 0)
		return point_flag(&p->attribute, item, e);
	if (strncmp(item, full, sizeof full - 1) == 0 && strchr(item + sizeof full - 1, ':')) {
		const char *uri = item + sizeof full - 1;
		der_put(&p->names, 0x86, uri, strlen(uri));
		return bytes_end(&p->names, e);
	}
	/* no entry here has the certificateIssuer that an indirect CRL needs, and none leaves reasons out */
	return error_set(
	        e, ERROR_FAULT, N_("Extension %s: \"%s\" is no value of it."), "issuingDistributionPoint", item);
}

/* RFC 5280 section 5.2.5: SEQUENCE {[0] {[0] GeneralNames}, [1] onlyContainsUserCerts, [2] onlyContainsCACerts, …, [5]
 * onlyContainsAttributeCerts}. */
static void put_point(const struct point *p, struct bytes *value)
{
	struct bytes body = {0}, name = {0};

	if (p->names.len) {
		der_put(&name, 0xa0, p->names.data, p->names.len);
		der_put(&body, 0xa0, name.data, name.len);
	}
	if (p->user)
		bytes_add(&body, "\x81\x01\xff", 3);
	if (p->ca)
		bytes_add(&body, "\x82\x01\xff", 3);
	if (p->attribute)
		bytes_add(&body, "\x85\x01\xff", 3);
	der_put(value, 0x30, body.data, body.len);
	value->failed = value->failed || body.failed || name.failed;
	bytes_free(&body);
	bytes_free(&name);
}

static int make_point(const char *text, struct bytes *value, struct error *e)
{
	struct point p = {0};
	char *copy = strdup(text), *next = copy, *item;
	int status = -1;

	if (!copy)
		return error_memory(e);
	while ((item = strsep(&next, ",")) != NULL) {
		item += strspn(item, " ");
		if (point_item(&p, item, e))
			goto out;
	}
	if (p.user + p.ca + p.attribute > 1) {
		error_set(e, ERROR_FAULT,
		        N_("Extension issuingDistributionPoint: only one of onlyuser, onlyCA and onlyAA can be said "
		           "(RFC "
		           "5280 section 5.2.5)."));
		goto out;
	}
	put_point(&p, value);
	status = bytes_end(value, e);
out:
	free(copy);
	bytes_free(&p.names);
	return status;
}

/* By OpenSSL, one value without a section: issuerAltName, freshestCRL, authorityInfoAccess. */
static int make_by_openssl(const char *name, int nid, const char *text, struct bytes *value, struct error *e)
{
	struct bytes reason = {0};
	X509_EXTENSION *made;
	int status = -1;

	/* only URIs: every other form of OpenSSL's names a section, a file or another certificate */
	for (const char *at = text; at; at = strchr(at, ',')) {
		at += strspn(at, ", ");
		if (strncmp(at, "URI:", 4) != 0 && strncmp(at, "caIssuers;URI:", 14) != 0)
			return error_set(e, ERROR_FAULT, N_("Extension %s: \"%s\" is no value of it."), name, at);
	}
	made = X509V3_EXT_nconf_nid(NULL, NULL, nid, text);
	if (made) {
		const ASN1_OCTET_STRING *octets = X509_EXTENSION_get_data(made);
		bytes_add(value, ASN1_STRING_get0_data(octets), (size_t)ASN1_STRING_length(octets));
		status = bytes_end(value, e);
	} else {
		openssl_reason(&reason);
		error_set(e, ERROR_FAULT, N_("Extension %s: the value \"%s\" is refused by OpenSSL: %s."), name, text,
		        bytes_string(&reason));
	}
	X509_EXTENSION_free(made);
	ERR_clear_error();
	bytes_free(&reason);
	return status;
}

static int make_raw(const char *name, const char *text, struct bytes *value, struct error *e)
{
	size_t digits = strncmp(text, "DER:", 4) == 0 ? strlen(text + 4) : 0;
	uint8_t raw[VALUE_MAX / 2];

	if (!digits)
		return error_set(e, ERROR_FAULT,
		        N_("Extension %s: the value of an extension known only by its OID begins with DER:."), name);
	if (digits % 2 || hex_decode(text + 4, digits, raw, digits / 2) || !der_valid(raw, digits / 2))
		return error_set(
		        e, ERROR_FAULT, N_("Extension %s: the value is not exactly one element in DER."), name);
	bytes_add(value, raw, digits / 2);
	return bytes_end(value, e);
}

/* Names written here, and whether RFC 5280 section 5.2 wants them critical. */
static const struct {
	const char *name, *oid;
	int nid;
	bool critical;
} known[] = {
        {"issuingDistributionPoint", "2.5.29.28", NID_issuing_distribution_point, true}, /* 5.2.5 */
        {"issuerAltName", "2.5.29.18", NID_issuer_alt_name, false},                      /* 5.2.2 */
        {"freshestCRL", "2.5.29.46", NID_freshest_crl, false},                           /* 5.2.6 */
        {"authorityInfoAccess", "1.3.6.1.5.5.7.1.1", NID_info_access, false},            /* 5.2.7 */
};

/* Extensions that are made of other fields, or that no CRL here has. */
static const char *reserved(const char *oid)
{
	static const char *const own[] = {"2.5.29.35", "2.5.29.20", "2.5.29.27"};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(known[i].oid, oid) == 0)
			return N_("Extension %s: write it by its name.");
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (strcmp(own[i], oid) == 0)
			return N_("Extension %s: authorityKeyIdentifier and cRLNumber are written by themselves, and a "
			          "delta CRL is not made here.");
	return strcmp(oid, pki_rehearsal_oid) == 0 ? N_("Extension %s: only a rehearsal adds this one.") : NULL;
}

static int make_value(const struct pki_extension *x, const char *text, bool critical, const char **oid,
        struct bytes *value, struct error *e)
{
	const char *refused = reserved(x->name);

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(known[i].name, x->name) != 0)
			continue;
		*oid = known[i].oid;
		if (known[i].critical != critical)
			return error_set(e, ERROR_FAULT,
			        known[i].critical
			                ? N_("Extension %s must be critical in a CRL (RFC 5280 section 5.2).")
			                : N_("Extension %s must not be critical in a CRL (RFC 5280 section 5.2)."),
			        x->name);
		if (known[i].nid == NID_issuing_distribution_point)
			return make_point(text, value, e);
		return make_by_openssl(x->name, known[i].nid, text, value, e);
	}
	if (refused)
		return error_set(e, ERROR_FAULT, refused, x->name);
	*oid = x->name;
	if (isdigit((unsigned char)x->name[0]))
		return make_raw(x->name, text, value, e);
	return error_set(e, ERROR_FAULT, N_("Extension %s is not known in a CRL; its OID could be written, with DER:."),
	        x->name);
}

static int oid_bytes(const char *text, uint8_t out[OID_MAX], size_t *len, struct error *e)
{
	ASN1_OBJECT *object = OBJ_txt2obj(text, 1);
	char again[256];
	int status = -1;

	if (!object || OBJ_obj2txt(again, sizeof again, object, 1) <= 0 || strcmp(again, text) != 0 ||
	        OBJ_length(object) > OID_MAX) {
		error_set(e, ERROR_FAULT, N_("Extension %s: this is no object identifier."), text);
	} else {
		*len = OBJ_length(object);
		memcpy(out, OBJ_get0_data(object), *len);
		status = 0;
	}
	ASN1_OBJECT_free(object);
	ERR_clear_error();
	return status;
}

static int check_text(const struct pki_extension *x, struct error *e)
{
	if (!x->name || !x->value)
		return error_set(e, ERROR_FAULT, N_("An extension has no name or no value."));
	if (strlen(x->value) > VALUE_MAX)
		return error_set(e, ERROR_FAULT, N_("Extension %s: the value is longer than %d bytes."), x->name,
		        (int)VALUE_MAX);
	for (const char *c = x->value; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
			return error_set(e, ERROR_FAULT,
			        N_("Extension %s: the value holds a character that is not of printable ASCII."),
			        x->name);
	return 0;
}

static int put_one(const struct crl_profile *p, size_t index, struct bytes *out, struct error *e)
{
	const struct pki_extension *x = &p->extensions[index];
	const char *text, *oid = NULL;
	struct bytes value = {0};
	uint8_t raw[OID_MAX];
	bool critical;
	size_t len;
	int status = -1;

	if (check_text(x, e))
		return -1;
	critical = strncmp(x->value, "critical,", 9) == 0;
	text = critical ? x->value + 9 : x->value;
	text += strspn(text, " ");
	for (size_t i = 0; i < index; i++)
		if (strcmp(p->extensions[i].name, x->name) == 0)
			return error_set(e, ERROR_FAULT, N_("Extension %s stands twice."), x->name);
	if (make_value(x, text, critical, &oid, &value, e) || oid_bytes(oid, raw, &len, e))
		goto out;
	put_extension(out, raw, len, critical, value.data, value.len);
	status = bytes_end(out, e);
out:
	bytes_free(&value);
	return status;
}

int crl_extensions(const struct crl_profile *p, struct bytes *out, struct error *e)
{
	static const uint8_t rehearsal[] = {0x0c, 9, 'R', 'E', 'H', 'E', 'A', 'R', 'S', 'A', 'L'};
	uint8_t raw[OID_MAX];
	size_t len;

	if (put_authority(p, out, e))
		return -1;
	put_number(p, out);
	for (size_t i = 0; i < p->extension_count; i++)
		if (put_one(p, i, out, e))
			return -1;
	if (p->rehearsal) {
		if (oid_bytes(pki_rehearsal_oid, raw, &len, e))
			return -1;
		put_extension(out, raw, len, true, rehearsal, sizeof rehearsal);
	}
	return bytes_end(out, e);
}
