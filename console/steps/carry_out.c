/* carry-out: files to a medium, written, read back and compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "media/disc_folder.h"
#include "media/volume.h"
#include "media/volume_parts.h"
#include "steps/document.h"
#include "steps/ocsp.h"
#include "steps/medium.h"

/* check refuses a script that names more than 64, of which each is three files at most. */
enum { FILES_MAX = 256 };

/* An artifact to be carried out; the responses of an OCSP file as a folder of files. */
struct carried_file {
	const struct artifact_state *artifact;
	bool folder;
	char name[200]; /* on the medium; a folder's ends in "/" */
};

/* What is carried out; the same file twice where the script names it twice. */
struct files {
	struct carried_file list[FILES_MAX];
	size_t count;
};

static void add_as(struct files *f, const struct artifact_state *a, bool folder)
{
	int len = (int)strlen(a->path) - 10 - (folder ? 5 : 0); /* "artifacts/", ".ocsp" */
	struct carried_file *to = &f->list[f->count];

	if (f->count == FILES_MAX)
		return;
	f->count++;
	to->artifact = a;
	to->folder = folder;
	snprintf(to->name, sizeof(to->name), "%.*s%s", len, a->path + 10, folder ? "/" : "");
}

static void add(struct files *f, const struct artifact_state *a)
{
	if (a)
		add_as(f, a, false);
}

/* Under the name that it came with, whatever attempt it was taken in by. */
static void add_taken_in(const struct ceremony *c, const char *name, struct files *f)
{
	size_t before = f->count;

	add(f, taken_in_artifact(c, name));
	if (f->count > before)
		snprintf(f->list[before].name, sizeof(f->list[before].name), "%s%.120s",
		        ceremony_rehearsal(c) ? "REHEARSAL-" : "", name);
}

/* A document is carried out with its signature, or the signature alone. */
static void add_document(const struct ceremony *c, const char *name, const char *file, struct files *f)
{
	char signature[128];

	add(f, document_artifact(c, name));
	snprintf(signature, sizeof(signature), "%.100s.p7s", file);
	if (strcmp(name, signature))
		add(f, document_artifact(c, signature));
}

/* A certificate that was taken in lies in the record as it came: never under the name of one that was made in a
 * rehearsal. */
static bool is_taken(const struct ceremony *c, const char *name, const struct artifact_state *a)
{
	const struct script_certificate *cert = script_certificate(c->script, name);
	char path[160];

	if (!cert || cert->from != CERTIFICATE_FILE)
		return false;
	int own = snprintf(path, sizeof(path), "artifacts/%.100s.", name);
	return !strncmp(a->path, path, (size_t)own) && strstr(a->path + own, "taken.der") &&
	       !memcmp(a->sha256, c->certificates[ceremony_certificate_index(c, name)].sha256, 32);
}

static bool is_responses(const struct ceremony *c, const char *name, const struct artifact_state *a)
{
	char path[OCSP_PATH];

	if (!script_ocsp(c->script, name))
		return false;
	ocsp_path(c, script_ocsp(c->script, name), ".ocsp", path);
	return !strcmp(path, a->path);
}

static bool is_named(const struct ceremony *c, const char *name, const struct artifact_state *a)
{
	static const char *const suffixes[] = {
	        "", ".der", ".pem", ".csr.der", ".csr.pem", ".crl.der", ".crl.pem", ".ocsp.index"};

	for (size_t s = 0; s < sizeof(suffixes) / sizeof(suffixes[0]); s++) {
		char path[256];
		snprintf(path, sizeof(path), "artifacts/%s%.120s%s", ceremony_rehearsal(c) ? "REHEARSAL-" : "", name,
		        suffixes[s]);
		if (!strcmp(path, a->path))
			return true;
	}
	return is_taken(c, name, a);
}

/* The artifacts of one name: a certificate's means its .der and .pem (of one that was taken in its .taken.der), a
 * request's its .csr.der and .csr.pem, a CRL's its .crl.der and .crl.pem, a signed document's itself and its .p7s, that
 * of OCSP responses the index and each response as a file. */
