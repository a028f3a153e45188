#include "pki/section.h"

#include "base/text.h"
#include "pki/der.h"
#include "pki/profile.h"

#include <ctype.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 64, FIELD_MAX = 4096 };

struct sections {
	const struct pki_section *section;
	size_t count;
	bool *used;
	CONF *conf;
};

static bool name_is_sound(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_LEN || !isalpha((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '-')
			return false;
	/* OpenSSL takes these for the environment and for what stands before any section */
	return strcmp(name, "ENV") != 0 && strcmp(name, "default") != 0;
}

/* Text that is taken for Latin-1, or put unseen into an IA5String, unless the value says UTF8 itself. */
static bool says_utf8(const struct pki_extension *field)
{
	return (strcmp(field->name, "explicitText") == 0 && strncmp(field->value, "UTF8:", 5) == 0) ||
	       strstr(field->value, "FORMAT:UTF8,");
}

static int check_field(const char *section, const struct pki_extension *field, struct error *e)
{
	bool plain = true;

	if (!field->name || !field->value || !field->name[0] || !field->value[0])
		return error_set(e, ERROR_FAULT, N_("Section %s: a field has no name or no value."), section);
	if (strlen(field->value) > FIELD_MAX)
		return error_set(e, ERROR_FAULT, N_("Section %s: the value of %s is longer than %d bytes."), section,
		        field->name, (int)FIELD_MAX);
	for (const char *c = field->name; *c; c++)
		if (!isalnum((unsigned char)*c) && (c == field->name || !strchr(".;-_", *c)))
			return error_set(e, ERROR_FAULT,
			        N_("Section %s: \"%s\" is no name of a field. Use letters, digits and \".;-_\"."),
			        section, field->name);
	for (const char *c = field->value; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return error_set(e, ERROR_FAULT, N_("Section %s: the value of %s holds a control character."),
			        section, field->name);
		plain = plain && (unsigned char)*c < 0x80;
	}
	if (!plain && (!says_utf8(field) || !text_is_utf8(field->value, strlen(field->value))))
		return error_set(e, ERROR_FAULT,
		        N_("Section %s: the value of %s may hold characters beyond ASCII only as explicitText, after "
		           "UTF8:, or after FORMAT:UTF8,."),
		        section, field->name);
	if (strncmp(field->value, "file:", 5) == 0 || strcmp(field->value, "copy") == 0 ||
	        strcmp(field->value, "move") == 0)
		return error_set(e, ERROR_FAULT, N_("Section %s: \"%s\" is not written out; write the value itself."),
		        section, field->value);
	return 0;
}

/* What is not its own in a configuration text behind a backslash, and quotes as well. */
static void put_escaped(struct bytes *text, const char *value)
{
	for (const char *c = value; *c; c++) {
		if (strchr("\\$#\"'`", *c))
			bytes_byte(text, '\\');
		bytes_byte(text, (uint8_t)*c);
	}
}

/* Only what was read back as it was written counts. */
static bool read_back(const CONF *conf, const struct pki_section *section)
{
	const STACK_OF(CONF_VALUE) *values = NCONF_get_section(conf, section->name);

	if (!values || sk_CONF_VALUE_num(values) != (int)section->count)
		return false;
	for (size_t k = 0; k < section->count; k++) {
		const CONF_VALUE *v = sk_CONF_VALUE_value(values, (int)k);
		if (strcmp(v->name, section->field[k].name) != 0 || strcmp(v->value, section->field[k].value) != 0)
			return false;
	}
	return true;
}

static int load(struct sections *s, struct error *e)
{
	struct bytes text = {0};
	BIO *bio = NULL;
	long line;
	int status = -1;

	for (size_t i = 0; i < s->count; i++) {
		bytes_printf(&text, "[%s]\n", s->section[i].name);
		for (size_t k = 0; k < s->section[i].count; k++) {
			bytes_printf(&text, "%s=", s->section[i].field[k].name);
			put_escaped(&text, s->section[i].field[k].value);
			bytes_byte(&text, '\n');
		}
	}
	bytes_byte(&text, '\n');
	if (bytes_end(&text, e))
		goto out;
	bio = BIO_new_mem_buf(text.data, (int)text.len);
	if (!bio) {
		error_memory(e);
		goto out;
	}
	if (NCONF_load_bio(s->conf, bio, &line) != 1) {
		openssl_error(e, ERROR_INTERNAL, N_("The sections cannot be read: %s."));
		goto out;
	}
	for (size_t i = 0; i < s->count; i++) {
		if (!read_back(s->conf, &s->section[i])) {
			error_set(e, ERROR_FAULT,
			        N_("Section %s: its values would be read as others than are written. Leave out blanks "
			           "at their "
			           "ends."),
			        s->section[i].name);
			goto out;
		}
	}
	status = 0;
out:
	ERR_clear_error();
	BIO_free(bio);
	bytes_free(&text);
	return status;
}

static int check(const struct sections *s, struct error *e)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct pki_section *section = &s->section[i];
		if (!section->name || !name_is_sound(section->name))
			return error_set(e, ERROR_FAULT,
			        N_("\"%s\" is no name of a section. Use letters, digits, \"-\" and \"_\"."),
			        section->name ? section->name : "");
		if (section->count == 0)
			return error_set(e, ERROR_FAULT, N_("Section %s is empty."), section->name);
		for (size_t k = 0; k < i; k++)
			if (strcmp(s->section[k].name, section->name) == 0)
				return error_set(e, ERROR_FAULT, N_("Section %s stands twice."), section->name);
		for (size_t k = 0; k < section->count; k++) {
			if (check_field(section->name, &section->field[k], e))
				return -1;
			for (size_t m = 0; m < k; m++)
				if (strcmp(section->field[m].name, section->field[k].name) == 0)
					return error_set(e, ERROR_FAULT, N_("Section %s: %s stands twice."),
					        section->name, section->field[k].name);
		}
	}
	return 0;
}

