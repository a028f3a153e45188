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

static enum engine_status fail(struct engine *g, const struct error *e)
{
	if (e != &g->error)
		g->error = *e;
	g->noticed = true;
	return g->status = ENGINE_FAILED;
}

static void notice(struct engine *g, const struct error *e)
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
	struct bytes *lines = g->line_count & (g->line_count - 1) ? g->lines : realloc(g->lines, (g->line_count ? g->line_count * 2 : 1) * sizeof(*lines));
	if (!lines)
		return error_memory(e);
	g->lines = lines;
	memset(&lines[g->line_count], 0, sizeof(*lines));
	bytes_add(&lines[g->line_count], entry->line, entry->len);
	return bytes_end(&lines[g->line_count++], e);
}

struct before {
	struct engine *g;
	bool right; /* the entry is the one that is wanted: from here on there is no way back */
};

/* The engine holds its own entry against the fold, and takes it in, before it is written: what verify would refuse never gets
 * into a record. When the write fails the run is over, and the next one folds what is on disk. */
static int before_append(void *context, const struct entry *entry, const struct tree *after, struct error *e)
{
	struct before *b = context;
	if (ceremony_check(b->g->c, entry, e) < 0)
		return -1;
	b->right = true;
	if (entry->event == CEREMONY_CLOSED && engine_sign_end(b->g, entry, after, e) < 0)
		return -1;
	return ceremony_apply(b->g->c, entry, after, e);
}

