/* Keys from the bytes terminals send: known ones are named, unknown ones swallowed whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "screens/press.h"

/* Feeds the bytes and writes each key as a short word. */
static void keys_of(const char *bytes, size_t len, bool silence, char *out, size_t room)
{
	static const char *const names[] = {"?", "text", "enter", "esc", "tab", "backtab", "up", "down", "left",
	        "right", "pgup", "pgdn", "home", "end", "bs", "kill", "redraw", "F", "intr", "pasted"};
	struct keyboard k = {0};
	struct press key;

	out[0] = '\0';
	for (size_t i = 0; i <= len; i++) {
		bool got = i < len ? keyboard_byte(&k, (uint8_t)bytes[i], &key) : silence && keyboard_timeout(&k, &key);
		size_t at = strlen(out);

		if (!got)
			continue;
		if (key.kind == PRESS_TEXT)
			snprintf(out + at, room - at, "%s%s ", key.pasted ? "p:" : "", key.text);
		else if (key.kind == PRESS_FUNCTION)
			snprintf(out + at, room - at, "F%u ", key.number);
		else
			snprintf(out + at, room - at, "%s ", names[key.kind]);
	}
}

static void keys_are_named_and_unknown_ones_swallowed(void **state)
{
	static const struct {
		const char *bytes, *keys;
	} cases[] = {
	        {"ab", "a b "}, {"\r\t\x7f\x08", "enter tab bs bs "}, {"\x03\x1a\x1c", "intr intr intr "},
	        {"\x15\x0c\x01\x02", "kill redraw "}, {"\xe7\xab\x8b\xe4\xbc\x9a", "立 会 "},
	        {"\xc3x\xff\x80y", "x y "}, /* half a character, and bytes that are none */
	        {"\xed\xa0\x80z", "z "},    /* a surrogate */
	        {"\x1b[A\x1b[B\x1bOC\x1bOD", "up down right left "},
	        {"\x1bOP\x1b[11~\x1b[[A", "F1 F1 F1 "}, /* xterm, rxvt, Linux console */
	        {"\x1b[15~\x1b[17~\x1b[21~\x1b[24~", "F5 F6 F10 F12 "},
	        {"\x1b[5~\x1b[6~\x1b[1~\x1b[4~\x1b[H\x1b[F\x1b[Z", "pgup pgdn home end home end backtab "},
	        {"\x1b"
	         "1\x1b"
	         "9\x1b"
	         "0",
	                "F1 F9 F9 "},
	        {"\x1b[1;5Aa", "a "}, /* with Ctrl: none of ours */
	        {"\x1b[99;12;7$yb", "b "},
	        {"\x1b]0;a title\x07"
	         "c",
	                "c "},
	        {"\x1bP+q544e\x1b\\d", "d "}, {"\x1b[12345678901234567890~e", "e "},
	        {"\x1bxf", "f "},                                     /* Alt-x is no key, and no x either */
	        {"\x1b[200~p\r\x03q\x1b[201~r", "p:p p:q pasted r "}, /* a paste has no Enter and no Ctrl-C */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[256];

		keys_of(cases[i].bytes, strlen(cases[i].bytes), false, out, sizeof(out));
		assert_string_equal(out, cases[i].keys);
	}
}

static void silence_makes_escape_a_key_and_drops_the_half_of_another(void **state)
{
	static const struct {
		const char *bytes, *keys;
	} cases[] = {{"\x1b", "esc "}, {"\x1b[", ""}, {"\x1bO", ""}, {"\x1b[20", ""}, {"\xe7\xab", ""},
	        {"\x1b[200~x", "p:x pasted "}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[256];

		keys_of(cases[i].bytes, strlen(cases[i].bytes), true, out, sizeof(out));
		assert_string_equal(out, cases[i].keys);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(keys_are_named_and_unknown_ones_swallowed),
	        cmocka_unit_test(silence_makes_escape_a_key_and_drops_the_half_of_another),
	};

	if (secret_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("press", tests, NULL, NULL);
}
