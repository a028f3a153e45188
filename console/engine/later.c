#include "engine/later.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

enum { NAMES_MAX = 1000, NOTE_MAX = 1 << 16, CHECKPOINT_MAX = 1 << 20 };

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

/* A new item for later/`name`; NULL with `e`. */
static struct later_item *item_add(struct later *l, const char *name, enum later_kind kind, struct error *e)
{
	struct later_item *list = reallocarray(l->item, l->count + 1, sizeof(*list)), *item;

	if (!list) {
		error_memory(e);
		return NULL;
	}
	l->item = list;
	item = &list[l->count++];
	*item = (struct later_item){.kind = kind, .state = LATER_BAD};
	bytes_text(&item->path, "later/");
	text_visible(&item->path, name, strlen(name));
	return bytes_end(&item->path, e) ? NULL : item;
}

static void not_judged(struct later_item *item, const char *id)
{
	item->state = LATER_NOT_JUDGED;
	item->message = (struct message){.id = id};
}

/* The query beside a reply: 1 when there is one, 0 when there is none, -1 with `e`. */
static int query_beside(int later, const char *name, struct timestamp_query *q, struct error *e)
{
	struct bytes path = {0}, der = {0};
	struct stat st;
	int result = -1;

	bytes_add(&path, name, strlen(name) - strlen("r"));
	bytes_text(&path, "q");
	if (bytes_end(&path, e))
		goto out;
	if (fstatat(later, bytes_string(&path), &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
		result = 0;
	else if (file_read_at(later, bytes_string(&path), TIMESTAMP_QUERY_MAX, &der, e) == 0 &&
	         timestamp_query_read(q, der.data, der.len, e) == 0)
		result = 1;
out:
	bytes_free(&path);
	bytes_free(&der);
	return result;
}

static int judge_timestamp(int later, const char *name, const struct bytes *checkpoint, const struct later_wanted *w,
        struct later *out, struct error *e)
{
	struct later_item *item = item_add(out, name, LATER_TIMESTAMP, e);
	struct timestamp_wanted wanted = {.data = checkpoint->data, .len = checkpoint->len, .anchors = w->anchors};
	struct timestamp_query query;
	struct bytes reply = {0};
	struct error why = {0};
	int asked;

	if (!item)
		return -1;
	asked = query_beside(later, name, &query, &why);
	wanted.query = asked == 1 ? &query : NULL;
	if (asked < 0 || file_read_at(later, name, TIMESTAMP_REPLY_MAX, &reply, &why) ||
	        timestamp_verify(reply.data, reply.len, &wanted, &item->stamp, &why))
		item->message = why.message;
	else
		item->state = timestamp_anchors_count(w->anchors) ? LATER_HOLDS : LATER_UNANCHORED;
	bytes_free(&reply);
	return 0;
}

static bool is_key(const struct vkey *key, const char *name, const uint8_t id[4])
{
	return strcmp(key->name, name) == 0 && memcmp(key->id, id, 4) == 0;
}

/* The key of that name and ID, from the record or the register. */
static bool key_find(const struct later_wanted *w, const struct bytes *people, const char *name, const uint8_t id[4],
        struct vkey *out)
{
	for (size_t i = 0; i < w->keys; i++)
		if (is_key(&w->key[i], name, id)) {
			*out = w->key[i];
			return true;
		}
	for (const char *at = bytes_string(people), *end; *at; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		if (vkey_parse(out, at, (size_t)(end - at), NULL) == 0 && is_key(out, name, id))
			return true;
	}
	return false;
}

/* One signature line (without LF) over the checkpoint's three lines. */
static void judge_line(const char *line, size_t len, const struct bytes *text, const struct later_wanted *w,
        const struct bytes *people, struct later_item *item)
{
	char name[NOTE_NAME_MAX + 1];
	uint8_t id[4];
	struct vkey key;
	struct error why = {0};

	if (note_line_name(line, len, name, id, &why)) {
		item->message = why.message;
		return;
	}
	text_visible(&item->name, name, strlen(name));
	if (!key_find(w, people, name, id, &key))
		not_judged(item, N_("whose key is neither in the record nor in a register that was given"));
	else if (note_verify(&key, line, len, bytes_string(text), text->len, &item->seconds, &why))
		item->message = why.message;
	else
		item->state = LATER_HOLDS;
}

static int bad(struct later *out, const char *name, const struct error *why, struct error *e)
{
	struct later_item *item = item_add(out, name, LATER_COSIGNATURE, e);

	if (!item)
		return -1;
	item->message = why->message;
	return 0;
}

static int judge_note(int later, const char *name, const struct bytes *checkpoint, const struct later_wanted *w,
        struct later *out, struct error *e)
{
	const char *blank = strstr(bytes_string(checkpoint), "\n\n"), *line, *end;
	struct bytes note = {0}, text = {0}, people = {0};
	struct error why = {0};
	int result = -1;

	if (!blank) {
		error_set(e, ERROR_FAULT, N_("the file checkpoint is no signed note"));
		goto out;
	}
	bytes_add(&text, checkpoint->data, (size_t)(blank - bytes_string(checkpoint)) + 1);
	if (bytes_end(&text, e) || (w->people && file_read(w->people, 1 << 20, &people, e)))
		goto out;
	if (file_read_at(later, name, NOTE_MAX, &note, &why) == 0 &&
	        (note.len < text.len + 2 || memcmp(note.data, text.data, text.len) != 0 ||
	                note.data[text.len] != '\n' || note.data[note.len - 1] != '\n'))
		error_set(&why, ERROR_FAULT,
		        N_("it is no signed note over this checkpoint: its three lines, an empty line, signature "
		           "lines"));
	if (why.code) {
		result = bad(out, name, &why, e);
		goto out;
	}
	end = bytes_string(&note) + note.len;
	for (line = bytes_string(&note) + text.len + 1; line < end;) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));
		struct later_item *item = item_add(out, name, LATER_COSIGNATURE, e);

		if (!item)
			goto out;
		judge_line(line, (size_t)(lf - line), &text, w, &people, item);
		line = lf + 1;
	}
	result = 0;
