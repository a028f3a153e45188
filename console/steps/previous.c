#include "steps/previous.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki/profile.h"
#include "steps/previous_items.h"
#include "steps/step.h"

/* What an entry has room for, beside its sequence number, time and names. */
enum { ITEM_MAX = ENTRY_MAX - 256 };

void previous_free(struct previous *p)
{
	for (size_t i = 0; i < p->count; i++)
		bytes_free(&p->item[i]);
	free(p->item);
	bytes_free(&p->origin);
	memset(p, 0, sizeof(*p));
}

int previous_opened(struct ceremony *c, const struct json *previous, struct error *e)
{
	struct carried *k = &c->carried;
	struct bytes root = {0};
	const char *text = json_text(previous, "root");
	int rc = 0;

	if (!previous || previous->type == JSON_NULL)
		return 0;
	k->named = true;
	k->size = (uint64_t)json_number(previous, "size", 0);
	bytes_clear(&k->origin);
	bytes_text(&k->origin, json_text(previous, "origin"));
	if (!text || base64_decode(text, strlen(text), &root) < 0 || root.len != sizeof(k->root))
		rc = error_set(e, ERROR_FAULT, "the root of the previous record in ceremony.opened is no root");
	else
		memcpy(k->root, root.data, sizeof(k->root));
	bytes_free(&root);
	return rc < 0 ? -1 : bytes_end(&k->origin, e);
}

/* The first fact: which record, and how many items follow. */
static int head(const struct bytes *origin, uint64_t size, const uint8_t root[32], uint64_t items, struct bytes *facts,
        struct error *e)
{
	struct json_writer j = {facts, false};
	json_begin_object(&j);
	json_member_text(&j, "item", "record");
	json_member_text(&j, "origin", bytes_string(origin));
	json_member_int(&j, "size", (int64_t)size);
	json_member_base64(&j, "root", root, 32);
	json_member_int(&j, "items", (int64_t)items);
	json_end_object(&j);
	return bytes_end(facts, e);
}

static int again(const struct json *value, struct bytes *out, struct error *e)
{
	struct json_writer j = {out, false};
	json_put(&j, value);
	return bytes_end(out, e);
}

static bool same_bytes(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->data, b->data, a->len));
}

int previous_take(struct ceremony *c, const struct json *facts, struct error *e)
{
	struct carried *k = &c->carried;

	if (!k->begun) {
		k->begun = true;
		k->items = (uint64_t)json_number(facts, "items", 0);
		return 0;
	}
	struct bytes *list = realloc(k->item, (k->count + 1) * sizeof(*list));
	if (!list)
		return error_memory(e);
	k->item = list;
	memset(&list[k->count], 0, sizeof(*list));
	if (again(facts, &list[k->count++], e) < 0)
		return -1;
	return item_apply(c, facts, e);
}

/* The certificates that the script names lie in the record as files too: so it can be verified alone, and they can be
 * carried out. The next that is not there yet, of `form` 0 (DER) or 1 (PEM); NULL: all are. */
static const struct script_certificate *file_left(const struct ceremony *c, unsigned *form, char name[200])
{
	static const char *const suffixes[] = {"der", "pem"};

	for (size_t i = 0; i < c->script->certificate_count; i++) {
		const struct script_certificate *cert = &c->script->certificates[i];
		if (cert->from != CERTIFICATE_PREVIOUS || !c->certificates[i].issued)
			continue;
		for (*form = 0; *form < 2; ++*form) {
			char path[220];
			bool there = false;
			snprintf(name, 200, "%s%.100s.%s", ceremony_rehearsal(c) ? "REHEARSAL-" : "", cert->name,
			        suffixes[*form]);
			snprintf(path, sizeof(path), "artifacts/%s", name);
			for (size_t k = 0; k < c->artifact_count; k++)
				there = there || !strcmp(c->artifacts[k].path, path);
			if (!there)
				return cert;
		}
	}
	return NULL;
}

bool previous_pending(const struct ceremony *c)
{
	char name[200];
	unsigned form;

	return c->carried.named &&
	       (!c->carried.begun || c->carried.count < c->carried.items || file_left(c, &form, name));
}

static int next_file(const struct ceremony *c, struct want *w, struct error *e)
{
	struct bytes content = {0};
	char name[200];
	unsigned form = 0;
	const struct script_certificate *cert = file_left(c, &form, name);

	if (!cert)
		return 0;
	const struct bytes *der = &c->certificates[cert - c->script->certificates].der;
	if (!form)
		bytes_add(&content, der->data, der->len);
	else if (certificate_pem(der->data, der->len, &content, e) < 0)
		return -1;
	int rc = want_write(w, &previous_kind, NULL, name, form ? "certificate-pem" : "certificate-der", &content, e);
	w->event = ARTIFACT_TAKEN;
	return rc;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)run;
	if (c->carried.begun && c->carried.count == c->carried.items)
		return next_file(c, w, e);
	want_set(w, WANT_LOOK, &previous_kind, 0, NULL, FACTS_READ, "previous");
	w->index = (unsigned)c->carried.count;
	return 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct carried *k = &c->carried;
	const struct json *facts = json_get(entry->data, "facts"), *faults = json_get(entry->data, "faults");
	struct bytes expected = {0}, is = {0};
	int rc = -1;

	(void)w;
	if (entry->event == ARTIFACT_TAKEN)
		return 0; /* it follows from what was taken over */
	if (!faults || faults->count)
		return error_set(e, ERROR_FAULT, "what the previous record left has no faults, and some are recorded");
	if (k->begun)
		return item_fits(c, facts, e);
	int64_t items = json_number(facts, "items", -1);
	if (items < 0 || head(&k->origin, k->size, k->root, (uint64_t)items, &expected, e) < 0 ||
	        again(facts, &is, e) < 0)
		goto out;
	if (same_bytes(&expected, &is))
		rc = 0;
