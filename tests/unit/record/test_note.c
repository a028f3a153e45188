#include "../base/check.h"

#include <string.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "base/secret.h"
#include "record/note.h"

static struct secret *seed_of(const char *hex)
{
	struct secret *seed = secret_new(32, NULL);

	assert_non_null(seed);
	assert_int_equal(hex_decode(hex, strlen(hex), seed->data, 32), 0);
	seed->len = 32;
	return seed;
}

/* RFC 8032 section 7.1, TEST 1 to 3. */
static const struct {
	const char *seed, *public_key, *message, *signature;
} rfc8032[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5"
                "f0595b"
                "be24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2e"
                "aeb430"
                "2aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15"
                "e9716e"
                "d28dc027beceea1ec40a"},
};

static void signatures_are_those_of_rfc_8032(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rfc8032 / sizeof rfc8032[0]; i++) {
		struct secret *seed = seed_of(rfc8032[i].seed);
		struct bytes line = {0}, blob = {0};
		uint8_t public_key[32], message[2];
		size_t len = strlen(rfc8032[i].message) / 2;
		struct vkey key;

		assert_int_equal(signing_key_public(seed, public_key, NULL), 0);
		check_hex(public_key, 32, rfc8032[i].public_key);
		assert_int_equal(hex_decode(rfc8032[i].message, 2 * len, message, len), 0);
		assert_int_equal(vkey_make(&key, "test", NOTE_ED25519, public_key, NULL), 0);
		assert_int_equal(note_sign(&key, seed, 0, (char *)message, len, &line, NULL), 0);
		assert_memory_equal(bytes_string(&line), "— test ", 9);
		assert_int_equal(base64_decode(bytes_string(&line) + 9, line.len - 9, &blob), 0);
		assert_int_equal(blob.len, 4 + 64);
		assert_memory_equal(blob.data, key.id, 4);
		check_hex(blob.data + 4, 64, rfc8032[i].signature);
		assert_int_equal(note_verify(&key, bytes_string(&line), line.len, (char *)message, len, NULL, NULL), 0);
		bytes_free(&line);
		bytes_free(&blob);
		secret_free(&seed);
	}
}

/* The example in the documentation of Go's golang.org/x/mod/sumdb/note: its private key, text and signature line. */
static void the_note_of_go_is_made_and_verified(void **state)
{
	static const char vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
	static const char text[] = "If you think cryptography is the answer to your problem,\n"
	                           "then you don't know what your problem is.\n";
	static const char line[] =
	        "— PeterNeumann "
	        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
	/* of its private key line, "PRIVATE+KEY+PeterNeumann+c74f20a3+…": a type byte, then the seed */
	static const char skey[] = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
	struct bytes made = {0}, text_of = {0}, private = {0};
	struct secret *seed = secret_new(32, NULL);
	struct vkey key;

	(void)state;
	assert_int_equal(vkey_parse(&key, vkey, strlen(vkey), NULL), 0);
	assert_string_equal(key.name, "PeterNeumann");
	assert_int_equal(key.type, NOTE_ED25519);
	check_hex(key.id, 4, "c74f20a3");
	vkey_text(&key, &text_of);
	assert_string_equal(bytes_string(&text_of), vkey);
	assert_int_equal(note_verify(&key, line, strlen(line), text, strlen(text), NULL, NULL), 0);
	assert_int_equal(base64_decode(skey, strlen(skey), &private), 0);
	assert_int_equal(secret_add(seed, private.data + 1, 32), 0);
	assert_int_equal(note_sign(&key, seed, 0, text, strlen(text), &made, NULL), 0);
	assert_string_equal(bytes_string(&made), line);
	bytes_free(&made);
	bytes_free(&text_of);
	bytes_free(&private);
	secret_free(&seed);
}

/* Another verifier key in use: that of the Go checksum database. */
static void the_key_of_sum_golang_org_is_read(void **state)
{
	static const char vkey[] = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
	struct vkey key;

	(void)state;
	assert_int_equal(vkey_parse(&key, vkey, strlen(vkey), NULL), 0);
	assert_string_equal(key.name, "sum.golang.org");
	check_hex(key.id, 4, "033de0ae");
}

#define FORM_SENTENCE "The key line is not of the form NAME+ID+KEY."

