/* ISO 9660 images and optical discs, by the program xorriso: run without a shell, with nothing of our environment and
 * no configuration files. */
#ifndef MEDIA_DISC_H
#define MEDIA_DISC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Is the program here? -1 with `e` (ERROR_MISSING). */
int disc_ready(struct error *e);

/* Files below `dir`, by paths of [A-Za-z0-9._/-], in the order in which they are given. */
struct disc_image {
	int dir;
	const char *const *path;
	size_t count;
	int64_t seconds; /* since 1970: the date of the image and of all in it */
	bool rehearsal;  /* its volume identifier says so */
};
/* Writes an image with Rock Ridge and Joliet names to the empty file `out`. The same names and bytes give the same
 * image under one version of xorriso, whatever dates, owners and modes the files have: in it all are readable by
 * everyone and belong to root. Two names for one file (hard links) are refused, since the image would not be that of
 * their copies. */
int disc_image(const struct disc_image *image, int out, struct error *e);
/* Size and SHA-256 of the image that begins at the start of the file or device: as many blocks as its primary volume
 * descriptor says (ECMA-119 section 8.4.8), whatever lies behind them. */
int disc_hash(int fd, const char *name, uint64_t *bytes, uint8_t sha256_out[32], struct error *e);
/* Burns the image (a file, open for reading) to the blank disc in the drive `device`; one that is not blank is refused.
 * A regular file stands for a drive with a disc in it (xorriso's "stdio:"). */
int disc_burn(const char *device, int image, struct error *e);

#endif
