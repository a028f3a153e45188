/* CRLs are what RFC 5280 says and others read them; a wrong one is refused before a byte of it is written. */
#include "lists.h"

static struct crl_list three(void)
{
	struct crl_list list = {0};
	struct crl_entry entry = entry_of("1122334455667788", NOT_BEFORE, REASON_KEY_COMPROMISE);

	entry.invalidity = NOT_BEFORE - 3600;
	assert_int_equal(crl_list_add(&list, &entry, NULL), 0);
	entry = entry_of("8877665544332211", NOT_BEFORE + 5, REASON_UNSPECIFIED);
	assert_int_equal(crl_list_add(&list, &entry, NULL), 0);
	entry = entry_of("0f", INT64_C(2524608000), REASON_CESSATION_OF_OPERATION);
	assert_int_equal(crl_list_add(&list, &entry, NULL), 0);
	assert_int_equal(crl_list_sort(&list, NULL), 0);
	return list;
}

static void openssl_reads(struct issuer *i, const struct bytes *der, const char *const *wanted, bool verifies)
{
	char crl[64], ca[64], command[512];
	struct bytes text = {0}, pem = {0};

	assert_int_equal(certificate_pem(i->der.data, i->der.len, &pem, NULL), 0);
	scratch(crl, der->data, der->len);
	scratch(ca, pem.data, pem.len);
	snprintf(command, sizeof command, "openssl crl -inform DER -in %s -noout -text -CAfile %s", crl, ca);
	assert_int_equal(run(&text, command), 0);
	for (; *wanted; wanted++)
		assert_says(&text, *wanted);
	if (verifies)
		assert_says(&text, "verify OK");
	unlink(crl);
	unlink(ca);
	bytes_free(&text);
	bytes_free(&pem);
}

static void openssl_reads_every_field(void **state)
{
	static const char *const wanted[] = {"Version 2 (0x1)",
	        "Issuer: C = JP, O = Example Trust K.K., CN = Example Root CA G1",
	        "Last Update: Dec  2 00:00:00 2026 GMT", "Next Update: Jan  1 00:00:00 2027 GMT",
	        "X509v3 CRL Number: \n                5\n", "X509v3 Issuing Distribution Point: critical",
	        "Full Name:\n                  URI:http://example.jp/root.crl", "Only CA Certificates",
	        "Serial Number: 0F\n        Revocation Date: Jan  1 00:00:00 2050 GMT\n        CRL entry extensions:\n "
	        "           X509v3 "
	        "CRL Reason Code: \n                Cessation Of Operation",
	        "Serial Number: 1122334455667788\n        Revocation Date: Dec  1 00:00:00 2026 GMT\n        CRL entry "
	        "extensions:\n"
	        "            X509v3 CRL Reason Code: \n                Key Compromise\n            Invalidity Date: \n"
	        "                Nov 30 23:00:00 2026 GMT",
	        "Serial Number: 8877665544332211\n        Revocation Date: Dec  1 00:00:05 2026 GMT\n    Signature",
	        NULL};
	static const char *const algorithms[] = {"ec-p256", "ec-p384", "rsa-2048", "ed25519"};

	(void)state;
	for (size_t a = 0; a < 4; a++) {
		struct crl_list list = three();
		struct bytes der = {0};
		struct issuer i;
		struct crl_reader r;
		struct error e = {0};
		issuer_open(&i, algorithms[a]);
		i.extension[0] = (struct pki_extension){
		        "issuingDistributionPoint", "critical,fullname:URI:http://example.jp/root.crl, onlyCA:TRUE"};
		i.crl.extension_count = 1;
		issuer_crl(&i, &list, &der);
		openssl_reads(&i, &der, wanted, true);
		assert_ok(crl_open(&r, der.data, der.len, false, &e), &e);
		assert_ok(crl_verify(&r.facts, i.root.spki.data, i.root.spki.len, &e), &e);
		issuer_close(&i);
		bytes_free(&der);
		crl_list_free(&list);
	}
}

