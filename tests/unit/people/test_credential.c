/* A person's key file: ours opens with the openssl program, and openssl's with ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "people/credential.h"

static char directory[] = "/tmp/test-credential-XXXXXX";

static struct secret *phrase(const char *text)
{
	struct secret *s = secret_new(strlen(text) + 1, NULL);

	assert_non_null(s);
	assert_int_equal(secret_text(s, text), 0);
	return s;
}

static void expect(const struct error *e, const char *expected)
{
	struct bytes why = {0};

	error_text(e, &why);
	if (!strstr(bytes_string(&why), expected))
		fail_msg("expected \"%s\", got \"%s\"", expected, bytes_string(&why));
	bytes_free(&why);
}

/* Runs a shell command in the directory; its output into `out`. */
static int shell(struct bytes *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int shell(struct bytes *out, const char *format, ...)
{
	char command[2048], block[512];
	size_t head = (size_t)snprintf(command, sizeof command, "cd %s && ( ", directory);
	va_list ap;
	FILE *pipe;
	size_t got;

	va_start(ap, format);
	head += (size_t)vsnprintf(command + head, sizeof command - head, format, ap);
	va_end(ap);
	snprintf(command + head, sizeof command - head, " ) 2>/dev/null");
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while ((got = fread(block, 1, sizeof block, pipe)) > 0)
		if (out)
			bytes_add(out, block, got);
	return pclose(pipe);
}

static void put_file(const char *name, const void *data, size_t len)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void put_vkey(const struct vkey *key)
{
	struct bytes line = {0};
	char name[300];

	vkey_text(key, &line);
	bytes_byte(&line, '\n');
	snprintf(name, sizeof name, "%s.vkey", key->name);
	put_file(name, line.data, line.len);
	bytes_free(&line);
}

static int setup(void **state)
{
	(void)state;
	return secret_init(NULL) || !mkdtemp(directory) ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	shell(NULL, "rm -f -- * .new-*");
	return rmdir(directory);
}

static void what_is_made_opens_again(void **state)
{
	struct secret *passphrase = phrase("correct horse"), *seed;
	struct vkey made, read;
	uint8_t public_key[32];
	struct stat st;
	char path[256];

	(void)state;
	assert_int_equal(credential_create(directory, "ann", passphrase, &made, NULL), 0);
	assert_int_equal(credential_read(directory, "ann", &read, NULL), 0);
	assert_string_equal(read.name, "ann");
	assert_int_equal(read.type, NOTE_COSIGNATURE);
	assert_memory_equal(read.public_key, made.public_key, 32);
	seed = credential_unlock(directory, &read, passphrase, NULL);
	assert_non_null(seed);
	assert_int_equal(seed->len, 32);
	assert_int_equal(signing_key_public(seed, public_key, NULL), 0);
	assert_memory_equal(public_key, made.public_key, 32);
	snprintf(path, sizeof path, "%s/ann.key", directory);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	secret_free(&seed);
	secret_free(&passphrase);
}

static void a_wrong_passphrase_is_told_apart(void **state)
{
	struct secret *good = phrase("good"), *wrong = phrase("Good"), *seed;
	struct vkey key;

	(void)state;
	assert_int_equal(credential_create(directory, "wrong", good, &key, NULL), 0);
	/* more than once: one in 256 wrong keys makes a last block that looks well padded */
	for (int i = 0; i < 3; i++) {
		struct error e = {0};

		seed = credential_unlock(directory, &key, wrong, &e);
		assert_null(seed);
		assert_int_equal(e.code, ERROR_FAULT);
		assert_ptr_equal(e.message.id, credential_wrong_passphrase);
		expect(&e, "The passphrase of wrong is wrong.");
	}
	seed = credential_unlock(directory, &key, good, NULL);
	assert_non_null(seed);
	secret_free(&seed);
	secret_free(&good);
	secret_free(&wrong);
}

static void nothing_is_overwritten(void **state)
{
	struct secret *passphrase = phrase("x");
	struct error e = {0};
	struct vkey key;

	(void)state;
	assert_int_equal(credential_create(directory, "twice", passphrase, &key, NULL), 0);
	assert_int_equal(credential_create(directory, "twice", passphrase, &key, &e), -1);
	expect(&e, "twice.key exists already");
	/* and where only the second file is in the way, the first is not left behind */
	assert_int_equal(shell(NULL, "rm twice.key"), 0);
	assert_int_equal(credential_create(directory, "twice", passphrase, &key, &e), -1);
	expect(&e, "twice.vkey exists already");
	assert_int_not_equal(shell(NULL, "test -e twice.key"), 0);
	secret_free(&passphrase);
}

static void names_and_passphrases_are_checked(void **state)
{
	static const char *const names[] = {"", "Ann", "../ann", "a b", "-a", ".a"};
	struct secret *passphrase = phrase("x"), *none = phrase(""), *longest = secret_new(2000, NULL);
	struct vkey key;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct error e = {0};

		assert_int_equal(credential_create(directory, names[i], passphrase, &key, &e), -1);
		expect(&e, "cannot name a key");
		assert_int_equal(credential_read(directory, names[i], &key, &e), -1);
		expect(&e, "cannot name a key");
	}
	for (int i = 0; i < 1024; i++)
		assert_int_equal(secret_text(longest, "p"), 0);
	{
		struct error e = {0};

		assert_int_equal(credential_create(directory, "empty", none, &key, &e), -1);
		expect(&e, "The passphrase of empty is empty.");
		assert_int_equal(credential_create(directory, "long", longest, &key, &e), -1);
		expect(&e, "The passphrase of long is longer than 1023 bytes.");
	}
	secret_free(&passphrase);
	secret_free(&none);
	secret_free(&longest);
}

