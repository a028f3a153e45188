/* The ncurses console: one loop (console.c), and screens that draw and take keys. */
#ifndef SCREENS_CONSOLE_H
#define SCREENS_CONSOLE_H

#include "screens/flow.h"
#include "screens/form.h"
#include "screens/paint.h"
#include "screens/press.h"
#include "screens/screens.h"

enum { CONSOLE_ROWS = 24, CONSOLE_COLUMNS = 80, READINGS = 8 };

struct console;

/* How much of its scrolling part a screen has shown: what draw functions find out, and the loop remembers. */
struct shown {
	size_t rows, height, first;
	unsigned frames; /* of the code beside it; 0: one code, or none */
};

/* One screen or overlay. `draw` paints and acts on nothing. */
struct screen_ops {
	const char *name;
	bool whole; /* takes the whole window: no step list */
	struct shown (*draw)(const struct console *c, struct area a);
	/* An overlay returns true to be closed. */
	bool (*key)(struct console *c, const struct press *key);
	/* Appends the keys that work now, each as "[key] word ". */
	void (*keys)(const struct console *c, struct bytes *out);
};

struct console {
	struct engine *g;      /* NULL when a record is replayed */
	struct replay *replay; /* or NULL */
	const struct screen_options *options;
	const char *language;
	const struct engine_view *v;
	const struct prompt *p; /* NULL unless one is wanted */
	uint64_t id;            /* of the prompt that `form` is for; meaningful when `form` is there */
	struct form *form;
	const struct screen_ops *screen, *overlay;
	struct shown shown;
	size_t scroll;
	/* How far the document has been on the screen without a gap, in each of the layouts that it had. */
	struct reading {
		int columns;
		size_t rows, to;
	} reading[READINGS];
	unsigned readings;   /* begun so far */
	struct bytes notice; /* of the engine; shown while `notice_id` is the prompt's */
	uint64_t notice_id;
	const char *hint; /* a message id for the keys row, until the next key */
	/* overlays */
	struct prompt *sheet_prompt;
	struct form *sheet;
	size_t over_scroll, over_cursor;
	struct shown over_shown;
	struct bytes find;
	/* codes of several frames: they turn by themselves until somebody turns them */
	int64_t frame_since; /* ms; when frame_first was begun to be shown */
	unsigned frame_first;
	bool frame_held;
	bool code_spaces;     /* the font has no half blocks */
	struct bytes content; /* of the artifact whose content is shown; empty: its hash is */
	/* replay */
	struct prompt *decoded; /* the artifact that is looked at */
	char asking;            /* what is typed in the bottom line: one of "gst/?", or 0 */
	/* the self-playing rehearsal */
	struct answer *played;
	int64_t play_at;
	struct error error;
	struct keyboard keyboard;
	enum engine_status status;
	enum answer_action sheet_action;
	unsigned play_tries, share_page;
	bool alone; /* one person alone is at the screen: it is cleared after */
	bool seen;  /* every line of the document has been on the screen, up to the last */
	bool was_busy, finding, lost, over;
};

extern const struct screen_ops screen_form, screen_share, screen_code, screen_busy, screen_end;
extern const struct screen_ops overlay_help, overlay_sheet, overlay_people, overlay_transcript, overlay_artifacts,
        overlay_artifact_code, overlay_slip_code, overlay_menu;
/* Of a replay. */
extern const struct screen_ops screen_replay, overlay_replay_help, overlay_replay_files, overlay_replay_file;

/* console.c: what screens may ask for. */
void console_give(struct console *c);                      /* the form is complete: answer the engine */
void console_sheet_give(struct console *c);                /* the sheet is: give it, and close it when it was taken */
void console_function(struct console *c, unsigned number); /* what the F-key does */
void console_sheet(struct console *c, enum answer_action action); /* opens the form of it */
void console_open(struct console *c, const struct screen_ops *overlay);

/* Line `seq` of the transcript, of the engine or of the replay, and how many there are. */
const char *console_entry(const struct console *c, uint64_t seq);
size_t console_entries(const struct console *c);
/* screen_replay.c: the keys of a replay that are not of a screen; what goes to another position. */
void replay_move(struct console *c, size_t position);

/* frame.c: everything around the body. Returns the body's area. */
struct area frame_draw(const struct console *c);
void frame_keys(const struct console *c);
void frame_band(const struct console *c, int y, int x, int width);
void frame_too_small(void);
/* body.c: step, who acts, instruction, title and document of the prompt. */
void body_flow(const struct console *c, unsigned width, struct flow *out);
/* A document above, a form below: what fits, the form's cursor in view. */
struct shown body_split(struct area a, const struct flow *top, const struct flow *bottom, size_t scroll);
/* A list or text that scrolls; paints it and says what it showed. */
struct shown body_scroll(struct area a, const struct flow *flow, size_t scroll);
bool body_is_locked(const struct console *c); /* the document must be read to its end first */
/* Moves *scroll by a scrolling key; false when it is none. */
bool scroll_press(size_t *scroll, const struct shown *shown, const struct press *key, bool arrows);
/* screen_code.c: the frames begin anew; when the next one is due (ms; -1: none turns). */
void code_begin(struct console *c);
int64_t code_due(const struct console *c, int64_t now);
/* play.c: the self-playing rehearsal on screens. */
int play_begin(struct console *c); /* -1: no answer is known; c->error says why */
void play_step(struct console *c, int64_t now);
void play_end(struct console *c);

#endif
