/* Certificates of a script: what can be judged from the words alone. What the values encode to is for pki to say. */
#include "script/certificate.h"

#include <stdlib.h>
#include <string.h>

enum { DAYS_MAX = 36525 };

static void read_validity(struct fault_list *faults, struct script_certificate *c, const struct node *node)
{
	static const struct key_rule signing[] = {
	        {"from", true}, {"days", true}, {"outlives-issuer", false}, {NULL, false}};
	static const struct key_rule fixed[] = {
	        {"not-before", true}, {"not-after", true}, {"outlives-issuer", false}, {NULL, false}};
	static const char *const from[] = {"signing", NULL}, *const accepted[] = {"accepted", NULL};
	const struct node *a, *b;
	bool both;

	c->from_signing = node_get(node, "from") || node_get(node, "days");
	if (!read_keys(faults, node, c->from_signing ? signing : fixed))
		return;
	if ((a = node_get(node, "outlives-issuer")) && read_choice(faults, a, accepted) == 0) {
		c->outlives_issuer = true;
		if (c->issuer && strcmp(c->issuer, "self") == 0)
			fault_add(faults, a->key_place,
			        N_("A self-issued certificate cannot outlive its issuer. Remove \"outlives-issuer\"."));
	}
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

static void read_lint(struct fault_list *faults, struct script_certificate *c, const struct node *node)
{
	static const char *const sets[] = {"rfc5280", "cabf-root", "cabf-cross", "cabf-sub-ca", "cabf-constrained",
	        "cabf-ocsp", "rfc6960-responder", "tsa", "ieee-802.1ar", NULL};

	if (!read_list(faults, node, &c->lint))
		return;
	if (node->count == 0)
		fault_add(faults, node->place, N_("\"lint\" is empty. Name a set of rules, such as rfc5280."));
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

/* Places are the certificate's business; whether the key fits is asked when all are known. */
static void read_certificate_signature(struct fault_list *faults, struct script_certificate *c, const struct node *node)
{
	c->signature_place = node->place;
	read_signature(faults, node, NULL, &c->signature);
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

/* Whose key is certified: one of key, request and cross says so. */
static void read_subject_key(
        struct fault_list *faults, const struct script *s, struct script_certificate *c, const struct node *node)
{
	const struct node *key = node_get(node, "key"), *request = node_get(node, "request"),
	                  *cross = node_get(node, "cross"), *more;

	if (key && (c->key = read_line(faults, key)))
		known_key(faults, s, key->place, c->key);
	if (request && (c->request = read_name(faults, request, false)))
		c->request_place = request->place;
	if (cross && (c->cross = read_line(faults, cross)))
		c->cross_place = cross->place;
	if (!key && !request && !cross)
		fault_add(faults, node->place,
		        N_("\"%s\" does not say whose key is certified. Give it one of \"key\", \"request\" and "
		           "\"cross\"."),
		        node_name(node));
	more = key && (request || cross) ? (request ? request : cross) : request && cross ? cross : NULL;
	if (more)
		fault_add(faults, more->key_place, N_("The key is already said by \"%s\". Keep one of them."),
		        key ? "key" : "request");
}

/* A certificate that exists already: known from the previous record, or carried in on a medium. */
static void read_existing(
        struct fault_list *faults, const struct script *s, struct script_certificate *c, const struct node *node)
{
	static const struct key_rule rules[] = {{"from", true}, {"key", false}, {NULL, false}};
	static const char *const from[] = {"previous", "file", NULL};
	const struct node *of;
	int which;

	if (!read_keys(faults, node, rules))
		return;
	of = node_get(node, "from");
	which = read_choice(faults, of, from);
	c->from = which == 0 ? CERTIFICATE_PREVIOUS : CERTIFICATE_FILE;
	if (which == 0 && s->previous && strcmp(s->previous, "none") == 0)
		fault_add(faults, of->place,
		        N_("\"%s\" comes from the previous record, but \"previous\" is none. Ask for one."),
		        node_name(node));
	if ((of = node_get(node, "key")) && (c->key = read_line(faults, of)))
		known_key(faults, s, of->place, c->key);
}

static void read_certificate(
        struct fault_list *faults, const struct script *s, struct script_certificate *c, const struct node *node)
{
	static const struct key_rule rules[] = {{"subject", true}, {"names", false}, {"key", false}, {"request", false},
	        {"cross", false}, {"issuer", true}, {"signature", true}, {"validity", true}, {"serial", true},
	        {"extensions", true}, {"sections", false}, {"lint", true}, {NULL, false}};
	static const struct key_rule crossed[] = {{"cross", true}, {"names", false}, {"key", false}, {"request", false},
	        {"issuer", true}, {"signature", true}, {"validity", true}, {"serial", true}, {"extensions", true},
	        {"sections", false}, {"lint", true}, {NULL, false}};
	const struct node *of;

	if (node->type == NODE_MAP && node_get(node, "from")) {
		read_existing(faults, s, c, node);
		return;
	}
	if (!read_keys(faults, node, node->type == NODE_MAP && node_get(node, "cross") ? crossed : rules))
		return;
	read_subject_key(faults, s, c, node);
	if ((of = node_get(node, "subject")) && !c->cross)
		read_subject(faults, c, of);
	if ((of = node_get(node, "names")))
		read_names(faults, c, of);
	if ((of = node_get(node, "issuer")) && (c->issuer = read_line(faults, of)))
		c->issuer_place = of->place;
	if ((of = node_get(node, "signature")))
		read_certificate_signature(faults, c, of);
	if ((of = node_get(node, "validity")))
		read_validity(faults, c, of);
	if ((of = node_get(node, "serial")))
		read_serial(faults, c, of);
	if ((of = node_get(node, "extensions")))
		read_certificate_extensions(faults, c, of);
	if ((of = node_get(node, "sections")))
		read_sections(faults, c, of);
	if ((of = node_get(node, "lint")))
		read_lint(faults, c, of);
}

/* The issuer must be a certificate whose key the script names: that key signs. */
static void check_issuer(struct fault_list *faults, const struct script *s, const struct script_certificate *c)
{
	const struct script_certificate *issuer;

	if (!c->issuer)
		return;
	if (strcmp(c->issuer, "self") == 0) {
		if (!c->key)
			fault_add(faults, c->issuer_place,
			        N_("Only a certificate of one of the script's own keys can be its own issuer. Name "
			           "another."));
		return;
	}
	if (!known_certificate(faults, s, c->issuer_place, c->issuer))
		return;
	issuer = script_certificate(s, c->issuer);
	if (issuer == c)
		fault_add(faults, c->issuer_place, N_("\"%s\" names itself as issuer. Write \"self\"."), c->name);
	else if (!issuer->key)
		fault_add(faults, c->issuer_place,
		        N_("The issuer \"%s\" has no key of this script, so nothing can sign. Give it its \"key\"."),
		        c->issuer);
}

static void check_references(struct fault_list *faults, const struct script *s)
{
	for (size_t i = 0; s->certificates && i < s->certificate_count; i++) {
		const struct script_certificate *c = &s->certificates[i];
		const struct script_key *key;
		if (c->from != CERTIFICATE_ISSUED)
			continue;
		check_issuer(faults, s, c);
		if (c->cross && known_certificate(faults, s, c->cross_place, c->cross) &&
		        script_certificate(s, c->cross) == c)
			fault_add(faults, c->cross_place,
			        N_("\"%s\" takes its subject from itself. Name the certificate that exists."), c->name);
		key = script_signer(s, c);
		if (key && key->algorithm && c->signature && !signature_fits(c->signature, key->algorithm))
			fault_add(faults, c->signature_place,
			        N_("A key of the algorithm %s cannot sign \"%s\". Choose one that fits it."),
			        key->algorithm, c->signature);
	}
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
	check_references(faults, s);
}

/* {} is one that is taken in; all else is for one that is made. */
static void read_request(
        struct fault_list *faults, const struct script *s, struct script_request *r, const struct node *node)
{
	static const struct key_rule rules[] = {{"subject", true}, {"key", true}, {"signature", true},
	        {"extensions", false}, {"sections", false}, {NULL, false}};
	const struct script_key *key;
	const struct node *of;

	r->taken = node->type != NODE_MAP || node->count == 0;
	if (!is_map(faults, node) || r->taken || !read_keys(faults, node, rules))
		return;
	if ((of = node_get(node, "subject")))
		read_subject(faults, &r->profile, of);
	if ((of = node_get(node, "key")) && (r->profile.key = read_line(faults, of)))
		known_key(faults, s, of->place, r->profile.key);
	key = r->profile.key ? script_key(s, r->profile.key) : NULL;
	if ((of = node_get(node, "signature")))
		read_signature(faults, of, key, &r->profile.signature);
	if ((of = node_get(node, "extensions")))
		read_certificate_extensions(faults, &r->profile, of);
	if ((of = node_get(node, "sections")))
		read_sections(faults, &r->profile, of);
}

void check_certificate_requests(struct fault_list *faults, const struct script *s)
{
	for (size_t i = 0; i < s->certificate_count; i++)
		if (s->certificates[i].request)
			known_request(faults, s, s->certificates[i].request_place, s->certificates[i].request);
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
			        N_("A request cannot be named \"%s\", which show-code means otherwise. Choose "
			           "another."),
			        r->name);
		read_request(faults, s, r, n);
	}
}
