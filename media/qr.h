/* QR codes (ISO/IEC 18004): bytes to modules, and those to PNG and SVG. The only caller of libqrencode. */
#ifndef MEDIA_QR_H
#define MEDIA_QR_H

#include "base/bytes.h"

enum { QR_QUIET = 4, QR_MODULES_MAX = 177 };

struct qr {
	unsigned size;   /* modules a side, without the quiet zone */
	uint8_t *module; /* size*size; 1: dark */
};

/* The smallest code of error correction level M that holds the bytes (8-bit mode). -1 when none does (2331 bytes). */
int qr_make(struct qr *qr, const void *data, size_t len, struct error *e);
/* A code of that very version (1 to 40), level M, of a text in QR's 45 alphanumeric characters. */
int qr_make_text(struct qr *qr, const char *text, unsigned version, struct error *e);
/* How many of these characters a version holds; 0: there is no such version. */
size_t qr_text_capacity(unsigned version);
void qr_free(struct qr *qr);
/* The side of the code that would hold `len` bytes, quiet zone included; 0 when none does. */
unsigned qr_side(size_t len);
/* 1-bit grey PNG, `scale` pixels a module, quiet zone included; the same bytes for the same code, for ever (stored
 * blocks). */
int qr_png(const struct qr *qr, unsigned scale, struct bytes *out, struct error *e);
int qr_svg(const struct qr *qr, struct bytes *out, struct error *e);
/* For a terminal: rows that end in LF, both colours set by ECMA-48 sequences; upper half blocks in UTF-8, or (`spaces`)
 * two coloured spaces a module. */
int qr_ansi(const struct qr *qr, bool spaces, struct bytes *out, struct error *e);

#endif
