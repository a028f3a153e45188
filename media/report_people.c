/* What the ceremony was, who was there, and where they sign. */
#include "media/report_private.h"

#include <stdlib.h>
#include <string.h>

static void opened_facts(struct report *r, const struct entry *opened)
{
	const struct json *d = opened->data, *script = json_get(d, "script"), *program = json_get(d, "program");
	const struct json *host = json_get(d, "host"), *previous = json_get(d, "previous");
	const char *image = json_text(host, "image");

	report_hash_hex(r->page, gettext("Script, SHA-256"), json_text(script, "sha256"));
	page_pair(r->page, gettext("Site file, SHA-256"), json_text(json_get(d, "site"), "sha256"), true);
	report_pair(r->page, gettext("Program"), "tachiai %s", json_text(program, "version"));
	page_pair(r->page, gettext("Program, SHA-256"), json_text(program, "sha256"), true);
	report_pair(r->page, gettext("Operating system"), "%s%s%s", json_text(host, "os"), image ? ", " : "",
	        image ? image : "");
	if (previous && previous->type == JSON_OBJECT) {
		page_pair(r->page, gettext("Previous record"), json_text(previous, "origin"), false);
		page_pair(r->page, gettext("Its root"), json_text(previous, "root"), true);
	}
	if (r->c)
		for (size_t i = 0; i < r->c->script->references.count; i++) {
			struct bytes text = {0};
			report_visible(&text, r->c->script->references.item[i]);
			page_pair(r->page, i ? "" : gettext("References"), bytes_string(&text), false);
			bytes_free(&text);
		}
}

void report_summary(struct report *r)
{
	const struct entry *opened = report_entry(r, 0), *closed = report_entry(r, (int64_t)r->reach - 1), *clock;
	struct bytes time = {0};

	if (!opened)
		return;
	page_heading(r->page, 1, gettext("The ceremony"));
	page_pair(r->page, gettext("Origin"), bytes_string(&r->v.origin), true);
	report_time(&time, opened->time, -1);
	report_pair(r->page, gettext("Opened"), "%s UTC", bytes_string(&time));
	bytes_clear(&time);
	report_time(&time, closed->time, -1);
	if (closed->event == CEREMONY_CLOSED)
		report_pair(r->page, gettext("Closed"), "%s UTC", bytes_string(&time));
	else
		report_pair(r->page, gettext("Closed"), gettext("not closed; the last entry printed is of %s UTC"),
		        bytes_string(&time));
	clock = journal_find(&r->journal, FACTS_READ, "clock");
	if (clock)
		report_pair(r->page, gettext("Clock"),
		        gettext("of the console, against two watches: %lld ms and %lld ms off, of at most %lld s"),
		        (long long)json_number(json_get(clock->data, "facts"), "first_offset_ms", 0),
		        (long long)json_number(json_get(clock->data, "facts"), "second_offset_ms", 0),
		        (long long)json_number(json_get(clock->data, "facts"), "bound_s", 0));
	report_pair(r->page, gettext("Entries"), "%llu", (unsigned long long)r->v.entries);
	if (!r->fails)
		report_hash(r->page, gettext("Root of the transcript"), r->v.root, 32);
	opened_facts(r, opened);
	bytes_free(&time);
}

/* The times at which somebody came and went, a line each. */
static void presence(const struct report *r, const char *name, struct bytes *out)
{
	for (size_t i = 0; i < r->journal.count; i++) {
		const struct entry *entry = &r->journal.kept[i].entry;
		const char *who = json_text(entry->data, "person");
		if ((entry->event != PERSON_JOINED && entry->event != PERSON_LEFT) || !who || strcmp(who, name) != 0)
			continue;
		if (out->len)
			bytes_byte(out, '\n');
		report_time(out, entry->time, -1);
		bytes_printf(out, " %s", entry->event == PERSON_JOINED ? gettext("came") : gettext("left"));
	}
}

static bool cosigned(const struct report *r, const char *name)
{
	const struct entry *closed = journal_find(&r->journal, CEREMONY_CLOSED, NULL);
	const struct json *list = closed ? json_get(closed->data, "cosigners") : NULL;
	for (const struct json *n = list ? list->child : NULL; n; n = n->next)
		if (!strcmp(n->text, name))
			return true;
	return false;
}

/* The newest introduction of everybody, in the order in which they first came. */
static const struct entry *person_next(const struct report *r, size_t *at)
{
	const struct entry *joined;
	while ((joined = report_next(r, PERSON_JOINED, at))) {
		const char *name = json_text(joined->data, "person");
		const struct entry *other;
		bool first = true;
		for (size_t i = 0; i + 1 < *at && first; i++) {
			other = &r->journal.kept[i].entry;
			first = other->event != PERSON_JOINED || strcmp(json_text(other->data, "person"), name) != 0;
		}
		if (!first)
			continue;
		for (size_t i = *at; (other = report_next(r, PERSON_JOINED, &i));)
			if (!strcmp(json_text(other->data, "person"), name))
				joined = other;
		return joined;
	}
	return NULL;
}

