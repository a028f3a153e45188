/* attend: roll call, then `begin` is approved by all. */
#include "steps/roll_call.h"

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	if (consent_begun(c->consent))
		return 0;
	return roll_call_next(c, c->script->steps[run->index].id, w, e);
}

static const char *const help[] = {
	N_("Everyone sits down and proves the key. Then all of them sign the beginning: this script, this site, these people."), NULL};

const struct step_kind attend_step = {
	.name = "attend",
	.next = next,
	.help = help,
};