static void add_named(const struct ceremony *c, const char *name, struct files *f)
{
	const struct script_step *signs = script_document(c->script, name);

	if (signs)
		add_document(c, name, step_param(signs, "file"), f);
	else if (script_taken_in(c->script, name))
		add_taken_in(c, name, f);
	for (size_t k = 0; !signs && !script_taken_in(c->script, name) && k < c->artifact_count; k++) {
		const struct artifact_state *a = &c->artifacts[k];
		bool folder = is_responses(c, name, a);
		if (folder || is_named(c, name, a))
			add_as(f, a, folder);
	}
}

static void files(const struct ceremony *c, const struct run *run, struct files *f)
{
	const struct script_list *named = step_param_list(&c->script->steps[run->index], "files");

	f->count = 0;
	for (size_t i = 0; named && i < named->count; i++)
		add_named(c, named->item[i], f);
}

static bool has_responses(const struct ceremony *c, const char *name)
{
	char path[OCSP_PATH];

	ocsp_path(c, script_ocsp(c->script, name), ".ocsp.index", path);
	for (size_t i = 0; i < c->artifact_count; i++)
		if (!strcmp(c->artifacts[i].path, path))
			return true;
	return false;
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	const struct script_list *named = step_param_list(&c->script->steps[run->index], "files");
	for (size_t i = 0; named && i < named->count; i++) {
		const struct script_certificate *cert = script_certificate(c->script, named->item[i]);
		if (cert && !c->certificates[ceremony_certificate_index(c, cert->name)].issued)
			return N_("a certificate that is to be carried out was not issued: its step was ended by "
			          "exception");
		if (script_request(c->script, named->item[i]) &&
		        !c->requests[ceremony_request_index(c, named->item[i])].there)
			return N_("a request that is to be carried out is not there: its step was ended by exception");
		if (script_ocsp(c->script, named->item[i]) && !has_responses(c, named->item[i]))
			return N_("OCSP responses that are to be carried out were not issued: their step was ended by "
			          "exception");
		if (script_document(c->script, named->item[i]) && !document_artifact(c, named->item[i]))
			return N_(
			        "a document that is to be carried out was not signed: its step was ended by exception");
		if (script_taken_in(c->script, named->item[i]) && !taken_in_artifact(c, named->item[i]))
			return N_("a file that is to be carried out was not taken in: its step was ended by exception");
		struct files f = {.count = 0};
		add_named(c, named->item[i], &f);
		if (!f.count)
			return N_("one of the files that are to be carried out is not in the record");
	}
	return NULL;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = c->script->steps[run->index].id;
	(void)e;
	if (!journal_find(&run->journal, TEXT_ACKNOWLEDGED, NULL))
		want_set(w, WANT_ASK, &carry_out_step, 0, step, TEXT_ACKNOWLEDGED, NULL);
	else if (!journal_find(&run->journal, FACTS_READ, "medium"))
		want_set(w, WANT_LOOK, &carry_out_step, 0, step, FACTS_READ, "medium");
	return 0;
}

/* Exactly the members, in their order; of a disc size and hash of the image. */
static bool is_form(const struct json *facts)
{
	static const char *const keys[] = {"medium", "directory", "volume", "disc", "files"};
	const struct json *m = facts && facts->type == JSON_OBJECT ? facts->child : NULL,
	                  *disc = json_get(facts, "disc");
	const char *sum = json_text(disc, "sha256");
	uint8_t bytes[32];
	size_t i = 0;

	for (; m && i < sizeof(keys) / sizeof(keys[0]) && !strcmp(m->key, keys[i]); m = m->next)
		i++;
	if (m || i != sizeof(keys) / sizeof(keys[0]) || json_get(facts, "files")->type != JSON_ARRAY)
		return false;
	return disc->type == JSON_NULL ||
	       (disc->type == JSON_OBJECT && disc->count == 2 && json_number(disc, "bytes", 0) > 0 && sum &&
	               strlen(sum) == 64 && hex_decode(sum, 64, bytes, sizeof(bytes)) == 0);
}

