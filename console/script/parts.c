/* Roles, people, HSMs, secrets and keys of a script. */
#include "script/schema.h"

#include <stdlib.h>
#include <string.h>

enum { PEOPLE_MAX = 100, SECRET_SHARES_MAX = 16, VKEY_BYTES = 33, VKEY_COSIGNATURE = 4 };

static void read_count(struct fault_list *faults, const struct node *node, struct script_role *role)
{
	static const struct key_rule rules[] = {{"minimum", true}, {"maximum", true}, {NULL, false}};
	const struct node *least, *most;

	if (node->type == NODE_SCALAR) {
		if (read_number(faults, node, 1, PEOPLE_MAX, &role->minimum))
			role->maximum = role->minimum;
		return;
	}
	role->range = true;
	if (!read_keys(faults, node, rules) || !(least = node_get(node, "minimum")) ||
	        !(most = node_get(node, "maximum")))
		return;
	if (!read_number(faults, least, 1, PEOPLE_MAX, &role->minimum) ||
	        !read_number(faults, most, 1, PEOPLE_MAX, &role->maximum))
		return;
	if (role->maximum < role->minimum)
		fault_add(faults, most->place, N_("The maximum %u is below the minimum %u. Raise it."), role->maximum,
		        role->minimum);
}

static bool is_administrator(const char *role)
{
	return role && strcmp(role, "administrator") == 0;
}

bool may_vote(struct fault_list *faults, struct place place, const char *role)
{
	if (!is_administrator(role))
		return true;
	fault_add(faults, place, N_("The administrator runs the ceremony and has no vote. Name another role."));
	return false;
}

static void read_quorum(struct fault_list *faults, const struct node *node, struct script_role *role)
{
	if (is_administrator(role->name)) {
		fault_add(faults, node->place, N_("The administrator has no vote, and so no quorum. Leave it out."));
		return;
	}
	if (!read_number(faults, node, 1, PEOPLE_MAX, &role->quorum))
		return;
	if (role->quorum < 2)
		fault_add(faults, node->place,
		        N_("A quorum of %u lets one person act alone. Ask for 2 at the least, or leave it out."),
		        role->quorum);
	else if (role->minimum && role->quorum > role->minimum)
		fault_add(faults, node->place,
		        N_("The quorum %u is above the %u people whom the role \"%s\" is sure to have. Lower it."),
		        role->quorum, role->minimum, role->name);
}

void read_roles(struct fault_list *faults, struct script *s, const struct node *node)
{
	static const struct key_rule rules[] = {{"count", true}, {"quorum", false}, {NULL, false}};

	if (!is_map(faults, node))
		return;
	if (node->count == 0)
		fault_add(faults, node->place, N_("There are no roles. Write one at the least."));
	s->roles = read_room(faults, node, sizeof(*s->roles));
	for (const struct node *n = node->child; n && s->roles; n = n->next) {
		struct script_role *role = &s->roles[s->role_count++];
		const struct node *of;
		role->place = n->key_place;
		role->name = read_key_name(faults, n);
		if (!role->name || !read_keys(faults, n, rules))
			continue;
		if ((of = node_get(n, "count")))
			read_count(faults, of, role);
		if ((of = node_get(n, "quorum")))
			read_quorum(faults, of, role);
	}
}

void read_exclusive(struct fault_list *faults, struct script *s, const struct node *node)
{
	if (!is_list(faults, node))
		return;
	s->exclusive = read_room(faults, node, sizeof(*s->exclusive));
	for (const struct node *n = node->child; n && s->exclusive; n = n->next) {
		struct script_list *set = &s->exclusive[s->exclusive_count++];
		if (!read_list(faults, n, set))
			continue;
		if (n->count < 2)
			fault_add(faults, n->place,
			        N_("A set of roles that exclude each other needs two at the least. Add one."));
		for (size_t i = 0; i < set->count; i++)
			known_role(faults, s, set->place[i], set->item[i]);
	}
}

