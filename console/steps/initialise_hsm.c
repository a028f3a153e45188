/* initialise-hsm: draw, split, show to one, type back in full, set on the token, prove the login from typed shares. */
#include <stdio.h>
#include <string.h>

#include "steps/shares.h"
#include "steps/token.h"

enum { TOPIC_LOOK, TOPIC_DRAW, TOPIC_FACTORY, TOPIC_SHARE };

static const char factory[] = "factory-so-pin";

static const char *hsm_name(const struct ceremony *c, const struct run *run)
{
	return step_param(&c->script->steps[run->index], "hsm");
}

/* The two secrets of the HSM: index 0 the SO PIN, 1 the user PIN. */
static const struct script_secret *secret_of(const struct ceremony *c, const char *hsm, unsigned which)
{
	return script_secret(c->script, hsm, which ? PIN_USER : PIN_SO);
}

/* The PINs are typed on the device itself: there is nothing to share. */
static bool on_device(const struct ceremony *c, const char *hsm)
{
	return site_hsm(c->site, hsm)->login == LOGIN_PROTECTED_PATH;
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	const char *hsm = hsm_name(c, run), *why = NULL;

	if (on_device(c, hsm) || journal_find(&run->journal, ACT_DONE, "initialise-hsm"))
		return NULL;
	for (unsigned which = 0; !why && which < 2; which++)
		why = shares_unmet(c, run, secret_of(c, hsm, which));
	return why;
}

static int judge(const struct ceremony *c, const struct json *facts, struct json_writer *faults)
{
	const struct script_step *step = ceremony_step(c);
	const struct json *objects = json_get(facts, "objects");
	const struct script_list *erase = step_param_list(step, "erase");
	struct bytes label_to_be = {0};

	/* An attempt that failed may have got as far as the label. */
	int known = ceremony_token_label(c, step_param(step, "label"), &label_to_be, NULL);
	if (known == 0)
		known = token_known(c, step_param(step, "hsm"), facts, bytes_string(&label_to_be), faults);
	bytes_free(&label_to_be);
	if (known < 0)
		return -1;
	if (json_true(json_get(facts, "flags"), "token_initialised") && !step_param(step, "so-pin"))
		json_put_text(faults, "the token is initialised already, and the script does not say where its SO PIN "
		                      "comes from (so-pin: factory)");
	for (const struct json *o = objects ? objects->child : NULL; o; o = o->next) {
		const char *label = json_text(o, "label");
		bool named = false;
		for (size_t i = 0; erase && i < erase->count; i++)
			named = named || (label && !strcmp(erase->item[i], label));
		if (!named) {
			struct bytes sentence = {0};
			bytes_printf(&sentence,
			        "the token holds an object labelled %s that the script does not name under erase",
			        label ? label : "-");
			json_put_text(faults, bytes_string(&sentence));
			bytes_free(&sentence);
		}
	}
	if (on_device(c, step_param(step, "hsm")))
		return token_judge_path(facts, faults);
	for (unsigned which = 0; which < 2; which++)
		if (shares_judge_length(c, secret_of(c, step_param(step, "hsm"), which), facts, faults) < 0)
			return -1;
	return 0;
}

