/* NAME.key and NAME.vkey on a person's medium. The PBES2 envelope (RFC 8018, RFC 7914 section 7) is OpenSSL's; what is
 * inside it (RFC 8410 section 7) is read and written here, in guarded memory, and never becomes an EVP_PKEY. */
#include "people/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "people/credential_envelope.h"

enum {
	SEED = 32,
	PLAIN = 48,
	SEALED_MAX = 4096, /* of what is encrypted: an RSA key by mistake must still be told as one */
	FILE_MAX = 8192,
	SALT = 16,
	SCRYPT_N = 16384,  /* OpenSSL 3.0 refuses 32768 and more: its memory bound is 32 MiB */
	STAND_IN_N = 1024, /* a stand-in's passphrase is told to everyone: it protects nothing */
	SCRYPT_R = 8,
	SCRYPT_P = 8,
	PASSPHRASE_MAX = 1023, /* what the openssl program reads */
	FILE_NAME = NOTE_NAME_MAX + 8
};

const char credential_wrong_passphrase[] = N_("The passphrase of %s is wrong.");

/* OneAsymmetricKey of RFC 8410, version 0, no attributes: all before the seed. */
static const uint8_t plain_prefix[PLAIN - SEED] = {
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

int credential_directory(const char *directory, const char *name, struct bytes *out, struct error *e)
{
	const char *at = directory, *mark;

	bytes_clear(out);
	for (; (mark = strstr(at, CREDENTIAL_PERSON)) != NULL; at = mark + strlen(CREDENTIAL_PERSON)) {
		bytes_add(out, at, (size_t)(mark - at));
		bytes_text(out, name);
	}
	bytes_text(out, at);
	return bytes_end(out, e);
}

static int no_medium(const char *name, const char *file, const char *place, struct error *e)
{
	if (file)
		return error_set(e, ERROR_MISSING,
		        N_("%s is not in %s. Insert the medium of %s there, then try again."), file, place, name);
	return error_set(e, ERROR_MISSING,
	        N_("The medium of %s is not there: there is no directory %s. Insert it, then try again."), name, place);
}

int credential_open(const char *directory, const char *name, struct error *e)
{
	struct bytes path = {0};
	struct stat st;
	int dir = -1;

	if (credential_directory(directory, name, &path, e))
		goto out;
	if (stat(bytes_string(&path), &st) != 0 && errno == ENOENT)
		no_medium(name, NULL, bytes_string(&path), e);
	else
		dir = dir_open(bytes_string(&path), e);
out:
	bytes_free(&path);
	return dir;
}

static int need_file(int dir, const char *directory, const char *name, const char *file, struct error *e)
{
	struct bytes place = {0};
	struct stat st;

	if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
		return 0;
	if (!credential_directory(directory, name, &place, e))
		no_medium(name, file, bytes_string(&place), e);
	bytes_free(&place);
	return -1;
}

int credential_open_medium(const char *directory, const char *name, struct error *e)
{
	char file[FILE_NAME];
	int dir = credential_open(directory, name, e);

	snprintf(file, sizeof file, "%s.key", name);
	if (dir >= 0 && need_file(dir, directory, name, file, e)) {
		close(dir);
		dir = -1;
	}
	return dir;
}

static int crypto_failed(const char *name, struct error *e)
{
	ERR_clear_error();
	return error_set(e, ERROR_INTERNAL, N_("The cryptographic library failed while it worked on %s.key."), name);
}

/* Runs `in` through the cipher that `algorithm` describes. The length, -1 when it cannot be set up, -2 when the last
 * block is not as the passphrase would have it. `out` has room for in_len and a block more. */
static int run_cipher(const X509_ALGOR *algorithm, const struct secret *passphrase, bool encrypt, const uint8_t *in,
        int in_len, uint8_t *out)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new(); /* its key is wiped when it is freed */
	const ASN1_OBJECT *object;
	const void *value;
	int type, first = 0, last = 0, result = -1;
	ASN1_TYPE *parameter = NULL;

	X509_ALGOR_get0(&object, &type, &value, algorithm);
	parameter = ASN1_TYPE_new();
	if (!context || !parameter || ASN1_TYPE_set1(parameter, type, value) != 1)
		goto out;
	if (EVP_PBE_CipherInit((ASN1_OBJECT *)object, (const char *)passphrase->data, (int)passphrase->len, parameter,
	            context, encrypt) != 1 ||
	        EVP_CipherUpdate(context, out, &first, in, in_len) != 1)
		goto out;
	result = EVP_CipherFinal_ex(context, out + first, &last) == 1 ? first + last : -2;
out:
	ERR_clear_error();
	ASN1_TYPE_free(parameter);
	EVP_CIPHER_CTX_free(context);
	return result;
}

