/* A CRL to be signed: its number, both times and how many entries it has are those of the order. Its entries are only
 * counted: a list may have a million. */
#include "hsm/helper.h"
#include "hsm/wire_messages.h"
#include <stdio.h>
#include <string.h>

enum { NUMBER_BYTES = 8 };

struct list {
	struct der algorithm, this_time, next_time, entries,
	        extensions; /* entries and extensions: whole NULL when absent */
};

/* RFC 5280 section 5.1.2: version 2, and with nextUpdate and extensions, as every list here has them. */
static int split(const struct bytes *data, struct list *l)
{
	const uint8_t *at = data->data;
	size_t left = data->len;
	struct der d;
	memset(l, 0, sizeof *l);
	if (der_take(&at, &left, 0x30, &d) || left)
		return -1;
	at = d.value;
	left = d.len;
	if (der_take(&at, &left, 0x02, &d) || d.len != 1 || d.value[0] != 1 ||
	        der_take(&at, &left, 0x30, &l->algorithm) || der_take(&at, &left, 0x30, &d) ||
	        tbs_take_time(&at, &left, &l->this_time) || tbs_take_time(&at, &left, &l->next_time))
		return -1;
	if (left && at[0] == 0x30 && der_take(&at, &left, 0x30, &l->entries))
		return -1;
	if (der_take(&at, &left, 0xa0, &d) || left)
		return -1;
	at = d.value;
	left = d.len;
	return der_take(&at, &left, 0x30, &l->extensions) || left ? -1 : 0;
}

/* Each is a SEQUENCE that begins with an INTEGER. */
static int count_entries(const struct der *entries, int64_t *count)
{
	const uint8_t *at = entries->value, *inside;
	size_t left = entries->len, rest;
	struct der entry, serial;
	*count = 0;
	while (left) {
		if (der_take(&at, &left, 0x30, &entry))
			return -1;
		inside = entry.value;
		rest = entry.len;
		if (der_take(&inside, &rest, 0x02, &serial))
			return -1;
		++*count;
	}
	return 0;
}

static int time_matches(const struct json *order, const char *key, const struct der *d, struct error *e)
{
	char text[TIME_TEXT];
	return tbs_time_text(d, text) ? error_set(e, ERROR_FAULT, MSG_TBS_LIST) : authority_text(order, key, text, e);
}

/* cRLNumber (RFC 5280 section 5.2.3) in decimal. */
static int number_matches(const struct json *order, const struct der *extensions, struct error *e)
{
	static const uint8_t number[] = {0x06, 0x03, 0x55, 0x1d, 0x14, 0x04};
	const uint8_t *at = extensions->value, *inside;
	size_t left = extensions->len, rest;
	struct der extension, value;
	uint64_t found = 0;
	char text[24];
	while (left) {
		if (der_take(&at, &left, 0x30, &extension))
			break;
		if (extension.len < sizeof number || memcmp(extension.value, number, sizeof number) != 0)
			continue;
		inside = extension.value + 5;
		rest = extension.len - 5;
		if (der_take(&inside, &rest, 0x04, &value) || rest)
			break;
		inside = value.value;
		rest = value.len;
		if (der_take(&inside, &rest, 0x02, &value) || rest || !value.len || value.len > NUMBER_BYTES ||
		        (value.value[0] & 0x80))
			break;
		for (size_t i = 0; i < value.len; i++)
			found = found << 8 | value.value[i];
		snprintf(text, sizeof text, "%llu", (unsigned long long)found);
		return authority_text(order, "number", text, e);
	}
	return error_set(e, ERROR_FAULT, MSG_TBS_LIST);
}

static int entries_match(const struct json *order, const struct der *entries, struct error *e)
{
	const struct json *ordered = json_get(order, "entries");
	int64_t count;
	char is[24], should[24];
	if (!ordered || ordered->type != JSON_INT)
		return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "entries");
	if (count_entries(entries, &count))
		return error_set(e, ERROR_FAULT, MSG_TBS_LIST);
	if (count == ordered->number)
		return 0;
	snprintf(is, sizeof is, "%lld", (long long)count);
	snprintf(should, sizeof should, "%lld", (long long)ordered->number);
	return error_set(e, ERROR_FAULT, MSG_ORDER_FIELD, "entries", should, is);
}

int sign_crl(const struct json *order, const struct bytes *data, struct signature_algorithm *s, struct error *e)
{
	struct list l;
	if (split(data, &l))
		return error_set(e, ERROR_FAULT, MSG_TBS_LIST);
	if (time_matches(order, "this_update", &l.this_time, e) ||
	        time_matches(order, "next_update", &l.next_time, e) || number_matches(order, &l.extensions, e) ||
	        entries_match(order, &l.entries, e))
		return -1;
	return signature_algorithm_read(&l.algorithm, s, e);
}
