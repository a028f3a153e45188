/* One field as a question. */
#include "screens/plain.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/print.h"
#include "base/text.h"
#include "screens/say.h"

enum { SECRET_ROOM = 1024 };

void plain_say(const struct message *m)
{
	struct bytes text = {0};

	say_message(&text, m);
	print_out("%s\n", bytes_string(&text));
	bytes_free(&text);
}

void plain_error(const struct error *e)
{
	print_out("! ");
	plain_say(&e->message);
}

static void question_print(const struct field *f)
{
	if (f->label.id)
		plain_say(&f->label);
	else
		print_out("%s\n", f->name);
	for (size_t i = 0; f->kind == FIELD_CHOICE && i < f->choices; i++) {
		struct bytes label = {0};

		if (f->choice[i].label.id)
			say_message(&label, &f->choice[i].label);
		print_out("  %zu  %s%s%s", i + 1, f->choice[i].value, label.len ? ": " : "", bytes_string(&label));
		bytes_clear(&label);
		if (f->choice[i].detail)
			say_role(&label, f->choice[i].detail);
		print_out("%s%s\n", label.len ? "  " : "", bytes_string(&label));
		bytes_free(&label);
	}
	if (f->kind == FIELD_WORD) {
		print_out(_("Type this word: %s"), f->word);
		print_out("\n");
	}
	if (f->kind == FIELD_SHARE)
		print_out("%s\n",
		        _("Type all the words in one line; four letters of each are enough. They are not shown."));
	print_out("%s", "> ");
}

/* "2" or the value itself. */
static const char *choice_find(const struct field *f, const char *line)
{
	char *end;
	unsigned long number = strtoul(line, &end, 10);

	for (size_t i = 0; i < f->choices; i++)
		if (strcmp(f->choice[i].value, line) == 0)
			return line;
	if (isdigit((unsigned char)line[0]) && *end == '\0' && number >= 1 && number <= f->choices)
		return f->choice[number - 1].value;
	return line;
}

/* One word of the typed line, made whole where its beginning is unique. */
static int share_word_add(const struct field *f, struct secret *out, const char *word, size_t len)
{
	const char *whole = f->complete ? f->complete(word, len) : NULL;

	if (out->len > 0 && secret_text(out, " ") < 0)
		return -1;
	return whole ? secret_text(out, whole) : secret_add(out, word, len);
}

/* Words in lower case with one blank between them. All of it stays in guarded memory. */
static struct secret *share_normalise(const struct field *f, struct secret **typed, struct error *e)
{
	struct secret *out = secret_new(SECRET_ROOM, e);
	char *text = (char *)(*typed)->data;
	size_t at = 0, len = (*typed)->len;
	int result = 0;

	for (size_t i = 0; i < len; i++)
		text[i] = (char)tolower((unsigned char)text[i]);
	while (out && result == 0 && at < len) {
		size_t word = 0;

		while (at < len && text[at] == ' ')
			at++;
		while (at + word < len && text[at + word] != ' ')
			word++;
		if (word > 0)
			result = share_word_add(f, out, text + at, word);
		at += word;
	}
	secret_free(typed);
	if (result < 0) {
		secret_free(&out);
		error_set(e, ERROR_FAULT, "A share has no more words than this.");
	}
	return out;
}

/* Takes what was typed into the answer. -1: does not fit, and `e` says why. */
static int entry_take(
        const struct field *f, struct answer *a, struct bytes *text, struct secret **secret, bool cut, struct error *e)
{
	const char *value;

	if (cut)
		return error_set(e, ERROR_FAULT, "The entry is too long; type it anew.");
	if (*secret) {
		if (f->kind == FIELD_SHARE)
			*secret = share_normalise(f, secret, e);
		if (!*secret || field_check(f, (const char *)(*secret)->data, e) < 0)
			return -1;
		return answer_set_secret(a, f->name, secret) < 0 ? error_memory(e) : 0;
	}
	value = bytes_string(text);
	if (f->kind == FIELD_CHOICE)
		value = choice_find(f, value);
	if (bytes_end(text, e) < 0 || field_check(f, value, e) < 0)
		return -1;
	return answer_set_text(a, f->name, value) < 0 ? error_memory(e) : 0;
}

enum plain_line plain_field(struct plain *p, const struct field *f, struct answer *a, bool commands)
{
	bool hidden = f->kind == FIELD_SECRET || f->kind == FIELD_SHARE, cut = false, fits = false;
	enum plain_line result = PLAIN_LINE;
	struct bytes text = {0};

	while (!fits && result == PLAIN_LINE) {
		struct error e = {0};
		struct secret *secret = hidden ? secret_new(SECRET_ROOM, &e) : NULL;

		if (hidden && !secret) {
			plain_error(&e);
			p->lost = true;
			result = PLAIN_LOST;
			break;
		}
		question_print(f);
		result = plain_ask(p, &text, secret, commands, &cut);
		if (result == PLAIN_LINE) {
			fits = entry_take(f, a, &text, &secret, cut, &e) == 0;
			if (!fits) {
				secret_free(&secret);
				plain_error(&e);
			}
		}
		secret_free(&secret);
	}
	bytes_free(&text);
	return result;
}
