/* The one path through the house: want, performed, appended, applied. */
#include "engine/private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "steps/pause.h"

static enum engine_status fail(struct engine *g, const struct error *e)
{
	if (e != &g->error)
		g->error = *e;
	g->noticed = true;
	return g->status = ENGINE_FAILED;
}

void engine_notice(struct engine *g, const struct error *e)
{
	g->error = *e;
	g->noticed = true;
}

static void forget_want(struct engine *g)
{
	want_free(&g->want);
	g->wanted = false;
	prompt_free(&g->prompt);
}

int engine_keep_line(struct engine *g, const struct entry *entry, struct error *e)
{
	struct bytes *lines = g->line_count & (g->line_count - 1)
	                              ? g->lines
	                              : realloc(g->lines, (g->line_count ? g->line_count * 2 : 1) * sizeof(*lines));
	if (!lines)
		return error_memory(e);
	g->lines = lines;
	memset(&lines[g->line_count], 0, sizeof(*lines));
	bytes_add(&lines[g->line_count], entry->line, entry->len);
	return bytes_end(&lines[g->line_count++], e);
}

static bool too_old(const struct engine *g, int64_t now)
{
	return consent_proposal(g->c->consent) && consent_expired(g->c->consent, now);
}

struct before {
	struct engine *g;
	bool right; /* the entry is the one that is wanted: from here on there is no way back */
};

/* The engine holds its own entry against the fold, and takes it in, before it is written: what verify would refuse
 * never gets into a record. When the write fails the run is over, and the next one folds what is on disk. */
static int before_append(void *context, const struct entry *entry, const struct tree *after, struct error *e)
{
	struct before *b = context;
	if (ceremony_check(b->g->c, entry, e) < 0)
		return -1;
	/* The clock was set, or time went by, between the question and this line. Consent would refuse it and be dead
	 * then; so nothing is taken, and the proposal is made anew. */
	if ((entry->event == APPROVAL_GIVEN || entry->event == ACT_INTENDED) && too_old(b->g, entry->time))
		return error_set(e, ERROR_FAULT,
		        N_("the proposal was made more than %d minutes ago by the console's clock: it is made anew, "
		           "and "
		           "what was signed meanwhile counts for nothing"),
		        (int)APPROVAL_MINUTES);
	b->right = true;
	if ((entry->event == CEREMONY_CLOSED || pause_is_sealed(entry)) && engine_sign_end(b->g, entry, after, e) < 0)
		return -1;
	return ceremony_apply(b->g->c, entry, after, e);
}

int engine_append(struct engine *g, const char *step, enum event event, const char *data, struct error *e)
{
	struct before b = {g, false};
	const struct entry *entry = record_append_after(g->room.record, step, event, data, before_append, &b, e);
	g->sealed = entry && pause_is_sealed(entry);
	if (!entry || engine_keep_line(g, entry, e) < 0) {
		if (b.right) /* state and record may differ now: only a new run, which folds what is on disk, can go on
		              */
			fail(g, e);
		return -1;
	}
	if (event == CEREMONY_CLOSED || g->sealed)
		engine_remember_end(g);
	struct error gone;
	if (g->room.hsm && hsm_feed(g->room.hsm, entry->line, entry->len, &gone) < 0)
		hsm_end(&g->room.hsm); /* started again, and fed from the beginning, when it is needed */
	forget_want(g);
	return 0;
}

static int append_all(struct engine *g, struct outcome *out, struct error *e)
{
	for (size_t i = 0; i < out->count; i++)
		if (engine_append(g, out->entry[i].step, out->entry[i].event, bytes_string(&out->entry[i].data), e) < 0)
			return -1;
	return 0;
}

static int write_artifact(struct engine *g, struct error *e)
{
	/* Not in the record yet: a file of that name is one that the run before wrote and could not record. */
	if (file_replace(record_dir(g->room.record), g->want.path, g->want.content.data, g->want.content.len, 0644, e) <
	        0)
		return -1;
	struct bytes data = g->want.data;
	memset(&g->want.data, 0, sizeof(g->want.data));
	const char *step = g->want.step;
	enum event event = g->want.event;
	int rc = engine_append(g, step, event, bytes_string(&data), e);
	bytes_free(&data);
	return rc;
}

static int record_wanted(struct engine *g, struct error *e)
{
	struct bytes data = g->want.data;
	memset(&g->want.data, 0, sizeof(g->want.data));
	int rc = engine_append(g, g->want.step, g->want.event, bytes_string(&data), e);
	bytes_free(&data);
	return rc;
}

