/* attest-key: what the vendor's HSM says of a key. A certificate for the key, made inside the HSM, and those above it
 * are read from a medium; the key must be the generated one, and the chain must end at the root that the script pins.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "pki/profile.h"
#include "steps/attestation.h"
#include "steps/foreign.h"
#include "steps/medium.h"

/* All of it stands in an entry, which has 64 KiB at most. */
enum { FILE_MAX = 1 << 15, CHAIN_BYTES = 1 << 15 };
enum { TOPIC_READY, TOPIC_FILES, TOPIC_MATCH };

const char attestation_placeholder[] =
        "REHEARSAL\nAn attestation by a vendor that does not exist is put here when the key is there.\n";

struct chain {
	struct bytes der[ATTESTATION_CHAIN_MAX];
	size_t count;
};

static void chain_free(struct chain *chain)
{
	for (size_t i = 0; i < ATTESTATION_CHAIN_MAX; i++)
		bytes_free(&chain->der[i]);
}

static const struct script_step *step_of(const struct ceremony *c, const struct run *run)
{
	return &c->script->steps[run->index];
}

static const char *param(const struct ceremony *c, const struct run *run, const char *name)
{
	return step_param(step_of(c, run), name);
}

static const struct script_list *files_of(const struct ceremony *c, const struct run *run)
{
	return step_param_list(step_of(c, run), "files");
}

static const struct key_state *key_of(const struct ceremony *c, const struct run *run)
{
	return &c->keys[ceremony_key_index(c, param(c, run, "key"))];
}

void attestation_order(
        const struct ceremony *c, const struct script_step *step, int64_t now, struct attestation_order *o)
{
	const struct script_list *extensions = step_param_list(step, "extensions");

	hex_decode(step_param(step, "root"), 64, o->root, sizeof(o->root));
	o->wanted = (struct attestation_wanted){
	        .spki_sha256 = c->keys[ceremony_key_index(c, step_param(step, "key"))].spki_sha256,
	        .root_sha256 = o->root,
	        .extensions = extensions ? (const char *const *)extensions->item : NULL,
	        .extension_count = extensions ? extensions->count : 0,
	        .now = now,
	        .expired_accepted = step_param(step, "expired") != NULL,
	        .rehearsal = ceremony_rehearsal(c)};
}

static const char *unmet(const struct ceremony *c, const struct run *run)
{
	return key_of(c, run)->made ? NULL : N_("the key was not made: its step was ended by exception");
}

static bool done(const struct run *run)
{
	return journal_count(&run->journal, TEXT_ACKNOWLEDGED, NULL) >= 2;
}

/* The chain of the newest facts.read, whose form check() has seen. */
static int chain_taken(const struct json *facts, struct chain *chain, struct error *e)
{
	const struct json *list = json_get(facts, "files");

	for (const struct json *f = list ? list->child : NULL; f; f = f->next) {
		const char *text = json_text(f, "der");
		struct bytes *der = &chain->der[chain->count];
		if (chain->count == ATTESTATION_CHAIN_MAX || !text || base64_decode(text, strlen(text), der) < 0)
			return error_set(e, ERROR_FAULT, "no attestation was read");
		if (bytes_end(der, e) < 0)
			return -1;
		chain->count++;
	}
	return 0;
}

static const struct json *facts_of(const struct run *run)
{
	const struct entry *entry = journal_find(&run->journal, FACTS_READ, "attestation");

	return entry ? json_get(entry->data, "facts") : NULL;
}

/* The artifact: the certificates as PEM, in the order of the chain. */
static int chain_pem(const struct run *run, struct bytes *out, struct error *e)
{
	struct chain chain = {0};
	int rc = chain_taken(facts_of(run), &chain, e);

	for (size_t i = 0; rc == 0 && i < chain.count; i++) {
		struct bytes pem = {0};
		rc = certificate_pem(chain.der[i].data, chain.der[i].len, &pem, e);
		bytes_add(out, pem.data, pem.len);
		bytes_free(&pem);
	}
	chain_free(&chain);
	return rc == 0 ? bytes_end(out, e) : -1;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *step = step_of(c, run)->id;
	struct bytes pem = {0};
	char name[200], attempt[16] = "";

	if (!journal_count(&run->journal, TEXT_ACKNOWLEDGED, NULL)) {
		want_set(w, WANT_ASK, &attest_key_step, TOPIC_READY, step, TEXT_ACKNOWLEDGED, NULL);
	} else if (!facts_of(run)) {
		want_set(w, WANT_LOOK, &attest_key_step, TOPIC_FILES, step, FACTS_READ, "attestation");
	} else if (!journal_find(&run->journal, ARTIFACT_TAKEN, NULL)) {
		if (chain_pem(run, &pem, e) < 0) {
			bytes_free(&pem);
			return -1;
		}
		/* An attempt that failed left its file in the record under that name. */
		if (c->attempts[run->index] > 1)
			snprintf(attempt, sizeof(attempt), ".%u", c->attempts[run->index]);
		snprintf(name, sizeof(name), "%s%.100s%s.attestation.pem", ceremony_rehearsal(c) ? "REHEARSAL-" : "",
		        param(c, run, "key"), attempt);
		int rc = want_write(w, &attest_key_step, step, name, "attestation-pem", &pem, e);
		w->event = ARTIFACT_TAKEN;
		return rc;
	} else if (!done(run)) {
		want_set(w, WANT_ASK, &attest_key_step, TOPIC_MATCH, step, TEXT_ACKNOWLEDGED, NULL);
	}
	return 0;
}