static void a_key_line_with_any_fault_is_refused(void **state)
{
	static const struct {
		const char *line, *sentence;
	} refused[] = {
	        {"", FORM_SENTENCE},
	        {"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", FORM_SENTENCE},
	        {"PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", FORM_SENTENCE},
	        {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n", FORM_SENTENCE},
	        {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T", FORM_SENTENCE},
	        {"PeterNeumann+c74f20a3-ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", FORM_SENTENCE},
	        {"PeterNeumann c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", FORM_SENTENCE},
	        {"PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==", FORM_SENTENCE},
	        {"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	                "The key line of PeterNeumann does not fit together: its ID is not that of its name and key."},
	        {"PeterNeumanN+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	                "The key line of PeterNeumanN does not fit together: its ID is not that of its name and key."},
	        {"PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	                "The key of PeterNeumann is of type 101. Only the types 1 and 4 are known."},
	        {"Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	                "A key name is empty, too long, or has characters that no key name may have."},
	        {"Peter+Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	                "A key name is empty, too long, or has characters that no key name may have."},
	        {"P\xc3\xa9ter+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	                "A key name is empty, too long, or has characters that no key name may have."},
	};
	struct error e = {0};
	struct vkey key;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		assert_int_equal(vkey_parse(&key, refused[i].line, strlen(refused[i].line), &e), -1);
		check_error(&e, ERROR_FAULT, refused[i].sentence);
	}
}

#define REFUSED_KEY                                                                                                    \
	"The public key of alice is refused: it is not a canonical Ed25519 point of full order. Make a new key."

/* The eight points of small order, their forms that are not canonical, one of mixed order, one not on the curve. */
static void weak_public_keys_are_refused(void **state)
{
	static const char *const weak[] = {
	        "0000000000000000000000000000000000000000000000000000000000000000",
	        "0000000000000000000000000000000000000000000000000000000000000080",
	        "0100000000000000000000000000000000000000000000000000000000000000",
	        "0100000000000000000000000000000000000000000000000000000000000080",
	        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	        "0200000000000000000000000000000000000000000000000000000000000000",
	};
	uint8_t point[32], good[32], mixed[32];
	struct error e = {0};
	struct vkey key;

	(void)state;
	for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
		assert_int_equal(hex_decode(weak[i], 64, point, 32), 0);
		assert_int_equal(vkey_make(&key, "alice", NOTE_COSIGNATURE, point, &e), -1);
		check_error(&e, ERROR_FAULT, REFUSED_KEY);
	}
	assert_int_equal(hex_decode(rfc8032[0].public_key, 64, good, 32), 0);
	assert_int_equal(hex_decode(weak[4], 64, point, 32), 0);
	assert_int_equal(crypto_core_ed25519_add(mixed, good, point), 0);
	assert_int_equal(vkey_make(&key, "alice", NOTE_COSIGNATURE, mixed, &e), -1);
	check_error(&e, ERROR_FAULT, REFUSED_KEY);
}

static void names_of_people_are_plain(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} table[] = {{"alice", true}, {"0.a-b", true}, {"a", true},
	        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true},
	        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false}, {"", false},
	        {".a", false}, {"-a", false}, {"Alice", false}, {"a b", false}, {"a_b", false}, {"a/b", false},
	        {"a+b", false}, {"\xc3\xa9", false}, {"a\n", false}};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		assert_int_equal(name_is_person(table[i].name), table[i].good);
}

static const char checkpoint[] = "example.jp/ceremony/root-g1/20261201T093000Z-0a1b2c3d\n"
                                 "3\n"
                                 "i1BteKDnfUQO3Ou9yiFuptxAy6C6yMugv3aC/PRvmCs=\n";

static void a_checkpoint_is_read_as_it_was_written(void **state)
{
	struct bytes origin = {0}, text = {0};
	uint8_t root[32];
	uint64_t size;

	(void)state;
	assert_int_equal(checkpoint_parse(checkpoint, strlen(checkpoint), &origin, &size, root, NULL), 0);
	assert_string_equal(bytes_string(&origin), "example.jp/ceremony/root-g1/20261201T093000Z-0a1b2c3d");
	assert_int_equal(size, 3);
	checkpoint_text(&text, bytes_string(&origin), size, root);
	assert_string_equal(bytes_string(&text), checkpoint);
	bytes_free(&origin);
	bytes_free(&text);
}

#define ROOT "i1BteKDnfUQO3Ou9yiFuptxAy6C6yMugv3aC/PRvmCs="

static void a_checkpoint_of_any_other_form_is_refused(void **state)
{
	static const char lines[] = "The checkpoint does not have the three lines origin, size and root.";
	static const char more[] = "The checkpoint has more than the three lines origin, size and root.";
	static const char origin_bad[] = "The first line of the checkpoint is not an origin.";
	static const char size_bad[] = "The second line of the checkpoint is not a size.";
	static const char root_bad[] = "The third line of the checkpoint is not a root hash in base64.";
	static const struct {
		const char *text, *sentence;
	} refused[] = {
	        {"", lines},
	        {"a.jp/x\n3\n" ROOT, lines},
	        {"a.jp/x\n3\n", lines},
	        {"a.jp/x\n3\n" ROOT "\n\n", more},
	        {"a.jp/x\n3\n" ROOT "\nextension\n", more},
	        {"a.jp/x\n3\n" ROOT "\nx", more},
	        {"\n3\n" ROOT "\n", origin_bad},
	        {"a b\n3\n" ROOT "\n", origin_bad},
	        {"a+b\n3\n" ROOT "\n", origin_bad},
	        {"a\r\n3\n" ROOT "\n", origin_bad},
	        {"a\n03\n" ROOT "\n", size_bad},
	        {"a\n-3\n" ROOT "\n", size_bad},
	        {"a\n+3\n" ROOT "\n", size_bad},
	        {"a\n3 \n" ROOT "\n", size_bad},
	        {"a\n\n" ROOT "\n", size_bad},
	        {"a\n9007199254740992\n" ROOT "\n", size_bad},
	        {"a\n99999999999999999999\n" ROOT "\n", size_bad},
	        {"a\n3\n" ROOT "=\n", root_bad},
	        {"a\n3\ni1BteKDnfUQO3Ou9yiFuptxAy6C6yMugv3aC/PRvmCt=\n", root_bad},
	        {"a\n3\nAAAA\n", root_bad},
	};
	struct bytes origin = {0};
	struct error e = {0};
	uint8_t root[32];
	uint64_t size;

	(void)state;
	bytes_text(&origin, "untouched");
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		assert_int_equal(
		        checkpoint_parse(refused[i].text, strlen(refused[i].text), &origin, &size, root, &e), -1);
		check_error(&e, ERROR_FAULT, refused[i].sentence);
		assert_string_equal(bytes_string(&origin), "untouched");
	}
	bytes_free(&origin);
}

/* A cosignature, checked with OpenSSL over the text that C2SP tlog-cosignature prescribes. */
static void a_cosignature_holds_for_openssl_too(void **state)
{
	static const char prescribed[] = "cosignature/v1\ntime 1796117400\n"
	                                 "example.jp/ceremony/root-g1/20261201T093000Z-0a1b2c3d\n3\n" ROOT "\n";
	struct secret *seed = seed_of(rfc8032[1].seed);
	struct bytes line = {0}, blob = {0};
	uint8_t public_key[32];
	struct vkey key;
	int64_t seconds;

	(void)state;
	assert_int_equal(signing_key_public(seed, public_key, NULL), 0);
	assert_int_equal(vkey_make(&key, "alice", NOTE_COSIGNATURE, public_key, NULL), 0);
	assert_int_equal(note_sign(&key, seed, 1796117400, checkpoint, strlen(checkpoint), &line, NULL), 0);
	assert_int_equal(
	        note_verify(&key, bytes_string(&line), line.len, checkpoint, strlen(checkpoint), &seconds, NULL), 0);
	assert_int_equal(seconds, 1796117400);
	assert_int_equal(base64_decode(bytes_string(&line) + 10, line.len - 10, &blob), 0);
	assert_int_equal(blob.len, 4 + 8 + 64);
	check_hex(blob.data + 4, 8, "000000006b0e9398");

	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey), 1);
	assert_int_equal(EVP_DigestVerify(ctx, blob.data + 12, 64, (const uint8_t *)prescribed, strlen(prescribed)), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	bytes_free(&line);
	bytes_free(&blob);
	secret_free(&seed);
}

static void a_signature_fails_for_another_key_text_time_or_kind(void **state)
{
	struct secret *seed = seed_of(rfc8032[1].seed), *other_seed = seed_of(rfc8032[2].seed);
	struct bytes line = {0}, plain = {0};
	char text[sizeof checkpoint];
	uint8_t public_key[32];
	struct vkey alice, bob, alice_other_key, alice_plain;
	struct error e = {0};
	int64_t seconds = -1;

	(void)state;
	signing_key_public(seed, public_key, NULL);
	vkey_make(&alice, "alice", NOTE_COSIGNATURE, public_key, NULL);
	vkey_make(&bob, "bob", NOTE_COSIGNATURE, public_key, NULL);
	vkey_make(&alice_plain, "alice", NOTE_ED25519, public_key, NULL);
	signing_key_public(other_seed, public_key, NULL);
	vkey_make(&alice_other_key, "alice", NOTE_COSIGNATURE, public_key, NULL);
	assert_int_equal(note_sign(&alice, seed, 1796117400, checkpoint, strlen(checkpoint), &line, NULL), 0);
	assert_int_equal(note_sign(&alice_plain, seed, 0, checkpoint, strlen(checkpoint), &plain, NULL), 0);

	const struct vkey *const wrong[] = {&bob, &alice_other_key, &alice_plain};
	for (int i = 0; i < 3; i++) {
		struct bytes want = {0};

		bytes_printf(&want, "The signature line is not by the key of %s: it bears another name or key ID.",
		        wrong[i]->name);
		assert_int_equal(
		        note_verify(wrong[i], bytes_string(&line), line.len, checkpoint, strlen(checkpoint), NULL, &e),
		        -1);
		check_error(&e, ERROR_FAULT, bytes_string(&want));
		bytes_free(&want);
	}
	for (size_t i = 0; i + 1 < sizeof checkpoint; i++) {
		memcpy(text, checkpoint, sizeof checkpoint);
		text[i] ^= 1;
		assert_int_equal(
		        note_verify(&alice, bytes_string(&line), line.len, text, strlen(checkpoint), &seconds, &e), -1);
		check_error(&e, ERROR_FAULT, "The signature of alice does not hold over this checkpoint.");
	}
	assert_int_equal(seconds, -1);
	/* Every change of the line itself; what base64 allows to change is the name, ID, time or signature. */
	for (size_t i = 0; i < line.len; i++) {
		uint8_t kept = line.data[i];

		line.data[i] = kept == 'A' ? 'B' : 'A';
		assert_int_equal(
		        note_verify(&alice, bytes_string(&line), line.len, checkpoint, strlen(checkpoint), NULL, &e),
		        -1);
		line.data[i] = kept;
	}
	for (size_t len = 0; len < line.len; len++)
		assert_int_equal(
		        note_verify(&alice, bytes_string(&line), len, checkpoint, strlen(checkpoint), NULL, &e), -1);
	e = (struct error){0};
	assert_int_equal(note_sign(&alice, other_seed, 0, checkpoint, strlen(checkpoint), &line, &e), -1);
	check_error(&e, ERROR_FAULT, "The private key is not that of the public key of alice.");
	bytes_free(&line);
	bytes_free(&plain);
	secret_free(&seed);
	secret_free(&other_seed);
}

static void what_is_no_signature_line_is_refused(void **state)
{
	static const char *const refused[] = {"", "—", "— ", "— alice", "— alice ",
	        "- alice AAAAAAA=", "—alice AAAAAAA=", "— alice  AAAAAAA=", "— al+ice AAAAAAA=", "— alice AAAA",
	        "— alice AAAAAAA=\n", "— alice AAAAAAA= ", "— alice AAAAAAB=", " — alice AAAAAAA="};
	char name[NOTE_NAME_MAX + 1];
	struct error e = {0};
	uint8_t id[4];

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		assert_int_equal(note_line_name(refused[i], strlen(refused[i]), name, id, &e), -1);
		check_error(&e, ERROR_FAULT, "This is no signature line: a dash, a name and base64 were expected.");
	}
	assert_int_equal(note_line_name("— alice AQIDBAU=", strlen("— alice AQIDBAU="), name, id, NULL), 0);
	assert_string_equal(name, "alice");
	check_hex(id, 4, "01020304");
}

