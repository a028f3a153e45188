#include "pki/crl_list.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

int crl_list_add(struct crl_list *list, const struct crl_entry *entry, struct error *e)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room + list->room / 2 : 64;
		struct crl_entry *more = reallocarray(list->item, room, sizeof *more);
		if (!more)
			return error_memory(e);
		list->item = more;
		list->room = room;
	}
	list->item[list->count++] = *entry;
	return 0;
}

void crl_list_free(struct crl_list *list)
{
	free(list->item);
	*list = (struct crl_list){0};
}

static int compare(const void *a, const void *b)
{
	const struct crl_entry *x = a, *y = b;

	return memcmp(x->serial, y->serial, SERIAL_MAX);
}

/* In place: the library's sort would take the memory of the list a second time. */
static void sift(struct crl_entry *item, size_t root, size_t count)
{
	struct crl_entry moving = item[root];
	size_t child;

	while ((child = 2 * root + 1) < count) {
		if (child + 1 < count && compare(&item[child], &item[child + 1]) < 0)
			child++;
		if (compare(&moving, &item[child]) >= 0)
			break;
		item[root] = item[child];
		root = child;
	}
	item[root] = moving;
}

static void sort(struct crl_entry *item, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sift(item, i, count);
	for (size_t i = count; i-- > 1;) {
		struct crl_entry largest = item[0];
		item[0] = item[i];
		item[i] = largest;
		sift(item, 0, i);
	}
}

int crl_list_sort(struct crl_list *list, struct error *e)
{
	struct bytes hex = {0};
	bool sorted = true;

	for (size_t i = 1; sorted && i < list->count; i++)
		sorted = compare(&list->item[i - 1], &list->item[i]) <= 0;
	if (!sorted)
		sort(list->item, list->count);
	for (size_t i = 1; i < list->count; i++) {
		if (compare(&list->item[i - 1], &list->item[i]) != 0)
			continue;
		serial_hex(&hex, list->item[i].serial);
		error_set(e, ERROR_FAULT, N_("The certificate with the serial number %s stands twice in the list."),
		        bytes_string(&hex));
		bytes_free(&hex);
		return -1;
	}
	return 0;
}

const struct crl_entry *crl_list_find(const struct crl_list *list, const uint8_t serial[SERIAL_MAX])
{
	struct crl_entry wanted = {0};

	memcpy(wanted.serial, serial, SERIAL_MAX);
	return list->count ? bsearch(&wanted, list->item, list->count, sizeof wanted, compare) : NULL;
}

static int list_rewind(void *context, struct error *e)
{
	struct crl_list *list = context;

	(void)e;
	list->at = 0;
	return 0;
}

static int list_next(void *context, struct crl_entry *entry, struct error *e)
{
	struct crl_list *list = context;

	(void)e;
	if (list->at == list->count)
		return 0;
	*entry = list->item[list->at++];
	return 1;
}

struct crl_source crl_list_source(struct crl_list *list)
{
	return (struct crl_source){list, list_rewind, list_next};
}

/* A line being read: what is wrong is said with its place. */
struct line {
	const char *text;
	size_t len, at;
	unsigned number;
};

static int line_fault(const struct line *l, size_t column, const char *id, struct error *e)
{
	error_set(e, ERROR_FAULT, id, l->number, (unsigned)column + 1);
	if (e) {
		e->line = l->number;
		e->column = (unsigned)column + 1;
	}
	return -1;
}

