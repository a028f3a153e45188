/* What lint found, as facts of a record: of certificates, of CRLs, of responses. */
#ifndef STEPS_FINDINGS_H
#define STEPS_FINDINGS_H

#include "base/error.h"
#include "base/json.h"
#include "pki/lint.h"
#include "record/entry.h"

/* Member "findings" of an object that is open, and the errors among them as sentences into an array that is open.
 * `kind` and `name` say about what. */
int findings_put(const char *kind, const char *name, const struct lint_findings *found, struct json_writer *facts,
        struct json_writer *faults, struct error *e);
/* Are the recorded findings of that form, and `faults` the errors among them? What they say is not looked into again:
 * the rules of a later version may be more. */
int findings_check(
        const char *kind, const char *name, const struct json *findings, const struct json *faults, struct error *e);
/* The same two for facts that are {"findings":[…]} and nothing else. */
int lint_put(const char *kind, const char *name, const struct lint_findings *found, struct json_writer *facts,
        struct json_writer *faults, struct error *e);
int lint_check(
        const char *kind, const char *name, const struct json *facts, const struct json *faults, struct error *e);
/* The warnings among the findings of facts.read `lint`, as an array of an order: "CLAUSE: MESSAGE" each. */
void findings_warnings(const struct entry *lint, struct json_writer *order);

#endif
