#include "engine/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/load.h"
#include "engine/verify_files.h"
#include "record/record.h"
#include "steps/previous.h"

struct judge {
	struct verification *v;
	struct consent *consent;
	struct ceremony *c; /* NULL when script or site cannot be read */
	struct files *files;
	const char *directory; /* not owned, nor is dir */
	int dir;
	struct anchor {
		bool given, reached;
		uint64_t size;
		uint8_t root[32];
		struct bytes origin;
	} anchor;
	uint64_t lines;
	int64_t time; /* of the newest entry, ms */
	/* The keys as the entries name them: the log is judged even where consent has fallen. */
	struct vkey console, *key;
	bool console_known;
	size_t keys;
};

static void fault(struct verification *v, enum verdict_kind kind, const struct error *why, uint64_t line)
{
	struct verdict *d = &v->verdict[kind];
	if (!d->holds)
		return;
	d->holds = false;
	d->error = *why;
	if (line)
		d->error.line = (unsigned)line;
}

static void fault_set(struct verification *v, enum verdict_kind kind, uint64_t line, const char *id, const char *arg)
{
	struct error e;
	error_set(&e, ERROR_FAULT, id, arg);
	fault(v, kind, &e, line);
}

static void key_note(struct judge *r, const struct entry *entry)
{
	bool joined = entry->event == PERSON_JOINED;
	const char *text = json_text(entry->data, joined ? "vkey" : "console");
	const char *name = joined ? json_text(entry->data, "person") : bytes_string(&r->v->origin);
	struct vkey key, *list;
	struct error why = {0};

	if (vkey_parse(&key, text, strlen(text), &why) < 0) {
		fault(r->v, VERDICT_LOG, &why, entry->seq + 1);
		return;
	}
	if (strcmp(key.name, name) || key.type != (joined ? NOTE_COSIGNATURE : NOTE_ED25519)) {
		fault_set(r->v, VERDICT_LOG, entry->seq + 1, "the key of %s bears another name or is of another type",
		        name);
		return;
	}
	if (!joined) {
		r->console = key;
		r->console_known = true;
		return;
	}
	for (size_t i = 0; i < r->keys; i++)
		if (!strcmp(r->key[i].name, key.name))
			return;
	list = realloc(r->key, (r->keys + 1) * sizeof(*list));
	if (!list) {
		error_memory(&why);
		fault(r->v, VERDICT_LOG, &why, 0);
		return;
	}
	r->key = list;
	list[r->keys++] = key;
}

int judge_entry(struct judge *r, const struct entry *entry, const struct tree *after, struct error *e)
{
	struct verification *v = r->v;
	struct error why = {0};
	uint64_t line = entry->seq + 1;

	if ((entry->event == CEREMONY_OPENED) != (entry->seq == 0))
		return error_set(e, ERROR_FAULT, "ceremony.opened is the first entry and no other, and this is %s",
		        event_name(entry->event));
	r->lines = line;
	r->time = entry->time;
	if (v->verdict[VERDICT_CONSENT].holds && consent_apply(r->consent, entry, after, &why) < 0)
		fault(v, VERDICT_CONSENT, &why, line);
	if (v->verdict[VERDICT_ARTIFACTS].holds && files_note(r->files, entry, &why) < 0)
		fault(v, VERDICT_ARTIFACTS, &why, line);
	if (r->c && v->verdict[VERDICT_CONDUCT].holds &&
	        (ceremony_check(r->c, entry, &why) < 0 || ceremony_apply(r->c, entry, after, &why) < 0))
		fault(v, VERDICT_CONDUCT, &why, line);
	if (r->anchor.given && after->size == r->anchor.size) {
		uint8_t root[32];
		r->anchor.reached = tree_root(after, root) == 0 && !memcmp(root, r->anchor.root, 32);
	}
	if (entry->event == CEREMONY_OPENED) {
		bytes_clear(&v->origin);
		bytes_text(&v->origin, json_text(entry->data, "origin"));
		if (bytes_end(&v->origin, e) < 0)
			return -1;
		v->rehearsal = json_true(entry->data, "rehearsal");
		const struct json *hsms = json_get(entry->data, "hsm");
		for (const struct json *h = hsms ? hsms->child : NULL; h; h = h->next)
			v->software = v->software || (!v->rehearsal && json_true(h, "software"));
	}
	if (entry->event == CEREMONY_OPENED || entry->event == CEREMONY_RESUMED || entry->event == PERSON_JOINED)
		key_note(r, entry);
	if (entry->event == EXCEPTION_NOTED)
		v->exceptions++;
	v->closed = entry->event == CEREMONY_CLOSED;
	v->ended = entry->time;
	return 0;
}

