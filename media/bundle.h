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

#endif
