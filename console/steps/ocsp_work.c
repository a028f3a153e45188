#include "steps/ocsp_work.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

enum {
	BATCH_FIRST = 16,       /* until it is known how fast the HSM is */
	BATCH_MAX = 512,        /* their signatures, of RSA-8192 too, go into one answer */
	BATCH_MS = 300,         /* so long a batch is to take: bar and pause keep up with it */
	BY_OPENSSL_EVERY = 100, /* by OpenSSL's own parser as well */
	STATUSES = 2 + REASON_AA_COMPROMISE
};

/* One of the two files, and the hash of what is in it. */
struct output {
	char path[OCSP_PATH];
	FILE *file;
	EVP_MD_CTX *hash;
	uint64_t bytes;
};

struct ocsp_work {
	const struct script_ocsp *o;
	struct ocsp_set set;
	int64_t now;
	bool rehearsal, leaves, finished;
	int dir;
	struct output container, index;
	size_t next;           /* the first that was not asked for */
	size_t batch;          /* how many are asked for at once */
	size_t asked;          /* in the request that the HSM has */
	int64_t asked_at;      /* ms */
	size_t written;        /* verified and in the files */
	struct bytes answered; /* lengths and signatures of the responses from `written` on */
	size_t answers;        /* how many */
	bool linted[STATUSES]; /* one of each status */
	struct bytes der, line;
	struct error failed;
};

