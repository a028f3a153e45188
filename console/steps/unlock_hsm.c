/* unlock-hsm: k custodians give their shares (or the two named holders their halves), the quorum approves, one login is tried. */
#include <stdio.h>
#include <string.h>

#include "people/share.h"
#include "steps/login.h"
#include "steps/token.h"

static const struct site_hsm *site_of(const struct ceremony *c, const struct run *run)
{
	return site_hsm(c->site, step_param(&c->script->steps[run->index], "hsm"));
}

static const struct script_secret *secret_of(const struct ceremony *c, const struct run *run)
{
	return script_secret(c->script, step_param(&c->script->steps[run->index], "hsm"), PIN_USER);
}

static bool split_entry(const struct ceremony *c, const struct run *run)
{
	return site_of(c, run)->login == LOGIN_SPLIT_ENTRY;
}

static const char *what_of(const struct ceremony *c, const struct run *run)
{
	return split_entry(c, run) ? "user-pin" : secret_of(c, run)->name;
}

static unsigned parts_of(const struct ceremony *c, const struct run *run)
{
	return split_entry(c, run) ? 2 : secret_of(c, run)->threshold;
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	const char *hsm = step_param(&c->script->steps[run->index], "hsm");
	for (size_t i = 0; i < run->index; i++) {
		const struct script_step *s = &c->script->steps[i];
		if (!strcmp(s->kind, "initialise-hsm") && !strcmp(step_param(s, "hsm"), hsm) && c->states[i] == STEP_STATE_EXCEPTION)
			return N_("the HSM was not initialised: that step was ended by exception");
	}
	return NULL;
}

static int judge(const struct ceremony *c, const struct json *facts, struct json_writer *faults)
{
	const struct json *flags = json_get(facts, "flags");
	if (token_known(c, step_param(ceremony_step(c), "hsm"), facts, NULL, faults) < 0)
		return -1;
	if (json_true(flags, "user_pin_locked"))
		json_put_text(faults, "the token says that its user PIN is locked: the SO PIN must unlock it first");
	return 0;
}

static int propose(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct json *facts = json_get(journal_find(&run->journal, FACTS_READ, "token")->data, "facts");
	struct bytes order = {0};
	struct json_writer j = {&order, false};
	int rc = -1;

	json_begin_object(&j);
	json_member_text(&j, "hsm", site_of(c, run)->name);
	json_member_text(&j, "serial", json_text(facts, "serial"));
	json_member_text(&j, "flags", json_text(facts, "pin_flags"));
	json_end_object(&j);
	if (bytes_end(&order, e) == 0)
		rc = want_propose(c, w, &unlock_hsm_step, c->script->steps[run->index].id, "unlock-hsm", bytes_string(&order), e);
	bytes_free(&order);
	return rc;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = c->script->steps[run->index].id;
	if (journal_find(&run->journal, ACT_DONE, "unlock-hsm"))
		return 0;
	if (!journal_find(&run->journal, FACTS_READ, "token")) {
		want_set(w, WANT_LOOK, &unlock_hsm_step, 0, step, FACTS_READ, "token");
		return 0;
	}
	unsigned typed = journal_count(&run->journal, SECRET_ENTERED, what_of(c, run));
	if (typed < parts_of(c, run)) {
		want_set(w, WANT_ASK, &unlock_hsm_step, 0, step, SECRET_ENTERED, what_of(c, run));
		w->index = typed;
		return 0;
	}
	return propose(c, run, w, e);
}