static int look(struct engine *g, struct error *e)
{
	struct outcome out = {0};
	int rc = -1;
	if (g->want.by->helper && engine_helper(g, e) < 0)
		return -1;
	if (g->want.by->look(g->c, &g->want, &g->room, &out, e) == 0)
		rc = append_all(g, &out, e);
	outcome_free(&out);
	return rc;
}

int engine_prompt_make(struct engine *g, uint64_t id, struct error *e)
{
	struct prompt *p = calloc(1, sizeof(*p));
	const struct script_step *step = ceremony_step(g->c);
	int rc;

	if (!p)
		return error_memory(e);
	p->id = id;
	g->room.language = g->language;
	if (g->c->closed || g->c->paused)
		rc = g->told ? image_prompt(g, p, e) : final_prompt(g, p, e);
	else
		rc = g->want.by->ask(g->c, &g->want, &g->room, p, e);
	/* What is asked outside of every step is not what the step in hand instructs. */
	if (rc == 0 && step && ceremony_place(g->c) && (g->c->closed || g->c->paused || g->want.step) &&
	        g->want.by != &trouble_kind)
		rc = field_set(&p->say, script_say(g->c->script, &step->say, g->language)) < 0 ? error_memory(e) : 0;
	if (rc < 0) {
		prompt_free(&p);
		return -1;
	}
	prompt_free(&g->prompt);
	g->prompt = p;
	return 0;
}

/* Does what is wanted, as long as nobody is needed for it. */
static int perform(struct engine *g, struct error *e)
{
	switch (g->want.kind) {
	case WANT_RECORD:
		return record_wanted(g, e);
	case WANT_WRITE:
		return write_artifact(g, e);
	case WANT_LOOK:
		return look(g, e);
	case WANT_ACT:
		return engine_act(g, e);
	case WANT_ASK:
		if (too_old(g, time_now_ms()))
			return engine_void(g, "expired", e);
		return engine_prompt_make(g, ++g->prompts, e);
	case WANT_RESUME:
	case WANT_NOTHING:
		break;
	}
	return error_set(e, ERROR_INTERNAL, "the ceremony wants nothing that the console could do");
}

/* The proposal has become too old, whether people still look at it or its act was to follow now: it is made anew. */
static int expired_void(struct engine *g, struct error *e)
{
	if (!too_old(g, time_now_ms()))
		return 0;
	return engine_void(g, "expired", e);
}

static bool may_pause(const struct engine *g)
{
	return policy_whole(consent_policy(g->c->consent)) && !consent_open_act(g->c->consent, NULL) && !g->c->closed &&
	       !g->c->paused;
}

enum engine_status engine_run(struct engine *g)
{
	struct error e = {0};

	while (g->status != ENGINE_FAILED && g->status != ENGINE_PAUSED && g->status != ENGINE_CLOSED) {
		if (g->acting) {
			int over = engine_act_poll(g, &e);
			if (over < 0)
				return fail(g, &e);
			if (!over)
				return g->status = ENGINE_BUSY;
		}
		if (g->pause_after && may_pause(g)) {
			if (engine_pause(g, NULL, g->pause_reason, &e) < 0)
				return fail(g, &e);
			return g->status;
		}
		if (!g->room.hsm && engine_unlocked(g) && engine_quiet(g)) {
			/* Whatever ended the helper logged it out: the fold is told, and the HSM is unlocked again when
			 * it is needed. */
			if (engine_lock(g, "the HSM's process ended", &e) < 0)
				return fail(g, &e);
		}
		if (engine_clock(g, &e) < 0 || engine_devices(g, &e) < 0 || expired_void(g, &e) < 0)
			return fail(g, &e);
		if (g->prompt)
			return g->status = ENGINE_PROMPT;
		if (g->c->paused) { /* by a step: the others end the run themselves */
			if (g->ended)
				return g->status = ENGINE_PAUSED;
			if (engine_sealed(g, &e) < 0 || engine_prompt_make(g, ++g->prompts, &e) < 0)
				return fail(g, &e);
			continue;
		}
		if (g->c->closed) {
			if (g->ended)
				return g->status = ENGINE_CLOSED;
			if (engine_finish(g, &e) < 0 || engine_prompt_make(g, ++g->prompts, &e) < 0)
				return fail(g, &e);
			continue;
		}
		if (!g->wanted) {
			if (ceremony_next(g->c, &g->want, &e) < 0)
				return fail(g, &e);
			g->wanted = true;
		}
		if (perform(g, &e) == 0)
			continue;
		if (g->status == ENGINE_FAILED || !too_old(g, time_now_ms()))
			return fail(g, &e);
		forget_want(g); /* it became too old in this very moment, and nothing was written */
	}
	return g->status;
}

