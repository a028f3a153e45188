/* The HSM helper: what it knows, and what it can be asked. It trusts nothing of the console but the lines themselves.
 */
#ifndef HSM_HELPER_H
#define HSM_HELPER_H

#include "hsm/hsm.h"
#include "base/der.h"
#include "base/text.h"
#include "hsm/algorithm.h"
#include "hsm/token.h"
#include "people/consent.h"
#include "record/tree.h"

/* The approved leaves of an act that signs many things, while it is open. */
struct batch {
	uint64_t intended;
	uint8_t (*leaf)[32];
	uint8_t *used; /* a bit each */
	size_t count;
	struct signature_algorithm algorithm;
};

struct helper {
	struct batch batch;
	struct json_doc *line_doc, *order_doc;
	struct tree tree;
	struct consent *consent;
	bool cards;   /* it drives people's cards, and takes no record */
	bool refused; /* a line was refused: every request is answered with `refusal` */
	struct error refusal;
	struct module *modules[16];
	size_t module_count;
	struct token *tokens; /* as many as the policy has HSMs, once entry 0 is there */
	size_t token_count;
};

/* A request as it came; owns all of it. */
struct request {
	enum hsm_verb verb;
	uint64_t intended;
	struct bytes hsm, data, key_label, cka_id;
	bool mapped; /* the data lie in memory that was passed, not in memory of ours */
	bool has_key_label, has_cka_id;
	struct secret *so_pin, *user_pin, *old_pin;
};

int helper_init(struct helper *h, struct error *e);
void helper_free(struct helper *h);
/* Folds the next line of the record. A refused line is remembered. */
void helper_line(struct helper *h, const char *line, size_t len);
/* Does what is asked; `answer` is JSON. Wipes the request's secrets. */
int helper_request(struct helper *h, struct request *r, struct bytes *answer, struct error *e);
/* The HSM of the script by that name, its module loaded. */
struct token *helper_token(struct helper *h, const char *name, struct error *e);

/* The order of the open act: this very intent, this very act, for this very HSM and the serial of the token found. */
const struct json *authority_order(
        struct helper *h, const struct request *r, const char *act, const struct token *t, struct error *e);
/* Refuses when the order's `key` is not the text `found`. */
int authority_text(const struct json *order, const char *key, const char *found, struct error *e);
int authority_sha256(const struct json *order, const char *key, const void *data, size_t len, struct error *e);
/* Spends it, for ever. Comes after every comparison with the order and before the token is made to do anything. */
int authority_spend(struct helper *h, const struct request *r, const char *act, struct error *e);
/* The order's `cka_id` as bytes: 1 to OBJECT_ID_MAX of them. */
int authority_id(const struct json *order, uint8_t id[OBJECT_ID_MAX], size_t *len, struct error *e);

/* A person's card: needs no act, and signs nothing but the attributes of a CMS over a cosignature message. */
int verb_card_certificate(struct helper *h, const struct request *r, struct bytes *answer, struct error *e);
int verb_card_sign(struct helper *h, const struct request *r, struct bytes *answer, struct error *e);

int verb_tokens(struct token *t, struct bytes *answer, struct error *e);
int verb_inspect(struct token *t, const struct request *r, struct bytes *answer, struct error *e);
int verb_initialise(struct helper *h, struct token *t, struct request *r, struct bytes *answer, struct error *e);
int verb_unlock(struct helper *h, struct token *t, struct request *r, struct bytes *answer, struct error *e);
int verb_change_pin(struct helper *h, struct token *t, struct request *r, struct bytes *answer, struct error *e);
int verb_settle_pin(struct helper *h, struct token *t, struct request *r, struct bytes *answer, struct error *e);
int verb_generate(struct helper *h, struct token *t, const struct request *r, struct bytes *answer, struct error *e);
int verb_check_key(struct helper *h, struct token *t, const struct request *r, struct bytes *answer, struct error *e);
int verb_sign(struct helper *h, struct token *t, const struct request *r, struct bytes *answer, struct error *e);

int verb_leaves(struct helper *h, struct token *t, const struct request *r, struct bytes *answer, struct error *e);
int verb_sign_batch(struct helper *h, struct token *t, const struct request *r, struct bytes *answer, struct error *e);
void batch_free(struct batch *b);

/* Holds to-be-signed bytes against the order that names them (their hash was compared already), and says by which
 * algorithm they are to be signed. One for each act that signs. */
typedef int sign_check(
        const struct json *order, const struct bytes *data, struct signature_algorithm *s, struct error *e);
sign_check sign_certificate, sign_request, sign_crl, sign_document;
/* For them: the next element, which must be a time; and a time as orders write it, -1 where it is of another form than
 * RFC 5280 section 4.1.2.5 has (its digits are not looked at: the order's are compared with them). */
int tbs_take_time(const uint8_t **at, size_t *left, struct der *out);
int tbs_time_text(const struct der *d, char text[TIME_TEXT]);
/* What of the request's data is signed, when it is not all of them. -1: they are not of their form. */
typedef int sign_part(const struct bytes *data, struct bytes *part);
sign_part sign_document_part;

#endif
