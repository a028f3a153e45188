/* A CRL of a million entries against `openssl ca -gencrl`, and one of 10,000 against GnuTLS's certtool, on the same
 * entries: `bench_crl DIR [ENTRIES]` prints "crl-time RATIO", "crl-memory RATIO", and the same of certtool. Each side
 * is a process of its own that begins with files and ends with a signed CRL in a file; what counts is its wall time and
 * its largest resident set. The revokedCertificates of OpenSSL's CRL and ours must be the same bytes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "pki/crl_list.h"
#include "pki/crl_read.h"
#include "pki/name.h"

#include <openssl/pem.h>

enum { MANY = 1000000, FEW = 10000, RUNS = 3 };
#define FIRST INT64_C(1764547200) /* 2025-12-01T00:00:00Z */

static const char *const reasons[] = {"unspecified", "keyCompromise", "affiliationChanged", "superseded",
        "cessationOfOperation", "privilegeWithdrawn"};
/* `openssl ca` knows this one only by another number */
static const char *const openssl_reasons[] = {
        "", ",keyCompromise", ",affiliationChanged", ",superseded", ",cessationOfOperation", ""};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct cost {
	double seconds;
	long kilobytes;
};

/* Runs a program to its end; its cost, or -1 seconds. */
static struct cost cost_of(char *const argv[])
{
	struct cost c = {-1, 0};
	struct rusage usage;
	double start = now();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "bench_crl: %s failed\n", argv[0]);
		return c;
	}
	c.seconds = now() - start;
	c.kilobytes = usage.ru_maxrss;
	return c;
}

static struct cost best_of(char *const argv[])
{
	struct cost best = {-1, 0};

	for (int i = 0; i < RUNS; i++) {
		struct cost c = cost_of(argv);
		if (c.seconds < 0)
			return c;
		if (best.seconds < 0 || c.seconds < best.seconds)
			best = c;
	}
	return best;
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The same entries as lines for us and as the index of `openssl ca`, in no order. */
static int make_entries(unsigned count)
{
	FILE *lines = fopen("entries.txt", "w"), *index = fopen("index.txt", "w");
	uint64_t state = 88172645463325252;

	if (!lines || !index)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		unsigned long long high = next_random(&state) >> 1 | 1, low = next_random(&state);
		unsigned reason = i % 5;
		int64_t at = FIRST + (int64_t)(i % 30000000);
		char text[TIME_TEXT];
		time_format_seconds(at, text);
		fprintf(lines, "%016llx%016llx,%s,%s\n", high, low, text, reasons[reason]);
		fprintf(index, "R\t351201000000Z\t%.2s%.2s%.2s%.2s%.2s%.2sZ%s\t%016llX%016llX\tunknown\t/CN=%u\n",
		        text + 2, text + 5, text + 8, text + 11, text + 14, text + 17, openssl_reasons[reason], high,
		        low, i);
	}
	return fclose(lines) || fclose(index) ? -1 : 0;
}

static int shell(const char *command)
{
	int status = system(command);

	if (status != 0)
		fprintf(stderr, "bench_crl: failed: %s\n", command);
	return status;
}

static int make_ca(void)
{
	FILE *f = fopen("ca.cnf", "w");

	if (!f)
		return -1;
	fputs("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=number\ncertificate=ca.pem\nprivate_key=ca.key\n"
	      "default_md=sha256\ndefault_crl_days=30\nunique_subject=no\ncrl_extensions=x\n[x]\n"
	      "authorityKeyIdentifier=keyid:always\n",
	        f);
	if (fclose(f))
		return -1;
	return shell(
	        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj "
	        "'/C=JP/O=Example Trust K.K./CN=Example Root CA G1' -days 3650 -addext "
	        "keyUsage=critical,keyCertSign,cRLSign "
	        "2>/dev/null && openssl x509 -in ca.pem -outform DER -out ca.der && echo 1000 > number");
}

struct file_sink {
	int fd;
};

