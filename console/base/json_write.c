#include "base/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const int64_t int_max = 9007199254740991; /* 2^53 - 1 */

/* Before a value or key: the comma that parts it from the one before. */
static void separate(struct json_writer *w)
{
	if (w->comma)
		bytes_byte(w->out, ',');
	w->comma = true;
}

void json_begin_object(struct json_writer *w)
{
	separate(w);
	bytes_byte(w->out, '{');
	w->comma = false;
}

void json_end_object(struct json_writer *w)
{
	bytes_byte(w->out, '}');
	w->comma = true;
}

void json_begin_array(struct json_writer *w)
{
	separate(w);
	bytes_byte(w->out, '[');
	w->comma = false;
}

void json_end_array(struct json_writer *w)
{
	bytes_byte(w->out, ']');
	w->comma = true;
}

static bool is_writable(const char *text, size_t len)
{
	size_t used;

	if (!text_is_utf8(text, len))
		return false;
	for (size_t i = 0; i < len; i += used)
		if (text_is_hidden(text_next(text + i, len - i, &used)))
			return false;
	return true;
}

static void quoted(struct bytes *out, const char *text, size_t len)
{
	struct bytes normal = {0};

	if (!is_writable(text, len)) {
		out->failed = out->refused = true;
		return;
	}
	if (!text_is_nfc(text, len)) {
		text_nfc(&normal, text, len);
		if (normal.failed)
			out->failed = true;
		text = bytes_string(&normal);
		len = normal.len;
	}
	bytes_byte(out, '"');
	while (len > 0) {
		size_t plain = strcspn(text, "\"\\");

		bytes_add(out, text, plain);
		text += plain;
		len -= plain;
		if (len > 0) {
			bytes_byte(out, '\\');
			bytes_add(out, text, 1);
			text++;
			len--;
		}
	}
	bytes_byte(out, '"');
	bytes_free(&normal);
}

void json_key(struct json_writer *w, const char *key)
{
	separate(w);
	quoted(w->out, key, strlen(key));
	bytes_byte(w->out, ':');
	w->comma = false;
}

void json_put_text(struct json_writer *w, const char *text)
{
	if (text == NULL) {
		json_put_null(w);
		return;
	}
	separate(w);
	quoted(w->out, text, strlen(text));
}

void json_put_hex(struct json_writer *w, const void *data, size_t len)
{
	separate(w);
	bytes_byte(w->out, '"');
	bytes_hex(w->out, data, len);
	bytes_byte(w->out, '"');
}

void json_put_base64(struct json_writer *w, const void *data, size_t len)
{
	separate(w);
	bytes_byte(w->out, '"');
	bytes_base64(w->out, data, len);
	bytes_byte(w->out, '"');
}

void json_put_int(struct json_writer *w, int64_t number)
{
	separate(w);
	if (number > int_max || number < -int_max)
		w->out->failed = w->out->refused = true;
	bytes_printf(w->out, "%" PRId64, number);
}

void json_put_bool(struct json_writer *w, bool value)
{
	separate(w);
	bytes_text(w->out, value ? "true" : "false");
}

void json_put_null(struct json_writer *w)
{
	separate(w);
	bytes_text(w->out, "null");
}

void json_put_raw(struct json_writer *w, const char *text, size_t len)
{
	separate(w);
	bytes_add(w->out, text, len);
}

void json_put(struct json_writer *w, const struct json *value)
{
	if (value == NULL) {
		json_put_null(w);
		return;
	}
	switch (value->type) {
	case JSON_NULL:
		json_put_null(w);
		break;
	case JSON_BOOL:
		json_put_bool(w, value->number != 0);
		break;
	case JSON_INT:
		json_put_int(w, value->number);
		break;
	case JSON_STRING:
		json_put_text(w, value->text);
		break;
	case JSON_ARRAY:
		json_begin_array(w);
		for (const struct json *each = value->child; each != NULL; each = each->next)
			json_put(w, each);
		json_end_array(w);
		break;
	case JSON_OBJECT:
		json_begin_object(w);
		for (const struct json *each = value->child; each != NULL; each = each->next) {
			json_key(w, each->key);
			json_put(w, each);
		}
		json_end_object(w);
		break;
	}
}

void json_member_text(struct json_writer *w, const char *key, const char *text)
{
	json_key(w, key);
	json_put_text(w, text);
}

void json_member_int(struct json_writer *w, const char *key, int64_t number)
{
	json_key(w, key);
	json_put_int(w, number);
}

void json_member_bool(struct json_writer *w, const char *key, bool value)
{
	json_key(w, key);
	json_put_bool(w, value);
}

void json_member_hex(struct json_writer *w, const char *key, const void *data, size_t len)
{
	json_key(w, key);
	json_put_hex(w, data, len);
}

void json_member_base64(struct json_writer *w, const char *key, const void *data, size_t len)
{
	json_key(w, key);
	json_put_base64(w, data, len);
}
