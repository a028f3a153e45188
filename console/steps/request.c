#include "steps/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki/profile.h"
#include "pki/request.h"
#include "steps/certificate.h"
#include "steps/foreign.h"
#include "steps/step.h"

int request_info_of(const struct script_request *r, const void *spki, size_t spki_len, bool rehearsal,
        struct bytes *info, struct error *e)
{
	struct certificate_facts facts = {.spki = spki, .spki_len = spki_len, .rehearsal = rehearsal};
	struct certificate_profile b;
	int rc = certificate_profile_open(&b, &r->profile, &facts, e);

	if (rc == 0)
		rc = request_build(&b.p, info, e);
	certificate_profile_close(&b);
	return rc;
}

int request_dry_run(const struct script *script, const struct script_request *r, struct error *e)
{
	const struct script_key *k = r->profile.key ? script_key(script, r->profile.key) : NULL;
	struct bytes spki = {0}, info = {0};
	int rc = -1;

	if (r->taken)
		return 0;
	struct pki_key *key = k ? pki_key_new(k->algorithm, &spki, e) : NULL;
	if (key)
		rc = request_info_of(r, spki.data, spki.len, false, &info, e);
	pki_key_free(&key);
	bytes_free(&spki);
	bytes_free(&info);
	return rc;
}

void request_file(const struct script_request *r, bool rehearsal, const char *suffix, char out[200])
{
	snprintf(out, 200, "%s%.64s%s", rehearsal ? "REHEARSAL-" : "", r->name, suffix);
}

static int view_aside(void *with, struct bytes *out, struct error *e)
{
	const struct request_part *info = with;

	return request_view(info->data, info->len, out, e);
}

int request_lines(const void *info, size_t len, const char *parser, struct prompt *p, struct error *e)
{
	struct request_part part = {info, len};
	struct bytes view = {0};
	int rc = foreign_aside(parser, view_aside, &part, &view, e);

	for (char *line = (char *)view.data, *end; rc == 0 && line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = 0;
		if (prompt_line(p, LINE_FIXED, line) < 0)
			rc = error_memory(e);
	}
	bytes_free(&view);
	return rc;
}

static void keep_part(struct bytes *out, struct request_part part)
{
	bytes_clear(out);
	bytes_add(out, part.data, part.len);
}

int request_keep(struct request_state *state, const struct bytes *der, struct error *e)
{
	struct pki_request *r = request_parse(der->data, der->len, e);
	int rc = -1;

	if (!r)
		return -1;
	keep_part(&state->der, (struct request_part){der->data, der->len});
	keep_part(&state->spki, request_spki(r));
	keep_part(&state->subject, request_subject(r));
	if (bytes_end(&state->der, e) == 0 && bytes_end(&state->spki, e) == 0 && bytes_end(&state->subject, e) == 0 &&
	        sha256(der->data, der->len, state->sha256) == 0) {
		state->there = true;
		rc = 0;
	}
	request_free(&r);
	return rc;
}
