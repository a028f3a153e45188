/* Keys made and used on a real SoftHSM token: every algorithm, what is read back, what collides, what is signed. */
#include "fixture.h"
#include "hsm/wire.h"
#include <openssl/core_names.h>
#include <openssl/x509.h>

static EVP_PKEY *public_key(const char *base64)
{
	struct bytes spki = {0};
	assert_int_equal(base64_decode(base64, strlen(base64), &spki), 0);
	const unsigned char *at = spki.data;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)spki.len);
	assert_non_null(key);
	assert_ptr_equal(at, spki.data + spki.len);
	bytes_free(&spki);
	return key;
}

static void sha256_hex(const void *data, size_t len, char hex[65])
{
	uint8_t hash[32];
	struct bytes text = {0};
	assert_int_equal(sha256(data, len, hash), 0);
	bytes_hex(&text, hash, sizeof hash);
	snprintf(hex, 65, "%s", bytes_string(&text));
	bytes_free(&text);
}

/* The proof of possession, checked by OpenSSL alone. */
static void check_possession(const struct json *facts, EVP_PKEY *key, const char *hash)
{
	struct bytes message = {0}, signature = {0};
	const char *text = json_text(facts, "challenge_signature");
	bytes_text(&message, "tachiai-possession/1\n");
	bytes_add(&message, challenge, sizeof challenge);
	assert_int_equal(base64_decode(text, strlen(text), &signature), 0);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(c, NULL, hash ? EVP_get_digestbyname(hash) : NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(c, signature.data, signature.len, message.data, message.len), 1);
	EVP_MD_CTX_free(c);
	bytes_free(&message);
	bytes_free(&signature);
}

/* A certificate for `key` whose AlgorithmIdentifier is that of `signer` with `hash`: signed by a throw-away key. */
static X509 *certificate(EVP_PKEY *key, const char *hash, bool pss)
{
	X509 *x = X509_new();
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_PKEY_CTX *p = NULL;
	EVP_PKEY *signer;
	char group[32];
	if (EVP_PKEY_is_a(key, "RSA"))
		signer = EVP_RSA_gen(2048);
	else if (EVP_PKEY_is_a(key, "EC"))
		signer = EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL)
		                 ? EVP_EC_gen(group)
		                 : NULL;
	else
		signer = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_non_null(signer);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 0x1234);
	ASN1_TIME_set_string_X509(X509_getm_notBefore(x), "20261201000000Z");
	ASN1_TIME_set_string_X509(X509_getm_notAfter(x), "20561201000000Z");
	X509_NAME_add_entry_by_txt(
	        X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"Test", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	assert_int_equal(EVP_DigestSignInit(c, &p, hash ? EVP_get_digestbyname(hash) : NULL, NULL, signer), 1);
	if (pss) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(p, RSA_PSS_SALTLEN_DIGEST), 1);
	}
	assert_true(X509_sign_ctx(x, c) > 0);
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(signer);
	return x;
}

struct signing {
	struct bytes tbs, order;
};

static struct signing signing_of(X509 *x, EVP_PKEY *key, const char *serial, const char *id)
{
	struct signing s = {0};
	uint8_t *der = NULL, *spki = NULL, *subject = NULL;
	char tbs_hash[65], spki_hash[65], subject_hash[65];
	int n = i2d_re_X509_tbs(x, &der), m = i2d_PUBKEY(key, &spki),
	    k = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &subject);
	assert_true(n > 0 && m > 0 && k > 0);
	sha256_hex(subject, (size_t)k, subject_hash);
	OPENSSL_free(subject);
	bytes_add(&s.tbs, der, (size_t)n);
	sha256_hex(der, (size_t)n, tbs_hash);
	sha256_hex(spki, (size_t)m, spki_hash);
	OPENSSL_free(der);
	OPENSSL_free(spki);
	bytes_printf(&s.order,
	        "{\"certificate\":\"root\",\"hsm\":\"root-hsm\",\"serial\":\"%s\",\"key\":\"root-key\",\"cka_id\":\"%"
	        "s\","
	        "\"spki_sha256\":\"%s\",\"subject_spki_sha256\":\"%s\",\"serial_number\":\"001234\","
	        "\"not_before\":\"2026-12-01T00:00:00Z\","
	        "\"not_after\":\"2056-12-01T00:00:00Z\",\"tbs_sha256\":\"%s\",\"lint\":[]}",
	        serial, id, spki_hash, subject_hash, tbs_hash);
	return s;
}