static void the_openssl_program_opens_ours(void **state)
{
	struct secret *passphrase = phrase("pass with  blanks");
	struct bytes der = {0}, text = {0};
	struct vkey key;

	(void)state;
	assert_int_equal(credential_create(directory, "ours", passphrase, &key, NULL), 0);
	assert_int_equal(
	        shell(&der, "openssl pkey -in ours.key -passin 'pass:pass with  blanks' -pubout -outform DER"), 0);
	assert_int_equal(der.len, 44);
	assert_memory_equal(der.data + 12, key.public_key, 32);
	assert_int_not_equal(shell(NULL, "openssl pkey -in ours.key -passin pass:other -pubout"), 0);
	assert_int_equal(shell(&text, "openssl asn1parse -in ours.key"), 0);
	assert_non_null(strstr(bytes_string(&text), ":scrypt"));
	assert_non_null(strstr(bytes_string(&text), ":4000")); /* N = 16384 */
	assert_non_null(strstr(bytes_string(&text), "aes-256-cbc"));
	bytes_free(&der);
	bytes_free(&text);
	secret_free(&passphrase);
}

/* The vkey of the key that openssl wrote to plain.pem. */
static void vkey_of_plain(const char *name, struct vkey *key)
{
	struct bytes der = {0};

	assert_int_equal(shell(&der, "openssl pkey -in plain.pem -pubout -outform DER"), 0);
	assert_int_equal(der.len, 44);
	assert_int_equal(vkey_make(key, name, NOTE_COSIGNATURE, der.data + 12, NULL), 0);
	bytes_free(&der);
}

static void we_open_what_the_openssl_program_makes(void **state)
{
	struct secret *passphrase = phrase("theirs"), *seed;
	struct vkey key;

	(void)state;
	assert_int_equal(shell(NULL, "openssl genpkey -algorithm ed25519 -out plain.pem"), 0);
	assert_int_equal(
	        shell(NULL, "openssl pkcs8 -topk8 -scrypt -in plain.pem -out theirs.key -passout pass:theirs"), 0);
	vkey_of_plain("theirs", &key);
	seed = credential_unlock(directory, &key, passphrase, NULL);
	assert_non_null(seed);
	secret_free(&seed);
	secret_free(&passphrase);
}

