#include "pki/name.h"

#include "base/text.h"
#include "pki/der.h"
#include "pki/profile.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

enum { UTF8 = V_ASN1_UTF8STRING, PRINTABLE = V_ASN1_PRINTABLESTRING, IA5 = V_ASN1_IA5STRING };
enum { NAME_DER_MAX = 1 << 16 }; /* bytes of a name that is taken */

static const struct attribute_type types[] = {
        {"DC", "0.9.2342.19200300.100.1.25", IA5, 1, 63, 1},
        {"C", "2.5.4.6", PRINTABLE, 2, 2, 2},
        {"ST", "2.5.4.8", UTF8, 1, 128, 3},
        {"L", "2.5.4.7", UTF8, 1, 128, 4},
        {"postalCode", "2.5.4.17", UTF8, 1, 40, 5},
        {"street", "2.5.4.9", UTF8, 1, 128, 6},
        {"O", "2.5.4.10", UTF8, 1, 64, 7},
        {"SN", "2.5.4.4", UTF8, 1, 32768, 8},
        {"GN", "2.5.4.42", UTF8, 1, 32768, 9},
        {"OU", "2.5.4.11", UTF8, 1, 64, 10},
        {"CN", "2.5.4.3", UTF8, 1, 64, 11},
        {"serialNumber", "2.5.4.5", PRINTABLE, 1, 64, 0},
        {"dnQualifier", "2.5.4.46", PRINTABLE, 1, 0, 0},
        {"title", "2.5.4.12", UTF8, 1, 64, 0},
        {"initials", "2.5.4.43", UTF8, 1, 32768, 0},
        {"pseudonym", "2.5.4.65", UTF8, 1, 128, 0},
        {"generationQualifier", "2.5.4.44", UTF8, 1, 32768, 0},
        {"businessCategory", "2.5.4.15", UTF8, 1, 128, 0},
        {"organizationIdentifier", "2.5.4.97", UTF8, 1, 0, 0},
        {"jurisdictionC", "1.3.6.1.4.1.311.60.2.1.3", PRINTABLE, 2, 2, 0},
        {"jurisdictionST", "1.3.6.1.4.1.311.60.2.1.2", UTF8, 1, 128, 0},
        {"jurisdictionL", "1.3.6.1.4.1.311.60.2.1.1", UTF8, 1, 128, 0},
        {"UID", "0.9.2342.19200300.100.1.1", UTF8, 1, 256, 0},
        {"emailAddress", "1.2.840.113549.1.9.1", IA5, 1, 255, 0},
};

const struct attribute_type *attribute_type_named(const char *name)
{
	for (size_t i = 0; name && i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

const struct attribute_type *attribute_type_of(const ASN1_OBJECT *object)
{
	char oid[128];

	if (OBJ_obj2txt(oid, sizeof oid, object, 1) <= 0)
		return NULL;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i].oid, oid) == 0)
			return &types[i];
	return NULL;
}

static bool printable(uint32_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c > 0 && c < 0x80 && strchr(" '()+,-./:=?", (int)c) != NULL);
}

static int hidden_error(const struct attribute_type *t, uint32_t c, struct error *e)
{
	char hex[9];

	snprintf(hex, sizeof hex, "%04X", (unsigned)c);
	return error_set(e, ERROR_FAULT,
	        N_("The value of the name's attribute %s holds U+%s, a character that cannot be seen."), t->name, hex);
}