out:
	if (rc < 0)
		error_set(e, ERROR_FAULT, "the facts are not of the previous record that ceremony.opened names");
	bytes_free(&expected);
	bytes_free(&is);
	return rc;
}

static int put(struct outcome *out, const struct bytes *facts, struct error *e)
{
	struct bytes *data = outcome_add(out, FACTS_READ, NULL);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", "previous");
	json_key(&j, "facts");
	json_put_raw(&j, bytes_string(facts), facts->len);
	json_key(&j, "faults");
	json_begin_array(&j);
	json_end_array(&j);
	json_end_object(&j);
	return bytes_end(data, e);
}

/* A run that was cut short here goes on behind the items that are recorded: the rest is as it was, or the next entry is
 * refused. */
static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct previous *p = room->previous;
	const struct carried *k = &c->carried;
	struct bytes facts = {0};
	int rc = 0;

	if (!p || p->size != k->size || memcmp(p->root, k->root, 32) || !same_bytes(&p->origin, &k->origin))
		return error_set(e, ERROR_MISSING,
		        "the previous record is needed again, since the run before ended while it was being taken "
		        "over: give it with --previous (origin %s)",
		        bytes_string(&k->origin));
	if (!k->begun) {
		rc = head(&p->origin, p->size, p->root, p->count, &facts, e);
		if (rc == 0)
			rc = put(out, &facts, e);
		bytes_free(&facts);
	}
	for (size_t i = w->index; rc == 0 && i < p->count; i++)
		rc = put(out, &p->item[i], e);
	return rc;
}

static const char *const help[] = {N_("What the previous record left is taken over into this one: tokens, keys, "
                                      "certificates, commitments of shares, numbers of bags and lists."),
        NULL};

const struct step_kind previous_kind = {
        .name = "previous",
        .next = next,
        .check = check,
        .look = look,
        .help = help,
};

static bool is_checked(const struct script *s, const char *key)
{
	for (size_t i = 0; i < s->step_count; i++)
		if (!strcmp(s->steps[i].kind, "check-key") && !strcmp(step_param(&s->steps[i], "key"), key))
			return true;
	return false;
}

/* What the script takes from a previous record is there; nobody finds out in the room that it was the wrong record. */
static int all_there(const struct script *s, const bool *certificate, const bool *key, bool given, struct error *e)
{
	for (size_t i = 0; i < s->certificate_count; i++)
		if (s->certificates[i].from == CERTIFICATE_PREVIOUS && !certificate[i])
			return error_set(e, ERROR_FAULT,
			        given ? N_("certificate %s comes from the previous record, which knows none of that "
			                   "name; give the record that does")
			              : N_("certificate %s comes from the previous record, and none was given; name it "
			                   "with --previous"),
			        s->certificates[i].name);
	for (size_t i = 0; i < s->key_count; i++)
		if (is_checked(s, s->keys[i].name) && !key[i])
			return error_set(e, ERROR_FAULT,
			        given ? N_("key %s is checked against the previous record, which knows none of that "
			                   "name; give the record that does")
			              : N_("key %s is checked against the previous record, and none was given; name it "
			                   "with --previous"),
			        s->keys[i].name);
	return 0;
}

int previous_fits(const struct ceremony *c, const struct previous *p, struct error *e)
{
	const struct script *s = c->script;
	bool *certificate = calloc(s->certificate_count + 1, sizeof(bool)),
	     *key = calloc(s->key_count + 1, sizeof(bool));
	struct json_doc *doc = json_doc_new();
	int rc = -1;

	if (!doc || !certificate || !key) {
		error_memory(e);
		goto out;
	}
	for (size_t i = 0; i < p->count; i++) {
		const struct json *item = json_parse(doc, bytes_string(&p->item[i]), p->item[i].len, e);
		if (!item || item_fits(c, item, e) < 0)
			goto out;
		const char *kind = json_text(item, "item");
		if (!strcmp(kind, "certificate") && script_certificate(s, json_text(item, kind)))
			certificate[script_certificate(s, json_text(item, kind)) - s->certificates] = true;
		if (!strcmp(kind, "key") && script_key(s, json_text(item, kind)))
			key[script_key(s, json_text(item, kind)) - s->keys] = true;
		if (p->item[i].len > ITEM_MAX) {
			error_set(e, ERROR_FAULT,
			        "%s %s of the previous record is too long to be carried on: it has %zu bytes, and an "
			        "entry holds %d",
			        item->child->text, item->child->next->text, p->item[i].len, (int)ITEM_MAX);
			goto out;
		}
	}
	rc = all_there(s, certificate, key, p->size != 0, e);
out:
	json_doc_free(&doc);
	free(certificate);
	free(key);
	return rc;
}

