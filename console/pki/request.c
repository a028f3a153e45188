#include "pki/request.h"

#include "pki/algorithm.h"
#include "pki/der.h"
#include "pki/extension.h"
#include "pki/name.h"
#include "pki/profile.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* pkcs-9-at-extensionRequest (RFC 2985 section 5.4.2), the contents of the OID */
static const uint8_t extension_request[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e};

struct pki_request {
	struct bytes der; /* the parts point into it */
	struct der info, subject, spki, algorithm, signature, extensions;
};

static int not_request(struct error *e)
{
	return error_set(
	        e, ERROR_FAULT, N_("The certification request does not have the parts of RFC 2986 section 4."));
}

/* RFC 5280 section 4.1: SEQUENCE SIZE (1..MAX) OF Extension, and what its octets hold is DER again (section 4.2). */
static int check_extension(const struct der *extension, struct der *oid)
{
	struct der value;
	bool critical;

	return der_extension(extension, oid, &critical, &value) || !der_valid(value.value, value.len) ? -1 : 0;
}

static bool same(const struct der *a, const struct der *b)
{
	return a->whole_len == b->whole_len && memcmp(a->whole, b->whole, a->whole_len) == 0;
}

/* Does the OID stand before `end` as that of another element of the list that begins at `at`? */
static bool stands_before(const uint8_t *at, const uint8_t *end, const struct der *oid)
{
	size_t left = (size_t)(end - at), inside;
	struct der d, first;

	while (left && der_next(&at, &left, &d) == 0) {
		const uint8_t *in = d.value;
		inside = d.len;
		if (der_next(&in, &inside, &first) == 0 && same(&first, oid))
			return true;
	}
	return false;
}

static int check_extensions(const struct der *list, struct error *e)
{
	const uint8_t *at = list->value;
	size_t left = list->len;
	struct der d, oid;

	if (list->tag != 0x30 || !left)
		return error_set(e, ERROR_FAULT,
		        N_("The extensions asked for are not at least one Extension (RFC 5280 section 4.1)."));
	while (left) {
		if (der_next(&at, &left, &d) || check_extension(&d, &oid))
			return error_set(e, ERROR_FAULT,
			        N_("An extension asked for is not an Extension of RFC 5280 section 4.1 in DER."));
		if (stands_before(list->value, d.whole, &oid))
			return error_set(e, ERROR_FAULT, N_("An extension is asked for twice (RFC 5280 section 4.2)."));
	}
	return 0;
}

static int take_extensions(struct pki_request *r, const struct der *values, struct error *e)
{
	const uint8_t *at = values->value;
	size_t left = values->len;

	if (der_next(&at, &left, &r->extensions) || left)
		return error_set(e, ERROR_FAULT,
		        N_("The attribute extensionRequest does not have exactly one value (RFC 2985 section 5.4.2)."));
	return check_extensions(&r->extensions, e);
}

/* attributes [0] IMPLICIT SET OF Attribute, which der_valid() does not know for a set. */
static int take_attributes(struct pki_request *r, const struct der *attributes, struct error *e)
{
	const uint8_t *at = attributes->value, *in;
	size_t left = attributes->len, inside, common;
	struct der d, oid, values, before = {0};

	while (left) {
		if (der_next(&at, &left, &d) || d.tag != 0x30)
			return not_request(e);
		in = d.value;
		inside = d.len;
		if (der_take(&in, &inside, 0x06, &oid) || der_take(&in, &inside, 0x31, &values) || inside ||
		        !values.len)
			return not_request(e);
		if (stands_before(attributes->value, d.whole, &oid))
			return error_set(
			        e, ERROR_FAULT, N_("An attribute of the request stands twice (RFC 2986 section 4.1)."));
		common = before.whole_len < d.whole_len ? before.whole_len : d.whole_len;
		if (before.whole && memcmp(before.whole, d.whole, common) > 0)
			return error_set(e, ERROR_FAULT,
			        N_("The attributes of the request are not in the order of DER (X.690 section 11.6)."));
		before = d;
		if (oid.len == sizeof extension_request && memcmp(oid.value, extension_request, oid.len) == 0 &&
		        take_extensions(r, &values, e))
			return -1;
	}
	return 0;
}