static int output_open(struct output *out, int dir, struct error *e)
{
	if (unlinkat(dir, out->path, 0) < 0 && errno != ENOENT)
		return error_errno(e, "%s, which an attempt before left, cannot be removed: %s", out->path);
	int fd = openat(dir, out->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	out->file = fd < 0 ? NULL : fdopen(fd, "wb");
	if (!out->file) {
		error_errno(e, "%s cannot be made: %s", out->path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (fchmod(fd, 0644) < 0)
		return error_errno(e, "%s cannot be made: %s", out->path);
	out->hash = EVP_MD_CTX_new();
	return out->hash && EVP_DigestInit_ex(out->hash, EVP_sha256(), NULL) == 1 ? 0 : error_memory(e);
}

static int output_add(struct output *out, const struct bytes *data, struct error *e)
{
	if (fwrite(data->data, 1, data->len, out->file) != data->len)
		return error_errno(e, "%s cannot be written: %s", out->path);
	out->bytes += data->len;
	return EVP_DigestUpdate(out->hash, data->data, data->len) == 1 ? 0 : error_memory(e);
}

static int output_end(struct output *out, uint8_t sum[32], uint64_t *bytes, struct error *e)
{
	*bytes = out->bytes;
	if (fflush(out->file) != 0 || fsync(fileno(out->file)) < 0)
		return error_errno(e, "%s cannot be written: %s", out->path);
	return EVP_DigestFinal_ex(out->hash, sum, NULL) == 1 ? 0 : error_memory(e);
}

static void output_free(struct output *out, int dir, bool keep)
{
	if (out->file) {
		fclose(out->file);
		if (!keep)
			unlinkat(dir, out->path, 0);
	}
	EVP_MD_CTX_free(out->hash);
}

struct ocsp_work *ocsp_work_new(
        const struct script_ocsp *o, struct ocsp_set *set, int64_t now, bool rehearsal, int dir, struct error *e)
{
	struct ocsp_work *w = calloc(1, sizeof(*w));

	if (!w) {
		ocsp_set_free(set);
		error_memory(e);
		return NULL;
	}
	*w = (struct ocsp_work){
	        .o = o, .set = *set, .now = now, .rehearsal = rehearsal, .dir = dir, .batch = BATCH_FIRST};
	memset(set, 0, sizeof(*set));
	ocsp_temporary(o, ".ocsp", w->container.path);
	ocsp_temporary(o, ".ocsp.index", w->index.path);
	if (output_open(&w->container, dir, e) == 0 && output_open(&w->index, dir, e) == 0)
		return w;
	ocsp_work_free(w);
	return NULL;
}

void ocsp_work_free(void *work)
{
	struct ocsp_work *w = work;

	output_free(&w->container, w->dir, w->finished);
	output_free(&w->index, w->dir, w->finished);
	ocsp_set_free(&w->set);
	bytes_free(&w->answered);
	bytes_free(&w->der);
	bytes_free(&w->line);
	free(w);
}

size_t ocsp_work_count(const struct ocsp_work *w)
{
	return w->set.list.count;
}

size_t ocsp_work_signed(const struct ocsp_work *w)
{
	return w->written + w->answers;
}

static void put_u32(struct bytes *out, size_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		bytes_byte(out, (uint8_t)(value >> shift));
}

static int request_batch(struct ocsp_work *w, struct bytes *data, struct error *e)
{
	size_t end = w->next + w->batch < w->set.list.count ? w->next + w->batch : w->set.list.count;
	uint8_t room[OCSP_TBS_MAX];
	const uint8_t *tbs;
	size_t len;

	put_u32(data, w->next);
	for (size_t i = w->next; i < end; i++) {
		if (ocsp_tbs(w->set.batch, &w->set.list.item[i], room, &tbs, &len, e) < 0)
			return -1;
		put_u32(data, len);
		bytes_add(data, tbs, len);
	}
	w->asked = end - w->next;
	w->next = end;
	return bytes_end(data, e);
}

int ocsp_work_request(struct ocsp_work *w, struct hsm_request *r, struct bytes *data, struct error *e)
{
	uint8_t root[32];

	r->verb = w->leaves ? HSM_SIGN_BATCH : HSM_LEAVES;
	if (w->leaves ? request_batch(w, data, e) < 0 : ocsp_set_root(&w->set, root, data, e) < 0)
		return -1;
	r->data = data->data;
	r->len = data->len;
	w->asked_at = time_up_ms();
	return 0;
}

/* The first of each status is linted as it is now, with its signature. */
static int lint_some(struct ocsp_work *w, size_t i, const struct crl_entry *entry, struct error *e)
{
	size_t status = entry->time < 0 ? 0 : 1u + entry->reason;

	if (w->linted[status] && i + 1 < w->set.list.count)
		return 0;
	w->linted[status] = true;
	return ocsp_lint_der(w->o, &w->der, w->now, w->rehearsal, e);
}

static int take_one(struct ocsp_work *w, size_t i, const uint8_t *signature, size_t len, struct error *e)
{
	const struct crl_entry *entry = &w->set.list.item[i];
	uint8_t room[OCSP_TBS_MAX];
	const uint8_t *tbs;
	size_t tbs_len;

	if (ocsp_tbs(w->set.batch, entry, room, &tbs, &tbs_len, e) < 0 ||
	        ocsp_assemble(w->set.batch, tbs, tbs_len, signature, len, &w->der, e) < 0 ||
	        ocsp_check(w->set.batch, entry, w->der.data, w->der.len, i % BY_OPENSSL_EVERY == 0, e) < 0 ||
	        lint_some(w, i, entry, e) < 0)
		return -1;
	bytes_clear(&w->line);
	if (ocsp_index_line(entry, w->container.bytes, w->der.data, w->der.len, &w->line, e) < 0)
		return -1;
	return output_add(&w->container, &w->der, e) < 0 || output_add(&w->index, &w->line, e) < 0 ? -1 : 0;
}

static int catch_up(struct ocsp_work *w, struct error *e)
{
	const uint8_t *at = w->answered.data;
	size_t left = w->answered.len;

	for (; w->answers; w->answers--, w->written++) {
		size_t len = left < 2 ? 0 : (size_t)at[0] << 8 | at[1];
		if (!len || len > left - 2)
			return error_set(e, ERROR_FAULT,
			        "the HSM's process did not give a signature for each response that it was asked for");
		if (take_one(w, w->written, at + 2, len, e) < 0)
			return -1;
		at += 2 + len;
		left -= 2 + len;
	}
	return left ? error_set(e, ERROR_FAULT, "the HSM's process gave more signatures than it was asked for") : 0;
}

void ocsp_work_catch_up(struct ocsp_work *w)
{
	if (!w->failed.code)
		catch_up(w, &w->failed);
}

/* More at once from a fast HSM, fewer from a slow one. */
static void adapt(struct ocsp_work *w)
{
	int64_t took = time_up_ms() - w->asked_at;
	size_t fits = took > 0 ? (size_t)((int64_t)w->asked * BATCH_MS / took) : BATCH_MAX;

	if (fits > 2 * w->batch)
		fits = 2 * w->batch;
	w->batch = fits > BATCH_MAX ? BATCH_MAX : fits < 1 ? 1 : fits;
}

int ocsp_work_answer(struct ocsp_work *w, const struct json *answer, struct ocsp_sums *sums, struct error *e)
{
	const char *text = json_text(answer, "signatures");

	if (!w->leaves) {
		if (json_number(answer, "count", -1) != (int64_t)w->set.list.count)
			return error_set(e, ERROR_FAULT, "the HSM's process did not take the leaves of all responses");
		w->leaves = true;
		return 1;
	}
	if (w->failed.code) {
		*e = w->failed;
		return -1;
	}
	bytes_clear(&w->answered);
	if (!text || base64_decode(text, strlen(text), &w->answered) < 0)
		return error_set(e, ERROR_FAULT, "there are no signatures for the OCSP responses %s", w->o->name);
	w->answers = w->asked;
	adapt(w);
	if (w->next < w->set.list.count)
		return 1;
	if (catch_up(w, e) < 0 || output_end(&w->container, sums->sha256, &sums->bytes, e) < 0 ||
	        output_end(&w->index, sums->index_sha256, &sums->index_bytes, e) < 0)
		return -1;
	w->finished = true;
	return 0;
}
