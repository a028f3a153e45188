/* A CRL of somebody's is read to the last byte or refused, and carried forward only when nothing gets lost. */
#include "lists.h"

static void make(struct issuer *i, struct crl_list *list, struct bytes *der)
{
	static const char text[] = "11,2026-12-01T00:00:00Z,superseded\n22,2026-12-01T00:00:01Z,unspecified\n"
	                           "33,2026-12-01T00:00:01Z,keyCompromise,2026-11-30T00:00:00Z\n";

	issuer_open(i, "ec-p256");
	assert_int_equal(crl_list_text(list, text, strlen(text), false, NULL), 0);
	issuer_crl(i, list, der);
}

static int read_whole(const void *der, size_t len, struct error *e)
{
	struct crl_reader r;
	struct crl_entry entry;
	unsigned odd;
	int got;

	if (crl_open(&r, der, len, false, e))
		return -1;
	while ((got = crl_next(&r, &entry, &odd, e)) == 1)
		;
	return got;
}

/* Every prefix, every byte behind it, and each byte changed: refused, or its signature does not verify. */
static void no_change_goes_unnoticed(void **state)
{
	struct crl_list list = {0};
	struct bytes der = {0};
	struct crl_reader r;
	struct error e = {0};
	struct issuer i;

	(void)state;
	make(&i, &list, &der);
	assert_ok(read_whole(der.data, der.len, &e), &e);
	for (size_t n = 0; n < der.len; n++) {
		uint8_t *cut = malloc(n ? n : 1);
		memcpy(cut, der.data, n);
		assert_int_equal(read_whole(cut, n, &e), -1);
		free(cut);
	}
	assert_error(&e, "The CRL is not in DER as RFC 5280 section 5.1 has it, or is cut short, at byte 0.");
	for (size_t n = 0; n < der.len; n++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			der.data[n] ^= (uint8_t)(1u << bit);
			if (read_whole(der.data, der.len, &e) == 0 && crl_open(&r, der.data, der.len, false, &e) == 0)
				assert_int_equal(crl_verify(&r.facts, i.root.spki.data, i.root.spki.len, &e), -1);
			der.data[n] ^= (uint8_t)(1u << bit);
		}
	}
	bytes_byte(&der, 0);
	assert_int_equal(read_whole(der.data, der.len, &e), -1);
	assert_error(&e, "1 bytes stand behind the CRL.");
	issuer_close(&i);
	crl_list_free(&list);
	bytes_free(&der);
}

/* Changes to the TBSCertList that stay DER, signed anew. */
static void signed_anew(struct issuer *i, struct bytes *der, const char *from, size_t from_len, const char *to)
{
	struct bytes tbs = {0};
	struct crl_reader r;
	uint8_t *at;

	assert_int_equal(crl_open(&r, der->data, der->len, false, NULL), 0);
	bytes_add(&tbs, r.facts.tbs.whole, r.facts.tbs.whole_len);
	at = memmem(tbs.data, tbs.len, from, from_len);
	assert_non_null(at);
	memcpy(at, to, from_len);
	bytes_clear(der);
	issuer_crl_sign(i, &tbs, der);
	bytes_free(&tbs);
}