out:
	bytes_free(&note);
	bytes_free(&text);
	bytes_free(&people);
	return result;
}

static int judge_other(const char *name, struct later *out, const char *why, struct error *e)
{
	struct later_item *item = item_add(out, name, LATER_OTHER, e);

	if (!item)
		return -1;
	not_judged(item, why);
	return 0;
}

/* Is it the query of a reply that is there? Then it is judged with it. */
static bool is_query_of_one(int later, const char *name)
{
	struct bytes reply = {0};
	struct stat st;
	bool is;

	bytes_add(&reply, name, strlen(name) - strlen("q"));
	bytes_text(&reply, "r");
	is = bytes_end(&reply, NULL) == 0 && fstatat(later, bytes_string(&reply), &st, AT_SYMLINK_NOFOLLOW) == 0;
	bytes_free(&reply);
	return is;
}

/* Other names are shown in their visible form and go no further: messages of the system would bear them as they are. */
static bool name_is_plain(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return name[strspn(name, allowed)] == '\0';
}

static int judge_name(int later, const char *name, const struct bytes *checkpoint, const struct later_wanted *w,
        struct later *out, struct error *e)
{
	if (!w->log)
		return judge_other(name, out, N_("the log does not hold"), e);
	if (!name_is_plain(name))
		return judge_other(name, out, N_("its name has other characters than A-Z a-z 0-9 . _ -"), e);
	if (ends_in(name, ".tsr"))
		return judge_timestamp(later, name, checkpoint, w, out, e);
	if (ends_in(name, ".note"))
		return judge_note(later, name, checkpoint, w, out, e);
	if (ends_in(name, ".tsq") && is_query_of_one(later, name))
		return 0;
	return judge_other(name, out, N_("it is of no kind that is known here"), e);
}

static int not_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int later_judge(int dir, const struct later_wanted *w, struct later *out, struct error *e)
{
	struct dirent **names = NULL;
	struct bytes checkpoint = {0};
	struct error unread = {0};
	int later = openat(dir, "later", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int count = later < 0 ? 0 : scandirat(later, ".", &names, not_dots, by_bytes), result = -1;

	if (later < 0 && errno != ENOENT) {
		result = judge_other("", out, N_("it cannot be listed"), e);
		goto out;
	}
	if (count < 0) {
		count = 0;
		error_memory(e);
		goto out;
	}
	/* what the log was judged by a moment ago */
	if (count && w->log && file_read_at(dir, "checkpoint", CHECKPOINT_MAX, &checkpoint, &unread)) {
		*e = unread;
		goto out;
	}
	for (int i = 0; i < count && i < NAMES_MAX; i++)
		if (judge_name(later, names[i]->d_name, &checkpoint, w, out, e))
			goto out;
	result = count > NAMES_MAX ? judge_other("...", out, N_("there are too many files"), e) : 0;
out:
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
	bytes_free(&checkpoint);
	if (later >= 0)
		close(later);
	return result;
}

void later_free(struct later *l)
{
	for (size_t i = 0; i < l->count; i++) {
		bytes_free(&l->item[i].path);
		bytes_free(&l->item[i].name);
		timestamp_free(&l->item[i].stamp);
	}
	free(l->item);
	*l = (struct later){0};
}

/* A file that is there already must hold the same bytes. */
static int keep_one(int later, const char *name, const struct bytes *data, struct error *e)
{
	struct bytes is = {0};
	struct stat st;
	int result = -1;

	if (fstatat(later, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return file_write_new(later, name, data->data, data->len, 0644, e);
	if (file_read_at(later, name, data->len, &is, e) == 0 && is.len == data->len &&
	        memcmp(is.data, data->data, is.len) == 0)
		result = 0;
	else
		error_set(e, ERROR_FAULT,
		        N_("later/%s is there already and holds something else: nothing is overwritten."), name);
	bytes_free(&is);
	return result;
}

int later_keep(int dir, const struct bytes *reply, const struct bytes *query, struct bytes *path, struct error *e)
{
	enum { HASH_KEPT = 16 /* octets: 128 bits, in a name that ISO 9660 with Joliet holds */ };
	struct bytes name = {0};
	uint8_t hash[32];
	int later = openat(dir, "later", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), result = -1;

	if (later < 0 && errno == ENOENT)
		later = dir_create_at(dir, "later", e);
	else if (later < 0)
		error_errno(e, N_("The directory %s cannot be opened: %s"), "later");
	if (later < 0)
		return -1;
	if (sha256(reply->data, reply->len, hash)) {
		error_memory(e);
		goto out;
	}
	bytes_text(&name, "timestamp-");
	bytes_hex(&name, hash, HASH_KEPT);
	bytes_text(&name, ".tsq");
	if (bytes_end(&name, e))
		goto out;
	/* the query first: without it the reply's nonce would say nothing */
	if (query && keep_one(later, bytes_string(&name), query, e))
		goto out;
	name.data[name.len - 1] = 'r';
	if (keep_one(later, bytes_string(&name), reply, e))
		goto out;
	bytes_printf(path, "later/%s", bytes_string(&name));
	result = bytes_end(path, e);
out:
	bytes_free(&name);
	close(later);
	return result;
}
