/* Certificates of a script: what can be judged from the words alone. What the values encode to is for pki to say. */
#include "base/text.h"
#include "script/schema.h"

#include <stdlib.h>
#include <string.h>

enum { DAYS_MAX = 36525, EXTENSION_MAX = 4096 };

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

static void read_subject(struct fault_list *faults, struct script_certificate *c, const struct node *node)
{
	if (!is_list(faults, node))
		return;
	if (node->count == 0)
		fault_add(faults, node->place, N_("The subject is empty. Write it as [C: JP, O: …, CN: …]."));
	c->subject = read_room(faults, node, sizeof(*c->subject));
	for (const struct node *n = node->child; n && c->subject; n = n->next) {
		struct script_rdn *rdn = &c->subject[c->subjects];
		if (n->type != NODE_MAP || n->count != 1) {
			fault_add(faults, n->place,
			        N_("A part of the subject is one \"TYPE: value\". Write [C: JP, O: …]."));
			continue;
		}
		c->subjects++;
		rdn->place = n->place;
		rdn->type = copy_text(faults, n->child->key);
		rdn->value = read_line(faults, n->child);
		check_attribute(faults, n->child, rdn->value);
	}
}

static bool read_time(struct fault_list *faults, const struct node *node, int64_t *out)
{
	char *text = read_line(faults, node);
	bool good = text && time_parse_seconds(text, strlen(text), out) == 0;

	if (text && !good)
		fault_add(faults, node->place, N_("\"%s\" is no time. Write it in UTC as 2026-12-01T00:00:00Z."),
		        node_name(node));
	free(text);
	return good;
}

static void read_validity(struct fault_list *faults, struct script_certificate *c, const struct node *node)
{
	static const struct key_rule signing[] = {{"from", true}, {"days", true}, {NULL, false}};
	static const struct key_rule fixed[] = {{"not-before", true}, {"not-after", true}, {NULL, false}};
	static const char *const from[] = {"signing", NULL};
	const struct node *a, *b;
	bool both;

	c->from_signing = node_get(node, "from") || node_get(node, "days");
	if (!read_keys(faults, node, c->from_signing ? signing : fixed))
		return;
	if (c->from_signing) {
		if ((a = node_get(node, "from")))
			read_choice(faults, a, from);
		if ((b = node_get(node, "days")))
			read_number(faults, b, 1, DAYS_MAX, &c->days);
		return;
	}
	if (!(a = node_get(node, "not-before")) || !(b = node_get(node, "not-after")))
		return;
	both = read_time(faults, a, &c->not_before);
	both = read_time(faults, b, &c->not_after) && both;
	if (both && c->not_after <= c->not_before)
		fault_add(faults, b->place, N_("\"not-after\" is no later than \"not-before\". Correct one of them."));
}

/* "random", or the number with an even count of digits and no octet of zeros before it. */
static void read_serial(struct fault_list *faults, struct script_certificate *c, const struct node *node)
{
	char *text = read_line(faults, node);
	const char *digits;
	struct bytes whole = {0};
	size_t len;

	if (!text)
		return;
	if (strcmp(text, "random") == 0) {
		c->serial = text;
		return;
	}
	len = strlen(text);
	digits = text + strspn(text, "0");
	if (len > 40 || strspn(text, "0123456789abcdef") != len) {
		fault_add(faults, node->place,
		        N_("\"serial\" is neither \"random\" nor a number. Write 1 to 40 lower-case hexadecimal "
		           "digits."));
	} else if (!*digits) {
		fault_add(
		        faults, node->place, N_("The serial number is zero. It must be positive (RFC 5280 4.1.2.2)."));
	} else if (strlen(digits) == 40 && digits[0] > '7') {
		fault_add(faults, node->place,
		        N_("The serial number is not below 2^159 (RFC 5280 4.1.2.2). Begin its 40 digits with 0 to "
		           "7."));
	} else {
		bytes_printf(&whole, "%s%s", strlen(digits) % 2 ? "0" : "", digits);
		c->serial = copy_text(faults, bytes_string(&whole));
	}
	bytes_free(&whole);
	free(text);
}

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

static void read_extensions(struct fault_list *faults, struct script_certificate *c, const struct node *node)
{
	static const char *const spelled[] = {"basicConstraints", "keyUsage", "extendedKeyUsage",
	        "subjectKeyIdentifier", "authorityKeyIdentifier", "subjectAltName", "issuerAltName",
	        "certificatePolicies", "policyMappings", "policyConstraints", "inhibitAnyPolicy", "nameConstraints",
	        "crlDistributionPoints", "freshestCRL", "authorityInfoAccess", "subjectInfoAccess", "noCheck",
	        "tlsfeature", NULL};

	if (!is_map(faults, node))
		return;
	c->extensions = read_room(faults, node, sizeof(*c->extensions));
	for (const struct node *n = node->child; n && c->extensions; n = n->next) {
		struct script_extension *x = &c->extensions[c->extension_count++];
		const char *meant = nearest(n->key, spelled);
		x->place = n->key_place;
		x->name = copy_text(faults, n->key);
		x->value = read_bounded(faults, n, EXTENSION_MAX);
		/* An extension under an OID is pki's to judge; a name that is nearly one of these is a slip. */
		if (meant && strcmp(meant, n->key) != 0)
			fault_add(faults, n->key_place, N_("There is no extension \"%s\". Did you mean \"%s\"?"),
			        n->key, meant);
		if (x->value)
			check_repeats(faults, n, x->value);
	}
}

