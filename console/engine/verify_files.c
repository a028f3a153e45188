#include "engine/verify_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "engine/paper.h"
#include "media/bundle.h"

struct known {
	char *path;
	uint8_t sha256[32];
	uint64_t bytes;
	bool sized;
};
struct files {
	struct known *known;
	size_t count;
	char **cosigners; /* NULL-terminated */
	size_t cosigner_count;
	unsigned acts;
};

struct files *files_new(void)
{
	struct files *f = calloc(1, sizeof(*f));
	if (f && !(f->cosigners = calloc(1, sizeof(*f->cosigners)))) {
		free(f);
		f = NULL;
	}
	return f;
}

static void cosigners_free(struct files *f)
{
	for (size_t i = 0; i < f->cosigner_count; i++)
		free(f->cosigners[i]);
	free(f->cosigners);
	f->cosigners = NULL;
	f->cosigner_count = 0;
}

void files_free(struct files **fp)
{
	struct files *f = *fp;
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++)
		free(f->known[i].path);
	cosigners_free(f);
	free(f->known);
	free(f);
	*fp = NULL;
}

static struct known *find(const struct files *f, const char *path)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->known[i].path, path))
			return &f->known[i];
	return NULL;
}

static int know(struct files *f, const char *path, const uint8_t sum[32], int64_t bytes, struct error *e)
{
	struct known *before = find(f, path);
	if (before)
		return memcmp(before->sha256, sum, 32)
		               ? error_set(e, ERROR_FAULT, "%s is named twice, with different contents", path)
		               : 0;
	struct known *list = realloc(f->known, (f->count + 1) * sizeof(*list));
	if (!list)
		return error_memory(e);
	f->known = list;
	struct known *k = &list[f->count];
	memset(k, 0, sizeof(*k));
	k->path = strdup(path);
	if (!k->path)
		return error_memory(e);
	memcpy(k->sha256, sum, 32);
	k->sized = bytes >= 0;
	k->bytes = bytes >= 0 ? (uint64_t)bytes : 0;
	f->count++;
	return 0;
}

static int know_hex(struct files *f, const char *path, const char *hex, int64_t bytes, struct error *e)
{
	uint8_t sum[32];
	if (!hex || hex_decode(hex, strlen(hex), sum, 32) < 0)
		return error_set(e, ERROR_FAULT, "the hash of %s is no hash", path);
	return know(f, path, sum, bytes, e);
}

static int note_person(struct files *f, const struct entry *entry, struct error *e)
{
	struct bytes path = {0}, line = {0};
	uint8_t sum[32];
	int rc = -1;
	bytes_printf(&path, "people/%s.vkey", json_text(entry->data, "person"));
	bytes_printf(&line, "%s\n", json_text(entry->data, "vkey"));
	if (bytes_end(&path, e) == 0 && bytes_end(&line, e) == 0 && sha256(line.data, line.len, sum) == 0)
		rc = know(f, bytes_string(&path), sum, (int64_t)line.len, e);
	bytes_free(&path);
	bytes_free(&line);
	return rc;
}

static int note_cosigners(struct files *f, const struct entry *entry, struct error *e)
{
	const struct json *list = json_get(entry->data, "cosigners");
	char **names = calloc((size_t)list->count + 1, sizeof(*names));
	if (!names)
		return error_memory(e);
	cosigners_free(f);
	f->cosigners = names;
	for (const struct json *name = list->child; name; name = name->next) {
		names[f->cosigner_count] = strdup(name->text);
		if (!names[f->cosigner_count])
			return error_memory(e);
		f->cosigner_count++;
	}
	return 0;
}

