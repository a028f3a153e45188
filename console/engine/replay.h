/* A record gone through again, entry by entry, by the fold that verifies it: forward as far as it was never reached,
 * and back to any place, since what the screens show of each place is kept. Read-only; knows no HSM and no helper. */
#ifndef ENGINE_REPLAY_H
#define ENGINE_REPLAY_H

#include "engine/engine.h"
#include "engine/verify.h"

struct replay;

/* Opens the record and stands on its first entry. What `o` names is judged at the end, as verify does. NULL with `e`
 * only when the directory, or what `o` names, cannot be read: a transcript that cannot is shown as such. */
struct replay *replay_open(const char *directory, const struct verify_options *o, struct error *e);
void replay_free(struct replay **r);

/* Lines of the transcript, a torn last one included; they are numbered from 0, as seq is. The position behind the last
 * is the end, where the whole is judged. */
size_t replay_count(const struct replay *r);
size_t replay_at(const struct replay *r);
/* Goes there (beyond the end: to the end), verifying every entry that was not reached before. -1 with `e`: no memory.
 */
int replay_go(struct replay *r, size_t position, struct error *e);
/* From here on the calls that verify stop after so long; 0: they take as long as they take. One that stopped gave -1,
 * or false, and goes on when it is called again; before the end is judged it stops once in any case. `reached`: how
 * many entries were verified so far. */
void replay_patience(struct replay *r, unsigned ms);
bool replay_stopped(const struct replay *r, size_t *reached);

enum replay_goal { REPLAY_EXCEPTION, REPLAY_APPROVAL, REPLAY_ACT };
/* The next such entry behind the position, or before it with `back`. False: there is none. */
bool replay_find(struct replay *r, enum replay_goal goal, bool back, size_t *position);
/* The first entry of a step, by its id or its number in the script (from 1). */
bool replay_find_step(struct replay *r, const char *step, size_t *position);
/* The first entry that is not before the time: "2026-12-01T09:30:00Z", or "09:30" or "09:30:00" (UTC, of the day of the
 * entry in hand). */
bool replay_find_time(struct replay *r, const char *time, size_t *position);
/* The next line that holds the text, in any case of letters; wraps around. */
bool replay_search(struct replay *r, const char *text, bool back, size_t *position);

/* Where trust ends, as far as entries were reached: the first entry (the end: replay_count()) at which a verdict does
 * not hold. */
struct replay_fault {
	size_t position;
	enum verdict_kind verdict;
	const struct error *error;
};
bool replay_trust(const struct replay *r, struct replay_fault *fault);
/* Does the position stand at or beyond the first fault? */
bool replay_is_beyond(const struct replay *r);
/* The five verdicts; only at the end, NULL before it was reached. */
const struct verification *replay_verdicts(const struct replay *r);

/* What screens show, of the position; valid until the next call that moves. */
const struct engine_view *replay_view(const struct replay *r);
int64_t replay_time(const struct replay *r); /* of the entry, ms; 0 when it has none */
/* Is the root of the view the one of this position? Past a fault of form no root is known. */
bool replay_root_known(const struct replay *r);
/* The entry in hand for people: what it says, what it stands for, what of it verifies. */
const struct prompt *replay_document(const struct replay *r);
/* A line of the transcript in visible form, or NULL past the last. Valid until the next call. */
const char *replay_line(struct replay *r, size_t position);
void replay_language(struct replay *r, const char *language); /* of the script's texts */
/* An artifact of the view, decoded, with its hash and whether the file is what was recorded. Owned by the caller
 * (prompt_free()). NULL with `e`: no memory. */
struct prompt *replay_artifact(const struct replay *r, size_t index, struct error *e);

#endif
