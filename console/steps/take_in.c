/* take-in: files from a medium. Those that the script names and no others are hashed, two people confirm what they see,
 * and then each is read again and must still be the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "media/volume.h"
#include "steps/document.h"
#include "steps/medium.h"

/* A medium brought for this holds little else. */
enum { NAMES_MAX = 1000 };
enum { TOPIC_READY, TOPIC_HASH, TOPIC_FIRST, TOPIC_SECOND, TOPIC_TAKE };

static const struct script_step *step_of(const struct ceremony *c, const struct run *run)
{
	return &c->script->steps[run->index];
}

static const struct script_list *files_of(const struct ceremony *c, const struct run *run)
{
	return step_param_list(step_of(c, run), "files");
}

static size_t most_bytes(const struct ceremony *c)
{
	return strtoul(step_param(ceremony_step(c), "most-bytes"), NULL, 10);
}

static void path_of(const struct ceremony *c, const struct run *run, size_t file, char out[220])
{
	char name[200];

	taken_in_name(c, run->index, files_of(c, run)->item[file], name);
	snprintf(out, 220, "artifacts/%s", name);
}

static const struct json *facts_of(const struct run *run)
{
	const struct entry *entry = journal_find(&run->journal, FACTS_READ, "medium");

	return entry ? json_get(entry->data, "facts") : NULL;
}

static const struct json *hashed(const struct run *run, size_t file)
{
	const struct json *f = json_get(facts_of(run), "files");

	f = f ? f->child : NULL;
	for (; f && file; f = f->next)
		file--;
	return f;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = step_of(c, run)->id;
	unsigned said = journal_count(&run->journal, TEXT_ACKNOWLEDGED, NULL);

	(void)e;
	if (!said)
		want_set(w, WANT_ASK, &take_in_step, TOPIC_READY, step, TEXT_ACKNOWLEDGED, NULL);
	else if (!facts_of(run))
		want_set(w, WANT_LOOK, &take_in_step, TOPIC_HASH, step, FACTS_READ, "medium");
	else if (said < 3)
		want_set(w, WANT_ASK, &take_in_step, said == 1 ? TOPIC_FIRST : TOPIC_SECOND, step, TEXT_ACKNOWLEDGED,
		        NULL);
	else if (journal_count(&run->journal, ARTIFACT_TAKEN, NULL) < files_of(c, run)->count) {
		want_set(w, WANT_LOOK, &take_in_step, TOPIC_TAKE, step, ARTIFACT_TAKEN, NULL);
		w->other = FACTS_READ;
	}
	return 0;
}

/* The lines of sha256sum, as they were read: what two people confirm. */
static int sums(const struct run *run, struct bytes *out, struct error *e)
{
	const struct json *list = json_get(facts_of(run), "files");

	for (const struct json *f = list ? list->child : NULL; f; f = f->next)
		bytes_printf(out, "%s  %s\n", json_text(f, "sha256"), json_text(f, "name"));
	return bytes_end(out, e);
}

static int text_hash(const struct ceremony *c, const struct run *run, int topic, char hex[65], struct error *e)
{
	const char *medium = step_param(step_of(c, run), "medium");
	struct bytes text = {0};
	int rc = -1;

	if (topic == TOPIC_READY)
		bytes_text(&text, medium);
	if (bytes_end(&text, e) == 0 && (topic == TOPIC_READY || sums(run, &text, e) == 0))
		rc = text_sha256(text.data, text.len, hex) < 0 ? error_memory(e) : 0;
	bytes_free(&text);
	return rc;
}

static const char *word_of(int topic)
{
	return topic == TOPIC_READY ? "ready" : "same";
}

/* The first who confirms is of the role; the second is anybody else. */
static const char *first_person(const struct run *run)
{
	size_t seen = 0;

	for (size_t i = 0; i < run->journal.count; i++)
		if (run->journal.kept[i].entry.event == TEXT_ACKNOWLEDGED && ++seen == 2)
			return json_text(run->journal.kept[i].entry.data, "person");
	return "";
}

/* The facts of a look: the files as far as they could be read, and at most one fault. */
struct finding {
	struct bytes files, fault; /* a JSON array, open; a sentence in visible form */
	struct json_writer list;
	struct mount_facts volume;
	bool reached;
	unsigned others;
};

static void found(struct finding *f, const struct error *why)
{
	struct bytes text = {0};

	error_text(why, &text);
	text_visible(&f->fault, bytes_string(&text), text.len);
	bytes_free(&text);
}

