#include "steps/host_look.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void host_faults_free(struct host_faults *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->sentence[i]);
	free(f->sentence);
	*f = (struct host_faults){0};
}

/* The order of the facts never changes: it is part of the record's format. */
static void (*const part[])(struct look *) = {
        look_program,
        look_system,
        look_clock,
        look_protection,
        look_virtual,
        look_interfaces,
        look_radios,
        look_routes,
        look_sockets,
        look_usb,
        look_input,
        look_block,
        look_swap,
};

int host_inspect(const char *root, struct json_writer *facts, struct host_faults *faults, struct error *e)
{
	struct look l = {.root = -1, .w = facts, .faults = faults};

	*faults = (struct host_faults){0};
	l.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l.root < 0)
		look_fault(&l, "The console cannot look at the machine: %s: %s.", root, strerrordesc_np(errno));
	json_begin_object(facts);
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		part[i](&l);
	json_end_object(facts);
	if (l.root >= 0)
		close(l.root);
	if (l.unsaid > 0) {
		l.fault_bytes = 0; /* this one sentence has room of its own */
		look_fault(&l, "%zu more faults were found than one entry of the record can hold.", l.unsaid);
	}
	if (l.failed || facts->out->failed) {
		host_faults_free(faults);
		return error_memory(e);
	}
	return 0;
}
