#include "engine/replay_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "record/record.h"

enum { TRANSCRIPT_MAX = 1 << 30 };

int replay_file_check(const struct replay *r, const char *path, const char *sha256, int64_t bytes, struct error *e)
{
	uint8_t is[32], said[32];
	uint64_t size = 0;

	if (!sha256 || hex_decode(sha256, strlen(sha256), said, 32) < 0)
		return error_set(e, ERROR_FAULT, "the hash of %s is no hash", path);
	if (file_sha256_at(r->dir, path, is, &size, e) < 0)
		return -1;
	if (memcmp(is, said, 32) || (bytes >= 0 && size != (uint64_t)bytes))
		return error_set(e, ERROR_FAULT, "%s is not as the transcript says: its hash or size differs", path);
	return 0;
}

int replay_entry(const struct replay *r, size_t position, struct entry *out)
{
	if (position >= r->count)
		return -1;
	const struct moment *m = &r->moment[position];
	return entry_parse(r->other, (const char *)r->text.data + m->at, m->len, out, NULL);
}

static int change_add(struct changes *c, size_t position, size_t index, int value, struct error *e)
{
	struct change *larger = reallocarray(c->item, c->count + 1, sizeof(*larger));

	if (!larger)
		return error_memory(e);
	c->item = larger;
	larger[c->count++] = (struct change){position, index, value};
	return 0;
}

/* Where an id has its number in a table of 2^n slots, half of them empty at least: FNV-1a, then slot by slot. */
static uint32_t *slot_of(const struct replay *r, const char *id)
{
	uint32_t hash = UINT32_C(2166136261);
	size_t at;

	for (const char *c = id; *c; c++)
		hash = (hash ^ (uint8_t)*c) * UINT32_C(16777619);
	for (at = hash & (r->slots - 1); r->slot[at] && strcmp(r->steps[r->slot[at] - 1], id) != 0;)
		at = (at + 1) & (r->slots - 1);
	return &r->slot[at];
}

static uint32_t *step_slot(struct replay *r, const char *id, struct error *e)
{
	if (r->step_count * 2 >= r->slots) {
		free(r->slot);
		r->slots = r->slots ? r->slots * 2 : 64;
		r->slot = calloc(r->slots, sizeof(*r->slot));
		if (!r->slot) {
			r->slots = 0;
			error_memory(e);
			return NULL;
		}
		for (size_t i = 0; i < r->step_count; i++)
			*slot_of(r, r->steps[i]) = (uint32_t)i + 1;
	}
	return slot_of(r, id);
}

/* The number under which the id of a step is kept. */
static int step_take(struct replay *r, const char *id, uint32_t *out, struct error *e)
{
	char **larger;

	*out = REPLAY_NOWHERE;
	if (!id)
		return 0;
	uint32_t *slot = step_slot(r, id, e);
	if (!slot)
		return -1;
	if (*slot) {
		*out = *slot - 1;
		return 0;
	}
	larger = reallocarray(r->steps, r->step_count + 1, sizeof(*larger));
	if (!larger)
		return error_memory(e);
	r->steps = larger;
	if (!(larger[r->step_count] = strdup(id)))
		return error_memory(e);
	*out = (uint32_t)r->step_count++;
	*slot = *out + 1;
	return 0;
}

static int presence_set(struct replay *r, size_t position, const char *key_name, int present, struct error *e)
{
	for (size_t i = 0; i < r->seats; i++)
		if (!key_name || !strcmp(r->seat[i].key_name, key_name))
			if (change_add(&r->presence, position, i, present, e) < 0)
				return -1;
	return 0;
}

static int seat_take(struct replay *r, size_t position, const struct entry *entry, struct error *e)
{
	const char *key_name = json_text(entry->data, "person");
	struct seat *larger;

	for (size_t i = 0; i < r->seats; i++)
		if (!strcmp(r->seat[i].key_name, key_name))
			return 0;
	larger = reallocarray(r->seat, r->seats + 1, sizeof(*larger));
	if (!larger)
		return error_memory(e);
	r->seat = larger;
	struct seat *s = &larger[r->seats++];
	*s = (struct seat){strdup(key_name), strdup(json_text(entry->data, "name")),
	        strdup(json_text(entry->data, "role")), strdup(json_text(entry->data, "vkey")), position};
	return s->key_name && s->name && s->role && s->vkey ? 0 : error_memory(e);
}

static int console_take(struct replay *r, size_t position, const struct entry *entry, struct error *e)
{
	struct replay_console *larger = reallocarray(r->console, r->consoles + 1, sizeof(*larger));

	if (!larger)
		return error_memory(e);
	r->console = larger;
	larger[r->consoles] = (struct replay_console){position, strdup(json_text(entry->data, "console"))};
	return larger[r->consoles++].vkey ? 0 : error_memory(e);
}

