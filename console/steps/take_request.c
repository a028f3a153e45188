/* take-request: a PKCS#10 request from a medium. Read whole, proof of possession and key checked, shown in full, and
 * its hash typed from the requester's paper by somebody else than who put the medium in. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "pki/key_check.h"
#include "pki/request.h"
#include "steps/request.h"
#include "steps/shared.h"
#include "steps/step.h"

enum { TOPIC_MEDIUM, TOPIC_READ, TOPIC_HASH };
/* 16 hex digits are 64 bits: nobody makes a second request that begins so. */
enum { DIGITS_MIN = 16, DIGITS_MAX = 64, WEAK_KEYS_MAX = 1 << 28 };

static const char ready[] = "ready";

static const char *param_of(const struct ceremony *c, const struct run *run, const char *name)
{
	return step_param(&c->script->steps[run->index], name);
}

static const struct script_request *request_of(const struct ceremony *c, const struct run *run)
{
	return script_request(c->script, param_of(c, run, "request"));
}

/* The bytes of the file, as the facts hold them, and the DER in them. */
static int read_recorded(const struct json *facts, struct bytes *file, struct bytes *der, bool *pem, struct error *e)
{
	const char *content = json_text(facts, "content");

	if (!content || base64_decode(content, strlen(content), file) < 0 || bytes_end(file, e) < 0)
		return error_set(e, ERROR_FAULT, "the facts do not hold the bytes of the request");
	return request_read(file->data, file->len, der, pem, e);
}

static const struct entry *facts_entry(const struct run *run)
{
	return journal_find(&run->journal, FACTS_READ, "request");
}

static int recorded(const struct run *run, struct bytes *file, struct bytes *der, bool *pem, struct error *e)
{
	const struct entry *entry = facts_entry(run);

	if (!entry)
		return error_set(e, ERROR_INTERNAL, "no request was read");
	return read_recorded(json_get(entry->data, "facts"), file, der, pem, e);
}

static int next_write(const struct ceremony *c, const struct run *run, struct want *w, bool as_it_was, struct error *e)
{
	struct bytes file = {0}, der = {0};
	char name[200];
	int rc = recorded(run, &file, &der, NULL, e);

	request_file(request_of(c, run), ceremony_rehearsal(c), as_it_was ? ".csr.pem" : ".csr.der", name);
	if (rc == 0)
		rc = want_write(w, &take_request_step, c->script->steps[run->index].id, name,
		        as_it_was ? "certification-request-pem" : "certification-request-der", as_it_was ? &file : &der,
		        e);
	w->event = ARTIFACT_TAKEN;
	bytes_free(&file);
	bytes_free(&der);
	return rc;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = c->script->steps[run->index].id;
	unsigned taken = journal_count(&run->journal, ARTIFACT_TAKEN, NULL);
	const struct entry *facts = facts_entry(run);
	const char *form = facts ? json_text(json_get(facts->data, "facts"), "form") : NULL;

	if (!journal_find(&run->journal, TEXT_ACKNOWLEDGED, NULL)) {
		want_set(w, WANT_ASK, &take_request_step, TOPIC_MEDIUM, step, TEXT_ACKNOWLEDGED, NULL);
	} else if (!facts) {
		want_set(w, WANT_LOOK, &take_request_step, TOPIC_READ, step, FACTS_READ, "request");
	} else if (!journal_find(&run->journal, VALUE_OBSERVED, NULL)) {
		want_set(w, WANT_ASK, &take_request_step, TOPIC_HASH, step, VALUE_OBSERVED, request_of(c, run)->name);
		w->other = FACTS_READ;
	} else if (!taken || (taken == 1 && form && !strcmp(form, "pem"))) {
		return next_write(c, run, w, taken == 1, e);
	}
	return 0;
}

static int text_hash(const struct ceremony *c, const struct run *run, char hex[65])
{
	const char *medium = param_of(c, run, "medium");
	return text_sha256(medium, strlen(medium), hex);
}

