/* The helper signs a CRL when number, times and count of entries are those of the order, and nothing else under its
 * hash. */
#include "fixture.h"

#include <openssl/x509v3.h>

static EVP_PKEY *public_key(const char *base64)
{
	struct bytes der = {0};
	assert_int_equal(base64_decode(base64, strlen(base64), &der), 0);
	const unsigned char *p = der.data;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)der.len);
	assert_non_null(key);
	bytes_free(&der);
	return key;
}

static void sha256_hex(const void *data, size_t len, char out[65])
{
	struct bytes hex = {0};
	uint8_t sum[32];
	assert_int_equal(sha256(data, len, sum), 0);
	bytes_hex(&hex, sum, sizeof sum);
	memcpy(out, bytes_string(&hex), 65);
	bytes_free(&hex);
}

/* A list by OpenSSL, whose to-be-signed bytes name ECDSA with SHA-256. */
static X509_CRL *list_of(int entries, const char *next, bool numbered)
{
	X509_CRL *crl = X509_CRL_new();
	X509_NAME *name = X509_NAME_new();
	ASN1_TIME *time = ASN1_TIME_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"Test", -1, -1, 0));
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, name);
	assert_true(ASN1_TIME_set_string_X509(time, "20261201000000Z") && X509_CRL_set1_lastUpdate(crl, time));
	if (next)
		assert_true(ASN1_TIME_set_string_X509(time, next) && X509_CRL_set1_nextUpdate(crl, time));
	for (int i = 1; i <= entries; i++) {
		X509_REVOKED *revoked = X509_REVOKED_new();
		ASN1_INTEGER_set(number, i);
		assert_true(X509_REVOKED_set_serialNumber(revoked, number) &&
		            X509_REVOKED_set_revocationDate(revoked, time));
		assert_true(X509_CRL_add0_revoked(crl, revoked));
	}
	ASN1_INTEGER_set(number, 300);
	assert_true(X509_CRL_add1_ext_i2d(crl, numbered ? NID_crl_number : NID_delta_crl, number, 0, 0));
	assert_true(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
	X509_NAME_free(name);
	ASN1_TIME_free(time);
	ASN1_INTEGER_free(number);
	EVP_PKEY_free(key);
	return crl;
}

static void tbs_of(X509_CRL *crl, struct bytes *out)
{
	uint8_t *der = NULL;
	int n = i2d_re_X509_CRL_tbs(crl, &der);
	assert_true(n > 0);
	bytes_clear(out);
	bytes_add(out, der, (size_t)n);
	OPENSSL_free(der);
}

static uint64_t order(struct room *r, EVP_PKEY *key, const char *serial, const struct bytes *tbs, const char *number,
        const char *this, const char *next, const char *entries)
{
	struct bytes text = {0};
	uint8_t *spki = NULL;
	char tbs_hash[65], spki_hash[65];
	int n = i2d_PUBKEY(key, &spki);
	sha256_hex(tbs->data, tbs->len, tbs_hash);
	sha256_hex(spki, (size_t)n, spki_hash);
	OPENSSL_free(spki);
	bytes_printf(&text,
	        "{\"crl\":\"list\",\"hsm\":\"root-hsm\",\"serial\":\"%s\",\"key\":\"root-key\",\"cka_id\":\"0a0b\","
	        "\"spki_sha256\":\"%s\","
	        "\"number\":\"%s\",\"this_update\":\"%s\",\"next_update\":\"%s\",\"entries\":%s,\"tbs_sha256\":\"%s\","
	        "\"lint\":[]}",
	        serial, spki_hash, number, this, next, entries, tbs_hash);
	uint64_t of = propose(r, "crl", "issue-crl", bytes_string(&text), PEOPLE);
	bytes_free(&text);
	return of;
}

