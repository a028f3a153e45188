/* The end of a record: the checkpoint that all sign, and the files that are derived from it. */
#include "engine/private.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "engine/paper.h"
#include "media/bundle.h"
#include "people/credential_state.h"
#include "steps/close.h"

enum { CHECKPOINT_MAX = 65536 };

static int cosign(const struct engine *g, const char *name, int64_t seconds, const struct bytes *text,
        struct bytes *note, struct error *e)
{
	char held[200];
	closing_name(held, name);
	const struct person *p = consent_find(g->c->consent, name);
	const struct secret *seed = room_held(&g->room, held);
	struct bytes line = {0};
	int rc = -1;

	if (!p || !seed)
		return error_set(e, ERROR_INTERNAL, "%s has not unlocked the key for the closing signature", name);
	if (note_sign(&p->key, seed, seconds, bytes_string(text), text->len, &line, e) == 0) {
		bytes_add(note, line.data, line.len);
		bytes_byte(note, '\n');
		rc = 0;
	}
	bytes_free(&line);
	return rc;
}

/* Before ceremony.closed is written: afterwards the console's key could be gone, and nothing could sign the end any
 * more. */
int engine_sign_end(struct engine *g, const struct entry *entry, const struct tree *after, struct error *e)
{
	struct bytes text = {0}, note = {0}, line = {0};
	const struct json *cosigners = json_get(entry->data, "cosigners");
	uint8_t root[32];
	int rc = -1;

	if (tree_root(after, root) < 0)
		return error_memory(e);
	checkpoint_text(&text, consent_policy(g->c->consent)->origin, after->size, root);
	if (bytes_end(&text, e) < 0 || room_sign(&g->room, consent_console(g->c->consent), &text, &line, e) < 0)
		goto out;
	bytes_add(&note, text.data, text.len);
	bytes_byte(&note, '\n');
	bytes_add(&note, line.data, line.len);
	bytes_byte(&note, '\n');
	for (const struct json *name = cosigners->child; name; name = name->next)
		if (cosign(g, name->text, entry->time / 1000, &text, &note, e) < 0)
			goto out;
	if (bytes_end(&note, e) < 0)
		goto out;
	rc = file_replace(record_dir(g->room.record), "checkpoint", note.data, note.len, 0644, e);
out:
	room_wipe(&g->room, "closing ");
	bytes_free(&text);
	bytes_free(&note);
	bytes_free(&line);
	return rc;
}

/* Not before ceremony.closed is on disk: a key that remembered an end which was never written could sign nothing in the
 * resumed ceremony. Their signatures are given by now, so a medium that was taken out already is told, and no more. */
void engine_remember_end(struct engine *g)
{
	struct bytes text = {0};
	uint8_t root[32];

	bytes_clear(&g->unkept);
	if (tree_root(&g->c->tree, root) < 0)
		return;
	checkpoint_text(&text, consent_policy(g->c->consent)->origin, g->c->tree.size, root);
	for (size_t i = 0; i < consent_people(g->c->consent); i++) {
		const struct person *p = consent_person(g->c->consent, i);
		struct error gone = {0};
		if (p->present && credential_remember(g->room.credentials, p->name, g->room.record, &text, &gone) < 0)
			bytes_printf(&g->unkept, "%s%s", g->unkept.len ? ", " : "", p->name);
	}
	bytes_free(&text);
}

static int sums_put(int dir, struct error *e)
{
	struct bytes sums = {0};
	int rc = bundle_sums(dir, &sums, e);
	if (rc == 0)
		rc = file_replace(dir, "SHA256SUMS", sums.data, sums.len, 0644, e);
	bytes_free(&sums);
	return rc;
}

/* The report is printed of a record that verifies, so its sums are there first; they are made again with it. That it
 * cannot be printed here is told and no more: it can be, later, from the record. */
static int report_put(struct engine *g, int dir, struct error *e)
{
	struct bytes pdf = {0}, text = {0};
	int rc = 0;

	g->unprinted = (struct error){0};
	if (g->report && paper_make(g->report, g->record_path, &pdf, &text, &g->unprinted) == 0)
		rc = file_replace(dir, PAPER_PDF, pdf.data, pdf.len, 0644, e) < 0 ||
		                     file_replace(dir, PAPER_TEXT, text.data, text.len, 0644, e) < 0
		             ? -1
		             : sums_put(dir, e);
	bytes_free(&pdf);
	bytes_free(&text);
	return rc;
}

int engine_finish(struct engine *g, struct error *e)
{
	struct bytes png = {0}, svg = {0};
	const struct bundle_image image = {g->c->time / 1000, false, ceremony_rehearsal(g->c)};
	int rc = -1, dir = dir_open(g->record_path, e);

	if (dir < 0)
		return -1;
	hsm_end(&g->room.hsm);
	bytes_clear(&g->final);
	if (file_read_at(dir, "checkpoint", CHECKPOINT_MAX, &g->final, e) < 0 ||
	        bundle_code_png(g->final.data, g->final.len, &png, e) < 0 ||
	        bundle_code_svg(g->final.data, g->final.len, &svg, e) < 0 ||
	        file_replace(dir, "checkpoint.png", png.data, png.len, 0644, e) < 0 ||
	        file_replace(dir, "checkpoint.svg", svg.data, svg.len, 0644, e) < 0 || sums_put(dir, e) < 0 ||
	        report_put(g, dir, e) < 0)
		goto out;
	/* The last file that is made: nothing comes into the record after it. */
	if (step_param(&g->c->script->steps[g->c->script->step_count - 1], "image") &&
	        image_make(&g->image, g->record_path, &image, true, e) < 0)
		goto out;
	rc = 0;
out:
	close(dir);
	bytes_free(&png);
	bytes_free(&svg);
	return rc;
}