static int check_value(const struct attribute_type *t, int string, const char *value, struct error *e)
{
	size_t len = strlen(value), used, characters = 0;

	if (!text_is_utf8(value, len) || !text_is_nfc(value, len))
		return error_set(e, ERROR_FAULT,
		        N_("The value of the name's attribute %s is not UTF-8 in normal form (NFC)."), t->name);
	for (size_t i = 0; i < len; i += used, characters++) {
		uint32_t c = text_next(value + i, len - i, &used);
		if (text_is_hidden(c))
			return hidden_error(t, c, e);
		if (string == PRINTABLE && !printable(c))
			return error_set(e, ERROR_FAULT,
			        N_("The value of the name's attribute %s, \"%s\", holds a character that a "
			           "PrintableString has not."),
			        t->name, value);
		if (string == IA5 && c >= 0x80)
			return error_set(e, ERROR_FAULT,
			        N_("The value of the name's attribute %s, \"%s\", holds a character that an IA5String "
			           "has not."),
			        t->name, value);
	}
	if (characters < t->min)
		return error_set(e, ERROR_FAULT,
		        N_("The name's attribute %s has %zu characters; it needs at least %zu."), t->name, characters,
		        t->min);
	if (t->max && characters > t->max)
		return error_set(e, ERROR_FAULT,
		        N_("The name's attribute %s has %zu characters; X.520 and RFC 5280 appendix A allow %zu."),
		        t->name, characters, t->max);
	if (value[0] == ' ' || value[len - 1] == ' ')
		return error_set(e, ERROR_FAULT,
		        N_("The value of the name's attribute %s begins or ends with a blank."), t->name);
	return 0;
}

/* X.501 section 9.3: an RDN has at most one value of each type. */
static int check_joined(
        const X509_NAME *name, const struct pki_attribute *a, const struct attribute_type *t, struct error *e)
{
	int last = X509_NAME_entry_count(name) - 1;

	if (!a->joined)
		return 0;
	if (last < 0)
		return error_set(e, ERROR_FAULT, N_("The name's attribute %s joins no RDN: it is the first."), t->name);
	for (int i = last, set = X509_NAME_ENTRY_set(X509_NAME_get_entry(name, last)); i >= 0; i--) {
		const X509_NAME_ENTRY *other = X509_NAME_get_entry(name, i);
		if (X509_NAME_ENTRY_set(other) != set)
			break;
		if (attribute_type_of(X509_NAME_ENTRY_get_object(other)) == t)
			return error_set(e, ERROR_FAULT,
			        N_("The name's attribute %s stands twice in one RelativeDistinguishedName."), t->name);
	}
	return 0;
}

static int add_attribute(X509_NAME *name, const struct pki_attribute *a, struct error *e)
{
	const struct attribute_type *t = attribute_type_named(a->type);
	X509_NAME_ENTRY *entry = NULL;
	ASN1_OBJECT *object = NULL;
	int status = -1, string;

	if (!t)
		return error_set(
		        e, ERROR_FAULT, N_("The name's attribute type %s is not known."), a->type ? a->type : "");
	if (!a->value)
		return error_set(e, ERROR_FAULT, N_("The name's attribute %s has no value."), t->name);
	if (a->printable && t->string == IA5)
		return error_set(e, ERROR_FAULT, N_("The name's attribute %s cannot be a PrintableString."), t->name);
	string = a->printable ? PRINTABLE : t->string;
	if (check_value(t, string, a->value, e) || check_joined(name, a, t, e))
		return -1;
	object = OBJ_txt2obj(t->oid, 1);
	if (object)
		entry = X509_NAME_ENTRY_create_by_OBJ(
		        NULL, object, string, (const unsigned char *)a->value, (int)strlen(a->value));
	/* set 0 begins an RDN, -1 joins the last; OpenSSL encodes the SET OF in DER's order (X.690 section 11.6) */
	if (!entry || X509_NAME_add_entry(name, entry, -1, a->joined ? -1 : 0) != 1)
		openssl_error(e, ERROR_INTERNAL, N_("The name cannot be built: %s."));
	else
		status = 0;
	X509_NAME_ENTRY_free(entry);
	ASN1_OBJECT_free(object);
	return status;
}

X509_NAME *name_build(const struct pki_attribute *attribute, size_t count, struct error *e)
{
	X509_NAME *name = X509_NAME_new();

	if (!name) {
		error_memory(e);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (add_attribute(name, &attribute[i], e)) {
			X509_NAME_free(name);
			return NULL;
		}
	}
	return name;
}

