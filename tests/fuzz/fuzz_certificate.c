/* A file taken for a certificate: read, taken apart, shown, put through every lint set. Nothing may crash, and what was
 * taken holds together. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/der_mutate.h"

#include "base/text.h"
#include "pki/der.h"
#include "pki/lint.h"
#include "pki/profile.h"
#include "pki/view.h"

/* As the lint of a certificate by itself, and beside an issuer and an older certificate, which are the same one here.
 */
static void lint(const void *der, size_t len, bool reads)
{
	static const char *const sets[] = {"rfc5280", "cabf-root", "cabf-cross", "cabf-sub-ca", "cabf-constrained",
	        "cabf-ocsp", "rfc6960-responder", "tsa", "ieee-802.1ar"};
	const struct lint_context beside = {.now = 1796083200,
	        .issuer = der,
	        .issuer_len = len,
	        .existing = der,
	        .existing_len = len,
	        .organisation = {"Example Trust", NULL},
	        .covers_ca = true};
	struct lint_findings found = {0};
	struct error e = {0};

	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
		demand((lint_certificate(der, len, sets[i], NULL, &found, &e) == 0) == reads);
		demand((lint_certificate(der, len, sets[i], &beside, &found, &e) == 0) == reads);
	}
	for (size_t i = 0; i < found.count; i++)
		demand(found.item[i].rule && found.item[i].clause && found.item[i].message.id);
	lint_findings_free(&found);
}

static void show(const struct bytes *der)
{
	struct der_certificate parts;
	struct bytes view = {0};
	struct error e = {0};

	demand(der_certificate(der->data, der->len, &parts, &e) == 0);
	demand(certificate_view(parts.tbs.whole, parts.tbs.whole_len, &view, &e) == 0);
	demand(text_is_utf8(bytes_string(&view), view.len) && view.data[view.len - 1] == '\n' &&
	        !memchr(view.data, 0, view.len) && !memchr(view.data, 0x1b, view.len));
	bytes_free(&view);
}

static void take(const struct bytes *der)
{
	struct bytes pem = {0}, again = {0};
	struct certificate_parts parts;
	struct error e = {0};

	demand(certificate_pem(der->data, der->len, &pem, &e) == 0 &&
	        certificate_read(pem.data, pem.len, &again, &e) == 0);
	demand(again.len == der->len && memcmp(again.data, der->data, der->len) == 0);
	if (certificate_parts_read(der->data, der->len, &parts, &e)) {
		demand(e.code != ERROR_NONE);
	} else {
		demand(parts.spki.len && parts.spki.len < der->len && parts.subject.len < der->len);
		/* by its own key or not: an answer */
		certificate_verify(der->data, der->len, parts.spki.data, parts.spki.len, &e);
	}
	certificate_parts_free(&parts);
	show(der);
	bytes_free(&pem);
	bytes_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes der = {0};
	struct error e = {0};

	if (certificate_read(data, len, &der, &e) == 0) {
		take(&der);
		lint(der.data, der.len, true);
	} else {
		demand(e.code != ERROR_NONE);
		lint(data, len, false);
	}
	bytes_free(&der);
	return 0;
}

DER_MUTATOR