/* The Authority Key Identifier is the issuer's subjectKeyIdentifier and nothing else. */
static void the_issuer_is_named_by_its_key(void **state)
{
	struct crl_list none = {0};
	struct crl_reader r;
	struct crl_extension x;
	struct bytes der = {0};
	struct issuer i;

	(void)state;
	issuer_open(&i, "ec-p256");
	issuer_crl(&i, &none, &der);
	assert_int_equal(crl_open(&r, der.data, der.len, false, NULL), 0);
	assert_true(crl_extension_find(&r.facts, "\x55\x1d\x23", 3, &x));
	assert_int_equal(x.value.len, 24);
	assert_memory_equal(x.value.value, "\x30\x16\x80\x14", 4);
	assert_memory_equal(x.value.value + 4, i.crl.issuer_key_id, 20);
	/* no entries: revokedCertificates is not there (RFC 5280 section 5.1.2.6) */
	assert_false(r.facts.has_list);
	issuer_close(&i);
	bytes_free(&der);
}

/* OpenSSL, given what was read, writes the same bytes again: nothing in them is its own way of writing. */
static void openssl_writes_the_same_bytes(void **state)
{
	struct crl_list list = three();
	struct bytes der = {0}, tbs = {0};
	const unsigned char *at;
	unsigned char *again = NULL;
	struct issuer i;
	struct error e = {0};
	X509_CRL *crl;
	int n;

	(void)state;
	issuer_open(&i, "ec-p384");
	i.extension[0] = (struct pki_extension){"issuerAltName", "URI:http://example.jp/"};
	i.extension[1] = (struct pki_extension){"freshestCRL", "URI:http://example.jp/delta.crl"};
	i.extension[2] = (struct pki_extension){"authorityInfoAccess", "caIssuers;URI:http://example.jp/root.crt"};
	i.extension[3] = (struct pki_extension){"2.5.29.60", "DER:180f32303236313230313030303030305a"};
	i.extension[4] = (struct pki_extension){"issuingDistributionPoint",
	        "critical,fullname:URI:http://example.jp/a.crl,fullname:URI:ldap://example.jp/b,onlyuser:TRUE"};
	i.crl.extension_count = 5;
	i.crl.rehearsal = true;
	assert_ok(issuer_crl_tbs(&i, &list, &tbs, &e), &e);
	issuer_crl_sign(&i, &tbs, &der);
	at = der.data;
	crl = d2i_X509_CRL(NULL, &at, (long)der.len);
	assert_non_null(crl);
	n = i2d_re_X509_CRL_tbs(crl, &again);
	assert_int_equal(n, tbs.len);
	assert_memory_equal(again, tbs.data, tbs.len);
	assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(i.x)), 1);
	assert_int_equal(X509_CRL_get_ext_count(crl), 8);
	OPENSSL_free(again);
	X509_CRL_free(crl);
	issuer_close(&i);
	bytes_free(&der);
	bytes_free(&tbs);
	crl_list_free(&list);
}

/* What a rehearsal signs, every relying party must refuse: OpenSSL does. */
static void a_rehearsals_crl_is_refused_by_others(void **state)
{
	struct crl_list none = {0};
	struct bytes der = {0}, pem = {0}, text = {0};
	char crl[64], ca[64], command[512];
	struct issuer i;

	(void)state;
	issuer_open(&i, "ec-p256");
	assert_int_equal(certificate_pem(i.der.data, i.der.len, &pem, NULL), 0);
	for (int rehearsal = 0; rehearsal < 2; rehearsal++) {
		bytes_clear(&der);
		bytes_clear(&text);
		i.crl.rehearsal = rehearsal;
		issuer_crl(&i, &none, &der);
		scratch(crl, der.data, der.len);
		scratch(ca, pem.data, pem.len);
		snprintf(command, sizeof command,
		        "openssl crl -inform DER -in %s -out %s.pem && cat %s >> %s.pem && "
		        "openssl verify -attime %lld -crl_check_all -CRLfile %s.pem -CAfile %s %s",
		        crl, crl, crl, ca, (long long)i.crl.this_update + 5, crl, ca, ca);
		if (rehearsal) {
			assert_int_not_equal(run(&text, command), 0);
			assert_says(&text, "unhandled critical CRL extension");
		} else {
			assert_int_equal(run(&text, command), 0);
		}
		unlink(crl);
		unlink(ca);
		snprintf(command, sizeof command, "rm -f %s.pem %s.pem", crl, ca);
		assert_int_equal(run(&text, command), 0);
	}
	issuer_close(&i);
	bytes_free(&der);
	bytes_free(&pem);
	bytes_free(&text);
}

