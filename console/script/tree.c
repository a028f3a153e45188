/* libyaml's events into nodes. Whatever of YAML could make two readers see two files is refused: anchors, aliases,
 * tags, merge keys, directives, duplicate keys, further documents. */
#include "script/tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct tree {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one; deleted by tree_next() */
	bool held;
	const struct bytes *raw;
	struct fault_list *faults;
	struct place at; /* the place looked at last, and its byte: the walk goes on from there */
	size_t at_byte;
	char *key; /* a key read whose value's node is still to be made */
	struct place key_place;
};

static struct place place_of(yaml_mark_t mark)
{
	return (struct place){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/* The byte at a mark. libyaml counts characters, so the text is walked, once in all: marks hardly ever run back. */
static int byte_at(struct tree *t, struct place place)
{
	const uint8_t *data = t->raw->data;
	size_t at = t->at_byte;

	if (place.line < t->at.line || (place.line == t->at.line && place.column < t->at.column) || t->at.line == 0) {
		t->at = (struct place){1, 1};
		at = 0;
	}
	while (at < t->raw->len && (t->at.line < place.line || t->at.column < place.column)) {
		if (data[at] == '\n') {
			if (t->at.line == place.line)
				break;
			t->at.line++;
			t->at.column = 1;
			at++;
			continue;
		}
		t->at.column++;
		for (at++; at < t->raw->len && (data[at] & 0xc0) == 0x80; at++)
			;
	}
	t->at_byte = at;
	return at < t->raw->len ? data[at] : -1;
}

/* Makes the next event the current one. */
static int tree_next(struct tree *t)
{
	struct place place;

	if (t->held)
		yaml_event_delete(&t->event);
	t->held = false;
	if (yaml_parser_parse(&t->parser, &t->event)) {
		t->held = true;
		return 0;
	}
	if (t->parser.error == YAML_MEMORY_ERROR) {
		t->faults->failed = true;
		return -1;
	}
	place = place_of(t->parser.problem_mark);
	fault_add(t->faults, place, N_("The YAML notation is broken here (%s). Mend the line or the one before."),
	        t->parser.problem ? t->parser.problem : "unknown");
	return -1;
}

static int refuse_decoration(struct tree *t)
{
	const yaml_event_t *e = &t->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;
	struct place place = place_of(e->start_mark);

	switch (e->type) {
	case YAML_ALIAS_EVENT:
		fault_add(t->faults, place, N_("The alias \"*%s\" stands here. Write the value out."),
		        (const char *)e->data.alias.anchor);
		return -1;
	case YAML_SCALAR_EVENT:
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor) {
		fault_add(t->faults, place, N_("The anchor \"&%s\" stands here. Remove it."), (const char *)anchor);
		return -1;
	}
	/* libyaml drops a lone "!" without a word, so the byte itself is looked at. */
	if (tag || byte_at(t, place) == '!') {
		fault_add(t->faults, place, N_("A tag (\"!…\") stands here. Remove it."));
		return -1;
	}
	return 0;
}

static struct node *node_new(struct tree *t, enum node_type type, const struct node *parent)
{
	struct node *n = calloc(1, sizeof(*n));
	if (!n) {
		t->faults->failed = true;
		return NULL;
	}
	n->type = type;
	n->place = place_of(t->event.start_mark);
	n->parent = parent;
	n->key = t->key;
	n->key_place = t->key_place;
	t->key = NULL;
	if (parent && !n->key && asprintf(&n->entry, "%s[%zu]", node_name(parent), parent->count + 1) < 0) {
		n->entry = NULL;
		t->faults->failed = true;
	}
	return n;
}

static char *take_scalar(struct tree *t, bool *empty)
{
	const yaml_event_t *e = &t->event;
	const char *text = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length;
	char *copy;

	if (scan_scalar(text, len, place_of(e->start_mark), t->faults) != 0)
		return NULL;
	*empty = len == 0 && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	copy = strndup(text, len);
	if (!copy)
		t->faults->failed = true;
	return copy;
}

/* The current event is a key of `map`: takes it. */
static char *take_key(struct tree *t, const struct node *map, struct place *place)
{
	const yaml_event_t *e = &t->event;
	bool empty;
	char *key;

	*place = place_of(e->start_mark);
	if (refuse_decoration(t) != 0)
		return NULL;
	if (e->type != YAML_SCALAR_EVENT) {
		fault_add(t->faults, *place, N_("A map or list stands where a key belongs. Write a plain key."));
		return NULL;
	}
	key = take_scalar(t, &empty);
	if (!key)
		return NULL;
	if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && strcmp(key, "<<") == 0) {
		fault_add(t->faults, *place, N_("A merge key (\"<<\") stands here. Write the entries out."));
		goto fault;
	}
	for (const struct node *n = map->child; n; n = n->next) {
		if (strcmp(n->key, key) != 0)
			continue;
		fault_add(t->faults, *place, N_("The key \"%s\" is already on line %u. Keep one of them."), key,
		        n->key_place.line);
		goto fault;
	}
	return key;
fault:
	free(key);
	return NULL;
}

static struct node *take_value(struct tree *t, const struct node *parent, unsigned depth);

/* The entries of a map or list, up to and with its end event. */
static int take_entries(struct tree *t, struct node *of, unsigned depth)
{
	struct node **end = &of->child;
	bool map = of->type == NODE_MAP;

	for (;;) {
		struct node *n;
		if (tree_next(t) != 0)
			return -1;
		if (t->event.type == YAML_MAPPING_END_EVENT || t->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (of->count == TREE_ENTRIES_MAX) {
			fault_add(t->faults, place_of(t->event.start_mark),
			        N_("\"%s\" has more than %d entries. Leave some out."), node_name(of),
			        TREE_ENTRIES_MAX);
			return -1;
		}
		if (map && (!(t->key = take_key(t, of, &t->key_place)) || tree_next(t) != 0))
			return -1;
		n = take_value(t, of, depth);
		if (!n)
			return -1;
		*end = n;
		end = &n->next;
		of->count++;
	}
}

/* The current event begins a value: takes all of it. */
static struct node *take_value(struct tree *t, const struct node *parent, unsigned depth)
{
	struct node *n = NULL;

	if (refuse_decoration(t) != 0)
		return NULL;
	if (t->event.type == YAML_SCALAR_EVENT) {
		n = node_new(t, NODE_SCALAR, parent);
		if (n && !(n->text = take_scalar(t, &n->empty)))
			tree_free(&n);
		return n;
	}
	if (depth == TREE_DEPTH_MAX) {
		fault_add(t->faults, place_of(t->event.start_mark),
		        N_("Maps and lists are nested more than %d deep. Make it flatter."), TREE_DEPTH_MAX);
		return NULL;
	}
	n = node_new(t, t->event.type == YAML_MAPPING_START_EVENT ? NODE_MAP : NODE_LIST, parent);
	if (n && take_entries(t, n, depth + 1) != 0)
		tree_free(&n);
	return n;
}

static struct node *take_document(struct tree *t)
{
	struct place top = {1, 1};
	struct node *root = NULL;

	if (tree_next(t) != 0) /* stream start */
		return NULL;
	if (tree_next(t) != 0) /* document start */
		return NULL;
	if (t->event.type != YAML_DOCUMENT_START_EVENT) {
		fault_add(t->faults, top, N_("The file holds nothing. Write the file's keys."));
		return NULL;
	}
	if (t->event.data.document_start.version_directive ||
	        t->event.data.document_start.tag_directives.start != t->event.data.document_start.tag_directives.end) {
		fault_add(t->faults, place_of(t->event.start_mark), N_("A YAML directive stands here. Remove it."));
		return NULL;
	}
	if (tree_next(t) != 0 || !(root = take_value(t, NULL, 0)))
		return NULL;
	if (tree_next(t) != 0) /* document end */
		goto fault;
	if (tree_next(t) != 0) /* stream end */
		goto fault;
	if (t->event.type != YAML_STREAM_END_EVENT) {
		fault_add(t->faults, place_of(t->event.start_mark),
		        N_("A second document begins here. A file holds one, remove the rest."));
		goto fault;
	}
	if (root->type != NODE_MAP) {
		fault_add(t->faults, root->place, N_("The file is no map of keys. Write it as \"key: value\" lines."));
		goto fault;
	}
	return root;
fault:
	tree_free(&root);
	return NULL;
}

struct node *tree_parse(const struct bytes *raw, struct fault_list *faults)
{
	struct tree t = {.raw = raw, .faults = faults};
	struct node *root;

	if (scan_bytes(raw, faults) != 0)
		return NULL;
	if (!yaml_parser_initialize(&t.parser)) {
		faults->failed = true;
		return NULL;
	}
	yaml_parser_set_encoding(&t.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&t.parser, (const unsigned char *)bytes_string(raw), raw->len);
	root = take_document(&t);
	if (t.held)
		yaml_event_delete(&t.event);
	yaml_parser_delete(&t.parser);
	free(t.key);
	return root;
}

void tree_free(struct node **root)
{
	struct node *n = *root;

	*root = NULL;
	while (n) {
		struct node *next = n->next;
		tree_free(&n->child); /* at most TREE_DEPTH_MAX deep */
		free(n->key);
		free(n->entry);
		free(n->text);
		free(n);
		n = next;
	}
}

const struct node *node_get(const struct node *map, const char *key)
{
	if (!map || map->type != NODE_MAP)
		return NULL;
	for (const struct node *n = map->child; n; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

const char *node_name(const struct node *node)
{
	if (node->key)
		return node->key;
	return node->entry ? node->entry : "file";
}
