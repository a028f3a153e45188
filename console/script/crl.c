/* CRLs of a script: what can be judged from the words alone. */
#include "script/schema.h"

#include <stdlib.h>
#include <string.h>

enum { DAYS_MAX = 3660, HOURS_MAX = 87840, NUMBER_DIGITS = 18 };

static bool is_file_name(const char *name)
{
	return *name != '.' && strlen(name) <= NAME_MAX_LEN &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(name);
}

char *read_medium_file(struct fault_list *faults, const struct node *node)
{
	char *name = read_line(faults, node);

	if (!name || is_file_name(name))
		return name;
	fault_add(faults, node->place,
	        N_("\"%s\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", no \".\" first."), name);
	free(name);
	return NULL;
}

/* "next", or the number itself in decimal. */
static void read_crl_number(struct fault_list *faults, struct script_crl *c, const struct node *node)
{
	char *text = read_line(faults, node);

	if (!text)
		return;
	if (strcmp(text, "next") == 0 ||
	        (strlen(text) <= NUMBER_DIGITS && text[0] != '0' && strspn(text, "0123456789") == strlen(text))) {
		c->number = text;
		return;
	}
	fault_add(faults, node->place,
	        N_("\"number\" is neither \"next\" nor a number. Write 1 to %d decimal digits, no 0 first."),
	        (int)NUMBER_DIGITS);
	free(text);
}

void read_next_update(struct fault_list *faults, const struct node *node, int64_t *seconds)
{
	static const struct key_rule rules[] = {{"days", false}, {"hours", false}, {NULL, false}};
	const struct node *days, *hours;
	unsigned count;

	if (!read_keys(faults, node, rules))
		return;
	days = node_get(node, "days");
	hours = node_get(node, "hours");
	if (!days == !hours) {
		fault_add(faults, node->place,
		        N_("\"next-update\" is either {days: …} or {hours: …}. Write one of them."));
		return;
	}
	if (days && read_number(faults, days, 1, DAYS_MAX, &count))
		*seconds = (int64_t)count * 86400;
	if (hours && read_number(faults, hours, 1, HOURS_MAX, &count))
		*seconds = (int64_t)count * 3600;
}

bool check_serial_number(struct fault_list *faults, struct place place, const char *text)
{
	size_t len = strlen(text);

	if (len && len <= 40 && len % 2 == 0 && strspn(text, "0123456789abcdef") == len && strspn(text, "0") != len)
		return true;
	fault_add(faults, place,
	        N_("\"%s\" is no serial number. Write it in lower-case hexadecimal, two digits an octet."), text);
	return false;
}

static char *read_serial(struct fault_list *faults, const struct node *node)
{
	char *text = read_line(faults, node);

	if (!text || check_serial_number(faults, node->place, text))
		return text;
	free(text);
	return NULL;
}

static void read_revoked(
        struct fault_list *faults, const struct script *s, struct script_crl_entry *entry, const struct node *node)
{
	static const struct key_rule rules[] = {{"serial", false}, {"certificate", false}, {"file", false},
	        {"time", true}, {"reason", true}, {"invalidity", false}, {NULL, false}};
	static const char *const reasons[] = {"unspecified", "keyCompromise", "cACompromise", "affiliationChanged",
	        "superseded", "cessationOfOperation", "certificateHold", "privilegeWithdrawn", "aACompromise", NULL};
	const struct node *serial, *certificate, *file, *of;

	entry->place = node->place;
	entry->time = entry->invalidity = -1;
	if (!read_keys(faults, node, rules))
		return;
	serial = node_get(node, "serial");
	certificate = node_get(node, "certificate");
	file = node_get(node, "file");
	if (!!serial + !!certificate + !!file != 1)
		fault_add(faults, node->place,
		        N_("A revoked certificate is given by one of \"serial\", \"certificate\" and \"file\". Write "
		           "one of them."));
	if (serial)
		entry->serial = read_serial(faults, serial);
	if (file)
		entry->file = read_medium_file(faults, file);
	if (certificate && (entry->certificate = read_line(faults, certificate)))
		known_certificate(faults, s, certificate->place, entry->certificate);
	if ((of = node_get(node, "time")))
		read_time(faults, of, &entry->time);
	if ((of = node_get(node, "invalidity")))
		read_time(faults, of, &entry->invalidity);
	if ((of = node_get(node, "reason")) && read_choice(faults, of, reasons) >= 0)
		entry->reason = copy_text(faults, of->text);
}

static void read_entries(
        struct fault_list *faults, const struct script *s, struct script_crl *c, const struct node *node)
{
	if (!is_list(faults, node))
		return;
	c->entries = read_room(faults, node, sizeof(*c->entries));
	for (const struct node *n = node->child; n && c->entries; n = n->next)
		read_revoked(faults, s, &c->entries[c->entry_count++], n);
}

