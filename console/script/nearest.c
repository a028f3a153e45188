/* What a word was likely meant to be, and names that must be known. */
#include "script/schema.h"

#include <stdlib.h>
#include <string.h>

/* Among more names than anybody writes by hand none is suggested: it would only cost time. */
enum { SUGGEST_MAX = 256 };

/* Edit distance with swapped neighbours counted as one; words longer than a name are as far as can be. */
unsigned word_distance(const char *a, const char *b)
{
	unsigned row[3][NAME_MAX_LEN + 1];
	size_t m = strlen(a), n = strlen(b);

	if (m > NAME_MAX_LEN || n > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (size_t j = 0; j <= n; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= m; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned least = last[j - 1] + (a[i - 1] != b[j - 1]);
			if (last[j] + 1 < least)
				least = last[j] + 1;
			if (now[j - 1] + 1 < least)
				least = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < least)
				least = before[j - 2] + 1;
			now[j] = least;
		}
	}
	return row[m % 3][n];
}

/* A third of the word may be wrong, or one letter. */
static bool nearer(const char *word, const char *other, unsigned *least)
{
	unsigned limit = (unsigned)strlen(word) / 3;
	unsigned distance = strcasecmp(word, other) == 0 ? 0 : word_distance(word, other);

	if (distance > (limit ? limit : 1) || distance >= strlen(word) || distance >= *least)
		return false;
	*least = distance;
	return true;
}

const char *nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	unsigned least = NAME_MAX_LEN;

	for (; *words; words++)
		if (nearer(word, *words, &least))
			best = *words;
	return best;
}

static bool is_document(const struct script_step *step)
{
	return step->kind && strcmp(step->kind, "sign-document") == 0;
}

static const char *member(const void *array, size_t i, size_t size)
{
	const char *name;
	memcpy(&name, (const char *)array + i * size, sizeof(name));
	return name;
}

const char *nearest_member(const char *word, const void *array, size_t count, size_t size)
{
	const char *best = NULL;
	unsigned least = NAME_MAX_LEN;

	for (size_t i = 0; i < count && count <= SUGGEST_MAX; i++) {
		const char *name = member(array, i, size);
		if (name && nearer(word, name, &least))
			best = name;
	}
	return best;
}

static bool known(struct fault_list *faults, struct place place, const char *name, const void *array, size_t count,
        size_t size, const char *absent, const char *meant)
{
	const char *near;

	for (size_t i = 0; i < count; i++)
		if (member(array, i, size) && strcmp(member(array, i, size), name) == 0)
			return true;
	near = nearest_member(name, array, count, size);
	if (near)
		fault_add(faults, place, meant, name, near);
	else
		fault_add(faults, place, absent, name);
	return false;
}

bool known_role(struct fault_list *faults, const struct script *s, struct place place, const char *name)
{
	return known(faults, place, name, s->roles, s->role_count, sizeof(*s->roles),
	        N_("There is no role \"%s\". Name one of \"roles\"."),
	        N_("There is no role \"%s\". Did you mean \"%s\"?"));
}

bool known_hsm(struct fault_list *faults, const struct script *s, struct place place, const char *name)
{
	return known(faults, place, name, s->hsms, s->hsm_count, sizeof(*s->hsms),
	        N_("There is no HSM \"%s\". Name one of \"hsm\"."), N_("There is no HSM \"%s\". Did you mean \"%s\"?"));
}

bool known_secret(struct fault_list *faults, const struct script *s, struct place place, const char *name)
{
	return known(faults, place, name, s->secrets, s->secret_count, sizeof(*s->secrets),
	        N_("There is no secret \"%s\". Name one of \"secrets\"."),
	        N_("There is no secret \"%s\". Did you mean \"%s\"?"));
}

bool known_key(struct fault_list *faults, const struct script *s, struct place place, const char *name)
{
	return known(faults, place, name, s->keys, s->key_count, sizeof(*s->keys),
	        N_("There is no key pair \"%s\". Name one of \"keys\"."),
	        N_("There is no key pair \"%s\". Did you mean \"%s\"?"));
}

