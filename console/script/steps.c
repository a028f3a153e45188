/* The steps of a script, each after the table of its kind. */
#include "script/kinds.h"
#include "script/pattern.h"
#include "script/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/match.h"

enum { CHAIN_MIN = 2, CHAIN_MAX = 6, OID_MAX = 64, OID_VALUE_MAX = 512 };
enum { WORD_MAX_LEN = 32, TEXT_MAX = 256, FILE_MAX = 100, CARRIED_MAX = 64, TAKEN_BYTES_MAX = 64 << 20 };

static const char file_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

static const char *const common[] = {"id", "do", "say", "approve", "on-failure", "for-each"};

static char *read_word(struct fault_list *faults, const struct node *node)
{
	char *word = read_bounded(faults, node, WORD_MAX_LEN);

	for (const char *p = word; p && *p; p++) {
		if (*p > ' ' && *p <= '~')
			continue;
		fault_add(faults, node->place,
		        N_("The word \"%s\" cannot be typed on every keyboard. Use printable ASCII without spaces."),
		        word);
		free(word);
		return NULL;
	}
	return word;
}

static char *read_pattern(struct fault_list *faults, const struct node *node)
{
	char *pattern = read_bounded(faults, node, TEXT_MAX), *anchored = NULL;
	struct bytes whole = {0};

	if (!pattern)
		return NULL;
	int sound = pattern_is_sound(pattern);
	if (sound < 0) {
		faults->failed = true;
	} else if (sound) {
		bytes_printf(&whole, "^(%s)$", pattern);
		anchored = copy_text(faults, bytes_string(&whole));
	} else {
		fault_add(faults, node->place,
		        N_("The pattern \"%s\" cannot be used. Write a POSIX extended regular expression with few "
		           "repeats."),
		        pattern);
	}
	bytes_free(&whole);
	free(pattern);
	return anchored;
}

static void check_files(
        struct fault_list *faults, const struct script *s, const struct node *node, const struct script_list *files)
{
	if (node->count == 0)
		fault_add(faults, node->place, N_("\"%s\" is empty. Write a value."), node_name(node));
	if (files->count > CARRIED_MAX)
		fault_add(faults, node->place, N_("\"%s\" names more than %d. Write a second step for the others."),
		        node_name(node), CARRIED_MAX);
	for (size_t i = 0; i < files->count; i++) {
		char name[NAME_MAX_LEN + 1] = "";
		size_t len = strcspn(files->item[i], ".");
		/* Artifacts are named after the certificate, request, CRL or OCSP responses they belong to: root.der,
		 * ca.csr.pem; or they are documents. */
		if (len <= NAME_MAX_LEN)
			memcpy(name, files->item[i], len);
		if (strspn(files->item[i], file_characters) != strlen(files->item[i]))
			fault_add(faults, files->place[i],
			        N_("\"%s\" is no name of an artifact. Use letters, digits, \".\", \"_\" and \"-\"."),
			        files->item[i]);
		else
			known_carried(faults, s, files->place[i], files->item[i], name);
	}
}

static char *read_file_name(struct fault_list *faults, const struct node *node)
{
	char *name = read_bounded(faults, node, FILE_MAX);

	if (name && (strspn(name, file_characters) != strlen(name) || name[0] == '.')) {
		fault_add(faults, node->place,
		        N_("\"%s\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", and no \".\" "
		           "first."),
		        name);
		free(name);
		name = NULL;
	}
	return name;
}

static bool file_name_is_valid(const char *name)
{
	return *name && *name != '.' && strlen(name) <= FILE_MAX && strspn(name, file_characters) == strlen(name);
}

/* Files that are taken in: those and no others. */
static void check_taken_files(struct fault_list *faults, const struct node *node, const struct script_list *files)
{
	if (node->count == 0)
		fault_add(faults, node->place, N_("\"%s\" is empty. Write a value."), node_name(node));
	if (files->count > CARRIED_MAX)
		fault_add(faults, node->place, N_("\"%s\" names more than %d. Write a second step for the others."),
		        node_name(node), CARRIED_MAX);
	for (size_t i = 0; i < files->count; i++)
		if (!file_name_is_valid(files->item[i]))
			fault_add(faults, files->place[i],
			        N_("\"%s\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", and no "
			           "\".\" "
			           "first."),
			        files->item[i]);
}

/* An attestation, what issued it, and so on to the vendor's root. */
static void check_chain(struct fault_list *faults, const struct node *node, const struct script_list *files)
{
	if (files->count < CHAIN_MIN || files->count > CHAIN_MAX)
		fault_add(faults, node->place,
		        N_("\"%s\" names %zu files. Name the attestation first, then each certificate's issuer, the "
		           "vendor's root last: %d to %d in all."),
		        node_name(node), files->count, CHAIN_MIN, CHAIN_MAX);
	for (size_t i = 0; i < files->count; i++)
		if (!file_name_is_valid(files->item[i]))
			fault_add(faults, files->place[i],
			        N_("\"%s\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", and no "
			           "\".\" "
			           "first."),
			        files->item[i]);
}

