#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "record/transcript.h"

static const char transcript_name[] = "transcript.jsonl";

struct record {
	char *path;
	int dir, fd;
	struct tree tree;
	uint8_t (*leaves)[32]; /* of all entries, so that the root of every earlier size can be had again */
	size_t room;           /* for so many of them */
	struct json_doc *doc;
	struct bytes line; /* the newest entry, with its LF */
	struct entry entry;
	off_t size;       /* of the transcript: whole lines only */
	int64_t time;     /* of the newest entry */
	bool clock_noted; /* the newest entry says that the clock was set: the next one may run back */
	bool broken;      /* a write has failed: what is on disk is not known for certain */
};

/* A record that holds nothing yet. Takes `dir`, also on failure. */
static struct record *record_new(const char *path, int dir, struct error *e)
{
	struct record *r = calloc(1, sizeof *r);

	if (r == NULL) {
		close(dir);
		error_memory(e);
		return NULL;
	}
	r->dir = dir;
	r->fd = -1;
	r->path = strdup(path);
	r->doc = json_doc_new();
	if (r->path == NULL || r->doc == NULL) {
		record_free(&r);
		error_memory(e);
	}
	return r;
}

void record_free(struct record **r)
{
	if (*r == NULL)
		return;
	if ((*r)->fd >= 0)
		close((*r)->fd);
	close((*r)->dir);
	json_doc_free(&(*r)->doc);
	bytes_free(&(*r)->line);
	free((*r)->leaves);
	free((*r)->path);
	free(*r);
	*r = NULL;
}

enum {
	LOCK_TRIES = 100,
	LOCK_PAUSE = 20000000 /* nanoseconds, two seconds in all */
};

/* Two consoles that append to one record would each make the other's entries worthless. A console that was killed while
 * it started its helper leaves the lock, for a moment, to the child that has not become the helper yet. */
static int record_lock(const struct record *r, struct error *e)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE};
	int locked = flock(r->fd, LOCK_EX | LOCK_NB);

	for (int n = 0; locked != 0 && errno == EWOULDBLOCK && n < LOCK_TRIES; n++) {
		nanosleep(&pause, NULL);
		locked = flock(r->fd, LOCK_EX | LOCK_NB);
	}
	if (locked == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return error_set(e, ERROR_FAULT, N_("Another program is writing to the record %s. End that one first."),
		        r->path);
	return error_errno(e, N_("The record %s cannot be locked: %s"), r->path);
}

