/* A script's OCSP responses: which certificates they are about, the bytes of each rebuilt from script and record,
 * linted, and put side by side into one file with an index. */
#ifndef STEPS_OCSP_H
#define STEPS_OCSP_H

#include "base/json.h"
#include "pki/crl_list.h"
#include "pki/ocsp.h"
#include "steps/ceremony.h"

enum { OCSP_FILE_MAX = 256 << 20, OCSP_RESPONSES_MAX = 1 << 24, OCSP_INDEX_LINE_MAX = 256 };

struct prompt;

/* Everything that the responses are made from: 40 bytes for each of them. All zero is empty. */
struct ocsp_set {
	struct ocsp_batch *batch;
	struct crl_list list; /* sorted; time -1: not revoked */
};
void ocsp_set_free(struct ocsp_set *set);

/* Which certificate, CRL or key was never made, or is another, an English sentence (static); NULL: none. */
const char *ocsp_unmet(const struct ceremony *c, const struct script_ocsp *o);

/* The list of the certificates and their status as text, a line each, as crl_list_text() reads it with `bare`: from the
 * script, the file that was taken in (`file`: an artifact; NULL: none) and the script's CRL. */
int ocsp_list_build(
        const struct ceremony *c, const struct script_ocsp *o, const char *file, struct bytes *text, struct error *e);
/* The same with what a file holds that is not taken in yet, and every response built once: is the file fit to be taken
 * in? */
int ocsp_file_check(
        const struct ceremony *c, const struct script_ocsp *o, const struct bytes *content, struct error *e);
/* From that list (`list`: an artifact) and the moment of signing in seconds. */
int ocsp_set_open(const struct ceremony *c, const struct script_ocsp *o, const char *list, int64_t now,
        struct ocsp_set *set, struct error *e);

/* The first pass: the RFC 6962 root over all to-be-signed bytes, and their leaves, 32 bytes each (NULL: not kept). */
int ocsp_set_root(const struct ocsp_set *set, uint8_t root[32], struct bytes *leaves, struct error *e);

/* Adds to the approval's lines what is to be signed. `list`: the artifact that holds the whole list. */
int ocsp_prompt(const struct ocsp_set *set, const char *list, struct prompt *p, struct error *e);

/* Lints every response as it will be, around one signature of a throw-away key: facts {"findings":[…]}, of each rule
 * the first that it found, and the errors among them as sentences. */
int ocsp_lint_dry(const struct script_ocsp *o, const char *key_algorithm, const struct ocsp_set *set, int64_t now,
        bool rehearsal, struct json_writer *facts, struct json_writer *faults, struct error *e);
/* A finished one: -1 with the first error that lint finds in it. */
int ocsp_lint_der(const struct script_ocsp *o, const struct bytes *der, int64_t now, bool rehearsal, struct error *e);

/* The line of a response in the index: "SERIAL,OFFSET,LENGTH,SHA256,good" or "…,revoked,TIME,REASON", ended by LF. */
int ocsp_index_line(const struct crl_entry *entry, uint64_t offset, const void *der, size_t len, struct bytes *out,
        struct error *e);
/* Reads such a line (without LF). 0 or -1. */
struct ocsp_index_entry {
	char serial[2 * SERIAL_MAX + 1];
	uint64_t offset;
	size_t length;
	uint8_t sha256[32];
};
int ocsp_index_read(const char *line, size_t len, struct ocsp_index_entry *out);

/* Is the file the concatenation of exactly the responses of the set, each verified; and which hashes do it and its
 * index have? */
struct ocsp_sums {
	uint64_t bytes, index_bytes;
	uint8_t sha256[32], index_sha256[32];
};
int ocsp_container_check(
        int dir, const char *path, const struct ocsp_set *set, struct ocsp_sums *sums, struct error *e);

/* Every one of the script before anything exists: issuer, responder and (where the script names none) serial number
 * stand-ins. Adds a member to the facts object and texts to the faults array. */
int ocsps_dry_run(const struct script *script, int64_t now, bool rehearsal, struct json_writer *facts,
        struct json_writer *faults, struct error *e);

/* Artifacts of a script's OCSP responses: ".ocsp", ".ocsp.index", ".ocsp.list". The list is that of an attempt. */
enum { OCSP_PATH = 128 };
void ocsp_path(const struct ceremony *c, const struct script_ocsp *o, const char *suffix, char out[OCSP_PATH]);
/* Under which name the act writes one of the first two before its entry is there: no part of the record yet. */
void ocsp_temporary(const struct script_ocsp *o, const char *suffix, char out[OCSP_PATH]);
/* Does the step in hand wait to put this file of artifacts/ (its own name or a temporary one) into the record: its act
 * is done, its entry not there? */
bool ocsp_awaited(const struct ceremony *c, const char *file);

#endif