static void a_signature_of_the_wrong_length_or_time_is_told(void **state)
{
	struct bytes line = {0};
	struct error e = {0};
	uint8_t public_key[32], blob[76] = {0};
	struct vkey alice;

	(void)state;
	hex_decode(rfc8032[0].public_key, 64, public_key, 32);
	vkey_make(&alice, "alice", NOTE_COSIGNATURE, public_key, NULL);
	memcpy(blob, alice.id, 4);
	for (size_t len = 75; len <= 76; len++) {
		bytes_clear(&line);
		bytes_text(&line, "— alice ");
		blob[4] = 0x80;
		bytes_base64(&line, blob, len);
		assert_int_equal(note_verify(&alice, bytes_string(&line), line.len, "", 0, NULL, &e), -1);
		check_error(&e, ERROR_FAULT,
		        len == 75 ? "The signature of alice does not have the length of its kind."
		                  : "The signature of alice has a time that no clock can show.");
	}
	bytes_free(&line);
}

/* A signer can make a signature whose R is of small order; OpenSSL takes it, we do not. */
static void a_signature_with_a_small_r_is_refused(void **state)
{
	uint8_t hash[64], scalar[32], public_key[32], r[32] = {1}, k[32], blob[68], digest[64];
	struct secret *seed = seed_of(rfc8032[0].seed);
	crypto_hash_sha512_state sha512;
	struct bytes line = {0};
	struct error e = {0};
	struct vkey key;

	(void)state;
	signing_key_public(seed, public_key, NULL);
	vkey_make(&key, "alice", NOTE_ED25519, public_key, NULL);
	crypto_hash_sha512(hash, seed->data, 32);
	memcpy(scalar, hash, 32);
	scalar[0] &= 248;
	scalar[31] = (uint8_t)((scalar[31] & 127) | 64);
	crypto_hash_sha512_init(&sha512);
	crypto_hash_sha512_update(&sha512, r, 32);
	crypto_hash_sha512_update(&sha512, public_key, 32);
	crypto_hash_sha512_update(&sha512, (const uint8_t *)checkpoint, strlen(checkpoint));
	crypto_hash_sha512_final(&sha512, digest);
	crypto_core_ed25519_scalar_reduce(k, digest);
	memcpy(blob, key.id, 4);
	memcpy(blob + 4, r, 32);
	crypto_core_ed25519_scalar_mul(blob + 36, k, scalar);
	bytes_text(&line, "— alice ");
	bytes_base64(&line, blob, sizeof blob);

	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey), 1);
	assert_int_equal(EVP_DigestVerify(ctx, blob + 4, 64, (const uint8_t *)checkpoint, strlen(checkpoint)), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	assert_int_equal(
	        note_verify(&key, bytes_string(&line), line.len, checkpoint, strlen(checkpoint), NULL, &e), -1);
	check_error(&e, ERROR_FAULT, "The signature of alice does not hold over this checkpoint.");
	bytes_free(&line);
	secret_free(&seed);
}