static bool typed_already(const struct run *run, const char *key, const char *person, int64_t part)
{
	for (size_t i = 0; i < run->journal.count; i++) {
		const struct entry *e = &run->journal.kept[i].entry;
		if (e->event != SECRET_ENTERED)
			continue;
		if (person ? !strcmp(json_text(e->data, key), person) : json_number(e->data, key, 0) == part)
			return true;
	}
	return false;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct run *run = ceremony_run(c);
	if (w->event == FACTS_READ)
		return token_check(c, entry, judge, e);
	if (entry->event == ACT_DONE) {
		const struct json *flags = json_get(json_get(entry->data, "facts"), "flags");
		return flags && flags->type == JSON_OBJECT ? 0 : error_set(e, ERROR_FAULT, "act.done of unlock-hsm does not say the token's flags");
	}
	if (w->event != SECRET_ENTERED)
		return 0;
	const char *name = json_text(entry->data, "person");
	const struct person *p = consent_find(c->consent, name);
	int64_t part = json_number(entry->data, "part", 0);
	if (!p || !p->present)
		return error_set(e, ERROR_FAULT, "%s is not present and cannot give a share", name);
	if (json_number(entry->data, "of_parts", 0) != (int64_t)parts_of(c, run) || typed_already(run, "person", name, 0) ||
		typed_already(run, "part", NULL, part))
		return error_set(e, ERROR_FAULT, "secret.entered is of a share that was given already, or by a person who gave one");
	if (split_entry(c, run)) {
		if (part != (int64_t)w->index + 1 || strcmp(name, site_of(c, run)->holders.item[w->index]))
			return error_set(e, ERROR_FAULT, "part %u of the PIN is for %s", w->index + 1, site_of(c, run)->holders.item[w->index]);
	} else if (strcmp(p->role, secret_of(c, run)->holders) || part < 1 || part > (int64_t)secret_of(c, run)->shares) {
		return error_set(e, ERROR_FAULT, "%s of role %s holds no such share", name, p->role);
	}
	return 0;
}

static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	(void)e;
	if (entry->event == ACT_DONE && !strcmp(c->act, "unlock-hsm")) {
		struct token_state *t = &c->tokens[ceremony_hsm_index(c, site_of(c, run)->name)];
		t->unlocked = true;
		t->unlocked_by = run->index;
	}
	return 0;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	room_wipe(room, "");
	return token_look(c, w, room, site_of(c, ceremony_run(c))->name, NULL, NULL, judge, out, e);
}

static int flag_lines(const struct run *run, struct prompt *p, struct error *e)
{
	static const struct {
		const char *flag, *sentence;
	} told[] = {{"user_pin_count_low", N_("The token says: a wrong PIN was given since the last right one.")},
		{"user_pin_final_try", N_("The token says: one try is left. A wrong PIN locks it.")}};
	const struct json *flags = json_get(json_get(journal_find(&run->journal, FACTS_READ, "token")->data, "facts"), "flags");
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (json_true(flags, told[i].flag) && prompt_message(p, LINE_WARNING, "%s", told[i].sentence) < 0)
			return error_memory(e);
	return 0;
}

static int ask_part(const struct ceremony *c, const struct want *w, struct prompt *p, struct error *e)
{
	const char *name = site_of(c, ceremony_run(c))->holders.item[w->index];
	p->kind = PROMPT_SECRET;
	message_set(&p->title, N_("%s: part %u of the PIN"), name, w->index + 1);
	if (field_set(&p->person, name) < 0 ||
		prompt_message(p, LINE_PLAIN, N_("For %s alone: type your part of the PIN. The two parts are joined in this order."), name) < 0 ||
		!prompt_field(p, "part", FIELD_SECRET, N_("Part of the PIN")))
		return error_memory(e);
	return 0;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const struct run *run = ceremony_run(c);
	const char *except[PEOPLE_MAX + 1] = {0};
	size_t n = 0;

	(void)room;
	p->alone = true;
	if (flag_lines(run, p, e) < 0)
		return -1;
	if (split_entry(c, run))
		return ask_part(c, w, p, e);
	const struct script_secret *s = secret_of(c, run);
	for (size_t i = 0; i < run->journal.count; i++)
		if (run->journal.kept[i].entry.event == SECRET_ENTERED && n < PEOPLE_MAX)
			except[n++] = json_text(run->journal.kept[i].entry.data, "person");
	p->kind = PROMPT_SHARE_ENTER;
	message_set(&p->title, N_("%s: share %u of %u that are needed"), s->name, w->index + 1, s->threshold);
	message_set(&p->actor, "%s", s->holders);
	struct field *who = prompt_field(p, "person", FIELD_CHOICE, N_("Whose share"));
	if (!who || field_people(c, who, s->holders, except) < 0)
		return error_memory(e);
	struct field *f = prompt_field(p, "share", FIELD_SHARE, N_("The words of the share"));
	if (!f)
		return error_memory(e);
	f->complete = share_word;
	bool known = false;
	for (size_t i = 0; i < c->share_count; i++)
		known = known || c->shares[i].secret == s;
	if (!known && prompt_message(p, LINE_WARNING,
			      N_("The record in which this share was made is not here: only its checksum can be checked, not that it is the right one.")) < 0)
		return error_memory(e);
	return 0;
}

