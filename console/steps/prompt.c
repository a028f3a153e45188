#include "steps/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/match.h"
#include "base/text.h"

/* What a text field takes at most when its prompt does not say. */
enum { FIELD_MAX_DEFAULT = 256 };

static void choice_clear(struct choice *c)
{
	free(c->value);
	free(c->detail);
}

static void field_clear(struct field *f)
{
	for (size_t i = 0; i < f->choices; i++)
		choice_clear(&f->choice[i]);
	free(f->choice);
	free(f->word);
	free(f->pattern);
	free(f->example);
}

void prompt_free(struct prompt **p)
{
	struct prompt *gone = *p;

	*p = NULL;
	if (!gone)
		return;
	secret_free(&gone->share);
	free(gone->person);
	free(gone->card);
	free(gone->say);
	for (size_t i = 0; i < gone->lines; i++)
		free(gone->line[i].text);
	free(gone->line);
	for (size_t i = 0; i < gone->fields; i++)
		field_clear(&gone->field[i]);
	free(gone->field);
	bytes_free(&gone->code);
	for (size_t i = 0; i < gone->signed_count; i++)
		free(gone->signed_by[i]);
	free(gone->signed_by);
	for (size_t i = 0; i < gone->going_count; i++)
		free(gone->going[i]);
	free(gone->going);
	free(gone);
}

static struct answer_value *value_find(const struct answer *a, const char *name)
{
	for (size_t i = 0; i < a->values; i++)
		if (strcmp(a->value[i].name, name) == 0)
			return &a->value[i];
	return NULL;
}

/* Adds an empty value of that name. The name is copied: an answer outlives the prompt it was made for. */
static struct answer_value *value_add(struct answer *a, const char *name)
{
	struct answer_value *larger = reallocarray(a->value, a->values + 1, sizeof(*larger));
	char *copy;

	if (!larger)
		return NULL;
	a->value = larger;
	copy = strdup(name);
	if (!copy)
		return NULL;
	larger[a->values] = (struct answer_value){.name = copy};
	return &larger[a->values++];
}

static struct answer_value *value_get(struct answer *a, const char *name)
{
	struct answer_value *v = value_find(a, name);

	return v ? v : value_add(a, name);
}

struct answer *answer_new(const struct prompt *p)
{
	struct answer *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->prompt = p->id;
	for (size_t i = 0; i < p->fields; i++)
		if (!value_get(a, p->field[i].name)) {
			answer_free(&a);
			return NULL;
		}
	return a;
}

int answer_set_text(struct answer *a, const char *name, const char *text)
{
	struct answer_value *v = value_get(a, name);
	char *copy = strdup(text);

	if (!v || !copy) {
		free(copy);
		return -1;
	}
	secret_free(&v->secret);
	free(v->text);
	v->text = copy;
	return 0;
}

int answer_set_secret(struct answer *a, const char *name, struct secret **secret)
{
	struct answer_value *v = value_get(a, name);

	if (!v) {
		secret_free(secret);
		return -1;
	}
	secret_free(&v->secret);
	free(v->text);
	v->text = NULL;
	v->secret = secret_take(secret);
	return 0;
}

const char *answer_text(const struct answer *a, const char *name)
{
	const struct answer_value *v = value_find(a, name);

	return v && v->text ? v->text : "";
}

struct secret *answer_take_secret(struct answer *a, const char *name)
{
	struct answer_value *v = value_find(a, name);

	return v && v->secret ? secret_take(&v->secret) : NULL;
}

void answer_free(struct answer **a)
{
	struct answer *gone = *a;

	*a = NULL;
	if (!gone)
		return;
	for (size_t i = 0; i < gone->values; i++)
		secret_free(&gone->value[i].secret);
	for (size_t i = 0; i < gone->values; i++) {
		free((void *)gone->value[i].name);
		free(gone->value[i].text);
	}
	free(gone->value);
	free(gone);
}

/* The script's patterns are anchored whether or not they say so: part of an entry never counts. */
static int pattern_check(const char *pattern, const char *text, struct error *e)
{
	int matches = match_whole(pattern, text);

	if (matches == -2)
		return error_set(e, ERROR_INTERNAL,
		        "The pattern %s of this field is not an extended regular expression.", pattern);
	if (matches < 0)
		return error_memory(e);
	return matches ? 0
	               : error_set(e, ERROR_FAULT, "The entry does not have the form %s; look again and type it anew.",
	                         pattern);
}

static int text_check(const struct field *f, const char *text, struct error *e)
{
	size_t len = strlen(text), max = f->max ? f->max : FIELD_MAX_DEFAULT, used = 0;

	if (len > max)
		return error_set(e, ERROR_FAULT, "The entry is longer than %zu bytes; make it shorter.", max);
	if (!text_is_utf8(text, len))
		return error_set(e, ERROR_FAULT, "The entry is not valid UTF-8; type it anew.");
	for (size_t at = 0; at < len; at += used) {
		uint32_t code = text_next(text + at, len - at, &used);
		char name[16];

		if (!text_is_hidden(code))
			continue;
		snprintf(name, sizeof(name), "U+%04X", (unsigned)code);
		return error_set(e, ERROR_FAULT, "The entry holds the invisible character %s; type it anew.", name);
	}
	if (!text_is_nfc(text, len))
		return error_set(
		        e, ERROR_FAULT, "The entry holds a character in a decomposed form (not NFC); type it anew.");
	return f->pattern ? pattern_check(f->pattern, text, e) : 0;
}

static int choice_check(const struct field *f, const char *text, struct error *e)
{
	for (size_t i = 0; i < f->choices; i++)
		if (strcmp(f->choice[i].value, text) == 0)
			return 0;
	return error_set(e, ERROR_FAULT, "%s is none of the choices; pick one that is shown.", text);
}

int field_check(const struct field *f, const char *text, struct error *e)
{
	if (!text || !*text) {
		if (f->optional)
			return 0;
		if (f->kind == FIELD_CHOICE)
			return error_set(e, ERROR_FAULT, "Nothing is chosen yet; pick one of the choices.");
		return error_set(e, ERROR_FAULT, "Nothing was entered; this field must be filled in.");
	}
	switch (f->kind) {
	case FIELD_TEXT:
		return text_check(f, text, e);
	case FIELD_WORD:
		if (strcmp(f->word, text) != 0)
			return error_set(e, ERROR_FAULT, "That is not the word; type exactly %s.", f->word);
		return 0;
	case FIELD_CHOICE:
		return choice_check(f, text, e);
	case FIELD_SECRET:
	case FIELD_SHARE:
		return 0;
	}
	return error_set(e, ERROR_INTERNAL, "This field is of a kind that is not known.");
}
