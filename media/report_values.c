/* What people read, hold and carried away: values, bags, shares, files; and the checkpoint itself. */
#include "media/report_private.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "media/bundle.h"

enum { CHECKPOINT_MAX = 1 << 20, CODE_MILLIMETRES = 70 };

static const struct script_step *script_step(const struct report *r, const char *id)
{
	const struct report_step *step = report_step(r, id);
	return step ? step->script : NULL;
}

static bool is_bag(const struct report *r, const struct entry *entry)
{
	const struct script_step *step = script_step(r, entry->step);
	return step && (!strcmp(step->kind, "seal") || !strcmp(step->kind, "unseal"));
}

/* Who read it first: the value.observed before it. */
static const struct entry *observed_before(const struct report *r, const struct entry *confirmed)
{
	for (size_t i = (size_t)confirmed->seq; i-- > 0;) {
		const struct entry *entry = &r->journal.kept[i].entry;
		if (entry->event == VALUE_OBSERVED &&
		        !strcmp(json_text(entry->data, "name"), json_text(confirmed->data, "name")))
			return entry;
	}
	return NULL;
}

static void values(struct report *r, bool bags, const char *heading)
{
	const struct page_column columns[] = {{bags ? gettext("Bag") : gettext("Value"), 20, PAGE_PLAIN},
	        {bags ? gettext("Number") : gettext("Read"), 26, PAGE_FIXED}, {gettext("Step"), 18, PAGE_PLAIN},
	        {gettext("Read by, again by"), 22, PAGE_PLAIN}, {gettext("Time (UTC)"), 14, PAGE_PLAIN}};
	const struct entry *entry;
	bool any = false;

	for (size_t at = 0; (entry = report_next(r, VALUE_CONFIRMED, &at));) {
		struct bytes who = {0}, when = {0}, step = {0};
		const struct entry *first = observed_before(r, entry);
		const struct script_step *script = script_step(r, entry->step);
		if (is_bag(r, entry) != bags)
			continue;
		if (!any) {
			page_heading(r->page, 1, heading);
			page_table(r->page, columns, 5);
		}
		any = true;
		if (first)
			report_person(r, json_text(first->data, "person"), &who);
		bytes_byte(&who, '\n');
		report_person(r, json_text(entry->data, "person"), &who);
		report_time(&when, entry->time, -1);
		bytes_printf(&step, "%s", entry->step ? entry->step : "-");
		if (bags && script)
			bytes_printf(&step, "\n%s", report_kind(script->kind));
		const char *cells[] = {json_text(entry->data, "name"), json_text(entry->data, "text"),
		        bytes_string(&step), bytes_string(&who), bytes_string(&when)};
		page_row(r->page, cells);
		bytes_free(&who);
		bytes_free(&when);
		bytes_free(&step);
	}
}

void report_bags(struct report *r)
{
	values(r, true, gettext("Bags"));
	values(r, false, gettext("Values read by two people"));
}

static const char *validity(enum share_validity state)
{
	switch (state) {
	case SHARE_IN_FORCE:
		return gettext("in force");
	case SHARE_UNSETTLED:
		return gettext("UNSETTLED");
	case SHARE_VOID:
		return gettext("void");
	default:
		return gettext("drawn, not in use");
	}
}

void report_shares(struct report *r)
{
	const struct page_column columns[] = {{gettext("Secret"), 22, PAGE_PLAIN}, {gettext("Share"), 12, PAGE_PLAIN},
	        {gettext("Needed"), 10, PAGE_PLAIN}, {gettext("Holder"), 20, PAGE_PLAIN},
	        {gettext("Commitment"), 24, PAGE_FIXED}, {gettext("State"), 12, PAGE_PLAIN}};

	if (!r->c || !r->c->share_count)
		return;
	page_heading(r->page, 1, gettext("Shares of secrets"));
	page_paragraph(r->page,
	        gettext("A PIN is made of 16 random bytes that are split into SLIP-0039 shares. The words of a "
	                "share are in no record; its commitment is."));
	page_table(r->page, columns, 6);
	for (size_t i = 0; i < r->c->share_count; i++) {
		const struct share_state *s = &r->c->shares[i];
		struct bytes holder = {0}, hash = {0};
		char share[32], needed[16];
		snprintf(share, sizeof(share), "%u / %u", s->part, s->parts);
		snprintf(needed, sizeof(needed), "%u", s->threshold);
		report_person(r, *s->person ? s->person : NULL, &holder);
		bytes_hex(&hash, s->commitment, sizeof(s->commitment));
		const char *cells[] = {
		        s->secret, share, needed, bytes_string(&holder), bytes_string(&hash), validity(s->state)};
		page_row(r->page, cells);
		bytes_free(&holder);
		bytes_free(&hash);
	}
}

