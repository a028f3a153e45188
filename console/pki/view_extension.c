#include "pki/view_private.h"

#include "base/text.h"
#include "pki/der.h"
#include "pki/extension.h"
#include "pki/name.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { INDENT = 4 };

static void line_free(struct bytes *out, const char *label, struct bytes *line)
{
	if (line->failed)
		out->failed = true;
	view_line(out, INDENT, label, bytes_string(line));
	bytes_free(line);
}

static void add_address(struct bytes *line, const ASN1_OCTET_STRING *ip)
{
	const unsigned char *a = ASN1_STRING_get0_data(ip);
	int len = ASN1_STRING_length(ip);
	/* RFC 5280 section 4.2.1.10: in name constraints an address and its mask */
	int family = len == 4 || len == 8 ? AF_INET : AF_INET6, one = family == AF_INET ? 4 : 16;
	char text[INET6_ADDRSTRLEN];

	if (len != one && len != 2 * one) {
		bytes_text(line, "not an address, ");
		bytes_hex(line, a, (size_t)len);
		return;
	}
	bytes_text(line, inet_ntop(family, a, text, sizeof text) ? text : "?");
	if (len == 2 * one)
		bytes_printf(line, "/%s", inet_ntop(family, a + one, text, sizeof text) ? text : "?");
}

static void add_encoded(struct bytes *line, const GENERAL_NAME *name)
{
	unsigned char *der = NULL;
	int n = i2d_GENERAL_NAME(name, &der);

	if (n > 0)
		bytes_hex(line, der, (size_t)n);
	else
		line->failed = true;
	OPENSSL_free(der);
}

static void add_general_name(struct bytes *line, const GENERAL_NAME *name)
{
	switch (name->type) {
	case GEN_EMAIL:
		bytes_text(line, "email:");
		string_show(line, name->d.rfc822Name, false);
		break;
	case GEN_DNS:
		bytes_text(line, "DNS:");
		string_show(line, name->d.dNSName, false);
		break;
	case GEN_URI:
		bytes_text(line, "URI:");
		string_show(line, name->d.uniformResourceIdentifier, false);
		break;
	case GEN_DIRNAME:
		bytes_text(line, "dirName:");
		name_show(line, name->d.directoryName);
		break;
	case GEN_IPADD:
		bytes_text(line, "IP:");
		add_address(line, name->d.iPAddress);
		break;
	case GEN_RID:
		bytes_text(line, "RID:");
		object_show(line, name->d.registeredID);
		break;
	default:
		bytes_text(line, "other name, DER ");
		add_encoded(line, name);
	}
}

static void show_names(struct bytes *out, const char *label, const GENERAL_NAMES *names)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		struct bytes line = {0};
		add_general_name(&line, sk_GENERAL_NAME_value(names, i));
		line_free(out, label, &line);
	}
}

static void show_number(struct bytes *out, const char *label, const ASN1_INTEGER *number)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(number, NULL);
	char *text = n ? BN_bn2dec(n) : NULL;

	if (text)
		view_line(out, INDENT, label, text);
	else
		out->failed = true;
	OPENSSL_free(text);
	BN_free(n);
}

static void show_basic_constraints(struct bytes *out, const void *value)
{
	const BASIC_CONSTRAINTS *c = value;

	view_line(out, INDENT, "cA", c->ca ? "TRUE" : "FALSE");
	if (c->pathlen)
		show_number(out, "pathLenConstraint", c->pathlen);
}

static void add_bits(struct bytes *line, const ASN1_BIT_STRING *bits, const char *const *names, int count)
{
	const char *comma = "";

	for (int i = 0; i < 8 * ASN1_STRING_length(bits); i++) {
		if (!ASN1_BIT_STRING_get_bit(bits, i))
			continue;
		if (i < count)
			bytes_printf(line, "%s%s", comma, names[i]);
		else
			bytes_printf(line, "%sbit %d", comma, i);
		comma = ", ";
	}
	if (!line->len)
		bytes_text(line, "(none)");
}

static void show_key_usage(struct bytes *out, const void *value)
{
	static const char *const names[] = {"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment",
	        "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"};
	struct bytes line = {0};

	add_bits(&line, value, names, 9);
	line_free(out, "keyUsage", &line);
}

static void show_extended_key_usage(struct bytes *out, const void *value)
{
	const EXTENDED_KEY_USAGE *usage = value;

	for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
		struct bytes line = {0};
		object_show(&line, sk_ASN1_OBJECT_value(usage, i));
		line_free(out, "keyPurpose", &line);
	}
}

