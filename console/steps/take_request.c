/* take-request: a PKCS#10 request from a medium. Read whole, proof of possession and key checked, shown in full, and
 * its hash typed from the requester's paper by somebody else than who put the medium in. */
#include <stdio.h>
#include <string.h>

#include "pki/request.h"
#include "steps/medium.h"
#include "steps/request.h"
#include "steps/request_facts.h"
#include "steps/shared.h"
#include "steps/step.h"

enum { TOPIC_MEDIUM, TOPIC_READ, TOPIC_HASH };
/* 16 hex digits are 64 bits: nobody makes a second request that begins so. */
enum { DIGITS_MIN = 16, DIGITS_MAX = 64 };

static const char ready[] = "ready";

static const char *param_of(const struct ceremony *c, const struct run *run, const char *name)
{
	return step_param(&c->script->steps[run->index], name);
}

static const struct script_request *request_of(const struct ceremony *c, const struct run *run)
{
	return script_request(c->script, param_of(c, run, "request"));
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
	return request_facts_bytes(json_get(entry->data, "facts"), file, der, pem, e);
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

/* `parser` is for the look alone. */
static struct request_place place_of(const struct ceremony *c, const struct run *run, const char *parser)
{
	return (struct request_place){site_medium(c->site, param_of(c, run, "medium")), param_of(c, run, "file"),
	        c->site->weak_keys, parser, ceremony_rehearsal(c)};
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	struct request_place place = place_of(c, ceremony_run(c), room->parser);
	struct bytes facts = {0}, faults = {0};

	int rc = request_facts_read(&place, &facts, &faults, e) < 0 ? -1 : put_facts(out, w, &facts, &faults, e);
	bytes_free(&facts);
	bytes_free(&faults);
	return rc;
}

static int text_hash(const struct ceremony *c, const struct run *run, char hex[65])
{
	const char *medium = param_of(c, run, "medium");
	return text_sha256(medium, strlen(medium), hex);
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
	if (strcmp(json_text(entry->data, "what"), "read-back") ||
	        differs_data(person, text, sha, &facts, &faults, e) < 0 || !is_text(from, &facts) ||
	        !is_text(json_get(entry->data, "faults"), &faults))
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
	struct request_place place = place_of(c, run, NULL);
	char hex[65];

	if (w->topic == TOPIC_HASH && w->kind == WANT_ASK)
		return check_hash(c, run, entry, e);
	if (entry->event == FACTS_READ)
		return request_facts_check(&place, json_get(entry->data, "facts"), json_get(entry->data, "faults"), e);
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
	const struct mount_place place =
	        medium_place(site_medium(c->site, param_of(c, run, "medium")), ceremony_rehearsal(c));
	size_t n = 0;

	p->kind = PROMPT_ACKNOWLEDGE;
	message_set(&p->title, N_("The medium %s"), param_of(c, run, "medium"));
	if (prompt_message(p, LINE_PLAIN, N_("It must be at %s, with the request in the file %s."), place.directory,
	            param_of(c, run, "file")) < 0 ||
	        medium_lines(&place, p) < 0 ||
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

static int ask_hash(
        const struct ceremony *c, const struct run *run, const char *parser, struct prompt *p, struct error *e)
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
	if (findings_lines(run, p) < 0 || request_lines(request_info(r).data, request_info(r).len, parser, p, e) < 0 ||
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

	return w->topic == TOPIC_MEDIUM ? ask_medium(c, run, p, e) : ask_hash(c, run, room->parser, p, e);
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