/* One {OID, string} more: `set` as OpenSSL has it, 0 begins a RelativeDistinguishedName and -1 joins the last. */
static int add_pair(X509_NAME *name, const struct der *pair, int set)
{
	const uint8_t *at = pair->value;
	size_t left = pair->len;
	struct der oid, value;
	X509_NAME_ENTRY *entry = NULL;
	ASN1_OBJECT *object;
	int status = -1;

	if (der_next(&at, &left, &oid) || der_next(&at, &left, &value))
		return -1;
	at = oid.whole;
	object = d2i_ASN1_OBJECT(NULL, &at, (long)oid.whole_len);
	if (object)
		entry = X509_NAME_ENTRY_create_by_OBJ(NULL, object, value.tag, value.value, (int)value.len);
	if (entry && X509_NAME_add_entry(name, entry, -1, set) == 1)
		status = 0;
	X509_NAME_ENTRY_free(entry);
	ASN1_OBJECT_free(object);
	return status;
}

/* `name` is one by der_name(). */
static int add_pairs(X509_NAME *name, const struct der *whole)
{
	const uint8_t *at = whole->value, *in;
	size_t left = whole->len, rest;
	struct der set, pair;

	while (left) {
		if (der_next(&at, &left, &set))
			return -1;
		in = set.value;
		rest = set.len;
		for (int joins = 0; rest; joins = -1)
			if (der_next(&in, &rest, &pair) || add_pair(name, &pair, joins))
				return -1;
	}
	return 0;
}

X509_NAME *name_parse(const void *der, size_t len, struct error *e)
{
	const uint8_t *at = der;
	const unsigned char *again;
	size_t left = len, n;
	struct der whole;
	X509_NAME *name = NULL;

	if (len <= NAME_DER_MAX && der_next(&at, &left, &whole) == 0 && !left && der_name(&whole)) {
		name = X509_NAME_new();
		/* a string that is none of its type fails when OpenSSL compares names, which it prepares here */
		if (!name || add_pairs(name, &whole) || X509_NAME_get0_der(name, &again, &n) != 1 || n != len ||
		        memcmp(again, der, len) != 0) {
			X509_NAME_free(name);
			name = NULL;
		}
	}
	if (!name && openssl_lacked_memory())
		error_memory(e);
	else if (!name)
		error_set(e, ERROR_FAULT, N_("The name that was given is not exactly one Name in DER."));
	ERR_clear_error();
	return name;
}