static void the_pem_is_openssls(void **state)
{
	struct crl_list list = three();
	struct bytes der = {0}, pem = {0}, theirs = {0};
	struct issuer i;
	char path[64], command[256];

	(void)state;
	issuer_open(&i, "ec-p256");
	/* every length of the last line, in pieces of every size */
	for (unsigned extra = 0; extra < 50; extra++) {
		struct crl_sink to = crl_sink_bytes(&pem);
		struct crl_pem writer = {.to = &to};
		struct crl_sink sink = crl_sink_pem(&writer);
		char uri[128] = "critical,fullname:URI:http://";
		memset(uri + strlen(uri), 'a', extra + 1);
		i.extension[0] = (struct pki_extension){"issuingDistributionPoint", uri};
		i.crl.extension_count = 1;
		bytes_clear(&der);
		bytes_clear(&pem);
		bytes_clear(&theirs);
		issuer_crl(&i, &list, &der);
		for (size_t at = 0, part; at < der.len; at += part) {
			part = der.len - at < extra + 1 ? der.len - at : extra + 1;
			assert_int_equal(sink.write(sink.context, der.data + at, part, NULL), 0);
		}
		assert_int_equal(crl_pem_end(&writer, NULL), 0);
		scratch(path, der.data, der.len);
		snprintf(command, sizeof command, "openssl crl -inform DER -in %s", path);
		assert_int_equal(run(&theirs, command), 0);
		assert_string_equal(bytes_string(&pem), bytes_string(&theirs));
		unlink(path);
	}
	issuer_close(&i);
	bytes_free(&der);
	bytes_free(&pem);
	bytes_free(&theirs);
	crl_list_free(&list);
}

/* A source that is not a list, of many entries; and a hash that is of the bytes. */
struct counting {
	uint32_t at, count, lies_on; /* on which pass it says something else; 0: none */
	uint32_t pass;
};

static int counting_rewind(void *context, struct error *e)
{
	struct counting *c = context;

	(void)e;
	c->at = 0;
	c->pass++;
	return 0;
}

static int counting_next(void *context, struct crl_entry *entry, struct error *e)
{
	struct counting *c = context;
	uint32_t count = c->count - (c->pass == c->lies_on ? 1 : 0);

	if (c->at == count)
		return 0;
	if (c->count == 77 && c->at == 70)
		return error_set(e, ERROR_IO, "the source broke off");
	*entry = (struct crl_entry){.time = NOT_BEFORE + c->at, .invalidity = -1, .reason = (uint8_t)(c->at % 6)};
	c->at++;
	for (unsigned i = 0; i < 4; i++)
		entry->serial[SERIAL_MAX - 1 - i] = (uint8_t)(c->at >> 8 * i);
	return 1;
}

static void many_entries_are_read_back_as_written(void **state)
{
	struct counting counting = {.count = 70000};
	struct crl_source source = {&counting, counting_rewind, counting_next};
	struct bytes tbs = {0}, der = {0};
	struct crl_sink sink = crl_sink_bytes(&tbs);
	struct crl_totals totals;
	struct crl_entry entry, wanted;
	struct crl_reader r;
	struct error e = {0};
	uint8_t sum[32];
	unsigned odd;
	struct issuer i;
	uint32_t n = 0;

	(void)state;
	issuer_open(&i, "ec-p256");
	assert_ok(crl_tbs(&i.crl, &source, &sink, &totals, &e), &e);
	assert_int_equal(totals.entries, 70000);
	assert_int_equal(totals.length, tbs.len);
	assert_int_equal(sha256(tbs.data, tbs.len, sum), 0);
	assert_memory_equal(sum, totals.sha256, 32);
	assert_true(der_valid(tbs.data, tbs.len));
	issuer_crl_sign(&i, &tbs, &der);
	assert_ok(crl_open(&r, der.data, der.len, false, &e), &e);
	counting_rewind(&counting, NULL);
	while (crl_next(&r, &entry, &odd, &e) == 1) {
		assert_int_equal(counting_next(&counting, &wanted, NULL), 1);
		assert_int_equal(odd, 0);
		assert_memory_equal(&entry.serial, &wanted.serial, SERIAL_MAX);
		assert_true(entry.time == wanted.time && entry.reason == wanted.reason && entry.invalidity == -1);
		n++;
	}
	assert_int_equal(n, 70000);
	issuer_close(&i);
	bytes_free(&der);
	bytes_free(&tbs);
}

