#include "script/script.h"

#include "script/schema.h"

#include <stdlib.h>
#include <string.h>

static void check_version(struct fault_list *faults, const struct node *root, bool *known)
{
	const struct node *n = node_get(root, "tachiai");
	char *version = n ? read_line(faults, n) : NULL;

	/* The keys of another version would only be a list of faults that are none. */
	*known = !version || strcmp(version, "1") == 0;
	if (!*known)
		fault_add(faults, n->place, N_("The script language %s is not known. This program reads version 1."),
		        version);
	free(version);
}

static void read_languages(struct fault_list *faults, struct script *s, const struct node *node)
{
	if (!read_list(faults, node, &s->languages))
		return;
	if (node->count == 0)
		fault_add(faults, node->place, N_("There are no languages. Write them as [ja, en]."));
	for (size_t i = 0; i < s->languages.count; i++)
		if (!language_is_valid(s->languages.item[i]))
			fault_add(faults, s->languages.place[i],
			        N_("\"%s\" is no language. Write two or three letters a-z."), s->languages.item[i]);
}

/* host/path; it becomes the name of a key, so C2SP signed-note forbids spaces and "+" too. */
static bool origin_is_valid(const char *origin)
{
	const char *path = strchr(origin, '/');
	bool start = true; /* of a label of the host, or a segment of the path */

	if (!path || strlen(origin) > ORIGIN_MAX)
		return false;
	for (const char *p = origin; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');
		bool divides = *p == '/' || (*p == '.' && p < path);
		bool inner = *p == '-' || *p == '.' || (*p == '_' && p > path);
		if (divides ? start : !letter && (start || !inner))
			return false;
		start = divides;
	}
	return !start;
}

static void read_origin(struct fault_list *faults, struct script *s, const struct node *node)
{
	s->origin = read_line(faults, node);
	if (!s->origin)
		return;
	if (strncmp(s->origin, "rehearsal/", 10) == 0)
		fault_add(faults, node->place,
		        N_("The origin begins \"rehearsal/\", which only a rehearsal's does. Write the real one."));
	else if (!origin_is_valid(s->origin))
		fault_add(faults, node->place,
		        N_("\"%s\" is no origin. Write a lower-case host and path, such as "
		           "example.jp/ceremony/root-g1."),
		        s->origin);
}

static void read_control(struct fault_list *faults, struct script *s, const struct node *node)
{
	const struct script_role *role;

	s->control = read_line(faults, node);
	if (!s->control || !known_role(faults, s, node->place, s->control) ||
	        !may_vote(faults, node->place, s->control))
		return;
	role = script_role(s, s->control);
	if (role->quorum == 0)
		fault_add(faults, node->place,
		        N_("The role \"%s\" is in control, but has no quorum. Give it one of 2 or more."), s->control);
}

static void read_previous(struct fault_list *faults, struct script *s, const struct node *node)
{
	static const char *const choices[] = {"none", "optional", "required", NULL};

	if (!node) {
		s->previous = copy_text(faults, "none");
	} else if (read_choice(faults, node, choices) >= 0) {
		s->previous = copy_text(faults, node->text);
	}
}

static void read_script(struct fault_list *faults, struct script *s, const struct node *root)
{
	static const struct key_rule rules[] = {{"tachiai", true}, {"title", true}, {"origin", true},
	        {"languages", true}, {"references", false}, {"previous", false}, {"roles", true}, {"exclusive", false},
	        {"control", true}, {"people", false}, {"hsm", false}, {"secrets", false}, {"keys", false},
	        {"certificates", false}, {"requests", false}, {"crls", false}, {"ocsp", false}, {"steps", true},
	        {NULL, false}};
	const struct node *n;
	bool known;

	check_version(faults, root, &known);
	if (!known)
		return;
	read_keys(faults, root, rules);
	/* In the order in which they refer to each other, which need not be that of the file. */
	if ((n = node_get(root, "languages")))
		read_languages(faults, s, n);
	if ((n = node_get(root, "title")))
		read_text(faults, n, &s->languages, false, &s->title);
	if ((n = node_get(root, "origin")))
		read_origin(faults, s, n);
	if ((n = node_get(root, "references")))
		read_list(faults, n, &s->references);
	read_previous(faults, s, node_get(root, "previous"));
	if ((n = node_get(root, "roles")))
		read_roles(faults, s, n);
	if ((n = node_get(root, "exclusive")))
		read_exclusive(faults, s, n);
	if ((n = node_get(root, "control")))
		read_control(faults, s, n);
	if ((n = node_get(root, "people")))
		read_people(faults, s, n);
	if ((n = node_get(root, "hsm")))
		read_hsms(faults, s, n);
	if ((n = node_get(root, "secrets")))
		read_secrets(faults, s, n);
	if ((n = node_get(root, "keys")))
		read_script_keys(faults, s, n);
	if ((n = node_get(root, "certificates")))
		read_certificates(faults, s, n);
	if ((n = node_get(root, "requests")))
		read_requests(faults, s, n);
	check_certificate_requests(faults, s);
	if ((n = node_get(root, "crls")))
		read_crls(faults, s, n);
	if ((n = node_get(root, "ocsp")))
		read_ocsps(faults, s, n);
	if (!(n = node_get(root, "steps")))
		return;
	read_steps(faults, s, n);
	if (n->type != NODE_LIST)
		return;
	check_order(faults, s, n->place);
	check_attestations(faults, s);
}

struct script *script_parse(const char *path, struct bytes *raw, struct fault_list *faults)
{
	struct script *s = calloc(1, sizeof(*s));
	struct node *root = NULL;
	size_t from = faults->count;

	if (!s) {
		bytes_free(raw);
		faults->failed = true;
		return NULL;
	}
	s->raw = *raw;
	memset(raw, 0, sizeof(*raw));
	s->path = copy_text(faults, path);
	if (s->raw.failed || sha256(bytes_string(&s->raw), s->raw.len, s->sha256) != 0)
		faults->failed = true;
	root = tree_parse(&s->raw, faults);
	if (root)
		read_script(faults, s, root);
	tree_free(&root);
	fault_sort(faults, from);
	if (faults->count != from || faults->failed)
		script_free(&s);
	return s;
}
