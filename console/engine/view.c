/* What screens show, made from the fold when they ask. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/private.h"

void view_free(struct engine *g)
{
	free(g->view_steps);
	free(g->view_people);
	free(g->view_artifacts);
	free(g->view_hex);
	free(g->view_languages);
	g->view_steps = NULL;
	g->view_people = NULL;
	g->view_artifacts = NULL;
	g->view_hex = NULL;
	g->view_languages = NULL;
}

static enum step_state state_of(const struct engine *g, size_t i)
{
	const struct run *run = ceremony_run(g->c);
	if (g->c->states[i] == STEP_STATE_EXCEPTION)
		return STEP_EXCEPTION;
	if (!g->c->closed && run && run->index == i)
		return STEP_NOW;
	if (g->c->closed || g->c->states[i] == STEP_STATE_DONE)
		return STEP_DONE;
	return STEP_TO_COME;
}

static void view_lists(struct engine *g)
{
	const struct ceremony *c = g->c;
	size_t people = consent_people(c->consent);

	for (size_t i = 0; i < c->script->step_count; i++)
		g->view_steps[i] = (struct view_step){c->script->steps[i].id, c->script->steps[i].kind, state_of(g, i)};
	for (size_t i = 0; i < people; i++) {
		const struct person *p = consent_person(c->consent, i);
		const struct named_state *n = ceremony_named(c, p->name);
		g->view_people[i] = (struct view_person){
		        p->name, n ? n->name : p->name, p->role, p->present, p->locked_until > time_now_ms()};
	}
	for (size_t i = 0; i < c->artifact_count; i++) {
		const struct artifact_state *a = &c->artifacts[i];
		for (size_t k = 0; k < 32; k++) {
			static const char digits[] = "0123456789abcdef";
			g->view_hex[i][2 * k] = digits[a->sha256[k] >> 4];
			g->view_hex[i][2 * k + 1] = digits[a->sha256[k] & 15];
		}
		g->view_hex[i][64] = 0;
		g->view_artifacts[i] = (struct view_artifact){a->path, a->type, a->bytes, g->view_hex[i]};
	}
	for (size_t i = 0; i < c->script->languages.count; i++)
		g->view_languages[i] = c->script->languages.item[i];
}

static bool software_of(const struct ceremony *c)
{
	for (size_t i = 0; i < c->script->hsm_count; i++)
		if (c->script->hsms[i].software)
			return true;
	return false;
}

/* Does this step log in by the token's own PIN pad? */
static bool pin_on_device(const struct ceremony *c, const struct script_step *step)
{
	const char *hsm = step ? step_param(step, "hsm") : NULL;
	const struct site_hsm *site = hsm ? site_hsm(c->site, hsm) : NULL;
	return site && site->login == LOGIN_PROTECTED_PATH &&
	       (!strcmp(step->kind, "initialise-hsm") || !strcmp(step->kind, "unlock-hsm"));
}

const struct engine_view *engine_view(struct engine *g)
{
	const struct ceremony *c = g->c;
	const struct script_step *step = ceremony_step(c);
	const struct run *run = ceremony_run(c);
	const struct policy *policy = consent_policy(c->consent);

	view_free(g);
	g->view_steps = calloc(c->script->step_count + 1, sizeof(*g->view_steps));
	g->view_people = calloc(consent_people(c->consent) + 1, sizeof(*g->view_people));
	g->view_artifacts = calloc(c->artifact_count + 1, sizeof(*g->view_artifacts));
	g->view_hex = calloc(c->artifact_count + 1, sizeof(*g->view_hex));
	g->view_languages = calloc(c->script->languages.count + 1, sizeof(*g->view_languages));
	memset(&g->view, 0, sizeof(g->view));
	struct engine_view *v = &g->view;
	if (g->view_steps && g->view_people && g->view_artifacts && g->view_hex && g->view_languages) {
		view_lists(g);
		v->steps = c->script->step_count;
		v->people = consent_people(c->consent);
		v->artifacts = c->artifact_count;
	}
	v->title = script_say(c->script, &c->script->title, g->language);
	v->origin = policy ? policy->origin : c->script->origin;
	v->record = g->record_path;
	v->rehearsal = ceremony_rehearsal(c);
	v->software = !v->rehearsal && software_of(c);
	v->size = c->tree.size;
	tree_root(&c->tree, v->root);
	v->step = g->view_steps;
	v->current = run && !c->closed ? run->index : c->script->step_count;
	v->person = g->view_people;
	v->say = step ? script_say(c->script, &step->say, g->language) : NULL;
	v->act = g->acting ? g->act : NULL;
	v->act_since = g->act_since;
	v->act_done = g->room.done;
	v->act_total = g->room.total;
	v->on_device = g->acting && pin_on_device(c, step);
	v->exceptions = c->exceptions;
	v->language = g->language;
	v->languages = g->view_languages;
	v->artifact = g->view_artifacts;
	return v;
}

int engine_artifact(struct engine *g, size_t index, size_t max, struct bytes *out, struct error *e)
{
	if (index >= g->c->artifact_count)
		return error_set(e, ERROR_INTERNAL, "there is no artifact %zu", index);
	return ceremony_artifact(g->c, g->c->artifacts[index].path, max, out, e);
}

const char *engine_entry(struct engine *g, uint64_t seq)
{
	return seq < g->line_count ? bytes_string(&g->lines[seq]) : NULL;
}

const char *const *engine_help(const struct engine *g)
{
	static const char *const none[] = {NULL};
	const struct script_step *step = ceremony_step(g->c);
	const struct step_kind *kind = g->want.by;
	if ((!kind || !kind->help) && step)
		kind = step_kind(step->kind);
	return kind && kind->help ? kind->help : none;
}
