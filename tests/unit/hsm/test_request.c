/* Requests signed on a real SoftHSM token: by the key that they are for, and only as ordered. */
#include "fixture.h"

#include "hsm/wire_messages.h"

#include <openssl/x509v3.h>

static void sha256_hex(const void *data, size_t len, char hex[65])
{
	uint8_t hash[32];
	struct bytes text = {0};
	assert_int_equal(sha256(data, len, hash), 0);
	bytes_hex(&text, hash, sizeof hash);
	snprintf(hex, 65, "%s", bytes_string(&text));
	bytes_free(&text);
}

static EVP_PKEY *public_key(const char *text)
{
	struct bytes spki = {0};
	EVP_PKEY *key;
	assert_int_equal(base64_decode(text, strlen(text), &spki), 0);
	const unsigned char *at = spki.data;
	key = d2i_PUBKEY(NULL, &at, (long)spki.len);
	assert_non_null(key);
	bytes_free(&spki);
	return key;
}

/* A CertificationRequestInfo for the key, with an extension asked for. */
static X509_REQ *request_for(EVP_PKEY *key)
{
	X509_REQ *x = X509_REQ_new();
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	assert_true(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x30\x03\x01\x01\xff", 5));
	assert_true(
	        sk_X509_EXTENSION_push(list, X509_EXTENSION_create_by_NID(NULL, NID_basic_constraints, 1, value)) > 0);
	assert_true(X509_REQ_set_version(x, X509_REQ_VERSION_1) && X509_REQ_set_pubkey(x, key) &&
	            X509_REQ_add_extensions(x, list));
	assert_true(X509_NAME_add_entry_by_txt(
	        X509_REQ_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"Test", -1, -1, 0));
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	ASN1_OCTET_STRING_free(value);
	return x;
}

static void info_of(X509_REQ *x, struct bytes *info)
{
	unsigned char *der = NULL;
	int n = i2d_re_X509_REQ_tbs(x, &der);
	assert_true(n > 0);
	bytes_clear(info);
	bytes_add(info, der, (size_t)n);
	OPENSSL_free(der);
}

static void order_of(const struct bytes *info, EVP_PKEY *key, const char *serial, const char *id, const char *algorithm,
        struct bytes *order)
{
	char info_hash[65], spki_hash[65];
	unsigned char *spki = NULL;
	int n = i2d_PUBKEY(key, &spki);
	sha256_hex(info->data, info->len, info_hash);
	sha256_hex(spki, (size_t)n, spki_hash);
	OPENSSL_free(spki);
	bytes_clear(order);
	bytes_printf(order,
	        "{\"request\":\"ca\",\"hsm\":\"root-hsm\",\"serial\":\"%s\",\"key\":\"root-key\",\"cka_id\":\"%s\","
	        "\"spki_sha256\":\"%s\","
	        "\"algorithm\":\"%s\",\"cri_sha256\":\"%s\"}",
	        serial, id, spki_hash, algorithm, info_hash);
}

static int sign(struct room *r, uint64_t of, const struct bytes *info)
{
	return ask(r, (struct hsm_request){.verb = HSM_SIGN, .intended = of, .data = info->data, .len = info->len});
}

static EVP_PKEY *made(struct room *r, const char *serial, const char *algorithm, const char *label, const char *id)
{
	uint64_t of = key_authority(r, serial, algorithm, label, id);
	must(r, generate(r, of));
	EVP_PKEY *key = public_key(json_text(answer(r), "spki"));
	done(r, of, bytes_string(&r->answer));
	return key;
}

/* What OpenSSL needs to verify the whole: the AlgorithmIdentifier as it would write it. */
static void verifies(X509_REQ *x, EVP_PKEY *key, const char *hash, const struct bytes *signature)
{
	const X509_ALGOR *algorithm;
	const ASN1_BIT_STRING *bits;
	ASN1_OBJECT *object =
	        EVP_PKEY_is_a(key, "EC")
	                ? OBJ_txt2obj(!strcmp(hash, "SHA384") ? "1.2.840.10045.4.3.3" : "1.2.840.10045.4.3.2", 1)
	        : EVP_PKEY_is_a(key, "RSA") ? OBJ_nid2obj(NID_sha256WithRSAEncryption)
	                                    : OBJ_nid2obj(NID_ED25519);
	X509_REQ_get0_signature(x, &bits, &algorithm);
	assert_true(X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)algorithm, object,
	        EVP_PKEY_is_a(key, "RSA") ? V_ASN1_NULL : V_ASN1_UNDEF, NULL));
	assert_true(ASN1_BIT_STRING_set((ASN1_BIT_STRING *)(uintptr_t)bits, signature->data, (int)signature->len));
	((ASN1_BIT_STRING *)(uintptr_t)bits)->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	assert_int_equal(X509_REQ_verify(x, key), 1);
}

