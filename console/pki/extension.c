#include "pki/extension.h"

#include "base/text.h"
#include "pki/der.h"
#include "pki/profile.h"
#include "pki/section.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>

/* X.667: 2.25 and a random (version 4) UUID as one integer. */
const char pki_rehearsal_oid[] = "2.25.253271005251938177410895777859499217146";

static const uint8_t rehearsal_value[] = {0x0c, 9, 'R', 'E', 'H', 'E', 'A', 'R', 'S', 'A', 'L'};

enum { KEY_ID_LEN = 20, KEY_ID_MAX = 64, VALUE_MAX = 8192 };

/* An item of a value: "pathlen:0" has the name "pathlen". A copy, cut at commas. */
struct item {
	char *text;
	size_t name_len;
};
struct items {
	char *copy;
	struct item *item;
	size_t count;
};

/* What is being built. */
struct build {
	X509 *x;
	const struct pki_profile *profile;
	X509V3_CTX v3;
	struct sections *sections;
	uint8_t key_id[KEY_ID_MAX]; /* the certificate's own subjectKeyIdentifier */
	size_t key_id_len;          /* 0: it has none */
};

struct known_extension {
	const char *name;
	int nid;
	bool by_name; /* a repeated field is one with the same name, not only the same item */
	X509_EXTENSION *(*make)(const struct build *b, const struct items *items, struct error *e); /* NULL: OpenSSL */
	bool (*item_fits)(const char *text);                                                        /* NULL: any */
};

