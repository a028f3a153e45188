/* The outside of NAME.key, which holds no secret: an EncryptedPrivateKeyInfo (RFC 5958 section 3) under PBES2 with
 * scrypt (RFC 8018, RFC 7914 section 7), as one PEM block (RFC 7468 section 11) and nothing before or behind it. */
#ifndef PEOPLE_CREDENTIAL_ENVELOPE_H
#define PEOPLE_CREDENTIAL_ENVELOPE_H

struct bytes;
struct error;
struct X509_sig_st;

/* Owned by the caller (X509_SIG_free()); NULL with `e`, whose sentence names the file by `name`. */
struct X509_sig_st *credential_envelope(const struct bytes *pem, const char *name, struct error *e);

#endif
