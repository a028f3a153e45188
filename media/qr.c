#include "media/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "media/png.h"

/* Bytes that versions 1 to 40 hold in 8-bit mode at level M (ISO/IEC 18004:2015 table 7). */
static const unsigned short capacity_m[40] = {14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450,
        504, 560, 624, 666, 711, 779, 857, 911, 997, 1059, 1125, 1190, 1264, 1370, 1452, 1538, 1628, 1722, 1809, 1911,
        1989, 2099, 2213, 2331};

/* A side of (177+8)*64 pixels is already more than any printer or screen of a ceremony room. */
enum { SCALE_MAX = 64 };

static unsigned qr_version(size_t len)
{
	for (unsigned i = 0; len != 0 && i < 40; i++)
		if (len <= capacity_m[i])
			return i + 1;
	return 0;
}

unsigned qr_side(size_t len)
{
	unsigned version = qr_version(len);

	return version == 0 ? 0 : 17 + 4 * version + 2 * QR_QUIET;
}

int qr_make(struct qr *qr, const void *data, size_t len, struct error *e)
{
	unsigned version = qr_version(len);
	QRcode *code = NULL;
	int result = -1;

	qr->size = 0;
	qr->module = NULL;
	if (len == 0)
		return error_set(e, ERROR_FAULT, "an empty text has no QR code");
	if (version == 0)
		return error_set(
		        e, ERROR_FAULT, "%zu bytes do not fit into one QR code, which holds at most 2331", len);
	/* QRcode_encodeData is the one entry point that never leaves 8-bit mode, whatever the bytes look like. */
	code = QRcode_encodeData((int)len, data, (int)version, QR_ECLEVEL_M);
	if (code == NULL) {
		error_errno(e, "cannot make a QR code of %s: %s", "the text");
		goto out;
	}
	if (code->width != (int)(17 + 4 * version)) {
		error_set(e, ERROR_INTERNAL, "the QR library made a code of another size than asked for");
		goto out;
	}
	qr->module = malloc((size_t)code->width * (size_t)code->width);
	if (qr->module == NULL) {
		error_memory(e);
		goto out;
	}
	qr->size = (unsigned)code->width;
	/* libqrencode keeps other facts of a module in the upper bits. */
	for (size_t i = 0; i < (size_t)qr->size * qr->size; i++)
		qr->module[i] = code->data[i] & 1;
	result = 0;
out:
	QRcode_free(code);
	return result;
}

void qr_free(struct qr *qr)
{
	free(qr->module);
	qr->module = NULL;
	qr->size = 0;
}

/* Is the module at this place, counted from the quiet zone's corner, dark? */
static bool qr_dark(const struct qr *qr, unsigned x, unsigned y)
{
	if (x < QR_QUIET || y < QR_QUIET || x >= QR_QUIET + qr->size || y >= QR_QUIET + qr->size)
		return false;
	return qr->module[(size_t)(y - QR_QUIET) * qr->size + (x - QR_QUIET)] != 0;
}

int qr_png(const struct qr *qr, unsigned scale, struct bytes *out, struct error *e)
{
	unsigned side = (qr->size + 2 * QR_QUIET) * scale;
	size_t row = (side + 7) / 8;
	uint8_t *pixels;
	int result;

	if (scale == 0 || scale > SCALE_MAX)
		return error_set(
		        e, ERROR_INTERNAL, "a QR code is drawn at 1 to %d pixels a module, not %u", SCALE_MAX, scale);
	/* PNG's 1-bit grey: 0 is black, 1 is white (PNG 3rd edition, 6.1); bits past the width stay 0. */
	pixels = calloc(side, row);
	if (pixels == NULL)
		return error_memory(e);
	for (unsigned y = 0; y < side; y++)
		for (unsigned x = 0; x < side; x++)
			if (!qr_dark(qr, x / scale, y / scale))
				pixels[y * row + x / 8] |= (uint8_t)(0x80 >> (x % 8));
	png_write(out, side, side, pixels);
	result = bytes_end(out, e);
	free(pixels);
	return result;
}

int qr_svg(const struct qr *qr, struct bytes *out, struct error *e)
{
	unsigned side = qr->size + 2 * QR_QUIET;

	/* Both colours are painted: on a dark page a transparent ground would turn the code inside out. */
	bytes_printf(out,
	        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%umm\" height=\"%umm\" viewBox=\"0 "
	        "0 %u %u\""
	        " shape-rendering=\"crispEdges\">\n"
	        "<rect width=\"%u\" height=\"%u\" fill=\"#ffffff\"/>\n"
	        "<path fill=\"#000000\" d=\"",
	        side, side, side, side, side, side);
	/* One subpath for each run of dark modules, a row a line. */
	for (unsigned y = QR_QUIET; y < QR_QUIET + qr->size; y++) {
		for (unsigned x = QR_QUIET; x < QR_QUIET + qr->size; x++) {
			unsigned end = x;

			while (qr_dark(qr, end, y))
				end++;
			if (end != x)
				bytes_printf(out, "M%u %uh%uv1h-%uz", x, y, end - x, end - x);
			x = end;
		}
		bytes_byte(out, '\n');
	}
	bytes_text(out, "\"/>\n</svg>\n");
	return bytes_end(out, e);
}
