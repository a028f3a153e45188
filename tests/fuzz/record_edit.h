/* A whole record, changed and signed again: what a fuzz target makes of an input. The record is the one of make_base,
 * in the folder that FUZZ_BASE names. An input is a byte of flags, then edits: a line, what is done to it, which value
 * in it, a length, and so many bytes. Every signature that stands as "@" is made where it stands, by the key of whom it
 * is of, so that the fold is reached however the lines before were changed. */
#ifndef TEST_FUZZ_RECORD_EDIT_H
#define TEST_FUZZ_RECORD_EDIT_H

#include <stdio.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "record/entry.h"
#include "record/note.h"
#include "record/tree.h"

enum { EDIT_LINES = 400, EDITS = 8, EDIT_AS_NUMBERED = 1 };

struct edit_record {
	struct bytes line[EDIT_LINES];
	size_t count;
	uint8_t root[EDIT_LINES + 1][32]; /* of so many lines */
	char origin[NOTE_NAME_MAX + 1];
};

struct edit {
	uint8_t line, how, node;
	const uint8_t *data;
	size_t len;
};

static inline const char *edit_base(void)
{
	const char *folder = getenv("FUZZ_BASE");

	if (!folder) {
		fprintf(stderr, "FUZZ_BASE names no folder: tests/fuzz/make_base makes one\n");
		exit(2);
	}
	return folder;
}

static inline void edit_read(const char *name, struct bytes *out)
{
	struct bytes path = {0}, text = {0};
	struct error e = {0};

	bytes_printf(&path, "%s/%s", edit_base(), name);
	if (file_read(bytes_string(&path), 1 << 20, out, &e)) {
		error_text(&e, &text);
		fprintf(stderr, "%s\n", bytes_string(&text));
		exit(2);
	}
	bytes_free(&path);
}

static inline void edit_split(struct edit_record *r, const struct bytes *text)
{
	const char *at = bytes_string(text), *lf;

	for (; (lf = strchr(at, '\n')) && r->count < EDIT_LINES; at = lf + 1)
		bytes_add(&r->line[r->count++], at, (size_t)(lf - at));
}

static inline void edit_free(struct edit_record *r)
{
	for (size_t i = 0; i < EDIT_LINES; i++)
		bytes_free(&r->line[i]);
}

static inline unsigned edit_nodes(const struct json *v)
{
	unsigned n = 1;

	for (const struct json *m = v->child; m; m = m->next)
		n += edit_nodes(m);
	return n;
}

/* Bytes as a text that a line may hold. */
static inline void edit_put_text(struct json_writer *w, const struct edit *d)
{
	struct bytes text = {0};

	text_visible(&text, (const char *)d->data, d->len);
	json_put_text(w, bytes_string(&text));
	bytes_free(&text);
}

static inline void edit_put(struct json_writer *w, const struct edit *d)
{
	int64_t number = 0;

	for (size_t i = 0; i < d->len && i < 7; i++)
		number = number << 8 | d->data[i];
	switch (d->how % 16) {
	case 5:
		json_put_null(w);
		break;
	case 6:
		json_put_int(w, d->len > 7 ? -(number & 0x1fffffffffffff) : number & 0x1fffffffffffff);
		break;
	case 7:
		json_put_bool(w, d->len & 1);
		break;
	case 8:
		json_begin_array(w);
		json_end_array(w);
		break;
	case 9:
		json_begin_object(w);
		json_end_object(w);
		break;
	default:
		edit_put_text(w, d);
	}
}

/* Writes `v` with the value number *at of it changed. */
static inline void edit_value(struct json_writer *w, const struct json *v, const struct edit *d, unsigned *at)
{
	if ((*at)-- == 0) {
		edit_put(w, d);
		return;
	}
	if (v->type != JSON_ARRAY && v->type != JSON_OBJECT) {
		json_put(w, v);
		return;
	}
	v->type == JSON_ARRAY ? json_begin_array(w) : json_begin_object(w);
	for (const struct json *m = v->child; m; m = m->next) {
		if (*at == 0 && d->how % 16 == 10) { /* left out */
			*at = UINT32_MAX;
			continue;
		}
		if (*at == 0 && d->how % 16 == 11 && v->type == JSON_ARRAY)
			json_put(w, m);
		if (v->type == JSON_OBJECT)
			json_key(w, m->key);
		edit_value(w, m, d, at);
	}
	v->type == JSON_ARRAY ? json_end_array(w) : json_end_object(w);
}