int engine_append(struct engine *g, const char *step, enum event event, const char *data, struct error *e)
{
	struct before b = {g, false};
	const struct entry *entry = record_append_after(g->room.record, step, event, data, before_append, &b, e);
	if (!entry || engine_keep_line(g, entry, e) < 0) {
		if (b.right) /* state and record may differ now: only a new run, which folds what is on disk, can go on */
			fail(g, e);
		return -1;
	}
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

/* The helper, started when first needed and fed the record from entry 0. */
static int helper_ready(struct engine *g, struct error *e)
{
	if (g->room.hsm)
		return 0;
	g->room.hsm = hsm_start(g->helper, g->environment, e);
	if (!g->room.hsm)
		return -1;
	for (size_t i = 0; i < g->line_count; i++)
		if (hsm_feed(g->room.hsm, bytes_string(&g->lines[i]), g->lines[i].len, e) < 0) {
			hsm_end(&g->room.hsm);
			return -1;
		}
	return 0;
}

static int write_artifact(struct engine *g, struct error *e)
{
	/* Not in the record yet: a file of that name is one that the run before wrote and could not record. */
	if (file_replace(record_dir(g->room.record), g->want.path, g->want.content.data, g->want.content.len, 0644, e) < 0)
		return -1;
	struct bytes data = g->want.data;
	memset(&g->want.data, 0, sizeof(g->want.data));
	const char *step = g->want.step;
	int rc = engine_append(g, step, ARTIFACT_WRITTEN, bytes_string(&data), e);
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
	if (g->want.by->helper && helper_ready(g, e) < 0)
		return -1;
	if (g->want.by->look(g->c, &g->want, &g->room, &out, e) == 0)
		rc = append_all(g, &out, e);
	outcome_free(&out);
	return rc;
}

static int act_done(struct engine *g, uint64_t of, const char *facts, const char *step, struct error *e)
{
	struct bytes data = {0};
	bytes_printf(&data, "{\"of\":%llu,\"facts\":%s}", (unsigned long long)of, facts);
	int rc = bytes_end(&data, e) < 0 ? -1 : engine_append(g, step, ACT_DONE, bytes_string(&data), e);
	bytes_free(&data);
	return rc;
}

static const char *code_name(enum error_code code)
{
	static const char *const names[] = {[ERROR_NONE] = "none", [ERROR_FAULT] = "refused", [ERROR_USAGE] = "usage", [ERROR_MISSING] = "missing",
		[ERROR_IO] = "io", [ERROR_MEMORY] = "memory", [ERROR_TOKEN] = "token", [ERROR_INTERNAL] = "internal"};
	return names[code];
}

static int act_failed(struct engine *g, const struct error *why, struct error *e)
{
	uint64_t of = 0;
	struct bytes sentence = {0}, visible = {0}, data = {0};
	struct json_writer j = {&data, false};
	char ckr[24];

	room_wipe(&g->room, "");
	consent_open_act(g->c->consent, &of);
	error_text(why, &sentence);
	text_visible(&visible, bytes_string(&sentence), sentence.len);
	snprintf(ckr, sizeof(ckr), "0x%08lx", why->ckr);
	json_begin_object(&j);
	json_member_int(&j, "of", (int64_t)of);
	json_member_text(&j, "code", code_name(why->code));
	json_member_text(&j, "ckr", why->ckr ? ckr : NULL);
	json_member_text(&j, "sentence", bytes_string(&visible));
	json_end_object(&j);
	const struct proposal *open = consent_open_act(g->c->consent, NULL);
	char step[65];
	snprintf(step, sizeof(step), "%s", open->step);
	int rc = bytes_end(&data, e) < 0 ? -1 : engine_append(g, step[0] ? step : NULL, ACT_FAILED, bytes_string(&data), e);
	bytes_free(&sentence);
	bytes_free(&visible);
	bytes_free(&data);
	notice(g, why);
	return rc;
}

/* Begins the open act. An act of the room alone is done by being agreed; the helper's takes its time. */
static int act(struct engine *g, struct error *e)
{
	uint64_t of = 0;
	const struct proposal *open = consent_open_act(g->c->consent, &of);
	struct hsm_request request = {.intended = of};
	struct bytes data = {0};
	struct error why = {0};
	int rc = -1;

	if (!g->want.by->request)
		return act_done(g, of, "{}", g->want.step, e);
	snprintf(g->act, sizeof(g->act), "%s", open->act);
	if (helper_ready(g, &why) < 0 || g->want.by->request(g->c, &g->room, &request, &data, &why) < 0) {
		rc = act_failed(g, &why, e);
		goto out;
	}
	request.intended = of;
	if (hsm_ask(g->room.hsm, &request, &why) < 0) {
		hsm_end(&g->room.hsm);
		rc = act_failed(g, &why, e);
		goto out;
	}
	g->acting = true;
	g->act_since = time_now_ms();
	rc = 0;
out:
	secret_free(&request.so_pin);
	secret_free(&request.user_pin);
	secret_free(&request.old_so_pin);
	bytes_free(&data);
	return rc;
}

static int act_answered(struct engine *g, const struct bytes *answer, struct error *e)
{
	uint64_t of = 0;
	struct bytes facts = {0};
	struct error why = {0};
	struct json_doc *doc = json_doc_new();
	const struct json *parsed = doc ? json_parse(doc, bytes_string(answer), answer->len, &why) : NULL;
	int rc = 0;

	consent_open_act(g->c->consent, &of);
	bool failed = !parsed || g->want.by->result(g->c, &g->room, parsed, &facts, &why) < 0;
	if (!failed && (rc = act_done(g, of, bytes_string(&facts), g->want.step, &why)) < 0) {
		/* Refused before it was written: what the HSM did is not what was ordered, so the act has failed. */
		failed = why.code == ERROR_FAULT && consent_open_act(g->c->consent, NULL);
		*e = why;
	}
	if (failed)
		rc = act_failed(g, &why, e);
	bytes_free(&facts);
	json_doc_free(&doc);
	return rc;
}

/* 1: the act is over; 0: it goes on; -1: the record failed. */
static int act_poll(struct engine *g, struct error *e)
{
	struct bytes answer = {0};
	struct error why = {0};
	int got = hsm_answer(g->room.hsm, &answer, &why);
	int rc = 0;

	if (got == 0 && time_now_ms() - g->act_since > (int64_t)g->c->site->act_timeout * 1000) {
		/* Nobody knows what the token did: the intent stays open, and the token is asked later what became of it. */
		hsm_end(&g->room.hsm);
		error_set(e, ERROR_MISSING, "the HSM did not answer %s within %u seconds: look at it, then resume the ceremony", g->act,
			g->c->site->act_timeout);
		g->acting = false;
		return -1;
	}
	if (got) {
		g->acting = false;
		rc = got < 0 ? act_failed(g, &why, e) : act_answered(g, &answer, e);
		if (got < 0 && why.code == ERROR_MISSING)
			hsm_end(&g->room.hsm);
		rc = rc < 0 ? -1 : 1;
	}
	bytes_free(&answer);
	return rc;
}

static int void_proposal(struct engine *g, const char *reason, struct error *e)
{
	const struct proposal *p = consent_proposal(g->c->consent);
	if (!p)
		return 0;
	struct bytes data = {0};
	struct json_writer j = {&data, false};
	char step[65];
	snprintf(step, sizeof(step), "%s", p->step);
	json_begin_object(&j);
	json_member_int(&j, "of", (int64_t)p->seq);
	json_member_text(&j, "reason", reason);
	json_end_object(&j);
	int rc = bytes_end(&data, e) < 0 ? -1 : engine_append(g, step[0] ? step : NULL, ACT_VOIDED, bytes_string(&data), e);
	bytes_free(&data);
	return rc;
}

static bool unlocked(const struct engine *g)
{
	for (size_t i = 0; i < g->c->script->hsm_count; i++)
		if (g->c->tokens[i].unlocked)
			return true;
	return false;
}

/* May an entry about the room be written now, a proposal being voided for it? */
static bool quiet(const struct engine *g)
{
	const struct script_step *step = ceremony_step(g->c);
	if (step && !strcmp(step->kind, "lock-hsm")) /* it is being locked */
		return false;
	return !g->acting && !g->c->closed && !g->c->paused && !consent_open_act(g->c->consent, NULL) && !consent_joining(g->c->consent, NULL);
}

/* The helper's end is the lock: what the module kept in its memory goes with it. */
static int lock_all(struct engine *g, const char *reason, struct error *e)
{
	if (void_proposal(g, reason, e) < 0)
		return -1;
	hsm_end(&g->room.hsm);
	room_wipe(&g->room, "");
	for (size_t i = 0; i < g->c->script->hsm_count; i++) {
		struct bytes data = {0};
		struct json_writer j = {&data, false};
		if (!g->c->tokens[i].unlocked)
			continue;
		json_begin_object(&j);
		json_member_text(&j, "hsm", g->c->script->hsms[i].name);
		json_end_object(&j);
		int rc = bytes_end(&data, e) < 0 ? -1 : engine_append(g, ceremony_place(g->c), HSM_LOCKED, bytes_string(&data), e);
		bytes_free(&data);
		if (rc < 0)
			return -1;
	}
	g->noticed = true;
	return 0;
}

static int lock_idle(struct engine *g, struct error *e)
{
	if (lock_all(g, "the HSM locked itself", e) < 0)
		return -1;
	error_set(&g->error, ERROR_FAULT, N_("The HSM locked itself: nothing had happened for %u minutes."), g->c->site->auto_lock);
	return 0;
}

/* An unlocked HSM at which nothing has happened for the site's auto-lock minutes. */
static bool idle(const struct engine *g)
{
	return unlocked(g) && quiet(g) && time_now_ms() - g->c->time > (int64_t)g->c->site->auto_lock * 60000;
}

static int pause_now(struct engine *g, const char *person, const char *reason, struct error *e)
{
	struct bytes data = {0}, visible = {0};
	struct json_writer j = {&data, false};
	const char *place = ceremony_place(g->c);

	if (void_proposal(g, "paused", e) < 0)
		return -1;
	text_visible(&visible, reason, strlen(reason));
	json_begin_object(&j);
	json_member_text(&j, "person", person);
	json_member_text(&j, "reason", bytes_string(&visible));
	json_end_object(&j);
	int rc = bytes_end(&data, e) < 0 ? -1 : engine_append(g, place, CEREMONY_PAUSED, bytes_string(&data), e);
	bytes_free(&data);
	bytes_free(&visible);
	room_wipe(&g->room, "");
	hsm_end(&g->room.hsm);
	if (rc == 0)
		g->status = ENGINE_PAUSED;
	return rc;
}

static int prompt_make(struct engine *g, uint64_t id, struct error *e)
{
	struct prompt *p = calloc(1, sizeof(*p));
	const struct script_step *step = ceremony_step(g->c);
	int rc;

	if (!p)
		return error_memory(e);
	p->id = id;
	g->room.language = g->language;
	if (g->c->closed)
		rc = final_prompt(g, p, e);
	else
		rc = g->want.by->ask(g->c, &g->want, &g->room, p, e);
	if (rc == 0 && step && ceremony_place(g->c) && g->want.by != &trouble_kind)
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
		return act(g, e);
	case WANT_ASK:
		if (consent_proposal(g->c->consent) && consent_expired(g->c->consent, time_now_ms()))
			return void_proposal(g, "expired", e);
		return prompt_make(g, ++g->prompts, e);
	case WANT_RESUME:
	case WANT_NOTHING:
		break;
	}
	return error_set(e, ERROR_INTERNAL, "the ceremony wants nothing that the console could do");
}

