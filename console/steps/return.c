/* After a pause the machine was out of sight: it is looked at again when the roll call is over, whatever paused.
 * Nothing else goes on before it is without faults, or the control role accepts them. */
#include "steps/shared.h"

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)c;
	(void)run;
	(void)e;
	want_set(w, WANT_LOOK, &return_kind, 0, NULL, FACTS_READ, "host");
	return 0;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	(void)c;
	(void)room;
	return put_host(out, w->step, e);
}

const struct step_kind return_kind = {
        .name = "return",
        .next = next,
        .look = look,
};
