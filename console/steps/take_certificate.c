/* take-certificate: one that exists already is read from a medium, shown in full, and its hash read back. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pki/der.h"
#include "pki/profile.h"
#include "steps/foreign.h"
#include "steps/medium.h"

/* The DER stands in an entry, which has 64 KiB at most. */
enum { FILE_MAX = 1 << 17, DER_MAX = 1 << 14 };
enum { TOPIC_READY, TOPIC_FILE, TOPIC_MATCH };

static const char *param(const struct ceremony *c, const struct run *run, const char *name)
{
	return step_param(&c->script->steps[run->index], name);
}

static const struct site_medium *medium_of(const struct ceremony *c, const struct run *run)
{
	return site_medium(c->site, param(c, run, "medium"));
}

/* The DER of the newest facts.read, whose form check() has seen. */
static int taken(const struct run *run, struct bytes *der, struct error *e)
{
	const struct entry *entry = journal_find(&run->journal, FACTS_READ, "certificate");
	const char *text = entry ? json_text(json_get(entry->data, "facts"), "der") : NULL;

	if (!text || base64_decode(text, strlen(text), der) < 0)
		return error_set(e, ERROR_FAULT, "no certificate was read");
	return bytes_end(der, e);
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = c->script->steps[run->index].id;
	struct bytes der = {0};
	char name[200];

	if (!journal_count(&run->journal, TEXT_ACKNOWLEDGED, NULL)) {
		want_set(w, WANT_ASK, &take_certificate_step, TOPIC_READY, step, TEXT_ACKNOWLEDGED, NULL);
	} else if (!journal_find(&run->journal, FACTS_READ, "certificate")) {
		want_set(w, WANT_LOOK, &take_certificate_step, TOPIC_FILE, step, FACTS_READ, "certificate");
	} else if (!journal_find(&run->journal, ARTIFACT_TAKEN, NULL)) {
		if (taken(run, &der, e) < 0)
			return -1;
		snprintf(name, sizeof(name), "%.100s.taken.der", param(c, run, "certificate"));
		/* An attempt that failed left its file in the record under that name. */
		if (c->attempts[run->index] > 1)
			snprintf(name, sizeof(name), "%.100s.%u.taken.der", param(c, run, "certificate"),
			        c->attempts[run->index]);
		int rc = want_write(w, &take_certificate_step, step, name, "certificate-der", &der, e);
		w->event = ARTIFACT_TAKEN;
		return rc;
	} else if (journal_count(&run->journal, TEXT_ACKNOWLEDGED, NULL) < 2) {
		want_set(w, WANT_ASK, &take_certificate_step, TOPIC_MATCH, step, TEXT_ACKNOWLEDGED, NULL);
	}
	return 0;
}

/* What is acknowledged: the medium's name, then the certificate's hash. */
static int text_hash(const struct ceremony *c, const struct run *run, int topic, char hex[65], struct error *e)
{
	struct bytes der = {0};
	int rc;

	if (topic == TOPIC_READY)
		return text_sha256(param(c, run, "medium"), strlen(param(c, run, "medium")), hex) < 0 ? error_memory(e)
		                                                                                      : 0;
	rc = taken(run, &der, e);
	if (rc == 0 && text_sha256(der.data, der.len, hex) < 0)
		rc = error_memory(e);
	bytes_free(&der);
	return rc;
}

static const char *word_of(int topic)
{
	return topic == TOPIC_READY ? "ready" : "match";
}