static void put_fault(struct json_writer *faults, const char *prefix, const char *text)
{
	struct bytes all = {0}, visible = {0};
	bytes_printf(&all, "%s%s", prefix, text);
	text_visible(&visible, bytes_string(&all), all.len);
	json_put_text(faults, bytes_string(&visible));
	bytes_free(&all);
	bytes_free(&visible);
}

static void put_error(struct json_writer *faults, const struct error *why)
{
	struct bytes text = {0};
	error_text(why, &text);
	put_fault(faults, "", bytes_string(&text));
	bytes_free(&text);
}

/* One finding of the key checks; an error is a fault as well. */
static void put_finding(const struct lint_finding *f, struct json_writer *facts, struct json_writer *faults)
{
	struct bytes sentence = {0}, prefix = {0};
	message_text(&f->message, NULL, &sentence);
	json_begin_object(facts);
	json_member_text(facts, "severity", f->severity == LINT_ERROR ? "error" : "warning");
	json_member_text(facts, "rule", f->rule);
	json_member_text(facts, "clause", f->clause);
	json_member_text(facts, "message", bytes_string(&sentence));
	json_end_object(facts);
	bytes_printf(&prefix, "%s: ", f->clause);
	if (f->severity == LINT_ERROR)
		put_fault(faults, *f->clause ? bytes_string(&prefix) : "", bytes_string(&sentence));
	bytes_free(&sentence);
	bytes_free(&prefix);
}

/* The list of the site, if it names one: read, and its hash for the facts. */
static int weak_list(const struct site *site, struct weak_keys *weak, struct bytes *hex, struct error *e)
{
	struct bytes text = {0};
	uint8_t sum[32];
	int rc = -1;

	if (!site->weak_keys)
		return 0;
	if (file_read(site->weak_keys, WEAK_KEYS_MAX, &text, e) == 0 && sha256(text.data, text.len, sum) == 0 &&
	        weak_keys_read(weak, text.data, text.len, e) == 0) {
		bytes_hex(hex, sum, 32);
		rc = bytes_end(hex, e);
	}
	bytes_free(&text);
	return rc;
}

/* What a file says and what is wrong with it. `facts` gets its members from "form" on; -1 only without memory. */
static int judge(const struct site *site, const struct bytes *file, struct json_writer *facts,
        struct json_writer *faults, struct error *e)
{
	struct bytes der = {0}, hex = {0};
	struct lint_findings found = {0};
	struct weak_keys weak = {0};
	struct pki_request *r = NULL;
	struct error why = {0};
	bool pem = false;
	int rc = 0;

	if (weak_list(site, &weak, &hex, &why) < 0)
		put_error(faults, &why);
	if (request_read(file->data, file->len, &der, &pem, &why) < 0 ||
	        !(r = request_parse(der.data, der.len, &why))) {
		put_error(faults, &why);
	} else {
		if (request_verify(r, &why) < 0) {
			struct bytes text = {0};
			error_text(&why, &text);
			put_fault(faults, "proof of possession (RFC 2986 section 4.2): ", bytes_string(&text));
			bytes_free(&text);
		}
		rc = key_check(request_spki(r).data, request_spki(r).len, &weak, &found, e);
	}
	json_member_text(facts, "form", pem ? "pem" : "der");
	json_member_text(facts, "weak_keys_sha256", hex.len ? bytes_string(&hex) : NULL);
	json_key(facts, "findings");
	json_begin_array(facts);
	for (size_t i = 0; i < found.count; i++)
		put_finding(&found.item[i], facts, faults);
	json_end_array(facts);
	lint_findings_free(&found);
	weak_keys_free(&weak);
	request_free(&r);
	bytes_free(&der);
	bytes_free(&hex);
	return rc;
}

