/* Entries found again, and the words for them. */
#include "media/report_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const struct entry *report_entry(const struct report *r, int64_t seq)
{
	return seq >= 0 && (uint64_t)seq < r->journal.count ? &r->journal.kept[seq].entry : NULL;
}

const struct entry *report_proposal(const struct report *r, const struct entry *entry)
{
	while (entry && entry->event != ACT_PROPOSED) {
		int64_t of = json_number(entry->data, "of", -1);
		entry = of < (int64_t)entry->seq ? report_entry(r, of) : NULL;
	}
	return entry;
}

const struct entry *report_next(const struct report *r, enum event event, size_t *at)
{
	while (*at < r->journal.count) {
		const struct entry *entry = &r->journal.kept[(*at)++].entry;
		if (entry->event == event)
			return entry;
	}
	return NULL;
}

const struct entry *report_done(const struct report *r, const char *act, size_t *at)
{
	const struct entry *done;
	while ((done = report_next(r, ACT_DONE, at))) {
		const struct entry *proposed = report_proposal(r, done);
		if (proposed && !strcmp(json_text(proposed->data, "act"), act))
			return done;
	}
	return NULL;
}

int report_artifact(const struct report *r, const char *path, struct bytes *out)
{
	struct error why = {0};
	return r->c ? ceremony_artifact(r->c, path, 1 << 28, out, &why) : -1;
}

const struct artifact_state *report_find(const struct report *r, const char *type, const char *name)
{
	char path[160];
	for (size_t i = r->c ? r->c->artifact_count : 0; i-- > 0;) {
		const struct artifact_state *a = &r->c->artifacts[i];
		snprintf(path, sizeof(path), "artifacts/%s%s", ceremony_rehearsal(r->c) ? "REHEARSAL-" : "", name);
		if (!strcmp(a->type, type) && !strcmp(a->path, path))
			return a;
	}
	return NULL;
}

void report_visible(struct bytes *out, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	while (len && text[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < len;) {
		const char *end = memchr(text + i, '\n', len - i);
		size_t line = end ? (size_t)(end - text) - i : len - i;
		text_visible(out, text + i, line);
		i += line;
		if (i < len) {
			bytes_byte(out, '\n');
			i++;
		}
	}
}

void report_person(const struct report *r, const char *key_name, struct bytes *out)
{
	const char *name = key_name;
	for (size_t i = 0; key_name && i < r->journal.count; i++) {
		const struct entry *entry = &r->journal.kept[i].entry;
		if (entry->event == PERSON_JOINED && !strcmp(json_text(entry->data, "person"), key_name))
			name = json_text(entry->data, "name");
	}
	bytes_text(out, name && *name ? name : key_name ? key_name : "-");
}

void report_noter(const struct report *r, const struct entry *noted, struct bytes *out)
{
	if (json_text(noted->data, "person"))
		report_person(r, json_text(noted->data, "person"), out);
	else
		bytes_text(out, gettext("the console itself"));
}

static void listed(struct bytes *out)
{
	if (out->len)
		bytes_text(out, ", ");
}

void report_people_list(const struct report *r, const struct json *list, struct bytes *out)
{
	for (const struct json *name = list ? list->child : NULL; name; name = name->next) {
		listed(out);
		report_person(r, name->text, out);
	}
}

void report_approvers(const struct report *r, const struct entry *proposal, struct bytes *out)
{
	const struct entry *given;
	for (size_t at = proposal ? (size_t)proposal->seq : 0;
	        proposal && (given = report_next(r, APPROVAL_GIVEN, &at));)
		if (json_number(given->data, "of", -1) == (int64_t)proposal->seq) {
			listed(out);
			report_person(r, json_text(given->data, "person"), out);
		}
}

void report_time(struct bytes *out, int64_t ms, int64_t before)
{
	char now[TIME_TEXT], then[TIME_TEXT];

	time_format_seconds(ms / 1000, now);
	now[10] = ' ';
	now[19] = '\0';
	if (before >= 0)
		time_format_seconds(before / 1000, then);
	bytes_text(out, before >= 0 && !memcmp(now, then, 10) ? now + 11 : now);
}

void report_hash(struct page *p, const char *label, const uint8_t *hash, size_t len)
{
	struct bytes text = {0};
	bytes_hex(&text, hash, len);
	bytes_byte(&text, '\n');
	text_pgp_words(&text, hash, len);
	page_pair(p, label, bytes_string(&text), true);
	bytes_free(&text);
}

void report_hash_hex(struct page *p, const char *label, const char *hex)
{
	uint8_t hash[64];
	size_t len = hex ? strlen(hex) / 2 : 0;
	if (len && len <= sizeof(hash) && hex_decode(hex, len * 2, hash, len) == 0)
		report_hash(p, label, hash, len);
}

void report_pair(struct page *p, const char *label, const char *format, ...)
{
	char *text = NULL;
	va_list ap;
	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	page_pair(p, label, text ? text : "-", false);
	free(text);
}

struct word {
	const char *name, *id;
};

static const char *word(const struct word *words, size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++)
		if (!strcmp(words[i].name, name))
			return gettext(words[i].id);
	return name ? name : "-";
}
#define WORD(words, name) word(words, sizeof(words) / sizeof(words)[0], name)

