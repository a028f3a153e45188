#include "pki/lint_encode.h"

#include "pki/lint_value.h"
#include "pki/name.h"
#include "pki/profile.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

void fields_free(struct fields *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->at[i].name);
		free(f->at[i].value);
	}
	free(f->at);
	*f = (struct fields){0};
}

const struct pki_section *profile_section(const struct pki_profile *p, const char *name)
{
	for (size_t i = 0; i < p->section_count; i++)
		if (strcmp(p->sections[i].name, name) == 0)
			return &p->sections[i];
	return NULL;
}

static int fields_of_section(struct fields *f, const struct pki_section *section)
{
	f->at = calloc(section->count + 1, sizeof *f->at);
	if (!f->at)
		return -1;
	for (; f->count < section->count; f->count++) {
		f->at[f->count].name = strdup(section->field[f->count].name);
		f->at[f->count].value = strdup(section->field[f->count].value);
		if (!f->at[f->count].name || !f->at[f->count].value) {
			f->count++;
			return -1;
		}
	}
	return 0;
}

/* Commas between fields, the first colon between name and value, blanks at the ends of both nothing. */
int fields_read(struct fields *f, const struct pki_profile *p, const char *value)
{
	const struct pki_section *section = value[0] == '@' ? profile_section(p, value + 1) : NULL;
	size_t room = 1;

	*f = (struct fields){0};
	if (value[0] == '@')
		return section ? fields_of_section(f, section) : -1;
	for (const char *c = value; *c; c++)
		room += *c == ',';
	f->at = calloc(room, sizeof *f->at);
	if (!f->at)
		return -1;
	for (const char *at = value, *end; at; at = *end ? end + 1 : NULL) {
		const char *colon, *stop;
		at += strspn(at, " ");
		end = stop = at + strcspn(at, ",");
		while (stop > at && stop[-1] == ' ')
			stop--;
		colon = memchr(at, ':', (size_t)(stop - at));
		f->at[f->count].name = strndup(at, (size_t)((colon ? colon : stop) - at));
		if (colon) {
			const char *v = colon + 1 + strspn(colon + 1, " ");
			f->at[f->count].value = strndup(v, v < stop ? (size_t)(stop - v) : 0);
		}
		f->count++;
		if (!f->at[f->count - 1].name || (colon && !f->at[f->count - 1].value))
			return -1;
	}
	return 0;
}

/* "CPS.1" is CPS. */
bool field_is(const struct field *f, const char *name)
{
	size_t len = strlen(name);

	return strncmp(f->name, name, len) == 0 && (f->name[len] == '\0' || f->name[len] == '.');
}

/* X.690 section 8.19: an arc of any size in base 128, its decimal digits divided again and again. */
static bool put_arc(struct bytes *out, const char *digits, size_t len, unsigned add)
{
	uint8_t number[64], groups[64];
	size_t count = 0;
	unsigned carry = add;

	if (len == 0 || len > sizeof number - 2 || (len > 1 && digits[0] == '0'))
		return false;
	memset(number, 0, sizeof number);
	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		number[2 + i] = (uint8_t)(digits[i] - '0');
	}
	for (size_t i = len + 2; i-- > 0 && carry;) {
		carry += number[i];
		number[i] = (uint8_t)(carry % 10);
		carry /= 10;
	}
	for (bool more = true; more && count < sizeof groups;) {
		unsigned rest = 0;
		more = false;
		for (size_t i = 0; i < len + 2; i++) {
			rest = rest * 10 + number[i];
			number[i] = (uint8_t)(rest / 128);
			rest %= 128;
			more = more || number[i];
		}
		groups[count++] = (uint8_t)rest;
	}
	while (count-- > 0)
		bytes_byte(out, (uint8_t)(groups[count] | (count ? 0x80 : 0)));
	return true;
}

int value_oid(struct bytes *out, const char *dotted)
{
	struct bytes body = {0};
	const char *second = strchr(dotted, '.'), *at;
	size_t len;
	bool good = second == dotted + 1 && dotted[0] >= '0' && dotted[0] <= '2';

	if (good) {
		len = strcspn(second + 1, ".");
		good = put_arc(&body, second + 1, len, (unsigned)(dotted[0] - '0') * 40);
		for (at = second + 1 + len; good && *at == '.'; at += 1 + len) {
			len = strcspn(at + 1, ".");
			good = put_arc(&body, at + 1, len, 0);
		}
	}
	if (good)
		der_put(out, OID, body.data, body.len);
	bytes_free(&body);
	return good ? 1 : -1;
}

int encode_wrapped(struct bytes *out, uint8_t tag, struct bytes *body, int status)
{
	if (status == 1)
		der_put(out, tag, body->data, body->len);
	bytes_free(body);
	return status;
}

int encode_string(struct bytes *out, uint8_t tag, const char *text)
{
	der_put(out, tag, text, strlen(text));
	return 1;
}

