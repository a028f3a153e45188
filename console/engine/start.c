/* The beginning of a run: a new ceremony, or one that goes on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <sodium.h>

#include "base/file.h"
#include "base/text.h"
#include "engine/load.h"
#include "engine/private.h"
#include "engine/ready.h"
#include "media/volume.h"
#include "steps/certificate.h"
#include "steps/foreign.h"
#include "steps/request.h"

enum { FREE_BYTES = 16 << 20 };

int environment_make(const struct site *site, char ***environment, struct error *e)
{
	size_t n = 0;
	for (size_t i = 0; i < site->hsm_count; i++)
		n += site->hsms[i].environment_count;
	char **list = calloc(n + 1, sizeof(*list));
	if (!list)
		return error_memory(e);
	*environment = list;
	for (size_t i = 0; i < site->hsm_count; i++)
		for (size_t k = 0; k < site->hsms[i].environment_count; k++)
			if (asprintf(list++, "%s=%s", site->hsms[i].environment[k].name,
			            site->hsms[i].environment[k].value) < 0)
				return error_memory(e);
	return 0;
}

int console_key_make(struct engine *g, const char *origin, struct vkey *key, struct error *e)
{
	uint8_t public_key[32];
	secret_free(&g->room.seed);
	g->room.seed = signing_key_new(public_key, e);
	return g->room.seed ? vkey_make(key, origin, NOTE_ED25519, public_key, e) : -1;
}

static int origin_make(const struct script *s, bool rehearsal, struct bytes *out, struct error *e)
{
	char time[TIME_TEXT];
	uint8_t run[4];
	time_format_seconds(time_now_ms() / 1000, time);
	random_bytes(run, sizeof(run));
	bytes_printf(out, "%s%s/", rehearsal ? "rehearsal/" : "", s->origin);
	for (const char *t = time; *t; t++)
		if (*t != '-' && *t != ':')
			bytes_byte(out, (uint8_t)*t);
	bytes_byte(out, '-');
	bytes_hex(out, run, sizeof(run));
	return bytes_end(out, e);
}

static int libraries_put(struct bytes *out, struct error *e)
{
	struct json_writer j = {out, false};
	json_begin_object(&j);
	json_member_text(&j, "openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
	json_member_text(&j, "libsodium", sodium_version_string());
	json_end_object(&j);
	return bytes_end(out, e);
}

int module_hash(const struct site_hsm *h, uint8_t sum[32], struct error *e)
{
	/* A package's module is often a link to the file: the file is what is loaded and hashed. */
	char *file = realpath(h->module, NULL);
	int rc = file ? file_sha256(file, sum, NULL, e)
	              : error_errno(e, N_("the module %s cannot be read: %s"), h->module);
	free(file);
	return rc;
}

/* The hash of the program that runs. */
static int program_hash(uint8_t sum[32], struct error *e)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n < 0)
		return error_errno(e, "%s cannot be read: %s", "/proc/self/exe");
	path[n] = 0;
	return file_sha256(path, sum, NULL, e);
}

/* What entry 0 says of the record before. */
static int previous_put(const struct previous *p, struct bytes *out, struct error *e)
{
	struct json_writer j = {out, false};
	if (!p->size) {
		json_put_null(&j);
		return bytes_end(out, e);
	}
	json_begin_object(&j);
	json_member_text(&j, "origin", bytes_string(&p->origin));
	json_member_int(&j, "size", (int64_t)p->size);
	json_member_base64(&j, "root", p->root, sizeof(p->root));
	json_end_object(&j);
	return bytes_end(out, e);
}

