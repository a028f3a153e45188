/* Who is in the room: each says who they are, how that was checked, and proves their key. Used by attend, and again
 * after a resumption. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "people/credential.h"
#include "steps/card.h"
#include "steps/roll_call.h"
#include "steps/sign.h"

enum { TOPIC_JOIN, TOPIC_PROVE };

static const char nobody_else[] = "nobody-else";

static bool seats_at(const struct ceremony *c, bool full)
{
	const struct policy *p = consent_policy(c->consent);
	for (size_t i = 0; i < p->role_count; i++)
		if (consent_present(c->consent, p->roles[i].name) < (full ? p->roles[i].maximum : p->roles[i].minimum))
			return false;
	return true;
}

/* The people present, in the order of their joining. */
static size_t by_joining(const struct ceremony *c, const struct person *list[PEOPLE_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < consent_people(c->consent) && n < PEOPLE_MAX; i++) {
		const struct person *p = consent_person(c->consent, i);
		if (!p->present)
			continue;
		size_t k = n++;
		for (; k > 0 && list[k - 1]->joined > p->joined; k--)
			list[k] = list[k - 1];
		list[k] = p;
	}
	return n;
}

void people_present(const struct ceremony *c, struct json_writer *j)
{
	const struct person *list[PEOPLE_MAX];
	size_t n = by_joining(c, list);
	json_begin_array(j);
	for (size_t i = 0; i < n; i++)
		json_put_text(j, list[i]->name);
	json_end_array(j);
}

static int propose_begin(const struct ceremony *c, struct want *w, const char *step, struct error *e)
{
	struct bytes order = {0};
	struct json_writer j = {&order, false};
	json_begin_object(&j);
	json_member_hex(&j, "script_sha256", c->script->sha256, 32);
	json_member_hex(&j, "site_sha256", c->site->sha256, 32);
	json_key(&j, "people");
	people_present(c, &j);
	json_end_object(&j);
	int rc = bytes_end(&order, e);
	if (rc == 0)
		rc = want_propose_to(c, w, &roll_call_kind, step, "begin", bytes_string(&order), NULL,
		        consent_present(c->consent, NULL), e);
	bytes_free(&order);
	return rc;
}

static int propose_resume(const struct ceremony *c, struct want *w, struct error *e)
{
	char order[64];
	const struct script_role *r = script_role(c->script, c->script->control);
	snprintf(order, sizeof(order), "{\"of\":%llu}", (unsigned long long)c->resumed);
	return want_propose_to(c, w, &roll_call_kind, NULL, "resume", order, c->script->control, r->quorum, e);
}

static int propose_attend(const struct ceremony *c, struct want *w, const char *step, struct error *e)
{
	struct bytes order = {0};
	struct json_writer j = {&order, false};
	const struct script_role *r = script_role(c->script, c->script->control);
	json_begin_object(&j);
	json_key(&j, "people");
	people_present(c, &j);
	json_end_object(&j);
	int rc = bytes_end(&order, e);
	if (rc == 0)
		rc = want_propose_to(
		        c, w, &roll_call_kind, step, "attend", bytes_string(&order), c->script->control, r->quorum, e);
	bytes_free(&order);
	return rc;
}

/* A roll call of the script after the first: people come and go, and the control role approves who is there then. */
static bool is_later(const struct ceremony *c)
{
	return consent_begun(c->consent) && !consent_resuming(c->consent);
}

static int propose(const struct ceremony *c, struct want *w, const char *step, struct error *e)
{
	if (consent_resuming(c->consent))
		return propose_resume(c, w, e);
	return is_later(c) ? propose_attend(c, w, step, e) : propose_begin(c, w, step, e);
}

static bool somebody_goes(const struct ceremony *c)
{
	for (size_t i = 0; is_later(c) && i < consent_people(c->consent); i++)
		if (ceremony_relieved(c, consent_person(c->consent, i)->name))
			return true;
	return false;
}