/* The file of the script's name in the medium's directory: no link, nothing but a regular file, of bounded size. */
static int read_medium(const char *directory, const char *name, struct bytes *file, struct error *e)
{
	struct bytes path = {0};
	int rc = -1;

	bytes_printf(&path, "%s/%s", directory, name);
	if (bytes_end(&path, e) == 0)
		rc = file_read(bytes_string(&path), REQUEST_FILE_MAX, file, e);
	bytes_free(&path);
	return rc;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	const struct site_medium *m = site_medium(c->site, param_of(c, run, "medium"));
	struct bytes file = {0}, facts = {0}, faults = {0};
	struct json_writer f = {&facts, false}, g = {&faults, false};
	struct error why = {0};
	uint8_t sum[32];
	int rc = 0;

	(void)room;
	json_begin_object(&f);
	json_begin_array(&g);
	json_member_text(&f, "medium", m->name);
	json_member_text(&f, "directory", m->directory);
	json_member_text(&f, "file", param_of(c, run, "file"));
	if (read_medium(m->directory, param_of(c, run, "file"), &file, &why) < 0) {
		put_error(&g, &why);
	} else if (sha256(file.data, file.len, sum) < 0) {
		rc = error_memory(e);
	} else {
		json_member_int(&f, "bytes", (int64_t)file.len);
		json_member_hex(&f, "sha256", sum, 32);
		json_member_base64(&f, "content", file.data, file.len);
		rc = judge(c->site, &file, &f, &g, e);
	}
	json_end_object(&f);
	json_end_array(&g);
	if (rc == 0)
		rc = bytes_end(&facts, e) < 0 || bytes_end(&faults, e) < 0 ? -1 : put_facts(out, w, &facts, &faults, e);
	bytes_free(&file);
	bytes_free(&facts);
	bytes_free(&faults);
	return rc;
}

static bool says(const struct json *facts, const char *key, const char *wanted)
{
	const char *is = json_text(facts, key);
	return is && !strcmp(is, wanted);
}

static bool is_finding(const struct json *f)
{
	static const char *const keys[] = {"severity", "rule", "clause", "message"};
	const struct json *m = f->type == JSON_OBJECT ? f->child : NULL;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++, m = m->next)
		if (!m || m->type != JSON_STRING || strcmp(m->key, keys[i]))
			return false;
	return !m && (says(f, "severity", "error") || says(f, "severity", "warning"));
}

/* Exactly the members, in their order. */
static bool is_form(const struct json *facts)
{
	static const char *const keys[] = {
	        "medium", "directory", "file", "bytes", "sha256", "content", "form", "weak_keys_sha256", "findings"};
	const struct json *m = facts && facts->type == JSON_OBJECT ? facts->child : NULL;
	size_t i = 0;
	for (; m; m = m->next, i++)
		if (i == sizeof(keys) / sizeof(keys[0]) || strcmp(m->key, keys[i]))
			return false;
	return i == 3 || i == sizeof(keys) / sizeof(keys[0]);
}

/* Without a fault: the bytes are a request that holds its own key, and no finding about the key was an error. What
 * other findings there are is not looked into again: the rules of a later version may be more. */
static int check_sound(const struct json *facts, struct error *e)
{
	const struct json *findings = json_get(facts, "findings");
	struct bytes file = {0}, der = {0}, hex = {0};
	struct pki_request *r = NULL;
	bool pem = false;
	uint8_t sum[32];
	int rc = -1;

	for (const struct json *f = findings ? findings->child : NULL; f; f = f->next)
		if (!is_finding(f) || says(f, "severity", "error")) {
			error_set(e, ERROR_FAULT,
			        "a finding about the request's key is not of its form, or is an error that is no "
			        "fault");
			goto out;
		}
	if (read_recorded(facts, &file, &der, &pem, e) < 0 || sha256(file.data, file.len, sum) < 0)
		goto out;
	bytes_hex(&hex, sum, 32);
	if (!says(facts, "sha256", bytes_string(&hex)) || json_number(facts, "bytes", -1) != (int64_t)file.len ||
	        !says(facts, "form", pem ? "pem" : "der")) {
		error_set(e, ERROR_FAULT, "the facts of the request do not follow from its bytes");
		goto out;
	}
	r = request_parse(der.data, der.len, e);
	rc = r ? request_verify(r, e) : -1;
out:
	request_free(&r);
	bytes_free(&file);
	bytes_free(&der);
	bytes_free(&hex);
	return rc;
}

