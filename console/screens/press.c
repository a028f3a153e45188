#include "screens/press.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

static bool press_key(struct press *out, enum press_kind kind, unsigned number)
{
	out->kind = kind;
	out->number = number;
	return kind != PRESS_NONE;
}

/* Back to plain characters; what was collected is wiped, since it may be part of a secret. */
static void keyboard_ground(struct keyboard *k)
{
	wipe(k->sequence, sizeof(k->sequence));
	k->state = KEYBOARD_GROUND;
	k->len = k->want = 0;
}

static void keyboard_collect(struct keyboard *k, uint8_t byte)
{
	if (k->len < PRESS_SEQUENCE_MAX - 1)
		k->sequence[k->len] = (char)byte;
	k->len++;
}

static bool press_letter(struct press *out, char final)
{
	switch (final) {
	case 'A':
		return press_key(out, PRESS_UP, 0);
	case 'B':
		return press_key(out, PRESS_DOWN, 0);
	case 'C':
		return press_key(out, PRESS_RIGHT, 0);
	case 'D':
		return press_key(out, PRESS_LEFT, 0);
	case 'H':
		return press_key(out, PRESS_HOME, 0);
	case 'F':
		return press_key(out, PRESS_END, 0);
	case 'M':
		return press_key(out, PRESS_ENTER, 0);
	case 'P':
	case 'Q':
	case 'R':
	case 'S':
		return press_key(out, PRESS_FUNCTION, (unsigned)(final - 'P') + 1);
	case 'Z':
		return press_key(out, PRESS_BACKTAB, 0);
	default:
		return false;
	}
}

/* "CSI number ~", as VT220, xterm, rxvt, tmux and the Linux console send it. */
static bool press_number(struct keyboard *k, struct press *out, unsigned long number)
{
	static const uint8_t function[] = {[11] = 1,
	        [12] = 2,
	        [13] = 3,
	        [14] = 4,
	        [15] = 5,
	        [17] = 6,
	        [18] = 7,
	        [19] = 8,
	        [20] = 9,
	        [21] = 10,
	        [23] = 11,
	        [24] = 12};

	if (number < sizeof(function) && function[number])
		return press_key(out, PRESS_FUNCTION, function[number]);
	switch (number) {
	case 1:
	case 7:
		return press_key(out, PRESS_HOME, 0);
	case 4:
	case 8:
		return press_key(out, PRESS_END, 0);
	case 5:
		return press_key(out, PRESS_PAGE_UP, 0);
	case 6:
		return press_key(out, PRESS_PAGE_DOWN, 0);
	case 200:
		k->pasting = true;
		return false;
	case 201:
		k->pasting = false;
		return press_key(out, PRESS_PASTED, 0);
	default:
		return false;
	}
}

/* A whole control sequence: with a modifier (";") it is none of our keys. */
static bool keyboard_csi(struct keyboard *k, struct press *out, char final)
{
	bool plain = k->len == 0, digits = k->len > 0 && k->len < PRESS_SEQUENCE_MAX;

	for (unsigned i = 0; digits && i < k->len; i++)
		digits = k->sequence[i] >= '0' && k->sequence[i] <= '9';
	if (plain && final != 'M')
		return press_letter(out, final);
	if (digits && final == '~')
		return press_number(k, out, strtoul(k->sequence, NULL, 10));
	return false;
}

static bool keyboard_after_escape(struct keyboard *k, uint8_t byte, struct press *out)
{
	keyboard_ground(k);
	switch (byte) {
	case 0x1b:
		k->state = KEYBOARD_ESCAPE;
		return press_key(out, PRESS_ESCAPE, 0);
	case '[':
		k->state = KEYBOARD_CSI;
		return false;
	case 'O':
		k->state = KEYBOARD_SS3;
		return false;
	case ']':
	case 'P':
	case '_':
	case '^':
	case 'X':
		k->state = KEYBOARD_STRING;
		return false;
	default:
		if (byte < '0' || byte > '9')
			return false;
		return press_key(out, PRESS_FUNCTION, byte == '0' ? 9 : (unsigned)(byte - '0'));
	}
}