/* What is acknowledged: the medium's name, then the chain as the record keeps it. */
static int text_hash(const struct ceremony *c, const struct run *run, int topic, char hex[65], struct error *e)
{
	const char *medium = param(c, run, "medium");
	struct bytes pem = {0};
	int rc;

	if (topic == TOPIC_READY)
		return text_sha256(medium, strlen(medium), hex) < 0 ? error_memory(e) : 0;
	rc = chain_pem(run, &pem, e);
	if (rc == 0 && text_sha256(pem.data, pem.len, hex) < 0)
		rc = error_memory(e);
	bytes_free(&pem);
	return rc;
}

static const char *word_of(int topic)
{
	return topic == TOPIC_READY ? "ready" : "match";
}

static int ready_lines(const struct ceremony *c, const struct run *run, struct prompt *p)
{
	const struct mount_place place = medium_place(step_medium(c), ceremony_rehearsal(c));
	const struct script_list *files = files_of(c, run);

	if (prompt_message(p, LINE_PLAIN,
	            N_("It must be at %s. The attestation and the certificates above it are read from it:"),
	            step_medium(c)->directory) < 0)
		return -1;
	for (size_t i = 0; i < files->count; i++)
		if (prompt_line(p, LINE_FIXED, files->item[i]) < 0)
			return -1;
	return medium_lines(&place, p);
}

/* The time of the newest entry: both who looks and who checks what was seen know it. */
static int64_t judged_at(const struct ceremony *c)
{
	return c->time / 1000;
}

