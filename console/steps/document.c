#include "steps/document.h"

#include <stdio.h>
#include <string.h>

static const char signature[] = ".p7s";

/* A file that was taken in by an attempt before lies there under its name. */
static void name_of(const struct ceremony *c, size_t step, const char *file, const char *suffix, char out[200])
{
	char attempt[16] = "";
	if (c->attempts[step] > 1)
		snprintf(attempt, sizeof(attempt), "%u.", c->attempts[step]);
	snprintf(out, 200, "%s%s%.120s%s", ceremony_rehearsal(c) ? "REHEARSAL-" : "", attempt, file, suffix);
}

void document_name(const struct ceremony *c, size_t step, const char *suffix, char out[200])
{
	name_of(c, step, step_param(&c->script->steps[step], "file"), suffix, out);
}

void taken_in_name(const struct ceremony *c, size_t step, const char *file, char out[200])
{
	name_of(c, step, file, "", out);
}

static const struct artifact_state *artifact_named(const struct ceremony *c, const char *name)
{
	char path[220];

	snprintf(path, sizeof(path), "artifacts/%s", name);
	for (size_t i = 0; i < c->artifact_count; i++)
		if (!strcmp(c->artifacts[i].path, path))
			return &c->artifacts[i];
	return NULL;
}

static const struct artifact_state *artifact_of(const struct ceremony *c, size_t step, const char *suffix)
{
	char name[200];

	document_name(c, step, suffix, name);
	return artifact_named(c, name);
}

const struct artifact_state *taken_in_artifact(const struct ceremony *c, const char *file)
{
	const struct script_step *s = script_taken_in(c->script, file);
	char name[200];

	if (!s || c->states[s - c->script->steps] != STEP_STATE_DONE)
		return NULL;
	taken_in_name(c, (size_t)(s - c->script->steps), file, name);
	return artifact_named(c, name);
}

const struct artifact_state *document_artifact(const struct ceremony *c, const char *name)
{
	const struct script_step *s = script_document(c->script, name);

	if (!s)
		return NULL;
	size_t step = (size_t)(s - c->script->steps);
	const struct artifact_state *signed_by = artifact_of(c, step, signature);
	return signed_by && !strcmp(name, step_param(s, "file")) ? artifact_of(c, step, "") : signed_by;
}
