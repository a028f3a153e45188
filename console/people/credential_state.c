#include "people/credential_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "people/credential.h"
#include "record/note.h"
#include "record/record.h"

enum { STATE_MAX = 1 << 20, STATE_NAME = NOTE_NAME_MAX + 8 };

void credential_state_free(struct credential_state *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->line[i].origin);
	free(s->line);
	*s = (struct credential_state){0};
}

static struct credential_line *find(const struct credential_state *s, const char *origin)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->line[i].origin, origin) == 0)
			return &s->line[i];
	return NULL;
}

const struct credential_line *credential_state_find(const struct credential_state *s, const char *origin)
{
	return find(s, origin);
}

static struct credential_line *line_add(struct credential_state *s, const char *origin, struct error *e)
{
	struct credential_line *larger = reallocarray(s->line, s->count + 1, sizeof *larger);
	char *copy = strdup(origin);

	if (larger)
		s->line = larger;
	if (!larger || !copy) {
		free(copy);
		error_memory(e);
		return NULL;
	}
	larger[s->count] = (struct credential_line){.origin = copy};
	return &larger[s->count++];
}

static void state_name(char out[STATE_NAME], const char *name)
{
	snprintf(out, STATE_NAME, "%s.signed", name);
}

/* A line is a checkpoint with blanks for its line feeds, so the reader of checkpoints reads it. */
static int line_take(struct credential_state *s, const char *text, size_t len, struct error *e)
{
	struct bytes lines = {0}, origin = {0};
	struct credential_line *line;
	uint8_t root[32];
	uint64_t size;
	int result = -1;

	bytes_add(&lines, text, len);
	for (size_t i = 0; i < lines.len && !lines.failed; i++)
		if (lines.data[i] == ' ')
			lines.data[i] = '\n';
	bytes_byte(&lines, '\n');
	if (bytes_end(&lines, e) || checkpoint_parse(bytes_string(&lines), lines.len, &origin, &size, root, e) ||
	        find(s, bytes_string(&origin)) || !(line = line_add(s, bytes_string(&origin), e)))
		goto out;
	line->size = size;
	memcpy(line->root, root, sizeof line->root);
	result = 0;
out:
	bytes_free(&lines);
	bytes_free(&origin);
	return result;
}

static int state_parse(const struct bytes *text, const char *file, struct credential_state *s, struct error *e)
{
	const char *at = bytes_string(text), *end = at + text->len;

	for (unsigned number = 1; at < end; number++) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		struct error why = {0};

		if (!lf || line_take(s, at, (size_t)(lf - at), &why)) {
			if (why.code == ERROR_MEMORY)
				return error_memory(e);
			return error_set(e, ERROR_FAULT,
			        N_("%s, line %u: this is not what the console writes there (origin, size, root), so it "
			           "is "
			           "not known what the key has signed. Find out who changed the file before this key "
			           "signs "
			           "again."),
			        file, number);
		}
		at = lf + 1;
	}
	return 0;
}

static int state_read(int dir, const char *file, struct credential_state *s, struct error *e)
{
	struct bytes text = {0};
	struct stat st;
	int result = -1;

	if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
		return 0;
	if (!file_read_at(dir, file, STATE_MAX, &text, e))
		result = state_parse(&text, file, s, e);
	bytes_free(&text);
	if (result)
		credential_state_free(s);
	return result;
}

int credential_state_read(const char *directory, const char *name, struct credential_state *s, struct error *e)
{
	char file[STATE_NAME];
	int dir = credential_open_medium(directory, name, e), result;

	*s = (struct credential_state){0};
	if (dir < 0)
		return -1;
	state_name(file, name);
	result = state_read(dir, file, s, e);
	close(dir);
	return result;
}

static int state_write(int dir, const char *file, const struct credential_state *s, struct error *e)
{
	struct error cause = {0};
	struct bytes text = {0}, why = {0};
	int result;

	for (size_t i = 0; i < s->count; i++) {
		bytes_printf(&text, "%s %llu ", s->line[i].origin, (unsigned long long)s->line[i].size);
		bytes_base64(&text, s->line[i].root, sizeof s->line[i].root);
		bytes_byte(&text, '\n');
	}
	result = bytes_end(&text, e);
	if (!result && file_replace(dir, file, text.data, text.len, 0600, &cause)) {
		error_text(&cause, &why);
		result = error_set(e, ERROR_IO,
		        N_("Nothing was signed, since what the key signs cannot be kept beside it (%s). Make room on "
		           "the medium, or take its write protection away."),
		        bytes_string(&why));
	}
	bytes_free(&text);
	bytes_free(&why);
	return result;
}

/* Is the log that the line speaks of the beginning of this record? */
static int extends(const struct credential_line *line, const char *name, const struct record *record, struct error *e)
{
	struct bytes root = {0};
	uint8_t then[32];
	int result = -1;

	bytes_base64(&root, line->root, sizeof line->root);
	if (line->size > record_tree(record)->size)
		error_set(e, ERROR_FAULT,
		        N_("%s does not sign: the key signed %llu entries of this record, root %s, and here are only "
		           "%llu. "
		           "Two continuations of one record exist. Stop, and find the other one."),
		        name, (unsigned long long)line->size, bytes_string(&root),
		        (unsigned long long)record_tree(record)->size);
	else if (record_root_at(record, line->size, then))
		error_memory(e);
	else if (memcmp(then, line->root, sizeof then) != 0)
		error_set(e, ERROR_FAULT,
		        N_("%s does not sign: the key signed %llu entries with the root %s, and the first %llu entries "
		           "here are "
		           "others. Two continuations of one record exist. Stop, and find the other one."),
		        name, (unsigned long long)line->size, bytes_string(&root), (unsigned long long)line->size);
	else
		result = 0;
	bytes_free(&root);
	return result;
}

/* Into `s`, unless the key knows a later one of this log. */
static int take(struct credential_state *s, const char *name, const struct record *record, const char *origin,
        uint64_t size, const uint8_t root[32], struct error *e)
{
	struct credential_line *line = find(s, origin);

	if (line && extends(line, name, record, e))
		return -1;
	if (!line && !(line = line_add(s, origin, e)))
		return -1;
	if (size >= line->size) {
		line->size = size;
		memcpy(line->root, root, sizeof line->root);
	}
	return 0;
}

int credential_remember(const char *directory, const char *name, const struct record *record,
        const struct bytes *checkpoint, struct error *e)
{
	struct credential_state s = {0};
	struct bytes origin = {0};
	char file[STATE_NAME];
	uint8_t root[32];
	uint64_t size;
	int result = -1, dir = credential_open_medium(directory, name, e);

	if (dir < 0)
		return -1;
	state_name(file, name);
	if (!checkpoint_parse(bytes_string(checkpoint), checkpoint->len, &origin, &size, root, e) &&
	        !state_read(dir, file, &s, e) && !take(&s, name, record, bytes_string(&origin), size, root, e))
		result = state_write(dir, file, &s, e);
	credential_state_free(&s);
	bytes_free(&origin);
	close(dir);
	return result;
}