struct sections *sections_new(const struct pki_section *section, size_t count, struct error *e)
{
	struct sections *s = calloc(1, sizeof *s);

	if (s) {
		s->section = section;
		s->count = count;
		s->used = calloc(count + 1, sizeof *s->used);
		s->conf = NCONF_new(NULL);
	}
	if (!s || !s->used || !s->conf)
		error_memory(e);
	else if (check(s, e) == 0 && load(s, e) == 0)
		return s;
	sections_free(&s);
	return NULL;
}

void sections_free(struct sections **s)
{
	if (*s) {
		NCONF_free((*s)->conf);
		free((*s)->used);
		free(*s);
	}
	*s = NULL;
}

CONF *sections_conf(const struct sections *s)
{
	return s->conf;
}

static size_t find(const struct sections *s, const char *name, size_t len)
{
	for (size_t i = 0; i < s->count; i++)
		if (strlen(s->section[i].name) == len && memcmp(s->section[i].name, name, len) == 0)
			return i;
	return s->count;
}

bool sections_have(const struct sections *s, const char *name, size_t len)
{
	return find(s, name, len) < s->count;
}

static int use_value(struct sections *s, const char *extension, const char *value, struct error *e);

static int use_one(struct sections *s, const char *extension, const char *name, size_t len, bool must, struct error *e)
{
	size_t at = find(s, name, len);

	if (at == s->count && must)
		return error_set(e, ERROR_FAULT, N_("Extension %s: there is no section \"%s\"."), extension, name);
	if (at == s->count || s->used[at])
		return 0;
	s->used[at] = true;
	for (size_t k = 0; k < s->section[at].count; k++)
		if (use_value(s, extension, s->section[at].field[k].value, e))
			return -1;
	return 0;
}

/* An item may be @NAME, something:NAME or NAME. What is no section is then a plain value, but for @NAME and
 * dirName:NAME. */
static int use_value(struct sections *s, const char *extension, const char *value, struct error *e)
{
	char *copy = strdup(value);
	int status = copy ? 0 : error_memory(e);

	for (char *p = copy, *end; status == 0 && p; p = end) {
		const char *colon, *name = p + strspn(p, " ");
		bool must = false;
		end = strchr(p, ',');
		if (end)
			*end++ = '\0';
		for (size_t n = strlen(p); n && p[n - 1] == ' '; n--)
			p[n - 1] = '\0';
		colon = strrchr(name, ':');
		if (name[0] == '@') {
			must = true;
			name++;
		} else if (colon) {
			must = colon - name >= 7 && strncasecmp(colon - 7, "dirName", 7) == 0;
			name = colon + 1;
		}
		status = use_one(s, extension, name, strlen(name), must, e);
	}
	free(copy);
	return status;
}

int sections_use(struct sections *s, const char *extension, const char *value, struct error *e)
{
	return use_value(s, extension, value, e);
}

int sections_all_used(const struct sections *s, struct error *e)
{
	for (size_t i = 0; i < s->count; i++)
		if (!s->used[i])
			return error_set(e, ERROR_FAULT, N_("Section %s is there, but no extension refers to it."),
			        s->section[i].name);
	return 0;
}