static int put_finding(
        const struct ceremony *c, const struct want *w, struct finding *f, struct outcome *out, struct error *e)
{
	const struct site_medium *m = step_medium(c);
	struct bytes *data = outcome_add(out, FACTS_READ, w->step);

	if (!data)
		return error_memory(e);
	json_end_array(&f->list);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", "medium");
	json_key(&j, "facts");
	json_begin_object(&j);
	json_member_text(&j, "medium", m->name);
	json_member_text(&j, "directory", m->directory);
	medium_put(&j, f->reached ? &f->volume : NULL);
	json_member_int(&j, "others", f->others);
	json_key(&j, "files");
	json_put_raw(&j, bytes_string(&f->files), f->files.len);
	json_end_object(&j);
	json_key(&j, "faults");
	json_begin_array(&j);
	if (f->fault.len)
		json_put_text(&j, bytes_string(&f->fault));
	json_end_array(&j);
	json_end_object(&j);
	return bytes_end(data, e);
}

static int hash_file(const struct ceremony *c, const char *file, struct json_writer *j, struct error *e)
{
	const struct site_medium *m = step_medium(c);
	char name[TAKEN_NAME];
	uint8_t sum[32];
	uint64_t size;

	if (taken_name(m, ceremony_rehearsal(c), file, name, e) < 0 ||
	        volume_hash(m->directory, name, most_bytes(c), &size, sum, e) < 0)
		return -1;
	json_begin_object(j);
	json_member_text(j, "name", file);
	json_member_int(j, "bytes", (int64_t)size);
	json_member_hex(j, "sha256", sum, sizeof(sum));
	json_end_object(j);
	return 0;
}

static int hash_all(const struct ceremony *c, struct finding *f, struct error *e)
{
	const struct script_list *files = files_of(c, ceremony_run(c));
	unsigned names = 0;
	int rc = volume_survey(step_medium(c)->directory, NAMES_MAX, &names, e);

	for (size_t i = 0; rc == 0 && i < files->count; i++)
		rc = hash_file(c, files->item[i], &f->list, e);
	f->others = rc == 0 ? names - (unsigned)files->count : 0;
	return rc;
}

static int look_hash(const struct ceremony *c, const struct want *w, struct outcome *out, struct error *e)
{
	const struct mount_place place = medium_place(step_medium(c), ceremony_rehearsal(c));
	struct finding f = {0};
	struct error why = {0};
	struct mount *mount;
	int rc;

	f.list.out = &f.files;
	json_begin_array(&f.list);
	mount = mount_open(&place, false, &why);
	rc = mount ? hash_all(c, &f, &why) : -1;
	if (mount) {
		f.volume = *mount_facts(mount);
		f.reached = true;
		if (mount_close(&mount, rc == 0 ? &why : NULL) < 0)
			rc = -1;
	}
	if (rc < 0)
		found(&f, &why);
	rc = put_finding(c, w, &f, out, e);
	bytes_free(&f.files);
	bytes_free(&f.fault);
	return rc;
}

/* The bytes that two people confirmed, or what is wrong with them now. */
static int read_again(
        const struct ceremony *c, const char *file, const struct json *was, struct bytes *content, struct error *e)
{
	char hex[65];

	if (medium_read(step_medium(c), ceremony_rehearsal(c), file, most_bytes(c), content, e) < 0)
		return -1;
	if (text_sha256(content->data, content->len, hex) < 0)
		return error_memory(e);
	return strcmp(hex, json_text(was, "sha256")) == 0
	               ? 0
	               : error_set(e, ERROR_FAULT,
	                         "%s is another than the one that was hashed and confirmed: it changed on the medium",
	                         file);
}

static int look_take(
        const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	size_t index = journal_count(&run->journal, ARTIFACT_TAKEN, NULL);
	struct bytes content = {0};
	struct finding f = {0};
	struct error why = {0};
	char path[220];
	int rc;

	f.list.out = &f.files;
	json_begin_array(&f.list);
	if (read_again(c, files_of(c, run)->item[index], hashed(run, index), &content, &why) < 0) {
		found(&f, &why);
		rc = put_finding(c, w, &f, out, e);
	} else {
		path_of(c, run, index, path);
		rc = put_artifact(out, w, ARTIFACT_TAKEN, room, path, "taken-in", &content, e);
	}
	bytes_free(&f.files);
	bytes_free(&f.fault);
	bytes_free(&content);
	return rc;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	return w->topic == TOPIC_HASH ? look_hash(c, w, out, e) : look_take(c, w, room, out, e);
}

