/* Signing OCSP responses ahead against the bare C_Sign of the same token: `bench_ocsp DIR [RESPONSES]` prints
 * "ocsp-sign RATIO" (signatures a second of the second pass, over those of C_Sign alone) and "ocsp-memory RATIO"
 * (resident set after the last response over that after the first tenth, less the 32 bytes a response that the first
 * pass keeps). The second pass rebuilds each response, holds it against its leaf, signs, and puts the whole response
 * together; a third, outside the measure, verifies. Blocks of both take turns, so that a processor that changes its
 * pace does so for both. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "pki/algorithm.h"
#include "pki/name.h"
#include "pki/ocsp.h"
#include "token.h"

enum { RESPONSES = 100000, BLOCK = 2500, CHECKED = 2000, LEAF = 32 };

/* Of the processor, not of the wall: nothing here waits, and other work on the machine is not to count. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int token_spki(struct token *t, struct bytes *spki)
{
	static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	        0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
	uint8_t point[80];
	CK_ATTRIBUTE a = {CKA_EC_POINT, point, sizeof point};

	if (t->f->C_GetAttributeValue(t->session, t->public, &a, 1) || a.ulValueLen < 65)
		return -1;
	bytes_add(spki, head, sizeof head);
	bytes_add(spki, point + a.ulValueLen - 65, 65); /* wrapped in an OCTET STRING, or not */
	return bytes_end(spki, NULL);
}

/* ECDSA-Sig-Value (RFC 3279 section 2.2.3) of r ‖ s. */
static size_t signature_der(const uint8_t raw[64], uint8_t out[80])
{
	uint8_t *at = out + 2;

	for (int i = 0; i < 2; i++) {
		const uint8_t *n = raw + 32 * i;
		size_t len = 32;
		while (len > 1 && !*n) {
			n++;
			len--;
		}
		*at++ = 0x02;
		*at++ = (uint8_t)(len + (*n >> 7));
		if (*n >> 7)
			*at++ = 0;
		memcpy(at, n, len);
		at += len;
	}
	out[0] = 0x30;
	out[1] = (uint8_t)(at - out - 2);
	return (size_t)(at - out);
}

/* The issuer's certificate, self-signed by the token. */
static int make_issuer(struct token *t, struct bytes *der)
{
	struct pki_attribute subject[] = {{.type = "C", .value = "JP"}, {.type = "O", .value = "Example Trust K.K."},
	        {.type = "CN", .value = "Example Issuing CA G1"}};
	struct pki_extension extensions[] = {
	        {"basicConstraints", "critical,CA:TRUE"}, {"subjectKeyIdentifier", "hash"}};
	struct bytes spki = {0}, tbs = {0};
	uint8_t hash[32], raw[64], signature[80];
	struct pki_profile p = {.subject = subject,
	        .subjects = 3,
	        .serial = {0x11, 0x22},
	        .serial_len = 2,
	        .not_before = 1796083200,
	        .not_after = 1796083200 + 864000,
	        .signature = "ecdsa-sha256",
	        .extensions = extensions,
	        .extension_count = 2};
	int status = -1;

	if (token_spki(t, &spki))
		goto out;
	p.spki = spki.data;
	p.spki_len = spki.len;
	if (certificate_tbs(&p, &tbs, NULL) || sha256(tbs.data, tbs.len, hash) || token_sign(t, hash, raw))
		goto out;
	status = certificate_assemble(
	        tbs.data, tbs.len, p.signature, signature, signature_der(raw, signature), der, NULL);
out:
	bytes_free(&spki);
	bytes_free(&tbs);
	return status;
}

/* The n-th certificate of the list: every tenth is revoked. */
static struct crl_entry entry_of(unsigned n)
{
	struct crl_entry entry = {.time = n % 10 ? -1 : INT64_C(1796083200) + n, .invalidity = -1};

	for (unsigned i = 0; i < 16; i++)
		entry.serial[4 + i] = (uint8_t)(0x11 + i);
	for (unsigned i = 0; i < 4; i++)
		entry.serial[8 + i] = (uint8_t)(n >> 8 * i);
	entry.reason = n % 10 ? REASON_UNSPECIFIED : REASON_SUPERSEDED;
	return entry;
}

static int leaf_of(const uint8_t *tbs, size_t len, uint8_t leaf[LEAF])
{
	static const uint8_t zero;
	const struct sha256_part parts[] = {{&zero, 1}, {tbs, len}}; /* RFC 6962 section 2.1 */

	return sha256_parts(parts, 2, leaf);
}

static int first_pass(const struct ocsp_batch *b, unsigned count, uint8_t *leaves)
{
	uint8_t room[OCSP_TBS_MAX];
	const uint8_t *tbs;
	size_t len;

	for (unsigned i = 0; i < count; i++) {
		struct crl_entry entry = entry_of(i);
		if (ocsp_tbs(b, &entry, room, &tbs, &len, NULL) || leaf_of(tbs, len, leaves + (size_t)i * LEAF))
			return -1;
	}
	return 0;
}

