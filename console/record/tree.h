/* The Merkle tree of a transcript (RFC 6962 section 2.1): leaves appended one by one, root at any size. */
#ifndef RECORD_TREE_H
#define RECORD_TREE_H

#include <stddef.h>
#include <stdint.h>

struct tree {
	uint64_t size;
	uint8_t node[64][32]; /* the complete subtrees, left to right */
	unsigned nodes;
};

/* All zero is the empty tree. Adds the leaf SHA-256(00 || data). 0 or -1 (out of memory in the hash). */
int tree_add(struct tree *t, const void *data, size_t len);
/* The same in two halves, for who keeps the leaves. */
int tree_leaf(const void *data, size_t len, uint8_t leaf[32]);
int tree_add_leaf(struct tree *t, const uint8_t leaf[32]);
/* The root now; of the empty tree SHA-256 of nothing. */
int tree_root(const struct tree *t, uint8_t root[32]);

#endif