static void a_new_key_is_new_and_signs(void **state)
{
	uint8_t first[32], second[32];
	struct secret *a = signing_key_new(first, NULL), *b = signing_key_new(second, NULL);
	struct bytes line = {0};
	struct vkey key;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_memory_not_equal(first, second, 32);
	assert_int_equal(vkey_make(&key, "example.jp/x", NOTE_ED25519, first, NULL), 0);
	assert_int_equal(note_sign(&key, a, 0, "x", 1, &line, NULL), 0);
	assert_int_equal(note_verify(&key, bytes_string(&line), line.len, "x", 1, NULL, NULL), 0);
	secret_free(&a);
	secret_free(&b);
	bytes_free(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(signatures_are_those_of_rfc_8032),
	        cmocka_unit_test(the_note_of_go_is_made_and_verified),
	        cmocka_unit_test(the_key_of_sum_golang_org_is_read),
	        cmocka_unit_test(a_key_line_with_any_fault_is_refused),
	        cmocka_unit_test(weak_public_keys_are_refused),
	        cmocka_unit_test(names_of_people_are_plain),
	        cmocka_unit_test(a_checkpoint_is_read_as_it_was_written),
	        cmocka_unit_test(a_checkpoint_of_any_other_form_is_refused),
	        cmocka_unit_test(a_cosignature_holds_for_openssl_too),
	        cmocka_unit_test(a_signature_fails_for_another_key_text_time_or_kind),
	        cmocka_unit_test(what_is_no_signature_line_is_refused),
	        cmocka_unit_test(a_signature_of_the_wrong_length_or_time_is_told),
	        cmocka_unit_test(a_signature_with_a_small_r_is_refused),
	        cmocka_unit_test(a_new_key_is_new_and_signs),
	};

	if (secret_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