static int match_lines(const struct run *run, const char *parser, struct prompt *p, struct error *e)
{
	struct bytes der = {0}, tbs = {0}, view = {0}, hex = {0}, words = {0};
	struct der_certificate parts;
	uint8_t sum[32];
	int rc = -1;

	if (taken(run, &der, e) < 0 || der_certificate(der.data, der.len, &parts, e) < 0)
		goto out;
	bytes_add(&tbs, parts.tbs.whole, parts.tbs.whole_len);
	if (bytes_end(&tbs, e) < 0 || foreign_view_certificate(parser, &tbs, &view, e) < 0)
		goto out;
	if (sha256(der.data, der.len, sum) < 0) {
		error_memory(e);
		goto out;
	}
	for (size_t i = 0; i < sizeof(sum); i += 2) {
		bytes_text(&hex, i ? " " : "");
		bytes_hex(&hex, sum + i, 2);
	}
	text_pgp_words(&words, sum, sizeof(sum));
	if (bytes_end(&hex, e) < 0 || bytes_end(&words, e) < 0)
		goto out;
	rc = prompt_message(p, LINE_HEADING, N_("The certificate that was read, in full")) < 0 ||
	                     prompt_lines(p, bytes_string(&view)) < 0 ||
	                     prompt_message(p, LINE_HEADING,
	                             N_("Its SHA-256: compare it with what its maker published")) < 0 ||
	                     prompt_line(p, LINE_FIXED, bytes_string(&hex)) < 0 ||
	                     prompt_line(p, LINE_FIXED, bytes_string(&words)) < 0
	             ? error_memory(e)
	             : 0;
out:
	bytes_free(&der);
	bytes_free(&tbs);
	bytes_free(&view);
	bytes_free(&hex);
	bytes_free(&words);
	return rc;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const struct run *run = ceremony_run(c);

	p->kind = PROMPT_ACKNOWLEDGE;
	p->see_all = true;
	message_set(&p->title, w->topic == TOPIC_READY ? N_("The medium %s") : N_("The certificate %s"),
	        param(c, run, w->topic == TOPIC_READY ? "medium" : "certificate"));
	if (w->topic == TOPIC_READY) {
		const struct mount_place place = medium_place(medium_of(c, run), ceremony_rehearsal(c));
		if (prompt_message(p, LINE_PLAIN, N_("It must be at %s. The file %s is read from it."),
		            medium_of(c, run)->directory, param(c, run, "file")) < 0 ||
		        medium_lines(&place, p) < 0)
			return error_memory(e);
	} else if (match_lines(run, room->parser, p, e) < 0) {
		return -1;
	}
	return ask_acknowledgement(c, p, param(c, run, "by"),
	        w->topic == TOPIC_READY ? N_("Who put it in") : N_("Who compared it"), word_of(w->topic), e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	char hex[65];
	(void)room;
	return text_hash(c, ceremony_run(c), w->topic, hex, e) < 0 ? -1 : put_acknowledged(out, w, a, hex, e);
}

/* Reads the file; what is wrong with it is a fault for people, not an error of ours. */
static void read_certificate(const struct ceremony *c, const struct run *run, const char *parser, struct bytes *der,
        struct json_writer *faults)
{
	struct bytes raw = {0}, text = {0}, visible = {0};
	struct error err = {0};

	if (medium_read(medium_of(c, run), ceremony_rehearsal(c), param(c, run, "file"), FILE_MAX, &raw, &err) < 0 ||
	        foreign_try(parser, foreign_certificate, &raw, &err) < 0 ||
	        certificate_read(raw.data, raw.len, der, &err) < 0 ||
	        (der->len > DER_MAX &&
	                error_set(&err, ERROR_FAULT, N_("The certificate is longer than %d bytes."), (int)DER_MAX))) {
		bytes_clear(der);
		error_text(&err, &text);
		text_visible(&visible, bytes_string(&text), text.len);
		json_put_text(faults, bytes_string(&visible));
	}
	bytes_free(&raw);
	bytes_free(&text);
	bytes_free(&visible);
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct bytes der = {0}, facts = {0}, faults = {0};
	struct json_writer f = {&facts, false}, g = {&faults, false};
	uint8_t sum[32];
	int rc = -1;

	json_begin_array(&g);
	read_certificate(c, run, room->parser, &der, &g);
	if (sha256(der.data, der.len, sum) < 0)
		goto out;
	json_end_array(&g);
	json_begin_object(&f);
	json_member_text(&f, "medium", medium_of(c, run)->name);
	json_member_text(&f, "directory", medium_of(c, run)->directory);
	json_member_text(&f, "file", param(c, run, "file"));
	if (der.len) {
		json_member_hex(&f, "sha256", sum, sizeof(sum));
		json_member_base64(&f, "der", der.data, der.len);
	}
	json_end_object(&f);
	if (bytes_end(&facts, e) == 0 && bytes_end(&faults, e) == 0)
		rc = put_facts(out, w, &facts, &faults, e);
out:
	bytes_free(&der);
	bytes_free(&facts);
	bytes_free(&faults);
	return rc;
}

static int check_facts(const struct ceremony *c, const struct run *run, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts"), *faults = json_get(entry->data, "faults");
	static const char *const keys[] = {"medium", "directory", "file", "sha256", "der"};
	const char *wanted[] = {medium_of(c, run)->name, medium_of(c, run)->directory, param(c, run, "file")};
	const struct json *m = facts->child;
	struct bytes der = {0}, again = {0};
	char hex[65] = "";
	size_t count = faults->count ? 3 : 5;
	int rc = -1;

	for (size_t i = 0; i < count; i++, m = m ? m->next : NULL)
		if (!m || m->type != JSON_STRING || strcmp(m->key, keys[i]) || (i < 3 && strcmp(m->text, wanted[i])))
			return error_set(e, ERROR_FAULT, "what was read is not the file that script and site say");
	if (m)
		return error_set(e, ERROR_FAULT, "more was read than the file that the script names");
	if (faults->count)
		return 0;
	if (base64_decode(json_text(facts, "der"), strlen(json_text(facts, "der")), &der) < 0 || der.len > DER_MAX ||
	        text_sha256(der.data, der.len, hex) < 0 || strcmp(hex, json_text(facts, "sha256")))
		error_set(e, ERROR_FAULT, "the certificate that was read has not the hash that is recorded");
	else
		rc = certificate_read(der.data, der.len, &again, e);
	if (rc == 0 && (again.len != der.len || memcmp(again.data, der.data, der.len)))
		rc = error_set(e, ERROR_FAULT, "what is recorded of the file is not DER");
	bytes_free(&der);
	bytes_free(&again);
	return rc;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct run *run = ceremony_run(c);
	char hex[65];

	if (entry->event == FACTS_READ)
		return check_facts(c, run, entry, e);
	if (entry->event != TEXT_ACKNOWLEDGED)
		return 0;
	if (text_hash(c, run, w->topic, hex, e) < 0)
		return -1;
	return check_acknowledged(c, entry, word_of(w->topic), hex, param(c, run, "by"), e);
}

static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	struct certificate_state *state = &c->certificates[ceremony_certificate_index(c, param(c, run, "certificate"))];

	if (entry->event != TEXT_ACKNOWLEDGED || journal_count(&run->journal, TEXT_ACKNOWLEDGED, NULL) != 2)
		return 0;
	bytes_clear(&state->der);
	if (taken(run, &state->der, e) < 0)
		return -1;
	if (sha256(state->der.data, state->der.len, state->sha256) < 0)
		return error_memory(e);
	state->issued = true;
	return 0;
}

static const char *const help[] = {
        N_("One certificate is read, in DER or PEM; a file with anything else before or behind it is refused."),
        N_("It is shown in full. Compare its hash with one that came another way: a gazette, a repository, a person's "
           "own record."),
        NULL};

const struct step_kind take_certificate_step = {
        .name = "take-certificate",
        .next = next,
        .check = check,
        .apply = apply,
        .ask = ask,
        .answer = answer,
        .look = look,
        .help = help,
};