static void signing_free(struct signing *s)
{
	bytes_free(&s->tbs);
	bytes_free(&s->order);
}

static int sign(struct room *r, uint64_t of, const struct bytes *tbs)
{
	return ask(r, (struct hsm_request){.verb = HSM_SIGN, .intended = of, .data = tbs->data, .len = tbs->len});
}

/* Signs a certificate on the token and has OpenSSL verify the whole. */
static void issue(struct room *r, EVP_PKEY *key, const char *serial, const char *id, const char *hash, bool pss)
{
	X509 *x = certificate(key, hash, pss);
	struct signing s = signing_of(x, key, serial, id);
	struct bytes signature = {0};
	uint64_t of = propose(r, "certificate", "issue-certificate", bytes_string(&s.order), PEOPLE);
	const ASN1_BIT_STRING *place;
	must(r, sign(r, of, &s.tbs));
	const char *text = json_text(answer(r), "signature");
	assert_int_equal(base64_decode(text, strlen(text), &signature), 0);
	done(r, of, "{}");
	X509_get0_signature(&place, NULL, x);
	assert_int_equal(X509_verify(x, key), 0);
	assert_int_equal(
	        ASN1_BIT_STRING_set((ASN1_BIT_STRING *)(uintptr_t)place, signature.data, (int)signature.len), 1);
	assert_int_equal(X509_verify(x, key), 1);
	X509_free(x);
	bytes_free(&signature);
	signing_free(&s);
}

static const struct {
	const char *algorithm, *mechanism, *possession, *hash, *id;
	const char *sign[4];
	bool pss;
} algorithms[] = {
        {"ec-p256", "CKM_EC_KEY_PAIR_GEN", "ecdsa-sha256", "SHA256", "01", {"SHA256", "SHA384", "SHA512", NULL}, false},
        {"ec-p384", "CKM_EC_KEY_PAIR_GEN", "ecdsa-sha384", "SHA384", "02", {"SHA256", "SHA384", "SHA512", NULL}, false},
        {"ec-p521", "CKM_EC_KEY_PAIR_GEN", "ecdsa-sha512", "SHA512", "03", {"SHA256", "SHA384", "SHA512", NULL}, false},
        {"ed25519", "CKM_EC_EDWARDS_KEY_PAIR_GEN", "ed25519", NULL, "04", {NULL}, false},
        {"rsa-2048", "CKM_RSA_PKCS_KEY_PAIR_GEN", "rsa-pkcs1-sha256", "SHA256", "05",
                {"SHA256", "SHA384", "SHA512", NULL}, true},
        {"rsa-3072", "CKM_RSA_PKCS_KEY_PAIR_GEN", "rsa-pkcs1-sha256", "SHA256", "06",
                {"SHA256", "SHA384", "SHA512", NULL}, true},
};

static void each_algorithm_generates_and_signs(void **state)
{
	(void)state;
	char serial[64], label[32];
	struct room *r = room_unlocked(serial);
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		snprintf(label, sizeof label, "key %zu", i);
		uint64_t of = key_authority(r, serial, algorithms[i].algorithm, label, algorithms[i].id);
		must(r, generate(r, of));
		const struct json *facts = answer(r), *attributes = json_get(facts, "attributes");
		assert_string_equal(json_text(facts, "mechanism"), algorithms[i].mechanism);
		assert_string_equal(json_text(facts, "challenge_algorithm"), algorithms[i].possession);
		assert_string_equal(json_text(attributes, "CKA_LABEL"), label);
		assert_true(json_true(attributes, "CKA_SENSITIVE"));
		assert_true(json_true(attributes, "CKA_NEVER_EXTRACTABLE"));
		assert_int_equal(json_get(attributes, "CKA_EXTRACTABLE")->number, 0);
		assert_int_equal(json_get(attributes, "CKA_DERIVE")->number, 0);
		assert_string_equal(json_text(json_get(facts, "token"), "serial"), serial);
		EVP_PKEY *key = public_key(json_text(facts, "spki"));
		check_possession(facts, key, algorithms[i].hash);
		done(r, of, bytes_string(&r->answer));
		if (!algorithms[i].sign[0])
			issue(r, key, serial, algorithms[i].id, NULL, false);
		for (int j = 0; algorithms[i].sign[j]; j++)
			issue(r, key, serial, algorithms[i].id, algorithms[i].sign[j], false);
		for (int j = 0; algorithms[i].pss && algorithms[i].sign[j]; j++)
			issue(r, key, serial, algorithms[i].id, algorithms[i].sign[j], true);
		EVP_PKEY_free(key);
	}
	room_free(r);
}

