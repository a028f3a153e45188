/* A script's certificate as a profile, built and linted: shared by the dry run and issue-certificate. */
#ifndef STEPS_CERTIFICATE_H
#define STEPS_CERTIFICATE_H

#include "pki/lint.h"
#include "pki/profile.h"
#include "script/script.h"
#include "base/json.h"

/* What the script does not say: key, serial number and moment. */
struct certificate_facts {
	const void *spki;
	size_t spki_len;
	uint8_t serial[20];
	size_t serial_len;
	int64_t now; /* seconds: the moment that `from: signing` means */
	bool rehearsal;
};

/* The TBSCertificate, and its validity (may be NULL). */
int certificate_build(const struct script_certificate *cert, const struct certificate_facts *facts, struct bytes *tbs, int64_t *not_before,
                      int64_t *not_after, struct error *e);
/* Lints the certificate as it will be, signed by a throw-away key of that algorithm: facts {"findings":[…]} and the errors among them
 * as sentences. `warnings` (may be NULL) gets one JSON text a warning. */
int certificate_lint_dry(const struct script_certificate *cert, const char *key_algorithm, const struct bytes *tbs, int64_t now, bool rehearsal,
                         struct json_writer *facts, struct json_writer *faults, struct error *e);
/* The same of a finished one. */
int certificate_lint_der(const struct script_certificate *cert, const struct bytes *der, int64_t now, bool rehearsal, struct json_writer *facts,
                         struct json_writer *faults, struct error *e);
/* Are recorded facts {"findings":[…]} of the form that those two write, and `faults` the errors among them? What the findings
 * are is not looked into again: the rules of a later version may be more. */
int certificate_lint_check(const struct script_certificate *cert, const struct json *facts, const struct json *faults, struct error *e);
/* The same two for findings about anything: `kind` and `name` say about what. */
int lint_put(const char *kind, const char *name, const struct lint_findings *found, struct json_writer *facts, struct json_writer *faults,
             struct error *e);
int lint_check(const char *kind, const char *name, const struct json *facts, const struct json *faults, struct error *e);
/* Every certificate of the script, with throw-away keys, before anything exists: the facts object and faults array. */
int certificates_dry_run(const struct script *script, int64_t now, bool rehearsal, struct json_writer *facts, struct json_writer *faults,
                         struct error *e);

#endif