static int second_pass(const struct ocsp_batch *b, struct token *t, unsigned from, unsigned until,
        const uint8_t *leaves, struct bytes *response, FILE *to)
{
	uint8_t room[OCSP_TBS_MAX], leaf[LEAF], hash[32], raw[64], signature[80];
	const uint8_t *tbs;
	size_t len;

	for (unsigned i = from; i < until; i++) {
		struct crl_entry entry = entry_of(i);
		if (ocsp_tbs(b, &entry, room, &tbs, &len, NULL) || leaf_of(tbs, len, leaf) ||
		        memcmp(leaf, leaves + (size_t)i * LEAF, LEAF) != 0)
			return -1;
		if (sha256(tbs, len, hash) || token_sign(t, hash, raw) ||
		        ocsp_assemble(b, tbs, len, signature, signature_der(raw, signature), response, NULL) ||
		        fwrite(response->data, 1, response->len, to) != response->len)
			return -1;
	}
	return 0;
}

static int bare(struct token *t, unsigned count)
{
	uint8_t hash[32] = {1, 2, 3}, raw[64];

	for (unsigned i = 0; i < count; i++)
		if (token_sign(t, hash, raw))
			return -1;
	return 0;
}

static long resident(void)
{
	long pages = -1;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = -1;
	if (f)
		fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

/* Each of the first responses again, by us and by OpenSSL. */
static int third_pass(const struct ocsp_batch *b, unsigned count, FILE *from)
{
	struct bytes der = {0};
	uint8_t header[4];
	int status = 0;

	rewind(from);
	for (unsigned i = 0; status == 0 && i < count; i++) {
		struct crl_entry entry = entry_of(i);
		uint8_t body[65536];
		size_t len;
		if (fread(header, 1, 4, from) != 4 || header[1] != 0x82)
			return -1;
		len = (size_t)header[2] << 8 | header[3];
		if (fread(body, 1, len, from) != len)
			return -1;
		bytes_clear(&der);
		bytes_add(&der, header, 4);
		bytes_add(&der, body, len);
		status = ocsp_check(b, &entry, der.data, der.len, i % 10 == 0, NULL);
	}
	bytes_free(&der);
	return status;
}

static int measure(const struct ocsp_batch *b, struct token *t, unsigned count, FILE *to)
{
	uint8_t *leaves = malloc((size_t)count * LEAF);
	struct bytes response = {0};
	double passes = 0, alone = 0, start = now(), first;
	long early = 0, late;
	int status = -1;

	if (!leaves || first_pass(b, count, leaves))
		goto out;
	first = now() - start;
	for (unsigned at = 0; at < count; at += BLOCK) {
		unsigned until = at + BLOCK < count ? at + BLOCK : count;
		start = now();
		if (second_pass(b, t, at, until, leaves, &response, to))
			goto out;
		passes += now() - start;
		start = now();
		if (bare(t, until - at))
			goto out;
		alone += now() - start;
		if (at <= count / 10)
			early = resident();
	}
	late = resident();
	start = now();
	if (third_pass(b, count < CHECKED ? count : CHECKED, to))
		goto out;
	printf("ocsp-sign %.3f\nocsp-memory %.3f\n", alone / passes, (double)late / (double)early);
	fprintf(stderr,
	        "ocsp: first pass %.0f a second, second pass %.0f, C_Sign alone %.0f, verifying %.0f; resident %ld kB, "
	        "then %ld "
	        "kB\n",
	        count / first, count / passes, count / alone, (count < CHECKED ? count : CHECKED) / (now() - start),
	        early / 1024, late / 1024);
	status = 0;
out:
	free(leaves);
	bytes_free(&response);
	return status;
}

int main(int argc, char **argv)
{
	struct token token = {0};
	struct bytes issuer = {0}, text = {0};
	struct ocsp_batch *batch = NULL;
	struct error e = {0};
	struct ocsp_profile p = {.hashes = OCSP_SHA1,
	        .this_update = 1796083200,
	        .next_update = 1796083200 + 7 * 86400,
	        .produced_at = 1796083200,
	        .signature = "ecdsa-sha256"};
	FILE *out = NULL;
	int result = 1;

	if (argc < 2) {
		fprintf(stderr, "usage: bench_ocsp DIR [RESPONSES] (a directory which must not exist)\n");
		return 2;
	}
	if (secret_init(&e) || mkdir(argv[1], 0755) || chdir(argv[1]) || token_open(&token, false) ||
	        make_issuer(&token, &issuer))
		goto out;
	p.issuer = issuer.data;
	p.issuer_len = issuer.len;
	out = fopen("responses", "w+");
	batch = ocsp_batch_new(&p, &e);
	if (out && batch && measure(batch, &token, argc > 2 ? (unsigned)atoi(argv[2]) : RESPONSES, out) == 0)
		result = 0;
out:
	if (result) {
		error_text(&e, &text);
		fprintf(stderr, "bench_ocsp: failed: %s\n", bytes_string(&text));
	}
	if (out)
		fclose(out);
	ocsp_batch_free(&batch);
	bytes_free(&issuer);
	bytes_free(&text);
	return result;
}