/* The PEM text of the encrypted key. */
static int seal(const struct secret *seed, const struct secret *passphrase, const char *name, bool stand_in,
        struct bytes *pem, struct error *e)
{
	uint8_t salt[SALT], sealed[PLAIN + 16], *der = NULL;
	struct secret *plain = NULL;
	X509_ALGOR *algorithm = NULL, *to;
	ASN1_OCTET_STRING *octets;
	X509_SIG *envelope = NULL;
	BIO *bio = NULL;
	char *text;
	long text_len;
	int len, result = -1;

	plain = secret_new(PLAIN, e);
	if (!plain || secret_add(plain, plain_prefix, sizeof plain_prefix) || secret_add(plain, seed->data, seed->len))
		goto out;
	random_bytes(salt, sizeof salt);
	algorithm = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, SALT, NULL, stand_in ? STAND_IN_N : SCRYPT_N,
	        SCRYPT_R, stand_in ? 1 : SCRYPT_P);
	envelope = X509_SIG_new();
	bio = BIO_new(BIO_s_mem());
	if (!algorithm || !envelope || !bio) {
		crypto_failed(name, e);
		goto out;
	}
	len = run_cipher(algorithm, passphrase, true, plain->data, PLAIN, sealed);
	X509_SIG_getm(envelope, &to, &octets);
	if (len < 0 || X509_ALGOR_copy(to, algorithm) != 1 || ASN1_OCTET_STRING_set(octets, sealed, len) != 1 ||
	        (len = i2d_X509_SIG(envelope, &der)) <= 0 || PEM_write_bio(bio, PEM_STRING_PKCS8, "", der, len) <= 0 ||
	        (text_len = BIO_get_mem_data(bio, &text)) <= 0) {
		crypto_failed(name, e);
		goto out;
	}
	bytes_add(pem, text, (size_t)text_len);
	result = bytes_end(pem, e);
out:
	OPENSSL_free(der);
	BIO_free(bio);
	X509_SIG_free(envelope);
	X509_ALGOR_free(algorithm);
	secret_free(&plain);
	return result;
}

static int check_new(const char *name, const struct secret *passphrase, struct error *e)
{
	if (!name_is_person(name))
		return error_set(e, ERROR_FAULT,
		        N_("\"%s\" cannot name a key. Take lower-case letters, digits, dots and hyphens, 64 at most."),
		        name);
	if (!passphrase->len)
		return error_set(e, ERROR_FAULT, N_("The passphrase of %s is empty."), name);
	if (passphrase->len > PASSPHRASE_MAX)
		return error_set(
		        e, ERROR_FAULT, N_("The passphrase of %s is longer than %d bytes."), name, PASSPHRASE_MAX);
	return 0;
}

