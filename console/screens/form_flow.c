/* A form as rows of text. */
#include "screens/form.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "screens/say.h"

enum { CHOICES_SHOWN = 9, LABEL_BESIDE = 32 };

static void choice_say(struct bytes *out, const struct choice *c)
{
	if (c->label.id)
		say_message(out, &c->label);
	else
		bytes_text(out, c->value);
	if (c->detail && *c->detail) {
		bytes_text(out, "  ");
		say_role(out, c->detail);
	}
}

static void choice_flow(
        const struct field *field, const struct entry *entry, bool now, unsigned width, struct flow *out)
{
	size_t wanted = entry->choice > 0 ? (size_t)entry->choice : 0;
	size_t first = flow_first(field->choices, CHOICES_SHOWN, wanted);

	if (!now && entry->choice == FORM_NOTHING_CHOSEN)
		return; /* its turn comes: until then the document needs the rows */
	for (size_t i = first; i < field->choices && i < first + CHOICES_SHOWN; i++) {
		bool chosen = entry->choice == (long)i;
		struct bytes text = {0};
		char lead[32];

		/* Where typing is elsewhere, what was chosen is enough. */
		if (!now && !chosen)
			continue;
		snprintf(lead, sizeof(lead), "%s %zu ", chosen ? ">" : " ", i + 1);
		choice_say(&text, &field->choice[i]);
		flow_add(out, chosen ? (now ? FLOW_CHOSEN : FLOW_NOW) : FLOW_PLAIN, width, lead, bytes_string(&text));
		if (chosen && now)
			flow_cursor_here(out);
		bytes_free(&text);
	}
}

static void share_flow(const struct field *field, const struct entry *entry, bool now, unsigned width, struct flow *out)
{
	unsigned words = entry->secret ? share_words(entry->secret) : 0, open;
	struct bytes text = {0};
	const char *word = NULL;
	const uint8_t *typed = NULL;
	size_t len = 0;

	if (entry->given || !entry->secret) {
		flow_add(out, FLOW_ENTRY, width, "  ", _("(typed, hidden)"));
		return;
	}
	if (entry->secret->len > 0)
		typed = share_open_word(entry->secret, &len);
	/* The word that is open: the last one typed, or the one that comes next. */
	open = len > 0 || words == 0 ? (words ? words : 1) : words + 1;
	bytes_printf(&text, _("Word %u of %u"), open > FORM_SHARE_WORDS && len == 0 ? FORM_SHARE_WORDS : open,
	        FORM_SHARE_WORDS);
	flow_add(out, FLOW_PLAIN, width, "  ", bytes_string(&text));
	bytes_clear(&text);
	for (unsigned i = 1; i < open; i++)
		bytes_printf(&text, "%u:**** ", i);
	if (text.len > 0)
		flow_add(out, FLOW_DIM, width, "  ", bytes_string(&text));
	bytes_clear(&text);
	bytes_printf(&text, "> %u: ", open);
	flow_add(out, FLOW_ENTRY, width, bytes_string(&text), "");
	flow_secret_here(out, typed, len);
	if (now) {
		flow_cursor_here(out);
		out->cursor_column += (unsigned)len;
	}
	if (len > 0 && field->complete)
		word = field->complete((const char *)typed, len);
	bytes_clear(&text);
	if (word && strlen(word) > len)
		bytes_printf(&text, "  %s ", _("The space bar takes:"));
	else if (words >= FORM_SHARE_WORDS)
		bytes_text(&text, _("All the words are typed; Enter gives the share."));
	else if (len >= 4 && !word)
		bytes_text(&text, _("No word of the list begins like this."));
	/* What stands before the word keeps its blank; a text of its own would lose it at the row's end. */
	if (word && strlen(word) > len)
		flow_add(out, FLOW_DIM, width, bytes_string(&text), "");
	else
		flow_add(out, FLOW_DIM, width, "  ", bytes_string(&text));
	if (word && strlen(word) > len)
		flow_secret_here(out, word, strlen(word));
	bytes_free(&text);
}

