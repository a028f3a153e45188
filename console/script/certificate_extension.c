/* Extensions of a certificate and the sections that they refer to: what can be judged from the words alone. */
#include "script/certificate.h"

#include <stdlib.h>
#include <string.h>

/* Extensions whose value may name the same kind of thing several times, such as DNS:a,DNS:b. */
static bool repeats_names(const char *extension)
{
	static const char *const several[] = {"subjectAltName", "issuerAltName", "certificatePolicies",
	        "policyMappings", "nameConstraints", "crlDistributionPoints", "freshestCRL", "authorityInfoAccess",
	        "subjectInfoAccess", NULL};

	for (size_t i = 0; several[i]; i++)
		if (strcmp(several[i], extension) == 0)
			return true;
	return false;
}

/* The next field of a comma-separated value, without blanks at its ends; its name ends at ':' unless `whole`. */
static const char *next_field(const char **at, bool whole, size_t *len)
{
	const char *begin, *stop;

	if (!*at)
		return NULL;
	begin = *at + strspn(*at, " ");
	stop = begin + strcspn(begin, ",");
	*at = *stop ? stop + 1 : NULL;
	if (!whole && memchr(begin, ':', (size_t)(stop - begin)))
		stop = memchr(begin, ':', (size_t)(stop - begin));
	while (stop > begin && stop[-1] == ' ')
		stop--;
	*len = (size_t)(stop - begin);
	return begin;
}

/* OpenSSL takes the last of CA:TRUE,CA:FALSE and says nothing. */
static void check_repeats(struct fault_list *faults, const struct node *node, const char *value)
{
	bool whole = repeats_names(node->key);
	const char *at = value, *field;
	size_t len;

	while ((field = next_field(&at, whole, &len))) {
		const char *earlier_at = value, *earlier;
		size_t earlier_len;
		while ((earlier = next_field(&earlier_at, whole, &earlier_len)) && earlier < field) {
			char name[MESSAGE_ARG_MAX] = "";
			if (earlier_len != len || strncasecmp(earlier, field, len) != 0)
				continue;
			memcpy(name, field, len < sizeof(name) ? len : sizeof(name) - 1);
			fault_add(faults, node->place, N_("\"%s\" says \"%s\" twice. Keep one."), node->key, name);
			return;
		}
	}
}

void read_certificate_extensions(struct fault_list *faults, struct script_certificate *c, const struct node *node)
{
	static const char *const spelled[] = {"basicConstraints", "keyUsage", "extendedKeyUsage",
	        "subjectKeyIdentifier", "authorityKeyIdentifier", "subjectAltName", "issuerAltName",
	        "certificatePolicies", "policyMappings", "policyConstraints", "inhibitAnyPolicy", "nameConstraints",
	        "crlDistributionPoints", "freshestCRL", "authorityInfoAccess", "subjectInfoAccess", "noCheck",
	        "tlsfeature", NULL};
	size_t i = 0;

	c->extensions = read_extensions(faults, node, spelled, &c->extension_count);
	for (const struct node *n = node->child; n && i < c->extension_count; n = n->next, i++)
		if (c->extensions[i].value)
			check_repeats(faults, n, c->extensions[i].value);
}

/* Does the value say @NAME, something:NAME, or NAME alone? Which of them counts, pki judges. */
static bool names(const char *value, const char *name)
{
	size_t len = name ? strlen(name) : 0;

	for (const char *at = value; at && len && (at = strstr(at, name)); at++) {
		bool begins = at == value || strchr("@:, ", at[-1]), ends = !at[len] || strchr(", ", at[len]);
		if (begins && ends)
			return true;
	}
	return false;
}

static void read_fields(struct fault_list *faults, struct script_section *section, const struct node *node)
{
	section->field = read_room(faults, node, sizeof(*section->field));
	for (const struct node *n = node->child; n && section->field; n = n->next) {
		struct script_extension *field = &section->field[section->count++];
		field->place = n->key_place;
		field->name = copy_text(faults, n->key);
		field->value = read_bounded(faults, n, EXTENSION_MAX);
	}
}

/* The characters of an x509v3_config section name that need no thought. */
static bool section_name_is_valid(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	                  others[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t len = strlen(name);

	return len && len <= NAME_MAX_LEN && strspn(name, letters) > 0 && strspn(name, others) == len &&
	       strcmp(name, "ENV") != 0 && strcmp(name, "default") != 0;
}

void read_sections(struct fault_list *faults, struct script_certificate *c, const struct node *node)
{
	if (!is_map(faults, node))
		return;
	c->sections = read_room(faults, node, sizeof(*c->sections));
	for (const struct node *n = node->child; n && c->sections; n = n->next) {
		struct script_section *section = &c->sections[c->section_count++];
		section->place = n->key_place;
		section->name = copy_text(faults, n->key);
		if (!section_name_is_valid(n->key))
			fault_add(faults, n->key_place,
			        N_("\"%s\" is no name of a section. Use letters, digits, \"-\" and \"_\", a letter "
			           "first."),
			        n->key);
		if (!is_map(faults, n))
			continue;
		if (n->count == 0)
			fault_add(faults, n->place, N_("The section \"%s\" is empty. Write its fields, or remove it."),
			        n->key);
		read_fields(faults, section, n);
	}
	for (size_t i = 0; c->sections && i < c->section_count; i++) {
		const char *name = c->sections[i].name;
		bool used = false;
		for (size_t k = 0; k < c->extension_count && !used; k++)
			used = names(c->extensions[k].value, name);
		for (size_t k = 0; k < c->section_count && !used; k++)
			for (size_t f = 0; k != i && f < c->sections[k].count && !used; f++)
				used = names(c->sections[k].field[f].value, name);
		if (!used && name)
			fault_add(faults, c->sections[i].place,
			        N_("Nothing refers to the section \"%s\". Write @%s where it belongs, or remove it."),
			        name, name);
	}
}
