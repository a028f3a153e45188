#include "media/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "media/disc.h"
#include "media/qr.h"

enum {
	CODE_SCALE =
	        6,     /* pixels a module: 750 pixels for a checkpoint of six people, read by a phone from the screen */
	DEPTH_MAX = 8, /* a record is two folders deep */
	FILES_MAX = 65536 /* more than any ceremony makes */
};

struct listing {
	char **path;
	size_t count, room;
	bool sums, later; /* SHA256SUMS and later/ too */
};

/* The code of the checkpoint. One code holds the console's line and those of some fifteen people; of a longer
 * checkpoint it holds as many signature lines, whole and in order, as fit: still a signed note, over the same three
 * lines. */
int bundle_code_size(const void *checkpoint, size_t *size, struct error *e)
{
	const char *text = checkpoint;
	size_t len = *size;

	while (len != 0 && qr_side(len) == 0) {
		const char *cut = memrchr(text, '\n', len - 1);

		/* Before the first signature line stands the empty one. */
		if (cut == NULL || cut == text || cut[-1] == '\n')
			return error_set(e, ERROR_FAULT,
			        "the checkpoint does not fit into one QR code: its origin or a name is too long");
		len = (size_t)(cut - text) + 1;
	}
	*size = len;
	return 0;
}

static int code_make(struct qr *qr, const void *checkpoint, size_t len, struct error *e)
{
	return bundle_code_size(checkpoint, &len, e) < 0 ? -1 : qr_make(qr, checkpoint, len, e);
}

int bundle_code_png(const void *checkpoint, size_t len, struct bytes *png, struct error *e)
{
	struct qr qr = {0};
	int result = -1;

	if (code_make(&qr, checkpoint, len, e) == 0)
		result = qr_png(&qr, CODE_SCALE, png, e);
	qr_free(&qr);
	return result;
}

int bundle_code_svg(const void *checkpoint, size_t len, struct bytes *svg, struct error *e)
{
	struct qr qr = {0};
	int result = -1;

	if (code_make(&qr, checkpoint, len, e) == 0)
		result = qr_svg(&qr, svg, e);
	qr_free(&qr);
	return result;
}

static bool name_is_plain(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return name[strspn(name, allowed)] == '\0';
}

static void listing_free(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->path[i]);
	free(l->path);
	l->path = NULL;
	l->count = l->room = 0;
}

static int listing_add(struct listing *l, const char *path, struct error *e)
{
	if (l->count == FILES_MAX)
		return error_set(e, ERROR_FAULT, "the record holds more than %d files", FILES_MAX);
	if (l->count == l->room) {
		size_t room = l->room == 0 ? 64 : 2 * l->room;
		char **grown = reallocarray(l->path, room, sizeof(*grown));

		if (grown == NULL)
			return error_memory(e);
		l->path = grown;
		l->room = room;
	}
	l->path[l->count] = strdup(path);
	if (l->path[l->count] == NULL)
		return error_memory(e);
	l->count++;
	return 0;
}

static int list_folder(
        int parent, const char *name, const char *prefix, unsigned depth, struct listing *l, struct error *e);

/* A name that somebody else gave is shown, never passed on to a terminal as it is. */
static int error_name(const char *path, struct error *e)
{
	struct bytes shown = {0};

	text_visible(&shown, path, strlen(path));
	error_set(e, ERROR_FAULT, "the record holds a file named \"%s\": only A-Z a-z 0-9 . _ - are used",
	        bytes_string(&shown));
	bytes_free(&shown);
	return -1;
}

/* One entry of a folder; `path` is its place below the record. */
static int list_entry(
        int folder, const char *name, const char *path, unsigned depth, struct listing *l, struct error *e)
{
	struct stat st;

	if (!name_is_plain(name))
		return error_name(path, e);
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return error_errno(e, "cannot look at %s: %s", path);
	if (S_ISDIR(st.st_mode))
		return strcmp(path, "later") == 0 && !l->later ? 0 : list_folder(folder, name, path, depth + 1, l, e);
	if (S_ISLNK(st.st_mode))
		return error_set(e, ERROR_FAULT, "%s is a link: a record holds files and folders only", path);
	if (!S_ISREG(st.st_mode))
		return error_set(
		        e, ERROR_FAULT, "%s is a device, pipe or socket: a record holds files and folders only", path);
	return strcmp(path, "SHA256SUMS") == 0 && !l->sums ? 0 : listing_add(l, path, e);
}

