#include "hsm/ckr.h"
#include "hsm/helper.h"
#include "hsm/wire_messages.h"
#include <stdlib.h>
#include <string.h>

int verb_tokens(struct token *t, struct bytes *answer, struct error *e)
{
	struct token_info *list = calloc(TOKENS_MAX, sizeof *list);
	struct json_writer w = {.out = answer};
	size_t count = 0;
	int rc = -1;
	if (!list)
		return error_memory(e);
	if (module_tokens(t->module, list, &count, e))
		goto out;
	json_begin_array(&w);
	for (size_t i = 0; i < count; i++) {
		json_begin_object(&w);
		json_member_int(&w, "slot", (int64_t)list[i].slot);
		json_member_text(&w, "label", token_info_initialised(&list[i]) ? list[i].label : "");
		json_member_text(&w, "serial", list[i].serial);
		json_member_text(&w, "manufacturer", list[i].manufacturer);
		json_member_text(&w, "model", list[i].model);
		json_member_text(&w, "firmware", list[i].firmware);
		json_member_bool(&w, "initialised", token_info_initialised(&list[i]));
		json_end_object(&w);
	}
	json_end_array(&w);
	rc = 0;
out:
	free(list);
	return rc;
}

static int put_mechanisms(struct token *t, struct json_writer *w, struct error *e)
{
	CK_FUNCTION_LIST_PTR f = module_calls(t->module);
	CK_MECHANISM_TYPE *list = NULL;
	CK_ULONG count = 0;
	struct bytes name = {0};
	int rc = -1;
	CK_RV rv = f->C_GetMechanismList(t->info.slot, NULL, &count);
	if (rv == CKR_OK && count > 4096)
		rv = CKR_GENERAL_ERROR;
	if (rv == CKR_OK && !(list = calloc(count + 1, sizeof *list)))
		rv = CKR_HOST_MEMORY;
	if (rv == CKR_OK)
		rv = f->C_GetMechanismList(t->info.slot, list, &count);
	if (rv != CKR_OK) {
		token_error(t, rv, "C_GetMechanismList", e);
		goto out;
	}
	json_begin_array(w);
	for (CK_ULONG i = 0; i < count; i++) {
		bytes_clear(&name);
		ckm_name(list[i], &name);
		json_put_text(w, bytes_string(&name));
	}
	json_end_array(w);
	rc = 0;
out:
	bytes_free(&name);
	free(list);
	return rc;
}

static int put_used(struct token *t, const struct request *r, struct json_writer *w, struct error *e)
{
	struct object *list = NULL;
	size_t count = 0, digits = r->cka_id.len;
	uint8_t id[OBJECT_ID_MAX];
	bool label_used = false, id_used = false;
	int rc = -1;
	if (r->has_cka_id && (!digits || digits % 2 || digits / 2 > sizeof id ||
	                             hex_decode(bytes_string(&r->cka_id), digits, id, digits / 2)))
		return error_set(e, ERROR_FAULT, MSG_ORDER_FORM, "cka_id");
	if (token_info_initialised(&t->info) && (token_open(t, false, e) || token_objects(t, &list, &count, e)))
		goto out;
	for (size_t i = 0; i < count; i++) {
		label_used |= !strcmp(bytes_string(&list[i].label), bytes_string(&r->key_label));
		id_used |= object_has_id(&list[i], id, digits / 2);
	}
	if (r->has_key_label)
		json_member_bool(w, "label_used", label_used);
	if (r->has_cka_id)
		json_member_bool(w, "id_used", id_used);
	rc = 0;
out:
	object_list_free(&list, count);
	return rc;
}

/* ulMaxPinLen may be "unavailable": then there is no bound that it knows of. */
static int64_t pin_bound(CK_ULONG value, int64_t unknown)
{
	return value == CK_UNAVAILABLE_INFORMATION || value > INT32_MAX ? unknown : (int64_t)value;
}

int verb_inspect(struct token *t, const struct request *r, struct bytes *answer, struct error *e)
{
	struct json_writer w = {.out = answer};
	struct bytes part = {0};
	int rc = -1;
	if (token_find(t, e))
		goto out;
	token_info_pin_flags(&t->info, &part);
	json_begin_object(&w);
	json_member_text(&w, "label", token_info_initialised(&t->info) ? t->info.label : "");
	json_member_text(&w, "serial", t->info.serial);
	json_member_text(&w, "manufacturer", t->info.manufacturer);
	json_member_text(&w, "model", t->info.model);
	json_member_text(&w, "firmware", t->info.firmware);
	json_member_text(&w, "hardware", t->info.hardware);
	json_key(&w, "flags");
	token_info_flags(&t->info, &w);
	json_member_text(&w, "pin_flags", bytes_string(&part));
	json_key(&w, "mechanisms");
	if (put_mechanisms(t, &w, e))
		goto out;
	json_member_int(&w, "pin_min", pin_bound(t->info.info.ulMinPinLen, 0));
	json_member_int(&w, "pin_max", pin_bound(t->info.info.ulMaxPinLen, INT32_MAX));
	if (token_public_objects(t, &part, e))
		goto out;
	json_key(&w, "objects");
	json_put_raw(&w, bytes_string(&part), part.len);
	if ((r->has_key_label || r->has_cka_id) && put_used(t, r, &w, e))
		goto out;
	json_end_object(&w);
	rc = 0;
out:
	bytes_free(&part);
	return rc;
}
