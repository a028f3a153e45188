#include "pki/lint_value.h"

#include "pki/lint_encode.h"
#include "pki/profile.h"

#include <openssl/evp.h>
#include <string.h>

/* RFC 5280 section 4.2.1.13 */
static int put_points(struct bytes *out, const struct pki_profile *p, const char *value)
{
	struct fields f;
	struct bytes all = {0};
	int status = fields_read(&f, p, value) ? -1 : 1;

	for (size_t i = 0; status == 1 && i < f.count; i++) {
		const struct pki_section *section = f.at[i].value ? NULL : profile_section(p, f.at[i].name);
		struct bytes names = {0}, full = {0}, point = {0};
		if (f.at[i].value) {
			status = encode_general_name(&full, p, &f.at[i], f.at[i].name);
			encode_wrapped(&names, 0xa0, &full, status);
		} else if (section && section->count == 1 && strcmp(section->field[0].name, "fullname") == 0) {
			status = encode_general_names(&names, 0xa0, p, section->field[0].value);
		} else {
			status = section ? 0 : -1;
		}
		encode_wrapped(&point, 0xa0, &names, status);
		encode_wrapped(&all, SEQUENCE, &point, status);
	}
	fields_free(&f);
	return encode_wrapped(out, SEQUENCE, &all, status);
}

struct named_oid {
	const char *name, *oid;
};

static const char *oid_named(const struct named_oid *table, size_t count, const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(table[i].name) == len && strncmp(table[i].name, name, len) == 0)
			return table[i].oid;
	return NULL;
}

/* RFC 5280 section 4.2.2 */
static int put_access(struct bytes *out, const struct pki_profile *p, const char *value)
{
	static const struct named_oid methods[] = {{"OCSP", "1.3.6.1.5.5.7.48.1"}, {"caIssuers", "1.3.6.1.5.5.7.48.2"},
	        {"caRepository", "1.3.6.1.5.5.7.48.5"}, {"ad_timestamping", "1.3.6.1.5.5.7.48.3"}};
	struct fields f;
	struct bytes all = {0};
	int status = fields_read(&f, p, value) ? -1 : 1;

	for (size_t i = 0; status == 1 && i < f.count; i++) {
		const char *semicolon = strchr(f.at[i].name, ';');
		const char *oid = semicolon ? oid_named(methods, sizeof methods / sizeof methods[0], f.at[i].name,
		                                      (size_t)(semicolon - f.at[i].name))
		                            : NULL;
		struct bytes one = {0};
		status = oid ? value_oid(&one, oid) : 0;
		if (status == 1)
			status = encode_general_name(&one, p, &f.at[i], semicolon + 1);
		encode_wrapped(&all, SEQUENCE, &one, status);
	}
	fields_free(&f);
	return encode_wrapped(out, SEQUENCE, &all, status);
}

/* RFC 5280 section 4.2.1.10 */
static int put_constraints(struct bytes *out, const struct pki_profile *p, const char *value)
{
	static const char *const kinds[] = {"permitted;", "excluded;"};
	struct fields f;
	struct bytes side[2] = {0}, both = {0};
	int status = fields_read(&f, p, value) ? -1 : 1;

	for (size_t i = 0; status == 1 && i < f.count; i++) {
		struct bytes one = {0};
		size_t which = strncmp(f.at[i].name, kinds[0], strlen(kinds[0])) == 0 ? 0 : 1;
		if (strncmp(f.at[i].name, kinds[which], strlen(kinds[which])) != 0)
			status = -1;
		else
			status = encode_general_name(&one, p, &f.at[i], f.at[i].name + strlen(kinds[which]));
		encode_wrapped(&side[which], SEQUENCE, &one, status);
	}
	for (size_t k = 0; k < 2; k++) {
		if (side[k].len)
			encode_wrapped(&both, (uint8_t)(0xa0 + k), &side[k], status);
		bytes_free(&side[k]);
	}
	fields_free(&f);
	return encode_wrapped(out, SEQUENCE, &both, status);
}

