#include "script/site.h"

#include "script/schema.h"

#include <stdlib.h>
#include <string.h>

/* A PIN is made from 16 random bytes: 32 hexadecimal digits, 38 decimal ones that are all free. Fewer than 64 bits of
 * it are 15 and 19. */
enum {
	PIN_LEAST = 4,
	PIN_BYTES_MAX = 255,
	PIN_HEX_MAX = 32,
	PIN_DIGITS_MAX = 38,
	PIN_HEX_SAFE = 16,
	PIN_DIGITS_SAFE = 20
};
enum { ACT_TIMEOUT = 300, AUTO_LOCK = 30, ACT_TIMEOUT_MAX = 86400, AUTO_LOCK_MAX = 1440, LINTER_ARGUMENTS = 32 };

static char *read_prefix(struct fault_list *faults, const struct node *node)
{
	char *prefix = read_any(faults, node);

	for (const char *p = prefix; p && *p; p++) {
		if (*p > ' ' && *p <= '~')
			continue;
		fault_add(faults, node->place,
		        N_("\"%s\" cannot be typed on every keyboard. Use printable ASCII without spaces."),
		        node_name(node));
		free(prefix);
		return NULL;
	}
	return prefix;
}

static void check_pin(struct fault_list *faults, const struct site_pin *pin, struct place place)
{
	bool hex = pin->alphabet == ALPHABET_HEX;
	unsigned most = hex ? PIN_HEX_MAX : PIN_DIGITS_MAX;

	if (pin->length > most)
		fault_add(faults, place,
		        N_("The 16 random bytes of a PIN give at most %u characters of this alphabet. Shorten it."),
		        most);
	else if (pin->length < (hex ? PIN_HEX_SAFE : PIN_DIGITS_SAFE) && !pin->short_pin)
		fault_add(faults, place,
		        N_("A PIN of %u characters has fewer than 64 bits. Lengthen it, or write \"short-pin: "
		           "accepted\"."),
		        pin->length);
	if (pin->prefix && strlen(pin->prefix) + pin->length > PIN_BYTES_MAX)
		fault_add(faults, place, N_("Prefix and length together are above %d characters. Shorten them."),
		        PIN_BYTES_MAX);
}

static void read_pin(struct fault_list *faults, const struct node *node, struct site_pin *pin, bool so)
{
	static const struct key_rule user_rules[] = {
	        {"prefix", false}, {"length", false}, {"alphabet", false}, {"short-pin", false}, {NULL, false}};
	static const struct key_rule so_rules[] = {{"prefix", false}, {"length", false}, {"alphabet", false},
	        {"short-pin", false}, {"own-bounds", false}, {NULL, false}};
	const struct key_rule *rules = so ? so_rules : user_rules;
	static const char *const no_yes[] = {"no", "yes", NULL};
	static const char *const alphabets[] = {"hex", "digits", NULL};
	static const char *const accepted[] = {"accepted", NULL};
	const struct node *n, *length = node ? node_get(node, "length") : NULL;
	bool sound = true;

	pin->length = PIN_HEX_MAX;
	if (node && read_keys(faults, node, rules)) {
		if ((n = node_get(node, "prefix")))
			pin->prefix = read_prefix(faults, n);
		if (length)
			sound = read_number(faults, length, PIN_LEAST, PIN_BYTES_MAX, &pin->length);
		if ((n = node_get(node, "alphabet"))) {
			int which = read_choice(faults, n, alphabets);
			pin->alphabet = which == 1 ? ALPHABET_DIGITS : ALPHABET_HEX;
			sound = sound && which >= 0;
		}
		if ((n = node_get(node, "short-pin")))
			pin->short_pin = read_choice(faults, n, accepted) == 0;
		if (so && (n = node_get(node, "own-bounds")))
			pin->own_bounds = read_choice(faults, n, no_yes) == 1;
		if (sound)
			check_pin(faults, pin, length ? length->place : node->place);
	}
	if (!pin->prefix)
		pin->prefix = copy_text(faults, "");
}

static bool environment_name_is_valid(const char *name)
{
	return name[0] >= 'A' && name[0] <= 'Z' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(name);
}

