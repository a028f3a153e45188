#include "script/schema.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

bool is_map(struct fault_list *faults, const struct node *node)
{
	if (node->type == NODE_MAP)
		return true;
	fault_add(faults, node->place, N_("\"%s\" is no map. Write it as {key: value, …}."), node_name(node));
	return false;
}

bool is_list(struct fault_list *faults, const struct node *node)
{
	if (node->type == NODE_LIST)
		return true;
	fault_add(faults, node->place, N_("\"%s\" is no list. Write it as [a, b, …]."), node_name(node));
	return false;
}

static void unknown_key(struct fault_list *faults, const struct node *n, const struct key_rule *rules)
{
	const char *words[32] = {NULL}, *meant;
	struct bytes known = {0};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) - 1 && rules[i].key; i++) {
		words[i] = rules[i].key;
		bytes_printf(&known, "%s%s", i ? ", " : "", rules[i].key);
	}
	meant = nearest(n->key, words);
	if (meant)
		fault_add(faults, n->key_place, N_("The key \"%s\" is not known here. Did you mean \"%s\"?"), n->key,
		        meant);
	else
		fault_add(faults, n->key_place, N_("The key \"%s\" is not known here. The keys are: %s."), n->key,
		        bytes_string(&known));
	bytes_free(&known);
}

void missing_key(struct fault_list *faults, const struct node *map, const char *key)
{
	if (map->parent)
		fault_add(faults, map->place, N_("\"%s\" has no key \"%s\". Add it."), node_name(map), key);
	else
		fault_add(faults, map->place, N_("The file has no key \"%s\". Add it."), key);
}

bool read_keys(struct fault_list *faults, const struct node *map, const struct key_rule *rules)
{
	if (!is_map(faults, map))
		return false;
	for (const struct node *n = map->child; n; n = n->next) {
		bool known = false;
		for (const struct key_rule *r = rules; r->key && !known; r++)
			known = strcmp(r->key, n->key) == 0;
		if (!known)
			unknown_key(faults, n, rules);
	}
	for (const struct key_rule *r = rules; r->key; r++)
		if (r->required && !node_get(map, r->key))
			missing_key(faults, map, r->key);
	return true;
}

void *read_room(struct fault_list *faults, const struct node *node, size_t size)
{
	void *room = node->count ? calloc(node->count, size) : NULL;
	if (!room && node->count)
		faults->failed = true;
	return room;
}

char *copy_text(struct fault_list *faults, const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		faults->failed = true;
	return copy;
}

/* A scalar that was written at all; `lines`: of several lines. */
static bool is_text(struct fault_list *faults, const struct node *node, bool lines)
{
	size_t len;

	if (node->type != NODE_SCALAR) {
		fault_add(faults, node->place, N_("\"%s\" is a map or list. Write a single value."), node_name(node));
		return false;
	}
	if (node->empty) {
		fault_add(faults, node->place, N_("\"%s\" has no value. Write one."), node_name(node));
		return false;
	}
	if (!lines && strchr(node->text, '\n')) {
		fault_add(faults, node->place, N_("\"%s\" has several lines. Write it in one."), node_name(node));
		return false;
	}
	len = strlen(node->text);
	if (len && (node->text[0] == ' ' || node->text[len - 1] == ' ')) {
		fault_add(faults, node->place, N_("\"%s\" begins or ends with a space. Remove it."), node_name(node));
		return false;
	}
	return true;
}

char *read_any(struct fault_list *faults, const struct node *node)
{
	return is_text(faults, node, false) ? copy_text(faults, node->text) : NULL;
}

char *read_line(struct fault_list *faults, const struct node *node)
{
	if (node->type == NODE_SCALAR && !node->empty && !node->text[0]) {
		fault_add(faults, node->place, N_("\"%s\" is empty. Write a value."), node_name(node));
		return NULL;
	}
	return read_any(faults, node);
}

bool name_is_valid(const char *name, bool dots)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_LEN || name[0] == '-' || name[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || (dots && c == '.')))
			return false;
	}
	return true;
}

static void bad_name(struct fault_list *faults, struct place place, const char *name, bool dots)
{
	if (dots)
		fault_add(faults, place,
		        N_("\"%s\" is no name. Use a-z, 0-9, \"-\" and \".\", a letter or digit first, at most %d."),
		        name, NAME_MAX_LEN);
	else
		fault_add(faults, place,
		        N_("\"%s\" is no name. Use a-z, 0-9 and \"-\", a letter or digit first, at most %d."), name,
		        NAME_MAX_LEN);
}

