/* Each rule for certificates that others issue is tripped by one made for it, and the sound ones trip none. */
#include "lint_kinds.h"

#include "pki/lint_rules.h"

static const struct case_ cases[] = {
        {TLS, "a sound TLS CA", "", .extension = NULL},
        {TLS, "version 1", "ca_version_3", .certificate = version_1},
        {TLS, "serial 0", "ca_serial_bounds [ca_serial_size]", .certificate = serial_zero},
        {TLS, "serial of 7 octets", "[ca_serial_size]", .certificate = serial_short},
        {TLS, "another issuer", "ca_issuer", .certificate = x_issuer},
        {TLS, "self-signed", "ca_issuer ca_not_self_signed", .certificate = x_self},
        {TLS, "outer algorithm", "ca_algorithm_identical ca_signature_algorithm", .bytes = outer_differs},
        {TLS, "unique id", "ca_unique_ids_absent", .bytes = unique_id},
        {TLS, "AKI of another", "ca_authority_content", .certificate = x_authority_other},
        {TLS, "no AKI", "ca_authority_content", .certificate = authority_missing},
        {TLS, "AKI with a serial", "ca_authority_content", .certificate = authority_half},
        {TLS, "AKI critical", "ca_authority_not_critical", .certificate = authority_critical},
        {TLS, "basicConstraints soft", "ca_basic_constraints_critical", .extension = "basicConstraints",
                .value = "CA:TRUE"},
        {TLS, "no CA", "ca_basic_constraints_ca", .extension = "basicConstraints", .value = "critical,CA:FALSE"},
        {TLS, "keyUsage soft", "ca_key_usage_critical", .extension = "keyUsage", .value = "keyCertSign,cRLSign"},
        {TLS, "no cRLSign", "ca_key_usage_required", .extension = "keyUsage", .value = "critical,keyCertSign"},
        {TLS, "keyAgreement", "ca_key_usage_permitted", .extension = "keyUsage",
                .value = "critical,keyCertSign,cRLSign,keyAgreement"},
        {TLS, "no SKI", "ca_subject_key_identifier_present", .extension = "subjectKeyIdentifier", .value = NULL},
        {TLS, "SKI critical", "ca_subject_key_identifier_not_critical", .extension = "subjectKeyIdentifier",
                .value = "critical,hash"},
        {TLS, "no CRL", "ca_crl_points_present", .extension = "crlDistributionPoints", .value = NULL},
        {TLS, "CRL by ldap", "ca_crl_points_content", .certificate = x_point_ldap},
        {TLS, "CRL point without a name", "ca_crl_points_content", .certificate = x_empty_points},
        {TLS, "CRL critical", "ca_crl_points_not_critical", .extension = "crlDistributionPoints",
                .value = "critical," POINT},
        {TLS, "no AIA", "[ca_info_access_recommended]", .extension = "authorityInfoAccess", .value = NULL},
        {TLS, "AIA by https", "ca_info_access_content", .extension = "authorityInfoAccess",
                .value = "OCSP;URI:https://example.jp/"},
        {TLS, "AIA of another method", "ca_info_access_content", .extension = "authorityInfoAccess",
                .value = "1.3.6.1.5.5.7.48.3;URI:http://example.jp/"},
        {TLS, "policies critical", "ca_policies_not_critical", .extension = "certificatePolicies",
                .value = "critical,2.23.140.1.2.2"},
        {TLS, "a CPS", "[ca_policy_qualifiers_absent]", .extension = "certificatePolicies", .value = "@cps"},
        {TLS, "a CPS by ldap", "ca_policy_qualifiers [ca_policy_qualifiers_absent]", .extension = "certificatePolicies",
                .value = "@ldap"},
        {TLS, "a notice", "ca_policy_qualifiers [ca_policy_qualifiers_absent]", .extension = "certificatePolicies",
                .value = "@noted"},
        {TLS, "EKU critical", "ca_purposes_not_critical", .extension = "extendedKeyUsage",
                .value = "critical,serverAuth"},
        {TLS, "unknown extension", "[ca_other_extension]", .extension = "1.2.3.4", .value = "DER:0500"},
        {TLS, "rehearsal", "ca_rehearsal_extension", .profile = p_rehearsal},
        {TLS, "RSA of 1024", "ca_key_size", .certificate = key_rsa_1024},
        {TLS, "RSA exponent even", "ca_rsa_exponent", .certificate = key_rsa_even},
        {TLS, "RSA exponent 3", "[ca_rsa_exponent_range]", .certificate = key_rsa_3},
        {TLS, "RSA factor", "[ca_rsa_modulus]", .certificate = key_rsa_factor},
        {TLS, "RSA without NULL", "ca_key_identifier", .certificate = key_rsa_absent},
        {TLS, "SHA-256 of a P-384 issuer", "ca_signature_algorithm", .profile = p_sha256_on_p384},
        {TLS, "from tomorrow", "ca_not_before", .profile = k_tomorrow},
        {TLS, "from two days ago", "ca_not_before", .profile = k_two_days_ago},
        {TLS, "over before it begins", "ca_not_after", .profile = k_over},
        {TLS, "no names", "ca_subject_country ca_subject_organization ca_subject_common_name", .profile = k_no_names},
        {TLS, "C jp", "ca_subject_country_code", .certificate = country_small},
        {TLS, "serialNumber", "[ca_subject_others]", .profile = p_serial_number},
        {TLS, "RDN of two", "ca_subject_one_an_rdn", .certificate = rdn_of_two},
        {TLS, "O twice", "ca_subject_once", .profile = p_twice},
        {TLS, "order", "ca_subject_order", .profile = p_order},
        {TLS, "CN IA5String", "ca_subject_encoding", .certificate = common_name_ia5},
        {TLS, "no policies", "sub_ca_policies_present", .extension = "certificatePolicies", .value = NULL},
        {TLS, "no reserved policy", "sub_ca_policies_content", .extension = "certificatePolicies", .value = "1.2.3.4"},
        {TLS, "any and another policy", "sub_ca_policies_content", .extension = "certificatePolicies",
                .value = "2.5.29.32.0,2.23.140.1.2.1"},
        {TLS, "two reserved policies", "sub_ca_policies_one", .extension = "certificatePolicies",
                .value = "2.23.140.1.2.1,2.23.140.1.2.2"},
        {TLS, "no EKU", "sub_ca_purposes", .extension = "extendedKeyUsage", .value = NULL},
        {TLS, "emailProtection", "sub_ca_purposes [sub_ca_other_purposes]", .extension = "extendedKeyUsage",
                .value = "serverAuth,emailProtection"},
        {TLS, "another purpose", "[sub_ca_other_purposes]", .extension = "extendedKeyUsage",
                .value = "serverAuth,1.2.3.4"},
        {TLS, "OU", "sub_ca_subject_unit_absent", .profile = k_unit},

        {CROSS, "a sound cross-certificate", "", .extension = NULL},
        {CROSS, "as old as the one there is", "", .profile = k_two_days_ago},
        {CROSS, "another subject", "cross_subject", .profile = k_other_subject},
        {CROSS, "another key", "cross_key", .certificate = s_key},
        {CROSS, "another key identifier", "cross_key_identifier", .profile = k_other_key_id},
        {CROSS, "from tomorrow", "cross_not_before", .profile = k_tomorrow},
        {CROSS, "over before it begins", "cross_not_after", .profile = k_over},
        {CROSS, "two reserved policies", "", .extension = "certificatePolicies",
                .value = "2.23.140.1.2.1,2.23.140.1.2.2"},
        {CROSS, "OCSPSigning beside serverAuth", "[cross_other_purposes]", .extension = "extendedKeyUsage",
                .value = "serverAuth,OCSPSigning"},
        {CROSS, "codeSigning beside serverAuth", "cross_purposes [cross_other_purposes]",
                .extension = "extendedKeyUsage", .value = "serverAuth,codeSigning"},
        {CROSS, "any beside another", "cross_purposes", .extension = "extendedKeyUsage",
                .value = "anyExtendedKeyUsage,codeSigning"},
        {CROSS, "any alone", "", .extension = "extendedKeyUsage", .value = "anyExtendedKeyUsage"},
        {CROSS, "no EKU", "[cross_purposes_recommended]", .extension = "extendedKeyUsage", .value = NULL},
        {CROSS, "no policies", "cross_policies_present", .extension = "certificatePolicies", .value = NULL},
        {CROSS, "no reserved policy", "cross_policies_content", .extension = "certificatePolicies", .value = "1.2.3.4"},

        {CONSTRAINED, "a sound constrained TLS CA", "", .extension = NULL},
        {OTHER, "a sound constrained CA for mail", "", .extension = NULL},
        {OTHER, "no EKU", "constrained_purposes_present", .extension = "extendedKeyUsage", .value = NULL},
        {OTHER, "any purpose", "constrained_purposes", .extension = "extendedKeyUsage",
                .value = "emailProtection,anyExtendedKeyUsage"},
        {CONSTRAINED, "codeSigning", "constrained_tls_purposes [constrained_tls_other_purposes]",
                .extension = "extendedKeyUsage", .value = "serverAuth,codeSigning"},
        {CONSTRAINED, "another purpose", "[constrained_tls_other_purposes]", .extension = "extendedKeyUsage",
                .value = "serverAuth,1.2.3.4"},
        {CONSTRAINED, "no policies", "constrained_tls_policies_present", .extension = "certificatePolicies",
                .value = NULL},
        {CONSTRAINED, "no reserved policy", "constrained_tls_policies_content", .extension = "certificatePolicies",
                .value = "1.2.3.4"},
        {OTHER, "a TLS policy", "constrained_policies", .extension = "certificatePolicies", .value = "2.23.140.1.2.2"},
        {OTHER, "any policy alone", "", .extension = "certificatePolicies", .value = "2.5.29.32.0"},
        {OTHER, "any and another policy", "constrained_policies", .extension = "certificatePolicies",
                .value = "2.5.29.32.0,1.2.3.4"},
        {CONSTRAINED, "two reserved policies", "constrained_tls_policies_one", .extension = "certificatePolicies",
                .value = "2.23.140.1.2.1,2.23.140.1.2.2"},
        {CONSTRAINED, "names of mail", "constrained_tls_name_types", .extension = "nameConstraints",
                .value = NAMES ",permitted;email:example.jp"},
        {CONSTRAINED, "no names", "constrained_tls_names", .extension = "nameConstraints", .value = NULL},
        {CONSTRAINED, "IPv6 open", "constrained_tls_names", .extension = "nameConstraints",
                .value = "critical,permitted;DNS:example.jp,excluded;IP:0.0.0.0/0.0.0.0,permitted;dirName:org"},
        {CONSTRAINED, "IPv4 half excluded", "constrained_tls_names", .extension = "nameConstraints",
                .value = "critical,permitted;DNS:example.jp,excluded;IP:10.0.0.0/255.0.0.0,excluded;IP:::/::,"
                         "permitted;dirName:org"},
        {CONSTRAINED, "names soft", "[constrained_names_critical]", .certificate = names_soft},
        {CONSTRAINED, "OU", "constrained_tls_unit_absent", .profile = k_unit},
        {OTHER, "OU", "", .profile = k_unit},

        {OCSP, "a sound responder", "", .extension = NULL},
        {OCSP, "a sound responder by RFC 6960", "", .set = "rfc6960-responder"},
        {OCSP, "version 1", "ocsp_version_3", .certificate = version_1},
        {OCSP, "serial 2^159", "ocsp_serial_bounds", .certificate = serial_159},
        {OCSP, "serial of 7 octets", "[ocsp_serial_size]", .certificate = serial_short},
        {OCSP, "outer algorithm", "ocsp_algorithm_identical ocsp_signature_algorithm", .bytes = outer_differs},
        {OCSP, "unique id", "ocsp_unique_ids_absent", .bytes = unique_id},
        {OCSP, "from tomorrow", "ocsp_not_before", .profile = k_tomorrow},
        {OCSP, "AKI of another", "ocsp_authority_content", .certificate = x_authority_other},
        {OCSP, "AKI critical", "ocsp_authority_not_critical", .certificate = authority_critical},
        {OCSP, "CA", "ocsp_not_ca", .extension = "basicConstraints", .value = "critical,CA:TRUE"},
        {OCSP, "another purpose", "ocsp_purpose", .extension = "extendedKeyUsage", .value = "OCSPSigning,clientAuth"},
        {OCSP, "over before it begins", "ocsp_not_after", .profile = k_over},
        {OCSP, "purpose critical", "", .extension = "extendedKeyUsage", .value = "critical,OCSPSigning"},
        {OCSP, "no nocheck", "ocsp_no_check", .extension = "noCheck", .value = NULL},
        {OCSP, "nocheck no NULL", "ocsp_no_check_null", .certificate = x_no_check_text},
        {OCSP, "policies", "[ocsp_policies_absent]", .extension = "certificatePolicies", .value = "1.2.3.4"},
        {OCSP, "nocheck critical", "ocsp_no_check_not_critical", .extension = "noCheck", .value = "critical,ignored"},
        {OCSP, "keyUsage soft", "ocsp_key_usage_critical", .extension = "keyUsage", .value = "digitalSignature"},
        {OCSP, "keyUsage of more", "ocsp_key_usage", .extension = "keyUsage",
                .value = "critical,digitalSignature,cRLSign"},
        {OCSP, "no SKI", "[ocsp_subject_key_identifier_recommended]", .extension = "subjectKeyIdentifier",
                .value = NULL},
        {OCSP, "subjectAltName", "ocsp_forbidden_extension", .extension = "subjectAltName", .value = "DNS:example.jp"},
        {OCSP, "AIA", "[ocsp_other_extension]", .extension = "authorityInfoAccess", .value = ACCESS},
        {OCSP, "rehearsal", "ocsp_rehearsal_extension", .profile = p_rehearsal},
        {OCSP, "no names", "ocsp_subject_country ocsp_subject_organization ocsp_subject_common_name",
                .profile = k_no_names},
        {OCSP, "RSA of 1024", "ocsp_key_size", .certificate = key_rsa_1024},
        {OCSP, "RSA without NULL", "ocsp_key_identifier", .certificate = key_rsa_absent},
        {OCSP, "SHA-256 of a P-384 issuer", "ocsp_signature_algorithm", .profile = p_sha256_on_p384},

        {OCSP, "no OCSPSigning", "responder_purpose", .extension = "extendedKeyUsage", .value = "clientAuth",
                .set = "rfc6960-responder"},
        {OCSP, "another issuer", "responder_issuer", .certificate = x_issuer, .set = "rfc6960-responder"},
        {OCSP, "another key of the issuer", "responder_issuer", .certificate = x_authority_other,
                .set = "rfc6960-responder"},
        {OCSP, "cannot sign", "responder_signs", .extension = "keyUsage", .value = "critical,keyAgreement",
                .set = "rfc6960-responder"},
        {OCSP, "no revocation", "[responder_revocation]", .extension = "noCheck", .value = NULL,
                .set = "rfc6960-responder"},
        {OCSP, "nocheck no NULL", "responder_no_check_null", .certificate = x_no_check_text,
                .set = "rfc6960-responder"},
        {OCSP, "nocheck critical", "[responder_no_check_not_critical]", .extension = "noCheck",
                .value = "critical,ignored", .set = "rfc6960-responder"},

        {TSA, "a sound time-stamp authority", "", .extension = NULL},
        {TSA, "two purposes", "tsa_purpose", .extension = "extendedKeyUsage",
                .value = "critical,timeStamping,codeSigning"},
        {TSA, "no purpose", "tsa_purpose tsa_purpose_critical", .extension = "extendedKeyUsage", .value = NULL},
        {TSA, "purpose soft", "tsa_purpose_critical", .extension = "extendedKeyUsage", .value = "timeStamping"},
        {TSA, "keyAgreement", "tsa_key_usage", .extension = "keyUsage",
                .value = "critical,digitalSignature,keyAgreement"},
        {TSA, "CA", "tsa_not_ca", .extension = "basicConstraints", .value = "critical,CA:TRUE"},

        {DEVICE_CA, "a sound CA for devices", "", .extension = NULL},
        {DEVICE, "a sound device", "", .extension = NULL},
        {DEVICE, "version 1", "device_version_3", .certificate = version_1},
        {DEVICE, "nameless", "device_subject [device_serial_number]", .profile = k_device_nameless},
        {DEVICE, "numberless", "[device_serial_number]", .profile = k_device_numberless},
        {DEVICE_CA, "no maker", "[device_maker]", .profile = k_no_organization},
        {DEVICE, "an end", "[device_no_end]", .profile = k_end},
        {DEVICE, "no AKI", "device_authority", .certificate = authority_missing},
        {DEVICE, "AKI critical", "device_authority_not_critical", .certificate = authority_critical},
        {DEVICE, "SKI", "[device_key_identifier]", .extension = "subjectKeyIdentifier", .value = "hash"},
        {DEVICE_CA, "no SKI", "[device_key_identifier]", .extension = "subjectKeyIdentifier", .value = NULL},
        {DEVICE, "cannot sign", "device_key_usage", .extension = "keyUsage", .value = "critical,keyAgreement"},
        {DEVICE_CA, "cannot issue", "device_key_usage", .extension = "keyUsage", .value = "critical,cRLSign"},
        {DEVICE, "keyUsage soft", "device_key_usage_critical", .extension = "keyUsage", .value = "digitalSignature"},
        {DEVICE, "secp256k1", "device_suite", .certificate = key_secp256k1},

        {TLS, "what the script says", "", .set = "script"},
        {TLS, "version", "script_version", .certificate = version_1, .set = "script"},
        {TLS, "serial", "script_serial", .certificate = s_serial, .set = "script"},
        {TLS, "algorithm", "script_signature", .certificate = s_algorithm, .set = "script"},
        {TLS, "outer algorithm", "script_signature", .bytes = outer_differs, .set = "script"},
        {TLS, "issuer", "script_issuer", .certificate = x_issuer, .set = "script"},
        {TLS, "notAfter", "script_validity", .certificate = s_not_after, .set = "script"},
        {TLS, "the form of a time", "script_validity", .certificate = s_generalized, .set = "script"},
        {TLS, "subject", "script_subject", .certificate = s_subject, .set = "script"},
        {TLS, "the type of a string", "script_subject", .certificate = s_subject_type, .set = "script"},
        {TLS, "key", "script_key script_value", .certificate = s_key, .set = "script"},
        {TLS, "exponent 3 for 65537", "script_key script_value", .certificate = s_exponent, .set = "script",
                .key = "rsa-2048"},
        {TLS, "unique id", "script_nothing_else", .bytes = unique_id, .set = "script"},
        {TLS, "one extension more", "script_extensions", .certificate = s_more, .set = "script"},
        {TLS, "one extension less", "script_extensions", .certificate = s_less, .set = "script"},
        {TLS, "another order", "script_extensions", .certificate = s_swapped, .set = "script"},
        {TLS, "criticality", "script_criticality", .certificate = s_critical, .set = "script"},
        {TLS, "a value", "script_value", .certificate = s_value, .set = "script"},
        {TLS, "AKI of another", "script_value", .certificate = x_authority_other, .set = "script"},
        {TLS, "a kind that is not compared", "[script_value_compared]", .extension = "1.2.3.4",
                .value = "ASN1:GENERALIZEDTIME:20261201000000Z", .set = "script"},
        {TLS, "longer than the issuer", "script_within_issuer", .profile = k_end, .set = "script"},
        {TLS, "an issuer that is no CA", "script_issuer_is_ca", .issuer = "CA:FALSE", .set = "script"},
        {TLS, "an issuer with room for one more", "", .issuer = "critical,CA:TRUE,pathlen:1", .set = "script"},
        {TLS, "an issuer with room for none", "script_issuer_path", .issuer = "critical,CA:TRUE,pathlen:0",
                .set = "script"},
        {OCSP, "no CA needs no room", "", .issuer = "critical,CA:TRUE,pathlen:0", .set = "script"},
        {CROSS, "a cross-certificate as the script says", "", .set = "script"},
        {CROSS, "another subject", "script_subject", .certificate = s_subject, .set = "script"},
        {TSA, "O is neither of its names", "[script_organisation]", .profile = k_unit, .set = "script"},
};