bool engine_tick(struct engine *g)
{
	struct error e = {0};
	enum engine_status before = g->status;

	if (g->status == ENGINE_BUSY && g->acting)
		return engine_run(g) != before;
	if (g->status != ENGINE_PROMPT)
		return false;
	if (engine_clock(g, &e) < 0 || engine_devices(g, &e) < 0 || (engine_idle(g) && engine_lock_idle(g, &e) < 0))
		fail(g, &e);
	uint64_t prompt = g->prompts;
	engine_run(g);
	return g->status != before || g->prompts != prompt;
}

int engine_fd(const struct engine *g)
{
	return g->acting && g->room.hsm ? hsm_fd(g->room.hsm) : -1;
}

const struct prompt *engine_prompt(const struct engine *g)
{
	return g->status == ENGINE_FAILED ? NULL : g->prompt; /* a run that failed asks nothing more */
}

static int leave(struct engine *g, const struct answer *a, struct error *e)
{
	struct bytes data = {0}, visible = {0};
	struct json_writer j = {&data, false};
	const char *person = answer_text(a, "person"), *reason = answer_text(a, "reason");
	const struct person *p = consent_find(g->c->consent, person);

	if (!p || (!p->present && p != consent_joining(g->c->consent, NULL)))
		return error_set(e, ERROR_FAULT, "%s is not in the room", person);
	if (engine_void(g, "somebody left", e) < 0)
		return -1;
	text_visible(&visible, reason, strlen(reason));
	json_begin_object(&j);
	json_member_text(&j, "person", person);
	json_member_text(&j, "reason", bytes_string(&visible));
	json_end_object(&j);
	int rc = bytes_end(&data, e) < 0 ? -1
	                                 : engine_append(g, ceremony_place(g->c), PERSON_LEFT, bytes_string(&data), e);
	bytes_free(&data);
	bytes_free(&visible);
	return rc;
}

/* Every field of the form fits, before anything is made of it. */
static int form_check(const struct prompt *p, const struct answer *a, struct error *e)
{
	if (p->see_all && !a->seen_all)
		return error_set(
		        e, ERROR_FAULT, "the proposal was not shown to its end: read on to the last line first");
	for (size_t i = 0; i < p->fields; i++) {
		const struct field *f = &p->field[i];
		if (f->kind == FIELD_SECRET || f->kind == FIELD_SHARE)
			continue;
		const char *text = answer_text(a, f->name);
		/* "Nobody else comes" makes the rest of a roll-call form empty. */
		if (i && !strcmp(answer_text(a, p->field[0].name), "nobody-else"))
			continue;
		if (field_check(f, text, e) < 0)
			return -1;
	}
	return 0;
}

/* Nothing can be added any more, by this run at least. */
static bool is_over(const struct engine *g)
{
	return g->c->closed || g->c->paused;
}

static int nothing_more(struct error *e)
{
	return error_set(e, ERROR_FAULT, "the record is closed: nothing can be added to it");
}

static int give(struct engine *g, struct answer *a, struct error *e)
{
	struct outcome out = {0};
	struct error why = {0};
	int rc;

	if (g->c->closed && g->image.path.len && !g->told) {
		g->told = true;
		return engine_prompt_make(g, ++g->prompts, e);
	}
	if (is_over(g)) {
		g->ended = true;
		prompt_free(&g->prompt);
		return 0;
	}
	if (a->action == ANSWER_GIVE && form_check(g->prompt, a, e) < 0)
		return -1;
	bytes_clear(&g->room.notice);
	g->noticed = false;
	rc = g->want.by->answer(g->c, &g->want, &g->room, a, &out, &why);
	/* A wrong passphrase is recorded, and still no answer. */
	if ((rc == 0 || out.count) && append_all(g, &out, e) < 0) {
		/* Refused before anything was written (the clock moved meanwhile): the question stays. */
		if (!g->wanted || g->status == ENGINE_FAILED)
			fail(g, e);
		outcome_free(&out);
		return -1;
	}
	outcome_free(&out);
	if (rc < 0) {
		if (e)
			*e = why;
		if (!g->wanted) { /* the state moved: the prompt is made anew, and stays the same to people */
			struct error again = {0};
			uint64_t id = g->prompts;
			if (ceremony_next(g->c, &g->want, &again) < 0)
				fail(g, &again);
			g->wanted = true;
			if (g->want.kind == WANT_ASK && engine_prompt_make(g, id, &again) < 0)
				fail(g, &again);
		}
		return -1;
	}
	if (g->room.notice.len)
		error_set(&g->error, ERROR_FAULT, "%s", bytes_string(&g->room.notice)), g->noticed = true;
	forget_want(g);
	return 0;
}

