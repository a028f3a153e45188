/* attend: roll call. At the first, `begin` is approved by all; at a later one people come and go, and the control role
 * approves the roster as it is then. */
#include "steps/roll_call.h"

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	if (journal_find(&run->journal, ACT_DONE, "begin") || journal_find(&run->journal, ACT_DONE, "attend"))
		return 0;
	return roll_call_next(c, c->script->steps[run->index].id, w, e);
}

static const char *const help[] = {N_("Everyone sits down and proves the key. Then all of them sign the beginning: "
                                      "this script, this site, these people."),
        NULL};

const struct step_kind attend_step = {
        .name = "attend",
        .next = next,
        .help = help,
};
