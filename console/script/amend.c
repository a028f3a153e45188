#include "script/amend.h"

#include <stdlib.h>
#include <string.h>

#include "script/tree.h"

/* The maps whose members steps name, and members name. */
static const char *const maps[] = {"secrets", "keys", "certificates", "requests", "crls", "ocsp"};
enum { MAPS = sizeof(maps) / sizeof(maps[0]) };

/* Members of the script before that may not differ. */
struct named {
	const struct node *root, **node;
	size_t count;
	bool failed;
};

/* As they are written, not as they are read: what is left to a default is not what is said. NULL is nothing written. */
static bool same(const struct node *a, const struct node *b)
{
	if (!a || !b)
		return a == b;
	if (a->type != b->type || a->count != b->count || a->empty != b->empty)
		return false;
	if (a->type == NODE_SCALAR)
		return strcmp(a->text, b->text) == 0;
	for (a = a->child, b = b->child; a && b; a = a->next, b = b->next)
		if ((a->key && strcmp(a->key, b->key) != 0) || !same(a, b))
			return false;
	return !a && !b;
}

/* What is said in these is said to people, and names nothing of the script. */
static bool is_words(const struct node *n)
{
	static const char *const keys[] = {
	        "id", "do", "say", "word", "pattern", "example", "label", "subject", "lint", "signature", "algorithm"};

	for (size_t i = 0; n->key && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(n->key, keys[i]) == 0)
			return true;
	return false;
}

static void follow(struct named *list, const struct node *n);

static void name(struct named *list, const struct node *member)
{
	const struct node **more;

	for (size_t i = 0; i < list->count; i++)
		if (list->node[i] == member)
			return;
	more = reallocarray(list->node, list->count + 1, sizeof(void *));
	if (!more) {
		list->failed = true;
		return;
	}
	list->node = more;
	more[list->count++] = member;
	follow(list, member);
}

/* All that bears this name, of whatever map: rather one too many than one too few. With an HSM go its secrets. */
static void follow_name(struct named *list, const char *text)
{
	const struct node *secrets = node_get(list->root, "secrets"), *member, *hsm;

	for (size_t i = 0; i < MAPS; i++)
		if ((member = node_get(node_get(list->root, maps[i]), text)))
			name(list, member);
	if (!node_get(node_get(list->root, "hsm"), text))
		return;
	for (member = secrets ? secrets->child : NULL; member; member = member->next)
		if ((hsm = node_get(member, "hsm")) && hsm->type == NODE_SCALAR && strcmp(hsm->text, text) == 0)
			name(list, member);
}

static void follow(struct named *list, const struct node *n)
{
	if (n->type == NODE_SCALAR)
		follow_name(list, n->text);
	for (const struct node *child = n->child; child; child = child->next)
		if (!is_words(child))
			follow(list, child);
}

/* The member of the same map and name. */
static const struct node *counterpart(const struct node *root, const struct node *member)
{
	return node_get(node_get(root, member->parent->key), member->key);
}

static struct place place_in(const struct node *root, const struct node *n)
{
	return n ? n->key ? n->key_place : n->place : root->place;
}

static const struct node *step_at(const struct node *root, size_t index)
{
	const struct node *steps = node_get(root, "steps"), *step = steps ? steps->child : NULL;

	for (; step && index; index--)
		step = step->next;
	return step;
}

static void hold_beginning(const struct node *from, const struct node *to, struct fault_list *faults)
{
	static const char *const keys[] = {
	        "origin", "languages", "previous", "roles", "exclusive", "control", "people", "hsm"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct node *is = node_get(to, keys[i]);

		if (!same(node_get(from, keys[i]), is))
			fault_add(faults, place_in(to, is),
			        N_("\"%s\" differs from the script in force. All agreed to it at the beginning: it "
			           "cannot be amended."),
			        keys[i]);
	}
}

static void hold_steps(const struct script *script, const struct node *from, const struct node *to, size_t completed,
        struct fault_list *faults)
{
	const struct node *was = step_at(from, 0), *is = step_at(to, 0);

	for (size_t i = 0; i < completed; i++, was = was ? was->next : NULL, is = is ? is->next : NULL)
		if (!same(was, is))
			fault_add(faults, is ? is->place : place_in(to, node_get(to, "steps")),
			        N_("Step %zu, \"%s\", is completed: it must stand in its place exactly as it was."),
			        i + 1, script->steps[i].id);
}

static void hold_named(const struct named *list, const struct node *to, struct fault_list *faults)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct node *was = list->node[i], *is = counterpart(to, was);

		if (!same(was, is))
			fault_add(faults, place_in(to, is ? is : node_get(to, was->parent->key)),
			        N_("\"%s\" of \"%s\" was used in this ceremony already: it must stay as it was."),
			        was->key, was->parent->key);
	}
}

/* What a record before left came into this ceremony at its beginning, for the names that the script had then. */
static void hold_previous(const struct script *from, const struct script *to, struct fault_list *faults)
{
	for (size_t i = 0; i < to->certificate_count; i++) {
		const struct script_certificate *is = &to->certificates[i], *was = script_certificate(from, is->name);

		if (is->from == CERTIFICATE_PREVIOUS && (!was || was->from != CERTIFICATE_PREVIOUS))
			fault_add(faults, is->place,
			        N_("The certificate \"%s\" was not taken over from the previous record at the "
			           "beginning, and cannot be now."),
			        is->name);
	}
}

static bool step_stays(const struct node *from, const struct node *to, size_t index)
{
	struct named list = {.root = from};
	const struct node *was = step_at(from, index);
	bool stays = was && same(was, step_at(to, index));

	if (was)
		follow(&list, was);
	for (size_t i = 0; i < list.count; i++)
		stays = stays && same(list.node[i], counterpart(to, list.node[i]));
	stays = stays && !list.failed;
	free(list.node);
	return stays;
}

void script_amends(const struct script *from, const struct script *to, size_t completed, const char *const *held,
        bool *same_step, struct fault_list *faults)
{
	struct node *a = tree_parse(&from->raw, faults), *b = tree_parse(&to->raw, faults);
	struct named list = {.root = a};
	size_t first = faults->count;

	*same_step = false;
	if (!a || !b)
		goto out;
	hold_beginning(a, b, faults);
	hold_steps(from, a, b, completed, faults);
	const struct node *step = step_at(a, 0);
	for (size_t i = 0; i < completed && step; i++, step = step->next)
		follow(&list, step);
	for (size_t i = 0; held[i]; i++)
		follow_name(&list, held[i]);
	hold_named(&list, b, faults);
	hold_previous(from, to, faults);
	if (completed >= to->step_count)
		fault_add(faults, place_in(b, node_get(b, "steps")),
		        N_("No step is left after those that are completed."));
	faults->failed = faults->failed || list.failed;
	*same_step = step_stays(a, b, completed);
	fault_sort(faults, first);
out:
	free(list.node);
	tree_free(&a);
	tree_free(&b);
}
