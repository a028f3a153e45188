/* lock-hsm: logged out, and the helper ended: with it goes what the module kept in its memory. */
#include <string.h>

#include "steps/step.h"

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)e;
	if (!journal_find(&run->journal, HSM_LOCKED, NULL))
		want_set(w, WANT_LOOK, &lock_hsm_step, 0, c->script->steps[run->index].id, HSM_LOCKED, NULL);
	return 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const char *hsm = step_param(ceremony_step(c), "hsm");
	(void)w;
	return strcmp(json_text(entry->data, "hsm"), hsm) ? error_set(e, ERROR_FAULT, "hsm.locked is not of %s", hsm)
	                                                  : 0;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const char *hsm = step_param(ceremony_step(c), "hsm");
	struct hsm_request request = {.verb = HSM_LOCK, .hsm = hsm};
	struct bytes ignored = {0};
	struct error gone;

	/* A helper that does not answer is ended all the same: that locks the token too. */
	hsm_call(room->hsm, &request, 30, &ignored, &gone);
	bytes_free(&ignored);
	hsm_end(&room->hsm);
	struct bytes *data = outcome_add(out, HSM_LOCKED, w->step);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "hsm", hsm);
	json_end_object(&j);
	return bytes_end(data, e);
}

static const char *const help[] = {N_("The token is logged out, and the process that drove it ends."), NULL};

const struct step_kind lock_hsm_step = {
        .name = "lock-hsm",
        .helper = true,
        .next = next,
        .check = check,
        .look = look,
        .help = help,
};
