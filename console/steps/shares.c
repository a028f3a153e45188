#include "steps/shares.h"

#include <stdio.h>
#include <string.h>

#include "people/share.h"

static const char source_share[] = "the console's random generator; salt and commitment";

const struct person *shares_holder(const struct ceremony *c, const struct script_secret *secret, unsigned part)
{
	for (size_t i = 0; i < consent_people(c->consent); i++) {
		const struct person *p = consent_person(c->consent, i);
		if (p->present && !strcmp(p->role, secret->holders) && --part == 0)
			return p;
	}
	return NULL;
}

/* Shares are drawn for the people who are here. When one of them leaves before they are typed back, all of them are void. */
const char *shares_unmet(const struct ceremony *c, const struct run *run, const struct script_secret *secret)
{
	for (size_t i = 0; i < run->journal.count; i++) {
		const struct entry *e = &run->journal.kept[i].entry;
		const struct person *p = e->event == PERSON_LEFT ? consent_find(c->consent, json_text(e->data, "person")) : NULL;
		if (p && !strcmp(p->role, secret->holders))
			return N_("a holder left while the shares were being made: they are void, and are made anew for those who are here");
	}
	if (consent_present(c->consent, secret->holders) < secret->shares)
		return N_("fewer holders are here than there are shares: pause, and resume with all of them");
	return NULL;
}

/* A drawn share's name in the record: "share root-so-pin 2/3". */
static void share_label(char out[128], const struct script_secret *s, unsigned part)
{
	snprintf(out, 128, "share %.90s %u/%u", s->name, part, s->shares);
}

bool shares_next_draw(const struct script_secret *secret, const struct run *run, struct want *w, const struct step_kind *by, int topic,
	unsigned index, const char *step)
{
	for (unsigned part = 1; part <= secret->shares; part++) {
		char label[128];
		share_label(label, secret, part);
		if (journal_find(&run->journal, VALUE_DRAWN, label))
			continue;
		want_set(w, WANT_LOOK, by, topic, step, VALUE_DRAWN, NULL);
		memcpy(w->label, label, sizeof(w->label));
		w->what = w->label;
		w->index = index;
		return true;
	}
	return false;
}

bool shares_next_part(const struct script_secret *secret, const struct run *run, unsigned part, struct want *w, const struct step_kind *by,
	int topic, const char *step)
{
	for (size_t i = 0; i < run->journal.count; i++) {
		const struct entry *e = &run->journal.kept[i].entry;
		if (e->event == SECRET_ENTERED && !strcmp(json_text(e->data, "what"), secret->name) &&
			json_number(e->data, "part", 0) == (int64_t)part)
			return false;
	}
	want_set(w, WANT_ASK, by, topic, step, SECRET_ENTERED, secret->name);
	w->index = part;
	return true;
}

int shares_check_drawn(const struct entry *entry, struct error *e)
{
	const char *value = json_text(entry->data, "value");
	uint8_t both[32];

	if (strlen(value) != 129 || hex_decode(value, 64, both, 32) < 0 || value[64] != ' ' || hex_decode(value + 65, 64, both, 32) < 0)
		return error_set(e, ERROR_FAULT, "the commitment of a share is not a salt and a hash in hex");
	return drawn_from(entry, source_share, e);
}

int shares_check_typed(const struct ceremony *c, const struct script_secret *secret, const struct want *w, const struct entry *entry,
	struct error *e)
{
	const struct person *p = shares_holder(c, secret, w->index);

	if (json_number(entry->data, "part", 0) != (int64_t)w->index || json_number(entry->data, "of_parts", 0) != (int64_t)secret->shares)
		return error_set(e, ERROR_FAULT, "secret.entered is not of share %u of %u", w->index, secret->shares);
	if (!p || strcmp(p->name, json_text(entry->data, "person")))
		return error_set(e, ERROR_FAULT, "share %u of %s is not for %s", w->index, secret->name, json_text(entry->data, "person"));
	return 0;
}

int shares_apply(struct ceremony *c, const struct script_secret *secret, const struct entry *entry, struct error *e)
{
	if (entry->event == SECRET_ENTERED && !strcmp(json_text(entry->data, "what"), secret->name))
		share_hold(c, secret->name, (unsigned)json_number(entry->data, "part", 0), json_text(entry->data, "person"));
	for (unsigned part = 1; entry->event == VALUE_DRAWN && part <= secret->shares; part++) {
		char label[128];
		share_label(label, secret, part);
		if (!strcmp(label, json_text(entry->data, "what")))
			return share_draw(c, secret, part, json_text(entry->data, "value"), entry->seq, e);
	}
	return 0;
}

/* value.drawn of one share: the salt and the commitment, never the words. */
static int put_drawn(const struct script_secret *s, unsigned part, const struct secret *share, const struct want *w, struct outcome *out,
	struct error *e)
{
	uint8_t salt[32], commitment[32];
	char label[128];
	struct bytes value = {0}, *data = outcome_add(out, VALUE_DRAWN, w->step);

	random_bytes(salt, sizeof(salt));
	if (!data)
		return error_memory(e);
	if (share_commitment(share, salt, commitment, e) < 0)
		return -1;
	share_label(label, s, part);
	bytes_hex(&value, salt, sizeof(salt));
	bytes_byte(&value, ' ');
	bytes_hex(&value, commitment, sizeof(commitment));
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", label);
	json_member_text(&j, "source", source_share);
	json_member_text(&j, "value", bytes_string(&value));
	json_end_object(&j);
	int rc = bytes_end(&value, e) < 0 ? -1 : bytes_end(data, e);
	bytes_free(&value);
	return rc;
}

