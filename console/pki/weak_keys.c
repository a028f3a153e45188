#include "pki/key_check_private.h"

#include "base/file.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* A list of several million keys is still read. */
enum { FINGERPRINT = 10, LIST_MAX = 1 << 28 };

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, FINGERPRINT);
}

int weak_keys_read(struct weak_keys *w, const void *text, size_t len, struct error *e)
{
	const char *at = text, *end = at + len;
	unsigned number = 0;
	size_t room = w->count;

	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at)), *stop = lf ? lf : end;
		number++;
		if (stop > at && *at != '#') {
			if (w->count == room) {
				size_t more = room < 64 ? 128 : 2 * room;
				uint8_t(*list)[FINGERPRINT] = reallocarray(w->fingerprint, more, sizeof *list);
				if (!list)
					return error_memory(e);
				w->fingerprint = list;
				room = more;
			}
			if (hex_decode(at, (size_t)(stop - at), w->fingerprint[w->count], FINGERPRINT))
				return error_set(e, ERROR_FAULT,
				        N_("Line %u of the list of weak keys is not %d hex digits in lower case."),
				        number, 2 * FINGERPRINT);
			w->count++;
		}
		at = lf ? lf + 1 : end;
	}
	if (w->count)
		qsort(w->fingerprint, w->count, sizeof w->fingerprint[0], compare);
	return 0;
}

int weak_keys_load(struct weak_keys *w, const char *path, uint8_t sum[32], struct error *e)
{
	struct bytes text = {0};
	int status = -1;

	if (file_read(path, LIST_MAX, &text, e))
		goto out;
	if (sum && sha256(text.data, text.len, sum)) {
		error_memory(e);
		goto out;
	}
	status = weak_keys_read(w, text.data, text.len, e);
out:
	bytes_free(&text);
	return status;
}

void weak_keys_free(struct weak_keys *w)
{
	free(w->fingerprint);
	*w = (struct weak_keys){0};
}

int weak_keys_have(const struct weak_keys *w, const BIGNUM *modulus)
{
	char *hex = BN_bn2hex(modulus); /* upper case; whole bytes, so at most one leading zero */
	const char *digits = hex && *hex == '0' ? hex + 1 : hex;
	struct bytes line = {0};
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int status = -1;

	if (digits) {
		bytes_printf(&line, "Modulus=%s\n", digits);
		if (bytes_end(&line, NULL) == 0 && EVP_Digest(line.data, line.len, sum, &n, EVP_sha1(), NULL) == 1 &&
		        n == 20)
			status = w->count && bsearch(sum + FINGERPRINT, w->fingerprint, w->count,
			                             sizeof w->fingerprint[0], compare);
	}
	OPENSSL_free(hex);
	bytes_free(&line);
	return status;
}
