/* What a ceremony leaves for the world: the files for the repository, the sheet for the gazette and the web page, and
 * the slips that people take home. All of it from a record that verifies, and from nothing else. The program that
 * prints makes them (tachiai-report), since cairo and pango never load in the console.
 *
 * The texts stand here in both languages, not in the catalogue: what is published goes out in both, whatever language
 * the program speaks, and its bytes may not depend on whether a catalogue is installed. */
#ifndef MEDIA_PUBLISH_H
#define MEDIA_PUBLISH_H

#include "engine/verify.h"
#include "media/page.h"

enum publish_language { PUBLISH_EN, PUBLISH_JA, PUBLISH_LANGUAGES };

/* A text in both. */
struct publish_words {
	const char *in[PUBLISH_LANGUAGES];
};

struct publish_person {
	char *key_name, *name, *organisation, *role;
};
/* An artifact that the ceremony made. */
struct publish_artifact {
	char *path, *type;
	const char *name; /* the last part of the path */
	struct bytes data;
};

struct publish {
	struct verification v;
	char *title[PUBLISH_LANGUAGES]; /* the script's; in the other language where it has one only */
	struct publish_person *person;  /* who signed the end, in that order */
	size_t people;
	struct publish_artifact *artifact; /* certificates and CRLs, as DER and as PEM, in the order they were made */
	size_t artifacts;
};

/* Reads the record in `directory`. -1 with `e` when it is not closed or does not hold, or is of a rehearsal and
 * `rehearsal` is false. publish_free() in any case; *p must be zero. */
int publish_read(struct publish *p, const char *directory, bool rehearsal, struct error *e);
void publish_free(struct publish *p);

/* A file to be written. */
struct publish_file {
	struct bytes name, data;
};
struct publish_files {
	struct publish_file *file;
	size_t count;
};
/* Everything that is published: certificates and CRLs byte for byte, codes of their hashes, the sheet in both languages
 * as PDF and text, and the manifest. In a rehearsal every name begins REHEARSAL-. */
int publish_make(const struct publish *p, struct publish_files *out, struct error *e);
/* The slips, as PDF and as text: `stem`.pdf and `stem`.txt. */
int publish_slips(const struct publish *p, const char *stem, struct publish_files *out, struct error *e);
/* The command: argv[0] is "publish" or "slips". The exit code. */
int publish_command(int argc, char **argv);

/* Into a directory that is made now and must not exist; what was written is removed again when not all of it could be.
 */
int publish_write(const struct publish_files *f, const char *directory, struct error *e);
void publish_files_free(struct publish_files *f);

/* Takes `data` (which is left empty). -1 with `e`. */
int publish_file_add(struct publish_files *f, const char *name, struct bytes *data, struct error *e);

/* The sheet in one language. Owned by the caller. */
struct page *publish_sheet(const struct publish *p, enum publish_language l, struct error *e);
/* The document's head: title (owned by `title`), footer (by `footer`), bands. */
void publish_head(const struct publish *p, const struct publish_words *kind, enum publish_language l,
        struct bytes *title, struct bytes *footer, struct page_head *out);

#endif
