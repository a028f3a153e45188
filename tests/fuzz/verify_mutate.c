/* Holds changed entries against the fold of a whole record: `verify_mutate RECORD [ROUNDS] [SEED]`. Each line of the
 * record is changed in ROUNDS ways that the format allows (a key dropped, null, another type, a huge number, a long
 * text, an element twice), and checked where it stands; one that the fold takes is applied, and the entries behind it
 * are held against what came of it. Nothing may crash (run it under AddressSanitizer). Deterministic: the same seed,
 * the same changes. Prints the changed entries that were taken, by event and place, so that a reader can ask of each
 * whether it should be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/secret.h"
#include "engine/load.h"
#include "steps/ceremony.h"

enum { LINES_MAX = 4096, NAMES_MAX = 512 };

struct line {
	const char *text;
	size_t len;
};

static const char *directory;
static struct line lines[LINES_MAX];
static size_t line_count;
static uint64_t state;

static uint64_t draw(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static struct ceremony *fresh(void)
{
	struct bytes path = {0};
	struct error e;
	bytes_printf(&path, "%s/script.yaml", directory);
	struct script *script = script_load(bytes_string(&path), &e);
	bytes_clear(&path);
	bytes_printf(&path, "%s/site.yaml", directory);
	struct site *site = script ? site_load(bytes_string(&path), script, &e) : NULL;
	bytes_free(&path);
	return site ? ceremony_new(script, site, &e) : NULL;
}

/* One entry into the fold, checked first. */
static int take(struct ceremony *c, struct tree *tree, const char *text, size_t len)
{
	struct json_doc *doc = json_doc_new();
	struct entry entry;
	struct error e;
	int rc = -1;
	if (doc && entry_parse(doc, text, len, &entry, &e) == 0 && tree_add(tree, text, len) == 0 &&
	        ceremony_check(c, &entry, &e) == 0 && ceremony_apply(c, &entry, tree, &e) == 0)
		rc = 0;
	json_doc_free(&doc);
	return rc;
}

static unsigned nodes(const struct json *v)
{
	unsigned n = 1;
	for (const struct json *m = v->child; m; m = m->next)
		n += nodes(m);
	return n;
}

/* A value in the place of another. */
static void put_other(struct json_writer *w, unsigned how)
{
	static const char *const texts[] = {"", "x", "0", "00", "ff", "=", "artifacts/x", "custodian-1"};
	switch (how) {
	case 0:
		json_put_null(w);
		break;
	case 1:
		json_put_int(w, 9007199254740991);
		break;
	case 2:
		json_put_int(w, draw(2) ? 0 : -9007199254740991);
		break;
	case 3:
		json_put_bool(w, draw(2));
		break;
	case 4:
		json_put_text(w, texts[draw(sizeof(texts) / sizeof(texts[0]))]);
		break;
	case 5: {
		char text[1 << 14];
		size_t n = 1 + draw(sizeof(text) - 1);
		memset(text, 'a', n - 1);
		text[n - 1] = 0;
		json_put_text(w, text);
		break;
	}
	case 6:
		json_begin_array(w);
		json_end_array(w);
		break;
	default:
		json_begin_object(w);
		json_end_object(w);
	}
}

/* Writes `v` with the node number `*at` changed; *where says which it was. */
static void put_changed(struct json_writer *w, const struct json *v, unsigned *at, unsigned how, char where[256])
{
	bool here = (*at)-- == 0;
	if (here) {
		snprintf(where, 256, "%s", v->key ? v->key : "[]");
		put_other(w, how);
		return;
	}
	if (v->type != JSON_ARRAY && v->type != JSON_OBJECT) {
		json_put(w, v);
		return;
	}
	v->type == JSON_ARRAY ? json_begin_array(w) : json_begin_object(w);
	for (const struct json *m = v->child; m; m = m->next) {
		if (*at == 0 && how == 8) { /* dropped */
			snprintf(where, 256, "-%s", m->key ? m->key : "[]");
			*at = UINT32_MAX;
			continue;
		}
		if (*at == 0 && how == 9 && v->type == JSON_ARRAY) { /* twice */
			snprintf(where, 256, "twice []");
			json_put(w, m);
		}
		if (v->type == JSON_OBJECT)
			json_key(w, m->key);
		put_changed(w, m, at, how, where);
	}
	v->type == JSON_ARRAY ? json_end_array(w) : json_end_object(w);
}

