/* Text: UTF-8, cells of the terminal, foreign text made visible, words for hashes. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes;

/* Valid UTF-8 (RFC 3629: no surrogates, no overlong forms)? */
bool text_is_utf8(const char *text, size_t len);
bool text_is_nfc(const char *text, size_t len); /* of valid UTF-8 */
/* The next code point of valid UTF-8 and how many bytes it takes; 0 at the end. */
uint32_t text_next(const char *text, size_t len, size_t *used);
/* Appends valid UTF-8 (without NUL) in NFC. */
void text_nfc(struct bytes *out, const char *text, size_t len);
/* Must not stand in a record as it is. By Unicode 14: general category Cc, Cf, Cs, Co, Cn, Zl, Zp; Zs but for U+0020
 * and U+3000; and what is invisible though a letter, mark or symbol by category: U+034F, U+115F, U+1160, U+17B4,
 * U+17B5, U+180B to U+180D, U+180F, U+2800, U+3164, U+FE00 to U+FE0F, U+FFA0, U+E0100 to U+E01EF. No others. Characters
 * assigned later than Unicode 14 are Cn and so hidden, whatever the libraries know. */
bool text_is_hidden(uint32_t code_point);
/* Appends foreign bytes in visible form, NFC: as their code points in angle brackets "<U+202E>" the hidden characters;
 * letters of another script in a Latin word, or in a word that only looks like one; marks that cross a letter out or
 * stand round it, that no letter carries, and from the fourth on a letter; and characters whose width programs
 * do not agree on. Invalid bytes as <XX>. What is visible stays
 * as it is: to do it again changes nothing. */
void text_visible(struct bytes *out, const char *text, size_t len);
/* Does the character read as others that stand on every keyboard (a Roman numeral, a digit in a circle, a mathematical
 * letter, a dash, a slash, a wide space)? Such stand in many a text; where something is found by its name they may not.
 * The wide letters of Japanese look wide, and do not count. */
bool text_passes_for_ascii(uint32_t c);
/* The same line by line: what may be sent to a terminal, LF and nothing else of the controls in it. */
void text_lines(struct bytes *out, const char *text, size_t len);
/* Terminal cells that `text` takes (wide 2, combining 0). */
unsigned text_cells(const char *text, size_t len);
/* How many bytes of `text` fit into `cells`, whole characters with their combining marks. */
size_t text_fit(const char *text, size_t len, unsigned cells);
/* Where to break the next line of at most `cells` cells: bytes to show; *skip bytes of blank or LF to leave out after
 * it. Japanese breaks between characters, with the usual prohibitions at line start (、。」 and the like). */
size_t text_wrap(const char *text, size_t len, unsigned cells, size_t *skip);

/* The PGP words of `data`, joined by one space (even offsets two-syllable, odd ones three-syllable words). */
void text_pgp_words(struct bytes *out, const uint8_t *data, size_t len);

/* RFC 3339 in UTC: "2026-12-01T09:30:00.123Z". */
enum { TIME_TEXT = 25 };
void time_format(int64_t ms, char out[TIME_TEXT]);              /* ms since 1970 */
void time_format_seconds(int64_t seconds, char out[TIME_TEXT]); /* "2026-12-01T09:30:00Z" */
/* Exactly the form with milliseconds (or without: whole seconds), a real date of the years 1970 to 9999; -1 else. */
int time_parse(const char *text, size_t len, int64_t *ms);
int time_parse_seconds(const char *text, size_t len, int64_t *seconds);
int64_t time_now_ms(void); /* CLOCK_REALTIME */
int64_t time_up_ms(void);  /* CLOCK_MONOTONIC: for how long something took, whatever the clock is set to meanwhile */

#endif