void read_environment(struct fault_list *faults, const struct node *node, struct script_extension **list, size_t *count)
{
	if (!is_map(faults, node))
		return;
	*list = read_room(faults, node, sizeof(**list));
	for (const struct node *n = node->child; n && *list; n = n->next) {
		struct script_extension *x = &(*list)[(*count)++];
		x->place = n->key_place;
		x->name = copy_text(faults, n->key);
		x->value = read_line(faults, n);
		if (!environment_name_is_valid(n->key))
			fault_add(faults, n->key_place,
			        N_("\"%s\" is no name of an environment variable. Use A-Z, 0-9 and \"_\", a letter "
			           "first."),
			        n->key);
		else if (strncmp(n->key, "LD_", 3) == 0)
			/* They would put other code into the one process that drives the token. */
			fault_add(faults, n->key_place,
			        N_("The variable \"%s\" changes what code is loaded. Remove it."), n->key);
	}
}

static void check_holder(struct fault_list *faults, const struct script *script, struct place place, const char *name)
{
	const char *meant;

	if (!name_is_valid(name, true)) {
		fault_add(faults, place,
		        N_("\"%s\" is no name. Use a-z, 0-9, \"-\" and \".\", a letter or digit first, at most %d."),
		        name, NAME_MAX_LEN);
		return;
	}
	if (!script || script->person_count == 0) /* who sits down is known at the roll call */
		return;
	for (size_t i = 0; i < script->person_count; i++)
		if (strcmp(script->people[i].name, name) == 0) {
			may_vote(faults, place, script->people[i].role);
			return;
		}
	meant = nearest_member(name, script->people, script->person_count, sizeof(*script->people));
	if (meant)
		fault_add(faults, place, N_("The script lists no person \"%s\". Did you mean \"%s\"?"), name, meant);
	else
		fault_add(faults, place, N_("The script lists no person \"%s\". Name one of \"people\"."), name);
}

static void read_holders(
        struct fault_list *faults, const struct node *node, const struct script *script, struct site_hsm *hsm)
{
	if (hsm->login != LOGIN_SPLIT_ENTRY) {
		fault_add(
		        faults, node->key_place, N_("\"holders\" belongs to \"login: split-entry\" alone. Remove it."));
		return;
	}
	if (!read_list(faults, node, &hsm->holders))
		return;
	if (node->count != 2)
		fault_add(faults, node->place,
		        N_("\"holders\" has %zu entries. Name the two people who enter the halves."), node->count);
	for (size_t i = 0; i < hsm->holders.count; i++)
		check_holder(faults, script, hsm->holders.place[i], hsm->holders.item[i]);
}

static bool has_step(const struct script *script, const char *kind, const char *hsm)
{
	for (size_t i = 0; i < script->step_count; i++) {
		const struct script_step *step = &script->steps[i];
		if (strcmp(step->kind, kind) == 0 && strcmp(step_param(step, "hsm"), hsm) == 0)
			return true;
	}
	return false;
}

/* Shares are made of both PINs, unless they are entered on the device and nobody knows them here. */
static void check_initialise(
        struct fault_list *faults, struct place place, const struct script *script, const struct site_hsm *hsm)
{
	if (hsm->login != LOGIN_SHARES || !has_step(script, "initialise-hsm", hsm->name))
		return;
	if (!script_secret(script, hsm->name, PIN_SO))
		fault_add(faults, place, N_("\"secrets\" of the script has no SO PIN of the HSM \"%s\". Add it."),
		        hsm->name);
	if (!script_secret(script, hsm->name, PIN_USER))
		fault_add(faults, place, N_("\"secrets\" of the script has no user PIN of the HSM \"%s\". Add it."),
		        hsm->name);
}

/* Does a share-secret step before `step` share the same PIN? */
static bool shared_before(const struct script *script, const struct script_step *step)
{
	for (const struct script_step *s = script->steps; s < step; s++)
		if (strcmp(s->kind, "share-secret") == 0 && step_secret(script, s) == step_secret(script, step))
			return true;
	return false;
}

