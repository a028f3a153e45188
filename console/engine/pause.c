/* What may end the run or lock the HSM at any time, and voids a proposal that is in its way. */
#include "engine/private.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

int engine_void(struct engine *g, const char *reason, struct error *e)
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
	int rc = bytes_end(&data, e) < 0 ? -1
	                                 : engine_append(g, step[0] ? step : NULL, ACT_VOIDED, bytes_string(&data), e);
	bytes_free(&data);
	return rc;
}

bool engine_unlocked(const struct engine *g)
{
	for (size_t i = 0; i < g->c->script->hsm_count; i++)
		if (g->c->tokens[i].unlocked)
			return true;
	return false;
}

/* May an entry about the room be written now, a proposal being voided for it? */
bool engine_quiet(const struct engine *g)
{
	const struct script_step *step = ceremony_step(g->c);
	if (step && !strcmp(step->kind, "lock-hsm")) /* it is being locked */
		return false;
	return !g->acting && !g->c->closed && !g->c->paused && !consent_open_act(g->c->consent, NULL) &&
	       !consent_joining(g->c->consent, NULL);
}

/* The helper's end is the lock: what the module kept in its memory goes with it. */
int engine_lock(struct engine *g, const char *reason, struct error *e)
{
	if (engine_void(g, reason, e) < 0)
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
		int rc = bytes_end(&data, e) < 0
		                 ? -1
		                 : engine_append(g, ceremony_place(g->c), HSM_LOCKED, bytes_string(&data), e);
		bytes_free(&data);
		if (rc < 0)
			return -1;
	}
	g->noticed = true;
	return 0;
}

int engine_lock_idle(struct engine *g, struct error *e)
{
	if (engine_lock(g, "the HSM locked itself", e) < 0)
		return -1;
	error_set(&g->error, ERROR_FAULT, N_("The HSM locked itself: nothing had happened for %u minutes."),
	        g->c->site->auto_lock);
	return 0;
}

/* An unlocked HSM at which nothing has happened for the site's auto-lock minutes. */
bool engine_idle(const struct engine *g)
{
	return engine_unlocked(g) && engine_quiet(g) &&
	       time_now_ms() - g->c->time > (int64_t)g->c->site->auto_lock * 60000;
}

int engine_pause(struct engine *g, const char *person, const char *reason, struct error *e)
{
	struct bytes data = {0}, visible = {0};
	struct json_writer j = {&data, false};
	const char *place = ceremony_place(g->c);

	if (engine_void(g, "paused", e) < 0)
		return -1;
	text_visible(&visible, reason, strlen(reason));
	json_begin_object(&j);
	json_member_text(&j, "person", person);
	json_member_text(&j, "reason", bytes_string(&visible));
	json_key(&j, "cosigners"); /* nobody is asked for a signature by a pause that no step foresaw */
	json_begin_array(&j);
	json_end_array(&j);
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
