/* A text taken for the entries of a CRL. Nothing may crash; an error has its place; what was taken, written out as
 * lines and read again, is the same. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#include "base/text.h"
#include "pki/crl_list.h"

static void write_line(struct bytes *out, const struct crl_entry *entry)
{
	char text[TIME_TEXT];

	serial_hex(out, entry->serial);
	if (entry->time >= 0) {
		time_format_seconds(entry->time, text);
		bytes_printf(out, ",%s,%s", text, crl_reason_name(entry->reason));
	}
	if (entry->invalidity >= 0) {
		time_format_seconds(entry->invalidity, text);
		bytes_printf(out, ",%s", text);
	}
	bytes_byte(out, '\n');
}

static void take(const uint8_t *data, size_t len, bool bare)
{
	struct crl_list list = {0}, again = {0};
	struct bytes text = {0};
	struct error e = {0};

	if (crl_list_text(&list, (const char *)data, len, bare, &e)) {
		demand(e.code != ERROR_NONE && e.line && e.column);
	} else {
		for (size_t i = 0; i < list.count; i++)
			write_line(&text, &list.item[i]);
		demand(crl_list_text(&again, bytes_string(&text), text.len, bare, &e) == 0 &&
		        again.count == list.count);
		for (size_t i = 0; i < list.count; i++)
			demand(!memcmp(list.item[i].serial, again.item[i].serial, SERIAL_MAX) &&
			        list.item[i].time == again.item[i].time &&
			        list.item[i].reason == again.item[i].reason &&
			        list.item[i].invalidity == again.item[i].invalidity);
		if (crl_list_sort(&list, &e) == 0)
			for (size_t i = 0; i < list.count; i++)
				demand(crl_list_find(&list, list.item[i].serial) == &list.item[i]);
	}
	crl_list_free(&list);
	crl_list_free(&again);
	bytes_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	take(data, len, false);
	take(data, len, true);
	return 0;
}