/* Where the old PIN of change-custodians and share-secret comes from. */
static void check_share(struct fault_list *faults, struct place place, const struct script *script,
        const struct site_hsm *hsm, const struct script_step *step)
{
	const struct script_secret *secret = step_secret(script, step);
	bool change = strcmp(step->kind, "change-custodians") == 0, share = strcmp(step->kind, "share-secret") == 0;

	if (!change && !share)
		return;
	if (hsm->login == LOGIN_PROTECTED_PATH)
		fault_add(faults, place,
		        N_("The PIN of \"%s\" is entered on the device, so there are no shares of it: the script's "
		           "step \"%s\" "
		           "cannot be done. Leave it out."),
		        hsm->name, step->id);
	else if (share && hsm->login != LOGIN_SPLIT_ENTRY)
		fault_add(faults, place,
		        N_("The script's step \"%s\" shares a PIN of \"%s\" that two people know. Write \"login: "
		           "split-entry\" "
		           "with its holders, or take change-custodians."),
		        step->id, hsm->name);
	else if (change && hsm->login == LOGIN_SPLIT_ENTRY && secret && secret->pin == PIN_USER &&
	         !shared_before(script, step))
		fault_add(faults, place,
		        N_("The script's step \"%s\" changes shares of \"%s\", and there are none yet. Take "
		           "share-secret."),
		        step->id, hsm->name);
}

static void read_login(
        struct fault_list *faults, const struct node *node, const struct script *script, struct site_hsm *hsm)
{
	static const char *const logins[] = {"shares", "split-entry", "protected-path", NULL};
	int login = read_choice(faults, node, logins);

	if (login < 0)
		return;
	hsm->login = (enum login_method)login;
	if (!script || !script_hsm(script, hsm->name))
		return;
	if (hsm->login == LOGIN_SHARES && has_step(script, "unlock-hsm", hsm->name) &&
	        !has_step(script, "initialise-hsm", hsm->name) && !script_secret(script, hsm->name, PIN_USER))
		fault_add(faults, node->place,
		        N_("The script has no shares of the user PIN of \"%s\". Add them to \"secrets\", or write "
		           "split-entry."),
		        hsm->name);
	check_initialise(faults, node->place, script, hsm);
	for (size_t i = 0; i < script->step_count; i++)
		if (step_param(&script->steps[i], "hsm") &&
		        strcmp(step_param(&script->steps[i], "hsm"), hsm->name) == 0)
			check_share(faults, node->place, script, hsm, &script->steps[i]);
	if (hsm->login == LOGIN_SPLIT_ENTRY && has_step(script, "initialise-hsm", hsm->name))
		fault_add(faults, node->place,
		        N_("The script initialises \"%s\" and makes shares of its PIN. Write \"login: shares\"."),
		        hsm->name);
}

static void read_hsm(
        struct fault_list *faults, const struct node *node, const struct script *script, struct site_hsm *hsm)
{
	static const struct key_rule rules[] = {{"module", true}, {"label", true}, {"serial", true}, {"login", true},
	        {"holders", false}, {"user-pin", false}, {"so-pin", false}, {"module-environment", false},
	        {NULL, false}};
	const struct node *n;

	hsm->place = node->key_place;
	hsm->name = read_key_name(faults, node);
	if (hsm->name && script && !script_hsm(script, hsm->name)) {
		const char *meant = nearest_member(hsm->name, script->hsms, script->hsm_count, sizeof(*script->hsms));
		if (meant)
			fault_add(faults, node->key_place, N_("The script has no HSM \"%s\". Did you mean \"%s\"?"),
			        hsm->name, meant);
		else
			fault_add(faults, node->key_place, N_("The script has no HSM \"%s\". Remove it."), hsm->name);
	}
	if (!hsm->name || !read_keys(faults, node, rules))
		return;
	if ((n = node_get(node, "module")))
		hsm->module = read_path(faults, n);
	if ((n = node_get(node, "label")) && (hsm->label = read_any(faults, n)) && strlen(hsm->label) > LABEL_MAX)
		fault_add(faults, n->place, N_("\"%s\" is longer than %zu bytes. Shorten it."), "label",
		        (size_t)LABEL_MAX);
	if ((n = node_get(node, "serial")))
		hsm->serial = read_any(faults, n); /* a fresh slot of a software token has none */
	if ((n = node_get(node, "login")))
		read_login(faults, n, script, hsm);
	if ((n = node_get(node, "holders")))
		read_holders(faults, n, script, hsm);
	else if (hsm->login == LOGIN_SPLIT_ENTRY)
		missing_key(faults, node, "holders");
	read_pin(faults, node_get(node, "user-pin"), &hsm->user_pin, false);
	read_pin(faults, node_get(node, "so-pin"), &hsm->so_pin, true);
	if ((n = node_get(node, "module-environment")))
		read_environment(faults, n, &hsm->environment, &hsm->environment_count);
}

