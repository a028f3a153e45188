#include "engine/verify.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "engine/judge.h"
#include "record/record.h"

static int each(void *context, const struct entry *entry, const struct tree *after, struct error *e)
{
	return judge_entry(context, entry, after, e);
}

/* What was not found out for want of memory is no verdict on the record, nor is a fault that was found while it was
 * short. */
static bool unjudged(const struct verification *v, bool short_of_memory)
{
	bool any = v->vouch_error.code == ERROR_MEMORY;

	for (int i = 0; i < VERDICTS; i++)
		any = any || (!v->verdict[i].holds && (short_of_memory || v->verdict[i].error.code == ERROR_MEMORY));
	return any;
}

int verify_record(const char *directory, const struct verify_options *o, struct verification *v, struct error *e)
{
	return verify_collect(directory, o, v, NULL, e);
}

int verify_collect(const char *directory, const struct verify_options *o, struct verification *v, struct previous *left,
        struct error *e)
{
	struct tree tree = {0};
	struct error why = {0};
	struct judge *j = NULL;
	unsigned long refused = memory_refusals();
	bool torn = false;
	int rc = -1, dir;

	memset(v, 0, sizeof(*v));
	v->exit = 1;
	dir = dir_open(directory, e);
	if (dir < 0)
		return -1;
	j = judge_new(directory, dir, o, v, e);
	if (!j)
		goto out;
	if (transcript_read(dir, each, j, &tree, &torn, &why) < 0)
		judge_form(j, &why, why.line);
	else if (torn)
		judge_torn(j);
	if (judge_end(j, &tree, o, e) < 0)
		goto out;
	if (unjudged(v, memory_refusals() != refused)) {
		error_memory(e);
		verification_free(v);
		goto out;
	}
	rc = left ? judge_left(j, &tree, left, e) : 0;
out:
	close(dir);
	judge_free(&j);
	return rc;
}

void verification_free(struct verification *v)
{
	bytes_free(&v->origin);
	bytes_free(&v->previous_origin);
	later_free(&v->later);
}
