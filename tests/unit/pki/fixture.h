/* A root of the kind ceremonies make, and changes to it that no profile would allow. */
#ifndef TEST_PKI_FIXTURE_H
#define TEST_PKI_FIXTURE_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "pki/algorithm.h"
#include "pki/der.h"
#include "pki/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/x509v3.h>

/* 2026-12-01T00:00:00Z */
#define NOT_BEFORE INT64_C(1796083200)

struct root {
	struct pki_attribute subject[16];
	struct pki_extension extension[24];
	struct pki_profile p;
	struct pki_key *key;
	struct bytes spki;
};

static inline void root_subject(struct root *r, const char *type, const char *value)
{
	r->subject[r->p.subjects++] = (struct pki_attribute){.type = type, .value = value};
}

static inline void root_extension(struct root *r, const char *name, const char *value)
{
	for (size_t i = 0; i < r->p.extension_count; i++) {
		if (strcmp(r->extension[i].name, name) == 0) {
			r->extension[i].value = value;
			return;
		}
	}
	r->extension[r->p.extension_count++] = (struct pki_extension){name, value};
}

/* The profile of ceremony-script.md's example, with the recommended authorityKeyIdentifier. `r` must not move. */
static inline void root_open(struct root *r, const char *key_algorithm)
{
	struct error e = {0};

	memset(r, 0, sizeof *r);
	r->key = pki_key_new(key_algorithm, &r->spki, &e);
	assert_non_null(r->key);
	r->p.subject = r->subject;
	r->p.extensions = r->extension;
	root_subject(r, "C", "JP");
	root_subject(r, "O", "Example Trust K.K.");
	root_subject(r, "CN", "Example Root CA G1");
	root_extension(r, "basicConstraints", "critical,CA:TRUE");
	root_extension(r, "keyUsage", "critical,keyCertSign,cRLSign");
	root_extension(r, "authorityKeyIdentifier", "keyid");
	root_extension(r, "subjectKeyIdentifier", "hash");
	r->p.spki = r->spki.data;
	r->p.spki_len = r->spki.len;
	for (uint8_t i = 0; i < 16; i++)
		r->p.serial[i] = (uint8_t)(0x11 + i);
	r->p.serial_len = 16;
	r->p.not_before = NOT_BEFORE;
	r->p.not_after = NOT_BEFORE + 7305 * INT64_C(86400) - 1;
	r->p.signature = pki_default_signature(key_algorithm);
}

static inline void root_close(struct root *r)
{
	pki_key_free(&r->key);
	bytes_free(&r->spki);
}

static inline int root_issue(struct root *r, struct bytes *tbs, struct bytes *der, struct error *e)
{
	struct bytes signature = {0};
	int status = -1;

	if (certificate_tbs(&r->p, tbs, e) == 0 &&
	        pki_key_sign(r->key, r->p.signature, tbs->data, tbs->len, &signature, e) == 0)
		status = certificate_assemble(
		        tbs->data, tbs->len, r->p.signature, signature.data, signature.len, der, e);
	bytes_free(&signature);
	return status;
}

static inline X509 *root_x509(struct root *r)
{
	struct bytes tbs = {0}, der = {0};
	struct error e = {0};
	X509 *x;

	if (root_issue(r, &tbs, &der, &e)) {
		struct bytes text = {0};
		error_text(&e, &text);
		fail_msg("%s", bytes_string(&text));
	}
	x = x509_parse(der.data, der.len, &e);
	assert_non_null(x);
	bytes_free(&tbs);
	bytes_free(&der);
	return x;
}

/* Any to-be-signed bytes, signed and put together without a question. */
static inline void raw_certificate(
        struct root *r, const void *tbs, size_t len, const void *algorithm, size_t algorithm_len, struct bytes *der)
{
	struct bytes inner = {0}, bits = {0}, signature = {0};
	struct error e = {0};

	assert_int_equal(pki_key_sign(r->key, r->p.signature, tbs, len, &signature, &e), 0);
	bytes_byte(&bits, 0);
	bytes_add(&bits, signature.data, signature.len);
	bytes_add(&inner, tbs, len);
	bytes_add(&inner, algorithm, algorithm_len);
	der_put(&inner, 0x03, bits.data, bits.len);
	der_put(der, 0x30, inner.data, inner.len);
	bytes_free(&inner);
	bytes_free(&bits);
	bytes_free(&signature);
}

static inline void raw_sign(struct root *r, X509 *x, struct bytes *der)
{
	unsigned char *tbs = NULL, *algorithm = NULL;
	int n = i2d_re_X509_tbs(x, &tbs), a = i2d_X509_ALGOR(X509_get0_tbs_sigalg(x), &algorithm);

	assert_true(n > 0 && a > 0);
	raw_certificate(r, tbs, (size_t)n, algorithm, (size_t)a, der);
	OPENSSL_free(tbs);
	OPENSSL_free(algorithm);
}

static inline void assert_error(const struct error *e, const char *wanted)
{
	struct bytes text = {0};

	error_text(e, &text);
	if (!strstr(bytes_string(&text), wanted))
		fail_msg("\"%s\" is not in \"%s\"", wanted, bytes_string(&text));
	bytes_free(&text);
}

static inline void assert_ok(int status, const struct error *e)
{
	struct bytes text = {0};

	if (status == 0)
		return;
	error_text(e, &text);
	fail_msg("%s", bytes_string(&text));
}

/* Writes a file of the test and returns its path, for another program to read. */
static inline void scratch(char path[64], const void *data, size_t len)
{
	FILE *f;

	strcpy(path, "/tmp/tachiai-pki-XXXXXX");
	f = fdopen(mkstemp(path), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* Runs a command, both outputs into `out`; its exit status. */
static inline int run(struct bytes *out, const char *command)
{
	char line[8192];
	FILE *f;
	size_t n;

	snprintf(line, sizeof line, "(%s) 2>&1", command);
	f = popen(line, "r");
	assert_non_null(f);
	while ((n = fread(line, 1, sizeof line, f)) > 0)
		bytes_add(out, line, n);
	return pclose(f);
}

#endif