static int write_file(void *context, const void *data, size_t len, struct error *e)
{
	struct file_sink *s = context;
	const char *at = data;

	while (len) {
		ssize_t n = write(s->fd, at, len);
		if (n <= 0)
			return error_errno(e, "cannot write %s: %s", "the CRL");
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static const void *map(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	*len = (size_t)st.st_size;
	data = mmap(NULL, *len, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return data == MAP_FAILED ? NULL : data;
}

/* As a token would sign: over the hash, from outside. */
static int sign(const uint8_t sha256[32], struct bytes *signature)
{
	FILE *f = fopen("ca.key", "r");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	uint8_t out[128];
	size_t len = sizeof out;
	int status = -1;

	if (ctx && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_sign(ctx, out, &len, sha256, 32) == 1) {
		bytes_add(signature, out, len);
		status = 0;
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	if (f)
		fclose(f);
	return status;
}

/* Our side: lines in, a whole CRL out, read again and verified. */
static int ours(struct error *e)
{
	struct bytes ca = {0}, signature = {0};
	struct crl_list list = {0};
	struct crl_totals totals;
	struct crl_reader reader;
	struct file_sink tbs_file, whole_file;
	struct crl_sink tbs = {&tbs_file, write_file}, whole = {&whole_file, write_file};
	struct crl_source source;
	const unsigned char *name;
	const void *text, *data;
	unsigned char *spki = NULL;
	size_t len, name_len;
	X509 *x = NULL;
	ASN1_OCTET_STRING *key_id = NULL;
	int status = -1, spki_len;

	if (file_read("ca.der", 1 << 16, &ca, e) || !(x = x509_parse(ca.data, ca.len, e)))
		goto out;
	key_id = X509_get_ext_d2i(x, NID_subject_key_identifier, NULL, NULL);
	X509_NAME_get0_der(X509_get_subject_name(x), &name, &name_len);
	spki_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	struct crl_profile p = {.issuer = name,
	        .issuer_len = name_len,
	        .issuer_key_id = ASN1_STRING_get0_data(key_id),
	        .issuer_key_id_len = (size_t)ASN1_STRING_length(key_id),
	        .this_update = time_now_ms() / 1000,
	        .number = {[SERIAL_MAX - 1] = 7},
	        .signature = "ecdsa-sha256"};
	p.next_update = p.this_update + 30 * 86400;
	text = map("entries.txt", &len);
	if (!text || crl_list_text(&list, text, len, false, e) || crl_list_sort(&list, e))
		goto out;
	munmap((void *)(uintptr_t)text, len);
	tbs_file.fd = open("ours.tbs.der", O_RDWR | O_CREAT | O_TRUNC, 0644);
	whole_file.fd = open("ours.der", O_RDWR | O_CREAT | O_TRUNC, 0644);
	source = crl_list_source(&list);
	if (crl_tbs(&p, &source, &tbs, &totals, e) || sign(totals.sha256, &signature))
		goto out;
	crl_list_free(&list);
	data = map("ours.tbs.der", &len);
	if (!data || crl_assemble(data, len, p.signature, signature.data, signature.len, &whole, e))
		goto out;
	munmap((void *)(uintptr_t)data, len);
	data = map("ours.der", &len);
	if (!data || crl_open(&reader, data, len, false, e) || crl_verify(&reader.facts, spki, (size_t)spki_len, e))
		goto out;
	status = 0;
out:
	X509_free(x);
	ASN1_OCTET_STRING_free(key_id);
	OPENSSL_free(spki);
	crl_list_free(&list);
	bytes_free(&ca);
	bytes_free(&signature);
	return status;
}

static int same_entries(void)
{
	size_t ours_len, theirs_len;
	const void *our_file = map("ours.der", &ours_len), *their_file = map("theirs.der", &theirs_len);
	struct crl_reader a, b;

	if (!our_file || !their_file || crl_open(&a, our_file, ours_len, false, NULL) ||
	        crl_open(&b, their_file, theirs_len, false, NULL))
		return -1;
	return a.facts.list.len == b.facts.list.len &&
	                       memcmp(a.facts.list.value, b.facts.list.value, a.facts.list.len) == 0
	               ? 0
	               : -1;
}

static void report(const char *name, struct cost us, struct cost them)
{
	printf("%s-time %.3f\n%s-memory %.3f\n", name, us.seconds / them.seconds, name,
	        (double)us.kilobytes / (double)them.kilobytes);
	fprintf(stderr, "%s: ours %.2f s, %ld MB; theirs %.2f s, %ld MB\n", name, us.seconds, us.kilobytes / 1024,
	        them.seconds, them.kilobytes / 1024);
}

static int against_openssl(const char *self, unsigned count)
{
	char *us[] = {(char *)(uintptr_t)self, "--ours", NULL};
	char *them[] = {"openssl", "ca", "-config", "ca.cnf", "-gencrl", "-out", "theirs.pem", NULL};
	struct cost a, b;

	if (make_entries(count))
		return -1;
	a = best_of(us);
	b = cost_of(them);
	if (a.seconds < 0 || b.seconds < 0)
		return -1;
	if (shell("openssl crl -in theirs.pem -outform DER -out theirs.der") || same_entries()) {
		fprintf(stderr, "bench_crl: the entries differ from those of openssl ca\n");
		return -1;
	}
	report("crl", a, b);
	return 0;
}

/* certtool takes what is revoked as certificates: as many as there are entries, in one file. */
static int make_certificates(unsigned count)
{
	struct bytes spki = {0}, signature = {0}, pem = {0};
	struct pki_attribute subject = {.type = "CN", .value = "Example"};
	struct pki_key *key = pki_key_new("ec-p256", &spki, NULL);
	FILE *certificates = fopen("certificates.pem", "w"), *lines = fopen("entries.txt", "w");
	int status = key && certificates && lines ? 0 : -1;

	for (unsigned i = 0; status == 0 && i < count; i++) {
		struct bytes tbs = {0}, der = {0};
		struct pki_profile p = {.subject = &subject,
		        .subjects = 1,
		        .spki = spki.data,
		        .spki_len = spki.len,
		        .serial = {0x11, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 1, 2, 3, 4},
		        .serial_len = 8,
		        .not_before = FIRST,
		        .not_after = FIRST + 864000,
		        .signature = "ecdsa-sha256"};
		/* what certtool reads is the serial number: one signature is as good as another */
		bytes_clear(&pem);
		if (certificate_tbs(&p, &tbs, NULL) ||
		        (!signature.len && pki_key_sign(key, p.signature, tbs.data, tbs.len, &signature, NULL)) ||
		        certificate_assemble(
		                tbs.data, tbs.len, p.signature, signature.data, signature.len, &der, NULL) ||
		        certificate_pem(der.data, der.len, &pem, NULL) ||
		        fwrite(pem.data, 1, pem.len, certificates) != pem.len)
			status = -1;
		fprintf(lines, "11%06x01020304,2026-01-01T00:00:00Z,unspecified\n", i);
		bytes_free(&tbs);
		bytes_free(&der);
	}
	if ((certificates && fclose(certificates)) || (lines && fclose(lines)))
		status = -1;
	pki_key_free(&key);
	bytes_free(&spki);
	bytes_free(&signature);
	bytes_free(&pem);
	return status;
}

static int against_certtool(const char *self)
{
	char *us[] = {(char *)(uintptr_t)self, "--ours", NULL};
	char *them[] = {"certtool", "--generate-crl", "--load-ca-privkey", "ca.key", "--load-ca-certificate", "ca.pem",
	        "--load-certificate", "certificates.pem", "--template", "template", "--outfile", "gnutls.pem", NULL};
	struct cost a, b;
	FILE *f = fopen("template", "w");

	if (!f)
		return -1;
	fputs("crl_next_update = 30\ncrl_number = 7\n", f);
	if (fclose(f) || make_certificates(FEW))
		return -1;
	a = best_of(us);
	b = best_of(them);
	if (a.seconds < 0 || b.seconds < 0 ||
	        shell("test \"$(openssl crl -in gnutls.pem -noout -text | grep -c 'Serial Number')\" = 10000"))
		return -1;
	report("crl-gnutls", a, b);
	return 0;
}

int main(int argc, char **argv)
{
	struct bytes text = {0};
	struct error e = {0};
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (secret_init(&e))
		return 1;
	if (argc == 2 && strcmp(argv[1], "--ours") == 0) {
		if (ours(&e) == 0)
			return 0;
		error_text(&e, &text);
		fprintf(stderr, "bench_crl: %s\n", bytes_string(&text));
		return 1;
	}
	if (argc < 2 || n <= 0) {
		fprintf(stderr, "usage: bench_crl DIR [ENTRIES] (a directory which must not exist)\n");
		return 2;
	}
	self[n] = '\0';
	if (mkdir(argv[1], 0755) || chdir(argv[1]) || make_ca())
		return 1;
	if (against_openssl(self, argc > 2 ? (unsigned)atoi(argv[2]) : MANY) || against_certtool(self))
		return 1;
	return 0;
}
