/* The attributes of a new key pair: what is asked of the token, and that it did just that. */
#ifndef HSM_TEMPLATE_H
#define HSM_TEMPLATE_H

#include "hsm/key.h"
#include "base/json.h"

enum { TEMPLATE_MAX = 24 };

struct key_request {
	struct key_algorithm algorithm;
	const char *label;
	const uint8_t *id;
	size_t id_len;
};

/* A template points into itself and into the request: it may not be moved. */
struct template
{
	CK_ATTRIBUTE attribute[TEMPLATE_MAX];
	CK_ULONG count;
	CK_OBJECT_CLASS class;
	CK_ULONG bits;
};

void template_private(struct template *t, const struct key_request *r);
void template_public(struct template *t, const struct key_request *r);
/* Reads every attribute of both halves back, and appends the JSON object of them. -1 with `e` at the first that is not
 * what was asked, or not what a key made here must be. */
int template_read_back(struct token *t, const struct key_pair *pair, const struct key_request *r, struct json_writer *w,
        struct error *e);

#endif
