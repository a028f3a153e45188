/* Many signatures under one approval, and a key that is checked again: on a real SoftHSM token. */
#include "fixture.h"
#include "hsm/wire.h"
#include "record/tree.h"
#include <openssl/x509.h>

enum { MANY = 5 };

struct batch_room {
	struct room *r;
	char serial[64], spki_hash[65];
	EVP_PKEY *key;
	struct bytes tbs[MANY], leaves;
};

static void put_u32(struct bytes *b, uint32_t n)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		bytes_byte(b, (uint8_t)(n >> shift));
}

/* An unlocked token with a key, and five things to sign that begin as response data do. */
static struct batch_room batch_new(void)
{
	struct batch_room b = {0};
	struct bytes spki = {0}, hex = {0};
	uint8_t hash[32];

	b.r = room_unlocked(b.serial);
	uint64_t of = key_authority(b.r, b.serial, "ec-p256", "Root", "0a");
	must(b.r, generate(b.r, of));
	const char *text = json_text(answer(b.r), "spki");
	assert_int_equal(base64_decode(text, strlen(text), &spki), 0);
	done(b.r, of, "{}");
	const uint8_t *at = spki.data;
	b.key = d2i_PUBKEY(NULL, &at, (long)spki.len);
	assert_non_null(b.key);
	sha256(spki.data, spki.len, hash);
	bytes_hex(&hex, hash, 32);
	snprintf(b.spki_hash, sizeof b.spki_hash, "%s", bytes_string(&hex));
	for (int i = 0; i < MANY; i++) {
		const uint8_t response[] = {0x30, 0x05, 0xa2, 0x03, 0x04, 0x01, (uint8_t)i};
		bytes_add(&b.tbs[i], response, sizeof response);
		assert_int_equal(tree_leaf(response, sizeof response, hash), 0);
		bytes_add(&b.leaves, hash, 32);
	}
	bytes_free(&spki);
	bytes_free(&hex);
	return b;
}

static void batch_room_free(struct batch_room *b)
{
	for (int i = 0; i < MANY; i++)
		bytes_free(&b->tbs[i]);
	bytes_free(&b->leaves);
	EVP_PKEY_free(b->key);
	room_free(b->r);
}

static uint64_t ocsp_authority(struct batch_room *b, int count, const char *signature)
{
	struct bytes order = {0}, root64 = {0};
	struct tree tree = {0};
	uint8_t root[32];
	for (int i = 0; i < MANY; i++)
		assert_int_equal(tree_add_leaf(&tree, b->leaves.data + 32 * i), 0);
	tree_root(&tree, root);
	bytes_base64(&root64, root, 32);
	bytes_printf(&order,
	        "{\"ocsp\":\"ocsp\",\"hsm\":\"root-hsm\",\"serial\":\"%s\",\"key\":\"root-key\",\"cka_id\":\"0a\","
	        "\"spki_sha256\":\"%s\","
	        "\"signature\":\"%s\",\"this_update\":\"2026-12-01T00:00:00Z\",\"next_update\":\"2026-12-08T00:00:"
	        "00Z\",\"count\":%d,"
	        "\"root\":\"%s\",\"lint\":[]}",
	        b->serial, b->spki_hash, signature, count, bytes_string(&root64));
	uint64_t of = propose(b->r, "ocsp", "issue-ocsp", bytes_string(&order), PEOPLE);
	bytes_free(&order);
	bytes_free(&root64);
	return of;
}

static int leaves(struct batch_room *b, uint64_t of)
{
	return ask(b->r,
	        (struct hsm_request){.verb = HSM_LEAVES, .intended = of, .data = b->leaves.data, .len = b->leaves.len});
}

static int sign(struct batch_room *b, uint64_t of, uint32_t first, int from, int count)
{
	struct bytes data = {0};
	put_u32(&data, first);
	for (int i = from; i < from + count; i++) {
		put_u32(&data, (uint32_t)b->tbs[i].len);
		bytes_add(&data, b->tbs[i].data, b->tbs[i].len);
	}
	int rc = ask(
	        b->r, (struct hsm_request){.verb = HSM_SIGN_BATCH, .intended = of, .data = data.data, .len = data.len});
	bytes_free(&data);
	return rc;
}