int files_note(struct files *f, const struct entry *entry, struct error *e)
{
	switch (entry->event) {
	case CEREMONY_OPENED:
		if (know_hex(f, "script.yaml", json_text(json_get(entry->data, "script"), "sha256"), -1, e) < 0)
			return -1;
		return know_hex(f, "site.yaml", json_text(json_get(entry->data, "site"), "sha256"), -1, e);
	case PERSON_JOINED:
		return note_person(f, entry, e);
	case ARTIFACT_WRITTEN:
	case ARTIFACT_TAKEN:
		if (find(f, json_text(entry->data, "path")))
			return error_set(e, ERROR_FAULT, "%s is written a second time", json_text(entry->data, "path"));
		return know_hex(f, json_text(entry->data, "path"), json_text(entry->data, "sha256"),
		        json_number(entry->data, "bytes", -1), e);
	case ACT_DONE:
		f->acts++;
		return 0;
	case CEREMONY_CLOSED:
		return note_cosigners(f, entry, e);
	default:
		return 0;
	}
}

/* The transcript and its checkpoint are judged by the log; these are made again from them. */
static bool derived(const char *path)
{
	static const char *const names[] = {"transcript.jsonl", "checkpoint", "checkpoint.png", "checkpoint.svg",
	        PAPER_PDF, PAPER_TEXT, "SHA256SUMS"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], path))
			return true;
	return false;
}

struct seen {
	const struct files *f;
	int dir;
	size_t count;
};

static int each_file(void *context, const char *path, struct error *e)
{
	struct seen *s = context;
	uint8_t sum[32];
	uint64_t size = 0;
	const struct known *k = find(s->f, path);

	if (derived(path))
		return 0;
	if (!k)
		return error_set(e, ERROR_FAULT, "%s is in the record's directory, and no entry speaks of it", path);
	if (file_sha256_at(s->dir, path, sum, &size, e) < 0)
		return -1;
	if (memcmp(sum, k->sha256, 32) || (k->sized && size != k->bytes))
		return error_set(e, ERROR_FAULT, "%s is not as the transcript says: its hash or size differs", path);
	s->count++;
	return 0;
}

static int same(int dir, const char *name, const struct bytes *made, struct error *e)
{
	struct bytes is = {0};
	int rc = file_read_at(dir, name, 1 << 24, &is, e);
	if (rc == 0 && (is.len != made->len || memcmp(is.data, made->data, is.len)))
		rc = error_set(e, ERROR_FAULT, "%s is not what follows from the record: made again, it differs", name);
	bytes_free(&is);
	return rc;
}

int files_verify(const struct files *f, int dir, struct error *e)
{
	struct seen seen = {f, dir, 0};
	struct bytes checkpoint = {0}, png = {0}, svg = {0}, sums = {0};
	int rc = -1;

	if (bundle_files(dir, each_file, &seen, e) < 0)
		goto out;
	for (size_t i = 0; seen.count < f->count && i < f->count; i++) {
		uint8_t sum[32];
		if (file_sha256_at(dir, f->known[i].path, sum, NULL, e) < 0)
			goto out;
	}
	if (file_read_at(dir, "checkpoint", 1 << 20, &checkpoint, e) < 0 ||
	        bundle_code_png(checkpoint.data, checkpoint.len, &png, e) < 0 ||
	        bundle_code_svg(checkpoint.data, checkpoint.len, &svg, e) < 0 ||
	        same(dir, "checkpoint.png", &png, e) < 0 || same(dir, "checkpoint.svg", &svg, e) < 0 ||
	        bundle_sums(dir, &sums, e) < 0 || same(dir, "SHA256SUMS", &sums, e) < 0)
		goto out;
	rc = 0;
out:
	bytes_free(&checkpoint);
	bytes_free(&png);
	bytes_free(&svg);
	bytes_free(&sums);
	return rc;
}

const char *const *files_cosigners(const struct files *f)
{
	return (const char *const *)f->cosigners;
}

size_t files_cosigner_count(const struct files *f)
{
	return f->cosigner_count;
}

unsigned files_acts(const struct files *f)
{
	return f->acts;
}

size_t files_count(const struct files *f)
{
	return f->count;
}