/* CertificationRequestInfo: version v1, subject, subjectPKInfo, attributes. */
static int take_info(struct pki_request *r, struct error *e)
{
	const uint8_t *at = r->info.value;
	size_t left = r->info.len;
	struct der version, attributes;
	struct spki_parts key;

	if (der_take(&at, &left, 0x02, &version))
		return not_request(e);
	if (version.len != 1 || version.value[0] != 0)
		return error_set(e, ERROR_FAULT, N_("The request is not of version 1 (RFC 2986 section 4.1)."));
	if (der_take(&at, &left, 0x30, &r->subject) || der_take(&at, &left, 0x30, &r->spki) ||
	        spki_split(r->spki.whole, r->spki.whole_len, &key))
		return not_request(e);
	if (der_take(&at, &left, 0xa0, &attributes) || left)
		return error_set(e, ERROR_FAULT,
		        N_("The request's attributes are missing, or something follows them (RFC 2986 section 4.1)."));
	if (!der_name(&r->subject))
		return error_set(e, ERROR_FAULT, N_("The request's subject is not exactly one Name in DER."));
	return take_attributes(r, &attributes, e);
}

static int take_parts(struct pki_request *r, struct error *e)
{
	const uint8_t *at = r->der.data;
	size_t left = r->der.len;
	struct der whole;

	if (der_next(&at, &left, &whole) || whole.tag != 0x30)
		return error_set(e, ERROR_FAULT, N_("The certification request is not DER, or is cut short."));
	if (left)
		return error_set(e, ERROR_FAULT, N_("%zu bytes stand behind the certification request."), left);
	if (!der_valid(r->der.data, r->der.len))
		return error_set(e, ERROR_FAULT,
		        N_("The certification request is not in DER: some element has another encoding."));
	at = whole.value;
	left = whole.len;
	if (der_take(&at, &left, 0x30, &r->info) || der_take(&at, &left, 0x30, &r->algorithm) ||
	        !der_algorithm(&r->algorithm) || der_take(&at, &left, 0x03, &r->signature) || left)
		return not_request(e);
	return take_info(r, e);
}

struct pki_request *request_parse(const void *der, size_t len, struct error *e)
{
	struct pki_request *r;

	if (len > REQUEST_DER_MAX) {
		error_set(e, ERROR_FAULT, N_("The certification request has %zu bytes; more than %d are not taken."),
		        len, (int)REQUEST_DER_MAX);
		return NULL;
	}
	r = calloc(1, sizeof *r);
	if (!r) {
		error_memory(e);
		return NULL;
	}
	bytes_add(&r->der, der, len);
	if (bytes_end(&r->der, e) || take_parts(r, e))
		request_free(&r);
	return r;
}

int request_encodes_again(const struct pki_request *r, struct error *e)
{
	const unsigned char *at = r->der.data;
	X509_REQ *x = d2i_X509_REQ(NULL, &at, (long)r->der.len);
	unsigned char *again = NULL;
	int n, status = -1;

	if (!x || at != r->der.data + r->der.len) {
		openssl_error(e, ERROR_FAULT, N_("The certification request does not parse: %s."));
		goto out;
	}
	n = i2d_re_X509_REQ_tbs(x, &again);
	if (n < 0 || (size_t)n != r->info.whole_len || memcmp(again, r->info.whole, (size_t)n) != 0) {
		if (openssl_lacked_memory())
			error_memory(e);
		else
			error_set(e, ERROR_FAULT,
			        N_("The certification request does not encode again to the same bytes: it is not in "
			           "DER."));
		goto out;
	}
	status = 0;
out:
	OPENSSL_free(again);
	X509_REQ_free(x);
	ERR_clear_error();
	return status;
}

