/* The people of a self-playing rehearsal. */
#include "screens/screens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* A share that somebody was shown: found again by the name of the secret and by who holds it. */
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
	struct held *held;
	size_t shares;
	struct decision *decision;
	size_t decisions;
	unsigned names;
};

enum { RETRIES = 2 };

static struct secret *secret_again(const struct secret *from, struct error *e)
{
	struct secret *copy = secret_new(from->len ? from->len : 1, e);

	if (copy && secret_add(copy, from->data, from->len) < 0)
		secret_free(&copy);
	return copy;
}

struct player *player_new(const char *passphrase, struct error *e)
{
	struct player *player = calloc(1, sizeof(*player));
	size_t len = strlen(passphrase);

	if (!player) {
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
	free(gone);
}

static struct held *held_find(const struct player *player, const char *name, const char *person)
{
	for (size_t i = 0; i < player->shares; i++)
		if (strcmp(player->held[i].name, name) == 0 && strcmp(player->held[i].person, person) == 0)
			return &player->held[i];
	return NULL;
}

/* Keeps the share in guarded memory; one shown later for the same secret and person takes its place. */
static int held_keep(struct player *player, const struct prompt *p, struct error *e)
{
	const char *name = p->title.args[0], *person = p->person ? p->person : "";
	struct held *held = held_find(player, name, person), *larger;
	struct secret *words = secret_again(p->share, e);

	if (!words)
		return -1;
	if (held) {
		secret_free(&held->words);
		held->words = words;
		return 0;
	}
	larger = reallocarray(player->held, player->shares + 1, sizeof(*larger));
	if (!larger) {
		secret_free(&words);
		return error_memory(e);
	}
	player->held = larger;
	larger[player->shares] = (struct held){.name = strdup(name), .person = strdup(person), .words = words};
	player->shares++;
	held = &larger[player->shares - 1];
	return held->name && held->person ? 0 : error_memory(e);
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
	const struct choice *retry = choice_named(f, "retry"), *end = choice_named(f, "end");

	if (retry && decision_count(player, &p->title) < RETRIES)
		return retry;
	if (end)
		return end;
	for (size_t i = 0; i < f->choices; i++)
		if (&f->choice[i] != retry)
			return &f->choice[i];
	return retry;
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
	for (size_t i = 0; i < f->choices; i++) {
		if (p->kind == PROMPT_SHARE_ENTER && !held_find(player, p->title.args[0], f->choice[i].value))
			continue;
		if (!choice_taken(p, f, a, f->choice[i].value))
			return &f->choice[i];
	}
	return &f->choice[0];
}

/* A text for a field that has no example; people get names, the rest says what it is. */
static void text_make_up(struct player *player, const struct field *f, struct bytes *out)
{
	static const char *const names[] = {"Aoi Sato", "Ren Suzuki", "Mio Takahashi", "Haru Tanaka", "Yui Ito",
	        "Sora Watanabe", "Rin Yamamoto", "Kai Nakamura", "Emi Kobayashi", "Jun Kato"};

	if (strcmp(f->name, "name") == 0)
		bytes_text(out, names[player->names++ % (sizeof(names) / sizeof(names[0]))]);
	else if (strcmp(f->name, "text") == 0 || strcmp(f->name, "reason") == 0)
		bytes_text(out, "Noted by the self-playing rehearsal; in a real ceremony people say why.");
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
		text_make_up(player, f, &text);
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
		const struct held *held = held_find(player, p->title.args[0], person);

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

int player_answer(struct player *player, const struct prompt *p, struct answer *a, struct error *e)
{
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
