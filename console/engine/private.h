/* The engine's inside, shared by its own files only. */
#ifndef ENGINE_PRIVATE_H
#define ENGINE_PRIVATE_H

#include "engine/engine.h"
#include "engine/image.h"
#include "steps/previous.h"
#include "steps/step.h"

struct engine {
	struct ceremony *c;
	struct room room;
	char *helper, *parser, *report, *credentials, *record_path;
	struct previous previous; /* what the record before left; empty when none was given */
	char language[8];
	enum engine_status status;
	struct error error; /* of ENGINE_FAILED, or the newest notice */
	bool noticed;
	struct want want;
	bool wanted; /* `want` is of the state as it is */
	struct prompt *prompt;
	uint64_t prompts;               /* ids given out */
	bool acting;                    /* the helper works on the open act */
	int64_t act_since, asked_since; /* of the act, and of the request that the helper works on */
	char act[32];
	bool pause_after; /* pause as soon as the act is over */
	char pause_reason[128];
	int64_t clock;          /* ms: how far it was ahead of the machine's uptime when last looked at */
	uint64_t clock_noted;   /* so many entries the record had when it was last said that the clock was set */
	struct bytes devices;   /* the kernel's list of input devices when last looked at */
	int64_t devices_looked; /* ms of uptime, when that was */
	bool sealed;            /* the newest entry is a pause that people signed */
	bool ended;             /* closed or sealed: the last code is shown */
	struct image image;     /* of the closed record, when the script asks for one */
	bool told;              /* closed: the record's own code was shown, and the image's comes */
	struct bytes final;     /* the file `checkpoint` */
	struct error unprinted; /* why no report lies in the record; no code: one does, or none was asked for */
	struct bytes unkept;    /* whose key does not remember the end of the record, in words of the prompt */
	char **environment;     /* for the helper; NULL-terminated */
	/* what screens were given: valid until the next call */
	struct engine_view view;
	struct view_step *view_steps;
	struct view_person *view_people;
	struct view_artifact *view_artifacts;
	char (*view_hex)[65];
	const char **view_languages;
	struct bytes entry_text;
	struct bytes *lines; /* the transcript as text, for F4 */
	size_t line_count;
};

/* start.c */
int environment_make(const struct site *site, char ***environment, struct error *e);
/* SHA-256 of the HSM's module file. */
int module_hash(const struct site_hsm *h, uint8_t sum[32], struct error *e);
int console_key_make(struct engine *g, const char *origin, struct vkey *key, struct error *e);
/* engine.c */
int engine_append(struct engine *g, const char *step, enum event event, const char *data, struct error *e);
int engine_keep_line(struct engine *g, const struct entry *entry, struct error *e);
/* The prompt of what is wanted now; one of the same id is the same to people. */
int engine_prompt_make(struct engine *g, uint64_t id, struct error *e);
int engine_prepare(struct engine *g, const struct engine_options *o, struct error *e);
/* remains.c: removes what a run that was killed left half done in the record's directory. */
int engine_sweep(const struct engine *g, struct error *e);
void engine_notice(struct engine *g, const struct error *e);
/* act.c: the helper, started and fed when first needed; begins the open act; 1: it is over, 0: it goes on, -1: the run
 * cannot. */
int engine_helper(struct engine *g, struct error *e);
int engine_act(struct engine *g, struct error *e);
int engine_act_poll(struct engine *g, struct error *e);
/* pause.c */
int engine_void(struct engine *g, const char *reason, struct error *e);
int engine_pause(struct engine *g, const char *person, const char *reason, struct error *e);
int engine_lock(struct engine *g, const char *reason, struct error *e);
int engine_lock_idle(struct engine *g, struct error *e);
bool engine_unlocked(const struct engine *g);
bool engine_quiet(const struct engine *g);
bool engine_idle(const struct engine *g);
/* exception.c: an exception.noted; and what F2 notes: whatever is asked or done at the moment stays. */
int engine_exception(struct engine *g, const char *person, const char *acknowledged, const char *kind, const char *text,
        struct error *e);
int engine_note(struct engine *g, const struct answer *a, struct error *e);
/* amend.c: takes a new script in; the fold then wants it looked at. */
int engine_amend(struct engine *g, const struct answer *a, struct error *e);
/* clock.c: notes an exception, and voids what is proposed, when the clock was set; that is looked for when nothing is
 * under way. */
void engine_clock_begin(struct engine *g);
int engine_clock(struct engine *g, struct error *e);
/* device.c: notes an exception, and voids what is proposed, when an input device appears; looked for as the clock is.
 */
int engine_devices_begin(struct engine *g, struct error *e);
int engine_devices(struct engine *g, struct error *e);
/* finish.c */
int engine_sign_end(struct engine *g, const struct entry *entry, const struct tree *after, struct error *e);
/* The end is on disk: the keys of those who signed it remember it, as far as their media are still here. */
void engine_remember_end(struct engine *g);
/* A pause that people signed: what it is shown with; and its signatures from the file `checkpoint` into
 * ceremony.resumed, which consent judges. */
int engine_sealed(struct engine *g, struct error *e);
int engine_seal(const struct engine *g, struct json_writer *j, struct error *e);
/* The derived files of a closed record; may be made again and again. */
int engine_finish(struct engine *g, struct error *e);
int final_prompt(struct engine *g, struct prompt *p, struct error *e);
/* The code of the image's hash, when there is an image. */
int image_prompt(const struct engine *g, struct prompt *p, struct error *e);
/* rehearsal.c: token directory, stand-ins and site file of a rehearsal; *site gets the path (owned by the caller).
 * Tokens that the record before knows are copied from beside it. */
int rehearsal_prepare(const struct script *script, const struct engine_options *o, const struct previous *previous,
        char **site, struct error *e);
/* rehearsal_media.c: the media that the script names, into `dir` (whose path is `base`) and the site file. */
int rehearsal_media(const struct script *s, const struct engine_options *o, int dir, const char *base,
        struct bytes *yaml, struct error *e);
/* rehearsal_tokens.c: the tokens and cards beside the record `from`, copied into `base`. */
int rehearsal_copy(const char *from, const char *base, struct error *e);
/* previous.c: verifies the record before, and takes what it left. */
int engine_previous(const struct engine_options *o, bool rehearsal, struct previous *out, struct error *e);
/* view.c */
void view_free(struct engine *g);

#endif
