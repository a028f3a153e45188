/* What is typed into the fields of a prompt, before it is an answer. Knows no terminal and no engine. */
#ifndef SCREENS_FORM_H
#define SCREENS_FORM_H

#include "screens/flow.h"
#include "screens/press.h"
#include "steps/prompt.h"

enum { FORM_NOTHING_CHOSEN = -1, FORM_SHARE_WORDS = 20 };

struct entry {
	struct bytes text;     /* FIELD_TEXT, FIELD_WORD */
	struct secret *secret; /* FIELD_SECRET, FIELD_SHARE: guarded from the first byte */
	long choice;           /* FIELD_CHOICE: index, or FORM_NOTHING_CHOSEN */
	size_t choices;        /* how many there were to choose from */
	bool given;            /* the self-playing rehearsal holds this secret: shown as filled in */
};

struct form {
	const struct prompt *prompt; /* borrowed */
	struct entry *entry;
	size_t fields, now; /* now: the field that is typed into; == fields when there is none */
	unsigned page;
	struct error error; /* why the last key did not go on; code ERROR_NONE: nothing to say */
};

enum form_step {
	FORM_STAY,
	FORM_GIVE, /* every page is complete */
	FORM_BACK  /* Esc on the first page: out of the form */
};

struct form *form_new(const struct prompt *p, struct error *e);
void form_free(struct form **f); /* wipes */
/* The prompt was made anew in another language: keeps what was typed. The fields must be the same. */
void form_follow(struct form *f, const struct prompt *p);
enum form_step form_press(struct form *f, const struct press *key);
/* Moves the entries into an answer. Secrets leave the form. 0 or -1 (no memory). */
int form_answer(struct form *f, struct answer *a);
/* The answer was refused: shares that it still holds come back to be corrected; other secrets are wiped and typed anew.
 */
void form_take_back(struct form *f, struct answer *a, const struct error *why);
/* Shows an answer that is not typed by people. */
void form_show_answer(struct form *f, const struct answer *a);
unsigned form_pages(const struct form *f);
void form_page_show(struct form *f, unsigned page);
/* The rows of the page that is filled in. */
void form_flow(const struct form *f, unsigned width, struct flow *out);

/* One share being typed: words in guarded memory, the last one open. */
enum form_step share_press(struct form *f, const struct field *field, struct secret *words, const struct press *key);
unsigned share_words(const struct secret *words); /* the open one included when it has a letter */
const uint8_t *share_open_word(const struct secret *words, size_t *len); /* the one that is visible */

#endif
