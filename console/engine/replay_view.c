/* What screens show of a position, from what was kept when it was reached. */
#include <stdlib.h>
#include <string.h>

#include "engine/replay_private.h"

void replay_view_free(struct replay *r)
{
	free(r->view_steps);
	free(r->view_people);
	free(r->view_artifacts);
	free(r->view_languages);
	r->view_steps = NULL;
	r->view_people = NULL;
	r->view_artifacts = NULL;
	r->view_languages = NULL;
	prompt_free(&r->document);
}

/* A step's state from the last change of it, as view.c says it of a ceremony that runs. */
static void steps_show(const struct replay *r, const struct script *script, size_t last, bool closed)
{
	for (size_t i = 0; i < script->step_count; i++)
		r->view_steps[i] = (struct view_step){script->steps[i].id, script->steps[i].kind, STEP_TO_COME};
	for (size_t i = 0; i < r->states.count && r->states.item[i].position <= last; i++)
		r->view_steps[r->states.item[i].index].state =
		        r->states.item[i].value == STEP_STATE_EXCEPTION ? STEP_EXCEPTION
		        : r->states.item[i].value == STEP_STATE_DONE    ? STEP_DONE
		                                                        : STEP_TO_COME;
	for (size_t i = 0; i < script->step_count; i++) {
		enum step_state *state = &r->view_steps[i].state;

		if (*state == STEP_EXCEPTION)
			continue;
		if (!closed && i == r->moment[last].current)
			*state = STEP_NOW;
		else if (closed)
			*state = STEP_DONE;
	}
}

static size_t people_show(const struct replay *r, size_t last)
{
	size_t people = 0;

	for (size_t i = 0; i < r->seats && r->seat[i].position <= last; i++)
		r->view_people[people++] =
		        (struct view_person){r->seat[i].key_name, r->seat[i].name, r->seat[i].role, false, false};
	for (size_t i = 0; i < r->presence.count && r->presence.item[i].position <= last; i++)
		if (r->presence.item[i].index < people)
			r->view_people[r->presence.item[i].index].present = r->presence.item[i].value != 0;
	return people;
}

static size_t artifacts_show(const struct replay *r, size_t last)
{
	size_t count = 0;

	for (size_t i = 0; i < r->files && r->file[i].position <= last; i++)
		r->view_artifacts[count++] =
		        (struct view_artifact){r->file[i].path, r->file[i].type, r->file[i].bytes, r->file[i].sha256};
	return count;
}

static bool closed_at(const struct replay *r, size_t last)
{
	return r->moment[last].event == CEREMONY_CLOSED && r->moment[last].taken;
}

static void script_show(struct replay *r, const struct script *script, size_t last)
{
	struct engine_view *v = &r->view;

	if (!*r->language && script->languages.count)
		memccpy(r->language, script->languages.item[0], 0, sizeof(r->language) - 1);
	v->title = script_say(script, &script->title, r->language);
	for (size_t i = 0; i < script->languages.count; i++)
		r->view_languages[i] = script->languages.item[i];
	v->steps = script->step_count;
	v->current = script->step_count;
	if (!r->count)
		return;
	steps_show(r, script, last, closed_at(r, last));
	v->current = r->moment[last].current;
	if (v->current < script->step_count)
		v->say = script_say(script, &script->steps[v->current].say, r->language);
}

int replay_show(struct replay *r, struct error *e)
{
	const struct ceremony *c = judge_ceremony(r->judge);
	const struct script *script = c ? c->script : NULL;
	size_t last = r->at < r->count ? r->at : r->count ? r->count - 1 : 0;
	struct engine_view *v = &r->view;

	replay_view_free(r);
	memset(v, 0, sizeof(*v));
	r->view_steps = calloc(script ? script->step_count + 1 : 1, sizeof(*r->view_steps));
	r->view_people = calloc(r->seats + 1, sizeof(*r->view_people));
	r->view_artifacts = calloc(r->files + 1, sizeof(*r->view_artifacts));
	r->view_languages = calloc(script ? script->languages.count + 1 : 1, sizeof(*r->view_languages));
	if (!r->view_steps || !r->view_people || !r->view_artifacts || !r->view_languages)
		return error_memory(e);
	v->origin = bytes_string(&r->v.origin);
	v->title = v->origin;
	v->record = r->directory;
	v->rehearsal = r->v.rehearsal;
	v->software = r->v.software;
	if (script)
		script_show(r, script, last);
	if (r->count) {
		v->size = r->at < r->count ? r->at + 1 : r->count;
		memcpy(v->root, r->moment[last].root, 32);
		v->exceptions = r->moment[last].exceptions;
		v->people = people_show(r, last);
		v->artifacts = artifacts_show(r, last);
	}
	v->step = r->view_steps;
	v->person = r->view_people;
	v->artifact = r->view_artifacts;
	v->language = r->language;
	v->languages = r->view_languages;
	r->document = replay_document_new(r, e);
	return r->document ? 0 : -1;
}

const struct engine_view *replay_view(const struct replay *r)
{
	return &r->view;
}

const struct prompt *replay_document(const struct replay *r)
{
	return r->document;
}

void replay_language(struct replay *r, const char *language)
{
	const struct ceremony *c = judge_ceremony(r->judge);

	for (size_t i = 0; c && i < c->script->languages.count; i++)
		if (!strcmp(c->script->languages.item[i], language)) {
			memset(r->language, 0, sizeof(r->language));
			memccpy(r->language, language, 0, sizeof(r->language) - 1);
		}
	replay_show(r, NULL);
}
