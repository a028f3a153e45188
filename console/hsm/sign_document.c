/* A document to be signed: the content itself is given with the signed attributes of its CMS (RFC 5652 section 5.4), so
 * that their digest is one that was made here. */
#include "hsm/helper.h"
#include "hsm/wire.h"
#include "hsm/wire_messages.h"
#include "people/cms_verify.h"
#include "base/text.h"
#include <string.h>

enum { LENGTH = 4 };

/* Four bytes of length, the attributes, the content. */
static int split(const struct bytes *data, struct bytes *attributes, struct bytes *content)
{
	size_t len = data->len < LENGTH ? 0 : wire_u32_read(data->data);
	if (!len || len > data->len - LENGTH)
		return -1;
	*attributes = (struct bytes){.data = data->data + LENGTH, .len = len};
	*content = (struct bytes){.data = data->data + LENGTH + len, .len = data->len - LENGTH - len};
	return 0;
}

int sign_document_part(const struct bytes *data, struct bytes *part)
{
	struct bytes content;
	return split(data, part, &content);
}

int sign_document(const struct json *order, const struct bytes *data, struct signature_algorithm *s, struct error *e)
{
	const char *algorithm = json_text(order, "signature"), *hex = json_text(order, "certificate_sha256");
	struct bytes attributes, content;
	char text[TIME_TEXT];
	uint8_t certificate[32];
	int64_t time = 0;
	if (!algorithm || !hex || hex_decode(hex, strlen(hex), certificate, sizeof certificate))
		return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "certificate_sha256");
	if (split(data, &attributes, &content))
		return error_set(e, ERROR_FAULT, MSG_DOCUMENT);
	if (authority_sha256(order, "content_sha256", content.data, content.len, e) ||
	        cms_attributes_verify(
	                attributes.data, attributes.len, algorithm, content.data, content.len, certificate, &time, e))
		return -1;
	time_format_seconds(time, text);
	return authority_text(order, "signing_time", text, e) || signature_algorithm_find(algorithm, s, e) ? -1 : 0;
}