static void refuse_key(const char *name, const struct vkey *like, const char *passphrase, const char *expected)
{
	struct secret *s = phrase(passphrase);
	struct error e = {0};
	struct vkey key;

	assert_int_equal(vkey_make(&key, name, NOTE_COSIGNATURE, like->public_key, NULL), 0);
	assert_null(credential_unlock(directory, &key, s, &e));
	expect(&e, expected);
	secret_free(&s);
}

static void other_key_files_are_refused(void **state)
{
	struct secret *passphrase = phrase("p");
	struct vkey key, other;

	(void)state;
	assert_int_equal(shell(NULL, "openssl genpkey -algorithm ed25519 -out plain.pem"), 0);
	vkey_of_plain("base", &key);
	assert_int_equal(shell(NULL, "openssl pkcs8 -topk8 -scrypt -in plain.pem -out base.key -passout pass:p"), 0);

	assert_int_equal(shell(NULL, "cp plain.pem unencrypted.key"), 0);
	refuse_key("unencrypted", &key, "p", "unencrypted.key is not an encrypted private key in PEM (PKCS#8).");
	assert_int_equal(shell(NULL, "(echo x; cat base.key) > before.key"), 0);
	refuse_key("before", &key, "p", "before.key is not an encrypted private key in PEM");
	assert_int_equal(shell(NULL, "(cat base.key; echo x) > behind.key"), 0);
	refuse_key("behind", &key, "p", "behind.key is not an encrypted private key in PEM");
	assert_int_equal(shell(NULL, "head -c 150 base.key > cut.key"), 0);
	refuse_key("cut", &key, "p", "cut.key is not an encrypted private key in PEM");
	assert_int_equal(shell(NULL, "printf '' > empty.key"), 0);
	refuse_key("empty", &key, "p", "empty.key is not an encrypted private key in PEM");
	assert_int_equal(
	        shell(NULL, "(openssl pkcs8 -topk8 -scrypt -in plain.pem -outform DER -passout pass:p; printf x) | "
	                    "openssl base64 | (echo '-----BEGIN ENCRYPTED PRIVATE KEY-----'; cat; echo '-----END "
	                    "ENCRYPTED PRIVATE KEY-----') > trailing.key"),
	        0);
	refuse_key("trailing", &key, "p", "trailing.key is not a well-formed encrypted private key (PKCS#8).");
	assert_int_equal(shell(NULL, "openssl pkcs8 -topk8 -in plain.pem -out pbkdf2.key -passout pass:p"), 0);
	refuse_key("pbkdf2", &key, "p",
	        "pbkdf2.key is not protected by scrypt. Encrypt it again: openssl pkcs8 -topk8 -scrypt.");
	assert_int_equal(
	        shell(NULL, "openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -in plain.pem -out pbe1.key -passout pass:p"), 0);
	refuse_key("pbe1", &key, "p", "pbe1.key is not protected by scrypt.");
	assert_int_equal(
	        shell(NULL,
	                "openssl genpkey -algorithm x25519 | openssl pkcs8 -topk8 -scrypt -out x.key -passout pass:p"),
	        0);
	refuse_key("x", &key, "p", "x.key holds another kind of key than Ed25519.");
	assert_int_equal(
	        shell(NULL, "openssl genrsa 2048 | openssl pkcs8 -topk8 -scrypt -out rsa.key -passout pass:p"), 0);
	refuse_key("rsa", &key, "p", "rsa.key holds another kind of key than Ed25519.");
	assert_int_equal(shell(NULL, "ln -s base.key link.key"), 0);
	refuse_key("link", &key, "p", "link.key is a symbolic link");
	refuse_key("missing", &key, "p", "missing.key is not in /tmp/test-credential-");
	refuse_key("missing", &key, "p", ". Insert the medium of missing there, then try again.");

	assert_int_equal(credential_create(directory, "other", passphrase, &other, NULL), 0);
	refuse_key("base", &other, "p", "base.key is not the private key of this person's public key.");
	secret_free(&passphrase);
}

/* Everything in the directory about `name`, names and contents. */
static void snapshot(const char *name, struct bytes *out)
{
	assert_int_equal(
	        shell(out, "ls -A; cat %s.key %s.vkey; stat -c '%%a %%i %%Y' %s.key %s.vkey", name, name, name, name),
	        0);
}