static int change(const struct line *from, struct bytes *out, char where[256])
{
	struct json_doc *doc = json_doc_new();
	struct error e;
	struct json_writer w = {out, false};
	int rc = -1;
	bytes_clear(out);
	const struct json *root = doc ? json_parse(doc, from->text, from->len, &e) : NULL;
	if (root) {
		const struct json *data = json_get(root, "data");
		unsigned at = 1 + (unsigned)draw(nodes(data)), how = (unsigned)draw(10);
		at = at < nodes(data) ? at : 1;
		json_begin_object(&w);
		for (const struct json *m = root->child; m; m = m->next) {
			json_key(&w, m->key);
			if (m == data)
				put_changed(&w, m, &at, how, where);
			else
				json_put(&w, m);
		}
		json_end_object(&w);
		rc = bytes_end(out, NULL);
	}
	json_doc_free(&doc);
	return rc;
}

/* A ceremony that has taken the first `count` lines. */
static struct ceremony *prefix(size_t count, struct tree *tree)
{
	struct ceremony *c = fresh();
	memset(tree, 0, sizeof(*tree));
	for (size_t i = 0; c && i < count; i++)
		if (take(c, tree, lines[i].text, lines[i].len) < 0)
			ceremony_free(&c);
	return c;
}

static char taken[NAMES_MAX][400];
static size_t taken_count;

static void say_taken(const struct entry *entry, const char *where)
{
	char name[400];
	snprintf(name, sizeof(name), "%s %.120s %.200s", event_name(entry->event), entry->step ? entry->step : "-",
	        where);
	for (size_t i = 0; i < taken_count; i++)
		if (!strcmp(taken[i], name))
			return;
	if (taken_count < NAMES_MAX)
		memcpy(taken[taken_count++], name, sizeof(name));
	printf("taken: %s\n", name);
}

/* What comes of an entry that the fold takes: the entries behind it are held against it, as far as it goes. */
static void follow(size_t at, const struct bytes *changed)
{
	struct tree tree;
	struct ceremony *c = prefix(at, &tree);
	struct want w;
	struct error e;
	if (c && take(c, &tree, bytes_string(changed), changed->len) == 0) {
		for (size_t i = at + 1; i < line_count && take(c, &tree, lines[i].text, lines[i].len) == 0; i++)
			;
		/* The fold stands where it was refused: it still knows what it wants, or says why not. */
		ceremony_next(c, &w, &e);
		want_free(&w);
	}
	ceremony_free(&c);
}

static unsigned long long tried, refused;

static void line_mutate(const struct ceremony *c, size_t at, unsigned long rounds)
{
	struct bytes changed = {0};
	struct json_doc *doc = json_doc_new();
	for (unsigned long k = 0; doc && k < rounds; k++) {
		char where[256] = "";
		struct entry entry;
		struct error e;
		if (change(&lines[at], &changed, where) < 0 ||
		        (changed.len == lines[at].len && !memcmp(changed.data, lines[at].text, changed.len)))
			continue;
		tried++;
		if (entry_parse(doc, bytes_string(&changed), changed.len, &entry, &e) < 0 ||
		        ceremony_check(c, &entry, &e) < 0) {
			refused++;
			continue;
		}
		say_taken(&entry, where);
		follow(at, &changed);
	}
	json_doc_free(&doc);
	bytes_free(&changed);
}

int main(int argc, char **argv)
{
	struct bytes path = {0}, transcript = {0};
	struct error e;
	struct tree tree = {0};
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 200;
	struct ceremony *c;

	state = argc > 3 ? strtoull(argv[3], NULL, 10) | 1 : 88172645463325252U;
	if (argc < 2 || secret_init(&e) < 0)
		return 2;
	directory = argv[1];
	bytes_printf(&path, "%s/transcript.jsonl", directory);
	if (file_read(bytes_string(&path), 1 << 28, &transcript, &e) < 0)
		return 2;
	for (const char *at = bytes_string(&transcript), *lf; (lf = strchr(at, '\n')) && line_count < LINES_MAX;
	        at = lf + 1)
		lines[line_count++] = (struct line){at, (size_t)(lf - at)};
	c = fresh();
	if (!c)
		return 2;
	size_t at = 0;
	for (; at < line_count; at++) {
		line_mutate(c, at, rounds);
		if (take(c, &tree, lines[at].text, lines[at].len) < 0)
			break;
	}
	printf("%zu lines, %llu changed entries, %llu refused\n", line_count, tried, refused);
	ceremony_free(&c);
	bytes_free(&path);
	bytes_free(&transcript);
	if (at < line_count)
		fprintf(stderr, "verify_mutate: the fold refuses the record's own entry %zu\n", at);
	return at == line_count && tried ? 0 : 1;
}