/* `text` is the three lines at the head of a signed note or a bare checkpoint. */
static int anchor_read(struct judge *r, const char *path, struct error *e)
{
	struct bytes raw = {0};
	int rc = -1;
	if (file_read(path, 1 << 20, &raw, e) < 0)
		return -1;
	const char *text = bytes_string(&raw), *blank = strstr(text, "\n\n");
	size_t len = blank ? (size_t)(blank - text) + 1 : raw.len;
	if (checkpoint_parse(text, len, &r->anchor.origin, &r->anchor.size, r->anchor.root, e) == 0) {
		r->anchor.given = true;
		rc = 0;
	}
	bytes_free(&raw);
	return rc;
}

static int cosigner_line(const struct judge *r, const char *name, const char *line, size_t len, const char *text,
        size_t text_len, struct error *e)
{
	int64_t seconds = 0;
	for (size_t i = 0; i < r->keys; i++)
		if (!strcmp(r->key[i].name, name)) {
			if (note_verify(&r->key[i], line, len, text, text_len, &seconds, e) < 0)
				return -1;
			return seconds >= r->time / 1000
			               ? 0
			               : error_set(e, ERROR_FAULT, "%s cosigned the end before it was written", name);
		}
	return error_set(e, ERROR_FAULT, "%s, who is to have cosigned the end, is not in the record", name);
}

/* The file `checkpoint`: the console's line and those of the people of ceremony.closed, in that order, and no other. */
static int checkpoint_verify(const struct judge *r, const struct tree *tree, const struct bytes *file,
        const char *const *cosigners, struct error *e)
{
	const char *text = bytes_string(file), *blank = strstr(text, "\n\n");
	struct bytes expected = {0};
	uint8_t root[32];
	int rc = -1;

	if (!r->console_known || !blank) {
		error_set(e, ERROR_FAULT, "the file checkpoint is no signed note");
		return -1;
	}
	size_t text_len = (size_t)(blank - text) + 1;
	if (tree_root(tree, root) < 0) {
		error_memory(e);
		goto out;
	}
	checkpoint_text(&expected, bytes_string(&r->v->origin), tree->size, root);
	if (bytes_end(&expected, e) < 0)
		goto out;
	if (expected.len != text_len || memcmp(expected.data, text, text_len)) {
		error_set(e, ERROR_FAULT,
		        "the file checkpoint is not of this transcript: its origin, size or root differs");
		goto out;
	}
	const char *line = blank + 2, *end = text + file->len;
	for (size_t i = 0;; i++) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));
		if (i && !cosigners[i - 1]) {
			rc = line == end ? 0
			                 : error_set(e, ERROR_FAULT,
			                           "the file checkpoint bears a line more than ceremony.closed names "
			                           "cosigners");
			break;
		}
		if (!lf) {
			error_set(e, ERROR_FAULT, "the file checkpoint lacks the signature of %s",
			        i ? cosigners[i - 1] : "the console");
			break;
		}
		if ((i ? cosigner_line(r, cosigners[i - 1], line, (size_t)(lf - line), text, text_len, e)
		       : note_verify(&r->console, line, (size_t)(lf - line), text, text_len, NULL, e)) < 0)
			break;
		line = lf + 1;
	}
out:
	bytes_free(&expected);
	return rc;
}

static void log_verdict(struct judge *r, int dir, const struct tree *tree)
{
	struct verification *v = r->v;
	struct bytes file = {0};
	struct error why = {0};

	if (!v->verdict[VERDICT_FORM].holds)
		fault_set(
		        v, VERDICT_LOG, 0, "the transcript cannot be read to its end, so its root is not known%s", "");
	else if (!v->closed)
		fault_set(v, VERDICT_LOG, r->lines,
		        "the ceremony is not closed: the last entry is not ceremony.closed%s", "");
	else if (file_read_at(dir, "checkpoint", 1 << 20, &file, &why) < 0 ||
	         checkpoint_verify(r, tree, &file, files_cosigners(r->files), &why) < 0)
		fault(v, VERDICT_LOG, &why, 0);
	bytes_free(&file);
	if (r->anchor.given) {
		v->anchored = r->anchor.reached && !strcmp(bytes_string(&r->anchor.origin), bytes_string(&v->origin));
		if (!v->anchored)
			fault_set(v, VERDICT_LOG, 0,
			        "the record is not the one of the anchor, and does not extend it: %s",
			        bytes_string(&r->anchor.origin));
	}
}

