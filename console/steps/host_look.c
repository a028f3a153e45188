#include "steps/host_look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* Foreign text in visible form, at most `max` bytes as JSON will hold it. True when it had to be cut. */
static bool visible(struct bytes *out, const char *text, size_t max)
{
	static const char ellipsis[] = "…";
	size_t fit = 0, size = 0, used;

	bytes_clear(out);
	text_visible(out, text, strlen(text));
	const char *shown = bytes_string(out);
	for (size_t at = 0; at < out->len; at += used) {
		uint32_t c = text_next(shown + at, out->len - at, &used);
		if (used == 0)
			break;
		size += used + (c == '"' || c == '\\' ? 1 : 0);
		if (size + sizeof(ellipsis) - 1 <= max)
			fit = at + used;
	}
	if (size <= max)
		return false;
	out->len = fit;
	bytes_text(out, ellipsis);
	return true;
}

static size_t json_size(const char *text)
{
	size_t n = 0;
	for (; *text != '\0'; text++)
		n += *text == '"' || *text == '\\' ? 2 : 1;
	return n;
}

void look_fault(struct look *l, const char *format, ...)
{
	struct bytes shown = {0};
	char *sentence = NULL, *kept = NULL, **more = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&sentence, format, ap) < 0)
		sentence = NULL;
	va_end(ap);
	if (sentence == NULL)
		goto failed;
	visible(&shown, sentence, LOOK_FAULT);
	if (shown.failed)
		goto failed;
	if (l->fault_bytes + json_size(bytes_string(&shown)) + 3 > LOOK_FAULTS) {
		l->unsaid++;
		goto out;
	}
	kept = strdup(bytes_string(&shown));
	more = realloc(l->faults->sentence, (l->faults->count + 1) * sizeof(*more));
	if (more != NULL)
		l->faults->sentence = more;
	if (kept == NULL || more == NULL)
		goto failed;
	l->fault_bytes += json_size(kept) + 3;
	more[l->faults->count++] = kept;
	kept = NULL;
	goto out;
failed:
	l->failed = true;
out:
	free(kept);
	free(sentence);
	bytes_free(&shown);
}

/* strerrordesc_np(): the record is in English whatever the locale. */
static bool unreadable(struct look *l, const char *path, enum absent absent, int error)
{
	/* Without a root there is one fault, told already. */
	if (l->root >= 0 && !(absent == ABSENT_FINE && (error == ENOENT || error == ENOTDIR)))
		look_fault(l, "The console cannot read /%s: %s.", path, strerrordesc_np(error));
	return false;
}

bool look_read(struct look *l, const char *path, size_t max, enum absent absent, struct bytes *out)
{
	char block[4096];
	ssize_t n;

	bytes_clear(out);
	/* Files of the kernel block for nobody; O_NONBLOCK is for a FIFO that lies in their place. */
	int fd = openat(l->root, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return unreadable(l, path, absent, errno);
	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || out->len + (size_t)n > max)
			break;
		bytes_add(out, block, (size_t)n);
	}
	int error = n < 0 ? errno : 0;
	close(fd);
	if (out->failed)
		l->failed = true;
	if (n < 0)
		return unreadable(l, path, absent, error);
	if (n > 0) {
		look_fault(l, "/%s is larger than %zu bytes and was not read.", path, max);
		return false;
	}
	return !out->failed;
}

bool look_value(struct look *l, const char *path, enum absent absent, struct bytes *out)
{
	if (!look_read(l, path, LOOK_FILE, absent, out))
		return false;
	while (out->len > 0 && strchr(" \t\r\n", out->data[out->len - 1]) != NULL)
		out->data[--out->len] = '\0';
	return true;
}

bool look_link(struct look *l, const char *path, enum absent absent, struct bytes *out)
{
	char target[4096];

	bytes_clear(out);
	ssize_t n = readlinkat(l->root, path, target, sizeof(target));
	if (n < 0)
		return unreadable(l, path, absent, errno);
	if ((size_t)n == sizeof(target))
		return unreadable(l, path, absent, ENAMETOOLONG);
	bytes_add(out, target, (size_t)n);
	if (out->failed)
		l->failed = true;
	return !out->failed;
}