static unsigned failures;

static const struct pki_extension org[] = {{"C", "JP"}, {"O", "Example Trust K.K."}},
                                  cps[] = {{"policyIdentifier", "2.23.140.1.2.2"}, {"CPS.1", "http://example.jp/"}},
                                  ldap[] = {{"policyIdentifier", "2.23.140.1.2.2"}, {"CPS.1", "ldap://example.jp/"}},
                                  noted[] = {{"policyIdentifier", "2.23.140.1.2.2"}, {"userNotice.1", "@notice"}},
                                  notice[] = {{"explicitText", "UTF8:立会"}};
static const struct pki_section sections[] = {
        {"org", org, 2}, {"cps", cps, 2}, {"noted", noted, 2}, {"notice", notice, 1}, {"ldap", ldap, 2}};

static bool says(const struct root *r, const char *what)
{
	for (size_t i = 0; i < r->p.extension_count; i++)
		if (strstr(r->extension[i].value, what))
			return true;
	return false;
}

/* Only the sections that are used, since others are refused. */
static void use_sections(struct root *r, struct pki_section *used)
{
	static const char *const names[] = {"dirName:org", "@cps", "@noted", "@noted", "@ldap"};

	r->p.sections = used;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (says(r, names[i]))
			used[r->p.section_count++] = sections[i];
}