static bool is_file(const struct json *f, const char *name, size_t most)
{
	const struct json *n = f->type == JSON_OBJECT ? f->child : NULL;
	const char *sum = json_text(f, "sha256");
	uint8_t bytes[32];
	int64_t size = json_number(f, "bytes", -1);

	return f->count == 3 && n && !strcmp(n->key, "name") && !strcmp(n->next->key, "bytes") &&
	       json_text(f, "name") && !strcmp(json_text(f, "name"), name) && size >= 0 && (uint64_t)size <= most &&
	       sum && strlen(sum) == 64 && hex_decode(sum, 64, bytes, sizeof(bytes)) == 0;
}

static int check_facts(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	static const char *const keys[] = {"medium", "directory", "volume", "others", "files"};
	const struct json *facts = json_get(entry->data, "facts"), *faults = json_get(entry->data, "faults"),
	                  *m = facts->type == JSON_OBJECT ? facts->child : NULL;
	const struct site_medium *medium = step_medium(c);
	const struct script_list *files = files_of(c, ceremony_run(c));
	size_t i = 0;

	for (; m && i < sizeof(keys) / sizeof(keys[0]) && !strcmp(m->key, keys[i]); m = m->next)
		i++;
	if (m || i != sizeof(keys) / sizeof(keys[0]) || strcmp(json_text(entry->data, "what"), "medium") != 0 ||
	        json_number(facts, "others", -1) < 0 || json_get(facts, "files")->type != JSON_ARRAY)
		return error_set(e, ERROR_FAULT, "the facts of the files that are taken in are not of their form");
	const char *name = json_text(facts, "medium"), *directory = json_text(facts, "directory");
	if (!name || strcmp(name, medium->name) != 0 || !directory || strcmp(directory, medium->directory) != 0)
		return error_set(
		        e, ERROR_FAULT, "the files were taken from another medium than the script and the site say");
	if (faults->count)
		return 0;
	if (w->topic == TOPIC_TAKE)
		return error_set(e, ERROR_FAULT, "the facts do not say why a file was not taken in");
	const struct json *f = json_get(facts, "files")->child;
	for (i = 0; i < files->count; i++, f = f ? f->next : NULL)
		if (!f || !is_file(f, files->item[i], most_bytes(c)))
			return error_set(e, ERROR_FAULT, "%s was not taken in as the script says", files->item[i]);
	if (f)
		return error_set(e, ERROR_FAULT, "more was taken in than the script names");
	return medium_check(medium, json_get(facts, "volume"), e);
}

static int check_taken(const struct ceremony *c, const struct run *run, const struct entry *entry, struct error *e)
{
	size_t index = journal_count(&run->journal, ARTIFACT_TAKEN, NULL);
	const struct json *was = hashed(run, index);
	char path[220];

	path_of(c, run, index, path);
	if (!was || strcmp(json_text(entry->data, "path"), path) != 0 ||
	        strcmp(json_text(entry->data, "type"), "taken-in") != 0 ||
	        strcmp(json_text(entry->data, "sha256"), json_text(was, "sha256")) != 0 ||
	        json_number(entry->data, "bytes", -1) != json_number(was, "bytes", -2))
		return error_set(e, ERROR_FAULT, "%s is not the file that was hashed and confirmed", path);
	return 0;
}

static int check_said(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct run *run = ceremony_run(c);
	const char *by = w->topic == TOPIC_FIRST ? step_param(step_of(c, run), "by") : NULL;
	char hex[65];

	if (text_hash(c, run, w->topic, hex, e) < 0 || check_acknowledged(c, entry, word_of(w->topic), hex, by, e) < 0)
		return -1;
	if (w->topic == TOPIC_SECOND && !strcmp(first_person(run), json_text(entry->data, "person")))
		return error_set(e, ERROR_FAULT, "%s confirmed the hashes already: another person confirms them too",
		        first_person(run));
	return 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	if (entry->event == FACTS_READ)
		return check_facts(c, w, entry, e);
	if (entry->event == ARTIFACT_TAKEN)
		return check_taken(c, ceremony_run(c), entry, e);
	return entry->event == TEXT_ACKNOWLEDGED ? check_said(c, w, entry, e) : 0;
}