static bool is_key_usage(const char *text)
{
	/* OpenSSL takes each of them under a second name as well, which would hide a repetition */
	static const char *const names[] = {"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment",
	        "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i], text) == 0)
			return true;
	return false;
}

static bool is_basic_constraint(const char *text)
{
	if (strcmp(text, "CA:TRUE") == 0 || strcmp(text, "CA:FALSE") == 0)
		return true;
	if (strncmp(text, "pathlen:", 8) != 0)
		return false;
	text += 8;
	return strlen(text) > 0 && strlen(text) <= 3 && strspn(text, "0123456789") == strlen(text);
}

static bool is_number(const char *text)
{
	return strlen(text) > 0 && strlen(text) <= 3 && strspn(text, "0123456789") == strlen(text);
}

static bool is_ignored(const char *text)
{
	return strcmp(text, "ignored") == 0;
}

static X509_EXTENSION *make_ski(const struct build *b, const struct items *items, struct error *e)
{
	ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
	X509_EXTENSION *made = NULL;

	(void)items;
	if (id && ASN1_OCTET_STRING_set(id, b->key_id, (int)b->key_id_len))
		made = X509V3_EXT_i2d(NID_subject_key_identifier, 0, id);
	if (!made)
		error_memory(e);
	ASN1_OCTET_STRING_free(id);
	return made;
}

/* RFC 5280 section 4.2.1.1: the issuer's subjectKeyIdentifier and nothing else (BR 7.1.2.1.3). */
static X509_EXTENSION *make_aki(const struct build *b, const struct items *items, struct error *e)
{
	const uint8_t *id = b->profile->issuer ? b->profile->issuer_key_id : b->key_id;
	size_t len = b->profile->issuer ? b->profile->issuer_key_id_len : b->key_id_len;
	AUTHORITY_KEYID *aki = NULL;
	X509_EXTENSION *made = NULL;

	if (items->count != 1 ||
	        (strcmp(items->item[0].text, "keyid") && strcmp(items->item[0].text, "keyid:always"))) {
		error_set(e, ERROR_FAULT,
		        N_("Extension authorityKeyIdentifier: only \"keyid\" or \"keyid:always\" can be written."));
		return NULL;
	}
	if (!id || !len) {
		error_set(e, ERROR_FAULT,
		        N_("Extension authorityKeyIdentifier: the issuer has no subjectKeyIdentifier that could be "
		           "named."));
		return NULL;
	}
	aki = AUTHORITY_KEYID_new();
	if (aki && (aki->keyid = ASN1_OCTET_STRING_new()) && ASN1_OCTET_STRING_set(aki->keyid, id, (int)len))
		made = X509V3_EXT_i2d(NID_authority_key_identifier, 0, aki);
	if (!made)
		error_memory(e);
	AUTHORITY_KEYID_free(aki);
	return made;
}

static const struct known_extension known[] = {
        {"basicConstraints", NID_basic_constraints, true, NULL, is_basic_constraint},
        {"keyUsage", NID_key_usage, false, NULL, is_key_usage},
        {"extendedKeyUsage", NID_ext_key_usage, false, NULL, NULL},
        {"subjectKeyIdentifier", NID_subject_key_identifier, false, make_ski, NULL},
        {"authorityKeyIdentifier", NID_authority_key_identifier, true, make_aki, NULL},
        {"subjectAltName", NID_subject_alt_name, false, NULL, NULL},
        {"issuerAltName", NID_issuer_alt_name, false, NULL, NULL},
        {"certificatePolicies", NID_certificate_policies, false, NULL, NULL},
        {"policyMappings", NID_policy_mappings, false, NULL, NULL},
        {"policyConstraints", NID_policy_constraints, true, NULL, NULL},
        {"inhibitAnyPolicy", NID_inhibit_any_policy, false, NULL, is_number},
        {"nameConstraints", NID_name_constraints, false, NULL, NULL},
        {"crlDistributionPoints", NID_crl_distribution_points, false, NULL, NULL},
        {"freshestCRL", NID_freshest_crl, false, NULL, NULL},
        {"authorityInfoAccess", NID_info_access, false, NULL, NULL},
        {"subjectInfoAccess", NID_sinfo_access, false, NULL, NULL},
        {"noCheck", NID_id_pkix_OCSP_noCheck, false, NULL, is_ignored},
        {"tlsfeature", NID_tlsfeature, false, NULL, NULL},
};

static const struct known_extension *known_named(const char *name)
{
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	return NULL;
}

static void items_free(struct items *items)
{
	free(items->item);
	free(items->copy);
	*items = (struct items){0};
}

static int items_split(const char *value, struct items *items, struct error *e)
{
	size_t room = 1;

	for (const char *p = value; *p; p++)
		room += *p == ',';
	items->copy = strdup(value);
	items->item = calloc(room, sizeof *items->item);
	if (!items->copy || !items->item)
		return error_memory(e);
	for (char *p = items->copy, *end; p; p = end) {
		struct item *i = &items->item[items->count++];
		end = strchr(p, ',');
		if (end)
			*end++ = '\0';
		p += strspn(p, " ");
		for (size_t n = strlen(p); n && p[n - 1] == ' '; n--)
			p[n - 1] = '\0';
		i->text = p;
		i->name_len = strcspn(p, ":");
	}
	return 0;
}

/* Takes "critical" off the front of a value: what is left, without blanks before it. */
static const char *take_critical(const char *value, bool *critical)
{
	*critical = strncmp(value, "critical,", 9) == 0;
	if (*critical)
		value += 9;
	return value + strspn(value, " ");
}

static bool same_item(const struct known_extension *k, const struct item *a, const struct item *b)
{
	if (!k->by_name)
		return strcmp(a->text, b->text) == 0;
	return a->name_len == b->name_len && strncasecmp(a->text, b->text, a->name_len) == 0;
}

/* A distribution point without a colon is a section's name. */
static bool lacks_section(const struct build *b, const struct known_extension *k, const struct item *i)
{
	return (k->nid == NID_crl_distribution_points || k->nid == NID_freshest_crl) && i->text[0] != '@' &&
	       !i->text[i->name_len] && !sections_have(b->sections, i->text, i->name_len);
}

static int check_items(
        const struct build *b, const struct known_extension *k, const struct items *items, struct error *e)
{
	for (size_t i = 0; i < items->count; i++) {
		const struct item *a = &items->item[i];
		if (!a->text[0])
			return error_set(e, ERROR_FAULT, N_("Extension %s: a part of the value is empty."), k->name);
		if (lacks_section(b, k, a))
			return error_set(
			        e, ERROR_FAULT, N_("Extension %s: there is no section \"%s\"."), k->name, a->text);
		if (strncmp(a->text, "DER:", 4) == 0 || strncmp(a->text, "ASN1:", 5) == 0)
			return error_set(e, ERROR_FAULT,
			        N_("Extension %s: raw bytes (DER:, ASN1:) may stand only under an OID that has no name "
			           "here."),
			        k->name);
		if (strcmp(a->text + a->name_len, ":copy") == 0 || strcmp(a->text + a->name_len, ":move") == 0)
			return error_set(e, ERROR_FAULT,
			        N_("Extension %s: \"%s\" is not written out; write the value itself."), k->name,
			        a->text);
		if (k->item_fits && !k->item_fits(a->text))
			return error_set(
			        e, ERROR_FAULT, N_("Extension %s: \"%s\" is no value of it."), k->name, a->text);
		for (size_t j = 0; j < i; j++)
			if (same_item(k, a, &items->item[j]))
				return error_set(
				        e, ERROR_FAULT, N_("Extension %s: \"%s\" stands twice."), k->name, a->text);
	}
	return 0;
}

/* Two names may stand for one OID; what counts is what was encoded. */
static int check_decoded(const struct known_extension *k, X509_EXTENSION *made, struct error *e)
{
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(made);
	EXTENDED_KEY_USAGE *usage;
	int status = 0;

	if (!der_valid(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)))
		return error_set(e, ERROR_FAULT, N_("Extension %s: the value does not come out as DER."), k->name);
	if (k->nid != NID_ext_key_usage)
		return 0;
	usage = X509V3_EXT_d2i(made);
	for (int i = 0; usage && i < sk_ASN1_OBJECT_num(usage); i++)
		for (int j = 0; j < i; j++)
			if (OBJ_cmp(sk_ASN1_OBJECT_value(usage, i), sk_ASN1_OBJECT_value(usage, j)) == 0)
				status = error_set(e, ERROR_FAULT,
				        N_("Extension %s: one purpose stands twice under two names."), k->name);
	EXTENDED_KEY_USAGE_free(usage);
	return status;
}

