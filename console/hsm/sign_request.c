#include "hsm/helper.h"
#include "hsm/wire_messages.h"
#include <string.h>

/* The key of a CertificationRequestInfo (RFC 2986 section 4.1): version v1, subject, key, attributes. Walked over by
 * our own reader, not decoded. */
static int split(const struct bytes *info, struct der *spki)
{
	const uint8_t *at = info->data;
	size_t left = info->len;
	struct der d, subject;
	if (!der_valid(at, left) || der_take(&at, &left, 0x30, &d))
		return -1;
	at = d.value;
	left = d.len;
	if (der_take(&at, &left, 0x02, &d) || d.len != 1 || d.value[0] || der_take(&at, &left, 0x30, &subject) ||
	        der_take(&at, &left, 0x30, spki))
		return -1;
	return der_take(&at, &left, 0xa0, &d) || left ? -1 : 0;
}

int sign_request(const struct json *order, const struct bytes *data, struct signature_algorithm *s, struct error *e)
{
	/* A CertificationRequestInfo does not name the algorithm of its signature: the order does. */
	const char *name = json_text(order, "algorithm");
	struct der spki;
	if (!name)
		return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "algorithm");
	if (split(data, &spki))
		return error_set(e, ERROR_FAULT, MSG_CRI);
	/* It must be the one that signs it. */
	if (authority_sha256(order, "spki_sha256", spki.whole, spki.whole_len, NULL))
		return error_set(e, ERROR_FAULT, MSG_CRI_KEY);
	return signature_algorithm_find(name, s, e);
}