/* Names of the keys' order and what else goes wrong before a key is made. */
static void a_used_label_or_id_is_refused(void **state)
{
	(void)state;
	char serial[64];
	struct room *r = room_unlocked(serial);
	uint64_t of = key_authority(r, serial, "ec-p256", "Root", "0a0b");
	must(r, generate(r, of));
	done(r, of, bytes_string(&r->answer));
	of = key_authority(r, serial, "ec-p256", "Root", "0c");
	refused(r, generate(r, of), ERROR_FAULT, MSG_LABEL_USED);
	failed(r, of);
	of = key_authority(r, serial, "ec-p256", "Root 2", "0a0b");
	refused(r, generate(r, of), ERROR_FAULT, MSG_ID_USED);
	failed(r, of);
	of = key_authority(r, serial, "ec-p256", "Root 2", "");
	refused(r, generate(r, of), ERROR_FAULT, MSG_ORDER_FORM);
	failed(r, of);
	of = key_authority(r, serial, "dsa-2048", "Root 2", "0d");
	refused(r, generate(r, of), ERROR_FAULT, MSG_ALGORITHM);
	failed(r, of);
	of = key_authority(r, serial, "ec-p256", "Root 2", "0d");
	refused(r, ask(r, (struct hsm_request){.verb = HSM_GENERATE, .intended = of, .data = "short", .len = 5}),
	        ERROR_FAULT, MSG_CHALLENGE);
	failed(r, of);
	must(r, ask(r, (struct hsm_request){.verb = HSM_INSPECT, .key_label = "Root", .cka_id = "0d"}));
	assert_true(json_true(answer(r), "label_used"));
	assert_false(json_true(answer(r), "id_used"));
	/* the public half is seen without login, and is the only one that is */
	assert_int_equal(json_get(answer(r), "objects")->count, 1);
	assert_string_equal(json_text(json_get(answer(r), "objects")->child, "class"), "public-key");
	room_free(r);
}

