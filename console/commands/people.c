/* people: the CA's register of public keys, which vouches for people from outside a record (verify --people). */
#include <fcntl.h>
#include <getopt.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/print.h"
#include "base/text.h"
#include "commands/commands.h"
#include "record/note.h"
#include "screens/screens.h"

enum { REGISTER_MAX = 1 << 20 /* what verify reads */ };

struct member {
	struct vkey key;
	bool added; /* from one of the vkey files */
};

struct roll {
	struct member *member;
	size_t count;
	unsigned faults;
};

/* "FILE:LINE: SENTENCE", as a compiler says it. */
static void say_fault(struct roll *r, const char *path, unsigned line, const struct error *e)
{
	struct bytes text = {0};

	message_text(&e->message, gettext(e->message.id), &text);
	print_err("%s:%u: %s\n", path, line, bytes_string(&text));
	bytes_free(&text);
	r->faults++;
}

/* Is this a key that may be one more person's? A record knows a person by NAME and by the 32 bytes: both are one
 * person's. */
static int check_member(const struct roll *r, const struct vkey *key, struct error *e)
{
	if (key->type != NOTE_COSIGNATURE)
		return error_set(e, ERROR_FAULT, "the key of %s is not a person's (type 04)", key->name);
	if (!name_is_person(key->name))
		return error_set(e, ERROR_FAULT,
		        "%s is no key name: small letters, digits, dots and hyphens, 64 at most, a letter or digit "
		        "first",
		        key->name);
	for (size_t i = 0; i < r->count; i++) {
		const struct vkey *other = &r->member[i].key;
		bool same_name = !strcmp(other->name, key->name),
		     same_key = !memcmp(other->public_key, key->public_key, sizeof(key->public_key));
		if (same_name && same_key)
			return error_set(e, ERROR_FAULT, "%s is in the register already, with this key", key->name);
		if (same_name)
			return error_set(e, ERROR_FAULT,
			        "%s is in the register already, with another key: a new key needs a new name",
			        key->name);
		if (same_key)
			return error_set(e, ERROR_FAULT,
			        "the key of %s is in the register already, as that of %s: one key is one person's",
			        key->name, other->name);
	}
	return 0;
}

static int member_add(struct roll *r, const char *line, size_t len, bool added, struct error *e)
{
	struct member new = {.added = added}, *larger;

	if (vkey_parse(&new.key, line, len, e) < 0 || check_member(r, &new.key, e) < 0)
		return -1;
	larger = reallocarray(r->member, r->count + 1, sizeof(*larger));
	if (!larger)
		return error_memory(e);
	r->member = larger;
	r->member[r->count++] = new;
	return 0;
}

/* Every fault of the text is said, not the first only; -1 when memory is short. */
static int text_take(struct roll *r, const char *path, const struct bytes *text, bool added, struct error *e)
{
	const char *at = bytes_string(text), *end = at + text->len;
	struct error why = {0};
	unsigned line = 1;

	if (!text->len) {
		error_set(&why, ERROR_FAULT, "there is no key in it");
		say_fault(r, path, line, &why);
	}
	for (; at < end; line++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);
		int rc = stop ? member_add(r, at, len, added, &why)
		              : error_set(&why, ERROR_FAULT, "the last line has no line feed");
		if (rc < 0 && why.code == ERROR_MEMORY)
			return error_memory(e);
		if (rc < 0)
			say_fault(r, path, line, &why);
		at += len + 1;
	}
	return 0;
}

static int file_take(struct roll *r, const char *path, bool added, struct error *e)
{
	struct bytes text = {0};
	int rc = file_read(path, REGISTER_MAX, &text, e);

	if (rc == 0)
		rc = text_take(r, path, &text, added, e);
	bytes_free(&text);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->key.name, ((const struct member *)b)->key.name);
}

static int roll_write(const struct roll *r, const char *path, struct error *e)
{
	struct bytes text = {0};
	int rc = -1;

	for (size_t i = 0; i < r->count; i++) {
		vkey_text(&r->member[i].key, &text);
		bytes_byte(&text, '\n');
	}
	if (bytes_end(&text, e) < 0)
		goto out;
	if (text.len > REGISTER_MAX)
		error_set(e, ERROR_FAULT, "the register %s would be larger than the %d bytes that verify reads", path,
		        REGISTER_MAX);
	else
		rc = file_replace(AT_FDCWD, path, text.data, text.len, 0644, e);
out:
	bytes_free(&text);
	return rc;
}

/* NAME, key ID, and the SHA-256 of the line (without LF) in words: what its holder says over the telephone. */
static int member_print(const struct vkey *key)
{
	struct bytes line = {0}, words = {0};
	uint8_t hash[32];
	int rc = -1;

	vkey_text(key, &line);
	if (bytes_end(&line, NULL) == 0 && sha256(line.data, line.len, hash) == 0) {
		text_pgp_words(&words, hash, sizeof(hash));
		if (bytes_end(&words, NULL) == 0)
			rc = print_out("%s %02x%02x%02x%02x %s\n", key->name, key->id[0], key->id[1], key->id[2],
			        key->id[3], bytes_string(&words));
	}
	bytes_free(&line);
	bytes_free(&words);
	return rc < 0 ? -1 : 0;
}

/* The people who were added, or all of them. */
static int print(const struct roll *r, bool added)
{
	for (size_t i = 0; i < r->count; i++)
		if ((r->member[i].added || !added) && member_print(&r->member[i].key) < 0)
			return EXIT_FAULT;
	return fflush(stdout) ? EXIT_FAULT : EXIT_HOLDS;
}

static int people(const char *path, char **files, int count)
{
	struct roll r = {0};
	struct error e = {0};
	int rc = EXIT_FAULT;

	/* Only with keys to put into it may the register be one that is not there yet. */
	if (file_take(&r, path, false, &e) < 0 && !(count && e.code == ERROR_MISSING)) {
		rc = complain(&e);
		goto out;
	}
	for (int i = 0; i < count; i++)
		if (file_take(&r, files[i], true, &e) < 0) {
			rc = complain(&e);
			goto out;
		}
	if (r.faults) {
		if (count)
			print_err(gettext("tachiai: %s was not changed\n"), path);
		goto out;
	}
	if (r.member)
		qsort(r.member, r.count, sizeof(*r.member), by_name);
	if (count && roll_write(&r, path, &e) < 0)
		rc = complain(&e);
	else
		rc = print(&r, count > 0);
out:
	free(r.member);
	return rc;
}

int command_people(int argc, char **argv)
{
	static const struct option options[] = {{NULL, 0, NULL, 0}};
	static const char words[] = "people FILE [VKEY-FILE ...]";
	bool cannot;

	language_choose("", &cannot);
	optind = 1;
	if (getopt_long(argc, argv, "", options, NULL) != -1 || optind == argc)
		return usage(words);
	return people(argv[optind], argv + optind + 1, argc - optind - 1);
}