/* Does the register hold every key that sat down, under its name? */
static int register_holds(const struct consent *consent, const char *path, struct error *e)
{
	struct bytes raw = {0};
	int rc = -1;
	if (file_read(path, 1 << 20, &raw, e) < 0)
		return -1;
	for (size_t i = 0; i < consent_people(consent); i++) {
		const struct person *p = consent_person(consent, i);
		struct bytes line = {0};
		bool found = false;
		vkey_text(&p->key, &line);
		for (const char *at = bytes_string(&raw), *end; *at && !found; at = *end ? end + 1 : end) {
			end = at + strcspn(at, "\n");
			found = (size_t)(end - at) == line.len && !memcmp(at, line.data, line.len);
		}
		bytes_free(&line);
		if (!found) {
			error_set(e, ERROR_FAULT, "%s is not in the register %s with the key that signed here", p->name,
			        path);
			goto out;
		}
	}
	rc = 0;
out:
	bytes_free(&raw);
	return rc;
}

static void vouch(struct judge *r, const struct verify_options *o)
{
	struct verification *v = r->v;
	const struct policy *p = consent_policy(r->consent);
	struct bytes hex = {0};

	v->vouching = VOUCHED_NOT;
	if (!p)
		return;
	bytes_hex(&hex, p->script_sha256, 32);
	if (o->script_hash && strcmp(o->script_hash, bytes_string(&hex)))
		error_set(&v->vouch_error, ERROR_FAULT, "the script of this record has another hash: %s",
		        bytes_string(&hex));
	else if (o->people && register_holds(r->consent, o->people, &v->vouch_error) == 0)
		v->vouching = VOUCHED_PEOPLE;
	else if (!o->people && o->script_hash && p->person_count && !p->rehearsal)
		v->vouching = VOUCHED_SCRIPT;
	else if (!o->people && o->script_hash && !v->vouch_error.code)
		error_set(
		        &v->vouch_error, ERROR_FAULT, "the script pins no people, so its hash vouches for none%s", "");
	if (v->vouching == VOUCHED_NOT && p->rehearsal && !v->vouch_error.code)
		v->vouching = VOUCHED_REHEARSAL;
	bytes_free(&hex);
}

static void evidence(struct verification *v, const struct judge *r)
{
	struct bytes root = {0};
	bytes_base64(&root, v->root, 32);
	message_set(&v->verdict[VERDICT_FORM].evidence, N_("%llu entries"), (unsigned long long)v->entries);
	message_set(&v->verdict[VERDICT_LOG].evidence, N_("root %s, signed by the console and %zu people"),
	        bytes_string(&root), files_cosigner_count(r->files));
	message_set(&v->verdict[VERDICT_CONSENT].evidence, N_("%zu people, %u acts"), consent_people(r->consent),
	        files_acts(r->files));
	message_set(&v->verdict[VERDICT_ARTIFACTS].evidence, N_("%zu files"), files_count(r->files));
	message_set(&v->verdict[VERDICT_CONDUCT].evidence, N_("every entry is the one that the script wanted next"));
	bytes_free(&root);
}

/* The record before: it must hold itself, be the one that is named, and have left what was taken over. */
static void previous_verdict(struct judge *r, const struct verify_options *o)
{
	struct verify_options its = {.rehearsal = o->rehearsal};
	struct verification before;
	struct previous left = {0};
	struct error why = {0};

	if (!r->c || !r->c->carried.named) {
		if (o->previous)
			fault_set(r->v, VERDICT_CONDUCT, 0, "this record names no previous one, and %s was given",
			        o->previous);
		return;
	}
	r->v->previous = PREVIOUS_NAMED;
	bytes_text(&r->v->previous_origin, bytes_string(&r->c->carried.origin));
	if (!o->previous)
		return;
	if (verify_collect(o->previous, &its, &before, &left, &why) < 0)
		fault(r->v, VERDICT_CONDUCT, &why, 0);
	else if (before.exit != 0 && before.exit != 4)
		fault_set(r->v, VERDICT_CONDUCT, 0, "the previous record %s does not hold itself: verify it by itself",
		        o->previous);
	else if (before.rehearsal != r->v->rehearsal)
		fault_set(r->v, VERDICT_CONDUCT, 0,
		        "one of this record and its previous one %s is a rehearsal and the other is not", o->previous);
	else if (previous_same(r->c, &left, &why) < 0)
		fault(r->v, VERDICT_CONDUCT, &why, 0);
	else
		r->v->previous = PREVIOUS_HELD;
	previous_free(&left);
	verification_free(&before);
}

/* Of a record that does not hold, a report made again would say so, and be another for that. */
static void paper_verdict(struct judge *r, const struct verify_options *o)
{
	const char *program = o->report;
	struct error why = {0};

	for (int i = 0; i < VERDICTS; i++)
		if (!r->v->verdict[i].holds)
			program = NULL;
	if (paper_compare(program, r->directory, r->dir, &r->v->paper, &why) < 0)
		fault(r->v, VERDICT_ARTIFACTS, &why, 0);
}

