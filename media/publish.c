#include "media/publish.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "record/record.h"

enum { ARTIFACT_MAX = 1 << 27 };

struct reading {
	struct publish *p;
	int dir;
	struct publish_person *joined;
	size_t count;
};

static char *copy(const char *text)
{
	return strdup(text ? text : "");
}

static void person_clear(struct publish_person *p)
{
	free(p->key_name);
	free(p->name);
	free(p->organisation);
	free(p->role);
	*p = (struct publish_person){0};
}

static int person_copy(
        struct publish_person *to, const char *key, const char *name, const char *organisation, const char *role)
{
	*to = (struct publish_person){copy(key), copy(name), copy(organisation), copy(role)};
	return to->key_name && to->name && to->organisation && to->role ? 0 : -1;
}

static int note_title(struct reading *r, const struct json *data, struct error *e)
{
	static const char *const names[PUBLISH_LANGUAGES] = {"en", "ja"};
	const struct json *title = json_get(json_get(data, "script"), "title");

	for (int l = 0; l < PUBLISH_LANGUAGES; l++) {
		const char *text = json_text(title, names[l]);
		if (!text)
			text = title && title->child ? title->child->text : "";
		if (!(r->p->title[l] = copy(text)))
			return error_memory(e);
	}
	return 0;
}

/* A person who sits down again says who they are again: the last word counts. */
static int note_joined(struct reading *r, const struct json *data, struct error *e)
{
	struct publish_person *list, *to = NULL;
	const char *key = json_text(data, "person");

	for (size_t i = 0; i < r->count; i++)
		if (!strcmp(r->joined[i].key_name, key))
			to = &r->joined[i];
	if (!to) {
		list = reallocarray(r->joined, r->count + 1, sizeof(*list));
		if (!list)
			return error_memory(e);
		r->joined = list;
		to = &list[r->count++];
	} else {
		person_clear(to);
	}
	if (person_copy(to, key, json_text(data, "name"), json_text(data, "organisation"), json_text(data, "role")))
		return error_memory(e);
	return 0;
}

static int note_closed(struct reading *r, const struct json *data, struct error *e)
{
	const struct json *list = json_get(data, "cosigners");

	r->p->person = calloc(list->count ? list->count : 1, sizeof(*r->p->person));
	if (!r->p->person)
		return error_memory(e);
	for (const struct json *name = list->child; name; name = name->next)
		for (size_t i = 0; i < r->count; i++) {
			const struct publish_person *from = &r->joined[i];
			if (strcmp(from->key_name, name->text) != 0)
				continue;
			if (person_copy(&r->p->person[r->p->people++], from->key_name, from->name, from->organisation,
			            from->role))
				return error_memory(e);
		}
	return 0;
}

/* The bytes are read again, and held against the entry again: what is published is what was verified. */
static int note_artifact(struct reading *r, const struct json *data, struct error *e)
{
	static const char *const types[] = {"certificate-der", "certificate-pem", "crl-der", "crl-pem"};
	const char *type = json_text(data, "type"), *path = json_text(data, "path"),
	           *wanted = json_text(data, "sha256");
	struct publish_artifact *list, *a;
	bool published = false;
	uint8_t is[32], sum[32];

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		published = published || !strcmp(types[i], type);
	if (!published)
		return 0;
	list = reallocarray(r->p->artifact, r->p->artifacts + 1, sizeof(*list));
	if (!list)
		return error_memory(e);
	r->p->artifact = list;
	a = &list[r->p->artifacts++];
	*a = (struct publish_artifact){.path = copy(path), .type = copy(type)};
	if (!a->path || !a->type)
		return error_memory(e);
	a->name = strrchr(a->path, '/') ? strrchr(a->path, '/') + 1 : a->path;
	if (file_read_at(r->dir, path, ARTIFACT_MAX, &a->data, e) < 0)
		return -1;
	if (sha256(a->data.data, a->data.len, is) < 0)
		return error_memory(e);
	if (hex_decode(wanted, strlen(wanted), sum, 32) < 0 || memcmp(is, sum, 32) != 0)
		return error_set(e, ERROR_FAULT, "%s is not as the transcript says: its hash or size differs", path);
	return 0;
}

