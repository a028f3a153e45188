/* A file taken for an OCSP response: read, linted, shown. Nothing may crash, and what was read is linted and shown
 * whole. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/der_mutate.h"

#include "base/text.h"
#include "pki/lint.h"
#include "pki/ocsp.h"
#include "pki/ocsp_read.h"

static void show(const struct der *tbs)
{
	struct bytes view = {0};
	struct error e = {0};

	demand(ocsp_view(tbs->whole, tbs->whole_len, &view, &e) == 0);
	demand(text_is_utf8(bytes_string(&view), view.len) && view.data[view.len - 1] == '\n');
	bytes_free(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const sets[] = {"rfc6960", "cabf-ocsp-response"};
	struct lint_findings found = {0};
	struct ocsp_response r;
	struct ocsp_single s;
	struct error e = {0};
	const uint8_t *at;
	size_t left, answers = 0;

	if (ocsp_open(&r, data, len, &e)) {
		demand(e.code != ERROR_NONE);
		return 0;
	}
	at = r.singles.value;
	left = r.singles.len;
	while (ocsp_single_next(&at, &left, &s) == 1)
		answers++;
	demand(left == 0);
	for (size_t i = 0; i < 2; i++)
		demand(lint_ocsp(data, len, sets[i], NULL, &found, &e) == 0 || answers > 16);
	lint_findings_free(&found);
	if (r.tbs.whole)
		show(&r.tbs);
	return 0;
}

DER_MUTATOR