enum engine_status engine_run(struct engine *g)
{
	struct error e = {0};

	while (g->status != ENGINE_FAILED && g->status != ENGINE_PAUSED && g->status != ENGINE_CLOSED) {
		if (g->acting) {
			int over = act_poll(g, &e);
			if (over < 0)
				return fail(g, &e);
			if (!over)
				return g->status = ENGINE_BUSY;
		}
		if (g->pause_after && !consent_open_act(g->c->consent, NULL) && !g->c->closed) {
			if (pause_now(g, NULL, g->pause_reason, &e) < 0)
				return fail(g, &e);
			return g->status;
		}
		if (!g->room.hsm && unlocked(g) && quiet(g)) {
			/* Whatever ended the helper logged it out: the fold is told, and the HSM is unlocked again when it is needed. */
			if (lock_all(g, "the HSM's process ended", &e) < 0)
				return fail(g, &e);
		}
		if (g->prompt)
			return g->status = ENGINE_PROMPT;
		if (g->c->closed) {
			if (g->ended)
				return g->status = ENGINE_CLOSED;
			if (engine_finish(g, &e) < 0 || prompt_make(g, ++g->prompts, &e) < 0)
				return fail(g, &e);
			continue;
		}
		if (!g->wanted) {
			if (ceremony_next(g->c, &g->want, &e) < 0)
				return fail(g, &e);
			g->wanted = true;
		}
		if (perform(g, &e) < 0)
			return fail(g, &e);
	}
	return g->status;
}