/* Latin-1 (which T61String is taken for, as everybody does), UCS-2 and UCS-4 into UTF-8. */
static void widen(struct bytes *utf8, const unsigned char *data, size_t len, size_t width)
{
	for (size_t i = 0; i + width <= len; i += width) {
		uint32_t c = 0;
		for (size_t k = 0; k < width; k++)
			c = c << 8 | data[i + k];
		if (c < 0x80) {
			bytes_byte(utf8, (uint8_t)c);
		} else if (c < 0x800) {
			bytes_byte(utf8, (uint8_t)(0xc0 | c >> 6));
			bytes_byte(utf8, (uint8_t)(0x80 | (c & 0x3f)));
		} else if (c < 0x10000) { /* a surrogate comes out invalid, and so is shown as its bytes */
			bytes_byte(utf8, (uint8_t)(0xe0 | c >> 12));
			bytes_byte(utf8, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
			bytes_byte(utf8, (uint8_t)(0x80 | (c & 0x3f)));
		} else {
			bytes_byte(utf8, (uint8_t)(0xf0 | (c >> 18 & 7)));
			bytes_byte(utf8, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
			bytes_byte(utf8, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
			bytes_byte(utf8, (uint8_t)(0x80 | (c & 0x3f)));
		}
	}
}

static void string_utf8(struct bytes *out, const ASN1_STRING *value)
{
	const unsigned char *data = ASN1_STRING_get0_data(value);
	size_t len = (size_t)ASN1_STRING_length(value);

	switch (ASN1_STRING_type(value)) {
	case V_ASN1_BMPSTRING:
		widen(out, data, len, 2);
		break;
	case V_ASN1_UNIVERSALSTRING:
		widen(out, data, len, 4);
		break;
	case V_ASN1_T61STRING:
		widen(out, data, len, 1);
		break;
	default:
		bytes_add(out, data, len);
	}
}

long string_characters(const ASN1_STRING *value)
{
	const unsigned char *data = ASN1_STRING_get0_data(value);
	size_t len = (size_t)ASN1_STRING_length(value), used;
	long count = 0;

	switch (ASN1_STRING_type(value)) {
	case V_ASN1_UTF8STRING:
		if (!text_is_utf8((const char *)data, len))
			return -1;
		for (size_t i = 0; i < len; i += used, count++)
			if (text_next((const char *)data + i, len - i, &used), used == 0)
				return -1;
		return count;
	case V_ASN1_PRINTABLESTRING:
		for (size_t i = 0; i < len; i++)
			if (!printable(data[i]))
				return -1;
		return (long)len;
	case V_ASN1_IA5STRING:
		for (size_t i = 0; i < len; i++)
			if (data[i] >= 0x80)
				return -1;
		return (long)len;
	case V_ASN1_BMPSTRING:
		return len % 2 ? -1 : (long)(len / 2);
	case V_ASN1_UNIVERSALSTRING:
		return len % 4 ? -1 : (long)(len / 4);
	default:
		return (long)len;
	}
}

void string_show(struct bytes *out, const ASN1_STRING *value, bool escape)
{
	struct bytes text = {0}, escaped = {0};

	string_utf8(&text, value);
	for (size_t i = 0; i < text.len; i++) {
		if (escape && text.data[i] < 0x80 && text.data[i] && strchr("\\,+=", text.data[i]))
			bytes_byte(&escaped, '\\');
		bytes_byte(&escaped, text.data[i]);
	}
	if (text.failed || escaped.failed)
		out->failed = true;
	else if (escaped.len)
		text_visible(out, (const char *)escaped.data, escaped.len);
	bytes_free(&text);
	bytes_free(&escaped);
}

void object_show(struct bytes *out, const ASN1_OBJECT *object)
{
	int nid = OBJ_obj2nid(object);
	char oid[256];

	if (nid != NID_undef) {
		bytes_text(out, OBJ_nid2sn(nid));
	} else if (OBJ_obj2txt(oid, sizeof oid, object, 1) > 0 && strlen(oid) < sizeof oid - 1) {
		bytes_text(out, oid);
	} else {
		bytes_text(out, "OID ");
		bytes_hex(out, OBJ_get0_data(object), OBJ_length(object));
	}
}

void name_show(struct bytes *out, const X509_NAME *name)
{
	int count = X509_NAME_entry_count(name), set = -1;

	if (count <= 0)
		bytes_text(out, "(empty)");
	for (int i = 0; i < count; i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		if (i)
			bytes_text(out, X509_NAME_ENTRY_set(entry) == set ? "+" : ", ");
		set = X509_NAME_ENTRY_set(entry);
		object_show(out, X509_NAME_ENTRY_get_object(entry));
		bytes_byte(out, '=');
		string_show(out, X509_NAME_ENTRY_get_data(entry), true);
	}
}

int name_der(const struct pki_attribute *attribute, size_t count, struct bytes *out, struct error *e)
{
	X509_NAME *name = name_build(attribute, count, e);
	const unsigned char *der;
	size_t len;
	int status = -1;

	if (name && X509_NAME_get0_der(name, &der, &len) == 1) {
		bytes_add(out, der, len);
		status = bytes_end(out, e);
	} else if (name) {
		error_memory(e);
	}
	X509_NAME_free(name);
	return status;
}