static void a_key_of_each_kind_signs_its_own_request(void **state)
{
	static const struct {
		const char *key, *signature, *hash;
	} cases[] = {{"ec-p384", "ecdsa-sha384", "SHA384"}, {"ec-p256", "ecdsa-sha256", "SHA256"},
	        {"rsa-2048", "rsa-pkcs1-sha256", "SHA256"}, {"ed25519", "ed25519", NULL}};
	char serial[64];
	(void)state;
	struct room *r = room_unlocked(serial);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes info = {0}, order = {0}, signature = {0};
		char id[8], label[16];
		snprintf(id, sizeof id, "0a0%zu", i);
		snprintf(label, sizeof label, "Key %zu", i);
		EVP_PKEY *key = made(r, serial, cases[i].key, label, id);
		X509_REQ *x = request_for(key);
		info_of(x, &info);
		order_of(&info, key, serial, id, cases[i].signature, &order);
		uint64_t of = propose(r, "request", "make-request", bytes_string(&order), PEOPLE);
		must(r, sign(r, of, &info));
		const char *text = json_text(answer(r), "signature");
		assert_int_equal(base64_decode(text, strlen(text), &signature), 0);
		verifies(x, key, cases[i].hash, &signature);
		refused_saying(r, sign(r, of, &info), "spent already");
		done(r, of, "{}");
		X509_REQ_free(x);
		EVP_PKEY_free(key);
		bytes_free(&info);
		bytes_free(&order);
		bytes_free(&signature);
	}
	room_free(r);
}

static void refusal(struct room *r, const char *order, const struct bytes *info, const char *id)
{
	uint64_t of = propose(r, "request", "make-request", order, PEOPLE);
	refused(r, sign(r, of, info), ERROR_FAULT, id);
	failed(r, of);
}

static void a_request_is_refused_for_any_other_order_or_key(void **state)
{
	static const struct {
		const char *field, *from, *to;
	} cases[] = {
	        {"spki_sha256", "\"spki_sha256\":\"", "\"spki_sha256\":\"0"},
	        {"cri_sha256", "\"cri_sha256\":\"", "\"cri_sha256\":\"0"},
	        {"serial", "\"serial\":\"", "\"serial\":\"0"},
	};
	struct bytes info = {0}, order = {0}, other_info = {0};
	char serial[64], changed[2048];
	(void)state;
	struct room *r = room_unlocked(serial);
	EVP_PKEY *key = made(r, serial, "ec-p256", "Root", "0a"), *other = made(r, serial, "ec-p256", "Other", "0b");
	X509_REQ *x = request_for(key), *y = request_for(other);
	info_of(x, &info);
	info_of(y, &other_info);
	order_of(&info, key, serial, "0a", "ecdsa-sha256", &order);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *at = strstr(bytes_string(&order), cases[i].from);
		snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - bytes_string(&order)), bytes_string(&order),
		        cases[i].to, at + strlen(cases[i].from));
		uint64_t of = propose(r, "request", "make-request", changed, PEOPLE);
		int result = sign(r, of, &info);
		if (i) {
			assert_string_equal(r->error.message.args[0], cases[i].field);
			refused(r, result, ERROR_FAULT, MSG_ORDER_FIELD);
		} else { /* the key of the bytes is not the one of the order */
			refused(r, result, ERROR_FAULT, MSG_CRI_KEY);
		}
		failed(r, of);
	}
	/* ordered in full, for another key than that of the bytes */
	order_of(&other_info, key, serial, "0a", "ecdsa-sha256", &order);
	refusal(r, bytes_string(&order), &other_info, MSG_CRI_KEY);
	order_of(&info, key, serial, "0a", "rsa-pkcs1-sha256", &order);
	refusal(r, bytes_string(&order), &info, MSG_ALGORITHM_KEY);
	order_of(&info, key, serial, "0a", "ecdsa-md5", &order);
	refusal(r, bytes_string(&order), &info, MSG_ALGORITHM);
	order_of(&info, key, serial, "0f", "ecdsa-sha256", &order);
	refusal(r, bytes_string(&order), &info, MSG_KEY_COUNT);
	/* an order for the hash of anything else does not make the helper sign it */
	for (int cut = 0; cut < 3; cut++) {
		struct bytes odd = {0};
		bytes_add(&odd, info.data, cut == 1 ? info.len - 1 : info.len);
		if (cut == 2)
			bytes_byte(&odd, 0);
		if (cut == 0)
			((uint8_t *)memmem(odd.data, odd.len, "\x02\x01\x00", 3))[2] = 1; /* version 2 */
		order_of(&odd, key, serial, "0a", "ecdsa-sha256", &order);
		refusal(r, bytes_string(&order), &odd, MSG_CRI);
		bytes_free(&odd);
	}
	order_of(&info, key, serial, "0a", "ecdsa-sha256", &order);
	must(r, ask(r, (struct hsm_request){.verb = HSM_LOCK}));
	refusal(r, bytes_string(&order), &info, MSG_LOCKED);
	X509_REQ_free(x);
	X509_REQ_free(y);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	bytes_free(&info);
	bytes_free(&order);
	bytes_free(&other_info);
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_key_of_each_kind_signs_its_own_request),
	        cmocka_unit_test(a_request_is_refused_for_any_other_order_or_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