static bool control_is_here(const struct ceremony *c)
{
	const struct script_role *control = script_role(c->script, c->script->control);
	return consent_present(c->consent, control->name) >= control->quorum;
}

/* May it be said that nobody else comes? At the beginning with every role at its least; later and after a resumption,
 * where somebody may be gone for good, with the quorum that decides it, and when all who are relieved have gone. */
static bool enough(const struct ceremony *c)
{
	return consent_begun(c->consent) || consent_resuming(c->consent) ? control_is_here(c) && !somebody_goes(c)
	                                                                 : seats_at(c, false);
}

int roll_call_next(const struct ceremony *c, const char *step, struct want *w, struct error *e)
{
	if (consent_joining(c->consent, NULL)) {
		want_set(w, WANT_ASK, &roll_call_kind, TOPIC_PROVE, step, APPROVAL_GIVEN, NULL);
		return 0;
	}
	if (seats_at(c, true) && !somebody_goes(c))
		return propose(c, w, step, e);
	want_set(w, WANT_ASK, &roll_call_kind, TOPIC_JOIN, step, PERSON_JOINED, NULL);
	if (enough(c))
		w->other = ACT_PROPOSED; /* "nobody else comes" */
	return 0;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)run;
	return roll_call_next(c, ceremony_place(c), w, e);
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	if (w->topic != TOPIC_JOIN || entry->event != ACT_PROPOSED || w->kind != WANT_ASK)
		return 0;
	struct want proposal = {0};
	struct bytes is = {0};
	struct json_writer j = {&is, false};
	json_put(&j, entry->data);
	int rc = propose(c, &proposal, w->step, e);
	if (rc == 0 && (is.len != proposal.data.len || memcmp(is.data, proposal.data.data, is.len)))
		rc = error_set(e, ERROR_FAULT, "act.proposed is not what follows from the roll call");
	want_free(&proposal);
	bytes_free(&is);
	return rc;
}

/* The role of a stand-in is in its name, "custodian-2"; of others the script says it. NULL: nobody of that name sits
 * down. */