static int check_facts(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts"), *copied = json_get(facts, "files"),
	                  *faults = json_get(entry->data, "faults");
	struct files f;
	const char *medium = json_text(facts, "medium"), *directory = json_text(facts, "directory");
	if (!medium || strcmp(medium, step_medium(c)->name) || !directory ||
	        strcmp(directory, step_medium(c)->directory))
		return error_set(e, ERROR_FAULT,
		        "the files were carried out to another medium than the script and the site say");
	if (!is_form(facts))
		return error_set(e, ERROR_FAULT, "the facts of the files that were carried out are not of their form");
	if (faults && faults->count)
		return 0;
	if (medium_check(step_medium(c), json_get(facts, "volume"), e) < 0)
		return -1;
	if ((json_get(facts, "disc")->type == JSON_OBJECT) != step_medium(c)->optical)
		return error_set(e, ERROR_FAULT, "a disc was burned where the site says none, or the other way about");
	files(c, ceremony_run(c), &f);
	const struct json *is = copied ? copied->child : NULL;
	for (size_t i = 0; i < f.count; i++, is = is->next) {
		struct bytes hex = {0};
		const struct artifact_state *a = f.list[i].artifact;
		bytes_hex(&hex, a->sha256, 32);
		bool same = is && json_text(is, "name") && !strcmp(json_text(is, "name"), f.list[i].name) &&
		            json_text(is, "sha256") && !strcmp(json_text(is, "sha256"), bytes_string(&hex)) &&
		            json_number(is, "bytes", -1) == (int64_t)a->bytes;
		bytes_free(&hex);
		if (!same)
			return error_set(e, ERROR_FAULT, "%s was not carried out as it is in the record", a->path);
	}
	return is ? error_set(e, ERROR_FAULT, "more was carried out than the script names") : 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	(void)w;
	if (entry->event == FACTS_READ)
		return check_facts(c, entry, e);
	return check_ready(c, "medium", entry, e);
}

