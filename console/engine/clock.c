/* The machine's clock, watched: somebody who sets it, or a battery that dies, moves every time in the record. */
#include "engine/private.h"

#include <stdlib.h>
#include <time.h>

#include "base/text.h"

enum { TOLERATED_MS = 2000 };

/* How far `now` is ahead of the clock that counts from the start of the machine, which nobody can set. */
static int64_t ahead(int64_t now)
{
	struct timespec up = {0};
	clock_gettime(CLOCK_BOOTTIME, &up);
	return now - ((int64_t)up.tv_sec * 1000 + up.tv_nsec / 1000000);
}

void engine_clock_begin(struct engine *g)
{
	g->clock = ahead(time_now_ms());
}

static int note(struct engine *g, const char *sentence, int64_t by, struct error *e)
{
	struct bytes data = {0}, text = {0};
	struct json_writer j = {&data, false};
	struct error what = {0};
	int rc = -1;

	error_set(&what, ERROR_FAULT, sentence, (unsigned long long)llabs(by) / 1000);
	error_text(&what, &text);
	if (bytes_end(&text, e) < 0 || engine_void(g, "the clock was set", e) < 0)
		goto out;
	json_begin_object(&j);
	json_member_text(&j, "person", NULL);
	json_member_text(&j, "acknowledged", NULL);
	json_member_text(&j, "kind", "clock");
	json_member_text(&j, "text", bytes_string(&text));
	json_key(&j, "about");
	json_begin_array(&j);
	json_end_array(&j);
	json_end_object(&j);
	if (bytes_end(&data, e) == 0)
		rc = engine_append(g, ceremony_place(g->c), EXCEPTION_NOTED, bytes_string(&data), e);
	if (rc == 0) {
		g->clock_noted = g->c->tree.size;
		engine_notice(g, &what);
	}
out:
	bytes_free(&data);
	bytes_free(&text);
	return rc;
}

int engine_clock(struct engine *g, struct error *e)
{
	int64_t now = time_now_ms(), stepped = ahead(now) - g->clock, behind = g->c->time - now;

	if (!engine_quiet(g) || !g->c->opened || g->clock_noted == g->c->tree.size)
		return 0;
	if (llabs(stepped) > TOLERATED_MS) {
		g->clock += stepped;
		return note(g,
		        stepped > 0 ? N_("The console's clock was set forward by %llu seconds.")
		                    : N_("The console's clock was set back by %llu seconds."),
		        stepped, e);
	}
	/* It was set while no run was there to see it. */
	if (behind > TOLERATED_MS)
		return note(
		        g, N_("The console's clock is %llu seconds behind the last entry of the record."), behind, e);
	return 0;
}