static void a_new_passphrase_opens_the_same_key(void **state)
{
	struct secret *before = phrase("the old one"), *now = phrase("the new one"), *old_seed, *new_seed;
	struct bytes vkey_before = {0}, vkey_after = {0}, der = {0}, left = {0};
	struct vkey key;
	struct error e = {0};
	struct stat st;
	char path[256];

	(void)state;
	assert_int_equal(credential_create(directory, "change", before, &key, NULL), 0);
	assert_int_equal(shell(&vkey_before, "cat change.vkey; stat -c %%i change.vkey"), 0);
	old_seed = credential_unlock(directory, &key, before, NULL);
	assert_int_equal(credential_change_passphrase(directory, &key, before, now, &e), 0);
	new_seed = credential_unlock(directory, &key, now, NULL);
	assert_true(old_seed && new_seed && secret_equal(old_seed, new_seed));
	secret_free(&new_seed);
	new_seed = credential_unlock(directory, &key, before, &e);
	assert_null(new_seed);
	expect(&e, "The passphrase of change is wrong.");
	assert_int_equal(shell(&der, "openssl pkey -in change.key -passin 'pass:the new one' -pubout -outform DER"), 0);
	assert_int_equal(der.len, 44);
	assert_memory_equal(der.data + 12, key.public_key, 32);
	assert_int_equal(shell(&vkey_after, "cat change.vkey; stat -c %%i change.vkey"), 0);
	assert_string_equal(bytes_string(&vkey_before), bytes_string(&vkey_after));
	snprintf(path, sizeof path, "%s/change.key", directory);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(shell(&left, "ls -A | grep '^\\.new-' || true"), 0);
	assert_string_equal(bytes_string(&left), "");
	secret_free(&old_seed);
	secret_free(&before);
	secret_free(&now);
	bytes_free(&vkey_before);
	bytes_free(&vkey_after);
	bytes_free(&der);
	bytes_free(&left);
}

static void a_refused_change_leaves_the_file_as_it_was(void **state)
{
	struct secret *good = phrase("good enough"), *wrong = phrase("Good enough"), *none = phrase("");
	struct secret *longest = secret_new(2000, NULL);
	struct bytes then = {0}, now = {0};
	struct vkey key, other;

	(void)state;
	for (int i = 0; i < 1024; i++)
		assert_int_equal(secret_text(longest, "p"), 0);
	assert_int_equal(credential_create(directory, "keep", good, &key, NULL), 0);
	assert_int_equal(credential_create(directory, "else", good, &other, NULL), 0);
	assert_int_equal(vkey_make(&other, "keep", NOTE_COSIGNATURE, other.public_key, NULL), 0);
	snapshot("keep", &then);
	const struct {
		const struct vkey *key;
		const struct secret *before, *now;
		const char *message;
	} cases[] = {
	        {&key, wrong, good, "The passphrase of keep is wrong."},
	        {&key, none, good, "The passphrase of keep is wrong."},
	        {&key, good, none, "The passphrase of keep is empty."},
	        {&key, good, longest, "The passphrase of keep is longer than 1023 bytes."},
	        {&other, good, wrong, "keep.key is not the private key of this person's public key."},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error e = {0};

		assert_int_equal(
		        credential_change_passphrase(directory, cases[i].key, cases[i].before, cases[i].now, &e), -1);
		expect(&e, cases[i].message);
		bytes_clear(&now);
		snapshot("keep", &now);
		assert_string_equal(bytes_string(&then), bytes_string(&now));
	}
	bytes_free(&then);
	bytes_free(&now);
	secret_free(&good);
	secret_free(&wrong);
	secret_free(&none);
	secret_free(&longest);
}