/* Both files, or none. */
static int write_pair(const char *directory, const struct vkey *key, const struct bytes *pem, struct error *e)
{
	char key_file[FILE_NAME], vkey_file[FILE_NAME];
	struct bytes line = {0};
	int result = -1, dir;

	snprintf(key_file, sizeof key_file, "%s.key", key->name);
	snprintf(vkey_file, sizeof vkey_file, "%s.vkey", key->name);
	vkey_text(key, &line);
	bytes_byte(&line, '\n');
	if (bytes_end(&line, e) || (dir = credential_open(directory, key->name, e)) < 0)
		goto out;
	if (!file_write_new(dir, key_file, pem->data, pem->len, 0600, e)) {
		result = file_write_new(dir, vkey_file, line.data, line.len, 0644, e);
		if (result)
			unlinkat(dir, key_file, 0);
	}
	close(dir);
out:
	bytes_free(&line);
	return result;
}

static int create(const char *directory, const char *name, const struct secret *passphrase, bool stand_in,
        struct vkey *key, struct error *e)
{
	uint8_t public_key[32];
	struct secret *seed = NULL;
	struct bytes pem = {0};
	int result = -1;

	if (check_new(name, passphrase, e) || !(seed = signing_key_new(public_key, e)))
		goto out;
	if (vkey_make(key, name, NOTE_COSIGNATURE, public_key, e) || seal(seed, passphrase, name, stand_in, &pem, e))
		goto out;
	secret_free(&seed);
	result = write_pair(directory, key, &pem, e);
out:
	secret_free(&seed);
	bytes_free(&pem);
	return result;
}

int credential_create(
        const char *directory, const char *name, const struct secret *passphrase, struct vkey *key, struct error *e)
{
	return create(directory, name, passphrase, false, key, e);
}

int credential_create_stand_in(
        const char *directory, const char *name, const struct secret *passphrase, struct vkey *key, struct error *e)
{
	return create(directory, name, passphrase, true, key, e);
}

static int read_file(const char *directory, const char *name, const char *suffix, struct bytes *out, struct error *e)
{
	char file[FILE_NAME];
	int dir, result = -1;

	if (!name_is_person(name))
		return error_set(e, ERROR_FAULT,
		        N_("\"%s\" cannot name a key. Take lower-case letters, digits, dots and hyphens, 64 at most."),
		        name);
	snprintf(file, sizeof file, "%s.%s", name, suffix);
	dir = credential_open(directory, name, e);
	if (dir < 0)
		return -1;
	if (!need_file(dir, directory, name, file, e))
		result = file_read_at(dir, file, FILE_MAX, out, e);
	close(dir);
	return result;
}

int credential_read(const char *directory, const char *name, struct vkey *key, struct error *e)
{
	struct bytes line = {0};
	int result = -1;

	if (read_file(directory, name, "vkey", &line, e))
		goto out;
	if (!line.len || line.data[line.len - 1] != '\n')
		error_set(e, ERROR_FAULT, N_("%s.vkey is not one whole line."), name);
	else if (vkey_parse(key, (const char *)line.data, line.len - 1, e))
		goto out;
	else if (key->type != NOTE_COSIGNATURE)
		error_set(e, ERROR_FAULT, N_("%s.vkey is not a cosigner's key (type 04)."), name);
	else if (strcmp(key->name, name) != 0)
		error_set(e, ERROR_FAULT, N_("%s.vkey holds the key of %s."), name, key->name);
	else
		result = 0;
out:
	bytes_free(&line);
	return result;
}

/* The DER head of any private key: a sequence, and within it version 0 or 1. Chance does not make that of noise. */
static bool looks_like_key(const uint8_t *plain, int len)
{
	int head = len > 1 && plain[1] & 0x80 ? 2 + (plain[1] & 0x7f) : 2;

	return len > head + 3 && plain[0] == 0x30 && plain[head] == 0x02 && plain[head + 1] == 0x01 &&
	       plain[head + 2] <= 1;
}

/* The seed out of the decrypted bytes. */
static struct secret *take_seed(const struct secret *plain, int len, const char *name, struct error *e)
{
	struct secret *seed;

