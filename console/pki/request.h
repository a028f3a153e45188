/* Certification requests (PKCS#10, RFC 2986): read from foreign bytes without any leniency, and made with a signature
 * that comes from outside. */
#ifndef PKI_REQUEST_H
#define PKI_REQUEST_H

#include "base/bytes.h"
#include "base/error.h"

struct pki_profile;

/* What a medium may hold: in base64 it must fit into one entry of a record. */
enum { REQUEST_FILE_MAX = 32768, REQUEST_DER_MAX = 32768 };

/* A parsed request. Opaque; what its functions point at is its own, and lives as long as it does. */
struct pki_request;

/* The DER of a file: the file itself, or what exactly one PEM block of it holds (RFC 7468 section 7, with the older
 * label NEW CERTIFICATE REQUEST too), with nothing but white space around. `pem` (may be NULL): it was one. The DER is
 * not parsed yet. */
int request_read(const void *file, size_t len, struct bytes *der, bool *pem, struct error *e);
/* Parses exactly `len` bytes of DER (RFC 2986 section 4): version v1, no attribute twice, extensions of RFC 2985
 * section 5.4.2 at most once and none of them twice. The signature is not looked at. NULL with `e`. Owned by the
 * caller. It is read by our own code. */
struct pki_request *request_parse(const void *der, size_t len, struct error *e);
/* Does OpenSSL read the same, and write the same bytes anew? A second opinion, for where it can do no harm. */
int request_encodes_again(const struct pki_request *r, struct error *e);
void request_free(struct pki_request **r);

/* Part by part, in DER: the bytes that the signature is over, the subject's Name, the key, and the Extensions that are
 * asked for (len 0: none). */
struct request_part {
	const uint8_t *data;
	size_t len;
};
struct request_part request_info(const struct pki_request *r);
struct request_part request_subject(const struct pki_request *r);
struct request_part request_spki(const struct pki_request *r);
struct request_part request_extensions(const struct pki_request *r);
/* The name of its signature's algorithm; NULL: none of those known here. */
const char *request_algorithm(const struct pki_request *r);
/* Proof of possession (RFC 2986 section 4.2): does the signature verify under the request's own key? -1 with `e` if
 * not. */
int request_verify(const struct pki_request *r, struct error *e);

/* The CertificationRequestInfo of a profile, of which subject, SPKI, signature (the algorithm that is to come),
 * extensions and `rehearsal` count. An authorityKeyIdentifier is refused: a request has no issuer. */
int request_build(const struct pki_profile *profile, struct bytes *info, struct error *e);
/* Info, algorithm and signature (as X.509 wants it) into the request, DER. */
int request_assemble(const void *info, size_t len, const char *signature_algorithm, const void *signature,
        size_t signature_len, struct bytes *der, struct error *e);
int request_pem(const void *der, size_t len, struct bytes *pem, struct error *e);

/* Appends the CertificationRequestInfo in lines, as certificate_view() does: version, subject, key, every attribute and
 * every extension asked for. Other attributes in hex. */
int request_view(const void *info, size_t len, struct bytes *out, struct error *e);

#endif
