/* The subject of a certificate, and the organisation's two names. */
#include "base/text.h"
#include "script/certificate.h"

#include <stdlib.h>
#include <string.h>

/* The attribute types that pki can encode. */
static const char *const subject_types[] = {"DC", "C", "ST", "L", "postalCode", "street", "O", "SN", "GN", "OU", "CN",
        "serialNumber", "dnQualifier", "title", "initials", "pseudonym", "generationQualifier", "businessCategory",
        "organizationIdentifier", "jurisdictionC", "jurisdictionST", "jurisdictionL", "UID", "emailAddress", NULL};

static void check_attribute(struct fault_list *faults, const struct node *n, const char *value)
{
	const char *meant;

	for (size_t i = 0; subject_types[i]; i++) {
		if (strcmp(subject_types[i], n->key) != 0)
			continue;
		/* ISO 3166-1 alpha-2; RFC 5280 appendix A gives it exactly two characters. */
		if ((strcmp(n->key, "C") == 0 || strcmp(n->key, "jurisdictionC") == 0) && value &&
		        (strlen(value) != 2 || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2))
			fault_add(
			        faults, n->place, N_("\"%s\" is no country. Write its two upper-case letters."), value);
		return;
	}
	meant = nearest(n->key, subject_types);
	if (meant)
		fault_add(faults, n->key_place, N_("The subject has no attribute \"%s\". Did you mean \"%s\"?"), n->key,
		        meant);
	else
		fault_add(faults, n->key_place, N_("The subject has no attribute \"%s\". Write one such as C, O, CN."),
		        n->key);
}

/* How the strings of an RDN are written: "as" beside its attributes. */
static bool read_as(struct fault_list *faults, const struct node *n)
{
	static const char *const ways[] = {"utf8", "printable", NULL};
	const struct node *as = node_get(n, "as");

	return as && read_choice(faults, as, ways) == 1;
}

/* One list item is one RDN; most have one attribute. */
static void read_rdn(struct fault_list *faults, struct script_certificate *c, const struct node *n, size_t *room)
{
	bool printable = read_as(faults, n);
	size_t first = c->subjects;

	for (const struct node *a = n->child; a; a = a->next) {
		struct script_rdn *more, *rdn;
		if (strcmp(a->key, "as") == 0)
			continue;
		if (c->subjects == *room) {
			size_t larger = *room ? 2 * *room : 8;
			if (!(more = reallocarray(c->subject, larger, sizeof(*more)))) {
				faults->failed = true;
				return;
			}
			c->subject = more;
			*room = larger;
		}
		rdn = &c->subject[c->subjects++];
		*rdn = (struct script_rdn){
		        .place = a->place, .printable = printable, .joined = c->subjects - 1 > first};
		rdn->type = copy_text(faults, a->key);
		rdn->value = read_line(faults, a);
		check_attribute(faults, a, rdn->value);
	}
}

void read_subject(struct fault_list *faults, struct script_certificate *c, const struct node *node)
{
	size_t room = 0;

	if (c->request && node->type == NODE_SCALAR && strcmp(node->text, "request") == 0) {
		c->subject_of_request = true;
		return;
	}
	if (!is_list(faults, node))
		return;
	if (node->count == 0)
		fault_add(faults, node->place, N_("The subject is empty. Write it as [C: JP, O: …, CN: …]."));
	for (const struct node *n = node->child; n; n = n->next) {
		if (n->type != NODE_MAP || n->count == 0 || (n->count == 1 && node_get(n, "as")))
			fault_add(faults, n->place,
			        N_("A part of the subject is one \"TYPE: value\", or several of one RDN in braces. "
			           "Write [C: JP, "
			           "O: …]."));
		else
			read_rdn(faults, c, n, &room);
	}
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

void read_names(struct fault_list *faults, struct script_certificate *c, const struct node *node)
{
	static const struct key_rule rules[] = {{"organisation", true}, {NULL, false}};
	static const struct key_rule pair[] = {{"ja", true}, {"en", true}, {NULL, false}};
	const struct node *organisation, *of;

	if (!read_keys(faults, node, rules) || !(organisation = node_get(node, "organisation")) ||
	        !read_keys(faults, organisation, pair))
		return;
	if ((of = node_get(organisation, "ja")) && (c->organisation_ja = read_line(faults, of)) &&
	        is_ascii(c->organisation_ja))
		fault_add(
		        faults, of->place, N_("\"%s\" is no Japanese name. Write it in Japanese."), c->organisation_ja);
	if ((of = node_get(organisation, "en")) && (c->organisation_en = read_line(faults, of)) &&
	        !is_ascii(c->organisation_en))
		fault_add(faults, of->place, N_("\"%s\" is not romanised. Write it in ASCII."), c->organisation_en);
}