/* Beside the verdicts: time stamps, and further cosignatures of the record's and the register's people. */
static int later_verdict(struct judge *r, const struct verify_options *o, struct error *e)
{
	struct later_wanted w = {r->v->verdict[VERDICT_LOG].holds, r->key, r->keys, o->people, o->anchors};

	return later_judge(r->dir, &w, &r->v->later, e);
}

static void sum_up(struct verification *v, const struct verify_options *o)
{
	bool all = v->closed;
	for (int i = 0; i < VERDICTS; i++)
		all = all && v->verdict[i].holds;
	if (!all || (v->rehearsal && !o->rehearsal) || (v->vouch_error.code && v->vouching == VOUCHED_NOT))
		v->exit = 1;
	else
		v->exit = v->vouching == VOUCHED_NOT ? 4 : 0;
}

void judge_form(struct judge *r, const struct error *why, uint64_t line)
{
	fault(r->v, VERDICT_FORM, why, line);
}

void judge_torn(struct judge *r)
{
	fault_set(r->v, VERDICT_FORM, r->lines + 1, "the last line is torn: it has no line feed%s", "");
}

int judge_end(struct judge *r, const struct tree *tree, const struct verify_options *o, struct error *e)
{
	static const enum verdict_kind unread[] = {VERDICT_CONSENT, VERDICT_ARTIFACTS, VERDICT_CONDUCT};
	struct verification *v = r->v;
	struct error why = {0};

	if (v->verdict[VERDICT_FORM].holds && !r->lines)
		fault_set(v, VERDICT_FORM, 0, "the transcript is empty%s", "");
	v->entries = tree->size;
	tree_root(tree, v->root);
	for (size_t i = 0; !v->verdict[VERDICT_FORM].holds && i < sizeof(unread) / sizeof(unread[0]); i++)
		fault_set(v, unread[i], 0, "not judged past the fault of form%s", "");
	log_verdict(r, r->dir, tree);
	if (!v->closed)
		fault_set(v, VERDICT_CONSENT, 0, "the ceremony is not closed, so nobody signed its end%s", "");
	if (v->verdict[VERDICT_ARTIFACTS].holds && files_verify(r->files, r->dir, &why) < 0)
		fault(v, VERDICT_ARTIFACTS, &why, 0);
	if (!v->closed)
		fault_set(v, VERDICT_CONDUCT, 0, "the script was not gone through to its end%s", "");
	paper_verdict(r, o);
	vouch(r, o);
	previous_verdict(r, o);
	evidence(v, r);
	sum_up(v, o);
	return later_verdict(r, o, e);
}

int judge_left(const struct judge *r, const struct tree *tree, struct previous *left, struct error *e)
{
	for (int i = 0; i < VERDICTS; i++)
		if (!r->v->verdict[i].holds)
			return 0;
	bytes_text(&left->origin, bytes_string(&r->v->origin));
	left->size = tree->size;
	tree_root(tree, left->root);
	return bytes_end(&left->origin, e) < 0 ? -1 : previous_collect(r->c, left, e);
}

const struct ceremony *judge_ceremony(const struct judge *r)
{
	return r->c;
}

struct judge *judge_new(
        const char *directory, int dir, const struct verify_options *o, struct verification *v, struct error *e)
{
	struct judge *r = calloc(1, sizeof(*r));
	struct error why = {0};

	if (!r) {
		error_memory(e);
		return NULL;
	}
	for (int i = 0; i < VERDICTS; i++)
		v->verdict[i].holds = true;
	v->exit = 1;
	r->v = v;
	r->directory = directory;
	r->dir = dir;
	r->consent = consent_new();
	r->files = files_new();
	if (!r->consent || !r->files) {
		error_memory(e);
		goto failed;
	}
	if (o->anchor && anchor_read(r, o->anchor, e) < 0)
		goto failed;
	if (access(o->people ? o->people : "/", R_OK) < 0) {
		error_errno(e, "the register %s cannot be read: %s", o->people);
		goto failed;
	}
	r->c = ceremony_load(directory, &why);
	if (r->c)
		r->c->directory = dir;
	else
		fault(v, VERDICT_CONDUCT, &why, 0);
	return r;
failed:
	judge_free(&r);
	return NULL;
}

void judge_free(struct judge **rp)
{
	struct judge *r = *rp;

	if (!r)
		return;
	consent_free(&r->consent);
	ceremony_free(&r->c);
	files_free(&r->files);
	free(r->key);
	bytes_free(&r->anchor.origin);
	free(r);
	*rp = NULL;
}
