/* OCSP responses signed ahead are what RFC 6960 and RFC 5019 say and OpenSSL's client takes them; a wrong one is
 * refused. */
#include "lists.h"

#include "pki/ocsp_read.h"

#include <openssl/ocsp.h>

struct answer {
	struct issuer issuer;
	struct root delegate;
	struct bytes delegate_tbs, delegate_der;
	struct ocsp_profile p;
	struct ocsp_batch *batch;
	struct bytes der;
};

static void answer_open(struct answer *a, const char *key_algorithm)
{
	memset(a, 0, sizeof *a);
	issuer_open(&a->issuer, key_algorithm);
	a->p = (struct ocsp_profile){.issuer = a->issuer.der.data,
	        .issuer_len = a->issuer.der.len,
	        .hashes = OCSP_SHA1,
	        .this_update = NOT_BEFORE + 86400,
	        .next_update = NOT_BEFORE + 8 * 86400,
	        .produced_at = NOT_BEFORE + 86400,
	        .signature = a->issuer.root.p.signature};
}

/* A certificate for the responder, by the issuer. */
static void answer_delegate(struct answer *a, const char *usage)
{
	struct root *d = &a->delegate;
	struct pki_key *own;
	struct error e = {0};

	root_open(d, "ec-p256");
	d->subject[2].value = "Example OCSP Responder";
	d->p.extension_count = 0;
	if (usage)
		root_extension(d, "extendedKeyUsage", usage);
	root_extension(d, "noCheck", "ignored");
	d->p.issuer = a->issuer.name;
	d->p.issuer_len = a->issuer.name_len;
	d->p.signature = a->issuer.root.p.signature;
	own = d->key;
	d->key = a->issuer.root.key;
	assert_ok(root_issue(d, &a->delegate_tbs, &a->delegate_der, &e), &e);
	d->key = own;
	a->p.responder = a->delegate_der.data;
	a->p.responder_len = a->delegate_der.len;
	a->p.signature = "ecdsa-sha256";
}

static void answer_close(struct answer *a)
{
	ocsp_batch_free(&a->batch);
	if (a->delegate.key)
		root_close(&a->delegate);
	bytes_free(&a->delegate_tbs);
	bytes_free(&a->delegate_der);
	bytes_free(&a->der);
	issuer_close(&a->issuer);
}

static int answer_make(struct answer *a, const struct crl_entry *entry, struct error *e)
{
	const struct pki_key *key = a->p.responder ? a->delegate.key : a->issuer.root.key;
	uint8_t room[OCSP_TBS_MAX];
	struct bytes signature = {0};
	const uint8_t *tbs;
	size_t len;
	int status = -1;

	ocsp_batch_free(&a->batch);
	a->batch = ocsp_batch_new(&a->p, e);
	if (a->batch && ocsp_tbs(a->batch, entry, room, &tbs, &len, e) == 0 &&
	        pki_key_sign(key, a->p.signature, tbs, len, &signature, e) == 0)
		status = ocsp_assemble(a->batch, tbs, len, signature.data, signature.len, &a->der, e);
	bytes_free(&signature);
	return status;
}

/* The client's whole way: a request for that serial, the response matched to it and its signature verified. */
static void openssl_takes(struct answer *a, const char *serial, const char *hash, const char *wanted)
{
	char der[64], ca[64], command[1024];
	struct bytes pem = {0}, text = {0};

	assert_int_equal(certificate_pem(a->issuer.der.data, a->issuer.der.len, &pem, NULL), 0);
	scratch(der, a->der.data, a->der.len);
	scratch(ca, pem.data, pem.len);
	snprintf(command, sizeof command,
	        "openssl ocsp %s -issuer %s -serial 0x%s -respin %s -CAfile %s -no_nonce -attime %lld "
	        "-validity_period 315360000",
	        hash, ca, serial, der, ca, (long long)a->p.this_update + 5);
	run(&text, command);
	assert_says(&text, "Response verify OK");
	snprintf(command, sizeof command, "0x%s: %s", serial, wanted);
	assert_says(&text, command);
	unlink(der);
	unlink(ca);
	bytes_free(&pem);
	bytes_free(&text);
}

