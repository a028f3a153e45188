/* A black and white PNG, made of stored deflate blocks only: its bytes follow from its pixels and from nothing else, so
 * that a record's derived picture can be made again in thirty years and compared. */
#ifndef MEDIA_PNG_H
#define MEDIA_PNG_H

#include "base/bytes.h"

/* Appends a 1-bit grey PNG: `height` rows of (width + 7) / 8 bytes, the leftmost pixel in the top bit, 1 is white. A
 * failed allocation is told by bytes_end(). */
void png_write(struct bytes *out, unsigned width, unsigned height, const uint8_t *pixels);

#endif