int engine_sealed(struct engine *g, struct error *e)
{
	hsm_end(&g->room.hsm);
	room_wipe(&g->room, "");
	bytes_clear(&g->final);
	return file_read_at(record_dir(g->room.record), "checkpoint", CHECKPOINT_MAX, &g->final, e);
}

int engine_seal(const struct engine *g, struct json_writer *j, struct error *e)
{
	struct bytes file = {0}, line = {0};
	const char *at = "", *end;
	int rc = -1;

	json_key(j, "seal");
	json_begin_array(j);
	if (consent_sealed(g->c->consent)) {
		if (file_read_at(record_dir(g->room.record), "checkpoint", CHECKPOINT_MAX, &file, e) < 0)
			goto out;
		at = strstr(bytes_string(&file), "\n\n");
		at = at ? at + 2 : "";
	}
	for (; *at; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		bytes_clear(&line);
		bytes_add(&line, at, (size_t)(end - at));
		if (bytes_end(&line, e) < 0)
			goto out;
		json_put_text(j, bytes_string(&line));
	}
	rc = 0;
out:
	json_end_array(j);
	bytes_free(&file);
	bytes_free(&line);
	return rc;
}

int final_prompt(struct engine *g, struct prompt *p, struct error *e)
{
	uint8_t root[32];
	struct bytes hex = {0}, words = {0}, unprinted = {0};
	int rc = -1;

	if (g->unprinted.code)
		error_text(&g->unprinted, &unprinted);
	p->kind = PROMPT_CODE;
	message_set(&p->title,
	        g->c->paused ? N_("The record is sealed. Everyone takes origin, size and root along.")
	                     : N_("The record is closed and signed. Everyone takes origin, size and root home."));
	bytes_add(&p->code, g->final.data, g->final.len);
	if (bytes_end(&p->code, e) < 0 || sha256(g->final.data, g->final.len, p->code_sha256) < 0 ||
	        tree_root(&g->c->tree, root) < 0)
		return error_memory(e);
	for (size_t i = 0; i < sizeof(root); i += 2) {
		bytes_text(&hex, i ? " " : "");
		bytes_hex(&hex, root + i, 2);
	}
	text_pgp_words(&words, root, sizeof(root));
	if (bytes_end(&hex, e) == 0 && bytes_end(&words, e) == 0 &&
	        prompt_message(p, LINE_PLAIN, N_("Origin: %s"), consent_policy(g->c->consent)->origin) == 0 &&
	        prompt_message(p, LINE_PLAIN, N_("Size: %llu entries"), (unsigned long long)g->c->tree.size) == 0 &&
	        prompt_message(p, LINE_PLAIN, N_("Root:")) == 0 &&
	        prompt_line(p, LINE_FIXED, bytes_string(&hex)) == 0 &&
	        prompt_line(p, LINE_FIXED, bytes_string(&words)) == 0 &&
	        (!g->unprinted.code || prompt_message(p, LINE_PLAIN, N_("No printed report lies in the record: %s"),
	                                       bytes_string(&unprinted)) == 0) &&
	        (!g->unkept.len || prompt_message(p, LINE_PLAIN,
	                                   N_("Beside these keys the end of the record is not kept, since their media "
	                                      "are not here any more: %s"),
	                                   bytes_string(&g->unkept)) == 0))
		rc = 0;
	bytes_free(&hex);
	bytes_free(&words);
	bytes_free(&unprinted);
	return rc < 0 ? error_memory(e) : 0;
}

int image_prompt(const struct engine *g, struct prompt *p, struct error *e)
{
	const char *path = bytes_string(&g->image.path), *slash = strrchr(path, '/');

	p->kind = PROMPT_CODE;
	message_set(&p->title, N_("The disc image of the record"));
	/* As sha256sum writes it, and takes it with --check. What stands beside the code is the same hash, not the
	 * code's own: on one screen there is one. */
	bytes_hex(&p->code, g->image.sha256, sizeof(g->image.sha256));
	bytes_printf(&p->code, "  %s\n", slash ? slash + 1 : path);
	memcpy(p->code_sha256, g->image.sha256, sizeof(p->code_sha256));
	if (bytes_end(&p->code, e) < 0)
		return -1;
	return prompt_message(p, LINE_PLAIN, N_("File: %s"), path) < 0 ||
	                       prompt_message(
	                               p, LINE_PLAIN, N_("Size: %llu bytes"), (unsigned long long)g->image.size) < 0 ||
	                       prompt_message(p, LINE_PLAIN,
	                               N_("The code holds the SHA-256 of the image and its name, as sha256sum writes "
	                                  "them.")) < 0
	               ? error_memory(e)
	               : 0;
}