static inline void edit_line(struct bytes *line, const struct edit *d)
{
	struct json_doc *doc = json_doc_new();
	struct bytes out = {0};
	struct json_writer w = {&out, false};
	struct error e;
	const struct json *root = doc ? json_parse(doc, bytes_string(line), line->len, &e) : NULL;

	if (root) {
		unsigned at = d->node % edit_nodes(root);
		edit_value(&w, root, d, &at);
		if (!out.failed) {
			bytes_clear(line);
			bytes_add(line, out.data, out.len);
		}
	}
	json_doc_free(&doc);
	bytes_free(&out);
}

static inline void edit_raw(struct bytes *line, const struct edit *d, bool whole)
{
	size_t at = whole ? 0 : line->len * d->node / 256;
	struct bytes out = {0};

	if (!whole)
		bytes_add(&out, line->data, at);
	for (size_t i = 0; i < d->len; i++)
		bytes_byte(&out, d->data[i] == '\n' ? ' ' : d->data[i]);
	if (!whole)
		bytes_add(&out, line->data + at, line->len - at);
	bytes_free(line);
	*line = out;
}

static inline void edit_insert(struct edit_record *r, size_t at, struct bytes *line)
{
	if (r->count == EDIT_LINES) {
		bytes_free(line);
		return;
	}
	memmove(r->line + at + 1, r->line + at, (r->count - at) * sizeof *r->line);
	r->line[at] = *line;
	r->count++;
}

/* An exception that somebody notes, at the time of the line it is put before. */
static inline void edit_exception(struct edit_record *r, size_t at, const struct edit *d)
{
	const char *line = bytes_string(&r->line[at]), *time = strstr(line, "\"time\":"),
	           *event = strstr(line, ",\"event\"");
	struct bytes out = {0};
	struct json_writer w = {&out, false};

	if (!time || !event || event < time)
		return;
	bytes_printf(&out,
	        "{\"seq\":%zu,%.*s,\"event\":\"exception.noted\",\"data\":{\"person\":\"witness-1\","
	        "\"acknowledged\":\"custodian-1\",\"kind\":\"noted\",\"text\":",
	        at, (int)(event - time), time);
	edit_put_text(&w, d);
	bytes_text(&out, ",\"about\":[]}}");
	edit_insert(r, at, &out);
}

static inline void edit_do(struct edit_record *r, const struct edit *d)
{
	size_t at = r->count ? d->line % r->count : 0;
	struct bytes kept, copy = {0};

	if (!r->count)
		return;
	switch (d->how % 16) {
	case 0:
		bytes_free(&r->line[at]);
		memmove(r->line + at, r->line + at + 1, (--r->count - at) * sizeof *r->line);
		memset(&r->line[r->count], 0, sizeof *r->line);
		break;
	case 1:
		bytes_add(&copy, r->line[at].data, r->line[at].len);
		edit_insert(r, at, &copy);
		break;
	case 2:
		kept = r->line[at];
		r->line[at] = r->line[(at + 1) % r->count];
		r->line[(at + 1) % r->count] = kept;
		break;
	case 3:
	case 4:
		edit_raw(&r->line[at], d, d->how % 16 == 4);
		break;
	case 12:
		edit_exception(r, at, d);
		break;
	default:
		edit_line(&r->line[at], d);
	}
}

static inline struct secret *edit_seed(const char *name)
{
	struct bytes text = {0};
	uint8_t sum[32];
	struct secret *seed = secret_new(32, NULL);

	bytes_printf(&text, "tachiai fuzz %s", name);
	demand(seed && sha256(text.data, text.len, sum) == 0 && secret_add(seed, sum, sizeof sum) == 0);
	bytes_free(&text);
	return seed;
}

