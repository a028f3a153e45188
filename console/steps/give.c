#include "steps/give.h"

#include <stdio.h>
#include <string.h>

#include "people/share.h"

void held_name(char out[200], const char *kind, const char *secret, unsigned part)
{
	snprintf(out, 200, "%s %.150s %u", kind, secret, part);
}

const struct site_pin *pin_rule(const struct ceremony *c, const struct script_secret *secret)
{
	const struct site_hsm *h = site_hsm(c->site, secret->hsm);
	return secret->pin == PIN_SO ? &h->so_pin : &h->user_pin;
}

struct secret *typed_pin(const struct ceremony *c, const struct room *room, const struct script_secret *secret, const char *what, unsigned from,
	unsigned parts, unsigned threshold, struct error *e)
{
	const struct site_pin *rule = pin_rule(c, secret);
	struct secret *typed[SHARES_MAX];
	unsigned count = 0;
	char name[200];

	for (unsigned part = from; part <= parts && count < threshold && count < SHARES_MAX; part++) {
		held_name(name, "typed", what, part);
		struct secret *s = room_held(room, name);
		if (s)
			typed[count++] = s;
	}
	struct secret *master = share_combine(typed, count, "", e);
	struct secret *pin = master ? pin_make(master, rule->prefix, rule->length, rule->alphabet == ALPHABET_DIGITS, e) : NULL;
	secret_free(&master);
	return pin;
}

int put_entered(struct outcome *out, const char *step, const char *person, const char *what, unsigned part, unsigned of_parts, struct error *e)
{
	struct bytes *data = outcome_add(out, SECRET_ENTERED, step);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "person", person);
	json_member_text(&j, "what", what);
	json_member_int(&j, "part", part);
	json_member_int(&j, "of_parts", of_parts);
	json_end_object(&j);
	return bytes_end(data, e);
}

int prompt_set(struct prompt *p, const struct script_secret *secret, const struct share_set *set)
{
	char card[80];

	if (!set->known)
		return 0;
	snprintf(card, sizeof(card), "%s.%s", secret->name, set->mark);
	return field_set(&p->card, card) < 0 ? -1 : prompt_message(p, LINE_PLAIN, N_("Set %s: the card says so."), set->mark);
}

struct giving giving_shares(const struct ceremony *c, const struct script_secret *secret, enum share_validity of, const char *prefix,
	const char *role)
{
	struct giving g = {.secret = secret, .of = of, .role = role, .parts = share_set(c, secret, of).threshold};
	snprintf(g.what, sizeof(g.what), "%s%.64s", prefix, secret->name);
	return g;
}

struct giving giving_halves(const struct site_hsm *site, const char *what)
{
	struct giving g = {.holders = &site->holders, .parts = 2};
	snprintf(g.what, sizeof(g.what), "%s", what);
	return g;
}

/* Was a part given already: by `person`, or (NULL) of that number? */
static bool given(const struct giving *g, const struct run *run, const char *person, int64_t part)
{
	for (size_t i = 0; i < run->journal.count; i++) {
		const struct entry *e = &run->journal.kept[i].entry;
		if (e->event != SECRET_ENTERED || strcmp(json_text(e->data, "what"), g->what))
			continue;
		if (person ? !strcmp(json_text(e->data, "person"), person) : json_number(e->data, "part", 0) == part)
			return true;
	}
	return false;
}

bool giving_next(const struct giving *g, const struct run *run, struct want *w, const struct step_kind *by, int topic, const char *step)
{
	unsigned typed = journal_count(&run->journal, SECRET_ENTERED, g->what);
	if (typed >= g->parts)
		return false;
	want_set(w, WANT_ASK, by, topic, step, SECRET_ENTERED, NULL);
	snprintf(w->label, sizeof(w->label), "%s", g->what);
	w->what = w->label;
	w->index = typed;
	return true;
}

/* A share is given by its holder. One whose holder is not in the room may be given by another of the role who has brought it; which
 * is in the record, as every entry says who typed. */
