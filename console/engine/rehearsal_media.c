/* The media of a rehearsal: directories beside the record, or those that were given, and on the former what the script
 * takes in: requests, certificates and documents that say what they are. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "engine/private.h"
#include "pki/profile.h"
#include "pki/request.h"
#include "steps/attestation.h"
#include "steps/certificate.h"

static const char *medium_given(const struct engine_options *o, const char *name)
{
	for (size_t i = 0; name && i < o->medium_count; i++)
		if (!strcmp(o->media[i].name, name))
			return o->media[i].directory;
	return NULL;
}

/* Which media the script names: each becomes a directory, unless one was given for it. */
static int media_make(const struct script *s, const struct engine_options *o, int dir, const char *base,
        struct bytes *yaml, struct error *e)
{
	bool any = false;
	for (size_t i = 0; i < s->step_count; i++) {
		const char *medium = step_param(&s->steps[i], "medium");
		bool before = false;
		for (size_t k = 0; medium && k < i; k++) {
			const char *other = step_param(&s->steps[k], "medium");
			before = before || (other && !strcmp(other, medium));
		}
		if (!medium || before)
			continue;
		bytes_text(yaml, any ? "" : "media:\n");
		any = true;
		const char *given = medium_given(o, medium);
		if (given) {
			char *whole = realpath(given, NULL);
			if (!whole)
				return error_errno(
				        e, N_("the directory %s, given for a medium, cannot be read: %s"), given);
			bytes_printf(yaml, "  %s: {directory: \"%s\"}\n", medium, whole);
			free(whole);
			continue;
		}
		struct bytes name = {0};
		bytes_printf(&name, "media/%s", medium);
		int made = bytes_end(&name, e) < 0 ? -1 : dir_create_at(dir, bytes_string(&name), e);
		bytes_free(&name);
		if (made < 0)
			return -1;
		close(made);
		bytes_printf(yaml, "  %s: {directory: \"%s/media/%s\"}\n", medium, base, medium);
	}
	return 0;
}

/* The requests that will be taken in: each by a made-up requester with a throw-away key, on its medium. */
static int requests_make(const struct script *s, const struct engine_options *o, int dir, struct error *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->step_count; i++) {
		const struct script_step *step = &s->steps[i];
		if (strcmp(step->kind, "take-request") || medium_given(o, step_param(step, "medium")))
			continue;
		struct pki_attribute name[] = {
		        {.type = "O", .value = "REHEARSAL"}, {.type = "CN", .value = step_param(step, "request")}};
		struct pki_profile p = {.subject = name, .subjects = 2, .signature = "ecdsa-sha384", .rehearsal = true};
		struct bytes spki = {0}, info = {0}, signature = {0}, der = {0}, pem = {0}, path = {0};
		struct pki_key *key = pki_key_new("ec-p384", &spki, e);
		p.spki = spki.data;
		p.spki_len = spki.len;
		bytes_printf(&path, "media/%s", step_param(step, "medium"));
		rc = key && bytes_end(&path, e) == 0 && request_build(&p, &info, e) == 0 &&
		                     pki_key_sign(key, p.signature, info.data, info.len, &signature, e) == 0 &&
		                     request_assemble(info.data, info.len, p.signature, signature.data, signature.len,
		                             &der, e) == 0
		             ? request_pem(der.data, der.len, &pem, e)
		             : -1;
		int medium = rc == 0 ? openat(dir, bytes_string(&path), O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
		if (rc == 0)
			rc = medium < 0 ? error_errno(e, N_("%s cannot be opened: %s"), bytes_string(&path))
			                : file_write_new(medium, step_param(step, "file"), pem.data, pem.len, 0644, e);
		if (medium >= 0)
			close(medium);
		pki_key_free(&key);
		bytes_free(&spki);
		bytes_free(&info);
		bytes_free(&signature);
		bytes_free(&der);
		bytes_free(&pem);
		bytes_free(&path);
	}
	return rc;
}

/* What a step would take in from a medium is not there in a rehearsal: a certificate that says so stands in. */
static int stand_in_certificates(const struct script *s, const struct engine_options *o, int dir, struct error *e)
{
	for (size_t i = 0; i < s->step_count; i++) {
		const struct script_step *step = &s->steps[i];
		struct bytes name = {0}, der = {0};
		if (strcmp(step->kind, "take-certificate") || medium_given(o, step_param(step, "medium")))
			continue;
		bytes_printf(&name, "media/%s/%s", step_param(step, "medium"), step_param(step, "file"));
		int rc = bytes_end(&name, e) < 0 || certificate_stand_in(time_now_ms() / 1000, &der, e) < 0
		                 ? -1
		                 : file_replace(dir, bytes_string(&name), der.data, der.len, 0644, e);
		bytes_free(&name);
		bytes_free(&der);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* An attestation can only be made when its key is there: till then the places of its files are kept. */
static int attestation_places(const struct script *s, const struct engine_options *o, int dir, struct error *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->step_count; i++) {
		const struct script_step *step = &s->steps[i];
		const struct script_list *files = step_param_list(step, "files");
		if (strcmp(step->kind, "attest-key") || medium_given(o, step_param(step, "medium")))
			continue;
		for (size_t k = 0; rc == 0 && k < files->count; k++) {
			struct bytes name = {0};
			bytes_printf(&name, "media/%s/%s", step_param(step, "medium"), files->item[k]);
			rc = bytes_end(&name, e) < 0 ? -1
			                             : file_replace(dir, bytes_string(&name), attestation_placeholder,
			                                       strlen(attestation_placeholder), 0644, e);
			bytes_free(&name);
		}
	}
	return rc;
}

static int stand_in(const struct script *s, const struct script_step *step, const char *file, int dir, struct error *e)
{
	struct bytes name = {0}, text = {0};
	bytes_printf(&name, "media/%s/%s", step_param(step, "medium"), file);
	bytes_printf(
	        &text, "REHEARSAL\nThis file stands in for the document %s in a rehearsal of %s.\n", file, s->origin);
	int rc = bytes_end(&name, e) < 0 || bytes_end(&text, e) < 0
	                 ? -1
	                 : file_replace(dir, bytes_string(&name), text.data, text.len, 0644, e);
	bytes_free(&name);
	bytes_free(&text);
	return rc;
}

/* Documents that are signed or taken in, likewise: a few lines that say what they are. */
static int stand_in_documents(const struct script *s, const struct engine_options *o, int dir, struct error *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->step_count; i++) {
		const struct script_step *step = &s->steps[i];
		const struct script_list *files = step_param_list(step, "files");
		if (medium_given(o, step_param(step, "medium")))
			continue;
		if (!strcmp(step->kind, "sign-document"))
			rc = stand_in(s, step, step_param(step, "file"), dir, e);
		for (size_t k = 0; rc == 0 && !strcmp(step->kind, "take-in") && k < files->count; k++)
			rc = stand_in(s, step, files->item[k], dir, e);
	}
	return rc;
}

int rehearsal_media(const struct script *s, const struct engine_options *o, int dir, const char *base,
        struct bytes *yaml, struct error *e)
{
	return media_make(s, o, dir, base, yaml, e) < 0 || requests_make(s, o, dir, e) < 0 ||
	                       stand_in_certificates(s, o, dir, e) < 0 || attestation_places(s, o, dir, e) < 0 ||
	                       stand_in_documents(s, o, dir, e) < 0
	               ? -1
	               : 0;
}