static void show_key_id(struct bytes *out, const void *value)
{
	const ASN1_OCTET_STRING *id = value;

	view_hex(out, INDENT, "keyIdentifier", ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
}

static void show_authority(struct bytes *out, const void *value)
{
	const AUTHORITY_KEYID *aki = value;

	if (aki->keyid)
		show_key_id(out, aki->keyid);
	if (aki->issuer)
		show_names(out, "authorityCertIssuer", aki->issuer);
	if (aki->serial)
		show_number(out, "authorityCertSerialNumber", aki->serial);
}

static void show_notice(struct bytes *out, const USERNOTICE *notice)
{
	struct bytes line = {0};

	if (notice->noticeref) {
		string_show(&line, notice->noticeref->organization, false);
		for (int i = 0; i < sk_ASN1_INTEGER_num(notice->noticeref->noticenos); i++)
			bytes_printf(&line, " #%ld",
			        ASN1_INTEGER_get(sk_ASN1_INTEGER_value(notice->noticeref->noticenos, i)));
		view_line(out, INDENT + 4, "noticeRef", bytes_string(&line));
		bytes_clear(&line);
	}
	if (notice->exptext) {
		string_show(&line, notice->exptext, false);
		view_line(out, INDENT + 4, "explicitText", bytes_string(&line));
	}
	out->failed = out->failed || line.failed;
	bytes_free(&line);
}

static void show_qualifier(struct bytes *out, const POLICYQUALINFO *q)
{
	unsigned char *der = NULL;
	struct bytes line = {0};
	int n;

	switch (OBJ_obj2nid(q->pqualid)) {
	case NID_id_qt_cps:
		string_show(&line, q->d.cpsuri, false);
		view_line(out, INDENT + 4, "cPSuri", bytes_string(&line));
		break;
	case NID_id_qt_unotice:
		show_notice(out, q->d.usernotice);
		break;
	default:
		n = i2d_POLICYQUALINFO(q, &der);
		if (n > 0)
			view_hex(out, INDENT + 4, "qualifier not known", der, (size_t)n);
		OPENSSL_free(der);
	}
	bytes_free(&line);
}

static void show_policies(struct bytes *out, const void *value)
{
	const CERTIFICATEPOLICIES *policies = value;

	for (int i = 0; i < sk_POLICYINFO_num(policies); i++) {
		const POLICYINFO *policy = sk_POLICYINFO_value(policies, i);
		struct bytes line = {0};
		object_show(&line, policy->policyid);
		line_free(out, "policyIdentifier", &line);
		for (int q = 0; q < sk_POLICYQUALINFO_num(policy->qualifiers); q++)
			show_qualifier(out, sk_POLICYQUALINFO_value(policy->qualifiers, q));
	}
}

static void show_alt_name(struct bytes *out, const void *value)
{
	show_names(out, "name", value);
}

static void show_point(struct bytes *out, const DIST_POINT *point)
{
	static const char *const reasons[] = {"unused", "keyCompromise", "cACompromise", "affiliationChanged",
	        "superseded", "cessationOfOperation", "certificateHold", "privilegeWithdrawn", "aACompromise"};
	struct bytes line = {0};

	view_line(out, INDENT, "DistributionPoint", "");
	if (point->distpoint && point->distpoint->type == 0)
		show_names(out, "    fullName", point->distpoint->name.fullname);
	if (point->distpoint && point->distpoint->type == 1) {
		const STACK_OF(X509_NAME_ENTRY) *relative = point->distpoint->name.relativename;
		for (int i = 0; i < sk_X509_NAME_ENTRY_num(relative); i++) {
			const X509_NAME_ENTRY *entry = sk_X509_NAME_ENTRY_value(relative, i);
			bytes_clear(&line);
			object_show(&line, X509_NAME_ENTRY_get_object(entry));
			bytes_byte(&line, '=');
			string_show(&line, X509_NAME_ENTRY_get_data(entry), true);
			view_line(out, INDENT, "    nameRelativeToCRLIssuer", bytes_string(&line));
		}
	}
	if (point->reasons) {
		bytes_clear(&line);
		add_bits(&line, point->reasons, reasons, 9);
		view_line(out, INDENT, "    reasons", bytes_string(&line));
	}
	if (point->CRLissuer)
		show_names(out, "    cRLIssuer", point->CRLissuer);
	out->failed = out->failed || line.failed;
	bytes_free(&line);
}

static void show_crl_points(struct bytes *out, const void *value)
{
	const CRL_DIST_POINTS *points = value;

	for (int i = 0; i < sk_DIST_POINT_num(points); i++)
		show_point(out, sk_DIST_POINT_value(points, i));
}

static void show_access(struct bytes *out, const void *value)
{
	const AUTHORITY_INFO_ACCESS *access = value;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access); i++) {
		const ACCESS_DESCRIPTION *a = sk_ACCESS_DESCRIPTION_value(access, i);
		struct bytes line = {0};
		object_show(&line, a->method);
		bytes_text(&line, ", ");
		add_general_name(&line, a->location);
		line_free(out, "access", &line);
	}
}

static void show_subtrees(struct bytes *out, const char *label, const STACK_OF(GENERAL_SUBTREE) * trees)
{
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees); i++) {
		const GENERAL_SUBTREE *tree = sk_GENERAL_SUBTREE_value(trees, i);
		struct bytes line = {0};
		add_general_name(&line, tree->base);
		line_free(out, label, &line);
		if (tree->minimum)
			show_number(out, "    minimum", tree->minimum);
		if (tree->maximum)
			show_number(out, "    maximum", tree->maximum);
	}
}

