#include "steps/medium.h"

#include "base/text.h"
#include "media/volume.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

struct mount_place medium_place(const struct site_medium *m, bool rehearsal)
{
	return (struct mount_place){m->directory, m->device, m->filesystem, m->serial, rehearsal};
}

int medium_lines(const struct mount_place *place, struct prompt *p)
{
	char device[128];
	bool known;

	if (mount_plan(place, device, &known))
		return prompt_message(p, LINE_PLAIN,
		        N_("The console mounts %s there itself, without devices, programs and privileges on it, and "
		           "unmounts it "
		           "when it is done."),
		        device);
	if (known)
		return prompt_message(p, LINE_WARNING,
		        N_("The console may not mount %s, since it does not run as root. Somebody mounts it; it is "
		           "read back "
		           "without being mounted again, and the record says so."),
		        device);
	return prompt_message(p, LINE_PLAIN,
	        N_("The console uses this directory as it finds it: it mounts nothing, and the record says so."));
}

static bool lies_there(const char *directory, const char *name)
{
	struct bytes path = {0};
	struct stat st;

	bytes_printf(&path, "%s/%s", directory, name);
	bool there = bytes_end(&path, NULL) == 0 && lstat(bytes_string(&path), &st) == 0;
	bytes_free(&path);
	return there;
}

int taken_name(
        const struct site_medium *medium, bool rehearsal, const char *file, char out[TAKEN_NAME], struct error *e)
{
	snprintf(out, TAKEN_NAME, "REHEARSAL-%.100s", file);
	bool prefixed = rehearsal && lies_there(medium->directory, out);
	if (prefixed && lies_there(medium->directory, file))
		return error_set(e, ERROR_FAULT,
		        N_("On the medium %s lie both %s and %s. Take away the one that is not meant."), medium->name,
		        file, out);
	if (!prefixed)
		snprintf(out, TAKEN_NAME, "%.100s", file);
	return 0;
}

int medium_read(
        const struct site_medium *m, bool rehearsal, const char *file, size_t max, struct bytes *out, struct error *e)
{
	const struct mount_place place = medium_place(m, rehearsal);
	struct mount *mount = mount_open(&place, false, e);
	char name[TAKEN_NAME];
	int rc = mount && taken_name(m, rehearsal, file, name, e) == 0 ? volume_read(m->directory, name, max, out, e)
	                                                               : -1;

	if (mount && mount_close(&mount, rc == 0 ? e : NULL) < 0)
		rc = -1;
	return rc;
}

static const char *const mounted[] = {[MOUNT_NOT] = "no", [MOUNT_BEFORE] = "before", [MOUNT_HERE] = "here"};

/* What a device says of itself is foreign text; null: it says nothing. */
static void put_foreign(struct json_writer *j, const char *key, const char *text)
{
	struct bytes visible = {0};

	text_visible(&visible, text, strlen(text));
	json_member_text(j, key, *text ? bytes_string(&visible) : NULL);
	bytes_free(&visible);
}

void medium_put(struct json_writer *j, const struct mount_facts *f)
{
	json_key(j, "volume");
	if (!f) {
		json_put_null(j);
		return;
	}
	json_begin_object(j);
	json_member_text(j, "mounted", mounted[f->by]);
	put_foreign(j, "device", f->device);
	put_foreign(j, "model", f->model);
	put_foreign(j, "serial", f->serial);
	json_member_int(j, "bytes", (int64_t)f->bytes);
	put_foreign(j, "filesystem", f->filesystem);
	put_foreign(j, "options", f->options);
	json_member_bool(j, "read_only", f->read_only);
	json_member_bool(j, "again", f->again);
	json_end_object(j);
}

static bool is_volume(const struct json *volume)
{
	static const char *const keys[] = {
	        "mounted", "device", "model", "serial", "bytes", "filesystem", "options", "read_only", "again"};
	const struct json *v = volume && volume->type == JSON_OBJECT ? volume->child : NULL;
	size_t i = 0;

	for (; v && i < sizeof(keys) / sizeof(keys[0]); v = v->next, i++) {
		bool right = i == 4  ? v->type == JSON_INT && v->number >= 0
		             : i > 6 ? v->type == JSON_BOOL
		                     : v->type == JSON_STRING || (i && v->type == JSON_NULL);
		if (!right || strcmp(v->key, keys[i]) != 0)
			return false;
	}
	const char *by = json_text(volume, "mounted");
	return !v && i == sizeof(keys) / sizeof(keys[0]) &&
	       (!strcmp(by, "no") || !strcmp(by, "before") || !strcmp(by, "here"));
}

int medium_check(const struct site_medium *m, const struct json *volume, struct error *e)
{
	if (!is_volume(volume))
		return error_set(e, ERROR_FAULT, "what is known of the medium %s is not of its form", m->name);
	const char *by = json_text(volume, "mounted"), *serial = json_text(volume, "serial");
	bool again = json_true(volume, "again");
	/* A device of the site was mounted, by whomever; only what was mounted here can have been mounted again. */
	if ((m->device && !m->optical && !strcmp(by, "no")) || (again && strcmp(by, "here") != 0) ||
	        (again && !json_true(volume, "read_only")) ||
	        (m->serial && (!serial || strcmp(serial, m->serial) != 0)))
		return error_set(e, ERROR_FAULT,
		        "the medium %s is not the one that the site file says, or was not mounted", m->name);
	return 0;
}
