#include "hsm/token.h"
#include "hsm/wire_messages.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

void object_list_free(struct object **list, size_t count)
{
	for (size_t i = 0; *list && i < count; i++)
		bytes_free(&(*list)[i].label);
	free(*list);
	*list = NULL;
}

bool object_has_id(const struct object *o, const uint8_t *id, size_t len)
{
	return o->id_len == len && !memcmp(o->id, id, len);
}

const char *object_class_name(CK_OBJECT_CLASS class)
{
	switch (class) {
	case CKO_PRIVATE_KEY:
		return "private-key";
	case CKO_PUBLIC_KEY:
		return "public-key";
	case CKO_SECRET_KEY:
		return "secret-key";
	case CKO_CERTIFICATE:
		return "certificate";
	case CKO_DATA:
		return "data";
	default:
		return "other";
	}
}

static int find_handles(struct token *t, CK_OBJECT_HANDLE *handles, CK_ULONG *count, struct error *e)
{
	CK_FUNCTION_LIST_PTR f = module_calls(t->module);
	CK_RV rv = f->C_FindObjectsInit(t->session, NULL, 0);
	*count = 0;
	if (rv != CKR_OK)
		return token_error(t, rv, "C_FindObjectsInit", e);
	while (*count <= OBJECTS_MAX) {
		CK_ULONG n = 0;
		rv = f->C_FindObjects(t->session, handles + *count, OBJECTS_MAX + 1 - *count, &n);
		if (rv != CKR_OK || !n)
			break;
		*count += n;
	}
	f->C_FindObjectsFinal(t->session);
	if (rv != CKR_OK)
		return token_error(t, rv, "C_FindObjects", e);
	return *count > OBJECTS_MAX ? error_set(e, ERROR_FAULT, MSG_OBJECTS_MANY, t->policy->name) : 0;
}

static int read_object(struct token *t, CK_OBJECT_HANDLE handle, struct object *o, struct error *e)
{
	struct bytes value = {0};
	int rc = -1;
	o->handle = handle;
	o->class = CK_UNAVAILABLE_INFORMATION;
	if (token_attribute(t, handle, CKA_CLASS, &value, e) < 0)
		goto out;
	if (value.len == sizeof o->class)
		memcpy(&o->class, value.data, value.len);
	if (token_attribute(t, handle, CKA_PRIVATE, &value, e) < 0)
		goto out;
	o->private = value.len && value.data[0];
	if (token_attribute(t, handle, CKA_ID, &value, e) < 0)
		goto out;
	o->id_len = value.len > sizeof o->id ? sizeof o->id : value.len;
	if (o->id_len)
		memcpy(o->id, value.data, o->id_len);
	if (token_attribute(t, handle, CKA_LABEL, &value, e) < 0)
		goto out;
	text_visible(&o->label, bytes_string(&value), value.len);
	rc = bytes_end(&o->label, e);
out:
	bytes_free(&value);
	return rc;
}

int token_objects(struct token *t, struct object **list, size_t *count, struct error *e)
{
	CK_OBJECT_HANDLE *handles = calloc(OBJECTS_MAX + 1, sizeof *handles);
	CK_ULONG n = 0;
	int rc = -1;
	*list = NULL;
	*count = 0;
	if (!handles) {
		error_memory(e);
		goto out;
	}
	if (find_handles(t, handles, &n, e))
		goto out;
	*list = calloc(n + 1, sizeof **list);
	if (!*list) {
		error_memory(e);
		goto out;
	}
	for (*count = 0; *count < n; ++*count)
		if (read_object(t, handles[*count], &(*list)[*count], e)) {
			++*count;
			goto out;
		}
	rc = 0;
out:
	if (rc) {
		object_list_free(list, *count);
		*count = 0;
	}
	free(handles);
	return rc;
}

static int compare(const void *a, const void *b)
{
	const struct object *x = a, *y = b;
	int order = strcmp(object_class_name(x->class), object_class_name(y->class));
	if (!order)
		order = strcmp(bytes_string(&x->label), bytes_string(&y->label));
	if (!order)
		order = memcmp(x->id, y->id, x->id_len < y->id_len ? x->id_len : y->id_len);
	return order ? order : (x->id_len > y->id_len) - (x->id_len < y->id_len);
}

int token_public_objects(struct token *t, struct bytes *json, struct error *e)
{
	struct object *list = NULL;
	size_t count = 0;
	struct json_writer w = {.out = json};
	int rc = -1;
	bytes_clear(json);
	if (token_info_initialised(&t->info) && (token_open(t, false, e) || token_objects(t, &list, &count, e)))
		goto out;
	/* An order is compared with it: the token's own order may change. */
	if (count)
		qsort(list, count, sizeof *list, compare);
	json_begin_array(&w);
	for (size_t i = 0; i < count; i++) {
		if (list[i].private)
			continue;
		json_begin_object(&w);
		json_member_text(&w, "class", object_class_name(list[i].class));
		json_member_text(&w, "label", bytes_string(&list[i].label));
		json_member_hex(&w, "cka_id", list[i].id, list[i].id_len);
		json_end_object(&w);
	}
	json_end_array(&w);
	rc = bytes_end(json, e);
out:
	object_list_free(&list, count);
	return rc;
}