static int folder_create(int dir, const char *name, struct error *e)
{
	int fd = dir_create_at(dir, name, e);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/* Takes back what record_create() made, so that the name can be used again: whatever is not empty stays. */
static void record_undo(const char *path, struct record *r)
{
	if (r->fd >= 0)
		unlinkat(r->dir, transcript_name, 0);
	unlinkat(r->dir, "people", AT_REMOVEDIR);
	unlinkat(r->dir, "artifacts", AT_REMOVEDIR);
	rmdir(path);
}

struct record *record_create(const char *path, struct error *e)
{
	struct record *r = NULL, *made = NULL;
	int dir = dir_create(path, e);

	if (dir < 0)
		return NULL;
	r = record_new(path, dir, e);
	if (r == NULL || folder_create(r->dir, "people", e) != 0 || folder_create(r->dir, "artifacts", e) != 0)
		goto out;
	r->fd = openat(r->dir, transcript_name, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (r->fd < 0) {
		error_errno(e, N_("%s cannot be created: %s"), transcript_name);
		goto out;
	}
	if (record_lock(r, e) != 0)
		goto out;
	if (fsync(r->fd) != 0 || fsync(r->dir) != 0) {
		error_errno(e, N_("The record %s cannot be synced: %s"), path);
		goto out;
	}
	made = r;
	r = NULL;
out:
	if (r != NULL)
		record_undo(path, r);
	record_free(&r);
	return made;
}

/* Cuts off what stands behind the last whole line. */
static int torn_cut(struct record *r, struct error *e)
{
	if (ftruncate(r->fd, r->size) != 0 || fsync(r->fd) != 0)
		return error_errno(e, N_("The torn last line of the record %s cannot be cut off: %s"), r->path);
	return 0;
}

/* A place for the leaf number `index`; NULL without memory. */
static uint8_t *leaf_place(struct record *r, uint64_t index, struct error *e)
{
	if (index >= r->room) {
		size_t room = r->room ? r->room * 2 : 256;
		void *larger = reallocarray(r->leaves, room, sizeof *r->leaves);

		if (larger == NULL) {
			error_memory(e);
			return NULL;
		}
		r->leaves = larger;
		r->room = room;
	}
	return r->leaves[index];
}

struct opening {
	struct record *record;
	transcript_each *each;
	void *context;
};

static int opening_each(void *context, const struct entry *entry, const struct tree *after, struct error *e)
{
	const struct opening *o = context;
	uint8_t *leaf = leaf_place(o->record, after->size - 1, e);

	if (leaf == NULL)
		return -1;
	if (tree_leaf(entry->line, entry->len, leaf) != 0)
		return error_memory(e);
	return o->each != NULL ? o->each(o->context, entry, after, e) : 0;
}

struct record *record_open(const char *path,
        int (*each)(void *context, const struct entry *entry, const struct tree *after, struct error *e), void *context,
        struct bytes *torn, struct error *e)
{
	struct transcript_end end = {0};
	struct record *r = NULL, *opened = NULL;
	struct opening opening = {NULL, each, context};
	struct stat st;
	int dir = dir_open(path, e);

	if (dir < 0)
		return NULL;
	r = record_new(path, dir, e);
	if (r == NULL)
		goto out;
	opening.record = r;
	r->fd = openat(r->dir, transcript_name, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (r->fd < 0) {
		error_errno(e, N_("%s cannot be opened: %s"), transcript_name);
		goto out;
	}
	if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		error_set(e, ERROR_FAULT, N_("%s is not a regular file."), transcript_name);
		goto out;
	}
	if (record_lock(r, e) != 0 || transcript_scan(r->fd, opening_each, &opening, &r->tree, &end, e) != 0)
		goto out;
	if (end.closed) {
		error_set(e, ERROR_FAULT, N_("The ceremony of the record %s is closed. Nothing can be added to it."),
		        path);
		goto out;
	}
	r->size = (off_t)end.whole;
	r->time = end.time;
	bytes_clear(torn);
	bytes_add(torn, bytes_string(&end.torn), end.torn.len);
	if (bytes_end(torn, e) != 0 || (torn->len > 0 && torn_cut(r, e) != 0))
		goto out;
	opened = r;
	r = NULL;
out:
	record_free(&r);
	bytes_free(&end.torn);
	return opened;
}

static int write_whole(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		data += put;
		len -= (size_t)put;
	}
	return 0;
}

/* Puts r->line on disk. When that fails nobody knows how much of it is there, so the file goes back to what is known.
 */
static int line_store(struct record *r, struct error *e)
{
	if (write_whole(r->fd, r->line.data, r->line.len) == 0 && fdatasync(r->fd) == 0) {
		r->size += (off_t)r->line.len;
		return 0;
	}
	error_errno(e,
	        r->size ? N_("The entry cannot be written to the record %s: %s. Put that right, then resume the "
	                     "ceremony.")
	                : N_("The first entry cannot be written to the record %s: %s. Nothing was begun in it: put "
	                     "that "
	                     "right, and begin in another directory."),
	        r->path);
	if (e != NULL)
		e->code = ERROR_IO;
	r->broken = true;
	if (ftruncate(r->fd, r->size) == 0)
		fsync(r->fd);
	return -1;
}

const struct entry *record_append(
        struct record *r, const char *step, enum event event, const char *data, struct error *e)
{
	return record_append_after(r, step, event, data, NULL, NULL, e);
}

const struct entry *record_append_after(struct record *r, const char *step, enum event event, const char *data,
        int (*before)(void *context, const struct entry *entry, const struct tree *after, struct error *e),
        void *context, struct error *e)
{
	struct tree after = r->tree;
	int64_t now = time_now_ms();
	uint8_t *leaf;
	size_t len;

	if (r->broken) {
		error_set(e, ERROR_IO,
		        N_("The record %s takes no more entries after a failed write. Resume the ceremony."), r->path);
		return NULL;
	}
	if (now < r->time && !r->clock_noted)
		now = r->time;
	bytes_clear(&r->line);
	if (entry_write(r->tree.size, now, step, event, data, &r->line, e) != 0)
		return NULL;
	len = r->line.len;
	bytes_byte(&r->line, '\n');
	if (bytes_end(&r->line, e) != 0 || entry_parse(r->doc, bytes_string(&r->line), len, &r->entry, e) != 0)
		return NULL;
	leaf = leaf_place(r, r->tree.size, e);
	if (leaf == NULL)
		return NULL;
	if (tree_leaf(r->line.data, len, leaf) != 0 || tree_add_leaf(&after, leaf) != 0) {
		error_memory(e);
		return NULL;
	}
	if (before != NULL && before(context, &r->entry, &after, e) != 0)
		return NULL;
	if (line_store(r, e) != 0)
		return NULL;
	/* Only now: no tree, and so no checkpoint, ever speaks of an entry that is not on disk. */
	r->tree = after;
	r->time = now;
	r->clock_noted = entry_notes_clock(&r->entry);
	return &r->entry;
}

const struct tree *record_tree(const struct record *r)
{
	return &r->tree;
}

int record_root_at(const struct record *r, uint64_t size, uint8_t root[32])
{
	struct tree tree = {0};

	if (size > r->tree.size)
		return -1;
	for (uint64_t i = 0; i < size; i++)
		if (tree_add_leaf(&tree, r->leaves[i]) != 0)
			return -1;
	return tree_root(&tree, root);
}

int record_dir(const struct record *r)
{
	return r->dir;
}

const char *record_path(const struct record *r)
{
	return r->path;
}