static int place_lines(const struct ceremony *c, struct prompt *p)
{
	const struct site_medium *m = step_medium(c);
	const struct mount_place place = medium_place(m, ceremony_rehearsal(c));

	if (m->optical)
		return prompt_message(p, LINE_PLAIN,
		        N_("A blank disc must be in %s. These files will be burned to it, read back and compared:"),
		        m->device);
	return medium_lines(&place, p) < 0
	               ? -1
	               : prompt_message(p, LINE_PLAIN,
	                         N_("It must be at %s. These files will be written to it, read back and compared:"),
	                         m->directory);
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	struct files f;

	(void)w;
	(void)room;
	files(c, ceremony_run(c), &f);
	p->kind = PROMPT_ACKNOWLEDGE;
	p->see_all = true;
	message_set(&p->title, N_("The medium %s"), step_param(ceremony_step(c), "medium"));
	if (place_lines(c, p) < 0)
		return error_memory(e);
	for (size_t i = 0; i < f.count; i++) {
		struct bytes line = {0};
		bytes_printf(&line, "%s  %llu  ", f.list[i].name, (unsigned long long)f.list[i].artifact->bytes);
		bytes_hex(&line, f.list[i].artifact->sha256, 32);
		int rc = bytes_end(&line, e) < 0 ? -1 : prompt_line(p, LINE_FIXED, bytes_string(&line));
		bytes_free(&line);
		if (rc < 0)
			return error_memory(e);
	}
	return ask_acknowledgement(c, p, NULL, N_("Who put it in"), "ready", e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	(void)room;
	return put_ready(c, w, "medium", a, out, e);
}

/* A file that an attempt before (or the run before) wrote whole is not in the way of the next: it is compared like the
 * others. */
static bool lies_there(const char *directory, const char *name, const struct artifact_state *a)
{
	uint64_t size;
	uint8_t sum[32];

	return volume_hash(directory, name, a->bytes, &size, sum, NULL) == 0 && size == a->bytes &&
	       !memcmp(sum, a->sha256, 32);
}

/* The parts of a file of OCSP responses, from its index. */
struct index_lines {
	const char *text, *at;
	uint64_t size; /* of the file */
};

static void index_rewind(void *context)
{
	struct index_lines *lines = context;
	lines->at = lines->text;
}

static int index_next(void *context, struct volume_part *part, struct error *e)
{
	struct index_lines *lines = context;
	size_t len = strcspn(lines->at, "\n");
	struct ocsp_index_entry entry;

	if (!*lines->at)
		return 0;
	if (ocsp_index_read(lines->at, len, &entry) < 0 || entry.offset > lines->size ||
	        entry.length > lines->size - entry.offset)
		return error_set(e, ERROR_INTERNAL, "the index of the OCSP responses is not of its form");
	lines->at += len + (lines->at[len] == '\n');
	snprintf(part->name, sizeof(part->name), "%.40s.ocsp.der", entry.serial);
	part->offset = entry.offset;
	part->len = entry.length;
	memcpy(part->sha256, entry.sha256, 32);
	return 1;
}

/* Where files are written: a medium, or the folder that becomes the image of a disc. */
struct carrying {
	const struct ceremony *c;
	int record;
	const char *directory;
	struct bytes list; /* the files in turn, a JSON array, open */
	struct json_writer j;
};

static int carry_folder(
        struct carrying *to, const struct carried_file *f, bool write, uint64_t *size, uint8_t sum[32], struct error *e)
{
	struct bytes index = {0}, path = {0};
	struct index_lines lines = {.size = f->artifact->bytes};
	struct volume_parts parts = {&lines, index_rewind, index_next};
	char folder[sizeof(f->name)];
	int rc = -1;

	snprintf(folder, sizeof(folder), "%.*s", (int)strlen(f->name) - 1, f->name);
	bytes_printf(&path, "%s.index", f->artifact->path);
	if (bytes_end(&path, e) < 0 || ceremony_artifact(to->c, bytes_string(&path), OCSP_FILE_MAX, &index, e) < 0)
		goto out;
	lines.text = bytes_string(&index);
	rc = write ? volume_parts_write(to->record, f->artifact->path, &parts, to->directory, folder, e)
	           : volume_parts_compare(&parts, to->directory, folder, size, sum, e);
out:
	bytes_free(&index);
	bytes_free(&path);
	return rc;
}

static int write_all(struct carrying *to, const struct files *f, struct error *e)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct carried_file *file = &f->list[i];
		int rc = 0;
		if (file->folder)
			rc = carry_folder(to, file, true, NULL, NULL, e);
		else if (!lies_there(to->directory, file->name, file->artifact))
			rc = volume_write(to->record, file->artifact->path, to->directory, file->name, e);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int compare_all(struct carrying *to, const struct files *f, struct error *e)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct carried_file *file = &f->list[i];
		uint8_t sum[32];
		uint64_t size = 0;
		int rc = file->folder ? carry_folder(to, file, false, &size, sum, e)
		                      : volume_compare(to->record, file->artifact->path, to->directory, file->name,
		                                &size, sum, e);
		if (rc < 0)
			return -1;
		json_begin_object(&to->j);
		json_member_text(&to->j, "name", file->name);
		json_member_int(&to->j, "bytes", (int64_t)size);
		json_member_hex(&to->j, "sha256", sum, 32);
		json_end_object(&to->j);
	}
	return 0;
}

/* What is known of the medium at the end. */
struct carried_to {
	struct mount_facts volume;
	bool reached;
	struct disc_made disc;
};

static int to_volume(struct carrying *to, const struct files *f, const struct mount_place *place,
        struct carried_to *known, struct error *e)
{
	struct mount *mount = mount_open(place, true, e);
	int rc = mount ? 0 : -1;

	if (!mount)
		return -1;
	known->reached = true;
	if (write_all(to, f, e) < 0 || mount_anew(mount, e) < 0 || compare_all(to, f, e) < 0)
		rc = -1;
	known->volume = *mount_facts(mount);
	if (mount_close(&mount, rc == 0 ? e : NULL) < 0)
		rc = -1;
	return rc;
}