static void roles(struct report *r, const struct entry *opened)
{
	const struct page_column columns[] = {{gettext("Role"), 30, PAGE_PLAIN}, {gettext("Seats"), 15, PAGE_PLAIN},
	        {gettext("Quorum"), 15, PAGE_PLAIN}, {gettext("Decides what no step foresaw"), 40, PAGE_PLAIN}};
	const struct json *list = json_get(opened->data, "roles");
	const char *control = json_text(opened->data, "control");

	page_heading(r->page, 2, gettext("Roles"));
	page_table(r->page, columns, 4);
	for (const struct json *role = list ? list->child : NULL; role; role = role->next) {
		const struct json *count = json_get(role, "count");
		struct bytes seats = {0}, quorum = {0};
		if (count && count->type == JSON_OBJECT)
			bytes_printf(&seats, "%lld - %lld", (long long)json_number(count, "minimum", 0),
			        (long long)json_number(count, "maximum", 0));
		else
			bytes_printf(&seats, "%lld", (long long)json_number(role, "count", 0));
		if (json_number(role, "quorum", 0))
			bytes_printf(&quorum, "%lld", (long long)json_number(role, "quorum", 0));
		else
			bytes_text(&quorum, "-");
		const char *cells[] = {report_role(role->key), bytes_string(&seats), bytes_string(&quorum),
		        control && !strcmp(control, role->key) ? gettext("yes") : "-"};
		page_row(r->page, cells);
		bytes_free(&seats);
		bytes_free(&quorum);
	}
	const struct json *sets = json_get(opened->data, "exclusive");
	for (const struct json *set = sets ? sets->child : NULL; set; set = set->next) {
		struct bytes text = {0};
		for (const struct json *role = set->child; role; role = role->next)
			bytes_printf(&text, "%s%s", text.len ? ", " : "", report_role(role->text));
		report_pair(r->page, gettext("Nobody holds two of"), "%s", bytes_string(&text));
		bytes_free(&text);
	}
}

void report_participants(struct report *r)
{
	const struct page_column columns[] = {{gettext("Name"), 17, PAGE_PLAIN},
	        {gettext("Organisation or citizenship"), 17, PAGE_PLAIN}, {gettext("Role"), 12, PAGE_PLAIN},
	        {gettext("How identity was checked"), 17, PAGE_PLAIN}, {gettext("Key"), 21, PAGE_FIXED},
	        {gettext("Present (UTC)"), 16, PAGE_PLAIN}};
	const struct entry *person;

	if (!r->reach)
		return;
	page_heading(r->page, 1, gettext("Participants"));
	page_table(r->page, columns, 6);
	for (size_t at = 0; (person = person_next(r, &at));) {
		const struct json *d = person->data;
		struct bytes when = {0}, key = {0};
		presence(r, json_text(d, "person"), &when);
		if (cosigned(r, json_text(d, "person")))
			bytes_printf(&when, "\n%s", gettext("signed the end"));
		bytes_text(&key, json_text(d, "vkey"));
		const char *cells[] = {json_text(d, "name"), json_text(d, "organisation"),
		        report_role(json_text(d, "role")), json_text(d, "identity"), bytes_string(&key),
		        bytes_string(&when)};
		page_row(r->page, cells);
		bytes_free(&when);
		bytes_free(&key);
	}
	page_paragraph(
	        r->page, gettext("Each proved the key by a signature at roll call; what a person says of themselves, "
	                         "and how it was checked, is as it was typed there."));
	roles(r, report_entry(r, 0));
}

void report_signatures(struct report *r)
{
	const struct page_column fields[] = {{gettext("Signature"), 40, PAGE_PLAIN}, {gettext("Date"), 22, PAGE_PLAIN},
	        {gettext("Time"), 18, PAGE_PLAIN}, {gettext("Time zone"), 20, PAGE_PLAIN}};
	const struct entry *person;

	if (!r->reach)
		return;
	page_break(r->page);
	page_heading(r->page, 1, gettext("Signatures"));
	page_paragraph(r->page,
	        r->fails ? gettext("This record does not hold. Who signs here confirms only to have been present, and "
	                           "to have "
	                           "read this paper.")
	                 : gettext("Who signs here confirms to have been present in the role named, that the ceremony "
	                           "went as "
	                           "it is printed here with the exceptions that are noted, and that the root at the "
	                           "foot "
	                           "of every page is the one that was read aloud at its end."));
	for (size_t at = 0; (person = person_next(r, &at));) {
		const struct json *d = person->data;
		struct bytes caption = {0};
		bytes_printf(&caption, "%s   %s   %s", json_text(d, "name"), report_role(json_text(d, "role")),
		        json_text(d, "organisation"));
		page_blanks(r->page, bytes_string(&caption), fields, 4);
		bytes_free(&caption);
	}
}
