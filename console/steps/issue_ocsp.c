/* issue-ocsp: the list of certificates made, all responses built, linted and hashed into one root, which is approved;
 * built again, signed in batches, verified, and put into the record as one file with an index. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "steps/foreign.h"
#include "steps/findings.h"
#include "steps/ocsp_work.h"
#include "steps/medium.h"
#include "steps/step.h"

enum { TOPIC_MEDIUM = 1, TOPIC_FILE, TOPIC_LIST, TOPIC_LINT, TOPIC_CONTAINER, TOPIC_INDEX };

static const char act[] = "issue-ocsp";

static const struct script_step *step_of(const struct ceremony *c, const struct run *run)
{
	return &c->script->steps[run->index];
}

static const struct script_ocsp *ocsp_of(const struct ceremony *c, const struct run *run)
{
	return script_ocsp(c->script, step_param(step_of(c, run), "ocsp"));
}

static const struct script_key *key_of(const struct ceremony *c, const struct run *run)
{
	return script_key(c->script, script_certificate(c->script, ocsp_signer(ocsp_of(c, run)))->key);
}

/* What an attempt before left lies in the record under its name: the next has names of its own. */
static void attempt_path(const struct ceremony *c, const struct run *run, const char *suffix, char out[OCSP_PATH])
{
	char whole[80];

	if (c->attempts[run->index] > 1)
		snprintf(whole, sizeof(whole), ".%u%.60s", c->attempts[run->index], suffix);
	else
		snprintf(whole, sizeof(whole), "%.60s", suffix);
	ocsp_path(c, ocsp_of(c, run), whole, out);
}

/* The entry of the list. Its whole second is the moment of signing: thisUpdate and producedAt. */
static const struct entry *list_entry(const struct run *run)
{
	for (size_t i = 0; i < run->journal.count; i++)
		if (run->journal.kept[i].entry.event == ARTIFACT_WRITTEN)
			return &run->journal.kept[i].entry;
	return NULL;
}

static int64_t moment(const struct run *run)
{
	return list_entry(run)->time / 1000;
}

static int set_open(const struct ceremony *c, const struct run *run, struct ocsp_set *set, struct error *e)
{
	return ocsp_set_open(c, ocsp_of(c, run), json_text(list_entry(run)->data, "path"), moment(run), set, e);
}

static const struct json *done_facts(const struct run *run)
{
	return json_get(journal_find(&run->journal, ACT_DONE, act)->data, "facts");
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	const char *why = ocsp_unmet(c, ocsp_of(c, run));

	if (why)
		return why;
	if (journal_find(&run->journal, ACT_DONE, act) ||
	        c->tokens[ceremony_hsm_index(c, key_of(c, run)->hsm)].unlocked ||
	        ceremony_redo(c) < c->script->step_count)
		return NULL;
	return N_("the HSM is not unlocked: its step was ended by exception");
}

static int propose(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct script_ocsp *o = ocsp_of(c, run);
	const struct script_key *k = key_of(c, run);
	const struct key_state *key = &c->keys[ceremony_key_index(c, k->name)];
	struct ocsp_set set = {0};
	struct bytes order = {0};
	struct json_writer j = {&order, false};
	char text[TIME_TEXT];
	uint8_t root[32];
	int rc = -1;

	if (set_open(c, run, &set, e) < 0 || ocsp_set_root(&set, root, NULL, e) < 0)
		goto out;
	json_begin_object(&j);
	json_member_text(&j, "ocsp", o->name);
	json_member_text(&j, "hsm", k->hsm);
	json_member_text(&j, "serial", c->tokens[ceremony_hsm_index(c, k->hsm)].serial);
	json_member_text(&j, "key", k->name);
	json_member_text(&j, "cka_id", key->cka_id);
	json_member_hex(&j, "spki_sha256", key->spki_sha256, 32);
	json_member_text(&j, "signature", o->signature);
	time_format_seconds(moment(run), text);
	json_member_text(&j, "this_update", text);
	time_format_seconds(moment(run) + o->seconds, text);
	json_member_text(&j, "next_update", text);
	json_member_int(&j, "count", (int64_t)set.list.count);
	json_member_base64(&j, "root", root, sizeof(root));
	json_key(&j, "lint");
	findings_warnings(journal_find(&run->journal, FACTS_READ, "lint"), &j);
	json_end_object(&j);
	if (bytes_end(&order, e) == 0)
		rc = want_propose(c, w, &issue_ocsp_step, step_of(c, run)->id, act, bytes_string(&order), e);
out:
	ocsp_set_free(&set);
	bytes_free(&order);
	return rc;
}

