/* What was made or taken in, decoded: certificates, requests, revocation lists, OCSP responses, documents. */
#include "media/report_private.h"

#include <string.h>

#include "pki/crl_read.h"
#include "pki/der.h"
#include "pki/request.h"
#include "pki/view.h"

typedef int view_lines(const struct bytes *der, struct bytes *out, struct error *e);

static int certificate_lines(const struct bytes *der, struct bytes *out, struct error *e)
{
	struct der_certificate parts;
	return der_certificate(der->data, der->len, &parts, e) < 0
	               ? -1
	               : certificate_view(parts.tbs.whole, parts.tbs.whole_len, out, e);
}

static int request_lines_of(const struct bytes *der, struct bytes *out, struct error *e)
{
	struct pki_request *request = request_parse(der->data, der->len, e);
	int rc = -1;
	if (request) {
		struct request_part info = request_info(request);
		rc = request_view(info.data, info.len, out, e);
	}
	request_free(&request);
	return rc;
}

static int crl_lines(const struct bytes *der, struct bytes *out, struct error *e)
{
	struct crl_reader reader;
	return crl_open(&reader, der->data, der->len, false, e) < 0
	               ? -1
	               : crl_view(reader.facts.tbs.whole, reader.facts.tbs.whole_len, out, e);
}

/* What a proposal's order says may differ by act; its result is found by the hash that its facts have. */
static const struct entry *maker(const struct report *r, const char *sha256)
{
	static const char *const keys[] = {
	        "certificate_sha256", "crl_sha256", "request_sha256", "responses_sha256", "cms_sha256"};
	const struct entry *done;
	for (size_t at = 0; (done = report_next(r, ACT_DONE, &at));)
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			const char *made = json_text(json_get(done->data, "facts"), keys[i]);
			if (made && !strcmp(made, sha256))
				return done;
		}
	return NULL;
}

static void made_by(struct report *r, const struct entry *done)
{
	const struct entry *proposed = report_proposal(r, done);
	struct bytes when = {0}, who = {0};

	report_time(&when, done->time, -1);
	report_approvers(r, proposed, &who);
	report_pair(r->page, gettext("Signed"), gettext("%s UTC, at step %s (entry %llu)"), bytes_string(&when),
	        done->step ? done->step : "-", (unsigned long long)done->seq);
	page_pair(r->page, gettext("Approved by"), bytes_string(&who), false);
	const struct json *lint = json_get(json_get(proposed->data, "order"), "lint");
	if (lint) {
		struct bytes findings = {0};
		for (const struct json *f = lint->child; f; f = f->next)
			bytes_printf(
			        &findings, "%s%s", findings.len ? "\n" : "", f->type == JSON_STRING ? f->text : "-");
		page_pair(r->page, gettext("Lint"), findings.len ? bytes_string(&findings) : gettext("no finding"),
		        false);
		bytes_free(&findings);
	}
	bytes_free(&when);
	bytes_free(&who);
}

static void decoded(struct report *r, const struct entry *artifact, view_lines *view)
{
	const char *path = json_text(artifact->data, "path"), *sha256 = json_text(artifact->data, "sha256");
	const struct entry *done = maker(r, sha256);
	struct bytes der = {0}, lines = {0};
	struct error why = {0};

	page_heading(r->page, 2, path + strlen("artifacts/"));
	report_hash_hex(r->page, "SHA-256", sha256);
	if (done)
		made_by(r, done);
	else
		page_pair(r->page, gettext("Origin"),
		        artifact->event == ARTIFACT_TAKEN ? gettext("made elsewhere, taken in or taken over here")
		                                          : gettext("made here"),
		        false);
	if (report_artifact(r, path, &der) < 0)
		page_warning(r->page, NULL, gettext("The file is not as the transcript says, so it is not printed."));
	else if (view(&der, &lines, &why) < 0 || bytes_end(&lines, &why) < 0)
		page_warning(r->page, NULL, gettext("The file cannot be decoded."));
	else
		page_fixed(r->page, bytes_string(&lines));
	bytes_free(&der);
	bytes_free(&lines);
}

static void all_of(struct report *r, const char *type, const char *heading, view_lines *view)
{
	bool any = false;
	for (size_t i = 0; i < r->journal.count; i++) {
		const struct entry *entry = &r->journal.kept[i].entry;
		if ((entry->event != ARTIFACT_WRITTEN && entry->event != ARTIFACT_TAKEN) ||
		        strcmp(json_text(entry->data, "type"), type) != 0)
			continue;
		if (!any)
			page_heading(r->page, 1, heading);
		any = true;
		decoded(r, entry, view);
	}
}

void report_issued(struct report *r)
{
	if (!r->c)
		return;
	all_of(r, "certificate-der", gettext("Certificates"), certificate_lines);
	all_of(r, "certification-request-der", gettext("Certification requests"), request_lines_of);
	all_of(r, "crl-der", gettext("Certificate revocation lists"), crl_lines);
}

/* An order or facts as they are, a line a member: texts and numbers. */
static void members(struct report *r, const struct json *object)
{
	for (const struct json *m = object ? object->child : NULL; m; m = m->next) {
		if (m->type == JSON_STRING)
			page_pair(r->page, m->key, m->text, m->len > 24);
		else if (m->type == JSON_INT)
			report_pair(r->page, m->key, "%lld", (long long)m->number);
	}
}

static void batch(struct report *r, const char *act, const char *heading, const char *name_key)
{
	const struct entry *done;
	bool any = false;
	for (size_t at = 0; (done = report_done(r, act, &at)); any = true) {
		const struct entry *proposed = report_proposal(r, done);
		const struct json *order = json_get(proposed->data, "order");
		if (!any)
			page_heading(r->page, 1, heading);
		page_heading(r->page, 2, json_text(order, name_key) ? json_text(order, name_key) : act);
		made_by(r, done);
		members(r, order);
		members(r, json_get(done->data, "facts"));
	}
}

void report_lists(struct report *r)
{
	batch(r, "issue-ocsp", gettext("OCSP responses signed ahead"), "ocsp");
	batch(r, "sign-document", gettext("Signed documents"), "document");
}
