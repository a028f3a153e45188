/* Before anything exists: every certificate of the script is built and linted with throw-away keys. */
#include "base/text.h"
#include "steps/certificate.h"
#include "steps/shared.h"
#include "steps/step.h"

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)c;
	(void)run;
	(void)e;
	want_set(w, WANT_LOOK, &dry_run_kind, 0, NULL, FACTS_READ, "dry-run");
	return 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct json *faults = json_get(entry->data, "faults");
	(void)c;
	(void)w;
	return faults && !faults->count
	               ? 0
	               : error_set(e, ERROR_FAULT, "the dry run found faults, and the ceremony went on");
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	struct bytes facts = {0}, faults = {0};
	int rc = certificates_dry_run(
	        room->parser, c->script, c->certificates, ceremony_rehearsal(c), &facts, &faults, e);

	if (rc == 0)
		rc = put_facts(out, w, &facts, &faults, e);
	bytes_free(&facts);
	bytes_free(&faults);
	return rc;
}

const struct step_kind dry_run_kind = {
        .name = "dry-run",
        .next = next,
        .check = check,
        .look = look,
};