struct others {
	struct root issuer, existing;
	struct bytes issuer_der, existing_der;
	struct certificate_parts issuer_parts, existing_parts;
};

static void others_open(struct others *o, const char *constraints)
{
	struct bytes tbs = {0};
	struct error e = {0};

	memset(o, 0, sizeof *o);
	root_open(&o->issuer, "ec-p384");
	if (constraints) {
		without(&o->issuer, "basicConstraints");
		root_extension(&o->issuer, "basicConstraints", constraints);
	}
	assert_ok(root_issue(&o->issuer, &tbs, &o->issuer_der, &e), &e);
	assert_ok(certificate_parts_read(o->issuer_der.data, o->issuer_der.len, &o->issuer_parts, &e), &e);
	bytes_clear(&tbs);
	root_open(&o->existing, "ec-p384");
	o->existing.subject[1].value = "Elsewhere";
	o->existing.p.not_before -= 2 * 86400;
	assert_ok(root_issue(&o->existing, &tbs, &o->existing_der, &e), &e);
	assert_ok(certificate_parts_read(o->existing_der.data, o->existing_der.len, &o->existing_parts, &e), &e);
	bytes_free(&tbs);
}

static void others_close(struct others *o)
{
	root_close(&o->issuer);
	root_close(&o->existing);
	bytes_free(&o->issuer_der);
	bytes_free(&o->existing_der);
	certificate_parts_free(&o->issuer_parts);
	certificate_parts_free(&o->existing_parts);
}

