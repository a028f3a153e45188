/* Many signatures under one approval: the quorum approved the number and the root of a tree over all that is signed, so
 * each of them must be a leaf of that tree, and none is signed twice. */
#include "hsm/helper.h"
#include "hsm/key.h"
#include "hsm/wire.h"
#include "hsm/wire_messages.h"
#include <stdlib.h>
#include <string.h>

enum { LEAVES_MAX = 1 << 24 };

static const char act[] = "issue-ocsp";

void batch_free(struct batch *b)
{
	free(b->leaf);
	free(b->used);
	memset(b, 0, sizeof *b);
}

static int root_matches(const struct json *order, const struct request *r, size_t count, struct error *e)
{
	struct tree tree = {0};
	struct bytes found = {0};
	uint8_t root[32];
	int rc = -1;
	for (size_t i = 0; i < count; i++)
		if (tree_add_leaf(&tree, r->data.data + 32 * i)) {
			error_memory(e);
			goto out;
		}
	if (tree_root(&tree, root)) {
		error_memory(e);
		goto out;
	}
	bytes_base64(&found, root, sizeof root);
	if (!bytes_end(&found, e))
		rc = authority_text(order, "root", bytes_string(&found), e);
out:
	bytes_free(&found);
	return rc;
}

/* The key of the order, which makes signatures of the order's algorithm. */
static int key_of(struct token *t, const struct json *order, struct key_pair *pair, struct signature_algorithm *s,
        struct error *e)
{
	const char *name = json_text(order, "signature");
	uint8_t id[OBJECT_ID_MAX];
	size_t id_len = 0;
	if (!name)
		return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "signature");
	if (authority_id(order, id, &id_len, e) || signature_algorithm_find(name, s, e) ||
	        key_pair_find(t, id, id_len, pair, e) ||
	        authority_sha256(order, "spki_sha256", pair->spki.data, pair->spki.len, e))
		return -1;
	return key_pair_fits(pair, s, e);
}

int verb_leaves(struct helper *h, struct token *t, const struct request *r, struct bytes *answer, struct error *e)
{
	struct json_writer w = {.out = answer};
	struct key_pair pair = {0};
	struct batch *b = &h->batch;
	size_t count = r->data.len / 32;
	const struct json *order;
	int rc = -1;
	batch_free(b);
	if (!t->unlocked) {
		error_set(e, ERROR_FAULT, MSG_LOCKED, t->policy->name);
		goto out;
	}
	if (!count || r->data.len % 32 || count > LEAVES_MAX) {
		error_set(e, ERROR_FAULT, MSG_LEAVES);
		goto out;
	}
	if (token_find(t, e) || !(order = authority_order(h, r, act, t, e)))
		goto out;
	if (json_number(order, "count", -1) != (int64_t)count) {
		error_set(e, ERROR_FAULT, MSG_LEAVES_COUNT, count, (long long)json_number(order, "count", -1));
		goto out;
	}
	if (root_matches(order, r, count, e) || key_of(t, order, &pair, &b->algorithm, e))
		goto out;
	b->leaf = malloc(32 * count);
	b->used = calloc(count / 8 + 1, 1);
	if (!b->leaf || !b->used) {
		error_memory(e);
		goto out;
	}
	memcpy(b->leaf, r->data.data, 32 * count);
	if (authority_spend(h, r, act, e))
		goto out;
	b->count = count;
	b->intended = r->intended;
	json_begin_object(&w);
	json_member_int(&w, "count", (int64_t)count);
	json_end_object(&w);
	rc = 0;
out:
	if (rc)
		batch_free(b);
	key_pair_free(&pair);
	return rc;
}

/* The act whose leaves are here is open still, and this request speaks of it. */
static const struct json *open_order(struct helper *h, const struct request *r, const struct token *t, struct error *e)
{
	const struct json *order = authority_order(h, r, act, t, e);
	if (order && (!h->batch.count || h->batch.intended != r->intended)) {
		error_set(e, ERROR_FAULT, MSG_LEAVES_NONE);
		return NULL;
	}
	return order;
}

/* ResponseData of RFC 6960 section 4.2.1: a SEQUENCE that begins with the responder's identifier, which nothing else
 * that is signed here begins with. */
static bool is_response(const uint8_t *data, size_t len)
{
	size_t head = 2;
	if (len < 4 || data[0] != 0x30)
		return false;
	if (data[1] & 0x80)
		head += data[1] & 0x7f;
	return head < len && (data[head] == 0xa1 || data[head] == 0xa2);
}

static int sign_one(struct token *t, struct batch *b, const struct key_pair *pair, size_t index, const uint8_t *data,
        size_t len, struct bytes *out, struct error *e)
{
	struct bytes signature = {0};
	uint8_t hash[32];
	int rc = -1;
	if (index >= b->count || !is_response(data, len)) {
		error_set(e, ERROR_FAULT, MSG_LEAF_FORM, index);
		goto out;
	}
	if (tree_leaf(data, len, hash)) {
		error_memory(e);
		goto out;
	}
	if (memcmp(hash, b->leaf[index], 32)) {
		error_set(e, ERROR_FAULT, MSG_LEAF_OTHER, index);
		goto out;
	}
	if (b->used[index / 8] & 1U << index % 8) {
		error_set(e, ERROR_FAULT, MSG_LEAF_TWICE, index);
		goto out;
	}
	b->used[index / 8] = (uint8_t)(b->used[index / 8] | 1U << index % 8);
	if (key_pair_sign(t, pair, &b->algorithm, data, len, &signature, e))
		goto out;
	bytes_byte(out, (uint8_t)(signature.len >> 8));
	bytes_byte(out, (uint8_t)signature.len);
	bytes_add(out, signature.data, signature.len);
	rc = 0;
out:
	bytes_free(&signature);
	return rc;
}

int verb_sign_batch(struct helper *h, struct token *t, const struct request *r, struct bytes *answer, struct error *e)
{
	struct json_writer w = {.out = answer};
	struct signature_algorithm s;
	struct key_pair pair = {0};
	struct bytes signatures = {0};
	const uint8_t *at = r->data.data;
	size_t left = r->data.len, index;
	const struct json *order;
	int rc = -1;
	if (!t->unlocked) {
		error_set(e, ERROR_FAULT, MSG_LOCKED, t->policy->name);
		goto out;
	}
	if (token_find(t, e) || !(order = open_order(h, r, t, e)) || key_of(t, order, &pair, &s, e))
		goto out;
	if (left < 4) {
		error_set(e, ERROR_FAULT, MSG_LEAVES);
		goto out;
	}
	index = wire_u32_read(at);
	at += 4;
	left -= 4;
	while (left) {
		size_t len = left < 4 ? left : wire_u32_read(at);
		if (left < 4 || len > left - 4) {
			error_set(e, ERROR_FAULT, MSG_LEAVES);
			goto out;
		}
		if (sign_one(t, &h->batch, &pair, index++, at + 4, len, &signatures, e))
			goto out;
		at += 4 + len;
		left -= 4 + len;
	}
	if (bytes_end(&signatures, e))
		goto out;
	json_begin_object(&w);
	json_member_base64(&w, "signatures", signatures.data, signatures.len);
	json_end_object(&w);
	rc = 0;
out:
	key_pair_free(&pair);
	bytes_free(&signatures);
	return rc;
}
