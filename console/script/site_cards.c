/* The part "cards" of a site file: where each person's smart card is found. */
#include <stdlib.h>
#include <string.h>

#include "script/schema.h"
#include "script/site.h"

enum { ID_HEX_MAX = 128 };

static bool is_hex(const char *text)
{
	return text[strspn(text, "0123456789abcdef")] == '\0';
}

static char *read_id(struct fault_list *faults, const struct node *node)
{
	char *id = read_line(faults, node);
	size_t len = id ? strlen(id) : 0;

	if (!id || (len % 2 == 0 && len <= ID_HEX_MAX && is_hex(id)))
		return id;
	fault_add(
	        faults, node->place, N_("\"%s\" is no CKA_ID. Write its bytes in lower-case hexadecimal digits."), id);
	free(id);
	return NULL;
}

static void read_module_sha256(struct fault_list *faults, const struct node *node, struct site_card *card)
{
	char *text = read_line(faults, node);

	if (text && hex_decode(text, strlen(text), card->module_sha256, sizeof(card->module_sha256)) == 0)
		card->module_pinned = true;
	else if (text)
		fault_add(faults, node->place,
		        N_("This is no SHA-256. Write it in 64 lower-case hexadecimal digits, as sha256sum does."));
	free(text);
}

/* Only who has a card in the script has one here: its certificate is pinned there. */
static void check_person(
        struct fault_list *faults, const struct script *script, const struct node *node, const char *name)
{
	const char *meant;

	for (size_t i = 0; i < script->person_count; i++) {
		if (!script->people[i].name || strcmp(script->people[i].name, name) != 0)
			continue;
		if (!script->people[i].card)
			fault_add(faults, node->key_place,
			        N_("The script pins no card of \"%s\". Add \"card\" there, or remove this one."), name);
		return;
	}
	meant = nearest_member(name, script->people, script->person_count, sizeof(*script->people));
	if (meant)
		fault_add(faults, node->key_place, N_("The script lists no person \"%s\". Did you mean \"%s\"?"), name,
		        meant);
	else
		fault_add(faults, node->key_place, N_("The script lists no person \"%s\". Name one of \"people\"."),
		        name);
}

static void read_values(struct fault_list *faults, const struct node *node, struct site_card *card)
{
	static const char *const types[] = {"x509", "piv", "jpki", NULL};
	static const char *const logins[] = {"pin", "protected-path", NULL};
	const struct node *n;
	int type;

	if ((n = node_get(node, "module")))
		card->module = read_path(faults, n);
	if ((n = node_get(node, "label")) && (card->label = read_any(faults, n)) && strlen(card->label) > LABEL_MAX)
		fault_add(faults, n->place, N_("\"%s\" is longer than %zu bytes. Shorten it."), "label",
		        (size_t)LABEL_MAX);
	if ((n = node_get(node, "serial")))
		card->serial = read_line(faults, n);
	if ((n = node_get(node, "certificate")))
		card->certificate = read_id(faults, n);
	if ((n = node_get(node, "type")) && (type = read_choice(faults, n, types)) >= 0)
		card->type = (enum card_type)type;
	if ((n = node_get(node, "login")))
		card->protected_path = read_choice(faults, n, logins) == 1;
	if ((n = node_get(node, "chain")))
		card->chain = read_path(faults, n);
	if ((n = node_get(node, "module-sha256")))
		read_module_sha256(faults, n, card);
	if ((n = node_get(node, "module-environment")))
		read_environment(faults, n, &card->environment, &card->environment_count);
}

/* Two people with one card would be one person. */
static void check_card_once(struct fault_list *faults, const struct site *s, const struct site_card *card)
{
	for (const struct site_card *other = s->cards; other < card; other++)
		if (other->module && card->module && other->serial && card->serial &&
		        strcmp(other->module, card->module) == 0 && strcmp(other->serial, card->serial) == 0)
			fault_add(faults, card->place, N_("\"%s\" is the same token as \"%s\". Correct one of them."),
			        card->person, other->person);
}

void read_cards(struct fault_list *faults, struct site *s, const struct node *node, const struct script *script)
{
	static const struct key_rule rules[] = {{"module", true}, {"label", true}, {"serial", true},
	        {"certificate", false}, {"type", false}, {"login", false}, {"chain", false}, {"module-sha256", false},
	        {"module-environment", false}, {NULL, false}};

	if (!is_map(faults, node))
		return;
	s->cards = read_room(faults, node, sizeof(*s->cards));
	for (const struct node *n = node->child; n && s->cards; n = n->next) {
		struct site_card *card = &s->cards[s->card_count++];
		card->place = n->key_place;
		if (!name_is_valid(n->key, true)) {
			fault_add(faults, n->key_place,
			        N_("\"%s\" is no name. Use a-z, 0-9, \"-\" and \".\", a letter or digit first, at most "
			           "%d."),
			        n->key, NAME_MAX_LEN);
			continue;
		}
		card->person = copy_text(faults, n->key);
		if (script && card->person)
			check_person(faults, script, n, card->person);
		if (!card->person || !read_keys(faults, n, rules))
			continue;
		read_values(faults, n, card);
		check_card_once(faults, s, card);
	}
}