const char *report_role(const char *role)
{
	static const struct word roles[] = {
	        {"administrator", N_("administrator")},
	        {"custodian", N_("custodian")},
	        {"outgoing-custodian", N_("outgoing-custodian")},
	        {"witness", N_("witness")},
	        {"auditor", N_("auditor")},
	        {"operator", N_("operator")},
	};
	return WORD(roles, role);
}

const char *report_kind(const char *kind)
{
	static const struct word kinds[] = {
	        {"attend", N_("Roll call")},
	        {"read", N_("Read aloud")},
	        {"observe", N_("Reading a value, by two")},
	        {"seal", N_("Sealing into a bag")},
	        {"unseal", N_("Taking out of a bag")},
	        {"inspect-host", N_("Inspection of the computer")},
	        {"check-clock", N_("Check of the clock")},
	        {"identify-hsm", N_("Identification of the HSM")},
	        {"initialise-hsm", N_("Initialisation of the HSM")},
	        {"change-custodians", N_("Change of custodians")},
	        {"share-secret", N_("Sharing of a secret")},
	        {"unlock-hsm", N_("Unlocking of the HSM")},
	        {"lock-hsm", N_("Locking of the HSM")},
	        {"generate-key", N_("Key generation")},
	        {"check-key", N_("Check of an existing key")},
	        {"attest-key", N_("Attestation of a key")},
	        {"issue-certificate", N_("Issue of a certificate")},
	        {"issue-crl", N_("Issue of a CRL")},
	        {"issue-ocsp", N_("Signing of OCSP responses")},
	        {"sign-document", N_("Signing of a document")},
	        {"take-request", N_("Taking in of a request")},
	        {"make-request", N_("Making of a request")},
	        {"take-certificate", N_("Taking in of a certificate")},
	        {"show-code", N_("Showing of a code")},
	        {"record-video", N_("Video recording")},
	        {"take-in", N_("Taking in of files")},
	        {"carry-out", N_("Carrying out of files")},
	        {"close", N_("Close")},
	};
	return WORD(kinds, kind);
}

const char *report_act(const char *act)
{
	static const struct word acts[] = {
	        {"begin", N_("Beginning of the ceremony with this script and these people")},
	        {"accept-exception", N_("Acceptance of an exception")},
	        {"resume", N_("Going on with the ceremony")},
	        {"settle-custodians", N_("Settling which PIN the HSM has")},
	};
	const char *said = WORD(acts, act);
	return said == act ? report_kind(act) : said;
}

const char *report_yes(bool yes)
{
	return yes ? gettext("yes") : gettext("no");
}
