/* The inside of a replay, shared by its own files only. */
#ifndef ENGINE_REPLAY_PRIVATE_H
#define ENGINE_REPLAY_PRIVATE_H

#include "engine/judge.h"
#include "engine/replay.h"
#include "record/transcript.h"

enum { REPLAY_NOWHERE = INT32_MAX };

/* One line of the transcript, and what was so once it was taken. */
struct moment {
	size_t at, len; /* in `text` */
	int64_t time;   /* ms; 0: not known */
	uint8_t root[32];
	uint32_t step;    /* of `steps`, or REPLAY_NOWHERE */
	uint32_t current; /* the script's step in hand; its count: none */
	unsigned exceptions;
	int event;  /* enum event; -1: the line is no entry */
	bool taken; /* it is in the tree */
};

/* A person, from their first person.joined on. */
struct seat {
	char *key_name, *name, *role, *vkey;
	size_t position;
};
/* What changed at a position: a step's state, or whether somebody is there. */
struct change {
	size_t position, index;
	int value;
};
struct changes {
	struct change *item;
	size_t count;
};
struct replay_file {
	char *path, *type;
	char sha256[65];
	uint64_t bytes;
	size_t position;
};
struct replay_console {
	size_t position;
	char *vkey;
};

struct replay {
	char *directory;
	int dir;
	struct verify_options options;
	struct verification v;
	struct judge *judge;
	struct tree tree;
	struct transcript_place place;
	struct json_doc *doc, *other; /* of the line that is folded; of one that is looked up */
	struct bytes text;            /* the transcript */
	struct moment *moment;
	size_t count, reached, at;
	bool unread, torn, dead, ended;
	size_t fell[VERDICTS]; /* where; SIZE_MAX: it holds so far */
	struct replay_file_fault {
		size_t position;
		struct error error;
	} file_fault;
	char **steps; /* ids, as entries name them */
	size_t step_count;
	uint32_t *slot; /* a number in `steps` and one; 0: empty */
	size_t slots;
	int64_t until; /* ms of the monotonic clock; 0: however long it takes */
	bool stopped, said;
	struct seat *seat;
	size_t seats;
	struct replay_console *console;
	size_t consoles;
	struct replay_file *file;
	size_t files;
	struct changes states, presence;
	uint8_t *states_now;
	char language[8];
	/* what screens were given */
	struct engine_view view;
	struct view_step *view_steps;
	struct view_person *view_people;
	struct view_artifact *view_artifacts;
	const char **view_languages;
	struct prompt *document;
	struct bytes line;
};

/* Verifies up to a position. -1 with `e`, or stopped: replay_patience(). */
int replay_reach(struct replay *r, size_t position, struct error *e);
/* The entry at a position, looked up again; valid until the next look-up. 0, or -1 when the line is none. */
int replay_entry(const struct replay *r, size_t position, struct entry *out);
/* replay_view.c: view and document of the position, made anew. */
int replay_show(struct replay *r, struct error *e);
void replay_view_free(struct replay *r);
/* replay_document.c */
struct prompt *replay_document_new(const struct replay *r, struct error *e);
/* replay_artifact.c: how the file stands, and what is in it. */
int replay_artifact_lines(const struct replay *r, const struct replay_file *f, struct prompt *p, struct error *e);
/* Holds a file against hash and size (-1: not known). */
int replay_file_check(const struct replay *r, const char *path, const char *sha256, int64_t bytes, struct error *e);

#endif