static int check_facts(const struct ceremony *c, const struct run *run, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts"), *faults = json_get(entry->data, "faults");
	const struct site_medium *m = site_medium(c->site, param_of(c, run, "medium"));

	if (!is_form(facts) || !says(facts, "medium", m->name) || !says(facts, "directory", m->directory) ||
	        !says(facts, "file", param_of(c, run, "file")))
		return error_set(
		        e, ERROR_FAULT, "the request was read from another place than the script and the site say");
	return faults && faults->count ? 0 : check_sound(facts, e);
}

/* The hex digits of what was typed; -1 when it is not 16 to 64 of them with blanks between. */
static int digits_of(const char *text, char digits[DIGITS_MAX + 1])
{
	size_t n = 0;
	for (const char *p = text; *p; p++) {
		if (*p == ' ')
			continue;
		if (!strchr("0123456789abcdef", *p) || n == DIGITS_MAX)
			return -1;
		digits[n++] = *p;
	}
	digits[n] = 0;
	return n < DIGITS_MIN ? -1 : 0;
}

/* The SHA-256 of the request's DER, in hex. */
static int sha256_of(const struct run *run, char hex[65], struct error *e)
{
	struct bytes file = {0}, der = {0};
	int rc = recorded(run, &file, &der, NULL, e);
	if (rc == 0)
		rc = text_sha256(der.data, der.len, hex);
	bytes_free(&file);
	bytes_free(&der);
	return rc;
}

static const char differs[] = "the SHA-256 on the paper is not that of the request on the medium";

/* facts.read of a hash that is not the request's, as the ceremony knows it. */
static int differs_data(const char *person, const char *typed, const char *sha, struct bytes *facts,
        struct bytes *faults, struct error *e)
{
	struct json_writer f = {facts, false}, g = {faults, false};
	json_begin_object(&f);
	json_member_text(&f, "person", person);
	json_member_text(&f, "text", typed);
	json_member_text(&f, "sha256", sha);
	json_end_object(&f);
	json_begin_array(&g);
	json_put_text(&g, differs);
	json_end_array(&g);
	return bytes_end(facts, e) < 0 || bytes_end(faults, e) < 0 ? -1 : 0;
}

/* Somebody present of the role, and not who put the medium in. */
static int check_reader(const struct ceremony *c, const struct run *run, const char *name, struct error *e)
{
	const struct person *p = name ? consent_find(c->consent, name) : NULL;
	const struct entry *put_in = journal_find(&run->journal, TEXT_ACKNOWLEDGED, NULL);

	if (!p || !p->present || strcmp(p->role, param_of(c, run, "by")))
		return error_set(e, ERROR_FAULT, "%s is not present as %s and cannot read the hash back",
		        name ? name : "nobody", param_of(c, run, "by"));
	if (put_in && !strcmp(json_text(put_in->data, "person"), name))
		return error_set(e, ERROR_FAULT, "%s put the medium in and cannot read the hash back", name);
	return 0;
}

static bool is_text(const struct json *value, const struct bytes *text)
{
	struct bytes is = {0};
	struct json_writer j = {&is, false};
	json_put(&j, value);
	bool same = bytes_end(&is, NULL) == 0 && is.len == text->len && !memcmp(is.data, text->data, is.len);
	bytes_free(&is);
	return same;
}