static void vkey_files_are_read_strictly(void **state)
{
	struct secret *passphrase = phrase("p");
	struct bytes line = {0};
	struct vkey key, as_console;
	struct error e = {0};

	(void)state;
	assert_int_equal(credential_create(directory, "line", passphrase, &key, NULL), 0);
	vkey_text(&key, &line);
	put_file("line.vkey", line.data, line.len);
	assert_int_equal(credential_read(directory, "line", &key, &e), -1);
	expect(&e, "line.vkey is not one whole line.");
	bytes_text(&line, "\n\n");
	put_file("line.vkey", line.data, line.len);
	assert_int_equal(credential_read(directory, "line", &key, &e), -1);
	expect(&e, "key line");
	put_file("line.vkey", "", 0);
	assert_int_equal(credential_read(directory, "line", &key, &e), -1);
	expect(&e, "line.vkey is not one whole line.");
	assert_int_equal(vkey_make(&as_console, "line", NOTE_ED25519, key.public_key, NULL), 0);
	put_vkey(&as_console);
	assert_int_equal(credential_read(directory, "line", &key, &e), -1);
	expect(&e, "line.vkey is not a cosigner's key (type 04).");
	assert_int_equal(shell(NULL, "rm line.vkey; cp ann.vkey line.vkey"), 0);
	assert_int_equal(credential_read(directory, "line", &key, &e), -1);
	expect(&e, "line.vkey holds the key of ann.");
	assert_int_equal(credential_read(directory, "nobody", &key, &e), -1);
	expect(&e, "nobody.vkey is not in ");
	expect(&e, directory);
	expect(&e, ". Insert the medium of nobody there, then try again.");
	assert_int_equal(e.code, ERROR_MISSING);
	bytes_free(&line);
	secret_free(&passphrase);
}

/* "{person}" stands for the NAME: each person's medium has a mount point of its own. */
static void each_persons_medium_has_its_place(void **state)
{
	struct secret *passphrase = phrase("p"), *seed;
	struct bytes place = {0};
	struct vkey key, read;
	char template[128];
	struct error e = {0};

	(void)state;
	snprintf(template, sizeof template, "%s/of-{person}/keys", directory);
	assert_int_equal(credential_directory(template, "zoe", &place, NULL), 0);
	assert_int_equal(shell(NULL, "mkdir -p of-zoe/keys of-yan/keys"), 0);
	assert_int_equal(credential_create_stand_in(template, "zoe", passphrase, &key, NULL), 0);
	assert_int_equal(shell(NULL, "test -f of-zoe/keys/zoe.key -a -f of-zoe/keys/zoe.vkey"), 0);
	assert_int_equal(credential_read(template, "zoe", &read, NULL), 0);
	assert_non_null(seed = credential_unlock(template, &key, passphrase, NULL));
	secret_free(&seed);
	assert_int_equal(credential_change_passphrase(template, &key, passphrase, passphrase, NULL), 0);

	assert_int_equal(credential_read(template, "yan", &read, &e), -1);
	expect(&e, "of-yan/keys. Insert the medium of yan there, then try again.");
	assert_int_equal(credential_read(template, "xia", &read, &e), -1);
	expect(&e, "The medium of xia is not there: there is no directory ");
	expect(&e, "/of-xia/keys. Insert it, then try again.");
	assert_int_equal(e.code, ERROR_MISSING);
	assert_int_equal(shell(NULL, "rm -r of-zoe of-yan"), 0);
	bytes_free(&place);
	secret_free(&passphrase);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_made_opens_again),
	        cmocka_unit_test(a_wrong_passphrase_is_told_apart),
	        cmocka_unit_test(nothing_is_overwritten),
	        cmocka_unit_test(names_and_passphrases_are_checked),
	        cmocka_unit_test(the_openssl_program_opens_ours),
	        cmocka_unit_test(we_open_what_the_openssl_program_makes),
	        cmocka_unit_test(other_key_files_are_refused),
	        cmocka_unit_test(a_new_passphrase_opens_the_same_key),
	        cmocka_unit_test(a_refused_change_leaves_the_file_as_it_was),
	        cmocka_unit_test(vkey_files_are_read_strictly),
	        cmocka_unit_test(each_persons_medium_has_its_place),
	};

	return cmocka_run_group_tests_name("credential", tests, setup, teardown);
}
