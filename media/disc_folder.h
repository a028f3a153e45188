/* The folder whose content becomes a disc: made beside the record, burned as one image, and removed. */
#ifndef MEDIA_DISC_FOLDER_H
#define MEDIA_DISC_FOLDER_H

#include <stdint.h>

#include "base/error.h"

struct disc_folder {
	int parent, dir;
	char path[64]; /* of the folder, while it is there */
};
/* What was burned, and read back with these bytes. */
struct disc_made {
	uint64_t bytes; /* 0: nothing was */
	uint8_t sha256[32];
};

/* Beside the directory `beside`; what a run that was killed left there is removed first. */
int disc_folder_make(struct disc_folder *f, int beside, struct error *e);
/* The image of all that is in it, dated `seconds`, burned to the blank disc in `device`, and as many blocks read back.
 */
int disc_folder_burn(
        const struct disc_folder *f, const char *device, int64_t seconds, struct disc_made *made, struct error *e);
void disc_folder_remove(struct disc_folder *f);

#endif