/* C2SP vkey line of a person: NAME+hex(keyID)+base64(type ‖ public key), keyID = SHA-256(NAME ‖ LF ‖ type ‖ public
 * key)[:4]. Whether the point is sound is for the roster to judge. */
static void check_vkey(struct fault_list *faults, const struct node *node, const struct script_person *p)
{
	const char *id = strchr(p->key, '+'), *key = id ? strchr(id + 1, '+') : NULL;
	struct bytes raw = {0}, named = {0};
	uint8_t told[4], digest[32];

	if (!key || id == p->key || key - id - 1 != 8 || hex_decode(id + 1, 8, told, sizeof(told)) != 0 ||
	        base64_decode(key + 1, strlen(key + 1), &raw) != 0 || raw.len != VKEY_BYTES ||
	        raw.data[0] != VKEY_COSIGNATURE) {
		fault_add(faults, node->place,
		        N_("This is no person's vkey line. Copy it from the NAME.vkey file that \"tachiai enrol\" "
		           "wrote."));
		goto out;
	}
	if (p->name && (strlen(p->name) != (size_t)(id - p->key) || strncmp(p->name, p->key, strlen(p->name)) != 0)) {
		fault_add(faults, node->place,
		        N_("This vkey line is not that of \"%s\". Give the one of the same name."), p->name);
		goto out;
	}
	bytes_add(&named, p->key, (size_t)(id - p->key));
	bytes_byte(&named, '\n');
	bytes_add(&named, raw.data, raw.len);
	if (named.failed || sha256(named.data, named.len, digest) != 0)
		faults->failed = true;
	else if (memcmp(digest, told, sizeof(told)) != 0)
		fault_add(faults, node->place,
		        N_("The key ID of this vkey line does not belong to its name and key. Copy the line again, "
		           "whole."));
out:
	bytes_free(&raw);
	bytes_free(&named);
}

/* The base64 of NAME+ID+BASE64, which has "+" among its letters. */
static const char *key_of(const struct script_person *p)
{
	const char *at = p->key ? strchr(p->key, '+') : NULL;

	return at ? strchr(at + 1, '+') : NULL;
}

static void check_distinct(struct fault_list *faults, const struct script *s, const struct node *node, size_t at)
{
	const struct script_person *p = &s->people[at];
	const char *key = key_of(p);

	for (size_t i = 0; i < at; i++) {
		const struct script_person *other = &s->people[i];
		const char *its = key_of(other);
		if (p->name && other->name && strcmp(p->name, other->name) == 0)
			fault_add(faults, node_get(node, "name")->place,
			        N_("The person \"%s\" is listed twice. Keep one."), p->name);
		/* The base64 is strict, so equal keys are equal text. */
		if (p->card && other->card && strcmp(p->card, other->card) == 0)
			fault_add(faults, node_get(node, "card")->place,
			        N_("This card is already listed for another person. Each person has a card of their "
			           "own."));
		if (key && its && strcmp(key, its) == 0)
			fault_add(faults, node_get(node, "key")->place,
			        N_("This key is already listed for another person. Each person has a key of their "
			           "own."));
	}
}

static char *read_card(struct fault_list *faults, const struct node *node)
{
	char *card = read_line(faults, node);

	if (card && (strlen(card) != SHA256_HEX || strspn(card, "0123456789abcdef") != SHA256_HEX)) {
		fault_add(faults, node->place,
		        N_("This is no hash of a certificate. Write its SHA-256 in 64 lower-case hexadecimal digits."));
		free(card);
		return NULL;
	}
	return card;
}