/* The entry of one of the two files, all of which follows from the facts of the act. */
static int want_file(const struct ceremony *c, const struct run *run, struct want *w, bool index, struct error *e)
{
	const struct json *facts = done_facts(run);
	struct json_writer j = {&w->data, false};

	want_set(w, WANT_LOOK, &issue_ocsp_step, index ? TOPIC_INDEX : TOPIC_CONTAINER, step_of(c, run)->id,
	        ARTIFACT_WRITTEN, NULL);
	ocsp_path(c, ocsp_of(c, run), index ? ".ocsp.index" : ".ocsp", w->path);
	json_begin_object(&j);
	json_member_text(&j, "path", w->path);
	json_member_int(&j, "bytes", json_number(facts, index ? "index_bytes" : "responses_bytes", 0));
	json_member_text(&j, "sha256", json_text(facts, index ? "index_sha256" : "responses_sha256"));
	json_member_text(&j, "type", index ? "ocsp-index" : "ocsp-responses");
	json_end_object(&j);
	return bytes_end(&w->data, e);
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = step_of(c, run)->id;
	unsigned written = journal_count(&run->journal, ARTIFACT_WRITTEN, NULL);
	bool file = ocsp_of(c, run)->from_file;

	if (file && !journal_find(&run->journal, TEXT_ACKNOWLEDGED, NULL)) {
		want_set(w, WANT_ASK, &issue_ocsp_step, TOPIC_MEDIUM, step, TEXT_ACKNOWLEDGED, NULL);
	} else if (file && !journal_count(&run->journal, ARTIFACT_TAKEN, NULL)) {
		want_set(w, WANT_LOOK, &issue_ocsp_step, TOPIC_FILE, step, ARTIFACT_TAKEN, NULL);
		w->other = FACTS_READ;
	} else if (!written) {
		want_set(w, WANT_LOOK, &issue_ocsp_step, TOPIC_LIST, step, ARTIFACT_WRITTEN, NULL);
		w->other = FACTS_READ;
	} else if (!journal_find(&run->journal, FACTS_READ, "lint")) {
		want_set(w, WANT_LOOK, &issue_ocsp_step, TOPIC_LINT, step, FACTS_READ, "lint");
	} else if (!journal_find(&run->journal, ACT_DONE, act)) {
		return propose(c, run, w, e);
	} else if (written < 3) {
		return want_file(c, run, w, written == 2, e);
	}
	return 0;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	(void)w;
	(void)room;
	p->kind = PROMPT_ACKNOWLEDGE;
	message_set(&p->title, N_("The medium %s"), step_param(ceremony_step(c), "medium"));
	const struct mount_place place = medium_place(step_medium(c), ceremony_rehearsal(c));
	if (prompt_message(p, LINE_PLAIN, N_("It must be at %s. The list of certificates is taken from it:"),
	            step_medium(c)->directory) < 0 ||
	        prompt_line(p, LINE_FIXED, ocsp_of(c, ceremony_run(c))->from_file) < 0 || medium_lines(&place, p) < 0)
		return error_memory(e);
	return ask_acknowledgement(c, p, NULL, N_("Who put it in"), "ready", e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	(void)room;
	return put_ready(c, w, "ocsp", a, out, e);
}

static void file_path(const struct ceremony *c, const struct run *run, char out[OCSP_PATH])
{
	char suffix[64];

	snprintf(suffix, sizeof(suffix), ".%.50s", ocsp_of(c, run)->from_file);
	attempt_path(c, run, suffix, out);
}

static int look_file(
        const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct bytes content = {0};
	struct error why = {0};
	const struct script_ocsp *o = ocsp_of(c, run);
	const struct file_fault f = {"medium", "ocsp", o->name, o->from_file, true};
	char path[OCSP_PATH];
	int rc;

	file_path(c, run, path);
	if (medium_read(step_medium(c), ceremony_rehearsal(c), o->from_file, OCSP_FILE_MAX, &content, &why) < 0 ||
	        foreign_try(room->parser, foreign_ocsp_entries, &content, &why) < 0 ||
	        ocsp_file_check(c, o, &content, &why) < 0)
		rc = put_file_fault(out, w, &f, &why, e);
	else
		rc = put_artifact(out, w, ARTIFACT_TAKEN, room, path, "ocsp-input", &content, e);
	bytes_free(&content);
	return rc;
}

/* The list, as it follows from the script and what was taken in. */
static int list_build(const struct ceremony *c, const struct run *run, struct bytes *text, struct error *e)
{
	char path[OCSP_PATH];

	file_path(c, run, path);
	return ocsp_list_build(c, ocsp_of(c, run), ocsp_of(c, run)->from_file ? path : NULL, text, e);
}

static int look_list(
        const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	const struct script_ocsp *o = ocsp_of(c, run);
	struct bytes text = {0};
	struct error why = {0};
	const struct file_fault f = {"list", "ocsp", o->name, o->from_file, false};
	char path[OCSP_PATH];
	int rc;

	attempt_path(c, run, ".ocsp.list", path);
	/* with a file, that was asked of it already */
	if ((!o->from_file && ocsp_file_check(c, o, NULL, &why) < 0) || list_build(c, run, &text, &why) < 0)
		rc = put_file_fault(out, w, &f, &why, e);
	else
		rc = put_artifact(out, w, ARTIFACT_WRITTEN, room, path, "ocsp-list", &text, e);
	bytes_free(&text);
	return rc;
}

static int look_lint(const struct ceremony *c, const struct want *w, struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct ocsp_set set = {0};
	struct bytes facts = {0}, faults = {0};
	struct json_writer f = {&facts, false}, g = {&faults, false};
	int rc = -1;

	json_begin_array(&g);
	if (set_open(c, run, &set, e) == 0)
		rc = ocsp_lint_dry(ocsp_of(c, run), key_of(c, run)->algorithm, &set, time_now_ms() / 1000,
		        ceremony_rehearsal(c), &f, &g, e);
	json_end_array(&g);
	if (rc == 0)
		rc = put_facts(out, w, &facts, &faults, e);
	ocsp_set_free(&set);
	bytes_free(&facts);
	bytes_free(&faults);
	return rc;
}

/* What the act wrote under a temporary name gets its own; the run before may have come so far. */
static int look_written(
        const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	int dir = record_dir(room->record);
	char temporary[OCSP_PATH];

	ocsp_temporary(ocsp_of(c, ceremony_run(c)), w->topic == TOPIC_INDEX ? ".ocsp.index" : ".ocsp", temporary);
	if (renameat(dir, temporary, dir, w->path) < 0 &&
	        (errno != ENOENT || faccessat(dir, w->path, R_OK, AT_SYMLINK_NOFOLLOW) < 0))
		return error_errno(e, "%s, which the act has written, is not there: %s", temporary);
	int folder = openat(dir, "artifacts", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0 || (fsync(folder) < 0 && errno != EINVAL)) {
		error_errno(e, "%s cannot be synced: %s", "artifacts");
		if (folder >= 0)
			close(folder);
		return -1;
	}
	close(folder);
	struct bytes *data = outcome_add(out, ARTIFACT_WRITTEN, w->step);
	if (!data)
		return error_memory(e);
	bytes_add(data, w->data.data, w->data.len);
	return bytes_end(data, e);
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	switch (w->topic) {
	case TOPIC_FILE:
		return look_file(c, w, room, out, e);
	case TOPIC_LIST:
		return look_list(c, w, room, out, e);
	case TOPIC_LINT:
		return look_lint(c, w, out, e);
	default:
		return look_written(c, w, room, out, e);
	}
}

static int put_done(const struct ceremony *c, const struct ocsp_sums *sums, struct bytes *facts, struct error *e)
{
	const struct proposal *open = consent_open_act(c->consent, NULL);
	struct json_doc *doc = json_doc_new();
	const struct json *order = doc && open ? json_parse(doc, bytes_string(&open->order), open->order.len, e) : NULL;
	struct json_writer j = {facts, false};

	if (!order) {
		json_doc_free(&doc);
		return doc ? -1 : error_memory(e);
	}
	json_begin_object(&j);
	json_member_int(&j, "count", json_number(order, "count", 0));
	json_member_text(&j, "root", json_text(order, "root"));
	json_member_int(&j, "responses_bytes", (int64_t)sums->bytes);
	json_member_hex(&j, "responses_sha256", sums->sha256, 32);
	json_member_int(&j, "index_bytes", (int64_t)sums->index_bytes);
	json_member_hex(&j, "index_sha256", sums->index_sha256, 32);
	json_end_object(&j);
	json_doc_free(&doc);
	return bytes_end(facts, e);
}

static int read_sums(const struct json *facts, struct ocsp_sums *sums)
{
	const char *responses = json_text(facts, "responses_sha256"), *index = json_text(facts, "index_sha256");

	sums->bytes = (uint64_t)json_number(facts, "responses_bytes", 0);
	sums->index_bytes = (uint64_t)json_number(facts, "index_bytes", 0);
	return !responses || !index || hex_decode(responses, strlen(responses), sums->sha256, 32) < 0 ||
	                       hex_decode(index, strlen(index), sums->index_sha256, 32) < 0
	               ? -1
	               : 0;
}

/* Number and root are those of the order; the hashes are proved by the files, whose entries come next. */
static int check_done(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts");
	struct ocsp_sums sums;
	struct bytes expected = {0}, is = {0};
	struct json_writer j = {&is, false};
	int rc = -1;

	json_put(&j, facts);
	if (read_sums(facts, &sums) < 0)
		error_set(e, ERROR_FAULT, "act.done does not say which hashes the OCSP responses and their index have");
	else if (put_done(c, &sums, &expected, e) == 0)
		rc = expected.data && is.len == expected.len && !memcmp(is.data, expected.data, is.len)
		             ? 0
		             : error_set(e, ERROR_FAULT,
		                       "act.done does not say what follows from the order and its own hashes: %s",
		                       bytes_string(&expected));
	bytes_free(&expected);
	bytes_free(&is);
	return rc;
}

static int check_list(const struct ceremony *c, const struct run *run, const struct entry *entry, struct error *e)
{
	struct bytes text = {0};
	const char *hex = json_text(entry->data, "sha256");
	uint8_t sum[32], is[32];
	char path[OCSP_PATH];
	int rc = list_build(c, run, &text, e);

	attempt_path(c, run, ".ocsp.list", path);
	if (rc == 0 && (sha256(text.data, text.len, sum) < 0 || hex_decode(hex, strlen(hex), is, 32) < 0 ||
	                       memcmp(sum, is, 32) || json_number(entry->data, "bytes", -1) != (int64_t)text.len ||
	                       strcmp(json_text(entry->data, "path"), path) ||
	                       strcmp(json_text(entry->data, "type"), "ocsp-list")))
		rc = error_set(e, ERROR_FAULT,
		        "the list of the certificates that the OCSP responses are about is not the one that follows "
		        "from script and record");
	bytes_free(&text);
	return rc;
}

/* Each response is built again and compared, and its signature verified; the index is made again too. */
static int check_container(const struct ceremony *c, const struct run *run, const char *path, struct error *e)
{
	struct ocsp_set set = {0};
	struct ocsp_sums is, said;
	int rc = -1;

	if (read_sums(done_facts(run), &said) == 0 && set_open(c, run, &set, e) == 0 &&
	        ocsp_container_check(c->directory, path, &set, &is, e) == 0)
		rc = is.bytes == said.bytes && is.index_bytes == said.index_bytes &&
		                     !memcmp(is.sha256, said.sha256, 32) &&
		                     !memcmp(is.index_sha256, said.index_sha256, 32)
		             ? 0
		             : error_set(e, ERROR_FAULT,
		                       "%s is not the file of responses that act.done speaks of, or its index is "
		                       "another",
		                       path);
	ocsp_set_free(&set);
	return rc;
}

static int check_index(const struct ceremony *c, const struct run *run, const char *path, struct error *e)
{
	struct ocsp_sums said;
	uint8_t sum[32];
	uint64_t bytes;

	if (read_sums(done_facts(run), &said) < 0 || file_sha256_at(c->directory, path, sum, &bytes, e) < 0)
		return -1;
	return bytes == said.index_bytes && !memcmp(sum, said.index_sha256, 32)
	               ? 0
	               : error_set(e, ERROR_FAULT, "%s is not the index that act.done speaks of", path);
}

static int check_written(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct run *run = ceremony_run(c);
	const char *path = json_text(entry->data, "path");

	if (w->topic == TOPIC_LIST)
		return check_list(c, run, entry, e);
	return w->topic == TOPIC_INDEX ? check_index(c, run, path, e) : check_container(c, run, path, e);
}

static int check_facts(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct script_ocsp *o = ocsp_of(c, ceremony_run(c));
	const struct json *facts = json_get(entry->data, "facts"), *faults = json_get(entry->data, "faults");
	const char *name = json_text(facts, "ocsp"), *file = json_text(facts, "file");

	if (w->topic == TOPIC_LINT)
		return lint_check("OCSP responses", o->name, facts, faults, e);
	if (strcmp(json_text(entry->data, "what"), w->topic == TOPIC_FILE ? "medium" : "list") || !name ||
	        strcmp(name, o->name) || !file != !o->from_file || (file && strcmp(file, o->from_file)) || !faults ||
	        !faults->count)
		return error_set(e, ERROR_FAULT, "the facts do not say why there is no list of certificates");
	return 0;
}

static int check_taken(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	char path[OCSP_PATH];

	file_path(c, ceremony_run(c), path);
	if (strcmp(json_text(entry->data, "path"), path) || strcmp(json_text(entry->data, "type"), "ocsp-input"))
		return error_set(
		        e, ERROR_FAULT, "what was taken in is not the file %s", ocsp_of(c, ceremony_run(c))->from_file);
	return 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{

	switch (entry->event) {
	case ACT_DONE:
		return check_done(c, entry, e);
	case FACTS_READ:
		return check_facts(c, w, entry, e);
	case ARTIFACT_TAKEN:
		return check_taken(c, entry, e);
	case ARTIFACT_WRITTEN:
		return check_written(c, w, entry, e);
	case TEXT_ACKNOWLEDGED:
		return check_ready(c, "ocsp", entry, e);
	default:
		return 0;
	}
}

static int propose_lines(const struct ceremony *c, const struct room *room, struct prompt *p, struct error *e)
{
	struct ocsp_set set = {0};
	int rc = -1;

	(void)room;
	if (set_open(c, ceremony_run(c), &set, e) == 0)
		rc = ocsp_prompt(&set, json_text(list_entry(ceremony_run(c))->data, "path"), p, e);
	ocsp_set_free(&set);
	return rc;
}

static int request(
        const struct ceremony *c, struct room *room, struct hsm_request *r, struct bytes *data, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct ocsp_set set = {0};

	if (!room->work) {
		if (set_open(c, run, &set, e) < 0) {
			ocsp_set_free(&set);
			return -1;
		}
		room->work = ocsp_work_new(ocsp_of(c, run), &set, time_now_ms() / 1000, ceremony_rehearsal(c),
		        record_dir(room->record), e);
		room->work_free = ocsp_work_free;
		if (!room->work)
			return -1;
		room->total = ocsp_work_count(room->work);
	}
	r->hsm = key_of(c, run)->hsm;
	return ocsp_work_request(room->work, r, data, e);
}

static int result(
        const struct ceremony *c, struct room *room, const struct json *answered, struct bytes *facts, struct error *e)
{
	struct ocsp_sums sums = {0};
	int more = room->work ? ocsp_work_answer(room->work, answered, &sums, e)
	                      : error_set(e, ERROR_INTERNAL, "no OCSP responses are in hand");

	if (more < 0)
		return -1;
	room->done = ocsp_work_signed(room->work);
	if (more && room->stop)
		return error_set(e, ERROR_PAUSED,
		        "people ended it when %llu of %llu responses were signed; those are not kept, and all are "
		        "signed anew when the step is done again",
		        (unsigned long long)room->done, (unsigned long long)room->total);
	return more ? 1 : put_done(c, &sums, facts, e);
}

static void meanwhile(const struct ceremony *c, struct room *room)
{
	(void)c;
	if (room->work)
		ocsp_work_catch_up(room->work);
}

static const char *const help[] = {N_("One response is signed for each certificate of the list, so that they can be "
                                      "served without the key. Compare the number, the dates and how many "
                                      "are revoked with the paper; a short list is shown whole."),
        N_("What is approved is the number and the root of a tree over exactly the bytes of all responses; the HSM's "
           "process signs nothing that is no leaf "
           "of it, and each once."),
        N_("Every signature is verified in software. F10 ends the act after the batch in hand: what was signed is not "
           "kept then, and the step can be done again."),
        NULL};

const struct step_kind issue_ocsp_step = {
        .name = "issue-ocsp",
        .unmet = unmet,
        .next = next,
        .check = check,
        .ask = ask,
        .answer = answer,
        .look = look,
        .propose = propose_lines,
        .request = request,
        .result = result,
        .meanwhile = meanwhile,
        .help = help,
};
