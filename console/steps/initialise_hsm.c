/* initialise-hsm: draw, split, show to one, type back in full, set on the token, prove the login from typed shares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people/share.h"
#include "steps/login.h"
#include "steps/token.h"

enum { TOPIC_LOOK, TOPIC_DRAW, TOPIC_FACTORY, TOPIC_SHARE };

static const char factory[] = "factory-so-pin";
static const char source_share[] = "the console's random generator; salt and commitment";

static const char *hsm_name(const struct ceremony *c, const struct run *run)
{
	return step_param(&c->script->steps[run->index], "hsm");
}

/* The two secrets of the HSM: index 0 the SO PIN, 1 the user PIN. */
static const struct script_secret *secret_of(const struct ceremony *c, const char *hsm, unsigned which)
{
	return script_secret(c->script, hsm, which ? PIN_USER : PIN_SO);
}

/* Holder of a share: the people present of the role, in the order of the key list. */
static const struct person *holder(const struct ceremony *c, const struct script_secret *secret, unsigned part)
{
	for (size_t i = 0; i < consent_people(c->consent); i++) {
		const struct person *p = consent_person(c->consent, i);
		if (p->present && !strcmp(p->role, secret->holders) && --part == 0)
			return p;
	}
	return NULL;
}

/* Shares are drawn for the people who are here. When one of them leaves before they are typed back, all of them are void. */
static const char *unmet(const struct ceremony *c, const struct run *run)
{
	const struct script_secret *so = secret_of(c, hsm_name(c, run), 0), *user = secret_of(c, hsm_name(c, run), 1);

	if (journal_find(&run->journal, ACT_DONE, "initialise-hsm"))
		return NULL;
	for (size_t i = 0; i < run->journal.count; i++) {
		const struct entry *e = &run->journal.kept[i].entry;
		const struct person *p = e->event == PERSON_LEFT ? consent_find(c->consent, json_text(e->data, "person")) : NULL;
		if (p && (!strcmp(p->role, so->holders) || !strcmp(p->role, user->holders)))
			return N_("a holder left while the shares were being made: they are void, and are made anew for those who are here");
	}
	if (consent_present(c->consent, so->holders) < so->shares || consent_present(c->consent, user->holders) < user->shares)
		return N_("fewer holders are here than there are shares: pause, and resume with all of them");
	return NULL;
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
		json_put_text(faults, "the token is initialised already, and the script does not say where its SO PIN comes from (so-pin: factory)");
	for (const struct json *o = objects ? objects->child : NULL; o; o = o->next) {
		const char *label = json_text(o, "label");
		bool named = false;
		for (size_t i = 0; erase && i < erase->count; i++)
			named = named || (label && !strcmp(erase->item[i], label));
		if (!named) {
			struct bytes sentence = {0};
			bytes_printf(&sentence, "the token holds an object labelled %s that the script does not name under erase", label ? label : "-");
			json_put_text(faults, bytes_string(&sentence));
			bytes_free(&sentence);
		}
	}
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
	json_member_text(&j, "login", "shares");
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

/* A drawn share's name in the record: "share root-so-pin 2/3". */
static void share_label(char out[128], const struct script_secret *s, unsigned part)
{
	snprintf(out, 128, "share %.90s %u/%u", s->name, part, s->shares);
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
	for (unsigned which = 0; which < 2; which++) {
		const struct script_secret *s = secret_of(c, hsm, which);
		for (unsigned part = 1; part <= s->shares; part++) {
			char label[128];
			share_label(label, s, part);
			if (!journal_find(j, VALUE_DRAWN, label)) {
				want_set(w, WANT_LOOK, &initialise_hsm_step, TOPIC_DRAW, step->id, VALUE_DRAWN, NULL);
				memcpy(w->label, label, sizeof(w->label));
				w->what = w->label;
				w->index = which;
				return 0;
			}
		}
	}
	unsigned twice = journal_count(j, SECRET_ENTERED, factory);
	if (json_true(json_get(json_get(journal_find(j, FACTS_READ, "token")->data, "facts"), "flags"), "token_initialised") && twice < 2) {
		want_set(w, WANT_ASK, &initialise_hsm_step, TOPIC_FACTORY, step->id, SECRET_ENTERED, factory);
		w->index = twice + 1;
		return 0;
	}
	/* Person by person: each comes to the console once, for both of their shares. */
	const struct script_secret *so = secret_of(c, hsm, 0), *user = secret_of(c, hsm, 1);
	unsigned most = so->shares > user->shares ? so->shares : user->shares;
	for (unsigned part = 1; part <= most; part++)
		for (unsigned which = 0; which < 2; which++) {
			const struct script_secret *s = which ? user : so;
			if (part > s->shares)
				continue;
			bool typed = false;
			for (size_t i = 0; i < j->count; i++)
				typed = typed || (j->kept[i].entry.event == SECRET_ENTERED && !strcmp(json_text(j->kept[i].entry.data, "what"), s->name) &&
						  json_number(j->kept[i].entry.data, "part", 0) == (int64_t)part);
			if (!typed) {
				want_set(w, WANT_ASK, &initialise_hsm_step, TOPIC_SHARE + (int)which, step->id, SECRET_ENTERED, s->name);
				w->index = part;
				return 0;
			}
		}
	return propose(c, run, w, e);
}

static int look_draw(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct script_secret *s = secret_of(c, hsm_name(c, ceremony_run(c)), w->index);
	struct secret *master = secret_new(SHARE_SECRET, e), *shares[SHARES_MAX] = {0};
	uint8_t salt[32], commitment[32];
	char name[200];
	int rc = -1;

	if (!master)
		return -1;
	random_bytes(master->data, SHARE_SECRET);
	master->len = SHARE_SECRET;
	/* ext=0: the older recovery tools accept only that. */
	if (share_split(master, s->threshold, s->shares, false, shares, e) < 0)
		goto out;
	for (unsigned part = 1; part <= s->shares; part++) {
		char label[128];
		share_label(label, s, part);
		random_bytes(salt, sizeof(salt));
		struct bytes value = {0}, *data = outcome_add(out, VALUE_DRAWN, w->step);
		if (!data || share_commitment(shares[part - 1], salt, commitment, e) < 0) {
			error_memory(e);
			goto out;
		}
		bytes_hex(&value, salt, sizeof(salt));
		bytes_byte(&value, ' ');
		bytes_hex(&value, commitment, sizeof(commitment));
		struct json_writer j = {data, false};
		json_begin_object(&j);
		json_member_text(&j, "what", label);
		json_member_text(&j, "source", source_share);
		json_member_text(&j, "value", bytes_string(&value));
		json_end_object(&j);
		bytes_free(&value);
		held_name(name, "shown", s->name, part);
		if (bytes_end(data, e) < 0 || room_hold(room, name, &shares[part - 1], e) < 0)
			goto out;
	}
	rc = 0;
out:
	secret_free(&master);
	for (unsigned i = 0; i < SHARES_MAX; i++)
		secret_free(&shares[i]);
	return rc;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	if (w->topic == TOPIC_DRAW)
		return look_draw(c, w, room, out, e);
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
		return error_set(e, ERROR_FAULT, "the factory's SO PIN is typed twice, and this is not time %u", w->index);
	return 0;
}

/* The token is known afterwards by what these facts say: the label of the order, and the serial number that it had, if any. */
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
	if (!label || strcmp(label, bytes_string(&wanted)) || !serial || (t->serial[0] && strcmp(serial, t->serial)) || !flags ||
		flags->type != JSON_OBJECT)
		error_set(e, ERROR_FAULT, "act.done of initialise-hsm is not of the token that was to be initialised");
	else
		rc = 0;
out:
	bytes_free(&wanted);
	return rc;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	uint8_t both[32];
	if (entry->event == ACT_DONE)
		return check_done(c, entry, e);
	if (entry->event == FACTS_READ)
		return token_check(c, entry, judge, e);
	if (entry->event == VALUE_DRAWN) {
		const char *value = json_text(entry->data, "value");
		if (strlen(value) != 129 || hex_decode(value, 64, both, 32) < 0 || value[64] != ' ' || hex_decode(value + 65, 64, both, 32) < 0)
			return error_set(e, ERROR_FAULT, "the commitment of a share is not a salt and a hash in hex");
		return drawn_from(entry, source_share, e);
	}
	if (entry->event == SECRET_ENTERED && w->topic == TOPIC_FACTORY)
		return check_factory(c, w, entry, e);
	if (entry->event == SECRET_ENTERED) {
		const struct script_secret *s = secret_of(c, hsm_name(c, ceremony_run(c)), (unsigned)(w->topic - TOPIC_SHARE));
		const struct person *p = holder(c, s, w->index);
		if (json_number(entry->data, "part", 0) != (int64_t)w->index || json_number(entry->data, "of_parts", 0) != (int64_t)s->shares)
			return error_set(e, ERROR_FAULT, "secret.entered is not of share %u of %u", w->index, s->shares);
		if (!p || strcmp(p->name, json_text(entry->data, "person")))
			return error_set(e, ERROR_FAULT, "share %u of %s is not for %s", w->index, s->name, json_text(entry->data, "person"));
	}
	return 0;
}