/* The next field and where it begins; false behind the last. */
static bool line_field(struct line *l, const char **field, size_t *len, size_t *column)
{
	const char *comma;

	if (l->at > l->len)
		return false;
	*column = l->at;
	*field = l->text + l->at;
	comma = memchr(*field, ',', l->len - l->at);
	*len = comma ? (size_t)(comma - *field) : l->len - l->at;
	l->at += *len + 1;
	return true;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int read_serial(struct line *l, struct crl_entry *entry, struct error *e)
{
	uint8_t number[SERIAL_MAX + 1];
	const char *field = NULL;
	size_t len = 0, column = 0;

	line_field(l, &field, &len, &column);
	if (len == 0 || len % 2 || len / 2 > sizeof number)
		return line_fault(l, column,
		        N_("Line %u, column %u: a serial number is 1 to 20 octets in hex, two digits each."), e);
	for (size_t i = 0; i < len; i += 2) {
		int high = digit_of(field[i]), low = digit_of(field[i + 1]);
		if (high < 0 || low < 0)
			return line_fault(
			        l, column + i + (high < 0 ? 0 : 1), N_("Line %u, column %u: this is no hex digit."), e);
		number[i / 2] = (uint8_t)(high << 4 | low);
	}
	if (serial_set(entry->serial, number, len / 2, NULL))
		return line_fault(l, column,
		        N_("Line %u, column %u: a serial number is greater than zero and below 2^159 (RFC 5280 section "
		           "4.1.2.2)."),
		        e);
	return 0;
}

static int read_time(struct line *l, int64_t *out, struct error *e)
{
	const char *field;
	size_t len, column = l->len;

	if (!line_field(l, &field, &len, &column) || time_parse_seconds(field, len, out))
		return line_fault(l, column,
		        N_("Line %u, column %u: a time of the form 2026-12-01T09:30:00Z is wanted here."), e);
	return 0;
}

static int read_reason(struct line *l, struct crl_entry *entry, struct error *e)
{
	const char *field;
	size_t len, column = l->len;
	int reason;

	if (!line_field(l, &field, &len, &column) || (reason = crl_reason_named(field, len)) < 0)
		return line_fault(l, column,
		        N_("Line %u, column %u: a reason is wanted here, by its name in RFC 5280 section 5.3.1, such "
		           "as "
		           "keyCompromise or unspecified."),
		        e);
	if (reason == REASON_REMOVE_FROM_CRL)
		return line_fault(l, column,
		        N_("Line %u, column %u: removeFromCRL may stand only in a delta CRL (RFC 5280 section 5.3.1)."),
		        e);
	entry->reason = (uint8_t)reason;
	return 0;
}

static int read_line(struct line *l, bool bare, struct crl_entry *entry, struct error *e)
{
	const char *field;
	size_t len, column;

	*entry = (struct crl_entry){.time = -1, .invalidity = -1};
	if (read_serial(l, entry, e))
		return -1;
	if (bare && l->at > l->len)
		return 0;
	if (read_time(l, &entry->time, e) || read_reason(l, entry, e))
		return -1;
	if (l->at <= l->len && read_time(l, &entry->invalidity, e))
		return -1;
	if (line_field(l, &field, &len, &column))
		return line_fault(
		        l, column, N_("Line %u, column %u: nothing may stand behind the invalidity date."), e);
	return 0;
}

int crl_list_text(struct crl_list *list, const char *text, size_t len, bool bare, struct error *e)
{
	struct line l = {.number = 1};

	for (size_t at = 0; at < len; at += l.len + 1, l.number++) {
		const char *end = memchr(text + at, '\n', len - at);
		struct crl_entry entry;
		l.text = text + at;
		l.len = end ? (size_t)(end - l.text) : len - at;
		l.at = 0;
		if (!end) /* a file that was cut short must not pass for a shorter one */
			return line_fault(
			        &l, l.len, N_("Line %u, column %u: the last line is not ended: is the file whole?"), e);
		if (l.len == 0 || l.text[0] == '#')
			continue;
		if (read_line(&l, bare, &entry, e) || crl_list_add(list, &entry, e))
			return -1;
	}
	return 0;
}

int crl_entry_certificate(struct crl_entry *entry, const void *der, size_t len, const void *issuer_name,
        size_t issuer_len, const void *issuer_spki, size_t spki_len, struct error *e)
{
	struct der_certificate parts;
	struct der_tbs f;

	if (certificate_fields(der, len, &parts, &f, e))
		return -1;
	if (f.issuer.whole_len != issuer_len || memcmp(f.issuer.whole, issuer_name, issuer_len) != 0)
		return error_set(e, ERROR_FAULT,
		        N_("The certificate to be revoked names another issuer than the one whose list this is."));
	if (certificate_verify(der, len, issuer_spki, spki_len, NULL))
		return error_set(e, ERROR_FAULT,
		        N_("The certificate to be revoked is not ours: its signature does not verify under the "
		           "issuer's "
		           "key."));
	if (f.serial.value[0] & 0x80)
		return error_set(e, ERROR_FAULT,
		        N_("The serial number is negative; it must be positive (RFC 5280 section 4.1.2.2)."));
	size_t zero = f.serial.len > 1 && !f.serial.value[0]; /* in front of a high bit */
	return serial_set(entry->serial, f.serial.value + zero, f.serial.len - zero, e);
}
