#include "pki/view.h"

#include "base/text.h"
#include "pki/algorithm.h"
#include "pki/der.h"
#include "pki/name.h"
#include "pki/view_private.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 100, HEX_A_LINE = 32 };

static void blanks(struct bytes *out, unsigned count)
{
	while (count--)
		bytes_byte(out, ' ');
}

void view_line(struct bytes *out, unsigned indent, const char *label, const char *value)
{
	size_t left = strlen(value), fits;
	unsigned room;

	blanks(out, indent);
	bytes_text(out, label);
	bytes_text(out, ":");
	room = indent + text_cells(label, strlen(label)) + 2;
	room = room < WIDTH - 10 ? WIDTH - room : 10;
	if (left)
		bytes_byte(out, ' ');
	while (left) {
		fits = text_fit(value, left, room);
		if (fits == 0)
			fits = left;
		bytes_add(out, value, fits);
		value += fits;
		left -= fits;
		if (left) {
			bytes_byte(out, '\n');
			/* the bar tells a continued value from a line of its own, which foreign text might imitate */
			blanks(out, indent + 4);
			bytes_text(out, "| ");
			room = WIDTH - indent - 6;
		}
	}
	bytes_byte(out, '\n');
}

void view_hex(struct bytes *out, unsigned indent, const char *label, const void *data, size_t len)
{
	const uint8_t *at = data;

	blanks(out, indent);
	bytes_text(out, label);
	bytes_text(out, ":");
	if (len <= HEX_A_LINE && indent + strlen(label) + 2 + 2 * len <= WIDTH) {
		bytes_text(out, len ? " " : " (empty)");
		bytes_hex(out, at, len);
		bytes_byte(out, '\n');
		return;
	}
	bytes_byte(out, '\n');
	for (size_t i = 0; i < len; i += HEX_A_LINE) {
		blanks(out, indent + 4);
		bytes_hex(out, at + i, len - i < HEX_A_LINE ? len - i : HEX_A_LINE);
		bytes_byte(out, '\n');
	}
}

static void view_number(struct bytes *out, unsigned indent, const char *label, const BIGNUM *n)
{
	char *decimal = BN_bn2dec(n), *hex = BN_bn2hex(n);
	struct bytes line = {0};

	if (!decimal || !hex) {
		out->failed = true;
	} else {
		bytes_printf(&line, "%s (0x%s)", decimal, hex);
		view_line(out, indent, label, bytes_string(&line));
	}
	OPENSSL_free(decimal);
	OPENSSL_free(hex);
	bytes_free(&line);
}

static void view_serial(struct bytes *out, const X509 *x)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	BIGNUM *n = ASN1_INTEGER_to_BN(serial, NULL);
	char *decimal = n ? BN_bn2dec(n) : NULL;

	if (!decimal)
		out->failed = true;
	else
		view_line(out, 0, "Serial number (decimal)", decimal);
	view_hex(out, 0,
	        ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? "Serial number (hex, negative)"
	                                                       : "Serial number (hex)",
	        ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
	OPENSSL_free(decimal);
	BN_free(n);
}

static void view_algorithm(struct bytes *out, const char *label, const X509_ALGOR *a)
{
	const struct signature_algorithm *known = NULL;
	const ASN1_OBJECT *object = NULL;
	unsigned char *der = NULL;
	struct bytes line = {0};
	int n = i2d_X509_ALGOR(a, &der);

	if (n > 0)
		known = signature_algorithm_of(der, (size_t)n);
	X509_ALGOR_get0(&object, NULL, NULL, a);
	bytes_text(&line, known ? known->name : "not known here, ");
	if (!known)
		object_show(&line, object);
	view_line(out, 0, label, bytes_string(&line));
	if (n > 0 && (!known || known->scheme == SCHEME_PSS))
		view_hex(out, 4, "AlgorithmIdentifier", der, (size_t)n);
	OPENSSL_free(der);
	bytes_free(&line);
}

/* The standards' own names of the types that names and times have. */
static const char *type_name(const ASN1_STRING *value)
{
	switch (ASN1_STRING_type(value)) {
	case V_ASN1_UTF8STRING:
		return "UTF8String";
	case V_ASN1_PRINTABLESTRING:
		return "PrintableString";
	case V_ASN1_IA5STRING:
		return "IA5String";
	case V_ASN1_T61STRING:
		return "TeletexString";
	case V_ASN1_BMPSTRING:
		return "BMPString";
	case V_ASN1_UNIVERSALSTRING:
		return "UniversalString";
	case V_ASN1_UTCTIME:
		return "UTCTime";
	case V_ASN1_GENERALIZEDTIME:
		return "GeneralizedTime";
	default:
		return ASN1_tag2str(ASN1_STRING_type(value));
	}
}

void view_name(struct bytes *out, const char *label, const X509_NAME *name)
{
	struct bytes line = {0}, text = {0};

	name_show(&line, name);
	view_line(out, 0, label, bytes_string(&line));
	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
		bytes_clear(&line);
		object_show(&line, X509_NAME_ENTRY_get_object(entry));
		bytes_printf(&line, ", %s", type_name(value));
		bytes_clear(&text);
		string_show(&text, value, false);
		view_line(out, 4, bytes_string(&line), bytes_string(&text));
	}
	out->failed = out->failed || line.failed || text.failed;
	bytes_free(&line);
	bytes_free(&text);
}