/* RFC 5280 section 4.2.1.4: UserNotice with a text alone */
static int put_notice(struct bytes *out, const struct pki_profile *p, const char *value)
{
	const struct pki_section *section = value[0] == '@' ? profile_section(p, value + 1) : NULL;
	struct bytes body = {0};
	const char *text;

	if (!section)
		return -1;
	if (section->count != 1 || strcmp(section->field[0].name, "explicitText") != 0)
		return 0;
	text = section->field[0].value;
	if (strncmp(text, "UTF8:", 5) == 0)
		encode_string(&body, V_ASN1_UTF8STRING, text + 5);
	else if (strncmp(text, "VISIBLE:", 8) == 0)
		encode_string(&body, V_ASN1_VISIBLESTRING, text + 8);
	else if (strncmp(text, "BMP:", 4) == 0)
		return 0;
	else
		encode_string(&body, V_ASN1_VISIBLESTRING, text);
	return encode_wrapped(out, SEQUENCE, &body, 1);
}

static int put_policy_section(struct bytes *out, const struct pki_profile *p, const char *name)
{
	const struct pki_section *section = profile_section(p, name);
	struct bytes body = {0}, qualifiers = {0}, wrapped = {0};
	int status = section ? 1 : -1;

	for (size_t i = 0; status == 1 && i < section->count; i++) {
		struct field f = {
		        (char *)(uintptr_t)section->field[i].name, (char *)(uintptr_t)section->field[i].value};
		struct bytes one = {0};
		if (strcmp(f.name, "policyIdentifier") == 0) {
			status = body.len ? -1 : value_oid(&body, f.value);
			continue;
		}
		if (field_is(&f, "CPS")) {
			value_oid(&one, "1.3.6.1.5.5.7.2.1");
			encode_string(&one, V_ASN1_IA5STRING, f.value);
		} else if (field_is(&f, "userNotice")) {
			value_oid(&one, "1.3.6.1.5.5.7.2.2");
			status = put_notice(&one, p, f.value);
		} else {
			status = 0;
		}
		encode_wrapped(&qualifiers, SEQUENCE, &one, status);
	}
	if (status == 1 && !body.len)
		status = -1;
	if (qualifiers.len)
		encode_wrapped(&wrapped, SEQUENCE, &qualifiers, status);
	bytes_add(&body, wrapped.data, wrapped.len);
	bytes_free(&qualifiers);
	bytes_free(&wrapped);
	return encode_wrapped(out, SEQUENCE, &body, status);
}

static int put_policies(struct bytes *out, const struct pki_profile *p, const char *value)
{
	struct bytes all = {0};
	int status = 1;

	for (const char *at = value; status == 1 && at;) {
		size_t len;
		char item[256];
		at += strspn(at, " ");
		len = strcspn(at, ",");
		if (len >= sizeof item) {
			status = 0;
			break;
		}
		memcpy(item, at, len);
		at = at[len] ? at + len + 1 : NULL;
		while (len && item[len - 1] == ' ')
			len--;
		item[len] = '\0';
		if (item[0] == '@') {
			status = put_policy_section(&all, p, item + 1);
		} else if (item[0] >= '0' && item[0] <= '2') {
			struct bytes one = {0};
			status = value_oid(&one, item);
			encode_wrapped(&all, SEQUENCE, &one, status);
		} else {
			status = 0;
		}
	}
	return encode_wrapped(out, SEQUENCE, &all, status);
}