static int may_give(const struct ceremony *c, const struct giving *g, unsigned part, const struct person *who, struct error *e)
{
	const struct share_state *s = share_find(c, g->secret->name, part, g->of);
	const struct person *holder = s && s->person[0] ? consent_find(c->consent, s->person) : NULL;

	if (s && !strcmp(s->person, who->name))
		return 0;
	if (holder && holder->present)
		return error_set(e, ERROR_FAULT, "share number %u of %s is the share of %s, who is here: %s cannot give it", part, g->secret->name,
			holder->name, who->name);
	if (strcmp(who->role, g->role))
		return error_set(e, ERROR_FAULT, "%s of role %s holds no such share", who->name, who->role);
	return 0;
}

int giving_check(const struct ceremony *c, const struct giving *g, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct run *run = ceremony_run(c);
	const char *name = json_text(entry->data, "person");
	const struct person *p = consent_find(c->consent, name);
	int64_t part = json_number(entry->data, "part", 0);

	if (!p || !p->present)
		return error_set(e, ERROR_FAULT, "%s is not present and cannot give a share", name);
	if (json_number(entry->data, "of_parts", 0) != (int64_t)g->parts || given(g, run, name, 0) || given(g, run, NULL, part))
		return error_set(e, ERROR_FAULT, "secret.entered is of a share that was given already, or by a person who gave one");
	if (!g->secret) {
		const char *holder = g->holders->item[w->index];
		if (part != (int64_t)w->index + 1 || strcmp(name, holder))
			return error_set(e, ERROR_FAULT, "part %u of the PIN is for %s", w->index + 1, holder);
		return 0;
	}
	if (part < 1 || part > (int64_t)share_set(c, g->secret, g->of).parts)
		return error_set(e, ERROR_FAULT, "%s of role %s holds no such share", name, p->role);
	return may_give(c, g, (unsigned)part, p, e);
}

static int ask_half(const struct giving *g, const struct want *w, struct prompt *p, struct error *e)
{
	const char *name = g->holders->item[w->index];
	p->kind = PROMPT_SECRET;
	message_set(&p->title, N_("%s: part %u of the PIN"), name, w->index + 1);
	if (field_set(&p->person, name) < 0 ||
		prompt_message(p, LINE_PLAIN, N_("For %s alone: type your part of the PIN. The two parts are joined in this order."), name) < 0 ||
		!prompt_field(p, "part", FIELD_SECRET, N_("Part of the PIN")))
		return error_memory(e);
	return 0;
}

/* The role's people, and holders of shares who sit here in another role; not those who have given one. */
static int field_givers(const struct ceremony *c, const struct giving *g, struct field *f)
{
	for (size_t i = 0; i < consent_people(c->consent); i++) {
		const struct person *p = consent_person(c->consent, i);
		const struct named_state *n = ceremony_named(c, p->name);
		bool may = p->present && (!strcmp(p->role, g->role) || share_of(c, g->secret->name, g->of, p->name));
		if (may && !given(g, ceremony_run(c), p->name, 0) && field_choice(f, p->name, NULL, n ? n->name : NULL) < 0)
			return -1;
	}
	return 0;
}

int giving_ask(const struct ceremony *c, const struct giving *g, const struct want *w, struct prompt *p, struct error *e)
{
	static const char *const titles[] = {
		[SHARE_IN_FORCE] = N_("%s: share %u of %u that are needed"),
		[SHARE_UNSETTLED] = N_("%s: new share %u of %u that are needed"),
	};
	p->alone = true;
	if (!g->secret)
		return ask_half(g, w, p, e);
	struct share_set set = share_set(c, g->secret, g->of);
	const char *title = !strncmp(g->what, "old ", 4) ? N_("%s: old share %u of %u that are needed") : titles[g->of];
	p->kind = PROMPT_SHARE_ENTER;
	message_set(&p->title, title, g->secret->name, w->index + 1, g->parts);
	message_set(&p->actor, "%s", g->role);
	struct field *who = prompt_field(p, "person", FIELD_CHOICE, N_("Whose share"));
	if (!who || field_givers(c, g, who) < 0 || prompt_set(p, g->secret, &set) < 0)
		return error_memory(e);
	struct field *f = prompt_field(p, "share", FIELD_SHARE, N_("The words of the share"));
	if (!f)
		return error_memory(e);
	f->complete = share_word;
	if (!set.known && prompt_message(p, LINE_WARNING,
				  N_("The record in which this share was made is not here: only its checksum can be checked, not that it is the right one.")) < 0)
		return error_memory(e);
	return 0;
}

