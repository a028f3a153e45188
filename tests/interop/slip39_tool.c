/* Our SLIP-39 for other people's tools: `split K N EXT` takes a secret in hex from standard input and prints a share a
 * line; `combine [PASSPHRASE]` takes a share a line and prints the secret in hex; `pin PREFIX LENGTH hex|digits` takes
 * a secret and prints the PIN that follows from it. What is refused: the sentence, and 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "people/share.h"

enum { SECRET_MAX = 32, LINE_MAX_LEN = 512 };

static int fail(const struct error *e)
{
	struct bytes text = {0};

	error_text(e, &text);
	fprintf(stderr, "slip39_tool: %s\n", bytes_string(&text));
	bytes_free(&text);
	return 1;
}

static struct secret *secret_read(struct error *e)
{
	char hex[2 * SECRET_MAX + 2] = "";
	struct secret *s = secret_new(SECRET_MAX, e);
	size_t len;

	if (!s || !fgets(hex, sizeof(hex), stdin))
		hex[0] = 0;
	len = strcspn(hex, "\n");
	if (s && (!len || len % 2 || hex_decode(hex, len, s->data, len / 2) < 0)) {
		error_set(e, ERROR_FAULT, "the secret is not hex");
		secret_free(&s);
	}
	if (s)
		s->len = len / 2;
	return s;
}

static int split(unsigned threshold, unsigned count, bool extendable, struct error *e)
{
	struct secret *shares[SHARES_MAX] = {0}, *master = secret_read(e);
	int rc = -1;

	if (!master || share_split(master, threshold, count, extendable, shares, e) < 0)
		goto out;
	for (unsigned i = 0; i < count; i++)
		printf("%.*s\n", (int)shares[i]->len, (const char *)shares[i]->data);
	rc = 0;
out:
	for (unsigned i = 0; i < SHARES_MAX; i++)
		secret_free(&shares[i]);
	secret_free(&master);
	return rc;
}

static int combine(const char *passphrase, struct error *e)
{
	char line[LINE_MAX_LEN];
	struct secret *shares[SHARES_MAX * SHARES_MAX] = {0}, *master = NULL;
	struct bytes hex = {0};
	unsigned count = 0;
	int rc = -1;

	while (count < SHARES_MAX * SHARES_MAX && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		shares[count] = secret_new(LINE_MAX_LEN, e);
		if (!shares[count] || secret_text(shares[count], line) < 0)
			goto out;
		count++;
	}
	master = share_combine(shares, count, passphrase, e);
	if (!master)
		goto out;
	bytes_hex(&hex, master->data, master->len);
	printf("%s\n", bytes_string(&hex));
	rc = 0;
out:
	for (unsigned i = 0; i < SHARES_MAX * SHARES_MAX; i++)
		secret_free(&shares[i]);
	secret_free(&master);
	bytes_free(&hex);
	return rc;
}

static int pin(const char *prefix, unsigned length, bool digits, struct error *e)
{
	struct secret *master = secret_read(e), *made = master ? pin_make(master, prefix, length, digits, e) : NULL;
	int rc = made ? 0 : -1;

	if (made)
		printf("%.*s\n", (int)made->len, (const char *)made->data);
	secret_free(&made);
	secret_free(&master);
	return rc;
}

int main(int argc, char **argv)
{
	struct error e = {0};
	int rc;

	if (secret_init(&e) < 0)
		return fail(&e);
	if (argc == 5 && !strcmp(argv[1], "split"))
		rc = split((unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]), !strcmp(argv[4], "1"), &e);
	else if ((argc == 2 || argc == 3) && !strcmp(argv[1], "combine"))
		rc = combine(argc == 3 ? argv[2] : "", &e);
	else if (argc == 5 && !strcmp(argv[1], "pin"))
		rc = pin(argv[2], (unsigned)atoi(argv[3]), !strcmp(argv[4], "digits"), &e);
	else {
		fprintf(stderr,
		        "usage: slip39_tool split K N EXT | combine [PASSPHRASE] | pin PREFIX LENGTH hex|digits\n");
		return 2;
	}
	return rc < 0 ? fail(&e) : 0;
}