static int propose(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct script_step *step = &c->script->steps[run->index];
	const struct entry *read = journal_find(&run->journal, FACTS_READ, "token");
	const struct json *facts = json_get(read->data, "facts"), *objects = json_get(facts, "objects");
	const struct script_list *erase = step_param_list(step, "erase");
	struct bytes order = {0}, label = {0};
	struct json_writer j = {&order, false};
	int rc = -1;

	if (ceremony_token_label(c, step_param(step, "label"), &label, e) < 0)
		goto out;
	json_begin_object(&j);
	json_member_text(&j, "hsm", hsm_name(c, run));
	json_member_text(&j, "serial", json_text(facts, "serial"));
	json_member_text(&j, "label", bytes_string(&label));
	json_member_text(&j, "login", on_device(c, hsm_name(c, run)) ? "protected-path" : "shares");
	json_key(&j, "found");
	json_put(&j, objects);
	json_key(&j, "erase");
	json_begin_array(&j);
	for (size_t i = 0; erase && i < erase->count; i++)
		json_put_text(&j, erase->item[i]);
	json_end_array(&j);
	json_end_object(&j);
	if (bytes_end(&order, e) == 0)
		rc = want_propose(c, w, &initialise_hsm_step, step->id, "initialise-hsm", bytes_string(&order), e);
out:
	bytes_free(&order);
	bytes_free(&label);
	return rc;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct script_step *step = &c->script->steps[run->index];
	const char *hsm = hsm_name(c, run);
	const struct journal *j = &run->journal;

	if (journal_find(j, ACT_DONE, "initialise-hsm"))
		return 0;
	if (!journal_find(j, FACTS_READ, "token")) {
		want_set(w, WANT_LOOK, &initialise_hsm_step, TOPIC_LOOK, step->id, FACTS_READ, "token");
		return 0;
	}
	if (on_device(c, hsm))
		return propose(c, run, w, e);
	const struct script_secret *so = secret_of(c, hsm, 0), *user = secret_of(c, hsm, 1);
	if (shares_next_draw(so, run, w, &initialise_hsm_step, TOPIC_DRAW, 0, step->id) ||
	        shares_next_draw(user, run, w, &initialise_hsm_step, TOPIC_DRAW, 1, step->id))
		return 0;
	unsigned twice = journal_count(j, SECRET_ENTERED, factory);
	if (json_true(json_get(json_get(journal_find(j, FACTS_READ, "token")->data, "facts"), "flags"),
	            "token_initialised") &&
	        twice < 2) {
		want_set(w, WANT_ASK, &initialise_hsm_step, TOPIC_FACTORY, step->id, SECRET_ENTERED, factory);
		w->index = twice + 1;
		return 0;
	}
	/* Person by person: each comes to the console once, for both of their shares. */
	unsigned most = so->shares > user->shares ? so->shares : user->shares;
	for (unsigned part = 1; part <= most; part++)
		for (unsigned which = 0; which < 2; which++) {
			const struct script_secret *s = which ? user : so;
			if (part <= s->shares && shares_next_part(s, run, part, w, &initialise_hsm_step,
			                                 TOPIC_SHARE + (int)which, step->id))
				return 0;
		}
	return propose(c, run, w, e);
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	if (w->topic == TOPIC_DRAW)
		return shares_look(secret_of(c, hsm_name(c, ceremony_run(c)), w->index), w, room, out, e);
	room_wipe(room, "");
	return token_look(c, w, room, hsm_name(c, ceremony_run(c)), NULL, NULL, judge, out, e);
}

/* The factory's SO PIN is typed by one and typed again by another. */
static int check_factory(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const char *name = json_text(entry->data, "person");
	const struct person *p = consent_find(c->consent, name);
	const struct entry *first = journal_find(&ceremony_run(c)->journal, SECRET_ENTERED, factory);
	if (!p || !p->present || (first && !strcmp(json_text(first->data, "person"), name)))
		return error_set(e, ERROR_FAULT, "%s cannot type the factory's SO PIN, or has typed it already", name);
	if (json_number(entry->data, "part", 0) != (int64_t)w->index || json_number(entry->data, "of_parts", 0) != 2)
		return error_set(
		        e, ERROR_FAULT, "the factory's SO PIN is typed twice, and this is not time %u", w->index);
	return 0;
}

/* The token is known afterwards by what these facts say: the label of the order, and the serial number that it had, if
 * any. */
static int check_done(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	const struct script_step *step = ceremony_step(c);
	const struct json *facts = json_get(entry->data, "facts"), *flags = json_get(facts, "flags");
	const struct token_state *t = &c->tokens[ceremony_hsm_index(c, step_param(step, "hsm"))];
	const char *label = json_text(facts, "label"), *serial = json_text(facts, "serial");
	struct bytes wanted = {0};
	int rc = -1;

	if (ceremony_token_label(c, step_param(step, "label"), &wanted, e) < 0)
		goto out;
	if (!label || strcmp(label, bytes_string(&wanted)) || !serial || (t->serial[0] && strcmp(serial, t->serial)) ||
	        !flags || flags->type != JSON_OBJECT)
		error_set(e, ERROR_FAULT, "act.done of initialise-hsm is not of the token that was to be initialised");
	else
		rc = 0;
out:
	bytes_free(&wanted);
	return rc;
}

static const struct script_secret *secret_wanted(const struct ceremony *c, const struct want *w)
{
	return secret_of(c, hsm_name(c, ceremony_run(c)), (unsigned)(w->topic - TOPIC_SHARE));
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	if (entry->event == ACT_DONE)
		return check_done(c, entry, e);
	if (entry->event == FACTS_READ)
		return token_check(c, entry, judge, e);
	if (entry->event == VALUE_DRAWN)
		return shares_check_drawn(entry, e);
	if (entry->event != SECRET_ENTERED)
		return 0;
	if (w->topic == TOPIC_FACTORY)
		return check_factory(c, w, entry, e);
	return shares_check_typed(c, secret_wanted(c, w), w, entry, e);
}