static int sign(struct room *r, uint64_t of, const struct bytes *tbs)
{
	return ask(r, (struct hsm_request){.verb = HSM_SIGN, .intended = of, .data = tbs->data, .len = tbs->len});
}

#define THIS "2026-12-01T00:00:00Z"
#define NEXT "2027-06-01T00:00:00Z"

static void what_the_order_says_is_signed_once(void **state)
{
	static const struct {
		const char *number, *this, *next, *entries, *field;
	} cases[] = {{"301", THIS, NEXT, "3", "number"}, {"300", "2026-12-01T00:00:01Z", NEXT, "3", "this_update"},
	        {"300", THIS, "2027-06-01T00:00:01Z", "3", "next_update"}, {"300", THIS, NEXT, "2", "entries"}};
	char serial[64];
	struct bytes tbs = {0}, raw = {0};
	(void)state;
	struct room *r = room_unlocked(serial);
	uint64_t of = key_authority(r, serial, "ec-p256", "Root", "0a0b");
	must(r, generate(r, of));
	EVP_PKEY *key = public_key(json_text(answer(r), "spki"));
	done(r, of, bytes_string(&r->answer));
	X509_CRL *crl = list_of(3, "20270601000000Z", true);
	tbs_of(crl, &tbs);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		of = order(r, key, serial, &tbs, cases[i].number, cases[i].this, cases[i].next, cases[i].entries);
		int result = sign(r, of, &tbs);
		assert_string_equal(r->error.message.args[0], cases[i].field);
		refused(r, result, ERROR_FAULT, MSG_ORDER_FIELD);
		failed(r, of);
	}
	of = order(r, key, serial, &tbs, "300", THIS, NEXT, "3");
	tbs.data[tbs.len - 1] ^= 1;
	refused(r, sign(r, of, &tbs), ERROR_FAULT, MSG_ORDER_FIELD);
	tbs.data[tbs.len - 1] ^= 1;
	must(r, sign(r, of, &tbs));
	const char *text = json_text(answer(r), "signature");
	assert_int_equal(base64_decode(text, strlen(text), &raw), 0);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(c, raw.data, raw.len, tbs.data, tbs.len), 1);
	EVP_MD_CTX_free(c);
	refused_saying(r, sign(r, of, &tbs), "spent already");
	done(r, of, "{}");
	X509_CRL_free(crl);
	EVP_PKEY_free(key);
	bytes_free(&tbs);
	bytes_free(&raw);
	room_free(r);
}

static void what_is_no_list_is_not_signed(void **state)
{
	char serial[64];
	struct bytes tbs = {0};
	(void)state;
	struct room *r = room_unlocked(serial);
	uint64_t of = key_authority(r, serial, "ec-p256", "Root", "0a0b");
	must(r, generate(r, of));
	EVP_PKEY *key = public_key(json_text(answer(r), "spki"));
	done(r, of, bytes_string(&r->answer));
	for (int i = 0; i < 5; i++) {
		X509_CRL *crl = list_of(i == 3 ? 0 : 3, i == 0 ? NULL : "20270601000000Z", i != 1);
		tbs_of(crl, &tbs);
		if (i == 2)
			bytes_byte(&tbs, 0);
		if (i == 4) {
			bytes_clear(&tbs);
			bytes_text(&tbs, "a document");
		}
		of = order(r, key, serial, &tbs, "300", THIS, NEXT, i == 3 ? "0" : "3");
		if (i == 3) {
			/* no entries at all are a list too */
			must(r, sign(r, of, &tbs));
			done(r, of, "{}");
		} else {
			refused(r, sign(r, of, &tbs), ERROR_FAULT, MSG_TBS_LIST);
			failed(r, of);
		}
		X509_CRL_free(crl);
	}
	EVP_PKEY_free(key);
	bytes_free(&tbs);
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_the_order_says_is_signed_once),
	        cmocka_unit_test(what_is_no_list_is_not_signed),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("signing CRLs", tests, NULL, NULL);
}