static int file_take(struct replay *r, size_t position, const struct entry *entry, struct error *e)
{
	struct replay_file *larger = reallocarray(r->file, r->files + 1, sizeof(*larger));

	if (!larger)
		return error_memory(e);
	r->file = larger;
	struct replay_file *f = &larger[r->files++];
	*f = (struct replay_file){.path = strdup(json_text(entry->data, "path")),
	        .type = strdup(json_text(entry->data, "type")),
	        .bytes = (uint64_t)json_number(entry->data, "bytes", 0),
	        .position = position};
	snprintf(f->sha256, sizeof(f->sha256), "%s", json_text(entry->data, "sha256"));
	return f->path && f->type ? 0 : error_memory(e);
}

/* The files that an entry commits to are looked at where it stands, so that a changed one is known by its entry. */
static void files_check(struct replay *r, size_t position, const struct entry *entry)
{
	struct bytes path = {0}, line = {0}, hex = {0};
	struct error why = {0};
	uint8_t sum[32];
	int rc = 0;

	switch (entry->event) {
	case CEREMONY_OPENED:
		rc = replay_file_check(
		        r, "script.yaml", json_text(json_get(entry->data, "script"), "sha256"), -1, &why);
		if (rc == 0)
			rc = replay_file_check(
			        r, "site.yaml", json_text(json_get(entry->data, "site"), "sha256"), -1, &why);
		break;
	case PERSON_JOINED:
		bytes_printf(&path, "people/%s.vkey", json_text(entry->data, "person"));
		bytes_printf(&line, "%s\n", json_text(entry->data, "vkey"));
		if (sha256(line.data, line.len, sum) == 0) {
			bytes_hex(&hex, sum, 32);
			rc = replay_file_check(r, bytes_string(&path), bytes_string(&hex), (int64_t)line.len, &why);
		}
		break;
	case ARTIFACT_WRITTEN:
	case ARTIFACT_TAKEN:
		rc = replay_file_check(r, json_text(entry->data, "path"), json_text(entry->data, "sha256"),
		        json_number(entry->data, "bytes", -1), &why);
		break;
	default:
		break;
	}
	if (rc < 0 && r->file_fault.position == SIZE_MAX) {
		r->file_fault.position = position;
		r->file_fault.error = why;
	}
	bytes_free(&path);
	bytes_free(&line);
	bytes_free(&hex);
}

/* What the list of people and artifacts takes from an entry: its own word, whether it verifies or not. */
static int lists_take(struct replay *r, size_t position, const struct entry *entry, struct error *e)
{
	struct entry joined;
	int64_t of;

	switch (entry->event) {
	case CEREMONY_OPENED:
		return console_take(r, position, entry, e);
	case CEREMONY_RESUMED:
		return console_take(r, position, entry, e) < 0 ? -1 : presence_set(r, position, NULL, 0, e);
	case PERSON_JOINED:
		return seat_take(r, position, entry, e);
	case PERSON_LEFT:
		return presence_set(r, position, json_text(entry->data, "person"), 0, e);
	case APPROVAL_GIVEN:
		of = json_number(entry->data, "of", -1);
		if (of >= 0 && replay_entry(r, (size_t)of, &joined) == 0 && joined.event == PERSON_JOINED)
			return presence_set(r, position, json_text(entry->data, "person"), 1, e);
		return 0;
	case ARTIFACT_WRITTEN:
	case ARTIFACT_TAKEN:
		return file_take(r, position, entry, e);
	default:
		return 0;
	}
}

/* What the fold says of the steps now. */
static int states_take(struct replay *r, struct moment *m, size_t position, struct error *e)
{
	const struct ceremony *c = judge_ceremony(r->judge);
	const struct run *run = c ? ceremony_run(c) : NULL;
	size_t steps = c ? c->script->step_count : 0;

	m->current = (uint32_t)(run && !c->closed ? run->index : steps);
	if (steps == 0 || memcmp(r->states_now, c->states, steps) == 0)
		return 0;
	for (size_t i = 0; i < steps; i++)
		if (r->states_now[i] != c->states[i] && change_add(&r->states, position, i, c->states[i], e) < 0)
			return -1;
	memcpy(r->states_now, c->states, steps);
	return 0;
}

static void fell_note(struct replay *r, size_t position)
{
	for (int i = 0; i < VERDICTS; i++)
		if (!r->v.verdict[i].holds && r->fell[i] == SIZE_MAX)
			r->fell[i] = position;
}

