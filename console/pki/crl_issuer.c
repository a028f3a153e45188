#include "pki/crl.h"
#include "pki/der.h"

#include <openssl/x509v3.h>

int crl_issuer_read(struct crl_issuer *issuer, const void *certificate, size_t len, struct error *e)
{
	X509 *x = x509_parse(certificate, len, e);
	const ASN1_OCTET_STRING *key_id = x ? X509_get0_subject_key_id(x) : NULL;
	unsigned char *spki = NULL;
	const unsigned char *name;
	size_t name_len;
	int status = -1, n;

	crl_issuer_free(issuer);
	if (!x)
		return -1;
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	if (n <= 0 || X509_NAME_get0_der(X509_get_subject_name(x), &name, &name_len) != 1) {
		error_memory(e);
		goto out;
	}
	bytes_add(&issuer->name, name, name_len);
	bytes_add(&issuer->spki, spki, (size_t)n);
	if (key_id)
		bytes_add(&issuer->key_id, ASN1_STRING_get0_data(key_id), (size_t)ASN1_STRING_length(key_id));
	status = bytes_end(&issuer->name, e) || bytes_end(&issuer->spki, e) || bytes_end(&issuer->key_id, e) ? -1 : 0;
out:
	OPENSSL_free(spki);
	X509_free(x);
	return status;
}

void crl_issuer_free(struct crl_issuer *issuer)
{
	bytes_free(&issuer->name);
	bytes_free(&issuer->key_id);
	bytes_free(&issuer->spki);
}