static void carried_out(struct report *r)
{
	const struct page_column columns[] = {{gettext("Medium"), 20, PAGE_PLAIN}, {gettext("File"), 35, PAGE_PLAIN},
	        {gettext("Bytes"), 12, PAGE_PLAIN}, {"SHA-256", 33, PAGE_FIXED}};
	const struct entry *entry;
	bool any = false;

	for (size_t at = 0; (entry = report_next(r, FACTS_READ, &at));) {
		const struct json *facts = json_get(entry->data, "facts"), *files = json_get(facts, "files");
		if (strcmp(json_text(entry->data, "what"), "medium") != 0 || !files)
			continue;
		if (!any) {
			page_heading(r->page, 2, gettext("Written to media, read back and compared"));
			page_table(r->page, columns, 4);
		}
		any = true;
		for (const struct json *f = files->child; f; f = f->next) {
			char bytes[24];
			snprintf(bytes, sizeof(bytes), "%lld", (long long)json_number(f, "bytes", 0));
			const char *cells[] = {
			        json_text(facts, "medium"), json_text(f, "name"), bytes, json_text(f, "sha256")};
			page_row(r->page, cells);
		}
	}
}

void report_files(struct report *r)
{
	const struct page_column columns[] = {{gettext("File"), 40, PAGE_PLAIN}, {gettext("Bytes"), 12, PAGE_PLAIN},
	        {gettext("Type"), 18, PAGE_PLAIN}, {"SHA-256", 30, PAGE_FIXED}};
	bool any = false;

	for (size_t i = 0; i < r->journal.count; i++) {
		const struct entry *entry = &r->journal.kept[i].entry;
		char bytes[24];
		if (entry->event != ARTIFACT_WRITTEN && entry->event != ARTIFACT_TAKEN)
			continue;
		if (!any) {
			page_heading(r->page, 1, gettext("Files"));
			page_table(r->page, columns, 4);
		}
		any = true;
		snprintf(bytes, sizeof(bytes), "%lld", (long long)json_number(entry->data, "bytes", 0));
		const char *cells[] = {json_text(entry->data, "path"), bytes, json_text(entry->data, "type"),
		        json_text(entry->data, "sha256")};
		page_row(r->page, cells);
	}
	carried_out(r);
}

void report_checkpoint(struct report *r)
{
	struct bytes file = {0}, caption = {0};
	struct error why = {0};
	size_t size;

	if (!r->v.verdict[VERDICT_LOG].holds || file_read_at(r->dir, "checkpoint", CHECKPOINT_MAX, &file, &why) < 0)
		return;
	size = file.len;
	page_heading(r->page, 1, gettext("Checkpoint"));
	bytes_printf(&caption, "%s\n%s\n\n%llu\n\n", gettext("The end of the record, as everybody signed it:"),
	        bytes_string(&r->v.origin), (unsigned long long)r->v.entries);
	bytes_hex(&caption, r->v.root, 32);
	bytes_text(&caption, "\n\n");
	text_pgp_words(&caption, r->v.root, 32);
	if (bundle_code_size(file.data, &size, &why) == 0)
		page_code(r->page, file.data, size, CODE_MILLIMETRES, bytes_string(&caption));
	page_paragraph(r->page, gettext("The code holds the signed note that is the record's file `checkpoint`:"));
	page_fixed(r->page, bytes_string(&file));
	bytes_free(&file);
	bytes_free(&caption);
}