static int each(void *context, const struct entry *entry, const struct tree *after, struct error *e)
{
	struct reading *r = context;

	(void)after;
	switch (entry->event) {
	case CEREMONY_OPENED:
		return note_title(r, entry->data, e);
	case PERSON_JOINED:
		return note_joined(r, entry->data, e);
	case ARTIFACT_WRITTEN:
		return note_artifact(r, entry->data, e);
	case CEREMONY_CLOSED:
		return note_closed(r, entry->data, e);
	default:
		return 0;
	}
}

static int holds(const struct publish *p, const char *directory, bool rehearsal, struct error *e)
{
	if (p->v.rehearsal && !rehearsal)
		return error_set(e, ERROR_FAULT,
		        N_("%s is the record of a rehearsal, and nothing of it is published. To see what would be: "
		           "--rehearsal."),
		        directory);
	if (p->v.exit != 0 && p->v.exit != 4)
		return error_set(e, ERROR_FAULT,
		        N_("%s is not closed or does not hold, so nothing of it is published. See: tachiai verify %s"),
		        directory, directory);
	return 0;
}

int publish_read(struct publish *p, const char *directory, bool rehearsal, struct error *e)
{
	/* a printed report in the record is made again too, by this same program */
	struct verify_options o = {.rehearsal = rehearsal, .report = "/proc/self/exe"};
	struct reading r = {.p = p, .dir = -1};
	struct tree tree = {0};
	uint8_t root[32];
	bool torn = false;
	int rc = -1;

	if (verify_record(directory, &o, &p->v, e) < 0 || holds(p, directory, rehearsal, e) < 0)
		goto out;
	r.dir = dir_open(directory, e);
	if (r.dir < 0 || transcript_read(r.dir, each, &r, &tree, &torn, e) < 0)
		goto out;
	if (torn || tree_root(&tree, root) < 0 || tree.size != p->v.entries || memcmp(root, p->v.root, 32) != 0)
		error_set(e, ERROR_FAULT, N_("%s changed while it was read"), directory);
	else
		rc = 0;
out:
	for (size_t i = 0; i < r.count; i++)
		person_clear(&r.joined[i]);
	free(r.joined);
	if (r.dir >= 0)
		close(r.dir);
	return rc;
}

void publish_free(struct publish *p)
{
	for (size_t i = 0; i < p->people; i++)
		person_clear(&p->person[i]);
	for (size_t i = 0; i < p->artifacts; i++) {
		free(p->artifact[i].path);
		free(p->artifact[i].type);
		bytes_free(&p->artifact[i].data);
	}
	for (int l = 0; l < PUBLISH_LANGUAGES; l++)
		free(p->title[l]);
	free(p->person);
	free(p->artifact);
	verification_free(&p->v);
	*p = (struct publish){0};
}

void publish_head(const struct publish *p, const struct publish_words *kind, enum publish_language l,
        struct bytes *title, struct bytes *footer, struct page_head *out)
{
	static const struct publish_words
	        rehearsal = {{"REHEARSAL リハーサル: not to be published, not to be relied upon",
	                "REHEARSAL リハーサル: 公表も利用もしてはならない"}},
	        software = {{"SOFTWARE TOKEN ソフトウェアトークン: the keys were in a program, not in an HSM",
	                "SOFTWARE TOKEN ソフトウェアトークン: 鍵は HSM でなくプログラムの中にあった"}};
	size_t bands = 0;

	text_visible(title, p->title[l], strlen(p->title[l]));
	bytes_printf(title, "%s%s", title->len ? ": " : "", kind->in[l]);
	bytes_printf(footer, "%s  ", bytes_string(&p->v.origin));
	bytes_base64(footer, p->v.root, sizeof(p->v.root));
	*out = (struct page_head){.title = bytes_string(title),
	        .footer = bytes_string(footer),
	        .language = l == PUBLISH_JA ? "ja" : "en",
	        .program = "tachiai " TACHIAI_VERSION,
	        .time = p->v.ended};
	if (p->v.rehearsal)
		out->band[bands++] = rehearsal.in[l];
	if (p->v.software)
		out->band[bands] = software.in[l];
}
