/* close: everyone present unlocks their key; then the last entry is written and all sign the checkpoint that ends in
 * it. */
#include <stdio.h>
#include <string.h>

#include "people/credential_state.h"

#include "steps/close.h"
#include "steps/roll_call.h"
#include "steps/sign.h"

static int data_of(const struct ceremony *c, struct bytes *data, struct error *e)
{
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_key(&j, "cosigners");
	people_present(c, &j);
	json_member_int(&j, "exceptions", c->exceptions);
	json_end_object(&j);
	return bytes_end(data, e);
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	want_set(w, WANT_ASK, &close_step, 0, c->script->steps[run->index].id, CEREMONY_CLOSED, NULL);
	return data_of(c, &w->data, e);
}

void closing_name(char out[200], const char *person)
{
	snprintf(out, 200, "closing %s", person);
}

/* The next person present whose key is not unlocked yet. */
static const struct person *unsigned_yet(const struct ceremony *c, const struct room *room)
{
	for (size_t i = 0; i < consent_people(c->consent); i++) {
		char name[200];
		const struct person *p = consent_person(c->consent, i);
		closing_name(name, p->name);
		if (p->present && !room_held(room, name))
			return p;
	}
	return NULL;
}

int closing_ask(const struct ceremony *c, const struct room *room, const char *why, struct prompt *p, struct error *e)
{
	const struct person *who = unsigned_yet(c, room);
	if (!who)
		return error_set(e, ERROR_INTERNAL, "nobody is left to sign the end");
	const struct named_state *n = ceremony_named(c, who->name);
	p->kind = PROMPT_SECRET;
	p->alone = true;
	message_set(&p->title, N_("%s signs the record"), who->name);
	if (field_set(&p->person, who->name) < 0 ||
	        prompt_message(p, LINE_PLAIN, why, n ? n->name : who->name, who->role) < 0 ||
	        prompt_message(p, LINE_PLAIN,
	                N_("Exceptions in this record: %u. Who does not want to sign leaves the room first; that is "
	                   "recorded."),
	                c->exceptions) < 0 ||
	        prompt_root(c, p) < 0 || !prompt_field(p, "passphrase", FIELD_SECRET, N_("Passphrase of their key")))
		return error_memory(e);
	return 0;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	(void)w;
	return closing_ask(c, room,
	        N_("%s, %s: your key will sign the complete record, as soon as everyone present has unlocked theirs."),
	        p, e);
}

/* The last entry is not there yet, nor is its checkpoint, and a run cut short now would lock out whoever remembered it:
 * the key remembers the record as it stands on disk, while the medium is here, and the end of it when that is written.
 */
static int remember(const struct ceremony *c, const struct room *room, const char *name, struct error *e)
{
	struct bytes text = {0};
	uint8_t root[32];
	int rc = -1;

	if (tree_root(&c->tree, root) < 0)
		return error_memory(e);
	checkpoint_text(&text, consent_policy(c->consent)->origin, c->tree.size, root);
	if (bytes_end(&text, e) == 0)
		rc = credential_remember(room->credentials, name, room->record, &text, e);
	bytes_free(&text);
	return rc;
}

int closing_answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	const struct person *who = unsigned_yet(c, room);
	char name[200];
	struct secret *passphrase = answer_take_secret(a, "passphrase");
	struct secret *seed = who ? person_unlock(c, room, who->name, &passphrase, w->step, out, e) : NULL;
	secret_free(&passphrase);
	if (!seed)
		return -1;
	if (remember(c, room, who->name, e) < 0) {
		secret_free(&seed);
		return -1;
	}
	closing_name(name, who->name);
	if (room_hold(room, name, &seed, e) < 0)
		return -1;
	return !unsigned_yet(c, room);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	int all = closing_answer(c, w, room, a, out, e);
	if (all <= 0)
		return all;
	struct bytes *data = outcome_add(out, CEREMONY_CLOSED, w->step);
	return data ? data_of(c, data, e) : error_memory(e);
}

static const char *const help[] = {N_("The root is read aloud, into the video. Everyone present unlocks their key once "
                                      "more; their signatures close the record."),
        N_("Take a slip home: origin, size and full root. With it anyone can hold the record against what was signed "
           "here."),
        NULL};

const struct step_kind close_step = {
        .name = "close",
        .restarts = true,
        .next = next,
        .ask = ask,
        .answer = answer,
        .help = help,
};