static const char hex_digits[] = "0123456789abcdef";

static char *read_sha256(struct fault_list *faults, const struct node *node)
{
	char *text = read_line(faults, node);

	if (text && (strlen(text) != SHA256_HEX || strspn(text, hex_digits) != SHA256_HEX)) {
		fault_add(faults, node->place,
		        N_("\"%s\" is not a SHA-256. Write 64 lower-case hex digits, as sha256sum prints them."), text);
		free(text);
		text = NULL;
	}
	return text;
}

/* Two arcs or more without leading zeros (X.660), and perhaps "=" and bytes in hex. */
static bool oid_is_valid(const char *text)
{
	size_t len = strcspn(text, "="), arcs = 0, hex = text[len] ? strlen(text + len + 1) : 2;
	const char *at = text;

	if (!len || len > OID_MAX || text[0] > '2')
		return false;
	while (at < text + len) {
		size_t digits = strspn(at, "0123456789");
		if (!digits || (digits > 1 && *at == '0') || (at[digits] != '.' && at + digits != text + len))
			return false;
		if (arcs == 0 && digits > 1)
			return false;
		if (arcs == 1 && text[0] < '2' && (digits > 2 || (digits == 2 && *at > '3')))
			return false;
		arcs++;
		at += digits + (at[digits] == '.');
	}
	if (arcs < 2 || text[len - 1] == '.')
		return false;
	return !text[len] || (hex && hex % 2 == 0 && hex <= OID_VALUE_MAX && strspn(text + len + 1, hex_digits) == hex);
}

static void check_oids(struct fault_list *faults, const struct node *node, const struct script_list *list)
{
	if (node->count == 0)
		fault_add(faults, node->place, N_("\"%s\" is empty. Write a value."), node_name(node));
	for (size_t i = 0; i < list->count; i++) {
		size_t len = strcspn(list->item[i], "=");
		if (!oid_is_valid(list->item[i]))
			fault_add(faults, list->place[i],
			        N_("\"%s\" is no extension. Write its object identifier, and if its value is to be "
			           "compared \"=\" and the bytes in lower-case hex, at most %d."),
			        list->item[i], OID_VALUE_MAX / 2);
		for (size_t k = 0; k < i; k++)
			if (strcspn(list->item[k], "=") == len && !strncmp(list->item[k], list->item[i], len))
				fault_add(faults, list->place[i], N_("\"%s\" stands twice in \"%s\". Keep one."),
				        list->item[k], node_name(node));
	}
}