/* Every field of the order that the helper can compute itself is compared. */
static void a_signature_is_refused_for_any_other_order(void **state)
{
	(void)state;
	static const struct {
		const char *field, *from, *to;
	} cases[] = {
	        {"spki_sha256", "\"spki_sha256\":\"", "\"spki_sha256\":\"0"},
	        {"subject_spki_sha256", "\"subject_spki_sha256\":\"", "\"subject_spki_sha256\":\"0"},
	        {"serial_number", "\"001234\"", "\"001235\""},
	        {"not_before", "2026-12-01T00:00:00Z", "2026-12-01T00:00:01Z"},
	        {"not_after", "2056-12-01T00:00:00Z", "2056-12-02T00:00:00Z"},
	        {"tbs_sha256", "\"tbs_sha256\":\"", "\"tbs_sha256\":\"0"},
	        {"serial", "\"serial\":\"", "\"serial\":\"0"},
	};
	char serial[64], order[2048];
	struct room *r = room_unlocked(serial);
	uint64_t of = key_authority(r, serial, "ec-p256", "Root", "0a0b");
	must(r, generate(r, of));
	EVP_PKEY *key = public_key(json_text(answer(r), "spki"));
	done(r, of, bytes_string(&r->answer));
	X509 *x = certificate(key, "SHA256", false);
	struct signing s = signing_of(x, key, serial, "0a0b");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *at = strstr(bytes_string(&s.order), cases[i].from);
		assert_non_null(at);
		snprintf(order, sizeof order, "%.*s%s%s", (int)(at - bytes_string(&s.order)), bytes_string(&s.order),
		        cases[i].to, at + strlen(cases[i].from));
		of = propose(r, "certificate", "issue-certificate", order, PEOPLE);
		int result = sign(r, of, &s.tbs);
		assert_string_equal(r->error.message.args[0], cases[i].field);
		refused(r, result, ERROR_FAULT, MSG_ORDER_FIELD);
		failed(r, of);
	}
	/* the right order, other bytes */
	of = propose(r, "certificate", "issue-certificate", bytes_string(&s.order), PEOPLE);
	s.tbs.data[s.tbs.len - 1] ^= 1;
	refused(r, sign(r, of, &s.tbs), ERROR_FAULT, MSG_ORDER_FIELD);
	s.tbs.data[s.tbs.len - 1] ^= 1;
	/* nothing of that has spent it; the right bytes do, once */
	must(r, sign(r, of, &s.tbs));
	refused_saying(r, sign(r, of, &s.tbs), "spent already");
	done(r, of, "{}");
	signing_free(&s);
	X509_free(x);
	/* an AlgorithmIdentifier that the key cannot make */
	EVP_PKEY *other = EVP_RSA_gen(2048);
	x = certificate(other, "SHA256", false);
	s = signing_of(x, key, serial, "0a0b");
	of = propose(r, "certificate", "issue-certificate", bytes_string(&s.order), PEOPLE);
	refused(r, sign(r, of, &s.tbs), ERROR_FAULT, MSG_ALGORITHM_KEY);
	failed(r, of);
	signing_free(&s);
	X509_free(x);
	/* no such key */
	x = certificate(key, "SHA256", false);
	s = signing_of(x, key, serial, "0f");
	of = propose(r, "certificate", "issue-certificate", bytes_string(&s.order), PEOPLE);
	refused(r, sign(r, of, &s.tbs), ERROR_FAULT, MSG_KEY_COUNT);
	failed(r, of);
	/* locked */
	must(r, ask(r, (struct hsm_request){.verb = HSM_LOCK}));
	of = propose(r, "certificate", "issue-certificate", bytes_string(&s.order), PEOPLE);
	refused(r, sign(r, of, &s.tbs), ERROR_FAULT, MSG_LOCKED);
	signing_free(&s);
	X509_free(x);
	EVP_PKEY_free(other);
	EVP_PKEY_free(key);
	room_free(r);
}

/* An order for the hash of just anything does not make the helper sign it. */
static void only_certificates_of_known_algorithms_are_signed(void **state)
{
	(void)state;
	char serial[64];
	struct room *r = room_unlocked(serial);
	uint64_t of = key_authority(r, serial, "rsa-2048", "Root", "0a");
	must(r, generate(r, of));
	EVP_PKEY *key = public_key(json_text(answer(r), "spki"));
	done(r, of, bytes_string(&r->answer));
	static const struct {
		const char *hash;
		bool pss;
		int cut, add;
		const char *id;
	} cases[] = {
	        {"SHA256", false, 1, 0, MSG_TBS},
	        {"SHA256", false, 0, 1, MSG_TBS},
	        {"SHA256", false, 1000, 32, MSG_TBS},
	        {"SHA1", false, 0, 0, MSG_ALGORITHM},
	        {"SHA224", false, 0, 0, MSG_ALGORITHM},
	        {"SHA1", true, 0, 0, MSG_ALGORITHM_PARAMETERS},
	        {"SHA224", true, 0, 0, MSG_ALGORITHM_PARAMETERS},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		X509 *x = certificate(key, cases[i].hash, cases[i].pss);
		struct signing s = signing_of(x, key, serial, "0a");
		char hash[65], *at;
		s.tbs.len = (size_t)cases[i].cut < s.tbs.len ? s.tbs.len - (size_t)cases[i].cut : 0;
		for (int j = 0; j < cases[i].add; j++)
			bytes_byte(&s.tbs, 0);
		sha256_hex(s.tbs.data, s.tbs.len, hash);
		at = strstr((char *)s.order.data, "\"tbs_sha256\":\"");
		memcpy(at + strlen("\"tbs_sha256\":\""), hash, 64);
		of = propose(r, "certificate", "issue-certificate", bytes_string(&s.order), PEOPLE);
		refused(r, sign(r, of, &s.tbs), ERROR_FAULT, cases[i].id);
		failed(r, of);
		signing_free(&s);
		X509_free(x);
	}
	EVP_PKEY_free(key);
	room_free(r);
}