static X509_EXTENSION *make_by_openssl(
        struct build *b, const struct known_extension *k, const char *value, struct error *e)
{
	struct bytes reason = {0};
	X509_EXTENSION *made;

	/* Values go to OpenSSL one by one and not through a configuration text, so \ $ # and .include have no meaning.
	 */
	X509V3_set_nconf(&b->v3, sections_conf(b->sections));
	made = X509V3_EXT_nconf_nid(sections_conf(b->sections), &b->v3, k->nid, value);
	if (!made) {
		openssl_reason(&reason);
		error_set(e, ERROR_FAULT, N_("Extension %s: the value \"%s\" is refused by OpenSSL: %s."), k->name,
		        value, bytes_string(&reason));
	} else if (check_decoded(k, made, e)) {
		X509_EXTENSION_free(made);
		made = NULL;
	}
	X509V3_set_nconf(&b->v3, NULL);
	bytes_free(&reason);
	return made;
}

static X509_EXTENSION *make_known(struct build *b, const struct known_extension *k, const char *value, struct error *e)
{
	struct items items = {0};
	X509_EXTENSION *made = NULL;

	if (items_split(value, &items, e) == 0 && check_items(b, k, &items, e) == 0)
		made = k->make ? k->make(b, &items, e) : make_by_openssl(b, k, value, e);
	items_free(&items);
	return made;
}

static int raw_bytes(struct build *b, const char *name, const char *value, struct bytes *out, struct error *e)
{
	unsigned char *der = NULL;
	ASN1_TYPE *type = NULL;
	struct bytes reason = {0};
	long hex_len = 0;
	int n;

	if (strncmp(value, "DER:", 4) == 0) {
		der = OPENSSL_hexstr2buf(value + 4, &hex_len);
		if (der)
			bytes_add(out, der, (size_t)hex_len);
	} else if (strncmp(value, "ASN1:", 5) == 0) {
		/* SEQUENCE: and SET: name sections */
		X509V3_set_nconf(&b->v3, sections_conf(b->sections));
		type = ASN1_generate_v3(value + 5, &b->v3);
		X509V3_set_nconf(&b->v3, NULL);
		n = type ? i2d_ASN1_TYPE(type, &der) : -1;
		if (n > 0)
			bytes_add(out, der, (size_t)n);
	} else {
		return error_set(e, ERROR_FAULT,
		        N_("Extension %s: the value of an extension known only by its OID begins with DER: or ASN1:."),
		        name);
	}
	OPENSSL_free(der);
	ASN1_TYPE_free(type);
	if (!out->len) {
		openssl_reason(&reason);
		error_set(e, ERROR_FAULT, N_("Extension %s: the value \"%s\" is refused by OpenSSL: %s."), name, value,
		        bytes_string(&reason));
		bytes_free(&reason);
		return -1;
	}
	if (!der_valid(out->data, out->len))
		return error_set(
		        e, ERROR_FAULT, N_("Extension %s: the value is not exactly one element in DER."), name);
	return bytes_end(out, e);
}