/* A line behind a fault of form: nothing is judged any more, but it may still be looked at. */
static int line_unjudged(struct replay *r, struct moment *m, size_t position, struct error *e)
{
	struct entry entry;

	if (entry_parse(r->doc, (const char *)r->text.data + m->at, m->len, &entry, NULL) < 0)
		return 0;
	m->event = (int)entry.event;
	m->time = entry.time;
	if (step_take(r, entry.step, &m->step, e) < 0)
		return -1;
	m->exceptions += entry.event == EXCEPTION_NOTED;
	return lists_take(r, position, &entry, e);
}

static int line_judge(struct replay *r, struct moment *m, size_t position, struct error *e)
{
	const char *line = (const char *)r->text.data + m->at;
	struct entry entry;
	struct error why = {0};

	if (transcript_line(&r->place, r->doc, line, m->len, &entry, &why) < 0) {
		judge_form(r->judge, &why, why.line ? why.line : position + 1);
		r->dead = true;
		return line_unjudged(r, m, position, e);
	}
	if (tree_add(&r->tree, line, m->len) < 0)
		return error_memory(e);
	m->taken = true;
	m->event = (int)entry.event;
	m->time = entry.time;
	tree_root(&r->tree, m->root);
	if (judge_entry(r->judge, &entry, &r->tree, &why) < 0) {
		judge_form(r->judge, &why, why.line ? why.line : position + 1);
		r->dead = true;
	}
	if (step_take(r, entry.step, &m->step, e) < 0)
		return -1;
	m->exceptions += entry.event == EXCEPTION_NOTED;
	files_check(r, position, &entry);
	return lists_take(r, position, &entry, e);
}

static int reach_next(struct replay *r, struct error *e)
{
	size_t position = r->reached;
	struct moment *m = &r->moment[position];
	struct error why = {0};
	int rc = 0;

	m->event = -1;
	m->step = REPLAY_NOWHERE;
	m->exceptions = position ? r->moment[position - 1].exceptions : 0;
	memcpy(m->root, position ? r->moment[position - 1].root : r->v.root, 32);
	if (r->torn && position + 1 == r->count && !r->dead) {
		if (transcript_fits(m->len, &why) < 0)
			judge_form(r->judge, &why, position + 1);
		else
			judge_torn(r->judge);
		r->dead = true;
	} else {
		rc = r->dead ? line_unjudged(r, m, position, e) : line_judge(r, m, position, e);
	}
	fell_note(r, position);
	r->reached++;
	return rc < 0 ? -1 : states_take(r, m, position, e);
}

void replay_patience(struct replay *r, unsigned ms)
{
	r->until = ms ? time_up_ms() + ms : 0;
}

bool replay_stopped(const struct replay *r, size_t *reached)
{
	*reached = r->reached;
	return r->stopped;
}

/* Of what takes longer it is said first how far it is, and of the end that it is judged. */
static bool patient(struct replay *r, bool end)
{
	r->stopped = r->until && (end ? !r->said : time_up_ms() >= r->until);
	r->said = r->said || (r->stopped && end);
	return !r->stopped;
}

int replay_reach(struct replay *r, size_t position, struct error *e)
{
	while (r->reached < r->count && r->reached <= position)
		if (!patient(r, false) || reach_next(r, e) < 0)
			return -1;
	r->stopped = false;
	if (position >= r->count && !r->ended) {
		if (!patient(r, true))
			return -1;
		if (judge_end(r->judge, &r->tree, &r->options, e) < 0)
			return -1;
		fell_note(r, r->count);
		r->ended = true;
	}
	return 0;
}

int replay_go(struct replay *r, size_t position, struct error *e)
{
	if (position > r->count)
		position = r->count;
	if (replay_reach(r, position, e) < 0)
		return -1;
	r->at = position;
	return replay_show(r, e);
}

size_t replay_count(const struct replay *r)
{
	return r->count;
}

size_t replay_at(const struct replay *r)
{
	return r->at;
}

bool replay_trust(const struct replay *r, struct replay_fault *fault)
{
	*fault = (struct replay_fault){SIZE_MAX, VERDICT_FORM, NULL};
	for (int i = 0; i < VERDICTS; i++)
		if (r->fell[i] < fault->position)
			*fault = (struct replay_fault){r->fell[i], (enum verdict_kind)i, &r->v.verdict[i].error};
	if (r->file_fault.position < fault->position)
		*fault = (struct replay_fault){r->file_fault.position, VERDICT_ARTIFACTS, &r->file_fault.error};
	return fault->error != NULL;
}

