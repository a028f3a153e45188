/* `derive DIR`: the files that follow from a record's `checkpoint`, made again: for records that a test has signed
 * anew. */
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "media/bundle.h"

int main(int argc, char **argv)
{
	struct bytes checkpoint = {0}, png = {0}, svg = {0}, sums = {0}, text = {0};
	struct error e = {0};
	int dir = -1, rc = 1;

	if (argc != 2 || secret_init(&e) < 0)
		return 2;
	dir = dir_open(argv[1], &e);
	if (dir >= 0 && file_read_at(dir, "checkpoint", 1 << 20, &checkpoint, &e) == 0 &&
	        bundle_code_png(checkpoint.data, checkpoint.len, &png, &e) == 0 &&
	        bundle_code_svg(checkpoint.data, checkpoint.len, &svg, &e) == 0 &&
	        file_replace(dir, "checkpoint.png", png.data, png.len, 0644, &e) == 0 &&
	        file_replace(dir, "checkpoint.svg", svg.data, svg.len, 0644, &e) == 0 &&
	        bundle_sums(dir, &sums, &e) == 0 && file_replace(dir, "SHA256SUMS", sums.data, sums.len, 0644, &e) == 0)
		rc = 0;
	if (rc) {
		error_text(&e, &text);
		fprintf(stderr, "derive: %s\n", bytes_string(&text));
	}
	if (dir >= 0)
		close(dir);
	bytes_free(&checkpoint);
	bytes_free(&png);
	bytes_free(&svg);
	bytes_free(&sums);
	bytes_free(&text);
	return rc;
}
