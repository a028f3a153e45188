/* A key pair on a token: found, read, used to sign. */
#ifndef HSM_KEY_H
#define HSM_KEY_H

#include "hsm/algorithm.h"
#include "hsm/token.h"

struct key_pair {
	CK_OBJECT_HANDLE public_key, private_key;
	EVP_PKEY *verifier; /* of the public key object */
	struct bytes spki;
};

/* The one private and the one public key of this CKA_ID. None, or two, is an error. Freed by key_pair_free() in every
 * case. */
int key_pair_find(struct token *t, const uint8_t *id, size_t len, struct key_pair *out, struct error *e);
/* Reads the public key object of `pair` into verifier and spki. */
int key_pair_read(struct token *t, struct key_pair *pair, struct error *e);
void key_pair_free(struct key_pair *pair);
/* For a key that asks for its PIN at every signature (CKA_ALWAYS_AUTHENTICATE; PKCS#11 v2.40 section 4.9). */
struct key_login {
	const struct secret *pin; /* NULL: the token's own PIN pad asks for it */
};

/* Signs `message` and verifies the signature in software before it is handed on. `again` NULL: a key that asks for its
 * PIN once more is refused. */
int key_pair_sign_with(struct token *t, const struct key_pair *pair, const struct signature_algorithm *s,
        const struct key_login *again, const void *message, size_t len, struct bytes *signature, struct error *e);
int key_pair_sign(struct token *t, const struct key_pair *pair, const struct signature_algorithm *s,
        const void *message, size_t len, struct bytes *signature, struct error *e);
/* Can the key make signatures of that algorithm? -1 with `e` if not. */
int key_pair_fits(const struct key_pair *pair, const struct signature_algorithm *s, struct error *e);

#endif