static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	const char *hsm = hsm_name(c, run);
	if (entry->event == VALUE_DRAWN) {
		for (unsigned which = 0; which < 2; which++) {
			const struct script_secret *s = secret_of(c, hsm, which);
			for (unsigned part = 1; part <= s->shares; part++) {
				char label[128];
				share_label(label, s, part);
				if (strcmp(label, json_text(entry->data, "what")))
					continue;
				struct share_state *list = realloc(c->shares, (c->share_count + 1) * sizeof(*list));
				if (!list)
					return error_memory(e);
				c->shares = list;
				struct share_state *state = &list[c->share_count++];
				const char *value = json_text(entry->data, "value");
				memset(state, 0, sizeof(*state));
				state->secret = s;
				state->part = part;
				hex_decode(value, 64, state->salt, 32);
				hex_decode(value + 65, 64, state->commitment, 32);
			}
		}
	}
	if (entry->event == ACT_DONE && !strcmp(c->act, "initialise-hsm")) {
		const struct json *facts = json_get(entry->data, "facts");
		struct token_state *t = &c->tokens[ceremony_hsm_index(c, hsm)];
		const char *label = json_text(facts, "label"), *serial = json_text(facts, "serial");
		if (!label || !serial)
			return error_set(e, ERROR_FAULT, "act.done of initialise-hsm does not say the token's label and serial");
		if (field_set(&t->label, label) < 0 || field_set(&t->serial, serial) < 0)
			return error_memory(e);
		t->unlocked = false;
	}
	return 0;
}