static void open_kind(struct root *r, const struct case_ *c, const struct others *o)
{
	bool device = c->kind == DEVICE;

	root_open(r, c->key ? c->key : "ec-p384");
	r->p.signature = "ecdsa-sha384";
	r->p.extension_count = 0;
	subject_is(r, device ? (const char *const[]){"O", "Example Trust K.K.", "serialNumber", "0001", NULL}
	                     : (const char *const[]){"C", "JP", "O", "Example Trust K.K.", "CN", "Example CA", NULL});
	for (const char *const *x = kinds[c->kind].extension; *x; x += 2)
		root_extension(r, x[0], x[1]);
	if (!device && c->kind != CROSS)
		root_extension(r, "subjectKeyIdentifier", "hash");
	root_extension(r, "authorityKeyIdentifier", "keyid");
	r->p.issuer = o->issuer_parts.subject.data;
	r->p.issuer_len = o->issuer_parts.subject.len;
	r->p.issuer_key_id = o->issuer_parts.key_id.data;
	r->p.issuer_key_id_len = o->issuer_parts.key_id.len;
	if (c->kind == CROSS) {
		r->p.subject_der = o->existing_parts.subject.data;
		r->p.subject_der_len = o->existing_parts.subject.len;
		r->p.key_id = o->existing_parts.key_id.data;
		r->p.key_id_len = o->existing_parts.key_id.len;
		r->p.spki = o->existing_parts.spki.data;
		r->p.spki_len = o->existing_parts.spki.len;
	}
	r->p.not_after = device ? INT64_C(253402300799) : r->p.not_before + 3650 * INT64_C(86400) - 1;
}

