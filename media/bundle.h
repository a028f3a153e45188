/* What leaves the room: the finished record's derived files. */
#ifndef MEDIA_BUNDLE_H
#define MEDIA_BUNDLE_H

#include "base/bytes.h"
#include "base/error.h"

/* checkpoint.png and checkpoint.svg from the file `checkpoint`: the bytes, the same for the same checkpoint; -1 with
 * `e`. A checkpoint over 2331 bytes (some fifteen people) is coded with as many signature lines, whole and in order, as
 * fit. */
int bundle_code_png(const void *checkpoint, size_t len, struct bytes *png, struct error *e);
int bundle_code_svg(const void *checkpoint, size_t len, struct bytes *svg, struct error *e);
/* *size bytes of a checkpoint: sets *size to how many of them the code holds. -1 with `e` when it cannot hold one line.
 */
int bundle_code_size(const void *checkpoint, size_t *size, struct error *e);
/* SHA256SUMS of every regular file below `dir` but itself and later/, sorted by name, as sha256sum writes it. A link,
 * device or name outside [A-Za-z0-9._/-] is refused. */
int bundle_sums(int dir, struct bytes *out, struct error *e);
/* Lists the same files: `each` gets the path relative to `dir`. */
int bundle_files(
        int dir, int (*each)(void *context, const char *path, struct error *e), void *context, struct error *e);
struct bundle_image {
	int64_t seconds; /* its date, that of the closing entry */
	bool later;      /* with later/ */
	bool rehearsal;
};
/* An ISO 9660 image of every file below `dir`, to the empty file `out`: the same for every copy of the record (disc.h).
 */
int bundle_image(int dir, const struct bundle_image *image, int out, struct error *e);
/* The same as a file at `path`, written whole or not at all; its size and hash. One that is there is replaced only if
 * `replace`. */
int bundle_image_file(int dir, const struct bundle_image *image, const char *path, bool replace, uint64_t *bytes,
        uint8_t sha256_out[32], struct error *e);

#endif
