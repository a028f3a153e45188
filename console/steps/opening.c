/* ceremony.opened: what entry 0 says of script and site. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "steps/ceremony.h"

static void put_roles(struct json_writer *w, const struct script *s)
{
	json_key(w, "roles");
	json_begin_object(w);
	for (size_t i = 0; i < s->role_count; i++) {
		const struct script_role *r = &s->roles[i];
		json_key(w, r->name);
		json_begin_object(w);
		if (r->range) {
			json_key(w, "count");
			json_begin_object(w);
			json_member_int(w, "minimum", r->minimum);
			json_member_int(w, "maximum", r->maximum);
			json_end_object(w);
		} else {
			json_member_int(w, "count", r->minimum);
		}
		json_key(w, "quorum");
		if (r->quorum)
			json_put_int(w, r->quorum);
		else
			json_put_null(w);
		json_end_object(w);
	}
	json_end_object(w);
}

static void put_exclusive(struct json_writer *w, const struct script *s)
{
	json_key(w, "exclusive");
	json_begin_array(w);
	for (size_t i = 0; i < s->exclusive_count; i++) {
		json_begin_array(w);
		for (size_t k = 0; k < s->exclusive[i].count; k++)
			json_put_text(w, s->exclusive[i].item[k]);
		json_end_array(w);
	}
	json_end_array(w);
}

/* In a rehearsal stand-ins take the pinned seats: the names in the script are other people's. */
static void put_people(struct json_writer *w, const struct script *s)
{
	json_key(w, "people");
	json_begin_array(w);
	for (size_t i = 0; i < s->person_count; i++) {
		json_begin_object(w);
		json_member_text(w, "person", s->people[i].name);
		json_member_text(w, "role", s->people[i].role);
		json_member_text(w, "vkey", s->people[i].key);
		json_member_text(w, "card", s->people[i].card);
		json_end_object(w);
	}
	json_end_array(w);
}

void opening_steps(struct json_writer *w, const struct script *s, size_t from, size_t count)
{
	json_begin_array(w);
	for (size_t i = from; i < from + count; i++) {
		json_begin_object(w);
		json_member_text(w, "id", s->steps[i].id);
		json_member_text(w, "do", s->steps[i].kind);
		json_member_text(w, "approve", s->steps[i].approve);
		json_end_object(w);
	}
	json_end_array(w);
}

static const char *const login_names[] = {
        [LOGIN_SHARES] = "shares", [LOGIN_SPLIT_ENTRY] = "split-entry", [LOGIN_PROTECTED_PATH] = "protected-path"};

static int put_hsms(struct json_writer *w, const struct script *s, const struct site *site, const struct opening *o,
        struct error *e)
{
	json_key(w, "hsm");
	json_begin_object(w);
	for (size_t i = 0; i < s->hsm_count; i++) {
		const struct site_hsm *h = site_hsm(site, s->hsms[i].name);
		if (!h)
			return error_set(e, ERROR_FAULT, "the site file does not say where hsm %s is", s->hsms[i].name);
		json_key(w, h->name);
		json_begin_object(w);
		json_member_text(w, "module", h->module);
		json_member_hex(w, "module_sha256", o->module_sha256[i], 32);
		json_member_text(w, "label", h->label);
		json_member_text(w, "serial", h->serial);
		json_member_text(w, "login", login_names[h->login]);
		json_member_bool(w, "software", s->hsms[i].software);
		json_end_object(w);
	}
	json_end_object(w);
	return 0;
}

int opening_data(
        const struct script *s, const struct site *site, const struct opening *o, struct bytes *data, struct error *e)
{
	struct json_writer w = {data, false};

	json_begin_object(&w);
	json_member_int(&w, "format", 1);
	json_member_text(&w, "origin", o->origin);
	json_member_bool(&w, "rehearsal", o->rehearsal);
	json_member_text(&w, "console", o->console);
	json_key(&w, "script");
	json_begin_object(&w);
	json_member_hex(&w, "sha256", s->sha256, 32);
	json_key(&w, "title");
	json_begin_object(&w);
	for (size_t i = 0; i < s->languages.count; i++)
		json_member_text(&w, s->languages.item[i], s->title.in[i]);
	json_end_object(&w);
	json_end_object(&w);
	json_key(&w, "site");
	json_begin_object(&w);
	json_member_hex(&w, "sha256", site->sha256, 32);
	json_end_object(&w);
	json_key(&w, "program");
	json_begin_object(&w);
	json_member_text(&w, "version", o->program_version);
	json_member_hex(&w, "sha256", o->program_sha256, 32);
	json_end_object(&w);
	json_key(&w, "libraries");
	json_put_raw(&w, o->libraries, strlen(o->libraries));
	json_key(&w, "host");
	json_begin_object(&w);
	json_member_text(&w, "os", o->host_os);
	json_member_text(&w, "image", o->host_image);
	json_end_object(&w);
	put_roles(&w, s);
	put_exclusive(&w, s);
	json_member_text(&w, "control", s->control);
	put_people(&w, s);
	size_t listed = s->step_count < POLICY_STEPS_A_LINE ? s->step_count : POLICY_STEPS_A_LINE;
	json_key(&w, "steps");
	opening_steps(&w, s, 0, listed);
	json_member_int(&w, "more_steps", (int64_t)(s->step_count - listed));
	if (put_hsms(&w, s, site, o, e) < 0)
		return -1;
	json_key(&w, "previous");
	json_put_raw(&w, o->previous, strlen(o->previous));
	json_end_object(&w);
	return bytes_end(data, e);
}

