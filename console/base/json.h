/* The strict JSON of a record (docs/record-format): no whitespace outside strings, the only escapes \" and \\, no
 * control character, integers within ±(2^53-1), no -0, no floats, no duplicate keys, UTF-8 in NFC without hidden
 * characters (text_is_hidden). The writer writes nothing else and the reader takes nothing else. Nesting at most 16. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/bytes.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_INT, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* One value. Strings are decoded, end in NUL, and hold none. Lives as long as its json_doc is not parsed into again. */
struct json {
	enum json_type type;
	const char *key; /* in an object: the member's name, decoded; else NULL */
	const char *text;
	size_t len;
	int64_t number; /* JSON_INT; JSON_BOOL: 0 or 1 */
	const struct json *child, *next;
	unsigned count; /* members or elements */
};

struct json_doc; /* the memory of one parsed text, used again by the next parse */

struct json_doc *json_doc_new(void); /* NULL: no memory */
void json_doc_free(struct json_doc **doc);
/* Parses exactly `len` bytes. Returns the root (owned by `doc`) or NULL with `e`, whose column is the byte offset + 1.
 */
const struct json *json_parse(struct json_doc *doc, const char *text, size_t len, struct error *e);

/* The member `key`, or NULL (also when `object` is NULL or no object). */
const struct json *json_get(const struct json *object, const char *key);
/* The member's text, or NULL when it is absent or no string. */
const char *json_text(const struct json *object, const char *key);
/* The member's number; `otherwise` when it is absent or no integer. */
int64_t json_number(const struct json *object, const char *key, int64_t otherwise);
bool json_true(const struct json *object, const char *key);

/* Writer: appends to `out`, commas by itself. A string with a hidden character or invalid UTF-8 marks `out` failed:
 * foreign text goes through text_visible() first. A string not in NFC is written in NFC. */
struct json_writer {
	struct bytes *out;
	bool comma;
};
void json_begin_object(struct json_writer *w);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w);
void json_end_array(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_put_text(struct json_writer *w, const char *text); /* NULL writes null */
void json_put_hex(struct json_writer *w, const void *data, size_t len);
void json_put_base64(struct json_writer *w, const void *data, size_t len);
void json_put_int(struct json_writer *w, int64_t number);
void json_put_bool(struct json_writer *w, bool value);
void json_put_null(struct json_writer *w);
void json_put_raw(struct json_writer *w, const char *text, size_t len); /* a value already in this form */
void json_put(struct json_writer *w, const struct json *value); /* the value again, same bytes; NULL writes null */
/* "key":"text" and so on, in one call. */
void json_member_text(struct json_writer *w, const char *key, const char *text);
void json_member_int(struct json_writer *w, const char *key, int64_t number);
void json_member_bool(struct json_writer *w, const char *key, bool value);
void json_member_hex(struct json_writer *w, const char *key, const void *data, size_t len);
void json_member_base64(struct json_writer *w, const char *key, const void *data, size_t len);

#endif