static X509_EXTENSION *from_bytes(const char *oid, const void *data, size_t len)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	X509_EXTENSION *made = NULL;

	if (object && octets && ASN1_OCTET_STRING_set(octets, data, (int)len))
		made = X509_EXTENSION_create_by_OBJ(NULL, object, 0, octets);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(octets);
	return made;
}

static X509_EXTENSION *make_raw(struct build *b, const char *name, const char *value, struct error *e)
{
	ASN1_OBJECT *object = OBJ_txt2obj(name, 1);
	struct bytes data = {0};
	X509_EXTENSION *made = NULL;
	char again[256];
	int nid;

	if (!object || OBJ_obj2txt(again, sizeof again, object, 1) <= 0 || strcmp(again, name) != 0) {
		error_set(e, ERROR_FAULT, N_("Extension %s: this is no object identifier."), name);
		goto out;
	}
	nid = OBJ_obj2nid(object);
	for (size_t i = 0; nid != NID_undef && i < sizeof known / sizeof known[0]; i++) {
		if (known[i].nid == nid) {
			error_set(e, ERROR_FAULT, N_("Extension %s: write it by its name, %s."), name, known[i].name);
			goto out;
		}
	}
	if (strcmp(name, pki_rehearsal_oid) == 0) {
		error_set(e, ERROR_FAULT, N_("Extension %s: only a rehearsal adds this one."), name);
		goto out;
	}
	if (raw_bytes(b, name, value, &data, e))
		goto out;
	made = from_bytes(name, data.data, data.len);
	if (!made)
		error_memory(e);
out:
	ERR_clear_error();
	ASN1_OBJECT_free(object);
	bytes_free(&data);
	return made;
}

static int check_text(const struct pki_extension *p, struct error *e)
{
	bool plain = true;

	if (!p->name || !p->value)
		return error_set(e, ERROR_FAULT, N_("An extension has no name or no value."));
	if (strlen(p->value) > VALUE_MAX)
		return error_set(e, ERROR_FAULT, N_("Extension %s: the value is longer than %d bytes."), p->name,
		        (int)VALUE_MAX);
	for (const char *c = p->value; *c; c++) {
		/* OpenSSL stops reading at a line end, silently */
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return error_set(
			        e, ERROR_FAULT, N_("Extension %s: the value holds a control character."), p->name);
		plain = plain && (unsigned char)*c < 0x80;
	}
	if (plain)
		return 0;
	/* IA5Strings would get the bytes unseen, and OpenSSL reads text as Latin-1 unless told not to */
	if (!isdigit((unsigned char)p->name[0]) || !strstr(p->value, "ASN1:FORMAT:UTF8,"))
		return error_set(e, ERROR_FAULT,
		        N_("Extension %s: only a value that begins ASN1:FORMAT:UTF8, may hold characters beyond "
		           "ASCII."),
		        p->name);
	if (!text_is_utf8(p->value, strlen(p->value)))
		return error_set(e, ERROR_FAULT, N_("Extension %s: the value is not UTF-8."), p->name);
	return 0;
}

static int add_made(X509 *x, X509_EXTENSION *made, const char *name, struct error *e)
{
	if (X509_get_ext_by_OBJ(x, X509_EXTENSION_get_object(made), -1) >= 0)
		return error_set(e, ERROR_FAULT, N_("Extension %s stands twice."), name);
	if (X509_add_ext(x, made, -1) != 1)
		return error_memory(e);
	return 0;
}

static int add_one(struct build *b, const struct pki_extension *p, struct error *e)
{
	const struct known_extension *k;
	X509_EXTENSION *made = NULL;
	bool critical, again;
	const char *value;
	int status = -1;

	if (check_text(p, e))
		return -1;
	value = take_critical(p->value, &critical);
	take_critical(value, &again);
	if (sections_use(b->sections, p->name, value, e))
		return -1;
	k = known_named(p->name);
	if (again)
		return error_set(e, ERROR_FAULT, N_("Extension %s: \"%s\" stands twice."), p->name, "critical");
	if (!value[0] || strcmp(value, "critical") == 0)
		return error_set(e, ERROR_FAULT, N_("Extension %s: a part of the value is empty."), p->name);
	if (k)
		made = make_known(b, k, value, e);
	else if (isdigit((unsigned char)p->name[0]))
		made = make_raw(b, p->name, value, e);
	else
		error_set(e, ERROR_FAULT,
		        N_("Extension %s is not known; its OID could be written, with DER: or ASN1:."), p->name);
	if (made && X509_EXTENSION_set_critical(made, critical))
		status = add_made(b->x, made, p->name, e);
	X509_EXTENSION_free(made);
	ERR_clear_error();
	return status;
}

