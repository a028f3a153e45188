/* The state of a ceremony: nothing but a fold over the entries of its record. */
#ifndef STEPS_CEREMONY_H
#define STEPS_CEREMONY_H

#include "people/consent.h"
#include "script/site.h"
#include "steps/want.h"

/* An entry kept for the step that it belongs to. */
struct kept {
	struct bytes line;
	struct json_doc *doc;
	struct entry entry;
	char act[32]; /* of act.done and act.failed: which act it was; else "" */
};
struct journal {
	struct kept *kept;
	size_t count, room;
};

/* One going through a step. */
struct run {
	size_t index; /* of the script's steps */
	bool begun;
	uint64_t begun_at;      /* seq of its step.begun */
	struct journal journal; /* the entries since then that belong to this step */
};

enum trouble_kind {
	TROUBLE_NONE,
	TROUBLE_FAULTS,      /* facts.read has faults */
	TROUBLE_FAILED,      /* act.failed */
	TROUBLE_OPEN_INTENT, /* an act was open when the run before ended */
	TROUBLE_UNMET        /* what the step needs was never made */
};
/* Something that no step foresaw, to be decided by the control role before anything else goes on. */
struct trouble {
	enum trouble_kind kind;
	uint64_t about;     /* seq of the entry that shows it */
	bool noted;         /* exception.noted is there: its acceptance is wanted */
	bool ends;          /* it ends the step */
	bool host;          /* of the look at the machine after a pause, and not of the step in hand */
	uint64_t exception; /* seq of it */
	char sentence[512]; /* English, from the entry */
};

struct token_state {
	char *label, *serial; /* as the token has them now */
	bool unlocked;
	size_t unlocked_by; /* the step that did it */
};
struct key_state {
	bool made;    /* in this ceremony, or found again on its token */
	bool known;   /* the previous record says what it is; check-key finds it again */
	char *cka_id; /* hex */
	struct bytes spki;
	uint8_t spki_sha256[32];
};
struct certificate_state {
	bool issued; /* in this ceremony, or in one before it */
	struct bytes der;
	uint8_t sha256[32];
};
struct request_state {
	bool there;                      /* taken in and its hash read back, or made */
	struct bytes der, spki, subject; /* subject: its Name, DER */
	uint8_t sha256[32];
};
struct artifact_state {
	char path[128], type[64];
	uint64_t bytes;
	uint8_t sha256[32];
};
/* Of a secret one set at most is in force, and one at most drawn or unsettled. */
enum share_validity {
	SHARE_DRAWN,     /* made, and not on the token yet */
	SHARE_IN_FORCE,  /* it opens the token: drawn here, or taken over from the record before */
	SHARE_UNSETTLED, /* the act that was to put it on the token was cut: it or the set in force opens it, and nobody
	                    knows which */
	SHARE_VOID       /* it opens nothing any more, or never did */
};
/* One share, as the record knows it. Nothing here says that it was drawn in this ceremony. */
struct share_state {
	char secret[65];                 /* the script's name of it */
	unsigned part, parts, threshold; /* part from 1 */
	char person[65];                 /* who typed it back: its holder; "" nobody yet */
	uint8_t salt[32], commitment[32];
	enum share_validity state;
	uint64_t drawn_at; /* seq of its value.drawn; 0: a record before has it */
};
struct observed_state {
	char *name, *text;
};
struct number_state { /* the newest number of a bag, of an issuer's CRL, …: by kind and name */
	char *kind, *name, *text;
};
/* What the record before this one left, as the entries say. */
struct carried {
	bool named;          /* entry 0 names a previous record … */
	bool begun;          /* … and the first fact about it is here */
	struct bytes origin; /* of entry 0 */
	uint64_t size;
	uint8_t root[32];
	uint64_t items;     /* how many there are */
	struct bytes *item; /* those that are here, each a JSON object */
	size_t count;
};
struct named_state { /* people as they introduced themselves */
	char key_name[65];
	char *name, *organisation, *identity;
};

/* A new script that was brought in, until it is decided upon: steps/amend.h. */
struct amendment {
	uint64_t said;       /* seq of the newest exception.noted that says who brings one and why; 0: none */
	bool taken;          /* its file is in the record … */
	bool looked, faulty; /* … it was looked at … and has faults, which are to be seen */
	bool same_step;      /* the step in hand stays as it is */
	char path[128];      /* of the artifact */
	char sha256[65];
	struct bytes sentences; /* the faults, a line each */
	struct script *script;  /* NULL: it can take nobody's place. Owned */
};

/* Input devices that appeared while a run was there to see it: to be seen by two people, or by the only one who is
 * here, before anything else goes on. */
struct appeared {
	uint64_t noted;    /* seq of the newest exception.noted of kind "device" that is not seen; 0: none */
	struct bytes text; /* of it */
	char first[65];    /* NAME of who has acknowledged it; "" nobody yet */
};

/* Between two runs, as their entries say. */
struct stop {
	int64_t last, resumed; /* ms: the last entry of the run before, and ceremony.resumed */
	int64_t torn;          /* bytes of a last line that was not written whole */
	bool open;             /* an act had no result yet */
};

enum { STEP_STATE_TO_COME, STEP_STATE_DONE, STEP_STATE_EXCEPTION };