char *read_name(struct fault_list *faults, const struct node *node, bool dots)
{
	char *name = read_line(faults, node);

	if (name && !name_is_valid(name, dots)) {
		bad_name(faults, node->place, name, dots);
		free(name);
		name = NULL;
	}
	return name;
}

char *read_key_name(struct fault_list *faults, const struct node *node)
{
	/* The name is kept even so: what refers to it is no second fault. */
	if (!name_is_valid(node->key, false))
		bad_name(faults, node->key_place, node->key, false);
	return copy_text(faults, node->key);
}

bool read_time(struct fault_list *faults, const struct node *node, int64_t *out)
{
	char *text = read_line(faults, node);
	bool good = text && time_parse_seconds(text, strlen(text), out) == 0;

	if (text && !good)
		fault_add(faults, node->place, N_("\"%s\" is no time. Write it in UTC as 2026-12-01T00:00:00Z."),
		        node_name(node));
	free(text);
	return good;
}

bool read_number(struct fault_list *faults, const struct node *node, unsigned least, unsigned most, unsigned *out)
{
	unsigned long value = 0;
	size_t len;

	if (!is_text(faults, node, false))
		return false;
	len = strlen(node->text);
	if (len == 0 || len > 9 || strspn(node->text, "0123456789") != len || (len > 1 && node->text[0] == '0')) {
		fault_add(faults, node->place, N_("\"%s\" is no whole number. Write digits from %u to %u."),
		        node_name(node), least, most);
		return false;
	}
	value = strtoul(node->text, NULL, 10);
	if (value < least || value > most) {
		fault_add(faults, node->place, N_("\"%s\" is out of range. Write a number from %u to %u."),
		        node_name(node), least, most);
		return false;
	}
	*out = (unsigned)value;
	return true;
}

int read_choice(struct fault_list *faults, const struct node *node, const char *const *choices)
{
	struct bytes all = {0};
	const char *meant;

	if (!is_text(faults, node, false))
		return -1;
	for (int i = 0; choices[i]; i++) {
		if (strcmp(choices[i], node->text) == 0)
			return i;
	}
	for (int i = 0; choices[i]; i++)
		bytes_printf(&all, "%s%s", i ? ", " : "", choices[i]);
	meant = nearest(node->text, choices);
	if (meant)
		fault_add(faults, node->place, N_("\"%s\" cannot be \"%s\". Did you mean \"%s\"?"), node_name(node),
		        node->text, meant);
	else
		fault_add(faults, node->place, N_("\"%s\" cannot be \"%s\". Write one of: %s."), node_name(node),
		        node->text, bytes_string(&all));
	bytes_free(&all);
	return -1;
}

char *read_bounded(struct fault_list *faults, const struct node *node, size_t most)
{
	char *text = read_line(faults, node);

	if (text && strlen(text) > most) {
		fault_add(
		        faults, node->place, N_("\"%s\" is longer than %zu bytes. Shorten it."), node_name(node), most);
		free(text);
		text = NULL;
	}
	return text;
}

char *read_label(struct fault_list *faults, const struct node *node)
{
	static const char before[] = "REHEARSAL ";
	struct bytes raw = {0}, marked = {0}, visible = {0};
	char *label = read_bounded(faults, node, LABEL_MAX);
	size_t used;

	if (!label)
		return NULL;
	bytes_printf(&raw, "%s%s", before, label);
	for (size_t i = 0; i < raw.len; i += used) {
		uint32_t c = text_next(bytes_string(&raw) + i, raw.len - i, &used);

		if (text_passes_for_ascii(c))
			bytes_printf(&marked, "<U+%04X>", (unsigned)c);
		else
			bytes_add(&marked, bytes_string(&raw) + i, used);
	}
	text_visible(&visible, bytes_string(&marked), marked.len);
	if (raw.failed || marked.failed || visible.failed) {
		faults->failed = true;
	} else if (strcmp(bytes_string(&visible), bytes_string(&raw)) != 0) {
		fault_add(faults, node->place,
		        N_("\"%s\" holds characters that are not what they look like, or are not seen: \"%s\". Write "
		           "it "
		           "without them: a token or key is found by its label."),
		        node_name(node), bytes_string(&visible) + sizeof before - 1);
		free(label);
		label = NULL;
	}
	bytes_free(&raw);
	bytes_free(&marked);
	bytes_free(&visible);
	return label;
}

