/* A script's certificate as a profile, built and linted: shared by the dry run and issue-certificate. */
#ifndef STEPS_CERTIFICATE_H
#define STEPS_CERTIFICATE_H

#include "pki/lint.h"
#include "pki/profile.h"
#include "script/script.h"
#include "base/json.h"
#include "steps/ceremony.h"

/* What the script does not say: keys, serial number, moment, and what the certificates and requests that it refers to
 * say. */
struct certificate_facts {
	const void *spki; /* the subject's key */
	size_t spki_len;
	const struct bytes *issuer;   /* the issuer's certificate, DER; NULL: self-issued */
	const struct bytes *existing; /* of a cross-certificate: the one there is, DER; else NULL */
	const struct bytes *subject;  /* subject: request: the request's, DER; else NULL */
	uint8_t serial[20];
	size_t serial_len;
	int64_t now; /* seconds: the moment that `from: signing` means */
	bool rehearsal;
};

/* The TBSCertificate, and its validity (may be NULL). */
int certificate_build(const struct script_certificate *cert, const struct certificate_facts *facts, struct bytes *tbs,
        int64_t *not_before, int64_t *not_after, struct error *e);
/* Lints the certificate as it will be, signed by a throw-away key of the algorithm of the one that will sign: facts
 * {"findings":[…]}, with "organisation":{ja,en} where the script names both, and the errors among the findings as
 * sentences. `now`: of the linting. */
int certificate_lint_dry(const struct script_certificate *cert, const struct certificate_facts *about,
        const char *key_algorithm, const struct bytes *tbs, int64_t now, struct json_writer *facts,
        struct json_writer *faults, struct error *e);
/* The same of a finished one. */
int certificate_lint_der(const struct script_certificate *cert, const struct certificate_facts *about,
        const struct bytes *der, int64_t now, struct json_writer *facts, struct json_writer *faults, struct error *e);
/* The same facts where the lint did not come to an end: one finding, an error. */
int certificate_lint_ended(const struct script_certificate *cert, const struct error *why, struct json_writer *facts,
        struct json_writer *faults, struct error *e);
/* Are recorded facts of the form that those write, and `faults` the errors among them? What the findings are is not
 * looked into again: the rules of a later version may be more. */
int certificate_lint_check(
        const struct script_certificate *cert, const struct json *facts, const struct json *faults, struct error *e);

/* The certificate as it will be, with a signature of a throw-away key. */
int certificate_sign_dry(const struct script_certificate *cert, const char *key_algorithm, const struct bytes *tbs,
        struct bytes *der, struct error *e);
/* What the site's own linter says of it: facts {program, sha256, held[], exit, late, more, output[]}, and a fault
 * unless it ended by itself with 0. */
int certificate_lint_external(const struct site_linter *linter, const struct script_certificate *cert,
        const struct bytes *der, struct json_writer *facts, struct json_writer *faults, struct error *e);
/* Are recorded facts of that form and of that program, and does the fault follow from them? */
int certificate_lint_external_check(const struct site_linter *linter, const struct script_certificate *cert,
        const struct json *facts, const struct json *faults, struct error *e);

/* Certificates of a script with throw-away keys, before anything exists. `known` (may be NULL) is as
 * script->certificates: those that exist already. What is not there yet (a request, a file, a previous record) has a
 * stand-in. */
struct dry_run;
struct dry_run *dry_run_new(const struct script *script, const struct certificate_state *known, int64_t now,
        bool rehearsal, struct error *e);
void dry_run_free(struct dry_run **d);
/* One of its certificates, issued here by a throw-away key or a stand-in; NULL with `e`. Owned by the dry run. */
const struct bytes *dry_run_der(struct dry_run *d, const char *name, struct error *e);
/* Builds and lints one: the facts object, and the faults added to an array that is open. */
int dry_run_certificate(
        struct dry_run *d, size_t index, struct json_writer *facts, struct json_writer *faults, struct error *e);
/* All that this ceremony issues: the facts object and faults array, appended. Certificates that are known may have come
 * from outside: done aside (steps/foreign.h), where `parser` is not NULL. */
int certificates_dry_run(const char *parser, const struct script *script, const struct certificate_state *known,
        bool rehearsal, struct bytes *facts, struct bytes *faults, struct error *e);

/* A self-signed CA certificate of a throw-away key that says that it stands for another: for what a rehearsal takes in.
 */
int certificate_stand_in(int64_t now, struct bytes *der, struct error *e);

/* In the ceremony: the key that signs, or NULL with a sentence of what is missing for this certificate (`why`, static).
 */
const struct key_state *certificate_signer(
        const struct ceremony *c, const struct script_certificate *cert, const char **why);
/* Fills keys, issuer and subject from the state, or NULL in `why` as above. The facts point into the state and into
 * `parts`, which the caller frees. -1 with `why` set: something was never made. */
int certificate_source(const struct ceremony *c, const struct script_certificate *cert, struct certificate_facts *facts,
        struct certificate_parts *parts, const char **why);

/* The profile of a certificate, for building and for comparing; what it points at lies in the script, the facts and
 * here. */
struct certificate_profile {
	struct pki_profile p;
	struct pki_attribute *subject;
	struct pki_extension *extensions, *fields;
	struct pki_section *sections;
	struct certificate_parts issuer, existing;
};
int certificate_profile_open(struct certificate_profile *b, const struct script_certificate *cert,
        const struct certificate_facts *facts, struct error *e);
void certificate_profile_close(struct certificate_profile *b);

#endif
