#include "screens/form.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { ENTRY_MAX = 4096, SECRET_ROOM = 1024 };

static bool field_is_secret(const struct field *f)
{
	return f->kind == FIELD_SECRET || f->kind == FIELD_SHARE;
}

static void entry_clear(struct entry *e)
{
	if (e->secret)
		secret_clear(e->secret);
	bytes_clear(&e->text);
	e->choice = FORM_NOTHING_CHOSEN;
	e->given = false;
}

static size_t page_first(const struct form *f, unsigned page)
{
	size_t i = 0;

	while (i < f->fields && f->prompt->field[i].page != page)
		i++;
	return i;
}

/* The next field of the page that is shown after (step 1) or before (step -1) `from`; `from` itself when there is none.
 */
static size_t page_next(const struct form *f, size_t from, int step)
{
	for (size_t i = from + (size_t)step; i < f->fields; i += (size_t)step)
		if (f->prompt->field[i].page == f->page)
			return i;
	return from;
}

unsigned form_pages(const struct form *f)
{
	unsigned last = 0;

	for (size_t i = 0; i < f->fields; i++)
		if (f->prompt->field[i].page > last)
			last = f->prompt->field[i].page;
	return last + 1;
}

void form_page_show(struct form *f, unsigned page)
{
	f->page = page;
	f->now = page_first(f, page);
}

struct form *form_new(const struct prompt *p, struct error *e)
{
	struct form *f = calloc(1, sizeof(*f));

	if (!f)
		goto memory;
	f->prompt = p;
	f->fields = p->fields;
	f->entry = calloc(p->fields ? p->fields : 1, sizeof(*f->entry));
	if (!f->entry)
		goto memory;
	for (size_t i = 0; i < p->fields; i++) {
		const struct field *field = &p->field[i];

		f->entry[i].choice = field->kind == FIELD_CHOICE && field->choices == 1 ? 0 : FORM_NOTHING_CHOSEN;
		f->entry[i].choices = field->choices;
		if (field_is_secret(field) && !(f->entry[i].secret = secret_new(SECRET_ROOM, e))) {
			form_free(&f);
			return NULL;
		}
	}
	form_page_show(f, 0);
	return f;
memory:
	form_free(&f);
	error_memory(e);
	return NULL;
}

void form_free(struct form **f)
{
	struct form *gone = *f;

	*f = NULL;
	if (!gone)
		return;
	for (size_t i = 0; gone->entry && i < gone->fields; i++)
		secret_free(&gone->entry[i].secret);
	for (size_t i = 0; gone->entry && i < gone->fields; i++)
		bytes_free(&gone->entry[i].text);
	free(gone->entry);
	free(gone);
}

void form_follow(struct form *f, const struct prompt *p)
{
	if (p->fields != f->fields)
		return;
	f->prompt = p;
	/* A choice is a number: among other choices it would be somebody else. */
	for (size_t i = 0; i < f->fields; i++) {
		if (f->entry[i].choices != p->field[i].choices)
			f->entry[i].choice = FORM_NOTHING_CHOSEN;
		f->entry[i].choices = p->field[i].choices;
	}
}

static const char *entry_text(const struct form *f, size_t i)
{
	const struct field *field = &f->prompt->field[i];
	const struct entry *entry = &f->entry[i];

	if (field_is_secret(field))
		return entry->secret ? (const char *)entry->secret->data : "";
	if (field->kind == FIELD_CHOICE)
		return entry->choice >= 0 && (size_t)entry->choice < field->choices ? field->choice[entry->choice].value
		                                                                    : "";
	return bytes_string(&entry->text);
}

static int entry_check(struct form *f, size_t i)
{
	f->error = (struct error){0};
	if (field_check(&f->prompt->field[i], entry_text(f, i), &f->error) == 0)
		return 0;
	f->now = i;
	return -1;
}

/* Enter: this field must be right, then the next one, the next page, and at last the answer. */
static enum form_step form_enter(struct form *f)
{
	size_t next;

	if (f->now >= f->fields)
		return FORM_GIVE;
	if (entry_check(f, f->now) < 0)
		return FORM_STAY;
	next = page_next(f, f->now, 1);
	if (next != f->now) {
		f->now = next;
		return FORM_STAY;
	}
	for (size_t i = 0; i < f->fields; i++)
		if (f->prompt->field[i].page == f->page && entry_check(f, i) < 0)
			return FORM_STAY;
	for (unsigned page = f->page + 1; page < form_pages(f); page++)
		if (page_first(f, page) < f->fields) {
			form_page_show(f, page);
			return FORM_STAY;
		}
	return FORM_GIVE;
}

/* Esc: the page before. A private entry is never shown to who goes back: it is wiped and typed anew. */
static enum form_step form_back(struct form *f)
{
	unsigned page = f->page;

	while (page > 0 && page_first(f, page - 1) >= f->fields)
		page--;
	if (page == 0)
		return FORM_BACK;
	form_page_show(f, page - 1);
	for (size_t i = 0; i < f->fields; i++)
		if (f->prompt->field[i].private && f->prompt->field[i].page >= f->page)
			entry_clear(&f->entry[i]);
	return FORM_STAY;
}

static enum form_step choice_press(
        struct form *f, const struct field *field, struct entry *entry, const struct press *key)
{
	long last = (long)field->choices - 1, digit;

	switch (key->kind) {
	case PRESS_UP:
		entry->choice = entry->choice > 0 ? entry->choice - 1 : 0;
		break;
	case PRESS_DOWN:
		entry->choice = entry->choice < last ? entry->choice + 1 : last;
		break;
	case PRESS_TEXT:
		digit = key->len == 1 && key->text[0] >= '1' && key->text[0] <= '9' ? key->text[0] - '1' : last + 1;
		if (digit <= last)
			entry->choice = digit;
		break;
	case PRESS_ENTER:
		return form_enter(f);
	default:
		break;
	}
	return FORM_STAY;
}