static int match_lines(const struct ceremony *c, const struct run *run, struct prompt *p, struct error *e)
{
	struct chain chain = {0};
	struct bytes view = {0};
	struct attestation_order o;
	struct attestation_found found;
	int rc = -1;

	attestation_order(c, step_of(c, run), judged_at(c), &o);
	o.wanted.expired_accepted = o.wanted.early_accepted =
	        true; /* judged when it was read: the clock may be set since */
	if (chain_taken(facts_of(run), &chain, e) < 0 ||
	        attestation_verify(chain.der, chain.count, &o.wanted, &found, e) < 0 ||
	        attestation_view(chain.der, chain.count, &view, e) < 0)
		goto out;
	rc = prompt_message(p, LINE_PLAIN,
	             N_("The attestation is of the key %s, byte for byte, and its chain of %zu certificates ends at "
	                "the root that the script pins."),
	             param(c, run, "key"), chain.count) < 0 ||
	                     (found.stand_in &&
	                             prompt_message(p, LINE_WARNING,
	                                     N_("It was made for this rehearsal, by a vendor that does not exist. It "
	                                        "proves nothing.")) < 0) ||
	                     (found.expired && prompt_message(p, LINE_WARNING,
	                                               N_("A certificate of the chain has expired. The script accepts "
	                                                  "that.")) < 0) ||
	                     prompt_message(p, LINE_HEADING, N_("The attestation first, the root last, each in full")) <
	                             0 ||
	                     prompt_lines(p, bytes_string(&view)) < 0
	             ? error_memory(e)
	             : 0;
out:
	chain_free(&chain);
	bytes_free(&view);
	return rc;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const struct run *run = ceremony_run(c);
	bool is_ready = w->topic == TOPIC_READY;

	(void)room;
	p->kind = PROMPT_ACKNOWLEDGE;
	p->see_all = true;
	message_set(&p->title, is_ready ? N_("The medium %s") : N_("The attestation of %s"),
	        param(c, run, is_ready ? "medium" : "key"));
	if (is_ready ? ready_lines(c, run, p) < 0 : match_lines(c, run, p, e) < 0)
		return is_ready ? error_memory(e) : -1;
	return ask_acknowledgement(c, p, param(c, run, "by"), is_ready ? N_("Who put it in") : N_("Who compared it"),
	        word_of(w->topic), e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	char hex[65];

	(void)room;
	return text_hash(c, ceremony_run(c), w->topic, hex, e) < 0 ? -1 : put_acknowledged(out, w, a, hex, e);
}

/* Puts a stand-in where the rehearsal left room for one. */
static int stand_in(const struct ceremony *c, const struct run *run, struct error *e)
{
	const struct script_list *files = files_of(c, run);
	const struct key_state *key = key_of(c, run);
	struct attestation_order o;
	struct chain chain = {0};
	int dir = open(step_medium(c)->directory, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc;

	attestation_order(c, step_of(c, run), judged_at(c), &o);
	rc = dir < 0 ? error_errno(e, N_("%s cannot be opened: %s"), step_medium(c)->directory)
	             : attestation_stand_in(key->spki.data, key->spki.len, &o.wanted, files->count, chain.der, e);
	for (size_t i = 0; rc == 0 && i < files->count; i++) {
		struct bytes pem = {0};
		rc = certificate_pem(chain.der[i].data, chain.der[i].len, &pem, e) < 0
		             ? -1
		             : file_replace(dir, files->item[i], pem.data, pem.len, 0644, e);
		bytes_free(&pem);
	}
	if (dir >= 0)
		close(dir);
	chain_free(&chain);
	return rc;
}

/* One certificate of the chain from its file. */
static int read_one(const struct ceremony *c, const struct run *run, const char *parser, size_t at, struct chain *chain,
        struct error *e)
{
	const char *file = files_of(c, run)->item[at];
	struct bytes raw = {0}, why = {0};
	struct error inner = {0};
	int rc = medium_read(step_medium(c), ceremony_rehearsal(c), file, FILE_MAX, &raw, e);

	if (rc == 0 && ceremony_rehearsal(c) && raw.len == strlen(attestation_placeholder) &&
	        !memcmp(raw.data, attestation_placeholder, raw.len)) {
		bytes_clear(&raw);
		rc = stand_in(c, run, e) < 0 ? -1 : medium_read(step_medium(c), true, file, FILE_MAX, &raw, e);
	}
	if (rc == 0 && (foreign_try(parser, foreign_certificate, &raw, &inner) < 0 ||
	                       certificate_read(raw.data, raw.len, &chain->der[at], &inner) < 0)) {
		error_text(&inner, &why);
		rc = error_set(e, ERROR_FAULT, "%s: %s", file, bytes_string(&why));
	}
	bytes_free(&raw);
	bytes_free(&why);
	return rc;
}

/* Reads the files and judges them; what is wrong with them is a fault for people, not an error of ours. */
static int read_chain(
        const struct ceremony *c, const struct run *run, const char *parser, struct chain *chain, struct error *e)
{
	const struct script_list *files = files_of(c, run);
	struct attestation_order o;
	struct attestation_found found;
	size_t bytes = 0;

	for (size_t i = 0; i < files->count; i++) {
		if (read_one(c, run, parser, i, chain, e) < 0)
			return -1;
		bytes += chain->der[i].len;
		chain->count++;
	}
	if (bytes > CHAIN_BYTES)
		return error_set(e, ERROR_FAULT,
		        N_("The attestation and the certificates above it have %zu bytes, and may have %d."), bytes,
		        (int)CHAIN_BYTES);
	attestation_order(c, step_of(c, run), judged_at(c), &o);
	return attestation_verify(chain->der, chain->count, &o.wanted, &found, e);
}

static void put_chain(const struct ceremony *c, const struct run *run, const struct chain *chain, struct json_writer *f)
{
	json_member_text(f, "root_sha256", param(c, run, "root"));
	json_key(f, "files");
	json_begin_array(f);
	for (size_t i = 0; i < chain->count; i++) {
		json_begin_object(f);
		json_member_text(f, "name", files_of(c, run)->item[i]);
		json_member_base64(f, "der", chain->der[i].data, chain->der[i].len);
		json_end_object(f);
	}
	json_end_array(f);
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	const struct run *run = ceremony_run(c);
	struct bytes facts = {0}, faults = {0}, text = {0}, visible = {0};
	struct json_writer f = {&facts, false}, g = {&faults, false};
	struct chain chain = {0};
	struct error why = {0};
	int rc = read_chain(c, run, room->parser, &chain, &why);

	json_begin_array(&g);
	if (rc < 0) {
		error_text(&why, &text);
		text_visible(&visible, bytes_string(&text), text.len);
		json_put_text(&g, bytes_string(&visible));
	}
	json_end_array(&g);
	json_begin_object(&f);
	json_member_text(&f, "key", param(c, run, "key"));
	json_member_text(&f, "medium", step_medium(c)->name);
	json_member_text(&f, "directory", step_medium(c)->directory);
	if (rc == 0)
		put_chain(c, run, &chain, &f);
	json_end_object(&f);
	rc = bytes_end(&facts, e) == 0 && bytes_end(&faults, e) == 0 ? put_facts(out, w, &facts, &faults, e) : -1;
	bytes_free(&facts);
	bytes_free(&faults);
	bytes_free(&text);
	bytes_free(&visible);
	chain_free(&chain);
	return rc;
}

/* The files of the facts are those of the script, each with its DER and nothing else. */
static bool files_fit(const struct json *list, const struct script_list *files)
{
	const struct json *f = list && list->type == JSON_ARRAY ? list->child : NULL;
	size_t i = 0;

	for (; f && i < files->count; f = f->next, i++) {
		const char *name = json_text(f, "name");
		if (f->type != JSON_OBJECT || f->count != 2 || !name || strcmp(f->child->key, "name") != 0 ||
		        strcmp(name, files->item[i]) != 0 || !json_text(f, "der"))
			return false;
	}
	return !f && i == files->count;
}

static int check_chain(const struct ceremony *c, const struct run *run, const struct json *facts, struct error *e)
{
	struct chain chain = {0};
	struct bytes again = {0};
	struct attestation_order o;
	struct attestation_found found;
	size_t bytes = 0;
	int rc = chain_taken(facts, &chain, e);

	for (size_t i = 0; rc == 0 && i < chain.count; i++) {
		bytes_clear(&again);
		rc = certificate_read(chain.der[i].data, chain.der[i].len, &again, e);
		if (rc == 0 && (again.len != chain.der[i].len || memcmp(again.data, chain.der[i].data, again.len) != 0))
			rc = error_set(e, ERROR_FAULT, "what is recorded of an attestation is not DER");
		bytes += chain.der[i].len;
	}
	if (rc == 0 && bytes > CHAIN_BYTES)
		rc = error_set(e, ERROR_FAULT, "more is recorded of an attestation than is taken in");
	if (rc == 0) {
		attestation_order(c, step_of(c, run), judged_at(c), &o);
		rc = attestation_verify(chain.der, chain.count, &o.wanted, &found, e);
	}
	bytes_free(&again);
	chain_free(&chain);
	return rc;
}

static int check_facts(const struct ceremony *c, const struct run *run, const struct entry *entry, struct error *e)
{
	const struct json *facts = json_get(entry->data, "facts"), *faults = json_get(entry->data, "faults");
	static const char *const keys[] = {"key", "medium", "directory", "root_sha256", "files"};
	const char *wanted[] = {
	        param(c, run, "key"), step_medium(c)->name, step_medium(c)->directory, param(c, run, "root")};
	const struct json *m = facts->type == JSON_OBJECT ? facts->child : NULL;
	size_t count = faults->count ? 3 : 5;

	for (size_t i = 0; i < count; i++, m = m ? m->next : NULL)
		if (!m || strcmp(m->key, keys[i]) != 0 ||
		        (i < 4 && (m->type != JSON_STRING || strcmp(m->text, wanted[i]) != 0)))
			return error_set(
			        e, ERROR_FAULT, "what was read is not the attestation that script and site say");
	if (m || (!faults->count && !files_fit(json_get(facts, "files"), files_of(c, run))))
		return error_set(
		        e, ERROR_FAULT, "what was read is not the files of an attestation that the script names");
	return faults->count ? 0 : check_chain(c, run, facts, e);
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

static const char *const help[] = {
        N_("Some HSMs make a certificate that says of a key: it was generated in here. It is read from the medium with "
           "the certificates above it, each alone in its file, in DER or PEM."),
        N_("Its key must be the generated one, byte for byte; the chain must end at the vendor's root whose SHA-256 "
           "the "
           "script pins, and at no other. Nothing else is trusted."),
        N_("What the vendor writes about the key stands in the extensions, which are shown in full: compare them with "
           "the vendor's description."),
        NULL};

const struct step_kind attest_key_step = {
        .name = "attest-key",
        .done = done,
        .unmet = unmet,
        .next = next,
        .check = check,
        .ask = ask,
        .answer = answer,
        .look = look,
        .help = help,
};
