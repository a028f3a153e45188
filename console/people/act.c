/* The acts that need consent, and whose. */
#include "people/policy.h"

#include <string.h>

static const struct act_rule rules[] = {
        {"begin", NULL, NULL, JUDGE_ALL, false, {"script_sha256", "site_sha256", "people"}},
        {"attend", "attend", NULL, JUDGE_CONTROL, false, {"people"}},
        {"accept-exception", NULL, NULL, JUDGE_CONTROL, false, {"about"}},
        {"amend-script", NULL, NULL, JUDGE_WITNESSED, false,
                {"script_sha256", "new_script_sha256", "completed", "kept", "steps", "rest"}},
        {"resume", NULL, NULL, JUDGE_CONTROL, false, {"of"}},
        {"initialise-hsm", "initialise-hsm", NULL, JUDGE_STEP, true,
                {"hsm", "serial", "label", "login", "found", "erase"}},
        {"change-custodians", "change-custodians", NULL, JUDGE_STEP, true,
                {"hsm", "serial", "secret", "pin", "flags", "holders", "threshold", "shares", "still_open"}},
        {"share-secret", "share-secret", NULL, JUDGE_STEP, true,
                {"hsm", "serial", "secret", "pin", "flags", "holders", "threshold", "shares", "still_open"}},
        {"settle-custodians", "change-custodians", "share-secret", JUDGE_STEP, true,
                {"hsm", "serial", "secret", "pin", "flags"}},
        {"unlock-hsm", "unlock-hsm", NULL, JUDGE_STEP, true, {"hsm", "serial", "flags"}},
        {"generate-key", "generate-key", NULL, JUDGE_STEP, true,
                {"hsm", "serial", "key", "algorithm", "label", "cka_id"}},
        {"check-key", "check-key", NULL, JUDGE_STEP, true,
                {"hsm", "serial", "key", "algorithm", "label", "cka_id", "spki_sha256"}},
        {"issue-certificate", "issue-certificate", NULL, JUDGE_STEP, true,
                {"certificate", "hsm", "serial", "key", "cka_id", "spki_sha256", "subject_spki_sha256", "serial_number",
                        "not_before", "not_after", "tbs_sha256", "lint"}},
        {"issue-crl", "issue-crl", NULL, JUDGE_STEP, true,
                {"crl", "hsm", "serial", "key", "cka_id", "spki_sha256", "number", "this_update", "next_update",
                        "entries", "tbs_sha256", "lint"}},
        {"sign-document", "sign-document", NULL, JUDGE_STEP, true,
                {"document", "certificate", "hsm", "serial", "key", "cka_id", "spki_sha256", "signature",
                        "certificate_sha256", "content_sha256", "bytes", "signing_time", "attributes_sha256"}},
        {"issue-ocsp", "issue-ocsp", NULL, JUDGE_STEP, true,
                {"ocsp", "hsm", "serial", "key", "cka_id", "spki_sha256", "signature", "this_update", "next_update",
                        "count", "root", "lint"}},
        {"make-request", "make-request", NULL, JUDGE_STEP, true,
                {"request", "hsm", "serial", "key", "cka_id", "spki_sha256", "algorithm", "cri_sha256"}},
};

const struct act_rule *act_rule(const char *act)
{
	for (size_t i = 0; act && i < sizeof rules / sizeof *rules; i++)
		if (strcmp(rules[i].act, act) == 0)
			return &rules[i];
	return NULL;
}
