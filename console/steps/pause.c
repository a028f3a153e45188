/* pause: the end of a day. Everyone present unlocks their key, the record is sealed by their signatures on its last
 * entry, and the run ends. It goes on from the record, which must be as it was sealed. */
#include <string.h>

#include "steps/close.h"
#include "steps/pause.h"
#include "steps/roll_call.h"

static const char reason[] = "as the script says";

bool pause_is_sealed(const struct entry *entry)
{
	const struct json *cosigners = json_get(entry->data, "cosigners");
	return entry->event == CEREMONY_PAUSED && cosigners && cosigners->count;
}

static bool done(const struct run *run)
{
	for (size_t i = 0; i < run->journal.count; i++)
		if (pause_is_sealed(&run->journal.kept[i].entry))
			return true;
	return false;
}

static int data_of(const struct ceremony *c, struct bytes *data, struct error *e)
{
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "person", NULL);
	json_member_text(&j, "reason", reason);
	json_key(&j, "cosigners");
	people_present(c, &j);
	json_end_object(&j);
	return bytes_end(data, e);
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	if (done(run))
		return 0;
	want_set(w, WANT_ASK, &pause_step, 0, c->script->steps[run->index].id, CEREMONY_PAUSED, NULL);
	return data_of(c, &w->data, e);
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	(void)w;
	return closing_ask(c, room,
	        N_("%s, %s: your key will seal the record as it is now, as soon as everyone present has unlocked "
	           "theirs."),
	        p, e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	int all = closing_answer(c, w, room, a, out, e);
	if (all <= 0)
		return all;
	struct bytes *data = outcome_add(out, CEREMONY_PAUSED, w->step);
	return data ? data_of(c, data, e) : error_memory(e);
}

static const char *const help[] = {
        N_("The root is read aloud, into the video. Everyone present unlocks their key once; their signatures seal the "
           "record, and the run ends."),
        N_("Take a slip along. When the ceremony goes on, the record must be as it was sealed, everyone proves their "
           "key "
           "again, and the machine is looked at again."),
        NULL};

const struct step_kind pause_step = {
        .name = "pause",
        .restarts = true,
        .done = done,
        .next = next,
        .ask = ask,
        .answer = answer,
        .help = help,
};