int shares_look(const struct script_secret *s, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	struct secret *master = secret_new(SHARE_SECRET, e), *shares[SHARES_MAX] = {0};
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
		if (put_drawn(s, part, shares[part - 1], w, out, e) < 0)
			goto out;
		held_name(name, "shown", s->name, part);
		if (room_hold(room, name, &shares[part - 1], e) < 0)
			goto out;
	}
	rc = 0;
out:
	secret_free(&master);
	for (unsigned i = 0; i < SHARES_MAX; i++)
		secret_free(&shares[i]);
	return rc;
}

/* How the PIN follows from what the shares give: on every card, so that no program is needed to know it. */
static int tell_rule(struct prompt *p, const struct site_pin *rule)
{
	bool digits = rule->alphabet == ALPHABET_DIGITS;
	if (*rule->prefix && prompt_message(p, LINE_PLAIN, N_("The PIN begins with \"%s\", and then:"), rule->prefix) < 0)
		return -1;
	return prompt_message(p, LINE_PLAIN,
		digits ? N_("The PIN is the 16 bytes as a number modulo 10^%u, with leading zeros.") : N_("The PIN is the first %u lower-case hex digits of the 16 bytes."),
		rule->length);
}

static int ask_show(const struct ceremony *c, const struct script_secret *s, const struct want *w, const struct person *who,
	const struct secret *share, struct prompt *p, struct error *e)
{
	struct share_set set = share_set(c, s, SHARE_DRAWN);
	p->kind = PROMPT_SHARE_SHOW;
	message_set(&p->title, N_("%s: your share, number %u of %u"), s->name, w->index, s->shares);
	if (prompt_message(p, LINE_PLAIN, N_("For %s alone. Write the words on your card, in order; everyone else looks away."), who->name) < 0 ||
		prompt_message(p, LINE_PLAIN, N_("Any %u of the %u shares open it (SLIP-0039, no passphrase)."), s->threshold, s->shares) < 0 ||
		prompt_set(p, s, &set) < 0 || tell_rule(p, pin_rule(c, s)) < 0)
		return error_memory(e);
	p->share = secret_new(share->cap, e);
	return p->share ? secret_add(p->share, share->data, share->len) : -1;
}

int shares_ask(const struct ceremony *c, const struct script_secret *s, const struct want *w, struct room *room, struct prompt *p,
	struct error *e)
{
	const struct person *who = shares_holder(c, s, w->index);
	struct share_set set = share_set(c, s, SHARE_DRAWN);
	char name[200], seen[200];

	if (!who)
		return error_set(e, ERROR_FAULT, "nobody of role %s is here for share %u of %s", s->holders, w->index, s->name);
	held_name(name, "shown", s->name, w->index);
	held_name(seen, "seen", s->name, w->index);
	const struct secret *share = room_held(room, name);
	if (!share)
		return error_set(e, ERROR_INTERNAL, "share %u of %s is not in hand any more", w->index, s->name);
	p->alone = true;
	if (field_set(&p->person, who->name) < 0)
		return error_memory(e);
	if (!room_held(room, seen))
		return ask_show(c, s, w, who, share, p, e);
	p->kind = PROMPT_SHARE_ENTER;
	message_set(&p->title, N_("%s: type your share back, number %u of %u"), s->name, w->index, s->shares);
	struct field *f = prompt_field(p, "share", FIELD_SHARE, N_("The words of the share"));
	if (!f || prompt_message(p, LINE_PLAIN, N_("For %s alone: from the card, all the words."), who->name) < 0 || prompt_set(p, s, &set) < 0)
		return error_memory(e);
	f->complete = share_word;
	return 0;
}

int shares_answer(const struct ceremony *c, const struct script_secret *s, const struct want *w, struct room *room, struct answer *a,
	struct outcome *out, struct error *e)
{
	const struct person *who = shares_holder(c, s, w->index);
	char name[200], seen[200], typed[200];

	held_name(name, "shown", s->name, w->index);
	held_name(seen, "seen", s->name, w->index);
	held_name(typed, "typed", s->name, w->index);
	if (!who)
		return error_set(e, ERROR_FAULT, "nobody of role %s is here for share %u of %s", s->holders, w->index, s->name);
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

struct secret *shares_proved_pin(const struct ceremony *c, const struct room *room, const struct script_secret *s, struct error *e)
{
	struct secret *first = typed_pin(c, room, s, s->name, 1, s->shares, s->threshold, e);
	for (unsigned from = 2; first && from + s->threshold - 1 <= s->shares; from++) {
		struct secret *again = typed_pin(c, room, s, s->name, from, s->shares, s->threshold, e);
		if (!again || !secret_equal(first, again)) {
			secret_free(&first);
			if (again)
				error_set(e, ERROR_INTERNAL, "the typed shares of %s do not all give the same PIN", s->name);
		}
		secret_free(&again);
	}
	return first;
}

int shares_judge_length(const struct ceremony *c, const struct script_secret *secret, const struct json *facts, struct json_writer *faults)
{
	const struct site_pin *rule = pin_rule(c, secret);
	int64_t length = (int64_t)(strlen(rule->prefix) + rule->length), least = json_number(facts, "pin_min", 0),
		most = json_number(facts, "pin_max", 0);
	struct bytes sentence = {0};

	if (rule->own_bounds || (length >= least && (!most || length <= most)))
		return 0;
	bytes_printf(&sentence, "the %s PIN would have %lld characters by the site's rule, and the token takes %lld to %lld: change prefix or length in the site file",
		secret->pin == PIN_SO ? "SO" : "user", (long long)length, (long long)least, (long long)most);
	json_put_text(faults, bytes_string(&sentence));
	int rc = bytes_end(&sentence, NULL);
	bytes_free(&sentence);
	return rc;
}