int previous_same(const struct ceremony *c, const struct previous *p, struct error *e)
{
	const struct carried *k = &c->carried;

	if (!k->named)
		return error_set(e, ERROR_FAULT, "this record names no previous one");
	if (!same_bytes(&k->origin, &p->origin) || k->size != p->size || memcmp(k->root, p->root, 32))
		return error_set(e, ERROR_FAULT, "the previous record that this one names is another: %s, %llu entries",
		        bytes_string(&k->origin), (unsigned long long)k->size);
	if (k->count != p->count)
		return error_set(e, ERROR_FAULT, "the previous record left %zu items, and this one took over %zu",
		        p->count, k->count);
	for (size_t i = 0; i < p->count; i++)
		if (!same_bytes(&k->item[i], &p->item[i]))
			return error_set(e, ERROR_FAULT,
			        "item %zu that was taken over is not what the previous record left: %s", i + 1,
			        bytes_string(&k->item[i]));
	return 0;
}

int previous_token(const struct previous *p, const char *hsm, char **label, char **serial, struct error *e)
{
	struct json_doc *doc = json_doc_new();
	int rc = doc ? 0 : error_memory(e);

	for (size_t i = 0; rc == 0 && i < p->count; i++) {
		const struct json *item = json_parse(doc, bytes_string(&p->item[i]), p->item[i].len, e);
		if (!item)
			rc = -1;
		else if (!strcmp(json_text(item, "item"), "token") && !strcmp(json_text(item, "hsm"), hsm))
			rc = (label && field_set(label, json_text(item, "label")) < 0) ||
			                     (serial && field_set(serial, json_text(item, "serial")) < 0)
			             ? error_memory(e)
			             : 1;
	}
	json_doc_free(&doc);
	return rc;
}

void previous_known_free(const struct script *script, struct certificate_state **known)
{
	for (size_t i = 0; *known && i < script->certificate_count; i++)
		bytes_free(&(*known)[i].der);
	free(*known);
	*known = NULL;
}

struct certificate_state *previous_known(const struct previous *p, const struct script *script, struct error *e)
{
	struct certificate_state *known = calloc(script->certificate_count + 1, sizeof(*known));
	struct json_doc *doc = json_doc_new();
	int rc = known && doc ? 0 : error_memory(e);

	for (size_t i = 0; known && rc == 0 && i < p->count; i++) {
		const struct json *item = json_parse(doc, bytes_string(&p->item[i]), p->item[i].len, e);
		const char *name =
		        item && !strcmp(json_text(item, "item"), "certificate") ? json_text(item, "certificate") : NULL;
		const struct script_certificate *cert = name ? script_certificate(script, name) : NULL;
		rc = item ? 0 : -1;
		if (cert && cert->from == CERTIFICATE_PREVIOUS)
			rc = certificate_take(&known[cert - script->certificates], json_text(item, "der"), e);
	}
	json_doc_free(&doc);
	if (known && rc < 0)
		previous_known_free(script, &known);
	return known;
}

/* Item and name of an item: what a newer one of the same replaces. */
static bool same_thing(const struct json *a, const struct json *b)
{
	return !strcmp(json_text(a, "item"), json_text(b, "item")) &&
	       !strcmp(a->child->next->text, b->child->next->text);
}

/* Is there one of the same among the first `own`? */
static int is_replaced(const struct previous *p, size_t own, const struct json *item, bool *replaced, struct error *e)
{
	struct json_doc *doc = json_doc_new();
	int rc = doc ? 0 : error_memory(e);

	*replaced = false;
	for (size_t i = 0; rc == 0 && !*replaced && i < own; i++) {
		const struct json *other = json_parse(doc, bytes_string(&p->item[i]), p->item[i].len, e);
		rc = other ? 0 : -1;
		*replaced = other && same_thing(item, other);
	}
	json_doc_free(&doc);
	return rc;
}

int previous_collect(const struct ceremony *c, struct previous *out, struct error *e)
{
	struct json_doc *doc = json_doc_new();
	int rc = doc ? items_put(c, out, e) : error_memory(e);
	size_t own = out->count;

	for (size_t i = 0; rc == 0 && i < c->carried.count; i++) {
		const struct bytes *old = &c->carried.item[i];
		const struct json *item = json_parse(doc, bytes_string(old), old->len, e);
		bool replaced = item && item_outdated(c, item);
		rc = !item ? -1 : replaced ? 0 : is_replaced(out, own, item, &replaced, e);
		struct bytes *place = rc == 0 && !replaced ? item_add(out, e) : NULL;
		if (place)
			bytes_add(place, old->data, old->len);
		if (rc == 0 && !replaced)
			rc = place ? bytes_end(place, e) : -1;
	}
	json_doc_free(&doc);
	return rc;
}