/* Two names for one token would let one quorum stand for two. */
static void check_token_once(struct fault_list *faults, const struct site *s, const struct site_hsm *hsm)
{
	for (const struct site_hsm *other = s->hsms; other < hsm; other++)
		if (other->module && hsm->module && other->serial && hsm->serial &&
		        strcmp(other->module, hsm->module) == 0 && strcmp(other->serial, hsm->serial) == 0)
			fault_add(faults, hsm->place, N_("\"%s\" is the same token as \"%s\". Correct one of them."),
			        hsm->name, other->name);
}

static void read_site_hsms(
        struct fault_list *faults, struct site *s, const struct node *node, const struct script *script)
{
	if (!is_map(faults, node))
		return;
	s->hsms = read_room(faults, node, sizeof(*s->hsms));
	for (const struct node *n = node->child; n && s->hsms; n = n->next) {
		struct site_hsm *hsm = &s->hsms[s->hsm_count++];
		read_hsm(faults, n, script, hsm);
		check_token_once(faults, s, hsm);
	}
}

/* A device is mounted by the program, so what it may hold is said, not tried out; a disc holds ISO 9660. */
static void read_device(struct fault_list *faults, struct site_medium *m, const struct node *node)
{
	static const char *const types[] = {"vfat", "exfat", "ext4", "ext3", "ext2", "iso9660", "udf", NULL};
	static const char *const kinds[] = {"disk", "optical", NULL};
	const struct node *kind = node_get(node, "kind"), *device = node_get(node, "device"),
	                  *type = node_get(node, "filesystem"), *serial = node_get(node, "serial");

	m->optical = kind && read_choice(faults, kind, kinds) == 1;
	if (device)
		m->device = read_path(faults, device);
	if (type && read_choice(faults, type, types) >= 0)
		m->filesystem = copy_text(faults, type->text);
	if (serial)
		m->serial = read_line(faults, serial);
	if (m->optical && !type)
		m->filesystem = copy_text(faults, "iso9660");
	if (m->optical && !device)
		missing_key(faults, node, "device");
	if (device && !type && !m->optical)
		missing_key(faults, node, "filesystem");
	if ((type || serial) && !device)
		fault_add(faults, type ? type->key_place : serial->key_place,
		        N_("\"filesystem\" and \"serial\" are of a device. Add \"device\"."));
}

static void read_media(struct fault_list *faults, struct site *s, const struct node *node)
{
	static const struct key_rule rules[] = {{"directory", true}, {"device", false}, {"filesystem", false},
	        {"serial", false}, {"kind", false}, {NULL, false}};

	if (!is_map(faults, node))
		return;
	s->media = read_room(faults, node, sizeof(*s->media));
	for (const struct node *n = node->child; n && s->media; n = n->next) {
		struct site_medium *medium = &s->media[s->medium_count++];
		const struct node *of;
		medium->place = n->key_place;
		medium->name = read_key_name(faults, n);
		if (!read_keys(faults, n, rules))
			continue;
		if ((of = node_get(n, "directory")))
			medium->directory = read_path(faults, of);
		read_device(faults, medium, n);
	}
}