bool replay_is_beyond(const struct replay *r)
{
	struct replay_fault fault;

	return replay_trust(r, &fault) && r->at >= fault.position;
}

const struct verification *replay_verdicts(const struct replay *r)
{
	return r->ended && r->at >= r->count ? &r->v : NULL;
}

int64_t replay_time(const struct replay *r)
{
	for (size_t i = r->at < r->count ? r->at + 1 : r->count; i-- > 0;)
		if (r->moment[i].time)
			return r->moment[i].time;
	return 0;
}

bool replay_root_known(const struct replay *r)
{
	return r->count > 0 && r->moment[r->at < r->count ? r->at : r->count - 1].taken;
}

const char *replay_line(struct replay *r, size_t position)
{
	if (position >= r->count)
		return NULL;
	bytes_clear(&r->line);
	text_visible(&r->line, (const char *)r->text.data + r->moment[position].at, r->moment[position].len);
	return bytes_string(&r->line);
}

/* Where its lines stand. */
static int lines_find(struct replay *r, struct error *e)
{
	size_t count = 0, at = 0;

	for (size_t i = 0; i < r->text.len; i++)
		count += r->text.data[i] == '\n';
	r->torn = r->text.len > 0 && r->text.data[r->text.len - 1] != '\n';
	r->moment = calloc(count + 1, sizeof(*r->moment));
	if (!r->moment)
		return error_memory(e);
	for (; at < r->text.len; r->count++) {
		const uint8_t *lf = memchr(r->text.data + at, '\n', r->text.len - at);
		size_t end = lf ? (size_t)(lf - r->text.data) : r->text.len;

		r->moment[r->count].at = at;
		r->moment[r->count].len = end - at;
		at = end + 1;
	}
	return 0;
}

static int transcript_take(struct replay *r, struct error *e)
{
	struct tree tree = {0};
	struct error why = {0};
	bool torn;

	if (file_read_at(r->dir, "transcript.jsonl", TRANSCRIPT_MAX, &r->text, &why) < 0) {
		if (why.code == ERROR_MEMORY) {
			*e = why;
			return -1;
		}
		transcript_read(r->dir, NULL, NULL, &tree, &torn, &why); /* its own words for what is wrong */
		judge_form(r->judge, &why, why.line);
		bytes_clear(&r->text);
		r->dead = true;
	}
	return lines_find(r, e);
}

struct replay *replay_open(const char *directory, const struct verify_options *o, struct error *e)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r) {
		error_memory(e);
		return NULL;
	}
	for (int i = 0; i < VERDICTS; i++)
		r->fell[i] = SIZE_MAX;
	r->file_fault.position = SIZE_MAX;
	r->options = *o;
	r->dir = dir_open(directory, e);
	if (r->dir < 0)
		goto failed;
	r->directory = strdup(directory);
	r->doc = json_doc_new();
	r->other = json_doc_new();
	if (!r->directory || !r->doc || !r->other) {
		error_memory(e);
		goto failed;
	}
	r->judge = judge_new(directory, r->dir, o, &r->v, e);
	if (!r->judge)
		goto failed;
	const struct ceremony *c = judge_ceremony(r->judge);
	r->states_now = calloc(c ? c->script->step_count + 1 : 1, 1);
	if (!r->states_now) {
		error_memory(e);
		goto failed;
	}
	tree_root(&r->tree, r->v.root);
	if (transcript_take(r, e) < 0 || replay_go(r, 0, e) < 0)
		goto failed;
	return r;
failed:
	replay_free(&r);
	return NULL;
}

void replay_free(struct replay **rp)
{
	struct replay *r = *rp;

	if (!r)
		return;
	replay_view_free(r);
	judge_free(&r->judge);
	verification_free(&r->v);
	if (r->dir >= 0)
		close(r->dir);
	for (size_t i = 0; i < r->step_count; i++)
		free(r->steps[i]);
	for (size_t i = 0; i < r->seats; i++) {
		free(r->seat[i].key_name);
		free(r->seat[i].name);
		free(r->seat[i].role);
		free(r->seat[i].vkey);
	}
	for (size_t i = 0; i < r->consoles; i++)
		free(r->console[i].vkey);
	for (size_t i = 0; i < r->files; i++) {
		free(r->file[i].path);
		free(r->file[i].type);
	}
	free(r->steps);
	free(r->slot);
	free(r->seat);
	free(r->console);
	free(r->file);
	free(r->states.item);
	free(r->presence.item);
	free(r->states_now);
	free(r->moment);
	json_doc_free(&r->doc);
	json_doc_free(&r->other);
	bytes_free(&r->text);
	bytes_free(&r->line);
	free(r->directory);
	free(r);
	*rp = NULL;
}
