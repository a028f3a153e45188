/* inspect-host: the air gap and the machine, as found. */
#include "steps/shared.h"
#include "steps/step.h"

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)e;
	if (!journal_find(&run->journal, FACTS_READ, "host"))
		want_set(w, WANT_LOOK, &inspect_host_step, 0, c->script->steps[run->index].id, FACTS_READ, "host");
	return 0;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	(void)c;
	(void)room;
	return put_host(out, w->step, e);
}

static const char *const help[] = {N_("The console looks at its own machine: networks, radios, USB and input devices, "
                                      "disks, swap, core dumps, program and system."),
        N_("What an air-gapped machine must not have is a fault. Mend it and look again, or record an exception that "
           "the quorum approves."),
        NULL};

const struct step_kind inspect_host_step = {
        .name = "inspect-host",
        .faults_acceptable = true,
        .next = next,
        .look = look,
        .help = help,
};