static int put_mappings(struct bytes *out, const struct pki_profile *p, const char *value)
{
	struct fields f;
	struct bytes all = {0};
	int status = fields_read(&f, p, value) ? -1 : 1;

	for (size_t i = 0; status == 1 && i < f.count; i++) {
		struct bytes one = {0};
		status = f.at[i].value && f.at[i].name[0] <= '2' && f.at[i].value[0] <= '2'
		                 ? value_oid(&one, f.at[i].name)
		                 : 0;
		if (status == 1)
			status = value_oid(&one, f.at[i].value);
		encode_wrapped(&all, SEQUENCE, &one, status);
	}
	fields_free(&f);
	return encode_wrapped(out, SEQUENCE, &all, status);
}

/* RFC 5280 section 4.2.1.9; DER leaves out cA FALSE */
static int put_basic(struct bytes *out, const struct pki_profile *p, const char *value)
{
	struct fields f;
	struct bytes body = {0}, path = {0};
	int status = fields_read(&f, p, value) ? -1 : 1;

	for (size_t i = 0; status == 1 && i < f.count; i++) {
		if (f.at[i].value && strcmp(f.at[i].name, "CA") == 0)
			bytes_add(&body, "\x01\x01\xff", strcmp(f.at[i].value, "TRUE") == 0 ? 3 : 0);
		else if (f.at[i].value && strcmp(f.at[i].name, "pathlen") == 0)
			status = encode_number(&path, INTEGER, f.at[i].value);
		else
			status = -1;
	}
	bytes_add(&body, path.data, path.len);
	bytes_free(&path);
	fields_free(&f);
	return encode_wrapped(out, SEQUENCE, &body, status);
}

static int put_policy_constraints(struct bytes *out, const struct pki_profile *p, const char *value)
{
	static const char *const names[] = {"requireExplicitPolicy", "inhibitPolicyMapping"};
	struct fields f;
	struct bytes body = {0};
	int status = fields_read(&f, p, value) ? -1 : 1;

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; status == 1 && i < f.count; i++)
			if (strcmp(f.at[i].name, names[k]) == 0)
				status = f.at[i].value ? encode_number(&body, (uint8_t)(0x80 + k), f.at[i].value) : -1;
	fields_free(&f);
	return encode_wrapped(out, SEQUENCE, &body, status);
}

/* RFC 5280 section 4.2.1.3; X.690 section 11.2.2: a named bit list without zeros at its end */
static int put_usage(struct bytes *out, const struct pki_profile *p, const char *value)
{
	static const char *const names[] = {"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment",
	        "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"};
	uint8_t bits[3] = {0};
	struct fields f;
	unsigned last = 0;
	int status = fields_read(&f, p, value) ? -1 : 1;

	for (size_t i = 0; status == 1 && i < f.count; i++) {
		status = 0;
		for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++) {
			if (strcmp(f.at[i].name, names[k]) != 0)
				continue;
			bits[1 + k / 8] |= (uint8_t)(0x80 >> k % 8);
			last = k > last ? k : last;
			status = 1;
		}
	}
	fields_free(&f);
	bits[0] = (uint8_t)(7 - last % 8);
	if (status == 1)
		der_put(out, BITS, bits, 2 + last / 8);
	return status;
}

static int put_purposes(struct bytes *out, const struct pki_profile *p, const char *value)
{
	static const struct named_oid purposes[] = {{"serverAuth", "1.3.6.1.5.5.7.3.1"},
	        {"clientAuth", "1.3.6.1.5.5.7.3.2"}, {"codeSigning", "1.3.6.1.5.5.7.3.3"},
	        {"emailProtection", "1.3.6.1.5.5.7.3.4"}, {"timeStamping", "1.3.6.1.5.5.7.3.8"},
	        {"OCSPSigning", "1.3.6.1.5.5.7.3.9"}, {"anyExtendedKeyUsage", "2.5.29.37.0"}};
	struct fields f;
	struct bytes all = {0};
	int status = fields_read(&f, p, value) ? -1 : 1;

	for (size_t i = 0; status == 1 && i < f.count; i++) {
		const char *name = f.at[i].name;
		const char *oid = oid_named(purposes, sizeof purposes / sizeof purposes[0], name, strlen(name));
		if (!oid && name[0] >= '0' && name[0] <= '2')
			oid = name;
		status = oid && !f.at[i].value ? value_oid(&all, oid) : 0;
	}
	fields_free(&f);
	return encode_wrapped(out, SEQUENCE, &all, status);
}

