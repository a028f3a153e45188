#include "steps/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

int room_hold(struct room *r, const char *name, struct secret **secret, struct error *e)
{
	if (strlen(name) >= sizeof(r->held[0].name))
		return error_set(e, ERROR_INTERNAL, "the name of a secret is too long: %s", name);
	for (size_t i = 0; i < r->held_count; i++)
		if (!strcmp(r->held[i].name, name)) {
			secret_free(&r->held[i].secret);
			r->held[i].secret = secret_take(secret);
			return 0;
		}
	if (r->held_count == HELD_MAX)
		return error_set(e, ERROR_INTERNAL, "more secrets at once than the console holds (%d)", HELD_MAX);
	snprintf(r->held[r->held_count].name, sizeof(r->held[0].name), "%s", name);
	r->held[r->held_count++].secret = secret_take(secret);
	return 0;
}

struct secret *room_held(const struct room *r, const char *name)
{
	for (size_t i = 0; i < r->held_count; i++)
		if (!strcmp(r->held[i].name, name))
			return r->held[i].secret;
	return NULL;
}

void room_wipe(struct room *r, const char *prefix)
{
	size_t kept = 0;
	for (size_t i = 0; i < r->held_count; i++) {
		if (!strncmp(r->held[i].name, prefix, strlen(prefix)))
			secret_free(&r->held[i].secret);
		else
			r->held[kept++] = r->held[i];
	}
	r->held_count = kept;
}

struct card_seen *room_card(struct room *r, const char *person)
{
	for (size_t i = 0; i < r->card_count; i++)
		if (!strcmp(r->cards[i]->person, person))
			return r->cards[i];
	struct card_seen *seen = r->card_count < ROOM_CARDS_MAX ? calloc(1, sizeof(*seen)) : NULL;
	if (!seen)
		return NULL;
	snprintf(seen->person, sizeof(seen->person), "%s", person);
	r->cards[r->card_count++] = seen;
	return seen;
}

void room_forget_cards(struct room *r)
{
	for (size_t i = 0; i < r->card_count; i++) {
		bytes_free(&r->cards[i]->certificate);
		free(r->cards[i]);
	}
	r->card_count = 0;
}

void room_work_end(struct room *r)
{
	if (r->work)
		r->work_free(r->work);
	r->work = NULL;
}

int room_sign(const struct room *r, const struct vkey *console, const struct bytes *checkpoint, struct bytes *line,
        struct error *e)
{
	if (!console || !r->seed)
		return error_set(e, ERROR_INTERNAL, "the console has no signing key in this run");
	return note_sign(console, r->seed, 0, bytes_string(checkpoint), checkpoint->len, line, e);
}