bool look_exists(struct look *l, const char *path)
{
	struct stat st;
	return fstatat(l->root, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool names_add(struct look *l, struct look_names *out, const char *name)
{
	char **more = realloc(out->name, (out->count + 1) * sizeof(*more));
	if (more != NULL)
		out->name = more;
	if (more == NULL || (more[out->count] = strdup(name)) == NULL) {
		l->failed = true;
		return false;
	}
	out->count++;
	return true;
}

bool look_names(struct look *l, const char *path, enum absent absent, struct look_names *out)
{
	struct dirent *entry;

	*out = (struct look_names){0};
	int fd = openat(l->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return unreadable(l, path, absent, errno);
	DIR *dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		l->failed = true;
		return false;
	}
	errno = 0;
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (out->count == LOOK_NAMES) {
			look_fault(l, "/%s holds more than %d names; the others were not looked at.", path, LOOK_NAMES);
			break;
		}
		if (!names_add(l, out, entry->d_name))
			break;
		errno = 0;
	}
	int error = entry == NULL ? errno : 0;
	closedir(dir);
	if (out->count > 0)
		qsort(out->name, out->count, sizeof(*out->name), by_name);
	/* A directory read in part is looked at as far as it goes, and told. */
	if (error != 0)
		unreadable(l, path, ABSENT_FAULT, error);
	return true;
}

void look_names_free(struct look_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->name[i]);
	free(n->name);
	*n = (struct look_names){0};
}

void look_put(struct look *l, const char *key, const char *text, size_t max)
{
	struct bytes shown = {0};

	if (text == NULL) {
		json_key(l->w, key);
		json_put_null(l->w);
		return;
	}
	bool cut = visible(&shown, text, max);
	json_member_text(l->w, key, bytes_string(&shown));
	if (cut)
		look_fault(l, "What the machine says under \"%s\" is too long for the record and was cut: %.60s.", key,
		        text);
	if (shown.failed)
		l->failed = true;
	bytes_free(&shown);
}

void look_put_value(struct look *l, const char *key, const char *path, enum absent absent, size_t max)
{
	struct bytes value = {0};

	bool there = look_value(l, path, absent, &value);
	look_put(l, key, there ? bytes_string(&value) : NULL, max);
	bytes_free(&value);
}

void look_list_begin(struct look *l, struct look_list *list, const char *key, const char *noun, size_t budget)
{
	*list = (struct look_list){.noun = noun, .budget = budget};
	json_key(l->w, key);
	json_begin_object(l->w);
	json_key(l->w, "list");
	json_begin_array(l->w);
	list->start = l->w->out->len;
}

void look_item_begin(struct look *l, struct look_list *list)
{
	list->mark = l->w->out->len;
	list->comma = l->w->comma;
	json_begin_object(l->w);
}

void look_item_end(struct look *l, struct look_list *list)
{
	struct bytes *out = l->w->out;

	json_end_object(l->w);
	list->found++;
	if (!list->cut && out->len - list->start <= list->budget) {
		list->listed++;
		return;
	}
	list->cut = true;
	if (!out->failed) {
		out->len = list->mark;
		out->data[out->len] = '\0';
		l->w->comma = list->comma;
	}
}

void look_list_end(struct look *l, struct look_list *list)
{
	json_end_array(l->w);
	json_member_int(l->w, "found", list->found);
	json_end_object(l->w);
	if (list->cut)
		look_fault(l, "The record lists only %u of %u %s.", list->listed, list->found, list->noun);
}

bool look_line(const struct bytes *text, size_t *at, struct bytes *line)
{
	if (*at >= text->len)
		return false;
	const char *start = bytes_string(text) + *at;
	const char *end = memchr(start, '\n', text->len - *at);
	size_t len = end != NULL ? (size_t)(end - start) : text->len - *at;
	bytes_clear(line);
	bytes_add(line, start, len);
	*at += len + (end != NULL ? 1 : 0);
	return true;
}

bool look_table(struct look *l, const char *path, enum absent absent, struct bytes *out, size_t *at)
{
	struct bytes heading = {0};

	*at = 0;
	if (!look_read(l, path, LOOK_TABLE, absent, out))
		return false;
	bool there = look_line(out, at, &heading);
	bytes_free(&heading);
	if (!there)
		look_fault(l, "/%s is empty, without even its heading.", path);
	return there;
}

size_t look_fields(char *line, char *field[], size_t max)
{
	char *rest = NULL;
	size_t n = 0;

	for (char *word = strtok_r(line, " \t", &rest); word != NULL && n < max; word = strtok_r(NULL, " \t", &rest))
		field[n++] = word;
	return n;
}

bool look_hex(const char *text, size_t digits, uint32_t *out)
{
	size_t len = strlen(text);

	if (len == 0 || len > digits || strspn(text, "0123456789abcdefABCDEF") != len)
		return false;
	*out = (uint32_t)strtoul(text, NULL, 16);
	return true;
}