static void a_source_that_changes_is_found_out(void **state)
{
	static const struct {
		uint32_t count, lies_on;
		const char *message;
	} cases[] = {{10, 1, "The entries of the list changed while it was written: write it again."},
	        {10, 2, "The entries of the list changed while it was written: write it again."},
	        {77, 0, "the source broke off"}};
	struct issuer i;

	(void)state;
	issuer_open(&i, "ec-p256");
	for (size_t k = 0; k < 3; k++) {
		struct counting counting = {.count = cases[k].count, .lies_on = cases[k].lies_on};
		struct crl_source source = {&counting, counting_rewind, counting_next};
		struct bytes tbs = {0};
		struct crl_sink sink = crl_sink_bytes(&tbs);
		struct error e = {0};
		assert_int_equal(crl_tbs(&i.crl, &source, &sink, NULL, &e), -1);
		assert_error(&e, cases[k].message);
		bytes_free(&tbs);
	}
	issuer_close(&i);
}

static int full(void *context, const void *data, size_t len, struct error *e)
{
	(void)context;
	(void)data;
	(void)len;
	return error_set(e, ERROR_IO, "the medium is full");
}

static void refused(struct issuer *i, struct crl_list *list, const char *message)
{
	struct bytes tbs = {0};
	struct error e = {0};

	assert_int_equal(issuer_crl_tbs(i, list, &tbs, &e), -1);
	assert_error(&e, message);
	assert_int_equal(tbs.len, 0); /* nothing was written before the fault was known */
	bytes_free(&tbs);
}

static void what_rfc_5280_forbids_is_refused(void **state)
{
	struct crl_list list = three();
	struct crl_entry saved = list.item[1];
	struct crl_source source = crl_list_source(&list);
	struct crl_sink sink = {NULL, full};
	struct crl_profile good;
	struct error e = {0};
	struct issuer i;

	(void)state;
	issuer_open(&i, "ec-p256");
	good = i.crl;
	assert_int_equal(crl_tbs(&i.crl, &source, &sink, NULL, &e), -1);
	assert_error(&e, "the medium is full");

	list.item[1] = list.item[0];
	refused(&i, &list, "The certificate with the serial number 0f stands twice in the list.");
	list.item[1] = list.item[2];
	list.item[2] = saved;
	refused(&i, &list,
	        "The certificate with the serial number 1122334455667788 does not stand in ascending order in the "
	        "list.");
	list.item[2] = list.item[1];
	list.item[1] = saved;
	list.item[1].reason = REASON_REMOVE_FROM_CRL;
	refused(&i, &list, "has the reason removeFromCRL, which only a delta CRL may have (RFC 5280 section 5.3.1).");
	list.item[1].reason = 7;
	refused(&i, &list, "is no reason of RFC 5280 section 5.3.1.");
	list.item[1] = saved;
	list.item[1].time = -1;
	refused(&i, &list,
	        "A time of the certificate with the serial number 1122334455667788 lies outside the years 1970 to "
	        "9999.");
	list.item[1] = saved;
	list.item[1].invalidity = INT64_C(253402300800);
	refused(&i, &list, "lies outside the years 1970 to 9999.");
	list.item[1] = saved;
	memset(list.item[0].serial, 0, SERIAL_MAX);
	refused(&i, &list, "The certificate with the serial number 00 stands twice in the list.");
	list.count = 0;

	i.crl.next_update = i.crl.this_update;
	refused(&i, &list, "nextUpdate does not lie after thisUpdate.");
	i.crl.this_update = -1;
	refused(&i, &list, "thisUpdate or nextUpdate lies outside the years 1970 to 9999.");
	i.crl = good;
	i.crl.number[0] = 0x80;
	refused(&i, &list, "The CRL number is not below 2^159 (RFC 5280 section 5.2.3).");
	i.crl = good;
	i.crl.signature = "md5";
	refused(&i, &list, "The signature algorithm md5 is not known.");
	i.crl = good;
	i.crl.issuer_key_id = NULL;
	refused(&i, &list,
	        "Extension authorityKeyIdentifier: the issuer has no subjectKeyIdentifier that could be named.");
	i.crl = good;
	i.crl.issuer_len--;
	assert_int_equal(issuer_crl_tbs(&i, &list, &(struct bytes){0}, &e), -1);
	issuer_close(&i);
	crl_list_free(&list);
}