/* What the script names must be found here. */
static void check_needs(
        struct fault_list *faults, const struct site *s, const struct script *script, const struct node *root)
{
	for (size_t i = 0; i < script->hsm_count; i++) {
		const struct node *n = node_get(root, "hsm");
		if (!site_hsm(s, script->hsms[i].name))
			fault_add(faults, n ? n->place : root->place,
			        N_("The script's HSM \"%s\" is not here. Add it to \"hsm\"."), script->hsms[i].name);
	}
	for (size_t i = 0; i < script->step_count; i++) {
		const struct node *n = node_get(root, "media");
		const char *medium = step_param(&script->steps[i], "medium");
		if (medium && !site_medium(s, medium))
			fault_add(faults, n ? n->place : root->place,
			        N_("The medium \"%s\" of the script's step \"%s\" is not here. Add it to \"media\"."),
			        medium, script->steps[i].id);
	}
}

static void read_language(
        struct fault_list *faults, struct site *s, const struct node *node, const struct script *script)
{
	bool declared = !script;

	s->language = read_line(faults, node);
	if (!s->language)
		return;
	if (!language_is_valid(s->language)) {
		fault_add(
		        faults, node->place, N_("\"%s\" is no language. Write two or three letters a-z."), s->language);
		return;
	}
	for (size_t i = 0; script && i < script->languages.count; i++)
		declared = declared || strcmp(script->languages.item[i], s->language) == 0;
	if (!declared)
		fault_add(faults, node->place, N_("The script has no texts in \"%s\". Choose one of its languages."),
		        s->language);
}

/* A directory in which each person's medium is found, or with "{person}" in it one for each person. */
static char *read_credentials(struct fault_list *faults, const struct node *node)
{
	char *path = read_path(faults, node);

	for (const char *brace = path; brace && (brace = strpbrk(brace, "{}")); brace += strlen(SITE_PERSON))
		if (strncmp(brace, SITE_PERSON, strlen(SITE_PERSON)) != 0) {
			fault_add(faults, node->place,
			        N_("In \"%s\" only \"%s\" may stand in braces: the key name of each person."),
			        node_name(node), SITE_PERSON);
			free(path);
			return NULL;
		}
	return path;
}

static void read_linter(struct fault_list *faults, struct site_linter *l, const struct node *node)
{
	static const struct key_rule rules[] = {
	        {"program", true}, {"sha256", true}, {"arguments", false}, {NULL, false}};
	const struct node *of;
	char *hex;

	l->place = node->place;
	if (!read_keys(faults, node, rules))
		return;
	if ((of = node_get(node, "program")))
		l->program = read_path(faults, of);
	if ((of = node_get(node, "sha256")) && (hex = read_line(faults, of))) {
		if (strlen(hex) != 64 || hex_decode(hex, 64, l->sha256, sizeof(l->sha256)) < 0)
			fault_add(faults, of->place,
			        N_("\"sha256\" is no hash. Write its 64 lower-case hexadecimal digits."));
		free(hex);
	}
	if ((of = node_get(node, "arguments")) && read_list(faults, of, &l->arguments) &&
	        l->arguments.count > LINTER_ARGUMENTS)
		fault_add(faults, of->place, N_("There are more than %d arguments. Leave some out."),
		        (int)LINTER_ARGUMENTS);
}

static void read_site(struct fault_list *faults, struct site *s, const struct node *root, const struct script *script)
{
	static const struct key_rule rules[] = {{"tachiai-site", true}, {"hsm", false}, {"media", false},
	        {"credentials", false}, {"cards", false}, {"act-timeout", false}, {"auto-lock", false},
	        {"weak-keys", false}, {"language", false}, {"linter", false}, {"image", false}, {NULL, false}};
	const struct node *n = node_get(root, "tachiai-site");
	char *version = n ? read_line(faults, n) : NULL;
	bool known = !version || strcmp(version, "1") == 0;

	if (!known)
		fault_add(faults, n->place, N_("The site language %s is not known. This program reads version 1."),
		        version);
	free(version);
	if (!known)
		return;
	read_keys(faults, root, rules);
	if ((n = node_get(root, "hsm")))
		read_site_hsms(faults, s, n, script);
	if ((n = node_get(root, "media")))
		read_media(faults, s, n);
	if ((n = node_get(root, "credentials")))
		s->credentials = read_credentials(faults, n);
	if ((n = node_get(root, "cards")))
		read_cards(faults, s, n, script);
	if ((n = node_get(root, "weak-keys")))
		s->weak_keys = read_path(faults, n);
	if ((n = node_get(root, "act-timeout")))
		read_number(faults, n, 1, ACT_TIMEOUT_MAX, &s->act_timeout);
	if ((n = node_get(root, "auto-lock")))
		read_number(faults, n, 1, AUTO_LOCK_MAX, &s->auto_lock);
	if ((n = node_get(root, "language")))
		read_language(faults, s, n, script);
	if ((n = node_get(root, "linter")))
		read_linter(faults, &s->linter, n);
	if ((n = node_get(root, "image")))
		s->image = read_line(faults, n);
	if (script)
		check_needs(faults, s, script, root);
}

