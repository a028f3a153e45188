#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

enum { DEPTH_MAX = 16, BLOCK_NODES = 256 };
static const int64_t int_max = 9007199254740991; /* 2^53 - 1 */

struct block {
	struct block *next;
	struct json node[BLOCK_NODES];
};

/* Nodes come from a list of blocks, strings from one run: a decoded string with its NUL is never longer than it was
 * with its quotes, so the run needs no more room than the text parsed, and never moves. */
struct json_doc {
	struct block *first, *block;
	size_t used; /* nodes of `block` */
	char *text;
	size_t text_cap, text_used;
	const char *start, *at, *end;
	struct error *e;
};

struct json_doc *json_doc_new(void)
{
	struct json_doc *doc = calloc(1, sizeof *doc);

	if (doc != NULL)
		doc->first = malloc(sizeof *doc->first);
	if (doc == NULL || doc->first == NULL) {
		memory_refused();
		free(doc);
		return NULL;
	}
	doc->first->next = NULL;
	return doc;
}

void json_doc_free(struct json_doc **doc)
{
	struct block *block, *next;

	if (*doc == NULL)
		return;
	for (block = (*doc)->first; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	free((*doc)->text);
	free(*doc);
	*doc = NULL;
}

/* Refuses the text at the present place. `id` may have a place for one text. */
static void *refuse(struct json_doc *doc, const char *id, const char *text) __attribute__((format(printf, 2, 0)));

static void *refuse(struct json_doc *doc, const char *id, const char *text)
{
	error_set(doc->e, ERROR_FAULT, id, text);
	if (doc->e != NULL)
		doc->e->column = (unsigned)(doc->at - doc->start) + 1;
	return NULL;
}

static struct json *node_new(struct json_doc *doc)
{
	struct json *node;

	if (doc->used == BLOCK_NODES) {
		struct block *next = doc->block->next;

		if (next == NULL) {
			next = malloc(sizeof *next);
			if (next == NULL) {
				error_memory(doc->e);
				return NULL;
			}
			next->next = NULL;
			doc->block->next = next;
		}
		doc->block = next;
		doc->used = 0;
	}
	node = &doc->block->node[doc->used++];
	*node = (struct json){0};
	return node;
}

static int text_check(struct json_doc *doc, const char *text, size_t len)
{
	size_t used;

	if (!text_is_utf8(text, len)) {
		refuse(doc, N_("A text of the JSON is not valid UTF-8."), NULL);
		return -1;
	}
	for (size_t i = 0; i < len; i += used) {
		uint32_t c = text_next(text + i, len - i, &used);

		if (text_is_hidden(c)) {
			char hex[9];

			snprintf(hex, sizeof hex, "%04X", (unsigned)c);
			refuse(doc, N_("A text of the JSON has the hidden character U+%s."), hex);
			return -1;
		}
	}
	if (!text_is_nfc(text, len)) {
		refuse(doc, N_("A text of the JSON is not in Unicode normalization form C."), NULL);
		return -1;
	}
	return 0;
}

/* A string, from its opening quote on. Decoded, NUL-terminated, owned by the document. */
static const char *string_parse(struct json_doc *doc, size_t *len)
{
	char *text = doc->text + doc->text_used, *to = text;
	bool ascii = true;

	for (doc->at++; doc->at < doc->end; doc->at++) {
		unsigned char c = (unsigned char)*doc->at;

		if (c == '"') {
			*to = '\0';
			*len = (size_t)(to - text);
			if (!ascii && text_check(doc, text, *len) != 0)
				return NULL;
			doc->text_used += *len + 1;
			doc->at++;
			return text;
		}
		if (c < 0x20 || c == 0x7f)
			return refuse(doc, N_("A text of the JSON has a control character in it."), NULL);
		if (c == '\\') {
			doc->at++;
			if (doc->at == doc->end || (*doc->at != '"' && *doc->at != '\\'))
				return refuse(
				        doc, N_("A text of the JSON has an escape other than \\\" and \\\\."), NULL);
			c = (unsigned char)*doc->at;
		}
		ascii = ascii && c < 0x80;
		*to++ = (char)c;
	}
	return refuse(doc, N_("The JSON ends within a text."), NULL);
}

static struct json *int_parse(struct json_doc *doc, struct json *node)
{
	bool negative = *doc->at == '-';
	const char *first = doc->at + (negative ? 1 : 0);
	const char *at = first;
	int64_t value = 0;

	while (at < doc->end && *at >= '0' && *at <= '9') {
		value = value * 10 + (*at - '0');
		if (value > int_max)
			return refuse(doc, N_("A number of the JSON is beyond 2^53-1."), NULL);
		at++;
	}
	if (at == first)
		return refuse(doc, N_("A value of the JSON was expected here."), NULL);
	if ((*first == '0' && at - first > 1) || (negative && value == 0))
		return refuse(doc, N_("A number of the JSON begins with a needless zero or sign."), NULL);
	if (at < doc->end && (*at == '.' || *at == 'e' || *at == 'E'))
		return refuse(doc, N_("A number of the JSON is not a plain integer."), NULL);
	doc->at = at;
	node->type = JSON_INT;
	node->number = negative ? -value : value;
	return node;
}

static int key_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The key that `object` has twice, or NULL. Few keys are compared each with each; many are sorted, so that a hostile
 * line costs no more than n log n. */
static int key_repeated(const struct json *object, const char **key, struct error *e)
{
	const char **keys = NULL;
	size_t count = 0;

	*key = NULL;
	if (object->count <= 24) {
		for (const struct json *a = object->child; a != NULL; a = a->next)
			for (const struct json *b = a->next; b != NULL; b = b->next)
				if (a->key[0] == b->key[0] && strcmp(a->key, b->key) == 0)
					*key = a->key;
		return 0;
	}
	keys = calloc(object->count, sizeof *keys);
	if (keys == NULL)
		return error_memory(e);
	for (const struct json *a = object->child; a != NULL; a = a->next)
		keys[count++] = a->key;
	qsort(keys, count, sizeof *keys, key_compare);
	for (size_t i = 1; i < count; i++)
		if (strcmp(keys[i - 1], keys[i]) == 0)
			*key = keys[i];
	free(keys);
	return 0;
}

static struct json *value_parse(struct json_doc *doc, unsigned depth);

/* Is `c` next? Then it is taken. */
static bool take(struct json_doc *doc, char c)
{
	if (doc->at == doc->end || *doc->at != c)
		return false;
	doc->at++;
	return true;
}

/* An array or object, from its opening bracket on. */
static struct json *container_parse(struct json_doc *doc, struct json *node, unsigned depth)
{
	bool object = *doc->at++ == '{';
	const struct json **link = &node->child;
	const char *repeated;
	char close = object ? '}' : ']';

	node->type = object ? JSON_OBJECT : JSON_ARRAY;
	if (depth == DEPTH_MAX)
		return refuse(doc, N_("The JSON is nested deeper than 16."), NULL);
	if (take(doc, close))
		return node;
	do {
		const char *key = NULL;
		struct json *value;
		size_t len;

		if (object) {
			if (doc->at == doc->end || *doc->at != '"')
				return refuse(doc, N_("A key of the JSON was expected here."), NULL);
			if ((key = string_parse(doc, &len)) == NULL)
				return NULL;
			if (!take(doc, ':'))
				return refuse(doc, N_("A colon of the JSON was expected here."), NULL);
		}
		value = value_parse(doc, depth + 1);
		if (value == NULL)
			return NULL;
		value->key = key;
		*link = value;
		link = &value->next;
		node->count++;
	} while (take(doc, ','));
	if (!take(doc, close))
		return refuse(doc, N_("A comma or closing bracket of the JSON was expected here."), NULL);
	if (object && key_repeated(node, &repeated, doc->e) != 0)
		return NULL;
	if (object && repeated != NULL)
		return refuse(doc, N_("The key \"%s\" stands twice in one object of the JSON."), repeated);
	return node;
}

static bool take_word(struct json_doc *doc, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(doc->end - doc->at) < len || memcmp(doc->at, word, len) != 0)
		return false;
	doc->at += len;
	return true;
}

