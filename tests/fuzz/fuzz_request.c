/* A file taken for a certification request: read, parsed, proven, its key checked and the whole shown. Nothing may
 * crash, and what was taken holds together. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/der_mutate.h"

#include "base/text.h"
#include "pki/der.h"
#include "pki/key_check.h"
#include "pki/request.h"

static void take(const struct bytes *der)
{
	struct error e = {0};
	struct lint_findings found = {0};
	struct bytes view = {0}, pem = {0}, again = {0};
	struct pki_request *r = request_parse(der->data, der->len, &e);
	struct request_part info, spki;
	bool was_pem = false;

	if (!r) {
		demand(e.code != ERROR_NONE);
		return;
	}
	demand(der_valid(der->data, der->len) && der->len <= REQUEST_DER_MAX);
	/* what our reader takes, OpenSSL takes, and writes again so */
	demand(request_encodes_again(r, &e) == 0);
	info = request_info(r);
	spki = request_spki(r);
	demand(info.len < der->len && spki.len < info.len && request_subject(r).len < info.len &&
	        request_extensions(r).len < info.len);
	request_verify(r, &e);
	demand(key_check(spki.data, spki.len, NULL, &found, &e) == 0);
	demand(request_view(info.data, info.len, &view, &e) == 0);
	/* lines of visible text, and nothing else */
	demand(text_is_utf8(bytes_string(&view), view.len) && view.data[view.len - 1] == '\n' &&
	        !memchr(view.data, 0, view.len) && !memchr(view.data, 0x1b, view.len));
	demand(request_pem(der->data, der->len, &pem, &e) == 0 &&
	        request_read(pem.data, pem.len, &again, &was_pem, &e) == 0);
	demand(was_pem && again.len == der->len && memcmp(again.data, der->data, der->len) == 0);
	lint_findings_free(&found);
	bytes_free(&view);
	bytes_free(&pem);
	bytes_free(&again);
	request_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes der = {0};
	struct error e = {0};

	if (request_read(data, len, &der, NULL, &e) == 0)
		take(&der);
	else
		demand(e.code != ERROR_NONE);
	bytes_free(&der);
	return 0;
}

DER_MUTATOR