struct ceremony {
	struct script *script; /* owned */
	struct site *site;     /* owned */
	struct consent *consent;
	struct tree tree;
	int64_t time; /* of the newest entry, ms */
	bool opened, dry_run, paused, closed;
	size_t step;           /* index of the step in hand; step_count: past the last */
	unsigned *attempts;    /* a step */
	uint8_t *states;       /* a step */
	struct run main, redo; /* redo: an earlier unlock-hsm gone through again, since the HSM was locked in between */
	bool redoing;
	struct trouble trouble;
	struct trouble held; /* the step's, while that of the machine is decided upon */
	bool look_again;     /* after a pause the machine is to be looked at when the roll call is over */
	struct appeared appeared;
	struct amendment amendment;
	struct script **former; /* scripts that were in force before, the first one first; owned: entries and wants may
	                           still name what is theirs */
	size_t former_count;
	unsigned given_up;    /* attempts of a step that an amendment gave up: none to come may count fewer, since
	                         artifacts    are named by them */
	unsigned brought;     /* files of new scripts in the record */
	char (*relieved)[65]; /* NAMEs of who is relieved in the attend step in hand */
	size_t relieved_count;
	uint64_t resumed;                       /* seq of the newest ceremony.resumed; 0: none */
	struct token_state *tokens;             /* as script->hsms */
	struct key_state *keys;                 /* as script->keys */
	struct certificate_state *certificates; /* as script->certificates */
	struct request_state *requests;         /* as script->requests */
	struct artifact_state *artifacts;
	size_t artifact_count;
	struct share_state *shares;
	size_t share_count;
	struct observed_state *observed;
	size_t observed_count;
	struct named_state *named;
	size_t named_count;
	struct number_state *numbers;
	size_t number_count;
	struct carried carried;
	unsigned exceptions;
	int directory;    /* of the record, for ceremony_artifact(); -1: none. Not owned */
	char act[32];     /* while an entry is applied: the act that was open before it, or "" */
	struct stop stop; /* what the newest ceremony.resumed tells people */
};

/* Takes script and site (owned by it from now on, also on error). */
struct ceremony *ceremony_new(struct script *script, struct site *site, struct error *e);
void ceremony_free(struct ceremony **c);

/* What is wanted now. Pure: state in, want out. -1 only when memory runs out or a profile cannot be built. */
int ceremony_next(const struct ceremony *c, struct want *w, struct error *e);
/* Is this entry the one that was wanted, or one that may come at any time (an exception, a pause, a resumption, a
 * departure)? */
int ceremony_check(const struct ceremony *c, const struct entry *entry, struct error *e);
/* Is an exception of kind "device" to be seen before anything else that is not under way? */
bool ceremony_appeared(const struct ceremony *c);
/* Takes the entry into the state, consent first. */
int ceremony_apply(struct ceremony *c, const struct entry *entry, const struct tree *after, struct error *e);
/* The data of ceremony.opened, from script, site and what only the run knows. */
struct opening {
	const char *origin, *console, *program_version, *libraries, *host_os,
	        *host_image; /* libraries: a JSON object */
	uint8_t program_sha256[32];
	bool rehearsal;
	const uint8_t (*module_sha256)[32]; /* as script->hsms */
	const char *previous;               /* JSON, "null" when none */
};
int opening_data(const struct script *script, const struct site *site, const struct opening *o, struct bytes *data,
        struct error *e);
/* Steps of a script as entry 0, steps.listed and the order of an amendment list them: one JSON array. */
void opening_steps(struct json_writer *w, const struct script *script, size_t from, size_t count);
/* The data of the steps.listed that goes on with the list of entry 0 from that step, counted from 0. */
int opening_listed(const struct script *script, size_t from, struct bytes *data, struct error *e);
/* Holds entry 0 against script and site. */
int opening_check(const struct ceremony *c, const struct entry *entry, struct error *e);

/* Does the script's `previous` allow that a previous record is given, or that none is? */
int previous_allowed(const struct script *script, bool given, struct error *e);

/* The step id that entries bear now, or NULL between steps and in a resumption's roll call. */
const char *ceremony_place(const struct ceremony *c);
/* Must (and can) an unlock-hsm step be gone through again before the step in hand goes on? Its index, or step_count. */
size_t ceremony_redo(const struct ceremony *c);
/* The step in hand, and its run; NULL past the last step. */
const struct run *ceremony_run(const struct ceremony *c);
const struct script_step *ceremony_step(const struct ceremony *c);
/* Is `name` relieved in the attend step in hand, and still there? */
bool ceremony_relieved(const struct ceremony *c, const char *name);
bool ceremony_rehearsal(const struct ceremony *c);
size_t ceremony_hsm_index(const struct ceremony *c, const char *name);
size_t ceremony_key_index(const struct ceremony *c, const char *name);
size_t ceremony_certificate_index(const struct ceremony *c, const char *name);
size_t ceremony_request_index(const struct ceremony *c, const char *name);
const struct request_state *ceremony_request(const struct ceremony *c, const char *name); /* NULL: not taken in */
const struct named_state *ceremony_named(const struct ceremony *c, const char *key_name);
/* An artifact of the record, read and held against its entry: so it is as much a part of what the fold knows as the
 * entry is. */
int ceremony_artifact(const struct ceremony *c, const char *path, size_t max, struct bytes *out, struct error *e);
/* The newest number of that kind and name, or NULL; and a newer one. */
const char *ceremony_number(const struct ceremony *c, const char *kind, const char *name);
int ceremony_number_set(struct ceremony *c, const char *kind, const char *name, const char *text, struct error *e);
/* The token's label to be in this ceremony: in a rehearsal it begins REHEARSAL. */
int ceremony_token_label(const struct ceremony *c, const char *label, struct bytes *out, struct error *e);

/* Searching a journal, newest last. `what` is held against the data's "what", "name" or "act", of act.done
 * and act.failed against the act; NULL: any. */
const struct entry *journal_find(const struct journal *j, enum event event, const char *what);
unsigned journal_count(const struct journal *j, enum event event, const char *what);
void journal_clear(struct journal *j);
int journal_add(struct journal *j, const struct entry *entry, const char *act, struct error *e);

#endif
