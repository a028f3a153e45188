/* carry-out: files to a medium, written, read back and compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "media/volume.h"
#include "steps/shared.h"

enum { FILES_MAX = 64 };

/* The artifacts that the step names: a certificate's name means its .der and .pem, a request's its .csr.der and .csr.pem, a CRL's its
 * .crl.der and .crl.pem. */
static size_t files(const struct ceremony *c, const struct run *run, const struct artifact_state *list[FILES_MAX])
{
	const struct script_list *named = step_param_list(&c->script->steps[run->index], "files");
	const char *prefix = ceremony_rehearsal(c) ? "REHEARSAL-" : "";
	size_t n = 0;
	for (size_t i = 0; named && i < named->count; i++)
		for (size_t k = 0; k < c->artifact_count && n < FILES_MAX; k++) {
			const struct artifact_state *a = &c->artifacts[k];
			const char *suffixes[] = {"", ".der", ".pem", ".csr.der", ".csr.pem", ".crl.der", ".crl.pem"};
			bool wanted = false;
			for (size_t s = 0; s < sizeof(suffixes) / sizeof(suffixes[0]); s++) {
				char path[256];
				snprintf(path, sizeof(path), "artifacts/%s%.120s%s", prefix, named->item[i], suffixes[s]);
				wanted = wanted || !strcmp(path, a->path);
			}
			if (wanted)
				list[n++] = a;
		}
	return n;
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	const struct script_list *named = step_param_list(&c->script->steps[run->index], "files");
	for (size_t i = 0; named && i < named->count; i++) {
		const struct script_certificate *cert = script_certificate(c->script, named->item[i]);
		if (cert && !c->certificates[ceremony_certificate_index(c, cert->name)].issued)
			return N_("a certificate that is to be carried out was not issued: its step was ended by exception");
		if (script_request(c->script, named->item[i]) && !c->requests[ceremony_request_index(c, named->item[i])].there)
			return N_("a request that is to be carried out is not there: its step was ended by exception");
	}
	const struct artifact_state *list[FILES_MAX];
	return files(c, run, list) ? NULL : N_("none of the files that are to be carried out was made");
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

static int text_hash(const struct ceremony *c, char hex[65])
{
	const char *medium = step_param(ceremony_step(c), "medium");
	return text_sha256(medium, strlen(medium), hex);
}

static const struct site_medium *medium_of(const struct ceremony *c)
{
	return site_medium(c->site, step_param(ceremony_step(c), "medium"));
}

static int check_facts(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts"), *copied = json_get(facts, "files"), *faults = json_get(entry->data, "faults");
	const struct artifact_state *list[FILES_MAX];
	size_t n = files(c, ceremony_run(c), list);
	const char *medium = json_text(facts, "medium"), *directory = json_text(facts, "directory");
	if (!medium || strcmp(medium, medium_of(c)->name) || !directory || strcmp(directory, medium_of(c)->directory))
		return error_set(e, ERROR_FAULT, "the files were carried out to another medium than the script and the site say");
	if (faults && faults->count)
		return 0;
	const struct json *f = copied ? copied->child : NULL;
	for (size_t i = 0; i < n; i++, f = f->next) {
		struct bytes hex = {0};
		bytes_hex(&hex, list[i]->sha256, 32);
		bool same = f && json_text(f, "name") && !strcmp(json_text(f, "name"), list[i]->path + 10) && json_text(f, "sha256") &&
			    !strcmp(json_text(f, "sha256"), bytes_string(&hex)) && json_number(f, "bytes", -1) == (int64_t)list[i]->bytes;
		bytes_free(&hex);
		if (!same)
			return error_set(e, ERROR_FAULT, "%s was not carried out as it is in the record", list[i]->path);
	}
	return f ? error_set(e, ERROR_FAULT, "more was carried out than the script names") : 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	char hex[65];
	(void)w;
	if (entry->event == FACTS_READ)
		return check_facts(c, entry, e);
	return text_hash(c, hex) < 0 ? error_memory(e) : check_acknowledged(c, entry, "ready", hex, NULL, e);
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const struct artifact_state *list[FILES_MAX];
	size_t n = files(c, ceremony_run(c), list);

	(void)w;
	(void)room;
	p->kind = PROMPT_ACKNOWLEDGE;
	p->see_all = true;
	message_set(&p->title, N_("The medium %s"), step_param(ceremony_step(c), "medium"));
	if (prompt_message(p, LINE_PLAIN, N_("It must be at %s. These files will be written to it, read back and compared:"), medium_of(c)->directory) < 0)
		return error_memory(e);
	for (size_t i = 0; i < n; i++) {
		struct bytes line = {0};
		bytes_printf(&line, "%s  %llu  ", list[i]->path + 10, (unsigned long long)list[i]->bytes);
		bytes_hex(&line, list[i]->sha256, 32);
		int rc = bytes_end(&line, e) < 0 ? -1 : prompt_line(p, LINE_FIXED, bytes_string(&line));
		bytes_free(&line);
		if (rc < 0)
			return error_memory(e);
	}
	return ask_acknowledgement(c, p, NULL, N_("Who put it in"), "ready", e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a, struct outcome *out, struct error *e)
{
	char hex[65];
	(void)room;
	return text_hash(c, hex) < 0 ? error_memory(e) : put_acknowledged(out, w, a, hex, e);
}

/* A file that an attempt before (or the run before) wrote whole is not in the way of the next. */
static int copied_before(const char *directory, const char *name, const struct artifact_state *a)
{
	char path[4096];
	uint8_t sum[32];
	uint64_t size;
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return file_sha256(path, sum, &size, NULL) == 0 && size == a->bytes && !memcmp(sum, a->sha256, 32);
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct artifact_state *list[FILES_MAX];
	size_t n = files(c, ceremony_run(c), list);
	const struct site_medium *m = medium_of(c);
	struct bytes fault = {0}, visible = {0};
	struct error err = {0};
	bool failed = false;

	struct bytes *data = outcome_add(out, FACTS_READ, w->step);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", "medium");
	json_key(&j, "facts");
	json_begin_object(&j);
	json_member_text(&j, "medium", m->name);
	json_member_text(&j, "directory", m->directory);
	json_key(&j, "files");
	json_begin_array(&j);
	for (size_t i = 0; i < n && !failed; i++) {
		const char *name = list[i]->path + 10;
		uint64_t size = list[i]->bytes;
		uint8_t sum[32];
		memcpy(sum, list[i]->sha256, 32);
		if (!copied_before(m->directory, name, list[i]) &&
			volume_copy(record_dir(room->record), list[i]->path, m->directory, name, &size, sum, &err) < 0) {
			error_text(&err, &fault);
			failed = true;
			break;
		}
		json_begin_object(&j);
		json_member_text(&j, "name", name);
		json_member_int(&j, "bytes", (int64_t)size);
		json_member_hex(&j, "sha256", sum, 32);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
	json_key(&j, "faults");
	json_begin_array(&j);
	if (failed) {
		text_visible(&visible, bytes_string(&fault), fault.len);
		json_put_text(&j, bytes_string(&visible));
	}
	json_end_array(&j);
	json_end_object(&j);
	bytes_free(&fault);
	bytes_free(&visible);
	return bytes_end(data, e);
}

static const char *const help[] = {
	N_("Only the files that the script names are written. Each is flushed, read back and compared before the medium is taken out."), NULL};

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