/* Entry 0. */
static int open_ceremony(struct engine *g, bool rehearsal, struct error *e)
{
	struct bytes before = {0};
	const struct script *s = g->c->script;
	struct bytes origin = {0}, console = {0}, libraries = {0}, os = {0}, data = {0};
	uint8_t(*modules)[32] = calloc(s->hsm_count + 1, sizeof(*modules));
	struct utsname u;
	struct vkey key;
	struct opening o = {
	        .rehearsal = rehearsal, .program_version = TACHIAI_VERSION, .host_image = g->c->site->image};
	int rc = -1;

	if (!modules) {
		error_memory(e);
		goto out;
	}
	for (size_t i = 0; i < s->hsm_count; i++) {
		if (module_hash(site_hsm(g->c->site, s->hsms[i].name), modules[i], e) < 0)
			goto out;
	}
	uname(&u);
	bytes_printf(&os, "%s %s %s", u.sysname, u.release, u.machine);
	if (origin_make(s, rehearsal, &origin, e) < 0 || libraries_put(&libraries, e) < 0 || bytes_end(&os, e) < 0 ||
	        program_hash(o.program_sha256, e) < 0 || console_key_make(g, bytes_string(&origin), &key, e) < 0)
		goto out;
	vkey_text(&key, &console);
	o.origin = bytes_string(&origin);
	o.console = bytes_string(&console);
	o.libraries = bytes_string(&libraries);
	o.host_os = bytes_string(&os);
	o.module_sha256 = (const uint8_t(*)[32])modules;
	if (previous_put(&g->previous, &before, e) < 0)
		goto out;
	o.previous = bytes_string(&before);
	if (opening_data(s, g->c->site, &o, &data, e) == 0)
		rc = engine_append(g, NULL, CEREMONY_OPENED, bytes_string(&data), e);
out:
	free(modules);
	bytes_free(&origin);
	bytes_free(&console);
	bytes_free(&libraries);
	bytes_free(&os);
	bytes_free(&data);
	bytes_free(&before);
	return rc;
}

/* What can be known before a record is made is known before. */
static int ready(
        const struct script *s, const struct engine_options *o, const struct previous *previous, struct error *e)
{
	struct certificate_state *known = NULL;
	struct bytes facts = {0}, faults = {0};
	int rc = -1;

	if (!o->rehearsal && !s->person_count) {
		error_set(e, ERROR_FAULT,
		        "%s: a real ceremony's script pins its people: add people: with the vkey of everyone who may "
		        "sit down",
		        s->path);
		goto out;
	}
	known = previous_known(previous, s, e);
	if (!known || certificates_dry_run(o->parser, s, known, o->rehearsal, &facts, &faults, e) < 0)
		goto out;
	if (strcmp(bytes_string(&faults), "[]")) {
		error_set(e, ERROR_FAULT, "%s: the dry run found faults: %s", s->path, bytes_string(&faults));
		goto out;
	}
	for (size_t i = 0; i < s->request_count; i++)
		if (request_dry_run(s, &s->requests[i], e) < 0)
			goto out;
	rc = 0;
out:
	previous_known_free(s, &known);
	bytes_free(&facts);
	bytes_free(&faults);
	return rc;
}

static struct engine *engine_new(const struct engine_options *o, struct error *e)
{
	struct engine *g = calloc(1, sizeof(*g));
	if (!g || field_set(&g->helper, o->helper) < 0 || field_set(&g->record_path, o->record) < 0 ||
	        (o->parser && field_set(&g->parser, o->parser) < 0) ||
	        (o->report && field_set(&g->report, o->report) < 0)) {
		free(g);
		error_memory(e);
		return NULL;
	}
	g->status = ENGINE_BUSY;
	engine_clock_begin(g);
	if (engine_devices_begin(g, e) < 0)
		engine_free(&g);
	return g;
}

int engine_prepare(struct engine *g, const struct engine_options *o, struct error *e)
{
	const struct script *s = g->c->script;
	snprintf(g->language, sizeof(g->language), "%s", s->languages.item[0]);
	if (o->language)
		engine_language(g, o->language);
	if (g->c->site->credentials && field_set(&g->credentials, g->c->site->credentials) < 0)
		return error_memory(e);
	g->room.previous = g->previous.size ? &g->previous : NULL;
	g->room.credentials = g->credentials ? g->credentials : ".";
	g->room.helper = g->helper;
	g->room.parser = g->parser;
	return environment_make(g->c->site, &g->environment, e);
}