static void wrong_extensions_are_refused(void **state)
{
	static const struct {
		const char *name, *value, *message;
	} cases[] = {
	        {"issuingDistributionPoint", "onlyCA:TRUE", "must be critical in a CRL (RFC 5280 section 5.2)."},
	        {"issuingDistributionPoint", "critical,onlyCA:FALSE", "\"onlyCA:FALSE\" is no value of it."},
	        {"issuingDistributionPoint", "critical,onlyCA:TRUE,onlyCA:TRUE", "\"onlyCA:TRUE\" stands twice."},
	        {"issuingDistributionPoint", "critical,onlyCA:TRUE,onlyuser:TRUE",
	                "only one of onlyuser, onlyCA and onlyAA can be said"},
	        {"issuingDistributionPoint", "critical,indirectCRL:TRUE", "\"indirectCRL:TRUE\" is no value of it."},
	        {"issuingDistributionPoint", "critical,fullname:URI:", "\"fullname:URI:\" is no value of it."},
	        {"issuingDistributionPoint", "critical,fullname:dirName:x", "is no value of it."},
	        {"issuingDistributionPoint", "critical,", "\"\" is no value of it."},
	        {"freshestCRL", "critical,URI:http://a", "must not be critical in a CRL (RFC 5280 section 5.2)."},
	        {"freshestCRL", "@section", "\"@section\" is no value of it."},
	        {"authorityInfoAccess", "caIssuers;URI:http://a,OCSP;URI:http://b",
	                "\"OCSP;URI:http://b\" is no value of it."},
	        {"issuerAltName", "issuer:copy", "\"issuer:copy\" is no value of it."},
	        {"crlNumber", "5", "Extension crlNumber is not known in a CRL; its OID could be written, with DER:."},
	        {"2.5.29.20", "DER:020105", "authorityKeyIdentifier and cRLNumber are written by themselves"},
	        {"2.5.29.27", "DER:020105", "a delta CRL is not made here."},
	        {"2.5.29.28", "DER:3000", "Extension 2.5.29.28: write it by its name."},
	        {"2.25.253271005251938177410895777859499217146", "DER:0500", "only a rehearsal adds this one."},
	        {"1.2.3", "ASN1:NULL", "begins with DER:."},
	        {"1.2.3", "DER:05", "the value is not exactly one element in DER."},
	        {"1.2.3", "DER:0500ff", "the value is not exactly one element in DER."},
	        {"1.2.x", "DER:0500", "Extension 1.2.x: this is no object identifier."},
	        {"1.2.3", "DER:0500\n", "the value holds a character that is not of printable ASCII."},
	};
	struct crl_list none = {0};
	struct issuer i;

	(void)state;
	issuer_open(&i, "ec-p256");
	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		i.extension[0] = (struct pki_extension){cases[k].name, cases[k].value};
		i.crl.extension_count = 1;
		refused(&i, &none, cases[k].message);
	}
	i.extension[0] = i.extension[1] = (struct pki_extension){"1.2.3", "DER:0500"};
	i.crl.extension_count = 2;
	refused(&i, &none, "Extension 1.2.3 stands twice.");
	issuer_close(&i);
}