static void read_param(struct fault_list *faults, const struct script *s, const struct param_rule *rule,
        const struct node *n, struct script_param *p)
{
	static const char *const factory[] = {"factory", NULL}, *const yes[] = {"yes", NULL};
	static const char *const accepted[] = {"accepted", NULL};
	static const char *const as[] = {"fingerprint", "content", NULL}, *const switches[] = {"start", "stop", NULL};
	unsigned number;

	switch (rule->type) {
	case PARAM_ROLE:
		if ((p->value = read_line(faults, n)))
			known_role(faults, s, n->place, p->value);
		break;
	case PARAM_HSM:
		if ((p->value = read_line(faults, n)))
			known_hsm(faults, s, n->place, p->value);
		break;
	case PARAM_KEY:
		if ((p->value = read_line(faults, n)))
			known_key(faults, s, n->place, p->value);
		break;
	case PARAM_CRL:
		if ((p->value = read_line(faults, n)))
			known_crl(faults, s, n->place, p->value);
		break;
	case PARAM_OCSP:
		if ((p->value = read_line(faults, n)))
			known_ocsp(faults, s, n->place, p->value);
		break;
	case PARAM_CERTIFICATE:
		if ((p->value = read_line(faults, n)))
			known_certificate(faults, s, n->place, p->value);
		break;
	case PARAM_CODE:
		if ((p->value = read_line(faults, n)) && strcmp(p->value, "checkpoint") != 0)
			known_shown(faults, s, n->place, p->value);
		break;
	case PARAM_SECRET:
		if ((p->value = read_line(faults, n)))
			known_secret(faults, s, n->place, p->value);
		break;
	case PARAM_TAKEN:
		if ((p->value = read_line(faults, n)) && known_certificate(faults, s, n->place, p->value) &&
		        script_certificate(s, p->value)->from != CERTIFICATE_FILE)
			fault_add(faults, n->place,
			        N_("The certificate \"%s\" is not one that is taken in. Say \"from: file\" where it is "
			           "described."),
			        p->value);
		break;
	case PARAM_REQUEST:
		if ((p->value = read_line(faults, n)))
			known_request(faults, s, n->place, p->value);
		break;
	case PARAM_NAME:
		p->value = read_name(faults, n, false);
		break;
	case PARAM_WORD:
		p->value = read_word(faults, n);
		break;
	case PARAM_SECONDS:
		if (read_number(faults, n, 1, 3600, &number))
			p->value = copy_text(faults, n->text);
		break;
	case PARAM_PATTERN:
		p->value = read_pattern(faults, n);
		break;
	case PARAM_TEXT:
		p->value = read_bounded(faults, n, TEXT_MAX);
		break;
	case PARAM_LABEL:
		p->value = read_label(faults, n);
		break;
	case PARAM_FACTORY:
		if (read_choice(faults, n, factory) == 0)
			p->value = copy_text(faults, n->text);
		break;
	case PARAM_AS:
		if (read_choice(faults, n, as) >= 0)
			p->value = copy_text(faults, n->text);
		break;
	case PARAM_SWITCH:
		if (read_choice(faults, n, switches) >= 0)
			p->value = copy_text(faults, n->text);
		break;
	case PARAM_LABELS:
		read_list(faults, n, &p->list);
		break;
	case PARAM_FILE:
		p->value = read_file_name(faults, n);
		break;
	case PARAM_TAKEN_FILES:
		if (read_list(faults, n, &p->list))
			check_taken_files(faults, n, &p->list);
		break;
	case PARAM_BYTES:
		if (read_number(faults, n, 1, TAKEN_BYTES_MAX, &number))
			p->value = copy_text(faults, n->text);
		break;
	case PARAM_YES:
		if (read_choice(faults, n, yes) == 0)
			p->value = copy_text(faults, n->text);
		break;
	case PARAM_CHAIN:
		if (read_list(faults, n, &p->list))
			check_chain(faults, n, &p->list);
		break;
	case PARAM_SHA256:
		p->value = read_sha256(faults, n);
		break;
	case PARAM_OIDS:
		if (read_list(faults, n, &p->list))
			check_oids(faults, n, &p->list);
		break;
	case PARAM_ACCEPTED:
		if (read_choice(faults, n, accepted) == 0)
			p->value = copy_text(faults, n->text);
		break;
	case PARAM_FILES:
		if (read_list(faults, n, &p->list))
			check_files(faults, s, n, &p->list);
		break;
	}
}

static void check_unknown(struct fault_list *faults, const struct kind *kind, const struct node *node)
{
	const char *words[sizeof(common) / sizeof(common[0]) + KIND_PARAMS + 1] = {NULL}, *meant;
	size_t count = 0;

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		words[count++] = common[i];
	for (const struct param_rule *r = kind->param; r->name; r++)
		words[count++] = r->name;
	for (const struct node *n = node->child; n; n = n->next) {
		bool is_known = false;
		for (size_t i = 0; i < count && !is_known; i++)
			is_known = strcmp(words[i], n->key) == 0;
		if (is_known)
			continue;
		meant = nearest(n->key, words);
		if (meant)
			fault_add(faults, n->key_place, N_("A step of the kind %s has no \"%s\". Did you mean \"%s\"?"),
			        kind->name, n->key, meant);
		else
			fault_add(faults, n->key_place, N_("A step of the kind %s has no \"%s\". Remove it."),
			        kind->name, n->key);
	}
}

static void read_params(struct fault_list *faults, const struct script *s, struct script_step *step,
        const struct kind *kind, const struct node *node)
{
	const char *pattern, *example;

	step->params = calloc(KIND_PARAMS, sizeof(*step->params));
	if (!step->params) {
		faults->failed = true;
		return;
	}
	for (const struct param_rule *r = kind->param; r->name; r++) {
		const struct node *n = node_get(node, r->name);
		struct script_param *p = &step->params[step->param_count];
		if (!n && r->required)
			fault_add(faults, node->place, N_("A step of the kind %s needs \"%s\". Add it."), kind->name,
			        r->name);
		if (!n && !r->otherwise)
			continue;
		step->param_count++;
		p->name = copy_text(faults, r->name);
		p->place = n ? n->place : node->place;
		if (n)
			read_param(faults, s, r, n, p);
		else
			p->value = copy_text(faults, r->otherwise);
	}
	check_unknown(faults, kind, node);
	pattern = step_param(step, "pattern");
	example = step_param(step, "example");
	int fits = pattern && example ? match_whole(pattern, example) : 1;
	if (fits < 0)
		faults->failed = true;
	else if (!fits)
		fault_add(faults, node_get(node, "example")->place,
		        N_("The example \"%s\" does not match the pattern. Correct one of them."), example);
}

