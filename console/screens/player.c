/* The people of a self-playing rehearsal. */
#include "screens/screens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"

/* A share that somebody was shown: found again by what its card is marked with and by who holds it. */
struct held {
	char *name, *person;
	struct secret *words;
};

struct decision {
	char *title;
	unsigned times;
};

struct player {
	struct secret *passphrase;
	char *cards; /* the directory of the stand-ins' cards, or NULL: they have only their memory */
	struct held *held;
	size_t shares;
	struct decision *decision;
	size_t decisions;
	unsigned names;
	const char *amend_step, *amend_file; /* NULL: no new script is brought, or not any more */
};

enum { RETRIES = 2, RETRIES_MOST = 20, CARD_MAX = 1024 };

static struct secret *secret_again(const struct secret *from, struct error *e)
{
	struct secret *copy = secret_new(from->len ? from->len : 1, e);

	if (copy && secret_add(copy, from->data, from->len) < 0)
		secret_free(&copy);
	return copy;
}

struct player *player_new(const char *passphrase, const char *cards, struct error *e)
{
	struct player *player = calloc(1, sizeof(*player));
	size_t len = strlen(passphrase);

	if (!player || (cards && !(player->cards = strdup(cards)))) {
		free(player);
		error_memory(e);
		return NULL;
	}
	player->passphrase = secret_new(len ? len : 1, e);
	if (!player->passphrase || secret_add(player->passphrase, passphrase, len) < 0)
		player_free(&player);
	return player;
}

void player_free(struct player **p)
{
	struct player *gone = *p;

	*p = NULL;
	if (!gone)
		return;
	secret_free(&gone->passphrase);
	for (size_t i = 0; i < gone->shares; i++)
		secret_free(&gone->held[i].words);
	for (size_t i = 0; i < gone->shares; i++) {
		free(gone->held[i].name);
		free(gone->held[i].person);
	}
	for (size_t i = 0; i < gone->decisions; i++)
		free(gone->decision[i].title);
	free(gone->held);
	free(gone->decision);
	free(gone->cards);
	free(gone);
}

static struct held *held_find(const struct player *player, const char *name, const char *person)
{
	for (size_t i = 0; i < player->shares; i++)
		if (strcmp(player->held[i].name, name) == 0 && strcmp(player->held[i].person, person) == 0)
			return &player->held[i];
	return NULL;
}

/* What a custodian does with a pencil. The card is in the open, beside a token that is worth nothing: only rehearsals
 * have stand-ins, and a rehearsal that was cut short goes on from their cards as a ceremony would. */
static int card_write(
        const struct player *player, const char *name, const char *person, const struct secret *words, struct error *e)
{
	struct bytes card = {0};
	int dir, rc = -1;

	if (!player->cards)
		return 0;
	if (mkdir(player->cards, 0700) < 0 && errno != EEXIST)
		return error_errno(e, "%s cannot be created: %s", player->cards);
	dir = dir_open(player->cards, e);
	if (dir < 0)
		return -1;
	bytes_printf(&card, "%s.%s", name, person);
	if (bytes_end(&card, e) == 0)
		rc = file_replace(dir, bytes_string(&card), words->data, words->len, 0600, e);
	close(dir);
	bytes_free(&card);
	return rc;
}

/* The words on a card of the run before; NULL: there is no such card. */
static struct secret *card_read(const struct player *player, const char *name, const char *person)
{
	struct bytes path = {0};
	struct secret *words = NULL;
	ssize_t got = -1;
	int fd;

