/* A signature over to-be-signed bytes: whatever they are, their hash is in the order, and they are what the order says.
 */
#include "hsm/helper.h"
#include "hsm/key.h"
#include "hsm/wire_messages.h"
#include <string.h>

/* The acts that sign, and the member of each order that holds the hash of what is signed. */
static const struct {
	const char *act, *digest;
	sign_check *check;
	sign_part *part; /* NULL: all that was given */
} signings[] = {
        {"issue-certificate", "tbs_sha256", sign_certificate, NULL},
        {"make-request", "cri_sha256", sign_request, NULL},
        {"issue-crl", "tbs_sha256", sign_crl, NULL},
        {"sign-document", "attributes_sha256", sign_document, sign_document_part},
};
enum { SIGNINGS = sizeof signings / sizeof signings[0] };

/* The bytes to sign, held against the order, and the algorithm that they name. */
static int sign_what(const struct json *order, size_t i, const struct bytes *data, struct bytes *part,
        struct signature_algorithm *s, struct error *e)
{
	if (signings[i].part && signings[i].part(data, part))
		return error_set(e, ERROR_FAULT, MSG_DOCUMENT);
	return authority_sha256(order, signings[i].digest, part->data, part->len, e) ||
	                       signings[i].check(order, data, s, e)
	               ? -1
	               : 0;
}

int verb_sign(struct helper *h, struct token *t, const struct request *r, struct bytes *answer, struct error *e)
{
	const struct proposal *open = consent_open_act(h->consent, NULL);
	struct json_writer w = {.out = answer};
	struct signature_algorithm s;
	struct key_pair pair = {0};
	struct bytes signature = {0}, part = r->data; /* only looked at */
	uint8_t id[OBJECT_ID_MAX];
	size_t id_len = 0, i = 0;
	const struct json *order;
	int rc = -1;
	if (!t->unlocked) {
		error_set(e, ERROR_FAULT, MSG_LOCKED, t->policy->name);
		goto out;
	}
	while (open && i < SIGNINGS && strcmp(signings[i].act, open->act))
		i++;
	if (i == SIGNINGS || !open) {
		authority_order(h, r, "a signature", t, e); /* which says why there is none for it */
		goto out;
	}
	if (token_find(t, e) || !(order = authority_order(h, r, signings[i].act, t, e)) ||
	        authority_id(order, id, &id_len, e) || sign_what(order, i, &r->data, &part, &s, e))
		goto out;
	if (key_pair_find(t, id, id_len, &pair, e) ||
	        authority_sha256(order, "spki_sha256", pair.spki.data, pair.spki.len, e) || key_pair_fits(&pair, &s, e))
		goto out;
	if (authority_spend(h, r, signings[i].act, e) ||
	        key_pair_sign(t, &pair, &s, part.data, part.len, &signature, e))
		goto out;
	json_begin_object(&w);
	json_member_base64(&w, "signature", signature.data, signature.len);
	json_end_object(&w);
	rc = 0;
out:
	key_pair_free(&pair);
	bytes_free(&signature);
	return rc;
}
