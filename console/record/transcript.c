#include "record/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "record/record.h"

/* Several lines at a time; a line of ENTRY_MAX bytes with its LF always fits. */
enum { BUFFER = 4 * ENTRY_MAX };

struct scan {
	struct json_doc *doc;
	transcript_each *each;
	void *context;
	struct tree *tree;
	struct transcript_end *end;
	struct transcript_place place;
};

int transcript_line(struct transcript_place *place, struct json_doc *doc, const char *line, size_t len,
        struct entry *out, struct error *e)
{
	if (entry_parse(doc, line, len, out, e) != 0)
		return -1;
	if (out->seq != place->count)
		return error_set(e, ERROR_FAULT, N_("The entry has the number %llu; number %llu was due."),
		        (unsigned long long)out->seq, (unsigned long long)place->count);
	if (place->count > 0 && out->time < place->time && !place->clock_noted)
		return error_set(e, ERROR_FAULT,
		        N_("The time runs back, and no exception of the kind \"clock\" before it says why."));
	place->count++;
	place->time = out->time;
	place->closed = out->event == CEREMONY_CLOSED;
	place->clock_noted = entry_notes_clock(out);
	return 0;
}

int transcript_fits(size_t len, struct error *e)
{
	return len > ENTRY_MAX ? error_set(e, ERROR_FAULT, N_("An entry is longer than %d bytes."), (int)ENTRY_MAX) : 0;
}

static int line_take(struct scan *s, const char *line, size_t len, struct error *e)
{
	struct entry entry;

	if (transcript_line(&s->place, s->doc, line, len, &entry, e) != 0)
		return -1;
	if (tree_add(s->tree, line, len) != 0)
		return error_memory(e);
	s->end->whole += len + 1;
	s->end->time = entry.time;
	s->end->closed = s->place.closed;
	return s->each != NULL ? s->each(s->context, &entry, s->tree, e) : 0;
}

/* Takes every whole line of `buffer`; sets *rest to how many bytes are left behind the last LF. */
static int lines_take(struct scan *s, const char *buffer, size_t len, size_t *rest, struct error *e)
{
	const char *at = buffer, *end = buffer + len, *lf;

	while (at < end && (lf = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		/* The fault stands in the line that comes after those in the tree, or is the one just added. */
		uint64_t number = s->tree->size + 1;

		if (line_take(s, at, (size_t)(lf - at), e) != 0) {
			if (e != NULL && e->line == 0)
				e->line = number > UINT32_MAX ? UINT32_MAX : (unsigned)number;
			return -1;
		}
		at = lf + 1;
	}
	*rest = (size_t)(end - at);
	if (transcript_fits(*rest, e) != 0) {
		if (e != NULL)
			e->line = (unsigned)(s->tree->size + 1);
		return -1;
	}
	return 0;
}

int transcript_scan(
        int fd, transcript_each *each, void *context, struct tree *tree, struct transcript_end *end, struct error *e)
{
	struct scan scan = {.doc = json_doc_new(), .each = each, .context = context, .tree = tree, .end = end};
	char *buffer = malloc(BUFFER);
	size_t have = 0, rest = 0;
	int result = -1;

	if (scan.doc == NULL || buffer == NULL) {
		error_memory(e);
		goto out;
	}
	for (;;) {
		ssize_t got = read(fd, buffer + have, BUFFER - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			error_errno(e, N_("%s cannot be read: %s"), "transcript.jsonl");
			goto out;
		}
		if (got == 0)
			break;
		have += (size_t)got;
		if (lines_take(&scan, buffer, have, &rest, e) != 0)
			goto out;
		memmove(buffer, buffer + have - rest, rest);
		have = rest;
	}
	bytes_clear(&end->torn);
	bytes_add(&end->torn, buffer, have);
	result = bytes_end(&end->torn, e);
out:
	json_doc_free(&scan.doc);
	free(buffer);
	return result;
}

int transcript_read(int dir,
        int (*each)(void *context, const struct entry *entry, const struct tree *after, struct error *e), void *context,
        struct tree *tree, bool *torn, struct error *e)
{
	struct transcript_end end = {0};
	struct stat st;
	int result = -1;
	int fd = openat(dir, "transcript.jsonl", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	*tree = (struct tree){0};
	*torn = false;
	if (fd < 0) {
		error_errno(e, N_("%s cannot be opened: %s"), "transcript.jsonl");
		goto out;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		error_set(e, ERROR_FAULT, N_("%s is not a regular file."), "transcript.jsonl");
		goto out;
	}
	if (transcript_scan(fd, each, context, tree, &end, e) != 0)
		goto out;
	*torn = end.torn.len > 0;
	result = 0;
out:
	if (fd >= 0)
		close(fd);
	bytes_free(&end.torn);
	return result;
}