static int answer_part(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a, struct outcome *out, struct error *e)
{
	char name[200];
	const struct site_hsm *site = site_of(c, ceremony_run(c));
	struct secret *part = answer_take_secret(a, "part");
	const char *person = site->holders.item[w->index];
	const struct person *p = consent_find(c->consent, person);
	int rc = -1;

	if (!p || !p->present)
		error_set(e, ERROR_FAULT, "%s, who holds part %u of the PIN, is not here", person, w->index + 1);
	else if (!part || !part->len)
		error_set(e, ERROR_FAULT, "%s typed nothing", person);
	else {
		held_name(name, "typed", "user-pin", w->index + 1);
		rc = put_entered(out, w->step, person, "user-pin", w->index + 1, 2, e) < 0 ? -1 : room_hold(room, name, &part, e);
	}
	secret_free(&part);
	return rc;
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a, struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	char name[200];
	unsigned index = 0, threshold = 0;
	int rc = -1;

	if (split_entry(c, run))
		return answer_part(c, w, room, a, out, e);
	const struct script_secret *s = secret_of(c, run);
	const char *person = answer_text(a, "person");
	struct secret *share = answer_take_secret(a, "share");
	if (!share) {
		error_set(e, ERROR_FAULT, "no share was typed");
		goto out;
	}
	if (share_check(share, &index, &threshold, e) < 0)
		goto out;
	if (threshold != s->threshold || index >= s->shares) {
		error_set(e, ERROR_FAULT, "this share is of another set: it says %u of them are needed, %s needs %u", threshold, s->name, s->threshold);
		goto out;
	}
	if (typed_already(run, "part", NULL, (int64_t)index + 1)) {
		error_set(e, ERROR_FAULT, "share number %u was given already: another one is needed", index + 1);
		goto out;
	}
	if (share_known(c, s, index + 1, share) == 0) {
		error_set(e, ERROR_FAULT, "this is a share number %u, but not of %s as it was made: it is from another set", index + 1, s->name);
		goto out;
	}
	held_name(name, "typed", s->name, index + 1);
	rc = put_entered(out, w->step, person, s->name, index + 1, s->threshold, e);
	if (rc == 0)
		rc = room_hold(room, name, &share, e);
out:
	if (rc < 0 && share) /* back to who typed it: one word is to be mended, not twenty typed again */
		answer_set_secret(a, "share", &share);
	secret_free(&share);
	return rc;
}

static int request(const struct ceremony *c, struct room *room, struct hsm_request *r, struct bytes *data, struct error *e)
{
	const struct run *run = ceremony_run(c);
	char one[200], two[200];

	r->verb = HSM_UNLOCK;
	(void)data;
	r->hsm = site_of(c, run)->name;
	if (split_entry(c, run)) {
		held_name(one, "typed", "user-pin", 1);
		held_name(two, "typed", "user-pin", 2);
		struct secret *a = room_held(room, one), *b = room_held(room, two);
		r->user_pin = a && b ? secret_new(a->len + b->len, e) : NULL;
		if (r->user_pin && (secret_add(r->user_pin, a->data, a->len) < 0 || secret_add(r->user_pin, b->data, b->len) < 0))
			secret_free(&r->user_pin);
	} else {
		r->user_pin = login_pin(c, room, secret_of(c, run), 1, e);
	}
	room_wipe(room, "");
	return r->user_pin ? 0 : -1;
}

static int result(const struct ceremony *c, struct room *room, const struct json *answer, struct bytes *facts, struct error *e)
{
	struct json_writer j = {facts, false};
	(void)c;
	(void)room;
	json_put(&j, answer);
	return bytes_end(facts, e);
}

static const char *const help[] = {
	N_("As many holders as are needed type the words of their shares, each alone at the console. The PIN exists only inside it, for one login."),
	N_("The PIN is never tried twice by itself. After a wrong one the step is done again, with new approvals."), NULL};

const struct step_kind unlock_hsm_step = {
	.name = "unlock-hsm",
	.helper = true,
	.restarts = true,
	.unmet = unmet,
	.next = next,
	.check = check,
	.apply = apply,
	.ask = ask,
	.answer = answer,
	.look = look,
	.request = request,
	.result = result,
	.help = help,
};
