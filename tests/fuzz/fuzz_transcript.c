/* A record whose lines were changed, through the fold that verifies it. Nothing may crash; each entry is taken or
 * refused with a sentence; and where it stops, the fold still knows what it wants, or says why not. Without any change
 * the record is taken whole. */
#include "tests/fuzz/record_edit.h"

#include "engine/load.h"
#include "steps/ceremony.h"

static struct bytes base;

static struct ceremony *fresh(void)
{
	struct bytes path = {0};
	struct error e;
	struct script *script;
	struct site *site;

	bytes_printf(&path, "%s/script.yaml", edit_base());
	script = script_load(bytes_string(&path), &e);
	bytes_clear(&path);
	bytes_printf(&path, "%s/site.yaml", edit_base());
	site = script ? site_load(bytes_string(&path), script, &e) : NULL;
	bytes_free(&path);
	demand(site != NULL);
	return ceremony_new(script, site, &e);
}

/* How many lines are taken. */
static size_t fold(struct ceremony *c, const struct edit_record *r)
{
	struct json_doc *doc = json_doc_new();
	struct tree tree = {0};
	size_t i = 0;

	for (; doc && i < r->count; i++) {
		struct error e = {0};
		struct entry entry;
		const struct bytes *line = &r->line[i];
		if (entry_parse(doc, bytes_string(line), line->len, &entry, &e) == 0 &&
		        tree_add(&tree, line->data, line->len) == 0 && ceremony_check(c, &entry, &e) == 0 &&
		        ceremony_apply(c, &entry, &tree, &e) == 0)
			continue;
		demand(e.code != ERROR_NONE);
		break;
	}
	json_doc_free(&doc);
	return i;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct edit_record r;
	struct ceremony *c = fresh();
	struct want w;
	struct error e = {0};
	size_t taken;

	if (!base.len)
		edit_read("transcript.jsonl", &base);
	memset(&r, 0, sizeof r);
	edit_make(&r, &base, data, len);
	demand(c != NULL);
	taken = fold(c, &r);
	demand(len >= 5 || taken == r.count);
	if (ceremony_next(c, &w, &e) < 0)
		demand(e.code != ERROR_NONE);
	else
		want_free(&w);
	ceremony_free(&c);
	edit_free(&r);
	return 0;
}