static int ready_lines(const struct ceremony *c, struct prompt *p)
{
	const struct mount_place place = medium_place(step_medium(c), ceremony_rehearsal(c));
	const struct script_list *files = files_of(c, ceremony_run(c));

	if (prompt_message(p, LINE_PLAIN,
	            N_("It must be at %s, write-protected if it can be. These files and no others are taken from it, "
	               "each of "
	               "at most %zu bytes:"),
	            step_medium(c)->directory, most_bytes(c)) < 0)
		return -1;
	for (size_t i = 0; i < files->count; i++)
		if (prompt_line(p, LINE_FIXED, files->item[i]) < 0)
			return -1;
	return medium_lines(&place, p);
}

static int file_lines(const struct json *f, struct prompt *p)
{
	const char *hex = json_text(f, "sha256");
	struct bytes title = {0}, groups = {0}, words = {0};
	uint8_t sum[32];
	int rc = -1;

	if (hex_decode(hex, 64, sum, sizeof(sum)) == 0) {
		bytes_printf(&title, "%s  %lld", json_text(f, "name"), (long long)json_number(f, "bytes", 0));
		for (size_t i = 0; i < 64; i += 4)
			bytes_printf(&groups, "%s%.4s", i ? " " : "", hex + i);
		text_pgp_words(&words, sum, sizeof(sum));
		rc = bytes_end(&title, NULL) < 0 || bytes_end(&groups, NULL) < 0 || bytes_end(&words, NULL) < 0 ||
		                     prompt_line(p, LINE_FIXED, bytes_string(&title)) < 0 ||
		                     prompt_line(p, LINE_FIXED, bytes_string(&groups)) < 0
		             ? -1
		             : prompt_line(p, LINE_FIXED, bytes_string(&words));
	}
	bytes_free(&title);
	bytes_free(&groups);
	bytes_free(&words);
	return rc;
}

static int hash_lines(const struct run *run, struct prompt *p)
{
	const struct json *list = json_get(facts_of(run), "files");
	long long others = (long long)json_number(facts_of(run), "others", 0);

	if (prompt_message(p, LINE_PLAIN,
	            N_("Each file with its size in bytes and its SHA-256, in hex and in words: hold them against the "
	               "paper that "
	               "came another way. Leave the medium in.")) < 0 ||
	        (others && prompt_message(p, LINE_WARNING,
	                           N_("Other names on the medium: %lld. Nothing of them is taken."), others) < 0))
		return -1;
	for (const struct json *f = list ? list->child : NULL; f; f = f->next)
		if (file_lines(f, p) < 0)
			return -1;
	return 0;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const struct run *run = ceremony_run(c);
	const char *except[] = {w->topic == TOPIC_SECOND ? first_person(run) : NULL, NULL};
	bool is_ready = w->topic == TOPIC_READY;

	(void)room;
	p->kind = PROMPT_ACKNOWLEDGE;
	p->see_all = true;
	message_set(&p->title, N_("The medium %s"), step_param(ceremony_step(c), "medium"));
	if (w->topic == TOPIC_FIRST)
		message_set(&p->actor, "%s", step_param(ceremony_step(c), "by"));
	if ((is_ready ? ready_lines(c, p) : hash_lines(run, p)) < 0)
		return error_memory(e);
	struct field *who =
	        prompt_field(p, "person", FIELD_CHOICE, is_ready ? N_("Who put it in") : N_("Who compared it"));
	if (!who ||
	        field_people(c, who, w->topic == TOPIC_FIRST ? step_param(ceremony_step(c), "by") : NULL, except) < 0)
		return error_memory(e);
	struct field *typed = prompt_field(p, "word", FIELD_WORD, N_("Type the word"));
	return typed && field_set(&typed->word, word_of(w->topic)) == 0 ? 0 : error_memory(e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	char hex[65];

	(void)room;
	return text_hash(c, ceremony_run(c), w->topic, hex, e) < 0 ? -1 : put_acknowledged(out, w, a, hex, e);
}

static const char *const help[] = {
        N_("Only the files that the script names are read. A link, a pipe, a device, a folder "
           "or a file that is too large is refused, and so is a medium with names that cannot "
           "be seen."),
        N_("Two people hold the hashes against what was brought on paper. Then each file is read once more: one that "
           "changed in between is not taken."),
        NULL};

const struct step_kind take_in_step = {
        .name = "take-in",
        .next = next,
        .check = check,
        .ask = ask,
        .answer = answer,
        .look = look,
        .help = help,
};