bool engine_tick(struct engine *g)
{
	struct error e = {0};
	enum engine_status before = g->status;

	if (g->status == ENGINE_BUSY && g->acting)
		return engine_run(g) != before;
	if (g->status != ENGINE_PROMPT || !idle(g))
		return false;
	if (lock_idle(g, &e) < 0)
		fail(g, &e);
	engine_run(g);
	return true;
}

int engine_fd(const struct engine *g)
{
	return g->acting && g->room.hsm ? hsm_fd(g->room.hsm) : -1;
}

const struct prompt *engine_prompt(const struct engine *g)
{
	return g->status == ENGINE_FAILED ? NULL : g->prompt; /* a run that failed asks nothing more */
}

static int exception_note(struct engine *g, const struct answer *a, struct error *e)
{
	struct bytes data = {0}, visible = {0};
	struct json_writer j = {&data, false};
	const char *text = answer_text(a, "text"), *person = answer_text(a, "person");

	if (!*text || !consent_find(g->c->consent, person))
		return error_set(e, ERROR_FAULT, "an exception needs its text and who notes it");
	if (void_proposal(g, "an exception was noted", e) < 0)
		return -1;
	text_visible(&visible, text, strlen(text));
	json_begin_object(&j);
	json_member_text(&j, "person", person);
	json_member_text(&j, "kind", "noted");
	json_member_text(&j, "text", bytes_string(&visible));
	json_key(&j, "about");
	json_begin_array(&j);
	json_end_array(&j);
	json_end_object(&j);
	int rc = bytes_end(&data, e) < 0 ? -1 : engine_append(g, ceremony_place(g->c), EXCEPTION_NOTED, bytes_string(&data), e);
	bytes_free(&data);
	bytes_free(&visible);
	return rc;
}