static int answer_half(const struct ceremony *c, const struct giving *g, const struct want *w, struct room *room, struct answer *a,
	struct outcome *out, struct error *e)
{
	char name[200];
	struct secret *part = answer_take_secret(a, "part");
	const char *person = g->holders->item[w->index];
	const struct person *p = consent_find(c->consent, person);
	int rc = -1;

	if (!p || !p->present)
		error_set(e, ERROR_FAULT, "%s, who holds part %u of the PIN, is not here", person, w->index + 1);
	else if (!part || !part->len)
		error_set(e, ERROR_FAULT, "%s typed nothing", person);
	else {
		held_name(name, "typed", g->what, w->index + 1);
		rc = put_entered(out, w->step, person, g->what, w->index + 1, 2, e) < 0 ? -1 : room_hold(room, name, &part, e);
	}
	secret_free(&part);
	return rc;
}

/* Is it a share of the very set that is asked for, and this person's to give? Its number into *part. */
static int share_fits(const struct ceremony *c, const struct giving *g, const struct secret *share, const char *person, unsigned *part,
	struct error *e)
{
	struct share_set set = share_set(c, g->secret, g->of);
	const struct person *p = consent_find(c->consent, person);
	unsigned index = 0, threshold = 0;

	if (share_check(share, &index, &threshold, e) < 0)
		return -1;
	*part = index + 1;
	if (threshold != set.threshold || *part > set.parts)
		return error_set(e, ERROR_FAULT, "this share is of another set: it says %u of them are needed, %s needs %u", threshold, g->secret->name,
			set.threshold);
	if (given(g, ceremony_run(c), NULL, (int64_t)*part))
		return error_set(e, ERROR_FAULT, "share number %u was given already: another one is needed", *part);
	if (share_known(c, g->secret->name, *part, g->of, share) == 0)
		return error_set(e, ERROR_FAULT, "this is a share number %u, but not of %s as it was made: it is from another set", *part, g->secret->name);
	return p ? may_give(c, g, *part, p, e) : error_set(e, ERROR_FAULT, "%s is not present and cannot give a share", person);
}

int giving_answer(const struct ceremony *c, const struct giving *g, const struct want *w, struct room *room, struct answer *a,
	struct outcome *out, struct error *e)
{
	if (!g->secret)
		return answer_half(c, g, w, room, a, out, e);
	const char *person = answer_text(a, "person");
	struct secret *share = answer_take_secret(a, "share");
	unsigned part = 0;
	char name[200];
	int rc = -1;

	if (!share)
		return error_set(e, ERROR_FAULT, "no share was typed");
	if (share_fits(c, g, share, person, &part, e) == 0) {
		held_name(name, "typed", g->what, part);
		rc = put_entered(out, w->step, person, g->what, part, g->parts, e);
	}
	if (rc == 0)
		rc = room_hold(room, name, &share, e);
	else /* back to who typed it: one word is to be mended, not twenty typed again */
		answer_set_secret(a, "share", &share);
	secret_free(&share);
	return rc;
}

struct secret *giving_pin(const struct ceremony *c, const struct giving *g, const struct room *room, struct error *e)
{
	char one[200], two[200];

	if (g->secret) {
		struct share_set set = share_set(c, g->secret, g->of);
		return typed_pin(c, room, g->secret, g->what, 1, set.parts, set.threshold, e);
	}
	held_name(one, "typed", g->what, 1);
	held_name(two, "typed", g->what, 2);
	const struct secret *a = room_held(room, one), *b = room_held(room, two);
	struct secret *pin = a && b ? secret_new(a->len + b->len, e) : NULL;
	if (!a || !b)
		error_set(e, ERROR_INTERNAL, "the two parts of the PIN are not in hand any more");
	if (pin && (secret_add(pin, a->data, a->len) < 0 || secret_add(pin, b->data, b->len) < 0))
		secret_free(&pin);
	return pin;
}
