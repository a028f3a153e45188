/* The readers of prompts: ncurses screens and plain lines, and who may answer in people's stead in a self-playing
 * rehearsal. */
#ifndef SCREENS_SCREENS_H
#define SCREENS_SCREENS_H

#include "base/error.h"
#include "engine/engine.h"
#include "engine/replay.h"

struct player;

struct screen_options {
	struct player *player; /* NULL: people answer */
	unsigned pace_ms;      /* how long each prompt stays when the player answers */
	const char *language;  /* "en" or "ja": of the interface */
};

/* A screen with one sentence while the ceremony is prepared; nothing on a terminal that has no screens. Ended before
 * anything is printed, and before console_run(). */
void splash_show(const char *title, const char *sentence);
void splash_end(void);

/* Runs the ceremony on the terminal until it is closed, paused or failed. */
enum engine_status console_run(struct engine *g, const struct screen_options *options, struct error *e);
/* The same as lines of text on stdin and stdout. Secrets are read without echo where stdin is a terminal. */
enum engine_status plain_run(struct engine *g, const struct screen_options *options, struct error *e);

/* A record gone through again on screens (falls back to plain lines where there are none), and as plain lines. -1 with
 * `e`: no memory, or the terminal cannot be used. */
int replay_run(struct replay *r, const struct screen_options *options, struct error *e);
int plain_replay(struct replay *r, const struct screen_options *options, struct error *e);

/* The self-playing rehearsal's people: answers any prompt as its stand-ins would. Only `rehearse` (and resume of a
 * rehearsal) has one. `cards`: a directory (made when needed) where the shares shown are also written, 0600, so that a
 * run that resumes has them; NULL: they are only remembered. */
struct player *player_new(const char *passphrase, const char *cards, struct error *e);
void player_free(struct player **p);
/* Fills `a` for `p`; remembers shares that it is shown, in guarded memory. -1 with `e` when it does not know an answer.
 */
int player_answer(struct player *player, const struct prompt *p, struct answer *a, struct error *e);
/* When this step is in hand, somebody brings this new script. The texts must live as long as the player. */
void player_amend(struct player *player, const char *step, const char *file);
/* As player_answer(), but for what is to happen at the step in hand without being asked for. */
int player_play(
        struct player *player, const struct engine_view *v, const struct prompt *p, struct answer *a, struct error *e);

/* The interface's language: binds the catalogue. "" follows the environment. Returns the language in force: "en" when
 * the terminal cannot show the other one (`*cannot` says so). */
const char *language_choose(const char *language, bool *cannot);

#endif