static void read_crl_extensions(struct fault_list *faults, struct script_crl *c, const struct node *node)
{
	static const char *const spelled[] = {
	        "issuingDistributionPoint", "issuerAltName", "freshestCRL", "authorityInfoAccess", NULL};

	c->extensions = read_extensions(faults, node, spelled, &c->extension_count);
}

static void read_crl_lint(struct fault_list *faults, struct script_crl *c, const struct node *node)
{
	static const char *const sets[] = {"rfc5280-crl", "cabf-crl", NULL};

	if (!read_list(faults, node, &c->lint))
		return;
	if (node->count == 0)
		fault_add(faults, node->place, N_("\"lint\" is empty. Name a set of rules: rfc5280-crl, cabf-crl."));
	for (const struct node *n = node->child; n; n = n->next)
		if (n->type == NODE_SCALAR && n->text[0])
			read_choice(faults, n, sets);
}

void check_signer(struct fault_list *faults, const struct script *s, struct place place, const char *name)
{
	if (!known_certificate(faults, s, place, name) || script_certificate(s, name)->key)
		return;
	fault_add(faults, place,
	        N_("The script does not say which key the certificate \"%s\" is for, so nothing can be signed with "
	           "it."),
	        name);
}

static void read_crl_signature(
        struct fault_list *faults, const struct script *s, struct script_crl *c, const struct node *node)
{
	const struct script_certificate *issuer = c->issuer ? script_certificate(s, c->issuer) : NULL;
	const struct script_key *key = issuer && issuer->key ? script_key(s, issuer->key) : NULL;

	read_signature(faults, node, key, &c->signature);
}

static void read_crl(struct fault_list *faults, const struct script *s, struct script_crl *c, const struct node *node)
{
	static const struct key_rule rules[] = {{"issuer", true}, {"signature", true}, {"number", true},
	        {"this-update", true}, {"next-update", true}, {"covers", true}, {"entries", false},
	        {"from-file", false}, {"carry-forward", false}, {"extensions", false}, {"lint", true}, {NULL, false}};
	static const char *const moments[] = {"signing", NULL}, *const covers[] = {"ca-certificates",
	                                                                "subscriber-certificates", NULL};
	const struct node *of;

	if (!read_keys(faults, node, rules))
		return;
	if ((of = node_get(node, "issuer")) && (c->issuer = read_line(faults, of)))
		check_signer(faults, s, of->place, c->issuer);
	if ((of = node_get(node, "signature")))
		read_crl_signature(faults, s, c, of);
	if ((of = node_get(node, "number")))
		read_crl_number(faults, c, of);
	if ((of = node_get(node, "this-update")))
		read_choice(faults, of, moments);
	if ((of = node_get(node, "next-update")))
		read_next_update(faults, of, &c->seconds);
	if ((of = node_get(node, "covers")))
		c->covers_ca = read_choice(faults, of, covers) == 0;
	if ((of = node_get(node, "entries")))
		read_entries(faults, s, c, of);
	if ((of = node_get(node, "from-file")))
		c->from_file = read_medium_file(faults, of);
	if ((of = node_get(node, "carry-forward")))
		c->carry_forward = read_medium_file(faults, of);
	if ((of = node_get(node, "extensions")))
		read_crl_extensions(faults, c, of);
	if ((of = node_get(node, "lint")))
		read_crl_lint(faults, c, of);
}

void read_crls(struct fault_list *faults, struct script *s, const struct node *node)
{
	if (!is_map(faults, node))
		return;
	s->crls = read_room(faults, node, sizeof(*s->crls));
	for (const struct node *n = node->child; n && s->crls; n = n->next) {
		struct script_crl *c = &s->crls[s->crl_count++];
		c->place = n->key_place;
		c->name = read_key_name(faults, n);
		if (c->name && script_certificate(s, c->name))
			fault_add(faults, n->key_place,
			        N_("A CRL cannot have the name of a certificate, \"%s\". Choose another."), c->name);
		read_crl(faults, s, c, n);
	}
}

size_t script_crl_files(const struct script_crl *c, const char *list[], size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < c->entry_count; i++)
		if (c->entries[i].file && count < most)
			list[count++] = c->entries[i].file;
	if (c->from_file && count < most)
		list[count++] = c->from_file;
	if (c->carry_forward && count < most)
		list[count++] = c->carry_forward;
	return count;
}

void crl_free(struct script_crl *c)
{
	for (size_t i = 0; i < c->entry_count; i++) {
		free(c->entries[i].serial);
		free(c->entries[i].certificate);
		free(c->entries[i].file);
		free(c->entries[i].reason);
	}
	for (size_t i = 0; i < c->extension_count; i++) {
		free(c->extensions[i].name);
		free(c->extensions[i].value);
	}
	free(c->entries);
	free(c->extensions);
	list_free(&c->lint);
	free(c->name);
	free(c->issuer);
	free(c->signature);
	free(c->number);
	free(c->from_file);
	free(c->carry_forward);
}
