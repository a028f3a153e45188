/* tachiai-parse KIND: decodes what stands at its standard input, and says "yes" when it came to the end of it, or
 * "no SENTENCE". Started by the console (steps/foreign.h) over everything that comes from outside, before the console
 * decodes it itself.
 *
 * It is confined before it sees a byte: by who starts it (base/confined.h: no network, nowhere to write, bounded time
 * and memory), and by itself, so that it can do nothing but calculate, read and write what is open. It links no
 * PKCS#11, no screen, no secret. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "base/sandbox.h"
#include "base/secret.h"
#include "base/text.h"
#include "pki/crl_list.h"
#include "pki/crl_read.h"
#include "pki/der.h"
#include "pki/key_check.h"
#include "pki/profile.h"
#include "pki/request.h"
#include "pki/view.h"
#include "people/credential_envelope.h"
#include "script/site.h"

enum { INPUT_MAX = 1 << 30 };

static int take_request(const struct bytes *in, struct error *e)
{
	struct bytes der = {0}, view = {0};
	struct lint_findings found = {0};
	struct weak_keys none = {0};
	struct pki_request *r = NULL;
	struct error why = {0};
	int rc = -1;

	if (request_read(in->data, in->len, &der, NULL, e) < 0 || !(r = request_parse(der.data, der.len, e)) ||
	        request_encodes_again(r, e) < 0)
		goto out;
	/* What is wrong with its signature or its key is for the console to say: here they only have to be come
	 * through. */
	request_verify(r, &why);
	if (key_check(request_spki(r).data, request_spki(r).len, &none, &found, e) < 0)
		goto out;
	request_view(request_info(r).data, request_info(r).len, &view, &why);
	rc = 0;
out:
	lint_findings_free(&found);
	request_free(&r);
	bytes_free(&der);
	bytes_free(&view);
	return rc;
}

static int take_certificate_der(const struct bytes *in, struct error *e)
{
	struct bytes view = {0};
	struct der_certificate parts;
	X509 *x = x509_parse(in->data, in->len, e);
	int rc = x ? der_certificate(in->data, in->len, &parts, e) : -1;

	X509_free(x);
	if (rc == 0)
		rc = certificate_view(parts.tbs.whole, parts.tbs.whole_len, &view, e);
	bytes_free(&view);
	return rc;
}

static int take_certificate(const struct bytes *in, struct error *e)
{
	struct bytes der = {0};
	int rc = certificate_read(in->data, in->len, &der, e);

	if (rc == 0)
		rc = take_certificate_der(&der, e);
	bytes_free(&der);
	return rc;
}

static int take_crl(const struct bytes *in, struct error *e)
{
	struct crl_reader r;
	struct crl_entry entry;
	unsigned odd;
	int more;

	if (crl_open(&r, in->data, in->len, false, e) < 0)
		return -1;
	while ((more = crl_next(&r, &entry, &odd, e)) > 0)
		;
	return more;
}

static int take_entries(const struct bytes *in, bool bare, struct error *e)
{
	struct crl_list list = {0};
	int rc = crl_list_text(&list, bytes_string(in), in->len, bare, e);

	crl_list_free(&list);
	return rc;
}

static int take_crl_entries(const struct bytes *in, struct error *e)
{
	return take_entries(in, false, e);
}

static int take_ocsp_entries(const struct bytes *in, struct error *e)
{
	return take_entries(in, true, e);
}

/* Faults of a script are for the console to show, with line and column. */
static int take_script(const struct bytes *in, struct error *e)
{
	struct fault_list faults = {0};
	struct bytes raw = {0};
	struct script *s = NULL;

	bytes_add(&raw, in->data, in->len);
	if (bytes_end(&raw, e) < 0)
		return -1;
	s = script_parse("script", &raw, &faults);
	script_free(&s);
	fault_list_free(&faults);
	bytes_free(&raw);
	return 0;
}

static int take_site(const struct bytes *in, struct error *e)
{
	struct fault_list faults = {0};
	struct bytes raw = {0};
	struct site *s = NULL;

	bytes_add(&raw, in->data, in->len);
	if (bytes_end(&raw, e) < 0)
		return -1;
	s = site_parse("site", &raw, NULL, &faults);
	site_free(&s);
	fault_list_free(&faults);
	bytes_free(&raw);
	return 0;
}

/* What is wrong with it is for the console to say, which knows whose it is. */
static int take_key(const struct bytes *in, struct error *e)
{
	(void)e;
	X509_SIG_free(credential_envelope(in, "NAME", NULL));
	return 0;
}

static const struct {
	const char *kind;
	int (*take)(const struct bytes *in, struct error *e);
} kinds[] = {{"request", take_request}, {"certificate", take_certificate}, {"certificate-der", take_certificate_der},
        {"crl", take_crl}, {"crl-entries", take_crl_entries}, {"ocsp-entries", take_ocsp_entries},
        {"script", take_script}, {"site", take_site}, {"key", take_key}};

static int read_all(struct bytes *in)
{
	uint8_t block[65536];
	ssize_t n;

	while ((n = read(STDIN_FILENO, block, sizeof block)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || in->len + (size_t)n > INPUT_MAX)
			return -1;
		bytes_add(in, block, (size_t)n);
	}
	return bytes_end(in, NULL);
}

/* The one line, in one write; the process ends without more ado. */
static _Noreturn void say(const struct error *e)
{
	struct bytes line = {0}, text = {0};

	if (e) {
		error_text(e, &text);
		bytes_text(&line, "no ");
		text_visible(&line, bytes_string(&text), text.len);
	} else {
		bytes_text(&line, "yes");
	}
	bytes_byte(&line, '\n');
	ssize_t n = bytes_end(&line, NULL) < 0 ? -1 : write(STDOUT_FILENO, line.data, line.len);
	_exit(n == (ssize_t)line.len ? e ? 1 : 0 : 3);
}

int main(int argc, char **argv)
{
	struct bytes in = {0};
	struct error e = {0};

	for (size_t i = 0; argc == 2 && i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(argv[1], kinds[i].kind) != 0)
			continue;
		if (sandbox_harden(STDERR_FILENO + 1, NULL) < 0 || secret_init(NULL) < 0 ||
		        sandbox_calculate(NULL) < 0 || read_all(&in) < 0)
			return 3;
		if (kinds[i].take(&in, &e) == 0)
			say(NULL);
		say(&e);
	}
	return 2;
}