static void an_entry_may_be_odd_and_says_so(void **state)
{
	static const struct {
		const char *from, *to;
		size_t len;
		unsigned odd;
	} cases[] = {
	        {"\x02\x01\x11", "\x02\x01\x00", 3, ODD_SERIAL},
	        {"\x02\x01\x11", "\x02\x01\x91", 3, ODD_SERIAL},
	        {"\x17\x0d"
	         "261201000000Z",
	                "\x17\x0d"
	                "261301000000Z",
	                15, ODD_TIME_FORM | ODD_TIME_READ},
	        {"\x0a\x01\x04", "\x0a\x01\x00", 3, ODD_REASON_UNSPECIFIED},
	        {"\x0a\x01\x04", "\x0a\x01\x07", 3, ODD_REASON},
	        {"\x0a\x01\x04", "\x0a\x01\x0b", 3, ODD_REASON},
	        {"\x0a\x01\x04", "\x02\x01\x04", 3, ODD_REASON},
	        {"\x55\x1d\x15", "\x55\x1d\x1d", 3, ODD_CERTIFICATE_ISSUER},
	        {"\x55\x1d\x15", "\x55\x1d\x16", 3, ODD_UNKNOWN},
	};

	(void)state;
	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		struct crl_list list = {0};
		struct bytes der = {0};
		struct crl_reader r;
		struct crl_entry entry;
		struct error e = {0};
		struct issuer i;
		unsigned odd;
		make(&i, &list, &der);
		signed_anew(&i, &der, cases[k].from, cases[k].len, cases[k].to);
		assert_ok(crl_open(&r, der.data, der.len, false, &e), &e);
		assert_int_equal(crl_next(&r, &entry, &odd, &e), 1);
		assert_int_equal(odd, cases[k].odd);
		crl_list_free(&list);
		i.crl.number[SERIAL_MAX - 1]++;
		if (odd == ODD_REASON_UNSPECIFIED) {
			/* says the same as leaving it out */
			assert_ok(crl_carry_forward(
			                  &list, der.data, der.len, &i.crl, i.root.spki.data, i.root.spki.len, &e),
			        &e);
		} else {
			assert_int_equal(crl_carry_forward(&list, der.data, der.len, &i.crl, i.root.spki.data,
			                         i.root.spki.len, &e),
			        -1);
			assert_error(&e, odd & ODD_SERIAL ? "serial number 00, that cannot be carried forward"
			                                  : "serial number 11, that cannot be carried forward");
		}
		issuer_close(&i);
		crl_list_free(&list);
		bytes_free(&der);
	}
}

static void entries_are_carried_forward(void **state)
{
	struct crl_list list = {0}, carried = {0};
	struct bytes der = {0};
	struct error e = {0};
	struct issuer i;

	(void)state;
	make(&i, &list, &der);
	i.crl.number[SERIAL_MAX - 1]++;
	i.crl.this_update += 86400;
	assert_ok(crl_carry_forward(&carried, der.data, der.len, &i.crl, i.root.spki.data, i.root.spki.len, &e), &e);
	assert_int_equal(carried.count, list.count);
	for (size_t k = 0; k < list.count; k++) {
		assert_memory_equal(carried.item[k].serial, list.item[k].serial, SERIAL_MAX);
		assert_true(carried.item[k].time == list.item[k].time &&
		            carried.item[k].reason == list.item[k].reason &&
		            carried.item[k].invalidity == list.item[k].invalidity);
	}
	issuer_close(&i);
	crl_list_free(&list);
	crl_list_free(&carried);
	bytes_free(&der);
}

static void only_the_issuers_own_older_list_is_carried_forward(void **state)
{
	struct crl_list list = {0}, carried = {0};
	struct bytes der = {0}, delta = {0};
	struct error e = {0};
	struct crl_profile next;
	struct issuer i, other;

	(void)state;
	make(&i, &list, &der);
	issuer_open(&other, "ec-p256");
	i.crl.number[SERIAL_MAX - 1]++;
	next = i.crl;
#define REFUSED(message)                                                                                               \
	assert_int_equal(                                                                                              \
	        crl_carry_forward(&carried, der.data, der.len, &next, i.root.spki.data, i.root.spki.len, &e), -1);     \
	assert_error(&e, message);                                                                                     \
	next = i.crl
	next.number[SERIAL_MAX - 1]--;
	REFUSED("The number of the previous CRL is not below that of the new one (RFC 5280 section 5.2.3).");
	next.this_update -= 1;
	REFUSED("The previous CRL is not older than the new one.");
	next.issuer = (const uint8_t *)"\x30\x00";
	next.issuer_len = 2;
	REFUSED("The previous CRL names another issuer than the new one.");
	i.extension[0] = (struct pki_extension){"issuingDistributionPoint", "critical,onlyCA:TRUE"};
	next.extension_count = 1;
	REFUSED("The previous CRL has another issuingDistributionPoint: it does not cover the same certificates.");
	assert_int_equal(
	        crl_carry_forward(&carried, der.data, der.len, &next, other.root.spki.data, other.root.spki.len, &e),
	        -1);
	assert_error(&e, "does not verify under the public key.");
	bytes_add(&delta, der.data, der.len);
	signed_anew(&i, &der, "\x55\x1d\x14", 3, "\x55\x1d\x1b");
	REFUSED("The previous CRL is a delta CRL: it does not hold every revocation.");
	bytes_clear(&der);
	bytes_add(&der, delta.data, delta.len);
	signed_anew(&i, &der, "\x55\x1d\x14", 3, "\x55\x1d\x13");
	REFUSED("The previous CRL has no number that can be read (RFC 5280 section 5.2.3).");
	bytes_clear(&der);
	bytes_add(&der, delta.data, delta.len);
	/* the algorithm outside is another than the one that was signed */
	uint8_t *outside = memmem(der.data + der.len - 90, 90, "\x2a\x86\x48\xce\x3d\x04\x03\x02", 8);
	assert_non_null(outside);
	outside[7] = 3;
	REFUSED("The CRL names one signature algorithm inside and another outside (RFC 5280 section 5.1.1.2).");
	outside[7] = 1;
	REFUSED("The CRL's signature algorithm is none of those known here.");
#undef REFUSED
	assert_int_equal(carried.count, 0);
	issuer_close(&i);
	issuer_close(&other);
	crl_list_free(&list);
	crl_list_free(&carried);
	bytes_free(&der);
	bytes_free(&delta);
}

