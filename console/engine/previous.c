/* The record that a ceremony goes on from: verified first, whole, and only then read. */
#include "engine/private.h"

#include <string.h>

#include "base/text.h"
#include "engine/verify.h"
#include "steps/foreign.h"

static int refused(const char *directory, const struct verification *v, struct error *e)
{
	struct bytes why = {0};
	unsigned line = 0;

	for (int i = 0; i < VERDICTS && !why.len; i++)
		if (!v->verdict[i].holds) {
			error_text(&v->verdict[i].error, &why);
			line = v->verdict[i].error.line;
		}
	if (line)
		error_set(e, ERROR_FAULT, N_("the previous record %s does not hold, at its line %u: %s"), directory,
		        line, bytes_string(&why));
	else
		error_set(
		        e, ERROR_FAULT, N_("the previous record %s does not hold: %s"), directory, bytes_string(&why));
	bytes_free(&why);
	return -1;
}

/* Where it can do no harm. */
static int try_first(const struct engine_options *o, struct error *e)
{
	struct bytes sentence = {0};
	struct error why = {0};

	if (foreign_try_record(o->verifier, o->previous, &why) == 0)
		return 0;
	error_text(&why, &sentence);
	if (why.code == ERROR_FAULT)
		error_set(e, why.code, N_("the previous record %s does not hold: %s"), o->previous,
		        bytes_string(&sentence));
	else if (e)
		*e = why;
	bytes_free(&sentence);
	return -1;
}

int engine_previous(const struct engine_options *o, bool rehearsal, struct previous *out, struct error *e)
{
	struct verify_options options = {.rehearsal = true, .anchor = o->previous_anchor};
	struct verification v;
	int rc = -1;

	if (!o->previous)
		return 0;
	if (try_first(o, e) < 0)
		return -1;
	if (verify_collect(o->previous, &options, &v, out, e) < 0)
		;
	else if (v.rehearsal && !rehearsal)
		error_set(e, ERROR_FAULT,
		        N_("the previous record %s is of a rehearsal: a real ceremony cannot go on from it"),
		        o->previous);
	else if (!v.rehearsal && rehearsal)
		error_set(e, ERROR_FAULT,
		        N_("the previous record %s is of a real ceremony: a rehearsal goes on from the rehearsal of "
		           "that ceremony"),
		        o->previous);
	else if (v.exit != 0 && v.exit != 4)
		refused(o->previous, &v, e);
	else
		rc = 0;
	verification_free(&v);
	return rc;
}