static enum form_step text_press(
        struct form *f, const struct field *field, struct entry *entry, const struct press *key)
{
	size_t max = field->max && field->max < ENTRY_MAX ? field->max : ENTRY_MAX;

	switch (key->kind) {
	case PRESS_TEXT:
		if (entry->text.len + key->len <= max)
			bytes_add(&entry->text, key->text, key->len);
		break;
	case PRESS_BACKSPACE:
		while (entry->text.len > 0 && (entry->text.data[entry->text.len - 1] & 0xc0) == 0x80)
			entry->text.len--;
		if (entry->text.len > 0)
			entry->text.data[--entry->text.len] = '\0';
		break;
	case PRESS_KILL:
		bytes_clear(&entry->text);
		break;
	case PRESS_UP:
		f->now = page_next(f, f->now, -1);
		break;
	case PRESS_DOWN:
		f->now = page_next(f, f->now, 1);
		break;
	case PRESS_ENTER:
		return form_enter(f);
	default:
		break;
	}
	return FORM_STAY;
}

static enum form_step secret_press(struct form *f, struct secret *secret, const struct press *key)
{
	switch (key->kind) {
	case PRESS_TEXT:
		if (secret_add(secret, key->text, key->len) < 0)
			error_set(&f->error, ERROR_FAULT,
			        N_("The entry is too long; clear it with Ctrl-U and type it anew."));
		break;
	case PRESS_BACKSPACE:
		secret_backspace(secret);
		break;
	case PRESS_KILL:
		secret_clear(secret);
		break;
	case PRESS_UP:
		f->now = page_next(f, f->now, -1);
		break;
	case PRESS_DOWN:
		f->now = page_next(f, f->now, 1);
		break;
	case PRESS_ENTER:
		return form_enter(f);
	default:
		break;
	}
	return FORM_STAY;
}

/* What must come from a person's own fingers and eyes is not pasted: secrets, shown words, and what two people compare.
 */
static bool field_takes_paste(const struct form *f, const struct field *field)
{
	return field->kind == FIELD_TEXT && f->prompt->kind != PROMPT_OBSERVE;
}

static enum form_step field_press(struct form *f, const struct press *key)
{
	const struct field *field = &f->prompt->field[f->now];
	struct entry *entry = &f->entry[f->now];
	enum form_step step;

	if (key->pasted && !field_takes_paste(f, field)) {
		error_set(&f->error, ERROR_FAULT, N_("Pasted text is not taken here; type it."));
		return FORM_STAY;
	}
	switch (field->kind) {
	case FIELD_CHOICE:
		return choice_press(f, field, entry, key);
	case FIELD_SECRET:
		return secret_press(f, entry->secret, key);
	case FIELD_SHARE:
		step = share_press(f, field, entry->secret, key);
		return step == FORM_GIVE ? form_enter(f) : step;
	case FIELD_TEXT:
	case FIELD_WORD:
		return text_press(f, field, entry, key);
	}
	return FORM_STAY;
}

enum form_step form_press(struct form *f, const struct press *key)
{
	if (key->kind == PRESS_PASTED)
		return FORM_STAY;
	f->error = (struct error){0};
	if (key->kind == PRESS_ESCAPE)
		return form_back(f);
	if (f->now >= f->fields)
		return key->kind == PRESS_ENTER ? FORM_GIVE : FORM_STAY;
	if (key->kind == PRESS_TAB || key->kind == PRESS_BACKTAB) {
		f->now = page_next(f, f->now, key->kind == PRESS_TAB ? 1 : -1);
		return FORM_STAY;
	}
	return field_press(f, key);
}

int form_answer(struct form *f, struct answer *a)
{
	int result = 0;

	for (size_t i = 0; i < f->fields; i++) {
		const struct field *field = &f->prompt->field[i];

		if (!field_is_secret(field))
			result |= answer_set_text(a, field->name, entry_text(f, i));
		else
			result |= answer_set_secret(a, field->name, &f->entry[i].secret);
	}
	return result < 0 ? -1 : 0;
}

void form_take_back(struct form *f, struct answer *a, const struct error *why)
{
	bool placed = false;

	f->error = *why;
	for (size_t i = 0; i < f->fields; i++) {
		const struct field *field = &f->prompt->field[i];
		struct entry *entry = &f->entry[i];

		if (!field_is_secret(field))
			continue;
		secret_free(&entry->secret);
		entry->secret = answer_take_secret(a, field->name);
		if (entry->secret && field->kind == FIELD_SECRET)
			secret_clear(entry->secret);
		if (!entry->secret)
			entry->secret = secret_new(SECRET_ROOM, &f->error);
		if (field->page == f->page && !placed) {
			f->now = i;
			placed = true;
		}
	}
}

void form_show_answer(struct form *f, const struct answer *a)
{
	for (size_t i = 0; i < f->fields; i++) {
		const struct field *field = &f->prompt->field[i];
		const char *text = answer_text(a, field->name);

		if (field_is_secret(field)) {
			f->entry[i].given = true;
		} else if (field->kind == FIELD_CHOICE) {
			for (size_t c = 0; c < field->choices; c++)
				if (strcmp(field->choice[c].value, text) == 0)
					f->entry[i].choice = (long)c;
		} else {
			bytes_clear(&f->entry[i].text);
			bytes_text(&f->entry[i].text, text);
		}
	}
}
