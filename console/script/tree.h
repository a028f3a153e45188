/* One YAML file as a tree of maps, lists and scalars, each with its place. Scalars have no type of their own: the
 * schema gives them one. Private to this layer. */
#ifndef SCRIPT_TREE_H
#define SCRIPT_TREE_H

#include "script/script.h"

enum { TREE_FILE_MAX = 1 << 20, TREE_DEPTH_MAX = 16, TREE_ENTRIES_MAX = 16384 };

enum node_type { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_type type;
	struct place place; /* of the value */
	const struct node *parent;
	char *key; /* in a map: the member's name; else NULL */
	struct place key_place;
	char *entry; /* in a list: the list's name and the number from 1, "steps[3]"; else NULL */
	char *text;  /* a scalar's; ends in NUL and holds none */
	bool empty;  /* a plain scalar of no characters: nothing was written */
	struct node *child, *next;
	size_t count;
};

/* Parses all of `raw`. The first fault of notation ends it: NULL, with the fault added. Owned by the caller. */
struct node *tree_parse(const struct bytes *raw, struct fault_list *faults);
void tree_free(struct node **root);

/* The member `key` of a map, or NULL (also when `map` is NULL or no map). */
const struct node *node_get(const struct node *map, const char *key);
/* What a person knows the node by: its key, or its number in a list. */
const char *node_name(const struct node *node);

/* Bytes that no file of ours may hold, by place: adds the first and returns -1. */
int scan_bytes(const struct bytes *raw, struct fault_list *faults);
/* The same for a decoded scalar, since escapes can hide them: line feeds are let through. */
int scan_scalar(const char *text, size_t len, struct place place, struct fault_list *faults);

/* Puts the faults from `from` on into the order of the file; those of one place stay in the order found. */
void fault_sort(struct fault_list *list, size_t from);

#endif