static void show_name_constraints(struct bytes *out, const void *value)
{
	const NAME_CONSTRAINTS *c = value;

	show_subtrees(out, "permittedSubtrees", c->permittedSubtrees);
	show_subtrees(out, "excludedSubtrees", c->excludedSubtrees);
}

static void show_policy_constraints(struct bytes *out, const void *value)
{
	const POLICY_CONSTRAINTS *c = value;

	if (c->requireExplicitPolicy)
		show_number(out, "requireExplicitPolicy", c->requireExplicitPolicy);
	if (c->inhibitPolicyMapping)
		show_number(out, "inhibitPolicyMapping", c->inhibitPolicyMapping);
}

static void show_mappings(struct bytes *out, const void *value)
{
	const POLICY_MAPPINGS *mappings = value;

	for (int i = 0; i < sk_POLICY_MAPPING_num(mappings); i++) {
		const POLICY_MAPPING *m = sk_POLICY_MAPPING_value(mappings, i);
		struct bytes line = {0};
		object_show(&line, m->issuerDomainPolicy);
		bytes_text(&line, " -> ");
		object_show(&line, m->subjectDomainPolicy);
		line_free(out, "mapping", &line);
	}
}

static void show_skip_certs(struct bytes *out, const void *value)
{
	show_number(out, "skipCerts", value);
}

static void show_null(struct bytes *out, const void *value)
{
	(void)value;
	view_line(out, INDENT, "value", "NULL");
}

static const struct {
	int nid;
	void (*show)(struct bytes *out, const void *value);
} shows[] = {
        {NID_basic_constraints, show_basic_constraints},
        {NID_key_usage, show_key_usage},
        {NID_ext_key_usage, show_extended_key_usage},
        {NID_subject_key_identifier, show_key_id},
        {NID_authority_key_identifier, show_authority},
        {NID_certificate_policies, show_policies},
        {NID_policy_mappings, show_mappings},
        {NID_policy_constraints, show_policy_constraints},
        {NID_inhibit_any_policy, show_skip_certs},
        {NID_subject_alt_name, show_alt_name},
        {NID_issuer_alt_name, show_alt_name},
        {NID_name_constraints, show_name_constraints},
        {NID_crl_distribution_points, show_crl_points},
        {NID_freshest_crl, show_crl_points},
        {NID_info_access, show_access},
        {NID_sinfo_access, show_access},
        {NID_id_pkix_OCSP_noCheck, show_null},
};

/* Decodes and shows. False when it is not known, or when what was decoded is not the whole of the bytes. */
static bool show_decoded(struct bytes *out, const X509_EXTENSION *extension)
{
	X509_EXTENSION *x = (X509_EXTENSION *)(uintptr_t)extension;
	const ASN1_OCTET_STRING *bytes = X509_EXTENSION_get_data(x);
	int nid = OBJ_obj2nid(X509_EXTENSION_get_object(x));
	const X509V3_EXT_METHOD *method = X509V3_EXT_get_nid(nid);
	X509_EXTENSION *again = NULL;
	void *value = NULL;
	bool shown = false;

	for (size_t i = 0; method && i < sizeof shows / sizeof shows[0]; i++) {
		if (shows[i].nid != nid || !(value = X509V3_EXT_d2i(x)))
			continue;
		again = X509V3_EXT_i2d(nid, 0, value);
		if (again && ASN1_STRING_cmp(X509_EXTENSION_get_data(again), bytes) == 0) {
			shows[i].show(out, value);
			shown = true;
		}
		break;
	}
	if (value && method->it)
		ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
	else if (value)
		method->ext_free(value);
	X509_EXTENSION_free(again);
	ERR_clear_error();
	return shown;
}

void view_extension(struct bytes *out, int number, const X509_EXTENSION *extension)
{
	X509_EXTENSION *x = (X509_EXTENSION *)(uintptr_t)extension;
	const ASN1_OBJECT *object = X509_EXTENSION_get_object(x);
	const ASN1_OCTET_STRING *bytes = X509_EXTENSION_get_data(x);
	struct bytes line = {0}, label = {0};
	char oid[256];

	bytes_printf(&label, "Extension %d", number);
	if (extension_is_rehearsal(extension)) {
		bytes_text(&line, "REHEARSAL");
	} else {
		object_show(&line, object);
	}
	if (OBJ_obj2txt(oid, sizeof oid, object, 1) > 0)
		bytes_printf(&line, " (%s)", oid);
	bytes_text(&line, X509_EXTENSION_get_critical(x) ? ", critical" : ", not critical");
	view_line(out, 0, bytes_string(&label), bytes_string(&line));
	if (!show_decoded(out, extension))
		view_hex(out, INDENT, "value not decoded", ASN1_STRING_get0_data(bytes),
		        (size_t)ASN1_STRING_length(bytes));
	bytes_free(&line);
	bytes_free(&label);
}
