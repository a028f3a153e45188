/* A file taken for a CRL: read through, linted, shown. Nothing may crash; what was taken and is not odd, is written
 * again to the same entries. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/der_mutate.h"

#include "base/text.h"
#include "pki/crl_list.h"
#include "pki/crl_read.h"
#include "pki/lint.h"

static void lint(const uint8_t *data, size_t len, bool reads)
{
	static const char *const sets[] = {"rfc5280-crl", "cabf-crl"};
	struct lint_findings found = {0};
	struct error e = {0};

	for (size_t i = 0; i < 2; i++)
		demand((lint_crl(data, len, sets[i], NULL, &found, &e) == 0) == reads);
	lint_findings_free(&found);
}

static void show(const struct der *tbs)
{
	struct bytes view = {0};
	struct error e = {0};

	demand(crl_view(tbs->whole, tbs->whole_len, &view, &e) == 0);
	demand(text_is_utf8(bytes_string(&view), view.len) && view.data[view.len - 1] == '\n');
	bytes_free(&view);
}

/* The list of entries, when it is not odd and ascends, comes out as the bytes it was. */
static void write_again(struct crl_reader *r, struct crl_list *list)
{
	struct crl_profile p = {.issuer = (const uint8_t *)"\x30\x00",
	        .issuer_len = 2,
	        .issuer_key_id = (const uint8_t *)"x",
	        .issuer_key_id_len = 1,
	        .next_update = 1,
	        .signature = "ecdsa-sha256"};
	struct crl_source source = crl_list_source(list);
	struct bytes tbs = {0};
	struct crl_sink sink = crl_sink_bytes(&tbs);
	struct crl_reader again;
	struct error e = {0};

	if (crl_tbs(&p, &source, &sink, NULL, &e) == 0) {
		demand(crl_open(&again, tbs.data, tbs.len, true, &e) == 0);
		demand(again.facts.list.len == r->facts.list.len);
		demand(!again.facts.list.len ||
		        !memcmp(again.facts.list.value, r->facts.list.value, r->facts.list.len));
	} else {
		demand(e.code != ERROR_NONE);
	}
	bytes_free(&tbs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct crl_list list = {0};
	struct crl_entry entry;
	struct error e = {0};
	struct crl_reader r;
	unsigned odd, any = 0;
	int got;

	if (crl_open(&r, data, len, false, &e)) {
		demand(e.code != ERROR_NONE);
		lint(data, len, false);
		return 0;
	}
	while ((got = crl_next(&r, &entry, &odd, &e)) == 1) {
		any |= odd;
		/* reasonCode behind invalidityDate is DER too, and written the other way here */
		any |= entry.reason && entry.invalidity >= 0 ? ODD_UNKNOWN : 0;
		demand(crl_list_add(&list, &entry, &e) == 0);
	}
	lint(data, len, got == 0);
	if (got == 0) {
		show(&r.facts.tbs);
		if (!any)
			write_again(&r, &list);
	}
	crl_list_free(&list);
	return 0;
}

DER_MUTATOR