void request_free(struct pki_request **r)
{
	if (*r) {
		bytes_free(&(*r)->der);
		free(*r);
	}
	*r = NULL;
}

static struct request_part whole_of(const struct der *d)
{
	return (struct request_part){d->whole, d->whole_len};
}

struct request_part request_info(const struct pki_request *r)
{
	return whole_of(&r->info);
}

struct request_part request_subject(const struct pki_request *r)
{
	return whole_of(&r->subject);
}

struct request_part request_spki(const struct pki_request *r)
{
	return whole_of(&r->spki);
}

struct request_part request_extensions(const struct pki_request *r)
{
	return whole_of(&r->extensions);
}

const char *request_algorithm(const struct pki_request *r)
{
	const struct signature_algorithm *a = signature_algorithm_of(r->algorithm.whole, r->algorithm.whole_len);

	return a ? a->name : NULL;
}

int request_verify(const struct pki_request *r, struct error *e)
{
	const char *algorithm = request_algorithm(r);

	if (!algorithm)
		return error_set(e, ERROR_FAULT, N_("The request's signature algorithm is none of those known here."));
	if (r->signature.len < 2 || r->signature.value[0] != 0)
		return error_set(e, ERROR_FAULT, N_("The request's signature is not whole bytes."));
	return pki_verify(r->spki.whole, r->spki.whole_len, algorithm, r->info.whole, r->info.whole_len,
	        r->signature.value + 1, r->signature.len - 1, e);
}

/* The extensions of the profile, as extensions_add() puts them into a certificate: Extensions in DER, or nothing. */
static int build_extensions(const struct pki_profile *p, X509_NAME *subject, struct bytes *out, struct error *e)
{
	struct spki_parts key;
	const STACK_OF(X509_EXTENSION) * list;
	unsigned char *der = NULL;
	X509 *x = X509_new();
	int n = 0, status = -1;

	for (size_t i = 0; i < p->extension_count; i++) {
		if (p->extensions[i].name && strcmp(p->extensions[i].name, "authorityKeyIdentifier") == 0) {
			error_set(e, ERROR_FAULT,
			        N_("A request has no issuer whose key authorityKeyIdentifier could name: leave it "
			           "out."));
			goto out;
		}
	}
	if (!x || X509_set_subject_name(x, subject) != 1) {
		error_memory(e);
		goto out;
	}
	if (spki_split(p->spki, p->spki_len, &key) || spki_put(x, &key, e))
		goto out;
	if (extensions_add(x, p, e))
		goto out;
	list = X509_get0_extensions(x);
	if (list && sk_X509_EXTENSION_num(list) > 0 && (n = i2d_X509_EXTENSIONS(list, &der)) <= 0) {
		openssl_error(e, ERROR_INTERNAL, N_("The extensions cannot be encoded: %s."));
		goto out;
	}
	if (n > 0)
		bytes_add(out, der, (size_t)n);
	status = bytes_end(out, e);
out:
	OPENSSL_free(der);
	X509_free(x);
	ERR_clear_error();
	return status;
}

static int check_key(const struct pki_profile *p, const EVP_PKEY *key, struct error *e)
{
	const struct key_algorithm *algorithm = key_algorithm_of(key);

	if (!algorithm)
		return error_set(e, ERROR_FAULT, N_("The public key is of no algorithm, size or curve known here."));
	if (!key_is_sound(key))
		return error_set(e, ERROR_FAULT,
		        N_("The Ed25519 public key is of small order or not canonical: it proves nothing."));
	if (!pki_signature_fits(p->signature, algorithm->name))
		return error_set(e, ERROR_FAULT, N_("A key of algorithm %s cannot make a signature of algorithm %s."),
		        algorithm->name, p->signature ? p->signature : "");
	return 0;
}

