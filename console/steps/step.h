/* A kind of step: one file, ending in this table. next() and apply() are pure; look(), request() and result() are where
 * the world is touched; ask() and answer() speak with people through prompts. */
#ifndef STEPS_STEP_H
#define STEPS_STEP_H

#include "hsm/hsm.h"
#include "steps/ceremony.h"
#include "steps/prompt.h"
#include "steps/room.h"

/* Entries to be appended, in order. */
struct outcome_entry {
	enum event event;
	const char *step;
	struct bytes data;
};
struct outcome {
	struct outcome_entry *entry;
	size_t count;
};
/* Adds one and gives the place for its data; NULL: no memory. */
struct bytes *outcome_add(struct outcome *o, enum event event, const char *step);
void outcome_free(struct outcome *o);

struct step_kind {
	const char *name;
	bool faults_acceptable; /* faults that it reads may be accepted by the control role, and the step goes on */
	bool helper;            /* its looks speak with the helper */
	bool restarts;          /* after a resumption it begins anew unless it is done: it holds secrets in memory */
	bool retries_unmet;     /* what it lacks are people: it may be done again when they are here */
	/* Is all done that it is for? NULL: the act of its own name is. */
	bool (*done)(const struct run *run);
	/* What the step needs that was never made, an English sentence (static); NULL: nothing is missing. */
	const char *(*unmet)(const struct ceremony *c, const struct run *run);
	/* Wants the next thing of the step; leaves w->kind WANT_NOTHING when the step is complete. */
	int (*next)(const struct ceremony *c, const struct run *run, struct want *w, struct error *e);
	/* Holds an entry against a want beyond event, step, what and data. */
	int (*check)(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e);
	int (*apply)(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e);
	int (*ask)(
	        const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e);
	int (*answer)(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
	        struct outcome *out, struct error *e);
	int (*look)(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out,
	        struct error *e);
	/* Adds to the approval's lines what the order alone does not show (a certificate, decoded). */
	int (*propose)(const struct ceremony *c, const struct room *room, struct prompt *p, struct error *e);
	/* `data` keeps the bytes that the request points at. */
	int (*request)(const struct ceremony *c, struct room *room, struct hsm_request *request, struct bytes *data,
	        struct error *e);
	/* The helper's answer into the facts of act.done: one JSON object. 1: the act goes on with another request. */
	int (*result)(const struct ceremony *c, struct room *room, const struct json *answer, struct bytes *facts,
	        struct error *e);
	/* Of an act of many requests: what is left to do with the last answer, while the HSM works on the next. What
	 * goes wrong is told by the next result(). */
	void (*meanwhile)(const struct ceremony *c, struct room *room);
	const char *const *help; /* paragraphs, NULL at the end */
};

const struct step_kind *step_kind(const char *name); /* NULL: no such kind in this version */
extern const struct step_kind consent_kind, trouble_kind, roll_call_kind, dry_run_kind, previous_kind, amend_kind,
        return_kind, device_kind; /* of every ceremony, no step of the script */
extern const struct step_kind attend_step, read_step, observe_step, inspect_host_step, check_clock_step,
        identify_hsm_step, initialise_hsm_step, change_custodians_step, share_secret_step, unlock_hsm_step,
        lock_hsm_step, generate_key_step, check_key_step, attest_key_step, seal_step, unseal_step, take_request_step,
        make_request_step, take_certificate_step, sign_document_step, issue_certificate_step, issue_crl_step,
        issue_ocsp_step, show_code_step, carry_out_step, take_in_step, record_video_step, pause_step, close_step;

bool step_done(const struct step_kind *kind, const struct run *run);
/* The kind of the step that has proposed this act for the helper; NULL: the act is of the room alone. */
const struct step_kind *step_kind_of_act(const struct ceremony *c, const struct proposal *p);

/* Helpers of next(). The strings must live as long as the state. */
void want_set(struct want *w, enum want_kind kind, const struct step_kind *by, int topic, const char *step,
        enum event event, const char *what);
/* An artifact of this content (moved in); the entry's data follows. `name` is its file name below artifacts/. */
int want_write(struct want *w, const struct step_kind *by, const char *step, const char *name, const char *type,
        struct bytes *content, struct error *e);
/* act.proposed of `order` (JSON, complete) for the step's approvers. */
int want_propose(const struct ceremony *c, struct want *w, const struct step_kind *by, const char *step,
        const char *act, const char *order, struct error *e);
/* The same of an act that the control role judges, or everyone (`role` NULL). */
int want_propose_to(const struct ceremony *c, struct want *w, const struct step_kind *by, const char *step,
        const char *act, const char *order, const char *role, unsigned need, struct error *e);

/* Where a value.drawn came from, as its "source" says; and does it say so? */
extern const char source_random[], source_script[];
int drawn_from(const struct entry *entry, const char *source, struct error *e);

/* "CKM_EC_KEY_PAIR_GEN" for ec-p384: what a token must have to make such a key. */
const char *key_mechanism(const char *algorithm);

/* Helpers of ask(). -1: no memory. */
int prompt_line(struct prompt *p, enum line_style style, const char *text);
int prompt_message(struct prompt *p, enum line_style style, const char *id, ...) __attribute__((format(printf, 3, 4)));
int prompt_lines(struct prompt *p, const char *text); /* of data: one for each line of it */
struct field *prompt_field(
        struct prompt *p, const char *name, enum field_kind kind, const char *label); /* label: message id */
int field_choice(struct field *f, const char *value, const char *label, const char *detail);
/* A choice of the people present of a role (NULL: of any), without those that `except` names (NULL-terminated, may be
 * NULL). */
int field_people(const struct ceremony *c, struct field *f, const char *role, const char *const *except);
int field_set(char **place, const char *text);

#endif