static int list_folder(
        int parent, const char *name, const char *prefix, unsigned depth, struct listing *l, struct error *e)
{
	const char *shown = prefix[0] == '\0' ? "the record" : prefix;
	struct bytes path = {0};
	DIR *stream = NULL;
	struct dirent *entry;
	int result = -1;
	int fd = -1;

	if (depth > DEPTH_MAX)
		return error_set(e, ERROR_FAULT, "the folders of the record are nested too deep at %s", shown);
	/* Opened anew: the caller's descriptor keeps its own place. */
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || (stream = fdopendir(fd)) == NULL) {
		error_errno(e, "cannot list %s: %s", shown);
		goto out;
	}
	fd = -1;
	while (errno = 0, (entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		bytes_clear(&path);
		bytes_printf(&path, "%s%s%s", prefix, prefix[0] == '\0' ? "" : "/", entry->d_name);
		if (bytes_end(&path, e) != 0)
			goto out;
		if (list_entry(dirfd(stream), entry->d_name, bytes_string(&path), depth, l, e) != 0)
			goto out;
	}
	if (errno != 0) {
		error_errno(e, "cannot list %s: %s", shown);
		goto out;
	}
	result = 0;
out:
	if (stream != NULL)
		closedir(stream);
	if (fd >= 0)
		close(fd);
	bytes_free(&path);
	return result;
}

/* Byte order, whatever the locale: the same list on every machine. */
static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_all(int dir, struct listing *l, struct error *e)
{
	if (list_folder(dir, ".", "", 0, l, e) != 0)
		return -1;
	if (l->count != 0)
		qsort(l->path, l->count, sizeof(*l->path), compare_paths);
	return 0;
}

int bundle_files(int dir, int (*each)(void *context, const char *path, struct error *e), void *context, struct error *e)
{
	struct listing l = {0};
	int result = -1;

	if (list_all(dir, &l, e) != 0)
		goto out;
	for (size_t i = 0; i < l.count; i++)
		if (each(context, l.path[i], e) != 0)
			goto out;
	result = 0;
out:
	listing_free(&l);
	return result;
}

struct sums {
	int dir;
	struct bytes *out;
};

static int add_sum(void *context, const char *path, struct error *e)
{
	struct sums *s = context;
	uint8_t sha256_of[32];

	if (file_sha256_at(s->dir, path, sha256_of, NULL, e) != 0)
		return -1;
	bytes_hex(s->out, sha256_of, sizeof(sha256_of));
	bytes_printf(s->out, "  %s\n", path);
	return 0;
}

int bundle_sums(int dir, struct bytes *out, struct error *e)
{
	struct sums s = {.dir = dir, .out = out};

	if (bundle_files(dir, add_sum, &s, e) != 0)
		return -1;
	return bytes_end(out, e);
}

int bundle_image(int dir, const struct bundle_image *image, int out, struct error *e)
{
	struct listing l = {.sums = true, .later = image->later};
	int result = list_all(dir, &l, e);

	if (result == 0) {
		const struct disc_image disc = {
		        dir, (const char *const *)l.path, l.count, image->seconds, image->rehearsal};
		result = disc_image(&disc, out, e);
	}
	listing_free(&l);
	return result;
}

int bundle_image_file(int dir, const struct bundle_image *image, const char *path, bool replace, uint64_t *bytes,
        uint8_t sha256_out[32], struct error *e)
{
	struct bytes temporary = {0};
	int out = -1, result = -1;

	bytes_printf(&temporary, "%s.new", path);
	if (bytes_end(&temporary, e) != 0)
		goto out;
	unlink(bytes_string(&temporary));
	out = open(bytes_string(&temporary), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (out < 0) {
		error_errno(e, "cannot write %s: %s", path);
		goto out;
	}
	if (fchmod(out, 0644) != 0 || bundle_image(dir, image, out, e) != 0 ||
	        disc_hash(out, path, bytes, sha256_out, e) != 0)
		goto out;
	if (renameat2(AT_FDCWD, bytes_string(&temporary), AT_FDCWD, path, replace ? 0 : RENAME_NOREPLACE) == 0)
		result = 0;
	else if (errno == EEXIST)
		error_set(e, ERROR_FAULT, "%s exists already and is not overwritten.", path);
	else
		error_errno(e, "cannot write %s: %s", path);
out:
	if (out >= 0)
		close(out);
	if (result != 0 && temporary.len)
		unlink(bytes_string(&temporary));
	bytes_free(&temporary);
	return result;
}
