#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "steps/ceremony.h"

int journal_add(struct journal *j, const struct entry *entry, const char *act, struct error *e)
{
	if (j->count == j->room) {
		size_t room = j->room ? j->room * 2 : 16;
		struct kept *kept = realloc(j->kept, room * sizeof(*kept));
		if (!kept)
			return error_memory(e);
		j->kept = kept;
		j->room = room;
	}
	struct kept *k = &j->kept[j->count];
	memset(k, 0, sizeof(*k));
	if (entry->event == ACT_DONE || entry->event == ACT_FAILED)
		snprintf(k->act, sizeof(k->act), "%s", act);
	k->doc = json_doc_new();
	bytes_add(&k->line, entry->line, entry->len);
	if (!k->doc || bytes_end(&k->line, e) < 0 ||
	        entry_parse(k->doc, (const char *)k->line.data, k->line.len, &k->entry, e) < 0) {
		bool memory = !k->doc;
		json_doc_free(&k->doc);
		bytes_free(&k->line);
		return memory ? error_memory(e) : -1;
	}
	j->count++;
	return 0;
}

void journal_clear(struct journal *j)
{
	for (size_t i = 0; i < j->count; i++) {
		json_doc_free(&j->kept[i].doc);
		bytes_free(&j->kept[i].line);
	}
	free(j->kept);
	memset(j, 0, sizeof(*j));
}

static bool names(const struct kept *kept, enum event event, const char *what)
{
	const struct entry *entry = &kept->entry;
	if (entry->event != event)
		return false;
	if (!what)
		return true;
	const char *is = json_text(entry->data, "what");
	if (!is)
		is = json_text(entry->data, "name");
	if (!is)
		is = json_text(entry->data, "act");
	if (!is)
		is = kept->act;
	return !strcmp(is, what);
}

const struct entry *journal_find(const struct journal *j, enum event event, const char *what)
{
	for (size_t i = j->count; i-- > 0;)
		if (names(&j->kept[i], event, what))
			return &j->kept[i].entry;
	return NULL;
}

unsigned journal_count(const struct journal *j, enum event event, const char *what)
{
	unsigned n = 0;
	for (size_t i = 0; i < j->count; i++)
		n += names(&j->kept[i], event, what);
	return n;
}
