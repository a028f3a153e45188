#include "steps/sign.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "people/credential.h"
#include "steps/card.h"
#include "people/credential_state.h"
#include "steps/foreign.h"

static int put_login_failed(const struct person *p, const char *step, struct outcome *out, struct error *e)
{
	struct bytes *data = outcome_add(out, LOGIN_FAILED, step);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "person", p->name);
	json_member_int(&j, "count", (int64_t)p->failures + 1);
	json_end_object(&j);
	return bytes_end(data, e);
}

static int login_failed(const struct person *p, const char *step, struct outcome *out, struct error *e)
{
	if (put_login_failed(p, step, out, e) < 0)
		return -1;
	if (p->failures + 1 >= LOCK_OUT_TRIES && (p->failures + 1) % LOCK_OUT_TRIES == 0)
		return error_set(e, ERROR_FAULT, "wrong passphrase for %s, %u times in a row: locked for one minute",
		        p->name, p->failures + 1);
	return error_set(e, ERROR_FAULT, "wrong passphrase for %s: try again", p->name);
}

/* Each key file once, as long as it stays the same: a person signs many times. */
static int key_tried(struct room *room, const struct bytes *pem, struct error *e)
{
	size_t kept = room->tried_count < ROOM_TRIED_MAX ? room->tried_count : ROOM_TRIED_MAX;
	uint8_t sum[32];

	if (sha256(pem->data, pem->len, sum) != 0)
		return error_memory(e);
	for (size_t i = 0; i < kept; i++)
		if (memcmp(room->tried[i], sum, sizeof sum) == 0)
			return 0;
	if (foreign_try(room->parser, foreign_key, pem, e) < 0)
		return -1;
	memcpy(room->tried[room->tried_count++ % ROOM_TRIED_MAX], sum, sizeof sum);
	return 0;
}

struct secret *person_unlock(const struct ceremony *c, struct room *room, const char *name, struct secret **passphrase,
        const char *step, struct outcome *out, struct error *e)
{
	const struct person *p = consent_find(c->consent, name);
	struct secret *seed = NULL;
	struct bytes pem = {0};
	struct error why = {0};
	long long locked = p ? p->locked_until - time_now_ms() : 0;

	if (!p) {
		error_set(e, ERROR_FAULT, "nobody here has the key name %s", name);
	} else if (locked > 0) {
		error_set(e, ERROR_FAULT, "%s is locked after wrong passphrases: wait %lld seconds", name,
		        locked / 1000 + 1);
	} else if (!*passphrase || !(*passphrase)->len) {
		error_set(e, ERROR_FAULT, "%s gave no passphrase", name);
	} else {
		if (credential_text(room->credentials, p->key.name, &pem, &why) == 0 &&
		        key_tried(room, &pem, &why) == 0)
			seed = credential_unlock_text(&pem, &p->key, *passphrase, &why);
		if (!seed && why.message.id == credential_wrong_passphrase)
			login_failed(p, step, out, e);
		else if (!seed && e)
			*e = why;
	}
	bytes_free(&pem);
	secret_free(passphrase);
	return seed;
}

/* The card after the key: what the card says of a wrong PIN is the answer, and the record has a login.failed. */
static int card_too(const struct ceremony *c, struct room *room, const struct person *p, struct secret **card_pin,
        const struct bytes *checkpoint, int64_t seconds, const char *step, struct bytes *card, struct outcome *out,
        struct error *e)
{
	struct error why = {0};
	if (card_sign(c, room, p->name, card_pin, checkpoint, seconds, card, &why) == 0)
		return 0;
	if (hsm_pin_was_wrong(&why) && put_login_failed(p, step, out, e) < 0)
		return -1;
	if (e)
		*e = why;
	return -1;
}

int person_sign(const struct ceremony *c, struct room *room, const char *name, struct secret **passphrase,
        struct secret **card_pin, uint64_t of, const struct bytes *checkpoint, const char *step, struct outcome *out,
        struct error *e)
{
	struct bytes cosignature = {0}, console = {0}, card = {0};
	int rc = -1;

	struct secret *seed = person_unlock(c, room, name, passphrase, step, out, e);
	if (!seed)
		goto out;
	const struct person *p = consent_find(c->consent, name);
	/* Kept first: what it signs is on disk already, so a run that is cut short here locks nobody out. */
	if (credential_remember(room->credentials, name, room->record, checkpoint, e) < 0) {
		secret_free(&seed);
		goto out;
	}
	int64_t seconds = time_now_ms() / 1000;
	if (seconds < c->time / 1000) /* the clock stepped back: never before the proposal */
		seconds = c->time / 1000;
	int signed_ok = note_sign(&p->key, seed, seconds, bytes_string(checkpoint), checkpoint->len, &cosignature, e);
	secret_free(&seed);
	if (signed_ok < 0 || card_too(c, room, p, card_pin, checkpoint, seconds, step, &card, out, e) < 0 ||
	        room_sign(room, consent_console(c->consent), checkpoint, &console, e) < 0)
		goto out;
	struct bytes *data = outcome_add(out, APPROVAL_GIVEN, step);
	if (!data) {
		error_memory(e);
		goto out;
	}
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_int(&j, "of", (int64_t)of);
	json_member_text(&j, "person", name);
	json_member_text(&j, "cosignature", bytes_string(&cosignature));
	json_member_text(&j, "console", bytes_string(&console));
	json_key(&j, "card");
	json_put_raw(&j, bytes_string(&card), card.len);
	json_end_object(&j);
	rc = bytes_end(data, e);
out:
	secret_free(card_pin);
	bytes_free(&cosignature);
	bytes_free(&console);
	bytes_free(&card);
	return rc;
}

int prompt_root(const struct ceremony *c, struct prompt *p)
{
	uint8_t root[32];
	struct bytes hex = {0}, words = {0};

	if (tree_root(&c->tree, root) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(root); i += 2) {
		bytes_text(&hex, i ? " " : "");
		bytes_hex(&hex, root + i, 2);
	}
	text_pgp_words(&words, root, sizeof(root));
	int rc = bytes_end(&hex, NULL) < 0 || bytes_end(&words, NULL) < 0;
	rc = rc || prompt_message(p, LINE_HEADING, N_("The record so far: %llu entries, root"),
	                   (unsigned long long)c->tree.size) < 0;
	rc = rc || prompt_line(p, LINE_FIXED, bytes_string(&hex)) < 0 ||
	     prompt_line(p, LINE_FIXED, bytes_string(&words)) < 0;
	bytes_free(&hex);
	bytes_free(&words);
	return rc ? -1 : 0;
}