/* RFC 5280 section 4.2.1.2 method 1, RFC 7093 section 2 method 1, or the one there is; `tag` of the OCTET STRING */
static int put_key_id(struct bytes *out, uint8_t tag, const struct lint_certificate *c, const char *method)
{
	const struct pki_profile *p = c->context->profile;
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(c->x);
	uint8_t digest[EVP_MAX_MD_SIZE];

	if (strcmp(method, "copy") == 0) {
		if (!p->key_id)
			return -1;
		der_put(out, tag, p->key_id, p->key_id_len);
		return 1;
	}
	if (!bits || EVP_Digest(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), digest, NULL,
	                     strcmp(method, "sha256") == 0 ? EVP_sha256() : EVP_sha1(), NULL) != 1)
		return -1;
	der_put(out, tag, digest, 20);
	return 1;
}

static int put_authority(struct bytes *out, const struct lint_certificate *c)
{
	const struct pki_profile *p = c->context->profile;
	struct bytes body = {0};
	const char *method = NULL;
	int status = -1;

	if (p->issuer) {
		if (p->issuer_key_id) {
			der_put(&body, 0x80, p->issuer_key_id, p->issuer_key_id_len);
			status = 1;
		}
		return encode_wrapped(out, SEQUENCE, &body, status);
	}
	for (size_t i = 0; i < p->extension_count; i++)
		if (strcmp(p->extensions[i].name, "subjectKeyIdentifier") == 0)
			method = p->extensions[i].value;
	if (method && strncmp(method, "critical,", 9) == 0)
		method += 9 + strspn(method + 9, " ");
	if (method)
		status = put_key_id(&body, 0x80, c, method);
	return encode_wrapped(out, SEQUENCE, &body, status);
}

static int put_raw(struct bytes *out, const char *hex)
{
	for (const char *at = hex; *at;) {
		uint8_t byte;
		if (*at == ':' && at != hex) {
			at++;
			continue;
		}
		char lower[2] = {0};
		for (size_t i = 0; i < 2; i++) {
			if (!at[i])
				return -1;
			lower[i] = at[i] >= 'A' && at[i] <= 'F' ? (char)(at[i] + 32) : at[i];
		}
		if (hex_decode(lower, 2, &byte, 1))
			return -1;
		bytes_byte(out, byte);
		at += 2;
	}
	return 1;
}

/* ASN1_generate_nconf(3), as much of it as certificates of authorities use. */
static int put_generated(struct bytes *out, const struct pki_profile *p, const char *value, unsigned depth)
{
	static const struct {
		const char *name;
		uint8_t tag;
	} strings[] = {{"UTF8String:", V_ASN1_UTF8STRING}, {"UTF8:", V_ASN1_UTF8STRING},
	        {"IA5STRING:", V_ASN1_IA5STRING}, {"IA5String:", V_ASN1_IA5STRING}, {"IA5:", V_ASN1_IA5STRING},
	        {"PRINTABLESTRING:", V_ASN1_PRINTABLESTRING}, {"PrintableString:", V_ASN1_PRINTABLESTRING},
	        {"PRINTABLE:", V_ASN1_PRINTABLESTRING}};
	bool utf8 = strncmp(value, "FORMAT:UTF8,", 12) == 0;
	const struct pki_section *section;
	struct bytes body = {0};
	int status = 1;

	value += utf8 ? 12 : 0;
	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
		if (strncmp(value, strings[i].name, strlen(strings[i].name)) == 0)
			return encode_string(out, strings[i].tag, value + strlen(strings[i].name));
	if (utf8)
		return 0;
	if (strcmp(value, "NULL") == 0)
		return der_put(out, 0x05, "", 0), 1;
	if (strncmp(value, "INTEGER:", 8) == 0)
		return encode_number(out, INTEGER, value + 8);
	if (strncmp(value, "OID:", 4) == 0)
		return value[4] >= '0' && value[4] <= '2' ? value_oid(out, value + 4) : 0;
	if (strcmp(value, "BOOLEAN:TRUE") == 0)
		return der_put(out, BOOLEAN, "\xff", 1), 1;
	if (strncmp(value, "SEQUENCE:", 9) != 0 || depth == NESTING || !(section = profile_section(p, value + 9)))
		return 0;
	for (size_t i = 0; status == 1 && i < section->count; i++)
		status = put_generated(&body, p, section->field[i].value, depth + 1);
	return encode_wrapped(out, SEQUENCE, &body, status);
}