/* Bytes that no frame holds: the helper maps them, hashes them, and signs what it hashed. */
static void large_bytes_are_passed_in_sealed_memory(void **state)
{
	(void)state;
	char serial[64], hash[65], *at;
	struct room *r = room_unlocked(serial);
	uint64_t of = key_authority(r, serial, "ec-p256", "Root", "0a");
	struct bytes signature = {0};
	must(r, generate(r, of));
	EVP_PKEY *key = public_key(json_text(answer(r), "spki"));
	done(r, of, bytes_string(&r->answer));
	X509 *x = certificate(key, "SHA256", false);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	uint8_t *large = calloc(1, 2000000);
	assert_true(value && large && ASN1_OCTET_STRING_set(value, large, 2000000));
	X509_EXTENSION *extension = X509_EXTENSION_create_by_NID(NULL, NID_netscape_comment, 0, value);
	assert_true(extension && X509_add_ext(x, extension, -1));
	struct signing s = signing_of(x, key, serial, "0a");
	assert_true(s.tbs.len > WIRE_MAX);
	of = propose(r, "certificate", "issue-certificate", bytes_string(&s.order), PEOPLE);
	s.tbs.data[s.tbs.len - 1] ^= 1;
	refused(r, sign(r, of, &s.tbs), ERROR_FAULT, MSG_ORDER_FIELD);
	s.tbs.data[s.tbs.len - 1] ^= 1;
	must(r, sign(r, of, &s.tbs));
	const char *text = json_text(answer(r), "signature");
	assert_int_equal(base64_decode(text, strlen(text), &signature), 0);
	done(r, of, "{}");
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(c, signature.data, signature.len, s.tbs.data, s.tbs.len), 1);
	EVP_MD_CTX_free(c);
	/* the hash of no certificate, as large */
	sha256_hex(large, 2000000, hash);
	at = strstr((char *)s.order.data, "\"tbs_sha256\":\"");
	memcpy(at + strlen("\"tbs_sha256\":\""), hash, 64);
	of = propose(r, "certificate", "issue-certificate", bytes_string(&s.order), PEOPLE);
	refused(r, sign(r, of, &(struct bytes){.data = large, .len = 2000000}), ERROR_FAULT, MSG_TBS);
	free(large);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	X509_free(x);
	EVP_PKEY_free(key);
	bytes_free(&signature);
	signing_free(&s);
	room_free(r);
}

/* What other people's tool says of the key. */
static void pkcs11_tool_sees_the_key(void **state)
{
	(void)state;
	char serial[64], command[512], out[8192];
	struct room *r = room_unlocked(serial);
	uint64_t of = key_authority(r, serial, "ec-p384", "Example Root", "0a0b0c");
	must(r, generate(r, of));
	snprintf(command, sizeof command,
	        "SOFTHSM2_CONF=%s pkcs11-tool --module " MODULE
	        " --token-label 'REHEARSAL root' --login --pin user-pin-1 -O 2>/dev/null",
	        r->conf);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	out[fread(out, 1, sizeof out - 1, f)] = '\0';
	assert_int_equal(pclose(f), 0);
	assert_non_null(strstr(out, "Private Key Object; EC"));
	assert_non_null(strstr(out, "Example Root"));
	assert_non_null(strstr(out, "ID:         0a0b0c"));
	assert_non_null(strstr(out, "Usage:      sign\n"));
	assert_non_null(strstr(out, "sensitive, always sensitive, never extractable, local"));
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_algorithm_generates_and_signs),
	        cmocka_unit_test(a_used_label_or_id_is_refused),
	        cmocka_unit_test(a_signature_is_refused_for_any_other_order),
	        cmocka_unit_test(only_certificates_of_known_algorithms_are_signed),
	        cmocka_unit_test(large_bytes_are_passed_in_sealed_memory),
	        cmocka_unit_test(pkcs11_tool_sees_the_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