static int leave(struct engine *g, const struct answer *a, struct error *e)
{
	struct bytes data = {0}, visible = {0};
	struct json_writer j = {&data, false};
	const char *person = answer_text(a, "person"), *reason = answer_text(a, "reason");
	const struct person *p = consent_find(g->c->consent, person);

	if (!p || !p->present)
		return error_set(e, ERROR_FAULT, "%s is not in the room", person);
	if (void_proposal(g, "somebody left", e) < 0)
		return -1;
	text_visible(&visible, reason, strlen(reason));
	json_begin_object(&j);
	json_member_text(&j, "person", person);
	json_member_text(&j, "reason", bytes_string(&visible));
	json_end_object(&j);
	int rc = bytes_end(&data, e) < 0 ? -1 : engine_append(g, ceremony_place(g->c), PERSON_LEFT, bytes_string(&data), e);
	bytes_free(&data);
	bytes_free(&visible);
	return rc;
}

/* Every field of the form fits, before anything is made of it. */
static int form_check(const struct prompt *p, const struct answer *a, struct error *e)
{
	if (p->see_all && !a->seen_all)
		return error_set(e, ERROR_FAULT, "the proposal was not shown to its end: read on to the last line first");
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

static int give(struct engine *g, struct answer *a, struct error *e)
{
	struct outcome out = {0};
	struct error why = {0};
	int rc;

	if (g->c->closed) {
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
			if (g->want.kind == WANT_ASK && prompt_make(g, id, &again) < 0)
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
		return g->c->closed ? error_set(e, ERROR_FAULT, "the record is closed: nothing can be added to it") : exception_note(g, a, e);
	case ANSWER_LEAVE:
		return g->c->closed ? error_set(e, ERROR_FAULT, "the record is closed: nothing can be added to it") : leave(g, a, e);
	case ANSWER_PAUSE:
		if (g->c->closed) {
			g->ended = true;
			prompt_free(&g->prompt);
			return 0;
		}
		return pause_now(g, *answer_text(a, "person") ? answer_text(a, "person") : NULL, answer_text(a, "reason"), e);
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
		prompt_make(g, g->prompt->id, &e);
}

void engine_interrupt(struct engine *g, const char *reason)
{
	snprintf(g->pause_reason, sizeof(g->pause_reason), "%s", reason);
	if (g->status != ENGINE_PROMPT && g->status != ENGINE_BUSY)
		return;
	g->pause_after = true;
	if (g->c->closed) {
		g->ended = true;
		prompt_free(&g->prompt);
	}
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
	secret_free(&g->room.seed);
	bytes_free(&g->room.notice);
	hsm_end(&g->room.hsm);
	forget_want(g);
	view_free(g);
	for (size_t i = 0; i < g->line_count; i++)
		bytes_free(&g->lines[i]);
	free(g->lines);
	bytes_free(&g->entry_text);
	bytes_free(&g->final);
	for (char **v = g->environment; v && *v; v++)
		free(*v);
	free(g->environment);
	record_free(&g->room.record);
	ceremony_free(&g->c);
	free(g->helper);
	free(g->credentials);
	free(g->record_path);
	free(g);
	*gp = NULL;
}
