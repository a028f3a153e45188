/* The files that are published, their manifest, and the directory they go to. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "media/publish_private.h"
#include "media/qr.h"

enum { CODE_SCALE = 6 };

const char *const publish_hash_names[PUBLISH_HASHES] = {"SHA-256", "SHA-384", "SHA-512", "SHA-1"};

int publish_hash(size_t kind, const struct bytes *data, uint8_t out[64], size_t *len, struct error *e)
{
	unsigned n = 0;

	if (EVP_Digest(data->data, data->len, out, &n, EVP_get_digestbyname(publish_hash_names[kind]), NULL) != 1) {
		ERR_clear_error();
		return error_memory(e);
	}
	*len = n;
	return 0;
}

int publish_code_line(const struct publish_artifact *a, struct bytes *out, struct error *e)
{
	uint8_t hash[64];
	size_t len = 0;

	if (publish_hash(PUBLISH_SHA256, &a->data, hash, &len, e) < 0)
		return -1;
	bytes_printf(out, "SHA256 (%s) = ", a->name);
	bytes_hex(out, hash, len);
	bytes_byte(out, '\n');
	return bytes_end(out, e);
}

int publish_file_add(struct publish_files *f, const char *name, struct bytes *data, struct error *e)
{
	struct publish_file *list = reallocarray(f->file, f->count + 1, sizeof(*list)), *file;

	if (!list)
		return error_memory(e);
	f->file = list;
	file = &list[f->count];
	*file = (struct publish_file){0};
	bytes_text(&file->name, name);
	if (bytes_end(&file->name, e) < 0) {
		bytes_free(&file->name);
		return -1;
	}
	file->data = *data;
	*data = (struct bytes){0};
	f->count++;
	return 0;
}

void publish_files_free(struct publish_files *f)
{
	for (size_t i = 0; i < f->count; i++) {
		bytes_free(&f->file[i].name);
		bytes_free(&f->file[i].data);
	}
	free(f->file);
	*f = (struct publish_files){0};
}

static int add_named(struct publish_files *f, const char *before, const char *name, const char *after,
        struct bytes *data, struct error *e)
{
	struct bytes whole = {0};
	int rc = -1;

	bytes_printf(&whole, "%s%s%s", before, name, after);
	if (bytes_end(&whole, e) == 0 && bytes_end(data, e) == 0)
		rc = publish_file_add(f, bytes_string(&whole), data, e);
	bytes_free(&whole);
	return rc;
}

static int add_code(struct publish_files *f, const struct publish_artifact *a, struct error *e)
{
	struct bytes line = {0}, png = {0}, svg = {0};
	struct qr qr = {0};
	int rc = -1;

	if (publish_code_line(a, &line, e) < 0 || qr_make(&qr, line.data, line.len, e) < 0 ||
	        qr_png(&qr, CODE_SCALE, &png, e) < 0 || qr_svg(&qr, &svg, e) < 0)
		goto out;
	if (add_named(f, a->name, ".sha256", ".png", &png, e) == 0)
		rc = add_named(f, a->name, ".sha256", ".svg", &svg, e);
out:
	qr_free(&qr);
	bytes_free(&line);
	bytes_free(&png);
	bytes_free(&svg);
	return rc;
}

static int add_sheets(const struct publish *p, struct publish_files *f, const char *mark, struct error *e)
{
	static const char *const names[PUBLISH_LANGUAGES] = {"sheet-en", "sheet-ja"};

	for (int l = 0; l < PUBLISH_LANGUAGES; l++) {
		struct page *page = publish_sheet(p, (enum publish_language)l, e);
		struct bytes pdf = {0}, text = {0};
		int rc = -1;

		if (page && page_pdf(page, &pdf, e) == 0 && page_text(page, &text, e) == 0 &&
		        add_named(f, mark, names[l], ".pdf", &pdf, e) == 0)
			rc = add_named(f, mark, names[l], ".txt", &text, e);
		page_free(&page);
		bytes_free(&pdf);
		bytes_free(&text);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct publish_file *one = a, *other = b;

	return strcmp(bytes_string(&one->name), bytes_string(&other->name));
}

/* Names, lengths and hashes, not the contents one behind another: so no byte can wander from one file into the next. */
static int add_manifest(const struct publish *p, struct publish_files *f, const char *mark, struct error *e)
{
	struct bytes text = {0};
	int rc = -1;

	qsort(f->file, f->count, sizeof(*f->file), by_name);
	bytes_printf(&text, "tachiai-publication/1\n%sorigin %s\nsize %llu\nroot ",
	        p->v.rehearsal ? "REHEARSAL: not to be published\n" : "", bytes_string(&p->v.origin),
	        (unsigned long long)p->v.entries);
	bytes_base64(&text, p->v.root, sizeof(p->v.root));
	bytes_text(&text, "\n\n");
	for (size_t i = 0; i < f->count; i++) {
		uint8_t hash[64];
		size_t len = 0;
		if (publish_hash(PUBLISH_SHA256, &f->file[i].data, hash, &len, e) < 0)
			goto out;
		bytes_hex(&text, hash, len);
		bytes_printf(&text, " %zu %s\n", f->file[i].data.len, bytes_string(&f->file[i].name));
	}
	rc = add_named(f, mark, "manifest", ".txt", &text, e);
out:
	bytes_free(&text);
	return rc;
}

int publish_make(const struct publish *p, struct publish_files *f, struct error *e)
{
	const char *mark = p->v.rehearsal ? "REHEARSAL-" : "";

	if (!p->artifacts)
		return error_set(e, ERROR_FAULT,
		        N_("This ceremony issued no certificate and no CRL, so there is nothing to publish."));
	for (size_t i = 0; i < p->artifacts; i++) {
		const struct publish_artifact *a = &p->artifact[i];
		struct bytes copy = {0};
		bool der = strstr(a->type, "-der") != NULL;

		/* the names of a rehearsal's artifacts bear the mark themselves */
		bytes_add(&copy, a->data.data, a->data.len);
		if (add_named(f, "", a->name, "", &copy, e) < 0) {
			bytes_free(&copy);
			return -1;
		}
		if (der && add_code(f, a, e) < 0)
			return -1;
	}
	return add_sheets(p, f, mark, e) < 0 ? -1 : add_manifest(p, f, mark, e);
}

int publish_write(const struct publish_files *f, const char *directory, struct error *e)
{
	int dir = dir_create(directory, e), rc = 0;
	size_t written = 0;

	if (dir < 0)
		return -1;
	for (; rc == 0 && written < f->count; written++)
		rc = file_write_new(dir, bytes_string(&f->file[written].name), f->file[written].data.data,
		        f->file[written].data.len, 0644, e);
	while (rc < 0 && written--)
		unlinkat(dir, bytes_string(&f->file[written].name), 0);
	close(dir);
	if (rc < 0)
		rmdir(directory);
	return rc;
}
