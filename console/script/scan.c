/* What a file may not hold whatever its notation says: a reader of the file and the program must see the same text. */
#include "base/text.h"
#include "script/tree.h"

#include <stdio.h>

/* Bytes of the character at `text`, 0 when they are no UTF-8 (RFC 3629). */
static size_t character_len(const char *text, size_t len)
{
	for (size_t n = 1; n <= 4 && n <= len; n++)
		if (text_is_utf8(text, n))
			return n;
	return 0;
}

static void add_hidden(struct fault_list *faults, struct place place, const char *id, uint32_t code_point)
{
	char hex[16];
	snprintf(hex, sizeof(hex), "%04X", (unsigned)code_point);
	fault_add(faults, place, id, hex);
}

int scan_bytes(const struct bytes *raw, struct fault_list *faults)
{
	const char *text = bytes_string(raw);
	struct place place = {1, 1};

	if (raw->len > TREE_FILE_MAX) {
		fault_add(faults, place, N_("The file is larger than 1 MiB. Shorten it."));
		return -1;
	}
	if (raw->len >= 3 && raw->data[0] == 0xef && raw->data[1] == 0xbb && raw->data[2] == 0xbf) {
		fault_add(faults, place, N_("The file begins with a byte order mark. Save it as UTF-8 without one."));
		return -1;
	}
	for (size_t at = 0, n; at < raw->len; at += n) {
		size_t used;
		n = character_len(text + at, raw->len - at);
		if (n == 0) {
			fault_add(faults, place, N_("This byte is not UTF-8. Save the file as UTF-8."));
			return -1;
		}
		uint32_t c = text_next(text + at, n, &used);
		if (text[at] == '\n') {
			place.line++;
			place.column = 1;
			continue;
		}
		if (text[at] == '\t') {
			fault_add(faults, place, N_("A tab stands here. Write spaces."));
			return -1;
		}
		if (text[at] == '\r') {
			fault_add(
			        faults, place, N_("A carriage return stands here. End lines with a line feed alone."));
			return -1;
		}
		if (text_is_hidden(c)) {
			add_hidden(faults, place,
			        N_("The character U+%s, which cannot be seen, stands here. Remove it."), c);
			return -1;
		}
		place.column++;
	}
	return 0;
}

/* The file is UTF-8 and libyaml lets no escape make a surrogate, so the text is UTF-8 too. */
int scan_scalar(const char *text, size_t len, struct place place, struct fault_list *faults)
{
	size_t used;

	for (size_t at = 0; at < len; at += used) {
		uint32_t c = text_next(text + at, len - at, &used);
		if (used == 0)
			used = 1; /* U+0000, which text_next() may take for the end */
		if (c != '\n' && text_is_hidden(c)) {
			add_hidden(faults, place,
			        N_("An escape in this text stands for U+%s, which cannot be seen. Remove it."), c);
			return -1;
		}
	}
	if (!text_is_nfc(text, len)) {
		fault_add(faults, place, N_("This text is not in Unicode normal form C. Save the file in NFC."));
		return -1;
	}
	return 0;
}