static bool keyboard_plain(struct keyboard *k, uint8_t byte, struct press *out)
{
	if (byte == 0x1b) {
		k->state = KEYBOARD_ESCAPE;
		return false;
	}
	if (byte >= 0x80) {
		k->want = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0;
		if (k->want == 0)
			return false;
		k->state = KEYBOARD_UTF8;
		keyboard_collect(k, byte);
		return false;
	}
	switch (byte) {
	case 0x03:
	case 0x1a:
	case 0x1c:
		return press_key(out, PRESS_INTERRUPT, 0);
	case 0x08:
	case 0x7f:
		return press_key(out, PRESS_BACKSPACE, 0);
	case '\t':
		return press_key(out, PRESS_TAB, 0);
	case '\r':
	case '\n':
		return press_key(out, PRESS_ENTER, 0);
	case 0x0c:
		return press_key(out, PRESS_REDRAW, 0);
	case 0x15:
		return press_key(out, PRESS_KILL, 0);
	default:
		if (byte < 0x20)
			return false;
		out->text[0] = (char)byte;
		out->len = 1;
		return press_key(out, PRESS_TEXT, 0);
	}
}

static bool keyboard_utf8(struct keyboard *k, uint8_t byte, struct press *out)
{
	bool whole = false;

	if ((byte & 0xc0) != 0x80) {
		keyboard_ground(k);
		return keyboard_plain(k, byte, out);
	}
	keyboard_collect(k, byte);
	if (k->len < k->want)
		return false;
	if (text_is_utf8(k->sequence, k->len)) {
		memcpy(out->text, k->sequence, k->len);
		out->len = k->len;
		whole = press_key(out, PRESS_TEXT, 0);
	}
	keyboard_ground(k);
	return whole;
}

static bool keyboard_step(struct keyboard *k, uint8_t byte, struct press *out)
{
	bool got = false;

	switch (k->state) {
	case KEYBOARD_GROUND:
		return keyboard_plain(k, byte, out);
	case KEYBOARD_ESCAPE:
		return keyboard_after_escape(k, byte, out);
	case KEYBOARD_CSI:
		if (byte == '[' && k->len == 0) { /* the Linux console's F1 to F5: ESC [ [ A */
			k->state = KEYBOARD_CONSOLE;
			return false;
		}
		if (byte >= 0x20 && byte < 0x40) {
			keyboard_collect(k, byte);
			return false;
		}
		if (byte >= 0x40 && byte < 0x7f)
			got = keyboard_csi(k, out, (char)byte);
		break;
	case KEYBOARD_CONSOLE:
		if (byte >= 'A' && byte <= 'E')
			got = press_key(out, PRESS_FUNCTION, (unsigned)(byte - 'A') + 1);
		break;
	case KEYBOARD_SS3:
		if (byte >= '0' && byte <= ';') {
			keyboard_collect(k, byte);
			return false;
		}
		got = k->len == 0 && press_letter(out, (char)byte);
		break;
	case KEYBOARD_STRING: /* ended by BEL or ESC \ */
		if (byte != 0x07 && !(byte == '\\' && k->len == 1)) {
			k->len = byte == 0x1b;
			return false;
		}
		break;
	case KEYBOARD_UTF8:
		return keyboard_utf8(k, byte, out);
	}
	keyboard_ground(k);
	return got;
}

bool keyboard_byte(struct keyboard *k, uint8_t byte, struct press *out)
{
	bool was_pasting = k->pasting;

	*out = (struct press){0};
	if (!keyboard_step(k, byte, out))
		return false;
	out->pasted = was_pasting;
	/* Nothing inside a paste is a command: no Enter, no pause, no way to answer. */
	return !was_pasting || out->kind == PRESS_TEXT || out->kind == PRESS_PASTED;
}

bool keyboard_waits(const struct keyboard *k)
{
	return k->state != KEYBOARD_GROUND || k->pasting;
}

bool keyboard_timeout(struct keyboard *k, struct press *out)
{
	bool escape = k->state == KEYBOARD_ESCAPE && !k->pasting, pasting = k->pasting;

	*out = (struct press){0};
	keyboard_ground(k);
	k->pasting = false;
	if (pasting)
		return press_key(out, PRESS_PASTED, 0);
	return escape && press_key(out, PRESS_ESCAPE, 0);
}