/* [0] with the one attribute extensionRequest, or with none. */
static void put_attributes(struct bytes *out, const struct bytes *extensions)
{
	struct bytes attribute = {0}, inner = {0};

	if (extensions->len) {
		der_put(&inner, 0x06, extension_request, sizeof extension_request);
		der_put(&inner, 0x31, extensions->data, extensions->len);
		der_put(&attribute, 0x30, inner.data, inner.len);
	}
	der_put(out, 0xa0, attribute.data, attribute.len);
	out->failed = out->failed || inner.failed || attribute.failed;
	bytes_free(&attribute);
	bytes_free(&inner);
}

/* A request of that info with an empty signature, so that it can be read. */
static struct pki_request *parse_info(const void *info, size_t len, struct error *e)
{
	const struct signature_algorithm *any = signature_algorithm_named("ed25519");
	struct bytes inner = {0}, whole = {0};
	struct pki_request *r = NULL;

	bytes_add(&inner, info, len);
	bytes_add(&inner, any->der, any->der_len);
	der_put(&inner, 0x03, "", 1);
	der_put(&whole, 0x30, inner.data, inner.len);
	if (bytes_end(&inner, e) == 0 && bytes_end(&whole, e) == 0)
		r = request_parse(whole.data, whole.len, e);
	if (r && (r->info.whole_len != len || memcmp(r->info.whole, info, len) != 0)) {
		error_set(e, ERROR_FAULT, N_("The bytes are not one CertificationRequestInfo in DER."));
		request_free(&r);
	}
	bytes_free(&inner);
	bytes_free(&whole);
	return r;
}

int request_build(const struct pki_profile *p, struct bytes *info, struct error *e)
{
	struct bytes extensions = {0}, inner = {0}, whole = {0};
	EVP_PKEY *key = spki_parse(p->spki, p->spki_len, e);
	X509_NAME *subject = key ? name_build(p->subject, p->subjects, e) : NULL;
	struct pki_request *again = NULL;
	unsigned char *name = NULL;
	int n, status = -1;

	if (!subject || check_key(p, key, e) || build_extensions(p, subject, &extensions, e))
		goto out;
	n = i2d_X509_NAME(subject, &name);
	if (n <= 0) {
		openssl_error(e, ERROR_INTERNAL, N_("The name cannot be built: %s."));
		goto out;
	}
	der_put(&inner, 0x02, "", 1); /* v1(0) */
	bytes_add(&inner, name, (size_t)n);
	bytes_add(&inner, p->spki, p->spki_len);
	put_attributes(&inner, &extensions);
	der_put(&whole, 0x30, inner.data, inner.len);
	if (bytes_end(&inner, e) || bytes_end(&whole, e) || !(again = parse_info(whole.data, whole.len, e)))
		goto out;
	bytes_add(info, whole.data, whole.len);
	status = bytes_end(info, e);
out:
	request_free(&again);
	OPENSSL_free(name);
	X509_NAME_free(subject);
	EVP_PKEY_free(key);
	bytes_free(&extensions);
	bytes_free(&inner);
	bytes_free(&whole);
	ERR_clear_error();
	return status;
}

int request_assemble(const void *info, size_t len, const char *signature_algorithm, const void *signature,
        size_t signature_len, struct bytes *der, struct error *e)
{
	struct bytes whole = {0};
	struct pki_request *r = NULL;
	int status = -1;

	if (signature_join(info, len, signature_algorithm, signature, signature_len, &whole, e))
		goto out;
	r = request_parse(whole.data, whole.len, e);
	if (!r)
		goto out;
	if (r->info.whole_len != len || memcmp(r->info.whole, info, len) != 0) {
		error_set(e, ERROR_FAULT, N_("The bytes are not one CertificationRequestInfo in DER."));
		goto out;
	}
	bytes_add(der, whole.data, whole.len);
	status = bytes_end(der, e);
out:
	request_free(&r);
	bytes_free(&whole);
	return status;
}
