/* To an exception, an approval, a step, a time, a text. */
#include "engine/replay_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static bool is_goal(const struct moment *m, enum replay_goal goal)
{
	switch (goal) {
	case REPLAY_EXCEPTION:
		return m->event == EXCEPTION_NOTED;
	case REPLAY_APPROVAL:
		return m->event == APPROVAL_GIVEN || m->event == APPROVAL_REFUSED;
	case REPLAY_ACT:
		return m->event == ACT_PROPOSED || m->event == ACT_VOIDED || m->event == ACT_INTENDED ||
		       m->event == ACT_DONE || m->event == ACT_FAILED;
	}
	return false;
}

bool replay_find(struct replay *r, enum replay_goal goal, bool back, size_t *position)
{
	for (size_t i = r->at; back ? i-- > 0 : ++i < r->count;) {
		if (replay_reach(r, i, NULL) < 0)
			return false;
		if (is_goal(&r->moment[i], goal)) {
			*position = i;
			return true;
		}
	}
	return false;
}

bool replay_find_step(struct replay *r, const char *step, size_t *position)
{
	const struct ceremony *c = judge_ceremony(r->judge);
	char *end = NULL;
	unsigned long number = strtoul(step, &end, 10);

	if (c && *step && !*end && number > 0 && number <= c->script->step_count)
		step = c->script->steps[number - 1].id;
	for (size_t i = 0; i < r->count; i++) {
		if (replay_reach(r, i, NULL) < 0)
			return false;
		if (r->moment[i].step != REPLAY_NOWHERE && !strcmp(r->steps[r->moment[i].step], step)) {
			*position = i;
			return true;
		}
	}
	return false;
}

static bool time_of(const struct replay *r, const char *text, int64_t *ms)
{
	char day[TIME_TEXT], whole[64];
	int64_t seconds;

	if (time_parse(text, strlen(text), ms) == 0)
		return true;
	time_format(replay_time(r), day);
	if (strlen(text) <= 8)
		snprintf(whole, sizeof(whole), "%.10sT%s%sZ", day, text, strlen(text) == 5 ? ":00" : "");
	else
		snprintf(whole, sizeof(whole), "%.30s", text);
	if (time_parse_seconds(whole, strlen(whole), &seconds) < 0)
		return false;
	*ms = seconds * 1000;
	return true;
}

bool replay_find_time(struct replay *r, const char *time, size_t *position)
{
	int64_t ms;

	if (!time_of(r, time, &ms))
		return false;
	for (size_t i = 0; i < r->count; i++) {
		if (replay_reach(r, i, NULL) < 0)
			return false;
		if (r->moment[i].time >= ms && r->moment[i].event >= 0) {
			*position = i;
			return true;
		}
	}
	return false;
}

bool replay_search(struct replay *r, const char *text, bool back, size_t *position)
{
	for (size_t n = 1; *text && n <= r->count; n++) {
		size_t i = (r->at + (back ? 2 * r->count - n : n)) % r->count;
		const struct moment *m = &r->moment[i];
		char *line = strndup((const char *)r->text.data + m->at, m->len);
		bool found = line && strcasestr(line, text);

		free(line);
		if (found) {
			*position = i;
			return true;
		}
	}
	return false;
}
