#include "hsm/possession.h"
#include "hsm/wire_messages.h"

enum { CHALLENGE_MIN = 16, CHALLENGE_MAX = 64 };
/* In front of the challenge, so that nothing signed as a proof can be read as anything else. */
static const char possession[] = "tachiai-possession/1\n";

int possession_challenge(const struct bytes *challenge, struct error *e)
{
	if (challenge->len >= CHALLENGE_MIN && challenge->len <= CHALLENGE_MAX)
		return 0;
	return error_set(e, ERROR_FAULT, MSG_CHALLENGE, (int)CHALLENGE_MIN, (int)CHALLENGE_MAX);
}

int possession_put(struct token *t, const struct key_pair *pair, const struct key_algorithm *a,
        const struct bytes *challenge, struct json_writer *w, struct error *e)
{
	struct bytes message = {0}, signature = {0};
	struct signature_algorithm s;
	int rc = -1;
	bytes_text(&message, possession);
	bytes_add(&message, challenge->data, challenge->len);
	if (bytes_end(&message, e) || signature_algorithm_find(a->possession, &s, e) ||
	        key_pair_sign(t, pair, &s, message.data, message.len, &signature, e))
		goto out;
	json_member_hex(w, "challenge", challenge->data, challenge->len);
	json_member_text(w, "challenge_algorithm", s.name);
	json_member_base64(w, "challenge_signature", signature.data, signature.len);
	rc = 0;
out:
	bytes_free(&message);
	bytes_free(&signature);
	return rc;
}

void possession_token_put(const struct token_info *t, struct json_writer *w)
{
	json_key(w, "token");
	json_begin_object(w);
	json_member_text(w, "label", t->label);
	json_member_text(w, "serial", t->serial);
	json_member_text(w, "manufacturer", t->manufacturer);
	json_member_text(w, "model", t->model);
	json_member_text(w, "firmware", t->firmware);
	json_end_object(w);
}