static void read_approve(struct fault_list *faults, const struct script *s, struct script_step *step,
        const struct kind *kind, const struct node *node)
{
	const struct node *n = node_get(node, "approve");
	const struct script_role *role;

	if (!n) {
		if (kind->privileged)
			fault_add(faults, node->place,
			        N_("A step of the kind %s needs \"approve\" with a role. Add it."), kind->name);
		return;
	}
	if (!kind->privileged) {
		fault_add(faults, n->key_place, N_("Nobody approves a step of the kind %s. Remove \"approve\"."),
		        kind->name);
		return;
	}
	step->approve = read_line(faults, n);
	if (!step->approve || !known_role(faults, s, n->place, step->approve) ||
	        !may_vote(faults, n->place, step->approve))
		return;
	role = script_role(s, step->approve);
	if (role->quorum == 0)
		fault_add(faults, n->place,
		        N_("The role \"%s\" approves, but has no quorum. Give it one of 2 or more."), role->name);
}

static const struct kind *read_kind(struct fault_list *faults, struct script_step *step, const struct node *node)
{
	const struct node *n = node_get(node, "do");
	const struct kind *kind;

	if (!n) {
		missing_key(faults, node, "do");
		return NULL;
	}
	step->kind = read_line(faults, n);
	if (!step->kind)
		return NULL;
	kind = kind_find(step->kind);
	if (kind)
		return kind;
	if (kind_is_later(step->kind))
		fault_add(faults, n->place, N_("The step kind \"%s\" is not in this version. Leave the step out."),
		        step->kind);
	else if (kind_nearest(step->kind))
		fault_add(faults, n->place, N_("There is no step kind \"%s\". Did you mean \"%s\"?"), step->kind,
		        kind_nearest(step->kind));
	else
		fault_add(faults, n->place, N_("There is no step kind \"%s\". See ceremony-script(5)."), step->kind);
	return NULL;
}

static void read_id(struct fault_list *faults, struct script_step *step, const struct node *node)
{
	const struct node *n = node_get(node, "id");

	if (n)
		step->id = read_name(faults, n, false);
	else
		missing_key(faults, node, "id");
}

static void read_step(
        struct fault_list *faults, const struct script *s, struct script_step *step, const struct node *node)
{
	static const char *const ways[] = {"retry", "end-by-control", NULL};
	const struct kind *kind;
	const struct node *n;
	int way = -1;

	step->place = node->place;
	if (!is_map(faults, node))
		return;
	read_id(faults, step, node);
	if ((n = node_get(node, "say")))
		read_text(faults, n, &s->languages, true, &step->say);
	else
		missing_key(faults, node, "say");
	if ((n = node_get(node, "on-failure"))) {
		way = read_choice(faults, n, ways);
		step->on_failure = way == 0 ? ON_FAILURE_RETRY : ON_FAILURE_END;
	}
	if ((n = node_get(node, "for-each")))
		fault_add(
		        faults, n->key_place, N_("\"for-each\" is not in this version. Write one step for each item."));
	kind = read_kind(faults, step, node);
	if (!kind)
		return;
	if (way >= 0 && !kind_fails(kind->name))
		fault_add(faults, node_get(node, "on-failure")->key_place,
		        N_("A step of the kind %s does not fail: it is done when people have done it. Take "
		           "\"on-failure\" "
		           "away."),
		        kind->name);
	read_approve(faults, s, step, kind, node);
	read_params(faults, s, step, kind, node);
}

struct named_step {
	const char *id;
	const struct node *node;
	unsigned line; /* of the step */
};

static int by_id(const void *a, const void *b)
{
	const struct named_step *x = a, *y = b;
	int order = strcmp(x->id, y->id);

	return order ? order : x->line < y->line ? -1 : x->line > y->line;
}

/* An id that stands twice is told where it stands again. */
static void check_ids(struct fault_list *faults, const struct script *s, const struct node *node)
{
	struct named_step *list = calloc(s->step_count + 1, sizeof(*list));
	size_t count = 0, first = 0;

	if (!list) {
		faults->failed = true;
		return;
	}
	node = node->child;
	for (size_t i = 0; i < s->step_count && node; i++, node = node->next)
		if (s->steps[i].id)
			list[count++] = (struct named_step){s->steps[i].id, node, s->steps[i].place.line};
	qsort(list, count, sizeof(*list), by_id);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(list[i].id, list[first].id) != 0)
			first = i;
		else
			fault_add(faults, node_get(list[i].node, "id")->place,
			        N_("The step id \"%s\" is already on line %u. Choose another."), list[i].id,
			        list[first].line);
	}
	free(list);
}

void read_steps(struct fault_list *faults, struct script *s, const struct node *node)
{
	if (!is_list(faults, node))
		return;
	s->steps = read_room(faults, node, sizeof(*s->steps));
	for (const struct node *n = node->child; n && s->steps; n = n->next)
		read_step(faults, s, &s->steps[s->step_count++], n);
	if (s->steps)
		check_ids(faults, s, node);
}
