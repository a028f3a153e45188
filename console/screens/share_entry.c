/* Typing one share: word after word, the open one visible, the others not; all of it in guarded memory. */
#include "screens/form.h"

#include <ctype.h>
#include <string.h>

enum { UNIQUE_LETTERS = 4 }; /* SLIP-0039: no two words of the list share their first four letters */

const uint8_t *share_open_word(const struct secret *words, size_t *len)
{
	size_t at = words->len;

	while (at > 0 && words->data[at - 1] != ' ')
		at--;
	*len = words->len - at;
	return words->data + at;
}

unsigned share_words(const struct secret *words)
{
	unsigned count = words->len > 0 && words->data[words->len - 1] != ' ';

	for (size_t i = 0; i < words->len; i++)
		count += words->data[i] == ' ';
	return count;
}

/* Makes the open word a whole one of the list. False, and an error, when it is none. */
static bool word_complete(struct form *f, const struct field *field, struct secret *words)
{
	size_t len;
	const char *open = (const char *)share_open_word(words, &len), *word;

	word = field->complete ? field->complete(open, len) : NULL;
	if (!word && field->complete) {
		error_set(&f->error, ERROR_FAULT,
		        len < UNIQUE_LETTERS ? N_("Word %u: more than one word of the list begins like this, or none; "
		                                  "type more letters.")
		                             : N_("Word %u is not in the list; look at it again."),
		        share_words(words));
		return false;
	}
	if (word && secret_text(words, word + len) < 0)
		return false;
	return true;
}

static void letter_add(struct form *f, const struct field *field, struct secret *words, char letter)
{
	size_t len;
	const char *open = (const char *)share_open_word(words, &len);
	const char *word = field->complete ? field->complete(open, len) : NULL;

	/* Four letters name the word: whoever types the rest of it all the same may do so, but nothing else. */
	if (word && len >= UNIQUE_LETTERS && word[len] != letter) {
		error_set(&f->error, ERROR_FAULT, N_("Word %u is already found; press the space bar for the next one."),
		        share_words(words));
		return;
	}
	if (!word && len >= UNIQUE_LETTERS) {
		error_set(&f->error, ERROR_FAULT, N_("Word %u is not in the list; look at it again."),
		        share_words(words));
		return;
	}
	if (secret_add(words, &letter, 1) < 0)
		error_set(&f->error, ERROR_FAULT, N_("A share has no more words than this."));
}

static enum form_step word_end(struct form *f, const struct field *field, struct secret *words, bool enter)
{
	size_t len;
	unsigned count;

	share_open_word(words, &len);
	if (len > 0 && !word_complete(f, field, words))
		return FORM_STAY;
	count = share_words(words);
	if (len > 0 && count != FORM_SHARE_WORDS) {
		if (secret_text(words, " ") < 0)
			error_set(&f->error, ERROR_FAULT, N_("A share has no more words than this."));
		return FORM_STAY;
	}
	if (count < FORM_SHARE_WORDS) {
		if (enter)
			error_set(&f->error, ERROR_FAULT, N_("Only %u words are typed; a share has twenty."), count);
		return FORM_STAY;
	}
	if (!enter)
		return FORM_STAY;
	if (len == 0)
		secret_backspace(words); /* the blank behind the last word is no part of the share */
	return FORM_GIVE;
}

enum form_step share_press(struct form *f, const struct field *field, struct secret *words, const struct press *key)
{
	switch (key->kind) {
	case PRESS_TEXT:
		if (key->len == 1 && isalpha((unsigned char)key->text[0]))
			letter_add(f, field, words, (char)tolower((unsigned char)key->text[0]));
		else if (key->len == 1 && key->text[0] == ' ')
			return word_end(f, field, words, false);
		return FORM_STAY;
	case PRESS_BACKSPACE: /* over the blank: back into the word before, which is visible again */
		secret_backspace(words);
		return FORM_STAY;
	case PRESS_KILL:
		secret_clear(words);
		return FORM_STAY;
	case PRESS_ENTER:
		return word_end(f, field, words, true);
	default:
		return FORM_STAY;
	}
}