static const char *entry_shown(const struct field *field, const struct entry *entry)
{
	if (field->kind != FIELD_SECRET)
		return bytes_string(&entry->text);
	/* Always the same mark: its length would tell. */
	return entry->given || (entry->secret && entry->secret->len > 0) ? _("(typed, hidden)") : "";
}

static bool label_ends_itself(const char *label)
{
	static const char *const ends[] = {"?", ":", "？", "："};
	size_t len = strlen(label);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (len >= strlen(ends[i]) && strcmp(label + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

/* "Type the word" says no more than the row below it, which names the word. */
static bool label_is_word(const struct field *field)
{
	return field->kind == FIELD_WORD && field->word && field->label.id &&
	       strcmp(field->label.id, "Type the word") == 0;
}

/* A short label and its entry share a row. */
static void entry_flow(const struct field *field, const struct entry *entry, const char *label, bool now,
        unsigned width, struct flow *out)
{
	unsigned cells = text_cells(label, strlen(label));
	struct bytes lead = {0};
	bool beside = cells <= LABEL_BESIDE && field->kind != FIELD_WORD;

	bytes_text(&lead, now ? "> " : "  ");
	if (beside)
		bytes_printf(&lead, label_ends_itself(label) ? "%s " : "%s: ", label);
	else if (!label_is_word(field))
		flow_add(out, now ? FLOW_NOW : FLOW_PLAIN, width, NULL, label);
	if (field->kind == FIELD_WORD && field->word) {
		struct bytes word = {0};

		bytes_printf(&word, _("Type this word: %s"), field->word);
		if (label_is_word(field))
			flow_add(out, now ? FLOW_NOW : FLOW_PLAIN, width, NULL, bytes_string(&word));
		else
			flow_add(out, FLOW_HEADING, width, "  ", bytes_string(&word));
		bytes_free(&word);
	}
	flow_add(out, now ? (beside ? FLOW_NOW : FLOW_ENTRY) : FLOW_PLAIN, width, bytes_string(&lead),
	        entry_shown(field, entry));
	if (now)
		flow_cursor_here(out);
	bytes_free(&lead);
}

static void field_flow(const struct form *f, size_t i, unsigned width, struct flow *out)
{
	const struct field *field = &f->prompt->field[i];
	struct bytes label = {0};
	bool now = i == f->now;

	say_message(&label, &field->label);
	if (!field->label.id)
		bytes_text(&label, field->name);
	if (field->optional)
		bytes_printf(&label, " %s", _("(may stay empty)"));
	if (field->kind == FIELD_CHOICE || field->kind == FIELD_SHARE) {
		flow_add(out, now ? FLOW_NOW : FLOW_PLAIN, width, NULL, bytes_string(&label));
		if (field->kind == FIELD_CHOICE)
			choice_flow(field, &f->entry[i], now, width, out);
		else
			share_flow(field, &f->entry[i], now, width, out);
	} else {
		entry_flow(field, &f->entry[i], bytes_string(&label), now, width, out);
	}
	bytes_free(&label);
}

void form_flow(const struct form *f, unsigned width, struct flow *out)
{
	struct bytes text = {0};

	if (form_pages(f) > 1) {
		bytes_printf(&text, _("Page %u of %u"), f->page + 1, form_pages(f));
		flow_add(out, FLOW_DIM, width, NULL, bytes_string(&text));
	}
	if (f->error.message.id) {
		bytes_clear(&text);
		say_message(&text, &f->error.message);
		flow_add(out, FLOW_WARNING, width, "! ", bytes_string(&text));
	}
	bytes_free(&text);
	for (size_t i = 0; i < f->fields; i++)
		if (f->prompt->field[i].page == f->page)
			field_flow(f, i, width, out);
}