static void the_view_shows_it_all(void **state)
{
	static const char *const wanted[] = {"Version: 2\n", "Signature algorithm: ecdsa-sha256\n",
	        "Issuer: C=JP, O=Example Trust K.K., CN=Example Root CA G1\n",
	        "This update: 2026-12-02T00:00:00Z (UTCTime 261202000000Z)\n",
	        "Next update: 2027-01-01T00:00:00Z (UTCTime 270101000000Z)\n",
	        "Extension 2: cRLNumber (2.5.29.20), not critical\n    number: 5 (0x05)\n",
	        ("Extension 3: issuingDistributionPoint (2.5.29.28), critical\n    fullName: "
	         "URI:http://example.jp/<U+202E>\n"),
	        "    onlyContainsCACerts: TRUE\n", "Revoked certificates: 3\n",
	        "    unspecified: 1\n    keyCompromise: 1\n",
	        "    1: 0f, revoked 2050-01-01T00:00:00Z, cessationOfOperation\n",
	        "    2: 1122334455667788, revoked 2026-12-01T00:00:00Z, keyCompromise, invalid 2026-11-30T23:00:00Z\n",
	        "    3: 8877665544332211, revoked 2026-12-01T00:00:05Z, unspecified\n", "REHEARSAL"};
	struct crl_list list = three();
	struct bytes tbs = {0}, view = {0};
	struct error e = {0};
	struct issuer i;
	uint8_t *uri;

	(void)state;
	issuer_open(&i, "ec-p256");
	i.extension[0] = (struct pki_extension){
	        "issuingDistributionPoint", "critical,fullname:URI:http://example.jp/XXX,onlyCA:TRUE"};
	i.crl.extension_count = 1;
	i.crl.rehearsal = true;
	assert_ok(issuer_crl_tbs(&i, &list, &tbs, &e), &e);
	uri = memmem(tbs.data, tbs.len, "XXX", 3);
	assert_non_null(uri);
	memcpy(uri, "\xe2\x80\xae", 3);
	assert_ok(crl_view(tbs.data, tbs.len, &view, &e), &e);
	for (size_t k = 0; k < sizeof wanted / sizeof wanted[0]; k++)
		assert_says(&view, wanted[k]);
	issuer_close(&i);
	bytes_free(&tbs);
	bytes_free(&view);
	crl_list_free(&list);
}

static void a_large_one_is_shown_by_its_ends(void **state)
{
	struct counting counting = {.count = CRL_VIEW_ALL + 1};
	struct crl_source source = {&counting, counting_rewind, counting_next};
	struct bytes tbs = {0}, view = {0};
	struct crl_sink sink = crl_sink_bytes(&tbs);
	struct error e = {0};
	struct issuer i;

	(void)state;
	issuer_open(&i, "ec-p256");
	assert_ok(crl_tbs(&i.crl, &source, &sink, NULL, &e), &e);
	assert_ok(crl_view(tbs.data, tbs.len, &view, &e), &e);
	assert_says(&view, "Revoked certificates: 2001\n");
	assert_says(&view, "    100: 64, revoked");
	assert_says(&view, "    not shown here: 101 to 1901 of them, in the file that holds these bytes\n");
	assert_says(&view, "    1902: 076e, revoked");
	assert_null(strstr(bytes_string(&view), "    101: "));
	counting.count--;
	bytes_clear(&tbs);
	bytes_clear(&view);
	assert_ok(crl_tbs(&i.crl, &source, &sink, NULL, &e), &e);
	assert_ok(crl_view(tbs.data, tbs.len, &view, &e), &e);
	assert_says(&view, "    1000: 03e8, revoked");
	issuer_close(&i);
	bytes_free(&tbs);
	bytes_free(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(openssl_reads_every_field),
	        cmocka_unit_test(the_issuer_is_named_by_its_key),
	        cmocka_unit_test(openssl_writes_the_same_bytes),
	        cmocka_unit_test(a_rehearsals_crl_is_refused_by_others),
	        cmocka_unit_test(the_pem_is_openssls),
	        cmocka_unit_test(many_entries_are_read_back_as_written),
	        cmocka_unit_test(a_source_that_changes_is_found_out),
	        cmocka_unit_test(what_rfc_5280_forbids_is_refused),
	        cmocka_unit_test(wrong_extensions_are_refused),
	        cmocka_unit_test(the_view_shows_it_all),
	        cmocka_unit_test(a_large_one_is_shown_by_its_ends),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("CRL", tests, NULL, NULL);
}
