/* What the ceremony asks of people, and what they answer: the only words between the engine and who reads and types.
 * Three readers: the ncurses screens, plain lines, and the self-playing rehearsal. */
#ifndef STEPS_PROMPT_H
#define STEPS_PROMPT_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/message.h"
#include "base/secret.h"

enum prompt_kind {
	PROMPT_ACKNOWLEDGE, /* a text was read aloud; somebody types the shown word */
	PROMPT_FORM,        /* roll call, values: fields */
	PROMPT_OBSERVE, /* one value typed by two people, each on a page of their own; the first entry is not shown to
	                   the second */
	PROMPT_APPROVE, /* the whole proposal as lines; who, passphrase; may be refused */
	PROMPT_SHARE_SHOW,  /* one share for one person's eyes: lines are its words, twenty, a page of ten at a time */
	PROMPT_SHARE_ENTER, /* one share typed in full by one person */
	PROMPT_SECRET,      /* a PIN or a half of it, or a passphrase for a presence or closing signature */
	PROMPT_CODE,        /* a QR code with hash and words */
	PROMPT_DECIDE       /* what to do after a failure: choices */
};

enum field_kind {
	FIELD_TEXT,   /* NFC text of one line, at most `max` bytes; `pattern`, an anchored POSIX ERE, if set */
	FIELD_WORD,   /* must be typed exactly as `word`, which is shown */
	FIELD_CHOICE, /* one of `choice[]`, picked with the arrows or by number */
	FIELD_SECRET, /* masked, no length shown, no paste, no history */
	FIELD_SHARE   /* SHARE words, masked but for the word being typed; completion through `complete` */
};

struct choice {
	char *value;          /* what the answer holds */
	struct message label; /* shown; id NULL: the value itself */
	char *detail;         /* shown behind it (a person's real name), or NULL */
};

struct field {
	const char *name; /* the answer is found by it; unique in the prompt */
	struct message label;
	enum field_kind kind;
	unsigned page; /* from 0; pages are filled in order; what stands on an earlier page is hidden when `private` */
	bool private;  /* the entry is not shown once its page is left */
	struct choice *choice;
	size_t choices;
	char *word, *pattern, *example; /* example: what the self-playing rehearsal types or picks */
	size_t max;                     /* bytes of the entry */
	bool optional;
	const char *(*complete)(
	        const char *prefix, size_t len); /* FIELD_SHARE: the only word with that beginning, or NULL */
};

enum line_style {
	LINE_PLAIN,
	LINE_HEADING,
	LINE_WARNING,
	LINE_FIXED /* data: no translation, may be cut between any two characters */
};
struct line {
	enum line_style style;
	struct message message; /* to be translated; id NULL: `text` as it is */
	char *text;
};

struct prompt {
	uint64_t id; /* never used again in this run */
	enum prompt_kind kind;
	struct message title; /* what is asked, short: "Acknowledge", "Approve: generate-key" */
	struct message actor; /* whose turn: "Custodian", "Administrator"; id NULL: the whole room */
	char *person;         /* NAME when it is one person's turn alone, else NULL */
	char *card; /* PROMPT_SHARE_SHOW, PROMPT_SHARE_ENTER: SECRET.SET, what the card of such a share is marked with;
	               NULL: not known */
	char *say;  /* the script's instruction in the chosen language, or NULL */
	struct line *line; /* the document: proposal, certificate, faults */
	size_t lines;
	bool see_all; /* the answer counts only with seen_all */
	struct field *field;
	size_t fields;
	struct secret *share;    /* PROMPT_SHARE_SHOW: the words; owned by the prompt, wiped with it */
	struct bytes code;       /* PROMPT_CODE: the payload of the QR code */
	uint8_t code_sha256[32]; /* shown beside it in hex and words */
	char **going;            /* NAMEs of who is to leave the room (ANSWER_LEAVE) before this can be done */
	size_t going_count;
	bool refusable; /* PROMPT_APPROVE: ANSWER_REFUSE is taken, with the field "reason" */
	bool alone;     /* others are asked to look away; the screen and scrollback are cleared after */
	bool waits;     /* not final: a signature more is wanted; shows `signed_by` */
	char **signed_by;
	size_t signed_count;
	unsigned need; /* signatures wanted in all; 0: does not apply */
};

enum answer_action {
	ANSWER_GIVE,      /* the form is complete */
	ANSWER_REFUSE,    /* of an approval: values "person", "reason" */
	ANSWER_EXCEPTION, /* F2: values "person", "text"; the prompt stays */
	ANSWER_PAUSE,     /* F10 or a lost terminal: values "person", "reason"; the run ends with the record as it is */
	ANSWER_AMEND,     /* F7: a new script: values "person", "file" (its path), "reason"; the prompt is made anew */
	ANSWER_LEAVE      /* F3: somebody leaves the room: values "person", "reason"; the prompt stays */
};
struct answer_value {
	const char *name;      /* the field's */
	char *text;            /* owned by the answer; NULL for secrets */
	struct secret *secret; /* owned by the answer; moved out by the engine */
};
struct answer {
	uint64_t prompt; /* the id it answers; another one is refused */
	enum answer_action action;
	bool seen_all; /* every line was shown */
	struct answer_value *value;
	size_t values;
};

void prompt_free(struct prompt **p);
/* An answer to `p` with a place for every field, empty. NULL: no memory. */
struct answer *answer_new(const struct prompt *p);
/* Sets a field's text (copied) or secret (moved); adds a value of that name when the prompt has no such field. -1: no
 * memory. */
int answer_set_text(struct answer *a, const char *name, const char *text);
int answer_set_secret(struct answer *a, const char *name, struct secret **secret);
const char *answer_text(const struct answer *a, const char *name);     /* "" when not there */
struct secret *answer_take_secret(struct answer *a, const char *name); /* moved out; NULL when not there */
void answer_free(struct answer **a);                                   /* wipes */
/* Does an entry fit its field (word, pattern, choice, length, NFC)? -1 with `e`. Secrets: not empty. Shares:
 * share_check by the engine. */
int field_check(const struct field *f, const char *text, struct error *e);

#endif
