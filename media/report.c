#include "media/report_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/load.h"
#include "record/record.h"

/* How far the entries are held: those before the first that a verdict speaks against. */
static uint64_t first_fault(const struct verification *v)
{
	uint64_t stop = v->entries;
	for (int i = 0; i < VERDICTS; i++) {
		const struct verdict *d = &v->verdict[i];
		/* Of a log that is not closed the line is the last one, which is not at fault; and that script or site
		 * are others than entry 0 names takes nothing from what was signed. */
		if ((i == VERDICT_LOG && !v->closed) || (i == VERDICT_CONDUCT && d->error.line == 1))
			continue;
		if (!d->holds && d->error.line && d->error.line - 1 < stop)
			stop = d->error.line - 1;
	}
	return stop;
}

struct reading {
	struct report *r;
	struct consent *consent;
	bool whole;             /* everybody signed the end, and verify has seen that: nothing is left to ask */
	uint64_t stop, covered; /* `covered` entries have a signature of a person over them */
};

static int each(void *context, const struct entry *entry, const struct tree *after, struct error *e)
{
	struct reading *g = context;
	struct error why = {0};

	if (entry->seq >= g->stop)
		return 0;
	if (!g->whole && consent_apply(g->consent, entry, after, &why) < 0) {
		g->stop = entry->seq;
		return 0;
	}
	if (!g->whole && entry->event == APPROVAL_GIVEN) {
		uint64_t over = (uint64_t)json_number(entry->data, "of", 0) + 1;
		if (over > g->covered)
			journal_clear(&g->r->signers);
		g->covered = over > g->covered ? over : g->covered;
		if (over == g->covered && journal_add(&g->r->signers, entry, "", e) < 0)
			return -1;
	}
	return journal_add(&g->r->journal, entry, "", e);
}

/* Past the last signature nothing holds an entry. */
static void journal_cut(struct journal *j, uint64_t count)
{
	while (j->count > count) {
		struct kept *k = &j->kept[--j->count];
		bytes_free(&k->line);
		json_doc_free(&k->doc);
	}
}

static int entries_read(struct report *r, struct error *e)
{
	struct reading g = {.r = r, .consent = consent_new(), .stop = first_fault(&r->v)};
	struct tree tree = {0};
	struct error why = {0};
	bool torn;
	int rc = -1;

	if (!g.consent)
		return error_memory(e);
	g.whole = r->v.verdict[VERDICT_FORM].holds && r->v.verdict[VERDICT_LOG].holds &&
	          r->v.verdict[VERDICT_CONSENT].holds && g.stop == r->v.entries;
	/* A fault of form ends the reading where verify found it: told there. */
	if (transcript_read(r->dir, each, &g, &tree, &torn, &why) < 0 && why.code == ERROR_MEMORY) {
		*e = why;
		goto out;
	}
	r->reach = g.whole ? r->v.entries : g.covered;
	journal_cut(&r->journal, r->reach);
	rc = 0;
out:
	consent_free(&g.consent);
	return rc;
}

/* The fold over what is printed. Where it refuses an entry, verify did so too, and said it. */
static void fold(struct report *r, const char *directory)
{
	struct tree tree = {0};
	struct error why = {0};

	r->c = ceremony_load(directory, &why);
	if (!r->c)
		return;
	r->c->directory = r->dir;
	for (size_t i = 0; i < r->journal.count; i++) {
		const struct entry *entry = &r->journal.kept[i].entry;
		if (tree_add(&tree, entry->line, entry->len) < 0 ||
		        (!r->v.verdict[VERDICT_CONDUCT].holds && ceremony_check(r->c, entry, &why) < 0) ||
		        ceremony_apply(r->c, entry, &tree, &why) < 0)
			break;
	}
	if (!r->c->opened)
		ceremony_free(&r->c);
}

static const char *title(const struct report *r)
{
	const struct entry *opened = report_entry(r, 0);
	const struct json *titles = opened ? json_get(json_get(opened->data, "script"), "title") : NULL;
	const char *text = titles ? json_text(titles, r->language) : NULL;
	return text ? text : titles && titles->child ? titles->child->text : gettext("Record of a key ceremony");
}

static struct page *page_begin(const struct report *r, struct error *e)
{
	struct bytes footer = {0}, fails = {0};
	const struct entry *last = report_entry(r, (int64_t)r->reach - 1);
	struct page_head head = {.title = title(r),
	        .language = r->language,
	        .program = "tachiai " TACHIAI_VERSION,
	        .time = last ? last->time : 0};
	struct page *p = NULL;
	size_t bands = 0;

	bytes_printf(
	        &footer, "%s  %llu  ", r->reach ? bytes_string(&r->v.origin) : "-", (unsigned long long)r->v.entries);
	bytes_hex(&footer, r->v.root, 32);
	if (r->v.rehearsal && r->reach)
		head.band[bands++] = gettext("REHEARSAL: this paper is of a rehearsal, and proves nothing else");
	if (r->fails && r->reach)
		bytes_printf(&fails,
		        gettext("THIS RECORD DOES NOT HOLD: only entries 0 to %llu of %llu are printed, as far "
		                "as signatures hold them"),
		        (unsigned long long)r->reach - 1, (unsigned long long)r->v.entries);
	else if (r->fails)
		bytes_text(&fails, gettext("THIS RECORD DOES NOT HOLD: no entry of it is held by a signature"));
	if (r->fails)
		head.band[bands++] = bytes_string(&fails);
	if (r->v.software)
		head.band[bands++] = gettext("SOFTWARE TOKEN: the keys lie in a program, not in a device");
	head.footer = bytes_string(&footer);
	if (bytes_end(&footer, e) == 0 && bytes_end(&fails, e) == 0)
		p = page_new(&head, e);
	bytes_free(&footer);
	bytes_free(&fails);
	return p;
}

static void report_end(struct report *r)
{
	journal_clear(&r->journal);
	journal_clear(&r->signers);
	free(r->step);
	ceremony_free(&r->c);
	verification_free(&r->v);
	if (r->dir >= 0)
		close(r->dir);
}

struct page *report_record(const char *directory, const char *language, bool *holds, struct error *e)
{
	struct report r = {.dir = -1, .language = language, .e = e};
	struct verify_options options = {.rehearsal = true};
	struct page *page = NULL;

	if (verify_record(directory, &options, &r.v, e) < 0)
		return NULL;
	for (int i = 0; i < VERDICTS; i++)
		r.fails = r.fails || !r.v.verdict[i].holds;
	*holds = !r.fails;
	r.dir = dir_open(directory, e);
	if (r.dir < 0 || entries_read(&r, e) < 0)
		goto out;
	fold(&r, directory);
	if (report_index(&r, e) < 0)
		goto out;
	page = r.page = page_begin(&r, e);
	if (!page)
		goto out;
	report_warnings(&r);
	report_exceptions(&r);
	report_summary(&r);
	report_participants(&r);
	report_steps(&r);
	report_hsms(&r);
	report_keys(&r);
	report_issued(&r);
	report_lists(&r);
	report_bags(&r);
	report_shares(&r);
	report_files(&r);
	report_verdicts(&r);
	report_checkpoint(&r);
	report_signatures(&r);
out:
	report_end(&r);
	return page;
}

const char *report_language(const char *path)
{
	struct error why = {0};
	struct script *script = script_load(path, &why);
	bool ja = script && script->languages.count && !strcmp(script->languages.item[0], "ja");
	script_free(&script);
	return ja ? "ja" : "en";
}
