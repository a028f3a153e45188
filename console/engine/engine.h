/* The engine: runs a ceremony entry by entry. It knows no screen. A reader (screens, plain lines, self-play) asks it
 * for the prompt, answers it, and looks at the state; it never touches record, token or clock itself. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "steps/prompt.h"

struct engine;

enum engine_status {
	ENGINE_PROMPT, /* engine_prompt() wants an answer */
	ENGINE_BUSY,   /* the helper works: poll engine_fd() for reading, then engine_run() again */
	ENGINE_CLOSED, /* the record is complete */
	ENGINE_PAUSED, /* ended by people, to be resumed */
	ENGINE_FAILED  /* cannot go on: engine_error(); the record keeps what was done and can be resumed */
};

/* A directory that stands for a medium of the script, in a rehearsal. */
struct engine_medium {
	const char *name, *directory;
};
struct engine_options {
	const char *script, *site, *record; /* paths; `site` NULL in a rehearsal: it makes its own */
	const char *previous;               /* directory of the record that this ceremony goes on from, or NULL */
	const char *previous_anchor;        /* a checkpoint of it, kept elsewhere, or NULL */
	const struct engine_medium *media;  /* of a rehearsal; the script's other media are made beside the record */
	size_t medium_count;
	bool rehearsal;
	const char *helper; /* path of the helper program */
	const char *parser; /* and of the one that tries what comes from outside; NULL (in tests): nothing does */
	const char *
	        verifier; /* and of this one, which tries the previous record likewise; NULL (in tests): nothing does */
	const char *report;   /* path of the program that prints, or NULL: the record gets no report */
	const char *language; /* of the script's texts, or NULL: its first */
};

/* Checks everything that can be checked first, makes the record, writes ceremony.opened. NULL with `e`. */
struct engine *engine_start(const struct engine_options *options, struct error *e);
/* Goes on with a record that was not closed. Of the options, script and site do not count. */
struct engine *engine_resume(const struct engine_options *options, struct error *e);
void engine_free(struct engine **g); /* ends the helper, wipes; the record stays as it is */

/* Works until something is needed from outside. Call at the start, after each answer, and when engine_fd() is readable.
 */
enum engine_status engine_run(struct engine *g);
/* The clock went on (call it about once a second): an act that takes too long is given up, an idle HSM locks itself.
 * True when prompt or status changed. */
bool engine_tick(struct engine *g);
int engine_fd(const struct engine *g); /* -1 when not busy */
/* The prompt now wanted; valid until the next engine_answer() that returns 0 or engine_language(). */
const struct prompt *engine_prompt(const struct engine *g);
/* Gives an answer (its secrets are moved out). 0: taken; call engine_run(). -1 with `e`: not taken; the prompt stays,
 * made anew under the same id when the state moved (fetch it again). */
int engine_answer(struct engine *g, struct answer *a, struct error *e);
/* The message of ENGINE_FAILED; also the newest notice otherwise (what a failed act said), or NULL. */
const struct error *engine_error(const struct engine *g);
/* Chooses the language of the script's texts; the prompt is made anew (same id). */
void engine_language(struct engine *g, const char *language);
/* The terminal was lost or a signal came: writes ceremony.paused where the fold allows it, and ends the run. */
void engine_interrupt(struct engine *g, const char *reason);

/* An act that does many things (act_total) is to end after those that the HSM has in hand: it is recorded as failed,
 * and people decide what becomes of the step. False: no such act is under way. */
bool engine_stop_act(struct engine *g);

/* What screens show; all of it is from the fold. Texts are in the chosen language; pointers are valid until the next
 * engine call. */
enum step_state { STEP_TO_COME, STEP_NOW, STEP_DONE, STEP_EXCEPTION };
struct view_step {
	const char *id, *kind;
	enum step_state state;
};
struct view_person {
	const char *key_name, *name, *role;
	bool present, locked;
};
struct view_artifact {
	const char *path, *type;
	uint64_t bytes;
	const char *sha256; /* hex */
};
struct engine_view {
	const char *title, *origin, *record;
	bool rehearsal, software; /* software: a real ceremony on a software token */
	uint64_t size;            /* entries */
	uint8_t root[32];
	const struct view_step *step;
	size_t steps, current; /* current == steps: none yet, or past the last */
	const struct view_person *person;
	size_t people;
	const char *say;              /* the current step's instruction */
	const char *act;              /* the open act while busy, else NULL */
	int64_t act_since;            /* ms, by time_up_ms() */
	uint64_t act_done, act_total; /* of an act that does many things; total 0: it is one */
	bool on_device;               /* and its PIN is entered on the device meanwhile */
	unsigned exceptions;
	const char *language;
	const char *const *languages; /* the script's; NULL at the end */
	const struct view_artifact *artifact;
	size_t artifacts;
};
const struct engine_view *engine_view(struct engine *g);
/* What an artifact of the view holds, read from the record and held against its entry; at most `max` bytes. */
int engine_artifact(struct engine *g, size_t index, size_t max, struct bytes *out, struct error *e);
/* Lines of the transcript, oldest first, for F4: entry `seq` as text, or NULL past the end. */
const char *engine_entry(struct engine *g, uint64_t seq);
/* Help (F1) on the current step: what it is for, in English message ids, one paragraph each; NULL at the end. */
const char *const *engine_help(const struct engine *g);

#endif
