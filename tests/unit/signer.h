/* Signers made by the openssl program in a directory of their own: a small CA, an intermediate, and certificates below
 * it. For the tests of CMS and of people's cards. */
#ifndef TESTS_SIGNER_H
#define TESTS_SIGNER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "pki/cms.h"

static char signers[64]; /* the directory */

/* Runs a command there, its output away; its exit code. */
__attribute__((format(printf, 1, 2))) static inline int shell(const char *format, ...)
{
	char command[2048];
	va_list ap;
	int n = snprintf(command, sizeof command, "cd %s && (", signers);

	va_start(ap, format);
	n += vsnprintf(command + n, sizeof command - (size_t)n, format, ap);
	va_end(ap);
	assert_true(n < (int)sizeof command - 32);
	strcat(command, ") >out 2>&1");
	return system(command);
}

static inline void must_run(int code)
{
	if (code != 0)
		fail_msg("exit %d: see %s/out", code, signers);
}

/* A CA and an intermediate CA: ca.pem, middle.pem. */
static inline int signers_make(void **state)
{
	(void)state;
	strcpy(signers, "/tmp/tachiai-signers-XXXXXX");
	assert_non_null(mkdtemp(signers));
	must_run(
	        shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem "
	              "-days 3650 -subj '/C=JP/O=Card Issuer/CN=Card Root' -addext keyUsage=critical,keyCertSign"));
	must_run(shell(
	        "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout middle.key -subj "
	        "'/C=JP/O=Card Issuer/CN=Card CA' -out middle.csr && printf "
	        "'basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign\\n' >ca.ext && openssl x509 -req "
	        "-in middle.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile ca.ext -out middle.pem"));
	return 0;
}

static inline int signers_remove(void **state)
{
	(void)state;
	must_run(shell("rm -rf %s", signers));
	return 0;
}

/* NAME.key and NAME.pem, issued by the intermediate. `key`: what follows `openssl genpkey`. */
static inline void signer_make(const char *name, const char *key)
{
	must_run(shell(
	        "openssl genpkey %s -out %s.key && openssl req -new -key %s.key -subj '/C=JP/CN=%s 山田/"
	        "serialNumber=1' -utf8 -out x.csr && printf 'keyUsage=critical,digitalSignature,nonRepudiation\\n' "
	        ">leaf.ext && openssl x509 -req -in x.csr -CA middle.pem -CAkey middle.key -CAcreateserial -days 3650 "
	        "-extfile leaf.ext -out %s.pem && openssl x509 -in %s.pem -outform DER -out %s.der",
	        key, name, name, name, name, name, name));
}

static inline void signers_read(const char *file, struct bytes *out)
{
	char path[256];
	struct error e = {0};

	snprintf(path, sizeof path, "%s/%s", signers, file);
	bytes_clear(out);
	assert_int_equal(file_read(path, 1 << 20, out, &e), 0);
}

static inline void signers_write(const char *file, const struct bytes *data)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", signers, file);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data->data, 1, data->len, f), data->len);
	fclose(f);
}

/* What a card does: the signature of NAME.key over `message`. */
static inline void signer_sign(const char *name, const char *hash, const struct bytes *message, struct bytes *signature)
{
	char path[256];
	uint8_t out[1024];
	size_t len = sizeof out;
	FILE *f;
	EVP_PKEY *key;
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	snprintf(path, sizeof path, "%s/%s.key", signers, name);
	f = fopen(path, "r");
	assert_non_null(f);
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(key);
	assert_int_equal(EVP_DigestSignInit(c, NULL, EVP_get_digestbyname(hash), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(c, out, &len, message->data, message->len), 1);
	bytes_clear(signature);
	bytes_add(signature, out, len);
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
}

static inline void signer_chain(struct cms_chain *chain)
{
	struct bytes pem = {0};
	struct error e = {0};

	signers_read("middle.pem", &pem);
	assert_int_equal(cms_chain_read(&pem, chain, &e), 0);
	bytes_free(&pem);
}

/* A whole CMS of NAME over `content`, the intermediate in it. */
static inline void signer_cms(const char *name, const char *algorithm, const char *hash, int64_t time,
        const struct bytes *content, struct bytes *cms)
{
	struct bytes certificate = {0}, attributes = {0}, signature = {0};
	struct cms_chain chain = {0};
	struct error e = {0};
	char file[64];

	snprintf(file, sizeof file, "%s.der", name);
	signers_read(file, &certificate);
	signer_chain(&chain);
	struct cms_signer s = {&certificate, &chain, algorithm, time};
	assert_int_equal(cms_attributes(&s, content->data, content->len, &attributes, &e), 0);
	signer_sign(name, hash, &attributes, &signature);
	assert_int_equal(cms_assemble(&s, &attributes, &signature, cms, &e), 0);
	bytes_free(&certificate);
	bytes_free(&attributes);
	bytes_free(&signature);
	cms_chain_free(&chain);
}

#endif