static const char *role_of(const struct ceremony *c, const char *name)
{
	const struct policy *p = consent_policy(c->consent);
	const char *dash = strrchr(name, '-');
	for (size_t i = 0; !p->rehearsal && i < c->script->person_count; i++)
		if (!strcmp(c->script->people[i].name, name))
			return c->script->people[i].role;
	for (size_t i = 0; p->rehearsal && dash && i < p->role_count; i++)
		if (strlen(p->roles[i].name) == (size_t)(dash - name) &&
		        !strncmp(p->roles[i].name, name, (size_t)(dash - name)))
			return p->roles[i].name;
	return NULL;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

/* The NAMEs of the keys in the credentials directory, in order. */
static int names_read(const char *directory, char ***names, size_t *count, struct error *e)
{
	DIR *d = opendir(directory);
	*names = NULL;
	*count = 0;
	if (!d)
		return error_errno(e, "the credentials directory %s cannot be read: %s", directory);
	int rc = 0;
	for (const struct dirent *entry; rc == 0 && (entry = readdir(d));) {
		size_t n = strlen(entry->d_name);
		if (n < 6 || strcmp(entry->d_name + n - 5, ".vkey"))
			continue;
		char **list = realloc(*names, (*count + 1) * sizeof(*list)), *name = strndup(entry->d_name, n - 5);
		if (list)
			*names = list;
		if (list && name && name_is_person(name))
			list[(*count)++] = name;
		else
			free(name);
		if (!list || !name)
			rc = error_memory(e);
	}
	closedir(d);
	if (*count)
		qsort(*names, *count, sizeof(**names), name_compare);
	if (rc < 0) {
		names_free(*names, *count);
		*names = NULL;
	}
	return rc;
}

static int seat_add(const struct ceremony *c, struct field *f, const char *name)
{
	const struct person *p = consent_find(c->consent, name);
	const char *role = role_of(c, name);
	if (!role || (p && p->present) ||
	        consent_present(c->consent, role) >= policy_role(consent_policy(c->consent), role)->maximum)
		return 0;
	return field_choice(f, name, NULL, role);
}

/* Who may sit down: the people that the script pins; in a rehearsal, the stand-ins. */
static int seat_choices(const struct ceremony *c, struct room *room, struct field *f, struct error *e)
{
	char **names = NULL;
	size_t count = 0;
	int rc = 0;

	if (ceremony_rehearsal(c) && names_read(room->credentials, &names, &count, e) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = seat_add(c, f, names[i]);
	for (size_t i = 0; rc == 0 && !ceremony_rehearsal(c) && i < c->script->person_count; i++)
		rc = seat_add(c, f, c->script->people[i].name);
	names_free(names, count);
	return rc < 0 ? error_memory(e) : 0;
}

static bool below_minimum(const struct ceremony *c, const char *name)
{
	const char *role = role_of(c, name);
	const struct policy_role *r = role ? policy_role(consent_policy(c->consent), role) : NULL;
	return r && consent_present(c->consent, role) < r->minimum;
}

/* Whom the self-playing rehearsal seats next, or "nobody-else": at the first roll call each role's least; later all who
 * were not here yet; after a resumption those who were here before it. */
static const char *rehearsed(const struct ceremony *c, const struct field *who, bool may_end)
{
	const char *fewest = NULL;
	for (size_t i = 0; i < who->choices; i++) {
		const char *name = who->choice[i].value;
		const struct person *p = consent_find(c->consent, name);
		bool was_here = p && p->known;
		if ((consent_resuming(c->consent) && was_here && !p->left) ||
		        (is_later(c) && role_of(c, name) && !was_here))
			return name;
		if (!fewest && below_minimum(c, name) && !(p && p->left))
			fewest = name;
	}
	for (size_t i = 0; !fewest && i < who->choices; i++)
		if (below_minimum(c, who->choice[i].value))
			fewest = who->choice[i].value;
	return fewest || !may_end ? fewest : nobody_else;
}

/* Who is here, who is to go, and what is missing for an end of this roll call. */
static int roll_lines(const struct ceremony *c, struct prompt *p)
{
	const struct policy *policy = consent_policy(c->consent);
	const struct script_role *control = script_role(c->script, c->script->control);
	unsigned deciding = consent_present(c->consent, control->name);

	for (size_t i = 0; i < policy->role_count; i++) {
		const struct policy_role *r = &policy->roles[i];
		if (prompt_message(p, LINE_PLAIN, N_("%s: %u of %u are here"), r->name,
		            consent_present(c->consent, r->name), r->maximum) < 0)
			return -1;
	}
	for (size_t i = 0; somebody_goes(c) && i < consent_people(c->consent); i++) {
		const struct person *gone = consent_person(c->consent, i);
		char **list;
		if (!ceremony_relieved(c, gone->name))
			continue;
		list = reallocarray(p->going, p->going_count + 1, sizeof(*list));
		if (!list)
			return -1;
		p->going = list;
		list[p->going_count] = NULL;
		if (field_set(&list[p->going_count++], gone->name) < 0 ||
		        prompt_message(p, LINE_WARNING,
		                N_("%s (%s) is relieved and leaves the room now: F3, or :leave."), gone->name,
		                gone->role) < 0)
			return -1;
	}
	if ((is_later(c) || consent_resuming(c->consent)) && deciding < control->quorum &&
	        prompt_message(p, LINE_WARNING,
	                N_("%u of the role %s must approve this roll call, and %u are here. It cannot end before more "
	                   "of them come."),
	                control->quorum, control->name, deciding) < 0)
		return -1;
	return 0;
}

static const char *roll_title(const struct ceremony *c)
{
	if (consent_resuming(c->consent))
		return N_("Roll call again: who is in the room?");
	return is_later(c) ? N_("Roll call: who comes, and who goes?") : N_("Roll call: who is in the room?");
}

static int ask_join(
        const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	p->kind = PROMPT_FORM;
	p->title.id = roll_title(c);
	if (roll_lines(c, p) < 0)
		return error_memory(e);
	struct field *who = prompt_field(p, "person", FIELD_CHOICE, N_("Whose key"));
	if (!who || seat_choices(c, room, who, e) < 0)
		return who ? -1 : error_memory(e);
	if (w->other == ACT_PROPOSED && field_choice(who, nobody_else, N_("Nobody else comes"), NULL) < 0)
		return error_memory(e);
	if (ceremony_rehearsal(c) && field_set(&who->example, rehearsed(c, who, w->other == ACT_PROPOSED)) < 0)
		return error_memory(e);
	struct field *name = prompt_field(p, "name", FIELD_TEXT, N_("Full name")),
	             *organisation = prompt_field(p, "organisation", FIELD_TEXT, N_("Organisation")),
	             *identity = prompt_field(p, "identity", FIELD_TEXT, N_("How their identity was checked"));
	if (!name || !organisation || !identity)
		return error_memory(e);
	return 0;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	if (w->topic == TOPIC_JOIN)
		return ask_join(c, w, room, p, e);
	const struct person *who = consent_joining(c->consent, NULL);
	const struct named_state *n = ceremony_named(c, who->name);
	p->kind = PROMPT_SECRET;
	p->alone = true;
	message_set(&p->title, N_("%s proves the key"), who->name);
	if (field_set(&p->person, who->name) < 0 ||
	        prompt_message(p, LINE_PLAIN,
	                N_("%s, %s: type the passphrase of your key. It signs that you are here."),
	                n ? n->name : who->name, who->role) < 0 ||
	        (ceremony_rehearsal(c) &&
	                prompt_message(p, LINE_PLAIN, N_("A rehearsal: the passphrase of every stand-in is \"%s\"."),
	                        "rehearsal") < 0) ||
	        prompt_root(c, p) < 0 || !prompt_field(p, "passphrase", FIELD_SECRET, N_("Passphrase of their key")) ||
	        card_ask(c, room, who->name, p) < 0)
		return error_memory(e);
	return 0;
}

static void put_visible(struct json_writer *j, const char *key, const char *text)
{
	struct bytes visible = {0};
	text_visible(&visible, text, strlen(text));
	json_member_text(j, key, bytes_string(&visible));
	bytes_free(&visible);
}

static int write_vkey(struct room *room, const struct vkey *key, struct error *e)
{
	struct bytes line = {0}, name = {0};
	vkey_text(key, &line);
	bytes_byte(&line, '\n');
	bytes_printf(&name, "people/%s.vkey", key->name);
	int rc = bytes_end(&line, e) < 0 || bytes_end(&name, e) < 0
	                 ? -1
	                 : file_replace(record_dir(room->record), bytes_string(&name), line.data, line.len, 0644, e);
	bytes_free(&line);
	bytes_free(&name);
	return rc;
}

/* The next character that tells one name from another: blanks and case do not. 0 at the end. */
static uint32_t telling(const char **at)
{
	size_t used = 0;
	uint32_t code;
	while ((code = text_next(*at, strlen(*at), &used)) == ' ' || code == 0x3000)
		*at += used;
	*at += used;
	return code < 0x80 ? (uint32_t)tolower((int)code) : code;
}

static bool same_words(const char *a, const char *b)
{
	uint32_t x;
	while ((x = telling(&a)) == telling(&b))
		if (!x)
			return true;
	return false;
}

/* One person does not sit down under two keys. */
static int check_namesake(
        const struct ceremony *c, const char *key_name, const char *name, const char *organisation, struct error *e)
{
	for (size_t i = 0; i < consent_people(c->consent); i++) {
		const struct person *p = consent_person(c->consent, i);
		const struct named_state *n = ceremony_named(c, p->name);
		if (!strcmp(p->name, key_name) || !p->known || !n || !same_words(n->name, name) ||
		        !same_words(n->organisation, organisation))
			continue;
		return error_set(e, ERROR_FAULT,
		        N_("%s of %s sat down already, with the key %s: one person has one key. If two people really "
		           "have this name, add to the full name "
		           "what tells them apart, for example the department or the year of birth."),
		        n->name, n->organisation, p->name);
	}
	return 0;
}

static int answer_join(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	const char *name = answer_text(a, "person"), *role = role_of(c, name);
	struct vkey key;
	struct bytes line = {0};

	if (w->other == ACT_PROPOSED && !strcmp(name, nobody_else)) {
		struct want proposal = {0};
		int rc = propose(c, &proposal, w->step, e);
		struct bytes *data = rc == 0 ? outcome_add(out, ACT_PROPOSED, w->step) : NULL;
		if (data)
			*data = proposal.data, memset(&proposal.data, 0, sizeof(proposal.data));
		want_free(&proposal);
		return data ? 0 : rc < 0 ? -1 : error_memory(e);
	}
	if (!role)
		return error_set(e, ERROR_FAULT, "%s has no seat in this ceremony", name);
	if (consent_present(c->consent, role) >= policy_role(consent_policy(c->consent), role)->maximum)
		return error_set(e, ERROR_FAULT, "every seat of role %s is taken", role);
	const struct person *before = consent_find(c->consent, name);
	if (before && strcmp(before->role, role))
		return error_set(
		        e, ERROR_FAULT, "%s was here as %s and cannot come back as %s", name, before->role, role);
	if (credential_read(room->credentials, name, &key, e) < 0)
		return -1;
	for (size_t i = 0; i < consent_people(c->consent); i++) {
		const struct person *other = consent_person(c->consent, i);
		if (strcmp(other->name, name) && !memcmp(other->key.public_key, key.public_key, 32))
			return error_set(e, ERROR_FAULT, "the key of %s is the key of %s: one key is one person", name,
			        other->name);
	}
	if (check_namesake(c, name, answer_text(a, "name"), answer_text(a, "organisation"), e) < 0 ||
	        write_vkey(room, &key, e) < 0)
		return -1;
	vkey_text(&key, &line);
	struct bytes *data = outcome_add(out, PERSON_JOINED, w->step);
	if (!data) {
		bytes_free(&line);
		return error_memory(e);
	}
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "person", name);
	json_member_text(&j, "vkey", bytes_string(&line));
	put_visible(&j, "name", answer_text(a, "name"));
	put_visible(&j, "organisation", answer_text(a, "organisation"));
	json_member_text(&j, "role", role);
	put_visible(&j, "identity", answer_text(a, "identity"));
	json_end_object(&j);
	bytes_free(&line);
	return bytes_end(data, e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	if (w->topic == TOPIC_JOIN)
		return answer_join(c, w, room, a, out, e);
	const struct bytes *checkpoint = NULL;
	const struct person *who = consent_joining(c->consent, &checkpoint);
	struct secret *passphrase = answer_take_secret(a, "passphrase"), *card_pin = answer_take_secret(a, "card-pin");
	return person_sign(c, room, who->name, &passphrase, &card_pin, who->joined, checkpoint, w->step, out, e);
}

static const char *const help[] = {N_("Everyone in the room says who they are; the administrator says how that was "
                                      "checked, for example by passport."),
        N_("Each then unlocks their own key. The signature says: I am here, and this is the record so far."),
        N_("Nobody can hold two roles that exclude each other, and one key is one person."),
        N_("At a later roll call people come and go: who leaves says so first (F3), who comes sits down and proves "
           "their key. Then the quorum of the "
           "controlling role approves who is there."),
        NULL};

const struct step_kind roll_call_kind = {
        .name = "roll-call",
        .next = next,
        .check = check,
        .ask = ask,
        .answer = answer,
        .help = help,
};