/* The files become a folder beside the record, this an image, and that is burned and read back: so what was compared in
 * the folder is on the disc when the hashes of the images are the same. */
static int to_disc(struct carrying *to, const struct files *f, const struct site_medium *m, struct carried_to *known,
        struct error *e)
{
	struct disc_folder folder;
	int rc = -1;

	if (mount_device(m->device, m->serial, &known->volume, e) < 0)
		return -1;
	known->reached = true;
	if (disc_folder_make(&folder, to->record, e) < 0)
		return -1;
	to->directory = folder.path;
	if (write_all(to, f, e) == 0 && compare_all(to, f, e) == 0)
		rc = disc_folder_burn(&folder, m->device, to->c->time / 1000, &known->disc, e);
	to->directory = m->directory;
	disc_folder_remove(&folder);
	return rc;
}

static int carry(struct carrying *to, const struct files *f, struct carried_to *known, struct error *e)
{
	const struct mount_place place = medium_place(step_medium(to->c), ceremony_rehearsal(to->c));

	return step_medium(to->c)->optical ? to_disc(to, f, step_medium(to->c), known, e)
	                                   : to_volume(to, f, &place, known, e);
}

/* The image that was burned and read back; null: no disc was. */
static void put_disc(struct json_writer *j, const struct disc_made *disc)
{
	json_key(j, "disc");
	if (!disc->bytes) {
		json_put_null(j);
		return;
	}
	json_begin_object(j);
	json_member_int(j, "bytes", (int64_t)disc->bytes);
	json_member_hex(j, "sha256", disc->sha256, sizeof(disc->sha256));
	json_end_object(j);
}

static int put_carried(const struct ceremony *c, struct carrying *to, const struct carried_to *known,
        const struct bytes *fault, struct bytes *data, struct error *e)
{
	struct json_writer j = {data, false};

	json_end_array(&to->j);
	json_begin_object(&j);
	json_member_text(&j, "what", "medium");
	json_key(&j, "facts");
	json_begin_object(&j);
	json_member_text(&j, "medium", step_medium(c)->name);
	json_member_text(&j, "directory", step_medium(c)->directory);
	medium_put(&j, known->reached ? &known->volume : NULL);
	put_disc(&j, &known->disc);
	json_key(&j, "files");
	json_put_raw(&j, bytes_string(&to->list), to->list.len);
	json_end_object(&j);
	json_key(&j, "faults");
	json_begin_array(&j);
	if (fault->len)
		json_put_text(&j, bytes_string(fault));
	json_end_array(&j);
	json_end_object(&j);
	return bytes_end(data, e);
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	struct carrying to = {.c = c, .record = record_dir(room->record), .directory = step_medium(c)->directory};
	struct files *f = calloc(1, sizeof(*f));
	struct carried_to known = {.reached = false};
	struct bytes text = {0}, fault = {0}, *data = outcome_add(out, FACTS_READ, w->step);
	struct error why = {0};
	int rc = -1;

	to.j.out = &to.list;
	json_begin_array(&to.j);
	if (!data || !f) {
		error_memory(e);
		goto out;
	}
	files(c, ceremony_run(c), f);
	if (carry(&to, f, &known, &why) < 0) {
		error_text(&why, &text);
		text_visible(&fault, bytes_string(&text), text.len);
	}
	rc = put_carried(c, &to, &known, &fault, data, e);
out:
	free(f);
	bytes_free(&to.list);
	bytes_free(&text);
	bytes_free(&fault);
	return rc;
}

static const char *const help[] = {
        N_("OCSP responses become a folder with a file SERIAL.ocsp.der for each, and the index beside it."),
        N_("Only the files that the script names are written. They are flushed, the medium is mounted again read-only "
           "where the console may mount, and each is read back and compared byte for byte."),
        NULL};

const struct step_kind carry_out_step = {
        .name = "carry-out",
        .unmet = unmet,
        .next = next,
        .check = check,
        .ask = ask,
        .answer = answer,
        .look = look,
        .help = help,
};
