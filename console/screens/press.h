/* Keys, from the bytes a terminal sends. Read byte by byte by ourselves rather than through curses: a secret that is
 * typed must not stay in a queue that nobody wipes, and an escape sequence that is not known (a wrong TERM) has to be
 * swallowed whole. */
#ifndef SCREENS_PRESS_H
#define SCREENS_PRESS_H

#include <stdbool.h>
#include <stdint.h>

enum press_kind {
	PRESS_NONE,
	PRESS_TEXT, /* one character, in `text` */
	PRESS_ENTER,
	PRESS_ESCAPE,
	PRESS_TAB,
	PRESS_BACKTAB,
	PRESS_UP,
	PRESS_DOWN,
	PRESS_LEFT,
	PRESS_RIGHT,
	PRESS_PAGE_UP,
	PRESS_PAGE_DOWN,
	PRESS_HOME,
	PRESS_END,
	PRESS_BACKSPACE,
	PRESS_KILL,      /* Ctrl-U: the whole entry */
	PRESS_REDRAW,    /* Ctrl-L */
	PRESS_FUNCTION,  /* F1 to F12 in `number`; Alt-1 to Alt-9 are F1 to F9, Alt-0 is F9 too: the menu */
	PRESS_INTERRUPT, /* Ctrl-C, Ctrl-Z, Ctrl-\ */
	PRESS_PASTED     /* a paste has ended */
};

struct press {
	enum press_kind kind;
	unsigned number;
	char text[5]; /* UTF-8, ends in NUL */
	unsigned len;
	bool pasted; /* came within a bracketed paste */
};

enum { PRESS_SEQUENCE_MAX = 16, PRESS_WAIT_MS = 100 };

struct keyboard {
	enum {
		KEYBOARD_GROUND,
		KEYBOARD_ESCAPE,
		KEYBOARD_CSI,
		KEYBOARD_CONSOLE,
		KEYBOARD_SS3,
		KEYBOARD_STRING,
		KEYBOARD_UTF8
	} state;
	char sequence[PRESS_SEQUENCE_MAX];
	unsigned len, want;
	bool pasting;
};

/* Takes one byte. True when it completes a key, which is then in `out`. */
bool keyboard_byte(struct keyboard *k, uint8_t byte, struct press *out);
/* Is a sequence or a paste unfinished? Then keyboard_timeout() is due after PRESS_WAIT_MS of silence. */
bool keyboard_waits(const struct keyboard *k);
/* Nothing more came: a lone Esc is the key Esc; half of anything else is dropped. */
bool keyboard_timeout(struct keyboard *k, struct press *out);

#endif