static void read_person(struct fault_list *faults, struct script *s, const struct node *node)
{
	static const struct key_rule rules[] = {
	        {"name", true}, {"role", true}, {"key", true}, {"card", false}, {NULL, false}};
	struct script_person *p = &s->people[s->person_count];
	const struct node *of;

	s->person_count++;
	p->place = node->place;
	if (!read_keys(faults, node, rules))
		return;
	if ((of = node_get(node, "name")))
		p->name = read_name(faults, of, true);
	if ((of = node_get(node, "role")) && (p->role = read_line(faults, of)))
		known_role(faults, s, of->place, p->role);
	if ((of = node_get(node, "key")) && (p->key = read_line(faults, of)))
		check_vkey(faults, of, p);
	if ((of = node_get(node, "card")))
		p->card = read_card(faults, of);
	check_distinct(faults, s, node, s->person_count - 1);
}

void read_people(struct fault_list *faults, struct script *s, const struct node *node)
{
	if (!is_list(faults, node))
		return;
	s->people = read_room(faults, node, sizeof(*s->people));
	if (!s->people)
		return;
	for (const struct node *n = node->child; n; n = n->next)
		read_person(faults, s, n);
	/* More than the maximum may be listed: deputies are. */
	for (size_t i = 0; i < s->role_count; i++) {
		const struct script_role *role = &s->roles[i];
		unsigned found = 0;
		for (size_t j = 0; j < s->person_count; j++)
			found += s->people[j].role && role->name && strcmp(s->people[j].role, role->name) == 0;
		if (found < role->minimum)
			fault_add(faults, node->place,
			        N_("The role \"%s\" needs %u in \"people\" at the least, and has %u. List the others "
			           "too."),
			        role->name, role->minimum, found);
	}
}

void read_hsms(struct fault_list *faults, struct script *s, const struct node *node)
{
	static const struct key_rule rules[] = {{"manufacturer", false}, {"model", false}, {"attachment", false},
	        {"fips", false}, {"software", false}, {NULL, false}};
	static const char *const attachments[] = {"usb", "pcie", "network", NULL};
	static const char *const yes_no[] = {"no", "yes", NULL};

	if (!is_map(faults, node))
		return;
	s->hsms = read_room(faults, node, sizeof(*s->hsms));
	for (const struct node *n = node->child; n && s->hsms; n = n->next) {
		struct script_hsm *hsm = &s->hsms[s->hsm_count++];
		const struct node *of;
		hsm->place = n->key_place;
		hsm->name = read_key_name(faults, n);
		if (!read_keys(faults, n, rules))
			continue;
		if ((of = node_get(n, "manufacturer")))
			hsm->manufacturer = read_line(faults, of);
		if ((of = node_get(n, "model")))
			hsm->model = read_line(faults, of);
		if ((of = node_get(n, "attachment")) && read_choice(faults, of, attachments) >= 0)
			hsm->attachment = copy_text(faults, of->text);
		if ((of = node_get(n, "fips")))
			hsm->fips = read_line(faults, of);
		if ((of = node_get(n, "software")))
			hsm->software = read_choice(faults, of, yes_no) == 1;
	}
}

static void check_holders(
        struct fault_list *faults, const struct script *s, struct place place, const struct script_secret *secret)
{
	const struct script_role *role;

	if (!known_role(faults, s, place, secret->holders) || !may_vote(faults, place, secret->holders))
		return;
	role = script_role(s, secret->holders);
	if (role->minimum && secret->shares > role->minimum)
		fault_add(faults, place,
		        N_("\"%s\" has %u shares, and only %u of the role \"%s\" are sure to be there. Make fewer "
		           "shares."),
		        secret->name, secret->shares, role->minimum, role->name);
}

static void check_pin_once(struct fault_list *faults, const struct script *s, const struct script_secret *secret)
{
	for (const struct script_secret *other = s->secrets; other < secret; other++)
		if (other->hsm && secret->hsm && strcmp(other->hsm, secret->hsm) == 0 && other->pin == secret->pin)
			fault_add(faults, secret->place,
			        N_("\"%s\" is the same PIN of the HSM \"%s\" as \"%s\". Keep one of them."),
			        secret->name, secret->hsm, other->name);
}