	if (len != PLAIN || memcmp(plain->data, plain_prefix, sizeof plain_prefix) != 0) {
		if (looks_like_key(plain->data, len))
			error_set(e, ERROR_FAULT, N_("%s.key holds another kind of key than Ed25519."), name);
		else
			error_set(e, ERROR_FAULT, credential_wrong_passphrase, name);
		return NULL;
	}
	seed = secret_new(SEED, e);
	if (seed && secret_add(seed, plain->data + sizeof plain_prefix, SEED))
		secret_free(&seed);
	return seed;
}

static struct secret *unseal(
        const X509_SIG *envelope, const struct secret *passphrase, const char *name, struct error *e)
{
	const X509_ALGOR *algorithm;
	const ASN1_OCTET_STRING *octets;
	struct secret *plain = NULL, *seed = NULL;
	int len;

	X509_SIG_get0(envelope, &algorithm, &octets);
	len = ASN1_STRING_length(octets);
	if (len < 1 || len > SEALED_MAX) {
		error_set(e, ERROR_FAULT, N_("%s.key holds another kind of key than Ed25519."), name);
		return NULL;
	}
	plain = secret_new((size_t)len + EVP_MAX_BLOCK_LENGTH, e);
	if (!plain)
		return NULL;
	len = run_cipher(algorithm, passphrase, false, ASN1_STRING_get0_data(octets), len, plain->data);
	if (len == -1)
		error_set(e, ERROR_FAULT, N_("%s.key is encrypted in a way that this program cannot open."), name);
	else if (len < 0)
		error_set(e, ERROR_FAULT, credential_wrong_passphrase, name);
	else
		seed = take_seed(plain, len, name, e);
	secret_free(&plain);
	return seed;
}

struct secret *credential_unlock_text(
        const struct bytes *pem, const struct vkey *key, const struct secret *passphrase, struct error *e)
{
	X509_SIG *envelope = credential_envelope(pem, key->name, e);
	struct secret *seed = envelope ? unseal(envelope, passphrase, key->name, e) : NULL;
	uint8_t public_key[32];

	if (!seed)
		goto out;
	if (signing_key_public(seed, public_key, e)) {
		secret_free(&seed);
	} else if (memcmp(public_key, key->public_key, sizeof public_key) != 0) {
		secret_free(&seed);
		error_set(e, ERROR_FAULT, N_("%s.key is not the private key of this person's public key."), key->name);
	}
out:
	X509_SIG_free(envelope);
	return seed;
}

int credential_text(const char *directory, const char *name, struct bytes *pem, struct error *e)
{
	bytes_clear(pem);
	return read_file(directory, name, "key", pem, e);
}

struct secret *credential_unlock(
        const char *directory, const struct vkey *key, const struct secret *passphrase, struct error *e)
{
	struct secret *seed = NULL;
	struct bytes pem = {0};

	if (!credential_text(directory, key->name, &pem, e))
		seed = credential_unlock_text(&pem, key, passphrase, e);
	bytes_free(&pem);
	return seed;
}

int credential_change_passphrase(const char *directory, const struct vkey *key, const struct secret *before,
        const struct secret *now, struct error *e)
{
	struct secret *seed = NULL, *again = NULL;
	struct bytes pem = {0};
	char file[FILE_NAME];
	int result = -1, dir = -1;

	if (check_new(key->name, now, e) || !(seed = credential_unlock(directory, key, before, e)) ||
	        seal(seed, now, key->name, false, &pem, e))
		goto out;
	secret_free(&seed);
	/* The old file is the only copy of the key: nothing takes its place that does not open. */
	again = credential_unlock_text(&pem, key, now, e);
	if (!again)
		goto out;
	secret_free(&again);
	snprintf(file, sizeof file, "%s.key", key->name);
	dir = credential_open(directory, key->name, e);
	if (dir >= 0)
		result = file_replace(dir, file, pem.data, pem.len, 0600, e);
out:
	secret_free(&seed);
	secret_free(&again);
	bytes_free(&pem);
	if (dir >= 0)
		close(dir);
	return result;
}