	if (!player->cards)
		return NULL;
	bytes_printf(&path, "%s/%s.%s", player->cards, name, person);
	fd = bytes_end(&path, NULL) < 0 ? -1 : open(bytes_string(&path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	words = fd < 0 ? NULL : secret_new(CARD_MAX, NULL);
	if (words)
		got = read(fd, words->data, CARD_MAX);
	if (got > 0)
		words->len = (size_t)got;
	else
		secret_free(&words);
	if (fd >= 0)
		close(fd);
	bytes_free(&path);
	return words;
}

/* Puts the share (moved) into guarded memory; it takes the place of an older one of the same secret and person. */
static struct held *held_put(
        struct player *player, const char *name, const char *person, struct secret **words, struct error *e)
{
	struct held *held = held_find(player, name, person), *larger;

	if (held) {
		secret_free(&held->words);
		held->words = secret_take(words);
		return held;
	}
	larger = reallocarray(player->held, player->shares + 1, sizeof(*larger));
	if (!larger) {
		secret_free(words);
		error_memory(e);
		return NULL;
	}
	player->held = larger;
	held = &larger[player->shares++];
	*held = (struct held){.name = strdup(name), .person = strdup(person), .words = secret_take(words)};
	if (!held->name || !held->person) {
		free(held->name);
		free(held->person);
		secret_free(&held->words);
		player->shares--;
		error_memory(e);
		return NULL;
	}
	return held;
}

/* What the card of the share is marked with: the set, or, where the record does not know it, the secret alone. */
static const char *card_of(const struct prompt *p)
{
	return p->card ? p->card : p->title.args[0];
}

/* A share shown later for the same secret and person takes the first one's place, in memory and on the card. */
static int held_keep(struct player *player, const struct prompt *p, struct error *e)
{
	const char *name = card_of(p), *person = p->person ? p->person : "";
	struct secret *words = secret_again(p->share, e);

	if (!words || !held_put(player, name, person, &words, e))
		return -1;
	return card_write(player, name, person, p->share, e);
}

/* From memory, or else from the card. */
static const struct held *held_have(struct player *player, const char *name, const char *person)
{
	const struct held *held = held_find(player, name, person);
	struct secret *words = held ? NULL : card_read(player, name, person);

	return words ? held_put(player, name, person, &words, NULL) : held;
}

/* How often this was decided before; counts this time. */
static unsigned decision_count(struct player *player, const struct message *title)
{
	struct bytes text = {0};
	struct decision *larger;
	unsigned times = RETRIES;
	size_t i = 0;

	message_text(title, NULL, &text);
	while (i < player->decisions && strcmp(player->decision[i].title, bytes_string(&text)) != 0)
		i++;
	if (i == player->decisions) {
		larger = reallocarray(player->decision, player->decisions + 1, sizeof(*larger));
		if (!larger)
			goto out;
		player->decision = larger;
		larger[i] = (struct decision){.title = strdup(bytes_string(&text))};
		if (!larger[i].title)
			goto out;
		player->decisions++;
	}
	times = player->decision[i].times++;
out:
	bytes_free(&text);
	return times;
}

static const struct choice *choice_named(const struct field *f, const char *value)
{
	for (size_t i = 0; i < f->choices; i++)
		if (strcmp(f->choice[i].value, value) == 0)
			return &f->choice[i];
	return NULL;
}

static const struct choice *choice_decide(struct player *player, const struct prompt *p, const struct field *f)
{
	const struct choice *retry = choice_named(f, "retry");
	unsigned times = retry ? decision_count(player, &p->title) : 0;

	if (retry && times < RETRIES)
		return retry;
	for (size_t i = 0; i < f->choices; i++)
		if (&f->choice[i] != retry)
			return &f->choice[i];
	/* A script that says on-failure: retry is not ended by anyone; but who plays for ever tells nobody that it
	 * failed. */
	return times < RETRIES_MOST ? retry : NULL;
}

/* Was this choice made in an earlier field of the form already? Two people who compare are two people. */
static bool choice_taken(const struct prompt *p, const struct field *f, const struct answer *a, const char *value)
{
	for (const struct field *other = p->field; other < f; other++)
		if (other->kind == FIELD_CHOICE && strcmp(answer_text(a, other->name), value) == 0)
			return true;
	return false;
}

static const struct choice *choice_pick(
        struct player *player, const struct prompt *p, const struct field *f, const struct answer *a)
{
	if (f->choices == 0)
		return NULL;
	if (p->kind == PROMPT_DECIDE && strncmp(f->name, "person", strlen("person")) != 0)
		return choice_decide(player, p, f);
	if (f->example && choice_named(f, f->example))
		return choice_named(f, f->example);
	for (size_t i = 0; i < f->choices; i++) {
		if (p->kind == PROMPT_SHARE_ENTER && !held_have(player, card_of(p), f->choice[i].value))
			continue;
		if (!choice_taken(p, f, a, f->choice[i].value))
			return &f->choice[i];
	}
	return &f->choice[0];
}

/* A text for a field that has no example; people get names, the rest says what it is. */
static void text_make_up(struct player *player, const struct field *f, const struct answer *a, struct bytes *out)
{
	static const char *const names[] = {"Aoi Sato", "Ren Suzuki", "Mio Takahashi", "Haru Tanaka", "Yui Ito",
	        "Sora Watanabe", "Rin Yamamoto", "Kai Nakamura", "Emi Kobayashi", "Jun Kato"};

	if (strcmp(f->name, "name") == 0)
		bytes_text(out, names[player->names++ % (sizeof(names) / sizeof(names[0]))]);
	else if (strcmp(f->name, "text") == 0 || strcmp(f->name, "reason") == 0)
		bytes_text(out, "Noted by the self-playing rehearsal; in a real ceremony people say why.");
	else if (strcmp(f->name, "organisation") == 0)
		/* There are more stand-ins than names: who has the same name is at least of another place. */
		bytes_printf(out, "Rehearsal organisation of %s", answer_text(a, "person"));
	else
		bytes_printf(out, "Rehearsal %s", f->name);
}

static int text_answer(
        struct player *player, const struct prompt *p, const struct field *f, struct answer *a, struct error *e)
{
	struct bytes text = {0};
	int result = -1;

	if (f->kind == FIELD_CHOICE) {
		const struct choice *c = choice_pick(player, p, f, a);

		bytes_text(&text, c ? c->value : "");
	} else if (f->kind == FIELD_WORD) {
		bytes_text(&text, f->word);
	} else if (f->example) {
		bytes_text(&text, f->example);
	} else {
		text_make_up(player, f, a, &text);
	}
	if (bytes_end(&text, e) < 0)
		goto out;
	if (field_check(f, bytes_string(&text), NULL) < 0) {
		error_set(e, ERROR_FAULT,
		        "The self-playing rehearsal knows no answer for the field %s; give it an example in the "
		        "script.",
		        f->name);
		goto out;
	}
	if (answer_set_text(a, f->name, bytes_string(&text)) < 0) {
		error_memory(e);
		goto out;
	}
	result = 0;
out:
	bytes_free(&text);
	return result;
}

static int secret_answer(
        struct player *player, const struct prompt *p, const struct field *f, struct answer *a, struct error *e)
{
	const struct secret *from = player->passphrase;
	struct secret *copy;

	if (f->kind == FIELD_SHARE) {
		const char *person = p->person ? p->person : answer_text(a, "person");
		const struct held *held = held_have(player, card_of(p), person);

		if (!held)
			return error_set(e, ERROR_FAULT,
			        "The self-playing rehearsal was never shown the share of %s for %s.", p->title.args[0],
			        person);
		from = held->words;
	}
	copy = secret_again(from, e);
	if (!copy)
		return -1;
	return answer_set_secret(a, f->name, &copy) < 0 ? error_memory(e) : 0;
}

/* Somebody is to leave before anything else can be done. */
static int leave_answer(const struct prompt *p, struct answer *a, struct error *e)
{
	if (answer_set_text(a, "person", p->going[0]) < 0 ||
	        answer_set_text(a, "reason", "Relieved, as the script says.") < 0)
		return error_memory(e);
	a->action = ANSWER_LEAVE;
	return 0;
}

void player_amend(struct player *player, const char *step, const char *file)
{
	player->amend_step = step;
	player->amend_file = file;
}

/* Somebody who is here brings the new script, once, when its step is in hand. 1: that is the answer. */
static int amend_answer(struct player *player, const struct engine_view *v, struct answer *a, struct error *e)
{
	const char *person = NULL;

	if (!player->amend_step || v->current >= v->steps || strcmp(v->step[v->current].id, player->amend_step) != 0)
		return 0;
	for (size_t i = 0; i < v->people && !person; i++)
		person = v->person[i].present ? v->person[i].key_name : NULL;
	if (!person)
		return 0;
	player->amend_step = NULL;
	if (answer_set_text(a, "person", person) < 0 || answer_set_text(a, "file", player->amend_file) < 0 ||
	        answer_set_text(a, "reason", "Brought by the self-playing rehearsal.") < 0)
		return error_memory(e);
	a->action = ANSWER_AMEND;
	return 1;
}

int player_play(
        struct player *player, const struct engine_view *v, const struct prompt *p, struct answer *a, struct error *e)
{
	int amends = amend_answer(player, v, a, e);

	return amends ? amends < 0 ? -1 : 0 : player_answer(player, p, a, e);
}

int player_answer(struct player *player, const struct prompt *p, struct answer *a, struct error *e)
{
	if (p->going_count)
		return leave_answer(p, a, e);
	if (p->kind == PROMPT_SHARE_SHOW && p->share && held_keep(player, p, e) < 0)
		return -1;
	/* Choices first: who answers decides which share is typed. */
	for (size_t i = 0; i < p->fields; i++)
		if (p->field[i].kind == FIELD_CHOICE && text_answer(player, p, &p->field[i], a, e) < 0)
			return -1;
	for (size_t i = 0; i < p->fields; i++) {
		const struct field *f = &p->field[i];
		int result = 0;

		if (f->kind == FIELD_SECRET || f->kind == FIELD_SHARE)
			result = secret_answer(player, p, f, a, e);
		else if (f->kind != FIELD_CHOICE)
			result = text_answer(player, p, f, a, e);
		if (result < 0)
			return -1;
	}
	a->action = ANSWER_GIVE;
	a->seen_all = true;
	return 0;
}