struct site *site_parse(const char *path, struct bytes *raw, const struct script *script, struct fault_list *faults)
{
	struct site *s = calloc(1, sizeof(*s));
	struct node *root = NULL;
	size_t from = faults->count;

	if (!s) {
		bytes_free(raw);
		faults->failed = true;
		return NULL;
	}
	s->raw = *raw;
	memset(raw, 0, sizeof(*raw));
	s->act_timeout = ACT_TIMEOUT;
	s->auto_lock = AUTO_LOCK;
	s->path = copy_text(faults, path);
	if (s->raw.failed || sha256(bytes_string(&s->raw), s->raw.len, s->sha256) != 0)
		faults->failed = true;
	root = tree_parse(&s->raw, faults);
	if (root)
		read_site(faults, s, root, script);
	tree_free(&root);
	fault_sort(faults, from);
	if (faults->count != from || faults->failed)
		site_free(&s);
	return s;
}

static void environment_free(struct script_extension *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].name);
		free(list[i].value);
	}
	free(list);
}

static void site_card_free(struct site_card *card)
{
	environment_free(card->environment, card->environment_count);
	free(card->person);
	free(card->module);
	free(card->label);
	free(card->serial);
	free(card->certificate);
	free(card->chain);
}

static void site_hsm_free(struct site_hsm *hsm)
{
	environment_free(hsm->environment, hsm->environment_count);
	list_free(&hsm->holders);
	free(hsm->user_pin.prefix);
	free(hsm->so_pin.prefix);
	free(hsm->name);
	free(hsm->module);
	free(hsm->label);
	free(hsm->serial);
}

void site_free(struct site **site)
{
	struct site *s = *site;

	*site = NULL;
	if (!s)
		return;
	for (size_t i = 0; i < s->hsm_count; i++)
		site_hsm_free(&s->hsms[i]);
	for (size_t i = 0; i < s->medium_count; i++) {
		free(s->media[i].name);
		free(s->media[i].directory);
		free(s->media[i].device);
		free(s->media[i].filesystem);
		free(s->media[i].serial);
	}
	for (size_t i = 0; i < s->card_count; i++)
		site_card_free(&s->cards[i]);
	free(s->hsms);
	free(s->media);
	free(s->cards);
	free(s->credentials);
	free(s->weak_keys);
	free(s->language);
	free(s->linter.program);
	list_free(&s->linter.arguments);
	free(s->image);
	free(s->path);
	bytes_free(&s->raw);
	free(s);
}

const struct site_hsm *site_hsm(const struct site *s, const char *name)
{
	for (size_t i = 0; name && i < s->hsm_count; i++)
		if (s->hsms[i].name && strcmp(s->hsms[i].name, name) == 0)
			return &s->hsms[i];
	return NULL;
}

const struct site_medium *site_medium(const struct site *s, const char *name)
{
	for (size_t i = 0; name && i < s->medium_count; i++)
		if (s->media[i].name && strcmp(s->media[i].name, name) == 0)
			return &s->media[i];
	return NULL;
}

const struct site_card *site_card(const struct site *s, const char *person)
{
	for (size_t i = 0; person && i < s->card_count; i++)
		if (s->cards[i].person && strcmp(s->cards[i].person, person) == 0)
			return &s->cards[i];
	return NULL;
}
