/* A record whose lines were changed, as far as it verifies, on paper: the report's plain text and its pages. Nothing
 * may crash; a report is made of whatever can be read; its text is of 80 columns at most, and holds no character that a
 * terminal or a printer would obey. The input is that of record_edit.h; the flag 2 asks for the pages too. */
#include "tests/fuzz/record_edit.h"

#include "base/text.h"
#include "media/report.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLAG_PAGES = 2, FLAG_JAPANESE = 4 };

static struct bytes base;
static char folder[] = "/tmp/tachiai-fuzz-XXXXXX";

static void folder_remove(void)
{
	static const char *const names[] = {"transcript.jsonl", "script.yaml", "site.yaml", "artifacts", NULL};

	for (size_t i = 0; names[i]; i++) {
		char path[200];
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

/* A record's directory, whose script, site and artifacts are those of the base. */
static void folder_make(void)
{
	static const char *const names[] = {"script.yaml", "site.yaml", "artifacts"};
	char *whole = realpath(edit_base(), NULL);

	edit_read("transcript.jsonl", &base);
	demand(whole && mkdtemp(folder));
	atexit(folder_remove);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char to[200], from[4200];
		struct bytes text = {0};
		snprintf(to, sizeof to, "%s/%s", folder, names[i]);
		snprintf(from, sizeof from, "%s/%s", whole, names[i]);
		if (i == 2) {
			demand(symlink(from, to) == 0);
			continue;
		}
		int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		edit_read(names[i], &text);
		demand(fd >= 0 && write(fd, text.data, text.len) == (ssize_t)text.len);
		close(fd);
		bytes_free(&text);
	}
	free(whole);
}

static void transcript_write(const struct edit_record *r)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof path, "%s/transcript.jsonl", folder);
	demand((f = fopen(path, "wb")) != NULL);
	for (size_t i = 0; i < r->count; i++) {
		fwrite(r->line[i].data, 1, r->line[i].len, f);
		putc('\n', f);
	}
	demand(fclose(f) == 0);
}

static void text_demand(const struct bytes *text)
{
	const char *at = bytes_string(text), *end = at + text->len;

	demand(text_is_utf8(at, text->len) && text->len && end[-1] == '\n');
	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		struct bytes seen = {0};
		demand(lf && text_cells(at, (size_t)(lf - at)) <= PAGE_TEXT_COLUMNS);
		text_visible(&seen, at, (size_t)(lf - at));
		demand(seen.len == (size_t)(lf - at) && (!seen.len || memcmp(seen.data, at, seen.len) == 0));
		bytes_free(&seen);
		at = lf + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct edit_record r;
	uint8_t flags = len ? data[0] : 0;
	struct bytes text = {0}, pdf = {0};
	struct error e = {0};
	struct page *p;
	bool holds = true;

	if (!base.len)
		folder_make();
	memset(&r, 0, sizeof r);
	edit_make(&r, &base, data, len);
	transcript_write(&r);
	p = report_record(folder, flags & FLAG_JAPANESE ? "ja" : "en", &holds, &e);
	demand(p || e.code != ERROR_NONE);
	/* the record is never closed here: nobody's checkpoint is beside it */
	demand(!p || !holds);
	if (p && page_text(p, &text, &e) == 0)
		text_demand(&text);
	else
		demand(e.code != ERROR_NONE);
	if (p && flags & FLAG_PAGES) {
		if (page_pdf(p, &pdf, &e) == 0)
			demand(page_count(p) > 0 && pdf.len > 100);
		else
			demand(e.code == ERROR_MISSING || e.code == ERROR_FAULT);
	}
	page_free(&p);
	bytes_free(&text);
	bytes_free(&pdf);
	edit_free(&r);
	return 0;
}