int opening_listed(const struct script *s, size_t from, struct bytes *data, struct error *e)
{
	struct json_writer w = {data, false};
	size_t left = s->step_count - from;

	json_begin_object(&w);
	json_member_int(&w, "first", (int64_t)from + 1);
	json_key(&w, "steps");
	opening_steps(&w, s, from, left < POLICY_STEPS_A_LINE ? left : POLICY_STEPS_A_LINE);
	json_end_object(&w);
	return bytes_end(data, e);
}

int previous_allowed(const struct script *s, bool given, struct error *e)
{
	if (given && !strcmp(s->previous, "none"))
		return error_set(e, ERROR_FAULT,
		        "%s says \"previous: none\", and a previous record was given; write optional or required, or "
		        "leave it out",
		        s->path);
	if (!given && !strcmp(s->previous, "required"))
		return error_set(e, ERROR_FAULT,
		        "%s says \"previous: required\": name the record of the ceremony before with --previous",
		        s->path);
	return 0;
}

int opening_check(const struct ceremony *c, const struct entry *entry, struct error *e)
{
	const struct json *d = entry->data, *program = json_get(d, "program"), *host = json_get(d, "host");
	struct bytes libraries = {0}, previous = {0}, expected = {0}, is = {0};
	uint8_t(*modules)[32] = calloc(c->script->hsm_count + 1, sizeof(*modules));
	struct opening o = {.libraries = "{}"};
	int rc = -1;

	struct json_writer w = {&libraries, false};
	json_put(&w, json_get(d, "libraries"));
	w = (struct json_writer){&previous, false};
	json_put(&w, json_get(d, "previous"));
	w = (struct json_writer){&is, false};
	json_put(&w, d);
	if (!modules || bytes_end(&libraries, e) < 0 || bytes_end(&previous, e) < 0) {
		error_memory(e);
		goto out;
	}
	o = (struct opening){.origin = json_text(d, "origin"),
	        .console = json_text(d, "console"),
	        .program_version = json_text(program, "version"),
	        .libraries = bytes_string(&libraries),
	        .host_os = json_text(host, "os"),
	        .host_image = json_text(host, "image"),
	        .rehearsal = json_true(d, "rehearsal"),
	        .module_sha256 = (const uint8_t(*)[32])modules,
	        .previous = bytes_string(&previous)};
	const char *hex = json_text(program, "sha256");
	if (!hex || hex_decode(hex, strlen(hex), o.program_sha256, 32) < 0) {
		error_set(e, ERROR_FAULT, "the program's hash in ceremony.opened is no hash");
		goto out;
	}
	for (size_t i = 0; i < c->script->hsm_count; i++) {
		hex = json_text(json_get(json_get(d, "hsm"), c->script->hsms[i].name), "module_sha256");
		if (!hex || hex_decode(hex, strlen(hex), modules[i], 32) < 0) {
			error_set(e, ERROR_FAULT, "ceremony.opened names no module hash for hsm %s",
			        c->script->hsms[i].name);
			goto out;
		}
	}
	if (opening_data(c->script, c->site, &o, &expected, e) < 0 || bytes_end(&is, e) < 0)
		goto out;
	if (expected.len != is.len || memcmp(expected.data, is.data, is.len)) {
		error_set(e, ERROR_FAULT, "ceremony.opened is not what script.yaml and site.yaml say");
		goto out;
	}
	/* The origin is the script's, then a run id; a rehearsal's begins rehearsal/. */
	const char *origin = o.origin;
	if (o.rehearsal && !strncmp(origin, "rehearsal/", 10))
		origin += 10;
	size_t n = strlen(c->script->origin);
	if (strncmp(origin, c->script->origin, n) || origin[n] != '/') {
		error_set(e, ERROR_FAULT, "the origin %s is not the script's origin %s and a run id", o.origin,
		        c->script->origin);
		goto out;
	}
	if (previous_allowed(c->script, strcmp(o.previous, "null") != 0, e) < 0)
		goto out;
	if (!o.rehearsal && !c->script->person_count) {
		error_set(e, ERROR_FAULT, "a real ceremony's script pins its people, this one pins none");
		goto out;
	}
	rc = 0;
out:
	free(modules);
	bytes_free(&libraries);
	bytes_free(&previous);
	bytes_free(&expected);
	bytes_free(&is);
	return rc;
}