static int ask_factory(const struct ceremony *c, const struct want *w, struct prompt *p, struct error *e)
{
	const struct entry *first = journal_find(&ceremony_run(c)->journal, SECRET_ENTERED, factory);
	const char *except[2] = {first ? json_text(first->data, "person") : NULL, NULL};
	p->kind = PROMPT_SECRET;
	p->alone = true;
	message_set(&p->title, w->index == 1 ? N_("The SO PIN that the token has from the factory") : N_("The same SO PIN again, by another person"));
	struct field *who = prompt_field(p, "person", FIELD_CHOICE, N_("Who types it"));
	if (!who || field_people(c, who, NULL, except) < 0 || !prompt_field(p, "pin", FIELD_SECRET, N_("SO PIN")))
		return error_memory(e);
	return 0;
}

static int answer_factory(const struct want *w, struct room *room, struct answer *a, struct outcome *out, struct error *e)
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

/* How the PIN follows from what the shares give: on every card, so that no program is needed to know it. */
static int pin_rule(struct prompt *p, const struct site_pin *rule)
{
	bool digits = rule->alphabet == ALPHABET_DIGITS;
	if (*rule->prefix && prompt_message(p, LINE_PLAIN, N_("The PIN begins with \"%s\", and then:"), rule->prefix) < 0)
		return -1;
	return prompt_message(p, LINE_PLAIN,
		digits ? N_("The PIN is the 16 bytes as a number modulo 10^%u, with leading zeros.") : N_("The PIN is the first %u lower-case hex digits of the 16 bytes."),
		rule->length);
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	if (w->topic == TOPIC_FACTORY)
		return ask_factory(c, w, p, e);
	const char *hsm = hsm_name(c, ceremony_run(c));
	const struct script_secret *s = secret_of(c, hsm, (unsigned)(w->topic - TOPIC_SHARE));
	const struct site_hsm *site = site_hsm(c->site, hsm);
	const struct site_pin *rule = s->pin == PIN_SO ? &site->so_pin : &site->user_pin;
	const struct person *who = holder(c, s, w->index);
	char name[200], seen[200];

	if (!who)
		return error_set(e, ERROR_FAULT, "nobody of role %s is here for share %u of %s", s->holders, w->index, s->name);
	held_name(name, "shown", s->name, w->index);
	held_name(seen, "seen", s->name, w->index);
	struct secret *share = room_held(room, name);
	if (!share)
		return error_set(e, ERROR_INTERNAL, "share %u of %s is not in hand any more", w->index, s->name);
	p->alone = true;
	if (field_set(&p->person, who->name) < 0)
		return error_memory(e);
	if (!room_held(room, seen)) {
		p->kind = PROMPT_SHARE_SHOW;
		message_set(&p->title, N_("%s: your share, number %u of %u"), s->name, w->index, s->shares);
		if (prompt_message(p, LINE_PLAIN, N_("For %s alone. Write the words on your card, in order; everyone else looks away."), who->name) < 0 ||
			prompt_message(p, LINE_PLAIN, N_("Any %u of the %u shares open it (SLIP-0039, no passphrase)."), s->threshold, s->shares) < 0 ||
			pin_rule(p, rule) < 0)
			return error_memory(e);
		p->share = secret_new(share->cap, e);
		return p->share ? secret_add(p->share, share->data, share->len) : -1;
	}
	p->kind = PROMPT_SHARE_ENTER;
	message_set(&p->title, N_("%s: type your share back, number %u of %u"), s->name, w->index, s->shares);
	struct field *f = prompt_field(p, "share", FIELD_SHARE, N_("The words of the share"));
	if (!f || prompt_message(p, LINE_PLAIN, N_("For %s alone: from the card, all the words."), who->name) < 0)
		return error_memory(e);
	f->complete = share_word;
	return 0;
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a, struct outcome *out, struct error *e)
{
	if (w->topic == TOPIC_FACTORY)
		return answer_factory(w, room, a, out, e);
	const char *hsm = hsm_name(c, ceremony_run(c));
	const struct script_secret *s = secret_of(c, hsm, (unsigned)(w->topic - TOPIC_SHARE));
	const struct person *who = holder(c, s, w->index);
	char name[200], seen[200], typed[200];

	held_name(name, "shown", s->name, w->index);
	held_name(seen, "seen", s->name, w->index);
	held_name(typed, "typed", s->name, w->index);
	if (!room_held(room, seen)) {
		struct secret *mark = secret_new(1, e);
		return mark ? room_hold(room, seen, &mark, e) : -1;
	}
	struct secret *share = answer_take_secret(a, "share");
	int rc = -1;
	if (!share)
		error_set(e, ERROR_FAULT, "no share was typed");
	else if (share_check(share, NULL, NULL, e) < 0)
		;
	else if (!secret_equal(share, room_held(room, name)))
		error_set(e, ERROR_FAULT, "this is a share, but not the one that was shown to %s", who->name);
	else
		rc = put_entered(out, w->step, who->name, s->name, w->index, s->shares, e);
	if (rc == 0)
		rc = room_hold(room, typed, &share, e);
	else if (share) /* back to who typed it: one word is to be mended, not twenty typed again */
		answer_set_secret(a, "share", &share);
	secret_free(&share);
	return rc;
}