/* CRLs that other programs make read, are verified, and are carried forward. */
static void crls_of_others_read(void **state)
{
	struct bytes der = {0}, log = {0}, ca = {0};
	struct crl_list carried = {0};
	struct crl_profile next = {0};
	struct crl_reader r;
	struct error e = {0};
	char directory[] = "/tmp/tachiai-crl-XXXXXX", command[2048];
	const unsigned char *name;
	unsigned char *spki = NULL;
	size_t name_len;
	X509 *x;
	int n;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(command, sizeof command,
	        "cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=x -days 9 && "
	        "openssl x509 -in ca.pem -outform DER -out ca.der && echo 0A > number && "
	        "printf 'R\\t351201000000Z\\t261201000000Z,keyCompromise\\t1122\\tunknown\\t/CN=1\\n"
	        "R\\t351201000000Z\\t261201000000Z,keyTime,20261130000000Z\\t1133\\tunknown\\t/CN=2\\n' > index && "
	        "printf "
	        "'[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\ncrlnumber=number\\ncertificate=ca.pem\\nprivate_key=ca."
	        "key\\n"
	        "default_md=sha256\\ndefault_crl_days=30\\ncrl_extensions=x\\n[x]\\nauthorityKeyIdentifier=keyid:"
	        "always\\n' > cnf && "
	        "openssl ca -config cnf -gencrl | openssl crl -outform DER -out crl.der",
	        directory);
	assert_int_equal(run(&log, command), 0);
	snprintf(command, sizeof command, "%s/crl.der", directory);
	FILE *f = fopen(command, "rb");
	uint8_t buffer[8192];
	assert_non_null(f);
	bytes_add(&der, buffer, fread(buffer, 1, sizeof buffer, f));
	fclose(f);
	snprintf(command, sizeof command, "%s/ca.der", directory);
	f = fopen(command, "rb");
	assert_non_null(f);
	bytes_add(&ca, buffer, fread(buffer, 1, sizeof buffer, f));
	fclose(f);
	x = x509_parse(ca.data, ca.len, &e);
	assert_non_null(x);
	X509_NAME_get0_der(X509_get_subject_name(x), &name, &name_len);
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	assert_ok(crl_open(&r, der.data, der.len, false, &e), &e);
	assert_ok(crl_verify(&r.facts, spki, (size_t)n, &e), &e);
	next = (struct crl_profile){.issuer = name,
	        .issuer_len = name_len,
	        .issuer_key_id = (const uint8_t *)"x",
	        .issuer_key_id_len = 1,
	        .this_update = r.facts.this_update + 1,
	        .number = {[SERIAL_MAX - 1] = 0x0b}};
	assert_ok(crl_carry_forward(&carried, der.data, der.len, &next, spki, (size_t)n, &e), &e);
	assert_int_equal(carried.count, 2);
	assert_int_equal(carried.item[0].reason, REASON_KEY_COMPROMISE);
	assert_true(carried.item[1].invalidity == NOT_BEFORE - 86400);
	snprintf(command, sizeof command, "rm -r %s", directory);
	assert_int_equal(run(&log, command), 0);
	OPENSSL_free(spki);
	X509_free(x);
	crl_list_free(&carried);
	bytes_free(&der);
	bytes_free(&ca);
	bytes_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_change_goes_unnoticed),
	        cmocka_unit_test(an_entry_may_be_odd_and_says_so),
	        cmocka_unit_test(entries_are_carried_forward),
	        cmocka_unit_test(only_the_issuers_own_older_list_is_carried_forward),
	        cmocka_unit_test(crls_of_others_read),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("CRLs of others", tests, NULL, NULL);
}