static void read_lint(struct fault_list *faults, struct script_certificate *c, const struct node *node)
{
	static const char *const sets[] = {"rfc5280", "cabf-root", NULL};

	if (!read_list(faults, node, &c->lint))
		return;
	if (node->count == 0)
		fault_add(faults, node->place, N_("\"lint\" is empty. Name a set of rules: rfc5280, cabf-root."));
	for (const struct node *n = node->child; n; n = n->next)
		if (n->type == NODE_SCALAR && n->text[0])
			read_choice(faults, n, sets);
}

static bool signature_fits(const char *signature, const char *algorithm)
{
	if (strncmp(algorithm, "rsa-", 4) == 0)
		return strncmp(signature, "rsa-", 4) == 0;
	if (strncmp(algorithm, "ec-", 3) == 0)
		return strncmp(signature, "ecdsa-", 6) == 0;
	return strcmp(signature, algorithm) == 0;
}

void read_signature(struct fault_list *faults, const struct node *node, const struct script_key *key, char **out)
{
	static const char *const signatures[] = {"ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha512", "rsa-pkcs1-sha256",
	        "rsa-pkcs1-sha384", "rsa-pkcs1-sha512", "rsa-pss-sha256", "rsa-pss-sha384", "rsa-pss-sha512", "ed25519",
	        NULL};

	if (read_choice(faults, node, signatures) < 0)
		return;
	*out = copy_text(faults, node->text);
	if (key && key->algorithm && *out && !signature_fits(*out, key->algorithm))
		fault_add(faults, node->place,
		        N_("A key of the algorithm %s cannot sign \"%s\". Choose one that fits it."), key->algorithm,
		        *out);
}

static void read_certificate(
        struct fault_list *faults, const struct script *s, struct script_certificate *c, const struct node *node)
{
	static const struct key_rule rules[] = {{"subject", true}, {"key", true}, {"issuer", true}, {"signature", true},
	        {"validity", true}, {"serial", true}, {"extensions", true}, {"lint", true}, {NULL, false}};
	const struct node *of;

	if (!read_keys(faults, node, rules))
		return;
	if ((of = node_get(node, "subject")))
		read_subject(faults, c, of);
	if ((of = node_get(node, "key")) && (c->key = read_line(faults, of)))
		known_key(faults, s, of->place, c->key);
	if ((of = node_get(node, "issuer")) && (c->issuer = read_line(faults, of)) && strcmp(c->issuer, "self") != 0)
		fault_add(faults, of->place,
		        N_("The issuer \"%s\" is not in this version, which issues self-signed certificates only. "
		           "Write \"self\"."),
		        c->issuer);
	if ((of = node_get(node, "signature")))
		read_signature(faults, of, c->key ? script_key(s, c->key) : NULL, &c->signature);
	if ((of = node_get(node, "validity")))
		read_validity(faults, c, of);
	if ((of = node_get(node, "serial")))
		read_serial(faults, c, of);
	if ((of = node_get(node, "extensions")))
		read_extensions(faults, c, of);
	if ((of = node_get(node, "lint")))
		read_lint(faults, c, of);
}

void read_certificates(struct fault_list *faults, struct script *s, const struct node *node)
{
	if (!is_map(faults, node))
		return;
	s->certificates = read_room(faults, node, sizeof(*s->certificates));
	for (const struct node *n = node->child; n && s->certificates; n = n->next) {
		struct script_certificate *c = &s->certificates[s->certificate_count++];
		c->place = n->key_place;
		c->name = read_key_name(faults, n);
		if (c->name && strcmp(c->name, "checkpoint") == 0)
			fault_add(faults, n->key_place,
			        N_("A certificate cannot be named \"checkpoint\", which show-code means otherwise. "
			           "Choose another."));
		read_certificate(faults, s, c, n);
	}
}

/* {} is one that is taken in; all else is for one that is made. */
static void read_request(struct fault_list *faults, const struct script *s, struct script_request *r, const struct node *node)
{
	static const struct key_rule rules[] = {
	        {"subject", true}, {"key", true}, {"signature", true}, {"extensions", false}, {NULL, false}};
	const struct node *of;

	r->taken = node->type != NODE_MAP || node->count == 0;
	if (!is_map(faults, node) || r->taken || !read_keys(faults, node, rules))
		return;
	if ((of = node_get(node, "subject")))
		read_subject(faults, &r->profile, of);
	if ((of = node_get(node, "key")) && (r->profile.key = read_line(faults, of)))
		known_key(faults, s, of->place, r->profile.key);
	if ((of = node_get(node, "signature")))
		read_signature(faults, of, r->profile.key ? script_key(s, r->profile.key) : NULL, &r->profile.signature);
	if ((of = node_get(node, "extensions")))
		read_extensions(faults, &r->profile, of);
}

void read_requests(struct fault_list *faults, struct script *s, const struct node *node)
{
	if (!is_map(faults, node))
		return;
	s->requests = read_room(faults, node, sizeof(*s->requests));
	for (const struct node *n = node->child; n && s->requests; n = n->next) {
		struct script_request *r = &s->requests[s->request_count++];
		r->place = n->key_place;
		r->name = read_key_name(faults, n);
		if (r->name && (strcmp(r->name, "checkpoint") == 0 || script_certificate(s, r->name)))
			fault_add(faults, n->key_place,
			        N_("A request cannot be named \"%s\", which show-code means otherwise. Choose another."), r->name);
		read_request(faults, s, r, n);
	}
}
