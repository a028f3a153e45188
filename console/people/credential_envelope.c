#include "people/credential_envelope.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/error.h"

/* Only scrypt: its cost is bounded by OpenSSL's memory limit, while a PBKDF2 count could keep the ceremony waiting for
 * ever. */
static bool is_scrypt(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object;
	const void *value;
	PBE2PARAM *parameter = NULL;
	bool is = false;
	int type;

	X509_ALGOR_get0(&object, &type, &value, algorithm);
	if (OBJ_obj2nid(object) != NID_pbes2 || type != V_ASN1_SEQUENCE)
		return false;
	parameter = ASN1_item_unpack(value, ASN1_ITEM_rptr(PBE2PARAM));
	if (parameter) {
		X509_ALGOR_get0(&object, NULL, NULL, parameter->keyfunc);
		is = OBJ_obj2nid(object) == NID_id_scrypt;
	}
	PBE2PARAM_free(parameter);
	return is;
}

X509_SIG *credential_envelope(const struct bytes *pem, const char *name, struct error *e)
{
	static const char begin[] = "-----BEGIN " PEM_STRING_PKCS8 "-----\n";
	const X509_ALGOR *algorithm;
	X509_SIG *envelope = NULL;
	BIO *bio = BIO_new_mem_buf(bytes_string(pem), (int)pem->len);
	char *label = NULL, *header = NULL;
	uint8_t *der = NULL;
	const uint8_t *at;
	long len = 0;

	if (!bio) {
		error_memory(e);
		goto out;
	}
	if (pem->len < sizeof begin - 1 || memcmp(pem->data, begin, sizeof begin - 1) != 0 ||
	        PEM_read_bio(bio, &label, &header, &der, &len) != 1 || *header || BIO_pending(bio)) {
		error_set(e, ERROR_FAULT, N_("%s.key is not an encrypted private key in PEM (PKCS#8)."), name);
		goto out;
	}
	at = der;
	envelope = d2i_X509_SIG(NULL, &at, len);
	if (!envelope || at != der + len) {
		error_set(e, ERROR_FAULT, N_("%s.key is not a well-formed encrypted private key (PKCS#8)."), name);
		X509_SIG_free(envelope);
		envelope = NULL;
		goto out;
	}
	X509_SIG_get0(envelope, &algorithm, NULL);
	if (!is_scrypt(algorithm)) {
		error_set(e, ERROR_FAULT,
		        N_("%s.key is not protected by scrypt. Encrypt it again: openssl pkcs8 -topk8 -scrypt."), name);
		X509_SIG_free(envelope);
		envelope = NULL;
	}
out:
	ERR_clear_error();
	OPENSSL_free(label);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(bio);
	return envelope;
}