static void list(const struct lint_findings *f, struct bytes *out)
{
	for (size_t i = 0; i < f->count; i++)
		bytes_printf(
		        out, f->item[i].severity == LINT_WARNING ? "%s[%s]" : "%s%s", i ? " " : "", f->item[i].rule);
}

static void expect(const struct case_ *c, const struct root *r, const struct others *o, const struct bytes *der)
{
	const char *set = c->set ? c->set : kinds[c->kind].set;
	struct lint_context context = {.now = NOT_BEFORE,
	        .issuer = o->issuer_der.data,
	        .issuer_len = o->issuer_der.len,
	        .profile = strcmp(set, "script") == 0 ? &r->p : NULL,
	        .organisation = {"株式会社例示", "Example Trust K.K."}};
	struct lint_findings found = {0};
	struct bytes names = {0};
	struct error e = {0};

	if (c->kind == CROSS) {
		context.existing = o->existing_der.data;
		context.existing_len = o->existing_der.len;
		context.organisation[0] = NULL;
	}
	if (c->kind == TLS)
		context.organisation[0] = NULL;
	if (lint_certificate(der->data, der->len, set, &context, &found, &e))
		error_text(&e, &names);
	list(&found, &names);
	if (strcmp(bytes_string(&names), c->wanted) != 0) {
		print_error("%s, %s: wanted \"%s\", found \"%s\"\n", c->name, set, c->wanted, bytes_string(&names));
		failures++;
	}
	for (size_t i = 0; i < found.count; i++) {
		struct bytes text = {0};
		message_text(&found.item[i].message, NULL, &text);
		assert_true(text.len > 10 && text.data[text.len - 1] == '.');
		bytes_free(&text);
	}
	bytes_free(&names);
	lint_findings_free(&found);
}

