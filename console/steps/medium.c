#include "steps/medium.h"

#include "base/text.h"

#include <string.h>

const struct site_medium *step_medium(const struct ceremony *c)
{
	return site_medium(c->site, step_param(ceremony_step(c), "medium"));
}

static int hash(const struct ceremony *c, const char *param, char hex[65])
{
	const char *text = step_param(ceremony_step(c), param);

	return text_sha256(text, strlen(text), hex);
}

int put_ready(const struct ceremony *c, const struct want *w, const char *param, const struct answer *a,
        struct outcome *out, struct error *e)
{
	char hex[65];

	return hash(c, param, hex) < 0 ? error_memory(e) : put_acknowledged(out, w, a, hex, e);
}

int check_ready(const struct ceremony *c, const char *param, const struct entry *entry, struct error *e)
{
	char hex[65];

	return hash(c, param, hex) < 0 ? error_memory(e) : check_acknowledged(c, entry, "ready", hex, NULL, e);
}

int put_file_fault(
        struct outcome *out, const struct want *w, const struct file_fault *f, const struct error *why, struct error *e)
{
	struct bytes sentence = {0}, visible = {0}, *data = outcome_add(out, FACTS_READ, w->step);

	if (!data)
		return error_memory(e);
	error_text(why, &sentence);
	if (f->named)
		bytes_printf(&visible, "%s: ", f->file);
	text_visible(&visible, bytes_string(&sentence), sentence.len);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "what", f->what);
	json_key(&j, "facts");
	json_begin_object(&j);
	json_member_text(&j, f->key, f->name);
	json_member_text(&j, "file", f->file);
	json_end_object(&j);
	json_key(&j, "faults");
	json_begin_array(&j);
	json_put_text(&j, bytes_string(&visible));
	json_end_array(&j);
	json_end_object(&j);
	bytes_free(&sentence);
	bytes_free(&visible);
	return bytes_end(data, e);
}