static void read_secret(
        struct fault_list *faults, struct script *s, struct script_secret *secret, const struct node *node)
{
	static const struct key_rule rules[] = {
	        {"hsm", true}, {"pin", true}, {"holders", true}, {"shares", true}, {"threshold", true}, {NULL, false}};
	static const char *const pins[] = {"user", "so", NULL};
	const struct node *of;
	int pin = -1;

	if (!read_keys(faults, node, rules))
		return;
	if ((of = node_get(node, "hsm")) && (secret->hsm = read_line(faults, of)))
		known_hsm(faults, s, of->place, secret->hsm);
	if ((of = node_get(node, "pin")))
		pin = read_choice(faults, of, pins);
	if (pin >= 0) {
		secret->pin = pin == 0 ? PIN_USER : PIN_SO;
		check_pin_once(faults, s, secret);
	} else { /* neither PIN of it, or the other would seem to be there twice */
		free(secret->hsm);
		secret->hsm = NULL;
	}
	if ((of = node_get(node, "shares")))
		read_number(faults, of, 2, SECRET_SHARES_MAX, &secret->shares);
	if ((of = node_get(node, "threshold")))
		read_number(faults, of, 2, secret->shares ? secret->shares : SECRET_SHARES_MAX, &secret->threshold);
	if ((of = node_get(node, "holders")) && (secret->holders = read_line(faults, of)))
		check_holders(faults, s, of->place, secret);
}

void read_secrets(struct fault_list *faults, struct script *s, const struct node *node)
{
	if (!is_map(faults, node))
		return;
	s->secrets = read_room(faults, node, sizeof(*s->secrets));
	for (const struct node *n = node->child; n && s->secrets; n = n->next) {
		struct script_secret *secret = &s->secrets[s->secret_count++];
		secret->place = n->key_place;
		secret->name = read_key_name(faults, n);
		if (secret->name)
			read_secret(faults, s, secret, n);
	}
}

static void check_label_once(
        struct fault_list *faults, const struct script *s, const struct script_key *key, struct place place)
{
	/* The token itself would take a second object of the same label without a word. */
	for (const struct script_key *other = s->keys; other < key; other++)
		if (other->hsm && key->hsm && other->label && strcmp(other->hsm, key->hsm) == 0 &&
		        strcmp(other->label, key->label) == 0)
			fault_add(faults, place,
			        N_("The label \"%s\" is already that of \"%s\" on this HSM. Choose another."),
			        key->label, other->name);
}

void read_script_keys(struct fault_list *faults, struct script *s, const struct node *node)
{
	static const struct key_rule rules[] = {{"hsm", true}, {"algorithm", true}, {"label", true}, {NULL, false}};
	static const char *const algorithms[] = {"rsa-2048", "rsa-3072", "rsa-4096", "rsa-6144", "rsa-8192", "ec-p256",
	        "ec-p384", "ec-p521", "ed25519", NULL};

	if (!is_map(faults, node))
		return;
	s->keys = read_room(faults, node, sizeof(*s->keys));
	for (const struct node *n = node->child; n && s->keys; n = n->next) {
		struct script_key *key = &s->keys[s->key_count++];
		const struct node *of;
		key->place = n->key_place;
		key->name = read_key_name(faults, n);
		if (!key->name || !read_keys(faults, n, rules))
			continue;
		if ((of = node_get(n, "hsm")) && (key->hsm = read_line(faults, of)))
			known_hsm(faults, s, of->place, key->hsm);
		if ((of = node_get(n, "algorithm")) && read_choice(faults, of, algorithms) >= 0)
			key->algorithm = copy_text(faults, of->text);
		if ((of = node_get(n, "label")) && (key->label = read_label(faults, of)))
			check_label_once(faults, s, key, of->place);
	}
}
