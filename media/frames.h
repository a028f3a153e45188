/* A payload over several QR codes: BBQr (Coinkite, BBQr.md). A frame is a text of QR's 45 alphanumeric characters:
 * "B$", encoding (H hex, 2 base32, Z raw deflate in base32), file type, how many frames and which one this is (two
 * base-36 digits each), then its block. Written are frames in hex, which sort, cut, tr and basenc alone restore; read
 * are all. */
#ifndef MEDIA_FRAMES_H
#define MEDIA_FRAMES_H

#include "base/bytes.h"
#include "base/error.h"

enum {
	FRAMES_MAX = 1295,      /* "ZZ" */
	FRAMES_BYTES = 2189845, /* in 1295 codes of version 40, level M */
	FRAMES_VERSION =
	        25, /* what a telephone still reads off paper and screen; larger only where 1295 are not enough */
	FRAMES_UNPACKED = 1 << 24 /* bytes that compressed frames may unpack to */
};

/* How a payload is cut. */
struct frames_plan {
	unsigned frames, version; /* version: of each code, 1 to 40 */
	size_t block;             /* bytes in each frame, the last one may have fewer */
};
/* The fewest frames of codes up to `version`. -1: the payload is empty, or 1295 of them do not hold it. */
int frames_plan(size_t len, unsigned version, struct frames_plan *plan, struct error *e);
/* Appends frame `index` (from 0), to be made with qr_make_text() at plan->version. */
void frames_text(const void *data, size_t len, const struct frames_plan *plan, unsigned index, struct bytes *out);

struct frames_block {
	char *text; /* its characters, without the header; NULL: not seen yet */
	size_t len;
};
/* Frames that say they belong together: the same encoding, file type and number of frames. */
struct frames_set {
	char head[7]; /* the first six characters */
	unsigned total, have;
	bool mixed; /* a frame came with two contents: these are two payloads */
	unsigned mixed_at;
	struct frames_block *block; /* `total` of them */
};
/* All zero is empty. */
struct frames {
	struct frames_set *set;
	size_t count;
};
/* Does a code's content claim to be a frame? */
bool frames_is(const void *text, size_t len);
/* Takes one. 1: new; 0: it was there already; -1: it is no sound frame, or contradicts one of its set. */
int frames_take(struct frames *f, const void *text, size_t len, struct error *e);
/* Appends the numbers (from 1) of the frames that are missing: "2, 5-9". */
void frames_missing(const struct frames_set *set, struct bytes *out);
/* Appends the payload of a whole set. -1: frames are missing, or it does not unpack. */
int frames_join(const struct frames_set *set, struct bytes *out, struct error *e);
void frames_free(struct frames *f);

#endif