/* Changes of names set both, as a root's are. */
static void change_keeping_issuer(const struct case_ *c, X509 *x)
{
	X509_NAME *issuer = X509_NAME_dup(X509_get_issuer_name(x));

	c->certificate(x);
	if (c->certificate != x_issuer && c->certificate != x_self)
		assert_true(X509_set_issuer_name(x, issuer));
	X509_NAME_free(issuer);
}

static void each_certificate_has_exactly_its_findings(void **state)
{
	struct others o;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct case_ *c = &cases[i];
		struct pki_section used[5];
		struct bytes der = {0};
		struct root r;
		X509 *x;
		others_open(&o, c->issuer);
		open_kind(&r, c, &o);
		if (c->extension && c->value)
			root_extension(&r, c->extension, c->value);
		else if (c->extension)
			without(&r, c->extension);
		if (c->profile)
			c->profile(&r);
		use_sections(&r, used);
		x = issued_x509(&r);
		if (c->certificate)
			change_keeping_issuer(c, x);
		/* signed by its own key: who signed is not what these rules ask */
		if (c->key)
			own_sign(&o.issuer, x, &der);
		else
			raw_sign(&r, x, &der);
		if (c->bytes)
			c->bytes(&r, &der);
		expect(c, &r, &o, &der);
		X509_free(x);
		bytes_free(&der);
		root_close(&r);
		others_close(&o);
	}
	assert_int_equal(failures, 0);
}

static bool tripped(const char *rule)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *at = cases[i].wanted;
		for (; (at = strstr(at, rule)); at++) {
			char after = at[strlen(rule)], before = at == cases[i].wanted ? ' ' : at[-1];
			if ((before == ' ' || before == '[') && (after == '\0' || after == ' ' || after == ']'))
				return true;
		}
	}
	return false;
}

static void every_rule_is_tripped_by_some_certificate(void **state)
{
	static const struct lint_rule *const tables[] = {lint_cabf_ca, lint_cabf_ca_names, lint_cabf_tls_ca,
	        lint_cabf_cross, lint_cabf_constrained, lint_cabf_ocsp, lint_rfc6960, lint_tsa, lint_802_1ar,
	        lint_script};

	(void)state;
	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
		for (const struct lint_rule *r = tables[t]; r->rule; r++) {
			if (!tripped(r->rule))
				fail_msg("no certificate trips %s", r->rule);
			assert_true(strlen(r->clause) > 6);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_certificate_has_exactly_its_findings),
	        cmocka_unit_test(every_rule_is_tripped_by_some_certificate),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("lint of kinds", tests, NULL, NULL);
}
