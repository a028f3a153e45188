#include "record/tree.h"

#include <string.h>

#include "base/bytes.h"

static int node_hash(const uint8_t left[32], const uint8_t right[32], uint8_t out[32])
{
	uint8_t node[65];

	node[0] = 0x01; /* RFC 6962 section 2.1: leaf and node differ, so that neither passes for the other */
	memcpy(node + 1, left, 32);
	memcpy(node + 33, right, 32);
	return sha256(node, sizeof node, out);
}

int tree_leaf(const void *data, size_t len, uint8_t leaf[32])
{
	const uint8_t prefix = 0x00;
	const struct sha256_part parts[] = {{&prefix, 1}, {data, len}};

	return sha256_parts(parts, 2, leaf);
}

int tree_add(struct tree *t, const void *data, size_t len)
{
	uint8_t leaf[32];

	return tree_leaf(data, len, leaf) != 0 ? -1 : tree_add_leaf(t, leaf);
}

int tree_add_leaf(struct tree *t, const uint8_t leaf[32])
{
	unsigned nodes = t->nodes;
	uint8_t hash[32];

	memcpy(hash, leaf, 32);
	/* Two complete subtrees of one height become one: as many as the size has low bits set. */
	for (uint64_t size = t->size; (size & 1) != 0; size >>= 1)
		if (node_hash(t->node[--nodes], hash, hash) != 0)
			return -1;
	memcpy(t->node[nodes], hash, 32);
	t->nodes = nodes + 1;
	t->size++;
	return 0;
}

int tree_root(const struct tree *t, uint8_t root[32])
{
	if (t->nodes == 0)
		return sha256("", 0, root);
	memcpy(root, t->node[t->nodes - 1], 32);
	for (unsigned i = t->nodes - 1; i > 0; i--)
		if (node_hash(t->node[i - 1], root, root) != 0)
			return -1;
	return 0;
}