static void openssls_client_takes_them(void **state)
{
	static const struct {
		const char *key;
		unsigned hashes;
		bool by_name, delegated;
	} cases[] = {{"ec-p256", OCSP_SHA1, false, false}, {"ec-p384", OCSP_SHA256, true, false},
	        {"rsa-2048", OCSP_SHA1 | OCSP_SHA256, true, true}, {"ed25519", OCSP_SHA1, false, false},
	        {"ec-p256", OCSP_SHA1 | OCSP_SHA256, false, true}};

	(void)state;
	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		static const char *const hash[] = {"-sha1", "-sha256"};
		struct crl_entry good = entry_of("8122334455", -1, REASON_UNSPECIFIED);
		struct crl_entry revoked = entry_of("0f", NOT_BEFORE, REASON_KEY_COMPROMISE);
		struct error e = {0};
		struct answer a;
		answer_open(&a, cases[k].key);
		a.p.hashes = cases[k].hashes;
		a.p.by_name = cases[k].by_name;
		if (cases[k].delegated)
			answer_delegate(&a, "OCSPSigning");
		for (unsigned h = 0; h < 2; h++) {
			if (!(cases[k].hashes & 1u << h))
				continue;
			assert_ok(answer_make(&a, &good, &e), &e);
			openssl_takes(&a, "8122334455", hash[h], "good");
			assert_ok(ocsp_check(a.batch, &good, a.der.data, a.der.len, true, &e), &e);
			assert_ok(answer_make(&a, &revoked, &e), &e);
			openssl_takes(&a, "0F", hash[h], "revoked\n");
			assert_ok(ocsp_check(a.batch, &revoked, a.der.data, a.der.len, true, &e), &e);
		}
		answer_close(&a);
	}
}

/* OpenSSL, given what was read, writes the same bytes again. */
static void openssl_writes_the_same_bytes(void **state)
{
	struct crl_entry revoked = entry_of("ff22", NOT_BEFORE, REASON_SUPERSEDED);
	struct error e = {0};
	struct answer a;

	(void)state;
	answer_open(&a, "ec-p256");
	a.p.hashes = OCSP_SHA1 | OCSP_SHA256;
	a.p.rehearsal = true;
	answer_delegate(&a, "OCSPSigning");
	assert_ok(answer_make(&a, &revoked, &e), &e);
	const unsigned char *at = a.der.data;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)a.der.len);
	assert_non_null(response);
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
	OCSP_RESPONSE *again = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	unsigned char *der = NULL;
	int n = i2d_OCSP_RESPONSE(again, &der);
	assert_int_equal(n, a.der.len);
	assert_memory_equal(der, a.der.data, a.der.len);
	assert_int_equal(OCSP_resp_count(basic), 2);
	assert_int_equal(OCSP_BASICRESP_get_ext_count(basic), 1);
	assert_int_equal(X509_EXTENSION_get_critical(OCSP_BASICRESP_get_ext(basic, 0)), 1);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(again);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	answer_close(&a);
}

/* RFC 6960 section 4.2.1 by hand, of the smallest response: what every byte is. */
static void every_byte_is_known(void **state)
{
	struct crl_entry good = entry_of("11", -1, REASON_UNSPECIFIED);
	struct ocsp_response r;
	struct ocsp_single s;
	struct error e = {0};
	const uint8_t *at;
	size_t left;
	struct answer a;

	(void)state;
	answer_open(&a, "ec-p256");
	assert_ok(answer_make(&a, &good, &e), &e);
	assert_ok(ocsp_open(&r, a.der.data, a.der.len, &e), &e);
	assert_true(r.basic && r.status == 0 && !r.version.whole && !r.extensions.whole && !r.certificates.whole);
	assert_int_equal(r.responder.tag, 0xa2);
	assert_int_equal(r.produced_at, a.p.produced_at);
	at = r.singles.value;
	left = r.singles.len;
	assert_int_equal(ocsp_single_next(&at, &left, &s), 1);
	assert_true(s.status == OCSP_GOOD && s.this_update == a.p.this_update && s.next_update == a.p.next_update);
	/* the SHA-1 of the key bits: the subjectKeyIdentifier by the method "hash" is the same number */
	assert_memory_equal(r.responder.value + 2, a.issuer.crl.issuer_key_id, 20);
	assert_memory_equal(s.key_hash.value, a.issuer.crl.issuer_key_id, 20);
	assert_int_equal(ocsp_single_next(&at, &left, &s), 0);
	answer_close(&a);
}

