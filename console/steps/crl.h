/* A script's CRL: built from script, record and the files taken in, and linted. */
#ifndef STEPS_CRL_H
#define STEPS_CRL_H

#include "base/json.h"
#include "pki/crl.h"
#include "steps/ceremony.h"

enum { CRL_FILE_MAX = 256 << 20 };

/* What the script does not say. */
struct crl_inputs {
	uint64_t number;
	int64_t now;                     /* seconds: this update */
	const char *path[CRL_FILES_MAX]; /* the artifacts of the files, in the order of script_crl_files() */
	size_t paths;
};

/* The number that "number" of the script means: above the last one that the record knows of the issuer. -1 when it is
 * not. */
int crl_number_next(const struct ceremony *c, const struct script_crl *crl, uint64_t *number);
/* What the file is said to be, for foreign_try(). `index` as in script_crl_files(). */
const char *crl_file_kind(const struct script_crl *crl, size_t index);
/* Is what a file holds what it is to be: a certificate of the issuer's, lines of entries, a CRL of the issuer's?
 * `index` as in script_crl_files(). `number` and `now`: of the list to be, for a CRL that is carried forward. */
int crl_file_check(const struct ceremony *c, const struct script_crl *crl, size_t index, const struct bytes *content,
        struct error *e);
/* The TBSCertList. `totals` may be NULL. */
int crl_build(const struct ceremony *c, const struct script_crl *crl, const struct crl_inputs *facts, struct bytes *tbs,
        struct crl_totals *totals, struct error *e);
/* The whole CRL of a signature, verified under the issuer's key. */
int crl_finish(const struct ceremony *c, const struct script_crl *crl, const struct bytes *tbs,
        const struct bytes *signature, struct bytes *der, struct error *e);
/* Lints it: facts {"findings":[…]}, and the errors among them as sentences. */
int crl_lint_der(const struct script_crl *crl, const struct bytes *der, int64_t now, bool rehearsal,
        struct json_writer *facts, struct json_writer *faults, struct error *e);
/* The same of the list as it will be, signed by a throw-away key of that algorithm. */
int crl_lint_dry(const struct script_crl *crl, const char *key_algorithm, const struct bytes *tbs, int64_t now,
        bool rehearsal, struct json_writer *facts, struct json_writer *faults, struct error *e);

/* Every CRL of the script before anything exists: a throw-away key, the entries that the script writes out, and the
 * issuer's name, of its certificate where `known` (as script->certificates; may be NULL) has it. Adds a member to the
 * facts object and texts to the faults array. */
int crls_dry_run(const struct script *script, const struct certificate_state *known, int64_t now, bool rehearsal,
        struct json_writer *facts, struct json_writer *faults, struct error *e);

#endif