/* A small number from 0, X.690 section 8.3. */
int encode_number(struct bytes *out, uint8_t tag, const char *digits)
{
	uint8_t body[9];
	size_t len = strlen(digits), n = 0;
	uint64_t value = 0;

	if (!len || len > 18 || strspn(digits, "0123456789") != len)
		return 0;
	for (size_t i = 0; i < len; i++)
		value = value * 10 + (uint64_t)(digits[i] - '0');
	for (int shift = 56; shift >= 0; shift -= 8)
		if (n || value >> shift || !shift) {
			uint8_t byte = (uint8_t)(value >> shift);
			if (!n && byte & 0x80)
				body[n++] = 0;
			body[n++] = byte;
		}
	der_put(out, tag, body, n);
	return 1;
}

static int put_attribute(struct bytes *out, const struct attribute_type *t, const char *value, bool printable)
{
	struct bytes body = {0};
	int status = t ? value_oid(&body, t->oid) : 0;

	if (status == 1)
		encode_string(&body, printable ? V_ASN1_PRINTABLESTRING : (uint8_t)t->string, value);
	return encode_wrapped(out, SEQUENCE, &body, status);
}

static int by_octets(const void *a, const void *b)
{
	const struct bytes *x = a, *y = b;
	int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

enum { RDN_MAX = 32 };

/* X.690 section 11.6: a SET OF in the order of the encodings. */
static void put_rdn(struct bytes *out, struct bytes *attribute, size_t count)
{
	struct bytes body = {0};

	qsort(attribute, count, sizeof *attribute, by_octets);
	for (size_t i = 0; i < count; i++) {
		bytes_add(&body, attribute[i].data, attribute[i].len);
		bytes_free(&attribute[i]);
	}
	encode_wrapped(out, SET, &body, 1);
}

int value_name(struct bytes *out, const struct pki_profile *p)
{
	struct bytes body = {0}, rdn[RDN_MAX] = {0};
	size_t count = 0;
	int status = 1;

	for (size_t i = 0; status == 1 && i < p->subjects; i++) {
		const struct pki_attribute *a = &p->subject[i];
		if (count && !a->joined) {
			put_rdn(&body, rdn, count);
			count = 0;
		}
		if (count == RDN_MAX)
			status = 0;
		else
			status = put_attribute(&rdn[count++], attribute_type_named(a->type), a->value, a->printable);
	}
	if (count)
		put_rdn(&body, rdn, count);
	return encode_wrapped(out, SEQUENCE, &body, status);
}

static int put_directory_name(struct bytes *out, const struct pki_profile *p, const char *name)
{
	const struct pki_section *section = profile_section(p, name);
	struct bytes body = {0}, rdn[1] = {0};
	int status = section ? 1 : -1;

	for (size_t i = 0; status == 1 && i < section->count; i++) {
		status = put_attribute(
		        &rdn[0], attribute_type_named(section->field[i].name), section->field[i].value, false);
		put_rdn(&body, rdn, 1);
		rdn[0] = (struct bytes){0};
	}
	return encode_wrapped(out, SEQUENCE, &body, status);
}

static int put_address(struct bytes *out, const char *text)
{
	char copy[128], *slash;
	uint8_t raw[32];
	size_t len;

	if (strlen(text) >= sizeof copy)
		return -1;
	memcpy(copy, text, strlen(text) + 1);
	if ((slash = strchr(copy, '/')))
		*slash++ = '\0';
	if (inet_pton(AF_INET, copy, raw) == 1 && (!slash || inet_pton(AF_INET, slash, raw + 4) == 1))
		len = 4;
	else if (inet_pton(AF_INET6, copy, raw) == 1 && (!slash || inet_pton(AF_INET6, slash, raw + 16) == 1))
		len = 16;
	else
		return 0;
	der_put(out, 0x87, raw, slash ? 2 * len : len);
	return 1;
}

/* RFC 5280 section 4.2.1.6 */
int encode_general_name(struct bytes *out, const struct pki_profile *p, const struct field *f, const char *kind)
{
	struct field named = {(char *)(uintptr_t)kind, f->value};
	struct bytes body = {0};
	int status;

	if (!f->value)
		return 0;
	if (field_is(&named, "email"))
		return encode_string(out, 0x81, f->value);
	if (field_is(&named, "DNS"))
		return encode_string(out, 0x82, f->value);
	if (field_is(&named, "URI"))
		return encode_string(out, 0x86, f->value);
	if (field_is(&named, "IP"))
		return put_address(out, f->value);
	if (field_is(&named, "RID")) {
		status = value_oid(&body, f->value);
		if (status == 1)
			body.data[0] = 0x88;
		bytes_add(out, body.data, status == 1 ? body.len : 0);
		bytes_free(&body);
		return status;
	}
	if (field_is(&named, "dirName")) {
		status = put_directory_name(&body, p, f->value);
		return encode_wrapped(out, 0xa4, &body, status); /* explicit, since Name is a CHOICE */
	}
	return 0;
}

int encode_general_names(struct bytes *out, uint8_t tag, const struct pki_profile *p, const char *value)
{
	struct fields f;
	struct bytes body = {0};
	int status = fields_read(&f, p, value) ? -1 : 1;

	for (size_t i = 0; status == 1 && i < f.count; i++)
		status = encode_general_name(&body, p, &f.at[i], f.at[i].name);
	fields_free(&f);
	return encode_wrapped(out, tag, &body, status);
}