static int copy_in(struct engine *g, struct error *e)
{
	int dir = record_dir(g->room.record);
	const struct bytes *script = &g->c->script->raw, *site = &g->c->site->raw;
	if (file_write_new(dir, "script.yaml", script->data, script->len, 0644, e) < 0)
		return -1;
	return file_write_new(dir, "site.yaml", site->data, site->len, 0644, e);
}

/* The directory that the record will lie in has room and can be written. */
static int place_check(const char *record, struct error *e)
{
	char parent[4096];
	uint64_t free_bytes = 0;
	snprintf(parent, sizeof(parent), "%s", record);
	char *slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = 0;
	if (volume_check(slash ? parent : ".", &free_bytes, e) < 0)
		return -1;
	if (free_bytes < FREE_BYTES)
		return error_set(e, ERROR_MISSING,
		        "only %llu bytes are free where the record %s is to be written: free %d",
		        (unsigned long long)free_bytes, record, FREE_BYTES);
	return 0;
}

struct engine *engine_start(const struct engine_options *o, struct error *e)
{
	struct engine *g = engine_new(o, e);
	/* It comes from outside, on a medium perhaps; so does the site file. */
	bool sound = g && foreign_try_file(o->parser, foreign_script, o->script, SCRIPT_MAX, e) == 0;
	struct script *script = sound ? script_load(o->script, e) : NULL;
	struct ceremony only = {.script = script};
	struct site *site = NULL;
	char *made = NULL;

	if (!script || previous_allowed(script, o->previous, e) < 0 || place_check(o->record, e) < 0 ||
	        engine_previous(o, o->rehearsal, &g->previous, e) < 0 || previous_fits(&only, &g->previous, e) < 0 ||
	        ready(script, o, &g->previous, e) < 0)
		goto fail;
	if (access(o->record, F_OK) == 0) {
		error_set(e, ERROR_FAULT,
		        "%s exists: a record is never written over; name another directory, or resume that one",
		        o->record);
		goto fail;
	}
	if (o->rehearsal && rehearsal_prepare(script, o, &g->previous, &made, e) < 0)
		goto fail;
	if (!made && o->site && foreign_try_file(o->parser, foreign_site, o->site, SCRIPT_MAX, e) < 0)
		goto fail;
	site = site_load(made ? made : o->site, script, e);
	if (!site)
		goto fail;
	g->c = ceremony_new(script, site, e);
	script = NULL;
	site = NULL;
	if (!g->c || engine_prepare(g, o, e) < 0)
		goto fail;
	if (previous_fits(g->c, &g->previous, e) < 0)
		goto fail;
	if (!o->rehearsal && ready_cards(g->c->script, g->c->site, NULL, e) < 0)
		goto fail;
	if (ready_discs(g->c->script, g->c->site, NULL, e) < 0)
		goto fail;
	/* A module that is not there is found out before anything is left behind. */
	for (size_t i = 0; i < g->c->script->hsm_count; i++) {
		uint8_t sum[32];
		if (module_hash(site_hsm(g->c->site, g->c->script->hsms[i].name), sum, e) < 0)
			goto fail;
	}
	g->room.record = record_create(o->record, e);
	if (!g->room.record)
		goto fail;
	g->c->directory = record_dir(g->room.record);
	if (copy_in(g, e) < 0 || open_ceremony(g, o->rehearsal, e) < 0)
		goto fail;
	free(made);
	return g;
fail:
	free(made);
	script_free(&script);
	site_free(&site);
	engine_free(&g);
	return NULL;
}

struct folding {
	struct engine *g;
	bool failed;
};

static int fold(void *context, const struct entry *entry, const struct tree *after, struct error *e)
{
	struct folding *f = context;
	struct engine *g = f->g;
	f->failed = ceremony_check(g->c, entry, e) < 0 || ceremony_apply(g->c, entry, after, e) < 0 ||
	            engine_keep_line(g, entry, e) < 0;
	return f->failed ? -1 : 0;
}

static int nothing_begun(const char *record, struct error *e)
{
	return error_set(e, ERROR_FAULT,
	        N_("The record %s holds no entry: nothing was begun in it, so there is nothing to resume. Begin the "
	           "ceremony anew, in another directory."),
	        record);
}