static int copy_key_id(struct build *b, struct error *e)
{
	const struct pki_profile *p = b->profile;

	if (!p->key_id || !p->key_id_len || p->key_id_len > KEY_ID_MAX)
		return error_set(e, ERROR_FAULT,
		        N_("Extension subjectKeyIdentifier: there is no certificate of this key whose identifier could "
		           "be "
		           "copied."));
	memcpy(b->key_id, p->key_id, p->key_id_len);
	b->key_id_len = p->key_id_len;
	return 0;
}

/* The subjectKeyIdentifier, before any extension is built, since the AKI may be written first. */
static int find_key_id(struct build *b, struct error *e)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(b->x);
	uint8_t digest[EVP_MAX_MD_SIZE];
	const char *value = NULL;
	const EVP_MD *md;
	bool critical;

	for (size_t i = 0; i < b->profile->extension_count; i++)
		if (b->profile->extensions[i].name &&
		        strcmp(b->profile->extensions[i].name, "subjectKeyIdentifier") == 0)
			value = b->profile->extensions[i].value;
	if (!value)
		return 0;
	value = take_critical(value, &critical);
	/* "hash": RFC 5280 section 4.2.1.2 method 1; "sha256": RFC 7093 section 2 method 1 */
	/* "copy": the same key is known by another certificate, whose identifier is kept (BR 7.1.2.11.4) */
	if (strcmp(value, "copy") == 0)
		return copy_key_id(b, e);
	if (strcmp(value, "hash") == 0)
		md = EVP_sha1();
	else if (strcmp(value, "sha256") == 0)
		md = EVP_sha256();
	else
		return error_set(e, ERROR_FAULT,
		        N_("Extension subjectKeyIdentifier: the method is \"hash\", \"sha256\" or \"copy\", not "
		           "\"%s\"."),
		        value);
	if (!bits ||
	        EVP_Digest(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), digest, NULL, md, NULL) != 1)
		return openssl_error(e, ERROR_INTERNAL, N_("The key identifier cannot be computed: %s."));
	memcpy(b->key_id, digest, KEY_ID_LEN);
	b->key_id_len = KEY_ID_LEN;
	return 0;
}

static int add_rehearsal(X509 *x, struct error *e)
{
	X509_EXTENSION *made = from_bytes(pki_rehearsal_oid, rehearsal_value, sizeof rehearsal_value);
	int status = -1;

	if (made && X509_EXTENSION_set_critical(made, 1))
		status = add_made(x, made, pki_rehearsal_oid, e);
	else
		error_memory(e);
	X509_EXTENSION_free(made);
	return status;
}

int extensions_add(X509 *x, const struct pki_profile *profile, struct error *e)
{
	struct build b = {.x = x, .profile = profile};
	int status = -1;

	b.sections = sections_new(profile->sections, profile->section_count, e);
	if (!b.sections)
		return -1;
	X509V3_set_ctx(&b.v3, x, x, NULL, NULL, 0);
	if (find_key_id(&b, e))
		goto out;
	for (size_t i = 0; i < profile->extension_count; i++)
		if (add_one(&b, &profile->extensions[i], e))
			goto out;
	if (sections_all_used(b.sections, e) == 0)
		status = profile->rehearsal ? add_rehearsal(x, e) : 0;
out:
	sections_free(&b.sections);
	return status;
}

bool extension_oid_is_rehearsal(const struct der *oid)
{
	ASN1_OBJECT *ours = OBJ_txt2obj(pki_rehearsal_oid, 1);
	bool is = ours && OBJ_length(ours) == oid->len && memcmp(OBJ_get0_data(ours), oid->value, oid->len) == 0;

	ASN1_OBJECT_free(ours);
	return is;
}

bool extension_is_rehearsal(const X509_EXTENSION *extension)
{
	char oid[64];

	return OBJ_obj2txt(oid, sizeof oid, X509_EXTENSION_get_object((X509_EXTENSION *)(uintptr_t)extension), 1) > 0 &&
	       strcmp(oid, pki_rehearsal_oid) == 0;
}