static const struct named_oid extensions[] = {{"basicConstraints", "2.5.29.19"}, {"keyUsage", "2.5.29.15"},
        {"extendedKeyUsage", "2.5.29.37"}, {"subjectKeyIdentifier", "2.5.29.14"},
        {"authorityKeyIdentifier", "2.5.29.35"}, {"subjectAltName", "2.5.29.17"}, {"issuerAltName", "2.5.29.18"},
        {"certificatePolicies", "2.5.29.32"}, {"policyMappings", "2.5.29.33"}, {"policyConstraints", "2.5.29.36"},
        {"inhibitAnyPolicy", "2.5.29.54"}, {"nameConstraints", "2.5.29.30"}, {"crlDistributionPoints", "2.5.29.31"},
        {"freshestCRL", "2.5.29.46"}, {"authorityInfoAccess", "1.3.6.1.5.5.7.1.1"},
        {"subjectInfoAccess", "1.3.6.1.5.5.7.1.11"}, {"noCheck", "1.3.6.1.5.5.7.48.1.5"},
        {"tlsfeature", "1.3.6.1.5.5.7.1.24"}};

int value_extension_oid(struct bytes *out, const char *name)
{
	const char *oid = oid_named(extensions, sizeof extensions / sizeof extensions[0], name, strlen(name));

	return value_oid(out, oid ? oid : name);
}

int value_extension(struct bytes *out, const struct lint_certificate *c, const char *name, const char *value)
{
	static const struct {
		const char *name;
		int (*put)(struct bytes *out, const struct pki_profile *p, const char *value);
	} kinds[] = {{"basicConstraints", put_basic}, {"keyUsage", put_usage}, {"extendedKeyUsage", put_purposes},
	        {"certificatePolicies", put_policies}, {"policyMappings", put_mappings},
	        {"policyConstraints", put_policy_constraints}, {"nameConstraints", put_constraints},
	        {"crlDistributionPoints", put_points}, {"freshestCRL", put_points}, {"authorityInfoAccess", put_access},
	        {"subjectInfoAccess", put_access}};
	const struct pki_profile *p = c->context->profile;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].put(out, p, value);
	if (strcmp(name, "subjectKeyIdentifier") == 0)
		return put_key_id(out, OCTETS, c, value);
	if (strcmp(name, "authorityKeyIdentifier") == 0)
		return put_authority(out, c);
	if (strcmp(name, "subjectAltName") == 0 || strcmp(name, "issuerAltName") == 0)
		return encode_general_names(out, SEQUENCE, p, value);
	if (strcmp(name, "inhibitAnyPolicy") == 0)
		return encode_number(out, INTEGER, value);
	if (strcmp(name, "noCheck") == 0)
		return der_put(out, 0x05, "", 0), 1;
	if (strncmp(value, "DER:", 4) == 0)
		return put_raw(out, value + 4);
	return strncmp(value, "ASN1:", 5) == 0 ? put_generated(out, p, value + 5, 0) : 0;
}