/* The "@" behind `key` becomes the signature of `name` over so many lines as `of` says. */
static inline void edit_sign(struct edit_record *r, struct bytes *line, const char *key, const char *name,
        enum note_type type, size_t of, int64_t seconds)
{
	const char *at = strstr(bytes_string(line), key);
	struct bytes text = {0}, signature = {0}, out = {0};
	struct secret *seed;
	struct vkey vkey;
	uint8_t public_key[32];
	struct error e;

	if (!at || !name || strlen(name) > NOTE_NAME_MAX)
		return;
	seed = edit_seed(name);
	checkpoint_text(&text, r->origin, of, r->root[of]);
	if (signing_key_public(seed, public_key, &e) == 0 && vkey_make(&vkey, name, type, public_key, &e) == 0 &&
	        note_sign(&vkey, seed, seconds, bytes_string(&text), text.len, &signature, &e) == 0) {
		size_t before = (size_t)(at - bytes_string(line)) + strlen(key) - 1;
		bytes_add(&out, line->data, before);
		bytes_add(&out, signature.data, signature.len);
		bytes_add(&out, line->data + before + 1, line->len - before - 1);
		bytes_free(line);
		*line = out;
	}
	secret_free(&seed);
	bytes_free(&text);
	bytes_free(&signature);
}

static inline void edit_number(struct bytes *line, size_t number)
{
	const char *text = bytes_string(line);
	struct bytes out = {0};
	size_t digits;

	if (strncmp(text, "{\"seq\":", 7) != 0)
		return;
	digits = strspn(text + 7, "0123456789");
	bytes_printf(&out, "{\"seq\":%zu", number);
	bytes_add(&out, text + 7 + digits, line->len - 7 - digits);
	bytes_free(line);
	*line = out;
}

/* Numbers and signs the lines from the first to the last. */
static inline void edit_finish(struct edit_record *r, uint8_t flags)
{
	struct json_doc *doc = json_doc_new();
	struct tree tree = {0};

	demand(doc && tree_root(&tree, r->root[0]) == 0);
	for (size_t i = 0; i < r->count; i++) {
		struct bytes *line = &r->line[i];
		struct error e;
		struct entry entry;
		if (!(flags & EDIT_AS_NUMBERED))
			edit_number(line, i);
		if (strstr(bytes_string(line), "\":\"@\"") &&
		        entry_parse(doc, bytes_string(line), line->len, &entry, &e) == 0) {
			int64_t of = json_number(entry.data, "of", -1) + 1, seconds = entry.time / 1000;
			const char *name = json_text(entry.data, "person");
			if (of > 0 && (uint64_t)of <= i) {
				edit_sign(r, line, "\"cosignature\":\"@", name, NOTE_COSIGNATURE, (size_t)of, seconds);
				edit_sign(r, line, "\"console\":\"@", r->origin, NOTE_ED25519, (size_t)of, 0);
			}
		}
		demand(tree_add(&tree, line->data, line->len) == 0 && tree_root(&tree, r->root[i + 1]) == 0);
	}
	json_doc_free(&doc);
}

/* The record that the input makes of the base: `r` is all zero before. */
static inline void edit_make(struct edit_record *r, const struct bytes *base, const uint8_t *data, size_t len)
{
	uint8_t flags = len ? data[0] : 0;
	const char *origin;
	size_t n;

	edit_split(r, base);
	origin = r->count ? strstr(bytes_string(&r->line[0]), "\"origin\":\"") : NULL;
	n = origin ? strcspn(origin + 10, "\"") : 0;
	demand(n && n <= NOTE_NAME_MAX);
	memcpy(r->origin, origin + 10, n);
	for (size_t at = 1, i = 0; at + 4 <= len && i < EDITS; i++) {
		struct edit d = {data[at], data[at + 1], data[at + 2], data + at + 4, data[at + 3]};
		if (d.len > len - at - 4)
			d.len = len - at - 4;
		at += 4 + d.len;
		edit_do(r, &d);
	}
	edit_finish(r, flags);
}

#endif
