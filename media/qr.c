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

/* Takes libqrencode's code, which is freed in any case. NULL: it made none. */
static int qr_take(struct qr *qr, QRcode *code, unsigned version, struct error *e)
{
	int result = -1;

	if (code == NULL)
		return error_errno(e, "cannot make a QR code of %s: %s", "the text");
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

int qr_make(struct qr *qr, const void *data, size_t len, struct error *e)
{
	unsigned version = qr_version(len);

	qr->size = 0;
	qr->module = NULL;
	if (len == 0)
		return error_set(e, ERROR_FAULT, "an empty text has no QR code");
	if (version == 0)
		return error_set(
		        e, ERROR_FAULT, "%zu bytes do not fit into one QR code, which holds at most 2331", len);
	/* QRcode_encodeData is the one entry point that never leaves 8-bit mode, whatever the bytes look like. */
	return qr_take(qr, QRcode_encodeData((int)len, data, (int)version, QR_ECLEVEL_M), version, e);
}

size_t qr_text_capacity(unsigned version)
{
	size_t bits;

	if (version < 1 || version > 40)
		return 0;
	/* From the bytes of 8-bit mode to codewords (4 bits of mode and 8 or 16 of count before the data), and from
	 * these to the characters of alphanumeric mode: 11 bits for two, 6 for a last one, behind 4 and 9, 11 or 13
	 * (7.4.1, table 3). */
	bits = 8 * ((size_t)capacity_m[version - 1] + (version < 10 ? 2 : 3)) - 4 -
	       (version < 10          ? 9
	               : version < 27 ? 11
	                              : 13);
	return bits / 11 * 2 + (bits % 11 >= 6);
}

int qr_make_text(struct qr *qr, const char *text, unsigned version, struct error *e)
{
	size_t len = strlen(text);
	QRinput *input = NULL;
	int result = -1;

	qr->size = 0;
	qr->module = NULL;
	if (len == 0 || len > qr_text_capacity(version))
		return error_set(
		        e, ERROR_INTERNAL, "%zu characters do not fit into a QR code of version %u", len, version);
	input = QRinput_new2((int)version, QR_ECLEVEL_M);
	if (input == NULL || QRinput_append(input, QR_MODE_AN, (int)len, (const unsigned char *)text) < 0)
		error_set(e, ERROR_FAULT, "the text has characters that alphanumeric QR codes do not have");
	else
		result = qr_take(qr, QRcode_encodeInput(input), version, e);
	QRinput_free(input);
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

/* Black on white of the 256 colours, which no palette of a terminal changes; reversed where both modules of a cell are
 * dark, since a full block leaves gaps in some fonts. Written into a row of its own first: a page has 17,000 cells. */
static void ansi_row(const struct qr *qr, unsigned y, struct bytes *out)
{
	static const char begin[] = "\033[38;5;16;48;5;231m", end[] = "\033[0m\n";
	static const char *const change[2] = {"\033[27m", "\033[7m"}, *const cell[3] = {" ", "\u2580", "\u2584"};
	unsigned side = qr->size + 2 * QR_QUIET;
	char row[(size_t)(QR_MODULES_MAX + 2 * QR_QUIET) * 8 + sizeof(begin) + sizeof(end)], *to = stpcpy(row, begin);
	bool reversed = false;

	for (unsigned x = 0; x < side; x++) {
		bool upper = qr_dark(qr, x, y), lower = qr_dark(qr, x, y + 1);

		if ((upper && lower) != reversed)
			to = stpcpy(to, change[reversed = !reversed]);
		to = stpcpy(to, cell[upper == lower ? 0 : upper ? 1 : 2]);
	}
	to = stpcpy(to, end);
	bytes_add(out, row, (size_t)(to - row));
}

static void ansi_row_spaces(const struct qr *qr, unsigned y, struct bytes *out)
{
	unsigned side = qr->size + 2 * QR_QUIET, before = 2;

	for (unsigned x = 0; x < side; x++) {
		unsigned now = qr_dark(qr, x, y);

		if (now != before)
			bytes_text(out, now ? "\033[48;5;16m" : "\033[48;5;231m");
		before = now;
		bytes_text(out, "  ");
	}
	bytes_text(out, "\033[0m\n");
}

int qr_ansi(const struct qr *qr, bool spaces, struct bytes *out, struct error *e)
{
	unsigned side = qr->size + 2 * QR_QUIET;

	for (unsigned y = 0; y < side; y += spaces ? 1 : 2)
		if (spaces)
			ansi_row_spaces(qr, y, out);
		else
			ansi_row(qr, y, out);
	return bytes_end(out, e);
}
