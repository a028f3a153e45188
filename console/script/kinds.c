#include "script/kinds.h"

#include "script/schema.h"

#include <string.h>

static const struct kind kinds[] = {
        {"attend", false, {{"relieve", PARAM_ROLE, false, NULL}}},
        {"read", false, {{"by", PARAM_ROLE, true, NULL}, {"word", PARAM_WORD, false, "confirm"}}},
        {"observe", false,
                {{"value", PARAM_NAME, true, NULL}, {"by", PARAM_ROLE, true, NULL},
                        {"pattern", PARAM_PATTERN, true, NULL}, {"example", PARAM_TEXT, true, NULL}}},
        {"seal", false,
                {{"bag", PARAM_NAME, true, NULL}, {"by", PARAM_ROLE, true, NULL},
                        {"pattern", PARAM_PATTERN, true, NULL}, {"example", PARAM_TEXT, true, NULL}}},
        {"unseal", false,
                {{"bag", PARAM_NAME, true, NULL}, {"by", PARAM_ROLE, true, NULL},
                        {"pattern", PARAM_PATTERN, true, NULL}, {"example", PARAM_TEXT, true, NULL}}},
        {"inspect-host", false, {{0}}},
        {"check-clock", false, {{"by", PARAM_ROLE, true, NULL}, {"bound", PARAM_SECONDS, false, "60"}}},
        {"identify-hsm", false, {{"hsm", PARAM_HSM, true, NULL}, {"plate", PARAM_NAME, false, NULL}}},
        {"initialise-hsm", true,
                {{"hsm", PARAM_HSM, true, NULL}, {"label", PARAM_LABEL, true, NULL},
                        {"so-pin", PARAM_FACTORY, false, NULL}, {"erase", PARAM_LABELS, false, NULL}}},
        {"change-custodians", true,
                {{"hsm", PARAM_HSM, true, NULL}, {"secret", PARAM_SECRET, false, NULL},
                        {"from", PARAM_ROLE, false, NULL}, {"still-open", PARAM_LABELS, true, NULL}}},
        {"share-secret", true,
                {{"hsm", PARAM_HSM, true, NULL}, {"secret", PARAM_SECRET, false, NULL},
                        {"still-open", PARAM_LABELS, true, NULL}}},
        {"unlock-hsm", true, {{"hsm", PARAM_HSM, true, NULL}}},
        {"lock-hsm", false, {{"hsm", PARAM_HSM, true, NULL}}},
        {"generate-key", true, {{"key", PARAM_KEY, true, NULL}}},
        {"check-key", true, {{"key", PARAM_KEY, true, NULL}}},
        {"attest-key", false,
                {{"key", PARAM_KEY, true, NULL}, {"medium", PARAM_NAME, true, NULL}, {"files", PARAM_CHAIN, true, NULL},
                        {"root", PARAM_SHA256, true, NULL}, {"by", PARAM_ROLE, true, NULL},
                        {"extensions", PARAM_OIDS, false, NULL}, {"expired", PARAM_ACCEPTED, false, NULL}}},
        {"issue-certificate", true, {{"certificate", PARAM_CERTIFICATE, true, NULL}}},
        {"issue-crl", true, {{"crl", PARAM_CRL, true, NULL}, {"medium", PARAM_NAME, false, NULL}}},
        {"issue-ocsp", true, {{"ocsp", PARAM_OCSP, true, NULL}, {"medium", PARAM_NAME, false, NULL}}},
        {"sign-document", true,
                {{"certificate", PARAM_CERTIFICATE, true, NULL}, {"medium", PARAM_NAME, true, NULL},
                        {"file", PARAM_FILE, true, NULL}}},
        {"take-request", false,
                {{"request", PARAM_REQUEST, true, NULL}, {"medium", PARAM_NAME, true, NULL},
                        {"file", PARAM_FILE, true, NULL}, {"by", PARAM_ROLE, true, NULL}}},
        {"make-request", true, {{"request", PARAM_REQUEST, true, NULL}}},
        {"take-certificate", false,
                {{"certificate", PARAM_TAKEN, true, NULL}, {"medium", PARAM_NAME, true, NULL},
                        {"file", PARAM_FILE, true, NULL}, {"by", PARAM_ROLE, true, NULL}}},
        {"show-code", false, {{"of", PARAM_CODE, true, NULL}, {"as", PARAM_AS, false, NULL}}},
        {"carry-out", false, {{"medium", PARAM_NAME, true, NULL}, {"files", PARAM_FILES, true, NULL}}},
        {"take-in", false,
                {{"medium", PARAM_NAME, true, NULL}, {"files", PARAM_TAKEN_FILES, true, NULL},
                        {"by", PARAM_ROLE, true, NULL}, {"most-bytes", PARAM_BYTES, false, "16777216"}}},
        {"record-video", false,
                {{"camera", PARAM_NAME, true, NULL}, {"recording", PARAM_SWITCH, true, NULL},
                        {"by", PARAM_ROLE, true, NULL}, {"pattern", PARAM_PATTERN, true, NULL},
                        {"example", PARAM_TEXT, true, NULL}}},
        {"pause", false, {{0}}},
        {"close", false, {{"image", PARAM_YES, false, NULL}}},
};

static const char *const later[] = {
        "vendor-procedure", "run-evidence", "back-up-key", "restore-key", "destroy-key", NULL};

const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

bool kind_fails(const char *name)
{
	static const char *const never[] = {
	        "attend", "read", "observe", "seal", "lock-hsm", "show-code", "pause", "close", NULL};
	for (size_t i = 0; never[i]; i++)
		if (strcmp(never[i], name) == 0)
			return false;
	return true;
}

bool kind_is_later(const char *name)
{
	for (size_t i = 0; later[i]; i++)
		if (strcmp(later[i], name) == 0)
			return true;
	return false;
}

const char *kind_nearest(const char *name)
{
	return nearest_member(name, kinds, sizeof(kinds) / sizeof(kinds[0]), sizeof(kinds[0]));
}
