/* Standard input as the PNG of its QR code: qr_picture SCALE. What media/qr draws, for other people's readers. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "media/qr.h"

int main(int argc, char **argv)
{
	static char data[4096];
	struct error e = {0};
	struct qr qr = {0};
	struct bytes png = {0};
	int rc = 1;

	size_t len = fread(data, 1, sizeof(data), stdin);
	unsigned scale = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 4;
	if (qr_make(&qr, data, len, &e) < 0 || qr_png(&qr, scale, &png, &e) < 0) {
		fprintf(stderr, "qr_picture: no code of %zu bytes\n", len);
		goto out;
	}
	rc = fwrite(png.data, 1, png.len, stdout) == png.len && fflush(stdout) == 0 ? 0 : 1;
out:
	bytes_free(&png);
	qr_free(&qr);
	return rc;
}