char *read_path(struct fault_list *faults, const struct node *node)
{
	char *path = read_line(faults, node);

	if (path && path[0] != '/') {
		fault_add(faults, node->place, N_("\"%s\" is no absolute path. Begin it with \"/\"."), node_name(node));
		free(path);
		path = NULL;
	}
	return path;
}

bool read_list(struct fault_list *faults, const struct node *node, struct script_list *out)
{
	size_t count = 0;

	if (!is_list(faults, node))
		return false;
	out->item = read_room(faults, node, sizeof(*out->item));
	out->place = read_room(faults, node, sizeof(*out->place));
	for (const struct node *n = node->child; n && out->item && out->place; n = n->next) {
		char *item = read_line(faults, n);
		bool twice = false;
		if (!item)
			continue;
		for (size_t i = 0; i < count && !twice; i++)
			twice = strcmp(out->item[i], item) == 0;
		if (twice) {
			fault_add(faults, n->place, N_("\"%s\" stands twice in \"%s\". Keep one."), item,
			        node_name(node));
			free(item);
			continue;
		}
		out->item[count] = item;
		out->place[count++] = n->place;
	}
	out->count = count;
	return true;
}

bool language_is_valid(const char *language)
{
	size_t len = strlen(language);
	return (len == 2 || len == 3) && strspn(language, "abcdefghijklmnopqrstuvwxyz") == len;
}

static char *read_spoken(struct fault_list *faults, const struct node *node, bool lines)
{
	char *text;
	size_t len;

	if (!is_text(faults, node, lines) || !(text = copy_text(faults, node->text)))
		return NULL;
	/* A block scalar ends in a line feed that nobody reads aloud. */
	for (len = strlen(text); len && text[len - 1] == '\n'; len--)
		text[len - 1] = '\0';
	if (strspn(text, " \n") == len) {
		fault_add(faults, node->place, N_("\"%s\" is empty. Write a value."), node_name(node));
		free(text);
		text = NULL;
	}
	return text;
}

void read_text(struct fault_list *faults, const struct node *node, const struct script_list *languages, bool lines,
        struct script_text *out)
{
	out->place = node->place;
	if (node->type != NODE_MAP) {
		fault_add(faults, node->place,
		        N_("\"%s\" is not given by language. Write {en: …} with every language."), node_name(node));
		return;
	}
	if (languages->count == 0) /* a fault already */
		return;
	out->in = calloc(languages->count, sizeof(*out->in));
	if (!out->in) {
		faults->failed = true;
		return;
	}
	for (size_t i = 0; i < languages->count; i++) {
		const struct node *n = node_get(node, languages->item[i]);
		if (n)
			out->in[i] = read_spoken(faults, n, lines);
		else
			fault_add(faults, node->place, N_("\"%s\" has no text in \"%s\". Add it."), node_name(node),
			        languages->item[i]);
	}
	for (const struct node *n = node->child; n; n = n->next) {
		bool declared = false;
		for (size_t i = 0; i < languages->count && !declared; i++)
			declared = strcmp(languages->item[i], n->key) == 0;
		if (!declared)
			fault_add(faults, n->key_place,
			        N_("The language \"%s\" is not among the script's languages. Declare it, or remove the "
			           "text."),
			        n->key);
	}
}

void list_free(struct script_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->item[i]);
	free(list->item);
	free(list->place);
	memset(list, 0, sizeof(*list));
}

struct script_extension *read_extensions(
        struct fault_list *faults, const struct node *node, const char *const *spelled, size_t *count)
{
	struct script_extension *list = is_map(faults, node) ? read_room(faults, node, sizeof(*list)) : NULL;

	for (const struct node *n = node->child; n && list; n = n->next) {
		struct script_extension *x = &list[(*count)++];
		const char *meant = nearest(n->key, spelled);
		x->place = n->key_place;
		x->name = copy_text(faults, n->key);
		x->value = read_bounded(faults, n, EXTENSION_MAX);
		/* An extension under an OID is pki's to judge; a name that is nearly one of these is a slip. */
		if (meant && strcmp(meant, n->key) != 0)
			fault_add(faults, n->key_place, N_("There is no extension \"%s\". Did you mean \"%s\"?"),
			        n->key, meant);
	}
	return list;
}
