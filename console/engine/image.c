#include "engine/image.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"

static int name_it(const char *record, bool rehearsal, struct bytes *out, struct error *e)
{
	static const char ending[] = ".record";
	size_t len = strlen(record), at;

	while (len > 1 && record[len - 1] == '/')
		len--;
	for (at = len; at && record[at - 1] != '/';)
		at--;
	if (len - at > strlen(ending) && strncmp(record + len - strlen(ending), ending, strlen(ending)) == 0)
		len -= strlen(ending);
	bytes_add(out, record, at);
	bytes_text(out, rehearsal ? "REHEARSAL-" : "");
	bytes_add(out, record + at, len - at);
	bytes_text(out, ".iso");
	return bytes_end(out, e);
}

int image_make(struct image *image, const char *record, const struct bundle_image *what, bool replace, struct error *e)
{
	int dir = -1, rc = -1;

	if (!image->path.len && name_it(record, what->rehearsal, &image->path, e) < 0)
		return -1;
	dir = dir_open(record, e);
	if (dir >= 0) {
		rc = bundle_image_file(dir, what, bytes_string(&image->path), replace, &image->size, image->sha256, e);
		close(dir);
	}
	return rc;
}

void image_free(struct image *image)
{
	bytes_free(&image->path);
}