/* Every signature of the last answer verifies over its bytes. */
static void verified(struct batch_room *b, int from, int count)
{
	struct bytes raw = {0};
	const char *text = json_text(answer(b->r), "signatures");
	assert_int_equal(base64_decode(text, strlen(text), &raw), 0);
	const uint8_t *at = raw.data;
	for (int i = from; i < from + count; i++) {
		size_t len = (size_t)at[0] << 8 | at[1];
		EVP_MD_CTX *c = EVP_MD_CTX_new();
		assert_int_equal(EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, b->key), 1);
		assert_int_equal(EVP_DigestVerify(c, at + 2, len, b->tbs[i].data, b->tbs[i].len), 1);
		EVP_MD_CTX_free(c);
		at += 2 + len;
	}
	assert_ptr_equal(at, raw.data + raw.len);
	bytes_free(&raw);
}

static void what_was_approved_is_signed_once_each(void **state)
{
	(void)state;
	struct batch_room b = batch_new();
	uint64_t of = ocsp_authority(&b, MANY, "ecdsa-sha256");
	refused(b.r, sign(&b, of, 0, 0, 1), ERROR_FAULT, MSG_LEAVES_NONE);
	must(b.r, leaves(&b, of));
	must(b.r, sign(&b, of, 0, 0, 2));
	verified(&b, 0, 2);
	must(b.r, sign(&b, of, 2, 2, 3));
	verified(&b, 2, 3);
	refused(b.r, sign(&b, of, 1, 1, 1), ERROR_FAULT, MSG_LEAF_TWICE);
	done(b.r, of, "{}");
	refused(b.r, sign(&b, of, 0, 0, 1), ERROR_FAULT, MSG_NOT_INTENDED);
	refused(b.r, leaves(&b, of), ERROR_FAULT, MSG_NOT_INTENDED);
	batch_room_free(&b);
}

static void nothing_else_is_signed(void **state)
{
	(void)state;
	struct batch_room b = batch_new();
	/* the number or the root of another list */
	uint64_t of = ocsp_authority(&b, MANY + 1, "ecdsa-sha256");
	refused(b.r, leaves(&b, of), ERROR_FAULT, MSG_LEAVES_COUNT);
	failed(b.r, of);
	of = ocsp_authority(&b, MANY, "ecdsa-sha256");
	b.leaves.data[40] ^= 1;
	refused(b.r, leaves(&b, of), ERROR_FAULT, MSG_ORDER_FIELD);
	b.leaves.data[40] ^= 1;
	b.leaves.len--;
	refused(b.r, leaves(&b, of), ERROR_FAULT, MSG_LEAVES);
	b.leaves.len++;
	must(b.r, leaves(&b, of));
	refused_saying(b.r, leaves(&b, of), "is spent already");
	failed(b.r, of);
	of = ocsp_authority(&b, MANY, "ecdsa-sha256");
	must(b.r, leaves(&b, of));
	refused(b.r, sign(&b, of, 1, 0, 1), ERROR_FAULT, MSG_LEAF_OTHER);
	refused(b.r, sign(&b, of, MANY, 0, 1), ERROR_FAULT, MSG_LEAF_FORM);
	refused(b.r,
	        ask(b.r,
	                (struct hsm_request){
	                        .verb = HSM_SIGN_BATCH, .intended = of, .data = "\0\0\0\0\0\0\0\1", .len = 8}),
	        ERROR_FAULT, MSG_LEAVES);
	refused(b.r, sign(&b, of - 1, 0, 0, 1), ERROR_FAULT, MSG_OTHER_INTENT);
	failed(b.r, of);
	/* bytes that are approved by their hash and are no response */
	b.tbs[0].data[2] = 0xa0;
	uint8_t hash[32];
	assert_int_equal(tree_leaf(b.tbs[0].data, b.tbs[0].len, hash), 0);
	memcpy(b.leaves.data, hash, 32);
	of = ocsp_authority(&b, MANY, "ecdsa-sha256");
	must(b.r, leaves(&b, of));
	refused(b.r, sign(&b, of, 0, 0, 1), ERROR_FAULT, MSG_LEAF_FORM);
	failed(b.r, of);
	of = ocsp_authority(&b, MANY, "rsa-pkcs1-sha256");
	refused(b.r, leaves(&b, of), ERROR_FAULT, MSG_ALGORITHM_KEY);
	batch_room_free(&b);
}

