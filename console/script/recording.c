/* The recordings of a script: none is stopped that does not run, and none is left without an end. */
#include "script/schema.h"

#include <string.h>

static const struct script_param *param(const struct script_step *step, const char *name)
{
	for (size_t i = 0; i < step->param_count; i++)
		if (step->params[i].name && strcmp(step->params[i].name, name) == 0 && step->params[i].value)
			return &step->params[i];
	return NULL;
}

/* What the step does with this camera (NULL: with any): "start", "stop", or NULL. */
static const struct script_param *recording(const struct script_step *step, const char *camera)
{
	const struct script_param *its;

	if (!step->kind || strcmp(step->kind, "record-video") != 0)
		return NULL;
	its = param(step, "camera");
	return its && (!camera || strcmp(its->value, camera) == 0) ? param(step, "recording") : NULL;
}

/* Was the camera started, and not stopped again, when `step` begins? */
static bool runs_before(const struct script *s, const struct script_step *step, const char *camera)
{
	bool on = false;

	for (const struct script_step *before = s->steps; before < step; before++) {
		const struct script_param *does = recording(before, camera);

		if (does)
			on = strcmp(does->value, "start") == 0;
	}
	return on;
}

void check_recordings(struct fault_list *faults, const struct script *s)
{
	const struct script_step *end = s->steps + s->step_count;

	for (const struct script_step *step = s->steps; step < end; step++) {
		const struct script_param *does = recording(step, NULL);
		const char *camera = does ? param(step, "camera")->value : NULL;
		bool starts = does && strcmp(does->value, "start") == 0, again = false;

		if (!does)
			continue;
		for (const struct script_step *later = step + 1; later < end; later++)
			again = again || recording(later, camera);
		if (!starts && !runs_before(s, step, camera))
			fault_add(faults, does->place,
			        N_("The camera \"%s\" is not recording at this step. Put a record-video step that "
			           "starts it before."),
			        camera);
		else if (starts && runs_before(s, step, camera))
			fault_add(faults, does->place,
			        N_("The camera \"%s\" is recording already at this step. Stop it before, or give this "
			           "one another name."),
			        camera);
		if (starts && !again)
			fault_add(faults, does->place,
			        N_("The camera \"%s\" is never stopped. Put a record-video step that stops it before "
			           "close."),
			        camera);
	}
}