static struct json *value_parse(struct json_doc *doc, unsigned depth)
{
	struct json *node = node_new(doc);

	if (node == NULL)
		return NULL;
	if (doc->at == doc->end)
		return refuse(doc, N_("The JSON ends too early."), NULL);
	switch (*doc->at) {
	case '"':
		node->type = JSON_STRING;
		node->text = string_parse(doc, &node->len);
		return node->text != NULL ? node : NULL;
	case '{':
	case '[':
		return container_parse(doc, node, depth);
	case 'n':
		node->type = JSON_NULL;
		if (take_word(doc, "null"))
			return node;
		break;
	case 't':
		node->type = JSON_BOOL;
		node->number = 1;
		if (take_word(doc, "true"))
			return node;
		break;
	case 'f':
		node->type = JSON_BOOL;
		if (take_word(doc, "false"))
			return node;
		break;
	default:
		return int_parse(doc, node);
	}
	return refuse(doc, N_("A value of the JSON was expected here."), NULL);
}

const struct json *json_parse(struct json_doc *doc, const char *text, size_t len, struct error *e)
{
	const struct json *root;

	doc->e = e;
	doc->block = doc->first;
	doc->used = 0;
	doc->text_used = 0;
	doc->start = doc->at = text;
	doc->end = text + len;
	if (doc->text_cap < len + 1) {
		size_t cap = len + 1 > 4096 ? len + 1 : 4096;
		char *room = realloc(doc->text, cap);

		if (room == NULL) {
			error_memory(e);
			return NULL;
		}
		doc->text = room;
		doc->text_cap = cap;
	}
	root = value_parse(doc, 0);
	if (root != NULL && doc->at != doc->end)
		root = refuse(doc, N_("Something follows the end of the JSON."), NULL);
	return root;
}

const struct json *json_get(const struct json *object, const char *key)
{
	if (object == NULL || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *member = object->child; member != NULL; member = member->next)
		if (strcmp(member->key, key) == 0)
			return member;
	return NULL;
}

const char *json_text(const struct json *object, const char *key)
{
	const struct json *member = json_get(object, key);

	return member != NULL && member->type == JSON_STRING ? member->text : NULL;
}

int64_t json_number(const struct json *object, const char *key, int64_t otherwise)
{
	const struct json *member = json_get(object, key);

	return member != NULL && member->type == JSON_INT ? member->number : otherwise;
}

bool json_true(const struct json *object, const char *key)
{
	const struct json *member = json_get(object, key);

	return member != NULL && member->type == JSON_BOOL && member->number == 1;
}