static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	const char *hsm = hsm_name(c, run);
	for (unsigned which = 0; !on_device(c, hsm) && which < 2; which++)
		if (shares_apply(c, secret_of(c, hsm, which), entry, e) < 0)
			return -1;
	if (entry->event == ACT_DONE && !strcmp(c->act, "initialise-hsm")) {
		const struct json *facts = json_get(entry->data, "facts");
		struct token_state *t = &c->tokens[ceremony_hsm_index(c, hsm)];
		const char *label = json_text(facts, "label"), *serial = json_text(facts, "serial");
		if (!label || !serial)
			return error_set(
			        e, ERROR_FAULT, "act.done of initialise-hsm does not say the token's label and serial");
		if (field_set(&t->label, label) < 0 || field_set(&t->serial, serial) < 0)
			return error_memory(e);
		t->unlocked = false;
		for (unsigned which = 0; !on_device(c, hsm) && which < 2; which++)
			shares_put_in_force(c, secret_of(c, hsm, which)->name, SHARE_DRAWN);
	}
	return 0;
}

static int ask_factory(const struct ceremony *c, const struct want *w, struct prompt *p, struct error *e)
{
	const struct entry *first = journal_find(&ceremony_run(c)->journal, SECRET_ENTERED, factory);
	const char *except[2] = {first ? json_text(first->data, "person") : NULL, NULL};
	p->kind = PROMPT_SECRET;
	p->alone = true;
	message_set(&p->title, w->index == 1 ? N_("The SO PIN that the token has from the factory")
	                                     : N_("The same SO PIN again, by another person"));
	struct field *who = prompt_field(p, "person", FIELD_CHOICE, N_("Who types it"));
	if (!who || field_people(c, who, NULL, except) < 0 || !prompt_field(p, "pin", FIELD_SECRET, N_("SO PIN")))
		return error_memory(e);
	return 0;
}

static int answer_factory(
        const struct want *w, struct room *room, struct answer *a, struct outcome *out, struct error *e)
{
	char name[200];
	struct secret *pin = answer_take_secret(a, "pin");
	int rc = -1;
	held_name(name, "typed", factory, 1);
	if (!pin || !pin->len)
		error_set(e, ERROR_FAULT, "no SO PIN was typed");
	else if (w->index == 2 && !secret_equal(pin, room_held(room, name)))
		error_set(e, ERROR_FAULT, "the two entries of the SO PIN differ: type it again");
	else
		rc = put_entered(out, w->step, answer_text(a, "person"), factory, w->index, 2, e);
	if (rc == 0 && w->index == 1)
		rc = room_hold(room, name, &pin, e);
	secret_free(&pin);
	return rc;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	if (w->topic == TOPIC_FACTORY)
		return ask_factory(c, w, p, e);
	return shares_ask(c, secret_wanted(c, w), w, room, p, e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	if (w->topic == TOPIC_FACTORY)
		return answer_factory(w, room, a, out, e);
	return shares_answer(c, secret_wanted(c, w), w, room, a, out, e);
}

static int request(
        const struct ceremony *c, struct room *room, struct hsm_request *r, struct bytes *data, struct error *e)
{
	const char *hsm = hsm_name(c, ceremony_run(c));
	r->verb = HSM_INITIALISE;
	(void)data;
	r->hsm = hsm;
	if (on_device(c, hsm))
		return 0;
	if (site_hsm(c->site, hsm)->so_pin.own_bounds) {
		r->data = HSM_OWN_BOUNDS;
		r->len = strlen(HSM_OWN_BOUNDS);
	}
	r->so_pin = shares_proved_pin(c, room, secret_of(c, hsm, 0), e);
	r->user_pin = r->so_pin ? shares_proved_pin(c, room, secret_of(c, hsm, 1), e) : NULL;
	char name[200];
	held_name(name, "typed", factory, 1);
	const struct secret *old = room_held(room, name);
	if (old && r->user_pin) {
		r->old_pin = secret_new(old->cap, e);
		if (!r->old_pin || secret_add(r->old_pin, old->data, old->len) < 0)
			secret_free(&r->user_pin);
	}
	room_wipe(room, "");
	return r->user_pin ? 0 : -1;
}

static int result(
        const struct ceremony *c, struct room *room, const struct json *answer, struct bytes *facts, struct error *e)
{
	struct json_writer j = {facts, false};
	(void)c;
	room_wipe(room, "");
	json_put(&j, answer);
	return bytes_end(facts, e);
}

static const char *const help[] = {N_("The console draws two PINs at random and splits each into shares. Each holder "
                                      "sees their own shares alone, writes them down and types them back."),
        N_("Only then does the quorum approve, and the token is initialised. The login is proved with PINs put "
           "together from the typed shares."),
        N_("Nobody ever sees or knows a PIN."),
        N_("Each new PIN is also tried once without its last character: a token that takes it so has cut it, and is "
           "refused. The token counts "
           "that try; the right PIN comes right after it."),
        NULL};

const struct step_kind initialise_hsm_step = {
        .name = "initialise-hsm",
        .helper = true,
        .restarts = true,
        .retries_unmet = true,
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