static void a_response_of_another_is_found_out(void **state)
{
	struct crl_entry good = entry_of("11", -1, REASON_UNSPECIFIED), other = entry_of("12", -1, REASON_UNSPECIFIED),
	                 revoked = entry_of("11", NOT_BEFORE, REASON_SUPERSEDED);
	static const char message[] = "not, byte for byte, the one that was approved";
	struct error e = {0};
	struct answer a;

	(void)state;
	answer_open(&a, "ec-p256");
	assert_ok(answer_make(&a, &good, &e), &e);
	assert_int_equal(ocsp_check(a.batch, &other, a.der.data, a.der.len, false, &e), -1);
	assert_error(&e, message);
	assert_int_equal(ocsp_check(a.batch, &revoked, a.der.data, a.der.len, false, &e), -1);
	assert_error(&e, message);
	for (size_t n = 0; n < a.der.len; n++) {
		assert_int_equal(ocsp_check(a.batch, &good, a.der.data, n, false, &e), -1);
		assert_int_equal(ocsp_open(&(struct ocsp_response){0}, a.der.data, n, &e), -1);
		a.der.data[n] ^= 1;
		assert_int_equal(ocsp_check(a.batch, &good, a.der.data, a.der.len, false, &e), -1);
		a.der.data[n] ^= 1;
	}
	assert_ok(ocsp_check(a.batch, &good, a.der.data, a.der.len, true, &e), &e);
	a.der.data[a.der.len - 1] ^= 1;
	assert_int_equal(ocsp_check(a.batch, &good, a.der.data, a.der.len, false, &e), -1);
	assert_error(&e, "does not verify under the public key.");
	bytes_byte(&a.der, 0);
	assert_int_equal(ocsp_check(a.batch, &good, a.der.data, a.der.len, false, &e), -1);
	assert_error(&e, message);
	answer_close(&a);
}

static void profile_refused(struct answer *a, const char *message)
{
	struct error e = {0};

	assert_null(ocsp_batch_new(&a->p, &e));
	assert_error(&e, message);
}

static void wrong_profiles_are_refused(void **state)
{
	struct bytes tbs = {0}, der = {0};
	struct ocsp_profile good;
	struct error e = {0};
	struct answer a, b;
	struct root plain;

	(void)state;
	root_open(&plain, "ec-p256");
	answer_open(&a, "ec-p256");
	good = a.p;
	a.p.next_update = a.p.this_update;
	profile_refused(&a, "nextUpdate does not lie after thisUpdate.");
	a.p = good;
	a.p.produced_at = -1;
	profile_refused(&a, "thisUpdate, nextUpdate or producedAt lies outside the years 1970 to 9999.");
	a.p = good;
	a.p.hashes = 0;
	profile_refused(&a, "The CertID of OCSP responses is of sha1, sha256 or both.");
	a.p.hashes = 4;
	profile_refused(&a, "The CertID of OCSP responses is of sha1, sha256 or both.");
	a.p = good;
	a.p.signature = "none";
	profile_refused(&a, "The signature algorithm none is not known.");
	a.p.signature = "ed25519";
	profile_refused(&a, "A key of algorithm ec-p256 cannot make a signature of algorithm ed25519.");
	a.p = good;
	assert_int_equal(root_issue(&plain, &tbs, &der, &e), 0);
	a.p.issuer = der.data;
	a.p.issuer_len = der.len;
	profile_refused(&a,
	        "The issuer's keyUsage lacks digitalSignature: it may not sign OCSP responses itself (RFC 5280 "
	        "section 4.2.1.3, BR 7.1.2.10.7). Name a responder.");
	bytes_free(&tbs);
	bytes_free(&der);
	root_close(&plain);
	a.p = good;
	a.p.issuer_len--;
	profile_refused(&a, "The certificate is not DER, or is cut short.");
	a.p = good;
	answer_delegate(&a, NULL);
	profile_refused(
	        &a, "The responder's certificate has no extended key usage OCSPSigning (RFC 6960 section 4.2.2.2).");
	answer_open(&b, "ec-p256");
	answer_delegate(&b, "OCSPSigning");
	a.p.responder = b.p.responder;
	a.p.responder_len = b.p.responder_len;
	profile_refused(
	        &a, "The responder's certificate is not issued by the issuer of the certificates it answers for");
	b.p.next_update = b.delegate.p.not_after;
	assert_non_null(b.batch = ocsp_batch_new(&b.p, NULL));
	ocsp_batch_free(&b.batch);
	b.p.next_update++;
	profile_refused(&b, "The responder's certificate expires before the next update of the responses");
	answer_close(&a);
	answer_close(&b);
}