static void view_time(struct bytes *out, const char *label, const ASN1_TIME *t, int64_t *seconds)
{
	char text[TIME_TEXT];
	struct bytes line = {0};
	struct tm tm;

	*seconds = -1;
	if (ASN1_TIME_to_tm(t, &tm) == 1 && (*seconds = (int64_t)timegm(&tm)) >= 0) {
		time_format_seconds(*seconds, text);
		bytes_text(&line, text);
	} else {
		bytes_text(&line, "not readable");
	}
	bytes_printf(&line, " (%s ", type_name(t));
	text_visible(&line, (const char *)ASN1_STRING_get0_data(t), (size_t)ASN1_STRING_length(t));
	bytes_text(&line, ")");
	view_line(out, 0, label, bytes_string(&line));
	bytes_free(&line);
}

static void view_validity(struct bytes *out, const X509 *x)
{
	int64_t from, to;
	struct bytes line = {0};

	view_time(out, "Not before", X509_get0_notBefore(x), &from);
	view_time(out, "Not after", X509_get0_notAfter(x), &to);
	if (from < 0 || to < from)
		return;
	/* both ends count (RFC 5280 section 4.1.2.5) */
	bytes_printf(&line, "%lld days", (long long)((to - from + 1) / 86400));
	if ((to - from + 1) % 86400)
		bytes_printf(&line, " and %lld seconds", (long long)((to - from + 1) % 86400));
	view_line(out, 0, "Valid for", bytes_string(&line));
	bytes_free(&line);
}

static void view_rsa(struct bytes *out, const EVP_PKEY *key)
{
	BIGNUM *n = NULL, *exponent = NULL;
	uint8_t *modulus = NULL;
	int len;

	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 && (len = BN_num_bytes(n)) > 0 &&
	        (modulus = OPENSSL_malloc((size_t)len)) != NULL && BN_bn2bin(n, modulus) == len)
		view_hex(out, 4, "Modulus", modulus, (size_t)len);
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1)
		view_number(out, 4, "Exponent", exponent);
	OPENSSL_free(modulus);
	BN_free(n);
	BN_free(exponent);
}

void view_key(struct bytes *out, X509_PUBKEY *public)
{
	EVP_PKEY *key = X509_PUBKEY_get0(public); /* owned by it */
	const struct key_algorithm *known = key ? key_algorithm_of(key) : NULL;
	ASN1_OBJECT *object = NULL;
	unsigned char *der = NULL;
	uint8_t digest[32];
	struct bytes line = {0};
	const unsigned char *bits = NULL;
	char group[64] = "";
	int n = i2d_X509_PUBKEY(public, &der), bits_len = 0;

	X509_PUBKEY_get0_param(&object, &bits, &bits_len, NULL, public);
	object_show(&line, object);
	view_line(out, 0, "Public key algorithm", bytes_string(&line));
	bytes_clear(&line);
	bytes_printf(&line, "%s, %d bits", known ? known->name : "not known here", key ? EVP_PKEY_get_bits(key) : 0);
	view_line(out, 4, "Key", bytes_string(&line));
	if (key && EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, NULL))
		view_line(out, 4, "Curve", group);
	if (key && EVP_PKEY_is_a(key, "RSA"))
		view_rsa(out, key);
	view_hex(out, 4, "Key bits", bits, (size_t)bits_len);
	if (n > 0 && sha256(der, (size_t)n, digest) == 0)
		view_hex(out, 4, "SubjectPublicKeyInfo SHA-256", digest, sizeof digest);
	else
		out->failed = true;
	if (n > 0)
		view_hex(out, 4, "SubjectPublicKeyInfo", der, (size_t)n);
	OPENSSL_free(der);
	bytes_free(&line);
}

static void view_unique_ids(struct bytes *out, const X509 *x)
{
	const ASN1_BIT_STRING *issuer, *subject;

	X509_get0_uids(x, &issuer, &subject);
	if (issuer)
		view_hex(out, 0, "Issuer unique ID", ASN1_STRING_get0_data(issuer), (size_t)ASN1_STRING_length(issuer));
	if (subject)
		view_hex(out, 0, "Subject unique ID", ASN1_STRING_get0_data(subject),
		        (size_t)ASN1_STRING_length(subject));
}

int certificate_view(const void *tbs, size_t len, struct bytes *out, struct error *e)
{
	X509 *x = x509_parse_tbs(tbs, len, e);
	struct bytes line = {0};

	if (!x)
		return -1;
	bytes_printf(&line, "%ld", X509_get_version(x) + 1);
	view_line(out, 0, "Version", bytes_string(&line));
	view_serial(out, x);
	view_algorithm(out, "Signature algorithm", X509_get0_tbs_sigalg(x));
	view_name(out, "Issuer", X509_get_issuer_name(x));
	view_validity(out, x);
	view_name(out, "Subject", X509_get_subject_name(x));
	view_key(out, X509_get_X509_PUBKEY(x));
	view_unique_ids(out, x);
	bytes_clear(&line);
	bytes_printf(&line, "%d", X509_get_ext_count(x));
	view_line(out, 0, "Extensions", bytes_string(&line));
	for (int i = 0; i < X509_get_ext_count(x); i++)
		view_extension(out, i + 1, X509_get_ext(x, i));
	bytes_free(&line);
	X509_free(x);
	ERR_clear_error();
	return bytes_end(out, e);
}
