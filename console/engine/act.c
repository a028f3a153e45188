/* The open act: given to the helper, waited for, and its result recorded whatever it is. */
#include "engine/private.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* The helper, started when first needed and fed the record from entry 0. */
int engine_helper(struct engine *g, struct error *e)
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
	static const char *const names[] = {[ERROR_NONE] = "none",
	        [ERROR_FAULT] = "refused",
	        [ERROR_USAGE] = "usage",
	        [ERROR_MISSING] = "missing",
	        [ERROR_IO] = "io",
	        [ERROR_MEMORY] = "memory",
	        [ERROR_TOKEN] = "token",
	        [ERROR_INTERNAL] = "internal",
	        [ERROR_PAUSED] = "paused"};
	return names[code];
}

static int act_failed(struct engine *g, const struct error *why, struct error *e)
{
	uint64_t of = 0;
	struct bytes sentence = {0}, visible = {0}, data = {0};
	struct json_writer j = {&data, false};
	char ckr[24];

	room_wipe(&g->room, "");
	room_work_end(&g->room);
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
	int rc = bytes_end(&data, e) < 0 ? -1
	                                 : engine_append(g, step[0] ? step : NULL, ACT_FAILED, bytes_string(&data), e);
	bytes_free(&sentence);
	bytes_free(&visible);
	bytes_free(&data);
	engine_notice(g, why);
	return rc;
}

/* The next request of the act to the helper. 0, or -1 with `why`: then the act has failed. */
static int act_ask(struct engine *g, uint64_t of, struct error *why)
{
	struct hsm_request request = {.intended = of};
	struct bytes data = {0};
	int rc = -1;

	if (engine_helper(g, why) == 0 && g->want.by->request(g->c, &g->room, &request, &data, why) == 0) {
		request.intended = of;
		rc = hsm_ask(g->room.hsm, &request, why);
		if (rc < 0)
			hsm_end(&g->room.hsm);
	}
	secret_free(&request.so_pin);
	secret_free(&request.user_pin);
	secret_free(&request.old_pin);
	bytes_free(&data);
	return rc;
}

/* Begins the open act. An act of the room alone is done by being agreed; the helper's takes its time. */
int engine_act(struct engine *g, struct error *e)
{
	uint64_t of = 0;
	const struct proposal *open = consent_open_act(g->c->consent, &of);
	struct error why = {0};

	if (!g->want.by->request) {
		bool amends = !strcmp(open->act, "amend-script");
		int rc = act_done(g, of, "{}", g->want.step, e);
		/* What was in hand for a step that is given up is let go. */
		if (rc == 0 && amends && !g->c->main.begun && !g->c->redoing)
			room_wipe(&g->room, "");
		return rc;
	}
	snprintf(g->act, sizeof(g->act), "%s", open->act);
	g->room.done = g->room.total = 0;
	g->room.stop = false;
	if (act_ask(g, of, &why) < 0)
		return act_failed(g, &why, e);
	g->acting = true;
	g->act_since = g->asked_since = time_up_ms();
	return 0;
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
	int more = parsed ? g->want.by->result(g->c, &g->room, parsed, &facts, &why) : -1;
	bool failed = more < 0;
	if (more > 0 && act_ask(g, of, &why) == 0) {
		g->acting = true;
		g->asked_since = time_up_ms();
		if (g->want.by->meanwhile)
			g->want.by->meanwhile(g->c, &g->room);
		goto out;
	}
	failed = failed || more > 0;
	room_work_end(&g->room);
	if (!failed && (rc = act_done(g, of, bytes_string(&facts), g->want.step, &why)) < 0) {
		/* Refused before it was written: what the HSM did is not what was ordered, so the act has failed. */
		failed = why.code == ERROR_FAULT && consent_open_act(g->c->consent, NULL);
		*e = why;
	}
	/* "refused" says that the token was not made to do anything, and this one was. */
	if (failed && why.code == ERROR_FAULT)
		why.code = ERROR_TOKEN;
	if (failed)
		rc = act_failed(g, &why, e);
out:
	bytes_free(&facts);
	json_doc_free(&doc);
	return rc;
}

/* 1: the act is over; 0: it goes on; -1: the record failed. */
int engine_act_poll(struct engine *g, struct error *e)
{
	struct bytes answer = {0};
	struct error why = {0};
	int got = hsm_answer(g->room.hsm, &answer, &why);
	int rc = 0;

	if (got == 0 && time_up_ms() - g->asked_since > (int64_t)g->c->site->act_timeout * 1000) {
		/* Nobody knows what the token did: the intent stays open, and the token is asked later what became of
		 * it. */
		hsm_end(&g->room.hsm);
		room_work_end(&g->room);
		error_set(e, ERROR_MISSING,
		        "the HSM did not answer %s within %u seconds: look at it, then resume the ceremony", g->act,
		        g->c->site->act_timeout);
		g->acting = false;
		return -1;
	}
	if (got) {
		g->acting = false;
		rc = got < 0 ? act_failed(g, &why, e) : act_answered(g, &answer, e);
		if (got < 0 && why.code == ERROR_MISSING)
			hsm_end(&g->room.hsm);
		rc = rc < 0 ? -1 : !g->acting;
	}
	bytes_free(&answer);
	return rc;
}

bool engine_stop_act(struct engine *g)
{
	if (!g->acting || !g->room.total || g->room.done == g->room.total)
		return false;
	g->room.stop = true;
	return true;
}
