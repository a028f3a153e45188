#include "steps/login.h"

#include <stdio.h>
#include <string.h>

#include "people/share.h"

void held_name(char out[200], const char *kind, const char *secret, unsigned part)
{
	snprintf(out, 200, "%s %.150s %u", kind, secret, part);
}

struct secret *login_pin(const struct ceremony *c, const struct room *room, const struct script_secret *secret, unsigned from, struct error *e)
{
	const struct site_hsm *h = site_hsm(c->site, secret->hsm);
	const struct site_pin *rule = secret->pin == PIN_SO ? &h->so_pin : &h->user_pin;
	struct secret *typed[SHARES_MAX];
	unsigned count = 0;
	char name[200];

	for (unsigned part = from; part <= secret->shares && count < secret->threshold; part++) {
		held_name(name, "typed", secret->name, part);
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

int share_known(const struct ceremony *c, const struct script_secret *secret, unsigned part, const struct secret *words)
{
	uint8_t commitment[32];
	for (size_t i = c->share_count; i-- > 0;) {
		const struct share_state *s = &c->shares[i];
		if (s->secret != secret || s->part != part)
			continue;
		if (share_commitment(words, s->salt, commitment, NULL) < 0)
			return 0;
		return !memcmp(commitment, s->commitment, sizeof(commitment));
	}
	return -1;
}