static int check_hash(const struct ceremony *c, const struct run *run, const struct entry *entry, struct error *e)
{
	bool same = entry->event == VALUE_OBSERVED;
	const struct json *from = same ? entry->data : json_get(entry->data, "facts");
	const char *person = json_text(from, "person"), *text = json_text(from, "text");
	char digits[DIGITS_MAX + 1], sha[65];
	struct bytes facts = {0}, faults = {0};
	int rc = -1;

	if (check_reader(c, run, person, e) < 0 || sha256_of(run, sha, e) < 0)
		return -1;
	if (!text || digits_of(text, digits) < 0)
		return error_set(e, ERROR_FAULT, "the hash that was read back is not 16 to 64 hex digits");
	bool is = !strncmp(digits, sha, strlen(digits));
	if (same && !is)
		return error_set(e, ERROR_FAULT, "the hash that was read back is not the request's");
	if (!same && is)
		return error_set(e, ERROR_FAULT, "the hash that was read back is said to differ, and is the request's");
	if (same)
		return 0;
	if (!says(entry->data, "what", "read-back") || differs_data(person, text, sha, &facts, &faults, e) < 0 ||
	        !is_text(from, &facts) || !is_text(json_get(entry->data, "faults"), &faults))
		error_set(e, ERROR_FAULT, "the facts of a hash that differs are not of their form");
	else
		rc = 0;
	bytes_free(&facts);
	bytes_free(&faults);
	return rc;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct run *run = ceremony_run(c);
	char hex[65];

	if (w->topic == TOPIC_HASH && w->kind == WANT_ASK)
		return check_hash(c, run, entry, e);
	if (entry->event == FACTS_READ)
		return check_facts(c, run, entry, e);
	if (entry->event != TEXT_ACKNOWLEDGED)
		return 0;
	const struct person *p = consent_find(c->consent, json_text(entry->data, "person"));
	if (p && !strcmp(p->role, param_of(c, run, "by")))
		return error_set(e, ERROR_FAULT,
		        "%s is of the role that reads the hash back and cannot put the medium in", p->name);
	return text_hash(c, run, hex) < 0 ? error_memory(e) : check_acknowledged(c, entry, ready, hex, NULL, e);
}

static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	struct bytes file = {0}, der = {0};

	if (entry->event != VALUE_OBSERVED)
		return 0;
	int rc = recorded(run, &file, &der, NULL, e);
	if (rc == 0)
		rc = request_keep(&c->requests[ceremony_request_index(c, request_of(c, run)->name)], &der, e);
	bytes_free(&file);
	bytes_free(&der);
	return rc;
}

static int ask_medium(const struct ceremony *c, const struct run *run, struct prompt *p, struct error *e)
{
	const char *by = param_of(c, run, "by"), *readers[64] = {NULL};
	size_t n = 0;

	p->kind = PROMPT_ACKNOWLEDGE;
	message_set(&p->title, N_("The medium %s"), param_of(c, run, "medium"));
	if (prompt_message(p, LINE_PLAIN, N_("It must be at %s, with the request in the file %s."),
	            site_medium(c->site, param_of(c, run, "medium"))->directory, param_of(c, run, "file")) < 0 ||
	        prompt_message(p, LINE_PLAIN,
	                N_("The role %s will read the hash back, so somebody else puts the medium in."), by) < 0)
		return error_memory(e);
	for (size_t i = 0; i < consent_people(c->consent) && n + 1 < sizeof(readers) / sizeof(readers[0]); i++) {
		const struct person *person = consent_person(c->consent, i);
		if (!strcmp(person->role, by))
			readers[n++] = person->name;
	}
	struct field *who = prompt_field(p, "person", FIELD_CHOICE, N_("Who put it in"));
	if (!who || field_people(c, who, NULL, readers) < 0)
		return error_memory(e);
	struct field *typed = prompt_field(p, "word", FIELD_WORD, N_("Type the word"));
	return typed && field_set(&typed->word, ready) == 0 ? 0 : error_memory(e);
}