bool known_request(struct fault_list *faults, const struct script *s, struct place place, const char *name)
{
	return known(faults, place, name, s->requests, s->request_count, sizeof(*s->requests),
	        N_("There is no request \"%s\". Name one of \"requests\"."),
	        N_("There is no request \"%s\". Did you mean \"%s\"?"));
}

bool known_certificate(struct fault_list *faults, const struct script *s, struct place place, const char *name)
{
	return known(faults, place, name, s->certificates, s->certificate_count, sizeof(*s->certificates),
	        N_("There is no certificate \"%s\". Name one of \"certificates\"."),
	        N_("There is no certificate \"%s\". Did you mean \"%s\"?"));
}

bool known_ocsp(struct fault_list *faults, const struct script *s, struct place place, const char *name)
{
	return known(faults, place, name, s->ocsps, s->ocsp_count, sizeof(*s->ocsps),
	        N_("There are no OCSP responses \"%s\". Name one of \"ocsp\"."),
	        N_("There are no OCSP responses \"%s\". Did you mean \"%s\"?"));
}

bool known_crl(struct fault_list *faults, const struct script *s, struct place place, const char *name)
{
	return known(faults, place, name, s->crls, s->crl_count, sizeof(*s->crls),
	        N_("There is no CRL \"%s\". Name one of \"crls\"."),
	        N_("There is no CRL \"%s\". Did you mean \"%s\"?"));
}

/* The nearest of the names that may stand there, of whatever kind: a document's is the whole name of the file. */
static const char *nearest_artifact(const struct script *s, const char *file, const char *name, bool responses)
{
	const char *candidate[5] = {
	        nearest_member(name, s->certificates, s->certificate_count, sizeof(*s->certificates)),
	        nearest_member(name, s->requests, s->request_count, sizeof(*s->requests)),
	        nearest_member(name, s->crls, s->crl_count, sizeof(*s->crls)),
	        responses ? nearest_member(name, s->ocsps, s->ocsp_count, sizeof(*s->ocsps)) : NULL};
	const char *best = NULL;
	unsigned least = NAME_MAX_LEN;

	for (size_t i = 0; i < s->step_count; i++) {
		const char *document = is_document(&s->steps[i]) ? step_param(&s->steps[i], "file") : NULL;
		if (document && nearer(file, document, &least))
			candidate[4] = document;
	}
	least = NAME_MAX_LEN;
	for (size_t i = 0; i < sizeof(candidate) / sizeof(candidate[0]); i++)
		if (candidate[i] && nearer(i == 4 ? file : name, candidate[i], &least))
			best = candidate[i];
	return best;
}

bool known_shown(struct fault_list *faults, const struct script *s, struct place place, const char *name)
{
	const char *near;

	if (script_document(s, name) || script_request(s, name) || script_certificate(s, name) || script_crl(s, name))
		return true;
	near = nearest_artifact(s, name, name, false);
	if (near)
		fault_add(faults, place,
		        N_("There is no certificate, request or CRL \"%s\", and no document that a step before signs. "
		           "Did "
		           "you mean \"%s\"?"),
		        name, near);
	else
		fault_add(faults, place,
		        N_("There is no certificate, request or CRL \"%s\", and no document that a step before signs. "
		           "Name "
		           "one of them, or \"checkpoint\"."),
		        name);
	return false;
}

bool known_carried(
        struct fault_list *faults, const struct script *s, struct place place, const char *file, const char *stem)
{
	const char *near;

	if (script_document(s, file) || script_taken_in(s, file) || script_request(s, stem) || script_crl(s, stem) ||
	        script_ocsp(s, stem) || script_certificate(s, stem))
		return true;
	near = nearest_artifact(s, file, stem, true);
	if (near)
		fault_add(faults, place,
		        N_("There is no certificate, request, CRL or OCSP response \"%s\", and no document that a step "
		           "before signs. Did you mean \"%s\"?"),
		        file, near);
	else
		fault_add(faults, place,
		        N_("There is no certificate, request, CRL or OCSP response \"%s\", and no document that a step "
		           "before signs. Name one of them."),
		        file);
	return false;
}