int engine_answer(struct engine *g, struct answer *a, struct error *e)
{
	/* While an act is open nothing is asked, and an exception may be noted all the same. */
	if (a->action == ANSWER_EXCEPTION && g->status == ENGINE_BUSY && g->acting)
		return engine_note(g, a, e);
	engine_tick(g); /* a reader that waits in a read has no clock of its own */
	if (g->status != ENGINE_PROMPT || !g->prompt || a->prompt != g->prompt->id)
		return error_set(e, ERROR_FAULT, "this answers a question that is not asked any more");
	switch (a->action) {
	case ANSWER_GIVE:
		return give(g, a, e);
	case ANSWER_REFUSE:
		if (!g->prompt->refusable)
			return error_set(e, ERROR_FAULT, "there is nothing here to refuse");
		return give(g, a, e);
	case ANSWER_EXCEPTION:
		return is_over(g) ? nothing_more(e) : engine_note(g, a, e);
	case ANSWER_LEAVE:
		return is_over(g) ? nothing_more(e) : leave(g, a, e);
	case ANSWER_AMEND:
		return is_over(g) ? nothing_more(e) : engine_amend(g, a, e);
	case ANSWER_PAUSE:
		if (is_over(g)) {
			g->ended = true;
			prompt_free(&g->prompt);
			return 0;
		}
		return engine_pause(
		        g, *answer_text(a, "person") ? answer_text(a, "person") : NULL, answer_text(a, "reason"), e);
	}
	return error_set(e, ERROR_INTERNAL, "an answer of no known kind");
}

const struct error *engine_error(const struct engine *g)
{
	return g->noticed ? &g->error : NULL;
}

void engine_language(struct engine *g, const char *language)
{
	struct error e;
	for (size_t i = 0; i < g->c->script->languages.count; i++)
		if (!strcmp(g->c->script->languages.item[i], language))
			snprintf(g->language, sizeof(g->language), "%s", language);
	if (g->prompt)
		engine_prompt_make(g, g->prompt->id, &e);
}

void engine_interrupt(struct engine *g, const char *reason)
{
	snprintf(g->pause_reason, sizeof(g->pause_reason), "%s", reason);
	if (g->status != ENGINE_PROMPT && g->status != ENGINE_BUSY)
		return;
	g->pause_after = true;
	if (is_over(g)) {
		g->ended = true;
		prompt_free(&g->prompt);
	}
	engine_stop_act(g);
	while (g->acting) {
		struct pollfd p = {engine_fd(g), POLLIN, 0};
		if (poll(&p, 1, 1000) < 0 && errno != EINTR)
			break;
		engine_run(g);
	}
	engine_run(g);
}

void engine_free(struct engine **gp)
{
	struct engine *g = *gp;
	if (!g)
		return;
	room_wipe(&g->room, "");
	room_work_end(&g->room);
	room_forget_cards(&g->room);
	secret_free(&g->room.seed);
	bytes_free(&g->devices);
	bytes_free(&g->room.notice);
	hsm_end(&g->room.hsm);
	previous_free(&g->previous);
	forget_want(g);
	view_free(g);
	for (size_t i = 0; i < g->line_count; i++)
		bytes_free(&g->lines[i]);
	free(g->lines);
	bytes_free(&g->entry_text);
	bytes_free(&g->final);
	bytes_free(&g->unkept);
	image_free(&g->image);
	for (char **v = g->environment; v && *v; v++)
		free(*v);
	free(g->environment);
	record_free(&g->room.record);
	ceremony_free(&g->c);
	free(g->helper);
	free(g->parser);
	free(g->report);
	free(g->credentials);
	free(g->record_path);
	free(g);
	*gp = NULL;
}
