/* An issuer, and CRLs and OCSP responses by it. */
#ifndef TEST_PKI_LISTS_H
#define TEST_PKI_LISTS_H

#include "fixture.h"

#include "pki/crl_list.h"
#include "pki/crl_read.h"
#include "pki/ocsp.h"

struct issuer {
	struct root root;
	struct bytes tbs, der;
	X509 *x;
	const unsigned char *name; /* of x */
	size_t name_len;
	const ASN1_OCTET_STRING *key_id;
	struct crl_profile crl;
	struct pki_extension extension[8];
};

/* `i` must not move. */
static inline void issuer_open(struct issuer *i, const char *key_algorithm)
{
	struct error e = {0};

	memset(i, 0, sizeof *i);
	root_open(&i->root, key_algorithm);
	root_extension(&i->root, "keyUsage", "critical,digitalSignature,keyCertSign,cRLSign");
	assert_ok(root_issue(&i->root, &i->tbs, &i->der, &e), &e);
	i->x = x509_parse(i->der.data, i->der.len, &e);
	assert_non_null(i->x);
	assert_int_equal(X509_NAME_get0_der(X509_get_subject_name(i->x), &i->name, &i->name_len), 1);
	i->key_id = X509_get0_subject_key_id(i->x);
	assert_non_null(i->key_id);
	i->crl = (struct crl_profile){.issuer = i->name,
	        .issuer_len = i->name_len,
	        .issuer_key_id = ASN1_STRING_get0_data(i->key_id),
	        .issuer_key_id_len = (size_t)ASN1_STRING_length(i->key_id),
	        .this_update = NOT_BEFORE + 86400,
	        .next_update = NOT_BEFORE + 31 * 86400,
	        .number = {[SERIAL_MAX - 1] = 5},
	        .signature = i->root.p.signature,
	        .extensions = i->extension};
}

static inline void issuer_close(struct issuer *i)
{
	X509_free(i->x);
	bytes_free(&i->tbs);
	bytes_free(&i->der);
	root_close(&i->root);
}

static inline struct crl_entry entry_of(const char *serial, int64_t time, enum crl_reason reason)
{
	struct crl_entry entry = {.time = time, .invalidity = -1, .reason = (uint8_t)reason};
	uint8_t raw[SERIAL_MAX];
	size_t len = strlen(serial) / 2;

	assert_int_equal(hex_decode(serial, strlen(serial), raw, len), 0);
	assert_int_equal(serial_set(entry.serial, raw, len, NULL), 0);
	return entry;
}

static inline int issuer_crl_tbs(struct issuer *i, struct crl_list *list, struct bytes *tbs, struct error *e)
{
	struct crl_source source = crl_list_source(list);
	struct crl_sink sink = crl_sink_bytes(tbs);

	return crl_tbs(&i->crl, &source, &sink, NULL, e);
}

/* Signs any to-be-signed bytes into a CRL. */
static inline void issuer_crl_sign(struct issuer *i, const struct bytes *tbs, struct bytes *der)
{
	struct crl_sink sink = crl_sink_bytes(der);
	struct bytes signature = {0};
	struct error e = {0};

	assert_ok(pki_key_sign(i->root.key, i->crl.signature, tbs->data, tbs->len, &signature, &e), &e);
	assert_ok(crl_assemble(tbs->data, tbs->len, i->crl.signature, signature.data, signature.len, &sink, &e), &e);
	bytes_free(&signature);
}

static inline void issuer_crl(struct issuer *i, struct crl_list *list, struct bytes *der)
{
	struct bytes tbs = {0};
	struct error e = {0};

	assert_ok(issuer_crl_tbs(i, list, &tbs, &e), &e);
	issuer_crl_sign(i, &tbs, der);
	bytes_free(&tbs);
}

static inline void assert_says(const struct bytes *text, const char *wanted)
{
	if (!strstr(bytes_string(text), wanted))
		fail_msg("\"%s\" is not in:\n%s", wanted, bytes_string(text));
}

#endif