/* The run before was cut before entry 0: script and site file may be missing as well, and are not what is wrong. */
static int begun(const char *record, struct error *e)
{
	struct stat st;
	int dir = dir_open(record, e), rc = dir < 0 ? -1 : 0;

	if (dir >= 0 &&
	        (fstatat(dir, "transcript.jsonl", &st, AT_SYMLINK_NOFOLLOW) < 0 ? errno == ENOENT : !st.st_size))
		rc = nothing_begun(record, e);
	if (dir >= 0)
		close(dir);
	return rc;
}

static int put_resumed(struct engine *g, const struct bytes *torn, struct error *e)
{
	struct bytes data = {0}, text = {0};
	struct json_writer j = {&data, false};
	uint64_t seq = 0;
	const struct proposal *open = consent_open_act(g->c->consent, &seq);
	struct vkey key;
	uint8_t sum[32];
	int rc = -1;

	if (!consent_policy(g->c->consent))
		return nothing_begun(g->record_path, e);
	if (console_key_make(g, consent_policy(g->c->consent)->origin, &key, e) < 0 ||
	        sha256(torn->data, torn->len, sum) < 0)
		return -1;
	vkey_text(&key, &text);
	json_begin_object(&j);
	json_member_text(&j, "console", bytes_string(&text));
	json_member_int(&j, "torn", (int64_t)torn->len);
	if (torn->len)
		json_member_hex(&j, "torn_sha256", sum, 32);
	else
		json_member_text(&j, "torn_sha256", NULL);
	json_key(&j, "open_intent");
	if (open)
		json_put_int(&j, (int64_t)seq);
	else
		json_put_null(&j);
	if (engine_seal(g, &j, e) < 0)
		goto out;
	json_end_object(&j);
	if (bytes_end(&data, e) == 0)
		rc = engine_append(g, NULL, CEREMONY_RESUMED, bytes_string(&data), e);
out:
	bytes_free(&data);
	bytes_free(&text);
	return rc;
}

struct engine *engine_resume(const struct engine_options *o, struct error *e)
{
	struct engine *g = engine_new(o, e);
	struct script *script = NULL;
	struct site *site = NULL;
	struct bytes path = {0}, torn = {0};
	struct folding f = {g, false};
	struct error why = {0};

	if (!g)
		return NULL;
	if (begun(o->record, e) < 0)
		goto fail;
	bytes_printf(&path, "%s/script.yaml", o->record);
	script = bytes_end(&path, e) < 0 ? NULL : script_load(bytes_string(&path), e);
	bytes_clear(&path);
	bytes_printf(&path, "%s/site.yaml", o->record);
	site = script && bytes_end(&path, e) == 0 ? site_load(bytes_string(&path), script, e) : NULL;
	if (!site)
		goto fail;
	g->c = ceremony_new(script, site, e);
	script = NULL;
	site = NULL;
	if (!g->c || engine_prepare(g, o, e) < 0)
		goto fail;
	g->c->directory = dir_open(o->record, e); /* for the fold, until the record is open */
	if (g->c->directory < 0)
		goto fail;
	g->room.record = record_open(o->record, fold, &f, &torn, &why);
	close(g->c->directory);
	g->c->directory = g->room.record ? record_dir(g->room.record) : -1;
	/* A closed record takes no entry more; but its derived files may be missing, and they are made again. */
	if (!g->room.record && (!g->c->closed || f.failed)) {
		*e = why;
		goto fail;
	}
	if (engine_sweep(g, e) < 0 || engine_previous(o, ceremony_rehearsal(g->c), &g->previous, e) < 0)
		goto fail;
	g->room.previous = g->previous.size ? &g->previous : NULL;
	if (!g->c->closed && put_resumed(g, &torn, e) < 0)
		goto fail;
	bytes_free(&path);
	bytes_free(&torn);
	return g;
fail:
	bytes_free(&path);
	bytes_free(&torn);
	script_free(&script);
	site_free(&site);
	engine_free(&g);
	return NULL;
}