static void wrong_statuses_are_refused(void **state)
{
	static const struct {
		int64_t time;
		unsigned reason;
		const char *message;
	} cases[] = {
	        {NOT_BEFORE, REASON_CERTIFICATE_HOLD,
	                "serial number 11 is on hold or was: no response can be signed ahead"},
	        {NOT_BEFORE, REASON_REMOVE_FROM_CRL, "is on hold or was"},
	        {NOT_BEFORE, 7, "is no reason of RFC 5280 section 5.3.1."},
	        {-1, REASON_SUPERSEDED, "has a reason and no time of revocation."},
	        {-2, REASON_SUPERSEDED, "A time of the certificate with the serial number 11 lies outside"},
	};
	struct crl_entry zero = {.time = -1};
	struct error e = {0};
	struct answer a;

	(void)state;
	answer_open(&a, "ec-p256");
	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		struct crl_entry entry = entry_of("11", cases[k].time, REASON_UNSPECIFIED);
		entry.reason = (uint8_t)cases[k].reason;
		assert_int_equal(answer_make(&a, &entry, &e), -1);
		assert_error(&e, cases[k].message);
	}
	assert_int_equal(answer_make(&a, &zero, &e), -1);
	assert_error(&e, "The serial number is zero; it must be positive");
	assert_int_equal(ocsp_assemble(a.batch, "", 0, "", 0, &a.der, &e), -1);
	assert_error(&e, "The signature is empty.");
	answer_close(&a);
}

static void the_longest_serial_and_both_hashes_have_room(void **state)
{
	struct crl_entry entry = entry_of("7fffffffffffffffffffffffffffffffffffffff", NOT_BEFORE, REASON_AA_COMPROMISE);
	struct error e = {0};
	struct answer a;

	(void)state;
	answer_open(&a, "ec-p256");
	a.p.hashes = OCSP_SHA1 | OCSP_SHA256;
	a.p.by_name = true;
	a.p.rehearsal = true;
	assert_ok(answer_make(&a, &entry, &e), &e);
	assert_ok(ocsp_check(a.batch, &entry, a.der.data, a.der.len, true, &e), &e);
	answer_close(&a);
}

static void the_view_shows_it_all(void **state)
{
	static const char *const wanted[] = {"Responder, by name: C=JP, O=Example Trust K.K., CN=Example Root CA G1\n",
	        "Produced at: 2026-12-02T00:00:00Z\n", "Certificate, serial number (hex): 00ff22\n",
	        "    Hash: SHA-1\n", "    Hash: SHA-256\n", "    Status: revoked\n",
	        "    Revoked: 2026-12-01T00:00:00Z\n", "    Reason: superseded\n",
	        "    This update: 2026-12-02T00:00:00Z\n", "    Next update: 2026-12-09T00:00:00Z\n", "REHEARSAL"};
	struct crl_entry revoked = entry_of("ff22", NOT_BEFORE, REASON_SUPERSEDED);
	struct ocsp_response r;
	struct bytes view = {0};
	struct error e = {0};
	struct answer a;

	(void)state;
	answer_open(&a, "ec-p256");
	a.p.hashes = OCSP_SHA1 | OCSP_SHA256;
	a.p.by_name = true;
	a.p.rehearsal = true;
	assert_ok(answer_make(&a, &revoked, &e), &e);
	assert_ok(ocsp_open(&r, a.der.data, a.der.len, &e), &e);
	assert_ok(ocsp_view(r.tbs.whole, r.tbs.whole_len, &view, &e), &e);
	for (size_t k = 0; k < sizeof wanted / sizeof wanted[0]; k++)
		assert_says(&view, wanted[k]);
	assert_int_equal(ocsp_view("\x30\x00", 2, &view, &e), -1);
	assert_error(&e, "The OCSP response is not in DER as RFC 6960 section 4.2.1 has it, or is cut short.");
	bytes_free(&view);
	answer_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(openssls_client_takes_them),
	        cmocka_unit_test(openssl_writes_the_same_bytes),
	        cmocka_unit_test(every_byte_is_known),
	        cmocka_unit_test(a_response_of_another_is_found_out),
	        cmocka_unit_test(wrong_profiles_are_refused),
	        cmocka_unit_test(wrong_statuses_are_refused),
	        cmocka_unit_test(the_longest_serial_and_both_hashes_have_room),
	        cmocka_unit_test(the_view_shows_it_all),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("OCSP", tests, NULL, NULL);
}
