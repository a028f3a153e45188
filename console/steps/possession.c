#include "steps/possession.h"

#include <string.h>

#include "pki/profile.h"

static const char possession[] = "tachiai-possession/1\n";

int challenge_draw(const struct want *w, struct outcome *out, struct error *e)
{
	uint8_t random[CHALLENGE_BYTES];
	struct bytes *data = outcome_add(out, VALUE_DRAWN, w->step);

	if (!data)
		return error_memory(e);
	random_bytes(random, sizeof(random));
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", "challenge");
	json_member_text(&j, "source", source_random);
	json_member_hex(&j, "value", random, sizeof(random));
	json_end_object(&j);
	return bytes_end(data, e);
}

int challenge_check(const struct entry *entry, struct error *e)
{
	const char *value = json_text(entry->data, "value");
	uint8_t raw[CHALLENGE_BYTES];

	if (strlen(value) != 2 * sizeof(raw) || hex_decode(value, strlen(value), raw, sizeof(raw)) < 0)
		return error_set(e, ERROR_FAULT, "the challenge is not %d random bytes in hex", (int)CHALLENGE_BYTES);
	return drawn_from(entry, source_random, e);
}

int challenge_request(const struct entry *drawn, struct hsm_request *r, struct bytes *data, struct error *e)
{
	uint8_t challenge[CHALLENGE_BYTES];
	const char *value = drawn ? json_text(drawn->data, "value") : NULL;

	if (!value || hex_decode(value, strlen(value), challenge, sizeof(challenge)) < 0)
		return error_set(e, ERROR_INTERNAL, "the drawn challenge is no hex");
	bytes_add(data, challenge, sizeof(challenge));
	if (bytes_end(data, e) < 0)
		return -1;
	r->data = data->data;
	r->len = data->len;
	return 0;
}

int possession_facts(const struct json *answer, const char *mechanism, struct bytes *facts, struct error *e)
{
	struct bytes spki = {0};
	uint8_t sum[32];
	struct json_writer j = {facts, false};
	const char *text = json_text(answer, "spki");
	int rc = -1;

	if (!text || base64_decode(text, strlen(text), &spki) < 0 || bytes_end(&spki, e) < 0 ||
	        sha256(spki.data, spki.len, sum) < 0) {
		error_set(e, ERROR_FAULT, "the helper gave no public key");
		goto out;
	}
	json_begin_object(&j);
	json_member_text(&j, "spki", text);
	json_member_hex(&j, "spki_sha256", sum, sizeof(sum));
	if (mechanism)
		json_member_text(&j, "mechanism", mechanism);
	json_key(&j, "attributes");
	json_put(&j, json_get(answer, "attributes"));
	json_key(&j, "token");
	json_put(&j, json_get(answer, "token"));
	json_member_text(&j, "challenge", json_text(answer, "challenge"));
	json_member_text(&j, "challenge_signature", json_text(answer, "challenge_signature"));
	json_end_object(&j);
	rc = bytes_end(facts, e);
out:
	bytes_free(&spki);
	return rc;
}

static bool says(const struct json *facts, const char *key, const char *wanted)
{
	const char *is = json_text(facts, key);
	return is && wanted && !strcmp(is, wanted);
}

int possession_check(const struct ceremony *c, const struct script_key *k, const struct json *facts,
        const struct entry *drawn, const uint8_t spki_sha256[32], struct error *e)
{
	const char *spki64 = json_text(facts, "spki"), *signature64 = json_text(facts, "challenge_signature"),
	           *challenge = json_text(facts, "challenge"), *hex = json_text(facts, "spki_sha256");
	const struct token_state *t = &c->tokens[ceremony_hsm_index(c, k->hsm)];
	struct bytes spki = {0}, signature = {0}, message = {0};
	uint8_t sum[32], is[32], raw[CHALLENGE_BYTES];
	int rc = -1;

	if (!spki64 || !signature64 || !challenge || !hex || base64_decode(spki64, strlen(spki64), &spki) < 0 ||
	        base64_decode(signature64, strlen(signature64), &signature) < 0 ||
	        hex_decode(hex, strlen(hex), is, 32) < 0) {
		error_set(
		        e, ERROR_FAULT, "act.done of %s lacks the public key or the proof of its possession", k->name);
		goto out;
	}
	if (!says(json_get(facts, "token"), "label", t->label) ||
	        !says(json_get(facts, "token"), "serial", t->serial)) {
		error_set(e, ERROR_FAULT, "act.done of %s is of another token than the one that is known", k->name);
		goto out;
	}
	if (sha256(spki.data, spki.len, sum) < 0 || memcmp(sum, is, 32) ||
	        (spki_sha256 && memcmp(sum, spki_sha256, 32))) {
		error_set(e, ERROR_FAULT,
		        "spki_sha256 of %s is not the hash of spki, or spki is of another key than the one that is "
		        "known",
		        k->name);
		goto out;
	}
	if (!drawn || strcmp(challenge, json_text(drawn->data, "value")) ||
	        hex_decode(challenge, strlen(challenge), raw, sizeof(raw)) < 0) {
		error_set(e, ERROR_FAULT, "the challenge that was signed is not the one that was drawn");
		goto out;
	}
	bytes_text(&message, possession);
	bytes_add(&message, raw, sizeof(raw));
	if (bytes_end(&message, e) < 0 || pki_key_is(spki.data, spki.len, k->algorithm, e) < 0)
		goto out;
	rc = pki_verify(spki.data, spki.len, pki_default_signature(k->algorithm), message.data, message.len,
	        signature.data, signature.len, e);
out:
	bytes_free(&spki);
	bytes_free(&signature);
	bytes_free(&message);
	return rc;
}
