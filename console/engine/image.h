/* The disc image of a closed record, beside it. */
#ifndef ENGINE_IMAGE_H
#define ENGINE_IMAGE_H

#include "base/bytes.h"
#include "media/bundle.h"

struct image {
	struct bytes path; /* empty: none was asked for */
	uint64_t size;
	uint8_t sha256[32];
};

/* Makes it, as bundle_image_file(). Without a path it becomes NAME.iso beside NAME.record, of a rehearsal
 * REHEARSAL-NAME.iso. */
int image_make(struct image *image, const char *record, const struct bundle_image *what, bool replace, struct error *e);
void image_free(struct image *image);

#endif
