#include "steps/share_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people/share.h"

static bool is_one(const struct share_state *s, const char *secret, enum share_validity state)
{
	return s->state == state && (!secret || !strcmp(s->secret, secret));
}

const struct share_state *share_find(
        const struct ceremony *c, const char *secret, unsigned part, enum share_validity state)
{
	for (size_t i = c->share_count; i-- > 0;)
		if (is_one(&c->shares[i], secret, state) && c->shares[i].part == part)
			return &c->shares[i];
	return NULL;
}

struct share_set share_set(const struct ceremony *c, const struct script_secret *secret, enum share_validity state)
{
	const struct share_state *first = share_find(c, secret->name, 1, state);
	struct share_set set = {.known = first, .parts = secret->shares, .threshold = secret->threshold};

	if (!first)
		return set;
	set.parts = first->parts;
	set.threshold = first->threshold;
	for (size_t i = 0; i < 4; i++)
		snprintf(set.mark + 2 * i, 3, "%02x", first->commitment[i]);
	return set;
}

int share_known(const struct ceremony *c, const char *secret, unsigned part, enum share_validity state,
        const struct secret *words)
{
	const struct share_state *s = share_find(c, secret, part, state);
	uint8_t commitment[32];

	if (!s)
		return -1;
	return share_commitment(words, s->salt, commitment, NULL) == 0 &&
	       !memcmp(commitment, s->commitment, sizeof(commitment));
}

unsigned share_of(const struct ceremony *c, const char *secret, enum share_validity state, const char *person)
{
	for (size_t i = 0; i < c->share_count; i++)
		if (is_one(&c->shares[i], secret, state) && !strcmp(c->shares[i].person, person))
			return c->shares[i].part;
	return 0;
}

static bool shares_anew(const struct script_step *step)
{
	return !strcmp(step->kind, "change-custodians") || !strcmp(step->kind, "share-secret");
}

bool shares_to_settle(const struct ceremony *c, const struct script_step *step)
{
	const struct script_secret *s = shares_anew(step) ? step_secret(c->script, step) : NULL;
	const struct run *run = ceremony_run(c);

	if (!s || !share_find(c, s->name, 1, SHARE_UNSETTLED))
		return false;
	/* A token that cannot be read, or that takes neither PIN, is for the control role to judge. */
	return c->trouble.kind == TROUBLE_OPEN_INTENT ||
	       (c->trouble.kind == TROUBLE_FAILED && !journal_find(&run->journal, ACT_FAILED, "settle-custodians"));
}

int share_take(struct ceremony *c, const struct share_state *share, struct error *e)
{
	struct share_state *list = realloc(c->shares, (c->share_count + 1) * sizeof(*list));

	if (!list)
		return error_memory(e);
	c->shares = list;
	list[c->share_count++] = *share;
	return 0;
}

int share_draw(struct ceremony *c, const struct script_secret *secret, unsigned part, const char *value, uint64_t seq,
        struct error *e)
{
	struct share_state s = {.part = part, .parts = secret->shares, .threshold = secret->threshold, .drawn_at = seq};

	snprintf(s.secret, sizeof(s.secret), "%s", secret->name);
	hex_decode(value, 64, s.salt, 32);
	hex_decode(value + 65, 64, s.commitment, 32);
	return share_take(c, &s, e);
}

void share_hold(struct ceremony *c, const char *secret, unsigned part, const char *person)
{
	for (size_t i = 0; i < c->share_count; i++)
		if (is_one(&c->shares[i], secret, SHARE_DRAWN) && c->shares[i].part == part)
			snprintf(c->shares[i].person, sizeof(c->shares[i].person), "%s", person);
}

static void turn(struct ceremony *c, const char *secret, enum share_validity from, enum share_validity to)
{
	for (size_t i = 0; i < c->share_count; i++)
		if (is_one(&c->shares[i], secret, from))
			c->shares[i].state = to;
}

void shares_void(struct ceremony *c, const char *secret, enum share_validity state)
{
	turn(c, secret, state, SHARE_VOID);
}

void shares_put_in_force(struct ceremony *c, const char *secret, enum share_validity from)
{
	for (size_t i = 0; i < c->share_count; i++)
		if (is_one(&c->shares[i], secret, c->shares[i].state))
			c->shares[i].state = c->shares[i].state == from ? SHARE_IN_FORCE : SHARE_VOID;
}

void shares_unsettle(struct ceremony *c, const struct script_step *step)
{
	const struct script_secret *s = shares_anew(step) ? step_secret(c->script, step) : NULL;
	if (s)
		turn(c, s->name, SHARE_DRAWN, SHARE_UNSETTLED);
}
