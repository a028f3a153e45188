/* inspect-host: the air gap and the machine, as found. */
#include "steps/host.h"
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
	struct bytes facts = {0};
	struct host_faults faults = {0};
	struct json_writer j = {&facts, false};
	int rc = -1;

	(void)c;
	(void)room;
	if (host_inspect("/", &j, &faults, e) < 0 || bytes_end(&facts, e) < 0)
		goto out;
	struct bytes *data = outcome_add(out, FACTS_READ, w->step);
	if (!data) {
		error_memory(e);
		goto out;
	}
	j = (struct json_writer){data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", "host");
	json_key(&j, "facts");
	json_put_raw(&j, bytes_string(&facts), facts.len);
	json_key(&j, "faults");
	json_begin_array(&j);
	for (size_t i = 0; i < faults.count; i++)
		json_put_text(&j, faults.sentence[i]);
	json_end_array(&j);
	json_end_object(&j);
	rc = bytes_end(data, e);
out:
	bytes_free(&facts);
	host_faults_free(&faults);
	return rc;
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
