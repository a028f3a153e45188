/* Our SLIP-39 for other people's tools: `split K N EXT` takes a secret in hex from standard input and prints a share a line;
 * `combine [PASSPHRASE]` takes a share a line and prints the secret in hex. What is refused: the sentence, and 1. */
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

static int split(unsigned threshold, unsigned count, bool extendable, struct error *e)
{
	char hex[2 * SECRET_MAX + 2];
	struct secret *shares[SHARES_MAX] = {0}, *master = secret_new(SECRET_MAX, e);
	size_t len;
	int rc = -1;

	if (!master || !fgets(hex, sizeof(hex), stdin))
		goto out;
	len = strcspn(hex, "\n");
	master->len = len / 2;
	if (len % 2 || len / 2 > SECRET_MAX || hex_decode(hex, len, master->data, len / 2) < 0) {
		error_set(e, ERROR_FAULT, "the secret is not hex");
		goto out;
	}
	if (share_split(master, threshold, count, extendable, shares, e) < 0)
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
	else {
		fprintf(stderr, "usage: slip39_tool split K N EXT | combine [PASSPHRASE]\n");
		return 2;
	}
	return rc < 0 ? fail(&e) : 0;
}
