/* A person's smart card in an approval: the same message as the cosignature's, signed once more (docs/record-format).
 */
#include <string.h>

#include "people/cms_verify.h"
#include "people/consent_state.h"

static int bad_card(const struct entry *entry, const char *whose, const struct error *cause, struct error *e)
{
	struct bytes why = {0};

	error_text(cause, &why);
	error_set(e, ERROR_FAULT, N_("Entry %llu: the signature of the card of %s does not hold: %s"),
	        (unsigned long long)entry->seq, whose, bytes_string(&why));
	bytes_free(&why);
	return -1;
}

/* The CMS of the card that is pinned, over the message of the cosignature at the same seconds. */
static int judge_card(const struct entry *entry, const char *name, const struct json *card, const uint8_t pinned[32],
        const struct bytes *checkpoint, int64_t seconds, struct error *e)
{
	const char *hash = json_text(card, "sha256"), *text = json_text(card, "cms");
	struct bytes cms = {0}, message = {0};
	struct error cause = {0};
	uint8_t shown[32];
	int64_t time = -1;
	int result = -1;

	if (!hash || hex_decode(hash, strlen(hash), shown, sizeof shown) || !text ||
	        base64_decode(text, strlen(text), &cms)) {
		consent_malformed(entry, "card", e);
		goto out;
	}
	if (memcmp(shown, pinned, 32) != 0) {
		error_set(e, ERROR_FAULT, N_("Entry %llu: the card of %s is not the one that the script pins."),
		        (unsigned long long)entry->seq, name);
		goto out;
	}
	if (cosignature_message(&message, seconds, bytes_string(checkpoint), checkpoint->len, e))
		goto out;
	if (cms_verify(cms.data, cms.len, message.data, message.len, pinned, &time, &cause)) {
		bad_card(entry, name, &cause, e);
		goto out;
	}
	if (time != seconds) {
		error_set(e, ERROR_FAULT,
		        N_("Entry %llu: the card of %s signed at another time than the cosignature says."),
		        (unsigned long long)entry->seq, name);
		goto out;
	}
	result = 0;
out:
	bytes_free(&cms);
	bytes_free(&message);
	return result;
}

/* Who has a pinned card signs with it every time; who has none shows none. */
int consent_card(const struct consent *c, const struct entry *entry, const char *name, const struct bytes *checkpoint,
        int64_t seconds, struct error *e)
{
	const struct json *card = json_get(entry->data, "card");
	const uint8_t *pinned = policy_card(c->policy, name);

	if (!card)
		return consent_malformed(entry, "card", e);
	if (pinned && card->type == JSON_NULL)
		return error_set(e, ERROR_FAULT,
		        N_("Entry %llu: %s must sign with the card that the script pins, and did not."),
		        (unsigned long long)entry->seq, name);
	if (!pinned && card->type != JSON_NULL)
		return error_set(e, ERROR_FAULT,
		        N_("Entry %llu: %s shows a card, and none may sign for them in this ceremony."),
		        (unsigned long long)entry->seq, name);
	return pinned ? judge_card(entry, name, card, pinned, checkpoint, seconds, e) : 0;
}