static uint64_t check_authority(
        struct batch_room *b, const char *algorithm, const char *label, const char *id, const char *hash)
{
	char order[512];
	snprintf(order, sizeof order,
	        "{\"hsm\":\"root-hsm\",\"serial\":\"%s\",\"key\":\"root-key\",\"algorithm\":\"%s\",\"label\":\"%s\","
	        "\"cka_id\":\"%s\","
	        "\"spki_sha256\":\"%s\"}",
	        b->serial, algorithm, label, id, hash);
	return propose(b->r, "check", "check-key", order, PEOPLE);
}

static int check_key(struct batch_room *b, uint64_t of)
{
	return ask(b->r, (struct hsm_request){
	                         .verb = HSM_CHECK_KEY, .intended = of, .data = challenge, .len = sizeof challenge});
}

static void a_key_is_found_again_and_signs(void **state)
{
	(void)state;
	struct batch_room b = batch_new();
	uint64_t of = check_authority(&b, "ec-p256", "Root", "0a", b.spki_hash);
	must(b.r, check_key(&b, of));
	struct bytes message = {0}, signature = {0};
	const struct json *facts = answer(b.r);
	const char *text = json_text(facts, "challenge_signature");
	assert_int_equal(base64_decode(text, strlen(text), &signature), 0);
	bytes_text(&message, "tachiai-possession/1\n");
	bytes_add(&message, challenge, sizeof challenge);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, b.key), 1);
	assert_int_equal(EVP_DigestVerify(c, signature.data, signature.len, message.data, message.len), 1);
	EVP_MD_CTX_free(c);
	assert_true(json_true(json_get(facts, "attributes"), "CKA_SENSITIVE"));
	assert_false(json_true(json_get(facts, "attributes"), "CKA_EXTRACTABLE"));
	assert_string_equal(json_text(json_get(facts, "token"), "serial"), b.serial);
	done(b.r, of, "{}");
	bytes_free(&message);
	bytes_free(&signature);
	static const struct {
		const char *algorithm, *label, *id, *hash, *message;
	} wrong[] = {
	        {"ec-p256", "Root", "0b", NULL, MSG_KEY_COUNT},
	        {"ec-p256", "Other", "0a", NULL, MSG_ORDER_FIELD},
	        {"ec-p256", "Root", "0a", SHA_A, MSG_ORDER_FIELD},
	        {"ec-p999", "Root", "0a", NULL, MSG_ALGORITHM},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		of = check_authority(&b, wrong[i].algorithm, wrong[i].label, wrong[i].id,
		        wrong[i].hash ? wrong[i].hash : b.spki_hash);
		refused(b.r, check_key(&b, of), ERROR_FAULT, wrong[i].message);
		failed(b.r, of);
	}
	of = check_authority(&b, "ec-p256", "Root", "0a", b.spki_hash);
	refused(b.r, ask(b.r, (struct hsm_request){.verb = HSM_CHECK_KEY, .intended = of, .data = challenge, .len = 4}),
	        ERROR_FAULT, MSG_CHALLENGE);
	must(b.r, ask(b.r, (struct hsm_request){.verb = HSM_LOCK}));
	refused(b.r, check_key(&b, of), ERROR_FAULT, MSG_LOCKED);
	batch_room_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_approved_is_signed_once_each),
	        cmocka_unit_test(nothing_else_is_signed),
	        cmocka_unit_test(a_key_is_found_again_and_signs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