/* Every typed share has a part in some combination, and all of them give the same PIN. */
static struct secret *proved_pin(const struct ceremony *c, const struct room *room, const struct script_secret *s, struct error *e)
{
	struct secret *first = login_pin(c, room, s, 1, e);
	for (unsigned from = 2; first && from + s->threshold - 1 <= s->shares; from++) {
		struct secret *again = login_pin(c, room, s, from, e);
		if (!again || !secret_equal(first, again)) {
			secret_free(&first);
			if (again)
				error_set(e, ERROR_INTERNAL, "the typed shares of %s do not all give the same PIN", s->name);
		}
		secret_free(&again);
	}
	return first;
}

static int request(const struct ceremony *c, struct room *room, struct hsm_request *r, struct bytes *data, struct error *e)
{
	const char *hsm = hsm_name(c, ceremony_run(c));
	r->verb = HSM_INITIALISE;
	(void)data;
	r->hsm = hsm;
	r->so_pin = proved_pin(c, room, secret_of(c, hsm, 0), e);
	r->user_pin = r->so_pin ? proved_pin(c, room, secret_of(c, hsm, 1), e) : NULL;
	char name[200];
	held_name(name, "typed", factory, 1);
	const struct secret *old = room_held(room, name);
	if (old && r->user_pin) {
		r->old_so_pin = secret_new(old->cap, e);
		if (!r->old_so_pin || secret_add(r->old_so_pin, old->data, old->len) < 0)
			secret_free(&r->user_pin);
	}
	room_wipe(room, "");
	return r->user_pin ? 0 : -1;
}

static int result(const struct ceremony *c, struct room *room, const struct json *answer, struct bytes *facts, struct error *e)
{
	struct json_writer j = {facts, false};
	(void)c;
	room_wipe(room, "");
	json_put(&j, answer);
	return bytes_end(facts, e);
}

static const char *const help[] = {
	N_("The console draws two PINs at random and splits each into shares. Each holder sees their own shares alone, writes them down and types them back."),
	N_("Only then does the quorum approve, and the token is initialised. The login is proved with PINs put together from the typed shares."),
	N_("Nobody ever sees or knows a PIN."), NULL};

const struct step_kind initialise_hsm_step = {
	.name = "initialise-hsm",
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