static int findings_lines(const struct run *run, struct prompt *p)
{
	const struct json *findings = json_get(json_get(facts_entry(run)->data, "facts"), "findings");
	for (const struct json *f = findings ? findings->child : NULL; f; f = f->next) {
		struct bytes text = {0};
		bytes_printf(&text, "%s: %s", json_text(f, "clause"), json_text(f, "message"));
		int rc = bytes_end(&text, NULL) < 0 ? -1 : prompt_line(p, LINE_WARNING, bytes_string(&text));
		bytes_free(&text);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int ask_hash(const struct ceremony *c, const struct run *run, struct prompt *p, struct error *e)
{
	struct bytes file = {0}, der = {0};
	struct pki_request *r = NULL;
	char sha[65];
	int rc = -1;

	p->kind = PROMPT_FORM;
	p->see_all = true;
	message_set(&p->title, N_("The request %s in full"), request_of(c, run)->name);
	message_set(&p->actor, "%s", param_of(c, run, "by"));
	if (recorded(run, &file, &der, NULL, e) < 0 || sha256_of(run, sha, e) < 0 ||
	        !(r = request_parse(der.data, der.len, e)))
		goto out;
	if (findings_lines(run, p) < 0 || request_lines(request_info(r).data, request_info(r).len, p, e) < 0 ||
	        prompt_message(p, LINE_PLAIN,
	                N_("Its SHA-256 is not shown: type what stands on the requester's paper, all of it or the "
	                   "first 16 digits at "
	                   "the least.")) < 0)
		goto out;
	struct field *who = prompt_field(p, "person", FIELD_CHOICE, N_("Who reads it back"));
	if (!who || field_people(c, who, param_of(c, run, "by"), NULL) < 0)
		goto out;
	struct field *text = prompt_field(p, "text", FIELD_TEXT, N_("SHA-256 of the request, from the paper"));
	/* The made-up people of a rehearsal have no paper. */
	if (!text || field_set(&text->pattern, "^[0-9a-f ]{16,100}$") < 0 ||
	        (ceremony_rehearsal(c) && field_set(&text->example, sha) < 0))
		goto out;
	text->max = 100;
	rc = 0;
out:
	if (rc < 0 && e && !e->code)
		error_memory(e);
	request_free(&r);
	bytes_free(&file);
	bytes_free(&der);
	return rc;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const struct run *run = ceremony_run(c);
	(void)room;
	return w->topic == TOPIC_MEDIUM ? ask_medium(c, run, p, e) : ask_hash(c, run, p, e);
}

static int answer_hash(const struct ceremony *c, const struct want *w, const struct run *run, const struct answer *a,
        struct outcome *out, struct error *e)
{
	const char *person = answer_text(a, "person"), *text = answer_text(a, "text");
	char digits[DIGITS_MAX + 1], sha[65];
	struct bytes facts = {0}, faults = {0};
	struct want differing = {.what = "read-back", .step = w->step};

	if (digits_of(text, digits) < 0)
		return error_set(e, ERROR_FAULT,
		        "type at least 16 digits of the SHA-256, and no more than its 64: 0 to 9 and a to f, with "
		        "blanks as you like");
	if (check_reader(c, run, person, e) < 0 || sha256_of(run, sha, e) < 0)
		return -1;
	if (strncmp(digits, sha, strlen(digits))) {
		int rc = differs_data(person, text, sha, &facts, &faults, e) < 0
		                 ? -1
		                 : put_facts(out, &differing, &facts, &faults, e);
		bytes_free(&facts);
		bytes_free(&faults);
		return rc;
	}
	struct bytes *data = outcome_add(out, VALUE_OBSERVED, w->step);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "name", w->what);
	json_member_text(&j, "person", person);
	json_member_text(&j, "text", text);
	json_end_object(&j);
	return bytes_end(data, e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	char hex[65];
	(void)room;
	if (w->topic == TOPIC_HASH)
		return answer_hash(c, w, run, a, out, e);
	return text_hash(c, run, hex) < 0 ? error_memory(e) : put_acknowledged(out, w, a, hex, e);
}

static const char *const help[] = {N_("The request is read from the medium once, checked, and kept with the record. A "
                                      "request that does not prove its key, or whose key is weak, is "
                                      "refused; nobody can accept it."),
        N_("The requester wrote its SHA-256 on paper beforehand, in another way than the medium came. Compare every "
           "field of the request with what "
           "was agreed, then type the digits from the paper."),
        N_("When they differ, the step stops: another file is on the medium, or the paper is wrong."), NULL};

const struct step_kind take_request_step = {
        .name = "take-request",
        .next = next,
        .check = check,
        .apply = apply,
        .ask = ask,
        .answer = answer,
        .look = look,
        .help = help,
};
