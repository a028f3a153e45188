/* What an entry costs over the bare write and fdatasync of the same bytes: `bench_append DIR` prints "append RATIO".
 * Both take turns in short blocks, now the one first and now the other, so that a disk that changes its pace does so
 * for both; the ratio is of the medians of the blocks. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "record/record.h"

enum { BLOCKS = 500, BLOCK = 4 };

/* As long as an approval with its two signature lines. */
static const char data[] =
        "{\"of\":17,\"person\":\"alice\",\"cosignature\":\"— alice "
        "OuttPAAAAABJlgLSZZrycphSjMMfI/sWjisYDnSF4iPnEkGCxl7pyM5jqhN+9kl0JHgc8Qc1kthOFYnQkBvg7q3d5iil21peuZwTBg==\","
        "\"console\":\"— example.jp/ceremony/root-g1/20261201T093000Z-0a1b2c3d "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\",\"card\":null}";

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double block_append(struct record *r, struct bytes lines[BLOCK], struct error *e)
{
	double start = now();

	for (int i = 0; i < BLOCK; i++) {
		const struct entry *entry = record_append(r, "root-key", APPROVAL_GIVEN, data, e);

		if (entry == NULL)
			return -1;
		bytes_clear(&lines[i]);
		bytes_add(&lines[i], entry->line, entry->len);
		bytes_byte(&lines[i], '\n');
	}
	return now() - start;
}

static double block_bare(int fd, const struct bytes lines[BLOCK])
{
	double start = now();

	for (int i = 0; i < BLOCK; i++)
		if (write(fd, lines[i].data, lines[i].len) != (ssize_t)lines[i].len || fdatasync(fd) != 0)
			return -1;
	return now() - start;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

int main(int argc, char **argv)
{
	double append[BLOCKS], bare[BLOCKS];
	struct bytes lines[BLOCK] = {0}, path = {0};
	struct record *r = NULL;
	struct error e = {0};
	int fd = -1, result = 1;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_append DIR (which must not exist)\n");
		return 2;
	}
	if (secret_init(&e) != 0 || (r = record_create(argv[1], &e)) == NULL)
		goto out;
	bytes_printf(&path, "%s/bare", argv[1]);
	fd = open(bytes_string(&path), O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0644);
	if (fd < 0)
		goto out;
	for (int i = 0; i < BLOCKS; i++) {
		if (i % 2 == 1)
			bare[i] = block_bare(fd, lines); /* of the block before: the same length */
		append[i] = block_append(r, lines, &e);
		if (i % 2 == 0)
			bare[i] = block_bare(fd, lines);
		if (append[i] < 0 || bare[i] < 0)
			goto out;
	}
	printf("append %.3f\n", median(append, BLOCKS) / median(bare, BLOCKS));
	fprintf(stderr, "append: %.1f us an entry, bare: %.1f us\n", median(append, BLOCKS) / BLOCK * 1e6,
	        median(bare, BLOCKS) / BLOCK * 1e6);
	result = 0;
out:
	if (result != 0) {
		error_text(&e, &path);
		fprintf(stderr, "bench_append: %s\n", bytes_string(&path));
	}
	record_free(&r);
	for (int i = 0; i < BLOCK; i++)
		bytes_free(&lines[i]);
	bytes_free(&path);
	if (fd >= 0)
		close(fd);
	return result;
}
